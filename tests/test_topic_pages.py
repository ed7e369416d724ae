"""The parts Across and Check of the page Topics, drawn without a browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("streamlit")

from streamlit.testing.v1 import AppTest

from qualkit.model import IntrusionAnswer, Run, Topic
from qualkit.study import Study
from qualkit.ui import launch, topic_check

Open = Callable[[str, str], AppTest]


def _script(part: str) -> None:
    from importlib import import_module

    from qualkit.ui import context

    with context.telling_errors():
        context.ask_name()
        context.show_notice()
        import_module(f"qualkit.ui.topic_{part}").draw(context.need_seat())


@pytest.fixture
def study(small_study: Study) -> Study:
    """The small study with two topics and an outlier; Cara adjudicates."""
    settings = small_study.folder.config_file
    settings.write_text(settings.read_text() + 'coders = ["Ana", "Ben"]\nadjudicators = ["Cara", "Dan"]\n')
    study = Study.open(small_study.folder.path)
    said = study.coded_segments()
    telling = {0: ("shame", "town", "blame", "person", "so"), 1: ("bus", "sunday", "car", "everything", "<need>"), -1: ("hm",)}
    with study.store.write() as tx:
        run = tx.all(Run)[-1]
        for number, words in telling.items():
            mine = said[number : number + 1] if number >= 0 else said[2:]
            ids = tuple(segment.id for segment in mine)
            tx.replace([Topic(id=f"t{number}", run_id=run.id, number=number, words=words, segment_ids=ids)])
        tx.log("qualkit", "found topics", {})
    return study


@pytest.fixture
def open_part(study: Study, monkeypatch: pytest.MonkeyPatch) -> Open:
    monkeypatch.setattr(topic_check, "HASTE_S", 0.0)
    monkeypatch.setenv(launch.STUDY_VARIABLE, str(study.folder.path))

    def opened(part: str, name: str) -> AppTest:
        app = AppTest.from_function(_script, args=(part,), default_timeout=60)
        app.query_params["coder"] = name
        return app.run()

    return opened


def told(app: AppTest) -> str:
    return repr(app) + "".join(element.proto.body for element in app.get("html"))


def pressed(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click()
    return app.run()


@pytest.mark.parametrize("part", ["across", "check"])
def test_a_blind_coder_gets_a_calm_sentence(open_part: Open, part: str) -> None:
    app = open_part(part, "Ana")
    assert "Ana codes blind" in app.info[0].value and not app.error and not app.exception


@pytest.mark.parametrize("part", ["across", "check"])
def test_without_topics_it_is_said_what_to_do(open_part: Open, study: Study, part: str) -> None:
    with study.store.write() as tx:
        tx.retire(Topic)
        tx.log("qualkit", "found topics", {})
    app = open_part(part, "Cara")
    assert not app.exception
    assert "qualkit run topics" in " ".join([item.value for item in (*app.info, *app.error)])


def test_across_shows_a_heat_map_the_quotes_of_a_cell_and_who_carries_each_topic(open_part: Open, study: Study) -> None:
    app = open_part("across", "Cara")
    assert not app.exception
    assert app.button_group(key="across-by").options == ["Group", "Course of the meeting"]
    seen = told(app)
    assert [item.value for item in app.header] == ["What was said", "Who carries a topic"]
    assert "There is so much shame in this town." in seen and "1 of 3 segments there, by 1 of 2 people." in seen
    app.selectbox(key="across-topic").set_value("t-1").run()
    app.selectbox(key="across-stratum").set_value(study.transcripts()[1].id).run()
    assert not app.exception
    assert "The bus stops right at the clinic door now." in told(app) and "so much shame" not in told(app)


def test_across_goes_through_every_kind_of_strata_also_with_a_guide(open_part: Open, study: Study) -> None:
    (study.folder.path / "transcripts" / "guide.md").write_text("1. What helps people to come?\n")
    app = open_part("across", "Cara")
    for kind in study.strata():
        app.button_group(key="across-by").set_value(kind).run()
        assert not app.exception and not app.error, kind
        assert "Cramér" in told(app)


def test_check_asks_one_task_after_another_keeps_the_answers_and_then_shows_results(open_part: Open, study: Study) -> None:
    app = open_part("check", "Cara")
    for n, task in enumerate(study.seat("Cara").intruders.tasks().tasks):
        assert f"{n} of 2 answered" in told(app)
        assert len([button for button in app.button if "-undo" not in button.key and "-show" not in button.key]) == 6
        app.button(key=f"check-{study.seat('Cara').coder.id}-{task.id}-{task.shown.index(task.intruder)}").click().run()
        assert not app.exception
    with study.store.read() as tx:
        assert len(tx.all(IntrusionAnswer)) == 2
    assert "2 answers to 2 tasks, by 1 rater (Cara)" in told(app)
    assert "2 of 2 answers" in told(app)


def test_check_lets_the_last_answer_be_changed(open_part: Open, study: Study) -> None:
    app, cara = open_part("check", "Cara"), study.seat("Cara")
    first = cara.intruders.tasks().tasks[0]
    app.button(key=f"check-{cara.coder.id}-{first.id}-0").click().run()
    pressed(app, "Change my last answer")
    app.button(key=f"check-{cara.coder.id}-{first.id}-1").click().run()
    assert not app.exception
    assert cara.intruders.answers() == {first.id: first.shown[1]}
    assert "1 of 2 answered" in told(app)


def test_check_lets_an_adjudicator_look_instead_which_ends_their_answering(open_part: Open, study: Study) -> None:
    app = pressed(open_part("check", "Dan"), "Show results instead")
    assert not app.exception
    assert "0 answers to 2 tasks, by nobody yet. You left 2 tasks unanswered." in told(app)
    assert study.seat("Dan").intruders.has_seen_scores()


def test_a_press_that_comes_too_soon_is_not_taken(open_part: Open, study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topic_check, "HASTE_S", 1000.0)
    app, cara = open_part("check", "Cara"), study.seat("Cara")
    app.button(key=f"check-{cara.coder.id}-{cara.intruders.left()[0].id}-0").click().run()
    assert cara.intruders.answers() == {}


def test_what_stands_on_a_button_is_no_markdown() -> None:
    assert topic_check._plain("**so** [it](x)\n1. $y$") == "\\*\\*so\\*\\* \\[it\\]\\(x\\) 1\\. \\$y\\$"
