"""The section Saturation of the page Report: whether further groups still bring new codes, and where the new ones are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import Any

import streamlit as st

from qualkit.model import Opens, Saturation, Table
from qualkit.stages import saturation_tables as tables
from qualkit.stages.across import title_of
from qualkit.study import Seat
from qualkit.study import saturation_numbers as numbers
from qualkit.study.saturating import NO_CODES
from qualkit.ui import behind, marks, parts, style

BESIDE = 3
"""Charts of strata beside each other."""
MOST_CHARTS = 9
STRATUM_PX = 200


def draw(seat: Seat) -> None:
    """The section."""
    levels = {level.key: level for level in seat.saturation_levels()}
    if not levels:
        st.info(NO_CODES)
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        level = st.segmented_control(
            "Count",
            list(levels),
            default="code",
            format_func=lambda key: levels[key].name,
            key="saturation-level",
            required=True,
        )
        with_valence = st.toggle("Facilitators and barriers apart", key="saturation-valence")
        by = st.selectbox(
            "Groups", ["", *seat.saturation_strata()], key="saturation-by", width=240,
            format_func=lambda kind: f"By {title_of(kind)}" if kind else "All talk",
        )  # fmt: skip
    items = seat.saturation(level or "code", with_valence=with_valence, by=by or None)
    if not by:
        _whole(seat, items[0])
    else:
        _strata(seat, [item for item in items if item.n_found])


def _whole(seat: Seat, item: Saturation) -> None:
    """All groups: curve and assumptions, base and run beside it, group by group below."""
    st.html(style.block(*(f'<p class="q-count">{escape(sentence)}</p>' for sentence in tables.verdict(item))))
    if len(item.groups) < 2:
        return
    left, right = st.columns(2, gap="large")
    with left:
        _chart(seat, item, key="saturation-curve")
        _assumptions(seat, [item])
    with right:
        st.header("By base, run and threshold")
        _unnamed(seat, tables.assessments([item]), numbers.assessments([item]), key="saturation-sizes")
    st.header("Group by group")
    _unnamed(seat, tables.accumulation([item]), numbers.accumulation([item]), key="saturation-groups")


def _unnamed(seat: Seat, table: Table, opens: Opens, *, key: str) -> None:
    """A table of one thing that is counted, without its first column, which names it."""
    shown = replace(
        table,
        columns=table.columns[1:],
        rows=tuple(row[1:] for row in table.rows),
        n_stub=table.n_stub - 1,
        spanners=tuple(replace(item, first=item.first - 1, last=item.last - 1) for item in table.spanners),
        formats=table.formats[1:],
    )
    behind.table(seat, shown, {(row, column - 1): item for (row, column), item in opens.items()}, key=key)


def _strata(seat: Seat, items: Sequence[Saturation]) -> None:
    """A line for each stratum, and the curves of those with two groups or more."""
    if not items:
        st.info("No code that counts is on talk of which it is known where it belongs.")
        return
    behind.table(seat, tables.summary(items), numbers.summary(items), key="saturation-strata")
    drawn = [item for item in items if len(item.groups) > 1][:MOST_CHARTS]
    for start in range(0, len(drawn), BESIDE):
        for n, column in enumerate(st.columns(BESIDE, gap="medium")[: len(drawn) - start], start=start):
            with column:
                st.html(style.block(style.label(drawn[n].stratum)))
                _chart(seat, drawn[n], key=f"saturation-curve-{n}", height=STRATUM_PX, has_legend=False)
    _assumptions(seat, drawn or items)
    st.header("Group by group")
    behind.table(seat, tables.accumulation(items), numbers.accumulation(items), key="saturation-groups-of")


def _chart(seat: Seat, item: Saturation, *, key: str, **given: Any) -> None:
    """A curve, of which each point opens what its group brought."""
    from qualkit.figures.saturation import curve

    said = f"{item.name}: {' '.join(tables.verdict(item))}"
    marks.chart(seat, curve(item, parts.look(), **given), numbers.picked([item]), key=key, alt=said)


def _assumptions(seat: Seat, items: Sequence[Saturation]) -> None:
    """What the curve shows, and what it rests on and does not say."""
    notes = (tables.curve_note(items), *seat.saturation_notes(items))
    st.html(style.block(*(f'<p class="q-grey q-small" style="max-width:75ch">{escape(note)}</p>' for note in notes)))
