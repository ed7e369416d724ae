"""One step for each machine stage: what it reads, what it would do, and how its results are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qualkit import plugs
from qualkit.errors import StudyError
from qualkit.model import (
    Assignment,
    Coder,
    CoderKind,
    Landscape,
    Participant,
    Place,
    Ruling,
    Run,
    Segment,
    Suggestion,
    Topic,
    Turn,
    Utterance,
    Verdict,
    Visit,
    Worth,
    by_id,
    derived_id,
    grouped,
    utc_now,
)
from qualkit.plain import sha256_of
from qualkit.plugs import Progress
from qualkit.stages import agree, evaluate, segment, suggest, themes, topics
from qualkit.store import Writing
from qualkit.study import briefs, evaluating, figure_files, figures, meetings, paper_files, report_files, reports
from qualkit.study.folder import label_of
from qualkit.study.kept import KeptClusterer
from qualkit.study.listening import transcribe_step
from qualkit.study.machines import machine
from qualkit.study.roster import check_roster
from qualkit.study.step import Done, Step, nothing
from qualkit.wording import counted

if TYPE_CHECKING:
    from qualkit.study.study import Study

# ---------------------------------------------------------------- ingest


def ingest_step(study: Study, _given: Mapping[str, Any]) -> Step:
    """Transcript files become turns with speakers."""
    files = study.transcript_files()
    prints = {path: study.print_of(path) for path in files}
    present = {label_of(path) for path in [*files, *study.folder.recordings()]}

    def work(progress: Progress) -> Done:
        read: dict[Path, list[Utterance]] = {}
        for index, path in enumerate(files):
            progress(index / len(files), path.name)
            read[path] = plugs.reader_for(path).read(path)
        check_roster(study.roster(), present)

        def save(tx: Writing, run: Run) -> None:
            meetings.drop_vanished(tx, study)
            for path, utterances in read.items():
                meetings.save(tx, study, path, prints[path], utterances, run_id=run.id)

        n_turns = sum(len(utterances) for utterances in read.values())
        return Done(summary=f"{counted(len(files), 'transcript')}, {counted(n_turns, 'turn')}", save=save)

    return Step(
        stage="ingest",
        options={},
        inputs=[
            [[path.name, sha, study.meeting_print(path.stem)] for path, sha in prints.items()],
            sorted(study.recording_names()),
        ],
        work=work,
        is_needed=bool(files) or any(item.label not in present for item in study.transcripts()),
        missing="no transcript file",
    )


# ---------------------------------------------------------------- segment


def segment_step(study: Study, given: Mapping[str, Any]) -> Step:
    """Turns become segments; a transcript that people have coded keeps the segments it has, and only new turns are cut."""
    options = study.options(segment, given)
    with study.store.read() as tx:
        turns = grouped(tx.all(Turn), lambda turn: turn.transcript_id)
        people = by_id(tx.all(Participant))

    def work(progress: Progress) -> Done:
        with study.store.read() as tx:
            judged = {visit.segment_id for visit in tx.all(Visit)}
            before = grouped(tx.all(Segment), lambda item: item.transcript_id)
        settled = {key for key, items in before.items() if any(item.id in judged for item in items)}
        found: list[Segment] = []
        for index, (key, mine) in enumerate(turns.items()):
            progress(index / len(turns), "finding sentences")
            kept = _with_speakers(before[key], mine, people, options) if key in settled else []
            have = {item.turn_id for item in kept}
            fresh = [turn for turn in mine if turn.id not in have]
            cut = segment.run(turns=fresh, participants=people, options=options, language=study.tools.language)
            found += _in_order([*kept, *cut], mine)

        def save(tx: Writing, run: Run) -> None:
            staying = _unless_corrected(tx, found, [turn for mine in turns.values() for turn in mine])
            meetings.refuse_if_coded(tx, {item.id for item in staying}, "The segments would change")
            tx.retire(Segment)
            tx.replace(replace(item, run_id=run.id) for item in staying)

        left = f"; {counted(len(settled), 'transcript')} left as coded" if settled else ""
        n_coded = sum(item.is_coded for item in found)
        return Done(summary=f"{counted(len(found), 'segment')}, {n_coded} to be coded{left}", save=save)

    return Step(
        stage="segment",
        options=options,
        inputs=sha256_of([[replace(turn, run_id=None) for mine in turns.values() for turn in mine], people]),
        engine=study.tools.language.name,
        work=work,
        is_needed=bool(turns),
        missing="no turn yet",
    )


def _unless_corrected(tx: Writing, found: Sequence[Segment], read: Sequence[Turn]) -> list[Segment]:
    """`found`, but of turns that somebody corrected since they were `read` the segments as they stand."""
    was = {turn.id: (turn.revision, turn.participant_id) for turn in read}
    now = {key: tuple(about) for key, *about in tx.columns(Turn, "id", "revision", "participant_id")}
    stand = [item for item in tx.all(Segment) if item.turn_id in now and was.get(item.turn_id) != now[item.turn_id]]
    return [*stand, *(item for item in found if item.turn_id in now and was.get(item.turn_id) == now[item.turn_id])]


def _in_order(segments: Sequence[Segment], turns: Sequence[Turn]) -> list[Segment]:
    """Segments of one transcript as they were said, numbered from 1."""
    place = {turn.id: turn.position for turn in turns}
    ordered = sorted(segments, key=lambda item: (place[item.turn_id], item.start_char))
    return [replace(item, position=position) for position, item in enumerate(ordered, start=1)]


def _with_speakers(
    segments: Sequence[Segment], turns: Sequence[Turn], people: Mapping[str, Participant], options: segment.Options
) -> list[Segment]:
    """Segments as they were cut, with whoever the turns now say spoke them."""
    by_turn = by_id(turns)
    return [
        replace(
            item,
            participant_id=by_turn[item.turn_id].participant_id,
            is_coded=segment.is_coded(by_turn[item.turn_id], people, options),
        )
        for item in segments
        if item.turn_id in by_turn
    ]


# ---------------------------------------------------------------- suggest


def suggest_step(study: Study, given: Mapping[str, Any]) -> Step:
    """Machine coders propose codes, and say which judgements would teach them most."""
    options = study.options(suggest, given)
    if not 0 < options.error < 1:
        raise StudyError(f"An error level lies between 0 and 1, such as 0.1: {options.error:g}.")
    brief = study.brief()
    codebook = brief.codebook
    names = options.suggesters if brief.segments and codebook.codes else ()
    machines = [machine(study, name, options) for name in names]
    revisions = {coder.name: coder.revision(study.tools) for coder in machines}
    is_learned = any(coder.learns for coder in machines) and bool(brief.lessons)

    def work(progress: Progress) -> Done:
        study.tools.progress = progress
        found = suggest.run(brief=brief, options=options, suggesters=machines, tools=study.tools)
        learner = next((coder for coder in machines if coder.learns), None)
        worth = suggest.worth(brief, learner.rate(brief, study.tools)) if learner else []

        def save(tx: Writing, run: Run) -> None:
            for coder in tx.all(Coder, kind=CoderKind.MACHINE):
                if coder.name not in found:
                    tx.retire(Assignment, coder_id=coder.id)
            tx.retire(Worth)
            tx.replace(replace(item, run_id=run.id) for item in worth)
            for name, suggestions in found.items():
                keep_suggestions(tx, name, revisions[name], suggestions, run)

        n = sum(len(suggestions) for suggestions in found.values())
        reports = [coder.report for coder in machines if isinstance(coder, plugs.Reporting)]
        notes = "".join(f"; {report.notes}" for report in reports if report.notes)
        return Done(
            summary=f"{counted(n, 'suggestion')} for {counted(len(brief.segments), 'segment')}{notes}",
            save=save,
            problems=tuple(problem for report in reports for problem in report.problems),
        )

    return Step(
        stage="suggest",
        options=options,
        inputs=sha256_of(brief if is_learned else replace(brief, lessons={})),
        engine="+".join(revisions),
        model_revision=" ".join(f"{name}={revision}" for name, revision in revisions.items()),
        work=work,
        is_needed=bool(machines),
        missing="no segment to code" if codebook.codes else "no codebook",
    )


def keep_suggestions(tx: Writing, name: str, revision: str, suggestions: Sequence[Suggestion], run: Run) -> None:
    """File a machine's suggestions under its own name, in place of its earlier ones."""
    coder = Coder(id=derived_id("machine", name), name=name, kind=CoderKind.MACHINE, engine=revision)
    tx.replace([coder])
    round_ = meetings.open_round(tx)
    tx.retire(Assignment, coder_id=coder.id)
    tx.insert(
        Assignment(
            id=derived_id("suggestion", run.id, utc_now().isoformat(), name, item.segment_id, item.code_key),
            segment_id=item.segment_id,
            code_key=item.code_key,
            coder_id=coder.id,
            round_id=round_.id,
            valence=item.valence,
            confidence=item.score,
            rationale=item.rationale,
            evidence=item.evidence,
            lines=item.lines,
            neighbours=item.neighbours,
            is_sure=item.is_sure,
            run_id=run.id,
            made_at=run.ended_at,
        )
        for item in suggestions
    )
    tx.log(coder.id, "suggested", {"run_id": run.id, "n": len(suggestions), "sha256": sha256_of(suggestions)})


