"""Recordings to turns: the engines that listen, and what they heard, kept piece by piece.

A recording is decoded once and heard in pieces of some minutes. The words and the voices of each piece are two artifacts, so
a run that is killed goes on at the piece it was at, and another model or number of speakers does not do again what it does
not change. While the words of a piece are recognised, its voices are listened to. After each piece the turns so far are
handed on, so that the first minutes can be read while the rest is still being heard.

Voices identify people: what is kept of them lies in the study's vault, apart from everything that is exported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from threading import Event, Lock
from typing import Any, TypeVar

from qualkit import plugs
from qualkit.engines import tracks
from qualkit.errors import StoppedError
from qualkit.model import Heard, LocalVoice, Mark, SpeakerCount, Utterance, Word
from qualkit.plain import from_plain, sha256_of
from qualkit.plugs import Progress, Waveform, no_progress
from qualkit.stages import transcribe
from qualkit.study.artifacts import Artifacts
from qualkit.study.vault import Vault, Vector

Timed = TypeVar("Timed", Word, Mark)

PIECE_S = tracks.TARGET_S
"""About how long a piece is."""

DETECT = "auto"
"""The language option that has the engine find out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A recording to be heard: `sha` is the SHA-256 of its bytes, `tracks` names the speakers of its streams or channels."""

    path: Path
    sha: str
    count: SpeakerCount = field(default_factory=SpeakerCount)
    tracks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """What was heard of a recording up to `until_s`: its turns, what a reader must know of them, and the speakers' voices."""

    utterances: tuple[Utterance, ...]
    marks: tuple[Mark, ...]
    until_s: float
    is_whole: bool = False
    voices: Mapping[str, Vector] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A stretch of one track, cut where nobody speaks."""

    track: int
    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What a recording consists of: its pieces, its tracks by the names of their speakers, and what is damaged."""

    pieces: tuple[_Piece, ...]
    tracks: tuple[str, ...]
    marks: tuple[Mark, ...]

    @property
    def is_one_track(self) -> bool:
        """Whether everybody is heard in one track, so that voices have to be told apart."""
        return self.tracks == ("",)

    @property
    def total_s(self) -> float:
        return sum(piece.length_s for piece in self.pieces)

    def before_s(self, piece: _Piece) -> float:
        """Seconds of sound in the pieces before."""
        return sum(earlier.length_s for earlier in self.pieces[: self.pieces.index(piece)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Ears:
    """A transcriber and, unless all is one voice, a diarizer, with the options they listen by.

    `hints` are words that may come up; `names` maps people who gave a sample of their voice to its vector. What is
    kept of voices goes into the `vault`, the rest into the folder `artifacts`.
    """

    options: transcribe.Options
    transcriber: plugs.Transcriber
    diarizer: plugs.Diarizer | None
    artifacts: Path
    vault: Vault
    hints: tuple[str, ...] = ()
    names: Mapping[str, Vector] = field(default_factory=dict)

    @classmethod
    def of(cls, options: transcribe.Options, **more: Any) -> Ears:
        """The engines that `options` name. Raises `EngineError` if one is not installed."""
        return cls(
            options=options,
            transcriber=plugs.load("transcribers", options.engine)(options.model),
            diarizer=None if options.diarizer == "none" else plugs.load("diarizers", options.diarizer)(),
            **more,
        )

    @property
    def revision(self) -> str:
        """What makes the words and what tells the voices apart."""
        return f"{self.transcriber.revision}; {self.diarizer.revision if self.diarizer else 'one voice'}"

    def hear(self, asked: Asked, progress: Progress = no_progress) -> Iterator[Hearing]:
        """The turns of a recording, again after each piece; the last hearing is whole.

        Of a recording with a track for each speaker there is the whole only. Raises `ReadError` if nothing of it can be
        decoded, `EngineError` if the speech model does not know its language.
        """
        return _Session(self, asked, progress).run()


class _Session:
    """The hearing of one recording."""

    def __init__(self, ears: Ears, asked: Asked, progress: Progress) -> None:
        self._ears, self._asked, self._progress = ears, asked, progress
        self._copies = ears.artifacts / "sound"
        self._print = [asked.sha, asked.tracks, tracks.METHOD]
        self._copy_name = sha256_of(self._print)
        self._stopped, self._decoding = Event(), Lock()

    def run(self) -> Iterator[Hearing]:
        """See `Ears.hear`."""
        heard: list[tuple[_Piece, Heard]] = []
        voices: list[LocalVoice] = []
        with ThreadPoolExecutor(max_workers=1) as other:
            try:
                for n, piece in enumerate(self._plan.pieces, start=1):
                    listening = other.submit(self._voices, piece)
                    heard.append((piece, self._words(piece)))
                    voices += listening.result()
                    if n < len(self._plan.pieces) and self._plan.is_one_track:
                        yield self._hearing(heard, voices)
            finally:
                self._stopped.set()
        yield replace(self._hearing(heard, voices), is_whole=True)
        tracks.discard(self._copies, self._copy_name)

    # ------------------------------------------------------------ the recording

    def _tracks(self) -> tuple[tracks.Track, ...]:
        """The decoded recording; nothing is decoded where everything is known already."""
        with self._decoding:
            return self._copy.tracks

    @cached_property
    def _copy(self) -> tracks.Prepared:
        self._progress(0.0, "decoding")
        return tracks.prepare(self._asked.path, self._copies, self._copy_name, speakers=self._asked.tracks)

    def _sound(self, piece: _Piece) -> Waveform:
        return self._tracks()[piece.track].cut(piece.start_s, piece.end_s)

    @cached_property
    def _plan(self) -> _Plan:
        plan: _Plan = from_plain(_Plan, Artifacts(self._ears.artifacts / "pieces").get_or_make(self._print, self._planned))
        return plan

    def _planned(self) -> _Plan:
        pieces = [
            _Piece(track=n, start_s=start_s, end_s=end_s)
            for n, track in enumerate(self._copy.tracks)
            for start_s, end_s in tracks.pieces(track, PIECE_S)
        ]
        return _Plan(pieces=tuple(pieces), tracks=tuple(track.name for track in self._copy.tracks), marks=self._copy.marks)

    @cached_property
    def _language(self) -> str:
        """The language asked for, or the one that is heard in the first piece in which somebody speaks."""
        ears = self._ears
        if ears.options.language != DETECT:
            return ears.options.language
        made_from = [self._print, PIECE_S, ears.transcriber.name, ears.transcriber.revision]

        def detect() -> str:
            heard = (ears.transcriber.language_of(self._sound(piece)) for piece in self._plan.pieces)
            return next((language for language, sure in heard if sure > 0), "en")

        return str(Artifacts(ears.artifacts / "languages").get_or_make(made_from, detect))

    # ------------------------------------------------------------ its pieces

    def _words(self, piece: _Piece) -> Heard:
        """Words of a piece, times from the start of the recording."""
        ears, language = self._ears, self._language
        engine, verbatim = ears.transcriber, ears.options.verbatim

        def tell(share: float, doing: str) -> None:
            done_s = self._plan.before_s(piece) + share * piece.length_s
            self._progress(done_s / self._plan.total_s, doing)

        def recognise() -> Heard:
            tell(0.0, "transcribing")
            heard = engine.transcribe(self._sound(piece), language=language, verbatim=verbatim, hints=ears.hints, progress=tell)
            return _later(heard, piece.start_s)

        made_from = [self._print, piece, engine.name, engine.revision, language, verbatim, ears.hints]
        words: Heard = from_plain(Heard, Artifacts(ears.artifacts / "words").get_or_make(made_from, recognise))
        return words

    def _voices(self, piece: _Piece) -> list[LocalVoice]:
        """Voices of a piece; none where each speaker has a track."""
        engine = self._ears.diarizer
        if engine is None or not self._plan.is_one_track:
            return []

        def listen() -> list[LocalVoice]:
            return engine.listen(self._sound(piece), start_s=piece.start_s, progress=self._check)

        made_from = [self._print, piece, engine.name, engine.revision]
        voices: list[LocalVoice] = from_plain(list[LocalVoice], self._ears.vault.local_voices.get_or_make(made_from, listen))
        return voices

    def _check(self, _share: float, _doing: str) -> None:
        """A `Progress` that ends the listening when the run has ended."""
        if self._stopped.is_set():
            raise StoppedError("Stopped.")

    # ------------------------------------------------------------ what is known so far

    def _hearing(self, heard: Sequence[tuple[_Piece, Heard]], voices: Sequence[LocalVoice]) -> Hearing:
        ears, plan, gap_s = self._ears, self._plan, self._ears.options.turn_gap_s
        marks = [*plan.marks, *(mark for _, item in heard for mark in item.marks)]
        until_s = max((piece.end_s for piece, _ in heard), default=0.0)
        if not plan.is_one_track:
            said = {
                name: [word for piece, item in heard if piece.track == n for word in item.words]
                for n, name in enumerate(plan.tracks)
            }
            return Hearing(
                utterances=tuple(transcribe.merge_tracks(said, turn_gap_s=gap_s)), marks=tuple(marks), until_s=until_s
            )
        found = ears.diarizer.tell_apart(voices, self._asked.count) if ears.diarizer else None
        names = ears.diarizer.names_of(found.vectors, ears.names) if ears.diarizer and found and ears.names else {}
        words = transcribe.attributed([word for _, item in heard for word in item.words], found)
        called = transcribe.labels(words, names)
        return Hearing(
            utterances=tuple(transcribe.assemble(words, called, turn_gap_s=gap_s)),
            marks=tuple(sorted([*marks, *(found.marks if found else ())], key=lambda mark: mark.start_s)),
            until_s=until_s,
            voices={called[n]: vector for n, vector in enumerate(found.vectors) if n in called} if found else {},
        )


def _later(heard: Heard, by_s: float) -> Heard:
    """The same, `by_s` later."""

    def later(item: Timed) -> Timed:
        return replace(item, start_s=item.start_s + by_s, end_s=item.end_s + by_s)

    return Heard(words=tuple(map(later, heard.words)), marks=tuple(map(later, heard.marks)))
