"""Topics within and across groups: how often each is met in each group, at each site, after each question, over the meetings.

A cell counts coded segments and the people who spoke them; its share is of the column, all its segments counted, those of no
topic too. Segments of one person or meeting are not independent of each other, so there is no test of significance here:
Cramer's V and residuals describe how uneven a spread is, and nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qualkit.model import (
    Cell,
    CrossRow,
    Crosstab,
    Participant,
    Segment,
    Stratum,
    Topic,
    Transcript,
    grouped,
)
from qualkit.stages.carriers import UNKNOWN, carriers
from qualkit.stages.spread import adjusted_residuals, cramers_v, one_against_all
from qualkit.stages.themes import Corpus
from qualkit.wording import counted

GROUP, SITE, ROLE, QUESTION, COURSE = "group", "site", "role", "question", "course"
"""The kinds of strata that qualkit knows; any other is an attribute of participants or of meetings."""

TITLES = {GROUP: "group", SITE: "site", ROLE: "role", QUESTION: "guide question", COURSE: "course of the meeting"}

N_PARTS = 10
"""Parts of a meeting."""

UNPLACED = ""
"""The key of the stratum of segments of which nobody knows where they belong; no attribute is empty."""

Placed = Mapping[str, str]
"""Segment id -> key of its stratum; a segment that is not in it is of an unknown one."""


# ---------------------------------------------------------------- where segments belong


def kinds(corpus: Corpus, *, has_guide: bool) -> tuple[str, ...]:
    """Kinds of strata by which the coded segments fall into two parts or more; no attribute that tells every person apart."""
    people = {segment.participant_id for segment in corpus.segments.values() if segment.is_coded}
    attributes = {
        name: None
        for key in sorted(item for item in people if item and item in corpus.participants)
        for name in corpus.participants[key].attributes
    }
    attributes |= {name: None for meeting in corpus.transcripts.values() for name in meeting.attributes}
    own = [kind for kind in (GROUP, SITE, ROLE) if _n_values(corpus, kind) > 1]
    found = [kind for kind in sorted(set(attributes) - set(TITLES)) if 1 < _n_values(corpus, kind) < len(people)]
    return (*own, *found, *([QUESTION] if has_guide else ()), *([COURSE] if corpus.segments else ()))


def _n_values(corpus: Corpus, kind: str) -> int:
    return len(set(by_attribute(corpus, kind).values()))


def title_of(kind: str) -> str:
    """What a kind of strata is called."""
    return TITLES.get(kind, kind.replace("_", " "))


def by_attribute(corpus: Corpus, kind: str) -> dict[str, str]:
    """Coded segments by their group, their site, their speaker's role, or any other attribute of speaker or meeting."""

    def value(segment: Segment) -> str | None:
        meeting = corpus.transcripts[segment.transcript_id]
        return _attribute(meeting, corpus.participants.get(segment.participant_id or ""), kind)

    said = ((segment.id, value(segment)) for segment in corpus.segments.values() if segment.is_coded)
    return {segment_id: key for segment_id, key in said if key}


def people_by(corpus: Corpus, kind: str) -> dict[str, str]:
    """People by their group, site, role or attribute, by id; as `by_attribute`, and so those who said nothing too."""
    said = {
        key: _attribute(corpus.transcripts[person.transcript_id], person, kind)
        for key, person in corpus.participants.items()
        if person.transcript_id in corpus.transcripts
    }
    return {key: value for key, value in said.items() if value}


def _attribute(meeting: Transcript, person: Participant | None, kind: str) -> str | None:
    if kind == GROUP:
        return meeting.id
    if kind == ROLE:
        return person.role.value if person else None
    own = person.attributes.get(kind) if person else None
    return own or (meeting.site if kind == SITE else meeting.attributes.get(kind))


def by_course(corpus: Corpus) -> tuple[dict[str, str], int]:
    """Coded segments by the tenth of their meeting, "0" to "9", and of how many meetings the times are known.

    A meeting lasts from the first second of a segment in it to the last, questions included; a segment belongs where its
    middle is. Where a time is missing, its place among the meeting's segments stands for it.
    """
    found: dict[str, str] = {}
    n_timed = 0
    for mine in grouped(corpus.segments.values(), lambda segment: segment.transcript_id).values():
        times = [middle for segment in mine if (middle := _middle(segment)) is not None]
        is_timed = len(times) == len(mine)
        n_timed += is_timed
        ordered = sorted(mine, key=lambda segment: segment.position)
        first = min((segment.start_s or 0.0 for segment in mine), default=0.0)
        last = max((segment.end_s or segment.start_s or 0.0 for segment in mine), default=0.0)
        for n, segment in enumerate(ordered):
            if segment.is_coded:
                at = _middle(segment) if is_timed and last > first else None
                share = (n + 0.5) / len(ordered) if at is None else (at - first) / (last - first)
                found[segment.id] = str(min(int(share * N_PARTS), N_PARTS - 1))
    return found, n_timed


