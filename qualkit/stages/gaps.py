"""What the codebook does not cover: topics that hold talk without a code, and how the codes lie in the topics.

Topics are ranked by how much talk they lack codes for (`stages/topic_gaps.py` says what counts as talk, and why). Where hardly
anybody has judged, none is ruled on: with a theme left out, topics least like any code of the codebook were rich in it no more
often than any others (in 87 trials 24 times among the first three, by chance 27), and topics with the fewest suggestions of a
machine hardly more often.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from qualkit.model import Basis, Codebook, FinalCode, Segment, Topic
from qualkit.stages.code_gaps import CodeGap, Merging, code_gaps, merging
from qualkit.stages.topic_gaps import Coverage, TopicGap, View, topic_gap

MIN_STUDY = 20
"""With fewer judged segments in the study, no topic is ruled on."""


class Measure(StrEnum):
    """What the rulings on topics rest on."""

    JUDGED = "what people judged"
    TOO_FEW = "too few judgements"


@dataclass(frozen=True, slots=True, kw_only=True)
class GapReport:
    """Topics against the codebook. `topics` come by how much talk they lack codes for, the most first; outliers are apart.

    `bases` counts the codes by what they rest on.
    """

    measure: Measure
    n_segments: int
    n_judged: int
    n_coded: int
    bases: Mapping[Basis, int]
    topics: tuple[TopicGap, ...]
    outliers: TopicGap | None
    codes: tuple[CodeGap, ...]
    merging: tuple[Merging, ...]

    @property
    def uncovered(self) -> tuple[TopicGap, ...]:
        """The topics that the codebook does not cover or covers in part, in the order of the report."""
        return tuple(gap for gap in self.topics if gap.is_uncovered)


def run(
    *,
    topics: Sequence[Topic],
    codes: Sequence[FinalCode],
    segments: Sequence[Segment],
    judged: Collection[str],
    codebook: Codebook,
    waiting: Collection[str] = (),
) -> GapReport:
    """Hold topics and the codes that count against each other.

    `segments` are those to be coded, `judged` the ids of those that somebody looked at, `waiting` of those with a disputed code
    that nobody has decided yet. Codes and segments that are gone from the codebook or the study are passed over.
    """
    view = View(topics=topics, codes=codes, segments=segments, judged=judged, codebook=codebook, waiting=waiting)
    measure = Measure.JUDGED if len(view.judged) >= MIN_STUDY else Measure.TOO_FEW
    ranked = [topic_gap(view, topic) for topic in topics]
    if measure is Measure.TOO_FEW:
        ranked = [replace(gap, coverage=Coverage.TOO_FEW, why=_unjudged(gap, codebook)) for gap in ranked]
    else:
        ranked.sort(key=lambda gap: (-gap.lacking, gap.topic.number))
    return GapReport(
        measure=measure,
        n_segments=len(segments),
        n_judged=len(view.judged),
        n_coded=sum(segment_id in view.carried for segment_id in view.judged),
        bases=Counter(code.basis for code in codes if code.segment_id in view.segments),
        topics=tuple(gap for gap in ranked if gap.topic.number >= 0),
        outliers=next((gap for gap in ranked if gap.topic.number < 0), None),
        codes=code_gaps(topics, view.by_code, view.parts, codebook),
        merging=merging(topics, view.carried, view.by_code, view.parts, codebook),
    )


def _unjudged(gap: TopicGap, codebook: Codebook) -> str:
    if gap.nearest is None:
        return "Hardly anybody has judged yet."
    key, cosine = gap.nearest
    name = codebook.by_key[key].name if key in codebook.by_key else key
    return (
        f"Hardly anybody has judged yet. It reads most like {name} (cosine {cosine:.2f}), which says little of what is missing."
    )
