"""Who took part: characteristics by group for the paper, and a list of participants that gives nobody away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from qualkit.model import HIDDEN, Behind, Opens, Participant, Segment, Table, TableCell, grouped
from qualkit.stages.disclosure import hidden, safe_attributes
from qualkit.stages.segment import n_words
from qualkit.stages.tables import Options, members, number_notes, with_share
from qualkit.stages.themes import Corpus
from qualkit.wording import counted

WITHHELD = "withheld"
UNKNOWN = "not known"
MOST_VALUES = 12
"""An attribute of more values tells people apart rather than kinds of people, and is left to the list."""


def characteristics(corpus: Corpus, options: Options) -> Table:
    """Attributes of participants in rows, groups in columns: how many have each value, of all who took part."""
    people = list(members(corpus).values())
    meetings = sorted(corpus.transcripts.values(), key=lambda meeting: meeting.label)
    spoke = {segment.participant_id for segment in corpus.segments.values()}
    sizes = [sum(person.transcript_id == meeting.id for person in people) for meeting in meetings]
    silent = [sum(person.transcript_id == meeting.id and person.id not in spoke for person in people) for meeting in meetings]
    rows: list[tuple[TableCell, ...]] = [("Participants", "all", *sizes, sum(sizes))]
    if any(silent):
        counts = [*silent, sum(silent)]
        gone = hidden([counts], options.suppress_below)
        rows.append(("Participants", "who said nothing", *(HIDDEN if (0, j) in gone else n for j, n in enumerate(counts))))
    names = attribute_names(people)
    shown = [name for name in names if len({person.attributes.get(name) for person in people}) <= MOST_VALUES]
    for name in shown:
        rows += _block(name, people, [meeting.id for meeting in meetings], sizes, options)
    return Table(
        title="Characteristics of participants",
        columns=("Characteristic", "Value",
                 *(f"{meeting.title} (N = {n})" for meeting, n in zip(meetings, sizes, strict=True)),
                 f"All (N = {sum(sizes)})"),
        rows=tuple(rows),
        notes=(
            "All who took part, those who said nothing too where participants.csv lists them; moderators and observers left "
            "out. People are told apart within a group.",
            *number_notes(options),
            *_left_out([name for name in names if name not in shown]),
        ),
        n_stub=2,
    )  # fmt: skip


def attribute_names(people: Sequence[Participant]) -> list[str]:
    """Names of the attributes that any of them has, in the order of participants.csv."""
    return list(dict.fromkeys(name for person in people for name in person.attributes))


def _block(
    name: str, people: Sequence[Participant], groups: Sequence[str], sizes: Sequence[int], options: Options
) -> list[tuple[TableCell, ...]]:
    counts = Counter((person.attributes.get(name) or UNKNOWN, person.transcript_id) for person in people)
    values = sorted({value for value, _ in counts}, key=lambda value: (value == UNKNOWN, value))
    cells = [[counts[value, group] for group in groups] for value in values]
    totals = [sum(row) for row in cells]
    small = hidden([[*row, n] for row, n in zip(cells, totals, strict=True)], options.suppress_below, whole_columns=True)
    title = name.replace("_", " ").capitalize()

    def row(i: int, value: str) -> tuple[TableCell, ...]:
        counts = zip([*cells[i], totals[i]], [*sizes, sum(sizes)], strict=True)
        return (title, value, *(HIDDEN if (i, j) in small else with_share(n, of, options) for j, (n, of) in enumerate(counts)))

    return [row(i, value) for i, value in enumerate(values)]


def _left_out(names: Sequence[str]) -> tuple[str, ...]:
    if not names:
        return ()
    return (f"Not shown, as it has more than {MOST_VALUES} values: {', '.join(names)}.",)


# ---------------------------------------------------------------- one by one


def people(corpus: Corpus, options: Options) -> Table:
    """A row for each participant: group, what may be told of them, and how much they said.

    What quotations tell of people is told first, so that both together tell no more than the list does.
    """
    everybody = members(corpus)
    names = attribute_names(list(everybody.values()))
    first = [name for name in options.attributes if name in names]
    safe = safe_attributes(list(everybody.values()), list(dict.fromkeys([*first, *names])), options.k)
    said = _said_by(corpus)

    def row(person: Participant, mine: Sequence[Segment]) -> tuple[TableCell, ...]:
        told = (_told(person, name, safe) for name in names)
        n_turns = len({segment.turn_id for segment in mine})
        words = sum(n_words(segment.text) for segment in mine)
        return (person.pseudonym, corpus.transcripts[person.transcript_id].title, *told, n_turns, len(mine), words)

    heads = tuple(name.replace("_", " ").capitalize() for name in names)
    return Table(
        title="Participants",
        columns=("Participant", "Group", *heads, "Turns (n)", "Segments (n)", "Words (n)"),
        rows=tuple(row(everybody[key], said.get(key, [])) for key in _in_order(corpus)),
        notes=(
            f"An attribute is told only if every combination of what is told is shared by at least {options.k} participants of "
            f"the group (k-anonymity); where it is not, it is {WITHHELD} for the whole group. Talk: turns, segments and words "
            f"to be coded. N = {counted(len(everybody), 'participant')}, those who said nothing too.",
        ),
        is_data=True,
    )


def opens(corpus: Corpus) -> Opens:
    """What is behind the last columns of `people`: turns, segments and words of each."""
    everybody, said = members(corpus), _said_by(corpus)
    first = 2 + len(attribute_names(list(everybody.values())))
    return {
        (row, first + n): Behind(
            title=f"{everybody[key].pseudonym}, {corpus.transcripts[everybody[key].transcript_id].title}",
            segment_ids=tuple(segment.id for segment in said[key]),
        )
        for row, key in enumerate(_in_order(corpus))
        if key in said
        for n in range(3)
    }


def _said_by(corpus: Corpus) -> Mapping[str | None, list[Segment]]:
    """The segments to be coded of everybody who said any."""
    return grouped((segment for segment in corpus.segments.values() if segment.is_coded), lambda item: item.participant_id)


def _in_order(corpus: Corpus) -> list[str]:
    """Participants by group and name."""
    everybody = members(corpus)
    order = {key: (corpus.transcripts[person.transcript_id].label, person.pseudonym) for key, person in everybody.items()}
    return sorted(everybody, key=order.__getitem__)


def _told(person: Participant, name: str, safe: Mapping[str, tuple[str, ...]]) -> str:
    return person.attributes.get(name, "") if name in safe[person.transcript_id] else WITHHELD
