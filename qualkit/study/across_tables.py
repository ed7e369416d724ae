"""Topics within and across groups: by group, site, role, any attribute, guide question, and over the course of a meeting."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING

from qualkit.errors import StudyError
from qualkit.model import CrossRow, Crosstab, Table
from qualkit.stages import across
from qualkit.stages.themes import Corpus
from qualkit.study import guides
from qualkit.wording import counted, percent, two_decimals

if TYPE_CHECKING:
    from qualkit.study.study import Study

_Strata = tuple[Mapping[str, str], Mapping[str, str], tuple[str, ...]]
"""The stratum of each segment, the names of all strata in order, and notes."""

FEWEST_PEOPLE = 3
"""A column of fewer people is warned of."""
MOST_NAMES = 6
MOST_ON_PAPER = 8
"""A table of more strata is for a spreadsheet: no page is wide enough."""

BEFORE = "before"
"""The key of what was said before the first question."""


def kinds(study: Study) -> tuple[str, ...]:
    """What topics can be looked at by, in this study: nothing that all segments share, no question without a guide to use."""
    return across.kinds(study.corpus(), has_guide=guides.has_questions(study))


def crosstab(study: Study, by: str) -> Crosstab:
    """Topics by the strata of one kind, such as `group`, `site`, `question`, `course`, or a column of `participants.csv`.

    Raises `StudyError` for a kind of which this study knows nothing, and if there is no topic yet; `ReadError` for questions of
    a guide that cannot be used.
    """
    topics, corpus = study.topics(), study.corpus()
    if not topics:
        raise StudyError("There are no topics yet. Run  qualkit run topics  to have segments clustered.")
    placed, names, notes = strata_of(study, corpus, by)
    return across.run(topics=topics, corpus=corpus, kind=by, placed=placed, names=names, notes=notes)


def strata_of(study: Study, corpus: Corpus, by: str) -> _Strata:
    """The stratum of each coded segment, the names of all strata in order, and what there is to say about them."""
    if by == across.COURSE:
        return _by_course(corpus)
    if by == across.QUESTION:
        return _by_question(study, corpus)
    placed = across.by_attribute(corpus, by)
    if not placed:
        known = ", ".join(kinds(study))
        raise StudyError(f"Of no segment it is known what its {across.title_of(by)!r} is; talk can be seen by {known}.")
    if by == across.GROUP:
        names = {key: meeting.title for key, meeting in corpus.transcripts.items()}
        return placed, {key: name for key, name in names.items() if key in set(placed.values())}, ()
    return placed, {key: key for key in sorted(set(placed.values()))}, ()


def _by_course(corpus: Corpus) -> _Strata:
    placed, n_timed = across.by_course(corpus)
    n_all = len(corpus.transcripts)
    note = (
        f"Tenths of a meeting, from its first to its last segment: by seconds in {n_timed} of "
        f"{counted(n_all, 'meeting')}" + (", by place among the segments in the others." if n_timed < n_all else ".")
    )
    return placed, {str(n): across.tenth(str(n)) for n in range(across.N_PARTS)}, (note,)


def _by_question(study: Study, corpus: Corpus) -> _Strata:
    followed = guides.follow(study)
    if not followed.guide:
        raise StudyError(
            "There is no guide to see topics by: put it into transcripts/ as guide.md or guide.txt, its questions numbered "
            "(1. 2. 3.) and its probes indented."
        )
    turns = followed.questions
    placed = {item.id: str(turns.get(item.turn_id, BEFORE)) for item in corpus.segments.values() if item.is_coded}
    first = {BEFORE: "Before the first"} if BEFORE in placed.values() else {}
    names = {**first, **{str(question.number): question.name for question in followed.guide}}
    note = (
        f"What moderators said ({counted(followed.n_asked, 'turn')}) was matched with the "
        f"{counted(len(followed.guide), 'question')} of the guide by likeness of words; a follow-up that is like none keeps "
        "the question before it. A machine did this, and it errs: read before you report."
    )
    return placed, names, (note,)


# ---------------------------------------------------------------- as tables


def tables(study: Study) -> dict[str, Table]:
    """A table for each kind of strata there is something to say about, by the stem of its file; none without topics."""
    if not study.topics():
        return {}
    return {stem: table(study.across(kind)) for kind, stem in stems(kinds(study)).items()}


def stems(kinds: Sequence[str], start: str = "topics_by_") -> dict[str, str]:
    """The stem of the files of the topics, or of what `start` says, by each kind of strata.

    Where names are alike but for case and signs, all but the first get a number; qualkit's own kinds come first.
    """
    found: dict[str, str] = {}
    for kind in sorted(kinds, key=lambda kind: kind not in across.TITLES):
        stem = start + re.sub(r"[^\w-]+", "_", kind.strip().casefold())
        numbered = (stem if n == 1 else f"{stem}_{n}" for n in count(1))
        found[kind] = next(name for name in numbered if name not in found.values())
    return {kind: found[kind] for kind in kinds}


def table(crosstab: Crosstab) -> Table:
    """One row a topic: in each column segments, share of the column's segments, and people; the column's totals come first."""
    columns = [f"{column.name} (N = {column.n_segments})" for column in crosstab.columns]
    totals = tuple(
        f"{column.n_segments} by {counted(column.n_participants, 'person', 'people')}" for column in crosstab.columns
    )
    first = ("All segments", crosstab.n_segments, *totals, "", "", None, "")
    return Table(
        title=f"Topics by {crosstab.title}",
        columns=("Topic", "Segments (n)", *columns, "Groups (n of N)", "Participants (n of N)", "Cramér's V", "Remark"),
        rows=(first, *(_row(row) for row in crosstab.rows)),
        notes=(COUNTED, spread_note(crosstab), *crosstab.notes, *_few(crosstab)),
        is_data=len(crosstab.columns) > MOST_ON_PAPER,
    )


def _few(crosstab: Crosstab) -> tuple[str, ...]:
    """A warning where a column rests on so few people that its numbers point at them."""
    few = [column.name for column in crosstab.known if 0 < column.n_participants < FEWEST_PEOPLE]
    said = (
        f"{counted(len(few), 'column')} ({', '.join(few[:MOST_NAMES])}{' …' if len(few) > MOST_NAMES else ''}) "
        f"{'rests' if len(few) == 1 else 'rest'} on fewer than {FEWEST_PEOPLE} people: such numbers point at persons and say "
        "little about a kind of person."
    )
    return (said,) if few else ()


COUNTED = (
    "A cell has the number of segments to be coded that are in the topic, their share of all segments of the column (N), those "
    "of no topic counted, and in brackets the people who spoke them. Moderators are left out; people are told apart within a "
    "group. A topic that a group did not raise is not thereby absent from it."
)


def spread_note(crosstab: Crosstab) -> str:
    """How much of the topics hangs on the stratum, and what that figure is."""
    if crosstab.cramers_v is None:
        return f"Cramér's V is undefined: {crosstab.undefined_because}."
    n = sum(cell.n_segments for row in crosstab.rows if row.number >= 0 for cell in row.cells)
    return (
        f"Cramér's V of topics by {crosstab.title}: {two_decimals(crosstab.cramers_v)} (0 even, 1 each topic in one place; "
        f"corrected for bias, Bergsma 2013; {counted(n, 'segment')} of topics). Segments of one person or meeting hang "
        "together, so it describes this talk and is no test."
    )


def _row(row: CrossRow) -> tuple[str | int | float | None, ...]:
    cells = (
        f"{cell.n_segments} ({percent(cell.share)}) [{cell.n_participants}]"
        if cell.n_segments and cell.share is not None
        else 0
        for cell in row.cells
    )
    carried = row.carried
    return (
        f"{row.name}: {', '.join(row.words[:3])}" if row.number >= 0 else row.name,
        row.n_segments,
        *cells,
        f"{carried.n_groups} of {carried.of_groups}",
        f"{carried.n_participants} of {carried.of_participants}",
        None if row.unevenness is None else round(row.unevenness, 3),
        "; ".join(carried.flags),
    )
