"""Attacks on raters' blindness: two studies that differ only in how Ben rated a cell, and why, that Ana has not rated.

Whatever Ana can get hold of through her seat, by telling or by acting, must be the same in both.
"""

from __future__ import annotations

import inspect
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from qualkit.model import RatingValue
from qualkit.study import Seat, Study
from qualkit.study.rating import Rater
from tests.conftest import BOOK, FG1, FG2, choices, with_fakes
from tests.test_blindness_attack import ACTS, answer, asked

RATED, LEFT = "stigma", "transport"
"""The construct that Ana has rated and compared, and the one that she has yet to rate."""

RATING_ACTS: dict[str, Callable[[Rater, str], Any]] = {
    "compare": lambda rater, case: rater.compare(LEFT, case),
    "agree": lambda rater, case: rater.agree(LEFT, case, RatingValue.MIXED, "why", client_id="agree"),
    "rate": lambda rater, case: rater.rate(LEFT, case, RatingValue.NEUTRAL, "why", client_id="rate"),
    "again": lambda rater, case: rater.rate(LEFT, case, RatingValue.MIXED, "why", client_id="again").value,
}
"""What Ana does about the cell; rating comes last, as comparing is hers after it."""

ENDS = frozenset({"look_at_all"})
"""With this Ana's own rating ends, and she may see everything."""


@pytest.fixture
def worlds(tmp_path: Path) -> tuple[Study, Study]:
    """One study, and its copy: alike to the last id, but for what Ben and Dan said of the cell that Ana has yet to rate."""
    a_world(tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "other")
    one, other = (Study.open(tmp_path / name / "study") for name in ("one", "other"))
    return rated_by_others(one, "+2", "zebrawhy", "+1"), rated_by_others(other, "-1", "quaggawh", "X")


def a_world(folder: Path) -> None:
    folder.mkdir()
    (folder / "book.yaml").write_text(BOOK, encoding="utf-8")
    study = Study.init(
        folder / "study", title="A study", codebook=folder / "book.yaml", coders=["Ana", "Ben", "Dan"], adjudicators=["Cara"]
    )
    for name, text in (("fg1.txt", FG1), ("fg2.txt", FG2)):
        (study.folder.path / "transcripts" / name).write_text(text, encoding="utf-8")
    study = with_fakes(Study.open(study.folder.path))
    for stage in ("ingest", "segment"):
        list(study.run(stage))
    for name in ("Ana", "Ben", "Dan"):
        seat = study.seat(name)
        for segment in study.coded_segments():
            seat.judge(segment.id, choices(stigma="barrier", transport="facilitator"))
    case = study.rated_cases()[0].id
    for name in ("Ana", "Ben"):
        rater = study.seat(name).rater
        rater.rate(RATED, case, RatingValue.BARRIER, "the same")
        rater.compare(RATED, case)
    study.store.close()


def rated_by_others(study: Study, value: str, reason: str, consensus: str) -> Study:
    case, (ben, dan) = study.rated_cases()[0].id, (study.seat(name).rater for name in ("Ben", "Dan"))
    concrete = [study.coded_segments()[0].id] if value == "+2" else []
    ben.rate(LEFT, case, RatingValue(value), reason, concrete=concrete)
    dan.rate(LEFT, case, RatingValue(value), reason)
    ben.compare(LEFT, case)
    ben.agree(LEFT, case, RatingValue(consensus), reason)
    return study


def told(study: Study, name: str) -> dict[str, list[str]]:
    """All that the seat of that person tells, and, of where they rate, all that its verbs tell."""
    seat = study.seat(name)
    verbs = [verb for verb in dir(Seat) if not verb.startswith("_") and verb not in ACTS and verb != "rater"]
    found = {verb: [answer(ask) for ask in asked(seat, verb)] for verb in verbs}
    case = study.rated_cases()[0].id
    for verb in (verb for verb in dir(Rater) if not verb.startswith("_") and verb not in RATING_ACTS.keys() | ENDS):
        wanted = inspect.signature(getattr(Rater, verb)).parameters.keys() - {"self"}
        given = {"construct_key": LEFT, "case_id": case}
        assert wanted <= given.keys(), f"say in RATING_ACTS, or here, how the attack is to call {verb}"
        found[verb] = [answer(partial(getattr(seat.rater, verb), **{key: given[key] for key in wanted}))]
    return found


def differing(one: dict[str, list[str]], other: dict[str, list[str]]) -> list[str]:
    return [verb for verb in one if one[verb] != other[verb]]


def test_nothing_that_a_seat_tells_a_rater_rests_on_ratings_of_a_cell_they_have_not_rated(
    worlds: tuple[Study, Study],
) -> None:
    assert differing(*(told(study, "Ana") for study in worlds)) == []
    assert {"tables", "everything", "standings"} <= set(differing(*(told(study, "Cara") for study in worlds))), (
        "the studies do not differ, so the attack shows nothing"
    )


def test_nothing_that_a_rater_does_about_such_a_cell_tells_how_others_rated_it(worlds: tuple[Study, Study]) -> None:
    def tried(study: Study) -> dict[str, list[str]]:
        rater, case = study.seat("Ana").rater, study.rated_cases()[0].id
        return {verb: [answer(partial(act, rater, case))] for verb, act in RATING_ACTS.items()}

    one, other = map(tried, worlds)
    assert differing(one, other) == []
    assert one["compare"][0].startswith("refused") and one["agree"][0].startswith("refused")
    assert "zebrawhy" in answer(partial(worlds[0].seat("Ana").rater.compare, LEFT, worlds[0].rated_cases()[0].id))


def test_a_file_of_tables_has_no_ratings_for_who_has_some_left(worlds: tuple[Study, Study]) -> None:
    asks = [partial(study.seat("Ana").table_file, [stem], ".md") for study in worlds for stem in ("ratings", "rating_matrix")]
    assert all(answer(ask).startswith("refused") for ask in asks)
    assert b"zebrawhy" in worlds[0].seat("Cara").table_file(["ratings"], ".md")
