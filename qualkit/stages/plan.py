"""Deal out who codes what: a share of every transcript to everybody, the rest in stretches that are read in one go.

What goes to everybody is drawn as the reliability sample is: the same share and seed draw the same segments. The others are
laid out transcript after transcript, in the order of the talk, the transcripts in an order drawn with the seed so that no
coder is tied to a site or a month; they are cut into one stretch for each coder, in an order drawn too, so that all come out
with as even a number as may be. A cut that falls near the border of a transcript is moved onto it. So a coder reads
whole transcripts, and at most two in part.

What somebody has judged already stays theirs, counts towards their number and is dealt to nobody else. Nobody is dealt a
segment of which they were shown others' codes; it goes to whoever has least and was not.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

from qualkit.model import Segment, grouped
from qualkit.stages import sample

NEAR = 0.1
"""A cut is moved to the border of a transcript that is no further away than this share of a coder's stretch."""


def run(
    *,
    segments: Sequence[Segment],
    coders: Sequence[str],
    share: float,
    seed: int,
    judged: Mapping[str, Collection[str]],
    shown: Mapping[str, Collection[str]],
) -> dict[str, tuple[str, ...]]:
    """By coder the ids of their segments, in the order of `segments`, which is that of the talk.

    `judged` are the segments that coders have judged already, `shown` those of which they were shown others' codes.
    """
    shared = set(sample.run(segments=segments, share=share, seed=seed)) if share else set()
    parts = {name: {*judged.get(name, ())} | {key for key in shared if key not in shown.get(name, ())} for name in coders}
    taken = shared.union(*parts.values())
    rest = _laid_out([item for item in segments if item.id not in taken], seed)
    order = random.Random(f"{seed} coders").sample(sorted(coders), len(coders))
    loads = {name: len(set(judged.get(name, ())) - shared) for name in order}
    for name, stretch in _cut(rest, quotas(loads, len(rest))).items():
        for item in stretch:
            owner = _owner(item.id, name, parts, shown)
            if owner is not None:
                parts[owner].add(item.id)
    return {name: tuple(item.id for item in segments if item.id in parts[name]) for name in coders}


def quotas(loads: Mapping[str, int], n: int) -> dict[str, int]:
    """How many of `n` each is dealt so that all come out as even as may be, `loads` being what they have already."""
    emptiest = sorted(loads, key=lambda name: loads[name])
    level = float(n)
    while emptiest:
        level = (n + sum(loads[name] for name in emptiest)) / len(emptiest)
        if level >= loads[emptiest[-1]]:
            break
        emptiest.pop()
    ends, total = [0], 0.0
    for name in loads:
        total += level - loads[name] if name in emptiest else 0
        ends.append(round(total))
    return dict(zip(loads, (end - start for start, end in pairwise(ends)), strict=True))


def _laid_out(segments: Sequence[Segment], seed: int) -> list[Segment]:
    by_transcript = grouped(segments, lambda item: item.transcript_id)
    order = random.Random(f"{seed} transcripts").sample(sorted(by_transcript), len(by_transcript))
    return [item for transcript_id in order for item in by_transcript[transcript_id]]


def _cut(rest: Sequence[Segment], sizes: Mapping[str, int]) -> dict[str, Sequence[Segment]]:
    """One stretch of `rest` for each coder, of about the sizes asked for."""
    borders = [0, *(at for at in range(1, len(rest)) if rest[at].transcript_id != rest[at - 1].transcript_id), len(rest)]
    cuts, end = [0], 0
    for size in sizes.values():
        end += size
        border = min(borders, key=lambda at: abs(at - end))
        cuts.append(max(cuts[-1], border if abs(border - end) <= NEAR * size else end))
    return {name: rest[start:stop] for name, (start, stop) in zip(sizes, pairwise(cuts), strict=True)}


def _owner(
    segment_id: str, name: str, parts: Mapping[str, Collection[str]], shown: Mapping[str, Collection[str]]
) -> str | None:
    """Who codes a segment: the one it was dealt to, or whoever has least of those who were not shown others' codes of it."""
    free = [other for other in parts if segment_id not in shown.get(other, ())]
    if name in free or not free:
        return name if free else None
    return min(free, key=lambda other: len(parts[other]))
