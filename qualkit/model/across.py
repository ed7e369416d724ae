"""Topics within and across groups: a guide's questions, and how often each topic is met in each part of the talk."""

from __future__ import annotations

from dataclasses import dataclass

from qualkit.model.base import require
from qualkit.wording import percent

ONE_VOICE = 0.4
"""A topic is carried by one participant when more than this share of its segments is theirs."""
ONE_GROUP = 0.8
"""A topic is carried by one group when more than this share of its segments comes from it."""
FEWEST_CARRIED = 3
"""Of a topic with fewer segments nothing is said about who carries it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideQuestion:
    """A numbered question of the moderator's guide, with the probes under it; `title` is its short name, if it has one."""

    number: int
    text: str
    title: str = ""
    probes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Number and title, or the first words."""
        words = (self.title or self.text).split()
        short = " ".join(words[:7]) + ("…" if len(words) > 7 else "")
        return f"{self.number}. {short}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """One part of the talk: a group, a site, people of one kind, what followed a question, a tenth of the meetings.

    `n_segments` counts all of its coded segments, those of no topic too, `n_participants` the people who spoke them.
    `is_known` is False for the segments of which nobody knows where they belong; no measure looks at those.
    """

    key: str
    name: str
    n_segments: int
    n_participants: int
    is_known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A topic in one stratum: its segments there, in the order of the talk.

    `share` is of all the stratum's segments, 0 to 1; None where it has none. `residual` is the adjusted standardised residual:
    how far the number of segments is from what an even spread would give, in its own standard deviations; None where it is
    undefined.
    """

    segment_ids: tuple[str, ...]
    n_participants: int
    share: float | None
    residual: float | None

    @property
    def n_segments(self) -> int:
        """How many segments there are."""
        return len(self.segment_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """Who a topic or theme rests on: how many groups and participants, and the share of its segments of who said most.

    Segments of unknown speakers count for their group and for nobody else. It is flagged where one participant has more than
    the share `one_voice` of its segments, or one group more than `one_group`.
    """

    n_groups: int
    of_groups: int
    n_participants: int
    of_participants: int
    participant: str | None
    participant_share: float
    group: str | None
    group_share: float
    n_segments: int
    one_voice: float = ONE_VOICE
    one_group: float = ONE_GROUP

    @property
    def flags(self) -> tuple[str, ...]:
        """Sentences that warn of what is one person's or one group's; none for what is widely shared."""
        if self.n_segments < FEWEST_CARRIED:
            return ()
        found = []
        if self.participant and self.participant_share > self.one_voice:
            found.append(f"{percent(self.participant_share)} of its segments from one person ({self.participant})")
        if self.group and self.of_groups > 1 and self.group_share > self.one_group:
            found.append(f"{percent(self.group_share)} of its segments from one group ({self.group})")
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossRow:
    """A topic across all strata, in the order of the table's columns.

    `unevenness` is Cramer's V, corrected for bias, of this topic against all others over the strata; None if undefined.
    """

    topic_id: str
    number: int
    name: str
    words: tuple[str, ...]
    n_segments: int
    cells: tuple[Cell, ...]
    carried: Carried
    unevenness: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Crosstab:
    """Topics, outliers last, by the strata of one kind; `by` is the kind's key, `title` its name for people.

    `cramers_v` says how much of the topics hangs on the stratum, 0 to 1, corrected for bias; outliers are left out of it. It
    is None exactly when `undefined_because` says why. `notes` say what is counted.
    """

    by: str
    title: str
    columns: tuple[Stratum, ...]
    rows: tuple[CrossRow, ...]
    n_segments: int
    n_participants: int
    cramers_v: float | None
    undefined_because: str | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require((self.cramers_v is None) == (self.undefined_because is not None), "a value, or a reason for having none")
        for row in self.rows:
            require(len(row.cells) == len(self.columns), f"a row of {len(row.cells)} cells under {len(self.columns)} columns")

    @property
    def known(self) -> tuple[Stratum, ...]:
        """The strata that are known."""
        return tuple(column for column in self.columns if column.is_known)
