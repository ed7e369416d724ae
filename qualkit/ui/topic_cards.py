"""Each topic as a card: its words, how much of it lasts, the codes near it, and people saying it."""

from __future__ import annotations

from html import escape

import streamlit as st

from qualkit.figures import topics as figures
from qualkit.model import Codebook, Segment, Topic, TopicDecision
from qualkit.study import Seat
from qualkit.ui import behind, marks, parts, style
from qualkit.ui.topic_map import swatch
from qualkit.wording import counted, two_decimals

MAX_WORDS = 10


def draw(seat: Seat) -> None:
    """The section."""
    topics = seat.topics()
    picked = {topic.id: behind.Behind(title=topic.name, segment_ids=topic.segment_ids) for topic in topics}
    said = "Segments in each topic, and how much of it comes back"
    marks.chart(seat, figures.sizes(topics, parts.look()), picked, key="topic-sizes", alt=said)
    segments = seat.segments([key for topic in topics for key in topic.quote_segment_ids])
    found, decisions = figures.found(topics), seat.candidates.decisions()
    for row in range(0, len(found), 2):
        for column, topic in zip(st.columns(2, gap="medium"), found[row : row + 2], strict=False):
            with column.container(border=True, height="stretch"):
                _card(seat, topic, segments, seat.codebook)
                if decision := decisions.get(topic.id):
                    st.html(decided(decision, seat.codebook))
    for outliers in (topic for topic in topics if topic.number < 0 and topic.segment_ids):
        st.html(style.block(style.label("In no topic")))
        size(seat, outliers, "In no topic")


def _card(seat: Seat, topic: Topic, segments: dict[str, Segment], book: Codebook) -> None:
    words = " ".join(f'<span class="q-chip q-word">{escape(word)}</span>' for word in topic.words[:MAX_WORDS])
    title = f"Topic {topic.number + 1}" + (f": {topic.label}" if topic.label else "")
    said = f'<p class="q-small">{style.aside("Said:")} {escape(" · ".join(topic.phrases))}</p>' if topic.phrases else ""
    st.html(
        style.block(
            f'<p class="q-key-head">{swatch(topic)}<span class="q-name">{escape(title)}</span> {_verdict(topic)}</p>',
            lasting(topic),
            f'<p style="line-height:1.9">{words}</p>{said}',
            near(topic, book),
        )
    )
    size(seat, topic, title)
    for segment_id in topic.quote_segment_ids:
        if segment_id in segments:
            view = seat.view(segment_id)
            st.html(style.quote(view.segment.text, parts.whereabouts(view.segment, view.transcript, view.speaker)))
            if view.has_audio:
                parts.hear(seat, segment_id, "topics")


def size(seat: Seat, topic: Topic, title: str) -> None:
    """How many segments a topic has, and how many of them were placed: buttons that open them."""
    with st.container(horizontal=True):
        every = behind.Behind(title=title, segment_ids=topic.segment_ids)
        behind.button(seat, counted(len(topic.segment_ids), "segment"), every, key=f"size-{topic.id}")
        if topic.placed_segment_ids:
            placed = behind.Behind(title=f"{title}: placed by likeness", segment_ids=topic.placed_segment_ids)
            behind.button(seat, f"{len(topic.placed_segment_ids)} of them placed", placed, key=f"placed-{topic.id}")


def _verdict(topic: Topic) -> str:
    if topic.returns is None and topic.returns_without is None:
        return ""
    return style.tag("stable", "good") if topic.is_stable else style.tag("unstable", "bad", "Less than half of it comes back")


def decided(decision: TopicDecision, book: Codebook) -> str:
    """What a person made of a topic, and why."""
    code = book.by_key.get(decision.code_key or "")
    what = f"{decision.verdict.value}{f': {code.name}' if code else ''}"
    note = f" {decision.note}" if decision.note else ""
    return style.block(
        f'<p class="q-small">{style.tag(what, "plain")} {style.aside(f"{decision.decided_at:%Y-%m-%d}.{note}")}</p>'
    )


def lasting(topic: Topic) -> str:
    """How much of a topic comes back, as bars; nothing where it was not asked."""
    asked = {"In parts of the talk": topic.returns, "Groups drawn anew": topic.returns_without}
    rows = "".join(
        f"<span>{name}</span>{style.bar(share)}<span>{share:.0%} comes back</span>"
        for name, share in asked.items()
        if share is not None
    )
    return f'<div class="q-kappas">{rows}</div>' if rows else ""


def near(topic: Topic, book: Codebook) -> str:
    """The codes that a topic is most like, with their cosines."""
    codes = [
        f'{escape(book.by_key[key].name)} <span class="q-like">{two_decimals(topic.likeness[key])}</span>'
        for key in topic.nearest_code_keys
        if key in book.by_key
    ]
    return f'<p class="q-small">{style.aside("Nearest codes:")} {" · ".join(codes) or "none"}</p>'
