"""How much to code twice for an interval of so and so much.

For two coders and a code that both give at about the same rate, the variance of kappa over n units drawn at random is

    (1 - k) / n * ((1 - k) (1 - 2 k) + k (2 - k) / (2 p (1 - p)))

with k the kappa and p the share of units that have the code (Bloch & Kraemer 1989; Donner & Eliasziw 1992). Units of one
transcript are alike, so that variance is multiplied by a design effect (Kish 1965): how much larger the variance between
transcripts was, in what has been coded twice so far, than units drawn one by one would have made it.
"""

from __future__ import annotations

from math import ceil, inf, sqrt
from statistics import NormalDist, median

import numpy as np

from qualkit.agreement import coefficients, intervals
from qualkit.agreement.counts import Counts

Z = NormalDist().inv_cdf((1 + intervals.LEVEL) / 2)
FEWEST = 30
"""Of fewer units the formula, which holds for many, is not used to promise anything."""
FEWEST_POSITIVES = 5
"""Of fewer units with the code neither its kappa nor a design effect is taken from what was coded."""
MOST_DESIGN = 10.0


def variance_of_one(kappa: float, prevalence: float) -> float:
    """The variance of kappa times the number of units; infinite for a code that no unit has, or all."""
    if not 0 < prevalence < 1:
        return inf
    spread = kappa * (2 - kappa) / (2 * prevalence * (1 - prevalence))
    return max(0.0, (1 - kappa) * ((1 - kappa) * (1 - 2 * kappa) + spread))


def units_for(margin: float, *, kappa: float, prevalence: float, design_effect: float = 1.0) -> float:
    """How many units make the interval reach `margin` to either side; infinite where no number does."""
    needed = design_effect * variance_of_one(kappa, prevalence) * (Z / margin) ** 2
    return needed if needed == inf else max(FEWEST, ceil(needed))


def margin_of(n_units: int, *, kappa: float, prevalence: float, design_effect: float = 1.0) -> float:
    """How far the interval reaches to either side with `n_units`."""
    return Z * sqrt(design_effect * variance_of_one(kappa, prevalence) / n_units) if n_units else inf


def design_effect(counts: Counts) -> float | None:
    """How much transcripts inflate the variance of kappa: counts of one code, their first axis transcripts.

    The variance by leaving out one transcript at a time, over that of the formula. Between 1 and `MOST_DESIGN`; None where
    it cannot be told.
    """
    n = len(counts.units)
    whole = counts.over()
    share = prevalence(whole)
    value = float(coefficients.kappa(whole))
    if n < intervals.MIN_TRANSCRIPTS or share * float(whole.units) < FEWEST_POSITIVES or np.isnan(value):
        return None
    without = coefficients.kappa(counts.drawn(1 - np.eye(n)))
    if np.isnan(without).any():
        return None
    between = (n - 1) / n * float(((without - without.mean()) ** 2).sum())
    alone = variance_of_one(value, share) / float(whole.units)
    return min(MOST_DESIGN, max(1.0, between / alone)) if alone > 0 else None


def typical_design_effect(counts: Counts) -> float | None:
    """The median over codes, as that of one code alone is little more than chance; counts of shape (transcripts, codes)."""
    found = [design_effect(counts[:, at]) for at in range(counts.units.shape[1])]
    known = [value for value in found if value is not None]
    return median(known) if known else None


def prevalence(whole: Counts) -> float:
    """The share of judgements of a code that say it is there; NaN without any. Labels are absent and present."""
    total = float(whole.labels.sum())
    return float(whole.labels[..., 1:].sum()) / total if total else float("nan")
