"""Consensus matrix: where each participant of a group stood on each theme, and on what followed each guide question.

Micro-interlocutor analysis (Onwuegbuzie, Dickinson, Leech & Zoran 2009) asks of each member of a focus group whether they
agreed (A) or dissented (D), gave a statement or example that suggests agreement (SE) or dissent (SD), or did not respond (NR).
Codes that count tell who gave a statement, and on which side; that somebody agreed or dissented without one, people record as
responses. Every stance found stands in the cell. Nothing is averaged, and who spoke on both sides has both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from qualkit.model import (
    ConsensusCell,
    ConsensusRow,
    Participant,
    Response,
    ResponseKind,
    Segment,
    Stance,
    Table,
    TableCell,
    ThemeRow,
    Transcript,
    Valence,
    by_id,
    grouped,
)
from qualkit.stages.responses import may_answer
from qualkit.stages.tables import members
from qualkit.stages.themes import Corpus

Sides = Mapping[str, frozenset[Valence | None]]
"""Segment id -> the valences that a theme's codes have on it, None among them for a code without valence."""

FEWEST = 2
"""Of a group with fewer participants there is nothing to agree on."""
MOST_ON_PAPER = 14
"""A matrix of more participants is for a spreadsheet: no page is wide enough."""

FOR, AGAINST = Valence.FACILITATOR, Valence.BARRIER
SAID = {True: Stance.SAID_FOR, False: Stance.SAID_AGAINST}
ANSWERED = {True: Stance.AGREED, False: Stance.DISSENTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What a group may agree on. A theme has one view; what followed a guide question has that of each theme raised there."""

    name: str
    views: tuple[Sides, ...]
    is_question: bool = False


def matters(
    rows: Iterable[ThemeRow], placed: Mapping[str, str] | None = None, questions: Mapping[str, str] | None = None
) -> list[Matter]:
    """The themes of the theme table, then the guide questions: `questions` has names by key, `placed` keys by segment."""
    themes = [(mine[0].theme, _sides(mine)) for mine in grouped(rows, lambda row: row.theme_id).values()]
    asked = [
        Matter(name=name, views=tuple(_within(sides, placed or {}, key) for _, sides in themes), is_question=True)
        for key, name in (questions or {}).items()
    ]
    return [*(Matter(name=name, views=(sides,)) for name, sides in themes), *asked]


def _sides(rows: Iterable[ThemeRow]) -> Sides:
    pairs = [(key, row.valence) for row in rows for key in row.segment_ids]
    return {key: frozenset(valence for _, valence in mine) for key, mine in grouped(pairs, lambda pair: pair[0]).items()}


def _within(sides: Sides, placed: Mapping[str, str], question: str) -> Sides:
    return {key: valences for key, valences in sides.items() if placed.get(key) == question}


# ---------------------------------------------------------------- who stood where


def run(matters: Sequence[Matter], corpus: Corpus, responses: Sequence[Response]) -> list[ConsensusRow]:
    """A row for each group of two or more participants and each matter that was raised in it, group by group."""
    split = [(matter, [_by_group(sides, corpus) for sides in matter.views]) for matter in matters]
    found = []
    for group in _groups(corpus, responses):
        raised = ((matter, [here[group.meeting.id] for here in views if group.meeting.id in here]) for matter, views in split)
        found += [_row(matter, views, group) for matter, views in raised if views]
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """A meeting with its participants, what they said, by id, and what of it answered something."""

    meeting: Transcript
    there: tuple[Participant, ...]
    said: Mapping[str, Segment]
    answers: tuple[Response, ...]


def _groups(corpus: Corpus, responses: Sequence[Response]) -> list[_Group]:
    """The meetings of two or more participants, by label."""
    people = grouped(members(corpus).values(), lambda person: person.transcript_id)
    talk = grouped((item for item in corpus.segments.values() if may_answer(item, corpus)), lambda item: item.transcript_id)
    answers = grouped(
        (item for item in responses if item.segment_id in corpus.segments),
        lambda item: corpus.segments[item.segment_id].transcript_id,
    )
    return [
        _Group(
            meeting=meeting,
            there=tuple(sorted(people[meeting.id], key=lambda person: person.pseudonym)),
            said=by_id(talk.get(meeting.id, [])),
            answers=tuple(answers.get(meeting.id, ())),
        )
        for meeting in sorted(corpus.transcripts.values(), key=lambda meeting: meeting.label)
        if len(people.get(meeting.id, ())) >= FEWEST
    ]


def _by_group(sides: Sides, corpus: Corpus) -> dict[str, Sides]:
    """What participants said, by the id of their group, in the order of the talk."""
    there = [corpus.segments[key] for key in sides if key in corpus.segments]
    ordered = sorted((item for item in there if may_answer(item, corpus)), key=lambda item: item.position)
    groups = grouped(ordered, lambda item: item.transcript_id)
    return {key: {item.id: sides[item.id] for item in mine} for key, mine in groups.items()}


def _row(matter: Matter, raised: Sequence[Sides], group: _Group) -> ConsensusRow:
    views = [(sides, _leading(sides, group.said)) for sides in raised]
    stances = (item for item in _stances(views, group.answers) if item[0] in group.said)
    mine = grouped(stances, lambda item: group.said[item[0]].participant_id)
    return ConsensusRow(
        transcript_id=group.meeting.id,
        group=group.meeting.title,
        matter=matter.name,
        is_question=matter.is_question,
        view=None if matter.is_question else views[0][1],
        cells=tuple(_cell(person, mine.get(person.id, []), group.said) for person in group.there),
    )


def _cell(person: Participant, stances: Sequence[tuple[str, Stance]], said: Mapping[str, Segment]) -> ConsensusCell:
    found = {stance for _, stance in stances}
    return ConsensusCell(
        participant_id=person.id,
        name=person.pseudonym,
        stances=tuple(stance for stance in Stance if stance in found),
        segment_ids=tuple(sorted({key for key, _ in stances}, key=lambda key: said[key].position)),
    )


def _leading(sides: Sides, said: Mapping[str, Segment]) -> Valence | None:
    """The side that most people spoke on, of equals the one that was raised first; None where nobody took one.

    Speakers whom nobody knows are one person together.
    """
    people = {(side, said[key].participant_id): None for key, valences in sides.items() for side in _taken(valences)}
    counts = Counter(side for side, _ in people)
    return max(counts, key=lambda side: counts[side], default=None)  # the first of equals, in the order of the talk


def _taken(valences: Iterable[Valence | None]) -> list[Valence]:
    """The sides that a segment speaks on; mixed is both."""
    named = set(valences)
    return [side for side in (FOR, AGAINST) if side in named or Valence.MIXED in named]


def _stances(views: Sequence[tuple[Sides, Valence | None]], answers: Sequence[Response]) -> Iterator[tuple[str, Stance]]:
    """Segments and the stances of their speakers, of what they said and of what they answered."""
    for sides, view in views:
        for key, valences in sides.items():
            taken = _taken(valences)
            yield from ((key, SAID[side is view]) for side in taken)
            if not taken:
                yield key, Stance.SAID
        for item in answers:
            if item.to_segment_id in sides:
                for is_for in _answered(item.kind, _taken(sides[item.to_segment_id]), view):
                    yield item.segment_id, ANSWERED[is_for]


def _answered(kind: ResponseKind, taken: Sequence[Valence], view: Valence | None) -> set[bool]:
    """Whether a response is for the view or against it, or both; to words that take no side, whether it is for these."""
    is_for = {side is view for side in taken} or {True}
    if kind is ResponseKind.QUALIFIES:
        return {True, False}
    return {not side for side in is_for} if kind is ResponseKind.CHALLENGES else is_for


# ---------------------------------------------------------------- as tables

SYMBOLS = (
    "SE: gave a statement or example for the view (a code that counts, on its side); SD: one against it. A: agreed, D: "
    "dissented, as a response that somebody recorded says: to agree with or to build on what speaks for the view is to agree, "
    "to challenge it is to dissent, to qualify it is both. S: spoke to it for neither side. NR: no response. SE / SD, A / D: "
    "both ways; no stance is weighed against another."
)
VIEW = (
    "View: the side, facilitator or barrier, that most participants of the group spoke on, of equals the one raised first; "
    "without one, A and D say how somebody answered the statements. A mixed code is on both sides. After a guide question each "
    "theme raised there has its own view, and a cell has what was found on any of them."
)
LIMITS = (
    "After Onwuegbuzie et al. (2009). To name the other side of a theme is not always to contradict: read what was said. "
    "Silence is no consent, and what nobody coded or recorded is not in the matrix. Themes that a group did not raise, and "
    "groups of one participant, are left out."
)


def summary(rows: Sequence[ConsensusRow], notes: Sequence[str] = ()) -> Table:
    """A row for each group and matter: who agreed, who dissented, who did both, and how many did not respond."""

    def row(item: ConsensusRow) -> tuple[TableCell, ...]:
        both = [cell for cell in item.cells if cell.is_both_ways]
        alone = [cell for cell in item.cells if not cell.is_both_ways]
        return (
            item.group,
            item.matter,
            _view(item),
            _listed(cell for cell in alone if cell.agrees),
            _listed(cell for cell in alone if cell.dissents),
            _listed(both),
            _listed(cell for cell in alone if cell.stances == (Stance.SAID,)),
            f"{item.n_silent} of {len(item.cells)}",
        )

    return Table(
        title="Agreement and dissent within groups",
        columns=("Group", "Theme or guide question", "View", "Agreed", "Dissented", "Both ways", "Took no side", "NR (n of N)"),
        rows=tuple(map(row, rows)),
        notes=(SYMBOLS, VIEW, LIMITS, *notes),
        n_stub=2,
    )


def matrix(rows: Sequence[ConsensusRow], notes: Sequence[str] = ()) -> Table:
    """The rows of one group, with a column for each participant. `rows` must not be empty."""
    people = rows[0].cells
    return Table(
        title=f"Consensus matrix: {rows[0].group}",
        columns=("Theme or guide question", "View", *(cell.name for cell in people)),
        rows=tuple((item.matter, _view(item), *(cell.symbol for cell in item.cells)) for item in rows),
        notes=(SYMBOLS, VIEW, f"{LIMITS} N = {len(people)} participants, those who said nothing too.", *notes),
        is_data=len(people) > MOST_ON_PAPER,
    )


def _view(row: ConsensusRow) -> str:
    return row.view.value if row.view else "several" if row.is_question else "none"


def _listed(cells: Iterable[ConsensusCell]) -> str:
    return "; ".join(f"{cell.name} {cell.symbol}" for cell in cells)
