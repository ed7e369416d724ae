"""How far raters agree who rated the same cells without seeing each other's ratings.

Only independent ratings count, never the consensus. Coefficients are over the scale from -2 to +2; a rating of mixed or missing
has no place on it and is left out there, and counted in `same`, which takes all seven ratings as they are. Intervals are from
cases drawn with replacement, since the constructs of one case are rated on the same talk (`agreement/intervals.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from qualkit.agreement import intervals, ordinal
from qualkit.agreement.counts import NO_LABEL, Floats
from qualkit.agreement.ordinal import Graded
from qualkit.model import GRADES, Agreement, PartAgreement, RatingValue
from qualkit.stages import agree
from qualkit.stages.agree_counts import drawn_interval
from qualkit.stages.ratings import EVERYBODY, SAME

Rated = Mapping[str, Sequence[Mapping[str, RatingValue]]]
"""Case -> of each construct rated there, by rater's name, the rating."""


def run(rated: Rated, options: agree.Options) -> list[PartAgreement]:
    """Coefficients of all raters together, then, of more than two, of each pair; empty if no cell has two ratings."""
    shared = {case: [cell for cell in cells if len(cell) > 1] for case, cells in rated.items()}
    shared = {case: cells for case, cells in shared.items() if cells}
    raters = sorted({name for cells in shared.values() for cell in cells for name in cell})
    if len(raters) < 2:
        return []
    found = [_part(EVERYBODY, shared, raters, options)]
    if len(raters) > 2:
        for pair in combinations(raters, 2):
            mine = {
                case: [{name: cell[name] for name in pair} for cell in cells if set(pair) <= cell.keys()]
                for case, cells in shared.items()
            }
            mine = {case: cells for case, cells in mine.items() if cells}
            if mine:
                found.append(_part(" and ".join(pair), mine, pair, options))
    return found


def _part(part: str, shared: Rated, raters: Sequence[str], options: agree.Options) -> PartAgreement:
    by_grade = _measured(shared, raters, GRADES, tuple(ordinal.MEASURES), options)
    same = _measured(shared, raters, tuple(RatingValue), ("percent",), options, called=SAME)
    return PartAgreement(part=part, coders=tuple(raters), agreement=(*by_grade, *same))


def _measured(
    shared: Rated,
    raters: Sequence[str],
    labels: Sequence[RatingValue],
    names: Sequence[str],
    options: agree.Options,
    *,
    called: str = "",
) -> list[Agreement]:
    """The measures `names` over ratings among `labels`; others are as if they had not been given."""
    place = {value: n for n, value in enumerate(labels)}
    cells = [(n, cell) for n, case in enumerate(sorted(shared)) for cell in shared[case]]
    table = np.array(
        [[place.get(cell[name], NO_LABEL) if name in cell else NO_LABEL for name in raters] for _, cell in cells],
        dtype=np.int64,
    )
    is_shared = (table != NO_LABEL).sum(axis=1) > 1
    cases = np.array([n for n, _ in cells])[is_shared]
    there, at = np.unique(cases, return_inverse=True)
    graded = ordinal.of_units(table[is_shared], len(labels)).grouped(at, len(there))
    rests_on = _rests_on(cells, raters, int(is_shared.sum()))
    return [_one(name, graded, rests_on, options, called=called or name) for name in names]


def _rests_on(cells: Sequence[tuple[int, Mapping[str, RatingValue]]], raters: Sequence[str], n_units: int) -> dict[str, Any]:
    given = Counter(value.value for _, cell in cells for value in cell.values())
    positives = Counter(name for _, cell in cells for name, value in cell.items() if value is not RatingValue.MISSING)
    return {
        "n_units": n_units,
        "n_coders": len(raters),
        "counts": {value.value: given[value.value] for value in RatingValue},
        "positives": {name: positives[name] for name in raters},
    }


def _one(name: str, graded: Graded, rests_on: Mapping[str, Any], options: agree.Options, *, called: str) -> Agreement:
    measure, n_cases = ordinal.MEASURES[name], len(graded.pairs)
    value = float(measure(graded.over())) if n_cases else float("nan")
    if np.isnan(value):
        why = ordinal.undefined_because(name, rests_on["n_units"])
        return Agreement(measure=called, code_key=None, value=None, undefined_because=why, **rests_on)
    drawn: Floats = np.zeros(0)
    if options.n_draws and n_cases >= intervals.MIN_TRANSCRIPTS:
        drawn = measure(graded.drawn(intervals.draws(n_cases, options.n_draws, options.seed)))
    interval, why = drawn_interval(value, drawn, n_cases, options, lowest=0.0 if name == "percent" else -1.0)
    if not len(drawn) and options.n_draws:
        why = intervals.none_because(n_cases, 1.0)
    return Agreement(measure=called, code_key=None, value=value, interval=interval, no_interval_because=why, **rests_on)
