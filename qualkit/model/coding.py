"""What people and machines make of segments: judgements, decisions, and the codes that count in the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from qualkit.model.base import require
from qualkit.model.codebook import Valence


class CoderKind(StrEnum):
    """A machine is one more coder, filed under its own name."""

    HUMAN = "human"
    MACHINE = "machine"


class Basis(StrEnum):
    """What a final code rests on, strongest first."""

    ADJUDICATED = "adjudicated"
    AGREED = "agreed"
    SINGLE = "single coder"
    SUGGESTED = "suggested"
    TOPIC = "topic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coder:
    """Somebody, or some machine, who codes. A machine's `engine` names what it ran."""

    id: str
    name: str
    kind: CoderKind = CoderKind.HUMAN
    engine: str | None = None


class Purpose(StrEnum):
    """What a round is for: to code for the first time, to code again after a discussion, or to settle on one code together."""

    INDEPENDENT = "independent"
    RECODE = "re-code"
    CONSENSUS = "consensus"


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A round of coding under one version of the codebook. Blind until it is revealed; nobody judges in it once it is closed.

    `segment_ids` are the segments that it is about, none meaning all of them.
    """

    id: str
    number: int
    codebook_sha256: str
    blind: bool
    opened_at: datetime
    revealed_at: datetime | None = None
    closed_at: datetime | None = None
    purpose: Purpose = Purpose.INDEPENDENT
    segment_ids: tuple[str, ...] = ()

    @property
    def is_hidden(self) -> bool:
        """Whether those who code in it are kept from each other's codes."""
        return self.blind and self.revealed_at is None

    @property
    def state(self) -> str:
        """Where it stands, in a word or two."""
        sight = "blind" if self.is_hidden else "revealed" if self.blind else "not blind"
        return f"{'open' if self.closed_at is None else 'closed'}, {sight}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Who codes what in a round: by coder's name the ids of their segments, in the order of the talk.

    `share` of the segments of every transcript, drawn at random with `seed`, goes to everybody, so that agreement can be
    measured on them; the others are dealt out. A later plan supersedes, never replaces, an earlier one.
    """

    id: str
    round_id: str
    seed: int
    share: float
    parts: Mapping[str, tuple[str, ...]]
    made_at: datetime

    def __post_init__(self) -> None:
        require(0 <= self.share <= 1, f"a share lies between 0 and 1: {self.share}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundNote:
    """What somebody noted in the discussion of a round: of one code on one segment, of a segment, or of the round."""

    id: str
    round_id: str
    coder_id: str
    text: str
    segment_id: str = ""
    code_key: str = ""
    made_at: datetime


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
        require(0 < self.share <= 1, f"a share lies between 0 and 1: {self.share}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """An adjudicator's word on one code of one segment. A later decision supersedes, never replaces, an earlier one.

    `evidence` are the words it rests on, none meaning the whole segment. `votes` is what the coders, by name, said of the case
    when it was decided, so that it is known when they say otherwise later; None if nobody knows.
    """

    id: str
    segment_id: str
    code_key: str
    round_id: str
    present: bool
    valence: Valence | None
    adjudicator_id: str
    reason: str
    note: str = ""
    evidence: tuple[Evidence, ...] = ()
    votes: Mapping[str, str | None] | None = None
    supersedes: str | None = None
    decided_at: datetime


REASONS = ("ambiguous text", "codebook gap", "slip", "edge case", "judgement")
"""Why coders disagreed, as an adjudicator may record it."""

UNANIMOUS = "unanimous"
"""The reason of a decision that takes over what all coders said."""


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
