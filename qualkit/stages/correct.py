"""What a correction makes of turns, their words and their segments.

Old and new text are laid side by side token by token. A word that stays keeps its time and its confidence; changed words
share the time of those they replace, and new ones the pause they stand in. Segments follow their words, so that a code stays
on what it was given to: a segment keeps its id for as long as any of its words is left.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import accumulate, pairwise

from qualkit.errors import StudyError
from qualkit.model import Segment, Turn, Word, derived_id
from qualkit.stages.segment import n_words, times_of
from qualkit.wording import printable

Span = tuple[int, int]
Block = tuple[str, int, int, int, int]
"""As `difflib` gives them: what happened, and the tokens of the old and of the new text to which it happened."""

SURE = 1.0
"""The confidence of what a person has written or said of a speaker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Turns and segments as they are after a correction, in order, and the segments that have no word left."""

    turns: tuple[Turn, ...]
    segments: tuple[Segment, ...]
    emptied: tuple[Segment, ...] = ()


def tidy(text: str) -> str:
    """Text on one line, one blank between words, without characters that no file format takes."""
    return " ".join(printable(text).split())


# ---------------------------------------------------------------- the four corrections


def edit(turn: Turn, text: str, segments: Sequence[Segment]) -> Change:
    """The turn with `text` for its words; no text at all leaves no turn."""
    text = tidy(text)
    if not text:
        return Change(turns=(), segments=(), emptied=tuple(segments))
    edited = replace(turn, text=text, words=reworded(turn, text), revision=turn.revision + 1)
    moved = Alignment.of(turn.text, text)
    spans = [(segment, _stripped(text, moved.of_span((segment.start_char, segment.end_char)))) for segment in segments]
    return Change(
        turns=(edited,),
        segments=tuple(_placed(segment, edited, span) for segment, span in spans if span[0] < span[1]),
        emptied=tuple(segment for segment, span in spans if span[0] >= span[1]),
    )


def set_speaker(turn: Turn, participant_id: str | None, segments: Sequence[Segment]) -> Change:
    """The turn, its words and segments as said by somebody else, or by somebody of whom a person is sure."""
    said = _said_by_person(turn.words)
    spoken = replace(turn, participant_id=participant_id, speaker_confidence=SURE, words=said, revision=turn.revision + 1)
    return Change(turns=(spoken,), segments=tuple(_placed(item, spoken, (item.start_char, item.end_char)) for item in segments))


def split(turn: Turn, at_char: int, segments: Sequence[Segment], *, new_turn_id: str) -> Change:
    """The turn cut in two before the word at `at_char`; the second half is a new turn of the same speaker.

    A segment that is cut keeps its id on the side with more of its words, the first if they are even; what is left of it
    becomes a segment of its own. Raises `StudyError` if either half has no word.
    """
    at_char = next((start for start, end in _tokens(turn.text) if start <= at_char < end), at_char)
    head, tail = turn.text[:at_char].rstrip(), turn.text[at_char:].lstrip()
    if not head or not tail:
        raise StudyError("A turn is split between two of its words: put the cursor before a word that is not its first.")
    offset = len(turn.text) - len(tail)
    n_first = _n_words_before(turn, at_char)
    middle_s = _instant_of(turn, at_char, n_first)
    first = replace(
        turn,
        text=head,
        words=turn.words[:n_first],
        end_s=max((word.end_s for word in turn.words[:n_first]), default=middle_s if turn.end_s is not None else None),
        revision=turn.revision + 1,
    )
    second = replace(
        turn,
        id=new_turn_id,
        position=turn.position + 1,
        text=tail,
        words=turn.words[n_first:],
        start_s=middle_s,
        end_s=_latest(middle_s, turn.end_s),
        revision=1,
    )
    found: list[Segment] = []
    for segment in segments:
        span = (segment.start_char, segment.end_char)
        before = _stripped(head, (span[0], min(span[1], len(head))))
        after = _stripped(tail, (max(span[0] - offset, 0), span[1] - offset))
        found += _halves(segment, (first, before), (second, after))
    return Change(turns=(first, second), segments=tuple(found))


def merge(first: Turn, second: Turn, segments: Sequence[Segment]) -> Change:
    """Two neighbouring turns as one of the first one's speaker; their segments stay as they were cut."""
    is_same = first.participant_id == second.participant_id
    doubts = [item.speaker_confidence for item in (first, second) if item.speaker_confidence is not None]
    merged = replace(
        first,
        text=f"{first.text} {second.text}",
        words=first.words + (second.words if is_same else _said_by_person(second.words)) if _can_join(first, second) else (),
        end_s=_latest(first.end_s, second.end_s),
        speaker_confidence=min(doubts) if is_same and doubts else first.speaker_confidence,
        revision=first.revision + 1,
    )
    shift = {first.id: 0, second.id: len(first.text) + 1}
    spans = ((item, shift[item.turn_id] + item.start_char, shift[item.turn_id] + item.end_char) for item in segments)
    return Change(turns=(merged,), segments=tuple(_placed(item, merged, (start, end)) for item, start, end in spans))


