"""The vault: what identifies people by their voice, apart from the results and never exported.

To tell voices apart, a vector of each is kept here. Nobody is named by it unless somebody enrols a named sample, or a speaker
of a transcript, and asks for voices to be named. To forget a name removes the enrolment and the speaker it came from; to clear
the vault removes every voice.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from qualkit import plugs
from qualkit.errors import StudyError, nearest
from qualkit.model import utc_now
from qualkit.plain import as_plain, from_plain
from qualkit.stages import transcribe
from qualkit.study.artifacts import Artifacts, write_text_atomically

if TYPE_CHECKING:
    from qualkit.study.study import Study

Vector = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """A person's voice: `engine` is the name and revision of what made the vector, since no other can be held against it."""

    name: str
    vector: Vector
    engine: str
    source: str
    enrolled_at: datetime


@dataclass(frozen=True, slots=True)
class Vault:
    """A folder that only its owner may read."""

    path: Path

    @property
    def local_voices(self) -> Artifacts:
        """Voices heard in recordings, before anybody knows whose they are."""
        return Artifacts(self._open() / "heard")

    def enrolled(self) -> list[Enrolled]:
        """Everybody whose voice is known, by name."""
        return sorted(from_plain(list[Enrolled], self._read("enrolled.json", [])), key=lambda voice: voice.name)

    def names(self, engine: str) -> dict[str, Vector]:
        """Vectors by name, of those that `engine` made."""
        return {voice.name: voice.vector for voice in self.enrolled() if voice.engine == engine}

    def enrol(self, voice: Enrolled) -> None:
        """Keep a voice, in place of one of that name."""
        others = [known for known in self.enrolled() if known.name != voice.name]
        self._write("enrolled.json", [*others, voice])

    def forget(self, name: str) -> None:
        """Remove a voice and the speaker it was enrolled from, for good. Raises `StudyError` if there is none of that name."""
        known = self.enrolled()
        left = [voice for voice in known if voice.name != name]
        if len(left) == len(known):
            near = nearest(name, [voice.name for voice in known])
            raise StudyError(f"No voice is enrolled as {name!r}." + (f" Did you mean {near!r}?" if near else ""))
        gone = {voice.vector for voice in known if voice.name == name}
        kept = self._read("speakers.json", {})
        for about in kept.values():
            about["voices"] = {who: vector for who, vector in about["voices"].items() if tuple(vector) not in gone}
        self._write("speakers.json", kept)
        self._write("enrolled.json", left)

    def clear(self) -> None:
        """Remove all that is kept of voices; recordings are listened to anew for them when they are transcribed again."""
        shutil.rmtree(self.path, ignore_errors=True)

    def keep_speakers(self, label: str, engine: str, voices: Mapping[str, Vector]) -> None:
        """Keep the voices of a transcript's speakers, so that one of them can be enrolled."""
        self._write("speakers.json", {**self._read("speakers.json", {}), label: {"engine": engine, "voices": voices}})

    def forget_speakers(self, label: str) -> None:
        """Remove the voices of a transcript's speakers."""
        kept = self._read("speakers.json", {})
        if kept.pop(label, None) is not None:
            self._write("speakers.json", kept)

    def speakers(self, label: str) -> tuple[str, ...]:
        """The speakers of a transcript whose voices are kept, by their labels."""
        return tuple(self._read("speakers.json", {}).get(label, {"voices": {}})["voices"])

    def speaker(self, label: str, speaker: str) -> tuple[Vector, str]:
        """The voice of a transcript's speaker, and the engine that made it. Raises `StudyError` if it is not known."""
        kept = self._read("speakers.json", {}).get(label, {"engine": "", "voices": {}})
        if speaker not in kept["voices"]:
            known = ", ".join(kept["voices"]) or "none"
            raise StudyError(f"There is no voice of {speaker!r} in the transcript {label!r}; voices are kept of: {known}.")
        return tuple(kept["voices"][speaker]), kept["engine"]

    def _open(self) -> Path:
        self.path.mkdir(mode=0o700, exist_ok=True)
        return self.path

    def _read(self, name: str, default: object) -> Any:
        path = self.path / name
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else default

    def _write(self, name: str, what: object) -> None:
        write_text_atomically(self._open() / name, json.dumps(as_plain(what), ensure_ascii=False))


def enrol_sample(study: Study, name: str, path: Path) -> Enrolled:
    """Keep the voice of the one person who speaks in a sound file, under their name (better: their pseudonym).

    Raises `ReadError` for a file that cannot be decoded, `EngineError` if hardly anybody speaks in it, `StudyError` for a
    blank name or where the study tells no voices apart.
    """
    from qualkit.engines import tracks

    engine = _diarizer(study)
    with TemporaryDirectory() as folder:
        track = tracks.prepare(path, Path(folder), "sample").tracks[0]
        vector = engine.voice_of(track.cut(0.0, track.duration_s))
    return _enrol(study, name, vector, engine_id(engine), path.name)


def enrol_speaker(study: Study, name: str, label: str, speaker: str) -> Enrolled:
    """Keep the voice of a transcript's speaker under a name, so that it is recognised in the study's other recordings.

    Raises `StudyError` for a blank name, or if no voice of that speaker is kept.
    """
    vector, engine = study.vault.speaker(label, speaker)
    return _enrol(study, name, vector, engine, f"{label}, {speaker}")


def _enrol(study: Study, name: str, vector: Vector, engine: str, source: str) -> Enrolled:
    name = " ".join(name.split())
    if not name:
        raise StudyError("Say whose voice it is.")
    voice = Enrolled(name=name, vector=vector, engine=engine, source=source, enrolled_at=utc_now())
    study.vault.enrol(voice)
    return voice


def _diarizer(study: Study) -> plugs.Diarizer:
    name = study.options(transcribe, {}).diarizer
    if name == "none":
        raise StudyError('study.toml sets  diarizer = "none",  so no voices are told apart and none can be enrolled.')
    engine: plugs.Diarizer = plugs.load("diarizers", name)()
    return engine


def engine_id(engine: plugs.Diarizer) -> str:
    """Name and revision of a diarizer: vectors of two different ones cannot be compared."""
    return f"{engine.name}; {engine.revision}"
