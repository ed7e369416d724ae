"""The map of segments: a dot for each, near what was said in like words, in the colour of its topic."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import altair as alt
from altair.utils.schemapi import debug_mode

from qualkit.figures.labels import Label, broken, spread
from qualkit.figures.looks import LIGHT, Look, data_of, dressed
from qualkit.figures.palette import topic_colour
from qualkit.figures.topics import found, short_title, title_of
from qualkit.model import Place, Topic
from qualkit.wording import first_line

DOT = "dot"
"""The selection that holds the `id` of the segment whose dot was clicked."""

MAX_LABELS = 40
MAX_GLOWING = 3_000
"""Up to so many dots the ground under them glows in the colours of the topics."""

CANVAS = {"embedOptions": {"renderer": "canvas"}}
"""Told to whoever draws it: thousands of dots are too many for SVG on a page."""

GLOW, RINGS = 0.018, (8, 20, 38, 62)
"""How strong each disc under a dot is, and how many times as large as the dot."""

TEXT_BUDGET, QUOTE_LENGTHS = 2_400_000, (100, 280)
"""Characters that all quotes together may have, and the fewest and the most of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is told of a segment when its dot is pointed at; `group` is the meeting."""

    text: str
    who: str
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How large a map is drawn, in pixels, and whether it carries the list of topics that can be clicked."""

    width: int = 900
    height: int = 620
    has_legend: bool = True


def topic_map(
    topics: Sequence[Topic],
    places: Mapping[str, Place],
    said: Mapping[str, Said],
    *,
    look: Look = LIGHT,
    plan: Plan = Plan(),
    singled: Collection[int] = (),
) -> alt.LayerChart:
    """A dot for each segment that has a place and words, to be pointed at, clicked, moved and enlarged.

    Outliers are small and grey, and lie under the others; outliers that were placed in a topic are hollow. Of the topics
    whose numbers are `singled` the dots stand out from the rest; none means all.
    """
    titles = {topic.number: title_of(topic) for topic in [*found(topics), *(item for item in topics if item.number < 0)]}
    groups = sorted({item.group for item in said.values()})
    rows = _rows(topics, places, said, {group: index for index, group in enumerate(groups)})
    frame = _Frame.around([(row["x"], row["y"]) for row in rows], plan)
    base = (
        alt.Chart()
        .transform_calculate(topic=f"({_words(titles)})[datum.n]", group=f"({json.dumps(groups, ensure_ascii=False)})[datum.g]")
        .encode(x=frame.x, y=frame.y, color=_colour(titles, plan))
    )
    shown = alt.selection_point(
        name="shown",
        fields=["topic"],
        bind="legend",
        value=[{"topic": titles[n]} for n in singled if n in titles] or alt.Undefined,
    )
    size = _size(len(rows))
    glow = [_glow(base, shown, size * times) for times in RINGS] if len(rows) <= MAX_GLOWING else []
    layers = [*glow, _dots(base, shown, titles, size, look), *_labels(topics, places, frame, shown, look)]
    chart = dressed(alt.layer(*layers).properties(width=plan.width, height=plan.height, usermeta=CANVAS), look)
    with debug_mode(False):  # thousands of rows are not checked against the schema one by one
        chart.data = alt.Data(values=rows)  # last: every step before copies all that the chart holds
    return chart


def as_spec(chart: alt.LayerChart) -> dict[str, Any]:
    """The map as a page draws it.

    Its rows, of which there may be thousands, are plain data and not walked through. All data lie in the layers: at the top
    Streamlit turns them into data frames first, with pandas and pyarrow, 60 MB and half a second.
    """
    bare = chart.copy(deep=False)
    bare.data = alt.NamedData(name="dots")
    spec: dict[str, Any] = bare.to_dict(validate=False)
    named = {name: {"values": rows} for name, rows in spec.pop("datasets", {}).items()}
    labels = [layer for layer in spec["layer"] if "data" in layer]
    dots = {"data": {"values": chart.data.values}, "layer": [layer for layer in spec["layer"] if "data" not in layer]}
    placed = [{**layer, "data": named.get(layer["data"].get("name"), layer["data"])} for layer in labels]
    return {name: value for name, value in spec.items() if name != "data"} | {"layer": [dots, *placed]}


def _colour(titles: Mapping[int, str], plan: Plan) -> alt.Color:
    legend = alt.Legend(
        title="Click a topic to single it out, with the shift key several", orient="bottom", columns=3, labelLimit=270,
        titleLimit=600, symbolLimit=0,
        symbolSize=80, symbolOpacity=1, symbolStrokeWidth=0, symbolType="circle", rowPadding=3,
    )  # fmt: skip
    return alt.Color("topic:N", scale=_scale(titles), legend=legend if plan.has_legend else None)


def _scale(titles: Mapping[int, str]) -> alt.Scale:
    return alt.Scale(domain=list(titles.values()), range=[topic_colour(number) for number in titles])


