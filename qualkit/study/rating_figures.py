"""The matrix of ratings as a figure for the paper."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qualkit.stages import rating_matrix
from qualkit.study import rating_tables

if TYPE_CHECKING:
    from qualkit.figures.files import Figure
    from qualkit.figures.looks import Look
    from qualkit.study.figures import Draw
    from qualkit.study.study import Study

NAMES = {"rating_matrix": "Ratings of constructs"}
"""Stems of the figures of ratings, and what they are called."""


def of_ratings(study: Study) -> dict[str, Draw]:
    """What draws each figure there is something for, by the stem of its files."""
    return {"rating_matrix": partial(_matrix, study)} if study.rating_cells() else {}


def print_of(study: Study) -> list[object]:
    """What the figures show; nothing while nobody has rated."""
    cells = sorted(study.rating_cells().items())
    return [cells, study.constructs(), study.rated_cases(), study.rating_options()] if cells else []


def _matrix(study: Study, look: Look | None = None) -> Figure:
    from qualkit.figures.files import Figure
    from qualkit.figures.looks import LIGHT
    from qualkit.figures.ratings import matrix

    table, cells = rating_tables.matrix(study), study.rating_cells()
    marks = {key: rating_matrix.mark(cell) for key, cell in cells.items()}
    chart = matrix(study.constructs(), study.rated_cases(), cells, marks, look or LIGHT)
    return Figure(title=table.title, notes=table.notes[: rating_matrix.N_GENERAL], chart=chart)
