"""Codes in spreadsheets: coding sheets for colleagues who do not open the app, and tables of codings made elsewhere.

A coding sheet has a row for each segment and one cell for its codes: `stigma:barrier; referral-linkage:facilitator`, or
`none` for "I looked, no code fits". An empty cell means "not looked at", and that is another thing than no code. A table
of codings has a row for each code that somebody applied, with an anchor in the transcript or in the recording.

Nothing a coder wrote is dropped in silence: what cannot be understood is an error that names file and row.
"""

from __future__ import annotations

import csv
import io
import math
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qualkit.errors import QualkitError, ReadError, nearest
from qualkit.model import Choice, Code, Codebook, Valence
from qualkit.wording import clock

NO_CODE = "none"
"""What a coder writes into the codes cell after looking and finding no code that fits."""

COLUMNS = ("segment_id", "transcript", "turn", "time", "speaker", "text", "codes", "memo")
"""The columns of a coding sheet. Reading needs `segment_id` and `codes`; the others are there for the coder's eyes."""

_WIDTHS = (14, 18, 6, 8, 14, 80, 44, 30)
_MAX_CELL = 32_767
_BOOK_COLUMNS = {"key": 28, "name": 28, "definition": 60, "include": 60, "exclude": 60}
_CODING_COLUMNS = ("transcript", "coder", "code")


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """A segment as a row to be coded, or, if not `is_coded`, to be read for context only.

    `choices` are codes to start from: None leaves the cell empty (not looked at), an empty tuple writes `none`.
    """

    segment_id: str
    transcript: str
    turn: int
    speaker: str
    text: str
    start_s: float | None = None
    is_coded: bool = True
    choices: tuple[Choice, ...] | None = None
    memo: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetJudgement:
    """What a coder said of one segment they looked at; no `choices` means that no code fits. `row` counts from 1."""

    segment_id: str
    choices: tuple[Choice, ...]
    memo: str
    row: int
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    """One code applied by one coder in another tool, with its anchor: a turn (and part of it) or a span of seconds."""

    transcript: str
    coder: str
    code_key: str
    turn: int | None = None
    start_char: int | None = None
    end_char: int | None = None
    quote: str | None = None
    start_s: float | None = None
    end_s: float | None = None
    valence: Valence | None = None
    memo: str = ""
    row: int
    source: str = ""


# ---------------------------------------------------------------- writing a sheet


def write_sheet(path: Path, segments: Sequence[SheetRow], codebook: Codebook, coder_name: str) -> None:
    """Write an XLSX coding sheet for `coder_name`: sheets `Coding`, `Codebook` and `How to`.

    Only the cells for codes and memos of coded segments can be edited (no password). Raises `QualkitError` if the file
    exists, since a coder's work may be in it, or cannot be written.
    """
    write_new(path, _sheet_bytes(segments, codebook, coder_name), "codes")


def write_new(path: Path, content: bytes, perhaps: str) -> None:
    """Write a file that is not there yet. Raises `QualkitError` if one is, in which a person's work may `perhaps` be."""
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError as error:
        raise QualkitError(
            f"{path}: there is a file of that name, perhaps with {perhaps} in it; choose another name."
        ) from error
    except OSError as error:
        raise QualkitError(f"{path}: it cannot be written ({error.strerror}); check the folder and its rights.") from error


def format_choices(choices: Sequence[Choice] | None) -> str:
    """The codes cell for `choices`: what `read_sheet` turns back into them."""
    if choices is None:
        return ""
    return "; ".join(choice.code_key + (f":{choice.valence}" if choice.valence else "") for choice in choices) or NO_CODE


def _sheet_bytes(segments: Sequence[SheetRow], codebook: Codebook, coder_name: str) -> bytes:
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": f"Coding sheet: {codebook.name} {codebook.version}", "author": coder_name})
        _write_coding(book, segments)
        _write_codebook(book, codebook)
        _write_help(book, codebook, coder_name)
    return buffer.getvalue()


