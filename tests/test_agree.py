"""Agreement: worked by hand, against a second implementation, and against figures others computed from real coders."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from qualkit.model import Agreement, grouped
from qualkit.stages.agree import Labels, Options, alpha, kappa, percent, run

YES, NO = "present", "absent"


def pairs(cells: dict[tuple[str, str], int]) -> list[Labels]:
    """Units by two coders, so many for each pair of labels."""
    return [{"Ana": first, "Ben": second} for (first, second), n in cells.items() for _ in range(n)]


def table(a: int, b: int, c: int, d: int) -> list[Labels]:
    """Units of a 2x2 table: both yes, only Ana, only Ben, neither."""
    return pairs({(YES, YES): a, (YES, NO): b, (NO, YES): c, (NO, NO): d})


def measure(results: Sequence[Agreement], name: str, code_key: str | None = None) -> Agreement:
    return next(item for item in results if (item.measure, item.code_key) == (name, code_key))


# ---------------------------------------------------------------- by hand


def test_a_table_of_fifty_units_worked_by_hand() -> None:
    # both yes 20, only Ana 5, only Ben 10, neither 15: 50 units
    units = table(20, 5, 10, 15)
    # percent: (20 + 15) / 50 = .70
    assert percent(units) == pytest.approx(0.70)
    # Ana says yes 25 times, Ben 30 times: expected (25 * 30 + 25 * 20) / 50^2 = .50; kappa = (.70 - .50) / (1 - .50) = .40
    assert kappa(units) == pytest.approx(0.40)
    # 100 labels: 55 yes, 45 no. Disagreeing coincidences 2 * 15 = 30; 100^2 - 55^2 - 45^2 = 4950
    # alpha = 1 - 99 * 30 / 4950 = 1 - .60 = .40
    assert alpha(units) == pytest.approx(0.40)


def test_more_labels_than_two_worked_by_hand() -> None:
    # 10 units; equal: 3 + 2 + 2 = 7, so percent = .70
    units = pairs({("f", "f"): 3, ("b", "b"): 2, ("absent", "absent"): 2, ("f", "b"): 2, ("b", "absent"): 1})
    # Ana: f 5, b 3, absent 2; Ben: f 3, b 4, absent 3
    # expected (5 * 3 + 3 * 4 + 2 * 3) / 100 = .33; kappa = (.70 - .33) / .67
    assert percent(units) == pytest.approx(0.70)
    assert kappa(units) == pytest.approx(0.37 / 0.67)
    # 20 labels: f 8, b 7, absent 5; 400 - 64 - 49 - 25 = 262; disagreeing 2 * 3 = 6; alpha = 1 - 19 * 6 / 262
    assert alpha(units) == pytest.approx(1 - 114 / 262)


def test_krippendorffs_own_example_of_four_observers() -> None:
    # Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", section D: nominal alpha = .743
    rows = ("1 2 3 3 2 1 4 1 2 . . .", "1 2 3 3 2 2 4 1 2 5 . 3", ". 3 3 3 2 3 4 2 2 5 1 .", "1 2 3 3 2 4 4 1 2 5 1 .")
    columns = zip(*(row.split() for row in rows), strict=True)
    units = [{coder: label for coder, label in zip("ABCD", column, strict=True) if label != "."} for column in columns]
    assert alpha(units) == pytest.approx(0.743, abs=0.0005)


def test_kappa_of_three_coders_is_the_mean_over_their_pairs() -> None:
    # units as labels by Ana, Ben, Cara
    labels = ("yyy", "yyn", "nny", "nnn")
    units = [dict(zip(("Ana", "Ben", "Cara"), unit, strict=True)) for unit in labels]
    # Ana and Ben: always the same, kappa 1. Ana and Cara: 2 of 4 the same, expected (2 * 2 + 2 * 2) / 16 = .5, kappa 0.
    # Ben and Cara: as Ana and Cara, 0. Mean 1 / 3. Percent: pairs alike 3 + 1 + 1 + 3 = 8 of 12.
    assert kappa(units) == pytest.approx(1 / 3)
    assert percent(units) == pytest.approx(8 / 12)


def test_coders_who_share_no_unit_do_not_enter_the_mean() -> None:
    # Ana and Ben share two units, Ben and Cara two others; Ana and Cara none
    units: list[Labels] = [
        {"Ana": "y", "Ben": "y"},
        {"Ana": "n", "Ben": "n"},
        {"Ben": "y", "Cara": "n"},
        {"Ben": "n", "Cara": "y"},
    ]
    # Ana and Ben: kappa 1. Ben and Cara: 0 of 2 alike, expected .5, kappa -1. Mean 0.
    assert kappa(units) == pytest.approx(0)


# ---------------------------------------------------------------- where there is no coefficient


def test_without_a_unit_that_two_coders_judged_the_reason_is_said() -> None:
    assert percent([]) == kappa([]) == alpha([]) == "no unit was coded by two coders"


def test_one_label_throughout_is_full_agreement_without_kappa_or_alpha() -> None:
    units = table(0, 0, 0, 8)
    assert percent(units) == 1
    assert kappa(units) == "all coders gave one and the same label throughout"
    assert alpha(units) == "only one label occurs, so there is no variation to agree on"


def test_a_result_without_a_value_says_why() -> None:
    votes = {"s1": {"Ana": {}, "Ben": {}}}
    found = measure(run(votes=votes, code_keys=["stigma"], options=Options()), "kappa", "stigma")
    assert found.value is None
    assert found.undefined_because == "all coders gave one and the same label throughout"


# ---------------------------------------------------------------- from votes


def test_codes_that_nobody_gave_are_not_among_those_pooled() -> None:
    votes = {
        "s1": {"Ana": {"stigma": "present"}, "Ben": {}},
        "s2": {"Ana": {}, "Ben": {}},
    }
    found = run(votes=votes, code_keys=["stigma", "trust", "cost"], options=Options())
    pooled = measure(found, "percent", None)
    assert (pooled.value, pooled.n_units) == (0.5, 2)
    assert measure(found, "percent", "trust").n_units == 2


def test_a_unit_that_one_coder_judged_does_not_count() -> None:
    votes = {
        "s1": {"Ana": {"stigma": "present"}, "Ben": {"stigma": "present"}},
        "s2": {"Ana": {}, "Ben": {}},
        "s3": {"Ana": {"stigma": "present"}},  # Ben has not looked: no absence, and no disagreement
    }
    found = measure(run(votes=votes, code_keys=["stigma"], options=Options()), "alpha", "stigma")
    assert (found.value, found.n_units, found.n_coders) == (1.0, 2, 2)
    assert found.counts == {"absent": 2, "present": 2}


def test_looking_and_seeing_nothing_is_an_absence() -> None:
    votes = {"s1": {"Ana": {"stigma": "present"}, "Ben": {}}}
    found = measure(run(votes=votes, code_keys=["stigma"], options=Options()), "percent", "stigma")
    assert (found.value, dict(found.counts)) == (0.0, {"absent": 1, "present": 1})


def test_pooled_takes_every_pair_of_unit_and_code_as_one() -> None:
    votes = {
        "s1": {"Ana": {"stigma": "barrier", "trust": "present"}, "Ben": {"stigma": "barrier"}},
        "s2": {"Ana": {}, "Ben": {"stigma": "mixed"}},
    }
    results = run(votes=votes, code_keys=["stigma", "trust"], options=Options())
    # (s1, stigma) alike, (s1, trust) not, (s2, stigma) not, (s2, trust) both absent: 2 of 4
    pooled = measure(results, "percent")
    assert (pooled.value, pooled.n_units) == (0.5, 4)
    assert [item.code_key for item in results] == [None] * 8 + ["stigma"] * 8 + ["trust"] * 8


def test_valence_counts_only_if_asked_for() -> None:
    votes = {
        "s1": {"Ana": {"stigma": "barrier"}, "Ben": {"stigma": "facilitator"}},
        "s2": {"Ana": {"stigma": "barrier"}, "Ben": {"stigma": "barrier"}},
        "s3": {"Ana": {}, "Ben": {}},
    }
    by_presence = run(votes=votes, code_keys=["stigma"], options=Options())
    by_valence = run(votes=votes, code_keys=["stigma"], options=Options(valence=True))
    assert measure(by_presence, "kappa", "stigma").value == 1
    # by valence 2 of 3 alike. Ana: barrier 2, absent 1; Ben: facilitator, barrier, absent 1 each
    # expected (2 * 1 + 1 * 1) / 9 = 1/3; kappa = (2/3 - 1/3) / (1 - 1/3) = .50
    assert measure(by_valence, "percent", "stigma").value == pytest.approx(2 / 3)
    assert measure(by_valence, "kappa", "stigma").value == pytest.approx(0.50)
    assert measure(by_valence, "kappa", "stigma").counts == {"absent": 2, "barrier": 3, "facilitator": 1}


# ---------------------------------------------------------------- a second implementation


judged = st.lists(
    st.dictionaries(st.sampled_from(["Ana", "Ben", "Cara", "Dan"]), st.sampled_from("abc"), min_size=2), min_size=2, max_size=15
)


@settings(max_examples=100)
@given(judged)
def test_alpha_is_that_of_the_krippendorff_package(units: list[dict[str, str]]) -> None:
    krippendorff = pytest.importorskip("krippendorff")
    assume(len({label for unit in units for label in unit.values()}) > 1)
    number = {"a": 1.0, "b": 2.0, "c": 3.0}
    rows = [[number.get(unit.get(coder, ""), math.nan) for unit in units] for coder in ("Ana", "Ben", "Cara", "Dan")]
    assert alpha(units) == pytest.approx(krippendorff.alpha(reliability_data=rows, level_of_measurement="nominal"), abs=1e-9)


@settings(max_examples=100)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=30))
def test_kappa_of_two_coders_is_that_of_scikit_learn(said: list[tuple[str, str]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    assume(len({label for pair in said for label in pair}) > 1)
    first, second = zip(*said, strict=True)
    found = kappa([{"Ana": a, "Ben": b} for a, b in said])
    assert found == pytest.approx(metrics.cohen_kappa_score(first, second), abs=1e-9)


# ---------------------------------------------------------------- figures that others computed


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


@pytest.mark.real_data
def test_kappa_of_38_published_codes(real_data: Path) -> None:
    rows = list(rows_of(real_data / "coded" / "golden" / "kappa_two_coders.csv"))
    for row in rows:
        units = table(*(int(float(row[cell])) for cell in "abcd"))
        found = kappa(units)
        assert percent(units) == pytest.approx(float(row["Po"]), abs=0.001), row["code"]
        if isinstance(found, str):  # undefined: where expected agreement is 1
            assert float(row["Pe"]) == pytest.approx(1, abs=0.001), row["code"]
        else:
            assert found == pytest.approx(float(row["Kappa"]), abs=0.001), row["code"]
    assert len(rows) == 38


@pytest.fixture
def ten_coders(real_data: Path) -> list[list[dict[str, str]]]:
    """Utterances that ten coders labelled, each with its row by every coder."""
    rows = rows_of(real_data / "coded" / "annomi" / "AnnoMI-full.csv")
    utterances = grouped(rows, lambda row: (row["transcript_id"], row["utterance_id"]))
    return [own for own in utterances.values() if len({row["annotator_id"] for row in own}) == 10]


VARIABLES = ("client_talk_type", "main_therapist_behaviour", "reflection_exists", "question_exists", "therapist_input_exists")
COLUMNS = {"krippendorff_alpha": alpha, "mean_pairwise_kappa": kappa, "percent_agreement": percent}


@pytest.mark.real_data
@pytest.mark.parametrize(("variable", "column"), list(product(VARIABLES, COLUMNS)))
def test_agreement_of_ten_real_coders(
    real_data: Path, ten_coders: list[list[dict[str, str]]], variable: str, column: str
) -> None:
    golden = rows_of(real_data / "coded" / "golden" / "agreement_computed.csv")
    expected = next(row for row in golden if row["variable"] == variable)
    units = [{row["annotator_id"]: row[variable] for row in own if row[variable] != "n/a"} for own in ten_coders]
    units = [unit for unit in units if unit]
    assert len(units) == int(expected["items"])
    assert COLUMNS[column](units) == pytest.approx(float(expected[column]), abs=0.001)
