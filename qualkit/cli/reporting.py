"""Commands about what a study reports of itself: checklists, the methods, and one page with everything."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from qualkit.cli.base import StudyPath, app, open_study


@app.command()
def report(
    to: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            help="The file to write: .html has everything, .md or .docx the methods and what machines did.",
            show_default="report.html in exports/",
        ),
    ] = None,
    study: StudyPath = Path(),
) -> None:
    """Write one page with methods, tables, figures and checklists, or the methods alone."""
    opened = open_study(study)
    path = to or opened.folder.exports / "report.html"
    opened.write_report(path)
    typer.echo(f"{path}")


@app.command()
def checklist(
    name: Annotated[str, typer.Argument(help="coreq or srqr.")],
    to: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="The file to write; its suffix says the format. Without one, it is shown.", show_default=False),
    ] = None,
    study: StudyPath = Path(),
) -> None:
    """Show how far the record answers a reporting checklist, item by item, or write it into a file."""
    from qualkit.study import report_files, reports

    reports.need_checklist(name)
    opened = open_study(study)
    made = opened.checklists()[name]
    if to is not None:
        report_files.write_checklist(opened, made, to)
        typer.echo(f"{to}: {reports.progress_told(made)}")
        return
    for line in reports.lines(made):
        typer.echo(line)
    typer.echo(reports.progress_told(made))
