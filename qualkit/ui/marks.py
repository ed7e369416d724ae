"""Charts whose marks open: a mark that is clicked leads to the segments behind it, as a number of a table does."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

import streamlit as st

from qualkit.model import Behind
from qualkit.study import Seat
from qualkit.ui import behind, context

PICKED = "picked"
"""Name of the selection of every chart of which a mark can be clicked."""
FIELDS = ("opens", "topic_id", "stratum")
"""What a mark may be known by; see `Numbers.picked`."""


def chart(
    seat: Seat,
    drawn: Any,
    picked: Mapping[str, Behind],
    *,
    key: str,
    alt: str,
    width: Literal["stretch", "content"] = "stretch",
) -> None:
    """Put a chart into the page; a mark that is clicked opens what is behind it, for as often as it is clicked.

    It is put up anew after each click, as a mark that is chosen could not be chosen again.
    """
    if not picked:
        st.altair_chart(drawn, theme=None, width=width, alt=alt)
        return
    turn = f"{key}-turn"
    here = f"{key}-{context.value(turn, 0)}"
    st.altair_chart(
        drawn, theme=None, width=width, alt=alt, key=here, selection_mode=PICKED,
        on_select=partial(_clicked, here, turn, dict(picked)),
    )  # fmt: skip
    behind.opened(seat, turn)


def _clicked(here: str, turn: str, picked: Mapping[str, Behind]) -> None:
    found: Any = context.value(here)
    for mark in ((found or {}).get("selection", {}).get(PICKED) or [])[:1]:
        behind.ask(turn, picked.get("\n".join(str(mark[name]) for name in FIELDS if name in mark)))
        context.put(turn, context.value(turn, 0) + 1)
