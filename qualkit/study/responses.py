"""Who answered whom, as people record it while they read: agreed, built on, qualified or challenged what was said before.

A word on two segments is never overwritten: a later one supersedes it, to take it back leaves it on file. Each act is in the
log, with ids only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qualkit.errors import StaleError, StudyError
from qualkit.model import Coder, Event, Response, ResponseKind, Segment, grouped, new_id, utc_now
from qualkit.stages import responses as rules
from qualkit.store import Reading

if TYPE_CHECKING:
    from qualkit.study.study import Study


class Responses:
    """What one person may do with responses. Get one from `Seat.responses`.

    An act whose `client_id` is in the log already changes nothing. `seen` is the id of the response between the two segments
    that was on the screen, None for none; `StaleError` is raised if there is another by now; "" asks nothing.
    """

    def __init__(self, study: Study, coder: Coder) -> None:
        self._study = study
        self._coder = coder

    def in_force(self) -> list[Response]:
        """All responses in force, whoever recorded them."""
        return self._study.recorded_responses()

    def by_group(self) -> dict[str, list[Segment]]:
        """The segments that may answer one, by the id of their transcript, in the order of the talk."""
        corpus = self._study.corpus()
        mine = [item for item in self._study.coded_segments() if rules.may_answer(item, corpus)]
        return grouped(mine, lambda item: item.transcript_id)

    def titles(self) -> dict[str, str]:
        """What groups are called, by the id of their transcript."""
        return {key: item.title for key, item in self._study.corpus().transcripts.items()}

    def earlier(self, segment_id: str) -> list[Segment]:
        """What a segment may answer, the nearest first. Raises `StudyError` for a segment that is not there."""
        return rules.earlier(self._segment(segment_id), self._study.corpus())

    def speaker(self, segment: Segment) -> str:
        """Who said a segment, as it is printed."""
        return rules.speaker_of(segment, self._study.corpus())

    def record(
        self,
        segment_id: str,
        to_segment_id: str,
        kind: ResponseKind,
        *,
        seen: str | None = "",
        client_id: str | None = None,
    ) -> Response:
        """Keep that a segment answers an earlier one of its group, and how.

        Raises `StudyError` for a segment that is gone, one of another group, a later one, one of the same speaker, and for a
        moderator's answer.
        """
        pair: dict[str, Any] = {"segment_id": segment_id, "to_segment_id": to_segment_id}
        with self._study.store.write() as tx:
            if client_id is not None and (done := _made_by(tx, client_id)) is not None:
                return done
            self._need_sound(segment_id, to_segment_id)
            known = tx.first(Response, **pair)
            if seen not in ("", known.id if known else None):
                raise StaleError("Somebody recorded another response between these two segments meanwhile; look at it first.")
            made = Response(id=new_id(), **pair, kind=kind, coder_id=self._coder.id, made_at=utc_now())
            tx.retire(Response, **pair)
            tx.insert([made])
            said = {**said_of(made), "supersedes": known.id if known else None}
            tx.log(self._coder.id, rules.RECORDED, said, client_id)
        return made

    def withdraw(self, response_id: str, *, client_id: str | None = None) -> None:
        """Take a response back; it stays on file. Raises `StaleError` if it is not in force any more."""
        with self._study.store.write() as tx:
            if client_id is not None and tx.has_happened(client_id):
                return
            if tx.first(Response, id=response_id) is None:
                raise StaleError("This response was taken back or changed meanwhile; look at what stands now first.")
            tx.retire(Response, id=response_id)
            tx.log(self._coder.id, rules.WITHDREW, {"id": response_id}, client_id)

    def _need_sound(self, segment_id: str, to_segment_id: str) -> None:
        fault = rules.fault(self._segment(segment_id), self._segment(to_segment_id), self._study.corpus())
        if fault:
            raise StudyError(fault)

    def _segment(self, segment_id: str) -> Segment:
        segment = self._study.corpus().segments.get(segment_id)
        if segment is None:
            raise StudyError(
                f"There is no segment {segment_id!r}. The table coded_segments has the ids; corrections may have taken one out."
            )
        return segment


def _made_by(tx: Reading, client_id: str) -> Response | None:
    """What the act with that client id recorded, whatever became of it; None for an act that is new."""
    event = tx.first(Event, client_id=client_id)
    return tx.first(Response, past=True, id=str(event.payload["id"])) if event else None


def said_of(response: Response) -> dict[str, Any]:
    """What the log says of a response: ids, and of which kind it is."""
    return {name: getattr(response, name) for name in ("id", "segment_id", "to_segment_id", "kind")}
