"""Commands about tables for the paper: what there is, one or several of them as a file, and how a quotation is printed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from qualkit.cli.base import StudyPath, app, open_study
from qualkit.wording import counted

Many = Optional[list[str]]  # noqa: UP045


@app.command()
def table(
    names: Annotated[Many, typer.Argument(help="Which tables; without any, they are listed.", show_default=False)] = None,
    to: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="The file to write; its suffix says the format. Without one, Markdown is shown.", show_default=False),
    ] = None,
    *,
    reference: Annotated[str, typer.Option(help="A Word document in the study's folder whose styles DOCX takes.")] = "",
    attribute: Annotated[Many, typer.Option(help="A column of participants.csv to print with quotes; may be repeated.")] = None,
    k: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="People of a group who must share what is printed of one.", show_default="3"),
    ] = None,
    suppress_below: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="Hide counts of fewer people than this.", show_default="none are"),
    ] = None,
    percent_from: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="Print shares of people where there are at least so many.", show_default="10"),
    ] = None,
    study: StudyPath = Path(),
) -> None:
    """Show tables, or write one or several into a file: DOCX, XLSX, LaTeX, HTML, Markdown, CSV."""
    opened = open_study(study)
    given = {
        "reference": reference or None,
        "attributes": attribute,
        "k": k,
        "suppress_below": suppress_below,
        "percent_from": percent_from,
    }
    if not names:
        for name, made in opened.tables(given).items():
            typer.echo(f"  {name:<24}{made.title} ({counted(len(made.rows), 'row')})")
        return
    if to is None:
        typer.echo(opened.table_text(names, given))
        return
    opened.write_paper(names, to, given)
    typer.echo(f"{to}: {counted(len(names), 'table')}")


@app.command()
def quote(
    segment_id: Annotated[str, typer.Argument(help="Id of the segment, as the sheet Quotations of the theme table has it.")],
    printed: Annotated[str, typer.Argument(help="The words with cuts […] and [brackets]; left out, as they were said.")] = "",
    *,
    by: Annotated[str, typer.Option("--as", help="Who the author is.")],
    study: StudyPath = Path(),
) -> None:
    """Say how a quotation is printed; what is not made of the words in the transcript is refused."""
    edits = open_study(study).seat(by).authoring.print_quote(segment_id, printed)
    said = f"{counted(edits.n_cuts, 'cut')} and {counted(edits.n_brackets, 'bracket')}"
    typer.echo("It is printed as it was said." if edits.is_verbatim else f"It is printed with {said}, which are marked.")
