"""Topics as charts: how large and how lasting they are, how they join, and how like one another they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from qualkit.figures.looks import LIGHT, Look, data_of, dressed, names_axis
from qualkit.figures.palette import topic_colour
from qualkit.model import Landscape, Merge, Topic

N_WORDS = 3
"""Words that stand for a topic nobody has named."""

WIDTH = 560
"""Of a figure on paper, in pixels; a page stretches it."""

PICKED = "picked"
"""Name of the selection that says which bar of `sizes` was clicked; its field `opens` has the topic's id."""

MAX_NUMBERED = 14
"""Up to so many topics each cell of the heat map holds its number."""


def title_of(topic: Topic) -> str:
    """Number and name of a topic, or its number and first words; the outliers have no number."""
    return topic.name if topic.number < 0 else f"{topic.number + 1} · {short_title(topic)}"


def short_title(topic: Topic) -> str:
    """A topic's name, or its first words."""
    return topic.label or ", ".join(topic.words[:N_WORDS]) or topic.name


def found(topics: Sequence[Topic]) -> list[Topic]:
    """The topics themselves, by number, without the outliers."""
    return sorted((topic for topic in topics if topic.number >= 0), key=lambda topic: topic.number)


# ---------------------------------------------------------------- sizes


def sizes(topics: Sequence[Topic], look: Look = LIGHT) -> alt.LayerChart:
    """Segments in each topic, largest first, outliers last and grey; what does not last is pale, dashed and says so."""
    ordered = sorted(topics, key=lambda topic: (topic.number < 0, -len(topic.segment_ids)))
    rows = [_size(topic) for topic in ordered]
    room = 1.5 * max((row["segments"] for row in rows), default=1)
    base = alt.Chart(data_of(rows)).encode(
        y=alt.Y("topic:N", sort=None, title=None, axis=names_axis()),
        x=alt.X("segments:Q", axis=None, scale=alt.Scale(domain=[0, room], nice=False)),
        tooltip=[
            "topic:N",
            "segments:Q",
            alt.Tooltip("parts:N", title="comes back in parts of the talk"),
            alt.Tooltip("draws:N", title="when transcripts are drawn anew"),
        ],
    )
    picked = alt.selection_point(name=PICKED, fields=["opens"], empty=False)
    bars = base.mark_bar(cornerRadiusEnd=3, height={"band": 0.7}, cursor="pointer").encode(
        strokeWidth=alt.when(picked).then(alt.value(2.4)).otherwise(alt.value(1.4)),
        color=alt.Color("colour:N", scale=None),
        stroke=alt.Stroke("colour:N", scale=None),
        fillOpacity=alt.when("datum.is_lasting").then(alt.value(0.88)).otherwise(alt.value(0.16)),
        strokeDash=alt.when("datum.is_lasting").then(alt.value([1, 0])).otherwise(alt.value([4, 3])),
    )
    numbers = base.mark_text(align="left", dx=6, color=look.grey, fontSize=12).encode(text="said:N")
    return dressed((bars.add_params(picked) + numbers).properties(width=WIDTH, height=alt.Step(25)), look)


def _size(topic: Topic) -> dict[str, Any]:
    asked = [share for share in (topic.returns, topic.returns_without) if share is not None]
    is_unstable = topic.number >= 0 and bool(asked) and not topic.is_stable
    said = f"{len(topic.segment_ids)}" + (f" · {min(asked):.0%} comes back" if asked else "")
    return {
        "topic": title_of(topic),
        "segments": len(topic.segment_ids),
        "opens": topic.id,
        "colour": topic_colour(topic.number),
        "is_lasting": not is_unstable,
        "said": said + (" · unstable" if is_unstable else ""),
        "parts": _share(topic.returns),
        "draws": _share(topic.returns_without),
    }


def _share(value: float | None) -> str:
    return "not asked" if value is None else f"{value:.0%}"


# ---------------------------------------------------------------- hierarchy


@dataclass(frozen=True, slots=True)
class Fork:
    """A merge as it is drawn: at `distance`, from the branch at place `low` to that at `high`; `of` are all its topics."""

    distance: float
    low: float
    high: float
    low_distance: float
    high_distance: float
    of: tuple[int, ...]


def leaf_order(n: int, merges: Sequence[Merge]) -> list[int]:
    """Numbers of `n` topics so that no branches cross; topics that no merge names come after the others."""
    members: dict[int, list[int]] = {number: [number] for number in range(n)}
    for step, merge in enumerate(merges):
        members[n + step] = members.pop(merge.left) + members.pop(merge.right)
    return [number for _, group in sorted(members.items(), key=lambda item: -len(item[1])) for number in group]


def forks(n: int, merges: Sequence[Merge]) -> list[Fork]:
    """Where each merge of `n` topics is drawn: leaves lie at 0, 1, 2 ... in `leaf_order` and at distance 0."""
    place = {number: float(row) for row, number in enumerate(leaf_order(n, merges))}
    of: dict[int, tuple[int, ...]] = {number: (number,) for number in range(n)}
    at = dict.fromkeys(range(n), 0.0)
    drawn = []
    for step, merge in enumerate(merges):
        low, high = sorted((merge.left, merge.right), key=lambda node: place[node])
        new = n + step
        place[new], at[new], of[new] = (place[low] + place[high]) / 2, merge.distance, of[low] + of[high]
        drawn.append(Fork(merge.distance, place[low], place[high], at[low], at[high], of[new]))
    return drawn


