"""From signals to probabilities that mean what they say, and from probabilities to decisions.

*Probabilities.* A logistic regression over all pairs of segment and code (Platt 1999, with several signals): the weights of
the signals are shared by all codes, for one code alone seldom has enough positives, and each code has an offset of its own,
drawn towards the share of segments that people gave it. Weights are drawn towards given ones: few lessons change little.

*Decisions.* A code is given to as many segments as its probabilities expect to have it, the surest ones.

*Abstention.* Conformal prediction with calibration scores from transcripts that the machine had not learned from:

- it *gives* a code where the pair stands out from pairs without their code: p = (1 + number of calibration pairs without their
  code that score as high) / (1 + their number), and of all pairs those whose p passes Benjamini and Hochberg's procedure, so
  that the expected share of wrong ones among those given is at most the error level (Jin and Candès 2023);
- it *rules a code out* where the pair stands out from pairs that have their code, by the same p against those that have it and
  score as low, at most the error level: of the codes that people give it wrongly rules out at most that share;
- else it abstains. Both guarantees hold if new transcripts are like those calibrated on. Transcripts differ and are few, so the
  calibration is made with each of them left out in turn, and only what all of these allow is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from qualkit.plugs import need
from qualkit.suggesters.reading import Scores

Mask = npt.NDArray[np.bool_]

_HOLD_OFFSETS = 0.3
_HOLD_WEIGHTS = 1.0
"""Precision of the normal distributions that offsets and weights are drawn towards."""


def probability(log_odds: Scores) -> Scores:
    """1 / (1 + exp(-x)), element by element."""
    return cast("Scores", 1 / (1 + np.exp(-np.clip(log_odds, -30, 30))))


def prior_odds(labels: Scores, known: Mask) -> Scores:
    """Log odds of each code among its known labels, of (n positive + 1/2) in (n + 1): shape (codes,)."""
    share = ((labels * known).sum(axis=0) + 0.5) / (known.sum(axis=0) + 1)
    return cast("Scores", np.log(share / (1 - share)))


@dataclass(frozen=True, slots=True)
class Calibration:
    """`weights` has one for each signal, `offsets` one for each code."""

    weights: Scores
    offsets: Scores

    def probabilities(self, signals: Scores) -> Scores:
        """Of each segment and code, from signals of shape (segments, codes, signals)."""
        return probability(signals @ self.weights + self.offsets)


def calibrated(signals: Scores, labels: Scores, known: Mask, towards: Scores) -> Calibration:
    """Fit to labels (segments, codes) of 0 and 1, as far as they are `known`; `towards` are the weights to start from."""
    optimize = need("scipy.optimize", "vectors")
    prior, n = prior_odds(labels, known), len(towards)

    def loss(point: Scores) -> tuple[float, Scores]:
        weights, shifts = point[:n], point[n:]
        log_odds = signals @ weights + shifts + prior
        wrong = (probability(log_odds) - labels) * known
        fit = ((np.logaddexp(0, log_odds) - labels * log_odds) * known).sum()
        held = _HOLD_WEIGHTS * ((weights - towards) ** 2).sum() / 2 + _HOLD_OFFSETS * (shifts**2).sum() / 2
        slope = np.einsum("sc,sck->k", wrong, signals) + _HOLD_WEIGHTS * (weights - towards)
        return fit + held, np.concatenate([slope, wrong.sum(axis=0) + _HOLD_OFFSETS * shifts])

    start = np.concatenate([towards, np.zeros(labels.shape[1])])
    point = optimize.minimize(loss, start, jac=True, method="L-BFGS-B").x
    return Calibration(point[:n], point[n:] + prior)


def expected(scores: Scores) -> Mask:
    """Each code on as many segments as its probabilities add up to, the surest: shape (segments, codes)."""
    return surest(scores, scores.sum(axis=0))


def surest(scores: Scores, n: Scores) -> Mask:
    """Each code on its `n` segments of highest score, the nearest whole number: shape (segments, codes)."""
    places = np.argsort(np.argsort(-scores, axis=0, kind="stable"), axis=0)
    return places < np.rint(n)


@dataclass(frozen=True, slots=True)
class Conformal:
    """Calibrations, each on all folds but one; what the most cautious of them does not allow is not done."""

    calibrations: tuple[tuple[Scores, Scores], ...]
    """Scores of pairs that have their code, and of those that have not, each sorted from low to high."""

    @classmethod
    def on(cls, scores: Scores, labels: Scores, known: Mask, folds: npt.NDArray[np.intp]) -> Conformal:
        """From scores and labels of the shape (segments, codes), as far as labels are `known`; a fold for each segment."""
        kept = [folds != fold for fold in np.unique(folds)]
        return cls(tuple(_sorted(scores[rows], labels[rows], known[rows]) for rows in kept))

    def given(self, scores: Scores, error: float) -> Mask:
        """Which pairs are so sure that at most the share `error` of them is expected to be wrong."""
        return cast("Mask", np.all([_given(scores, lacking, error) for _, lacking in self.calibrations], axis=0))

    def ruled_out(self, scores: Scores, error: float) -> Mask:
        """Which pairs are so unlike those that have their code that at most the share `error` of these is ruled out."""
        return cast("Mask", np.all([_ruled_out(scores, having, error) for having, _ in self.calibrations], axis=0))


def _sorted(scores: Scores, labels: Scores, known: Mask) -> tuple[Scores, Scores]:
    return np.sort(scores[known & (labels == 1)]), np.sort(scores[known & (labels == 0)])


def _given(scores: Scores, lacking: Scores, error: float) -> Mask:
    as_high = len(lacking) - np.searchsorted(lacking, scores.ravel(), side="left")
    p = (1 + as_high) / (1 + len(lacking))
    ordered = np.sort(p)
    passing = np.flatnonzero(ordered <= error * np.arange(1, len(p) + 1) / max(len(p), 1))
    limit = ordered[passing[-1]] if len(passing) else -1.0
    return cast("Mask", (p <= limit).reshape(scores.shape))


def _ruled_out(scores: Scores, having: Scores, error: float) -> Mask:
    as_low = np.searchsorted(having, scores.ravel(), side="right")
    return cast("Mask", ((1 + as_low) / (1 + len(having)) <= error).reshape(scores.shape))
