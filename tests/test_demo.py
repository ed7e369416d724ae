"""The demo does what the README promises: the whole job on the sample study, from audio to a theme table, without a network."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import docx
import openpyxl
import pytest

from qualkit.model import (
    NOT_RECORDED,
    Event,
    ItemStatus,
    Participant,
    Rating,
    RatingValue,
    ResponseKind,
    Role,
    Transcript,
    Turn,
)
from qualkit.readers import srt, txt
from qualkit.stages.ratings import BY_RATERS, COMPARED, RATED
from qualkit.study import Study, sample_raters
from tests.test_checklists import is_there

pytestmark = pytest.mark.engine


def offline() -> list[str]:
    """A prefix that runs a command without any network, where the system lets us take it away."""
    cut = ["unshare", "--net", "--map-root-user"]
    works = shutil.which("unshare") and subprocess.run([*cut, "true"], capture_output=True, check=False).returncode == 0
    return cut if works else []


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "study"
    nowhere = {"HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}
    command = [*offline(), sys.executable, "-m", "qualkit", "demo", str(path)]
    done = subprocess.run(command, env={**os.environ, **nowhere}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert str(path / "exports" / "theme_table.docx") in done.stdout
    assert f"qualkit app --study {path}" in done.stdout
    return path


def rows(demo: Path, stem: str) -> list[dict[str, str]]:
    return read(demo / "exports" / f"{stem}.csv")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_theme_table_stands_in_csv_xlsx_and_docx_with_the_same_rows(demo: Path) -> None:
    table = rows(demo, "theme_table")
    sheet = openpyxl.load_workbook(demo / "exports" / "theme_table.xlsx").active
    themes = [cell.value for cell in sheet["B"]]
    document = docx.Document(str(demo / "exports" / "theme_table.docx"))
    assert len(table) > 30
    assert {row["Facilitator / barrier"] for row in table} >= {"Facilitator", "Barrier"}
    assert all(row["Theme"] in themes for row in table)
    assert len(document.tables[0].rows) == len(table) + 2  # a header, and a heading over the counts


def test_groups_and_participants_are_counted_as_in_the_transcripts(demo: Path) -> None:
    study = Study.open(demo)
    with study.store.read() as tx:
        people = tx.all(Participant)
        labels = {transcript.id: transcript.label for transcript in tx.all(Transcript)}
    speakers = {
        "fg2_treatment_providers": {said.speaker for said in txt.read(demo / "transcripts" / "fg2_treatment_providers.txt")},
        "fg4_agency_leaders": {said.speaker for said in srt.read(demo / "transcripts" / "fg4_agency_leaders.srt")},
    }
    for label, wanted in speakers.items():
        found = {person.pseudonym for person in people if labels[person.transcript_id] == label}
        assert found == wanted
    participants = [person for person in people if person.role is Role.PARTICIPANT]
    assert {row["of_participants"] for row in rows(demo, "theme_numbers")} == {str(len(participants))} == {"30"}
    assert {row["of_groups"] for row in rows(demo, "theme_numbers")} == {"4"}


def test_a_row_counts_what_a_reader_counts_in_the_coded_segments(demo: Path) -> None:
    row = next(row for row in rows(demo, "theme_numbers") if (row["theme"], row["valence"]) == ("Stigma", "barrier"))
    coded = [item for item in rows(demo, "coded_segments") if "stigma:barrier" in item["codes"].split("; ")]
    assert int(row["n_segments"]) == len(coded) > 5
    assert int(row["n_groups"]) == len({item["transcript"] for item in coded})
    assert int(row["n_participants"]) == len({(item["transcript"], item["speaker"]) for item in coded})


def test_every_quote_is_verbatim_and_some_come_from_the_audio(demo: Path) -> None:
    with Study.open(demo).store.read() as tx:
        said = [" ".join(turn.text.split()) for turn in tx.all(Turn)]
    cells = [row["Illustrative quotes"] for row in rows(demo, "theme_table")]
    quotes = [" ".join(quote.split()) for cell in cells for quote in re.findall(r"“(.*)” \(", cell)]
    assert len(quotes) > 60
    assert all(any(quote in turn for turn in said) for quote in quotes)
    assert any("audio)" in cell for cell in cells)


def test_a_quote_from_the_audio_can_be_heard(demo: Path) -> None:
    study = Study.open(demo)
    heard = next(quote for row in study.theme_rows() for quote in row.quotes if quote.has_audio)
    clip = study.seat("Cara").clip(heard.segment_id)
    assert clip is not None
    assert clip.startswith(b"OggS")


def test_two_coders_disagree_in_places_and_cases_wait_for_an_adjudicator(demo: Path) -> None:
    study = Study.open(demo)
    pooled = {item.measure: item for item in study.agreement() if item.code_key is None}
    assert pooled["kappa"].value is not None
    assert 0.6 <= pooled["kappa"].value <= 0.8
    assert sum(case.is_disputed for case in study.cases()) > 50


def test_two_raters_rated_every_code_in_every_group_and_the_matrix_says_what_stands(demo: Path) -> None:
    matrix = rows(demo, "rating_matrix")
    groups = [name for name in matrix[0] if name.startswith("FG")]
    marks = [row[group] for row in matrix for group in groups]
    assert (len(groups), len(marks)) == (4, 88)
    assert {mark.strip("'") for mark in marks} >= {"+2", "+1", "−1", "−2", "X", "M"}
    assert sum("/" in mark for mark in marks) == 2  # raters differ and have not agreed: left to whoever tries the program
    verdicts = {row["Construct"]: row["Distinguishing"] for row in matrix}
    assert verdicts["Trauma-informed care"].startswith("strongly")
    assert verdicts["Collaboration across sectors"].startswith("weakly")
    assert any("Weighted kappa" in row["Coefficient"] for row in rows(demo, "rating_agreement"))


def test_ratings_rest_on_examples_that_are_there_and_seldom_leave_the_published_rule(demo: Path) -> None:
    study = Study.open(demo)
    cells = study.rating_cells()
    proposed = {key: study.rating_comparison(*key).proposal.value for key in cells}
    settled = {key: cell.value for key, cell in cells.items() if cell.value is not None}
    followed = [key for key, value in settled.items() if value is proposed[key]]
    assert {proposed[key] for key in followed} >= {RatingValue.STRONG_FACILITATOR, RatingValue.STRONG_BARRIER}
    assert 0.9 <= len(followed) / len(settled) < 1
    with study.store.read() as tx:
        marked = sum(len(rating.concrete_segment_ids) for rating in tx.all(Rating))
    said = [row["concrete"] for name in ("ana", "ben") for row in read(demo / "transcripts" / "ratings" / f"{name}.csv")]
    assert marked == sum(len(examples.split(";")) for examples in said if examples)


def test_raters_rated_before_they_saw_anybody_elses(demo: Path) -> None:
    with Study.open(demo).store.read() as tx:
        verbs = [event.verb for event in tx.all(Event) if event.verb in BY_RATERS]
    assert verbs.index(COMPARED) == verbs.count(RATED) == 176


def test_who_answered_whom_is_recorded_and_shows_as_agreement_and_dissent(demo: Path) -> None:
    said = rows(demo, "responses")
    assert {row["Group"] for row in said} == {row["Group"] for row in rows(demo, "consensus_matrix")}
    assert {row["Response"] for row in said} == set(ResponseKind)
    assert len(said) == len(read(demo / "transcripts" / "responses.csv"))
    stances = " ".join(row["Agreed"] + row["Dissented"] + row["Both ways"] for row in rows(demo, "consensus_matrix"))
    assert {"A", "D"} <= set(stances.replace(";", " ").split())


def test_what_raters_recorded_is_recorded_once(demo: Path) -> None:
    study = Study.open(demo)
    before = study.head()
    assert sample_raters.rate(study) == (176, 29)
    assert sample_raters.respond(study) == len(rows(demo, "responses"))
    assert study.head() == before
    assert study.verify() is None


def test_coreq_has_18_items_from_data_and_each_leads_to_its_evidence(demo: Path) -> None:
    study = Study.open(demo)
    tables, items = study.tables(), study.checklists()["coreq"].items
    said = [item for item in items if item.status is not ItemStatus.OPEN]
    assert len(said) >= 18
    assert not study.config.report
    assert all(item.evidence and all(is_there(study, proof, tables) for proof in item.evidence) for item in said)
    assert {item.text for item in items if item not in said} == {NOT_RECORDED}
    assert (demo / "exports" / "report.html").read_text(encoding="utf-8").count("<figure") >= 8


def test_a_second_demo_finds_everything_up_to_date(demo: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "qualkit", "run", "--study", str(demo)], capture_output=True, text=True, check=True
    )
    assert done.stdout.count("up to date") == 10  # nine stages and the closing sentence
