"""Everything that an adjudicator reads about one case: what each coder said of the segment, and what was decided before."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from qualkit.model import Assignment, Case, Coder, CoderKind, Decision, Event, Evidence, grouped
from qualkit.stages.disputes import Dispute
from qualkit.stages.place import anchored
from qualkit.store import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    """What one coder made of a segment, seen from one code.

    `number` stands for the coder where names are hidden: in the order of joining the study, so that it stays. `others` are the
    further codes they gave, with the votes.
    """

    coder: str
    number: int
    vote: str | None
    confidence: float | None = None
    rationale: str = ""
    evidence: tuple[Evidence, ...] = ()
    memo: str = ""
    others: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """A case to be decided. `earlier` are decisions that are not in force any more, the newest first; `names` is by id."""

    dispute: Dispute
    codings: tuple[Coding, ...]
    earlier: tuple[Decision, ...]
    names: Mapping[str, str]

    @property
    def case(self) -> Case:
        """The case itself."""
        return self.dispute.case


def read(
    tx: Reading,
    dispute: Dispute,
    votes: Mapping[str, Mapping[str, str | None]],
    *,
    code_keys: Sequence[str],
    text: str,
    adjudicators: Collection[str] = (),
) -> CaseFile:
    """The file of a case; `votes` are those on its whole segment: coder -> code -> vote.

    `code_keys` are the codes that count as the one of the case, itself first; `text` has the words of the segment.
    """
    case = dispute.case
    known = {coder.name: coder for coder in tx.all(Coder, kind=CoderKind.HUMAN)}
    ids = [known[name].id for name in case.votes]
    said = grouped(
        tx.all(Assignment, segment_id=case.segment_id, coder_id=ids, code_key=list(code_keys)), lambda item: item.coder_id
    )
    number = numbers(tx, adjudicators)
    codings = []
    for name in sorted(case.votes, key=number.__getitem__):
        given = sorted(said.get(known[name].id, ()), key=lambda item: code_keys.index(item.code_key))
        others = sorted((key, vote) for key, vote in votes.get(name, {}).items() if key != case.code_key)
        codings.append(
            Coding(
                coder=name,
                number=number[name],
                vote=case.votes[name],
                confidence=given[0].confidence if given else None,
                rationale=" ".join(item.rationale for item in given if item.rationale),
                evidence=anchored((span for item in given for span in item.evidence), text),
                memo=tx.memo(case.segment_id, known[name].id),
                others=tuple(others),
            )
        )
    made = tx.all(Decision, past=True, segment_id=case.segment_id, code_key=list(code_keys))
    earlier = [item for item in reversed(made) if case.decision is None or item.id != case.decision.id]
    names = {coder.id: coder.name for coder in known.values()}
    return CaseFile(dispute=dispute, codings=tuple(codings), earlier=tuple(earlier), names=names)


def numbers(tx: Reading, adjudicators: Collection[str] = ()) -> dict[str, int]:
    """A number for each person, from 1, in the order in which they joined, `adjudicators` after those who code.

    Somebody who joins later changes no coder's number.
    """
    joined = {event.actor_id: event.seq for event in tx.all(Event, verb="joined")}
    in_order = sorted(
        tx.all(Coder, kind=CoderKind.HUMAN), key=lambda who: (who.name in adjudicators, joined.get(who.id, 0), who.name)
    )
    return {coder.name: number for number, coder in enumerate(in_order, start=1)}
