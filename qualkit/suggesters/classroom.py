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
from qualkit.suggesters.ridge import Ridge, signals
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

    `conformal` is None where there was nothing to calibrate on. `parts` (sentences, codes) and `letters` (runs, codes) are what
    was learned to speak for a code; `examples` are the rows that people gave each code.
    """

    ratings: Ratings
    conformal: Conformal | None
    calibration: Calibration
    resemblance: Resemblance
    parts: Scores
    letters: Scores
    examples: Sequence[Rows]

    def is_sure(self, error: float) -> Mask:
        """Which codes may be given without a person: shape (segments, codes)."""
        if self.conformal is None:
            return np.zeros_like(self.ratings.is_given)
        return self.conformal.given(self.ratings.scores, error)

    def is_ruled_out(self, error: float) -> Mask:
        """Which codes may be ruled out without a person: shape (segments, codes)."""
        if self.conformal is None:
            return np.zeros_like(self.ratings.is_given)
        return self.conformal.ruled_out(self.ratings.scores, error)

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
        )


class Classroom:
    """A brief, read once; `judge` may be asked about several sets of codes."""

    def __init__(self, brief: Brief, tools: Tools) -> None:
        self.reading = read(brief, tools)
        self._tools = tools
        self._taught = np.array([row for row, item in enumerate(brief.segments) if item.id in brief.lessons], dtype=np.intp)
        self.lessons: list[Lesson] = [brief.lessons[brief.segments[row].id] for row in self._taught]
        self._dense = _described(self.reading)
        self._folds = _folds([brief.segments[row].transcript_id for row in self._taught])
        self._ridge = Ridge(self._likeness(), self._folds) if len(self._taught) >= MIN_LESSONS else None

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
        learned, parts, letters = self._learned(labels, known, resemblance.shared.shape[1])
        written = np.moveaxis(resemblance.signals, -1, 0)
        said = np.stack([learned, self.reading.nearby(learned), *written, *(signal for signal, _ in more)], axis=-1)
        weights = np.array([0.0, 0.0, *WEIGHTS, *(weight for _, weight in more)])
        scores, calibration = self._calibrated(said, labels, known, weights)
        return Judgement(
            ratings=Ratings(scores, self._given(scores)),
            conformal=Conformal.on(scores[self._taught], labels, known, self._folds) if self._ridge else None,
            calibration=calibration,
            resemblance=resemblance,
            parts=parts,
            letters=letters,
            examples=[self._taught[(labels[:, column] == 1) & known[:, column]] for column in range(len(codes))],
        )

    def _learned(self, labels: Scores, known: Mask, n_runs: int) -> tuple[Scores, Scores, Scores]:
        """What was learned, of segments, sentences and runs of letters; zeros where nothing was.

        A judged segment is spoken of by what was learned without its transcript. An unsettled label counts as the code's mean.
        """
        reading, n_codes = self.reading, labels.shape[1]
        if self._ridge is None:
            return tuple(np.zeros((n, n_codes)) for n in (len(self._dense), len(reading.space.parts), n_runs))  # type: ignore[return-value]
        fit = self._ridge.fit(np.where(known, labels, (labels * known).sum(axis=0) / np.maximum(known.sum(axis=0), 1)))
        dense, letters = self._dense[self._taught].T @ fit.duals, reading.letters.rows[self._taught].T @ fit.duals
        learned = signals(self._dense @ dense + reading.letters.rows @ letters + fit.means, fit.means)
        learned[self._taught] = fit.held_out
        width = reading.space.parts.shape[1]
        return learned, reading.space.parts @ (dense[:width] + dense[width : 2 * width]), letters

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

    def _given(self, scores: Scores) -> Mask:
        """As many as expected among the judged segments, and among the others."""
        is_given, is_taught = np.zeros(scores.shape, dtype=bool), np.zeros(len(scores), dtype=bool)
        is_taught[self._taught] = True
        for rows in (is_taught, ~is_taught):
            is_given[rows] = expected(scores[rows])
        return is_given


def _described(reading: Reading) -> Scores:
    """Segments as rows whose products are likenesses: whole and sentences together count 1, the question less."""
    half, asked = np.sqrt(0.5, dtype=np.float32), np.sqrt(QUESTION_WEIGHT, dtype=np.float32)
    return cast("Scores", np.hstack([half * reading.space.wholes, half * reading.part_means, asked * reading.questions]))


def _folds(transcripts: Sequence[str]) -> Rows:
    """A fold for each judged segment: transcripts, dealt into `MAX_FOLDS` if they are more, or stretches of the only one."""
    place = {transcript: n % MAX_FOLDS for n, transcript in enumerate(dict.fromkeys(transcripts))}
    if len(place) == 1:
        return np.arange(len(transcripts)) * BLOCKS // len(transcripts)
    return np.array([place[transcript] for transcript in transcripts], dtype=np.intp)
