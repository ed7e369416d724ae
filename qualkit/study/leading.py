"""What a person may do with rounds and plans, and what they may see of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from qualkit.errors import BlindnessError, StudyError
from qualkit.model import Case, Coder, Decision, Plan, Purpose, Round, RoundAgreement, RoundNote
from qualkit.study import judgements, ledger
from qualkit.study.rounds import new_note
from qualkit.study.study import Study


class Leading:
    """The part of a `Seat` that is about rounds.

    Adjudicators lead rounds: they open, close and reveal them and deal out who codes what; where a study names none, everybody
    may. Others get a `StudyError`.
    """

    _study: Study
    coder: Coder

    @property
    def round(self) -> Round:
        """See `Seat.round`."""
        raise NotImplementedError

    def may_see_results(self) -> bool:
        """See `Seat.may_see_results`."""
        raise NotImplementedError

    def _is_blind_coder(self) -> bool:
        raise NotImplementedError

    def _need_results(self) -> None:
        raise NotImplementedError

    # ------------------------------------------------------------ leading

    def may_lead(self) -> bool:
        """Whether this person opens, closes and reveals rounds and makes plans."""
        adjudicators = self._study.config.adjudicators
        return not adjudicators or self.coder.name in adjudicators

    def _need_lead(self) -> str:
        if not self.may_lead():
            names = " or ".join(self._study.config.adjudicators)
            raise StudyError(f"In this study {names} opens, closes and reveals rounds and deals out who codes what.")
        return self.coder.id

    def open_round(
        self, *, purpose: Purpose | None = None, on: str | Collection[str] = "all", blind: bool | None = None
    ) -> Round:
        """As `Study.open_round`."""
        return self._study.open_round(purpose=purpose, on=on, blind=blind, by=self._need_lead())

    def close_round(self) -> Round:
        """As `Study.close_round`."""
        return self._study.close_round(by=self._need_lead())

    def reveal(self, *, close: bool = False) -> None:
        """As `Study.reveal`."""
        self._study.reveal(close=close, by=self._need_lead())

    def make_plan(self, share: float = 0.2, seed: int | None = None, coders: Sequence[str] | None = None) -> Plan:
        """As `Study.make_plan`."""
        return self._study.make_plan(share, seed, coders, by=self._need_lead())

    # ------------------------------------------------------------ looking

    def ledger(self) -> list[RoundAgreement]:
        """As `Study.ledger`, without the coefficients of rounds that are withheld from this person."""
        if self.may_see_results():
            self._need_results()
            return self._study.ledger()
        return [
            ledger.withheld(self._study, item) if item.is_hidden else ledger.line(self._study, item)
            for item in self._study.rounds()
        ]

    def look_back(self, number: int) -> list[Case]:
        """The cases of a round as its coders left it, disputed ones first, with what was decided in that round.

        Raises `BlindnessError` while the round is withheld from this person, `StudyError` if there is none of that number.
        """
        round_ = self._visible(number)
        found = self._study.cases_of(round_.id, self._decided_in(round_))
        self._note_looking(round_, {case.segment_id for case in found})
        return sorted(found, key=lambda case: (not case.is_disputed, case.decision is not None))

    def _decided_in(self, round_: Round) -> dict[tuple[str, str], Decision]:
        """The last decisions that were made in a round, whatever was decided after it."""
        with self._study.store.read() as tx:
            return {(item.segment_id, item.code_key): item for item in tx.all(Decision, past=True, round_id=round_.id)}

    def _visible(self, number: int) -> Round:
        round_ = self._study.round_numbered(number)
        if round_.is_hidden:
            self._need_results()
        return round_

    def _note_looking(self, round_: Round, segment_ids: set[str]) -> None:
        """Keep in the log that a coder who is blind now looked at an earlier round."""
        if not self._is_blind_coder() or round_.id == self.round.id:
            return
        with self._study.store.read() as tx:
            new = segment_ids - judgements.seen_of(tx, self.coder, round_)
        if new:
            with self._study.store.write() as tx:
                tx.log(self.coder.id, judgements.SHOWN, {"round_id": round_.id, "segment_ids": sorted(new)})

    # ------------------------------------------------------------ discussing

    def notes(self, number: int) -> list[RoundNote]:
        """What was noted in the discussion of a round. Raises as `look_back` does."""
        return self._study.round_notes(self._visible(number).number)

    def note(self, number: int, text: str, *, segment_id: str = "", code_key: str = "", client_id: str | None = None) -> None:
        """Note something in the discussion of a round.

        Raises `BlindnessError` for somebody who codes blind now, as others could read codes out of a note, `StudyError` for a
        blank one and for a round that is not there.
        """
        round_ = self._study.round_numbered(number)
        if self._is_blind_coder():
            raise BlindnessError(
                f"Round {self.round.number} is blind: discuss once it is revealed, not while people code in it."
            )
        self._study.note(new_note(round_, self.coder, text, segment_id=segment_id, code_key=code_key), client_id=client_id)
