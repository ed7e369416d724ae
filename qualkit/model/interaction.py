"""Agreement and dissent inside a group: who answered whom, and where each participant stood on what the group spoke of.

The symbols are those of micro-interlocutor analysis (Onwuegbuzie, Dickinson, Leech & Zoran 2009, International Journal of
Qualitative Methods 8(3), 1-21), with one more, `S`, for what codes alone cannot tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from qualkit.model.base import require
from qualkit.model.codebook import Valence


class ResponseKind(StrEnum):
    """How somebody answers what was said before."""

    AGREES = "agrees with"
    BUILDS_ON = "builds on"
    QUALIFIES = "qualifies"
    CHALLENGES = "challenges"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A person's word that one segment answers an earlier one of its group; a later word on the two supersedes it."""

    id: str
    segment_id: str
    to_segment_id: str
    kind: ResponseKind
    coder_id: str
    made_at: datetime

    def __post_init__(self) -> None:
        require(self.segment_id != self.to_segment_id, "a segment does not answer itself")


class Stance(StrEnum):
    """How a participant stood to a view, in the order in which the symbols are printed."""

    AGREED = "A"
    SAID_FOR = "SE"
    DISSENTED = "D"
    SAID_AGAINST = "SD"
    SAID = "S"


AGREEING = frozenset({Stance.AGREED, Stance.SAID_FOR})
DISSENTING = frozenset({Stance.DISSENTED, Stance.SAID_AGAINST})

NO_RESPONSE = "NR"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsensusCell:
    """Where one participant stood: every stance that was found, none of them weighed against another.

    `segment_ids` are the participant's segments that it rests on, in the order of the talk.
    """

    participant_id: str
    name: str
    stances: tuple[Stance, ...] = ()
    segment_ids: tuple[str, ...] = ()

    @property
    def symbol(self) -> str:
        """`A`, `SE / SD`, or `NR` for no response."""
        return " / ".join(self.stances) or NO_RESPONSE

    @property
    def agrees(self) -> bool:
        """Whether a stance is on the side of the view."""
        return not AGREEING.isdisjoint(self.stances)

    @property
    def dissents(self) -> bool:
        """Whether a stance is against the view."""
        return not DISSENTING.isdisjoint(self.stances)

    @property
    def is_both_ways(self) -> bool:
        """Whether the participant spoke on both sides."""
        return self.agrees and self.dissents


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsensusRow:
    """Where the participants of one group stood on one matter, a theme or what followed a guide question.

    `view` is what agreement and dissent refer to: the side, facilitator or barrier, that most of the group spoke on; None where
    nobody took a side, and for a guide question, after which there may be several views.
    """

    transcript_id: str
    group: str
    matter: str
    is_question: bool
    view: Valence | None
    cells: tuple[ConsensusCell, ...]

    @property
    def n_both_ways(self) -> int:
        """Participants on both sides."""
        return sum(cell.is_both_ways for cell in self.cells)

    @property
    def n_silent(self) -> int:
        """Participants who did not respond."""
        return sum(not cell.stances for cell in self.cells)

    @property
    def is_divided(self) -> bool:
        """Whether anybody dissented."""
        return any(cell.dissents for cell in self.cells)
