"""Plain text in MAXQDA's convention for focus groups: one paragraph a turn, `Name: words`, and no time in it.

UTF-8 with a byte order mark, or programs on Windows garble accents.
"""

from __future__ import annotations

from pathlib import Path

from qualkit.model import SpokenTranscript
from qualkit.writers.names import paragraphs

suffix = ".txt"
needs_times = False


def write(transcript: SpokenTranscript, path: Path) -> None:
    """Write a line for each turn; paragraphs inside a turn are run together, since the next one would be another turn."""
    lines = (f"{name}: {text}\n" for name, text in paragraphs(transcript))
    path.write_text("".join(lines), encoding="utf-8-sig", newline="\n")
