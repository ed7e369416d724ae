"""Find topics: clusters of coded segments that may hold a code nobody has written down yet.

A topic is a candidate for a person to name, merge or reject. Segments that belong to none are a topic too, number -1, so
that their share is always in sight: those that keep another company in two of three parts of the talk that are drawn,
and those whose topic is too small.

A sentence by itself says little, so a segment is read with those before and after it in its turn, which count less the
further off they are. On four real focus groups (1,220 coded sentences) this brings topics nearer to what people coded:
normalised mutual information .31 beside .18 (`python -m benchmarks.topics`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import sqrt
from typing import TYPE_CHECKING, cast

from qualkit.model import OUTLIERS, Codebook, Landscape, Place, Segment, Topic, derived_id
from qualkit.plugs import Clusterer, Clusters, Progress, Tools, Vectors, no_progress, part_of

if TYPE_CHECKING:
    from qualkit.stages.stability import Numbers

N_QUOTES = 3
N_WORDS = 10
N_PHRASES = 5
MOST_COMPARED = 20
"""So many draws are compared two by two."""
MOST_PLACES = 20_000
"""So many segments are shown on the map; of more, every so manieth."""

_REACH = 2
"""Segments before and after that count."""
_FALL = 0.5
"""Of the weight of the one before, what the next further off has."""
_READ_FOR_PHRASES = 30
_LONGEST_PHRASE = 4
_SAMENESS = 0.6
"""How much it speaks against a phrase that it is like one already taken (maximal marginal relevance)."""
_MOST_TOPICS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How segments become topics."""

    engine: str = field(default="consensus", metadata={"help": "Engine that finds the topics: consensus or bertopic."})
    seed: int = field(default=7, metadata={"help": "Start of all random numbers; the same seed finds the same topics."})
    topics: int = field(default=0, metadata={"help": "About how many topics, at most half the segments; 0 chooses by size."})
    min_size: int = field(default=0, metadata={"help": "Fewest segments a topic may have; 0 chooses by the size of the study."})
    draws: int = field(default=100, metadata={"help": "How often topics are found again in parts of the talk."})
    around: float = field(
        default=0.5, metadata={"help": "How much the segments before and after in the same turn count, 0 for not at all."}
    )
    question: float = field(default=0.0, metadata={"help": "How much the question asked before counts, 0 for not at all."})
    place_outliers: bool = field(
        default=False, metadata={"help": "Put each outlier into the topic it is nearest to; it stays marked as one."}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Topics, what holds for all of them, and a map."""

    topics: tuple[Topic, ...]
    landscape: Landscape
    places: tuple[Place, ...]


def run(
    *,
    segments: Sequence[Segment],
    questions: Mapping[str, str],
    codebook: Codebook,
    options: Options,
    clusterer: Clusterer,
    tools: Tools,
    run_id: str,
    progress: Progress = no_progress,
) -> Found:
    """Topics of the segments that are coded, from the largest, the outliers last.

    `questions` has, by id of a segment, what was asked before it.
    """
    import numpy as np

    from qualkit.stages.consensus import settled

    coded = [segment for segment in segments if segment.is_coded]
    texts = [segment.text for segment in coded]
    vectors = tools.embedder.embed(texts, part_of(progress, 0.0, 0.4))
    groups = np.unique([segment.transcript_id for segment in coded], return_inverse=True)[1]
    clusters = clusterer.cluster(
        texts,
        in_context(coded, vectors, _asked(coded, questions, options, tools), options),
        groups=groups.tolist(),
        n_topics=options.topics or n_topics_for(len(coded)),
        n_draws=options.draws,
        seed=options.seed,
        progress=part_of(progress, 0.4, 0.5),
    )
    numbers, order = settled(clusters, options.min_size or (1 if clusters.is_settled else min_size_for(len(coded))))
    progress(0.92, "finding words and phrases")
    corpus = _Corpus(coded, vectors, numbers)
    placed = corpus.placed() if options.place_outliers else numbers
    words = clusterer.words(texts, numbers.tolist(), N_WORDS)
    topics = _topics(corpus, placed, words, clusters, book=_Book(codebook, tools), run_id=run_id)
    landscape = _landscape(topics, corpus, clusters, order=order, run_id=run_id)
    return Found(topics=topics, landscape=landscape, places=_places(coded, clusters.places))


def n_topics_for(n_segments: int) -> int:
    """0.7 times the root of the number of segments, from 2 to 60: 14 for 385, 24 for 1,220, 60 from 7,300 on."""
    return max(2, min(_MOST_TOPICS, round(0.7 * sqrt(n_segments))))


def min_size_for(n_segments: int) -> int:
    """A quarter of the root of the number of segments, at least 3: 5 for 385, 9 for 1,220, 22 for 7,400."""
    return max(3, round(sqrt(n_segments) / 4))


# ---------------------------------------------------------------- what a segment is read with


def in_context(segments: Sequence[Segment], vectors: Vectors, asked: Vectors | None, options: Options) -> Vectors:
    """Each vector with those of its neighbours in the same turn, and of the question asked before, added by their weight.

    `segments` are in the order of the talk; those left out between two of them do not count.
    """
    found = vectors.copy()
    turns = [segment.turn_id for segment in segments]
    for off in range(1, _REACH + 1) if options.around else ():
        weight = options.around * _FALL ** (off - 1)
        for first, turn in enumerate(turns[:-off]):
            if turn == turns[first + off]:
                found[first] += weight * vectors[first + off]
                found[first + off] += weight * vectors[first]
    if asked is not None:
        found += options.question * asked
    return _unit(found)


def _asked(segments: Sequence[Segment], questions: Mapping[str, str], options: Options, tools: Tools) -> Vectors | None:
    if not options.question or not segments:
        return None
    vectors = tools.embedder.embed([questions.get(segment.id, "") for segment in segments])
    return cast("Vectors", vectors * [[float(segment.id in questions)] for segment in segments])


# ---------------------------------------------------------------- what topics say


@dataclass(frozen=True)
class _Corpus:
    """Coded segments, their own vectors, and the numbers of their topics."""

    segments: Sequence[Segment]
    vectors: Vectors
    numbers: Numbers

    @cached_property
    def mean(self) -> Vectors:
        """Of all vectors."""
        return cast("Vectors", self.vectors.mean(axis=0))

    @property
    def n_topics(self) -> int:
        """Outliers left out."""
        return int(self.numbers.max(initial=-1)) + 1

    @cached_property
    def centres(self) -> Vectors:
        """What each topic has beyond the whole, a row of length 1 for each number from 0."""
        import numpy as np

        rows = [self.vectors[self.numbers == number].mean(axis=0) - self.mean for number in range(self.n_topics)]
        return _unit(np.array(rows).reshape(len(rows), self.vectors.shape[1]))

    def placed(self) -> Numbers:
        """The numbers, and for every outlier that of the topic it is nearest to."""
        import numpy as np

        if not self.n_topics:
            return self.numbers
        is_out = np.flatnonzero(self.numbers < 0)
        found = self.numbers.copy()
        found[is_out] = ((self.vectors[is_out] - self.mean) @ self.centres.T).argmax(axis=1)
        return found


class _Book:
    """Codes and phrases as vectors."""

    def __init__(self, codebook: Codebook, tools: Tools) -> None:
        self.codes, self._tools = codebook.codes, tools
        vectors = tools.embedder.embed([f"{code.name}. {code.definition}" for code in self.codes])
        self._codes = _unit(vectors - vectors.mean(axis=0)) if self.codes else vectors

    def likeness(self, centre: Vectors) -> dict[str, float]:
        """How far each code lies in the direction of a topic's centre: cosines, by key.

        Both are taken from their own mean: what a topic has beyond the whole study against what a code has beyond the whole
        book. Otherwise the code in the most general words is near to every topic.
        """
        return {code.key: float(row @ centre) for code, row in zip(self.codes, self._codes, strict=True)} if self.codes else {}

    def phrases(self, texts: Sequence[str], centre: Vectors, mean: Vectors) -> tuple[str, ...]:
        """Noun phrases of central texts that lie nearest to the centre, each unlike those before it."""
        said = dict.fromkeys(phrase for found in self._tools.language.phrases(texts) for phrase in found)
        known = [phrase for phrase in said if 1 < len(phrase.split()) <= _LONGEST_PHRASE]
        if not known:
            return ()
        vectors = self._tools.embedder.embed(known)
        fits, taken = _unit(vectors - mean) @ centre, list[int]()
        likeness = vectors @ vectors.T
        while len(taken) < min(N_PHRASES, len(known)):
            worth = fits - _SAMENESS * (likeness[:, taken].max(axis=1) if taken else 0.0)
            worth[taken] = -2
            taken.append(int(worth.argmax()))
        return tuple(known[n] for n in taken)


def _topics(
    corpus: _Corpus, placed: Numbers, words: Mapping[int, tuple[str, ...]], clusters: Clusters, *, book: _Book, run_id: str
) -> tuple[Topic, ...]:
    from qualkit.stages.consensus import returns_in

    returns, without = (returns_in(corpus.numbers, draws) for draws in (clusters.draws, clusters.group_draws))
    centres, found = corpus.centres, []
    for number in [*range(corpus.n_topics), OUTLIERS]:
        rows, core = (placed == number).nonzero()[0], (corpus.numbers == number).nonzero()[0]
        if not len(rows):
            continue
        is_topic = number != OUTLIERS
        centre = centres[number] if is_topic else corpus.mean
        central = core[(-(corpus.vectors[core] @ centre)).argsort(kind="stable")] if len(core) else core
        by_centrality = [corpus.segments[row] for row in central[: 10 * _READ_FOR_PHRASES]]
        texts = [segment.text for segment in by_centrality[:_READ_FOR_PHRASES]]
        found.append(
            Topic(
                id=derived_id(run_id, number),
                run_id=run_id,
                number=number,
                words=tuple(words.get(number, ())),
                phrases=book.phrases(texts, centre, corpus.mean) if is_topic else (),
                segment_ids=tuple(corpus.segments[row].id for row in rows),
                placed_segment_ids=tuple(corpus.segments[row].id for row in rows if corpus.numbers[row] != number),
                quote_segment_ids=tuple(segment.id for segment in quotes(by_centrality)),
                likeness=book.likeness(centre) if is_topic else {},
                returns=returns.get(number) if is_topic else None,
                returns_without=without.get(number) if is_topic else None,
            )
        )
    return tuple(found)


def quotes(by_centrality: Sequence[Segment]) -> list[Segment]:
    """The most central segments, as far as there are any from groups, then at least from people, not yet among them."""
    taken: list[Segment] = []
    for is_new in (_is_of_new_group, _is_of_new_person, _is_new):
        for segment in by_centrality:
            if len(taken) < N_QUOTES and is_new(segment, taken):
                taken.append(segment)
    order = {segment.id: n for n, segment in enumerate(by_centrality)}
    return sorted(taken, key=lambda segment: order[segment.id])


def _is_of_new_group(segment: Segment, taken: Sequence[Segment]) -> bool:
    return all(segment.transcript_id != other.transcript_id for other in taken)


def _is_of_new_person(segment: Segment, taken: Sequence[Segment]) -> bool:
    return all(segment.participant_id != other.participant_id for other in taken)


def _is_new(segment: Segment, taken: Sequence[Segment]) -> bool:
    return all(segment.id != other.id for other in taken)


def _landscape(topics: Sequence[Topic], corpus: _Corpus, clusters: Clusters, *, order: Sequence[int], run_id: str) -> Landscape:
    from qualkit.stages.consensus import agreement, renumbered
    from qualkit.stages.stability import between

    draw_ari, draw_nmi = between([(draw.rows, draw.numbers) for draw in clusters.draws[:MOST_COMPARED]])
    likeness = corpus.centres
    words = [word for topic in topics if topic.number >= 0 for word in topic.words]
    return Landscape(
        id=derived_id(run_id, "landscape"),
        run_id=run_id,
        n_segments=len(corpus.segments),
        n_outliers=int((corpus.numbers < 0).sum()),
        n_placed=sum(len(topic.placed_segment_ids) for topic in topics),
        n_draws=len(clusters.draws),
        n_group_draws=len(clusters.group_draws),
        draw_ari=draw_ari,
        draw_nmi=draw_nmi,
        kept_ari=agreement(clusters, clusters.draws),
        group_ari=agreement(clusters, clusters.group_draws),
        diversity=len(set(words)) / max(len(words), 1),
        likeness=tuple(tuple(float(value) for value in row) for row in likeness @ likeness.T),
        merges=renumbered(clusters.merges, order),
    )


def _places(segments: Sequence[Segment], places: Vectors) -> tuple[Place, ...]:
    step = -(-len(segments) // MOST_PLACES) or 1
    return tuple(
        Place(segment_id=segments[n].id, x=float(places[n][0]), y=float(places[n][1])) for n in range(0, len(segments), step)
    )


def _unit(vectors: Vectors) -> Vectors:
    lengths = ((vectors**2).sum(axis=-1, keepdims=True) ** 0.5).clip(min=1e-9)
    return cast("Vectors", vectors / lengths)
