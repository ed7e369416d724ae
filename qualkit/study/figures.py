"""The figures that an author takes home, each drawn only when it is written."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from qualkit.errors import StudyError
from qualkit.plain import sha256_of
from qualkit.study import code_figures, guides, rating_figures, saturation_figures, topic_figures, voice_figures

if TYPE_CHECKING:
    from qualkit.figures.files import Figure
    from qualkit.figures.looks import Look
    from qualkit.study.study import Study

FOLDER = "figures"
"""Where figures lie in `exports/`."""

SUFFIXES = (".html", ".svg", ".png")

NAMES = {
    **code_figures.NAMES, **rating_figures.NAMES, **saturation_figures.NAMES, **voice_figures.NAMES, **topic_figures.NAMES
}  # fmt: skip
STEMS = tuple(NAMES)
"""Stems of the figures that any study may have; those by strata have the strata's names in theirs."""

MOST_ON_PAGE = 4_000
"""So many dots a page draws: more cover each other, and a browser takes seconds for them."""

METHOD = 1
"""To be raised when figures are drawn another way, so that they are made anew."""

NO_FIGURES = "no figures: install what draws them with  pip install -e '.[figures]'"


class Draw(Protocol):
    """What draws a figure, in the light look of paper unless another is asked for."""

    def __call__(self, look: Look | None = None) -> Figure:
        """The figure as the study stands."""


def all_figures(study: Study) -> dict[str, Draw]:
    """What draws each figure there is something for, by the stem of its files; to add one is to add it here."""
    return {
        **code_figures.of_codes(study),
        **rating_figures.of_ratings(study),
        **saturation_figures.of_saturation(study),
        **voice_figures.of_voices(study),
        **topic_figures.of_topics(study),
    }


def can_draw() -> bool:
    """Whether the packages are installed that draw figures and make files of them."""
    return all(find_spec(name) is not None for name in ("altair", "vl_convert"))


def print_of(study: Study) -> str:
    """Checksum of all that figures show and that is in no table."""
    corpus = study.corpus()
    words = {key: (item.text, item.participant_id, item.transcript_id) for key, item in corpus.segments.items()}
    about = [
        study.topics(),
        study.landscape(),
        sorted(study.places().items()),
        words,
        study.final_codes(),
        study.codebook().sha256,
        study.talk_shares(),
        rating_figures.print_of(study),
    ]
    return sha256_of([METHOD, study.info.title, guides.print_of(study), *about, corpus.transcripts, corpus.participants])


def paths(study: Study, figures: Mapping[str, Any]) -> dict[str, tuple[Path, ...]]:
    """The files of each figure."""
    folder = study.folder.exports / FOLDER
    return {stem: tuple(folder / f"{stem}{suffix}" for suffix in SUFFIXES) for stem in figures}


def stale(study: Study, figures: Mapping[str, Any]) -> list[Path]:
    """Files of figures that an earlier export drew and that are none of `figures`; other people's files are not among them."""
    folder = study.folder.exports / FOLDER
    if not folder.is_dir():
        return []
    drawn = {path for own in paths(study, figures).values() for path in own}
    listed = {folder.parent / name for name in _listed(study)}
    mine = [path for path in folder.iterdir() if path.suffix in SUFFIXES and (path.stem in STEMS or path in listed)]
    return sorted(path for path in mine if path not in drawn)


def _listed(study: Study) -> Collection[str]:
    """What the last export's manifest names, relative to `exports/`; nothing if it cannot be read."""
    try:
        manifest = json.loads((study.folder.exports / "manifest.json").read_text(encoding="utf-8"))
        return set(manifest["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def in_memory(study: Study, stem: str, suffix: str) -> bytes:
    """A figure as a file. Raises `StudyError` for a figure or a format that is not there, and without what draws."""
    from tempfile import TemporaryDirectory

    drawn = all_figures(study)
    if suffix not in SUFFIXES:
        raise StudyError(f"There is no format {suffix!r} for figures; there are {', '.join(SUFFIXES)}.")
    if stem not in drawn:
        raise StudyError(f"There is no figure {stem!r}; there are {', '.join(drawn) or 'none yet'}.")
    if not can_draw():
        raise StudyError(f"There are {NO_FIGURES}")

    from qualkit.figures import files

    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{stem}{suffix}"
        files.WRITERS[suffix](drawn[stem](), path)
        return path.read_bytes()


def name_of(stem: str) -> str:
    """What a figure is called in a list, before it is drawn."""
    return NAMES.get(stem) or stem.replace("_", " ").capitalize()
