"""How the talk of a meeting was shared among those who were there."""

from __future__ import annotations

from dataclasses import dataclass

from qualkit.model.base import require
from qualkit.model.talk import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerTalk:
    """What one speaker said in all: words, turns, seconds. Who took part and said nothing has none of them.

    `participant_id` and `role` are None for all turns together of which nobody knows whose they are, or that several speakers
    took at once. `seconds` is None where a turn of the meeting has no times; talk of two at once counts for both.
    """

    participant_id: str | None
    name: str
    role: Role | None
    n_words: int
    n_turns: int
    seconds: float | None
    segment_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTalk:
    """How the talk of one meeting was shared.

    `participants` are all who took part, who said most first, those who said nothing last; `others` are moderators, observers
    and what belongs to no one speaker. `gini` is the Gini coefficient of words over the participants who spoke,
    `gini_with_silent` over all who took part; None for fewer than two of them.
    """

    transcript_id: str
    title: str
    participants: tuple[SpeakerTalk, ...]
    others: tuple[SpeakerTalk, ...]
    gini: float | None
    gini_with_silent: float | None

    def __post_init__(self) -> None:
        require(all(item.role is Role.PARTICIPANT for item in self.participants), "a moderator among the participants")

    def mark_of(self, speaker: SpeakerTalk) -> str:
        """How a figure calls the part of one of its speakers."""
        return f"{self.transcript_id}\n{self.speakers.index(speaker)}"

    @property
    def speakers(self) -> tuple[SpeakerTalk, ...]:
        """Everybody: participants, then the others."""
        return (*self.participants, *self.others)

    @property
    def n_words(self) -> int:
        """All words of the meeting, whoever said them."""
        return sum(item.n_words for item in self.speakers)

    @property
    def n_participant_words(self) -> int:
        """The words of its participants."""
        return sum(item.n_words for item in self.participants)

    @property
    def n_spoke(self) -> int:
        """Participants who said something."""
        return sum(item.n_turns > 0 for item in self.participants)

    @property
    def n_silent(self) -> int:
        """Participants who said nothing."""
        return len(self.participants) - self.n_spoke

    @property
    def moderators(self) -> tuple[SpeakerTalk, ...]:
        """Those who moderated."""
        return tuple(item for item in self.others if item.role is Role.MODERATOR)

    @property
    def unknown(self) -> SpeakerTalk | None:
        """What belongs to no one speaker, None where every turn has its speaker."""
        return next((item for item in self.others if item.role is None), None)

    @property
    def moderator_share(self) -> float | None:
        """The moderators' share of all words, 0 to 1; None where nothing was said."""
        return sum(item.n_words for item in self.moderators) / self.n_words if self.n_words else None

    @property
    def largest(self) -> SpeakerTalk | None:
        """The participant who said most, None where none said anything."""
        return self.participants[0] if self.n_participant_words else None

    @property
    def largest_share(self) -> float | None:
        """The largest participant's share of the participants' words, 0 to 1; None where none said anything."""
        return self.largest.n_words / self.n_participant_words if self.largest else None
