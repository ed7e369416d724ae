"""Sound files to samples and back, through PyAV, so that no ffmpeg program has to be installed.

Everything that follows in the pipeline speaks of seconds from the start of the recording, as a player shows them. So
samples are placed by the time stamps in the file: where a recorder left a gap, silence is filled in, and words do not drift
away from the sound that a browser plays.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from qualkit.errors import ReadError
from qualkit.plugs import Waveform, need

RATE = 16_000
"""Samples a second of every waveform in qualkit."""

_CLIP_RATE = 48_000
_OPUS_FRAME = 960  # 20 ms at 48 kHz
_MAX_DRIFT_S = 0.1
_RUN_UP_S = 0.5  # MP3 and Opus need some sound before the place that is asked for


def decode(path: Path) -> Waveform:
    """The whole recording, mono, `RATE` samples a second, from its first audio track.

    Raises `ReadError` for a file that is missing, empty, no audio, or damaged on the way.
    """
    samples = bytearray()
    with _opened(path) as (container, stream):
        resampler = _resampler("flt", RATE)
        for frame in container.decode(stream):
            samples += bytes(4 * _missing(frame, container, len(samples) // 4))
            samples += _resampled(resampler, frame)
        samples += _resampled(resampler, None)
    if not samples:
        raise ReadError(f"{path.name} holds no sound at all; export it again from the recorder.")
    return np.frombuffer(samples, dtype=np.float32)


def duration_s(path: Path) -> float:
    """Length in seconds, from the header where it says so, else by walking through the file. Raises as `decode`."""
    with _opened(path) as (container, stream):
        if container.duration:
            return float(container.duration / 1e6)
        ends = [(packet.pts + (packet.duration or 0)) * packet.time_base for packet in container.demux(stream) if packet.size]
        return max(0.0, float(max(ends, default=0)) - _origin_s(container))


def clip(path: Path, start_s: float, end_s: float, pad_s: float = 0.4) -> bytes:
    """The seconds from `start_s - pad_s` to `end_s + pad_s` as an Ogg/Opus file that browsers play.

    Seeks to the place instead of decoding what lies before it. Raises as `decode`, and for a place outside the recording.
    """
    with _opened(path) as (container, stream):
        sound = _cut(container, stream, max(0.0, start_s - pad_s), end_s + pad_s)
    if not sound.size:
        raise ReadError(f"{path.name} has no sound between {start_s:.1f} and {end_s:.1f} seconds.")
    return _as_opus(sound)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """The container and its first audio stream; whatever goes wrong inside becomes one sentence."""
    errors = need("av", "speech").error.FFmpegError
    if not path.is_file():
        raise ReadError(f"There is no recording {path.name} in {path.parent}.")
    if path.stat().st_size == 0:
        raise ReadError(f"{path.name} is empty (0 bytes); copy it again from the recorder.")
    try:
        container = need("av", "speech").open(str(path), metadata_errors="ignore")
    except errors as error:
        raise ReadError(f"{path.name} is not a sound file, or is damaged; export it again as WAV, FLAC, MP3 or M4A.") from error
    with container:
        if not container.streams.audio:
            raise ReadError(f"{path.name} has no audio track; is it the right file?")
        try:
            yield container, container.streams.audio[0]
        except errors as error:
            raise ReadError(f"{path.name} is damaged ({error.strerror}); copy or export it again from the recorder.") from error


def _resampler(sample_format: str, rate: int, frame_size: int | None = None) -> Any:
    return need("av", "speech").AudioResampler(format=sample_format, layout="mono", rate=rate, frame_size=frame_size)


def _resampled(resampler: Any, frame: Any) -> bytes:
    return b"".join(piece.to_ndarray().tobytes() for piece in resampler.resample(frame))


def _origin_s(container: Any) -> float:
    """The time stamp that a player calls 0:00."""
    return (container.start_time or 0) / 1e6


def _missing(frame: Any, container: Any, n_have: int) -> int:
    """How many samples of silence belong before `frame`: the gap its time stamp leaves, if it is a believable one."""
    if frame.time is None:
        return 0
    at_s = frame.time - _origin_s(container)
    is_gap = at_s - n_have / RATE > _MAX_DRIFT_S and at_s <= (container.duration or 0) / 1e6
    return round(at_s * RATE) - n_have if is_gap else 0


def _cut(container: Any, stream: Any, first_s: float, last_s: float) -> Waveform:
    """The samples between two instants, at `_CLIP_RATE`; fewer, or none, where the recording ends before."""
    origin_s, resampler = _origin_s(container), _resampler("flt", _CLIP_RATE)
    _go_to(container, max(0.0, first_s - _RUN_UP_S) + origin_s)
    samples, base_s = bytearray(), None
    for frame in container.decode(stream):
        at_s = (frame.time or 0.0) - origin_s
        base_s = at_s if base_s is None else base_s
        if at_s >= last_s:
            break
        samples += _resampled(resampler, frame)
    samples += _resampled(resampler, None)
    low, high = (max(0, round((instant - (base_s or 0.0)) * _CLIP_RATE)) for instant in (first_s, last_s))
    return np.frombuffer(samples, dtype=np.float32)[low:high]


def _go_to(container: Any, instant_s: float) -> None:
    """Jump, where the container can; where it cannot, decoding simply starts at the beginning."""
    with contextlib.suppress(need("av", "speech").error.FFmpegError):
        container.seek(int(instant_s * 1e6), backward=True)


def _as_opus(sound: Waveform) -> bytes:
    av, file = need("av", "speech"), io.BytesIO()
    with av.open(file, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=_CLIP_RATE, layout="mono", bit_rate=48_000)
        resampler = _resampler(stream.format.name, _CLIP_RATE, _OPUS_FRAME)
        frame = av.AudioFrame.from_ndarray(sound.reshape(1, -1), format="flt", layout="mono")
        frame.sample_rate, frame.pts = _CLIP_RATE, 0
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return file.getvalue()
