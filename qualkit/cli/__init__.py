"""The command-line door: one command for each word a researcher uses, thin over `Study`.

The flags of a stage are read from its `Options`, so a new option is a new flag. Nothing heavy is imported before the
command that needs it runs.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, Field, fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from qualkit.cli.base import StudyPath, app, codebook_app, draw, open_study, show, voices_app
from qualkit.errors import ReadError, StoreError, StudyError
from qualkit.stages import STAGES
from qualkit.wording import counted

__all__ = ["STAGE_HELP", "app"]

if TYPE_CHECKING:
    from qualkit.plugs import Progress
    from qualkit.study import Outcome, Study


# ---------------------------------------------------------------- setting up


@app.command()
def init(  # noqa: PLR0917 - typer gives them by name
    path: Annotated[Path, typer.Argument(help="Folder of the new study.")],
    title: Annotated[str, typer.Option(help="Title of the study.")] = "",
    question: Annotated[str, typer.Option(help="The research question.")] = "",
    codebook: Annotated[Optional[Path], typer.Option(help="A codebook (YAML) to start from.")] = None,  # noqa: UP045
    coder: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="Somebody who codes; give it once for each."),
    ] = None,
    adjudicator: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="Somebody who decides disputed cases and does not code."),
    ] = None,
) -> None:
    """Make a study: a folder with study.toml, recordings/, transcripts/, codebooks/ and exports/."""
    from qualkit.study import Study

    study = Study.init(
        path,
        title=title or path.resolve().name,
        question=question,
        codebook=codebook,
        coders=coder or (),
        adjudicators=adjudicator or (),
    )
    typer.echo(
        f"Made the study {study.info.title!r} in {path}. Put audio into recordings/ or transcripts into transcripts/, then:"
    )
    typer.echo(f"  qualkit run --study {path}")


@app.command()
def add(
    paths: Annotated[list[Path], typer.Argument(help="Recordings, transcripts, or folders of them.")],
    tracks: Annotated[
        bool, typer.Option("--tracks", help="Each folder is one meeting with a recording for each speaker, named after them.")
    ] = False,
    study: StudyPath = Path(),
) -> None:
    """Copy recordings and transcripts into the study."""
    from qualkit.study.folder import add_files

    opened = open_study(study)
    for path in add_files(opened.folder, paths, opened.transcript_suffixes(), as_tracks=tracks):
        typer.echo(f"  {path.relative_to(opened.folder.path)}")


@app.command()
def demo(path: Annotated[Path, typer.Argument(help="Folder for the sample study.")] = Path("qualkit-demo")) -> None:
    """Run the whole job on the synthetic sample study, audio included."""
    from qualkit.study import Study, make_sample, sample_raters
    from qualkit.study.coding import read_codings

    if not (path / "study.toml").exists():
        make_sample(path)
        typer.echo(f"Made the synthetic sample study in {path}/: one focus group as audio, three as transcripts.")
    study = Study.open(path)
    _run_stages(study, ("transcribe", "ingest", "segment"))
    for file in sorted((path / "transcripts" / "codings").glob("*.csv")):
        for imported in read_codings(study, file):
            typer.echo(
                f"  {'code':<11}{imported.coder} (synthetic coder): {imported.n_codes} codes on {imported.n_segments} segments"
            )
    n_ratings, n_agreed = sample_raters.rate(study)
    typer.echo(
        f"  {'rate':<11}Ana and Ben (synthetic raters): {n_ratings} ratings, {n_agreed} times agreed where they differed"
    )
    typer.echo(f"  {'respond':<11}{sample_raters.respond(study)} times somebody answered what was said before")
    _run_stages(study, ("suggest", "topics", "agree", "evaluate", "themes", "export"))
    typer.echo(f"\nThe theme table: {path / 'exports' / 'theme_table.docx'} (also .xlsx and .csv)")
    typer.echo(f"Code, adjudicate and listen in the browser:  qualkit app --study {path}")


@app.command()
def verify(study: StudyPath = Path()) -> None:
    """Check that the log is whole, that the database says what it says, and that exported files still match the data.

    Only a log or a database that was tampered with is an error: to edit a table that was exported is an author's right.
    """
    opened = open_study(study)
    wrong = opened.verify()
    if wrong:
        raise StoreError(wrong)
    seq, head = opened.head()
    typer.echo(f"The log is whole, and every judgement in the database follows from it: {seq} events, head {head}")
    exports = opened.exports()
    for line in exports.told if exports else ():
        typer.echo(line)


# ---------------------------------------------------------------- running machine stages


@contextmanager
def _bars() -> Iterator[Callable[[str], Progress]]:
    """A progress bar for each stage that takes its time; on a pipe, nothing."""
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("  {task.fields[stage]:<11}"),
        progress.BarColumn(28),
        progress.TaskProgressColumn(),
        progress.TimeElapsedColumn(),
        progress.TextColumn("{task.description}"),
    )
    console = Console(stderr=True)
    with progress.Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:

        def start(stage: str) -> Progress:
            task: list[Any] = []

            def tell(share: float, doing: str) -> None:
                if not task:
                    task.append(bars.add_task("", stage=stage, total=1.0))
                bars.update(task[0], completed=share, description=doing[:78])
                if share >= 1:
                    bars.update(task[0], visible=False)

            return tell

        yield start


def _run_stages(study: Study, stages: tuple[str | None, ...], **given: Any) -> list[Outcome]:
    outcomes = []
    with _bars() as start:
        for stage in stages:
            for outcome in study.run(stage, progress=start, **given):
                outcomes.append(outcome)
                typer.echo(f"  {outcome.stage:<11}{_told(outcome)}")
    problems = [problem for outcome in outcomes if outcome.run for problem in outcome.run.problems]
    if problems:
        raise ReadError("\n       ".join([*problems, "Everything else is done, and need not be done again."]))
    return outcomes


def _told(outcome: Outcome) -> str:
    if outcome.run is None:
        return f"nothing to do: {outcome.why}"
    return outcome.run.summary if outcome.is_fresh else f"up to date ({outcome.run.summary})"


@app.command()
def run(study: StudyPath = Path()) -> None:
    """Run all machine stages; what is up to date is not run again."""
    outcomes = _run_stages(open_study(study), (None,))
    if not any(outcome.is_fresh for outcome in outcomes):
        typer.echo("Nothing has changed since the last run: everything is up to date.")


def _stage_command(stage: str) -> Callable[..., None]:
    """A command that runs one stage, with a flag for each field of the stage's `Options`."""
    module = importlib.import_module(f"qualkit.stages.{stage}") if stage not in ("ingest", "export") else None
    flags = [_flag(item) for item in fields(module.Options)] if module else []

    def command(study: Path, **given: Any) -> None:
        opened = open_study(study)
        _run_stages(opened, (stage,), **given)
        if stage in SHOWN:
            SHOWN[stage](opened, given)

    where = inspect.Parameter("study", inspect.Parameter.KEYWORD_ONLY, default=Path(), annotation=StudyPath)
    command.__signature__ = inspect.Signature([where, *flags])  # type: ignore[attr-defined]
    command.__annotations__ = {flag.name: flag.annotation for flag in [where, *flags]}
    return command


