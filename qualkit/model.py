"""Every kind of thing qualkit keeps, and the rules that make one valid.

Standard library only (and `plain`), so that any floor may use it. All types are frozen, slotted and keyword-only. Conventions:

- seconds end in `_s`; character offsets end in `_char`, count Unicode code points and are half-open;
- confidence and score lie in 0 to 1; instants end in `_at` and are aware UTC;
- ids are UUID text. What people make gets a random id; what a machine derives from something gets an id computed from
  it (`derived_id`), so that the same input always yields the same ids and two teams' files can be merged.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from qualkit.plain import sha256_of

_NAMESPACE = uuid.UUID("8f0c6a52-9f5e-5f3b-9a43-3c0a4f6f7d10")


class Valence(StrEnum):
    """Whether what was said helps the programme, hinders it, or does both."""

    FACILITATOR = "facilitator"
    BARRIER = "barrier"
    MIXED = "mixed"


class Role(StrEnum):
    """What a speaker was in the meeting. Only participants are coded and counted by default."""

    PARTICIPANT = "participant"
    MODERATOR = "moderator"
    OBSERVER = "observer"


class CoderKind(StrEnum):
    """A machine is one more coder, filed under its own name."""

    HUMAN = "human"
    MACHINE = "machine"


class Origin(StrEnum):
    """Where a code comes from: the codebook written beforehand, or the data."""

    DEDUCTIVE = "deductive"
    INDUCTIVE = "inductive"


class Basis(StrEnum):
    """What a final code rests on, strongest first."""

    ADJUDICATED = "adjudicated"
    AGREED = "agreed"
    SINGLE = "single coder"
    SUGGESTED = "suggested"


def new_id() -> str:
    """A random id for something a person made."""
    return str(uuid.uuid4())


def derived_id(*parts: object) -> str:
    """An id computed from what a thing is made of: equal parts, equal id."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(str(part) for part in parts)))


def utc_now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


def _require_span(start_s: float | None, end_s: float | None, what: str) -> None:
    if start_s is not None and end_s is not None:
        _require(0 <= start_s <= end_s, f"{what} must start at 0 or later and end after its start: {start_s}-{end_s}")


# ---------------------------------------------------------------- meetings and what was said in them


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One recognised word with its time in the recording.

    `speaker_confidence` says how sure it is that its turn's speaker said it, None where nobody had to guess; `is_overlapped`
    that somebody else spoke at the same time.
    """

    text: str
    start_s: float
    end_s: float
    confidence: float
    speaker_confidence: float | None = None
    is_overlapped: bool = False

    def __post_init__(self) -> None:
        _require_span(self.start_s, self.end_s, "a word")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something a reader must know of a stretch of a recording, as a sentence: a loop that was cut, damage, a merged voice."""

    start_s: float
    end_s: float
    text: str

    def __post_init__(self) -> None:
        _require_span(self.start_s, self.end_s, "a mark")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a speech engine made of a piece of sound: words in the order of their start, and what it had to mend."""

    words: tuple[Word, ...]
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalVoice:
    """One voice within one short window of a recording, before anybody knows whose it is.

    Voices of one `window` are different people. `spans` are its seconds of speech in the recording, in order; they may
    overlap those of others. `vector` has length 1 and tells voices apart; it is empty where too little was heard.
    """

    window: int
    spans: tuple[tuple[float, float], ...]
    vector: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceTurn:
    """One speaker's talk without a pause. Speakers are numbered from 0; turns of different speakers may overlap."""

    start_s: float
    end_s: float
    speaker: int
    confidence: float

    def __post_init__(self) -> None:
        _require_span(self.start_s, self.end_s, "a turn of a voice")


