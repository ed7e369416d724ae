"""Code: one segment at a time, blind. What was said stands left, the codes right, the acts at the bottom."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic

import streamlit as st

from qualkit.model import Choice, Codebook, Segment, grouped, new_id
from qualkit.study import Card, Order, Seat, View
from qualkit.ui import cards, context, parts, style
from qualkit.wording import counted

HASTE_S = 0.4
"""A press this soon after a segment came up was meant for the one before it, as in a double click, and is not taken."""

SAMPLED = "Drawn at random to measure reliability on. What machines suggest for it shows only after your own judgement."


@dataclass(frozen=True, slots=True)
class _Place:
    """Where somebody is: their order, the segments they go through, where theirs is kept, and what they have judged."""

    order: Order
    queue: list[str]
    key: str
    judged: Collection[str]

    @property
    def n_left(self) -> int:
        """How many segments there are still to judge."""
        return sum(key not in self.judged for key in self.queue)

    @property
    def here(self) -> str:
        """The segment to show: the one that was gone to, else the first without a judgement."""
        at = context.value(self.key)
        return at if at in self.queue else next((key for key in self.queue if key not in self.judged), self.queue[0])

    def told(self, at: int) -> str:
        """Where that is, in words; by what teaches most there is no place, as what is judged wanders to the end."""
        if self.order is Order.TEACHING:
            return f"{counted(self.n_left, 'segment')} left"
        return f"Segment {at + 1} of {len(self.queue)}"


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
    place = _place(seat, segments, seat.judged_ids())
    view, book = seat.view(place.here), seat.codebook
    found = seat.cards(view.segment.id)
    context.kept(f"{_prefix(seat, view)}-shown", monotonic)
    left, right = st.columns([11, 9], gap="medium")
    with left:
        _read(seat, view, book, found, place)
    with right:
        _judge(seat, view, book)
    with st.bottom:
        _acts(seat, view, place, book)


def _place(seat: Seat, segments: dict[str, list[Segment]], judged: Collection[str]) -> _Place:
    """Draw the choice of an order and of a transcript, and the progress."""
    orders = seat.orders()
    n_all = sum(map(len, segments.values()))
    n_left = sum(item.id not in judged for mine in segments.values() for item in mine)
    widths = [22, 9, 9] if len(orders) == 1 else [10, 12, 9, 9]
    *first, choose, here, everywhere = st.columns(widths, gap="medium", vertical_alignment="center")
    order = Order.AS_SAID
    if first:
        order = first[0].selectbox("Order", orders, format_func=_named, key="order", label_visibility="collapsed")
    with choose:
        place = _by_transcript(seat, segments, judged) if order is Order.AS_SAID else _through_all(seat, order, judged)
    if order is not Order.TEACHING:
        here.html(_how_far(place))
    everywhere.html(parts.progress("All", n_all - n_left, n_all))
    return place


def _how_far(place: _Place) -> str:
    if place.order is Order.DEBT:
        return style.block(style.grey(f"{counted(len(place.queue), 'segment')} to read again"))
    name = "Here" if place.order is Order.AS_SAID else "Sample"
    return parts.progress(name, len(place.queue) - place.n_left, len(place.queue))


def _named(order: Order) -> str:
    return order.value.capitalize()


def _by_transcript(seat: Seat, segments: dict[str, list[Segment]], judged: Collection[str]) -> _Place:
    titles = {item.id: item.title for item in context.study().transcripts()}
    if context.value("transcript") not in segments:
        is_open = (key for key, mine in segments.items() if any(item.id not in judged for item in mine))
        context.put("transcript", next(is_open, next(iter(segments))))
    transcript_id = st.selectbox(
        "Transcript", list(segments), format_func=titles.__getitem__, key="transcript", label_visibility="collapsed"
    )
    queue = [segment.id for segment in segments[transcript_id]]
    return _Place(Order.AS_SAID, queue, f"at-{seat.coder.id}-{transcript_id}", judged)


def _through_all(seat: Seat, order: Order, judged: Collection[str]) -> _Place:
    st.html(style.block(style.grey("Through all transcripts")))
    return _Place(order, seat.queue(order=order), f"at-{seat.coder.id}-{order.name}", judged)


def _prefix(seat: Seat, view: View) -> str:
    """Start of the keys of all controls over what is shown: they can only ever speak of this person, segment and version."""
    return f"code-{seat.coder.id}-{view.segment.id}-{view.version}"


def _read(seat: Seat, view: View, book: Codebook, found: tuple[Card, ...], place: _Place) -> None:
    st.html(style.block(_about(view, place), cards.beside(found, view, book, seat) if found else style.talk(view)))
    if view.is_speaker_doubtful:
        st.html(style.block(style.grey("It is doubtful who said this. The page Transcript is the place to put it right.")))
    with st.container(horizontal=True):
        if view.has_audio:
            parts.hear(seat, view.segment.id, "code")
        if st.button("Codebook", icon=":material/menu_book:", type="tertiary"):
            parts.codebook(book)
    key = f"{_prefix(seat, view)}-memo"
    st.text_area("Memo", view.memo, key=key, height=68, placeholder="A thought to keep with your judgement")


def _about(view: View, place: _Place) -> str:
    """What there is to say of a segment before it is read: where it comes from, and why it comes now."""
    told = [style.aside(view.transcript.title)] if place.order is not Order.AS_SAID else []
    if view.is_in_sample:
        told.append(style.tag("reliability sample", "good", SAMPLED))
    elif place.order is Order.TEACHING and not view.version:
        told.append(style.aside(view.why or "Ordered by what teaches the machines most."))
    return f'<div class="q-about">{" ".join(told)}</div>' if told else ""


def _judge(seat: Seat, view: View, book: Codebook) -> None:
    own = {choice.code_key: choice for choice in view.choices}
    if view.version:
        st.html(style.block(style.grey("You have judged this segment. Save again to keep a newer judgement.")))
    with st.container(key="codes"):
        parts.choose_codes(book, _prefix(seat, view), list(own))
    for key in parts.chosen_codes(book, _prefix(seat, view)):
        parts.choose_valence(book.by_key[key], _prefix(seat, view), own[key].valence if key in own else None)


def _acts(seat: Seat, view: View, place: _Place, book: Codebook) -> None:
    queue, segment_id = place.queue, view.segment.id
    at = queue.index(segment_id)
    save = partial(_save, seat, view, place, book)
    is_first = at == 0 and place.order is not Order.TEACHING  # there the last judged ones stand at the end
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(horizontal=True, width="content"):
            _button("Previous", "chevron_left", partial(_go, place, at - 1), "previous", disabled=is_first)
            skip = "Next" if view.version else "Skip"
            _button(skip, "chevron_right", partial(_go, place, at + 1), "skip", disabled=at == len(queue) - 1)
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            st.html(style.block(style.grey(place.told(at))), width="content")
            if seat.may_compare():
                st.toggle("Compare", key="compare", help="After saving, stay and see what machines suggest for the segment.")
        with st.container(horizontal=True, width="content"):
            has_codes = bool(parts.chosen_codes(book, _prefix(seat, view)))
            _button("No code fits", "block", partial(save, has_codes=False), f"none-{segment_id}", disabled=has_codes)
            keep = partial(save, has_codes=True)
            _button("Save and next", "check", keep, f"save-{segment_id}", type="primary", shortcut="Ctrl+Enter")


def _button(name: str, icon: str, act: partial[None], key: str, **more: object) -> None:
    st.button(name, icon=f":material/{icon}:", on_click=act, key=key, **more)


def _go(place: _Place, to: int) -> None:
    context.put(place.key, place.queue[to if place.order is Order.TEACHING else max(0, min(to, len(place.queue) - 1))])


def _save(seat: Seat, view: View, place: _Place, book: Codebook, *, has_codes: bool) -> None:
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
    if place.order is not Order.DEBT and _is_unchanged(view, choices, memo):
        _go_on(seat, segment_id, place)
        return
    if context.attempt(lambda: seat.judge(segment_id, choices, memo=memo, base_version=view.version, client_id=act_id)):
        if context.value("compare") and seat.cards(segment_id):
            context.put(place.key, segment_id)
        else:
            _go_on(seat, segment_id, place)


def _is_unchanged(view: View, choices: Sequence[Choice], memo: str) -> bool:
    """Whether there is nothing to keep, such as after a comparison that changed nobody's mind."""
    said = {(choice.code_key, choice.valence) for choice in choices}
    return bool(view.version) and memo == view.memo and said == {(item.code_key, item.valence) for item in view.choices}


def _go_on(seat: Seat, segment_id: str, place: _Place) -> None:
    """To the next segment without a judgement: further down, else from the top, else in another transcript."""
    queue, judged = place.queue, seat.judged_ids()
    at = queue.index(segment_id)
    if place.order is Order.DEBT:
        _read_on(place, at)
        return
    left = [key for key in (*queue[at + 1 :], *queue[:at]) if key not in judged]
    if left:
        _go(place, queue.index(left[0]))
        return
    others = [segment for segment in context.study().coded_segments() if segment.id not in judged]
    if not others:
        context.notify("You have judged every segment of this study. Thank you.")
    elif place.order is Order.AS_SAID:
        context.put("transcript", others[0].transcript_id)
    else:
        context.notify("You have judged the whole reliability sample. Choose another order to go on.")


def _read_on(place: _Place, at: int) -> None:
    """To the next segment that is to be read again, or back to the order of the talk where there is none."""
    rest = [*place.queue[at + 1 :], *place.queue[:at]]
    if rest:
        context.put(place.key, rest[0])
    else:
        context.put("order", Order.AS_SAID)
        context.notify("You have read again everything that was judged before a code was added. Thank you.")
