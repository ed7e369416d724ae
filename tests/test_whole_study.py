"""A whole study in the browser by keyboard alone: blind coding, a dispute, a decision, a changed code, a theme table."""

from __future__ import annotations

from typing import Any

import pytest

from qualkit.model import Valence
from qualkit.study import Study
from tests.conftest import reopened
from tests.pages import opened, settled, window_of

pytestmark = pytest.mark.browser

MOST_TABS = 120


@pytest.fixture
def study(small_study: Study) -> Study:
    settings = small_study.folder.config_file
    settings.write_text(settings.read_text() + 'coders = ["Ana", "Ben"]\nadjudicators = ["Cara"]\n')
    return reopened(small_study)


def test_two_coders_an_adjudicator_a_changed_code_and_a_theme_table_by_keyboard_alone(
    browser: Any, address: str, study: Study
) -> None:
    for name, valence in (("Ana", "b"), ("Ben", "x")):
        code_all(window_of(browser), address, name, first=("1", valence, "Enter"))
        assert study.seat(name).progress() == (5, 5)

    cara = window_of(browser)
    decide(cara, address)
    (decision,) = study.decisions().values()
    assert (decision.code_key, decision.valence, decision.reason) == ("stigma", Valence.BARRIER, "slip")

    change(cara, "Also shame about asking for help.")
    assert reopened(study).codebook().by_key["stigma"].definition.endswith("asking for help.")

    visit(cara, "Themes")
    cara.get_by_text("Stigma", exact=True).first.wait_for()
    (row,) = reopened(study).theme_rows()
    assert (row.theme, row.valence, row.n_segments, dict(row.basis)) == ("Stigma", "barrier", 1, {"adjudicated": 1})
    assert study.verify() is None


def code_all(window: Any, address: str, name: str, first: tuple[str, ...]) -> None:
    """Judge the first segment with these keys, and that no code fits all others."""
    opened(window, address, "Code", name)
    for n, keys in enumerate((first, *[("n",)] * 4)):
        window.locator(f".qk-coding[data-saved='{n}'][data-segment]").wait_for()
        window.wait_for_timeout(200)  # reads
        press(window, *keys)
    window.locator(".qk-coding[data-outbox='0'][data-saved='5']").wait_for()


def decide(window: Any, address: str) -> None:
    """Decide the only case there is: a barrier, and one coder made a slip."""
    opened(window, address, "Adjudicate", "Cara")
    window.get_by_text("Case 1 of 1 waiting").wait_for()
    window.wait_for_timeout(400)  # reads
    press(window, "2", "s", "Enter")
    window.get_by_text("0 waiting").or_(window.get_by_text("No disputed case is waiting.")).first.wait_for()


def change(window: Any, words: str) -> None:
    """Add words to the definition of the first code, which changes its meaning."""
    visit(window, "Codebook")
    choose(window, "Edit")
    tab_to(window, "Definition")
    press(window, "Control+End")
    window.keyboard.type(f" {words}")
    press(window, "Control+Enter")
    tab_to(window, "Why?")
    window.keyboard.type("Two groups spoke of it.")
    press(window, "Tab")
    settled(window)
    tab_to(window, "Save")
    press(window, "Enter")
    window.get_by_text("Stigma is changed.").wait_for()


def press(window: Any, *keys: str) -> None:
    for key in keys:
        window.keyboard.press(key)


def visit(window: Any, page: str) -> None:
    """Go to another page by its link, with Tab and Enter."""
    tab_to(window, page)
    press(window, "Enter")
    window.wait_for_url(f"**/{page.lower()}*")
    settled(window)


def choose(window: Any, option: str) -> None:
    """Choose one of a row of options: Tab leads to the row, arrows through it."""
    tab_to(window, "Read", is_whole=True)
    for _ in range(10):
        if named(window).startswith(option):
            press(window, "Enter")
            settled(window)
            return
        press(window, "ArrowRight")
    raise AssertionError(f"no arrow leads to {option}")


def tab_to(window: Any, name: str, *, is_whole: bool = False) -> None:
    """Press Tab until what has that name has the focus; a name may go on, unless it `is_whole`."""
    for _ in range(MOST_TABS):
        press(window, "Tab")
        found = named(window)
        if found == name or (found.startswith(name) and not is_whole):
            return
    raise AssertionError(f"no Tab leads to {name}")


def named(window: Any) -> str:
    """The name of what has the focus, without the name of its icon."""
    said = """() => { const at = document.activeElement, copy = at.cloneNode(true);
        copy.querySelectorAll("[data-testid=stIconMaterial]").forEach((icon) => icon.remove());
        return (at.getAttribute("aria-label") || at.labels?.[0]?.textContent || copy.textContent || "").trim(); }"""
    return str(window.evaluate(said))
