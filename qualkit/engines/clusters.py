"""Vectors to topics that stay: grains, the graph of their neighbours, its eigenvectors, a hierarchy cut into topics.

HDBSCAN on one UMAP layout, as BERTopic has it, moves with the seed and leaves a third of short talk outside. Here, of the
same ingredients,

1. a large study is first told in *grains*, some thousand means of segments that say nearly the same; in a small one each
   different segment is a grain, and nothing so far is random;
2. UMAP's graph of nearest neighbours joins the grains; instead of a random walk to a layout, its leading eigenvectors are
   taken (regularised spectral clustering: Ng, Jordan and Weiss 2002; Qin and Rohe 2013), which one graph has only one of;
3. Ward's hierarchy of the grains there is cut into as many topics as wanted: fine topics, merged.

How far all this would come out again is tried: parts of the segments, and whole transcripts, are drawn anew, and the same is
done with them. Memory holds a sample of the vectors and a chunk of the others, whatever their number; these may be mapped
from disk.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from qualkit.engines.neighbours import fuzzy_graph
from qualkit.engines.terms import telling_words
from qualkit.errors import EngineError
from qualkit.model import Merge
from qualkit.plugs import Clusters, Draw, Progress, Vectors, need, no_progress, part_of

Numbers = npt.NDArray[np.int64]

_MIN_GRAINS = 20
_DISTINCT = 2_000
"""Up to so many segments each different one is a grain of its own."""
_GRAINS = 1_000
_SAMPLE = 25_000
"""Rows from which grains are learned and draws are made."""
_ROUNDS = 8
_CHUNK = 4_096
_NEIGHBOURS = 15
_DIMENSIONS = 20
_PART = 0.8
"""Share of the segments in each draw."""
_MIN_DIST = 0.25
"""How near to each other grains may come on the map."""
_TAU = 0.01
"""Weight of the ties that join every grain to every other, of the mean degree; keeps small islands from being all there is."""


class Consensus:
    """A `Clusterer`."""

    name = "consensus"

    def __init__(self) -> None:
        try:
            self.revision = f"2; umap-learn {version('umap-learn')}, scipy {version('scipy')}"
        except PackageNotFoundError as error:
            raise EngineError("Topics need UMAP: install it with  pip install -e '.[topics]'") from error

    def cluster(
        self,
        texts: Sequence[str],  # noqa: ARG002
        vectors: Vectors,
        *,
        groups: Sequence[int],
        n_topics: int,
        n_draws: int,
        seed: int,
        progress: Progress = no_progress,
    ) -> Clusters:
        """See `Clusterer.cluster`; there are at most half as many topics as different segments.

        Fewer than 20 different segments are one heap of outliers.
        """
        random = np.random.default_rng(seed)
        progress(0.0, "grouping segments that say nearly the same")
        sample = _sample(vectors, random)
        centres = _grains(sample.vectors, random)
        if len(centres) < _MIN_GRAINS:
            return Clusters(numbers=np.full(len(vectors), -1), places=np.zeros((len(vectors), 2), dtype=np.float32))
        n_topics = min(n_topics, len(centres) // 2)
        progress(0.1, "finding topics")
        own, steps = _topics(centres, n_topics)
        again = _Again(sample, _nearest(sample.vectors, centres), np.asarray(groups)[sample.rows], n_topics)
        draws = again.found(again.parts(n_draws, random), part_of(progress, 0.2, 0.5))
        group_draws = again.found(again.groups_anew(n_draws // 4, random), part_of(progress, 0.7, 0.1))
        progress(0.8, "drawing the map")
        numbers, places = _spread(vectors, sample.mean, centres, own, _layout(centres, seed))
        return Clusters(numbers=numbers, places=places, merges=steps, draws=draws, group_draws=group_draws)

    def words(self, texts: Sequence[str], numbers: Sequence[int], n: int) -> Mapping[int, tuple[str, ...]]:
        """See `Clusterer.words`."""
        return telling_words(texts, numbers, n)


# ---------------------------------------------------------------- grains


@dataclass(frozen=True, slots=True)
class _Sample:
    """Some rows of the vectors, taken from the mean of all and of length 1."""

    rows: Numbers
    mean: Vectors
    vectors: Vectors


def _sample(vectors: Vectors, random: np.random.Generator) -> _Sample:
    n = len(vectors)
    rows = np.arange(n) if n <= _SAMPLE else np.sort(random.choice(n, _SAMPLE, replace=False))
    taken = np.array(vectors[rows], dtype=np.float32)
    mean = taken.mean(axis=0) if n else taken
    taken -= mean
    taken /= np.maximum(np.linalg.norm(taken, axis=1, keepdims=True), 1e-9)
    return _Sample(rows, mean, taken)


def _unit(vectors: Vectors) -> Vectors:
    return cast("Vectors", vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9))


def _grains(vectors: Vectors, random: np.random.Generator) -> Vectors:
    """Different vectors if they are few, else means of those that are nearest to each other (spherical k-means)."""
    firsts = {hashlib.blake2b(np.round(row, 4).tobytes(), digest_size=16).digest(): n for n, row in enumerate(vectors)}
    different = vectors[sorted(firsts.values())]
    if len(different) <= _DISTINCT:
        return different
    centres = different[random.choice(len(different), _GRAINS, replace=False)]
    for _ in range(_ROUNDS):
        centres = _means(vectors, np.arange(len(vectors)), _nearest(vectors, centres), len(centres))
    return centres


def _means(vectors: Vectors, rows: Numbers, of: Numbers, n: int) -> Vectors:
    """The mean of the vectors of each grain, `of` being that of each of `rows`; of length 1, grains that have none left out."""
    sparse = need("scipy.sparse", "topics")
    member = sparse.csr_matrix((np.ones(len(of), dtype=np.float32), (of, rows)), shape=(n, len(vectors)))
    sums = np.asarray(member @ vectors)
    return _unit(sums[np.bincount(of, minlength=n) > 0])


def _nearest(vectors: Vectors, centres: Vectors) -> Numbers:
    """The grain that each vector is nearest to."""
    parts = [(vectors[rows] @ centres.T).argmax(axis=1) for rows in _chunks(len(vectors))]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


def _chunks(n: int) -> Iterator[slice]:
    return (slice(start, start + _CHUNK) for start in range(0, n, _CHUNK))


def _spread(vectors: Vectors, mean: Vectors, centres: Vectors, own: Numbers, layout: Vectors) -> tuple[Numbers, Vectors]:
    """The topic of every vector, that of its grain, and its place on the map, among the grains that it is nearest to."""
    numbers = np.empty(len(vectors), dtype=np.int64)
    places = np.empty((len(vectors), 2), dtype=np.float32)
    for rows in _chunks(len(vectors)):
        fits = _unit(np.asarray(vectors[rows], dtype=np.float32) - mean) @ centres.T
        numbers[rows] = own[fits.argmax(axis=1)]
        near = np.argpartition(-fits, 3, axis=1)[:, :3]
        weights = np.take_along_axis(fits, near, axis=1).clip(min=1e-3).astype(np.float64) ** 8
        places[rows] = np.einsum("nk,nkd->nd", weights / weights.sum(axis=1, keepdims=True), layout[near])
    return numbers, places


# ---------------------------------------------------------------- topics of grains


def _topics(centres: Vectors, n_topics: int) -> tuple[Numbers, tuple[Merge, ...]]:
    """The topic of each grain, and how the topics would go on being merged."""
    hierarchy = need("scipy.cluster.hierarchy", "topics")
    tree = hierarchy.linkage(_eigenvectors(centres, min(_DIMENSIONS, n_topics)), "ward")
    own = np.asarray(hierarchy.fcluster(tree, n_topics, "maxclust"), dtype=np.int64) - 1
    return own, _merges(tree, own)


def _merges(tree: npt.NDArray[np.float64], own: Numbers) -> tuple[Merge, ...]:
    """The last steps of the tree of n grains, told in topics instead of branches."""
    n, n_topics = len(own), int(own.max()) + 1
    names: dict[int, int] = dict(enumerate(own.tolist()))
    steps: list[Merge] = []
    for at, (left, right, distance, _) in enumerate(tree.tolist()):
        a, b = names[int(left)], names[int(right)]
        names[n + at] = a if a == b else n_topics + len(steps)
        if a != b:
            steps.append(Merge(left=a, right=b, distance=distance))
    return tuple(steps)


def _eigenvectors(centres: Vectors, n: int) -> Vectors:
    """The leading eigenvectors of the regularised graph of neighbours, rows of length 1: shape (grains, n)."""
    linalg = need("scipy.sparse.linalg", "topics")
    graph, m = _graph(centres), len(centres)
    degrees = np.asarray(graph.sum(axis=1)).ravel()
    tau = _TAU * degrees.mean()
    roots = 1 / np.sqrt(degrees + tau)

    def times(vector: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        scaled = roots * vector.ravel()
        return cast("npt.NDArray[np.float64]", roots * (graph @ scaled + tau / m * scaled.sum()))

    smoothed = linalg.LinearOperator((m, m), matvec=times, dtype=np.float64)
    _, found = linalg.eigsh(smoothed, k=n, which="LA", v0=np.ones(m))
    return _unit(found)


def _graph(centres: Vectors) -> Any:
    """The graph of the grains' nearest neighbours: a sparse matrix."""
    return fuzzy_graph(centres, min(_NEIGHBOURS, len(centres) - 1))


