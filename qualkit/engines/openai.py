"""Speech to words, through openai-whisper: the library Whisper was published with, in 32-bit floats on torch. See `hearing`.

Slower than faster-whisper; for those who have its checkpoints, or want a transcript by the library that a paper names.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from qualkit.engines import hearing
from qualkit.engines.cleaning import Piece
from qualkit.errors import EngineError
from qualkit.plain import file_sha256
from qualkit.plugs import Waveform, need

_METHOD = f"float32, openai-whisper, {hearing.METHOD}"

_RESTLESS = 0.4
"""Temperature at which it listens to a piece again in which it looped."""


class OpenAiWhisper(hearing.Whisper):
    """A `Transcriber`. `model` is a checkpoint file (`small.en.pt`), or the name of one that openai-whisper has downloaded.

    Raises `EngineError` when it is not on this machine: nothing is ever downloaded.
    """

    name = "openai-whisper"

    def __init__(self, model: str = hearing.DEFAULT) -> None:
        self._file = _found(model)
        super().__init__(self._file.stem)
        self.revision = f"{self._file.stem} {file_sha256(self._file)[:12]} {_METHOD}"

    @cached_property
    def _whisper(self) -> Any:
        """Loaded when the first recording is transcribed."""
        library = need("whisper", "openai")
        need("torch", "openai").set_num_threads(hearing.n_threads())
        try:
            model = library.load_model(str(self._file), device="cpu")
        except (RuntimeError, ValueError, LookupError, TypeError, EOFError, OSError, UnpicklingError) as error:
            raise EngineError(f"{self._file.name} is no checkpoint that openai-whisper can load.") from error
        heads = library._ALIGNMENT_HEADS.get(self._file.stem)
        if heads is not None:  # the library sets them for names only, and words are timed worse without them
            model.set_alignment_heads(heads)
        return model

    @property
    def is_multilingual(self) -> bool:
        """See `hearing.Whisper`."""
        return bool(self._whisper.is_multilingual)

    def n_tokens(self, text: str) -> int:
        """See `hearing.Whisper`."""
        tokenizer = need("whisper.tokenizer", "openai").get_tokenizer(self.is_multilingual)
        return len(tokenizer.encode(text))

    def recognised(self, speech: Waveform) -> tuple[str, float]:
        """See `hearing.Whisper`: by the first window."""
        library = need("whisper", "openai")
        mel = library.log_mel_spectrogram(library.pad_or_trim(speech), self._whisper.dims.n_mels)
        _, probabilities = self._whisper.detect_language(mel)
        code = max(probabilities, key=probabilities.get)
        return str(code), float(probabilities[code])

    def segments(self, speech: Waveform, manner: hearing.Manner) -> Iterator[hearing.Segment]:
        """See `hearing.Whisper`; out of a loop it gets by chance, always the same."""
        need("torch", "openai").manual_seed(0)
        found = self._whisper.transcribe(
            speech,
            language=manner.language,
            beam_size=manner.beams if manner.beams > 1 and manner.may_loop else None,
            temperature=0.0 if manner.may_loop else _RESTLESS,
            fp16=False,
            word_timestamps=True,
            condition_on_previous_text=False,
            initial_prompt=manner.prompt,
            carry_initial_prompt=manner.prompt is not None,
        )
        for segment in found["segments"]:
            pieces = (
                Piece(
                    text=word["word"],
                    start_s=float(word["start"]),
                    end_s=float(word["end"]),
                    probability=float(word["probability"]),
                )
                for word in segment["words"]
            )
            yield hearing.Segment(pieces=tuple(pieces), end_s=float(segment["end"]))


def _found(model: str) -> Path:
    """The checkpoint file of `model`, without the network."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "whisper"
    for file in (Path(model), cache / f"{model}.pt"):
        if file.is_file():
            return file
    raise EngineError(
        f"openai-whisper's model {model!r} is not on this machine, and nothing is downloaded: give the path of its checkpoint,"
        f" such as small.en.pt, or put the file into {cache}."
    )