def _show_evaluation(study: Study, _given: Mapping[str, Any]) -> None:
    """For each machine coder a table of the codes with enough positives, then what may be left to it, in plain words."""
    from rich.console import Console
    from rich.table import Column, Table

    from qualkit.study import evaluating, evaluation_tables

    console, found = Console(), evaluating.last(study)
    shown = evaluation_tables.for_a_terminal(found, study.verdicts(), study.codebook(), width=console.width)
    for (first, *others), *rows in shown:
        drawn = Table(first, *(Column(name, justify="right") for name in others), box=None, pad_edge=False)
        for row in rows:
            drawn.add_row(*row)
        console.print(drawn, "", no_wrap=True)
    for sentence in evaluating.in_words(study):
        typer.echo(sentence)
    for path in evaluating.files(study) if found else ():
        typer.echo(f"  {path.relative_to(study.folder.path)}")


def _show_agreement(study: Study, given: Mapping[str, Any]) -> None:
    from qualkit.study import agreement_tables, agreement_wording

    found = study.told_agreement(**given)
    if found[0].n_units:
        table = agreement_tables.short_table(found, study.codebook(), is_narrow=True)
        draw(table)
        for note in (*agreement_wording.told_notes(study), *table.notes):
            typer.echo(note)


def _show_columns(study: Study, _given: Mapping[str, Any], *, name: str, columns: tuple[int, ...]) -> None:
    show(study, name=name, columns=columns)


SHOWN: Mapping[str, Callable[[Study, Mapping[str, Any]], None]] = {
    "agree": _show_agreement,
    "topics": partial(_show_columns, name="topics", columns=(0, 1, 2)),
    "evaluate": _show_evaluation,
    "themes": partial(_show_columns, name="theme_numbers", columns=(1, 2, 3, 5, 7)),
}
"""Stages whose result is worth seeing at once, and how it is shown: a table and its columns that fit a terminal."""


