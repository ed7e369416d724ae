"""A table in Markdown, as GitHub, Quarto and Pandoc read it: pipes, the title above and the notes below.

Markdown has no heading over columns, so it stands before each of theirs; what would be taken for a mark is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from qualkit.exporters.printed import Printed, in_words, lines_of
from qualkit.model import Table

suffix = ".md"
is_for_paper = True

_MARKS = re.compile(r"([\\`*_{}\[\]#|~$^])")
_LIST = re.compile(r"^(\s*\d*)([-+.)])(?=\s)")


def write(table: Table, path: Path) -> None:
    """Write the table. Equal tables give equal bytes."""
    write_all([table], path)


def write_all(tables: Sequence[Table], path: Path) -> None:
    """Write tables into one file, numbered through; see `write`."""
    path.write_text(
        "\n".join(text(table, number) for number, table in enumerate(tables, start=1)), encoding="utf-8", newline="\n"
    )


def text(table: Table, number: int = 1) -> str:
    """The table with its number, title and notes."""
    printed = in_words(table)
    notes = [f"{'*Note.* ' if n == 0 else ''}{_paragraph(note)}" for n, note in enumerate(printed.notes)]
    blocks = [f"**Table {number}**", f"*{safe(printed.title)}*" if printed.title else "", "\n".join(_grid(printed)), *notes]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _grid(printed: Printed) -> list[str]:
    over = {n: item.text for item in printed.over for n in range(item.first, item.last + 1)}
    heads = [f"{over[n]}: {name}" if over.get(n) else name for n, name in enumerate(printed.headers)]
    rule = [":---:" if figure else ":---" for figure in printed.is_figure]
    rows = [_line([safe(cell) for cell in row]) for row in [heads, *printed.once]]
    return [rows[0], _line(rule), *rows[1:]] if heads else []


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _paragraph(text: str) -> str:
    """Words that do not begin a list."""
    return _LIST.sub(r"\1\\\2", safe(text))


def safe(text: str) -> str:
    """Words on one line, none of them a mark or a tag."""
    plain = (line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for line in lines_of(text))
    return "<br>".join(_MARKS.sub(r"\\\1", line) for line in plain)
