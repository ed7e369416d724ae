"""Saturation: whether further groups still bring codes that no earlier group had.

By base, run and threshold after Guest, Namey & Chen (2020, PLoS ONE 15(5): e0232076): the codes that a run of groups brings, as
a share of the unique codes in the first groups, the base. Runs overlap, each starting a group after the one before. And by
accumulation over many orders of the groups, as the order in which groups were held is one of many that might have been.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate as running
from itertools import permutations
from math import factorial
from operator import or_
from statistics import fmean, median

from qualkit.errors import StudyError
from qualkit.model import (
    Accumulated,
    Assessment,
    Basis,
    Code,
    Codebook,
    FinalCode,
    GroupMet,
    Level,
    Met,
    NewInRun,
    Origin,
    Saturation,
    Transcript,
    Valence,
    grouped,
)
from qualkit.stages.themes import Corpus

PUBLISHED = ((4, 5, 6), (2, 3))
"""Base sizes and run lengths that the authors of the method tried, on interviews."""
OF_FEW = ((2, 3), (1, 2))
"""Those for groups too few for that: a focus group is many people, and studies have a handful of them."""
FEW = max(PUBLISHED[0]) + max(PUBLISHED[1])
"""With fewer groups than this not all published sizes fit."""

_Key = tuple[str, Valence | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How saturation is looked at."""

    bases: tuple[int, ...] = field(default=(), metadata={"help": "Base sizes to try; none tries those that fit the groups."})
    runs: tuple[int, ...] = field(default=(), metadata={"help": "Run lengths to try; none tries those that fit the groups."})
    thresholds: tuple[float, ...] = field(
        default=(0.05, 0.0), metadata={"help": "Shares of new codes, 0 to 1, that count as no new information."}
    )
    n_orders: int = field(default=1000, metadata={"help": "Orders of the groups to try; all of them if there are no more."})
    seed: int = field(default=7, metadata={"help": "Start of the random numbers by which orders are drawn."})

    def __post_init__(self) -> None:
        for size in (*self.bases, *self.runs, self.n_orders):
            if not isinstance(size, int) or size < 1:
                raise StudyError(f"Bases, runs and orders are whole numbers from 1 on, not {size!r}.")
        for share in self.thresholds:
            if not 0 <= share <= 1:
                raise StudyError(f"A threshold is a share between 0 and 1, not {share!r}: 5 % is 0.05.")


# ---------------------------------------------------------------- base, run and threshold


def assess(new: Sequence[int], *, base: int, run: int) -> Assessment:
    """Saturation from the number of new codes in each group, in order; without a run if the groups are too few for one."""
    n_in_base = sum(new[:base])
    starts = range(base, len(new) - run + 1)
    counts = {after: sum(new[after : after + run]) for after in starts}
    return Assessment(
        base=base,
        run=run,
        n_in_base=n_in_base,
        runs=tuple(NewInRun(after=after, n_new=n, share=n / n_in_base if n_in_base else None) for after, n in counts.items()),
    )


def sizes(n_groups: int, options: Options, *, are_interviews: bool = False) -> list[tuple[int, int]]:
    """Bases with runs that so many groups are enough for: those asked for, else published ones, of few groups smaller ones."""
    bases, runs = PUBLISHED if are_interviews or n_groups >= FEW else OF_FEW
    return [(base, run) for base in options.bases or bases for run in options.runs or runs if base + run <= n_groups]


# ---------------------------------------------------------------- over orders


def accumulate(groups: Sequence[Collection[object]], options: Options) -> tuple[tuple[Accumulated, ...], int, bool]:
    """How many codes the first 1, 2, ... groups have, over orders; how many orders were tried, and whether those are all.

    `groups` has the codes of each group. Where all orders are more than `options.n_orders`, so many are drawn at random.
    """
    places = {code: n for n, code in enumerate(dict.fromkeys(code for codes in groups for code in codes))}
    sets = [sum(1 << places[code] for code in set(codes)) for codes in groups]
    is_every = factorial(len(sets)) <= options.n_orders
    curves = [[codes.bit_count() for codes in running(order, or_)] for order in _orders(sets, options, is_every)]
    found = tuple(
        Accumulated(n_groups=n, least=min(counts), median=median(counts), most=max(counts), mean=fmean(counts))
        for n, counts in enumerate(zip(*curves, strict=True), start=1)
    )
    return found, len(curves), is_every


def _orders(sets: list[int], options: Options, is_every: bool) -> Iterator[Sequence[int]]:
    if is_every:
        yield from permutations(sets)
        return
    drawn = random.Random(options.seed)
    for _ in range(options.n_orders):
        yield drawn.sample(sets, len(sets))


# ---------------------------------------------------------------- of a study


