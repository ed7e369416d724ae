"""Commands that tell where a study stands: every transcript in every stage, and where the study lies and who can get at it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qualkit.cli.base import StudyPath, app, open_study
from qualkit.plain import as_plain
from qualkit.stages import STAGES
from qualkit.wording import counted, first_line, sized

if TYPE_CHECKING:
    from qualkit.study import Study
    from qualkit.study.standing import Share, TranscriptStanding


@app.command()
def status(
    study: StudyPath = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON, for a script.")] = False,
) -> None:
    """Show what the study holds, and where every transcript and every stage stands."""
    opened = open_study(study)
    rows = opened.standing()
    if as_json:
        typer.echo(json.dumps({"title": opened.info.title, "transcripts": as_plain(rows)}, indent=2, ensure_ascii=False))
        return
    n_segments = sum(row.n_segments for row in rows)
    held = f"{counted(len(opened.transcripts()), 'transcript')}, {counted(n_segments, 'segment')} to be coded"
    typer.echo(f"{opened.info.title}: {held}")
    if rows:
        _draw(rows)
    runs = opened.runs()
    for stage in STAGES:
        run = runs.get(stage)
        typer.echo(f"  {stage:<11}" + (f"{run.summary}  ({run.ended_at:%Y-%m-%d %H:%M} UTC)" if run else "not run yet"))
    judged = {name: sum(row.judged[name].n for row in rows if name in row.judged) for row in rows for name in row.judged}
    for name, n_judged in judged.items():
        typer.echo(f"  {'coder':<11}{name}: {counted(n_judged, 'segment')} judged")


def _draw(rows: list[TranscriptStanding]) -> None:
    from rich.console import Console
    from rich.table import Column, Table

    coders = list(dict.fromkeys(name for row in rows for name in row.judged))
    numbers = ("Turns", "Segm.", "Sugg.", "Topics", *coders, "Decided", "Themes")
    drawn = Table(
        Column("Transcript", no_wrap=True),
        "Heard",
        *(Column(name, justify="right") for name in numbers),
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for row in rows:
        shares = (row.suggested, row.in_topics, *(row.judged.get(name) for name in coders), row.adjudicated, row.in_themes)
        drawn.add_row(
            first_line(row.label, 24), row.heard, str(row.n_turns or ""), str(row.n_segments or ""), *map(_told, shares)
        )
    Console().print(drawn)


def _told(share: Share | None) -> str:
    return "" if share is None else f"{share.part:.0%}"


@app.command()
def doctor(study: StudyPath = Path()) -> None:
    """Look at where the study lies, who can read it and what leaves this machine; ends with 1 if there is something to do."""
    from qualkit.study import storage
    from qualkit.ui import launch

    opened = open_study(study)
    found = storage.remarks(opened, log_fault=opened.verify(), app=launch.reach())
    for remark in found:
        typer.echo(f"  {remark.finding:<10}{remark.about}: {remark.said}")
    typer.echo("  " + _sizes(opened))
    if any(remark.finding is storage.Finding.BAD for remark in found):
        raise typer.Exit(1)


def _sizes(study: Study) -> str:
    from qualkit.study import storage

    return f"{'sizes':<10}" + ", ".join(f"{name} {sized(size)}" for name, size in storage.sizes(study).items())
