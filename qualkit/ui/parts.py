"""Pieces that several pages share: the look of figures, hearing a segment, a code's entry, choosing codes and valences."""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from qualkit.model import Code, Codebook, Purpose, Round, Segment, Transcript
from qualkit.study import Seat
from qualkit.ui import context, style
from qualkit.wording import clock, counted

if TYPE_CHECKING:
    from qualkit.figures.looks import Look

PURPOSES = {
    Purpose.RECODE: "Coding again",
    Purpose.INDEPENDENT: "Independent coding",
    Purpose.CONSENSUS: "Consensus",
}
"""What a round is for, as pages say it."""


def round_line(round_: Round) -> str:
    """What a round is for, in a few words, and on how many segments, if it is not about all of them."""
    sight = "blind" if round_.is_hidden else "not blind"
    about = f", only {counted(len(round_.segment_ids), 'segment')}" if round_.segment_ids else ""
    return f"Round {round_.number}: {PURPOSES[round_.purpose].lower()}, {sight}{about}"


def look() -> Look:
    """The look of figures on the page as it is now, light or dark."""
    from qualkit.figures.looks import DARK, LIGHT

    return DARK if st.context.theme.type == "dark" else LIGHT


@st.fragment  # type: ignore[untyped-decorator]
def hear(seat: Seat, segment_id: str, where: str) -> None:
    """A button that cuts the segment's seconds from the recording and plays them.

    The clip travels inside the page: unlike a media address it cannot be fetched by anybody else, and nothing stays behind.
    """
    key = f"hear-{where}-{segment_id}"
    if st.button("Hear it", key=key, icon=":material/volume_up:", type="tertiary"):
        context.put("hearing", key)
    if context.value("hearing") == key:
        with context.telling_errors():
            clip = context.kept_one("clip", segment_id, lambda: seat.clip(segment_id))
            st.html(player(clip) if clip else style.block(style.grey("The recording is not in recordings/ any more.")))


def player(clip: bytes) -> str:
    """An audio element that holds its own Ogg file."""
    source = "data:audio/ogg;base64," + base64.b64encode(clip).decode("ascii")
    return style.block(f'<audio controls autoplay src="{source}"></audio>')


def code_entry(code: Code, domain: str = "") -> str:
    """A code as the codebook defines it."""
    lists = (("Include", code.include), ("Exclude", code.exclude), ("Examples", code.examples))
    items = [
        style.label(name) + "<ul>" + "".join(f"<li>{escape(text)}</li>" for text in texts) + "</ul>"
        for name, texts in lists
        if texts
    ]
    head = style.label(domain) if domain else ""
    return style.block(
        f'{head}<p><span class="q-name">{escape(code.name)}</span></p><p>{escape(code.definition)}</p>',
        f'<div class="q-small">{"".join(items)}</div>',
    )


@st.dialog("Codebook", width="large")  # type: ignore[untyped-decorator]
def codebook(book: Codebook) -> None:
    """The whole codebook to read, narrowed to the entries that hold some words."""
    wanted = st.text_input("Find", key="codebook-find", placeholder="A word of a name, definition or example").casefold()
    for code in book.codes:
        text = " ".join((code.name, code.definition, *code.include, *code.exclude, *code.examples))
        if wanted in text.casefold():
            st.html(code_entry(code, book.domain_of(code.key)))
            st.divider()


def by_domain(book: Codebook) -> dict[str, list[str]]:
    """Keys of the codes in use under each heading, in the book's order."""
    found: dict[str, list[str]] = {}
    for code in book.in_use:
        found.setdefault(book.domain_of(code.key) or "Codes", []).append(code.key)
    return found


def whereabouts(segment: Segment, transcript: Transcript, speaker: str) -> str:
    """Group, person and time of a segment."""
    return ", ".join(part for part in (transcript.title, speaker, clock(segment.start_s)) if part)
