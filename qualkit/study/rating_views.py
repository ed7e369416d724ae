"""What raters are shown of a cell and of all of them, and what the log says of ratings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qualkit.model import (
    Coder,
    Construct,
    Event,
    PartAgreement,
    RatedCase,
    Rating,
    RatingCell,
    RatingConsensus,
    RatingProposal,
    RatingValue,
    Table,
)
from qualkit.stages import rating_matrix
from qualkit.stages.ratings import COMPARED, LOOKED, Options
from qualkit.store import Reading
from qualkit.study.judgements import digest

Key = tuple[str, str]
"""A construct's key and a case's id."""

ENOUGH_RATERS = 2
"""So many people must have rated before there is anything to agree on."""

STEMS = frozenset({"rating_matrix", "rating_agreement", "ratings"})
"""Tables and figures that tell ratings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A cell as one person may see it: their own rating, and the cell with everybody's, None while they may not see it."""

    own: RatingValue | None
    cell: RatingCell | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All that is known of a cell: everybody's ratings with their reasons, what was agreed on, and what the rule proposes.

    `raters` has names by the ids of those who rated or agreed, `marked_by` the names of those whose marks of concrete examples
    the proposal rests on.
    """

    ratings: tuple[Rating, ...]
    consensus: RatingConsensus | None
    proposal: RatingProposal
    raters: Mapping[str, str]
    marked_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    """All ratings: `marks` as cells are printed. What they stand on is in `rating_numbers.py`."""

    constructs: tuple[Construct, ...]
    cases: tuple[RatedCase, ...]
    cells: Mapping[Key, RatingCell]
    marks: Mapping[Key, str]
    agreement: tuple[PartAgreement, ...]
    options: Options

    @property
    def matrix(self) -> Table:
        """Constructs by cases, as in the paper."""
        return rating_matrix.table(self.constructs, self.cases, self.cells, self.options)


# ---------------------------------------------------------------- what the log says


def said_of(item: Rating | RatingConsensus) -> dict[str, object]:
    """What the log says of a rating or a consensus: ids, the value, and a digest of the reason."""
    rests_on = (
        {"concrete_segment_ids": item.concrete_segment_ids} if isinstance(item, Rating) else {"rating_ids": item.rating_ids}
    )
    return {
        "id": item.id,
        "construct_key": item.construct_key,
        "case_id": item.case_id,
        "value": item.value,
        "reason_sha256": digest(item.reason, item.id),
        **rests_on,
    }


def key_of(item: Rating | RatingConsensus) -> Key:
    """The cell that a rating or a consensus is of."""
    return item.construct_key, item.case_id


def compared(tx: Reading, coder: Coder) -> frozenset[Key]:
    """Cells of which somebody was shown others' ratings."""
    events = tx.all(Event, actor_id=coder.id, verb=COMPARED)
    return frozenset((str(construct), str(case)) for event in events for construct, case in event.payload["cells"])


def has_looked(tx: Reading, coder: Coder) -> bool:
    """Whether somebody chose to look at all ratings."""
    return tx.first(Event, actor_id=coder.id, verb=LOOKED) is not None
