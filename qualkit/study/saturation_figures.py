"""The accumulation curve as a figure for the paper, with its assumptions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qualkit.model import Saturation
from qualkit.stages import saturation_tables
from qualkit.study import saturating

if TYPE_CHECKING:
    from qualkit.figures.files import Figure
    from qualkit.figures.looks import Look
    from qualkit.study.figures import Draw
    from qualkit.study.study import Study

NAMES = {"saturation": "Accumulation of codes over groups"}
"""Stems of the figures of saturation, and what they are called."""


def of_saturation(study: Study) -> dict[str, Draw]:
    """What draws the accumulation curves, by the stem of their files; nothing with fewer than two groups with codes."""
    items = saturating.at_all_levels(study)
    if not items or len(items[0].groups) < 2:
        return {}
    return {"saturation": partial(_curves, study, items)}


def _curves(study: Study, items: list[Saturation], look: Look | None = None) -> Figure:
    from qualkit.figures.files import Figure
    from qualkit.figures.looks import LIGHT
    from qualkit.figures.saturation import curves

    notes = (saturation_tables.curve_note(items), *study.saturation_notes(items))
    return Figure(title="Accumulation of codes over groups", notes=notes, chart=curves(items, look or LIGHT))
