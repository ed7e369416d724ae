"""A forest plot of agreement: code by code coefficients with their intervals, and pooled ones as diamonds below."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import floor
from typing import Any

import altair as alt

from qualkit.figures.looks import LIGHT, Look, data_of, dressed, names_axis
from qualkit.model import Agreement
from qualkit.wording import first_line, percent, two_decimals

PICKED = "picked"
"""Name of the selection that says which code was clicked; its field `opens` is the code's key, empty for all pooled."""

POOLED = "All codes, pooled"
NAMES = {"kappa": "Cohen's kappa", "alpha": "Krippendorff's alpha", "ac1": "Gwet's AC1"}
COLOURS = ("#0072b2", "#d55e00")
"""Of the set by Okabe & Ito (2008): blue and vermilion."""
SHAPES = ("circle", "square")
THRESHOLDS = (0.667, 0.8)
"""What reports of agreement are often held against (Krippendorff 2004); light lines, and no verdict."""
LOWEST = -0.4
"""Where the axis ends at the latest; what lies below stands at its end, with its value in the figures."""
WIDTH, ROW_PX, APART = 330, 27, 0.17
DIAMOND = (("low", 0.0), ("value", -0.15), ("high", 0.0), ("value", 0.15), ("low", 0.0))
"""Its corners: at which end, and how far from the middle, in rows."""
LONGEST_NAME = 44
FIRST_COLUMN, COLUMN = 14, 112
"""Pixels from the plot to the figures beside it, and from one column of them to the next."""


def forest(results: Sequence[Agreement], names: Mapping[str, str], look: Look = LIGHT) -> alt.LayerChart:
    """One row a code, all codes pooled as the last; beside them on how many segments each coder gave it.

    Of two coders kappa is drawn, of more Krippendorff's alpha, and each beside AC1, which rareness does not pull down.
    """
    pooled = next(item for item in results if item.code_key is None)
    shown = ("kappa" if pooled.n_coders == 2 else "alpha", "ac1")
    by_code: dict[str | None, dict[str, Agreement]] = {}
    for item in results:
        by_code.setdefault(item.code_key, {})[item.measure] = item
    keys: list[str | None] = [key for key in by_code if key is not None and by_code[key]["percent"].n_units]
    rows = [*keys, None]
    marks = [_mark(n, key, by_code[key][measure], k, names) for n, key in enumerate(rows) for k, measure in enumerate(shown)]
    seen = [mark for mark in marks if mark["value"] is not None]
    low = min([0.0, *(mark[end] for mark in seen for end in ("low", "value"))])
    x = alt.Scale(domain=[max(LOWEST, floor(5 * low) / 5), 1], nice=False, clamp=True)
    y = _y([POOLED if key is None else names[key] for key in rows])
    layers = [
        *_ground(len(rows), x, y, look),
        *_points([mark for mark in seen if not mark["is_pooled"]], shown, x, y, look),
        *_diamonds([mark for mark in seen if mark["is_pooled"]], x, y),
        *_beside(rows, by_code, shown, y, look),
    ]
    return dressed(alt.layer(*layers).properties(width=WIDTH, height=ROW_PX * (len(rows) + 0.4)), look)


def _mark(row: int, key: str | None, item: Agreement, k: int, names: Mapping[str, str]) -> dict[str, Any]:
    interval = item.interval
    return {
        "row": row, "at": row + APART * (2 * k - 1), "opens": key or "", "is_pooled": key is None,
        "code": POOLED if key is None else names[key], "measure": NAMES[item.measure],
        "value": item.value, "low": interval.low if interval else item.value, "high": interval.high if interval else item.value,
        "said": _said(item), "colour": COLOURS[k], "present": _present(item),
    }  # fmt: skip


def _said(item: Agreement) -> str:
    """`.68 [.47, .89]`, with minus signs."""
    if item.value is None:
        return "undefined"
    ends = f" [{two_decimals(item.interval.low)}, {two_decimals(item.interval.high)}]" if item.interval else ""
    return (two_decimals(item.value) + ends).replace("-", "−")


def _present(item: Agreement) -> str:
    """On how many segments each coder gave the code, and what share that is of all judgements: `12, 15 of 60 · 22 %`."""
    n = sum(item.positives.values())
    judged = sum(item.counts.values()) or 1
    return f"{' / '.join(str(given) for given in item.positives.values())} of {item.n_units:,} · {percent(n / judged)}"


def _y(labels: Sequence[str]) -> alt.Y:
    shown = names_axis(
        values=list(range(len(labels))), labelPadding=12, labelLimit=0,
        labelExpr=f"{json.dumps([first_line(text, LONGEST_NAME) for text in labels], ensure_ascii=False)}[datum.value]",
        labelFontWeight=alt.ExprRef(expr=f"datum.value == {len(labels) - 1} ? 600 : 400"),
    )  # fmt: skip
    return alt.Y("at:Q", title=None, scale=alt.Scale(domain=[len(labels) - 0.4, -0.8], nice=False), axis=shown)


