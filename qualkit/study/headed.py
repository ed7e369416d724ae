"""What follows from the log, kept until the log grows: every write appends to it, so its head tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from qualkit.model import Event
from qualkit.store import Store

T = TypeVar("T")

MOST_ACTS = 500
"""So many acts are looked through to see whether something kept still holds; after more, it is made anew."""


class Kept:
    """What was made of a store, by name."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._made: dict[str, tuple[tuple[int, str], Any]] = {}

    def at_head(self, name: str, make: Callable[[], T], *, but_for: frozenset[str] = frozenset()) -> T:
        """What `make` gives, kept until something is written.

        Acts with one of the verbs `but_for` leave it as it is.
        """
        with self._store.read() as tx:
            head = tx.head()
        known = self._made.get(name)
        if known is None or (known[0] != head and not self._only(but_for, known[0][0], head[0])):
            known = (head, make())
        self._made[name] = (head, known[1])
        kept: T = known[1]
        return kept

    def _only(self, verbs: frozenset[str], after: int, until: int) -> bool:
        """Whether nothing but acts with these verbs was logged after one event and up to another, looking at a few."""
        if not verbs or not after < until <= after + MOST_ACTS:
            return False
        with self._store.read() as tx:
            return {verb for (verb,) in tx.columns(Event, "verb", seq=list(range(after + 1, until + 1)))} <= verbs
