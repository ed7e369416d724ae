"""Which segments there are, in the order of the talk: what pages and counts need of a study before a word of it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from sys import intern
from typing import Any

from qualkit.model import Segment, Transcript
from qualkit.store import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """The segments of a study by id, in the order of the talk.

    `places` has the transcript of every segment, of those that are context only, too. `to_code` has the ids of those to be
    coded, by transcript, `is_coded` the same as a set; `n_turns` how many turns of each transcript were cut into segments.
    """

    places: Mapping[str, str]
    to_code: Mapping[str, tuple[str, ...]]
    is_coded: frozenset[str]
    n_turns: Mapping[str, int]

    @property
    def coded(self) -> list[str]:
        """Ids of all segments to be coded."""
        return [key for mine in self.to_code.values() for key in mine]


def read(tx: Reading) -> Outline:
    """The outline as the database has it."""
    order = [key for (key,) in tx.columns(Transcript, "id")]
    found: dict[str, list[tuple[str, str, bool]]] = {key: [] for key in order}
    for transcript_id, key, turn_id, is_coded in tx.rows(Segment, "transcript_id", "id", "turn_id", "is_coded"):
        if transcript_id in found:
            found[transcript_id].append((intern(key), turn_id, is_coded))
    return Outline(
        places={key: where for where, mine in found.items() for key, _, _ in mine},
        to_code={where: tuple(key for key, _, is_coded in mine if is_coded) for where, mine in found.items()},
        is_coded=frozenset(key for mine in found.values() for key, _, is_coded in mine if is_coded),
        n_turns={where: len({turn_id for _, turn_id, _ in mine}) for where, mine in found.items()},
    )


def segments(tx: Reading) -> dict[str, Segment]:
    """All segments by id. What many have in common, such as a speaker's id, is held once; their own ids are the outline's."""
    names, same = tuple(item.name for item in fields(Segment)), dict[Any, Any]()
    shared, own = [n for n, name in enumerate(names) if name in _SHARED], names.index("id")
    found = {}
    for row in tx.rows(Segment, *names):
        cells = list(row)
        cells[own] = intern(cells[own])
        for n in shared:
            cells[n] = same.setdefault(cells[n], cells[n])
        segment = Segment(**dict(zip(names, cells, strict=True)))
        found[segment.id] = segment
    return found


_SHARED = frozenset({"transcript_id", "turn_id", "participant_id", "run_id"})
