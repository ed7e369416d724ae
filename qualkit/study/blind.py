"""What was said blind, and so alone speaks of reliability: the votes, the words marked for them, and when they were made.

`stages/rounds.py` says when a judgement is blind. Of a round that was revealed, judgements count as they stood then, read from
the log: what was changed since is another matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qualkit.model import Coder, CoderKind, Event, Evidence, Purpose, Round, Segment, Visit
from qualkit.stages import disputes, rounds
from qualkit.stages.uptake import JUDGED
from qualkit.store import Reading
from qualkit.study import marks
from qualkit.study.authoring import BY_AUTHORS
from qualkit.study.judgements import BY_CODERS, CLOSED, REVEALED, SHOWN, WITHDREW

if TYPE_CHECKING:
    from qualkit.stages.adjudicate import Votes
    from qualkit.stages.disputes import Marked
    from qualkit.study.study import Study


# ---------------------------------------------------------------- votes


def votes_in(study: Study, round_: Round) -> Votes:
    """What coders said in a round where nothing that others said could shape it."""
    if not round_.blind or round_.purpose is not Purpose.INDEPENDENT:
        return {}
    if is_unshaped(study, round_):
        return study.votes(round_.id)
    settled = BY_CODERS if round_.revealed_at is not None else frozenset[str]()
    return study._kept.at_head(f"blind in {round_.id}", lambda: _votes_in(study, round_), but_for=settled)


def is_unshaped(study: Study, round_: Round) -> bool:
    """Whether all of a round is blind by its nature: the first, not revealed yet."""
    is_first = study.rounds()[0].id == round_.id
    return is_first and round_.is_hidden and round_.purpose is Purpose.INDEPENDENT


def apart(study: Study) -> Votes | None:
    """Of each segment what was said blind in the newest round in which two or more people said anything of it blind.

    None where that is what counts, since nobody changed it, or judged anything otherwise.
    """
    every = study.rounds()
    if not every or (len(every) == 1 and is_unshaped(study, every[0])):
        return None
    found = {key: said for round_ in every for key, said in _of_several(study, round_)}
    return None if found == {key: said for key, said in study.votes().items() if len(said) > 1} else found


def _of_several(study: Study, round_: Round) -> Iterator[tuple[str, Mapping[str, Mapping[str, str | None]]]]:
    return ((key, said) for key, said in votes_in(study, round_).items() if len(said) > 1)


def _votes_in(study: Study, round_: Round) -> Votes:
    with study.store.read() as tx:
        names = dict(tx.columns(Coder, "id", "name", kind=CoderKind.HUMAN))
        told = rounds.told_before(round_, study.rounds())
        segments = {row[0] for row in tx.columns(Visit, "segment_id", round_id=sorted(told))} if told else set()
        shown = _shown_before(tx, round_, study.rounds())
        said = rounds.said(_in_force(tx, round_)) if round_.revealed_at is not None else _now(study, round_, names)
        there = {row[0] for row in tx.columns(Segment, "id")}
    votes: dict[str, dict[str, Mapping[str, str | None]]] = {}
    for (segment_id, coder_id), codes in rounds.blind(said, told=segments, shown=shown).items():
        if segment_id in there and coder_id in names:
            votes.setdefault(segment_id, {})[names[coder_id]] = study.read_as_merged(codes)
    return votes


def _now(study: Study, round_: Round, names: Mapping[str, str]) -> rounds.Said:
    """What coders say in a round that is not revealed; nobody has changed it after being shown another's code."""
    ids = {name: coder_id for coder_id, name in names.items()}
    votes = study.votes(round_.id)
    return {(key, ids[name]): codes for key, by_coder in votes.items() for name, codes in by_coder.items()}


def _in_force(tx: Reading, round_: Round) -> dict[tuple[str, str], Event]:
    """The judgements in a round as they stood when it was revealed, or as they stand now if it was not."""
    revealed = [event.seq for event in tx.all(Event, verb=REVEALED) if event.payload["round_id"] == round_.id]
    return rounds.in_force(tx.all(Event, verb=[JUDGED, WITHDREW]), round_id=round_.id, before=min(revealed, default=None))


def _shown_before(tx: Reading, round_: Round, every: list[Round]) -> set[tuple[str, str]]:
    """Segments and coders who were shown others' codes of an earlier round before this one was over or revealed."""
    earlier = {item.id for item in every if item.number < round_.number}
    ends = [event.seq for event in tx.all(Event, verb=[CLOSED, REVEALED]) if event.payload["round_id"] == round_.id]
    until = min(ends, default=None)
    shown = [event for event in tx.all(Event, verb=SHOWN) if until is None or event.seq < until]
    events = [event for event in shown if event.payload["round_id"] in earlier]
    return {(key, event.actor_id) for event in events for key in event.payload["segment_ids"]}


# ---------------------------------------------------------------- what stands behind the votes of `apart`


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """The judgements whose votes `apart` has: when the last one of each segment was made, and the ids of the codes given."""

    judged_at: Mapping[str, str]
    assignment_ids: frozenset[str]


def behind(study: Study) -> Behind:
    """What stands behind the votes of `apart`."""
    return study._kept.at_head("behind blind votes", lambda: _behind(study), but_for=BY_AUTHORS)


def _behind(study: Study) -> Behind:
    every = study.rounds()
    newest = {key: round_.id for round_ in every for key, _ in _of_several(study, round_)}
    judged_at: dict[str, str] = {}
    ids: set[str] = set()
    with study.store.read() as tx:
        names = dict(tx.columns(Coder, "id", "name", kind=CoderKind.HUMAN))
        for round_ in every:
            votes = votes_in(study, round_)
            for (segment_id, coder_id), event in _in_force(tx, round_).items() if votes else ():
                if newest.get(segment_id) == round_.id and names.get(coder_id) in votes.get(segment_id, {}):
                    judged_at[segment_id] = max(judged_at.get(segment_id, ""), event.happened_at)
                    ids |= {code["id"] for code in event.payload["codes"]}
    return Behind(judged_at=judged_at, assignment_ids=frozenset(ids))


def marked(study: Study) -> Mapping[str, Mapping[str, Marked]]:
    """As `Study.marked`, for the votes of `apart`."""
    return study._kept.at_head("words marked blind", lambda: _marked(study), but_for=BY_AUTHORS)


def _marked(study: Study) -> Mapping[str, Mapping[str, Marked]]:
    ids, same = behind(study).assignment_ids, study.codebook().counts_as
    found: dict[str, dict[str, dict[str, tuple[Evidence, ...]]]] = {}
    with study.store.read() as tx:
        for row in marks.rows(tx, past=True):
            if row.assignment_id in ids:
                found.setdefault(row.segment_id, {}).setdefault(row.code_key, {})[row.coder] = row.words
    return {key: disputes.as_merged(on_segment, same) for key, on_segment in found.items()}
