"""The words that coders marked as evidence, kept up with the log: after the first reading only what was judged since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Any

from qualkit.model import Assignment, Coder, CoderKind, Evidence
from qualkit.plain import from_plain
from qualkit.stages import uptake
from qualkit.stages.disputes import Marked
from qualkit.store import Holding, Reading, Store
from qualkit.study.judgements import BY_CODERS, WITHDREW

MOST_ACTS = 500
"""So many acts are looked through to see whose words have changed; after more, all is read anew."""


class Marks:
    """What people marked, case by case."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._seq = -1
        self._by_segment: dict[str, dict[str, Marked]] = {}

    def now(self) -> Mapping[str, Mapping[str, Marked]]:
        """Segment -> code -> coder's name -> marked words; only where somebody marked any."""
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


def _read(tx: Reading, where: dict[str, Any]) -> dict[str, dict[str, Marked]]:
    names = {coder.id: coder.name for coder in tx.all(Coder, kind=CoderKind.HUMAN)}
    rows: Iterable[tuple[str, str, str, list[Any]]] = tx.rows(
        Assignment, "segment_id", "code_key", "coder_id", "evidence", coder_id=list(names), evidence=Holding("{"), **where
    )
    found: dict[tuple[str, str], dict[str, tuple[Evidence, ...]]] = {}
    for segment_id, code_key, coder_id, spans in rows:
        marked = tuple(from_plain(Evidence, span) for span in spans)
        found.setdefault((segment_id, code_key), {})[names[coder_id]] = marked
    by_segment: dict[str, dict[str, Marked]] = {}
    for (segment_id, code_key), marks in found.items():
        by_segment.setdefault(segment_id, {})[code_key] = marks
    return by_segment
