"""Keeping what adjudicators decide: appended with who, when, why and on which votes; never overwritten, each act once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qualkit.errors import StaleError, StudyError
from qualkit.model import (
    REASONS,
    UNANIMOUS,
    Assignment,
    Choice,
    Coder,
    CoderKind,
    Decision,
    Event,
    Evidence,
    Round,
    Segment,
    Valence,
    new_id,
    utc_now,
)
from qualkit.plain import sha256_of
from qualkit.stages.disputes import Proposal
from qualkit.store import Reading, Writing
from qualkit.study.judgements import DECIDED, DECIDED_MANY, digest

RULE = "judgement"
"""The reason of decisions by a rule; the note says which."""


def decide(
    tx: Writing,
    *,
    adjudicator: Coder,
    round_: Round,
    segment_id: str,
    code_key: str,
    present: bool,
    valence: Valence | None,
    reason: str,
    note: str = "",
    evidence: Sequence[Evidence] = (),
    votes: Mapping[str, str | None] | None = None,
    seen: str | None = None,
    client_id: str | None = None,
    merged_keys: Sequence[str] = (),
) -> Decision:
    """Keep an adjudicator's decision on one code of one segment.

    `merged_keys` are the codes that were merged into this one, decisions on which it supersedes too. `evidence` are the words
    it rests on, none meaning the whole segment; `votes` what coders, by name, said of it then. `seen` is the id of the decision
    that was on the screen, None for none. Raises `StaleError` if somebody has decided meanwhile, and `StudyError` for an
    unknown segment, words that are not in it, or a reason that is not one of `REASONS`.
    """
    if (known := made_by(tx, client_id)) is not None:
        return known
    others = tx.all(Decision, segment_id=segment_id, code_key=list(merged_keys)) if merged_keys else []
    latest = tx.first(Decision, segment_id=segment_id, code_key=code_key)
    if seen not in {latest.id if latest else None, *(item.id for item in others)}:
        raise StaleError("Somebody decided this case meanwhile; look at the newer decision first.")
    if reason not in REASONS:
        raise StudyError(f"{reason!r} is no reason; choose {', '.join(REASONS)}.")
    segment = tx.first(Segment, id=segment_id)
    if segment is None:
        raise StudyError("There is no such segment.")
    decision = Decision(
        id=new_id(),
        segment_id=segment_id,
        code_key=code_key,
        round_id=round_.id,
        present=present,
        valence=valence if present else None,
        adjudicator_id=adjudicator.id,
        reason=reason,
        note=note,
        evidence=checked_evidence(evidence, segment.text) if present else (),
        votes=dict(votes) if votes is not None else None,
        supersedes=seen,
        decided_at=utc_now(),
    )
    tx.retire(Decision, segment_id=segment_id, code_key=[code_key, *merged_keys])
    tx.insert([decision])
    payload = {**said_of(decision, ids_of(tx)), "round_id": round_.id, "supersedes": seen}
    if others:
        payload["in_place_of"] = sorted(item.code_key for item in others)
    tx.log(adjudicator.id, DECIDED, {**payload, "note_sha256": digest(note, decision.id)}, client_id)
    return decision


def made_by(tx: Reading, client_id: str | None) -> Decision | None:
    """The decision that an act made, in force or not; None if there was no such act."""
    act = tx.first(Event, client_id=client_id, verb=DECIDED) if client_id is not None else None
    return tx.first(Decision, past=True, id=act.payload["id"]) if act else None


CONSENSUS = "consensus"
"""The note of a decision that a group came to."""


def settle(tx: Writing, *, by: Coder, round_: Round, segment_id: str, choices: Sequence[Choice]) -> None:
    """Decide every code that anybody gave to a segment as a group agreed on it: those of `choices` present, all others absent.

    A decision of the group that says the same already stays.
    """
    chosen = {choice.code_key: choice for choice in choices}
    people = list(ids_of(tx).values())
    given = [code_key for (code_key,) in tx.columns(Assignment, "code_key", segment_id=segment_id, coder_id=people)]
    stand = {item.code_key: item for item in tx.all(Decision, segment_id=segment_id)}
    for code_key in sorted({*chosen, *given, *stand}):
        present, latest = code_key in chosen, stand.get(code_key)
        valence = chosen[code_key].valence if present else None
        if latest is None or (latest.round_id, latest.present, latest.valence) != (round_.id, present, valence):
            decide(
                tx, adjudicator=by, round_=round_, segment_id=segment_id, code_key=code_key, present=present, valence=valence,
                reason="judgement", note=CONSENSUS, seen=latest.id if latest else None,
            )  # fmt: skip


def accept(
    tx: Writing,
    proposals: Sequence[Proposal],
    *,
    adjudicator: Coder,
    round_: Round,
    note: str = "",
    reason: str = UNANIMOUS,
    client_id: str,
) -> int:
    """Keep many decisions as one act; how many there were, the same number when the act comes again.

    Cases that were decided meanwhile are left as they are. No words are decided on.
    """
    if (known := accepted(tx, client_id)) is not None:
        return known
    decided = {(segment_id, code_key) for segment_id, code_key in tx.columns(Decision, "segment_id", "code_key")}
    made = [
        _accepted(item, adjudicator=adjudicator, round_=round_, reason=reason, note=note)
        for item in proposals
        if (item.case.segment_id, item.case.code_key) not in decided
    ]
    if made:
        tx.insert(made)
        ids = ids_of(tx)
        listed = [said_of(decision, ids) for decision in made]
        payload = {"round_id": round_.id, "reason": reason, "note_sha256": digest(note, client_id), "decisions": listed}
        tx.log(adjudicator.id, DECIDED_MANY, payload, client_id)
    return len(made)


def accepted(tx: Reading, client_id: str) -> int | None:
    """How many decisions an act of `accept` made; None if there was no such act."""
    before = tx.first(Event, client_id=client_id)
    return len(before.payload.get("decisions", ())) if before is not None else None


def _accepted(item: Proposal, *, adjudicator: Coder, round_: Round, reason: str, note: str) -> Decision:
    return Decision(
        id=new_id(),
        segment_id=item.case.segment_id,
        code_key=item.case.code_key,
        round_id=round_.id,
        present=item.vote is not None,
        valence=Valence(item.vote) if item.vote in set(Valence) else None,
        adjudicator_id=adjudicator.id,
        reason=reason,
        note=note,
        votes=dict(item.case.votes),
        decided_at=utc_now(),
    )


def checked_evidence(spans: Sequence[Evidence], text: str) -> tuple[Evidence, ...]:
    """Spans in the order of the text. Raises `StudyError` for one that is not in the text or says other words."""
    for span in spans:
        if not 0 <= span.start_char < span.end_char <= len(text) or text[span.start_char : span.end_char] != span.text:
            raise StudyError("The marked words are not in this segment any more; mark them anew.")
    return tuple(sorted(spans, key=lambda span: (span.start_char, span.end_char)))


def ids_of(tx: Reading) -> dict[str, str]:
    """Ids of the people who code, by name."""
    return {coder.name: coder.id for coder in tx.all(Coder, kind=CoderKind.HUMAN)}


def said_of(decision: Decision, ids: Mapping[str, str]) -> dict[str, Any]:
    """A decision as the log has it: coders by id, words as a digest of their places, no text."""
    votes = decision.votes
    return {
        **{name: getattr(decision, name) for name in ("id", "segment_id", "code_key", "present", "valence", "reason")},
        "evidence_sha256": places(decision.evidence),
        "votes": None if votes is None else {ids.get(name, name): vote for name, vote in votes.items()},
    }


def places(spans: Sequence[Evidence]) -> str | None:
    """SHA-256 of the places of marked words, None for none; what was said is not in it."""
    return sha256_of([(span.start_char, span.end_char) for span in spans]) if spans else None
