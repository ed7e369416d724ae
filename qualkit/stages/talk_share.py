"""Talk share: how much each speaker of a meeting said, and how unevenly the talk was spread over its participants.

Gini's coefficient is that of all n participants (Gini 1912): half the mean absolute difference of every two of them, divided by
the mean, without a correction for small n. 0 means that all said as much, (n - 1) / n that one said everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from math import fsum
from typing import NamedTuple

from qualkit.model import GroupTalk, NumberFormat, Participant, Role, SpeakerTalk, Table, TableCell, grouped
from qualkit.stages.segment import n_words
from qualkit.stages.themes import Corpus
from qualkit.wording import clock, counted

UNKNOWN = "Unknown or several at once"

_NOBODY = re.compile(
    r"(unknown|unidentified|unclear|inaudible|multiple|several|many|all|everyone|everybody|crosstalk)"
    r"(\s+(speakers?|voices?|people|participants?|persons?))?",
    re.IGNORECASE,
)
"""What transcripts call a speaker whom nobody could tell, or several who spoke at once."""


def is_nobody(person: Participant) -> bool:
    """Whether a speaker is nobody in particular: one whom nobody could tell, or several at once."""
    return _NOBODY.fullmatch(person.pseudonym.strip()) is not None


class Spoken(NamedTuple):
    """What is counted of a turn."""

    transcript_id: str
    participant_id: str | None
    text: str
    start_s: float | None
    end_s: float | None


def run(turns: Iterable[Spoken], corpus: Corpus) -> list[GroupTalk]:
    """How the talk of each meeting was shared, by its label; `corpus` says who took part."""
    said = grouped(turns, lambda turn: turn.transcript_id)
    there = grouped(corpus.participants.values(), lambda person: person.transcript_id)
    segments = grouped(
        sorted(corpus.segments.values(), key=lambda item: item.position), lambda item: (item.transcript_id, item.participant_id)
    )
    ids = {key: tuple(item.id for item in mine) for key, mine in segments.items()}
    meetings = sorted(corpus.transcripts.values(), key=lambda meeting: meeting.label)
    return [_group(item.id, item.title, said.get(item.id, []), there.get(item.id, []), ids) for item in meetings]


def gini(amounts: Sequence[float]) -> float | None:
    """Gini's coefficient, 0 to (n - 1) / n; None for fewer than two amounts, or if all are zero.

    Of the sorted amounts x_1 to x_n, the sum of (2i - n - 1) x_i, divided by n times the sum of x_i.
    """
    n, total = len(amounts), fsum(amounts)
    if n < 2 or not total:
        return None
    return fsum((2 * i - n - 1) * x for i, x in enumerate(sorted(amounts), start=1)) / (n * total)


def _group(
    transcript_id: str,
    title: str,
    turns: Sequence[Spoken],
    there: Sequence[Participant],
    ids: Mapping[tuple[str, str | None], tuple[str, ...]],
) -> GroupTalk:
    known = {person.id: person for person in there if not is_nobody(person)}
    by_speaker = grouped(turns, lambda turn: turn.participant_id if turn.participant_id in known else None)
    is_timed = all(turn.start_s is not None and turn.end_s is not None for turn in turns)

    def talk(person: Participant | None) -> SpeakerTalk:
        mine = by_speaker.get(person.id if person else None, [])
        who = [person.id] if person else list(dict.fromkeys([*(turn.participant_id for turn in mine), None]))
        return SpeakerTalk(
            participant_id=person.id if person else None,
            name=person.pseudonym if person else UNKNOWN,
            role=person.role if person else None,
            n_words=sum(n_words(turn.text) for turn in mine),
            n_turns=len(mine),
            seconds=fsum((turn.end_s or 0.0) - (turn.start_s or 0.0) for turn in mine) if is_timed and turns else None,
            segment_ids=tuple(key for one in who for key in ids.get((transcript_id, one), ())),
        )

    people = sorted((talk(person) for person in known.values()), key=lambda item: (-item.n_words, item.name))
    participants = tuple(item for item in people if item.role is Role.PARTICIPANT)
    words = [item.n_words for item in participants]
    return GroupTalk(
        transcript_id=transcript_id,
        title=title,
        participants=participants,
        others=(*(item for item in people if item.role is not Role.PARTICIPANT and item.n_turns),
                *([talk(None)] if None in by_speaker else [])),
        gini=gini([item.n_words for item in participants if item.n_turns]),
        gini_with_silent=gini(words),
    )  # fmt: skip


# ---------------------------------------------------------------- as tables


def balance_table(groups: Sequence[GroupTalk]) -> Table:
    """A row for each meeting: who spoke, the moderator's share, the largest voice, Gini; silent people where there are some."""
    has_silent, has_unknown = any(item.n_silent for item in groups), any(item.unknown for item in groups)
    is_timed = any(_minutes(item.speakers) for item in groups)

    def row(item: GroupTalk) -> tuple[TableCell, ...]:
        unknown = item.unknown.n_words / item.n_words if item.unknown and item.n_words else 0.0
        return (
            item.title,
            f"{item.n_spoke} of {len(item.participants)}",
            *([_minutes(item.speakers)] if is_timed else []),
            item.n_words,
            item.moderator_share,
            *([unknown] if has_unknown else []),
            item.largest_share,
            item.largest.name if item.largest else "",
            item.gini,
            *([item.gini_with_silent] if has_silent else []),
        )

    columns: list[tuple[str, NumberFormat | None]] = [
        ("Group", None),
        ("Spoke (n of N)", None),
        *([("Talk (time)", None)] if is_timed else []),
        ("Words (n)", NumberFormat.COUNT),
        ("Moderator (% of words)", _SHARE),
        *([("Unknown (% of words)", _SHARE)] if has_unknown else []),
        ("Largest voice (% of participants' words)", _SHARE),
        ("Largest voice", None),
        ("Gini", NumberFormat.COEFFICIENT),
        *([("Gini, silent as zero", NumberFormat.COEFFICIENT)] if has_silent else []),
    ]  # fmt: skip
    return Table(
        title="Balance of voices",
        columns=tuple(name for name, _ in columns),
        formats=tuple(kind for _, kind in columns),
        rows=tuple(map(row, groups)),
        notes=balance_notes(groups),
    )


