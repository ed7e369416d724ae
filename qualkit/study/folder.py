"""A study is a folder: this module knows its shape and reads its `study.toml`.

my-study/
  study.toml      what the study is, who codes, options of the stages
  recordings/     audio and video, or a      transcripts/   VTT, SRT, DOCX, TXT; participants.csv
                  folder of tracks
  codebooks/      YAML                       exports/       what qualkit writes for others
  study.sqlite    the database               .qualkit/      results that can be made again
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from datetime import date
from enum import StrEnum
from math import inf
from pathlib import Path
from types import ModuleType
from typing import Any

from qualkit.engines.containers import SOUND_SUFFIXES, files_of
from qualkit.errors import StudyError, nearest
from qualkit.model import AUTHOR_KEYS
from qualkit.plain import file_sha256, sha256_of
from qualkit.readers.guide import NAMES

FOLDERS = ("recordings", "transcripts", "codebooks", "exports")
MODERATORS = ("moderator", "facilitator", "interviewer", "host", "researcher")
"""Speaker labels that are taken for the moderator unless `study.toml` names others."""


class Showing(StrEnum):
    """When somebody who codes sees what machines suggest: never, or after or before their own judgement of the segment."""

    NEVER = "never"
    AFTER = "after"
    BEFORE = "before"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """What `study.toml` says of one transcript or recording, by its label: see `label_of`.

    `speakers` is how many people speak, if that is known exactly; else they number `min_speakers` to `max_speakers`.
    `tracks` names the speakers of a file that has an audio stream or a channel for each, in its order.
    """

    title: str = ""
    site: str | None = None
    held_on: date | None = None
    kind: str = "focus group"
    speakers: int | None = None
    min_speakers: int | None = None
    max_speakers: int | None = None
    tracks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The contents of `study.toml`. `show_attributes` are the columns of `participants.csv` that coders see of a speaker.

    `report` is what an author says of the study for reporting checklists, by the entries of `model.AUTHOR_KEYS`.
    """

    title: str
    question: str = ""
    language: str = "en"
    codebook: str = ""
    framework: str = ""
    moderators: tuple[str, ...] = MODERATORS
    coders: tuple[str, ...] = ()
    adjudicators: tuple[str, ...] = ()
    show_suggestions: Showing = Showing.AFTER
    show_attributes: tuple[str, ...] = ()
    meetings: Mapping[str, Meeting] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    report: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Folder:
    """Paths inside a study's folder."""

    path: Path

    @property
    def config_file(self) -> Path:
        """`study.toml`."""
        return self.path / "study.toml"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.path / "study.sqlite"

    @property
    def artifacts(self) -> Path:
        """Results of long work, each named by what it was made from; safe to delete."""
        return self.path / ".qualkit"

    @property
    def exports(self) -> Path:
        """Where tables are written."""
        return self.path / "exports"

    def recordings(self) -> list[Path]:
        """Audio and video files and folders of tracks, sorted by name. Raises `StudyError` if `recordings/` is missing."""
        files = [path for path in self._files("recordings") if path.suffix.lower() in SOUND_SUFFIXES]
        folders = [path for path in (self.path / "recordings").iterdir() if path.is_dir() and not path.name.startswith(".")]
        return sorted([*files, *(path for path in folders if files_of(path))])

    def recording(self, file_name: str) -> Path | None:
        """A recording by its name in `recordings/`, a file or a folder of tracks; None if it is not there any more."""
        path = self.path / "recordings" / file_name
        return path if path.exists() else None

    def transcripts(self, suffixes: frozenset[str]) -> list[Path]:
        """Transcript files with one of `suffixes`, sorted by name; a README and the moderator's guide are passed over."""
        files = self._files("transcripts")
        passed_over = [path for path in files if path.stem.lower() == "readme" or path.name.lower() in NAMES]
        return [path for path in files if path.suffix.lower() in suffixes and path not in passed_over]

    def guide(self) -> Path | None:
        """The moderator's guide, by its name in `transcripts/` in capitals or not; None if there is none."""
        folder = self.path / "transcripts"
        files = sorted(folder.iterdir(), reverse=True) if folder.is_dir() else []
        found = {path.name.lower(): path for path in files if path.is_file()}
        return next((found[name] for name in NAMES if name in found), None)

    def _files(self, name: str) -> list[Path]:
        folder = self.path / name
        if not folder.is_dir():
            raise StudyError(f"{self.path}: the folder {name}/ is missing; make it, or run  qualkit init  to set the study up.")
        return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith((".", "~$")))

    def config(self) -> Config:
        """Read `study.toml`. Raises `StudyError` for a missing file, bad TOML or an unknown entry."""
        if not self.config_file.is_file():
            raise StudyError(f"{self.path} is no study: it has no study.toml; make one with  qualkit init {self.path}")
        try:
            said = tomllib.loads(self.config_file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise StudyError(f"{self.config_file}: not valid TOML: {error}.") from error
        return _config(said, self.config_file)


def _config(said: dict[str, Any], file: Path) -> Config:
    _refuse_unknown(said, ("study", "meetings", "options", "report"), f"{file}")
    about = said.get("study", {})
    if "title" not in about:
        raise StudyError(f"{file}: [study] has no title.")
    meetings = {name: _meeting(entry, f"{file} [meetings.{name}]") for name, entry in said.get("meetings", {}).items()}
    checked = _checked(Config, about, f"{file} [study]")
    if "show_suggestions" in checked:
        checked["show_suggestions"] = _showing(checked["show_suggestions"], f"{file} [study]")
    report = _report(said.get("report", {}), f"{file} [report]")
    return Config(**checked, meetings=meetings, options=said.get("options", {}), report=report)


def _report(said: Mapping[str, Any], where: str) -> dict[str, str]:
    """What an author says for checklists; an entry left empty is as none. Raises `StudyError` for one that is no text."""
    _refuse_unknown(said, tuple(AUTHOR_KEYS), where)
    for name, text in said.items():
        if not isinstance(text, str):
            raise StudyError(f"{where}: {name} must be a text in quotes, not {text!r}.")
    return {name: " ".join(text.split()) for name, text in said.items() if text.strip()}


def _showing(said: object, where: str) -> Showing:
    """When suggestions show; true and false, as older studies have it, are after and never."""
    if isinstance(said, bool):
        return Showing.AFTER if said else Showing.NEVER
    if said not in set(Showing):
        raise StudyError(f'{where}: show_suggestions must be "never", "after" or "before", not {said!r}.')
    return Showing(str(said))


def _meeting(entry: Mapping[str, Any], where: str) -> Meeting:
    """What is said of one meeting. Raises `StudyError` for numbers of speakers or tracks that make no sense."""
    meeting = Meeting(**_checked(Meeting, entry, where))
    for word in ("speakers", "min_speakers", "max_speakers"):
        number = getattr(meeting, word)
        if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < 1):
            raise StudyError(f"{where}: {word} must be a whole number from 1 on, not {number!r}.")
    least, most = meeting.min_speakers or 1, meeting.max_speakers
    if most is not None and least > most:
        raise StudyError(f"{where}: min_speakers = {least} is more than max_speakers = {most}.")
    if meeting.speakers is not None and not least <= meeting.speakers <= (most or meeting.speakers):
        raise StudyError(
            f"{where}: speakers = {meeting.speakers} says how many there are, and min_speakers or max_speakers says otherwise; "
            "take one of them out."
        )
    names = meeting.tracks if isinstance(meeting.tracks, tuple) else (None,)
    if not all(isinstance(name, str) and name.strip() for name in names) or len(set(names)) < len(names):
        raise StudyError(f'{where}: tracks must be different names in quotes, as in  tracks = ["Ana", "Ben"].')
    return meeting


