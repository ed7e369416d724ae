"""Agreement on a scale with an order: arithmetic by hand, other programs on generated cases, and what is left out of it."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from qualkit.agreement import intervals, ordinal
from qualkit.agreement.counts import NO_LABEL, Ints
from qualkit.agreement.ordinal import Graded
from qualkit.model import Agreement, RatingValue
from qualkit.stages import agree, rating_agreement
from qualkit.stages.ratings import EVERYBODY, SAME

CASES = 200


def value(name: str, of: Graded) -> float:
    return float(ordinal.MEASURES[name](of))


def generated(seed: int, n_coders: int) -> Ints:
    """Grades 0 to 4 by coders who more or less agree; with more than two, some of them missing."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 40))
    labels = np.clip(rng.integers(0, 5, (n, 1)) + rng.integers(-2, 3, (n, n_coders)) * (rng.random((n, n_coders)) < 0.6), 0, 4)
    if n_coders > 2:
        labels[rng.random(labels.shape) < 0.2] = NO_LABEL
    return labels


def test_a_table_by_hand() -> None:
    # grades 0, 1, 2 by two raters: (0, 0), (1, 1), (2, 2), (0, 1), (0, 2)
    graded = ordinal.of_units(np.array([[0, 0], [1, 1], [2, 2], [0, 1], [0, 2]]), 3).over()
    assert value("percent", graded) == pytest.approx(3 / 5)
    # observed weights 1 + 4 = 5 of 5 units; the first gave 3, 1, 1, the second 1, 2, 2, so expected by chance
    # (3 * 2 * 1 + 3 * 2 * 4 + 1 * 1 * 1 + 1 * 2 * 1 + 1 * 1 * 4 + 1 * 2 * 1) / 5 = 39 / 5
    assert value("weighted_kappa", graded) == pytest.approx(1 - 5 / (39 / 5))
    # given 4, 3, 3 times; middles 2, 5.5, 8.5; squares of distances 0-1 12.25, 0-2 42.25, 1-2 9
    # met twice each: 0-1 once, 0-2 once; by chance 2 * (12 * 12.25 + 12 * 42.25 + 9 * 9)
    assert value("alpha_ordinal", graded) == pytest.approx(1 - 9 * 2 * (12.25 + 42.25) / (2 * (12 * 12.25 + 12 * 42.25 + 81)))


def test_weighted_kappa_is_that_of_two_other_programs() -> None:
    sklearn = pytest.importorskip("sklearn.metrics")
    statsmodels = pytest.importorskip("statsmodels.stats.inter_rater")
    compared = 0
    for seed in range(CASES):
        labels = generated(seed, 2)
        found = value("weighted_kappa", ordinal.of_units(labels, 5).over())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            one = sklearn.cohen_kappa_score(labels[:, 0], labels[:, 1], weights="quadratic", labels=range(5))
            table = np.zeros((5, 5))
            np.add.at(table, (labels[:, 0], labels[:, 1]), 1)
            two = statsmodels.cohens_kappa(table, weights=np.arange(5), wt="fc", return_results=False)
        if not np.isnan(found):
            compared += 1
            assert found == pytest.approx(one, abs=1e-9) == pytest.approx(two, abs=1e-9)
    assert compared > CASES * 0.95


@pytest.mark.parametrize("n_coders", [2, 3, 4])
def test_ordinal_alpha_is_that_of_another_program(n_coders: int) -> None:
    krippendorff = pytest.importorskip("krippendorff")
    compared = 0
    for seed in range(CASES):
        labels = generated(seed, n_coders)
        data = np.where(labels.T == NO_LABEL, np.nan, labels.T)
        if ((labels != NO_LABEL).sum(axis=1) > 1).sum() < 2:
            continue
        found = value("alpha_ordinal", ordinal.of_units(labels, 5).over())
        if not np.isnan(found):
            compared += 1
            peer = krippendorff.alpha(data, level_of_measurement="ordinal", value_domain=range(5))
            assert found == pytest.approx(peer, abs=1e-9)
    assert compared > CASES * 0.9


def test_sums_of_cases_are_those_of_the_whole() -> None:
    labels = generated(3, 3)
    units = ordinal.of_units(labels, 5)
    by_case = units.grouped(np.arange(len(labels)) % 4, 4)
    for name in ordinal.MEASURES:
        assert value(name, by_case.over()) == pytest.approx(value(name, units.over()), nan_ok=True)


# ---------------------------------------------------------------- of ratings


def rated(*pairs: str) -> list[dict[str, RatingValue]]:
    """Cells as "+1 -1": what Ana and Ben said, `.` for nothing."""
    people = ("Ana", "Ben", "Eve")
    return [{who: RatingValue(said) for who, said in zip(people, pair.split(), strict=False) if said != "."} for pair in pairs]


def run(cells: dict[str, list[dict[str, RatingValue]]]) -> dict[str, dict[str, Agreement]]:
    found = rating_agreement.run(cells, agree.Options(resamples=200))
    return {part.part: {item.measure: item for item in part.agreement} for part in found}


def test_mixed_and_missing_are_left_out_of_the_scale_and_counted() -> None:
    found = run({"g1": rated("+1 +1", "-2 -1", "X X", "M 0"), "g2": rated("+2 +2", "0 X", "-1 .")})[EVERYBODY]
    assert {name: item.n_units for name, item in found.items()} == {
        "percent": 3, "weighted_kappa": 3, "alpha_ordinal": 3, SAME: 6
    }  # fmt: skip
    assert found["percent"].value == pytest.approx(2 / 3)
    assert found[SAME].value == pytest.approx(3 / 6), "X and X are alike, M and 0 are not"
    assert (found[SAME].counts["X"], found[SAME].counts["M"]) == (3, 1)


def test_of_three_raters_each_pair_is_told_as_well() -> None:
    found = run({"g1": rated("+1 +1 0", "-2 -1 -2", ". 0 0")})
    assert list(found) == [EVERYBODY, "Ana and Ben", "Ana and Eve", "Ben and Eve"]
    assert [part["percent"].n_units for part in found.values()] == [3, 2, 2, 3]


def test_intervals_are_drawn_by_case_and_not_of_two() -> None:
    cells = {f"g{n}": rated("+1 +1", "-1 +1" if n % 2 else "-1 -1", "0 0", "+2 +1") for n in range(5)}
    found = run(cells)[EVERYBODY]["weighted_kappa"]
    assert found.interval is not None and found.value is not None
    assert found.interval.low < found.value < found.interval.high
    assert found.interval.n_transcripts == 5
    few = run({key: cells[key] for key in ("g0", "g1")})[EVERYBODY]["weighted_kappa"]
    assert few.interval is None
    assert few.no_interval_because == intervals.none_because(2, 1.0)


def test_without_variation_or_without_two_raters_it_says_why() -> None:
    alike = run({"g1": rated("+1 +1", "+1 +1")})[EVERYBODY]
    assert alike["percent"].value == 1.0
    assert "one and the same grade" in (alike["alpha_ordinal"].undefined_because or "")
    assert "one and the same grade" in (alike["weighted_kappa"].undefined_because or "")
    nothing = run({"g1": rated("X X", "M M")})[EVERYBODY]
    assert nothing["percent"].undefined_because == "nothing was graded by two raters"
    assert nothing[SAME].value == 1.0
    assert run({"g1": rated("+1 .", ". -1")}) == {}
