"""Who answered whom: choose a segment, an earlier one of its group, and how the one answers the other; what was recorded."""

from __future__ import annotations

from html import escape

import streamlit as st

from qualkit.model import Response, ResponseKind, Segment, new_id
from qualkit.study import Seat
from qualkit.study.responses import Responses
from qualkit.ui import context, parts, ruling, style, theme_parts
from qualkit.wording import first_line

NAME_CHARS = 76
"""So many characters of a segment name it in a list."""

SIGNS = {
    ResponseKind.AGREES: "=",
    ResponseKind.BUILDS_ON: "+",
    ResponseKind.QUALIFIES: "±",
    ResponseKind.CHALLENGES: "≠",
}

ABOUT = (
    "What a group does with what was said: somebody agrees, builds on it, qualifies or challenges it. Record it as you read: "
    "it goes into the consensus matrix as A or D, and nothing that anybody coded changes."
)

_GROUP, _SEGMENT, _TO, _KIND = "response-group", "response-segment", "response-to", "response-kind"


def draw(seat: Seat) -> None:
    """The part of the section."""
    desk = seat.responses
    groups = desk.by_group()
    if not groups:
        st.info("There are no segments yet: run  qualkit run segment  first.")
        return
    st.html(style.lead(ABOUT))
    titles = desk.titles()
    group = st.selectbox("Group", list(groups), format_func=titles.__getitem__, key=_GROUP, width=360)
    here = {segment.id: segment for segment in groups[group]}
    recorded = [item for item in desk.in_force() if item.segment_id in here]
    left, right = st.columns(2, gap="large")
    with left:
        segment = _chosen("Who answers?", here, seat, _SEGMENT)
    if segment is not None:
        with right:
            before = {item.id: item for item in desk.earlier(segment.id)}
            to = _chosen("Whom do they answer? The nearest come first", before, seat, _TO)
        if to is not None:
            _record(desk, segment, to, recorded)
    _recorded(desk, recorded, here)


def _chosen(label: str, segments: dict[str, Segment], seat: Seat, key: str) -> Segment | None:
    """The segment that is chosen in a list, its words under it, to be heard where there is a recording."""
    desk = seat.responses
    if context.value(key) not in segments:
        context.put(key, None)
    if not segments:
        st.caption("Nobody else had spoken before.")
        return None
    chosen = st.selectbox(
        label, list(segments), index=None, key=key, format_func=lambda item: _named(segments[item], desk),
        placeholder="Choose, or type a word of it",
    )  # fmt: skip
    if chosen is None:
        return None
    (quote,) = seat.authoring.quotes([chosen])
    st.html(style.quote(quote.text, theme_parts.source_of(quote)))
    if quote.has_audio and quote.start_s is not None:
        parts.hear(seat, chosen, key)
    return segments[chosen]


def _named(segment: Segment, desk: Responses) -> str:
    return f"{segment.position} · {desk.speaker(segment)}: {first_line(segment.text, NAME_CHARS)}"


def _record(desk: Responses, segment: Segment, to: Segment, recorded: list[Response]) -> None:
    pair = (segment.id, to.id)
    known = next((item for item in recorded if (item.segment_id, item.to_segment_id) == pair), None)
    key = f"{_KIND}-{segment.id}-{to.id}-{known.id if known else 'new'}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            f"How does {desk.speaker(segment)} answer {desk.speaker(to)}?", list(ResponseKind), default=known and known.kind,
            format_func=said, key=key, width="content",
        )  # fmt: skip
        st.button("Record", type="primary", icon=":material/add_link:", key=f"{key}-keep", on_click=_keep,
                  args=(desk, pair, key, known))  # fmt: skip


def said(kind: ResponseKind) -> str:
    """A kind of response as a button says it."""
    return f"{SIGNS[kind]} {kind.value}"


def _keep(desk: Responses, pair: tuple[str, str], key: str, known: Response | None) -> None:
    kind = context.value(key)
    if kind is None:
        context.notify("Say how the one answers the other first.", is_error=True)
        return
    act_id = context.kept(f"{key}-{kind}-act", new_id)
    if context.attempt(lambda: desk.record(*pair, kind, seen=known.id if known else None, client_id=act_id)):
        context.put(_TO, None)
        context.notify("Recorded.")


# ---------------------------------------------------------------- what was recorded


def _recorded(desk: Responses, recorded: list[Response], here: dict[str, Segment]) -> None:
    st.header(f"Recorded in this group ({len(recorded)})")
    if not recorded:
        st.html(style.block(style.grey("Nobody has recorded a response yet.")))
        return
    names = ruling.names()
    for item in sorted(recorded, key=lambda item: here[item.segment_id].position):
        segment = here[item.segment_id]
        to = next((one for one in desk.earlier(item.segment_id) if one.id == item.to_segment_id), None)
        if to is None:
            continue
        words, act = st.columns([7, 1], vertical_alignment="center")
        words.html(_line(item, segment, to, desk, names.get(item.coder_id, "somebody")))
        act.button("Take back", key=f"response-{item.id}-back", type="tertiary", icon=":material/undo:", on_click=_back,
                   args=(desk, item))  # fmt: skip


def _line(item: Response, segment: Segment, to: Segment, desk: Responses, who: str) -> str:
    head = (
        f"<b>{escape(desk.speaker(segment))}</b> {style.tag(said(item.kind), 'plain')} <b>{escape(desk.speaker(to))}</b> "
        + style.aside(f"recorded by {who}, {item.made_at.astimezone():%d %b %Y %H:%M}")
    )
    words = "".join(
        f'<p class="q-small" style="margin:0">{escape(desk.speaker(one))}: “{escape(first_line(one.text, 160))}”</p>'
        for one in (to, segment)
    )
    return style.block(f'<div style="margin:.2rem 0 .3rem"><p style="margin:0">{head}</p>{words}</div>')


def _back(desk: Responses, item: Response) -> None:
    if context.attempt(lambda: desk.withdraw(item.id, client_id=f"back-{item.id}")):
        context.notify("Taken back. It stays on file.")
