"""A person's place in a study: everything they may see and do, and nothing else.

Blindness lives here, below the pages. While a round is blind, somebody who codes in it sees

- of a segment they have not judged: the words, the talk around them, the sound; no code by anyone, no suggestion;
- of a segment they have judged: their own codes, and suggestions if the study shows any;
- cases for adjudication only on segments they have judged, and a judgement can no longer be changed once its case was seen;
- agreement, topics and themes only once they have judged every segment, which settles all their judgements.

What a blind coder was shown of others' codes is in the log.

People named in `adjudicators` of `study.toml` do not code and see everything. When the round is revealed, everybody does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from qualkit.errors import BlindnessError, StudyError
from qualkit.model import (
    Agreement,
    Assignment,
    Case,
    Choice,
    Codebook,
    Coder,
    CoderKind,
    Decision,
    Evidence,
    Participant,
    Recording,
    Role,
    Round,
    Segment,
    Suggestion,
    Table,
    Theme,
    ThemeRow,
    Topic,
    Transcript,
    Turn,
    Valence,
    Visit,
    by_id,
)
from qualkit.stages import place
from qualkit.study import judgements, meetings
from qualkit.study.corrections import Corrections
from qualkit.study.study import Study

CONTEXT_TURNS = 3
"""Turns shown before and after a segment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A turn as it is read: who, when, what."""

    speaker: str
    is_moderator: bool
    text: str
    start_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A segment as its coder may see it. `choices`, `memo` and `version` are the viewer's own.

    `lead` and `rest` are what the speaker said before and after it in the same turn.
    """

    segment: Segment
    lead: str
    rest: str
    transcript: Transcript
    speaker: str
    question: str | None
    before: tuple[Line, ...]
    after: tuple[Line, ...]
    has_audio: bool
    version: int
    choices: tuple[Choice, ...]
    memo: str
    suggestions: tuple[Suggestion, ...]
    is_speaker_doubtful: bool = False


