"""Recode debt: what was judged under an older codebook, and would perhaps be judged otherwise under the one of now.

A code that is added later is missing from earlier judgements because nobody could give it, not because it did not fit. A code
whose meaning has changed was given by its older text, one that was split by what it was before. Until those segments are judged
again, counts are of talk that was read in two ways. A change of wording raises no debt.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from qualkit.model import Codebook, Segment, Visit
from qualkit.wording import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Keys that a new version of the codebook brought, took away and changed, and when it came into force.

    `split` has the keys that each split code became.
    """

    at: datetime
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    meaning: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()
    restored: tuple[str, ...] = ()
    split: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Cause(StrEnum):
    """Why judgements are to be made again."""

    ADDED = "added"
    MEANING = "meaning changed"
    SPLIT = "split"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A code that a coder gave to a segment in a round."""

    segment_id: str
    coder_id: str
    round_id: str
    code_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """Segments that coders judged before a code was what it is, and have not judged again.

    `owed` has them by coder id, in the order of the talk; `since` is when the code was added, changed, split or restored;
    `n_judged` is how many segments these coders have judged at
    all.
    """

    code_key: str
    cause: Cause = Cause.ADDED
    since: datetime
    owed: Mapping[str, tuple[str, ...]]
    transcript_ids: tuple[str, ...]
    n_judged: int

    @property
    def segment_ids(self) -> tuple[str, ...]:
        """Segments that at least one coder has yet to judge again."""
        return tuple(dict.fromkeys(key for own in self.owed.values() for key in own))


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a change asks to be judged again: what was judged before `since`, and not before `after` where that is said.

    If `is_given`, only segments that the coder gave the code.
    """

    code_key: str
    cause: Cause
    since: datetime
    after: datetime | None = None
    is_given: bool = False


def added_at(changes: Iterable[Change]) -> dict[str, datetime]:
    """When each code that was not there from the start was added; a code that was away for a while counts from its return.

    A code that another was split into is no new one: it is owed where the other was given.
    """
    found: dict[str, datetime] = {}
    for n, change in enumerate(sorted(changes, key=lambda item: item.at)):
        for key in change.removed:
            found.pop(key, None)
        if n:
            parts = {key for into in change.split.values() for key in into}
            found |= {key: change.at for key in change.added if key not in parts}
    return found


def claims(changes: Iterable[Change], codebook: Codebook) -> list[Claim]:
    """What the changes ask to be judged again, for codes as the codebook has them now."""
    ordered, codes = sorted(changes, key=lambda item: item.at), codebook.by_key
    in_use = {code.key for code in codebook.in_use}
    found = [Claim(code_key=key, cause=Cause.ADDED, since=at) for key, at in added_at(ordered).items() if key in in_use]
    meant = {key: change.at for change in ordered for key in change.meaning}
    found += [Claim(code_key=key, cause=Cause.MEANING, since=at, is_given=True) for key, at in meant.items() if key in in_use]
    split = {key: change.at for change in ordered for key in change.split}
    found += [
        Claim(code_key=key, cause=Cause.SPLIT, since=at, is_given=True)
        for key, at in split.items()
        if key in codes and len(codes[key].replaced_by) > 1
    ]
    retired: dict[str, datetime] = {}
    for change in ordered:
        retired |= dict.fromkeys(change.retired, change.at)
        back = [key for key in change.restored if key in in_use and key in retired]
        found += [Claim(code_key=key, cause=Cause.RESTORED, since=change.at, after=retired[key]) for key in back]
    return found


def run(
    *,
    changes: Iterable[Change],
    codebook: Codebook,
    visits: Collection[Visit],
    segments: Sequence[Segment],
    given: Iterable[Given] = (),
) -> tuple[Debt, ...]:
    """What is owed for each code that was added or changed later, the newest first; nothing for what is settled.

    `segments` are those to be coded in the order of the talk. Of each coder's visits to a segment the newest counts, and of the
    codes `given` those of that visit; a code that was merged into another counts as that one.
    """
    place = {segment.id: n for n, segment in enumerate(segments)}
    seen = {key: visit for key, visit in newest(visits).items() if key[0] in place}
    same = codebook.counts_as
    codes = {(same.get(item.code_key, item.code_key), item.segment_id, item.coder_id, item.round_id) for item in given}
    found = []
    for claim in claims(changes, codebook):
        owed: dict[str, list[str]] = {}
        for (segment_id, coder_id), visit in seen.items():
            is_old = visit.seen_at < claim.since and (claim.after is None or visit.seen_at >= claim.after)
            if is_old and (not claim.is_given or (claim.code_key, segment_id, coder_id, visit.round_id) in codes):
                owed.setdefault(coder_id, []).append(segment_id)
        if owed:
            found.append(_debt(claim, owed, place, seen, segments))
    return tuple(sorted(found, key=lambda debt: (debt.since, debt.code_key), reverse=True))


def _debt(
    claim: Claim,
    owed: Mapping[str, Sequence[str]],
    place: Mapping[str, int],
    seen: Collection[tuple[str, str]],
    segments: Sequence[Segment],
) -> Debt:
    met = sorted({place[key] for own in owed.values() for key in own})
    return Debt(
        code_key=claim.code_key,
        cause=claim.cause,
        since=claim.since,
        owed={coder: tuple(sorted(owed[coder], key=place.__getitem__)) for coder in sorted(owed)},
        transcript_ids=tuple(dict.fromkeys(segments[n].transcript_id for n in met)),
        n_judged=len({segment_id for segment_id, coder_id in seen if coder_id in owed}),
    )


def newest(visits: Iterable[Visit]) -> dict[tuple[str, str], Visit]:
    """Each coder's newest visit to each segment, by segment and coder."""
    found: dict[tuple[str, str], Visit] = {}
    for visit in visits:
        key = (visit.segment_id, visit.coder_id)
        if key not in found or visit.seen_at >= found[key].seen_at:
            found[key] = visit
    return found


SAID = {
    Cause.ADDED: "was added",
    Cause.MEANING: "changed its meaning",
    Cause.SPLIT: "was split",
    Cause.RESTORED: "was restored",
}
"""How a debt says what became of its code."""


def told(debt: Debt, *, name: str, coders: Mapping[str, str]) -> str:
    """A debt in a sentence; `name` is the code's, `coders` has names by id."""
    whose = ", ".join(sorted(coders.get(key, key) for key in debt.owed))
    return (
        f"{name} {SAID[debt.cause]} on {debt.since:%Y-%m-%d}: {counted(len(debt.transcript_ids), 'earlier transcript')}, "
        f"{counted(len(debt.segment_ids), 'segment')} not yet re-read for it by {whose}."
    )
