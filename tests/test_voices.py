"""Voices: bits of speech to local voices, local voices to people, and both on sound whose speakers are known."""

from __future__ import annotations

import os
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from qualkit.engines import local_voices, people, sound
from qualkit.engines.local_voices import Scene
from qualkit.engines.speech_regions import FRAME_S
from qualkit.errors import EngineError
from qualkit.model import LocalVoice, SpeakerCount, Voices
from qualkit.plain import as_plain
from qualkit.plugs import no_progress

REAL_DATA = Path(os.environ.get("QUALKIT_REAL_DATA", Path(__file__).parents[1].parent / "shared" / "data"))
SAMPLE = Path(__file__).parents[1] / "recordings" / "fg1_outreach_team.ogg"
ANYBODY = SpeakerCount()


def towards(*weights: float) -> tuple[float, ...]:
    """A vector of length 1 with these parts along the first axes."""
    vector = np.zeros(8)
    vector[: len(weights)] = weights
    return tuple((vector / np.linalg.norm(vector)).tolist())


def said(start_s: float, end_s: float, *weights: float) -> LocalVoice:
    return LocalVoice(window=round(1000 * start_s), spans=((start_s, end_s),), vector=towards(*weights) if weights else ())


ANN, BEN, CEM = (1.0,), (0.0, 1.0), (0.0, 0.0, 1.0)


def heard(voices: Voices) -> list[tuple[float, float, int]]:
    return [(turn.start_s, turn.end_s, turn.speaker) for turn in voices.turns]


# ---------------------------------------------------------------- local voices to people


def test_voices_that_are_alike_are_one_person_numbered_by_first_appearance() -> None:
    found = people.tell_apart([said(5, 8, *ANN), said(0, 4, *BEN), said(9, 12, 0.1, 1.0)], ANYBODY)
    assert heard(found) == [(0, 4, 0), (5, 8, 1), (9, 12, 0)]
    assert found.n_speakers == len(found.vectors) == 2


def test_spans_that_touch_are_one_turn_and_a_pause_ends_it() -> None:
    found = people.tell_apart([said(0, 2, *ANN), said(2, 4, *ANN), said(4.5, 6, *ANN)], ANYBODY)
    assert heard(found) == [(0, 4, 0), (4.5, 6, 0)]


def test_people_may_speak_at_the_same_time() -> None:
    ben = LocalVoice(window=5, spans=((3, 4), (5, 8)), vector=towards(*BEN))
    assert heard(people.tell_apart([said(0, 5, *ANN), ben], ANYBODY)) == [(0, 5, 0), (3, 4, 1), (5, 8, 1)]


def test_a_voice_heard_too_shortly_makes_no_person_of_its_own() -> None:
    found = people.tell_apart([said(0, 4, *ANN), said(4, 8, *BEN), said(9, 9.5, 0.5, 0.2, 0.9)], ANYBODY)
    assert heard(found)[-1] == (9, 9.5, 0)


def test_a_voice_that_only_speaks_over_others_goes_to_somebody_else_and_says_that_it_is_a_guess() -> None:
    ann, ben = said(0, 4, *ANN), said(6, 9, *BEN)
    over = LocalVoice(window=ann.window, spans=((1, 2),))
    found = people.tell_apart([ann, ben, over], ANYBODY)
    assert heard(found) == [(0, 4, 0), (1, 2, 1), (6, 9, 1)]
    assert found.turns[1].confidence < 0.5 < found.turns[0].confidence


def test_where_nobody_else_was_heard_an_overlap_has_no_second_speaker() -> None:
    ann = said(0, 4, *ANN)
    assert heard(people.tell_apart([ann, LocalVoice(window=ann.window, spans=((1, 2),))], ANYBODY)) == [(0, 4, 0)]


def test_a_voice_between_two_people_is_less_sure_than_one_that_is_clear() -> None:
    turns = people.tell_apart([said(0, 9, *ANN), said(10, 19, *BEN), said(20, 20.6, 1.0, 0.9)], ANYBODY).turns
    assert turns[2].confidence < 0.6 < 0.99 < turns[0].confidence


