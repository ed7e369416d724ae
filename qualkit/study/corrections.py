"""Correcting what was heard: every correction is kept with who and when, nothing is overwritten, and the last can be undone.

A corrected turn is a new revision with the same id. Codes hang on segments, and those keep their ids (`stages/correct.py`);
a correction that would leave nothing of a segment that somebody has judged is refused. The log says which turns became
which, never what was said. No code is seen or told here, so that blind coders may correct, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from qualkit.errors import ReadError, StaleError, StudyError
from qualkit.model import Coder, Participant, Recording, Role, Transcript, Turn, by_id, derived_id, new_id
from qualkit.stages import correct
from qualkit.stages.correct import Change
from qualkit.store import Writing
from qualkit.study import revisions, roster, words
from qualkit.study.revisions import Hand
from qualkit.study.windows import Window, windows_of

if TYPE_CHECKING:
    from qualkit.study.study import Study

EXCERPT_CHARS = 40
"""What a preview shows before and after what was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A turn that holds what was looked for: how often, and its first place with a little of the talk around it."""

    turn_id: str
    revision: int
    transcript_id: str
    speaker: str
    start_s: float | None
    n: int
    before: str
    match: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """How many turns were changed, and a sentence on each that could not be."""

    n_turns: int
    refused: tuple[str, ...] = ()


class Corrections:
    """What one person may correct in a study. Get one from `Seat.corrections`.

    `base_revision` is the revision of the turn that was on the screen; `StaleError` is raised if it has a newer one. An act
    whose `client_id` is in the log already changes nothing. `StudyError` is raised for a turn that is gone.
    """

    def __init__(self, study: Study, coder: Coder) -> None:
        self._study = study
        self._coder = coder
        self._hand = Hand(study, coder)

    # ------------------------------------------------------------ what there is to correct

    def windows(self, transcript_id: str) -> list[Window]:
        """The turns of a transcript in stretches of about `WINDOW_S` seconds, or of `WINDOW_TURNS` where there are no times."""
        with self._study.store.read() as tx:
            rows = tx.columns(Turn, "id", "start_s", "end_s", transcript_id=transcript_id)
        return windows_of(rows)

    def turns(self, window: Window) -> list[Turn]:
        """The turns of a window, in order."""
        with self._study.store.read() as tx:
            return tx.all(Turn, id=list(window.turn_ids))

    def people(self, transcript_id: str) -> list[Participant]:
        """Who speaks in a transcript, in the order of their first turn."""
        with self._study.store.read() as tx:
            spoke = [row[0] for row in tx.columns(Turn, "participant_id", transcript_id=transcript_id) if row[0]]
            known = by_id(tx.all(Participant, transcript_id=transcript_id))
        return [known[key] for key in dict.fromkeys(spoke) if key in known]

    def recording(self, transcript_id: str) -> Recording | None:
        """The recording of a transcript, if its file is in `recordings/`."""
        with self._study.store.read() as tx:
            known = tx.first(Recording, transcript_id=transcript_id)
        return known if known and self._study.folder.recording(known.file_name) else None

    def sound(self, recording: Recording, start_s: float, end_s: float) -> bytes:
        """Seconds of a recording as Ogg/Opus. Raises `ReadError` for a damaged one or one that is gone."""
        from qualkit.engines import sound

        path = self._study.folder.recording(recording.file_name)
        if path is None:
            raise ReadError(f"{recording.file_name} is not in recordings/ any more.")
        return sound.clip(path, start_s, end_s, pad_s=0.0)

    # ------------------------------------------------------------ one turn

    def edit(self, turn_id: str, text: str, *, base_revision: int | None = None, client_id: str | None = None) -> None:
        """Make `text` the words of a turn; no text removes the turn."""
        with self._study.store.write() as tx:
            if client_id is None or not tx.has_happened(client_id):
                self._edit(tx, revisions.turn_at(tx, turn_id, base_revision), text, client_id or new_id())

    def set_speaker(
        self,
        turn_id: str,
        *,
        participant_id: str | None = None,
        name: str | None = None,
        base_revision: int | None = None,
        client_id: str | None = None,
    ) -> None:
        """Have a turn said by somebody of the meeting: by id, or by name, which makes a participant of a new name."""
        with self._study.store.write() as tx:
            if client_id is not None and tx.has_happened(client_id):
                return
            turn = revisions.turn_at(tx, turn_id, base_revision)
            person = _person(tx, turn.transcript_id, participant_id, name)
            segments = revisions.segments_of(tx, [turn])
            self._hand.keep(
                tx, "set a speaker", [turn], correct.set_speaker(turn, person.id, segments), client_id=client_id or new_id()
            )

    def split(
        self,
        turn_id: str,
        at_char: int,
        *,
        text: str | None = None,
        base_revision: int | None = None,
        client_id: str | None = None,
    ) -> None:
        """Cut a turn in two before the word at `at_char`; `text`, where it is given, is what the turn is edited to first."""
        with self._study.store.write() as tx:
            if client_id is not None and tx.has_happened(client_id):
                return
            turn = revisions.turn_at(tx, turn_id, base_revision)
            before = Change(turns=(turn,), segments=tuple(revisions.segments_of(tx, [turn])))
            edited = before if text is None else correct.edit(turn, text, before.segments)
            if text is not None:
                at_char = len(correct.tidy(text[:at_char] + "|")) - 1
            if not edited.turns:
                raise StudyError("There is nothing to split.")
            halves = correct.split(
                replace(edited.turns[0], revision=turn.revision), at_char, edited.segments, new_turn_id=new_id()
            )
            self._hand.keep(
                tx, "split a turn", [turn], replace(halves, emptied=edited.emptied), client_id=client_id or new_id()
            )

    def merge(
        self, turn_id: str, *, next_id: str | None = None, base_revision: int | None = None, client_id: str | None = None
    ) -> None:
        """Make one turn of this and the next, which is the turn `next_id` if that is given, of this one's speaker."""
        with self._study.store.write() as tx:
            if client_id is not None and tx.has_happened(client_id):
                return
            turn = revisions.turn_at(tx, turn_id, base_revision)
            after = tx.first(Turn, transcript_id=turn.transcript_id, position=turn.position + 1)
            if after is None:
                raise StudyError("There is no next turn to merge with: this is the last.")
            if next_id not in (None, after.id):
                raise StaleError("Another turn follows this one by now; look at the transcript again first.")
            change = correct.merge(turn, after, revisions.segments_of(tx, [turn, after]))
            self._hand.keep(tx, "merged turns", [turn, after], change, client_id=client_id or new_id())

    def _edit(self, tx: Writing, turn: Turn, text: str, client_id: str, group_id: str = "") -> bool:
        if correct.tidy(text) == turn.text:
            return False
        change = correct.edit(turn, text, revisions.segments_of(tx, [turn]))
        verb = "edited a turn" if change.turns else "removed a turn"
        self._hand.keep(tx, verb, [turn], change, client_id=client_id, group_id=group_id)
        return True

    def undo(self, transcript_id: str, *, client_id: str | None = None) -> str:
        """Take back the last correction of a transcript, with all that were made at the same stroke; what it was.

        Raises `StudyError` if there is none or its segments cannot be restored, `StaleError` if somebody else made it.
        """
        with self._study.store.write() as tx:
            if client_id is not None and tx.has_happened(client_id):
                return ""
            return self._hand.undo_last(tx, transcript_id, client_id)

    # ------------------------------------------------------------ a speaker through a whole transcript

    def rename_speaker(self, participant_id: str, name: str, *, client_id: str | None = None) -> None:
        """Give a speaker another pseudonym in their transcript, also in `participants.csv`, so that no run undoes it.

        The name of somebody else in the meeting makes the two one: all their turns become that person's, which `undo` takes
        back at one stroke.
        """
        name = _name(name)
        with self._study.store.write() as tx:
            if client_id is not None and tx.has_happened(client_id):
                return
            person = tx.first(Participant, id=participant_id)
            if person is None:
                raise StudyError("There is no such speaker any more; open the page again.")
            if person.pseudonym == name:
                return
            other = tx.first(Participant, transcript_id=person.transcript_id, pseudonym=name)
            if other is not None:
                group_id = client_id or new_id()
                self._give_turns(tx, person, other, group_id)
                tx.log(self._coder.id, "made two speakers one", {"from": person.id, "to": other.id}, group_id)
                return
            renamed = replace(person, id=derived_id("participant", person.transcript_id, name), pseudonym=name)
            tx.retire(Participant, id=person.id)
            tx.replace([renamed])
            tx.reassign({person.id: renamed.id})
            label = tx.all(Transcript, id=person.transcript_id)[0].label
            said = {"transcript_id": person.transcript_id, "from": person.id, "to": renamed.id}
            tx.log(self._coder.id, "renamed a speaker", said, client_id)
            roster.rename(self._study.roster_file, label, person, name)

    def _give_turns(self, tx: Writing, person: Participant, other: Participant, group_id: str) -> None:
        for turn in tx.all(Turn, participant_id=person.id):
            change = correct.set_speaker(turn, other.id, revisions.segments_of(tx, [turn]))
            self._hand.keep(tx, "set a speaker", [turn], change, client_id=derived_id(group_id, turn.id), group_id=group_id)

    # ------------------------------------------------------------ find and replace

    def find(
        self, what: str, *, transcript_id: str | None = None, whole_words: bool = False, match_case: bool = False
    ) -> list[Found]:
        """The turns that hold `what`, in one transcript or in all, in the order of the meetings."""
        where: dict[str, Any] = {} if transcript_id is None else {"transcript_id": transcript_id}
        names = ("id", "revision", "transcript_id", "participant_id", "start_s", "text")
        with self._study.store.read() as tx:
            turns, people = tx.columns(Turn, *names, **where), by_id(tx.all(Participant, **where))
            order = {item.id: n for n, item in enumerate(tx.all(Transcript))}
        hits = []
        for turn in sorted(turns, key=lambda turn: order[turn[2]]):
            spans = correct.occurrences(turn[5], what, whole_words=whole_words, match_case=match_case)
            if spans:
                hits.append(_found(turn, spans, people.get(turn[3] or "")))
        return hits

    def replace_all(
        self,
        found: Sequence[Found],
        what: str,
        by: str,
        *,
        whole_words: bool = False,
        match_case: bool = False,
        client_id: str | None = None,
    ) -> Replaced:
        """Put `by` for `what` in turns that `find` found, each a correction of its own, all undone at one stroke.

        A turn that was changed since, or that would lose a judged segment, is left as it is and said.
        """
        group_id, refused, n_turns = client_id or new_id(), [], 0
        with self._study.store.write() as tx:
            for item in found:
                act_id = derived_id(group_id, item.turn_id)
                if tx.has_happened(act_id):
                    continue
                try:
                    turn = revisions.turn_at(tx, item.turn_id, item.revision)
                    spans = correct.occurrences(turn.text, what, whole_words=whole_words, match_case=match_case)
                    n_turns += self._edit(tx, turn, correct.replaced(turn.text, spans, by), act_id, group_id)
                except (StaleError, StudyError) as error:
                    refused.append(f"{item.before}{item.match}{item.after}: {error}")
        return Replaced(n_turns=n_turns, refused=tuple(refused))

    # ------------------------------------------------------------ the word list

    def add_words(self, new: Sequence[str]) -> tuple[str, ...]:
        """Add names and terms to the study's word list; those that were new to it."""
        fresh = words.add(self._study.folder.path, new)
        if fresh:
            with self._study.store.write() as tx:
                tx.log(self._coder.id, "added to the word list", {"n_words": len(fresh)})
        return fresh


