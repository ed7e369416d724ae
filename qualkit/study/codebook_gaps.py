"""Open gaps of a study's codebook: decisions that say coders differed because a code's entry does not tell."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from qualkit.model import Event
from qualkit.stages import codebook_gaps
from qualkit.stages.codebook_gaps import CodebookGap
from qualkit.study.codebook_changes import READ

if TYPE_CHECKING:
    from qualkit.study.study import Study


def open_gaps(study: Study) -> tuple[CodebookGap, ...]:
    """What adjudicators found wanting and nobody has changed since, by code, those with most decisions first."""
    study.codebook()  # a codebook that has changed is a new event
    with study.store.read() as tx:
        events = tx.all(Event, verb=READ)
    changed: dict[str, datetime] = {}
    for event in events:
        for key in (*event.payload.get("added", ()), *event.payload.get("changed", ())):
            changed[key] = datetime.fromisoformat(event.happened_at)
    return codebook_gaps.run(study.decisions().values(), changed)
