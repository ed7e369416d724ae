"""One study from files to tables: what is done again, what is refused, and that nothing is lost on the way."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import pytest

from qualkit.engines.vectors import VectorCache
from qualkit.errors import BlindnessError, ReadError, StudyError
from qualkit.model import Basis, Role, Valence
from qualkit.plain import as_plain
from qualkit.stages import STAGES
from qualkit.study import Study, coding
from qualkit.study.folder import add_files
from tests.conftest import BOOK, FG1, FG2, HEARD, Engines, a_recording, choices, in_folder, outcomes, refusal, reopened


def fresh(study: Study) -> list[str]:
    """The stages that had something to do."""
    return [stage for stage, outcome in outcomes(study).items() if outcome.is_fresh]


@pytest.fixture
def study(empty_study: Study, fake_engines: Engines) -> Study:
    """The small study, whose engines all are fakes, with vectors kept as in a real one."""
    empty_study.tools.embedder = VectorCache(empty_study.folder.artifacts / "vectors", fake_engines.embedder)
    return empty_study


@pytest.fixture
def coded_study(study: Study) -> Study:
    """The small study, with every segment judged by Ana: stigma where there is shame or blame, else nothing."""
    outcomes(study, "ingest"), outcomes(study, "segment")
    ana = study.seat("Ana")
    for segment in study.coded_segments():
        is_stigma = "shame" in segment.text or "blame" in segment.text
        ana.judge(segment.id, choices(stigma="barrier") if is_stigma else [])
    return study


# ---------------------------------------------------------------- what is done, and done again


def test_a_run_takes_every_stage_in_order_and_ends_in_tables(study: Study) -> None:
    found = outcomes(study)
    assert tuple(found) == STAGES
    assert [stage for stage, outcome in found.items() if outcome.run is None] == ["transcribe", "agree", "evaluate"]
    assert found["transcribe"].why == "no recording without a transcript"
    assert {path.name for path in study.folder.exports.iterdir()} >= {
        "theme_table.csv",
        "theme_table.xlsx",
        "theme_table.docx",
        "manifest.json",
    }


def test_what_is_read_is_what_stands_in_the_files(study: Study) -> None:
    outcomes(study)
    assert [transcript.label for transcript in study.transcripts()] == ["fg1", "fg2"]
    # fg1: 5 turns, of which the moderator's and "Mm-hmm." are not coded; fg2: 3 turns, one of them the moderator's
    assert (len(study.segments()), len(study.coded_segments())) == (8, 5)
    assert all(segment.text in (FG1 + FG2) for segment in study.segments())
    people = {person.pseudonym: person.role for person in study.corpus().participants.values()}
    assert people["P1"] is Role.PARTICIPANT
    assert people["Moderator"] is Role.MODERATOR


def test_a_second_run_does_nothing_and_asks_no_engine(study: Study, fake_engines: Engines) -> None:
    a_recording(study)
    fake_engines.transcriber.runs = HEARD
    assert fresh(study) == ["transcribe", "ingest", "segment", "suggest", "topics", "themes", "export"]
    asked, before, n_events = fake_engines.n_calls, as_plain(study.runs()), study.head()
    assert fresh(study) == []
    assert fresh(reopened(study)) == []
    assert fake_engines.n_calls == asked
    assert as_plain(study.runs()) == before
    assert study.head() == n_events


def test_a_changed_cue_has_codes_suggested_anew_and_nothing_embedded(study: Study, fake_engines: Engines) -> None:
    fresh(study)
    asked = fake_engines.n_calls
    in_folder(study, "codebooks/book.yaml", BOOK.replace("cues: [trust]", "cues: [trust, coach]"))
    found = outcomes(study)
    assert [stage for stage, outcome in found.items() if outcome.is_fresh] == ["suggest", "themes", "export"]
    # a cue is no part of what is embedded: the definitions are as before
    assert fake_engines.n_calls == asked


def test_a_changed_definition_changes_what_lies_near_topics_but_not_the_topics(study: Study, fake_engines: Engines) -> None:
    outcomes(study)
    asked = fake_engines.n_calls
    topics = {topic.id: topic.segment_ids for topic in study.topics()}
    in_folder(study, "codebooks/book.yaml", BOOK.replace("Trust between staff and people.", "The bus stops at the clinic."))
    found = outcomes(study)
    assert [stage for stage, outcome in found.items() if outcome.is_fresh] == ["suggest", "topics", "themes", "export"]
    assert {topic.id: topic.segment_ids for topic in study.topics()} == topics
    assert fake_engines.clusterer.n_calls == asked["clusterer"]
    # two new texts: "Trust: ..." for suggestions by similarity and "Trust. ..." for the topics
    assert fake_engines.embedder.n_embedded == asked["texts embedded"] + 2


def test_a_changed_transcript_leaves_the_others_segments_and_vectors_alone(study: Study, fake_engines: Engines) -> None:
    a_recording(study)
    fake_engines.transcriber.runs = HEARD
    outcomes(study)
    asked = fake_engines.n_calls
    before = {segment.id for segment in study.segments() if segment.text in FG1}
    in_folder(study, "transcripts/fg2.txt", FG2.replace("right at", "near"))
    assert fresh(study) == ["ingest", "segment", "suggest", "topics", "themes", "export"]
    assert {segment.id for segment in study.segments() if segment.text in FG1} == before
    assert fake_engines.transcriber.n_calls == asked["transcriber"]
    # the changed turn is one sentence, and its vector serves the segment, its sentence, and the topics
    assert fake_engines.embedder.n_embedded == asked["texts embedded"] + 1


def test_a_new_option_runs_the_stage_again_and_the_old_one_once_more(study: Study) -> None:
    outcomes(study)
    assert outcomes(study, "segment", max_words=5)["segment"].is_fresh
    assert outcomes(study, "segment")["segment"].is_fresh
    assert not outcomes(study, "segment")["segment"].is_fresh


def test_an_export_that_was_removed_is_written_again(study: Study) -> None:
    outcomes(study)
    (study.folder.exports / "theme_table.csv").unlink()
    assert fresh(study) == ["export"]
    assert (study.folder.exports / "theme_table.csv").is_file()


def test_a_transcript_that_is_taken_out_leaves_the_study(study: Study) -> None:
    outcomes(study)
    (study.folder.path / "transcripts" / "fg2.txt").unlink()
    outcomes(study)
    assert [transcript.label for transcript in study.transcripts()] == ["fg1"]
    assert len(study.segments()) == 5


# ---------------------------------------------------------------- after people have coded


def test_while_nobody_has_coded_suggestions_count_and_then_people_do(study: Study) -> None:
    outcomes(study)
    assert {code.basis for code in study.final_codes()} == {Basis.SUGGESTED}
    study.seat("Ana").judge(study.coded_segments()[0].id, choices(stigma="barrier"))
    assert {code.basis for code in study.final_codes()} == {Basis.SINGLE}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda study: in_folder(study, "transcripts/fg2.txt", FG2.replace("right at", "near")), "fg2.txt has changed"),
        (lambda study: (study.folder.path / "transcripts" / "fg2.txt").unlink(), "fg2.txt is gone"),
    ],
)
def test_a_transcript_that_people_have_coded_may_not_change_and_nothing_is_lost(
    coded_study: Study, change: Callable[[Study], object], says: str
) -> None:
    before = (coded_study.votes(), coded_study.segments(), coded_study.head())
    change(coded_study)
    sentence = refusal(lambda: fresh(coded_study), StudyError)
    assert says in sentence
    assert "people have coded 2 segments of it" in sentence
    assert (coded_study.votes(), coded_study.segments(), coded_study.head()) == before
    assert coded_study.verify() is None


def test_segments_that_people_have_coded_are_not_cut_anew(coded_study: Study) -> None:
    before = (coded_study.votes(), [segment.text for segment in coded_study.segments()])
    [outcome] = coded_study.run("segment", max_words=5)
    assert outcome.run is not None
    assert "2 transcripts left as coded" in outcome.run.summary
    assert (coded_study.votes(), [segment.text for segment in coded_study.segments()]) == before


def test_a_further_transcript_may_join_a_coded_study(coded_study: Study) -> None:
    before = coded_study.votes()
    in_folder(coded_study, "transcripts/fg0.txt", FG2.replace("P3", "P9"))
    outcomes(coded_study)
    assert coded_study.votes() == before
    assert len(coded_study.coded_segments()) == 7  # 5 and the 2 of the new one


def test_a_role_learned_later_changes_the_counts_and_no_judgement(coded_study: Study) -> None:
    before = coded_study.votes()
    (row,) = (row for row in coded_study.theme_rows() if row.theme == "Stigma")
    assert (row.n_participants, row.of_participants) == (2, 4)
    in_folder(coded_study, "transcripts/participants.csv", "transcript,speaker,role\nfg2,P3,observer\n")
    outcomes(coded_study, "ingest")
    (row,) = (row for row in coded_study.theme_rows() if row.theme == "Stigma")
    assert (row.n_participants, row.of_participants) == (2, 3)
    assert coded_study.votes() == before


# ---------------------------------------------------------------- bad input is one sentence, and nothing half-written


TWICE = BOOK + "  - key: trust\n    name: Trust again\n    definition: The same key.\n"
ORPHAN = BOOK + "  - key: peer\n    name: Peer\n    definition: d\n    parent: trsut\n"


@pytest.mark.parametrize(
    ("name", "content", "stage", "says"),
    [
        ("recordings/fg3.wav", b"", "transcribe", "fg3.wav is empty (0 bytes)"),
        ("recordings/fg3.wav", "Just some notes.\n", "transcribe", "fg3.wav is not a sound file"),
        ("transcripts/fg3.txt", "Somebody said something. Nobody knows who.\n", "ingest", "fg3.txt names no speakers"),
        ("transcripts/fg3.txt", "", "ingest", "fg3.txt is empty"),
        ("transcripts/participants.csv", "transcript,name\nfg1,P1\n", "ingest", "the column 'speaker' is missing"),
        ("transcripts/participants.csv", "transcript,speaker,role\nfg1,P1,boss\n", "ingest", "row 2: 'boss' is no role"),
        ("transcripts/participants.csv", "transcript,speaker\nfg9,P1\n", "ingest", "names the transcript 'fg9'"),
        ("codebooks/book.yaml", TWICE, "suggest", "the key 'trust' was used in line"),
        ("codebooks/book.yaml", ORPHAN, "suggest", "no code has the key 'trsut'; did you mean 'trust'?"),
    ],
)
def test_bad_input_is_one_sentence_that_names_the_file_and_nothing_is_kept(
    study: Study, name: str, content: str | bytes, stage: str, says: str
) -> None:
    if stage == "suggest":
        outcomes(study, "ingest"), outcomes(study, "segment")
    before = (study.transcripts(), study.segments(), study.runs(), study.suggestions())
    path = in_folder(study, name, content)
    sentence = refusal(lambda: outcomes(study, stage))
    assert says in sentence
    assert path.name in sentence
    assert (study.transcripts(), study.segments(), study.runs(), study.suggestions()) == before


def test_a_missing_folder_is_a_sentence(study: Study) -> None:
    for file in (study.folder.path / "transcripts").iterdir():
        file.unlink()
    (study.folder.path / "transcripts").rmdir()
    assert "the folder transcripts/ is missing" in refusal(lambda: outcomes(study), StudyError)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("[studdy]\n", "there is no entry 'studdy'. Did you mean 'study'?"),
        ("[meetings.fg1]\nheld = 1\n", "there is no entry 'held'. Did you mean 'held_on'?"),
        ("[study\n", "not valid TOML"),
    ],
)
def test_a_wrong_study_toml_is_a_sentence(study: Study, line: str, says: str) -> None:
    with study.folder.config_file.open("a") as file:
        file.write(line)
    assert says in refusal(lambda: Study.open(study.folder.path), StudyError)


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("max_word = 40", "there is no entry 'max_word'. Did you mean 'max_words'?"),
        ('max_words = "40"', "max_words must be of type int, not '40'"),
    ],
)
def test_a_wrong_option_in_study_toml_is_a_sentence(study: Study, entry: str, says: str) -> None:
    with study.folder.config_file.open("a") as file:
        file.write(f"\n[options.segment]\n{entry}\n")
    outcomes(study, "ingest")
    assert says in refusal(lambda: outcomes(reopened(study), "segment"), StudyError)


def test_an_unknown_stage_names_the_known_ones(study: Study) -> None:
    assert "there are transcribe, ingest" in refusal(lambda: outcomes(study, "guess"), StudyError)


def test_what_is_no_study_says_how_to_make_one(tmp_path: Path, study: Study) -> None:
    assert "qualkit init" in refusal(lambda: Study.open(tmp_path / "nowhere"), StudyError)
    (tmp_path / "plain").mkdir()
    assert "it has no study.toml" in refusal(lambda: Study.open(tmp_path / "plain"), StudyError)
    assert "is a study already" in refusal(lambda: Study.init(study.folder.path, title="Again"), StudyError)


def test_files_are_added_all_or_none_and_never_over_another_file(study: Study, tmp_path: Path) -> None:
    good, other, unknown = tmp_path / "fg3.txt", tmp_path / "fg1.txt", tmp_path / "notes.pages"
    for path in (good, other, unknown):
        path.write_text("P1: Another text altogether.\n", encoding="utf-8")
    suffixes = study.transcript_suffixes()
    assert "rename" in refusal(lambda: add_files(study.folder, [good, other], suffixes), StudyError)
    assert "neither a recording nor a transcript" in refusal(lambda: add_files(study.folder, [good, unknown], suffixes))
    assert not (study.folder.path / "transcripts" / "fg3.txt").exists()
    assert [path.name for path in add_files(study.folder, [good], suffixes)] == ["fg3.txt"]


# ---------------------------------------------------------------- codings made elsewhere


def codings_file(
    path: Path, rows: Sequence[str], columns: str = "transcript,turn,start_char,end_char,quote,coder,code,valence"
) -> Path:
    path.write_text("\n".join([columns, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    return codings_file(
        tmp_path / "codes.csv",
        ["fg1,2,,,shame in this town,Ana,stigma,barrier", "fg1,3,0,28,,Ana,transport,barrier", "fg1,1,,,,Ana,trust,"],
    )


def test_codings_made_elsewhere_are_kept_once_and_rows_without_a_place_are_told(small_study: Study, elsewhere: Path) -> None:
    (first,) = coding.read_codes(small_study, elsewhere)
    head = small_study.head()
    # fg1 has 3 segments to be coded; the third row points at the moderator's question, which is not coded
    assert (first.coder, first.n_segments, first.n_codes, first.is_fresh) == ("Ana", 3, 2, True)
    assert first.unplaced == ("row 4: trust",)
    (second,) = coding.read_codes(small_study, elsewhere)
    assert (second.n_codes, second.is_fresh) == (2, False)
    assert small_study.head() == head


def test_a_coder_of_a_file_has_looked_at_their_transcripts_and_no_others(
    small_study: Study, elsewhere: Path, segment_ids: dict[str, str]
) -> None:
    coding.read_codes(small_study, elsewhere)
    assert small_study.votes() == {
        segment_ids["There is"]: {"Ana": {"stigma": "barrier"}},
        segment_ids["No bus"]: {"Ana": {"transport": "barrier"}},
        segment_ids["But they"]: {"Ana": {}},
    }


def test_one_code_given_both_ways_to_one_segment_is_mixed(
    small_study: Study, tmp_path: Path, segment_ids: dict[str, str]
) -> None:
    rows = ["fg1,3,0,28,,Ana,transport,barrier", "fg1,3,29,60,,Ana,transport,facilitator"]
    coding.read_codes(small_study, codings_file(tmp_path / "c.csv", rows))
    assert small_study.votes()[segment_ids["No bus"]] == {"Ana": {"transport": "mixed"}}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("fg9,2,,,,Ben,stigma,barrier", "row 3: there is no transcript 'fg9'; there are fg1, fg2"),
        ("fg1,2,,,,Ben,stigam,barrier", "row 3: no code has the key 'stigam'; did you mean 'stigma'?"),
        ("fg1,2,,,,Ben,trust,barrier", "row 3: trust does not take barrier"),
    ],
)
def test_of_codings_with_a_mistake_none_is_kept(small_study: Study, tmp_path: Path, row: str, says: str) -> None:
    file = codings_file(tmp_path / "codes.csv", ["fg1,2,,,,Ana,stigma,barrier", row])
    assert says in refusal(lambda: coding.read_codes(small_study, file), ReadError)
    assert small_study.votes() == {}


def test_codings_by_seconds_land_on_another_transcript_of_the_same_talk(study: Study, tmp_path: Path) -> None:
    cues = ((0, 4, "P1: We wait for the bus."), (5, 9, "P2: It never comes at all."), (10, 16, "P1: So I walk to town."))
    lines = [f"00:00:{start:02}.000 --> 00:00:{end:02}.000\n{text}\n" for start, end, text in cues]
    in_folder(study, "transcripts/fg3.vtt", "WEBVTT\n\n" + "\n".join(lines))
    outcomes(study, "ingest"), outcomes(study, "segment")
    # elsewhere the three turns were one of 0 to 9 s and one of 10 to 16 s; turn 9 does not exist here
    columns = "transcript,turn,start_s,end_s,coder,code,valence"
    file = codings_file(
        tmp_path / "c.csv", ["fg3,9,0,9,Ana,transport,barrier", "fg3,9,10,16,Ana,trust,", "fg3,9,40,50,Ana,trust,"], columns
    )
    (imported,) = coding.read_codes(study, file)
    texts = {segment.id: segment.text for segment in study.segments()}
    assert {texts[key]: said["Ana"] for key, said in study.votes().items()} == {
        "We wait for the bus.": {"transport": "barrier"},
        "It never comes at all.": {"transport": "barrier"},
        "So I walk to town.": {"trust": "present"},
    }
    assert imported.unplaced == ("row 4: trust",)


def test_an_adjudicator_cannot_code_through_a_file(small_study: Study, elsewhere: Path) -> None:
    with small_study.folder.config_file.open("a") as file:
        file.write('adjudicators = ["Ana"]\n')
    assert "does not code" in refusal(lambda: coding.read_codes(reopened(small_study), elsewhere), StudyError)
    assert small_study.votes() == {}


# ---------------------------------------------------------------- sheets


def fill(path: Path, column: str, said: dict[str, str], by: str = "segment_id") -> None:
    """Write into `column` of an XLSX, as a person does: `said` maps the cell in column `by` to the words."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    titles = [cell.value for cell in sheet[1]]
    for row in sheet.iter_rows(min_row=2):
        if row[titles.index(by)].value in said:
            row[titles.index(column)].value = said[row[titles.index(by)].value]
    book.save(path)


