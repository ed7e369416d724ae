"""Inline components of the app, each made of scripts and a style that lie in this folder: no front-end build."""

from __future__ import annotations

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


def _text(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
