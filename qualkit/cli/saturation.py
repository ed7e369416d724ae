"""The command about saturation: whether further groups still bring new codes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from qualkit.cli.base import StudyPath, app, draw, open_study

_SHOWN = (1, 4, 5, 6, 7, 8, 9)
"""Columns of the table of groups: what was new, how many so far, and over orders."""

Sizes = Optional[list[int]]  # noqa: UP045


@app.command()
def saturation(
    level: Annotated[str, typer.Option(help="Level of the codebook: code, level-1 (the top), level-2 ..., domain.")] = "code",
    by: Annotated[str, typer.Option(help="A kind of strata, such as site, or a column of participants.csv.")] = "",
    *,
    valence: Annotated[bool, typer.Option("--valence", help="Count a code once as facilitator and once as barrier.")] = False,
    base: Annotated[Sizes, typer.Option(help="Base size; may be repeated.", show_default="those that fit")] = None,
    run: Annotated[Sizes, typer.Option(help="Run length; may be repeated.", show_default="those that fit")] = None,
    threshold: Annotated[
        Optional[list[float]],  # noqa: UP045
        typer.Option(help="Share of new codes that counts as none, 0 to 1; may be repeated.", show_default="0.05 and 0"),
    ] = None,
    study: StudyPath = Path(),
) -> None:
    """Show what each group brought that was new, and whether saturation was reached by base, run and threshold."""
    from qualkit.stages import saturation_tables

    opened = open_study(study)
    given = {"bases": base or None, "runs": run or None, "thresholds": threshold or None}
    items = opened.saturation(level, with_valence=valence, by=by or None, **given)
    accumulation, assessments = saturation_tables.accumulation(items), saturation_tables.assessments(items)
    draw(accumulation, columns=(*([0] if by else []), *_SHOWN))
    typer.echo()
    if assessments.rows:
        draw(assessments, columns=tuple(range(len(assessments.columns))))
        typer.echo()
    for item in items:
        typer.echo(f"{item.name}: {' '.join(saturation_tables.verdict(item))}")
    for note in (*accumulation.notes, *assessments.notes, *opened.saturation_notes(items)):
        typer.echo(note)
