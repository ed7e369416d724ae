"""One study: the Python door. It fetches, has a pure function work, and writes results and record together.

    study = Study.open("my-study")
    for outcome in study.run():
        print(outcome.run.stage, outcome.run.summary)
    study.seat("Ana").judge(...)

Pages and people who code go through a `Seat`, which knows what they may see.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qualkit import plugs
from qualkit.engines.containers import files_of
from qualkit.errors import StudyError
from qualkit.model import (
    Assignment,
    Brief,
    Codebook,
    Coder,
    CoderKind,
    Event,
    Exposure,
    FinalCode,
    Participant,
    Recording,
    Run,
    Sample,
    Segment,
    StudyInfo,
    Suggestion,
    Table,
    Theme,
    ThemeRow,
    Transcript,
    Turn,
    Uptake,
    Verdict,
    Worth,
    by_id,
    new_id,
    utc_now,
)
from qualkit.plain import as_plain, file_sha256, sha256_of
from qualkit.plugs import Progress, no_progress
from qualkit.stages import STAGES, themes, uptake
from qualkit.stages import rounds as counting
from qualkit.stages.evaluate import Evaluation
from qualkit.store import Below, Holding, Store
from qualkit.study import (
    authoring,
    briefs,
    candidates,
    codebook_changes,
    evaluating,
    figures,
    outline,
    runner,
    samples,
    transcripts,
    words,
)
from qualkit.study import folder as folders
from qualkit.study import roster as rosters
from qualkit.study.artifacts import Artifacts, write_atomically, write_text_atomically
from qualkit.study.authoring import ThemeStanding
from qualkit.study.basis import Bases
from qualkit.study.counts import Counters, Counts
from qualkit.study.folder import Config, Folder, Meeting
from qualkit.study.headed import Kept
from qualkit.study.judgements import BY_CODERS
from qualkit.study.outline import Outline
from qualkit.study.rounds import Rounds
from qualkit.study.runner import Outcome
from qualkit.study.steps import STEPS
from qualkit.study.topical import Topical
from qualkit.study.transcripts import Written
from qualkit.study.vault import Vault
from qualkit.study.watch import Checked, Watch
from qualkit.study.workbench import Workbench

if TYPE_CHECKING:
    import pandas as pd

    from qualkit.figures.topic_map import Said
    from qualkit.study.seat import Seat
    from qualkit.study.standing import TranscriptStanding


class Study(Topical, Rounds, Counts):
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
        with self.store.read() as tx:
            return tx.all(Transcript)

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

    def standing(self, *, is_blind: bool = False) -> list[TranscriptStanding]:
        """Where every transcript stands in every stage; with `is_blind` without what follows from codes."""
        from qualkit.study import standing

        return standing.of_study(self, is_blind=is_blind)

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
            return themes.Corpus(
                segments=outline.segments(tx),
                transcripts=by_id(tx.all(Transcript)),
                participants=by_id(tx.all(Participant)),
                heard=frozenset(recording.transcript_id for recording in tx.all(Recording)),
            )

    def turn_order(self) -> dict[str, list[tuple[str, str | None]]]:
        """Of each transcript the ids of its turns, in order, and of who spoke them."""
        return self._kept.at_head("turn order", self._turn_order, but_for=BY_CODERS)

    def _turn_order(self) -> dict[str, list[tuple[str, str | None]]]:
        with self.store.read() as tx:
            rows = tx.columns(Turn, "transcript_id", "id", "participant_id")
        found: dict[str, list[tuple[str, str | None]]] = {}
        for transcript_id, turn_id, participant_id in rows:
            found.setdefault(transcript_id, []).append((turn_id, participant_id))
        return found

    # ------------------------------------------------------------ judgements and what follows from them

    def seat(self, name: str) -> Seat:
        """The place of a named person in this study: all they may see and do. Raises `StudyError` for a blank name."""
        from qualkit.study.seat import Seat

        return Seat(self, name)

    def coders(self) -> list[Coder]:
        """People and machines who have coded."""
        with self.store.read() as tx:
            return tx.all(Coder)

    def evaluation(self, **given: Any) -> list[Evaluation]:
        """Machine coders held against people, on transcripts left out; none where people have not coded in two or more."""
        return evaluating.run(self, evaluating.plan(self, given))

    def evaluated(self) -> tuple[str, list[str]]:
        """The last evaluation as a forest plot (SVG) and in words; both empty if there was none."""
        return evaluating.figure(self), evaluating.in_words(self)

    def verdicts(self) -> dict[tuple[str, str], Verdict]:
        """What the last evaluation found may be left to machine coders, by name of the coder and key of the code."""
        with self.store.read() as tx:
            return {(item.machine, item.code_key): item for item in tx.all(Verdict)}

    def brief(self) -> Brief:
        """What a machine coder is given: the segments to be coded, the codebook, questions, and what people made of them."""
        self.codebook()  # a codebook that has changed is a new event, and with it a new head
        return self._kept.at_head("brief", lambda: briefs.make(self))

    def suggestions(self, segment_id: str | None = None) -> list[Suggestion]:
        """What machine coders proposed, surest first."""
        with self.store.read() as tx:
            machines = {coder.id: coder.name for coder in tx.all(Coder, kind=CoderKind.MACHINE)}
            where: dict[str, Any] = {} if segment_id is None else {"segment_id": segment_id}
            found = tx.all(Assignment, coder_id=list(machines), **where)
        return sorted((_suggestion(item, machines[item.coder_id]) for item in found), key=lambda item: -item.score)

    def worth(self) -> dict[str, float]:
        """How much each segment would teach the machine coders, by id; empty while no machine has said."""
        return self._kept.at_head("worth", self._worth, but_for=BY_CODERS)

    def _worth(self) -> dict[str, float]:
        with self.store.read() as tx:
            return dict(tx.columns(Worth, "segment_id", "value"))

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

    def uptake(self) -> list[Uptake]:
        """What people did with the suggestions they were shown, by coder, machine and code."""
        with self.store.read() as tx:
            if not tx.count(Event, verb=uptake.SHOWN):
                return []
        return self._kept.at_head("uptake", lambda: uptake.run(*self._acts()))

    def exposure(self, segment_ids: Collection[str] | None = None) -> list[Exposure]:
        """How many judgements in force, of some segments or of all, were made blind to suggestions, by coder."""
        if segment_ids is None:
            return self._kept.at_head("exposure", lambda: uptake.exposure(*self._acts()))
        events, names = self._acts()
        return uptake.exposure((event for event in events if event.payload["segment_id"] in segment_ids), names)

    def _acts(self) -> tuple[list[Event], dict[str, str]]:
        """Everything judged and shown, in order, and the names of the people who did and saw it."""
        with self.store.read() as tx:
            names = {coder.id: coder.name for coder in tx.all(Coder, kind=CoderKind.HUMAN)}
            events = tx.all(Event, verb=[uptake.JUDGED, uptake.WITHDREW, uptake.SHOWN])
        voting = counting.numbers(self.rounds())
        return [event for event in events if event.payload["round_id"] in voting], names

    def said(self) -> dict[str, Said]:
        """Of each segment on the map of topics its words, who said them and where, by id."""
        return self._kept.at_head("said", lambda: figures.said(self), but_for=BY_CODERS)

    def said_print(self) -> str:
        """Checksum of `said`."""
        return self._kept.at_head("said print", lambda: sha256_of(self.said()), but_for=BY_CODERS)

    # ------------------------------------------------------------ themes and tables

    def themes(self) -> list[Theme]:
        """The author's themes, and one for each code in use that none of them covers."""
        written = self.written_themes()
        covered = {key for theme in written for key in theme.code_keys}
        return written + themes.propose(self.codebook(), {code.code_key for code in self.final_codes()} - covered)

    def written_themes(self) -> list[Theme]:
        """The themes that an author wrote down, in their order; topics found anew stand for those that they are the same as."""
        with self.store.read() as tx:
            written = tx.all(Theme)
            same = candidates.same_topics(tx, {key for theme in written for key in theme.topic_ids})
        return [
            replace(theme, topic_ids=tuple(dict.fromkeys(same.get(key, key) for key in theme.topic_ids))) for theme in written
        ]

    def topic_members(self) -> dict[str, tuple[str, ...]]:
        """The segments of each topic, by its id."""
        return {topic.id: topic.segment_ids for topic in self.topics()}

    def save_themes(self, written: Sequence[Theme], *, author: str) -> None:
        """Make `written` the author's themes; what was there before stays on file."""
        from qualkit.study.judgements import coder_named

        with self.store.write() as tx:
            authoring.write_all(tx, coder_named(tx, author), written, sha256_of(written))

    def theme_standings(self) -> tuple[ThemeStanding, ...]:
        """Every theme, written or proposed, with its rows and who carries it, in the order of the table: domain by domain."""
        self.codebook()  # a codebook that has changed is a new event, and with it a new head
        return self._kept.at_head("theme standings", lambda: authoring.standings(self))

    def theme_rows(self, given: Mapping[str, Any] | None = None) -> list[ThemeRow]:
        """Rows of the theme table as it stands now."""
        options: themes.Options = self.options(themes, given or {})
        return self._kept.at_head(f"theme rows {options}", lambda: self._theme_rows(options))

    def _theme_rows(self, options: Any) -> list[ThemeRow]:
        written = self.themes()
        return themes.run(
            themes=written,
            codes=self.final_codes(options.min_score),
            corpus=self.corpus(),
            options=options,
            topics=self.topic_members() if any(theme.topic_ids for theme in written) else {},
        )

    def tables(self) -> dict[str, Table]:
        """Every table there is something to put in, by the stem of its file."""
        from qualkit.study import tables

        return tables.all_tables(self)

    def frame(self, name: str) -> pd.DataFrame:
        """A table of `tables` as a pandas data frame. Raises `StudyError` if there is no such table yet."""
        import pandas

        tables = self.tables()
        if name not in tables:
            raise StudyError(f"There is no table {name!r}; there are {', '.join(tables) or 'none yet'}.")
        return pandas.DataFrame(tables[name].rows, columns=list(tables[name].columns))

    def write_tables(
        self, paths: Mapping[Path, tuple[plugs.Exporter, Table]], progress: Progress = no_progress, also: Collection[Path] = ()
    ) -> None:
        """Write tables, each whole or not at all, and `manifest.json` saying what they, and the files `also` there, rest on."""
        for index, (path, (exporter, table)) in enumerate(paths.items()):
            progress(index / len(paths), path.name)
            write_atomically(path, partial(exporter.write, table))
        manifest = json.dumps(self.manifest([*paths, *also]), indent=2, ensure_ascii=False)
        write_text_atomically(self.folder.exports / "manifest.json", manifest + "\n")

    def write_transcripts(self, formats: Sequence[str] = (), labels: Sequence[str] | None = None) -> Written:
        """Write what was said into `exports/transcripts/`, to be read, corrected or taken to other programs.

        Without `formats`, every one that is installed, and a note for each transcript that lacks the times a format needs;
        such a format asked for by name raises `WriteError` instead. `labels` names transcripts, None means all.
        """
        return transcripts.write(self, formats, labels)

    def manifest(self, paths: Collection[Path]) -> dict[str, Any]:
        """What the exports rest on: codebook, runs, and the head of the log."""
        with self.store.read() as tx:
            seq, head = tx.head()
        return {
            "study": self.info.title,
            "codebook_sha256": self.codebook().sha256,
            "log": {"n_events": seq, "head_sha256": head},
            "runs": {name: as_plain(run) for name, run in sorted(self.runs().items())},
            "files": {path.relative_to(self.folder.exports).as_posix(): file_sha256(path) for path in sorted(paths)},
        }

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

    def basis_note(self, codes: Sequence[FinalCode]) -> str:
        """What the counted codes rest on, how many cases still wait, and how many segments have a doubtful speaker."""
        return self._bases.note(codes)


def _suggestion(item: Assignment, machine: str) -> Suggestion:
    return Suggestion(
        segment_id=item.segment_id,
        code_key=item.code_key,
        score=item.confidence or 0.0,
        rationale=item.rationale or "",
        evidence=item.evidence,
        valence=item.valence,
        lines=item.lines,
        neighbours=item.neighbours,
        is_sure=item.is_sure,
        machine=machine,
        run_id=item.run_id,
    )
