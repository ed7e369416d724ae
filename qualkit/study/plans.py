"""Who codes what in a round: kept as they are dealt out, and asked for by whoever codes.

Whoever a plan names codes their part and nothing else; whoever it does not name codes all that the round is about. A later
plan supersedes, never replaces. A segment that came into the study after the plan is in nobody's part until there is a new one.

A blind coder who has judged all of their part may see results, also of segments that are not theirs: they have nothing more to
judge that these could shape. The log says what they were shown, and no later plan deals it to them.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from qualkit.errors import StudyError
from qualkit.model import Coder, CoderKind, Event, Plan, Purpose, Round, Sample, Visit, grouped, new_id, utc_now
from qualkit.plain import sha256_of
from qualkit.stages import plan as dealing
from qualkit.stages import sample as drawing
from qualkit.store import Reading, Writing
from qualkit.study import samples
from qualkit.study.judgements import BY_CODERS, SHOWN
from qualkit.wording import counted

if TYPE_CHECKING:
    from qualkit.study.study import Study

PLANNED = "planned who codes what"
"""The verb of the event that says that a plan was made, with a checksum of its parts."""


def part_of(study: Study, name: str, round_: Round) -> frozenset[str] | None:
    """Ids of the segments that a person is to code in a round; None for all that there are."""
    return study._kept.at_head(f"part of {name} in {round_.id}", lambda: _part_of(study, name, round_), but_for=BY_CODERS)


def _part_of(study: Study, name: str, round_: Round) -> frozenset[str] | None:
    plan = in_force(study, round_)
    if plan is not None and name in plan.parts:
        return frozenset(plan.parts[name])
    return frozenset(round_.segment_ids) or None


def in_force(study: Study, round_: Round) -> Plan | None:
    """The plan of a round, None where everybody codes everything."""
    return study._kept.at_head(f"plan of {round_.id}", lambda: _in_force(study, round_), but_for=BY_CODERS)


def _in_force(study: Study, round_: Round) -> Plan | None:
    with study.store.read() as tx:
        return tx.first(Plan, round_id=round_.id)


def need_part(study: Study, name: str, round_: Round, segment_ids: Iterable[str]) -> None:
    """Raise `StudyError` if one of the segments is not in a person's part."""
    part = part_of(study, name, round_)
    foreign = next((key for key in segment_ids if part is not None and key not in part), None)
    if foreign is not None:
        raise StudyError(
            f"The segment {foreign} is not {name}'s to code in round {round_.number}: it is in another's part, or the round is "
            "not about it. To deal the segments out anew, make a new plan with  qualkit plan"
        )


def make(study: Study, round_: Round, *, share: float, seed: int | None, coders: Sequence[str] | None, by: str) -> Plan:
    """See `Study.make_plan`."""
    names = list(dict.fromkeys(" ".join(name.split()) for name in (coders or everybody(study))))
    _check(study, round_, share, names)
    segments = [item for item in study.coded_segments() if not round_.segment_ids or item.id in set(round_.segment_ids)]
    if not segments:
        raise StudyError("There is no segment to deal out yet; run  qualkit run  first.")
    chosen = seed if seed is not None else _seed(study.sample(), share)
    with study.store.write() as tx:
        ids = {coder.id: coder.name for coder in tx.all(Coder, kind=CoderKind.HUMAN)}
        parts = dealing.run(
            segments=segments, coders=names, share=share, seed=chosen,
            judged=_judged(tx, round_, ids), shown=_shown(tx, round_, ids),
        )  # fmt: skip
        made = Plan(id=new_id(), round_id=round_.id, seed=chosen, share=share, parts=parts, made_at=utc_now())
        tx.retire(Plan, round_id=round_.id)
        tx.insert([made])
        tx.log(by, PLANNED, said_of(made))
        if share and not round_.segment_ids:
            _sample(tx, made, drawing.run(segments=segments, share=share, seed=chosen))
    return made


def _sample(tx: Writing, plan: Plan, drawn: Sequence[str]) -> None:
    """Make what everybody codes the reliability sample, unless it is that already."""
    known = tx.first(Sample)
    if known is None or known.segment_ids != tuple(drawn):
        samples.keep(tx, Sample(id=new_id(), seed=plan.seed, share=plan.share, segment_ids=tuple(drawn), drawn_at=plan.made_at))


def _seed(sample: Sample | None, share: float) -> int:
    return sample.seed if sample is not None and sample.share == share else secrets.randbelow(1_000_000)


