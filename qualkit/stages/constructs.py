"""Which constructs of a framework a code may belong to, by the words of both: a list to choose from, no answer.

No model is asked, so that a page can do it. Words count by how few constructs have them, as in information retrieval.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import log, sqrt

from qualkit.model import Code, Codebook

N_LIKELY = 5

_WORD = re.compile(r"[^\W\d_]{3,}")
_ENDINGS = ("ations", "ation", "ments", "ment", "ings", "ing", "ers", "er", "ies", "ed", "es", "s", "y")
_COMMON = """and are but for from has have how its not own such than that the their them they this was what which who whom
with"""
_PASSED_OVER = frozenset(_COMMON.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Likely:
    """A construct that shares words with a code: cosine of the words' weights, and the words that count most."""

    construct_key: str
    likeness: float
    words: tuple[str, ...]


def likely(code: Code, framework: Codebook, n: int = N_LIKELY) -> tuple[Likely, ...]:
    """The constructs whose entry is most like a code's in its words, the likest first; none without a shared word."""
    entries = {item.key: _words(item) for item in framework.codes}
    spread = Counter(word for words in entries.values() for word in words)
    weigh = {word: log((1 + len(entries)) / count) for word, count in spread.items()}
    own = _weights(_words(code), weigh)
    found = []
    for key, words in entries.items():
        theirs = _weights(words, weigh)
        shared = {word: own[word] * theirs[word] for word in own.keys() & theirs.keys()}
        cosine = sum(shared.values()) / max(_length(own) * _length(theirs), 1e-9)
        if shared:
            telling = sorted(shared, key=lambda word: (-shared[word], word))[:3]
            found.append(Likely(construct_key=key, likeness=cosine, words=tuple(telling)))
    return tuple(sorted(found, key=lambda item: -item.likeness)[:n])


def _words(code: Code) -> Counter[str]:
    """Stems of a code's words; those of its name count three times. What it excludes is no part of it."""
    said = [code.name, code.name, code.name, code.definition, *code.include, *code.examples, *code.cues]
    found = (word.lower() for text in said for word in _WORD.findall(text))
    return Counter(_stem(word) for word in found if word not in _PASSED_OVER)


def _stem(word: str) -> str:
    return next((word[: -len(end)] for end in _ENDINGS if word.endswith(end) and len(word) - len(end) >= 4), word)


def _weights(words: Counter[str], weigh: Mapping[str, float]) -> dict[str, float]:
    return {word: (1 + log(n)) * weigh[word] for word, n in words.items() if word in weigh}


def _length(weights: Mapping[str, float]) -> float:
    return sqrt(sum(weight * weight for weight in weights.values()))
