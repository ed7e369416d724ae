"""Codings made elsewhere, placed on this study's segments.

Another tool's coding points at characters of a turn, at a quote, at a whole turn or at seconds of the recording; ours
belong to segments. A coding falls on every segment that it half covers or that half covers it, so that a short coding
lands on its long segment and a long one on all its short segments; failing that, on the segment it touches most.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from qualkit.model import Evidence, Segment, Turn

_ENOUGH = 0.5
"""The share of a segment, or of the coding, that their overlap must reach."""

_FOLDED = {"‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "..."}


class Anchor(Protocol):
    """What a coding points at: a `turn` by its position, there a span of characters or a quote; or a span of seconds."""

    @property
    def turn(self) -> int | None:
        """`Turn.position`."""

    @property
    def start_char(self) -> int | None:
        """In the turn's text, half-open with `end_char`."""

    @property
    def end_char(self) -> int | None:
        """In the turn's text."""

    @property
    def quote(self) -> str | None:
        """Words of the turn."""

    @property
    def start_s(self) -> float | None:
        """In the recording."""

    @property
    def end_s(self) -> float | None:
        """In the recording."""


def locate(coding: Anchor, turns: Sequence[Turn], segments: Sequence[Segment]) -> list[str]:
    """Ids of the coded segments that `coding` falls on, in the order of the transcript.

    `turns` and `segments` are those of one transcript. A turn goes before seconds, unless it was said at another time or
    lacks the quote: then this is another transcript of the same recording, and the seconds count. Where both a quote and
    offsets are given, the quote's occurrence nearest to the offsets counts, and the offsets alone if the quote is not
    found. A turn alone means all of it. Empty if the turn, the quote or any overlap is missing, or only context is hit:
    tell the user.
    """
    coded = sorted((segment for segment in segments if segment.is_coded), key=lambda segment: segment.position)
    turn = next((turn for turn in turns if turn.position == coding.turn), None)
    span = _span_in(turn.text, coding) if turn and _is_when(turn, coding) else None
    if turn is None or span is None:
        return _by_time(coding, coded)
    return _fallen_on(span, [(item.id, item.start_char, item.end_char) for item in coded if item.turn_id == turn.id])


def _is_when(turn: Turn, coding: Anchor) -> bool:
    """Whether a turn was said when the coding says, as far as both tell."""
    if None in (turn.start_s, turn.end_s, coding.start_s, coding.end_s):
        return True
    return bool(turn.start_s < coding.end_s and coding.start_s < turn.end_s)  # type: ignore[operator]


def _by_time(coding: Anchor, segments: Iterable[Segment]) -> list[str]:
    if coding.start_s is None or coding.end_s is None:
        return []
    timed = [(item.id, item.start_s, item.end_s) for item in segments if item.start_s is not None and item.end_s is not None]
    return _fallen_on((coding.start_s, coding.end_s), timed)


def _fallen_on(span: tuple[float, float], pieces: Sequence[tuple[str, float, float]]) -> list[str]:
    """Ids of `pieces`, (id, start, end), that the rule of this module gives to `span`."""
    overlaps = {name: min(span[1], end) - max(span[0], start) for name, start, end in pieces}
    touched = [(name, end - start) for name, start, end in pieces if overlaps[name] > 0]
    enough = [name for name, length in touched if overlaps[name] >= _ENOUGH * min(length, span[1] - span[0])]
    return enough or [name for name, _ in sorted(touched, key=lambda piece: -overlaps[piece[0]])[:1]]


# ---------------------------------------------------------------- where in a turn


def _span_in(text: str, coding: Anchor) -> tuple[int, int] | None:
    """Half-open offsets in the turn's `text`, or None for a quote that is not in it."""
    offsets = None
    if coding.start_char is not None and coding.end_char is not None:
        offsets = (coding.start_char, coding.end_char)
    if not (coding.quote or "").strip():
        return offsets or (0, len(text))
    return find_quote(text, coding.quote or "", near_char=coding.start_char or 0) or offsets


def find_quote(text: str, quote: str, *, near_char: int = 0) -> tuple[int, int] | None:
    """Half-open offsets of `quote` in `text`: exact if possible, else ignoring white space, case and kinds of quotation mark.

    Of several occurrences the one that starts nearest to `near_char`; None if there is none.
    """
    quote = quote.strip()
    exact = _occurrences(text, quote)
    if exact:
        start = min(exact, key=lambda found: abs(found - near_char))
        return start, start + len(quote)
    folded, origins = _fold(text)
    wanted, _ = _fold(quote)
    spans = [(origins[found], origins[found + len(wanted) - 1] + 1) for found in _occurrences(folded, wanted)]
    return min(spans, key=lambda span: abs(span[0] - near_char), default=None)


def anchored(evidence: Iterable[Evidence], text: str) -> tuple[Evidence, ...]:
    """Evidence that points at its words as they read now in `text`; what was corrected away is left out."""
    found = []
    for span in evidence:
        if text[span.start_char : span.end_char] == span.text:
            found.append(span)
        elif at := find_quote(text, span.text, near_char=span.start_char):
            found.append(replace(span, start_char=at[0], end_char=at[1], text=text[at[0] : at[1]]))
    return tuple(found)


def _occurrences(text: str, part: str) -> list[int]:
    starts: list[int] = []
    found = text.find(part) if part else -1
    while found >= 0:
        starts.append(found)
        found = text.find(part, found + 1)
    return starts


def _fold(text: str) -> tuple[str, list[int]]:
    """`text` without differences of case, white space and typography, and for each character of it its offset in `text`."""
    signs: list[str] = []
    origins: list[int] = []
    for offset, sign in enumerate(text):
        plain = " " if sign.isspace() else _FOLDED.get(sign, sign.casefold())
        if plain == " " and signs[-1:] == [" "]:
            continue
        signs += plain
        origins += [offset] * len(plain)
    return "".join(signs), origins
