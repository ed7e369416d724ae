"""Leave whole transcripts out, so that a machine coder is judged on what it has not learned from.

Transcripts are dealt into folds. For each fold the machine is given the whole study as in use, less what people made of the
fold's transcripts, and less every example of the codebook that was taken from them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from qualkit.errors import PlugError
from qualkit.model import Brief, Code, Codebook, Segment, Suggestion, Valence
from qualkit.plugs import Progress, Ratings, Suggester, Tools, no_progress

MOST_LEFT_OUT_ONE_BY_ONE = 10
"""With more transcripts than this, several are left out at a time."""
_QUOTED_WORDS = 4
"""A stretch of an example counts as quoted from a transcript from this many words on; a shorter example as a whole."""


def deal(transcript_ids: Sequence[str], *, n_folds: int, seed: int) -> list[list[str]]:
    """Transcripts in `n_folds` folds, each in one, dealt after shuffling by the seed.

    With 0, one transcript a fold, or 10 folds if there are more transcripts.
    """
    n_folds = min(n_folds or MOST_LEFT_OUT_ONE_BY_ONE, len(transcript_ids))
    shuffled = list(transcript_ids)
    random.Random(seed).shuffle(shuffled)
    return [sorted(shuffled[n::n_folds]) for n in range(n_folds)]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """A machine that is asked about each fold of transcripts without what people made of it.

    It is asked once for all folds that come to the same brief, as they do for a machine that does not learn.
    """

    brief: Brief
    folds: Sequence[Sequence[str]]
    machine: Suggester
    tools: Tools
    progress: Progress = no_progress
    with_valences: bool = False
    _known: dict[object, tuple[Ratings, list[Suggestion]]] = field(default_factory=dict, init=False, repr=False)

    def ratings(self) -> Ratings:
        """Ratings of all segments of the brief, each made while its own transcript was left out; 0 where none was.

        Raises `PlugError` for scores that are no probabilities.
        """
        import numpy as np

        shape = (len(self.brief.segments), len(self.brief.codebook.codes))
        scores, *masks = np.zeros(shape), *(np.zeros(shape, dtype=bool) for _ in range(3))
        abstains = True
        for fold, (rated, _) in zip(self.folds, self._answers(), strict=True):
            rows = [n for n, segment in enumerate(self.brief.segments) if segment.transcript_id in fold]
            scores[rows] = rated.scores[rows]
            said = (rated.is_given, rated.is_sure, rated.is_ruled_out)
            abstains = abstains and rated.is_sure is not None and rated.is_ruled_out is not None
            for mask, own in zip(masks, said, strict=True):
                if own is not None:
                    mask[rows] = own[rows]
        if not ((scores >= 0) & (scores <= 1)).all():
            raise PlugError(f"The machine coder {self.machine.name!r} gives scores that do not lie between 0 and 1.")
        return Ratings(scores, *masks) if abstains else Ratings(scores, masks[0])

    def valences(self) -> dict[tuple[str, str], Valence]:
        """Valences that the machine suggests, by segment id and code key, each while that transcript was left out."""
        whence = {segment.id: segment.transcript_id for segment in self.brief.segments}
        return {
            (item.segment_id, item.code_key): item.valence
            for fold, (_, suggestions) in zip(self.folds, self._answers(), strict=True)
            for item in suggestions
            if item.valence is not None and whence[item.segment_id] in fold
        }

    def n_examples_left_out(self) -> int:
        """How many of the codebook's examples were taken from some fold, and not shown while it was left out."""
        books = [without_quoted(self.brief.codebook, self._segments_of(fold)) for fold in self.folds]
        codes = [self.brief.codebook.codes, *(book.codes for book in books)]
        return sum(
            len({n for left in kept for n, text in enumerate(whole.examples) if text not in left.examples})
            for whole, *kept in zip(*codes, strict=True)
        )

    def _answers(self) -> Iterator[tuple[Ratings, list[Suggestion]]]:
        """What the machine says while each fold is left out; it is asked once, and for both at the same time."""
        for n, fold in enumerate(self.folds):
            mine = self.without(fold)
            key = (mine.codebook.sha256, n if self.machine.learns else None)
            if key not in self._known:
                self.progress(n / len(self.folds), f"{self.machine.name}, fold {n + 1} of {len(self.folds)}")
                rated = self.machine.rate(mine, self.tools)
                self._known[key] = (rated, self.machine.suggest(mine, self.tools) if self.with_valences else [])
            yield self._known[key]

    def without(self, fold: Sequence[str]) -> Brief:
        """The brief as the machine is given it while `fold` is left out."""
        held = {segment.id for segment in self._segments_of(fold)}
        lessons = {key: lesson for key, lesson in self.brief.lessons.items() if key not in held}
        return replace(self.brief, codebook=without_quoted(self.brief.codebook, self._segments_of(fold)), lessons=lessons)

    def _segments_of(self, fold: Sequence[str]) -> list[Segment]:
        return [segment for segment in self.brief.segments if segment.transcript_id in fold]


def without_quoted(book: Codebook, segments: Iterable[Segment]) -> Codebook:
    """The codebook without the examples that were taken from the text of `segments`, however they are spelt or shortened."""
    said = f" {' '.join(_plain(segment.text) for segment in segments)} "
    return replace(book, codes=tuple(_without_quoted(code, said) for code in book.codes))


def _without_quoted(code: Code, said: str) -> Code:
    return replace(code, examples=tuple(text for text in code.examples if not _is_quoted(text, said)))


def _is_quoted(example: str, said: str) -> bool:
    """Whether a stretch of an example between ellipses, or a short example as a whole, is in `said`."""
    stretches = [_plain(stretch) for stretch in re.split(r"…|\.{3,}|\[[^\]]*\]", example)]
    long = [stretch for stretch in stretches if len(stretch.split()) >= _QUOTED_WORDS]
    return any(f" {stretch} " in said for stretch in long or [_plain(example)] if stretch)


def _plain(text: str) -> str:
    """Words in lower case, one blank between them, apostrophes taken out."""
    return " ".join(re.findall(r"\w+", re.sub(r"['’]", "", text.casefold())))
