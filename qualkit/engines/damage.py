"""What is wrong with a recording, said in seconds: where it is damaged, where it holds nothing, and whether it was cut off."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from qualkit.engines.decoding import GAUGED, Flaw, Line
from qualkit.model import Mark
from qualkit.wording import clock

_GAPLESS = frozenset(["flac", "mp3", "ogg", "tta", "wav", "wv"])
"""Formats in which a recorder cannot leave out time: where time stamps jump, something is lost."""

_TOLERANCE_S = 1.0  # headers are rounded, and encoders pad
_JOINED_S = 2.0  # places of damage this close to each other are one
_MIN_PAUSE_S = 0.5  # a shorter gap without an error is a recorder's jitter
_MAX_MARKS = 20
_OGG_PAGE_BYTES = 65_307  # the longest page there can be
_UNKNOWN_SIZE = 0x7FFF_FF00  # recorders write a number above while they do not know the length yet


def marks_of(path: Path, container: Any, line: Line) -> list[Mark]:
    """What a reader must know of one stream of `path` that was decoded to its end."""
    promised_s = _promised_s(path, container, line)
    lacks = promised_s is not None and promised_s - line.now_s > _TOLERANCE_S
    is_cut = line.is_broken_off or (container.format.name == "ogg" and not _has_end(path))
    is_gapless = container.format.name in _GAPLESS
    flaws = [replace(flaw, is_error=flaw.is_error or is_gapless) for flaw in line.flaws]
    places = [flaw for flaw in _joined(flaws) if _counts(flaw)]
    marks = [_mark(path.name, flaw) for flaw in places[:_MAX_MARKS]]
    if len(places) > _MAX_MARKS:
        first, last = places[_MAX_MARKS], places[-1]
        sentence = f"{path.name} is damaged in {len(places) - _MAX_MARKS} more places until {_when(last.at_s)}."
        marks.append(Mark(start_s=first.at_s, end_s=last.at_s + last.silent_s, text=sentence))
    if lacks and promised_s is not None and places and not is_cut:
        lost = f"about {round(promised_s - line.now_s)} s shorter than the {_when(promised_s)} it says it lasts"
        text = f"{path.name} is {lost}: they are missing where it is damaged, and what follows comes that much earlier."
        marks.append(Mark(start_s=places[0].at_s, end_s=line.now_s, text=text))
    elif lacks and promised_s is not None:
        cause = "is damaged after" if is_cut else "ends at"
        text = (
            f"{path.name} {cause} {_when(line.now_s)}, though it says it lasts {_when(promised_s)}; the rest could not be read."
        )
        marks.append(Mark(start_s=line.now_s, end_s=promised_s, text=text))
    elif is_cut and promised_s is None:
        text = f"{path.name} is damaged after {_when(line.now_s)}; what comes after could not be read."
        marks.append(Mark(start_s=line.now_s, end_s=line.now_s, text=text))
    return marks


def _when(seconds: float) -> str:
    """An instant to the nearest second."""
    return clock(round(seconds))


def _joined(flaws: Sequence[Flaw]) -> Iterator[Flaw]:
    """Flaws with those that follow at once made one."""
    held: Flaw | None = None
    for flaw in flaws:
        if held and flaw.at_s - (held.at_s + held.silent_s) <= _JOINED_S and flaw.is_error == held.is_error:
            held = replace(held, silent_s=held.silent_s + flaw.silent_s)
        else:
            if held:
                yield held
            held = flaw
    if held:
        yield held


def _counts(flaw: Flaw) -> bool:
    """Whether a flaw is worth a sentence: an MP3 that was cut from a longer one has an error in its very first frame."""
    return flaw.silent_s >= _MIN_PAUSE_S or (flaw.is_error and flaw.at_s > 0)


def _mark(name: str, flaw: Flaw) -> Mark:
    about = f"about {max(1, round(flaw.silent_s))} s"
    if not flaw.is_error:
        text = f"{name} holds no sound for {about} after {_when(flaw.at_s)}: it is damaged there, or the recorder paused."
    elif flaw.silent_s:
        text = f"{name} is damaged at {_when(flaw.at_s)}; {about} are silent here."
    else:
        text = f"{name} is damaged at {_when(flaw.at_s)}; some of the sound is missing here."
    return Mark(start_s=flaw.at_s, end_s=flaw.at_s + flaw.silent_s, text=text)


def _promised_s(path: Path, container: Any, line: Line) -> float | None:
    """Seconds that the header says the stream lasts, None if it does not say, or does not say it of this stream alone."""
    kind, stream = container.format.name, line.stream
    if kind in GAUGED or (kind == "mp3" and not _counts_frames(path)):
        return None
    if kind == "wav":
        return _wav_s(path, stream)
    if stream.duration:
        return float(stream.duration * stream.time_base)
    return container.duration / 1e6 if container.duration and len(container.streams) == 1 else None


def _counts_frames(path: Path) -> bool:
    """Whether an MP3 begins with a Xing, Info or VBRI header, after its ID3 tag, which may hold a picture."""
    with path.open("rb") as file:
        tag = file.read(10)
        n_tag = sum(byte << shift for byte, shift in zip(tag[6:], (21, 14, 7, 0), strict=False)) if tag[:3] == b"ID3" else -10
        file.seek(n_tag + 10)
        head = file.read(2048)
    return any(word in head for word in (b"Xing", b"Info", b"VBRI"))


def _wav_s(path: Path, stream: Any) -> float | None:
    """Seconds of a WAV file by its header; FFmpeg trims them to what is there."""
    with path.open("rb") as file:
        if file.read(12)[:4] != b"RIFF":
            return None
        n_bytes = dict(_chunks(file)).get(b"data", 0)
    a_second = stream.codec_context.bit_rate or 0
    return n_bytes * 8 / a_second if a_second and 0 < n_bytes < _UNKNOWN_SIZE else None


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Name and size of the chunks of a RIFF file up to its data."""
    while len(head := file.read(8)) == 8:
        name, n_bytes = struct.unpack("<4sI", head)
        yield name, n_bytes
        if name == b"data":
            return
        file.seek(n_bytes + n_bytes % 2, 1)


def _has_end(path: Path) -> bool:
    """Whether the last page of an Ogg file says that it is the last one (RFC 3533, header type 0x04)."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _OGG_PAGE_BYTES))
        tail = file.read()
    at = tail.rfind(b"OggS")
    return at >= 0 and len(tail) > at + 5 and bool(tail[at + 5] & 0x04)
