"""Who stands behind the speaker labels of the transcripts: `transcripts/participants.csv`."""

from __future__ import annotations

import csv
from codecs import BOM_UTF8
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qualkit.errors import ReadError, StudyError
from qualkit.model import Participant, Role
from qualkit.study.artifacts import write_atomically

ROSTER = "participants.csv"
OWN_COLUMNS = ("transcript", "speaker", "pseudonym", "role")
"""Columns that qualkit understands; all others are attributes of a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A row of `participants.csv`: who stands behind a speaker label of a transcript."""

    transcript: str
    speaker: str
    pseudonym: str
    role: Role
    attributes: Mapping[str, str]


def read_roster(path: Path) -> dict[tuple[str, str], Person]:
    """`participants.csv` by (transcript, speaker), both case-folded; empty if there is none.

    Columns `transcript` and `speaker` are needed; `role` and `pseudonym` are optional, all others become attributes.
    Raises `ReadError` for a missing column or an unknown role.
    """
    _, rows = _read(path)
    people = [_person(row, f"{path}, row {number}") for number, row in enumerate(rows, start=2)]
    return {(person.transcript.casefold(), person.speaker.casefold()): person for person in people}


def _read(path: Path) -> tuple[list[str], list[dict[str, str | None]]]:
    """Columns and rows as they stand in the file; the columns that are needed if there is none."""
    if not path.is_file():
        return list(OWN_COLUMNS), []
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        columns = list(reader.fieldnames or ())
        missing = {"transcript", "speaker"} - set(columns)
        if missing:
            raise ReadError(f"{path}: the column {sorted(missing)[0]!r} is missing; it needs transcript and speaker.")
        return columns, list(reader)


def _person(row: Mapping[str, str | None], where: str) -> Person:
    said = {key: (value or "").strip() for key, value in row.items() if key}
    role = said.get("role", "").lower() or "participant"
    if role not in set(Role):
        raise ReadError(f"{where}: {role!r} is no role; write participant, moderator or observer.")
    return Person(
        transcript=said["transcript"],
        speaker=said["speaker"],
        pseudonym=said.get("pseudonym") or said["speaker"],
        role=Role(role),
        attributes={key: value for key, value in said.items() if key not in OWN_COLUMNS and value},
    )


def check_roster(people: Mapping[tuple[str, str], Person], stems: set[str]) -> None:
    """Raise `StudyError` if `participants.csv` names a meeting that has neither transcript nor recording."""
    folded = {stem.casefold() for stem in stems}
    for person in people.values():
        if person.transcript.casefold() not in folded:
            raise StudyError(
                f"{ROSTER} names the transcript {person.transcript!r}, but neither transcripts/ nor recordings/ has a file "
                f"of that name; there are {', '.join(sorted(stems)) or 'none'}."
            )


def rename(path: Path, transcript: str, person: Participant, name: str) -> None:
    """Make `name` the pseudonym of every label in `participants.csv` that stands for `person`, and of their own label.

    All other rows and columns stay as they are; the file is made if there is none.
    """
    columns, rows = _read(path)
    columns += [column for column in ("pseudonym", "role") if column not in columns]
    is_known = False
    for row in rows:
        if (row["transcript"] or "").strip().casefold() != transcript.casefold():
            continue
        label, alias = ((row.get(key) or "").strip() for key in ("speaker", "pseudonym"))
        is_own = label.casefold() == person.label.casefold()
        if is_own or (alias or label) == person.pseudonym:
            row["pseudonym"] = name
        is_known |= is_own
    if not is_known:
        rows.append({"transcript": transcript, "speaker": person.label, "pseudonym": name, "role": person.role.value})
    has_mark = path.is_file() and path.read_bytes().startswith(BOM_UTF8)  # which Excel needs to read accents
    write_atomically(path, lambda beside: _write(beside, columns, rows, "utf-8-sig" if has_mark else "utf-8"))


def _write(path: Path, columns: list[str], rows: list[dict[str, str | None]], encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
