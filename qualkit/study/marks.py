"""The words that coders marked as evidence, kept up with the log: after the first reading only what was judged since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from qualkit.model import Assignment, Coder, CoderKind, Evidence, grouped
from qualkit.plain import from_plain
from qualkit.stages import uptake
from qualkit.store import Holding, Reading, Store
from qualkit.study.judgements import BY_CODERS, WITHDREW

MOST_ACTS = 500
"""So many acts are looked through to see whose words have changed; after more, all is read anew."""


class Marks:
    """What people marked, by segment."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._seq = -1
        self._by_segment: dict[str, tuple[Row, ...]] = {}

    def now(self) -> Mapping[str, tuple[Row, ...]]:
        """By segment the words that people marked in any round; only where somebody marked any."""
        with self._lock, self._store.read() as tx:
            seq, _ = tx.head()
            if seq != self._seq:
                anew = self._changed(tx, seq)
                if anew is None:
                    self._by_segment = _read(tx, {})
                elif anew:
                    fresh = _read(tx, {"segment_id": sorted(anew)})
                    self._by_segment = {key: said for key, said in self._by_segment.items() if key not in anew} | fresh
                self._seq = seq
            return self._by_segment

    def _changed(self, tx: Reading, seq: int) -> set[str] | None:
        """Segments judged since the last reading; None where everything is to be read."""
        if not 0 <= self._seq < seq <= self._seq + MOST_ACTS:
            return None
        acts = tx.since(self._seq, "verb", "payload")
        if not {verb for verb, _ in acts} <= BY_CODERS:
            return None
        return {said["segment_id"] for verb, said in acts if verb in (uptake.JUDGED, WITHDREW)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The words that a coder, named, marked for one code in one judgement."""

    assignment_id: str
    segment_id: str
    code_key: str
    coder: str
    round_id: str
    words: tuple[Evidence, ...]


def rows(tx: Reading, *, past: bool = False, **where: Any) -> Iterator[Row]:
    """Words that people marked, the last marked last; with `past`, those of judgements that were changed since, too."""
    names = dict(tx.columns(Coder, "id", "name", kind=CoderKind.HUMAN))
    found = tx.rows(
        Assignment, "id", "segment_id", "code_key", "coder_id", "round_id", "evidence", past=past, coder_id=list(names),
        evidence=Holding("{"), **where,
    )  # fmt: skip
    for key, segment_id, code_key, coder_id, round_id, spans in found:
        words = tuple(from_plain(Evidence, span) for span in spans)
        yield Row(
            assignment_id=key, segment_id=segment_id, code_key=code_key, coder=names[coder_id], round_id=round_id, words=words
        )


def _read(tx: Reading, where: Mapping[str, Any]) -> dict[str, tuple[Row, ...]]:
    return {key: tuple(mine) for key, mine in grouped(rows(tx, **where), lambda row: row.segment_id).items()}
