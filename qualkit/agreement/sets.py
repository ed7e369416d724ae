"""Agreement on sets of codes: all that a coder gave a unit is one label, and labels are more or less unlike.

Krippendorff's alpha with a distance between sets: by Jaccard (1901) the share of their union that they do not have in common,
by MASI (Passonneau 2006) that, with a weight on what they have in common: 1 for equal sets, 2/3 where one holds the other,
1/3 where they overlap. Two empty sets are equal, an empty and another one as far apart as can be.

What is expected by chance is a sum over all pairs of labels, so drawing transcripts would mean going over all pairs again. It
is summed once between every two transcripts instead; a draw that holds them w times is then a quadratic form in w.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from qualkit.agreement import intervals
from qualkit.agreement.coefficients import ratio
from qualkit.agreement.counts import Floats

Said = tuple[tuple[str, frozenset[str]], ...]
"""The codes that each coder gave a unit, by coder's name; only those who looked."""

Distance = Callable[[Floats, Floats, Floats], Floats]
"""From how much two sets share, and their sizes, how far apart they are."""

CHUNK = 500_000
"""So many pairs of sets are compared at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCounts:
    """Sums over units by transcript: `expected` has the shape (transcripts, transcripts), the others (transcripts,).

    `apart` sums the distances of ordered pairs of labels of a unit, over one less than its labels; `expected` those of all
    pairs of a label of the one transcript and a label of the other.
    """

    units: Floats
    labels: Floats
    apart: Floats
    expected: Floats


def jaccard(shared: Floats, one: Floats, other: Floats) -> Floats:
    """1 - |both| / |either|."""
    return 1 - _likeness(shared, one, other)


def masi(shared: Floats, one: Floats, other: Floats) -> Floats:
    """1 - weight * |both| / |either|."""
    likeness = _likeness(shared, one, other)
    weight = np.where(likeness == 1, 1.0, np.where(shared == np.minimum(one, other), 2 / 3, 1 / 3))
    return 1 - weight * likeness


def _likeness(shared: Floats, one: Floats, other: Floats) -> Floats:
    either = one + other - shared
    return np.where(either > 0, shared / np.maximum(either, 1), 1.0)


DISTANCES: Mapping[str, Distance] = {"alpha_masi": masi, "alpha_jaccard": jaccard}


def counted(said: Mapping[str, Mapping[Said, int]]) -> dict[str, SetCounts]:
    """What was said, by transcript and how often, as counts by name of the distance; transcripts in the order of their ids."""
    parts = [{one: n for one, n in said[where].items() if len(one) > 1} for where in sorted(said)]
    parts = [part for part in parts if part]
    sets = sorted({codes for part in parts for one in part for _, codes in one}, key=sorted)
    place, members = {codes: n for n, codes in enumerate(sets)}, _members(sets)
    often, apart = np.zeros((len(parts), len(sets))), {name: np.zeros(len(parts)) for name in DISTANCES}
    for row, part in enumerate(parts):
        for one, n in part.items():
            at = [place[codes] for _, codes in one]
            np.add.at(often[row], at, n)
            pairs = np.triu_indices(len(at), 1)
            for name, distances in _between(members[at], members[at]).items():
                apart[name][row] += 2 * n * float(distances[pairs].sum()) / (len(at) - 1)
    units, labels, expected = (
        np.array([sum(part.values()) for part in parts], dtype=float),
        often.sum(axis=1),
        _crossed(often, members),
    )
    return {name: SetCounts(units=units, labels=labels, apart=apart[name], expected=expected[name]) for name in DISTANCES}


def n_different(said: Mapping[str, Mapping[Said, int]]) -> int:
    """How many different sets there are."""
    return len({codes for part in said.values() for one in part for _, codes in one})


def _members(sets: Sequence[Collection[str]]) -> Floats:
    """Which codes each set has, shape (sets, codes), in single precision, as there may be many pairs of them."""
    column = {key: n for n, key in enumerate(sorted({key for codes in sets for key in codes}))}
    found = np.zeros((len(sets), max(1, len(column))), dtype=np.float32)
    for row, codes in enumerate(sets):
        found[row, [column[key] for key in codes]] = 1
    return found


def _between(some: Floats, others: Floats) -> dict[str, Floats]:
    shared, one, other = some @ others.T, some.sum(axis=1)[:, None], others.sum(axis=1)[None]
    return {name: distance(shared, one, other) for name, distance in DISTANCES.items()}


def _crossed(often: Floats, members: Floats) -> dict[str, Floats]:
    """Distances of all pairs of labels of two transcripts, by name of the distance; each two sets are compared once."""
    found: dict[str, Floats] = {name: np.zeros((len(often), len(often))) for name in DISTANCES}
    step = max(1, CHUNK // max(1, len(members)))
    for start in range(0, len(members), step):
        part, rest = slice(start, start + step), slice(start + step, None)
        for name, distances in _between(members[part], members[part]).items():
            found[name] += often[:, part] @ distances @ often[:, part].T
        for name, distances in _between(members[part], members[rest]).items():
            once = often[:, part] @ (distances @ often[:, rest].T)
            found[name] += once + once.T
    return found


def alpha(counts: SetCounts, weights: Floats | None = None) -> Floats:
    """Krippendorff's alpha over all units; with `weights`, shape (draws, transcripts), of each draw."""
    drawn = np.ones((1, len(counts.units))) if weights is None else weights
    observed, n = drawn @ counts.apart, drawn @ counts.labels
    expected = ((drawn @ counts.expected) * drawn).sum(axis=1)
    found = 1 - ratio((n - 1) * observed, expected)
    return found if weights is not None else found[0]


def drawn(counts: SetCounts, n_draws: int, seed: int) -> Floats:
    """Alpha in draws of transcripts with replacement, shape (draws,)."""
    return alpha(counts, intervals.draws(len(counts.units), n_draws, seed)) if len(counts.units) else np.zeros(0)


def exact(said: Iterable[tuple[Said, int]]) -> float | None:
    """Share of pairs of coders that gave a unit the same set; None without a pair."""
    same = pairs = 0
    for one, n in said:
        for (_, first), (_, second) in combinations(one, 2):
            pairs += n
            same += n * (first == second)
    return same / pairs if pairs else None
