"""What a step is: a machine stage about to run on a study.

A `Step` says what it rests on before it does anything. `Study.run` compares that with the last run of the stage, so work
is done only when something it rests on has changed; long work inside a step is kept unit by unit as artifacts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qualkit.model import Run, derived_id
from qualkit.plain import sha256_of
from qualkit.plugs import Progress
from qualkit.store import Writing

Save = Callable[[Writing, Run], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a step's work made: a sentence for people, how to keep it, and a sentence for each input that it could not use."""

    summary: str
    save: Save
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A stage ready to run; `inputs` is anything whose checksum tells whether the inputs are the same."""

    stage: str
    options: Any
    inputs: Any
    work: Callable[[Progress], Done]
    engine: str = ""
    model_revision: str = ""
    seed: int | None = None
    is_needed: bool = True
    missing: str = ""
    outputs: tuple[Path, ...] = ()

    @property
    def id(self) -> str:
        """Equal for equal stage, options, inputs and engine."""
        return derived_id("run", self.stage, sha256_of(self.options), sha256_of(self.inputs), self.engine, self.model_revision)


def nothing(_tx: Writing, _run: Run) -> None:
    """Keep nothing but the run itself."""
