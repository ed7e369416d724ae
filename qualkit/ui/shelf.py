"""What lies ready for somebody who codes: the segment they look at, those that come next, and what their last acts became.

Kept for a session, so that an act costs no look through the whole study: new segments are fetched when half of them are gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from qualkit.model import new_id
from qualkit.study import Order, Seat
from qualkit.ui import coding

N_AHEAD = 20
"""So many segments lie ready in the panel; new ones are fetched when half of them are gone."""

N_AROUND = 3
"""So many segments before and after the one that is shown lie ready, too."""

Walk = tuple[Order, str | None]
"""An order and, in that of the talk, a transcript."""


@dataclass(slots=True)
class Shelf:
    """Segments by id as the panel draws them; `ahead` are those still to be judged, `queue` all of the walk.

    `place` is the segment that is shown, `goto` tells the panel to show one that was chosen outside it. `seen` is the number
    of the last act that was taken, `answers` what became of the acts that the panel still holds, `n_followed` how often the
    panel has gone on into another transcript. A run may be broken off wherever the session is asked for something, so that
    what belongs together is changed here in one go.
    """

    walk: Walk
    queue: list[str]
    place: str
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    ahead: list[str] = field(default_factory=list)
    around: list[str] = field(default_factory=list)
    n_mine: int = 0
    n_all: int = 0
    n_round: int = 0
    seen: int = 0
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    skipped: frozenset[str] = frozenset()
    wants_sound: str = ""
    clips: dict[str, bytes | None] = field(default_factory=dict)
    goto: dict[str, Any] | None = None
    n_followed: int = 0

    def go(self, segment_id: str) -> None:
        """Have the panel show a segment that was chosen outside it."""
        self.place, self.goto = segment_id, {"id": segment_id, "token": new_id()}
        self.items.clear()

    def take(self, seat: Seat, state: Mapping[str, Any]) -> None:
        """Have what is in the outbox kept, and see where the person is now: what was done last tells."""
        outbox, at = state.get("outbox") or [], state.get("at") or {}
        self.answers = {act["client_id"]: self.answers[act["client_id"]] for act in outbox if act["client_id"] in self.answers}
        acts = {act["client_id"]: act for act in outbox if act["client_id"] not in self.answers}
        for answer in coding.apply_outbox(seat, acts.values()):
            self._answered(answer, acts[answer["client_id"]])
        self.skipped = frozenset(at.get("skipped") or ())
        self.wants_sound = str(at.get("id")) if at.get("sound") else ""
        latest = max((*outbox, at), key=lambda said: said.get("n", 0))
        if latest.get("n", 0) > self.seen:
            self.seen = latest["n"]
            if self.goto and latest.get("gone") != self.goto["token"]:
                return  # said before the panel knew that another segment was chosen
            chosen = latest.get("id") if latest is at else latest.get("at")
            self.place = chosen or next(iter(self.ahead), latest.get("segment_id", self.place))

    def _answered(self, answer: dict[str, Any], act: Mapping[str, Any]) -> None:
        self.answers[answer["client_id"]] = answer
        gain = int(act.get("gain") or 0) if "version" in answer else 0
        self.n_mine, self.n_round = self.n_mine + gain, self.n_round + gain
        if answer["segment_id"] in self.ahead:
            self.ahead.remove(answer["segment_id"])

    @property
    def is_low(self) -> bool:
        """Whether new segments are to be fetched."""
        return self.place not in self.items or len(self.ahead) <= N_AHEAD // 2

    def fill(self, seat: Seat) -> None:
        """Lay the next segments ready, and those around the one that is shown."""
        order, transcript_id = self.walk
        spots = {key: n for n, key in enumerate(self.queue)}
        at = spots.get(self.place, 0)
        self.ahead = list(seat.next_ids(order, transcript_id, self.place, N_AHEAD, self.skipped))
        self.around = self.queue[max(0, at - N_AROUND) : at + N_AROUND + 1] if order is not Order.TEACHING else []
        views = seat.views(list(dict.fromkeys((self.place, *self.ahead, *self.around))))
        offered = coding.offered_by(seat)
        self.items = {view.segment.id: coding.item_for(view, self._spot(spots.get(view.segment.id)), offered) for view in views}
        self.n_mine, self.n_all = seat.progress()
        self.n_round = seat.n_judgements()

    def _spot(self, n: int | None) -> dict[str, Any]:
        """Where a segment stands, and its neighbours; by what teaches most there is no place, as what is judged wanders."""
        if n is None or self.walk[0] is Order.TEACHING:
            return {"place": "", "prev": None, "next": None}
        before, after = self.queue[n - 1] if n else None, self.queue[n + 1] if n + 1 < len(self.queue) else None
        return {"place": f"Segment {n + 1} of {len(self.queue)}", "prev": before, "next": after}

    def follow(self, seat: Seat) -> bool:
        """Take up the transcript that the panel has gone on into; whether it is another than the one that was chosen."""
        order, chosen = self.walk
        here: str | None = self.items[self.place]["transcript_id"] if self.place in self.items else chosen
        if order is not Order.AS_SAID or here == chosen:
            return False
        queue = seat.queue(here)
        self.walk, self.queue, self.n_followed = (order, here), queue, self.n_followed + 1
        self.items.clear()
        return True

    @property
    def listed(self) -> list[dict[str, Any]]:
        """What the panel is sent: the segment that is shown, those to come, and those around it."""
        return [self.items[key] for key in dict.fromkeys((self.place, *self.ahead, *self.around)) if key in self.items]

    @property
    def to_hear(self) -> list[dict[str, Any]]:
        """The segment that is shown and the next one, if they can be heard, once somebody has looked for a while."""
        if self.wants_sound != self.place:
            return []
        near = (self.items[key] for key in dict.fromkeys((self.place, *self.ahead[:2])) if key in self.items)
        return [item for item in near if item["has_audio"]][:2]


def laid(seat: Seat, walk: Walk, known: Shelf | None) -> Shelf | None:
    """What lies ready on a walk: what was `known`, or, on another walk, from its first segment that is not judged.

    None where the walk has no segment.
    """
    if known is not None and known.walk == walk:
        return known
    queue = seat.queue(walk[1], walk[0])
    if not queue:
        return None
    judged = seat.judged_ids() if walk[0] is not Order.DEBT else {}
    first = next((segment_id for segment_id in queue if segment_id not in judged), queue[0])
    if known is None:
        return Shelf(walk, queue, first)
    known.walk, known.queue = walk, queue
    known.go(first)
    return known
