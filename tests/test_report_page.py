"""The section Checklists of the page Report: each item with its status, doors to its evidence, and where to write the rest."""

from __future__ import annotations

from html import escape
from typing import Any

import pytest

pytest.importorskip("streamlit")

from streamlit.testing.v1 import AppTest

from qualkit.study import Study
from qualkit.ui import launch
from tests.conftest import choices, in_folder, reopened
from tests.drawn import page_of, told
from tests.pages import opened, settled, window_of

NASTY = "<b>Dr</b> & Co"


@pytest.fixture
def study(small_study: Study, monkeypatch: pytest.MonkeyPatch) -> Study:
    """A study in which Ana has coded everything, and Cara adjudicates."""
    settings = small_study.folder.config_file
    people = 'coders = ["Ana", "Ben"]\nadjudicators = ["Cara"]\n'
    settings.write_text(settings.read_text() + people + f'\n[report]\ncredentials = "{NASTY}"\n')
    again = reopened(small_study)
    ana = again.seat("Ana")
    for segment in again.coded_segments():
        ana.judge(segment.id, choices(stigma="barrier") if "shame" in segment.text else choices(trust=None))
    monkeypatch.setenv(launch.STUDY_VARIABLE, str(again.folder.path))
    return again


def page(name: str, **session: Any) -> AppTest:
    app = page_of("report", name)
    app.query_params["report-section"] = "Checklists"
    for key, value in session.items():
        app.session_state[key.replace("_", "-")] = value
    return app.run()


def test_every_item_stands_with_its_status_and_what_is_asked(study: Study) -> None:
    app = page("Cara")
    said = told(app)
    items = study.checklists()["coreq"].items
    assert not app.exception
    assert all(f"{item.number}. {escape(item.topic)}" in said for item in items)
    assert "○ to complete" in said and "✓ filled" in said and "½ checked" in said
    assert "&lt;b&gt;Dr&lt;/b&gt; &amp; Co" in said


def test_only_what_is_to_complete_can_be_shown(study: Study) -> None:
    app = page("Cara", coreq_left=True)
    said = told(app)
    assert "12. Sample size" not in said
    assert "3. Occupation" in said and "17. Guide" in said
    (missing,) = (element.value for element in app.code)
    assert missing.startswith("[report]\n")
    assert 'occupation = ""  # occupation of whoever led' in missing
    assert "ethics" not in missing and "credentials" not in missing


def test_the_texts_are_shown_with_what_they_can_be_seen_in(study: Study) -> None:
    said = told(page("Cara", checklist="Texts"))
    assert "<b>Coding.</b>" in said
    assert "Seen in log: judged" in said


def test_a_button_opens_the_table_that_an_item_points_at(study: Study) -> None:
    app = page("Cara")
    button = next(item for item in app.button if item.label == "Table participants")
    assert "Characteristics of Participants" not in told(app)
    assert "Characteristics of Participants" in told(button.click().run())


def test_a_button_opens_the_segments_behind_an_item(study: Study) -> None:
    app = page("Cara")
    button = next(item for item in app.button if "what moderators said" in item.label)
    assert "What gets in the way?" in told(button.click().run())


def test_a_blind_coder_is_told_to_wait_and_shown_no_item(study: Study) -> None:
    in_folder(study, "note.txt", "")
    app = page("Ben")
    assert "codes blind" in app.info[0].value
    assert "Sample size" not in told(app)


@pytest.mark.browser
def test_the_whole_report_is_downloaded_as_one_page(study: Study, browser: Any, address: str) -> None:
    window = window_of(browser)
    opened(window, address, "Report", "Cara")
    window.get_by_role("radio", name="Checklists").click()
    settled(window)
    with window.expect_download() as download:
        window.get_by_role("button", name="Whole report").click()
    text = download.value.path().read_text(encoding="utf-8")
    assert download.value.suggested_filename == "report.html"
    assert "COREQ Checklist" in text and "default-src 'none'" in text
