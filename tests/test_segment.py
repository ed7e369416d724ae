"""Meaning units: whole sentences of one speaker, of about equal length, with ids that stay."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualkit.model import Participant, Role, Segment, Turn, Word
from qualkit.stages import segment
from qualkit.stages.segment import Options, meaning_units, n_words, times_of
from tests.fakes import FakeLanguage

PEOPLE = {
    "p1": Participant(id="p1", transcript_id="fg", pseudonym="P1", role=Role.PARTICIPANT),
    "p2": Participant(id="p2", transcript_id="fg", pseudonym="P2", role=Role.PARTICIPANT),
    "m": Participant(id="m", transcript_id="fg", pseudonym="Moderator", role=Role.MODERATOR),
    "o": Participant(id="o", transcript_id="fg", pseudonym="Observer", role=Role.OBSERVER),
}

Talk = list[tuple[str, list[int]]]
talks = st.lists(
    st.tuples(st.sampled_from(sorted(PEOPLE)), st.lists(st.integers(1, 12), min_size=1, max_size=12)), min_size=1, max_size=6
)
"""Who spoke, and how many words each of their sentences has."""


def said(sizes: list[int]) -> str:
    """One sentence of `size` words for each of `sizes`."""
    return " ".join(" ".join(["word"] * size) + "." for size in sizes)


def turn(text: str, *, position: int = 1, participant: str | None = "p1", **fields: object) -> Turn:
    return Turn(
        id=f"t{position}", transcript_id="fg", position=position, participant_id=participant, text=text, **fields  # type: ignore[arg-type]
    )  # fmt: skip


def cut(*turns: Turn, **options: object) -> list[Segment]:
    return segment.run(turns=turns, participants=PEOPLE, options=Options(**options), language=FakeLanguage())  # type: ignore[arg-type]


def unit_sizes(sizes: list[int], max_words: int) -> list[int]:
    """How many words each unit has, of a turn with sentences of `sizes` words."""
    text = said(sizes)
    spans = meaning_units(text, FakeLanguage().sentences(text), max_words=max_words)
    return [n_words(text[start:end]) for start, end in spans]


# ---------------------------------------------------------------- for every talk


@given(talks, st.integers(5, 40))
def test_a_segment_lies_inside_one_turn_and_has_its_speaker(talk: Talk, max_words: int) -> None:
    turns = {f"t{n}": turn(said(sizes), position=n, participant=speaker) for n, (speaker, sizes) in enumerate(talk, start=1)}
    for item in cut(*turns.values(), max_words=max_words):
        assert item.participant_id == turns[item.turn_id].participant_id
        assert item.text == turns[item.turn_id].text[item.start_char : item.end_char]


@given(st.lists(st.integers(1, 12), min_size=1, max_size=20), st.integers(5, 40))
def test_every_sentence_is_in_exactly_one_unit_and_none_is_cut(sizes: list[int], max_words: int) -> None:
    text = said(sizes)
    sentences = FakeLanguage().sentences(text)
    units = meaning_units(text, sentences, max_words=max_words)
    held = [[span for span in sentences if start <= span[0] and span[1] <= end] for start, end in units]
    assert [span for own in held for span in own] == sentences
    assert [(own[0][0], own[-1][1]) for own in held] == units


@given(st.lists(st.integers(1, 12), min_size=1, max_size=20), st.integers(5, 40))
def test_a_unit_is_longer_than_the_limit_only_if_it_is_a_single_sentence(sizes: list[int], max_words: int) -> None:
    assert all(size <= max_words or size in sizes for size in unit_sizes(sizes, max_words))


@given(st.integers(1, 12), st.integers(1, 40), st.integers(5, 40))
def test_units_of_equally_long_sentences_differ_by_one_sentence_at_most(size: int, n: int, max_words: int) -> None:
    units = unit_sizes([size] * n, max_words)
    assert max(units) - min(units) <= size


@given(talks, st.integers(5, 40))
def test_the_same_turns_cut_the_same_way_have_the_same_ids_and_no_two_share_one(talk: Talk, max_words: int) -> None:
    turns = [turn(said(sizes), position=n, participant=speaker) for n, (speaker, sizes) in enumerate(talk, start=1)]
    first, second = cut(*turns, max_words=max_words), cut(*turns, max_words=max_words)
    assert first == second
    assert len({item.id for item in first}) == len(first)
    assert [item.position for item in first] == list(range(1, len(first) + 1))


# ---------------------------------------------------------------- by hand


@pytest.mark.parametrize(
    ("sizes", "max_words", "expected"),
    [
        ([10, 10, 10], 30, [30]),  # 30 words fit
        ([10, 10, 10, 10, 10, 10], 50, [30, 30]),  # 60 words need 2 units: halves, not 50 and an orphan of 10
        ([10] * 7, 30, [20, 30, 20]),  # 70 words need 3 units of about 23, not 20, 20, 20 and an orphan of 10
        ([40, 5], 30, [40, 5]),  # a sentence is never cut, and nothing is added to one that is too long
        ([20, 20], 30, [20, 20]),  # together 40: over the limit
    ],
)
def test_a_long_turn_is_cut_into_balanced_units(sizes: list[int], max_words: int, expected: list[int]) -> None:
    assert unit_sizes(sizes, max_words) == expected


def test_an_id_depends_on_the_place_and_the_revision_and_on_no_other_turn() -> None:
    one, other = turn(said([4]), position=1), turn(said([4]), position=2)
    alone = cut(one)[0]
    assert cut(one, other)[0] == alone
    assert cut(one, other)[1].id != alone.id
    assert cut(replace(one, revision=2))[0].id != alone.id


@pytest.mark.parametrize(
    ("participant", "text", "options", "is_coded"),
    [
        ("p1", "A bus comes.", {}, True),  # 3 words are enough by default
        ("p1", "Mm-hmm, yes.", {}, False),  # 2 words are not
        ("p1", "Yes - yes.", {}, False),  # a dash is no word
        ("m", "What gets in the way?", {}, False),
        ("m", "What gets in the way?", {"code_moderators": True}, True),
        ("m", "Go on.", {"code_moderators": True}, False),
        ("o", "Somebody opens the door.", {}, False),
        (None, "Nobody knows who said this.", {}, True),  # an unknown speaker may be a participant
    ],
)
def test_what_is_shown_but_not_coded(participant: str | None, text: str, options: dict[str, bool], is_coded: bool) -> None:
    assert [item.is_coded for item in cut(turn(text, participant=participant), **options)] == [is_coded]


def test_text_without_a_sentence_is_one_unit_without_the_blanks_around_it() -> None:
    assert meaning_units("  so be it ", [], max_words=60) == [(2, 10)]
    assert meaning_units("   ", [], max_words=60) == []


# ---------------------------------------------------------------- when it was said


def test_a_segment_is_timed_by_its_own_words() -> None:
    words = tuple(
        Word(text=w, start_s=n, end_s=n + 0.5, confidence=1) for n, w in enumerate(["So", "it", "is.", "No", "bus", "ran."])
    )
    first, second = cut(turn("So it is. No bus ran.", start_s=0, end_s=9, words=words), max_words=3)
    assert (first.start_s, first.end_s) == (0, 2.5)  # words 0 to 2
    assert (second.start_s, second.end_s) == (3, 5.5)  # words 3 to 5


def test_without_words_a_segment_gets_its_share_of_the_turns_seconds() -> None:
    timed = turn("x" * 100, start_s=10.0, end_s=30.0)  # 20 s over 100 characters: 0.2 s a character
    assert times_of(timed, (0, 50)) == (10.0, 20.0)
    assert times_of(timed, (50, 75)) == (20.0, 25.0)


def test_without_an_end_every_segment_of_a_turn_has_the_turns_start_and_no_end() -> None:
    begun = turn("x" * 100, start_s=10.0)
    assert times_of(begun, (0, 50)) == (10.0, None)
    assert times_of(begun, (50, 100)) == (10.0, None)


@given(st.lists(st.integers(1, 12), min_size=1, max_size=12), st.floats(1, 600))
def test_segments_of_a_turn_follow_one_another_inside_its_seconds(sizes: list[int], length_s: float) -> None:
    found = cut(turn(said(sizes), start_s=5.0, end_s=5.0 + length_s), max_words=10)
    assert all(5.0 <= item.start_s <= item.end_s <= 5.01 + length_s for item in found)  # type: ignore[operator]
    assert all(before.end_s <= after.start_s for before, after in pairwise(found))  # type: ignore[operator]
