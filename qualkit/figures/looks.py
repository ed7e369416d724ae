"""What a figure looks like on a light and on a dark page; files are made in the light look, for print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import altair as alt

Chart = TypeVar("Chart", bound=alt.TopLevelMixin)

FONT = "'Source Sans', 'Source Sans Pro', 'Source Sans 3', 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Colours that depend on the page: words, lesser words, lines, the page itself, and a scale from little to much.

    From the share `strong` of the scale on, numbers on it are read best in the colour of the page (WCAG's contrast).
    """

    ink: str
    grey: str
    line: str
    paper: str
    scale: tuple[str, ...]
    strong: float


LIGHT = Look(
    ink="#23292b",
    grey="#5f676b",
    line="#dedacd",
    paper="#fcfbf8",
    scale=("#f4f1e8", "#b5d8d2", "#5aaba9", "#257478", "#0d3f4a"),
    strong=0.64,
)
DARK = Look(
    ink="#e4e4df",
    grey="#a3a9ab",
    line="#363d41",
    paper="#16191b",
    scale=("#1d2326", "#1f4d52", "#2f8285", "#6cbcb4", "#d5f0e3"),
    strong=0.48,
)


def data_of(rows: Iterable[Mapping[str, Any]]) -> alt.Data:
    """Rows as the data of a chart: in a tuple, which Altair does not copy, as it does a list, with each step of a chart."""
    return alt.Data(values=tuple(rows))


def dressed(chart: Chart, look: Look) -> Chart:
    """The chart with fonts, words and lines in that look, on no ground of its own."""
    quiet = {"labelColor": look.ink, "titleColor": look.grey, "gridColor": look.line, "domainColor": look.line}
    plain = {"titleFontWeight": "normal", "labelFontSize": 12, "titleFontSize": 12}
    dressed_chart: Chart = chart.configure(  # at once, as each step copies the chart
        font=FONT,
        background="transparent",
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(**quiet, **plain, tickColor=look.line, titlePadding=8),
        legend=alt.LegendConfig(**plain, labelColor=look.ink, titleColor=look.grey),
        title=alt.TitleConfig(
            color=look.ink, subtitleColor=look.grey, anchor="start", fontSize=17, subtitleFontSize=12, offset=16
        ),
    )
    return dressed_chart


def names_axis(**options: object) -> alt.Axis:
    """An axis of names: no line, no ticks, none left out."""
    quiet = {"ticks": False, "domain": False, "grid": False, "labelOverlap": False, "labelFlush": False, "labelLimit": 320}
    return alt.Axis(**{**quiet, **options})
