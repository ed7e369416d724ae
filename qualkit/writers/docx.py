"""A Word document to read, correct and import: MAXQDA's convention for focus groups, with the names in bold.

Nothing but turns stands in the text: a title would be a paragraph of nobody. It is in the document's properties.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qualkit.model import SpokenTranscript
from qualkit.wording import printable
from qualkit.writers.names import paragraphs

suffix = ".docx"
needs_times = False

_AFTER_PT = 6


def write(transcript: SpokenTranscript, path: Path) -> None:
    """Write a paragraph for each turn. The file carries the hour it was made, so equal turns give equal text only."""
    import docx
    from docx.shared import Pt

    document = docx.Document()
    document.styles["Normal"].paragraph_format.space_after = Pt(_AFTER_PT)
    _set_properties(document, transcript.title)
    for name, text in paragraphs(transcript):
        paragraph = document.add_paragraph()
        paragraph.add_run(f"{name}:").bold = True
        paragraph.add_run(f" {text}")
    document.save(str(path))


def _set_properties(document: Any, title: str) -> None:
    """python-docx would sign as author "python-docx", 2013."""
    properties = document.core_properties
    properties.author = properties.last_modified_by = properties.comments = ""
    properties.title = printable(title)[:255]
    properties.created = properties.modified = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
