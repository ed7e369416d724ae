"""Ids, instants, and small rules and ways that all types share."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Protocol, TypeVar

_NAMESPACE = uuid.UUID("8f0c6a52-9f5e-5f3b-9a43-3c0a4f6f7d10")


def new_id() -> str:
    """A random id for something a person made."""
    return str(uuid.uuid4())


def derived_id(*parts: object) -> str:
    """An id computed from what a thing is made of: equal parts, equal id."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(str(part) for part in parts)))


def utc_now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def require(condition: bool, message: str) -> None:
    """Raise `ValueError` with `message` unless `condition` holds."""
    if not condition:
        raise ValueError(message)


def require_span(start_s: float | None, end_s: float | None, what: str) -> None:
    """Raise `ValueError` unless `what` starts at 0 or later and ends after its start, as far as both are known."""
    if start_s is not None and end_s is not None and not 0 <= start_s <= end_s:
        raise ValueError(f"{what} must start at 0 or later and end after its start: {start_s}-{end_s}")


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


_IdentifiedT = TypeVar("_IdentifiedT", bound=_Identified)
_ItemT = TypeVar("_ItemT")
_KeyT = TypeVar("_KeyT")


def by_id(items: Iterable[_IdentifiedT]) -> dict[str, _IdentifiedT]:
    """Things with an `id`, keyed by it."""
    return {item.id: item for item in items}


def grouped(items: Iterable[_ItemT], key: Callable[[_ItemT], _KeyT]) -> dict[_KeyT, list[_ItemT]]:
    """Items in lists by `key(item)`, in order of first appearance."""
    groups: dict[_KeyT, list[_ItemT]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups
