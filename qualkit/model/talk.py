"""Meetings of a study, who was there, what was said, and how it is cut and corrected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from qualkit.model.base import require_span
from qualkit.model.heard import Mark, Word


class Role(StrEnum):
    """What a speaker was in the meeting. Only participants are coded and counted by default."""

    PARTICIPANT = "participant"
    MODERATOR = "moderator"
    OBSERVER = "observer"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyInfo:
    """What a study is about."""

    id: str
    title: str
    question: str
    language: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """One meeting, a focus group or an interview. `label` is unique in a study; `source` names the file it came from."""

    id: str
    label: str
    title: str
    source: str
    source_sha256: str
    held_on: str | None = None
    site: str | None = None
    kind: str = "focus group"
    attributes: Mapping[str, str] = field(default_factory=dict)
    marks: tuple[Mark, ...] = ()
    heard_s: float | None = None


def told_apart(transcripts: Iterable[Transcript]) -> list[Transcript]:
    """The same, those that share a title with their label behind it: tables and figures name meetings by title."""
    listed = list(transcripts)
    n_called = Counter(item.title for item in listed)
    return [replace(item, title=f"{item.title} ({item.label})") if n_called[item.title] > 1 else item for item in listed]


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """One voice in one meeting; `pseudonym` is printed with quotes and unique within the transcript.

    `label` is what the source calls the speaker, such as `Speaker 2`.
    """

    id: str
    transcript_id: str
    pseudonym: str
    role: Role
    label: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The sound of a meeting. Audio stays on disk in `recordings/`; only its name and checksum are kept."""

    id: str
    transcript_id: str
    file_name: str
    sha256: str
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One participant's turn. A corrected turn is a new revision with the same id."""

    id: str
    transcript_id: str
    position: int
    participant_id: str | None
    text: str
    start_s: float | None = None
    end_s: float | None = None
    speaker_confidence: float | None = None
    words: tuple[Word, ...] = ()
    revision: int = 1
    run_id: str | None = None

    @property
    def is_doubtful(self) -> bool:
        """Whether it is doubtful who speaks: confidence under one half, or more than a third of the words overlapped.

        A speaker whom a person has set has the confidence 1, and is not doubted.
        """
        if self.speaker_confidence is not None and (self.speaker_confidence < 0.5 or self.speaker_confidence == 1):
            return self.speaker_confidence < 0.5
        return 3 * sum(word.is_overlapped for word in self.words) > len(self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenTurn:
    """A turn as it leaves a study: the speaker by the name that is printed with quotes, None where nobody knows who it was."""

    text: str
    speaker: str | None = None
    role: Role | None = None
    start_s: float | None = None
    end_s: float | None = None
    words: tuple[Word, ...] = ()

    def __post_init__(self) -> None:
        require_span(self.start_s, self.end_s, "a turn")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenTranscript:
    """What every transcript writer writes: a meeting's label and title, and who said what and when."""

    label: str
    title: str
    turns: tuple[SpokenTurn, ...]

    @property
    def n_untimed(self) -> int:
        """How many turns lack a start or an end."""
        return sum(turn.start_s is None or turn.end_s is None for turn in self.turns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A meaning unit: a span of one turn, so it never crosses a speaker.

    `position` counts segments through the transcript from 1. `is_coded` is False for units shown for context only, such
    as a moderator's questions. Text, speaker and times are filled in by the store from the turn.
    """

    id: str
    transcript_id: str
    turn_id: str
    turn_revision: int
    position: int
    start_char: int
    end_char: int
    text: str
    participant_id: str | None
    is_coded: bool
    start_s: float | None = None
    end_s: float | None = None
    run_id: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start_char < self.end_char:
            raise ValueError(f"a segment must not be empty: {self.start_char}-{self.end_char}")
        require_span(self.start_s, self.end_s, "a segment")


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnAt:
    """One revision of a turn."""

    turn_id: str
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a person changed in a transcript, with all that it takes to undo it.

    Turns and segments are neighbours in the transcript, in order. Corrections made at one stroke share a `group_id`.
    """

    id: str
    group_id: str
    transcript_id: str
    coder_id: str
    verb: str
    turns_before: tuple[TurnAt, ...]
    turns_after: tuple[TurnAt, ...]
    segments_before: tuple[Segment, ...]
    segments_after: tuple[Segment, ...]
    made_at: datetime
