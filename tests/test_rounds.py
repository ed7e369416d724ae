"""Rounds are opened, closed, revealed, discussed and coded again, and blind means blind in each of them."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest

from qualkit.errors import BlindnessError, StaleError, StudyError
from qualkit.model import Agreement, Basis, Event, Purpose, RoundAgreement, RoundNote
from qualkit.plain import as_plain
from qualkit.stages import uptake
from qualkit.study import Order, Seat, Study, coding
from qualkit.study.judgements import NOTED, SHOWN
from tests.conftest import choices, refusal, reopened

CODINGS = "transcript,coder,turn,code\nfg1,Eva,3,trust\n"
HINT = "It is about the pharmacist, they both said."


@pytest.fixture
def study(small_study: Study) -> Study:
    """The small study of Ana and Ben; Dan adjudicates."""
    settings = small_study.folder.config_file
    settings.write_text(settings.read_text() + 'coders = ["Ana", "Ben"]\nadjudicators = ["Dan"]\n')
    return reopened(small_study)


@pytest.fixture
def coded(study: Study, shame: str, bus: str) -> Study:
    """Ana and Ben differ on shame and agree on the bus; the round is still blind."""
    study.seat("Ana").judge(shame, choices(stigma="barrier"))
    study.seat("Ben").judge(shame, choices(trust=None))
    for name in ("Ana", "Ben"):
        study.seat(name).judge(bus, choices(transport="barrier"))
    return study


@pytest.fixture
def again(coded: Study) -> Study:
    """The first round is revealed and the disputed segment is coded again, blind."""
    coded.reveal()
    coded.open_round(on="disputed")
    return coded


def judge_all(seat: Seat) -> None:
    for segment_id in seat.queue():
        if segment_id not in seat.judged():
            seat.judge(segment_id, [])


def alpha(found: tuple[Agreement, ...]) -> float | None:
    return next(item.value for item in found if item.measure == "alpha")


def lines(study: Study) -> dict[int, RoundAgreement]:
    return {item.round.number: item for item in study.ledger()}


# ---------------------------------------------------------------- the life of a round


def test_the_first_round_is_opened_blind_when_somebody_sits_down(study: Study) -> None:
    assert study.rounds() == []
    round_ = study.seat("Ana").round
    assert (round_.number, round_.state, round_.purpose) == (1, "open, blind", Purpose.INDEPENDENT)
    assert study.rounds() == [round_]


def test_no_round_is_opened_while_one_is_open_and_blind(coded: Study) -> None:
    assert refusal(coded.open_round, StudyError).startswith("Round 1 is open and blind: reveal it")
    coded.close_round()
    assert coded.open_round().number == 2


def test_a_closed_round_takes_no_judgement_and_nothing_is_taken_back_in_it(coded: Study, shame: str) -> None:
    ana = coded.seat("Ana")
    coded.close_round()
    assert "Round 1 is closed" in refusal(lambda: ana.judge(shame, []), StudyError)
    assert "Round 1 is closed" in refusal(lambda: ana.withdraw(shame, base_version=1), StudyError)
    assert refusal(coded.close_round, StudyError) == "Round 1 is closed already."


def test_opening_the_next_round_closes_the_one_before(again: Study) -> None:
    assert [item.state for item in again.rounds()] == ["closed, revealed", "open, blind"]
    assert again.rounds()[1].purpose is Purpose.RECODE


def test_revealing_may_close_too(coded: Study) -> None:
    coded.reveal(close=True)
    assert coded.rounds()[0].state == "closed, revealed"


def test_revealing_a_round_reveals_what_was_closed_unseen_before(coded: Study) -> None:
    coded.close_round()
    coded.open_round(purpose=Purpose.INDEPENDENT)
    coded.reveal()
    assert [item.is_hidden for item in coded.rounds()] == [False, False]


def test_opening_a_round_that_is_not_blind_reveals_what_was_before(coded: Study) -> None:
    coded.close_round()
    coded.open_round(blind=False)
    assert [item.is_hidden for item in coded.rounds()] == [False, False]


def test_a_round_is_about_what_it_was_opened_on(again: Study, shame: str, bus: str) -> None:
    ana = again.seat("Ana")
    assert ana.queue() == [shame]
    assert ana.progress() == (0, 1)
    assert "is not Ana's to code in round 2" in refusal(lambda: ana.judge(bus, []), StudyError)


def test_a_round_on_the_sample_or_on_given_segments_has_those(coded: Study, bus: str) -> None:
    coded.reveal()
    assert "no reliability sample" in refusal(lambda: coded.open_round(on="sample"), StudyError)
    drawn = coded.draw_sample(0.5, seed=1)
    assert set(coded.scope("sample")) == set(drawn.segment_ids)
    assert coded.scope([bus]) == (bus,)
    assert "no segment nowhere" in refusal(lambda: coded.scope(["nowhere"]), StudyError)
    assert "not on 'some'" in refusal(lambda: coded.scope("some"), StudyError)


def test_there_is_nothing_to_code_again_where_nothing_is_disputed(coded: Study, shame: str) -> None:
    coded.reveal()
    dan = coded.seat("Dan")
    for key in ("stigma", "trust"):
        dan.decide(shame, key, present=False, reason="slip")
    assert "no disputed case" in refusal(lambda: coded.open_round(on="disputed"), StudyError)


def test_only_adjudicators_lead_where_a_study_names_some(coded: Study) -> None:
    ana, dan = coded.seat("Ana"), coded.seat("Dan")
    for act in (ana.open_round, ana.close_round, ana.reveal, ana.make_plan):
        assert "Dan opens, closes and reveals rounds" in refusal(act, StudyError)
    dan.reveal()
    dan.open_round()
    with coded.store.read() as tx:
        assert [item.actor_id for item in tx.all(Event, verb=["revealed the round", "closed the round"])] == [dan.coder.id] * 2


def test_where_no_adjudicator_is_named_everybody_leads(small_study: Study) -> None:
    ana = small_study.seat("Ana")
    ana.reveal(close=True)
    assert ana.open_round().number == 2


# ---------------------------------------------------------------- what counts


def test_of_each_coder_and_segment_the_newest_judgement_counts(again: Study, shame: str, bus: str) -> None:
    again.seat("Ana").judge(shame, choices(trust=None))
    votes = again.votes()
    assert votes[shame] == {"Ana": {"trust": "present"}, "Ben": {"trust": "present"}}
    assert votes[bus] == {"Ana": {"transport": "barrier"}, "Ben": {"transport": "barrier"}}
    first, second = again.rounds()
    assert again.votes(first.id)[shame]["Ana"] == {"stigma": "barrier"}
    assert again.votes(second.id) == {shame: {"Ana": {"trust": "present"}}}
    assert {item.basis for item in again.final_codes() if item.segment_id == shame} == {Basis.AGREED}


def test_a_judgement_taken_back_leaves_that_of_the_round_before(again: Study, shame: str) -> None:
    ana = again.seat("Ana")
    ana.judge(shame, choices(trust=None))
    ana.withdraw(shame, base_version=1)
    assert again.votes()[shame]["Ana"] == {"stigma": "barrier"}
    assert again.verify() is None


def test_a_decision_stands_over_rounds_until_there_is_a_newer_one(coded: Study, shame: str) -> None:
    coded.reveal()
    dan = coded.seat("Dan")
    first = dan.decide(shame, "stigma", present=False, reason="slip")
    coded.open_round()
    assert coded.decisions()[shame, "stigma"] == first
    with pytest.raises(StaleError):
        dan.decide(shame, "stigma", present=False, reason="judgement")
    second = dan.decide(shame, "stigma", present=False, reason="judgement", seen=first.id)
    assert coded.decisions() == {(shame, "stigma"): second}
    assert coded.verify() is None


def test_the_note_on_codes_says_which_rounds_count(again: Study, shame: str) -> None:
    again.seat("Ana").judge(shame, choices(trust=None))
    said = again.basis_note(again.final_codes())
    assert "Of each coder and segment the newest judgement counts: 3 of round 1, 1 of round 2." in said


def test_a_judgement_sent_from_a_round_that_is_over_is_refused_and_not_kept_in_the_new_one(again: Study, shame: str) -> None:
    ana, first = again.seat("Ana"), again.rounds()[0]
    late = refusal(lambda: ana.judge(shame, [], base_version=1, round_id=first.id, client_id="late"), StudyError)
    assert "Round 1 is over, and round 2 is open" in late
    assert ana.judged_ids() == {}


def test_an_act_that_was_kept_before_the_round_ended_is_kept_once(coded: Study, shame: str) -> None:
    ana = coded.seat("Ana")
    kept = ana.judge(shame, choices(trust=None), base_version=1, client_id="once")
    coded.reveal()
    coded.open_round()
    assert ana.judge(shame, choices(trust=None), base_version=1, client_id="once") == kept
    assert ana.judged_ids() == {}


def test_a_memo_belongs_to_its_round(again: Study, shame: str) -> None:
    ana = again.seat("Ana")
    ana.judge(shame, [], memo="Of the second round.")
    assert ana.view(shame).memo == "Of the second round."
    again.reveal()
    again.open_round(blind=False)
    assert ana.view(shame).memo == ""


def test_codes_from_a_file_are_refused_once_the_round_is_closed(coded: Study) -> None:
    coded.close_round()
    codings = coded.folder.path / "codings.csv"
    codings.write_text(CODINGS)
    assert "Round 1 is closed" in refusal(lambda: coding.read_codes(coded, codings), StudyError)


# ---------------------------------------------------------------- blind means blind, in every round


def everything(seat: Seat, segment_ids: list[str]) -> str:
    """All that a seat gives out, as text; what it refuses is left out."""
    asked: list[Any] = [
        seat.agreement, seat.topics, seat.landscape, seat.theme_rows, seat.themes, seat.written_themes, seat.evaluated,
        seat.uptake, seat.exposure, seat.tables, seat.basis_note, seat.gaps, seat.debt, seat.across, seat.cases, seat.ledger,
        seat.orders, *(lambda n=n: seat.look_back(n) for n in (1, 2)), *(lambda n=n: seat.notes(n) for n in (1, 2)),
        *(lambda key=key: seat.view(key) for key in segment_ids), *(lambda key=key: seat.cards(key) for key in segment_ids),
    ]  # fmt: skip
    said = []
    for ask in asked:
        try:
            said.append(json.dumps(as_plain(ask()), default=str))
        except (BlindnessError, StudyError):
            continue
    return "\n".join(said)


def test_in_a_blind_round_of_coding_again_nothing_of_it_reaches_a_coder_who_has_yet_to_judge(
    again: Study, shame: str, bus: str
) -> None:
    ana, ben = again.seat("Ana"), again.seat("Ben")
    before = everything(ana, [shame, bus])
    ben.judge(shame, choices(stigma="mixed"), memo=HINT)
    after = everything(ana, [shame, bus])
    assert "stigma" in before  # the revealed round may be looked at
    assert "mixed" not in after
    assert HINT not in after
    new = [line for line in after.splitlines() if line not in before.splitlines()]
    assert [line.replace('"coders": ["Ben"]', '"coders": []') in before for line in new] == [True]  # that Ben was at work


def test_what_is_decided_in_a_blind_round_does_not_reach_who_has_yet_to_judge(again: Study, shame: str, bus: str) -> None:
    ana, dan = again.seat("Ana"), again.seat("Dan")
    before = everything(ana, [shame, bus])
    dan.decide(shame, "stigma", present=False, reason="slip", note=HINT)
    assert everything(ana, [shame, bus]) == before


def test_a_seat_taken_in_a_revealed_round_is_blind_once_the_next_is_opened(coded: Study, shame: str) -> None:
    coded.reveal()
    ana = coded.seat("Ana")
    assert ana.may_see_results()
    coded.open_round(on="disputed")
    assert not ana.may_see_results()
    assert ana.view(shame).choices == ()
    refusal(ana.agreement, BlindnessError)


def test_in_a_blind_round_coders_do_not_see_their_own_earlier_codes_with_the_segment(again: Study, shame: str) -> None:
    view = again.seat("Ana").view(shame)
    assert (view.choices, view.version, view.memo) == ((), 0, "")


def test_a_revealed_round_may_be_looked_at_while_the_next_is_blind_and_the_log_says_who_did(again: Study, shame: str) -> None:
    ana, first = again.seat("Ana"), again.rounds()[0]
    cases = ana.look_back(1)
    assert {(case.code_key, tuple(case.votes.items())) for case in cases if case.segment_id == shame} == {
        ("stigma", (("Ana", "barrier"), ("Ben", None))),
        ("trust", (("Ana", None), ("Ben", "present"))),
    }
    ana.look_back(1)
    with again.store.read() as tx:
        shown = [item.payload for item in tx.all(Event, verb=SHOWN, actor_id=ana.coder.id)]
    assert [item["round_id"] for item in shown] == [first.id]
    ana.judge(shame, [])  # what was shown of the earlier round settles nothing in this one


def test_looking_back_shows_a_round_as_it_was_left(again: Study, shame: str) -> None:
    again.seat("Ben").judge(shame, choices(stigma="mixed"))
    again.seat("Dan").decide(shame, "trust", present=True, reason="judgement")
    votes = {case.code_key: (case.votes, case.decision) for case in again.seat("Ana").look_back(1) if case.segment_id == shame}
    assert votes["stigma"] == ({"Ana": "barrier", "Ben": None}, None)
    assert votes["trust"] == ({"Ana": None, "Ben": "present"}, None)


def test_cases_outside_a_blind_rounds_scope_show_if_everything_before_was_revealed(again: Study, shame: str, bus: str) -> None:
    ana = again.seat("Ana")
    assert {case.segment_id for case in ana.cases()} == {bus}
    ana.decide(bus, "transport", present=False, reason="slip")
    assert "yet to judge" in refusal(lambda: ana.decide(shame, "stigma", present=False, reason="slip"), BlindnessError)


def test_a_round_that_was_closed_unseen_stays_withheld_in_the_next(coded: Study, shame: str, bus: str) -> None:
    coded.close_round()
    coded.open_round(on=[bus], purpose=Purpose.INDEPENDENT)
    ana = coded.seat("Ana")
    assert ana.cases() == []
    refusal(lambda: ana.look_back(1), BlindnessError)
    assert all(item.agreement == () for item in ana.ledger())
    ana.judge(bus, [])
    assert {case.segment_id for case in ana.cases()} == {shame, bus}  # has judged all that is theirs


def test_what_was_shown_in_one_round_settles_nothing_in_the_next(coded: Study, shame: str) -> None:
    ana = coded.seat("Ana")
    ana.cases()
    refusal(lambda: ana.judge(shame, []), BlindnessError)
    coded.reveal()
    coded.open_round()
    assert ana.judge(shame, []).version == 1


# ---------------------------------------------------------------- the ledger


def test_the_ledger_names_the_version_of_the_codebook_that_a_round_was_opened_under(coded: Study) -> None:
    coded.reveal()
    add_code(coded)
    coded.open_round()
    assert lines(coded)[2].codebook_number == 2


def test_the_ledger_says_how_far_coders_agree_in_each_round(again: Study, shame: str) -> None:
    for name in ("Ana", "Ben"):
        again.seat(name).judge(shame, choices(stigma="barrier"))
    first, second = lines(again)[1], lines(again)[2]
    assert (first.n_segments, first.n_blind, first.coders) == (2, 2, ("Ana", "Ben"))
    assert alpha(first.agreement) == alpha(first.blind)
    assert (second.n_segments, second.n_blind) == (1, 0)
    percent = next(item for item in second.agreement if item.measure == "percent")
    assert (percent.value, percent.n_units) == (1.0, 1)  # the one code that anybody gave, on one segment
    assert alpha(second.blind) is None


def test_what_is_changed_after_the_reveal_leaves_blind_agreement_as_it_was(coded: Study, shame: str) -> None:
    before = lines(coded)[1]
    coded.reveal()
    coded.seat("Ben").judge(shame, choices(stigma="barrier"))
    after = lines(coded)[1]
    assert alpha(after.agreement) == 1.0
    assert after.blind == before.blind
    assert alpha(after.blind) != 1.0


def test_what_is_judged_after_the_reveal_is_no_reliability(study: Study, shame: str, bus: str) -> None:
    for name in ("Ana", "Ben"):
        study.seat(name).judge(shame, choices(stigma="barrier"))
    study.reveal()
    for name in ("Ana", "Ben"):
        study.seat(name).judge(bus, choices(transport="barrier"))
    assert (lines(study)[1].n_segments, lines(study)[1].n_blind) == (2, 1)


def test_new_segments_in_a_later_independent_round_are_reliability_and_known_ones_are_not(
    coded: Study, shame: str, segment_ids: dict[str, str]
) -> None:
    fresh = segment_ids["But they"]
    coded.reveal()
    coded.open_round(purpose=Purpose.INDEPENDENT, on=[shame, fresh])
    for name in ("Ana", "Ben"):
        for key in (shame, fresh):
            coded.seat(name).judge(key, choices(trust=None))
    assert (lines(coded)[2].n_segments, lines(coded)[2].n_blind) == (2, 1)


def test_who_was_shown_codes_in_a_round_closed_unseen_is_not_blind_to_them_in_the_next(
    coded: Study, shame: str, bus: str
) -> None:
    ana = coded.seat("Ana")
    ana.cases()  # shows both segments
    coded.close_round()
    coded.open_round(purpose=Purpose.INDEPENDENT)
    for name in ("Ana", "Ben"):
        for key in (shame, bus):
            coded.seat(name).judge(key, choices(trust=None))
    assert (lines(coded)[2].n_segments, lines(coded)[2].n_blind) == (2, 0)
    assert lines(coded)[1].n_blind == 2


def test_a_blind_coders_ledger_has_no_figures_of_the_blind_round(again: Study, shame: str) -> None:
    again.seat("Ben").judge(shame, [])
    first, second = again.seat("Ana").ledger()
    assert alpha(first.agreement) is not None
    assert (second.agreement, second.blind) == ((), ())


def test_the_ledger_is_exported_with_what_reliability_rests_on(again: Study, shame: str) -> None:
    for name in ("Ana", "Ben"):
        again.seat(name).judge(shame, choices(stigma="barrier"))
    table = again.tables()["agreement_rounds"]
    assert [row[:2] for row in table.rows] == [
        ("1, closed, revealed", "independent"), ("2, open, blind", "re-code, 1 segment"),
    ]  # fmt: skip
    assert [item.text for item in table.spanners] == ["Judged blind", "All, as it stands now"]
    notes = " ".join(again.tables()["theme_table"].notes)
    assert "round 1, 2 of 2 segments (alpha" in notes
    assert "round 2, 0 of 1 segment" in notes


def test_agreement_by_code_is_what_was_said_blind_beside_what_stands_after_discussion(coded: Study, shame: str) -> None:
    assert coded.blind_apart() is None
    before = coded.agreement()
    assert "agreement_now" not in coded.tables()
    coded.reveal()
    coded.seat("Ben").judge(shame, choices(stigma="barrier"))
    assert coded.blind_agreement() == before
    kappa = {item.code_key: item.value for item in coded.blind_agreement() if item.measure == "percent"}
    now = {item.code_key: item.value for item in coded.agreement() if item.measure == "percent"}
    assert (kappa["stigma"], now["stigma"]) == (0.5, 1.0)
    assert (coded.judged_by_two(is_blind=True)["stigma"].apart, coded.judged_by_two()["stigma"].apart) == ((shame,), ())
    tables = coded.tables()
    assert tables["agreement"].title == "Intercoder agreement before discussion"
    assert "does not speak of reliability" in " ".join(tables["agreement_now"].notes)


def test_where_nothing_was_said_blind_the_table_says_so(study: Study, shame: str) -> None:
    study.open_round(blind=False)
    for name in ("Ana", "Ben"):
        study.seat(name).judge(shame, choices(stigma="barrier"))
    assert study.blind_agreement()[0].n_units == 0
    tables = study.tables()
    assert "agreement_now" not in tables
    assert "does not speak of reliability" in " ".join(tables["agreement"].notes)


# ---------------------------------------------------------------- consensus


def test_a_consensus_decides_every_code_of_a_segment_and_is_nobodys_vote(coded: Study, shame: str) -> None:
    coded.reveal()
    votes = dict(coded.votes()[shame])
    coded.open_round(purpose=Purpose.CONSENSUS, on="disputed")
    coded.seat("Ana").judge(shame, choices(stigma="mixed"))
    assert coded.votes()[shame] == votes
    said = {key: (item.present, item.valence, item.note) for (_, key), item in coded.decisions().items()}
    assert said == {"stigma": (True, "mixed", "consensus"), "trust": (False, None, "consensus")}
    final = {item.code_key: (item.valence, item.basis) for item in coded.final_codes() if item.segment_id == shame}
    assert final == {"stigma": ("mixed", Basis.ADJUDICATED)}
    assert "2 cases decided in consensus" in coded.basis_note(coded.final_codes())
    assert coded.verify() is None


def test_in_a_consensus_one_judgement_stands_for_all_whoever_records_it(coded: Study, shame: str) -> None:
    coded.reveal()
    coded.open_round(purpose=Purpose.CONSENSUS, on="disputed")
    ana, dan = coded.seat("Ana"), coded.seat("Dan")
    ana.judge(shame, choices(stigma="mixed"), base_version=0, client_id="one")
    assert [choice.code_key for choice in dan.view(shame).choices] == ["stigma"]
    assert dan.progress() == (1, 1)
    with pytest.raises(StaleError):
        dan.judge(shame, choices(trust=None), base_version=0)
    dan.judge(shame, choices(trust=None), base_version=1)
    ana.judge(shame, choices(stigma="mixed"), base_version=0, client_id="one")  # sent again
    assert [choice.code_key for choice in ana.view(shame).choices] == ["trust"]
    assert {key: item.present for (_, key), item in coded.decisions().items()} == {"stigma": False, "trust": True}
    assert "record what it agrees on now" in refusal(lambda: dan.withdraw(shame, base_version=2), StudyError)
    assert coded.verify() is None


def test_a_consensus_is_never_blind(coded: Study) -> None:
    coded.reveal()
    act = lambda: coded.open_round(purpose=Purpose.CONSENSUS, blind=True)  # noqa: E731
    assert "cannot be blind" in refusal(act, StudyError)


def test_a_file_of_one_coders_codes_is_no_consensus(coded: Study) -> None:
    coded.reveal()
    coded.open_round(purpose=Purpose.CONSENSUS)
    codings = coded.folder.path / "codings.csv"
    codings.write_text(CODINGS)
    assert "is for consensus" in refusal(lambda: coding.read_codes(coded, codings), StudyError)


# ---------------------------------------------------------------- discussing


def test_a_round_is_discussed_once_it_is_revealed_and_the_log_holds_no_word_of_it(coded: Study, shame: str) -> None:
    ana = coded.seat("Ana")
    refusal(lambda: ana.note(1, HINT), BlindnessError)
    refusal(lambda: ana.notes(1), BlindnessError)
    coded.reveal()
    ana.note(1, HINT, segment_id=shame, code_key="stigma", client_id="once")
    ana.note(1, HINT, segment_id=shame, code_key="stigma", client_id="once")
    assert [(item.text, item.code_key) for item in coded.seat("Ben").notes(1)] == [(HINT, "stigma")]
    assert "needs some words" in refusal(lambda: ana.note(1, "  "), StudyError)
    with coded.store.read() as tx:
        events = tx.all(Event)
    assert sum(item.verb == NOTED for item in events) == 1
    assert HINT not in json.dumps(as_plain(events))
    assert coded.verify() is None


def test_nobody_who_codes_blind_notes_anything(again: Study) -> None:
    refusal(lambda: again.seat("Ana").note(1, HINT), BlindnessError)
    again.seat("Dan").note(1, HINT)
    assert [item.text for item in again.seat("Ana").notes(1)] == [HINT]


# ---------------------------------------------------------------- the log


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("update round set revealed_at = null where number = 1", "the rounds"),
        ("update round set closed_at = null where number = 1", "the rounds"),
        ("update round set blind = 0 where number = 2", "the rounds"),
        ("update round set segment_ids = '[]' where number = 2", "the rounds"),
        ("update round set purpose = 'independent' where number = 2", "the rounds"),
        ("update round_note set text = 'no'", "the notes of discussions"),
    ],
)
def test_a_round_that_was_changed_by_hand_is_found_out(coded: Study, change: str, what: str) -> None:
    coded.reveal()
    coded.seat("Ana").note(1, HINT)
    coded.open_round(on="disputed")
    assert coded.verify() is None
    with sqlite3.connect(coded.folder.database) as connection:
        connection.execute(change)
    assert what in str(coded.verify())


def test_a_note_can_be_erased(coded: Study) -> None:
    coded.reveal()
    coded.seat("Ana").note(1, HINT)
    with sqlite3.connect(coded.folder.database) as connection:
        connection.execute("delete from round_note")
    assert coded.verify() is None
    with coded.store.read() as tx:
        assert tx.all(RoundNote) == []


# ---------------------------------------------------------------- what else is counted over rounds


def test_a_segment_read_again_in_a_later_round_is_no_debt_for_whoever_read_it(coded: Study, shame: str, bus: str) -> None:
    add_code(coded)
    ana, ben = coded.seat("Ana"), coded.seat("Ben")
    (owed,) = coded.debt()
    assert {who: set(keys) for who, keys in owed.owed.items()} == {key: {shame, bus} for key in (ana.coder.id, ben.coder.id)}
    coded.reveal()
    coded.open_round(on=[shame])
    ana.judge(shame, choices(stigma="barrier"))
    (owed,) = coded.debt()
    assert (set(owed.owed[ana.coder.id]), set(owed.owed[ben.coder.id])) == ({bus}, {shame, bus})
    assert ana.queue(order=Order.DEBT) == []  # the round is not about the bus


def test_what_a_group_read_again_is_nobodys_debt(coded: Study, shame: str, bus: str) -> None:
    add_code(coded)
    coded.reveal()
    coded.open_round(purpose=Purpose.CONSENSUS, on=[shame])
    coded.seat("Dan").judge(shame, choices(stigma="barrier"))
    (owed,) = coded.debt()
    assert {key for keys in owed.owed.values() for key in keys} == {bus}


def add_code(study: Study) -> None:
    path = study.folder.path / study.config.codebook
    path.write_text(path.read_text() + "  - key: hope\n    name: Hope\n    definition: Hope for better days.\n")
    study.codebook()


def test_a_judgement_counts_once_over_rounds_and_is_not_blind_to_a_suggestion_seen_before(again: Study, shame: str) -> None:
    ana = again.seat("Ana")
    assert {item.coder: item.n_judgements for item in again.exposure()} == {"Ana": 2, "Ben": 2}
    first = again.rounds()[0]
    with again.store.write() as tx:
        machines = {"keywords": [{"code_key": "trust", "valence": None}]}
        tx.log(ana.coder.id, uptake.SHOWN, {"segment_id": shame, "round_id": first.id, "machines": machines})
    ana.judge(shame, choices(trust=None))
    assert {item.coder: (item.n_judgements, item.n_blind) for item in again.exposure()} == {"Ana": (2, 1), "Ben": (2, 2)}
    (taken,) = again.uptake()
    assert (taken.n_shown, taken.n_accepted) == (1, 1)


def test_a_judgement_taken_back_is_in_no_count_of_judgements(coded: Study, shame: str) -> None:
    coded.seat("Ana").withdraw(shame, base_version=1)
    assert {item.coder: item.n_judgements for item in coded.exposure()} == {"Ana": 1, "Ben": 2}


def test_a_consensus_is_no_judgement_of_whoever_recorded_it(coded: Study, shame: str) -> None:
    coded.reveal()
    coded.open_round(purpose=Purpose.CONSENSUS)
    coded.seat("Ana").judge(shame, choices(trust=None))
    assert {item.coder: item.n_judgements for item in coded.exposure()} == {"Ana": 2, "Ben": 2}
    assert (lines(coded)[1].n_segments, lines(coded)[2].n_segments) == (2, 0)
    lesson = coded.brief().lessons[shame]
    assert set(lesson.codes) == {"trust"}


def test_lessons_are_what_counts_over_all_rounds(again: Study, shame: str) -> None:
    for name in ("Ana", "Ben"):
        again.seat(name).judge(shame, choices(trust=None))
    lesson = again.brief().lessons[shame]
    assert (set(lesson.codes), lesson.unsettled) == ({"trust"}, frozenset())
