"""A whole transcript to read through, with codes in the margin; a press on a segment goes to where it is coded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import streamlit as st

from qualkit.model import Codebook, Valence
from qualkit.study import Passage, Seat
from qualkit.ui import context, style
from qualkit.ui.component import component, packed
from qualkit.wording import clock

_KEY = "reading"


@cache
def _component() -> Any:
    return component("reading", scripts=("reading.js",), style="reading.css")


def draw(seat: Seat, transcript_id: str) -> None:
    """The transcript; a blind coder sees their own codes only."""
    everything = False
    if seat.may_see_results():
        everything = st.toggle("Everybody's codes that count", key="read-everything", help="Instead of your own codes.")
    passages = seat.read_through(transcript_id, everything=everything)
    data = data_for(passages, seat.codebook, title=f"{transcript_id} {everything}")
    _component()(key=_KEY, data=packed(data), on_open_change=lambda: _open(seat))


def data_for(passages: Sequence[Passage], book: Codebook, *, title: str) -> dict[str, Any]:
    """All that is drawn, JSON-ready: turns, their pieces, and the names of codes."""
    names = {code.key: code.name for code in book.codes}
    return {"title": title, "turns": [_turn(passage, names) for passage in passages]}


def _turn(passage: Passage, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "speaker": passage.line.speaker,
        "is_moderator": passage.line.is_moderator,
        "when": clock(passage.line.start_s),
        "pieces": [
            {
                "id": piece.segment_id,
                "text": piece.text,
                "is_judged": piece.is_judged,
                "codes": [_name(names.get(key, key), valence) for key, valence in piece.codes],
            }
            for piece in passage.pieces
        ],
    }


def _name(name: str, valence: Valence | None) -> str:
    return f"{style.SIGNS[valence.value]} {name}" if valence else name


def _open(seat: Seat) -> None:
    segment_id = (context.value(_KEY) or {}).get("open")
    if segment_id:
        context.put(f"goto-{seat.coder.id}", segment_id)
        context.put("read-through", False)
