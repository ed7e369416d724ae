"""Topics: what is clustered, with what around it, what is quoted, what comes back, and that outliers stay in sight."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qualkit.model import Code, Codebook, Merge, Segment, Topic, derived_id
from qualkit.plugs import Clusters, Draw
from qualkit.stages import consensus, stability, topics
from qualkit.study.kept import KeptClusterer
from tests.fakes import FakeClusterer, FakeEmbedder, FakeTools, a_segment

BOOK = Codebook(
    name="test",
    version="1",
    codes=tuple(Code(key=key, name=key, definition=key) for key in ("bus", "money", "shame", "nurse")),
)


def everything_in(segments: list[Segment], questions: dict[str, str] | None = None, **options: Any) -> topics.Found:
    return topics.run(
        segments=segments,
        questions=questions or {},
        codebook=BOOK,
        options=topics.Options(**{"min_size": 3, "topics": 5, **options}),
        clusterer=FakeClusterer(),
        tools=FakeTools(),
        run_id="run",
    )


def found_in(segments: list[Segment], **options: Any) -> tuple[Topic, ...]:
    return everything_in(segments, **options).topics


BUSES = [a_segment(n, f"bus late {word}") for n, word in enumerate(["again", "today", "always", "now"])]
MONEYS = [a_segment(n, f"money short {word}") for n, word in enumerate(["here", "there", "soon"], start=10)]
ALONE = [a_segment(20, "hello there")]


def test_topics_come_from_the_largest_with_the_outliers_last():
    found = found_in([*ALONE, *MONEYS, *BUSES])
    assert [(topic.number, len(topic.segment_ids), topic.words) for topic in found] == [
        (0, 4, ("bus",)),
        (1, 3, ("money",)),
        (-1, 1, ("rest",)),
    ]
    assert found[0].id == derived_id("run", 0)
    assert [topic.id for topic in found] == [topic.id for topic in found_in([*ALONE, *MONEYS, *BUSES])]


def test_every_coded_segment_is_in_exactly_one_topic_and_no_other_segment_is():
    asked = a_segment(30, "bus or not?", is_coded=False)
    found = found_in([asked, *ALONE, *MONEYS, *BUSES])
    ids = sorted(segment_id for topic in found for segment_id in topic.segment_ids)
    assert ids == sorted(segment.id for segment in [*ALONE, *MONEYS, *BUSES])


def test_a_topic_is_most_like_the_code_that_says_the_same_and_outliers_are_like_none():
    found = found_in([*ALONE, *MONEYS, *BUSES])
    assert [topic.nearest_code_keys[:1] for topic in found] == [("bus",), ("money",), ()]
    assert list(found[0].likeness) == ["bus", "money", "shame", "nurse"]


def test_quotes_are_the_most_central_of_other_groups_and_other_people_first():
    first, same, person, group = (
        a_segment(1, "bus late", "p1"),
        a_segment(2, "bus late", "p1"),
        a_segment(3, "bus late today oddly", "p2"),
        replace(a_segment(4, "bus late today oddly enough", "p3"), transcript_id="other"),
    )
    assert [segment.id for segment in topics.quotes([first, same, person, group])] == ["s1", "s3", "s4"]
    assert [segment.id for segment in topics.quotes([first, same])] == ["s1", "s2"]


def test_phrases_are_of_the_topic_and_do_not_repeat():
    phrases = found_in([*MONEYS, *BUSES])[0].phrases
    assert "bus late" in phrases
    assert len(set(phrases)) == len(phrases) <= topics.N_PHRASES


def test_there_are_as_many_topics_as_a_study_of_the_size_can_use():
    # .7 sqrt(385) = 13.7; .7 sqrt(1220) = 24.4; .7 sqrt(7406) = 60.2
    assert [topics.n_topics_for(n) for n in (0, 20, 385, 1220, 7406, 100_000)] == [2, 3, 14, 24, 60, 60]
    # sqrt(385) / 4 = 4.9; sqrt(1220) / 4 = 8.7; sqrt(7406) / 4 = 21.5
    assert [topics.min_size_for(n) for n in (0, 20, 385, 1220, 7406)] == [3, 3, 5, 9, 22]


def test_a_cluster_below_the_smallest_size_is_outliers():
    assert [topic.number for topic in found_in([*MONEYS, *BUSES], min_size=4)] == [0, -1]


def test_outliers_are_placed_only_when_asked_and_stay_marked():
    other = a_segment(21, "oddly late bus today")
    segments = [*MONEYS, *BUSES, other]
    assert found_in(segments)[-1].segment_ids == (other.id,)
    found = everything_in(segments, place_outliers=True)
    assert [(topic.number, topic.placed_segment_ids) for topic in found.topics] == [(0, (other.id,)), (1, ())]
    assert other.id in found.topics[0].segment_ids
    assert (found.landscape.n_outliers, found.landscape.n_placed) == (1, 1)


def test_no_segment_is_no_topic():
    found = everything_in([])
    assert (found.topics, found.places) == ((), ())
    assert found.landscape.draw_ari is None


# ---------------------------------------------------------------- what a segment is read with


def in_context(turns: str, **options: float) -> list[list[float]]:
    """Of each segment, which lie at right angles, how much of it and the others is in its vector, itself being 1."""
    segments = [replace(a_segment(n, "word"), turn_id=turn) for n, turn in enumerate(turns)]
    rows = topics.in_context(segments, np.eye(len(turns), dtype=np.float32), None, topics.Options(**options))
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1.0)
    return [[round(float(part / row[n]), 4) for part in row] for n, row in enumerate(rows)]


def test_neighbours_in_the_same_turn_count_less_the_further_off_they_are():
    found = in_context("aaaab")
    assert found[2] == [0.25, 0.5, 1.0, 0.5, 0.0]
    assert found[4] == [0.0, 0.0, 0.0, 0.0, 1.0]


def test_without_weight_a_segment_is_read_by_itself():
    assert in_context("aa", around=0.0) == [[1.0, 0.0], [0.0, 1.0]]


def test_the_question_counts_when_it_is_asked_to():
    class Watching(FakeEmbedder):
        def embed(self, texts: Any, *args: Any) -> Any:
            seen.extend(texts)
            return super().embed(texts, *args)

    seen: list[str] = []
    tools = FakeTools(embedder=Watching())
    for weight in (0.0, 0.5):
        topics.run(
            segments=BUSES, questions={BUSES[0].id: "How do you come here?"}, codebook=BOOK, clusterer=FakeClusterer(),
            options=topics.Options(question=weight), tools=tools, run_id="run",
        )  # fmt: skip
        assert ("How do you come here?" in seen) == bool(weight)


# ---------------------------------------------------------------- what comes back


def drawn(rows: list[int], numbers: list[int]) -> Draw:
    return Draw(rows=np.array(rows), numbers=np.array(numbers))


def clusters(numbers: list[int], *draws: Draw) -> Clusters:
    return Clusters(numbers=np.array(numbers), places=np.zeros((len(numbers), 2), dtype=np.float32), draws=draws)


def test_who_keeps_other_company_in_two_of_three_draws_and_more_is_an_outlier():
    away = drawn([0, 1, 2, 3, 4, 5], [0, 0, 1, 1, 1, 1])  # the third segment has gone over to the others
    home = drawn([0, 1, 2, 3, 4, 5], [8, 8, 8, 9, 9, 9])
    of = [0, 0, 0, 1, 1, 1]
    assert consensus.settled(clusters(of, away, away, home), 1)[0].tolist() == of
    assert consensus.settled(clusters(of, away, away, away, home), 1)[0].tolist() == [1, 1, -1, 0, 0, 0]


def test_a_segment_that_no_draw_has_stays():
    assert consensus.settled(clusters([0, 0, 1, 1], drawn([0, 1], [0, 0])), 1)[0].tolist() == [0, 0, 1, 1]


def test_what_returns_of_a_topic_is_the_mean_jaccard_index_of_its_best_match():
    # of {0, 1, 2} the first draw has {0, 1} and {2, 3}: 2 of 3; the second has it whole
    numbers = np.array([0, 0, 0, 1])
    found = consensus.returns_in(numbers, [drawn([0, 1, 2, 3], [5, 5, 6, 6]), drawn([0, 1, 2, 3], [1, 1, 1, 0])])
    assert found == pytest.approx({0: (2 / 3 + 1) / 2, 1: (1 / 2 + 1) / 2})


def test_merges_are_told_in_the_numbers_of_the_topics_that_are_left():
    # clusters 0, 1, 2, 3; 1 is none any more, and the largest, 2, is topic 0
    merges = (Merge(left=0, right=1, distance=1.0), Merge(left=2, right=3, distance=2.0), Merge(left=4, right=5, distance=3.0))
    assert consensus.renumbered(merges, [2, 0, 3]) == (
        Merge(left=0, right=2, distance=2.0),
        Merge(left=1, right=3, distance=3.0),
    )


def test_agreement_of_partitions_is_that_of_scikit_learn():
    from sklearn import metrics

    random = np.random.default_rng(1)
    for _ in range(20):
        a, b = random.integers(0, 5, 60), random.integers(-1, 4, 60)
        assert stability.adjusted_rand(a, b) == pytest.approx(metrics.adjusted_rand_score(a, b))
        assert stability.normalised_mutual_information(a, b) == pytest.approx(metrics.normalized_mutual_info_score(a, b))


def test_partitions_are_compared_on_what_both_have():
    first, second = (np.array([0, 1, 2, 3]), np.array([0, 0, 1, 1])), (np.array([1, 2, 3, 4]), np.array([7, 8, 8, 7]))
    assert stability.between([first, second]) == pytest.approx((1.0, 1.0))
    assert stability.between([first]) == (None, None)


def test_what_an_engine_found_is_kept_and_read_back_the_same(tmp_path: Path) -> None:
    class Once(FakeClusterer):
        n_calls = 0

        def cluster(self, *args: Any, **kwargs: Any) -> Clusters:
            self.n_calls += 1
            return made

    made = Clusters(
        numbers=np.array([0, 1, -1]),
        places=np.array([[0.5, 1.0], [2.0, 3.0], [4.0, 5.0]], dtype=np.float32),
        merges=(Merge(left=0, right=1, distance=0.25),),
        is_settled=True,
        draws=(drawn([0, 2], [5, 6]), drawn([1], [0])),
    )
    engine = Once()
    asked: dict[str, Any] = {"groups": [0, 0, 0], "n_topics": 2, "n_draws": 2, "seed": 1}
    for _ in range(2):
        kept = KeptClusterer(engine, tmp_path, ["about"])
        found = kept.cluster(["a", "b", "c"], np.zeros((3, 2), dtype=np.float32), **asked)
        assert (found.numbers.tolist(), found.places.tolist()) == ([0, 1, -1], made.places.tolist())
        assert (found.merges, found.is_settled, found.group_draws) == (made.merges, True, ())
        assert [(draw.rows.tolist(), draw.numbers.tolist()) for draw in found.draws] == [([0, 2], [5, 6]), ([1], [0])]
    assert engine.n_calls == 1


def test_an_engine_that_rules_itself_how_small_a_topic_may_be_is_believed() -> None:
    class Settled(FakeClusterer):
        def cluster(self, *args: Any, **kwargs: Any) -> Clusters:
            return replace(super().cluster(*args, **kwargs), is_settled=True)

    def numbers(engine: FakeClusterer) -> list[int]:
        found = topics.run(
            segments=[*BUSES, *MONEYS[:2]], questions={}, codebook=BOOK, options=topics.Options(topics=5),
            clusterer=engine, tools=FakeTools(), run_id="run",
        )  # fmt: skip
        return [topic.number for topic in found.topics]

    assert numbers(FakeClusterer()) == [0, -1]
    assert numbers(Settled()) == [0, 1]
