"""An Excel workbook to sort, filter and print: a sheet with title, header, rows, and the notes under them.

Every row is complete, also where its theme repeats, and text is never taken for a formula or a link. The header and the stub
stay in view. What the table comes from is on further sheets.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from qualkit.exporters import sheet_widths
from qualkit.exporters.printed import Printed, in_words
from qualkit.model import NumberFormat, Table, TableCell
from qualkit.wording import printable

suffix = ".xlsx"
is_for_paper = False

_CELL_LIMIT = 32_767
_CREATED = datetime(1980, 1, 1)
"""The date XlsxWriter gives the parts inside the file; the file's own would make equal tables differ."""
_LOOK: Mapping[str, Mapping[str, Any]] = {
    "title": {"bold": True, "font_size": 12},
    "over": {"bold": True, "top": 1, "bottom": 1, "text_wrap": True, "valign": "bottom", "align": "center"},
    "beside": {"top": 1},
    "name": {"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom"},
    "text": {"text_wrap": True, "valign": "top"},
    "figure": {"align": "center", "valign": "top"},
    "end": {"top": 1},
    "note": {"text_wrap": True, "valign": "top", "font_size": 10},
}
_FORMATS = {
    NumberFormat.COUNT: "#,##0",
    NumberFormat.PERCENT: "0%",
    NumberFormat.TENTHS: "0.0%",
    NumberFormat.COEFFICIENT: "[>=1]0.00;[<=-1]-0.00;.00",
    NumberFormat.DECIMAL: "0.00",
    NumberFormat.GENERAL: "General",
}
_NOTE_CHARS = 1.15
"""Characters of a note for each of a cell: notes are set in smaller letters."""
_FRACTION = "0.000"
"""Of fractions in a column that has no format, as paper shows them; what a cell holds is exact."""
_SHEET_NAME = 31


def write(table: Table, path: Path) -> None:
    """Write a table and its appendix. Cells end at 32,767 characters, Excel's limit, with an ellipsis; equal tables give equal
    bytes.
    """
    _write(path, table.title, {"Table": table, **{_sheet_name(item.title): item for item in table.appendix}})


def write_all(tables: Sequence[Table], path: Path) -> None:
    """Write tables into one workbook, a sheet each, and one for each appendix; see `write`."""
    sheets: dict[str, Table] = {}
    for number, table in enumerate(tables, start=1):
        sheets |= {f"{number} {_sheet_name(item.title)}"[:_SHEET_NAME]: item for item in (table, *table.appendix)}
    _write(path, tables[0].title if tables else "", sheets)


def _write(path: Path, title: str, sheets: Mapping[str, Table]) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"title": printable(title)[:255], "created": _CREATED})
        looks = _looks(book)
        for sheet_name, table in sheets.items():
            sheet, printed = book.add_worksheet(sheet_name), in_words(table)
            widths = sheet_widths.columns(printed, is_data=table.is_data)
            _fill(sheet, table, printed, looks)
            _set_heights(sheet, printed, widths)
            _write_notes(sheet, table, widths, looks)
            _lay_out(sheet, table, widths)


def _looks(book: Any) -> dict[str, Any]:
    """Formats of cells by name; `first` stands for a name in the topmost row of a header."""
    looks = {name: book.add_format(dict(look)) for name, look in _LOOK.items()}
    for name in ("name", "figure name"):
        centred = {"align": "center"} if name != "name" else {}
        looks[name] = book.add_format({**_LOOK["name"], **centred})
        looks[f"first {name}"] = book.add_format({**_LOOK["name"], **centred, "top": 1})
    for number_format, shape in _FORMATS.items():
        looks[number_format.value] = book.add_format({**_LOOK["figure"], "num_format": shape})
    looks["fraction"] = book.add_format({**_LOOK["figure"], "num_format": _FRACTION})
    return looks


def _sheet_name(title: str) -> str:
    """`title` as Excel allows it to be a sheet's name."""
    return re.sub(r"[\[\]:*?/\\']", " ", printable(title)).strip()[:_SHEET_NAME].strip() or "Table"


