"""Recordings to turns: the engines that listen, and what they heard, kept step by step.

Words and voices are two artifacts, so a run that dies while voices are told apart keeps the words, and another number of
speakers does not recognise the words again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from qualkit import plugs
from qualkit.errors import QualkitError
from qualkit.model import Utterance, Word
from qualkit.plugs import Progress
from qualkit.stages import transcribe
from qualkit.study.artifacts import Artifacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Ears:
    """A transcriber and, unless all is one voice, a diarizer, with the options they listen by."""

    options: transcribe.Options
    artifacts: Path
    transcriber: plugs.Transcriber
    diarizer: plugs.Diarizer | None

    @classmethod
    def of(cls, options: transcribe.Options, artifacts: Path) -> Ears:
        """The engines that `options` name. Raises `EngineError` if one is not installed."""
        return cls(
            options=options,
            artifacts=artifacts,
            transcriber=plugs.load("transcribers", options.engine)(options.model),
            diarizer=None if options.diarizer == "none" else plugs.load("diarizers", options.diarizer)(),
        )

    @property
    def revision(self) -> str:
        """What makes the words and what tells the voices apart."""
        return f"{self.transcriber.revision}; {self.diarizer.revision if self.diarizer else 'one voice'}"

    def hear_all(
        self, prints: Mapping[Path, str], n_speakers: Mapping[Path, int | None], progress: Progress
    ) -> tuple[dict[Path, list[Utterance]], list[str]]:
        """Turns of each recording, by its path; and a sentence for each that cannot be read, which does not stop the rest.

        `prints` maps recordings to the SHA-256 of their bytes.
        """
        heard: dict[Path, list[Utterance]] = {}
        failed: list[str] = []
        for index, (path, sha) in enumerate(prints.items()):

            def tell(share: float, doing: str, index: int = index, path: Path = path) -> None:
                progress((index + share) / len(prints), f"{path.name}: {doing}")

            try:
                heard[path] = self.hear(path, sha, n_speakers.get(path), tell)
            except QualkitError as error:
                failed.append(str(error))
        return heard, failed

    def hear(self, path: Path, sha: str, n_speakers: int | None, progress: Progress) -> list[Utterance]:
        """Turns of one recording. Raises `ReadError` if it cannot be decoded."""
        from qualkit.engines import sound

        waveform = cache(lambda: sound.decode(path))

        def recognise() -> Any:
            progress(0.0, "decoding")
            return self.transcriber.transcribe(
                waveform(),
                language=self.options.language,
                verbatim=self.options.verbatim,
                progress=lambda share, doing: progress(0.8 * share, doing),
            )

        def tell_apart() -> list[int]:
            if self.diarizer is None or not cuts:
                return [0] * len(cuts)
            progress(0.85, "telling voices apart")
            times = [(cut[0].start_s, cut[-1].end_s) for cut in cuts]
            return self.diarizer.label(waveform(), times, n_speakers=n_speakers)

        words = Artifacts(self.artifacts / "words")
        engine, options = self.transcriber, self.options
        runs = words.get_or_make([sha, engine.name, engine.revision, options.language, options.verbatim], recognise)
        cuts = transcribe.spans([[Word(**word) for word in run] for run in runs], pause_s=self.options.pause_s)
        voices = Artifacts(self.artifacts / "voices")
        labels = voices.get_or_make([sha, self.options, self.revision, n_speakers], tell_apart)
        return transcribe.assemble(cuts, labels, turn_gap_s=self.options.turn_gap_s)
