"""Numbers that open: what stands behind a number is read, narrowed down and heard, by those who may see it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

pytest.importorskip("streamlit")

from streamlit.testing.v1 import AppTest

from qualkit.exporters.printed import in_words
from qualkit.model import Spanner, Table
from qualkit.study import Study
from qualkit.ui import behind, launch
from tests.conftest import choices
from tests.drawn import told

Open = Callable[..., AppTest]

HELD = "number-behind"
"""Where the page of these tests keeps what was pressed."""


@pytest.fixture
def study(small_study: Study, segment_ids: dict[str, str]) -> Study:
    """A study in which Ana has coded and Cara adjudicates."""
    settings = small_study.folder.config_file
    settings.write_text(settings.read_text() + 'coders = ["Ana", "Ben"]\nadjudicators = ["Cara"]\n')
    opened = Study.open(small_study.folder.path)
    for start in ("There is", "No bus", "Nobody will"):
        opened.seat("Ana").judge(segment_ids[start], choices(stigma="barrier"))
    return opened


@pytest.fixture
def open_page(study: Study, monkeypatch: pytest.MonkeyPatch) -> Open:
    monkeypatch.setenv(launch.STUDY_VARIABLE, str(study.folder.path))

    def opened(name: str, number: behind.Behind) -> AppTest:
        app = AppTest.from_function(_script, args=(number.title, number.segment_ids, number.what), default_timeout=60)
        app.query_params["coder"] = name
        return app.run()

    return opened


def _script(title: str, segment_ids: tuple[str, ...], what: str) -> None:
    from qualkit.ui import behind, context

    with context.telling_errors():
        context.ask_name()
        number = behind.Behind(title=title, segment_ids=segment_ids, what=what)
        behind.button(context.need_seat(), "a number", number, key="number")


@pytest.fixture
def coded(segment_ids: dict[str, str]) -> tuple[str, ...]:
    """The segments that Ana has coded."""
    return tuple(segment_ids[start] for start in ("There is", "No bus", "Nobody will"))


def test_a_table_says_which_cells_open_and_holds_words_and_nothing_else(coded: tuple[str, ...]) -> None:
    table = Table(
        title="Themes by count",
        columns=("Theme", "Valence", "Segments"),
        rows=(("Stigma <b>", "barrier", 3), ("Stigma <b>", "facilitator", 0)),
        notes=("N counts people.",),
        n_stub=2,
        spanners=(Spanner(text="How often", first=2, last=2),),
    )
    number = behind.Behind(title="Stigma, barrier", segment_ids=coded)
    data = json.loads(json.dumps(behind.table_data(in_words(table), {(0, 2): number})))
    assert data["opens"] == [{"row": 0, "column": 2, "title": "Stigma, barrier"}]
    assert data["rows"][0] == ["Stigma <b>", "barrier", "3"] and data["repeats"][1] == [True, False, False]
    assert data["over"][-1] == {"text": "How often", "n": 1}
    assert not any(segment_id in json.dumps(data) for segment_id in coded)


def test_nothing_is_sent_of_what_is_behind_a_number_until_it_is_pressed(open_page: Open, coded: tuple[str, ...]) -> None:
    app = open_page("Cara", behind.Behind(title="Stigma", segment_ids=coded))
    assert "shame" not in told(app)
    app.button(key="number").click().run()
    assert "shame in this town" in told(app) and "No bus runs" in told(app)
    assert "3 segments by 3 people in 2 groups." in told(app)
    app.run()
    assert "shame" not in told(app)


def test_people_and_groups_can_be_chosen_among_and_the_next_number_shows_all_of_its_own(
    open_page: Open, coded: tuple[str, ...]
) -> None:
    app = open_page("Cara", behind.Behind(title="Stigma", segment_ids=coded, what="people"))
    app.button(key="number").click().run()
    (people,) = app.get("button_group")
    assert people.options == ["P1, fg1 (1)", "P2, fg1 (1)", "P4, fg2 (1)"]
    app.session_state[people.key] = "P4, fg2"
    app.session_state[HELD] = behind.Behind(title="Stigma", segment_ids=coded, what="people")
    app.run()
    assert "Nobody will blame" in told(app) and "No bus" not in told(app)
    app.session_state[HELD] = behind.Behind(title="Another number", segment_ids=coded[:2], what="people")
    app.run()
    assert "No bus" in told(app) and "shame" in told(app)


def test_of_many_segments_the_first_are_shown_and_more_when_asked_for(
    open_page: Open, coded: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(behind, "N_SHOWN", 2)
    number = behind.Behind(title="Stigma", segment_ids=coded)
    app = open_page("Cara", number)
    app.button(key="number").click().run()
    assert "Nobody will" not in told(app)
    more = next(button for button in app.button if button.label == "Show more (2 of 3)")
    app.session_state[HELD] = number
    more.click().run()
    assert "Nobody will" in told(app)


def test_segments_that_are_gone_are_left_out_and_an_empty_number_says_so(open_page: Open, coded: tuple[str, ...]) -> None:
    app = open_page("Cara", behind.Behind(title="Stigma", segment_ids=("gone", coded[0])))
    app.button(key="number").click().run()
    assert "1 segment by 1 person in 1 group." in told(app)
    app = open_page("Cara", behind.Behind(title="Stigma", segment_ids=("gone",)))
    app.button(key="number").click().run()
    assert [info.value for info in app.info] == ["No segment is behind this."]


def test_a_blind_coder_opens_nothing_whatever_ids_a_page_was_given(open_page: Open, coded: tuple[str, ...]) -> None:
    app = open_page("Ben", behind.Behind(title="Stigma", segment_ids=coded))
    app.button(key="number").click().run()
    assert "shame" not in told(app) and "No bus" not in told(app)
    assert "Ben codes blind" in app.info[0].value
