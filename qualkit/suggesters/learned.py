"""Codes as people of this study have given them: a machine coder that learns from their judgements.

A segment is described by its vector and that of its sentences, by what the moderator asked last, and by the letters of its
words (`reading.py`); a ridge regression learns from these what each code looks like (`ridge.py`). Its score, that of the talk
around the segment, and the signals of the codebook (`similarity.py`) are then weighed against each other and made into
probabilities by a logistic regression (`scoring.py`), fitted on transcripts that the ridge had not learned from.

How probable it calls a code on a segment that somebody judged rests on judgements in other transcripts (but for the weights of
its signals, a handful of numbers that all codes share); of any other segment it rests on all judgements. All settings are the
same for every study; none is chosen by looking at how well it does on one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qualkit.model import Brief, Suggestion
from qualkit.plugs import Ratings, Tools, ratings_of
from qualkit.suggesters.classroom import MIN_LESSONS, Classroom, Judgement, Signal
from qualkit.suggesters.reading import Scores
from qualkit.suggesters.reasons import shown, suggestions_for
from qualkit.suggesters.similarity import engines_of
from qualkit.suggesters.valences import valences_as_codes, valences_of, with_valences


class Learned:
    """A `Suggester` that learns. Without enough lessons it suggests nothing.

    `error`: the share of wrong codes among those that it is sure of. `min_score`: how probable a suggestion must be. `most`:
    how many codes it suggests for a segment.
    """

    name = "learned"
    learns = True

    def __init__(self, error: float = 0.1, min_score: float = 0.15, *, most: int = 5) -> None:
        self.error = error
        self.min_score = min_score
        self.most = most
        self._last: tuple[Brief, Classroom, Judgement] | None = None

    def revision(self, tools: Tools) -> str:
        """See `Suggester.revision`."""
        return f"{self.name} 1, error {self.error:g}, min_score {self.min_score:g}, most {self.most}, {engines_of(tools)}"

    def rate(self, brief: Brief, tools: Tools) -> Ratings:
        """See `Suggester.rate`; gives each code to as many segments as it expects to have it."""
        if not self._can_say(brief):
            return ratings_of([], brief)
        return self.judge(brief, tools).ratings

    def judge(self, brief: Brief, tools: Tools) -> Judgement:
        """All that it makes of a brief with segments and codes."""
        return self._judged(brief, tools)[1]

    def suggest(self, brief: Brief, tools: Tools) -> list[Suggestion]:
        """See `Suggester.suggest`; by code, in the codebook's order."""
        if not self._can_say(brief):
            return []
        room, judgement = self._judged(brief, tools)
        valences, is_sure = _valence_scores(room, brief), judgement.ratings.is_sure
        assert is_sure is not None  # a classroom always says
        is_shown = shown(judgement.ratings.scores, self.min_score, self.most)
        found: list[Suggestion] = []
        for column, code in enumerate(brief.codebook.codes):
            scores = judgement.ratings.scores[:, column]
            found += suggestions_for(
                code,
                room.reading,
                scores,
                judgement.reasons(column),
                rows=np.flatnonzero(is_shown[:, column]),
                valences=valences_of(code, valences),
                is_sure=is_sure[:, column],
            )
        return found

    def more_signals(self, brief: Brief, tools: Tools) -> Sequence[Signal]:  # noqa: ARG002
        """Signals beside those of codebook and lessons."""
        return ()

    def _can_say(self, brief: Brief) -> bool:
        n_judged = sum(segment.id in brief.lessons for segment in brief.segments)
        return bool(brief.codebook.codes) and n_judged >= MIN_LESSONS

    @property
    def report(self) -> Taught:
        """From how many judged segments it learned the last time."""
        return Taught(self._last[1].n_taught if self._last else 0)

    def _judged(self, brief: Brief, tools: Tools) -> tuple[Classroom, Judgement]:
        """Kept for the next call, which is most often about the same brief."""
        if self._last is None or self._last[0] is not brief:
            room = Classroom(brief, tools, self.error)
            self._last = (brief, room, room.judge(brief.codebook.codes, room.lessons, self.more_signals(brief, tools)))
        return self._last[1:]


@dataclass(frozen=True, slots=True)
class Taught:
    """A `Report` of what was learned from."""

    n_segments: int
    problems: tuple[str, ...] = ()

    @property
    def notes(self) -> str:
        """Empty if nothing was learned."""
        return f"learned from {self.n_segments} judged segments" if self.n_segments else ""


def _valence_scores(room: Classroom, brief: Brief) -> Scores | None:
    """Probabilities of barrier and facilitator, shape (segments, 2); None where nobody has given a valence yet."""
    lessons = [with_valences(lesson) for lesson in room.lessons]
    if not any(lesson.codes for lesson in lessons):
        return None
    return room.judge(valences_as_codes(brief.codebook).codes, lessons).ratings.scores
