"""How far coders agree: coefficients with what they rest on, the same in parts of the data, and what explains them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from qualkit.model.base import require


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Where a coefficient may lie, and how that was found: `n_draws` draws of `n_transcripts` transcripts from `seed`."""

    low: float
    high: float
    level: float
    method: str
    n_draws: int
    n_transcripts: int
    seed: int

    def __post_init__(self) -> None:
        require(self.low <= self.high, f"an interval from {self.low} to {self.high}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One coefficient with the counts behind it. `value` is None exactly when `undefined_because` says why.

    `counts` says how often each label was given, `positives` by coder on how many units any label but absent. With a value but
    no `interval`, `no_interval_because` says why, empty where none was asked for.
    """

    measure: str
    code_key: str | None
    value: float | None
    n_units: int
    n_coders: int
    counts: Mapping[str, int]
    undefined_because: str | None = None
    positives: Mapping[str, int] = field(default_factory=dict)
    interval: Interval | None = None
    no_interval_because: str = ""

    def __post_init__(self) -> None:
        require((self.value is None) == (self.undefined_because is not None), "a value, or a reason for having none")
        require(self.interval is None or self.value is not None, "an interval of no value")


@dataclass(frozen=True, slots=True, kw_only=True)
class PartAgreement:
    """Agreement in one part of the data: of two coders, in one stretch of time, among people or of people with a machine.

    `part` names it. Coefficients are those of `agreement`, all codes pooled or one code. Where coders judged units for codes,
    these are the units `compared`; `apart` are those on which their codes differ, or where it is about one code, they differ
    on that one.
    """

    part: str
    coders: tuple[str, ...]
    agreement: tuple[Agreement, ...]
    compared: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoByTwo:
    """Units that two coders looked at, by who gave a code: both, only the one, only the other, neither."""

    coders: tuple[str, str]
    both: int
    only_first: int
    only_second: int
    neither: int

    @property
    def n(self) -> int:
        """All of them."""
        return self.both + self.only_first + self.only_second + self.neither


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """A unit on which coders differ: what each said of it, and the words that they marked or gave as reasons.

    `share` is the part of its pairs of coders who differ.
    """

    unit_id: str
    said: Mapping[str, str]
    words: Mapping[str, str]
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Why the kappa of a code is what it is: tables of pairs of coders, coefficients, reasons in words, and the worst units."""

    code_key: str
    tables: tuple[TwoByTwo, ...]
    agreement: tuple[Agreement, ...]
    reasons: tuple[str, ...]
    worst: tuple[Divergence, ...]
    n_apart: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """How much two people must code for the interval of a code's kappa to reach `margin` to either side.

    `n_units` drawn at random, of which about `n_positives` have the code; `prevalence`, `kappa` and `design_effect` are what
    that rests on, and `basis` says in words where they come from. `margin_of_all` is how far the interval reaches if all
    `n_there` units are coded twice. None where no number of units does: of a code that all units have, kappa is undefined.
    """

    code_key: str
    margin: float
    n_units: int | None
    n_positives: int | None
    prevalence: float
    kappa: float
    design_effect: float
    n_there: int
    margin_of_all: float | None
    basis: str

    @property
    def is_reachable(self) -> bool:
        """Whether there are as many units."""
        return self.n_units is not None and self.n_units <= self.n_there


@dataclass(frozen=True, slots=True, kw_only=True)
class DoublePlan:
    """What to code twice so that agreement is known to within `margin`: by code how much, and what share that is of all.

    `share` is that of the most demanding code that can be reached, 1 where none can.
    """

    margin: float
    needs: tuple[Need, ...]
    n_there: int
    n_done: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CutAgreement:
    """Whether coders cut alike, over characters (Krippendorff et al. 2016): unitizing alphas with what they rest on.

    Each is an `Agreement` whose units are characters, `measure` one of `u_alpha` (passages and labels), `u_alpha_binary`
    (marked or not), `cu_alpha` (labels where both marked) and `ku_alpha <label>`. `coverage` is the share of the characters
    that `cu_alpha` speaks of.
    """

    code_key: str | None
    agreement: tuple[Agreement, ...]
    n_passages: Mapping[str, int]
    coverage: float
