"""One study: the Python door. It fetches, has a pure function work, and writes results and record together.

    study = Study.open("my-study")
    for outcome in study.run():
        print(outcome.run.stage, outcome.run.summary)
    study.seat("Ana").judge(...)

Pages and people who code go through a `Seat`, which knows what they may see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qualkit import plugs
from qualkit.engines.containers import files_of
from qualkit.errors import StudyError
from qualkit.model import (
    Codebook,
    Coder,
    Participant,
    Recording,
    Run,
    Sample,
    Segment,
    StudyInfo,
    Transcript,
    Turn,
    by_id,
    new_id,
    told_apart,
    utc_now,
)
from qualkit.plain import sha256_of
from qualkit.plugs import Progress, no_progress
from qualkit.stages import STAGES, talk_share, themes
from qualkit.store import Below, Holding, Store
from qualkit.study import (
    attendance,
    codebook_changes,
    figures,
    outline,
    quote_edits,
    runner,
    samples,
    topic_figures,
    words,
)
from qualkit.study import folder as folders
from qualkit.study import roster as rosters
from qualkit.study.agreeing import Agreeing
from qualkit.study.artifacts import Artifacts
from qualkit.study.basis import Bases
from qualkit.study.counted import Counted
from qualkit.study.counts import Counters, Counts
from qualkit.study.folder import Config, Folder, Meeting
from qualkit.study.headed import Kept
from qualkit.study.judgements import BY_CODERS
from qualkit.study.machine_coding import MachineCoding
from qualkit.study.outline import Outline
from qualkit.study.rated import Rated
from qualkit.study.reporting import Reporting
from qualkit.study.rounds import Rounds
from qualkit.study.runner import Outcome
from qualkit.study.saturating import Saturating
from qualkit.study.steps import STEPS
from qualkit.study.topical import Topical
from qualkit.study.vault import Vault
from qualkit.study.voice_balance import VoiceBalance
from qualkit.study.watch import Checked, Watch
from qualkit.study.workbench import Workbench

if TYPE_CHECKING:
    from qualkit.figures.topic_map import Said
    from qualkit.study.seat import Seat
    from qualkit.study.standing import TranscriptStanding


class Study(Topical, Counted, Rounds, Agreeing, Counts, MachineCoding, Saturating, VoiceBalance, Rated, Reporting):
    """A study folder and its database. Open one with `Study.open`, make one with `Study.init`."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.config: Config = folder.config()
        self.store = Store.at(folder.database)
        self.tools = Workbench(folder.artifacts)
        self.vault = Vault(folder.path / "vault")
        self._bases = Bases(self)
        self._kept = Kept(self.store)
        self._counters = Counters(self.store)
        self._watch = Watch(self)
        self._codebook_read: tuple[tuple[int, int] | None, Codebook] | None = None
        self.info = self._introduce()

    @classmethod
    def open(cls, path: str | Path) -> Study:
        """The study in a folder. Raises `StudyError` if it is none."""
        folder = Folder(Path(path))
        if not folder.path.is_dir():
            raise StudyError(f"{path}: there is no such folder; make a study with  qualkit init {path}")
        return cls(folder)

    @classmethod
    def init(
        cls,
        path: str | Path,
        *,
        title: str,
        question: str = "",
        codebook: Path | None = None,
        coders: Sequence[str] = (),
        adjudicators: Sequence[str] = (),
    ) -> Study:
        """Make a study in a folder, which may hold files already; `coders` code, `adjudicators` decide and do not code.

        Raises `StudyError` if it is a study, `CodebookError` if `codebook` is not sound; then nothing is made.
        """
        if codebook is not None:
            from qualkit.readers.codebook import read_codebook

            read_codebook(codebook)
        people = {"coders": list(coders), "adjudicators": list(adjudicators)}
        about = {"title": title, "question": question, **{word: names for word, names in people.items() if names}}
        return cls(folders.make(Path(path), about=about, codebook=codebook))

    def _introduce(self) -> StudyInfo:
        with self.store.read() as tx:
            known = tx.first(StudyInfo)
        info = StudyInfo(
            id=known.id if known else new_id(),
            title=self.config.title,
            question=self.config.question,
            language=self.config.language,
            created_at=known.created_at if known else utc_now(),
        )
        if info != known:
            with self.store.write() as tx:
                tx.replace([info])
                tx.log("qualkit", "described the study", {"study_id": info.id})
        return info

    # ------------------------------------------------------------ what the folder says

    def options(self, stage: Any, given: Mapping[str, Any]) -> Any:
        """Options of a stage module: defaults, then `study.toml`, then `given`."""
        return folders.options_of(stage, self.config, given)

    def transcript_suffixes(self) -> frozenset[str]:
        """Suffixes of files that an installed reader knows."""
        readers = [plugs.load("readers", name) for name in plugs.names("readers")]
        return frozenset(suffix for reader in readers for suffix in reader.suffixes)

    def transcript_files(self) -> list[Path]:
        """Files in `transcripts/` that can be read."""
        return self.folder.transcripts(self.transcript_suffixes())

    def print_of(self, path: Path) -> str:
        """What a recording or transcript is known by, computed again only when its size or time of change is another."""
        files = [(file.name, file.stat()) for file in (files_of(path) if path.is_dir() else [path])]
        about = [[name, stat.st_size, stat.st_mtime_ns] for name, stat in files]
        made_from = [str(path.relative_to(self.folder.path)), *about]
        kept = Artifacts(self.folder.artifacts / "prints")
        sha: str = kept.get_or_make(made_from, lambda: folders.recording_sha256(path))
        return sha

    def recording_names(self) -> list[str]:
        """File names in `recordings/`."""
        return [path.name for path in self.folder.recordings()]

    def meeting(self, stem: str) -> Meeting:
        """What `study.toml` says of the meeting whose file has that stem."""
        return self.config.meetings.get(stem, Meeting())

    def roster(self) -> dict[tuple[str, str], rosters.Person]:
        """Who stands behind the speaker labels, from `transcripts/participants.csv`."""
        return rosters.read_roster(self.roster_file)

    @property
    def roster_file(self) -> Path:
        """Where `roster` is read from."""
        return self.folder.path / "transcripts" / rosters.ROSTER

    def word_list(self) -> tuple[str, ...]:
        """Names and terms of the place, from `words.txt`: hints for a speech engine."""
        return words.read(self.folder.path)

    def meeting_print(self, stem: str) -> str:
        """Checksum of what the study says about one meeting: a change means that it is read again."""
        people = [person for (transcript, _), person in sorted(self.roster().items()) if transcript == stem.casefold()]
        return sha256_of([people, self.config.meetings.get(stem), self.config.moderators])

    def codebook(self) -> Codebook:
        """The codebook that `study.toml` names, kept as a new version if it has changed since it was last read."""
        from qualkit.readers.codebook import read_codebook

        if not self.config.codebook:
            raise StudyError(f'{self.folder.config_file}: [study] names no codebook; add  codebook = "codebooks/NAME.yaml"')
        path = self.folder.path / self.config.codebook
        print_ = (path.stat().st_mtime_ns, path.stat().st_size) if path.is_file() else None
        if print_ is not None and self._codebook_read and self._codebook_read[0] == print_:
            return self._codebook_read[1]
        book = read_codebook(path)
        with self.store.read() as tx:
            known = tx.codebook()
        if known is None or known.sha256 != book.sha256:
            with self.store.write() as tx:
                codebook_changes.keep_version(tx, known, book)
        self._codebook_read = (print_, book)
        return book

    # ------------------------------------------------------------ running stages

    def run(
        self, stage: str | None = None, *, progress: Callable[[str], Progress] = lambda _stage: no_progress, **given: Any
    ) -> Iterator[Outcome]:
        """Run one machine stage, or all in order, lazily: each `Outcome` comes when its stage is done.

        A stage whose inputs, options and engine are those of its last run is not run again. `progress` gives, for a
        stage's name, the function to report to. Raises `QualkitError` if a stage cannot go on; nothing half-done is kept.
        """
        if stage is not None and stage not in STAGES:
            raise StudyError(f"There is no stage {stage!r}; there are {', '.join(STAGES)}.")
        for name in STAGES if stage is None else (stage,):
            yield runner.bring_up_to_date(self, STEPS[name](self, given), progress(name))

    def segment_anew(self) -> None:
        """Cut what is new in the transcripts into segments, in the middle of another stage."""
        runner.work(self, STEPS["segment"](self, {}), no_progress)

    def runs(self) -> dict[str, Run]:
        """The last run of each stage that has run."""
        with self.store.read() as tx:
            return {run.stage: run for run in tx.all(Run)}

    # ------------------------------------------------------------ what there is

    def transcripts(self) -> list[Transcript]:
        """Meetings, by label."""
        return list(self._kept.at_head("transcripts", self._transcripts, but_for=BY_CODERS))

    def _transcripts(self) -> list[Transcript]:
        with self.store.read() as tx:
            return told_apart(tx.all(Transcript))

    def people(self) -> dict[str, Participant]:
        """Who spoke, in all meetings, by id."""
        with self.store.read() as tx:
            return by_id(tx.all(Participant))

    def recordings(self) -> list[Recording]:
        """Recordings that belong to a transcript."""
        with self.store.read() as tx:
            return tx.all(Recording)

    def outline(self) -> Outline:
        """Which segments there are and which are to be coded, by transcript: ids only, for all that need no words."""
        return self._kept.at_head("outline", self._outline, but_for=BY_CODERS)

    def _outline(self) -> Outline:
        with self.store.read() as tx:
            return outline.read(tx)

    def coded_segments(self) -> list[Segment]:
        """Segments that are there to be coded, in the order of the meetings."""
        segments = self.corpus().segments
        return [segments[key] for key in self.outline().coded]

    def standing(self, *, is_blind: bool = False, wait: bool = True) -> list[TranscriptStanding]:
        """Where every transcript stands in every stage; with `is_blind` without what follows from codes.

        Who does not `wait` gets them without that, too, unless it was counted already.
        """
        from qualkit.study import standing

        return standing.of_study(self, is_blind=is_blind or not (wait or self._kept.has(standing.FINDINGS)))

    def segments(self) -> list[Segment]:
        """All segments, in the order of the meetings."""
        segments = self.corpus().segments
        return [segments[key] for key in self.outline().places]

    def corpus(self) -> themes.Corpus:
        """What codes stand on."""
        return self._kept.at_head("corpus", self._corpus, but_for=BY_CODERS)

    def doubtful_turns(self) -> frozenset[tuple[str, int]]:
        """Turns, by id and revision, of which it is doubtful who speaks; see `Turn.is_doubtful`."""
        return self._kept.at_head("doubtful turns", self._doubtful_turns, but_for=BY_CODERS)

    def _doubtful_turns(self) -> frozenset[tuple[str, int]]:
        with self.store.read() as tx:
            unsure = tx.all(Turn, speaker_confidence=Below(0.5))
            overlapped = tx.all(Turn, words=Holding('"is_overlapped": true'))
        return frozenset((turn.id, turn.revision) for turn in (*unsure, *overlapped) if turn.is_doubtful)

    def _corpus(self) -> themes.Corpus:
        with self.store.read() as tx:
            segments, heard = outline.segments(tx), by_id(tx.all(Participant))
            recorded = frozenset(recording.transcript_id for recording in tx.all(Recording))
        transcripts = by_id(self.transcripts())
        nobody = {key for key, person in heard.items() if talk_share.is_nobody(person)}
        heard = {key: person for key, person in heard.items() if key not in nobody}
        return themes.Corpus(
            segments={
                key: replace(item, participant_id=None) if item.participant_id in nobody else item
                for key, item in segments.items()
            },
            transcripts=transcripts,
            participants={**heard, **by_id(attendance.silent(self, transcripts, heard))},
            heard=recorded,
            edits=quote_edits.in_force(self.folder.path, segments),
        )

    def turn_order(self, transcript_id: str) -> list[tuple[str, str | None]]:
        """Of a transcript the ids of its turns, in order, and of who spoke them."""

        def found() -> list[tuple[str, str | None]]:
            with self.store.read() as tx:
                return tx.columns(Turn, "id", "participant_id", transcript_id=transcript_id)

        return self._kept.at_head(f"turn order of {transcript_id}", found, but_for=BY_CODERS)

    # ------------------------------------------------------------ judgements and what follows from them

    def seat(self, name: str) -> Seat:
        """The place of a named person in this study: all they may see and do. Raises `StudyError` for a blank name."""
        from qualkit.study.seat import Seat

        return Seat(self, name)

    def coders(self) -> list[Coder]:
        """People and machines who have coded."""
        with self.store.read() as tx:
            return tx.all(Coder)

    def sample(self) -> Sample | None:
        """The segments drawn last to measure reliability on, None if none were."""

        def found() -> Sample | None:
            with self.store.read() as tx:
                return tx.first(Sample)

        return self._kept.at_head("sample", found, but_for=BY_CODERS)

    def draw_sample(self, share: float = 0.2, seed: int | None = None) -> Sample:
        """Draw segments at random to measure reliability on; `seed` None takes one by chance, which is kept either way.

        A sample that was drawn before is superseded and stays on file. Raises `StudyError` for a share that is none or if
        there is nothing to be coded.
        """
        return samples.draw(self, share, seed)

    def said(self) -> dict[str, Said]:
        """Of the segments on the map of topics, of many a sample, their words, who said them and where, by id."""
        return self._kept.at_head("said", lambda: topic_figures.said(self, figures.MOST_ON_PAGE), but_for=BY_CODERS)

    def said_print(self) -> str:
        """Checksum of `said`."""
        return self._kept.at_head("said print", lambda: sha256_of(self.said()), but_for=BY_CODERS)

    # ------------------------------------------------------------ the log

    def head(self) -> tuple[int, str]:
        """How many events the log has, and the hash of the last."""
        with self.store.read() as tx:
            return tx.head()

    def verify(self) -> str | None:
        """None if the log is whole and the tables follow from it, else a sentence on where they do not."""
        from qualkit.study import audit

        with self.store.read() as tx:
            return audit.fault(tx)

    def checked_log(self) -> Checked:
        """What is known of the log so far, without waiting: a long one is checked by a process of its own; see `Watch`."""
        return self._watch.look()
