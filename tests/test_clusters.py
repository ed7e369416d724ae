"""Engines that find topics, with the real libraries: what is found, that it is found again, and what too little comes to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qualkit import plugs
from qualkit.engines.terms import telling_words
from qualkit.plugs import Clusterer, Clusters, Vectors
from qualkit.stages.stability import adjusted_rand

pytestmark = pytest.mark.engine

N_HEAPS = 6
SUBJECTS = ("buses and roads don't", "grants and money", "nurses and clinics yeah", "courts", "churches", "phones")


@pytest.fixture(scope="module", params=["consensus", "bertopic"])
def engine(request: pytest.FixtureRequest) -> Clusterer:
    pytest.importorskip("bertopic")
    found: Clusterer = plugs.load("clusterers", request.param)()
    return found


@pytest.fixture(scope="module")
def consensus() -> Clusterer:
    pytest.importorskip("umap")
    found: Clusterer = plugs.load("clusterers", "consensus")()
    return found


def heaps(n: int, width: float = 0.06) -> tuple[list[str], Vectors]:
    """`n` texts on six subjects in turn, and vectors that lie in six cones."""
    random = np.random.default_rng(1)
    rows = np.eye(N_HEAPS, 32)[np.arange(n) % N_HEAPS] + random.normal(0, width, (n, 32))
    vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return [f"{SUBJECTS[i % N_HEAPS]} number{i}" for i in range(n)], vectors


def clustered(engine: Clusterer, texts: list[str], vectors: Vectors, **given: Any) -> Clusters:
    asked: dict[str, Any] = {"groups": [n % 4 for n in range(len(texts))], "n_topics": N_HEAPS, "n_draws": 8, "seed": 7}
    return engine.cluster(texts, vectors, **(asked | given))


def test_heaps_are_found_and_found_again(engine: Clusterer) -> None:
    texts, vectors = heaps(240)
    found = clustered(engine, texts, vectors)
    assert adjusted_rand(found.numbers, np.arange(240) % N_HEAPS) > 0.95
    assert found.places.shape == (240, 2)
    again = clustered(engine, texts, vectors)
    assert again.numbers.tolist() == found.numbers.tolist()
    assert again.places.tolist() == found.places.tolist()


@pytest.mark.parametrize("n", [0, 1, 3, 19])
def test_too_few_texts_are_one_heap_of_outliers(engine: Clusterer, n: int) -> None:
    texts, vectors = heaps(max(n, 1))
    found = clustered(engine, texts[:n], vectors[:n])
    assert found.numbers.tolist() == [-1] * n
    assert found.places.shape == (n, 2)


def test_texts_that_are_all_the_same_are_no_error(engine: Clusterer) -> None:
    _, vectors = heaps(60)
    found = clustered(engine, ["same words"] * 60, np.repeat(vectors[:1], 60, axis=0))
    assert set(found.numbers.tolist()) == {-1}


def test_what_is_found_in_a_small_study_does_not_hang_on_the_seed(consensus: Clusterer) -> None:
    texts, vectors = heaps(300, width=0.3)
    one, other = (clustered(consensus, texts, vectors, seed=seed).numbers.tolist() for seed in (1, 2))
    assert one == other


def test_topics_are_found_again_in_parts_and_in_groups_drawn_anew(consensus: Clusterer) -> None:
    texts, vectors = heaps(240)
    found = clustered(consensus, texts, vectors)
    assert (len(found.draws), len(found.group_draws)) == (8, 2)
    for draw in found.draws:
        assert len(draw.rows) == 192  # four fifths of 240
        assert adjusted_rand(found.numbers[draw.rows], draw.numbers) > 0.95
    for draw in found.group_draws:
        whole = {int(row) % 4 for row in draw.rows}
        assert set(draw.rows.tolist()) == {n for n in range(240) if n % 4 in whole}


def test_a_draw_of_all_groups_says_nothing_and_is_left_aside(consensus: Clusterer) -> None:
    texts, vectors = heaps(240)
    found = clustered(consensus, texts, vectors, groups=[n % 2 for n in range(240)], n_draws=40)
    assert len(found.group_draws) == 10
    assert {len(draw.rows) for draw in found.group_draws} == {120}


def test_there_are_no_more_topics_than_half_the_different_segments(consensus: Clusterer) -> None:
    texts, vectors = heaps(60)
    found = clustered(consensus, texts, vectors, n_topics=500)
    assert found.numbers.max() + 1 == 30
    assert found.draws == ()  # four fifths are too few for 30 topics


def test_one_group_cannot_be_drawn_anew(consensus: Clusterer) -> None:
    texts, vectors = heaps(120)
    assert clustered(consensus, texts, vectors, groups=[0] * 120).group_draws == ()


def test_the_hierarchy_joins_all_topics_step_by_step(consensus: Clusterer) -> None:
    texts, vectors = heaps(240)
    merges = clustered(consensus, texts, vectors).merges
    assert len(merges) == N_HEAPS - 1
    assert sorted(part for step in merges for part in (step.left, step.right)) == list(range(2 * N_HEAPS - 2))
    assert [step.distance for step in merges] == sorted(step.distance for step in merges)


def test_a_large_study_is_told_in_grains_from_a_file(consensus: Clusterer, tmp_path: Path) -> None:
    texts, vectors = heaps(12_000, width=0.15)
    np.save(tmp_path / "vectors.npy", vectors)
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    found = clustered(consensus, texts, mapped, n_draws=2)
    assert adjusted_rand(found.numbers, np.arange(12_000) % N_HEAPS) > 0.95


def test_many_segments_that_say_the_same_are_one_topic_and_hide_no_other(consensus: Clusterer) -> None:
    texts, vectors = heaps(240)
    same = np.repeat(vectors[:1], 500, axis=0)
    found = clustered(consensus, texts + ["same"] * 500, np.concatenate([vectors, same]))
    assert len(set(found.numbers[240:].tolist())) == 1
    assert adjusted_rand(found.numbers[:240], np.arange(240) % N_HEAPS) > 0.95


# ---------------------------------------------------------------- words


def test_words_tell_topics_apart_without_the_small_words_of_speech() -> None:
    texts, _ = heaps(60)
    words = telling_words(texts, [n % N_HEAPS for n in range(60)], 5)
    assert {"buses", "roads"} <= set(words[0])
    assert "money" in words[1]
    assert not {"don", "don't", "yeah", "and", ""} & {word for told in words.values() for word in told}


def test_a_word_and_its_plural_are_told_once() -> None:
    words = telling_words(["clinic clinics nurse", "clinic clinics nurse", "road"], [0, 0, 1], 5)
    assert len([word for word in words[0] if word.startswith("clinic")]) == 1


@pytest.mark.parametrize("texts", [[], ["the of and"], [""]])
def test_texts_without_a_telling_word_have_none(texts: list[str]) -> None:
    assert telling_words(texts, [-1] * len(texts), 5) == {-1: ()} if texts else telling_words(texts, [], 5) == {}


def test_noun_phrases_are_told_without_what_stands_before_them(make_language: Callable[[], Any]) -> None:
    found = list(make_language().phrases(["We lost the sober house and my own peer coach.", "Yes."]))
    assert found[0] == ["sober house", "peer coach"]
    assert found[1] == []


@pytest.fixture
def make_language() -> Callable[[], Any]:
    return plugs.load("languages", "spacy")
