"""The gap report in the browser's pages: what is seen, by whom, and what a press does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("streamlit")

from streamlit.testing.v1 import AppTest

from qualkit.model import Segment, Topic, TopicVerdict
from qualkit.study import Study
from qualkit.ui import launch
from tests.conftest import choices
from tests.drawn import told
from tests.test_candidates import topical


def _report() -> None:
    from qualkit.ui import context, topic_gaps

    with context.telling_errors():
        context.ask_name()
        context.show_notice()
        topic_gaps.draw(context.need_seat())


@pytest.fixture
def study(small_study: Study) -> Study:
    return topical(small_study)


@pytest.fixture
def missed(study: Study) -> Study:
    """The study, each topic of ten copies of its segments: Ana coded the first and found nothing in the second."""
    keys = [segment.id for segment in study.coded_segments()]
    with study.store.write() as tx:
        first, second = tx.all(Topic)
        long = [
            _longer(segment, n, f"{topic.id}-{n}")
            for topic in (first, second)
            for n in range(12)
            for segment in [tx.all(Segment, id=keys[:1])[0]]
        ]
        tx.insert(long)
        tx.replace([_of(topic, [item.id for item in long if item.id.startswith(topic.id)]) for topic in (first, second)])
        tx.log("qualkit", "cut anew", {})
    ana = study.seat("Ana")
    for item in long:
        ana.judge(item.id, choices(stigma="barrier") if item.id.startswith(first.id) else [])
    return study


def _longer(segment: Segment, n: int, key: str) -> Segment:
    text = " ".join(["childcare", "vouchers", *(f"word{i}" for i in range(20))])
    return replace(segment, id=key, position=100 + n, text=text)


def _of(topic: Topic, ids: list[str]) -> Topic:
    return replace(topic, segment_ids=tuple(ids), quote_segment_ids=tuple(ids[:1]), phrases=("childcare vouchers",))


@pytest.fixture
def open_as(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    def opened(study: Study, script: Callable[[], None], name: str) -> AppTest:
        monkeypatch.setenv(launch.STUDY_VARIABLE, str(study.folder.path))
        app = AppTest.from_function(script, default_timeout=60)
        app.query_params["coder"] = name
        return app.run()

    return opened


def control(app: AppTest, kind: str, end: str) -> Any:
    return next(item for item in getattr(app, kind) if item.key and item.key.endswith(end))


def test_a_blind_coder_gets_a_calm_sentence_and_no_report(study: Study, open_as: Callable[..., AppTest]) -> None:
    app = open_as(study, _report, "Ana")
    assert "codes blind" in app.info[0].value
    assert not app.subheader


def test_an_uncovered_topic_is_a_card_with_its_counts_its_words_and_a_quote(
    missed: Study, open_as: Callable[..., AppTest]
) -> None:
    app = open_as(missed, _report, "Cara")
    assert not app.exception
    page = told(app)
    assert "not covered" in page
    assert "0 of 12" in page
    assert "“childcare vouchers" in page


def test_a_topic_is_made_a_code_from_a_draft_that_can_be_rewritten_and_its_debt_shows(
    missed: Study, open_as: Callable[..., AppTest]
) -> None:
    app = open_as(missed, _report, "Cara")
    control(app, "button_group", "-way").set_value(TopicVerdict.CODE).run()
    assert control(app, "text_input", "-name").value == "Childcare vouchers"
    control(app, "text_input", "-name").set_value("Child care")
    control(app, "text_input", "-note").set_value("asked for everywhere")
    control(app, "button", "-_promoted").click().run()
    assert not app.exception
    code = missed.codebook().by_key["child-care"]
    assert code.definition.startswith("Talk about childcare vouchers")
    page = told(app)
    assert "made a code" in page
    assert "not yet re-read for it by Ana" in page


def test_a_topic_is_joined_or_rejected_and_a_press_without_a_choice_is_told(
    missed: Study, open_as: Callable[..., AppTest]
) -> None:
    app = open_as(missed, _report, "Cara")
    control(app, "button_group", "-way").set_value(TopicVerdict.JOINED).run()
    control(app, "button", "-_joined").click().run()
    assert "Choose the code" in app.error[0].value
    control(app, "selectbox", "-join").set_value("trust")
    control(app, "button", "-_joined").click().run()
    (decision,) = missed.seat("Cara").candidates.decisions().values()
    assert (decision.verdict, decision.code_key) == (TopicVerdict.JOINED, "trust")


def test_a_code_is_tied_to_a_construct_with_its_reason(missed: Study, open_as: Callable[..., AppTest]) -> None:
    app = open_as(missed, _report, "Cara")
    app.selectbox("link-code").set_value("stigma").run()
    control(app, "selectbox", "-construct").set_value("outer-setting.local-attitudes")
    control(app, "text_input", "-why").set_value("what people think")
    control(app, "button", "-save").click().run()
    assert not app.exception
    assert "what people think" in told(app)
    assert [link.code_key for link in missed.seat("Cara").candidates.links()] == ["stigma"]
