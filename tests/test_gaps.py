"""The gap report: topics without a code, codes that no topic meets, that split, that merge; and what nothing is said of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualkit.model import Basis, Code, Codebook, FinalCode, Segment, Topic
from qualkit.stages import gaps
from qualkit.stages.chance import at_least, at_most
from qualkit.stages.code_gaps import CodeFinding
from qualkit.stages.gaps import GapReport, Measure
from qualkit.stages.topic_gaps import Concern, Coverage
from tests.fakes import a_segment

TALK = "and that is how it went with {} on that day as far as anybody in this room can still remember it now"
"""Far over ten words."""


def a_topic(number: int, ids: Sequence[str], **more: object) -> Topic:
    words = tuple(more.pop("words", ("bus", "car")))  # type: ignore[arg-type]
    return Topic(id=f"t{number}", run_id="run", number=number, words=words, segment_ids=tuple(ids), **more)  # type: ignore[arg-type]


def study_of(sizes: Mapping[int, int], about: str = "thing") -> tuple[list[Topic], list[Segment]]:
    """Topics of these sizes, by number, with their segments: `t0-0`, `t0-1` ..., each said by one of seven people."""
    segments, topics = [], []
    for number, size in sizes.items():
        mine = [
            replace(a_segment(n, TALK.format(f"{about}{number}"), f"p{n % 7}"), id=f"t{number}-{n}", transcript_id=f"g{n % 2}")
            for n in range(size)
        ]
        segments += mine
        topics.append(a_topic(number, [item.id for item in mine]))
    return topics, segments


def book(*keys: str, **parents: str) -> Codebook:
    codes = [Code(key=key, name=key.capitalize(), definition="", parent_key=parents.get(key)) for key in keys]
    return Codebook(name="b", version="1", codes=tuple(codes))


def coded(said: Mapping[str, Sequence[str]], basis: Basis = Basis.AGREED) -> list[FinalCode]:
    """Codes by key, each with the ids of its segments."""
    return [FinalCode(segment_id=item, code_key=key, valence=None, basis=basis) for key, ids in said.items() for item in ids]


def ids(number: int, start: int, stop: int) -> list[str]:
    return [f"t{number}-{n}" for n in range(start, stop)]


def report(
    topics: list[Topic],
    segments: list[Segment],
    said: Mapping[str, Sequence[str]],
    codebook: Codebook | None = None,
    **more: object,
) -> GapReport:
    given_ = {"judged": [item.id for item in segments], **more}
    return gaps.run(topics=topics, codes=coded(said), segments=segments, codebook=codebook or book(*said), **given_)  # type: ignore[arg-type]


@given(st.integers(0, 40), st.integers(0, 40), st.floats(0, 1))
def test_tails_are_those_of_the_binomial_distribution(k: int, n: int, p: float) -> None:
    exact = sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(min(k, n) + 1))
    assert at_most(k, n=n, p=p) == pytest.approx(exact, abs=1e-9)
    assert at_most(k - 1, n=n, p=p) + at_least(k, n=n, p=p) == pytest.approx(1, abs=1e-9)


def test_a_topic_that_nobody_gave_a_code_is_not_covered_and_comes_first() -> None:
    topics, segments = study_of({0: 20, 1: 12})
    found = report(topics, segments, {"a": ids(0, 0, 18)})
    assert [gap.topic.id for gap in found.uncovered] == ["t1"]
    first = found.topics[0]
    assert (first.coverage, first.n_coded, first.n_judged, first.n_participants, first.n_groups) == (Coverage.NOT, 0, 12, 7, 2)
    assert "0 of 12" in first.why
    assert first.lacking == pytest.approx(first.talk * 0.9)
    assert sum(gap.held for gap in found.topics) == pytest.approx(1)
    assert set(first.quote_segment_ids) <= set(ids(1, 0, 12))


def test_a_topic_coded_somewhat_less_than_the_rest_is_partly_covered() -> None:
    topics, segments = study_of({0: 40, 1: 12})
    found = report(topics, segments, {"a": [*ids(0, 0, 36), *ids(1, 0, 8)]})
    assert [(gap.topic.id, gap.coverage) for gap in found.uncovered] == [("t1", Coverage.PARTLY)]


def test_where_little_is_coded_anywhere_no_topic_is_blamed_for_it() -> None:
    topics, segments = study_of({0: 20, 1: 20})
    assert not report(topics, segments, {"a": [*ids(0, 0, 4), *ids(1, 0, 4)]}).uncovered


@pytest.mark.parametrize(
    ("said", "topic_id", "why"),
    [
        ({}, "t0", "nothing to hold it against"),
        ({"a": ids(0, 0, 18)}, "t0", "nothing to hold it against"),
        ({"a": ids(0, 0, 2)}, "t1", "may be chance"),
    ],
)
def test_where_nothing_is_coded_here_or_elsewhere_no_topic_is_called_covered(
    said: Mapping[str, Sequence[str]], topic_id: str, why: str
) -> None:
    topics, segments = study_of({0: 20, 1: 12})
    found = {gap.topic.id: gap for gap in report(topics, segments, said, book("a")).topics}
    assert found[topic_id].coverage is Coverage.TOO_FEW
    assert why in found[topic_id].why


def test_short_remarks_count_for_size_but_not_as_talk_without_a_code() -> None:
    topics, segments = study_of({0: 20, 1: 12})
    chatter = [replace(item, text="Yeah, exactly, that.") if item.id.startswith("t1") else item for item in segments]
    found = report(topics, chatter, {"a": ids(0, 0, 18)})
    gap = next(gap for gap in found.topics if gap.topic.id == "t1")
    assert (gap.coverage, gap.n_segments, gap.talk) == (Coverage.TOO_FEW, 12, 0)


def test_nothing_is_concluded_about_a_topic_of_which_few_segments_were_judged() -> None:
    topics, segments = study_of({0: 20, 1: 12})
    found = report(topics, segments, {"a": ids(0, 0, 18)}, judged=[*ids(0, 0, 20), *ids(1, 0, 4)])
    gap = next(gap for gap in found.topics if gap.topic.id == "t1")
    assert (gap.coverage, gap.n_judged) == (Coverage.TOO_FEW, 4)


def test_a_disputed_code_does_not_count_but_is_told() -> None:
    topics, segments = study_of({0: 20, 1: 12})
    found = report(topics, segments, {"a": ids(0, 0, 18)}, waiting=[*ids(1, 0, 5), "t0-0"])
    assert found.topics[0].n_waiting == 5


def test_outliers_are_reported_apart() -> None:
    topics, segments = study_of({0: 20, -1: 12})
    found = report(topics, segments, {"a": ids(0, 0, 18)})
    assert [gap.topic.number for gap in found.topics] == [0]
    assert found.outliers is not None
    assert found.outliers.bare == found.outliers.talk > 0


def test_a_study_of_outliers_only_or_of_nothing_is_no_error() -> None:
    topics, segments = study_of({-1: 25})
    assert report(topics, segments, {}, book("a")).topics == ()
    assert report([], [], {}, book("a")).codes[0].finding is CodeFinding.UNUSED


def test_one_topic_has_no_rest_to_be_held_against() -> None:
    topics, segments = study_of({0: 30})
    found = report(topics, segments, {"a": ids(0, 0, 3)})
    assert [gap.coverage for gap in found.topics] == [Coverage.TOO_FEW]


def test_while_hardly_anybody_has_judged_no_topic_is_ruled_on() -> None:
    topics, segments = study_of(dict.fromkeys(range(8), 6))
    liked = [replace(topic, likeness={"a": 0.1 * topic.number, "b": -0.2}) for topic in topics]
    found = report(liked, segments, {"a": ids(0, 0, 6)}, book("a", "b"), judged=ids(0, 0, 6))
    assert (found.measure, found.uncovered) == (Measure.TOO_FEW, ())
    assert [gap.topic.number for gap in found.topics] == list(range(8))
    assert "reads most like A (cosine 0.70)" in found.topics[-1].why


def test_suggestions_alone_are_counted_as_what_they_are() -> None:
    topics, segments = study_of({0: 20, 1: 12})
    codes = coded({"a": ids(0, 0, 18)}, Basis.SUGGESTED)
    found = gaps.run(topics=topics, codes=codes, segments=segments, judged=(), codebook=book("a"))
    assert found.bases == {Basis.SUGGESTED: 18}
    assert found.measure is Measure.TOO_FEW
    assert found.topics[0].codes[0].n == 18


def test_words_that_set_talk_without_a_code_apart_are_told() -> None:
    topics, segments = study_of({0: 30, 1: 10})
    bare = [replace(item, text=item.text + " childcare vouchers") if item.id in ids(1, 0, 6) else item for item in segments]
    found = report(topics, bare, {"a": [*ids(0, 0, 28), *ids(1, 6, 10)]})
    gap = next(gap for gap in found.topics if gap.topic.id == "t1")
    assert {"childcare", "vouchers"} <= set(gap.words)


def test_codes_and_segments_that_are_gone_are_passed_over() -> None:
    topics, segments = study_of({0: 20, 1: 12})
    found = report(topics, segments, {"a": [*ids(0, 0, 18), "gone"], "removed": ids(1, 0, 12)}, book("a"))
    assert [gap.topic.id for gap in found.uncovered] == ["t1"]
    assert found.n_coded == 18


# ---------------------------------------------------------------- codes


def test_a_code_whose_segments_lie_in_two_topics_splits_and_a_theme_may_hide_in_it() -> None:
    topics, segments = study_of({0: 15, 1: 15, 2: 30})
    found = report(topics, segments, {"broad": [*ids(0, 0, 10), *ids(1, 0, 10)], "other": ids(2, 0, 28)})
    broad = next(gap for gap in found.codes if gap.code_key == "broad")
    assert broad.finding is CodeFinding.SPLITS
    assert [(part.topic_id, part.n, part.share) for part in broad.met] == [("t0", 10, 0.5), ("t1", 10, 0.5)]
    assert broad.parts[0].lift == pytest.approx(2)
    assert Concern.HIDDEN in next(gap for gap in found.topics if gap.topic.id == "t0").concerns


def test_a_code_spread_as_by_chance_is_met_by_no_topic_and_few_segments_conclude_nothing() -> None:
    topics, segments = study_of({0: 20, 1: 20, 2: 20})
    said = {"even": ["t0-0", "t0-1", "t1-0", "t1-1", "t2-0", "t2-1"], "rare": ids(0, 0, 4), "one": ids(1, 0, 12)}
    found = {gap.code_key: gap for gap in report(topics, segments, said, book(*said, "unused")).codes}
    assert [found[key].finding for key in ("even", "rare", "one", "unused")] == [
        CodeFinding.UNMET, CodeFinding.TOO_FEW, CodeFinding.MET, CodeFinding.UNUSED,
    ]  # fmt: skip
    assert "under 5" in found["rare"].why


def test_codes_on_the_same_segments_of_one_topic_merge_unless_one_stands_above_the_other() -> None:
    topics, segments = study_of({0: 12, 1: 30})
    said = {"left": ids(0, 0, 8), "right": ids(0, 2, 10), "above": ids(0, 0, 8), "far": ids(1, 0, 25)}
    found = report(topics, segments, said, book(*said, left="above")).merging
    assert {(pair.left_key, pair.right_key) for pair in found} == {("above", "right"), ("left", "right")}
    assert found[0].jaccard == pytest.approx(0.6)
    assert found[0].topic_id == "t0"


def test_codes_whose_largest_part_is_no_more_than_chance_do_not_lie_most_of_all_in_a_smaller_one() -> None:
    topics, segments = study_of({0: 8, 1: 80})
    same = [*ids(0, 0, 6), *ids(1, 0, 7)]
    found = report(topics, segments, {"left": same, "right": same})
    assert [(part.topic_id, part.is_met) for part in found.codes[0].parts] == [("t1", False), ("t0", True)]
    assert found.merging == ()


def test_a_stable_topic_that_the_codebook_cuts_up_is_worth_a_look_and_an_unstable_one_is_not() -> None:
    topics, segments = study_of({0: 12, 1: 30})
    said = {f"c{n}": [f"t0-{n}", f"t1-{n}", f"t1-{n + 10}"] for n in range(8)}
    found = report([replace(topics[0], returns=0.8), topics[1]], segments, said)
    assert Concern.SCATTERED in next(gap for gap in found.topics if gap.topic.id == "t0").concerns
    assert not any(gap.concerns for gap in report(topics, segments, said).topics)


def test_a_topic_coded_by_what_it_does_not_resemble_is_worth_a_look() -> None:
    topics, segments = study_of({0: 12, 1: 30})
    near = replace(topics[0], likeness={"b": 0.5, "c": 0.4, "d": 0.3, "a": 0.1})
    found = report([near, topics[1]], segments, {"a": ids(0, 0, 11), "b": ids(1, 0, 27)}, book("a", "b", "c", "d"))
    assert "reads more like B, C, D" in found.topics[-1].concerns.get(Concern.UNLIKE, "") + "".join(
        gap.concerns.get(Concern.UNLIKE, "") for gap in found.topics
    )
