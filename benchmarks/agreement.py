"""Agreement: equal to published figures, its intervals' coverage by simulation, and its speed beside another program.

    python -m benchmarks.agreement

Prints tables and ends with one line of JSON: the largest difference from the figures in `coded/golden/`, seconds for 40
transcripts x 500 segments x 60 codes x 3 coders with 1,000 draws, seconds of the `krippendorff` package in a loop for the same
intervals of alpha (measured on some of the codes and draws, and scaled), the share of simulated studies whose intervals hold
the truth with 8 and with 4 transcripts, and how many published counts of codes and subcategories are found again.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from qualkit.agreement import coefficients, counts, intervals
from qualkit.agreement.counts import Counts
from qualkit.model import Agreement, grouped
from qualkit.stages import agree, agree_sets

SEED = 7
MEASURES = ("percent", "kappa", "ac1", "pabak", "alpha", "fleiss")
VARIABLES = ("client_talk_type", "main_therapist_behaviour", "reflection_exists", "question_exists", "therapist_input_exists")

Row = Mapping[str, str]
Differences = dict[tuple[str, str], float]
"""By set and figure the largest difference from what is published."""


def rows_of(path: Path) -> Iterator[Row]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


# ---------------------------------------------------------------- published figures


def golden(coded: Path) -> tuple[Differences, int]:
    """The largest difference from each golden figure, and how many rows there are; missing figures are no difference."""
    found: Differences = {}
    n_rows = 0
    for name, row, figures in (*two_coders(coded), *ten_coders(coded), *sets_of_codes(coded)):
        n_rows += 1
        for column, value in figures.items():
            found[name, column] = max(found.get((name, column), 0.0), abs(float(row[column]) - value))
    return found, n_rows


def two_coders(coded: Path) -> Iterator[tuple[str, Row, dict[str, float]]]:
    """38 codes by two coders, from the four cells of their tables."""
    for row in rows_of(coded / "golden" / "kappa_two_coders.csv"):
        a, b, c, d = (round(float(row[cell])) for cell in "abcd")
        labels = np.repeat([[1, 1], [1, 0], [0, 1], [0, 0]], [a, b, c, d], axis=0)
        found = counts.of_units(labels, 2).over()
        n, expected = a + b + c + d, ((a + b) * (a + c) + (c + d) * (b + d)) / (a + b + c + d) ** 2
        names = {"Kappa": "kappa", "Po": "percent", "PI": "prevalence_index", "BI": "bias_index", "PABAK": "pabak"}
        figures = {column: float(coefficients.MEASURES[name](found)) for column, name in names.items()}
        assert n == float(found.units)
        yield "two coders, 38 codes", row, {**figures, "Pe": expected}


def ten_coders(coded: Path) -> Iterator[tuple[str, Row, dict[str, float]]]:
    """Five variables by ten coders."""
    utterances = grouped(rows_of(coded / "annomi" / "AnnoMI-full.csv"), lambda row: (row["transcript_id"], row["utterance_id"]))
    shared = [own for own in utterances.values() if len({row["annotator_id"] for row in own}) == 10]
    for row in rows_of(coded / "golden" / "agreement_computed.csv"):
        if row["dataset"] != "annomi":
            continue
        said = [{one["annotator_id"]: one[row["variable"]] for one in own if one[row["variable"]] != "n/a"} for own in shared]
        units = [unit for unit in said if unit]
        values = {item.measure: item.value or 0.0 for item in agree.measures(units, code_key=None)}
        kappas = [agree.kappa([{who: unit[who] for who in two} for unit in units]) for two in combinations(sorted(units[0]), 2)]
        numbers = [value for value in kappas if isinstance(value, float)]
        yield "ten coders, 5 variables", row, {
            "items": len(units), "percent_agreement": values["percent"], "fleiss_kappa": values["fleiss"],
            "krippendorff_alpha": values["alpha"], "gwet_ac1": values["ac1"], "mean_pairwise_kappa": values["kappa"],
            "min_kappa": min(numbers), "max_kappa": max(numbers), "coders": len(units[0]),
        }  # fmt: skip


def sets_of_codes(coded: Path) -> Iterator[tuple[str, Row, dict[str, float]]]:
    """Answers to 14 questions, several codes each, by two coders; codes of the first level alone, and all."""
    given: dict[str, dict[str, dict[str, set[str]]]] = {}
    for row in rows_of(coded / "exam_proctoring" / "codings.csv"):
        by_coder = given.setdefault(row["question"], {}).setdefault(row["response_id"], {})
        by_coder.setdefault(row["coder"], set()).add(row["code"])
    options = agree.Options(resamples=0)
    for row in rows_of(coded / "golden" / "agreement_computed.csv"):
        if row["dataset"] != "exam_proctoring":
            continue
        question, _, level = row["variable"].partition(":")
        votes = {
            answer: {
                who: {code: "present" for code in codes if level == "all" or "->" not in code}
                for who, codes in by_coder.items()
            }
            for answer, by_coder in given[question].items()
            if len(by_coder) == 2
        }
        keys = sorted({code for said in votes.values() for codes in said.values() for code in codes})
        pooled = {item.measure: item.value or 0.0 for item in agree.run(votes=votes, code_keys=keys, options=options)[:8]}
        whole = agree_sets.run(votes=votes, code_keys=keys, options=options, transcript_of=dict.fromkeys(votes, ""))
        on_sets = {item.measure: item.value or 0.0 for item in whole}
        yield "two coders, sets of codes", row, {
            "items": len(votes), "categories": len(keys), "percent_agreement": pooled["percent"],
            "pooled_kappa": pooled["kappa"], "exact_set_match": on_sets["exact_set"], "alpha_masi": on_sets["alpha_masi"],
            "alpha_jaccard": on_sets["alpha_jaccard"],
        }  # fmt: skip


def published(coded: Path) -> tuple[int, int]:
    """How many of the published counts of 184 codes and of 18 subcategories, all strata, a study of these groups comes to.

    At either level they count pairs of speaker and code; `tests/test_real_groups.py` says which are off by one, and why.
    """
    from tests.os_focus_group import key_of

    rows = grouped(rows_of(coded / "os_focus_group" / "published_frequencies.csv"), lambda row: row["level"])
    with tempfile.TemporaryDirectory() as folder:
        speakers = speakers_by_code(coded, Path(folder))
    codes_in = grouped(rows["initial"], lambda row: row["Subcategory"])
    initial = [row for row in rows["initial"] if row["Group"] == "all"]
    subcategories = [row for row in rows["subcategory"] if row["Group"] == "all" and row["Subcategory"]]
    return (
        sum(int(row["N"]) == speakers[key_of(row["InitialCode"])] for row in initial),
        sum(
            int(row["N"])
            == sum(speakers[key] for key in {key_of(item["InitialCode"]) for item in codes_in[row["Subcategory"]]})
            for row in subcategories
        ),
    )


def speakers_by_code(coded: Path, folder: Path) -> Counter[str]:
    """How many speakers have each code, in a study of the four groups made in `folder`, one segment a turn."""
    from qualkit.study import coding
    from tests.fakes import FakeLanguage
    from tests.os_focus_group import BY_TURN, make_os_study, write_codings

    study = make_os_study(folder / "os", coded.parent, BY_TURN)
    study.tools.language = FakeLanguage()
    for stage in ("ingest", "segment"):
        list(study.run(stage))
    coding.read_codings(study, write_codings(folder / "codings.csv", coded.parent))
    segments = study.corpus().segments
    people = {(segments[code.segment_id].participant_id, code.code_key) for code in study.final_codes()}
    return Counter(key for _, key in people)


# ---------------------------------------------------------------- coverage


@dataclass(frozen=True, kw_only=True)
class World:
    """Where studies are drawn from: transcripts differ in how common the code is and in how well coders see it.

    `prevalence` has the intraclass correlation `alike`; sensitivity and specificity are means, their logits vary with
    standard deviation `differ` over transcripts, for each coder by themselves. Transcripts have 20 to 80 segments.
    """

    prevalence: float
    alike: float
    sensitivity: float
    specificity: float
    differ: float


WORLDS = {
    "common code": World(prevalence=0.3, alike=0.05, sensitivity=0.85, specificity=0.95, differ=0.3),
    "rare code": World(prevalence=0.08, alike=0.05, sensitivity=0.8, specificity=0.97, differ=0.3),
    "much clustered": World(prevalence=0.2, alike=0.2, sensitivity=0.85, specificity=0.93, differ=0.8),
    "high agreement": World(prevalence=0.2, alike=0.05, sensitivity=0.95, specificity=0.985, differ=0.3),
    "low agreement": World(prevalence=0.2, alike=0.1, sensitivity=0.75, specificity=0.9, differ=0.5),
}


def studies(world: World, n_transcripts: int, n_studies: int, random: np.random.Generator) -> Counts:
    """Counts of shape (transcripts, studies), by two coders."""
    shape = (n_transcripts, n_studies)
    spread = (1 - world.alike) / world.alike
    has = random.beta(world.prevalence * spread, (1 - world.prevalence) * spread, shape)

    def sees(mean: float) -> npt.NDArray[np.floating]:
        return 1 / (1 + np.exp(-(np.log(mean / (1 - mean)) + world.differ * random.normal(size=(2, *shape)))))

    yes, no = sees(world.sensitivity), sees(world.specificity)
    both = has * yes[0] * yes[1] + (1 - has) * (1 - no[0]) * (1 - no[1])
    first, second = (has * yes[n] + (1 - has) * (1 - no[n]) for n in (0, 1))
    cells = np.stack([both, first - both, second - both, 1 - first - second + both], axis=-1).clip(0)
    drawn = random.multinomial(random.integers(20, 81, shape), cells / cells.sum(axis=-1, keepdims=True))
    tables = drawn.astype(float)[..., ::-1].reshape(*shape, 1, 2, 2).swapaxes(-1, -2)  # absent before present
    own = Counts(
        units=tables.sum(axis=(-3, -2, -1)), by_coder=np.zeros((*shape, 2, 2)), labels=np.zeros((*shape, 2)),
        shares=np.zeros((*shape, 2)), alike=np.zeros(shape), apart=np.zeros(shape), pairs=tables,
    )  # fmt: skip
    return own.of_pairs()[:, :, 0]


def coverage(n_transcripts: int, n_studies: int) -> dict[str, dict[str, float]]:
    """By world and coefficient the share of studies whose interval holds the truth, in studies that have an interval.

    `middle` is the same for kappa with the middle 95 % of the draws as the interval; `width` is its median width as used here.
    """
    found: dict[str, dict[str, float]] = {}
    for number, (name, world) in enumerate(WORLDS.items()):
        random = np.random.default_rng([SEED, number, n_transcripts])
        truth = studies(world, 2000, 50, random).over(0).over(0)
        own = studies(world, n_transcripts, n_studies, random)
        ends = intervals.of_measures(own, MEASURES, n_draws=1000, seed=SEED)
        found[name] = {}
        for measure, at in ends.items():
            true = float(coefficients.MEASURES[measure](truth))
            there = ~np.isnan(at.low)
            found[name][measure] = float(((at.low <= true) & (true <= at.high))[there].mean())
        width = ends["kappa"].high - ends["kappa"].low
        found[name]["no interval"] = float(np.isnan(width).mean())
        found[name]["width"] = float(np.nanmedian(width))
        found[name]["middle"] = _middle(own, float(coefficients.kappa(truth)))
    return found


def _middle(own: Counts, true: float) -> float:
    """Coverage of the middle 95 % of the draws."""
    drawn = []
    for row in np.array_split(intervals.draws(len(own.units), 1000, SEED), 10):
        drawn.append(coefficients.kappa(own.drawn(row)))
    low, high = np.nanpercentile(np.concatenate(drawn), [2.5, 97.5], axis=0)
    return float(((low <= true) & (true <= high)).mean())


def mean_coverage(found: Mapping[str, Mapping[str, float]]) -> float:
    """Over worlds and coefficients."""
    return float(np.mean([row[name] for row in found.values() for name in MEASURES]))


# ---------------------------------------------------------------- speed


def large(n_transcripts: int, n_segments: int, n_codes: int, n_coders: int) -> tuple[dict[str, Any], list[str], dict[str, str]]:
    """Votes of a made-up study, its codes, and the transcript of each segment."""
    random = np.random.default_rng(SEED)
    keys = [f"code {n}" for n in range(n_codes)]
    n = n_transcripts * n_segments
    is_there = random.random((n, n_codes)) < random.uniform(0.005, 0.1, n_codes)
    given = random.random((n_coders, n, n_codes)) < np.where(is_there, 0.8, 0.005)
    listed = [[[keys[at] for at in np.flatnonzero(row)] for row in coder] for coder in given]
    votes = {
        f"s{at}": {f"coder {who}": dict.fromkeys(listed[who][at], "present") for who in range(n_coders)} for at in range(n)
    }
    return votes, keys, {f"s{at}": f"t{at // n_segments}" for at in range(n)}


def seconds_of_ours(votes: Mapping[str, Any], keys: Sequence[str], places: Mapping[str, str]) -> tuple[float, list[Agreement]]:
    """From votes to all coefficients with their intervals."""
    started = time.perf_counter()
    found = agree.run(votes=votes, code_keys=keys, options=agree.Options(resamples=1000), transcript_of=places)
    return time.perf_counter() - started, found


def seconds_of_peer(
    votes: Mapping[str, Any], keys: Sequence[str], places: Mapping[str, str], *, n_codes: int = 2, n_draws: int = 3
) -> tuple[float, dict[str, float]]:
    """The `krippendorff` package in a loop over codes and draws: seconds for all, scaled from some, and its alphas."""
    import krippendorff

    coders = sorted({who for said in votes.values() for who in said})
    by_transcript = list(grouped(votes, lambda unit: places[unit]).values())
    draws = np.random.default_rng(SEED).integers(0, len(by_transcript), (n_draws, len(by_transcript)))
    values, spent = {}, 0.0
    for key in keys[:n_codes]:
        parts = [np.array([[key in votes[unit][who] for unit in own] for who in coders], dtype=float) for own in by_transcript]
        values[key] = float(krippendorff.alpha(np.concatenate(parts, axis=1), level_of_measurement="nominal"))
        started = time.perf_counter()
        for drawn in draws:
            krippendorff.alpha(np.concatenate([parts[at] for at in drawn], axis=1), level_of_measurement="nominal")
        spent += time.perf_counter() - started
    return spent / (n_codes * n_draws) * len(keys) * 1000, values


# ---------------------------------------------------------------- printing


def table(title: str, rows: Mapping[str, Mapping[str, float]], digits: int = 3) -> None:
    """Print figures, a row each."""
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    print(f"\n{title}")
    print(f"{'':28}" + "".join(f"{name:>{max(10, len(name) + 2)}}" for name in names))
    for row, values in rows.items():
        cells = (f"{values[name]:.{digits}f}" if name in values else "-" for name in names)
        print(f"{row:28}" + "".join(f"{cell:>{max(10, len(name) + 2)}}" for cell, name in zip(cells, names, strict=True)))


def main() -> None:
    """Measure, print, and end with one line of JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    default = Path(os.environ.get("QUALKIT_REAL_DATA", Path(__file__).parents[2] / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=default, help="the folder of real material")
    parser.add_argument("--studies", type=int, default=2000, help="how many studies are simulated of each kind")
    parser.add_argument("--quick", action="store_true", help="a tenth of everything")
    given = parser.parse_args()
    found: dict[str, Any] = of_published(given.data / "coded")
    found |= of_coverage(given.studies // 10 if given.quick else given.studies)
    found |= of_speed(4 if given.quick else 40)
    order = ("golden_max_abs_error", "seconds", "peer_seconds", "coverage_8_groups", "coverage_4_groups",
             "published_codes_exact", "published_subcategories_exact")  # fmt: skip
    print(json.dumps({name: found[name] for name in order}))


def of_published(coded: Path) -> dict[str, Any]:
    """Figures that others computed or published, printed."""
    differences, n_rows = golden(coded)
    by_set: dict[str, dict[str, float]] = {}
    for (name, column), value in differences.items():
        by_set.setdefault(name, {})[column] = value
    for name, row in by_set.items():
        table(f"Largest difference from published figures: {name}", {"": row}, digits=5)
    codes, subcategories = published(coded)
    print(f"\n{n_rows} rows. Published counts found again: {codes} codes of 184, {subcategories} subcategories of 18")
    return {
        "golden_max_abs_error": round(max(differences.values()), 6),
        "published_codes_exact": codes,
        "published_subcategories_exact": subcategories,
    }


def of_coverage(n_studies: int) -> dict[str, float]:
    """Coverage of the intervals, printed."""
    means = {}
    for n_transcripts in (3, 4, 6, 8, 12, 20):
        found = coverage(n_transcripts, n_studies)
        table(f"Coverage of 95 % intervals, {n_transcripts} transcripts, {n_studies} studies of each kind", found)
        means[n_transcripts] = mean_coverage(found)
        inside = [row[name] for row in found.values() for name in MEASURES]
        print(f"{'all':28}{means[n_transcripts]:10.3f}  from {min(inside):.3f} to {max(inside):.3f}")
    return {f"coverage_{n}_groups": round(means[n], 4) for n in (4, 8)}


def of_speed(n_transcripts: int) -> dict[str, float]:
    """Seconds, printed."""
    votes, keys, places = large(n_transcripts, 500, 60, 3)
    ours, found = seconds_of_ours(votes, keys, places)
    peer, values = seconds_of_peer(votes, keys, places)
    own = {item.code_key: item.value for item in found if item.measure == "alpha"}
    apart = max(abs((own[key] or 0.0) - value) for key, value in values.items())
    print(
        f"\n{n_transcripts} transcripts x 500 segments x 60 codes x 3 coders, 1000 draws: {ours:.1f} s for {len(found)} "
        f"figures with intervals; the krippendorff package in a loop, alpha alone: {peer:.0f} s, at most {apart:.1e} apart"
    )
    return {"seconds": round(ours, 2), "peer_seconds": round(peer, 1)}


if __name__ == "__main__":
    main()
