"""Barriers and facilitators by construct as a chart: to the left of the middle what hinders, to the right what helps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import altair as alt

from qualkit.figures.looks import LIGHT, Look, data_of, dressed, names_axis
from qualkit.figures.palette import COLOURS
from qualkit.model import KINDS, ConstructCount, Valence, kinds_in
from qualkit.wording import counted, first_line

PICKED = "picked"
"""Name of the selection that says which bar was clicked; its field `opens` is that of `opens_at`."""

WIDTH, ROW_PX = 560, 21
LONGEST_NAME = 52
INDENT = "\u2003"
DOMAIN_OPACITY = 0.42
ROOM = 1.12
"""How much wider than the widest bars the axis is, for their numbers."""


def opens_at(count: ConstructCount, valence: Valence | None) -> str:
    """How a bar is known to whoever asks what is behind it."""
    return "\n".join((count.key or "", count.domain, valence.value if valence else ""))


def diverging(counts: Sequence[ConstructCount], *, n_people: int, n_groups: int, look: Look = LIGHT) -> alt.LayerChart:
    """One row for each domain, in bold and pale, and for each construct and code under it; mixed lies astride the middle.

    Behind each row stand the people and groups who said it, of all there are.
    """
    bars = [bar for row, count in enumerate(counts) for bar in _bars(row, count)]
    kinds = [KINDS[valence] for valence in kinds_in(counts)]
    colours = [COLOURS["present" if kind == "No valence" else kind.lower()] for kind in kinds]
    reach = ROOM * max((abs(bar[end]) for bar in bars for end in ("from", "to")), default=1) or 1
    x = {"scale": alt.Scale(domain=[-reach, reach], nice=False)}
    axis = alt.Axis(labelExpr="abs(datum.value)", tickMinStep=1, tickCount=8, orient="bottom")
    y = _y(counts, look)
    picked = alt.selection_point(name=PICKED, fields=["opens"], empty=False)
    base = alt.Chart(data_of(bars)).encode(y=y)
    drawn = base.mark_bar(height=ROW_PX * 0.7, cursor="pointer").encode(
        x=alt.X("from:Q", title="Segments", axis=axis, **x),
        x2="to:Q",
        color=alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=colours),
                        legend=alt.Legend(orient="top", title=None, symbolType="square")),
        opacity=alt.condition("datum.level == 0", alt.value(DOMAIN_OPACITY), alt.value(1)),
        stroke=alt.condition(picked, alt.value(look.ink), alt.value("transparent")),
        tooltip=[alt.Tooltip("name:N", title="Construct"), alt.Tooltip("kind:N", title="Kind"),
                 alt.Tooltip("n:Q", title="Segments"), alt.Tooltip("who:N", title="In all")],
    ).add_params(picked)  # fmt: skip
    layers = [drawn, *_numbers(base, look, x), *_beside(counts, n_people, n_groups, y, look)]
    middle = alt.Chart(data_of([{"x": 0}])).mark_rule(color=look.grey).encode(x=alt.X("x:Q", **x))
    return dressed(alt.layer(*layers, middle).properties(width=WIDTH, height=ROW_PX * (len(counts) + 0.2)), look)


def _bars(row: int, count: ConstructCount) -> list[dict[str, Any]]:
    n = {valence: len(ids) for valence, ids in count.by_valence.items()}
    at = -n.get(Valence.BARRIER, 0) - (n.get(Valence.MIXED, 0) + n.get(None, 0)) / 2
    bars = []
    for valence, kind in KINDS.items():
        if not n.get(valence):
            continue
        bars.append({
            "row": row, "level": count.level, "name": count.name, "kind": kind, "n": n[valence], "from": at,
            "to": at + n[valence], "who": _who(count), "opens": opens_at(count, valence),
            "side": "left" if valence is Valence.BARRIER else "right" if valence is Valence.FACILITATOR else "middle",
        })  # fmt: skip
        at += n[valence]
    return bars


def _who(count: ConstructCount) -> str:
    people, groups = counted(count.n_participants, "participant"), counted(count.n_groups, "group")
    return f"{counted(len(count.segment_ids), 'segment')} by {people} in {groups}"


def _y(counts: Sequence[ConstructCount], look: Look) -> alt.Y:
    names = [
        (count.name.upper() if count.level == 0 else INDENT * (count.level - 1) + first_line(count.name, LONGEST_NAME))
        for count in counts
    ]
    is_domain = [count.level == 0 for count in counts]
    heading = f"{json.dumps(is_domain)}[datum.value]"
    shown = names_axis(
        values=list(range(len(counts))), labelExpr=f"{json.dumps(names, ensure_ascii=False)}[datum.value]", labelPadding=10,
        labelFontWeight=alt.ExprRef(expr=f"{heading} ? 600 : 400"), labelFontSize=alt.ExprRef(expr=f"{heading} ? 10.5 : 12"),
        labelColor=look.ink, labelLimit=0,
    )  # fmt: skip
    return alt.Y("row:Q", title=None, scale=alt.Scale(domain=[len(counts) - 0.4, -0.8], nice=False), axis=shown)


def _numbers(base: alt.Chart, look: Look, x: dict[str, Any]) -> list[alt.Chart]:
    """Numbers at the outer ends of barriers and facilitators; those of what lies astride stand in the tooltip."""
    ends = (("left", "from", "right", -4), ("right", "to", "left", 4))
    return [
        base.transform_filter(f"datum.side == '{side}'")
        .mark_text(align=align, dx=dx, fontSize=11, color=look.grey, tooltip=None)
        .encode(x=alt.X(f"{end}:Q", **x), text="n:Q")
        for side, end, align, dx in ends
    ]


def _beside(counts: Sequence[ConstructCount], n_people: int, n_groups: int, y: alt.Y, look: Look) -> list[alt.Chart]:
    """Participants and groups of each row, to the right of the bars, under headings."""
    told = [
        {"row": row, "people": str(count.n_participants), "groups": str(count.n_groups)} for row, count in enumerate(counts)
    ]
    heads = {"people": f"People\nof {n_people}", "groups": f"Groups\nof {n_groups}"}
    layers = []
    for name, at in (("people", 46), ("groups", 96)):
        here = alt.X(value=alt.ExprRef(expr=f"width + {at}"))
        style: dict[str, Any] = {"align": "right", "color": look.ink, "fontSize": 11.5, "tooltip": None}
        layers.append(alt.Chart(data_of(told)).mark_text(**style).encode(x=here, y=y, text=f"{name}:N"))
        head = alt.Chart(data_of([{"said": heads[name]}]))
        style = {**style, "color": look.grey, "lineBreak": "\n", "baseline": "bottom", "lineHeight": 13, "fontSize": 11}
        layers.append(head.mark_text(**style).encode(x=here, y=alt.value(-5), text="said:N"))
    return layers
