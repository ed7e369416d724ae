"""What machine coders read of a study: segments, their sentences, the questions before them, the letters of their words.

Everything is a vector of length 1, so that a product of two is a likeness:

- `wholes` and `parts`, segments and their sentences as a language model sees them, less what the whole study has in common;
- `questions`, what a moderator said last before each segment, likewise;
- `letters`, the runs of three to five letters within the words of each segment, tf-idf weighted with sublinear counts. They
  match `fund`, `funds` and `funding` in any language, without a list of stop words or a stemmer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from qualkit.model import Brief, Code, Segment
from qualkit.plugs import Tools, Vectors, need

Scores: TypeAlias = npt.NDArray[np.floating]
"""Shape (segments,) or (segments, codes)."""

Span: TypeAlias = tuple[int, int]

MIN_SEGMENTS = 30
"""With fewer, what a study has in common cannot be estimated, and nothing is taken off."""

REACH = 4.0
"""After so many segments the talk before and after counts e times less."""


class Space:
    """Segments and their sentences as vectors, less what they have in common.

    `wholes` has a row per segment, `parts` a row per sentence, in order, and `counts` says how many sentences each segment
    has (at least one). Below `MIN_SEGMENTS` nothing is taken off.
    """

    def __init__(self, wholes: Vectors, parts: Vectors, counts: Sequence[int]) -> None:
        self.is_centred = len(wholes) >= MIN_SEGMENTS
        everything = np.concatenate([wholes, parts])
        self._common = everything.mean(axis=0) if self.is_centred else np.zeros(wholes.shape[1], dtype=np.float32)
        self.wholes, self.parts = self.place(wholes), self.place(parts)
        self.first = np.concatenate([[0], np.cumsum(counts)])

    def place(self, vectors: Vectors) -> Vectors:
        """`vectors` in this space, rows of length 1."""
        return normalised(vectors - self._common)

    def best_part(self, row: int, scores: Scores) -> int:
        """Which sentence of a segment has the highest of `scores`, which has one for each sentence of all."""
        return int(np.argmax(scores[self.first[row] : self.first[row + 1]]))


@dataclass(frozen=True)
class Reading:
    """A brief as machine coders read it; rows are the brief's segments."""

    segments: Sequence[Segment]
    spans: Sequence[Sequence[Span]]
    space: Space
    questions: Vectors

    @cached_property
    def letters(self) -> Letters:
        """The letters of the segments."""
        return Letters([segment.text for segment in self.segments])

    @cached_property
    def part_means(self) -> Vectors:
        """The mean of each segment's sentences, length 1."""
        return normalised(np.add.reduceat(self.space.parts, self.space.first[:-1], axis=0))

    @cached_property
    def _talk(self) -> list[npt.NDArray[np.intp]]:
        """Rows of each transcript, in the order of the talk."""
        rows: dict[str, list[int]] = {}
        for row, segment in enumerate(self.segments):
            rows.setdefault(segment.transcript_id, []).append(row)
        return [np.array(sorted(mine, key=lambda row: self.segments[row].position)) for mine in rows.values()]

    def nearby(self, scores: Scores) -> Scores:
        """For each segment the mean of `scores` over the segments around it, itself left out; far ones count less."""
        found = np.zeros_like(scores)
        for rows in self._talk:
            mine = scores[rows]
            total, weights = np.zeros_like(mine), np.zeros(len(rows))
            for gap in range(1, min(len(rows), int(3 * REACH) + 1)):
                weight = np.exp(-gap / REACH)
                total[gap:] += weight * mine[:-gap]
                total[:-gap] += weight * mine[gap:]
                weights[gap:] += weight
                weights[:-gap] += weight
            found[rows] = total / np.maximum(weights, 1e-9).reshape(-1, *[1] * (scores.ndim - 1))
        return found


def read(brief: Brief, tools: Tools) -> Reading:
    """Read a brief; needs a language and an embedder, and the brief at least one segment."""
    texts = [segment.text for segment in brief.segments]
    found = tools.language.sentences_of(texts)
    spans = [own or [(0, len(text))] for text, own in zip(texts, found, strict=True)]
    parts = [text[start:end] for text, own in zip(texts, spans, strict=True) for start, end in own]
    asked = [brief.questions.get(segment.id, "") for segment in brief.segments]
    vectors = tools.embedder.embed([*texts, *parts, *asked], tools.progress)
    n = len(texts)
    space = Space(vectors[:n], vectors[n:-n], [len(own) for own in spans])
    questions = space.place(vectors[-n:])
    questions[[not text for text in asked]] = 0
    return Reading(segments=brief.segments, spans=spans, space=space, questions=questions)


_COMMON = 0.2
"""A word in more than this share of the texts tells nothing by itself."""


class Letters:
    """Texts by the runs of three to five letters within their words, tf-idf weighted, as rows of length 1."""

    def __init__(self, texts: Sequence[str]) -> None:
        text = need("sklearn.feature_extraction.text", "vectors")
        self._words = text.CountVectorizer(token_pattern=r"\S+")
        self._runs = text.CountVectorizer(analyzer="char_wb", ngram_range=(3, 5), dtype=np.float32)
        try:
            self._counts = self._words.fit_transform(texts)
        except ValueError:  # not a word in any of them
            self._counts = self._words.fit_transform(["-"])[[0] * len(texts)]
        written = self._words.get_feature_names_out()
        self._of_words = self._runs.fit_transform(written)
        self._names = [word.strip(".,;:!?\"“”'()[]") for word in written]
        n_texts = np.bincount(self._counts.indices, minlength=len(written))
        self._is_telling = np.array([len(word) > 2 for word in self._names]) & (n_texts <= max(2, _COMMON * len(texts)))
        counts = (self._counts.astype(np.float32) @ self._of_words).tocsr()
        met = np.bincount(counts.indices, minlength=counts.shape[1])
        self._rarity = np.log((1 + len(texts)) / (1 + met)).astype(np.float32) + 1
        self.rows = self._weighted(counts)

    def of(self, texts: Sequence[str]) -> Any:
        """Other texts by what they share with these; a sparse matrix, rows of length 1."""
        return self._weighted(self._runs.transform(texts).tocsr())

    def of_words(self, weights: Scores) -> Scores:
        """What each word weighs, from what each run of letters does; a word that is short or common weighs nothing."""
        return cast("Scores", self._of_words @ (weights * self._rarity) * self._is_telling)

    def telling(self, row: int, weights: Scores, n: int) -> list[str]:
        """The `n` words of a text that weigh most, by `of_words`."""
        words = self._counts.indices[self._counts.indptr[row] : self._counts.indptr[row + 1]]
        heavy = weights[words]
        best = np.argsort(-heavy, kind="stable")[: 2 * n]
        return list(dict.fromkeys(self._names[words[i]] for i in best if heavy[i] > 0))[:n]

    def _weighted(self, counts: Any) -> Any:
        weighted = counts.copy()
        weighted.data = (1 + np.log(np.maximum(counts.data, 1))) * self._rarity[counts.indices]
        lengths = np.sqrt(np.bincount(_row_of(counts), weights=weighted.data**2, minlength=counts.shape[0]))
        weighted.data = (weighted.data / np.maximum(lengths, 1e-9)[_row_of(counts)]).astype(np.float32)
        return weighted


def _row_of(matrix: Any) -> npt.NDArray[np.intp]:
    """The row of each entry of a sparse matrix."""
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a codebook that a segment can be like. `text` is what is compared."""

    kind: str
    text: str


def lines_of(code: Code) -> list[Line]:
    """What a codebook says of a code, as texts to compare with. What to exclude is not among them: it resembles too."""
    definition = f"{code.name}: {code.definition}" if code.definition else code.name
    return [
        Line(kind="definition", text=definition),
        *(Line(kind="include line", text=text) for text in code.include),
        *(Line(kind="example", text=text) for text in code.examples),
    ]


def normalised(vectors: Vectors) -> Vectors:
    """Rows of length 1; a row of zeros stays one."""
    return cast("Vectors", vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9))
