"""SubRip subtitles, and the cues they share with WebVTT.

A cue is two times and the lines under them. Speakers, where named at all, stand as `Name: ` before the words; SubRip
files write a name only where the speaker changes, so a label holds until the next one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from qualkit.errors import ReadError
from qualkit.model import Utterance
from qualkit.readers.turns import TIME, is_label, joined, known_end, label, named_speakers, read_text, seconds, trusted

suffixes = (".srt",)

_TIMING = re.compile(rf"\s*(?P<start>{TIME})\s*-->\s*(?P<end>{TIME})")
_CUE_ID = re.compile(r"\d+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}(?:/\S*)?")
_PREFIX = re.compile(r"(?:>>\s*|[-–]\s+)?(?P<name>[^\s:][^:]{0,62}?)\s*:(?:\s+(?P<text>.*))?$")
_TAG = re.compile(r"</?(?:[biu]|font)(?:\s[^>]*)?>|\{\\an\d\}", re.IGNORECASE)
_FEW = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """One subtitle: its times and the lines up to the next empty line or cue."""

    start_s: float
    end_s: float
    lines: tuple[str, ...]

    def said(self, texts: Sequence[str], speaker: str | None) -> Utterance:
        """Words of this cue. Voices that share a cue each get its whole span: the file does not say more."""
        text = " ".join(" ".join(texts).split())
        return Utterance(text=text, speaker=speaker, start_s=self.start_s, end_s=known_end(self.start_s, self.end_s))


def read(path: Path) -> list[Utterance]:
    """The turns of an SRT file; cues before the first label are nobody's (`speaker` None)."""
    cues = cues_of(_TAG.sub("", read_text(path)), path.name)
    return joined(named_speakers(prefixed(cues, carry=True), path.name))


def cues_of(text: str, name: str) -> list[Cue]:
    """The cues of a WebVTT or SubRip text, in file order; whatever stands outside a cue is left out.

    Raises `ReadError` for a text without any.
    """
    lines = text.split("\n")
    starts = [i for i, line in enumerate(lines) if _TIMING.match(line)]
    if not starts:
        raise ReadError(f"{name} has no cues such as '00:00:01.000 --> 00:00:04.000'; export the subtitles again.")
    spans = pairwise([*starts, len(lines) + 1])
    return [_cue(lines[i:following], is_last=following > len(lines)) for i, following in spans]


def _cue(lines: list[str], *, is_last: bool) -> Cue:
    timing, body = _TIMING.match(lines[0]), lines[1:]
    assert timing is not None
    end = next((i for i, line in enumerate(body) if not line.strip()), len(body))
    if end == len(body) and body and not is_last and _CUE_ID.fullmatch(body[-1].strip()):
        end -= 1  # the empty line is missing, and this is the number of the next cue
    return Cue(start_s=seconds(timing["start"]), end_s=seconds(timing["end"]), lines=tuple(body[:end]))


def prefixed(cues: Sequence[Cue], *, carry: bool | None = None) -> list[Utterance]:
    """What was said in cues whose speakers stand as `Name: ` before the words; one utterance a cue and voice.

    With `carry` a label holds until the next one; without, a cue that has none is nobody's. None decides by counting:
    a file that labels few of its cues writes a label only where the speaker changes.
    """
    labels = [found[0] for cue in cues for line in cue.lines if (found := _prefix(line))]
    known = trusted(labels, n_places=len(cues))
    if carry is None:
        carry = sum(one in known for one in labels) < _FEW * len(cues)
    utterances: list[Utterance] = []
    speaker: str | None = None
    for cue in cues:
        voices = _voices(cue, known, speaker if carry else None)
        speaker = voices[-1][0]
        utterances.extend(cue.said(texts, voice) for voice, texts in voices)
    return [utterance for utterance in utterances if utterance.text]


def _voices(cue: Cue, known: set[str], speaker: str | None) -> list[tuple[str | None, list[str]]]:
    voices: list[tuple[str | None, list[str]]] = [(speaker, [])]
    for line in cue.lines:
        found = _prefix(line)
        if found and found[0] in known:
            voices.append((found[0], [found[1]]))
        else:
            voices[-1][1].append(line)
    return voices


def _prefix(line: str) -> tuple[str, str] | None:
    match = _PREFIX.match(line.strip())
    if match is None or not is_label(label(match["name"])):
        return None
    return label(match["name"]), match["text"] or ""
