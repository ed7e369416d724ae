"""Topics: what a machine found lying together; candidates for codes that a person names, merges or rejects.

The page leads with what its numbers are worth, and draws only the section that is open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from importlib import import_module

import streamlit as st

from qualkit.model import Landscape, Topic
from qualkit.study import Seat
from qualkit.ui import context, style
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
    title, facts = st.columns([2, 11], vertical_alignment="top")
    title.title("Topics")
    facts.html(lead(topics, landscape))
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


def lead(topics: Sequence[Topic], landscape: Landscape | None) -> str:
    """How many topics there are, how many segments belong to none, and how much of it would come out again."""
    found = [topic for topic in topics if topic.number >= 0]
    n_all = sum(len(topic.segment_ids) for topic in topics)
    n_out = sum(len(topic.segment_ids) for topic in topics if topic.number < 0)
    asked = [topic for topic in found if topic.returns is not None or topic.returns_without is not None]
    n_unstable = sum(not topic.is_stable for topic in asked)
    facts = [
        _fact(str(len(found)), "topic" if len(found) == 1 else "topics", f"in {counted(n_all, 'segment')}"),
        _fact(f"{n_out / n_all:.0%}", "without a topic", counted(n_out, "segment")),
        _fact(
            str(n_unstable) if asked else "–",
            "unstable",
            f"of {len(asked)}" if asked else "not asked",
            is_warning=n_unstable > 0,
        ),
    ]
    if landscape is not None:
        facts += [
            _fact(_index(landscape.kept_ari), "in parts of the talk", _from(landscape.n_draws, landscape.kept_ari)),
            _fact(_index(landscape.group_ari), "with groups drawn anew", _from(landscape.n_group_draws, landscape.group_ari)),
            _fact(
                str(landscape.n_placed), "placed outliers", "in topics by likeness" if landscape.n_placed else "none asked for"
            ),
        ]
    return style.block(f'<div class="q-facts">{"".join(facts)}</div>')


def _fact(value: str, name: str, rests_on: str, *, is_warning: bool = False) -> str:
    warning = " q-fact-open" if is_warning else ""
    return (
        f'<div class="q-fact{warning}"><b>{escape(value)}</b><span>{escape(name)}</span>'
        f'<span class="q-grey">{escape(rests_on)}</span></div>'
    )


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
