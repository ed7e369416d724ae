"""Sound made for tests, and files of it in every format, written by PyAV."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qualkit.engines.decoding import RATE
from qualkit.plugs import Waveform


def a_tone(seconds: float, hertz: float = 440, level: float = 0.3) -> Waveform:
    return (level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def chirps(seconds: int) -> Waveform:
    """A second each of 200, 250, 300, ... Hz, so that a place can be told by its pitch."""
    return np.concatenate([a_tone(1, 200 + 50 * n) for n in range(seconds)])


def pitch(samples: Waveform) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * RATE / len(samples))


def second_of(samples: Waveform, at_s: float) -> int:
    """Which second of `chirps` is heard in the 0.2 s from `at_s` on."""
    return round((pitch(samples[round(at_s * RATE) :][: RATE // 5]) - 200) / 50)


def a_file(path: Path, *streams: Waveform, codec: str = "pcm_s16le", layout: str = "mono", rate: int = RATE) -> Path:
    """Write `streams` of mono sound with PyAV; `layout` and `rate` are those of the file."""
    av = pytest.importorskip("av")
    with av.open(str(path), "w") as container:
        outs = [container.add_stream(codec, rate=rate, layout=layout) for _ in streams]
        packets = [
            packet for out, samples in zip(outs, streams, strict=True) for packet in _encoded(out, samples, layout, rate)
        ]
        for packet in sorted(packets, key=lambda packet: packet.pts * packet.time_base):
            container.mux(packet)
    return path


def _encoded(stream: Any, samples: Waveform, layout: str, rate: int) -> list[Any]:
    import av

    stream.bit_rate = stream.bit_rate or 64_000  # WMA has none by itself
    stream.codec_context.open()
    resampler = av.AudioResampler(stream.format.name, layout, rate, stream.codec_context.frame_size or 1024)
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="mono")
    frame.sample_rate, frame.pts = RATE, 0
    pieces = [*resampler.resample(frame), *resampler.resample(None), None]
    return [packet for piece in pieces for packet in stream.encode(piece)]


def a_file_of_channels(path: Path, channels: Sequence[Waveform]) -> Path:
    """A WAV file with any number of channels."""
    import wave

    with wave.open(str(path), "wb") as file:
        file.setparams((len(channels), 2, RATE, 0, "NONE", ""))
        file.writeframes((np.stack(channels, axis=1) * 32_767).astype("<i2").tobytes())
    return path
