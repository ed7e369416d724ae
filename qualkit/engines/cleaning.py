"""From what a speech model says to words that can be trusted: pure functions, whatever the engine.

Times first. A model aligns words with sound token by token, and a silence, or a sound that it left out, becomes part of the
word beside it: a `the` of two seconds. Such a word is cut to the length that its letters can take. It keeps its end, for the
sound before a word is what is mostly swallowed, unless a sentence ends with it.

Then loops: what a decoder says over and over is left once, and marked. And fillers: a second hearing adds those that the
first left out, and the spelling of names that the first did not know.
"""

from __future__ import annotations

import bisect
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from qualkit.model import Mark, Word

LOOP_WORDS, LOOP_TIMES, LOOP_LENGTH = 12, 5, 20
"""A phrase of up to `LOOP_WORDS` words that comes `LOOP_TIMES` times or more on end and so fills `LOOP_LENGTH` words or more
is a decoder in a loop: people say `no` five times, but not twenty."""

LONGEST_S, LONGEST_PER_LETTER_S = 0.3, 0.08
"""The longest that a word takes: so much, and so much more for each letter. Nine in ten of the words of AMI meetings are
shorter. With `base`, on four AMI clips it takes the share of starts more than a second wrong from 1.7 to 0.6 %, on three
others from 3.0 to 2.2; anything from .15 + .05 to .4 + .05 does the same, so nothing is tuned here."""

SURE = 0.4
"""Confidence from which a word of a second hearing is taken where the first has none. Of 0, .4, .6 and .8 the best on five AMI
clips, where `base` then had 15.2 errors in 100 words and not 16.6; on the other six it had 34.7 and not 35.8."""

ALIKE = 0.6
"""How much of their letters (`difflib`'s ratio) two spellings share at least that can be of one name."""

