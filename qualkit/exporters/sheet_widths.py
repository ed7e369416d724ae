"""How wide the columns of a worksheet are and how high its rows, in the units of a spreadsheet: characters and points."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from qualkit.exporters.printed import Printed, lines_of
from qualkit.exporters.widths import mean_length, shared

LINE_PT = 15.0
"""The height of a row of one line."""

NARROWEST, WIDEST, DATA_WIDEST = 8, 80, 60
LEAST_TEXT = 16
"""A column of text is not made narrower than this to have the sheet fit."""

SHEET = 180
"""What is wider is hard to read, on a screen and more so on the page it is fitted to: columns of text make room."""

WIDEST_STUB = 70
"""Of a stub as many columns are kept in view as are no wider than this: more would leave no room for the rest."""

_ARROW, _BOLD, _LETTERS = 3, 1.12, 1.08
_HIGHEST_PT = 409.0


def columns(printed: Printed, *, is_data: bool = False) -> list[int]:
    """Wide enough for the words of the header and for the longest line; where that is more than a sheet, text is broken.

    Columns of text then share the room by their mean length, as on paper. Data are to be scrolled and keep their widths.
    """
    texts = [[row[i] for row in printed.rows] for i in range(len(printed.headers))]
    needs = [_need(*about) for about in zip(printed.headers, texts, printed.is_figure, strict=True)]
    widest = DATA_WIDEST if is_data else WIDEST
    most = [min(widest, max(need, _longest_line(column) + 1)) for need, column in zip(needs, texts, strict=True)]
    if is_data or sum(most) <= SHEET:
        return most
    means = [0.0 if figures else mean_length(column) for column, figures in zip(texts, printed.is_figure, strict=True)]
    return [math.floor(width) for width in shared(needs, means, most, SHEET)]


def height(cells: Iterable[tuple[str, float]], *, is_bold: bool = False) -> float:
    """Of a row with these texts in cells of these widths, in points."""
    n_lines = max((_n_lines(text, width / (_BOLD if is_bold else 1)) for text, width in cells), default=1)
    return min(_HIGHEST_PT, LINE_PT * n_lines)


def _need(name: str, column: Sequence[str], is_figure: bool) -> int:
    """Room for the longest word of the header beside the arrow of its filter, and for figures."""
    words = max((len(word) for word in name.split()), default=0) * _BOLD + _ARROW
    longest = _longest_line(column) + 1 if is_figure else min(LEAST_TEXT, _longest_line(column) + 1)
    return max(NARROWEST, math.ceil(words), longest)


def _longest_line(texts: Iterable[str]) -> int:
    return max((len(line) for text in texts for line in lines_of(text)), default=0)


def _n_lines(text: str, width: float) -> int:
    """Lines that a text takes when it is broken between words, letters being narrower than figures."""
    return sum(_broken(line, max(width * _LETTERS, 1)) for line in lines_of(text))


def _broken(line: str, width: float) -> int:
    n_lines, at = 1, 0.0
    for word in line.split(" "):
        if at and at + len(word) > width:
            n_lines, at = n_lines + 1, 0.0
        n_lines += int(len(word) // width) if len(word) > width else 0
        at = (at + len(word) + 1) if len(word) <= width else len(word) % width + 1
    return n_lines
