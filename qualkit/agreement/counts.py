"""What coefficients of agreement are made of: sums over units, so that the sums of parts add up to those of the whole.

A *unit* is whatever coders label, such as a segment; a coder who did not look at it has no label there. Only units that two or
more coders labelled are counted. Because everything here is a sum over units, counts of transcripts can be drawn and weighted
without going back to the units: a thousand draws cost one matrix product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import combinations
from math import prod
from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.floating]
Ints: TypeAlias = npt.NDArray[np.integer]

NO_LABEL = -1
"""Stands where a coder did not look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Sums over units. All arrays share their leading axes, such as (transcripts, codes), written `...` here.

    - `units`, shape (...): how many units;
    - `by_coder` (..., coders, labels): how often each coder gave each label;
    - `labels` (..., labels): how often each label was given, by all coders together;
    - `shares` (..., labels): of each unit the share of its coders who gave the label;
    - `alike` (...): of each unit the share of its pairs of coders who gave the same label;
    - `apart` (...): of each unit its ordered pairs of unlike labels, over one less than its labels;
    - `pairs` (..., pairs of coders, labels, labels): units by what the first and the second of two coders gave, the pairs in
      the order of `combinations(range(n_coders), 2)`.
    """

    units: Floats
    by_coder: Floats
    labels: Floats
    shares: Floats
    alike: Floats
    apart: Floats
    pairs: Floats

    @property
    def n_labels(self) -> int:
        """How many labels there are to choose from."""
        return int(self.labels.shape[-1])

    def __getitem__(self, at: object) -> Counts:
        """The counts at a place of the leading axes."""
        return Counts(**{item.name: getattr(self, item.name)[at] for item in fields(self)})

    def over(self, axis: int = 0) -> Counts:
        """The sum over one of the leading axes, counted from the front."""
        return Counts(**{item.name: getattr(self, item.name).sum(axis=axis) for item in fields(self)})

    def drawn(self, weights: Floats) -> Counts:
        """Weighted sums over the first axis: `weights` of shape (draws, first axis) put draws in its place."""
        return Counts(**{item.name: _weighted(weights, getattr(self, item.name)) for item in fields(self)})

    def of_pairs(self) -> Counts:
        """Each pair of coders by itself: one more leading axis, over pairs."""
        tables = self.pairs
        units, same = tables.sum(axis=(-2, -1)), np.trace(tables, axis1=-2, axis2=-1)
        by_coder = np.stack([tables.sum(axis=-1), tables.sum(axis=-2)], axis=-2)
        labels = by_coder.sum(axis=-2)
        return Counts(
            units=units, by_coder=by_coder, labels=labels, shares=labels / 2, alike=same, apart=2 * (units - same),
            pairs=tables[..., None, :, :],
        )  # fmt: skip


def _weighted(weights: Floats, array: Floats) -> Floats:
    flat = weights @ array.reshape(len(array), prod(array.shape[1:]))
    return cast("Floats", flat.reshape(len(weights), *array.shape[1:]))


def joined(parts: Sequence[Counts], axis: int = 1) -> Counts:
    """Several counts, one after the other along a leading axis."""
    return Counts(**{item.name: np.concatenate([getattr(part, item.name) for part in parts], axis) for item in fields(Counts)})


def of_units(labels: Ints, n_labels: int) -> Counts:
    """Counts of each row of `labels`, shape (units, coders), by itself; `NO_LABEL` where a coder did not look.

    There must be two coders or more. A row with fewer than two labels counts nothing.
    """
    counted = (labels != NO_LABEL).sum(axis=1) > 1
    given = (labels[:, :, None] == np.arange(n_labels)) & counted[:, None, None]
    by_label = given.sum(axis=1).astype(float)
    n = by_label.sum(axis=1)
    one, two = (list(side) for side in zip(*combinations(range(labels.shape[1]), 2), strict=True))
    unlike = n**2 - (by_label**2).sum(axis=1)
    room = np.where(counted, n, 2.0)
    return Counts(
        units=counted.astype(float),
        by_coder=given.astype(float),
        labels=by_label,
        shares=by_label / room[:, None],
        alike=np.where(counted, 1 - unlike / (room * (room - 1)), 0.0),
        apart=np.where(counted, unlike / (room - 1), 0.0),
        pairs=(given[:, one, :, None] & given[:, two, None, :]).astype(float),
    )


def summed(rows: Counts, *, cells: Ints, which: Ints, times: Floats, shape: tuple[int, ...]) -> Counts:
    """Counts of shape `shape`: into cell `cells[n]` (its flat number) goes row `which[n]`, `times[n]` times over."""
    n_cells = prod(shape)

    def total(array: Floats) -> Floats:
        flat = array.reshape(len(array), prod(array.shape[1:]))
        columns = [np.bincount(cells, times * flat[which, n], n_cells) for n in range(flat.shape[1])]
        return cast("Floats", np.stack(columns, axis=-1).reshape(*shape, *array.shape[1:]))

    return Counts(**{item.name: total(getattr(rows, item.name)) for item in fields(rows)})
