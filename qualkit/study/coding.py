"""Codes that come in files: sheets that colleagues filled in, and codings made with other tools."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from qualkit.errors import ReadError, StaleError, StudyError
from qualkit.model import (
    Choice,
    Codebook,
    Decision,
    Participant,
    Purpose,
    Round,
    Segment,
    Transcript,
    Turn,
    Valence,
    by_id,
    derived_id,
    grouped,
)
from qualkit.plain import file_sha256
from qualkit.readers import cases, sheet
from qualkit.stages import mergers, place
from qualkit.stages.disputes import Kind, outcome
from qualkit.study import case_files, judgements, meetings, plans

if TYPE_CHECKING:
    from qualkit.study.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import kept: how many segments of which coder, and the rows that found no place."""

    coder: str
    n_segments: int
    n_codes: int
    is_fresh: bool
    unplaced: tuple[str, ...] = ()


def write_sheet(study: Study, coder: str, path: Path) -> int:
    """Write the segments as a sheet for `coder`, without anybody's codes; the number of segments that are theirs to code."""
    rounds = study.rounds()
    part = plans.part_of(study, coder, rounds[-1]) if rounds else None
    with study.store.read() as tx:
        people, transcripts, turns = by_id(tx.all(Participant)), by_id(tx.all(Transcript)), by_id(tx.all(Turn))
    rows = [
        sheet.SheetRow(
            segment_id=segment.id,
            transcript=transcripts[segment.transcript_id].label,
            turn=turns[segment.turn_id].position,
            start_s=segment.start_s,
            speaker=people[segment.participant_id].pseudonym if segment.participant_id else "",
            text=segment.text,
            is_coded=segment.is_coded and (part is None or segment.id in part),
        )
        for segment in study.segments()
    ]
    sheet.write_sheet(path, rows, study.codebook().offered, coder)
    return sum(row.is_coded for row in rows)


def read_sheet(study: Study, coder: str, path: Path) -> Imported:
    """Keep what a colleague wrote into a sheet. A row left empty was not looked at; `none` means that no code fits.

    Nothing is kept if any row has a mistake. Raises `ReadError` naming the row.
    """
    judged = sheet.read_sheet(path)
    sheet.check_keys(judged, study.codebook())
    known = {segment.id for segment in study.segments()}
    for row in judged:
        if row.segment_id not in known:
            raise ReadError(f"{path.name}, row {row.row}: this study has no segment {row.segment_id}; was it cut anew?")
    choices = {row.segment_id: row.choices for row in judged}
    memos = {row.segment_id: row.memo for row in judged}
    client_id = derived_id("sheet", coder, file_sha256(path))
    return _keep(study, coder, choices, memos=memos, client_id=client_id)


def read_codes(study: Study, path: Path, coder: str = "") -> list[Imported]:
    """Keep codes from a file, a sheet or codings made elsewhere, whichever its columns say it is.

    Raises `StudyError` for a sheet without a coder's name.
    """
    if not sheet.is_sheet(path):
        return read_codings(study, path)
    if not coder:
        raise StudyError(f"{path.name} is a coding sheet; say who filled it in with  --coder NAME")
    return [read_sheet(study, coder, path)]


def read_codings(study: Study, path: Path) -> list[Imported]:
    """Keep codings made elsewhere, from a CSV that points at turns, quotes or seconds.

    A coder named in the file is taken to have looked at every coded segment of the transcripts they appear in, so that a
    code they did not give counts as absent. Rows that fall on no segment are reported, not dropped in silence.
    """
    codings = sheet.read_codings(path)
    sheet.check_keys(codings, study.codebook())
    labels = [transcript.label for transcript in study.transcripts()]
    for coding in codings:
        if coding.transcript not in labels:
            known = ", ".join(labels) or "none"
            raise ReadError(f"{path.name}, row {coding.row}: there is no transcript {coding.transcript!r}; there are {known}.")
    _need_coders(study, [coding.coder for coding in codings])
    return [_keep_codings(study, coder, rows, path) for coder, rows in grouped(codings, lambda row: row.coder).items()]


