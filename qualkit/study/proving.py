"""Where the statements of a report can be seen: in files, tables, segments and events of a study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qualkit.model import Event, Proof, ProofKind, Table, grouped
from qualkit.plain import file_sha256
from qualkit.wording import counted

if TYPE_CHECKING:
    from qualkit.study.study import Study


def of_file(study: Study, path: Path) -> tuple[Proof, ...]:
    """A file by its path in the study and the beginning of its checksum; nothing for one that is not there."""
    if not path.is_file():
        return ()
    return (Proof(kind=ProofKind.FILE, where=name_in(study, path), detail=f"SHA-256 {file_sha256(path)[:12]}"),)


def name_in(study: Study, path: Path) -> str:
    """The path of a file in the study's folder; of one that lies elsewhere the name alone."""
    folder = study.folder.path
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name


def of_tables(tables: Mapping[str, Table], *stems: str, segment_ids: Sequence[str] = ()) -> tuple[Proof, ...]:
    """Those of the tables that are there; `segment_ids` are behind the first of them."""
    there = [stem for stem in stems if stem in tables]
    return tuple(
        Proof(kind=ProofKind.TABLE, where=stem, segment_ids=tuple(segment_ids) if n == 0 else ())
        for n, stem in enumerate(there)
    )


def of_segments(what: str, segment_ids: Sequence[str]) -> tuple[Proof, ...]:
    """Segments as a proof of their own; nothing for none."""
    ids = tuple(dict.fromkeys(segment_ids))
    detail = counted(len(ids), "segment")
    return (Proof(kind=ProofKind.SEGMENTS, where=what, detail=detail, segment_ids=ids),) if ids else ()


def of_log(study: Study, *verbs: str) -> tuple[Proof, ...]:
    """The events of a verb, by their numbers; nothing where there is none."""
    with study.store.read() as tx:
        found = grouped(tx.columns(Event, "verb", "seq", verb=list(verbs)), lambda row: row[0])
    return tuple(
        Proof(kind=ProofKind.LOG, where=verb, detail=_numbers([seq for _, seq in found[verb]]))
        for verb in verbs
        if verb in found
    )


def _numbers(seqs: Sequence[int]) -> str:
    if len(seqs) == 1:
        return f"event {seqs[0]}"
    return f"{len(seqs)} events, {min(seqs)} to {max(seqs)}"
