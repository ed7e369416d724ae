"""Engines that remember: wrapped so that they are asked again only about what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qualkit import plugs
from qualkit.study.artifacts import Artifacts


@dataclass(frozen=True, slots=True)
class KeptClusterer:
    """A clusterer whose one answer, to what `made_from` stands for, is kept."""

    engine: plugs.Clusterer
    folder: Path
    made_from: Any

    @property
    def name(self) -> str:
        """The engine's name."""
        return self.engine.name

    @property
    def revision(self) -> str:
        """The engine's revision."""
        return self.engine.revision

    def cluster(
        self, texts: Sequence[str], vectors: plugs.Vectors, *, seed: int, min_size: int
    ) -> tuple[list[int], Mapping[int, tuple[str, ...]]]:
        """As the engine would."""
        numbers, words = Artifacts(self.folder).get_or_make(
            self.made_from, lambda: self.engine.cluster(texts, vectors, seed=seed, min_size=min_size)
        )
        return numbers, {int(number): tuple(said) for number, said in words.items()}
