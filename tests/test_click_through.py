"""From any number that counts segments to the segments themselves: the section Figures, and all pages that show numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("streamlit")
pytest.importorskip("altair")

from streamlit.testing.v1 import AppTest

from qualkit.model import Behind
from qualkit.study import Study
from qualkit.ui import launch
from tests.conftest import choices
from tests.drawn import page_of, sent, told
from tests.test_browser import sit_down
from tests.worlds import with_topics

Open = Callable[..., AppTest]


@pytest.fixture
def study(small_study: Study, segment_ids: dict[str, str]) -> Study:
    """A study with topics that Ana and Ben have coded in part, and that Cara adjudicates."""
    settings = small_study.folder.config_file
    settings.write_text(settings.read_text() + 'coders = ["Ana", "Ben"]\nadjudicators = ["Cara"]\n')
    opened = with_topics(Study.open(small_study.folder.path))
    for name in ("Ana", "Ben"):
        opened.seat(name).judge(segment_ids["There is"], choices(stigma="barrier", trust=None))
        opened.seat(name).judge(segment_ids["No bus"], choices(transport="barrier"))
        opened.seat(name).judge(segment_ids["But they"], choices(trust=None))
    opened.seat("Ana").judge(segment_ids["The bus"], choices(transport="facilitator"))
    opened.seat("Ben").judge(segment_ids["The bus"], [])
    return opened


@pytest.fixture
def open_page(study: Study, monkeypatch: pytest.MonkeyPatch) -> Open:
    monkeypatch.setenv(launch.STUDY_VARIABLE, str(study.folder.path))

    def opened(page: str, name: str, **session: Any) -> AppTest:
        app = page_of(page, name)
        for key, value in session.items():
            app.session_state[key.replace("_", "-")] = value
        return app.run()

    return opened


def press(app: AppTest, label: str) -> str:
    """What the page tells once the first button of that label was pressed."""
    next(button for button in app.button if label in button.label).click().run()
    assert not app.exception
    return told(app)


# ---------------------------------------------------------------- the section Figures


def test_any_figure_is_drawn_with_its_notes_and_a_button_for_each_format(open_page: Open, study: Study) -> None:
    app = open_page("report", "Cara", report_section="Figures")
    assert not app.exception
    chosen = next(box for box in app.selectbox if box.label == "Figure")
    assert set(chosen.options) >= {"Barriers and facilitators by construct", "Intercoder agreement by code", "Themes by group"}
    for stem in study.figures():
        chosen = next(box for box in app.selectbox if box.label == "Figure")
        chosen.set_value(stem).run()
        assert not app.exception and len(app.get("vega_lite_chart")) == 1, stem
    assert [button.label for button in app.get("download_button")] == ["PNG", "SVG", "HTML"]


def test_a_mark_that_was_clicked_opens_its_segments_once(open_page: Open) -> None:
    app = open_page("report", "Cara", report_section="Figures")
    number = Behind(title="Stigma: barrier", segment_ids=())
    app.session_state["figure-constructs_diverging-turn-behind"] = number
    app.run()
    assert "Stigma: barrier" in told(app) and "No segment is behind this." in app.info[0].value
    app.run()
    assert not app.info


def test_the_same_numbers_stand_in_a_table_that_needs_no_mouse(open_page: Open) -> None:
    app = open_page("report", "Cara", report_section="Figures", figure_numbers=True)
    assert not app.exception
    assert "Barriers and Facilitators by Construct" in sent(app) and "Stigma: barrier" in sent(app)


def test_without_what_counts_the_section_says_what_is_missing(open_page: Open, small_study: Study) -> None:
    bare = Study.init(small_study.folder.path.parent / "bare", title="Bare", adjudicators=["Cara"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(launch.STUDY_VARIABLE, str(bare.folder.path))
        app = page_of("report", "Cara")
        app.session_state["report-section"] = "Figures"
        app.run()
    assert "nothing to draw yet" in app.info[0].value


# ---------------------------------------------------------------- all other pages


def test_a_code_leads_to_the_segments_it_was_given_to_and_who_gave_it(open_page: Open) -> None:
    app = open_page("codebook", "Cara", codebook_code="transport")
    said = press(app, "Read and hear 2 segments")
    assert "The bus stops right" in said and "Ana: facilitator; Ben: absent" in said


def test_agreement_by_code_leads_to_the_segments_on_which_coders_differ(open_page: Open) -> None:
    app = open_page("report", "Cara")
    assert not app.exception
    assert "Transport: coders differ on 1 segment" in sent(app)


def test_findings_by_transcript_lead_to_their_segments(open_page: Open) -> None:
    app = open_page("study", "Cara", found=True)
    assert not app.exception
    assert "fg1: in themes" in sent(app).casefold()


def test_topics_lead_to_their_segments_from_cards_gaps_and_across(open_page: Open) -> None:
    cards = open_page("topics", "Cara", section="Topics")
    assert "shame in this town" in press(cards, "3 segments")
    folds = {f"fold-{title}": True for title in ("Covered, but worth a look", "Covered, or too little to say")}
    gaps = open_page("topics", "Cara", section="Gaps", **folds)
    assert "segments by" in press(gaps, "people")
    across = open_page("topics", "Cara", section="Across")
    assert not across.exception
    assert "Who Carries a Topic" in sent(across)


def test_cases_that_are_decided_together_are_read_and_heard_first(open_page: Open) -> None:
    app = open_page("adjudicate", "Cara", agreed=True)
    assert "trust the peer coach" in press(app, "Read and hear 3 segments")


def test_tables_of_the_page_themes_open_where_they_count_segments(open_page: Open) -> None:
    app = open_page("themes", "Cara", theme_tables=True, table_chosen="constructs")
    assert not app.exception
    assert "Barriers and Facilitators by Construct" in sent(app)


@pytest.mark.parametrize(
    ("page", "session"),
    [
        ("report", {"report_section": "Figures", "figure_numbers": True}),
        ("codebook", {"codebook_code": "transport"}),
        ("topics", {"section": "Topics"}),
        ("study", {"found": True, "by_code": True}),
        ("themes", {"theme_tables": True}),
    ],
)
def test_a_blind_coder_is_given_no_way_in_on_any_page(
    open_page: Open, segment_ids: dict[str, str], page: str, session: dict[str, Any]
) -> None:
    app = open_page(page, "Ben", **session)
    ways = [button.label for button in app.button if "Read and hear" in button.label or button.label.endswith("segments")]
    assert ways == []
    said = sent(app)
    assert "where coders differ" not in said and "by Construct" not in said and segment_ids["The bus"] not in said


# ---------------------------------------------------------------- in a browser


@pytest.fixture
def window(study: Study, browser: Any, address: str) -> Iterator[Any]:
    yield sit_down(browser, address, "report", "Cara", [])


@pytest.mark.browser
def test_a_bar_is_clicked_and_a_number_pressed_and_both_open_what_was_said(window: Any, tmp_path: Path) -> None:
    window.get_by_text("Figures", exact=True).click()
    bar = window.get_by_test_id("stVegaLiteChart").locator("[aria-label*='Construct: Stigma; Kind: Barrier']")
    dialog = window.get_by_role("dialog")
    for _ in range(2):  # the same bar again, once the dialog is closed
        bar.click()
        dialog.get_by_text("Stigma: barrier").wait_for()
        window.keyboard.press("Escape")
        dialog.wait_for(state="detached")
    window.get_by_text("The same in numbers").click()
    window.get_by_role("button", name="Stigma: barrier: 1. Read and hear them").press("Enter")
    dialog.get_by_text("shame in this town").wait_for()
    window.keyboard.press("Escape")
    with window.expect_download() as given:
        window.get_by_role("button", name="SVG").click()
    given.value.save_as(tmp_path / "figure.svg")
    assert (tmp_path / "figure.svg").read_text(encoding="utf-8").startswith("<svg")
