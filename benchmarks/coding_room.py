"""The coding room under fast hands, under many hands, and with a server that dies: `python -m benchmarks.coding_room`.

The study is made (`benchmarks.big_study`): 50,000 segments in 40 transcripts, 60 codes, three people who have coded. The app is
served as `qualkit app` serves it, Chromium runs without a window, everything on one machine.

- Key to paint: from the key that judges going down to the frame with the next segment having been drawn, taken inside the page,
  100 presses, a quarter of a second of reading before each. `native` is the same on a page of Streamlit's own buttons with
  shortcuts in one fragment, in the same minutes and over the same study.
- With others: the same while 24 coders without a browser, in processes of their own, work at 3 s of thinking each; what they
  pressed is looked up in the database afterwards.
- Fast presses: 40 keys 30 ms apart; how many judgements are in the database, and how many of them are on a segment that was
  never painted.
- Restart: the server is killed (`SIGKILL`) while somebody codes, and started again on the same port; keys are pressed before,
  while it is down, and after. Lost: pressed and not in the database.
- Soak: 25 coders for five minutes. Lost: pressed and not in the database; double: in it more than once. The log is verified.
- Pages: the first paint of what a page is for, cold and warm, and the server's memory after all (`benchmarks.page_loads`).

Prints a table, and as the last line JSON. `--only` measures some parts; a figure that was not measured is null.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import big_study, page_loads, room_record
from benchmarks.room_browser import Room
from benchmarks.room_contract import NATIVE_NO_CODE
from benchmarks.room_table import Figures, ordered, rounded, table
from benchmarks.served import Server, chromium
from qualkit.ui import launch

PARTS = ("pages", "alone", "fast", "others", "restart", "soak")
NATIVE = Path(__file__).with_name("native_room.py")
N_FAST, GAP_S = 40, 0.030
THINK_S = 3.0
PER_PROCESS = 12
WARM_UP = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is measured on, and how much."""

    study: Path
    folder: Path
    presses: int
    coders: int
    soak_s: float

    def server(self, script: Path | None = None) -> Server:
        """A server over the study, not started yet."""
        return Server(self.study, log=self.folder / "server.log", script=script or launch.SCRIPT)


# ---------------------------------------------------------------- one coder


def alone(setting: Setting, browser: Any) -> Figures:
    """Key to paint for one coder, in the panel and on the native page, and fast presses on the native page."""
    with setting.server() as server:
        panel, n_panel_dropped = _paced(browser, server, "Solo", setting.presses)
    with setting.server(NATIVE) as server:
        native, n_dropped = _paced(browser, server, "Native", setting.presses, page="", key=NATIVE_NO_CODE)
        recorded, n_unseen, _ = _fast(setting, browser, server, "Hasty native", page="", key=NATIVE_NO_CODE)
    return {
        **_summary("", panel),
        "dropped": n_panel_dropped,
        **_summary("native_", native),
        "native_dropped": n_dropped,
        "native_fast_presses_recorded": recorded,
        "native_fast_presses_unseen": n_unseen,
    }


def fast(setting: Setting, browser: Any) -> Figures:
    """Forty keys, 30 ms apart."""
    with setting.server() as server:
        recorded, n_unseen, gap_ms = _fast(setting, browser, server, "Hasty")
    return {"fast_presses_recorded": recorded, "fast_presses_unseen": n_unseen, "fast_presses_gap_ms": gap_ms}


def _paced(browser: Any, server: Server, name: str, n: int, **where: str) -> tuple[list[float], int]:
    key = {"key": where.pop("key")} if "key" in where else {}
    room = Room(browser, server.address, name, **where)
    try:
        room.presses(min(WARM_UP, n), **key)
        return room.presses(n, **key), room.n_dropped
    finally:
        room.close()


def _fast(setting: Setting, browser: Any, server: Server, name: str, **where: str) -> tuple[int, int, float]:
    key = {"key": where.pop("key")} if "key" in where else {}
    room = Room(browser, server.address, name, **where)
    try:
        time.sleep(1)
        gaps = room.fast(N_FAST, GAP_S, **key)
        room.settle()
        time.sleep(2)
        recorded = room_record.judged_by(setting.study, name)
        return len(recorded), room_record.unseen(recorded, room.painted()), float(np.median(gaps))
    finally:
        room.close()


# ---------------------------------------------------------------- many coders


def others(setting: Setting, browser: Any) -> Figures:
    """Key to paint for one coder while many others work; then whether what they pressed is in the database."""
    names = [f"Other {n}" for n in range(1, setting.coders + 1)]
    with setting.server() as server:
        room = Room(browser, server.address, "Among others")
        with working(server.address, names, seconds=8 + 0.5 * setting.presses) as deeds:
            room.presses(min(WARM_UP, setting.presses))
            taken = room.presses(setting.presses)
        room.close()
        memory = server.megabytes()
    return {
        **_summary("", taken, f"_{setting.coders}_coders"),
        **_of_many("others", deeds, _audited(setting, deeds), memory),
    }


