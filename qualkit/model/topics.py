"""What a machine found lying together, and what people make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from qualkit.model.base import require

OUTLIERS = -1
"""The number of what is in no topic."""

N_NEAREST = 3

STABLE = 0.5
"""A topic that returns with a mean Jaccard index of at least this is called stable: more of it stays than goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A cluster of segments with its most telling words: a candidate code for a person to name, merge or reject.

    `number` counts from 0, the largest first, and is -1 for the outliers, which are reported like any topic. `words` are single
    terms, `phrases` what was said in several words. `likeness` says how far the topic lies in the direction of each code of the
    codebook: cosines, by key. `returns` and `returns_without` say how much of it comes back in parts of the segments, and when
    transcripts are drawn anew: mean Jaccard index of the best match, 0 to 1; None for outliers, or where none was drawn.
    `placed_segment_ids`, a part of `segment_ids`, were outliers and are here only because it was asked for.
    """

    id: str
    run_id: str
    number: int
    words: tuple[str, ...]
    segment_ids: tuple[str, ...]
    phrases: tuple[str, ...] = ()
    quote_segment_ids: tuple[str, ...] = ()
    placed_segment_ids: tuple[str, ...] = ()
    likeness: Mapping[str, float] = field(default_factory=dict)
    returns: float | None = None
    returns_without: float | None = None
    label: str | None = None

    @property
    def nearest_code_keys(self) -> tuple[str, ...]:
        """The codes that the topic is most like, the nearest first."""
        return tuple(sorted(self.likeness, key=lambda key: -self.likeness[key])[:N_NEAREST])

    @property
    def is_stable(self) -> bool:
        """Whether more of it comes back than not, both in parts of the segments and when transcripts are drawn anew."""
        asked = [share for share in (self.returns, self.returns_without) if share is not None]
        return bool(asked) and min(asked) >= STABLE

    @property
    def name(self) -> str:
        """What people call it, else its number, counted from 1."""
        return self.label or ("No topic" if self.number < 0 else f"Topic {self.number + 1}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """A step of a hierarchy. `left` and `right` are numbers of topics, or n + k for the k-th step of n topics.

    `distance` is 0 for topics that are the same; it never falls from one step to the next.
    """

    left: int
    right: int
    distance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Landscape:
    """What holds for the topics of one run together.

    Topics were found again in `n_draws` parts of the segments, four fifths each, and in `n_group_draws` draws of transcripts
    with replacement. `draw_ari` and `draw_nmi` compare every two parts (adjusted Rand index, normalised mutual information),
    `kept_ari` and `group_ari` the topics with those of the parts, and of the drawn transcripts; None where nothing was drawn.
    `diversity` is the share of different words among the words of all topics. `likeness` has a row and a column for each topic
    in the order of the numbers: cosines between their centres. `n_outliers` counts those that were placed, too.
    """

    id: str
    run_id: str
    n_segments: int
    n_outliers: int
    n_placed: int
    n_draws: int
    n_group_draws: int
    draw_ari: float | None
    draw_nmi: float | None
    kept_ari: float | None
    group_ari: float | None
    diversity: float
    likeness: tuple[tuple[float, ...], ...]
    merges: tuple[Merge, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a segment lies on the map of topics: what is near was said in like words. Axes have no meaning or unit."""

    segment_id: str
    x: float
    y: float
    run_id: str | None = None


class TopicVerdict(StrEnum):
    """What a person made of a topic."""

    CODE = "made a code"
    JOINED = "joined to a code"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicDecision:
    """A person's word on a topic; a later one supersedes, never replaces, an earlier one.

    `words` and `run_id` keep what it was about when the topics are found anew. `code_key` is the code that was made of it or
    that it was joined to, None for a topic that was rejected.
    """

    id: str
    topic_id: str
    run_id: str
    words: tuple[str, ...]
    coder_id: str
    verdict: TopicVerdict
    code_key: str | None
    note: str
    decided_at: datetime

    def __post_init__(self) -> None:
        require((self.code_key is None) == (self.verdict is TopicVerdict.REJECTED), "a code, unless the topic is rejected")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstructLink:
    """A code tied to a construct of a framework, with the reason; a code may have several links, and so may a construct."""

    id: str
    code_key: str
    framework: str
    construct_key: str
    rationale: str
    coder_id: str
    made_at: datetime


class IntrusionKind(StrEnum):
    """What is shown: words with one that comes from elsewhere, or segments with one from another topic."""

    WORDS = "words"
    SEGMENTS = "segments"


@dataclass(frozen=True, slots=True, kw_only=True)
class IntrusionAnswer:
    """Which of the things shown a rater took for the intruder; `chosen` and `intruder` are words or ids of segments."""

    id: str
    topic_id: str
    kind: IntrusionKind
    coder_id: str
    shown: tuple[str, ...]
    intruder: str
    chosen: str
    answered_at: datetime

    def __post_init__(self) -> None:
        require({self.intruder, self.chosen} <= set(self.shown), "the intruder and the answer are among what was shown")
