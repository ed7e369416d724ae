"""The graph of neighbours that topics are found in: its arithmetic, and UMAP's own beside it."""

from __future__ import annotations

import numpy as np
import pytest

from qualkit.engines import neighbours
from qualkit.plugs import Vectors


def directions(n: int, dimensions: int = 24) -> Vectors:
    rows = np.random.default_rng(3).normal(size=(n, dimensions)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_ties_of_a_row_add_up_to_the_logarithm_of_their_number_and_fall_with_distance() -> None:
    distances = np.array([[0.0, 0.1, 0.2, 0.3, 0.9], [0.0, 0.4, 0.41, 0.5, 0.6]])
    weights = neighbours._weights(distances)
    assert weights[:, :2] == pytest.approx(1.0)  # to itself, which nobody counts, and to the nearest
    assert weights[:, 1:].sum(axis=1) == pytest.approx(np.log2(5), abs=1e-4)
    assert (np.diff(weights[:, 1:], axis=1) < 0).all()


def test_rows_that_are_the_same_have_ties_and_no_error() -> None:
    assert neighbours._weights(np.zeros((3, 4))) == pytest.approx(1.0)


def test_a_tie_holds_both_ways_and_nobody_is_a_neighbour_of_their_own() -> None:
    graph = neighbours.fuzzy_graph(directions(60), 15).toarray()
    assert graph == pytest.approx(graph.T)
    assert not graph.diagonal().any()
    assert graph.max() <= 1 + 1e-9
    assert ((graph > 0).sum(axis=1) >= 14).all()


@pytest.mark.engine
@pytest.mark.parametrize("n", [20, 400])
def test_the_graph_is_umaps(n: int) -> None:
    umap = pytest.importorskip("umap.umap_")
    vectors, k = directions(n), 15
    near, distances = neighbours._nearest(vectors, k)
    fixed = np.random.RandomState(0)
    theirs, _, _ = umap.fuzzy_simplicial_set(
        vectors, k, fixed, "cosine", knn_indices=near, knn_dists=distances.astype(np.float32)
    )
    assert abs(neighbours.fuzzy_graph(vectors, k) - theirs).max() < 1e-5