def _write_coding(book: Any, segments: Sequence[SheetRow]) -> None:
    sheet = new_sheet(book, "Coding", dict(zip(COLUMNS, _WIDTHS, strict=True)))
    plain, grey = (
        {"text_wrap": True, "valign": "top", **extra} for extra in ({}, {"font_color": "#777777", "bg_color": "#EEEEEE"})
    )
    fixed, context, entry = (book.add_format(look) for look in (plain, grey, {**plain, "locked": False, "bg_color": "#FFFBE6"}))
    for number, row in enumerate(segments, start=1):
        for column, text in enumerate(_cells(row)):
            editable = row.is_coded and COLUMNS[column] in ("codes", "memo")
            look = entry if editable else fixed if row.is_coded else context
            write_cell(sheet, number, column, text, look)
    sheet.freeze_panes(1, 0)
    sheet.protect("", {"format_cells": True, "format_columns": True, "format_rows": True})


def _cells(row: SheetRow) -> tuple[str, ...]:
    fixed = (row.segment_id, row.transcript, str(row.turn), clock(row.start_s), row.speaker, row.text)
    return (*fixed, format_choices(row.choices), row.memo) if row.is_coded else (*fixed, "", "")


def _write_codebook(book: Any, codebook: Codebook) -> None:
    sheet = new_sheet(book, "Codebook", _BOOK_COLUMNS)
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for number, code in enumerate(codebook.codes, start=1):
        cells = (code.key, code.name, code.definition, "\n".join(code.include), "\n".join(code.exclude))
        for column, text in enumerate(cells):
            write_cell(sheet, number, column, text, wrapped)
    sheet.freeze_panes(1, 1)


def _write_help(book: Any, codebook: Codebook, coder_name: str) -> None:
    sheet = new_sheet(book, "How to", {"How to fill in this sheet": 100})
    wrapped = book.add_format({"text_wrap": True})
    lines = (
        f"Coder: {coder_name}",
        f"Codebook: {codebook.name}, version {codebook.version} ({codebook.sha256[:12]})",
        "Write into the yellow cells of the sheet Coding only. Grey rows are there for context and are not coded.",
        "Codes: key:valence, several of them with a semicolon between, for instance  stigma:barrier; peer-support:facilitator",
        "The valence is facilitator, barrier or mixed; leave it and its colon out for a code that takes none.",
        f"Write {NO_CODE} if you read the segment and no code fits. An empty cell means that you have not looked at it yet.",
    )
    for number, line in enumerate(lines, start=1):
        sheet.write_string(number, 0, line, wrapped)


def write_cell(sheet: Any, row: int, column: int, text: str, look: Any) -> None:
    """Text as text, whatever it looks like; an empty one as an empty cell and not as a text of length 0."""
    if text:
        sheet.write_string(row, column, text[:_MAX_CELL], look)
    else:
        sheet.write_blank(row, column, None, look)


def new_sheet(book: Any, name: str, columns: Mapping[str, int]) -> Any:
    """A worksheet with a heading for each of `columns`, which maps titles to widths in characters."""
    sheet = book.add_worksheet(name)
    heading = book.add_format({"bold": True, "bottom": 1, "valign": "top"})
    for number, (title, width) in enumerate(columns.items()):
        sheet.set_column(number, number, width)
        sheet.write_string(0, number, title, heading)
    return sheet


# ---------------------------------------------------------------- reading a sheet


def read_sheet(path: Path) -> list[SheetJudgement]:
    """Judgements in a coding sheet, `.xlsx` or `.csv`; rows whose codes cell is empty were not looked at and are left out.

    Raises `ReadError` with file and row. Whether the keys exist is for `check_keys` to say, and whether the segments do
    for the caller.
    """
    judgements: list[SheetJudgement] = []
    rows: dict[str, int] = {}
    for row, cells in records(path, ("segment_id", "codes")):
        segment_id, codes, memo = cells["segment_id"], cells["codes"], cells.get("memo", "")
        where = f"{path.name}, row {row}"
        if not codes:
            _require(not memo, f"{where}: there is a memo but no code; write `{NO_CODE}` if no code fits, or take the memo out")
            continue
        _require(bool(segment_id), f"{where}: there are codes but no segment_id; copy the id from the sheet you were given")
        other = rows.setdefault(segment_id, row)
        _require(other == row, f"{where}: segment {segment_id} is coded in row {other} too; keep one of the rows")
        choices = _choices(codes, where)
        judgements.append(SheetJudgement(segment_id=segment_id, choices=choices, memo=memo, row=row, source=path.name))
    return judgements


