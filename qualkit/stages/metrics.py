"""How well a machine coder agrees with people, in figures, each with an interval resampled by transcript.

Segments of one transcript are alike, so an interval is taken by drawing whole transcripts with replacement, as
`agreement/intervals.py` says. A draw is a row of weights, how often it holds each transcript; a row of ones is the data as
they are. Every function here takes a matrix of such rows, shape (draws, transcripts), and gives a figure for each,
NaN where it is undefined; each first sums what it needs by transcript, so that a thousand draws cost one matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt

from qualkit.agreement import intervals

Floats: TypeAlias = npt.NDArray[np.floating]
Bools: TypeAlias = npt.NDArray[np.bool_]
Ints: TypeAlias = npt.NDArray[np.integer]

N_BINS = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """What people and a machine said of every pair of segment and code; arrays have the shape (segments, codes).

    `is_known` is False where people have not settled what holds. `transcripts`, shape (segments,), numbers them from 0.
    """

    is_true: Bools
    is_known: Bools
    scores: Floats
    is_given: Bools
    transcripts: Ints
    is_sure: Bools | None = None
    is_ruled_out: Bools | None = None

    def of_code(self, column: int) -> Pairs:
        """The known pairs of one code."""
        known = self.is_known[:, column]
        return Pairs(self.is_true[known, column], self.scores[known, column], self.transcripts[known])


@dataclass(frozen=True, slots=True)
class Pairs:
    """Some pairs of segment and code in one line: whether people gave it, the machine's score, the transcript."""

    is_true: Bools
    scores: Floats
    transcripts: Ints


def draws(n_transcripts: int, n_draws: int, seed: int) -> Floats:
    """The data as they are and then `n_draws` draws of as many transcripts, with replacement: shape (1 + n_draws, n)."""
    return np.concatenate([np.ones((1, n_transcripts)), intervals.draws(n_transcripts, n_draws, seed)])


def interval(values: Floats, n_transcripts: int, *, lowest: float = 0.0) -> tuple[float, float] | str:
    """Where a figure may lie that is `values[0]` in the data and `values[1:]` in the draws, or why that cannot be told.

    `lowest` is the least that the figure can be. Without draws the reason is empty.
    """
    if len(values) < 3:
        return ""
    if n_transcripts < intervals.MIN_TRANSCRIPTS:
        return intervals.none_because(n_transcripts, 1.0)
    ends = intervals.ends(values[:1], values[1:, None], n_transcripts, lowest=lowest)
    if np.isnan(ends.low[0]):
        return intervals.none_because(n_transcripts, float(ends.share_defined[0]))
    return float(ends.low[0]), float(ends.high[0])


# ---------------------------------------------------------------- from yes and no


def tables(judged: Judged, n_transcripts: int) -> Floats:
    """Counts of shape (transcripts, codes, 2, 2): whether the machine gave the code, then whether people did."""
    found = np.zeros((n_transcripts, judged.is_true.shape[1], 2, 2))
    for given in (0, 1):
        for true in (0, 1):
            is_it = judged.is_known & (judged.is_given == given) & (judged.is_true == true)
            np.add.at(found[:, :, given, true], judged.transcripts, is_it)
    return found


def precision(counts: Floats) -> Floats:
    """Of what the machine gave, the share that people gave. `counts` has the shape (..., 2, 2), as in `tables`."""
    return ratio(counts[..., 1, 1], counts[..., 1, :].sum(axis=-1))


def recall(counts: Floats) -> Floats:
    """Of what people gave, the share that the machine gave."""
    return ratio(counts[..., 1, 1], counts[..., :, 1].sum(axis=-1))


def f1(counts: Floats) -> Floats:
    """The harmonic mean of precision and recall: 2 tp / (2 tp + fp + fn)."""
    both = 2 * counts[..., 1, 1]
    return ratio(both, both + counts[..., 1, 0] + counts[..., 0, 1])


# ---------------------------------------------------------------- from scores


def auc(pairs: Pairs, weights: Floats) -> Floats:
    """Area under the ROC curve: how often what people gave scores above what they did not, ties counting one half.

    By ranks (Hanley & McNeil 1982), as a sum over pairs of transcripts, so that no draw is ranked again.
    """
    n, positive = weights.shape[1], pairs.is_true
    scores, whence = pairs.scores[positive], pairs.transcripts[positive]
    wins = np.zeros((n, n))
    for other in range(n):
        theirs = np.sort(pairs.scores[~positive & (pairs.transcripts == other)])
        beaten = np.searchsorted(theirs, scores, "left") + np.searchsorted(theirs, scores, "right")
        wins[:, other] = np.bincount(whence, weights=beaten / 2, minlength=n)
    n_positive, n_negative = _counted(whence, weights), _counted(pairs.transcripts[~positive], weights)
    return ratio(((weights @ wins) * weights).sum(axis=1), n_positive * n_negative)


