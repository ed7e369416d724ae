"""The segments behind a number of the theme table: to read, narrowed to a group or a person, and to hear."""

from __future__ import annotations

from html import escape

import streamlit as st

from qualkit.study import Seat
from qualkit.study.authoring import ThemeStanding
from qualkit.ui import behind, style, theme_parts


@st.dialog("What was said", width="medium")  # type: ignore[untyped-decorator]
def draw(seat: Seat, standing: ThemeStanding, valence: str, what: str) -> None:
    """The dialog on one row of a theme; `what` was counted: `groups`, `people` or `segments`."""
    row = next((row for row in standing.rows if (row.valence or "") == valence), None)
    if row is None:
        st.info("These segments are not in the theme any more.")
        return
    said = theme_parts.said_of(row.valence, row.basis)
    kind = row.valence.value if row.valence else "present"
    name = standing.theme.name
    st.html(style.block(f'<p><span class="q-name">{escape(name)}</span> {style.chip(kind, _note(kind, said))}</p>'))
    counted = behind.Behind(title=name, segment_ids=row.segment_ids, what=what)
    behind.listed(seat, counted, f"said-{standing.theme.id}-{valence}-{what}")


def _note(kind: str, said: str) -> str:
    return "" if kind == said else f"({said})"
