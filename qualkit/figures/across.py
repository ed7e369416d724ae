"""Topics within and across groups as charts: a heat map of topic by stratum, and the course of a meeting."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import altair as alt

from qualkit.figures.looks import LIGHT, Look, data_of, dressed, names_axis
from qualkit.figures.palette import GREY
from qualkit.model import Cell, CrossRow, Crosstab, Stratum
from qualkit.wording import counted, first_line, percent

PICKED = "picked"
"""Name of the selection that says which cell of the heat map was clicked."""

N_WORDS = 3
"""Words that stand for a topic nobody has named."""
LONGEST_NAME = 34
"""Characters of a stratum's name beside the heat map."""
NOTABLE = 2.0
"""A residual of more than this is said in words when the cell is pointed at."""
ROW_PX = 30
COLUMN_PX, NARROW_PX = 150, 46
"""How wide a column is in a file, where names stand level and where they are slanted; a page stretches them."""
ZERO_WIDTH = "\u200b"
MOST_LEVEL = 5
"""Over so many columns names stand level."""
TALLEST = 0.68
"""The part of its row that the highest bar of the course takes; the rest is for its number."""


def title_of(row: CrossRow) -> str:
    """How a chart calls a topic: its name, or its number with its first words."""
    if row.number < 0 or row.name != f"Topic {row.number + 1}":
        return row.name
    return f"{row.number + 1} · {', '.join(row.words[:N_WORDS])}"


def heat(crosstab: Crosstab, look: Look = LIGHT) -> alt.LayerChart:
    """One row a topic, outliers last, one column a stratum: the share of the column's segments as colour, their number in it.

    A cell that is clicked is in the selection `PICKED`, with the fields `topic_id` and `stratum`.
    """
    columns = [column for column in crosstab.columns if column.n_segments]
    names, titles = _names(columns), apart([title_of(row) for row in crosstab.rows])
    cells = [
        {**_told(cell, row, column), "topic": title, "column": names[column.key]}
        for row, title in zip(crosstab.rows, titles, strict=True)
        for cell, column in zip(row.cells, crosstab.columns, strict=True)
        if column.n_segments
    ]
    most = max((cell["share"] for cell in cells), default=0.0) or 1.0
    base = alt.Chart(data_of(cells)).encode(
        x=alt.X("column:N", sort=[names[column.key] for column in columns], title=None, axis=_top_axis(len(columns))),
        y=alt.Y("topic:N", sort=titles, title=None, axis=names_axis(labelPadding=8)),
    )
    colour = alt.Color(
        "share:Q",
        scale=alt.Scale(domain=[0, most], range=list(look.scale), interpolate="lab"),
        legend=alt.Legend(title="Share of the column", format=".0%", orient="bottom", gradientLength=180, gradientThickness=9),
    )
    picked = alt.selection_point(name=PICKED, fields=["topic_id", "stratum"], empty=False)
    boxes = (
        base.mark_rect(cornerRadius=3, cursor="pointer", stroke=look.paper, strokeWidth=2)
        .encode(color=colour, tooltip=_hover(), stroke=alt.condition(picked, alt.value(look.ink), alt.value(look.paper)))
        .add_params(picked)
    )
    ink = alt.condition(f"datum.share > {look.strong * most}", alt.value(look.paper), alt.value(look.ink))
    numbers = base.transform_filter("datum.n > 0").mark_text(fontSize=12, tooltip=None).encode(text="n:Q", color=ink)
    width = max(1, len(columns)) * (COLUMN_PX if len(columns) <= MOST_LEVEL else NARROW_PX)
    return dressed((boxes + numbers).properties(width=width, height=alt.Step(ROW_PX)), look)


def _names(columns: Sequence[Stratum]) -> dict[str, str]:
    """What stands over each column: its name, and on a line of its own how many segments it has."""
    told = [f"{first_line(column.name, LONGEST_NAME)}\nN = {column.n_segments}" for column in columns]
    return dict(zip((column.key for column in columns), apart(told), strict=True))


def apart(names: Sequence[str]) -> list[str]:
    """Names of which no two are equal: a name that comes again has blanks behind it that have no width."""
    return [name + ZERO_WIDTH * names[:n].count(name) for n, name in enumerate(names)]


