"""Keeping what people judge: appended with who and when, never overwritten, each act once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from qualkit.errors import BlindnessError, StaleError, StudyError
from qualkit.model import (
    Assignment,
    Choice,
    Codebook,
    Coder,
    Event,
    Purpose,
    Round,
    Suggestion,
    Valence,
    Visit,
    derived_id,
    new_id,
    utc_now,
)
from qualkit.stages import intrusion, uptake
from qualkit.stages.ratings import BY_RATERS
from qualkit.stages.responses import BY_INTERLOCUTORS
from qualkit.store import Reading, Writing


def coder_named(tx: Writing, name: str) -> Coder:
    """The human coder of that name, made known if new. Raises `StudyError` for a blank name or a machine's."""
    name = " ".join(name.split())
    if not name:
        raise StudyError("A coder needs a name.")
    known = tx.first(Coder, name=name)
    if known is not None and known.kind != "human":
        raise StudyError(f"{name!r} is a machine coder; a person needs another name.")
    if known is None:
        known = Coder(id=derived_id("coder", name), name=name)
        tx.insert([known])
        tx.log(known.id, "joined", {"coder_id": known.id})
    return known


def check_choices(
    choices: Sequence[Choice], codebook: Codebook, *, need_valence: bool = True, may_be_retired: bool = False
) -> tuple[Choice, ...]:
    """Choices with the only possible valence filled in.

    Raises `StudyError` for an unknown code, one that is retired unless that `may_be`, a code given twice, a confidence that is
    no share of 1, a valence that the code cannot take, or, if `need_valence`, one that is missing.
    """
    codes = codebook.by_key
    keys = [choice.code_key for choice in choices]
    if len(set(keys)) < len(keys):
        raise StudyError(f"The code {max(keys, key=keys.count)!r} was given twice to one segment.")
    for key in keys:
        if key not in codes:
            raise StudyError(f"The codebook has no code {key!r}.")
        if codes[key].retired is not None and not may_be_retired:
            instead = " or ".join(codes[key].replaced_by)
            raise StudyError(
                f"The code {key!r} is retired ({codes[key].retired}): "
                + (f"give {instead} instead." if instead else "it is not given any more.")
            )
    return tuple(_checked(choice, codes[choice.code_key].valences, need_valence) for choice in choices)


def check_evidence(choices: Sequence[Choice], text: str) -> None:
    """Raises `StudyError` for evidence that does not say what stands at its place in a segment's `text`."""
    for choice in choices:
        for span in choice.evidence:
            is_inside = 0 <= span.start_char < span.end_char <= len(text)
            if not is_inside or text[span.start_char : span.end_char] != span.text:
                raise StudyError(
                    f"{choice.code_key}: the evidence is not in the segment's words any more; they may have been corrected. "
                    "Mark it again."
                )


def _checked(choice: Choice, valences: tuple[Valence, ...], need_valence: bool) -> Choice:
    if choice.confidence is not None and not 0 <= choice.confidence <= 1:
        raise StudyError(f"{choice.code_key}: a confidence lies between 0 and 1, not at {choice.confidence}.")
    if choice.valence is None and len(valences) == 1:
        return replace(choice, valence=valences[0])
    if choice.valence is None and valences and need_valence:
        raise StudyError(f"{choice.code_key}: say whether it is {', '.join(valences)}.")
    if choice.valence is not None and choice.valence not in valences:
        raise StudyError(f"{choice.code_key} cannot be {choice.valence}; it takes {', '.join(valences) or 'no valence'}.")
    return choice


def whose(round_: Round, coder: Coder) -> dict[str, Any]:
    """Whose judgements stand where a coder judges in a round: their own, or in a round of consensus the one of the group."""
    if round_.purpose is Purpose.CONSENSUS:
        return {"round_id": round_.id}
    return {"coder_id": coder.id, "round_id": round_.id}


def need_open(tx: Reading, round_: Round, segment_id: str) -> None:
    """Raise `StudyError` if nobody judges in a round any more, or not that segment."""
    number, closed_at, newest = tx.columns(Round, "number", "closed_at", "id")[-1]
    if newest != round_.id:
        raise StudyError(f"Round {round_.number} is over, and round {number} is open: open the page again to judge in it.")
    if closed_at is not None:
        raise StudyError(f"Round {number} is closed, and nobody judges in it any more: open the next one first.")
    if round_.segment_ids and segment_id not in round_.segment_ids:
        raise StudyError(f"Round {number} is not about this segment ({segment_id}); the judgements on it stay as they are.")