def _said_by_person(words: Sequence[Word]) -> tuple[Word, ...]:
    return tuple(replace(word, speaker_confidence=SURE) for word in words)


def _can_join(first: Turn, second: Turn) -> bool:
    """Whether both turns have their words, or neither: half a turn's words would tell wrong times of the other half."""
    return bool(first.words) == bool(second.words)


def _latest(one: float | None, other: float | None) -> float | None:
    """The later of two instants; None where the second is unknown."""
    return max(one, other) if one is not None and other is not None else other


# ---------------------------------------------------------------- words


def reworded(turn: Turn, text: str) -> tuple[Word, ...]:
    """The words of `text`, timed by those of `turn`; none where the turn has none."""
    if not turn.words:
        return ()
    old, new = [word.text.strip() for word in turn.words], text.split()
    made: list[Word] = []
    for tag, i1, i2, j1, j2 in _blocks(old, new):
        if tag == "insert":
            made += _fitted(new[j1:j2], turn, i1)
        elif tag != "delete":
            made += _shared(new[j1:j2], turn.words[i1:i2])
    return tuple(made)


def _blocks(old: Sequence[str], new: Sequence[str]) -> Sequence[Block]:
    """What happened to tokens; those that differ only in case and punctuation count as equal."""
    return SequenceMatcher(None, [_bare(item) for item in old], [_bare(item) for item in new], autojunk=False).get_opcodes()


def _tokens(text: str) -> list[Span]:
    return [match.span() for match in re.finditer(r"\S+", text)]


def _bare(token: str) -> str:
    return re.sub(r"\W", "", token).casefold() or token


def _shared(texts: Sequence[str], old: Sequence[Word]) -> list[Word]:
    """`texts` in the time of the `old` words: one for one where they are as many, else by their length."""
    if len(texts) == len(old):
        return [
            word if word.text == text else replace(word, text=text, confidence=SURE)
            for text, word in zip(texts, old, strict=True)
        ]
    start_s, end_s = old[0].start_s, max(word.end_s for word in old)
    doubts = [word.speaker_confidence for word in old if word.speaker_confidence is not None]
    pattern = replace(
        old[0], confidence=SURE, speaker_confidence=min(doubts, default=None), is_overlapped=any(w.is_overlapped for w in old)
    )
    return _spread(texts, start_s, end_s, pattern)


def _fitted(texts: Sequence[str], turn: Turn, index: int) -> list[Word]:
    """`texts` in the pause before the turn's word `index`; where there is no pause, at the instant between its neighbours."""
    before = turn.words[index - 1] if index else None
    after = turn.words[index] if index < len(turn.words) else None
    low = before.end_s if before else min(turn.words[0].start_s, turn.start_s if turn.start_s is not None else 0.0)
    high = after.start_s if after else max(turn.end_s or low, low)
    if high < low:
        low = high = max(high, before.start_s if before else high)
    near = before or after
    assert near is not None  # a turn with words
    pattern = replace(
        near, confidence=SURE, is_overlapped=all(word.is_overlapped for word in (before, after) if word is not None)
    )
    return _spread(texts, low, high, pattern)


def _spread(texts: Sequence[str], start_s: float, end_s: float, pattern: Word) -> list[Word]:
    """Words of `texts` that fill the time between two instants, each by its length."""
    edges = [0, *accumulate(len(text) for text in texts)]
    instants = [round(start_s + (end_s - start_s) * edge / edges[-1], 3) for edge in edges]
    spans = pairwise(instants)
    return [
        replace(pattern, text=text, start_s=low, end_s=max(low, high)) for text, (low, high) in zip(texts, spans, strict=True)
    ]


def word_starts(text: str, words: Sequence[Word]) -> list[int] | None:
    """Where each word begins in `text`; None if they do not all stand in it, in order."""
    starts, at = [], 0
    for word in words:
        at = text.find(word.text.strip(), at)
        if at < 0:
            return None
        starts.append(at)
        at += len(word.text.strip())
    return starts


def _n_words_before(turn: Turn, at_char: int) -> int:
    """How many of a turn's words stand before a character; by their share where they do not stand in the text."""
    starts = word_starts(turn.text, turn.words)
    if starts is None:
        return round(len(turn.words) * at_char / len(turn.text))
    return sum(start < at_char for start in starts)


def _instant_of(turn: Turn, at_char: int, n_before: int) -> float | None:
    if 0 < n_before < len(turn.words):
        return turn.words[n_before].start_s
    middle_s = times_of(replace(turn, words=()), (at_char, len(turn.text)))[0]
    return None if middle_s is None or turn.start_s is None else max(middle_s, turn.start_s)


