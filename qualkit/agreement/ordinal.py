"""Agreement on a scale whose labels have an order, such as -2 to +2: the further apart two labels, the worse.

Sources: Cohen (1968) for weighted kappa, with quadratic weights as in Fleiss & Cohen (1973); Krippendorff (2019), *Content
Analysis*, 4th ed., ch. 12, for alpha with the ordinal metric. Labels are numbered along the scale from 0. Everything is a sum
over units, so that draws of them are one matrix product, as in `counts.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from qualkit.agreement.coefficients import mean_defined, ratio
from qualkit.agreement.counts import NO_LABEL, Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """Sums over units, with leading axes written `...`.

    - `pairs` (..., pairs of coders, labels, labels): units by what the first and the second of two coders gave;
    - `coincidences` (..., labels, labels): ordered pairs of labels of one unit, each over one less than the unit's labels.
    """

    pairs: Floats
    coincidences: Floats

    def over(self) -> Graded:
        """The sum over the first axis."""
        return Graded(pairs=self.pairs.sum(axis=0), coincidences=self.coincidences.sum(axis=0))

    def grouped(self, groups: Ints, n_groups: int) -> Graded:
        """Sums by group of the first axis, `groups` naming the group of each place from 0."""
        return self.drawn((groups == np.arange(n_groups)[:, None]).astype(float))

    def drawn(self, weights: Floats) -> Graded:
        """Weighted sums over the first axis: `weights` of shape (draws, first axis) put draws in its place."""
        return Graded(
            pairs=np.tensordot(weights, self.pairs, axes=1), coincidences=np.tensordot(weights, self.coincidences, axes=1)
        )


def of_units(labels: Ints, n_labels: int) -> Graded:
    """Each row of `labels`, shape (units, coders), by itself; `NO_LABEL` where a coder gave none. It takes two coders."""
    given = labels[:, :, None] == np.arange(n_labels)
    one, two = (list(side) for side in zip(*combinations(range(labels.shape[1]), 2), strict=True))
    pairs = (given[:, one, :, None] & given[:, two, None, :]).astype(float)
    n_given = (labels != NO_LABEL).sum(axis=1)
    room = np.where(n_given > 1, n_given - 1, np.inf)[:, None, None]
    by_label = given.sum(axis=1).astype(float)
    ordered = by_label[:, :, None] * by_label[:, None, :] - by_label[:, :, None] * np.eye(n_labels)
    return Graded(pairs=pairs, coincidences=ordered / room)


def percent(graded: Graded) -> Floats:
    """Share of pairs of coders, over all units, that gave the same label."""
    tables = graded.pairs.sum(axis=-3)
    return ratio(np.trace(tables, axis1=-2, axis2=-1), tables.sum(axis=(-2, -1)))


def weighted_kappa(graded: Graded) -> Floats:
    """Cohen's kappa with quadratic weights, mean over pairs of coders: 1 - sum w n_ij / sum w n_i. n_.j / n, w = (i - j)^2."""
    tables = graded.pairs
    places = np.arange(tables.shape[-1])
    weights = (places[:, None] - places) ** 2
    rows, columns, n = tables.sum(axis=-1), tables.sum(axis=-2), tables.sum(axis=(-2, -1))
    apart = (weights * tables).sum(axis=(-2, -1))
    by_chance = (weights * rows[..., :, None] * columns[..., None, :]).sum(axis=(-2, -1))
    return mean_defined(1 - ratio(n * apart, by_chance))


def alpha(graded: Graded) -> Floats:
    """Krippendorff's alpha, ordinal: two labels lie as far apart as there are labels given between their middles."""
    met = graded.coincidences
    given = met.sum(axis=-1)
    middles = given.cumsum(axis=-1) - given / 2
    apart = (middles[..., :, None] - middles[..., None, :]) ** 2
    by_chance = (apart * given[..., :, None] * given[..., None, :]).sum(axis=(-2, -1))
    n = given.sum(axis=-1)
    return 1 - ratio((n - 1) * (apart * met).sum(axis=(-2, -1)), by_chance)


MEASURES: Mapping[str, Callable[[Graded], Floats]] = {
    "percent": percent,
    "weighted_kappa": weighted_kappa,
    "alpha_ordinal": alpha,
}
"""Coefficients by name."""


def undefined_because(measure: str, n_units: int) -> str:
    """Why a coefficient is undefined, in words."""
    if not n_units or measure == "percent":
        return "nothing was graded by two raters"
    return "the raters gave one and the same grade throughout, so there is no variation to agree on"
