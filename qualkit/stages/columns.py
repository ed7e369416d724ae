"""Tables put together column by column: what each is called, how it is printed, and what it says of a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Generic, TypeVar

from qualkit.model import NumberFormat, Spanner, Table, TableCell

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[Row]):
    """A column: its heading, its cell of a row, the heading over it that neighbours may share, and its number format."""

    name: str
    cell: Callable[[Row], TableCell]
    over: str = ""
    format: NumberFormat | None = None


def table(
    columns: Sequence[Column[Row]],
    rows: Sequence[tuple[str, Row]],
    *,
    stub: str,
    title: str,
    notes: Sequence[str] = (),
) -> Table:
    """A row for each name under `stub`, and a heading over neighbours that share one."""
    spanners, at = [], 1
    for over, own in groupby(columns, key=lambda column: column.over):
        last = at + len(list(own)) - 1
        if over:
            spanners.append(Spanner(text=over, first=at, last=last))
        at = last + 1
    return Table(
        title=title,
        columns=(stub, *(column.name for column in columns)),
        rows=tuple((name, *(column.cell(row) for column in columns)) for name, row in rows),
        notes=tuple(notes),
        spanners=tuple(spanners),
        formats=(None, *(column.format for column in columns)),
    )
