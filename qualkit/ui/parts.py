"""Pieces that several pages share: the look of figures, hearing a segment, a code's entry, choosing codes and valences."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from qualkit.model import Choice, Code, Codebook, Segment, Transcript, Valence
from qualkit.study import Seat
from qualkit.ui import context, style
from qualkit.wording import clock

if TYPE_CHECKING:
    from qualkit.figures.looks import Look

MAX_PILLS = 40
"""Codebooks up to this size are laid out whole; larger ones are searched."""


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


def progress(name: str, n: int, of: int) -> str:
    """How much is judged."""
    return style.block(f'<p class="q-small q-grey" style="margin:0">{name}: <b>{n} of {of}</b> judged</p>', style.bar(n / of))


def by_domain(book: Codebook) -> dict[str, list[str]]:
    """Keys of the codes in use under each heading, in the book's order."""
    found: dict[str, list[str]] = {}
    for code in book.in_use:
        found.setdefault(book.domain_of(code.key) or "Codes", []).append(code.key)
    return found


def choose_codes(book: Codebook, prefix: str, chosen: Sequence[str] = ()) -> None:
    """Let codes be chosen, `chosen` being chosen already; `chosen_codes` says which."""
    names = {code.key: code for code in book.in_use}
    if len(names) > MAX_PILLS:
        st.multiselect(
            "Codes",
            list(names),
            default=[key for key in names if key in chosen],
            format_func=lambda key: f"{names[key].name} · {book.domain_of(key)}",
            key=f"{prefix}-all",
            placeholder="Type to find codes",
        )
        return
    for domain, keys in by_domain(book).items():
        st.pills(
            domain,
            keys,
            selection_mode="multi",
            default=[key for key in keys if key in chosen],
            format_func=lambda key: names[key].name,
            key=f"{prefix}-{domain}",
            wrap=True,
        )


def chosen_codes(book: Codebook, prefix: str) -> list[str]:
    """Keys chosen with `choose_codes` of that prefix, in the book's order."""
    slots = ["all"] if len(book.in_use) > MAX_PILLS else list(by_domain(book))
    said = {key for slot in slots for key in context.value(f"{prefix}-{slot}") or ()}
    return [code.key for code in book.codes if code.key in said]


def choose_valence(code: Code, prefix: str, given: Valence | None = None) -> None:
    """Let a code's valence be chosen where there is a choice; nothing is chosen beforehand."""
    notes = [
        code.definition,
        *(f"**Include** {text}" for text in code.include),
        *(f"**Exclude** {text}" for text in code.exclude),
    ]
    if len(code.valences) < 2:
        st.html(style.block(f"<b>{escape(code.name)}</b> ", *(style.chip(item.value) for item in code.valences)))
        return
    st.segmented_control(
        code.name,
        code.valences,
        default=given,
        format_func=style.valence_label,
        key=f"{prefix}-valence-{code.key}",
        help="\n\n".join(notes),
    )


def choice(code: Code, prefix: str) -> Choice:
    """A code with the valence chosen for it."""
    return Choice(code_key=code.key, valence=context.value(f"{prefix}-valence-{code.key}"))


def whereabouts(segment: Segment, transcript: Transcript, speaker: str) -> str:
    """Group, person and time of a segment."""
    return ", ".join(part for part in (transcript.title, speaker, clock(segment.start_s)) if part)
