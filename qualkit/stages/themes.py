"""Final codes to the theme table: who said it, in how many groups, for or against, in whose words.

A count says what it counts. Participants are people who spoke, told apart by transcript and pseudonym; a segment whose
speaker is unknown counts for its group but for no participant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from types import MappingProxyType

from qualkit.errors import StudyError
from qualkit.model import (
    HIDDEN,
    Basis,
    Codebook,
    FinalCode,
    Participant,
    Quote,
    Role,
    Segment,
    Spanner,
    Table,
    TableCell,
    Theme,
    ThemeRow,
    Transcript,
    Valence,
    derived_id,
    grouped,
)
from qualkit.stages.segment import n_words
from qualkit.wording import clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the theme table is made."""

    n_quotes: int = field(default=3, metadata={"help": "Quotes per row, spread over groups and people."})
    most_per_person: int = field(
        default=2, metadata={"help": "Quotes of one person per row at most, beside the author's picks."}
    )
    min_segments: int = field(default=1, metadata={"help": "Leave out rows with fewer segments."})
    min_score: float = field(default=0.5, metadata={"help": "Least score of a suggestion that counts while nobody has coded."})


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """What the codes stand on: everything by id, and the transcripts that can be heard.

    `participants` are all who took part, those who said nothing too, as far as the study knows of them. `edits` has, by the id
    of a segment, how an author prints it as a quotation.
    """

    segments: Mapping[str, Segment]
    transcripts: Mapping[str, Transcript]
    participants: Mapping[str, Participant]
    heard: frozenset[str] = frozenset()
    edits: Mapping[str, str] = field(default_factory=dict)


VALENCE_ORDER: tuple[Valence | None, ...] = (Valence.FACILITATOR, Valence.BARRIER, Valence.MIXED, None)


def propose(codebook: Codebook, used: set[str]) -> list[Theme]:
    """One theme for each code in use, in the codebook's order: where an author starts from."""
    return [
        Theme(
            id=derived_id("theme", code.key),
            name=code.name,
            claim=code.definition,
            domain=codebook.domain_of(code.key),
            code_keys=(code.key,),
        )
        for code in codebook.codes
        if code.key in used
    ]


