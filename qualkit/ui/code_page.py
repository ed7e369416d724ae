"""Code: one segment at a time, blind, or a whole transcript to read through. The panel itself is in coding.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from qualkit.errors import QualkitError
from qualkit.model import Purpose
from qualkit.study import Card, Order, Seat
from qualkit.ui import cards, coding, context, parts, reading, style
from qualkit.ui.shelf import Shelf, Walk, laid

DONE = {
    Order.AS_SAID: "You have judged every segment that is yours. Thank you.",
    Order.TEACHING: "You have judged every segment that is yours. Thank you.",
    Order.SAMPLE: "You have judged the whole reliability sample. Choose another order to go on.",
    Order.DEBT: "You have read again everything that was judged before a code was added. Thank you.",
}


def draw() -> None:
    """The page."""
    seat = context.need_seat()
    if seat.is_adjudicator and seat.round.purpose is not Purpose.CONSENSUS:
        st.info(f"{seat.name} adjudicates in this study and so does not code.", icon=":material/balance:")
        return
    if not context.study().outline().is_coded:
        st.info("There is nothing to code yet. Run  qualkit run  to read the transcripts and cut them into segments.")
        return
    mine = seat.my_transcripts()
    titles = {item.id: item.title for item in context.study().transcripts() if item.id in mine}
    if not titles:
        st.info(f"Nothing is for {seat.name} to code in this round.")
        return
    may_compare = seat.may_compare()
    walk, is_reading = _header(seat, titles, mine, may_compare)
    if is_reading and walk[1]:
        reading.draw(seat, walk[1])
    else:
        _panel(walk, may_compare)


# ---------------------------------------------------------------- order, transcript, and what else is chosen above


def _header(seat: Seat, titles: Mapping[str, str], mine: Mapping[str, Sequence[str]], may_compare: bool) -> tuple[Walk, bool]:
    """Draw the choice of an order and of a transcript; both, and whether to read through."""
    with st.container(horizontal=True, vertical_alignment="center", key="code-head"):
        order = _order(seat)
        is_as_said = order is Order.AS_SAID
        transcript_id = _transcript(seat, titles, mine) if is_as_said else None
        is_reading = is_as_said and st.toggle(
            "Read through", key="read-through", help="The whole transcript, with codes in the margin."
        )
        if may_compare and not is_reading:
            st.toggle("Compare", key="compare", help="After saving, stay and see what machines suggest for the segment.")
        if st.button("Codebook", icon=":material/menu_book:", type="tertiary"):
            parts.codebook(seat.codebook)
        st.html(f'<div class="q-round">{style.block(style.grey(parts.round_line(seat.round)))}</div>', width="content")
    return (order, transcript_id), is_reading


def _order(seat: Seat) -> Order:
    """Draw the choice of an order, where there is one; the one that is chosen."""
    orders = {item: item.value.capitalize() for item in seat.orders()}
    return Order(_choose("Order", orders, 230, "order")) if len(orders) > 1 else Order.AS_SAID


def _transcript(seat: Seat, titles: Mapping[str, str], mine: Mapping[str, Sequence[str]]) -> str:
    """Draw the choice of a transcript; the one that is chosen.

    Whenever the panel has gone on into another transcript, the choice is a new widget: what the browser says of the one before,
    in a message from before it knew, is then nobody's choice.
    """
    shelf: Shelf | None = context.value(_slot(seat))
    key = f"transcript-{_slot(seat)}-{shelf.n_followed if shelf else 0}"
    if context.value(key) not in titles:
        context.put(key, shelf.walk[1] if shelf and shelf.walk[1] in titles else _first_open(seat, mine))
    return str(_choose("Transcript", titles, 300, key))


def _slot(seat: Seat) -> str:
    """Where the session keeps what lies ready for somebody in a round."""
    return f"shelf-{seat.coder.id}-{seat.round.id}"


def _choose(name: str, options: Mapping[Any, str], width: int, key: str) -> Any:
    if context.value(key) not in options:
        context.put(key, next(iter(options)))
    return st.selectbox(
        name, list(options), format_func=options.__getitem__, key=key, label_visibility="collapsed", width=width
    )


def _first_open(seat: Seat, mine: Mapping[str, Sequence[str]]) -> str:
    judged = seat.judged_ids()
    return next((where for where, keys in mine.items() if any(key not in judged for key in keys)), next(iter(mine)))


# ---------------------------------------------------------------- the panel


def _panel(walk: Walk, may_compare: bool) -> None:
    """Keep what came back, lay out what comes next, and draw: the panel first, then what takes longer.

    No fragment: a server that was started anew knows no fragment of before, and would leave the outbox unread.
    """
    seat = context.need_seat()
    key, slot = f"coding-{seat.coder.id}", _slot(seat)
    shelf = laid(seat, walk, context.value(slot))
    if shelf is None:
        st.info("There is nothing to code in this order.")
        return
    context.put(slot, shelf)
    if wanted := context.value(f"goto-{seat.coder.id}"):
        shelf.go(wanted)
        context.put(f"goto-{seat.coder.id}", None)
    shelf.take(seat, context.value(key) or {})
    if shelf.is_low:
        shelf.fill(seat)
    if shelf.follow(seat):
        st.rerun()
    found = seat.cards(shelf.place) if may_compare else ()
    coding.mount(_data(seat, shelf, found), key=key)
    if found:
        st.html(cards.below(found, seat.view(shelf.place), seat.codebook, seat))
    _sound(seat, shelf)


def _data(seat: Seat, shelf: Shelf, found: tuple[Card, ...]) -> dict[str, Any]:
    order, study = shelf.walk[0], context.study()
    shown = [[n, span.start_char, span.end_char] for n, card in enumerate(found, start=1) for span in card.evidence]
    return coding.data_for(
        desk=f"{study.info.id} {seat.coder.id} {seat.round.id}",
        seat=seat,
        items=shelf.listed,
        codes=coding.codes_for(seat.codebook),
        progress={"mine": shelf.n_mine, "all": shelf.n_all, "round": shelf.n_round},
        answers=list(shelf.answers.values()),
        goto=shelf.goto,
        mode={
            "language": study.config.language,
            "is_debt": order is Order.DEBT,
            "stays": bool(context.value("compare")),
            "is_end": not shelf.ahead,
            "end": DONE[order],
            "shown": {"id": shelf.place, "spans": shown} if found else None,
        },
    )


def _sound(seat: Seat, shelf: Shelf) -> None:
    """Send the sound of the segment that is shown and of the next one; who judges fast waits for no sound to be cut."""
    if not any(item["has_audio"] for item in shelf.items.values()):
        return
    if near := shelf.to_hear:
        shelf.clips = {item["id"]: _clip(seat, item) for item in near}
    clips = {key: clip for key, clip in shelf.clips.items() if key in shelf.items}
    coding.mount_clips(clips, {key: coding.clip_start(shelf.items[key]) for key in clips})


def _clip(seat: Seat, item: Mapping[str, Any]) -> bytes | None:
    """None also for a recording that is damaged."""
    name = f"{context.study().folder.path} {item['id']} {item['start']} {item['end']}"
    try:
        clip: bytes | None = context.clip_of_segment(lambda: seat.clip(item["id"], coding.MARGIN_S), name)
    except QualkitError:
        return None
    return clip
