"""A person's place in a study: everything they may see and do, and nothing else.

Blindness lives here, below the pages. While a round is blind, somebody who codes in it sees

- of a segment they have not judged: the words, the talk around them, the sound; no code by anyone;
- of a segment they have judged: their own codes;
- cases for adjudication only on segments they have judged, and a judgement can no longer be changed once its case was seen;
- agreement, topics and themes only once they have judged every segment that is theirs to judge in the round, which settles all
  their judgements. Where a plan deals segments out they then also see codes on others' segments: they have nothing left to
  judge that these could shape, cannot judge what is not theirs, and no later plan deals them what they were shown.

What a blind coder was shown of others' codes is in the log.

People named in `adjudicators` of `study.toml` do not code and see everything. When the round is revealed, everybody does.

There may be several rounds; the newest is the one that is coded in, and the rules above are about it. In a blind one people
code independently again: of a segment they have not judged in it they see no code, not even their own of an earlier round,
and everything that is counted over all rounds is withheld as above. What does not depend on the round stays open: an
earlier round, once revealed, as it stood then (`look_back`, its line in the ledger, its notes), and cases on segments that the
round is not about, if everything before it was revealed. An earlier round that was closed and not revealed is withheld
with the newest. That somebody looked back is in the log. What is coded again after others' codes could be seen is never
counted as blind reliability (`stages/rounds.py`). A round of consensus is not blind: one judgement stands for the group.

What machines suggest is another matter, also in a round that is not blind: whoever codes sees it after their own judgement of
the segment, never, or before, as `show_suggestions` in `study.toml` says; on the reliability sample never before. What of it
they saw and when is in the log. A machine learns from people, so what comes with a suggestion could tell a blind coder of
others: segments like this one are shown only if they gave them the code themselves, and of a verdict on a machine only the
ruling, without its figures, until they may see results.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from qualkit.errors import BlindnessError, StudyError
from qualkit.model import (
    Assignment,
    Choice,
    Coder,
    CoderKind,
    Purpose,
    Recording,
    Round,
    Run,
    Segment,
    Suggestion,
    Verdict,
    Visit,
    by_id,
    grouped,
)
from qualkit.stages import uptake
from qualkit.study import cards, judgements, meetings, plans, rulings
from qualkit.study.adjudicating import Adjudicating
from qualkit.study.cards import Card
from qualkit.study.codebook_changes import Book
from qualkit.study.corrections import Corrections
from qualkit.study.desk import Desk
from qualkit.study.folder import Showing
from qualkit.study.leading import Leading
from qualkit.study.queues import Queues
from qualkit.study.results import Results
from qualkit.study.study import Study

if TYPE_CHECKING:
    from qualkit.figures.topic_map import Said


class Seat(Queues, Desk, Adjudicating, Results, Leading):
    """What one named person may do in one study. Get one from `Study.seat`."""

    def __init__(self, study: Study, name: str) -> None:
        self._study = study
        with study.store.read() as tx:
            known = tx.first(Coder, name=" ".join(name.split()), kind=CoderKind.HUMAN)
        if known is None or not study.rounds():
            with study.store.write() as tx:
                known = judgements.coder_named(tx, name)
                meetings.open_round(tx)
        self.coder: Coder = known

    @property
    def round(self) -> Round:
        """The newest round as it stands now, however long ago this person sat down."""
        return self._study.rounds()[-1]

    @property
    def corrections(self) -> Corrections:
        """What this person may correct in the transcripts: everything, and everybody may."""
        return Corrections(self._study, self.coder)

    @property
    def book(self) -> Book:
        """The codebook as this person may see and change it."""
        return Book(self._study, self.coder, is_blind=self._is_blind_coder())

    # ------------------------------------------------------------ what machines suggest

    def shows_suggestions(self, segment_id: str) -> Showing:
        """When this person sees what machines suggest for a segment; on the reliability sample never before judging it."""
        showing = self._study.config.show_suggestions
        return Showing.AFTER if showing is Showing.BEFORE and segment_id in self._sampled() else showing

    def _may_see_suggestions(self, segment_id: str, visit: Visit | None) -> bool:
        showing = self.shows_suggestions(segment_id)
        return showing is not Showing.NEVER and (visit is not None or showing is Showing.BEFORE or self.is_adjudicator)

    def may_compare(self) -> bool:
        """Whether machines suggest something that this person sees after their own judgements."""
        with self._study.store.read() as tx:
            return self._study.config.show_suggestions is not Showing.NEVER and tx.count(Coder, kind=CoderKind.MACHINE) > 0

    def cards(self, segment_id: str) -> tuple[Card, ...]:
        """What machines suggest for a segment, a card a code, the strongest first; nothing where it may not be seen yet.

        That a coder was shown it is logged, once for each version of their judgement and each run of the machines.
        """
        mine: dict[str, Any] = judgements.whose(self.round, self.coder)
        with self._study.store.read() as tx:
            segment, visit = tx.first(Segment, id=segment_id), tx.first(Visit, segment_id=segment_id, **mine)
            if segment is None or not self._may_see_suggestions(segment_id, visit):
                return ()
            machines = [coder.name for coder in tx.all(Coder, kind=CoderKind.MACHINE)]
            last = tx.first(Run, stage="suggest")
        suggested = [cards.anchored(item, segment.text) for item in self._study.suggestions(segment_id)]
        by_machine = {**dict.fromkeys(machines, ()), **grouped(suggested, lambda item: item.machine)}
        run_ids = {item.run_id for item in suggested if item.run_id} | ({last.id} if last else set())
        self._note_suggestions(segment_id, visit.version if visit else 0, by_machine, run_ids)
        with self._study.store.read() as tx:
            keys = sorted({item.code_key for item in suggested})
            verdicts = tx.all(Verdict, code_key=keys) if keys else []
            found = cards.cards(suggested, verdicts, may_see_results=bool(verdicts) and self.may_see_results())
            near = sorted({item.segment_id for said in suggested for item in said.neighbours})
            own = tx.all(Assignment, segment_id=near, **mine) if near else []
            theirs = {key: frozenset(item.code_key for item in said) for key, said in grouped(own, _segment_of).items()}
            return tuple(cards.with_neighbours(tx, found, theirs if self._is_blind_coder() else None))

    def _note_suggestions(
        self, segment_id: str, version: int, by_machine: Mapping[str, Sequence[Suggestion]], run_ids: set[str]
    ) -> None:
        if self.is_adjudicator or not by_machine:
            return
        payload, client_id = judgements.showing(
            coder=self.coder, round_=self.round, segment_id=segment_id, version=version, suggested=by_machine, run_ids=run_ids
        )
        with self._study.store.read() as tx:
            is_known = tx.has_happened(client_id)
        if not is_known:
            with self._study.store.write() as tx:
                if not tx.has_happened(client_id):
                    tx.log(self.coder.id, uptake.SHOWN, payload, client_id)

    # ------------------------------------------------------------ coding

    def judge(
        self,
        segment_id: str,
        choices: Sequence[Choice],
        *,
        memo: str = "",
        base_version: int | None = None,
        client_id: str | None = None,
        round_id: str | None = None,
    ) -> Visit:
        """Keep this person's judgement of a segment; no choice at all means "looked, and no code fits".

        `round_id` is that of the round on the screen, None for the newest. In a round of consensus the judgement is the
        group's, and decides. Raises `StudyError` for a code or valence that the codebook does not have, for evidence that is
        not in the segment's words, for a confidence that is no share of 1, for a segment that is gone or not theirs to code,
        for somebody who adjudicates, and in a round that is over; `StaleError` if the judgement was changed in another window;
        `BlindnessError` if this person was shown the others' codes of the segment, which their own can then no longer be
        blind to.
        """
        round_ = self._round_to_judge_in(round_id)
        with self._study.store.read() as tx:
            segment = tx.first(Segment, id=segment_id)
            is_new = client_id is None or not tx.has_happened(client_id)
        if segment is None:
            raise StudyError("There is no such segment.")
        checked = judgements.check_choices(choices, self.codebook) if is_new else tuple(choices)
        if is_new:
            judgements.check_evidence(checked, segment.text)
            plans.need_part(self._study, self.name, round_, [segment_id])
        with self._study.store.write() as tx:
            is_new = client_id is None or not tx.has_happened(client_id)
            visit = judgements.record(
                tx, coder=self.coder, round_=round_, segment_id=segment_id, choices=checked, memo=memo,
                shown=self._study.shown_to(tx, self.coder, round_), base_version=base_version, client_id=client_id,
            )  # fmt: skip
            if is_new and round_.purpose is Purpose.CONSENSUS:
                rulings.settle(tx, by=self.coder, round_=round_, segment_id=segment_id, choices=checked)
            return visit

    def _round_to_judge_in(self, round_id: str | None) -> Round:
        rounds = self._study.rounds()
        round_ = next((item for item in rounds if item.id == round_id), None) if round_id else rounds[-1]
        if round_ is None:
            raise StudyError("There is no such round; open the page again.")
        if self.is_adjudicator and round_.purpose is not Purpose.CONSENSUS:
            raise StudyError(f"{self.name} adjudicates in this study and so does not code.")
        return round_

    def withdraw(
        self, segment_id: str, *, base_version: int, client_id: str | None = None, round_id: str | None = None
    ) -> None:
        """Take this person's judgement of a segment back; see `judgements.withdraw` for what is raised."""
        round_ = self._round_to_judge_in(round_id)
        with self._study.store.write() as tx:
            judgements.withdraw(
                tx, coder=self.coder, round_=round_, segment_id=segment_id, base_version=base_version,
                shown=self._study.shown_to(tx, self.coder, round_), client_id=client_id,
            )  # fmt: skip

    def version_after(self, client_id: str) -> int | None:
        """The version of this person's judgement that an act of theirs left behind, 0 for none; None for an unknown act."""
        with self._study.store.read() as tx:
            return judgements.version_after(tx, self.coder, client_id)

    def clip(self, segment_id: str, margin_s: float = 0.4) -> bytes | None:
        """The segment's own seconds of its recording, with a margin on both sides, as Ogg, or None if it cannot be heard."""
        from qualkit.engines import sound

        with self._study.store.read() as tx:
            segment = tx.first(Segment, id=segment_id)
            recording = tx.first(Recording, transcript_id=segment.transcript_id) if segment else None
        if segment is None or recording is None or segment.start_s is None:
            return None
        path = self._study.folder.recording(recording.file_name)
        return sound.clip(path, segment.start_s, segment.end_s or segment.start_s + 5, margin_s) if path else None

    # ------------------------------------------------------------ what only those may see who are not blind any more

    def _is_blind_coder(self) -> bool:
        return self.round.is_hidden and not self.is_adjudicator

    def open_to_blind(self) -> frozenset[str]:
        """Ids of the segments whose cases this person may see while blind.

        They have judged them in the round; or the round is not about them, and every round before it was revealed.
        """
        round_, judged = self.round, frozenset(self.judged_ids())
        if not round_.segment_ids or any(item.is_hidden for item in self._study.rounds() if item.id != round_.id):
            return judged
        return judged | (self._study.votes().keys() - set(round_.segment_ids))

    def may_see_results(self) -> bool:
        """Whether this person may see what all coders together said."""
        if not self._is_blind_coder():
            return True
        n_judged, n_all = self.progress()
        return n_all > 0 and n_judged == n_all

    def _need_results(self) -> None:
        if not self.may_see_results():
            n_judged, n_all = self.progress()
            raise BlindnessError(
                f"{self.name} codes blind and has judged {n_judged} of {n_all} segments: results show when all are judged, "
                "when the round is revealed, or to people whom study.toml names as adjudicators."
            )
        if self._is_blind_coder():
            self._note_shown({*self.judged_ids(), *self._study.votes()})

    def _note_shown(self, segment_ids: set[str]) -> None:
        if not self._is_blind_coder():
            return
        with self._study.store.read() as tx:
            new = segment_ids - self._study.shown_to(tx, self.coder, self.round)
        if new:
            with self._study.store.write() as tx:
                tx.log(self.coder.id, judgements.SHOWN, {"round_id": self.round.id, "segment_ids": sorted(new)})

    def said(self) -> dict[str, Said]:
        """Of each segment on the map of topics its words, who said them and where, by id: never codes."""
        return self._study.said()

    def said_print(self) -> str:
        """Checksum of `said`: another one as soon as a word, a name or a place is another."""
        return self._study.said_print()

    def segments(self, segment_ids: Sequence[str]) -> dict[str, Segment]:
        """Segments by id: words, never codes."""
        with self._study.store.read() as tx:
            return by_id(tx.all(Segment, id=list(segment_ids)))


def _segment_of(item: Assignment) -> str:
    return item.segment_id
