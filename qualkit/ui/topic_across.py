"""Topics within and across groups: a heat map by group, site, question or any attribute, and from a cell to the voices."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from html import escape
from typing import Any

import streamlit as st

from qualkit.figures import across as figures
from qualkit.model import CrossRow, Crosstab, NumberFormat, Table, TableCell
from qualkit.stages.across import COURSE, QUESTION, title_of
from qualkit.study import Seat
from qualkit.study.across_tables import COUNTED, spread_note
from qualkit.ui import behind, context, parts, style
from qualkit.wording import counted

N_QUOTES = 6
"""Quotes of a cell that are shown before more are asked for."""

NO_GUIDE = (
    "To see topics by guide question, put the guide into transcripts/ as guide.md or guide.txt, its questions numbered and its "
    "probes indented."
)

WHAT_V_IS = "V is Cramér's: how unevenly this topic, against all others, is spread over the columns above."

_BY, _TOPIC, _STRATUM, _MORE = "across-by", "across-topic", "across-stratum", "across-more"


def draw(seat: Seat) -> None:
    """The part of the page."""
    kinds = seat.strata()
    if not kinds:
        st.info("All segments are of one meeting, one site and one kind of person: there is nothing to compare yet.")
        return
    by = st.segmented_control(
        "Topics by", kinds, default=kinds[0], format_func=_named, key=_BY, label_visibility="collapsed", required=True
    )
    crosstab = seat.across(by or kinds[0])
    st.html(style.lead(spread_note(crosstab)))
    _chart(crosstab)
    with st.expander("What is counted"):
        hint = () if QUESTION in kinds else (NO_GUIDE,)
        for note in (COUNTED, *crosstab.notes, *hint):
            st.html(style.block(f'<p class="q-small">{escape(note)}</p>'))
    quotes, carriers = st.columns(2, gap="large")
    with quotes:
        _quotes(seat, crosstab)
    with carriers:
        _carriers(seat, crosstab)


def _named(kind: str) -> str:
    return title_of(kind).capitalize()


def _chart(crosstab: Crosstab) -> None:
    key = f"across-chart-{crosstab.by}"
    if crosstab.by == COURSE:
        st.altair_chart(
            figures.course(crosstab, parts.look()), width="stretch", theme=None, alt="Topics over the course of a meeting"
        )
        return
    st.altair_chart(
        figures.heat(crosstab, parts.look()), width="stretch", theme=None, key=key, on_select=partial(_pick, key),
        selection_mode=figures.PICKED, alt=f"Topics by {crosstab.title}",
    )  # fmt: skip


def _pick(key: str) -> None:
    """Take the cell that was clicked for the one whose quotes are shown."""
    found: Any = context.value(key)
    clicked = (found or {}).get("selection", {}).get(figures.PICKED) or []
    if clicked:
        context.put(_TOPIC, clicked[0]["topic_id"])
        context.put(_STRATUM, clicked[0]["stratum"])


# ---------------------------------------------------------------- from a cell to the voices


def _quotes(seat: Seat, crosstab: Crosstab) -> None:
    st.header("What was said")
    rows, columns = {row.topic_id: row for row in crosstab.rows}, {column.key: column for column in crosstab.columns}
    _keep_known(_TOPIC, list(rows), crosstab.rows[0].topic_id)
    _keep_known(_STRATUM, list(columns), _fullest(crosstab, context.value(_TOPIC)))
    left, right = st.columns(2)
    left.selectbox("Topic", list(rows), format_func=lambda key: figures.title_of(rows[key]), key=_TOPIC)
    right.selectbox(_named(crosstab.by), list(columns), format_func=lambda key: columns[key].name, key=_STRATUM)
    row, at = rows[context.value(_TOPIC)], list(columns).index(context.value(_STRATUM))
    cell, column = row.cells[at], crosstab.columns[at]
    st.html(
        style.block(
            style.grey(
                f"{cell.n_segments} of {counted(column.n_segments, 'segment')} there, by {cell.n_participants} of "
                f"{counted(column.n_participants, 'person', 'people')}."
            )
        )
    )
    where = f"across-{crosstab.by}-{row.topic_id}-{column.key}"
    shown = cell.segment_ids if context.value(_MORE) == where else cell.segment_ids[:N_QUOTES]
    _say(seat, shown, where)
    if len(shown) < cell.n_segments:
        st.button(f"Show all {cell.n_segments}", key=f"{where}-all", type="tertiary", on_click=context.put, args=(_MORE, where))


def _keep_known(key: str, known: Sequence[str], otherwise: str) -> None:
    if context.value(key) not in known:
        context.put(key, otherwise)


def _fullest(crosstab: Crosstab, topic_id: str) -> str:
    """The column that holds most segments of a topic."""
    row = next(row for row in crosstab.rows if row.topic_id == topic_id)
    best = max(range(len(row.cells)), key=lambda n: (row.cells[n].n_segments, -n))
    return crosstab.columns[best].key


def _say(seat: Seat, segment_ids: Sequence[str], where: str) -> None:
    for segment_id in segment_ids:
        view = seat.view(segment_id)
        st.html(style.quote(view.segment.text, parts.whereabouts(view.segment, view.transcript, view.speaker)))
        if view.has_audio:
            parts.hear(seat, segment_id, where)


# ---------------------------------------------------------------- who carries a topic


def _carriers(seat: Seat, crosstab: Crosstab) -> None:
    st.header("Who carries a topic")
    of = crosstab.rows[0].carried
    told = f"Of {counted(of.of_groups, 'group')} and {counted(of.of_participants, 'participant')}. {WHAT_V_IS}"
    shown = Table(
        title="Who carries a topic",
        columns=("Topic", "Segments", "Groups", "People", "V"),
        rows=tuple(map(_carrier, crosstab.rows)),
        notes=(told,),
        formats=(None, *(NumberFormat.COUNT,) * 3, NumberFormat.COEFFICIENT),
    )
    opens = {
        (n, column): behind.Behind(title=figures.title_of(row), segment_ids=_ids(row), what=what)
        for n, row in enumerate(crosstab.rows)
        for column, what in enumerate(("segments", "groups", "people"), start=1)
    }
    behind.table(seat, shown, opens, key=f"across-carriers-{crosstab.by}")


def _ids(row: CrossRow) -> tuple[str, ...]:
    return tuple(segment_id for cell in row.cells for segment_id in cell.segment_ids)


def _carrier(row: CrossRow) -> tuple[TableCell, ...]:
    carried = row.carried
    name = "\n".join((figures.title_of(row), *(f"⚑ {flag}" for flag in carried.flags)))
    return (name, row.n_segments, carried.n_groups, carried.n_participants, row.unevenness)
