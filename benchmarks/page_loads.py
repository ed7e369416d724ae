"""How long each page takes from being asked for to the first paint of what it is for, and what the server then holds.

Cold: a server that answers since a moment ago and has shown nothing, a browser without anything kept; how long the server took
from its start until it answered, in which it reads the study, is told apart. Warm: the server has shown every
page to everybody once; the browser has Streamlit's own files. Each load is a session of its own, as after a reload.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.room_browser import first_paint_ms
from benchmarks.room_contract import WORDS
from benchmarks.served import Server
from qualkit.ui import PAGES

MAIN = "[data-testid=stMain]"

USEFUL = {
    "study": f"{MAIN} table",
    "transcript": f"{MAIN} .qt-turn",
    "code": WORDS,
    "adjudicate": f"{MAIN} .q-here",
    "codebook": f"{MAIN} .q-name",
    "topics": f"{MAIN} canvas, {MAIN} svg.marks",
    "themes": f"{MAIN} .qth-name, {MAIN} .q-theme",
    "ratings": f"{MAIN} .qct button",
    "report": f"{MAIN} .qct td",
}
"""By page the selector of what it is for: all of it is there only once the page has had its data."""

WHO = {"code": "Ana", "transcript": "Ana"}
"""Who opens a page; everything else is opened by the adjudicator, who may see all of it."""


EMPTY = Path(__file__).with_name("empty_page.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Milliseconds to the first useful paint of a page, cold and warm."""

    page: str
    cold_ms: float
    warm_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the server took: seconds until it answered, the most of all starts, and megabytes after all pages."""

    start_s: float
    megabytes: float


def measure(browser: Any, server: Server, adjudicator: str) -> tuple[list[Load], Held]:
    """Load every page cold and warm, and see what it took of the server, which is running, and still is afterwards."""
    urls = {page: f"{server.address}/{_path(page)}?coder={WHO.get(page, adjudicator)}" for page in map(str.lower, PAGES)}
    found = {page: _cold(browser, server, url, USEFUL[page]) for page, url in urls.items()}
    cold = {page: cold_ms for page, (cold_ms, _) in found.items()}
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    for page, url in urls.items():
        first_paint_ms(context, url, USEFUL[page])
    warm = {page: first_paint_ms(context, url, USEFUL[page]) for page, url in urls.items()}
    context.close()
    return [Load(page=page, cold_ms=cold[page], warm_ms=warm[page]) for page in urls], Held(
        start_s=max(start_s for _, start_s in found.values()), megabytes=server.megabytes()
    )


def measure_empty(browser: Any, server: Server) -> Load:
    """As `measure` for a page with one word on it: what Streamlit takes by itself. `server` runs `EMPTY`."""
    wanted = ".qk-empty-page"
    cold, _ = _cold(browser, server, server.address, wanted)
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    first_paint_ms(context, server.address, wanted)
    warm = first_paint_ms(context, server.address, wanted)
    context.close()
    return Load(page="(one word, no study)", cold_ms=cold, warm_ms=warm)


def _cold(browser: Any, server: Server, url: str, wanted: str) -> tuple[float, float]:
    """Milliseconds of a first load, and seconds of the start before it."""
    server.stop()
    began = time.monotonic()
    server.start()
    start_s = time.monotonic() - began
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    try:
        return first_paint_ms(context, url, wanted), start_s
    finally:
        context.close()


def _path(page: str) -> str:
    return "" if page == PAGES[0].lower() else page
