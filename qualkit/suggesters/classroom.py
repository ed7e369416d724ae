"""What can be learned from the lessons of a brief, and what that makes of every segment of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt

from qualkit.model import Brief, Code, Lesson
from qualkit.plugs import Ratings, Tools
from qualkit.suggesters.reading import Reading, Scores, read
from qualkit.suggesters.reasons import Reasons
from qualkit.suggesters.ridge import Fit, Ridge, signals
from qualkit.suggesters.scoring import Calibration, Conformal, Mask, calibrated, expected
from qualkit.suggesters.similarity import OFFSET, WEIGHTS, Resemblance

Rows: TypeAlias = npt.NDArray[np.intp]

MIN_LESSONS = 20
"""With fewer judged segments nothing is learned."""

MAX_FOLDS = 10
"""More transcripts than this are held out several at a time."""

BLOCKS = 5
"""A single transcript is held out in so many stretches of talk."""

QUESTION_WEIGHT = 0.25
"""What the question counts beside the segment (1) and its letters (1) in how like two segments are."""

Signal: TypeAlias = tuple[Scores, float]
"""A signal of the shape (segments, codes), and the weight to start from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What came of every pair of segment and code, and on what it rests.

    `parts` (sentences, codes) and `letters` (runs, codes) are what was learned to speak for a code; `examples` are the rows
    that people gave each code, `is_judged` says which rows they judged at all.
    """

    ratings: Ratings
    calibration: Calibration
    resemblance: Resemblance
    parts: Scores
    letters: Scores
    examples: Sequence[Rows]
    is_judged: Mask

    def reasons(self, column: int) -> Reasons:
        """What speaks for one code, learned and written, each as its signal weighs."""
        said = self.resemblance.reasons(column)
        learned, _, meaning, wording = self.calibration.weights[:4]
        return Reasons(
            parts=learned * self.parts[:, column] + meaning * said.parts,
            letters=learned * self.letters[:, column] + wording * said.letters,
            lines=said.lines,
            likeness=said.likeness,
            examples=self.examples[column],
            is_judged=self.is_judged,
        )


class Classroom:
    """A brief, read once; `judge` may be asked about several sets of codes.

    `error` is the share of wrong codes among those given without a person, and of codes wrongly ruled out.
    """

    def __init__(self, brief: Brief, tools: Tools, error: float) -> None:
        self.reading = read(brief, tools)
        self._tools, self._error = tools, error
        self._taught = np.array([row for row, item in enumerate(brief.segments) if item.id in brief.lessons], dtype=np.intp)
        self.lessons: list[Lesson] = [brief.lessons[brief.segments[row].id] for row in self._taught]
        self._dense = _described(self.reading)
        self._is_taught = np.zeros(len(brief.segments), dtype=bool)
        self._is_taught[self._taught] = True
        self._transcripts = [brief.segments[row].transcript_id for row in self._taught]
        self._fold_of = _folds([segment.transcript_id for segment in brief.segments], self._taught)
        self._folds = self._fold_of[self._taught]
        self._ridge = Ridge(self._likeness(), self._folds) if len(self._taught) >= MIN_LESSONS else None

    @property
    def n_taught(self) -> int:
        """How many judged segments it learned from."""
        return len(self._taught) if self._ridge else 0

    def _likeness(self) -> Scores:
        """Of every judged segment to every other."""
        dense, letters = self._dense[self._taught], self.reading.letters.rows[self._taught]
        return cast("Scores", dense @ dense.T + (letters @ letters.T).toarray())

    def judge(self, codes: Sequence[Code], lessons: Sequence[Lesson], more: Sequence[Signal] = ()) -> Judgement:
        """Each of `codes` on every segment, from what `lessons`, in the order of `self.lessons`, say of them."""
        labels = np.array([[code.key in lesson.codes for code in codes] for lesson in lessons], dtype=float)
        known = np.array([[code.key not in lesson.unsettled for code in codes] for lesson in lessons], dtype=bool)
        labels, known = labels.reshape(-1, len(codes)), known.reshape(-1, len(codes))
        resemblance = Resemblance(self.reading, codes, self._tools)
        written = [*np.moveaxis(resemblance.signals, -1, 0), *(signal for signal, _ in more)]
        learned = self._learned(labels, known, resemblance.shared.shape[1])
        said = np.stack([learned.own, learned.nearby, *written], axis=-1)
        weights = np.array([0.0, 0.0, *WEIGHTS, *(weight for _, weight in more)])
        scores, calibration = self._calibrated(said, labels, known, weights)
        return Judgement(
            ratings=self._ratings(scores, labels, known),
            calibration=calibration,
            resemblance=resemblance,
            parts=learned.parts,
            letters=learned.letters,
            examples=[self._taught[(labels[:, column] == 1) & known[:, column]] for column in range(len(codes))],
            is_judged=self._is_taught,
        )

    def _learned(self, labels: Scores, known: Mask, n_runs: int) -> _Learned:
        """What was learned; zeros where nothing was. An unsettled label counts as the code's mean.

        Of a judged segment, and of the talk around it, what was learned without its transcript speaks.
        """
        reading, n_codes = self.reading, labels.shape[1]
        if self._ridge is None:
            nothing = np.zeros((len(self._dense), n_codes))
            return _Learned(nothing, nothing, np.zeros((len(reading.space.parts), n_codes)), np.zeros((n_runs, n_codes)))
        labels = np.where(known, labels, (labels * known).sum(axis=0) / np.maximum(known.sum(axis=0), 1))
        fit = self._ridge.fit(labels)
        dense, letters = self._weights(fit)
        full = self._scored(fit, np.arange(len(self._dense)))
        own = full.copy()
        around = {}
        for fold in np.unique(self._folds):
            held = full.copy()
            talk, rows = self._talk_of(fold), self._taught[self._folds == fold]
            held[talk] = self._scored(self._ridge.fit_without(labels, fold), talk)
            own[rows] = held[rows]
            around[fold] = reading.nearby(held)[rows]
        nearby = reading.nearby(own)
        for fold, said in around.items():
            nearby[self._taught[self._folds == fold]] = said
        width = reading.space.parts.shape[1]
        return _Learned(own, nearby, reading.space.parts @ (dense[:width] + dense[width : 2 * width]), letters)

    def _talk_of(self, fold: int) -> Rows:
        """Rows of the transcripts that a fold is of, whole ones even if it is a stretch."""
        return np.flatnonzero(self._fold_of == fold if len(set(self._transcripts)) > 1 else self._fold_of >= 0)

    def _scored(self, fit: Fit, rows: Rows) -> Scores:
        """What was learned says of some rows."""
        dense, letters = self._weights(fit)
        return signals(self._dense[rows] @ dense + self.reading.letters.rows[rows] @ letters + fit.means, fit.means)

    def _weights(self, fit: Fit) -> tuple[Scores, Scores]:
        """What each dimension of a segment's vectors, and each run of letters, weighs for each code."""
        return self._dense[self._taught].T @ fit.duals, self.reading.letters.rows[self._taught].T @ fit.duals

    def _calibrated(self, said: Scores, labels: Scores, known: Mask, weights: Scores) -> tuple[Scores, Calibration]:
        """Probabilities, and how they came about; those of judged segments calibrated without their own fold."""
        if self._ridge is None:
            by_codebook = Calibration(weights, np.full(labels.shape[1], OFFSET))
            return by_codebook.probabilities(said), by_codebook
        calibration = calibrated(said[self._taught], labels, known, weights)
        scores = calibration.probabilities(said)
        for fold in np.unique(self._folds):
            held, kept = self._taught[self._folds == fold], self._folds != fold
            without = calibrated(said[self._taught[kept]], labels[kept], known[kept], weights)
            scores[held] = without.probabilities(said[held])
        return scores, calibration

    def _ratings(self, scores: Scores, labels: Scores, known: Mask) -> Ratings:
        """Decisions among the judged segments, and among the others."""
        is_given, is_sure, is_ruled_out = (np.zeros(scores.shape, dtype=bool) for _ in range(3))
        conformal = Conformal.on(scores[self._taught], labels, known, self._folds) if self._ridge else None
        for rows in (self._is_taught, ~self._is_taught):
            is_given[rows] = expected(scores[rows])
            if conformal is not None:
                is_sure[rows] = conformal.given(scores[rows], self._error)
                is_ruled_out[rows] = conformal.ruled_out(scores[rows], self._error)
        return Ratings(scores, is_given, is_sure, is_ruled_out)


