"""Where every transcript stands in every stage, and what of it whom is told."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from qualkit.study import Study
from qualkit.study.standing import Share, TranscriptStanding
from tests.conftest import choices, in_folder, reopened


@pytest.fixture
def coded(small_study: Study, segment_ids: dict[str, str]) -> Study:
    """Ana and Ben differ on one segment; Ben has judged no other."""
    ana, ben = small_study.seat("Ana"), small_study.seat("Ben")
    for segment_id in segment_ids.values():
        ana.judge(segment_id, choices(stigma="barrier"))
    ben.judge(segment_ids["There is"], choices(stigma="mixed"))
    return small_study


def by_label(rows: list[TranscriptStanding]) -> dict[str, TranscriptStanding]:
    return {row.label: row for row in rows}


def test_every_transcript_says_how_far_it_is_in_every_stage(coded: Study) -> None:
    fg1 = by_label(coded.standing())["fg1"]
    assert (fg1.heard, fg1.n_people, fg1.n_turns, fg1.n_segments) == ("text", 2, 5, 3)
    assert fg1.judged == {"Ana": Share(n=3, of=3), "Ben": Share(n=1, of=3)}
    assert fg1.adjudicated == Share(n=0, of=1)
    assert fg1.in_themes == Share(n=2, of=3)  # what is disputed and not decided carries no theme


def test_files_that_nothing_was_made_of_yet_are_told_too(coded: Study) -> None:
    in_folder(coded, "transcripts/fg9.txt", "P1: Hello there.")
    waiting = by_label(coded.standing())["fg9"]
    assert waiting.is_waiting and waiting.heard == "not yet" and waiting.n_segments == 0


def test_a_blind_coder_is_told_numbers_of_judged_segments_and_nothing_of_codes(coded: Study) -> None:
    rows = coded.seat("Ben").standing()
    assert by_label(rows)["fg1"].judged["Ana"] == Share(n=3, of=3)
    for row in rows:
        assert (row.suggested, row.in_topics, row.adjudicated, row.in_themes) == (None, None, None, None)
    assert any(row.adjudicated for row in coded.seat("Ana").standing())  # Ana has judged everything


def test_whoever_adjudicates_is_no_coder(coded: Study) -> None:
    settings = coded.folder.config_file
    settings.write_text(settings.read_text() + 'coders = ["Ana", "Dan"]\nadjudicators = ["Ben"]\n')
    assert list(by_label(reopened(coded).standing())["fg1"].judged) == ["Ana", "Dan"]


def test_what_a_blind_coder_is_told_takes_as_many_questions_of_the_database_however_much_is_coded(
    coded: Study, segment_ids: dict[str, str]
) -> None:
    def n_questions() -> int:
        coded.standing(is_blind=True)  # what is kept until the log grows is kept now
        asked: list[str] = []

        def hear(*args: Any) -> None:
            asked.append(args[2])

        sa.event.listen(coded.store._engine, "before_cursor_execute", hear)
        coded.standing(is_blind=True)
        sa.event.remove(coded.store._engine, "before_cursor_execute", hear)
        return len(asked)

    before = n_questions()
    for segment_id in segment_ids.values():
        coded.seat("Ben").judge(segment_id, choices(stigma="mixed", trust=None))
    assert n_questions() == before
