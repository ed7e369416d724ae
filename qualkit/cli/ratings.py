"""Commands about ratings: rate a construct in a group or at a site, record what raters agreed on, and see the matrix."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qualkit.cli.base import StudyPath, app, draw, open_study
from qualkit.errors import StudyError, nearest

if TYPE_CHECKING:
    from qualkit.model import RatedCase, RatingValue
    from qualkit.study import Study
    from qualkit.study.rating import Rater
    from qualkit.study.rating_views import Comparison


@app.command(context_settings={"ignore_unknown_options": True})
def rate(
    construct: Annotated[str, typer.Argument(help="Key of a construct, as `qualkit ratings` shows it.")],
    case: Annotated[str, typer.Argument(help="The group's label, as its file is called, or the site.")],
    value: Annotated[str, typer.Argument(help="-2, -1, 0, 1, 2, X for mixed, M for missing.")] = "",
    *,
    by: Annotated[str, typer.Option("--as", "--by", help="Who rates.")],
    why: Annotated[str, typer.Option(help="Why.")] = "",
    concrete: Annotated[
        list[str] | None, typer.Option(help="Id of a segment with a concrete example; may be repeated.")
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Show everybody's ratings and what the rule proposes; yours then stands.")
    ] = False,
    consensus: Annotated[bool, typer.Option("--consensus", help="This is what the raters agreed on.")] = False,
    study: StudyPath = Path(),
) -> None:
    """Rate a construct in a group by yourself; then compare with the others; then record what you agreed on."""
    opened = open_study(study)
    rater, where = opened.seat(by).rater, _case(opened, case)
    if compare:
        _tell(rater.compare(construct, where.id))
    elif consensus:
        agreed = rater.agree(construct, where.id, _value(value), why)
        typer.echo(f"{construct}, {where.label}: agreed on {agreed.value.sign}, recorded by {by}.")
    else:
        made = rater.rate(construct, where.id, _value(value), why, concrete=concrete or ())
        typer.echo(f"{construct}, {where.label}: {made.value.sign}, says {by}.")


def _tell(found: Comparison) -> None:
    """A line for each rating, for what was agreed on, and for the proposal."""
    for rating in found.ratings:
        typer.echo(f"  {found.raters[rating.coder_id]}: {rating.value.sign}  {rating.reason}")
    if (agreed := found.consensus) is not None:
        who = f"{found.raters[agreed.coder_id]}, {agreed.made_at:%Y-%m-%d}"
        typer.echo(f"  agreed on: {agreed.value.sign}  {agreed.reason} ({who})")
    proposal = found.proposal
    typer.echo(f"  the rule proposes: {proposal.value.sign}  {proposal.why} {proposal.wanting}".rstrip())


@app.command()
def ratings(
    *,
    by: Annotated[str, typer.Option("--as", "--by", help="Only what this person may see: their own, till they compare.")] = "",
    study: StudyPath = Path(),
) -> None:
    """Show constructs by groups as they were rated, what is left, and how far raters agree."""
    opened = open_study(study)
    if by:
        _own(opened.seat(by).rater)
        return
    from qualkit.study import rating_tables

    if not opened.rating_cells():
        _what_there_is(opened)
        return
    matrix = rating_tables.matrix(opened)
    draw(matrix, columns=tuple(range(1, len(matrix.columns))))
    for note in matrix.notes:
        typer.echo(note)
    if parts := opened.rating_agreement():
        for item in parts[0].agreement:
            typer.echo(f"  {rating_tables.NAMES[item.measure]}: {rating_tables.told(item)}")
        typer.echo(rating_tables.agreement_notes(parts, opened.rating_options().by)[0])


def _own(rater: Rater) -> None:
    """A line a construct: this person's ratings, in the order of the cases, and how many are left."""
    mine, cases, constructs = rater.mine(), rater.cases(), rater.constructs()
    for construct in constructs:
        told = [
            f"{case.label} {mine[construct.key, case.id].value.sign if (construct.key, case.id) in mine else '–'}"
            for case in cases
        ]
        typer.echo(f"  {construct.key}: {', '.join(told)}")
    typer.echo(f"{len(mine)} of {len(constructs) * len(cases)} cells rated.")


def _what_there_is(study: Study) -> None:
    cases = study.rated_cases()
    for construct in study.constructs():
        typer.echo(f"  {construct.key}  ({construct.name})")
    typer.echo(f"Nothing is rated yet; there are {', '.join(case.label for case in cases) or 'no groups yet'}. Rate with")
    typer.echo('  qualkit rate CONSTRUCT CASE VALUE --as NAME --why "..."')


def _case(study: Study, said: str) -> RatedCase:
    cases = study.rated_cases()
    found = next((case for case in cases if said in (case.label, case.name, case.id)), None)
    if found is None:
        labels = [case.label for case in cases]
        near = nearest(said, tuple(labels))
        raise StudyError(
            f"There is no {said!r} to rate. " + (f"Did you mean {near!r}?" if near else f"There are {', '.join(labels)}.")
        )
    return found


def _value(said: str) -> RatingValue:
    from qualkit.model import RatingValue

    if not said.strip():
        raise StudyError("Say how you rate it: -2, -1, 0, +1, +2, X (mixed) or M (missing).")
    plain = said.strip().replace("−", "-").upper()
    known = {value.value: value for value in RatingValue} | {
        "1": RatingValue.FACILITATOR,
        "2": RatingValue.STRONG_FACILITATOR,
        "MIXED": RatingValue.MIXED,
        "MISSING": RatingValue.MISSING,
    }
    if plain not in known:
        raise StudyError(f"{said!r} is no rating; there are -2, -1, 0, +1, +2, X (mixed) and M (missing).")
    return known[plain]
