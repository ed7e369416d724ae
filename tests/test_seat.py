"""A seat shows its person what they may see and no more, and keeps every judgement."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable
from typing import Any

import pytest

from qualkit.errors import BlindnessError, StaleError, StudyError
from qualkit.model import Assignment, Choice, Decision, Event, Neighbour, Ruling, Run, Suggestion, Valence, Verdict
from qualkit.plain import as_plain
from qualkit.stages import uptake
from qualkit.study import Seat, Study, new_theme
from qualkit.study.judgements import SHOWN
from qualkit.study.steps import keep_suggestions
from tests.conftest import choices

MEMO = "She means the pharmacist, I think."
NOTE = "Read it aloud: it is about the pharmacist."


@pytest.fixture
def study(small_study: Study) -> Study:
    """The small study with suggestions; Dan adjudicates."""
    settings = small_study.folder.config_file
    settings.write_text(settings.read_text() + 'adjudicators = ["Dan"]\n')
    study = Study.open(small_study.folder.path)
    study.tools = small_study.tools
    list(study.run("suggest", suggesters=("keywords",)))
    return study


@pytest.fixture
def disputed(study: Study, shame: str) -> Study:
    """Ana finds a barrier in the first segment, Ben something mixed; neither has judged more."""
    study.seat("Ana").judge(shame, choices(stigma="barrier"))
    study.seat("Ben").judge(shame, choices(stigma="mixed"))
    return study


def judge_all(seat: Seat) -> None:
    for segment_id in seat.queue():
        if segment_id not in seat.judged():
            seat.judge(segment_id, [])


def decide(seat: Seat, segment_id: str, valence: Valence | None = Valence.BARRIER, **fields: Any) -> Decision:
    said = {"present": True, "valence": valence, "reason": "judgement", **fields}
    return seat.decide(segment_id, "stigma", **said)


def valences(seat: Seat, segment_id: str) -> dict[str, str | None]:
    return {choice.code_key: choice.valence for choice in seat.view(segment_id).choices}


# ---------------------------------------------------------------- what a blind coder sees


def test_before_judging_a_view_holds_words_and_no_judgement_of_anybody(disputed: Study, shame: str) -> None:
    cara = disputed.seat("Cara")
    view = cara.view(shame)
    assert (view.choices, cara.cards(shame), view.memo, view.version) == ((), (), "", 0)
    assert "shame" in view.segment.text
    told = json.dumps(as_plain(view))
    assert not any(word in told for word in ("stigma", "barrier", "mixed", "Ana", "Ben"))


def test_a_view_has_the_talk_around_and_the_question_that_was_asked(study: Study, shame: str, bus: str) -> None:
    view = study.seat("Ana").view(bus)
    assert view.question == "What gets in the way?"
    assert [line.speaker for line in view.before] == ["Moderator", "P1"]
    assert [line.text for line in view.after] == ["Mm-hmm.", "But they trust the peer coach who comes by."]
    assert (view.speaker, view.has_audio) == ("P2", False)


def test_after_judging_a_view_holds_ones_own_codes_and_suggestions_but_no_other_coders(disputed: Study, shame: str) -> None:
    cara = disputed.seat("Cara")
    cara.judge(shame, choices(trust=None), memo=MEMO)
    view = cara.view(shame)
    assert ([choice.code_key for choice in view.choices], view.memo, view.version) == (["trust"], MEMO, 1)
    assert [card.code_key for card in cara.cards(shame)] == ["stigma"]
    assert disputed.seat("Ana").view(shame).memo == ""


def showing(study: Study, said: str) -> Study:
    """The study with another word on when suggestions show."""
    settings = study.folder.config_file
    settings.write_text(settings.read_text() + f"show_suggestions = {said}\n")
    return Study.open(study.folder.path)


def seen(seat: Seat, segment_id: str) -> list[bool]:
    """Whether somebody sees suggestions for a segment before judging it, and after."""
    before = bool(seat.cards(segment_id))
    seat.judge(segment_id, [])
    return [before, bool(seat.cards(segment_id))]


@pytest.mark.parametrize(
    ("said", "shows"),
    [
        ('"never"', [False, False]),
        ("false", [False, False]),
        ('"after"', [False, True]),
        ("true", [False, True]),
        ('"before"', [True, True]),
    ],
)
def test_suggestions_show_when_the_study_says_so(study: Study, shame: str, said: str, shows: list[bool]) -> None:
    assert seen(showing(study, said).seat("Ana"), shame) == shows


def test_suggestions_show_after_ones_own_judgement_unless_the_study_says_otherwise(study: Study, shame: str) -> None:
    study.seat("Ben").judge(shame, [])
    study.reveal()  # of people's codes
    assert seen(study.seat("Ana"), shame) == [False, True]


def test_another_word_on_when_suggestions_show_is_refused(study: Study) -> None:
    with pytest.raises(StudyError, match='must be "never", "after" or "before", not \'always\''):
        showing(study, '"always"')


def test_on_the_reliability_sample_suggestions_never_show_before_judging(study: Study, shame: str) -> None:
    study = showing(study, '"before"')
    study.draw_sample(1.0, seed=1)
    assert study.seat("Ana").view(shame).is_in_sample
    assert seen(study.seat("Ana"), shame) == [False, True]


def showings(study: Study) -> list[dict[str, Any]]:
    with study.store.read() as tx:
        return [dict(event.payload) for event in tx.all(Event, verb=uptake.SHOWN)]


def test_what_a_coder_saw_and_when_is_logged_once_for_each_judgement_and_run(study: Study, shame: str) -> None:
    ana = showing(study, '"before"').seat("Ana")
    run_id = study.runs()["suggest"].id
    ana.cards(shame)
    ana.cards(shame)
    ana.judge(shame, [])
    ana.cards(shame)
    ana.view(shame)
    logged = showings(study)
    assert [(said["version"], said["when"]) for said in logged] == [(0, "before"), (1, "after")]
    assert logged[0]["segment_id"] == shame and logged[0]["run_ids"] == [run_id]
    assert logged[0]["machines"] == {"keywords": [{"code_key": "stigma", "valence": None}]}
    assert study.verify() is None


def test_that_machines_had_nothing_to_suggest_was_seen_too_but_nothing_is_logged_for_who_may_not_see_it(
    study: Study, shame: str
) -> None:
    with study.store.write() as tx:
        keep_suggestions(tx, "keywords", "1", [], tx.all(Run)[-1])
    assert study.seat("Ben").cards(shame) == ()
    study.seat("Dan").cards(shame)
    assert showings(study) == []
    assert showing(study, '"before"').seat("Ana").cards(shame) == ()
    assert [said["machines"] for said in showings(study)] == [{"keywords": []}]


def near(study: Study, segment_id: str, *others: str) -> None:
    """Have a machine suggest stigma for a segment, others being like it, and a verdict on that machine."""
    with study.store.write() as tx:
        run = tx.all(Run)[-1]
        said = Suggestion(
            segment_id=segment_id,
            code_key="stigma",
            score=0.9,
            rationale="like what was coded",
            evidence=(),
            valence=Valence.BARRIER,
            neighbours=tuple(Neighbour(segment_id=key, likeness=0.8 - 0.1 * n) for n, key in enumerate(others)),
        )
        keep_suggestions(tx, "learned", "1", [said], run)
        about = {"ruling": Ruling.DO_NOT_AUTOMATE, "n_segments": 5, "n_positive": 2, "n_transcripts": 2, "why": "kappa .21"}
        tx.replace(
            [Verdict(id="v", machine="learned", code_key="stigma", kappa=0.21, low=0.1, high=0.3, human_kappa=0.4, **about)]
        )


def test_a_blind_coder_sees_of_coded_neighbours_only_those_that_they_gave_the_code_themselves(
    study: Study, shame: str, bus: str, segment_ids: dict[str, str]
) -> None:
    trust, ana = segment_ids["But they"], study.seat("Ana")
    near(study, shame, bus, trust)
    ana.judge(shame, [])
    assert ana.cards(shame)[0].neighbours == ()
    study.seat("Ben").judge(bus, choices(stigma="barrier"))
    ana.judge(bus, [])
    ana.judge(trust, choices(stigma="barrier"))
    (only,) = ana.cards(shame)[0].neighbours
    assert (only.segment_id, only.transcript, only.speaker) == (trust, "fg1", "P2")
    assert only.text == "But they trust the peer coach who comes by."
    study.reveal()
    assert [item.segment_id for item in study.seat("Ana").cards(shame)[0].neighbours] == [bus, trust]


def test_a_blind_coder_sees_the_ruling_on_a_machine_without_its_figures(study: Study, shame: str) -> None:
    near(study, shame)
    ana = study.seat("Ana")
    ana.judge(shame, [])
    card = ana.cards(shame)[0]
    assert (dict(card.rulings), dict(card.verdicts)) == ({"learned": Ruling.DO_NOT_AUTOMATE}, {})
    assert ".21" not in json.dumps(as_plain(card))
    judge_all(ana)
    assert ana.cards(shame)[0].verdicts["learned"].kappa == 0.21


def test_machines_that_suggest_one_code_share_a_card_and_the_surest_comes_first(study: Study, shame: str) -> None:
    near(study, shame)
    ana = study.seat("Ana")
    ana.judge(shame, [])
    (card,) = ana.cards(shame)
    assert [(item.machine, item.code_key) for item in card.suggestions] == [("learned", "stigma"), ("keywords", "stigma")]
    assert [span.text for span in card.evidence] == ["shame", "blame"]
    assert card.strongest.valence is Valence.BARRIER


def test_a_blind_coder_sees_cases_only_of_segments_they_have_judged(disputed: Study, shame: str, bus: str) -> None:
    for name in ("Ana", "Ben"):
        disputed.seat(name).judge(bus, [])
    cara = disputed.seat("Cara")
    assert cara.cases() == []
    cara.judge(shame, [])
    assert {case.segment_id for case in cara.cases()} == {shame}


RESULTS: list[Callable[[Seat], object]] = [
    Seat.agreement,
    Seat.valence_agreement,
    Seat.agreement_by_pair,
    Seat.double_plan,
    Seat.agreement_over_time,
    lambda seat: seat.agreement_with_machine("keywords"),
    Seat.set_agreement,
    Seat.cut_agreement,
    lambda seat: seat.agreement_opens("codes"),
    lambda seat: seat.parts_open([]),
    Seat.blind_agreement,
    Seat.told_agreement,
    Seat.is_told_blind,
    Seat.machines,
    lambda seat: seat.diagnosis("stigma"),
    Seat.topics,
    Seat.theme_rows,
    Seat.themes,
    Seat.tables,
    Seat.basis_note,
    Seat.written_themes,
    Seat.uptake,
    Seat.exposure,
    lambda seat: seat.authoring.standings(),
    lambda seat: seat.save_themes([new_theme("T", "", "", ["stigma"])]),
]


@pytest.mark.parametrize("ask", RESULTS)
def test_results_are_refused_to_a_blind_coder_until_everything_is_judged(
    disputed: Study, ask: Callable[[Seat], object]
) -> None:
    ana = disputed.seat("Ana")
    with pytest.raises(BlindnessError, match="has judged 1 of 5 segments"):
        ask(ana)
    judge_all(ana)
    ask(ana)
    assert ana.may_see_results()


def test_a_judgement_that_is_not_blind_any_more_is_settled_and_the_log_says_so(disputed: Study, shame: str, bus: str) -> None:
    ana = disputed.seat("Ana")
    ana.judge(shame, choices(stigma="facilitator"))
    assert {case.segment_id for case in ana.cases()} == {shame}
    with pytest.raises(BlindnessError, match="a change would not be blind"):
        ana.judge(shame, choices(stigma="mixed"))
    assert valences(ana, shame) == {"stigma": "facilitator"}
    ana.judge(bus, [])
    with disputed.store.read() as tx:
        shown = [event.payload["segment_ids"] for event in tx.all(Event, actor_id=ana.coder.id) if event.verb == SHOWN]
    assert shown == [[shame]]


def test_once_the_round_is_revealed_everybody_may_change_their_mind(disputed: Study, shame: str) -> None:
    disputed.seat("Ana").cases()
    disputed.reveal()
    disputed.seat("Ana").judge(shame, choices(stigma="mixed"))
    assert disputed.votes()[shame]["Ana"] == {"stigma": "mixed"}


@pytest.mark.parametrize("ask", RESULTS)
def test_results_show_to_an_adjudicator_and_to_everybody_once_revealed(disputed: Study, ask: Callable[[Seat], object]) -> None:
    ask(disputed.seat("Dan"))
    disputed.reveal()
    ask(disputed.seat("Cara"))
    assert disputed.seat("Cara").may_see_results()


def test_an_empty_study_has_no_results_to_a_coder(empty_study: Study) -> None:
    with pytest.raises(BlindnessError, match="0 of 0"):
        empty_study.seat("Ana").agreement()


def test_a_blind_coder_cannot_decide_what_they_have_not_judged(disputed: Study, shame: str) -> None:
    with pytest.raises(BlindnessError, match="yet to judge"):
        decide(disputed.seat("Cara"), shame)
    assert disputed.decisions() == {}


def test_a_seat_taken_before_the_reveal_or_with_other_blanks_is_the_same_persons(disputed: Study, shame: str) -> None:
    assert valences(disputed.seat("  Ana "), shame) == {"stigma": "barrier"}
    assert valences(disputed.seat("Ben"), shame) == {"stigma": "mixed"}


@pytest.mark.parametrize(("name", "says"), [("  ", "needs a name"), ("keywords", "is a machine coder")])
def test_nobody_and_a_machine_have_no_seat(study: Study, name: str, says: str) -> None:
    with pytest.raises(StudyError, match=says):
        study.seat(name)


def test_a_round_is_revealed_once(disputed: Study) -> None:
    disputed.reveal()
    with pytest.raises(StudyError, match="no blind round"):
        disputed.reveal()


# ---------------------------------------------------------------- judging


def test_looking_and_finding_nothing_is_a_judgement(study: Study, shame: str) -> None:
    ana = study.seat("Ana")
    ana.judge(shame, [])
    assert (ana.progress(), study.votes()) == ((1, 5), {shame: {"Ana": {}}})


def test_the_same_act_sent_twice_is_one_act(study: Study, shame: str) -> None:
    ana = study.seat("Ana")
    first = ana.judge(shame, choices(stigma="barrier"), base_version=0, client_id="press 1")
    head = study.head()
    assert ana.judge(shame, choices(stigma="barrier"), base_version=0, client_id="press 1") == first
    assert study.head() == head


def test_a_judgement_on_an_older_state_is_refused(study: Study, shame: str) -> None:
    one, other = study.seat("Ana"), study.seat("Ana")
    one.judge(shame, choices(stigma="barrier"), base_version=0)
    with pytest.raises(StaleError, match="another window"):
        other.judge(shame, [], base_version=0)
    assert valences(one, shame) == {"stigma": "barrier"}
    other.judge(shame, [], base_version=1)
    assert valences(one, shame) == {}


def test_a_judgement_is_never_overwritten(study: Study, shame: str) -> None:
    ana = study.seat("Ana")
    ana.judge(shame, choices(stigma="barrier"), memo="first")
    ana.judge(shame, choices(stigma="mixed"), memo="second")
    with study.store.read() as tx:
        kept = tx.all(Assignment, past=True, coder_id=ana.coder.id)
        current = tx.all(Assignment, coder_id=ana.coder.id)
        judged = [event for event in tx.all(Event) if event.verb == "judged"]
    assert [item.valence for item in kept] == [Valence.BARRIER, Valence.MIXED]
    assert [item.valence for item in current] == [Valence.MIXED]
    # both are in the log, with the ids under which they are kept
    assert [event.payload["codes"][0]["id"] for event in judged] == [item.id for item in kept]
    assert [event.payload["version"] for event in judged] == [1, 2]
    with sqlite3.connect(study.folder.database) as connection:
        ended = connection.execute(
            "SELECT valence, superseded_at IS NULL FROM assignment WHERE coder_id = ? ORDER BY made_at", [ana.coder.id]
        )
        memos = connection.execute("SELECT text, superseded_at IS NULL FROM memo ORDER BY made_at").fetchall()
        assert ended.fetchall() == [("barrier", 0), ("mixed", 1)]
    assert memos == [("first", 0), ("second", 1)]


def test_no_word_of_a_memo_a_note_or_a_segment_is_in_the_log(disputed: Study, shame: str) -> None:
    disputed.seat("Ana").judge(shame, choices(stigma="barrier"), memo=MEMO)
    decide(disputed.seat("Dan"), shame, note=NOTE)
    with disputed.store.read() as tx:
        payloads = json.dumps([as_plain(event.payload) for event in tx.all(Event)])
        digests = [event.payload.get("memo_sha256") for event in tx.all(Event) if event.verb == "judged"]
    spoken = [segment.text for segment in disputed.segments()]
    assert not [text for text in [MEMO, NOTE, "pharmacist", *spoken] if text in payloads]
    assert [digest is not None for digest in digests] == [False, False, True]
    assert disputed.verify() is None


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ([Choice(code_key="stigam")], "no code 'stigam'"),
        ([Choice(code_key="stigma")], "say whether it is facilitator, barrier, mixed"),
        ([Choice(code_key="trust", valence=Valence.BARRIER)], "takes no valence"),
        ([Choice(code_key="trust"), Choice(code_key="trust")], "given twice"),
    ],
)
def test_what_the_codebook_does_not_have_is_refused_and_nothing_is_kept(
    study: Study, shame: str, said: list[Choice], says: str
) -> None:
    with pytest.raises(StudyError, match=says):
        study.seat("Ana").judge(shame, said)
    assert study.votes() == {}


def test_what_is_to_be_coded_is_read_again_after_a_correction_and_not_after_a_judgement(
    study: Study, shame: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    outline = Study._outline
    monkeypatch.setattr(Study, "_outline", lambda self: made.append("made") or outline(self))
    ana = study.seat("Ana")
    ana.queue()
    ana.judge(shame, [])
    ana.cards(shame)
    ana.queue()
    assert made == ["made"]
    segment = study.corpus().segments[shame]
    ana.corrections.edit(segment.turn_id, "There is shame here.")
    assert study.corpus().segments[shame].text == "There is shame here."
    assert ana.queue() and made == ["made", "made"]


def test_a_segment_that_is_gone_cannot_be_judged_or_seen(study: Study) -> None:
    ana = study.seat("Ana")
    with pytest.raises(StudyError, match="no such segment"):
        ana.judge("gone", [])
    with pytest.raises(StudyError, match="no such segment"):
        ana.view("gone")


def test_an_adjudicator_sees_everything_and_cannot_code(disputed: Study, shame: str) -> None:
    dan = disputed.seat("Dan")
    assert (dan.is_adjudicator, len(dan.cases())) == (True, 1)
    with pytest.raises(StudyError, match="does not code"):
        dan.judge(shame, [])
    assert "Dan" not in disputed.votes()[shame]


# ---------------------------------------------------------------- deciding


def test_disputed_cases_come_first_and_decided_ones_last(disputed: Study, shame: str, bus: str) -> None:
    for name in ("Ana", "Ben"):
        disputed.seat(name).judge(
            bus, choices(transport="barrier", trust=None) if name == "Ana" else choices(transport="barrier")
        )
    dan = disputed.seat("Dan")
    decide(dan, shame)
    told = [(case.code_key, case.is_disputed, case.decision is not None) for case in dan.cases()]
    assert told == [("trust", True, False), ("stigma", True, True), ("transport", False, False)]


def test_a_decision_on_an_older_state_is_refused_and_a_later_one_supersedes(disputed: Study, shame: str) -> None:
    dan = disputed.seat("Dan")
    first = decide(dan, shame)
    with pytest.raises(StaleError, match="decided this case meanwhile"):
        decide(dan, shame, Valence.MIXED)
    second = decide(dan, shame, Valence.MIXED, seen=first.id)
    assert second.supersedes == first.id
    assert [code.valence for code in disputed.final_codes()] == [Valence.MIXED]
    with disputed.store.read() as tx:
        assert [item.id for item in tx.all(Decision, past=True)] == [first.id, second.id]
        assert [event.payload["id"] for event in tx.all(Event) if event.verb == "decided"] == [first.id, second.id]


def test_nobody_need_have_been_right(disputed: Study, shame: str) -> None:
    decision = decide(disputed.seat("Dan"), shame, None, present=False)
    assert (decision.present, decision.valence) == (False, None)
    assert disputed.final_codes() == []


def test_the_same_decision_sent_twice_is_one(disputed: Study, shame: str) -> None:
    dan = disputed.seat("Dan")
    first = decide(dan, shame, client_id="press 1")
    head = disputed.head()
    assert decide(dan, shame, client_id="press 1") == first
    assert disputed.head() == head


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"reason": "tired"}, "is no reason"),
        ({"valence": None}, "say whether"),
        ({"segment_id": "gone"}, "no such segment"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(disputed: Study, shame: str, fields: dict[str, Any], says: str) -> None:
    with pytest.raises(StudyError, match=says):
        decide(disputed.seat("Dan"), **{"segment_id": shame, **fields})
    assert disputed.decisions() == {}


def test_of_two_people_who_decide_a_case_at_once_one_wins_and_the_other_is_told(disputed: Study, shame: str) -> None:
    disputed.reveal()
    seats = [Study.open(disputed.folder.path).seat(name) for name in ("Dan", "Cara")]
    start = threading.Barrier(2)
    won: list[Decision] = []
    told: list[StaleError] = []

    def work(seat: Seat) -> None:
        start.wait()
        try:
            won.append(decide(seat, shame))
        except StaleError as error:
            told.append(error)

    threads = [threading.Thread(target=work, args=(seat,)) for seat in seats]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(told)) == (1, 1)
    assert disputed.decisions()[shame, "stigma"] == won[0]
    assert disputed.verify() is None