def average_precision(pairs: Pairs, weights: Floats) -> Floats:
    """Sum over falling thresholds of (recall gained) * (precision there), equal scores being taken at one stroke."""
    levels = np.unique(pairs.scores[pairs.is_true])[::-1]
    found, listed = _reached(pairs, levels, weights)
    gained = np.diff(found, axis=1, prepend=0)
    share = np.divide(found, listed, out=np.zeros_like(found), where=listed > 0)
    return ratio((gained * share).sum(axis=1), _counted(pairs.transcripts[pairs.is_true], weights))


def calibration_error(pairs: Pairs, weights: Floats) -> Floats:
    """Expected calibration error: sum over bins b of n_b / n * |share of b that people gave - mean score in b|.

    Ten bins of equal width, [0, .1) to [.9, 1] (Naeini, Cooper & Hauskrecht 2015; Guo et al. 2017, eq. 3).
    """
    bins = np.minimum((pairs.scores * N_BINS).astype(int), N_BINS - 1)
    gaps = np.zeros((weights.shape[1], N_BINS))
    np.add.at(gaps, (pairs.transcripts, bins), pairs.is_true - pairs.scores)
    return ratio(np.abs(weights @ gaps).sum(axis=1), _counted(pairs.transcripts, weights))


def precision_of_surest(pairs: Pairs, n_surest: int, weights: Floats) -> Floats:
    """The share that people gave of the `n_surest` pairs with the highest scores, or of all that score above 0 if fewer do.

    Of pairs with equal scores at the border the same share is taken of each kind, which is what chance would give.
    """
    levels = _levels_down_to(pairs, n_surest, weights.shape[1])
    found, listed = (np.pad(counts, ((0, 0), (1, 0))) for counts in _reached(pairs, levels, weights))
    wanted = np.minimum(n_surest, listed[:, -1])
    hits = [np.interp(n, counts, own) for n, counts, own in zip(wanted, listed, found, strict=True)]
    return ratio(np.array(hits), wanted)


def recall_at(judged: Judged, k: int, weights: Floats) -> Floats:
    """Of the codes that people gave to segments, the share that is among their segment's `k` of highest score.

    Codes that people have not settled and codes that score 0 are on no list; of equal scores the codebook's first is taken.
    """
    scores = np.where(judged.is_known, judged.scores, 0.0)
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    true = judged.is_true & judged.is_known
    hits = np.take_along_axis(true, best, axis=1) & (np.take_along_axis(scores, best, axis=1) > 0)
    n_hits, n_true = (
        weights @ np.bincount(judged.transcripts, weights=found.sum(axis=1), minlength=weights.shape[1])
        for found in (hits, true)
    )
    return ratio(n_hits, n_true)


def abstention(judged: Judged, weights: Floats) -> dict[str, Floats]:
    """What a machine that knows when to abstain does by itself; empty for one that does not say.

    `sure_wrong`: of the codes it is sure of, the share that people did not give. `ruled_out_wrong`: of the codes that people
    gave, the share it rules out. `coverage`: of all pairs, the share on which it does not abstain. `sure_recall`: of the codes
    that people gave, the share it is sure of.
    """
    if judged.is_sure is None or judged.is_ruled_out is None:
        return {}
    true, sure, out = judged.is_true, judged.is_sure, judged.is_ruled_out

    def n(mask: Bools) -> Floats:
        by_transcript = np.bincount(
            judged.transcripts, weights=(mask & judged.is_known).sum(axis=1), minlength=weights.shape[1]
        )
        return cast("Floats", weights @ by_transcript)

    return {
        "sure_wrong": ratio(n(sure & ~true), n(sure)),
        "ruled_out_wrong": ratio(n(out & true), n(true)),
        "coverage": ratio(n(sure | out), n(judged.is_known)),
        "sure_recall": ratio(n(sure & true), n(true)),
    }


def ratio(part: Floats, whole: Floats) -> Floats:
    """`part / whole`, NaN where there is no whole."""
    return cast("Floats", np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0))


def _counted(transcripts: Ints, weights: Floats) -> Floats:
    """How many things each draw holds, of which `transcripts` says where they lie."""
    return cast("Floats", weights @ np.bincount(transcripts, minlength=weights.shape[1]))


def _reached(pairs: Pairs, levels: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """How many pairs score `levels` or more in each draw, those that people gave and all: shapes (draws, levels)."""
    n = weights.shape[1]
    found, listed = np.zeros((n, len(levels))), np.zeros((n, len(levels)))
    for transcript in range(n):
        own = pairs.transcripts == transcript
        for kept, counts in ((own & pairs.is_true, found), (own, listed)):
            scores = np.sort(pairs.scores[kept])
            counts[transcript] = len(scores) - np.searchsorted(scores, levels, "left")
    return weights @ found, weights @ listed


def _levels_down_to(pairs: Pairs, n_surest: int, n_transcripts: int) -> Floats:
    """Distinct scores above 0, falling, as far down as any draw must go to list `n_surest` pairs."""
    floors = []
    for transcript in range(n_transcripts):
        own = np.sort(pairs.scores[pairs.transcripts == transcript])[::-1]
        floors.append(own[n_surest - 1] if len(own) >= n_surest else 0.0)
    return np.unique(pairs.scores[(pairs.scores > 0) & (pairs.scores >= min(floors, default=0.0))])[::-1]
