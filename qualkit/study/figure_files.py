"""Figures as files: those of `exports/`, of which one that would be the same stays as it is, and drawings for a page."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from qualkit.plain import file_sha256
from qualkit.plugs import Progress
from qualkit.study.artifacts import Artifacts, write_atomically
from qualkit.study.figures import FOLDER, METHOD, Draw, paths

if TYPE_CHECKING:
    from qualkit.figures.files import Figure
    from qualkit.study.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    """A file that is to be written, and what it is made from."""

    path: Path
    figure: Figure
    made_from: Any


@contextmanager
def being_written(study: Study, figures: Mapping[str, Draw], progress: Progress) -> Iterator[Mapping[str, str]]:
    """Write each figure as HTML, SVG and PNG, every file whole or not at all; one that would be the same stays as it is.

    Helpers draw while the block runs, and all files are there when it has ended. Gives the title of each figure by its stem.
    Raises `WriteError` if one cannot be drawn.
    """
    from qualkit.figures import drawing, files

    charts = _charts(figures, progress)
    kept = Artifacts(study.folder.artifacts / FOLDER)
    due = [item for stem, own in paths(study, charts).items() for item in _due(kept, charts[stem], own)]
    with TemporaryDirectory() as name:
        folder = Path(name)
        for stem, figure in charts.items():
            suffixes = [item.path.suffix for item in due if item.path.stem == stem and item.path.suffix in drawing.SUFFIXES]
            if suffixes:
                drawing.ask(folder, stem, files.titled(figure), files.version(), suffixes)
        with drawing.being_drawn(folder):
            for item in due:
                if item.path.suffix == ".html":
                    _write(kept, item, partial(files.write_html, item.figure))
            yield {stem: figure.title for stem, figure in charts.items()}
        for item in due:
            if item.path.suffix in drawing.SUFFIXES:
                _write(kept, item, partial(shutil.copyfile, folder / item.path.name))


def drawings(figures: Mapping[str, Draw], progress: Progress) -> tuple[dict[str, str], dict[str, str]]:
    """The titles of figures and what they look like as SVG, both by stem. Raises `WriteError` if one cannot be drawn."""
    from qualkit.figures import drawing, files

    charts = _charts(figures, progress)
    with TemporaryDirectory() as name:
        folder = Path(name)
        for stem, figure in charts.items():
            drawing.ask(folder, stem, files.titled(figure), files.version(), [".svg"])
        with drawing.being_drawn(folder):
            pass
        svgs = {stem: (folder / f"{stem}.svg").read_text(encoding="utf-8") for stem in charts}
    return {stem: figure.title for stem, figure in charts.items()}, svgs


def _charts(figures: Mapping[str, Draw], progress: Progress) -> dict[str, Figure]:
    from qualkit.figures import files

    charts = {}
    with files.unchecked():
        for index, (stem, draw) in enumerate(figures.items()):
            progress(index / len(figures), stem)
            charts[stem] = draw()
    return charts


def _due(kept: Artifacts, figure: Figure, own: tuple[Path, ...]) -> Iterator[_Due]:
    """The files of a figure that are not there as it would be written."""
    from qualkit.figures import files

    print_ = files.print_of(figure)
    for path in own:
        made_from = [METHOD, path.suffix, print_]
        if not (path.is_file() and kept.has(made_from) and kept.get(made_from) == file_sha256(path)):
            yield _Due(path=path, figure=figure, made_from=made_from)


def _write(kept: Artifacts, item: _Due, fill: Callable[[Path], Any]) -> None:
    write_atomically(item.path, fill)
    kept.put(item.made_from, file_sha256(item.path))
