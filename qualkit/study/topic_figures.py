"""The figures of topics: sizes, map, hierarchy, likeness, and topics across groups and the rest."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qualkit.model import Landscape, Topic
from qualkit.study import across_tables
from qualkit.wording import clock, counted, two_decimals

if TYPE_CHECKING:
    from qualkit.figures.files import Figure
    from qualkit.figures.looks import Look
    from qualkit.figures.topic_map import Said
    from qualkit.study.figures import Draw
    from qualkit.study.study import Study

NAMES = {
    "topic_sizes": "Topics by size",
    "topic_map": "Map of topics",
    "topic_hierarchy": "Hierarchy of topics",
    "topic_likeness": "Likeness of topics",
}
"""Stems of the figures that any study may have, and what they are called."""


def of_topics(study: Study) -> dict[str, Draw]:
    """What draws each figure of topics there is something for, by the stem of its files."""
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


def _map(study: Study, topics: list[Topic], landscape: Landscape | None, look: Look | None = None) -> Figure:
    from qualkit.figures.files import Figure
    from qualkit.figures.looks import LIGHT
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
    chart = topic_map(topics, places, words, look=look or LIGHT)
    return Figure(title=f"Map of topics: {study.info.title}", notes=(*about, *_rests_on(landscape)), chart=chart)


def _sizes(topics: list[Topic], landscape: Landscape | None, look: Look | None = None) -> Figure:
    from qualkit.figures.files import Figure
    from qualkit.figures.looks import LIGHT
    from qualkit.figures.topics import sizes

    about = (
        "Segments in each topic. What comes back is the mean Jaccard index of the best match, the lower of that in parts of "
        "the talk and that with transcripts drawn anew; one of which less than half comes back is unstable, pale and dashed."
    )
    return Figure(title="Topics by size", notes=(about, *_rests_on(landscape)), chart=sizes(topics, look or LIGHT))


def _hierarchy(topics: list[Topic], landscape: Landscape, look: Look | None = None) -> Figure:
    from qualkit.figures.files import Figure
    from qualkit.figures.looks import LIGHT
    from qualkit.figures.topics import hierarchy

    about = "How topics join: the further left two branches meet, the less alike they are."
    return Figure(
        title="Hierarchy of topics", notes=(about, *_rests_on(landscape)), chart=hierarchy(topics, landscape, look or LIGHT)
    )


def _likeness(topics: list[Topic], landscape: Landscape, look: Look | None = None) -> Figure:
    from qualkit.figures.files import Figure
    from qualkit.figures.looks import LIGHT
    from qualkit.figures.topics import likeness

    about = "Cosines between the centres of topics, in the order of the hierarchy."
    return Figure(
        title="Likeness of topics", notes=(about, *_rests_on(landscape)), chart=likeness(topics, landscape, look or LIGHT)
    )


def _across(study: Study, kind: str, look: Look | None = None) -> Figure:
    from qualkit.figures.across import course, heat
    from qualkit.figures.files import Figure
    from qualkit.figures.looks import LIGHT

    crosstab = study.across(kind)
    table = across_tables.table(crosstab)
    draw = course if kind == "course" else heat
    return Figure(title=table.title, notes=table.notes, chart=draw(crosstab, look or LIGHT))


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
