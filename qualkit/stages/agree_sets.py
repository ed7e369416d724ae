"""Agreement on all that a coder gave a unit at once, as one set of codes: for coding in which a unit may have several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from qualkit.agreement import coefficients, sets
from qualkit.agreement.sets import Said
from qualkit.model import Agreement
from qualkit.stages import agree_counts
from qualkit.stages.agree import Options, Votes

MOST_SETS = 20_000
"""Of more different sets alpha is not computed: its chance agreement compares each two of them."""


def run(*, votes: Votes, code_keys: Collection[str], options: Options, transcript_of: Mapping[str, str]) -> list[Agreement]:
    """Share of pairs of coders who gave a unit the same set, and Krippendorff's alpha by MASI and by Jaccard's distance.

    Units are those that two or more coders looked at; a coder who gave none of the codes gave the empty set.
    """
    said: dict[str, Counter[Said]] = {}
    keys = frozenset(code_keys)
    for unit, by_coder in votes.items():
        if len(by_coder) > 1:
            one = tuple((who, keys.intersection(by_coder[who])) for who in sorted(by_coder))
            said.setdefault(transcript_of[unit], Counter())[one] += 1
    return of_sets(said, options)


def of_sets(said: Mapping[str, Counter[Said]], options: Options) -> list[Agreement]:
    """As `run`, from how often each was said in each transcript."""
    every = sum(said.values(), Counter[Said]())
    basis = _basis(every)
    exact = sets.exact(every.items())
    nobody = coefficients.undefined_because("percent", 0)
    made = [
        Agreement(measure="exact_set", code_key=None, value=exact, undefined_because=nobody if exact is None else None, **basis)
    ]
    n_different = sets.n_different(said)
    counted = sets.counted(said) if 0 < n_different <= MOST_SETS else {}
    for name in sets.DISTANCES:
        value = float(sets.alpha(counted[name])) if counted else float("nan")
        if np.isnan(value):
            why = coefficients.undefined_because("alpha", basis["n_units"])
            if n_different > MOST_SETS:
                why = f"there are {n_different} different sets of codes, too many to compare each two of them"
            made.append(Agreement(measure=name, code_key=None, value=None, undefined_because=why, **basis))
            continue
        n = len(counted[name].units)
        drawn = sets.drawn(counted[name], options.n_draws, options.seed)
        interval, why = agree_counts.drawn_interval(value, drawn, n, options)
        made.append(Agreement(measure=name, code_key=None, value=value, interval=interval, no_interval_because=why, **basis))
    return made


def _basis(every: Counter[Said]) -> Any:
    """Units and coders, how many codes were given at all, and by coder on how many units any."""
    positives, sizes = Counter[str](), Counter[str]()
    for one, n in every.items():
        for who, codes in one:
            positives[who] += n * bool(codes)
            sizes["codes given"] += n * len(codes)
            sizes["empty sets"] += n * (not codes)
    return {
        "n_units": every.total(),
        "n_coders": len(positives),
        "counts": dict(sizes),
        "positives": dict(sorted(positives.items())),
    }
