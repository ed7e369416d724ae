"""The command line: every word is there, says what it did, and goes wrong in a sentence."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from pathlib import Path

import openpyxl
import pytest
import typer

from qualkit import __version__
from qualkit.__main__ import main
from qualkit.cli import STAGE_HELP, app
from qualkit.model import Participant
from qualkit.stages import STAGES
from qualkit.study import Study
from tests.conftest import BOOK, FG2, HEARD, Engines, a_recording, choices
from tests.test_study import fill

HEAVY = (
    "numpy",
    "pandas",
    "torch",
    "spacy",
    "streamlit",
    "sqlalchemy",
    "sklearn",
    "faster_whisper",
    "av",
    "pydantic",
    "openpyxl",
)


@dataclass(frozen=True)
class Said:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


Qualkit = Callable[..., Said]


@pytest.fixture
def qualkit(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path, fake_engines: Engines
) -> Qualkit:
    """Run a command as a shell does, from the entry point on, in an empty folder and with fakes for engines."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def run(*arguments: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["qualkit", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        return Said(int(ended.value.code or 0), out, err)

    return run


@pytest.fixture
def path(empty_study: Study) -> Path:
    """The folder of the small study; nothing has run yet."""
    return empty_study.folder.path


@pytest.fixture
def coded(small_study: Study, segment_ids: dict[str, str]) -> Path:
    """The folder of the small study; Ana and Ben differ on the one segment they judged."""
    small_study.seat("Ana").judge(segment_ids["There is"], choices(stigma="barrier"))
    small_study.seat("Ben").judge(segment_ids["There is"], choices(stigma="mixed"))
    return small_study.folder.path


def with_line(path: Path, line: str) -> Path:
    """The study in `path`, with one more line in its `study.toml`."""
    settings = path / "study.toml"
    settings.write_text(settings.read_text() + line + "\n")
    return path


# ---------------------------------------------------------------- help, and what it costs


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys, qualkit.__main__ as m\nsys.argv = ['qualkit', '--help']\n"
        "try: m.main()\nexcept SystemExit: pass\nprint('LOADED', *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.partition("LOADED")[2].split())
    assert "typer" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_without_a_command_the_help_is_shown(qualkit: Qualkit) -> None:
    said = qualkit()
    assert "Usage" in said.out + said.err


def test_the_version_is_shown(qualkit: Qualkit) -> None:
    assert qualkit("--version").out == f"qualkit {__version__}\n"


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_is_a_command_with_a_flag_for_each_option(stage: str) -> None:
    command = typer.main.get_command(app).commands[stage]  # type: ignore[attr-defined]
    assert command.help == STAGE_HELP[stage]
    flags = {flag for item in command.params for flag in item.opts}
    assert "--study" in flags
    if stage not in ("ingest", "export"):
        options = fields(importlib.import_module(f"qualkit.stages.{stage}").Options)
        named = {option.name for option in options if option.metadata.get("is_argument")}
        assert flags >= {option.name if option.name in named else f"--{option.name.replace('_', '-')}" for option in options}
        helps = {item.name: item.help for item in command.params}
        assert all(helps[option.name].startswith(option.metadata["help"]) for option in options)
        assert all(option.default is not MISSING for option in options)


def test_a_flag_goes_before_study_toml_and_that_before_the_default(path: Path, qualkit: Qualkit) -> None:
    qualkit("ingest", "-s", path)
    by_default = qualkit("segment", "-s", path).out
    with_line(path, "[options.segment]\nmin_words = 1")
    by_file = qualkit("segment", "-s", path).out
    by_flag = qualkit("segment", "-s", path, "--min-words", 3, "--code-moderators").out
    # 5 segments of participants to be coded; "Mm-hmm." is a sixth; the moderator asks twice
    assert ["5 to be coded" in by_default, "6 to be coded" in by_file, "7 to be coded" in by_flag] == [True] * 3


# ---------------------------------------------------------------- from files to tables