# ---------------------------------------------------------------- topics


def topics_step(study: Study, given: Mapping[str, Any]) -> Step:
    """Segments are clustered into topics; a changed codebook only changes which codes lie near them."""
    options = study.options(topics, given)
    if min(options.topics, options.min_size, options.draws, options.seed) < 0:
        raise StudyError("Topics, their smallest size, draws and the seed are whole numbers from 0 on.")
    if options.around < 0 or options.question < 0:
        raise StudyError("How much what is around a segment counts is 0 or more.")
    segments, codebook = study.coded_segments(), study.codebook()
    clusterer = plugs.load("clusterers", options.engine)() if segments else None
    revision = clusterer.revision if clusterer else ""
    questions = briefs.questions(study, segments) if options.question else {}
    embedder = study.tools.embedder.revision if segments else ""
    whence = [(item.id, item.text, item.turn_id, item.transcript_id, questions.get(item.id, "")) for item in segments]
    clusters_of = [sha256_of(whence), replace(options, place_outliers=False, min_size=0), revision, embedder]

    def work(progress: Progress) -> Done:
        assert clusterer is not None  # a step that is not needed is not worked
        found = topics.run(
            segments=segments,
            questions=questions,
            codebook=codebook,
            options=options,
            clusterer=KeptClusterer(clusterer, study.folder.artifacts / "clusters", clusters_of),
            tools=study.tools,
            run_id=derived_id("clusters", sha256_of([clusters_of, options])),
            progress=progress,
        )

        def save(tx: Writing, run: Run) -> None:
            tx.retire(Topic)
            tx.retire(Landscape)
            tx.retire(Place)
            tx.replace(replace(topic, run_id=run.id) for topic in found.topics)
            tx.replace([replace(found.landscape, run_id=run.id)])
            tx.replace(replace(place, run_id=run.id) for place in found.places)

        return Done(summary=_topics_told(found), save=save)

    return Step(
        stage="topics",
        options=options,
        inputs=[clusters_of, options, sha256_of([(code.key, code.name, code.definition) for code in codebook.codes])],
        engine=options.engine,
        model_revision=revision,
        seed=options.seed,
        work=work,
        is_needed=bool(segments),
        missing="no segment to code",
    )


