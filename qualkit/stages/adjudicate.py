"""From coders' votes to cases, and from votes and decisions to the codes that count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from qualkit.model import Assignment, Basis, Case, Decision, FinalCode, Suggestion, Valence

Votes = Mapping[str, Mapping[str, Mapping[str, str | None]]]
"""Unit -> coder -> code -> valence, or "present" for a code without one. A coder who looked and saw nothing has {}."""


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
    found = []
    for segment_id, by_coder in votes.items():
        keys = {key for said in by_coder.values() for key in said}
        keys |= {key for segment, key in decisions if segment == segment_id}
        for key in sorted(keys):
            decision = decisions.get((segment_id, key))
            if len(by_coder) >= 2 or decision:
                said_of_it = {coder: said.get(key) for coder, said in sorted(by_coder.items())}
                found.append(Case(segment_id=segment_id, code_key=key, votes=said_of_it, decision=decision))
    return found


def final_codes(votes: Votes, decisions: Mapping[tuple[str, str], Decision], options: Options) -> list[FinalCode]:
    """The codes that count: as decided, else as all coders who looked agree, else as the only coder said.

    A case that coders dispute and nobody decided counts nowhere until it is adjudicated.
    """
    found = [
        FinalCode(segment_id=segment_id, code_key=key, valence=decision.valence, basis=Basis.ADJUDICATED)
        for (segment_id, key), decision in decisions.items()
        if decision.present
    ]
    for segment_id, by_coder in votes.items():
        if len(by_coder) < options.min_coders:
            continue
        basis = Basis.AGREED if len(by_coder) > 1 else Basis.SINGLE
        said = list(by_coder.values())
        for key in {key for one in said for key in one}:
            if (segment_id, key) not in decisions and len({one.get(key) for one in said}) == 1:
                found.append(FinalCode(segment_id=segment_id, code_key=key, valence=_valence(said[0][key]), basis=basis))
    return sorted(found, key=lambda code: (code.segment_id, code.code_key))


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
    return Valence(said) if said in set(Valence) else None
