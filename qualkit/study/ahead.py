"""What pages ask of a study first, worked out before somebody opens them."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from qualkit.study import figures

if TYPE_CHECKING:
    from qualkit.study.study import Study


def read(study: Study) -> None:
    """Have all of it ready, first what most of the rest follows from; who asks for a part meanwhile waits for that part."""
    gc.disable()  # all of it is to stay: to go through it over and over for what could go takes a third of the time
    try:
        study.outline()
        study.tallied()
        study.debt()
        study.disputes()
        study.corpus()
        study.theme_standings()
        study.basis_note()
        study.standing()
        study.agreement()
        study.ledger()
        if figures.can_draw() and study.topics():
            study.said_print()
        gc.freeze()
    finally:
        gc.enable()
