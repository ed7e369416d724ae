"""Topics: what a machine found lying together; candidates for codes that a person names, merges or rejects."""

from __future__ import annotations

from html import escape

import streamlit as st

from qualkit.model import Codebook, Segment, Topic
from qualkit.study import Seat
from qualkit.ui import charts, context, parts, style
from qualkit.wording import counted


def draw() -> None:
    """The page."""
    seat = context.need_seat()
    topics = seat.topics()
    if not topics:
        st.info("No topics yet. Run  qualkit run topics  to have segments clustered.")
        return
    found = [topic for topic in topics if topic.number >= 0]
    outliers = sum(len(topic.segment_ids) for topic in topics if topic.number < 0)
    n_all = sum(len(topic.segment_ids) for topic in topics)
    st.title("Topics")
    st.html(
        style.lead(
            f"{counted(len(found), 'topic')} among {counted(n_all, 'segment')}; {outliers} of them ({outliers / n_all:.0%}) "
            "belong to no topic. Topics are candidates for codes, not findings."
        )
    )
    st.altair_chart(charts.sizes([(_name(topic), topic) for topic in topics]), width="stretch", alt="Segments in each topic")
    segments = seat.segments([key for topic in topics for key in topic.quote_segment_ids])
    book = seat.codebook
    for row in range(0, len(found), 2):
        for column, topic in zip(st.columns(2, gap="medium"), found[row : row + 2], strict=False):
            with column.container(border=True, height="stretch"):
                _card(seat, topic, segments, book)


def _name(topic: Topic) -> str:
    if topic.number < 0:
        return "No topic"
    return f"{topic.number + 1} · {topic.label or ', '.join(topic.words[:3])}"


def _card(seat: Seat, topic: Topic, segments: dict[str, Segment], book: Codebook) -> None:
    names = [book.by_key[key].name for key in topic.nearest_code_keys if key in book.by_key]
    words = " ".join(f'<span class="q-chip q-word">{escape(word)}</span>' for word in topic.words[:10])
    title = f"Topic {topic.number + 1}" + (f": {topic.label}" if topic.label else "")
    st.html(
        style.block(
            f'<p><span class="q-name">{escape(title)}</span> {style.aside(counted(len(topic.segment_ids), "segment"))}</p>',
            f'<p style="line-height:1.9">{words}</p>',
            f'<p class="q-small">{style.aside("Nearest codes:")} {escape(" · ".join(names) or "none")}</p>',
        )
    )
    for segment_id in topic.quote_segment_ids[:3]:
        if segment_id in segments:
            view = seat.view(segment_id)
            st.html(style.quote(view.segment.text, parts.whereabouts(view.segment, view.transcript, view.speaker)))
            if view.has_audio:
                parts.hear(seat, segment_id, "topics")
