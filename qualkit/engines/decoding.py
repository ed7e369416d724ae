"""Sound files to samples through PyAV, past whatever is damaged, so that no ffmpeg program has to be installed.

Everything that follows in the pipeline speaks of seconds from the start of the recording, as a player shows them. So
samples are placed by the time stamps in the file: where a recorder left a gap, or a stretch cannot be decoded, silence is
filled in, and words do not drift away from the sound that a browser plays.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from qualkit.errors import ReadError
from qualkit.plugs import need

RATE = 16_000
"""Samples a second of every waveform in qualkit."""

Samples: TypeAlias = npt.NDArray[np.int16]
"""Shape (channels, samples)."""

GAUGED = frozenset(["aac", "ac3", "amr", "eac3", "loas", "mpeg", "mpegts", "mpegvideo", "ogg"])
"""Formats without a length in their header: what FFmpeg gives is gauged from the bit rate or from what is there."""

_MAX_DRIFT_S = 0.1
_MAX_BLIND_GAP_S = 600.0  # believed where no header says how long the recording is: ten minutes' break, no broken time stamp
_MAX_REFUSED = 100  # packets in a row that cannot be read, after which nothing more is expected of a file
_SILENCE_S = 10.0  # how much of it is made at a time
_BROKEN_DISK = (errno.EIO, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ETIMEDOUT)
_MP4_BOXES = (b"ftyp", b"mdat", b"wide", b"free", b"skip")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """A place where a recording has no sound of its own: `silent_s` seconds from `at_s` on were filled with silence.

    `is_error` says that something there could not be decoded; otherwise the file simply holds nothing.
    """

    at_s: float
    silent_s: float
    is_error: bool


@contextlib.contextmanager
def opened(path: Path) -> Iterator[tuple[Any, list[Any]]]:
    """The container and those of its audio streams that can be decoded; whatever goes wrong inside becomes one sentence.

    Raises `ReadError` for a file that is missing, empty, no audio, or unreadable.
    """
    errors = need("av", "speech").error.FFmpegError
    if not path.is_file():
        raise ReadError(f"There is no recording {path.name} in {path.parent}.")
    if path.stat().st_size == 0:
        raise ReadError(f"{path.name} is empty (0 bytes); copy it again from the recorder.")
    try:
        container = need("av", "speech").open(str(path), metadata_errors="ignore")
    except errors as error:
        raise ReadError(_why_not(path)) from error
    with container:
        streams = [stream for stream in container.streams.audio if stream.codec_context is not None]
        if not streams:
            raise ReadError(f"{path.name} has no audio track; is it the right file?")
        try:
            yield container, streams
        except errors as error:
            raise ReadError(f"{path.name} cannot be read ({error.strerror}); copy or export it again.") from error


def _why_not(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(8)
    if head[4:] in _MP4_BOXES:
        return (
            f"{path.name} was cut off before it was finished: its index (the moov atom, which is written last) is missing or "
            "damaged, so nothing in it can be found; copy it again from the recorder, or have it repaired there."
        )
    return f"{path.name} is not a sound file, or is damaged; export it again as WAV, FLAC, MP3 or M4A."


def origin_s(container: Any) -> float:
    """The time stamp that a player calls 0:00."""
    return (container.start_time or 0) / 1e6


class Line:
    """One audio stream on its way to 16-bit samples, each put where its time stamp says."""

    def __init__(
        self, container: Any, stream: Any, rate: int = RATE, *, keeps_channels: bool = False, begins_s: float | None = 0.0
    ) -> None:
        """`begins_s` is the place of the first sample in the recording; None: wherever the first frame lies.

        Without `keeps_channels` they are mixed to one.
        """
        self.stream = stream
        self.n_channels: int = stream.channels if keeps_channels else 1
        self.flaws: list[Flaw] = []
        self.is_broken_off = False
        self._rate, self._layout = rate, stream.layout.name if keeps_channels else "mono"
        self._origin_s = origin_s(container)
        is_gauged = not container.duration or container.format.name in GAUGED
        self._length_s = None if is_gauged else container.duration / 1e6
        self._base_s, self._n_have = begins_s, 0
        self._resampler: Any = None
        self._kind: tuple[Any, ...] = ()
        self._error_at_s: float | None = None
        self._held: Any = None

    @property
    def now_s(self) -> float:
        """Where the next sample belongs in the recording."""
        return (self._base_s or 0.0) + self._n_have / self._rate

    def stumble(self) -> None:
        """Take note that something here could not be decoded."""
        self._error_at_s = self.now_s if self._error_at_s is None else self._error_at_s

    def take(self, frame: Any) -> Iterator[Samples]:
        """Samples of the next frame, after the silence that its time stamp asks for.

        A frame that comes later than it should is held back until the next one shows whether its time stamp is a broken one.
        """
        if self._base_s is None:
            self._base_s = (frame.time or 0.0) - self._origin_s
        if self._held is not None:
            held, self._held = self._held, None
            follows = frame.time is None or abs(frame.time - held.time - held.samples / held.sample_rate) <= _MAX_DRIFT_S
            yield from self._put(held, is_believed=follows)
        if self._gap_s(frame) > 0:
            self._held = frame
        else:
            yield from self._put(frame, is_believed=False)

    def _put(self, frame: Any, *, is_believed: bool) -> Iterator[Samples]:
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        has_gap = is_believed and self._gap_s(frame) > 0
        if has_gap or kind != self._kind:
            yield from self._drained()
            self._kind = kind
        gap_s = self._gap_s(frame) if has_gap else 0.0
        self._note(gap_s)
        yield from self._silence(round(gap_s * self._rate))
        yield from self._resampled(frame)

    def finish(self) -> Iterator[Samples]:
        """What is still on its way when the file is at its end."""
        if self._held is not None:
            held, self._held = self._held, None
            yield from self._put(held, is_believed=True)
        yield from self._drained()
        self.is_broken_off = self._error_at_s is not None

    def _gap_s(self, frame: Any) -> float:
        """Seconds of silence that belong before `frame`, if its time stamp is a believable one."""
        if frame.time is None:
            return 0.0
        at_s = frame.time - self._origin_s
        last_s = self.now_s + _MAX_BLIND_GAP_S if self._length_s is None else self._length_s
        return float(at_s - self.now_s) if self.now_s + _MAX_DRIFT_S < at_s <= last_s else 0.0

    def _note(self, gap_s: float) -> None:
        if self._error_at_s is not None or (gap_s and self._n_have):
            at_s = self.now_s if self._error_at_s is None else self._error_at_s
            self.flaws.append(Flaw(at_s=at_s, silent_s=gap_s, is_error=self._error_at_s is not None))
        self._error_at_s = None

    def _silence(self, n_samples: int) -> Iterator[Samples]:
        step = round(_SILENCE_S * self._rate)
        for at in range(0, n_samples, step):
            yield self._counted(np.zeros((self.n_channels, min(step, n_samples - at)), dtype=np.int16))

    def _resampled(self, frame: Any) -> Iterator[Samples]:
        if self._resampler is None:
            # Packed 16-bit samples: they are mixed without going over full scale.
            self._resampler = need("av", "speech").AudioResampler(format="s16", layout=self._layout, rate=self._rate)
        for piece in self._resampler.resample(frame):
            yield self._counted(piece.to_ndarray().reshape(-1, self.n_channels).T)

    def _drained(self) -> Iterator[Samples]:
        if self._resampler is not None:
            yield from self._resampled(None)
            self._resampler = None

    def _counted(self, samples: Samples) -> Samples:
        self._n_have += samples.shape[1]
        return samples


def walk(container: Any, lines: Sequence[Line]) -> Iterator[tuple[Line, Samples]]:
    """Samples of all `lines` in the order in which they lie in the file, from where it stands to its end."""
    av = need("av", "speech").error
    by_index = {line.stream.index: line for line in lines}
    for packet in _packets(container, lines):
        line = by_index[packet.stream.index]
        try:
            for frame in packet.decode():
                for samples in line.take(frame):
                    yield line, samples
        except av.EOFError:
            continue
        except av.FFmpegError as error:
            _refuse_broken_disk(error)
            line.stumble()
    for line in lines:
        for samples in line.finish():
            yield line, samples


def _packets(container: Any, lines: Sequence[Line]) -> Iterator[Any]:
    errors = need("av", "speech").error.FFmpegError
    streams, n_refused = [line.stream for line in lines], 0
    packets = container.demux(streams)
    while n_refused < _MAX_REFUSED:
        try:
            packet = next(packets, None)
        except (errors, IndexError) as error:  # IndexError: of a stream that turns up in the middle, which PyAV does not know
            _refuse_broken_disk(error)
            n_refused += 1
            for line in lines:
                line.stumble()
            packets = container.demux(streams)
            continue
        if packet is None:
            return
        n_refused = 0
        yield packet


def _refuse_broken_disk(error: Exception) -> None:
    """Raise again what is no fault of the file: a disk that went away, no memory. Decoders use other numbers for damage."""
    if isinstance(error, MemoryError) or getattr(error, "errno", None) in _BROKEN_DISK:
        raise error


def decoded(container: Any, streams: Sequence[Any]) -> list[Samples]:
    """Each whole stream at once, mixed to one channel: shape (1, samples)."""
    lines = [Line(container, stream) for stream in streams]
    pieces: dict[Line, list[Samples]] = {line: [np.zeros((1, 0), dtype=np.int16)] for line in lines}
    for line, samples in walk(container, lines):
        pieces[line].append(samples)
    return [np.concatenate(pieces[line], axis=1) for line in lines]
