"""Codes that were merged count as the code that they were merged into, in what people said and in what was decided.

Nothing of what was said is changed: it is read as if the merged codes had been one from the start. A segment has the code if it
was given any of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from qualkit.model import Codebook, Decision, Valence, grouped
from qualkit.stages.adjudicate import Votes

Key = tuple[str, str]
"""A segment and a code on it."""


def merged_decisions(
    decisions: Mapping[Key, Decision], votes: Votes, codebook: Codebook, merged_at: Mapping[str, datetime]
) -> Mapping[Key, Decision]:
    """Decisions by segment and code, those on merged codes under what they count as; `votes` as they were given;
    `merged_at` says when each merged code was.

    Of several on what is now one code, a presence stands before an absence, and the code's own before others. That a code is
    absent stands only where every one of the codes that somebody gave to the segment was decided, or merged before; else it is
    open again.
    """
    same = moved(codebook)
    if not same:
        return decisions
    found: dict[Key, Decision] = {}
    by_case = grouped(decisions.items(), lambda item: (item[0][0], same.get(item[0][1], item[0][1])))
    for (segment_id, key), items in by_case.items():
        own = sorted(items, key=lambda item: (not item[1].present, item[0][1] != key))[0][1]
        decided = {code_key for (_, code_key), _ in items}
        if own.code_key == key:
            decided |= {old for old, at in merged_at.items() if same.get(old) == key and at <= own.decided_at}
        given = {said for by in votes.get(segment_id, {}).values() for said in by if same.get(said, said) == key}
        if own.present or given <= decided:
            found[segment_id, key] = own
    return found


def counted_keys(codebook: Codebook, votes: Votes) -> list[str]:
    """Codes that are counted: those in use, and retired ones that were given and count as no other."""
    given = {key for by in votes.values() for said in by.values() for key in said}
    same = codebook.counts_as
    return [code.key for code in codebook.codes if code.retired is None or (code.key in given and same[code.key] == code.key)]


def moved(codebook: Codebook) -> dict[str, str]:
    """Keys of merged codes, and of the code that each counts as."""
    return {key: into for key, into in codebook.counts_as.items() if key != into}


def joined(codebook: Codebook, code_key: str) -> tuple[str, ...]:
    """Keys of the codes that count as a code: its own first, then those that were merged into it."""
    return code_key, *(key for key, into in codebook.counts_as.items() if into == code_key != key)


def merged_codes(said: Mapping[str, str | None], moved: Mapping[str, str], book: Codebook) -> dict[str, str | None]:
    """What one person said of a segment, with the codes in `moved` read as what they count as."""
    found: dict[str, str | None] = {key: vote for key, vote in said.items() if key not in moved}
    for key, vote in said.items():
        if key in moved:
            into = moved[key]
            found[into] = _both(found.get(into), vote, book.by_key[into].valences)
    return found


def _both(one: str | None, other: str | None, valences: tuple[Valence, ...]) -> str | None:
    """One vote out of two for the same code: for and against is mixed where the code can be, else the first one stands."""
    known = [vote for vote in (one, other) if vote in set(Valence)]
    if len(set(known)) > 1 and Valence.MIXED in valences:
        return Valence.MIXED.value
    return known[0] if known else one or other
