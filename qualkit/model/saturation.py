"""Whether new groups still bring new codes: what each group brought, accumulation over orders, base, run and threshold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qualkit.model.base import require
from qualkit.model.codebook import Valence


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A level of a codebook at which codes are counted.

    `head_of` has, by the key of each code, the key of what it counts as there; a code that is not in it stands above the level,
    or under nothing, and is left out. `names` has the name of each of those heads, those that no segment may ever have, too.
    """

    key: str
    name: str
    head_of: Mapping[str, str]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """A code, or what it counts as, in one group: the first segment there that has it, and whether no earlier group had it."""

    key: str
    name: str
    valence: Valence | None
    segment_id: str
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMet:
    """A group and all that was met in it; `segment_ids` are its segments to be coded, of which `n_unjudged` nobody judged.

    `n_so_far` counts what was met in it and in the groups before it.
    """

    transcript_id: str
    title: str
    segment_ids: tuple[str, ...]
    n_unjudged: int
    met: tuple[Met, ...]
    n_so_far: int

    @property
    def new(self) -> tuple[Met, ...]:
        """What no earlier group had."""
        return tuple(item for item in self.met if item.is_new)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accumulated:
    """How many codes any `n_groups` of the groups have, over the orders that were tried."""

    n_groups: int
    least: int
    median: float
    most: int
    mean: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInRun:
    """The codes that a run of groups brought, `after` so many groups.

    `share` is of the codes in the base; None if it has none.
    """

    after: int
    n_new: int
    share: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """Saturation by one base size and one run length: the codes in the base, and all runs after it, each a group further on."""

    base: int
    run: int
    n_in_base: int
    runs: tuple[NewInRun, ...]

    def __post_init__(self) -> None:
        require(self.base > 0 and self.run > 0, f"a base and a run have a group or more: {self.base}, {self.run}")

    def reached(self, threshold: float) -> int | None:
        """After how many groups a run first brought no more than `threshold`; None if none did."""
        return next((item.after for item in self.runs if item.share is not None and item.share <= threshold), None)

    def told(self, threshold: float) -> str:
        """Where it was reached, as papers have it: `6+2`, after 6 groups, seen in the 2 that followed; empty if nowhere."""
        after = self.reached(threshold)
        return "" if after is None else f"{after}+{self.run}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Saturation:
    """How codes accumulated over the groups of a study, or over those of one `stratum`, at one level of the codebook.

    `by` is what the stratum is one of, such as a site; both are empty for the whole study. `groups`, which may be interviews,
    come in the order in which they were held if `is_by_day`, else by label. `over_orders` has an entry for 1 to all of them,
    over `n_orders` orders, all there are if `is_every_order`, else drawn with `seed`. `assessments` has each base and run that
    fits, none where there are too few groups. `never_met` are names of the codebook's codes that no group has, `unjudged`
    titles of groups of which nobody has judged a segment: they are not among `groups`. While all codes are suggestions,
    `is_suggested`, every group is one. Of the `n_given` codes that were given, `n_a_priori` are not marked as inductive and
    `n_above` are left out at this level.
    """

    level: Level
    with_valence: bool
    by: str
    stratum: str
    groups: tuple[GroupMet, ...]
    is_by_day: bool
    are_interviews: bool
    over_orders: tuple[Accumulated, ...]
    n_orders: int
    is_every_order: bool
    seed: int
    assessments: tuple[Assessment, ...]
    thresholds: tuple[float, ...]
    never_met: tuple[str, ...]
    unjudged: tuple[str, ...]
    is_suggested: bool
    n_given: int
    n_a_priori: int
    n_above: int

    @property
    def n_found(self) -> int:
        """How many codes were met in all."""
        return self.groups[-1].n_so_far if self.groups else 0

    @property
    def name(self) -> str:
        """What is counted, and where: `Codes with valence, Alder County`."""
        counted = f"{self.level.name} with valence" if self.with_valence else self.level.name
        return f"{counted}, {self.stratum}" if self.stratum else counted

    def mark_of(self, group: GroupMet) -> str:
        """How a figure calls the point of one of its groups."""
        return f"{self.name}\n{group.transcript_id}"

    @property
    def last_share(self) -> float | None:
        """What the last group brought, as a share of the codes met before it; None where none was, or there is one group."""
        if len(self.groups) < 2 or not self.groups[-2].n_so_far:
            return None
        return len(self.groups[-1].new) / self.groups[-2].n_so_far
