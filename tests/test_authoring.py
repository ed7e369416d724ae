"""Themes as an author writes them: never overwritten, never lost, and replayed from the log."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest

from qualkit.errors import StaleError, StudyError
from qualkit.model import Run, Theme, Topic, Valence
from qualkit.study import Study, new_theme
from qualkit.study.authoring import Authoring
from tests.conftest import choices, refusal


@pytest.fixture
def study(small_study: Study, segment_ids: dict[str, str]) -> Study:
    """Shame and blame are a barrier twice and a facilitator once, trust is there once; nobody codes blind."""
    ana = small_study.seat("Ana")
    ana.judge(segment_ids["There is"], choices(stigma="barrier"))
    ana.judge(segment_ids["No bus"], choices(stigma="barrier"))
    ana.judge(segment_ids["Nobody will"], choices(stigma="facilitator"))
    ana.judge(segment_ids["But they"], choices(trust=None))
    small_study.reveal()
    return small_study


@pytest.fixture
def hand(study: Study) -> Authoring:
    return study.seat("Ana").authoring


def names(hand: Authoring) -> list[tuple[str, bool]]:
    return [(item.theme.name, item.is_written) for item in hand.standings()]


def a_topic(study: Study, *segment_ids: str) -> Topic:
    with study.store.write() as tx:
        topic = Topic(id="t", run_id=tx.all(Run)[0].id, number=0, words=("bus",), segment_ids=segment_ids)
        tx.replace([topic])
        tx.log("qualkit", "found topics", {})
    return topic


def test_a_written_theme_takes_the_place_of_those_proposed_for_its_codes(hand: Authoring) -> None:
    assert names(hand) == [("Stigma", False), ("Trust", False)]
    hand.write(new_theme("Shame keeps people away", "", "", ["stigma"]))
    assert names(hand) == [("Shame keeps people away", True), ("Trust", False)]


def test_a_theme_stands_with_its_segments_and_who_carries_it(hand: Authoring, segment_ids: dict[str, str]) -> None:
    stigma = hand.standings()[0]
    by_valence = {row.valence: row.segment_ids for row in stigma.rows}
    assert by_valence == {
        Valence.FACILITATOR: (segment_ids["Nobody will"],),
        Valence.BARRIER: (segment_ids["There is"], segment_ids["No bus"]),
    }
    assert (stigma.carried.n_groups, stigma.carried.n_participants, stigma.carried.n_segments) == (2, 3, 3)


def test_a_theme_that_one_group_carries_is_flagged(study: Study, segment_ids: dict[str, str]) -> None:
    study.seat("Ana").judge(segment_ids["Nobody will"], [])
    study.seat("Ana").judge(segment_ids["But they"], choices(stigma="barrier"))
    (stigma,) = study.theme_standings()
    assert [flag.split(" from ")[1] for flag in stigma.carried.flags] == ["one person (P2)", "one group (fg1)"]


def test_writing_a_theme_again_keeps_what_was_there_on_file(study: Study, hand: Authoring) -> None:
    first = hand.write(new_theme("Shame", "One.", "People", ["stigma"]))
    second = hand.write(replace(first, claim="Two."))
    assert (second.id, second.version) == (first.id, 2)
    with study.store.read() as tx:
        assert [theme.claim for theme in tx.all(Theme)] == ["Two."]
        assert sorted(theme.claim for theme in tx.all(Theme, past=True)) == ["One.", "Two."]
    assert study.verify() is None


def test_a_theme_that_somebody_changed_meanwhile_is_not_overruled(hand: Authoring) -> None:
    first = hand.write(new_theme("Shame", "", "", ["stigma"]))
    hand.write(replace(first, name="Shame and blame"))
    assert "meanwhile" in refusal(lambda: hand.write(replace(first, name="Blame")), StaleError)
    assert "meanwhile" in refusal(lambda: hand.withdraw(first.id, seen=first.version), StaleError)
    assert "meanwhile" in refusal(lambda: hand.order([]), StaleError)


def test_an_act_that_is_sent_twice_is_one_act(study: Study, hand: Authoring) -> None:
    for _ in range(2):
        hand.write(new_theme("Shame", "", "", ["stigma"]), client_id="one")
    (theme,) = study.written_themes()
    for _ in range(2):
        hand.withdraw(theme.id, seen=1, client_id="two")
    assert study.written_themes() == []


def test_a_withdrawn_theme_leaves_its_codes_to_be_proposed_again(study: Study, hand: Authoring) -> None:
    theme = hand.write(new_theme("Shame", "", "", ["stigma"]))
    hand.withdraw(theme.id, seen=theme.version)
    assert names(hand) == [("Stigma", False), ("Trust", False)]
    assert study.verify() is None


def test_themes_stand_in_the_authors_order(study: Study, hand: Authoring) -> None:
    ids = [hand.write(new_theme(name, "", "", [code])).id for name, code in (("A", "stigma"), ("B", "trust"))]
    hand.order(ids[::-1])
    assert [theme.name for theme in study.written_themes()] == ["B", "A"]
    assert study.theme_rows()[0].theme == "B"
    assert study.verify() is None


@pytest.mark.parametrize(
    ("theme", "what"),
    [
        (new_theme("T", "", "", ["stigma"]), ""),
        (Theme(id="", name=" ", claim="", domain="", code_keys=("stigma",)), "a name"),
        (Theme(id="", name="T", claim="", domain="", code_keys=()), "at least one code or topic"),
        (Theme(id="", name="T", claim="", domain="", code_keys=("gone",)), "no code 'gone'"),
        (Theme(id="", name="T", claim="", domain="", code_keys=(), topic_ids=("gone",)), "not there any more"),
    ],
)
def test_a_theme_needs_a_name_and_something_that_is_there(hand: Authoring, theme: Theme, what: str) -> None:
    if what:
        assert what in refusal(lambda: hand.write(theme), StudyError)
    else:
        assert hand.write(theme).version == 1


def test_chosen_quotes_are_printed_first_and_in_their_order(study: Study, hand: Authoring, segment_ids: dict[str, str]) -> None:
    theme = hand.write(new_theme("Shame", "", "", ["stigma"]))
    chosen = [segment_ids["No bus"], segment_ids["There is"]]
    hand.quote(theme.id, chosen, seen=theme.version)
    barrier = next(row for row in study.theme_rows() if row.valence is Valence.BARRIER)
    assert [quote.segment_id for quote in barrier.quotes] == chosen


def test_choosing_a_quote_makes_a_proposed_theme_the_authors(hand: Authoring, segment_ids: dict[str, str]) -> None:
    proposed = hand.standings()[0].theme
    written = hand.quote(proposed.id, [segment_ids["No bus"]], seen=0)
    assert written.id != proposed.id and names(hand) == [("Stigma", True), ("Trust", False)]
    assert "must be a segment of its theme" in refusal(lambda: hand.quote(written.id, ["elsewhere"], seen=1), StudyError)


def test_segments_of_a_topic_that_lack_the_codes_count_apart(
    study: Study, hand: Authoring, segment_ids: dict[str, str]
) -> None:
    a_topic(study, segment_ids["No bus"], segment_ids["But they"])
    hand.write(new_theme("Shame and buses", "", "", ["stigma"], ["t"]))
    rows = {row.valence: row for row in study.theme_rows() if row.theme == "Shame and buses"}
    assert rows[None].segment_ids == (segment_ids["But they"],)  # the bus has the code already
    assert rows[None].basis == {"topic": 1} and rows[Valence.BARRIER].n_segments == 2
    assert any("count 1 segment that no code of the theme is on" in note for note in study.tables()["theme_table"].notes)


def test_the_log_holds_no_word_of_an_author(study: Study, hand: Authoring) -> None:
    hand.write(new_theme("Shame keeps people away", "They told us so.", "Our own domain", ["stigma"]))
    with sqlite3.connect(study.folder.database) as connection:
        said = " ".join(row[0] for row in connection.execute("SELECT payload FROM event"))
    assert not any(words in said for words in ("Shame keeps", "told us", "Our own"))


@pytest.mark.parametrize("statement", ["UPDATE theme SET claim = 'x'", "DELETE FROM theme", "UPDATE theme SET position = 7"])
def test_a_theme_changed_by_hand_is_found(study: Study, hand: Authoring, statement: str) -> None:
    hand.write(new_theme("Shame", "One.", "", ["stigma"]))
    study.save_themes([*study.written_themes(), new_theme("Trust", "", "", ["trust"])], author="Ana")
    assert study.verify() is None
    with sqlite3.connect(study.folder.database) as connection:
        connection.execute(statement)
    assert "the themes are not what it says" in (study.verify() or "")
