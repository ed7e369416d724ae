"""A table as every writer shows it: a stub that names the rows, headings over columns, cells, number formats, notes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from qualkit.model.base import require

TableCell = str | int | float | None
"""What a cell holds: words, a number as exact as it was computed, or nothing."""


HIDDEN = "hidden"
"""What stands in a cell whose count was too small to be told."""


class NumberFormat(StrEnum):
    """How the numbers of a column are printed; what a cell holds stays as it is."""

    COUNT = "count"
    """`1,204`"""
    PERCENT = "percent"
    """A share of one as `35%`."""
    TENTHS = "tenths"
    """A share of one as `3.5%`."""
    COEFFICIENT = "coefficient"
    """What cannot be more than one, without the zero before the point: `.62`."""
    DECIMAL = "decimal"
    """`1.50`"""
    GENERAL = "general"
    """As short as it can be: `2`, `2.5`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spanner:
    """A heading over the columns `first` to `last`, counted from 0."""

    text: str
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What every exporter writes: a title, columns, rows of plain cells, and notes printed under it.

    The first `n_stub` columns name a row; on paper a name that is the same as in the row above is printed once, and so is what
    the columns `told_once` say of it. `spanners` stand over columns, from left to right. `formats` has an entry for each
    column, or is empty: numbers are then printed as they are, fractions with three decimals. `is_data` marks a table that is
    meant for a script or a spreadsheet and not for paper. `appendix` says where the cells come from, such as the place of each
    quotation: a workbook has it on further sheets.

    Raises `ValueError` for rows, formats or spanners that do not fit the columns.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[TableCell, ...], ...]
    notes: tuple[str, ...] = ()
    is_data: bool = False
    n_stub: int = 1
    told_once: tuple[int, ...] = ()
    spanners: tuple[Spanner, ...] = ()
    formats: tuple[NumberFormat | None, ...] = ()
    appendix: tuple[Table, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.columns)
        for row in self.rows:
            require(len(row) == n, f"a row of {len(row)} cells under {n} columns")
        require(len(self.formats) in (0, n), f"{len(self.formats)} number formats for {n} columns")
        for spanner in self.spanners:
            require(
                0 <= spanner.first <= spanner.last < n, f"the heading {spanner.text!r} stands over columns that are not there"
            )
        for left, right in pairwise(self.spanners):
            require(left.last < right.first, f"{left.text!r} and {right.text!r} stand over the same columns, or out of order")

    def format_of(self, column: int) -> NumberFormat | None:
        """The number format of a column, None where it has none."""
        return self.formats[column] if self.formats else None
