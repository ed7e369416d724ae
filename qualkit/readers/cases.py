"""Disputed cases in a spreadsheet, for an adjudicator who does not open the app.

A row is one code on one segment, with every coder's vote beside the words. The adjudicator writes into `decision`: a
valence, `present` for a code without one, or `absent`, which may be against every vote: nobody need have been right.
An empty decision leaves the case open.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qualkit.errors import ReadError
from qualkit.model import REASONS, Valence
from qualkit.readers.sheet import new_sheet, records, write_cell, write_new

COLUMNS = {"segment_id": 14, "code": 24, "definition": 40, "text": 80, "votes": 36, "decision": 16, "reason": 18, "note": 30}
DECISIONS = (*(valence.value for valence in Valence), "present", "absent")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """A case to be decided."""

    segment_id: str
    code_key: str
    definition: str
    text: str
    votes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDecision:
    """A case as somebody decided it; `row` counts from 1."""

    segment_id: str
    code_key: str
    present: bool
    valence: Valence | None
    reason: str
    note: str
    row: int


def write_cases(path: Path, rows: Sequence[CaseRow]) -> None:
    """Write an XLSX sheet of cases. Raises `QualkitError` if the file exists: decisions may be in it."""
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = new_sheet(book, "Cases", COLUMNS)
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        entry = book.add_format({"text_wrap": True, "valign": "top", "bg_color": "#FFFBE6"})
        for number, row in enumerate(rows, start=1):
            for column, text in enumerate((row.segment_id, row.code_key, row.definition, row.text, row.votes, "", "", "")):
                write_cell(sheet, number, column, text, entry if column >= 5 else wrapped)
        if rows:
            sheet.data_validation(1, 5, len(rows), 5, {"validate": "list", "source": list(DECISIONS)})
            sheet.data_validation(1, 6, len(rows), 6, {"validate": "list", "source": list(REASONS)})
        sheet.freeze_panes(1, 0)
    write_new(path, buffer.getvalue(), "decisions")


def read_cases(path: Path) -> list[CaseDecision]:
    """Rows with a decision. Raises `ReadError` naming the row for a decision or reason that is none of those known."""
    needed = ("segment_id", "code", "decision", "reason")
    return [_decision(cells, f"{path.name}, row {row}", row) for row, cells in records(path, needed) if cells["decision"]]


def _decision(cells: dict[str, str], where: str, row: int) -> CaseDecision:
    said, reason = cells["decision"].lower(), cells["reason"].lower()
    if said not in DECISIONS:
        raise ReadError(f"{where}: {said!r} is no decision; write {', '.join(DECISIONS)}, or nothing to leave it open.")
    if reason not in REASONS:
        raise ReadError(f"{where}: {reason or 'an empty cell'!r} is no reason; write {', '.join(REASONS)}.")
    return CaseDecision(
        segment_id=cells["segment_id"],
        code_key=cells["code"],
        present=said != "absent",
        valence=Valence(said) if said in set(Valence) else None,
        reason=reason,
        note=cells.get("note", ""),
        row=row,
    )
