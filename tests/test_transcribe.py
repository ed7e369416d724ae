"""Words and voices to turns: no word is lost, none is without a speaker, and a turn is one voice's."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualkit.model import Utterance, Voices, VoiceTurn, Word
from qualkit.stages.transcribe import Options, assemble, attributed, continued, labels, merge_tracks

GAP_S = Options().turn_gap_s


def assembled(said: Sequence[tuple[Word, int]], *, turn_gap_s: float) -> list[Utterance]:
    return assemble(said, labels(said, {}), turn_gap_s=turn_gap_s)


def run_of(text: str, start_s: float = 0.0, pause_before: dict[int, float] | None = None) -> list[Word]:
    """Words of 0.5 s that follow one another, with a pause before some of them."""
    words, at = [], start_s
    for n, one in enumerate(text.split()):
        at += (pause_before or {}).get(n, 0.0)
        words.append(Word(text=f" {one}", start_s=at, end_s=at + 0.5, confidence=0.9))
        at += 0.5
    return words


def voices(*turns: tuple[float, float, int]) -> Voices:
    return Voices(turns=tuple(VoiceTurn(start_s=a, end_s=b, speaker=who, confidence=0.9) for a, b, who in sorted(turns)))


def who_said(words: list[Word], *turns: tuple[float, float, int]) -> list[tuple[str | None, str]]:
    return [(turn.speaker, turn.text) for turn in assembled(attributed(words, voices(*turns)), turn_gap_s=GAP_S)]


texts = st.sampled_from(["so", "bus.", "why?", "no", 'done."', "Dr."])
heard = st.lists(st.tuples(texts, st.floats(0, 12), st.floats(0, 2)), max_size=30)
"""Words, each with the pause before it and its length."""
talk = st.lists(st.tuples(st.floats(0, 60), st.floats(0, 9), st.integers(0, 3), st.floats(0, 1)), max_size=12)
"""Turns of voices: start, length, speaker, confidence."""


def words_of(said: list[tuple[str, float, float]]) -> list[Word]:
    at, words = 0.0, []
    for text, pause_s, length_s in said:
        at += pause_s
        words.append(Word(text=text, start_s=at, end_s=at + length_s, confidence=0.5))
        at += length_s
    return words


def voices_of(turns: list[tuple[float, float, int, float]]) -> Voices:
    return Voices(
        turns=tuple(
            sorted(
                (VoiceTurn(start_s=a, end_s=a + long, speaker=who, confidence=sure) for a, long, who, sure in turns),
                key=lambda turn: turn.start_s,
            )
        )
    )


# ---------------------------------------------------------------- for everything heard


@given(heard, talk)
def test_every_word_is_said_once_by_a_speaker_with_a_confidence(
    said: list[tuple[str, float, float]], turns: list[tuple[float, float, int, float]]
) -> None:
    words = words_of(said)
    given_ = attributed(words, voices_of(turns))
    assert [(word.text, word.start_s, word.end_s, word.confidence) for word, _ in given_] == [
        (word.text, word.start_s, word.end_s, word.confidence) for word in words
    ]
    assert all(word.speaker_confidence is not None and 0 <= word.speaker_confidence <= 1 for word, _ in given_)
    assert all(speaker in {turn[2] for turn in turns} | {0} for _, speaker in given_)


@given(heard, st.data())
def test_turns_hold_every_word_and_neighbours_differ_in_speaker_or_lie_far_apart(
    said: list[tuple[str, float, float]], data: st.DataObject
) -> None:
    words = words_of(said)
    speakers = data.draw(st.lists(st.integers(0, 2), min_size=len(words), max_size=len(words)))
    turns = assembled(list(zip(words, speakers, strict=True)), turn_gap_s=GAP_S)
    assert [word for turn in turns for word in turn.words] == words
    assert [" ".join(word.text for word in turn.words) for turn in turns] == [turn.text for turn in turns]
    numbers = {f"Speaker {n + 1}": speaker for n, speaker in enumerate(dict.fromkeys(speakers))}
    assert [numbers[str(turn.speaker)] for turn in turns for _ in turn.words] == speakers
    for before, after in pairwise(turns):
        assert before.speaker != after.speaker or after.words[0].start_s - before.words[-1].end_s > GAP_S


@given(st.dictionaries(st.sampled_from(["Ann", "Ben", "Cem"]), heard))
def test_tracks_lose_no_word(tracks: dict[str, list[tuple[str, float, float]]]) -> None:
    words = {name: words_of(said) for name, said in tracks.items()}
    turns = merge_tracks(words, turn_gap_s=GAP_S)
    for name, own in words.items():
        assert [w.start_s for t in turns if t.speaker == name for w in t.words] == [w.start_s for w in own]


# ---------------------------------------------------------------- words to speakers


def test_a_word_belongs_to_whose_turn_it_lies_in() -> None:
    assert who_said(run_of("No bus. Really? Yes."), (0, 1, 4), (1, 1.5, 2), (1.5, 2, 4)) == [
        ("Speaker 1", "No bus."),
        ("Speaker 2", "Really?"),
        ("Speaker 1", "Yes."),
    ]


def test_a_backchannel_between_sentences_is_a_turn_of_its_own() -> None:
    words = run_of("I took the bus. Yeah. And then it left.")
    assert [text for _, text in who_said(words, (0, 2, 0), (2, 2.5, 1), (2.5, 4.5, 0))] == [
        "I took the bus.",
        "Yeah.",
        "And then it left.",
    ]


def test_one_wandering_word_does_not_split_a_sentence_and_is_less_sure() -> None:
    given_ = attributed(run_of("and then the bus left"), voices((0, 1, 0), (1, 1.5, 1), (1.5, 2.5, 0)))
    assert [speaker for _, speaker in given_] == [0] * 5
    # the third word: its speaker in none of it, somebody else in all of it
    assert given_[2][0].speaker_confidence < 0.2 < 0.8 < given_[0][0].speaker_confidence


def test_a_change_inside_a_sentence_that_lasts_is_followed() -> None:
    assert who_said(run_of("and then the bus left me there"), (0, 1.5, 0), (1.5, 3.5, 1)) == [
        ("Speaker 1", "and then the"),
        ("Speaker 2", "bus left me there"),
    ]


def test_a_word_outside_all_turns_goes_to_the_nearest_and_is_unsure() -> None:
    given_ = attributed(run_of("Well, yes.", 5.0), voices((0, 1, 0), (6.2, 9, 1)))
    assert [speaker for _, speaker in given_] == [1, 1]
    assert all(word.speaker_confidence < 0.6 for word, _ in given_)


def test_words_that_two_speak_over_are_flagged_and_less_sure() -> None:
    given_ = attributed(run_of("one two three four"), voices((0, 2, 0), (1, 1.5, 1)))
    assert [word.is_overlapped for word, _ in given_] == [False, False, True, False]
    assert given_[2][0].speaker_confidence < given_[1][0].speaker_confidence == pytest.approx(0.9)


def test_with_one_voice_for_all_nobody_had_to_guess() -> None:
    given_ = attributed(run_of("No bus."), None)
    assert [(word.speaker_confidence, speaker) for word, speaker in given_] == [(None, 0), (None, 0)]


def test_words_where_no_voice_was_heard_have_a_speaker_and_no_confidence_at_all() -> None:
    assert [(word.speaker_confidence, speaker) for word, speaker in attributed(run_of("Hm."), voices())] == [(0.0, 0)]


# ---------------------------------------------------------------- turns


def turns_of(words: list[Word], speakers: list[int]) -> list[Utterance]:
    return assembled(list(zip(words, speakers, strict=True)), turn_gap_s=8)


def test_a_turn_knows_its_times_and_how_sure_its_words_are() -> None:
    given_ = attributed(run_of("one two three four"), voices((0, 2, 0), (1, 1.5, 1)))
    turn = assembled(given_, turn_gap_s=8)[0]
    assert (turn.start_s, turn.end_s) == (0, 2)
    assert turn.speaker_confidence == pytest.approx(sum(word.speaker_confidence for word, _ in given_) / 4, abs=0.001)


def test_a_long_silence_begins_a_new_turn_of_the_same_voice() -> None:
    words = run_of("First. Second. Third.", pause_before={1: 8.0, 2: 8.1})
    assert [turn.text for turn in turns_of(words, [0, 0, 0])] == ["First. Second.", "Third."]


def test_nothing_heard_is_no_turn() -> None:
    assert turns_of([], []) == merge_tracks({"Ann": []}, turn_gap_s=8) == []


# ---------------------------------------------------------------- a track for each speaker


def test_tracks_are_merged_phrase_by_phrase() -> None:
    tracks = {"Ann": run_of("We went there. It was shut.", pause_before={3: 1.0}), "Ben": run_of("Oh no.", 1.6)}
    turns = merge_tracks(tracks, turn_gap_s=8)
    # Ann speaks from 0 to 1.5 and from 2.5 to 4, Ben from 1.6 to 2.6
    assert [(turn.speaker, turn.text) for turn in turns] == [
        ("Ann", "We went there."),
        ("Ben", "Oh no."),
        ("Ann", "It was shut."),
    ]
    assert {turn.speaker_confidence for turn in turns} == {None}


def test_a_word_that_another_track_covers_by_half_is_overlapped() -> None:
    # Ann's words lie at 0-0.5, 0.5-1, 1-1.5; Ben's one word at 0.7-1.2 covers 0.3 s of the second and 0.2 s of the third
    turns = merge_tracks({"Ann": run_of("We went there."), "Ben": run_of("Oh.", 0.7)}, turn_gap_s=8)
    assert [word.is_overlapped for turn in turns if turn.speaker == "Ann" for word in turn.words] == [False, True, False]
    assert [word.is_overlapped for turn in turns if turn.speaker == "Ben" for word in turn.words] == [True]


# ---------------------------------------------------------------- names, and a part that is followed by more


def test_speakers_who_are_known_go_by_name_and_the_others_are_numbered_as_they_appear() -> None:
    words = run_of("one two three four")
    said = list(zip(words, [2, 0, 1, 2], strict=True))
    assert labels(said, {0: "Maple"}) == {2: "Speaker 1", 0: "Maple", 1: "Speaker 2"}


def test_more_of_a_recording_follows_what_is_kept_under_the_labels_that_it_has() -> None:
    words = run_of("a b c d e f")
    part = assembled(list(zip(words[:4], [0, 0, 1, 1], strict=True)), turn_gap_s=8)
    # heard as a whole, the two have changed numbers, and a third is there
    whole = assemble(
        list(zip(words, [1, 1, 0, 0, 1, 2], strict=True)), {0: "Speaker 1", 1: "Speaker 2", 2: "Speaker 3"}, turn_gap_s=8
    )
    rest = continued(part[:1], whole, from_s=1.0)
    assert [(turn.speaker, turn.text) for turn in part] == [("Speaker 1", "a b"), ("Speaker 2", "c d")]
    # of the kept turn's speaker it is known who they are; the others get names that nobody has
    assert [turn.text for turn in rest] == ["c d", "e", "f"]
    assert rest[1].speaker == "Speaker 1"
    assert len({turn.speaker for turn in rest}) == 3
    assert [(turn.speaker, turn.text) for turn in continued(part, whole, from_s=2.0)] == [
        ("Speaker 1", "e"),
        ("Speaker 3", "f"),
    ]
