"""Who codes what: a share to everybody, the rest in stretches that are read in one go."""

from __future__ import annotations

import sqlite3
from itertools import pairwise

import pytest

from qualkit.errors import BlindnessError, StudyError
from qualkit.model import Purpose, Segment
from qualkit.stages import plan, sample
from qualkit.study import Seat, Study, coding, plans
from qualkit.study.judgements import shown_to
from tests.conftest import choices, refusal, reopened

CODERS = ("Ana", "Ben", "Eva")


def talk(**sizes: int) -> list[Segment]:
    """Segments to be coded, so many of each transcript."""
    return [
        Segment(
            id=f"{name}-{n:03}", transcript_id=name, turn_id=f"turn-{name}-{n}", turn_revision=1, position=n, start_char=0,
            end_char=5, text="words", participant_id=None, is_coded=True,
        )
        for name, size in sizes.items()
        for n in range(size)
    ]  # fmt: skip


def dealt(segments: list[Segment], **given: object) -> dict[str, tuple[str, ...]]:
    said = {"coders": CODERS, "share": 0.2, "seed": 4, "judged": {}, "shown": {}, **given}
    return plan.run(segments=segments, **said)  # type: ignore[arg-type]


# ---------------------------------------------------------------- the drawing


def test_a_share_goes_to_everybody_and_the_rest_to_one_coder_each_in_even_numbers() -> None:
    segments = talk(one=60, two=45, three=45)
    parts = dealt(segments)
    shared = set.intersection(*(set(part) for part in parts.values()))
    assert shared == set(sample.run(segments=segments, share=0.2, seed=4))
    own = {name: set(part) - shared for name, part in parts.items()}
    assert all(abs(len(part) - 40) <= 2 * plan.NEAR * 40 for part in own.values())
    assert sum(len(part) for part in own.values()) == 120
    assert set().union(*own.values()) | shared == {item.id for item in segments}


def test_the_same_seed_deals_the_same_parts_and_another_seed_others() -> None:
    segments = talk(one=60, two=45, three=45)
    assert dealt(segments) == dealt(segments)
    assert dealt(segments) != dealt(segments, seed=5)


def test_a_coder_reads_stretches_of_the_talk_and_at_most_two_transcripts_in_part() -> None:
    segments = talk(one=50, two=31, three=44, four=27, five=60)
    parts = dealt(segments, share=0.0)
    place = {item.id: n for n, item in enumerate(segments)}
    size = {name: sum(item.transcript_id == name for item in segments) for name in ("one", "two", "three", "four", "five")}
    for part in parts.values():
        assert list(part) == sorted(part, key=place.__getitem__)
        read = {name: [key for key in part if key.startswith(f"{name}-")] for name in size}
        assert sum(0 < len(keys) < size[name] for name, keys in read.items()) <= 2
        for keys in read.values():
            assert all(place[after] == place[before] + 1 for before, after in pairwise(keys))


def test_a_cut_near_the_border_of_a_transcript_is_moved_onto_it() -> None:
    parts = dealt(talk(one=52, two=48), coders=("Ana", "Ben"), share=0.0)
    assert sorted(len(part) for part in parts.values()) == [48, 52]


def test_what_was_judged_stays_counts_and_is_dealt_to_nobody_else() -> None:
    segments = talk(one=30, two=30)
    judged = {"Ana": [f"one-{n:03}" for n in range(12)]}
    parts = dealt(segments, judged=judged, share=0.0)
    assert set(judged["Ana"]) <= set(parts["Ana"])
    assert not set(judged["Ana"]) & {*parts["Ben"], *parts["Eva"]}
    assert [len(parts[name]) for name in CODERS] == [20, 20, 20]


def test_who_has_judged_more_than_their_share_is_dealt_nothing_more() -> None:
    assert plan.quotas({"Ana": 50, "Ben": 0, "Eva": 10}, 30) == {"Ana": 0, "Ben": 20, "Eva": 10}
    assert sum(plan.quotas({"Ana": 1, "Ben": 0, "Eva": 0}, 10).values()) == 10


def test_nobody_is_dealt_what_they_were_shown() -> None:
    segments = talk(one=30)
    seen = [item.id for item in segments[:20]]
    parts = dealt(segments, shown={"Ana": seen, "Ben": seen[:5]})
    assert not set(parts["Ana"]) & set(seen)
    assert not set(parts["Ben"]) & set(seen[:5])
    assert set().union(*parts.values()) == {item.id for item in segments}


# ---------------------------------------------------------------- a study with a plan


@pytest.fixture
def study(small_study: Study) -> Study:
    """The small study of Ana and Ben, Dan adjudicates."""
    settings = small_study.folder.config_file
    settings.write_text(settings.read_text() + 'coders = ["Ana", "Ben"]\nadjudicators = ["Dan"]\n')
    return reopened(small_study)


