"""What a machine coder is given to work on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from qualkit.model import Brief, Lesson, Participant, Role, Segment, Turn, by_id, grouped
from qualkit.stages import adjudicate

if TYPE_CHECKING:
    from qualkit.study.study import Study


def make(study: Study) -> Brief:
    """The segments of a study that are to be coded, with the questions before them and what people made of them."""
    segments = tuple(study.coded_segments())
    return Brief(
        segments=segments,
        codebook=study.codebook().offered,
        questions=questions(study, segments),
        lessons=_lessons(study),
    )


def questions(study: Study, segments: Sequence[Segment]) -> dict[str, str]:
    """What a moderator said last before each of the segments, by id; those before the first question have none."""
    asked = dict(_questions(study))
    return {item.id: asked[item.turn_id] for item in segments if item.turn_id in asked}


def _questions(study: Study) -> Iterator[tuple[str, str]]:
    """For each turn what a moderator said last before it."""
    with study.store.read() as tx:
        people, turns = by_id(tx.all(Participant)), grouped(tx.all(Turn), lambda turn: turn.transcript_id)
    for mine in turns.values():
        question = ""
        for turn in mine:
            person = people.get(turn.participant_id or "")
            if person is not None and person.role is Role.MODERATOR:
                question = turn.text
            elif question:
                yield turn.id, question


def _lessons(study: Study) -> Mapping[str, Lesson]:
    """What counts of every segment that somebody judged; cases that wait for a decision are unsettled."""
    votes, options, offered = study.votes(), study.options(adjudicate, {}), study.codebook().offered.by_key
    final = grouped(adjudicate.final_codes(votes, study.decisions(), options), lambda code: code.segment_id)
    open_ = grouped(
        (case for case in study.cases() if case.is_disputed and case.decision is None), lambda case: case.segment_id
    )
    return {
        key: Lesson(
            codes={code.code_key: code.valence for code in final.get(key, []) if code.code_key in offered},
            unsettled=frozenset(case.code_key for case in open_.get(key, []) if case.code_key in offered),
        )
        for key, by_coder in votes.items()
        if len(by_coder) >= options.min_coders
    }