def test_a_sheet_goes_out_without_codes_and_comes_back_with_them(
    small_study: Study, segment_ids: dict[str, str], tmp_path: Path
) -> None:
    small_study.seat("Ben").judge(segment_ids["There is"], choices(stigma="mixed"))
    path = tmp_path / "ana.xlsx"
    assert coding.write_sheet(small_study, "Ana", path) == 5
    assert "mixed" not in {cell.value for row in openpyxl.load_workbook(path)["Coding"] for cell in row}
    fill(path, "codes", {segment_ids["There is"]: "stigma:barrier; trust", segment_ids["No bus"]: "none"})
    fill(path, "memo", {segment_ids["There is"]: "strong words"})
    (imported,) = coding.read_codes(small_study, path, "Ana")
    assert (imported.n_segments, imported.n_codes, imported.is_fresh) == (2, 2, True)
    votes = {key: said.get("Ana") for key, said in small_study.votes().items()}
    assert votes == {segment_ids["There is"]: {"stigma": "barrier", "trust": "present"}, segment_ids["No bus"]: {}}
    assert small_study.seat("Ana").view(segment_ids["There is"]).memo == "strong words"
    assert not coding.read_codes(small_study, path, "Ana")[0].is_fresh


def test_of_a_sheet_with_a_mistake_nothing_is_kept(small_study: Study, segment_ids: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "ana.xlsx"
    coding.write_sheet(small_study, "Ana", path)
    fill(path, "codes", {segment_ids["There is"]: "stigma:barrier", segment_ids["No bus"]: "transprot:barrier"})
    assert "did you mean 'transport'?" in refusal(lambda: coding.read_sheet(small_study, "Ana", path), ReadError)
    assert small_study.votes() == {}


def test_a_sheet_without_a_name_or_of_another_study_is_refused(small_study: Study, tmp_path: Path) -> None:
    file = codings_file(tmp_path / "sheet.csv", ["nowhere,none"], "segment_id,codes")
    assert "--coder NAME" in refusal(lambda: coding.read_codes(small_study, file), StudyError)
    assert "row 2: this study has no segment nowhere" in refusal(lambda: coding.read_codes(small_study, file, "Ana"), ReadError)


@pytest.fixture
def disputed(small_study: Study, segment_ids: dict[str, str]) -> Study:
    """Ana and Ben differ on two segments; Dan adjudicates."""
    with small_study.folder.config_file.open("a") as file:
        file.write('adjudicators = ["Dan"]\n')
    study = reopened(small_study)
    for name, valence in (("Ana", "barrier"), ("Ben", "mixed")):
        study.seat(name).judge(segment_ids["There is"], choices(stigma=valence))
        study.seat(name).judge(segment_ids["No bus"], choices(transport="barrier") if name == "Ana" else [])
    return study


def test_a_sheet_of_cases_holds_the_disputes_and_its_decisions_count(
    disputed: Study, segment_ids: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "cases.xlsx"
    assert coding.write_cases(disputed, path) == 2
    rows = list(openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True))
    assert ("stigma", "Ana: barrier; Ben: mixed") in {(row[1], row[4]) for row in rows}
    assert ("transport", "Ana: barrier; Ben: absent") in {(row[1], row[4]) for row in rows}
    fill(path, "decision", {"stigma": "facilitator", "transport": "absent"}, by="code")
    fill(path, "reason", {"stigma": "judgement", "transport": "slip"}, by="code")
    assert coding.read_cases(disputed, "Dan", path) == 2
    assert [(code.segment_id, code.valence, code.basis) for code in disputed.final_codes()] == [
        (segment_ids["There is"], Valence.FACILITATOR, Basis.ADJUDICATED)
    ]
    head = disputed.head()
    coding.read_cases(disputed, "Dan", path)
    assert disputed.head() == head
    assert coding.write_cases(disputed, tmp_path / "none.xlsx") == 0


@pytest.mark.parametrize(
    ("decision", "reason", "says"),
    [
        ("present", "slip", "row 3: transport: say whether it is"),
        ("maybe", "slip", "row 3: 'maybe' is no decision"),
        ("absent", "tired", "row 3: 'tired' is no reason"),
    ],
)
def test_of_cases_with_a_mistake_none_is_decided(
    disputed: Study, tmp_path: Path, decision: str, reason: str, says: str
) -> None:
    path = tmp_path / "cases.csv"
    rows = [[case.segment_id, case.code_key, "mixed", "slip"] for case in disputed.cases() if case.code_key == "stigma"]
    rows += [[case.segment_id, case.code_key, decision, reason] for case in disputed.cases() if case.code_key == "transport"]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["segment_id", "code", "decision", "reason"], *rows])
    assert says in refusal(lambda: coding.read_cases(disputed, "Dan", path), ReadError)
    assert disputed.decisions() == {}