class Seat:
    """What one named person may do in one study. Get one from `Study.seat`."""

    def __init__(self, study: Study, name: str) -> None:
        self._study = study
        with study.store.read() as tx:
            known, rounds = tx.first(Coder, name=" ".join(name.split()), kind=CoderKind.HUMAN), tx.all(Round)
        if known is None or not rounds:
            with study.store.write() as tx:
                known, rounds = judgements.coder_named(tx, name), [meetings.open_round(tx)]
        self.coder: Coder = known
        self.round: Round = rounds[-1]

    @property
    def name(self) -> str:
        """The person's name."""
        return self.coder.name

    @property
    def codebook(self) -> Codebook:
        """The codebook in force."""
        return self._study.codebook()

    @property
    def is_adjudicator(self) -> bool:
        """Whether `study.toml` names this person as one who decides and does not code."""
        return self.name in self._study.config.adjudicators

    @property
    def corrections(self) -> Corrections:
        """What this person may correct in the transcripts: everything, and everybody may."""
        return Corrections(self._study, self.coder)

    # ------------------------------------------------------------ coding

    def judged(self) -> dict[str, Visit]:
        """This person's judgements in the round, by segment id."""
        with self._study.store.read() as tx:
            return {visit.segment_id: visit for visit in tx.all(Visit, coder_id=self.coder.id, round_id=self.round.id)}

    def queue(self, transcript_id: str | None = None) -> list[str]:
        """Ids of the segments to be coded, judged or not, in the order of the talk."""
        segments = self._study.coded_segments()
        return [segment.id for segment in segments if transcript_id in (None, segment.transcript_id)]

    def progress(self) -> tuple[int, int]:
        """How many segments this person has judged, of how many."""
        queue, judged = self.queue(), self.judged()
        return sum(segment_id in judged for segment_id in queue), len(queue)

    def view(self, segment_id: str) -> View:
        """A segment with the talk around it, and with no more judgement than its viewer may see.

        Raises `StudyError` if there is no such segment.
        """
        with self._study.store.read() as tx:
            segment = tx.first(Segment, id=segment_id)
            if segment is None:
                raise StudyError("There is no such segment; it may have been cut anew. Open the page again.")
            transcript = tx.all(Transcript, id=segment.transcript_id)[0]
            people = by_id(tx.all(Participant, transcript_id=transcript.id))
            turns = tx.all(Turn, transcript_id=transcript.id)
            mine: dict[str, Any] = {"segment_id": segment_id, "coder_id": self.coder.id, "round_id": self.round.id}
            visit = tx.first(Visit, **mine)
            own = tx.all(Assignment, **mine)
            memo = tx.memo(segment_id, self.coder.id)
            has_audio = tx.first(Recording, transcript_id=transcript.id) is not None
        at = next(index for index, turn in enumerate(turns) if turn.id == segment.turn_id)
        lines = [_line(turn, people) for turn in turns]
        asked = [line.text for line in lines[:at] if line.is_moderator]
        return View(
            segment=segment,
            lead=turns[at].text[: segment.start_char].strip(),
            rest=turns[at].text[segment.end_char :].strip(),
            transcript=transcript,
            speaker=lines[at].speaker,
            question=asked[-1] if asked else None,
            before=tuple(lines[max(0, at - CONTEXT_TURNS) : at]),
            after=tuple(lines[at + 1 : at + 1 + CONTEXT_TURNS]),
            has_audio=has_audio and segment.start_s is not None,
            version=visit.version if visit else 0,
            choices=tuple(judgements.as_choice(item) for item in own),
            memo=memo,
            suggestions=tuple(_anchored(item, segment.text) for item in self._suggestions(segment_id, visit)),
            is_speaker_doubtful=turns[at].is_doubtful,
        )

    def _suggestions(self, segment_id: str, visit: Visit | None) -> list[Suggestion]:
        if not self._study.config.show_suggestions or (visit is None and self._is_blind_coder()):
            return []
        return self._study.suggestions(segment_id)

    def judge(
        self,
        segment_id: str,
        choices: Sequence[Choice],
        *,
        memo: str = "",
        base_version: int | None = None,
        client_id: str | None = None,
    ) -> Visit:
        """Keep this person's judgement of a segment; no choice at all means "looked, and no code fits".

        Raises `StudyError` for a code or valence that the codebook does not have, for a segment that is gone and for
        somebody who adjudicates; `StaleError` if the judgement was changed in another window; `BlindnessError` if this
        person was shown the others' codes of the segment, which their own can then no longer be blind to.
        """
        if self.is_adjudicator:
            raise StudyError(f"{self.name} adjudicates in this study and so does not code.")
        checked = judgements.check_choices(choices, self.codebook)
        with self._study.store.write() as tx:
            if tx.first(Segment, id=segment_id) is None:
                raise StudyError("There is no such segment.")
            return judgements.record(
                tx, coder=self.coder, round_=self.round, segment_id=segment_id, choices=checked, memo=memo,
                shown=judgements.shown_to(tx, self.coder, self.round), base_version=base_version, client_id=client_id,
            )  # fmt: skip

    def clip(self, segment_id: str) -> bytes | None:
        """The segment's own seconds of its recording as Ogg, or None if it cannot be heard."""
        from qualkit.engines import sound

        with self._study.store.read() as tx:
            segment = tx.first(Segment, id=segment_id)
            recording = tx.first(Recording, transcript_id=segment.transcript_id) if segment else None
        if segment is None or recording is None or segment.start_s is None:
            return None
        path = self._study.folder.recording(recording.file_name)
        return sound.clip(path, segment.start_s, segment.end_s or segment.start_s + 5) if path else None

    # ------------------------------------------------------------ what only those may see who are not blind any more

    def _is_blind_coder(self) -> bool:
        return self.round.blind and self.round.revealed_at is None and not self.is_adjudicator

    def may_see_results(self) -> bool:
        """Whether this person may see what all coders together said."""
        n_judged, n_all = self.progress()
        return not self._is_blind_coder() or (n_all > 0 and n_judged == n_all)

    def _need_results(self) -> None:
        if not self.may_see_results():
            n_judged, n_all = self.progress()
            raise BlindnessError(
                f"{self.name} codes blind and has judged {n_judged} of {n_all} segments: results show when all are judged, "
                "when the round is revealed, or to people whom study.toml names as adjudicators."
            )
        self._note_shown(set(self.judged()))

    def _note_shown(self, segment_ids: set[str]) -> None:
        if not self._is_blind_coder():
            return
        with self._study.store.read() as tx:
            new = segment_ids - judgements.shown_to(tx, self.coder, self.round)
        if new:
            with self._study.store.write() as tx:
                tx.log(self.coder.id, judgements.SHOWN, {"round_id": self.round.id, "segment_ids": sorted(new)})

    def cases(self) -> list[Case]:
        """Cases for adjudication, disputed ones first; while blind, only on segments this person has judged."""
        judged = self.judged()
        everything = self.may_see_results()
        seen = [case for case in self._study.cases() if everything or case.segment_id in judged]
        self._note_shown({case.segment_id for case in seen})
        return sorted(seen, key=lambda case: (not case.is_disputed, case.decision is not None))

    def decide(
        self,
        segment_id: str,
        code_key: str,
        *,
        present: bool,
        valence: Valence | None = None,
        reason: str,
        note: str = "",
        seen: str | None = None,
        client_id: str | None = None,
    ) -> Decision:
        """Decide one code of one segment; `present=False` against every coder means that nobody was right.

        `seen` is the id of the decision on the screen. Raises `BlindnessError` for a segment this person has yet to
        judge, `StaleError` if somebody decided meanwhile, `StudyError` for a valence the code cannot take.
        """
        if not self.may_see_results() and segment_id not in self.judged():
            raise BlindnessError(f"{self.name} codes blind and has yet to judge this segment.")
        choice = Choice(code_key=code_key, valence=valence)
        checked = judgements.check_choices([choice], self.codebook)[0] if present else choice
        with self._study.store.write() as tx:
            return judgements.decide(
                tx, adjudicator=self.coder, round_=self.round, segment_id=segment_id, code_key=code_key, present=present,
                valence=checked.valence, reason=reason, note=note, seen=seen, client_id=client_id,
            )  # fmt: skip

    def agreement(self) -> list[Agreement]:
        """As `Study.agreement`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.agreement()

    def topics(self) -> list[Topic]:
        """As `Study.topics`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.topics()

    def theme_rows(self) -> list[ThemeRow]:
        """As `Study.theme_rows`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.theme_rows()

    def tables(self) -> dict[str, Table]:
        """As `Study.tables`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.tables()

    def basis_note(self) -> str:
        """As `Study.basis_note`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.basis_note(self._study.final_codes())

    def themes(self) -> list[Theme]:
        """As `Study.themes`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.themes()

    def written_themes(self) -> list[Theme]:
        """As `Study.written_themes`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.written_themes()

    def save_themes(self, written: Sequence[Theme]) -> None:
        """As `Study.save_themes`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        self._study.save_themes(written, author=self.name)

    def segments(self, segment_ids: Sequence[str]) -> dict[str, Segment]:
        """Segments by id: words, never codes."""
        with self._study.store.read() as tx:
            return by_id(tx.all(Segment, id=list(segment_ids)))


def _anchored(item: Suggestion, text: str) -> Suggestion:
    """A suggestion whose evidence points at words of the segment as it reads now; what was corrected away is left out."""
    spans = [(was, place.find_quote(text, was.text, near_char=was.start_char)) for was in item.evidence]
    found = (Evidence(start_char=span[0], end_char=span[1], text=was.text) for was, span in spans if span)
    return replace(item, evidence=tuple(found))


def _line(turn: Turn, people: dict[str, Participant]) -> Line:
    person = people.get(turn.participant_id or "")
    return Line(
        speaker=person.pseudonym if person else "Unknown speaker",
        is_moderator=person is not None and person.role is Role.MODERATOR,
        text=turn.text,
        start_s=turn.start_s,
    )
