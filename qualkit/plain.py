"""Data types to JSON-ready data and back, and checksums of data and files. Standard library only.

Everything that is kept, compared or written as JSON goes through these three: rows of the database, artifacts, exports.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints


def as_plain(value: Any) -> Any:
    """`value` as JSON-ready data: dataclasses become dicts, enums their text, instants ISO 8601, tuples and sets lists.

    A set comes sorted: its own order is another one in every process.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: as_plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_plain(item) for key, item in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, list | tuple | set | frozenset):
        items = [as_plain(item) for item in value]
        return sorted(items, key=str) if isinstance(value, set | frozenset) else items
    return value


def from_plain(kind: Any, value: Any) -> Any:
    """`value`, such as `as_plain` gives, as what the type `kind` asks for; what a dataclass lacks takes its default.

    Raises `KeyError` where a field without a default is missing.
    """
    origin = get_origin(kind)
    if value is None or kind is Any:
        return value
    if origin in (Union, UnionType):
        return from_plain(next(arm for arm in get_args(kind) if arm is not NoneType), value)
    if origin in (tuple, list):
        return _from_list(origin, get_args(kind), value)
    return _from_value(kind, value)


def _from_list(origin: Any, arms: tuple[Any, ...], value: Any) -> Any:
    is_pair = origin is tuple and Ellipsis not in arms
    pairs = zip(arms, value, strict=True) if is_pair else ((arms[0], item) for item in value)
    return origin(from_plain(arm, item) for arm, item in pairs)


def _from_value(kind: Any, value: Any) -> Any:
    if is_dataclass(kind):
        make = cast("Any", kind)
        return make(**{name: from_plain(hint, value[name]) for name, hint, needed in _fields(make) if needed or name in value})
    if isinstance(kind, type) and issubclass(kind, datetime):
        return datetime.fromisoformat(value)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind(value)
    return value


@cache
def _fields(kind: Any) -> list[tuple[str, Any, bool]]:
    """Name, type and whether there is no default, of each field of a dataclass."""
    hints = get_type_hints(kind)
    return [(item.name, hints[item.name], item.default is MISSING and item.default_factory is MISSING) for item in fields(kind)]


def sha256_of(value: Any) -> str:
    """SHA-256 of the canonical JSON of `value`: what equality of inputs means everywhere in qualkit."""
    text = json.dumps(as_plain(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
