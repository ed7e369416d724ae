"""Keeping a meeting: its transcript, who took part, its turns, and the recording that belongs to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from qualkit.errors import StudyError
from qualkit.model import (
    Correction,
    Mark,
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
    derived_id,
    utc_now,
)
from qualkit.stages import transcribe
from qualkit.store import Reading, Writing
from qualkit.study.folder import label_of
from qualkit.study.roster import Person
from qualkit.wording import counted

if TYPE_CHECKING:
    from qualkit.study.study import Study


def save(
    tx: Writing,
    study: Study,
    path: Path,
    sha: str,
    utterances: Sequence[Utterance],
    *,
    run_id: str,
    marks: Sequence[Mark] | None = None,
    heard_s: float | None = None,
) -> None:
    """Keep what was read from `path`, in place of what was kept for a file of that name.

    Turns that people have corrected stay as they are; only what the study says about the meeting and its people is renewed.
    `marks` None leaves those that are kept. `heard_s` is given for what is not whole yet: how far it goes. When more of such
    a text comes, the turns up to the last that people coded or corrected stay, and what follows is added. Raises `StudyError`
    if the file has changed and people have coded or corrected the earlier text, which then stays as it is.
    """
    transcript = replace(_transcript(study, path, sha), heard_s=heard_s)
    known = tx.first(Transcript, id=transcript.id)
    is_corrected = known is not None and _is_corrected(tx, transcript.id)
    is_part = known is not None and known.heard_s is not None
    if known is not None and not is_part and (marks is None or (is_corrected and not marks)):
        transcript = replace(transcript, marks=known.marks)
    elif marks:
        transcript = replace(transcript, marks=tuple(marks))
    goes_on = known is not None and known.heard_s is not None and known.source_sha256 == sha
    fixed = _fixed_turns(tx, transcript.id) if goes_on else []
    if known is not None and goes_on and (fixed or is_corrected):
        tx.replace([transcript])
        _continue_turns(tx, study, known, fixed, utterances=utterances, run_id=run_id)
    elif known is not None and is_corrected:
        refuse_if_corrected(tx, known, f"{path.name} has changed", unless=known.source_sha256 == sha)
        tx.replace([transcript])
        _renew_people(tx, study, transcript)
    else:
        _replace_turns(tx, study, transcript, utterances, run_id)
    _link_recording(tx, study, transcript)
    n_turns = tx.count(Turn, transcript_id=transcript.id)
    tx.log("qualkit", "kept a transcript", {"transcript_id": transcript.id, "source_sha256": sha, "n_turns": n_turns})


def _replace_turns(tx: Writing, study: Study, transcript: Transcript, utterances: Sequence[Utterance], run_id: str) -> None:
    turns, people = _turns(study, transcript, utterances, run_id)
    old = tx.all(Turn, transcript_id=transcript.id)
    if [(turn.id, turn.text) for turn in old] != [(turn.id, turn.text) for turn in turns]:
        coded = {segment.id for segment in tx.all(Segment, transcript_id=transcript.id)}
        refuse_if_coded(tx, set(), f"{transcript.source} has changed", among=coded)
        tx.retire(Segment, transcript_id=transcript.id)
    tx.retire(Turn, transcript_id=transcript.id)
    tx.retire(Participant, transcript_id=transcript.id)
    tx.replace([transcript])
    tx.replace(people)
    tx.replace(turns)


def _fixed_turns(tx: Reading, transcript_id: str) -> list[Turn]:
    """The turns of a transcript up to the last that people have coded or corrected."""
    judged = {visit.segment_id for visit in tx.all(Visit)}
    fixed = {segment.turn_id for segment in tx.all(Segment, transcript_id=transcript_id) if segment.id in judged}
    made = tx.all(Correction, past=True, transcript_id=transcript_id)
    fixed |= {turn.turn_id for item in made for turn in (*item.turns_before, *item.turns_after)}
    until_s = max((turn.start_s or 0.0 for turn in tx.all(Turn, past=True, id=sorted(fixed))), default=-1.0)
    turns = tx.all(Turn, transcript_id=transcript_id)
    is_fixed = [turn.id in fixed or (turn.start_s or 0.0) <= until_s for turn in turns]
    last = max((place for place, stays in enumerate(is_fixed, start=1) if stays), default=0)
    return turns[:last]


def _continue_turns(
    tx: Writing, study: Study, part: Transcript, fixed: Sequence[Turn], *, utterances: Sequence[Utterance], run_id: str
) -> None:
    """Put what was heard after the `fixed` turns of a part in place of whatever stands there."""
    labels = {person.id: person.label for person in tx.all(Participant, transcript_id=part.id)}
    staying = {turn.id for turn in fixed}
    leaving = [turn for turn in tx.all(Turn, transcript_id=part.id) if turn.id not in staying]
    from_s = min((turn.start_s for turn in leaving if turn.start_s is not None), default=part.heard_s or 0.0)
    rest = transcribe.continued([_utterance(turn, labels) for turn in fixed], utterances, from_s=from_s)
    turns, people = _turns(study, part, rest, run_id, after=fixed[-1].position if fixed else 0)
    going = [turn.id for turn in leaving]
    tx.retire(Segment, transcript_id=part.id, turn_id=going)
    tx.retire(Turn, id=going)
    tx.replace(people)
    tx.replace(turns)
    spoke = {row[0] for row in tx.columns(Turn, "participant_id", transcript_id=part.id)}
    silent = [person.id for person in tx.all(Participant, transcript_id=part.id) if person.id not in spoke]
    tx.retire(Participant, id=silent)


def _renew_people(tx: Writing, study: Study, transcript: Transcript) -> None:
    """Have the people of a corrected transcript be who the study now says stands behind their labels."""
    roster, moderators = study.roster(), {label.casefold() for label in study.config.moderators}
    people = tx.all(Participant, transcript_id=transcript.id)
    renewed = [_participant(transcript, person.label, roster, moderators) for person in people]
    tx.retire(Participant, transcript_id=transcript.id)
    tx.replace(by_id(renewed).values())
    tx.reassign({before.id: after.id for before, after in zip(people, renewed, strict=True)})


def _transcript(study: Study, path: Path, sha: str) -> Transcript:
    about = study.meeting(label_of(path))
    return Transcript(
        id=derived_id("transcript", study.info.id, label_of(path)),
        label=label_of(path),
        title=about.title or label_of(path),
        source=path.name,
        source_sha256=sha,
        held_on=str(about.held_on) if about.held_on else None,
        site=about.site,
        kind=about.kind,
    )


def _turns(
    study: Study, transcript: Transcript, utterances: Sequence[Utterance], run_id: str, *, after: int = 0
) -> tuple[list[Turn], list[Participant]]:
    roster = study.roster()
    moderators = {label.casefold() for label in study.config.moderators}
    labels = dict.fromkeys(said.speaker for said in utterances if said.speaker)
    speakers = {label: _participant(transcript, label, roster, moderators) for label in labels}
    turns = []
    for position, said in enumerate(utterances, start=after + 1):
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
        if label_of(path) == transcript.label:
            recording = Recording(
                id=derived_id("recording", transcript.id, path.name),
                transcript_id=transcript.id,
                file_name=path.name,
                sha256=study.print_of(path),
                duration_s=sound.duration_s(path),
            )
            tx.replace([recording])


def settled(tx: Reading, prints: Mapping[Path, str]) -> dict[Path, list[Utterance]]:
    """Of files known by their checksum, those whose text people have coded or corrected, with the turns as they stand.

    Such a text is not made anew by a better engine: the codes are about these words, and nobody corrects them twice.
    """
    judged = {visit.segment_id for visit in tx.all(Visit)}
    coded = {segment.transcript_id for segment in tx.all(Segment) if segment.id in judged}
    corrected = tx.values(Correction, "transcript_id")
    whole = [transcript for transcript in tx.all(Transcript) if transcript.heard_s is None]
    known = {(transcript.label, transcript.source_sha256): transcript for transcript in whole}
    found = {path: known[label_of(path), sha] for path, sha in prints.items() if (label_of(path), sha) in known}
    return {path: utterances(tx, transcript) for path, transcript in found.items() if transcript.id in coded | corrected}


def utterances(tx: Reading, transcript: Transcript) -> list[Utterance]:
    """The turns of a transcript as they stand, by the labels of its source."""
    labels = {person.id: person.label for person in tx.all(Participant, transcript_id=transcript.id)}
    return [_utterance(turn, labels) for turn in tx.all(Turn, transcript_id=transcript.id)]


def _utterance(turn: Turn, labels: Mapping[str, str]) -> Utterance:
    return Utterance(
        text=turn.text,
        speaker=labels.get(turn.participant_id or ""),
        start_s=turn.start_s,
        end_s=turn.end_s,
        words=turn.words,
        speaker_confidence=turn.speaker_confidence,
    )


def drop_vanished(tx: Writing, study: Study) -> None:
    """Retire transcripts whose file is gone from the folder, unless people have coded or corrected them."""
    present = {label_of(path) for path in [*study.transcript_files(), *study.folder.recordings()]}
    for transcript in tx.all(Transcript):
        if transcript.label not in present:
            coded = {segment.id for segment in tx.all(Segment, transcript_id=transcript.id)}
            refuse_if_coded(tx, set(), f"{transcript.source} is gone", among=coded)
            refuse_if_corrected(tx, transcript, f"{transcript.source} is gone")
            for kind in (Segment, Turn, Participant, Recording):
                tx.retire(kind, transcript_id=transcript.id)
            tx.retire(Transcript, id=transcript.id)
            study.vault.forget_speakers(transcript.label)


def refuse_if_coded(tx: Reading, staying: set[str], what: str, *, among: set[str] | None = None) -> None:
    """Raise `StudyError` if any segment outside `staying` (and, if given, inside `among`) carries somebody's judgement."""
    judged = {visit.segment_id for visit in tx.all(Visit)}
    lost = (judged if among is None else judged & among) - staying
    if lost:
        raise StudyError(
            f"{what}, but people have coded {counted(len(lost), 'segment')} of it, and a judgement is never thrown away: "
            "put the file and the options back, or start a new study for the new text."
        )


def _is_corrected(tx: Reading, transcript_id: str) -> bool:
    return transcript_id in tx.values(Correction, "transcript_id")


def refuse_if_corrected(tx: Reading, transcript: Transcript, what: str, *, unless: bool = False) -> None:
    """Raise `StudyError` if people have corrected a transcript."""
    if not unless and _is_corrected(tx, transcript.id):
        raise StudyError(
            f"{what}, but people have corrected the transcript {transcript.label!r}, and their work is never thrown away: "
            "put the file back, or start a new study for the new text."
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
