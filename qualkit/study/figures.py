"""The figures that an author takes home, each drawn only when it is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qualkit.model import Landscape, Topic
from qualkit.plain import sha256_of
from qualkit.plugs import Progress
from qualkit.study import across_tables, guides
from qualkit.study.artifacts import write_atomically
from qualkit.wording import clock, counted, two_decimals

if TYPE_CHECKING:
    from qualkit.figures.files import Figure
    from qualkit.figures.topic_map import Said
    from qualkit.study.study import Study

FOLDER = "figures"
"""Where figures lie in `exports/`."""

SUFFIXES = (".html", ".svg", ".png")

OF_TOPICS = ("topic_sizes", "topic_map", "topic_hierarchy", "topic_likeness")
"""Stems of the figures that any study may have."""

MOST_ON_PAGE = 4_000
"""So many dots a page draws: more cover each other, and a browser takes seconds for them."""

METHOD = 1
"""To be raised when figures are drawn another way, so that they are made anew."""

NO_FIGURES = "no figures: install what draws them with  pip install -e '.[figures]'"

Draw = Callable[[], "Figure"]


def all_figures(study: Study) -> dict[str, Draw]:
    """What draws each figure there is something for, by the stem of its files; to add one is to add it here."""
    topics = study.topics()
    if not any(topic.number >= 0 for topic in topics):
        return {}
    landscape, n = study.landscape(), sum(topic.number >= 0 for topic in topics)
    drawn: dict[str, Draw] = {"topic_sizes": partial(_sizes, topics, landscape)}
    if study.places():
        drawn["topic_map"] = partial(_map, study, topics, landscape)
    if landscape is not None and len(landscape.merges) == n - 1 > 0:
        drawn["topic_hierarchy"] = partial(_hierarchy, topics, landscape)
    if landscape is not None and len(landscape.likeness) == n > 1:
        drawn["topic_likeness"] = partial(_likeness, topics, landscape)
    return drawn | {stem: partial(_across, study, kind) for kind, stem in across_tables.stems(study.strata()).items()}


def can_draw() -> bool:
    """Whether the packages are installed that draw figures and make files of them."""
    return all(find_spec(name) is not None for name in ("altair", "vl_convert"))


def print_of(study: Study) -> str:
    """Checksum of all that figures show."""
    corpus = study.corpus()
    words = {key: (item.text, item.participant_id, item.transcript_id) for key, item in corpus.segments.items()}
    about = [study.topics(), study.landscape(), sorted(study.places().items()), words]
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
    mine = [path for path in folder.iterdir() if path.suffix in SUFFIXES and (path.stem in OF_TOPICS or path in listed)]
    return sorted(path for path in mine if path not in drawn)


def _listed(study: Study) -> Collection[str]:
    """What the last export's manifest names, relative to `exports/`; nothing if it cannot be read."""
    try:
        manifest = json.loads((study.folder.exports / "manifest.json").read_text(encoding="utf-8"))
        return set(manifest["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def write(study: Study, figures: Mapping[str, Draw], progress: Progress) -> list[Path]:
    """Draw figures and write each as HTML, SVG and PNG, every file whole or not at all."""
    from qualkit.figures import files

    written: list[Path] = []
    for index, (stem, own) in enumerate(paths(study, figures).items()):
        progress(index / len(figures), stem)
        figure = figures[stem]()
        for path in own:
            write_atomically(path, partial(files.WRITERS[path.suffix], figure))
            written.append(path)
    return written


def said(study: Study, at_most: int | None = None) -> dict[str, Said]:
    """What the map tells of each segment to be coded that has a place on it: its words, who said them and where.

    Of more than `at_most` a sample, always the same: ids are digests or drawn by chance, so the first of them are one.
    """
    from qualkit.figures.topic_map import Said

    corpus, is_coded = study.corpus(), study.outline().is_coded
    told = {}
    for segment in (corpus.segments[key] for key in sorted(is_coded & study.places().keys())[:at_most]):
        person = corpus.participants.get(segment.participant_id or "")
        who = ", ".join(part for part in (person.pseudonym if person else "Unknown speaker", clock(segment.start_s)) if part)
        told[segment.id] = Said(text=segment.text, who=who, group=corpus.transcripts[segment.transcript_id].title)
    return told


# ---------------------------------------------------------------- the figures


def _map(study: Study, topics: list[Topic], landscape: Landscape | None) -> Figure:
    from qualkit.figures.files import Figure
    from qualkit.figures.topic_map import topic_map

    places, words = study.places(), said(study)
    n_drawn = sum(key in words for key in places)
    n_all = sum(len(topic.segment_ids) for topic in topics)
    about = [
        f"{counted(n_drawn, 'segment')}"
        + (f" of {n_all}" if n_drawn < n_all else "")
        + ", a dot each: what is near was said in "
        "like words; the axes have no meaning. Small grey dots belong to no topic"
        + ("; hollow ones were outliers and placed by likeness." if landscape and landscape.n_placed else "."),
    ]
    chart = topic_map(topics, places, words)
    return Figure(title=f"Map of topics: {study.info.title}", notes=(*about, *_rests_on(landscape)), chart=chart)


def _sizes(topics: list[Topic], landscape: Landscape | None) -> Figure:
    from qualkit.figures.files import Figure
    from qualkit.figures.topics import sizes

    about = (
        "Segments in each topic. What comes back is the mean Jaccard index of the best match, the lower of that in parts of "
        "the talk and that with transcripts drawn anew; one of which less than half comes back is unstable, pale and dashed."
    )
    return Figure(title="Topics by size", notes=(about, *_rests_on(landscape)), chart=sizes(topics))


def _hierarchy(topics: list[Topic], landscape: Landscape) -> Figure:
    from qualkit.figures.files import Figure
    from qualkit.figures.topics import hierarchy

    about = "How topics join: the further left two branches meet, the less alike they are."
    return Figure(title="Hierarchy of topics", notes=(about, *_rests_on(landscape)), chart=hierarchy(topics, landscape))


def _likeness(topics: list[Topic], landscape: Landscape) -> Figure:
    from qualkit.figures.files import Figure
    from qualkit.figures.topics import likeness

    about = "Cosines between the centres of topics, in the order of the hierarchy."
    return Figure(title="Likeness of topics", notes=(about, *_rests_on(landscape)), chart=likeness(topics, landscape))


def _across(study: Study, kind: str) -> Figure:
    from qualkit.figures.across import course, heat
    from qualkit.figures.files import Figure

    crosstab = study.across(kind)
    table = across_tables.table(crosstab)
    return Figure(title=table.title, notes=table.notes, chart=course(crosstab) if kind == "course" else heat(crosstab))


def _rests_on(landscape: Landscape | None) -> tuple[str, ...]:
    """What the topics rest on, as far as it is known."""
    if landscape is None:
        return ()
    parts = [f"{landscape.n_outliers} of {counted(landscape.n_segments, 'segment')} belong to no topic"]
    if landscape.n_placed:
        parts.append(f"{landscape.n_placed} were outliers and placed by likeness")
    if landscape.kept_ari is not None:
        drawn = f"when found again in four fifths of the segments ({landscape.n_draws} times)"
        parts.append(f"adjusted Rand index {drawn} {two_decimals(landscape.kept_ari)}")
    if landscape.group_ari is not None:
        drawn = f"with transcripts drawn anew ({landscape.n_group_draws} times)"
        parts.append(f"{drawn} {two_decimals(landscape.group_ari)}")
    return ("; ".join(parts) + ". Topics are candidates for codes, not findings.",)
