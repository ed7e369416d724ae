"""How far partitions of the same things agree, and how much of a topic comes back in another partition."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Numbers: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]

MIN_SHARED = 2
"""Fewer things than these in common say nothing."""


def crossed(first: Numbers, second: Numbers) -> Floats:
    """How many things are in each class of `first` and each of `second`: shape (classes, classes), in order of the numbers."""
    rows, a = np.unique(first, return_inverse=True)
    columns, b = np.unique(second, return_inverse=True)
    table = np.zeros((len(rows), len(columns)))
    np.add.at(table, (a, b), 1)
    return table


def adjusted_rand(first: Numbers, second: Numbers) -> float:
    """The adjusted Rand index of Hubert and Arabie (1985): 1 for the same partition, 0 as by chance."""
    return _adjusted_rand(crossed(first, second))


def normalised_mutual_information(first: Numbers, second: Numbers) -> float:
    """Mutual information over the mean of both entropies, 0 to 1; not corrected for chance, so it grows with the classes."""
    return _mutual_information(crossed(first, second))


def _adjusted_rand(table: Floats) -> float:
    both, rows, columns, all_ = (
        float((n * (n - 1) / 2).sum()) for n in (table, table.sum(axis=1), table.sum(axis=0), table.sum())
    )
    expected, most = rows * columns / max(all_, 1), (rows + columns) / 2
    return 1.0 if most == expected else (both - expected) / (most - expected)


def _mutual_information(table: Floats) -> float:
    shares = table / table.sum()
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    is_there = shares > 0
    mutual = float((shares[is_there] * np.log((shares / np.outer(rows, columns))[is_there])).sum())
    entropy = -float((rows * np.log(rows)).sum() + (columns * np.log(columns)).sum()) / 2
    return mutual / entropy if entropy > 0 else 1.0


def jaccard(numbers: Numbers, others: Numbers) -> Floats:
    """For each class of `numbers` the Jaccard index of the class of `others` that is most like it, and which that is.

    Shape (2, classes), in the order of the numbers.
    """
    table = crossed(numbers, others)
    index = table / (table.sum(axis=1, keepdims=True) + table.sum(axis=0) - table)
    best = index.argmax(axis=1)
    return np.stack([index[np.arange(len(table)), best], np.unique(others)[best]])


def between(partitions: Sequence[tuple[Numbers, Numbers]]) -> tuple[float | None, float | None]:
    """Adjusted Rand index and normalised mutual information of every two partitions, each (rows, numbers), in the mean.

    They are compared on the rows that both have; both are None for fewer than two partitions.
    """
    found = []
    for (rows, numbers), (others, of_others) in combinations(partitions, 2):
        _, mine, theirs = np.intersect1d(rows, others, assume_unique=True, return_indices=True)
        if len(mine) >= MIN_SHARED:
            table = crossed(numbers[mine], of_others[theirs])
            found.append((_adjusted_rand(table), _mutual_information(table)))
    if not found:
        return None, None
    ari, nmi = np.mean(found, axis=0)
    return float(ari), float(nmi)
