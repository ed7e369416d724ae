"""`exports/manifest.json`: what exported files rest on, so that anybody can say whether they still match the data."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import qualkit
from qualkit.errors import WriteError
from qualkit.model import Table
from qualkit.plain import as_plain, file_sha256, sha256_of
from qualkit.readers.joint import FILE as JOINT
from qualkit.study import figures, paper_files, proving, quote_edits, reports

if TYPE_CHECKING:
    from qualkit.study.study import Study

NAME = "manifest.json"


def make(study: Study, paths: Collection[Path], tables: Mapping[str, Table]) -> dict[str, Any]:
    """What `paths`, files in `exports/`, rest on, and the checksum of each."""
    folder = study.folder.exports
    has_figures = any(path.parent.name == figures.FOLDER for path in paths)
    files = {path.relative_to(folder).as_posix(): file_sha256(path) for path in sorted(paths)}
    return {**rests_on(study, tables, has_figures=has_figures), "files": files}


def rests_on(study: Study, tables: Mapping[str, Table], *, has_figures: bool) -> dict[str, Any]:
    """The log, runs, codebook, files and settings of a study, and checksums of what its tables, figures and texts say.

    `sha256` is the checksum of what they say, all together.
    """
    with study.store.read() as tx:
        seq, head = tx.head()
    said = {
        "study": study.info.title,
        "qualkit": qualkit.__version__,
        "tables": {stem: {"title": table.title, "sha256": sha256_of(table)} for stem, table in sorted(tables.items())},
        "figures_sha256": figures.print_of(study) if has_figures else None,
        "texts_sha256": reports.print_of(study, tables),
    }
    return {
        **said,
        "sha256": sha256_of(said),
        "codebook_sha256": study.codebook().sha256,
        "inputs": inputs(study),
        "options": as_plain(study.config.options),
        "log": {"n_events": seq, "head_sha256": head},
        "runs": {name: as_plain(run) for name, run in sorted(study.runs().items())},
    }


def inputs(study: Study) -> dict[str, str]:
    """Checksums of the files that tables are made from, by their path in the study, and of what each meeting was read from."""
    folder = study.folder
    paths = [folder.config_file, study.roster_file, folder.path / quote_edits.FILE, folder.path / JOINT, folder.guide()]
    paths += [folder.path / study.config.codebook] if study.config.codebook else []
    with suppress(WriteError):  # a document that is named and not there has no checksum
        paths.append(paper_files.reference(study, {}))
    there = {path for path in paths if path is not None and path.is_file()}
    talk = {f"source of {item.label}": item.source_sha256 for item in study.transcripts()}
    return {proving.name_in(study, path): file_sha256(path) for path in sorted(there)} | talk


def read(study: Study) -> dict[str, Any] | None:
    """The manifest of the last export; None if there is none that can be read."""
    try:
        said = json.loads((study.folder.exports / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return said if isinstance(said, dict) and isinstance(said.get("files"), dict) else None
