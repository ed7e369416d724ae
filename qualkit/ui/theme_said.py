"""The segments behind a number of the theme table: to read, narrowed to a group or a person, and to hear."""

from __future__ import annotations

from collections import Counter
from html import escape

import streamlit as st

from qualkit.model import Quote
from qualkit.study import Seat
from qualkit.study.authoring import ThemeStanding
from qualkit.ui import context, parts, style, theme_parts

N_SHOWN = 12
"""Segments that are shown before more are asked for."""


@st.dialog("What was said", width="medium")  # type: ignore[untyped-decorator]
def draw(seat: Seat, standing: ThemeStanding, valence: str, what: str) -> None:
    """The dialog on one row of a theme; `what` was counted: `groups`, `people` or `segments`."""
    row = next((row for row in standing.rows if (row.valence or "") == valence), None)
    if row is None:
        st.info("These segments are not in the theme any more.")
        return
    said = theme_parts.said_of(row.valence, row.basis)
    kind = row.valence.value if row.valence else "present"
    st.html(
        style.block(f'<p><span class="q-name">{escape(standing.theme.name)}</span> {style.chip(kind, _note(kind, said))}</p>')
    )
    quotes = seat.authoring.quotes(row.segment_ids)
    where = f"said-{standing.theme.id}-{valence}-{what}"
    chosen = _narrowed(quotes, what, where)
    shown = chosen[: context.value(f"{where}-shown", N_SHOWN)]
    for quote in shown:
        _quote(seat, quote, where)
    if len(shown) < len(chosen):
        more = len(shown) + N_SHOWN
        st.button(
            f"Show more ({len(shown)} of {len(chosen)})",
            key=f"{where}-more",
            type="tertiary",
            on_click=context.put,
            args=(f"{where}-shown", more),
        )


def _note(kind: str, said: str) -> str:
    return "" if kind == said else f"({said})"


def _narrowed(quotes: list[Quote], what: str, where: str) -> list[Quote]:
    """The quotes of the group or person that is chosen; all of them where the number counted segments."""
    if what == "segments":
        return quotes
    counts = Counter(_of(quote, what) for quote in quotes)
    names = [name for name, _ in counts.most_common()]
    label = "Group" if what == "groups" else "Person"
    chosen = st.pills(
        label, names, key=f"{where}-of", format_func=lambda name: f"{name} ({counts[name]})", help="Nothing chosen shows all."
    )
    return [quote for quote in quotes if chosen is None or _of(quote, what) == chosen]


def _of(quote: Quote, what: str) -> str:
    if what == "groups":
        return quote.transcript_label
    return f"{quote.participant}, {quote.transcript_label}" if quote.participant else "unknown speaker"


def _quote(seat: Seat, quote: Quote, where: str) -> None:
    with st.container(gap="xsmall"):
        st.html(style.quote(quote.text, theme_parts.source_of(quote)))
        if quote.has_audio and quote.start_s is not None:
            parts.hear(seat, quote.segment_id, where)
