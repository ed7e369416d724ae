"""Intercoder agreement, per code and pooled, with the counts behind every coefficient.

Only units that a coder looked at count, and only units that at least two looked at can agree. A code's presence on a unit
is a yes-or-no judgement; pooled figures take every pair of unit and code as one. Sources: Cohen (1960) for kappa;
Krippendorff (2019), *Content Analysis*, ch. 12, for alpha by coincidences.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from statistics import fmean
from typing import TYPE_CHECKING, cast

from qualkit.model import Agreement

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Labels = Mapping[str, str]
"""For one unit, coder name -> label; a coder who did not look is not in it."""

Pattern = tuple[tuple[str, str], ...]
"""The labels of one unit with their coders, sorted by name. Units with the same pattern are counted, not listed."""

Mark = tuple[str | None, Pattern]
"""A code and its pattern on a unit; without a code, who looked at the unit."""

ABSENT = "absent"
"""The label of a code that a coder who looked did not give."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is compared."""

    valence: bool = field(default=False, metadata={"help": "Compare facilitator, barrier and mixed, not presence alone."})


def run(
    *, votes: Mapping[str, Mapping[str, Mapping[str, str | None]]], code_keys: Sequence[str], options: Options
) -> list[Agreement]:
    """Percent agreement, Cohen's kappa and Krippendorff's alpha for each code, and pooled (`code_key` None).

    `votes` maps unit -> coder -> code -> what the coder said of it (a valence, or "present"), codes left out being absent.
    """
    marks = Counter(mark for by_coder in votes.values() for mark in marks_of(by_coder))
    return of_marks(marks, code_keys=code_keys, options=options)


def marks_of(by_coder: Mapping[str, Mapping[str, str | None]]) -> tuple[Mark, ...]:
    """What agreement needs of a unit: that these coders looked at it, and of each code that anybody gave, what each said.

    The codes that nobody gave, by far the most, are left out; `of_marks` counts them as the rest. Empty for under two coders.
    """
    if len(by_coder) < 2:
        return ()
    people = sorted(by_coder)
    keys = sorted({key for codes in by_coder.values() for key in codes})
    given = [(key, tuple((coder, by_coder[coder].get(key) or ABSENT) for coder in people)) for key in keys]
    return ((None, tuple((coder, ABSENT) for coder in people)), *given)


def of_marks(marks: Mapping[Mark, int], *, code_keys: Sequence[str], options: Options) -> list[Agreement]:
    """As `run`, from how often each mark of `marks_of` was made."""
    looked = {pattern: n for (key, pattern), n in marks.items() if key is None}
    given: dict[str, list[tuple[Pattern, int]]] = {}
    for (key, pattern), n in marks.items():
        if key is not None:
            given.setdefault(key, []).append((pattern, n))
    per_code = {key: _patterns(looked, given.get(key, ()), options) for key in code_keys}
    pooled: Counter[Pattern] = sum(per_code.values(), Counter())
    found = [result for key, patterns in per_code.items() for result in _measures(patterns, code_key=key)]
    return _measures(pooled, code_key=None) + found


def _patterns(looked: Mapping[Pattern, int], given: Iterable[tuple[Pattern, int]], options: Options) -> Counter[Pattern]:
    """How often each pattern occurs for one code: where somebody gave it, and, for the rest of the units, absent throughout."""
    left, found = Counter(looked), Counter[Pattern]()
    for pattern, n in given:
        left[tuple((coder, ABSENT) for coder, _ in pattern)] -= n
        found[pattern if options.valence else tuple((who, _presence(said)) for who, said in pattern)] += n
    return found + left


def _presence(said: str) -> str:
    return said if said == ABSENT else "present"


def measures(units: Sequence[Labels], *, code_key: str | None) -> list[Agreement]:
    """The three coefficients over `units`, each judged by two or more coders."""
    return _measures(_counted(units), code_key=code_key)


def _counted(units: Iterable[Labels]) -> Counter[Pattern]:
    return Counter(tuple(sorted(unit.items())) for unit in units)


def _measures(patterns: Counter[Pattern], *, code_key: str | None) -> list[Agreement]:
    counts: Counter[str] = Counter()
    for pattern, n in patterns.items():
        for _, label in pattern:
            counts[label] += n
    computed = (
        ("percent", _percent(patterns)),
        ("kappa", _kappa(patterns)),
        ("alpha", _alpha(patterns)),
    )
    return [
        Agreement(
            measure=name,
            code_key=code_key,
            value=result if isinstance(result, float) else None,
            undefined_because=result if isinstance(result, str) else None,
            n_units=patterns.total(),
            n_coders=len({coder for pattern in patterns for coder, _ in pattern}),
            counts=dict(sorted(counts.items())),
        )
        for name, result in computed
    ]


