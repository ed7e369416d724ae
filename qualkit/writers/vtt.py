"""WebVTT with voices, `<v Name>words</v>`, as Teams writes it: for players, and for editors that show text beside sound."""

from __future__ import annotations

from pathlib import Path

from qualkit.model import SpokenTranscript
from qualkit.writers.cues import Cue, clock, cues
from qualkit.writers.names import one_line

suffix = ".vtt"
needs_times = True

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def write(transcript: SpokenTranscript, path: Path) -> None:
    """Write a cue for each turn, several for a long one. Names are as they were; a turn of nobody has no voice."""
    blocks = ["WEBVTT", *(_block(cue) for cue in cues(transcript, suffix))]
    path.write_text("\n\n".join(blocks) + "\n", encoding="utf-8", newline="\n")


def _block(cue: Cue) -> str:
    name, text = one_line(cue.speaker or "").translate(_ESCAPES), cue.text.translate(_ESCAPES)
    said = f"<v {name}>{text}</v>" if name else text
    return f"{clock(cue.start_s, '.')} --> {clock(cue.end_s, '.')}\n{said}"
