"""Intrusion tasks: can people tell what does not belong to a topic?

Word intrusion (Chang et al. 2009, "Reading tea leaves", NeurIPS 22) shows a topic's most telling words with one that is telling
of another topic and rare in this one; the same with segments asks it of what was said. Whoever finds the intruder sees what
holds the topic together. Figures that a machine computes from words alone do not stand in for this (Hoyle et al. 2021, "Is
automated topic model evaluation broken?", NeurIPS 34).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from statistics import median

from qualkit.model import IntrusionKind, Segment, Topic, derived_id
from qualkit.stages.segment import n_words

ANSWERED, SHOWN = "answered an intrusion task", "was shown intrusion results"
"""Verbs of the events."""

N_WORDS, N_SEGMENTS = 5, 3
"""How many words and segments of the topic itself are shown, with one intruder."""

CHANCE = {IntrusionKind.WORDS: 1 / (N_WORDS + 1), IntrusionKind.SEGMENTS: 1 / (N_SEGMENTS + 1)}
"""How often somebody who guesses finds the intruder."""

TELLING = 5
"""An intruding word is among so many first words of its own topic."""
RARE = 0.25
"""It is in the topic at most this share as often as in its own."""
OF_LIKE_LENGTH = 1.5
"""An intruding segment has at most so many times the words of the longest shown, and the shortest at most so many of its."""
N_NEAREST = 4
"""It is drawn from so many whose length is nearest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How tasks are drawn."""

    seed: int = field(default=7, metadata={"help": "Draws intruders and orders; the same seed draws the same tasks."})


@dataclass(frozen=True, slots=True, kw_only=True)
class IntrusionTask:
    """Words, or ids of segments, of one topic and one intruder among them, in the order in which everybody sees them."""

    id: str
    topic_id: str
    kind: IntrusionKind
    shown: tuple[str, ...]
    intruder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoTask:
    """Why there is no task of one kind for a topic."""

    topic_id: str
    kind: IntrusionKind
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks:
    """All tasks, words first, in an order of their own; and the topics there is none for."""

    tasks: tuple[IntrusionTask, ...] = ()
    missing: tuple[NoTask, ...] = ()


def run(*, topics: Sequence[Topic], segments: Mapping[str, Segment], options: Options) -> Tasks:
    """A task with words and one with segments for each topic that has enough of them; none for the outliers."""
    proper = [topic for topic in topics if topic.number >= 0]
    shares = _shares(proper, segments)
    made: list[IntrusionTask | NoTask] = []
    for topic in proper:
        others = [other for other in proper if other.id != topic.id]
        made.append(_with_words(topic, others, shares, options.seed))
        made.append(_with_segments(topic, others, segments, options.seed))
    tasks = [item for item in made if isinstance(item, IntrusionTask)]
    order = {item.id: Random(f"{options.seed} {item.id}").random() for item in tasks}
    return Tasks(
        tasks=tuple(sorted(tasks, key=lambda item: (item.kind is IntrusionKind.SEGMENTS, order[item.id]))),
        missing=tuple(item for item in made if isinstance(item, NoTask)),
    )


def _with_words(
    topic: Topic, others: Sequence[Topic], shares: Mapping[str, Mapping[str, float]], seed: int
) -> IntrusionTask | NoTask:
    kind = IntrusionKind.WORDS
    own = _different(topic.words)[:N_WORDS]
    if len(own) < N_WORDS:
        return NoTask(topic_id=topic.id, kind=kind, why=f"it has fewer than {N_WORDS} telling words that differ")
    known = {stem for word in topic.words for stem in _stems(word)}
    intruders = [
        word
        for other in others
        for word in _different(other.words)[:TELLING]
        if not known & _stems(word) and shares[topic.id].get(word, 0.0) <= RARE * shares[other.id].get(word, 0.0)
    ]
    if not intruders:
        return NoTask(topic_id=topic.id, kind=kind, why="no word that tells of another topic is rare in it")
    return _task(topic, kind, own, intruders, seed)


def _with_segments(topic: Topic, others: Sequence[Topic], segments: Mapping[str, Segment], seed: int) -> IntrusionTask | NoTask:
    kind = IntrusionKind.SEGMENTS
    own = _by_different_people([segments[key] for key in topic.quote_segment_ids if key in segments])[:N_SEGMENTS]
    if len(own) < N_SEGMENTS:
        return NoTask(topic_id=topic.id, kind=kind, why=f"its central segments come from fewer than {N_SEGMENTS} people")
    lengths = [n_words(segment.text) for segment in own]
    near = [
        segments[key]
        for other in others
        for key in other.quote_segment_ids
        if key in segments and _is_of_like_length(n_words(segments[key].text), lengths)
    ]
    if not near:
        return NoTask(topic_id=topic.id, kind=kind, why="no central segment of another topic is about as long as its own")
    middle = median(lengths)
    nearest = sorted(near, key=lambda segment: (abs(n_words(segment.text) - middle), segment.id))[:N_NEAREST]
    return _task(topic, kind, [segment.id for segment in own], [segment.id for segment in nearest], seed)


def _task(topic: Topic, kind: IntrusionKind, own: Sequence[str], intruders: Sequence[str], seed: int) -> IntrusionTask:
    """The task with one of `intruders`, drawn and put in an order by seed and topic alone."""
    chance = Random(f"{seed} {topic.id} {kind}")
    intruder = chance.choice(sorted(set(intruders)))
    shown = [*own, intruder]
    chance.shuffle(shown)
    task_id = derived_id("intrusion", topic.id, kind, intruder, *shown)
    return IntrusionTask(id=task_id, topic_id=topic.id, kind=kind, shown=tuple(shown), intruder=intruder)


def _tokens(word: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", word.casefold()))


def _stems(word: str) -> set[str]:
    return {token.removesuffix("s") for token in _tokens(word)}


def _different(words: Sequence[str]) -> list[str]:
    """Words of which none repeats a part of one before it: `sixteen days` is left out after `day`."""
    kept: list[str] = []
    seen: set[str] = set()
    for word in words:
        parts = _stems(word)
        if parts and not parts & seen:
            kept.append(word)
            seen |= parts
    return kept


def _by_different_people(segments: Sequence[Segment]) -> list[Segment]:
    """The first segment of each person; an unknown speaker is taken for one person."""
    first = {segment.participant_id: segment for segment in reversed(segments)}
    return [segment for segment in segments if first[segment.participant_id] is segment]


def _is_of_like_length(n: int, lengths: Sequence[int]) -> bool:
    return min(lengths) <= OF_LIKE_LENGTH * n and n <= OF_LIKE_LENGTH * max(lengths)


def _shares(topics: Sequence[Topic], segments: Mapping[str, Segment]) -> dict[str, dict[str, float]]:
    """For each topic the share of its segments that hold each telling word of any topic."""
    wanted = {_tokens(word): word for topic in topics for word in topic.words}
    longest = max((len(tokens) for tokens in wanted), default=0)
    found: dict[str, dict[str, float]] = {}
    for topic in topics:
        texts = [segments[key].text for key in topic.segment_ids if key in segments]
        counts = Counter(word for text in texts for word in _held(text, wanted, longest))
        found[topic.id] = {word: n / len(texts) for word, n in counts.items()}
    return found


def _held(text: str, wanted: Mapping[tuple[str, ...], str], longest: int) -> set[str]:
    tokens = _tokens(text)
    spans = (tokens[start : start + size] for size in range(1, longest + 1) for start in range(len(tokens) - size + 1))
    return {wanted[span] for span in spans if span in wanted}
