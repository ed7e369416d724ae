"""The section Figures of the page Report: any figure as the files have it, and from its marks and numbers to the voices."""

from __future__ import annotations

from functools import partial
from html import escape

import streamlit as st

from qualkit.study import Seat, figures
from qualkit.ui import behind, marks, parts, style

_CHOSEN = "figure-chosen"


def draw(seat: Seat) -> None:
    """The section."""
    drawn = seat.figures()
    if not drawn:
        st.info("There is nothing to draw yet: figures rest on codes that people agreed on or an adjudicator decided.")
        return
    stem = st.selectbox("Figure", list(drawn), format_func=figures.name_of, key=_CHOSEN)
    figure, numbers = drawn[stem](parts.look()), seat.figure_numbers(stem)
    st.header(figure.title)
    with st.container(key="figure-drawn"):
        chart, picked = figure.chart.properties(autosize="pad"), numbers.picked if numbers else {}
        marks.chart(seat, chart, picked, key=f"figure-{stem}", alt=figure.title, width="content")
    st.html(style.block(*(f'<p class="q-small q-grey q-prose">{escape(note)}</p>' for note in figure.notes)))
    _downloads(seat, stem)
    if numbers is not None:
        with st.expander("The same in numbers", icon=":material/table:", key="figure-numbers", on_change="rerun") as box:
            if box.open:
                behind.table(seat, numbers.table, numbers.opens, key=f"figure-numbers-{stem}")


def _downloads(seat: Seat, stem: str) -> None:
    """A button for each format; a file is made only when somebody asks for it, in the look of paper."""
    if not figures.can_draw():
        st.caption(figures.NO_FIGURES.capitalize())
        return
    with st.container(horizontal=True):
        for suffix in reversed(figures.SUFFIXES):
            st.download_button(
                suffix.removeprefix(".").upper(),
                data=partial(seat.figure_file, stem, suffix),
                file_name=f"{stem}{suffix}",
                icon=":material/download:",
                key=f"figure{suffix}",
                on_click="ignore",
            )
