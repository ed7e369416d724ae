"""SubRip subtitles with `Name: ` before the words of every cue, so that none depends on the cue before it.

SubRip has no escapes, and players take `<i>` and the like for commands; a blank after the bracket keeps them words.
"""

from __future__ import annotations

import re
from pathlib import Path

from qualkit.model import SpokenTranscript
from qualkit.writers.cues import clock, cues
from qualkit.writers.names import distinct

suffix = ".srt"
needs_times = True

_COMMAND = re.compile(r"<(?=/?(?:[biu]|font)(?:[\s>]|\Z))|\{(?=\\)", re.IGNORECASE)


def write(transcript: SpokenTranscript, path: Path) -> None:
    """Write a cue for each turn, several for a long one."""
    names = distinct(turn.speaker for turn in transcript.turns)
    blocks = [
        f"{number}\n{clock(cue.start_s, ',')} --> {clock(cue.end_s, ',')}\n{_plain(f'{names[cue.speaker]}: {cue.text}')}\n"
        for number, cue in enumerate(cues(transcript, suffix), start=1)
    ]
    path.write_text("\n".join(blocks), encoding="utf-8", newline="\n")


def _plain(line: str) -> str:
    return _COMMAND.sub(lambda match: f"{match[0]} ", line)
