"""On which segments a machine coder that was held against people was right, wrong, or missed what people gave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qualkit.stages.metrics import Judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Of a code the ids of segments: `right`, both gave it; `wrong`, the machine alone; `missed`, people alone."""

    right: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()

    @property
    def by_machine(self) -> frozenset[str]:
        """The segments that the machine gave the code."""
        return frozenset((*self.right, *self.wrong))

    @property
    def by_people(self) -> frozenset[str]:
        """The segments that people gave the code."""
        return frozenset((*self.right, *self.missed))


def of(judged: Judged, segment_ids: Sequence[str]) -> list[Outcomes]:
    """Of every code, in the order of the columns of `judged`; `segment_ids` are those of its rows.

    Pairs that people have not settled are left out, as they are of all figures.
    """
    gave, said = judged.is_given & judged.is_known, judged.is_true & judged.is_known
    return [
        Outcomes(
            right=tuple(compress(segment_ids, gave[:, n] & said[:, n])),
            wrong=tuple(compress(segment_ids, gave[:, n] & ~said[:, n])),
            missed=tuple(compress(segment_ids, ~gave[:, n] & said[:, n])),
        )
        for n in range(gave.shape[1])
    ]
