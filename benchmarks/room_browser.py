"""A coder in Chromium: presses keys and reads, from a small script in the page, what was painted when.

Times are taken inside the page, from the key going down to the frame with the next segment having been drawn; nothing that
Playwright does in between is in them. One window, in front: browsers slow down what nobody looks at.
"""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.room_contract import NO_CODE, PANEL, WORDS

WATCH = Path(__file__).with_name("room_watch.js")
PATIENCE_MS, SETTLED_MS = 30_000, 5_000
"""How long is waited for a page, and for what comes of a key."""

READING_S = 0.25
"""Between a painted segment and the key that judges it, where what is measured is one press at a time."""


def window_of(context: Any, wanted: str = WORDS) -> Any:
    """A window that is watched from its first moment; `wanted` is the selector whose first paint is noted."""
    window = context.new_page()
    window.set_default_timeout(PATIENCE_MS)
    window.add_init_script(f"window.qkWanted = {wanted!r};\n{WATCH.read_text(encoding='utf-8')}")
    return window


class Room:
    """The page Code, or the native one beside it, with somebody sitting there."""

    def __init__(self, browser: Any, address: str, name: str, page: str = "code") -> None:
        self.n_dropped = 0
        self._context = browser.new_context(viewport={"width": 1280, "height": 720})
        self.window = window_of(self._context)
        self.window.goto(f"{address}/{page}?coder={name}")
        self.window.wait_for_function("window.qkWatch.painted.length > 0")
        self.window.bring_to_front()

    def close(self) -> None:
        """Leave; whatever waits is asked about, and not waited for."""
        self._context.close()

    def presses(self, n: int, key: str = NO_CODE) -> list[float]:
        """Judge `n` segments one after another, each once it has been read: milliseconds from each key to the next paint.

        A key that nothing comes of within `SETTLED_MS` is counted in `n_dropped` and pressed again.
        """
        done: list[float] = []
        while len(done) < n:
            time.sleep(READING_S)
            before = self.seen()
            self.window.keyboard.press(key)
            if not _comes(self.window, f"window.qkWatch.painted.length > {len(before['painted'])}", SETTLED_MS):
                self.n_dropped += 1
                continue
            after = self.seen()
            pressed = after["keys"][len(before["keys"])]
            painted = after["painted"][len(before["painted"])]
            done.append(painted["at"] - pressed["at"])
        return done

    def fast(self, n: int, gap_s: float, key: str = NO_CODE) -> list[float]:
        """Press `n` times at a fixed pace, whatever the page does; returns the gaps in ms as the page saw them."""
        before, due = len(self.seen()["keys"]), time.perf_counter()
        for _ in range(n):
            time.sleep(max(0.0, due - time.perf_counter()))
            self.window.keyboard.press(key)
            due += gap_s
        at = [pressed["at"] for pressed in self.seen()["keys"][before:]]
        return [after - first for first, after in pairwise(at)]

    def seen(self) -> dict[str, Any]:
        """What the script in the page has noted."""
        found: dict[str, Any] = self.window.evaluate("window.qkWatch")
        return found

    def painted(self) -> set[str]:
        """The words of all segments that were painted."""
        return {item["text"] for item in self.seen()["painted"]}

    def n_waiting(self) -> int:
        """How many decisions wait in the panel's outbox."""
        return int(self.window.locator(PANEL).get_attribute("data-outbox") or 0)

    def n_held(self) -> int:
        """How many keys wait in the panel for a segment to be painted."""
        return int(self.window.locator(PANEL).get_attribute("data-waiting") or 0)

    def settle(self, seconds: float = 60.0, rest_s: float = 1.5) -> bool:
        """Wait until nothing has waited for a while, neither keys nor decisions; whether that came about."""
        until, empty_since = time.monotonic() + seconds, None
        while time.monotonic() < until:
            now = time.monotonic()
            empty_since = None if self.n_held() or self.n_waiting() else (empty_since or now)
            if empty_since is not None and now - empty_since > rest_s:
                return True
            time.sleep(0.1)
        return False


def first_paint_ms(context: Any, url: str, wanted: str) -> float:
    """Milliseconds from asking for `url` in a new window to the first paint of `wanted`; raises `TimeoutError` without one."""
    window = window_of(context, wanted)
    try:
        window.goto(url, wait_until="commit")
        if not _comes(window, "window.qkWatch.firstPaint !== null", PATIENCE_MS):
            raise TimeoutError(f"{url} shows nothing like {wanted}: {window.locator('body').inner_text()[:300]!r}")
        return float(window.evaluate("window.qkWatch.firstPaint"))
    finally:
        window.close()


def _comes(window: Any, condition: str, patience_ms: float) -> bool:
    """Whether a condition comes true in time."""
    from playwright.sync_api import TimeoutError as TimedOut

    try:
        window.wait_for_function(condition, timeout=patience_ms)
    except TimedOut:
        return False
    return True
