"""What is behind ratings: the talk that is coded with a construct in a group or site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qualkit.model import Behind, Opens
from qualkit.study import rating_tables
from qualkit.study.rating_views import ENOUGH_RATERS, Key

if TYPE_CHECKING:
    from qualkit.study.study import Study

FIRST_CASE = 2
"""The column of the matrix with the first case; before it stand domain and construct."""

CELLS = 4
"""The column of the table of agreement that counts cells."""


def matrix(study: Study) -> Opens:
    """What opens in the table `rating_matrix`: the talk of every cell that anybody rated."""
    behind = _by_cell(study)
    return {
        (row, column): behind[construct.key, case.id]
        for row, construct in enumerate(study.constructs())
        for column, case in enumerate(study.rated_cases(), start=FIRST_CASE)
        if (construct.key, case.id) in behind
    }


def picked(study: Study) -> dict[str, Behind]:
    """The same by what the figure calls a cell."""
    return {"\n".join(key): item for key, item in _by_cell(study).items()}


def agreement(study: Study) -> Opens:
    """What opens in the table `rating_agreement`: the talk of the cells that two or more raters rated."""
    talk, cells = _talk(study), study.rating_cells()
    compared = [key for key, cell in cells.items() if len(cell.ratings) >= ENOUGH_RATERS]
    ids = tuple(dict.fromkeys(segment_id for key in compared for segment_id in talk.get(key, ())))
    parts = study.rating_agreement()
    if not ids or not parts:
        return {}
    table = rating_tables.agreement_table(parts, study.rating_options().by)
    behind = Behind(title="Talk of the cells that were compared", segment_ids=ids)
    return {(row, CELLS): behind for row in range(len(table.rows))}


def _by_cell(study: Study) -> dict[Key, Behind]:
    names = {item.key: item.name for item in study.constructs()}
    cases, rated = {case.id: case.name for case in study.rated_cases()}, study.rating_cells()
    return {
        key: Behind(title=f"{names[key[0]]}, {cases[key[1]]}", segment_ids=ids)
        for key, ids in _talk(study).items()
        if key in rated
    }


def _talk(study: Study) -> dict[Key, tuple[str, ...]]:
    return {key: tuple(segment.id for segment, _ in said) for key, said in study.rated_talk().items()}
