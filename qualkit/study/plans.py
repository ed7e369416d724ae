"""Who codes what in a round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qualkit.model import Plan, Round

if TYPE_CHECKING:
    from qualkit.study.study import Study


def part_of(study: Study, name: str, round_: Round) -> frozenset[str] | None:
    """Ids of the segments that a person is to code in a round; None for all that there are."""
    with study.store.read() as tx:
        plan = tx.first(Plan, round_id=round_.id)
    if plan is not None and name in plan.parts:
        return frozenset(plan.parts[name])
    return frozenset(round_.segment_ids) or None
