"""The gap report and the recode debt of a study: fetched, worked out by pure functions, kept until something changes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from qualkit.model import Coder, CoderKind, Event, Round, Visit, grouped
from qualkit.stages import debt, gaps, rounds
from qualkit.stages.debt import Change, Debt
from qualkit.stages.gaps import GapReport

if TYPE_CHECKING:
    from qualkit.study.study import Study

READ = "read a codebook"
"""The verb of the event that says which codes a version of the codebook brought and took away."""


def report(study: Study) -> GapReport:
    """The topics of the last run against the codes that count."""
    waiting = {
        segment_id
        for segment_id, cases in study.cases_by_segment().items()
        if any(case.is_disputed and case.decision is None and any(case.votes.values()) for case in cases)
    }
    return gaps.run(
        topics=study.topics(),
        codes=study.final_codes(),
        segments=study.coded_segments(),
        judged=study.votes().keys(),
        codebook=study.codebook(),
        waiting=waiting,
    )


def debts(study: Study) -> tuple[Debt, ...]:
    """What people have yet to judge again because a code was added after they did."""
    book = study.codebook()
    with study.store.read() as tx:
        changes = [_change(event) for event in tx.all(Event, verb=READ)]
        if not debt.added_at(changes).keys() & book.by_key.keys():
            return ()
        people = [coder.id for coder in tx.all(Coder, kind=CoderKind.HUMAN)]
        visits = _with_consensus(tx.all(Visit, coder_id=people), rounds.numbers(tx.all(Round)))
    return debt.run(changes=changes, codebook=book, visits=visits, segments=study.coded_segments())


def _with_consensus(visits: Sequence[Visit], voting: Collection[str]) -> list[Visit]:
    """Visits with those of a group as visits of everybody who had judged the segment: they read it again together."""
    own = [visit for visit in visits if visit.round_id in voting]
    together = grouped((visit for visit in visits if visit.round_id not in voting), lambda visit: visit.segment_id)
    again = [replace(one, coder_id=visit.coder_id) for visit in own for one in together.get(visit.segment_id, ())]
    return own + again


def _change(event: Event) -> Change:
    return Change(
        at=datetime.fromisoformat(event.happened_at),
        added=tuple(event.payload.get("added", ())),
        removed=tuple(event.payload.get("removed", ())),
    )