_SHARE = NumberFormat.PERCENT


def balance_notes(groups: Sequence[GroupTalk]) -> tuple[str, ...]:
    """What is counted, and what Gini's coefficient says and leaves out."""
    n_silent = sum(item.n_silent for item in groups)
    silent = (
        f"Over those who spoke; the last column counts {counted(n_silent, 'participant')} who said nothing as zero."
        if n_silent
        else "Over those who spoke; of nobody it is known that they took part and said nothing."
    )
    unknown = sum(item.unknown.n_turns for item in groups if item.unknown)
    return (
        "N: all who took part, those who said nothing too where participants.csv lists them. Words: of all turns, short ones "
        "too, as the transcripts stand. Moderator: moderators' share of all words of the group.",
        "Gini: Gini's coefficient of words over participants, 0 if all said as much, (n - 1) / n if one said everything; not "
        f"corrected for small n. {silent}",
        *_unknown_note(unknown),
    )


def _unknown_note(n_turns: int) -> tuple[str, ...]:
    if not n_turns:
        return ()
    return (
        f"{counted(n_turns, 'turn')} of unknown speakers, or of several at once, count for their group and for no participant.",
    )


def people_table(groups: Sequence[GroupTalk]) -> Table:
    """A row for each person: words, turns and, where every turn of the group has times, talking time, with their shares."""
    is_timed = any(_minutes(item.speakers) for item in groups)

    def row(group: GroupTalk, item: SpeakerTalk) -> tuple[TableCell, ...]:
        is_participant = item.role is Role.PARTICIPANT
        return (
            group.title,
            item.name,
            item.role.value if item.role else "",
            item.n_words,
            _share(item.n_words, group.n_participant_words) if is_participant else None,
            _share(item.n_words, group.n_words),
            item.n_turns,
            _share(item.n_turns, sum(one.n_turns for one in group.speakers)),
            *((_minutes([item]) if item.n_turns else "", _share_of_time(item, group)) if is_timed else ()),
        )

    counts = (NumberFormat.COUNT, _SHARE, _SHARE, NumberFormat.COUNT, _SHARE)
    return Table(
        title="Talk of each participant",
        columns=("Group", "Speaker", "Role", "Words (n)", "% of participants' words", "% of all words", "Turns (n)",
                 "% of all turns", *(("Talk (time)", "% of all time") if is_timed else ())),
        formats=(None, None, None, *counts, *((None, _SHARE) if is_timed else ())),
        rows=tuple(row(group, item) for group in groups for item in group.speakers),
        notes=(
            "Who said most comes first. Words are of all turns, short ones too; all: participants, moderators and whoever else "
            "spoke. Who said nothing is listed as participants.csv has them."
            + (" Time: from the start to the end of each turn, in groups all of whose turns have times; where two talk at once "
               "it counts for both." if is_timed else ""),
            *_unknown_note(sum(item.unknown.n_turns for item in groups if item.unknown)),
        ),
        n_stub=2,
    )  # fmt: skip


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _share_of_time(item: SpeakerTalk, group: GroupTalk) -> float | None:
    return None if item.seconds is None else _share(item.seconds, fsum(one.seconds or 0.0 for one in group.speakers))


def _minutes(speakers: Sequence[SpeakerTalk]) -> str:
    """The talking time of speakers as a clock has it; empty where it is not known."""
    seconds = [item.seconds for item in speakers if item.seconds is not None]
    return clock(fsum(seconds)) if seconds else ""
