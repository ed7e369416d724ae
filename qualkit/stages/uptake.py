"""Read from the log what people did with suggestions: which they had seen when they judged, and which they took.

Three verbs tell all: a judgement with its codes, its being taken back, and a showing with what each machine had suggested.
What a coder did with a suggestion is what their judgement in force says of it, against what they had when they first saw it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile
from typing import Any

from qualkit.model import Event, Exposure, Uptake, grouped

JUDGED = "judged"
"""The verb of a judgement; its codes stand in the payload's `codes`."""

WITHDREW = "withdrew a judgement"
"""The verb of the event that takes a judgement back."""

SHOWN = "was shown suggestions"
"""The verb of a showing; what machines had suggested stands in the payload's `machines`, by name."""

Codes = Mapping[str, str | None]
"""Code -> valence."""


class _Fate(StrEnum):
    """What became of a suggestion."""

    ALREADY = "already"
    ACCEPTED = "accepted"
    CHANGED = "changed"
    REJECTED = "rejected"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class _First:
    """A suggestion as a coder first saw it: its valence, and the codes that they had then, None before any judgement."""

    valence: str | None
    had: Codes | None


def run(events: Iterable[Event], names: Mapping[str, str]) -> list[Uptake]:
    """Uptake by coder, machine and code, sorted; `events` in the order of the log, `names` are those of the coders by id."""
    fates: dict[tuple[str, str, str], Counter[str]] = {}
    for (coder_id, _), mine in _by_segment(events, names).items():
        for (machine, code_key), first, fate in _fates(mine):
            counts = fates.setdefault((names[coder_id], machine, code_key), Counter())
            counts.update((fate.value, "before") if first.had is None else (fate.value,))
    return [_uptake(key, counts) for key, counts in sorted(fates.items())]


def segments(events: Iterable[Event], names: Mapping[str, str]) -> dict[tuple[str, str, str], dict[str, tuple[str, ...]]]:
    """The segments behind each count of `run`, by coder, machine and code, and by the name that `Uptake` has for the count."""
    found: dict[tuple[str, str, str], dict[str, list[str]]] = {}
    for (coder_id, segment_id), mine in _by_segment(events, names).items():
        for (machine, code_key), first, fate in _fates(mine):
            before = ("n_shown_before",) if first.had is None else ()
            for name in ("n_shown", f"n_{fate.value}", *before):
                found.setdefault((names[coder_id], machine, code_key), {}).setdefault(name, []).append(segment_id)
    return {key: {name: tuple(ids) for name, ids in counts.items()} for key, counts in found.items()}


def made_blind(events: Iterable[Event], names: Mapping[str, str]) -> dict[tuple[str, str], bool]:
    """By coder's name and segment, whether the judgement in force was made before any suggestion on it was shown to them.

    A judgement that was saved again afterwards with the same codes is still the one that was made blind.
    """
    blind = {}
    for (coder_id, segment_id), mine in _by_segment(events, names).items():
        in_force = _codes(mine)
        if in_force is not None:
            before = _codes(list(takewhile(lambda event: event.verb != SHOWN, mine)))
            blind[names[coder_id], segment_id] = before == in_force
    return blind


def exposure(blind: Mapping[tuple[str, str], bool], segment_ids: Collection[str] | None = None) -> list[Exposure]:
    """By coder, how many of `made_blind`, on some segments or on all, were."""
    said: dict[str, list[bool]] = {}
    for (name, segment_id), is_blind in blind.items():
        if segment_ids is None or segment_id in segment_ids:
            said.setdefault(name, []).append(is_blind)
    return [Exposure(coder=name, n_judgements=len(mine), n_blind=sum(mine)) for name, mine in sorted(said.items())]


def _codes(events: Sequence[Event]) -> Codes | None:
    """The codes of the judgement in force, None if there is none."""
    last: Any = next((event for event in reversed(events) if event.verb != SHOWN), None)
    if last is None or last.verb == WITHDREW:
        return None
    return {code["code_key"]: code["valence"] for code in last.payload["codes"]}


def _by_segment(events: Iterable[Event], names: Mapping[str, str]) -> dict[tuple[str, str], list[Event]]:
    """Judgements and showings of one coder, of one segment, over all rounds: who has seen a suggestion has seen it."""
    told = (event for event in events if event.verb in (JUDGED, WITHDREW, SHOWN) and event.actor_id in names)
    return grouped(told, lambda event: (event.actor_id, event.payload["segment_id"]))


def _fates(events: Sequence[Event]) -> list[tuple[tuple[str, str], _First, _Fate]]:
    """What became of every suggestion on one segment for one coder."""
    codes: Codes | None = None
    first: dict[tuple[str, str], _First] = {}
    for event in events:
        said: Any = event.payload
        if event.verb != SHOWN:
            codes = _codes([event])
            continue
        for machine, suggested in said["machines"].items():
            for code in suggested:
                first.setdefault((machine, code["code_key"]), _First(code["valence"], codes))
    offered = {code_key for _, code_key in first}
    return [(key, seen, _fate(key[1], seen, codes, offered)) for key, seen in first.items()]


def _fate(code_key: str, seen: _First, codes: Codes | None, offered: set[str]) -> _Fate:
    had = seen.had or {}
    if code_key in had:
        return _Fate.ALREADY
    if codes is None:
        return _Fate.OPEN
    if code_key in codes:
        return _Fate.ACCEPTED if seen.valence in (None, codes[code_key]) else _Fate.CHANGED
    return _Fate.CHANGED if codes.keys() - had.keys() - offered else _Fate.REJECTED


def _uptake(key: tuple[str, str, str], counts: Counter[str]) -> Uptake:
    coder, machine, code_key = key
    return Uptake(
        coder=coder,
        machine=machine,
        code_key=code_key,
        n_shown=sum(counts[fate.value] for fate in _Fate),
        n_shown_before=counts["before"],
        n_already=counts[_Fate.ALREADY.value],
        n_accepted=counts[_Fate.ACCEPTED.value],
        n_changed=counts[_Fate.CHANGED.value],
        n_rejected=counts[_Fate.REJECTED.value],
    )
