"""The moderator's guide: numbered questions, with probes indented under them. Markdown or plain text.

    1. **The first contact.** What happens in the days after an overdose?
       - What makes a person open the door, or not?
    2. From contact to care. How do they get to treatment?

Anything before the first question, after the last, or between them that is not indented, is passed over.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from qualkit.errors import ReadError
from qualkit.model import GuideQuestion

NAMES = ("guide.md", "guide.txt")
"""What a guide may be called in `transcripts/`."""

_NUMBERED = re.compile(r"^[ ]{0,3}(?:Q(?:uestion)?\s*)?(\d{1,3})\s*[.):]\s+(.*\S)\s*$", re.IGNORECASE)
_TITLE = re.compile(r"^\*\*(.+?)[.:]?\*\*[.:]?\s*")
_PROBE = re.compile(r"^\s+(?:[-*+•–]|[a-z][.)])\s+(.*\S)\s*$")
_MARKS = re.compile(r"[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}")


def read_guide(path: Path) -> tuple[GuideQuestion, ...]:
    """The questions of a guide file, in its order.

    Raises `ReadError` for a file that is not UTF-8 text, has no numbered question, or gives one number twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReadError(f"{path}: the guide is not UTF-8 text; save it as UTF-8.") from error
    found = questions_in(text)
    if not found:
        raise ReadError(f"{path}: the guide has no numbered question; begin each with its number, as in  1. What do you do?")
    numbers = [question.number for question in found]
    twice = next((number for number in numbers if numbers.count(number) > 1), None)
    if twice is not None:
        raise ReadError(f"{path}: two questions have the number {twice}; number them through.")
    return found


def questions_in(text: str) -> tuple[GuideQuestion, ...]:
    """The numbered questions of a guide, with their probes."""
    found: list[GuideQuestion] = []
    is_open = False
    for line in text.splitlines():
        numbered, probe = _NUMBERED.match(line), _PROBE.match(line)
        if numbered:
            found.append(_question(int(numbered[1]), numbered[2]))
            is_open = True
        elif is_open and probe:
            found[-1] = replace(found[-1], probes=(*found[-1].probes, _plain(probe[1])))
        elif is_open and line.strip() and line[0].isspace():
            found[-1] = _continued(found[-1], _plain(line.strip()))
        elif line.strip():
            is_open = False
    return tuple(found)


def _question(number: int, said: str) -> GuideQuestion:
    title = _TITLE.match(said)
    text = said[title.end() :] if title else said
    return GuideQuestion(number=number, title=_plain(title[1]) if title else "", text=_plain(text))


def _continued(question: GuideQuestion, more: str) -> GuideQuestion:
    """The question with a line that belongs to its last probe, or to itself if it has none."""
    if question.probes:
        return replace(question, probes=(*question.probes[:-1], f"{question.probes[-1]} {more}"))
    return replace(question, text=f"{question.text} {more}".strip())


def _plain(text: str) -> str:
    return " ".join(_MARKS.sub("", text).split())
