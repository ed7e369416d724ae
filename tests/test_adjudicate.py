"""From votes and decisions to the codes that count."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from qualkit.model import Assignment, Basis, Decision, FinalCode, Suggestion, Valence
from qualkit.stages.adjudicate import Options, Votes, cases, cast, final_codes, from_suggestions

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
Decisions = dict[tuple[str, str], Decision]


def decided(
    code_key: str = "stigma", *, present: bool = True, valence: Valence | None = None, segment: str = "s1"
) -> Decisions:
    decision = Decision(
        id=f"{segment}/{code_key}", segment_id=segment, code_key=code_key, round_id="r", present=present, valence=valence,
        adjudicator_id="Dan", reason="judgement", decided_at=NOON,
    )  # fmt: skip
    return {(segment, code_key): decision}


def counted(votes: Votes, decisions: Decisions | None = None, **options: int) -> list[tuple[str, Valence | None, Basis]]:
    found: list[FinalCode] = final_codes(votes, decisions or {}, Options(**options))
    return [(code.code_key, code.valence, code.basis) for code in found]


AGREED: Votes = {"s1": {"Ana": {"stigma": "barrier"}, "Ben": {"stigma": "barrier"}}}
DISPUTED: Votes = {"s1": {"Ana": {"stigma": "barrier"}, "Ben": {}}}
DISPUTED_VALENCE: Votes = {"s1": {"Ana": {"stigma": "barrier"}, "Ben": {"stigma": "mixed"}}}
SINGLE: Votes = {"s1": {"Ana": {"stigma": "barrier", "trust": "present"}}}


# ---------------------------------------------------------------- votes


def assignment(coder_id: str, code_key: str, valence: Valence | None = None) -> Assignment:
    return Assignment(
        id=f"{coder_id}/{code_key}", segment_id="s1", code_key=code_key, coder_id=coder_id, round_id="r", valence=valence,
        made_at=NOON,
    )  # fmt: skip


def test_who_looked_and_saw_nothing_votes_and_who_did_not_look_does_not() -> None:
    votes = cast([("s1", "1"), ("s1", "2")], [assignment("1", "trust")], {"1": "Ana", "2": "Ben", "3": "Cara"})
    assert votes == {"s1": {"Ana": {"trust": "present"}, "Ben": {}}}


def test_machines_do_not_vote() -> None:
    votes = cast([("s1", "1")], [assignment("1", "trust"), assignment("machine", "stigma", Valence.BARRIER)], {"1": "Ana"})
    assert votes == {"s1": {"Ana": {"trust": "present"}}}


# ---------------------------------------------------------------- cases


def test_a_case_is_each_code_that_anybody_gave_where_two_looked() -> None:
    votes: Votes = {
        "s1": {"Ana": {"stigma": "barrier", "trust": "present"}, "Ben": {"trust": "present"}},
        **{"s2": SINGLE["s1"]},
    }
    found = {(case.segment_id, case.code_key): case for case in cases(votes, {})}
    assert list(found) == [("s1", "stigma"), ("s1", "trust")]
    assert found["s1", "stigma"].votes == {"Ana": "barrier", "Ben": None}
    assert [case.is_disputed for case in found.values()] == [True, False]


def test_coders_who_differ_on_valence_alone_dispute() -> None:
    assert [case.is_disputed for case in cases(DISPUTED_VALENCE, {})] == [True]


def test_a_decided_code_that_nobody_gave_is_a_case_too() -> None:
    found = cases(AGREED, decided("trust"))
    assert [(case.code_key, case.decision is not None) for case in found] == [("stigma", False), ("trust", True)]


# ---------------------------------------------------------------- what counts


@pytest.mark.parametrize(
    ("votes", "decisions", "expected"),
    [
        (AGREED, {}, [("stigma", Valence.BARRIER, Basis.AGREED)]),
        (SINGLE, {}, [("stigma", Valence.BARRIER, Basis.SINGLE), ("trust", None, Basis.SINGLE)]),
        (DISPUTED, {}, []),
        (DISPUTED_VALENCE, {}, []),
        (DISPUTED, decided(valence=Valence.BARRIER), [("stigma", Valence.BARRIER, Basis.ADJUDICATED)]),
        (DISPUTED_VALENCE, decided(valence=Valence.MIXED), [("stigma", Valence.MIXED, Basis.ADJUDICATED)]),
        (DISPUTED, decided(present=False), []),
        # the adjudicator may be against every vote: nobody was right
        (AGREED, decided(present=False), []),
        (AGREED, decided(valence=Valence.FACILITATOR), [("stigma", Valence.FACILITATOR, Basis.ADJUDICATED)]),
        # and may find a code that nobody gave
        (AGREED, decided("trust"), [("stigma", Valence.BARRIER, Basis.AGREED), ("trust", None, Basis.ADJUDICATED)]),
        # a decision on another segment changes nothing here
        (DISPUTED, decided(present=False, segment="s2"), []),
    ],
)
def test_a_decision_goes_before_agreement_and_agreement_before_a_single_coder(
    votes: Votes, decisions: Decisions, expected: list[tuple[str, Valence | None, Basis]]
) -> None:
    assert counted(votes, decisions) == expected


def test_a_third_coder_who_saw_nothing_turns_an_agreed_code_into_a_dispute() -> None:
    assert counted({"s1": {**AGREED["s1"], "Cara": {}}}) == []


def test_a_segment_counts_once_enough_people_have_coded_it() -> None:
    votes = {**AGREED, "s2": SINGLE["s1"]}
    assert len(counted(votes, min_coders=1)) == 3  # stigma on s1; stigma and trust on s2
    assert counted(votes, min_coders=2) == [("stigma", Valence.BARRIER, Basis.AGREED)]


def test_what_was_decided_counts_however_few_have_coded() -> None:
    assert counted(SINGLE, decided("trust"), min_coders=2) == [("trust", None, Basis.ADJUDICATED)]


# ---------------------------------------------------------------- while nobody has coded


def suggestion(score: float, valence: Valence | None = None, code_key: str = "stigma") -> Suggestion:
    return Suggestion(segment_id="s1", code_key=code_key, score=score, rationale="", evidence=(), valence=valence)


def test_suggestions_stand_in_from_a_score_on_and_the_surest_valence_wins() -> None:
    stigma = [suggestion(0.6, Valence.BARRIER), suggestion(0.8, Valence.MIXED)]
    found = from_suggestions([*stigma, suggestion(0.5, None, "trust"), suggestion(0.49, None, "bus")], min_score=0.5)
    assert [(code.code_key, code.valence, code.basis) for code in found] == [
        ("stigma", Valence.MIXED, Basis.SUGGESTED),
        ("trust", None, Basis.SUGGESTED),
    ]
