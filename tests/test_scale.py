"""What a judgement or a page costs does not grow with the study: counted in rows that are read, never in seconds."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from benchmarks import big_study
from qualkit.model import Agreement
from qualkit.stages import agree
from qualkit.study import Study
from qualkit.study.order import Order


def _made(tmp_path: Path, n: int) -> Study:
    return Study.open(big_study.make(tmp_path / f"study-{n}", segments=n, transcripts=2, codes=6, cache=tmp_path / "cache"))


@pytest.fixture
def sizes(tmp_path: Path) -> tuple[Study, Study]:
    return _made(tmp_path, 24), _made(tmp_path, 240)


@contextmanager
def _rows_read(study: Study) -> Iterator[list[int]]:
    """How many rows every statement gives that is executed meanwhile."""
    found: list[int] = []
    engine: Any = study.store._engine

    def count(_conn: Any, cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            found.append(cursor.connection.execute(f"SELECT count(*) FROM ({statement})", parameters).fetchone()[0])

    sa.event.listen(engine, "after_cursor_execute", count)
    try:
        yield found
    finally:
        sa.event.remove(engine, "after_cursor_execute", count)


def _next(study: Study) -> str:
    seat = study.seat("Dan")
    judged = seat.judged_ids()
    return next(key for key in seat.queue() if key not in judged)


ACTS: dict[str, Callable[[Study], object]] = {
    "judging": lambda study: study.seat("Dan").judge(_next(study), []),
    "progress": lambda study: study.seat("Dan").progress(),
    "orders": lambda study: study.seat("Dan").orders(),
    "queue": lambda study: study.seat("Dan").queue(order=Order.TEACHING),
    "votes": lambda study: len(study.votes()),
    "cases": lambda study: study.cases_by_segment(),
    "codes that count": lambda study: study.final_codes(),
    "agreement": lambda study: study.agreement(),
    "theme rows": lambda study: study.theme_rows(),
    "log": lambda study: study.checked_log(),
}


@pytest.mark.parametrize("what", ACTS)
def test_after_somebody_judged_a_page_reads_as_little_of_a_large_study_as_of_a_small_one(
    sizes: tuple[Study, Study], what: str
) -> None:
    counts = []
    for study in sizes:
        ACTS[what](study)
        study.seat("Dan").judge(_next(study), [])
        with _rows_read(study) as rows:
            ACTS[what](study)
        counts.append(sum(rows))
    assert counts[1] <= counts[0] + 20


def test_a_page_of_a_judgement_needs_no_words_of_the_study(sizes: tuple[Study, Study], monkeypatch: pytest.MonkeyPatch) -> None:
    study = sizes[0]
    monkeypatch.setattr(Study, "_corpus", lambda _self: 1 / 0)
    seat = study.seat("Dan")
    seat.judge(_next(study), [])
    assert seat.view(_next(study)).segment.text
    assert seat.orders() and seat.progress()[1] == 24
    assert study.agreement() and study.cases()


def test_a_large_log_is_checked_by_another_process_and_then_only_what_is_new(
    sizes: tuple[Study, Study], monkeypatch: pytest.MonkeyPatch
) -> None:
    study = sizes[0]
    monkeypatch.setattr("qualkit.study.watch.FEW", 10)
    first = study.checked_log()
    assert (first.fault, first.n_checked) == (None, 0)
    process: Any = study._watch._process
    process[0].wait()
    assert study.checked_log().n_checked == study.head()[0]
    study.seat("Dan").judge(_next(study), [])
    monkeypatch.setattr(Study, "verify", lambda _self: 1 / 0)
    assert study.checked_log().n_checked == study.head()[0]


# ---------------------------------------------------------------- agreement, counted sparsely


def _slowly(votes: Any, keys: list[str], *, valence: bool) -> list[Agreement]:
    """Agreement from every unit and code listed one by one."""

    def label(said: Any, key: str) -> str:
        return "absent" if said.get(key) is None else str(said[key]) if valence else "present"

    per_code = {
        key: [{who: label(said, key) for who, said in by.items()} for by in votes.values() if len(by) > 1] for key in keys
    }
    pooled = [unit for units in per_code.values() for unit in units]
    labels = sorted({said for unit in pooled for said in unit.values()} | (set() if valence else {"absent", "present"}))
    listed = [item for key, units in per_code.items() for item in agree.measures(units, code_key=key, labels=labels)]
    return agree.measures(pooled, code_key=None, labels=labels) + listed


@pytest.mark.parametrize("seed", range(8))
def test_agreement_counted_sparsely_is_agreement_listed_unit_by_unit(seed: int) -> None:
    dice = random.Random(seed)
    keys, people = ["a", "b", "c", "d"], ["Ana", "Ben", "Cara", "Dan"][: seed % 3 + 2]
    votes = {
        f"s{n}": {
            who: {key: dice.choice(["present", "barrier", None]) for key in keys if dice.random() < 0.4}
            for who in people if dice.random() < 0.8
        }
        for n in range(40)
    }  # fmt: skip
    for valence in (False, True):
        found = agree.run(votes=votes, code_keys=keys, options=agree.Options(valence=valence))
        for one, other in zip(found, _slowly(votes, keys, valence=valence), strict=True):
            assert one.value == pytest.approx(other.value, abs=1e-12)
            assert (one.code_key, one.undefined_because, one.n_units, one.n_coders, one.counts) == (
                other.code_key, other.undefined_because, other.n_units, other.n_coders, other.counts,
            )  # fmt: skip
