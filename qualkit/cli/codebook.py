"""Commands that change the codebook of a study and show how it became what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qualkit.cli.base import StudyPath, codebook_app, open_study
from qualkit.errors import StudyError
from qualkit.wording import counted

if TYPE_CHECKING:
    from qualkit.study import Study

By = Annotated[str, typer.Option("--as", "--by", help="Who changes it.")]
Key = Annotated[str, typer.Argument(help="Key of the code.")]
Why = Annotated[str, typer.Option(help="Why; becomes part of the codebook's history.")]


def _texts(help_: str) -> Any:
    return Annotated[list[str] | None, typer.Option(help=f"{help_}; may be repeated, and takes the place of those there were.")]


@codebook_app.command()
def edit(
    key: Key,
    *,
    by: By,
    name: Annotated[str | None, typer.Option(help="What it is called.")] = None,
    definition: Annotated[str | None, typer.Option(help="What it means.")] = None,
    include: _texts("What it takes in") = None,  # type: ignore[valid-type]
    exclude: _texts("What it leaves out") = None,  # type: ignore[valid-type]
    example: _texts("An example") = None,  # type: ignore[valid-type]
    cue: _texts("A cue") = None,  # type: ignore[valid-type]
    valence: _texts("A valence it may take") = None,  # type: ignore[valid-type]
    domain: Annotated[str | None, typer.Option(help="The heading it stands under.")] = None,
    parent: Annotated[str | None, typer.Option(help="Key of the code it stands under; empty for none.")] = None,
    meaning: Annotated[
        bool | None,
        typer.Option("--meaning/--wording", help="Whether its meaning changes; else the fields that change decide."),
    ] = None,
    why: Why = "",
    study: StudyPath = Path(),
) -> None:
    """Change the entry of a code; a change of meaning has segments read again, one of wording does not."""
    from qualkit.model import ChangeKind
    from qualkit.study.codebook_changes import valences_of

    opened = open_study(study)
    book = opened.seat(by).book
    old = book.code(key)
    given: dict[str, Any] = {
        "name": name, "definition": definition, "include": _tuple(include), "exclude": _tuple(exclude),
        "examples": _tuple(example), "cues": _tuple(cue), "valences": None if valence is None else valences_of(valence),
    }  # fmt: skip
    fields = {field: value for field, value in given.items() if value is not None}
    fields |= {} if domain is None else {"domain": domain or None}
    fields |= {} if parent is None else {"parent_key": parent or None}
    kind = None if meaning is None else ChangeKind.MEANING if meaning else ChangeKind.WORDING
    made = book.edit(replace(old, **fields), kind=kind, why=why)
    typer.echo(f"{key}: {made.kind}.")
    if made.kind is ChangeKind.MEANING:
        _tell_debt(opened, [key])


def _tuple(texts: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if texts is None else tuple(texts)


@codebook_app.command()
def retire(key: Key, *, by: By, why: Why, study: StudyPath = Path()) -> None:
    """Have a code offered no more; what it was given for stays."""
    open_study(study).seat(by).book.retire(key, why=why)
    typer.echo(f"{key} is retired; what it was given for stays.")


@codebook_app.command()
def restore(key: Key, *, by: By, why: Why, study: StudyPath = Path()) -> None:
    """Have a retired code offered again."""
    opened = open_study(study)
    opened.seat(by).book.restore(key, why=why)
    typer.echo(f"{key} is in use again.")
    _tell_debt(opened, [key])


@codebook_app.command()
def merge(
    keys: Annotated[list[str], typer.Argument(help="Keys of the codes to merge.")],
    *,
    into: Annotated[str, typer.Option(help="Key of the code that stays.")],
    by: By,
    why: Why,
    study: StudyPath = Path(),
) -> None:
    """Have codes count as another one from now on."""
    open_study(study).seat(by).book.merge(keys, into, why=why)
    typer.echo(f"{', '.join(keys)}: {'counts' if len(keys) == 1 else 'count'} as {into} now.")


@codebook_app.command()
def split(
    key: Key,
    *,
    part: Annotated[list[str], typer.Option(help="A new code as  NAME: DEFINITION;  give it twice or more.")],
    by: By,
    why: Why,
    study: StudyPath = Path(),
) -> None:
    """Retire a code in favour of new ones; what it was given for is to be read again."""
    opened = open_study(study)
    book = opened.seat(by).book
    said = [text.partition(":") for text in part]
    parts = [book.draft(name, definition, like=key) for name, _, definition in said]
    book.split(key, parts, why=why)
    typer.echo(f"{key} is split into {', '.join(code.key for code in parts)}.")
    _tell_debt(opened, [key])


@codebook_app.command()
def history(
    key: Annotated[str, typer.Argument(help="Key of a code; leave it out for all.")] = "",
    study: StudyPath = Path(),
) -> None:
    """Show what was changed, when, by whom and why; `[-gone-]` and `{+come+}`."""
    from qualkit.stages import codebook_history
    from qualkit.study import codebook_changes

    opened = open_study(study)
    opened.codebook()
    names = {coder.id: coder.name for coder in opened.coders()}
    found = [step for step in codebook_changes.steps(opened) if key in ("", step.key) and not (step.is_first and not key)]
    if not found:
        raise StudyError(f"The codebook has no code {key!r}." if key else "The codebook has not been changed yet.")
    for step in found:
        who = names.get(step.change.coder_id, "somebody") if step.change else "in the file"
        why = f": {step.change.why}" if step.change and step.change.why else ""
        kind = "there from the start" if step.is_first else step.kind.value
        typer.echo(f"{step.at:%Y-%m-%d %H:%M} UTC, version {step.number}, {step.key}: {kind}, {who}{why}")
        for name, pieces in {} if step.is_first else codebook_history.difference(step.before, step.after).items():
            typer.echo(f"  {name}: {codebook_history.plain(pieces)}".replace("\n", "\n    "))


def _tell_debt(study: Study, keys: Sequence[str]) -> None:
    n = sum(len(item.segment_ids) for item in study.debt() if item.code_key in keys)
    typer.echo(f"  {counted(n, 'segment')} to be read again.")
