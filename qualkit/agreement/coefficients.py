"""Coefficients of agreement, each over many counts at once: shape (...) out for counts of shape (...), NaN where undefined.

Sources: Cohen (1960) for kappa; Fleiss (1971) for its namesake, with coders missing as in Gwet (2014), *Handbook of Inter-Rater
Reliability*, 4th ed.; Gwet (2008) for AC1; Byrt, Bishop & Carlin (1993) for PABAK and the indices, Brennan & Prediger (1981)
for PABAK with more than two labels; Krippendorff (2019), *Content Analysis*, 4th ed., ch. 12, for alpha.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import numpy as np

from qualkit.agreement.counts import Counts, Floats

Measure = Callable[[Counts], Floats]


def percent(counts: Counts) -> Floats:
    """Share of pairs of coders, over all units, that gave the same label."""
    tables = counts.pairs.sum(axis=-3)
    return ratio(np.trace(tables, axis1=-2, axis2=-1), tables.sum(axis=(-2, -1)))


def kappa(counts: Counts) -> Floats:
    """Cohen's kappa; with more than two coders the mean over pairs for which it is defined."""
    return mean_defined(kappa_of_tables(counts.pairs))


def kappa_of_tables(tables: Floats) -> Floats:
    """Cohen's kappa of tables of shape (..., labels, labels): how many units the one coder gave the one label, and so on.

    (p_o - p_e) / (1 - p_e), where p_e multiplies the two coders' own shares of each label.
    """
    n = tables.sum(axis=(-2, -1))
    same = n * np.trace(tables, axis1=-2, axis2=-1)
    by_chance = (tables.sum(axis=-1) * tables.sum(axis=-2)).sum(axis=-1)
    return ratio(same - by_chance, n * n - by_chance)


def fleiss(counts: Counts) -> Floats:
    """Fleiss' kappa: chance agreement is the sum of squared shares of labels, all coders' together."""
    by_chance = (_label_shares(counts) ** 2).sum(axis=-1)
    return ratio(_alike(counts) - by_chance, 1 - by_chance)


def ac1(counts: Counts) -> Floats:
    """Gwet's AC1: chance agreement is sum p (1 - p) / (labels - 1), p the shares of labels, all coders' together."""
    shares = _label_shares(counts)
    by_chance = (shares * (1 - shares)).sum(axis=-1) / (counts.n_labels - 1)
    return ratio(_alike(counts) - by_chance, 1 - by_chance)


def pabak(counts: Counts) -> Floats:
    """Prevalence- and bias-adjusted kappa: (labels * percent - 1) / (labels - 1); of two labels 2 * percent - 1."""
    return cast("Floats", (counts.n_labels * percent(counts) - 1) / (counts.n_labels - 1))


def alpha(counts: Counts) -> Floats:
    """Krippendorff's alpha, nominal: 1 - (n - 1) * disagreeing coincidences / sum of n_c * n_k over c != k."""
    n = counts.labels.sum(axis=-1)
    return 1 - ratio((n - 1) * counts.apart, n * n - (counts.labels**2).sum(axis=-1))


def prevalence_index(counts: Counts) -> Floats:
    """|both gave it - neither did| / units, of two labels, mean over pairs of coders: near 1 for a code that hardly occurs."""
    if counts.n_labels != 2:
        return np.full(counts.units.shape, np.nan)
    tables = counts.pairs
    return mean_defined(np.abs(ratio(tables[..., 1, 1] - tables[..., 0, 0], tables.sum(axis=(-2, -1)))))


def bias_index(counts: Counts) -> Floats:
    """|only the first gave it - only the second did| / units, of two labels, mean over pairs of coders."""
    if counts.n_labels != 2:
        return np.full(counts.units.shape, np.nan)
    tables = counts.pairs
    return mean_defined(np.abs(ratio(tables[..., 1, 0] - tables[..., 0, 1], tables.sum(axis=(-2, -1)))))


MEASURES: Mapping[str, Measure] = {
    "percent": percent, "kappa": kappa, "alpha": alpha, "ac1": ac1, "pabak": pabak, "fleiss": fleiss,
    "prevalence_index": prevalence_index, "bias_index": bias_index,
}  # fmt: skip
"""All coefficients by name; the two indices describe tables and estimate nothing."""

LOWEST = {"percent": 0.0}
"""The least a coefficient can be, where that is not -1."""

INDICES = frozenset({"prevalence_index", "bias_index"})

_NOBODY = "no unit was coded by two coders"
_ONE_LABEL = "only one label occurs, so there is no variation to agree on"
_BECAUSE = {
    "kappa": "all coders gave one and the same label throughout",
    "alpha": _ONE_LABEL,
    "fleiss": _ONE_LABEL,
    "prevalence_index": "there are more than two labels",
    "bias_index": "there are more than two labels",
}


def undefined_because(measure: str, n_units: int) -> str:
    """Why a coefficient is undefined, in words."""
    return _BECAUSE.get(measure, _NOBODY) if n_units else _NOBODY


def mean_defined(values: Floats) -> Floats:
    """The mean over the last axis of what is defined, NaN where nothing is."""
    known = ~np.isnan(values)
    return ratio(np.where(known, values, 0.0).sum(axis=-1), known.sum(axis=-1))


def ratio(part: Floats, whole: Floats) -> Floats:
    """`part / whole`, NaN where the whole is nothing but rounding."""
    out = np.full(np.broadcast_shapes(np.shape(part), np.shape(whole)), np.nan)
    return cast("Floats", np.divide(part, whole, out=out, where=np.abs(whole) > 1e-12))


def _label_shares(counts: Counts) -> Floats:
    return ratio(counts.shares, counts.units[..., None])


def _alike(counts: Counts) -> Floats:
    return ratio(counts.alike, counts.units)
