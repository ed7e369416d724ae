"""A working copy of a recording on disk, so that three hours are listened to in the memory that five minutes need.

A recording is decoded once, a frame at a time, to 16 kHz mono 16-bit samples: one track, or one for each speaker. Engines are
then given cuts of it, faint ones made louder. The copy can be made again, so it is thrown away when the recording is done.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from qualkit.engines.containers import files_of, speakers_of
from qualkit.engines.damage import marks_of
from qualkit.engines.decoding import RATE, Line, Samples, opened, walk
from qualkit.engines.loudness import FULL_SCALE, Loudness, Meter, levelled
from qualkit.errors import ReadError, StudyError
from qualkit.model import Mark
from qualkit.plugs import Progress, Waveform, no_progress

METHOD = "working copy 2"
"""Part of what a working copy's name is made from; another number whenever its samples or its loudness would be others."""

TARGET_S = 300.0
"""Length of a piece: long enough for a recogniser to work in batches, short enough to lose little when a run is killed."""

_SEARCHED = 1 / 5  # of a piece, at its end: the last minute of five
_SHORTEST = 1 / 10  # of a piece: a last one below half a minute is joined to the one before
_HOP = RATE // 20
_HOPS_A_PAUSE = 10  # half a second
_BATCH = 10 * RATE
_TOLD_EVERY_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """The sound of one speaker, or of everybody (`name` is then empty), as 16-bit samples in a file."""

    name: str
    file: Path
    n_samples: int
    loudness: Loudness

    @property
    def duration_s(self) -> float:
        """Seconds that could be decoded."""
        return self.n_samples / RATE

    def cut(self, start_s: float, end_s: float) -> Waveform:
        """The 16 kHz samples between two instants, as far as the track goes, all of it `loudness.gain` times as loud."""
        first, last = (min(self.n_samples, max(0, round(instant_s * RATE))) for instant_s in (start_s, end_s))
        # Read and not mapped: mapped pages would count as this program's memory until somebody else needs it.
        return levelled(
            np.fromfile(self.file, dtype=np.int16, count=max(0, last - first), offset=2 * first), self.loudness.gain
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A recording's working copy: its tracks, and what is wrong with it, in sentences."""

    tracks: tuple[Track, ...]
    marks: tuple[Mark, ...]

    @property
    def duration_s(self) -> float:
        """Seconds of the longest track."""
        return max(track.duration_s for track in self.tracks)


def prepare(path: Path, folder: Path, name: str, progress: Progress = no_progress, *, speakers: Sequence[str] = ()) -> Prepared:
    """The working copy `name` of the recording `path` in `folder`, made only if it is not there.

    A folder gives a track for each of its files. A file gives one track with everything in it, or, with `speakers`, one for
    each of its audio streams or, if it has one stream, channels. Damaged parts are silent and marked; so is a track of a
    folder that cannot be read. Raises `ReadError` if nothing can, and `StudyError` for another number of `speakers` than the
    file has tracks, or a full disk.
    """
    kept = _kept(folder, name)
    if kept is not None:
        return kept
    if path.is_dir() and speakers:
        raise StudyError(f"{path.name} is a folder with a file for each speaker, named by the files: take its `tracks` out.")
    folder.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=folder, prefix=f".{name}-"))
    try:
        _put(_made(path, beside, speakers, progress), folder, name)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise StudyError(f"The disk is full: {path.name} needs about 115 MB an hour and speaker in {folder}.") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    made = _kept(folder, name)
    assert made is not None
    return made


def discard(folder: Path, name: str) -> None:
    """Throw the working copy away, and what killed runs have left of it; nothing happens if there is none."""
    for file in [folder / f"{name}.json", *folder.glob(f"{name}-*.pcm")]:
        file.unlink(missing_ok=True)
    for beside in folder.glob(f".{name}-*"):
        shutil.rmtree(beside, ignore_errors=True)


def pieces(track: Track, target_s: float = TARGET_S) -> list[tuple[float, float]]:
    """The track in pieces of at most about `target_s`, in order and without gaps: (start_s, end_s) of each.

    A piece ends in the middle of the quietest half second of its last fifth; where people talk all through that, of its last
    two or four fifths. Only the last piece may be shorter, or longer by a tenth.
    """
    cuts = [0.0]
    while track.duration_s - cuts[-1] > target_s * (1 + _SHORTEST):
        cuts.append(_quiet_place(track, cuts[-1], cuts[-1] + target_s))
    return list(zip(cuts, [*cuts[1:], track.duration_s], strict=True)) if track.n_samples else []


