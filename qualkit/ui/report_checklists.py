"""The section Checklists of the page Report: what the record answers of COREQ and SRQR, where it can be seen, and the texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from html import escape

import streamlit as st

from qualkit.exporters import html
from qualkit.model import (
    AUTHOR_KEYS,
    NOT_RECORDED,
    Checklist,
    ChecklistItem,
    ItemStatus,
    Passage,
    Proof,
    ProofKind,
    grouped,
)
from qualkit.stages.checklist import SIGNS
from qualkit.study import Seat
from qualkit.ui import behind, context, style
from qualkit.ui.behind import Behind
from qualkit.wording import counted

TEXTS = "Texts"
KINDS = {ItemStatus.FILLED: "good", ItemStatus.CHECKED: "plain", ItemStatus.OPEN: "open"}
"""How the status of an item looks."""

N_ROWS = 30
"""Rows of a table that are shown."""
_TABLE = "checklist-table"


def draw(seat: Seat) -> None:
    """The section."""
    with st.spinner("Reading the record. After something has changed, a large study takes a minute."):
        checklists = seat.checklists()
    names = {**{name: item.name.upper() for name, item in checklists.items()}, TEXTS: "Methods and use of machines"}
    chosen, files = st.columns([5, 6], vertical_alignment="center")
    with chosen:
        what = st.segmented_control(
            "Checklist", list(names), default="coreq", format_func=names.__getitem__, key="checklist", required=True,
            label_visibility="collapsed",
        )  # fmt: skip
    with files, st.container(horizontal=True, horizontal_alignment="right"):
        _downloads(seat, what or "coreq")
    if what == TEXTS:
        _texts(seat.report_texts())
        return
    _checklist(seat, checklists[what or "coreq"])
    _open_table(seat)


def _downloads(seat: Seat, what: str) -> None:
    """The files of what is shown, and the page with everything; each is made only when somebody asks for it."""
    if what == TEXTS:
        for name, label in (("methods.docx", "DOCX"), ("methods.md", "Markdown")):
            _download(label, partial(seat.report_file, name), name)
    else:
        for suffix, label in ((".docx", "DOCX"), (".md", "Markdown")):
            _download(label, partial(seat.table_file, [what], suffix), f"{what}{suffix}")
    _download("Whole report", partial(seat.report_file, "report.html"), "report.html")


def _download(label: str, make: partial[bytes], file_name: str) -> None:
    st.download_button(
        label, data=make, file_name=file_name, icon=":material/download:", key=f"get-{file_name}", on_click="ignore"
    )


# ---------------------------------------------------------------- a checklist


def _checklist(seat: Seat, made: Checklist) -> None:
    st.html(_progress(made))
    left = st.toggle("Only what is to complete", key=f"{made.name}-left")
    items = [item for item in made.items if item.author_keys or item.status is ItemStatus.OPEN] if left else made.items
    for domain, mine in grouped(items, lambda item: item.domain).items():
        st.html(style.block(f'<h2 class="q-domain">{escape(domain)}</h2>'))
        for item in mine:
            _item(seat, made.name, item)
    _where_to_write(made)
    st.caption(f"Items after {made.source} What is asked is worded anew here.")


def _progress(made: Checklist) -> str:
    counts, n = made.counts, len(made.items)
    words = " ".join(_tag(status, f"{counts[status]} {status.value}") for status in ItemStatus)
    n_done = n - counts[ItemStatus.OPEN]
    bar = style.bar(n_done / n, f"{n_done} of {n} items filled or checked")
    about = (
        "Filled: the record, or the author in study.toml, answers the item. Checked: the record shows part of it. Nothing is "
        "said that cannot be seen."
    )
    return style.block(f"<p>{words}</p>{bar}", style.grey(about))


def _tag(status: ItemStatus, text: str) -> str:
    return style.tag(f"{SIGNS[status]} {text}", KINDS[status])


def _item(seat: Seat, name: str, item: ChecklistItem) -> None:
    with st.container(gap="xsmall", key=f"item-{name}-{item.number}"):
        st.html(_said(item))
        doors = [proof for proof in item.evidence if proof.segment_ids or proof.kind is ProofKind.TABLE]
        if doors:
            with st.container(horizontal=True, gap="small"):
                for n, proof in enumerate(doors):
                    _door(seat, proof, f"{name}-{item.number}-{n}")


def _said(item: ChecklistItem) -> str:
    head = (
        f'<p class="q-key-head">{_tag(item.status, item.status.value)} '
        f'<span class="q-name">{escape(item.number)}. {escape(item.topic)}</span> {style.aside(item.question)}</p>'
    )
    text = "" if item.text == NOT_RECORDED else f"<p>{escape(item.text)}</p>"
    shown = [proof for proof in item.evidence if not proof.segment_ids and proof.kind is not ProofKind.TABLE]
    seen = f"<p class='q-small'>{style.aside('Seen in')} {'; '.join(map(_whereabouts, shown))}</p>" if shown else ""
    keys = ", ".join(f"<code>{key}</code>" for key in item.author_keys)
    todo = f"<p class='q-small'>{style.aside('To be written in study.toml, [report]:')} {keys}</p>" if keys else ""
    return style.block(head, text, seen, todo)


def _whereabouts(proof: Proof) -> str:
    """What something can be seen in, with a checksum where one points at it."""
    return f'<span title="{escape(proof.detail)}">{escape(proof.told)}</span>'


def _door(seat: Seat, proof: Proof, key: str) -> None:
    """A button that opens the segments or the table that something can be seen in."""
    if proof.kind is ProofKind.TABLE:
        st.button(
            f"Table {style.literal(proof.where)}", key=f"open-{key}", type="tertiary", icon=":material/table:",
            on_click=context.put, args=(_TABLE, proof.where),
        )  # fmt: skip
    if proof.segment_ids:
        told = proof.where if proof.kind is ProofKind.SEGMENTS else f"behind {proof.where}"
        title = f"{counted(len(proof.segment_ids), 'segment')}: {told}"
        behind.button(seat, style.literal(title), Behind(title=title, segment_ids=proof.segment_ids), key=f"said-{key}")


def _open_table(seat: Seat) -> None:
    """Open the table whose button was pressed, once."""
    stem = context.value(_TABLE)
    context.put(_TABLE, None)
    if stem:
        _table(seat, stem)


@st.dialog("Table", width="large")  # type: ignore[untyped-decorator]
def _table(seat: Seat, stem: str) -> None:
    table = seat.tables().get(stem)
    if table is None:
        st.info("There is no such table any more.")
        return
    st.html(style.block(html.fragment(replace(table, rows=table.rows[:N_ROWS]))))
    if len(table.rows) > N_ROWS:
        st.caption(f"The first {N_ROWS} of {len(table.rows)} rows; the page Themes has the whole table as a file.")


def _where_to_write(made: Checklist) -> None:
    keys = list(dict.fromkeys(key for item in made.items for key in item.author_keys))
    if not keys:
        return
    with st.expander(f"What only you know ({counted(len(keys), 'entry', 'entries')} left)", icon=":material/edit_note:"):
        st.markdown("Copy this to the end of `study.toml`, and write between the quotation marks; what stays empty stays open.")
        st.code("\n".join(["[report]", *(f'{key} = ""  # {AUTHOR_KEYS[key]}' for key in keys)]), language="toml")


# ---------------------------------------------------------------- texts


def _texts(parts: Mapping[str, Sequence[Passage]]) -> None:
    for heading, passages in parts.items():
        st.header(heading)
        said = "".join(
            f"<p><b>{escape(item.heading)}.</b> {escape(item.text)}"
            f"<br><span class='q-grey q-small'>Seen in {escape('; '.join(proof.told for proof in item.proofs))}</span></p>"
            for item in passages
        )
        st.html(style.block(f'<div style="max-width:80ch">{said}</div>'))
