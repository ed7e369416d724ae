"""Ratings as a heat map: constructs by groups or sites, from orange, hindered strongly, to blue, helped strongly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

import altair as alt

from qualkit.figures.looks import LIGHT, Look, data_of, dressed, names_axis
from qualkit.figures.palette import COLOURS
from qualkit.model import Construct, RatedCase, RatingBasis, RatingCell, RatingValue

ROW_PX = 28
COLUMN_PX = 92
LINE_CHARS, MOST_LINES = 14, 3
"""How wide a case's name and its stratum are set over its column, and on how many lines each."""
LINE_PX = 14
MOST_LEVEL = 6
"""Over so many columns names stand level."""

PICKED = "picked"
"""Name of the selection that says which cell was clicked; its field `opens` has the construct's key and the case's id."""

WEAK = 0.45
"""A rating of 1 has so much of the colour of a 2."""


def matrix(
    constructs: Sequence[Construct],
    cases: Sequence[RatedCase],
    cells: Mapping[tuple[str, str], RatingCell],
    marks: Mapping[tuple[str, str], str],
    look: Look = LIGHT,
) -> alt.LayerChart:
    """One row a construct, one column a case; `marks` is what is written into each. What does not stand yet is uncoloured."""
    is_level = len(cases) <= MOST_LEVEL
    columns, rows = _columns(cases, is_level), _apart([item.name for item in constructs])
    boxes = [
        {**_told(cells.get((construct.key, case.id)), look), "construct": row, "case": column, "where": case.name,
         "opens": f"{construct.key}\n{case.id}", "domain": construct.domain, "mark": marks.get((construct.key, case.id), "–")}
        for construct, row in zip(constructs, rows, strict=True)
        for case, column in zip(cases, columns, strict=True)
    ]  # fmt: skip
    n_lines = max((name.count("\n") + 1 for name in columns), default=1)
    labels: dict[str, Any] = (
        {"labelAngle": 0, "labelLimit": COLUMN_PX * 2, "labelPadding": 8 + LINE_PX * (n_lines - 1)} if is_level
        else {"labelAngle": -40, "labelAlign": "left", "labelLimit": 230, "labelPadding": 8}
    )  # fmt: skip
    base = alt.Chart(data_of(boxes)).encode(
        x=alt.X(
            "case:N", sort=columns, title=None,
            axis=names_axis(orient="top", labelExpr="split(datum.label, '\\n')", **labels),
        ),
        y=alt.Y("construct:N", sort=rows, title=None, axis=names_axis(labelPadding=8)),
    )  # fmt: skip
    hover = [
        alt.Tooltip(f"{name}:N", title=title)
        for name, title in {"construct": "Construct", "domain": "Domain", "where": "Where", "mark": "Rating",
                            "basis": "Rests on", "said": "Said"}.items()
    ]  # fmt: skip
    picked = alt.selection_point(name=PICKED, fields=["opens"], empty=False)
    stroke = alt.when(picked).then(alt.value(look.ink)).otherwise(alt.value(look.line))
    drawn = base.mark_rect(cornerRadius=3, strokeWidth=1, cursor="pointer").encode(
        color=alt.Color("fill:N", scale=None), stroke=stroke, tooltip=hover
    ).add_params(picked)  # fmt: skip
    words = base.mark_text(fontSize=12, tooltip=None, cursor="pointer").encode(
        text="mark:N", color=alt.Color("ink:N", scale=None)
    )
    chart = (drawn + words).properties(height=alt.Step(ROW_PX), width=alt.Step(COLUMN_PX))
    return dressed(chart, look)


def _columns(cases: Sequence[RatedCase], is_level: bool) -> list[str]:
    """What stands over the columns: names and strata, on as many lines each, so that all of them end over their columns."""
    if not is_level:
        return _apart([f"{case.name}, {case.stratum}" if case.stratum else case.name for case in cases])
    names = [wrap(case.name, LINE_CHARS, max_lines=MOST_LINES, placeholder=" …") for case in cases]
    strata = [wrap(f"({case.stratum})", LINE_CHARS, max_lines=MOST_LINES, placeholder=" …)") for case in cases]
    lines = [[*name, *(stratum if case.stratum else [])] for name, stratum, case in zip(names, strata, cases, strict=True)]
    most = max(map(len, lines), default=0)
    return _apart(["\n".join([*[""] * (most - len(own)), *own]) for own in lines])


def _apart(names: Sequence[str]) -> list[str]:
    """Names of which no two are equal: a name that comes again has blanks behind it that have no width."""
    return [name + "\u200b" * names[:n].count(name) for n, name in enumerate(names)]


def _told(cell: RatingCell | None, look: Look) -> dict[str, str]:
    if cell is None:
        return {"fill": look.paper, "ink": look.grey, "basis": RatingBasis.NOBODY.value, "said": ""}
    fill = _fill(cell.value, look)
    said = ", ".join(f"{name} {value.sign}" for name, value in cell.ratings.items())
    return {"fill": fill, "ink": _ink(fill), "basis": cell.basis.value, "said": said}


def _fill(value: RatingValue | None, look: Look) -> str:
    """Orange to blue by grade; mixed has a colour of its own, and what does not stand, is missing or neutral has little."""
    if value is None or value is RatingValue.MISSING:
        return look.paper
    if value is RatingValue.MIXED:
        return _mixed(look.paper, COLOURS["mixed"], WEAK)
    if not value.number:
        return _mixed(look.paper, COLOURS["present"], 0.25)
    colour = COLOURS["facilitator" if value.number > 0 else "barrier"]
    return _mixed(look.paper, colour, 1.0 if abs(value.number) == 2 else WEAK)


def _mixed(ground: str, colour: str, share: float) -> str:
    pairs = zip(_rgb(ground), _rgb(colour), strict=True)
    return "#" + "".join(f"{round(one + (other - one) * share):02x}" for one, other in pairs)


def _ink(fill: str) -> str:
    """Black or white, whichever stands out more on that ground: always by 4.5 to 1 or more."""
    return max(("#000000", "#ffffff"), key=lambda ink: _contrast(ink, fill))


def _contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2.2."""
    dark, light = sorted(map(_luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [part / 255 for part in _rgb(colour)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
