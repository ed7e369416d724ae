"""Word tables as journals print them, after the manual of the American Psychological Association, 7th edition.

Number in bold, title in italics, the table, and the notes under it. A group named in the first columns is named once, in its
first row.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qualkit.exporters import docx_styles as styles
from qualkit.exporters import docx_table
from qualkit.exporters.docx_styles import Setting
from qualkit.exporters.printed import in_words
from qualkit.exporters.widths import column_widths, least_width
from qualkit.model import Table

suffix = ".docx"
is_for_paper = True
takes_reference = True
"""Whether `write` takes a document whose styles it uses."""


def write(table: Table, path: Path, *, reference: Path | None = None) -> None:
    """Write the table on landscape A4, or on the page and in the styles of a `reference` document, turned if it is too narrow.

    Repeated words in the stub are left blank; line ends in a cell become paragraphs. The file carries the hour it was made,
    so equal tables give equal pages but not equal bytes. Raises `WriteError` if the reference is no Word document.
    """
    write_all([table], path, reference=reference)


def write_all(tables: Sequence[Table], path: Path, *, reference: Path | None = None) -> None:
    """Write tables into one document, numbered through, each on a page of its own; see `write`."""
    setting = styles.new_document(tables[0].title if tables else "", reference)
    for number, table in enumerate(tables, start=1):
        add(setting, table, number)
    setting.document.save(str(path))


def add(setting: Setting, table: Table, number: int) -> None:
    """Add a table with its number, title and notes to the end of a document; from the second on, on a new page."""
    printed = in_words(table)
    room_cm = styles.new_page(setting, is_first=number == 1, need_cm=least_width(printed, size_pt=setting.size_pt))
    _add_heading(setting, printed.title, number)
    if printed.headers:
        widths = column_widths(printed, room_cm=room_cm, size_pt=setting.size_pt)
        heading, text = (setting.id_of(name) for name in (styles.HEADING, styles.TEXT))
        looks = docx_table.Styles(heading=heading, text=text, table=setting.grid and setting.id_of(setting.grid))
        body = setting.document.element.body
        body.sectPr.addprevious(docx_table.element(printed, table.title, widths, looks))
    _add_notes(setting, printed.notes)


def _add_heading(setting: Setting, title: str, number: int) -> None:
    _paragraph(setting, styles.NUMBER).add_run(f"Table {number}").bold = None if styles.NUMBER in setting.given else True
    _paragraph(setting, styles.TITLE).add_run(title).italic = None if styles.TITLE in setting.given else True


def _add_notes(setting: Setting, notes: Sequence[str]) -> None:
    from docx.shared import Pt

    for i, note in enumerate(notes):
        paragraph = _paragraph(setting, styles.NOTE)
        paragraph.paragraph_format.space_before = Pt(6 if i == 0 else 2)
        paragraph.paragraph_format.keep_together = True
        paragraph.paragraph_format.keep_with_next = i + 1 < len(notes) or None
        if i == 0:
            paragraph.add_run("Note.").italic = True
            paragraph.add_run(" ")
        paragraph.add_run(note)


def _paragraph(setting: Setting, style: str) -> Any:
    """A paragraph at the end, in a style by its id: by its name, python-docx would look at all styles three times."""
    paragraph = setting.document.add_paragraph()
    paragraph._p.style = setting.id_of(style)
    return paragraph