def _top_axis(n_columns: int) -> alt.Axis:
    """The columns' names over them, on one line and slanted where they are many."""
    if n_columns <= MOST_LEVEL:
        return names_axis(orient="top", labelExpr="split(datum.label, '\\n')", labelLimit=200, labelPadding=20, labelAngle=0)
    one_line = "replace(datum.label, '\\n', ', ')"
    return names_axis(orient="top", labelExpr=one_line, labelLimit=230, labelPadding=6, labelAngle=-40, labelAlign="left")


def _told(cell: Cell, row: CrossRow, column: Stratum) -> dict[str, Any]:
    flags = "; ".join(row.carried.flags)
    return {
        "topic_id": row.topic_id,
        "stratum": column.key,
        "where": column.name,
        "n": cell.n_segments,
        "share": cell.share or 0.0,
        "of": f"{cell.n_segments} of {counted(column.n_segments, 'segment')} ({percent(cell.share or 0.0)})",
        "people": f"{cell.n_participants} of {counted(column.n_participants, 'person', 'people')}",
        "spread": _against_even(cell),
        "carried": flags or "many",
    }


def _against_even(cell: Cell) -> str:
    """How the number stands to what an even spread would give."""
    if cell.residual is None:
        return "not known"
    if abs(cell.residual) < NOTABLE:
        return f"about as many as if evenly spread ({cell.residual:+.1f})"
    return f"{'more' if cell.residual > 0 else 'fewer'} than if evenly spread ({cell.residual:+.1f})"


def _hover() -> list[alt.Tooltip]:
    titles = {
        "topic": "Topic",
        "where": "Where",
        "of": "Segments",
        "people": "People",
        "spread": "Residual",
        "carried": "Carried by",
    }
    return [alt.Tooltip(f"{name}:N", title=title) for name, title in titles.items()]


def course(crosstab: Crosstab, look: Look = LIGHT) -> alt.LayerChart:
    """The course of a meeting: one row a topic, in it a bar for each part, as high as the share of the part's segments.

    All rows have one scale, so that heights can be compared. The parts are the known columns of `crosstab`, in their order.
    """
    columns = crosstab.known
    rows = crosstab.rows
    top = max((cell.share or 0.0 for row in rows for cell in row.cells), default=0.0) or 1.0
    bars = [
        {**_told(cell, row, column), "topic": title_of(row), "part": at, "end": at + 1, "base": base, "to": base + height,
         "is_topic": row.number >= 0}
        for n, row in enumerate(rows)
        for base in [len(rows) - 1 - n]
        for at, (column, cell) in enumerate(zip(columns, row.cells, strict=False))
        for height in [TALLEST * (cell.share or 0.0) / top]
    ]  # fmt: skip
    names = [title_of(row) for row in reversed(rows)]
    shown = alt.Axis(
        values=[n + 0.3 for n in range(len(rows))], labelExpr=f"{json.dumps(names, ensure_ascii=False)}[floor(datum.value)]",
        ticks=False, domain=False, grid=False, labelLimit=320, labelPadding=10, labelOverlap=False, labelBaseline="middle",
    )  # fmt: skip
    y = alt.Y("base:Q", scale=alt.Scale(domain=[0, max(len(rows), 1)], nice=False), axis=shown, title=None)
    ends = alt.Axis(
        values=[0, len(columns) / 2, len(columns)], grid=False, ticks=False, domain=False, labelFlush=True,
        labelExpr=f"datum.value == 0 ? 'start' : datum.value == {len(columns)} ? 'end' : 'middle'",
    )  # fmt: skip
    x = alt.X("part:Q", scale=alt.Scale(domain=[0, max(len(columns), 1)], nice=False), axis=ends, title=None)
    colour = alt.condition("datum.is_topic", alt.value(look.scale[2]), alt.value(GREY))
    data = alt.Chart(data_of(bars))
    drawn = data.mark_bar(cornerRadius=2, xOffset=1.5, x2Offset=-1.5).encode(
        x=x, x2="end:Q", y=y, y2="to:Q", color=colour, tooltip=_hover()
    )
    lines = alt.Chart(data_of([{"base": n} for n in range(len(rows))])).mark_rule(color=look.line).encode(y=y)
    numbers = data.transform_filter("datum.n > 0").mark_text(dy=-6, fontSize=10, color=look.grey, tooltip=None).encode(
        x=alt.X("middle:Q", axis=ends, title=None), y=alt.Y("to:Q", axis=shown, title=None), text="n:Q"
    ).transform_calculate(middle="datum.part + 0.5")  # fmt: skip
    return dressed((lines + drawn + numbers).properties(height=max(ROW_PX * 1.25 * len(rows), 60)), look)
