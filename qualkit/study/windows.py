"""A transcript in stretches that a page can hold: a few minutes of talk, or some dozens of turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WINDOW_S = 300.0
WINDOW_TURNS = 60
"""How much of a transcript is corrected at a time: some 800 words, and two megabytes of sound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of a transcript: its turns, the places of the first and last, and its seconds where they are known.

    `number` stays the same while its turns are corrected.
    """

    number: int
    turn_ids: tuple[str, ...]
    first: int
    last: int
    start_s: float | None
    end_s: float | None


def windows_of(turns: Sequence[tuple[str, float | None, float | None]]) -> list[Window]:
    """Turns, (id, start, end) in order, by the stretch of time in which they begin, or else by their number.

    The borders stay where they are when turns are split or merged. A turn without a time goes with the one before it.
    """
    is_timed = any(start_s is not None for _, start_s, _ in turns)
    stretches: dict[int, list[int]] = {}
    now = 0
    for place, (_, start_s, _) in enumerate(turns):
        here = int(start_s // WINDOW_S) if start_s is not None else now
        now = max(now, here) if is_timed else place // WINDOW_TURNS
        stretches.setdefault(now, []).append(place)
    return [_window(number, turns, places) for number, places in stretches.items()]


def _window(number: int, turns: Sequence[tuple[str, float | None, float | None]], places: Sequence[int]) -> Window:
    starts = [turns[place][1] for place in places]
    ends = [turns[place][2] if turns[place][2] is not None else turns[place][1] for place in places]
    return Window(
        number=number,
        turn_ids=tuple(turns[place][0] for place in places),
        first=places[0] + 1,
        last=places[-1] + 1,
        start_s=min((instant for instant in starts if instant is not None), default=None),
        end_s=max((instant for instant in ends if instant is not None), default=None),
    )