def test_a_ghost_is_merged_and_said() -> None:
    # 1 s of 101 s is under 2 %, and no turn of it is longer than 2 s
    found = people.tell_apart([said(0, 50, *ANN), said(50, 100, *BEN), said(100, 101, 0.3, 0, 1.0)], ANYBODY)
    assert heard(found)[-1] == (100, 101, 0)
    assert [(mark.start_s, mark.end_s) for mark in found.marks] == [(100, 101)]
    assert "1.0 s in all (1 time)" in found.marks[0].text


def test_who_speaks_little_but_in_one_long_turn_is_a_person() -> None:
    found = people.tell_apart([said(0, 100, *ANN), said(100, 200, *BEN), said(200, 202.5, *CEM)], ANYBODY)
    assert (found.n_speakers, found.marks) == (3, ())


@pytest.mark.parametrize(
    ("count", "n"),
    [
        (SpeakerCount(most=2), 2),
        (SpeakerCount(least=2, most=2), 2),
        (SpeakerCount(most=1), 1),
        (SpeakerCount(least=4), 4),
        (SpeakerCount(least=9), 4),
    ],
)
def test_the_number_of_speakers_is_a_limit_on_both_sides(count: SpeakerCount, n: int) -> None:
    # three people by the vectors; two of Ann's differ a little, so four is possible
    voices = [said(0, 4, *ANN), said(5, 9, 1.0, 0, 0, 0.5), said(10, 14, *BEN), said(15, 18, *CEM)]
    assert people.tell_apart(voices, ANYBODY).n_speakers == 3
    assert people.tell_apart(voices, count).n_speakers == n


def test_with_too_many_people_who_hardly_speaks_is_merged_before_two_who_speak_much() -> None:
    voices = [said(0, 60, *ANN), said(60, 120, 0.4, 0.9), said(120, 123, *CEM)]
    assert people.tell_apart(voices, ANYBODY).n_speakers == 3
    turns = people.tell_apart(voices, SpeakerCount(most=2)).turns
    assert turns[0].speaker != turns[1].speaker


def test_a_long_meeting_with_thousands_of_voices_is_told_apart() -> None:
    chance = np.random.default_rng(3)
    voices = []
    for n in range(3000):
        vector = np.eye(192)[n % 6] + chance.normal(0, 0.04, 192)
        voices.append(LocalVoice(window=n, spans=((3.0 * n, 3.0 * n + 2.8),), vector=tuple(vector / np.linalg.norm(vector))))
    turns = people.tell_apart(voices, ANYBODY).turns
    assert [turn.speaker for turn in turns] == [n % 6 for n in range(3000)]


def test_no_voices_are_nobody_and_voices_without_a_vector_one_person() -> None:
    assert people.tell_apart([], ANYBODY) == Voices(turns=())
    assert heard(people.tell_apart([said(0, 0.1), said(3, 3.1)], ANYBODY)) == [(0, 0.1, 0), (3, 3.1, 0)]


# ---------------------------------------------------------------- bits and overlaps


def a_scene(*who: str) -> Scene:
    """One window of ten seconds; each string says, second by second, who of A, B and C speaks: "AAA-B", and so on."""
    seconds = max(map(len, who))
    n_frames = int(seconds / FRAME_S)
    activity = np.zeros((1, n_frames, 3), dtype=np.float32)
    for voices in who:
        for second, name in enumerate(voices):
            if name in "ABC":
                activity[0, int(second / FRAME_S) : int((second + 1) / FRAME_S), "ABC".index(name)] = 1.0
    return local_voices.scene(activity, [0.0], n_frames)


def seconds_of(bits: list[tuple[int, int]]) -> list[tuple[float, float]]:
    return [(round(start * FRAME_S, 1), round(end * FRAME_S, 1)) for start, end in bits]


def test_speech_is_cut_at_pauses_and_where_the_voice_changes() -> None:
    assert seconds_of(local_voices.bits(a_scene("-AA-BBCC--"))) == [(1, 3), (4, 6), (6, 8)]


