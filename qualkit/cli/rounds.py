"""Commands about rounds of coding: which there were and how far coders agreed, opening and ending one, and who codes what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qualkit.cli.base import StudyPath, app, open_study, round_app
from qualkit.errors import StudyError
from qualkit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qualkit.model import Agreement, Round, RoundAgreement
    from qualkit.study import Study

SHOWN = ("percent", "kappa", "alpha", "ac1")


@app.command()
def rounds(study: StudyPath = Path()) -> None:
    """Show the rounds of coding, and how far coders agreed in each: in all, and where they were blind to each other."""
    opened = open_study(study)
    if not opened.rounds():
        raise StudyError("There is no round yet: the first is opened when somebody codes, or with  qualkit round open")
    for item in opened.ledger():
        for line in _told(item):
            typer.echo(line)


def _told(item: RoundAgreement) -> list[str]:
    who = ", ".join(item.coders) or "nobody yet"
    version = f"; codebook version {item.codebook_number}" if item.codebook_number else ""
    return [
        f"{_named(item.round)}, opened {item.round.opened_at:%Y-%m-%d}{version}; coded by {who}",
        f"  {counted(item.n_segments, 'segment')} judged by two or more: {_figures(item.agreement)}",
        f"  {counted(item.n_blind, 'segment')} of them judged blind: {_figures(item.blind)}",
    ]


def _figures(found: Sequence[Agreement]) -> str:
    from qualkit.study.agreement_wording import ends

    shown = (item for item in found if item.measure in SHOWN and item.value is not None)
    said = [
        f"{item.measure} {item.value:.3f}" + (f" ({ends(item.interval)})" if item.interval is not None else "")
        for item in shown
    ]
    return ", ".join(said) or "no coefficient"


def _named(round_: Round) -> str:
    about = f" of {counted(len(round_.segment_ids), 'segment')}" if round_.segment_ids else ""
    return f"Round {round_.number}: {round_.purpose}{about}, {round_.state}"


@round_app.command("open")
def open_(
    purpose: Annotated[str, typer.Option("--for", help="independent, re-code or consensus.", show_default="re-code")] = "",
    on: Annotated[str, typer.Option(help="all, disputed or sample: which segments the round is about.")] = "all",
    segment: Annotated[
        list[str] | None, typer.Option(help="Instead: the id of a segment that it is about; may be repeated.")
    ] = None,
    blind: Annotated[
        bool | None, typer.Option("--blind/--not-blind", help="Whether coders are kept from each other's codes.")
    ] = None,
    study: StudyPath = Path(),
) -> None:
    """Open the next round of coding; the one before is closed with it."""
    from qualkit.model import Purpose

    if purpose and purpose not in set(Purpose):
        raise StudyError(f"A round is for {', '.join(Purpose)}, and not for {purpose!r}.")
    made = open_study(study).open_round(purpose=Purpose(purpose) if purpose else None, on=segment or on, blind=blind)
    typer.echo(f"{_named(made)}.")


@round_app.command("close")
def close(study: StudyPath = Path()) -> None:
    """Have nobody judge in the round any more."""
    typer.echo(f"{_named(open_study(study).close_round())}.")


@round_app.command("reveal")
def reveal(
    also: Annotated[bool, typer.Option("--close", help="Close it, too.")] = False,
    study: StudyPath = Path(),
) -> None:
    """End blind coding: from now on everybody may see all codes."""
    opened = open_study(study)
    opened.reveal(close=also)
    typer.echo(f"{_named(opened.rounds()[-1])}: coders now see each other's codes.")


@app.command()
def plan(
    share: Annotated[float, typer.Option(help="Share of the segments of every transcript that everybody codes.")] = 0.2,
    seed: Annotated[
        int | None, typer.Option(help="Deals the same segments out again.", show_default="by chance, and kept")
    ] = None,
    coder: Annotated[
        list[str] | None, typer.Option(help="Somebody who codes; give it once for each.", show_default="everybody who codes")
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="Only show the plan in force.")] = False,
    study: StudyPath = Path(),
) -> None:
    """Deal out who codes what: a share to everybody, to measure agreement on, the rest in stretches of the talk."""
    opened = open_study(study)
    if not show:
        opened.make_plan(share, seed, coder)
    _show_plan(opened)


def _show_plan(study: Study) -> None:
    from rich.console import Console
    from rich.table import Column, Table

    from qualkit.study import plans

    found = study.plan()
    if found is None:
        raise StudyError("There is no plan: everybody codes everything. Make one with  qualkit plan")
    for sentence in plans.in_words(study, found):
        typer.echo(sentence)
    columns, rows = plans.shares(study, found)
    drawn = Table(columns[0], *(Column(name, justify="right") for name in columns[1:]), box=None, pad_edge=False)
    for row in rows:
        drawn.add_row(*row)
    Console().print(drawn)
