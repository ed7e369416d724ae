"""One visual language: the style sheet, and pure functions from data to HTML. Whatever people said is escaped here.

Colours are those of the figures (`figures/palette.py`); a colour is always also a word and a sign. The look itself is in
style.css.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from pathlib import Path

from qualkit.figures.palette import COLOURS
from qualkit.model import Evidence, Valence
from qualkit.study import Line, View
from qualkit.wording import clock

SIGNS = {"facilitator": "+", "barrier": "−", "mixed": "±", "present": "•"}
WIDE = 5
"""A table of more columns may have to be scrolled sideways, and so can be reached by keyboard."""

ICON = Path(__file__).with_name("icon.svg")
"""Shown by the browser; a file, because Streamlit has browsers fetch emoji and Material icons for it from the net."""

CSS = Path(__file__).with_name("style.css")
"""The style sheet, put into every page once."""


def block(*parts: str) -> str:
    """Parts as one piece of the page in qualkit's style."""
    return f'<div class="q">{"".join(parts)}</div>'


def heading(title: str) -> str:
    """The heading of a page that shows none: heard by those who listen to the page, and not seen."""
    return f'<h1 class="q-unseen">{escape(title)}</h1>'


def grey(text: str) -> str:
    """A small aside."""
    return f'<div class="q-grey q-small">{escape(text)}</div>'


def aside(text: str) -> str:
    """Greyed words inside a line."""
    return f'<span class="q-grey">{escape(text)}</span>'


def lead(text: str) -> str:
    """What a page says about itself under its title."""
    return block(f'<p class="q-grey" style="max-width:70ch">{escape(text)}</p>')


def literal(text: str) -> str:
    """`text` with every sign that Markdown would take for its own as it is, for the labels of widgets."""
    return re.sub(r"([\\`*_{}\[\]()#+.!|<>~$:-])", r"\\\1", text)


def label(text: str) -> str:
    """A small heading over a piece."""
    return f'<div class="q-label">{escape(text)}</div>'


def chip(said: str | None, note: str = "") -> str:
    """A valence, "present", or None for an absent code, by sign, word and colour."""
    if said is None:
        return '<span class="q-chip q-absent" style="--c:currentColor">○ absent</span>'
    more = f" {escape(note)}" if note else ""
    return f'<span class="q-chip" style="--c:{COLOURS[said]}">{SIGNS[said]} {escape(said)}{more}</span>'


def tag(text: str, kind: str, note: str = "") -> str:
    """A small remark of one of the kinds `good`, `bad`, `open` and `plain`; `note` shows when it is pointed at."""
    title = f' title="{escape(note)}"' if note else ""
    return f'<span class="q-tag q-tag-{kind}"{title}>{escape(text)}</span>'


def valence_label(valence: Valence) -> str:
    """A valence as a button says it."""
    return f"{SIGNS[valence.value]} {valence.value}"


def marked(text: str, *groups: Iterable[Evidence]) -> str:
    """Escaped `text` with evidence in <mark>, each piece of the classes `q-e1`, `q-e2` ... of the groups that point at it."""
    pointing = [
        {n for n, group in enumerate(groups, start=1) if any(item.start_char <= at < item.end_char for item in group)}
        for at in range(len(text))
    ]
    parts, at = [], 0
    for numbers, run in groupby(pointing):
        piece = escape(text[at : (at := at + sum(1 for _ in run))])
        names = " ".join(f"q-e{n}" for n in sorted(numbers))
        parts.append(f'<mark class="{names}">{piece}</mark>' if numbers else piece)
    return "".join(parts)


def line(said: Line) -> str:
    """A turn around the segment, greyed."""
    return f'<p class="q-line"><span class="q-who">{escape(said.speaker)}</span>{escape(said.text)}</p>'


def talk(view: View, *evidence: Sequence[Evidence], is_brief: bool = False) -> str:
    """A segment in the talk around it: the guide's question, turns before, the segment in its own turn, turns after.

    `evidence` is marked in it, as `marked` has it. `is_brief` folds the talk around it up, for a segment that was read before.
    """
    asked = view.question if view.question and all(item.text != view.question for item in view.before) else None
    guide = f'<div class="q-guide"><span class="q-who">Guide question</span>{escape(asked)}</div>' if asked else ""
    who = " · ".join(part for part in (view.speaker, clock(view.segment.start_s)) if part)
    own = [f'<span class="q-own">{escape(text)}</span>' if text else "" for text in (view.lead, view.rest)]
    words = " ".join(part for part in (own[0], marked(view.segment.text, *evidence), own[1]) if part)
    here = f'<div class="q-here"><span class="q-who">{escape(who)}</span>{words}</div>'
    before, after = ("".join(map(line, turns)) for turns in (view.before, view.after))
    if is_brief:
        folded = f'<details class="q-fold"><summary>The talk around it</summary>{guide}{before}<hr>{after}</details>'
        return block(f'<div class="q-talk">{here}{folded}</div>')
    return block(f'<div class="q-talk">{guide}{before}{here}{after}</div>')


def quote(text: str, source: str) -> str:
    """Verbatim words and where they come from."""
    return block(f'<div class="q-quote">“{escape(text)}” <span class="q-grey q-small">{escape(source)}</span></div>')


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, raw: Sequence[int] = ()) -> str:
    """A table; numbers stand to the right, None is a dash, and cells of the columns in `raw` are HTML already."""
    listed = list(rows)
    numeric = [any(isinstance(row[index], int | float) for row in listed) for index in range(len(columns))]
    head = "".join(f"<th{_side(right)}>{escape(name)}</th>" for name, right in zip(columns, numeric, strict=True))
    body = "".join("<tr>" + "".join(_cell(cell, index in raw) for index, cell in enumerate(row)) + "</tr>" for row in listed)
    reach = ' tabindex="0" role="group" aria-label="Table"' if len(columns) > WIDE else ""
    return block(
        f'<div class="q-scroll"{reach}><table class="q-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _side(is_number: bool) -> str:
    return ' class="q-number"' if is_number else ""


def _cell(cell: object, is_html: bool) -> str:
    if isinstance(cell, float):
        return f'<td class="q-number">{cell:.2f}</td>'
    if isinstance(cell, int):
        return f'<td class="q-number">{cell:,}</td>'
    return f"<td>{cell if is_html else escape('–' if cell in (None, '') else str(cell))}</td>"


def bar(share: float, said: str = "") -> str:
    """A share of 1 as a bar; `said` is what a screen reader says of it, left out where the number stands beside it."""
    role = f' role="img" aria-label="{escape(said)}"' if said else ' aria-hidden="true"'
    return f'<div class="q-bar"{role}><div style="width:{100 * share:.1f}%"></div></div>'


def share(n: int, of: int) -> str:
    """So many of so many: a bar with the numbers under it; a dash for none of none."""
    if not of:
        return aside("–")
    done = " q-share-done" if n >= of else ""
    return f'<div class="q-share{done}">{bar(min(1.0, n / of))}<span>{n:,} of {of:,}</span></div>'
