"""Tables for the paper through the doors: the study, a seat, the command line; and the files that steer them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import docx as python_docx
import openpyxl
import pytest

from qualkit.errors import BlindnessError, StudyError, WriteError
from qualkit.exporters import xlsx
from qualkit.model import Event
from qualkit.stages.verbatim import Edits
from qualkit.study import Study
from qualkit.study.quote_edits import EDITED
from tests.conftest import answer_of, choices, in_folder, outcomes, refusal, reopened

ROSTER = """transcript,speaker,pseudonym,role,town
fg1,P1,P1,participant,Tilden
fg1,P2,P2,participant,Tilden
fg1,P9,P9,participant,Harlow
fg1,Speaker 7,,participant,
fg1,Somebody,Somebody,observer,
fg2,P3,P3,participant,Tilden
fg2,P4,P4,participant,Harlow
"""
"""P9 says nothing; nobody knows whose Speaker 7 was, as no such voice was heard."""
SAID = "There is so much shame in this town. People blame the person."


@pytest.fixture
def study(empty_study: Study) -> Study:
    """Shame is a barrier in one group and a facilitator in the other, trust is there once; nobody codes blind."""
    in_folder(empty_study, "transcripts/participants.csv", ROSTER)
    for stage in ("ingest", "segment"):
        outcomes(empty_study, stage)
    ids = {" ".join(segment.text.split()[:2]): segment.id for segment in empty_study.coded_segments()}
    ana = empty_study.seat("Ana")
    ana.judge(ids["There is"], choices(stigma="barrier"))
    ana.judge(ids["Nobody will"], choices(stigma="facilitator"))
    ana.judge(ids["But they"], choices(trust=None))
    empty_study.reveal()
    return empty_study


@pytest.fixture
def shame(study: Study) -> str:
    return next(segment.id for segment in study.coded_segments() if segment.text == SAID)


def printed(study: Study, name: str, **given: Any) -> str:
    return study.table_text([name], given)


# ---------------------------------------------------------------- who is counted


def test_people_who_said_nothing_are_in_every_denominator_and_unheard_voices_are_nobody(study: Study) -> None:
    assert {row.of_participants for row in study.theme_rows()} == {5}
    assert "(1, from participants.csv)" in printed(study, "theme_table")
    rows = study.tables()["participants"].rows
    assert rows[:2] == (("Participants", "all", 3, 2, 5), ("Participants", "who said nothing", 1, 0, 1))
    assert [row[0] for row in study.tables()["participant_list"].rows] == ["P1", "P2", "P9", "P3", "P4"]


def test_a_list_of_participants_that_cannot_be_read_stops_no_table(study: Study) -> None:
    in_folder(study, "transcripts/participants.csv", "speaker\nP1\n")
    assert "participants" in reopened(study).tables()


# ---------------------------------------------------------------- which tables, and as what


def test_every_table_of_the_paper_is_there_and_says_its_n(study: Study) -> None:
    tables = study.tables()
    assert {"theme_table", "codebook", "framework_matrix", "framework_codes", "framework_participants", "themes_by_group",
            "themes_by_town", "participants", "participant_list"} <= set(tables)  # fmt: skip
    assert "joint_display" not in tables
    assert "within_across" not in tables  # there is no guide
    for name in ("framework_matrix", "themes_by_group", "participants"):
        assert "N = " in printed(study, name).replace("\xa0", " ")


def test_a_guide_and_numbers_of_the_author_bring_their_tables(study: Study) -> None:
    in_folder(study, "transcripts/guide.md", "1. **Ways.** What gets in the way?\n2. **Help.** What helps people to come?\n")
    in_folder(study, "joint_display.csv", "theme,indicator,Tilden,fit,inference\nstigma,Score,3.4,,\n")
    tables = reopened(study).tables()
    assert [row[0] for row in tables["within_across"].rows] == ["Stigma", "Trust"]
    assert tables["joint_display"].rows[0][:3] == ("Stigma", "Score", "3.4")
    assert "not recorded, author to complete" in tables["joint_display"].rows[0]


@pytest.mark.parametrize("suffix", [".docx", ".xlsx", ".html", ".md", ".tex"])
def test_several_tables_go_into_one_file(suffix: str, study: Study, tmp_path: Path) -> None:
    path = tmp_path / f"paper{suffix}"
    study.write_paper(["theme_table", "codebook"], path)
    assert path.stat().st_size > 1_000
    if suffix == ".xlsx":
        names = openpyxl.load_workbook(path).sheetnames
        assert [name.partition(" ")[0] for name in names] == ["1", "1", "2"]  # with a sheet of quotations


def test_what_cannot_be_written_is_refused_in_a_sentence(study: Study, tmp_path: Path) -> None:
    assert "holds one table" in refusal(lambda: study.write_paper(["codebook", "theme_table"], tmp_path / "t.csv"), WriteError)
    assert ".docx" in refusal(lambda: study.write_paper(["codebook"], tmp_path / "t.pdf"), WriteError)
    assert "'theme_table'" in refusal(lambda: study.write_paper(["theme_tabel"], tmp_path / "t.md"), StudyError)
    assert "'town'" in refusal(lambda: study.tables({"attributes": ["twon"]}), StudyError)
    assert "is not there" in refusal(lambda: study.write_paper(["codebook"], tmp_path / "t.docx", {"reference": "no.docx"}))
    assert not list(tmp_path.glob("t.*"))


def test_exports_take_the_styles_of_the_document_that_the_study_names(study: Study) -> None:
    document = python_docx.Document()
    document.sections[0].header.paragraphs[0].text = "Journal of Tables"
    document.save(str(study.folder.path / "journal.docx"))
    settings = study.folder.config_file
    settings.write_text(settings.read_text(encoding="utf-8") + '\n[options.tables]\nreference = "journal.docx"\nk = 2\n')
    again = reopened(study)
    outcomes(again, "export", formats=["docx", "csv"])
    made = python_docx.Document(str(again.folder.exports / "codebook.docx"))
    assert made.sections[0].header.paragraphs[0].text == "Journal of Tables"
    assert not outcomes(again, "export", formats=["docx", "csv"])["export"].is_fresh
    document.sections[0].header.paragraphs[0].text = "Another"
    document.save(str(study.folder.path / "journal.docx"))
    assert outcomes(again, "export", formats=["docx", "csv"])["export"].is_fresh


# ---------------------------------------------------------------- quotations


def test_an_edited_quotation_is_printed_so_everywhere_and_its_words_stay_on_file(study: Study, shame: str) -> None:
    hand = study.seat("Ana").authoring
    assert hand.print_quote(shame, "[T]here is […] shame in this town.") == Edits(n_cuts=1, n_brackets=1)
    text = printed(study, "theme_table")
    assert "\\[T\\]here is \\[…\\] shame in this town." in text
    assert "1 of them with cuts" in text
    assert "\\[T\\]here is" in printed(study, "framework_codes")
    xlsx.write(study.tables()["theme_table"], study.folder.exports / "t.xlsx")
    sheet = openpyxl.load_workbook(study.folder.exports / "t.xlsx")["Quotations"]
    row = next(cells for cells in sheet.iter_rows(values_only=True) if cells[0] == shame)
    assert row[-3:] == ("1 cuts, 1 brackets", SAID, "[T]here is […] shame in this town.")
    hand.print_quote(shame, "")
    assert "\\[T\\]here is" not in printed(study, "theme_table")


def test_an_edit_is_in_the_log_without_its_words_and_the_log_stays_whole(study: Study, shame: str) -> None:
    hand = study.seat("Ana").authoring
    for _ in range(2):
        hand.print_quote(shame, "People blame […] person", client_id="once")
    with study.store.read() as tx:
        (event,) = tx.all(Event, verb=EDITED)
    assert set(event.payload) == {"segment_id", "printed"}
    assert "blame" not in json.dumps(event.payload)
    assert study.verify() is None


def test_what_was_not_said_is_no_quotation(study: Study, shame: str) -> None:
    hand = study.seat("Ana").authoring
    assert "mark what is left out" in refusal(lambda: hand.print_quote(shame, "There is no shame"), StudyError)
    assert "no such segment" in refusal(lambda: hand.print_quote("x", "There"), StudyError)


def test_a_line_written_by_hand_that_does_not_follow_is_passed_over_and_said(study: Study, shame: str) -> None:
    in_folder(study, "quotes.csv", f"segment_id,printed\n{shame},There is no shame\n")
    text = printed(reopened(study), "theme_table")
    assert "no shame" not in text
    assert "1 line" in text
    in_folder(study, "quotes.csv", "segment,words\n")
    assert "the column 'segment\\_id' is missing" in printed(reopened(study), "theme_table")


# ---------------------------------------------------------------- doors


def test_a_blind_coder_gets_no_table(small_study: Study) -> None:
    with pytest.raises(BlindnessError):
        small_study.seat("Ana").table_file(["codebook"], ".docx")


def test_a_seat_gives_the_file_that_the_study_would_write(study: Study, tmp_path: Path) -> None:
    study.write_paper(["codebook"], tmp_path / "t.html")
    assert study.seat("Ana").table_file(["codebook"], ".html") == (tmp_path / "t.html").read_bytes()


def test_the_command_lists_shows_and_writes_tables(
    study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    where = ("-s", study.folder.path)
    assert "themes_by_town" in answer_of(capsys, monkeypatch, "table", *where)
    shown = answer_of(capsys, monkeypatch, "table", "participants", "--suppress-below", 2, *where)
    assert "hidden" in shown
    file = tmp_path / "paper.docx"
    assert "2 tables" in answer_of(capsys, monkeypatch, "table", "theme_table", "codebook", "--to", file, *where)
    assert len(python_docx.Document(str(file)).tables) == 2


def test_the_command_edits_a_quotation(
    study: Study, shame: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    where = ("--as", "Ana", "-s", study.folder.path)
    assert "1 cut and 0 brackets" in answer_of(capsys, monkeypatch, "quote", shame, "People blame […] person", *where)
    assert "as it was said" in answer_of(capsys, monkeypatch, "quote", shame, *where)
