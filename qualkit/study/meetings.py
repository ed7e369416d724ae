"""Keeping a meeting: its transcript, who took part, its turns, and the recording that belongs to it."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qualkit.errors import ReadError, StudyError
from qualkit.model import (
    Participant,
    Recording,
    Role,
    Round,
    Segment,
    Transcript,
    Turn,
    Utterance,
    Visit,
    by_id,
    counted,
    derived_id,
    utc_now,
)
from qualkit.store import Reading, Writing
from qualkit.study.folder import Meeting

if TYPE_CHECKING:
    from qualkit.study.study import Study

ROSTER = "participants.csv"


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
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = {"transcript", "speaker"} - set(reader.fieldnames or ())
        if missing:
            raise ReadError(f"{path}: the column {sorted(missing)[0]!r} is missing; it needs transcript and speaker.")
        people = [_person(row, f"{path}, row {number}") for number, row in enumerate(reader, start=2)]
    return {(person.transcript.casefold(), person.speaker.casefold()): person for person in people}


def _person(row: Mapping[str, str | None], where: str) -> Person:
    said = {key: (value or "").strip() for key, value in row.items() if key}
    role = said.get("role", "").lower() or "participant"
    if role not in set(Role):
        raise ReadError(f"{where}: {role!r} is no role; write participant, moderator or observer.")
    own = ("transcript", "speaker", "pseudonym", "role")
    return Person(
        transcript=said["transcript"],
        speaker=said["speaker"],
        pseudonym=said.get("pseudonym") or said["speaker"],
        role=Role(role),
        attributes={key: value for key, value in said.items() if key not in own and value},
    )


def check_roster(study: Study, stems: set[str]) -> None:
    """Raise `StudyError` if `participants.csv` names a meeting that has neither transcript nor recording."""
    folded = {stem.casefold() for stem in stems}
    for person in study.roster().values():
        if person.transcript.casefold() not in folded:
            raise StudyError(
                f"{ROSTER} names the transcript {person.transcript!r}, but neither transcripts/ nor recordings/ has a file "
                f"of that name; there are {', '.join(sorted(stems)) or 'none'}."
            )


def save(tx: Writing, study: Study, path: Path, sha: str, utterances: Sequence[Utterance], *, run_id: str) -> None:
    """Keep what was read from `path`, in place of what was kept for a file of that name.

    Raises `StudyError` if people have coded the earlier text, which then stays as it is.
    """
    transcript = _transcript(study, path, sha)
    turns, people = _turns(study, transcript, utterances, run_id)
    old = tx.all(Turn, transcript_id=transcript.id)
    if [(turn.id, turn.text) for turn in old] != [(turn.id, turn.text) for turn in turns]:
        coded = {segment.id for segment in tx.all(Segment, transcript_id=transcript.id)}
        refuse_if_coded(tx, set(), f"{path.name} has changed", among=coded)
        tx.retire(Segment, transcript_id=transcript.id)
    tx.retire(Turn, transcript_id=transcript.id)
    tx.retire(Participant, transcript_id=transcript.id)
    tx.replace([transcript])
    tx.replace(people)
    tx.replace(turns)
    _link_recording(tx, study, transcript)
    tx.log("qualkit", "kept a transcript", {"transcript_id": transcript.id, "source_sha256": sha, "n_turns": len(turns)})


def _transcript(study: Study, path: Path, sha: str) -> Transcript:
    about = study.config.meetings.get(path.stem, Meeting())
    return Transcript(
        id=derived_id("transcript", study.info.id, path.stem),
        label=path.stem,
        title=about.title or path.stem,
        source=path.name,
        source_sha256=sha,
        held_on=str(about.held_on) if about.held_on else None,
        site=about.site,
        kind=about.kind,
    )


def _turns(
    study: Study, transcript: Transcript, utterances: Sequence[Utterance], run_id: str
) -> tuple[list[Turn], list[Participant]]:
    roster = study.roster()
    moderators = {label.casefold() for label in study.config.moderators}
    labels = dict.fromkeys(said.speaker for said in utterances if said.speaker)
    speakers = {label: _participant(transcript, label, roster, moderators) for label in labels}
    turns = []
    for position, said in enumerate(utterances, start=1):
        person = speakers[said.speaker] if said.speaker else None
        turn = Turn(
            id=derived_id("turn", transcript.id, position, said.text),
            transcript_id=transcript.id,
            position=position,
            participant_id=person.id if person else None,
            text=said.text,
            start_s=said.start_s,
            end_s=said.end_s,
            speaker_confidence=said.speaker_confidence,
            words=said.words,
            run_id=run_id,
        )
        turns.append(turn)
    return turns, list(by_id(speakers.values()).values())


def _participant(
    transcript: Transcript, speaker: str, roster: Mapping[tuple[str, str], Person], moderators: set[str]
) -> Participant:
    known = roster.get((transcript.label.casefold(), speaker.casefold()))
    pseudonym = known.pseudonym if known else speaker
    is_moderator = speaker.casefold() in moderators
    return Participant(
        id=derived_id("participant", transcript.id, pseudonym),
        transcript_id=transcript.id,
        pseudonym=pseudonym,
        role=known.role if known else Role.MODERATOR if is_moderator else Role.PARTICIPANT,
        label=speaker,
        attributes=known.attributes if known else {},
    )


def _link_recording(tx: Writing, study: Study, transcript: Transcript) -> None:
    from qualkit.engines import sound

    tx.retire(Recording, transcript_id=transcript.id)
    for path in study.folder.recordings():
        if path.stem == transcript.label:
            recording = Recording(
                id=derived_id("recording", transcript.id, path.name),
                transcript_id=transcript.id,
                file_name=path.name,
                sha256=study.print_of(path),
                duration_s=sound.duration_s(path),
            )
            tx.replace([recording])


def settled(tx: Reading, prints: Mapping[Path, str]) -> dict[Path, list[Utterance]]:
    """Of files known by their checksum, those whose text people have coded, with the turns as they stand.

    Such a text is not made anew by a better engine: the codes are about these words.
    """
    judged = {visit.segment_id for visit in tx.all(Visit)}
    coded = {segment.transcript_id for segment in tx.all(Segment) if segment.id in judged}
    known = {(transcript.label, transcript.source_sha256): transcript for transcript in tx.all(Transcript)}
    found = {path: known[path.stem, sha] for path, sha in prints.items() if (path.stem, sha) in known}
    return {path: _utterances(tx, transcript) for path, transcript in found.items() if transcript.id in coded}


def _utterances(tx: Reading, transcript: Transcript) -> list[Utterance]:
    labels = {person.id: person.label for person in tx.all(Participant, transcript_id=transcript.id)}
    return [
        Utterance(
            text=turn.text,
            speaker=labels.get(turn.participant_id or ""),
            start_s=turn.start_s,
            end_s=turn.end_s,
            words=turn.words,
            speaker_confidence=turn.speaker_confidence,
        )
        for turn in tx.all(Turn, transcript_id=transcript.id)
    ]


def drop_vanished(tx: Writing, study: Study) -> None:
    """Retire transcripts whose file is gone from the folder, unless people have coded them."""
    present = {path.stem for path in [*study.transcript_files(), *study.folder.recordings()]}
    for transcript in tx.all(Transcript):
        if transcript.label not in present:
            coded = {segment.id for segment in tx.all(Segment, transcript_id=transcript.id)}
            refuse_if_coded(tx, set(), f"{transcript.source} is gone", among=coded)
            for kind in (Segment, Turn, Participant, Recording):
                tx.retire(kind, transcript_id=transcript.id)
            tx.retire(Transcript, id=transcript.id)


def refuse_if_coded(tx: Reading, staying: set[str], what: str, *, among: set[str] | None = None) -> None:
    """Raise `StudyError` if any segment outside `staying` (and, if given, inside `among`) carries somebody's judgement."""
    judged = {visit.segment_id for visit in tx.all(Visit)}
    lost = (judged if among is None else judged & among) - staying
    if lost:
        raise StudyError(
            f"{what}, but people have coded {counted(len(lost), 'segment')} of it, and a judgement is never thrown away: "
            "put the file and the options back, or start a new study for the new text."
        )


def open_round(tx: Writing) -> Round:
    """The round that is being coded; the first is opened, blind, when it is first needed."""
    rounds = tx.all(Round)
    if rounds:
        return rounds[-1]
    book = tx.codebook()
    first = Round(
        id=derived_id("round", 1), number=1, codebook_sha256=book.sha256 if book else "", blind=True, opened_at=utc_now()
    )
    tx.insert([first])
    tx.log("qualkit", "opened a round", {"round_id": first.id, "number": 1, "blind": True})
    return first
