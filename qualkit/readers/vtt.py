"""WebVTT: Zoom writes `Name: words` in every cue, Teams and noScribe put the words inside `<v Name>`.

Read by a reader of our own, because the libraries lose the speakers, or find no cues in files of older Teams versions.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from qualkit.model import Utterance
from qualkit.readers.srt import Cue, cues_of, prefixed
from qualkit.readers.turns import joined, label, named_speakers, read_text
from qualkit.wording import printable

suffixes = (".vtt",)

_BLOCK = re.compile(r"(?<=\n\n)(?:NOTE|STYLE|REGION)(?:[ \t].*)?\n(?:.+\n?)*")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?[ \t]+(?P<name>[^>]*)>(?P<text>.*?)(?=</v>|<v[.\s]|\Z)(?:</v>)?", re.DOTALL)
_TAG = re.compile(r"</?(?:[bciuv]|ruby|rt|lang)(?:[.\s][^>]*)?>|<\d[\d:.]*>")
_ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|\w+);")


def read(path: Path) -> list[Utterance]:
    """The turns of a WebVTT file; words outside any voice, or in a cue without a name, are nobody's (`speaker` None)."""
    cues = cues_of(_BLOCK.sub("", read_text(path)), path.name)
    return joined(named_speakers(said_in(cues), path.name))


def said_in(cues: Sequence[Cue]) -> list[Utterance]:
    """What was said in each cue, by voice tags if the file has any and by `Name: ` otherwise; nothing is joined yet."""
    if any(_VOICE.search(line) for cue in cues for line in cue.lines):
        return [utterance for cue in cues for utterance in _voiced(cue)]
    return prefixed([_plain(cue) for cue in cues])


def _voiced(cue: Cue) -> Iterable[Utterance]:
    text, end = "\n".join(cue.lines), 0
    parts: list[tuple[str | None, str]] = []
    for match in _VOICE.finditer(text):
        parts += [(None, text[end : match.start()]), (label(_decoded(match["name"])) or None, match["text"])]
        end = match.end()
    parts.append((None, text[end:]))
    said = (cue.said([_decoded(words)], speaker) for speaker, words in parts)
    return [utterance for utterance in said if utterance.text]


def _plain(cue: Cue) -> Cue:
    return Cue(start_s=cue.start_s, end_s=cue.end_s, lines=tuple(_decoded(line) for line in cue.lines))


def _decoded(text: str) -> str:
    return printable(_ENTITY.sub(lambda match: html.unescape(match[0]), _TAG.sub("", text)))
