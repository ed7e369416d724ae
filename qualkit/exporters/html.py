"""A table as a web page that needs nothing else: it fetches nothing, runs nothing, and prints with its header on each page.

What people typed or said is escaped. A name in the stub that holds for several rows is one cell over them, so that a screen
reader says it with each. Text cells are marked as text for spreadsheets, which would run what begins with `=` as a formula.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from qualkit.exporters.printed import Printed, in_words, lines_of
from qualkit.model import Table
from qualkit.wording import printable

suffix = ".html"
is_for_paper = True

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""What a page of ours lets a browser fetch: nothing."""

STYLE = """
body { margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #1f2933; background: #fff; }
body, table { font: 15px/1.4 "Times New Roman", Times, serif; }
.paper-table { overflow-x: auto; margin-bottom: 3rem; }
table { border-collapse: collapse; border-top: 1.5px solid; border-bottom: 1.5px solid; width: 100%; font-size: 14px; }
caption { text-align: left; padding-bottom: .5rem; }
caption b { display: block; padding-bottom: .4rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; font-weight: normal; mso-number-format: "\\@"; }
thead th { vertical-align: bottom; }
thead tr:last-child th { border-bottom: 1px solid; }
thead th.over { text-align: center; background: linear-gradient(currentColor, currentColor) no-repeat;
  background-position: center bottom; background-size: calc(100% - 1rem) 1px; }
.n { text-align: center; }
td.n, th.n { min-width: 3.2rem; }
td p { margin: 0 0 .35rem; }
td p:last-child { margin: 0; }
.note { font-size: 13px; margin: .4rem 0; }
@page { size: A4 landscape; margin: 2cm; }
@media print { body { margin: 0; max-width: none; padding: 0; } .paper-table { overflow: visible; break-after: page; }
  tr { break-inside: avoid; } table { font-size: 9pt; } .note { font-size: 8pt; } }
"""


def write(table: Table, path: Path) -> None:
    """Write the table as a whole document. Equal tables give equal bytes."""
    write_all([table], path)


def write_all(tables: Sequence[Table], path: Path) -> None:
    """Write tables into one document, numbered through; see `write`."""
    title = escape(printable(tables[0].title if tables else ""))
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title><style>{STYLE}</style></head><body>",
        *(fragment(table, number) for number, table in enumerate(tables, start=1)),
        "</body></html>",
    ]
    path.write_text("\n".join(parts) + "\n", encoding="utf-8", newline="\n")


def fragment(table: Table, number: int = 1) -> str:
    """The table with its number, title and notes, to stand in a page."""
    printed = in_words(table)
    head = f"<caption><b>Table {number}</b><i>{escape(printed.title)}</i></caption>"
    notes = [f'<p class="note">{"<i>Note.</i> " if n == 0 else ""}{escape(note)}</p>' for n, note in enumerate(printed.notes)]
    lines = [
        '<div class="paper-table" role="region" tabindex="0" aria-label="'
        + escape(f"Table {number}: {printed.title}")
        + '"><table>',
        head,
        "<thead>",
        *_header(printed),
        "</thead>",
        "<tbody>",
        *_rows(printed),
        "</tbody>",
        "</table>",
        *notes,
        "</div>",
    ]
    return "\n".join(lines)


def _header(printed: Printed) -> Iterator[str]:
    if printed.over:
        cells = (
            f'<th class="over" scope="colgroup" colspan="{item.last - item.first + 1}">{escape(item.text)}</th>'
            if item.text
            else "<td></td>"
            for item in printed.over
        )
        yield f"<tr>{''.join(cells)}</tr>"
    names = zip(printed.headers, printed.is_figure, strict=True)
    yield "<tr>" + "".join(f'<th scope="col"{_class(figure)}>{escape(name)}</th>' for name, figure in names) + "</tr>"


def _rows(printed: Printed) -> Iterator[str]:
    for at, row in enumerate(printed.rows):
        cells = (_cell(printed, at, column, text) for column, text in enumerate(row) if not printed.is_repeat[at][column])
        yield f"<tr>{''.join(cells)}</tr>"


def _cell(printed: Printed, at: int, column: int, text: str) -> str:
    """A cell with those under it that repeat it."""
    below = (n for n in range(at + 1, len(printed.rows)) if not printed.is_repeat[n][column])
    n = next(below, len(printed.rows)) - at
    span = f' rowspan="{n}"' if n > 1 else ""
    rest = f"{span}{_class(printed.is_figure[column])}>{_body(text)}"
    if column >= printed.n_stub:
        return f"<td{rest}</td>"
    return f'<th scope="{"rowgroup" if n > 1 else "row"}"{rest}</th>'


def _body(text: str) -> str:
    lines = lines_of(text)
    return escape(text) if len(lines) == 1 else "".join(f"<p>{escape(line)}</p>" for line in lines)


def _class(is_figure: bool) -> str:
    return ' class="n"' if is_figure else ""
