"""Engines that remember: wrapped so that they are asked again only about what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from qualkit import plugs
from qualkit.model import Merge
from qualkit.plain import sha256_of
from qualkit.study.artifacts import write_atomically


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
        self,
        texts: Sequence[str],
        vectors: plugs.Vectors,
        *,
        groups: Sequence[int],
        n_topics: int,
        n_draws: int,
        seed: int,
        progress: plugs.Progress = plugs.no_progress,
    ) -> plugs.Clusters:
        """As the engine would."""
        path = self.folder / f"{sha256_of(self.made_from)}.npz"
        if not path.is_file():
            found = self.engine.cluster(
                texts, vectors, groups=groups, n_topics=n_topics, n_draws=n_draws, seed=seed, progress=progress
            )
            write_atomically(path, partial(_write, found))
        return _read(path)

    def words(self, texts: Sequence[str], numbers: Sequence[int], n: int) -> Mapping[int, tuple[str, ...]]:
        """As the engine would."""
        return self.engine.words(texts, numbers, n)


_KINDS = ("draws", "group_draws")


def _write(found: plugs.Clusters, path: Path) -> None:
    """Into one file, draws one after the other, with how long each is."""
    import numpy as np

    arrays: dict[str, Any] = {"numbers": found.numbers, "places": found.places, "is_settled": np.array(found.is_settled)}
    arrays["merges"] = np.array([(step.left, step.right, step.distance) for step in found.merges]).reshape(-1, 3)
    for kind in _KINDS:
        draws: tuple[plugs.Draw, ...] = getattr(found, kind)
        arrays[f"{kind} lengths"] = np.array([len(draw.rows) for draw in draws], dtype=np.int64)
        for part in ("rows", "numbers"):
            arrays[f"{kind} {part}"] = np.concatenate([np.zeros(0, np.int32), *(getattr(draw, part) for draw in draws)])
    with path.open("wb") as file:
        np.savez_compressed(file, **{name: _small(array) for name, array in arrays.items()})


def _small(array: Any) -> Any:
    """Whole numbers in 32 bits."""
    return array.astype("int32") if array.dtype.kind == "i" else array


def _read(path: Path) -> plugs.Clusters:
    import numpy as np

    with np.load(path) as arrays:
        kept = dict(arrays)
    draws = {}
    for kind in _KINDS:
        ends = np.cumsum(kept[f"{kind} lengths"])[:-1]
        rows, numbers = (np.split(kept[f"{kind} {part}"].astype(np.int64), ends) for part in ("rows", "numbers"))
        n_draws = len(kept[f"{kind} lengths"])
        draws[kind] = tuple(plugs.Draw(rows=rows[n], numbers=numbers[n]) for n in range(n_draws))
    return plugs.Clusters(
        numbers=kept["numbers"].astype(np.int64),
        places=kept["places"],
        is_settled=bool(kept["is_settled"]),
        merges=tuple(Merge(left=int(left), right=int(right), distance=at) for left, right, at in kept["merges"].tolist()),
        draws=draws["draws"],
        group_draws=draws["group_draws"],
    )
