"""Figures for the paper: what there is, or one of them as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from qualkit.cli.base import StudyPath, app, open_study


@app.command()
def figure(
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(help="Which figure; without one, they are listed.", show_default=False),
    ] = None,
    to: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="The file to write: .svg, .png or .html.", show_default="NAME.svg"),
    ] = None,
    study: StudyPath = Path(),
) -> None:
    """Draw a figure into a file: SVG or PNG for print, HTML in which marks can be pointed at."""
    from qualkit.study import figures

    opened = open_study(study)
    if name is None:
        for stem in opened.figures():
            typer.echo(f"  {stem:<24}{figures.name_of(stem)}")
        return
    path = to or Path(f"{name}.svg")
    path.write_bytes(opened.figure_file(name, path.suffix))
    typer.echo(str(path))
