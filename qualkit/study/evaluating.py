"""Machine coders of a study held against its people: what is fetched for it, what is kept, what is written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qualkit import plugs
from qualkit.errors import StudyError
from qualkit.exporters import forest
from qualkit.model import Agreement, Brief, Lesson, Run, Valence, Verdict
from qualkit.plain import as_plain, from_plain, sha256_of
from qualkit.plugs import Progress, Suggester, no_progress
from qualkit.stages import agree, evaluate, suggest, verdicts
from qualkit.stages.evaluate import Evaluation, Options
from qualkit.study import evaluation_tables
from qualkit.study.artifacts import Artifacts, write_atomically, write_text_atomically
from qualkit.study.machines import machine

if TYPE_CHECKING:
    from qualkit.study.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Who is to be held against what. `missing` says why nothing can be, and is empty where something can."""

    options: Options
    brief: Brief
    truth: Mapping[str, Lesson]
    machines: tuple[Suggester, ...]
    missing: str = ""


def plan(study: Study, given: Mapping[str, Any]) -> Plan:
    """What an evaluation of the study would be.

    Raises `StudyError` for a number of folds that makes no sense, and for a person who was asked for and has not coded.
    """
    options: Options = study.options(evaluate, given)
    if options.folds < 0 or options.folds == 1:
        raise StudyError(
            f"{options.folds} folds leave nothing to learn from; take 2 or more, or 0 for one transcript at a time."
        )
    if options.resamples < 1 or options.surest < 1:
        raise StudyError("Intervals need at least one resample, and a list of the surest at least one place.")
    suggesting: suggest.Options = study.options(suggest, {})
    names = options.machines or suggesting.suggesters
    options = replace(options, machines=tuple(dict.fromkeys(names)))
    brief = study.brief()
    truth = _truth(study, brief, options.against)
    missing = _missing(study, brief, truth, options)
    if missing and given.get("against") and not truth:
        raise StudyError(f"There is nobody to compare with: {missing}.")
    machines = () if missing else tuple(machine(study, name, suggesting) for name in options.machines)
    return Plan(options=options, brief=brief, truth=truth, machines=machines, missing=missing)


def _truth(study: Study, brief: Brief, against: str) -> Mapping[str, Lesson]:
    """What a person said of the segments they judged, or, for nobody's name, what counts."""
    if not against:
        return brief.lessons
    said = {key: by_coder[against] for key, by_coder in study.votes().items() if against in by_coder}
    return {key: Lesson(codes={code: _valence(word) for code, word in mine.items()}) for key, mine in said.items()}


def _valence(said: str | None) -> Valence | None:
    return Valence(said) if said in set(Valence) else None


def _missing(study: Study, brief: Brief, truth: Mapping[str, Lesson], options: Options) -> str:
    if options.against and not truth:
        people = sorted({name for by_coder in study.votes().values() for name in by_coder})
        return f"nobody called {options.against!r} has coded; " + (f"there are {', '.join(people)}" if people else "nobody has")
    if not brief.codebook.codes:
        return "no codebook"
    if len({segment.transcript_id for segment in brief.segments if segment.id in truth}) < 2:
        return "people have coded in fewer than two transcripts"
    return "" if options.machines else "no machine coder"


def run(study: Study, plan: Plan, progress: Progress = no_progress) -> list[Evaluation]:
    """An evaluation of each machine coder of the plan; one that was made before of the same is not made again."""
    kept = Artifacts(study.folder.artifacts / "evaluations")
    about = [sha256_of(plan.brief), sha256_of(plan.truth), replace(plan.options, machines=())]

    def made(n: int, machine: Suggester) -> Evaluation:
        def tell(share: float, doing: str) -> None:
            progress((n + share) / len(plan.machines), doing)

        ask = partial(
            evaluate.run, brief=plan.brief, truth=plan.truth, machine=machine, options=plan.options, tools=study.tools
        )
        key = [evaluate.METHOD, machine.name, machine.revision(study.tools), *about]
        found: Evaluation = from_plain(Evaluation, kept.get_or_make(key, lambda: ask(progress=tell)))
        return found

    return [made(n, machine) for n, machine in enumerate(plan.machines)]


def ruled(study: Study, evaluations: Iterable[Evaluation], options: Options) -> list[Verdict]:
    """The verdicts that follow, with the agreement of people among themselves beside them."""
    human = _human(study)
    return [verdict for evaluation in evaluations for verdict in verdicts.of(evaluation, human, options)]


def in_words(study: Study) -> list[str]:
    """What the last evaluation says may be left to machine coders; nothing if there was none."""
    found, run = last(study), study.runs().get("evaluate")
    if run is None or not found:
        return []
    options: Options = from_plain(Options, run.options)
    disputed = [key for key, item in _human(study).items() if verdicts.is_codebook_problem(item, options)]
    said = evaluation_tables.in_words(list(study.verdicts().values()), study.codebook(), disputed)
    return said + evaluation_tables.alone_in_words(found)


def figure(study: Study) -> str:
    """The forest plot of the last evaluation as SVG; empty if there was none, or its file is gone."""
    file = files(study)[1]
    return file.read_text(encoding="utf-8") if last(study) and file.is_file() else ""


def _human(study: Study) -> dict[str, Agreement]:
    keys = [code.key for code in study.codebook().codes]
    return verdicts.among_people(agree.run(votes=study.votes(), code_keys=keys, options=agree.Options()))


# ---------------------------------------------------------------- what is kept


def outputs(study: Study) -> tuple[Path, ...]:
    """Files that an evaluation leaves: its figures for the tables, the table, and the forest plot."""
    return (_last_file(study), *files(study))


def files(study: Study) -> tuple[Path, Path]:
    """Where the table and the forest plot are written."""
    return study.folder.exports / "evaluation.csv", study.folder.exports / "evaluation.svg"


def keep(study: Study, found: Sequence[Evaluation], ruled: Sequence[Verdict], run: Run) -> None:
    """Write the files of an evaluation."""
    table, figure = files(study)
    write_text_atomically(_last_file(study), json.dumps({"run_id": run.id, "evaluations": as_plain(found)}, ensure_ascii=False))
    book, labels = study.codebook(), {item.id: item.label for item in study.transcripts()}
    csv = plugs.load("exporters", "csv")
    write_atomically(table, partial(csv.write, evaluation_tables.evaluation_table(found, book, labels)))
    options = from_plain(Options, run.options)
    write_text_atomically(figure, forest.svg(evaluation_tables.forest_of(found, ruled, book, options)))


def last(study: Study) -> list[Evaluation]:
    """The evaluations of the last run; none if nothing was evaluated, or its file was deleted and is to be made again."""
    file, run = _last_file(study), study.runs().get("evaluate")
    if run is None or not file.is_file():
        return []
    said = json.loads(file.read_text(encoding="utf-8"))
    return [from_plain(Evaluation, item) for item in said["evaluations"]] if said["run_id"] == run.id else []


def _last_file(study: Study) -> Path:
    return study.folder.artifacts / "evaluations" / "last.json"
