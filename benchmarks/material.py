"""Recordings with a known reference, in the layout of the AMI clips, and sounds in which nobody speaks.

Beside NAME.flac (16 kHz, mono) lie NAME.words.json (every word with its time), NAME.words.rttm (who speaks when, by words
only) and NAME.seglst.json (who says what).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt

from qualkit.engines import sound, tracks
from qualkit.plugs import Waveform, need

RATE = sound.RATE
SILENT_S = 60.0

Samples: TypeAlias = "npt.NDArray[np.float64]"
"""Shape (samples,), mono, -1 to 1."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one speaker says without a pause."""

    speaker: str
    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, kw_only=True)
class Span:
    """One speaker's seconds of speech."""

    speaker: str
    start_s: float
    end_s: float


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A recording and what is known of it: `words` as (word, start_s) by start, who spoke when, who said what."""

    name: str
    path: Path
    words: tuple[tuple[str, float], ...] = ()
    spans: tuple[Span, ...] = ()
    said: tuple[Said, ...] = ()

    @property
    def text(self) -> str:
        """The reference as one line."""
        return " ".join(word for word, _ in self.words)

    @property
    def n_speakers(self) -> int:
        """How many people say at least a word."""
        return len({span.speaker for span in self.spans})

    @cached_property
    def samples(self) -> Waveform:
        """The recording as the engines are given it."""
        return heard_as(self.path)

    @property
    def duration_s(self) -> float:
        """Its length."""
        return len(self.samples) / RATE


@dataclass(frozen=True, kw_only=True)
class Material:
    """All that is measured on.

    `clips` by name; `group`, some of them end to end, one meeting of more people, None if they are not there; `mixes`,
    spoken by machines; `wordless`, sounds in which nobody speaks. `folder` is for what is made on the way.
    """

    clips: Sequence[Clip]
    group: Clip | None
    mixes: Sequence[Clip]
    wordless: Sequence[Clip]
    folder: Path


GROUP = ("EN2001a", "EN2001b", "EN2001d", "EN2001e")
"""Clips of one meeting of five people, with the same names throughout."""


def reported(clips: Sequence[Clip]) -> Sequence[Clip]:
    """The half of the clips, by name, that nothing was chosen on: the first, third, ..."""
    return clips[0::2]


def gather(audio: Path, mixes: Sequence[Path], folder: Path) -> Material:
    """The AMI clips in `audio`, and what is made of them and beside them in `folder`."""
    clips = clips_in(audio / "ami")
    group = [clip for clip in clips if clip.name in GROUP]
    return Material(
        clips=clips,
        group=joined(group, "EN2001", folder) if len(group) == len(GROUP) else None,
        mixes=[read_clip(path) for path in mixes],
        wordless=wordless(folder),
        folder=folder,
    )


def heard_as(path: Path) -> Waveform:
    """A recording as the engines are given it by the `transcribe` stage."""
    with tempfile.TemporaryDirectory() as folder:
        track = tracks.prepare(path, Path(folder), path.stem).tracks[0]
        return track.cut(0.0, track.duration_s)


def clips_in(folder: Path) -> list[Clip]:
    """All clips of a folder, by name; a name ends before the first underscore."""
    return [read_clip(path) for path in sorted(folder.glob("*.flac"))]


def read_clip(path: Path) -> Clip:
    """A recording with its references."""
    beside = {ending: path.with_name(f"{path.stem}.{ending}") for ending in ("words.json", "words.rttm", "seglst.json")}
    words = json.loads(beside["words.json"].read_text(encoding="utf-8"))["words"]
    said = json.loads(beside["seglst.json"].read_text(encoding="utf-8"))
    return Clip(
        name=path.stem.split("_")[0],
        path=path,
        words=tuple(sorted(((word["word"], word["start"]) for word in words), key=lambda word: word[1])),
        spans=tuple(_span(line) for line in beside["words.rttm"].read_text(encoding="utf-8").splitlines() if line.strip()),
        said=tuple(
            Said(speaker=one["speaker"], text=one["words"], start_s=one["start_time"], end_s=one["end_time"]) for one in said
        ),
    )


def _span(line: str) -> Span:
    _, _, _, start_s, length_s, _, _, speaker, *_ = line.split()
    return Span(speaker=speaker, start_s=float(start_s), end_s=float(start_s) + float(length_s))


def joined(clips: Sequence[Clip], name: str, folder: Path) -> Clip:
    """The clips end to end as one recording `name`.flac in `folder`; each reference begins where its clip does.

    Speakers of one name are one person.
    """
    parts = [samples_of(clip.path) for clip in clips]
    starts_s = np.cumsum([0, *(len(part) for part in parts)]) / RATE
    path = write_flac(folder / f"{name}.flac", parts)
    placed = list(zip(clips, map(float, starts_s), strict=False))
    return Clip(
        name=name,
        path=path,
        words=tuple((word, at_s + start_s) for clip, at_s in placed for word, start_s in clip.words),
        spans=tuple(
            Span(speaker=span.speaker, start_s=at_s + span.start_s, end_s=at_s + span.end_s)
            for clip, at_s in placed
            for span in clip.spans
        ),
        said=tuple(
            Said(speaker=one.speaker, text=one.text, start_s=at_s + one.start_s, end_s=at_s + one.end_s)
            for clip, at_s in placed
            for one in clip.said
        ),
    )


def looped(clip: Clip, minutes: float, folder: Path) -> Path:
    """`clip` over and over for so many minutes, as a file."""
    part = samples_of(clip.path)
    n_times, n_rest = divmod(int(minutes * 60 * RATE), len(part))
    return write_flac(folder / f"{clip.name}-{minutes:g}-minutes.flac", [*[part] * n_times, part[:n_rest]])


def samples_of(path: Path) -> Waveform:
    """The samples in a mono file of `RATE`, as they are."""
    with need("av", "speech").open(str(path)) as container:
        frames = [frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]
    whole = np.concatenate(frames)
    scale = 1.0 if whole.dtype.kind == "f" else float(np.iinfo(whole.dtype).max) + 1
    return (whole / scale).astype(np.float32)


def write_flac(path: Path, parts: Iterable[Waveform]) -> Path:
    """The parts end to end as FLAC of 16 bit, mono; the path. Parts are written as they come."""
    av = need("av", "speech")
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format="flac") as container:
        stream = container.add_stream("flac", rate=RATE, layout="mono", format="s16")
        at = 0
        for part in parts:
            pcm = (np.clip(part, -1, 1) * 32767).astype(np.int16).reshape(1, -1)
            for first in range(0, pcm.shape[1], RATE):
                frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm[:, first : first + RATE]), "s16", "mono")
                frame.sample_rate, frame.pts = RATE, at
                at += frame.samples
                container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


# ---------------------------------------------------------------- sounds in which nobody speaks


def wordless(folder: Path, duration_s: float = SILENT_S) -> list[Clip]:
    """Digital silence, white noise, pink noise and music, each of `duration_s`, with nothing said in them."""
    n = int(duration_s * RATE)
    sounds = {"silence": np.zeros(n), "white": white(n), "pink": pink(n), "music": music(n)}
    return [
        Clip(name=name, path=write_flac(folder / f"{name}.flac", [made.astype(np.float32)])) for name, made in sounds.items()
    ]


def white(n: int) -> Samples:
    """White noise at a tenth of full scale."""
    return np.random.default_rng(1).normal(0, 0.1, n)


def pink(n: int) -> Samples:
    """Noise whose power falls with frequency, at a tenth of full scale."""
    spectrum = np.fft.rfft(np.random.default_rng(2).normal(size=n))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    made = np.fft.irfft(spectrum, n)
    return cast("Samples", 0.1 * made / np.sqrt(np.mean(made**2)))


def music(n: int) -> Samples:
    """A band of three at 100 beats a minute: broken chords, a bass and a drum, over I-vi-IV-V in C."""
    beat, chords = 60 / 100, ((60, 64, 67), (57, 60, 64), (53, 57, 60), (55, 59, 62))
    track, drum = np.zeros(n), np.random.default_rng(3)
    for step in range(int(n / RATE / (beat / 2)) + 1):
        chord = chords[step // 8 % len(chords)]
        at = int(step * beat / 2 * RATE)
        notes = [(chord[step % 3] + 12 * (step % 2), 0.5, 0.12)]
        if step % 4 == 0:
            notes.append((chord[0] - 24, 1.2, 0.25))
        for pitch, length_s, level in notes:
            _add(track, at, _note(pitch, length_s, level))
        if step % 2:
            _add(track, at, drum.normal(0, 0.15, RATE // 10) * np.exp(-np.arange(RATE // 10) / 300))
    return np.clip(track, -1, 1)


def _note(pitch: int, length_s: float, level: float) -> Samples:
    """A plucked tone with six harmonics; `pitch` as in MIDI, 69 being 440 Hz."""
    time = np.arange(int(length_s * RATE)) / RATE
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    tone = sum(np.sin(2 * np.pi * hertz * k * time) / k**1.5 for k in range(1, 7))
    return cast("Samples", level * tone * np.exp(-4 * time / length_s) * np.minimum(1, time / 0.005))


def _add(track: Samples, at: int, sound: Samples) -> None:
    """Mix `sound` into `track`, cut off at its end."""
    room = track[at : at + len(sound)]
    room += sound[: len(room)]
