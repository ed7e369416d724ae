"""Ratings as a matrix, constructs by groups or sites, and the constructs that distinguish two strata.

Damschroder & Lowery (2013) call a construct distinguishing where its ratings differ between sites of high and of low
implementation, strongly or weakly. Here that is a rule: it takes `FEWEST` cases of each stratum whose rating stands, and every
rating of the one stratum above every rating of the other; strongly where their means lie `strongly`, two points, apart or more,
as between -1 and +1, and weakly where they are nearer. Mixed counts as 0, as published, and missing for nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from math import comb

from qualkit.model import (
    Construct,
    Distinction,
    Distinguishes,
    RatedCase,
    RatingBasis,
    RatingCell,
    RatingValue,
    Spanner,
    Table,
    TableCell,
)
from qualkit.stages.ratings import GROUP, Options
from qualkit.wording import counted

Cells = Mapping[tuple[str, str], RatingCell]
"""(construct, case) -> what was rated."""

FEWEST = 2
"""So many cases of a stratum must have a rating that stands."""
NOT_RATED = "–"
MOST_ON_PAPER = 12
N_GENERAL = 2
"""So many notes are on marks and cells; what follows is on strata."""


def mark(cell: RatingCell) -> str:
    """A cell as it is printed: what stands, `[+1]` for what one rater said, `[−1 / +1]` where raters differ."""
    if cell.value is not None:
        return cell.value.sign
    order = list(RatingValue)
    said = sorted(set(cell.ratings.values()), key=order.index)
    return f"[{' / '.join(value.sign for value in said)}]" if said else NOT_RATED


# ---------------------------------------------------------------- what distinguishes strata


def compared(cases: Sequence[RatedCase]) -> tuple[str, str] | None:
    """The two strata that are held against each other, in the order of the cases; None unless there are exactly two."""
    names = tuple(dict.fromkeys(case.stratum for case in cases if case.stratum))
    return (names[0], names[1]) if len(names) == 2 else None


def distinctions(
    constructs: Sequence[Construct], cases: Sequence[RatedCase], cells: Cells, options: Options
) -> list[Distinction]:
    """How far each construct tells the two strata apart; empty where there are not two."""
    strata = compared(cases)
    if strata is None:
        return []
    found = []
    for construct in constructs:
        first, second = (
            tuple(
                number
                for case in cases
                if case.stratum == name and (number := _number(cells.get((construct.key, case.id)))) is not None
            )
            for name in strata
        )
        verdict = _verdict(first, second, options)
        found.append(Distinction(construct_key=construct.key, verdict=verdict, high=first, low=second))
    return found


def _number(cell: RatingCell | None) -> int | None:
    value = cell.value if cell else None
    return 0 if value is RatingValue.MIXED else value.number if value else None


def _verdict(first: Sequence[int], second: Sequence[int], options: Options) -> Distinguishes:
    if min(len(first), len(second)) < FEWEST:
        return Distinguishes.UNKNOWN
    if min(first) <= max(second) and min(second) <= max(first):
        return Distinguishes.NOT
    gap = abs(sum(first) / len(first) - sum(second) / len(second))
    return Distinguishes.STRONGLY if gap >= options.strongly else Distinguishes.WEAKLY


# ---------------------------------------------------------------- the table


def table(constructs: Sequence[Construct], cases: Sequence[RatedCase], cells: Cells, options: Options) -> Table:
    """Constructs in rows under their domains, cases in columns under their strata, and what distinguishes these."""
    told = {item.construct_key: item for item in distinctions(constructs, cases, cells, options)}

    def row(construct: Construct) -> tuple[TableCell, ...]:
        mine = (cells.get((construct.key, case.id)) for case in cases)
        last = (_told(told[construct.key]),) if told else ()
        return (construct.domain, construct.name, *(mark(cell) if cell else NOT_RATED for cell in mine), *last)

    return Table(
        title=f"Ratings of constructs by {options.by}",
        columns=("Domain", "Construct", *(case.name for case in cases), *(("Distinguishing",) if told else ())),
        rows=tuple(row(construct) for construct in constructs),
        notes=notes(constructs, cases, cells, options),
        n_stub=2,
        spanners=tuple(_strata(cases)),
        is_data=len(cases) > MOST_ON_PAPER,
    )


def _told(item: Distinction) -> str:
    """`strongly (+3.0)`: how far a construct distinguishes, and how far the first stratum's mean lies above the second's."""
    gap = f" ({item.gap:+.1f})".replace("-", "−") if item.gap is not None else ""
    return item.verdict.value + (gap if item.verdict in (Distinguishes.STRONGLY, Distinguishes.WEAKLY) else "")


def _strata(cases: Sequence[RatedCase]) -> list[Spanner]:
    """A heading over the cases of each stratum that has a name; the columns 0 and 1 name the constructs."""
    spanners = []
    for name, columns in groupby(enumerate(cases, start=2), key=lambda item: item[1].stratum):
        places = [place for place, _ in columns]
        if name:
            spanners.append(Spanner(text=name, first=places[0], last=places[-1]))
    return spanners


def notes(constructs: Sequence[Construct], cases: Sequence[RatedCase], cells: Cells, options: Options) -> tuple[str, ...]:
    """What the marks mean, what the cells rest on, and what distinguishing means."""
    n = Counter(cell.basis for cell in cells.values())
    n_all = len(constructs) * len(cases)
    rests_on = (
        f"Of {counted(n_all, 'cell')} ({counted(len(constructs), 'construct')}, {counted(len(cases), options.by)}) "
        f"{n[RatingBasis.CONSENSUS]} rest on a consensus, {n[RatingBasis.ALIKE]} on raters who said the same, "
        f"{n[RatingBasis.SINGLE]} on one rater only, {n[RatingBasis.OPEN]} wait for a consensus, and "
        f"{n_all - sum(n[basis] for basis in RatingBasis if basis is not RatingBasis.NOBODY)} are not rated. "
        "Raters did not see each other's rating of a cell before their own."
    )
    marks = (
        "+2, +1: helped strongly, weakly; −1, −2: hindered weakly, strongly; 0: neutral; X: mixed; M: missing, which is not 0. "
        f"In brackets what does not stand yet: one rating, or those of raters who differ. {NOT_RATED}: not rated."
    )
    return (marks, rests_on, *_distinguishing(cases, options))


def _distinguishing(cases: Sequence[RatedCase], options: Options) -> tuple[str, ...]:
    strata = compared(cases)
    if strata is None:
        return ()
    sizes = [sum(case.stratum == name for case in cases) for name in strata]
    places = "groups" if options.by == GROUP else "sites"
    chance = 2 / comb(sum(sizes), sizes[0])
    return (
        f"Distinguishing {strata[0]} (N = {sizes[0]} {places}) from {strata[1]} (N = {sizes[1]}): every rating of one stratum "
        f"above every one of the other, strongly with means {options.strongly:g} points apart or more, weakly with less; in "
        f"brackets the mean of {strata[0]} less that of {strata[1]}. It takes {FEWEST} or more ratings that stand in each "
        f"stratum, X as 0 and M left out. A pattern, and no test: with so few {places}, ratings that have nothing to do with "
        f"the strata would separate by chance in up to {chance:.0%} of constructs.",
    )