def test_a_study_is_made_filled_and_run(qualkit: Qualkit, tmp_path: Path) -> None:
    (tmp_path / "book.yaml").write_text(BOOK, encoding="utf-8")
    (tmp_path / "fg2.txt").write_text(FG2, encoding="utf-8")
    assert "Made the study 'Rides'" in qualkit("init", "rides", "--title", "Rides", "--codebook", tmp_path / "book.yaml").out
    assert qualkit("add", tmp_path / "fg2.txt", "-s", "rides").out == "  transcripts/fg2.txt\n"
    said = qualkit("run", "-s", "rides")
    assert said.code == 0
    assert [line.split()[0] for line in said.out.splitlines()] == list(STAGES)
    assert "ingest     1 transcript, 3 turns" in said.out
    assert Path("rides/exports/theme_table.docx").is_file()
    again = qualkit("run", "-s", "rides").out
    assert again.count("up to date (") == 6
    assert again.endswith("Nothing has changed since the last run: everything is up to date.\n")


def test_a_new_study_knows_who_codes_and_who_decides(qualkit: Qualkit) -> None:
    qualkit("init", "rides", "--coder", "Ana", "--coder", "Ben", "--adjudicator", "Cara")
    config = Study.open("rides").config
    assert (config.coders, config.adjudicators) == (("Ana", "Ben"), ("Cara",))


def test_in_the_studys_folder_no_flag_is_needed(path: Path, qualkit: Qualkit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path)
    assert qualkit("ingest").code == 0
    assert "2 transcripts, 0 segments" in qualkit("status").out


def test_status_tells_where_everything_stands(coded: Path, qualkit: Qualkit) -> None:
    said = qualkit("status", "-s", coded).out
    assert said.startswith("A small study: 2 transcripts, 5 segments to be coded\n")
    assert "topics     not run yet" in said
    assert "Ana: 1 segments judged" in said or "Ana: 1 segment judged" in said


def test_verify_finds_a_whole_log_whole(coded: Path, qualkit: Qualkit) -> None:
    assert qualkit("verify", "-s", coded).out.startswith(
        "The log is whole, and every judgement in the database follows from it: "
    )


def test_transcripts_are_written_and_what_cannot_be_is_told(small_study: Study, qualkit: Qualkit) -> None:
    why = "cannot be written as .rttm, .srt, .vtt: its turns have no start and end time."
    files = [f"  exports/transcripts/{label}{suffix}" for label in ("fg1", "fg2") for suffix in (".docx", ".json", ".txt")]
    said = qualkit("transcripts", "-s", small_study.folder.path)
    assert (said.code, said.out.splitlines()) == (0, [*files, f"  fg1 {why}", f"  fg2 {why}"])


def test_transcripts_and_formats_are_asked_for_by_name(small_study: Study, qualkit: Qualkit) -> None:
    where = ("-s", small_study.folder.path)
    said = qualkit("transcripts", *where, "--format", "docx", "--format", "txt", "--transcript", "fg2")
    assert said.out == "  exports/transcripts/fg2.docx\n  exports/transcripts/fg2.txt\n"
    refused = qualkit("transcripts", *where, "--format", "srt", "--transcript", "fg2")
    assert refused.code != 0
    why = "fg2 cannot be written as .srt: its turns have no start and end time."
    assert refused.err == f"Error: {why} Take txt, docx or json, which need no times.\n"


# ---------------------------------------------------------------- people


def test_a_sheet_is_written_filled_in_and_kept_once(small_study: Study, segment_ids: dict[str, str], qualkit: Qualkit) -> None:
    path = small_study.folder.path
    assert qualkit("sheet", "ana.xlsx", "--coder", "Ana", "-s", path).out == "ana.xlsx: 5 segments to be coded\n"
    fill(Path("ana.xlsx"), "codes", {segment_ids["There is"]: "stigma:barrier"})
    assert qualkit("code", "ana.xlsx", "--coder", "Ana", "-s", path).out == "Ana: 1 codes on 1 segments\n"
    assert "were kept before; nothing to do" in qualkit("code", "ana.xlsx", "--coder", "Ana", "-s", path).out
    assert small_study.votes() == {segment_ids["There is"]: {"Ana": {"stigma": "barrier"}}}


def test_codings_that_fell_on_no_segment_are_told(small_study: Study, qualkit: Qualkit) -> None:
    Path("codes.csv").write_text("transcript,turn,coder,code\nfg1,5,Ana,trust\nfg1,1,Ana,trust\n")
    said = qualkit("code", "codes.csv", "-s", small_study.folder.path).out
    assert said == "Ana: 1 codes on 3 segments\n  fell on no segment: row 3: trust\n"


