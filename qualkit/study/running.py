"""A run that others can watch and stop: what a stage is doing, in a file of its own.

While a stage works, a thread writes its file every second; one that nobody writes any more was left by a run that was
killed. A file `stop` beside it asks the run to end, as Ctrl+C would.
"""

from __future__ import annotations

import _thread
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from qualkit.errors import StudyError
from qualkit.plain import as_plain, from_plain
from qualkit.plugs import Progress
from qualkit.stages import STAGES
from qualkit.study.artifacts import write_text_atomically
from qualkit.study.folder import Folder

BEAT_S = 1.0
_DEAD_S = 8.0
_START_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What is being done: `share` of the stage is done, 0 to 1. `since` is when it began, in seconds since 1970."""

    stage: str
    share: float
    doing: str
    pid: int = 0
    since: float = 0.0


def running(folder: Folder, stage: str = "") -> Running | None:
    """What is being done in a study right now, by whatever process, or whether that `stage` is; None if nothing is."""
    for name in [stage] if stage else STAGES:
        file = _file(folder, name)
        with contextlib.suppress(OSError, ValueError):
            if time.time() - file.stat().st_mtime < _DEAD_S:
                found = cast("Running", from_plain(Running, json.loads(file.read_text(encoding="utf-8"))))
                if _is_alive(found.pid):
                    return found
    return None


def _is_alive(pid: int) -> bool:
    """Whether a process is there; always, where that cannot be asked without harming it."""
    if os.name != "posix":
        return True
    with contextlib.suppress(PermissionError):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True


@contextmanager
def watched(folder: Folder, stage: str, progress: Progress) -> Iterator[Progress]:
    """A `Progress` that lets others watch, for the time of a stage.

    Raises `StudyError` if the stage is being run already, `KeyboardInterrupt` in the main thread when it is asked to stop.
    """
    now = running(folder, stage)
    if now is not None:
        raise StudyError(f"The study is being worked on already ({now.stage}, {now.doing}); wait for that, or stop it.")
    state = [Running(stage=stage, share=0.0, doing="beginning", pid=os.getpid(), since=time.time())]
    over = threading.Event()
    _stop_file(folder).unlink(missing_ok=True)

    def tell(share: float, doing: str) -> None:
        state[0] = replace(state[0], share=share, doing=doing)
        progress(share, doing)

    def write() -> None:
        write_text_atomically(_file(folder, stage), json.dumps(as_plain(state[0]), ensure_ascii=False))

    def beat() -> None:
        while not over.wait(BEAT_S):
            write()
            if _stop_file(folder).exists():
                _stop_file(folder).unlink(missing_ok=True)
                _thread.interrupt_main()

    write()
    heart = threading.Thread(target=beat, daemon=True)
    heart.start()
    try:
        with _open_to_interrupts():
            yield tell
    finally:
        over.set()
        heart.join()
        _file(folder, stage).unlink(missing_ok=True)


@contextmanager
def _open_to_interrupts() -> Iterator[None]:
    """Let a stop end the main thread although interrupts are ignored, as they are where a shell starts something with `&`."""
    is_deaf = threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if is_deaf:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        if is_deaf:
            signal.signal(signal.SIGINT, signal.SIG_IGN)


def start(folder: Folder) -> None:
    """Run all machine stages in a process of their own. Raises `StudyError` if one is being run already."""
    now = running(folder)
    if now is not None:
        raise StudyError(f"The study is being worked on already: {now.stage}.")
    folder.artifacts.mkdir(exist_ok=True)
    with log_file(folder).open("wb") as log:
        command = [sys.executable, "-m", "qualkit", "run", "--study", str(folder.path.resolve())]
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)


def is_starting(folder: Folder) -> bool:
    """Whether `start` was called a moment ago and nothing has been heard of the run yet."""
    log = log_file(folder)
    return log.is_file() and log.stat().st_size == 0 and time.time() - log.stat().st_ctime < _START_S


def last_words(folder: Folder) -> str:
    """What the last run that `start` began had to say; empty if there was none."""
    log = log_file(folder)
    return log.read_text(encoding="utf-8", errors="replace").strip() if log.is_file() else ""


def stop(folder: Folder) -> None:
    """Ask the running stage to end; what it finished is kept."""
    if running(folder) is not None:
        _stop_file(folder).touch()


def is_stopping(folder: Folder) -> bool:
    """Whether somebody has asked the running stage to end, and it has not yet."""
    return _stop_file(folder).exists()


def log_file(folder: Folder) -> Path:
    """What the last run that `start` began writes to."""
    return folder.artifacts / "run.log"


def _file(folder: Folder, stage: str) -> Path:
    return folder.artifacts / "running" / f"{stage}.json"


def _stop_file(folder: Folder) -> Path:
    return folder.artifacts / "running" / "stop"
