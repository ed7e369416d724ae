"""CSV for spreadsheets and scripts: the columns and the rows, nothing else.

Title and notes are left out, so that any program reads the file. UTF-8 with a byte order mark, or Excel garbles accents.
Words that a spreadsheet would run as a formula get an apostrophe in front; numbers, also as text such as `-2`, do not. A
spreadsheet that takes semicolons for separators, as in many countries, also cuts a cell at its semicolons and line ends: what
follows one of them is treated in the same way.
"""

from __future__ import annotations

import csv as _csv
import re
from pathlib import Path

from qualkit.model import Table, TableCell

suffix = ".csv"
is_for_paper = False

_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_FORMULA = re.compile(r"(?:\A|[;\t\r\n])[\s\"']*(?=[=+\-@＝＋－＠])")
_BLANK = re.compile(r"[\t\r\n]")


def write(table: Table, path: Path) -> None:
    """Write columns and rows; an empty cell is None. Equal tables give equal bytes."""
    with path.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
        writer = _csv.writer(file)
        writer.writerow([_safe(column) for column in table.columns])
        writer.writerows([_safe(cell) for cell in row] for row in table.rows)


def _safe(cell: TableCell) -> TableCell:
    if not isinstance(cell, str) or _NUMBER.fullmatch(cell):
        return cell
    safe = _FORMULA.sub(lambda blank: f"{blank.group()}'", cell)
    return f"'{safe}" if _BLANK.match(safe) else safe
