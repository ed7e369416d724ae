"""The words that set topics apart: c-TF-IDF, as BERTopic weighs them (Grootendorst 2022, arXiv 2203.05794).

The weight of a word in a topic is the root of its share of the topic's words, times log(1 + (a - f + .5) / (f + .5)), where
f is how often the word comes in all topics and a the mean number of words of a topic: BERTopic's `bm25_weighting` with
`reduce_frequent_words`. Of a large topic a part of its segments is read, at equal distances.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from qualkit.plugs import need

_MOST_READ = 2_000
_WORD = re.compile(r"[^\W\d_](?:[\w'’-]*\w)?")
_FILLERS = """able actually ah bad can come couldn didn doesn don feel gets getting goes going gonna good got gotta hmm isn just
kind know like ll lot lots make makes maybe mean mhm need okay people pretty probably really right said say saying sort stuff
sure thing things think uh um ve wan want wasn way wouldn yeah yep yes""".split()  # fmt: skip  # noqa: SIM905


def telling_words(texts: Sequence[str], numbers: Sequence[int], n: int) -> Mapping[int, tuple[str, ...]]:
    """For each number its `n` most telling words, the most telling first; fewer where there are no more."""
    members: dict[int, list[int]] = {}
    for place, number in enumerate(numbers):
        members.setdefault(int(number), []).append(place)
    stop = need("sklearn.feature_extraction.text", "topics").ENGLISH_STOP_WORDS.union(_FILLERS)
    counts = {number: Counter(_words(_part(texts, places), stop)) for number, places in sorted(members.items())}
    vocabulary = sorted(set().union(*counts.values()))
    where = {word: place for place, word in enumerate(vocabulary)}
    table = np.zeros((len(counts), len(vocabulary)), dtype=np.float32)
    for row, counted in enumerate(counts.values()):
        for word, times in counted.items():
            table[row, where[word]] = times
    weights = _weighted(table)
    return {number: _best(weights[row], vocabulary, n) for row, number in enumerate(counts)}


def _part(texts: Sequence[str], places: Sequence[int]) -> Iterator[str]:
    step = max(1, len(places) // _MOST_READ)
    return (texts[place] for place in places[::step])


def _words(texts: Iterable[str], stop: frozenset[str]) -> Iterator[str]:
    """Words of three letters or more; `town's` counts as `town`, other words with an apostrophe (`don't`) tell nothing."""
    for text in texts:
        for said in _WORD.findall(text.casefold()):
            word = said.replace("’", "'").removesuffix("'s")
            if len(word) > 2 and "'" not in word and word not in stop:
                yield word


def _weighted(counts: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    per_topic, per_word = counts.sum(axis=1, keepdims=True), counts.sum(axis=0)
    mean = float(per_topic.mean()) if len(counts) else 0.0
    rare = np.log(1 + (mean - per_word + 0.5).clip(min=0) / (per_word + 0.5))
    weights: npt.NDArray[np.float32] = np.sqrt(counts / np.maximum(per_topic, 1)) * rare
    return weights


def _best(weights: npt.NDArray[np.float32], vocabulary: Sequence[str], n: int) -> tuple[str, ...]:
    """A word and its plural are one."""
    best: dict[str, str] = {}
    for place in np.argsort(-weights, kind="stable")[: 3 * n]:
        word = vocabulary[place]
        if weights[place] > 0:
            best.setdefault(word.removesuffix("s"), word)
    return tuple(best.values())[:n]
