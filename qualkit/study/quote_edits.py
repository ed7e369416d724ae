"""How an author prints quotations: `quotes.csv` in the study's folder, with cuts and brackets that are marked.

    segment_id,printed
    83ae0ed4-3920-5c21-aa7e-41a124abed7a,"[O]ne man slammed the door on me four times […]"

The transcript is never touched by it. A line that does not follow from the transcript (see `stages/verbatim.py`) is refused
when it is written; where it was written by hand, or does not follow any more, it is passed over and the words are printed as
they are.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from qualkit.errors import ReadError, StudyError
from qualkit.model import Coder, Segment
from qualkit.stages.verbatim import Edits, check
from qualkit.study.artifacts import write_atomically
from qualkit.study.judgements import digest
from qualkit.wording import counted

if TYPE_CHECKING:
    from qualkit.study.study import Study

FILE = "quotes.csv"
EDITED = "edited a quotation"
_COLUMNS = ("segment_id", "printed")


def read(folder: Path) -> dict[str, str]:
    """Quotations as they are printed, by the id of their segment; none without a file.

    Raises `ReadError` for a file that is not UTF-8 or lacks a column.
    """
    path = folder / FILE
    if not path.is_file():
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
    except UnicodeDecodeError as error:
        raise ReadError(f"{path} is not UTF-8 text; save it as UTF-8.") from error
    missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise ReadError(f"{path}: the column {missing[0]!r} is missing; it needs segment_id and printed.")
    said = {(row["segment_id"] or "").strip(): " ".join((row["printed"] or "").split()) for row in rows}
    return {key: text for key, text in said.items() if key and text}


def in_force(folder: Path, segments: Mapping[str, Segment]) -> dict[str, str]:
    """Those of the quotations that follow from the words of their segments. A file that cannot be read is as none."""
    try:
        said = read(folder)
    except ReadError:
        return {}
    return {key: text for key, text in said.items() if key in segments and check(text, segments[key].text) is not None}


def passed_over(study: Study) -> tuple[str, ...]:
    """What is wrong with the file, in sentences: that it cannot be read, or what does not follow from the transcripts."""
    try:
        said = read(study.folder.path)
    except ReadError as error:
        return (str(error),)
    n = len(said) - len(study.corpus().edits)
    return (f"Passed over: {counted(n, 'line')} of {FILE} that the transcripts do not bear out.",) if n else ()


def edit(study: Study, coder: Coder, segment_id: str, printed: str, *, client_id: str | None = None) -> Edits:
    """Have a segment printed with cuts and brackets, or as it is again if `printed` is empty; what was edited.

    Raises `StudyError` for a segment that is not there and for words that are not in it, `ReadError` for a file that cannot be
    read.
    """
    segment = study.corpus().segments.get(segment_id)
    if segment is None:
        raise StudyError("There is no such segment to quote.")
    text = " ".join(printed.split())
    edits = check(text, segment.text) if text else Edits()
    if edits is None:
        raise StudyError(
            "That is not made of the words in the transcript: mark what is left out with […], and put words of your own into "
            "[brackets]."
        )
    said = read(study.folder.path)
    said.pop(segment_id, None)
    if text and not edits.is_verbatim:
        said[segment_id] = text
    with study.store.write() as tx:
        if client_id is not None and tx.has_happened(client_id):
            return edits
        write_atomically(study.folder.path / FILE, lambda beside: _write(beside, said))
        tx.log(coder.id, EDITED, {"segment_id": segment_id, "printed": digest(text, segment_id)}, client_id)
    return edits


def _write(path: Path, said: Mapping[str, str]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows(said.items())