def _middle(segment: Segment) -> float | None:
    if segment.start_s is None:
        return None
    return segment.start_s if segment.end_s is None else (segment.start_s + segment.end_s) / 2


def tenth(key: str) -> str:
    """What a tenth of a meeting is called: `0–10 %`."""
    start = int(key) * 100 // N_PARTS
    return f"{start}–{start + 100 // N_PARTS} %"


# ---------------------------------------------------------------- the table


def run(
    *, topics: Sequence[Topic], corpus: Corpus, kind: str, placed: Placed, names: Mapping[str, str], notes: Sequence[str] = ()
) -> Crosstab:
    """Topics by the strata of one kind, outliers last.

    `names` has the strata's names in their order, by key; a stratum without a coded segment is shown too. `placed` has the
    stratum of each coded segment; what is not in it makes a last column of its own.
    """
    coded = [segment for segment in corpus.segments.values() if segment.is_coded]
    columns = _columns(coded, placed, names)
    carried_by = carriers(coded, corpus)
    ordered = sorted(topics, key=lambda topic: (topic.number < 0, topic.number))
    members = {topic.id: _members(topic, corpus) for topic in ordered}
    known = [n for n, column in enumerate(columns) if column.is_known]
    parts = {topic.id: _parts(members[topic.id], columns, placed) for topic in ordered}
    table = [[len(parts[topic.id][n]) for n in known] for topic in ordered]
    proper = [row for topic, row in zip(ordered, table, strict=True) if topic.number >= 0]
    spread = cramers_v(proper)
    residuals = dict(zip((topic.id for topic in ordered), adjusted_residuals(table), strict=True))
    return Crosstab(
        by=kind,
        title=title_of(kind),
        columns=columns,
        rows=tuple(
            CrossRow(
                topic_id=topic.id,
                number=topic.number,
                name=topic.name,
                words=topic.words,
                n_segments=len(members[topic.id]),
                cells=_cells(parts[topic.id], columns, residuals[topic.id]),
                carried=carried_by(members[topic.id]),
                unevenness=one_against_all(row, table),
            )
            for topic, row in zip(ordered, table, strict=True)
        ),
        n_segments=len(coded),
        n_participants=len({segment.participant_id for segment in coded if segment.participant_id}),
        cramers_v=spread if isinstance(spread, float) else None,
        undefined_because=spread if isinstance(spread, str) else None,
        notes=(*_notes(columns), *notes),
    )


def _columns(coded: Sequence[Segment], placed: Placed, names: Mapping[str, str]) -> tuple[Stratum, ...]:
    mine = grouped(coded, lambda segment: placed.get(segment.id))
    order: list[str | None] = [*names, *(key for key in mine if key is not None and key not in names)]
    return tuple(
        Stratum(
            key=UNPLACED if key is None else key,
            name=UNKNOWN.capitalize() if key is None else names.get(key, key),
            n_segments=len(mine.get(key, [])),
            n_participants=_n_people(mine.get(key, [])),
            is_known=key is not None,
        )
        for key in (*order, *([None] if None in mine else []))
    )


def _n_people(segments: Sequence[Segment]) -> int:
    return len({segment.participant_id for segment in segments if segment.participant_id})


def _members(topic: Topic, corpus: Corpus) -> list[Segment]:
    """A topic's segments in the order of the talk."""
    found = [corpus.segments[key] for key in topic.segment_ids if key in corpus.segments]
    return sorted(found, key=lambda segment: (corpus.transcripts[segment.transcript_id].label, segment.position))


def _parts(segments: Sequence[Segment], columns: Sequence[Stratum], placed: Placed) -> list[list[Segment]]:
    """The segments in each column."""
    mine = grouped(segments, lambda segment: placed.get(segment.id, UNPLACED))
    return [mine.get(column.key, []) for column in columns]


def _cells(
    parts: Sequence[Sequence[Segment]], columns: Sequence[Stratum], residuals: Sequence[float | None]
) -> tuple[Cell, ...]:
    left = iter(residuals)
    return tuple(
        Cell(
            segment_ids=tuple(segment.id for segment in mine),
            n_participants=_n_people(mine),
            share=len(mine) / column.n_segments if column.n_segments else None,
            residual=next(left) if column.is_known else None,
        )
        for mine, column in zip(parts, columns, strict=True)
    )


def _notes(columns: Sequence[Stratum]) -> tuple[str, ...]:
    lost = sum(column.n_segments for column in columns if not column.is_known)
    said = (
        f"Of {counted(lost, 'segment')} it is not known where they belong; no measure of spread looks at them.",
    )  # fmt: skip
    return said if lost else ()
