"""Who said how much, as a figure for the paper."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qualkit.model import GroupTalk
from qualkit.stages import talk_share as stage

if TYPE_CHECKING:
    from qualkit.figures.files import Figure
    from qualkit.figures.looks import Look
    from qualkit.study.figures import Draw
    from qualkit.study.study import Study

NAMES = {"talk_share": "Talk share"}
"""Stems of the figures of voices, and what they are called."""


def of_voices(study: Study) -> dict[str, Draw]:
    """What draws each figure there is something for, by the stem of its files."""
    groups = [item for item in study.talk_shares() if item.n_words]
    return {"talk_share": partial(_talk_share, study, groups)} if groups else {}


def _talk_share(study: Study, groups: list[GroupTalk], look: Look | None = None) -> Figure:
    from qualkit.figures.files import Figure
    from qualkit.figures.looks import LIGHT
    from qualkit.figures.talk_share import talk_share

    notes = (
        "A bar has all words of a meeting: the moderators', then each participant's, who said most first.",
        *stage.balance_notes(groups),
    )
    return Figure(title=f"Talk share: {study.info.title}", notes=notes, chart=talk_share(groups, look or LIGHT))
