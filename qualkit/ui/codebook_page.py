"""Codebook: every code to read, with how often it was given and how it came to be; and the forms by which it is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from qualkit.model import Code, Codebook
from qualkit.study import Seat
from qualkit.study.codebook_changes import Book
from qualkit.ui import behind, codebook_entry, codebook_forms, context, style, topic_links
from qualkit.wording import counted

CODE = "codebook-code"
"""Where the key of the open code is kept; other pages set it to have a code opened here."""

NEW = "codebook-new"
"""Whether a new code is being written."""

SIDES = (4, 9)
"""How wide the list of codes is beside the code that is open."""


def draw() -> None:
    """The page."""
    seat = context.need_seat()
    desk = seat.book
    book = desk.now()
    _head(desk, book)
    left, right = st.columns(SIDES, gap="large")
    with left:
        shown = _filtered(book)
        key = _open_code(shown, book)
        _list(desk, book, shown, key)
    with right:
        if context.value(NEW) and desk.may_edit:
            codebook_forms.new(desk, book)
        elif key is None:
            st.info("No code has these words.", icon=":material/search_off:")
        else:
            _code(seat, desk, book, book.by_key[key])


def _head(desk: Book, book: Codebook) -> None:
    title, rest = st.columns(SIDES, gap="large", vertical_alignment="center")
    title.title("Codebook")
    facts, act = rest.columns([4, 1], vertical_alignment="center")
    n_retired = len(book.codes) - len(book.in_use)
    retired = f" · {n_retired} retired" if n_retired else ""
    who = "" if desk.may_edit else " · for you to read: others change it"
    facts.html(
        style.block(style.grey(f"{book.name}, version {book.version} · {counted(len(book.in_use), 'code')}{retired}{who}"))
    )
    if desk.may_edit:
        act.button("New code", icon=":material/add:", key="codebook-add", on_click=_new, width="stretch")


def _new() -> None:
    context.put(NEW, True)


# ---------------------------------------------------------------- the list


def _filtered(book: Codebook) -> list[Code]:
    """The codes that hold the words of the filter: those in use in the book's order, then retired ones."""
    wanted = st.text_input(
        "Find a code", key="codebook-filter", placeholder="Find in names, definitions, examples", label_visibility="collapsed"
    )
    words = str(wanted or "").casefold().split()

    def has_all(code: Code) -> bool:
        text = " ".join((code.key, code.name, code.definition, *code.include, *code.exclude, *code.examples, *code.cues))
        return all(word in text.casefold() for word in words)

    return sorted(filter(has_all, book.codes), key=lambda code: code.retired is not None)


def _open_code(shown: list[Code], book: Codebook) -> str | None:
    key = context.value(CODE)
    if key in book.by_key:
        return str(key)
    return shown[0].key if shown else None


def _list(desk: Book, book: Codebook, shown: list[Code], key: str | None) -> None:
    uses, owed = desk.uses(), {debt.code_key for debt in desk.debt()}
    whose = "Segments you gave it to" if desk.is_blind else "Segments it was given to"
    st.html(style.block(f'<p class="q-counted q-grey q-small">{whose}</p>'))
    heading = None
    with st.container(key="codebook-list", height=490, border=False):
        for code in shown:
            under = "Retired" if code.retired is not None else book.domain_of(code.key) or "Codes"
            if under != heading:
                st.html(style.block(style.label(under)))
                heading = under
            label = f"{style.literal(code.name)} :gray[{uses[code.key]}{' ↻' if code.key in owed else ''}]"
            st.button(
                label, key=f"codebook-open-{code.key}", on_click=open_code, args=(code.key,), width="stretch",
                type="secondary" if code.key == key and not context.value(NEW) else "tertiary",
            )  # fmt: skip
    if owed & {code.key for code in shown}:
        st.html(style.block(style.grey("↻ has segments to be read again")))


def open_code(key: str) -> None:
    """Have the page show a code."""
    context.put(CODE, key)
    context.put(NEW, False)


# ---------------------------------------------------------------- one code


def _code(seat: Seat, desk: Book, book: Codebook, code: Code) -> None:
    st.html(codebook_entry.head(code, book, desk.uses()[code.key], is_own=desk.is_blind))
    _given(seat, desk, code)
    ways = _ways(desk, code)
    if context.value("codebook-section") not in (None, *ways):
        context.put("codebook-section", "Read")
    section = st.segmented_control(
        "What to see or do", list(ways), default="Read", key="codebook-section", required=True, label_visibility="collapsed"
    )
    if section == "Read":
        codebook_entry.draw(desk, book, code)
        if code.retired is None:
            _gaps(seat, code)
    elif section == "Constructs":
        _constructs(seat, desk)
    else:
        ways.get(section, codebook_entry.draw)(desk, book, code)


def _ways(desk: Book, code: Code) -> Mapping[str, Callable[[Book, Codebook, Code], None]]:
    reading = {"Read": codebook_entry.draw, "History": codebook_entry.history, "Constructs": codebook_entry.draw}
    if not desk.may_edit:
        return reading
    if code.retired is not None:
        return {**reading, "Restore": codebook_forms.restore}
    changing = {"Edit": codebook_forms.edit, "Split": codebook_forms.split, "Merge": codebook_forms.merge}
    return {**reading, **changing, "Retire": codebook_forms.retire}


def _given(seat: Seat, desk: Book, code: Code) -> None:
    """The way to the segments that a code was given to, for who may see what others said."""
    n = desk.uses()[code.key]
    if n and not desk.is_blind:
        said = seat.given(code.key)
        number = behind.Behind(title=f"{code.name}: given by anybody", segment_ids=tuple(said), said=said)
        behind.button(seat, f"Read and hear {counted(n, 'segment')}", number, key=f"codebook-said-{code.key}")


def _constructs(seat: Seat, desk: Book) -> None:
    if desk.is_blind:
        st.info("Links to a framework show with the results.", icon=":material/visibility_off:")
        return
    topic_links.draw(seat, seat.candidates)


def _gaps(seat: Seat, code: Code) -> None:
    """What adjudicators said the codebook lacks about a code, where this person may see it."""
    if seat.book.is_blind:
        return
    for gap in seat.codebook_gaps():
        if gap.code_key == code.key:
            notes = "; ".join(f"“{item.note}”" for item in gap.decisions if item.note)
            said = f"{counted(len(gap.decisions), 'decision')} named a gap in this code. {notes}"
            st.warning(style.literal(said), icon=":material/help:")