# ---------------------------------------------------------------- segments


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """Where the characters of a text went when it was edited. Spans are those of its tokens, before and after."""

    new_text: str
    old: tuple[Span, ...]
    new: tuple[Span, ...]
    blocks: tuple[Block, ...]

    @classmethod
    def of(cls, old_text: str, new_text: str) -> Alignment:
        """The alignment of two texts by their tokens."""
        old, new = _tokens(old_text), _tokens(new_text)
        blocks = _blocks([old_text[a:b] for a, b in old], [new_text[a:b] for a, b in new])
        return cls(new_text=new_text, old=tuple(old), new=tuple(new), blocks=tuple(blocks))

    def of_span(self, span: Span) -> Span:
        """Where a span went; empty if nothing of it is left."""
        first = sum(end <= span[0] for _, end in self.old)
        last = sum(start < span[1] for start, _ in self.old)
        start, end = self._boundary(first), self._boundary(last)
        if start >= end:
            return (0, 0)
        low, high = self.new[start][0], self.new[end - 1][1]
        inside_first, inside_last = span[0] - self.old[first][0], self.old[last - 1][1] - span[1]
        low += inside_first if inside_first > 0 and self._stays(first) else 0
        high -= inside_last if inside_last > 0 and self._stays(last - 1) else 0
        return (low, max(low, high))

    def _stays(self, index: int) -> bool:
        """Whether an old token is in the new text, letter by letter."""
        block = next(block for block in self.blocks if block[1] <= index < block[2])
        if block[0] != "equal":
            return False
        start, end = self.new[block[3] + index - block[1]]
        return end - start == self.old[index][1] - self.old[index][0]

    def _boundary(self, index: int) -> int:
        """The new token before which the border before old token `index` now stands.

        Words put in at a border between sentences go with the sentence they begin; otherwise with what stands before them.
        """
        if index in (0, len(self.old)):
            return len(self.new) if index else 0
        for tag, i1, i2, j1, j2 in self.blocks:
            if tag == "insert" and i1 == index:
                return j1 if self._ends_sentence(j1 - 1) and not self._ends_sentence(j2 - 1) else j2
            if i1 < index < i2:
                return j1 + round((index - i1) * (j2 - j1) / (i2 - i1))
        return next((j1 for _, i1, _, j1, _ in self.blocks if i1 == index), len(self.new))

    def _ends_sentence(self, index: int) -> bool:
        start, end = self.new[index]
        return self.new_text[start:end].rstrip("\"'”’)").endswith((".", "?", "!", "…"))


def _stripped(text: str, span: Span) -> Span:
    """The span without white space at its ends; empty if there is nothing else."""
    start, end = span
    said = text[start:end] if start < end else ""
    low = start + len(said) - len(said.lstrip())
    return (low, low + len(said.strip())) if said.strip() else (0, 0)


def _placed(segment: Segment, turn: Turn, span: Span) -> Segment:
    """A segment on a span of a turn."""
    start_s, end_s = times_of(turn, span)
    return replace(
        segment,
        turn_id=turn.id,
        turn_revision=turn.revision,
        start_char=span[0],
        end_char=span[1],
        text=turn.text[span[0] : span[1]],
        participant_id=turn.participant_id,
        start_s=start_s,
        end_s=end_s,
    )


def _halves(segment: Segment, first: tuple[Turn, Span], second: tuple[Turn, Span]) -> list[Segment]:
    """A segment on whichever half of its turn has words of it; on both, it keeps its id where there are more of them."""
    parts = [(turn, span) for turn, span in (first, second) if span[0] < span[1]]
    if len(parts) == 1:
        return [_placed(segment, *parts[0])]
    sizes = [n_words(turn.text[span[0] : span[1]]) for turn, span in parts]
    keeper = int(sizes[1] > sizes[0])
    return [
        _placed(segment if n == keeper else replace(segment, id=_new_segment_id(*part), run_id=None), *part)
        for n, part in enumerate(parts)
    ]


def _new_segment_id(turn: Turn, span: Span) -> str:
    return derived_id("segment", turn.id, turn.revision, *span)


# ---------------------------------------------------------------- find and replace


def occurrences(text: str, what: str, *, whole_words: bool = False, match_case: bool = False) -> list[Span]:
    """Where `what` stands in a text; white space counts as one blank. Nowhere if there is nothing to look for."""
    wanted = r"\s+".join(map(re.escape, what.split()))
    if not wanted:
        return []
    pattern = rf"(?<!\w){wanted}(?!\w)" if whole_words else wanted
    return [match.span() for match in re.finditer(pattern, text, 0 if match_case else re.IGNORECASE)]


def replaced(text: str, spans: Sequence[Span], by: str) -> str:
    """A text with `by` in the place of each span."""
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    return by.join(text[edges[n] : edges[n + 1]] for n in range(0, len(edges), 2))
