"""Commands that look closer at agreement: in parts of the data, why it is low on a code, and how much more to code twice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qualkit.cli.base import StudyPath, app, draw, open_study
from qualkit.errors import StudyError

if TYPE_CHECKING:
    from qualkit.model import PartAgreement
    from qualkit.study import Study


Now = Annotated[bool, typer.Option("--now", help="Judgements as they stand now, not as they were made blind.")]


@app.command()
def why(
    code: Annotated[str, typer.Argument(help="The key of a code.")],
    valence: Annotated[
        bool, typer.Option("--valence", help="Compare facilitator, barrier and mixed, not presence alone.")
    ] = False,
    now: Now = False,
    study: StudyPath = Path(),
) -> None:
    """Show why coders agree on a code as far as they do: its table, what that shows, and the segments that divide them."""
    from qualkit.study import agreement_advice, agreement_wording

    opened = open_study(study)
    found = opened.diagnosis(code, is_now=now, valence=valence)
    for line in (*agreement_advice.diagnosis_lines(opened, found), *agreement_wording.told_notes(opened, is_now=now)):
        typer.echo(line)


@app.command(name="agree-by")
def agree_by(
    by: Annotated[str, typer.Argument(help="coder, time, or the name of a machine coder.")] = "coder",
    code: Annotated[str, typer.Option(help="The key of a code; not with time.", show_default="all, pooled")] = "",
    parts: Annotated[int, typer.Option(help="With time: how many parts, of as many segments each.")] = 4,
    now: Now = False,
    study: StudyPath = Path(),
) -> None:
    """Show agreement of each two coders, as time goes by, or of people with a machine beside people among themselves."""
    from qualkit.study import agreement_tables, agreement_wording

    if by == "time" and code:
        raise StudyError("Agreement as time goes by is of all codes, pooled: leave --code out, or ask  qualkit agree-by coder")
    opened = open_study(study)
    found = _parts(opened, by, code or None, parts, is_now=now)
    if not any(part.agreement[0].n_units for part in found):
        typer.echo("No segment was judged by two people, so there is no agreement to tell.")
        return
    notes = agreement_wording.told_notes(opened, is_now=now)
    table = agreement_tables.parts_table(found, title=f"Agreement by {by}", notes=notes)
    draw(table, columns=(0, 1, 2, 3, 4, 5, 7))
    for note in table.notes:
        typer.echo(note)


def _parts(study: Study, by: str, code: str | None, n_parts: int, *, is_now: bool) -> list[PartAgreement]:
    if by == "coder":
        return study.agreement_by_pair(code, is_now=is_now)
    if by == "time":
        return study.agreement_over_time(n_parts, is_now=is_now)
    return list(study.agreement_with_machine(by, code, is_now=is_now))


@app.command(name="double")
def double_(
    margin: Annotated[float | None, typer.Option(help="How far the interval of kappa may reach to either side.")] = None,
    kappa: Annotated[float | None, typer.Option(help="The kappa to expect where hardly anything was coded twice.")] = None,
    study: StudyPath = Path(),
) -> None:
    """Plan how much two people must code, for the interval of each code's kappa to be as narrow as you want."""
    from qualkit.study import agreement_advice

    given = {"margin": margin, "kappa": kappa}
    opened = open_study(study)
    plan = opened.double_plan(**{name: value for name, value in given.items() if value is not None})
    table = agreement_advice.double_plan_table(plan, opened.codebook())
    draw(table, columns=(0, 1, 2, 3, 4, 5))
    for line in (*table.notes, agreement_advice.double_plan_advice(plan)):
        typer.echo(line)
