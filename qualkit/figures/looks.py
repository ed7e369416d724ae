"""What a figure looks like on a light and on a dark page; files are made in the light look, for print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import altair as alt

Chart = TypeVar("Chart", bound=alt.TopLevelMixin)

FONT = "'Source Sans', 'Source Sans Pro', 'Source Sans 3', 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Colours that depend on the page: words, lesser words, lines, the page itself, and a scale from little to much."""

    ink: str
    grey: str
    line: str
    paper: str
    scale: tuple[str, ...]


LIGHT = Look(
    ink="#23292b",
    grey="#5f676b",
    line="#dedacd",
    paper="#fcfbf8",
    scale=("#f4f1e8", "#b5d8d2", "#5aaba9", "#257478", "#0d3f4a"),
)
DARK = Look(
    ink="#e4e4df",
    grey="#a3a9ab",
    line="#363d41",
    paper="#16191b",
    scale=("#1d2326", "#1f4d52", "#2f8285", "#6cbcb4", "#d5f0e3"),
)


def dressed(chart: Chart, look: Look) -> Chart:
    """The chart with fonts, words and lines in that look, on no ground of its own."""
    quiet = {"labelColor": look.ink, "titleColor": look.grey, "gridColor": look.line, "domainColor": look.line}
    dressed_chart: Chart = (
        chart.configure(font=FONT, background="transparent")
        .configure_view(stroke=None)
        .configure_axis(
            **quiet, tickColor=look.line, labelFontSize=12, titleFontSize=12, titleFontWeight="normal", titlePadding=8
        )
        .configure_legend(
            labelColor=look.ink, titleColor=look.grey, labelFontSize=12, titleFontSize=12, titleFontWeight="normal"
        )
        .configure_title(color=look.ink, subtitleColor=look.grey, anchor="start", fontSize=17, subtitleFontSize=12, offset=16)
    )
    return dressed_chart


def names_axis(**options: object) -> alt.Axis:
    """An axis of names: no line, no ticks, none left out."""
    quiet = {"ticks": False, "domain": False, "grid": False, "labelOverlap": False, "labelFlush": False, "labelLimit": 320}
    return alt.Axis(**{**quiet, **options})
