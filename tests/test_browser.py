"""The whole app in a real browser: two coders, a dispute, a decision, and the theme table that follows from it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qualkit.study import Study
from qualkit.ui import launch

pytestmark = pytest.mark.browser

FLAGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
SETTLED_MS = 15_000


@pytest.fixture
def study(small_study: Study) -> Study:
    settings = small_study.folder.config_file
    settings.write_text(settings.read_text() + 'coders = ["Ana", "Ben"]\nadjudicators = ["Cara"]\n')
    return Study.open(small_study.folder.path)


@pytest.fixture
def address(study: Study, tmp_path: Path) -> Iterator[str]:
    """The app, served over the study as `qualkit app` serves it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path = study.folder.path
    with (tmp_path / "server.log").open("w") as log:
        server = subprocess.Popen(
            launch.command(path, port), env=launch.environment(path), cwd=tmp_path, stdout=log, stderr=log
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(150):
        assert server.poll() is None, "the server ended before it was up"
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{url} does not answer")


@pytest.fixture
def browser() -> Iterator[Any]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium on this machine")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS.split())
        yield opened
        opened.close()


def sit_down(browser: Any, address: str, page: str, name: str, asked: list[str]) -> Any:
    """Open a page in a window of one's own; every address it asks for is added to `asked`."""
    window = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    window.set_default_timeout(SETTLED_MS)
    window.on("request", lambda request: asked.append(request.url))
    window.goto(f"{address}/{page}?coder={name}")
    return window


def code(window: Any, number: int, code_name: str | None, valence: str | None = None) -> None:
    """Judge the segment on the screen, the `number`th of its transcript."""
    window.get_by_text(f"Segment {number} of").wait_for()
    window.wait_for_timeout(500)  # reads
    if code_name is None:
        window.get_by_role("button", name="No code fits").click()
        return
    window.locator(".st-key-codes").get_by_text(code_name, exact=True).click()
    if valence:
        window.get_by_text(valence, exact=True).click()
    window.get_by_role("button", name="Save and next").click()


def test_two_coders_disagree_a_third_decides_and_the_theme_table_follows(browser: Any, address: str, study: Study) -> None:
    asked: list[str] = []
    ana, ben = (sit_down(browser, address, "code", name, asked) for name in ("Ana", "Ben"))
    code(ana, 1, "Stigma", "− barrier")
    code(ben, 1, "Stigma", "± mixed")
    for window in (ana, ben):
        code(window, 2, "Transport", "− barrier")
        code(window, 3, "Trust")
        window.get_by_text("All: 3 of").wait_for()

    themes = sit_down(browser, address, "themes", "Cara", asked)
    themes.get_by_text("1 disputed case not yet adjudicated").wait_for()
    assert themes.locator(".q-name", has_text="Stigma").count() == 0
    assert themes.locator(".q-name", has_text="Transport").count() == 1

    bench = sit_down(browser, address, "adjudicate", "Cara", asked)
    bench.get_by_text("Case 1 of 1 waiting").wait_for()
    assert bench.locator(".q-vote").all_inner_texts() == ["ANA\n− barrier", "BEN\n± mixed"]
    bench.get_by_text("Present as barrier", exact=True).click()
    bench.get_by_text("slip", exact=True).click()
    bench.get_by_role("button", name="Save decision").click()
    bench.get_by_text("No disputed case is waiting.").wait_for()

    themes.reload()
    themes.locator(".q-name", has_text="Stigma").wait_for()
    assert "1 adjudicated" in themes.get_by_text("Codes counted:").inner_text()
    row = next(row for row in study.theme_rows() if row.theme == "Stigma")
    assert (row.valence, row.n_segments, dict(row.basis)) == ("barrier", 1, {"adjudicated": 1})

    outside = [url for url in asked if not url.startswith((address, "data:", "blob:"))]
    assert outside == [], "the app asked the network for something"
    assert study.verify() is None


def test_a_double_click_saves_one_judgement_and_moves_one_segment_on(browser: Any, address: str, study: Study) -> None:
    window = sit_down(browser, address, "code", "Ana", [])
    window.get_by_text("Segment 1 of").wait_for()
    window.wait_for_timeout(500)
    window.get_by_role("button", name="No code fits").dblclick(delay=60)
    window.get_by_text("Segment 2 of").wait_for()
    window.wait_for_timeout(1_000)
    assert window.get_by_text("Segment 2 of").is_visible()
    assert [visit.version for visit in study.seat("Ana").judged().values()] == [1]


def test_a_memo_is_kept_though_the_button_is_pressed_while_it_is_being_typed(browser: Any, address: str, study: Study) -> None:
    window = sit_down(browser, address, "code", "Ana", [])
    window.get_by_text("Segment 1 of").wait_for()
    window.locator(".st-key-codes").get_by_text("Trust", exact=True).click()
    window.get_by_text("Trust", exact=True).nth(1).wait_for()
    window.get_by_label("Memo").press_sequentially("Ask her again")
    window.get_by_role("button", name="Save and next").click()
    window.get_by_text("Segment 2 of").wait_for()
    seat = study.seat("Ana")
    view = seat.view(seat.queue()[0])
    assert (view.memo, [choice.code_key for choice in view.choices]) == ("Ask her again", ["trust"])