def run(
    *,
    codes: Sequence[FinalCode],
    corpus: Corpus,
    book: Codebook,
    level: Level,
    judged: Collection[str],
    options: Options,
    with_valence: bool = False,
    by: str = "",
    stratum: str = "",
    scope: Collection[str] | None = None,
) -> Saturation:
    """How the codes that count accumulate over groups.

    `judged` are the ids of the segments that somebody has judged; a group of which nobody judged any is no unit, as it could
    bring no code. While all codes are suggestions, every group is a unit. `with_valence` counts a code once as facilitator and
    once as barrier. `scope` are the segments of a stratum, None for all.
    """
    entries = book.by_key
    mine = [code for code in codes if code.code_key in entries and _is_in(code.segment_id, corpus, scope)]
    is_suggested = bool(mine) and all(code.basis is Basis.SUGGESTED for code in mine)
    said, looked_at = _in_scope(corpus, scope), None if is_suggested else judged
    coded_in = {corpus.segments[code.segment_id].transcript_id for code in mine}
    done = coded_in | {key for key, ids in said.items() if looked_at is None or any(item in looked_at for item in ids)}
    meetings, is_by_day = in_order(corpus.transcripts[key] for key in done)
    groups = _groups(meetings, said, _met(mine, corpus, entries, level, with_valence), looked_at)
    new = [len(group.new) for group in groups]
    are_interviews = bool(meetings) and all(meeting.kind.casefold().endswith("interview") for meeting in meetings)
    fitting = sizes(len(groups), options, are_interviews=are_interviews)
    over_orders, n_orders, is_every = accumulate(
        [[(item.key, item.valence) for item in group.met] for group in groups], options
    )
    given = {code.code_key for code in mine}
    met = {item.key for group in groups for item in group.met}
    return Saturation(
        level=level,
        with_valence=with_valence,
        by=by,
        stratum=stratum,
        groups=groups,
        is_by_day=is_by_day,
        are_interviews=are_interviews,
        over_orders=over_orders,
        n_orders=n_orders,
        is_every_order=is_every,
        seed=options.seed,
        assessments=tuple(assess(new, base=base, run=length) for base, length in fitting),
        thresholds=options.thresholds,
        never_met=tuple(name for key, name in level.names.items() if key not in met),
        unjudged=tuple(corpus.transcripts[key].title for key in sorted(said.keys() - done)),
        is_suggested=is_suggested,
        n_given=len(given),
        n_a_priori=sum(code.origin is Origin.DEDUCTIVE for code in book.codes if code.key in given),
        n_above=len(given - level.head_of.keys()),
    )


def in_order(meetings: Iterable[Transcript]) -> tuple[list[Transcript], bool]:
    """Meetings by the day they were held on, and True; by label, and False, where the day of one is not known."""
    found = sorted(meetings, key=lambda meeting: meeting.label)
    is_by_day = bool(found) and all(meeting.held_on for meeting in found)
    return (sorted(found, key=lambda meeting: meeting.held_on or ""), True) if is_by_day else (found, False)


def _in_scope(corpus: Corpus, scope: Collection[str] | None) -> dict[str, list[str]]:
    """The segments to be coded of each group, in the order of the talk."""
    coded = (item for item in corpus.segments.values() if item.is_coded and (scope is None or item.id in scope))
    in_talk = grouped(sorted(coded, key=lambda item: item.position), lambda item: item.transcript_id)
    return {key: [item.id for item in mine] for key, mine in in_talk.items()}


def _is_in(segment_id: str, corpus: Corpus, scope: Collection[str] | None) -> bool:
    return segment_id in corpus.segments and (scope is None or segment_id in scope)


def _met(
    codes: Iterable[FinalCode], corpus: Corpus, entries: Mapping[str, Code], level: Level, with_valence: bool
) -> dict[str, dict[_Key, Met]]:
    """What was met in each group, with the first segment there that has it, in the order of the talk."""
    found: dict[str, dict[_Key, Met]] = {}
    for code in sorted(codes, key=lambda code: (corpus.segments[code.segment_id].position, code.code_key)):
        head = level.head_of.get(code.code_key)
        if head is None:
            continue
        entry, valence = entries.get(head), code.valence if with_valence else None
        met = Met(key=head, name=entry.name if entry else head, valence=valence, segment_id=code.segment_id, is_new=False)
        found.setdefault(corpus.segments[code.segment_id].transcript_id, {}).setdefault((head, valence), met)
    return found


def _groups(
    meetings: Sequence[Transcript],
    said: Mapping[str, Sequence[str]],
    met: Mapping[str, Mapping[_Key, Met]],
    judged: Collection[str] | None,
) -> tuple[GroupMet, ...]:
    """Groups in their order, with what each brought that those before it did not have."""
    found: list[GroupMet] = []
    known: set[_Key] = set()
    for meeting in meetings:
        own, segment_ids = met.get(meeting.id, {}), said.get(meeting.id, ())
        items = tuple(replace(item, is_new=key not in known) for key, item in own.items())
        known |= own.keys()
        found.append(
            GroupMet(
                transcript_id=meeting.id,
                title=meeting.title,
                segment_ids=tuple(segment_ids),
                n_unjudged=0 if judged is None else sum(key not in judged for key in segment_ids),
                met=items,
                n_so_far=len(known),
            )
        )
    return tuple(found)
