"""Numbers of tables, pages and charts, and the segments that they open: exactly as many as the number says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pytest

pytest.importorskip("streamlit")

from qualkit.errors import BlindnessError
from qualkit.model import Behind, RatingValue, Table
from qualkit.plain import as_plain, from_plain
from qualkit.stages import framework, outcomes
from qualkit.stages.evaluate import Evaluation
from qualkit.stages.metrics import Judged
from qualkit.stages.tables import Options
from qualkit.study import Study, evaluating, figure_numbers, ledger_numbers
from qualkit.study.standing_numbers import EVERY
from qualkit.ui import launch
from tests import conftest
from tests.conftest import choices, refusal
from tests.drawn import page_of, sent
from tests.test_browser import sit_down
from tests.worlds import with_topics

SAID = {"There is": {"stigma": "barrier"}, "No bus": {"transport": "barrier"}, "The bus": {"transport": "facilitator"}}


@pytest.fixture
def study(small_study: Study) -> Study:
    """A study with topics that Ana and Ben have judged, all but one segment alike; a machine was evaluated, Ana has rated."""
    settings = small_study.folder.config_file
    settings.write_text(
        settings.read_text() + 'coders = ["Ana", "Ben"]\nadjudicators = ["Cara"]\n'
        '[options.suggest]\nsuggesters = ["keywords"]\n[options.evaluate]\nmin_positives = 1\nresamples = 5\n'
    )
    opened = with_topics(conftest.reopened(small_study))
    for segment in opened.coded_segments():
        start = " ".join(segment.text.split()[:2])
        opened.seat("Ana").judge(segment.id, choices(**SAID.get(start, {})))
        opened.seat("Ben").judge(segment.id, choices(**SAID.get(start, {}) if start != "No bus" else {}))
    assert conftest.outcomes(opened, "evaluate")["evaluate"].is_fresh
    case = opened.rated_cases()[0].id
    opened.seat("Ana").rater.rate("stigma", case, RatingValue.BARRIER, "they said so")
    return opened


# ---------------------------------------------------------------- every table


OF_SEGMENTS = re.compile(r"(\d+)( of \d+| segments?,.*| segments?)?", re.DOTALL)
OTHER = re.compile(r"[Tt]urn|Words|Talk|Met|New|So far|base|Cells|Codes|Passages")
"""Columns whose numbers are not of the segments that they open, nor of their people and groups."""


def n_behind(study: Study, item: Behind) -> int:
    """Segments, people or groups; of all codes together pairs of segment and code."""
    if item.title.endswith("of segment and code"):
        return sum(len(item.said[key].split("; ")) for key in item.segment_ids)
    segments = [study.corpus().segments[key] for key in item.segment_ids]
    people = {segment.participant_id for segment in segments if segment.participant_id}
    return {"segments": len(segments), "people": len(people), "groups": len({one.transcript_id for one in segments})}[item.what]


def wrong(study: Study, table: Table, opens: Mapping[tuple[int, int], Behind]) -> tuple[int, list[object]]:
    """How many counts of a table open, and those that open another number than they say."""
    told = {place: OF_SEGMENTS.fullmatch(str(table.rows[place[0]][place[1]])) for place in opens}
    counts = {place: int(found[1]) for place, found in told.items() if found and not OTHER.search(table.columns[place[1]])}
    return len(counts), [(place, n, opens[place]) for place, n in counts.items() if n_behind(study, opens[place]) != n]


def test_every_count_of_every_table_opens_as_many_segments_people_or_groups_as_it_says(study: Study) -> None:
    tables, counted = study.tables(), set()
    for stem, table in tables.items():
        n, off = wrong(study, table, study.table_opens(stem))
        assert not off, stem
        counted |= {stem} if n else set()
    assert counted >= {
        "theme_table", "theme_numbers", "agreement", "agreement_rounds", "topics", "gap_topics", "gap_codes", "codebook",
        "framework_matrix", "framework_participants", "framework_codes", "participant_list", "evaluation", "verdicts",
        "theme_carriers", "constructs", "themes_by_group", "agreement_valence",
    }  # fmt: skip
    others = ("agreement_words", "consensus_matrix", "consensus_in_fg1", "saturation", "rating_matrix", "voice_balance")
    assert [stem for stem in others if not study.table_opens(stem)] == []


def test_a_cell_of_too_few_people_does_not_open(study: Study) -> None:
    about: dict[str, Any] = {"codes": study.final_codes(), "corpus": study.corpus(), "book": study.codebook()}
    opens = framework.opens(**about, options=Options())
    assert {title for title in (item.title for item in opens.values()) if "Stigma" in title} == {"Stigma, fg1"}
    hidden = framework.opens(**about, options=Options(suppress_below=2))
    assert {column for _, column in hidden} == {0}
    alone = framework.opens(**about, options=Options(suppress_below=2), by_participant=True)
    assert any(item.title == "Stigma, P1, fg1" for item in alone.values())  # a person's own row hides nobody


# ---------------------------------------------------------------- rounds


def test_a_round_opens_what_was_judged_blind_and_what_stands_now_apart(study: Study) -> None:
    (round_,) = study.rounds()
    bus = next(segment.id for segment in study.coded_segments() if segment.text.startswith("No bus"))
    judged, differ = ledger_numbers.of_round(study, round_)[ledger_numbers.BLIND]
    assert (len(judged.segment_ids), differ.segment_ids) == (5, (bus,))
    assert differ.said[bus] == "Ana: Transport; Ben: no code"
    study.reveal()
    study.seat("Ben").judge(bus, choices(transport="barrier"), base_version=1)
    told = ledger_numbers.of_round(study, study.rounds()[0])
    assert told[ledger_numbers.BLIND][1].segment_ids == (bus,)
    assert told[ledger_numbers.NOW][1].segment_ids == ()
    assert {column for _, column in study.table_opens("agreement_rounds")} == {6, 7, 12}


# ---------------------------------------------------------------- who judged what


def test_what_each_coder_judged_opens_by_transcript_with_what_they_said(study: Study) -> None:
    numbers = study.standing_numbers()
    assert numbers.table.columns == ("Transcript", "Segments", "Ana judged", "Ben judged", "In topics", "In themes")
    counts = {row.title: {name: share.n for name, share in row.judged.items()} for row in study.standing()}
    assert [(row[0], row[2], row[3]) for row in numbers.table.rows[:-1]] == [
        (title, mine["Ana"], mine["Ben"]) for title, mine in counts.items()
    ]
    assert numbers.table.rows[-1][:4] == (EVERY, 5, 5, 5)
    assert wrong(study, numbers.table, numbers.opens)[1] == []
    ben = numbers.opens[0, 3]
    assert ben.title == "fg1: Ben judged"
    assert sorted(ben.said[key] for key in ben.segment_ids) == ["Stigma (barrier)", "no code", "no code"]


# ---------------------------------------------------------------- machine coders


def test_outcomes_leave_out_what_people_have_not_settled() -> None:
    truth = np.array([[True], [False], [True], [True]])
    judged = Judged(
        is_true=truth, is_known=np.array([[True], [True], [True], [False]]), scores=np.zeros((4, 1)),
        is_given=np.array([[True], [True], [False], [True]]), transcripts=np.zeros(4, dtype=int),
    )  # fmt: skip
    (found,) = outcomes.of(judged, ["a", "b", "c", "d"])
    assert (found.right, found.wrong, found.missed) == (("a",), ("b",), ("c",))
    assert (found.by_machine, found.by_people) == ({"a", "b"}, {"a", "c"})


def test_what_a_machine_found_and_missed_opens(study: Study) -> None:
    found = study.machine_outcomes()
    assert found is not None
    table, opens = found
    n, off = wrong(study, table, opens)
    assert n and not off
    rows = {row[1]: at for at, row in enumerate(table.rows)}
    transport, columns = rows["Transport"], {name: n for n, name in enumerate(table.columns)}
    texts = [study.corpus().segments[key].text for key in opens[transport, columns["Given by people"]].segment_ids]
    assert texts == ["The bus stops right at the clinic door now."]
    assert opens[transport, columns["Precision"]].segment_ids == opens[transport, columns["Given by it"]].segment_ids
    for report in evaluating.last(study)[0].codes:
        assert len(report.outcomes.by_people) == report.n_positive and len(report.outcomes.by_machine) == report.n_given


def test_an_evaluation_from_before_outcomes_were_kept_has_its_numbers_and_opens_nothing(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    (kept,) = evaluating.last(study)
    plain = as_plain(kept)
    for report in (plain["pooled"], plain["mean"], *plain["codes"]):
        del report["outcomes"]
    old = from_plain(Evaluation, plain)
    monkeypatch.setattr(evaluating, "last", lambda _: [old])
    found = study.machine_outcomes()
    assert found is not None and found[0].rows and not found[1]


# ---------------------------------------------------------------- charts


def test_the_marks_of_charts_open_what_they_stand_for(study: Study) -> None:
    picked = {
        stem: figure_numbers.of_figure(study, stem) for stem in ("saturation", "talk_share", "topic_sizes", "rating_matrix")
    }
    titles = {stem: [item.title for item in numbers.picked.values()] for stem, numbers in picked.items() if numbers}
    assert "New in fg1, 1: Stigma" in titles["saturation"]
    assert "P1, fg1" in titles["talk_share"] and "Moderator, fg1" in titles["talk_share"]
    assert titles["topic_sizes"] == ["Topic 1", "Topic 2"]
    assert titles["rating_matrix"] == ["Stigma, fg1"]


# ---------------------------------------------------------------- who may open


def test_a_blind_coder_opens_no_number_of_any_table_figure_or_page(study: Study) -> None:
    dan, stems = study.seat("Dan"), [*study.tables(), *study.figures()]
    asks: list[Callable[[], object]] = [dan.standing_numbers, dan.machine_outcomes]
    asks += [partial(ask, stem) for stem in stems for ask in (dan.table_opens, dan.figure_numbers)]
    assert all("codes blind and has judged 0 of 5" in refusal(ask, BlindnessError) for ask in asks)


@pytest.mark.parametrize(("name", "is_open"), [("Cara", True), ("Dan", False)])
def test_the_page_study_opens_its_numbers_for_who_may_see_results(
    study: Study, monkeypatch: pytest.MonkeyPatch, name: str, is_open: bool
) -> None:
    monkeypatch.setenv(launch.STUDY_VARIABLE, str(study.folder.path))
    app = page_of("study", name)
    app.session_state["found"] = app.session_state["machines"] = True
    app.run()
    assert not app.exception
    assert [title in sent(app) for title in ("fg1: Ana judged", "judged by two or more", "given by keywords alone")] == [
        is_open
    ] * 3


def test_ratings_open_for_nobody_who_has_some_left_to_rate(study: Study) -> None:
    ben = study.seat("Ben")
    asks: list[Callable[[], object]] = [
        lambda: ben.table_opens("rating_matrix"), lambda: ben.table_opens("rating_agreement"),
        lambda: ben.figure_numbers("rating_matrix"),
    ]  # fmt: skip
    assert all("has yet to rate 1" in refusal(ask, BlindnessError) for ask in asks)
    assert study.seat("Cara").table_opens("rating_matrix")


# ---------------------------------------------------------------- in a browser


@pytest.mark.browser
def test_a_fact_and_a_point_of_a_curve_are_pressed_and_open_what_was_said(study: Study, browser: Any, address: str) -> None:
    window = sit_down(browser, address, "topics", "Cara", [])
    dialog = window.get_by_role("dialog")
    for name in ("In a topic: 2. Read and hear them", "1 · word0, shame: 3. Read and hear them"):  # at the top, and by the map
        window.get_by_role("button", name=name).press("Enter")
        dialog.get_by_text("shame in this town").wait_for()
        window.keyboard.press("Escape")
        dialog.wait_for(state="detached")
    window.get_by_role("link", name="Report").click()
    window.get_by_text("Saturation", exact=True).click()
    window.get_by_test_id("stVegaLiteChart").locator("[aria-label*='new in fg1']").click()
    dialog.get_by_text("New in fg1, 1: Stigma").wait_for()
