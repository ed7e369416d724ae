"""A forest plot as SVG: estimates with their intervals, row by row, beside a threshold.

One panel for each machine coder, the rows shared. Written by hand, so that it needs no package and equal input gives equal
bytes. Colours are of the set by Okabe & Ito that colour-blind people can tell apart, and no meaning hangs on colour alone:
what reaches the threshold is filled, what does not is hollow, other people's agreement is a diamond.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from math import ceil, floor

from qualkit.wording import first_line, printable, two_decimals

_INK, _GREY, _RULE, _FAINT, _HAIR = "#1f2933", "#5a6670", "#b8c0c7", "#e6e9ed", "#f0f2f4"
_BLUE, _ORANGE, _ORANGE_TEXT, _WASH = "#0072b2", "#d55e00", "#a84a00", "#fcf2e9"
_FONT = "Inter, 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif"
_MARGIN, _ROW, _HEAD = 36, 30, 146
_COUNTS, _PLOT, _FIGURES, _GAP = 62, 330, 128, 40
_LABEL_WIDTH, _NARROWEST = 40, 210
_LETTER, _WIDE_LETTER = 6.2, 7.6
"""About how wide a letter of the legend and of a label is."""
_LOWEST = -0.4
"""Where the axis ends at the latest; what lies below stands at its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One estimate: `value` with its interval, and the estimate of `others` to see it beside. None where there is none."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    others: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row with a mark for each panel. A summary stands apart from the rest, under a line."""

    label: str
    n: int
    marks: tuple[Mark, ...]
    is_summary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """All that is drawn.

    `panels` are headings over marks, `axis` says what they measure, `figures` heads the same in numbers, `counts` heads the
    numbers of the rows; `below` and `above` are what it means to lie on either side of `threshold`; `mark` and `others` are
    the words of the legend.
    """

    title: str
    subtitle: str
    axis: str
    counts: str
    panels: tuple[str, ...]
    rows: tuple[Row, ...]
    threshold: float
    below: str
    above: str
    figures: str
    mark: str
    others: str
    notes: tuple[str, ...] = ()


def svg(forest: Forest) -> str:
    """The plot as a whole SVG document."""
    plan = _Plan(forest)
    size = f'width="{plan.width}" height="{plan.height}" viewBox="0 0 {plan.width} {plan.height}"'
    panels = (part for n in range(len(forest.panels)) for part in _panel(forest, plan, n))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="{_FONT}" fill="{_INK}">',
            f"<title>{_safe(forest.title)}</title>",
            f'<rect width="{plan.width}" height="{plan.height}" fill="#ffffff"/>',
            *_heading(forest, plan),
            *_rows(forest, plan),
            *panels,
            *_legend(forest, plan),
            *_notes(forest, plan),
            "</svg>",
            "",
        ]
    )


class _Plan:
    """Where everything lies, in pixels."""

    def __init__(self, forest: Forest) -> None:
        lows = [
            end for row in forest.rows for mark in row.marks for end in (mark.low, mark.value, mark.others) if end is not None
        ]
        self.lowest = max(_LOWEST, min(0.0, floor(10 * min(lows, default=0.0)) / 10))
        letters = min(_LABEL_WIDTH, max((len(row.label) for row in forest.rows), default=0))
        self.names = _MARGIN + max(_NARROWEST, round(_WIDE_LETTER * letters)) + _COUNTS
        self.width = self.names + _MARGIN + len(forest.panels) * (_GAP + _PLOT + _FIGURES)
        self.ys, self.rules = _heights(forest.rows)
        self.bottom = (self.ys[-1] if self.ys else _HEAD) + _ROW / 2 + 6
        self.legend = self.bottom + 78
        self.height = round(self.legend + 40 + 18 * len(forest.notes) + _MARGIN - 18)

    def left(self, panel: int) -> int:
        """Where a panel's plot begins."""
        return self.names + _GAP + panel * (_GAP + _PLOT + _FIGURES)

    def x(self, panel: int, value: float) -> float:
        """Where a value stands; what is off the axis stands at its end."""
        within = min(1.0, max(self.lowest, value))
        return self.left(panel) + _PLOT * (within - self.lowest) / (1 - self.lowest)

    def ticks(self) -> list[float]:
        """Every fifth of the axis."""
        return [n / 5 for n in range(ceil(5 * self.lowest - 1e-9), 6)]


def _heights(rows: Sequence[Row]) -> tuple[list[float], list[float]]:
    """The middle of each row, and the lines above the first summary."""
    ys: list[float] = []
    rules: list[float] = []
    y = _HEAD + _ROW / 2 + 4
    for n, row in enumerate(rows):
        if n and row.is_summary and not rows[n - 1].is_summary:
            rules.append(y - _ROW / 2 + 7)
            y += 14
        ys.append(y)
        y += _ROW
    return ys, rules


def _heading(forest: Forest, plan: _Plan) -> Iterator[str]:
    yield _text(_MARGIN, 48, forest.title, size=22, weight=600)
    yield _text(_MARGIN, 74, forest.subtitle, fill=_GREY)
    yield _text(plan.names, _HEAD - 10, forest.counts, fill=_GREY, size=12.5, anchor="end")