@dataclass(frozen=True, slots=True)
class _Learned:
    """Signals of segments, `own` and of the talk around them, and what sentences and runs of letters say: (rows, codes)."""

    own: Scores
    nearby: Scores
    parts: Scores
    letters: Scores


def _described(reading: Reading) -> Scores:
    """Segments as rows whose products are likenesses: whole and sentences together count 1, the question less."""
    half, asked = np.sqrt(0.5, dtype=np.float32), np.sqrt(QUESTION_WEIGHT, dtype=np.float32)
    return cast("Scores", np.hstack([half * reading.space.wholes, half * reading.part_means, asked * reading.questions]))


def _folds(transcripts: Sequence[str], taught: Rows) -> Rows:
    """A fold for each segment of a transcript in which any is judged, -1 for the others.

    Transcripts are dealt into `MAX_FOLDS` if they are more; the only one is cut into stretches.
    """
    judged = list(dict.fromkeys(transcripts[row] for row in taught))
    place = {transcript: n % MAX_FOLDS for n, transcript in enumerate(judged)}
    folds = np.array([place.get(transcript, -1) for transcript in transcripts], dtype=np.intp)
    if len(judged) == 1:
        rows = np.flatnonzero(folds == 0)
        folds[rows] = np.searchsorted(_ends(taught), rows)
    return folds


def _ends(taught: Rows) -> Rows:
    """The last row of each stretch but the last, so that every stretch has as many judged segments."""
    return np.array([stretch[-1] for stretch in np.array_split(taught, BLOCKS)[:-1] if len(stretch)], dtype=np.intp)
