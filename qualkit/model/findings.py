"""What is found in the data and printed: agreement, themes, tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qualkit.model.base import require
from qualkit.model.codebook import Valence
from qualkit.model.coding import Round


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One coefficient with the counts behind it. `value` is None exactly when `undefined_because` says why."""

    measure: str
    code_key: str | None
    value: float | None
    n_units: int
    n_coders: int
    counts: Mapping[str, int]
    undefined_because: str | None = None

    def __post_init__(self) -> None:
        require((self.value is None) == (self.undefined_because is not None), "a value, or a reason for having none")


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
    """Verbatim words with everything needed to find and to hear them again."""

    segment_id: str
    text: str
    transcript_label: str
    participant: str | None
    start_s: float | None
    has_audio: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeRow:
    """A row of the theme table, with every count's denominator beside it.

    `segment_ids` are the segments counted, in the order of the talk.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What every exporter writes: a title, columns, rows of plain cells, and notes printed under it.

    `is_data` marks a table that is meant for a script or a spreadsheet and not for paper.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float | None, ...], ...]
    notes: tuple[str, ...] = ()
    is_data: bool = False

    def __post_init__(self) -> None:
        for row in self.rows:
            require(len(row) == len(self.columns), f"a row of {len(row)} cells under {len(self.columns)} columns")
