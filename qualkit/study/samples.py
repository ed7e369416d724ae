"""Segments drawn at random to measure reliability on, and kept."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from qualkit.errors import StudyError
from qualkit.model import Sample, new_id, utc_now
from qualkit.plain import as_plain
from qualkit.stages import sample
from qualkit.store import Writing

if TYPE_CHECKING:
    from qualkit.study.study import Study

DREW = "drew a reliability sample"
"""The verb of the event that says which segments were drawn."""


def draw(study: Study, share: float, seed: int | None) -> Sample:
    """See `Study.draw_sample`."""
    if not 0 < share <= 1:
        raise StudyError(f"A share of the segments lies between 0 and 1, as in  --share 0.2,  and not at {share}.")
    chosen = seed if seed is not None else secrets.randbelow(1_000_000)
    drawn = sample.run(segments=study.coded_segments(), share=share, seed=chosen)
    if not drawn:
        raise StudyError("There is no segment to draw from yet; run  qualkit run  first.")
    made = Sample(id=new_id(), seed=chosen, share=share, segment_ids=tuple(drawn), drawn_at=utc_now())
    with study.store.write() as tx:
        keep(tx, made)
    return made


def keep(tx: Writing, made: Sample) -> None:
    """Make a sample the one in force."""
    tx.retire(Sample)
    tx.insert([made])
    tx.log("qualkit", DREW, said_of(made))


def said_of(sample: Sample) -> dict[str, object]:
    """What the log says of a sample: everything."""
    return {**as_plain(sample), "sample_id": sample.id}
