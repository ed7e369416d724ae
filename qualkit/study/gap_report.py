"""The gap report and the recode debt of a study: fetched, worked out by pure functions, kept until something changes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from qualkit.model import Assignment, ChangeKind, Coder, CoderKind, Round, Visit, grouped
from qualkit.stages import debt, gaps, rounds
from qualkit.stages.codebook_history import Step
from qualkit.stages.debt import Change, Debt, Given
from qualkit.stages.gaps import GapReport
from qualkit.study import codebook_changes

if TYPE_CHECKING:
    from qualkit.study.study import Study


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
    """What people have yet to judge again because a code was added or changed after they did."""
    book = study.codebook()
    changes = [_change(same) for _, same in grouped(codebook_changes.steps(study), lambda step: step.number).items()]
    claims = debt.claims(changes, book)
    if not claims:
        return ()
    wanted = {claim.code_key for claim in claims if claim.is_given}
    keys = [key for key, into in book.counts_as.items() if into in wanted]
    with study.store.read() as tx:
        people = [coder.id for coder in tx.all(Coder, kind=CoderKind.HUMAN)]
        visits = _with_consensus(tx.all(Visit, coder_id=people), rounds.numbers(tx.all(Round)))
        columns = ("segment_id", "coder_id", "round_id", "code_key")
        rows = tx.columns(Assignment, *columns, coder_id=people, code_key=keys) if keys else []
    given = [Given(**dict(zip(columns, row, strict=True))) for row in rows]
    return debt.run(changes=changes, codebook=book, visits=visits, segments=study.coded_segments(), given=given)


def _with_consensus(visits: Sequence[Visit], voting: Collection[str]) -> list[Visit]:
    """Visits with those of a group as visits of everybody who had judged the segment: they read it again together."""
    own = [visit for visit in visits if visit.round_id in voting]
    together = grouped((visit for visit in visits if visit.round_id not in voting), lambda visit: visit.segment_id)
    again = [replace(one, coder_id=visit.coder_id) for visit in own for one in together.get(visit.segment_id, ())]
    return own + again


def _change(steps: Sequence[Step]) -> Change:
    """What a version did, for debt; a code that is retired when it first comes was never there to be given."""

    def of(*kinds: ChangeKind) -> tuple[str, ...]:
        return tuple(step.key for step in steps if step.kind in kinds)

    return Change(
        at=steps[0].at,
        added=of(ChangeKind.ADDED),
        removed=of(ChangeKind.REMOVED),
        meaning=of(ChangeKind.MEANING),
        retired=of(ChangeKind.RETIRED, ChangeKind.MERGED, ChangeKind.SPLIT),
        restored=of(ChangeKind.RESTORED),
        split={step.key: step.after.replaced_by for step in steps if step.kind is ChangeKind.SPLIT and step.after},
    )
