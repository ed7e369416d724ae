"""Coefficients of agreement: textbook tables with their arithmetic, other programs on generated cases, and a known trap."""

from __future__ import annotations

import math
import random
from itertools import combinations, product

import numpy as np
import pytest

from qualkit.agreement import coefficients, counts, sets
from qualkit.agreement.counts import NO_LABEL, Counts, Ints
from qualkit.stages import agree

CASES = 200


def of_cells(both: int, first: int, second: int, neither: int) -> Counts:
    """Counts of a 2x2 table: both gave a code, only the first coder, only the second, neither."""
    return counts.of_units(np.repeat([[1, 1], [1, 0], [0, 1], [0, 0]], [both, first, second, neither], axis=0), 2).over()


def value(name: str, of: Counts) -> float:
    return float(coefficients.MEASURES[name](of))


# ---------------------------------------------------------------- textbook tables


def test_two_tables_with_the_same_agreement_and_unlike_kappas() -> None:
    # Feinstein & Cicchetti's paradox: 85 of 100 alike in both tables
    even, uneven = of_cells(40, 9, 6, 45), of_cells(80, 10, 5, 5)
    # expected (49 * 46 + 51 * 54) / 100^2 = .5008; kappa (.85 - .5008) / .4992
    assert value("kappa", even) == pytest.approx((0.85 - 0.5008) / 0.4992)
    # expected (90 * 85 + 10 * 15) / 100^2 = .78; kappa .07 / .22
    assert value("kappa", uneven) == pytest.approx(0.07 / 0.22)
    # PABAK is 2 * .85 - 1 in both; prevalence |40 - 45| and |80 - 5|, bias |9 - 6| and |10 - 5|, in hundredths
    assert [value("pabak", table) for table in (even, uneven)] == pytest.approx([0.70, 0.70])
    assert [value("prevalence_index", table) for table in (even, uneven)] == pytest.approx([0.05, 0.75])
    assert [value("bias_index", table) for table in (even, uneven)] == pytest.approx([0.03, 0.05])


def test_kappa_follows_from_pabak_and_the_two_indices() -> None:
    # Byrt, Bishop & Carlin (1993): kappa = (PABAK - PI^2 + BI^2) / (1 - PI^2 + BI^2)
    table = of_cells(80, 10, 5, 5)
    pabak, prevalence, bias = (value(name, table) for name in ("pabak", "prevalence_index", "bias_index"))
    assert value("kappa", table) == pytest.approx((pabak - prevalence**2 + bias**2) / (1 - prevalence**2 + bias**2))


def test_ac1_of_a_code_that_nearly_all_units_have() -> None:
    # 125 units: both 118, only the first 5, only the second 2: 118 / 125 = .944 alike
    table = of_cells(118, 5, 2, 0)
    # share of yes (123 + 120) / 250 = .972; expected 2 * .972 * .028 = .054432; AC1 (.944 - .054432) / (1 - .054432)
    assert value("ac1", table) == pytest.approx((0.944 - 0.054432) / (1 - 0.054432))
    # Cohen expects (123 * 120 + 2 * 5) / 125^2 = .94528, so kappa is below 0
    assert value("kappa", table) == pytest.approx((0.944 - 0.94528) / (1 - 0.94528))


