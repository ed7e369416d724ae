"""The page Ratings: choosing a cell, rating it unseen, comparing, agreeing, and all ratings for who may see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("streamlit")

from streamlit.testing.v1 import AppTest

from qualkit.model import RatingValue, Table
from qualkit.study import Study
from qualkit.ui import behind, launch
from qualkit.ui.ratings_page import OPEN
from tests.conftest import choices, reopened
from tests.pages import opened, window_of

Open = Callable[..., AppTest]
SECRET = "the <b>zebra</b> in the waiting room"


def _script() -> None:
    from qualkit.ui import context, ratings_page

    with context.telling_errors():
        context.ask_name()
        context.show_notice()
        ratings_page.draw()


@pytest.fixture
def study(small_study: Study) -> Study:
    """The small study, coded alike by Ana and Ben; Ben has rated stigma in the first group."""
    settings = small_study.folder.config_file
    settings.write_text(settings.read_text() + 'coders = ["Ana", "Ben"]\nadjudicators = ["Cara"]\n')
    study = reopened(small_study)
    for name in ("Ana", "Ben"):
        seat = study.seat(name)
        for segment in study.coded_segments():
            seat.judge(segment.id, choices(stigma="barrier"))
    study.seat("Ben").rater.rate("stigma", fg1(study), RatingValue.STRONG_BARRIER, SECRET)
    return study


def fg1(study: Study) -> str:
    return study.rated_cases()[0].id


@pytest.fixture
def open_page(study: Study, monkeypatch: pytest.MonkeyPatch) -> Open:
    monkeypatch.setenv(launch.STUDY_VARIABLE, str(study.folder.path))

    def opened_by(name: str, *, cell: bool = False) -> AppTest:
        app = AppTest.from_function(_script, default_timeout=60)
        app.query_params["coder"] = name
        if cell:
            app.session_state[OPEN] = ("stigma", fg1(study))
        return app.run()

    return opened_by


def told(app: AppTest) -> str:
    return repr(app) + "".join(element.proto.body for element in app.get("html"))


def pressed(app: AppTest, start: str) -> AppTest:
    next(button for button in app.button if button.label.startswith(start)).click()
    return app.run()


def rated(app: AppTest, value: RatingValue, why: str) -> AppTest:
    app.radio[0].set_value(value)
    next(area for area in app.text_area if area.label == "Why").set_value(why)
    return pressed(app, "Keep my rating")


def test_who_codes_blind_gets_a_calm_sentence(small_study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(launch.STUDY_VARIABLE, str(small_study.folder.path))
    app = AppTest.from_function(_script, default_timeout=60)
    app.query_params["coder"] = "Ana"
    app.run()
    assert "Ana codes blind" in app.info[0].value and not app.error and not app.exception


def test_without_codes_there_is_nothing_to_rate(small_study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    small_study.seat("Ana")
    small_study.reveal()
    monkeypatch.setenv(launch.STUDY_VARIABLE, str(small_study.folder.path))
    app = AppTest.from_function(_script, default_timeout=60)
    app.query_params["coder"] = "Ana"
    app.run()
    assert "nothing to rate yet" in app.info[0].value and not app.exception


def test_the_grid_has_ones_own_ratings_and_how_many_segments_wait(
    open_page: Open, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    grids: list[tuple[Table, Any]] = []
    monkeypatch.setattr(behind, "choices", lambda shown, opens, **_: grids.append((shown, opens)))
    open_page("Ana")
    study.seat("Ana").rater.rate("stigma", fg1(study), RatingValue.BARRIER, "shame")
    app = open_page("Ana")
    study.seat("Ana").rater.compare("stigma", fg1(study))
    open_page("Ana")
    assert [grid.rows[0][2:] for grid, _ in grids] == [("○ 3", "○ 2"), ("−1", "○ 2"), ("−1 ≠ −2", "○ 2")]
    assert grids[0][1][0, 2] == "Stigma, fg1"
    assert "Of 2 cells rated so far: Ana 1, Ben 1." in told(app)


def test_a_cell_shows_the_talk_and_nothing_of_the_others_till_it_was_rated_and_compared(open_page: Open, study: Study) -> None:
    app = open_page("Ana", cell=True)
    assert "Shame and blame towards people" in told(app) and "so much shame in this town" in told(app)
    assert "zebra" not in told(app) and "proposes" not in told(app)
    assert not any(button.label.startswith("Compare") for button in app.button)
    app = rated(app, RatingValue.BARRIER, "shame")
    assert not app.exception and "zebra" not in told(app) and "proposes" not in told(app)
    app = pressed(app, "Compare")
    assert "&lt;b&gt;zebra&lt;/b&gt;" in told(app) and "<b>zebra" not in told(app)
    assert "The rule proposes" in told(app) and "3 segments against" in told(app)
    assert not any(button.label == "Change my rating" for button in app.button)


def test_concrete_examples_that_are_marked_are_kept_with_the_rating(open_page: Open, study: Study) -> None:
    app = open_page("Ana", cell=True)
    for box in app.checkbox[:2]:
        box.check()
    app = rated(app, RatingValue.BARRIER, "shame")
    (own,) = study.seat("Ana").rater.mine().values()
    assert len(own.concrete_segment_ids) == 2
    assert [box.value for box in app.checkbox] == [True, True, False]
    app.checkbox[0].uncheck()
    next(radio for radio in app.radio).set_value(RatingValue.STRONG_BARRIER)
    app = pressed(app, "Change my rating")
    (own,) = study.seat("Ana").rater.mine().values()
    assert (own.value, len(own.concrete_segment_ids)) == (RatingValue.STRONG_BARRIER, 1)


def test_a_press_without_a_choice_says_what_is_missing(open_page: Open, study: Study) -> None:
    app = pressed(open_page("Ana", cell=True), "Keep my rating")
    assert "Choose a rating first" in app.error[0].value
    app.radio[0].set_value(RatingValue.BARRIER)
    app = pressed(app, "Keep my rating")
    assert "Say why" in app.error[0].value and study.seat("Ana").rater.mine() == {}


def test_what_was_agreed_on_is_recorded_and_the_ratings_stay(open_page: Open, study: Study) -> None:
    study.seat("Ana").rater.rate("stigma", fg1(study), RatingValue.BARRIER, "shame")
    app = pressed(open_page("Ana", cell=True), "Compare")
    app.radio[0].set_value(RatingValue.STRONG_BARRIER)
    next(area for area in app.text_area if area.label.startswith("Why you agreed")).set_value("two people told of it")
    app = pressed(app, "Record the consensus")
    assert not app.exception and "Agreed on (Ana" in told(app)
    cell = study.rating_cells()["stigma", fg1(study)]
    assert cell.consensus is RatingValue.STRONG_BARRIER and cell.ratings["Ana"] is RatingValue.BARRIER


def test_the_way_leads_from_cell_to_cell_and_back(open_page: Open, study: Study) -> None:
    app = pressed(open_page("Ana"), "Rate the next of 2")
    assert "Stigma, fg1" in app.title[0].value
    app = pressed(app, "Next to rate (1)")
    assert "Stigma, fg2" in app.title[0].value
    assert pressed(app, "All cells").title[0].value == "Ratings"


def test_all_ratings_are_for_who_has_rated_what_others_have_or_rates_no_more(open_page: Open, study: Study) -> None:
    app = open_page("Ana")
    app.session_state["rating-all"] = True
    app = app.run()
    assert "Others have rated cells that you have not" in app.info[0].value
    study.seat("Ana").rater.rate("stigma", fg1(study), RatingValue.BARRIER, "shame")
    app = app.run()
    assert "your ratings of these stand" in told(app) and study.seat("Ana").rater.n_to_settle() == 1
    app = pressed(app, "Show all ratings")
    assert not app.exception and app.subheader[0].value == "Agreement before consensus"
    assert study.seat("Ana").rater.n_to_settle() == 0


@pytest.mark.browser
def test_a_cell_is_chosen_rated_and_compared_by_keyboard(study: Study, browser: Any, address: str) -> None:
    window = window_of(browser)
    opened(window, address, "Ratings", "Ana")
    window.get_by_role("button", name="Stigma, fg1: ○ 3. Open it").press("Enter")
    window.get_by_role("heading", name="Stigma, fg1").wait_for()
    window.get_by_role("radio", name="−1 hindered", exact=True).press("Space")
    window.get_by_role("textbox", name="Why").fill("shame")
    window.get_by_role("button", name="Keep my rating").press("Enter")
    window.get_by_role("button", name="Compare: the others").press("Enter")
    window.get_by_text("The rule proposes").wait_for()
    assert window.get_by_text("zebra").count() == 1
    window.get_by_role("button", name="All cells").press("Enter")
    window.get_by_role("button", name="Stigma, fg1: −1 ≠ −2. Open it").wait_for()
    assert study.seat("Ana").rater.has_compared("stigma", fg1(study))