def _rows(
    topics: Sequence[Topic], places: Mapping[str, Place], said: Mapping[str, Said], groups: Mapping[str, int]
) -> list[dict[str, Any]]:
    """The dots as data, outliers first, so that they lie under the others."""
    fewest, most = QUOTE_LENGTHS
    length = min(most, max(fewest, TEXT_BUDGET // max(len(places.keys() & said.keys()), 1)))
    rows = []
    for topic in sorted(topics, key=lambda topic: topic.number):
        placed = set(topic.placed_segment_ids)
        for segment_id in topic.segment_ids:
            if (place := places.get(segment_id)) is not None and (item := said.get(segment_id)) is not None:
                row = {"x": round(place.x, 3), "y": round(place.y, 3), "n": topic.number, "g": groups[item.group]}
                rows.append({**row, "id": segment_id, "who": item.who, "quote": first_line(item.text, length)})
                if segment_id in placed:
                    rows[-1]["p"] = 1
    return rows


def _words(titles: Mapping[int, str]) -> str:
    return json.dumps({str(number): title for number, title in titles.items()}, ensure_ascii=False)


def _size(n: int) -> float:
    """Area of a dot in square pixels, smaller on a fuller map."""
    return min(62.0, max(9.0, 62_000 / max(n, 1)))


def _dots(base: alt.Chart, shown: alt.Parameter, titles: Mapping[int, str], size: float, look: Look) -> alt.Chart:
    """The dots themselves, the one that was clicked large and rimmed with ink."""
    dot = alt.selection_point(name=DOT, fields=["id"], on="click", toggle=False, empty=False)
    view = alt.selection_interval(name="view", bind="scales")
    is_placed, is_outlier = "datum.p", "datum.n < 0"
    return (
        base.mark_point(filled=True, cursor="pointer")
        .encode(
            stroke=alt.when(dot).then(alt.value(look.ink)).otherwise(alt.Stroke("topic:N", scale=_scale(titles), legend=None)),
            strokeWidth=_case((dot, 3), (is_placed, 1.5), otherwise=0),
            fillOpacity=_case((is_placed, 0), (is_outlier, 0.5), otherwise=0.86),
            opacity=_case((shown, 1), otherwise=0.08),
            size=_case((dot, max(size * 2.6, 90)), (is_outlier, size * 0.36), (is_placed, size * 0.7), otherwise=size),
            tooltip=[alt.Tooltip(f"{name}:N", title=name.capitalize()) for name in ("quote", "who", "group", "topic")],
        )
        .add_params(dot, view, shown)
        .properties(name="dots")
    )


def _case(*cases: tuple[alt.Parameter | str, float], otherwise: float) -> Any:
    """The value of the first case that holds."""
    (first, value), *others = cases
    chain = alt.when(first).then(alt.value(value))
    for condition, value in others:
        chain = chain.when(condition).then(alt.value(value))
    return chain.otherwise(alt.value(otherwise))


def _glow(base: alt.Chart, shown: alt.Parameter, area: float) -> alt.Chart:
    """A wide faint disc under each dot: together they tint the ground that a topic holds."""
    return (
        base.transform_filter("datum.n >= 0")
        .mark_point(filled=True, strokeWidth=0, tooltip=None, opacity=1)
        .encode(size=alt.value(area), fillOpacity=_case((shown, GLOW), otherwise=0))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """The part of the plane that is drawn, with a margin, and how it lies on the screen."""

    left: float
    right: float
    low: float
    high: float
    plan: Plan

    @classmethod
    def around(cls, points: Sequence[tuple[float, float]], plan: Plan) -> _Frame:
        """The frame that holds all points."""
        xs, ys = [x for x, _ in points] or [0.0], [y for _, y in points] or [0.0]
        dx, dy = 0.05 * (max(xs) - min(xs)) or 1.0, 0.06 * (max(ys) - min(ys)) or 1.0
        return cls(left=min(xs) - dx, right=max(xs) + dx, low=min(ys) - dy, high=max(ys) + dy, plan=plan)

    @property
    def x(self) -> alt.X:
        scale = alt.Scale(domain=[round(self.left, 3), round(self.right, 3)], nice=False, zero=False)
        return alt.X("x:Q", axis=None, scale=scale)

    @property
    def y(self) -> alt.Y:
        scale = alt.Scale(domain=[round(self.low, 3), round(self.high, 3)], nice=False, zero=False)
        return alt.Y("y:Q", axis=None, scale=scale)

    def on_screen(self, x: float, y: float) -> tuple[float, float]:
        """Pixels from the left and from the top."""
        return (
            (x - self.left) / (self.right - self.left) * self.plan.width,
            (self.high - y) / (self.high - self.low) * self.plan.height,
        )

    def on_map(self, label: Label) -> tuple[float, float]:
        """Where a label lies on the plane."""
        return (
            round(self.left + label.x / self.plan.width * (self.right - self.left), 3),
            round(self.high - label.y / self.plan.height * (self.high - self.low), 3),
        )


def _labels(
    topics: Sequence[Topic], places: Mapping[str, Place], frame: _Frame, shown: alt.Parameter, look: Look
) -> list[alt.Chart]:
    """The names of the largest topics at their middles, where there is room,, in ink with a rim of paper."""
    wanted: dict[int, tuple[Topic, Label]] = {}
    for topic in found(topics)[:MAX_LABELS]:
        if own := [places[key] for key in topic.segment_ids if key in places]:
            x, y = frame.on_screen(median(place.x for place in own), median(place.y for place in own))
            wanted[topic.number] = (topic, Label(broken(short_title(topic)), x, y))
    rows = []
    placed = spread({number: label for number, (_, label) in wanted.items()}, frame.plan.width, frame.plan.height)
    for number, label in placed.items():
        topic, (x, y) = wanted[number][0], frame.on_map(label)
        rows.append({"x": x, "y": y, "topic": title_of(topic), "label": label.text})
    base = alt.Chart(data_of(rows)).encode(
        x=frame.x, y=frame.y, text="label:N", opacity=alt.when(shown).then(alt.value(0.96)).otherwise(alt.value(0.1))
    )
    style = {"fontSize": 12.5, "fontWeight": 600, "lineBreak": "\n", "baseline": "middle", "align": "center", "tooltip": None}
    rim = base.mark_text(**style, stroke=look.paper, strokeWidth=4.5, strokeJoin="round", color=look.paper)
    return [rim, base.mark_text(**style, color=look.ink)]