@dataclass(frozen=True, slots=True, kw_only=True)
class Voices:
    """Who spoke when: turns by start, speakers numbered in order of first appearance, and one vector for each speaker."""

    turns: tuple[VoiceTurn, ...]
    vectors: tuple[tuple[float, ...], ...] = ()
    marks: tuple[Mark, ...] = ()

    @property
    def n_speakers(self) -> int:
        """How many people speak."""
        return len({turn.speaker for turn in self.turns})


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerCount:
    """How many people may be told apart: at least `least`, and at most `most` where that is known."""

    least: int = 1
    most: int | None = None

    def __post_init__(self) -> None:
        _require(1 <= self.least <= (self.most or self.least), f"no count of speakers lies in {self.least} to {self.most}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """One speaker's uninterrupted talk as a reader or a speech engine found it, before it belongs to a study.

    `speaker` is the label in the source, None when nobody is named; times are None where the source has none.
    """

    text: str
    speaker: str | None = None
    start_s: float | None = None
    end_s: float | None = None
    words: tuple[Word, ...] = ()
    speaker_confidence: float | None = None

    def __post_init__(self) -> None:
        _require_span(self.start_s, self.end_s, "an utterance")


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
        _require_span(self.start_s, self.end_s, "a turn")


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
        _require(0 <= self.start_char < self.end_char, f"a segment must not be empty: {self.start_char}-{self.end_char}")
        _require_span(self.start_s, self.end_s, "a segment")


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


# ---------------------------------------------------------------- codebooks


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One entry of a codebook.

    `valences` are the valences the code may take: none for a code without valence, one for a code that is itself a barrier
    or a facilitator, several where the coder chooses. `domain` is the heading under which the code's theme is printed.
    """

    key: str
    name: str
    definition: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    cues: tuple[str, ...] = ()
    parent_key: str | None = None
    domain: str | None = None
    valences: tuple[Valence, ...] = ()
    source: str | None = None
    origin: Origin = Origin.DEDUCTIVE

    def __post_init__(self) -> None:
        _require(bool(self.key) and self.key == self.key.strip(), f"a code needs a key without blanks around it: {self.key!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Codebook:
    """A version of a codebook; a change is a new version, known by its checksum.

    Raises `ValueError` for a key used twice or a parent that is not in the book.
    """

    name: str
    version: str
    codes: tuple[Code, ...]
    source: str | None = None
    licence: str | None = None

    def __post_init__(self) -> None:
        keys = [code.key for code in self.codes]
        _require(len(set(keys)) == len(keys), f"code keys used twice: {sorted({key for key in keys if keys.count(key) > 1})}")
        for code in self.codes:
            _require(code.parent_key is None or code.parent_key in keys, f"{code.key}: unknown parent {code.parent_key}")

    @property
    def sha256(self) -> str:
        """Checksum of everything in the book."""
        return sha256_of(self)

    @property
    def by_key(self) -> dict[str, Code]:
        """Codes by their key, in the book's order."""
        return {code.key: code for code in self.codes}

    def domain_of(self, key: str) -> str:
        """The heading for `key`: its own domain, else that of the nearest ancestor, else its topmost ancestor's name."""
        codes = self.by_key
        code = codes[key]
        while code.domain is None and code.parent_key is not None:
            code = codes[code.parent_key]
        return code.domain or (code.name if code.key != key else "")

    def diff(self, other: Codebook) -> dict[str, tuple[str, ...]]:
        """What `other`, a later version, `added`, `removed` and `changed`, as keys."""
        mine, theirs = self.by_key, other.by_key
        return {
            "added": tuple(key for key in theirs if key not in mine),
            "removed": tuple(key for key in mine if key not in theirs),
            "changed": tuple(key for key in mine if key in theirs and mine[key] != theirs[key]),
        }


# ---------------------------------------------------------------- judgements


@dataclass(frozen=True, slots=True, kw_only=True)
class Coder:
    """Somebody, or some machine, who codes. A machine's `engine` names what it ran."""

    id: str
    name: str
    kind: CoderKind = CoderKind.HUMAN
    engine: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A round of coding under one version of the codebook. Blind until it is revealed."""

    id: str
    number: int
    codebook_sha256: str
    blind: bool
    opened_at: datetime
    revealed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """ "I looked": the only thing that makes an absent code count as an absence. `version` counts judgements."""

    segment_id: str
    coder_id: str
    round_id: str
    version: int
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The words of a segment that caused a suggestion, as offsets in the segment's text."""

    start_char: int
    end_char: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A segment that people gave a code, and its likeness, a cosine, to one that a machine now suggests the code for."""

    segment_id: str
    likeness: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One code as a coder applies it to the segment in front of them."""

    code_key: str
    valence: Valence | None = None
    confidence: float | None = None
    rationale: str | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A code on a segment by one coder in one round. Superseded ones stay on file."""

    id: str
    segment_id: str
    code_key: str
    coder_id: str
    round_id: str
    valence: Valence | None = None
    confidence: float | None = None
    rationale: str | None = None
    evidence: tuple[Evidence, ...] = ()
    lines: tuple[str, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    is_sure: bool = False
    run_id: str | None = None
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A code a machine coder proposes for a segment, how sure it is, and what speaks for it.

    `score` is a probability, calibrated where people have coded enough. `evidence` are words of the segment, `lines` lines of
    the codebook, `neighbours` segments that people gave the code, likest first. `is_sure` says whether the machine keeps the
    error level that the study has set if it decides this itself; otherwise it abstains, and this is for a person to look at.
    `machine` and `run_id` are filled in by the study: whose suggestion it is, and of which run.
    """

    segment_id: str
    code_key: str
    score: float
    rationale: str
    evidence: tuple[Evidence, ...]
    valence: Valence | None = None
    lines: tuple[str, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    is_sure: bool = False
    machine: str = ""
    run_id: str | None = None

    def __post_init__(self) -> None:
        _require(0 <= self.score <= 1, f"a score lies between 0 and 1: {self.score}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What people made of one segment: the codes that count on it, with their valences.

    Every other code is absent, but for those in `unsettled`, on which people differ and nobody has decided yet.
    """

    codes: Mapping[str, Valence | None]
    unsettled: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What a machine coder is given to work on.

    `questions` has, by segment id, what a moderator said last before it; `lessons`, by segment id, what people made of the
    segments that they have judged. What a machine says of a segment that somebody has judged must not rest on lessons of the
    same transcript, so that it is as blind as its coder was.
    """

    segments: tuple[Segment, ...]
    codebook: Codebook
    questions: Mapping[str, str] = field(default_factory=dict)
    lessons: Mapping[str, Lesson] = field(default_factory=dict)


class Ruling(StrEnum):
    """Whether a machine coder may be left alone with a code."""

    USABLE = "usable"
    DO_NOT_AUTOMATE = "do not automate"
    TOO_FEW = "too few positives"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of a machine coder on transcripts that it had not learned from, for one code, and what follows.

    `kappa` is its agreement with people, `low` and `high` the 95 % interval, resampled by transcript; `human_kappa` is the
    agreement of people among themselves on the same code. None where it is undefined.
    """

    id: str
    machine: str
    code_key: str
    ruling: Ruling
    n_segments: int
    n_positive: int
    n_transcripts: int
    kappa: float | None
    low: float | None
    high: float | None
    human_kappa: float | None
    why: str
    run_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """How much a judgement of a segment would teach the machine coders, and why; only the order of values means something."""

    segment_id: str
    value: float
    why: str = ""
    run_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Segments drawn at random to measure reliability on, in the order in which they are to be coded.

    `share` of the segments to be coded of every transcript, coded already or not; `seed` draws the same ones again. A later
    draw supersedes, never replaces, an earlier one.
    """

    id: str
    seed: int
    share: float
    segment_ids: tuple[str, ...]
    drawn_at: datetime

    def __post_init__(self) -> None:
        _require(0 < self.share <= 1, f"a share lies between 0 and 1: {self.share}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """An adjudicator's word on one code of one segment. A later decision supersedes, never replaces, an earlier one."""

    id: str
    segment_id: str
    code_key: str
    round_id: str
    present: bool
    valence: Valence | None
    adjudicator_id: str
    reason: str
    note: str = ""
    supersedes: str | None = None
    decided_at: datetime


REASONS = ("ambiguous text", "codebook gap", "slip", "edge case", "judgement")
"""Why coders disagreed, as an adjudicator may record it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A row of the adjudication queue: one code on one segment, and what each coder who looked said of it.

    `votes` maps coder name to the valence chosen, "present" for a code without valence, or None for absent.
    """

    segment_id: str
    code_key: str
    votes: Mapping[str, str | None]
    decision: Decision | None = None

    @property
    def is_disputed(self) -> bool:
        """Whether the coders differ on presence or on valence."""
        return len(set(self.votes.values())) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalCode:
    """What counts in tables: one code on one segment, and what that rests on."""

    segment_id: str
    code_key: str
    valence: Valence | None
    basis: Basis


# ---------------------------------------------------------------- findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One coefficient with the counts behind it. `value` is None exactly when `undefined_because` says why."""

    measure: str
    code_key: str | None
    value: float | None
    n_units: int
    n_coders: int
    counts: Mapping[str, int]
    undefined_because: str | None = None

    def __post_init__(self) -> None:
        _require((self.value is None) == (self.undefined_because is not None), "a value, or a reason for having none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Uptake:
    """What a person did with a machine coder's suggestions of one code, counted in segments.

    Of `n_shown`, `n_shown_before` came up before the person's own judgement of the segment. `n_already` had the code when it
    was first shown. Of the others, in the judgement in force, `n_accepted` have it as suggested; `n_changed` have it with
    another valence, or do not have it but a code that the person took after seeing the suggestions and that no machine had
    suggested; `n_rejected` have neither. The rest wait for a judgement.
    """

    coder: str
    machine: str
    code_key: str
    n_shown: int
    n_shown_before: int
    n_already: int
    n_accepted: int
    n_changed: int
    n_rejected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Of a coder's judgements in force, how many have the codes that were given before any suggestion was shown."""

    coder: str
    n_judgements: int
    n_blind: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A cluster of segments with its most telling words: a candidate code for a human to name, merge or reject.

    `number` is -1 for the outliers, which are reported like any topic.
    """

    id: str
    run_id: str
    number: int
    words: tuple[str, ...]
    segment_ids: tuple[str, ...]
    quote_segment_ids: tuple[str, ...] = ()
    nearest_code_keys: tuple[str, ...] = ()
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A claim about the data, carried by codes. `domain` groups themes in the table."""

    id: str
    name: str
    claim: str
    domain: str
    code_keys: tuple[str, ...]
    topic_ids: tuple[str, ...] = ()
    quote_segment_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Verbatim words with everything needed to find and to hear them again."""

    segment_id: str
    text: str
    transcript_label: str
    participant: str | None
    start_s: float | None
    has_audio: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeRow:
    """A row of the theme table, with every count's denominator beside it."""

    domain: str
    theme: str
    valence: Valence | None
    definition: str
    n_groups: int
    of_groups: int
    n_participants: int
    of_participants: int
    n_segments: int
    quotes: tuple[Quote, ...]
    basis: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What every exporter writes: a title, columns, rows of plain cells, and notes printed under it.

    `is_data` marks a table that is meant for a script or a spreadsheet and not for paper.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float | None, ...], ...]
    notes: tuple[str, ...] = ()
    is_data: bool = False

    def __post_init__(self) -> None:
        for row in self.rows:
            _require(len(row) == len(self.columns), f"a row of {len(row)} cells under {len(self.columns)} columns")


# ---------------------------------------------------------------- records


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a machine stage: enough to say what a number rests on and whether the run is still up to date."""

    id: str
    stage: str
    options: Mapping[str, Any]
    inputs_sha256: str
    engine: str
    model_revision: str
    seed: int | None
    started_at: datetime
    ended_at: datetime
    summary: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One act in the append-only log. `hash` covers this event and, through `previous_hash`, all before it."""

    seq: int
    client_id: str
    happened_at: str
    actor_id: str
    verb: str
    payload: Mapping[str, Any]
    previous_hash: str
    hash: str


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


_IdentifiedT = TypeVar("_IdentifiedT", bound=_Identified)
_ItemT = TypeVar("_ItemT")
_KeyT = TypeVar("_KeyT")


def by_id(items: Iterable[_IdentifiedT]) -> dict[str, _IdentifiedT]:
    """Things with an `id`, keyed by it."""
    return {item.id: item for item in items}


def grouped(items: Iterable[_ItemT], key: Callable[[_ItemT], _KeyT]) -> dict[_KeyT, list[_ItemT]]:
    """Items in lists by `key(item)`, in order of first appearance."""
    groups: dict[_KeyT, list[_ItemT]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups
