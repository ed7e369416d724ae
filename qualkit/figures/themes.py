"""Themes as a chart: for and against, one row a theme."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from qualkit.figures.looks import names_axis
from qualkit.figures.palette import COLOURS
from qualkit.model import ThemeRow

KINDS = ("barrier", "mixed", "no valence", "facilitator")
"""From left to right."""


def diverging(rows: Sequence[ThemeRow]) -> alt.LayerChart:
    """Segments of each theme: barriers to the left of the middle, facilitators to the right, mixed astride."""
    spans = _spans(rows)
    kinds = [kind for kind in KINDS if any(span["kind"] == kind for span in spans)]
    colours = [COLOURS["present" if kind == "no valence" else kind] for kind in kinds]
    base = alt.Chart(alt.Data(values=spans)).encode(
        y=alt.Y("theme:N", sort=None, title=None, axis=names_axis()), tooltip=["theme:N", "kind:N", "segments:Q"]
    )
    bars = base.mark_bar(height={"band": 0.72}).encode(
        x=alt.X("from:Q", title="Segments", axis=alt.Axis(labelExpr="abs(datum.value)", tickMinStep=1)),
        x2="to:Q",
        color=alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=colours), legend=alt.Legend(orient="top", title=None)),
    )
    middle = alt.Chart(alt.Data(values=[{"x": 0}])).mark_rule(color=COLOURS["present"]).encode(x="x:Q")
    return (bars + middle).properties(height=alt.Step(18))


def _spans(rows: Sequence[ThemeRow]) -> list[dict[str, Any]]:
    totals: dict[str, dict[str, int]] = {}
    for row in rows:
        said = totals.setdefault(row.theme, {})
        kind = row.valence.value if row.valence else "no valence"
        said[kind] = said.get(kind, 0) + row.n_segments
    spans = []
    for theme, said in sorted(totals.items(), key=lambda item: -sum(item[1].values())):
        at = -said.get("barrier", 0) - (said.get("mixed", 0) + said.get("no valence", 0)) / 2
        for kind in KINDS:
            if n := said.get(kind):
                spans.append({"theme": theme, "kind": kind, "segments": n, "from": at, "to": at + n})
                at += n
    return spans
