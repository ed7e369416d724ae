"""Does the gap report find what is missing? A theme is taken out of a copy of the codebook and of the coders' codings, each in
turn, and the report is asked, with the topics as the engine finds them, without knowing what is missing."""

from __future__ import annotations

import csv
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from qualkit import plugs
from qualkit.model import Basis, FinalCode, Segment, Topic
from qualkit.readers.codebook import read_codebook, write_codebook
from qualkit.stages import gaps, topics
from qualkit.stages.gaps import GapReport
from qualkit.stages.topic_gaps import TopicGap
from qualkit.study import Study
from qualkit.study.coding import read_codings
from qualkit.study.workbench import Workbench
from tests.conftest import REPO

pytestmark = pytest.mark.engine

MIN_SEGMENTS = 10
BOOK = Path("codebooks") / "mat_implementation.yaml"


@dataclass(frozen=True)
class Catch:
    """Where the first uncovered topic that is rich in a missing theme stands, None if nowhere; chances to hit one blindly."""

    key: str
    n_bare: int
    is_possible: bool
    place: int | None
    by_chance: Mapping[int, float]


def caught(report: GapReport, key: str, bare: Collection[str], n_all: int) -> Catch:
    """A topic is rich in a theme that holds 3 or more of the segments left without a code, twice as many as by its size."""
    found = [gap.topic for gap in report.topics]
    rich = {topic.id for topic in found if is_rich(topic, bare, n_all)}
    place = next((n for n, gap in enumerate(report.uncovered, start=1) if gap.topic.id in rich), None)
    misses = {k: np.prod([1 - len(rich) / (len(found) - n) for n in range(min(k, len(found) - 1))]) for k in (1, 3)}
    return Catch(key, len(bare), bool(rich), place, {k: 1 - float(miss) for k, miss in misses.items()} if rich else {})


def is_rich(topic: Topic, bare: Collection[str], n_all: int) -> bool:
    n = len(set(topic.segment_ids) & set(bare))
    return n >= 3 and n / len(bare) >= 2 * len(topic.segment_ids) / n_all


def told(catches: list[Catch]) -> str:
    possible = [catch for catch in catches if catch.is_possible]
    n = {k: sum(catch.place is not None and catch.place <= k for catch in possible) for k in (1, 3)}
    chance = {k: sum(catch.by_chance[k] for catch in possible) for k in (1, 3)}
    lines = [f"  {catch.key}: {catch.n_bare} segments left bare, place {catch.place}" for catch in possible]
    head = (
        f"{len(catches)} themes left out in turn, {len(possible)} of which some topic is rich in: first {n[1]} (by chance "
        f"{chance[1]:.1f}), among the first three {n[3]} (by chance {chance[3]:.1f})"
    )
    return "\n".join([head, *lines])


# ---------------------------------------------------------------- the sample


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's four groups as transcripts, with topics; nobody has coded."""
    folder = tmp_path_factory.mktemp("sample") / "study"
    for name in ("recordings", "codebooks", "exports", "transcripts"):
        (folder / name).mkdir(parents=True)
    for path in (REPO / "transcripts").iterdir():
        if path.suffix in {".vtt", ".txt", ".docx", ".srt", ".csv"}:
            shutil.copyfile(path, folder / "transcripts" / path.name)
    shutil.copyfile(REPO / "study.toml", folder / "study.toml")
    shutil.copyfile(REPO / BOOK, folder / BOOK)
    study = Study.open(folder)
    for stage in ("ingest", "segment", "topics"):
        list(study.run(stage))
    study.store.close()
    return folder


@pytest.fixture(scope="module")
def without(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str | None], Study]]:
    """A copy of the sample, coded, without one key in codebook and codings; None leaves everything in."""
    opened: list[Study] = []

    @cache
    def made(key: str | None) -> Study:
        folder = tmp_path_factory.mktemp("without") / (key or "all")
        shutil.copytree(sample, folder)
        book = read_codebook(folder / BOOK)
        write_codebook(replace(book, codes=tuple(code for code in book.codes if code.key != key)), folder / BOOK)
        opened.append(study := Study.open(folder))
        for path in sorted((REPO / "transcripts" / "codings").glob("*.csv")):
            read_codings(study, without_key(path, folder / path.name, key))
        list(study.run("topics"))
        return study

    yield made
    for study in opened:
        study.store.close()


