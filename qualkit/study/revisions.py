"""Writing a change of turns and segments into the database, with its event, and taking it back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qualkit.errors import StaleError, StudyError
from qualkit.model import Coder, Correction, Decision, Participant, Segment, Turn, TurnAt, Visit, by_id, grouped, utc_now
from qualkit.stages import segment
from qualkit.stages.correct import Change
from qualkit.store import Reading, Writing
from qualkit.study.judgements import digest
from qualkit.wording import first_line

if TYPE_CHECKING:
    from qualkit.study.study import Study


class Hand:
    """Who corrects, and how a change gets from their hand into the database."""

    def __init__(self, study: Study, coder: Coder) -> None:
        self._study = study
        self._coder = coder

    def keep(self, tx: Writing, verb: str, old: Sequence[Turn], change: Change, *, client_id: str, group_id: str = "") -> None:
        """Put a change in the place of the turns it was made of, with its event and all that it takes to undo it."""
        before = segments_of(tx, old)
        _refuse_if_judged(tx, change.emptied)
        after = self._put(tx, old, before, change)
        correction = Correction(
            id=client_id,
            group_id=group_id or client_id,
            transcript_id=old[0].transcript_id,
            coder_id=self._coder.id,
            verb=verb,
            turns_before=tuple(TurnAt(turn_id=turn.id, revision=turn.revision) for turn in old),
            turns_after=tuple(TurnAt(turn_id=turn.id, revision=turn.revision) for turn in after.turns),
            segments_before=tuple(before),
            segments_after=after.segments,
            made_at=utc_now(),
        )
        tx.insert([correction])
        tx.log(self._coder.id, verb, _said(old, before, after), client_id)

    def _put(self, tx: Writing, old: Sequence[Turn], before: Sequence[Segment], change: Change) -> Change:
        """Write a change's turns and segments in the places of the old ones, and move up or down what stands behind."""
        transcript_id, place = old[0].transcript_id, old[0].position
        turns = [replace(turn, position=place + n) for n, turn in enumerate(change.turns)]
        tx.retire(Turn, id=[turn.id for turn in old])
        tx.shift(Turn, transcript_id=transcript_id, after=place, by=len(turns) - len(old))
        tx.insert(turns)
        people = _present(tx, transcript_id, [turn.participant_id for turn in turns])
        options: segment.Options = self._study.options(segment, {})
        coded = {turn.id: segment.is_coded(turn, people, options) for turn in turns}
        start = before[0].position if before else 0
        segments = [replace(item, position=start + n, is_coded=coded[item.turn_id]) for n, item in enumerate(change.segments)]
        tx.retire(Segment, id=[item.id for item in before])
        if before:
            tx.shift(Segment, transcript_id=transcript_id, after=start, by=len(segments) - len(before))
        tx.replace(segments)
        _retire_silent(tx, transcript_id, {turn.participant_id for turn in old} - {turn.participant_id for turn in turns})
        return replace(change, turns=tuple(turns), segments=tuple(segments))

    def undo_last(self, tx: Writing, transcript_id: str, client_id: str | None = None) -> str:
        """As `Corrections.undo`."""
        made = tx.columns(Correction, "group_id", transcript_id=transcript_id)
        if not made:
            raise StudyError("There is no correction of this transcript to undo.")
        stroke = tx.all(Correction, group_id=made[-1][0])
        for touched, mine in grouped(stroke, lambda item: item.transcript_id).items():
            last = tx.columns(Correction, "id", "coder_id", transcript_id=touched)[-len(mine) :]
            if last != [(item.id, self._coder.id) for item in mine]:
                raise StaleError("Somebody else has corrected this transcript since; only they can undo that.")
        for item in reversed(stroke):
            self._undo(tx, item)
        undone = {"transcript_id": transcript_id, "corrections": [item.id for item in stroke]}
        tx.log(self._coder.id, "undid a correction", undone, client_id)
        return stroke[-1].verb

    def _undo(self, tx: Writing, made: Correction) -> None:
        old = [turn_at(tx, item.turn_id) for item in made.turns_after]
        now = segments_of(tx, old)
        if [(item.id, item.text) for item in now] != [(item.id, item.text) for item in made.segments_after]:
            raise StudyError(
                "The segments were cut anew since this correction, so it cannot be undone; correct the turn again."
            )
        gone = {item.id for item in made.segments_after} - {item.id for item in made.segments_before}
        _refuse_if_judged(tx, [item for item in now if item.id in gone])
        turns = [_as_it_was(tx, item) for item in made.turns_before]
        by_turn = by_id(turns)
        segments = [
            replace(item, turn_revision=by_turn[item.turn_id].revision, participant_id=by_turn[item.turn_id].participant_id)
            for item in made.segments_before
        ]
        _wake(tx, turns)
        if old:
            after = self._put(tx, old, now, Change(turns=tuple(turns), segments=tuple(segments)))
        else:
            after = self._put_back(tx, turns, segments)
        tx.retire(Correction, id=made.id)
        tx.log(self._coder.id, "restored a turn", _said(old, now, after))

    def _put_back(self, tx: Writing, turns: Sequence[Turn], segments: Sequence[Segment]) -> Change:
        """Write a removed turn and its segments where they stood."""
        transcript_id = turns[0].transcript_id
        tx.shift(Turn, transcript_id=transcript_id, after=turns[0].position - 1, by=len(turns))
        tx.insert(turns)
        if segments:
            tx.shift(Segment, transcript_id=transcript_id, after=segments[0].position - 1, by=len(segments))
            tx.replace(segments)
        return Change(turns=tuple(turns), segments=tuple(segments))