def _layout(centres: Vectors, seed: int) -> Vectors:
    """A place in the plane for each grain, by UMAP, for people to look at; topics do not depend on it."""
    umap = need("umap.umap_", "topics")
    a, b = umap.find_ab_params(1.0, _MIN_DIST)
    places, _ = umap.simplicial_set_embedding(
        centres, _graph(centres).astype(np.float32), n_components=2, initial_alpha=1.0, a=a, b=b, gamma=1.0,
        negative_sample_rate=5, n_epochs=None, init="spectral", random_state=np.random.RandomState(seed), metric="cosine",
        metric_kwds={}, densmap=False, densmap_kwds={}, output_dens=False,
    )  # fmt: skip
    return cast("Vectors", places)


# ---------------------------------------------------------------- drawn again


@dataclass(frozen=True, slots=True)
class _Again:
    """What there is to draw from: rows of a sample, their grains and groups."""

    sample: _Sample
    of: Numbers
    groups: Numbers
    n_topics: int

    def parts(self, n: int, random: np.random.Generator) -> list[Numbers]:
        """`n` times four fifths of the rows."""
        n_rows = len(self.of)
        return [np.sort(random.choice(n_rows, int(_PART * n_rows), replace=False)) for _ in range(n)]

    def groups_anew(self, n: int, random: np.random.Generator) -> list[Numbers]:
        """`n` times the rows of groups drawn with replacement, as many as there are; draws of all of them are left aside."""
        known = np.unique(self.groups)
        drawn: list[Numbers] = []
        while len(drawn) < n and len(known) > 1:
            taken = np.unique(random.choice(known, len(known)))
            if len(taken) < len(known):
                drawn.append(np.flatnonzero(np.isin(self.groups, taken)))
        return drawn

    def found(self, drawn: Sequence[Numbers], progress: Progress) -> tuple[Draw, ...]:
        """Topics of what was drawn; draws with too few different segments for them are left out."""
        found: list[Draw] = []
        for n, rows in enumerate(drawn):
            progress(n / len(drawn), "finding topics again in what is drawn")
            there, of = np.unique(self.of[rows], return_inverse=True)
            centres = _means(self.sample.vectors, rows, of, len(there))
            if len(centres) >= 2 * self.n_topics:
                found.append(Draw(rows=self.sample.rows[rows], numbers=_topics(centres, self.n_topics)[0][of]))
        return tuple(found)
