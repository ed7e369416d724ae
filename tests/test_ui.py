"""The pages, drawn without a browser, over a small study; and how the app is started."""

from __future__ import annotations

import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("streamlit")

import streamlit as st
from streamlit.testing.v1 import AppTest

from qualkit.model import Evidence, Run
from qualkit.plugs import no_progress
from qualkit.study import Study, running
from qualkit.ui import PAGES, context, launch, parts, style
from tests.conftest import REPO, choices
from tests.drawn import page_of, told

MODELS = ("torch", "spacy", "sentence_transformers", "bertopic", "faster_whisper", "sklearn")

Open = Callable[..., AppTest]


@pytest.fixture
def study(small_study: Study) -> Study:
    """The small study with Ana and Ben as coders, Cara as adjudicator, and suggestions by a machine."""
    settings = small_study.folder.config_file
    settings.write_text(settings.read_text() + 'coders = ["Ana", "Ben"]\nadjudicators = ["Cara"]\n')
    list(small_study.run("suggest", suggesters=("keywords",)))
    return Study.open(small_study.folder.path)


@pytest.fixture
def open_page(study: Study, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Draw a page as a person sees it."""
    monkeypatch.setenv(launch.STUDY_VARIABLE, str(study.folder.path))

    def opened(page: str, name: str | None = None) -> AppTest:
        return page_of(page, name).run()

    return opened


def judge_all(study: Study, name: str, code_key: str, valence: str | None) -> None:
    seat = study.seat(name)
    for segment_id in seat.queue():
        seat.judge(segment_id, choices(**{code_key: valence}))


# ---------------------------------------------------------------- pages


@pytest.mark.parametrize("page", [name.lower() for name in PAGES])
@pytest.mark.parametrize("name", [None, "Ana", "Cara"])
def test_every_page_draws_for_everybody_on_a_study_that_is_new_and_on_one_that_is_coded(
    open_page: Open, study: Study, page: str, name: str | None
) -> None:
    assert not open_page(page, name).exception
    judge_all(study, "Ana", "stigma", "barrier")
    judge_all(study, "Ben", "stigma", "mixed")
    assert not open_page(page, name).exception


@pytest.mark.parametrize("page", [name.lower() for name in PAGES if name != "Study"])
def test_without_a_name_a_page_only_asks_for_one(open_page: Open, page: str) -> None:
    app = open_page(page)
    assert [item.value for item in app.info] == [
        "Choose or type your name in the side bar. Everything you judge is kept under it."
    ]
    assert not app.button and not app.get("html")


@pytest.mark.parametrize("page", ["topics", "themes"])
def test_a_blind_coder_gets_a_calm_sentence_where_results_would_be(open_page: Open, page: str) -> None:
    app = open_page(page, "Ana")
    assert "Ana codes blind and has judged 0 of" in app.info[0].value
    assert not app.error


def test_the_study_page_tells_a_blind_coder_how_far_others_are_but_no_agreement(open_page: Open, study: Study) -> None:
    judge_all(study, "Ben", "stigma", "mixed")
    study.seat("Ana").judge(study.seat("Ana").queue()[0], choices(stigma="barrier"))
    list(study.run("agree"))
    n = len(study.coded_segments())
    seen = told(open_page("study", "Ana"))
    assert f"{n} of {n}" in seen and "kappa" not in seen.lower()
    assert "kappa" in told(open_page("study", "Cara")).lower()


def test_a_blind_coder_may_take_transcripts_along_in_every_format_that_they_have_times_for(
    open_page: Open, study: Study
) -> None:
    page = open_page("study", "Ana")
    assert not page.get("download_button")
    page.session_state["take-along"] = True
    page.run()
    assert [button.label for button in page.get("download_button")] == ["2 transcripts (ZIP)"]
    page.button_group(key="take-format").set_value("vtt").run()
    assert not page.exception
    assert not page.get("download_button")
    assert "fg1 cannot be written as .vtt: its turns have no start and end time." in told(page)


# ---------------------------------------------------------------- acts


def test_a_theme_that_an_author_writes_takes_the_place_of_the_codes_it_rests_on(open_page: Open, study: Study) -> None:
    judge_all(study, "Ana", "stigma", "barrier")
    app = open_page("themes", "Cara")
    app.button(key="theme-new").click().run()
    next(field for field in app.text_input if field.label == "Name").set_value("Shame keeps people away")
    next(field for field in app.multiselect if field.label == "Codes").set_value(["stigma"])
    next(button for button in app.button if button.label == "Save theme").click().run()
    assert [theme.name for theme in study.themes()] == ["Shame keeps people away"]
    assert [title.value for title in app.title] == ["Shame keeps people away"]


def test_a_folder_that_is_no_study_is_told_in_a_sentence(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(launch.STUDY_VARIABLE, str(tmp_path / "empty"))
    (tmp_path / "empty").mkdir()
    assert "it has no study.toml" in open_page("study").error[0].value


def test_the_whole_app_opens_on_the_study_page(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(launch.STUDY_VARIABLE, str(study.folder.path))
    monkeypatch.setenv(launch.REMOTE_VARIABLE, "1")  # without a server there is no address
    app = AppTest.from_file(str(REPO / "app.py"), default_timeout=60).run()
    assert not app.exception and app.title[0].value == "A small study"


# ---------------------------------------------------------------- text to HTML


def test_evidence_is_marked_by_code_points_and_everything_said_is_escaped() -> None:
    spans = [Evidence(start_char=2, end_char=8, text="<shame"), Evidence(start_char=5, end_char=9, text="ame>")]
    assert style.marked("😀 <shame> & blame", spans) == '😀 <mark class="q-e1">&lt;shame&gt;</mark> &amp; blame'


def test_a_word_that_two_cards_point_at_is_marked_for_both() -> None:
    first, second = Evidence(start_char=0, end_char=5, text="so mu"), Evidence(start_char=3, end_char=7, text="much")
    assert style.marked("so much", [first], [second]) == (
        '<mark class="q-e1">so </mark><mark class="q-e1 q-e2">mu</mark><mark class="q-e2">ch</mark>'
    )


def test_a_clip_travels_in_the_page() -> None:
    assert 'src="data:audio/ogg;base64,T2dn"' in parts.player(b"Ogg")


# ---------------------------------------------------------------- starting


def test_the_command_binds_to_this_machine_and_tells_nobody() -> None:
    command = launch.command(Path("/studies/one"), 8765)
    for flag in (
        "--server.address=127.0.0.1",
        "--server.port=8765",
        "--browser.gatherUsageStats=false",
        "--client.toolbarMode=minimal",
        "--client.showErrorDetails=none",
        "--runner.postScriptGC=false",
        "--server.fileWatcherType=none",
        "--server.headless=true",
        "--server.enableAgentApi=false",
    ):
        assert flag in command
    assert launch.environment(Path("/studies/one"))[launch.STUDY_VARIABLE] == "/studies/one"


def test_every_setting_is_one_that_streamlit_knows() -> None:
    for name in launch.SETTINGS:
        st.get_option(name)


def test_the_checkout_is_served_with_the_same_settings() -> None:
    kept = (REPO / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    assert tomllib.loads(kept) == tomllib.loads(launch.config_file())


def test_an_app_open_to_the_network_refuses_to_show_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    def script() -> None:
        from qualkit.ui import context

        context.refuse_strangers()
        import streamlit

        streamlit.write("secret")

    monkeypatch.setattr(context.st, "get_option", lambda _name: "0.0.0.0")
    shut = AppTest.from_function(script).run()
    assert "open to the whole network" in shut.error[0].value and not shut.markdown
    monkeypatch.setenv(launch.REMOTE_VARIABLE, "1")
    assert not AppTest.from_function(script).run().error


def test_asking_how_to_start_the_app_does_not_load_streamlit() -> None:
    asking = "import sys, qualkit.ui.launch; print('streamlit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asking], capture_output=True, text=True, check=True).stdout == "False\n"


def test_the_apps_process_imports_no_model(study: Study) -> None:
    judge_all(study, "Ana", "stigma", "barrier")
    drawing = (
        "import sys\nfrom tests.drawn import page_of\n"
        f"for page in {[name.lower() for name in PAGES]!r}:\n"
        "    assert not page_of(page, 'Cara' if page != 'code' else 'Ana').run().exception\n"
        f"print([name for name in {MODELS!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", drawing],
        env=launch.environment(study.folder.path),
        cwd=REPO,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip().endswith("[]"), done.stdout + done.stderr


# ---------------------------------------------------------------- running stages from the browser


def test_a_run_is_started_watched_and_stopped(open_page: Open, study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    stopped: list[str] = []
    monkeypatch.setattr(running, "start", lambda folder: started.append(folder.path.name))
    monkeypatch.setattr(running, "stop", lambda folder: stopped.append(folder.path.name))
    app = open_page("study")
    app.button(key="run").click().run()
    assert started == [study.folder.path.name]
    with running.watched(study.folder, "transcribe", no_progress) as tell:
        tell(0.4, "fg3.wav: transcribing, 4:00 of 10:00")
        while (now := running.running(study.folder)) is None or not now.share:
            time.sleep(0.05)
        app = open_page("study")
        assert "run" not in {button.key for button in app.button}
        app.button(key="stop").click().run()
    assert stopped == [study.folder.path.name]
    assert not app.exception


def test_what_the_last_run_could_not_use_is_told(open_page: Open, study: Study) -> None:
    with study.store.write() as tx:
        run = next(iter(tx.all(Run)))
        tx.replace([replace(run, problems=("fg6.wav is not a sound file.",))])
    assert [warning.value for warning in open_page("study").warning] == ["fg6.wav is not a sound file."]
