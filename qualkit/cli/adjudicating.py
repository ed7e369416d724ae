"""Commands about deciding: many cases at once, and what decisions found wanting in the codebook."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Optional

import typer

from qualkit.cli.base import StudyPath, app, codebook_app, open_study
from qualkit.errors import BlindnessError
from qualkit.wording import counted, first_line


@app.command()
def accept(
    by: Annotated[str, typer.Option("--as", "--by", help="Who decides.")],
    at_least: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            help="Decide disputed cases as at least so many coders say, absence included.", show_default="what all coders say"
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be decided.")] = False,
    study: StudyPath = Path(),
) -> None:
    """Decide many cases in one act: those on which all coders agree, or by a rule; decided ones are left as they are."""
    from qualkit.model import new_id

    opened = open_study(study)
    seat = opened.seat(by)
    if not seat.may_see_results():
        raise BlindnessError(f"{by} codes blind and so cannot decide for all; study.toml names those who adjudicate.")
    proposals = seat.proposals(at_least)
    n = len(proposals) if dry_run else seat.accept(proposals, at_least=at_least, client_id=new_id())
    typer.echo(f"{by}: {counted(n, 'case')} {'would be ' if dry_run else ''}decided")
    counts = Counter((item.case.code_key, item.vote or "absent") for item in proposals)
    for (code_key, vote), number in sorted(counts.items()):
        typer.echo(f"  {code_key}, {vote}: {number}")


@codebook_app.command(name="gaps")
def codebook_gaps(study: StudyPath = Path()) -> None:
    """Show the codes that adjudicators found wanting, with the segments they decided, until the code is changed."""
    opened = open_study(study)
    found, segments = opened.codebook_gaps(), opened.corpus().segments
    if not found:
        typer.echo("No decision waits for a change of the codebook.")
    for gap in found:
        typer.echo(f"{gap.code_key}: {counted(len(gap.decisions), 'decision')}")
        for decision in gap.decisions:
            said = segments.get(decision.segment_id)
            note = f"  ({decision.note})" if decision.note else ""
            typer.echo(f"  {decision.segment_id}  {first_line(said.text, 70) if said else 'a segment that is gone'}{note}")
