"""What follows from the log, kept until the log grows: every write appends to it, so its head tells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from threading import RLock
from typing import Any, TypeVar

from qualkit.store import Store

T = TypeVar("T")


class Kept:
    """What was made of a store, by name. Who asks while it is being made waits for it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._made: dict[str, tuple[tuple[int, str], Any]] = {}
        self._locks: defaultdict[str, RLock] = defaultdict(RLock)

    def has(self, name: str) -> bool:
        """Whether `at_head` would give what is kept under `name` at once, as nothing was written since."""
        with self._store.read() as tx:
            known = self._made.get(name)
            return known is not None and known[0] == tx.head()

    def at_head(self, name: str, make: Callable[[], T], *, but_for: frozenset[str] = frozenset()) -> T:
        """What `make` gives, kept until something is written.

        Acts with one of the verbs `but_for` leave it as it is.
        """
        with self._locks[name]:
            with self._store.read() as tx:
                head = tx.head()
                known = self._made.get(name)
                is_good = known is not None and (
                    known[0] == head or (bool(but_for) and tx.verbs_between(known[0][0], head[0]) <= but_for)
                )
            if known is None or not is_good:
                known = (head, make())
            self._made[name] = (head, known[1])
            kept: T = known[1]
            return kept