def without_key(path: Path, to: Path, key: str | None) -> Path:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        columns, rows = list(reader.fieldnames or ()), [row for row in reader if row["code"] != key]
    with to.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return to


def asked(study: Study, key: str) -> GapReport:
    """The report of a study as it would be without one key in codebook and codings."""
    book = study.codebook()
    disputed = {
        item
        for item, cases in study.cases_by_segment().items()
        if any(case.is_disputed and any(case.votes.values()) and case.code_key != key for case in cases)
    }
    return gaps.run(
        topics=study.topics(),
        codes=[code for code in study.final_codes() if code.code_key != key],
        segments=study.coded_segments(),
        judged=study.votes().keys(),
        codebook=replace(book, codes=tuple(code for code in book.codes if code.key != key)),
        waiting=disputed,
    )


def told_of(report: GapReport) -> list[TopicGap]:
    """What a report says of its topics, in its order, but for the run that they are of and the nearest name."""
    return [replace(gap, topic=replace(gap.topic, id="", run_id="", likeness={}), nearest=None) for gap in report.topics]


def carried(study: Study) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for code in study.final_codes():
        found.setdefault(code.segment_id, set()).add(code.code_key)
    return found


def test_a_theme_left_out_of_the_samples_codebook_is_found_as_an_uncovered_topic(
    without: Callable[[str | None], Study], capsys: pytest.CaptureFixture[str]
) -> None:
    study = without(None)
    whole = carried(study)
    sizes = Counter(key for keys in whole.values() for key in keys)
    catches = []
    for key in sorted(key for key, n in sizes.items() if n >= MIN_SEGMENTS):
        bare = [item for item, keys in whole.items() if keys == {key}]
        catches.append(caught(asked(study, key), key, bare, len(study.coded_segments())))
    with capsys.disabled():
        sys.stderr.write(f"\nsample: {told(catches)}\n")
    _better_than_chance(catches, share=0.5)


def test_a_study_that_never_had_the_theme_reports_the_same(without: Callable[[str | None], Study]) -> None:
    whole, never = without(None), without("stigma")
    bare = [item for item, keys in carried(whole).items() if keys == {"stigma"}]
    assert bare
    assert not set(bare) & carried(never).keys()
    assert told_of(never.gaps()) == told_of(asked(whole, "stigma"))


def _better_than_chance(catches: list[Catch], *, share: float) -> None:
    possible = [catch for catch in catches if catch.is_possible]
    n = {k: sum(catch.place is not None and catch.place <= k for catch in possible) for k in (1, 3)}
    assert possible
    assert n[1] > sum(catch.by_chance[1] for catch in possible)
    assert n[3] > 1.5 * sum(catch.by_chance[3] for catch in possible)
    assert n[3] >= share * len(possible)


# ---------------------------------------------------------------- real focus groups


@pytest.mark.real_data
def test_a_subcategory_left_out_of_a_real_codebook_is_found_as_an_uncovered_topic(
    real_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from benchmarks.coded import os_focus_group

    brief = os_focus_group(real_data / "coded" / "os_focus_group").brief
    segments = [item for item in brief.segments if item.is_coded]
    whole = {item.id: set(brief.lessons[item.id].codes) & brief.codebook.by_key.keys() for item in segments}
    found = _topics(segments, tmp_path)
    catches = []
    for key in brief.codebook.by_key:
        book = replace(brief.codebook, codes=tuple(code for code in brief.codebook.codes if code.key != key))
        codes = [
            FinalCode(segment_id=item, code_key=other, valence=None, basis=Basis.AGREED)
            for item, keys in whole.items()
            for other in keys - {key}
        ]
        report = gaps.run(topics=found, codes=codes, segments=segments, judged=whole.keys(), codebook=book)
        catches.append(caught(report, key, [item for item, keys in whole.items() if keys == {key}], len(segments)))
    with capsys.disabled():
        sys.stderr.write(f"\nos_focus_group: {told(catches)}\n")
    _better_than_chance(catches, share=0.5)


def _topics(segments: list[Segment], folder: Path) -> tuple[Topic, ...]:
    """Topics with the defaults, of turns."""
    study = Study.init(folder / "study", title="Real groups", codebook=REPO / BOOK)
    options = study.options(topics, {})
    return topics.run(
        segments=segments, questions={}, codebook=study.codebook(), options=options,
        clusterer=plugs.load("clusterers", options.engine)(), tools=Workbench(folder / "artifacts"), run_id="run",
    ).topics  # fmt: skip