def _flag(item: Field[Any]) -> inspect.Parameter:
    default = item.default if item.default is not MISSING else None
    kind = list[str] if isinstance(default, tuple) else type(default)
    shown = ", ".join(default) if isinstance(default, tuple) else default
    text = f"{item.metadata['help']} [default: {shown}]" if shown != "" else item.metadata["help"]
    option = typer.Option(f"--{item.name.replace('_', '-')}", help=text, show_default=False)
    if item.metadata.get("is_argument"):
        option = typer.Argument(help=text, show_default=False)
    if kind is bool:
        name = item.name.replace("_", "-")
        option = typer.Option(f"--{name}/--no-{name}", help=text, show_default=False)
    annotation = Annotated[Optional[kind], option]  # type: ignore[valid-type]  # noqa: UP045
    return inspect.Parameter(item.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


STAGE_HELP = {
    "transcribe": "Turn recordings into words with times and voices.",
    "ingest": "Read transcripts (VTT, SRT, DOCX, TXT with speakers).",
    "segment": "Cut turns into meaning units of whole sentences.",
    "suggest": "Let machine coders propose codes, each with a score and its evidence.",
    "topics": "Cluster segments into topics, as candidates for codes.",
    "agree": "Measure agreement between the people who coded.",
    "evaluate": "Hold machine coders against people, on transcripts they have not learned from.",
    "themes": "Count who said what, for and against, in how many groups.",
    "export": "Write the tables (CSV, DOCX, HTML, LaTeX, Markdown, XLSX) and figures (HTML, SVG, PNG).",
}

for _name in STAGES:
    app.command(_name, help=STAGE_HELP[_name])(_stage_command(_name))


@app.command()
def transcripts(
    formats: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--format", "-f", help="docx, json, txt, and with times rttm, srt, vtt; may be repeated.", show_default="all"
        ),
    ] = None,
    transcript: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--transcript", "-t", help="Label of a transcript; may be repeated.", show_default="all"),
    ] = None,
    study: StudyPath = Path(),
) -> None:
    """Write what was said into exports/transcripts/, to read, correct or take to other programs."""
    opened = open_study(study)
    written = opened.write_transcripts(formats or (), transcript)
    for path in written.paths:
        typer.echo(f"  {path.relative_to(opened.folder.path)}")
    for note in written.notes:
        typer.echo(f"  {note}")


# ---------------------------------------------------------------- people


@app.command()
def sheet(
    file: Annotated[Path, typer.Argument(help="The XLSX file to write.")],
    coder: Annotated[str, typer.Option(help="Who will code in it.")] = "",
    cases: Annotated[bool, typer.Option("--cases", help="Write the disputed cases for an adjudicator instead.")] = False,
    memos: Annotated[bool, typer.Option("--memos", help="With --cases: also what coders noted for themselves.")] = False,
    study: StudyPath = Path(),
) -> None:
    """Write a sheet for people who code or adjudicate in a spreadsheet."""
    from qualkit.study import coding

    if not cases and not coder:
        raise StudyError("Say who will code in the sheet with  --coder NAME,  or ask for the disputed cases with  --cases.")
    opened = open_study(study)
    n = coding.write_cases(opened, file, with_memos=memos) if cases else coding.write_sheet(opened, coder, file)
    typer.echo(f"{file}: {n} {'disputed cases' if cases else 'segments to be coded'}")


@app.command()
def code(
    file: Annotated[Path, typer.Argument(help="A filled-in sheet (XLSX, CSV), or codings made elsewhere (CSV).")],
    coder: Annotated[str, typer.Option(help="Who coded; needed for a sheet.")] = "",
    study: StudyPath = Path(),
) -> None:
    """Keep the codes that a person wrote into a sheet or made with another tool."""
    from qualkit.study import coding

    for imported in coding.read_codes(open_study(study), file, coder):
        said = f"{imported.coder}: {imported.n_codes} codes on {imported.n_segments} segments"
        typer.echo(said if imported.is_fresh else f"{said} were kept before; nothing to do")
        for row in imported.unplaced:
            typer.echo(f"  fell on no segment: {row}")


@app.command(name="adjudicate")
def adjudicate_(
    file: Annotated[Path, typer.Argument(help="A filled-in sheet of cases (XLSX).")],
    by: Annotated[str, typer.Option("--as", "--by", help="Who decided.")],
    study: StudyPath = Path(),
) -> None:
    """Keep the decisions that an adjudicator wrote into a sheet of cases."""
    from qualkit.study import coding

    n = coding.read_cases(open_study(study), by, file)
    typer.echo(f"{by}: {n} decisions kept")


