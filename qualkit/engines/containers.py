"""Which files are sound, and which of them belong together: a folder of recordings is one meeting, a file for each speaker.

Standard library only, so that a study's folder can be listed without a decoder.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from qualkit.errors import ReadError

_KINDS = (
    "3g2 3gp aac ac3 aif aifc aiff amr asf au avi caf flac flv m2ts m4a m4b m4v mka mkv mov mp2 mp3 mp4 mpeg mpg mts "
    "oga ogg ogv opus spx ts tta w64 wav webm wma wmv wv"
)
SOUND_SUFFIXES = frozenset(f".{kind}" for kind in _KINDS.split())
"""Files that count as recordings, lower case: containers of recorders, phones, cameras and meeting programs."""

_SEPARATE_TRACK = re.compile(r"audio(?P<name>\D.*?)\d{6,}")  # Zoom: "audio", the name without spaces, a number and an id
_WHOLE_MEETING = re.compile(r"audio\d{6,}")  # Zoom's mix of all tracks, which lies beside their folder


def files_of(path: Path) -> list[Path]:
    """The sound files of a recording: the file itself, or those in its folder, sorted by name; none where there are none."""
    if not path.is_dir():
        return [path]
    return sorted(
        file
        for file in path.iterdir()
        if file.is_file() and file.suffix.lower() in SOUND_SUFFIXES and not file.name.startswith((".", "~$"))
    )


def speakers_of(files: Sequence[Path]) -> list[str]:
    """Who speaks on each of a meeting's separate tracks, by its file name.

    `Ana_Lopez.wav` is Ana Lopez. Zoom writes `audioAnaLopez21234567890.m4a`, having taken the spaces out: they are put back
    before capitals. Names that come out equal stay as the files are called. Raises `ReadError` for a mix of all tracks.
    """
    for file in files:
        if _WHOLE_MEETING.fullmatch(file.stem):
            raise ReadError(
                f"{file.parent.name}/{file.name} looks like the whole meeting and not like one speaker's track; "
                "move it out of the folder, so that nothing is heard twice."
            )
    names = [_speaker_of(file.stem) for file in files]
    n_times = Counter(name.casefold() for name in names)
    return [name if n_times[name.casefold()] == 1 else file.stem for name, file in zip(names, files, strict=True)]


def _speaker_of(stem: str) -> str:
    track = _SEPARATE_TRACK.fullmatch(stem)
    name = _spaced(track["name"]) if track else stem
    return " ".join(name.replace("_", " ").split()) or stem


def _spaced(name: str) -> str:
    """AnaLopez as Ana Lopez."""
    return "".join(f" {to}" if after.islower() and to.isupper() else to for after, to in pairwise(f" {name}"))