def run(
    *,
    themes: Sequence[Theme],
    codes: Sequence[FinalCode],
    corpus: Corpus,
    options: Options,
    topics: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> list[ThemeRow]:
    """Rows by domain, theme and valence; a segment counts once in a row however many of the theme's codes it has.

    `topics` has the segments of each topic, by its id. Those of a theme's topics that none of its codes is on count too, in a
    row without valence, and rest on `Basis.TOPIC`.
    """
    by_key = grouped((code for code in codes if code.segment_id in corpus.segments), lambda code: code.code_key)
    rows = []
    for theme in themes:
        mine = [code for key in dict.fromkeys(theme.code_keys) for code in by_key.get(key, ())]
        mine += _in_topics(theme, {code.segment_id for code in mine}, corpus, topics)
        by_valence = grouped(mine, lambda code: code.valence)
        sizes = {valence: len({code.segment_id for code in chosen}) for valence, chosen in by_valence.items()}
        shown = [valence for valence, n in sizes.items() if n >= max(1, options.min_segments)]
        made = [_row(theme, valence, by_valence[valence], corpus, options) for valence in shown]
        rows += _with_contrary(
            made, [code for valence in sizes if valence not in shown for code in by_valence[valence]], corpus
        )
    place = {(theme.domain, theme.id): n for n, theme in enumerate(themes)}
    domains = list(dict.fromkeys(theme.domain for theme in themes))
    return sorted(
        rows,
        key=lambda row: (domains.index(row.domain), place[row.domain, row.theme_id], VALENCE_ORDER.index(row.valence)),
    )


def _with_contrary(rows: list[ThemeRow], left_out: Sequence[FinalCode], corpus: Corpus) -> list[ThemeRow]:
    """The rows, a quote of the other side added to the largest where that side has too few segments for a row of its own."""
    leading = max(rows, key=lambda row: row.n_segments, default=None)
    against = AGAINST.get(leading.valence) if leading and leading.valence else None
    other = [corpus.segments[code.segment_id] for code in left_out if code.valence is against]
    if leading is None or against is None or not other:
        return rows
    quote = as_contrary(quote_of(min(other, key=_unreadable), corpus))
    return [replace(row, quotes=(*row.quotes, quote)) if row is leading else row for row in rows]


AGAINST = {Valence.FACILITATOR: Valence.BARRIER, Valence.BARRIER: Valence.FACILITATOR}


def _in_topics(theme: Theme, coded: Collection[str], corpus: Corpus, topics: Mapping[str, Collection[str]]) -> list[FinalCode]:
    """What stands for segments of the theme's topics that have none of its codes."""
    ids = dict.fromkeys(key for topic_id in theme.topic_ids for key in topics.get(topic_id, ()))
    return [
        FinalCode(segment_id=key, code_key="", valence=None, basis=Basis.TOPIC)
        for key in ids
        if key not in coded and key in corpus.segments
    ]


def _row(theme: Theme, valence: Valence | None, codes: Sequence[FinalCode], corpus: Corpus, options: Options) -> ThemeRow:
    segments = in_order((corpus.segments[key] for key in {code.segment_id for code in codes}), corpus)
    people = {segment.participant_id for segment in segments if segment.participant_id}
    return ThemeRow(
        domain=theme.domain,
        theme=theme.name,
        valence=valence,
        definition=theme.claim,
        n_groups=len({segment.transcript_id for segment in segments}),
        of_groups=len(corpus.transcripts),
        n_participants=len(people),
        of_participants=sum(person.role is Role.PARTICIPANT for person in corpus.participants.values()),
        n_segments=len(segments),
        quotes=tuple(
            quote_of(segment, corpus)
            for segment in choose_quotes(segments, theme, corpus, options.n_quotes, options.most_per_person)
        ),
        basis=dict(Counter(code.basis.value for code in codes)),
        theme_id=theme.id,
        segment_ids=tuple(segment.id for segment in segments),
        participant_ids=tuple(dict.fromkeys(segment.participant_id for segment in segments if segment.participant_id)),
        n_turns=len({segment.turn_id for segment in segments}),
    )


def in_order(segments: Iterable[Segment], corpus: Corpus) -> list[Segment]:
    """Segments as they were said, group by group."""
    return sorted(segments, key=lambda segment: (corpus.transcripts[segment.transcript_id].label, segment.position))


def choose_quotes(
    segments: Sequence[Segment], theme: Theme, corpus: Corpus, n_quotes: int, most_per_person: int | None = None
) -> list[Segment]:
    """The author's own picks, all of them and in their order; then, up to `n_quotes` in all, others in the order of the talk.

    The others come one from each group not yet heard, each by a new person, of a readable length; none by a person who has
    `most_per_person` already.
    """
    place = {key: n for n, key in enumerate(theme.quote_segment_ids)}
    picked = sorted((segment for segment in segments if segment.id in place), key=lambda segment: place[segment.id])
    rest = grouped((item for item in segments if item.id not in place), lambda item: (item.transcript_id, item.participant_id))
    left = [
        item
        for mine in rest.values()
        for item in sorted(((_unreadable(one), one) for one in mine), key=itemgetter(0))[:n_quotes]
    ]
    others: list[Segment] = []
    while left and len(picked) + len(others) < n_quotes:
        groups = {segment.transcript_id for segment in (*picked, *others)}
        people = {segment.participant_id for segment in (*picked, *others)}
        best = min(left, key=lambda item: (item[1].transcript_id in groups, item[1].participant_id in people, item[0]))
        others.append(best[1])
        left.remove(best)
        if sum(_speaker(item) == _speaker(best[1]) for item in (*picked, *others)) == most_per_person:
            left = [item for item in left if _speaker(item[1]) != _speaker(best[1])]
    return picked + in_order(others, corpus)


def _speaker(segment: Segment) -> tuple[str, str | None]:
    return segment.transcript_id, segment.participant_id


def _unreadable(segment: Segment) -> tuple[int, str]:
    """How far a quote's length is from 12 to 45 words; ties in a fixed order."""
    n = n_words(segment.text)
    return max(12 - n, n - 45, 0), segment.id


def quote_of(segment: Segment, corpus: Corpus) -> Quote:
    """A segment as words that can be printed, found and heard again."""
    person = corpus.participants.get(segment.participant_id or "")
    return Quote(
        segment_id=segment.id,
        text=segment.text,
        transcript_label=corpus.transcripts[segment.transcript_id].title,
        participant=person.pseudonym if person else None,
        start_s=segment.start_s,
        has_audio=segment.transcript_id in corpus.heard,
        edited=corpus.edits.get(segment.id),
    )


def as_contrary(quote: Quote) -> Quote:
    """The quote as one that speaks against what it stands with."""
    return replace(quote, is_contrary=True)


COLUMNS = (
    "Domain",
    "Theme",
    "Facilitator / barrier",
    "Definition",
    "Groups (n of N)",
    "Participants (n of N)",
    "Turns (n)",
    "Segments (n)",
    "Illustrative quotes",
)


def table(
    rows: Sequence[ThemeRow],
    *,
    title: str,
    notes: Sequence[str],
    say: Callable[[Quote], str] | None = None,
    suppress_below: int = 0,
    appendix: tuple[Table, ...] = (),
) -> Table:
    """The rows as every exporter prints them; `say` prints a quote, and fewer people than `suppress_below` are not told."""
    return Table(
        title=title,
        columns=COLUMNS,
        rows=tuple(_cells(row, say or printed, suppress_below) for row in rows),
        notes=tuple(notes),
        n_stub=2,
        told_once=(3,),
        spanners=(Spanner(text="How often and by whom", first=4, last=7),),
        appendix=appendix,
    )


def _cells(row: ThemeRow, say: Callable[[Quote], str], suppress_below: int) -> tuple[TableCell, ...]:
    below = suppress_below if 0 < row.n_participants < suppress_below else 0
    return (
        row.domain,
        row.theme,
        row.valence.value.capitalize() if row.valence else "",
        row.definition,
        f"{SOME if below else row.n_groups} of {row.of_groups}",
        f"{at_least(row.n_participants, below)} of {row.of_participants}",
        at_least(row.n_turns, below),
        at_least(row.n_segments, below),
        "\n".join(map(say, row.quotes)),
    )


def at_least(n: int, below: int) -> int | str:
    """`n`, or that it is small: of so few people the number of segments tells as much as that of people."""
    return f"< {below}" if 0 < n < below else n


SOME = "≥ 1"
"""In how many groups so few people are that two groups would tell that they are two."""


def printed(quote: Quote, attributes: Sequence[str] = ()) -> str:
    """A quote as it stands in a table: the words, then group, participant, what is printed of them, and time."""
    time = clock(quote.start_s) + (" audio" if quote.has_audio and quote.start_s is not None else "")
    told = (quote.transcript_label, quote.participant or "unknown speaker", *attributes, time)
    source = ", ".join(part for part in told if part)
    return f"{'Contrary: ' if quote.is_contrary else ''}“{quote.edited or quote.text}” ({source})"


def numbers_table(rows: Sequence[ThemeRow], suppress_below: int = 0) -> Table:
    """The same rows with one number to a cell, what they rest on, and the ids of the quoted segments: for a script.

    What the table for paper does not tell of fewer people than `suppress_below`, this does not either.
    """
    bases = tuple(basis.value for basis in Basis)
    counts = ("n_groups", "of_groups", "n_participants", "of_participants", "n_segments", "n_turns")
    columns = ("domain", "theme", "valence", *counts, *bases, "quote_segment_ids")

    def cells(row: ThemeRow) -> tuple[TableCell, ...]:
        named = (row.domain, row.theme, row.valence.value if row.valence else "")
        quoted = " ".join(quote.segment_id for quote in row.quotes)
        is_small = 0 < row.n_participants < suppress_below
        untold = {"n_groups", "n_participants"} if is_small else set()
        if is_small and min(row.n_segments, row.n_turns) < suppress_below:
            untold |= {"n_segments", "n_turns", *bases}
        told = {count: getattr(row, count) for count in counts} | {basis.value: row.basis.get(basis, 0) for basis in Basis}
        return (*named, *(HIDDEN if name in untold else n for name, n in told.items()), quoted)

    return Table(title="Theme table, numbers", columns=columns, rows=tuple(map(cells, rows)), is_data=True)


def new_theme(name: str, claim: str, domain: str, code_keys: Sequence[str], topic_ids: Sequence[str] = ()) -> Theme:
    """A theme as an author writes it down. Raises `StudyError` if it has no name, or neither code nor topic."""
    if not name.strip() or not (code_keys or topic_ids):
        raise StudyError("A theme needs a name and at least one code or topic.")
    return Theme(
        id=derived_id("theme", name, *code_keys, *topic_ids),
        name=name.strip(),
        claim=claim.strip(),
        domain=domain.strip(),
        code_keys=tuple(code_keys),
        topic_ids=tuple(topic_ids),
    )
