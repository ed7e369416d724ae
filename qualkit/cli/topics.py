"""Commands about topics: what the codebook misses, what becomes of a topic, what is to be read again, and who sees them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qualkit.cli.base import StudyPath, app, open_study, show
from qualkit.errors import StudyError

if TYPE_CHECKING:
    from qualkit.model import TopicDecision
    from qualkit.study import Study


def _draw(columns: list[Any], rows: list[tuple[str | int, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table

    drawn = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        drawn.add_row(*map(str, row))
    Console().print(drawn)


@app.command()
def gaps(study: StudyPath = Path()) -> None:
    """Show what the codebook does not cover: topics without a code, and codes that no topic meets, that split or merge."""
    from rich.table import Column

    from qualkit.stages.code_gaps import CodeFinding
    from qualkit.study import topic_tables

    opened = open_study(study)
    report, names = opened.gaps(), {key: code.name for key, code in opened.codebook().by_key.items()}
    if not report.topics and report.outliers is None:
        raise StudyError("There are no topics yet; find them with  qualkit topics")
    typer.echo(topic_tables.rests_on(report))
    typer.echo("Lacking: words without a code beyond what the topic would have if it were coded like the rest of the study.")
    numbers = [Column(name, justify="right", no_wrap=True) for name in ("Segm.", "People", "Groups", "Coded", "Lacking")]
    rows: list[tuple[str | int, ...]] = [
        (gap.topic.name, gap.n_segments, gap.n_participants, gap.n_groups, f"{gap.n_coded} of {gap.n_judged}",
         round(gap.lacking), gap.coverage.value, ", ".join(gap.topic.words[:3]))
        for gap in (*report.topics, *([report.outliers] if report.outliers else []))
    ]  # fmt: skip
    _draw([Column("Topic", no_wrap=True), *numbers, Column("Coverage", no_wrap=True), "Words"], rows)
    for gap in report.uncovered:
        typer.echo(f"  {gap.topic.name}, {gap.coverage}: {gap.why}")
    for topic in report.topics:
        for why in topic.concerns.values():
            typer.echo(f"  {topic.topic.name}: {why}")
    for code_gap in report.codes:
        if code_gap.finding is not CodeFinding.MET:
            typer.echo(f"  {names[code_gap.code_key]}, {code_gap.finding}: {code_gap.why}")
    for pair in report.merging:
        typer.echo(f"  {names[pair.left_key]} and {names[pair.right_key]} merge: {pair.why}")


@app.command()
def candidate(
    topic: Annotated[int, typer.Argument(help="Number of the topic, as `qualkit gaps` and `qualkit topics` show it.")],
    *,
    by: Annotated[str, typer.Option("--as", "--by", help="Who decides.")],
    name: Annotated[str, typer.Option(help="Make the topic a code of this name.")] = "",
    definition: Annotated[str, typer.Option(help="What the code means; drafted from the topic if left out.")] = "",
    parent: Annotated[str, typer.Option(help="Key of the code that the new one stands under.")] = "",
    valence: Annotated[
        list[str] | None,
        typer.Option(help="A valence the code may take: facilitator, barrier, mixed; may be repeated."),
    ] = None,
    join: Annotated[str, typer.Option(help="Instead: key of the code that the topic belongs to.")] = "",
    reject: Annotated[bool, typer.Option("--reject", help="Instead: nothing is to be made of the topic.")] = False,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    again: Annotated[bool, typer.Option("--again", help="Decide anew on a topic that was decided on.")] = False,
    study: StudyPath = Path(),
) -> None:
    """Decide on a topic: make it a code of the codebook, join it to one, or reject it."""
    opened = open_study(study)
    known = next((item for item in opened.topics() if item.number == topic - 1 >= 0), None)
    if known is None:
        raise StudyError(f"There is no topic {topic}; see  qualkit gaps")
    if (bool(name), bool(join), reject).count(True) != 1:
        raise StudyError("Say one of  --name NAME,  --join CODE  and  --reject.")
    hand = opened.seat(by).candidates
    standing = hand.decisions().get(known.id)
    if standing is not None and not again:
        raise StudyError(f"{known.name} was {_ruled(standing)} already; to decide anew, add  --again")
    seen = standing.id if standing else None
    if reject:
        hand.reject(known.id, note=note, seen=seen)
    elif join:
        hand.join(known.id, join, note=note, seen=seen)
    else:
        for near in hand.near_duplicates(known.id, name):
            typer.echo(f"  Mind the code {near.code_key}: {near.why}.")
        hand.promote(
            known.id, name=name, definition=definition or hand.draft(known.id, name).definition, parent=parent or None,
            valences=_valences(valence or ()), note=note, seen=seen,
        )  # fmt: skip
    typer.echo(f"{known.name} was {_ruled(hand.decisions()[known.id])}, by {by}.")
    _tell_debt(opened)


def _ruled(decision: TopicDecision) -> str:
    return decision.verdict + (f": {decision.code_key}" if decision.code_key else "")


def _valences(said: Iterable[str]) -> tuple[Any, ...]:
    from qualkit.model import Valence

    known = {item.value: item for item in Valence}
    for word in said:
        if word not in known:
            raise StudyError(f"{word!r} is no valence; there are {', '.join(known)}.")
    return tuple(known[word] for word in said)


@app.command()
def link(
    code: Annotated[str, typer.Argument(help="Key of a code.")],
    *,
    construct: Annotated[
        str, typer.Argument(help="Key of a construct of the framework; leave it out to see likely ones.")
    ] = "",
    why: Annotated[str, typer.Option(help="Why the code belongs to it.")] = "",
    by: Annotated[str, typer.Option("--as", "--by", help="Who says so.")] = "",
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take the link back.")] = False,
    study: StudyPath = Path(),
) -> None:
    """Tie a code to a construct of the framework, with the reason; without a construct, show likely ones."""
    opened = open_study(study)
    if not by:
        raise StudyError("Say who you are with  --as NAME.")
    hand = opened.seat(by).candidates
    if not construct:
        for likely in hand.likely_constructs(code):
            typer.echo(f"  {likely.construct_key}  (shares {', '.join(likely.words)})")
    elif withdraw:
        standing = [item for item in hand.links(code) if item.construct_key == construct]
        if not standing:
            raise StudyError(f"{code} has no link to {construct}.")
        hand.unlink(standing[0].id)
        typer.echo(f"The link of {code} to {construct} is withdrawn; it stays on file.")
    else:
        made = hand.link(code, construct, rationale=why)
        typer.echo(f"{made.code_key} belongs to {made.construct_key} of {made.framework}, says {by}.")


@app.command()
def debt(study: StudyPath = Path()) -> None:
    """Show what has not been judged again since a code was added to the codebook or changed."""
    opened = open_study(study)
    if not _tell_debt(opened):
        typer.echo("No recode debt: every judgement was made under a codebook that had all its codes as they are now.")


def _tell_debt(study: Study) -> bool:
    from qualkit.stages import debt

    names = {key: code.name for key, code in study.codebook().by_key.items()}
    coders = {coder.id: coder.name for coder in study.coders()}
    for owed in study.debt():
        typer.echo(f"  {debt.told(owed, name=names[owed.code_key], coders=coders)}")
    return bool(study.debt())


@app.command(name="intrusion")
def intrusion_(study: StudyPath = Path()) -> None:
    """Show how well people find the intruder among a topic's words and segments, and how far they agree."""
    from qualkit.study import intrusion_tables

    opened = open_study(study)
    found = opened.intrusion()
    if not found.n_tasks:
        raise StudyError("There is no topic to check yet. Run  qualkit run topics  to have segments clustered.")
    show(opened, "intrusion", (0, 1, 2, 3, 5, 6, 7))
    for sentence in intrusion_tables.notes(found)[1:]:
        typer.echo(sentence)
    typer.echo(f"Answer in the browser, page Topics > Check:  qualkit app --study {study}")