def record(
    tx: Writing,
    *,
    coder: Coder,
    round_: Round,
    segment_id: str,
    choices: Sequence[Choice],
    shown: frozenset[str],
    memo: str = "",
    base_version: int | None = None,
    client_id: str | None = None,
) -> Visit:
    """Keep a coder's judgement of one segment: all the codes it has in their eyes, none being a judgement, too.

    `shown` are the segments of which the coder saw others' codes while blind, as `shown_to` gives them: a judgement on
    them is settled. `base_version` is the version of the coder's own judgement that was on the screen (0 for none). An act
    whose `client_id` is in the log already changes nothing. Raises `StaleError` if the judgement was changed elsewhere,
    `BlindnessError` for a change of a settled one, and `StudyError` as `need_open` does.
    """
    mine: dict[str, Any] = {"segment_id": segment_id, **whose(round_, coder)}
    before = tx.first(Visit, **mine)
    if client_id is not None and version_after(tx, coder, client_id) is not None:
        return before or tx.all(Visit, past=True, segment_id=segment_id, coder_id=coder.id)[-1]
    need_open(tx, round_, segment_id)
    if segment_id in shown:
        if before is not None and set(choices) == {as_choice(item) for item in tx.all(Assignment, **mine)}:
            return before
        raise BlindnessError(
            f"{coder.name} has seen the other coders' codes of this segment ({segment_id}), so a change would not be blind: "
            "let the case be adjudicated instead."
        )
    present = before.version if before else 0
    if base_version is not None and base_version != present:
        raise StaleError("This segment was judged again in another window meanwhile; look at the newer judgement first.")
    version = 1 + max((visit.version for visit in tx.all(Visit, past=True, **mine)), default=0)
    visit = Visit(segment_id=segment_id, coder_id=coder.id, round_id=round_.id, version=version, seen_at=utc_now())
    tx.retire(Visit, **mine)
    tx.replace([visit])
    tx.retire(Assignment, **mine)
    made = [_assignment(choice, visit) for choice in choices]
    tx.insert(made)
    if memo or before:
        tx.set_memo(segment_id, coder.id, round_.id, memo, for_all=round_.purpose is Purpose.CONSENSUS)
    tx.log(coder.id, uptake.JUDGED, {**_said(visit, made), "memo_sha256": digest(memo, visit)}, client_id)
    return visit


def version_after(tx: Reading, coder: Coder, client_id: str) -> int | None:
    """The version of a coder's judgement that an act of theirs left behind, 0 for none; None if it is not in the log."""
    act = tx.first(Event, client_id=client_id, actor_id=coder.id)
    if act is None or act.verb not in (uptake.JUDGED, WITHDREW):
        return None
    return 0 if act.verb == WITHDREW else int(str(act.payload["version"]))


def withdraw(
    tx: Writing,
    *,
    coder: Coder,
    round_: Round,
    segment_id: str,
    shown: frozenset[str],
    base_version: int,
    client_id: str | None = None,
) -> None:
    """Take a coder's judgement of a segment back, as if they had yet to look at it; what they said stays on file.

    Raises as `record` does, `StaleError` where there is no judgement of that version, and `StudyError` for a consensus.
    """
    mine: dict[str, Any] = {"segment_id": segment_id, **whose(round_, coder)}
    if client_id is not None and tx.has_happened(client_id):
        return
    need_open(tx, round_, segment_id)
    if round_.purpose is Purpose.CONSENSUS:
        raise StudyError("What a group agreed on is decided: record what it agrees on now instead of taking it back.")
    if segment_id in shown:
        raise BlindnessError(f"{coder.name} has seen the other coders' codes of this segment, so its judgement is settled.")
    before = tx.first(Visit, **mine)
    if before is None or before.version != base_version:
        raise StaleError("This segment was judged again in another window meanwhile; look at the newer judgement first.")
    tx.retire(Visit, **mine)
    tx.retire(Assignment, **mine)
    tx.set_memo(segment_id, coder.id, round_.id, "")
    tx.log(coder.id, WITHDREW, {"segment_id": segment_id, "round_id": round_.id, "version": base_version}, client_id)


WITHDREW = uptake.WITHDREW

SHOWN = "was shown codes"
"""The verb of the event that says which segments a blind coder saw others' codes of."""