def _header_row(table: Table) -> int:
    return 2 if table.spanners else 1


def _fill(sheet: Any, table: Table, printed: Printed, looks: Mapping[str, Any]) -> None:
    sheet.write_string(0, 0, _cut(table.title), looks["title"])
    for spanner in printed.over:
        if spanner.first < spanner.last:
            sheet.merge_range(1, spanner.first, 1, spanner.last, "", looks["over"])
        sheet.write_string(1, spanner.first, _cut(spanner.text), looks["over" if spanner.text else "beside"])
    header, first = _header_row(table), "" if table.spanners else "first "
    for column, (name, is_figure) in enumerate(zip(table.columns, printed.is_figure, strict=True)):
        sheet.write_string(header, column, _cut(name), looks[f"{first}{'figure ' if is_figure else ''}name"])
    for row, cells in enumerate(table.rows, start=header + 1):
        for column, cell in enumerate(cells):
            text = looks["figure" if printed.is_figure[column] else "text"]
            _write_cell(sheet, (row, column), cell, looks[_number_look(cell, table.format_of(column))], text)
    for column in range(len(table.columns)):
        sheet.write_blank(header + 1 + len(table.rows), column, None, looks["end"])


def _number_look(cell: TableCell, number_format: NumberFormat | None) -> str:
    if number_format is not None:
        return number_format.value
    return "fraction" if isinstance(cell, float) else "figure"


def _write_cell(sheet: Any, where: tuple[int, int], cell: TableCell, number: Any, text: Any) -> None:
    if isinstance(cell, str):
        sheet.write_string(*where, _cut(cell), text)
    elif cell is None or not math.isfinite(cell):
        sheet.write_blank(*where, None, text)
    else:
        sheet.write_number(*where, cell, number)


def _cut(text: str) -> str:
    """Within Excel's limit, which counts UTF-16 units."""
    text = printable(text)
    if len(text.encode("utf-16-le")) // 2 <= _CELL_LIMIT:
        return text
    return text.encode("utf-16-le")[: 2 * (_CELL_LIMIT - 1)].decode("utf-16-le", errors="ignore") + "…"


def _set_heights(sheet: Any, printed: Printed, widths: Sequence[int]) -> None:
    """Heights of rows of several lines: Excel would find them itself, but not all that open a workbook do."""
    over = [(item.text, sum(widths[item.first : item.last + 1])) for item in printed.over]
    header = list(zip(printed.headers, widths, strict=True))
    rows = [header, *(list(zip(row, widths, strict=True)) for row in printed.rows)]
    for row, cells in enumerate([over, *rows] if over else rows, start=1):
        height = sheet_widths.height(cells, is_bold=row <= 1 + bool(over))
        if height > sheet_widths.LINE_PT:
            sheet.set_row(row, height)


def _write_notes(sheet: Any, table: Table, widths: Sequence[int], looks: Mapping[str, Any]) -> None:
    """Notes run across the table; no program fits a row to merged cells."""
    for row, note in enumerate(table.notes, start=len(table.rows) + _header_row(table) + 2):
        text = _cut(note)
        sheet.set_row(row, sheet_widths.height([(text, sum(widths) * _NOTE_CHARS)]))
        if len(widths) > 1:
            sheet.merge_range(row, 0, row, len(widths) - 1, "", looks["note"])
        sheet.write_string(row, 0, text, looks["note"])


def _lay_out(sheet: Any, table: Table, widths: Sequence[int]) -> None:
    n_rows, n_columns, header = len(table.rows), max(len(table.columns), 1), _header_row(table)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    stub = [n for n in range(1, min(table.n_stub, n_columns - 1) + 1) if sum(widths[:n]) <= sheet_widths.WIDEST_STUB]
    sheet.freeze_panes(header + 1, max(stub, default=0))
    sheet.autofilter(header, 0, header + n_rows, n_columns - 1)
    sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{header + n_rows + 1}"})
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(1, header)
    sheet.set_footer("&C&P / &N")
