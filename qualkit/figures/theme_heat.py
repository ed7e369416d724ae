"""Themes by group, site or any other strata as a heat map: how many of the people of each raised it."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import altair as alt

from qualkit.figures.across import apart
from qualkit.figures.looks import LIGHT, Look, data_of, dressed, names_axis
from qualkit.model import HIDDEN, Part, ThemeCell, ThemeGrid, ThemeGridRow
from qualkit.wording import counted, first_line, percent

PICKED = "picked"
"""Name of the selection that says which cell was clicked; its field `opens` is that of `opens_at`."""

LONGEST_NAME = 48
ROW_PX = 25
COLUMN_PX, NARROW_PX = 92, 46
HEAD_CHARS, HEAD_LINES, LINE_PX = 14, 3, 15
"""How wide and how high a column's name may be; of more columns than `MOST_LEVEL` names are slanted, on one line."""
MOST_LEVEL = 8


def opens_at(row: ThemeGridRow, column: Part) -> str:
    """How a cell is known to whoever asks what is behind it."""
    return "\n".join((row.theme_id, row.valence.value if row.valence else "", column.key))


def heat(grid: ThemeGrid, look: Look = LIGHT) -> alt.LayerChart:
    """One row for each row of the theme table, one column a stratum, all people last: the share of its people as colour.

    A cell has the number of people; one that is too small to be told says so and has no colour.
    """
    columns = [column for column in grid.columns if column.n_people]
    heads = dict(zip([column.key for column in columns], apart(_heads(columns)), strict=True))
    names = apart([title_of(row) for row in grid.rows])
    cells = [
        {**_told(row, cell, column), "theme": name, "column": heads[column.key]}
        for row, name in zip(grid.rows, names, strict=True)
        for cell, column in zip(row.cells, grid.columns, strict=True)
        if column.n_people
    ]
    most = max((cell["share"] for cell in cells), default=0.0) or 1.0
    picked = alt.selection_point(name=PICKED, fields=["opens"], empty=False)
    base = alt.Chart(data_of(cells)).encode(
        x=alt.X("column:N", sort=list(heads.values()), title=None, axis=_top_axis(list(heads.values()))),
        y=alt.Y("theme:N", sort=names, title=None, axis=names_axis(labelPadding=8, labelLimit=0)),
    )
    colour = alt.Color(
        "share:Q", scale=alt.Scale(domain=[0, most], range=list(look.scale), interpolate="lab"),
        legend=alt.Legend(title="Share of its people", format=".0%", orient="bottom", gradientLength=180, gradientThickness=9),
    )  # fmt: skip
    boxes = (
        base.mark_rect(cornerRadius=3, cursor="pointer", strokeWidth=2)
        .encode(color=colour, tooltip=_hover(), stroke=alt.condition(picked, alt.value(look.ink), alt.value(look.paper)))
        .add_params(picked)
    )
    ink = alt.condition(f"datum.share > {look.strong * most}", alt.value(look.paper), alt.value(look.ink))
    numbers = base.transform_filter("datum.said != ''").mark_text(fontSize=11.5, tooltip=None).encode(text="said:N", color=ink)
    return dressed(
        (boxes + numbers).properties(
            width=max(1, len(columns)) * (COLUMN_PX if len(columns) <= MOST_LEVEL else NARROW_PX), height=alt.Step(ROW_PX)
        ),
        look,
    )


def title_of(row: ThemeGridRow) -> str:
    """How a chart calls a row of the theme table."""
    name = first_line(row.theme, LONGEST_NAME)
    return f"{name} · {row.valence.value}" if row.valence else name


def _heads(columns: Sequence[Part]) -> list[str]:
    """What stands over each column: its name in lines of like length, and under it how many people it has."""
    if len(columns) > MOST_LEVEL:
        return [f"{column.name}, N = {column.n_people}" for column in columns]
    names = [wrap(column.name, HEAD_CHARS, max_lines=HEAD_LINES, placeholder=" …") for column in columns]
    most = max(map(len, names), default=1)
    return [
        "\n".join([" "] * (most - len(lines)) + lines + [f"N = {column.n_people}"])
        for column, lines in zip(columns, names, strict=True)
    ]


def _top_axis(heads: Sequence[str]) -> alt.Axis:
    """The columns' names over them, the last lines level with each other."""
    n_lines = max((head.count("\n") for head in heads), default=0)
    if not n_lines:
        return names_axis(orient="top", labelLimit=230, labelPadding=6, labelAngle=-40, labelAlign="left")
    room = {"labelPadding": 6 + LINE_PX * n_lines, "labelLineHeight": LINE_PX, "labelAngle": 0, "labelLimit": 0}
    return names_axis(orient="top", labelExpr="split(datum.label, '\\n')", **room)


def _told(row: ThemeGridRow, cell: ThemeCell, column: Part) -> dict[str, Any]:
    n, segments = cell.n_participants, counted(len(cell.segment_ids), "segment")
    share = 0.0 if cell.is_hidden else n / (column.n_people or 1)
    return {
        "opens": opens_at(row, column) if cell.segment_ids and not cell.is_hidden else "",
        "where": column.name,
        "share": share,
        "said": HIDDEN if cell.is_hidden else str(n) if cell.segment_ids else "",
        "people": HIDDEN if cell.is_hidden else f"{n} of {counted(column.n_people, 'person', 'people')} ({percent(share)})",
        "segments": HIDDEN if cell.is_hidden else segments,
    }


def _hover() -> list[alt.Tooltip]:
    titles = {"theme": "Theme", "where": "Where", "people": "People", "segments": "Segments"}
    return [alt.Tooltip(f"{name}:N", title=title) for name, title in titles.items()]