def soak(setting: Setting, _browser: Any) -> Figures:
    """Many coders for minutes: every decision once, and a log that verifies."""
    names = [f"Soaked {n}" for n in range(1, setting.coders + 2)]
    with setting.server() as server:
        with working(server.address, names, seconds=setting.soak_s) as deeds:
            pass
        memory = server.megabytes()
    found = _audited(setting, deeds)
    return {
        **_of_many("soak", deeds, found, memory),
        "soak_refused": sum(len(one["refused"]) for one in deeds),
        "soak_fault": found.fault,
    }


def _audited(setting: Setting, deeds: Sequence[dict[str, Any]]) -> room_record.Audit:
    return room_record.audit(setting.study, {one["name"]: one["pressed"] for one in deeds})


def _of_many(part: str, deeds: Sequence[dict[str, Any]], found: room_record.Audit, memory: float) -> Figures:
    return {
        f"{part}_pressed": found.n_pressed,
        f"{part}_lost": found.n_lost,
        f"{part}_double": found.n_double,
        f"{part}_ack_p95_ms": _p95([ms for one in deeds for ms in one["ack_ms"]]),
        f"{part}_server_mb": memory,
    }


@contextmanager
def working(address: str, names: Sequence[str], *, seconds: float) -> Iterator[list[dict[str, Any]]]:
    """Coders without a browser, all at work; on leaving they are waited for, and the list then has what they did."""
    deeds: list[dict[str, Any]] = []
    processes = [_load(address, names[n : n + PER_PROCESS], seconds) for n in range(0, len(names), PER_PROCESS)]
    try:
        for process in processes:
            _line_of(process)  # all of them have the page before them
        yield deeds
        for process in processes:
            deeds += json.loads(_line_of(process))
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _line_of(process: subprocess.Popen[str]) -> str:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise ChildProcessError("coders without a browser ended early; what went wrong stands above")
    return line


def _load(address: str, names: Sequence[str], seconds: float) -> subprocess.Popen[str]:
    how = ["--seconds", str(seconds), "--think-s", str(THINK_S)]
    command = [sys.executable, "-m", "benchmarks.room_load", address, *names, *how]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


# ---------------------------------------------------------------- a server that dies, and pages


def restart(setting: Setting, browser: Any) -> Figures:
    """Keys pressed before the server is killed, while it is down, and after it has been started again."""
    n_each = 5
    with setting.server() as server:
        room = Room(browser, server.address, "Undaunted")
        room.presses(n_each)
        room.fast(n_each, 0.1)
        server.kill()
        room.fast(n_each, 0.2)
        waiting = room.n_waiting()
        server.start()
        started = time.monotonic()
        room.fast(n_each, 0.5)
        is_settled = room.settle()
        settled_s = time.monotonic() - started
        recorded = room_record.judged_by(setting.study, "Undaunted")
        painted = room.painted()
        room.close()
    return {
        "restart_lost": 4 * n_each - len(recorded),
        "restart_unseen": room_record.unseen(recorded, painted),
        "restart_waiting_while_down": waiting,
        "restart_settled_s": settled_s if is_settled else None,
    }


def pages(setting: Setting, browser: Any) -> Figures:
    """Every page's first useful paint, and the server's memory after all."""
    with setting.server() as server:
        loads, held = page_loads.measure(browser, server, big_study.ADJUDICATOR)
    with setting.server(page_loads.EMPTY) as server:
        floor = page_loads.measure_empty(browser, server)
    return {
        "page_load_ms": max(max(load.cold_ms, load.warm_ms) for load in loads),
        "page_load_warm_ms": max(load.warm_ms for load in loads),
        "server_mb": held.megabytes,
        "server_start_s": held.start_s,
        "pages": [asdict(load) for load in (*loads, floor)],
    }


# ---------------------------------------------------------------- figures


def _summary(before: str, taken: Sequence[float], after: str = "") -> Figures:
    return {
        f"{before}median_ms{after}": float(np.median(taken)) if taken else None,
        f"{before}p95_ms{after}": _p95(taken),
    }


def _p95(taken: Sequence[float]) -> float | None:
    """The 95th percentile; None of nothing."""
    return float(np.percentile(taken, 95)) if taken else None


def measure(setting: Setting, only: Sequence[str]) -> Figures:
    """Measure the parts, one after another, each on a server of its own."""
    found: Figures = {}
    measures = {"pages": pages, "alone": alone, "fast": fast, "others": others, "restart": restart, "soak": soak}
    with chromium() as browser:
        for part in PARTS:
            if part in only:
                print(f"{part} ...", file=sys.stderr, flush=True)
                found |= measures[part](setting, browser)
    return found


def main() -> None:
    """Read the arguments, make the study, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--segments", type=int, default=50_000)
    parser.add_argument("--presses", type=int, default=100)
    parser.add_argument("--coders", type=int, default=24, help="others who code at the same time")
    parser.add_argument("--soak-s", type=float, default=300.0)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        study = big_study.make(folder / "study", segments=given.segments)
        setting = Setting(study=study, folder=folder, presses=given.presses, coders=given.coders, soak_s=given.soak_s)
        found = ordered(measure(setting, given.only))
    print("\n".join(table(found)))
    print(json.dumps(rounded(found)))


if __name__ == "__main__":
    main()
