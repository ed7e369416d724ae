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

from qualkit.model import Participant, Role, Transcript, Turn
from qualkit.readers import srt, txt
from qualkit.study import Study

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
    with (demo / "exports" / f"{stem}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_theme_table_stands_in_csv_xlsx_and_docx_with_the_same_rows(demo: Path) -> None:
    table = rows(demo, "theme_table")
    sheet = openpyxl.load_workbook(demo / "exports" / "theme_table.xlsx").active
    themes = [cell.value for cell in sheet["B"]]
    document = docx.Document(str(demo / "exports" / "theme_table.docx"))
    assert len(table) > 30
    assert {row["Facilitator / barrier"] for row in table} >= {"Facilitator", "Barrier"}
    assert all(row["Theme"] in themes for row in table)
    assert len(document.tables[0].rows) == len(table) + 1


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


def test_a_second_demo_finds_everything_up_to_date(demo: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "qualkit", "run", "--study", str(demo)], capture_output=True, text=True, check=True
    )
    assert done.stdout.count("up to date") == 10  # nine stages and the closing sentence