def test_cases_are_written_decided_and_kept(coded: Path, qualkit: Qualkit) -> None:
    with_line(coded, 'adjudicators = ["Dan"]')
    assert qualkit("sheet", "cases.xlsx", "--cases", "-s", coded).out == "cases.xlsx: 1 disputed cases\n"
    fill(Path("cases.xlsx"), "decision", {"stigma": "barrier"}, by="code")
    fill(Path("cases.xlsx"), "reason", {"stigma": "slip"}, by="code")
    assert qualkit("adjudicate", "cases.xlsx", "--by", "Dan", "-s", coded).out == "Dan: 1 decisions kept\n"
    (decision,) = Study.open(coded).decisions().values()
    assert (decision.present, decision.valence, decision.reason) == (True, "barrier", "slip")


def test_a_sheet_shows_no_other_coders_codes(coded: Path, qualkit: Qualkit) -> None:
    qualkit("sheet", "cara.xlsx", "--coder", "Cara", "-s", coded)
    cells = {str(cell.value) for row in openpyxl.load_workbook("cara.xlsx")["Coding"] for cell in row}
    assert not [cell for cell in cells if "stigma" in cell or "Ana" in cell]


def test_reveal_ends_blind_coding_once(coded: Path, qualkit: Qualkit) -> None:
    assert "revealed" in qualkit("reveal", "-s", coded).out
    assert Study.open(coded).seat("Cara").may_see_results()
    assert qualkit("reveal", "-s", coded) == Said(1, "", "Error: There is no blind round to reveal.\n")


# ---------------------------------------------------------------- codebooks


def test_a_codebook_is_checked_and_compared(qualkit: Qualkit) -> None:
    Path("old.yaml").write_text(BOOK, encoding="utf-8")
    new = BOOK.replace("cues: [trust]", "cues: [coach]").replace("key: transport", "key: rides")
    Path("new.yaml").write_text(new, encoding="utf-8")
    assert qualkit("codebook", "check", "old.yaml").out.startswith("old.yaml: Small book, version 1: 3 codes, checksum ")
    assert qualkit("codebook", "diff", "old.yaml", "new.yaml").out == "added: rides\nremoved: transport\nchanged: trust\n"


def test_a_codebook_with_a_mistake_is_told_by_line(qualkit: Qualkit) -> None:
    Path("book.yaml").write_text(BOOK.replace("key: trust", "key: stigma"), encoding="utf-8")
    said = qualkit("codebook", "check", "book.yaml")
    line = 1 + next(n for n, text in reversed(list(enumerate(BOOK.splitlines()))) if "key: trust" in text)
    assert said.code == 1
    assert said.err.startswith(f"Error: book.yaml, line {line}: the key 'stigma' was used in line ")


# ---------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "-s", "nowhere"], "there is no such folder; make a study with  qualkit init nowhere"),
        (["status"], "is no study: it has no study.toml"),
        (["add", "nothing.wav", "-s", "STUDY"], "nothing.wav: there is no such file or folder"),
        (["sheet", "x.xlsx", "-s", "STUDY"], "--coder NAME"),
        (["code", "x.xlsx", "--coder", "Ana", "-s", "STUDY"], "x.xlsx: there is no such file"),
        (["adjudicate", "x.xlsx", "--by", "Dan", "-s", "STUDY"], "x.xlsx: there is no such file"),
        (
            ["suggest", "--suggesters", "magic", "-s", "STUDY"],
            "No suggesters plug is called 'magic'; installed: blend, keywords",
        ),
        (["codebook", "check", "x.yaml"], "x.yaml: there is no such file"),
    ],
)
def test_an_error_is_one_sentence_and_no_traceback(
    small_study: Study, qualkit: Qualkit, arguments: list[str], says: str
) -> None:
    said = qualkit(*[str(small_study.folder.path) if part == "STUDY" else part for part in arguments])
    assert (said.code, said.out) == (1, "")
    assert says in said.err
    assert said.err.startswith("Error: ")
    assert said.err.count("\n") == 1
    assert "Traceback" not in said.err


