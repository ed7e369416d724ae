"""Cases are decided in a real browser by keyboard alone, on what was on the screen; what came too late stays as a draft."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qualkit.model import Choice, Evidence, Valence
from qualkit.study import Study
from tests.conftest import choices
from tests.test_browser import sit_down, study  # noqa: F401 - a fixture

pytestmark = pytest.mark.browser


def disputes(study: Study) -> list[str]:  # noqa: F811
    """Ana and Ben differ on three segments, in whose first Ana marked words; the segments' ids."""
    ids = study.seat("Ana").queue()[:3]
    text = study.corpus().segments[ids[0]].text
    at = text.index("much shame")
    marked = Choice(
        code_key="stigma", valence=Valence.BARRIER, evidence=(Evidence(start_char=at, end_char=at + 10, text="much shame"),)
    )
    for n, segment_id in enumerate(ids):
        study.seat("Ana").judge(segment_id, [marked] if n == 0 else choices(transport="barrier"))
        study.seat("Ben").judge(segment_id, [])
    return ids


def with_dora(study: Study) -> Study:  # noqa: F811
    """The study with a second adjudicator."""
    settings = study.folder.config_file
    settings.write_text(settings.read_text().replace('["Cara"]', '["Cara", "Dora"]'))
    return Study.open(study.folder.path)


def press(window: Any, *keys: str) -> None:
    for key in keys:
        window.keyboard.press(key)


def test_cases_are_decided_by_keyboard_alone(browser: Any, address: str, study: Study, tmp_path: Path) -> None:  # noqa: F811
    first, second, third = disputes(study)
    bench = sit_down(browser, address, "adjudicate", "Cara", [])
    bench.get_by_text("Case 1 of 3 waiting").wait_for()
    bench.wait_for_timeout(400)  # reads

    press(bench, "Enter")
    bench.get_by_text("Choose a decision (1 to 4) first.").wait_for()
    press(bench, "2", "w", "s", "n")  # barrier, Ana's words, a slip
    bench.keyboard.type("Reads R and C as text.")
    press(bench, "Control+Enter")
    bench.get_by_text("Case 1 of 2 waiting").wait_for()
    made = study.decisions()[first, "stigma"]
    assert (made.valence, made.reason, made.note) == (Valence.BARRIER, "slip", "Reads R and C as text.")
    assert [item.text for item in made.evidence] == ["much shame"]

    newer = (
        with_dora(study).seat("Dora").decide(second, "transport", present=False, reason="edge case", note="Not about travel.")
    )
    bench.wait_for_timeout(400)
    press(bench, "t", "ArrowRight", "Shift+ArrowRight", "Enter", "Escape", "1", "g", "Enter")
    bench.get_by_text("A decision was not kept").wait_for()
    press(bench, "l")
    bench.get_by_text("Your own draft stands below").wait_for()
    assert "Dora" in bench.locator(".qr-decided").first.inner_text()
    assert "Not about travel." in bench.locator(".qr-decided").first.inner_text()
    assert study.decisions()[second, "transport"].id == newer.id
    bench.wait_for_timeout(400)
    press(bench, "Enter")
    bench.get_by_text("Saved as a gap of the codebook.").wait_for()
    made = study.decisions()[second, "transport"]
    words = study.corpus().segments[second].text.split()[1:3]
    assert (made.supersedes, made.reason, [item.text for item in made.evidence]) == (
        newer.id,
        "codebook gap",
        [" ".join(words)],
    )

    bench.get_by_text("Case 1 of 1 waiting").wait_for()
    bench.wait_for_timeout(400)
    press(bench, "4", "j", "Enter", "Enter", "Enter")
    bench.get_by_text("No disputed case is waiting.").wait_for()
    assert not study.decisions()[third, "transport"].present
    assert len(study.decisions()) == 3
    assert study.verify() is None
