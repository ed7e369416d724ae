"""Saturation through the doors: the study, a seat, the command line, tables, the figure and the page."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("altair")
pytest.importorskip("streamlit")

from streamlit.testing.v1 import AppTest

from qualkit.errors import BlindnessError, StudyError
from qualkit.model import Saturation
from qualkit.stages import saturation_tables
from qualkit.study import Study, figures
from qualkit.study import saturation_numbers as numbers
from qualkit.ui import launch
from qualkit.ui import report_saturation as section
from tests.conftest import answer_of, choices, in_folder, outcomes, refusal, reopened
from tests.drawn import page_of, told

ROSTER = "transcript,speaker,role,town\nfg1,P1,participant,Tilden\nfg1,P2,participant,Harlow\nfg2,P3,participant,Tilden\n"
FG0 = "Moderator: What gets in the way?\n\nP7: It is the shame and blame in this place that keeps us home.\n"


@pytest.fixture
def study(empty_study: Study) -> Study:
    """Three groups: fg0 is held last, and brings nothing new."""
    in_folder(empty_study, "transcripts/fg0.txt", FG0)
    in_folder(empty_study, "transcripts/participants.csv", ROSTER)
    with empty_study.folder.config_file.open("a", encoding="utf-8") as file:
        for name, day in (("fg1", 1), ("fg2", 2), ("fg0", 3)):
            file.write(f"\n[meetings.{name}]\nheld_on = 2026-03-0{day}\n")
    study = reopened(empty_study)
    for stage in ("ingest", "segment"):
        outcomes(study, stage)
    ids = {" ".join(segment.text.split()[:2]): segment.id for segment in study.coded_segments()}
    ana = study.seat("Ana")
    ana.judge(ids["There is"], choices(stigma="barrier"))
    ana.judge(ids["No bus"], choices(transport="barrier"))
    ana.judge(ids["But they"], [])
    ana.judge(ids["The bus"], choices(transport="facilitator"))
    ana.judge(ids["Nobody will"], choices(stigma="facilitator", trust=None))
    ana.judge(ids["It is"], choices(stigma="barrier"))
    study.reveal()
    return study


def new(item: Saturation) -> list[tuple[str, int]]:
    return [(group.title, len(group.new)) for group in item.groups]


# ---------------------------------------------------------------- the study and a seat


def test_the_study_tells_what_each_group_brought_in_the_order_of_days(study: Study) -> None:
    assert new(study.saturation()[0]) == [("fg1", 2), ("fg2", 1), ("fg0", 0)]
    assert new(study.saturation(with_valence=True)[0]) == [("fg1", 2), ("fg2", 3), ("fg0", 0)]
    assert [found.told(0.05) for found in study.saturation()[0].assessments] == ["2+1"]


def test_sizes_and_thresholds_come_from_the_settings_of_the_study(study: Study) -> None:
    with study.folder.config_file.open("a", encoding="utf-8") as file:
        file.write("\n[options.saturation]\nbases = [1]\nruns = [1]\nthresholds = [0.5]\n")
    (found,) = reopened(study).saturation()[0].assessments
    assert (found.base, found.run, [item.n_new for item in found.runs], found.told(0.5)) == (1, 1, [1, 0], "1+1")


def test_strata_are_people_of_a_kind_in_the_groups_in_which_they_spoke(study: Study) -> None:
    assert study.saturation_strata() == ("town",)
    found = {item.stratum: new(item) for item in study.saturation(by="town")}
    assert found == {"Harlow": [("fg1", 1)], "Tilden": [("fg1", 1), ("fg2", 1)]}


def test_a_judgement_more_is_seen_at_once(study: Study) -> None:
    before = study.saturation()[0]
    last = next(segment.id for segment in study.coded_segments() if segment.text.startswith("It is"))
    study.seat("Ana").judge(last, choices(transport="barrier", stigma="mixed"), base_version=1)
    assert study.saturation(with_valence=True)[0].n_found == 6
    assert before.groups[-1].new == ()


def test_a_level_or_stratum_that_is_not_there_is_refused_in_a_sentence(study: Study, small_study: Study) -> None:
    assert "no level 'domian'" in refusal(lambda: study.saturation("domian"), StudyError)
    assert "'nonsense'" in refusal(lambda: study.saturation(by="nonsense"), StudyError)


def test_without_codes_there_is_nothing_to_look_at(small_study: Study) -> None:
    assert small_study.saturation_levels() == ()
    assert "No code counts yet" in refusal(small_study.saturation, StudyError)
    assert not {"saturation", "saturation_thresholds"} & set(small_study.tables())
    assert "saturation" not in figures.all_figures(small_study)


def test_a_blind_coder_sees_no_saturation(empty_study: Study) -> None:
    with empty_study.folder.config_file.open("a", encoding="utf-8") as file:
        file.write('coders = ["Ana", "Ben"]\n')
    study = reopened(empty_study)
    for stage in ("ingest", "segment"):
        outcomes(study, stage)
    ben = study.seat("Ben")
    ben.judge(ben.queue()[0], choices(stigma="barrier"))
    ana = study.seat("Ana")
    for ask in (ana.saturation, ana.saturation_levels, ana.saturation_strata, lambda: ana.saturation_notes([])):
        refusal(ask, BlindnessError)


# ---------------------------------------------------------------- tables, figure, command


def test_tables_have_all_levels_the_last_share_and_their_assumptions(study: Study) -> None:
    tables = study.tables()
    assert [row[:2] for row in tables["saturation"].rows[:3]] == [("Codes", "fg1"), ("Codes", "fg2"), ("Codes", "fg0")]
    assert {row[0] for row in tables["saturation"].rows} == {"Codes", "Codes with valence"}
    assert [row[0] for row in tables["saturation"].appendix[0].rows] == ["Stigma", "Transport", "Trust"]
    assert tables["saturation_by_stratum"].rows[1][:5] == ("Town", "Tilden", 2, 2, 1)
    for name in ("saturation", "saturation_thresholds", "saturation_by_stratum"):
        notes = " ".join(tables[name].notes)
        assert "code saturation, not meaning saturation" in notes and "Codes counted: 6 single coder." in notes
    assert "Guest, Namey and Chen (2020)" in " ".join(tables["saturation_thresholds"].notes)


@pytest.mark.parametrize("suffix", [".docx", ".xlsx", ".html", ".md", ".tex"])
def test_tables_of_saturation_go_into_every_format(suffix: str, study: Study, tmp_path: Path) -> None:
    path = tmp_path / f"saturation{suffix}"
    study.write_paper(["saturation", "saturation_thresholds", "saturation_by_stratum"], path)
    assert path.stat().st_size > 1_000


def test_the_figure_has_a_curve_for_each_level_and_its_assumptions(study: Study) -> None:
    figure = figures.all_figures(study)["saturation"]()
    assert any("all 6 orders of the 3 groups" in note for note in figure.notes)
    assert any("not meaning saturation" in note for note in figure.notes)
    spec = figure.chart.to_dict()
    assert [panel["title"]["text"] for panel in spec["concat"]] == ["Codes", "Codes with valence"]
    rows = spec["concat"][0]["data"]["values"]
    assert [(row["n"], row["least"], row["median"], row["most"], row["so_far"]) for row in rows] == [
        (1, 1, 2, 3, 2), (2, 2, 3, 3, 3), (3, 3, 3, 3, 3)
    ]  # fmt: skip


def test_an_export_draws_the_curve_without_topics_and_anew_when_codes_change(study: Study) -> None:
    pytest.importorskip("vl_convert")
    list(study.run("export"))
    drawn = study.folder.exports / "figures" / "saturation.svg"
    before = drawn.read_text()
    last = next(segment.id for segment in study.coded_segments() if segment.text.startswith("But they"))
    study.seat("Ana").judge(last, choices(trust=None), base_version=1)
    list(study.run("export"))
    assert drawn.read_text() != before


def test_the_command_shows_groups_sizes_verdict_and_assumptions(
    study: Study, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    where = ("-s", study.folder.path)
    shown = said(capsys, monkeypatch, "saturation", *where, "--valence", "--base", 2, "--run", 1)
    assert "At 0% new codes saturation was reached in the one combination of base and run that fits: 2+1." in shown
    assert "code saturation, not meaning saturation" in shown
    assert "Codes, Tilden: Too few groups" in said(capsys, monkeypatch, "saturation", *where, "--by", "town")
    assert "between 0 and 1" in said(capsys, monkeypatch, "saturation", *where, "--threshold", 5)


def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: object) -> str:
    """What a command prints, however its lines are broken."""
    return " ".join(answer_of(capsys, monkeypatch, *arguments).split())


# ---------------------------------------------------------------- the page


def test_every_number_of_codes_opens_the_segments_where_they_were_met_first(study: Study) -> None:
    item = study.saturation(with_valence=True)[0]
    text = {segment.id: " ".join(segment.text.split()[:2]) for segment in study.coded_segments()}

    def behind(found: section.Opens) -> dict[tuple[int, int], list[str]]:
        return {place: [text[key] for key in opened.segment_ids] for place, opened in found.items()}

    groups = behind(numbers.accumulation([item]))
    assert groups[0, saturation_tables.N_NEW] == ["There is", "No bus"]
    assert groups[1, saturation_tables.N_NEW] == ["The bus", "Nobody will"]  # two codes were met first in the one segment
    assert (2, saturation_tables.N_NEW) not in groups  # nothing is behind a zero
    assert groups[2, saturation_tables.N_MET] == ["It is"]
    assert groups[1, saturation_tables.N_SO_FAR] == ["There is", "No bus", "The bus", "Nobody will"]
    sizes = behind(numbers.assessments([item]))
    assert sizes == {(0, saturation_tables.IN_BASE): ["There is", "No bus", "The bus", "Nobody will"]}
    titles = numbers.accumulation([item])
    assert "Transport (facilitator)" in titles[1, saturation_tables.N_NEW].title
    strata = behind(numbers.summary(study.saturation(by="town")))
    assert strata[1, saturation_tables.OF_STRATUM_NEW] == ["The bus"]


@pytest.fixture
def page(study: Study, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The section as Ana opens it."""
    monkeypatch.setenv(launch.STUDY_VARIABLE, str(study.folder.path))
    app = page_of("report", "Ana")
    app.query_params["report-section"] = "Saturation"
    return app.run()


