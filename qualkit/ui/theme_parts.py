"""The page Themes' two components: the table whose numbers open, and the list that is put in order; what they are given.

The sound of a quote travels inside the page: no address serves a recording.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from qualkit.figures.palette import COLOURS
from qualkit.model import Quote, ThemeRow, Valence, grouped
from qualkit.study.authoring import ThemeStanding
from qualkit.ui import style
from qualkit.ui.component import component, packed
from qualkit.wording import clock, first_line

NAME_WIDTH = 60
"""So many characters of a quote name it to a screen reader."""

CLAIM_WIDTH = 220
"""So many characters of a claim stand in the table."""


@cache
def _components() -> tuple[Any, ...]:
    return tuple(component(name, scripts=(f"{name}.js",), style="theme.css") for name in ("theme_board", "theme_order"))


def board(standings: Sequence[ThemeStanding], *, key: str, on_ask: Callable[[], None]) -> None:
    """Put the table into the page; `on_ask` is called when a name or a number was pressed, which stands under `key`."""
    _components()[0](key=key, data=packed(board_data(standings)), on_ask_change=on_ask)


def ordered(data: Mapping[str, Any], *, key: str, on_act: Callable[[], None]) -> None:
    """Put a list to be ordered into the page; `on_act` is called when an act has come back under `key`."""
    _components()[1](key=key, data=packed(data), on_act_change=on_act)


def board_data(standings: Sequence[ThemeStanding]) -> dict[str, Any]:
    """All that the table draws, JSON-ready; `most` is the number of segments of the longest row."""
    rows = [row for item in standings for row in item.rows]
    domains = grouped(standings, lambda item: item.theme.domain)
    return {
        "most": max((row.n_segments for row in rows), default=1),
        "domains": [{"name": name or "Themes", "themes": [_theme(item) for item in mine]} for name, mine in domains.items()],
    }


def _theme(item: ThemeStanding) -> dict[str, Any]:
    lost = [f"{item.n_lost_topics} of its topics are not there any more"] if item.n_lost_topics else []
    return {
        "id": item.theme.id,
        "name": item.theme.name,
        "claim": first_line(item.theme.claim, CLAIM_WIDTH),
        "is_written": item.is_written,
        "flags": [*item.carried.flags, *lost],
        "rows": [_row(row) for row in item.rows],
    }


def said_of(valence: Valence | None, basis: Mapping[str, int] | None = None) -> str:
    """What a row of a theme is called: its valence, else that the theme is present, else that a topic alone says so."""
    if valence is not None:
        return valence.value
    return "in topic" if basis and set(basis) == {"topic"} else "present"


def _row(row: ThemeRow) -> dict[str, Any]:
    kind = row.valence.value if row.valence else "present"
    return {
        "valence": row.valence.value if row.valence else "",
        "said": said_of(row.valence, row.basis),
        "sign": style.SIGNS[kind],
        "colour": COLOURS[kind],
        "n_groups": row.n_groups,
        "of_groups": row.of_groups,
        "n_participants": row.n_participants,
        "of_participants": row.of_participants,
        "n_segments": row.n_segments,
    }


def order_data(
    items: Iterable[Mapping[str, Any]],
    *,
    order: Sequence[str],
    others: Sequence[str] = (),
    heading: str,
    none: str = "",
    other_heading: str = "",
    may_choose: bool = False,
    version: int = 0,
    answer: Mapping[str, Any] | None = None,
    clip: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """All that the list draws, JSON-ready: `order` are the ids in it, `others` those that can be put into it."""
    return {
        "items": {item["id"]: dict(item) for item in items},
        "order": list(order),
        "others": list(others),
        "heading": heading,
        "none": none,
        "other_heading": other_heading,
        "may_choose": may_choose,
        "version": version,
        "answer": answer,
        "clip": clip,
    }


def quote_item(quote: Quote, row: ThemeRow) -> dict[str, Any]:
    """A quote as the list shows it."""
    kind = row.valence.value if row.valence else "present"
    return {
        "id": quote.segment_id,
        "name": first_line(quote.text, NAME_WIDTH),
        "text": f"“{quote.text}”",
        "source": source_of(quote),
        "chip": f"{style.SIGNS[kind]} {said_of(row.valence, row.basis)}",
        "colour": COLOURS[kind],
        "has_audio": quote.has_audio and quote.start_s is not None,
    }


def source_of(quote: Quote) -> str:
    """Group, person and time of a quote."""
    parts = (quote.transcript_label, quote.participant or "unknown speaker", clock(quote.start_s))
    return ", ".join(part for part in parts if part)


def clip_of(act_id: str, segment_id: str, sound: bytes | None) -> dict[str, Any]:
    """The sound of a segment, as the list plays it; `act_id` tells one press from the next."""
    return {"key": act_id, "segment": segment_id, "ogg": base64.b64encode(sound).decode("ascii") if sound else ""}
