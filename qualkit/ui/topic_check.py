"""Checking topics: one intrusion task at a time, six words or four segments, one of which does not belong; then how it went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial
from html import escape
from time import monotonic

import streamlit as st

from qualkit.model import IntrusionKind, Topic, new_id
from qualkit.stages.intrusion import IntrusionTask
from qualkit.stages.intrusion_scores import Score, Scores
from qualkit.study import Seat
from qualkit.study.intruders import Intruders
from qualkit.study.intrusion_tables import agreement_notes, notes
from qualkit.ui import context, style
from qualkit.wording import counted

HASTE_S = 0.3
"""A press this soon after a task came up was meant for the one before it, as in a double click, and is not taken."""

ASKED = {
    IntrusionKind.WORDS: "Which word does not belong with the others?",
    IntrusionKind.SEGMENTS: "Which of these was said about something else?",
}
PER_ROW = {IntrusionKind.WORDS: 3, IntrusionKind.SEGMENTS: 2}

ABOUT = (
    "Each task shows what a topic is made of, and one thing from another topic. If people find it, the topic holds together. "
    "Answer by yourself: nobody sees how others answered before they are through."
)


def draw(seat: Seat) -> None:
    """The part of the page."""
    intruders = seat.intruders
    found = intruders.tasks()
    if not found.tasks:
        st.info("There is no task: no topic has words and segments enough that differ. Run  qualkit run topics  first.")
        return
    key, left = f"check-{seat.coder.id}", intruders.left()
    if not left or intruders.has_seen_scores():
        _results(seat, intruders.scores(), n_left=len(left))
        return
    st.html(style.lead(ABOUT))
    back = context.value(f"{key}-back")
    task = next((task for task in found.tasks if task.id == back), left[0])
    _ask(seat, intruders, task, key)
    n_done, n_all = len(found.tasks) - len(left), len(found.tasks)
    st.html(
        style.block(f'<p class="q-small q-grey" style="margin:0">{n_done} of {n_all} answered</p>', style.bar(n_done / n_all))
    )
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        last = context.value(f"{key}-last")
        st.button("Change my last answer", icon=":material/undo:", type="tertiary", key=f"{key}-undo",
                  disabled=not last or task.id == last, on_click=context.put, args=(f"{key}-back", last))  # fmt: skip
        if intruders.may_see_scores():
            st.button("Show results instead", icon=":material/visibility:", type="tertiary", key=f"{key}-show",
                      help="Your own answering ends with that: it would not be blind any more.",
                      on_click=partial(context.attempt, intruders.scores))  # fmt: skip


def _ask(seat: Seat, intruders: Intruders, task: IntrusionTask, key: str) -> None:
    context.kept(f"{key}-{task.id}-shown", monotonic)
    is_words = task.kind is IntrusionKind.WORDS
    texts = {} if is_words else {item: segment.text for item, segment in seat.segments(list(task.shown)).items()}
    st.header(ASKED[task.kind])
    per_row = PER_ROW[task.kind]
    with st.container(key=f"check-{task.kind.value}"):
        for start in range(0, len(task.shown), per_row):
            for n, column in enumerate(st.columns(per_row), start=start):
                if n < len(task.shown):
                    item = task.shown[n]
                    column.button(
                        _plain(texts.get(item, item)), key=f"{key}-{task.id}-{n}", width="stretch", shortcut=str(n + 1),
                        on_click=_keep, args=(intruders, task, item, key),
                    )  # fmt: skip


def _plain(text: str) -> str:
    """Text on a button, where signs of Markdown would be taken for such."""
    return "".join(f"\\{sign}" if sign in r"\`*_{}[]()#+-.!|<>~:$" else sign for sign in " ".join(text.split()))


def _keep(intruders: Intruders, task: IntrusionTask, chosen: str, key: str) -> None:
    if monotonic() - context.value(f"{key}-{task.id}-shown", 0.0) < HASTE_S:
        return
    act_id = context.kept(f"{key}-{task.id}-{chosen}-act", new_id)
    if context.attempt(lambda: intruders.answer(task.id, chosen, client_id=act_id)):
        context.put(f"{key}-last", task.id)
        context.put(f"{key}-back", None)
        context.put(f"{key}-{task.id}-shown", monotonic())


# ---------------------------------------------------------------- how it went


def _results(seat: Seat, found: Scores, *, n_left: int) -> None:
    names = {topic.id: topic for topic in seat.topics()}
    st.html(style.lead(_summary(found, n_left)))
    for column, score in zip(st.columns(len(found.pooled), gap="large"), found.pooled, strict=True):
        column.html(style.block(style.label(f"By {score.kind.value}"), _share(score)))
    for sentence in agreement_notes(found):
        st.html(style.block(style.grey(sentence)))
    st.header("Topic by topic")
    st.html(
        style.block(style.grey("Those come first that no more than half of the answers found the intruder of; look at these."))
    )
    st.html(style.table(("Topic", "By words", "By segments"), _rows(found, names), raw=(0, 1, 2)))
    with st.expander("What is counted"):
        for sentence in (*notes(found)[:2], *(f"{names[item.topic_id].name}: no task with {item.kind.value}, {item.why}."
                                              for item in found.missing)):  # fmt: skip
            st.html(style.block(f'<p class="q-small">{escape(sentence)}</p>'))


def _summary(found: Scores, n_left: int) -> str:
    who = f"{counted(len(found.raters), 'rater')} ({', '.join(found.raters)})" if found.raters else "nobody yet"
    n_answers = sum(score.n_answers for score in found.pooled)
    mine = f" You left {counted(n_left, 'task')} unanswered." if n_left else " You have answered every task: thank you."
    return f"{counted(n_answers, 'answer')} to {counted(found.n_tasks, 'task')}, by {who}.{mine}"


def _share(score: Score) -> str:
    """The share of answers that found the intruder, with its interval and what guessing gives."""
    if score.share is None or score.low is None or score.high is None:
        return style.grey("no answer yet")
    return (
        f'<p style="margin:.1rem 0"><span class="q-name">{score.share:.0%}</span> found, {score.n_right} of '
        f"{counted(score.n_answers, 'answer')}</p>{style.bar(score.share)}"
        + style.grey(f"95 % interval {score.low:.0%} to {score.high:.0%}; guessing finds {score.chance:.0%}")
    )


def _rows(found: Scores, topics: Mapping[str, Topic]) -> list[tuple[str, ...]]:
    """One row a topic, those to look at first."""
    scores = {(score.topic_id, score.kind): score for score in found.topics}

    n_doubtful = Counter(score.topic_id for score in found.topics if score.is_doubtful)
    proper = [topic for topic in topics.values() if topic.number >= 0]
    proper.sort(key=lambda topic: (-n_doubtful[topic.id], topic.number))
    return [(_named(topic), *(_small(scores.get((topic.id, kind))) for kind in IntrusionKind)) for topic in proper]


def _small(score: Score | None) -> str:
    if score is None:
        return style.aside("no task")
    if score.share is None:
        return style.aside("no answer yet")
    kind = "bad" if score.is_doubtful else "good"
    return f"{style.tag(f'{score.n_right} of {score.n_answers}', kind)} {style.aside(f'{score.low:.0%} to {score.high:.0%}')}"


def _named(topic: Topic) -> str:
    return f"<b>{escape(topic.name)}</b> {style.aside(', '.join(topic.words[:5]))}"
