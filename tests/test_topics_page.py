"""The page Topics, drawn without a browser."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

pytest.importorskip("streamlit")

from qualkit.model import TopicDecision, TopicVerdict, Turn
from qualkit.study import Study
from qualkit.ui import topic_cards, topics_page
from tests.drawn import sent, told
from tests.landscapes import landscape_of, lay_out, topics_of
from tests.test_ui import Open, judge_all, open_page, study  # noqa: F401

IDS = ["a", "b", "c", "d", "e"]


@pytest.fixture
def laid_out(study: Study) -> Study:  # noqa: F811
    return lay_out(study)


def test_the_page_leads_with_what_the_topics_are_worth() -> None:
    facts = topics_page.lead(topics_of(IDS, "r"), landscape_of("r"))
    assert [(fact.value, fact.name, fact.about) for fact in facts] == [
        ("2", "topics", "in 5 segments"),
        ("20%", "without a topic", "1 segment"),
        ("1", "unstable", "of 2"),
        (".79", "in parts of the talk", "agreement, 100 draws"),
        (".55", "with groups drawn anew", "agreement, 25 draws"),
        ("1", "placed outliers", "in topics by likeness"),
    ]
    assert [len(fact.behind.segment_ids) if fact.behind else None for fact in facts] == [4, 1, 2, None, None, 1]


def test_without_a_landscape_the_page_says_only_what_is_known() -> None:
    facts = topics_page.lead([topic for topic in topics_of(IDS, "r") if topic.number < 0], None)
    assert [(fact.value, fact.about) for fact in facts] == [("0", "in 1 segment"), ("100%", "1 segment"), ("–", "not asked")]
    assert [fact.opens for fact in facts] == [False, True, False]


def test_the_map_section_lists_all_topics_by_their_colours(open_page: Open, laid_out: Study) -> None:  # noqa: F811
    app = open_page("topics", "Cara")
    assert not app.exception
    assert "shame, blame, town" in sent(app) and "Getting <there>" in sent(app)
    assert [len(app.get("vega_lite_chart")), len(app.multiselect)] == [1, 1]


def test_words_that_were_corrected_do_not_stay_on_a_map_that_is_open(open_page: Open, laid_out: Study) -> None:  # noqa: F811
    app = open_page("topics", "Cara")
    drawn = app.get("vega_lite_chart")[0].proto.spec
    assert "so much shame in this town" in drawn
    assert app.run().get("vega_lite_chart")[0].proto.spec == drawn
    with laid_out.store.read() as tx:
        turn = next(turn for turn in tx.all(Turn) if "shame" in turn.text)
    laid_out.seat("Cara").corrections.edit(turn.id, "There is so much [withdrawn] in this town.")
    shown = app.run().get("vega_lite_chart")[0].proto.spec
    assert not app.exception
    assert "[withdrawn]" in shown and "shame in this town" not in shown


def test_a_card_says_how_much_comes_back_and_what_codes_lie_near(laid_out: Study) -> None:
    said = topic_cards.lasting(topics_of(IDS, "r")[1])
    assert "60% comes back" in said and "31% comes back" in said
    near = topic_cards.near(topics_of(IDS, "r")[0], laid_out.codebook())
    assert 'Stigma <span class="q-like">.71</span>' in near


@pytest.mark.parametrize("section", list(topics_page.SECTIONS))
def test_every_section_draws(open_page: Open, laid_out: Study, section: str) -> None:  # noqa: F811
    app = open_page("topics", "Cara")
    app.session_state["section"] = section
    app.run()
    assert not app.exception


def test_cards_show_what_was_decided(open_page: Open, laid_out: Study) -> None:  # noqa: F811
    cara, run_id = laid_out.seat("Cara").coder, laid_out.runs()["segment"].id
    with laid_out.store.write() as tx:
        tx.insert(
            [
                TopicDecision(
                    id="d", topic_id="t0", run_id=run_id, words=("shame",), coder_id=cara.id,
                    verdict=TopicVerdict.JOINED, code_key="stigma", note="as before",
                    decided_at=datetime(2026, 3, 4, tzinfo=UTC),
                )
            ]
        )  # fmt: skip
    app = open_page("topics", "Cara")
    app.session_state["section"] = "Topics"
    seen = told(app.run())
    assert "joined to a code: Stigma" in seen and "2026-03-04. as before" in seen
    assert "stable</span>" in seen and "unstable</span>" in seen


def test_topics_and_their_map_are_closed_to_a_blind_coder(open_page: Open, laid_out: Study) -> None:  # noqa: F811
    judge_all(laid_out, "Ben", "stigma", "mixed")
    app = open_page("topics", "Ana")
    assert "codes blind" in app.info[0].value
    assert "shame, blame" not in told(app) + sent(app)