OPENED = "opened a round"
CLOSED = "closed the round"
REVEALED = "revealed the round"
"""Verbs of the events in the life of a round."""

NOTED = "noted in a discussion"
"""The verb of the event that proves a note; the note itself is kept where it can be erased."""

DECIDED = "decided"
"""The verb of the event that settles one case."""

DECIDED_MANY = "decided many"
"""The verb of the event that settles many cases alike in one act."""

BY_CODERS = frozenset(
    {uptake.JUDGED, WITHDREW, uptake.SHOWN, SHOWN, NOTED, DECIDED, DECIDED_MANY, intrusion.ANSWERED, intrusion.SHOWN}
    | BY_INTERLOCUTORS
    | BY_RATERS
)
"""Verbs of acts that leave what is to be coded as it was."""


def shown_to(tx: Reading, coder: Coder, round_: Round) -> frozenset[str]:
    """Segments of which a coder was shown others' codes of a round while it was blind; none once it is revealed."""
    return seen_of(tx, coder, round_) if round_.is_hidden else frozenset()


def seen_of(tx: Reading, coder: Coder, round_: Round) -> frozenset[str]:
    """Segments of which the log says that a coder was shown others' codes of a round."""
    events = tx.all(Event, actor_id=coder.id, verb=SHOWN)
    return frozenset(key for event in events if event.payload["round_id"] == round_.id for key in event.payload["segment_ids"])


def showing(
    *,
    coder: Coder,
    round_: Round,
    segment_id: str,
    version: int,
    suggested: Mapping[str, Sequence[Suggestion]],
    run_ids: set[str],
) -> tuple[dict[str, object], str]:
    """The event that says what of machines' suggestions a coder saw on a segment, and when; its payload and client id.

    `version` is that of the coder's judgement on the screen, 0 before any; `suggested` has every machine, also one that had
    nothing to suggest. The client id is the same for the same segment, version and runs, however often the page is drawn.
    """
    payload = {
        "segment_id": segment_id,
        "round_id": round_.id,
        "version": version,
        "when": "after" if version else "before",
        "run_ids": sorted(run_ids),
        "machines": {
            machine: [{"code_key": item.code_key, "valence": item.valence} for item in said]
            for machine, said in sorted(suggested.items())
        },
    }
    return payload, derived_id("shown", coder.id, round_.id, segment_id, version, *sorted(run_ids))


def as_choice(item: Assignment) -> Choice:
    """An assignment as its coder chose it."""
    return Choice(
        code_key=item.code_key,
        valence=item.valence,
        confidence=item.confidence,
        rationale=item.rationale,
        evidence=item.evidence,
    )


def as_offered(own: Sequence[Assignment], codebook: Codebook) -> tuple[Choice, ...]:
    """A coder's assignments to a segment as choices of the codes of now: a merged code as the one that it counts as."""
    same = codebook.counts_as
    found: dict[str, Choice] = {}
    for item in sorted(own, key=lambda item: item.code_key in same and same[item.code_key] != item.code_key):
        key = same.get(item.code_key, item.code_key)
        found.setdefault(key, replace(as_choice(item), code_key=key))
    return tuple(found.values())


def _assignment(choice: Choice, visit: Visit) -> Assignment:
    return Assignment(
        id=new_id(),
        segment_id=visit.segment_id,
        code_key=choice.code_key,
        coder_id=visit.coder_id,
        round_id=visit.round_id,
        valence=choice.valence,
        confidence=choice.confidence,
        rationale=choice.rationale,
        evidence=choice.evidence,
        made_at=visit.seen_at,
    )


def _said(visit: Visit, made: Sequence[Assignment]) -> dict[str, object]:
    codes = [{"id": item.id, "code_key": item.code_key, "valence": item.valence, **marks_of(item)} for item in made]
    return {"segment_id": visit.segment_id, "round_id": visit.round_id, "version": visit.version, "codes": codes}


def marks_of(item: Assignment) -> dict[str, object]:
    """What the log says of a code beside its valence: how sure the coder was, and a digest of the words they marked."""
    spans = ";".join(f"{span.start_char}-{span.end_char} {span.text}" for span in item.evidence)
    return {"confidence": item.confidence, "evidence_sha256": digest(spans, item.id)}


def digest(text: str, salt: object) -> str | None:
    """Salted SHA-256 of free text, so that the log proves it without holding it; None for no text."""
    return hashlib.sha256(f"{salt}\x1f{text}".encode()).hexdigest() if text else None
