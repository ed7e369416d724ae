"""What counted codes rest on, in words: every number carries them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from qualkit.model import Basis, FinalCode, Turn
from qualkit.study.rulings import CONSENSUS
from qualkit.wording import counted

if TYPE_CHECKING:
    from qualkit.study.study import Study


class Bases:
    """What the codes of a study rest on. A revision of a turn never changes, so each is looked at once."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._doubtful: dict[tuple[str, int], bool] = {}

    def note(self, codes: Sequence[FinalCode]) -> str:
        """See `Study.basis_note`."""
        n_open = sum(case.is_disputed and case.decision is None for case in self._study.cases())
        kinds = {basis: sum(code.basis is basis for code in codes) for basis in Basis}
        parts = ", ".join(f"{n} {basis.value}" for basis, n in kinds.items() if n)
        waiting = f" {counted(n_open, 'disputed case')} not yet adjudicated and not counted." if n_open else ""
        doubts = self._doubts({code.segment_id for code in codes})
        return f"Codes counted: {parts or 'none'}.{waiting}{self._which_round()}{doubts}"

    def _which_round(self) -> str:
        """A sentence on which round's judgements count; empty while there is one round."""
        rounds, counting = self._study.rounds(), self._study.counting()
        if len(rounds) < 2:
            return ""
        n_settled = sum(item.note == CONSENSUS for item in self._study.decisions().values())
        said = ", ".join(f"{counting[item.number]} of round {item.number}" for item in rounds if counting[item.number])
        agreed = f" {counted(n_settled, 'case')} decided in consensus." if n_settled else ""
        return f" Of each coder and segment the newest judgement counts: {said or 'none'}.{agreed}"

    def _doubts(self, segment_ids: Collection[str]) -> str:
        """A sentence on how many of the segments come from turns whose speaker is doubtful; empty if none does."""
        segments = self._study.corpus().segments
        cut_from = {key: (segments[key].turn_id, segments[key].turn_revision) for key in segment_ids if key in segments}
        unknown = {turn_id for turn_id, revision in cut_from.values() if (turn_id, revision) not in self._doubtful}
        with self._study.store.read() as tx:
            turns = tx.all(Turn, id=sorted(unknown)) if unknown else []
        self._doubtful |= {(turn.id, turn.revision): turn.is_doubtful for turn in turns}
        n = sum(self._doubtful.get(turn, False) for turn in cut_from.values())
        of = counted(len(cut_from), "coded segment")
        return f" Of {of}, {n} {'comes' if n == 1 else 'come'} from a turn whose speaker is doubtful." if n else ""
