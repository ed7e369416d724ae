"""Where words go on a map so that they cover each other as little as can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import hypot
from textwrap import wrap

LETTER_PX, LINE_PX = 6.9, 15
"""About how large a letter of a label is, at 12.5 pixels."""

MAX_LINE = 17
MAX_LINES = 2
N_ROUNDS = 80

FARTHEST_PX = 55
"""How far a label may lie from its point."""


@dataclass(frozen=True, slots=True)
class Label:
    """Words around a point; `x` and `y` in pixels."""

    text: str
    x: float
    y: float

    @property
    def half_width(self) -> float:
        """Half of about how wide it is, in pixels."""
        return _half(self.text)[0]

    @property
    def half_height(self) -> float:
        """Half of about how high it is, in pixels."""
        return _half(self.text)[1]


@lru_cache(maxsize=1_000)
def _half(text: str) -> tuple[float, float]:
    """Half of about how wide and how high a text is, in pixels."""
    lines = text.split("\n")
    return max(map(len, lines)) * LETTER_PX / 2 + 3, len(lines) * LINE_PX / 2 + 2


def broken(text: str) -> str:
    """`text` in up to two short lines, cut with an ellipsis where it is longer."""
    lines = wrap(text, MAX_LINE, break_on_hyphens=False) or [""]
    kept = lines[:MAX_LINES]
    if len(lines) > MAX_LINES:
        kept[-1] = kept[-1].rstrip(" ,") + "…"
    return "\n".join(line.rstrip(",") if line is kept[-1] else line for line in kept)


def spread(labels: Mapping[int, Label], width: float, height: float) -> dict[int, Label]:
    """Labels pushed apart within the frame of 0 to `width` and 0 to `height`, by the keys they were given under.

    The earlier ones stay rather; a label that would lie too far from its point is left out.
    """
    staying = dict(labels)
    while True:
        pushed = dict(zip(staying, _pushed(list(staying.values()), width, height), strict=True))
        far = [key for key, label in pushed.items() if hypot(label.x - labels[key].x, label.y - labels[key].y) > FARTHEST_PX]
        if not far:
            return _with_room(pushed, {key: _inside(label, width, height) for key, label in labels.items()})
        for key in far[len(far) // 2 :]:
            del staying[key]


def _with_room(placed: dict[int, Label], labels: Mapping[int, Label]) -> dict[int, Label]:
    """`placed`, and those left out for which there is room at their points after all."""
    for key, label in labels.items():
        if key not in placed and all(_overlap(other, label) is None for other in placed.values()):
            placed[key] = label
    return placed


def _pushed(labels: Sequence[Label], width: float, height: float) -> list[Label]:
    placed = [_inside(label, width, height) for label in labels]
    for _ in range(N_ROUNDS):
        is_still = True
        for n in range(len(placed)):
            for m in range(n):
                if (push := _overlap(placed[m], placed[n])) is not None:
                    is_still = False
                    dx, dy = push
                    placed[m] = _inside(replace(placed[m], x=placed[m].x - 0.35 * dx, y=placed[m].y - 0.35 * dy), width, height)
                    placed[n] = _inside(replace(placed[n], x=placed[n].x + 0.65 * dx, y=placed[n].y + 0.65 * dy), width, height)
        if is_still:
            break
    return placed


def _overlap(one: Label, other: Label) -> tuple[float, float] | None:
    """How far `other` is to be moved off `one`, the shorter way; None where they are apart."""
    x = one.half_width + other.half_width - abs(one.x - other.x)
    y = one.half_height + other.half_height - abs(one.y - other.y)
    if x <= 0.5 or y <= 0.5:
        return None
    if x < y:
        return (x if other.x >= one.x else -x, 0.0)
    return (0.0, y if other.y >= one.y else -y)


def _inside(label: Label, width: float, height: float) -> Label:
    x = min(max(label.x, label.half_width), max(width - label.half_width, label.half_width))
    y = min(max(label.y, label.half_height), max(height - label.half_height, label.half_height))
    return replace(label, x=x, y=y)
