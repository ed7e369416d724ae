"""The cases that a person may see, and their decisions on them.

Whoever codes blind is shown cases only of segments that they have judged, and of as few as they ask for: what they were shown
is in the log, and their own judgements of it are settled from then on. That no case lies on a segment tells of others, too,
so every compared segment counts as shown, disputed or not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from qualkit.errors import BlindnessError, StaleError, StudyError
from qualkit.model import UNANIMOUS, Case, Choice, Codebook, Coder, Decision, Evidence, Round, Segment, Valence
from qualkit.stages import disputes, mergers
from qualkit.stages.codebook_gaps import CodebookGap
from qualkit.stages.disputes import Dispute, Proposal
from qualkit.store import Writing
from qualkit.study import case_files, codebook_gaps, judgements, rulings
from qualkit.study.case_files import CaseFile
from qualkit.study.study import Study

Key = tuple[str, str]
"""(segment, code)"""

MOST_TRIES = 20
"""So often many cases are looked through anew because somebody wrote while they were."""


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

    def judged_ids(self) -> Mapping[str, object]:
        """See `Queues.judged_ids`."""
        raise NotImplementedError

    def open_to_blind(self) -> Collection[str]:
        """See `Seat.open_to_blind`."""
        raise NotImplementedError

    def may_see_results(self) -> bool:
        """See `Seat.may_see_results`."""
        raise NotImplementedError

    def _need_results(self) -> None:
        raise NotImplementedError

    def _is_blind_coder(self) -> bool:
        raise NotImplementedError

    def _note_shown(self, segment_ids: set[str]) -> None:
        raise NotImplementedError

    # ------------------------------------------------------------ what there is to decide

    def cases(self, transcript_id: str | None = None) -> list[Case]:
        """Cases for adjudication as they are settled, most disputed first; while blind, only on segments one has judged."""
        return [item.case for item in self.disputes(transcript_id)]

    def disputes(self, transcript_id: str | None = None) -> list[Dispute]:
        """As `cases`, of all transcripts or one, with how the coders differ."""
        found = self._study.disputes()
        if self.may_see_results():
            self._note_shown({*self.judged_ids(), *self._study.votes(), *(item.case.segment_id for item in found)})
            return [item for item in found if transcript_id is None or self._transcript_of(item.case) == transcript_id]
        compared = self._compared(transcript_id)
        self._note_shown(compared)
        return [item for item in found if item.case.segment_id in compared]

    def disputes_shown(self) -> list[Dispute]:
        """As `disputes`, but to a blind coder only on segments whose cases they were shown before: nothing new is shown."""
        if self.may_see_results():
            return self.disputes()
        with self._study.store.read() as tx:
            shown = judgements.shown_to(tx, self.coder, self.round)
        return [item for item in self._study.disputes() if item.case.segment_id in shown]

    def yet_to_compare(self) -> dict[str, int]:
        """How many segments of each transcript, by id, a blind coder has judged and was shown no case of; else empty."""
        if self.may_see_results():
            return {}
        with self._study.store.read() as tx:
            shown = judgements.shown_to(tx, self.coder, self.round)
        places = self._study.outline().places
        return Counter(places[key] for key in self.open_to_blind() if key not in shown and key in places)

    def _compared(self, transcript_id: str | None) -> set[str]:
        """Segments that this person has judged and that somebody else has judged, or a decision was taken on."""
        places, votes = self._study.outline().places, self._study.votes()
        decided = {segment_id for segment_id, _ in self._study.decisions()}
        return {
            key
            for key in self.open_to_blind()
            if key in places and transcript_id in (None, places[key]) and (len(votes.get(key, ())) > 1 or key in decided)
        }

    def _transcript_of(self, case: Case) -> str | None:
        return self._study.outline().places.get(case.segment_id)

    def case_file(self, segment_id: str, code_key: str) -> CaseFile:
        """All that was said of one case, also one that is none yet: a code that nobody gave.

        Raises `BlindnessError` to a blind coder for a segment that they have yet to judge, `StudyError` for one that is gone.
        """
        self._need_judged(segment_id)
        with self._study.store.read() as tx:
            segment = tx.first(Segment, id=segment_id)
        if segment is None:
            raise StudyError("There is no such segment; it may have been cut anew. Open the page again.")
        self._note_shown({segment_id})
        with self._study.store.read() as tx:
            return case_files.read(
                tx, self._study.dispute(segment_id, code_key), self._study.votes().get(segment_id, {}),
                code_keys=mergers.joined(self.codebook, code_key), text=segment.text,
                adjudicators=self._study.config.adjudicators,
            )  # fmt: skip

    def coders_by_number(self) -> dict[int, str]:
        """Names of the people who code by the number that stands for them where names are hidden."""
        with self._study.store.read() as tx:
            return {number: name for name, number in case_files.numbers(tx, self._study.config.adjudicators).items()}

    def codebook_gaps(self) -> tuple[CodebookGap, ...]:
        """As `Study.codebook_gaps`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return codebook_gaps.open_gaps(self._study)

    def _need_judged(self, segment_id: str) -> None:
        if not self.may_see_results() and segment_id not in self.open_to_blind():
            raise BlindnessError(f"{self.name} codes blind and has yet to judge this segment.")

    # ------------------------------------------------------------ deciding

    def decide(
        self,
        segment_id: str,
        code_key: str,
        *,
        present: bool,
        valence: Valence | None = None,
        reason: str,
        note: str = "",
        evidence: Sequence[Evidence] = (),
        votes: Mapping[str, str | None] | None = None,
        seen: str | None = None,
        client_id: str | None = None,
    ) -> Decision:
        """Decide one code of one segment; `present=False` against every coder means that nobody was right.

        `evidence` are the words it rests on, none meaning the whole segment. `seen` is the id of the decision on the screen,
        `votes` what was there of the coders' votes, None for those of now. A decision holds everybody's votes: a blind coder
        who makes one was shown the case, and their own judgement of the segment is settled. Raises `BlindnessError` for a
        segment this person has yet to judge, `StaleError` if somebody decided meanwhile, `StudyError` for a valence the code
        cannot take or words that are not in the segment.
        """
        if (known := self._decided(client_id)) is not None:
            return known
        self._need_judged(segment_id)
        self._note_shown({segment_id})
        code_key, *merged = mergers.joined(self.codebook, self.codebook.counts_as.get(code_key, code_key))
        choice = Choice(code_key=code_key, valence=valence)
        checked = judgements.check_choices([choice], self.codebook, may_be_retired=True)[0] if present else choice
        if votes is None:
            votes = self._study.dispute(segment_id, code_key).case.votes
        with self._study.store.write() as tx:
            return rulings.decide(
                tx, adjudicator=self.coder, round_=self.round, segment_id=segment_id, code_key=code_key, present=present,
                valence=checked.valence, reason=reason, note=note, evidence=evidence, votes=votes, seen=seen,
                client_id=client_id, merged_keys=merged,
            )  # fmt: skip

    def _decided(self, client_id: str | None) -> Decision | None:
        with self._study.store.read() as tx:
            return rulings.made_by(tx, client_id)

    def proposals(self, at_least: int | None = None, among: Collection[Key] | None = None) -> list[Proposal]:
        """What undecided cases come to by a rule, as `disputes.by_rule` has it; `among` narrows to some cases.

        To a blind coder only what they were shown before. Raises `StudyError` for a number below 2.
        """
        if at_least is not None and at_least < 2:
            raise StudyError("A rule needs two coders or more who say the same.")
        found = disputes.by_rule((item.case for item in self.disputes_shown()), at_least)
        book = self.codebook.by_key
        wanted = [item for item in found if item.vote is None or item.case.code_key in book]
        return [item for item in wanted if among is None or _key(item) in among]

    def accept(self, proposals: Sequence[Proposal], *, at_least: int | None = None, client_id: str) -> int:
        """Decide many cases as one act: what all coders said, or, with a number, what so many did; how many were decided.

        A case that has other votes by now than in its proposal, or that somebody decided meanwhile, is left as it is.
        """
        if (known := self._accepted(client_id)) is not None:
            return known
        wanted = {_key(item): item for item in proposals}
        for _ in range(MOST_TRIES):
            head = self._study.head()
            still = [item for item in self.proposals(at_least, wanted) if wanted[_key(item)] == item]
            with self._study.store.write() as tx:
                if tx.head() == head:
                    return self._accept(tx, still, at_least, client_id)
        raise StaleError("Others are judging and deciding at this moment; try once more.")

    def _accepted(self, client_id: str) -> int | None:
        with self._study.store.read() as tx:
            return rulings.accepted(tx, client_id)

    def _accept(self, tx: Writing, still: Sequence[Proposal], at_least: int | None, client_id: str) -> int:
        reason, note = (UNANIMOUS, "") if at_least is None else (rulings.RULE, rule_told(at_least))
        return rulings.accept(
            tx, still, adjudicator=self.coder, round_=self.round, reason=reason, note=note, client_id=client_id
        )


def rule_told(at_least: int) -> str:
    """The rule as a decision's note has it."""
    return f"By rule: what at least {at_least} coders said, a code that is not given included."


def _key(item: Proposal) -> Key:
    return item.case.segment_id, item.case.code_key
