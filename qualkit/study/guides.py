"""The moderator's guide of a study, and which of its questions each segment follows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qualkit.errors import ReadError
from qualkit.model import GuideQuestion, Participant, Role, Turn, by_id, grouped
from qualkit.readers.guide import read_guide
from qualkit.stages import guide as guides

if TYPE_CHECKING:
    from qualkit.study.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """The guide, the number of the question in force at each turn after the first, and how many turns moderators took."""

    guide: tuple[GuideQuestion, ...] = ()
    questions: dict[str, int] = field(default_factory=dict)
    n_asked: int = 0


def print_of(study: Study) -> str:
    """What tells one state of the guide's file from another; empty if there is none."""
    path = study.folder.guide()
    return f"{path.name} {path.stat().st_mtime_ns} {path.stat().st_size}" if path else ""


def read(study: Study) -> tuple[GuideQuestion, ...]:
    """The questions of `transcripts/guide.md` or `guide.txt`; none if there is no such file. Raises `ReadError`."""
    path = study.folder.guide()
    return read_guide(path) if path else ()


def has_questions(study: Study) -> bool:
    """Whether there is a guide that can be used; one that cannot be read is as none, and `read` says what is wrong with it."""
    try:
        return bool(read(study))
    except ReadError:
        return False


def follow(study: Study) -> Followed:
    """Which question each turn of the study follows, by the id of the turn. Raises `ReadError` for a guide it cannot use."""
    guide = read(study)
    if not guide:
        return Followed()
    with study.store.read() as tx:
        moderators = {key for key, person in by_id(tx.all(Participant)).items() if person.role is Role.MODERATOR}
        turns = grouped(tx.all(Turn), lambda turn: turn.transcript_id)
    said = {key: [turn.text for turn in mine if turn.participant_id in moderators] for key, mine in turns.items()}
    asked = guides.run(guide=guide, said=said)
    questions: dict[str, int] = {}
    for key, mine in turns.items():
        coming, now = iter(asked[key]), None
        for turn in mine:
            now = next(coming).question if turn.participant_id in moderators else now
            if now is not None:
                questions[turn.id] = now
    return Followed(guide=guide, questions=questions, n_asked=sum(map(len, said.values())))
