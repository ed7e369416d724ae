"""Figures as files: HTML that needs nothing but itself, SVG and PNG.

An HTML file holds the chart, its data and the programs that draw it; a policy in it forbids the browser to fetch or send
anything, and its menu offers no web service. Equal figures give equal bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache, cached_property
from html import escape
from pathlib import Path
from textwrap import wrap
from typing import Any

import altair as alt
from altair.utils.schemapi import debug_mode

from qualkit.figures import drawing
from qualkit.figures.looks import FONT, LIGHT
from qualkit.plain import sha256_of

MARGIN_PX = 18
SUBTITLE_CHARS = 120


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A chart with its title and what its numbers rest on."""

    title: str
    notes: tuple[str, ...]
    chart: alt.TopLevelMixin

    @cached_property
    def spec(self) -> dict[str, Any]:
        """The chart as Vega-Lite has it; made once for all files, as it takes a tenth of a second."""
        spec: dict[str, Any] = self.chart.to_dict(validate=False)
        spec.pop("$schema", None)
        return spec


def unchecked() -> AbstractContextManager[None]:
    """While charts are made: without holding each part of them against the schema, a quarter of the time they take."""
    quick: AbstractContextManager[None] = debug_mode(False)
    return quick


def write_html(figure: Figure, path: Path) -> None:
    """Write a page to be opened from disk, where dots and bars can be pointed at."""
    path.write_text(html(figure), encoding="utf-8")


def write_svg(figure: Figure, path: Path) -> None:
    """Write the figure as lines and words, for print."""
    path.write_text(svg(figure), encoding="utf-8")


def write_png(figure: Figure, path: Path) -> None:
    """Write the figure as a picture, twice as fine as the screen."""
    path.write_bytes(drawing.png(svg(figure)))


WRITERS: Mapping[str, Callable[[Figure, Path], None]] = {".html": write_html, ".svg": write_svg, ".png": write_png}
"""By suffix."""


def print_of(figure: Figure) -> str:
    """Checksum of all that its files are made from: what it shows, and the versions of what draws it."""
    return sha256_of([figure.title, figure.notes, figure.spec, drawing.converter().__version__, version()])


def svg(figure: Figure) -> str:
    """The figure as a whole SVG document."""
    return drawing.svg(titled(figure), version())


def html(figure: Figure) -> str:
    """The figure as a whole page."""
    notes = "".join(f"<p>{escape(note)}</p>" for note in figure.notes)
    spec = json.dumps(figure.spec, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return _PAGE.format(
        title=escape(figure.title), notes=notes, program=_program(), spec=spec, font=FONT, paper=LIGHT.paper, ink=LIGHT.ink,
        grey=LIGHT.grey, line=LIGHT.line,
    )  # fmt: skip


def titled(figure: Figure) -> dict[str, Any]:
    """The chart with its title and notes over it, on white, as it is drawn for print."""
    lines = [line for note in figure.notes for line in wrap(note, SUBTITLE_CHARS)]
    about = {"title": {"text": figure.title, "subtitle": lines, "subtitlePadding": 6, "subtitleLineHeight": 16}}
    spec = {**figure.spec, **about, "background": "white", "padding": MARGIN_PX}
    return {**spec, "config": {**spec.get("config", {}), "background": "white"}}


def version() -> str:
    """The version of Vega-Lite that the charts are written for."""
    return ".".join(alt.SCHEMA_VERSION.split(".")[:2])


@cache
def _program() -> str:
    """Vega, Vega-Lite and Vega-Embed in one script."""
    bundle: str = drawing.converter().javascript_bundle(vl_version=version())
    return bundle.replace("</script", "<\\/script")


_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font-family: {font}; background: {paper}; color: {ink}; margin: 2rem auto; max-width: 62rem; padding: 0 1.5rem; }}
h1 {{ font-size: 1.35rem; font-weight: 650; margin: 0 0 .3rem; }}
p {{ color: {grey}; font-size: .88rem; line-height: 1.45; margin: .15rem 0; max-width: 75ch; }}
#figure {{ margin-top: 1rem; }}
#vg-tooltip-element.vg-tooltip {{ font-family: {font}; font-size: 13px; line-height: 1.4; color: {ink}; background: #fff;
  max-width: 25rem; border: 1px solid {line}; border-radius: 6px; box-shadow: 0 4px 18px #0002; padding: .6rem .75rem; }}
#vg-tooltip-element table tr td {{ padding-bottom: 3px; vertical-align: top; }}
#vg-tooltip-element table tr td.key {{ color: {grey}; max-width: 9rem; }}
#vg-tooltip-element table tr td.value {{ max-width: 19rem; max-height: none; white-space: normal; display: block; }}
@media print {{ body {{ background: #fff; margin: 0; }} .vega-embed details {{ display: none; }} }}
</style>
<script>
{program}
</script>
</head>
<body>
<h1>{title}</h1>
{notes}
<div id="figure"></div>
<script>
const menu = {{ export: true, source: false, compiled: false, editor: false }};
vegaEmbed("#figure", {spec}, {{ mode: "vega-lite", renderer: "canvas", actions: menu }});
</script>
</body>
</html>
"""