def _ground(n_rows: int, x: alt.Scale, y: alt.Y, look: Look) -> list[alt.Chart]:
    """The thresholds, nought, and a line above what is pooled."""
    lines = alt.Chart(data_of([{"x": value} for value in THRESHOLDS])).mark_rule(
        color=look.grey, strokeDash=[3, 4], opacity=0.75
    )
    zero = alt.Chart(data_of([{"x": 0}])).mark_rule(color=look.grey)
    above = alt.Chart(data_of([{"at": n_rows - 1.5}])).mark_rule(color=look.line, strokeWidth=1.4)
    ticks = [n / 5 for n in range(round(5 * x["domain"][0]), 6)]
    axis = alt.Axis(values=ticks, labelExpr="replace(format(datum.value, '~g'), '0.', '.')", labelFlush=False)
    here = alt.X("x:Q", title="Coefficient", scale=x, axis=axis)
    return [lines.encode(x=here), zero.encode(x=here), above.encode(y=y)]


def _points(marks: list[dict[str, Any]], shown: Sequence[str], x: alt.Scale, y: alt.Y, look: Look) -> list[alt.Chart]:
    kinds = [NAMES[measure] for measure in shown]
    picked = alt.selection_point(name=PICKED, fields=["opens"], empty=False)
    base = alt.Chart(data_of(marks)).encode(y=y, tooltip=_hover())
    colour = alt.Color("measure:N", scale=alt.Scale(domain=kinds, range=list(COLOURS)), legend=_legend())
    shape = alt.Shape("measure:N", scale=alt.Scale(domain=kinds, range=list(SHAPES)), legend=_legend())
    spans = base.mark_rule(strokeWidth=1.8).encode(x=alt.X("low:Q", scale=x), x2="high:Q", color=colour)
    size = alt.when(picked).then(alt.value(120)).otherwise(alt.value(62))
    points = base.mark_point(filled=True, opacity=1, cursor="pointer", stroke=look.paper, strokeWidth=0.8).encode(
        x=alt.X("value:Q", scale=x), color=colour, shape=shape, size=size
    )
    return [spans, points.add_params(picked)]


def _legend() -> alt.Legend:
    return alt.Legend(orient="top", title=None)


def _hover() -> list[alt.Tooltip]:
    titles = {"code": "Code", "measure": "Coefficient", "said": "With interval", "present": "Present"}
    return [alt.Tooltip(f"{name}:N", title=title) for name, title in titles.items()]


def _diamonds(marks: list[dict[str, Any]], x: alt.Scale, y: alt.Y) -> list[alt.Chart]:
    """What is pooled: from one end of the interval to the other, highest at the value."""
    corners = [
        {**mark, "corner": n, "edge": mark[end], "at": mark["at"] + dy} for mark in marks for n, (end, dy) in enumerate(DIAMOND)
    ]
    return [
        alt.Chart(data_of([corner for corner in corners if corner["measure"] == mark["measure"]]))
        .mark_line(fill=mark["colour"], color=mark["colour"], strokeWidth=1, strokeJoin="round")
        .encode(x=alt.X("edge:Q", scale=x), y=y, order="corner:Q", tooltip=_hover())
        for mark in marks
    ]


def _beside(
    rows: Sequence[str | None],
    by_code: Mapping[str | None, Mapping[str, Agreement]],
    shown: Sequence[str],
    y: alt.Y,
    look: Look,
) -> list[alt.Chart]:
    """Values with intervals, and how often the code was given, to the right of the plot, under headings."""
    told = [
        {
            "at": n,
            **{measure: _said(by_code[key][measure]) for measure in shown},
            "present": _present(by_code[key]["percent"]),
        }
        for n, key in enumerate(rows)
    ]
    who = " / ".join(by_code[None]["percent"].positives)
    heads = [*((measure, NAMES[measure]) for measure in shown), ("present", f"Present: {who}")]
    layers = []
    for n, (name, head) in enumerate(heads):
        here = alt.X(value=alt.ExprRef(expr=f"width + {FIRST_COLUMN + COLUMN * n}"))
        style: dict[str, Any] = {"align": "left", "fontSize": 11.5, "tooltip": None}
        layers.append(alt.Chart(data_of(told)).mark_text(color=look.ink, **style).encode(x=here, y=y, text=f"{name}:N"))
        title = alt.Chart(data_of([{"head": head}])).mark_text(color=look.grey, baseline="bottom", **style)
        layers.append(title.encode(x=here, y=alt.value(-4), text="head:N"))
    return layers