# ---------------------------------------------------------------- what the acts share


def _name(name: str) -> str:
    name = correct.tidy(name)
    if not name or len(name) > 200:
        raise StudyError("A speaker needs a name of at most 200 characters.")
    return name


def _person(tx: Writing, transcript_id: str, participant_id: str | None, name: str | None) -> Participant:
    """Somebody of the meeting by id, or by name, made known if new."""
    if participant_id is not None:
        known = tx.first(Participant, id=participant_id, transcript_id=transcript_id)
        if known is None:
            raise StudyError("There is no such speaker in this transcript any more; open the page again.")
        return known
    name = _name(name or "")
    known = tx.first(Participant, transcript_id=transcript_id, pseudonym=name)
    if known is None:
        identity = derived_id("participant", transcript_id, name)
        known = Participant(id=identity, transcript_id=transcript_id, pseudonym=name, role=Role.PARTICIPANT, label=name)
        tx.replace([known])
    return known


def _found(turn: tuple[Any, ...], spans: Sequence[correct.Span], person: Participant | None) -> Found:
    turn_id, revision, transcript_id, _, start_s, text = turn
    start, end = spans[0]
    low, high = max(0, start - EXCERPT_CHARS), end + EXCERPT_CHARS
    return Found(
        turn_id=turn_id,
        revision=revision,
        transcript_id=transcript_id,
        speaker=person.pseudonym if person else "",
        start_s=start_s,
        n=len(spans),
        before=("…" if low else "") + text[low:start],
        match=text[start:end],
        after=text[end:high] + ("…" if high < len(text) else ""),
    )