def hierarchy(topics: Sequence[Topic], landscape: Landscape, look: Look = LIGHT) -> alt.LayerChart:
    """A dendrogram from right to left: the further left two branches join, the less alike they are."""
    leaves = found(topics)
    titles = [title_of(topic) for topic in leaves]
    order = leaf_order(len(leaves), landscape.merges)
    drawn = forks(len(leaves), landscape.merges)
    names = json.dumps([titles[number] for number in order], ensure_ascii=False)
    y = alt.Y(
        "y:Q",
        title=None,
        scale=alt.Scale(domain=[len(leaves) - 0.5, -0.5], nice=False),
        axis=names_axis(orient="right", values=list(range(len(order))), labelExpr=f"{names}[datum.value]", labelPadding=10),
    )
    x = alt.X(
        "x:Q", title="Distance", scale=alt.Scale(reverse=True, nice=True, zero=True), axis=alt.Axis(grid=True, tickCount=5)
    )
    joined = [" + ".join(titles[number] for number in fork.of[:6]) + (" ..." if len(fork.of) > 6 else "") for fork in drawn]
    corners = [
        {
            "fork": index,
            "step": step,
            "x": round(at, 4),
            "y": place,
            "joined": joined[index],
            "distance": round(fork.distance, 3),
        }
        for index, fork in enumerate(drawn)
        for step, (at, place) in enumerate(
            (
                (fork.low_distance, fork.low),
                (fork.distance, fork.low),
                (fork.distance, fork.high),
                (fork.high_distance, fork.high),
            )
        )
    ]
    ends = [
        {"x": 0, "y": row, "topic": titles[number], "colour": topic_colour(number), "segments": len(leaves[number].segment_ids)}
        for row, number in enumerate(order)
    ]
    branches = (
        alt.Chart(data_of(corners))
        .mark_line(color=look.grey, strokeWidth=1.6, strokeJoin="round")
        .encode(x=x, y=y, detail="fork:N", order="step:Q", tooltip=["joined:N", "distance:Q"])
    )
    dots = (
        alt.Chart(data_of(ends))
        .mark_point(filled=True, opacity=1)
        .encode(
            x=x,
            y=y,
            color=alt.Color("colour:N", scale=None),
            size=alt.Size("segments:Q", scale=alt.Scale(range=[50, 260]), legend=None),
            tooltip=["topic:N", "segments:Q"],
        )
    )
    return dressed((branches + dots).properties(width=WIDTH, height=max(120, 26 * len(leaves))), look)


# ---------------------------------------------------------------- likeness


def likeness(topics: Sequence[Topic], landscape: Landscape, look: Look = LIGHT) -> alt.LayerChart:
    """A heat map of how like one another topics are (cosines), in the order of the hierarchy, without likeness to itself."""
    leaves = found(topics)
    order = leaf_order(len(leaves), landscape.merges)
    titles = [title_of(leaves[number]) for number in order]
    cells: list[dict[str, Any]] = [
        {
            "row": title_of(leaves[one]),
            "column": str(other + 1),
            "other": title_of(leaves[other]),
            "likeness": round(landscape.likeness[one][other], 3),
        }
        for one in order
        for other in order
        if one != other
    ]
    values = [cell["likeness"] for cell in cells]
    strong_from = min(values) + look.strong * (max(values) - min(values)) if values else 1.0
    base = alt.Chart(data_of(cells)).encode(
        x=alt.X(
            "column:N", sort=[str(number + 1) for number in order], title=None, axis=names_axis(orient="top", labelAngle=0),
            scale=alt.Scale(padding=0.06),
        ),
        y=alt.Y("row:N", sort=titles, title=None, axis=names_axis(), scale=alt.Scale(padding=0.06)),
        tooltip=[alt.Tooltip("row:N", title="topic"), alt.Tooltip("other:N", title="and"), "likeness:Q"],
    )  # fmt: skip
    shade = alt.Scale(range=list(look.scale), interpolate="lab", nice=False, zero=False)
    legend = alt.Legend(title="Cosine", orient="right", gradientLength=160, gradientThickness=10, tickCount=4)
    squares = base.mark_rect(cornerRadius=2).encode(color=alt.Color("likeness:Q", scale=shade, legend=legend))
    layers = [squares]
    if len(leaves) <= MAX_NUMBERED:
        colour = alt.when(f"datum.likeness > {strong_from:.3f}").then(alt.value(look.paper)).otherwise(alt.value(look.ink))
        layers.append(base.mark_text(fontSize=10.5).encode(text=alt.Text("likeness:Q", format=".2f"), color=colour))
    return dressed(alt.layer(*layers).properties(width=max(320, 30 * len(leaves)), height=max(120, 27 * len(leaves))), look)
