"""People record who answered whom: kept once, superseded and never overwritten, in the log by ids, and in the matrix."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from qualkit.errors import BlindnessError, StaleError, StudyError
from qualkit.model import Event, Response, ResponseKind
from qualkit.stages.responses import BY_INTERLOCUTORS, RECORDED
from qualkit.study import Study
from tests.conftest import answer_of, choices, refusal
from tests.test_store import go_back

BUILDS, AGREES, CHALLENGES = ResponseKind.BUILDS_ON, ResponseKind.AGREES, ResponseKind.CHALLENGES


@pytest.fixture
def study(small_study: Study, segment_ids: dict[str, str]) -> Study:
    """Ana coded shame as a barrier, and nobody codes blind."""
    small_study.seat("Ana").judge(segment_ids["There is"], choices(stigma="barrier"))
    small_study.reveal()
    return small_study


@pytest.fixture
def trust(segment_ids: dict[str, str]) -> str:
    """P2's segment about trust, after P1's about shame."""
    return segment_ids["But they"]


def symbols(study: Study) -> dict[str, str]:
    (row,) = [row for row in study.consensus() if row.matter == "Stigma"]
    return {cell.name: cell.symbol for cell in row.cells}


# ---------------------------------------------------------------- what is kept


def test_a_response_goes_into_the_consensus_matrix_and_out_of_it_again(study: Study, shame: str, trust: str) -> None:
    assert symbols(study) == {"P1": "SE", "P2": "NR"}
    made = study.seat("Ana").responses.record(trust, shame, CHALLENGES)
    assert symbols(study) == {"P1": "SE", "P2": "D"}
    study.seat("Ana").responses.withdraw(made.id)
    assert symbols(study) == {"P1": "SE", "P2": "NR"}


def test_a_later_word_supersedes_and_nothing_is_overwritten(study: Study, shame: str, trust: str) -> None:
    first = study.seat("Ana").responses.record(trust, shame, AGREES)
    second = study.seat("Ben").responses.record(trust, shame, CHALLENGES, seen=first.id)
    assert [item.id for item in study.recorded_responses()] == [second.id]
    with study.store.read() as tx:
        assert {(item.id, item.kind) for item in tx.all(Response, past=True)} == {(first.id, AGREES), (second.id, CHALLENGES)}


def test_a_repeated_act_is_one_act_also_after_it_was_superseded(study: Study, shame: str, trust: str) -> None:
    desk = study.seat("Ana").responses
    first = desk.record(trust, shame, AGREES, client_id="once")
    assert desk.record(trust, shame, AGREES, client_id="once") == first
    second = desk.record(trust, shame, BUILDS)
    assert desk.record(trust, shame, AGREES, client_id="once") == first
    desk.withdraw(second.id, client_id="back")
    desk.withdraw(second.id, client_id="back")
    assert study.recorded_responses() == []
    with study.store.read() as tx:
        assert len(tx.all(Event, verb=sorted(BY_INTERLOCUTORS))) == 3


def test_who_did_not_see_the_newest_word_is_told_so(study: Study, shame: str, trust: str) -> None:
    ana, ben = study.seat("Ana").responses, study.seat("Ben").responses
    made = ana.record(trust, shame, AGREES)
    assert "meanwhile" in refusal(lambda: ben.record(trust, shame, CHALLENGES, seen=None), StaleError)
    ana.withdraw(made.id)
    assert "meanwhile" in refusal(lambda: ben.withdraw(made.id), StaleError)


def test_what_cannot_be_an_answer_is_refused_and_leaves_no_trace(study: Study, shame: str, trust: str) -> None:
    desk = study.seat("Ana").responses
    assert "earlier one" in refusal(lambda: desk.record(shame, trust, AGREES), StudyError)
    assert "no segment 'x'" in refusal(lambda: desk.record("x", shame, AGREES), StudyError)
    assert "no segment 'x'" in refusal(lambda: desk.earlier("x"), StudyError)
    with study.store.read() as tx:
        assert tx.all(Event, verb=RECORDED) == []


def test_only_participants_segments_are_offered_to_answer(study: Study, trust: str) -> None:
    desk = study.seat("Ana").responses
    titles = desk.titles()
    assert {titles[key]: [desk.speaker(item) for item in mine] for key, mine in desk.by_group().items()} == {
        "fg1": ["P1", "P2", "P2"], "fg2": ["P3", "P4"],
    }  # fmt: skip
    assert [desk.speaker(item) for item in desk.earlier(trust)] == ["P1", "P1", "Moderator"]


# ---------------------------------------------------------------- who may, and the log


def test_a_blind_coder_neither_reads_nor_records(small_study: Study) -> None:
    ana = small_study.seat("Ana")
    for ask in (lambda: ana.responses, ana.consensus, ana.talk_shares, ana.theme_carriers):
        with pytest.raises(BlindnessError):
            ask()


def test_the_log_has_ids_only_and_the_tables_follow_from_it(study: Study, shame: str, trust: str) -> None:
    desk = study.seat("Ana").responses
    first = desk.record(trust, shame, AGREES)
    second = desk.record(trust, shame, CHALLENGES)
    with study.store.read() as tx:
        events = tx.all(Event, verb=RECORDED)
    assert [event.payload["supersedes"] for event in events] == [None, first.id]
    assert set(events[0].payload) == {"id", "segment_id", "to_segment_id", "kind", "supersedes"}
    assert "trust" not in json.dumps(events[0].payload)
    assert study.verify() is None
    desk.withdraw(second.id)
    assert study.verify() is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE response SET kind = 'agrees with' WHERE superseded_at IS NULL",
        "UPDATE response SET superseded_at = NULL",
        "DELETE FROM response",
    ],
)
def test_a_response_changed_by_hand_is_found(study: Study, shame: str, trust: str, statement: str) -> None:
    desk = study.seat("Ana").responses
    desk.record(trust, shame, AGREES)
    desk.record(trust, shame, CHALLENGES)
    with sqlite3.connect(study.folder.database) as connection:
        connection.execute(statement)
    assert "the responses of participants to each other are" in (study.verify() or "")


def test_a_database_does_not_go_back_while_responses_would_be_lost(study: Study, shame: str, trust: str) -> None:
    study.seat("Ana").responses.record(trust, shame, AGREES)
    with pytest.raises(RuntimeError, match="holds 1 responses that people recorded"):
        go_back(study.store, "0005")
    assert len(study.recorded_responses()) == 1


def test_the_list_of_responses_leaves_out_segments_that_are_gone_and_says_so(study: Study, shame: str, trust: str) -> None:
    study.seat("Ana").responses.record(trust, shame, BUILDS)
    (row,) = study.tables()["responses"].rows
    assert row[:4] == ("fg1", "P2", "builds on", "P1")
    assert row[7:] == ("Ana", trust, shame)
    with sqlite3.connect(study.folder.database) as connection:
        connection.execute("UPDATE segment SET is_current = 0 WHERE id = ?", (shame,))
    table = Study.open(study.folder.path).tables()["responses"]
    assert table.rows == ()
    assert "Not shown: 1 response" in table.notes[-1]


# ---------------------------------------------------------------- the command line


def test_commands_record_take_back_and_show(
    study: Study, shame: str, trust: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    where: tuple[str | Path, ...] = ("--as", "Ben", "-s", study.folder.path)
    assert "builds on" in answer_of(capsys, monkeypatch, "respond", trust, shame, "builds-on", *where)
    assert symbols(study)["P2"] == "A"
    assert "stays on file" in answer_of(capsys, monkeypatch, "respond", trust, shame, "not", *where)
    assert symbols(study)["P2"] == "NR"
    assert "Nobody has recorded" in answer_of(capsys, monkeypatch, "respond", trust, shame, "not", *where)
    shown = answer_of(capsys, monkeypatch, "balance", "--one-voice", 0.3, "-s", study.folder.path)
    assert "Gini" in shown
    assert "more than 30% of its segments" in shown
