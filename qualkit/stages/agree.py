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
    per_code = {key: _units_for(votes, key, options) for key in code_keys}
    pooled = [unit for units in per_code.values() for unit in units]
    found = [result for key, units in per_code.items() for result in measures(units, code_key=key)]
    return measures(pooled, code_key=None) + found


def _units_for(votes: Mapping[str, Mapping[str, Mapping[str, str | None]]], key: str, options: Options) -> list[Labels]:
    def label(said: Mapping[str, str | None]) -> str:
        if said.get(key) is None:
            return "absent"
        return str(said[key]) if options.valence else "present"

    units = [{coder: label(said) for coder, said in by_coder.items()} for by_coder in votes.values()]
    return [unit for unit in units if len(unit) >= 2]


def measures(units: Sequence[Labels], *, code_key: str | None) -> list[Agreement]:
    """The three coefficients over `units`, each judged by two or more coders."""
    coders = {coder for unit in units for coder in unit}
    counts = dict(sorted(Counter(label for unit in units for label in unit.values()).items()))
    computed = (
        ("percent", percent(units)),
        ("kappa", kappa(units)),
        ("alpha", alpha(units)),
    )
    return [
        Agreement(
            measure=name,
            code_key=code_key,
            value=result if isinstance(result, float) else None,
            undefined_because=result if isinstance(result, str) else None,
            n_units=len(units),
            n_coders=len(coders),
            counts=counts,
        )
        for name, result in computed
    ]


def percent(units: Sequence[Labels]) -> float | str:
    """Share of coder pairs, over all units, that gave the same label; or why there is none."""
    same = [first == second for unit in units for first, second in combinations(unit.values(), 2)]
    return fmean(same) if same else "no unit was coded by two coders"


def kappa(units: Sequence[Labels]) -> float | str:
    """Cohen's kappa; with more than two coders the mean over pairs of coders that share units."""
    coders = sorted({coder for unit in units for coder in unit})
    pairs = [[(unit[a], unit[b]) for unit in units if a in unit and b in unit] for a, b in combinations(coders, 2)]
    values = [_kappa_of_pair(pair) for pair in pairs if pair]
    numbers = [value for value in values if isinstance(value, float)]
    if numbers:
        return fmean(numbers)
    return values[0] if values else "no unit was coded by two coders"


def _kappa_of_pair(pairs: Sequence[tuple[str, str]]) -> float | str:
    """(p_o - p_e) / (1 - p_e), where p_e multiplies the two coders' own shares of each label."""
    n = len(pairs)
    observed = sum(first == second for first, second in pairs) / n
    firsts, seconds = Counter(first for first, _ in pairs), Counter(second for _, second in pairs)
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
    coincidences = _coincidences(unit.values() for unit in units if len(unit) >= 2)
    if not coincidences:
        return "no unit was coded by two coders"
    totals: Counter[str] = Counter()
    for (first, _), weight in coincidences.items():
        totals[first] += weight
    n = sum(totals.values())
    expected = n * n - sum(total * total for total in totals.values())
    if expected == 0:
        return "only one label occurs, so there is no variation to agree on"
    disagreeing = sum(weight for (first, second), weight in coincidences.items() if first != second)
    return 1 - (n - 1) * disagreeing / expected


def _coincidences(units: Iterable[Iterable[str]]) -> Counter[tuple[str, str]]:
    """Ordered pairs of labels inside each unit, each weighted by 1 / (labels in the unit - 1)."""
    found: Counter[tuple[str, str]] = Counter()
    for unit in units:
        counts = Counter(unit)
        weight = 1 / (sum(counts.values()) - 1)
        for first in counts:
            for second in counts:
                n_pairs = counts[first] * (counts[second] - (first == second))
                if n_pairs:
                    found[first, second] += n_pairs * weight  # type: ignore[assignment]
    return found
