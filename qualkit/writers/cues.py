"""What the formats with times share: turns that have them, and cues short enough to be read under a film.

A turn is one cue unless it is long and its words have times of their own; then it is cut between words, best
after a sentence. Cues stand in the order of the turns, also where people talked at once: the order is part of the transcript.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from qualkit.errors import WriteError
from qualkit.model import SpokenTranscript, SpokenTurn, Word
from qualkit.writers.names import one_line

INSTEAD = "Take txt, docx or json, which need no times."

CUE_LIMIT_S = 7.0
"""The longest that a subtitle should stand, by the usual rules of broadcasters."""

_STOPS = (".", "!", "?", "…")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """Words of one speaker on one line, and their time."""

    start_s: float
    end_s: float
    speaker: str | None
    text: str


def timed(transcript: SpokenTranscript, suffix: str) -> list[tuple[float, float, SpokenTurn]]:
    """The turns with their start and end. Raises `WriteError` if one has none: a turn is never left out in silence."""
    found = [
        (turn.start_s, turn.end_s, turn) for turn in transcript.turns if turn.start_s is not None and turn.end_s is not None
    ]
    if len(found) < len(transcript.turns):
        raise WriteError(f"{why_not(transcript, [suffix])} {INSTEAD}")
    return found


def why_not(transcript: SpokenTranscript, suffixes: Sequence[str]) -> str:
    """A sentence on why a transcript without times cannot be a file of those suffixes."""
    n, of = transcript.n_untimed, len(transcript.turns)
    lacking = "its turns have" if n == of else f"{n} of its {of} turns {'has' if n == 1 else 'have'}"
    return f"{transcript.label} cannot be written as {', '.join(suffixes)}: {lacking} no start and end time."


def cues(transcript: SpokenTranscript, suffix: str) -> list[Cue]:
    """The cues of all turns; turns without a word to show are left out. Raises `WriteError` as `timed` does."""
    return [
        Cue(start_s=start, end_s=end, speaker=turn.speaker, text=text)
        for turn_start, turn_end, turn in timed(transcript, suffix)
        for start, end, text in _pieces(turn, turn_start, turn_end)
        if text
    ]


def _pieces(turn: SpokenTurn, start_s: float, end_s: float) -> list[tuple[float, float, str]]:
    """A turn in pieces of (start, end, text), as one where it is short or its words do not make up its text."""
    text = one_line(turn.text)
    whole = [(start_s, end_s, text)]
    if end_s - start_s <= CUE_LIMIT_S or not turn.words or _text(turn.words) != text:
        return whole
    groups = list(_groups(turn.words))
    starts = [start_s, *(group[0].start_s for group in groups[1:])]
    ends = [*(group[-1].end_s for group in groups[:-1]), end_s]
    if starts != sorted(starts) or any(start > end for start, end in zip(starts, ends, strict=True)):
        return whole
    return [(start, end, _text(group)) for start, end, group in zip(starts, ends, groups, strict=True)]


def _groups(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """Words in as few cues as fit; one that is at least half as long as it may be ends with a sentence if it can."""
    while words:
        n = _n_fitting(words)
        n = n if n == len(words) else _sentence_end(words[:n])
        yield words[:n]
        words = words[n:]


def _n_fitting(words: Sequence[Word]) -> int:
    last_s = words[0].start_s + CUE_LIMIT_S
    return max(1, sum(1 for _ in takewhile(lambda word: word.end_s <= last_s, words)))


def _sentence_end(words: Sequence[Word]) -> int:
    ends = [
        n
        for n, word in enumerate(words, start=1)
        if word.text.endswith(_STOPS) and word.end_s - words[0].start_s >= CUE_LIMIT_S / 2
    ]
    return ends[-1] if ends else len(words)


def _text(words: Sequence[Word]) -> str:
    return one_line(" ".join(word.text for word in words))


def clock(seconds: float, point: str) -> str:
    """Seconds as `hh:mm:ss.mmm`, with `point` before the milliseconds."""
    rest, milliseconds = divmod(round(seconds * 1000), 1000)
    minutes, rest = divmod(rest, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{rest:02d}{point}{milliseconds:03d}"
