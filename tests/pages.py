"""Pages of the app in a browser window."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from qualkit.ui import PAGES

SETTLED_MS = 60_000
"""So long a page has to show what is waited for: the machine may be busy, and time is no behaviour."""

REST_MS = 300
"""What is drawn fades in."""


def window_of(browser: Any, *, width: int = 1280, height: int = 720, **context: str) -> Any:
    """A window of one's own, of a person who has not been there before; `context` as `Browser.new_context` takes it."""
    window = browser.new_context(viewport={"width": width, "height": height}, **context).new_page()
    window.set_default_timeout(SETTLED_MS)
    return window


def path_of(page: str) -> str:
    """Where a page is; the first of them is at the root."""
    return "" if page == PAGES[0] else page.lower()


def opened(window: Any, address: str, page: str, name: str) -> None:
    """Come to a page from outside, as that person, and wait until all of it is there."""
    window.goto(f"{address}/{path_of(page)}?coder={name}")
    settled(window)


def go_to(window: Any, page: str) -> None:
    """Go to another page by its link, and wait until all of it is there."""
    window.get_by_test_id("stSidebarNavLink").get_by_text(page, exact=True).click()
    window.wait_for_url(lambda url: urlsplit(url).path.strip("/") == path_of(page))
    settled(window)


def settled(window: Any) -> None:
    """Wait until the page has been drawn to its end."""
    window.locator("[data-testid=stMain] [data-testid=stElementContainer]").first.wait_for(state="attached")
    window.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    window.wait_for_timeout(REST_MS)
