"""An Excel sheet to sort, filter and print: title, header, rows, and the notes under them.

Every row is complete, also where its theme repeats, and text is never taken for a formula or a link.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from qualkit.model import Table
from qualkit.wording import printable

suffix = ".xlsx"
is_for_paper = False

_CELL_LIMIT = 32_767
_WIDEST, _NARROWEST = 60, 8
_LINE_HEIGHT = 15
_CREATED = datetime(1980, 1, 1)
"""The date XlsxWriter gives the parts inside the file; the file's own would make equal tables differ."""
_LOOK = {
    "title": {"bold": True, "font_size": 12},
    "header": {"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom"},
    "text": {"text_wrap": True, "valign": "top"},
    "number": {"align": "center", "valign": "top"},
    "note": {"text_wrap": True, "valign": "top", "italic": True},
}

Cell = str | int | float | None


def write(table: Table, path: Path) -> None:
    """Write one sheet. Cells end at 32,767 characters, Excel's limit, with an ellipsis. Equal tables give equal bytes."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"title": printable(table.title)[:255], "created": _CREATED})
        looks = {name: book.add_format(look) for name, look in _LOOK.items()}
        sheet = book.add_worksheet("Table")
        _fill(sheet, table, looks)
        _write_notes(sheet, table, looks["note"])
        _lay_out(sheet, table)


def _fill(sheet: Any, table: Table, looks: dict[str, Any]) -> None:
    sheet.write_string(0, 0, _cut(table.title), looks["title"])
    for column, name in enumerate(table.columns):
        sheet.write_string(1, column, _cut(name), looks["header"])
    for row, cells in enumerate(table.rows, start=2):
        for column, cell in enumerate(cells):
            _write_cell(sheet, row, column, cell, looks)


def _write_cell(sheet: Any, row: int, column: int, cell: Cell, looks: dict[str, Any]) -> None:
    if isinstance(cell, str):
        sheet.write_string(row, column, _cut(cell), looks["text"])
    elif cell is None or not math.isfinite(cell):
        sheet.write_blank(row, column, None, looks["text"])
    else:
        sheet.write_number(row, column, cell, looks["number"])


def _cut(text: str) -> str:
    """Within Excel's limit, which counts UTF-16 units."""
    text = printable(text)
    if len(text.encode("utf-16-le")) // 2 <= _CELL_LIMIT:
        return text
    return text.encode("utf-16-le")[: 2 * (_CELL_LIMIT - 1)].decode("utf-16-le", errors="ignore") + "…"


def _write_notes(sheet: Any, table: Table, look: Any) -> None:
    """Notes run across the table; Excel fits no row to merged cells, so their heights are reckoned here."""
    n_columns, width = len(table.columns), sum(_widths(table))
    for row, note in enumerate(table.notes, start=len(table.rows) + 3):
        text = _cut(note)
        sheet.set_row(row, _LINE_HEIGHT * sum(math.ceil(len(line) / max(width, 1)) or 1 for line in text.split("\n")))
        if n_columns > 1:
            sheet.merge_range(row, 0, row, n_columns - 1, "", look)
        sheet.write_string(row, 0, text, look)


def _lay_out(sheet: Any, table: Table) -> None:
    n_rows, n_columns = len(table.rows), max(len(table.columns), 1)
    for column, width in enumerate(_widths(table)):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(2, 0)
    sheet.autofilter(1, 0, 1 + n_rows, n_columns - 1)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(1)
    sheet.set_footer("&C&P / &N")


def _widths(table: Table) -> list[int]:
    return [_width([name, *(row[i] for row in table.rows)]) for i, name in enumerate(table.columns)]


def _width(cells: Sequence[Cell]) -> int:
    """Wide enough for the words of the header and the longest line, within bounds; 3 are for the filter's arrow."""
    header, *rest = ["" if cell is None else str(cell) for cell in cells]
    words = max((len(word) for word in header.split()), default=0) + 3
    longest = max((len(line) for text in rest for line in text.split("\n")), default=0) + 1
    return min(_WIDEST, max(_NARROWEST, words, longest))
