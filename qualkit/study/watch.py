"""Keeping an eye on the log while the app runs, without holding anybody up.

A short log is checked in full when it is asked about. A long one is checked in full once by a process of its own, as
`qualkit verify` does it; from then on only what was added since is looked at.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qualkit.study.study import Study

FEW = 3_000
"""A log of so many events is checked on the spot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What is known of a log: what is wrong with it, None for nothing, and up to which of its events it was looked at."""

    fault: str | None
    n_checked: int
    n_events: int


class Watch:
    """Checks the log of one study, more of it whenever somebody looks."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._lock = Lock()
        self._good: tuple[int, str] | None = None
        self._fault: str | None = None
        self._process: tuple[subprocess.Popen[str], tuple[int, str]] | None = None

    def look(self) -> Checked:
        """What is known now. Never waits for the check of a long log, which goes on by itself."""
        with self._lock:
            head = self._study.head()
            if self._fault is None and self._good is None:
                self._begin(head)
            if self._fault is None and self._good is not None and self._good != head:
                self._go_on(self._good, head)
            return Checked(fault=self._fault, n_checked=self._good[0] if self._good else 0, n_events=head[0])

    def _begin(self, head: tuple[int, str]) -> None:
        if head[0] <= FEW:
            self._fault = self._study.verify()
            self._good = None if self._fault else head
        elif self._process is None:
            self._process = _verifying(self._study), head
        elif self._process[0].poll() is not None:
            process, until = self._process
            said = process.communicate()[0].strip()
            self._fault = None if process.returncode == 0 else said or "The log could not be checked; run  qualkit verify"
            self._good = None if self._fault else until

    def _go_on(self, good: tuple[int, str], head: tuple[int, str]) -> None:
        with self._study.store.read() as tx:
            self._fault = tx.verify(after=good)
            self._good = None if self._fault else head


def _verifying(study: Study) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "qualkit", "verify", "--study", str(study.folder.path.resolve())]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
