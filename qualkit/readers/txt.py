"""Plain text: typed transcripts, and what Otter, Teams and others give when asked for text."""

from __future__ import annotations

from pathlib import Path

from qualkit.model import Utterance
from qualkit.readers.turns import Line, read_text, turns_of

suffixes = (".txt",)


def read(path: Path) -> list[Utterance]:
    """The turns of a text file; see `turns_of` for the ways to write a header. Times only where a header has one."""
    return turns_of([Line(text) for text in read_text(path).split("\n")], path.name)