_FILLER = re.compile(r"u+h+|u+h*m+|mm+|h+m+|m+h+m+|uhhuh|er+m?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of text as a model times it, in seconds from the start of what it heard; a space before it begins a word."""

    text: str
    start_s: float
    end_s: float
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """Stretches of a recording, (start_s, end_s) in order, heard one after the other as if nothing lay between them."""

    of_recording: tuple[tuple[float, float], ...]

    def placed(self, start_s: float, end_s: float) -> tuple[float, float]:
        """Where in the recording something is that was heard from `start_s` to `end_s`: in one span, the one of its middle."""
        ends = [0.0]
        for first_s, last_s in self.of_recording:
            ends.append(ends[-1] + last_s - first_s)
        place = min(max(bisect.bisect_right(ends, (start_s + end_s) / 2) - 1, 0), len(self.of_recording) - 1)
        first_s, last_s = self.of_recording[place]
        offset_s = first_s - ends[place]
        begins_s = min(max(first_s, start_s + offset_s), last_s)
        return begins_s, min(max(begins_s, end_s + offset_s), last_s)


def words_of(pieces: Iterable[Piece], spans: Spans, late_s: float = 0.0) -> list[Word]:
    """The words of one segment, at their place in the recording, `late_s` earlier than the model says, none too long.

    Pieces of one word (`follow`, `-up`) are one word.
    """
    groups: list[list[Piece]] = []
    for piece in pieces:
        if groups and not piece.text.startswith(" "):
            groups[-1].append(piece)
        elif piece.text.strip():
            groups.append([piece])
    return [_word(group, spans, late_s) for group in groups]


def _word(pieces: Sequence[Piece], spans: Spans, late_s: float) -> Word:
    start_s, end_s = spans.placed(pieces[0].start_s - late_s, pieces[-1].end_s - late_s)
    text = "".join(piece.text for piece in pieces).strip()
    longest_s = LONGEST_S + LONGEST_PER_LETTER_S * sum(map(str.isalnum, text))
    if end_s - start_s > longest_s:
        start_s, end_s = (start_s, start_s + longest_s) if text[-1] in ".?!" else (end_s - longest_s, end_s)
    confidence = min(1.0, max(0.0, min(piece.probability for piece in pieces)))
    return Word(text=text, start_s=start_s, end_s=end_s, confidence=confidence)


def in_order(words: Iterable[Word]) -> list[Word]:
    """`words` by their start; a model sometimes times the end of one segment after the start of the next."""
    return sorted(words, key=lambda word: word.start_s)


def without_loops(words: Sequence[Word]) -> tuple[list[Word], list[Mark]]:
    """`words` with each loop (see `LOOP_WORDS`) left once, and a mark for each. Case and punctuation make no difference."""
    keys = _keys(words)
    kept: list[Word] = []
    marks: list[Mark] = []
    at = 0
    while at < len(words):
        size, times = _loop(keys, at)
        kept += words[at : at + size]
        if times > 1:
            marks.append(_mark(words[at : at + size * times], size, times))
        at += size * times
    return kept, marks


def _mark(looped: Sequence[Word], size: int, times: int) -> Mark:
    phrase = " ".join(word.text for word in looped[:size]).strip(".,;:!? ") or "..."
    text = f'The recogniser repeated "{phrase}" {times} times here; it was left once.'
    return Mark(start_s=looped[0].start_s, end_s=max(word.end_s for word in looped), text=text)


def _loop(keys: Sequence[str], at: int) -> tuple[int, int]:
    """Length of the phrase that loops from `at`, and how often it comes; (1, 1) if none does."""
    for size in range(1, LOOP_WORDS + 1):
        times = 1
        while (start := at + times * size) + size <= len(keys) and keys[start : start + size] == keys[at : at + size]:
            times += 1
        if times >= LOOP_TIMES and times * size >= LOOP_LENGTH:
            return size, times
    return 1, 1


def with_fillers(words: Sequence[Word], prompted: Sequence[Word]) -> list[Word]:
    """All of `words`, and of `prompted`, a second hearing of the same sound, the fillers and repeated words they lack."""
    keys, others = _keys(words), _keys(prompted)
    kept: list[Word] = []
    for kind, start, end, other_start, other_end in SequenceMatcher(None, keys, others, autojunk=False).get_opcodes():
        block = list(words[start:end])
        if kind in ("insert", "replace"):
            there = sum(map(_is_filler, keys[start:end]))
            fillers = [n for n in range(other_start, other_end) if _is_filler(others[n])][there:]
            repeats = [n for n in range(other_start, other_end) if start == end and [others[n]] == others[n + 1 : n + 2]]
            soonest_s, latest_s = _gap(words, start, end)
            block += [_within(prompted[n], soonest_s, latest_s) for n in sorted({*fillers, *repeats})]
        kept += sorted(block, key=lambda word: word.start_s)
    return kept


def completed(words: Sequence[Word], prompted: Sequence[Word]) -> list[Word]:
    """All of `words`, and of `prompted`, a second hearing of the same sound, what stands where they have nothing.

    Fillers are left out, and what is less sure than `SURE`.
    """
    keys, others = _keys(words), _keys(prompted)
    kept: list[Word] = []
    for kind, start, end, other_start, other_end in SequenceMatcher(None, keys, others, autojunk=False).get_opcodes():
        kept += words[start:end]
        if kind == "insert":
            soonest_s, latest_s = _gap(words, start, end)
            told = [prompted[n] for n in range(other_start, other_end) if not _is_filler(others[n])]
            kept += sorted(
                (_within(word, soonest_s, latest_s) for word in told if word.confidence >= SURE), key=lambda word: word.start_s
            )
    return kept


def _gap(words: Sequence[Word], start: int, end: int) -> tuple[float, float]:
    """When a word may begin that belongs with those from `start` to `end`."""
    return words[start - 1].start_s if start else 0.0, words[end].start_s if end < len(words) else math.inf


def with_hints(words: Sequence[Word], prompted: Sequence[Word], hints: Sequence[str]) -> list[Word]:
    """`words`, where `prompted`, a second hearing that knew the `hints`, has one of them in place of something like it.

    Nothing else of the second hearing is taken: a prompt of names makes a recogniser miss more than it helps.
    """
    keys, others = _keys(words), _keys(prompted)
    phrases = {tuple(_key(part) for part in hint.split()): hint for hint in hints if hint.strip()}
    facing = _facing(keys, others)
    spelled: dict[int, tuple[int, str]] = {}
    at = free = 0
    while at < len(others):
        phrase = next((p for p in phrases if tuple(others[at : at + len(p)]) == p), ())
        if phrase:
            start, end = max(free, facing[at][0]), facing[at + len(phrase) - 1][1]
            if found := _like(phrase, keys, start, end):
                spelled[found[0]] = (found[1], phrases[phrase])
                free = found[1]
        at += max(1, len(phrase))
    return _respelled(words, spelled)


def _facing(keys: Sequence[str], others: Sequence[str]) -> list[tuple[int, int]]:
    """For each of `others` the places, half-open, of those `keys` that it may stand for."""
    facing: list[tuple[int, int]] = []
    for kind, start, end, other_start, other_end in SequenceMatcher(None, keys, others, autojunk=False).get_opcodes():
        n_others = other_end - other_start
        facing += [(start + n, start + n + 1) if kind == "equal" else (start, end) for n in range(n_others)]
    return facing


def _like(phrase: Sequence[str], keys: Sequence[str], start: int, end: int) -> tuple[int, int] | None:
    """The few of `keys` from `start` to `end` that together look most like `phrase` but are not it, if any look like it."""
    runs = [(low, high) for low in range(start, end) for high in range(low + 1, min(low + len(phrase) + 2, end) + 1)]
    likeness = {run: SequenceMatcher(None, "".join(phrase), "".join(keys[slice(*run)])).ratio() for run in runs}
    best = max(runs, key=likeness.__getitem__, default=None)
    if best is None or likeness[best] < ALIKE or tuple(keys[slice(*best)]) == tuple(phrase):
        return None
    return best


def _respelled(words: Sequence[Word], spelled: dict[int, tuple[int, str]]) -> list[Word]:
    """`words` with those from each key to its end replaced by a text, in equal shares of their time."""
    kept: list[Word] = []
    at = 0
    while at < len(words):
        end, text = spelled.get(at, (at + 1, ""))
        kept += _shared(text.split(), words[at:end]) if text else words[at:end]
        at = end
    return kept


def _shared(texts: Sequence[str], words: Sequence[Word]) -> list[Word]:
    """`texts` over the time of `words`, with the punctuation after them and their lowest confidence."""
    tail = re.sub(r".*\w", "", words[-1].text)
    start_s, end_s, confidence = words[0].start_s, max(word.end_s for word in words), min(word.confidence for word in words)
    step_s = (end_s - start_s) / len(texts)
    return [
        Word(
            text=text + (tail if n == len(texts) - 1 else ""),
            start_s=start_s + n * step_s,
            end_s=start_s + (n + 1) * step_s,
            confidence=confidence,
        )
        for n, text in enumerate(texts)
    ]


def _within(word: Word, soonest_s: float, latest_s: float) -> Word:
    """`word`, moved to start in that time: two hearings differ on when a word was said."""
    start_s = min(max(word.start_s, soonest_s), latest_s)
    return replace(word, start_s=start_s, end_s=max(start_s, word.end_s))


def _keys(words: Sequence[Word]) -> list[str]:
    return [_key(word.text) for word in words]


def _key(text: str) -> str:
    return re.sub(r"\W", "", text).lower() or text


def _is_filler(key: str) -> bool:
    return _FILLER.fullmatch(key) is not None
