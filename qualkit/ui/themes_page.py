"""Themes: the table that the study is for, from a cell down to the voice, and where an author makes it their own."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from qualkit import plugs
from qualkit.errors import QualkitError
from qualkit.exporters import html
from qualkit.study import Seat
from qualkit.study.authoring import ThemeStanding
from qualkit.ui import behind, context, marks, parts, style, theme_desk, theme_parts, theme_said

_BOARD, _ORDER = "theme-board", "theme-order"

AT_HAND = ("csv", "docx", "xlsx")
"""Formats that have a button at the top of the page."""

N_SHOWN = 40
"""Rows of a table that are shown."""


def draw() -> None:
    """The page: the table of all themes, or one theme on the desk."""
    seat = context.need_seat()
    standings = seat.authoring.standings()
    chosen = context.value(theme_desk.OPEN)
    standing = next((item for item in standings if item.theme.id == chosen), None)
    if chosen == theme_desk.NEW or standing is not None:
        theme_desk.draw(seat, standing)
        return
    title, files = st.columns([1, 1], vertical_alignment="center")
    title.title("Themes")
    if not standings:
        st.info("No theme yet: themes rest on codes that people agreed on or an adjudicator decided.")
        _new()
        return
    with files:
        _downloads(seat)
    st.html(style.block(style.grey(seat.basis_note())))
    _new()
    theme_parts.board(standings, key=_BOARD, on_ask=partial(_asked, seat))
    _order(seat, standings)
    _all_tables(seat)
    with st.expander("For and against, drawn", icon=":material/bar_chart:", key="theme-chart", on_change="rerun") as box:
        if box.open:
            _drawn(seat, standings)
    _dialog(seat, standings)


def _drawn(seat: Seat, standings: tuple[ThemeStanding, ...]) -> None:
    """Segments for and against, theme by theme."""
    from qualkit.figures import themes as charts

    rows = [row for item in standings for row in item.rows]
    picked = {
        charts.mark_of(row): behind.Behind(title=f"{row.theme}, {charts.kind_of(row)}", segment_ids=row.segment_ids)
        for row in rows
    }
    drawn = charts.diverging(rows, parts.look())
    marks.chart(seat, drawn, picked, key="theme-drawn", alt="Segments for and against, theme by theme")


def _new() -> None:
    st.button("New theme", icon=":material/add:", key="theme-new", on_click=context.put, args=(theme_desk.OPEN, theme_desk.NEW))


def _asked(seat: Seat) -> None:  # noqa: ARG001 - whoever sits here may see the table, or it would not be drawn
    asked: dict[str, Any] | None = (context.value(_BOARD) or {}).get("ask")
    if not asked:
        return
    if asked["verb"] == "open":
        context.put(theme_desk.OPEN, asked["theme"])
    else:
        context.put("theme-hear", asked)
        context.put("hearing", None)


def _dialog(seat: Seat, standings: tuple[ThemeStanding, ...]) -> None:
    """The segments behind the number that was pressed, once."""
    asked = context.value("theme-hear")
    context.put("theme-hear", None)
    standing = next((item for item in standings if asked and item.theme.id == asked["theme"]), None)
    if asked and standing:
        theme_said.draw(seat, standing, asked["valence"], asked["what"])


def _order(seat: Seat, standings: tuple[ThemeStanding, ...]) -> None:
    written = sorted((item.theme for item in standings if item.is_written), key=lambda theme: theme.position)
    if len(written) < 2:
        return
    with st.expander("Order of your themes", icon=":material/swap_vert:", key="theme-order-box", on_change="rerun") as box:
        if not box.open:
            return
        items = [
            {"id": item.id, "name": item.name, "text": item.name, "source": item.domain, "has_audio": False} for item in written
        ]
        data = theme_parts.order_data(
            items,
            order=[item.id for item in written],
            heading="As they stand in the table, domain by domain",
            answer=context.value(f"{_ORDER}-answer"),
        )
        theme_parts.ordered(data, key=_ORDER, on_act=partial(_ordered, seat))


def _ordered(seat: Seat) -> None:
    act: dict[str, Any] | None = (context.value(_ORDER) or {}).get("act")
    if not act:
        return
    trouble = ""
    try:
        seat.authoring.order([str(item) for item in act["ids"]], client_id=str(act["id"]))
    except QualkitError as error:
        trouble = str(error)
    context.put(f"{_ORDER}-answer", {"id": act["id"], "trouble": trouble})


def _downloads(seat: Seat) -> None:
    """The theme table in the formats that most people want; all others are further down."""
    with st.container(horizontal=True, horizontal_alignment="right"):
        for name in AT_HAND:
            if name in plugs.names("exporters"):
                _download(seat, "theme_table", name, label=name.upper(), key=f"download-{name}")


def _download(seat: Seat, table: str, name: str, *, label: str, key: str) -> None:
    """A button that gives a table as a file, made only when somebody asks for it."""
    suffix: str = plugs.load("exporters", name).suffix
    st.download_button(
        label,
        data=lambda: seat.table_file([table], suffix),
        file_name=f"{table}{suffix}",
        icon=":material/download:",
        key=key,
        on_click="ignore",
    )


def _all_tables(seat: Seat) -> None:
    """Any table, in any format."""
    with st.expander("All tables, in all formats", icon=":material/table:", key="theme-tables", on_change="rerun") as box:
        if not box.open:
            return
        tables = seat.tables()
        chosen = st.selectbox("Table", list(tables), format_func=lambda name: tables[name].title, key="table-chosen")
        if chosen is None:
            return
        with st.container(horizontal=True):
            for name in plugs.names("exporters"):
                label = "LaTeX" if name == "latex" else name.capitalize() if name == "markdown" else name.upper()
                _download(seat, chosen, name, label=label, key=f"download-any-{name}")
        table = tables[chosen]
        shown, opens = replace(table, rows=table.rows[:N_SHOWN]), seat.table_opens(chosen)
        if opens:
            st.html(style.block(style.label(table.title)))
            behind.table(seat, shown, {at: item for at, item in opens.items() if at[0] < N_SHOWN}, key=f"table-{chosen}")
        else:
            st.html(style.block(html.fragment(shown)))
        if len(table.rows) > N_SHOWN:
            st.caption(f"The first {N_SHOWN} of {len(table.rows)} rows; the files have all of them.")
