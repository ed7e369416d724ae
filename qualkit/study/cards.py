"""What machines suggest for one segment, put together by code: one card a code, with what speaks for and against it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from qualkit.model import (
    Evidence,
    Neighbour,
    Participant,
    Ruling,
    Segment,
    Suggestion,
    Transcript,
    Verdict,
    by_id,
    grouped,
)
from qualkit.stages import place
from qualkit.store import Reading
from qualkit.wording import first_line

MAX_NEIGHBOURS = 3
NEIGHBOUR_WIDTH = 200
"""So many characters of a neighbour's words are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearby:
    """A segment that its viewer gave the card's code, and how like the one in front of them it is."""

    segment_id: str
    likeness: float
    transcript: str
    speaker: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A code that one or more machines suggest for a segment; `suggestions` has one a machine, the strongest first.

    `rulings` says of each machine whether it may be left alone with the code; `verdicts` has the numbers behind that, and is
    empty for people who may not see results yet.
    """

    code_key: str
    suggestions: tuple[Suggestion, ...]
    rulings: Mapping[str, Ruling] = field(default_factory=dict)
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    neighbours: tuple[Nearby, ...] = ()

    @property
    def strongest(self) -> Suggestion:
        """The suggestion of the machine that is surest of the code."""
        return self.suggestions[0]

    @property
    def is_sure(self) -> bool:
        """Whether a machine keeps the study's error level if it decides this itself."""
        return any(item.is_sure for item in self.suggestions)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The words of the segment that any of the machines points at, in their order, each stretch once."""
        spans = {(item.start_char, item.end_char): item for said in self.suggestions for item in said.evidence}
        return tuple(spans[key] for key in sorted(spans))

    @property
    def lines(self) -> tuple[str, ...]:
        """The codebook lines that speak for it, each once."""
        return tuple(dict.fromkeys(line for said in self.suggestions for line in said.lines))


def cards(suggestions: Iterable[Suggestion], verdicts: Iterable[Verdict], *, may_see_results: bool) -> list[Card]:
    """Suggestions for one segment as cards without neighbours, the strongest first."""
    ruled = {(item.machine, item.code_key): item for item in verdicts}
    found = []
    for code_key, own in grouped(sorted(suggestions, key=lambda item: -item.score), lambda item: item.code_key).items():
        of_code = {item.machine: ruled[item.machine, code_key] for item in own if (item.machine, code_key) in ruled}
        found.append(
            Card(
                code_key=code_key,
                suggestions=tuple(own),
                rulings={machine: item.ruling for machine, item in of_code.items()},
                verdicts=of_code if may_see_results else {},
            )
        )
    return found


def with_neighbours(tx: Reading, found: Sequence[Card], may_see: Mapping[str, frozenset[str]] | None) -> list[Card]:
    """Cards with the segments like the one in front of the viewer, likest first.

    `may_see` has, by segment, the codes that the viewer may know people gave it; None for everything.
    """
    near = {card.code_key: _nearest(card, may_see) for card in found}
    ids = sorted({item.segment_id for mine in near.values() for item in mine})
    segments = by_id(tx.all(Segment, id=ids)) if ids else {}
    titles = _titles(tx, segments.values())
    people = _pseudonyms(tx, segments.values())

    def nearby(item: Neighbour) -> Nearby:
        segment = segments[item.segment_id]
        return Nearby(
            segment_id=segment.id,
            likeness=item.likeness,
            transcript=titles.get(segment.transcript_id, ""),
            speaker=people.get(segment.participant_id or "", "Unknown speaker"),
            text=first_line(segment.text, NEIGHBOUR_WIDTH),
        )

    return [
        replace(card, neighbours=tuple(nearby(item) for item in near[card.code_key] if item.segment_id in segments))
        for card in found
    ]


def _nearest(card: Card, may_see: Mapping[str, frozenset[str]] | None) -> list[Neighbour]:
    best: dict[str, Neighbour] = {}
    for item in (near for said in card.suggestions for near in said.neighbours):
        is_open = may_see is None or card.code_key in may_see.get(item.segment_id, frozenset())
        if is_open and (item.segment_id not in best or best[item.segment_id].likeness < item.likeness):
            best[item.segment_id] = item
    return sorted(best.values(), key=lambda item: -item.likeness)[:MAX_NEIGHBOURS]


def _titles(tx: Reading, segments: Iterable[Segment]) -> dict[str, str]:
    ids = sorted({item.transcript_id for item in segments})
    return {item.id: item.title for item in tx.all(Transcript, id=ids)} if ids else {}


def _pseudonyms(tx: Reading, segments: Iterable[Segment]) -> dict[str, str]:
    ids = sorted({item.participant_id for item in segments if item.participant_id})
    return {item.id: item.pseudonym for item in tx.all(Participant, id=ids)} if ids else {}


def anchored(item: Suggestion, text: str) -> Suggestion:
    """A suggestion whose evidence points at words of the segment as it reads now; what was corrected away is left out."""
    return replace(item, evidence=place.anchored(item.evidence, text))
