"""A table in words, as paper shows it: the same strings and the same heading rows for every writer of a page.

Title case, number formats and what is printed once are decided here; a writer only knows its own marks.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from qualkit.model import HIDDEN, NumberFormat, Spanner, Table, TableCell
from qualkit.wording import percent, printable, rounded, two_decimals

_NARROW_CHARS, _ONE_LINE = 20, 9
_TOGETHER = 4
"""Rows of one name that are kept on a page."""
_NO_FIGURE = frozenset({"", "–", "—", HIDDEN})
"""What may stand among figures."""
_LINE_END = re.compile(r"\r\n|\r|\n")
_MINOR_WORD = re.compile("a|an|and|as|at|but|by|for|if|in|nor|of|off|on|or|per|so|the|to|up|via|vs|yet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """A table in words. `rows` are complete, `is_repeat` says which cells repeat the one above; `once` leaves these out.

    `over` are the headings over the header from left to right, with an empty one wherever there is none; it is empty if
    there is none at all. `is_figure` says which columns hold figures and are centred.
    """

    title: str
    over: tuple[Spanner, ...]
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    is_figure: tuple[bool, ...]
    is_repeat: tuple[tuple[bool, ...], ...]
    n_stub: int
    notes: tuple[str, ...]

    @property
    def once(self) -> list[list[str]]:
        """Rows with the cells blank that repeat the one above."""
        return [
            ["" if repeats else text for text, repeats in zip(row, said, strict=True)]
            for row, said in zip(self.rows, self.is_repeat, strict=True)
        ]

    @property
    def goes_on(self) -> list[bool]:
        """For each row, whether the next one belongs to the same name, so that no page should begin with it.

        Names of many rows may be split: a page has to end somewhere.
        """
        belongs = [self.n_stub > 0 and said[self.n_stub - 1] for said in self.is_repeat]
        firsts = [*(n for n, repeats in enumerate(belongs) if not repeats), len(belongs)]
        sizes = [last - first for first, last in pairwise(firsts)]
        return [n + 1 < size <= _TOGETHER for size in sizes for n in range(size)]


def in_words(table: Table) -> Printed:
    """The table as it is printed; characters that no document can hold are spaces."""
    columns = range(len(table.columns))
    rows = tuple(
        tuple(shown(cell, table.format_of(column)) for column, cell in zip(columns, row, strict=True)) for row in table.rows
    )
    is_figure = tuple(_holds_figures([row[column] for row in table.rows], table.format_of(column)) for column in columns)
    return Printed(
        title=title_case(printable(table.title)),
        over=_over(table),
        headers=tuple(unbroken(printable(name)) for name in table.columns),
        rows=tuple(tuple(_figures(text) if is_figure[n] else text for n, text in enumerate(row)) for row in rows),
        is_figure=is_figure,
        is_repeat=tuple(_repeats(rows, table.n_stub, table.told_once)),
        n_stub=min(table.n_stub, len(table.columns)),
        notes=tuple(map(printable, table.notes)),
    )


_SHOWN: dict[NumberFormat, Callable[[float], str]] = {
    NumberFormat.COUNT: "{:,.0f}".format,
    NumberFormat.PERCENT: percent,
    NumberFormat.TENTHS: lambda share: percent(share, 1),
    NumberFormat.COEFFICIENT: two_decimals,
    NumberFormat.DECIMAL: lambda number: rounded(number, 2),
    NumberFormat.GENERAL: "{:g}".format,
}


def shown(cell: TableCell, number_format: NumberFormat | None = None) -> str:
    """A cell as printed; without a format, three decimals are enough for a reader. CSV and XLSX keep them all."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return printable(cell)
    if isinstance(cell, float) and not math.isfinite(cell):
        return ""
    if number_format is not None:
        return _SHOWN[number_format](cell).replace("-", "−")
    return f"{cell:.3f}" if isinstance(cell, float) else str(cell)


def lines_of(text: str) -> list[str]:
    """The lines of a cell, however they end."""
    return _LINE_END.split(text)


def _repeats(rows: Sequence[Sequence[str]], n_stub: int, told_once: Sequence[int]) -> Iterator[tuple[bool, ...]]:
    """For each row, which cells repeat the one above: leading ones of the stub, and what is told of a name once.

    A later column of the stub repeats only within those before it; no row is left without a word.
    """
    above: Sequence[str] = ()
    for row in rows:
        same = 0
        while same < min(n_stub, len(above)) and row[same] == above[same]:
            same += 1
        is_named = same == n_stub and bool(above)
        said = tuple(i < same or (is_named and i in told_once and text == above[i]) for i, text in enumerate(row))
        yield (False,) * len(row) if all(said) else said
        above = row


def unbroken(header: str) -> str:
    """A header whose `(n of N)` stays on one line, by spaces that do not break."""
    return re.sub(r"\([^()]{1,12}\)", lambda match: _whole(match[0]), header)


def _whole(text: str) -> str:
    return text.replace(" ", "\xa0")


def _figures(text: str) -> str:
    """Figures on one line; of many, people go on a second: `13 (12%)` over `[8]`, `105` over `by 28 people`."""
    return _whole(text) if len(text) <= _ONE_LINE else re.sub("\xa0(?=\\[|by\xa0)", " ", _whole(text))


def _over(table: Table) -> tuple[Spanner, ...]:
    """Headings over all columns, gaps as empty ones of a column each."""
    if not table.spanners:
        return ()
    found: list[Spanner] = []
    column = 0
    for spanner in (*table.spanners, Spanner(text="", first=len(table.columns), last=len(table.columns))):
        found += [Spanner(text="", first=gap, last=gap) for gap in range(column, spanner.first)]
        found.append(Spanner(text=unbroken(printable(spanner.text)), first=spanner.first, last=spanner.last))
        column = spanner.last + 1
    return tuple(found[:-1])


def _holds_figures(cells: Sequence[TableCell], number_format: NumberFormat | None) -> bool:
    """Whether a column holds counts and the like: figures, alone or as `3 of 5`."""
    texts = [shown(cell, number_format) for cell in cells if cell is not None]
    return any(texts) and all(
        len(text) <= _NARROW_CHARS and (text in _NO_FIGURE or text.strip("([<≥ −+-–—.")[:1].isdigit()) for text in texts
    )


def title_case(title: str) -> str:
    """`title` with its words capitalised as APA 7 wants: short words stay small, words with a capital or digit as they are."""
    words = re.split(r"(\s+|-)", title)
    return "".join(word if _stays(word, "".join(words[:i])) else _capitalised(word) for i, word in enumerate(words))


def _capitalised(word: str) -> str:
    """`word` with its first letter as a capital, brackets and quotation marks before it passed over."""
    return re.sub(r"[^\W_]", lambda letter: letter.group().upper(), word, count=1)


def _stays(word: str, before: str) -> bool:
    starts = not before.strip() or before.rstrip()[-1] in ":.!?—–"
    word = word.lstrip("(“‘'\"")
    return word.lower() != word or any(map(str.isdigit, word)) or (_MINOR_WORD.fullmatch(word) is not None and not starts)
