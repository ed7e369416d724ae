"""Turns to meaning units: whole sentences of one speaker, gathered until a coder can judge them at a glance.

A unit never crosses a speaker and never cuts a sentence. A long turn is cut into units of about equal length, so that no
orphan sentence is left at its end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from qualkit.model import Participant, Role, Segment, Turn, derived_id, grouped
from qualkit.plugs import Language

Span = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How turns become segments."""

    max_words: int = field(default=60, metadata={"help": "A turn with more words than this is cut at sentence ends."})
    min_words: int = field(default=3, metadata={"help": "Shorter turns, such as 'Mm-hmm.', are shown but not coded."})
    code_moderators: bool = field(default=False, metadata={"help": "Offer the moderator's turns for coding, too."})


def run(
    *, turns: Sequence[Turn], participants: Mapping[str, Participant], options: Options, language: Language
) -> list[Segment]:
    """Segments of one transcript's `turns`, in order; `participants` by id.

    Ids follow from turn, revision and offsets, so cutting the same turns the same way gives the same segments.
    """
    found: list[Segment] = []
    for turn in turns:
        coded = is_coded(turn, participants, options)
        for span in meaning_units(turn.text, language.sentences(turn.text), max_words=options.max_words):
            found.append(_segment(turn, span, position=len(found) + 1, is_coded=coded))
    return found


def is_coded(turn: Turn, participants: Mapping[str, Participant], options: Options) -> bool:
    """Whether the segments of a turn are offered for coding: a participant's, and more than a word or two."""
    speaker = participants.get(turn.participant_id or "")
    if speaker is not None and speaker.role is not Role.PARTICIPANT and not options.code_moderators:
        return False
    return n_words(turn.text) >= options.min_words


def n_words(text: str) -> int:
    """Words as people count them: runs between white space that hold a letter or a digit."""
    return len(_WORDS.findall(text))


_WORDS = re.compile(r"\S*\w\S*")


def meaning_units(text: str, sentences: Sequence[Span], *, max_words: int) -> list[Span]:
    """Sentences gathered into units of about equal size, at most `max_words` unless one sentence alone is longer."""
    if not sentences:
        stripped = text.strip()
        start = text.find(stripped)
        return [(start, start + len(stripped))] if stripped else []
    sizes = [max(1, n_words(text[start:end])) for start, end in sentences]
    n_units = -(-sum(sizes) // max_words)
    parts = _parts(sizes, n_units)
    while any(len(part) > 1 and sum(sizes[n] for n in part) > max_words for part in parts):
        n_units += 1
        parts = _parts(sizes, n_units)
    return [(sentences[part[0]][0], sentences[part[-1]][1]) for part in parts]


def _parts(sizes: Sequence[int], n_parts: int) -> list[list[int]]:
    """Indexes of `sizes`, by which of `n_parts` equal stretches of the whole the middle of each lies in."""
    ends = list(accumulate(sizes))
    numbers = [(2 * end - size) * n_parts // (2 * ends[-1]) for end, size in zip(ends, sizes, strict=True)]
    return list(grouped(range(len(sizes)), lambda n: numbers[n]).values())


def _segment(turn: Turn, span: Span, *, position: int, is_coded: bool) -> Segment:
    start_char, end_char = span
    start_s, end_s = times_of(turn, span)
    return Segment(
        id=derived_id("segment", turn.id, turn.revision, start_char, end_char),
        transcript_id=turn.transcript_id,
        turn_id=turn.id,
        turn_revision=turn.revision,
        position=position,
        start_char=start_char,
        end_char=end_char,
        text=turn.text[start_char:end_char],
        participant_id=turn.participant_id,
        is_coded=is_coded,
        start_s=start_s,
        end_s=end_s,
    )


def times_of(turn: Turn, span: Span) -> tuple[float | None, float | None]:
    """When a span of a turn was said: from its words, else from its share of the turn's characters.

    Of a turn whose end is unknown, every span has the turn's start and no end.
    """
    inside = _words_in(turn, span) if turn.words else []
    if inside:
        return turn.words[inside[0]].start_s, turn.words[inside[-1]].end_s
    if turn.start_s is None or turn.end_s is None or not turn.text:
        return turn.start_s, None
    per_char = (turn.end_s - turn.start_s) / len(turn.text)
    return round(turn.start_s + span[0] * per_char, 2), round(turn.start_s + span[1] * per_char, 2)


def _words_in(turn: Turn, span: Span) -> list[int]:
    """Indexes of the turn's words that lie in `span`; words stand in the text in order."""
    inside, at = [], 0
    for index, word in enumerate(turn.words):
        at = turn.text.find(word.text, at)
        if at < 0:
            return []
        if span[0] <= at < span[1]:
            inside.append(index)
        at += len(word.text)
    return inside
