"""Recode debt: what was judged before the codebook had a code, and has not been looked at again since.

A code that is added later is missing from earlier judgements because nobody could give it, not because it did not fit. Until
those segments are judged again, its counts are counts of later talk.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from qualkit.model import Codebook, Segment, Visit
from qualkit.wording import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Keys that a new version of the codebook brought and took away, and when it came into force."""

    at: datetime
    added: tuple[str, ...]
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """Segments that coders judged before a code was there and have not judged again, in the order of the talk, by coder id.

    `n_judged` is how many segments these coders have judged at all.
    """

    code_key: str
    added_at: datetime
    owed: Mapping[str, tuple[str, ...]]
    transcript_ids: tuple[str, ...]
    n_judged: int

    @property
    def segment_ids(self) -> tuple[str, ...]:
        """Segments that at least one coder has yet to judge again."""
        return tuple(dict.fromkeys(key for own in self.owed.values() for key in own))


def added_at(changes: Iterable[Change]) -> dict[str, datetime]:
    """When each code that was not there from the start was added; a code that was away for a while counts from its return."""
    found: dict[str, datetime] = {}
    for n, change in enumerate(sorted(changes, key=lambda item: item.at)):
        for key in change.removed:
            found.pop(key, None)
        if n:
            found |= dict.fromkeys(change.added, change.at)
    return found


def run(
    *, changes: Iterable[Change], codebook: Codebook, visits: Collection[Visit], segments: Sequence[Segment]
) -> tuple[Debt, ...]:
    """What is owed for each code of the codebook that was added later, the newest first; nothing for one that is settled.

    `segments` are those to be coded in the order of the talk. Of each coder's visits to a segment the newest counts.
    """
    since = added_at(changes)
    place = {segment.id: n for n, segment in enumerate(segments)}
    seen = newest(visits)
    found = []
    for key in codebook.by_key.keys() & since.keys():
        late = [
            (coder_id, segment_id) for (segment_id, coder_id), at in seen.items() if at < since[key] and segment_id in place
        ]
        coders = dict.fromkeys(sorted({coder_id for coder_id, _ in late}))
        owed = {who: tuple(sorted((item for by, item in late if by == who), key=place.__getitem__)) for who in coders}
        met = {segments[place[item]].transcript_id for own in owed.values() for item in own}
        if owed:
            found.append(
                Debt(
                    code_key=key, added_at=since[key], owed=owed,
                    transcript_ids=tuple(dict.fromkeys(item.transcript_id for item in segments if item.transcript_id in met)),
                    n_judged=len({segment_id for segment_id, by in seen if by in coders and segment_id in place}),
                )
            )  # fmt: skip
    return tuple(sorted(found, key=lambda debt: (debt.added_at, debt.code_key), reverse=True))


def newest(visits: Iterable[Visit]) -> dict[tuple[str, str], datetime]:
    """When each coder last judged each segment, by segment and coder."""
    found: dict[tuple[str, str], datetime] = {}
    for visit in visits:
        key = (visit.segment_id, visit.coder_id)
        found[key] = max(visit.seen_at, found.get(key, visit.seen_at))
    return found


def told(debt: Debt, *, name: str, coders: Mapping[str, str]) -> str:
    """A debt in a sentence; `name` is the code's, `coders` has names by id."""
    whose = ", ".join(sorted(coders.get(key, key) for key in debt.owed))
    return (
        f"{name} was added on {debt.added_at:%Y-%m-%d}: {counted(len(debt.transcript_ids), 'earlier transcript')}, "
        f"{counted(len(debt.segment_ids), 'segment')} not yet re-read for it by {whose}."
    )
