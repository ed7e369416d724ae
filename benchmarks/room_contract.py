"""What the coding panel and its server say to each other, as far as a coder without a browser has to know it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

COMPONENT = "qualkit.coding"

PANEL = ".qk-coding"
WORDS = ".qk-coding .qk-text"
NO_CODE = "n"
"""The key that judges a segment as having no code, and brings the next."""

NATIVE_NO_CODE = "n"


def queued(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The segments that are there to be judged, without those that were."""
    return [item for item in data["queue"] if not item["own"]["version"]]


def answered(data: Mapping[str, Any]) -> dict[str, bool]:
    """By client id whether the server has kept an act, or refused it."""
    return {answer["client_id"]: "trouble" not in answer for answer in data["answers"]}


def verdict(data: Mapping[str, Any], item: Mapping[str, Any], *, n: int) -> dict[str, Any]:
    """The act that gives a segment of the queue, every other time, the first code there is, else none; `n` counts acts."""
    first = data["codes"][0]
    said = {"key": first["key"], "valence": next(iter(first["valences"]), None), "confidence": None, "spans": []}
    return {
        "client_id": str(uuid4()),
        "verb": "judge",
        "coder": data["coder"],
        "round": data["round"],
        "segment_id": item["id"],
        "revision": item["revision"],
        "base_version": 0,
        "codes": [said] if n % 2 else [],
        "memo": None,
        "n": n,
        "gain": 1,
    }


def state(outbox: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The component's state: the whole outbox, in the order of pressing."""
    return {"outbox": list(outbox.values())}
