"""The cases that a person may see, and their decisions on them."""

from __future__ import annotations

from collections.abc import Collection

from qualkit.errors import BlindnessError
from qualkit.model import Case, Choice, Codebook, Coder, Decision, Round, Valence
from qualkit.study import judgements
from qualkit.study.study import Study


class Adjudicating:
    """The part of a `Seat` from which cases are decided."""

    _study: Study
    coder: Coder

    @property
    def round(self) -> Round:
        """See `Seat.round`."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        """The person's name."""
        return self.coder.name

    @property
    def codebook(self) -> Codebook:
        """The codebook in force."""
        return self._study.codebook()

    def open_to_blind(self) -> Collection[str]:
        """See `Seat.open_to_blind`."""
        raise NotImplementedError

    def may_see_results(self) -> bool:
        """See `Seat.may_see_results`."""
        raise NotImplementedError

    def _note_shown(self, segment_ids: set[str]) -> None:
        raise NotImplementedError

    def cases(self) -> list[Case]:
        """Cases for adjudication, disputed ones first; while blind, only on segments that `Seat.open_to_blind` allows."""
        everything = self.may_see_results()
        allowed = () if everything else self.open_to_blind()
        seen = [case for case in self._study.cases() if everything or case.segment_id in allowed]
        self._note_shown({case.segment_id for case in seen})
        return sorted(seen, key=lambda case: (not case.is_disputed, case.decision is not None))

    def decide(
        self,
        segment_id: str,
        code_key: str,
        *,
        present: bool,
        valence: Valence | None = None,
        reason: str,
        note: str = "",
        seen: str | None = None,
        client_id: str | None = None,
    ) -> Decision:
        """Decide one code of one segment; `present=False` against every coder means that nobody was right.

        `seen` is the id of the decision on the screen. Raises `BlindnessError` for a segment this person has yet to
        judge, `StaleError` if somebody decided meanwhile, `StudyError` for a valence the code cannot take.
        """
        if not self.may_see_results() and segment_id not in self.open_to_blind():
            raise BlindnessError(f"{self.name} codes blind and has yet to judge this segment.")
        choice = Choice(code_key=code_key, valence=valence)
        checked = judgements.check_choices([choice], self.codebook)[0] if present else choice
        with self._study.store.write() as tx:
            return judgements.decide(
                tx, adjudicator=self.coder, round_=self.round, segment_id=segment_id, code_key=code_key, present=present,
                valence=checked.valence, reason=reason, note=note, seen=seen, client_id=client_id,
            )  # fmt: skip
