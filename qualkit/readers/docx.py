"""Word documents: every paragraph and soft line break is a line, a row of a table is one turn; then the rules for text.

Insertions under tracked changes are read and deletions are not, as if all changes had been accepted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from qualkit.errors import ReadError
from qualkit.model import Utterance
from qualkit.readers.turns import TIME, Line, read_bytes, turns_of
from qualkit.wording import printable

suffixes = (".docx",)

_TIME_CELL = re.compile(rf"[\[(]?({TIME})[\])]?")
_DURATION_CELL = re.compile(r"\d+(?:[.,]\d+)?\s*s")
_WORDS = "(.//w:t | .//w:tab | .//w:br | .//w:cr)[not(ancestor::w:moveFrom | ancestor::w:txbxContent | ancestor::w:tabs)]"


def read(path: Path) -> list[Utterance]:
    """The turns of a Word document; see `turns_of` for the ways to write a header.

    A row of a table is read as time (if it has one), speaker and words. Text boxes, comments, headers and footers are not
    read.
    """
    lines = list(_lines(_opened(path)))
    if not any(line.text.strip() for line in lines):
        raise ReadError(f"{path.name} holds no text; if it shows scanned pages, save the transcript as text first.")
    return turns_of(lines, path.name)


def _opened(path: Path) -> Any:
    import docx

    data = read_bytes(path)
    try:
        return docx.Document(BytesIO(data))
    except Exception as error:  # a damaged file raises whatever zipfile, lxml or python-docx meet first
        raise ReadError(
            f"{path.name} is not a Word document or is damaged; open it in Word and save it as .docx again."
        ) from error


def _lines(document: Any) -> Iterator[Line]:
    n_tables = 0
    for block in document.iter_inner_content():
        if hasattr(block, "rows"):
            n_tables += 1
            yield from (Line(text, n_tables) for row in block.rows for text in _row(row))
        else:
            yield from (Line(text) for text in _paragraph(block))


def _paragraph(paragraph: Any) -> list[str]:
    words = "".join(_words(element) for element in paragraph._p.xpath(_WORDS))
    return printable(words.replace("\r", "\n")).split("\n")


def _words(element: Any) -> str:
    kind = element.tag.rpartition("}")[2]
    return element.text or "" if kind == "t" else "\t" if kind == "tab" else "\n"


def _row(row: Any) -> list[str]:
    """The lines of a table row, written as a header that the rules for text know."""
    cells = [lines for cell in _distinct(row.cells) if (lines := _cell(cell))]
    cells = [lines for lines in cells if not _DURATION_CELL.fullmatch(lines[0])]
    clocks = [_TIME_CELL.fullmatch(lines[0]) for lines in cells[:2]]
    place = next((i for i, clock in enumerate(clocks) if clock), None)
    clock = "" if place is None else clocks[place][1]  # type: ignore[index]
    words = [lines for i, lines in enumerate(cells) if i != place]
    if len(words) < 2 or len(words[0]) > 1:
        return [line for lines in cells for line in lines]
    return _as_header(words[0][0].rstrip(": "), clock, first=place == 0, text=[line for lines in words[1:] for line in lines])


def _as_header(speaker: str, clock: str, *, first: bool, text: list[str]) -> list[str]:
    if not clock:
        return [f"{speaker}: {text[0]}", *text[1:]]
    return [f"[{clock}] {speaker}: {text[0]}" if first else f"{speaker} ({clock}): {text[0]}", *text[1:]]


def _distinct(cells: Any) -> list[Any]:
    """Cells of a row once each: python-docx repeats a merged one for every column it covers."""
    return list({id(cell._tc): cell for cell in cells}.values())


def _cell(cell: Any) -> list[str]:
    lines = [line.strip() for paragraph in cell.paragraphs for line in _paragraph(paragraph)]
    return [line for line in lines if line]
