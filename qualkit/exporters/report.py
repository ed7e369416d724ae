"""All that a study reports, as one web page that needs nothing but itself: it fetches nothing and runs nothing, and prints.

What a reader wants at once comes first, everything in full after it. Figures stand in it as drawings. On paper, text is
upright, and tables and figures lie on pages turned on their side.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from qualkit.exporters import html, report_style
from qualkit.exporters.printed import title_case
from qualkit.model import Passage, Table
from qualkit.wording import counted, printable

MANY = 10
"""A table of so many columns is printed in smaller letters, or browsers would shrink the whole page for it."""

SHORT = 30
"""A table of so many rows is not divided between two pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A figure as a whole SVG document, which has its notes in it."""

    stem: str
    title: str
    svg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What stands in the page. `about` are lines of its front matter, label and value; `digest` is of all that it rests on.

    Of `tables`, by stem, those that are data are named and not shown. `brief` are stems of the tables and figures that come
    first, in that order.
    """

    title: str
    question: str
    about: tuple[tuple[str, str], ...]
    methods: tuple[Passage, ...]
    disclosure: tuple[Passage, ...]
    tables: Mapping[str, Table]
    checklists: Mapping[str, Table]
    drawings: tuple[Drawing, ...]
    digest: str
    brief: tuple[str, ...] = ()

    @property
    def data(self) -> dict[str, Table]:
        """The tables that are for scripts and spreadsheets."""
        return {stem: table for stem, table in self.tables.items() if table.is_data}


def write(report: Report, path: Path) -> None:
    """Write the page. Equal reports give equal bytes."""
    path.write_text(page(report), encoding="utf-8", newline="\n")


def page(report: Report) -> str:
    """The page."""
    parts = _parts(report)
    tables, figures = _numbers(part.tables for part in parts), _numbers(part.drawings for part in parts)
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{html.POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_words(report.title)}: report</title><style>{html.STYLE}{report_style.STYLE}</style></head><body>",
        *_front(report),
        *_contents(report, parts, tables, figures),
        "<main>",
        *_text("methods", "Methods", report.methods),
        *_text("machines", "Use of machines", report.disclosure),
        *(line for part in parts for line in _part(part, tables, figures)),
        *_data(report.data),
        "</main></body></html>",
    ]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Tables and figures under a heading, by their stems."""

    anchor: str
    heading: str
    tables: Mapping[str, Table]
    drawings: Mapping[str, Drawing]


def _parts(report: Report) -> list[_Part]:
    """What a reader wants at once, then everything else, each thing in one place; parts with nothing in them are left out."""
    shown = {stem: table for stem, table in report.tables.items() if not table.is_data}
    drawings = {item.stem: item for item in report.drawings}
    brief = {stem: shown[stem] for stem in report.brief if stem in shown}
    drawn = {stem: drawings[stem] for stem in report.brief if stem in drawings}
    full = {stem: table for stem, table in shown.items() if stem not in brief}
    others = {stem: item for stem, item in drawings.items() if stem not in drawn}
    parts = [
        _Part(anchor="brief", heading="Results in brief", tables=brief, drawings=drawn),
        _Part(anchor="tables", heading="Tables in full", tables=full, drawings={}),
        _Part(anchor="figures", heading="Further figures" if drawn else "Figures", tables={}, drawings=others),
        _Part(anchor="checklists", heading="Checklists", tables=report.checklists, drawings={}),
    ]
    return [part for part in parts if part.tables or part.drawings]


def _numbers(parts: Iterable[Iterable[str]]) -> dict[str, int]:
    """The number of each stem, counted through all parts."""
    return {stem: n for n, stem in enumerate((stem for part in parts for stem in part), start=1)}


def _words(text: str) -> str:
    return escape(printable(text))


def _front(report: Report) -> Iterator[str]:
    yield f"<header><h1>{_words(report.title)}</h1>"
    if report.question:
        yield f'<p class="question">{_words(report.question)}</p>'
    lines = "".join(f"<div><dt>{_words(label)}</dt><dd>{_words(value)}</dd></div>" for label, value in report.about)
    lines += f"<div><dt>Rests on</dt><dd>SHA-256 <code>{report.digest}</code>, as in manifest.json</dd></div>"
    yield f"<dl>{lines}</dl></header>"


def _contents(report: Report, parts: Sequence[_Part], tables: Mapping[str, int], figures: Mapping[str, int]) -> Iterator[str]:
    yield '<nav id="contents" aria-label="Contents"><h2>Contents</h2><ol>'
    yield '<li><a href="#methods">Methods</a></li>' if report.methods else ""
    yield '<li><a href="#machines">Use of machines</a></li>' if report.disclosure else ""
    for part in parts:
        yield f'<li><a href="#{part.anchor}">{part.heading}</a><ul>'
        yield from (
            f'<li><a href="#table-{escape(stem)}">Table {tables[stem]}. {_words(title_case(table.title))}</a></li>'
            for stem, table in part.tables.items()
        )
        yield from (
            f'<li><a href="#figure-{escape(stem)}">Figure {figures[stem]}. {_words(item.title)}</a></li>'
            for stem, item in part.drawings.items()
        )
        yield "</ul></li>"
    yield '<li><a href="#data">Data files</a></li>' if report.data else ""
    yield "</ol></nav>"


def _text(anchor: str, heading: str, passages: Sequence[Passage]) -> Iterator[str]:
    if passages:
        yield f'<section id="{anchor}" class="text"><h2>{heading}</h2>'
        yield from (f"<p><b>{_words(item.heading)}.</b> {_words(item.text)}</p>" for item in passages)
        yield "</section>"


def _part(part: _Part, tables: Mapping[str, int], figures: Mapping[str, int]) -> Iterator[str]:
    yield f'<section id="{part.anchor}" class="wide"><h2>{part.heading} <a class="up" href="#contents">Contents</a></h2>'
    for stem, table in part.tables.items():
        looks = " dense" if len(table.columns) >= MANY else ""
        looks += " short" if len(table.rows) <= SHORT else ""
        yield f'<div id="table-{escape(stem)}" class="sheet{looks}">{html.fragment(table, tables[stem])}</div>'
    if part.drawings:
        yield '<div class="drawings">'
        for stem, item in part.drawings.items():
            n, label = figures[stem], _words(f"Figure {figures[stem]}: {item.title}")
            yield f'<figure id="figure-{escape(stem)}"><figcaption><b>Figure {n}</b></figcaption>'
            yield f'<div role="img" aria-label="{label}">{_apart(item.svg, f"figure{n}-")}</div></figure>'
        yield "</div>"
    yield "</section>"


def _apart(svg: str, prefix: str) -> str:
    """A drawing with inner ids of its own, as several stand in one page; it is as wide as the page lets it."""
    svg = svg[svg.index("<svg") :]
    names = set(re.findall(r'\bid="([^"]+)"', svg))
    return re.sub(r'(id="|url\(#|href="#)([^")]+)', lambda found: found[1] + prefix * (found[2] in names) + found[2], svg)


def _data(tables: Mapping[str, Table]) -> Iterator[str]:
    """Tables for scripts and spreadsheets, by name."""
    if tables:
        yield '<section id="data" class="text"><h2>Data files</h2>'
        yield "<p>Tables for scripts and spreadsheets, in files of their own:</p><ul>"
        yield from (
            f"<li><code>{_words(stem)}</code>: {_words(table.title)} ({counted(len(table.rows), 'row')})</li>"
            for stem, table in tables.items()
        )
        yield "</ul></section>"