def check_keys(rows: Iterable[SheetJudgement | Coding], codebook: Codebook) -> None:
    """Raise `ReadError`, with a guess at what was meant, for a code that is not in the book or a valence it does not take.

    In a sheet a code that lets the coder choose between valences needs one; a `Coding` may lack it, since other tools often
    know none.
    """
    codes = codebook.by_key
    for row in rows:
        where = f"{row.source or 'the file'}, row {row.row}"
        if isinstance(row, Coding):
            _check_valence(_known_code(row.code_key, codes, where), row.valence, where)
            continue
        for choice in row.choices:
            code = _known_code(choice.code_key, codes, where)
            _check_valence(code, choice.valence, where)
            missing = len(code.valences) > 1 and choice.valence is None
            _require(
                not missing, f"{where}: {code.key} needs a valence; write for instance {code.key}:{(*code.valences, '')[0]}"
            )


def _choices(cell: str, where: str) -> tuple[Choice, ...]:
    parts = [part.strip() for part in re.split(r"[;,\n]", cell) if part.strip()]
    if [part.lower() for part in parts] == [NO_CODE]:
        return ()
    choices = tuple(_choice(part, where) for part in parts)
    keys = [choice.code_key for choice in choices]
    _require(bool(keys), f"{where}: {cell!r} holds no code; write codes, `{NO_CODE}`, or nothing")
    _require(NO_CODE not in [key.lower() for key in keys], f"{where}: `{NO_CODE}` stands beside codes; keep one or the other")
    double = next((key for key in keys if keys.count(key) > 1), None)
    _require(double is None, f"{where}: {double} stands there twice; keep one (its valence may be `mixed`)")
    return choices


def _choice(part: str, where: str) -> Choice:
    key, colon, valence = (piece.strip() for piece in part.partition(":"))
    _require(bool(key) and not (colon and not valence), f"{where}: {part!r} is cut short; write a code as key or key:valence")
    return Choice(code_key=key, valence=_valence(valence, where))


def _valence(text: str, where: str) -> Valence | None:
    if not text:
        return None
    known = [valence.value for valence in Valence]
    if text.lower() not in known:
        raise ReadError(f"{where}: {text!r} is no valence; write {' or '.join(known)}{_meant(text, known)}.")
    return Valence(text.lower())


# ---------------------------------------------------------------- reading codings


def is_sheet(path: Path) -> bool:
    """Whether a file has the columns of a coding sheet, and not those of codings made elsewhere."""
    titles = {title.lower() for title in next(_rows(path), [])}
    return "segment_id" in titles or not titles.issuperset(_CODING_COLUMNS)


def read_codings(path: Path) -> list[Coding]:
    """Codings in a table, one a row: `transcript`, `coder`, `code`, an anchor, and perhaps `valence` and `memo`.

    The anchor is `turn` (with `start_char` and `end_char`, or `quote`, or neither for the whole turn), or `start_s` and
    `end_s`. Raises `ReadError` with file and row. Whether the keys exist is for `check_keys` to say.
    """
    return [_coding(cells, row, path.name) for row, cells in records(path, _CODING_COLUMNS)]


def _coding(cells: Mapping[str, str], row: int, source: str) -> Coding:
    where = f"{source}, row {row}"
    for column in _CODING_COLUMNS:
        _require(bool(cells[column]), f"{where}: the cell {column!r} is empty; fill it in or remove the row")
    coding = Coding(
        transcript=cells["transcript"],
        coder=cells["coder"],
        code_key=cells["code"],
        turn=_whole(cells, "turn", where),
        start_char=_whole(cells, "start_char", where),
        end_char=_whole(cells, "end_char", where),
        quote=cells.get("quote") or None,
        start_s=_number(cells, "start_s", where),
        end_s=_number(cells, "end_s", where),
        valence=_valence(cells.get("valence", ""), where),
        memo=cells.get("memo", ""),
        row=row,
        source=source,
    )
    _require_anchor(coding, where)
    return coding


