"""The study's word list: names and terms of the place that a speech engine is told of, one a line in `words.txt`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from qualkit.errors import ReadError
from qualkit.study.artifacts import write_atomically
from qualkit.wording import printable

FILE = "words.txt"
_HEAD = "# Names and terms that a speech engine should know, one a line.\n"


def read(folder: Path) -> tuple[str, ...]:
    """The words in a study's folder, in order, each once; lines that begin with # are comments. None without a file.

    Raises `ReadError` for a file that is not UTF-8.
    """
    path = folder / FILE
    if not path.is_file():
        return ()
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ReadError(f"{path} is not UTF-8 text; save it as UTF-8.") from error
    return tuple(dict.fromkeys(_tidied(line for line in lines if not line.lstrip().startswith("#"))))


def add(folder: Path, new: Iterable[str]) -> tuple[str, ...]:
    """Add words to the end of the list, comments staying as they are; those that were not in it yet."""
    path, known = folder / FILE, read(folder)
    fresh = [word for word in dict.fromkeys(_tidied(new)) if word not in known]
    if fresh:
        before = path.read_text(encoding="utf-8-sig") if path.is_file() else _HEAD
        text = before + ("" if before.endswith("\n") or not before else "\n") + "".join(f"{word}\n" for word in fresh)
        write_atomically(path, lambda beside: _write(beside, text))
    return tuple(fresh)


def _tidied(lines: Iterable[str]) -> list[str]:
    return [word for line in lines if (word := " ".join(printable(line).split())) and not word.startswith("#")]


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
