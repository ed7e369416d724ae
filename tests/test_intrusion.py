"""Intrusion tasks: how they are drawn, that answers are kept and stay blind, and what comes of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import CliRunner

from qualkit.cli import app
from qualkit.errors import BlindnessError, StaleError, StudyError
from qualkit.model import Event, IntrusionAnswer, IntrusionKind, Run, Segment, Topic
from qualkit.plain import as_plain
from qualkit.stages import intrusion, intrusion_scores
from qualkit.stages.intrusion import SHOWN, IntrusionTask, Options, Tasks
from qualkit.stages.intrusion_scores import CHOICE, RIGHT, wilson
from qualkit.study import Seat, Study
from qualkit.study.intruders import Intruders
from tests.conftest import refusal
from tests.fakes import a_segment

WORDS, SEGMENTS = IntrusionKind.WORDS, IntrusionKind.SEGMENTS

VOCABULARY = {
    0: ("bus", "road", "car", "drive", "snow", "mile"),
    1: ("nurse", "dose", "clinic", "pill", "doctor", "shot"),
    2: ("grant", "money", "budget", "state", "cost", "fund"),
}


def corpus(n_people: int = 3) -> tuple[list[Topic], dict[str, Segment]]:
    """Three topics of six segments; each segment has all the words of its topic, three are central, each by another person."""
    segments, topics = {}, []
    for number, words in VOCABULARY.items():
        mine = [a_segment(10 * number + n, " ".join(words), f"p{n % n_people}") for n in range(6)]
        segments |= {segment.id: segment for segment in mine}
        ids = tuple(segment.id for segment in mine)
        topics.append(
            Topic(id=f"t{number}", run_id="run", number=number, words=words, segment_ids=ids, quote_segment_ids=ids[:3])
        )
    outliers = Topic(id="out", run_id="run", number=-1, words=("well", "so", "yes", "no", "hm", "ah"), segment_ids=())
    return [outliers, *topics], segments


def drawn(topics: list[Topic], segments: dict[str, Segment], seed: int = 7) -> Tasks:
    return intrusion.run(topics=topics, segments=segments, options=Options(seed=seed))


def task_of(tasks: Tasks, topic_id: str, kind: IntrusionKind) -> IntrusionTask:
    return next(task for task in tasks.tasks if (task.topic_id, task.kind) == (topic_id, kind))


def why_none(tasks: Tasks, topic_id: str, kind: IntrusionKind) -> str:
    return next(item.why for item in tasks.missing if (item.topic_id, item.kind) == (topic_id, kind))


# ---------------------------------------------------------------- drawing tasks


def test_each_topic_but_the_outliers_has_a_task_of_each_kind_and_words_come_first() -> None:
    tasks = drawn(*corpus())
    assert [task.kind for task in tasks.tasks] == [WORDS] * 3 + [SEGMENTS] * 3
    assert {task.topic_id for task in tasks.tasks} == {"t0", "t1", "t2"}
    assert tasks.missing == ()


def test_a_task_shows_five_telling_words_and_one_that_is_telling_elsewhere() -> None:
    task = task_of(drawn(*corpus()), "t1", WORDS)
    assert set(task.shown) - {task.intruder} == set(VOCABULARY[1][:5])
    assert task.intruder in {*VOCABULARY[0][:5], *VOCABULARY[2][:5]}


def test_a_task_shows_three_central_segments_of_different_people_and_one_of_another_topic() -> None:
    topics, segments = corpus()
    task = task_of(drawn(topics, segments), "t1", SEGMENTS)
    own = [segments[key] for key in task.shown if key != task.intruder]
    assert {segment.id for segment in own} == set(topics[2].quote_segment_ids)
    assert len({segment.participant_id for segment in own}) == 3
    assert task.intruder not in topics[2].segment_ids


def test_the_same_seed_draws_the_same_tasks_for_everybody_and_another_seed_others() -> None:
    topics, segments = corpus()
    assert drawn(topics, segments).tasks == drawn(list(reversed(topics)), segments).tasks
    assert {task.id for task in drawn(topics, segments, 1).tasks} != {task.id for task in drawn(topics, segments, 2).tasks}


@pytest.mark.parametrize(("kind", "n_places"), [(WORDS, 6), (SEGMENTS, 4)])
def test_the_intruder_stands_in_every_place_about_as_often(kind: IntrusionKind, n_places: int) -> None:
    topics, segments = corpus()
    tasks = [task for seed in range(200) for task in drawn(topics, segments, seed).tasks if task.kind is kind]
    places = Counter(task.shown.index(task.intruder) for task in tasks)
    assert set(places) == set(range(n_places))
    assert max(places.values()) < 1.5 * len(tasks) / n_places


def test_a_word_that_is_said_in_the_topic_too_is_no_intruder() -> None:
    topics, segments = corpus()
    said = " ".join((*VOCABULARY[0], *VOCABULARY[2]))
    segments |= {key: replace(segments[key], text=said, end_char=len(said)) for key in topics[1].segment_ids}
    intruders = {task_of(drawn(topics, segments, seed), "t0", WORDS).intruder for seed in range(30)}
    assert intruders <= set(VOCABULARY[1])


def test_words_that_repeat_one_another_count_once_and_too_few_make_no_task() -> None:
    topics, segments = corpus()
    topics[1] = replace(topics[1], words=("day", "days", "sixteen days", "bus", "road", "car"))
    tasks = drawn(topics, segments)
    assert why_none(tasks, "t0", WORDS) == "it has fewer than 5 telling words that differ"
    assert task_of(tasks, "t0", SEGMENTS)


def test_without_another_topic_there_is_no_intruder_and_it_is_said() -> None:
    topics, segments = corpus()
    tasks = drawn(topics[:2], segments)
    assert tasks.tasks == ()
    assert "no word that tells of another topic" in why_none(tasks, "t0", WORDS)
    assert "no central segment of another topic" in why_none(tasks, "t0", SEGMENTS)


def test_central_segments_of_too_few_people_make_no_task_and_unknown_speakers_are_one() -> None:
    topics, segments = corpus(n_people=2)
    assert "fewer than 3 people" in why_none(drawn(topics, segments), "t0", SEGMENTS)
    topics, segments = corpus()
    for key in topics[1].quote_segment_ids[:2]:
        segments[key] = replace(segments[key], participant_id=None)
    assert "fewer than 3 people" in why_none(drawn(topics, segments), "t0", SEGMENTS)


def test_a_segment_of_another_length_is_no_intruder_as_it_would_give_itself_away() -> None:
    topics, segments = corpus()
    for key in (*topics[2].quote_segment_ids, *topics[3].quote_segment_ids):
        segments[key] = replace(segments[key], text="bus " * 30, end_char=120)
    assert "about as long as its own" in why_none(drawn(topics, segments), "t0", SEGMENTS)


def test_segments_that_are_gone_are_not_shown() -> None:
    topics, segments = corpus()
    del segments[topics[1].quote_segment_ids[0]]
    assert "fewer than 3 people" in why_none(drawn(topics, segments), "t0", SEGMENTS)


# ---------------------------------------------------------------- scores


def an_answer(task: IntrusionTask, coder: str, chosen: str | None = None) -> IntrusionAnswer:
    return IntrusionAnswer(
        id=f"{task.id} {coder}", topic_id=task.topic_id, kind=task.kind, coder_id=coder, shown=task.shown,
        intruder=task.intruder, chosen=chosen or task.intruder, answered_at=datetime(2026, 3, 1, tzinfo=UTC),
    )  # fmt: skip


def wrong(task: IntrusionTask) -> str:
    return next(item for item in task.shown if item != task.intruder)


NAMES = {"a": "Ana", "b": "Ben"}


def test_scores_count_answers_that_found_the_intruder_by_topic_and_kind_with_an_interval_and_chance() -> None:
    tasks = drawn(*corpus())
    first = task_of(tasks, "t0", WORDS)
    found = intrusion_scores.score(tasks, [an_answer(first, "a"), an_answer(first, "b", wrong(first))], NAMES)
    score = next(item for item in found.topics if (item.topic_id, item.kind) == ("t0", WORDS))
    assert (score.n_answers, score.n_right, score.share, score.is_doubtful) == (2, 1, 0.5, True)
    assert (score.low, score.high) == wilson(1, 2)
    assert score.chance == pytest.approx(1 / 6)
    other = next(item for item in found.topics if (item.topic_id, item.kind) == ("t0", SEGMENTS))
    assert (other.share, other.low, other.is_doubtful, other.chance) == (None, None, False, 0.25)
    assert [(item.kind, item.n_answers, item.n_right) for item in found.pooled] == [(WORDS, 2, 1), (SEGMENTS, 0, 0)]
    assert (found.raters, found.n_tasks, found.n_stale) == (("Ana", "Ben"), 6, 0)


@pytest.mark.parametrize(
    ("n_yes", "n", "low", "high"),
    [(0, 2, 0.0, 0.6576), (2, 2, 0.3424, 1.0), (8, 10, 0.4902, 0.9433), (1, 1, 0.2065, 1.0)],
)
def test_intervals_are_wilsons(n_yes: int, n: int, low: float, high: float) -> None:
    assert wilson(n_yes, n) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_agreement_is_measured_on_being_right_and_on_the_choice_itself() -> None:
    tasks = drawn(*corpus())
    one, two, *rest = tasks.tasks
    answers = [an_answer(one, "a"), an_answer(one, "b"), an_answer(two, "a", wrong(two)), an_answer(two, "b", wrong(two)),
               an_answer(rest[0], "a")]  # fmt: skip
    found = intrusion_scores.score(tasks, answers, NAMES).agreement
    percent, kappa = found[RIGHT]
    assert (percent.value, percent.n_units, kappa.value) == (1.0, 2, 1.0)
    assert [item.measure for item in found[CHOICE]] == ["percent", "kappa"]
    others = [item for item in two.shown if item != two.intruder]
    apart = [an_answer(one, "a"), an_answer(one, "b"), an_answer(two, "a", others[0]), an_answer(two, "b", others[1])]
    found = intrusion_scores.score(tasks, apart, NAMES).agreement
    assert (found[RIGHT][0].value, found[CHOICE][0].value) == (1.0, 0.5)


def test_where_agreement_is_undefined_it_says_why() -> None:
    tasks = drawn(*corpus())
    alone = intrusion_scores.score(tasks, [an_answer(tasks.tasks[0], "a")], NAMES).agreement
    assert {item.undefined_because for item in alone[RIGHT]} == {"no unit was coded by two coders"}
    always = [an_answer(task, coder) for task in tasks.tasks for coder in "ab"]
    percent, kappa = intrusion_scores.score(tasks, always, NAMES).agreement[RIGHT]
    assert (percent.value, kappa.value) == (1.0, None)
    assert kappa.undefined_because == "all coders gave one and the same label throughout"


def test_answers_to_tasks_that_are_no_more_count_for_nothing_and_are_counted() -> None:
    topics, segments = corpus()
    old = drawn(topics, segments, 1).tasks[0]
    new = Tasks(tasks=tuple(task for task in drawn(topics, segments, 2).tasks if task.id != old.id))
    found = intrusion_scores.score(new, [an_answer(old, "a")], NAMES)
    assert (found.n_stale, found.raters, sum(item.n_answers for item in found.topics)) == (1, (), 0)


# ---------------------------------------------------------------- in a study


@pytest.fixture
def study(small_study: Study) -> Study:
    """The small study, revealed to nobody, with three topics of two telling sets of words; Cara adjudicates."""
    settings = small_study.folder.config_file
    settings.write_text(settings.read_text() + 'coders = ["Ana", "Ben"]\nadjudicators = ["Cara"]\n')
    study = Study.open(small_study.folder.path)
    texts = study.coded_segments()
    with study.store.write() as tx:
        run = tx.all(Run)[-1]
        words = (("shame", "town", "blame", "person", "so"), ("bus", "sunday", "car", "everything", "need"))
        for number, telling in enumerate(words):
            mine = texts[number : number + 1]
            tx.replace(
                [Topic(id=f"t{number}", run_id=run.id, number=number, words=telling, segment_ids=tuple(s.id for s in mine))]
            )
        tx.log("qualkit", "found topics", {})
    return study


def everything(seat: Seat) -> None:
    for segment_id in seat.queue():
        seat.judge(segment_id, [])


@pytest.fixture
def raters(study: Study) -> tuple[Intruders, Intruders]:
    """Ana and Ben, who have judged everything and so may see topics."""
    for name in ("Ana", "Ben"):
        everything(study.seat(name))
    return study.seat("Ana").intruders, study.seat("Ben").intruders


def kept(study: Study, **where: Any) -> list[IntrusionAnswer]:
    with study.store.read() as tx:
        return tx.all(IntrusionAnswer, **where)


def test_who_may_not_see_topics_may_not_check_them(study: Study) -> None:
    refusal(lambda: study.seat("Ana").intruders, BlindnessError)
    assert study.seat("Cara").intruders.left()


def test_both_raters_get_the_same_tasks_in_the_same_order(raters: tuple[Intruders, Intruders]) -> None:
    ana, ben = raters
    assert [task.id for task in ana.left()] == [task.id for task in ben.left()]
    assert {task.kind for task in ana.left()} == {WORDS}
    assert len(ana.tasks().missing) == 2


def test_an_answer_is_kept_and_a_new_one_supersedes_it(study: Study, raters: tuple[Intruders, Intruders]) -> None:
    ana, ben = raters
    task = ana.left()[0]
    ana.answer(task.id, wrong(task))
    ana.answer(task.id, task.intruder)
    assert ana.answers() == {task.id: task.intruder} and ben.answers() == {}
    assert [item.chosen for item in kept(study, past=True)] != [item.chosen for item in kept(study)]
    assert sorted(item.chosen for item in kept(study, past=True)) == sorted([wrong(task), task.intruder])
    assert task.id not in {left.id for left in ana.left()}


def test_the_same_press_sent_twice_is_one_answer(study: Study, raters: tuple[Intruders, Intruders]) -> None:
    ana, _ = raters
    task = ana.left()[0]
    first = ana.answer(task.id, task.intruder, client_id="press 1")
    head = study.head()
    assert ana.answer(task.id, task.intruder, client_id="press 1") == first
    assert study.head() == head


def test_what_was_not_shown_and_tasks_of_earlier_topics_are_refused(raters: tuple[Intruders, Intruders]) -> None:
    ana, _ = raters
    refusal(lambda: ana.answer(ana.left()[0].id, "elephant"), StudyError)
    assert "found anew" in refusal(lambda: ana.answer("gone", "bus"), StaleError)


def test_no_word_that_was_shown_is_in_the_log(study: Study, raters: tuple[Intruders, Intruders]) -> None:
    ana, _ = raters
    task = ana.left()[0]
    ana.answer(task.id, task.intruder)
    with study.store.read() as tx:
        (event,) = tx.all(Event, verb=intrusion.ANSWERED)
    assert not set(task.shown) & set(str(as_plain(event.payload)).replace("'", " ").split())
    assert event.payload["topic_id"] == task.topic_id and len(event.payload["said_sha256"]) == 64
    assert study.verify() is None


def test_results_show_once_a_rater_has_answered_all_and_then_their_answers_stand(raters: tuple[Intruders, Intruders]) -> None:
    ana, ben = raters
    assert "has yet to answer 2 tasks" in refusal(ben.scores, BlindnessError)
    for task in ben.left():
        ben.answer(task.id, task.intruder)
    assert not ana.may_see_scores()
    assert [item.n_right for item in ben.scores().pooled] == [2, 0]
    task = ben.tasks().tasks[0]
    assert "not be blind" in refusal(lambda: ben.answer(task.id, wrong(task)), BlindnessError)
    assert ana.left() and not ana.has_seen_scores()


def test_the_table_stays_hidden_from_who_has_yet_to_answer(study: Study, raters: tuple[Intruders, Intruders]) -> None:
    for task in raters[1].left():
        raters[1].answer(task.id, task.intruder)
    assert "intrusion" in study.seat("Ben").tables()
    assert "intrusion" not in study.seat("Ana").tables()


def test_a_third_may_look_once_two_are_through_and_then_does_not_answer_any_more(
    study: Study, raters: tuple[Intruders, Intruders]
) -> None:
    everything(study.seat("Eve"))
    eve = study.seat("Eve").intruders
    for rater in raters:
        assert not eve.may_see_scores()
        for task in rater.left():
            rater.answer(task.id, task.intruder)
    assert eve.scores().raters == ("Ana", "Ben")
    assert eve.has_seen_scores()
    refusal(lambda: eve.answer(eve.left()[0].id, eve.left()[0].shown[0]), BlindnessError)
    with study.store.read() as tx:
        shown = [event.actor_id for event in tx.all(Event, verb=SHOWN)]
    assert len(shown) == 1
    eve.scores()
    with study.store.read() as tx:
        assert len(tx.all(Event, verb=SHOWN)) == 1


def test_an_adjudicator_may_look_at_once(study: Study) -> None:
    assert study.seat("Cara").intruders.scores().raters == ()


def test_the_table_has_all_topics_then_each_and_those_without_a_task_and_is_there_once_somebody_answered(
    study: Study, raters: tuple[Intruders, Intruders]
) -> None:
    assert "intrusion" not in study.tables()
    for rater in raters:
        for task in rater.left():
            rater.answer(task.id, task.intruder)
    table = study.tables()["intrusion"]
    assert [row[:4] for row in table.rows[:4]] == [
        ("All topics", "words", 4, 4),
        ("All topics", "segments", 0, 0),
        ("Topic 1: shame, town, blame", "words", 2, 2),
        ("Topic 2: bus, sunday, car", "words", 2, 2),
    ]
    assert table.rows[4][:3] == ("Topic 1: shame, town, blame", "segments", 0) and "no task: its central" in str(
        table.rows[4][-1]
    )
    assert "answered by Ana, Ben, blind to each other" in table.notes[1]
    assert "100%, Cohen's kappa undefined (all coders gave one and the same label throughout)" in table.notes[2]


def test_the_command_shows_scores_and_says_where_to_answer(study: Study, raters: tuple[Intruders, Intruders]) -> None:
    for task in raters[0].left():
        raters[0].answer(task.id, task.intruder)
    said = CliRunner().invoke(app, ["intrusion", "--study", str(study.folder.path)])
    assert said.exit_code == 0
    assert "answered by Ana" in said.output and "Topics > Check" in said.output and "All topics" in said.output


def test_the_command_says_what_to_do_without_topics(small_study: Study) -> None:
    said = CliRunner().invoke(app, ["intrusion", "--study", str(small_study.folder.path)])
    assert isinstance(said.exception, StudyError) and "qualkit run topics" in str(said.exception)


def test_the_seed_of_a_study_may_be_set(study: Study) -> None:
    settings = study.folder.config_file
    settings.write_text(settings.read_text() + "[options.intrusion]\nseed = 11\n")
    again = Study.open(study.folder.path)
    assert again.intrusion_tasks() == intrusion.run(
        topics=again.topics(), segments=again.corpus().segments, options=Options(seed=11)
    )


def test_tasks_are_drawn_once_while_the_topics_stand(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    run = intrusion.run
    monkeypatch.setattr(intrusion, "run", lambda **given: made.append(1) or run(**given))
    cara = study.seat("Cara").intruders
    task = cara.left()[0]
    cara.answer(task.id, task.intruder)
    cara.left()
    assert made == [1]
