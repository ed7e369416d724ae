"""Intervals of coefficients, from transcripts drawn with replacement.

Segments of one transcript are alike, so whole transcripts are drawn (cluster bootstrap). Studies have few of them, and with
few the middle 95 % of the draws is too narrow: of 8 transcripts it holds the truth in 87 % of studies, of 4 in 79 %
(`python -m benchmarks.agreement`). So what is taken from the draws is their standard deviation, widened by sqrt(n / (n - 1))
since a draw varies about its own mean (Hesterberg 2015, sec. 3.2 of *What Teachers Should Know about the Bootstrap*), and the
interval is that many times it either side as Student's t with n - 1 degrees of freedom says (Cameron, Gelbach & Miller 2008),
cut at the ends of what the coefficient can be.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import atan, cos, pi, sin, sqrt
from typing import cast

import numpy as np

from qualkit.agreement.coefficients import LOWEST, MEASURES
from qualkit.agreement.counts import Counts, Floats

METHOD = "standard deviation of transcripts drawn with replacement, Student's t"
LEVEL = 0.95
MIN_TRANSCRIPTS = 3
"""Of fewer transcripts no interval can be drawn."""
MIN_SHARE_DEFINED = 0.9
"""A coefficient that is undefined in more than a tenth of the draws has no interval."""
MOST_AT_ONCE = 4_000_000
"""So many numbers are held at once while draws are made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """Where intervals end, arrays of the shape of the coefficient, NaN where there is none.

    `share_defined` is the share of draws in which the coefficient is defined.
    """

    low: Floats
    high: Floats
    share_defined: Floats


def draws(n_transcripts: int, n_draws: int, seed: int) -> Floats:
    """How often each draw holds each transcript: shape (draws, transcripts), every row adding up to `n_transcripts`."""
    even = np.full(n_transcripts, 1 / n_transcripts)
    return np.random.default_rng(seed).multinomial(n_transcripts, even, size=n_draws).astype(float)


def of_measures(counts: Counts, names: tuple[str, ...], *, n_draws: int, seed: int) -> dict[str, Ends]:
    """Intervals of coefficients, by name, from counts whose first axis is transcripts."""
    n = len(counts.units)
    whole = counts.over()
    if n < MIN_TRANSCRIPTS or n_draws < 2:
        nothing = np.full(whole.units.shape, np.nan)
        return {name: Ends(low=nothing, high=nothing, share_defined=np.ones_like(nothing)) for name in names}
    weights = draws(n, n_draws, seed)
    size = max(1, counts.pairs[0].size + 3 * counts.labels[0].size)
    step = max(1, MOST_AT_ONCE // size)
    found: dict[str, list[Floats]] = {name: [] for name in names}
    for start in range(0, n_draws, step):
        some = counts.drawn(weights[start : start + step])
        for name in names:
            found[name].append(MEASURES[name](some))
    return {
        name: ends(MEASURES[name](whole), np.concatenate(drawn), n, lowest=LOWEST.get(name, -1.0))
        for name, drawn in found.items()
    }


def ends(value: Floats, drawn: Floats, n: int, *, lowest: float = -1.0) -> Ends:
    """Intervals about `value`, shape (...), from what `n` transcripts gave when drawn with replacement, shape (draws, ...)."""
    known = ~np.isnan(drawn)
    n_known = known.sum(axis=0)
    share = n_known / len(drawn)
    mean = np.divide(np.where(known, drawn, 0.0).sum(axis=0), np.maximum(n_known, 1))
    squares = np.where(known, (drawn - mean) ** 2, 0.0).sum(axis=0)
    spread = np.sqrt(squares / np.maximum(n_known - 1, 1) * n / (n - 1))
    is_known = (share >= MIN_SHARE_DEFINED) & (spread > 1e-9) & ~np.isnan(value)
    reach = t_quantile(n - 1) * spread
    return Ends(
        low=np.where(is_known, np.maximum(lowest, value - reach), np.nan),
        high=np.where(is_known, np.minimum(1.0, value + reach), np.nan),
        share_defined=cast("Floats", share),
    )


def none_because(n_transcripts: int, share_defined: float) -> str:
    """Why a coefficient that has a value has no interval, in words."""
    if n_transcripts < MIN_TRANSCRIPTS:
        return f"it takes {MIN_TRANSCRIPTS} transcripts to draw from"
    if share_defined < MIN_SHARE_DEFINED:
        return f"undefined in {1 - share_defined:.0%} of the draws, as too few transcripts have the code"
    return "it is the same in every draw, so the draws do not tell what other transcripts would give"


# ---------------------------------------------------------------- Student's t


@cache
def t_quantile(df: int, level: float = LEVEL) -> float:
    """How many standard errors Student's t with `df` degrees of freedom takes for a two-sided `level`."""
    low, high = 0.0, 1e3
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if t_within(middle, df) < level else (low, middle)
    return (low + high) / 2


def t_within(t: float, df: int) -> float:
    """The probability that |T| <= t for whole degrees of freedom (Abramowitz & Stegun 1964, 26.7.3 and 26.7.4)."""
    angle = atan(t / sqrt(df))
    if df == 1:
        return 2 * angle / pi
    term = cos(angle) if df % 2 else 1.0
    total = term
    for k in range(3 if df % 2 else 2, df - 1, 2):
        term *= (k - 1) / k * cos(angle) ** 2
        total += term
    return 2 / pi * (angle + sin(angle) * total) if df % 2 else sin(angle) * total