def parts_of(study: Study) -> dict[str, set[str]]:
    made = study.plan()
    assert made is not None
    return {name: set(part) for name, part in made.parts.items()}


def judge_part(seat: Seat) -> None:
    for segment_id in seat.queue():
        seat.judge(segment_id, choices(trust=None))


def test_queue_and_progress_follow_the_plan(study: Study) -> None:
    study.make_plan(share=0.0, seed=1)
    parts = parts_of(study)
    ana, ben = study.seat("Ana"), study.seat("Ben")
    assert set(ana.queue()) == parts["Ana"]
    assert set(ben.queue()) == parts["Ben"]
    assert not parts["Ana"] & parts["Ben"]
    assert ana.progress() == (0, len(parts["Ana"]))
    assert set(study.seat("Eva").queue()) == {item.id for item in study.coded_segments()}  # whom no plan names


def test_what_is_not_theirs_a_coder_cannot_judge_in_the_browser_or_from_a_file(study: Study) -> None:
    study.make_plan(share=0.0, seed=1)
    theirs = next(iter(parts_of(study)["Ben"]))
    ana = study.seat("Ana")
    assert "is not Ana's to code in round 1" in refusal(lambda: ana.judge(theirs, []), StudyError)
    n = coding.write_sheet(study, "Ana", study.folder.path / "ana.xlsx")
    assert n == len(parts_of(study)["Ana"])


def test_who_has_judged_their_part_sees_results_and_the_log_says_of_what(study: Study) -> None:
    study.make_plan(share=0.0, seed=1)
    ana, ben = study.seat("Ana"), study.seat("Ben")
    judge_part(ben)
    refusal(ana.agreement, BlindnessError)
    judge_part(ana)
    assert ana.may_see_results()
    ana.theme_rows()
    with study.store.read() as tx:
        assert shown_to(tx, ana.coder, ana.round) == {item.id for item in study.coded_segments()}


def test_a_later_plan_deals_nobody_what_they_were_shown_and_keeps_what_they_judged(study: Study) -> None:
    study.make_plan(share=0.0, seed=1)
    before = parts_of(study)
    ana, ben = study.seat("Ana"), study.seat("Ben")
    first = next(iter(before["Ben"]))
    ben.judge(first, choices(trust=None))
    judge_part(ana)
    ana.theme_rows()  # shows Ana what Ben said of his first segment
    study.make_plan(share=1.0, seed=2)
    after = parts_of(study)
    assert first not in after["Ana"]
    assert before["Ana"] <= after["Ana"]
    assert not ana.may_see_results()  # there is more to judge again
    judge_part_left(ana)
    assert study.verify() is None


def judge_part_left(seat: Seat) -> None:
    for segment_id in seat.queue():
        if segment_id not in seat.judged():
            seat.judge(segment_id, [])


def test_what_everybody_codes_becomes_the_reliability_sample(study: Study) -> None:
    made = study.make_plan(share=0.5, seed=9)
    drawn = study.sample()
    assert drawn is not None
    assert (drawn.seed, drawn.share) == (9, 0.5)
    assert set(drawn.segment_ids) == set(made.parts["Ana"]) & set(made.parts["Ben"])
    again = study.make_plan(share=0.5)
    assert again.seed == 9
    assert study.sample() == drawn


def test_a_segment_that_came_after_the_plan_is_told_to_be_nobodys(study: Study) -> None:
    made = study.make_plan(share=0.0, seed=1)
    assert not any("nobody" in said for said in plans.in_words(study, made))
    (study.folder.path / "transcripts" / "fg3.txt").write_text("Moderator: And?\n\nP9: I took the bus to the clinic today.\n")
    for stage in ("ingest", "segment"):
        list(study.run(stage))
    assert "In nobody's part: 1 segment to be coded; make a new plan." in plans.in_words(study, made)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"share": 1.5}, "lies between 0 and 1"),
        ({"coders": ["Ana"]}, "two people or more"),
        ({"coders": ["Ana", "Dan"]}, "Dan adjudicates"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(study: Study, given: dict[str, object], said: str) -> None:
    assert said in refusal(lambda: study.make_plan(**given), StudyError)  # type: ignore[arg-type]
    assert study.plan() is None


def test_a_plan_of_a_round_about_some_segments_deals_out_those(study: Study) -> None:
    study.seat("Ana")
    study.reveal()
    wanted = [item.id for item in study.coded_segments()][:3]
    study.open_round(on=wanted, purpose=Purpose.RECODE)
    made = study.make_plan(share=0.0, seed=3)
    assert {key for part in made.parts.values() for key in part} == set(wanted)
    assert study.sample() is None


def test_a_plan_that_was_changed_by_hand_is_found_out(study: Study) -> None:
    study.make_plan(share=0.0, seed=1)
    assert study.verify() is None
    with sqlite3.connect(study.folder.database) as connection:
        connection.execute("update plan set share = 0.9")
    assert "plans of who codes what" in str(study.verify())
