"""Find topics: clusters of coded segments that may hold a code nobody has written down yet.

A topic is a candidate for a person to name, merge or reject. Segments that belong to none are a topic too, number -1, so
that their share is always in sight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import cast

from qualkit.model import Codebook, Segment, Topic, derived_id
from qualkit.plugs import Clusterer, Vectors

OUTLIERS = -1
N_QUOTES = 3
N_CODES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How segments become topics."""

    engine: str = field(default="bertopic", metadata={"help": "Engine that finds the topics."})
    seed: int = field(default=7, metadata={"help": "Start of all random numbers; the same seed finds the same topics."})
    min_size: int = field(default=0, metadata={"help": "Fewest segments a topic may have; 0 chooses by the size of the study."})


def run(
    *,
    segments: Sequence[Segment],
    vectors: Vectors,
    codebook: Codebook,
    code_vectors: Vectors,
    options: Options,
    clusterer: Clusterer,
    run_id: str,
) -> list[Topic]:
    """Topics of the segments that are coded, from the largest, the outliers last.

    `vectors` has a row for each of `segments`, `code_vectors` one for each of `codebook.codes`, both from one embedder.
    """
    rows = [n for n, segment in enumerate(segments) if segment.is_coded]
    coded, own = [segments[n] for n in rows], vectors[rows]
    size = options.min_size or min_size_for(len(coded))
    numbers, words = clusterer.cluster([segment.text for segment in coded], own, seed=options.seed, min_size=size)
    codes = code_vectors - code_vectors.mean(axis=0) if len(code_vectors) else code_vectors
    everything = own.mean(axis=0) if len(own) else own
    topics = []
    for number in sorted(set(numbers), key=lambda number: (number == OUTLIERS, number)):
        places = [n for n, other in enumerate(numbers) if other == number]
        members, centre = [coded[n] for n in places], _centre(own[places])
        by_centrality = [members[n] for n in (-(own[places] @ centre)).argsort(kind="stable")]
        topics.append(
            Topic(
                id=derived_id(run_id, number),
                run_id=run_id,
                number=number,
                words=tuple(words.get(number, ())),
                segment_ids=tuple(segment.id for segment in members),
                quote_segment_ids=tuple(segment.id for segment in quotes(by_centrality)),
                nearest_code_keys=() if number == OUTLIERS else nearest_codes(centre - everything, codebook, codes),
            )
        )
    return topics


def min_size_for(n_segments: int) -> int:
    """Half the square root of the number of segments, at least 3: 5 for 100, 9 for 340, 18 for 1,233.

    On real focus groups (1,233 sentences) sizes of 15 to 25 gave topics that other seeds find again (adjusted Rand index
    .73 to .82), a size of 10 did so less (.63).
    """
    return max(3, round(sqrt(n_segments) / 2))


def quotes(by_centrality: Sequence[Segment]) -> list[Segment]:
    """The most central segments: first one of each participant, then, if those are too few, more of the same."""
    first_of = {segment.participant_id: segment.id for segment in reversed(by_centrality)}
    firsts = [segment for segment in by_centrality if first_of[segment.participant_id] == segment.id]
    others = [segment for segment in by_centrality if first_of[segment.participant_id] != segment.id]
    return [*firsts, *others][:N_QUOTES]


def nearest_codes(centre: Vectors, codebook: Codebook, code_vectors: Vectors) -> tuple[str, ...]:
    """The codes that lie in the direction of a topic's centre, by cosine, nearest first.

    Both are meant to be taken from their own mean: what a topic has beyond the whole study against what a code has beyond
    the whole book. Otherwise the code in the most general words is near to every topic.
    """
    if not codebook.codes:
        return ()
    lengths = ((code_vectors**2).sum(axis=1) ** 0.5).clip(min=1e-9)
    order = (-(code_vectors @ centre) / lengths).argsort(kind="stable")[:N_CODES]
    return tuple(codebook.codes[n].key for n in order)


def _centre(vectors: Vectors) -> Vectors:
    mean = vectors.mean(axis=0)
    return cast("Vectors", mean / max(float((mean**2).sum()) ** 0.5, 1e-9))
