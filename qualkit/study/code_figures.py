"""The figures of codes and themes: constructs for and against, codes together, agreement by code, themes across groups."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qualkit.stages import construct_counts, cooccurrence
from qualkit.stages.tables import members
from qualkit.study import across_tables, agreement_wording, paper_tables

if TYPE_CHECKING:
    from qualkit.figures.files import Figure
    from qualkit.figures.looks import Look
    from qualkit.study.figures import Draw
    from qualkit.study.study import Study

NAMES = {
    "constructs_diverging": "Barriers and facilitators by construct",
    "code_cooccurrence": "Codes that are met together",
    "agreement_forest": "Intercoder agreement by code",
}
"""Stems of the figures that any study may have, and what they are called."""

FOREST_NOTE = (
    "Lines at .667 and .80 are conventions of the field (Krippendorff), no verdict: read each point with its interval. "
    "Present: on how many of the segments judged by two or more each coder gave the code, and the share of all judgements. "
    "Kappa and alpha fall where a code is rare or nearly everywhere, AC1 does not."
)


def of_codes(study: Study) -> dict[str, Draw]:
    """What draws each figure there is something for, by the stem of its files."""
    drawn: dict[str, Draw] = {}
    if study.construct_counts():
        drawn["constructs_diverging"] = partial(_constructs, study)
        if len(study.cooccurrence().codes) > 1:
            drawn["code_cooccurrence"] = partial(_cooccurrence, study)
        if study.theme_rows():
            stems = across_tables.stems(study.theme_kinds(), "themes_by_")
            drawn |= {stem: partial(_themes, study, kind) for kind, stem in stems.items()}
    if any(len(said) > 1 for said in study.votes().values()):
        drawn["agreement_forest"] = partial(_forest, study)
    return drawn


def _constructs(study: Study, look: Look | None = None) -> Figure:
    from qualkit.figures.constructs import diverging
    from qualkit.figures.files import Figure
    from qualkit.figures.looks import LIGHT

    corpus, counts = study.corpus(), study.construct_counts()
    chart = diverging(counts, n_people=len(members(corpus)), n_groups=len(corpus.transcripts), look=look or LIGHT)
    below = paper_tables.options_of(study, {}).suppress_below
    notes = (*construct_counts.notes(counts, corpus, below), study.basis_note())
    return Figure(title="Barriers and facilitators by construct", notes=notes, chart=chart)


def _cooccurrence(study: Study, look: Look | None = None) -> Figure:
    from qualkit.figures.cooccurrence import matrix
    from qualkit.figures.files import Figure
    from qualkit.figures.looks import LIGHT

    found = study.cooccurrence()
    about = "A cell has the number of segments with both codes; on the diagonal, framed, all segments with the code."
    notes = (about, *cooccurrence.notes(found), study.basis_note())
    return Figure(title="Codes that are met together", notes=notes, chart=matrix(found, look or LIGHT))


def _forest(study: Study, look: Look | None = None) -> Figure:
    from qualkit.figures.files import Figure
    from qualkit.figures.forest import forest
    from qualkit.figures.looks import LIGHT

    results, book = study.told_agreement(), study.codebook()
    names = {key: code.name for key, code in book.by_key.items()}
    notes = (FOREST_NOTE, *agreement_wording.interval_notes(results))
    return Figure(title="Intercoder agreement by code", notes=notes, chart=forest(results, names, look or LIGHT))


def _themes(study: Study, kind: str, look: Look | None = None) -> Figure:
    from qualkit.figures.files import Figure
    from qualkit.figures.looks import LIGHT
    from qualkit.figures.theme_heat import heat

    grid = study.theme_grid(kind)
    return Figure(title=f"Themes by {grid.title}", notes=grid.notes, chart=heat(grid, look or LIGHT))
