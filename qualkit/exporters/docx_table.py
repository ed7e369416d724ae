"""The table of a Word document as WordprocessingML, written at one go: cell by cell it takes python-docx ten times as long.

Horizontal rules above and below the header and at the end, none vertical, no shading; no row is split between two pages, and
those of the header are repeated on each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from qualkit.exporters.printed import Printed, lines_of
from qualkit.exporters.widths import PADDING_CM
from qualkit.model import Spanner
from qualkit.wording import printable

_RULE = 'w:val="single" w:sz="8" w:space="0" w:color="000000"'
_THIN_RULE = '<w:pBdr><w:bottom w:val="single" w:sz="4" w:space="1" w:color="000000"/></w:pBdr>'
_TWIPS_PER_CM = 567
_WITH_NOTES = 2
"""Rows at the end that stand on the page of the first note: notes alone on a page belong to nothing."""
_LINE_GAP = 60
"""Between the lines of a cell, in twentieths of a point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Styles:
    """Ids of the styles of a table: of the paragraphs in its header and its cells, and of itself, None for rules of its own."""

    heading: str
    text: str
    table: str | None


def element(printed: Printed, caption: str, widths_cm: Sequence[float], styles: Styles) -> Any:
    """The table, to be put into a document. `caption` is for those who hear it read."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    widths = [_twips(width) for width in widths_cm]
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    rows = "".join((*_head(printed, widths, styles), *_body(printed, widths, styles)))
    return parse_xml(f"<w:tbl {nsdecls('w')}>{_properties(caption, styles.table)}<w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl>")


def _twips(cm: float) -> int:
    return round(int(cm * 360_000) / 635)


def _properties(caption: str, style: str | None) -> str:
    sides = {"top": 0.08, "left": PADDING_CM, "bottom": 0.08, "right": PADDING_CM}
    margins = "".join(f'<w:{side} w:w="{round(cm * _TWIPS_PER_CM)}" w:type="dxa"/>' for side, cm in sides.items())
    return (
        "<w:tblPr>" + (f'<w:tblStyle w:val="{escape(style)}"/>' if style else "") + '<w:tblW w:type="auto" w:w="0"/>'
        '<w:jc w:val="left"/><w:tblLayout w:type="fixed"/>'
        f"<w:tblCellMar>{margins}</w:tblCellMar>"
        '<w:tblLook w:firstColumn="1" w:firstRow="1" w:lastColumn="0" w:lastRow="0" w:noHBand="0" w:noVBand="1" w:val="04A0"/>'
        f'<w:tblCaption w:val="{escape(printable(caption))}"/></w:tblPr>'
    )  # fmt: skip


# ---------------------------------------------------------------- rows


def _head(printed: Printed, widths: Sequence[int], styles: Styles) -> Iterator[str]:
    """The row over the header, if there is one, and the header."""
    has_rules = styles.table is None
    if printed.over:
        cells = "".join(_over(item, widths, styles.heading, has_rule=has_rules) for item in printed.over)
        yield _row(cells, is_header=True)
    sides = ("bottom",) if printed.over else ("top", "bottom")
    cells = "".join(
        _cell(width, _paragraphs(name, styles.heading, centred=is_figure), sides if has_rules else (), is_low=has_rules)
        for name, width, is_figure in zip(printed.headers, widths, printed.is_figure, strict=True)
    )
    yield _row(cells, is_header=True)


def _over(item: Spanner, widths: Sequence[int], style: str, *, has_rule: bool) -> str:
    """A heading over columns. The rule under it is its paragraph's, so that it stops short of its neighbour's."""
    words = _paragraphs(item.text, style, centred=True, rule=_THIN_RULE if item.text else "")
    n = item.last - item.first + 1
    return _cell(sum(widths[item.first : item.last + 1]), words, ("top",) if has_rule else (), n_columns=n, is_low=has_rule)


def _body(printed: Printed, widths: Sequence[int], styles: Styles) -> Iterator[str]:
    rows = printed.once
    for n, (row, goes_on) in enumerate(zip(rows, printed.goes_on, strict=True)):
        keeps = goes_on or (bool(printed.notes) and n >= len(rows) - _WITH_NOTES)
        sides = ("bottom",) if n == len(rows) - 1 and styles.table is None else ()
        yield _row(
            "".join(
                _cell(width, _paragraphs(text, styles.text, centred=is_figure, keeps=keeps), sides)
                for text, width, is_figure in zip(row, widths, printed.is_figure, strict=True)
            )
        )


def _row(cells: str, *, is_header: bool = False) -> str:
    return f"<w:tr><w:trPr><w:cantSplit/>{'<w:tblHeader/>' if is_header else ''}</w:trPr>{cells}</w:tr>"


def _cell(width: int, words: str, sides: Sequence[str] = (), *, n_columns: int = 1, is_low: bool = False) -> str:
    """A cell with rules at some of its sides; `is_low` has its words stand at its foot."""
    properties = f'<w:tcW w:type="dxa" w:w="{width}"/>'
    if n_columns > 1:
        properties += f'<w:gridSpan w:val="{n_columns}"/>'
    if sides:
        properties += f"<w:tcBorders>{''.join(f'<w:{side} {_RULE}/>' for side in sides)}</w:tcBorders>"
    if is_low:
        properties += '<w:vAlign w:val="bottom"/>'
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{words}</w:tc>"


def _paragraphs(text: str, style: str, *, centred: bool, keeps: bool = False, rule: str = "") -> str:
    """The lines of a cell, a paragraph each; `keeps` has them stand on the page of the next row, `rule` is under the last."""
    lines, keep, side = lines_of(text), "<w:keepNext/>" if keeps else "", "center" if centred else "left"
    return "".join(
        f'<w:p><w:pPr><w:pStyle w:val="{escape(style)}"/>{keep}{rule if n == len(lines) - 1 else ""}'
        f'<w:spacing w:before="{_LINE_GAP if n else 0}"/><w:jc w:val="{side}"/></w:pPr>{_run(line)}</w:p>'
        for n, line in enumerate(lines)
    )


def _run(line: str) -> str:
    parts = [f"<w:t{_kept(part)}>{escape(part, quote=False)}</w:t>" if part else "" for part in line.split("\t")]
    return f"<w:r>{'<w:tab/>'.join(parts)}</w:r>"


def _kept(part: str) -> str:
    """Word drops blanks at the ends of a text that is not marked."""
    return ' xml:space="preserve"' if part != part.strip() else ""
