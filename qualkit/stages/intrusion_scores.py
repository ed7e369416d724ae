"""How well people found the intruders of topics, and how far they agree.

Intervals are Wilson's (1927, Journal of the American Statistical Association 22, 209-212), which stay sensible for the two or
three answers that a topic gets. Agreement is what `stages/agree.py` makes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from qualkit.model import Agreement, IntrusionAnswer, IntrusionKind, grouped
from qualkit.stages import agree
from qualkit.stages.intrusion import CHANCE, IntrusionTask, NoTask, Tasks

Z_95 = 1.959963984540054
"""The normal quantile of a 95 % interval."""

RIGHT, CHOICE = "right", "choice"
"""What is compared between raters: whether they found the intruder, and the place of what they chose."""

MEASURES = ("percent", "kappa")


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How many answers found the intruder: of one topic, or of all (`topic_id` None), in tasks of one kind.

    `low` and `high` are Wilson's 95 % interval of the share of answers, None without answers; `chance` is what guessing gives.
    """

    topic_id: str | None
    kind: IntrusionKind
    n_answers: int
    n_right: int
    low: float | None
    high: float | None

    @property
    def share(self) -> float | None:
        """The share of answers that found the intruder."""
        return self.n_right / self.n_answers if self.n_answers else None

    @property
    def chance(self) -> float:
        """The share that guessing would find."""
        return CHANCE[self.kind]

    @property
    def is_doubtful(self) -> bool:
        """Whether no more than half of the answers found it: what holds the topic together is not plain to see."""
        return self.n_answers > 0 and 2 * self.n_right <= self.n_answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """What came of all tasks. `agreement` has measures between raters by what they compare, `RIGHT` and `CHOICE`.

    `n_stale` answers were to tasks that there are no more, such as of topics that were found anew, and count for nothing.
    """

    topics: tuple[Score, ...]
    pooled: tuple[Score, ...]
    agreement: Mapping[str, tuple[Agreement, ...]]
    raters: tuple[str, ...]
    n_tasks: int
    n_stale: int
    missing: tuple[NoTask, ...]


def score(tasks: Tasks, answers: Sequence[IntrusionAnswer], names: Mapping[str, str]) -> Scores:
    """How well people found intruders, from the answers in force; `names` has the raters' names by id."""
    by_task = {about(task): task for task in tasks.tasks}
    current = [answer for answer in answers if about(answer) in by_task]
    mine = grouped(current, about)
    return Scores(
        topics=tuple(score_of(mine.get(about(task), []), task.topic_id, task.kind) for task in tasks.tasks),
        pooled=tuple(score_of([item for item in current if item.kind is kind], None, kind) for kind in IntrusionKind),
        agreement={
            RIGHT: _agreement(mine.values(), names, _was_right),
            CHOICE: _agreement(mine.values(), names, _place),
        },
        raters=tuple(sorted({names[answer.coder_id] for answer in current})),
        n_tasks=len(tasks.tasks),
        n_stale=len(answers) - len(current),
        missing=tasks.missing,
    )


def score_of(answers: Sequence[IntrusionAnswer], topic_id: str | None, kind: IntrusionKind) -> Score:
    """The score that some answers make."""
    n, n_right = len(answers), sum(answer.chosen == answer.intruder for answer in answers)
    low, high = wilson(n_right, n) if n else (None, None)
    return Score(topic_id=topic_id, kind=kind, n_answers=n, n_right=n_right, low=low, high=high)


def wilson(n_yes: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share `n_yes / n`: (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)."""
    p, more = n_yes / n, Z_95**2 / n
    middle, reach = p + more / 2, Z_95 * sqrt(p * (1 - p) / n + more / (4 * n))
    return max(0.0, (middle - reach) / (1 + more)), min(1.0, (middle + reach) / (1 + more))


def about(item: IntrusionTask | IntrusionAnswer) -> tuple[str, IntrusionKind, tuple[str, ...], str]:
    """What tells a task from others, the same for a task and an answer to it."""
    return item.topic_id, item.kind, item.shown, item.intruder


def _agreement(
    by_task: Iterable[Sequence[IntrusionAnswer]], names: Mapping[str, str], label: Callable[[IntrusionAnswer], str]
) -> tuple[Agreement, ...]:
    """Percent agreement and kappa over the tasks that two or more raters answered."""
    units = [{names[answer.coder_id]: label(answer) for answer in mine} for mine in by_task]
    found = agree.measures([unit for unit in units if len(unit) >= 2], code_key=None)
    return tuple(item for item in found if item.measure in MEASURES)


def _was_right(answer: IntrusionAnswer) -> str:
    return "right" if answer.chosen == answer.intruder else "wrong"


def _place(answer: IntrusionAnswer) -> str:
    """The place of the choice, from 1: places are drawn at random, so by chance all are chosen alike."""
    return str(answer.shown.index(answer.chosen) + 1)
