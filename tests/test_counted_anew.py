"""What a study that is at work counts is what it counts when it is opened anew, and its log replays, after each kind of act."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from qualkit.errors import BlindnessError, StaleError, StudyError
from qualkit.model import ChangeKind, Choice, Evidence, Purpose, Turn, Valence
from qualkit.study import Seat, Study, coding, new_theme
from tests.conftest import choices, refusal
from tests.test_store import go_back

ALL, WITHOUT_MIXED = tuple(Valence), (Valence.FACILITATOR, Valence.BARRIER)


def counted(study: Study) -> dict[str, object]:
    """Everything that is counted from what people said, in words, so that it can be compared."""
    asked = (
        study.votes, study.cases, study.decisions, study.final_codes, study.agreement, study.disputes, study.debt,
        study.codebook_gaps, study.ledger, study.theme_rows, study.theme_standings, study.uptake,
    )  # fmt: skip
    found = {ask.__name__: ask() for ask in asked}
    return {name: repr(sorted(said.items()) if hasattr(said, "items") else said) for name, said in found.items()}


def decision_on(study: Study, segment_id: str) -> str | None:
    """The id of the decision on the stigma of a segment, if there is one."""
    decision = study.dispute(segment_id, "stigma").case.decision
    return decision.id if decision else None


def acts(study: Study, ids: list[str]) -> Iterator[Callable[[], object]]:
    """One act of each kind, in an order in which each can be done."""
    ana, ben, cara = study.seat("Ana"), study.seat("Ben"), study.seat("Cara")
    for n, key in enumerate(ids):
        ana.judge(key, choices(stigma="barrier", transport="facilitator") if n % 2 else choices(trust=None))
    yield lambda: [ben.judge(key, choices(stigma="barrier")) for key in ids[1:]]
    yield lambda: ben.withdraw(ids[1], base_version=1)
    yield lambda: [ben.judge(ids[1], choices(transport="barrier")), ben.judge(ids[0], [])]
    yield lambda: study.make_plan(0.5, 3)
    yield study.reveal
    yield lambda: cara.decide(ids[0], "trust", present=True, reason="codebook gap", note="Whose?")
    yield lambda: cara.decide(ids[1], "transport", present=False, reason="slip")
    yield lambda: cara.accept(cara.proposals(), client_id="accept")
    yield lambda: cara.note(1, "We talked it over.", segment_id=ids[0], code_key="trust")
    book = cara.book

    def valences(of: tuple[Valence, ...]) -> None:
        book.edit(replace(book.now().by_key["stigma"], valences=of), kind=ChangeKind.MEANING, why="It is clearer.")

    yield lambda: book.edit(replace(book.now().by_key["trust"], definition="Trust in staff."), why="It was vague.")
    yield lambda: book.add(book.draft("Money", "What it costs.", key="money"))
    yield lambda: book.merge(["transport"], "stigma", why="They are one.")
    yield lambda: valences(WITHOUT_MIXED)
    yield lambda: valences(ALL)
    yield lambda: cara.decide(ids[2], "stigma", present=False, reason="slip", seen=decision_on(study, ids[2]))
    yield lambda: book.restore("transport", why="They are two.")
    yield lambda: book.merge(["transport"], "stigma", why="They are one after all.")
    yield lambda: book.restore("transport", why="They are two after all.")
    parts = [book.draft(name, f"By {name}.", like="transport") for name in ("Bus", "Car")]
    yield lambda: book.split("transport", parts, why="Buses are no cars.")
    yield lambda: book.retire("money", why="Nobody speaks of it.")
    yield lambda: study.open_round(purpose=Purpose.CONSENSUS, on=ids[:2])
    yield lambda: ana.judge(ids[0], choices(stigma="mixed"), memo="We agreed.")
    yield lambda: ben.judge(ids[0], choices(stigma="facilitator"), base_version=1)
    author = cara.authoring
    written = [new_theme(name, "", "Barriers", [key], []) for name, key in (("Shame", "stigma"), ("Trust", "trust"))]
    yield lambda: [author.write(theme) for theme in written]
    yield lambda: author.order([theme.id for theme in reversed(study.written_themes())])
    yield lambda: author.withdraw(study.written_themes()[0].id, seen=study.written_themes()[0].version)
    yield lambda: cara.save_themes(study.written_themes())
    yield study.open_round
    yield lambda: ana.judge(ids[3], choices(stigma="mixed"))
    yield study.close_round
    yield lambda: ana.look_back(1)
    yield lambda: study.draw_sample(0.5, 1)
    yield lambda: study.open_round(on="sample")
    turn = study.seat("Ana").view(ids[0]).segment.turn_id
    yield lambda: cara.corrections.edit(turn, "There was so much shame in this town. People blame the person.")


def test_what_is_counted_act_by_act_is_what_is_counted_anew(small_study: Study) -> None:
    counted(small_study)
    for act in acts(small_study, [segment.id for segment in small_study.coded_segments()]):
        act()
        assert small_study.verify() is None
        assert counted(small_study) == counted(Study.open(small_study.folder.path))


# ---------------------------------------------------------------- acts that come twice


def test_an_act_that_comes_again_after_its_code_was_retired_is_the_same_act(small_study: Study) -> None:
    ana, key = small_study.seat("Ana"), small_study.coded_segments()[0].id
    made = ana.judge(key, choices(stigma="barrier"), client_id="a")
    decided = ana.decide(key, "stigma", present=True, valence=Valence.BARRIER, reason="slip", client_id="d")
    ana.book.retire("stigma", why="It is too wide.")
    assert ana.judge(key, choices(stigma="barrier"), client_id="a") == made
    assert ana.decide(key, "stigma", present=True, valence=Valence.BARRIER, reason="slip", client_id="d") == decided
    with pytest.raises(StudyError, match="retired"):
        ana.judge(key, choices(stigma="barrier"), client_id="another")
    assert small_study.verify() is None


def test_a_file_that_comes_again_after_its_code_was_retired_is_known(small_study: Study) -> None:
    file = small_study.folder.path / "codings.csv"
    file.write_text("transcript,coder,turn,code\nfg1,Eva,3,trust\n")
    (first,) = coding.read_codings(small_study, file)
    small_study.seat("Eva").book.retire("trust", why="It is too wide.")
    (second,) = coding.read_codings(small_study, file)
    assert (first.is_fresh, second) == (True, replace(first, is_fresh=False))


# ---------------------------------------------------------------- blindness


@pytest.fixture
def pair(small_study: Study) -> tuple[Seat, Seat, list[str]]:
    """Ana and Ben, who code blind, and all segments."""
    return small_study.seat("Ana"), small_study.seat("Ben"), [segment.id for segment in small_study.coded_segments()]


def test_a_decision_shows_a_blind_coder_the_votes_and_so_settles_their_own(pair: tuple[Seat, Seat, list[str]]) -> None:
    ana, ben, ids = pair
    ana.judge(ids[0], [])
    ben.judge(ids[0], choices(stigma="barrier"))
    ana.decide(ids[0], "stigma", present=False, reason="slip")
    with pytest.raises(BlindnessError, match="would not be blind"):
        ana.judge(ids[0], choices(stigma="barrier"))


def test_who_has_judged_all_and_looks_at_the_cases_was_shown_every_segment(pair: tuple[Seat, Seat, list[str]]) -> None:
    ana, ben, ids = pair
    for key in ids:
        ana.judge(key, [])
        ben.judge(key, choices(stigma="barrier") if key == ids[0] else [])
    assert [item.case.segment_id for item in ana.disputes()] == ids[:1]
    with pytest.raises(BlindnessError):  # that there is no case tells that Ben gave no code either
        ana.judge(ids[1], choices(stigma="barrier"))


def test_why_a_code_was_retired_is_not_in_the_codebook_that_blind_coders_read(pair: tuple[Seat, Seat, list[str]]) -> None:
    ana, ben, _ = pair
    ben.book.retire("transport", why="I gave it to the shame of P1.")
    said = ana.codebook.by_key["transport"].retired or ""
    assert "by Ben" in said and "shame" not in said
    assert "shame" not in repr(ana.book.history("transport"))
    assert "shame" in repr(ben.book.history("transport"))


def test_coding_what_is_disputed_is_never_independent(pair: tuple[Seat, Seat, list[str]], small_study: Study) -> None:
    ana, ben, ids = pair
    ana.judge(ids[0], choices(stigma="barrier"))
    ben.judge(ids[0], choices(transport="barrier"))
    small_study.close_round()
    said = refusal(lambda: small_study.open_round(purpose=Purpose.INDEPENDENT, on="disputed"), StudyError)
    assert "tells what others said" in said


# ---------------------------------------------------------------- merged codes


def test_a_round_that_is_over_reads_merged_codes_as_one_in_its_cases_and_its_line(
    pair: tuple[Seat, Seat, list[str]], small_study: Study
) -> None:
    ana, ben, ids = pair
    for key in ids:
        ana.judge(key, choices(stigma="barrier"))
        ben.judge(key, choices(transport="barrier"))
    small_study.reveal()
    ana.decide(ids[0], "transport", present=True, valence=Valence.BARRIER, reason="slip")
    ana.book.merge(["transport"], "stigma", why="They are one.")
    left = [(case.code_key, dict(case.votes), case.decision is not None) for case in ana.look_back(1)]
    assert {"stigma"} == {key for key, _, _ in left}
    assert ({"Ana": "barrier", "Ben": "barrier"}, True) in [(votes, is_decided) for _, votes, is_decided in left]
    (line,) = ana.ledger()
    assert line.agreement == line.blind
    assert {item.value for item in line.agreement if item.measure in ("percent", "ac1", "pabak")} == {1.0}
    assert line.agreement[0].n_units == len(ids)  # stigma alone, as nobody gave trust


def test_a_case_of_merged_codes_shows_the_words_marked_for_any_of_them_where_they_stand_now(
    pair: tuple[Seat, Seat, list[str]], small_study: Study
) -> None:
    ana, ben, ids = pair
    view = ana.view(ids[0])
    start = view.segment.text.index("shame")
    words = (Evidence(start_char=start, end_char=start + 5, text="shame"),)
    ana.judge(ids[0], [Choice(code_key="stigma", valence=Valence.BARRIER, confidence=0.5, evidence=words)])
    ben.judge(ids[0], [Choice(code_key="transport", valence=Valence.BARRIER, confidence=0.5, evidence=words)])
    small_study.reveal()
    ana.book.merge(["transport"], "stigma", why="They are one.")
    assert all(not item.kinds for item in ana.disputes())
    with small_study.store.read() as tx:
        turn = tx.first(Turn, id=view.segment.turn_id)
    assert turn is not None
    ana.corrections.edit(turn.id, f"Well, {turn.text}")
    file = ana.case_file(ids[0], "stigma")
    text = ana.view(ids[0]).segment.text
    assert [item.confidence for item in file.codings] == [0.5, 0.5]
    assert {text[span.start_char : span.end_char] for item in file.codings for span in item.evidence} == {"shame"}
    assert all(not item.kinds for item in ana.disputes())


# ---------------------------------------------------------------- the group


def test_the_memo_of_a_consensus_is_that_of_the_judgement_that_stands(
    pair: tuple[Seat, Seat, list[str]], small_study: Study
) -> None:
    ana, ben, ids = pair
    ana.judge(ids[0], [])
    small_study.reveal()
    small_study.open_round(purpose=Purpose.CONSENSUS)
    ana.judge(ids[0], choices(stigma="barrier"), memo="As Ana put it.")
    ben.judge(ids[0], choices(stigma="barrier"), memo="As we put it.", base_version=1)
    assert {seat.view(ids[0]).memo for seat in (ana, ben)} == {"As we put it."}
    with pytest.raises(StaleError):
        ana.judge(ids[0], [], base_version=1)


# ---------------------------------------------------------------- tables changed by hand


HANDS = {
    "a decision's note": ("decision", "note", "Nobody wrote this."),
    "a decision's outcome": ("decision", "present", 0),
    "a decision's round": ("decision", "round_id", "another"),
    "a version of the codebook": ("codebook", "codes", "[]"),
    "the sample": ("sample", "segment_ids", '["x"]'),
    "a note of a discussion": ("round_note", "code_key", "stigma"),
    "a scope": ("round", "segment_ids", '["x"]'),
    "a plan": ("plan", "parts", '{"Ana": ["x"]}'),
    "a reason": ("codebook_change", "why", "No reason."),
    "marked words": ("assignment", "evidence", '[{"start_char": 0, "end_char": 2, "text": "Th"}]'),
    "what nobody can have said": ("assignment", "valence", "never heard of"),
}


@pytest.fixture
def full_study(small_study: Study, pair: tuple[Seat, Seat, list[str]]) -> Study:
    """A study with a row in each table that people write to."""
    ana, ben, ids = pair
    for key in ids:
        ana.judge(key, choices(stigma="barrier"))
        ben.judge(key, choices(trust=None))
    small_study.reveal()
    ana.decide(ids[0], "stigma", present=True, valence=Valence.BARRIER, reason="slip", note="It is there.")
    ana.note(1, "We talked it over.")
    ana.book.retire("transport", why="Nobody gives it.")
    small_study.open_round(on=ids[:2])
    small_study.make_plan(0.0, 1, ["Ana", "Ben"])
    small_study.draw_sample(0.5, 1)
    assert small_study.verify() is None
    return small_study


@pytest.mark.parametrize("what", HANDS)
def test_a_table_that_was_changed_by_hand_is_told_in_a_sentence(what: str, full_study: Study) -> None:
    table, column, value = HANDS[what]
    with sqlite3.connect(full_study.folder.database) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(f"UPDATE {table} SET {column} = ?", [value])
    assert "changed by hand" in (full_study.verify() or "")


def test_a_note_that_was_erased_leaves_the_log_whole(full_study: Study) -> None:
    with sqlite3.connect(full_study.folder.database) as connection:
        connection.execute("UPDATE decision SET note = ''")
        connection.execute("DELETE FROM round_note")
    assert full_study.verify() is None


def test_a_database_does_not_go_back_to_the_schema_before_where_a_scope_or_marked_words_would_be_lost(
    small_study: Study,
) -> None:
    small_study.open_round(on=[small_study.coded_segments()[0].id])
    with pytest.raises(RuntimeError, match="1 rounds after the first, closed, or with a purpose or scope"):
        go_back(small_study.store, "0004")
