"""Commands about the participants' voices: who said how much, who carries each theme, and who answered whom."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Optional

import typer

from qualkit.cli.base import StudyPath, app, draw, open_study
from qualkit.errors import StudyError


class Kind(StrEnum):
    """How a segment answers another, in a word."""

    AGREES = "agrees"
    BUILDS_ON = "builds-on"
    QUALIFIES = "qualifies"
    CHALLENGES = "challenges"
    NOT = "not"


@app.command()
def balance(
    one_voice: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(help="Remark on themes of which one person has more than this share of the segments.", show_default="0.4"),
    ] = None,
    study: StudyPath = Path(),
) -> None:
    """Show how the talk was shared in each group, and who carries each theme."""
    from qualkit.stages import talk_share

    opened = open_study(study)
    shared = talk_share.balance_table(opened.talk_shares())
    carried = opened.theme_carriers({"one_voice": one_voice})
    draw(shared, tuple(range(len(shared.columns))))
    _say(shared.notes)
    if carried.rows:
        draw(carried, (1, 2, 4, 5, 6))
        _say(f"mind: {row[1]}: {row[-1]}" for row in carried.rows if row[-1])
        _say(carried.notes)


def _say(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        typer.echo(sentence)


@app.command()
def respond(
    segment_id: Annotated[str, typer.Argument(help="Id of the segment that answers, as the table coded_segments has it.")],
    to_segment_id: Annotated[str, typer.Argument(help="Id of the earlier segment of the same group that it answers.")],
    kind: Annotated[Kind, typer.Argument(help="How it answers; `not` takes back what was recorded.")],
    *,
    by: Annotated[str, typer.Option("--as", help="Who read it so.")],
    study: StudyPath = Path(),
) -> None:
    """Record how a segment answers an earlier one of its group; `qualkit table responses` lists what was recorded."""
    from qualkit.model import ResponseKind

    desk = open_study(study).seat(by).responses
    pair = (segment_id, to_segment_id)
    if kind is not Kind.NOT:
        made = desk.record(*pair, ResponseKind[kind.name])
        typer.echo(f"Recorded: the segment {made.kind.value} the earlier one.")
        return
    known = next((item for item in desk.in_force() if (item.segment_id, item.to_segment_id) == pair), None)
    if known is None:
        raise StudyError("Nobody has recorded a response between these two segments.")
    desk.withdraw(known.id)
    typer.echo("Taken back; it stays on file.")
