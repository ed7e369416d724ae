"""The map of segments, and beside it what was said at the dot that was clicked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

from qualkit.figures.palette import topic_colour
from qualkit.figures.topic_map import DOT, Plan, Said, as_spec, topic_map
from qualkit.figures.topics import title_of
from qualkit.model import Behind, Topic
from qualkit.study import Seat
from qualkit.ui import behind, context, facts, parts, style
from qualkit.ui.facts import Fact
from qualkit.wording import counted

PLAN = Plan(width=600, height=490, has_legend=False)

_KEYS = "topic-keys"


def draw(seat: Seat) -> None:
    """The section; a click on a dot draws no more than the section anew."""
    behind.opened(seat, _KEYS)
    _draw(seat)


@st.fragment  # type: ignore[untyped-decorator]
def _draw(seat: Seat) -> None:
    topics = seat.topics()
    by_number = {topic.number: topic for topic in topics}
    said = seat.said()
    plane, beside = st.columns([16, 9], gap="medium")
    with beside:
        singled = st.multiselect(
            "Topics that stand out", sorted(by_number, key=lambda number: (number < 0, number)), key="singled",
            format_func=lambda number: title_of(by_number[number]), placeholder="All topics; choose some to single them out",
            label_visibility="collapsed",
        )  # fmt: skip
    with plane:
        spec = context.kept_for_all("topic-map-drawn", _key(seat, topics, singled), lambda: _spec(seat, topics, said, singled))
        clicked = st.vega_lite_chart(
            spec=spec, width="stretch", height="content", theme=None, key="topic-map", on_select="rerun", selection_mode=[DOT],
            alt="A map of segments, a dot each, coloured by topic",
        )  # fmt: skip
        st.html(style.block(style.grey(_legend_of_dots(topics, len(said)))))
    with beside:
        segment_id = _segment_in(clicked)
        of = next((topic for topic in topics if segment_id in topic.segment_ids), None)
        if segment_id is None or of is None:
            st.html(style.block(style.grey("Point at a dot to read it, click it to hear it. Drag to move, scroll to enlarge.")))
            facts.listed(keys(topics), key=_KEYS)
        else:
            _said(seat, segment_id, of)


def _key(seat: Seat, topics: Sequence[Topic], singled: Sequence[int]) -> str:
    """What tells one drawing from another: words that are corrected or withdrawn are not to stay on the page."""
    names = [topic.label or "" for topic in topics]
    return repr((topics[0].run_id, names, seat.said_print(), sorted(singled), parts.look().paper))


def _spec(seat: Seat, topics: Sequence[Topic], said: Mapping[str, Said], singled: Sequence[int]) -> dict[str, Any]:
    chart = topic_map(topics, seat.places(), said, look=parts.look(), plan=PLAN, singled=singled)
    return as_spec(chart)


def _segment_in(clicked: Any) -> str | None:
    """The id of the segment whose dot is clicked, as the chart tells it."""
    points = clicked.get("selection", {}).get(DOT, []) if clicked else []
    return points[0].get("id") if points else None


def _legend_of_dots(topics: Sequence[Topic], n_drawn: int) -> str:
    n_all = sum(len(topic.segment_ids) for topic in topics)
    part = f"{n_drawn:,} of {n_all:,} segments are drawn. " if n_drawn < n_all else ""
    hollow = " Hollow: an outlier that was placed." if any(topic.placed_segment_ids for topic in topics) else ""
    return f"{part}What is near was said in like words; the axes have no meaning. Small and grey: no topic.{hollow}"


def keys(topics: Sequence[Topic]) -> list[Fact]:
    """All topics with their colours and sizes, to read the map by while no dot is chosen."""
    return [
        Fact(
            value=str(len(topic.segment_ids)), name=title_of(topic), colour=topic_colour(topic.number),
            behind=Behind(title=title_of(topic), segment_ids=topic.segment_ids),
        )
        for topic in sorted(topics, key=lambda topic: (topic.number < 0, topic.number))
    ]  # fmt: skip


def swatch(topic: Topic) -> str:
    """The colour of a topic as a spot."""
    return f'<i class="q-swatch" style="background:{topic_colour(topic.number)}"></i>'


def _said(seat: Seat, segment_id: str, topic: Topic) -> None:
    """The segment in the talk around it, played at once where it can be heard."""
    view = seat.view(segment_id)
    placed = style.tag("placed by likeness", "open") if segment_id in topic.placed_segment_ids else ""
    head = f'<p class="q-key-head">{swatch(topic)}<b>{escape(title_of(topic))}</b> {placed}</p>'
    where = style.grey(f"{parts.whereabouts(view.segment, view.transcript, view.speaker)}; "
                       f"one of {counted(len(topic.segment_ids), 'segment')}")  # fmt: skip
    st.html(style.block(head, where))
    if view.has_audio:
        if context.value("map-dot") != segment_id:
            context.put("hearing", f"hear-map-{segment_id}")
        parts.hear(seat, segment_id, "map")
    context.put("map-dot", segment_id)
    st.html(style.talk(view, is_brief=True))
