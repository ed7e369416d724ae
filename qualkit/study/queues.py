"""Which segments a person has before them in a round, in which order, and how far they have come."""

from __future__ import annotations

from qualkit.model import Coder, Round, Visit
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

    def judged_ids(self) -> dict[str, None]:
        """Ids of the segments that this person has judged in the round, in the order of judging; as keys, to be looked up."""
        with self._study.store.read() as tx:
            found = tx.columns(Visit, "seen_at", "segment_id", **judgements.whose(self.round, self.coder))
        return dict.fromkeys(segment_id for _, segment_id in sorted(found))

    def queue(self, transcript_id: str | None = None, order: Order = Order.AS_SAID) -> list[str]:
        """Ids of the segments to be coded, judged or not, of one transcript or of all, in some order.

        `Order.SAMPLE` has only those of the reliability sample, `Order.DEBT` only those that this person judged before a code
        was added, has not judged again since, and still may; see `by_teaching` for `Order.TEACHING`.
        """
        part = plans.part_of(self._study, self.coder.name, self.round)
        segments = [item for item in self._study.coded_segments() if part is None or item.id in part]
        wanted = [segment.id for segment in segments if transcript_id in (None, segment.transcript_id)]
        if order is Order.AS_SAID:
            return wanted
        if order is Order.DEBT:
            with self._study.store.read() as tx:
                settled = judgements.shown_to(tx, self.coder, self.round)
            owed = {key for debt in self._study.debt() for key in debt.owed.get(self.coder.id, ())}
            return [key for key in wanted if key in owed and key not in settled]
        sample = self._sampled()
        if order is Order.SAMPLE:
            known = set(wanted)
            return [key for key in sample if key in known]
        return by_teaching(wanted, sample=sample, worth=self._study.worth(), judged=self.judged_ids())

    def orders(self) -> list[Order]:
        """The orders there is something for; by what teaches most only where a machine has said what does."""
        is_there = {
            Order.AS_SAID: True,
            Order.TEACHING: bool(self._study.worth()),
            Order.SAMPLE: bool(self.queue(order=Order.SAMPLE)),
            Order.DEBT: bool(self.queue(order=Order.DEBT)),
        }
        return [order for order in Order if is_there[order]]

    def _sampled(self) -> tuple[str, ...]:
        sample = self._study.sample()
        return sample.segment_ids if sample else ()

    def progress(self) -> tuple[int, int]:
        """How many segments this person has judged, of how many."""
        queue, judged = self.queue(), self.judged_ids()
        return sum(segment_id in judged for segment_id in queue), len(queue)
