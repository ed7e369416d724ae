"""Codes whose codebook lines a segment resembles: a machine coder that needs nothing but the codebook.

A raw likeness cannot be compared between codes: a code in general words resembles everything, and a list ranked by it names
that code on every segment. So each code is judged by its own standard: a signal says how far a segment stands out among all
segments of the study, in standard deviations. There are five:

- *meaning*: the mean of two cosines, of the whole segment and of its best sentence, with the mean of the two lines of the code
  that it resembles most. The whole carries the subject, the sentence finds a point made in passing; one line alone rewards
  chance, the mean over all lines punishes a code that is described from many sides;
- *wording*: the letters that the segment shares with all lines of the code, those counting most that few other codes have;
- *question*: the meaning of what the moderator asked last;
- *meaning* and *wording nearby*: what was said just before and after, for people stay with a subject for a while.

The score is logistic in their weighted sum. Weights and offset were set on real focus groups (14 codes, 340 turns), so that
with definitions alone .2, .4 and .7 are about the shares of such suggestions that the human coders had made as well. Where
people have coded, `learned` finds weights of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from qualkit.model import Brief, Code, Suggestion
from qualkit.plugs import Ratings, Tools, ratings_of
from qualkit.suggesters.reading import Letters, Line, Reading, Scores, Space, lines_of, read
from qualkit.suggesters.reasons import Reasons, shown, suggestions_for
from qualkit.suggesters.scoring import expected, probability

WEIGHTS = np.array([0.65, 0.40, 0.13, 0.40, 0.26])
"""How much a standard deviation of each signal adds to the log odds, in the order in which they stand above."""

OFFSET = -2.5
"""Log odds of a code on a segment that is as like it as any other."""

REFERENCE = {"meaning": (0.30, 0.11), "wording": (0.03, 0.03)}
"""Mean and standard deviation where a study has too few segments to estimate its own: those of focus groups."""

_N_LINES = 2


class Similarity:
    """A `Suggester` that compares meanings and wordings. Suggests a valence for a code that has exactly one.

    `min_score`: how probable a suggestion must be. `most`: how many codes it suggests for a segment.
    """

    name = "similarity"
    learns = False

    def __init__(self, min_score: float = 0.2, *, most: int = 5) -> None:
        self.min_score = min_score
        self.most = most

    def revision(self, tools: Tools) -> str:
        """See `Suggester.revision`."""
        return f"similarity 2, min_score {self.min_score:g}, most {self.most}, {engines_of(tools)}"

    def rate(self, brief: Brief, tools: Tools) -> Ratings:
        """See `Suggester.rate`; gives each code to as many segments as it expects to have it."""
        if not brief.segments or not brief.codebook.codes:
            return ratings_of([], brief)
        scores = probability(OFFSET + Resemblance(read(brief, tools), brief.codebook.codes, tools).signals @ WEIGHTS)
        return Ratings(scores, expected(scores))

    def suggest(self, brief: Brief, tools: Tools) -> list[Suggestion]:
        """See `Suggester.suggest`; by code, in the codebook's order."""
        if not brief.segments or not brief.codebook.codes:
            return []
        reading = read(brief, tools)
        resemblance = Resemblance(reading, brief.codebook.codes, tools)
        scores = probability(OFFSET + resemblance.signals @ WEIGHTS)
        is_shown = shown(scores, self.min_score, self.most)
        return [
            item
            for column, code in enumerate(brief.codebook.codes)
            for item in suggestions_for(
                code, reading, scores[:, column], resemblance.reasons(column), rows=np.flatnonzero(is_shown[:, column])
            )
        ]


def engines_of(tools: Tools) -> str:
    """The engines that a reading rests on."""
    return f"{tools.embedder.name} {tools.embedder.revision}, {tools.language.name} {tools.language.revision}"


class Resemblance:
    """How much segments resemble the codebook lines of `codes`."""

    def __init__(self, reading: Reading, codes: Sequence[Code], tools: Tools) -> None:
        self._reading = reading
        self.lines = [lines_of(code) for code in codes]
        vectors = tools.embedder.embed([line.text for lines in self.lines for line in lines])
        self._placed = np.split(reading.space.place(vectors), np.cumsum([len(lines) for lines in self.lines])[:-1])
        self._parts = [reading.space.parts @ lines.T for lines in self._placed]
        self._likeness = [likeness(reading.space, lines, parts) for lines, parts in zip(self._placed, self._parts, strict=True)]
        self.shared = shared_letters(reading.letters, self.lines)

    @property
    def signals(self) -> Scores:
        """The signals in the order of `WEIGHTS`, standardised: shape (segments, codes, 5)."""
        reading, is_centred = self._reading, self._reading.space.is_centred
        meaning = np.column_stack([best_lines(fits) for fits in self._likeness])
        wording = np.asarray(reading.letters.rows @ self.shared.T)
        question = np.column_stack([best_lines(reading.questions @ lines.T) for lines in self._placed])
        has_question = np.any(reading.questions, axis=1)
        meaning = standardised(meaning, None if is_centred else REFERENCE["meaning"])
        wording = standardised(wording, None if is_centred else REFERENCE["wording"])
        asked = np.zeros_like(question)
        if is_centred and has_question.any():
            asked[has_question] = standardised(question[has_question])
        return np.stack([meaning, wording, asked, reading.nearby(meaning), reading.nearby(wording)], axis=-1)

    def reasons(self, column: int) -> Reasons:
        """What speaks for one code: the sentences and letters like its lines, and these."""
        return Reasons(
            parts=best_lines(self._parts[column]),
            letters=self.shared[column],
            lines=self.lines[column],
            likeness=self._likeness[column],
        )


def likeness(space: Space, lines: Scores, parts: Scores) -> Scores:
    """How like each segment is to each line of one code: the mean of two cosines, its own and that of its best sentence.

    `parts` are the cosines of the sentences, shape (sentences, lines); that of the result is (segments, lines).
    """
    best_parts = np.maximum.reduceat(parts, space.first[:-1], axis=0)
    return cast("Scores", (space.wholes @ lines.T + best_parts) / 2)


def best_lines(fits: Scores) -> Scores:
    """The mean over the two lines that fit best, or over the only one: shape (rows,)."""
    return cast("Scores", np.sort(fits, axis=1)[:, -_N_LINES:].mean(axis=1))


def shared_letters(letters: Letters, lines: Sequence[Sequence[Line]]) -> Scores:
    """What each code's lines weigh, run of letters by run: those count most that few of the codes have."""
    rows = letters.of([" ".join(line.text for line in own) for own in lines]).toarray()
    n_codes = (rows > 0).sum(axis=0)
    return cast("Scores", rows * (np.log((len(lines) + 1) / (n_codes + 1)) + 0.2))


def standardised(values: Scores, reference: tuple[float, float] | None = None) -> Scores:
    """Each column in standard deviations from its mean, or from those of `reference`; 0 where all are alike."""
    mean, spread = (values.mean(axis=0), values.std(axis=0)) if reference is None else map(np.asarray, reference)
    return cast("Scores", np.where(spread > 1e-6, (values - mean) / np.maximum(spread, 1e-6), 0.0))
