"""How codes accumulate over groups: a band from the least to the most, the median, and the order in which they were held."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from warnings import catch_warnings, filterwarnings

import altair as alt

from qualkit.figures.looks import LIGHT, Look, data_of, dressed
from qualkit.model import Saturation
from qualkit.wording import counted, percent

HEIGHT = 320
"""Of one chart that fills its column, axis and legend included."""
PANEL = (226, 180)
"""Width and height of one of several charts beside each other."""
GAPS = {"column": 48, "row": 92}
"""Between their plots: for numbers, names and titles."""
MOST_BESIDE = 4
MOST_LABELLED = 12
"""Of more groups, what each brought is told only where it is pointed at."""

PICKED = "picked"
"""Name of the selection that says which point was clicked; its field `opens` is that of `Saturation.mark_of`."""

ON_POINT = "click[event.item && event.item.mark.marktype != 'area' && event.item.mark.marktype != 'line']"
"""Band and line would give their first point away for all of them."""

BAND, MEDIAN = "least to most", "median"
BY_DAY, BY_LABEL = "as they were held", "by label"


def curve(item: Saturation, look: Look = LIGHT, *, height: int = HEIGHT, has_legend: bool = True) -> alt.LayerChart:
    """The codes met after 1, 2, ... groups: over orders of them as band and median, as they were held as points."""
    layers = _layers(item, look, f"{item.level.name} met", has_legend=has_legend)
    return dressed(layers.add_params(_picked()).properties(height=height), look)


def curves(items: Sequence[Saturation], look: Look = LIGHT) -> alt.ConcatChart:
    """A chart for each item, with its name and a scale of its own; levels beside each other."""
    width, height = PANEL
    drawn = [_layers(item, look).properties(width=width, height=height, title=_title(item)) for item in items]
    n_levels = len({item.level.key for item in items})
    beside = n_levels if 1 < n_levels <= MOST_BESIDE else MOST_BESIDE
    chart = alt.concat(*drawn, columns=beside, spacing=GAPS, bounds="flush")
    with catch_warnings():
        filterwarnings("ignore", "Automatically deduplicated", UserWarning)  # one selection for all of them is what is wanted
        return dressed(chart.add_params(_picked()), look)


def _picked() -> alt.Parameter:
    return alt.selection_point(name=PICKED, fields=["opens"], empty=False, on=ON_POINT)


def _title(item: Saturation) -> alt.Title:
    told = f"{counted(item.n_found, 'met', 'met')} in all"
    return alt.Title(item.name, subtitle=told, fontSize=13, offset=8, frame="group")


def _layers(item: Saturation, look: Look, title: str | None = None, *, has_legend: bool = True) -> alt.LayerChart:
    rows = _rows(item)
    held = alt.Chart(data_of(rows)).encode(
        x=alt.X("n:Q", title="Groups", scale=alt.Scale(domain=[1, max(len(rows), 2)], nice=False, padding=12), axis=_whole()),
        tooltip=_hover(),
    )
    y = alt.Y("least:Q", title=title, scale=alt.Scale(zero=True), axis=alt.Axis(tickMinStep=1, tickCount=5))
    colour = _colours(look, _order(item), has_legend=has_legend)
    band = held.mark_area(opacity=1, tooltip=None, aria=False).encode(y=y, y2="most:Q", color=colour("band"))
    middle = held.mark_line(strokeWidth=2.5, aria=False).encode(y="median:Q", color=colour("middle"))
    dots = held.mark_point(filled=True, size=62, opacity=1, cursor="pointer").encode(
        y="so_far:Q", color=colour("points"), description="said:N"
    )
    drawn = band + middle + dots
    if len(rows) <= MOST_LABELLED:
        told = {"dy": 15, "fontSize": 11, "tooltip": None, "aria": False}
        around = held.mark_text(stroke=look.paper, strokeWidth=3, strokeJoin="round", **told).encode(y="so_far:Q", text="new:N")
        drawn += around + held.mark_text(color=look.ink, **told).encode(y="so_far:Q", text="new:N")
    return drawn


def _order(item: Saturation) -> str:
    return BY_DAY if item.is_by_day else BY_LABEL


def _whole() -> alt.Axis:
    return alt.Axis(tickMinStep=1, format="d", grid=False)


def _colours(look: Look, order: str, *, has_legend: bool) -> Callable[[str], alt.Color]:
    """What gives a layer its colour and its place in the legend, by the field that names it."""
    scale = alt.Scale(domain=[BAND, MEDIAN, order], range=[look.scale[1], look.scale[3], look.ink])
    legend = alt.Legend(
        title=None, orient="bottom", direction="horizontal", labelLimit=260, symbolType="circle", symbolSize=80, symbolOpacity=1
    )
    return lambda field: alt.Color(f"{field}:N", scale=scale, legend=legend if has_legend else None)


def _rows(item: Saturation) -> list[dict[str, Any]]:
    return [
        {
            "band": BAND,
            "middle": MEDIAN,
            "points": _order(item),
            "n": over.n_groups,
            "least": over.least,
            "most": over.most,
            "median": over.median,
            "so_far": group.n_so_far,
            "new": f"+{len(group.new)}",
            "group": group.title,
            "opens": item.mark_of(group),
            "said": f"{counted(over.n_groups, 'group')}: {group.n_so_far} met, {len(group.new)} new in {group.title}",
            "any": f"{over.least} to {over.most}, mean {percent(over.mean / max(item.n_found, 1))} of {item.n_found}",
        }
        for group, over in zip(item.groups, item.over_orders, strict=True)
    ]


def _hover() -> list[alt.Tooltip]:
    titles = {
        "n": "Groups",
        "group": "The last of them",
        "new": "New in it",
        "so_far": "Met so far",
        "any": "Any so many groups",
    }
    return [alt.Tooltip(f"{name}:N", title=title) for name, title in titles.items()]
