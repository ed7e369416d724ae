"""What people judged and decided, led on act by act, is what counting it from the tables gives."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks import big_study
from qualkit.errors import QualkitError
from qualkit.model import Choice
from qualkit.stages import adjudicate, agree
from qualkit.study import Study
from qualkit.study.tally import Tally

PEOPLE = ("Ana", "Ben", "Dan")


@pytest.fixture(scope="module")
def pattern() -> Iterator[Path]:
    """A small study of the kind that is made large in benchmarks."""
    with TemporaryDirectory() as folder:
        yield big_study.make(
            Path(folder) / "study", segments=12, transcripts=2, codes=6, judged={"Ana": 0.9, "Ben": 0.5, "Dan": 0.25},
            cache=Path(folder) / "cache",
        )  # fmt: skip


@pytest.fixture
def study(pattern: Path, tmp_path: Path) -> Study:
    return Study.open(shutil.copytree(pattern, tmp_path / "study"))


def test_a_made_up_study_has_a_log_that_its_tables_follow_from(study: Study) -> None:
    assert study.verify() is None


def _agrees_with_the_tables(study: Study) -> None:
    led_on, anew = study.tallied(), Tally(study.store).now()
    assert led_on.seq == anew.seq
    kept = {key: list(book.items()) for key, book in led_on.books.items() if book}
    assert kept == {key: list(book.items()) for key, book in anew.books.items() if book}  # the order of judging, too
    assert (led_on.decisions, led_on.shown, led_on.names) == (anew.decisions, anew.shown, anew.names)
    ruled, counted = ({key: set(codes) for key, codes in one.decided.items()} for one in (led_on, anew))
    assert ruled == counted


def _follows_as_the_stages_say(study: Study) -> None:
    votes, decisions = dict(study.votes()), dict(study.decisions())
    assert study.cases() == adjudicate.cases(votes, decisions)
    assert study.final_codes() == adjudicate.final_codes(votes, decisions, study.options(adjudicate, {}))
    assert study.agreement() == agree.run(
        votes=votes,
        code_keys=list(study.codebook().by_key),
        options=study.options(agree, {}),
        transcript_of=study.outline().places,
    )


ACTS = st.lists(
    st.tuples(
        st.sampled_from(("judge", "withdraw", "decide", "look")), st.sampled_from(PEOPLE), st.integers(0, 11),
        st.sets(st.integers(0, 5), max_size=3),
    ),
    max_size=12,
)  # fmt: skip


def _act(study: Study, verb: str, who: str, segment_id: str, codes: set[int]) -> None:
    seat, book = study.seat(who), study.codebook()
    chosen = [book.codes[n] for n in sorted(codes)]
    visit: Any = seat.judged().get(segment_id)
    try:
        if verb == "judge":
            seat.judge(segment_id, [Choice(code_key=c.key, valence=c.valences[0] if c.valences else None) for c in chosen])
        elif verb == "withdraw" and visit is not None:
            seat.withdraw(segment_id, base_version=visit.version)
        elif verb == "decide" and chosen:
            known = study.decisions().get((segment_id, chosen[0].key))
            study.seat(big_study.ADJUDICATOR).decide(
                segment_id, chosen[0].key, present=len(chosen) > 1,
                valence=chosen[0].valences[0] if chosen[0].valences and len(chosen) > 1 else None, reason="judgement",
                seen=known.id if known else None,
            )  # fmt: skip
        elif verb == "look":
            seat.cases()
    except QualkitError:
        pass  # an act that is refused changes nothing, which is what is asked here


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS, every=st.integers(1, 4))
def test_led_on_through_any_acts_it_is_what_the_tables_say(study: Study, acts: list[Any], every: int) -> None:
    segments = study.outline().coded
    study.tallied()
    for n, (verb, who, place, codes) in enumerate(acts):
        _act(study, verb, who, segments[place], codes)
        if n % every == 0:
            _agrees_with_the_tables(study)
            _follows_as_the_stages_say(study)
    _agrees_with_the_tables(study)
    _follows_as_the_stages_say(study)


def test_what_was_handed_out_stays_as_it_was(study: Study) -> None:
    before, segment_id = study.votes(), study.outline().coded[-1]
    listed = dict(before)
    study.seat("Dan").judge(segment_id, [])
    assert dict(before) == listed
    assert "Dan" in study.votes()[segment_id] and "Dan" not in listed.get(segment_id, {})


def test_a_judgement_of_one_round_is_no_vote_of_another(study: Study) -> None:
    round_ = study.seat("Ana").round
    assert dict(study.votes(round_.id)) == dict(study.votes())
    assert not study.votes("another round")


def test_many_threads_may_ask_while_people_judge(study: Study) -> None:
    segments, wrong = study.outline().coded, list[BaseException]()

    def ask() -> None:
        try:
            for _ in range(20):
                assert len(list(study.votes().items())) >= len(segments) * 0.9
                study.final_codes()
        except BaseException as error:
            wrong.append(error)

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for segment_id in segments:
        study.seat("Dan").judge(segment_id, [])
    for thread in threads:
        thread.join()
    assert not wrong
    _agrees_with_the_tables(study)
