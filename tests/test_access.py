"""Every page can be used by people who do not see it, or see it badly, as far as axe-core can tell, in both themes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks.served import Server
from qualkit import ui
from tests.pages import go_to, opened, settled, window_of
from tests.worlds import ONE, a_world, with_topics

pytestmark = pytest.mark.browser

BAD = ("serious", "critical")

STREAMLITS_OWN: dict[tuple[str, str], str] = {}
"""Violations in what Streamlit draws around every page and that nobody but Streamlit can mend: rule and selector, and why."""

WHO = {"Ana": ["Code", "Transcript"], "Cara": [page for page in ui.PAGES if page not in ("Code", "Transcript")]}
"""Who looks at which pages: Ana codes, Cara adjudicates and so sees everything else."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("access")
    study = with_topics(a_world(folder / "world", ONE))
    with Server(study.folder.path, log=folder / "server.log") as server:
        yield server.address


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_serious_violation_on_any_page(browser: Any, address: str, theme: str) -> None:
    from qualkit.ui import report_page

    window = window_of(browser, color_scheme=theme)
    found = []
    for name, pages in WHO.items():
        opened(window, address, pages[0], name)
        for page in pages:
            go_to(window, page)
            found += [f"{page}: {said}" for said in violations(window)]
            for section in report_page.SECTIONS if page == "Report" else ():
                window.get_by_text(section, exact=True).first.click()
                settled(window)
                found += [f"{page}, {section}: {said}" for said in violations(window)]
    assert not found, "\n".join(found)


def test_the_first_page_is_found_at_its_name_too(browser: Any, address: str) -> None:
    window = window_of(browser)
    window.goto(f"{address}/{ui.PAGES[0].lower()}?coder=Cara")
    window.wait_for_url(f"{address}/?coder=Cara")
    settled(window)
    assert window.locator("h1").all_inner_texts() == ["A small study"]
    assert window.get_by_text("Page not found").count() == 0
    assert window.locator("[data-testid=stSidebarNavLink][aria-current=page]").get_by_text("Study", exact=True).count() == 1


def violations(window: Any) -> list[str]:
    """What is badly wrong with a page: the rule, the element, and what is to be done about it."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    return [
        f"{rule['id']} ({rule['impact']}) {node['target']}: {_line(node['failureSummary'])} in {node['html'][:120]}"
        for rule in axe.run(window).response["violations"]
        if rule["impact"] in BAD
        for node in rule["nodes"]
        if (rule["id"], " ".join(map(str, node["target"]))) not in STREAMLITS_OWN
    ]


def _line(text: str) -> str:
    return " ".join(text.split())
