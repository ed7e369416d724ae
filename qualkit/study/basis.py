"""What counted codes rest on, in words: every number carries them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from qualkit.model import Basis, FinalCode
from qualkit.stages.conduct import listed
from qualkit.study.rulings import CONSENSUS
from qualkit.wording import counted

if TYPE_CHECKING:
    from qualkit.study.study import Study


class Bases:
    """What the codes of a study rest on."""

    def __init__(self, study: Study) -> None:
        self._study = study

    def note(self, codes: Sequence[FinalCode]) -> str:
        """See `Study.basis_note`."""
        cases = chain.from_iterable(self._study.cases_by_segment().values())
        n_open = sum(case.decision is None and case.is_disputed for case in cases)
        by_basis = Counter(code.basis for code in codes)
        kinds = {basis: by_basis[basis] for basis in Basis}
        parts = ", ".join(f"{n} {basis.value}" for basis, n in kinds.items() if n)
        waiting = f" {counted(n_open, 'disputed case')} not yet adjudicated and not counted." if n_open else ""
        doubts = self._doubts({code.segment_id for code in codes})
        return f"Codes counted: {parts or 'none'}.{waiting}{self._unjudged()}{self._which_round()}{doubts}"

    def _unjudged(self) -> str:
        """A sentence on what nobody has judged yet, once somebody has judged something; empty if nothing is left."""
        votes, outline = self._study.votes(), self._study.outline()
        done = {*votes, *(segment_id for segment_id, _ in self._study.decisions())}
        n = sum(key not in done for key in outline.coded)
        if not votes or not n:
            return ""
        begun = {outline.places[key] for key in done if key in outline.places}
        coded = {outline.places[key] for key in outline.coded}
        untouched = [item.title for item in self._study.transcripts() if item.id in coded - begun]
        where = f", none of {listed(untouched)}" if untouched else ""
        return f" Nobody has judged {n} of {counted(len(outline.coded), 'segment')} yet{where}: what they raise is not counted."

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
        doubtful = self._study.doubtful_turns()
        if not doubtful:
            return ""
        segments = self._study.corpus().segments
        cut_from = {key: (segments[key].turn_id, segments[key].turn_revision) for key in segment_ids if key in segments}
        n = sum(turn in doubtful for turn in cut_from.values())
        of = counted(len(cut_from), "coded segment")
        return f" Of {of}, {n} {'comes' if n == 1 else 'come'} from a turn whose speaker is doubtful." if n else ""
