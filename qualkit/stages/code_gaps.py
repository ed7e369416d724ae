"""How the codes lie in the topics: which no topic meets, which split into several, which pairs come to the same.

A code that is spread evenly over the topics is not thereby a bad one: topics are one machine's reading of the words. What is
found here is where to look again, with the counts that say how much it rests on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from qualkit.model import Codebook, Topic
from qualkit.stages.chance import at_least
from qualkit.wording import counted

MIN_SEGMENTS = 5
"""From fewer segments nothing is concluded about a code."""

MIN_IN_TOPIC = 3
"""A code meets a topic in at least so many segments."""

LEVEL = 0.05
"""With so many topics, how often a code that lies in them by chance alone is taken to meet any of them."""

MIN_PART = 0.2
"""A topic that a code splits into holds at least this share of its segments: fewer are a fringe, no subcode."""

SAME = 1 / 3
"""Codes with at least this Jaccard index merge: of two equally frequent ones, every second segment carries both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """How much of a code lies in a topic: `share` of its segments, `lift` times as many as by chance.

    `is_met` says that this is more than chance explains.
    """

    topic_id: str
    n: int
    share: float
    lift: float
    is_met: bool


class CodeFinding(StrEnum):
    """What the topics say of a code."""

    UNUSED = "used nowhere"
    UNMET = "no topic meets it"
    SPLITS = "splits"
    MET = "met"
    TOO_FEW = "too few segments"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeGap:
    """A code, the topics that its segments lie in, the largest part first, and what follows; outliers are no part."""

    code_key: str
    n_segments: int
    parts: tuple[Part, ...]
    finding: CodeFinding
    why: str

    @property
    def met(self) -> tuple[Part, ...]:
        """The parts that are more than chance."""
        return tuple(part for part in self.parts if part.is_met)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merging:
    """Two codes that come to nearly the same: given to the same segments, and most of all in the same topic."""

    left_key: str
    right_key: str
    n_left: int
    n_right: int
    n_both: int
    jaccard: float
    topic_id: str
    why: str


def code_gaps(
    topics: Sequence[Topic], sets: Mapping[str, frozenset[str]], parts: Mapping[str, tuple[Part, ...]], codebook: Codebook
) -> tuple[CodeGap, ...]:
    """A `CodeGap` for each code of the codebook: what needs a look first, the most frequent codes first.

    `sets` has the ids of the segments that carry a code, by its key, and `parts` how they are spread, as `parts_of` has it.
    """
    names = {topic.id: topic.name for topic in topics}
    found = [_code_gap(code.key, len(sets.get(code.key, ())), parts.get(code.key, ()), names) for code in codebook.codes]
    order = (CodeFinding.SPLITS, CodeFinding.UNMET, CodeFinding.UNUSED, CodeFinding.TOO_FEW, CodeFinding.MET)
    return tuple(sorted(found, key=lambda gap: (order.index(gap.finding), -gap.n_segments)))


def segments_by_code(carried: Mapping[str, Collection[str]]) -> dict[str, frozenset[str]]:
    """Ids of the segments that carry each code; `carried` has the codes by segment."""
    found: dict[str, set[str]] = {}
    for segment_id, keys in carried.items():
        for key in keys:
            found.setdefault(key, set()).add(segment_id)
    return {key: frozenset(own) for key, own in found.items()}


def parts_of(segment_ids: frozenset[str], among: Mapping[str, frozenset[str]], n_all: int) -> tuple[Part, ...]:
    """How segments, `n_all` in the study, are spread over topics, which have theirs by id; the largest part first.

    A topic is met where as many segments or more would lie in it by chance with a probability of at most `LEVEL` divided by
    the number of topics (Bonferroni), and at least `MIN_IN_TOPIC` do.
    """
    parts = []
    for topic_id, own in among.items():
        n, p = len(segment_ids & own), len(own) / max(n_all, 1)
        if n:
            is_met = n >= MIN_IN_TOPIC and at_least(n, n=len(segment_ids), p=p) <= LEVEL / len(among)
            share = n / len(segment_ids)
            parts.append(Part(topic_id=topic_id, n=n, share=share, lift=share / p, is_met=is_met))
    return tuple(sorted(parts, key=lambda part: -part.n))


def _code_gap(key: str, n: int, parts: tuple[Part, ...], names: Mapping[str, str]) -> CodeGap:
    met = [part for part in parts if part.is_met]
    strong = [part for part in met if part.share >= MIN_PART]
    told = "; ".join(f"{names[part.topic_id]}: {part.n} ({part.share:.0%}, {part.lift:.1f} × chance)" for part in met[:4])
    if not n:
        finding, why = CodeFinding.UNUSED, "No segment carries it."
    elif n < MIN_SEGMENTS:
        finding, why = CodeFinding.TOO_FEW, f"{counted(n, 'segment')}: under {MIN_SEGMENTS} nothing is concluded."
    elif not met:
        finding, why = CodeFinding.UNMET, f"Its {n} segments are spread over the topics about as by chance{_largest(parts)}."
    elif len(strong) > 1:
        finding, why = CodeFinding.SPLITS, f"Of its {n} segments more than by chance in {told}: a candidate for subcodes."
    else:
        finding, why = CodeFinding.MET, f"Of its {n} segments more than by chance in {told}."
    return CodeGap(code_key=key, n_segments=n, parts=parts, finding=finding, why=why)


def _largest(parts: Sequence[Part]) -> str:
    return f", at most {parts[0].n} in one" if parts else ", or lie in no topic"


def merging(
    topics: Sequence[Topic],
    carried: Mapping[str, Collection[str]],
    by_code: Mapping[str, frozenset[str]],
    parts: Mapping[str, tuple[Part, ...]],
    codebook: Codebook,
) -> tuple[Merging, ...]:
    """Pairs of codes that merge in the data, the most alike first.

    Both carry `MIN_SEGMENTS` or more, the Jaccard index of their segments is `SAME` or more, and both lie in the same topic
    most of all and more than by chance. A code and one above it in the codebook are meant to overlap, and so are no pair.
    """
    names = {topic.id: topic.name for topic in topics}
    sets = {key: own for key, own in by_code.items() if len(own) >= MIN_SEGMENTS and key in codebook.by_key}
    homes = {key: largest.topic_id for key in sets for largest in parts[key][:1] if largest.is_met}
    both = Counter(pair for keys in carried.values() for pair in combinations(sorted(set(keys) & sets.keys()), 2))
    found = []
    for (left, right), n in both.items():
        jaccard, home = n / len(sets[left] | sets[right]), homes.get(left)
        if jaccard >= SAME and home is not None and home == homes.get(right) and not _are_kin(codebook, left, right):
            why = (
                f"{n} segments carry both, of {len(sets[left])} and {len(sets[right])} (Jaccard {jaccard:.2f}), "
                f"and both lie most of all in {names[home]}."
            )
            found.append(
                Merging(
                    left_key=left, right_key=right, n_left=len(sets[left]), n_right=len(sets[right]), n_both=n,
                    jaccard=jaccard, topic_id=home, why=why,
                )
            )  # fmt: skip
    return tuple(sorted(found, key=lambda pair: -pair.jaccard))


def _are_kin(codebook: Codebook, left: str, right: str) -> bool:
    return right in _above(codebook, left) or left in _above(codebook, right)


def _above(codebook: Codebook, key: str) -> list[str]:
    chain, parent = [], codebook.by_key[key].parent_key
    while parent is not None and parent not in chain:
        chain.append(parent)
        parent = codebook.by_key[parent].parent_key
    return chain
