"""Transcripts out of the study, to be read, corrected and taken to other programs: what was said, and nothing of the coding.

Everything that is asked for is looked at before anything is written. A format that needs times is refused where a transcript
has none and it was asked for by name; where simply all formats are asked for, it is passed over, and a note says so.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qualkit import plugs
from qualkit.errors import StudyError, WriteError
from qualkit.model import Participant, SpokenTranscript, SpokenTurn, Transcript, Turn, by_id, grouped
from qualkit.plugs import TranscriptWriter
from qualkit.study.artifacts import write_atomically
from qualkit.writers.cues import INSTEAD, why_not

if TYPE_CHECKING:
    from qualkit.study.study import Study

FOLDER = "transcripts"
"""Where they go, inside `exports/`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The files that were written, and a sentence on each that could not be."""

    paths: tuple[Path, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What can be written, by file name, and a sentence on each file that cannot."""

    files: dict[str, tuple[TranscriptWriter, SpokenTranscript]]
    notes: tuple[str, ...]


def spoken(study: Study, labels: Sequence[str] | None = None) -> list[SpokenTranscript]:
    """The transcripts of those labels, all by default, in the study's order. Raises `StudyError` for an unknown label."""
    with study.store.read() as tx:
        meetings = tx.all(Transcript)
        people = by_id(tx.all(Participant))
        turns = grouped(tx.all(Turn), lambda turn: turn.transcript_id)
    if not meetings:
        raise StudyError("There is no transcript yet; put files into recordings/ or transcripts/ and run  qualkit run")
    known = {meeting.label for meeting in meetings}
    for label in labels or ():
        if label not in known:
            raise StudyError(f"There is no transcript {label!r}; there are {', '.join(sorted(known))}.")
    wanted = set(labels) if labels else known
    return [_spoken(meeting, turns.get(meeting.id, []), people) for meeting in meetings if meeting.label in wanted]


def _spoken(meeting: Transcript, turns: Sequence[Turn], people: dict[str, Participant]) -> SpokenTranscript:
    return SpokenTranscript(
        label=meeting.label,
        title=meeting.title,
        turns=tuple(_turn(turn, people.get(turn.participant_id or "")) for turn in turns),
    )


def _turn(turn: Turn, person: Participant | None) -> SpokenTurn:
    return SpokenTurn(
        text=turn.text,
        speaker=person.pseudonym if person else None,
        role=person.role if person else None,
        start_s=turn.start_s,
        end_s=turn.end_s,
        words=turn.words,
    )


def plan(transcripts: Sequence[SpokenTranscript], formats: Sequence[str]) -> Plan:
    """A file for each transcript and format, as far as there are times. Raises `PlugError` for an unknown format."""
    writers: list[TranscriptWriter] = [plugs.load("writers", name) for name in formats]
    files: dict[str, tuple[TranscriptWriter, SpokenTranscript]] = {}
    notes = []
    for transcript in transcripts:
        without = [writer.suffix for writer in writers if writer.needs_times and transcript.n_untimed]
        for writer in writers:
            if writer.suffix not in without:
                files[f"{transcript.label}{writer.suffix}"] = (writer, transcript)
        if without:
            notes.append(why_not(transcript, without))
    return Plan(files=files, notes=tuple(notes))


def write(study: Study, formats: Sequence[str] = (), labels: Sequence[str] | None = None) -> Written:
    """Write transcripts into the exports, each file whole or not at all; no format means every one that is installed.

    Raises `WriteError` if a format was asked for by name that needs times where there are none; then nothing is written.
    """
    planned = plan(spoken(study, labels), formats or plugs.names("writers"))
    if formats and planned.notes:
        raise WriteError(" ".join([*planned.notes, INSTEAD]))
    folder = study.folder.exports / FOLDER
    for name, (writer, transcript) in planned.files.items():
        write_atomically(folder / name, partial(writer.write, transcript))
    return Written(paths=tuple(folder / name for name in planned.files), notes=planned.notes)


def zipped(planned: Plan) -> bytes:
    """A ZIP archive of the files that are planned."""
    archive = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
        for name, (writer, transcript) in planned.files.items():
            path = Path(folder) / name
            writer.write(transcript, path)
            files.write(path, name)
    return archive.getvalue()
