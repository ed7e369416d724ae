"""The tables say what the log says, and a table changed by hand is found."""

from __future__ import annotations

import sqlite3

import pytest

from qualkit.model import Valence
from qualkit.study import Study
from tests.conftest import choices


@pytest.fixture
def worked(small_study: Study, segment_ids: dict[str, str]) -> Study:
    """Two coders, one of whom changed their mind, and a decision that was decided again."""
    shame, bus = segment_ids["There is"], segment_ids["No bus"]
    ana, ben = small_study.seat("Ana"), small_study.seat("Ben")
    ana.judge(shame, choices(stigma="mixed"))
    ana.judge(shame, choices(stigma="barrier", trust=None))
    ana.judge(bus, [])
    ben.judge(shame, choices(stigma="facilitator"))
    first = ana.decide(shame, "stigma", present=True, valence=Valence.BARRIER, reason="judgement")
    ana.decide(shame, "stigma", present=False, reason="slip", seen=first.id)
    return small_study


def test_after_any_work_the_tables_follow_from_the_log(worked: Study) -> None:
    assert worked.verify() is None


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE assignment SET valence = 'facilitator' WHERE valence = 'barrier'", "judgements"),
        ("UPDATE assignment SET superseded_at = NULL", "judgements"),
        ("DELETE FROM assignment WHERE code_key = 'trust'", "judgements"),
        ("DELETE FROM visit", "judgements"),
        ("UPDATE decision SET present = 1 WHERE superseded_at IS NULL", "decisions"),
        ("DELETE FROM decision", "decisions"),
    ],
)
def test_a_table_changed_by_hand_is_found(worked: Study, statement: str, what: str) -> None:
    with sqlite3.connect(worked.folder.database) as connection:
        connection.execute(statement)
    assert f"the {what} on segment" in (worked.verify() or "")