def test_a_log_that_somebody_altered_is_an_error(coded: Path, qualkit: Qualkit) -> None:
    import sqlite3

    with sqlite3.connect(coded / "study.sqlite") as connection:
        connection.execute("DROP TRIGGER event_no_update")
        connection.execute("UPDATE event SET verb = 'undid' WHERE seq = 2")
    said = qualkit("verify", "-s", coded)
    assert (said.code, said.err[: len("Error: The log was altered at event 2")]) == (1, "Error: The log was altered at event 2")


def test_what_should_not_have_happened_is_a_sentence_too(
    small_study: Study, qualkit: Qualkit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Study, "verify", lambda _self: 1 / 0)
    said = qualkit("verify", "-s", small_study.folder.path)
    assert said.code == 1
    assert said.err.startswith("Error: something went wrong that should not have (ZeroDivisionError: division by zero)")


def test_debug_gives_the_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "qualkit", "status", "-s", str(tmp_path / "nowhere")]
    plain = subprocess.run(command, capture_output=True, text=True, check=False)
    debug = subprocess.run([*command, "--debug"], capture_output=True, text=True, check=False)
    assert (plain.returncode, "Traceback" in plain.stderr) == (1, False)
    assert (debug.returncode, "Traceback" in debug.stderr) == (1, True)
    assert "StudyError" in debug.stderr


def test_stopping_by_hand_says_that_what_was_finished_is_kept(
    small_study: Study, qualkit: Qualkit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(_self: Study) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Study, "verify", stopped)
    said = qualkit("verify", "-s", small_study.folder.path)
    assert (said.code, said.err.splitlines()[-1:]) == (
        130,
        ["Stopped. What was finished is kept; the same command goes on from there."],
    )


# ---------------------------------------------------------------- recordings and voices


def test_what_could_not_be_read_is_told_at_the_end_and_is_an_error(path: Path, qualkit: Qualkit, fake_engines: Engines) -> None:
    study = Study.open(path)
    fake_engines.transcriber.runs = HEARD
    a_recording(study, "fg3.wav")
    (path / "recordings" / "fg4.wav").write_text("Bring the recorder.\n", encoding="utf-8")
    said = qualkit("transcribe", "-s", path)
    assert said.code == 1
    assert "1 recording, 1 could not be read, 11 words" in said.out
    assert said.err.startswith("Error: fg4.wav is not a sound file")
    assert "Everything else is done" in said.err


def test_a_folder_of_tracks_is_one_meeting(path: Path, tmp_path: Path, qualkit: Qualkit) -> None:
    (tmp_path / "fg5").mkdir()
    for name in ("Ana", "Ben"):
        a_recording(Study.open(path), "one.wav").rename(tmp_path / "fg5" / f"{name}.wav")
    assert qualkit("add", "--tracks", tmp_path / "fg5", "-s", path).out.split() == [
        "recordings/fg5/Ana.wav",
        "recordings/fg5/Ben.wav",
    ]


def test_a_voice_is_enrolled_listed_used_and_forgotten(path: Path, qualkit: Qualkit, fake_engines: Engines) -> None:
    fake_engines.transcriber.runs = HEARD
    a_recording(Study.open(path), "fg3.wav")
    assert qualkit("transcribe", "-s", path).code == 0
    assert qualkit("voices", "list", "-s", path).out == ""
    assert "Give a sound file of the voice" in qualkit("voices", "enrol", "Maple", "-s", path).err
    enrolled = qualkit("voices", "enrol", "Maple", "--transcript", "fg3", "--speaker", "Speaker 2", "-s", path)
    assert enrolled.out.startswith("Enrolled Maple from fg3, Speaker 2")
    assert qualkit("voices", "list", "-s", path).out.startswith("Maple: from fg3, Speaker 2, 20")
    assert qualkit("transcribe", "--name-voices", "-s", path).code == 0
    assert "Maple" in {person.pseudonym for person in participants(path)}
    assert qualkit("voices", "forget", "Maple", "-s", path).out == "Forgot Maple.\n"
    assert qualkit("voices", "forget", "-s", path).out == "Forgot all voices.\n"
    assert not (path / "vault").exists()


def participants(path: Path) -> list[Participant]:
    with Study.open(path).store.read() as tx:
        return tx.all(Participant)
