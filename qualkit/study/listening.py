"""The transcribe stage: a queue of recordings, each heard and kept on its own.

An error in one recording is named at the end and does not stop the others. What has been heard of a long recording is kept
as it comes, so it can be read and coded before the rest is there; turns that people coded or corrected meanwhile stay.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from qualkit.errors import EngineError, QualkitError, StoppedError, StudyError
from qualkit.model import Mark, SpeakerCount, Transcript
from qualkit.plugs import Progress
from qualkit.stages import transcribe
from qualkit.study import meetings
from qualkit.study.ears import Asked, Ears, Hearing
from qualkit.study.folder import label_of
from qualkit.study.step import Done, Step, nothing
from qualkit.study.vault import engine_id
from qualkit.wording import clock, counted

if TYPE_CHECKING:
    from qualkit.study.study import Study


@dataclass
class Pace:
    """How long work will still take, by how fast it went since it was first told of."""

    began: tuple[float, float] | None = field(default=None)

    def left_s(self, share: float) -> float | None:
        """Seconds left when `share` is done; None while nobody can tell."""
        if self.began is None:
            self.began = (monotonic(), share)
        at, first_share = self.began
        elapsed_s, done = monotonic() - at, share - first_share
        return elapsed_s * (1 - share) / done if done > 0 and elapsed_s > 2 else None


@dataclass(frozen=True, slots=True)
class Queue:
    """Recordings in order with their lengths; tells how far all of them are."""

    lengths_s: Mapping[str, float]
    progress: Progress
    pace: Pace = field(default_factory=Pace)

    def teller(self, name: str) -> Progress:
        """A `Progress` for one of them: where it is, how long it will take, and how long all that are left will."""
        names = list(self.lengths_s)
        before_s = sum(self.lengths_s[other] for other in names[: names.index(name)]) if name in names else 0.0
        own_s, total_s = self.lengths_s.get(name, 0.0), sum(self.lengths_s.values())
        pace = Pace()

        def tell(share: float, doing: str) -> None:
            share_of_all = (before_s + share * own_s) / max(total_s, 1e-9)
            left = [about(pace.left_s(share))]
            if len(names) > 1:
                left.append(about(self.pace.left_s(share_of_all), "all "))
            where = f"{clock(share * own_s)} of {clock(own_s)}" if own_s else ""
            self.progress(min(1.0, share_of_all), ", ".join(filter(None, [f"{name}: {doing}", where, *left])))

        return tell


def about(left_s: float | None, of: str = "") -> str:
    """A time left in words that do not pretend to be exact; empty for None."""
    if left_s is None:
        return ""
    return f"{of}{max(1, round(left_s / 60))} min left" if left_s >= 45 else f"{of}under a minute left"


def transcribe_step(study: Study, given: Mapping[str, Any]) -> Step:
    """Recordings that have no transcript of the same name become transcripts."""
    chosen = study.options(transcribe, given)
    options = replace(chosen, language=chosen.language or study.config.language)
    written = {path.stem for path in study.transcript_files()}
    queue = [_asked(study, path, options) for path in study.folder.recordings() if label_of(path) not in written]
    ears = _ears(study, options) if queue else None

    def work(progress: Progress) -> Done:
        assert ears is not None  # a step that is not needed is not worked
        with study.store.write() as tx:
            settled = meetings.settled(tx, {asked.path: asked.sha for asked in queue})
            for asked in queue:
                if asked.path in settled:  # the words stay; who said them may have become known by another name
                    meetings.save(tx, study, asked.path, asked.sha, settled[asked.path], run_id=step.id)
        todo = [asked for asked in queue if asked.path not in settled]
        heard, problems = _hear_all(study, ears, todo, progress, run_id=step.id)
        if problems and not heard and not settled:
            raise StudyError(" ".join(problems))
        texts = [*settled.values(), *(hearing.utterances for hearing in heard.values())]
        n_words = sum(len(utterance.words) for utterances in texts for utterance in utterances)
        left = f", {len(settled)} left as coded or corrected" if settled else ""
        missed = f", {len(problems)} could not be read" if problems else ""
        n_heard = counted(len(heard) + len(settled), "recording")
        return Done(summary=f"{n_heard}{left}{missed}, {counted(n_words, 'word')}", save=nothing, problems=tuple(problems))

    step = Step(
        stage="transcribe",
        options=options,
        inputs=[[asked.path.name, asked.sha, asked.count, study.meeting_print(label_of(asked.path))] for asked in queue]
        + ([ears.hints, sorted(ears.names)] if ears else []),
        engine=options.engine,
        model_revision=ears.revision if ears else "",
        work=work,
        is_needed=ears is not None,
        missing="no recording without a transcript",
    )
    return step


def _asked(study: Study, path: Path, options: transcribe.Options) -> Asked:
    about = study.meeting(label_of(path))
    exact = about.speakers or options.speakers
    least = exact or about.min_speakers or options.min_speakers or 1
    most = exact or about.max_speakers or options.max_speakers or None
    if most is not None and most < least:
        raise StudyError(f"{path.name}: there cannot be at least {least} and at most {most} speakers; change one of the two.")
    return Asked(path=path, sha=study.print_of(path), count=SpeakerCount(least=least, most=most), tracks=about.tracks)


def _ears(study: Study, options: transcribe.Options) -> Ears:
    more = {"artifacts": study.folder.artifacts, "vault": study.vault, "hints": tuple(study.word_list())}
    ears = Ears.of(options, **more)
    if options.name_voices and ears.diarizer is not None:
        ears = replace(ears, names=study.vault.names(engine_id(ears.diarizer)))
    return ears


def _hear_all(
    study: Study, ears: Ears, todo: Sequence[Asked], progress: Progress, *, run_id: str
) -> tuple[dict[str, Hearing], list[str]]:
    """What was heard of each recording, by its file's name, and a sentence for each that could not be heard."""
    from qualkit.engines import sound

    lengths_s: dict[str, float] = {}
    heard: dict[str, Hearing] = {}
    problems: list[str] = []
    for asked in todo:
        with contextlib.suppress(QualkitError):
            lengths_s[asked.path.name] = sound.duration_s(asked.path)
    queue = Queue(lengths_s, progress)
    for asked in todo:
        try:
            for hearing in ears.hear(asked, queue.teller(asked.path.name)):
                _keep(study, ears, asked, hearing, run_id)
                if hearing.is_whole:
                    heard[asked.path.name] = hearing
        except StoppedError:
            raise
        except QualkitError as error:
            problems.append(str(error))
    return heard, problems


