"""Consensus matrix: what codes and recorded responses tell of agreement and dissent, with nothing averaged away."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qualkit.model import (
    ConsensusRow,
    Participant,
    Response,
    ResponseKind,
    Role,
    Segment,
    Stance,
    ThemeRow,
    Transcript,
    Valence,
    utc_now,
)
from qualkit.stages import consensus_matrix, responses
from qualkit.stages.themes import Corpus
from tests.fakes import a_segment

FOR, AGAINST, MIXED = Valence.FACILITATOR, Valence.BARRIER, Valence.MIXED
BUILDS, AGREES, QUALIFIES, CHALLENGES = (
    ResponseKind.BUILDS_ON, ResponseKind.AGREES, ResponseKind.QUALIFIES, ResponseKind.CHALLENGES,
)  # fmt: skip


def said(n: int, who: str | None, group: str = "g", *, is_coded: bool = True) -> Segment:
    return replace(a_segment(n, f"words {n}", who, is_coded=is_coded), transcript_id=group)


def person(key: str, group: str = "g", role: Role = Role.PARTICIPANT) -> Participant:
    return Participant(id=key, transcript_id=group, pseudonym=key.upper(), role=role)


SEGMENTS = [said(0, "m", is_coded=False), said(1, "p"), said(2, "q"), said(3, "p"), said(4, "r"), said(5, None), said(6, "s"),
            said(7, "x", "h")]  # fmt: skip
CORPUS = Corpus(
    segments={item.id: item for item in SEGMENTS},
    transcripts={key: Transcript(id=key, label=key, title=key.upper(), source="", source_sha256="") for key in ("g", "h")},
    participants={
        item.id: item for item in (person("m", role=Role.MODERATOR), *map(person, "pqrst"), person("x", "h"))
    },
)  # fmt: skip
"""In group G, P, Q, P again, R, somebody, and S speak, and T says nothing; in H there is X alone."""


def rows(name: str = "Bus", **by_valence: str) -> list[ThemeRow]:
    """Rows of a theme: `facilitator="s1 s3"`, `present=...` for codes without valence."""
    return [
        ThemeRow(
            domain="", theme=name, valence=None if valence == "present" else Valence(valence), definition="", n_groups=1,
            of_groups=2, n_participants=1, of_participants=6, n_segments=1, quotes=(), basis={}, theme_id=name,
            segment_ids=tuple(ids.split()),
        )
        for valence, ids in by_valence.items()
    ]  # fmt: skip


def answer(segment: int, to: int, kind: ResponseKind) -> Response:
    return Response(
        id=f"{segment}-{to}", segment_id=f"s{segment}", to_segment_id=f"s{to}", kind=kind, coder_id="ana", made_at=utc_now()
    )


def symbols(found: list[ThemeRow], *answers: Response) -> dict[str, str]:
    (row,) = consensus_matrix.run(consensus_matrix.matters(found), CORPUS, answers)
    return {cell.name: cell.symbol for cell in row.cells}


def only_row(found: list[ThemeRow], *answers: Response) -> ConsensusRow:
    (row,) = consensus_matrix.run(consensus_matrix.matters(found), CORPUS, answers)
    return row


# ---------------------------------------------------------------- what codes tell


def test_a_statement_on_the_side_of_most_people_is_agreement_and_one_on_the_other_side_dissent() -> None:
    row = only_row(rows(barrier="s1 s2", facilitator="s4"))
    assert row.view is AGAINST
    assert [cell.symbol for cell in row.cells] == ["SE", "SE", "SD", "NR", "NR"]
    assert (row.is_divided, row.n_both_ways, row.n_silent) == (True, 0, 2)


def test_the_side_is_that_of_most_people_and_not_of_most_segments() -> None:
    row = only_row(rows(facilitator="s1 s3", barrier="s2 s4"))
    assert row.view is AGAINST
    assert [cell.symbol for cell in row.cells][:3] == ["SD", "SE", "SE"]


def test_of_sides_with_equally_many_people_the_one_raised_first_is_the_view() -> None:
    assert only_row(rows(facilitator="s2", barrier="s1")).view is AGAINST
    assert only_row(rows(barrier="s2", facilitator="s1")).view is FOR


def test_who_spoke_on_both_sides_has_both_and_is_not_averaged() -> None:
    row = only_row(rows(barrier="s1 s2", facilitator="s3"))
    assert row.cells[0].symbol == "SE / SD"
    assert row.cells[0].is_both_ways
    assert row.cells[0].segment_ids == ("s1", "s3")
    assert (row.n_both_ways, row.is_divided) == (1, True)


def test_a_mixed_code_is_on_both_sides() -> None:
    assert symbols(rows(mixed="s2", barrier="s1"))["Q"] == "SE / SD"


def test_a_code_without_valence_says_no_side_and_is_no_agreement() -> None:
    row = only_row(rows(present="s1 s2"))
    assert row.view is None
    assert row.cells[0].stances == (Stance.SAID,)
    assert not row.cells[0].agrees
    assert not row.cells[0].dissents
    assert symbols(rows(present="s1", barrier="s2")) == {"P": "S", "Q": "SE", "R": "NR", "S": "NR", "T": "NR"}


def test_unknown_speakers_have_no_cell_and_a_theme_that_was_not_raised_no_row() -> None:
    assert set(symbols(rows(barrier="s5"))) == set("PQRST")
    assert set(symbols(rows(barrier="s5")).values()) == {"NR"}
    assert consensus_matrix.run(consensus_matrix.matters(rows(barrier="gone")), CORPUS, []) == []


def test_one_participant_alone_agrees_with_nobody() -> None:
    assert consensus_matrix.run(consensus_matrix.matters(rows(barrier="s7")), CORPUS, []) == []


# ---------------------------------------------------------------- what recorded responses tell


@pytest.mark.parametrize(
    ("kind", "to_the_view", "to_the_other_side"),
    [(AGREES, "A", "D"), (BUILDS, "A", "D"), (CHALLENGES, "D", "A"), (QUALIFIES, "A / D", "A / D")],
)
def test_a_response_is_for_or_against_the_view_by_its_kind_and_by_what_it_answers(
    kind: ResponseKind, to_the_view: str, to_the_other_side: str
) -> None:
    theme = rows(barrier="s1 s2", facilitator="s4")
    assert symbols(theme, answer(6, 1, kind))["S"] == to_the_view
    assert symbols(theme, answer(6, 4, kind))["S"] == to_the_other_side


def test_to_answer_words_without_a_side_is_to_agree_with_them_or_to_dissent() -> None:
    assert symbols(rows(present="s1"), answer(6, 1, AGREES))["S"] == "A"
    assert symbols(rows(present="s1"), answer(6, 1, CHALLENGES))["S"] == "D"


def test_a_response_and_a_statement_stand_side_by_side() -> None:
    row = only_row(rows(barrier="s1 s2 s4"), answer(4, 1, CHALLENGES))
    assert row.cells[2].symbol == "SE / D"
    assert row.cells[2].is_both_ways
    assert row.is_divided


def test_an_answer_to_what_is_not_on_the_theme_says_nothing_of_it() -> None:
    assert symbols(rows(barrier="s1"), answer(6, 2, CHALLENGES))["S"] == "NR"


# ---------------------------------------------------------------- guide questions


def test_after_a_question_each_theme_has_its_own_view_and_a_cell_all_that_was_found() -> None:
    found = [*rows("Bus", barrier="s1 s2", facilitator="s4"), *rows("Shame", facilitator="s3 s6")]
    placed = {"s1": "1", "s2": "1", "s3": "1", "s4": "1", "s6": "2"}
    matters = consensus_matrix.matters(found, placed, {"1": "Question 1", "2": "Question 2", "3": "Question 3"})
    by_name = {row.matter: row for row in consensus_matrix.run(matters, CORPUS, [])}
    assert list(by_name) == ["Bus", "Shame", "Question 1", "Question 2"]
    assert [cell.symbol for cell in by_name["Question 1"].cells] == ["SE", "SE", "SD", "NR", "NR"]
    assert [cell.symbol for cell in by_name["Question 2"].cells] == ["NR", "NR", "NR", "SE", "NR"]
    assert by_name["Question 1"].is_question
    assert by_name["Question 1"].view is None


# ---------------------------------------------------------------- as tables


def test_the_matrix_has_a_column_for_each_participant_and_explains_its_symbols() -> None:
    table = consensus_matrix.matrix([only_row(rows(barrier="s1 s2", facilitator="s3"))])
    assert table.columns == ("Theme or guide question", "View", "P", "Q", "R", "S", "T")
    assert table.rows == (("Bus", "barrier", "SE / SD", "SE", "NR", "NR", "NR"),)
    notes = " ".join(table.notes)
    for symbol in ("SE:", "SD:", "A:", "D:", "S:", "NR:", "N = 5"):
        assert symbol in notes


def test_the_summary_names_who_agreed_who_dissented_and_who_did_both() -> None:
    row = only_row(rows(barrier="s1 s2", facilitator="s3"), answer(4, 1, CHALLENGES), answer(6, 1, AGREES))
    (line,) = consensus_matrix.summary([row]).rows
    assert line == ("G", "Bus", "barrier", "Q SE; S A", "R D", "P SE / SD", "", "1 of 5")


# ---------------------------------------------------------------- which segment may answer which


def test_a_segment_may_answer_what_others_said_before_it_the_nearest_first() -> None:
    assert [item.id for item in responses.earlier(CORPUS.segments["s3"], CORPUS)] == ["s2", "s0"]


@pytest.mark.parametrize(
    ("segment", "to", "why"),
    [
        ("s7", "s1", "different groups"),
        ("s1", "s2", "give the later segment first"),
        ("s3", "s1", "same speaker"),
        ("s4", "s1", None),
        ("s5", "s4", None),
        ("s1", "s0", None),
    ],
)
def test_what_cannot_answer_is_told_why(segment: str, to: str, why: str | None) -> None:
    fault = responses.fault(CORPUS.segments[segment], CORPUS.segments[to], CORPUS)
    assert fault is None if why is None else why in (fault or "")
