"""Data types to JSON-ready data and back, and checksums of data and files. Standard library only.

Everything that is kept, compared or written as JSON goes through these three: rows of the database, artifacts, exports.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache, partial
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints


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
    read = None if value is None else _reader(kind)
    return value if read is None else read(value)


_Read = Callable[[Any], Any]


@cache
def _reader(kind: Any) -> _Read | None:
    """What makes of plain data, unless they are None, what a type asks for, found out once a type; None: they are that."""
    origin, arms = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _reader(next(arm for arm in arms if arm is not NoneType))
    if origin is tuple and Ellipsis not in arms:
        return partial(_read_pair, tuple(map(_reader, arms)))
    if origin in (tuple, list):
        return partial(_read_list, origin, _reader(arms[0]))
    return partial(_read_thing, kind) if is_dataclass(kind) else _word_reader(kind)


def _word_reader(kind: Any) -> _Read | None:
    if isinstance(kind, type) and issubclass(kind, datetime):
        return datetime.fromisoformat
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind
    return None


def _read(read: _Read | None, value: Any) -> Any:
    return value if read is None or value is None else read(value)


def _read_pair(reads: tuple[_Read | None, ...], value: Any) -> Any:
    return tuple(_read(read, item) for read, item in zip(reads, value, strict=True))


def _read_list(origin: Any, read: _Read | None, value: Any) -> Any:
    return origin(value) if read is None else origin(_read(read, item) for item in value)


def _read_thing(kind: Any, value: Any) -> Any:
    return kind(**{name: _read(read, value[name]) for name, read, needed in _fields(kind) if needed or name in value})


@cache
def _fields(kind: Any) -> list[tuple[str, _Read | None, bool]]:
    """Name, reader and whether there is no default, of each field of a dataclass."""
    hints = get_type_hints(kind)
    return [
        (item.name, _reader(hints[item.name]), item.default is MISSING and item.default_factory is MISSING)
        for item in fields(kind)
    ]


def sha256_of(value: Any) -> str:
    """SHA-256 of the canonical JSON of `value`: what equality of inputs means everywhere in qualkit."""
    text = json.dumps(as_plain(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
