"""Stand-ins for engines: quick, deterministic and just clever enough that a test can foresee what they say."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from qualkit.model import Heard, LocalVoice, Mark, Segment, SpeakerCount, Voices, VoiceTurn, Word
from qualkit.plugs import Clusters, Progress, Vectors, Waveform, no_progress

DIMENSIONS = 64


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


class FakeEmbedder:
    """A text is the sum of a fixed random direction for each of its words: texts that share words lie together.

    `n_embedded` counts the texts it was asked for.
    """

    name = "fake"

    def __init__(self, revision: str = "1") -> None:
        self.revision = revision
        self.n_embedded = 0

    def embed(self, texts: Sequence[str], progress: Progress = no_progress) -> Vectors:
        self.n_embedded += len(texts)
        rows = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for n, text in enumerate(texts):
            rows[n] = np.sum([_direction(word) for word in words_of(text) or [""]], axis=0)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True) if len(rows) else rows


def _direction(word: str) -> Vectors:
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8])
    vector = np.random.default_rng(seed).normal(size=DIMENSIONS).astype(np.float32)
    return vector / np.linalg.norm(vector)


class FakeLanguage:
    """Sentences end at . ! or ?; the lemma of a word is the word in lower case without a final s.

    `n_split` counts the texts whose sentences it was asked for in one go.
    """

    name = "fake"
    revision = "1"

    def __init__(self) -> None:
        self.n_split = 0

    def sentences(self, text: str) -> list[tuple[int, int]]:
        return [match.span() for match in re.finditer(r"[^\s.!?][^.!?]*[.!?]*", text)]

    def sentences_of(self, texts: Sequence[str]) -> Iterator[list[tuple[int, int]]]:
        self.n_split += len(texts)
        return map(self.sentences, texts)

    def phrases(self, texts: Sequence[str]) -> Iterator[list[str]]:
        return ([" ".join(pair) for pair in pairwise(words_of(text))] for text in texts)

    def lemmas(self, texts: Sequence[str]) -> Iterator[list[tuple[frozenset[str], int, int]]]:
        for text in texts:
            yield [(frozenset({_lemma(match[0])}), *match.span()) for match in re.finditer(r"\w+|[^\w\s]", text)]


def _lemma(word: str) -> str:
    return word.lower().removesuffix("s") if len(word) > 3 else word.lower()


@dataclass
class FakeTranscriber:
    """Says `runs`, each a text with its start, in every piece of sound; a word lasts 0.3 s.

    `was_verbatim` and `was_hinted` tell how it was asked, call by call; `speaks` is the language it detects.
    """

    runs: Sequence[tuple[float, str]] = ()
    name: str = "fake"
    revision: str = "1"
    n_calls: int = 0
    speaks: str = "en"
    marks: Sequence[Mark] = ()
    was_verbatim: list[bool] = field(default_factory=list)
    was_hinted: list[tuple[str, ...]] = field(default_factory=list)
    languages: list[str | None] = field(default_factory=list)

    def language_of(self, sound: Waveform) -> tuple[str, float]:
        return self.speaks, 0.9

    def transcribe(
        self, sound: Waveform, *, language: str | None, verbatim: bool, hints: Sequence[str], progress: Progress = no_progress
    ) -> Heard:
        self.n_calls += 1
        self.was_verbatim.append(verbatim)
        self.was_hinted.append(tuple(hints))
        self.languages.append(language)
        progress(1.0, "transcribing")
        words = [
            Word(text=word, start_s=start_s + 0.3 * n, end_s=start_s + 0.3 * (n + 1), confidence=0.9)
            for start_s, text in self.runs
            for n, word in enumerate(text.split())
        ]
        return Heard(words=tuple(words), marks=tuple(self.marks))


@dataclass
class FakeDiarizer:
    """Says that `turns` were spoken, (start_s, end_s, speaker), whatever it listens to. Speaker n has the nth unit vector."""

    turns: Sequence[tuple[float, float, int]] = ((0.0, 2.2, 0), (2.2, 9.0, 1), (9.0, 14.0, 0), (14.0, 1000.0, 1))
    name: str = "fake"
    revision: str = "1"
    counts: list[SpeakerCount] = field(default_factory=list)

    def listen(self, sound: Waveform, *, start_s: float, progress: Progress = no_progress) -> list[LocalVoice]:
        return [LocalVoice(window=int(start_s), spans=((start_s, start_s + len(sound) / 16_000),), vector=_axis(0))]

    def tell_apart(self, voices: Sequence[LocalVoice], count: SpeakerCount) -> Voices:
        self.counts.append(count)
        turns = [VoiceTurn(start_s=a, end_s=b, speaker=speaker, confidence=0.8) for a, b, speaker in self.turns]
        return Voices(turns=tuple(turns), vectors=tuple(_axis(n) for n in range(1 + max(t.speaker for t in turns))))

    def voice_of(self, sound: Waveform) -> tuple[float, ...]:
        return _axis(round(float(sound.max()) * 10) % 3)

    def names_of(self, vectors: Sequence[tuple[float, ...]], known: Mapping[str, tuple[float, ...]]) -> dict[int, str]:
        return {n: name for n, vector in enumerate(vectors) for name, other in known.items() if vector == other}


def _axis(n: int) -> tuple[float, ...]:
    return tuple(float(n == place) for place in range(3))


class FakeClusterer:
    """Texts with the same first word are a topic if there are `min_size` of them, numbered from the largest."""

    name = "fake"
    revision = "1"

    def cluster(self, texts: Sequence[str], vectors: Vectors, *, n_topics: int, **_: Any) -> Clusters:
        firsts = [words_of(text)[0] for text in texts]
        large = [word for word, n in Counter(firsts).most_common(n_topics) if n > 1]
        numbers = np.array([large.index(word) if word in large else -1 for word in firsts], dtype=np.int64)
        return Clusters(numbers=numbers, places=np.asarray(vectors[:, :2]))

    def words(self, texts: Sequence[str], numbers: Sequence[int], n: int) -> Mapping[int, tuple[str, ...]]:
        return {number: (words_of(text)[0] if number >= 0 else "rest",) for text, number in zip(texts, numbers, strict=True)}


@dataclass
class FakeTools:
    """Tools of fakes only."""

    language: FakeLanguage = field(default_factory=FakeLanguage)
    embedder: FakeEmbedder = field(default_factory=FakeEmbedder)
    progress: Progress = no_progress


def a_segment(n: int, text: str, participant: str | None = "p1", *, is_coded: bool = True) -> Segment:
    return Segment(
        id=f"s{n}",
        transcript_id="t",
        turn_id=f"turn{n}",
        turn_revision=1,
        position=n,
        start_char=0,
        end_char=len(text),
        text=text,
        participant_id=participant,
        is_coded=is_coded,
    )
