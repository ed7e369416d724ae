"""How much coders differ on a case, in which order cases are settled, and what a rule would make of them.

Coders differ on **presence** (some gave the code, some looked and did not), on **valence** (all who gave it do not agree
it is a barrier), or on the **words** alone (same code, same valence, other words marked as its evidence). Presence weighs more
than valence, valence more than words, because that is the order in which they change a theme table. Within a kind the share
of coders in the minority counts: a split in two halves is the most disputed there is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from qualkit.model import Case, Evidence
from qualkit.stages.place import anchored

Marked = Mapping[str, tuple[Evidence, ...]]
"""Coder -> the words that they marked for one code of one segment; no entry where they marked none."""


class Kind(StrEnum):
    """What coders differ on, the weightiest first."""

    PRESENCE = "presence"
    VALENCE = "valence"
    WORDS = "words"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A case and how its coders differ: the kinds, none where they agree, and `share`, by how much, from 0 to 1.

    `share` belongs to the first kind: the coders outside the largest camp over all who looked for presence, over all who gave
    the code for valence; 1 minus the least Jaccard index of two coders' words. `is_again` says that votes cast after the
    decision contradict it.
    """

    case: Case
    kinds: tuple[Kind, ...] = ()
    share: float = 0.0
    is_again: bool = False

    @property
    def is_waiting(self) -> bool:
        """Whether an adjudicator has something to do here."""
        return self.is_again or (bool(self.kinds) and self.case.decision is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a rule would make of an undecided case: a vote as in `Case.votes`, None for an absent code."""

    case: Case
    vote: str | None


def as_merged(marks: Mapping[str, Marked], counts_as: Mapping[str, str]) -> dict[str, Marked]:
    """The words that coders marked for each code, those for merged codes under what they count as."""
    found: dict[str, dict[str, tuple[Evidence, ...]]] = {}
    for key, by_coder in marks.items():
        into = found.setdefault(counts_as.get(key, key), {})
        for coder, words in by_coder.items():
            into[coder] = (*into.get(coder, ()), *words)
    return dict(found)


def weigh(case: Case, marked: Marked | None = None, text: str = "") -> Dispute:
    """How the coders of a case differ; `marked` has the words they marked in the segment's `text`."""
    kinds, share = _differ(tuple(case.votes.values()))
    if not kinds and marked and (apart := _apart(marked, text)) > 0:
        kinds, share = (Kind.WORDS,), apart
    return Dispute(case=case, kinds=kinds, share=share, is_again=_is_again(case))


@lru_cache(maxsize=10_000)
def _differ(votes: tuple[str | None, ...]) -> tuple[tuple[Kind, ...], float]:
    """On what, words apart, votes differ, and by how much on the first; worked out once for the same votes."""
    counts = Counter(votes)
    n, n_given = len(votes), len(votes) - counts[None]
    kinds, shares = [], []
    if 0 < n_given < n:
        kinds.append(Kind.PRESENCE)
        shares.append(min(n_given, n - n_given) / n)
    if len(counts) - (None in counts) > 1:
        kinds.append(Kind.VALENCE)
        shares.append(1 - max(count for said, count in counts.items() if said is not None) / n_given)
    return tuple(kinds), shares[0] if shares else 0.0


def _apart(marked: Marked, text: str) -> float:
    """1 minus the least Jaccard index (Jaccard, 1901) of the words that two coders marked; 0 unless two marked any."""
    found = [words for words in (words_of(text, anchored(spans, text)) for spans in marked.values()) if words]
    pairs = [(one, other) for n, one in enumerate(found) for other in found[n + 1 :]]
    return max((1 - len(one & other) / len(one | other) for one, other in pairs), default=0.0)


def words_of(text: str, spans: Iterable[Evidence]) -> frozenset[int]:
    """The words of `text`, by number, that spans touch: a blank or a comma more or less makes no other evidence."""
    listed = list(spans)
    return frozenset(
        n
        for n, word in enumerate(re.finditer(r"\w+(?:['’]\w+)*", text))
        if any(word.start() < span.end_char and span.start_char < word.end() for span in listed)
    )


def changed_votes(case: Case) -> dict[str, tuple[str | None, str | None]]:
    """Coder -> vote when the case was decided and vote now, of those who say otherwise now or had not looked then.

    A coder who had not looked is down as absent then. Empty where nobody knows what the votes were.
    """
    then = case.decision.votes if case.decision is not None else None
    if then is None:
        return {}
    return {name: (then.get(name), now) for name, now in case.votes.items() if name not in then or then[name] != now}


def outcome(case: Case) -> str | None:
    """The decision on a case as a vote: its valence, "present", or None for absent and for no decision."""
    if case.decision is None or not case.decision.present:
        return None
    return case.decision.valence.value if case.decision.valence else "present"


def _is_again(case: Case) -> bool:
    return case.decision is not None and any(now != outcome(case) for _, now in changed_votes(case).values())


_WEIGHT = {(Kind.PRESENCE,): 0, (Kind.PRESENCE, Kind.VALENCE): 0, (Kind.VALENCE,): 1, (Kind.WORDS,): 2, (): 3}


def in_order(disputes: Iterable[Dispute], place: Mapping[str, int]) -> list[Dispute]:
    """Cases as they are settled: those to be looked at again, then the waiting, most disputed first, then the rest.

    Of equals, in the order of the talk: `place` has the segments' numbers in it.
    """

    def rank(item: Dispute) -> tuple[int, int, float, int, str]:
        group = (1 - item.is_again) if item.is_waiting else 3 - bool(item.kinds)
        where = place.get(item.case.segment_id, len(place))
        return group, _WEIGHT[item.kinds], -item.share, where, item.case.code_key

    return sorted(disputes, key=rank)


def by_rule(cases: Iterable[Case], at_least: int | None = None) -> list[Proposal]:
    """What undecided cases come to if what `at_least` coders say counts; without it, what all who looked say.

    Without a number only codes that everybody gave, alike; with one only cases that are disputed. A number that two camps
    could reach decides nothing where both do.
    """
    found = []
    for case in cases:
        if case.decision is not None or case.is_disputed is (at_least is None) or len(case.votes) < 2:
            continue
        reached = [said for said, count in Counter(case.votes.values()).items() if count >= (at_least or len(case.votes))]
        if len(reached) == 1:
            found.append(Proposal(case=case, vote=reached[0]))
    return found
