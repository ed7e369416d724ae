"""RTTM, who spoke when: what tools that tell voices apart write, and what their scoring programs compare.

The format of NIST's Rich Transcription evaluations: fields between blanks, so a name has underscores for its own.
"""

from __future__ import annotations

from pathlib import Path

from qualkit.model import SpokenTranscript
from qualkit.writers.cues import timed
from qualkit.writers.names import NAME_LIMIT, distinct, one_line

suffix = ".rttm"
needs_times = True


def write(transcript: SpokenTranscript, path: Path) -> None:
    """Write a line for each turn: file, channel 1, start and duration in seconds to the millisecond, speaker."""
    names = distinct((turn.speaker for turn in transcript.turns), _field, blank="_")
    file = _field(transcript.label)
    lines = [
        f"SPEAKER {file} 1 {start_s:.3f} {round(end_s, 3) - round(start_s, 3):.3f} <NA> <NA> {names[turn.speaker]} <NA> <NA>\n"
        for start_s, end_s, turn in timed(transcript, suffix)
    ]
    path.write_text("".join(lines), encoding="utf-8", newline="\n")


def _field(text: str) -> str:
    return one_line(text).replace(" ", "_")[:NAME_LIMIT]