def _keep(study: Study, ears: Ears, asked: Asked, hearing: Hearing, run_id: str) -> None:
    """Keep what was heard so far; of a part, the segments too, so that it can be coded."""
    heard_s = None if hearing.is_whole else hearing.until_s
    marks = list(hearing.marks)
    if heard_s is not None:
        marks.append(Mark(start_s=heard_s, end_s=heard_s, text="What was said after this is not transcribed yet."))
    label = label_of(asked.path)
    with study.store.write() as tx:
        known = tx.first(Transcript, label=label)
        is_there = known is not None and known.heard_s is None and known.source_sha256 == asked.sha
        if is_there and (not hearing.is_whole or meetings.settled(tx, {asked.path: asked.sha})):
            return  # what is whole stays until all is heard anew, and what people worked on meanwhile stays for good
        meetings.save(
            tx, study, asked.path, asked.sha, hearing.utterances,
            run_id=run_id, marks=marks, heard_s=heard_s,
        )  # fmt: skip
        stands = meetings.utterances(tx, tx.all(Transcript, label=label)[0])
    if hearing.is_whole and ears.diarizer is not None:
        called = transcribe.same_people(stands, hearing.utterances)
        voices = {called.get(speaker) or speaker: vector for speaker, vector in hearing.voices.items()}
        study.vault.keep_speakers(label, engine_id(ears.diarizer), voices)
    if not hearing.is_whole:
        with contextlib.suppress(EngineError):  # without sentences, a part can be read and not coded
            study.segment_anew()