def _keep_codings(study: Study, coder: str, codings: Sequence[sheet.Coding], path: Path) -> Imported:
    with study.store.read() as tx:
        transcripts = {transcript.label: transcript for transcript in tx.all(Transcript)}
        turns = grouped(tx.all(Turn), lambda turn: turn.transcript_id)
        segments = grouped(tx.all(Segment), lambda segment: segment.transcript_id)
    rounds = study.rounds()
    part = plans.part_of(study, coder, rounds[-1]) if rounds else None
    choices: dict[str, dict[str, Choice]] = {}
    unplaced = []
    for coding in codings:
        mine = segments.get(transcripts[coding.transcript].id, [])
        for segment in mine:
            if segment.is_coded and (part is None or segment.id in part):
                choices.setdefault(segment.id, {})
        hit = place.locate(coding, turns.get(transcripts[coding.transcript].id, []), mine)
        for segment_id in hit:
            said = choices.setdefault(segment_id, {})
            said[coding.code_key] = _merged(said.get(coding.code_key), coding, study.codebook())
        if not hit:
            unplaced.append(f"row {coding.row}: {coding.code_key}")
    client_id = derived_id("codings", coder, file_sha256(path), *sorted(choices))
    flat = {segment_id: tuple(said.values()) for segment_id, said in choices.items()}
    return _keep(study, coder, flat, memos={}, client_id=client_id, unplaced=tuple(unplaced))


def _merged(before: Choice | None, coding: sheet.Coding, book: Codebook) -> Choice:
    """One code given twice to one segment, once for and once against, is mixed where the code can be."""
    said = {valence for valence in (before and before.valence, coding.valence) if valence}
    if len(said) > 1 and Valence.MIXED in book.by_key[coding.code_key].valences:
        return Choice(code_key=coding.code_key, valence=Valence.MIXED)
    return Choice(code_key=coding.code_key, valence=(before and before.valence) or coding.valence)


def _need_coders(study: Study, names: Iterable[str]) -> None:
    for name in names:
        if name in study.config.adjudicators:
            raise StudyError(f"{name} adjudicates in this study and so does not code.")


def _refuse_consensus(round_: Round) -> None:
    if round_.purpose is Purpose.CONSENSUS:
        raise StudyError(
            f"Round {round_.number} is for consensus, recorded in the browser: a file holds the codes of one coder."
        )


def _keep(
    study: Study,
    name: str,
    choices: dict[str, tuple[Choice, ...]],
    *,
    memos: dict[str, str],
    client_id: str,
    unplaced: tuple[str, ...] = (),
) -> Imported:
    _need_coders(study, [name])
    n_codes = sum(len(said) for said in choices.values())
    with study.store.read() as tx:
        if tx.has_happened(client_id):
            return Imported(coder=name, n_segments=len(choices), n_codes=n_codes, is_fresh=False, unplaced=unplaced)
    book = study.codebook()
    checked = {segment_id: judgements.check_choices(said, book, need_valence=False) for segment_id, said in choices.items()}
    with study.store.write() as tx:
        is_fresh = not tx.has_happened(client_id)
        if is_fresh:
            coder, round_ = judgements.coder_named(tx, name), meetings.open_round(tx)
            _refuse_consensus(round_)
            plans.need_part(study, coder.name, round_, checked)
            shown = judgements.shown_to(tx, coder, round_)
            for segment_id, said in checked.items():
                judgements.record(
                    tx, coder=coder, round_=round_, segment_id=segment_id, choices=said, memo=memos.get(segment_id, ""),
                    shown=shown,
                )  # fmt: skip
            tx.log(coder.id, "imported codes", {"n_segments": len(checked)}, client_id)
    return Imported(coder=name, n_segments=len(checked), n_codes=n_codes, is_fresh=is_fresh, unplaced=unplaced)


# ---------------------------------------------------------------- cases for an adjudicator


