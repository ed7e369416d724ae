"""Where adjudicators found the codebook wanting: decisions with the reason "codebook gap", until the code is changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from qualkit.model import Decision

REASON = "codebook gap"
"""The reason of a decision that says: coders differed because the codebook does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodebookGap:
    """A code of which decisions say that the codebook does not settle them, the newest decision first."""

    code_key: str
    decisions: tuple[Decision, ...]

    @property
    def segment_ids(self) -> tuple[str, ...]:
        """The segments decided on, to be looked at when the code's entry is written anew."""
        return tuple(dict.fromkeys(decision.segment_id for decision in self.decisions))


def run(decisions: Iterable[Decision], changed_at: Mapping[str, datetime]) -> tuple[CodebookGap, ...]:
    """Open gaps, those with most decisions first: decisions in force that are younger than the last change of their code."""
    found: dict[str, list[Decision]] = {}
    for decision in sorted(decisions, key=lambda item: item.decided_at, reverse=True):
        changed = changed_at.get(decision.code_key)
        if decision.reason == REASON and (changed is None or changed < decision.decided_at):
            found.setdefault(decision.code_key, []).append(decision)
    gaps = [CodebookGap(code_key=key, decisions=tuple(said)) for key, said in found.items()]
    return tuple(sorted(gaps, key=lambda gap: (-len(gap.decisions), gap.code_key)))
