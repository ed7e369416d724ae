"""What came of intrusion tasks, as a table and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qualkit.model import IntrusionKind, Table
from qualkit.stages import intrusion_scores
from qualkit.stages.intrusion_scores import Score, Scores
from qualkit.wording import counted, two_decimals

if TYPE_CHECKING:
    from qualkit.study.study import Study

COLUMNS = ("Topic", "Shown", "Answers (n)", "Intruder found (n)", "Share", "95 % low", "95 % high", "By chance", "Remark")


def tables(study: Study) -> dict[str, Table]:
    """The table `intrusion`, once somebody has answered a task."""
    found = study.intrusion()
    return {"intrusion": table(found, study)} if found.raters else {}


def table(found: Scores, study: Study) -> Table:
    """One row for all topics together, then one a topic: answers, answers that found the intruder, and the interval."""
    names = {topic.id: f"{topic.name}: {', '.join(topic.words[:3])}" for topic in study.topics()}
    order = {key: n for n, key in enumerate(names)}
    ordered = sorted(found.topics, key=lambda item: (order[str(item.topic_id)], item.kind is IntrusionKind.SEGMENTS))
    missing = ((names[item.topic_id], item.kind.value, 0, *[None] * 5, f"no task: {item.why}") for item in found.missing)
    return Table(
        title="Intrusion tasks",
        columns=COLUMNS,
        rows=(
            *(_row("All topics", item) for item in found.pooled),
            *(_row(names[str(item.topic_id)], item) for item in ordered),
            *missing,
        ),
        notes=notes(found),
        n_stub=2,
    )


def _row(name: str, item: Score) -> tuple[str | int | float | None, ...]:
    figures = (item.share, item.low, item.high, item.chance)
    rounded = (None if figure is None else round(figure, 3) for figure in figures)
    remark = "look at it: found by no more than half" if item.is_doubtful else "" if item.n_answers else "nobody has answered"
    return (name, item.kind.value, item.n_answers, item.n_right, *rounded, remark)


_COMPARED = {intrusion_scores.RIGHT: "whether the intruder was found", intrusion_scores.CHOICE: "what was chosen"}


def notes(found: Scores) -> tuple[str, ...]:
    """What is counted, who answered, and how far raters agree."""
    counting = (
        "Word intrusion (Chang et al. 2009): five telling words of a topic and one of another; and the same with three central "
        "segments and one. Share: of the answers, those that found the intruder, with Wilson's 95 % interval; answers of one "
        "rater hang together, so the interval of all topics is rather too narrow."
    )
    who = (
        f"{counted(found.n_tasks, 'task')}; answered by {', '.join(found.raters) or 'nobody'}, blind to each other."
        + (f" {counted(found.n_stale, 'answer')} to earlier topics are left out." if found.n_stale else "")
    )  # fmt: skip
    return (counting, who, *agreement_notes(found))


def agreement_notes(found: Scores) -> tuple[str, ...]:
    """A sentence for each thing compared between raters; none while there is one rater."""
    said = []
    for what, measures in found.agreement.items():
        percent, kappa = measures
        if len(found.raters) > 1:
            value = two_decimals(kappa.value) if kappa.value is not None else f"undefined ({kappa.undefined_because})"
            share = f"{percent.value:.0%}" if percent.value is not None else "undefined"
            said.append(
                f"Agreement on {_COMPARED[what]}, over {counted(percent.n_units, 'task')} that two or more answered: {share}, "
                f"Cohen's kappa {value}."
            )
    return tuple(said)
