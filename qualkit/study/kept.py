"""Engines that remember: wrapped so that they are asked again only about what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from qualkit import plugs
from qualkit.model import Code, Codebook, Evidence, Segment, Suggestion, Valence, grouped
from qualkit.study.artifacts import Artifacts


@dataclass(frozen=True, slots=True)
class KeptSuggester:
    """A machine coder whose answers are kept code by code. `corpus` is the checksum of the segments it is asked about."""

    machine: plugs.Suggester
    folder: Path
    corpus: str

    @property
    def name(self) -> str:
        """The machine's name."""
        return self.machine.name

    @property
    def needs(self) -> tuple[str, ...]:
        """The machine's needs."""
        return self.machine.needs

    def revision(self, tools: plugs.Tools) -> str:
        """The machine's revision."""
        return self.machine.revision(tools)

    def suggest(self, segments: Sequence[Segment], codebook: Codebook, tools: plugs.Tools) -> list[Suggestion]:
        """As the machine would, by code in the codebook's order."""
        stale = self.stale(codebook, tools)
        if stale:
            orphans = tuple(replace(code, parent_key=None) for code in stale)
            fresh = self.machine.suggest(segments, replace(codebook, codes=orphans), tools)
            by_code = grouped(fresh, lambda item: item.code_key)
            for code in stale:
                self._kept.put(self._unit(code, tools), by_code.get(code.key, []))
        return [_suggestion(item) for code in codebook.codes for item in self._kept.get(self._unit(code, tools))]

    def stale(self, codebook: Codebook, tools: plugs.Tools) -> list[Code]:
        """The codes that the machine has yet to be asked about."""
        return [code for code in codebook.codes if not self._kept.has(self._unit(code, tools))]

    def _unit(self, code: Code, tools: plugs.Tools) -> list[Any]:
        return [self.name, self.revision(tools), self.corpus, code]

    @property
    def _kept(self) -> Artifacts:
        return Artifacts(self.folder)


def _suggestion(plain: Mapping[str, Any]) -> Suggestion:
    evidence = tuple(Evidence(**item) for item in plain["evidence"])
    valence = Valence(plain["valence"]) if plain["valence"] else None
    return Suggestion(**{**plain, "evidence": evidence, "valence": valence})


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
