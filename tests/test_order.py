"""In which order segments are coded: as they were said, by what teaches most, and the random sample that nothing touches."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from qualkit.cli import app
from qualkit.errors import StudyError
from qualkit.model import Event, Sample, Segment, Worth
from qualkit.stages import sample
from qualkit.study import Order, Study
from qualkit.study.order import by_teaching
from tests.conftest import choices
from tests.fakes import a_segment


def corpus(*sizes: int) -> list[Segment]:
    """Segments of transcripts of these sizes."""
    return [
        replace(a_segment(n, "words"), id=f"t{t}-{n}", transcript_id=f"t{t}")
        for t, size in enumerate(sizes)
        for n in range(size)
    ]


@given(st.lists(st.integers(1, 60), min_size=1, max_size=4), st.floats(0.01, 1), st.integers(0, 10**9))
def test_a_sample_has_the_same_share_of_every_transcript_and_each_segment_once(
    sizes: list[int], share: float, seed: int
) -> None:
    drawn = sample.run(segments=corpus(*sizes), share=share, seed=seed)
    per_transcript = Counter(key.split("-")[0] for key in drawn)
    assert per_transcript == {f"t{t}": max(1, round(share * size)) for t, size in enumerate(sizes)}
    assert len(set(drawn)) == len(drawn)


def test_a_seed_draws_the_same_sample_again_and_another_seed_another_one() -> None:
    draws = [sample.run(segments=corpus(40, 40), share=0.3, seed=seed) for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]


def test_a_further_transcript_leaves_what_was_drawn_from_the_others_as_it_is() -> None:
    before = sample.run(segments=corpus(40, 40), share=0.3, seed=1)
    after = sample.run(segments=corpus(40, 40, 40), share=0.3, seed=1)
    assert {key for key in after if not key.startswith("t2")} == set(before)


def test_segments_that_are_there_for_context_are_not_drawn() -> None:
    segments = [*corpus(3), replace(a_segment(9, "What helps?", is_coded=False), transcript_id="t0")]
    assert "s9" not in sample.run(segments=segments, share=1.0, seed=1)


def test_every_segment_is_drawn_about_equally_often() -> None:
    drawn = Counter(key for seed in range(2000) for key in sample.run(segments=corpus(10, 20), share=0.2, seed=seed))
    assert len(drawn) == 30
    assert all(300 < n < 500 for n in drawn.values())


def test_by_teaching_the_sample_comes_first_then_the_worthiest_and_what_is_judged_last() -> None:
    order = by_teaching(
        ["a", "b", "c", "d", "e", "f"],
        sample=["f", "gone", "b", "d"],
        worth={"a": 0.1, "c": 0.9, "f": 0.0, "b": 5.0},
        judged=dict.fromkeys("de"),
    )
    assert order == ["f", "b", "c", "a", "d", "e"]


def test_by_teaching_what_no_machine_has_valued_comes_after_what_one_has() -> None:
    assert by_teaching(["a", "b", "c"], sample=[], worth={"c": -1.0}, judged={}) == ["c", "a", "b"]


def test_a_later_draw_supersedes_an_earlier_one_and_both_stay_on_file(small_study: Study) -> None:
    first, second = small_study.draw_sample(0.5, seed=1), small_study.draw_sample(0.2, seed=2)
    assert small_study.sample() == second
    with small_study.store.read() as tx:
        assert tx.all(Sample, past=True) == [first, second]
        logged = [event.payload for event in tx.all(Event, verb="drew a reliability sample")]
    assert [(said["seed"], said["segment_ids"]) for said in logged] == [
        (item.seed, list(item.segment_ids)) for item in (first, second)
    ]


def test_a_seed_that_nobody_gives_is_chosen_and_kept(small_study: Study) -> None:
    drawn = small_study.draw_sample(0.5)
    assert small_study.draw_sample(0.5, seed=drawn.seed).segment_ids == drawn.segment_ids


@pytest.mark.parametrize("share", [0.0, -0.1, 1.1])
def test_a_share_that_is_none_is_refused(small_study: Study, share: float) -> None:
    with pytest.raises(StudyError, match="lies between 0 and 1"):
        small_study.draw_sample(share)


def test_there_is_no_sample_of_nothing(empty_study: Study) -> None:
    with pytest.raises(StudyError, match="no segment to draw from"):
        empty_study.draw_sample()


def test_a_seat_goes_through_the_sample_and_through_what_teaches_most(small_study: Study) -> None:
    ana = small_study.seat("Ana")
    assert ana.orders() == [Order.AS_SAID]
    said = ana.queue()
    with small_study.store.write() as tx:
        tx.replace(Worth(segment_id=key, value=float(n)) for n, key in enumerate(said))
        tx.log("qualkit", "told what teaches", {})
    drawn = list(small_study.draw_sample(0.4, seed=1).segment_ids)
    assert ana.orders() == [Order.AS_SAID, Order.TEACHING, Order.SAMPLE]
    assert ana.queue(order=Order.SAMPLE) == drawn
    rest = [key for key in reversed(said) if key not in drawn]
    assert ana.queue(order=Order.TEACHING) == drawn + rest
    ana.judge(rest[0], [])
    ana.judge(drawn[0], [])
    assert ana.queue(order=Order.TEACHING) == drawn[1:] + rest[1:] + [rest[0], drawn[0]]
    assert ana.queue() == said


def test_agreement_on_the_sample_stands_in_a_table_of_its_own(small_study: Study) -> None:
    drawn = small_study.draw_sample(0.4, seed=1)
    for name, valence in (("Ana", "barrier"), ("Ben", "mixed")):
        for segment_id in small_study.seat(name).queue():
            small_study.seat(name).judge(segment_id, choices(stigma=valence))
    table = small_study.tables()["agreement_sample"]
    n = len(drawn.segment_ids)
    at = table.columns.index("n")
    assert table.rows[0][at] == n < small_study.tables()["agreement"].rows[0][at]
    assert f"{n} segments drawn at random" in table.notes[1] and "(seed 1)" in table.notes[1]
    assert f"Of {2 * n} judgements in force, {2 * n} (100%)" in table.notes[2]


def test_the_command_draws_and_says_what_it_drew(small_study: Study) -> None:
    arguments = ["sample", "--share", "0.4", "--study", str(small_study.folder.path)]
    first = CliRunner().invoke(app, [*arguments, "--seed", "7"])
    assert "Drew 2 of 5 segments with seed 7." in first.stdout
    small_study.seat("Ana").judge(small_study.draw_sample(0.4, seed=7).segment_ids[0], [])
    again = CliRunner().invoke(app, arguments)
    assert "takes the place of the 2 drawn on" in again.stdout and "(seed 7)" in again.stdout
