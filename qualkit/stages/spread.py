"""How unevenly counts are spread over a table: Cramer's V and residuals, as descriptions and not as tests.

Sources: Bergsma (2013), Journal of the Korean Statistical Society 42, 323-328, for V without its upward bias in small tables;
Haberman (1973), Biometrics 29, 205-220, for adjusted residuals.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, sqrt

from qualkit.wording import counted

Counts = Sequence[Sequence[int]]
"""A table of counts, row by row."""


def cramers_v(table: Counts) -> float | str:
    """Cramer's V of a table of counts, corrected for bias, or why there is none; empty rows and columns are left out.

    With n counts in r rows and c columns, phi2 = max(0, chi2 / n - (r - 1)(c - 1) / (n - 1)), r' = r - (r - 1)^2 / (n - 1), c'
    likewise, and V = sqrt(phi2 / min(r' - 1, c' - 1)) (Bergsma 2013).
    """
    rows = [row for row in table if sum(row)]
    columns = [list(column) for column in zip(*rows, strict=True) if sum(column)]
    if len(rows) < 2 or len(columns) < 2:
        return "there are fewer than two topics or fewer than two strata with segments"
    rows = [list(row) for row in zip(*columns, strict=True)]
    n, r, c = sum(map(sum, rows)), len(rows), len(columns)
    room = min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1
    if room <= 0:
        return f"{counted(n, 'segment')} are too few for {r} topics and {c} strata"
    excess = max(0.0, _chi_squared(rows) / n - (r - 1) * (c - 1) / (n - 1))
    return min(1.0, sqrt(excess / room))


def _chi_squared(rows: Counts) -> float:
    """Pearson's chi-squared: the sum of (observed - expected)^2 / expected."""
    of_rows, of_columns = [sum(row) for row in rows], [sum(column) for column in zip(*rows, strict=True)]
    n = sum(of_rows)
    return fsum(
        (observed - of_row * of_column / n) ** 2 / (of_row * of_column / n)
        for row, of_row in zip(rows, of_rows, strict=True)
        for observed, of_column in zip(row, of_columns, strict=True)
    )


def adjusted_residuals(table: Counts) -> list[list[float | None]]:
    """(o - e) / sqrt(e (1 - row / n) (1 - column / n)) of each cell, e = row * column / n; None where undefined."""
    of_rows, of_columns = [sum(row) for row in table], [sum(column) for column in zip(*table, strict=True)]
    n = sum(of_rows)

    def residual(observed: int, of_row: int, of_column: int) -> float | None:
        if not 0 < of_row < n or not 0 < of_column < n:
            return None
        expected = of_row * of_column / n
        return (observed - expected) / sqrt(expected * (1 - of_row / n) * (1 - of_column / n))

    return [
        [residual(observed, of_row, of_column) for observed, of_column in zip(row, of_columns, strict=True)]
        for row, of_row in zip(table, of_rows, strict=True)
    ]


def one_against_all(row: Sequence[int], table: Counts) -> float | None:
    """As `cramers_v`, of a row of the table against all its others together; None if it is undefined."""
    others = [sum(column) - own for own, column in zip(row, zip(*table, strict=True), strict=True)]
    spread = cramers_v([row, others])
    return spread if isinstance(spread, float) else None
