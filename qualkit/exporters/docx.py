"""A Word table as journals print it, after the manual of the American Psychological Association, 7th edition.

Number in bold, title in italics, horizontal rules above and below the header and at the end, none vertical, no shading,
and the notes under it. A group named in the first columns is named once, in its first row.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qualkit.exporters.xlsx import Cell
from qualkit.model import Table
from qualkit.wording import printable

suffix = ".docx"
is_for_paper = True

_FONT, _SIZE_PT = "Times New Roman", 9
_PAGE_CM, _MARGIN_CM = (29.7, 21.0), 2.0  # A4, landscape
_PADDING_CM = 0.12
_CHAR_CM = 0.155
"""A generous mean width of a character at 9 pt, so that no word breaks inside."""
_N_GROUPING = 2
_NARROW_CHARS = 20
_RULE = {"val": "single", "sz": "8", "space": "0", "color": "000000"}
_LINE_END = re.compile(r"\r\n|\r|\n")
_MINOR_WORD = re.compile("a|an|and|as|at|but|by|for|if|in|nor|of|off|on|or|per|so|the|to|up|via|vs|yet")


def write(table: Table, path: Path) -> None:
    """Write the table on landscape A4. Repeated words in the first two columns are left blank; line ends in a cell become
    paragraphs. The file carries the hour it was made, so equal tables give equal pages but not equal bytes.
    """
    import docx

    document = docx.Document()
    _set_page(document)
    _set_properties(document, table.title)
    _add_heading(document, table.title)
    _add_table(document, table)
    _add_notes(document, table.notes)
    document.save(str(path))


# ---------------------------------------------------------------- the page around the table


def _set_page(document: Any) -> None:
    from docx.enum.section import WD_ORIENT
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = map(Cm, _PAGE_CM)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(_MARGIN_CM)
    style = document.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(_SIZE_PT)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)
    style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(0)
    style.paragraph_format.line_spacing = 1.0


def _set_properties(document: Any, title: str) -> None:
    """python-docx signs as author "python-docx", 2013; who made the table is for the study to say."""
    properties, now = document.core_properties, datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    properties.author = properties.last_modified_by = properties.comments = properties.keywords = ""
    properties.title = printable(title)[:255]
    properties.created = properties.modified = now
    properties.revision = 1


def _add_heading(document: Any, title: str) -> None:
    from docx.shared import Pt

    number, name = document.add_paragraph(), document.add_paragraph()
    number.add_run("Table 1").bold = True
    name.add_run(title_case(printable(title))).italic = True
    for paragraph in (number, name):
        paragraph.paragraph_format.keep_with_next = True
        paragraph.paragraph_format.space_after = Pt(6)


def title_case(title: str) -> str:
    """`title` with its words capitalised as APA 7 wants: short words stay small, words with a capital as they are."""
    words = re.split(r"(\s+|-)", title)
    return "".join(word if _stays(word, "".join(words[:i])) else _capitalised(word) for i, word in enumerate(words))


def _capitalised(word: str) -> str:
    """`word` with its first letter as a capital, brackets and quotation marks before it passed over."""
    return re.sub(r"[^\W_]", lambda letter: letter.group().upper(), word, count=1)


def _stays(word: str, before: str) -> bool:
    starts = not before.strip() or before.rstrip()[-1] in ":.!?—–"
    word = word.lstrip("(“‘'\"")
    return word.lower() != word or (_MINOR_WORD.fullmatch(word) is not None and not starts)


def _add_notes(document: Any, notes: Sequence[str]) -> None:
    from docx.shared import Pt

    for i, note in enumerate(notes):
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.space_before = Pt(6 if i == 0 else 2)
        paragraph.paragraph_format.keep_together = True
        if i == 0:
            paragraph.add_run("Note.").italic = True
            paragraph.add_run(" ")
        paragraph.add_run(printable(note))


# ---------------------------------------------------------------- the table


def _add_table(document: Any, table: Table) -> None:
    from docx.enum.table import WD_TABLE_ALIGNMENT

    rows = [[_text(cell) for cell in row] for row in table.rows]
    if not table.columns:
        return
    grid = document.add_table(rows=1 + len(rows), cols=len(table.columns))
    grid.alignment, grid.autofit = WD_TABLE_ALIGNMENT.LEFT, False
    _pad_cells(grid)
    headers = [_unbroken(printable(name)) for name in table.columns]
    narrow = [_is_narrow([row[i] for row in table.rows]) for i in range(len(table.columns))]
    for row, texts in zip(grid.rows, [headers, *_once(rows)], strict=True):
        _keep_whole(row)
        for cell, text, is_narrow in zip(row.cells, texts, narrow, strict=True):
            _fill(cell, text, centred=is_narrow)
    _set_widths(grid, column_widths(headers, rows, narrow))
    _rule(grid)


def _unbroken(header: str) -> str:
    """A header whose `(n of N)` stays on one line, by spaces that do not break."""
    return re.sub(r"\([^()]{1,12}\)", lambda match: match[0].replace(" ", "\xa0"), header)


def _text(cell: Cell) -> str:
    """A cell as printed; three decimals are enough for a reader, CSV and XLSX keep them all."""
    if isinstance(cell, float):
        return f"{cell:.3f}" if math.isfinite(cell) else ""
    return "" if cell is None else printable(str(cell))


def _is_narrow(cells: Sequence[Cell]) -> bool:
    """Whether a column holds counts and the like: figures, alone or as `3 of 5`."""
    texts = [_text(cell) for cell in cells if cell is not None]
    return any(texts) and all(
        len(text) <= _NARROW_CHARS and (not text or text.strip("(<−+-–—")[:1].isdigit()) for text in texts
    )


def _once(rows: Sequence[Sequence[str]]) -> Iterator[list[str]]:
    """Rows with the leading cells that repeat the row above blank; a second column repeats only within the first."""
    above: Sequence[str] = ()
    for row in rows:
        same = 0
        while same < min(_N_GROUPING, len(above)) and row[same] == above[same]:
            same += 1
        yield ["" if i < same < len(row) else text for i, text in enumerate(row)]
        above = row


def _fill(cell: Any, text: str, *, centred: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    for i, line in enumerate(_LINE_END.split(text)):
        paragraph = cell.add_paragraph() if i else cell.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER if centred else WD_ALIGN_PARAGRAPH.LEFT
        paragraph.paragraph_format.space_before = Pt(3 if i else 0)
        paragraph.add_run(line)


# ---------------------------------------------------------------- widths


def column_widths(columns: Sequence[str], rows: Sequence[Sequence[str]], narrow: Sequence[bool]) -> list[float]:
    """Widths in cm that fill the page: each column gets its longest word, and columns of text share the rest.

    They share by their mean length, which makes the cells of a row about equally high.
    """
    room = _PAGE_CM[0] - 2 * _MARGIN_CM
    needs = [_need([name, *(row[i] for row in rows)]) for i, name in enumerate(columns)]
    wishes = [0.0 if slim else _wish([row[i] for row in rows]) for i, slim in enumerate(narrow)]
    if not any(wishes):
        wishes = [1.0] * len(columns)
    if sum(needs) >= room:
        return [need * room / sum(needs) for need in needs]
    return [need + (room - sum(needs)) * wish / sum(wishes) for need, wish in zip(needs, wishes, strict=True)]


def _need(texts: Sequence[str]) -> float:
    longest = max((len(word) for text in texts for word in re.split(r"[ \n\t]", text)), default=1)
    return min(longest, 24) * _CHAR_CM + 2 * _PADDING_CM


def _wish(texts: Sequence[str]) -> float:
    lengths = [len(text) for text in texts if text]
    return sum(lengths) / len(lengths) if lengths else 1.0


def _set_widths(grid: Any, widths: Sequence[float]) -> None:
    from docx.shared import Cm

    for column, width in zip(grid.columns, widths, strict=True):
        column.width = Cm(width)
    for row in grid.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Cm(width)


# ---------------------------------------------------------------- what python-docx has no words for


def _element(name: str, **attributes: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    element = OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        element.set(qn(f"w:{key}"), value)
    return element


def _pad_cells(grid: Any) -> None:
    margins = _element("tblCellMar")
    sides = {"top": 0.08, "left": _PADDING_CM, "bottom": 0.08, "right": _PADDING_CM}
    margins.extend(_element(side, w=str(round(cm * 567)), type="dxa") for side, cm in sides.items())
    properties = grid._tbl.tblPr
    look = properties.find(_element("tblLook").tag)
    properties.append(margins) if look is None else look.addprevious(margins)


def _keep_whole(row: Any) -> None:
    """No row is split between two pages; the first is repeated on each."""
    properties = row._tr.get_or_add_trPr()
    properties.append(_element("cantSplit"))
    if row._index == 0:
        properties.append(_element("tblHeader"))


def _rule(grid: Any) -> None:
    from docx.enum.table import WD_ALIGN_VERTICAL

    header, last = grid.rows[0], grid.rows[-1]
    for cell in header.cells:
        _set_borders(cell, "top", "bottom")
        cell.vertical_alignment = WD_ALIGN_VERTICAL.BOTTOM
    if len(grid.rows) > 1:
        for cell in last.cells:
            _set_borders(cell, "bottom")


def _set_borders(cell: Any, *sides: str) -> None:
    borders = _element("tcBorders")
    borders.extend(_element(side, **_RULE) for side in sides)
    cell._tc.get_or_add_tcPr().append(borders)
