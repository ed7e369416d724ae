"""Learning from segments that people have coded: one ridge regression for all codes at once.

The target of a code is 1 where people gave it and 0 where they looked and did not. With the likenesses of coded segments
as a matrix K, the scores of new segments with likenesses k to them are k' (K + penalty I)^-1 (labels - mean) + mean. All codes
share the inverse, which makes training quick, and what would have been learned without a transcript comes out of it exactly,
without training again: with C the inverse, a = C (labels - mean) and B the rows of the transcript, the others weigh
a - C_.B (C_BB)^-1 a_B (the block form of the leave-one-out formula of Allen 1974).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from qualkit.plugs import need
from qualkit.suggesters.reading import Scores

PENALTY = 3.0
"""In units of a segment's likeness to itself, 2.25."""


@dataclass(frozen=True, slots=True)
class Fit:
    """`duals` (segments, codes) weigh the coded segments, `means` are the shares of them that have each code."""

    duals: Scores
    means: Scores


class Ridge:
    """A ridge regression over coded segments, from their `likeness` to each other; rows of one fold are held out together."""

    def __init__(self, likeness: Scores, folds: npt.NDArray[np.intp]) -> None:
        self._inverse = _inverse(likeness, PENALTY)
        self._folds = folds

    def fit(self, labels: Scores) -> Fit:
        """Learn labels of the shape (segments, codes)."""
        means = labels.mean(axis=0)
        return Fit(self._inverse @ (labels - means), means)

    def fit_without(self, labels: Scores, fold: int) -> Fit:
        """Learn from the other folds only; segments of `fold` weigh nothing."""
        held = self._folds == fold
        means = labels[~held].mean(axis=0)
        duals = self._inverse @ (labels - means)
        duals -= self._inverse[:, held] @ np.linalg.solve(self._inverse[np.ix_(held, held)], duals[held])
        duals[held] = 0
        return Fit(duals, means)


def signals(scores: Scores, means: Scores) -> Scores:
    """Scores in standard deviations of a label, so that rare and common codes can be compared."""
    return cast("Scores", (scores - means) / np.sqrt(np.maximum(means * (1 - means), 1e-4)))


def _inverse(matrix: Scores, penalty: float) -> Scores:
    """Of a positive matrix with `penalty` added to its diagonal, by Cholesky's factors."""
    lapack = need("scipy.linalg.lapack", "vectors")
    penalised = matrix.astype(np.float64)
    penalised[np.diag_indices(len(penalised))] += penalty
    factor, _ = lapack.dpotrf(penalised, lower=0, overwrite_a=1, clean=1)
    upper, _ = lapack.dpotri(factor, lower=0, overwrite_c=1)
    return cast("Scores", np.triu(upper) + np.triu(upper, 1).T)