def _topics_told(found: topics.Found) -> str:
    real, said = [topic for topic in found.topics if topic.number >= 0], found.landscape
    drawn = f", {sum(topic.is_stable for topic in real)} of them stable" if said.n_draws else ""
    placed = f", {said.n_placed} of them placed in a topic" if said.n_placed else ""
    return f"{counted(len(real), 'topic')}{drawn}; {said.n_outliers} of {said.n_segments} segments are outliers{placed}"


# ---------------------------------------------------------------- agree, evaluate, themes, export


def agree_step(study: Study, given: Mapping[str, Any]) -> Step:
    """Agreement between the people who coded."""
    options = study.options(agree, given)
    study.codebook()
    votes, keys = study.compared(), study.counted_keys()

    def work(_progress: Progress) -> Done:
        found = agree.run(votes=votes, code_keys=keys, options=options)
        kappa = next(item for item in found if item.code_key is None and item.measure == "kappa")
        value = f"pooled kappa {kappa.value:.2f}" if kappa.value is not None else f"no kappa: {kappa.undefined_because}"
        n_coders, n_units = len({coder for said in votes.values() for coder in said}), sum(map(_by_several, votes.values()))
        blind = " blind" if study.is_told_blind() else ""
        return Done(
            summary=f"{counted(n_coders, 'coder')}, {counted(n_units, 'segment')} coded{blind} by two or more, {value}",
            save=nothing,
        )

    return Step(
        stage="agree",
        options=options,
        inputs=[sha256_of(votes), list(keys)],
        work=work,
        is_needed=any(map(_by_several, votes.values())),
        missing="no segment was coded by two people",
    )


def _by_several(said: Mapping[str, object]) -> bool:
    return len(said) > 1


