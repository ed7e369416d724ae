"""People check topics by finding intruders: tasks, answers that are kept, and what came of them.

Raters are blind to each other: a person sees results once they have answered all tasks, and an adjudicator, or anybody once two
others are through, may choose to see them before; that ends their own answering, as it would not be blind any more. That
somebody was shown results is in the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qualkit.errors import BlindnessError, StaleError, StudyError
from qualkit.model import Coder, CoderKind, Event, IntrusionAnswer, by_id, new_id, utc_now
from qualkit.stages import intrusion, intrusion_scores
from qualkit.stages.intrusion import ANSWERED, SHOWN, IntrusionTask, Tasks
from qualkit.stages.intrusion_scores import Scores, about
from qualkit.store import Reading
from qualkit.study.judgements import digest
from qualkit.wording import counted

if TYPE_CHECKING:
    from qualkit.study.study import Study

ENOUGH_RATERS = 2
"""So many raters make results that are worth showing to others."""


class Intruders:
    """What one person may do with intrusion tasks. Get one from `Seat.intruders`."""

    def __init__(self, study: Study, coder: Coder, *, is_adjudicator: bool = False) -> None:
        self._study = study
        self._coder = coder
        self._is_adjudicator = is_adjudicator

    def tasks(self) -> Tasks:
        """All tasks, in the order in which everybody gets them."""
        return self._study.intrusion_tasks()

    def answers(self) -> dict[str, str]:
        """What this person chose, by id of the task."""
        by_task = {about(task): task.id for task in self.tasks().tasks}
        with self._study.store.read() as tx:
            mine = tx.all(IntrusionAnswer, coder_id=self._coder.id)
        return {by_task[about(answer)]: answer.chosen for answer in mine if about(answer) in by_task}

    def left(self) -> list[IntrusionTask]:
        """Tasks that this person has yet to answer."""
        mine = self.answers()
        return [task for task in self.tasks().tasks if task.id not in mine]

    def answer(self, task_id: str, chosen: str, *, client_id: str | None = None) -> IntrusionAnswer:
        """Keep which of the things shown this person takes for the intruder; a new answer supersedes an earlier one.

        Raises `StaleError` for a task that there is no more, `StudyError` for what was not shown, and `BlindnessError` once
        this person was shown results.
        """
        task = next((task for task in self.tasks().tasks if task.id == task_id), None)
        if task is None:
            raise StaleError("The topics were found anew meanwhile, and with them their tasks; open the page again.")
        if chosen not in task.shown:
            raise StudyError("Choose one of those that are shown.")
        mine: dict[str, Any] = {"topic_id": task.topic_id, "kind": task.kind, "coder_id": self._coder.id}
        with self._study.store.write() as tx:
            before = tx.first(IntrusionAnswer, **mine)
            if client_id is not None and before is not None and tx.has_happened(client_id):
                return before
            if task.id in _seen(tx, self._coder):
                raise BlindnessError(
                    f"{self._coder.name} has seen how others answered, so an answer would not be blind any more."
                )
            made = IntrusionAnswer(
                id=new_id(), **mine, shown=task.shown, intruder=task.intruder, chosen=chosen, answered_at=utc_now()
            )
            tx.retire(IntrusionAnswer, **mine)
            tx.insert([made])
            tx.log(self._coder.id, ANSWERED, said_of(made), client_id)
        return made

    def may_see_scores(self) -> bool:
        """Whether results may be shown: to who has answered all, to adjudicators, and to all once two raters are through."""
        if not self.left() or self._is_adjudicator:
            return True
        return len(finished(self._study)) >= ENOUGH_RATERS

    def scores(self) -> Scores:
        """What came of all raters' answers; logged, as from now on this person's own answers stand.

        Raises `BlindnessError` while this person is blind.
        """
        if not self.may_see_scores():
            raise BlindnessError(
                f"{self._coder.name} has yet to answer {counted(len(self.left()), 'task')}: results show when all are "
                "answered, or when two others are through."
            )
        self._note_shown()
        return scores(self._study)

    def has_seen_scores(self) -> bool:
        """Whether this person was shown results of tasks that there are now."""
        with self._study.store.read() as tx:
            seen = _seen(tx, self._coder)
        return any(task.id in seen for task in self.tasks().tasks)

    def _note_shown(self) -> None:
        ids = {task.id for task in self.tasks().tasks}
        with self._study.store.read() as tx:
            new = ids - _seen(tx, self._coder)
        if new:
            with self._study.store.write() as tx:
                tx.log(self._coder.id, SHOWN, {"task_ids": sorted(new)})


def said_of(answer: IntrusionAnswer) -> dict[str, object]:
    """What the log says of an answer: ids and a digest, as words and segments may be taken back."""
    return {
        "answer_id": answer.id,
        "topic_id": answer.topic_id,
        "kind": answer.kind,
        "said_sha256": digest("\x1f".join((*answer.shown, answer.intruder, answer.chosen)), answer.id),
    }


def _seen(tx: Reading, coder: Coder) -> frozenset[str]:
    """Ids of the tasks whose results somebody was shown."""
    events = tx.all(Event, actor_id=coder.id, verb=SHOWN)
    return frozenset(task_id for event in events for task_id in event.payload["task_ids"])


def make(study: Study) -> Tasks:
    """The tasks that follow from the topics of a study; `[options.intrusion]` in `study.toml` may set their seed."""
    options = study.options(intrusion, {})
    return intrusion.run(topics=study.topics(), segments=study.corpus().segments, options=options)


def _raters(tx: Reading) -> dict[str, str]:
    return {key: coder.name for key, coder in by_id(tx.all(Coder, kind=CoderKind.HUMAN)).items()}


def scores(study: Study) -> Scores:
    """How well people find the intruders of the topics there are now, and how far they agree."""
    with study.store.read() as tx:
        answers, names = tx.all(IntrusionAnswer), _raters(tx)
    return intrusion_scores.score(study.intrusion_tasks(), answers, names)


def finished(study: Study) -> list[str]:
    """Names of those who have answered every task."""
    found = study.intrusion_tasks()
    wanted = {about(task) for task in found.tasks}
    with study.store.read() as tx:
        answers, names = tx.all(IntrusionAnswer), _raters(tx)
    done = {name: {about(item) for item in answers if names[item.coder_id] == name} for name in names.values()}
    return sorted(name for name, mine in done.items() if wanted and wanted <= mine)
