"""Four real focus groups: qualkit's counts against the published ones, and the whole job with real engines."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import docx
import openpyxl
import pytest

from qualkit.model import FinalCode, Turn, grouped
from qualkit.study import Study, coding
from tests.fakes import FakeLanguage
from tests.os_focus_group import BY_TURN, key_of, make_os_study, rows_of, write_codings

pytestmark = pytest.mark.real_data

STRATA = {"R1": ("R1",), "non-R1": ("nonR1",), "all": ("R1", "nonR1")}

Counts = Counter[tuple[str, str]]
"""How many (group, speaker) pairs a stratum has for a code."""


@pytest.fixture(scope="module")
def study(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The four groups with one segment a turn, and the published codes as those of one coder."""
    path = tmp_path_factory.mktemp("groups") / "os"
    study = make_os_study(path, real_data, BY_TURN)
    study.tools.language = FakeLanguage()
    for stage in ("ingest", "segment"):
        list(study.run(stage))
    (imported,) = coding.read_codings(study, write_codings(path / "codings.csv", real_data))
    assert imported.unplaced == ()
    return study


@pytest.fixture(scope="module")
def counts(study: Study) -> Counts:
    """Distinct (group, speaker, code) by stratum and code, from the codes that count."""
    corpus = study.corpus()

    def pair(code: FinalCode) -> tuple[str, str, str]:
        segment = corpus.segments[code.segment_id]
        label = corpus.transcripts[segment.transcript_id].label
        return label, corpus.participants[segment.participant_id or ""].pseudonym, code.code_key

    pairs = {pair(code) for code in study.final_codes()}
    return Counter((group.partition("_")[0], key) for group, _, key in pairs)


def counted(counts: Counts, stratum: str, codes: set[str]) -> int:
    return sum(counts[part, code] for part in STRATA[stratum] for code in codes)


def test_turns_are_read_with_speaker_role_number_and_every_word(study: Study, real_data: Path) -> None:
    corpus = study.corpus()
    with study.store.read() as tx:
        turns = tx.all(Turn)
    found = [
        (
            corpus.transcripts[turn.transcript_id].label,
            str(turn.position),
            corpus.participants[turn.participant_id or ""].pseudonym,
            corpus.participants[turn.participant_id or ""].role.value,
            turn.text,
        )
        for turn in turns
    ]
    wanted = [
        tuple(row[title] for title in ("group", "turn", "speaker", "role", "text")) for row in rows_of(real_data, "turns")
    ]
    assert sorted(found) == sorted(wanted)
    assert len(found) == 524
    # 33 people spoke, moderators left out
    assert {row.of_participants for row in study.theme_rows()} == {33}


@pytest.mark.parametrize(
    ("stratum", "n", "off"), [("R1", 145, {"F-PR"}), ("non-R1", 149, {"WTL-OS"}), ("all", 184, {"F-PR", "WTL-OS"})]
)
def test_counts_of_initial_codes_are_the_published_ones(
    counts: Counts, real_data: Path, stratum: str, n: int, off: set[str]
) -> None:
    rows = [row for row in rows_of(real_data, "published_frequencies") if (row["level"], row["Group"]) == ("initial", stratum)]
    differences = {row["InitialCode"]: int(row["N"]) - counted(counts, stratum, {key_of(row["InitialCode"])}) for row in rows}
    assert len(rows) == n
    # two codes are published with one speaker more than the published codings show; all others are equal: 182 of 184
    assert {code: by for code, by in differences.items() if by} == dict.fromkeys(off, 1)


@pytest.mark.parametrize(("stratum", "off"), [("R1", set()), ("non-R1", {"3.1 - Information"}), ("all", {"3.1 - Information"})])
def test_counts_of_subcategories_are_the_published_ones(counts: Counts, real_data: Path, stratum: str, off: set[str]) -> None:
    """At this level the published N counts pairs of speaker and initial code, not speakers."""
    published = grouped(rows_of(real_data, "published_frequencies"), lambda row: row["level"])
    codes_in = grouped(published["initial"], lambda row: row["Subcategory"])
    rows = [row for row in published["subcategory"] if row["Group"] == stratum and row["Subcategory"]]
    differences = {
        name: int(row["N"]) - counted(counts, stratum, {key_of(item["InitialCode"]) for item in codes_in[name]})
        for row in rows
        for name in [row["Subcategory"]]
    }
    assert len(rows) == 18
    # WTL-OS, a code of 3.1, is one of the two above: 17 of 18 are equal
    assert {name: by for name, by in differences.items() if by} == dict.fromkeys(off, 1)


@pytest.mark.engine
def test_the_whole_job_on_real_groups_ends_in_a_theme_table_of_verbatim_quotes(real_data: Path, tmp_path: Path) -> None:
    study = make_os_study(tmp_path / "os", real_data)
    outcomes = {outcome.stage: outcome for outcome in study.run()}
    assert [stage for stage, outcome in outcomes.items() if outcome.is_fresh] == [
        "ingest", "segment", "suggest", "topics", "themes", "export",
    ]  # fmt: skip
    exports = study.folder.exports
    with (exports / "theme_table.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 10
    assert {row["Facilitator / barrier"] for row in rows} >= {"Facilitator", "Barrier"}
    assert len(docx.Document(str(exports / "theme_table.docx")).tables[0].rows) == len(rows) + 2  # and the headings
    themes = [cell.value for cell in openpyxl.load_workbook(exports / "theme_table.xlsx").worksheets[0]["B"]]
    assert {row["Theme"] for row in rows} <= set(themes)

    by_speaker = grouped(rows_of(real_data, "turns"), lambda row: f"{row['group']}, {row['speaker']}")
    said = {speaker: [row["text"] for row in own] for speaker, own in by_speaker.items()}
    printed = [quote for row in rows for quote in row["Illustrative quotes"].split("\n")]
    quotes = [match.groups() for match in map(re.compile(r"“(.+)” \((.+)\)").fullmatch, printed) if match]
    assert len(quotes) == len(printed) >= len(rows)
    assert [text for text, speaker in quotes if not any(text in turn for turn in said[speaker])] == []
    assert not any(outcome.is_fresh for outcome in study.run())
