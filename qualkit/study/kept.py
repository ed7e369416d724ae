"""Engines that remember: wrapped so that they are asked again only about what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from qualkit import plugs
from qualkit.model import Brief, Code, Suggestion, grouped
from qualkit.plain import from_plain, sha256_of
from qualkit.study.artifacts import Artifacts


@dataclass(frozen=True, slots=True)
class KeptSuggester:
    """A machine coder whose answers are kept code by code."""

    machine: plugs.Suggester
    folder: Path

    @property
    def name(self) -> str:
        """The machine's name."""
        return self.machine.name

    @property
    def needs(self) -> tuple[str, ...]:
        """The machine's needs."""
        return self.machine.needs

    @property
    def learns(self) -> bool:
        """Whether the machine learns."""
        return self.machine.learns

    def revision(self, tools: plugs.Tools) -> str:
        """The machine's revision."""
        return self.machine.revision(tools)

    def rate(self, brief: Brief, tools: plugs.Tools) -> plugs.Ratings:
        """As the machine would; not kept."""
        return self.machine.rate(brief, tools)

    def suggest(self, brief: Brief, tools: plugs.Tools) -> list[Suggestion]:
        """As the machine would, by code in the codebook's order."""
        units = self._units(brief, tools)
        stale = [code for code in brief.codebook.codes if not self._kept.has(units[code.key])]
        if stale:
            orphans = tuple(replace(code, parent_key=None) for code in stale)
            fresh = self.machine.suggest(replace(brief, codebook=replace(brief.codebook, codes=orphans)), tools)
            by_code = grouped(fresh, lambda item: item.code_key)
            for code in stale:
                self._kept.put(units[code.key], by_code.get(code.key, []))
        return [from_plain(Suggestion, item) for unit in units.values() for item in self._kept.get(unit)]

    def stale(self, brief: Brief, tools: plugs.Tools) -> list[Code]:
        """The codes that the machine has yet to be asked about."""
        units = self._units(brief, tools)
        return [code for code in brief.codebook.codes if not self._kept.has(units[code.key])]

    def _units(self, brief: Brief, tools: plugs.Tools) -> dict[str, list[Any]]:
        """What the answer about each code rests on, by its key."""
        corpus = sha256_of([(item.id, item.text, brief.questions.get(item.id, "")) for item in brief.segments])
        about = [self.name, self.revision(tools), corpus]
        return {code.key: [*about, code, self._lessons_on(code, brief)] for code in brief.codebook.codes}

    def _lessons_on(self, code: Code, brief: Brief) -> str:
        if not self.learns:
            return ""
        return sha256_of(
            [(key, code.key in said.codes, code.key in said.unsettled) for key, said in sorted(brief.lessons.items())]
        )

    @property
    def _kept(self) -> Artifacts:
        return Artifacts(self.folder)


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
