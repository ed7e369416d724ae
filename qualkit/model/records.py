"""What was run, and the log of every act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a machine stage: enough to say what a number rests on and whether the run is still up to date."""

    id: str
    stage: str
    options: Mapping[str, Any]
    inputs_sha256: str
    engine: str
    model_revision: str
    seed: int | None
    started_at: datetime
    ended_at: datetime
    summary: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One act in the append-only log. `hash` covers this event and, through `previous_hash`, all before it."""

    seq: int
    client_id: str
    happened_at: str
    actor_id: str
    verb: str
    payload: Mapping[str, Any]
    previous_hash: str
    hash: str