def _checked(kind: type, entry: Mapping[str, Any], where: str) -> dict[str, Any]:
    _refuse_unknown(entry, tuple(item.name for item in fields(kind)), where)
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}


def _refuse_unknown(entry: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for name in entry:
        if name not in known:
            near = nearest(name, known)
            hint = f" Did you mean {near!r}?" if near else f" Known: {', '.join(known)}."
            raise StudyError(f"{where}: there is no entry {name!r}.{hint}")


def options_of(stage: ModuleType, config: Config, given: Mapping[str, Any]) -> Any:
    """A stage's `Options`: its defaults, then `study.toml`, then what is `given`, each None being passed over.

    Raises `StudyError` for an option that the stage does not have, or a value of another type or out of its range.
    """
    word = stage.__name__.rsplit(".", 1)[-1]
    kind = stage.Options
    said = _checked(kind, config.options.get(word, {}), f"study.toml [options.{word}]")
    asked = {key: tuple(value) if isinstance(value, list) else value for key, value in given.items() if value is not None}
    chosen = {**said, **asked}
    for item in fields(kind):
        default = item.default if item.default is not MISSING else None
        value = chosen.get(item.name, default)
        if (
            default is not None
            and not isinstance(value, type(default))
            and not (isinstance(default, float) and isinstance(value, int))
        ):
            wanted = type(default).__name__
            raise StudyError(f"study.toml [options.{word}]: {item.name} must be of type {wanted}, not {value!r}.")
        _need_in_range(item.name, value, item.metadata)
    return kind(**chosen)


def _need_in_range(name: str, value: Any, about: Mapping[str, Any]) -> None:
    """Raise `StudyError` for a number below the `least` or above the `most` that a stage says of its option."""
    least, most = about.get("least", -inf), about.get("most", inf)
    if (least, most) == (-inf, inf) or least <= value <= most:
        return
    ends = f"from {least} to {most}" if most < inf else f"{least} or more"
    raise StudyError(f"{name.replace('_', ' ')} must be {ends}, not {value}.")


def recording_sha256(path: Path) -> str:
    """What a recording is known by: a file's `file_sha256`; of a folder of tracks, their names and bytes."""
    if not path.is_dir():
        return file_sha256(path)
    return sha256_of([[file.name, file_sha256(file)] for file in files_of(path)])


def label_of(path: Path) -> str:
    """What a recording or transcript is called: a file's name without its suffix, a folder's name as it is."""
    return path.name if path.is_dir() else path.stem


def make(path: Path, *, about: Mapping[str, Any], codebook: Path | None = None) -> Folder:
    """Make a study's folder; what is there already is kept. `about` is what stands under `[study]` beside the codebook.

    Raises `StudyError` if `path` is a file or a study already.
    """
    folder = Folder(path)
    if path.is_file():
        raise StudyError(f"{path} is a file; name a folder for the study.")
    if folder.config_file.exists():
        raise StudyError(f"{path} is a study already: it has a study.toml.")
    for name in FOLDERS:
        (path / name).mkdir(parents=True, exist_ok=True)
    source = codebook or sample_folder() / "codebooks" / "mat_implementation.yaml"
    target = path / "codebooks" / source.name
    if not target.exists():
        shutil.copyfile(source, target)
    write_config(folder, {"study": {"language": "en", "codebook": f"codebooks/{source.name}", **about}})
    return folder


def write_config(folder: Folder, said: Mapping[str, Any]) -> None:
    """Write `study.toml`."""
    import tomli_w

    folder.config_file.write_text(tomli_w.dumps(said), encoding="utf-8")


def add_files(
    folder: Folder, paths: Sequence[Path], transcript_suffixes: frozenset[str], *, as_tracks: bool = False
) -> list[Path]:
    """Copy recordings and transcripts, or all of them in a folder, to where they belong; the copies.

    With `as_tracks`, each of `paths` is a folder that is one meeting, and each recording in it is one speaker's track.
    Raises `StudyError` for a path that is not there, a file of an unknown kind, or a name that is taken by another file.
    """
    plan = _plan_of_tracks(folder, paths) if as_tracks else _plan(folder, paths, transcript_suffixes)
    for source, target in plan.items():
        if target.exists() and file_sha256(source) != file_sha256(target):
            raise StudyError(f"{target} is there already and is another file; rename {source} first.")
    for source, target in plan.items():
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(source, target)
    return list(plan.values())


def _plan(folder: Folder, paths: Sequence[Path], transcript_suffixes: frozenset[str]) -> dict[Path, Path]:
    kinds = {**dict.fromkeys(SOUND_SUFFIXES, "recordings"), **dict.fromkeys(transcript_suffixes, "transcripts")}
    plan: dict[Path, Path] = {}
    for path in paths:
        if not path.exists():
            raise StudyError(f"{path}: there is no such file or folder.")
        inside = sorted(item for item in path.iterdir() if item.suffix.lower() in kinds) if path.is_dir() else [path]
        if path.is_dir() and not inside:
            raise StudyError(f"{path}: the folder holds no recording and no transcript.")
        plan.update({item: folder.path / _place(item, kinds) / item.name for item in inside})
    return plan


def _plan_of_tracks(folder: Folder, paths: Sequence[Path]) -> dict[Path, Path]:
    plan: dict[Path, Path] = {}
    for path in paths:
        if not path.is_dir():
            raise StudyError(f"{path}: not a folder; name the folder of a meeting, in which each speaker has a file.")
        tracks, name = files_of(path), path.resolve().name
        if not tracks:
            raise StudyError(f"{path}: the folder holds no recording.")
        target = folder.path / "recordings" / name
        others = {file.name for file in files_of(target)} - {file.name for file in tracks} if target.is_dir() else set()
        if others:
            raise StudyError(f"{target} is there already with other tracks ({', '.join(sorted(others))}); rename {path} first.")
        plan.update({file: target / file.name for file in tracks})
    return plan


def _place(path: Path, kinds: Mapping[str, str]) -> str:
    if path.suffix.lower() not in kinds:
        known = ", ".join(sorted(kinds))
        raise StudyError(f"{path}: neither a recording nor a transcript that can be read; known are {known}.")
    return kinds[path.suffix.lower()]


def sample_folder() -> Path:
    """Where the sample study's recordings, transcripts and codebooks lie: in the package, or in the checkout around it."""
    package = Path(__file__).parent.parent
    return package / "sample" if (package / "sample").is_dir() else package.parent


def make_sample(path: Path) -> Folder:
    """Make a copy of the synthetic sample study in `path`: a group as audio, three as transcripts, two coders' judgements."""
    sample = sample_folder()
    folder = make(path, about={"title": "Post-overdose outreach in a rural county (synthetic sample)"})
    recording = next((sample / "recordings").glob("*.ogg"))
    shutil.copyfile(recording, path / "recordings" / recording.name)
    for source in sorted((sample / "transcripts").iterdir()):
        is_wanted = source.suffix in {".txt", ".docx", ".srt", ".vtt", ".csv"} or source.name == "guide.md"
        if source.is_file() and source.stem != recording.stem and is_wanted:
            shutil.copyfile(source, path / "transcripts" / source.name)
    for judgements in ("codings", "ratings"):
        shutil.copytree(sample / "transcripts" / judgements, path / "transcripts" / judgements, dirs_exist_ok=True)
    shutil.copyfile(sample / "study.toml", folder.config_file)
    return folder
