"""Imports go down only, and each heavy package has one door."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.conftest import REPO


def test_imports_go_down_only_and_heavy_packages_have_one_door() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache"]
    where = {**os.environ, "PYTHONPATH": str(REPO)}
    done = subprocess.run(command, cwd=REPO, env=where, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 kept, 0 broken" in done.stdout
