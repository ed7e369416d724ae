"""The figures of the coding room as they are printed: a table for people, a line of JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Figures = dict[str, Any]

GOALS = {
    "median_ms": "<= 40",
    "p95_ms": "<= 80",
    "p95_ms_24_coders": "<= 120",
    "native_p95_ms": "",
    "fast_presses_recorded": "= 40",
    "fast_presses_unseen": "= 0",
    "restart_lost": "= 0",
    "soak_lost": "= 0",
    "soak_double": "= 0",
    "page_load_ms": "<= 1500",
    "server_mb": "<= 300",
}
"""Figures in the order of the table; those without a goal come after."""


def ordered(found: Mapping[str, Any]) -> Figures:
    """All figures with a goal, null where it was not measured, then the others."""
    return {**{name: found.get(name) for name in GOALS}, **{name: value for name, value in found.items() if name not in GOALS}}


def table(found: Mapping[str, Any]) -> list[str]:
    """The figures line by line, with their goals; pages come after."""
    lines = [f"{'':<34}{'measured':>12}  goal"]
    lines += [f"{name:<34}{_shown(value):>12}  {GOALS.get(name, '')}" for name, value in found.items() if name != "pages"]
    if found.get("pages"):
        lines += ["", f"{'page':<34}{'cold ms':>12}{'warm ms':>12}"]
        lines += [f"{load['page']:<34}{load['cold_ms']:>12.0f}{load['warm_ms']:>12.0f}" for load in found["pages"]]
    return lines


def _shown(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:,.1f}" if isinstance(value, float) else str(value)


def rounded(found: Mapping[str, Any]) -> Figures:
    """The figures as they are printed: tenths are enough."""
    return {name: _rounded(value) for name, value in found.items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 1)
    if isinstance(value, dict):
        return rounded(value)
    return [_rounded(item) for item in value] if isinstance(value, list) else value
