"""Code: one segment at a time, blind. What was said stands left, the codes right, the acts at the bottom."""

from __future__ import annotations

from functools import partial
from time import monotonic

import streamlit as st

from qualkit.model import Codebook, Segment, grouped, new_id
from qualkit.study import Seat, View
from qualkit.ui import context, parts, style

HASTE_S = 0.4
"""A press this soon after a segment came up was meant for the one before it, as in a double click, and is not taken."""


def draw() -> None:
    """The page."""
    seat = context.need_seat()
    if seat.is_adjudicator:
        st.info(f"{seat.name} adjudicates in this study and so does not code.", icon=":material/balance:")
        return
    segments = grouped(context.study().coded_segments(), lambda segment: segment.transcript_id)
    if not segments:
        st.info("There is nothing to code yet. Run  qualkit run  to read the transcripts and cut them into segments.")
        return
    segment_id, queue = _place(seat, segments)
    view, book = seat.view(segment_id), seat.codebook
    context.kept(f"{_prefix(seat, view)}-shown", monotonic)
    left, right = st.columns([11, 9], gap="medium")
    with left:
        _read(seat, view, book)
    with right:
        _judge(seat, view, book)
    with st.bottom:
        _acts(seat, view, queue, book)


def _place(seat: Seat, segments: dict[str, list[Segment]]) -> tuple[str, list[str]]:
    """Draw the choice of a transcript and the progress; the segment to show and the transcript's queue."""
    judged = seat.judged()
    titles = {item.id: item.title for item in context.study().transcripts()}
    n_left = {key: sum(item.id not in judged for item in mine) for key, mine in segments.items()}
    if context.value("transcript") not in segments:
        context.put("transcript", next((key for key, n in n_left.items() if n), next(iter(segments))))
    choose, here, everywhere = st.columns([22, 9, 9], gap="medium", vertical_alignment="center")
    transcript_id = choose.selectbox(
        "Transcript", list(segments), format_func=titles.__getitem__, key="transcript", label_visibility="collapsed"
    )
    queue = [segment.id for segment in segments[transcript_id]]
    here.html(parts.progress("Here", len(queue) - n_left[transcript_id], len(queue)))
    n_all = sum(map(len, segments.values()))
    everywhere.html(parts.progress("All", n_all - sum(n_left.values()), n_all))
    at = context.value(f"at-{seat.coder.id}-{transcript_id}")
    first_open = next((key for key in queue if key not in judged), queue[0])
    return (at if at in queue else first_open), queue


def _prefix(seat: Seat, view: View) -> str:
    """Start of the keys of all controls over what is shown: they can only ever speak of this person, segment and version."""
    return f"code-{seat.coder.id}-{view.segment.id}-{view.version}"


def _read(seat: Seat, view: View, book: Codebook) -> None:
    st.html(style.talk(view, [span for item in view.suggestions for span in item.evidence]))
    if view.is_speaker_doubtful:
        st.html(style.block(style.grey("It is doubtful who said this. The page Transcript is the place to put it right.")))
    with st.container(horizontal=True):
        if view.has_audio:
            parts.hear(seat, view.segment.id, "code")
        if st.button("Codebook", icon=":material/menu_book:", type="tertiary"):
            parts.codebook(book)
    key = f"{_prefix(seat, view)}-memo"
    st.text_area("Memo", view.memo, key=key, height=68, placeholder="A thought to keep with your judgement")
    if view.suggestions:
        with st.expander(f"What machines suggested ({len(view.suggestions)})", icon=":material/smart_toy:", expanded=True):
            st.html(parts.suggested(view.suggestions, book))


def _judge(seat: Seat, view: View, book: Codebook) -> None:
    own = {choice.code_key: choice for choice in view.choices}
    if view.version:
        st.html(style.block(style.grey("You have judged this segment. Save again to keep a newer judgement.")))
    with st.container(key="codes"):
        parts.choose_codes(book, _prefix(seat, view), list(own))
    for key in parts.chosen_codes(book, _prefix(seat, view)):
        parts.choose_valence(book.by_key[key], _prefix(seat, view), own[key].valence if key in own else None)


def _acts(seat: Seat, view: View, queue: list[str], book: Codebook) -> None:
    at, segment_id = queue.index(view.segment.id), view.segment.id
    save = partial(_save, seat, view, queue, book)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(horizontal=True, width="content"):
            _button("Previous", "chevron_left", partial(_go, seat, queue, at - 1), "previous", disabled=at == 0)
            _button("Skip", "chevron_right", partial(_go, seat, queue, at + 1), "skip", disabled=at == len(queue) - 1)
        st.html(style.block(style.grey(f"Segment {at + 1} of {len(queue)}")), width="content")
        with st.container(horizontal=True, width="content"):
            has_codes = bool(parts.chosen_codes(book, _prefix(seat, view)))
            _button("No code fits", "block", partial(save, has_codes=False), f"none-{segment_id}", disabled=has_codes)
            keep = partial(save, has_codes=True)
            _button("Save and next", "check", keep, f"save-{segment_id}", type="primary", shortcut="Ctrl+Enter")


def _button(name: str, icon: str, act: partial[None], key: str, **more: object) -> None:
    st.button(name, icon=f":material/{icon}:", on_click=act, key=key, **more)


def _go(seat: Seat, queue: list[str], to: int) -> None:
    context.put(f"at-{seat.coder.id}-{context.value('transcript')}", queue[max(0, min(to, len(queue) - 1))])


def _save(seat: Seat, view: View, queue: list[str], book: Codebook, *, has_codes: bool) -> None:
    prefix, segment_id = _prefix(seat, view), view.segment.id
    if monotonic() - context.value(f"{prefix}-shown") < HASTE_S:
        return
    choices = [parts.choice(book.by_key[key], prefix) for key in parts.chosen_codes(book, prefix)]
    if bool(choices) != has_codes:
        context.notify(
            "Choose a code first, or press “No code fits”." if has_codes else "Take the codes away first.", is_error=True
        )
        return
    memo, act_id = context.value(f"{prefix}-memo", view.memo), context.kept(f"{prefix}-act", new_id)
    if context.attempt(lambda: seat.judge(segment_id, choices, memo=memo, base_version=view.version, client_id=act_id)):
        _go_on(seat, segment_id, queue)


def _go_on(seat: Seat, segment_id: str, queue: list[str]) -> None:
    """To the next segment without a judgement: further down, else from the top, else in another transcript."""
    judged, at = seat.judged(), queue.index(segment_id)
    left = [key for key in (*queue[at + 1 :], *queue[:at]) if key not in judged]
    if left:
        _go(seat, queue, queue.index(left[0]))
        return
    for segment in context.study().coded_segments():
        if segment.id not in judged:
            context.put("transcript", segment.transcript_id)
            return
    context.notify("You have judged every segment of this study. Thank you.")
