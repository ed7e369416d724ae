"""What all commands share: the program, where the study is, and how a table is shown in a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from qualkit import __version__
from qualkit.errors import StoppedError

if TYPE_CHECKING:
    from qualkit.model import Table
    from qualkit.study import Study


class _Commands(TyperGroup):
    """All commands; one that is stopped by hand says what became of its work."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise StoppedError("Stopped. What was finished is kept; the same command goes on from there.") from error


app = typer.Typer(
    name="qualkit",
    cls=_Commands,
    help="From focus-group recordings to a theme table, offline.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
codebook_app = typer.Typer(help="Check, compare and change codebooks.", no_args_is_help=True)
app.add_typer(codebook_app, name="codebook")
round_app = typer.Typer(help="Open, close and reveal rounds of coding.", no_args_is_help=True)
app.add_typer(round_app, name="round")
voices_app = typer.Typer(help="Enrol voices, so that `transcribe --name-voices` names them; forget them.", no_args_is_help=True)
app.add_typer(voices_app, name="voices")

StudyPath = Annotated[Path, typer.Option("--study", "-s", help="The study's folder.")]


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"qualkit {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback when something goes wrong.")] = False,
) -> None:
    """From focus-group recordings to a theme table, offline."""


def open_study(path: Path) -> Study:
    """The study in a folder. Raises `StudyError` if it is none."""
    from qualkit.study import Study

    return Study.open(path)


def show(study: Study, name: str, columns: tuple[int, ...]) -> None:
    """Print some columns of a table of the study, by their places."""
    table = study.tables().get(name)
    if table is not None:
        draw(table, columns)


def draw(table: Table, columns: tuple[int, ...] | None = None) -> None:
    """Print a table, or some of its columns by their places; what stands over a column comes before its name."""
    from rich.console import Console
    from rich.table import Table as Drawn

    from qualkit.exporters.printed import shown

    drawn = Drawn(box=None, pad_edge=False)
    places = columns or tuple(range(len(table.columns)))
    over = {at: item.text for item in table.spanners for at in range(item.first, item.last + 1)}
    for index in places:
        is_number = any(isinstance(row[index], int | float) for row in table.rows)
        justify: Any = "right" if is_number else "left"
        name = "\n".join(filter(None, (over.get(index), table.columns[index].replace("_", " "))))
        drawn.add_column(name, justify=justify, no_wrap=index == places[0])
    for row in table.rows:
        drawn.add_row(*(shown(row[index], table.format_of(index)) for index in places))
    Console().print(drawn)
