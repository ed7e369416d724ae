"""Facts at a glance: numbers with what they count, side by side or as a list, that open the segments behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from qualkit.model import Behind
from qualkit.study import Seat
from qualkit.ui import behind, context
from qualkit.ui.component import component, packed


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A number as it is shown, its name, and in `about` what it rests on; `colour` is that of a spot beside its name.

    It opens what is `behind` it, and nothing where that is None or empty.
    """

    value: str
    name: str
    about: str = ""
    colour: str = ""
    is_warning: bool = False
    behind: Behind | None = None

    @property
    def opens(self) -> bool:
        """Whether there is anything to open."""
        return self.behind is not None and bool(self.behind.segment_ids)


def row(seat: Seat, facts: Sequence[Fact], *, key: str) -> None:
    """Facts side by side, their numbers large."""
    _draw(facts, key, is_list=False)
    behind.opened(seat, key)


def listed(facts: Sequence[Fact], *, key: str) -> None:
    """Facts one under the other, their numbers at the right, in a fragment of a page that calls `behind.opened` of `key`."""
    _draw(facts, key, is_list=True)
    behind.hand_on(key)


def _draw(facts: Sequence[Fact], key: str, *, is_list: bool) -> None:
    _component()(key=key, data=packed(data(facts, is_list=is_list)), on_ask_change=partial(_asked, key, tuple(facts)))


def data(facts: Sequence[Fact], *, is_list: bool) -> dict[str, Any]:
    """All that the component draws, JSON-ready."""
    return {
        "is_list": is_list,
        "asks": behind.ASKS,
        "items": [
            {"value": item.value, "name": item.name, "about": item.about, "colour": item.colour, "warns": item.is_warning,
             "opens": item.behind.title if item.behind is not None and item.opens else ""}
            for item in facts
        ],
    }  # fmt: skip


@cache
def _component() -> Any:
    return component("facts", scripts=("facts.js",), style="facts.css")


def _asked(key: str, facts: Sequence[Fact]) -> None:
    at: int | None = (context.value(key) or {}).get("ask")
    if at is not None and 0 <= int(at) < len(facts):
        behind.ask(key, facts[int(at)].behind)
