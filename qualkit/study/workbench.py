"""The engines of one study, each made when it is first needed and only then."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from qualkit import plugs
from qualkit.plugs import Embedder, Language, Progress, no_progress


class Workbench:
    """What stages and suggesters are given as their tools; a test may set its attributes to fakes."""

    def __init__(self, artifacts: Path, *, language: str = "spacy", embedder: str = "sentence-transformers") -> None:
        self._artifacts = artifacts
        self._language = language
        self._embedder = embedder
        self.progress: Progress = no_progress

    @cached_property
    def language(self) -> Language:
        """Sentences and lemmas, the sentences of a text found once in the life of the study."""
        from qualkit.engines.language import SentenceCache

        return SentenceCache(self._artifacts / "sentences", plugs.load("languages", self._language)())

    @cached_property
    def embedder(self) -> Embedder:
        """Vectors of texts, each text embedded once in the life of the study."""
        from qualkit.engines.vectors import VectorCache

        return VectorCache(self._artifacts / "vectors", plugs.load("embedders", self._embedder)())
