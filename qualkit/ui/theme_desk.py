"""One theme in front of its author: its words, what it is built from, who carries it, and its quotes in their order."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from qualkit.errors import QualkitError
from qualkit.model import Behind, Codebook, Theme, new_id
from qualkit.plain import sha256_of
from qualkit.study import Seat
from qualkit.study.authoring import ThemeStanding
from qualkit.ui import context, facts, parts, style, theme_parts
from qualkit.ui.facts import Fact

OPEN = "theme-open"
"""The slot of the session that holds the id of the theme on the desk, `NEW` for one that is being written."""
NEW = "new"
N_OTHERS = 10
"""Segments that are offered as quotes before more are asked for."""
MOST_PEOPLE = 8
"""People whose share of a theme is shown."""

_QUOTES = "theme-quotes"


def draw(seat: Seat, standing: ThemeStanding | None) -> None:
    """The desk over a theme, None for a new one."""
    theme = standing.theme if standing else Theme(id=NEW, name="", claim="", domain="", code_keys=())
    context.put(f"theme-version-{theme.id}", theme.version)
    st.button("All themes", icon=":material/arrow_back:", key="theme-close", type="tertiary", on_click=close)
    st.title(theme.name or "A new theme")
    if standing and not standing.is_written:
        st.html(style.lead("Proposed for a code in use. Saving it, or choosing a quote, makes it yours."))
    left, right = st.columns([11, 9], gap="large")
    with left:
        _form(seat, theme)
    if standing is None:
        return
    with right:
        _carriers(seat, standing)
    st.header("Quotes")
    _quotes(seat, theme.id)


def close() -> None:
    """Back to the table."""
    context.put(OPEN, None)


# ---------------------------------------------------------------- its words


def _form(seat: Seat, theme: Theme) -> None:
    book, topics = seat.codebook, seat.authoring.topics()
    said = sha256_of([theme.name, theme.claim, theme.domain, theme.code_keys, theme.topic_ids])[:8]
    prefix = f"theme-{seat.coder.id}-{theme.id}-{said}"
    with st.form(f"{prefix}-form", border=False):
        st.text_input("Name", theme.name, key=f"{prefix}-name", placeholder="Trust opens the door")
        st.text_area(
            "Claim", theme.claim, key=f"{prefix}-claim", height="content", placeholder="What you found, in a sentence or two"
        )
        domains = list(dict.fromkeys([*_domains(seat, book), *([theme.domain] if theme.domain else [])]))
        st.selectbox(
            "Domain", domains, index=domains.index(theme.domain) if theme.domain else None, accept_new_options=True,
            key=f"{prefix}-domain", placeholder="The heading in the table: choose or type",
        )  # fmt: skip
        keys = [code.key for code in book.codes if code.retired is None or code.key in theme.code_keys]
        st.multiselect(
            "Codes", keys, default=[key for key in theme.code_keys if key in keys], key=f"{prefix}-codes",
            format_func=lambda key: book.by_key[key].name, placeholder="Codes it rests on",
        )  # fmt: skip
        if topics:
            st.multiselect(
                "Topics", list(topics), default=[key for key in theme.topic_ids if key in topics], key=f"{prefix}-topics",
                format_func=lambda key: f"{topics[key].name}: {', '.join(topics[key].words[:4])}",
                placeholder="Topics it rests on",
                help="Segments of a topic that have none of the codes count apart, as found by a machine.",
            )  # fmt: skip
        with st.container(horizontal=True):
            st.form_submit_button("Save theme", type="primary", on_click=_save, args=(seat, theme, prefix))
    if theme.version:
        with st.popover("Withdraw", icon=":material/delete:", type="tertiary"):
            st.html(style.block(style.grey("It leaves the table and stays on file; its codes are themes of their own again.")))
            st.button("Withdraw the theme", key=f"{prefix}-withdraw", on_click=_withdraw, args=(seat, theme))


def _domains(seat: Seat, book: Codebook) -> list[str]:
    return list(dict.fromkeys([*(item.theme.domain for item in seat.authoring.standings() if item.theme.domain),
                               *parts.by_domain(book)]))  # fmt: skip


def _seen(theme: Theme) -> int:
    """The newest version of a theme that this session was shown or wrote."""
    return int(context.value(f"theme-version-{theme.id}", theme.version))


def _save(seat: Seat, theme: Theme, prefix: str) -> None:
    now = seat.authoring.standing(theme.id)
    quotes = now.theme.quote_segment_ids if now else ()
    written = replace(
        theme,
        name=(context.value(f"{prefix}-name") or "").strip(),
        claim=(context.value(f"{prefix}-claim") or "").strip(),
        domain=(context.value(f"{prefix}-domain") or "").strip(),
        code_keys=tuple(context.value(f"{prefix}-codes") or ()),
        topic_ids=tuple(context.value(f"{prefix}-topics") or ()),
        quote_segment_ids=quotes,
        version=_seen(theme),
    )
    act_id = context.kept(f"{prefix}-{written.version}-act", new_id)

    def keep() -> None:
        made = seat.authoring.write(written, client_id=act_id)
        context.put(OPEN, made.id)
        context.notify("Theme saved.")

    context.attempt(keep)


def _withdraw(seat: Seat, theme: Theme) -> None:
    if context.attempt(
        lambda: seat.authoring.withdraw(theme.id, seen=_seen(theme), client_id=f"withdraw-{theme.id}-{_seen(theme)}")
    ):
        context.notify(f"{theme.name} is withdrawn. It stays on file.")
        close()


# ---------------------------------------------------------------- who carries it


def _carriers(seat: Seat, standing: ThemeStanding) -> None:
    carried = standing.carried
    told = (
        (carried.n_segments, "segments", "segments"),
        (carried.n_groups, f"of {carried.of_groups} groups", "groups"),
        (carried.n_participants, f"of {carried.of_participants} participants", "people"),
    )
    shown = [
        Fact(value=str(n), name=name, behind=Behind(title=standing.theme.name, segment_ids=standing.segment_ids, what=what))
        for n, name, what in told
    ]
    facts.row(seat, shown, key=f"theme-facts-{standing.theme.id}")
    st.html(style.block(*(f'<p style="margin:.2rem 0">{style.tag("⚑ " + flag, "bad")}</p>' for flag in carried.flags)))
    quotes = seat.authoring.quotes(standing.segment_ids)
    _shares("Group", Counter(quote.transcript_label for quote in quotes), len(quotes))
    people = Counter(f"{quote.participant}, {quote.transcript_label}" for quote in quotes if quote.participant)
    _shares("Person", people, len(quotes))


def _shares(what: str, counts: Counter[str], total: int) -> None:
    """Who said how much of a theme, most first."""
    if not counts:
        return
    rows = [(name, style.bar(n / total), n) for name, n in counts.most_common(MOST_PEOPLE)]
    rest = sum(counts.values()) - sum(n for _, _, n in rows)
    if rest:
        rows.append((f"{len(counts) - len(rows)} others", style.bar(rest / total), rest))
    st.html(style.table((what, "", "Segments"), rows, raw=(1,)))


# ---------------------------------------------------------------- its quotes


@st.fragment  # type: ignore[untyped-decorator]
def _quotes(seat: Seat, theme_id: str) -> None:
    if context.value(OPEN) != theme_id:  # a theme that was only proposed has been written
        st.rerun()
    standing = seat.authoring.standing(theme_id)
    if standing is None:
        return
    key = f"{_QUOTES}-{seat.coder.id}"
    row_of = {segment_id: row for row in reversed(standing.rows) for segment_id in row.segment_ids}
    order = [key for key in standing.theme.quote_segment_ids if key in row_of]
    found = _found(seat, [item for item in standing.segment_ids if item not in order])
    others = found[: context.value(f"{key}-shown", N_OTHERS)]
    quotes = seat.authoring.quotes([*order, *others])
    theme_parts.ordered(
        theme_parts.order_data(
            [theme_parts.quote_item(quote, row_of[quote.segment_id]) for quote in quotes],
            order=order,
            others=others,
            heading="In the table, in this order",
            none="None chosen: the table quotes one from each group, each by a new person, of a readable length. Drag a "
            "segment here, or choose it.",
            other_heading=f"Not chosen ({len(found)})",
            may_choose=True,
            version=standing.theme.version,
            answer=context.value(f"{key}-answer"),
            clip=context.value(f"{key}-clip"),
        ),
        key=key,
        on_act=partial(_act, seat, theme_id, key),
    )
    if len(others) < len(found):
        st.button(
            "Show more", key=f"{key}-more", type="tertiary", on_click=context.put, args=(f"{key}-shown", len(others) + N_OTHERS)
        )


def _found(seat: Seat, segment_ids: list[str]) -> list[str]:
    """The segments with the words that are looked for; all where none are."""
    wanted = st.text_input(
        "Find", key="theme-find", placeholder="Words of a segment, a group or a person", width=360
    ).casefold()
    if not wanted:
        return segment_ids
    quotes = seat.authoring.quotes(segment_ids)
    return [item.segment_id for item in quotes if wanted in f"{item.text} {theme_parts.source_of(item)}".casefold()]


def _act(seat: Seat, theme_id: str, key: str) -> None:
    act: dict[str, Any] | None = (context.value(key) or {}).get("act")
    if not act or context.value(f"{key}-last") == act["id"]:
        return
    context.put(f"{key}-last", act["id"])
    if act["verb"] == "hear":
        with context.telling_errors():
            context.put(f"{key}-clip", theme_parts.clip_of(act["id"], act["segment"], seat.clip(act["segment"])))
        return
    trouble = ""
    try:
        made = seat.authoring.quote(
            context.value(OPEN) or theme_id, [str(item) for item in act["ids"]], seen=int(act["seen"]), client_id=str(act["id"])
        )
        context.put(OPEN, made.id)
        context.put(f"theme-version-{made.id}", made.version)
    except QualkitError as error:
        trouble = str(error)
    context.put(f"{key}-answer", {"id": act["id"], "trouble": trouble})
