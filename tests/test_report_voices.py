"""The section Voices of the page Report, drawn without a browser."""

from __future__ import annotations

import pytest

pytest.importorskip("streamlit")

from streamlit.testing.v1 import AppTest

from qualkit.model import ResponseKind
from qualkit.stages import talk_share
from qualkit.study import Study, voice_numbers
from qualkit.ui import launch, report_voices
from tests.conftest import choices
from tests.drawn import page_of, told


@pytest.fixture
def study(small_study: Study, segment_ids: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Study:
    small_study.seat("Ana").judge(segment_ids["There is"], choices(stigma="barrier"))
    small_study.seat("Ana").judge(segment_ids["No bus"], choices(stigma="facilitator", transport="barrier"))
    small_study.reveal()
    monkeypatch.setenv(launch.STUDY_VARIABLE, str(small_study.folder.path))
    return small_study


def opened(part: str, name: str = "Ana") -> AppTest:
    app = page_of("report", name)
    app.session_state["report-section"] = "Voices"
    app.session_state["voices-part"] = part
    return app.run()


@pytest.mark.parametrize("part", report_voices.DRAWERS)
def test_every_part_draws(study: Study, part: str) -> None:
    assert study.theme_rows()
    assert not opened(part).exception


@pytest.mark.parametrize("part", report_voices.DRAWERS)
def test_a_blind_coder_gets_a_calm_sentence(small_study: Study, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    monkeypatch.setenv(launch.STUDY_VARIABLE, str(small_study.folder.path))
    app = opened(part)
    assert "Ana codes blind and has judged 0 of" in app.info[0].value
    assert not app.error


def test_the_numbers_of_a_group_open_what_they_counted(study: Study) -> None:
    groups = study.seat("Ana").talk_shares()
    table = talk_share.balance_table(groups)
    opens = voice_numbers.balance(table, groups)
    segments = study.corpus().segments
    moderator = opens[0, table.columns.index("Moderator (% of words)")]
    assert [segments[key].text for key in moderator.segment_ids] == ["What gets in the way?"]
    largest = opens[0, table.columns.index("Largest voice (% of participants' words)")]
    assert {segments[key].participant_id for key in largest.segment_ids} == {groups[0].participants[0].participant_id}
    assert opens[0, table.columns.index("Gini")].what == "people"
    people = voice_numbers.people(talk_share.people_table(groups), groups)
    assert [people[at, 3].title for at in range(3)] == ["P2, fg1", "P1, fg1", "Moderator, fg1"]


def test_the_numbers_of_a_theme_open_its_segments(study: Study, shame: str, bus: str) -> None:
    seat = study.seat("Ana")
    table, opens = seat.theme_carriers(), seat.table_opens("theme_carriers")
    assert [row[1] for row in table.rows] == ["Stigma", "Transport"]
    assert set(opens[0, table.columns.index("Segments (n)")].segment_ids) == {shame, bus}
    assert opens[1, table.columns.index("Groups (n of N)")].what == "groups"


def test_the_symbols_of_a_matrix_open_what_the_participant_said(study: Study, shame: str, bus: str) -> None:
    rows = [row for row in study.seat("Ana").consensus() if row.matter == "Stigma"]
    opens = voice_numbers.consensus(rows)
    assert {at: item.segment_ids for at, item in opens.items()} == {(0, 2): (shame,), (0, 3): (bus,)}
    assert opens[0, 3].title == "Stigma: P2, SD"


def test_a_response_is_recorded_once_and_taken_back(study: Study, shame: str, bus: str) -> None:
    app = opened(report_voices.RESPONSES)
    app.selectbox(key="response-segment").set_value(bus).run()
    app.selectbox(key="response-to").set_value(shame).run()
    key = f"response-kind-{bus}-{shame}-new"
    app.button(key=f"{key}-keep").click().run()
    assert "Say how the one answers the other first." in app.error[0].value
    app.button_group(key=key).set_value(ResponseKind.QUALIFIES).run()
    app.button(key=f"{key}-keep").click().run()
    assert not app.exception
    (made,) = study.recorded_responses()
    assert (made.segment_id, made.to_segment_id, made.kind) == (bus, shame, ResponseKind.QUALIFIES)
    assert "recorded by Ana" in told(app)
    app.button(key=f"response-{made.id}-back").click().run()
    assert not app.exception
    assert study.recorded_responses() == []


def test_words_are_escaped_where_responses_are_listed(study: Study, shame: str, bus: str) -> None:
    turn = study.corpus().segments[bus].turn_id
    study.seat("Ana").corrections.edit(turn, "No <b>bus</b> runs on Sundays here. You need a car for everything.")
    study.seat("Ana").responses.record(bus, shame, ResponseKind.AGREES)
    page = told(opened(report_voices.RESPONSES))
    assert "&lt;b&gt;bus&lt;/b&gt;" in page
    assert '<p class="q-small" style="margin:0">P2: “No <b>' not in page
