"""Rounds and plans from the command line and on the page Study."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from qualkit.model import Purpose
from qualkit.study import Study
from tests.conftest import choices
from tests.drawn import sent, told
from tests.test_cli import Qualkit, Said, coded, qualkit, with_line  # noqa: F401
from tests.test_ui import Open, judge_all, open_page, study  # noqa: F401

# ---------------------------------------------------------------- the command line


def test_before_anybody_codes_there_is_no_round_to_show(empty_study: Study, qualkit: Qualkit) -> None:  # noqa: F811
    said = qualkit("rounds", "-s", empty_study.folder.path)
    assert said.err.startswith("Error: There is no round yet")


def test_rounds_are_listed_with_their_agreement(coded: Path, qualkit: Qualkit) -> None:  # noqa: F811
    assert qualkit("rounds", "-s", coded).out.splitlines() == [
        f"Round 1: independent, open, blind, opened {Study.open(coded).rounds()[0].opened_at:%Y-%m-%d}; coded by Ana, Ben",
        "  1 segment judged by two or more: percent 1.000, ac1 1.000",
        "  1 segment of them judged blind: percent 1.000, ac1 1.000",
    ]


def test_a_round_is_revealed_and_the_next_opened_on_what_is_disputed(coded: Path, qualkit: Qualkit) -> None:  # noqa: F811
    refused = qualkit("round", "open", "-s", coded)
    assert (refused.code, refused.out) == (1, "")
    assert "Round 1 is open and blind" in refused.err
    assert qualkit("round", "reveal", "--close", "-s", coded).out == (
        "Round 1: independent, closed, revealed: coders now see each other's codes.\n"
    )
    said = qualkit("round", "open", "--for", "re-code", "--on", "disputed", "--not-blind", "-s", coded)
    assert said.out == "Round 2: re-code of 1 segment, open, not blind.\n"
    assert qualkit("round", "close", "-s", coded).out == "Round 2: re-code of 1 segment, closed, not blind.\n"
    assert qualkit("round", "open", "--for", "consensus", "-s", coded).out == "Round 3: consensus, open, not blind.\n"
    assert qualkit("verify", "-s", coded).code == 0


def test_a_round_is_opened_on_segments_by_their_ids(coded: Path, qualkit: Qualkit) -> None:  # noqa: F811
    qualkit("reveal", "-s", coded)
    wanted = [item.id for item in Study.open(coded).coded_segments()][:2]
    qualkit("round", "open", "--segment", wanted[0], "--segment", wanted[1], "-s", coded)
    assert list(Study.open(coded).rounds()[-1].segment_ids) == wanted


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--for", "fun"), "A round is for independent, re-code, consensus"), (("--on", "some"), "A round is on all, disputed")],
)
def test_a_round_that_cannot_be_is_refused_in_a_sentence(
    coded: Path,  # noqa: F811
    qualkit: Qualkit,  # noqa: F811
    arguments: tuple[str, str],
    said: str,
) -> None:
    qualkit("reveal", "-s", coded)
    assert qualkit("round", "open", *arguments, "-s", coded).err.startswith(f"Error: {said}")


def test_a_plan_is_made_and_shown_with_how_far_everybody_is(coded: Path, qualkit: Qualkit) -> None:  # noqa: F811
    said = qualkit("plan", "--share", "0.5", "--seed", "3", "-s", coded)
    assert "dealt out among 2 coders" in said.out
    assert "(share 0.5, seed 3)" in said.out
    plan = Study.open(coded).plan()
    assert plan is not None
    n = len(plan.parts["Ana"])
    assert f"1 of {n}" in next(line for line in said.out.splitlines() if line.startswith("Ana"))
    assert qualkit("plan", "--show", "-s", coded).out == said.out
    assert Study.open(coded).plan() == plan


def test_a_plan_names_who_codes(coded: Path, qualkit: Qualkit) -> None:  # noqa: F811
    assert qualkit("plan", "--coder", "Ana", "-s", coded).code == 1
    assert qualkit("plan", "--coder", "Ana", "--coder", "Eva", "-s", coded).code == 0
    plan = Study.open(coded).plan()
    assert plan is not None
    assert set(plan.parts) == {"Ana", "Eva"}


def test_without_a_plan_the_command_says_how_to_make_one(coded: Path, qualkit: Qualkit) -> None:  # noqa: F811
    assert "Make one with  qualkit plan" in qualkit("plan", "--show", "-s", coded).err


# ---------------------------------------------------------------- the page Study


def press(app: AppTest, key: str) -> AppTest:
    app.get_by_key(key).click()
    return app.run()


def has(app: AppTest, key: str) -> bool:
    return any(button.key == key for button in app.button)


def test_an_adjudicator_reveals_a_round_and_opens_the_next_on_the_page(open_page: Open, study: Study) -> None:  # noqa: F811
    judge_all(study, "Ana", "stigma", "barrier")
    judge_all(study, "Ben", "stigma", "mixed")
    app = press(open_page("study", "Cara"), "round-reveal")
    assert not app.exception
    assert study.rounds()[-1].state == "open, revealed"
    app.get_by_key("round-on").set_value("disputed")
    app = press(app.run(), "round-open")
    assert not app.exception
    newest = study.rounds()[-1]
    assert (newest.number, newest.purpose, newest.state) == (2, Purpose.RECODE, "open, blind")
    press(app, "round-close")
    assert study.rounds()[-1].state == "closed, blind"


def test_who_may_not_lead_is_offered_no_button(open_page: Open, study: Study) -> None:  # noqa: F811
    judge_all(study, "Ana", "stigma", "barrier")
    app = open_page("study", "Ana")
    assert not any(has(app, key) for key in ("round-reveal", "round-close", "round-open", "plan-make"))
    assert "open, blind" in sent(app)


def test_segments_are_dealt_out_on_the_page(open_page: Open, study: Study) -> None:  # noqa: F811
    app = open_page("study", "Cara")
    app.get_by_key("plan-share").set_value(0)
    app.get_by_key("plan-seed").set_value("7")
    app = press(app.run(), "plan-make")
    plan = study.plan()
    assert plan is not None
    assert (plan.share, plan.seed, set(plan.parts)) == (0.0, 7, {"Ana", "Ben"})
    assert f"0 of {len(plan.parts['Ana'])}" in told(app)


def test_a_blind_coders_page_withholds_the_figures_of_the_round_that_is_blind(open_page: Open, study: Study) -> None:  # noqa: F811
    first, second = study.seat("Ana").queue()[:2]
    for name, valence in (("Ana", "barrier"), ("Ben", "mixed")):
        study.seat(name).judge(first, choices(stigma=valence))
        study.seat(name).judge(second, choices(trust=None))
    assert "withheld" in told(open_page("study", "Ana"))
    study.reveal()
    study.open_round(on="disputed")
    seen = told(open_page("study", "Ana"))
    assert "withheld" in seen and "1.00" in seen  # the earlier round is open to all


def test_a_revealed_round_is_discussed_on_the_page(open_page: Open, study: Study) -> None:  # noqa: F811
    judge_all(study, "Ana", "stigma", "barrier")
    judge_all(study, "Ben", "stigma", "mixed")
    study.reveal()
    app = open_page("study", "Ana")
    app.session_state["discuss"] = True
    app = app.run()
    app.get_by_key("note-text").set_value("Mind the <town>.")
    app = press(app, "note-keep")
    assert not app.exception
    assert [item.text for item in study.seat("Ben").notes(1)] == ["Mind the <town>."]
    assert "Mind the &lt;town&gt;." in told(app)
