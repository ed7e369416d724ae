"""Results of long work on disk, each named by the checksum of what it was made from: one that is there is done.

A file is written beside its place and renamed, so a killed run leaves whole artifacts or none.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qualkit.plain import as_plain, sha256_of


def write_atomically(path: Path, fill: Callable[[Path], None]) -> None:
    """Have `fill` write a temporary file in the same folder, then put it in place of `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    os.close(handle)
    beside = Path(name)
    try:
        fill(beside)
        beside.chmod(0o644)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def write_text_atomically(path: Path, text: str) -> None:
    """Put `text` in the file, whole or not at all."""

    def fill(beside: Path) -> None:
        beside.write_text(text, encoding="utf-8")

    write_atomically(path, fill)


@dataclass(frozen=True, slots=True)
class Artifacts:
    """JSON results of one kind in one folder."""

    folder: Path

    def get_or_make(self, made_from: Any, make: Callable[[], Any]) -> Any:
        """The result for `made_from`, made only if it is not there."""
        path = self._path(made_from)
        if path.is_file():
            return json.loads(path.read_text(encoding="utf-8"))
        result = as_plain(make())
        self.put(made_from, result)
        return result

    def has(self, made_from: Any) -> bool:
        """Whether that result is there."""
        return self._path(made_from).is_file()

    def put(self, made_from: Any, result: Any) -> None:
        """Keep a result."""
        write_text_atomically(self._path(made_from), json.dumps(as_plain(result), ensure_ascii=False))

    def get(self, made_from: Any) -> Any:
        """The result for `made_from`. Raises `FileNotFoundError` if it was never made."""
        return json.loads(self._path(made_from).read_text(encoding="utf-8"))

    def _path(self, made_from: Any) -> Path:
        return self.folder / f"{sha256_of(made_from)}.json"
