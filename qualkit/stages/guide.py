"""Which question of the guide the talk is on, from what moderators said: by likeness of words, without a model.

A moderator's turn and a line of the guide are alike by the cosine of their content words, weighted by tf-idf (Salton & Buckley
1988) over what moderators said and the guide itself; a word that several questions use counts for less. Guides are
semi-structured: what was asked is taken to be the sequence of questions that is most like what was said, when staying with a
question costs nothing, going on costs little, and going back costs more (found by dynamic programming: Viterbi 1967). So a
follow-up that is like nothing keeps the question before it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt

from qualkit.model import GuideQuestion

Weights = Mapping[str, float]

NEXT, ONWARD, BACK = 0.03, 0.05, 0.15
"""What it costs, in cosines, to go on to the next question, to a later one, and back. Chosen on the synthetic sample."""

_SUFFIXES = ("ingly", "edly", "ings", "ing", "ied", "ies", "ed", "es", "s", "ly", "e", "y")
_SHORTEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The question that the talk is on after a moderator's turn, None before the first; and how like it the turn itself is."""

    question: int | None
    likeness: float


def run(*, guide: Sequence[GuideQuestion], said: Mapping[str, Sequence[str]]) -> dict[str, list[Asked]]:
    """For each meeting, by id, the question in force after each of the moderators' turns, which are `said` in order."""
    if not guide:
        return {key: [Asked(question=None, likeness=0.0)] * len(turns) for key, turns in said.items()}
    lines = [(place, _words(line)) for place, question in enumerate(guide) for line in _lines(question)]
    turns = {key: [_words(text) for text in texts] for key, texts in said.items()}
    weigh = _weights(lines, [words for mine in turns.values() for words in mine])
    found = {}
    for key, mine in turns.items():
        likeness = [_likeness(words, lines, weigh, len(guide)) for words in mine]
        path = _most_like(likeness)
        found[key] = [
            Asked(question=guide[at].number if at >= 0 else None, likeness=row[at] if at >= 0 else 0.0)
            for at, row in zip(path, likeness, strict=True)
        ]
    return found


def _lines(question: GuideQuestion) -> tuple[str, ...]:
    """What a question asks, line by line: itself with its title, and each of its probes."""
    return (f"{question.title} {question.text}", *question.probes)


def _words(text: str) -> frozenset[str]:
    """Stems of the content words."""
    bare = re.sub(r"['’](?:s|t|re|ve|ll|d|m)\b", "", text.casefold())
    words = (word for word in re.findall(r"[^\W\d_]+", bare) if len(word) >= _SHORTEST and word not in _COMMON)
    return frozenset(_stem(word) for word in words)


def _stem(word: str) -> str:
    """The word without the commonest English endings, so that `reached` and `reaching` are one."""
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _SHORTEST:
            word = word.removesuffix(suffix)
            break
    is_doubled = len(word) > _SHORTEST and word[-1] == word[-2]
    return word[:-1] if is_doubled else word


def _weights(lines: Sequence[tuple[int, frozenset[str]]], turns: Sequence[frozenset[str]]) -> tuple[Weights, Weights]:
    """For each word its idf over the guide's lines and moderators' turns, and 1 / the number of questions that use it."""
    n = len(lines) + len(turns)
    in_documents = Counter(word for _, words in lines for word in words)
    in_documents.update(word for words in turns for word in words)
    in_questions = Counter(word for _, word in {(place, word) for place, words in lines for word in words})
    idf = {word: log((n + 1) / (count + 0.5)) for word, count in in_documents.items()}
    return idf, {word: 1 / count for word, count in in_questions.items()}


def _likeness(
    turn: frozenset[str], lines: Sequence[tuple[int, frozenset[str]]], weigh: tuple[Weights, Weights], n_questions: int
) -> list[float]:
    """How like each question a turn is: the cosine with the likest of its lines."""
    idf, rarity = weigh
    own, best = _length(turn, idf), [0.0] * n_questions
    for place, words in lines:
        length = own * _length(words, idf)
        if length:
            likeness = sum(idf[word] ** 2 * rarity[word] for word in turn & words) / length
            best[place] = max(best[place], likeness)
    return best


def _length(words: frozenset[str], idf: Weights) -> float:
    return sqrt(sum(idf[word] ** 2 for word in words))


def _most_like(likeness: Sequence[Sequence[float]]) -> list[int]:
    """Places of the questions, -1 before the first, whose likeness less the cost of moving between them is greatest."""
    if not likeness:
        return []
    places = range(-1, len(likeness[0]))
    best = {place: -_cost(-1, place) for place in places}
    came: list[dict[int, int]] = []
    for turn, row in enumerate(likeness):
        if turn:
            back = {to: _before(to, best) for to in places}
            best = {to: best[at] - _cost(at, to) for to, at in back.items()}
            came.append(back)
        best = {place: value + (row[place] if place >= 0 else 0.0) for place, value in best.items()}
    path = [max(places, key=lambda place: best[place])]
    for back in reversed(came):
        path.append(back[path[-1]])
    return path[::-1]


def _before(to: int, best: Mapping[int, float]) -> int:
    """Where the talk was best before it went to a place; of equals another place, so that it moves as late as it can."""
    return max(best, key=lambda at: (best[at] - _cost(at, to), at != to, at))


def _cost(at: int, to: int) -> float:
    if at == to:
        return 0.0
    if to < at:
        return BACK
    return NEXT if to == at + 1 else ONWARD


_COMMON_WORDS = """
about after again all also and any anybody anyone are around ask asked away back because been before being between bit but
can come could days did didn does doing don done down each else end ever every everybody everyone fine for from get gets
give goes going good got had happen happens has have hear her here him his hold how into isn its just keep know last let
like little look looks lot make makes may mean means mention mentioned might minute more most much nice not now off okay
one only other others our out over own people person please question really right said say says second see seen she should
sit some somebody someone something sorry sort start still stop sure take talk tell than thank thanks that the their them
then there these they thing things think this those through time too under until very want was way welcome well were what
when where whether which who why will with would yes you your
"""
_COMMON = frozenset(_COMMON_WORDS.split())
"""English words that say nothing about a question; in other languages their low idf has to do."""
