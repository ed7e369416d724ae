"""From coders' votes to cases, and from votes and decisions to the codes that count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from qualkit.model import Assignment, Basis, Case, Decision, FinalCode, Suggestion, Valence

Said = Mapping[str, Mapping[str, str | None]]
"""Coder -> code -> valence, or "present" for a code without one. A coder who looked and saw nothing has {}."""

Votes = Mapping[str, Said]
"""What was said of each unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How much agreement a code needs to count."""

    min_coders: int = field(default=1, metadata={"help": "A segment counts once this many people have coded it."})


def cast(visits: Iterable[tuple[str, str]], assignments: Iterable[Assignment], names: Mapping[str, str]) -> Votes:
    """Votes from (segment id, coder id) visits and current assignments; `names` maps coder ids to names."""
    votes: dict[str, dict[str, dict[str, str | None]]] = {}
    for segment_id, coder_id in visits:
        if coder_id in names:
            votes.setdefault(segment_id, {}).setdefault(names[coder_id], {})
    for item in assignments:
        if item.coder_id in names:
            said = votes.setdefault(item.segment_id, {}).setdefault(names[item.coder_id], {})
            said[item.code_key] = item.valence.value if item.valence else "present"
    return votes


def cases(votes: Votes, decisions: Mapping[tuple[str, str], Decision]) -> list[Case]:
    """One case for each code that anybody gave to a segment that two or more coders judged, or that was decided."""
    decided = _by_segment(decisions)
    return [case for segment_id, said in votes.items() for case in cases_on(segment_id, said, decided.get(segment_id, {}))]


def cases_on(segment_id: str, said: Said, decided: Mapping[str, Decision]) -> tuple[Case, ...]:
    """The cases of one segment, by code; `said` are the votes on it, `decided` the decisions, by code."""
    keys = {*(key for codes in said.values() for key in codes), *decided} if len(said) > 1 else decided if said else ()
    people = sorted(said.items())
    return tuple(
        Case(
            segment_id=segment_id, code_key=key, votes=_one_of(tuple((coder, codes.get(key)) for coder, codes in people)),
            decision=decided.get(key),
        )
        for key in sorted(keys)
    )  # fmt: skip


@lru_cache(maxsize=10_000)
def _one_of(votes: tuple[tuple[str, str | None], ...]) -> Mapping[str, str | None]:
    """The votes of a case as a mapping, the same one for the same votes: there are many cases and few ways to vote."""
    return MappingProxyType(dict(votes))


def _by_segment(decisions: Mapping[tuple[str, str], Decision]) -> dict[str, dict[str, Decision]]:
    found: dict[str, dict[str, Decision]] = {}
    for (segment_id, key), decision in decisions.items():
        found.setdefault(segment_id, {})[key] = decision
    return found


def final_codes(votes: Votes, decisions: Mapping[tuple[str, str], Decision], options: Options) -> list[FinalCode]:
    """The codes that count: as decided, else as all coders who looked agree, else as the only coder said.

    A case that coders dispute and nobody decided counts nowhere until it is adjudicated.
    """
    decided = _by_segment(decisions)
    keys = sorted({*votes, *decided})
    return [code for key in keys for code in final_on(key, votes.get(key, {}), decided.get(key, {}), options)]


def final_on(segment_id: str, said: Said, decided: Mapping[str, Decision], options: Options) -> tuple[FinalCode, ...]:
    """The codes that count on one segment, by key; `said` are the votes on it, `decided` the decisions, by code."""
    found = {
        key: FinalCode(segment_id=segment_id, code_key=key, valence=decision.valence, basis=Basis.ADJUDICATED)
        for key, decision in decided.items()
        if decision.present
    }
    if said and len(said) >= options.min_coders:
        basis = Basis.AGREED if len(said) > 1 else Basis.SINGLE
        first, *others = said.values()
        for key, valence in first.items():  # what all agree on, the first has said
            if key not in decided and all(other.get(key) == valence for other in others):
                found[key] = FinalCode(segment_id=segment_id, code_key=key, valence=_valence(valence), basis=basis)
    return tuple(found[key] for key in sorted(found))


def from_suggestions(suggestions: Iterable[Suggestion], *, min_score: float) -> list[FinalCode]:
    """Machine suggestions standing in for codes while nobody has coded; the surest valence wins."""
    best: dict[tuple[str, str], Suggestion] = {}
    for item in suggestions:
        key = (item.segment_id, item.code_key)
        if item.score >= min_score and (key not in best or item.score > best[key].score):
            best[key] = item
    return [
        FinalCode(segment_id=item.segment_id, code_key=item.code_key, valence=item.valence, basis=Basis.SUGGESTED)
        for item in best.values()
    ]


def _valence(said: str | None) -> Valence | None:
    return _VALENCES.get(said or "")


_VALENCES = {item.value: item for item in Valence}
