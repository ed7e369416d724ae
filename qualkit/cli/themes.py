"""Commands about themes as an author writes them: what stands, a new one or a newer one, quotes, order, withdrawal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from qualkit.cli.base import StudyPath, app, open_study
from qualkit.errors import StudyError, nearest
from qualkit.wording import counted

if TYPE_CHECKING:
    from qualkit.model import Theme
    from qualkit.study.authoring import Authoring, ThemeStanding

theme_app = typer.Typer(help="Write, order and withdraw themes; `qualkit themes` counts them.", no_args_is_help=True)
app.add_typer(theme_app, name="theme")

By = Annotated[str, typer.Option("--as", "--by", help="Who the author is.")]
Name = Annotated[str, typer.Argument(help="Name of the theme.")]
Many = Optional[list[str]]  # noqa: UP045


@theme_app.command(name="list")
def list_(study: StudyPath = Path()) -> None:
    """Show every theme, written or proposed, who carries it, and what speaks against its breadth."""
    for item in open_study(study).theme_standings():
        kind = "written" if item.is_written else "proposed"
        typer.echo(f"{item.theme.domain or 'Themes'}: {item.theme.name}  ({kind}, {_carried(item)})")
        for flag in item.carried.flags:
            typer.echo(f"  mind: {flag}")


def _carried(item: ThemeStanding) -> str:
    carried = item.carried
    return (
        f"{counted(carried.n_segments, 'segment')}, {carried.n_groups} of {carried.of_groups} groups, "
        f"{carried.n_participants} of {carried.of_participants} participants"
    )


@theme_app.command()
def write(  # noqa: PLR0917 - typer gives them by name
    name: Name,
    by: By,
    claim: Annotated[str, typer.Option(help="What was found, in a sentence or two.")] = "",
    domain: Annotated[str, typer.Option(help="Heading in the table.")] = "",
    code: Annotated[Many, typer.Option(help="Key of a code it rests on; may be repeated.")] = None,
    topic: Annotated[Many, typer.Option(help="Id of a topic it rests on; may be repeated.")] = None,
    quote: Annotated[Many, typer.Option(help="Id of a segment to quote, in order; may be repeated.")] = None,
    study: StudyPath = Path(),
) -> None:
    """Write a theme down; one of that name is superseded, and what is not said again stays as it was."""
    from qualkit.study import new_theme

    authoring = open_study(study).seat(by).authoring
    known = next((item.theme for item in authoring.standings() if item.is_written and item.theme.name == name), None)
    theme = known or new_theme(name, claim, domain, code or (), topic or ())
    theme = replace(
        theme,
        claim=claim or theme.claim,
        domain=domain or theme.domain,
        code_keys=tuple(code or theme.code_keys),
        topic_ids=tuple(topic or theme.topic_ids),
    )
    made = authoring.write(theme)
    if quote:
        made = authoring.quote(made.id, quote, seen=made.version)
    typer.echo(f"{made.name}: version {made.version} kept")


@theme_app.command()
def order(
    names: Annotated[list[str], typer.Argument(help="All written themes, in order.")], by: By, study: StudyPath = Path()
) -> None:
    """Have the written themes stand in this order."""
    authoring = open_study(study).seat(by).authoring
    authoring.order([_written(authoring, name).id for name in names])
    typer.echo(f"In this order now: {', '.join(names)}")


@theme_app.command()
def withdraw(name: Name, by: By, study: StudyPath = Path()) -> None:
    """Take a theme out of the table; it stays on file."""
    authoring = open_study(study).seat(by).authoring
    known = _written(authoring, name)
    authoring.withdraw(known.id, seen=known.version)
    typer.echo(f"{name} is withdrawn and stays on file.")


def _written(authoring: Authoring, name: str) -> Theme:
    written = {item.theme.name: item.theme for item in authoring.standings() if item.is_written}
    if name not in written:
        near = nearest(name, list(written))
        raise StudyError(f"Nobody wrote a theme {name!r}." + (f" Did you mean {near!r}?" if near else ""))
    return written[name]
