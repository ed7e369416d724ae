"""What machine coders say of a study: suggestions, how far they may be trusted, and what people did with them."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, cast

from qualkit.model import (
    Assignment,
    Brief,
    Coder,
    CoderKind,
    Event,
    Exposure,
    Opens,
    Suggestion,
    Table,
    Uptake,
    Verdict,
    Worth,
)
from qualkit.stages import rounds as counting
from qualkit.stages import uptake
from qualkit.stages.evaluate import Evaluation
from qualkit.store import Store
from qualkit.study import briefs, evaluating, evaluation_numbers, evaluation_tables
from qualkit.study.headed import Kept
from qualkit.study.judgements import BY_CODERS

if TYPE_CHECKING:
    from qualkit.study.study import Study


class MachineCoding:
    """The part of a `Study` that is about machine coders."""

    store: Store
    _kept: Kept

    @property
    def _coded(self) -> Study:
        return cast("Study", self)

    def evaluation(self, **given: Any) -> list[Evaluation]:
        """Machine coders held against people, on transcripts left out; none where people have not coded in two or more."""
        return evaluating.run(self._coded, evaluating.plan(self._coded, given))

    def evaluated(self) -> tuple[str, list[str]]:
        """The last evaluation as a forest plot (SVG) and in words; both empty if there was none."""
        return evaluating.figure(self._coded), evaluating.in_words(self._coded)

    def machine_outcomes(self) -> tuple[Table, Opens] | None:
        """What machine coders found and missed in the last evaluation, and the segments behind it; None if there was none."""
        found = evaluating.last(self._coded)
        if not found:
            return None
        return evaluation_tables.outcomes_table(found, self._coded.codebook()), evaluation_numbers.of_outcomes(self._coded)

    def verdicts(self) -> dict[tuple[str, str], Verdict]:
        """What the last evaluation found may be left to machine coders, by name of the coder and key of the code."""
        with self.store.read() as tx:
            return {(item.machine, item.code_key): item for item in tx.all(Verdict)}

    def brief(self) -> Brief:
        """What a machine coder is given: the segments to be coded, the codebook, questions, and what people made of them."""
        self._coded.codebook()  # a codebook that has changed is a new event, and with it a new head
        return self._kept.at_head("brief", lambda: briefs.make(self._coded))

    def suggestions(self, segment_id: str | None = None) -> list[Suggestion]:
        """What machine coders proposed, surest first."""
        with self.store.read() as tx:
            machines = {coder.id: coder.name for coder in tx.all(Coder, kind=CoderKind.MACHINE)}
            where: dict[str, Any] = {} if segment_id is None else {"segment_id": segment_id}
            found = tx.all(Assignment, coder_id=list(machines), **where)
        return sorted((_suggestion(item, machines[item.coder_id]) for item in found), key=lambda item: -item.score)

    def worth(self) -> dict[str, float]:
        """How much each segment would teach the machine coders, by id; empty while no machine has said."""
        return self._kept.at_head("worth", self._worth, but_for=BY_CODERS)

    def has_worth(self) -> bool:
        """Whether `worth` has anything."""
        return self._kept.at_head("has worth", self._has_worth, but_for=BY_CODERS)

    def _has_worth(self) -> bool:
        with self.store.read() as tx:
            return tx.first(Worth) is not None

    def _worth(self) -> dict[str, float]:
        with self.store.read() as tx:
            return dict(tx.columns(Worth, "segment_id", "value"))

    def has_uptake(self) -> bool:
        """Whether anybody was shown what machines suggest."""
        with self.store.read() as tx:
            return tx.first(Event, verb=uptake.SHOWN) is not None

    def uptake(self) -> list[Uptake]:
        """What people did with the suggestions they were shown, by coder, machine and code."""
        if not self.has_uptake():
            return []
        return self._kept.at_head("uptake", lambda: uptake.run(*self._acts()))

    def uptake_segments(self) -> dict[tuple[str, str, str], dict[str, tuple[str, ...]]]:
        """The segments behind each count of `uptake`, by coder, machine and code, and by the name of the count."""
        return self._kept.at_head("segments of uptake", lambda: uptake.segments(*self._acts()))

    def exposure(self, segment_ids: Collection[str] | None = None) -> list[Exposure]:
        """How many judgements in force, of some segments or of all, were made blind to suggestions, by coder."""
        blind = self._kept.at_head("judgements made blind", lambda: uptake.made_blind(*self._acts()))
        return uptake.exposure(blind, segment_ids)

    def _acts(self) -> tuple[list[Event], dict[str, str]]:
        """Everything judged and shown, in order, and the names of the people who did and saw it."""
        with self.store.read() as tx:
            names = {coder.id: coder.name for coder in tx.all(Coder, kind=CoderKind.HUMAN)}
            events = tx.all(Event, verb=[uptake.JUDGED, uptake.WITHDREW, uptake.SHOWN])
        voting = counting.numbers(self._coded.rounds())
        return [event for event in events if event.payload["round_id"] in voting], names


def _suggestion(item: Assignment, machine: str) -> Suggestion:
    return Suggestion(
        segment_id=item.segment_id,
        code_key=item.code_key,
        score=item.confidence or 0.0,
        rationale=item.rationale or "",
        evidence=item.evidence,
        valence=item.valence,
        lines=item.lines,
        neighbours=item.neighbours,
        is_sure=item.is_sure,
        machine=machine,
        run_id=item.run_id,
    )
