"""How topics join, how like one another they are, and how large they are."""

from __future__ import annotations

import streamlit as st

from qualkit.figures import topics as figures
from qualkit.study import Seat
from qualkit.ui import parts, style


def draw(seat: Seat) -> None:
    """The section."""
    topics, landscape = seat.topics(), seat.landscape()
    n, shown = len(figures.found(topics)), parts.look()
    has_merges = landscape is not None and len(landscape.merges) == n - 1 > 0
    has_likeness = landscape is not None and len(landscape.likeness) == n > 1
    if landscape is not None and has_merges:
        st.header("How they join")
        st.html(style.lead("Topics that join on the right are much alike: read them together, they may be one code."))
        st.altair_chart(
            figures.hierarchy(topics, landscape, shown), width="stretch", theme=None, alt="Dendrogram of the topics"
        )
    if landscape is not None and has_likeness:
        st.header("How like one another they are")
        st.html(style.lead("Cosines between the centres of topics, in the same order; likeness to itself is left out."))
        st.altair_chart(figures.likeness(topics, landscape, shown), width="stretch", theme=None, alt="Heat map of likeness")
    if not (has_merges or has_likeness):
        st.info("These topics come without a hierarchy: there are too few of them, or they were found by an earlier version.")