def test_the_section_shows_verdict_curve_assumptions_and_both_tables(page: AppTest) -> None:
    assert not page.exception
    seen = told(page)
    assert "At ≤ 5% new codes saturation was reached in the one combination of base and run that fits: 2+1." in seen
    assert "all 6 orders of the 3 groups" in seen and "not meaning saturation" in seen
    assert len(page.get("vega_lite_chart")) == 1


def test_the_section_counts_by_valence_and_by_stratum_as_chosen(page: AppTest) -> None:
    page.toggle(key="saturation-valence").set_value(True).run()
    assert "The last of 3 groups brought 0 new, 0% of the 5 met before it." in told(page)
    page.selectbox(key="saturation-by").set_value("town").run()
    assert not page.exception
    assert "Tilden" in told(page)
    assert len(page.get("vega_lite_chart")) == 1  # Harlow is one group


def test_a_blind_coder_is_told_why_there_is_nothing_to_see(empty_study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    with empty_study.folder.config_file.open("a", encoding="utf-8") as file:
        file.write('coders = ["Ana", "Ben"]\n')
    for stage in ("ingest", "segment"):
        outcomes(empty_study, stage)
    monkeypatch.setenv(launch.STUDY_VARIABLE, str(empty_study.folder.path))
    app = page_of("report", "Ana")
    app.query_params["report-section"] = "Saturation"
    app.run()
    assert "Ana codes blind and has judged 0 of" in app.info[0].value
