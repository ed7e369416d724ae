"""Rows to things and back, read off the dataclasses themselves, so that there is one set of types."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from qualkit.model import as_plain

T = TypeVar("T")


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {item.name: hints[item.name] for item in fields(kind)}


def to_row(thing: Any) -> dict[str, Any]:
    """A thing as column values: enums as text, instants as ISO text, everything nested as JSON-ready data."""
    return {name: as_plain(getattr(thing, name)) for name in _hints(cast("Any", type(thing)))}


def from_row(kind: type[T], row: Mapping[str, Any]) -> T:
    """The thing of type `kind` that `row` holds; columns that are no field of it are passed over."""
    return kind(**{name: _as(hint, row[name]) for name, hint in _hints(cast("Any", kind)).items()})


def _as(hint: Any, value: Any) -> Any:
    """`value`, JSON-ready, as what `hint` asks for."""
    origin = get_origin(hint)
    if value is None or hint is Any:
        return value
    if origin in (Union, types.UnionType):
        return _as(next(arm for arm in get_args(hint) if arm is not type(None)), value)
    if origin is tuple:
        return tuple(_as(get_args(hint)[0], item) for item in value)
    if isinstance(hint, type):
        return _as_class(hint, value)
    return value


def _as_class(kind: type, value: Any) -> Any:
    if issubclass(kind, datetime):
        return datetime.fromisoformat(value)
    if issubclass(kind, StrEnum):
        return kind(value)
    if is_dataclass(kind):
        return from_row(kind, value)
    return value
