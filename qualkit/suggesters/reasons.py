"""Saying why: from scores to suggestions with the words, lines and coded segments that speak for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qualkit.model import Code, Evidence, Neighbour, Suggestion, Valence
from qualkit.suggesters.reading import Line, Reading, Scores
from qualkit.wording import first_line

Rows = npt.NDArray[np.intp]

N_NEIGHBOURS = 3
N_WORDS = 3
N_LINES = 2
LEAST_LIKENESS = 0.2
"""A line or coded segment less like than this, as a cosine, speaks for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """What speaks for one code: `parts` scores every sentence, `letters` weighs every run of letters.

    `likeness` has the shape (segments, lines). `examples` are the rows of segments that people gave the code; for a segment
    that `is_judged` itself, those of its own transcript say nothing.
    """

    parts: Scores
    letters: Scores
    lines: Sequence[Line]
    likeness: Scores
    examples: Rows | None = None
    is_judged: npt.NDArray[np.bool_] | None = None


def suggestions_for(
    code: Code,
    reading: Reading,
    scores: Scores,
    reasons: Reasons,
    *,
    rows: Rows,
    valences: Sequence[Valence | None] | None = None,
    is_sure: npt.NDArray[np.bool_] | None = None,
) -> Iterator[Suggestion]:
    """A suggestion of `code` for each of `rows`; `scores`, `valences` and `is_sure` have one for every segment."""
    if not len(rows):
        return
    of_words = reading.letters.of_words(reasons.letters)
    likest = np.argsort(-reasons.likeness[rows], axis=1, kind="stable")[:, :N_LINES]
    neighbours = _neighbours(reading, reasons, rows)
    only = code.valences[0] if len(code.valences) == 1 else None
    for place, row in enumerate(map(int, rows)):
        segment, span = reading.segments[row], reading.spans[row][reading.space.best_part(row, reasons.parts)]
        lines = [reasons.lines[n] for n in likest[place] if reasons.likeness[row, n] >= LEAST_LIKENESS]
        words = reading.letters.telling(row, of_words, N_WORDS)
        yield Suggestion(
            segment_id=segment.id,
            code_key=code.key,
            score=float(scores[row]),
            rationale=_rationale(lines, words),
            evidence=(Evidence(start_char=span[0], end_char=span[1], text=segment.text[span[0] : span[1]]),),
            valence=valences[row] if valences is not None else only,
            lines=tuple(line.text for line in lines),
            neighbours=neighbours[place],
            is_sure=bool(is_sure[row]) if is_sure is not None else False,
        )


def shown(scores: Scores, min_score: float, most: int) -> npt.NDArray[np.bool_]:
    """Which pairs are worth showing: the `most` best codes of each segment that score `min_score` or more."""
    places = np.argsort(np.argsort(-scores, axis=1, kind="stable"), axis=1)
    return np.asarray((places < most) & (scores >= min_score))


def _neighbours(reading: Reading, reasons: Reasons, rows: Rows) -> list[tuple[Neighbour, ...]]:
    """For each row the likest of the examples."""
    examples = reasons.examples
    if examples is None or reasons.is_judged is None or not len(examples):
        return [() for _ in rows]
    wholes, whence = reading.space.wholes, np.array([segment.transcript_id for segment in reading.segments])
    likeness = wholes[rows] @ wholes[examples].T
    likeness[reasons.is_judged[rows, None] & (whence[rows, None] == whence[None, examples])] = -1
    best = np.argsort(-likeness, axis=1, kind="stable")[:, :N_NEIGHBOURS]
    return [
        tuple(
            Neighbour(segment_id=reading.segments[int(examples[n])].id, likeness=round(float(mine[n]), 3))
            for n in order
            if mine[n] >= LEAST_LIKENESS
        )
        for mine, order in zip(likeness, best, strict=True)
    ]


def _rationale(lines: Sequence[Line], words: Sequence[str]) -> str:
    """A sentence that tells nothing of what people coded, since a blind coder reads it."""
    said = [f"resembles the {lines[0].kind} “{first_line(lines[0].text, 90)}”"] if lines else []
    said += [f"telling words: {', '.join(words)}"] if words else []
    return "; ".join(said) or "like segments with this code, as a whole or by the talk around it"
