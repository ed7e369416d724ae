"""Charts drawn as SVG and PNG, here or by several helpers at a time.

What draws holds Python's lock while it does: threads would gain nothing, and nobody else in the process would get on. So each
helper is a process of its own that runs this module.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from qualkit import plugs
from qualkit.errors import WriteError

SCALE = 2
"""Pixels of a PNG for each pixel of the screen."""

SUFFIXES = (".svg", ".png")
"""Of the files that a chart is drawn into."""

MOST_HELPERS = 4
WORTH_A_HELPER = 4
"""So many charts: a helper takes half a second to get ready."""

_ERRORS = "errors.txt"


def converter() -> Any:
    """What draws. Raises `MissingExtraError` where it is not installed."""
    return plugs.need("vl_convert", "figures")


def svg(spec: Mapping[str, Any], version: str) -> str:
    """A chart, written for that version of Vega-Lite, as a whole SVG document. Equal charts give equal text."""
    drawn: str = converter().vegalite_to_svg(spec, vl_version=version, allowed_base_urls=[])
    return _numbered_anew(drawn)


def png(drawn: str) -> bytes:
    """A drawing as a picture, twice as fine as the screen. It is made of the SVG, so that nothing is drawn twice."""
    picture: bytes = converter().svg_to_png(drawn, scale=SCALE)
    return picture


def _numbered_anew(drawn: str) -> str:
    """The SVG with its inner ids counted from 1: the converter counts on from figure to figure."""
    names: dict[str, str] = {}
    for name in re.findall(r'\bid="([^"]+)"', drawn):
        names.setdefault(name, f"part{len(names) + 1}")
    return re.sub(r'(id="|url\(#|href="#)([^")]+)', lambda found: found[1] + names.get(found[2], found[2]), drawn)


# ---------------------------------------------------------------- many charts


def ask(folder: Path, name: str, spec: Mapping[str, Any], version: str, suffixes: Collection[str]) -> None:
    """Put a chart into a folder, to be drawn into the files `name` with these of `SUFFIXES`."""
    asked = {"spec": spec, "version": version, "suffixes": list(suffixes)}
    (folder / f"{name}.json").write_text(json.dumps(asked, ensure_ascii=False), encoding="utf-8")


@contextmanager
def being_drawn(folder: Path) -> Iterator[None]:
    """Have helpers draw all that was asked for in a folder while the block runs; its end waits for them.

    Few charts are drawn at once, without helpers. Raises `WriteError` if one cannot be drawn.
    """
    n_charts = len(list(folder.glob("*.json")))
    n_helpers = min(MOST_HELPERS, os.cpu_count() or 1, n_charts // WORTH_A_HELPER)
    if not n_helpers:
        draw_all(folder)
    command = [sys.executable, "-m", __name__, str(folder)]
    with (folder / _ERRORS).open("w", encoding="utf-8") as errors:
        helpers = [subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=errors) for _ in range(n_helpers)]
    try:
        yield
        failed = any(helper.wait() for helper in helpers)
    finally:
        for helper in helpers:
            helper.kill()
            helper.wait()
    if failed:
        words = (folder / _ERRORS).read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise WriteError(f"The figures could not be drawn: {words[-1] if words else 'the program that draws was ended'}.")


def draw_all(folder: Path) -> None:
    """Draw what was asked for in a folder and is not taken by somebody else, the largest first."""
    for asked in sorted(folder.glob("*.json"), key=_size, reverse=True):
        taken = asked.with_suffix(".taken")
        try:
            asked.rename(taken)
        except FileNotFoundError:
            continue
        chart = json.loads(taken.read_text(encoding="utf-8"))
        drawn = svg(chart["spec"], chart["version"])
        if ".svg" in chart["suffixes"]:
            asked.with_suffix(".svg").write_text(drawn, encoding="utf-8")
        if ".png" in chart["suffixes"]:
            asked.with_suffix(".png").write_bytes(png(drawn))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


if __name__ == "__main__":
    draw_all(Path(sys.argv[1]))