@app.command(name="sample")
def sample_(
    share: Annotated[float, typer.Option(help="Share of the segments of every transcript.")] = 0.2,
    seed: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="Draws the same segments again.", show_default="by chance, and kept"),
    ] = None,
    study: StudyPath = Path(),
) -> None:
    """Draw segments at random to measure reliability on; an earlier sample stays on file."""
    opened = open_study(study)
    was, drawn = opened.sample(), opened.draw_sample(share, seed)
    n_all, n_judged = len(opened.coded_segments()), sum(key in opened.votes() for key in drawn.segment_ids)
    typer.echo(f"Drew {len(drawn.segment_ids)} of {counted(n_all, 'segment')} with seed {drawn.seed}.")
    if n_judged:
        typer.echo(f"  {n_judged} of them somebody has judged already; they stay in, as the draw must not look at that.")
    if was is not None:
        typer.echo(f"  It takes the place of the {len(was.segment_ids)} drawn on {was.drawn_at:%Y-%m-%d} (seed {was.seed}).")


@app.command()
def reveal(study: StudyPath = Path()) -> None:
    """End blind coding: from now on everybody may see all codes."""
    open_study(study).reveal()
    typer.echo("The round is revealed: coders now see each other's codes.")


@app.command(name="app")
def app_(
    study: StudyPath = Path(),
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8501,
) -> None:
    """Open the study in the browser, on this machine only."""
    from qualkit.ui.launch import launch

    open_study(study)
    typer.echo(f"Open http://127.0.0.1:{port} in a browser; Ctrl+C stops the app.")
    launch(study, port)


@voices_app.command()
def enrol(
    name: Annotated[str, typer.Argument(help="Whose voice it is; better a pseudonym than a name.")],
    sample: Annotated[Optional[Path], typer.Argument(help="A sound file of some ten seconds in which only they speak.")] = None,  # noqa: UP045
    transcript: Annotated[str, typer.Option("--transcript", "-t", help="Instead: a transcript in which they speak ...")] = "",
    speaker: Annotated[str, typer.Option(help="... and what they are called there, such as 'Speaker 2'.")] = "",
    study: StudyPath = Path(),
) -> None:
    """Keep a person's voice in the study's vault, so that it can be recognised in other recordings."""
    from qualkit.study import vault

    opened = open_study(study)
    if sample is None and not (transcript and speaker):
        raise StudyError("Give a sound file of the voice, or say where it is heard with  --transcript LABEL --speaker NAME.")
    voice = (
        vault.enrol_speaker(opened, name, transcript, speaker) if sample is None else vault.enrol_sample(opened, name, sample)
    )
    typer.echo(f"Enrolled {voice.name} from {voice.source}; name voices with  qualkit transcribe --name-voices")


@voices_app.command(name="list")
def list_voices(study: StudyPath = Path()) -> None:
    """Show whose voice is enrolled."""
    for voice in open_study(study).vault.enrolled():
        typer.echo(f"{voice.name}: from {voice.source}, {voice.enrolled_at:%Y-%m-%d}")


@voices_app.command()
def forget(
    name: Annotated[str, typer.Argument(help="As they were enrolled; all that is kept of voices, without one.")] = "",
    study: StudyPath = Path(),
) -> None:
    """Remove an enrolled voice from the vault for good; without a name, all that is kept of voices."""
    vault = open_study(study).vault
    if name:
        vault.forget(name)
    else:
        vault.clear()
    typer.echo(f"Forgot {name or 'all voices'}.")


@codebook_app.command()
def check(file: Annotated[Path, typer.Argument(help="A codebook (YAML).")]) -> None:
    """Say whether a codebook is sound, and what is in it."""
    from qualkit.readers.codebook import read_codebook

    book = read_codebook(file)
    typer.echo(f"{file}: {book.name}, version {book.version}: {len(book.codes)} codes, checksum {book.sha256[:12]}")


@codebook_app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="The earlier codebook.")],
    new: Annotated[Path, typer.Argument(help="The later codebook.")],
) -> None:
    """Say which codes were added, removed and changed."""
    from qualkit.readers.codebook import read_codebook

    for what, keys in read_codebook(old).diff(read_codebook(new)).items():
        typer.echo(f"{what}: {', '.join(keys) or 'none'}")


from qualkit.cli import adjudicating as _adjudicating  # noqa: E402, F401  add their commands, below the others
from qualkit.cli import agreeing as _agreeing  # noqa: E402, F401
from qualkit.cli import balance as _balance  # noqa: E402, F401
from qualkit.cli import codebook as _codebook  # noqa: E402, F401
from qualkit.cli import figures as _figures  # noqa: E402, F401
from qualkit.cli import ratings as _ratings  # noqa: E402, F401
from qualkit.cli import reporting as _reporting  # noqa: E402, F401
from qualkit.cli import rounds as _rounds  # noqa: E402, F401
from qualkit.cli import saturation as _saturation  # noqa: E402, F401
from qualkit.cli import standing as _standing  # noqa: E402, F401
from qualkit.cli import tables as _tables  # noqa: E402, F401
from qualkit.cli import themes as _themes  # noqa: E402, F401
from qualkit.cli import topics as _topics  # noqa: E402, F401
