"""Rating in a study: acts that are kept, raters blind to each other, what is agreed on, and the doors."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qualkit.cli import app
from qualkit.errors import BlindnessError, StaleError, StudyError
from qualkit.model import Event, Rating, RatingConsensus, RatingValue
from qualkit.plain import as_plain
from qualkit.stages.ratings import AGREED, COMPARED, LOOKED, RATED
from qualkit.study import Study, figures
from qualkit.study.rating import Rater
from qualkit.study.rating_views import STEMS
from tests.conftest import choices, refusal, reopened
from tests.test_store import go_back

PLUS, MINUS, STRONG, MIXED, MISSING = (RatingValue(value) for value in ("+1", "-1", "+2", "X", "M"))
WHY = "the zebra in the waiting room"


@pytest.fixture
def study(small_study: Study) -> Study:
    """The small study, coded alike by Ana and Ben, who see results; Cara adjudicates."""
    settings = small_study.folder.config_file
    settings.write_text(settings.read_text() + 'coders = ["Ana", "Ben"]\nadjudicators = ["Cara"]\n')
    study = reopened(small_study)
    said = {"There is": choices(stigma="barrier"), "No bus": choices(transport="barrier"),
            "But they": choices(trust=None), "The bus": choices(transport="facilitator"),
            "Nobody will": choices(stigma="facilitator", trust=None)}  # fmt: skip
    for name in ("Ana", "Ben"):
        seat = study.seat(name)
        for segment in study.coded_segments():
            seat.judge(segment.id, said.get(" ".join(segment.text.split()[:2]), []))
    return study


@pytest.fixture
def raters(study: Study) -> tuple[Rater, Rater]:
    return study.seat("Ana").rater, study.seat("Ben").rater


@pytest.fixture
def fg1(study: Study) -> str:
    return next(case.id for case in study.rated_cases() if case.label == "fg1")


def events(study: Study, *verbs: str) -> list[Event]:
    with study.store.read() as tx:
        return tx.all(Event, verb=list(verbs))


def kept(study: Study) -> list[Rating]:
    with study.store.read() as tx:
        return tx.all(Rating, past=True)


# ---------------------------------------------------------------- rating


def test_a_rating_is_kept_and_a_new_one_supersedes_it(study: Study, raters: tuple[Rater, Rater], fg1: str) -> None:
    ana, ben = raters
    ana.rate("stigma", fg1, PLUS, WHY)
    made = ana.rate("stigma", fg1, MINUS, "on second thoughts")
    assert ana.mine() == {("stigma", fg1): made} and ben.mine() == {}
    assert [item.value for item in kept(study)] == [PLUS, MINUS]
    assert study.verify() is None


def test_the_same_act_twice_is_one_and_a_stale_one_is_refused(study: Study, raters: tuple[Rater, Rater], fg1: str) -> None:
    ana, _ = raters
    first = ana.rate("stigma", fg1, PLUS, WHY, seen=None, client_id="press")
    head = study.head()
    assert ana.rate("stigma", fg1, PLUS, WHY, seen=None, client_id="press") == first
    assert study.head() == head
    refusal(lambda: ana.rate("stigma", fg1, MINUS, WHY, seen=None), StaleError)
    assert ana.rate("stigma", fg1, MINUS, WHY, seen=first.id).value is MINUS


def test_a_rating_needs_a_reason_unless_it_is_missing_and_segments_of_its_cell(
    raters: tuple[Rater, Rater], fg1: str, shame: str, bus: str
) -> None:
    ana, _ = raters
    assert "Say why" in refusal(lambda: ana.rate("stigma", fg1, PLUS, " "), StudyError)
    assert ana.rate("stigma", fg1, MISSING).reason == ""
    refusal(lambda: ana.rate("stigma", fg1, MINUS, WHY, concrete=[bus]), StudyError)
    assert ana.rate("stigma", fg1, MINUS, WHY, concrete=[shame, shame]).concrete_segment_ids == (shame,)


def test_what_there_is_not_and_who_does_not_rate_are_refused(study: Study, raters: tuple[Rater, Rater], fg1: str) -> None:
    assert "Did you mean 'stigma'?" in refusal(lambda: raters[0].rate("stigme", fg1, PLUS, WHY), StudyError)
    refusal(lambda: raters[0].rate("stigma", "no group", PLUS, WHY), StudyError)
    assert "does not rate" in refusal(lambda: study.seat("Cara").rater.rate("stigma", fg1, PLUS, WHY), StudyError)


def test_no_reason_is_in_the_log(study: Study, raters: tuple[Rater, Rater], fg1: str) -> None:
    for rater in raters:
        rater.rate("stigma", fg1, MINUS, WHY)
        rater.compare("stigma", fg1)
    raters[0].agree("stigma", fg1, MINUS, f"agreed: {WHY}")
    told = events(study, RATED, COMPARED, AGREED)
    assert len(told) == 5
    assert "zebra" not in str([as_plain(event.payload) for event in told])
    assert all(len(str(event.payload["reason_sha256"])) == 64 for event in told if event.verb != COMPARED)


def test_who_still_codes_blind_does_not_rate(small_study: Study) -> None:
    refusal(lambda: small_study.seat("Ana").rater, BlindnessError)


def test_rating_leaves_what_is_counted_of_codes_as_it_was(study: Study, raters: tuple[Rater, Rater], fg1: str) -> None:
    before = study.final_codes(), study.corpus(), study.outline()
    raters[0].rate("stigma", fg1, MINUS, WHY)
    after = study.final_codes(), study.corpus(), study.outline()
    assert all(one is other for one, other in zip(before, after, strict=True))


# ---------------------------------------------------------------- blind to each other


def test_nothing_of_a_cell_shows_before_it_is_rated_and_compared(raters: tuple[Rater, Rater], fg1: str) -> None:
    ana, ben = raters
    ben.rate("stigma", fg1, STRONG, WHY)
    assert ana.standings() == {} and ana.progress() == {"Ben": 1}
    refusal(lambda: ana.compare("stigma", fg1), BlindnessError)
    ana.rate("stigma", fg1, MINUS, WHY)
    assert ana.standings()["stigma", fg1].cell is None
    found = ana.compare("stigma", fg1)
    assert {item.value for item in found.ratings} == {MINUS, STRONG}
    assert (found.proposal.value, found.consensus) == (MINUS, None)
    cell = ana.standings()["stigma", fg1].cell
    assert cell is not None and cell.ratings == {"Ana": MINUS, "Ben": STRONG}
    assert ben.standings()["stigma", fg1].cell is None


def test_a_rating_stands_once_its_rater_has_compared(study: Study, raters: tuple[Rater, Rater], fg1: str) -> None:
    ana, ben = raters
    ana.rate("stigma", fg1, MINUS, WHY)
    ana.compare("stigma", fg1)
    assert "theirs stands" in refusal(lambda: ana.rate("stigma", fg1, PLUS, WHY), BlindnessError)
    assert ben.rate("stigma", fg1, PLUS, WHY).value is PLUS
    n = len(events(study, COMPARED))
    ana.compare("stigma", fg1)
    ana.compare("stigma", fg1)
    assert len(events(study, COMPARED)) == n + 1, "what she saw anew, once"


def test_tables_of_ratings_open_to_who_has_rated_all_that_others_have(
    study: Study, raters: tuple[Rater, Rater], fg1: str
) -> None:
    ana, ben = raters
    ben.rate("stigma", fg1, STRONG, WHY)
    ben.rate("transport", fg1, STRONG, WHY)
    ana.rate("stigma", fg1, MINUS, WHY)
    assert study.tables().keys() >= STEMS
    assert not study.seat("Ana").tables().keys() & STEMS
    assert study.seat("Ana").withheld() >= STEMS
    assert "yet to rate 1 of the cells" in refusal(ana.everything, BlindnessError)
    assert not events(study, COMPARED), "nothing was shown, so nothing is settled"
    ana.rate("transport", fg1, MINUS, WHY)
    ana.rate("trust", fg1, MINUS, WHY)
    assert ana.n_to_settle() == 2
    assert study.seat("Ana").tables().keys() >= STEMS
    refusal(lambda: ana.rate("transport", fg1, PLUS, WHY), BlindnessError)
    assert ana.rate("trust", fg1, PLUS, WHY).value is PLUS, "nobody else rated it"


def test_who_looks_at_all_ratings_rates_no_more(study: Study, raters: tuple[Rater, Rater], fg1: str) -> None:
    ana, ben = raters
    ben.rate("stigma", fg1, STRONG, WHY)
    ana.look_at_all()
    ana.look_at_all()
    assert len(events(study, LOOKED)) == 1
    assert ana.everything().cells["stigma", fg1].ratings == {"Ben": STRONG}
    assert "not be independent" in refusal(lambda: ana.rate("trust", fg1, PLUS, WHY), BlindnessError)
    assert ana.to_rate() == [] and not ana.may_rate()


def test_an_adjudicator_sees_all_at_once(study: Study, raters: tuple[Rater, Rater], fg1: str) -> None:
    raters[1].rate("stigma", fg1, STRONG, WHY)
    cara = study.seat("Cara")
    assert cara.tables().keys() >= {"rating_matrix", "ratings"}
    assert cara.rater.compare("stigma", fg1).ratings[0].value is STRONG


def test_what_is_left_leads_from_cell_to_cell(raters: tuple[Rater, Rater], fg1: str) -> None:
    ana, ben = raters
    n_all = len(ana.constructs()) * len(ana.cases())
    ana.rate("stigma", fg1, MINUS, WHY)
    assert len(ana.to_rate()) == n_all - 1 and ana.to_compare() == []
    ben.rate("stigma", fg1, PLUS, WHY)
    assert ana.to_compare() == [("stigma", fg1)]
    ana.compare("stigma", fg1)
    assert ana.to_compare() == [("stigma", fg1)], "they differ, and have yet to agree"
    ana.agree("stigma", fg1, MIXED, WHY)
    assert ana.to_compare() == [] and ben.to_compare() == [("stigma", fg1)]


# ---------------------------------------------------------------- agreeing


def test_a_consensus_takes_two_ratings_and_somebody_who_compared(raters: tuple[Rater, Rater], fg1: str) -> None:
    ana, ben = raters
    ana.rate("stigma", fg1, MINUS, WHY)
    refusal(lambda: ana.agree("stigma", fg1, MINUS, WHY), BlindnessError)
    ana.compare("stigma", fg1)
    assert "two people" in refusal(lambda: ana.agree("stigma", fg1, MINUS, WHY), StudyError)
    ben.rate("stigma", fg1, PLUS, WHY)
    refusal(lambda: ana.agree("stigma", fg1, MINUS, " "), StudyError)
    assert ana.agree("stigma", fg1, MINUS, WHY).value is MINUS


def test_a_consensus_stands_beside_the_ratings_it_rests_on(study: Study, raters: tuple[Rater, Rater], fg1: str) -> None:
    ana, ben = raters
    rated = [rater.rate("stigma", fg1, value, WHY) for rater, value in zip(raters, (MINUS, PLUS), strict=True)]
    ana.compare("stigma", fg1)
    first = ana.agree("stigma", fg1, MIXED, WHY, seen=None, client_id="press")
    assert ana.agree("stigma", fg1, MIXED, WHY, seen=None, client_id="press") == first
    assert set(first.rating_ids) == {item.id for item in rated}
    assert "rests on this rating" in refusal(lambda: ben.rate("stigma", fg1, MINUS, WHY), StudyError)
    refusal(lambda: ana.agree("stigma", fg1, PLUS, WHY, seen=None), StaleError)
    ana.agree("stigma", fg1, PLUS, "talked again", seen=first.id)
    cell = study.rating_cells()["stigma", fg1]
    assert (cell.ratings, cell.value) == ({"Ana": MINUS, "Ben": PLUS}, PLUS)
    with study.store.read() as tx:
        assert len(tx.all(RatingConsensus, past=True)) == 2 and len(tx.all(Rating)) == 2
    assert study.verify() is None


# ---------------------------------------------------------------- the log and the tables


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE rating SET value = '+2' WHERE value = '-1'", "ratings"),
        ("UPDATE rating SET reason = 'another'", "ratings"),
        ("DELETE FROM rating", "ratings"),
        ("UPDATE rating SET concrete_segment_ids = '[\"s\"]'", "ratings"),
        ("UPDATE rating_consensus SET value = 'M'", "what raters agreed on"),
        ("DELETE FROM rating_consensus", "what raters agreed on"),
    ],
)
def test_a_rating_changed_by_hand_is_found(
    study: Study, raters: tuple[Rater, Rater], fg1: str, statement: str, what: str
) -> None:
    for rater in raters:
        rater.rate("stigma", fg1, MINUS, WHY)
    raters[0].compare("stigma", fg1)
    raters[0].agree("stigma", fg1, MINUS, WHY)
    assert study.verify() is None
    with sqlite3.connect(study.folder.database) as connection:
        connection.execute(statement)
    assert what in (study.verify() or "")


def test_a_reason_that_was_erased_is_no_fault(study: Study, raters: tuple[Rater, Rater], fg1: str) -> None:
    raters[0].rate("stigma", fg1, MINUS, WHY)
    with sqlite3.connect(study.folder.database) as connection:
        connection.execute("UPDATE rating SET reason = ''")
    assert study.verify() is None


def test_a_database_does_not_go_back_while_ratings_would_be_lost(study: Study, raters: tuple[Rater, Rater], fg1: str) -> None:
    raters[0].rate("stigma", fg1, MINUS, WHY)
    with pytest.raises(RuntimeError, match="its table rating holds 1 of people's judgements"):
        go_back(study.store, "0006")
    assert len(kept(study)) == 1


# ---------------------------------------------------------------- what it comes to


def test_the_tables_have_the_matrix_the_agreement_and_every_rating(
    study: Study, raters: tuple[Rater, Rater], fg1: str, shame: str
) -> None:
    assert not study.tables().keys() & STEMS
    ana, ben = raters
    ana.rate("stigma", fg1, PLUS, "a slip")
    ana.rate("stigma", fg1, MINUS, WHY, concrete=[shame])
    ben.rate("stigma", fg1, MINUS, WHY)
    tables = study.tables()
    stigma = next(row for row in tables["rating_matrix"].rows if row[1] == "Stigma")
    assert stigma == ("", "Stigma", "−1", "–")
    assert [row[1:3] for row in tables["rating_agreement"].rows][2] == ("Same grade, −2 to +2", 1.0)
    rows = [(row[4], row[5], row[6], row[7], row[9], row[11]) for row in tables["ratings"].rows]
    assert rows == [
        ("rating", "Ana", "+1", 1, 0, "superseded"),
        ("rating", "Ana", "-1", -1, 1, "yes"),
        ("rating", "Ben", "-1", -1, 0, "yes"),
        ("proposal, not counted", "rule", "-1", -1, None, None),
    ]


def test_the_heat_map_is_one_of_the_figures_and_says_what_each_cell_says(
    study: Study, raters: tuple[Rater, Rater], fg1: str
) -> None:
    pytest.importorskip("altair")
    assert "rating_matrix" not in figures.all_figures(study)
    before = figures.print_of(study)
    raters[0].rate("stigma", fg1, MINUS, WHY)
    assert figures.print_of(study) != before
    raters[1].rate("stigma", fg1, MINUS, WHY)
    drawn = figures.all_figures(study)["rating_matrix"]()
    (cell,) = [box for box in drawn.chart.to_dict()["data"]["values"] if box["mark"] != "–"]
    assert (cell["construct"], cell["mark"], cell["basis"]) == ("Stigma", "−1", "raters alike")
    assert cell["said"] == "Ana −1, Ben −1"


Run = Callable[..., str]


@pytest.fixture
def run(study: Study) -> Run:
    def call(*words: str) -> str:
        done = CliRunner().invoke(app, [*words, "--study", str(study.folder.path)])
        return done.output if done.exit_code == 0 else str(done.exception)

    return call


def test_commands_rate_compare_agree_and_show(study: Study, run: Run) -> None:
    assert "Nothing is rated yet; there are fg1, fg2" in run("ratings")
    assert "stigma, fg1: −2, says Ana" in run("rate", "stigma", "fg1", "-2", "--as", "Ana", "--why", WHY)
    assert "yet to rate" in run("rate", "stigma", "fg1", "--compare", "--as", "Ben")
    assert "stigma, fg1: +1, says Ben" in run("rate", "stigma", "fg1", "1", "--as", "Ben", "--why", WHY)
    assert "[−2 / +1]" in run("ratings").replace("\n", "")
    told = run("rate", "stigma", "fg1", "--compare", "--as", "Ana")
    assert f"Ben: +1  {WHY}" in told and "the rule proposes: −1" in told
    assert "agreed on −1" in run("rate", "stigma", "fg1", "-1", "--consensus", "--as", "Ana", "--why", WHY)
    assert "1 rest on a consensus" in " ".join(run("ratings").split())
    assert "stigma: fg1 +1, fg2 –" in run("ratings", "--as", "Ben")


def test_commands_say_what_there_is(run: Run) -> None:
    assert "Say how you rate it" in run("rate", "stigma", "fg1", "--as", "Ana")
    assert "'3' is no rating" in run("rate", "stigma", "fg1", "3", "--as", "Ana", "--why", WHY)
    assert "Did you mean 'fg1'?" in run("rate", "stigma", "fg11", "1", "--as", "Ana", "--why", WHY)


def test_an_old_database_gets_the_tables_of_ratings(study: Study, tmp_path: Path) -> None:
    go_back(study.store, "0006")
    study.store.close()
    again = Study.open(study.folder.path)
    assert again.rating_cells() == {} and again.verify() is None


def test_what_was_rated_before_a_study_turned_to_sites_stays_on_file_and_out_of_the_matrix(
    study: Study, raters: tuple[Rater, Rater], fg1: str
) -> None:
    for rater in raters:
        rater.rate("stigma", fg1, MINUS, WHY)
    settings = study.folder.config_file
    settings.write_text(
        settings.read_text()
        + '[meetings.fg1]\nsite = "North"\n[meetings.fg2]\nsite = "South"\n[options.ratings]\nby = "site"\n'
    )
    again = reopened(study)
    list(again.run("ingest"))
    assert [case.label for case in again.rated_cases()] == ["North", "South"]
    assert again.rating_cells() == {} and again.seat("Ana").rater.may_see_all()
    again.seat("Ana").rater.rate("stigma", again.rated_cases()[0].id, MINUS, WHY)
    assert "1 on one rater only" in again.tables()["rating_matrix"].notes[1]
    assert [row[2] for row in again.tables()["ratings"].rows[:2]] == ["no longer there"] * 2