def _rows(forest: Forest, plan: _Plan) -> Iterator[str]:
    for row, y in zip(forest.rows, plan.ys, strict=True):
        yield _line(_MARGIN, y + _ROW / 2, plan.width - _MARGIN, y + _ROW / 2, _HAIR)
        short = first_line(row.label, _LABEL_WIDTH)
        tip = f"<title>{_safe(row.label)}</title>" if short != row.label else ""
        yield _text(_MARGIN, y + 5, short, weight=600 if row.is_summary else 400, tip=tip)
        yield _text(plan.names, y + 5, f"{row.n:,}", fill=_GREY, anchor="end")


def _panel(forest: Forest, plan: _Plan, n: int) -> Iterator[str]:
    left, border = plan.left(n), plan.x(n, forest.threshold)
    yield _text(left, _HEAD - 32, forest.panels[n], size=16, weight=600)
    yield _text(left + _PLOT + _FIGURES, _HEAD - 10, forest.figures, fill=_GREY, size=12.5, anchor="end")
    yield _text(border - 8, _HEAD - 10, forest.below, fill=_ORANGE_TEXT, size=12.5, anchor="end")
    yield _text(border + 8, _HEAD - 10, forest.above, fill=_GREY, size=12.5)
    yield f'<rect x="{left}" y="{_HEAD}" width="{border - left:.1f}" height="{plan.bottom - _HEAD:.1f}" fill="{_WASH}"/>'
    for tick in plan.ticks():
        x = plan.x(n, tick)
        yield _line(x, _HEAD, x, plan.bottom, _GREY if tick == 0 and plan.lowest < 0 else _FAINT)
        yield _text(x, plan.bottom + 19, f"{tick:g}".replace("0.", "."), fill=_GREY, size=12.5, anchor="middle")
    for y in plan.rules:
        yield _line(left, y, left + _PLOT + _FIGURES, y, _RULE)
    yield _line(border, _HEAD, border, plan.bottom, _ORANGE, dash="5 4", width=1.5)
    yield _text(left + _PLOT / 2, plan.bottom + 41, forest.axis, fill=_GREY, size=12.5, anchor="middle")
    for row, y in zip(forest.rows, plan.ys, strict=True):
        yield from _mark(row, n, y, plan, forest.threshold)


def _mark(row: Row, n: int, y: float, plan: _Plan, threshold: float) -> Iterator[str]:
    mark = row.marks[n]
    if mark.others is not None:
        yield _diamond(plan.x(n, mark.others), y)
    if mark.low is not None and mark.high is not None:
        yield _line(plan.x(n, mark.low), y, plan.x(n, mark.high), y, _BLUE, width=2.5 if row.is_summary else 1.8)
        for end in (mark.low, mark.high):
            yield _line(plan.x(n, end), y - 4, plan.x(n, end), y + 4, _BLUE, width=1.8)
    if mark.value is not None:
        yield _dot(plan.x(n, mark.value), y, is_filled=mark.value >= threshold)
    right = plan.left(n) + _PLOT + _FIGURES
    yield _text(right, y + 5, _told(mark), anchor="end", weight=600 if row.is_summary else 400, size=13.5)


def _legend(forest: Forest, plan: _Plan) -> Iterator[str]:
    y, x = plan.legend, float(_MARGIN)
    entries: list[tuple[Callable[[float, float], str], str]] = [
        (partial(_dot, is_filled=True), f"{forest.mark}, {forest.above}"),
        (partial(_dot, is_filled=False), f"{forest.mark}, {forest.below}"),
    ]
    has_others = any(mark.others is not None for row in forest.rows for mark in row.marks)
    for draw, text in [*entries, (_diamond, forest.others)] if has_others else entries:
        yield draw(x + 7, y)
        yield _text(x + 22, y + 5, text, size=13)
        x += 22 + _LETTER * len(text) + 30


def _notes(forest: Forest, plan: _Plan) -> Iterator[str]:
    for n, note in enumerate(forest.notes):
        yield _text(_MARGIN, plan.legend + 40 + 18 * n, note, fill=_GREY, size=12.5)


def _told(mark: Mark) -> str:
    if mark.value is None:
        return "–"
    ends = "" if mark.low is None or mark.high is None else f" [{two_decimals(mark.low)}, {two_decimals(mark.high)}]"
    return two_decimals(mark.value).replace("-", "−") + ends.replace("-", "−")


def _dot(x: float, y: float, *, is_filled: bool) -> str:
    fill = _BLUE if is_filled else "#ffffff"
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5.5" fill="{fill}" stroke="{_BLUE}" stroke-width="2"/>'


def _diamond(x: float, y: float) -> str:
    path = f"M{x:.1f} {y - 6.5:.1f}l6.5 6.5l-6.5 6.5l-6.5 -6.5z"
    return f'<path d="{path}" fill="{_ORANGE}" stroke="#ffffff" stroke-width="1.2"/>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, *, width: float = 1, dash: str = "") -> str:
    where = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {where} stroke="{colour}" stroke-width="{width:g}"' + (f' stroke-dasharray="{dash}"/>' if dash else "/>")


def _text(
    x: float,
    y: float,
    text: str,
    *,
    fill: str = _INK,
    size: float = 14,
    weight: int = 400,
    anchor: str = "start",
    tip: str = "",
) -> str:
    look = f'font-size="{size:g}" font-weight="{weight}" fill="{fill}" text-anchor="{anchor}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{tip}{_safe(text)}</text>'


def _safe(text: str) -> str:
    return escape(printable(text))
