"""The page that the coding panel is held against: the same judging with Streamlit's own buttons and their shortcuts.

One fragment, which is all that runs for a press; the queue is asked for once a session. Streamlit runs this file.
"""

from __future__ import annotations

from html import escape

import streamlit as st

from benchmarks.room_contract import NATIVE_NO_CODE
from qualkit.model import Choice, new_id
from qualkit.study import Seat
from qualkit.ui import context

N_CODES = 9


def draw() -> None:
    """The page."""
    seat = context.study().seat(st.query_params["coder"])
    queue = context.kept("queue", lambda: [key for key in seat.queue() if key not in seat.judged_ids()])
    _room(seat, queue)


@st.fragment
def _room(seat: Seat, queue: list[str]) -> None:
    view = seat.view(queue[context.value("at", 0)])
    told = "".join(f"<p>{escape(line.speaker)}: {escape(line.text)}</p>" for line in (*view.before, *view.after))
    segment_id = view.segment.id
    st.html(f'<div class="qk-coding"><p class="qk-text">{escape(view.segment.text)}</p>{told}</div>')
    about = (seat, segment_id, view.version)
    for number, code in enumerate(seat.codebook.codes[:N_CODES], start=1):
        choice = Choice(code_key=code.key, valence=code.valences[0] if code.valences else None)
        st.button(code.name, shortcut=str(number), key=f"code-{number}", on_click=_judge, args=(*about, [choice]))
    st.button("No code fits", shortcut=NATIVE_NO_CODE, key="none", on_click=_judge, args=(*about, []))


def _judge(seat: Seat, segment_id: str, version: int, choices: list[Choice]) -> None:
    seat.judge(segment_id, choices, base_version=version, client_id=new_id())
    context.put("at", context.value("at", 0) + 1)


if __name__ == "__main__":
    draw()