def _quiet_place(track: Track, start_s: float, end_s: float) -> float:
    """Where to end a piece that may last from `start_s` to `end_s`."""
    place_s = end_s
    for n_times in (1, 2, 4):
        from_s = end_s - (end_s - start_s) * _SEARCHED * n_times
        samples = np.fromfile(track.file, dtype=np.int16, count=round((end_s - from_s) * RATE), offset=2 * round(from_s * RATE))
        hops = (samples[: len(samples) // _HOP * _HOP].reshape(-1, _HOP).astype(np.float32) / FULL_SCALE) ** 2
        powers = np.convolve(hops.mean(axis=1), np.full(_HOPS_A_PAUSE, 1 / _HOPS_A_PAUSE), "valid")
        if not len(powers):
            break
        quietest = len(powers) - 1 - int(np.argmin(powers[::-1]))
        place_s = round(from_s * RATE) / RATE + (quietest + _HOPS_A_PAUSE / 2) * _HOP / RATE
        if powers[quietest] <= 10 ** (track.loudness.pause_db / 10):
            break
    return place_s


# ---------------------------------------------------------------- how a working copy lies on disk


def _kept(folder: Path, name: str) -> Prepared | None:
    """The working copy, None if it is not there, or not whole."""
    try:
        said = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    if said["method"] != METHOD:
        return None
    tracks = tuple(
        Track(
            name=track["name"],
            file=folder / f"{name}-{index}.pcm",
            n_samples=track["n_samples"],
            loudness=Loudness(**track["loudness"]),
        )
        for index, track in enumerate(said["tracks"])
    )
    is_whole = all(track.file.is_file() and track.file.stat().st_size == 2 * track.n_samples for track in tracks)
    return Prepared(tracks=tracks, marks=tuple(Mark(**mark) for mark in said["marks"])) if is_whole else None


def _put(made: Prepared, folder: Path, name: str) -> None:
    """Move tracks to their place, and last of all the file that says that they are there."""
    (folder / f"{name}.json").unlink(missing_ok=True)
    for index, track in enumerate(made.tracks):
        track.file.replace(folder / f"{name}-{index}.pcm")
    tracks = [{"name": track.name, "n_samples": track.n_samples, "loudness": asdict(track.loudness)} for track in made.tracks]
    said = {"method": METHOD, "tracks": tracks, "marks": [asdict(mark) for mark in made.marks]}
    beside = made.tracks[0].file.with_suffix(".json")
    beside.write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
    beside.replace(folder / f"{name}.json")


@dataclass(slots=True)
class _Tape:
    """A track being written, ten seconds at a time."""

    file: Path
    _out: BinaryIO
    _meter: Meter = field(default_factory=Meter)
    _batch: list[Samples] = field(default_factory=list)
    _n_batched: int = 0
    n_samples: int = 0

    @classmethod
    def new(cls, beside: Path) -> _Tape:
        handle, file = tempfile.mkstemp(dir=beside, suffix=".pcm")
        return cls(Path(file), os.fdopen(handle, "wb"))

    def write(self, samples: Samples) -> None:
        """The next samples, shape (n,)."""
        self._batch.append(samples)
        self._n_batched += len(samples)
        if self._n_batched >= _BATCH:
            self._flush()

    def close(self) -> None:
        """Write what is left."""
        self._flush()
        self._out.close()

    def track(self, name: str) -> Track:
        """The track as it lies there."""
        return Track(name=name, file=self.file, n_samples=self.n_samples, loudness=self._meter.loudness)

    def _flush(self) -> None:
        whole = np.concatenate([np.zeros(0, dtype=np.int16), *self._batch])
        self._out.write(whole.tobytes())
        self._meter.hear(whole)
        self.n_samples += len(whole)
        self._batch, self._n_batched = [], 0


# ---------------------------------------------------------------- making one


def _made(path: Path, beside: Path, speakers: Sequence[str], progress: Progress) -> Prepared:
    if not path.is_dir():
        return _of_file(path, beside, speakers, progress)
    files = files_of(path)
    tracks: list[Track] = []
    marks: list[Mark] = []
    failed: list[ReadError] = []
    for index, (file, speaker) in enumerate(zip(files, speakers_of(files), strict=True)):

        def tell(share: float, doing: str, index: int = index) -> None:
            progress((index + share) / len(files), doing)

        try:
            made = _of_file(file, beside, (), tell)
        except ReadError as error:
            failed.append(error)
            marks.append(Mark(start_s=0.0, end_s=0.0, text=f"The track of {speaker} is left out: {error}"))
        else:
            tracks += [
                Track(name=speaker, file=one.file, n_samples=one.n_samples, loudness=one.loudness) for one in made.tracks
            ]
            marks += made.marks
    if not tracks:
        raise failed[0] if failed else ReadError(f"The folder {path.name} holds no recording.")
    return Prepared(tracks=tuple(tracks), marks=tuple(marks))


def _of_file(path: Path, beside: Path, speakers: Sequence[str], progress: Progress) -> Prepared:
    """Tracks of one file: one for each of `speakers`, or a mix of everything."""
    with opened(path) as (container, streams):
        by_channel = _is_by_channel(path, streams, speakers)
        lines = [Line(container, stream, keeps_channels=by_channel) for stream in streams]
        tapes = {line: [_Tape.new(beside) for _ in range(line.n_channels)] for line in lines}
        length_s, told_s = (container.duration or 0) / 1e6, 0.0
        try:
            for line, samples in walk(container, lines):
                for tape, channel in zip(tapes[line], samples, strict=True):
                    tape.write(channel)
                if line.now_s - told_s >= _TOLD_EVERY_S:
                    told_s = line.now_s
                    progress(min(1.0, told_s / length_s) if length_s else 0.0, "decoding")
        finally:
            for tape in (tape for group in tapes.values() for tape in group):
                tape.close()
        marks = [mark for line in lines if line.now_s > 0 for mark in marks_of(path, container, line)]
    filled = [tape for group in tapes.values() for tape in group]
    if not any(tape.n_samples for tape in filled):
        raise ReadError(f"{path.name} holds no sound that can be read; export it again from the recorder.")
    names = list(speakers) or [""]
    tapes_wanted = filled if speakers else [_mixed([tape for tape in filled if tape.n_samples], beside)]
    tracks = tuple(tape.track(name) for tape, name in zip(tapes_wanted, names, strict=True))
    mute = [track.name for track in tracks if not track.n_samples]
    marks += [Mark(start_s=0.0, end_s=0.0, text=f"The track of {name} in {path.name} holds no sound at all.") for name in mute]
    return Prepared(tracks=tracks, marks=tuple(sorted(dict.fromkeys(marks), key=lambda mark: mark.start_s)))


def _is_by_channel(path: Path, streams: Sequence[Any], speakers: Sequence[str]) -> bool:
    """Whether the speakers have a channel each. Raises `StudyError` if they have neither a stream nor a channel each."""
    n_streams, n_channels = len(streams), streams[0].channels
    if not speakers or len(speakers) == n_streams:
        return False
    if n_streams == 1 and len(speakers) == n_channels:
        return True
    has = (
        f"{n_streams} audio streams" if n_streams > 1 else f"one audio stream with {n_channels} channel{'s'[: n_channels > 1]}"
    )
    raise StudyError(
        f"study.toml names {len(speakers)} tracks for {path.name} ({', '.join(speakers)}), but it has {has}: "
        "name as many, or none to hear it as one."
    )


def _mixed(tapes: Sequence[_Tape], beside: Path) -> _Tape:
    """The mean of several tracks, those that end earlier being silent to the end."""
    if len(tapes) == 1:
        return tapes[0]
    mix = _Tape.new(beside)
    for parts in _side_by_side(tapes):
        whole = np.zeros(max(map(len, parts)), dtype=np.int32)
        for part in parts:
            whole[: len(part)] += part
        mix.write((whole // len(tapes)).astype(np.int16))
    mix.close()
    return mix


def _side_by_side(tapes: Sequence[_Tape]) -> Iterator[list[Samples]]:
    for at in range(0, max(tape.n_samples for tape in tapes), _BATCH):
        yield [
            np.fromfile(
                tape.file, dtype=np.int16, count=max(0, min(_BATCH, tape.n_samples - at)), offset=2 * min(at, tape.n_samples)
            )
            for tape in tapes
        ]
