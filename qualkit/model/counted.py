"""Counts with the segments behind them: of codes alone and together, of themes in parts of the talk, of any number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from qualkit.model.base import require
from qualkit.model.codebook import Valence
from qualkit.model.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What a number rests on: `title` says what was counted, `segment_ids` in the order in which they are shown.

    `what` was counted, one of `segments`, `people` and `groups`: the last two can be chosen among. `said` has, by segment, a
    line about it, as who gave which code.
    """

    title: str
    segment_ids: tuple[str, ...]
    what: str = "segments"
    said: Mapping[str, str] = field(default_factory=dict)


Opens: TypeAlias = dict[tuple[int, int], Behind]
"""By row and column of a table what is behind the number there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The numbers of a figure as a table, and what is behind them.

    `opens` by row and column of the table, `picked` by what the figure calls the mark that was clicked.
    """

    table: Table
    opens: Mapping[tuple[int, int], Behind]
    picked: Mapping[str, Behind] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstructCount:
    """A code or construct with all codes below it, or a whole domain: on which segments it is, by valence, and by whom.

    `level` is 0 for a domain, 1 for what stands directly under it, and so on; a domain has no `key`. A segment counts once in
    a valence; where codes below give it different ones, it counts in each. `n_turns`, `n_participants` and `n_groups` are of
    all its segments together.
    """

    key: str | None
    name: str
    domain: str
    level: int
    by_valence: Mapping[Valence | None, tuple[str, ...]]
    n_turns: int
    n_participants: int
    n_groups: int

    def __post_init__(self) -> None:
        require((self.key is None) == (self.level == 0), "a domain, or a code under one")

    @property
    def segment_ids(self) -> tuple[str, ...]:
        """All of them, each once."""
        return tuple(dict.fromkeys(key for mine in self.by_valence.values() for key in mine))


KINDS: Mapping[Valence | None, str] = {
    Valence.BARRIER: "Barrier",
    Valence.MIXED: "Mixed",
    None: "No valence",
    Valence.FACILITATOR: "Facilitator",
}
"""What a column or a bar of a valence is called, from the left of a diverging chart to its right."""


def kinds_in(counts: Sequence[ConstructCount]) -> list[Valence | None]:
    """The valences that are met, in the order of `KINDS`."""
    return [valence for valence in KINDS if any(valence in count.by_valence for count in counts)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeAlone:
    """A code in a matrix of codes: the segments it is on, and in how many turns they lie."""

    key: str
    name: str
    domain: str
    segment_ids: tuple[str, ...]
    n_turns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePair:
    """Two codes together: the segments that both are on, and the turns in which both are met, on whichever segments.

    `in_turns` are the segments of these turns that have either.
    `jaccard` is the share of segments of either that have both; `lift` how many times more segments have both than if the
    codes fell independently of each other.
    """

    keys: tuple[str, str]
    segment_ids: tuple[str, ...]
    n_turns: int
    in_turns: tuple[str, ...]
    n_participants: int
    n_groups: int
    jaccard: float
    lift: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cooccurrence:
    """Codes that are met together. `codes` are in the order of the codebook, domain by domain; `pairs` those met together.

    Out of `n_segments` to be coded that have a code at all. `n_rare` codes in use were left out, as fewer than `min_segments`
    have them, or fewer people than `suppress_below` said them.
    """

    codes: tuple[CodeAlone, ...]
    pairs: tuple[CodePair, ...]
    n_segments: int
    min_segments: int
    n_rare: int
    suppress_below: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeCell:
    """A row of the theme table in one stratum: its segments there, and how many people spoke them.

    `is_hidden` where the count is too small to be told, or another such count would follow from it.
    """

    segment_ids: tuple[str, ...]
    n_participants: int
    is_hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stratum: its name, how many people belong to it, silent ones too, and its segments to be coded."""

    key: str
    name: str
    n_people: int
    n_segments: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeGridRow:
    """A row of the theme table, and a cell for each stratum."""

    theme_id: str
    theme: str
    valence: Valence | None
    cells: tuple[ThemeCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeGrid:
    """Rows of the theme table by the strata of one kind; `by` is the kind's key, `title` its name for people."""

    by: str
    title: str
    columns: tuple[Part, ...]
    rows: tuple[ThemeGridRow, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for row in self.rows:
            require(len(row.cells) == len(self.columns), f"a row of {len(row.cells)} cells under {len(self.columns)} columns")
