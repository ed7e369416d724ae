"""Inline components of the app, each made of scripts and a style that lie in this folder: no front-end build."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

SHARED = "elements.js"
"""What the scripts of every component can use."""

_FOLDER = Path(__file__).parent


def component(name: str, *, scripts: tuple[str, ...], style: str) -> Any:
    """The component `qualkit.NAME`; its scripts are joined in their order, after what all share."""
    return st.components.v2.component(
        f"qualkit.{name}",
        js="\n".join(_text(script) for script in (SHARED, *scripts)),
        css=_text(style),
        isolate_styles=False,
    )


def packed(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a component is sent, in a list of one that its script takes apart.

    In a mapping Streamlit looks for data frames, and imports pandas and pyarrow to know one: 60 MB and half a second.
    """
    return [dict(data)]


def _text(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
