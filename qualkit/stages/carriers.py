"""Who some segments rest on: how many groups and people said them, and who said most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from qualkit.model import HIDDEN, Carried, NumberFormat, Role, Segment, Table, TableCell
from qualkit.model.across import FEWEST_CARRIED, ONE_GROUP, ONE_VOICE
from qualkit.stages.tables import Options as Printing
from qualkit.stages.tables import groups_of, number_notes, people_said, told_of
from qualkit.stages.themes import Corpus

UNKNOWN = "not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """From when on a theme is said to be one person's or one group's."""

    one_voice: float = field(
        default=ONE_VOICE,
        metadata={"help": "Flag a theme of which one person has more than this share of the segments.", "least": 0, "most": 1},
    )
    one_group: float = field(
        default=ONE_GROUP,
        metadata={"help": "Flag a theme of which one group has more than this share of the segments.", "least": 0, "most": 1},
    )


def carriers(
    coded: Sequence[Segment], corpus: Corpus, options: Options | None = None
) -> Callable[[Sequence[Segment]], Carried]:
    """What says of some of the `coded` segments how many people and groups said them, and who said most."""
    limits = options or Options()
    of_groups = len({segment.transcript_id for segment in coded})
    of_participants = sum(person.role is Role.PARTICIPANT for person in corpus.participants.values())

    def carried(segments: Sequence[Segment]) -> Carried:
        people = Counter(segment.participant_id for segment in segments if segment.participant_id)
        groups = Counter(segment.transcript_id for segment in segments)
        person, group = (_most(counts) for counts in (people, groups))
        total = max(len(segments), 1)
        return Carried(
            n_groups=len(groups),
            of_groups=of_groups,
            n_participants=len(people),
            of_participants=of_participants,
            participant=_pseudonym(corpus, person[0]) if person else None,
            participant_share=person[1] / total if person else 0.0,
            group=corpus.transcripts[group[0]].title if group else None,
            group_share=group[1] / total if group else 0.0,
            n_segments=len(segments),
            one_voice=limits.one_voice,
            one_group=limits.one_group,
        )

    return carried


def held_to(carried: Carried, options: Options) -> Carried:
    """The same, flagged by other limits."""
    return replace(carried, one_voice=options.one_voice, one_group=options.one_group)


def _most(counts: Counter[str]) -> tuple[str, int] | None:
    """The key counted most often, the first of equals by key."""
    return min(counts.items(), key=lambda item: (-item[1], item[0]), default=None)


def _pseudonym(corpus: Corpus, participant_id: str) -> str:
    person = corpus.participants.get(participant_id)
    return person.pseudonym if person else UNKNOWN


# ---------------------------------------------------------------- as a table


def table(themes: Sequence[tuple[str, str, Carried]], printing: Printing, options: Options, notes: Sequence[str] = ()) -> Table:
    """A row for each theme, given as domain, name and who carries it: how many people and groups, and who said most."""

    def row(domain: str, name: str, carried: Carried) -> tuple[TableCell, ...]:
        is_small = 0 < carried.n_participants < printing.suppress_below
        voice = (HIDDEN, HIDDEN) if is_small else (carried.participant or "", carried.participant_share)
        return (
            domain,
            name,
            told_of(carried.n_segments, carried.n_participants, printing),
            groups_of(carried.n_groups, carried.of_groups, carried.n_participants, printing),
            people_said(carried.n_participants, carried.of_participants, printing),
            *voice,
            carried.group or "",
            carried.group_share,
            HIDDEN if is_small and carried.flags else "; ".join(carried.flags),
        )

    share = NumberFormat.PERCENT
    return Table(
        title="Who carries each theme",
        columns=("Domain", "Theme", "Segments (n)", "Groups (n of N)", "Participants (n of N)", "Largest voice",
                 "Largest voice (% of segments)", "Largest group", "Largest group (% of segments)", "Remark"),
        formats=(None, None, NumberFormat.COUNT, None, None, None, share, None, share, None),
        rows=tuple(row(*item) for item in themes if item[2].n_segments),
        notes=(
            "N: groups with segments to be coded, and all who took part, those who said nothing too. Shares are of the theme's "
            "segments, facilitators and barriers together, each counted once. A theme is remarked on where one participant "
            f"has more than {options.one_voice:.0%} of its segments, or one group more than {options.one_group:.0%}; of fewer "
            f"than {FEWEST_CARRIED} segments nothing is said. Segments of unknown speakers count for their group.",
            *number_notes(printing),
            *notes,
        ),
        n_stub=2,
    )  # fmt: skip
