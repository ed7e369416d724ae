"""Rows to things and back, read off the dataclasses themselves, so that there is one set of types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar, cast

from qualkit.plain import as_plain, from_plain

T = TypeVar("T")


def to_row(thing: Any) -> dict[str, Any]:
    """A thing as column values: enums as text, instants as ISO text, everything nested as JSON-ready data."""
    return {item.name: as_plain(getattr(thing, item.name)) for item in fields(thing)}


def from_row(kind: type[T], row: Mapping[str, Any]) -> T:
    """The thing of type `kind` that `row` holds; columns that are no field of it are passed over."""
    return cast("T", from_plain(kind, row))
