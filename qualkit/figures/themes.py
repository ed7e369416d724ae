"""Themes as a chart: for and against, one row a theme."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from qualkit.figures.looks import LIGHT, Look, data_of, dressed, names_axis
from qualkit.figures.palette import COLOURS
from qualkit.model import ThemeRow

PICKED = "picked"
"""Name of the selection that says which bar was clicked; its field `opens` is that of `mark_of`."""

KINDS = ("barrier", "mixed", "no valence", "facilitator")
"""From left to right."""


def diverging(rows: Sequence[ThemeRow], look: Look = LIGHT) -> alt.LayerChart:
    """Segments of each theme: barriers to the left of the middle, facilitators to the right, mixed astride."""
    spans = _spans(rows)
    kinds = [kind for kind in KINDS if any(span["kind"] == kind for span in spans)]
    colours = [COLOURS["present" if kind == "no valence" else kind] for kind in kinds]
    base = alt.Chart(data_of(spans)).encode(
        y=alt.Y("theme:N", sort=None, title=None, axis=names_axis()), tooltip=["theme:N", "kind:N", "segments:Q"]
    )
    picked = alt.selection_point(name=PICKED, fields=["opens"], empty=False)
    bars = base.mark_bar(height={"band": 0.72}, cursor="pointer").encode(
        x=alt.X("from:Q", title="Segments", axis=alt.Axis(labelExpr="abs(datum.value)", tickMinStep=1)),
        x2="to:Q",
        color=alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=colours), legend=alt.Legend(orient="top", title=None)),
    )
    middle = alt.Chart(data_of([{"x": 0}])).mark_rule(color=COLOURS["present"]).encode(x="x:Q")
    return dressed((bars.add_params(picked) + middle).properties(height=alt.Step(18)), look)


def kind_of(row: ThemeRow) -> str:
    """Which of `KINDS` a row is."""
    return row.valence.value if row.valence else "no valence"


def mark_of(row: ThemeRow) -> str:
    """How a bar is known to whoever asks what is behind it."""
    return f"{row.theme}\n{kind_of(row)}"


def _spans(rows: Sequence[ThemeRow]) -> list[dict[str, Any]]:
    totals: dict[str, dict[str, int]] = {}
    for row in rows:
        said = totals.setdefault(row.theme, {})
        kind = kind_of(row)
        said[kind] = said.get(kind, 0) + row.n_segments
    spans = []
    for theme, said in sorted(totals.items(), key=lambda item: -sum(item[1].values())):
        at = -said.get("barrier", 0) - (said.get("mixed", 0) + said.get("no valence", 0)) / 2
        for kind in KINDS:
            if n := said.get(kind):
                spans.append(
                    {"theme": theme, "kind": kind, "segments": n, "from": at, "to": at + n, "opens": f"{theme}\n{kind}"}
                )
                at += n
    return spans
