"""The page Themes: every number opens what is behind it, and quotes are put in order by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("streamlit")

from streamlit.testing.v1 import AppTest

from qualkit.study import Study, new_theme
from qualkit.ui import launch, theme_desk, theme_parts
from tests.conftest import choices
from tests.drawn import page_of, sent
from tests.test_browser import sit_down

Open = Callable[..., AppTest]


@pytest.fixture
def study(small_study: Study, segment_ids: dict[str, str]) -> Study:
    """A study in which Ana has coded and Cara adjudicates."""
    settings = small_study.folder.config_file
    settings.write_text(settings.read_text() + 'coders = ["Ana", "Ben"]\nadjudicators = ["Cara"]\n')
    opened = Study.open(small_study.folder.path)
    ana = opened.seat("Ana")
    ana.judge(segment_ids["There is"], choices(stigma="barrier"))
    ana.judge(segment_ids["No bus"], choices(stigma="barrier"))
    ana.judge(segment_ids["Nobody will"], choices(stigma="facilitator"))
    ana.judge(segment_ids["But they"], choices(trust=None))
    return opened


@pytest.fixture
def open_page(study: Study, monkeypatch: pytest.MonkeyPatch) -> Open:
    monkeypatch.setenv(launch.STUDY_VARIABLE, str(study.folder.path))

    def opened(name: str, **session: Any) -> AppTest:
        app = page_of("themes", name)
        for key, value in session.items():
            app.session_state[key.replace("_", "-")] = value
        return app.run()

    return opened


def test_the_table_has_every_count_with_its_denominator_and_is_plain_data(study: Study) -> None:
    data = json.loads(json.dumps(theme_parts.board_data(study.theme_standings())))
    stigma = data["domains"][0]["themes"][0]
    assert stigma["name"] == "Stigma" and not stigma["is_written"]
    assert [(row["said"], row["n_segments"], row["n_groups"], row["of_groups"]) for row in stigma["rows"]] == [
        ("facilitator", 1, 1, 2),
        ("barrier", 2, 1, 2),
    ]
    assert data["most"] == 2


def test_a_number_opens_the_segments_that_it_counts(open_page: Open, study: Study) -> None:
    stigma = study.theme_standings()[0].theme.id
    app = open_page("Cara", theme_hear={"theme": stigma, "valence": "barrier", "what": "people"})
    said = "".join(element.proto.body for element in app.get("html"))
    assert "People blame the person." in said and "No bus runs on Sundays" in said and "Nobody will blame" not in said
    assert "P1, fg1 (1)" in repr(app)  # to be narrowed to one person


def test_a_theme_on_the_desk_says_who_carries_it(open_page: Open, study: Study) -> None:
    app = open_page("Cara", **{theme_desk.OPEN.replace("-", "_"): study.theme_standings()[0].theme.id})
    said = "".join(element.proto.body for element in app.get("html"))
    assert "of 2 groups" in sent(app) and "P1, fg1" in said
    assert [button.label for button in app.button][:1] == ["All themes"]


def test_a_written_theme_is_changed_and_withdrawn_and_stays_on_file(open_page: Open, study: Study) -> None:
    made = study.seat("Cara").authoring.write(new_theme("Shame", "", "", ["stigma"]))
    app = open_page("Cara", theme_open=made.id)
    next(field for field in app.text_area if field.label == "Claim").set_value("It keeps people away.")
    next(button for button in app.button if button.label == "Save theme").click().run()
    assert [theme.claim for theme in study.written_themes()] == ["It keeps people away."]
    next(button for button in app.button if button.label == "Withdraw the theme").click().run()
    assert study.written_themes() == [] and study.verify() is None
    assert [title.value for title in app.title] == ["Themes"]


def test_a_theme_without_a_name_is_not_saved_and_the_page_says_why(open_page: Open, study: Study) -> None:
    app = open_page("Cara", theme_open=theme_desk.NEW)
    next(button for button in app.button if button.label == "Save theme").click().run()
    assert [error.value for error in app.error] == ["A theme needs a name and at least one code or topic."]
    assert study.written_themes() == []


def test_every_table_is_shown_and_has_a_button_for_each_format(open_page: Open) -> None:
    app = open_page("Cara", theme_tables=True)
    assert not app.exception
    tables = next(box for box in app.selectbox if box.label == "Table")
    assert {"Characteristics of participants", "Framework matrix: codes by groups"} <= set(tables.options)
    labels = [button.label for button in app.get("download_button")]
    assert labels == ["CSV", "DOCX", "XLSX", "CSV", "DOCX", "HTML", "LaTeX", "Markdown", "XLSX"]
    tables.set_value("participants").run()
    assert "Characteristics of Participants" in "".join(element.proto.body for element in app.get("html"))


def test_an_author_says_how_a_quotation_is_printed_and_is_told_what_is_none(open_page: Open, study: Study) -> None:
    stigma = study.theme_standings()[0].theme.id
    app = open_page("Cara", theme_hear={"theme": stigma, "valence": "barrier", "what": "segments"})
    key = str(next(field.key for field in app.text_area if "shame" in field.value))
    app.text_area(key=key).set_value("There is no shame")
    app.button(key=f"{key}-keep").click().run()
    assert "mark what is left out" in app.session_state[f"{key}-said"]
    assert study.corpus().edits == {}
    app = open_page("Cara", theme_hear={"theme": stigma, "valence": "barrier", "what": "segments"})
    app.text_area(key=key).set_value("There is […] shame in this town.")
    app.button(key=f"{key}-keep").click().run()
    assert study.corpus().edits == {key.rpartition("-print-")[2]: "There is […] shame in this town."}


def test_a_blind_coder_is_told_a_sentence_and_given_no_table(open_page: Open) -> None:
    app = open_page("Ben")
    assert "Ben codes blind and has judged 0 of 5 segments" in app.info[0].value
    assert not app.get("bidi_component") and "Stigma" not in repr(app)


def test_components_put_words_into_the_page_as_text() -> None:
    for file in Path(launch.__file__).parent.glob("*.js"):
        script = file.read_text(encoding="utf-8")
        assert "innerHTML" not in script and "insertAdjacentHTML" not in script


# ---------------------------------------------------------------- in a browser


@pytest.fixture
def window(study: Study, browser: Any, address: str) -> Iterator[Any]:
    yield sit_down(browser, address, "themes", "Cara", [])


@pytest.mark.browser
def test_quotes_are_chosen_dragged_and_moved_by_keyboard(window: Any, study: Study, segment_ids: dict[str, str]) -> None:
    bus, shame = segment_ids["No bus"], segment_ids["There is"]
    window.get_by_role("button", name="Stigma, barrier: 2 segments").click()
    window.get_by_role("dialog").get_by_text("No bus runs on Sundays").wait_for()
    window.keyboard.press("Escape")
    window.get_by_role("button", name="Stigma", exact=True).click()
    chosen, others = window.locator(".qor ol li"), window.locator(".qor ul li")
    others.filter(has_text="No bus").get_by_role("button", name="Choose").click()
    window.get_by_text("✓ saved").wait_for()
    others.filter(has_text="shame in this town").drag_to(chosen.first)
    window.locator(f'.qor ol li[data-id="{shame}"] + li[data-id="{bus}"]').wait_for()
    chosen.nth(1).focus()
    window.keyboard.press("Alt+ArrowUp")
    window.locator(f'.qor ol li[data-id="{bus}"] + li[data-id="{shame}"]').wait_for()
    assert window.locator(".qor-spoken").inner_text() == "Now 1 of 2."
    assert window.evaluate("document.activeElement.dataset.id") == bus
    window.wait_for_function("document.querySelector('.qor-saved').textContent === '✓ saved'")
    assert study.written_themes()[0].quote_segment_ids == (bus, shame)
    assert study.verify() is None
