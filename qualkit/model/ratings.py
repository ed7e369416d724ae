"""Ratings of constructs: how strongly each helped or hindered in a group or at a site, by raters blind to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RatingValue(StrEnum):
    """How a construct bore on implementation in one case; the sign says which way, the number how strongly."""

    STRONG_BARRIER = "-2"
    BARRIER = "-1"
    NEUTRAL = "0"
    FACILITATOR = "+1"
    STRONG_FACILITATOR = "+2"
    MIXED = "X"
    MISSING = "M"

    @property
    def number(self) -> int | None:
        """-2 to 2; None for mixed and missing, which have no place on the scale."""
        return None if self in (RatingValue.MIXED, RatingValue.MISSING) else int(self.value)

    @property
    def sign(self) -> str:
        """As it is printed: `+1`, `−2`, `0`, `X`, `M`."""
        return self.value.replace("-", "−")


GRADES = tuple(value for value in RatingValue if value.number is not None)
"""The scale, from -2 to +2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Construct:
    """What is rated: a code, or a construct of a framework with the codes that are tied to it."""

    key: str
    name: str
    domain: str
    definition: str
    code_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RatedCase:
    """Where it is rated: one group, or all groups of a site. `label` is how it is called in a command."""

    id: str
    label: str
    name: str
    transcript_ids: tuple[str, ...]
    stratum: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """One rater's word on a construct in a case. A newer one supersedes it, and it stays on file.

    `concrete_segment_ids` are the segments in which the rater found a concrete example of what the construct did.
    """

    id: str
    construct_key: str
    case_id: str
    coder_id: str
    value: RatingValue
    reason: str
    concrete_segment_ids: tuple[str, ...] = ()
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingConsensus:
    """What raters agreed on after they had rated by themselves. It supersedes an earlier consensus, and never a rating.

    `rating_ids` are the independent ratings that were in force.
    """

    id: str
    construct_key: str
    case_id: str
    coder_id: str
    value: RatingValue
    reason: str
    rating_ids: tuple[str, ...]
    made_at: datetime


class RatingBasis(StrEnum):
    """What a rating in the matrix rests on."""

    CONSENSUS = "consensus"
    ALIKE = "raters alike"
    SINGLE = "one rater"
    OPEN = "waits for consensus"
    NOBODY = "not rated"


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingCell:
    """A construct in a case: who rated it how, what was agreed on, and the talk there is of it."""

    construct_key: str
    case_id: str
    ratings: Mapping[str, RatingValue]
    consensus: RatingValue | None = None

    @property
    def basis(self) -> RatingBasis:
        """What stands, and why."""
        if self.consensus is not None:
            return RatingBasis.CONSENSUS
        if len(self.ratings) < 2:
            return RatingBasis.SINGLE if self.ratings else RatingBasis.NOBODY
        return RatingBasis.ALIKE if len(set(self.ratings.values())) == 1 else RatingBasis.OPEN

    @property
    def value(self) -> RatingValue | None:
        """The rating that stands: the consensus, or what two or more raters said alike; None where there is none yet."""
        if self.consensus is not None:
            return self.consensus
        return next(iter(self.ratings.values())) if self.basis is RatingBasis.ALIKE else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingProposal:
    """What the published rule makes of the coded segments of a cell; a help to people, and never counted as a rating.

    `for_ids` and its like are segments by valence. `why` says how the rule came to the value, `wanting` what a 2 would take,
    empty where it is none or cannot be.
    """

    value: RatingValue
    why: str
    wanting: str = ""
    for_ids: tuple[str, ...] = ()
    against_ids: tuple[str, ...] = ()
    mixed_ids: tuple[str, ...] = ()
    neutral_ids: tuple[str, ...] = ()


class Distinguishes(StrEnum):
    """How far a construct's ratings tell two strata apart."""

    STRONGLY = "strongly"
    WEAKLY = "weakly"
    NOT = "no"
    UNKNOWN = "too few"


@dataclass(frozen=True, slots=True, kw_only=True)
class Distinction:
    """A construct's ratings in two strata: the numbers that stand, mixed as 0 and missing left out, and what they show."""

    construct_key: str
    verdict: Distinguishes
    high: tuple[int, ...]
    low: tuple[int, ...]

    @property
    def gap(self) -> float | None:
        """How far the means lie apart, positive where the first stratum is rated higher."""
        if not self.high or not self.low:
            return None
        return sum(self.high) / len(self.high) - sum(self.low) / len(self.low)