def evaluate_step(study: Study, given: Mapping[str, Any]) -> Step:
    """Machine coders are held against people, on transcripts that they have not learned from, and ruled on code by code."""
    plan = evaluating.plan(study, given)
    revisions = {machine.name: machine.revision(study.tools) for machine in plan.machines}

    def work(progress: Progress) -> Done:
        found = evaluating.run(study, plan, progress)
        verdicts = evaluating.ruled(study, found, plan.options)

        def save(tx: Writing, run: Run) -> None:
            tx.retire(Verdict)
            tx.replace(replace(verdict, run_id=run.id) for verdict in verdicts)
            evaluating.keep(study, found, verdicts, run)

        n_usable = sum(verdict.ruling is Ruling.USABLE for verdict in verdicts)
        about = f"{counted(len(found), 'machine coder')}, {counted(found[0].n_segments, 'segment')} that people judged"
        return Done(summary=f"{about}; {n_usable} of {counted(len(verdicts), 'verdict')} usable", save=save)

    return Step(
        stage="evaluate",
        options=plan.options,
        inputs=[evaluate.METHOD, sha256_of(plan.brief), sha256_of(plan.truth), sha256_of(study.votes())],
        engine="+".join(revisions),
        model_revision=" ".join(f"{name}={revision}" for name, revision in revisions.items()),
        seed=plan.options.seed,
        work=work,
        is_needed=not plan.missing,
        missing=plan.missing,
        outputs=evaluating.outputs(study),
    )


def themes_step(study: Study, given: Mapping[str, Any]) -> Step:
    """Codes that count become rows of the theme table."""
    options = study.options(themes, given)
    codes, corpus = study.final_codes(options.min_score), study.corpus()

    def work(_progress: Progress) -> Done:
        rows = study.theme_rows(given)
        n_themes = len({row.theme for row in rows})
        return Done(
            summary=f"{counted(n_themes, 'theme')}, {counted(len(rows), 'row')}, from {counted(len(codes), 'code')}",
            save=nothing,
        )

    return Step(
        stage="themes",
        options=options,
        inputs=sha256_of([codes, study.themes(), list(corpus.segments), study.codebook().sha256]),
        work=work,
        is_needed=bool(codes),
        missing="no code that counts yet",
    )


def export_step(study: Study, given: Mapping[str, Any]) -> Step:
    """Tables and figures become files; those of figures that are not drawn any more are taken away."""
    tables = study.tables()
    drawn = figures.all_figures(study)
    shown = drawn if figures.can_draw() else {}
    files = [path for own in figures.paths(study, shown).values() for path in own]
    stale = figures.stale(study, shown)
    formats = tuple(given.get("formats") or plugs.names("exporters"))
    exporters = {name: plugs.load("exporters", name) for name in formats}
    paths = {
        study.folder.exports / f"{stem}{exporter.suffix}": (exporter, table)
        for stem, table in tables.items()
        for exporter in exporters.values()
        if not (table.is_data and exporter.is_for_paper)
    }

    texts = [study.folder.exports / name for name in report_files.made_by(formats)] if "coreq" in tables else []
    old = [path for path in report_files.stale(study) if path not in texts]

    def work(progress: Progress) -> Done:
        with figure_files.being_written(study, shown, progress) as titles:
            study.write_tables(paths, progress)
        for path in (*stale, *old):
            path.unlink(missing_ok=True)
        drawings = report_files.as_exported(study, titles)
        for path in texts:
            report_files.write(study, path.name, path, tables, drawings if path.name == report_files.PAGE else ())
        study.write_manifest([*paths, *files, *texts], {path.stem: table for path, (_, table) in paths.items()})
        lacking = f"; {figures.NO_FIGURES}" if drawn and not shown else ""
        return Done(
            summary=f"{counted(len(paths) + len(files) + len(texts), 'file')} in {study.folder.exports.name}/{lacking}",
            save=nothing,
        )

    return Step(
        stage="export",
        options={"formats": formats},
        inputs=[
            sha256_of(tables),
            *paper_files.prints(study),
            *([sorted(shown), figures.print_of(study)] if shown else []),
            *([reports.print_of(study, tables)] if texts else []),
        ],
        work=work,
        is_needed="theme_table" in tables or bool(shown) or bool(stale),
        missing="no theme table yet",
        outputs=(*paths, *files, *texts),
    )


STEPS: Mapping[str, Callable[[Study, Mapping[str, Any]], Step]] = {
    "transcribe": transcribe_step,
    "ingest": ingest_step,
    "segment": segment_step,
    "suggest": suggest_step,
    "topics": topics_step,
    "agree": agree_step,
    "evaluate": evaluate_step,
    "themes": themes_step,
    "export": export_step,
}
