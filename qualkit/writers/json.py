"""JSON with everything that is known of a turn: speaker, role, times, and each word with its time and confidence.

For scripts, and for editors that follow the sound word by word. Names and text are as they were, line ends included.
"""

from __future__ import annotations

import json as _json
from pathlib import Path

from qualkit.model import SpokenTranscript
from qualkit.plain import as_plain

suffix = ".json"
needs_times = False


def write(transcript: SpokenTranscript, path: Path) -> None:
    """Write `label`, `title` and `turns`; what is not known is null, and a turn without times of words has none."""
    text = _json.dumps(as_plain(transcript), indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8", errors="replace", newline="\n")
