"""What all tables for paper share: how they are printed, counts at four levels, people, and shares of them.

A count always comes with what it is out of. People are all participants of the meetings, those who said nothing too;
moderators and observers are not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from qualkit.model import FinalCode, Participant, Role, Segment, Valence, grouped
from qualkit.stages.themes import SOME, Corpus, at_least, in_order
from qualkit.wording import percent

Said = tuple[Segment, Valence | None]
"""A segment that a code is on, and the valence it has there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How tables for paper are printed."""

    attributes: tuple[str, ...] = field(
        default=(), metadata={"help": "Columns of participants.csv to print with quotes, as far as enough people share them."}
    )
    k: int = field(default=3, metadata={"help": "People of a group who must share what is printed of one of them.", "least": 1})
    suppress_below: int = field(default=0, metadata={"help": "Hide counts of fewer people than this; 0: none.", "least": 0})
    percent_from: int = field(
        default=10, metadata={"help": "Print shares of people only where there are at least so many.", "least": 0}
    )
    reference: str = field(default="", metadata={"help": "A Word document, in the study's folder, whose styles tables take."})


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """The same talk counted four ways."""

    segments: int
    turns: int
    participants: int
    groups: int


def levels(segments: Iterable[Segment]) -> Levels:
    """Segments, the turns that they lie in, the people who spoke them, and the groups; an unknown speaker is no participant."""
    mine = list(segments)
    return Levels(
        segments=len(mine),
        turns=len({segment.turn_id for segment in mine}),
        participants=len({segment.participant_id for segment in mine if segment.participant_id}),
        groups=len({segment.transcript_id for segment in mine}),
    )


def members(corpus: Corpus) -> dict[str, Participant]:
    """Everybody who took part, by id, those who said nothing too; neither moderators nor observers."""
    return {key: person for key, person in corpus.participants.items() if person.role is Role.PARTICIPANT}


def coded(codes: Iterable[FinalCode], corpus: Corpus) -> dict[str, list[Said]]:
    """For each code that counts, by key, the segments it is on, with the valence there, in the order of the talk."""
    found = grouped((code for code in codes if code.segment_id in corpus.segments), lambda code: code.code_key)
    return {
        key: [
            (segment, valence_at[segment.id])
            for valence_at in [{code.segment_id: code.valence for code in mine}]
            for segment in in_order((corpus.segments[segment_id] for segment_id in valence_at), corpus)
        ]
        for key, mine in found.items()
    }


def for_and_against(valences: Sequence[Valence | None]) -> str:
    """How many of each valence there are: `3 for, 1 against`; empty where none has one."""
    names = {Valence.FACILITATOR: "for", Valence.BARRIER: "against", Valence.MIXED: "mixed"}
    counts = [(valences.count(valence), name) for valence, name in names.items()]
    return ", ".join(f"{n} {name}" for n, name in counts if n)


# ---------------------------------------------------------------- numbers


def people_said(n: int, of: int, options: Options) -> str:
    """`5 of 12 (42%)`; the share only where there are enough people for one, and no number that is too small to be told."""
    if 0 < n < options.suppress_below:
        return f"< {options.suppress_below} of {of}"
    return f"{n} of {of}" + share(n, of, options)


def told_of(n: int, n_people: int, options: Options) -> int | str:
    """How many segments or turns so many people spoke; not told where it would tell how few they are."""
    return at_least(n, options.suppress_below) if 0 < n_people < options.suppress_below else n


def groups_of(n: int, of: int, n_people: int, options: Options) -> str:
    """`2 of 4`: in how many groups so many people are; not told where it would tell how few they are."""
    return f"{SOME if 0 < n_people < options.suppress_below else n} of {of}"


def share(n: int, of: int, options: Options) -> str:
    """` (42%)`, or nothing where there are fewer people than a share is printed of."""
    return f" ({percent(n / of)})" if of and of >= options.percent_from else ""


def with_share(n: int, of: int, options: Options) -> int | str:
    """`5 (42%)`, or the number alone where there is none or no share to print."""
    said = share(n, of, options) if n else ""
    return f"{n}{said}" if said else n


def number_notes(options: Options) -> tuple[str, ...]:
    """What is left out of the numbers of people, and why."""
    notes = []
    if options.percent_from > 1:
        notes.append(f"Shares are of people, and printed where there are {options.percent_from} or more.")
    if options.suppress_below > 1:
        notes.append(
            f"Counts of 1 to {options.suppress_below - 1} people are hidden, and where one would follow from a total, the "
            "least other count as well."
        )
    return tuple(notes)
