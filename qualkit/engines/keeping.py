"""How answers of engines are kept on disk: apart for every model, and through to the disk before anybody relies on them."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path


def folder_name(*about: str) -> str:
    """Readable, and different for every engine, model and revision."""
    full = " ".join(about)
    return f"{re.sub(r'[^A-Za-z0-9.]+', '-', full)[:60].strip('-.')}-{hashlib.sha256(full.encode()).hexdigest()[:8]}"


def digest(text: str) -> bytes:
    """SHA-256 of a text, lone surrogates included."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def append(path: Path, data: bytes) -> None:
    """Write at the end of a file, and wait until it is on the disk; its folder is made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
