"""Themes: the table that the study is for, from a cell down to the voice, and where an author makes it their own."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from qualkit import plugs
from qualkit.errors import QualkitError
from qualkit.study import Seat
from qualkit.study.authoring import ThemeStanding
from qualkit.ui import context, style, theme_desk, theme_parts, theme_said

_BOARD, _ORDER = "theme-board", "theme-order"


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
    with st.expander("For and against, drawn", icon=":material/bar_chart:", key="theme-chart", on_change="rerun") as box:
        if box.open:
            from qualkit.figures import themes as charts

            rows = [row for item in standings for row in item.rows]
            st.altair_chart(charts.diverging(rows), width="stretch", alt="Segments for and against, theme by theme")
    _dialog(seat, standings)


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
    with st.container(horizontal=True, horizontal_alignment="right"):
        for name in plugs.names("exporters"):
            exporter = plugs.load("exporters", name)
            st.download_button(
                f"{name.upper()}",
                data=lambda exporter=exporter: _written(exporter, seat),
                file_name=f"theme_table{exporter.suffix}",
                icon=":material/download:",
                key=f"download-{name}",
                on_click="ignore",
            )


def _written(exporter: plugs.Exporter, seat: Seat) -> bytes:
    """The theme table as a file; made only when somebody asks for it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"theme_table{exporter.suffix}"
        exporter.write(seat.tables()["theme_table"], path)
        return path.read_bytes()
