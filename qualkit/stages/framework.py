"""The framework matrix: what each case said of each code, in numbers and in its best words (Gale et al. 2013).

Cases are groups or participants. Read along a row it tells of a case, down a column of a code; turned over it is the same
matrix with codes in rows, which a page of paper holds. An empty cell was not raised there, which is not absence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from qualkit.model import Behind, Codebook, FinalCode, Opens, Segment, Spanner, Table, TableCell, grouped
from qualkit.stages.quotations import Say, best_quotes
from qualkit.stages.tables import Options, Said, coded, for_and_against, levels, members
from qualkit.stages.themes import Corpus
from qualkit.wording import counted

NOT_RAISED = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A row of the matrix: a group or a participant, by the key that `_cases_of` finds in a segment."""

    key: str
    name: str
    n_segments: int
    n_people: int


def run(
    *, codes: Sequence[FinalCode], corpus: Corpus, book: Codebook, say: Say, options: Options, by_participant: bool = False
) -> Table:
    """Cases in rows, codes in columns under their domains; a cell has its counts and one quotation."""
    found = _in_book_order(coded(codes, corpus), book)
    cases = _cases(corpus, by_participant)
    names = {code.key: code.name for code in book.codes}
    heads = tuple(_of_code(names[key], said) for key, said in found.items())
    cells = _cells(found, cases, corpus, say, options)
    rows = tuple((_of_case(case), *(cells[key, case.key] for key in found)) for case in cases)
    return Table(
        title=f"Framework matrix: {'participants' if by_participant else 'groups'} by codes",
        columns=("Participant" if by_participant else "Group", *heads),
        rows=rows,
        notes=_notes(book, found, by_participant, options),
        spanners=tuple(_domains(list(found), book)),
        is_data=True,
    )


def by_code(*, codes: Sequence[FinalCode], corpus: Corpus, book: Codebook, say: Say, options: Options) -> Table:
    """The matrix of groups turned over: codes in rows, under their domains, and groups in columns."""
    found = _in_book_order(coded(codes, corpus), book)
    cases = _cases(corpus, by_participant=False)
    names = {code.key: code.name for code in book.codes}
    cells = _cells(found, cases, corpus, say, options)

    def row(key: str, said: list[Said]) -> tuple[TableCell, ...]:
        return (book.domain_of(key), _of_code(names[key], said), *(cells[key, case.key] for case in cases))

    return Table(
        title="Framework matrix: codes by groups",
        columns=("Domain", "Code", *map(_of_case, cases)),
        rows=tuple(row(key, said) for key, said in found.items()),
        notes=_notes(book, found, False, options),
        n_stub=2,
        is_data=len(cases) > 6,
    )


def opens(
    *, codes: Sequence[FinalCode], corpus: Corpus, book: Codebook, options: Options, by_participant: bool = False
) -> Opens:
    """What is behind the counts of `run`: of its cells, and of the talk of each case. None where few people are hidden."""
    found = _in_book_order(coded(codes, corpus), book)
    cases, names = _cases(corpus, by_participant), {code.key: code.name for code in book.codes}
    places, talk = {case.key: row for row, case in enumerate(cases)}, _talk(corpus)
    opened: Opens = {
        (row, 0): Behind(title=f"{case.name}: to be coded", segment_ids=talk[case.key])
        for row, case in enumerate(cases)
        if case.key in talk
    }
    for column, (key, said) in enumerate(found.items(), start=1):
        for case_key, mine in _by_case(said).items():
            if case_key in places and not _is_small(mine, cases[places[case_key]], options):
                opened[places[case_key], column] = Behind(
                    title=f"{names[key]}, {cases[places[case_key]].name}", segment_ids=tuple(segment.id for segment, _ in mine)
                )
    return opened


def opens_by_code(*, codes: Sequence[FinalCode], corpus: Corpus, book: Codebook, options: Options) -> Opens:
    """What is behind the counts of `by_code`: of its cells, and of each code as a whole."""
    found = _in_book_order(coded(codes, corpus), book)
    names = {code.key: code.name for code in book.codes}
    cells = opens(codes=codes, corpus=corpus, book=book, options=options)
    whole = {
        (row, 1): Behind(title=names[key], segment_ids=tuple(segment.id for segment, _ in said))
        for row, (key, said) in enumerate(found.items())
    }
    return {**whole, **{(column - 1, 2 + row): item for (row, column), item in cells.items() if column}}


def _in_book_order(found: dict[str, list[Said]], book: Codebook) -> dict[str, list[Said]]:
    """Codes in use by domain, domains and codes as they come in the codebook."""
    keys = [code.key for code in book.codes if code.key in found]
    domains = list(dict.fromkeys(map(book.domain_of, keys)))
    return {key: found[key] for key in sorted(keys, key=lambda key: domains.index(book.domain_of(key)))}