def write_cases(study: Study, path: Path, *, with_memos: bool = False) -> int:
    """Write the cases that wait as a sheet for an adjudicator, most disputed first; how many there are.

    Cases that differ only in the marked words are left to the app. What coders wrote for themselves is in the sheet only
    `with_memos`.
    """
    waiting = [item for item in study.disputes() if item.is_waiting and item.kinds != (Kind.WORDS,)]
    segments, now, votes = study.corpus().segments, study.codebook(), study.votes()
    book = now.by_key
    with study.store.read() as tx:
        files = [
            case_files.read(
                tx, item, votes.get(item.case.segment_id, {}), code_keys=mergers.joined(now, item.case.code_key),
                text=segments[item.case.segment_id].text,
            )
            for item in waiting
        ]  # fmt: skip
    rows = [
        cases.CaseRow(
            segment_id=file.case.segment_id,
            code_key=file.case.code_key,
            definition=book[file.case.code_key].definition if file.case.code_key in book else "",
            text=segments[file.case.segment_id].text,
            votes=file.case.votes,
            sure="; ".join(f"{item.coder}: {item.confidence:.0%}" for item in file.codings if item.confidence is not None),
            words="; ".join(f"{item.coder}: {_quoted(item)}" for item in file.codings if item.evidence),
            memos="; ".join(f"{item.coder}: {item.memo}" for item in file.codings if item.memo) if with_memos else "",
            before=_before(file),
            seen=file.case.decision.id if file.case.decision else "",
        )
        for file in files
    ]
    cases.write_cases(path, rows)
    return len(rows)


def _quoted(coding: case_files.Coding) -> str:
    return " … ".join(f"“{span.text}”" for span in coding.evidence)


def _before(file: case_files.CaseFile) -> str:
    decision = file.case.decision
    if decision is None:
        return ""
    who = file.names.get(decision.adjudicator_id, "somebody")
    return f"{outcome(file.case) or cases.ABSENT}, {who}, {decision.decided_at:%Y-%m-%d}: {decision.reason}"


def read_cases(study: Study, adjudicator: str, path: Path) -> int:
    """Keep the decisions in a sheet of cases, all or none; rows without a decision are passed over. How many were kept.

    A sheet may be sent again; its adjudicator's newer decisions supersede their earlier ones. Raises `ReadError` naming the
    row for a decision that cannot be understood, `StaleError` for a case that somebody else has decided meanwhile.
    """
    seat, rows, print_ = study.seat(adjudicator), cases.read_cases(path), file_sha256(path)
    in_force, same = study.decisions(), study.codebook().counts_as
    rows = [replace(row, code_key=same.get(row.code_key, row.code_key)) for row in rows]
    known = {(case.segment_id, case.code_key): case.decision for case in seat.cases()}
    _check_cases(study, rows, known, seat.coder.id, path)
    for row in rows:
        latest = in_force.get((row.segment_id, row.code_key))
        seat.decide(
            row.segment_id,
            row.code_key,
            present=row.present,
            valence=row.valence,
            reason=row.reason,
            note=row.note,
            votes=row.votes,
            seen=latest.id if latest else None,
            client_id=derived_id("case", print_, adjudicator, row.segment_id, row.code_key),
        )
    return len(rows)


def _check_cases(
    study: Study,
    rows: Sequence[cases.CaseDecision],
    known: Mapping[tuple[str, str], Decision | None],
    adjudicator_id: str,
    path: Path,
) -> None:
    for row in rows:
        where, case = f"{path.name}, row {row.row}", (row.segment_id, row.code_key)
        latest = known.get(case)
        if latest is not None and latest.adjudicator_id != adjudicator_id and latest.id != row.seen:
            raise StaleError(
                f"{where}: somebody else has decided {row.code_key!r} on this segment; look at their decision first."
            )
        if case not in known:
            raise ReadError(f"{where}: there is no such case to decide, {row.code_key!r} on segment {row.segment_id}.")
        if row.present:
            try:
                choice = Choice(code_key=row.code_key, valence=row.valence)
                judgements.check_choices([choice], study.codebook(), may_be_retired=True)
            except StudyError as error:
                raise ReadError(f"{where}: {error}") from error
