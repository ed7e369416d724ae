"""How many lines a row of a printed table takes, and how one that no page has room for is cut, for programs that cut none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from math import ceil

from qualkit.exporters.printed import lines_of
from qualkit.exporters.widths import chars_in

Length = Callable[[str], int]
"""How many mean characters a text is printed in."""


def row_lines(row: Sequence[str], widths: Sequence[float], size_pt: float, length: Length) -> int:
    """Lines that a row takes at most, in columns of `widths` cm."""
    return max(
        (sum(_lines(line, width, size_pt, length) for line in lines_of(cell)) for cell, width in zip(row, widths, strict=True)),
        default=1,
    )


def cut(row: Sequence[str], widths: Sequence[float], size_pt: float, length: Length, most: int) -> list[tuple[str, ...]]:
    """The row as several of at most so many lines each, one below the other; between words, and best between paragraphs."""
    parts = [list(_cut(cell, most, width, size_pt, length)) for cell, width in zip(row, widths, strict=True)]
    return list(zip_longest(*parts, fillvalue=""))


def _lines(line: str, width: float, size_pt: float, length: Length) -> int:
    return max(1, ceil(length(line) / max(1.0, chars_in(width, size_pt))))


def _cut(text: str, most: int, width: float, size_pt: float, length: Length) -> Iterator[str]:
    part: list[str] = []
    left = most
    for paragraph in lines_of(text):
        for piece in _pieces(paragraph, int(most * chars_in(width, size_pt)), length):
            n = _lines(piece, width, size_pt, length)
            if part and n > left:
                yield "\n".join(part)
                part, left = [], most
            part.append(piece)
            left -= n
    yield "\n".join(part)


def _pieces(paragraph: str, room: int, length: Length) -> Iterator[str]:
    """A paragraph in pieces of so many characters at most, cut between words."""
    if length(paragraph) <= room:
        yield paragraph
        return
    piece = ""
    for word in paragraph.split(" "):
        longer = f"{piece} {word}" if piece else word
        if piece and length(longer) > room:
            yield piece
            longer = word
        piece = longer
    yield piece
