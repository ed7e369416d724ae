"""Names as other programs take them: `Name: words` on one line, the convention of MAXQDA for focus groups.

There a paragraph that begins with a name of at most 63 characters and a colon is a turn, and every paragraph without one
belongs to the speaker before. So a turn is one paragraph, a name holds no colon, whoever is not known has a name too, and
two people never share one: not after a name was cut, nor in a program that takes `ANA` and `Ana` for the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count

from qualkit.model import SpokenTranscript
from qualkit.wording import printable

NOBODY = "Unknown speaker"
NAME_LIMIT = 63
"""MAXQDA reads a longer name as words; so do qualkit's own readers."""

_FORBIDDEN = str.maketrans({":": " ", "[": "(", "]": ")"})  # square brackets are around times elsewhere


def one_line(text: str) -> str:
    """`text` without line ends and control characters; every stretch of white space is one blank."""
    return " ".join(printable(text).split())


def as_label(name: str) -> str:
    """A name that can stand before a colon, cut at `NAME_LIMIT`; empty if nothing is left of it."""
    return one_line(name.translate(_FORBIDDEN))[:NAME_LIMIT].rstrip()


def distinct(
    speakers: Iterable[str | None], clean: Callable[[str], str] = as_label, *, blank: str = " "
) -> dict[str | None, str]:
    """For each of `speakers` what `clean` makes of the name, with a number behind it where somebody has that already."""
    names: dict[str | None, str] = {}
    taken: set[str] = set()
    everybody = list(dict.fromkeys(speakers))
    for speaker in sorted(everybody, key=lambda one: one is None):  # a person called as `NOBODY` is keeps the name
        names[speaker] = _free(clean(speaker or "") or clean(NOBODY), taken, blank)
        taken.add(names[speaker].casefold())
    return names


def _free(name: str, taken: set[str], blank: str) -> str:
    numbered = (f"{name[: NAME_LIMIT - len(tail)].rstrip()}{tail}" for tail in (f"{blank}{n}" for n in count(2)))
    return name if name.casefold() not in taken else next(one for one in numbered if one.casefold() not in taken)


def paragraphs(transcript: SpokenTranscript) -> list[tuple[str, str]]:
    """Each turn as a name and its words on one line."""
    names = distinct(turn.speaker for turn in transcript.turns)
    return [(names[turn.speaker], one_line(turn.text)) for turn in transcript.turns]
