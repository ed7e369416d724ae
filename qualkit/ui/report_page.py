"""Report: what a paper says of the data beyond its themes, and the files that are handed in with it.

The page draws only the section that is open.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import streamlit as st

from qualkit.study import Seat
from qualkit.ui import context

SECTIONS = {
    "Agreement": "report_agreement",
    "Saturation": "report_saturation",
    "Voices": "report_voices",
    "Figures": "report_figures",
    "Checklists": "report_checklists",
}
"""Sections and the modules whose `draw(seat)` draws them, imported when they are opened."""

FIRST = "Agreement"


def draw() -> None:
    """The page."""
    seat = context.need_seat()
    st.title("Report")
    section = st.segmented_control(
        "Section",
        list(SECTIONS),
        default=FIRST,
        key="report-section",
        required=True,
        label_visibility="collapsed",
        bind="query-params",
    )
    drawer: Callable[[Seat], None] = import_module(f"qualkit.ui.{SECTIONS[section or FIRST]}").draw
    drawer(seat)
