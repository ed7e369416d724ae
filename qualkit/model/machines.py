"""What machine coders are given and say, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from qualkit.model.base import require
from qualkit.model.codebook import Codebook, Valence
from qualkit.model.coding import Evidence, Neighbour
from qualkit.model.talk import Segment


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
        require(0 <= self.score <= 1, f"a score lies between 0 and 1: {self.score}")


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