def test_a_case_that_is_none_is_refused_with_its_row(disputed: Study, tmp_path: Path) -> None:
    file = codings_file(tmp_path / "cases.csv", ["nowhere,stigma,mixed,slip"], "segment_id,code,decision,reason")
    assert "row 2: there is no such case" in refusal(lambda: coding.read_cases(disputed, "Dan", file), ReadError)


def test_a_sheet_cannot_change_what_its_coder_saw_the_others_say(disputed: Study, tmp_path: Path) -> None:
    settled = disputed.seat("Ana").cases()[0].segment_id
    before = disputed.votes()
    sheet = tmp_path / "ana.csv"
    sheet.write_text(f"segment_id,codes\n{settled},transport:mixed; stigma:mixed\n", encoding="utf-8")
    assert "would not be blind" in refusal(lambda: coding.read_codes(disputed, sheet, "Ana"), BlindnessError)
    assert disputed.votes() == before


def test_a_roster_may_spell_a_transcript_in_capitals(empty_study: Study) -> None:
    in_folder(empty_study, "transcripts/participants.csv", "transcript,speaker,role\nFG1,P1,observer\n")
    assert outcomes(empty_study, "ingest")["ingest"].is_fresh


def test_a_verbatim_transcript_is_heard_anew_and_both_are_kept(small_study: Study, fake_engines: Engines) -> None:
    fake_engines.transcriber.runs = HEARD
    a_recording(small_study)
    for verbatim in (False, True, False):
        outcomes(small_study, "transcribe", verbatim=verbatim)
    assert fake_engines.transcriber.was_verbatim == [False, True], "the third time nothing is heard again"


def test_the_checksum_of_a_file_is_that_of_its_bytes_and_follows_them(empty_study: Study) -> None:
    file = in_folder(empty_study, "transcripts/a.txt", "abc")
    assert empty_study.print_of(file).startswith("ba7816bf")  # FIPS 180-2, example B.1
    file.write_text("abcd", encoding="utf-8")
    assert empty_study.print_of(file).startswith("88d4266f")
