"""Disputed cases in a spreadsheet, for an adjudicator who does not open the app.

A row is one code on one segment, with every coder's vote, how sure they were and the words they marked. The adjudicator
writes into `decision`: a valence, `present` for a code without one, or `absent`, which may be against every vote: nobody need
have been right. An empty decision leaves the case open. A second sheet says so to whoever opens the file. Which words a
decision rests on can be said only in the app.

What coders wrote for themselves is in the file only if asked for: the app shows memos to adjudicators, but a file goes on.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qualkit.errors import ReadError
from qualkit.model import REASONS, Valence
from qualkit.readers.sheet import new_sheet, records, write_cell, write_new

COLUMNS = {
    "segment_id": 14, "code": 24, "definition": 40, "text": 80, "votes": 36, "sure": 18, "words": 40, "memos": 40, "before": 30,
    "decision": 16, "reason": 18, "note": 30, "seen": 6,
}  # fmt: skip
ENTRIES = ("decision", "reason", "note")
ABSENT = "absent"
HELP = (
    "A row is one code on one segment. Write into the yellow cells; a row without a decision stays open.",
    "decision: a valence the code can take, present for a code without valence, or absent.",
    "absent may be written against every vote: nobody need have been right.",
    f"reason: {', '.join(REASONS)}. Choose codebook gap where the codebook does not tell; it opens a change of the code.",
    "note: what settles it. It becomes part of the record.",
    "votes, sure, words: what each coder said, how sure they were, and the words they marked.",
    "before: a decision that is in force, where coders judged again since. A new decision supersedes it.",
    "seen: leave it as it is; it says which decision you saw.",
)
DECISIONS = (*(valence.value for valence in Valence), "present", ABSENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """A case to be decided."""

    segment_id: str
    code_key: str
    definition: str
    text: str
    votes: Mapping[str, str | None]
    sure: str = ""
    words: str = ""
    memos: str = ""
    before: str = ""
    seen: str = ""

    def cells(self) -> dict[str, str]:
        """What stands in the sheet, by column."""
        named = {name: getattr(self, name) for name in ("segment_id", "definition", "text", "sure", "words", "memos")}
        return {**named, "code": self.code_key, "votes": written(self.votes), "before": self.before, "seen": self.seen}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDecision:
    """A case as somebody decided it; `row` counts from 1.

    `votes` are those in the sheet, None if they cannot be read any more; `seen` is the decision that stood in it, if any.
    """

    segment_id: str
    code_key: str
    present: bool
    valence: Valence | None
    reason: str
    note: str
    row: int
    votes: Mapping[str, str | None] | None = None
    seen: str = ""


def write_cases(path: Path, rows: Sequence[CaseRow]) -> None:
    """Write an XLSX sheet of cases. Raises `QualkitError` if the file exists: decisions may be in it."""
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = new_sheet(book, "Cases", COLUMNS)
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        entry = book.add_format({"text_wrap": True, "valign": "top", "bg_color": "#FFFBE6"})
        for number, row in enumerate(rows, start=1):
            cells = row.cells()
            for column, name in enumerate(COLUMNS):
                write_cell(sheet, number, column, cells.get(name, ""), entry if name in ENTRIES else wrapped)
        at = {name: column for column, name in enumerate(COLUMNS)}
        if rows:
            for name, allowed in (("decision", DECISIONS), ("reason", REASONS)):
                sheet.data_validation(1, at[name], len(rows), at[name], {"validate": "list", "source": list(allowed)})
        if not any(row.memos for row in rows):
            sheet.set_column(at["memos"], at["memos"], None, None, {"hidden": True})
        help_sheet = new_sheet(book, "How to", {"How to fill this in": 110})
        for number, sentence in enumerate(HELP, start=1):
            write_cell(help_sheet, number, 0, sentence, wrapped)
        sheet.freeze_panes(1, 0)
    write_new(path, buffer.getvalue(), "decisions")


def written(votes: Mapping[str, str | None]) -> str:
    """Votes as a cell has them: `Ana: barrier; Ben: absent`."""
    return "; ".join(f"{name}: {vote or ABSENT}" for name, vote in votes.items())


def votes_in(cell: str) -> dict[str, str | None] | None:
    """The votes that a cell has, None if somebody changed it so that it cannot be read."""
    pairs = [part.strip().rpartition(": ") for part in cell.split(";") if part.strip()]
    if not pairs or any(not name or vote not in DECISIONS for name, _, vote in pairs):
        return None
    return {name: None if vote == ABSENT else vote for name, _, vote in pairs}


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
        present=said != ABSENT,
        valence=Valence(said) if said in set(Valence) else None,
        reason=reason,
        note=cells.get("note", ""),
        votes=votes_in(cells.get("votes", "")),
        seen=cells.get("seen", ""),
        row=row,
    )
