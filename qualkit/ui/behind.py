"""Numbers that open: whatever was counted leads to the segments behind it, to read, to narrow down and to hear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from html import escape
from typing import Any

import streamlit as st

from qualkit.errors import QualkitError
from qualkit.exporters.printed import Printed, in_words
from qualkit.model import Behind, Quote, Table
from qualkit.plain import sha256_of
from qualkit.study import Seat
from qualkit.ui import context, parts, style, theme_parts
from qualkit.ui.component import component, packed
from qualkit.wording import counted

__all__ = ["Behind", "ask", "button", "dialog", "listed", "opened", "table", "table_data"]

ASKS = "Read and hear them"
"""What pressing a number does, for those who listen to the page."""

N_SHOWN = 12
"""Segments that are shown before more are asked for."""


def table(seat: Seat, shown: Table, opens: Mapping[tuple[int, int], Behind], *, key: str) -> None:
    """Put a table into the page in which the cells that `opens` names by row and column are buttons; see `dialog`."""
    _component()(key=key, data=packed(table_data(in_words(shown), opens)), on_ask_change=partial(_asked, key, dict(opens)))
    opened(seat, key)


def button(seat: Seat, label: str, behind: Behind, *, key: str) -> None:
    """A button that opens the segments behind a number."""
    st.button(label, key=key, type="tertiary", icon=":material/format_quote:", on_click=ask, args=(key, behind))
    opened(seat, key)


def ask(key: str, behind: Behind | None) -> None:
    """For callbacks, of a chart say: have `opened` of the same `key` open the segments when the page is drawn next."""
    context.put(_held(key), behind)


def opened(seat: Seat, key: str) -> None:
    """Open what was asked for under `key`, once."""
    behind: Behind | None = context.value(_held(key))
    context.put(_held(key), None)
    if behind is not None:
        context.put("hearing", None)
        dialog(seat, behind, key)


def hand_on(key: str) -> None:
    """For a fragment, in which a second dialog would not open: have the page drawn, which calls `opened` of `key` before it."""
    if context.value(_held(key)) is not None:
        st.rerun()


def choices(
    shown: Table, opens: Mapping[tuple[int, int], str], *, key: str, asks: str, on_choose: Callable[[int, int], None]
) -> None:
    """Put a table into the page of whose cells one can be chosen: those in `opens`, which says what each is.

    `asks` is what pressing one does, for those who listen to the page; `on_choose` gets its row and column.
    """
    titled = {place: Behind(title=title, segment_ids=()) for place, title in opens.items()}
    data = {**table_data(in_words(shown), titled), "asks": asks}
    _component()(key=key, data=packed(data), on_ask_change=partial(_chosen, key, on_choose))


def _chosen(key: str, on_choose: Callable[[int, int], None]) -> None:
    asked: dict[str, Any] | None = (context.value(key) or {}).get("ask")
    if asked:
        on_choose(int(asked["row"]), int(asked["column"]))


@cache
def _component() -> Any:
    return component("counted_table", scripts=("counted_table.js",), style="counted_table.css")


def table_data(printed: Printed, opens: Mapping[tuple[int, int], Behind]) -> dict[str, Any]:
    """All that the component draws, JSON-ready: words, and by row and column what a button opens."""
    return {
        "title": printed.title,
        "over": [{"text": item.text, "n": item.last - item.first + 1} for item in printed.over],
        "headers": list(printed.headers),
        "figures": list(printed.is_figure),
        "rows": [list(row) for row in printed.rows],
        "repeats": [list(row) for row in printed.is_repeat],
        "n_stub": printed.n_stub,
        "notes": list(printed.notes),
        "asks": ASKS,
        "opens": [{"row": row, "column": column, "title": item.title} for (row, column), item in opens.items()],
    }


def _held(key: str) -> str:
    return f"{key}-behind"


def _asked(key: str, opens: Mapping[tuple[int, int], Behind]) -> None:
    asked: dict[str, Any] | None = (context.value(key) or {}).get("ask")
    if asked:
        ask(key, opens.get((int(asked["row"]), int(asked["column"]))))


@st.dialog("What was said", width="medium")  # type: ignore[untyped-decorator]
def dialog(seat: Seat, behind: Behind, where: str) -> None:
    """The segments behind a number."""
    st.html(style.block(f'<p><span class="q-name">{escape(behind.title)}</span></p>'))
    with context.telling_errors():
        listed(seat, behind, f"{where}-{sha256_of([behind.title, behind.segment_ids])[:12]}")


def listed(seat: Seat, behind: Behind, where: str, *, beside: Callable[[str], None] | None = None) -> None:
    """Segments to read, narrow down and hear, and to say how they are printed.

    `where` keeps the widgets apart from those of other numbers, so that what was narrowed down stays with its number. `beside`
    draws something more under each, given its id.
    """
    quotes = seat.authoring.quotes(behind.segment_ids)
    if not quotes:
        st.info("No segment is behind this.")
        return
    st.html(style.block(style.grey(_how_many(quotes))))
    chosen = _narrowed(quotes, behind.what, where)
    shown = chosen[: context.value(f"{where}-shown", N_SHOWN)]
    for quote in shown:
        _quote(seat, quote, behind.said.get(quote.segment_id, ""), where, beside)
    if len(shown) < len(chosen):
        st.button(
            f"Show more ({len(shown)} of {len(chosen)})",
            key=f"{where}-more",
            type="tertiary",
            on_click=context.put,
            args=(f"{where}-shown", len(shown) + N_SHOWN),
        )


def _how_many(quotes: Sequence[Quote]) -> str:
    """`7 segments by 5 people in 3 groups`; of a segment whose speaker nobody knows, the group alone counts."""
    people = {_of(quote, "people") for quote in quotes if quote.participant}
    groups = {quote.transcript_label for quote in quotes}
    by = f" by {counted(len(people), 'person', 'people')}" if people else ""
    return f"{counted(len(quotes), 'segment')}{by} in {counted(len(groups), 'group')}."


def _narrowed(quotes: Sequence[Quote], what: str, where: str) -> Sequence[Quote]:
    """The quotes of the group or person that is chosen; all of them where the number counted segments."""
    if what == "segments":
        return quotes
    counts = Counter(_of(quote, what) for quote in quotes)
    names = [name for name, _ in counts.most_common()]
    label = "Group" if what == "groups" else "Person"
    chosen = st.pills(
        label, names, key=f"{where}-of", format_func=lambda name: f"{name} ({counts[name]})", help="Nothing chosen shows all."
    )
    return [quote for quote in quotes if chosen is None or _of(quote, what) == chosen]


def _of(quote: Quote, what: str) -> str:
    if what == "groups":
        return quote.transcript_label
    return f"{quote.participant}, {quote.transcript_label}" if quote.participant else "unknown speaker"


def _quote(seat: Seat, quote: Quote, said: str, where: str, beside: Callable[[str], None] | None = None) -> None:
    with st.container(gap="xsmall"):
        st.html(style.quote(quote.text, theme_parts.source_of(quote)) + (style.block(style.grey(said)) if said else ""))
        with st.container(horizontal=True, vertical_alignment="center"):
            if quote.has_audio and quote.start_s is not None:
                with st.container(width="content"):
                    parts.hear(seat, quote.segment_id, where)
            _print_as(seat, quote, where)
            if beside is not None:
                beside(quote.segment_id)


def _print_as(seat: Seat, quote: Quote, where: str) -> None:
    """Where an author says with which cuts and brackets the words are printed; the transcript stays as it is."""
    with st.popover("Printed with cuts" if quote.edited else "Print with cuts", icon=":material/content_cut:", type="tertiary"):
        key = f"{where}-print-{quote.segment_id}"
        st.text_area(
            "As it is printed",
            quote.edited or quote.text,
            key=key,
            help="Mark what is left out with […] and put words of your own into [brackets]. Empty: as it was said.",
        )
        st.button("Keep", key=f"{key}-keep", on_click=_keep, args=(seat, quote.segment_id, key))
        if said := context.value(f"{key}-said"):
            st.caption(said)


def _keep(seat: Seat, segment_id: str, key: str) -> None:
    try:
        edits = seat.authoring.print_quote(segment_id, context.value(key) or "")
        said = "Kept: it is printed as it was said." if edits.is_verbatim else "Kept: the note of the table counts the edits."
    except QualkitError as error:
        said = str(error)
    context.put(f"{key}-said", said)
