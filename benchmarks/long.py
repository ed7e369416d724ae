"""The whole `transcribe` stage as a researcher runs it, by the command line: how long, how much memory, what a kill costs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from benchmarks.material import Clip, Material, joined, looped
from benchmarks.speech import Figures
from benchmarks.voices import new_study, turns_in
from qualkit.errors import QualkitError
from qualkit.model import Turn
from qualkit.study import Study

REPOSITORY = Path(__file__).parents[1]
WORDS = Path(".qualkit") / "words"
"""Where a study keeps the recognised words of each piece of a recording, relative to its folder."""

POLL_S = 0.005
LEFT_BEHIND_S = 1.0
"""A study that a killed run was working on is believed to be worked on for some seconds more."""

Stamps = dict[str, tuple[int, int]]
"""Files of words by name: inode and time of change in ns. A file that was made again differs in both."""


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What a process took: seconds by the clock and of the processor, and its largest resident memory."""

    wall_s: float
    cpu_s: float
    peak_mb: float | None


class FailedError(Exception):
    """A child process did not do what it should, and said why."""


def measure(material: Material, model: str, minutes: float | None, say: Callable[[str], None]) -> Figures:
    """Real-time factor and what a kill costs, on all clips end to end; peak memory on a file of so many `minutes`.

    The real-time factor includes the start of the program and the loading of models.
    """
    figures: Figures = dict.fromkeys(
        ("rtf", "rtf_cpu", "peak_mb_clips", "resume_reused", "resume_same", "peak_mb_2h", "peak_minutes", "rtf_2h")
    )
    whole = joined(material.clips, "all-clips", material.folder)
    try:
        study = new_study(material.folder / "whole", {whole.name: whole.path})
        spent = transcribe(study, model)
        figures["rtf"], figures["rtf_cpu"] = spent.wall_s / whole.duration_s, spent.cpu_s / whole.duration_s
        figures["peak_mb_clips"] = spent.peak_mb
    except (FailedError, QualkitError) as error:
        say(f"The real-time factor is null: {error}")
        return figures
    try:
        figures |= resumed(study, whole, material.folder / "killed", model)
    except (FailedError, QualkitError) as error:
        say(f"The figures of a run that is killed are null: {error}")
    if minutes is None:
        say("The peak memory is null: a file of two hours takes half an hour; ask for it with --long.")
        return figures
    try:
        path = looped(whole, minutes, material.folder)
        spent = transcribe(new_study(material.folder / "long", {"long": path}), model)
        figures |= {"peak_mb_2h": spent.peak_mb, "peak_minutes": minutes, "rtf_2h": spent.wall_s / (60 * minutes)}
    except (FailedError, QualkitError) as error:
        say(f"The peak memory is null: {error}")
    return figures


def transcribe(study: Study, model: str) -> Spent:
    """Run the stage in a process of its own. Raises `FailedError` with its last words."""
    with tempfile.TemporaryFile() as log:
        started_s = time.perf_counter()
        child = _started(study, model, log)
        peak_mb = None
        while True:
            peak_mb = peak_memory_mb(child.pid) or peak_mb
            pid, status, used = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            time.sleep(0.1)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall_s = time.perf_counter() - started_s
        if child.returncode:
            raise FailedError(_last_words(log))
    return Spent(wall_s=wall_s, cpu_s=used.ru_utime + used.ru_stime, peak_mb=peak_mb)


def _started(study: Study, model: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "qualkit", "transcribe", "--study", str(study.folder.path.resolve()), "--model", model]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=log, stderr=subprocess.STDOUT)


def _last_words(log: IO[bytes]) -> str:
    log.seek(0)
    lines = log.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "qualkit transcribe failed without a word"


def peak_memory_mb(pid: int) -> float | None:
    """The largest resident memory of a running process so far, in MiB; None where there is no /proc or no such process.

    `ru_maxrss` will not do: a child has that of the process that started it until it grows larger.
    """
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), None)


# ---------------------------------------------------------------- killed in the speaker step


def resumed(whole: Study, clip: Clip, folder: Path, model: str) -> Figures:
    """What a run that is killed in the speaker step has to do again, against `whole`, a run of the same that was not.

    The process is killed (SIGKILL) as soon as the words of the last piece are there; what follows them is about speakers.
    `resume_reused` is the share of files of words that the second run left alone, `resume_same` whether its turns are those
    of the run that was not killed. Raises `FailedError` if the process was done before it could be killed.
    """
    wanted = set(stamps(whole.folder.path))
    study = new_study(folder, {clip.name: clip.path})
    kill_when(study, wanted, model)
    if study.runs().get("transcribe") is not None:
        raise FailedError("the run was over before it could be killed in its speaker step.")
    before = stamps(folder)
    time.sleep(LEFT_BEHIND_S)
    transcribe(study, model)
    return {"resume_reused": reused(before, stamps(folder)), "resume_same": contents(study) == contents(whole)}


def contents(study: Study) -> list[Any]:
    """Who said what and when, to the word."""
    with study.store.read() as tx:
        words = [turn.words for turn in sorted(tx.all(Turn), key=lambda turn: (turn.transcript_id, turn.position))]
    return [turns_in(study), words]


def kill_when(study: Study, wanted: set[str], model: str) -> None:
    """Start the stage and kill it once all files of words in `wanted` are there. Raises `FailedError` if it ends before."""
    folder = study.folder.path / WORDS
    with tempfile.TemporaryFile() as log:
        child = _started(study, model, log)
        while not all((folder / name).is_file() for name in wanted):
            if child.poll() is not None:
                raise FailedError(f"the run that was to be killed ended by itself: {_last_words(log)}")
            time.sleep(POLL_S)
        child.send_signal(signal.SIGKILL)
        child.wait()


def stamps(folder: Path) -> Stamps:
    """The files of words in a study's folder."""
    found = {path.name: path.stat() for path in (folder / WORDS).glob("*.json") if not path.name.startswith(".")}
    return {name: (about.st_ino, about.st_mtime_ns) for name, about in found.items()}


def reused(before: Mapping[str, tuple[int, int]], after: Mapping[str, tuple[int, int]]) -> float:
    """The share of files in `after` that were in `before` and have not been made again."""
    return sum(before.get(name) == stamp for name, stamp in after.items()) / len(after) if after else 0.0
