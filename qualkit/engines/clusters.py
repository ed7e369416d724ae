"""Texts and their vectors to topics, through BERTopic: UMAP, HDBSCAN, and the words that set each topic apart.

Every random choice hangs on the seed, so the same texts and vectors give the same topics. What is too little to cluster is
answered with one heap of outliers and its words, never with an error: a small study is not a mistake.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from qualkit.errors import EngineError
from qualkit.plugs import Vectors, need

_MIN_TEXTS = 20
_N_WORDS = 10
_WORD = re.compile(r"[^\W\d_](?:[\w'’-]*\w)?")
_FILLERS = """ah actually gonna got just kind know like maybe mean mm hmm oh ok okay really right sort stuff thing things
think uh um want way yeah yes"""
OUTLIERS = -1


class Bertopic:
    """A `Clusterer`."""

    name = "bertopic"

    def __init__(self) -> None:
        packages = ("bertopic", "umap-learn", "hdbscan")
        try:
            self.revision = "2; " + ", ".join(f"{package} {version(package)}" for package in packages)
        except PackageNotFoundError as error:
            raise EngineError("Topics need BERTopic: install it with  pip install -e '.[topics]'") from error

    def cluster(
        self, texts: Sequence[str], vectors: Vectors, *, seed: int, min_size: int
    ) -> tuple[list[int], Mapping[int, tuple[str, ...]]]:
        """See `Clusterer.cluster`. Topics are numbered from the largest.

        Fewer than 20 different texts, fewer than twice `min_size`, or texts of stop words only are one heap of outliers.
        """
        if len(texts) < 2 * min_size or len(np.unique(vectors, axis=0)) < _MIN_TEXTS or not _commonest(texts):
            return [OUTLIERS] * len(texts), ({OUTLIERS: _commonest(texts)} if texts else {})
        model = self._model(len(texts), seed, min_size)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            numbers, _ = model.fit_transform(list(texts), embeddings=vectors)
        return [int(number) for number in numbers], {
            number: _telling(model, number) for number in sorted(set(map(int, numbers)))
        }

    def _model(self, n_texts: int, seed: int, min_size: int) -> Any:
        """Few neighbours keep small themes apart in a small corpus; a minimum distance of 0 packs them for HDBSCAN.

        `min_samples=1` is what makes the answer stable: with HDBSCAN's default, one topic of nine tenths of the segments
        came and went with the seed on two small corpora (334 and 388 segments, 3 seeds: mean ARI .10 to .31, now .40 to .68).
        """
        return need("bertopic", "topics").BERTopic(
            language="multilingual",  # "english" would glue "don't" into "dont" before the vectorizer sees it
            umap_model=need("umap", "topics").UMAP(
                n_neighbors=max(5, min(15, n_texts // 10)),
                n_components=5,
                min_dist=0.0,
                metric="cosine",
                random_state=seed,
                n_jobs=1,
            ),
            hdbscan_model=need("hdbscan", "topics").HDBSCAN(
                min_cluster_size=max(2, min_size), min_samples=1, metric="euclidean", core_dist_n_jobs=1
            ),
            vectorizer_model=_vectorizer(),
            top_n_words=_N_WORDS,
        )


def _vectorizer() -> Any:
    text = need("sklearn.feature_extraction.text", "topics")
    return text.CountVectorizer(tokenizer=_spoken_words, token_pattern=None, stop_words=_stop_words(), ngram_range=(1, 2))


def _stop_words() -> list[str]:
    """English stop words and the small words of speech, which would otherwise head every topic."""
    return sorted(need("sklearn.feature_extraction.text", "topics").ENGLISH_STOP_WORDS.union(_FILLERS.split()))


def _spoken_words(text: str) -> list[str]:
    """Words of two letters or more; `town's` counts as `town`, other words with an apostrophe (`don't`) tell nothing."""
    words = [word.replace("’", "'").removesuffix("'s") for word in _WORD.findall(text)]
    return [word for word in words if "'" not in word and len(word) > 1]


def _telling(model: Any, number: int) -> tuple[str, ...]:
    """BERTopic pads its lists of words with empty ones."""
    return tuple(word for word, _ in (model.get_topic(number) or ()) if word)


def _commonest(texts: Sequence[str]) -> tuple[str, ...]:
    """The commonest words of a heap; none where every word is a stop word."""
    vectorizer = _vectorizer()
    try:
        counts = np.asarray(vectorizer.fit_transform(texts).sum(axis=0)).ravel()
    except ValueError:
        return ()
    words = vectorizer.get_feature_names_out()
    return tuple(str(words[n]) for n in np.argsort(-counts, kind="stable")[:_N_WORDS] if counts[n])
