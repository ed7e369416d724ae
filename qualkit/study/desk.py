"""What lies before a person who codes: segments with the talk around them, whole transcripts, and what comes next.

Segments are read many at a time, in as many queries as one, so that the next ones are there before they are asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from qualkit.errors import StudyError
from qualkit.model import (
    Assignment,
    Choice,
    Coder,
    FinalCode,
    Participant,
    Recording,
    Role,
    Round,
    Segment,
    Transcript,
    Turn,
    Valence,
    Visit,
    Worth,
    by_id,
    grouped,
)
from qualkit.stages import place
from qualkit.study import judgements
from qualkit.study.order import Order
from qualkit.study.study import Study

CONTEXT_TURNS = 3
"""Turns shown before and after a segment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A turn as it is read: who, when, what."""

    speaker: str
    is_moderator: bool
    text: str
    start_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A segment as its coder may see it. `choices`, `memo` and `version` are the viewer's own.

    `lead` and `rest` are what the speaker said before and after it in the same turn. `attributes` are those of the speaker
    that the study lets coders see. `is_in_sample` says whether it was drawn to measure reliability on; `why`, what a judgement
    of it would teach the machines, as far as that gives away no suggestion.
    """

    segment: Segment
    lead: str
    rest: str
    transcript: Transcript
    speaker: str
    question: str | None
    before: tuple[Line, ...]
    after: tuple[Line, ...]
    has_audio: bool
    version: int
    choices: tuple[Choice, ...]
    memo: str
    role: Role | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    is_speaker_doubtful: bool = False
    is_in_sample: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A segment in a transcript that is read through, with keys and valences of its codes; without an id if it is not coded."""

    segment_id: str | None
    text: str
    codes: tuple[tuple[str, Valence | None], ...] = ()
    is_judged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A turn in a transcript that is read through, and the pieces that it is cut into."""

    turn_id: str
    line: Line
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pile:
    """All that some segments are shown with, read at once; most by id of the segment, the rest by their own."""

    segments: Mapping[str, Segment]
    near: Mapping[str, _Near]
    transcripts: Mapping[str, Transcript]
    people: Mapping[str, Participant]
    turns: Mapping[str, Turn]
    heard: frozenset[str]
    worth: Mapping[str, Worth]
    visits: Mapping[str, Visit]
    said: Mapping[str, list[Assignment]]
    memos: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Near:
    """Ids of the turns around a segment's own, and of the last one before it in which a moderator spoke."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    asked: str | None


class Desk:
    """The part of a `Seat` from which segments are read."""

    _study: Study
    coder: Coder

    @property
    def round(self) -> Round:
        """See `Seat.round`."""
        raise NotImplementedError

    def queue(self, transcript_id: str | None = None, order: Order = Order.AS_SAID) -> list[str]:
        """See `Queues.queue`."""
        raise NotImplementedError

    def judged_ids(self) -> Mapping[str, object]:
        """See `Queues.judged_ids`."""
        raise NotImplementedError

    def _sampled(self) -> tuple[str, ...]:
        raise NotImplementedError

    def may_see_results(self) -> bool:
        """See `Seat.may_see_results`."""
        raise NotImplementedError

    def _need_results(self) -> None:
        raise NotImplementedError

    def _may_see_suggestions(self, segment_id: str, visit: Visit | None) -> bool:
        raise NotImplementedError

    # ------------------------------------------------------------ segments

    def view(self, segment_id: str) -> View:
        """A segment with the talk around it, and with no more judgement than its viewer may see.

        Raises `StudyError` if there is no such segment.
        """
        found = self.views([segment_id])
        if not found:
            raise StudyError("There is no such segment; it may have been cut anew. Open the page again.")
        return found[0]

    def views(self, segment_ids: Sequence[str]) -> list[View]:
        """As `view`, for many segments, in their order; those that are gone are left out."""
        pile, sampled = self._pile(list(segment_ids)), frozenset(self._sampled())
        return [self._view(key, pile, is_in_sample=key in sampled) for key in segment_ids if key in pile.segments]

    def _pile(self, segment_ids: list[str]) -> _Pile:
        round_ = self.round
        mine: dict[str, Any] = {"segment_id": segment_ids, **judgements.whose(round_, self.coder)}
        with self._study.store.read() as tx:
            segments = by_id(tx.all(Segment, id=segment_ids))
            places = sorted({segment.transcript_id for segment in segments.values()})
            people = by_id(tx.all(Participant, transcript_id=places))
            order = {key: self._study.turn_order(key) for key in places}
            near = {key: _near(order[item.transcript_id], item.turn_id, people) for key, item in segments.items()}
            wanted = {turn for item in near.values() for turn in (*item.before, *item.after, item.asked) if turn}
            return _Pile(
                segments=segments,
                near=near,
                transcripts=by_id(tx.all(Transcript, id=places)),
                people=people,
                turns=by_id(tx.all(Turn, id=sorted(wanted | {item.turn_id for item in segments.values()}))),
                heard=frozenset(row[0] for row in tx.columns(Recording, "transcript_id", transcript_id=places)),
                worth={item.segment_id: item for item in tx.all(Worth, segment_id=segment_ids)},
                visits={visit.segment_id: visit for visit in tx.all(Visit, **mine)},
                said=grouped(tx.all(Assignment, **mine), lambda item: item.segment_id),
                memos=tx.memos(segment_ids, **judgements.whose(round_, self.coder)),
            )

    def _view(self, segment_id: str, pile: _Pile, *, is_in_sample: bool) -> View:
        segment, near, visit = pile.segments[segment_id], pile.near[segment_id], pile.visits.get(segment_id)
        turn, person = pile.turns[segment.turn_id], pile.people.get(segment.participant_id or "")
        worth = pile.worth.get(segment_id)
        is_open = worth is not None and not visit and self._may_see_suggestions(segment_id, visit)
        asked = pile.turns.get(near.asked or "")
        return View(
            segment=segment,
            lead=turn.text[: segment.start_char].strip(),
            rest=turn.text[segment.end_char :].strip(),
            transcript=pile.transcripts[segment.transcript_id],
            speaker=line_of(turn, pile.people).speaker,
            question=asked.text if asked else None,
            before=tuple(line_of(pile.turns[key], pile.people) for key in near.before),
            after=tuple(line_of(pile.turns[key], pile.people) for key in near.after),
            has_audio=segment.transcript_id in pile.heard and segment.start_s is not None,
            version=visit.version if visit else 0,
            choices=tuple(
                replace(choice, evidence=place.anchored(choice.evidence, segment.text))
                for choice in judgements.as_offered(pile.said.get(segment_id, ()), self._study.codebook())
            ),
            memo=pile.memos.get(segment_id, ""),
            role=person.role if person else None,
            attributes=self._shown_attributes(person),
            is_speaker_doubtful=turn.is_doubtful,
            is_in_sample=is_in_sample,
            why=worth.why if worth and is_open else "",
        )

    def _shown_attributes(self, person: Participant | None) -> dict[str, str]:
        shown = self._study.config.show_attributes
        return {name: person.attributes[name] for name in shown if person.attributes.get(name)} if person else {}

    # ------------------------------------------------------------ what comes next

    def next_ids(
        self, order: Order, transcript_id: str | None, after: str | None, n: int, but: Collection[str] = ()
    ) -> tuple[str, ...]:
        """Ids of the `n` segments that this person judges next after one of them, as `ahead` has it.

        In the order of the talk, the transcript comes first and the others follow it.
        """
        queue = self.queue(order=order)
        if order is Order.DEBT:
            return tuple(islice(ahead(queue, after, frozenset(but)), n))
        first = self.queue(transcript_id) if order is Order.AS_SAID and transcript_id else []
        done = {*self.judged_ids(), *but}
        here = tuple(islice(ahead(first or queue, after, done), n))
        if not first or len(here) == n:
            return here
        others = ahead(queue, first[-1], {*done, *first})
        return (*here, *islice(others, n - len(here)))

    def my_transcripts(self) -> dict[str, tuple[str, ...]]:
        """The segments that this person is to code, by transcript, in the order of the talk; only transcripts with any."""
        name = f"transcripts of {self.coder.name} in {self.round.id}"
        return self._study._kept.at_head(name, self._my_transcripts, but_for=judgements.BY_CODERS)

    def _my_transcripts(self) -> dict[str, tuple[str, ...]]:
        mine, there = frozenset(self.queue()), self._study.outline().to_code
        found = {where: tuple(key for key in keys if key in mine) for where, keys in there.items()}
        return {where: keys for where, keys in found.items() if keys}

    def n_judgements(self) -> int:
        """How many segments all coders together have judged in the round, each counted once for each of them."""
        with self._study.store.read() as tx:
            return tx.count(Visit, round_id=self.round.id)

    # ------------------------------------------------------------ whole transcripts

    def read_through(self, transcript_id: str, *, everything: bool = False) -> list[Passage]:
        """A whole transcript with this person's own codes at its segments, or, with `everything`, the codes that count.

        Raises `BlindnessError` if `everything` is asked for by somebody who is still blind.
        """
        if everything:
            self._need_results()
        with self._study.store.read() as tx:
            turns = tx.all(Turn, transcript_id=transcript_id)
            people = by_id(tx.all(Participant, transcript_id=transcript_id))
            segments = tx.all(Segment, transcript_id=transcript_id)
            mine: dict[str, Any] = judgements.whose(self.round, self.coder)
            ids = {item.id for item in segments}
            own = [item for item in tx.all(Assignment, **mine) if item.segment_id in ids] if not everything else []
            judged = frozenset(row[0] for row in tx.columns(Visit, "segment_id", **mine)) & ids
        counting = self._study.final_codes() if everything else own
        codes = grouped((item for item in counting if item.segment_id in ids), lambda item: item.segment_id)
        pieces = grouped(segments, lambda item: item.turn_id)
        return [
            Passage(
                turn_id=turn.id,
                line=line_of(turn, people),
                pieces=tuple(_piece(item, codes.get(item.id, ()), judged) for item in pieces.get(turn.id, ()))
                or (Piece(segment_id=None, text=turn.text),),
            )
            for turn in turns
        ]


def ahead(queue: Sequence[str], after: str | None, done: Collection[str]) -> Iterator[str]:
    """What is not `done` of a queue: what comes after one of its ids, then what comes before that."""
    at = queue.index(after) + 1 if after in queue else 0
    return (key for part in (range(at, len(queue)), range(at)) for key in (queue[n] for n in part) if key not in done)


def line_of(turn: Turn, people: Mapping[str, Participant]) -> Line:
    """A turn as it is read."""
    person = people.get(turn.participant_id or "")
    return Line(
        speaker=person.pseudonym if person else "Unknown speaker",
        is_moderator=_is_moderator(person),
        text=turn.text,
        start_s=turn.start_s,
    )


def _is_moderator(person: Participant | None) -> bool:
    return person is not None and person.role is Role.MODERATOR


def _near(order: Sequence[tuple[str, str | None]], turn_id: str, people: Mapping[str, Participant]) -> _Near:
    at = next(n for n, (key, _) in enumerate(order) if key == turn_id)
    asked = next((key for key, person in reversed(order[:at]) if _is_moderator(people.get(person or ""))), None)
    before, after = order[max(0, at - CONTEXT_TURNS) : at], order[at + 1 : at + 1 + CONTEXT_TURNS]
    return _Near(tuple(key for key, _ in before), tuple(key for key, _ in after), asked)


def _piece(segment: Segment, codes: Sequence[Assignment | FinalCode], judged: Collection[str]) -> Piece:
    return Piece(
        segment_id=segment.id if segment.is_coded else None,
        text=segment.text,
        codes=tuple((item.code_key, item.valence) for item in codes),
        is_judged=segment.id in judged,
    )
