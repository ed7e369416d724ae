"""What a table may tell of people: attributes that several share, and no count so small that it points at one of them.

Whoever reads a quotation knows its group, so an attribute is printed only if every combination of what is printed is shared by
at least k people of that group (k-anonymity, Sweeney 2002, doi:10.1142/S0218488502001648, by leaving out whole attributes). A
small count is hidden together with another one of its row and column where it would follow from the total (complementary
suppression, Cox 1980).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from qualkit.model import Participant, grouped

Cell = tuple[int, int]
"""A cell of a table, by row and column."""


def safe_attributes(people: Collection[Participant], wanted: Sequence[str], k: int) -> dict[str, tuple[str, ...]]:
    """Of the `wanted` attributes those that may be printed in each group, by the id of its transcript, in the order asked for.

    One that would set fewer than `k` people of the group apart is left out for all of it: left out for some, it would tell by
    its absence. A missing value is a value like any other.
    """
    return {key: _safe(mine, wanted, k) for key, mine in grouped(people, lambda person: person.transcript_id).items()}


def _safe(people: Sequence[Participant], wanted: Sequence[str], k: int) -> tuple[str, ...]:
    kept: tuple[str, ...] = ()
    for name in wanted:
        tried = (*kept, name)
        sizes = Counter(tuple(person.attributes.get(item, "") for item in tried) for person in people)
        if min(sizes.values(), default=0) >= k:
            kept = tried
    return kept


def attributes_of(people: Mapping[str, Participant], wanted: Sequence[str], k: int) -> dict[str, tuple[str, ...]]:
    """What may be printed of each of the `people`, by their id; see `safe_attributes`."""
    safe = safe_attributes(list(people.values()), wanted, k)
    return {
        key: tuple(value for name in safe[person.transcript_id] if (value := person.attributes.get(name)))
        for key, person in people.items()
    }


def hidden(counts: Sequence[Sequence[int]], below: int, *, whole_columns: bool = False) -> frozenset[tuple[int, int]]:
    """Cells, by row and column, that are hidden where counts from 1 to `below` - 1 are; none if `below` is 1 at most.

    Rows end with their total. What would follow from the rest of its row takes another cell of it along; so for columns where
    they are `whole_columns`, which add up to what is printed above them. See `_follows` and `_second`.
    """
    found = {(i, j) for i, row in enumerate(counts) for j, n in enumerate(row) if 0 < n < below}
    lines: list[tuple[list[Cell], Cell | None]] = [
        ([(i, j) for j in range(len(row))], (i, len(row) - 1)) for i, row in enumerate(counts) if row
    ]
    if whole_columns and counts:
        lines += [([(i, j) for i in range(len(counts))], None) for j in range(len(counts[0]))]
    is_settled = False
    while not is_settled:
        also = {cell for line, total in lines if _follows(line, total, counts, found) for cell in _second(line, counts, found)}
        is_settled = not also
        found |= also
    return frozenset(found)


def _follows(line: Sequence[Cell], total: Cell | None, counts: Sequence[Sequence[int]], found: Collection[Cell]) -> bool:
    """Whether hidden cells of a line follow from the others: a single one does, and so do several that make as many people.

    Without a `total` among the cells it is told elsewhere.
    """
    gone = [cell for cell in line if cell in found]
    if len(gone) == 1:
        return True
    return bool(gone) and total not in found and sum(counts[i][j] for i, j in gone) == len(gone)


def _second(line: Sequence[Cell], counts: Sequence[Sequence[int]], found: Collection[Cell]) -> list[Cell]:
    """The cell that is hidden with those of a line: the smallest that is not 0, else one that is; none if none is left."""
    left = [cell for cell in line if cell not in found]
    return sorted(left, key=lambda cell: (counts[cell[0]][cell[1]] == 0, counts[cell[0]][cell[1]], cell))[:1]
