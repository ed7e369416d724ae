"""Tables as files: one or several in a file, in the styles of a document that the study names."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qualkit import plugs
from qualkit.errors import StudyError, WriteError, nearest
from qualkit.model import Table
from qualkit.plain import file_sha256
from qualkit.stages import tables as stage
from qualkit.study.artifacts import write_atomically

if TYPE_CHECKING:
    from qualkit.study.study import Study


def reference(study: Study, given: Mapping[str, Any]) -> Path | None:
    """The document whose styles tables take, from the study's folder; None if the study names none.

    Raises `WriteError` if it is not there.
    """
    name: str = study.options(stage, given).reference
    if not name:
        return None
    path = study.folder.path / name
    if not path.is_file():
        raise WriteError(f"{path} is not there: tables were to take its styles. Put it there, or name another as reference.")
    return path


def prints(study: Study) -> list[str]:
    """What tells one state of that document from another."""
    path = reference(study, {})
    return [file_sha256(path)] if path else []


def write(tables: Mapping[str, Table], names: Sequence[str], path: Path, styles: Path | None) -> None:
    """Write tables into one file, in the format that its suffix names; see `Study.write_paper`."""
    write_atomically(path, _prepared(tables, names, path.suffix.lower(), styles))


def in_memory(tables: Mapping[str, Table], names: Sequence[str], suffix: str, styles: Path | None) -> bytes:
    """The file that `write` would write."""
    fill = _prepared(tables, names, suffix, styles)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"tables{suffix}"
        fill(path)
        return path.read_bytes()


def _prepared(tables: Mapping[str, Table], names: Sequence[str], suffix: str, styles: Path | None) -> Callable[[Path], None]:
    for name in names:
        if name not in tables:
            near = nearest(name, tables)
            hint = f"Did you mean {near!r}?" if near else f"There are {', '.join(tables) or 'none yet'}."
            raise StudyError(f"There is no table {name!r}. {hint}")
    return writing([tables[name] for name in names], exporter_for(suffix), styles)


def exporter_for(suffix: str) -> plugs.Exporter:
    """The exporter whose files end so. Raises `WriteError` naming those that are known."""
    known: dict[str, plugs.Exporter] = {}
    for name in plugs.names("exporters"):
        exporter = plugs.load("exporters", name)
        known[exporter.suffix] = exporter
    if suffix not in known:
        raise WriteError(
            f"No format for tables has files that end in {suffix or 'nothing'}; there are {', '.join(sorted(known))}."
        )
    return known[suffix]


def writing(tables: Sequence[Table], exporter: plugs.Exporter, styles: Path | None) -> Callable[[Path], None]:
    """What fills a file with tables. Raises `WriteError` for several in a format that holds one."""
    given: dict[str, Any] = {"reference": styles} if styles is not None and getattr(exporter, "takes_reference", False) else {}
    if len(tables) == 1:
        return lambda path: exporter.write(tables[0], path, **given)
    write_all: Callable[..., None] | None = getattr(exporter, "write_all", None)
    if write_all is None:
        raise WriteError(f"A file that ends in {exporter.suffix} holds one table; name one, or take another format.")
    return lambda path: write_all(tables, path, **given)
