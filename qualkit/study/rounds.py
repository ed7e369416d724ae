"""Rounds of coding: opened, closed, revealed, discussed, and coded again; and the ledger of how far coders agreed in each.

There is one round at a time, the newest. It is about all segments or about some, its scope, and nobody judges anything else
in it. While it is open and blind no other is opened; opening one closes the one before. A round that is not blind shows what
was coded before, so opening it reveals the rounds before. Revealing a round reveals those before it too, as the codes that
count are the newest of all.

In a round of consensus one judgement of a segment stands for the group, whoever records it: it decides every code that anybody
gave to the segment, and is no vote of the one who recorded it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from qualkit.errors import StudyError
from qualkit.model import (
    Coder,
    Plan,
    Purpose,
    Round,
    RoundAgreement,
    RoundNote,
    Segment,
    Visit,
    derived_id,
    new_id,
    utc_now,
)
from qualkit.plain import sha256_of
from qualkit.stages import rounds as stage
from qualkit.store import Reading, Store, Writing
from qualkit.study import ledger, plans
from qualkit.study.headed import Kept
from qualkit.study.judgements import BY_CODERS, CLOSED, NOTED, OPENED, REVEALED, digest

if TYPE_CHECKING:
    from qualkit.study.study import Study

SCOPES = ("all", "disputed", "sample")
"""What a round can be about, by a word: every segment, those with a disputed case that waits, the reliability sample."""


class Rounds:
    """The part of a `Study` that is about rounds. `by` is the id of the coder who acts, or the program."""

    store: Store
    _kept: Kept

    @property
    def _study(self) -> Study:
        return cast("Study", self)

    def rounds(self) -> list[Round]:
        """All rounds; the newest, the last, is the one that is coded in."""
        return self._kept.at_head("rounds", self._rounds, but_for=BY_CODERS)

    def _rounds(self) -> list[Round]:
        with self.store.read() as tx:
            return tx.all(Round)

    def open_round(
        self,
        *,
        purpose: Purpose | None = None,
        on: str | Collection[str] = "all",
        blind: bool | None = None,
        by: str = "qualkit",
    ) -> Round:
        """Open the next round on one of `SCOPES` or on segments given by id.

        Unless said otherwise the first is for independent coding and the next for coding again, both blind. Raises `StudyError`
        while a round is open and blind, for a scope without segments, for independent coding of what is disputed, and for a
        blind consensus.
        """
        study = self._study
        _refuse_second(self.rounds())  # before the scope, as that it is empty would tell a blind coder of others
        book, scope = study.codebook(), self.scope(on)
        with self.store.write() as tx:
            before = tx.all(Round)
            _refuse_second(before)
            meant = purpose or (Purpose.RECODE if before else Purpose.INDEPENDENT)
            if on == "disputed" and meant is Purpose.INDEPENDENT:
                raise StudyError(
                    "Coding what is disputed is coding again, not independently: that a segment is disputed tells what others "
                    "said of it. Open the round for re-coding or for a consensus."
                )
            hidden = (meant is not Purpose.CONSENSUS) if blind is None else blind
            if hidden and meant is Purpose.CONSENSUS:
                raise StudyError("A round of consensus cannot be blind: the group judges together.")
            now, number = utc_now(), len(before) + 1
            made = Round(
                id=derived_id("round", number), number=number, codebook_sha256=book.sha256, blind=hidden, opened_at=now,
                purpose=meant, segment_ids=scope,
            )  # fmt: skip
            _mark(tx, [item for item in before if item.closed_at is None], CLOSED, by, closed_at=now)
            if not hidden:
                _mark(tx, [item for item in before if item.is_hidden], REVEALED, by, revealed_at=now)
            tx.insert([made])
            tx.log(by, OPENED, said_of(made))
        return made

    def scope(self, on: str | Collection[str]) -> tuple[str, ...]:
        """Ids of the segments that `on` means, in the order of the talk; none means all.

        Raises `StudyError` if there is no such segment.
        """
        coded = [item.id for item in self._study.coded_segments()]
        if on == "all":
            return ()
        if on == "disputed":
            wanted = {case.segment_id for case in self._study.cases() if case.is_disputed and case.decision is None}
            missing = "There is no disputed case that waits for a decision, so there is nothing to code again."
        elif on == "sample":
            sample = self._study.sample()
            wanted = set(sample.segment_ids) if sample else set()
            missing = "There is no reliability sample yet; draw one with  qualkit sample"
        elif isinstance(on, str):
            raise StudyError(f"A round is on {', '.join(SCOPES)}, or on segments by id, and not on {on!r}.")
        else:
            wanted, missing = set(on), "No segment was given."
            if unknown := next((key for key in on if key not in set(coded)), None):
                raise StudyError(f"There is no segment {unknown} to be coded in this study; was it cut anew?")
        if not wanted:
            raise StudyError(missing)
        return tuple(key for key in coded if key in wanted)

    def close_round(self, *, by: str = "qualkit") -> Round:
        """Have nobody judge in the newest round any more. Raises `StudyError` if none is open."""
        with self.store.write() as tx:
            newest = _newest(tx)
            if newest.closed_at is not None:
                raise StudyError(f"Round {newest.number} is closed already.")
            return _mark(tx, [newest], CLOSED, by, closed_at=utc_now())[0]

    def reveal(self, *, close: bool = False, by: str = "qualkit") -> None:
        """End blind coding, and with `close` all coding, in the newest round; those before it are revealed with it.

        Raises `StudyError` if nobody has coded yet or the round is revealed already.
        """
        with self.store.write() as tx:
            rounds, now = tx.all(Round), utc_now()
            if not rounds or not rounds[-1].is_hidden:
                raise StudyError("There is no blind round to reveal.")
            if close and rounds[-1].closed_at is None:
                rounds[-1:] = _mark(tx, rounds[-1:], CLOSED, by, closed_at=now)
            _mark(tx, [item for item in rounds if item.is_hidden], REVEALED, by, revealed_at=now)

    def counting(self) -> Counter[int]:
        """How many judgements count of each round, by its number: of every coder and segment the newest."""
        return self._kept.at_head("counting", self._counting)

    def _counting(self) -> Counter[int]:
        number_of = stage.numbers(self.rounds())
        with self.store.read() as tx:
            current = {row[0] for row in tx.columns(Segment, "id")}
            visits = [row for row in tx.columns(Visit, "segment_id", "coder_id", "round_id") if row[0] in current]
        return Counter(number_of[round_id] for round_id in stage.newest(visits, number_of).values())

    # ------------------------------------------------------------ discussing

    def round_notes(self, number: int) -> list[RoundNote]:
        """What was noted in the discussion of a round, in the order of noting."""
        with self.store.read() as tx:
            return tx.all(RoundNote, round_id=self.round_numbered(number).id)

    def note(self, made: RoundNote, *, client_id: str | None = None) -> None:
        """Keep a note; the log has only its digest, so that the note can be erased. Raises `StudyError` for a blank one."""
        if not made.text.strip():
            raise StudyError("A note needs some words.")
        with self.store.write() as tx:
            if client_id is None or not tx.has_happened(client_id):
                tx.insert([made])
                tx.log(made.coder_id, NOTED, said_of_note(made), client_id)

    def round_numbered(self, number: int) -> Round:
        """The round of that number. Raises `StudyError` if there is none."""
        found = next((item for item in self.rounds() if item.number == number), None)
        if found is None:
            raise StudyError(f"There is no round {number}; there are {len(self.rounds())}.")
        return found

    # ------------------------------------------------------------ who codes what

    def plan(self) -> Plan | None:
        """Who codes what in the newest round, None where everybody codes everything."""
        rounds = self.rounds()
        return plans.in_force(self._study, rounds[-1]) if rounds else None

    def make_plan(
        self, share: float = 0.2, seed: int | None = None, coders: Sequence[str] | None = None, *, by: str = "qualkit"
    ) -> Plan:
        """Deal out who codes what in the newest round; `stages/plan.py` says how. An earlier plan of it is superseded.

        `seed` None takes that of a reliability sample of the same share, else one by chance; it is kept either way. Where the
        round is about everything, what everybody codes becomes the reliability sample. `coders` None means everybody whom the
        study names and who has judged something. Raises `StudyError` for a share that is none, for fewer than two coders, for
        an adjudicator, and if there is nothing to deal out.
        """
        round_ = self.rounds()[-1] if self.rounds() else self.open_round(by=by)
        return plans.make(self._study, round_, share=share, seed=seed, coders=coders, by=by)

    # ------------------------------------------------------------ the ledger

    def ledger(self) -> list[RoundAgreement]:
        """How far the coders of each round agree, all codes pooled, and how far where they were blind to each other."""
        return ledger.lines(self._study)


def said_of(round_: Round) -> dict[str, object]:
    """What the log says when a round is opened; of a scope, which may be long, its checksum."""
    return {
        "round_id": round_.id,
        "number": round_.number,
        "blind": round_.blind,
        "purpose": round_.purpose,
        "codebook_sha256": round_.codebook_sha256,
        "n_segments": len(round_.segment_ids),
        "scope_sha256": sha256_of(round_.segment_ids),
    }


def said_of_note(note: RoundNote) -> dict[str, object]:
    """What the log says of a note: ids, and a digest of the words."""
    about = {name: getattr(note, name) for name in ("id", "round_id", "segment_id", "code_key")}
    return {**about, "text_sha256": digest(note.text, note.id)}


def _newest(tx: Reading) -> Round:
    rounds = tx.all(Round)
    if not rounds:
        raise StudyError("There is no round yet: the first is opened when somebody codes, or with  qualkit round open")
    return rounds[-1]


def _refuse_second(before: Sequence[Round]) -> None:
    if before and before[-1].is_hidden and before[-1].closed_at is None:
        raise StudyError(
            f"Round {before[-1].number} is open and blind: reveal it with  qualkit round reveal,  or close it unseen with  "
            "qualkit round close,  before the next is opened."
        )


def _mark(tx: Writing, rounds: Sequence[Round], verb: str, by: str, **said: Any) -> list[Round]:
    marked = [replace(item, **said) for item in rounds]
    for item in marked:
        tx.replace([item])
        tx.log(by, verb, {"round_id": item.id})
    return marked


def new_note(round_: Round, coder: Coder, text: str, *, segment_id: str = "", code_key: str = "") -> RoundNote:
    """A note that is made now."""
    return RoundNote(
        id=new_id(), round_id=round_.id, coder_id=coder.id, text=text.strip(), segment_id=segment_id, code_key=code_key,
        made_at=utc_now(),
    )  # fmt: skip
