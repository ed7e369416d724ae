"""Vectors to topics by BERTopic as its authors ship it: UMAP to five dimensions, then HDBSCAN.

For those who want it, and to be held against; nothing is drawn again, so how stable its topics are is not known.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from qualkit.engines.terms import telling_words
from qualkit.errors import EngineError
from qualkit.plugs import Clusters, Progress, Vectors, need, no_progress

_MIN_TEXTS = 20


class Bertopic:
    """A `Clusterer`. How many topics there are, and how small they may be, is for HDBSCAN to say."""

    name = "bertopic"

    def __init__(self) -> None:
        packages = ("bertopic", "umap-learn", "hdbscan")
        try:
            self.revision = "3; " + ", ".join(f"{package} {version(package)}" for package in packages)
        except PackageNotFoundError as error:
            raise EngineError("Topics need BERTopic: install it with  pip install -e '.[topics]'") from error

    def cluster(
        self,
        texts: Sequence[str],
        vectors: Vectors,
        *,
        groups: Sequence[int],  # noqa: ARG002
        n_topics: int,  # noqa: ARG002
        n_draws: int,  # noqa: ARG002
        seed: int,
        progress: Progress = no_progress,
    ) -> Clusters:
        """See `Clusterer.cluster`; nothing but texts, vectors and seed is looked at.

        Fewer than 20 different segments are one heap of outliers.
        """
        progress(0.1, "running BERTopic")
        if len(np.unique(vectors, axis=0)) < _MIN_TEXTS:
            return Clusters(numbers=np.full(len(vectors), -1), places=np.zeros((len(vectors), 2), dtype=np.float32))
        model = _model(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            numbers, _ = model.fit_transform(list(texts), embeddings=np.asarray(vectors))
        return Clusters(numbers=np.asarray(numbers), is_settled=True, places=np.asarray(model.umap_model.embedding_[:, :2]))

    def words(self, texts: Sequence[str], numbers: Sequence[int], n: int) -> Mapping[int, tuple[str, ...]]:
        """See `Clusterer.words`; BERTopic's own have "the" and "and" among them."""
        return telling_words(texts, numbers, n)


def _model(seed: int) -> Any:
    """BERTopic with its own defaults but for the seed, which it leaves open."""
    library, umap = need("bertopic", "topics"), need("umap", "topics")
    mapper = umap.UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=seed, n_jobs=1)
    return library.BERTopic(umap_model=mapper)
