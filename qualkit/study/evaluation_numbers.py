"""What is behind the numbers of an evaluation: where a machine coder was right, where wrong, and what it missed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from qualkit.model import Behind, Opens
from qualkit.stages.outcomes import Outcomes
from qualkit.study import evaluating, evaluation_tables
from qualkit.wording import counted

if TYPE_CHECKING:
    from qualkit.stages.evaluate import Evaluation, Report
    from qualkit.study.study import Study

Order: TypeAlias = Mapping[str, int]

PEOPLE, MACHINE, RIGHT, WRONG, MISSED = "given by people", "given by it", "right", "wrong", "missed"

FOUND = (PEOPLE, MACHINE, RIGHT, WRONG, MISSED, MACHINE, PEOPLE)
"""What is counted in the columns of `evaluation_tables.outcomes_table` from its third on; precision and recall are of these."""

FIGURES = {"given_by_people": PEOPLE, "given_by_machine": MACHINE, "precision": MACHINE, "recall": PEOPLE}
"""The same of columns of `evaluation_tables.evaluation_table`."""

GIVEN_BY_PEOPLE = 3
"""The column of the table of verdicts that counts segments."""


def of_outcomes(study: Study) -> Opens:
    """What opens in `evaluation_tables.outcomes_table`."""
    names, order = _known(study)
    found = [
        behind
        for item in evaluating.last(study)
        for behind in (
            _of_all(item, names, order),
            *(_of_code(item.machine, report, names, order) for report in evaluation_tables.by_frequency(item)),
        )
    ]
    return _filled(((row, column), item[what]) for row, item in enumerate(found) for column, what in enumerate(FOUND, start=2))


def of_evaluation(study: Study) -> Opens:
    """What opens in the table `evaluation`: a row for all codes, one for their mean, of which nothing opens, one for each."""
    names, order = _known(study)
    columns, found = evaluation_tables.COLUMNS, list[Mapping[str, Behind]]()
    for item in evaluating.last(study):
        found += [_of_all(item, names, order), {}, *(_of_code(item.machine, one, names, order) for one in item.codes)]
    return _filled(
        ((row, columns.index(name)), item[what]) for row, item in enumerate(found) if item for name, what in FIGURES.items()
    )


def of_verdicts(study: Study) -> Opens:
    """What opens in the table `verdicts`."""
    names, order = _known(study)
    reports = {(item.machine, one.code_key): one for item in evaluating.last(study) for one in item.codes}
    ordered = evaluation_tables.by_ruling(list(study.verdicts().values()))
    keys = ((item.machine, item.code_key) for item in ordered)
    return _filled(
        ((row, GIVEN_BY_PEOPLE), _of_code(key[0], reports[key], names, order)[PEOPLE])
        for row, key in enumerate(keys)
        if key in reports
    )


def _known(study: Study) -> tuple[Mapping[str, str], Order]:
    """Names of codes by key, and the order of the segments that are there."""
    return evaluation_tables.names_of(study.codebook()), {key: n for n, key in enumerate(study.outline().places)}


def _of_code(machine: str, report: Report, names: Mapping[str, str], order: Order) -> Mapping[str, Behind]:
    key = report.code_key or ""
    said = {segment_id: _told(kind, machine) for kind, ids in _kinds(report.outcomes) for segment_id in ids}
    return {
        what: Behind(title=f"{names.get(key, key)}: {_title(what, machine)}", segment_ids=_in_order(ids, order), said=said)
        for what, ids in _parts(report.outcomes)
    }


def _of_all(evaluation: Evaluation, names: Mapping[str, str], order: Order) -> Mapping[str, Behind]:
    """All codes together, counted in pairs of segment and code: each segment once, with its codes."""
    codes: dict[str, dict[str, list[str]]] = {what: {} for what in FOUND}
    for report in evaluation.codes:
        for what, ids in _parts(report.outcomes):
            for key in ids:
                codes[what].setdefault(key, []).append(names.get(report.code_key or "", ""))
    return {
        what: Behind(
            title=f"All codes: {_title(what, evaluation.machine)}, {counted(sum(map(len, mine.values())), 'pair')} of segment "
            "and code",
            segment_ids=_in_order(mine, order),
            said={key: "; ".join(given) for key, given in mine.items()},
        )
        for what, mine in codes.items()
    }


def _kinds(found: Outcomes) -> Iterator[tuple[str, Iterable[str]]]:
    yield RIGHT, found.right
    yield WRONG, found.wrong
    yield MISSED, found.missed


def _parts(found: Outcomes) -> Iterator[tuple[str, Iterable[str]]]:
    yield PEOPLE, found.by_people
    yield MACHINE, found.by_machine
    yield from _kinds(found)


def _title(what: str, machine: str) -> str:
    return {
        PEOPLE: "given by people", MACHINE: f"given by {machine}", RIGHT: f"given by people and by {machine}",
        WRONG: f"given by {machine} alone", MISSED: f"missed by {machine}",
    }[what]  # fmt: skip


def _told(kind: str, machine: str) -> str:
    return {RIGHT: f"People and {machine} gave it", WRONG: f"{machine} alone gave it", MISSED: "People alone gave it"}[kind]


def _in_order(segment_ids: Iterable[str], order: Order) -> tuple[str, ...]:
    """Those that are still there, in the order of the talk."""
    return tuple(sorted((key for key in segment_ids if key in order), key=order.__getitem__))


def _filled(found: Iterable[tuple[tuple[int, int], Behind]]) -> Opens:
    return {place: item for place, item in found if item.segment_ids}