def test_fleiss_kappa_of_fourteen_raters() -> None:
    # ten subjects by how many of 14 raters gave each of five labels
    table = [
        (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1),
        (7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
    ]  # fmt: skip
    labels = np.array([np.repeat(range(5), row) for row in table])
    found = counts.of_units(labels, 5).over()
    # alike: (sum of squares of each row - 14) / (14 * 13), mean .378
    # expected: .143^2 + .200^2 + .279^2 + .150^2 + .229^2 = .213; kappa (.378 - .213) / (1 - .213)
    assert float(found.alike / found.units) == pytest.approx(0.378, abs=0.0005)
    assert value("fleiss", found) == pytest.approx(0.210, abs=0.0005)


def test_with_coders_missing_only_those_who_looked_count() -> None:
    # three coders: 1 1 -, 0 1 1, 0 0 0, and a unit that only one looked at
    found = counts.of_units(np.array([[1, 1, NO_LABEL], [0, 1, 1], [0, 0, 0], [1, NO_LABEL, NO_LABEL]]), 2).over()
    # pairs alike: 1 of 1, 1 of 3, 3 of 3: 5 of 7
    assert value("percent", found) == pytest.approx(5 / 7)
    # of units: 1, 1/3 and 1 alike, mean 7/9; yes in 1, 2/3, 0 of the labels of each, mean 5/9
    expected = 2 * (5 / 9) * (4 / 9)
    assert value("ac1", found) == pytest.approx((7 / 9 - expected) / (1 - expected))
    by_squares = (5 / 9) ** 2 + (4 / 9) ** 2
    assert value("fleiss", found) == pytest.approx((7 / 9 - by_squares) / (1 - by_squares))
    # coincidences apart: 0, (2 * 1 * 2) / 2, 0 = 2; labels 4 yes and 4 no: alpha = 1 - 7 * 2 / (64 - 32)
    assert value("alpha", found) == pytest.approx(1 - 14 / 32)
    assert float(found.units) == 3


def test_masi_and_jaccard_alpha_worked_by_hand() -> None:
    said = {
        "t": {
            (("Ana", frozenset("ab")), ("Ben", frozenset("a"))): 1,  # one holds the other: Jaccard 1/2, MASI 1 - 2/3 * 1/2
            (("Ana", frozenset("c")), ("Ben", frozenset("c"))): 1,
        }
    }
    # labels ab, a, c, c: distances between all ordered pairs: ab-a 1/2 or 2/3, ab-c and a-c 1 each, twice, c-c 0
    for name, distance in (("alpha_jaccard", 1 / 2), ("alpha_masi", 2 / 3)):
        expected = 2 * (distance + 4 * 1)
        found = float(sets.alpha(sets.counted(said)[name]))
        assert found == pytest.approx(1 - 3 * (2 * distance) / expected)


def test_two_empty_sets_are_equal_and_an_empty_one_is_unlike_any_other() -> None:
    for distance in sets.DISTANCES.values():
        assert distance(*map(np.array, (0.0, 0.0, 0.0))) == 0
        assert distance(*map(np.array, (0.0, 0.0, 2.0))) == 1


# ---------------------------------------------------------------- the trap


def test_kappa_is_over_all_text_that_both_looked_at_and_not_over_what_either_coded() -> None:
    # a peer takes as units only what either coded, and P(yes) * P(no) as expected agreement, so that these two come out alike
    def peer(both: int, first: int, second: int) -> float:
        n = both + first + second
        expected = (both + first) * (both + second) / n**2 * (second / n) * (first / n)
        return (both / n - expected) / (1 - expected)

    rare, common = of_cells(400, 200, 200, 9200), of_cells(4000, 2000, 2000, 2000)
    assert peer(400, 200, 200) == peer(4000, 2000, 2000) == pytest.approx(0.482, abs=0.0005)
    # of 10,000 characters 9,600 alike, expected (600^2 + 9400^2) / 10,000^2 = .8872; kappa .0728 / .1128
    assert value("kappa", rare) == pytest.approx(0.0728 / 0.1128) == pytest.approx(0.645, abs=0.0005)
    # 6,000 alike, expected (6000^2 + 4000^2) / 10,000^2 = .52; kappa .08 / .48
    assert value("kappa", common) == pytest.approx(0.08 / 0.48) == pytest.approx(0.167, abs=0.0005)
    # what most users find odd in the first is said by the index next to it
    assert value("prevalence_index", rare) == pytest.approx(0.88)
    assert value("prevalence_index", common) == pytest.approx(0.20)


# ---------------------------------------------------------------- other programs, on generated cases


def generated(case: int, *, is_complete: bool = False, n_coders: int | None = None) -> tuple[Ints, int]:
    """Labels of made-up units, shape (units, coders), and how many labels there are; every second case lacks some."""
    dice = np.random.default_rng(case)
    n_units, n_labels = int(dice.integers(5, 40)), int(dice.integers(2, 5))
    n_coders = n_coders or int(dice.integers(2, 6))
    truth = dice.integers(0, n_labels, n_units)
    labels = np.where(dice.random((n_units, n_coders)) < 0.7, truth[:, None], dice.integers(0, n_labels, (n_units, n_coders)))
    if case % 2 and n_coders > 2 and not is_complete:
        labels[dice.random(n_units) < 0.4, dice.integers(0, n_coders)] = NO_LABEL
    return labels, n_labels


def test_alpha_is_that_of_the_krippendorff_package() -> None:
    krippendorff = pytest.importorskip("krippendorff")
    for case in range(CASES):
        labels, n_labels = generated(case)
        rows = np.where(labels == NO_LABEL, np.nan, labels.astype(float)).T
        theirs = krippendorff.alpha(reliability_data=rows, level_of_measurement="nominal")
        assert value("alpha", counts.of_units(labels, n_labels).over()) == pytest.approx(theirs, abs=1e-9), case


@pytest.mark.filterwarnings("ignore")
def test_kappa_is_that_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    for case in range(CASES):
        labels, n_labels = generated(case, n_coders=2)
        theirs = metrics.cohen_kappa_score(labels[:, 0], labels[:, 1])
        assert value("kappa", counts.of_units(labels, n_labels).over()) == pytest.approx(theirs, abs=1e-9, nan_ok=True), case


def test_fleiss_kappa_is_that_of_statsmodels() -> None:
    rater = pytest.importorskip("statsmodels.stats.inter_rater")
    for case in range(CASES):
        labels, n_labels = generated(case, is_complete=True)
        table = (labels[:, :, None] == np.arange(n_labels)).sum(axis=1)
        theirs = rater.fleiss_kappa(table, method="fleiss")
        assert value("fleiss", counts.of_units(labels, n_labels).over()) == pytest.approx(theirs, abs=1e-9), case


def test_ac1_fleiss_and_pabak_are_what_their_definitions_give_unit_by_unit() -> None:
    for case in range(CASES):
        labels, n_labels = generated(case)
        units = [[label for label in row if label != NO_LABEL] for row in labels.tolist()]
        alike = [sum(a == b for a, b in combinations(unit, 2)) / math.comb(len(unit), 2) for unit in units]
        shares = [sum(unit.count(label) / len(unit) for unit in units) / len(units) for label in range(n_labels)]
        observed = sum(alike) / len(units)
        pairs = [a == b for unit in units for a, b in combinations(unit, 2)]
        expected = {
            "ac1": sum(share * (1 - share) for share in shares) / (n_labels - 1),
            "fleiss": sum(share**2 for share in shares),
        }
        found = counts.of_units(labels, n_labels).over()
        for name, chance in expected.items():
            assert value(name, found) == pytest.approx((observed - chance) / (1 - chance), abs=1e-9), (name, case)
        percent = sum(pairs) / len(pairs)
        assert value("pabak", found) == pytest.approx((percent - 1 / n_labels) / (1 - 1 / n_labels), abs=1e-9)


def test_alpha_on_sets_is_what_its_definition_gives_pair_by_pair() -> None:
    def masi(one: frozenset[str], other: frozenset[str]) -> float:
        if one == other:
            return 0.0
        weight = 2 / 3 if one < other or other < one else 1 / 3 if one & other else 0.0
        return 1 - weight * len(one & other) / len(one | other)

    def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
        return 0.0 if one == other else 1 - len(one & other) / len(one | other)

    for case in range(CASES):
        dice = random.Random(case)
        units = [
            [frozenset(code for code in "abcd" if dice.random() < 0.3) for _ in range(dice.randint(2, 4))]
            for _ in range(dice.randint(3, 12))
        ]
        said: dict[str, dict[sets.Said, int]] = {"one": {}, "two": {}}
        for unit in units:
            key = tuple((f"coder {n}", codes) for n, codes in enumerate(unit))
            where = said[dice.choice(["one", "two"])]
            where[key] = where.get(key, 0) + 1
        every = [codes for unit in units for codes in unit]
        for name, distance in (("alpha_masi", masi), ("alpha_jaccard", jaccard)):
            apart = sum(2 * sum(distance(a, b) for a, b in combinations(unit, 2)) / (len(unit) - 1) for unit in units)
            by_chance = sum(distance(a, b) for a, b in product(every, every))
            found = float(sets.alpha(sets.counted(said)[name]))
            if by_chance:
                assert found == pytest.approx(1 - (len(every) - 1) * apart / by_chance, abs=1e-6), case


# ---------------------------------------------------------------- from votes


VOTES = {
    "s1": {"Ana": {"stigma": "barrier", "trust": "present"}, "Ben": {"stigma": "facilitator"}},
    "s2": {"Ana": {"stigma": "barrier"}, "Ben": {"stigma": "barrier"}},
    "s3": {"Ana": {}, "Ben": {"stigma": "mixed"}},
    "s4": {"Ana": {"stigma": "barrier"}},
}


def test_each_coefficient_says_on_how_many_units_each_coder_gave_the_code() -> None:
    found = agree.run(votes=VOTES, code_keys=["stigma", "trust"], options=agree.Options())
    assert {item.measure for item in found} == set(coefficients.MEASURES)
    assert {item.code_key: dict(item.positives) for item in found} == {
        None: {"Ana": 3, "Ben": 3}, "stigma": {"Ana": 2, "Ben": 3}, "trust": {"Ana": 1, "Ben": 0},
    }  # fmt: skip
    assert {(item.n_units, item.n_coders) for item in found if item.code_key == "stigma"} == {(3, 2)}


def test_agreement_on_valence_is_among_those_who_gave_the_code() -> None:
    found = agree.run_valence(votes=VOTES, code_keys=["stigma", "trust"], options=agree.Options())
    stigma = {item.measure: item for item in found if item.code_key == "stigma"}
    # s1 barrier and facilitator, s2 both barrier; on s3 Ana did not give it, on s4 Ben did not look
    assert (stigma["percent"].value, stigma["percent"].n_units) == (0.5, 2)
    assert stigma["percent"].counts == {"barrier": 3, "facilitator": 1}
    trust = next(item for item in found if item.code_key == "trust")
    assert (trust.value, trust.undefined_because) == (None, "no unit was coded by two coders")


def test_indices_of_more_than_two_labels_are_undefined_in_words() -> None:
    found = agree.run(votes=VOTES, code_keys=["stigma"], options=agree.Options(valence=True))
    index = next(item for item in found if item.measure == "bias_index")
    assert index.undefined_because == "there are more than two labels"


def test_a_pair_of_coders_by_itself_is_those_two_alone() -> None:
    labels, n_labels = generated(3, n_coders=4)
    pairs = counts.of_units(labels, n_labels).over().of_pairs()
    for n, two in enumerate(combinations(range(4), 2)):
        alone = counts.of_units(labels[:, two], n_labels).over()
        for name in coefficients.MEASURES:
            assert value(name, pairs[n]) == pytest.approx(value(name, alone), nan_ok=True), name
