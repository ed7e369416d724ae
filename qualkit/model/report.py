"""What a study says of itself in a paper: statements with where each can be seen, checklists made of them, passages of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from qualkit.model.base import require


class ProofKind(StrEnum):
    """What a statement can be seen in."""

    TABLE = "table"
    FILE = "file"
    LOG = "log"
    SETTING = "setting"
    RUN = "run"
    SEGMENTS = "segments"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Where a statement can be seen.

    `where` is the stem of a table, a path inside the study's folder, a verb of the log, an entry of `study.toml`, a stage, or
    what segments have in common; `detail` the numbers of events, or the beginning of a checksum. `segment_ids` are behind it.
    """

    kind: ProofKind
    where: str
    detail: str = ""
    segment_ids: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """In words, as a table prints it; checksums of files stand in the manifest."""
        detail = f" ({self.detail})" if self.detail and self.kind is not ProofKind.FILE else ""
        before = {
            ProofKind.TABLE: "table ",
            ProofKind.LOG: "log: ",
            ProofKind.SETTING: "study.toml, ",
            ProofKind.RUN: "run of ",
        }
        return f"{before.get(self.kind, '')}{self.where}{detail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What follows from the data, in sentences, and where it can be seen; `is_whole` if nothing is left for an author to add.

    Raises `ValueError` without proof: what cannot be seen is not said.
    """

    text: str
    proofs: tuple[Proof, ...]
    is_whole: bool = False

    def __post_init__(self) -> None:
        require(bool(self.proofs), f"a statement needs something that it can be seen in: {self.text!r}")


class ItemStatus(StrEnum):
    """How far the record answers an item: wholly, in part, or not at all."""

    FILLED = "filled"
    CHECKED = "checked"
    OPEN = "to complete"


NOT_RECORDED = "Not recorded, author to complete."


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistItem:
    """An item of a reporting checklist, as far as the record answers it.

    `author_keys` are the entries of `[report]` in `study.toml` where an author says what no data can say. Raises `ValueError`
    where an item that is not open has no evidence, or an open one has some.
    """

    number: str
    domain: str
    topic: str
    question: str
    status: ItemStatus
    text: str
    evidence: tuple[Proof, ...] = ()
    author_keys: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require(bool(self.evidence) == (self.status is not ItemStatus.OPEN), f"item {self.number}: evidence and status differ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """A reporting checklist as a study fills it; `source` is the publication that sets its items."""

    name: str
    title: str
    source: str
    items: tuple[ChecklistItem, ...]

    @property
    def counts(self) -> Mapping[ItemStatus, int]:
        """How many items are filled, checked and open."""
        found = Counter(item.status for item in self.items)
        return {status: found[status] for status in ItemStatus}


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A paragraph for a paper under a heading; `proofs` are what its sentences can be seen in."""

    heading: str
    text: str
    proofs: tuple[Proof, ...] = ()


AUTHOR_KEYS: Mapping[str, str] = {
    "abstract": "a summary in the form that the journal asks for",
    "approach": "how people were asked to take part, and by whom",
    "conflicts": "interests that could have swayed the study, and how they were dealt with",
    "consent": "how people agreed to take part and to be recorded",
    "context": "the place, time and circumstances that matter to what was found",
    "credentials": "degrees of whoever led the conversations",
    "data_protection": "how identities were protected, and how data are kept",
    "duration": "how long the conversations lasted",
    "ethics": "which board approved the study, with the number of its decision",
    "facilitator": "who led the conversations, with initials where they are authors",
    "field_notes": "whether notes were taken during or after the conversations, and by whom",
    "funding": "who paid, and what part they had in the study",
    "gender": "gender of whoever led the conversations",
    "interviewer_characteristics": "what the team brought with it: interests, assumptions, reasons for the research",
    "limitations": "what limits how far the findings can be trusted and carried over",
    "non_participation": "how many declined or dropped out, and why",
    "occupation": "occupation of whoever led the conversations at that time",
    "orientation": "the approach and theory behind the study, such as hybrid thematic analysis",
    "participant_checking": "whether people commented on the findings",
    "participant_knowledge": "what people knew of whoever asked them: goals, reasons",
    "pilot_testing": "whether the guide was tried out beforehand",
    "presence": "whether anybody else was present",
    "prior_work": "how the findings fit earlier work, and where else they may hold",
    "problem": "the problem the study is about, and what is known of it",
    "recording": "how the conversations were recorded",
    "relationship": "whether people knew whoever asked them beforehand",
    "repeat_interviews": "whether anybody was met more than once",
    "sampling": "how people were chosen",
    "saturation": "whether and how it was judged that nothing new would come",
    "setting": "where people were met, or over which platform",
    "synthesis": "how the main findings were drawn together, and what they add up to",
    "training": "experience and training of whoever led the conversations",
    "transcripts_returned": "whether people got their transcripts to comment on or correct",
    "trustworthiness": "what else was done so that findings can be trusted, such as triangulation",
}
"""Entries of `[report]` in `study.toml`, and what an author writes there."""