def _domains(keys: Sequence[str], book: Codebook) -> list[Spanner]:
    """A heading over the codes of each domain that has a name; column 0 names the cases."""
    spanners = []
    for domain, columns in groupby(enumerate(keys, start=1), key=lambda item: book.domain_of(item[1])):
        places = [place for place, _ in columns]
        if domain:
            spanners.append(Spanner(text=domain, first=places[0], last=places[-1]))
    return spanners


def _cases(corpus: Corpus, by_participant: bool) -> list[Case]:
    """All groups, or all participants, those who said nothing too."""
    people, sizes = members(corpus), {key: len(ids) for key, ids in _talk(corpus).items()}
    meetings = sorted(corpus.transcripts.values(), key=lambda meeting: meeting.label)
    if not by_participant:
        n_people = Counter(person.transcript_id for person in people.values())
        return [
            Case(key=meeting.id, name=meeting.title, n_segments=sizes.get(meeting.id, 0), n_people=n_people[meeting.id])
            for meeting in meetings
        ]
    in_groups = grouped(people.values(), lambda person: person.transcript_id)
    return [
        Case(key=person.id, name=f"{person.pseudonym}, {meeting.title}", n_segments=sizes.get(person.id, 0), n_people=1)
        for meeting in meetings
        for person in sorted(in_groups.get(meeting.id, []), key=lambda person: person.pseudonym)
    ]


def _talk(corpus: Corpus) -> dict[str, tuple[str, ...]]:
    """The segments to be coded of each case that has any, by its key."""
    pairs = ((case, segment.id) for segment in corpus.segments.values() if segment.is_coded for case in _cases_of(segment))
    return {case: tuple(key for _, key in mine) for case, mine in grouped(pairs, itemgetter(0)).items()}


def _cases_of(segment: Segment) -> tuple[str, ...]:
    """The keys of the cases that a segment belongs to: its group, and whoever spoke it."""
    return (segment.transcript_id, segment.participant_id) if segment.participant_id else (segment.transcript_id,)


def _of_case(case: Case) -> str:
    people = f"{counted(case.n_people, 'participant')}, " if case.n_people > 1 else ""
    return f"{case.name} (N = {people}{counted(case.n_segments, 'segment')})"


def _of_code(name: str, said: Sequence[Said]) -> str:
    n = levels(segment for segment, _ in said)
    return f"{name} (n = {counted(n.segments, 'segment')})"


def _cells(
    found: Mapping[str, list[Said]], cases: Sequence[Case], corpus: Corpus, say: Say, options: Options
) -> dict[tuple[str, str], str]:
    """Every cell by code and case. What was quoted for one code is quoted for another only where there is nothing else."""
    cells: dict[tuple[str, str], str] = {}
    quoted: set[str] = set()
    for key, said in found.items():
        theirs = _by_case(said)
        for case in cases:
            mine = theirs.get(case.key, [])
            quotes = best_quotes(mine, corpus, n=1, but_for=quoted)
            quoted |= {quote.segment_id for quote in quotes}
            told = [_counts(mine, case, options), *map(say, quotes)] if mine else [NOT_RAISED]
            cells[key, case.key] = "\n".join(told)
    return cells


def _by_case(said: Sequence[Said]) -> dict[str, list[Said]]:
    """What each case said, by its key."""
    pairs = grouped(((case, one) for one in said for case in _cases_of(one[0])), itemgetter(0))
    return {case: [one for _, one in mine] for case, mine in pairs.items()}


def _is_small(mine: Sequence[Said], case: Case, options: Options) -> bool:
    """Whether too few people of a group are behind a cell to be told how many."""
    return case.n_people > 1 and levels(segment for segment, _ in mine).participants < options.suppress_below


def _counts(mine: Sequence[Said], case: Case, options: Options) -> str:
    n = levels(segment for segment, _ in mine)
    is_small = _is_small(mine, case, options)
    if is_small and n.segments < options.suppress_below:
        return f"fewer than {options.suppress_below} segments and people"
    people = f"fewer than {options.suppress_below} people" if is_small else counted(n.participants, "person", "people")
    sides = for_and_against([valence for _, valence in mine])
    parts = (counted(n.segments, "segment"), people if case.n_people > 1 else "", sides)
    return ", ".join(part for part in parts if part)


def _notes(book: Codebook, found: dict[str, list[Said]], by_participant: bool, options: Options) -> tuple[str, ...]:
    unused = [code.name for code in book.in_use if code.key not in found]
    people = "" if by_participant else " and of people who spoke them"
    notes = [
        f"N: segments to be coded of the case. A cell has the number of segments{people}, how many of them are for, against or "
        "mixed where the code has a valence, and one quotation: of the side that most segments take, of 12 to 45 words if "
        f"there is one. {NOT_RAISED}: not raised in what was coded, which is not absence.",
    ]
    if options.suppress_below > 1 and not by_participant:
        notes.append(f"Counts of 1 to {options.suppress_below - 1} people are hidden.")
    if unused:
        notes.append(f"Codes that no segment has: {', '.join(unused)}.")
    return tuple(notes)
