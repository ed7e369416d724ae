"""Words and voices to turns: no word is lost, and a turn is one voice's."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from qualkit.model import Word
from qualkit.stages.transcribe import Options, Span, assemble, spans

GAP_S = Options().turn_gap_s


def run_of(text: str, start_s: float = 0.0, pause_before: dict[int, float] | None = None) -> list[Word]:
    """Words of 0.5 s that follow one another, with a pause before some of them."""
    words, at = [], start_s
    for n, one in enumerate(text.split()):
        at += (pause_before or {}).get(n, 0.0)
        words.append(Word(text=f" {one}", start_s=at, end_s=at + 0.5, confidence=0.9))
        at += 0.5
    return words


def texts(cuts: list[Span]) -> list[str]:
    return [" ".join(word.text.strip() for word in cut) for cut in cuts]


words = st.tuples(st.sampled_from(["so", "bus.", "why?", "no", 'done."', "Dr."]), st.floats(0, 12), st.floats(0, 2))
heard = st.lists(st.lists(words, max_size=10), max_size=5)
"""Runs of words, each with the pause before it and its length."""


def runs_of(heard: list[list[tuple[str, float, float]]]) -> list[list[Word]]:
    at, runs = 0.0, []
    for run in heard:
        found = []
        for text, pause_s, length_s in run:
            at += pause_s
            found.append(Word(text=text, start_s=at, end_s=at + length_s, confidence=0.5))
            at += length_s
        runs.append(found)
    return runs


# ---------------------------------------------------------------- for everything heard


@given(heard, st.floats(0.1, 2))
def test_cutting_loses_no_word_and_keeps_their_order(said: list[list[tuple[str, float, float]]], pause_s: float) -> None:
    runs = runs_of(said)
    cuts = spans(runs, pause_s=pause_s)
    assert [word for cut in cuts for word in cut] == [word for run in runs for word in run]
    assert all(cuts)


@given(heard, st.data())
def test_turns_hold_every_word_once_with_its_time_and_one_voice_each(
    said: list[list[tuple[str, float, float]]], data: st.DataObject
) -> None:
    cuts = spans(runs_of(said), pause_s=0.3)
    voices = data.draw(st.lists(st.integers(0, 2), min_size=len(cuts), max_size=len(cuts)))
    turns = assemble(cuts, voices, turn_gap_s=GAP_S)
    assert [word for turn in turns for word in turn.words] == [word for cut in cuts for word in cut]
    assert [" ".join(word.text for word in turn.words) for turn in turns] == [turn.text for turn in turns]
    speaker_of = [f"Speaker {voice + 1}" for cut, voice in zip(cuts, voices, strict=True) for _ in cut]
    assert [turn.speaker for turn in turns for _ in turn.words] == speaker_of


@given(heard, st.data())
def test_neighbouring_turns_differ_in_voice_or_lie_far_apart(
    said: list[list[tuple[str, float, float]]], data: st.DataObject
) -> None:
    cuts = spans(runs_of(said), pause_s=0.3)
    voices = data.draw(st.lists(st.integers(0, 1), min_size=len(cuts), max_size=len(cuts)))
    for before, after in pairwise(assemble(cuts, voices, turn_gap_s=GAP_S)):
        assert before.speaker != after.speaker or after.words[0].start_s - before.words[-1].end_s > GAP_S


# ---------------------------------------------------------------- by hand


def test_speech_is_cut_at_pauses_at_sentence_ends_and_between_runs() -> None:
    runs = [run_of("I took the bus. And then it left", pause_before={5: 0.4}), run_of("me there", 20)]
    # after "bus." the sentence ends; 0.4 s before the sixth word is a pause of 0.3 s or more; the second run is its own
    assert texts(spans(runs, pause_s=0.3)) == ["I took the bus.", "And", "then it left", "me there"]


def test_a_shorter_pause_is_no_cut() -> None:
    assert texts(spans([run_of("well you know", pause_before={1: 0.29})], pause_s=0.3)) == ["well you know"]


def test_a_sentence_that_ends_in_a_quotation_mark_ends_there() -> None:
    assert texts(spans([run_of('he said "no." And left')], pause_s=0.3)) == ['he said "no."', "And left"]


def test_spans_of_one_voice_become_one_turn_and_another_voice_begins_a_new_one() -> None:
    cuts = spans([run_of("No bus. None. Really? Yes.")], pause_s=0.3)
    turns = assemble(cuts, [0, 0, 1, 0], turn_gap_s=8)
    assert [(turn.speaker, turn.text) for turn in turns] == [
        ("Speaker 1", "No bus. None."),
        ("Speaker 2", "Really?"),
        ("Speaker 1", "Yes."),
    ]
    # words of 0.5 s: the first turn has three of them, the second the fourth
    assert [(turn.start_s, turn.end_s) for turn in turns] == [(0, 1.5), (1.5, 2), (2, 2.5)]


def test_a_long_silence_begins_a_new_turn_of_the_same_voice() -> None:
    cuts = spans([run_of("First. Second. Third.", pause_before={1: 8.0, 2: 8.1})], pause_s=0.3)
    assert [turn.text for turn in assemble(cuts, [0, 0, 0], turn_gap_s=8)] == ["First. Second.", "Third."]


def test_nothing_heard_is_no_turn() -> None:
    assert assemble(spans([], pause_s=0.3), [], turn_gap_s=8) == []
    assert spans([[]], pause_s=0.3) == []
