"""The arithmetic of the benchmark, on references and results that can be worked out by hand."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import long, material, mixes, speech, transcribe, voices
from benchmarks.material import RATE, Clip, Said, Span
from qualkit.model import Heard, LocalVoice, SpeakerCount, Voices, VoiceTurn, Word

TALK = (
    Span(speaker="Ann", start_s=0.0, end_s=4.0),
    Span(speaker="Bob", start_s=5.0, end_s=9.0),
)


def renamed(spans: tuple[Span, ...], names: dict[str, str]) -> list[Span]:
    return [Span(speaker=names[span.speaker], start_s=span.start_s, end_s=span.end_s) for span in spans]


def words(text: str, *, first_s: float = 0.0) -> tuple[Word, ...]:
    """Words that start a second apart."""
    return tuple(
        Word(text=word, start_s=first_s + n, end_s=first_s + n + 0.5, confidence=0.9) for n, word in enumerate(text.split())
    )


def clip_of(text: str, name: str = "clip", **more: Any) -> Clip:
    return Clip(name=name, path=Path(name), words=tuple((word.text, word.start_s) for word in words(text)), **more)


# ---------------------------------------------------------------- diarization error rate


def test_speakers_found_under_other_names_are_no_error() -> None:
    pytest.importorskip("pyannote.metrics.diarization")
    found = renamed(TALK, {"Ann": "1", "Bob": "0"})
    assert voices.der([(TALK, found, 10.0)]) == 0


def test_nobody_found_misses_everything_and_one_for_two_confuses_the_half() -> None:
    pytest.importorskip("pyannote.metrics.diarization")
    assert voices.der([(TALK, [], 10.0)]) == 1
    assert voices.der([(TALK, renamed(TALK, {"Ann": "x", "Bob": "x"}), 10.0)]) == pytest.approx(4 / 8)


def test_recordings_weigh_by_their_speech() -> None:
    pytest.importorskip("pyannote.metrics.diarization")
    short = (Span(speaker="Ann", start_s=0.0, end_s=2.0),)
    assert voices.der([(TALK, TALK, 10.0), (short, [], 10.0)]) == pytest.approx(2 / 10)


def test_the_collar_is_half_before_and_half_after_a_boundary() -> None:
    pytest.importorskip("pyannote.metrics.diarization")
    early = [Span(speaker="0", start_s=0.0, end_s=3.9), Span(speaker="1", start_s=5.0, end_s=9.0)]
    assert voices.der([(TALK, early, 10.0)]) == pytest.approx(0.1 / 8)
    assert voices.der([(TALK, early, 10.0)], **voices.PROTOCOLS["lenient"]) == 0
    earlier = [Span(speaker="0", start_s=0.0, end_s=3.8), early[1]]
    assert voices.der([(TALK, earlier, 10.0)], **voices.PROTOCOLS["lenient"]) > 0
    assert voices.der([(TALK, earlier, 10.0)], **voices.PROTOCOLS["nist"]) == 0


def test_what_is_found_after_the_end_of_a_recording_does_not_count() -> None:
    pytest.importorskip("pyannote.metrics.diarization")
    found = [*renamed(TALK, {"Ann": "0", "Bob": "1"}), Span(speaker="2", start_s=10.0, end_s=12.0)]
    assert voices.der([(TALK, found, 10.0)]) == 0


class Oracle:
    """A `Diarizer` that knows `TALK`."""

    def listen(self, sound: object, **_: object) -> list[LocalVoice]:
        return []

    def tell_apart(self, voices: object, count: SpeakerCount) -> Voices:
        assert count == SpeakerCount()
        numbers = {"Ann": 0, "Bob": 1}
        return Voices(
            turns=tuple(
                VoiceTurn(start_s=span.start_s, end_s=span.end_s, speaker=numbers[span.speaker], confidence=1.0)
                for span in TALK
            )
        )


def test_the_reported_half_is_every_second_clip_and_what_is_not_there_is_null(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyannote.metrics.diarization")
    monkeypatch.setattr(voices.plugs, "load", lambda *_: Oracle)
    wrong = (Span(speaker="Ann", start_s=0.0, end_s=9.0),)
    clips = [clip_of("", name, spans=spans) for name, spans in {"a": TALK, "b": wrong, "c": TALK}.items()]
    for clip in clips:
        clip.__dict__["samples"] = np.zeros(10 * RATE, dtype=np.float32)
    nothing = material.Material(clips=clips, group=None, mixes=clips[:1], wordless=[], folder=Path())
    figures = voices.measure(nothing, pytest.fail)
    assert figures["der_reported_strict"] == 0
    assert figures["der_strict"] == pytest.approx((1 + 4) / (8 + 9 + 8))  # a second missed and four of Ann's given to Bob
    assert (figures["synthetic_der"], figures["synthetic_found"], figures["synthetic_found_exact"]) == (0, [2], True)
    assert (figures["der_en2001_strict"], figures["found_en2001"]) == (None, None)


# ---------------------------------------------------------------- words of speakers


def said(*turns: tuple[str, str]) -> list[Said]:
    return [Said(speaker=who, text=text, start_s=float(n), end_s=n + 1.0) for n, (who, text) in enumerate(turns)]


def normaliser_or_skip() -> None:
    try:
        speech.normaliser()
    except ImportError as error:
        pytest.skip(str(error))


def test_words_under_another_name_are_right_and_words_of_another_speaker_are_wrong_twice() -> None:
    pytest.importorskip("meeteval")
    normaliser_or_skip()
    reference = said(("Ann", "the bus is late"), ("Bob", "every single day"))
    assert voices.cpwer([(reference, said(("0", "The bus is late."), ("1", "Every single day!")))]) == 0
    moved = said(("0", "the bus is"), ("1", "late every single day"))
    assert voices.cpwer([(reference, moved)]) == pytest.approx(2 / 7)  # missing in Ann's words, added in Bob's


def test_nothing_heard_is_every_word_missed() -> None:
    pytest.importorskip("meeteval")
    normaliser_or_skip()
    assert voices.cpwer([(said(("Ann", "the bus is late")), [])]) == 1


# ---------------------------------------------------------------- speech


def test_word_errors_of_all_clips_are_over_the_words_of_all_clips() -> None:
    pytest.importorskip("jiwer")
    normaliser_or_skip()
    clips = [clip_of("one long ride to the clinic", "a"), clip_of("two buses", "b")]
    assert speech.wer(clips, {"a": words("one long ride to the clinic"), "b": words("two")}) == pytest.approx(1 / 8)


def test_a_filler_counts_as_kept_at_its_place_whatever_it_is_called() -> None:
    pytest.importorskip("jiwer")
    clip = clip_of("um we mm-hmm went uh home")
    assert speech.filler_recall([clip], {"clip": words("Uh, we went home")}) == pytest.approx(1 / 3)
    assert speech.filler_recall([clip_of("we went")], {"clip": words("we went")}) is None


def test_starts_are_compared_for_words_that_were_recognised() -> None:
    pytest.importorskip("jiwer")
    clip = clip_of("we went home")
    assert speech.start_errors_ms([clip], {"clip": words("we came home", first_s=0.04)}) == pytest.approx([40, 40])


def test_words_are_invented_beyond_the_number_that_were_said() -> None:
    assert speech.invented(clip_of("okay yeah"), words("okay yeah thank you")) == 2
    assert speech.invented(clip_of("okay yeah"), words("okay")) == 0


def test_figures_of_a_missing_model_are_null_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from qualkit.errors import EngineError

    def missing(*_: object) -> None:
        raise EngineError("It is not here.")

    monkeypatch.setattr(speech.plugs, "load", missing)
    heard: list[str] = []
    nothing = material.Material(clips=[], group=None, mixes=[], wordless=[], folder=Path())
    figures = speech.measure(nothing, heard.append)
    assert {"wer_tiny", "wer_base", "invented_words", "filler_recall"} <= set(figures)
    assert set(figures.values()) == {None}
    assert heard[:2] == [f"The figures of {model} are null: It is not here." for model in ("tiny.en", "base")]


# ---------------------------------------------------------------- material


def tone(seconds: float) -> np.ndarray:
    return (0.1 * np.sin(np.arange(int(seconds * RATE)) / 10)).astype(np.float32)


def test_references_of_joined_clips_begin_where_their_clip_does(tmp_path: Path) -> None:
    pytest.importorskip("av")
    first = Clip(name="a", path=material.write_flac(tmp_path / "a.flac", [tone(3.0)]))
    second = Clip(
        name="b",
        path=material.write_flac(tmp_path / "b.flac", [tone(2.0)]),
        words=(("okay", 0.5),),
        spans=(Span(speaker="Ann", start_s=0.5, end_s=1.0),),
        said=(Said(speaker="Ann", text="okay", start_s=0.5, end_s=1.0),),
    )
    whole = material.joined([first, second], "both", tmp_path)
    assert len(material.samples_of(whole.path)) == 5 * RATE
    assert whole.words == (("okay", 3.5),)
    assert (whole.spans[0].start_s, whole.spans[0].end_s) == (3.5, 4.0)
    assert (whole.said[0].start_s, whole.said[0].end_s) == (3.5, 4.0)


def test_a_looped_clip_lasts_as_long_as_was_asked(tmp_path: Path) -> None:
    pytest.importorskip("av")
    clip = Clip(name="a", path=material.write_flac(tmp_path / "a.flac", [tone(2.5)]))
    samples = material.samples_of(material.looped(clip, 0.1, tmp_path))
    assert len(samples) == 6 * RATE
    assert np.abs(samples[: int(2.5 * RATE)] - tone(2.5)).max() < 1e-3


def test_sounds_without_words_are_as_loud_as_speech_and_the_same_every_time(tmp_path: Path) -> None:
    pytest.importorskip("av")
    sounds = {clip.name: material.samples_of(clip.path) for clip in material.wordless(tmp_path, 2.0)}
    assert sorted(sounds) == ["music", "pink", "silence", "white"]
    assert not sounds["silence"].any()
    assert all(0.05 < np.sqrt(np.mean(sounds[name] ** 2)) < 0.3 for name in ("music", "pink", "white"))
    again = {clip.name: material.samples_of(clip.path) for clip in material.wordless(tmp_path / "again", 2.0)}
    assert all(np.array_equal(sounds[name], again[name]) for name in sounds)


# ---------------------------------------------------------------- synthetic focus groups


def test_the_script_is_four_people_and_two_who_are_cut_off() -> None:
    turns = mixes.script()
    assert len({speaker for speaker, _ in turns}) == 4
    starts = mixes.turn_starts(turns, [3.0] * len(turns), np.random.default_rng(1))
    gaps = [round(after - before - 3.0, 6) for before, after in pairwise(starts)]
    assert [gap for gap in gaps if gap < 0] == [-mixes.OVERLAP_S] * 2
    assert all(mixes.GAP_S[0] <= gap <= mixes.GAP_S[1] for gap in gaps if gap > 0)


def test_silence_at_the_ends_and_long_pauses_are_no_speech() -> None:
    rate = 1000
    sound = np.zeros(3000)
    sound[500:1000] = sound[1200:1500] = sound[2000:2500] = 0.5
    assert mixes.sounding(sound, rate) == ((0.5, 1.5), (2.0, 2.5))  # 0.2 s is bridged, 0.5 s is not


def test_words_share_the_sounding_seconds_by_their_letters() -> None:
    spoken = mixes.Spoken(speaker="Ann", words=("aaaa", "bbbb", "cc"), spans=((10.0, 14.0), (20.0, 26.0)))
    assert list(mixes.word_times(spoken)) == [("aaaa", 10.0, 14.0), ("bbbb", 20.0, 24.0), ("cc", 24.0, 26.0)]


def test_the_reference_of_a_mix_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    spoken = [
        mixes.Spoken(speaker="Ann", words=("Where", "to?"), spans=((1.0, 1.5), (2.0, 2.5))),
        mixes.Spoken(speaker="Bob", words=("Home.",), spans=((3.0, 3.5),)),
    ]
    mixes.write_reference("small", spoken, tmp_path)
    clip = material.read_clip(tmp_path / "small.flac")
    assert clip.text == "Where to? Home."
    assert clip.n_speakers == 2
    assert clip.spans[0] == Span(speaker="Ann", start_s=1.0, end_s=1.5)
    assert clip.said[0] == Said(speaker="Ann", text="Where to?", start_s=1.0, end_s=2.5)


@pytest.mark.engine
def test_a_mix_is_the_same_every_time_and_as_long_as_its_reference(tmp_path: Path) -> None:
    if not (shutil.which("flite") and shutil.which("sox")):
        pytest.skip("needs the programs flite and sox")
    paths = [mixes.make("flite4", tmp_path / place) for place in ("one", "other")]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    clip = material.read_clip(paths[0])
    assert 60 <= len(material.samples_of(clip.path)) / RATE <= 75
    assert clip.n_speakers == 4
    assert len(clip.said) == 16
    assert max(span.end_s for span in clip.spans) <= len(material.samples_of(clip.path)) / RATE


def test_a_mix_that_cannot_be_spoken_is_left_out_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise ImportError("No module named 'tongue'")

    monkeypatch.setattr(mixes, "CASTS", {"choir": (missing,) * 4})
    made, said_why = mixes.all_mixes(tmp_path)
    assert (made, said_why) == ([], ["The mix choir cannot be spoken here: No module named 'tongue'."])


# ---------------------------------------------------------------- killed and resumed


def test_files_that_were_made_again_are_not_reused(tmp_path: Path) -> None:
    folder = tmp_path / long.WORDS
    folder.mkdir(parents=True)
    for name in ("kept", "remade"):
        (folder / f"{name}.json").write_text("{}", encoding="utf-8")
    (folder / ".remade-beside.json").write_text("half", encoding="utf-8")
    before = long.stamps(tmp_path)
    (folder / "remade.json").rename(folder / "old")
    (folder / "remade.json").write_text("{}", encoding="utf-8")
    (folder / "new.json").write_text("{}", encoding="utf-8")
    after = long.stamps(tmp_path)
    assert sorted(after) == ["kept.json", "new.json", "remade.json"]
    assert long.reused(before, after) == pytest.approx(1 / 3)
    assert long.reused(before, before) == 1


# ---------------------------------------------------------------- the table


@pytest.mark.parametrize(
    ("value", "goal", "reached"),
    [(0.2, "<= 0.23", True), (0.24, "<= 0.23", False), (4.2, ">= 4", True), (3, "4 to 6", False), (6, "4 to 6", True)],
)
def test_a_goal_is_reached_at_its_bound(value: float, goal: str, reached: bool) -> None:
    assert transcribe.is_reached(value, goal) is reached


def test_the_table_says_what_is_reached_and_leaves_what_is_not_known_open() -> None:
    lines = transcribe.table({"extra": 1, "wer_base": None, "wer_tiny": 0.4}).splitlines()
    assert [line.split() for line in lines] == [
        ["wer_tiny", "0.400", "<=", "0.335", "missed"],
        ["wer_base", "-", "<=", "0.295"],
        ["extra", "1"],
    ]


def test_an_engine_is_asked_for_english_without_hints() -> None:
    class Engine:
        def transcribe(self, sound: object, **options: Any) -> Heard:
            assert (options["language"], options["hints"]) == ("en", ())
            return Heard(words=words("okay") if options["verbatim"] else ())

    clip = clip_of("okay")
    clip.__dict__["samples"] = np.zeros(RATE, dtype=np.float32)
    assert speech.hear([clip], Engine()) == {"clip": ()}
    assert speech.line(speech.hear([clip], Engine(), verbatim=True)["clip"]) == "okay"
