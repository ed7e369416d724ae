"""Which segments a person has before them in a round, in which order, and how far they have come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from qualkit.model import Coder, Purpose, Round, Visit
from qualkit.study import judgements, plans
from qualkit.study.order import Order, by_teaching
from qualkit.study.study import Study


class Queues:
    """The part of a `Seat` that says what there is to code."""

    _study: Study
    coder: Coder

    @property
    def round(self) -> Round:
        """See `Seat.round`."""
        raise NotImplementedError

    def judged(self) -> dict[str, Visit]:
        """This person's judgements in the round, in one of consensus those of the group, by segment id."""
        with self._study.store.read() as tx:
            return {visit.segment_id: visit for visit in tx.all(Visit, **judgements.whose(self.round, self.coder))}

    def judged_ids(self) -> Mapping[str, object]:
        """Ids of the segments that this person has judged in the round, in the order of judging; as keys, to be looked up."""
        round_, standing = self.round, self._study.tallied()
        together = round_.purpose is Purpose.CONSENSUS
        return standing.judged(round_.id, list(standing.names) if together else [self.coder.id])

    def queue(self, transcript_id: str | None = None, order: Order = Order.AS_SAID) -> list[str]:
        """Ids of the segments to be coded, judged or not, of one transcript or of all, in some order.

        `Order.SAMPLE` has only those of the reliability sample, `Order.DEBT` only those that this person judged before a code
        was added or changed its meaning, has not judged again since, and still may; see `by_teaching` for `Order.TEACHING`.
        """
        there = self._study.outline()
        listed = there.coded if transcript_id is None else list(there.to_code.get(transcript_id, ()))
        part = plans.part_of(self._study, self.coder.name, self.round)
        wanted = listed if part is None else [key for key in listed if key in part]
        if order is Order.AS_SAID:
            return wanted
        if order is Order.DEBT:
            owed = self._owed()
            return [key for key in wanted if key in owed]
        sample = self._sampled()
        if order is Order.SAMPLE:
            known = set(wanted)
            return [key for key in sample if key in known]
        return by_teaching(wanted, sample=sample, worth=self._study.worth(), judged=self.judged_ids())

    def _owed(self) -> set[str]:
        """Segments that this person is to read again and still may."""
        owed = {key for debt in self._study.debt() for key in debt.owed.get(self.coder.id, ())}
        if owed:
            with self._study.store.read() as tx:
                owed -= self._study.shown_to(tx, self.coder, self.round)
        return owed

    def orders(self) -> list[Order]:
        """The orders there is something for; by what teaches most only where a machine has said what does."""
        is_there = {
            Order.AS_SAID: True,
            Order.TEACHING: self._study.has_worth(),
            Order.SAMPLE: self._has_any(self._sampled()),
            Order.DEBT: self._has_any(self._owed()),
        }
        return [order for order in Order if is_there[order]]

    def _has_any(self, segment_ids: Iterable[str]) -> bool:
        """Whether some of the segments are this person's to code."""
        there, part = self._study.outline(), plans.part_of(self._study, self.coder.name, self.round)
        return any(key in there.is_coded and (part is None or key in part) for key in segment_ids)

    def _sampled(self) -> tuple[str, ...]:
        sample = self._study.sample()
        return sample.segment_ids if sample else ()

    def progress(self) -> tuple[int, int]:
        """How many segments this person has judged, of how many."""
        part = plans.part_of(self._study, self.coder.name, self.round)
        is_coded = self._study.outline().is_coded
        mine = is_coded if part is None else is_coded & part
        return len(mine & self.judged_ids().keys()), len(mine)
