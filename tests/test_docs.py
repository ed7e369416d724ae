"""README and program cannot drift: every command it shows exists with its flags, every command is named, and they run."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import docx
import pytest
import typer

from qualkit.cli import app
from qualkit.engines import sound
from qualkit.study import Study
from tests.conftest import REPO, entered
from tests.sounds import a_file

README = (REPO / "README.md").read_text(encoding="utf-8")
ROOT = typer.main.get_command(app)


def shown() -> list[list[str]]:
    """Commands in the README's console blocks, as words, without `qualkit`."""
    blocks = re.findall(r"```console\n(.*?)```", README, flags=re.S)
    lines = [part for block in blocks for line in block.splitlines() for part in line.split("#")[0].split("&&")]
    return [shlex.split(line)[1:] for line in lines if line.strip().startswith("qualkit ")]


def names() -> set[str]:
    return {f"{name} {sub}" for name, command in ROOT.commands.items() for sub in getattr(command, "commands", {"": None})}


@pytest.mark.parametrize("words", shown(), ids=" ".join)
def test_a_command_in_the_readme_exists_with_its_flags(words: list[str]) -> None:
    command = ROOT.commands[words[0]]
    command = getattr(command, "commands", {}).get(words[1] if len(words) > 1 else "", command)
    flags = {flag for parameter in command.params for flag in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= flags


@pytest.mark.parametrize("name", sorted(name.strip() for name in names()))
def test_every_command_is_named_in_the_readme(name: str) -> None:
    assert re.search(rf"(`|qualkit ){name}\b", README)


def test_ci_runs_the_tests_as_the_readme_says_and_installs_what_was_tested() -> None:
    script = (REPO / ".ci" / "run").read_text(encoding="utf-8")
    assert '-c constraints.txt -e ".[all,test,lint]"' in script
    assert "\npytest\n" in script
    assert 'pip install -e ".[all,test]" && pytest' in README


def test_the_extras_that_the_readme_installs_exist() -> None:
    extras = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert {"all", "test"} <= set(extras)


def test_images_and_pages_that_documents_point_to_are_there() -> None:
    for document in REPO.glob("*.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text(encoding="utf-8")):
            assert (REPO / target).exists(), f"{document.name} points to {target}"


@pytest.mark.engine
def test_the_ten_commands_run_on_a_study_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The first three as a shell runs them, each in a process of its own; the others from the entry point on, in this one."""
    mine = {
        "~/recordings/fg1.m4a": the_beginning(75, tmp_path / "fg1_outreach_team.wav"),
        "~/transcripts/fg2.docx": REPO / "transcripts" / "fg3_recovery_community.docx",
        "maple.wav": the_beginning(10, tmp_path / "maple.wav"),
        "fg1": Path("fg1_outreach_team"),
        "~/transcripts/fg3.vtt": REPO / "transcripts" / "fg4_agency_leaders.srt",
    }
    shutil.copytree(REPO / "codebooks", tmp_path / "codebooks")
    folder = tmp_path
    for words in shown()[1:]:
        if words[0] == "table":
            take_in_people(folder)
        if words[0] != "app":
            arguments = a_quotation(folder) if words[0] == "quote" else [str(mine.get(word, word)) for word in words]
            monkeypatch.chdir(folder)
            code = shell(arguments) if words[0] in ("init", "add", "run") else entered(arguments, monkeypatch)
            assert code == 0, f"{words}: {capfd.readouterr().err}"
        folder = tmp_path / "my-study"
    assert (folder / "exports" / "theme_table.docx").exists()


def shell(arguments: list[str]) -> int:
    """How a command ends in a process of its own."""
    return subprocess.run([sys.executable, "-m", "qualkit", *arguments], check=False).returncode


def the_beginning(seconds: int, path: Path) -> Path:
    """So much of the sample's recording, in which the moderator talks for the first ten seconds."""
    whole = sound.decode(REPO / "recordings" / "fg1_outreach_team.ogg")
    return a_file(path, whole[: seconds * sound.RATE])


def take_in_people(folder: Path) -> None:
    """Who took part, and a document whose styles tables take."""
    shutil.copy(REPO / "transcripts" / "participants.csv", folder / "transcripts")
    docx.Document().save(str(folder / "journal.docx"))


def a_quotation(folder: Path) -> list[str]:
    """The command for a quotation of this study, the beginning of which is left out."""
    segment = next(item for item in Study.open(folder).coded_segments() if len(item.text.split()) > 5)
    return ["quote", segment.id, f"[…] {' '.join(segment.text.split()[2:])}", "--as", "Cara"]