def test_long_speech_is_cut_into_equal_bits() -> None:
    cut = seconds_of(local_voices.bits(a_scene("AAAAAAAA--")))
    assert cut == [(0, 2), (2, 4), (4, 6), (6, 8)]


def test_where_one_breaks_in_on_another_the_overlap_is_cut_in_its_middle() -> None:
    assert (3.5 in {end for _, end in seconds_of(local_voices.bits(a_scene("AAAA----", "---BBB--")))}) is True


def test_bits_lie_in_order_and_cover_all_speech_once() -> None:
    heard_there = a_scene("-AAAAAAB-A", "----BBB-CC")
    cut = local_voices.bits(heard_there)
    assert all(before[1] <= after[0] for before, after in pairwise(cut))
    assert sum(end - start for start, end in cut) == int((heard_there.speech > 0.5).sum())


def test_an_overlap_belongs_to_whoever_of_the_two_is_heard_alone_nearby() -> None:
    heard_there = a_scene("AAAAAA----", "---B---BB-")
    cut = local_voices.bits(heard_there)
    owners = {owner for owner, _ in local_voices.overlaps(heard_there, cut)}
    assert owners == {len(cut) - 1}, "B's own bit is the last"


def test_an_overlap_by_a_voice_that_is_never_alone_is_nobodys() -> None:
    heard_there = a_scene("AAAAAA----", "---B------")
    joins = local_voices.overlaps(heard_there, local_voices.bits(heard_there))
    assert joins and {owner for owner, _ in joins} == {None}


def test_bits_come_together_if_they_sound_alike_and_lie_near() -> None:
    vectors = np.array([towards(*ANN), towards(*BEN), towards(1, 0.1), towards(*ANN)], dtype=np.float32)
    near = np.ones((4, 4), dtype=bool)
    near[3, :3] = near[:3, 3] = False  # the last was heard in no window with the others
    assert local_voices.together(vectors, np.full((4, 4), 0.5), near) == [[0, 2], [1], [3]]


# ---------------------------------------------------------------- the real engine


def real(name: str) -> Path:
    path = REAL_DATA / name
    if not path.exists():
        pytest.skip(f"no {name} in {REAL_DATA}; name the folder with it in QUALKIT_REAL_DATA")
    return path


@pytest.fixture(scope="module")
def engine():
    pytest.importorskip("kaldi_native_fbank")
    from qualkit.engines.voices import CamPlus

    try:
        return CamPlus()
    except EngineError as error:
        pytest.skip(str(error))


def told_apart(engine, samples, count=ANYBODY) -> Voices:
    return engine.tell_apart(engine.listen(samples, start_s=0.0, progress=no_progress), count)


def share_right(found: Voices, truth: list[tuple[float, float, str]]) -> float:
    """The share of spoken seconds, of one person alone, that the best pairing of people with speakers gets right."""
    from scipy.optimize import linear_sum_assignment

    names = sorted({name for *_, name in truth})
    times = np.arange(0, max(end_s for _, end_s, _ in truth), 0.05)
    spoken = np.array([[any(a <= t < b and who == name for a, b, who in truth) for t in times] for name in names])
    said_by = np.zeros((found.n_speakers, len(times)), dtype=bool)
    for turn in found.turns:
        said_by[turn.speaker, (times >= turn.start_s) & (times < turn.end_s)] = True
    spoken = spoken[:, alone := spoken.sum(axis=0) == 1]
    both = spoken.astype(int) @ said_by[:, alone].T.astype(int)
    return float(both[linear_sum_assignment(-both)].sum() / spoken.sum())


def sample_script() -> list[tuple[float, float, str]]:
    script = (SAMPLE.parents[1] / "transcripts" / f"{SAMPLE.stem}.vtt").read_text(encoding="utf-8")
    cues = re.findall(r"([\d:.]+) --> ([\d:.]+)\n<v ([^>]+)>", script)
    clock = [[sum(float(x) * 60**n for n, x in enumerate(reversed(t.split(":")))) for t in cue[:2]] for cue in cues]
    return [(start_s, end_s, cue[2]) for (start_s, end_s), cue in zip(clock, cues, strict=True)]


