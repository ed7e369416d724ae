"""Intervals of agreement: drawn by transcript, reproducible, wide enough, and missing for a reason."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import agreement as bench
from qualkit.agreement import coefficients, counts, intervals, sets
from qualkit.stages import agree, agree_counts, agree_sets


def votes_of(n_transcripts: int, *, n_segments: int = 30, seed: int = 1) -> tuple[agree.Votes, dict[str, str]]:
    """Two coders and one code that they mostly agree on; and the transcript of each segment."""
    dice = np.random.default_rng(seed)
    votes, places = {}, {}
    for n in range(n_transcripts * n_segments):
        there = dice.random() < 0.3
        votes[f"s{n}"] = {who: {"a": "present"} if dice.random() < (0.85 if there else 0.05) else {} for who in ("Ana", "Ben")}
        places[f"s{n}"] = f"t{n // n_segments}"
    return votes, places


def test_students_t_is_that_of_printed_tables() -> None:
    printed = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 7: 2.365, 10: 2.228, 30: 2.042, 120: 1.980}
    assert {df: round(intervals.t_quantile(df), 3) for df in printed} == printed


def test_a_draw_of_counts_is_the_count_of_the_drawn_units() -> None:
    dice = np.random.default_rng(5)
    labels, places = dice.integers(-1, 3, (60, 3)), dice.integers(0, 4, 60)
    rows = counts.of_units(labels, 3)
    by_transcript = counts.summed(rows, cells=places, which=np.arange(60), times=np.ones(60), shape=(4,))
    drawn = by_transcript.drawn(np.array([[2.0, 0.0, 1.0, 1.0]]))
    again = counts.of_units(np.concatenate([labels[places == n] for n in (0, 0, 2, 3)]), 3).over()
    for name, measure in coefficients.MEASURES.items():
        assert float(measure(drawn)[0]) == pytest.approx(float(measure(again)), nan_ok=True), name


def test_alpha_on_sets_in_a_draw_is_that_of_the_drawn_units() -> None:
    dice = np.random.default_rng(6)
    said: dict[str, dict[sets.Said, int]] = {f"t{n}": {} for n in range(3)}
    for n in range(30):
        unit = tuple((who, frozenset(code for code in "abc" if dice.random() < 0.4)) for who in ("Ana", "Ben", "Cara"))
        own = said[f"t{n % 3}"]
        own[unit] = own.get(unit, 0) + 1
    again = {"one": said["t0"], "two": said["t0"], "three": said["t2"]}
    for name in sets.DISTANCES:
        drawn = sets.alpha(sets.counted(said)[name], np.array([[2.0, 0.0, 1.0]]))
        assert float(drawn[0]) == pytest.approx(float(sets.alpha(sets.counted(again)[name])))


def test_the_same_seed_gives_the_same_interval_and_says_so() -> None:
    votes, places = votes_of(6)
    one, same = (agree.run(votes=votes, code_keys=["a"], options=agree.Options(), transcript_of=places) for _ in range(2))
    other = agree.run(votes=votes, code_keys=["a"], options=agree.Options(seed=8), transcript_of=places)
    assert one == same
    kappa = next(item for item in one if item.measure == "kappa")
    assert kappa.interval is not None and kappa.value is not None
    assert (kappa.interval.seed, kappa.interval.n_draws, kappa.interval.n_transcripts) == (7, 1000, 6)
    assert kappa.interval.low < kappa.value < kappa.interval.high
    assert [item.value for item in one] == [item.value for item in other]
    assert [item.interval for item in one] != [item.interval for item in other]


def test_an_interval_ends_where_the_coefficient_ends() -> None:
    value, drawn = np.array([0.97]), np.random.default_rng(1).normal(0.97, 0.05, (500, 1))
    assert intervals.ends(value, drawn, 8).high[0] == 1.0
    assert intervals.ends(1 - value, 1 - drawn, 8, lowest=0.0).low[0] == 0.0


@pytest.mark.parametrize(
    ("n_transcripts", "why"),
    [(2, "it takes 3 transcripts to draw from"), (5, "it is the same in every draw")],
)
def test_without_an_interval_the_reason_is_said(n_transcripts: int, why: str) -> None:
    votes = {f"s{n}": {who: {"a": "present"} if n % 2 else {} for who in ("Ana", "Ben")} for n in range(10)}
    places = {f"s{n}": f"t{n % n_transcripts}" if n_transcripts < 5 else f"t{n // 2}" for n in range(10)}
    found = agree.run(votes=votes, code_keys=["a"], options=agree.Options(), transcript_of=places)
    kappa = next(item for item in found if item.measure == "kappa" and item.code_key == "a")
    assert (kappa.value, kappa.interval) == (1.0, None)
    assert kappa.no_interval_because.startswith(why)


def test_a_code_in_one_transcript_alone_has_no_interval() -> None:
    votes, places = votes_of(8)
    rare = {key: said if places[key] == "t0" else {who: {} for who in said} for key, said in votes.items()}
    found = agree.run(votes=rare, code_keys=["a"], options=agree.Options(), transcript_of=places)
    kappa = next(item for item in found if item.measure == "kappa" and item.code_key == "a")
    assert kappa.value is not None and kappa.interval is None
    assert "of the draws, as too few transcripts have the code" in kappa.no_interval_because


def test_without_transcripts_no_interval_is_asked_for() -> None:
    votes, places = votes_of(4)
    for found in (
        agree.run(votes=votes, code_keys=["a"], options=agree.Options()),
        agree.run(votes=votes, code_keys=["a"], options=agree.Options(resamples=0), transcript_of=places),
    ):
        assert {(item.interval, item.no_interval_because) for item in found} == {(None, "")}


def test_sets_of_codes_have_intervals_too() -> None:
    votes, places = votes_of(5)
    found = agree_sets.run(votes=votes, code_keys=["a"], options=agree.Options(), transcript_of=places)
    exact, masi, jaccard = found
    percent = sum(said["Ana"] == said["Ben"] for said in votes.values()) / len(votes)
    assert exact.value == pytest.approx(percent)
    # with a single code, sets are equal or have nothing in common: both are plain alpha
    tallied = agree_counts.tallied(
        agree.marks_by_transcript(votes, places), code_keys=["a"], labels=("absent", "present"), by_valence=False
    )
    plain = float(coefficients.alpha(tallied.counts[:, 1].over()))
    assert masi.value == pytest.approx(plain) == pytest.approx(jaccard.value)
    assert masi.interval is not None and masi.interval.low < plain < masi.interval.high


def test_intervals_from_few_transcripts_hold_the_truth_about_as_often_as_they_say() -> None:
    eight, four = bench.coverage(8, 250), bench.coverage(4, 250)
    assert 0.92 <= bench.mean_coverage(eight) <= 0.97
    assert 0.92 <= bench.mean_coverage(four) <= 0.97
    for name in bench.WORLDS:  # with four they are about twice as wide
        assert 1.5 < four[name]["width"] / eight[name]["width"] < 2.5
    # and the middle 95 % of the draws holds it less often
    assert np.mean([row["middle"] for row in eight.values()]) < 0.91
    assert np.mean([row["middle"] for row in four.values()]) < 0.85
