"""Recordings of every format, long, quiet, damaged or with a track for each speaker, as sound that engines can listen to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from qualkit.engines import sound, tracks
from qualkit.engines.containers import SOUND_SUFFIXES, speakers_of
from qualkit.engines.decoding import Line
from qualkit.engines.loudness import MAX_GAIN_DB, QUIET_DB, TARGET_DB, Meter
from qualkit.engines.tracks import Prepared, Track, pieces, prepare
from qualkit.errors import ReadError, StudyError
from qualkit.plugs import Waveform
from tests.sounds import a_file, a_file_of_channels, a_tone, chirps, pitch, second_of

FORMATS = [
    ("a.wav", "pcm_s16le", 44_100),
    ("b.wav", "pcm_s24le", 48_000),
    ("c.wav", "pcm_f32le", 96_000),
    ("a.flac", "flac", 44_100),
    ("a.mp3", "libmp3lame", 44_100),
    ("a.m4a", "aac", 44_100),
    ("b.m4a", "alac", 44_100),
    ("a.aac", "aac", 44_100),
    ("a.ogg", "libopus", 48_000),
    ("a.oga", "flac", 44_100),
    ("a.opus", "libopus", 48_000),
    ("a.wma", "wmav2", 44_100),
    ("a.aiff", "pcm_s16be", 44_100),
    ("a.caf", "pcm_s16le", 44_100),
    ("a.webm", "libopus", 48_000),
    ("a.mp4", "aac", 44_100),
    ("a.mkv", "aac", 44_100),
    ("a.mov", "pcm_s16le", 44_100),
    ("a.avi", "libmp3lame", 44_100),
    ("a.3gp", "aac", 44_100),
    ("a.mts", "aac", 44_100),
    ("a.wmv", "wmav2", 44_100),
]


def prepared(path: Path, **more: object) -> Prepared:
    return prepare(path, path.parent / "copies", "copy", **more)  # type: ignore[arg-type]


def the_track(path: Path) -> Track:
    (track,) = prepared(path).tracks
    return track


def overwritten(path: Path, share: float = 0.5, n_bytes: int | None = None) -> Path:
    """The file with noise in its middle."""
    whole = bytearray(path.read_bytes())
    at, n = int(len(whole) * share), n_bytes or max(3000, len(whole) // 30)
    whole[at : at + n] = np.random.default_rng(1).bytes(n)
    path.write_bytes(whole)
    return path


def cut_off(path: Path, share: float = 0.5) -> Path:
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share) + 37])
    return path


# ---------------------------------------------------------------- every format


@pytest.mark.engine
@pytest.mark.parametrize(("name", "codec", "rate"), FORMATS)
def test_sound_comes_as_16_khz_mono_whatever_the_file(tmp_path, name, codec, rate):
    path = a_file(tmp_path / name, a_tone(3), codec=codec, layout="stereo", rate=rate)
    assert path.suffix in SOUND_SUFFIXES
    samples, track = sound.decode(path), the_track(path)
    assert samples.dtype == track.cut(0, 9).dtype == np.float32
    assert [len(samples) / sound.RATE, track.duration_s] == pytest.approx([3, 3], abs=0.12)  # encoders pad to whole frames
    assert [pitch(samples[16_000:32_000]), pitch(track.cut(1, 2))] == pytest.approx([440, 440], abs=1)
    assert sound.duration_s(path) == pytest.approx(3, abs=0.25)
    assert prepared(path).marks == ()


@pytest.mark.engine
@pytest.mark.parametrize("name", ["a.amr", "a.3gp"])
def test_voice_memos_of_old_phones_are_heard(tmp_path, name):
    path = a_file(tmp_path / name, a_tone(3), codec="libopencore_amrnb", rate=8000)
    assert the_track(path).duration_s == pytest.approx(3, abs=0.1)
    assert pitch(the_track(path).cut(1, 2)) == pytest.approx(440, abs=2)


@pytest.mark.engine
def test_equal_channels_are_as_loud_as_one(tmp_path):
    path = a_file_of_channels(tmp_path / "a.wav", [a_tone(1, level=0.9)] * 2)
    assert np.abs(sound.decode(path)).max() == pytest.approx(0.9, abs=0.01)


@pytest.mark.engine
@pytest.mark.parametrize(
    ("name", "codec"), [("a.wav", "pcm_s16le"), ("a.flac", "flac"), ("a.mp3", "libmp3lame"), ("a.m4a", "aac")]
)
def test_a_clip_is_the_seconds_asked_for_and_opus(tmp_path, name, codec):
    clip = sound.clip(a_file(tmp_path / name, chirps(60), codec=codec), 40.0, 41.0, pad_s=0.0)
    assert clip.startswith(b"OggS")
    assert b"OpusHead" in clip[:100]
    heard = of_clip(tmp_path, clip)
    assert len(heard) / sound.RATE == pytest.approx(1, abs=0.03)
    # The 41st second is 200 + 40 * 50 = 2,200 Hz from its first tenth to its last.
    assert [pitch(heard[at : at + 1600]) for at in (1600, 13000)] == pytest.approx([2200, 2200], abs=15)


def of_clip(folder: Path, clip: bytes) -> Waveform:
    (folder / "clip.ogg").write_bytes(clip)
    return sound.decode(folder / "clip.ogg")


@pytest.mark.engine
def test_a_clip_is_padded_but_not_beyond_the_recording(tmp_path):
    path = a_file(tmp_path / "a.wav", a_tone(5))
    asked = ((0.0, 1.0), (2.0, 3.0), (4.5, 5.0))
    lengths = [len(of_clip(tmp_path, sound.clip(path, *span, pad_s=0.4))) / sound.RATE for span in asked]
    assert lengths == pytest.approx([1.4, 1.8, 0.9], abs=0.03)
    with pytest.raises(ReadError, match=r"no sound between 60.0 and 61.0"):
        sound.clip(path, 60.0, 61.0)


# ---------------------------------------------------------------- what cannot be read, and what can be read in part


@pytest.mark.engine
@pytest.mark.parametrize(
    ("content", "sentence"), [(b"", "is empty"), (b"Dear diary, " * 400, "is not a sound file"), (b"\x00" * 5000, "a.mp3")]
)
def test_what_is_no_sound_is_refused_in_a_sentence(tmp_path, content, sentence):
    (tmp_path / "a.mp3").write_bytes(content)
    for ask in (sound.decode, sound.duration_s, prepared):
        with pytest.raises(ReadError, match=sentence):
            ask(tmp_path / "a.mp3")
    assert not list((tmp_path / "copies").iterdir())


@pytest.mark.engine
def test_a_missing_recording_is_refused_by_name(tmp_path):
    with pytest.raises(ReadError, match=r"no recording gone.wav"):
        sound.decode(tmp_path / "gone.wav")


@pytest.mark.engine
@pytest.mark.parametrize("name", ["half.m4a", "half.mp4", "half.mov", "half.3gp"])
def test_an_mp4_that_was_never_finished_is_refused_with_the_cause(tmp_path, name):
    path = cut_off(a_file(tmp_path / name, a_tone(20), codec="aac"))
    with pytest.raises(ReadError, match=rf"{name} was cut off.*moov atom.*copy it again"):
        prepared(path)


@pytest.mark.engine
@pytest.mark.parametrize(
    ("name", "codec", "rate", "says"),
    [
        ("fg1.wav", "pcm_s16le", 16_000, "ends at 0:30, though it says it lasts 1:00"),
        ("fg1.aiff", "pcm_s16be", 16_000, "ends at 0:30, though it says it lasts 1:00"),
        ("fg1.mp3", "libmp3lame", 16_000, "ends at 0:30, though it says it lasts 1:00"),
        ("fg1.flac", "flac", 16_000, "is damaged after 0:30, though it says it lasts 1:00"),
        ("fg1.mka", "libopus", 48_000, "though it says it lasts 1:00"),
        ("fg1.ogg", "libopus", 48_000, "is damaged after 0:30; what comes after could not be read."),
        ("fg1.aac", "aac", 16_000, "is damaged after 0:30; what comes after could not be read."),
    ],
)
def test_a_recording_that_was_cut_off_is_used_as_far_as_it_goes_and_that_is_said(tmp_path, name, codec, rate, says):
    noisy = chirps(60) + np.random.default_rng(0).normal(0, 0.01, 60 * sound.RATE).astype(np.float32)
    path = cut_off(a_file(tmp_path / name, noisy, codec=codec, rate=rate))
    copy = prepared(path)
    assert copy.duration_s == pytest.approx(30, abs=0.6)
    assert [second_of(copy.tracks[0].cut(at, at + 1), 0.4) for at in (0, 14, 28)] == [0, 14, 28]
    (mark,) = copy.marks
    assert mark.text.startswith("fg1.")
    assert says in mark.text
    assert mark.start_s == pytest.approx(copy.duration_s)
    assert sound.decode(path).size == copy.tracks[0].n_samples
    assert second_of(of_clip(tmp_path, sound.clip(path, 20, 21, pad_s=0)), 0.4) == 20


@pytest.mark.engine
@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [("a.flac", "flac", 16_000), ("a.m4a", "aac", 16_000), ("a.ogg", "libopus", 48_000), ("a.mka", "aac", 16_000)],
)
def test_damage_in_the_middle_is_silent_and_what_follows_stays_in_its_place(tmp_path, name, codec, rate):
    noisy = chirps(60) + np.random.default_rng(0).normal(0, 0.01, 60 * sound.RATE).astype(np.float32)
    path = overwritten(a_file(tmp_path / name, noisy, codec=codec, rate=rate))
    copy = prepared(path)
    assert copy.duration_s == pytest.approx(60, abs=0.1)
    heard = copy.tracks[0].cut(0, 60)
    assert [second_of(heard, at + 0.4) for at in (5, 28, 36, 55)] == [5, 28, 36, 55]
    (mark,) = copy.marks
    assert 29 < mark.start_s < 31
    assert 1 < mark.end_s - mark.start_s < 5
    assert not heard[round((mark.start_s + 0.1) * sound.RATE) : round((mark.end_s - 0.1) * sound.RATE)].any()
    assert f"{name} " in mark.text
    assert "0:3" in mark.text or "0:29" in mark.text
    assert second_of(of_clip(tmp_path, sound.clip(path, 45, 46, pad_s=0)), 0.4) == 45


@pytest.mark.engine
def test_a_damaged_mp3_says_that_what_follows_comes_earlier(tmp_path):
    path = overwritten(a_file(tmp_path / "a.mp3", chirps(60), codec="libmp3lame"))
    copy = prepared(path)
    assert copy.duration_s == pytest.approx(58, abs=0.5)
    assert [mark.text.split(";")[0].split(":")[0] for mark in copy.marks] == [
        "a.mp3 is damaged at 0",
        "a.mp3 is about 2 s shorter than the 1",
    ]
    assert copy.marks[-1].text.endswith("comes that much earlier.")


def a_matroska(path: Path, *times_s: float) -> Path:
    """The seconds of the chirps at these times, in frames of a tenth."""
    av = pytest.importorskip("av")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=sound.RATE, layout="mono")
        for frame in frames([at_s + tenth / 10 for at_s in times_s for tenth in range(10)]):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def frames(times_s: list[float]) -> Iterator[Any]:
    """The chirps in tenths of a second, with these time stamps."""
    av = pytest.importorskip("av")
    tenths = (chirps(len(times_s) // 10) * 32_767).astype(np.int16).reshape(len(times_s), 1, -1)
    for at_s, samples in zip(times_s, tenths, strict=True):
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = sound.RATE, Fraction(1, sound.RATE), round(at_s * sound.RATE)
        yield frame


@pytest.mark.engine
def test_a_pause_of_the_recorder_is_silence_and_is_said(tmp_path):
    copy = prepared(a_matroska(tmp_path / "a.mka", 0, 1, 2, 13, 14))
    assert copy.duration_s == pytest.approx(15, abs=0.05)
    assert [second_of(copy.tracks[0].cut(0, 15), at + 0.4) for at in (0, 2, 13, 14)] == [0, 2, 3, 4]
    assert not copy.tracks[0].cut(3.1, 12.9).any()
    assert [mark.text for mark in copy.marks] == [
        "a.mka holds no sound for about 10 s after 0:03: it is damaged there, or the recorder paused."
    ]


@pytest.mark.engine
@pytest.mark.parametrize("broken_s", [4.0, 1e6])
def test_one_broken_time_stamp_moves_nothing(broken_s):
    times_s = [tenth / 10 for tenth in range(60)]
    times_s[20] = broken_s
    line = Line(
        SimpleNamespace(start_time=0, duration=6_000_000, format=SimpleNamespace(name="matroska,webm")),
        SimpleNamespace(channels=1, layout=SimpleNamespace(name="mono")),
    )
    taken = [samples for frame in frames(times_s) for samples in line.take(frame)]
    heard = np.concatenate([*taken, *line.finish()], axis=1)[0]
    assert len(heard) == 6 * sound.RATE
    assert [second_of(heard, at + 0.4) for at in range(6)] == [0, 1, 2, 3, 4, 5]
    assert line.flaws == []


# ---------------------------------------------------------------- loudness


def loud(samples: Waveform) -> float:
    meter = Meter()
    for at in range(0, len(samples), 7000):  # in pieces that fit no block
        meter.hear((samples[at : at + 7000] * 32_768).astype(np.int16))
    return meter.loudness.gain


def decibels(factor: float) -> float:
    return 20 * float(np.log10(factor))


def speech(level_db: float, n_seconds: int = 20) -> Waveform:
    """Noise at `level_db` for three of every four seconds, and a hum 50 dB below in between."""
    noise = np.random.default_rng(0).uniform(-1, 1, n_seconds * sound.RATE) * np.sqrt(3)
    is_on = np.arange(len(noise)) // sound.RATE % 4 < 3
    return (noise * 10 ** (level_db / 20) * np.where(is_on, 1, 10 ** (-50 / 20))).astype(np.float32)


@pytest.mark.parametrize("level_db", [-40, -23, -15])
def test_speech_that_can_be_heard_is_left_as_it_is(level_db):
    assert loud(speech(level_db)) == 1.0


@pytest.mark.parametrize("level_db", [-48, -55])
def test_faint_speech_is_brought_to_one_level_whatever_its_pauses(level_db):
    # 0.5 dB: blocks at the edges of a pause hold some of it.
    assert decibels(loud(speech(level_db))) == pytest.approx(TARGET_DB - level_db, abs=0.5)
    paused = np.concatenate([speech(level_db), np.zeros(200 * sound.RATE, dtype=np.float32)])
    assert decibels(loud(paused)) == pytest.approx(TARGET_DB - level_db, abs=0.5)


def test_faint_noise_is_not_made_loud_and_silence_stays_silent():
    assert decibels(loud(speech(-65))) == pytest.approx(MAX_GAIN_DB)
    assert loud(speech(-80)) == 1.0
    assert loud(np.zeros(sound.RATE, dtype=np.float32)) == 1.0
    assert loud(np.zeros(10, dtype=np.float32)) == 1.0


def test_peaks_hold_the_gain_down_but_one_slammed_door_does_not():
    quiet, blows = speech(-52), speech(-52)
    blows[:: sound.RATE] = 0.4
    door = quiet.copy()
    door[:2] = 0.9
    assert loud(blows) == pytest.approx(0.97 / 0.4, rel=0.01)
    long_and_one_door = np.concatenate([door, *[quiet] * 9])  # one tenth of a second in 2,000
    assert loud(long_and_one_door) == pytest.approx(loud(quiet), rel=0.01)


@pytest.mark.engine
def test_a_track_has_one_gain_for_all_its_cuts_and_stays_within_full_scale(tmp_path):
    quiet = np.concatenate([speech(-50), speech(-60)])
    track = the_track(a_file(tmp_path / "a.wav", quiet))
    first, second = track.cut(0, 20), track.cut(20, 40)
    assert decibels(first.std() / second.std()) == pytest.approx(10, abs=0.3)
    assert first.std() > 5 * quiet[: len(first)].std()
    assert np.abs(first).max() <= 1.0


# ---------------------------------------------------------------- the working copy


@pytest.mark.engine
def test_a_working_copy_is_made_once_and_again_only_if_it_is_not_whole(tmp_path):
    path = a_file(tmp_path / "a.wav", chirps(5))
    told: list[str] = []
    first = prepared(path, progress=lambda share, doing: told.append(doing))
    path.unlink()
    assert prepared(path) == first, "nothing is read of a recording whose copy is there"
    first.tracks[0].file.write_bytes(b"cut short by a full disk")
    with pytest.raises(ReadError, match=r"no recording a.wav"):
        prepared(path)
    tracks.discard(tmp_path / "copies", "copy")
    assert not list((tmp_path / "copies").iterdir())
    tracks.discard(tmp_path / "copies", "copy")


@pytest.mark.engine
def test_a_copy_made_by_another_method_is_made_again(tmp_path):
    path = a_file(tmp_path / "a.wav", chirps(5))
    first = prepared(path)
    about = tmp_path / "copies" / "copy.json"
    about.write_text(json.dumps(json.loads(about.read_text()) | {"method": "an older one"}))
    before = first.tracks[0].file.stat().st_mtime_ns
    assert prepared(path) == first
    assert first.tracks[0].file.stat().st_mtime_ns > before


@pytest.mark.engine
def test_a_run_that_is_killed_leaves_no_copy_that_looks_whole(tmp_path):
    path = a_file(tmp_path / "a.wav", np.zeros(100 * sound.RATE, dtype=np.float32))

    def killed(share: float, doing: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepared(path, progress=killed)
    assert not list((tmp_path / "copies").iterdir())


@pytest.mark.engine
def test_cuts_lie_where_they_are_asked_for_and_end_with_the_recording(tmp_path):
    track = the_track(a_file(tmp_path / "a.flac", chirps(20), codec="flac", rate=44_100))
    assert [second_of(track.cut(at, at + 1), 0.4) for at in (0, 7, 19)] == [0, 7, 19]
    assert [len(track.cut(*span)) for span in ((1.25, 2.5), (19.5, 30), (40, 50), (5, 4))] == [20_000, 8_000, 0, 0]


@pytest.mark.engine
def test_decoding_tells_how_far_it_is(tmp_path):
    shares: list[float] = []
    path = a_file(tmp_path / "a.flac", np.zeros(200 * sound.RATE, dtype=np.float32), codec="flac")
    prepared(path, progress=lambda share, doing: shares.append(share))
    assert len(shares) == 6
    assert all(0 < low < high <= 1 for low, high in pairwise(shares))


# ---------------------------------------------------------------- pieces


def talk(n_seconds: int, *pauses: tuple[float, float]) -> Waveform:
    """Talk at one level with silent pauses."""
    samples = np.random.default_rng(0).normal(0, 0.1, n_seconds * sound.RATE).astype(np.float32)
    for start_s, end_s in pauses:
        samples[round(start_s * sound.RATE) : round(end_s * sound.RATE)] *= 0.001
    return samples


@pytest.mark.engine
def test_pieces_end_in_the_quietest_half_second_of_their_last_minute(tmp_path):
    # Pauses at 4:30 and 9:00; the one at 3:00 is not in the last minute of any piece.
    track = the_track(a_file(tmp_path / "a.wav", talk(700, (180, 182), (270, 271), (540, 541))))
    cuts = pieces(track)
    assert [start_s for start_s, _ in cuts] == pytest.approx([0, 270.5, 540.5], abs=0.3)
    assert cuts[-1][1] == track.duration_s == 700
    assert all(end_s == start_s for (_, end_s), (start_s, _) in pairwise(cuts))


@pytest.mark.engine
def test_where_people_talk_all_through_the_last_minute_an_earlier_pause_is_taken(tmp_path):
    track = the_track(a_file(tmp_path / "a.wav", talk(400, (200, 201))))
    assert [start_s for start_s, _ in pieces(track)] == pytest.approx([0, 200.5], abs=0.3)


@pytest.mark.engine
def test_without_any_pause_a_piece_still_ends(tmp_path):
    cuts = pieces(the_track(a_file(tmp_path / "a.wav", talk(1000))))
    assert all(60 <= end_s - start_s <= 330 for start_s, end_s in cuts)


@pytest.mark.engine
@pytest.mark.parametrize(("n_seconds", "n_pieces"), [(1, 1), (300, 1), (329, 1), (331, 2)])
def test_a_last_piece_of_less_than_half_a_minute_is_joined(tmp_path, n_seconds, n_pieces):
    silent = the_track(a_file(tmp_path / "a.wav", np.zeros(n_seconds * sound.RATE, dtype=np.float32)))
    cuts = pieces(silent)
    assert len(cuts) == n_pieces
    assert cuts[-1][1] - cuts[-1][0] >= min(n_seconds, 30)


# ---------------------------------------------------------------- a track for each speaker


@pytest.mark.parametrize(
    ("files", "speakers"),
    [
        (["audioAnaLopez21234567890.m4a", "audioBen31234567890.m4a"], ["Ana Lopez", "Ben"]),
        (["audioZoëÖzil11234567890.m4a"], ["Zoë Özil"]),
        (["audioJMRíos11234567890.m4a"], ["JMRíos"]),
        (["Ana_Lopez.wav", "Dr Ben.wav", "P3.wav"], ["Ana Lopez", "Dr Ben", "P3"]),
        (["audiobook.wav"], ["audiobook"]),
        # The number after the name runs into a name that ends in a number: two of them keep the names of their files.
        (["audioP111234567890.m4a", "audioP221234567890.m4a"], ["audioP111234567890", "audioP221234567890"]),
    ],
)
def test_the_name_of_a_track_is_its_speakers(files, speakers):
    assert speakers_of([Path("fg1") / name for name in files]) == speakers


def test_a_mix_of_all_tracks_among_them_is_refused():
    with pytest.raises(ReadError, match=r"fg1/audio1234567890.m4a looks like the whole meeting"):
        speakers_of([Path("fg1/audio1234567890.m4a"), Path("fg1/audioBen31234567890.m4a")])


@pytest.fixture
def a_meeting(tmp_path: Path) -> Path:
    """Ana at 440 Hz for 10 s, Ben at 880 Hz for 12 s, and a note that is no sound."""
    folder = tmp_path / "fg1"
    folder.mkdir()
    a_file(folder / "Ana.flac", a_tone(10, 440), codec="flac")
    a_file(folder / "Ben.m4a", np.concatenate([0.1 * a_tone(6, 880), a_tone(6, 1320)]), codec="aac")
    (folder / "notes.txt").write_text("Ben came late.")
    return folder


@pytest.mark.engine
def test_a_folder_gives_a_track_for_each_file(a_meeting):
    shares: list[float] = []
    copy = prepared(a_meeting, progress=lambda share, doing: shares.append(share))
    assert [track.name for track in copy.tracks] == ["Ana", "Ben"]
    assert [track.duration_s for track in copy.tracks] == pytest.approx([10, 12], abs=0.1)
    assert [pitch(track.cut(2, 3)) for track in copy.tracks] == pytest.approx([440, 880], abs=2)
    assert copy.duration_s == copy.tracks[1].duration_s
    assert sound.duration_s(a_meeting) == pytest.approx(12, abs=0.1)


@pytest.mark.engine
def test_a_clip_of_a_folder_is_everybody_at_once(a_meeting, tmp_path):
    heard = of_clip(tmp_path, sound.clip(a_meeting, 7, 8, pad_s=0))
    levels = np.abs(np.fft.rfft(heard[:16_000])) / 8000
    assert [levels[hertz] > 0.2 for hertz in (440, 1320, 880)] == [True, True, False]
    assert len(of_clip(tmp_path, sound.clip(a_meeting, 11, 11.5, pad_s=0))) / sound.RATE == pytest.approx(0.5, abs=0.03)


@pytest.mark.engine
def test_a_track_that_cannot_be_read_is_left_out_and_said(a_meeting):
    (a_meeting / "Cem.wav").write_bytes(b"")
    copy = prepared(a_meeting)
    assert [track.name for track in copy.tracks] == ["Ana", "Ben"]
    assert [mark.text for mark in copy.marks] == [
        "The track of Cem is left out: Cem.wav is empty (0 bytes); copy it again from the recorder."
    ]
    sound.clip(a_meeting, 1, 2)
    for name in ("Ana.flac", "Ben.m4a"):
        (a_meeting / name).write_bytes(b"no sound either" * 99)
    tracks.discard(a_meeting.parent / "copies", "copy")
    with pytest.raises(ReadError, match=r"Ana.flac"):
        prepared(a_meeting)


@pytest.mark.engine
def test_named_streams_and_channels_are_tracks(tmp_path):
    streams = a_file(tmp_path / "a.mka", a_tone(3, 440), a_tone(3, 880), codec="flac")
    channels = a_file_of_channels(tmp_path / "b.wav", [a_tone(3, 440), a_tone(3, 880)])
    for path in (streams, channels):
        copy = prepare(path, tmp_path / "copies", path.name, speakers=["Ana", "Ben"])
        assert [track.name for track in copy.tracks] == ["Ana", "Ben"]
        assert [pitch(track.cut(1, 2)) for track in copy.tracks] == pytest.approx([440, 880], abs=1)


@pytest.mark.engine
def test_ten_channels_of_a_recorder_are_ten_tracks_or_one_mix(tmp_path):
    path = a_file_of_channels(tmp_path / "a.wav", [a_tone(2, 200 + 100 * n, level=0.05) for n in range(10)])
    copy = prepare(path, tmp_path / "copies", "ten", speakers=[f"P{n}" for n in range(10)])
    assert [pitch(track.cut(0, 1)) for track in copy.tracks] == [200 + 100 * n for n in range(10)]
    assert the_track(path).duration_s == pytest.approx(2, abs=0.01)


@pytest.mark.engine
def test_without_names_all_streams_of_a_file_are_heard_as_one(tmp_path):
    path = a_file(tmp_path / "a.mka", a_tone(3, 440), np.concatenate([a_tone(2, 880)]), codec="flac")
    for heard in (the_track(path).cut(0, 3), sound.decode(path), of_clip(tmp_path, sound.clip(path, 0, 3, pad_s=0))):
        levels = np.abs(np.fft.rfft(heard[:16_000]))
        assert levels[440] == pytest.approx(levels[880], rel=0.1)
        assert pitch(heard[36_000:44_000]) == pytest.approx(440, abs=2)


def one_stream(path: Path) -> Path:
    return a_file(path, a_tone(1), codec="flac", layout="stereo")


def three_streams(path: Path) -> Path:
    return a_file(path, *[a_tone(1)] * 3, codec="flac")


@pytest.mark.engine
@pytest.mark.parametrize(
    ("make", "says"), [(one_stream, "one audio stream with 2 channels"), (three_streams, "it has 3 audio streams")]
)
def test_another_number_of_names_than_tracks_is_refused_with_both(tmp_path, make: Callable[[Path], Path], says):
    with pytest.raises(StudyError, match=rf"names 4 tracks for a.mka \(A, B, C, D\), but it has .*{says[-10:]}") as caught:
        prepared(make(tmp_path / "a.mka"), speakers=list("ABCD"))
    assert says in str(caught.value)
    assert not list((tmp_path / "copies").iterdir())


# ---------------------------------------------------------------- real recordings


@pytest.mark.engine
@pytest.mark.real_data
def test_meetings_are_left_as_they_are_unless_hardly_anybody_is_heard(real_data, tmp_path):
    for path in (real_data / "audio" / "ami").glob("*.flac"):
        (track,) = prepare(path, tmp_path, path.stem).tracks
        assert (track.loudness.gain > 1) is (track.loudness.level_db < QUIET_DB), path
        assert (track.loudness.gain > 1) is path.stem.startswith("EN2001d"), path
        assert np.mean(np.abs(track.cut(0, 30)) >= 1) < 1e-4, path