def turn_at(tx: Reading, turn_id: str, base_revision: int | None = None) -> Turn:
    """A turn as it stands. Raises `StaleError` if it is gone, or newer than `base_revision`."""
    turn = tx.first(Turn, id=turn_id)
    if turn is None:
        raise StaleError("This turn is gone: somebody merged or removed it meanwhile. Look at the transcript again first.")
    if base_revision not in (None, turn.revision):
        raise StaleError("This turn was corrected in another window meanwhile; look at the newer text first.")
    return turn


def segments_of(tx: Reading, turns: Sequence[Turn]) -> list[Segment]:
    """The segments of turns, in order."""
    return tx.all(Segment, turn_id=[turn.id for turn in turns]) if turns else []


def _refuse_if_judged(tx: Reading, segments: Sequence[Segment]) -> None:
    ids = [item.id for item in segments]
    if not ids:
        return
    judged = tx.values(Visit, "segment_id", segment_id=ids) | tx.values(Decision, "segment_id", segment_id=ids)
    for item in segments:
        if item.id in judged:
            raise StudyError(
                f"Nothing would be left of “{first_line(item.text, 60)}”, which people have coded, and a judgement is never "
                "thrown away: keep some of its words."
            )


def _present(tx: Reading, transcript_id: str, ids: Sequence[str | None]) -> dict[str, Participant]:
    return by_id(tx.all(Participant, transcript_id=transcript_id, id=[key for key in ids if key]))


def _retire_silent(tx: Writing, transcript_id: str, ids: Collection[str | None]) -> None:
    """People whose last turn has gone to others do not count as having been there."""
    for participant_id in ids:
        if participant_id and not tx.count(Turn, transcript_id=transcript_id, participant_id=participant_id):
            tx.retire(Participant, id=participant_id)


def _wake(tx: Writing, turns: Sequence[Turn]) -> None:
    """Have those who speak again count again."""
    ids = {turn.participant_id for turn in turns if turn.participant_id}
    silent = ids - {row[0] for row in tx.columns(Participant, "id", id=sorted(ids))}
    if silent:
        tx.replace(tx.all(Participant, past=True, id=sorted(silent)))


def _as_it_was(tx: Reading, at: TurnAt) -> Turn:
    """A past revision of a turn as its newest."""
    revisions = {turn.revision: turn for turn in tx.all(Turn, past=True, id=at.turn_id)}
    return replace(revisions[at.revision], revision=max(revisions) + 1)


def _said(old: Sequence[Turn], before: Sequence[Segment], after: Change) -> dict[str, Any]:
    """An event's payload: which turns and segments became which, and a digest of each text."""
    kept, left = {item.id for item in before}, {item.id for item in after.segments}
    return {
        "transcript_id": (*old, *after.turns)[0].transcript_id,
        "turns": [
            {"id": turn.id, "revision": turn.revision, "text_sha256": text_digest(turn), "participant_id": turn.participant_id}
            for turn in after.turns
        ],
        "gone": sorted({turn.id for turn in old} - {turn.id for turn in after.turns}),
        "segments_new": sorted(left - kept),
        "segments_gone": sorted(kept - left),
    }


def text_digest(turn: Turn) -> str | None:
    """Proof of a turn's text without the text."""
    return digest(turn.text, f"{turn.id} {turn.revision}")
