"""How a Whisper model is listened to, whichever library runs it: what is given to it, and what is taken from what it says.

Three choices keep invented words out: a voice detector decides where somebody speaks at all, and only that is given to the
model; no window is prompted with the text before it; and where it says something over and over, it hears the piece again and
may not, and what it then still repeats is cut to one occurrence and marked. It decodes without chance, so that the same sound
always gives the same words.

Windows are decoded one after the other. Decoding eight at once stops early in windows with many short turns: on the sample
focus group it lost 170 of 1,067 words (10 one after the other) and, with word times, was hardly faster on two cores.

Whisper leaves out `um` and `uh`, false starts and short answers, and spells the name of a small place as it sounds. Asked to be
verbatim, or given hints, it hears a piece again, prompted before every window with a text full of fillers, or with the hints;
and `base` always does, for what it left out. A prompted window sometimes stops early or wanders off (twenty place names alone
took `base` from 25 to 33 or more errors in 100 words of AMI meetings), so a further hearing only adds fillers, repetitions and
words where there were none, and spells hinted words; no word of the first is lost.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np

from qualkit.engines import cleaning, weights
from qualkit.engines.sound import RATE
from qualkit.errors import EngineError
from qualkit.model import Heard, Mark, Word
from qualkit.plugs import Progress, Waveform, need, no_progress

DEFAULT = "tiny.en"
METHOD = "method 5"
"""Part of every revision: to be raised whenever the same sound and model would give other words."""

_LATE_S = {DEFAULT: 0.10, weights.BASE.name: -0.02}
"""How much later than it was said each model puts a word (negative: earlier); taken off. Of the shifts in steps of 20 ms,
the one with the smallest median error on four AMI clips; on three others that error went from 100 to 50 and from 50 to 40 ms.
"""

_BEAM, _BEAMS = 5, {weights.BASE.name: 1}
"""Beams of the first hearing: Whisper's 5, and 1 for `base`, whose beams leave repetitions and short answers out. On five AMI
clips (the even ones in name order) 1 gave it 16.6 errors in 100 words and 5 gave 24.2; on the other six 35.8 and 36.2. For
`tiny.en` it was 22.2 and 21.1, and 39.2 and 35.8. The second hearing has 5: it keeps more fillers so, 73 against 53 in 100 on
the five, 36 against 29 on the six."""

_FILLED = "Um, so, uh... hmm. Mm-hmm. Uh, I, I think, um, yeah. Mm. Uh-huh. Hmm, okay."
"""Of four prompts tried on 30 s clips of AMI meetings, the one that kept most fillers with `base`: 16 of 30; none without."""

_COMPLETED = frozenset([weights.BASE.name])
"""Models that are heard twice for what they leave out. `base` then has 23.6 errors in 100 words of eleven AMI clips and not
24.8, and 23.8 and not 29.7 in two minutes of one meeting; three synthetic groups have 4.1 and not 4.0."""

MOST_TOKENS = 200
"""Longest prompt, in the model's tokens: Whisper has room for 223 before a window. Hints beyond that are not used."""

_LANGUAGE_S = 120.0
"""Speech that is listened to for its language."""

_VOICED = 0.5
"""Probability from which the voice detector hears speech: its own default. At .35 the eleven AMI clips have .3 to .8 errors in
100 words less, and one start in twenty of `tiny.en` is more than a second wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """What a model says of a stretch: pieces of text, seconds from the start of what it heard."""

    pieces: tuple[cleaning.Piece, ...]
    end_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a model is to listen: with `prompt` before every window, by so many beams, and whether it may repeat itself."""

    language: str
    beams: int
    prompt: str | None = None
    may_loop: bool = True


Merge: TypeAlias = Callable[[Sequence[Word], Sequence[Word]], list[Word]]
"""From the words so far and those of a further hearing to better ones."""