def _check(study: Study, round_: Round, share: float, names: Sequence[str]) -> None:
    if not 0 <= share <= 1:
        raise StudyError(f"A share of the segments lies between 0 and 1, as in  --share 0.2,  and not at {share}.")
    if round_.closed_at is not None:
        raise StudyError(f"Round {round_.number} is closed: open the next one before dealing out who codes what.")
    if round_.purpose is Purpose.CONSENSUS:
        raise StudyError("In a round of consensus the group judges together: there is nothing to deal out.")
    if len(names) < 2:
        raise StudyError("A plan deals segments out among two people or more: name them in study.toml, or with  --coder NAME")
    for name in names:
        if name in study.config.adjudicators:
            raise StudyError(f"{name} adjudicates in this study and so does not code.")


def everybody(study: Study) -> list[str]:
    """Names of the people who code: those that the study names, and all who have judged something."""
    with study.store.read() as tx:
        active = tx.values(Visit, "coder_id")
        known = [coder.name for coder in tx.all(Coder, kind=CoderKind.HUMAN) if coder.id in active]
    names = dict.fromkeys([*study.config.coders, *known])
    return [name for name in names if name not in study.config.adjudicators]


def _judged(tx: Reading, round_: Round, names: dict[str, str]) -> dict[str, set[str]]:
    visits = [row for row in tx.columns(Visit, "coder_id", "segment_id", round_id=round_.id) if row[0] in names]
    return {names[coder_id]: {row[1] for row in rows} for coder_id, rows in grouped(visits, lambda row: row[0]).items()}


def _shown(tx: Reading, round_: Round, names: dict[str, str]) -> dict[str, set[str]]:
    """Segments that people were shown others' codes of while the round is blind."""
    found: dict[str, set[str]] = {}
    for event in tx.all(Event, verb=SHOWN) if round_.is_hidden else ():
        if event.actor_id in names and event.payload["round_id"] == round_.id:
            found.setdefault(names[event.actor_id], set()).update(event.payload["segment_ids"])
    return found


def said_of(plan: Plan) -> dict[str, object]:
    """What the log says of a plan: everything but who codes what, of which it has the checksum."""
    return {
        "plan_id": plan.id,
        "round_id": plan.round_id,
        "seed": plan.seed,
        "share": plan.share,
        "parts_sha256": sha256_of(plan.parts),
    }


def in_words(study: Study, plan: Plan) -> list[str]:
    """How a plan deals out the segments, in sentences."""
    coded = study.coded_segments()
    times = Counter(key for part in plan.parts.values() for key in part)
    n_shared = sum(n > 1 for n in times.values())
    said = [
        f"{counted(len(times), 'segment')} dealt out among {counted(len(plan.parts), 'coder')}, {n_shared} of them to more "
        f"than one (share {plan.share:g}, seed {plan.seed})."
    ]
    if not n_shared:
        said.append("Nothing is coded by two people, so agreement cannot be measured.")
    n_left = len(unplanned(study, plan, {item.id for item in coded}))
    if n_left:
        said.append(f"In nobody's part: {counted(n_left, 'segment')} to be coded; make a new plan.")
    return said


def unplanned(study: Study, plan: Plan, segment_ids: Collection[str]) -> set[str]:
    """Those of the segments of a plan's round in nobody's part: they came later, or everybody was shown their codes."""
    round_ = next(item for item in study.rounds() if item.id == plan.round_id)
    about = set(round_.segment_ids) & set(segment_ids) if round_.segment_ids else set(segment_ids)
    return about.difference(*plan.parts.values())


def shares(study: Study, plan: Plan) -> tuple[list[str], list[tuple[str, ...]]]:
    """Who codes how much of which transcript: columns, and by coder how many segments of each they have judged, of how many."""
    labels = {item.id: item.label for item in study.transcripts()}
    where = {item.id: item.transcript_id for item in study.coded_segments()}
    votes = study.votes(plan.round_id)
    rows = []
    for name, part in plan.parts.items():
        own = [key for key in part if key in where]
        of = Counter(where[key] for key in own)
        done = Counter(where[key] for key in own if name in votes.get(key, ()))
        cells = (f"{done[key]} of {of[key]}" if of[key] else "–" for key in labels)
        rows.append((name, f"{done.total()} of {of.total()}", *cells))
    return ["Coder", "All", *labels.values()], rows