def percent(units: Sequence[Labels]) -> float | str:
    """Share of coder pairs, over all units, that gave the same label; or why there is none."""
    return _percent(_counted(units))


def _percent(patterns: Counter[Pattern]) -> float | str:
    n_same = n_pairs = 0
    for pattern, n in patterns.items():
        for (_, first), (_, second) in combinations(pattern, 2):
            n_pairs += n
            n_same += n * (first == second)
    return n_same / n_pairs if n_pairs else "no unit was coded by two coders"


def kappa(units: Sequence[Labels]) -> float | str:
    """Cohen's kappa; with more than two coders the mean over pairs of coders that share units."""
    return _kappa(_counted(units))


def _kappa(patterns: Counter[Pattern]) -> float | str:
    pairs: dict[tuple[str, str], Counter[tuple[str, str]]] = {}
    for pattern, n in patterns.items():
        for (a, first), (b, second) in combinations(pattern, 2):
            pairs.setdefault((a, b), Counter())[first, second] += n
    values = [_kappa_of_pair(pairs[pair]) for pair in sorted(pairs)]
    numbers = [value for value in values if isinstance(value, float)]
    if numbers:
        return fmean(numbers)
    return values[0] if values else "no unit was coded by two coders"


def _kappa_of_pair(pairs: Counter[tuple[str, str]]) -> float | str:
    """(p_o - p_e) / (1 - p_e), where p_e multiplies the two coders' own shares of each label."""
    n = pairs.total()
    observed = sum(times for (first, second), times in pairs.items() if first == second) / n
    firsts, seconds = Counter[str](), Counter[str]()
    for (first, second), times in pairs.items():
        firsts[first] += times
        seconds[second] += times
    expected = sum(firsts[label] * seconds[label] for label in firsts) / (n * n)
    if expected == 1:
        return "both coders gave one and the same label throughout"
    return (observed - expected) / (1 - expected)


def kappa_of_tables(tables: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Cohen's kappa of each of many tables of counts at once, NaN where it is undefined.

    `tables` has the shape (..., labels, labels): how many units the first coder gave the one label and the second the other.
    """
    import numpy as np

    n = tables.sum(axis=(-2, -1))
    same = n * np.trace(tables, axis1=-2, axis2=-1)
    by_chance = (tables.sum(axis=-1) * tables.sum(axis=-2)).sum(axis=-1)
    room = n * n - by_chance
    kappas = np.divide(same - by_chance, room, out=np.full(np.shape(n), np.nan), where=room > 0)
    return cast("npt.NDArray[np.floating]", kappas)


def alpha(units: Sequence[Labels]) -> float | str:
    """Krippendorff's alpha, nominal: 1 - (n - 1) * sum of disagreeing coincidences / sum of n_c * n_k over c != k."""
    return _alpha(_counted(units))


def _alpha(patterns: Counter[Pattern]) -> float | str:
    coincidences = _coincidences(patterns)
    if not coincidences:
        return "no unit was coded by two coders"
    totals: dict[str, float] = {}
    for (first, _), weight in coincidences.items():
        totals[first] = totals.get(first, 0.0) + weight
    n = sum(totals.values())
    expected = n * n - sum(total * total for total in totals.values())
    if expected == 0:
        return "only one label occurs, so there is no variation to agree on"
    disagreeing = sum(weight for (first, second), weight in coincidences.items() if first != second)
    return 1 - (n - 1) * disagreeing / expected


def _coincidences(patterns: Counter[Pattern]) -> dict[tuple[str, str], float]:
    """Ordered pairs of labels inside each unit, each weighted by 1 / (labels in the unit - 1)."""
    found: dict[tuple[str, str], float] = {}
    for pattern, n in patterns.items():
        if len(pattern) < 2:
            continue
        counts = Counter(label for _, label in pattern)
        for first in counts:
            for second in counts:
                n_pairs = counts[first] * (counts[second] - (first == second))
                if n_pairs:
                    found[first, second] = found.get((first, second), 0.0) + n * n_pairs / (len(pattern) - 1)
    return found