def _require_anchor(coding: Coding, where: str) -> None:
    chars, seconds = (coding.start_char, coding.end_char), (coding.start_s, coding.end_s)
    for (start, end), unit in ((chars, "char"), (seconds, "s")):
        _require((start is None) == (end is None), f"{where}: one of start_{unit} and end_{unit} is missing; give both")
        backwards = start is not None and end is not None and start >= end
        _require(not backwards, f"{where}: end_{unit} must be greater than start_{unit}; it is {end} after {start}")
    anchored = coding.turn is not None or coding.start_s is not None
    _require(anchored, f"{where}: nothing says where the code is; fill in turn, or start_s and end_s")


def _number(cells: Mapping[str, str], column: str, where: str) -> float | None:
    text = cells.get(column, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    _require(math.isfinite(value) and value >= 0, f"{where}: {text!r} in {column!r} is no number from 0 up; correct the cell")
    return value


def _whole(cells: Mapping[str, str], column: str, where: str) -> int | None:
    value = _number(cells, column, where)
    _require(value is None or value.is_integer(), f"{where}: {value} in {column!r} is no whole number; correct the cell")
    return None if value is None else int(value)


# ---------------------------------------------------------------- shared by both


def _require(condition: bool, sentence: str) -> None:
    if not condition:
        raise ReadError(f"{sentence}.")


def _meant(word: str, known: Iterable[str]) -> str:
    near = nearest(word.lower(), known)
    return f"; did you mean {near!r}?" if near else ""


def _known_code(key: str, codes: Mapping[str, Code], where: str) -> Code:
    if key not in codes:
        raise ReadError(f"{where}: no code has the key {key!r}{_meant(key, codes) or '; look it up in the codebook'}.")
    return codes[key]


def _check_valence(code: Code, valence: Valence | None, where: str) -> None:
    taken = " or ".join(code.valences) or "none"
    _require(valence is None or valence in code.valences, f"{where}: {code.key} does not take {valence}; it takes {taken}")


def records(path: Path, needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows that are not blank, as (number in the file from 1, cell by column title), after the columns were checked."""
    rows = _rows(path)
    titles = [title.lower() for title in next(rows, [])]
    for column in needed:
        found = ", ".join(filter(None, titles)) or "nothing"
        remedy = _meant(column, titles).replace("did you mean", "is it") or f"; found: {found}; name the column so"
        _require(column in titles, f"{path.name}, row 1: there is no column {column!r}{remedy}")
    for number, cells in enumerate(rows, start=2):
        if any(cells):
            padded = [*cells, *[""] * (len(titles) - len(cells))]
            yield number, dict(zip(titles, padded, strict=False))


def _rows(path: Path) -> Iterator[list[str]]:
    reader = {".xlsx": _xlsx_rows, ".csv": _csv_rows}.get(path.suffix.lower())
    if reader is None:
        raise ReadError(f"{path.name}: a sheet is an .xlsx or a .csv file; save it as one of these.")
    if not path.is_file():
        raise ReadError(f"{path}: there is no such file; check the name and the folder.")
    return reader(path)


def _csv_rows(path: Path) -> Iterator[list[str]]:
    """Cells of a CSV, told apart by whichever of comma, semicolon and tab is the most frequent in the first line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        first = text.partition("\n")[0]
        delimiter = max(",;\t", key=first.count)
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            yield [cell.strip() for cell in cells]
    except UnicodeDecodeError as error:
        raise ReadError(f"{path.name}: this is not UTF-8 text; save it again as CSV with the encoding UTF-8.") from error
    except csv.Error as error:
        raise ReadError(f"{path.name}: this cannot be read as CSV ({error}); save it again from your spreadsheet.") from error


def _xlsx_rows(path: Path) -> Iterator[list[str]]:
    """Cells of the sheet `Coding`, or of the first one where none is called that."""
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise ReadError(f"{path.name}: this is no Excel file or a damaged one; save it again as .xlsx.") from error
    try:
        sheet = book["Coding"] if "Coding" in book.sheetnames else book.worksheets[0]
        sheet.reset_dimensions()  # some programs write a wrong size, and rows beyond it would be lost
        for cells in sheet.iter_rows(values_only=True):
            yield ["" if cell is None else str(cell).strip() for cell in cells]
    finally:
        book.close()
