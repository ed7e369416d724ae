"""The two charts, from what a stage made to an Altair chart; colours come from `style`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from qualkit.model import ThemeRow, Topic
from qualkit.ui import style

KINDS = ("barrier", "mixed", "no valence", "facilitator")
"""From left to right."""


def diverging(rows: Sequence[ThemeRow]) -> alt.LayerChart:
    """Segments of each theme: barriers to the left of the middle, facilitators to the right, mixed astride."""
    spans = _spans(rows)
    kinds = [kind for kind in KINDS if any(span["kind"] == kind for span in spans)]
    colours = [style.COLOURS["present" if kind == "no valence" else kind] for kind in kinds]
    base = alt.Chart(alt.Data(values=spans)).encode(
        y=alt.Y("theme:N", sort=None, title=None, axis=_names()), tooltip=["theme:N", "kind:N", "segments:Q"]
    )
    bars = base.mark_bar(height={"band": 0.72}).encode(
        x=alt.X("from:Q", title="Segments", axis=alt.Axis(labelExpr="abs(datum.value)", tickMinStep=1)),
        x2="to:Q",
        color=alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=colours), legend=alt.Legend(orient="top", title=None)),
    )
    middle = alt.Chart(alt.Data(values=[{"x": 0}])).mark_rule(color=style.COLOURS["present"]).encode(x="x:Q")
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


def sizes(named: Sequence[tuple[str, Topic]]) -> alt.LayerChart:
    """Segments in each topic, largest first, outliers last and grey."""
    ordered = sorted(named, key=lambda item: (item[1].number < 0, -len(item[1].segment_ids)))
    rows = [{"topic": name, "segments": len(topic.segment_ids), "is_topic": topic.number >= 0} for name, topic in ordered]
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y("topic:N", sort=None, title=None, axis=_names()),
        x=alt.X("segments:Q", title="Segments", axis=alt.Axis(tickMinStep=1, grid=False)),
        tooltip=["topic:N", "segments:Q"],
    )
    colour = alt.condition("datum.is_topic", alt.value(style.ACCENT), alt.value(style.COLOURS["present"]))
    numbers = base.mark_text(align="left", dx=5, color=style.COLOURS["present"]).encode(text="segments:Q")
    return (base.mark_bar(cornerRadiusEnd=3).encode(color=colour) + numbers).properties(height=alt.Step(24))


def _names() -> alt.Axis:
    return alt.Axis(labelLimit=320, labelOverlap=False, labelFlush=False, ticks=False, domain=False, grid=False)
