"""An app over a study, served as `qualkit app` serves it, and a browser to look at it, for benchmarks and for tests.

The app can be killed and started again on the same port.
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from qualkit.ui import launch

PATIENCE_S = 60.0
FLAGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --autoplay-policy=no-user-gesture-required"
)


class Server:
    """The app in a process of its own; a context manager that stops it. `script` is what Streamlit runs."""

    def __init__(self, study: Path, *, log: Path, script: Path = launch.SCRIPT, port: int | None = None) -> None:
        self.study, self.script, self.log = study, script, log
        self.port = port or free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where it is served."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until it answers. Raises `TimeoutError` if it does not, `ChildProcessError` if it ends."""
        command = [str(self.script) if word == str(launch.SCRIPT) else word for word in launch.command(self.study, self.port)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, env=launch.environment(self.study), stdout=log, stderr=log)
        self._wait()

    def stop(self) -> None:
        """End it as a user would."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(20)
            self._process = None

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """It answers nobody for a while."""
        if self._process is None:
            raise ChildProcessError("no server is running")
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def megabytes(self) -> float:
        """Its resident memory now (Linux)."""
        if self._process is None:
            raise ChildProcessError("no server is running")
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def _wait(self) -> None:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if self._process is None or self._process.poll() is not None:
                raise ChildProcessError(f"the server ended before it was up; see {self.log}")
            try:
                with urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=1):
                    return
            except OSError:
                time.sleep(0.1)
        raise TimeoutError(f"{self.address} does not answer; see {self.log}")


@contextmanager
def chromium() -> Iterator[Any]:
    """Debian's Chromium without a window. Raises `FileNotFoundError` if there is none."""
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium")
    if found is None:
        raise FileNotFoundError("there is no chromium on this machine")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=FLAGS.split())
        try:
            yield opened
        finally:
            opened.close()


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