@pytest.mark.engine
def test_the_seven_voices_of_the_sample_meeting_are_told_apart_although_heard_in_pieces(engine) -> None:
    samples = sound.decode(SAMPLE)
    at = 150 * sound.RATE
    pieces = [engine.listen(samples[:at], start_s=0.0, progress=no_progress)]
    pieces.append(engine.listen(samples[at:], start_s=150.0, progress=no_progress))
    windows = [{voice.window for voice in piece} for piece in pieces]
    assert not windows[0] & windows[1]
    found = engine.tell_apart([voice for piece in pieces for voice in piece], ANYBODY)
    assert found.n_speakers == 7
    assert share_right(found, sample_script()) > 0.9


@pytest.mark.engine
def test_what_was_heard_can_be_written_down_and_read_back(engine) -> None:
    voices = engine.listen(sound.decode(SAMPLE)[: 20 * sound.RATE], start_s=100.0, progress=no_progress)
    assert [LocalVoice(**as_plain(voice)) for voice in voices]
    assert min(span[0] for voice in voices for span in voice.spans) >= 100.0
    for voice in voices:
        assert not voice.vector or abs(np.linalg.norm(voice.vector) - 1) < 0.01


@pytest.mark.engine
@pytest.mark.parametrize("seconds", [0.01, 0.3, 3.0, 31.0])
def test_silence_of_any_length_is_nobody(engine, seconds) -> None:
    assert engine.listen(np.zeros(int(seconds * sound.RATE), dtype=np.float32), start_s=0.0, progress=no_progress) == []


@pytest.mark.engine
def test_a_sample_of_a_voice_needs_somebody_who_speaks(engine) -> None:
    with pytest.raises(EngineError, match=r"Only 0\.0 s of speech"):
        engine.voice_of(np.zeros(5 * sound.RATE, dtype=np.float32))


@pytest.mark.engine
def test_a_voice_is_known_again_by_its_sample(engine) -> None:
    samples, script = sound.decode(SAMPLE), sample_script()

    def sample_of(name: str, turns: list[int]) -> np.ndarray:
        own = [(a, b) for a, b, who in script if who == name]
        return np.concatenate([samples[int(own[i][0] * sound.RATE) : int(own[i][1] * sound.RATE)] for i in turns])

    first, again, other = (
        np.array(engine.voice_of(s)) for s in (sample_of("P11", [0]), sample_of("P11", [1]), sample_of("P13", [0]))
    )
    assert first @ again > 0.7 > 0.5 > first @ other


@pytest.mark.engine
@pytest.mark.real_data
@pytest.mark.parametrize("count", [ANYBODY, SpeakerCount(least=2, most=2)])
def test_two_readers_are_two_voices(engine, count) -> None:
    # jfk: 11 s of one man; LibriSpeech: 11.7 s of one reader.
    both = np.concatenate([sound.decode(real(f"audio/read/{name}.flac")) for name in ("jfk", "libri-2412-153948-0000")])
    found = told_apart(engine, both, count)
    assert found.n_speakers == 2
    assert share_right(found, [(0.3, 10.9, "jfk"), (11.5, 22.0, "reader")]) > 0.7


@pytest.mark.engine
@pytest.mark.real_data
def test_a_group_of_five_is_found_as_about_five(engine) -> None:
    clips = ("EN2001a", "EN2001b", "EN2001d", "EN2001e")
    joined = np.concatenate([sound.decode(real(f"audio/ami/{clip}_000-030.flac")) for clip in clips])
    truth = []
    for n, clip in enumerate(clips):
        rows = [line.split() for line in real(f"audio/ami/{clip}_000-030.words.rttm").read_text(encoding="utf-8").splitlines()]
        truth += [(30 * n + float(row[3]), 30 * n + float(row[3]) + float(row[4]), row[7]) for row in rows]
    found = told_apart(engine, joined)
    assert 4 <= found.n_speakers <= 6
    assert share_right(found, truth) > 0.8
