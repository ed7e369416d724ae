"""Running a step: not at all if it is up to date, else watched, and with its results and its record written together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qualkit.model import Run, utc_now
from qualkit.plain import as_plain, sha256_of
from qualkit.plugs import Progress
from qualkit.study import running
from qualkit.study.step import Step

if TYPE_CHECKING:
    from qualkit.study.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of asking a stage to run: `run` is None where there was nothing to do it on, as `why` says.

    What the stage could not use is named in `run.problems`; it is tried again the next time.
    """

    stage: str
    run: Run | None
    is_fresh: bool
    why: str = ""


def bring_up_to_date(study: Study, step: Step, progress: Progress) -> Outcome:
    """Run a step unless its inputs, options and engine are those of its last run and that left nothing out."""
    if not step.is_needed:
        return Outcome(stage=step.stage, run=None, is_fresh=False, why=step.missing)
    with study.store.read() as tx:
        last = tx.first(Run, stage=step.stage, id=step.id)
    if last is not None and not last.problems and all(path.exists() for path in step.outputs):
        return Outcome(stage=step.stage, run=last, is_fresh=False)
    with running.watched(study.folder, step.stage, progress) as tell:
        return Outcome(stage=step.stage, run=work(study, step, tell), is_fresh=True)


def work(study: Study, step: Step, progress: Progress) -> Run:
    """Do a step's work and keep what came of it."""
    started_at = utc_now()
    done = step.work(progress)
    run = Run(
        id=step.id,
        stage=step.stage,
        options=as_plain(step.options),
        inputs_sha256=sha256_of(step.inputs),
        engine=step.engine,
        model_revision=step.model_revision,
        seed=step.seed,
        started_at=started_at,
        ended_at=utc_now(),
        summary=done.summary,
        problems=done.problems,
    )
    with study.store.write() as tx:
        tx.retire(Run, stage=step.stage)
        tx.replace([run])
        done.save(tx, run)
        tx.log("qualkit", f"ran {step.stage}", {"run_id": run.id, "inputs_sha256": run.inputs_sha256})
    progress(1.0, done.summary)
    return run
