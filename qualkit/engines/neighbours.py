"""The graph of nearest neighbours that UMAP begins with: McInnes, Healy & Melville 2018 (arXiv:1802.03426), algorithms 2 and 3.

Made of whole arrays here: UMAP's own is compiled anew in every process, which takes longer than all else in a small study.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt

from qualkit.plugs import Vectors, need

Floats = npt.NDArray[np.float64]

_ROUNDS = 64
"""Halvings in the search for a scale."""
_TOLERANCE = 1e-5
_LEAST_SCALE = 1e-3
"""A scale is at least this part of the mean distance."""


def fuzzy_graph(vectors: Vectors, k: int) -> Any:
    """How strongly each two of the `vectors`, of length 1, are neighbours, by cosine: a symmetric sparse matrix.

    Each has the `k` that are nearest for neighbours, found exactly, itself as the first among them.
    """
    sparse = need("scipy.sparse", "topics")
    n = len(vectors)
    near, distances = _nearest(vectors, k)
    weights = _weights(distances)
    weights[near == np.arange(n)[:, None]] = 0.0
    one_way = sparse.csr_matrix((weights.ravel(), near.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n))
    one_way.eliminate_zeros()
    other_way = one_way.T.tocsr()
    return (one_way + other_way - one_way.multiply(other_way)).tocsr()


def _nearest(vectors: Vectors, k: int) -> tuple[npt.NDArray[np.int64], Floats]:
    """The `k` nearest of each row, the nearest first, and how far away they are: shapes (n, k)."""
    likeness = vectors @ vectors.T
    near = np.argpartition(-likeness, k - 1, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(likeness, near, axis=1), axis=1, kind="stable")
    near = np.take_along_axis(near, order, axis=1)
    distances = (1 - np.take_along_axis(likeness, near, axis=1)).clip(min=0)
    return near, distances.astype(np.float32).astype(np.float64)


def _weights(distances: Floats) -> Floats:
    """Strengths of the ties of each row to its neighbours, 1 to the nearest, falling with distance by the row's own scale."""
    nearest = np.where(distances > 0, distances, np.inf).min(axis=1)
    nearest[np.isinf(nearest)] = 0.0
    beyond = (distances - nearest[:, None]).clip(min=0)
    return cast("Floats", np.exp(-beyond / _scales(beyond, distances, nearest)[:, None]))


def _scales(beyond: Floats, distances: Floats, nearest: Floats) -> Floats:
    """For each row the scale at which its ties, the first left out, add up to the binary logarithm of their number."""
    wanted = np.log2(distances.shape[1])
    low, high, scale = np.zeros(len(beyond)), np.full(len(beyond), np.inf), np.ones(len(beyond))
    for _ in range(_ROUNDS):
        total = np.exp(-beyond[:, 1:] / scale[:, None]).sum(axis=1)
        is_open = abs(total - wanted) >= _TOLERANCE
        high = np.where(is_open & (total > wanted), scale, high)
        low = np.where(is_open & (total <= wanted), scale, low)
        scale = np.where(is_open, np.where(np.isinf(high), 2 * scale, (low + high) / 2), scale)
    mean = np.where(nearest > 0, distances.mean(axis=1), distances.mean())
    return cast("Floats", np.maximum(scale, np.maximum(_LEAST_SCALE * mean, np.finfo(np.float64).tiny)))
