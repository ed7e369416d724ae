"""What a study says of itself, as files: one page with everything, the methods alone, a checklist."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qualkit.errors import WriteError
from qualkit.exporters import passages
from qualkit.exporters import report as pages
from qualkit.exporters.report import Drawing, Report
from qualkit.model import Checklist, Table
from qualkit.model.facts import Facts
from qualkit.plugs import Progress, no_progress
from qualkit.stages import checklist
from qualkit.stages.conduct import kind_of
from qualkit.study import figure_files, figures, manifest, paper_files, reports
from qualkit.study.artifacts import write_atomically
from qualkit.wording import counted

if TYPE_CHECKING:
    from qualkit.study.study import Study

PAGE = "report.html"
TEXTS = ("methods.md", "methods.docx")
FILES = (PAGE, *TEXTS)
"""Files in `exports/` that hold no table and no figure of their own."""

BRIEF = ("participants", "constructs", "constructs_diverging", "agreement", "agreement_forest", "saturation", "rating_matrix")
"""Stems of the tables and figures that the page begins with: who took part, what they said, and how far it can be trusted."""

FORMATS = {PAGE: "html", "methods.md": "markdown", "methods.docx": "docx"}
"""The format, as `export` names it, with which each of these files is written."""


def write_checklist(study: Study, made: Checklist, path: Path) -> None:
    """Write a checklist in the format that the suffix names. Raises `WriteError` for one that is not installed."""
    paper_files.write({made.name: checklist.table(made)}, [made.name], path, paper_files.reference(study, {}))


def made_by(formats: Collection[str]) -> list[str]:
    """Names of the files that are written along with tables in these formats."""
    return [name for name in FILES if FORMATS[name] in formats]


def stale(study: Study) -> list[Path]:
    """Those of `FILES` that an earlier export wrote."""
    listed = (manifest.read(study) or {"files": ()})["files"]
    return [study.folder.exports / name for name in FILES if name in listed]


def name_for(path: Path) -> str:
    """Which of `FILES` a path is to hold, by its suffix. Raises `WriteError` for one that is none of theirs."""
    known = {Path(name).suffix: name for name in FILES}
    if path.suffix.lower() not in known:
        raise WriteError(
            f"A report's file ends in {', '.join(known)}: everything, or the methods alone; not in {path.suffix or 'nothing'}."
        )
    return known[path.suffix.lower()]


def write(study: Study, name: str, path: Path, found: Mapping[str, Table], drawings: tuple[Drawing, ...] = ()) -> None:
    """Write one of `FILES`, whole or not at all; `found` are all tables, those of checklists too."""
    write_atomically(path, _filling(study, name, found, drawings))


def in_memory(study: Study, name: str, found: Mapping[str, Table], wanted: Mapping[str, figures.Draw]) -> bytes:
    """The file that `write` would write, with the figures that `wanted` draws.

    Raises `WriteError` for a name that is none of `FILES`.
    """
    if name not in FILES:
        raise WriteError(f"There is no file {name!r} of a report; there are {', '.join(FILES)}.")
    fill = _filling(study, name, found, drawn(wanted) if name == PAGE else ())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        fill(path)
        return path.read_bytes()


def _filling(study: Study, name: str, found: Mapping[str, Table], drawings: tuple[Drawing, ...]) -> Callable[[Path], None]:
    known = reports.gather(study, reports.findings_in(found))
    if name == PAGE:
        return partial(pages.write, _page(study, known, found, drawings))
    title = f"Methods: {study.info.title}"
    if name.endswith(".md"):
        return partial(passages.write_markdown, title, reports.parts(known))
    return partial(passages.write_docx, title, reports.parts(known), reference=paper_files.reference(study, {}))


def _page(study: Study, known: Facts, found: Mapping[str, Table], drawings: tuple[Drawing, ...]) -> Report:
    (_, methods), (_, disclosure) = reports.parts(known)
    rests_on = manifest.rests_on(study, found, has_figures=bool(drawings))
    about = [("Made with", f"qualkit {known.version}")]
    if known.meetings:
        meetings = known.meetings.value
        about.append(("Data", counted(len(meetings), kind_of(meetings))))
    if known.sample:
        about.append(("Participants", str(known.sample.value.n_people)))
    if known.codebook:
        book = known.codebook.value
        about.append(("Codebook", f"{book.name}, version {book.version} (SHA-256 {book.sha256[:12]})"))
    if known.coding:
        about.append(("Coders", ", ".join(known.coding.value.judged)))
    if known.log:
        about.append(("On record", counted(known.log.value, "judgement and decision", "judgements and decisions")))
    return Report(
        title=study.info.title,
        question=study.info.question,
        about=tuple(about),
        methods=methods,
        disclosure=disclosure,
        tables=reports.findings_in(found),
        checklists={stem: table for stem, table in found.items() if stem in reports.CHECKLISTS},
        drawings=drawings,
        digest=rests_on["sha256"],
        brief=BRIEF,
    )


def drawn(wanted: Mapping[str, figures.Draw], progress: Progress = no_progress) -> tuple[Drawing, ...]:
    """Figures as drawings, in the order of their stems; none where the packages that draw are not installed."""
    if not wanted or not figures.can_draw():
        return ()
    titles, svgs = figure_files.drawings(dict(sorted(wanted.items())), progress)
    return tuple(Drawing(stem=stem, title=title, svg=svgs[stem]) for stem, title in titles.items())


def as_exported(study: Study, titles: Mapping[str, str]) -> tuple[Drawing, ...]:
    """Figures that have just been written, by stem with their titles, read from their files in the order of their stems."""
    own = {stem: next(path for path in paths if path.suffix == ".svg") for stem, paths in figures.paths(study, titles).items()}
    svgs = {stem: path.read_text(encoding="utf-8") for stem, path in sorted(own.items()) if path.is_file()}
    return tuple(Drawing(stem=stem, title=titles[stem], svg=svg) for stem, svg in svgs.items())
