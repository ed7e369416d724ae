"""Cases are settled most disputed first, alone or many at once, on words that are in the segment, and no decision is lost."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from qualkit.cli import app
from qualkit.errors import BlindnessError, StaleError, StudyError
from qualkit.model import UNANIMOUS, Case, Choice, Decision, Event, Evidence, Valence, utc_now
from qualkit.plain import as_plain
from qualkit.readers.cases import votes_in, written
from qualkit.stages.disputes import Kind, by_rule, changed_votes, in_order, weigh, words_of
from qualkit.study import Seat, Study, coding
from qualkit.study.judgements import DECIDED_MANY, SHOWN
from qualkit.ui import launch, ruling
from tests.conftest import choices, refusal
from tests.drawn import page_of
from tests.test_study import fill

TEXT = "There is so much shame in this town. People blame the person."


def span(words: str, text: str = TEXT) -> Evidence:
    at = text.index(words)
    return Evidence(start_char=at, end_char=at + len(words), text=words)


def case(*votes: str | None, key: str = "stigma", segment_id: str = "s", decision: Decision | None = None) -> Case:
    named = {f"coder {n}": vote for n, vote in enumerate(votes)}
    return Case(segment_id=segment_id, code_key=key, votes=named, decision=decision)


def decision_on(votes: dict[str, str | None] | None, **about: Any) -> Decision:
    return Decision(
        id="d", segment_id="s", round_id="r", adjudicator_id="a", decided_at=utc_now(),
        **{"code_key": "stigma", "present": True, "valence": Valence.BARRIER, "reason": "slip", "votes": votes, **about},
    )  # fmt: skip


# ---------------------------------------------------------------- how much coders differ


@pytest.mark.parametrize(
    ("votes", "kinds", "share"),
    [
        (("barrier", None), (Kind.PRESENCE,), 1 / 2),
        (("barrier", None, None), (Kind.PRESENCE,), 1 / 3),
        (("barrier", "barrier", "barrier", None), (Kind.PRESENCE,), 1 / 4),
        (("barrier", "mixed", None), (Kind.PRESENCE, Kind.VALENCE), 1 / 3),
        (("barrier", "mixed"), (Kind.VALENCE,), 1 / 2),
        (("barrier", "mixed", "barrier"), (Kind.VALENCE,), 1 / 3),
        (("barrier", "barrier"), (), 0.0),
        ((None, None), (), 0.0),
        ((), (), 0.0),
    ],
)
def test_a_dispute_is_of_presence_before_valence_and_as_great_as_its_minority(
    votes: tuple[str | None, ...], kinds: tuple[Kind, ...], share: float
) -> None:
    found = weigh(case(*votes))
    assert found.kinds == kinds
    assert found.share == pytest.approx(share)


def test_marked_words_differ_only_where_two_coders_marked_other_words() -> None:
    agreed = case("barrier", "barrier")
    one, same, other = span("much shame in"), span("much shame in "), span("shame in this town")
    assert weigh(agreed, {"coder 0": (one,)}, TEXT).kinds == ()
    assert weigh(agreed, {"coder 0": (one,), "coder 1": (same,)}, TEXT).kinds == ()
    found = weigh(agreed, {"coder 0": (one,), "coder 1": (other,)}, TEXT)
    assert found.kinds == (Kind.WORDS,)
    assert found.share == pytest.approx(1 - 2 / 5)
    assert weigh(case("barrier", None), {"coder 0": (one,), "coder 1": (other,)}, TEXT).kinds == (Kind.PRESENCE,)


def test_words_are_touched_whole_and_punctuation_is_none() -> None:
    assert words_of("Don't, she said.", [Evidence(start_char=2, end_char=6, text="n't,")]) == frozenset({0})
    assert words_of("Don't, she said.", [Evidence(start_char=5, end_char=7, text=", ")]) == frozenset()


def test_cases_come_most_disputed_first_and_of_equals_as_they_were_said() -> None:
    again = case("mixed", "mixed", key="z", decision=decision_on({"coder 0": "barrier", "coder 1": "barrier"}, code_key="z"))
    halves, late = case("barrier", None, key="a"), case("barrier", None, key="a", segment_id="later")
    third, valence = case("barrier", None, None, key="b"), case("barrier", "mixed", key="c")
    decided = case("barrier", None, key="d", decision=decision_on({"coder 0": "barrier", "coder 1": None}, code_key="d"))
    agreed, words = case("barrier", "barrier", key="e"), case("barrier", "barrier", key="f")
    marked = {"coder 0": (span("shame"),), "coder 1": (span("blame"),)}
    weighed = [weigh(item, marked if item is words else None, TEXT) for item in (
        agreed, decided, words, valence, third, late, halves, again)]  # fmt: skip
    found = [item.case for item in in_order(weighed, {"s": 0, "later": 1})]
    assert found == [again, halves, late, third, valence, words, decided, agreed]


def test_a_decided_case_is_to_be_looked_at_again_when_a_newer_vote_speaks_against_it() -> None:
    then: dict[str, str | None] = {"coder 0": "barrier", "coder 1": None}
    assert not weigh(case("barrier", None, decision=decision_on(then))).is_again
    towards = case("barrier", "barrier", decision=decision_on(then))
    assert (weigh(towards).is_again, changed_votes(towards)) == (False, {"coder 1": (None, "barrier")})
    against = case("mixed", None, decision=decision_on(then))
    assert (weigh(against).is_again, changed_votes(against)) == (True, {"coder 0": ("barrier", "mixed")})
    newcomer = case("barrier", None, None, decision=decision_on(then))
    assert changed_votes(newcomer) == {"coder 2": (None, None)} and weigh(newcomer).is_again
    assert changed_votes(case("mixed", decision=decision_on(None))) == {}, "nobody knows what the votes were"


def test_a_rule_settles_what_enough_coders_say_and_nothing_that_two_camps_reach() -> None:
    split, majority = case("barrier", "barrier", "mixed", "mixed"), case("barrier", None, None, key="b")
    agreed, decided = case("mixed", "mixed", key="c"), case("barrier", None, decision=decision_on(None))
    found = by_rule([split, majority, agreed, decided], 2)
    assert [(item.case, item.vote) for item in found] == [(majority, None)]
    assert [(item.case, item.vote) for item in by_rule([split, majority, agreed, decided])] == [(agreed, "mixed")]
    assert by_rule([case("mixed")]) == [], "one coder agrees with nobody"


# ---------------------------------------------------------------- a study in which people differ


@pytest.fixture
def study(small_study: Study, shame: str, bus: str) -> Study:
    """Ana and Ben differ on stigma in one segment and agree on transport in another; Cara and Dan adjudicate."""
    settings = small_study.folder.config_file
    settings.write_text(settings.read_text() + 'coders = ["Ana", "Ben"]\nadjudicators = ["Cara", "Dan"]\n')
    study = Study.open(small_study.folder.path)
    marked = Choice(code_key="stigma", valence=Valence.BARRIER, confidence=0.8, evidence=(span("much shame"),))
    study.seat("Ana").judge(shame, [marked], memo="She means the pharmacist.")
    study.seat("Ben").judge(shame, choices(trust=None))
    for name in ("Ana", "Ben"):
        study.seat(name).judge(bus, choices(transport="barrier"))
    return study


def decide(seat: Seat, segment_id: str, code_key: str = "stigma", **about: Any) -> Decision:
    said = {"present": True, "valence": Valence.BARRIER, "reason": "judgement", **about}
    return seat.decide(segment_id, code_key, **said)


def test_a_case_file_has_what_each_coder_said_of_the_segment(study: Study, shame: str) -> None:
    file = study.seat("Cara").case_file(shame, "stigma")
    ana, ben = file.codings
    assert (ana.coder, ana.number, ana.vote, ana.confidence, ana.memo) == (
        "Ana",
        1,
        "barrier",
        0.8,
        "She means the pharmacist.",
    )
    assert [item.text for item in ana.evidence] == ["much shame"]
    assert (ben.coder, ben.number, ben.vote, ben.others) == ("Ben", 2, None, (("trust", "present"),))


def test_a_case_file_of_a_code_that_nobody_gave_has_everybody_down_as_absent(study: Study, shame: str) -> None:
    file = study.seat("Cara").case_file(shame, "transport")
    assert (dict(file.case.votes), file.dispute.kinds) == ({"Ana": None, "Ben": None}, ())
    assert "no such segment" in refusal(lambda: study.seat("Cara").case_file("gone", "stigma"), StudyError)


def test_a_decision_keeps_its_words_and_the_votes_it_was_taken_on_and_the_log_has_no_word_of_them(
    study: Study, shame: str
) -> None:
    made = decide(study.seat("Cara"), shame, evidence=[span("People blame"), span("much shame")], note="Read it aloud.")
    assert study.decisions()[shame, "stigma"] == made
    assert [item.text for item in made.evidence] == ["much shame", "People blame"]
    assert made.votes == {"Ana": "barrier", "Ben": None}
    with study.store.read() as tx:
        logged = json.dumps([as_plain(event.payload) for event in tx.all(Event, verb="decided")])
    assert not any(word in logged for word in ("shame", "blame", "aloud", "Ana", "Ben"))
    assert study.verify() is None


@pytest.mark.parametrize(
    "wrong",
    [
        Evidence(start_char=0, end_char=900, text="There"),
        Evidence(start_char=5, end_char=5, text=""),
        Evidence(start_char=0, end_char=5, text="Other"),
    ],
)
def test_words_that_are_not_in_the_segment_are_refused(study: Study, shame: str, wrong: Evidence) -> None:
    assert "not in this segment any more" in refusal(lambda: decide(study.seat("Cara"), shame, evidence=[wrong]), StudyError)
    assert study.decisions() == {}


def test_a_decision_is_never_lost_when_coders_judge_again_and_the_case_comes_back_first(
    study: Study, shame: str, bus: str
) -> None:
    cara = study.seat("Cara")
    decide(cara, bus, "transport", reason="slip")
    made = decide(cara, shame)
    study.seat("Ben").judge(shame, choices(stigma="mixed"))
    first = cara.disputes()[0]
    assert (first.case.code_key, first.is_again, first.case.decision) == ("stigma", True, made)
    assert changed_votes(first.case) == {"Ben": (None, "mixed")}
    assert {(code.segment_id, code.code_key, code.valence) for code in study.final_codes()} >= {(shame, "stigma", "barrier")}
    decide(cara, shame, valence=Valence.MIXED, seen=made.id)
    assert not any(item.is_again for item in cara.disputes())


def test_the_votes_of_a_decision_are_those_that_were_on_the_screen(study: Study, shame: str) -> None:
    cara = study.seat("Cara")
    seen = cara.case_file(shame, "stigma").case.votes
    study.seat("Ben").judge(shame, choices(stigma="mixed"))
    decide(cara, shame, votes=seen)
    assert cara.disputes()[0].is_again, "the decision was taken before this vote was seen"


def test_words_marked_anew_are_weighed_anew(study: Study, bus: str) -> None:
    def kinds() -> tuple[Kind, ...]:
        return study.dispute(bus, "transport").kinds

    text = study.corpus().segments[bus].text
    assert kinds() == ()
    for name, words in (("Ana", "bus runs"), ("Ben", "need a car")):
        marked = Choice(code_key="transport", valence=Valence.BARRIER, evidence=(span(words, text),))
        study.seat(name).judge(bus, [marked])
    assert kinds() == (Kind.WORDS,)
    ben = study.seat("Ben")
    ben.withdraw(bus, base_version=2)
    assert kinds() == ()


# ---------------------------------------------------------------- many at once


def test_what_all_agree_on_is_accepted_in_one_act_that_touches_nothing_else(study: Study, shame: str, bus: str) -> None:
    cara = study.seat("Cara")
    proposals = cara.proposals()
    assert [(item.case.segment_id, item.case.code_key, item.vote) for item in proposals] == [(bus, "transport", "barrier")]
    assert cara.accept(proposals, client_id="press 1") == 1
    head = study.head()
    assert cara.accept(proposals, client_id="press 1") == 1
    assert study.head() == head
    (made,) = study.decisions().values()
    assert (made.reason, made.valence, made.evidence, dict(made.votes or {})) == (
        UNANIMOUS, Valence.BARRIER, (), {"Ana": "barrier", "Ben": "barrier"},
    )  # fmt: skip
    with study.store.read() as tx:
        (event,) = tx.all(Event, verb=DECIDED_MANY)
    assert [item["id"] for item in event.payload["decisions"]] == [made.id]
    assert study.verify() is None
    assert decide(cara, bus, "transport", present=False, seen=made.id).supersedes == made.id


def test_a_case_that_changed_after_it_was_listed_is_not_accepted(study: Study, bus: str) -> None:
    cara = study.seat("Cara")
    proposals = cara.proposals()
    study.seat("Ben").judge(bus, choices(transport="mixed"))
    assert cara.accept(proposals, client_id="press 1") == 0
    assert study.decisions() == {}


def test_a_case_that_was_decided_meanwhile_is_not_accepted(study: Study, bus: str) -> None:
    proposals = study.seat("Cara").proposals()
    made = decide(study.seat("Dan"), bus, "transport", present=False)
    assert study.seat("Cara").accept(proposals, client_id="press 1") == 0
    assert study.decisions()[bus, "transport"] == made


def test_a_later_vote_cannot_change_unseen_what_was_accepted(study: Study, bus: str) -> None:
    cara = study.seat("Cara")
    cara.accept(cara.proposals(), client_id="press 1")
    study.seat("Ben").judge(bus, [])
    assert [(code.code_key, code.valence) for code in study.final_codes() if code.segment_id == bus] == [
        ("transport", "barrier")
    ]
    assert cara.disputes()[0].is_again


def test_a_rule_decides_disputed_cases_with_its_reason_in_words(study: Study, shame: str) -> None:
    study.seat("Eva").judge(shame, [])
    cara = study.seat("Cara")
    proposals = cara.proposals(2)
    assert [(item.case.code_key, item.vote) for item in proposals] == [("stigma", None), ("trust", None)]
    assert cara.accept(proposals, at_least=2, client_id="press 1") == 2
    made = study.decisions()[shame, "stigma"]
    assert (made.present, made.reason) == (False, "judgement")
    assert "at least 2 coders" in made.note
    assert "two coders or more" in refusal(lambda: cara.proposals(1), StudyError)
    assert study.verify() is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE decision SET evidence = '[]'",
        "UPDATE decision SET votes = '{}'",
        "UPDATE decision SET valence = 'mixed' WHERE reason = 'unanimous'",
        "DELETE FROM decision WHERE reason = 'unanimous'",
    ],
)
def test_a_decision_changed_by_hand_is_found(study: Study, shame: str, statement: str) -> None:
    cara = study.seat("Cara")
    decide(cara, shame, evidence=[span("much shame")])
    cara.accept(cara.proposals(), client_id="press 1")
    assert study.verify() is None
    with sqlite3.connect(study.folder.database) as connection:
        connection.execute(statement)
    assert "the decisions on segment" in (study.verify() or "")


# ---------------------------------------------------------------- gaps of the codebook


def test_a_gap_of_the_codebook_is_open_until_its_code_is_changed(study: Study, shame: str) -> None:
    cara = study.seat("Cara")
    made = decide(cara, shame, reason="codebook gap", note="Say whether blame counts.")
    (gap,) = cara.codebook_gaps()
    assert (gap.code_key, gap.segment_ids, gap.decisions) == ("stigma", (shame,), (made,))
    book = next((study.folder.path / "codebooks").glob("*.yaml"))
    book.write_text(book.read_text().replace("Getting to the clinic by car or bus.", "Getting to the clinic."))
    assert study.codebook_gaps() == (gap,), "another code was changed"
    book.write_text(book.read_text().replace("Shame and blame towards people or medication.", "Shame; blame counts."))
    assert study.codebook_gaps() == ()


def test_gaps_are_withheld_from_blind_coders(study: Study) -> None:
    with pytest.raises(BlindnessError):
        study.seat("Ana").codebook_gaps()


# ---------------------------------------------------------------- blind coders


def shown_to(study: Study, name: str) -> list[list[str]]:
    with study.store.read() as tx:
        return [event.payload["segment_ids"] for event in tx.all(Event, actor_id=study.seat(name).coder.id, verb=SHOWN)]


def test_a_blind_coder_is_shown_cases_only_of_what_they_ask_to_compare(
    study: Study, shame: str, bus: str, segment_ids: dict[str, str]
) -> None:
    ana, alone = study.seat("Ana"), segment_ids["But they"]
    ana.judge(alone, choices(trust=None))
    fg1 = study.corpus().segments[shame].transcript_id
    assert (ana.disputes_shown(), ana.proposals(), shown_to(study, "Ana")) == ([], [], [])
    assert ana.yet_to_compare() == {fg1: 3}
    assert {item.segment_id for item in ana.cases(fg1)} == {shame, bus}
    assert shown_to(study, "Ana") == [sorted([shame, bus])]
    assert {item.case.segment_id for item in ana.disputes_shown()} == {shame, bus}
    ana.judge(alone, [])  # nobody else has judged it, so nothing was shown of it
    with pytest.raises(BlindnessError, match="would not be blind"):
        ana.judge(bus, [])


def test_that_nobody_disputes_a_segment_is_shown_too_and_settles_it(study: Study, segment_ids: dict[str, str]) -> None:
    alone = segment_ids["But they"]
    for name in ("Ana", "Ben"):
        study.seat(name).judge(alone, [])
    ana = study.seat("Ana")
    assert alone not in {item.segment_id for item in ana.cases()}
    with pytest.raises(BlindnessError, match="would not be blind"):
        ana.judge(alone, choices(trust=None))


def test_a_case_file_is_withheld_before_judging_and_settles_the_segment_afterwards(
    study: Study, shame: str, segment_ids: dict[str, str]
) -> None:
    study.seat("Ben").judge(segment_ids["But they"], choices(trust=None))
    ana = study.seat("Ana")
    with pytest.raises(BlindnessError, match="yet to judge"):
        ana.case_file(segment_ids["But they"], "trust")
    ana.case_file(shame, "stigma")
    assert shown_to(study, "Ana") == [[shame]]
    with pytest.raises(BlindnessError, match="would not be blind"):
        ana.judge(shame, [])


# ---------------------------------------------------------------- the page


def act(segment_id: str, **about: Any) -> dict[str, Any]:
    """What the browser sends when a decision is saved."""
    votes = {"1": "barrier", "2": None}
    said: dict[str, Any] = {
        "id": "press 1",
        "way": "barrier",
        "reason": "slip",
        "note": " why ",
        "spans": [],
        "seen": None,
        "votes": votes,
    }
    return {"case": ruling.case_id(segment_id, "stigma"), **said, **about}


def data_of(seat: Seat, segment_id: str, code_key: str = "stigma", *, hide_names: bool = False) -> dict[str, Any]:
    file, view = seat.case_file(segment_id, code_key), seat.view(segment_id)
    return ruling.case_data(file, view, seat.codebook, where="Case 1 of 1", hide_names=hide_names)


def test_a_saved_decision_is_kept_once_with_its_words_and_the_votes_of_the_screen(study: Study, shame: str) -> None:
    cara, at = study.seat("Cara"), TEXT.index("much shame")
    said = act(shame, spans=[[at, at + len("much shame")]])
    answer = ruling.apply(cara, said)
    assert (answer["trouble"], answer["gap"]) == ("", None)
    made = study.decisions()[shame, "stigma"]
    assert (made.note, [item.text for item in made.evidence]) == ("why", ["much shame"])
    assert made.votes == {"Ana": "barrier", "Ben": None}
    head = study.head()
    assert ruling.apply(cara, said)["trouble"] == ""
    assert study.head() == head


def test_a_decision_that_came_too_late_is_refused_and_the_newer_one_shown(study: Study, shame: str) -> None:
    made = decide(study.seat("Dan"), shame, valence=Valence.MIXED, reason="edge case", note="It is both.")
    answer = ruling.apply(study.seat("Cara"), act(shame))
    assert answer["is_stale"] and "decided this case meanwhile" in answer["trouble"]
    shown = data_of(study.seat("Cara"), shame)
    assert shown["seen"] == made.id
    told = {name: shown["decided"][name] for name in ("outcome", "who", "reason", "note")}
    assert told == {"outcome": "mixed", "who": "Dan", "reason": "edge case", "note": "It is both."}
    again = ruling.apply(study.seat("Cara"), act(shame, id="press 2", seen=made.id))
    assert again["trouble"] == ""
    assert [item["outcome"] for item in data_of(study.seat("Cara"), shame)["earlier"]] == ["mixed"]


@pytest.mark.parametrize(
    ("about", "says"),
    [
        ({"way": "present"}, "say whether it is"),
        ({"reason": "tired"}, "is no reason"),
        ({"spans": [[0, 9000]]}, "not in this segment"),
        ({"spans": "some"}, "cannot be read"),
        ({"case": "gone|stigma"}, "no such segment"),
    ],
)
def test_what_makes_no_sense_is_answered_with_a_sentence(study: Study, shame: str, about: dict[str, Any], says: str) -> None:
    assert says in ruling.apply(study.seat("Cara"), act(shame, **about))["trouble"]
    assert study.decisions() == {}


def test_a_gap_of_the_codebook_is_answered_with_its_code(study: Study, shame: str) -> None:
    assert ruling.apply(study.seat("Cara"), act(shame, reason="codebook gap"))["gap"] == "stigma"


def test_hidden_names_are_nowhere_in_what_is_sent(study: Study, shame: str) -> None:
    made = decide(study.seat("Cara"), shame)
    study.seat("Ben").judge(shame, choices(stigma="mixed"))
    assert made.votes is not None
    told = json.dumps(data_of(study.seat("Cara"), shame, hide_names=True))
    assert not any(name in told for name in ("Ana", "Ben"))
    assert "Coder 2" in told
    assert "Ben" in json.dumps(data_of(study.seat("Cara"), shame))


def test_the_segment_is_cut_where_words_and_marks_begin_and_end() -> None:
    text = "Go 😀 now"
    found = ruling.pieces(
        text, {1: [Evidence(start_char=1, end_char=4, text="o 😀")], 2: [Evidence(start_char=3, end_char=8, text="😀 now")]}
    )
    assert [(piece, word, who) for piece, _, _, word, who in found] == [
        ("G", 0, []), ("o", 0, [1]), (" ", -1, [1]), ("😀", 1, [1, 2]), (" ", -1, [2]), ("now", 2, [2]),
    ]  # fmt: skip
    assert all(text[start:end] == piece for piece, start, end, _, _ in found)


def test_a_code_that_nobody_gave_can_only_be_ruled_present_and_one_that_is_gone_only_absent(study: Study, shame: str) -> None:
    cara = study.seat("Cara")
    assert [way for way, _ in data_of(cara, shame, "transport")["ways"]] == ["facilitator", "barrier", "mixed"]
    assert [way for way, _ in data_of(cara, shame, "trust")["ways"]] == ["present", "absent"]
    assert [way for way, _ in data_of(cara, shame, "gone")["ways"]] == ["absent"]


def test_spans_to_choose_from_are_the_coders_and_all_of_them_together(study: Study, shame: str) -> None:
    marked = Choice(code_key="stigma", valence=Valence.MIXED, evidence=(span("shame in this"), span("blame")))
    study.seat("Ben").judge(shame, [marked])
    offered = {name: ["".join(TEXT[s:e]) for s, e in spans] for name, spans in data_of(study.seat("Cara"), shame)["spans"]}
    assert offered == {
        "Whole segment": [],
        "As Ana": ["much shame"],
        "As Ben": ["shame in this", "blame"],
        "All that was marked": ["much shame in this", "blame"],
    }


Open = Callable[[str], AppTest]


@pytest.fixture
def open_page(study: Study, monkeypatch: pytest.MonkeyPatch) -> Open:
    monkeypatch.setenv(launch.STUDY_VARIABLE, str(study.folder.path))

    return lambda name: page_of("adjudicate", name).run()


def sent(app: AppTest) -> str:
    """What the page gives to the component."""
    return "".join(element.proto.json for element in app.get("bidi_component"))


def test_the_page_sends_the_case_and_those_that_follow(open_page: Open, study: Study) -> None:
    app = open_page("Cara")
    assert not app.exception
    assert "Case 1 of 2 waiting" in sent(app) and "Case 2 of 2 waiting" in sent(app)
    app.selectbox(key="case-code").set_value("trust").run()
    assert "Case 1 of 1 waiting" in sent(app)
    app.selectbox(key="case-kind").set_value(Kind.VALENCE).run()
    assert [item.value for item in app.info] == ["No case of this kind is waiting; choose All above to see the others."]


def test_a_blind_coder_is_asked_before_anything_of_others_is_sent(open_page: Open, study: Study) -> None:
    app = open_page("Ana")
    assert "You code blind" in app.info[0].value
    assert (sent(app), shown_to(study, "Ana")) == ("", [])
    app.button[0].click().run()
    assert "Case 1 of 2 waiting" in sent(app)
    assert len(shown_to(study, "Ana")) == 1


def test_the_unanimous_are_listed_and_accepted_on_the_page(open_page: Open, study: Study, bus: str) -> None:
    app = open_page("Cara")
    app.session_state["agreed"] = True
    app.run()
    next(item for item in app.button if item.label == "Accept 1 case").click().run()
    assert study.decisions()[bus, "transport"].reason == UNANIMOUS


def test_of_two_who_decide_at_once_the_second_is_told(study: Study, shame: str) -> None:
    decide(study.seat("Cara"), shame)
    with pytest.raises(StaleError):
        decide(study.seat("Dan"), shame)


# ---------------------------------------------------------------- sheets and commands


def rows_of(path: Path) -> list[dict[str, Any]]:
    titles, *rows = openpyxl.load_workbook(path)["Cases"].iter_rows(values_only=True)
    return [dict(zip(map(str, titles), row, strict=True)) for row in rows]


def test_a_sheet_of_cases_says_how_sure_coders_were_and_what_they_marked_and_keeps_memos_back(
    study: Study, shame: str, tmp_path: Path
) -> None:
    coding.write_cases(study, tmp_path / "cases.xlsx")
    row = next(item for item in rows_of(tmp_path / "cases.xlsx") if item["code"] == "stigma")
    assert (row["sure"], row["words"], row["memos"]) == ("Ana: 80%", "Ana: “much shame”", None)
    told = str(list(openpyxl.load_workbook(tmp_path / "cases.xlsx")["How to"].iter_rows(values_only=True)))
    assert "nobody need have been right" in told
    coding.write_cases(study, tmp_path / "memos.xlsx", with_memos=True)
    row = next(item for item in rows_of(tmp_path / "memos.xlsx") if item["code"] == "stigma")
    assert row["memos"] == "Ana: She means the pharmacist."


def test_a_sheet_has_the_votes_that_its_decisions_were_taken_on(study: Study, shame: str, tmp_path: Path) -> None:
    path = tmp_path / "cases.xlsx"
    coding.write_cases(study, path)
    fill(path, "decision", {"stigma": "barrier"}, by="code")
    fill(path, "reason", {"stigma": "slip"}, by="code")
    study.seat("Ben").judge(shame, choices(stigma="mixed", trust=None))
    assert coding.read_cases(study, "Cara", path) == 1
    assert study.decisions()[shame, "stigma"].votes == {"Ana": "barrier", "Ben": None}
    assert study.disputes()[0].is_again


def test_a_case_to_be_looked_at_again_is_in_the_sheet_and_may_be_decided_anew_by_another(
    study: Study, shame: str, tmp_path: Path
) -> None:
    first = decide(study.seat("Cara"), shame)
    study.seat("Ben").judge(shame, choices(stigma="mixed", trust=None))
    path = tmp_path / "cases.xlsx"
    coding.write_cases(study, path)
    assert rows_of(path)[0]["before"].startswith("barrier, Cara, ")
    fill(path, "decision", {"stigma": "mixed"}, by="code")
    fill(path, "reason", {"stigma": "judgement"}, by="code")
    coding.read_cases(study, "Dan", path)
    assert study.decisions()[shame, "stigma"].supersedes == first.id


@pytest.mark.parametrize(
    ("cell", "votes"),
    [
        ("Ana: barrier; Ben: absent", {"Ana": "barrier", "Ben": None}),
        ("Dr: X: present", {"Dr: X": "present"}),
        ("", None),
        ("so", None),
    ],
)
def test_votes_are_read_back_from_their_cell(cell: str, votes: dict[str, str | None] | None) -> None:
    assert votes_in(cell) == votes
    assert votes is None or written(votes) == cell


def said_by(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(item) for item in arguments])
    return done.exit_code, done.output


def test_the_unanimous_are_accepted_from_the_command_line_once_and_only_when_meant(study: Study, bus: str) -> None:
    path = study.folder.path
    told = "  transport, barrier: 1\n"
    assert said_by("accept", "--by", "Cara", "--dry-run", "-s", path) == (0, "Cara: 1 case would be decided\n" + told)
    assert study.decisions() == {}
    assert said_by("accept", "--by", "Cara", "-s", path) == (0, "Cara: 1 case decided\n" + told)
    assert said_by("accept", "--by", "Cara", "-s", path) == (0, "Cara: 0 cases decided\n")
    assert study.decisions()[bus, "transport"].reason == UNANIMOUS


def test_a_blind_coder_cannot_accept_for_all(study: Study) -> None:
    done = CliRunner().invoke(app, ["accept", "--by", "Ana", "--dry-run", "-s", str(study.folder.path)])
    assert isinstance(done.exception, BlindnessError)
    assert shown_to(study, "Ana") == []


def test_gaps_of_the_codebook_are_told_on_the_command_line(study: Study, shame: str) -> None:
    assert "No decision waits" in said_by("codebook", "gaps", "-s", study.folder.path)[1]
    decide(study.seat("Cara"), shame, reason="codebook gap", note="Does blame count?")
    told = said_by("codebook", "gaps", "-s", study.folder.path)[1]
    assert told.startswith("stigma: 1 decision\n") and "There is so much shame" in told and "(Does blame count?)" in told
