"""README and program cannot drift: every command it shows exists with its flags, every command is named, and they run."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer

from qualkit.cli import app
from tests.conftest import REPO

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
def test_the_ten_commands_run_on_a_study_of_ones_own(tmp_path: Path) -> None:
    mine = {
        "~/recordings/fg1.m4a": REPO / "recordings" / "fg1_outreach_team.ogg",
        "~/transcripts/fg2.docx": REPO / "transcripts" / "fg3_recovery_community.docx",
        "maple.wav": REPO / "recordings" / "fg1_outreach_team.ogg",
        "fg1": Path("fg1_outreach_team"),
        "~/transcripts/fg3.vtt": REPO / "transcripts" / "fg4_agency_leaders.srt",
    }
    shutil.copytree(REPO / "codebooks", tmp_path / "codebooks")
    folder = tmp_path
    for words in shown()[1:]:
        if words[0] != "app":
            arguments = [str(mine.get(word, word)) for word in words]
            done = subprocess.run(
                [sys.executable, "-m", "qualkit", *arguments], cwd=folder, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{words}: {done.stderr}"
        folder = tmp_path / "my-study"
    assert (folder / "exports" / "theme_table.docx").exists()
