"""What is known of how a study was done, each thing with where it can be seen; None is what nobody recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from qualkit.model.report import Proof

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known(Generic[T_co]):
    """A fact, and where it can be seen."""

    value: T_co
    proofs: tuple[Proof, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingFacts:
    """A conversation. `length_s` is that of its recording, else when its last timed turn ends; None where nobody knows.

    `moderators` and `observers` are names of speakers; `n_unlisted` of the speakers are not in `participants.csv`, and
    `n_unknown` counts turns of which nobody knows who speaks.
    """

    title: str
    kind: str
    held_on: str | None
    moderators: tuple[str, ...]
    observers: tuple[str, ...]
    n_turns: int
    n_unknown: int
    n_unlisted: int
    length_s: float | None
    is_recorded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFacts:
    """Who took part; `attributes` are what `participants.csv` says of people, by name of the column."""

    n_people: int
    n_silent: int
    n_meetings: int
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideFacts:
    """The moderator's guide, and how many of its questions somebody answered with segments."""

    n_questions: int
    n_followed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """The last run of a stage: what was done, with which engine, and how many earlier runs were made otherwise."""

    stage: str
    summary: str
    engine: str
    revision: str
    seed: int | None
    options: Mapping[str, object]
    n_earlier: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BookFacts:
    """The codebook in force. `changes` counts what its later versions did to codes, by kind.

    Of its codes, `n_defined` have a definition, `n_ruled` something to include or exclude, `n_shown` an example.
    """

    name: str
    version: str
    sha256: str
    source: str
    n_codes: int
    n_inductive: int
    n_defined: int
    n_ruled: int
    n_shown: int
    n_domains: int
    n_versions: int
    changes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodingFacts:
    """Who judged how many of the `n_segments` that are to be coded; `n_twice` were judged by two or more."""

    judged: Mapping[str, int]
    n_segments: int
    n_twice: int
    n_imported: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundFacts:
    """A round of coding, and under which version of the codebook, by its number."""

    number: int
    purpose: str
    state: str
    codebook_number: int | None
    n_segments: int
    n_blind: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementFacts:
    """Agreement over all codes, pooled: coefficients in words with their intervals if there are any, and what they rest on."""

    coefficients: tuple[str, ...]
    has_intervals: bool
    n_pairs: int
    n_coders: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RulingFacts:
    """Decisions on what coders differed about: by whom, how many, and how many disputed cases are still open.

    Of the `n_decisions` a group came to `n_agreed` in a round of consensus; `by` are those who made the others.
    """

    by: tuple[str, ...]
    n_decisions: int
    n_agreed: int
    n_open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeFacts:
    """The theme table. `in_all` and `in_one` are names of themes that every group or only one raised, `two_sided` of those
    that are a help and a hindrance; `n_backed` of the `n_rows` have the segments behind their counts.
    """

    n_themes: int
    n_written: int
    n_domains: int
    n_groups: int
    n_rows: int
    n_backed: int
    in_all: tuple[str, ...]
    in_one: tuple[str, ...]
    two_sided: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteFacts:
    """Quotations in the theme table. `n_verbatim` of them are made of words of the transcript as it stands, `n_placed` come
    from a segment that their row counts, `n_named` have group and participant.
    """

    n_quotes: int
    n_verbatim: int
    n_placed: int
    n_named: int
    n_people: int
    n_contrary: int
    n_edited: int
    n_heard: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFacts:
    """A machine coder: what it is, what it suggested, and what people did with suggestions that they were shown.

    `server` is where it ran, empty for this machine.
    """

    name: str
    revision: str
    server: str
    n_suggestions: int
    n_shown: int
    n_shown_before: int
    n_accepted: int
    n_changed: int
    n_rejected: int
    n_already: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureFacts:
    """Of the judgements in force, how many have the codes that were given before any suggestion was shown."""

    n_judgements: int
    n_blind: int
    n_counted: int
    n_counted_by_people: int
    shows: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SaturationFacts:
    """The titles of the tables that were computed, and what they come to at the level of codes, in sentences."""

    tables: tuple[str, ...]
    verdict: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that checklists, methods and disclosure are made of.

    `author` is what an author wrote under `[report]`, `runs` the last run of each stage by name, `packages` their versions,
    `leaders` what `participants.csv` says of those who led the conversations, by column, `led` how many segments they spoke;
    `sites` counts meetings by site.
    """

    version: str
    packages: Mapping[str, str] = field(default_factory=dict)
    author: Mapping[str, str] = field(default_factory=dict)
    title: Known[str] | None = None
    question: Known[str] | None = None
    framework: Known[str] | None = None
    meetings: Known[tuple[MeetingFacts, ...]] | None = None
    led: Known[int] | None = None
    sites: Known[Mapping[str, int]] | None = None
    leaders: Mapping[str, Known[str]] = field(default_factory=dict)
    sample: Known[SampleFacts] | None = None
    met_twice: Known[int] | None = None
    guide: Known[GuideFacts] | None = None
    runs: Mapping[str, Known[RunFacts]] = field(default_factory=dict)
    corrections: Known[int] | None = None
    codebook: Known[BookFacts] | None = None
    coding: Known[CodingFacts] | None = None
    rounds: Known[tuple[RoundFacts, ...]] | None = None
    drawn: Known[str] | None = None
    agreement: Known[AgreementFacts] | None = None
    rulings: Known[RulingFacts] | None = None
    counted: Known[str] | None = None
    themes: Known[ThemeFacts] | None = None
    quotes: Known[QuoteFacts] | None = None
    saturation: Known[SaturationFacts] | None = None
    voices: Known[str] | None = None
    ratings: Known[str] | None = None
    machines: Known[tuple[MachineFacts, ...]] | None = None
    exposure: Known[ExposureFacts] | None = None
    evaluation: Known[str] | None = None
    log: Known[int] | None = None
