"""Plan what two people code independently, so that agreement on each code is known to within a margin.

A share of every transcript is drawn at random (`stages/sample.py`), units that nobody gave a code included; so the number of
units decides, and the positives of a rare code come as they come. What each code needs rests on how common it is and on the
kappa that is expected, both from what has been coded so far, where there is enough of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, isnan

from qualkit.agreement import coefficients, planning
from qualkit.agreement.counts import Counts
from qualkit.model import DoublePlan, Need
from qualkit.stages import agree_counts
from qualkit.stages.agree import ABSENT, PRESENT, Mark
from qualkit.stages.agree_counts import Tallied
from qualkit.wording import counted, two_decimals

MOST_KAPPA = 0.95
"""No better kappa is counted on: of a perfect one the formula makes an interval without width."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How sure to be of agreement, and what to expect where nothing is known yet."""

    margin: float = field(
        default=0.1, metadata={"help": "How far the interval of kappa may reach to either side.", "least": 0.01, "most": 1}
    )
    kappa: float = field(
        default=0.6,
        metadata={"help": "The kappa to expect of a code that hardly anybody coded twice.", "least": 0, "most": MOST_KAPPA},
    )
    prevalence: float = field(
        default=0.05,
        metadata={"help": "Share of segments to expect a code on that nobody gave yet.", "least": 0.001, "most": 0.999},
    )
    design_effect: float = field(
        default=1.5,
        metadata={"help": "By how much likeness inside transcripts inflates variance, where it cannot be told.", "least": 1},
    )


def run(
    *,
    marks: Mapping[str, Mapping[Mark, int]],
    given: Mapping[str, tuple[int, int]],
    code_keys: Sequence[str],
    n_there: int,
    options: Options,
) -> DoublePlan:
    """What each code needs.

    `marks` are those of `agree.marks_by_transcript`; `given` has, by code, in how many judgements of a segment it was
    given, and how many there are; `n_there` counts the segments to be coded.
    """
    found = agree_counts.tallied(marks, code_keys=code_keys, labels=(ABSENT, PRESENT), by_valence=False)
    inflation = planning.typical_design_effect(found.counts[:, 1:])
    needs = tuple(
        _need(key, found.counts[:, at + 1].over(), given.get(key, (0, 0)), _Study(n_there, inflation), options)
        for at, key in enumerate(code_keys)
    )
    reachable = [need.n_units for need in needs if need.n_units is not None and need.is_reachable]
    share = max(reachable) / n_there if reachable else 1.0
    return DoublePlan(
        margin=options.margin, needs=needs, n_there=n_there, n_done=_n_done(found), share=min(1.0, share) if n_there else 1.0
    )


def _n_done(found: Tallied) -> int:
    return round(float(found.counts[:, 1].units.sum())) if len(found.keys) > 1 else 0


@dataclass(frozen=True, slots=True)
class _Study:
    """What is the same for all codes: how many segments there are, and the design effect, None where it cannot be told."""

    n_there: int
    inflation: float | None


def _need(key: str, whole: Counts, given: tuple[int, int], study: _Study, options: Options) -> Need:
    (n_given, n_judged), n_there, inflation = given, study.n_there, study.inflation
    n_double = planning.prevalence(whole) * float(whole.units) if float(whole.units) else 0.0
    so_far = float(coefficients.kappa(whole))
    is_known = n_double >= planning.FEWEST_POSITIVES and not isnan(so_far)
    share = n_given / n_judged if n_given else options.prevalence
    kappa = min(MOST_KAPPA, max(0.0, so_far)) if is_known else options.kappa
    effect = inflation if inflation is not None else options.design_effect
    about = {"kappa": kappa, "prevalence": share, "design_effect": effect}
    n, reach = planning.units_for(options.margin, **about), planning.margin_of(n_there, **about)
    return Need(
        code_key=key, margin=options.margin, n_units=round(n) if n < inf else None, n_there=n_there,
        n_positives=round(n * share) if n < inf else None, margin_of_all=reach if reach < inf else None,
        basis=_basis(n_given, n_judged, so_far if is_known else None, inflation), **about,
    )  # fmt: skip


def _basis(n_given: int, n_judged: int, kappa: float | None, inflation: float | None) -> str:
    how_common = (
        f"given in {n_given} of {counted(n_judged, 'judgement')}" if n_given else "nobody gave it yet: its share is a guess"
    )
    how_far = f"kappa so far {two_decimals(kappa)}" if kappa is not None else "its kappa is a guess"
    how_alike = "design effect from the study" if inflation is not None else "its design effect is a guess"
    return f"{how_common}; {how_far}; {how_alike}"
