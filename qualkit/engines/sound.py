"""A recording as a whole: its samples, its length, and clips of it for playing.

A recording is a file, or a folder with one file for each speaker. Long ones are not held in memory but listened to by a
working copy: see `tracks`.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from qualkit.engines.containers import files_of
from qualkit.engines.decoding import RATE, Line, Samples, decoded, opened, origin_s, walk
from qualkit.engines.loudness import levelled
from qualkit.errors import ReadError
from qualkit.plugs import Waveform, need

__all__ = ["RATE", "clip", "decode", "duration_s"]

_T = TypeVar("_T")

_CLIP_RATE = 48_000
_QUICK = {"compression_level": "3"}  # a third of the time of the default, for a file a sixth larger
_OPUS_FRAME = 960  # 20 ms at 48 kHz
_RUN_UP_S = 0.5  # MP3 and Opus need some sound before the place that is asked for
_MAX_APART_S = 2.0  # how far the streams of one file may lie from each other


def decode(path: Path) -> Waveform:
    """A whole short recording in memory, mono, `RATE` samples a second, as loud as it is.

    Audio streams of one file and files of one folder are mixed. What is damaged is silent; `tracks.prepare` says where.
    Raises `ReadError` for a recording that is missing, empty or no audio.
    """
    mix = _together(_of_each_file(path, _decoded))
    if not mix.size:
        raise ReadError(f"{path.name} holds no sound at all; export it again from the recorder.")
    return mix


def duration_s(path: Path) -> float:
    """Length in seconds, from the header where it says so, else by walking through the file. Raises as `decode`.

    A truncated file's header may say more than there is: `tracks.prepare` counts what could be decoded.
    """
    return max(_of_each_file(path, _duration_s))


def clip(path: Path, start_s: float, end_s: float, pad_s: float = 0.4) -> bytes:
    """The seconds from `start_s - pad_s` to `end_s + pad_s` as an Ogg/Opus file that browsers play, all tracks mixed.

    Seeks to the place instead of decoding what lies before it. Raises as `decode`, and for a place outside the recording.
    """
    first_s, last_s = max(0.0, start_s - pad_s), end_s + pad_s
    sound = _together(_of_each_file(path, lambda file: _cut(file, first_s, last_s)))
    if not sound.size:
        raise ReadError(f"{path.name} has no sound between {start_s:.1f} and {end_s:.1f} seconds.")
    return _as_opus(sound)


def _of_each_file(path: Path, ask: Callable[[Path], _T]) -> list[_T]:
    """Answers for every file of a recording that can be read. Raises the first `ReadError` if none can."""
    answers: list[_T] = []
    failed: list[ReadError] = []
    for file in files_of(path):
        try:
            answers.append(ask(file))
        except ReadError as error:
            failed.append(error)
    if not answers:
        raise failed[0] if failed else ReadError(f"The folder {path.name} holds no recording.")
    return answers


def _decoded(path: Path) -> Waveform:
    with opened(path) as (container, streams):
        return _together([_wave(samples) for samples in decoded(container, streams)])


def _duration_s(path: Path) -> float:
    errors = need("av", "speech").error.FFmpegError
    with opened(path) as (container, streams):
        if container.duration:
            return float(container.duration / 1e6)
        last_s = 0.0
        with contextlib.suppress(errors):
            for packet in container.demux(streams):
                if packet.size and packet.pts is not None:
                    last_s = max(last_s, float((packet.pts + (packet.duration or 0)) * packet.time_base))
        return max(0.0, last_s - origin_s(container))


def _together(sounds: Sequence[Waveform]) -> Waveform:
    """One sound of several that begin at the same time, made quieter as a whole where it would go over full scale."""
    filled = [sound for sound in sounds if sound.size]
    if len(filled) <= 1:
        return filled[0] if filled else np.zeros(0, dtype=np.float32)
    mix = np.zeros(max(map(len, filled)), dtype=np.float32)
    for sound in filled:
        mix[: len(sound)] += sound
    mix /= max(1.0, float(np.abs(mix).max()))
    return mix


def _wave(samples: Samples) -> Waveform:
    return levelled(samples[0], gain=1.0)


def _cut(path: Path, first_s: float, last_s: float) -> Waveform:
    """The samples between two instants, at `_CLIP_RATE`; fewer, or none, where the recording ends before."""
    with opened(path) as (container, streams):
        _go_to(container, max(0.0, first_s - _RUN_UP_S) + origin_s(container))
        lines = [Line(container, stream, _CLIP_RATE, begins_s=None) for stream in streams]
        sounds = {line: np.zeros((1, round((last_s - first_s) * _CLIP_RATE)), dtype=np.int16) for line in lines}
        n_filled = dict.fromkeys(lines, 0)
        for line, samples in walk(container, lines):
            end = round((line.now_s - first_s) * _CLIP_RATE)
            n_filled[line] = max(n_filled[line], _laid(sounds[line], samples, end - int(samples.shape[1])))
            if all(one.now_s >= last_s for one in lines) or line.now_s >= last_s + _MAX_APART_S:
                break
        return _together([_wave(sounds[line][:, : n_filled[line]]) for line in lines])


def _laid(sound: Samples, samples: Samples, at: int) -> int:
    """Put `samples` into `sound` at `at`, as far as they lie within; where they end there, 0 if they lie outside."""
    low, high = max(0, at), min(int(sound.shape[1]), at + int(samples.shape[1]))
    if low >= high:
        return 0
    sound[:, low:high] = samples[:, low - at : high - at]
    return high


def _go_to(container: Any, instant_s: float) -> None:
    """Jump, where the container can; where it cannot, decoding simply starts at the beginning."""
    with contextlib.suppress(need("av", "speech").error.FFmpegError):
        container.seek(int(instant_s * 1e6), backward=True)


def _as_opus(sound: Waveform) -> bytes:
    av, file = need("av", "speech"), io.BytesIO()
    with av.open(file, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=_CLIP_RATE, layout="mono", bit_rate=48_000, options=_QUICK)
        resampler = av.AudioResampler(format=stream.format.name, layout="mono", rate=_CLIP_RATE, frame_size=_OPUS_FRAME)
        frame = av.AudioFrame.from_ndarray(sound.reshape(1, -1), format="flt", layout="mono")
        frame.sample_rate, frame.pts = _CLIP_RATE, 0
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return file.getvalue()
