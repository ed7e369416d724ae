"""In which order a person goes through the segments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum


class Order(StrEnum):
    """What comes next: what was said next, what would teach the machine coders most, the reliability sample, or what was judged
    before the codebook had one of its codes, or by the older text of one."""

    AS_SAID = "as it was said"
    TEACHING = "what teaches most"
    SAMPLE = "reliability sample"
    DEBT = "not re-read for a changed or new code"


def by_teaching(
    segment_ids: Sequence[str], *, sample: Sequence[str], worth: Mapping[str, float], judged: Mapping[str, object]
) -> list[str]:
    """Segments in the order in which judging them teaches most; `segment_ids` have that of the talk.

    First what is left of the reliability sample, in its own random order, which no value touches. Then the others that are
    not judged, the highest value first and those without one last. At the end what is judged, in the order of `judged`.
    """
    known = set(segment_ids)
    drawn = [key for key in sample if key in known and key not in judged]
    taken = {*drawn, *judged}
    rest = [key for key in segment_ids if key not in taken]
    rest.sort(key=lambda key: -worth.get(key, float("-inf")))
    return [*drawn, *rest, *(key for key in judged if key in known)]
