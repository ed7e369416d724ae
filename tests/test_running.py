"""A run that others can watch: what it does, that only one runs at a time, and that it can be stopped from outside."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qualkit.errors import StudyError
from qualkit.plugs import no_progress
from qualkit.study import Study, running
from qualkit.study.folder import Folder
from tests.conftest import outcomes, refusal


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def until(condition: object, timeout_s: float = 60.0) -> None:
    """Wait for a condition that another thread brings about."""
    end = time.monotonic() + timeout_s
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def test_what_a_stage_is_doing_is_seen_while_it_works_and_not_after(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "BEAT_S", 0.05)
    told: list[float] = []
    with running.watched(folder, "topics", lambda share, doing: told.append(share)) as tell:
        tell(0.25, "clustering")
        until(lambda: (now := running.running(folder)) and now.doing == "clustering")
        now = running.running(folder)
        assert now is not None and 0 <= time.time() - now.since < 60
        assert replace(now, since=0.0) == running.Running(stage="topics", share=0.25, doing="clustering", pid=os.getpid())
        assert running.running(folder, "agree") is None
    assert running.running(folder) is None
    assert told == [0.25]


def test_a_stage_is_not_run_twice_at_a_time(folder: Folder) -> None:
    with running.watched(folder, "topics", no_progress):
        until(lambda: running.running(folder))

        def again() -> None:
            with running.watched(folder, "topics", no_progress):
                pass

        assert "is being worked on already (topics" in refusal(again, StudyError)
        with running.watched(folder, "agree", no_progress):
            pass


def test_what_a_killed_run_left_behind_does_not_count(folder: Folder) -> None:
    with running.watched(folder, "topics", no_progress):
        until(lambda: running.running(folder))
        file = folder.artifacts / "running" / "topics.json"
        left = file.read_text()
    file.write_text(left)
    assert running.running(folder) is not None
    os.utime(file, (time.time() - 60, time.time() - 60))
    assert running.running(folder) is None


@pytest.mark.parametrize("handler", [signal.default_int_handler, signal.SIG_IGN])
def test_a_run_is_stopped_from_outside_also_where_a_shell_has_it_ignore_interrupts(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, handler: Any
) -> None:
    before = signal.signal(signal.SIGINT, handler)
    monkeypatch.setattr(running, "BEAT_S", 0.05)
    with pytest.raises(KeyboardInterrupt), running.watched(folder, "topics", no_progress):
        until(lambda: running.running(folder))
        running.stop(folder)
        time.sleep(10)
    assert running.running(folder) is None
    assert signal.signal(signal.SIGINT, before) is handler


def test_a_study_is_brought_up_to_date_by_a_process_of_its_own(small_study: Study) -> None:
    folder = small_study.folder
    small_study.folder.config_file.write_text('[study]\ntitle = "Nothing in it"\n', encoding="utf-8")
    for file in (folder.path / "transcripts").iterdir():
        file.unlink()
    running.start(folder)
    until(lambda: "0 transcripts, 0 turns" in running.last_words(folder), timeout_s=60)
    assert small_study.verify() is None


def test_a_stage_that_works_can_be_watched(small_study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    cut = small_study.tools.language.sentences

    def watch(text: str) -> list[tuple[int, int]]:
        now = running.running(small_study.folder)
        seen.extend([now.stage] if now else [])
        return cut(text)

    monkeypatch.setattr(small_study.tools.language, "sentences", watch)
    outcomes(small_study, "segment", max_words=7)
    assert set(seen) == {"segment"}
