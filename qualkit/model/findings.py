"""What is found in the data and printed: agreement, themes, quotes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qualkit.model.agreement import Agreement
from qualkit.model.codebook import Valence
from qualkit.model.coding import Round


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundAgreement:
    """What a round was, and how far those who coded in it agree, all codes pooled: a line of the ledger of rounds.

    `n_segments` were judged by two or more people. Of them `n_blind` were judged by two or more before any of the others' codes
    of the segment could reach them; only `blind`, the coefficients over these, speaks of reliability. `codebook_number` is the
    version in force when the round was opened, None if there was none. No coefficients at all: they are withheld.
    """

    round: Round
    codebook_number: int | None
    coders: tuple[str, ...]
    n_segments: int
    n_blind: int
    agreement: tuple[Agreement, ...]
    blind: tuple[Agreement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A claim about the data, carried by codes and topics. `domain` groups themes in the table.

    `quote_segment_ids` are quotes that its author chose, in the order in which they are printed. `position` is the theme's
    place among those written, `version` counts how often it was written down, 0 for one that is only proposed.
    """

    id: str
    name: str
    claim: str
    domain: str
    code_keys: tuple[str, ...]
    topic_ids: tuple[str, ...] = ()
    quote_segment_ids: tuple[str, ...] = ()
    position: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Verbatim words with everything needed to find and to hear them again.

    `edited` is how an author prints them, with cuts and brackets, None as they are. `is_contrary` marks a voice that speaks
    against most of what it stands with.
    """

    segment_id: str
    text: str
    transcript_label: str
    participant: str | None
    start_s: float | None
    has_audio: bool
    edited: str | None = None
    is_contrary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeRow:
    """A row of the theme table, with every count's denominator beside it.

    `segment_ids` are the segments counted, in the order of the talk, `participant_ids` the people who spoke them.
    """

    domain: str
    theme: str
    valence: Valence | None
    definition: str
    n_groups: int
    of_groups: int
    n_participants: int
    of_participants: int
    n_segments: int
    quotes: tuple[Quote, ...]
    basis: Mapping[str, int]
    theme_id: str = ""
    segment_ids: tuple[str, ...] = ()
    participant_ids: tuple[str, ...] = ()
    n_turns: int = 0