class Whisper(ABC):
    """A `Transcriber`, but for the library that runs the model."""

    def __init__(self, model: str) -> None:
        self.model = model

    @property
    @abstractmethod
    def is_multilingual(self) -> bool:
        """Whether the model knows more than English."""

    @abstractmethod
    def n_tokens(self, text: str) -> int:
        """Length of `text` as the model counts it."""

    @abstractmethod
    def recognised(self, speech: Waveform) -> tuple[str, float]:
        """The language of 16 kHz `speech` by a multilingual model, and its probability."""

    @abstractmethod
    def segments(self, speech: Waveform, manner: Manner) -> Iterable[Segment]:
        """What is said in `speech`."""

    def language_of(self, sound: Waveform) -> tuple[str, float]:
        """See `Transcriber.language_of`; ("en", 0.0) where nobody speaks."""
        if not self.is_multilingual:
            return "en", 1.0
        speech, _ = voiced(sound)
        return self.recognised(speech[: int(_LANGUAGE_S * RATE)]) if speech.size else ("en", 0.0)

    def transcribe(
        self, sound: Waveform, *, language: str | None, verbatim: bool, hints: Sequence[str], progress: Progress
    ) -> Heard:
        """See `Transcriber.transcribe`. Hints are used as far as `MOST_TOKENS` go, the first ones first.

        Raises `EngineError` when the model does not know `language` (a code such as `en` or `es-MX`), or when it is to be
        `verbatim` in a language other than English, for which there is no prompt.
        """
        code = self._checked(language)
        if verbatim:
            prompt_for(code)
        speech, spans = voiced(sound)
        if not speech.size:
            return Heard(words=())
        code = code or (self.recognised(speech[: int(_LANGUAGE_S * RATE)])[0] if self.is_multilingual else "en")
        first = Manner(language=code, beams=_BEAMS.get(self.model, _BEAM))
        further = self._further(first, self._that_fit(hints), verbatim=verbatim)

        def hear(manner: Manner, tell: Progress) -> tuple[list[Word], list[Mark]]:
            segments = _counted(self.segments(speech, manner), speech.size / RATE, tell)
            late_s = _LATE_S.get(self.model, 0.0)
            words = [word for segment in segments for word in cleaning.words_of(segment.pieces, spans, late_s)]
            return cleaning.without_loops(cleaning.in_order(words))

        words, marks = hear(first, _part(progress, 0, 1 + len(further)))
        if marks:
            unlooped = hear(replace(first, may_loop=False), no_progress)
            words, marks = min((words, marks), unlooped, key=lambda heard: len(heard[1]))
        for place, (manner, merged) in enumerate(further, 1):
            again, _ = hear(manner, _part(progress, place, 1 + len(further)))
            words = merged(words, again)
        return Heard(words=tuple(words), marks=tuple(marks))

    def _further(self, first: Manner, hints: Sequence[str], *, verbatim: bool) -> list[tuple[Manner, Merge]]:
        """Hearings after the first, each with what is made of the words so far and its own."""
        found: list[tuple[Manner, Merge]] = []
        if self.model in _COMPLETED and first.language == "en":
            found.append((replace(first, prompt=_FILLED), cleaning.completed))
        if verbatim:
            found.append((replace(first, prompt=prompt_for(first.language), beams=_BEAM), cleaning.with_fillers))
        if hints:
            glossary = replace(first, prompt=f"Glossary: {', '.join(hints)}.")
            found.append((glossary, partial(cleaning.with_hints, hints=hints)))
        return found

    def _that_fit(self, hints: Sequence[str]) -> list[str]:
        known: list[str] = []
        left = MOST_TOKENS
        for hint in dict.fromkeys(" ".join(hint.split()) for hint in hints):
            left -= self.n_tokens(f" {hint},") if hint else 0
            if left < 0:
                break
            known += [hint] if hint else []
        return known

    def _checked(self, language: str | None) -> str | None:
        code = language.lower().replace("_", "-").split("-")[0] if language else None
        if code not in (None, "en") and not self.is_multilingual:
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
    return _FILLED


def voiced(sound: Waveform) -> tuple[Waveform, cleaning.Spans]:
    """The parts of `sound` where somebody speaks, joined, and where they were; pauses under two seconds stay in."""
    found = need("faster_whisper.vad", "speech").get_speech_timestamps(sound, threshold=_VOICED) if sound.size else []
    parts = [sound[span["start"] : span["end"]] for span in found]
    spans = cleaning.Spans(of_recording=tuple((span["start"] / RATE, span["end"] / RATE) for span in found))
    return (np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)), spans


def _part(progress: Progress, place: int, n_parts: int) -> Progress:
    """For whoever does part `place` of `n_parts` equal ones, counted from 0."""
    return lambda share, doing: progress((place + share) / n_parts, doing)


def _counted(segments: Iterable[Segment], duration_s: float, progress: Progress) -> Iterator[Segment]:
    for segment in segments:
        yield segment
        progress(min(1.0, segment.end_s / duration_s), "transcribing")


def n_threads() -> int:
    """Physical cores less one: decoding threads spin, and collapse when something else wants their core."""
    siblings = Path("/sys/devices/system/cpu").glob("cpu[0-9]*/topology/thread_siblings_list")
    n_physical = len({path.read_text() for path in siblings}) or (os.cpu_count() or 2) // 2
    return max(1, n_physical - 1)
