"""Topics: what a machine found lying together; candidates for codes that a person names, merges or rejects.

The page leads with what its numbers are worth, and draws only the section that is open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module

import streamlit as st

from qualkit.model import Behind, Landscape, Topic
from qualkit.study import Seat
from qualkit.ui import context, facts, style
from qualkit.ui.facts import Fact
from qualkit.wording import counted, two_decimals

SECTIONS = {
    "Map": "topic_map",
    "Topics": "topic_cards",
    "Gaps": "topic_gaps",
    "Across": "topic_across",
    "Check": "topic_check",
    "Hierarchy": "topic_hierarchy",
}
"""Sections and the modules whose `draw(seat)` draws them, imported when they are opened."""


def draw() -> None:
    """The page."""
    seat = context.need_seat()
    topics, landscape = seat.topics(), seat.landscape()
    if not topics:
        st.info("No topics yet. Run  qualkit run topics  to have segments clustered.")
        return
    title, beside = st.columns([2, 11], vertical_alignment="top")
    title.title("Topics")
    with beside:
        facts.row(seat, lead(topics, landscape), key="topics-lead")
    choice, note, help_ = st.columns([8, 7, 3], vertical_alignment="center")
    with choice:
        section = st.segmented_control(
            "Section",
            list(SECTIONS),
            default="Map",
            key="section",
            required=True,
            label_visibility="collapsed",
            bind="query-params",
        )
    note.html(style.block(style.grey("Candidates for codes, not findings: a person names, joins or rejects each.")))
    with help_.popover("What they mean", type="tertiary", icon=":material/help:"):
        st.markdown(meanings(landscape))
    drawer: Callable[[Seat], None] = import_module(f"qualkit.ui.{SECTIONS[section or 'Map']}").draw
    drawer(seat)


# ---------------------------------------------------------------- what the topics are worth


def lead(topics: Sequence[Topic], landscape: Landscape | None) -> list[Fact]:
    """How many topics there are, how many segments belong to none, and how much of it would come out again."""
    found = [topic for topic in topics if topic.number >= 0]
    every, out = segments_of(topics), segments_of(topic for topic in topics if topic.number < 0)
    asked = [topic for topic in found if topic.returns is not None or topic.returns_without is not None]
    unstable = [topic for topic in asked if not topic.is_stable]
    first = [
        Fact(
            value=str(len(found)), name="topic" if len(found) == 1 else "topics", about=f"in {counted(len(every), 'segment')}",
            behind=Behind(title="In a topic", segment_ids=segments_of(found)),
        ),
        Fact(
            value=f"{len(out) / len(every):.0%}", name="without a topic", about=counted(len(out), "segment"),
            behind=Behind(title="Without a topic", segment_ids=out),
        ),
        Fact(
            value=str(len(unstable)) if asked else "–", name="unstable", about=f"of {len(asked)}" if asked else "not asked",
            is_warning=bool(unstable), behind=Behind(title="In an unstable topic", segment_ids=segments_of(unstable)),
        ),
    ]  # fmt: skip
    return first if landscape is None else [*first, *_drawn_again(topics, landscape)]


def segments_of(topics: Iterable[Topic]) -> tuple[str, ...]:
    """The segments of several topics."""
    return tuple(key for topic in topics for key in topic.segment_ids)


def _drawn_again(topics: Sequence[Topic], landscape: Landscape) -> list[Fact]:
    placed = tuple(key for topic in topics for key in topic.placed_segment_ids)
    return [
        _agreed(landscape.kept_ari, "in parts of the talk", landscape.n_draws),
        _agreed(landscape.group_ari, "with groups drawn anew", landscape.n_group_draws),
        Fact(
            value=str(landscape.n_placed), name="placed outliers",
            about="in topics by likeness" if landscape.n_placed else "none asked for",
            behind=Behind(title="Placed in a topic by likeness", segment_ids=placed),
        ),
    ]  # fmt: skip


def _agreed(value: float | None, name: str, n_draws: int) -> Fact:
    return Fact(value=_index(value), name=name, about=_from(n_draws, value))


def _index(value: float | None) -> str:
    return "–" if value is None else two_decimals(value)


def _from(n: int, value: float | None) -> str:
    return f"agreement, {counted(n, 'draw')}" if value is not None else "not tried"


def meanings(landscape: Landscape | None) -> str:
    """In plain words what each number says, as Markdown."""
    n_draws = counted(landscape.n_draws, "draw") if landscape else "many draws"
    n_groups = counted(landscape.n_group_draws, "draw") if landscape else "many draws"
    between = (
        f" Any two parts agree with each other by {two_decimals(landscape.draw_ari)}."
        if landscape and landscape.draw_ari is not None
        else ""
    )
    return f"""\
**Without a topic.** Outliers: segments that lie with other company in two of three draws and more, or whose topic would be too
small. They are counted, drawn and listed, never hidden.

**In parts of the talk.** Topics are found again in four fifths of the segments ({n_draws}) and compared with those shown,
by the adjusted Rand index: 1 is the same, 0 is chance.{between}

**With groups drawn anew.** The same index when whole transcripts are drawn with replacement ({n_groups}): low means that the
topics hang on single groups.

**Unstable.** Less than half of the topic comes back in one of the two (mean Jaccard index of its best match). Do not build a
code on it without reading.

**Placed outliers.** Segments that belonged to no topic and were put into the nearest because it was asked for; hollow dots.
"""
