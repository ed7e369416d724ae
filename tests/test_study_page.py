"""The page Study and its commands: where everything stands, what is running, where the study lies."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

pytest.importorskip("streamlit")

from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from qualkit.cli import app as cli
from qualkit.study import Study
from qualkit.study.running import Running
from qualkit.ui import launch, run_panel
from tests.conftest import choices, in_folder
from tests.drawn import page_of

Open = Callable[..., AppTest]


@pytest.fixture
def study(small_study: Study) -> Study:
    settings = small_study.folder.config_file
    settings.write_text(settings.read_text() + 'coders = ["Ana", "Ben"]\nadjudicators = ["Cara"]\n')
    opened = Study.open(small_study.folder.path)
    for segment_id in opened.seat("Ana").queue():
        opened.seat("Ana").judge(segment_id, choices(stigma="barrier"))
    return opened


@pytest.fixture
def open_page(study: Study, monkeypatch: pytest.MonkeyPatch) -> Open:
    monkeypatch.setenv(launch.STUDY_VARIABLE, str(study.folder.path))

    return lambda name: page_of("study", name).run()


def told(app: AppTest) -> str:
    return "".join(element.proto.body for element in app.get("html"))


def test_the_table_of_transcripts_shows_how_far_each_coder_is(open_page: Open) -> None:
    said = told(open_page("Cara"))
    assert "Ana judged" in said and "3 of 3" in said and "0 of 3" in said and "In themes" in said


@pytest.mark.parametrize("name", [None, "Ben"])
def test_who_may_not_see_codes_sees_no_column_that_follows_from_them(open_page: Open, name: str | None) -> None:
    said = told(open_page(name))
    assert "Ana judged" in said and "3 of 3" in said
    assert not any(column in said for column in ("Suggested", "In topics", "Adjudicated", "In themes", "Stigma"))


def test_a_file_that_waits_is_shown_as_waiting(open_page: Open, study: Study) -> None:
    in_folder(study, "transcripts/fg9.txt", "P1: Hello <b>there</b>.")
    assert "○ not yet" in told(open_page("Cara"))


def test_a_running_stage_says_which_it_is_how_far_it_is_and_since_when() -> None:
    now = Running(stage="topics", share=0.4, doing="clustering <1000> segments", pid=1, since=1_000_000.0)
    said = run_panel.told(now, 1_000_000.0 + 3700)
    assert "40%" in said and 'aria-label="topics: 40% done"' in said and "(1 h 1 min)" in said
    assert "clustering &lt;1000&gt; segments" in said and "Stage 5 of 9" in said


def test_status_shows_the_same_table_and_gives_it_to_scripts(study: Study) -> None:
    ran = CliRunner().invoke(cli, ["status", "--study", str(study.folder.path), "--json"])
    rows = {row["label"]: row for row in json.loads(ran.stdout)["transcripts"]}
    assert rows["fg1"]["judged"] == {"Ana": {"n": 3, "of": 3}, "Ben": {"n": 0, "of": 3}}
    shown = CliRunner().invoke(cli, ["status", "--study", str(study.folder.path)])
    assert "Ana: 5 segments judged" in shown.stdout and "fg2" in shown.stdout


def test_the_doctor_says_what_it_found_and_fails_when_there_is_something_to_do(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(launch.REMOTE_VARIABLE, "1")
    ran = CliRunner().invoke(cli, ["doctor", "--study", str(study.folder.path)])
    assert ran.exit_code == 1
    assert "to do     The app" in ran.stdout and "not known Encryption" in ran.stdout and "database" in ran.stdout


def test_a_theme_is_written_ordered_and_withdrawn_by_commands(study: Study) -> None:
    def run(*words: str) -> str:
        return CliRunner().invoke(cli, ["theme", *words, "--study", str(study.folder.path)], catch_exceptions=False).stdout

    assert "version 1 kept" in run("write", "Shame", "--code", "stigma", "--by", "Cara")
    assert "version 2 kept" in run("write", "Shame", "--claim", "It keeps people away.", "--by", "Cara")
    run("write", "Trust", "--code", "trust", "--by", "Cara")
    run("order", "Trust", "Shame", "--by", "Cara")
    assert [theme.name for theme in study.written_themes()] == ["Trust", "Shame"]
    assert "Shame  (written, 5 segments, 2 of 2 groups" in run("list")
    assert "stays on file" in run("withdraw", "Shame", "--by", "Cara")
    assert study.verify() is None


def test_who_asks_why_coders_agree_so_little_gets_the_table_the_reasons_and_the_segments(open_page: Open, study: Study) -> None:
    for segment_id in study.seat("Ben").queue():
        study.seat("Ben").judge(segment_id, [])
    page = page_of("report", "Cara").run()
    assert "Ben gave it" not in told(page)
    page.selectbox(key="why").set_value("stigma").run()
    said = told(page)
    assert not page.exception
    assert "Ben gave it" in said and "Ben never gave it" in said
    assert "There is so much shame" in said and "Ana: barrier; Ben: absent" in said
