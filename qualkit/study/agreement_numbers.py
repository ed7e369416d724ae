"""What is behind the figures of agreement: the segments that coders judged, what each gave, and where they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from qualkit.model import Agreement, Behind, Opens, PartAgreement, Table
from qualkit.stages.agree import PRESENT, Votes
from qualkit.study import agreement_tables, judged
from qualkit.study.judged import Judged
from qualkit.wording import counted

if TYPE_CHECKING:
    from qualkit.study.study import Study

COMPARED, ALIKE = "n", "Agreement"
"""The columns that open the segments that were compared, and those on which coders differ."""

# ---------------------------------------------------------------- code by code


def on_codes(study: Study, *, is_now: bool = False) -> Opens:
    """What each coder gave and where they differ, over what was said blind, or as it stands now."""
    results = study.told_agreement(is_now=is_now)
    return _by_code(study, results, _judged(study, is_now))


def on_sample(study: Study) -> Opens:
    """The same of the reliability sample."""
    return _by_code(study, study.sample_agreement(), judged.in_study(study, study.compared_in_sample()))


def _judged(study: Study, is_now: bool) -> Mapping[str | None, Judged]:
    return study.judged_by_two(is_blind=study.is_told_blind() and not is_now)


def _by_code(study: Study, results: Sequence[Agreement], on: Mapping[str | None, Judged]) -> Opens:
    if not results:
        return {}
    table = agreement_tables.agreement_table(results, study.codebook())
    column = _columns(table)
    opens: Opens = {}
    for row, key in enumerate((*(key for key in agreement_tables.by_code(results) if key is not None), None)):
        name, own = str(table.rows[row][0]), on[key]
        cells = {column[who]: (f"{name}, given by {who}", ids) for who, ids in own.by.items() if who in column}
        cells[column[ALIKE]] = _differ(name, own.apart)
        opens |= {(row, at): _behind(title, ids, own.said) for at, (title, ids) in cells.items() if ids}
        if key is not None and own.judged:
            title = f"{name}: judged by two or more"
            opens[row, column[COMPARED]] = Behind(title=title, segment_ids=own.judged, said=own.said)
    return opens


def on_sets(study: Study, *, is_now: bool = False) -> Opens:
    """The segments that were not given the same set of codes."""
    measures, own = [item.measure for item in study.set_agreement(is_now=is_now)], _judged(study, is_now)[None]
    if not own.apart:
        return {}
    return {(measures.index("exact_set"), 1): _behind(*_differ("Sets of codes", own.apart), own.said)}


def on_words(study: Study, *, is_now: bool = False) -> Opens:
    """The segments in which each coder marked words, or all of them, for a code."""
    on_words, on = study.cut_agreement(is_now=is_now), _judged(study, is_now)
    table = agreement_tables.words_table(on_words, study.codebook())
    column = _columns(table)
    opens: Opens = {}
    for row, part in enumerate(agreement_tables.marked_parts(on_words)):
        name, own = str(table.rows[row][0]), on[part.code_key]
        for who, ids in own.by.items():
            if who in column:
                opens[row, column[who]] = _behind(f"{name}, marked by {who} in {counted(len(ids), 'segment')}", ids, own.said)
    return opens


def on_valence(study: Study, *, is_now: bool = False) -> Opens:
    """The segments to which two or more gave a code with a valence, and those where these are not the same."""
    results, votes = study.valence_agreement(is_now=is_now), study.compared(is_now=is_now)
    table = agreement_tables.valence_table(results, study.codebook())
    column, found = _columns(table), _with_valence(votes)
    keys = [key for key, own in agreement_tables.by_code(results).items() if key is not None and own["percent"].n_units]
    opens: Opens = {}
    for row, key in enumerate(keys):
        name, mine = str(table.rows[row][0]), found[key]
        said = {segment_id: judged.of_code(votes[segment_id], key) for segment_id in mine}
        apart = tuple(segment_id for segment_id, labels in mine.items() if len(set(labels)) > 1)
        opens[row, column[COMPARED]] = _behind(f"{name}: given by two or more with a valence", tuple(mine), said)
        if apart:
            opens[row, column[ALIKE]] = _behind(*_differ(name, apart), said)
    return opens


def _with_valence(votes: Votes) -> dict[str, dict[str, list[str]]]:
    """By code and segment the valences that were given, where two or more gave one."""
    found: dict[str, dict[str, list[str]]] = {}
    for segment_id, by_coder in votes.items():
        for codes in by_coder.values():
            for key, label in codes.items():
                if label and label != PRESENT:
                    found.setdefault(key, {}).setdefault(segment_id, []).append(label)
    return {key: {unit: labels for unit, labels in mine.items() if len(labels) > 1} for key, mine in found.items()}


# ---------------------------------------------------------------- in parts


def of_pairs(study: Study) -> Opens:
    """Of each two coders, all codes pooled."""
    return in_parts(study, study.agreement_by_pair())


def in_parts(study: Study, parts: Sequence[PartAgreement], code_key: str | None = None, *, is_now: bool = False) -> Opens:
    """Of each row of `parts_table` the segments that were compared, where that is what n counts, and where coders differ."""
    column = _columns(agreement_tables.parts_table(parts, title=""))
    votes = _with_machines(study, parts, study.compared(is_now=is_now))
    names = {key: code.name for key, code in study.codebook().by_key.items()}
    opens: Opens = {}
    for row, part in enumerate(parts):
        told = part.apart if code_key is None else [key for key in part.compared if _anybody_gave(votes[key], code_key)]
        own = {key: {who: codes for who, codes in votes[key].items() if who in part.coders} for key in told}
        said = {
            key: judged.of_all(by_coder, names) if code_key is None else judged.of_code(by_coder, code_key)
            for key, by_coder in own.items()
        }
        if code_key is not None and part.compared:
            opens[row, column[COMPARED]] = Behind(title=f"{part.part}: compared", segment_ids=part.compared, said=said)
        if part.apart:
            opens[row, column[ALIKE]] = _behind(*_differ(part.part, part.apart), said)
    return opens


def _anybody_gave(by_coder: Mapping[str, Mapping[str, str | None]], code_key: str) -> bool:
    return any(code_key in codes for codes in by_coder.values())


def _with_machines(study: Study, parts: Sequence[PartAgreement], votes: Votes) -> Votes:
    """`votes`, and beside them what the machine coders among those of `parts` give."""
    machines = {who for part in parts for who in part.coders}.intersection(study.machine_names())
    given = {name: study.given_by_machine(name) for name in sorted(machines)}

    def by_machines(key: str) -> dict[str, dict[str, str | None]]:
        return {name: dict.fromkeys(codes[key], PRESENT) for name, codes in given.items() if key in codes}

    return {key: {**said, **by_machines(key)} for key, said in votes.items()} if given else votes


# ---------------------------------------------------------------- each number


def _columns(table: Table) -> dict[str, int]:
    return {name: n for n, name in enumerate(table.columns)}


def _differ(name: str, ids: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    return f"{name}: coders differ on {counted(len(ids), 'segment')}", ids


def _behind(title: str, ids: tuple[str, ...], said: Mapping[str, str]) -> Behind:
    return Behind(title=title, segment_ids=ids, said={key: said[key] for key in ids if key in said})
