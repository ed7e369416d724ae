"""Agreement in parts of the data: of each two coders, as time goes by, and of people with a machine beside people alone.

With more than two coders a part is put together from its pairs: each coefficient is that of two coders, and what is given is
its mean over the pairs concerned, so that people among themselves and people with a machine are measured alike.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from qualkit.agreement import coefficients, intervals
from qualkit.agreement.counts import Counts, Floats
from qualkit.errors import StudyError
from qualkit.model import Agreement, PartAgreement
from qualkit.stages import agree, agree_counts
from qualkit.stages.agree import ABSENT, PRESENT, Mark, Options, Votes
from qualkit.stages.agree_counts import Tallied

NAMES = ("percent", "kappa", "alpha", "ac1", "pabak")


def pairs(
    votes: Votes,
    *,
    marks: Mapping[str, Mapping[Mark, int]],
    code_keys: Sequence[str],
    options: Options,
    code_key: str | None = None,
) -> list[PartAgreement]:
    """Agreement of each two coders who looked at the same units: on all codes pooled, or on `code_key`.

    `marks` are those of `votes`, which are counted once for whatever is asked of them.
    """
    found = _tallied(marks, code_keys, options)
    at = found.keys.index(code_key)
    made = []
    for n, two in enumerate(combinations(found.coders, 2)):
        own = found.counts.of_pairs()[:, at, n]
        if own.units.sum():
            part = Tallied(counts=own[:, None], keys=(code_key,), coders=two, labels=found.labels)
            both = {unit: {who: said[who] for who in two} for unit, said in votes.items() if said.keys() >= set(two)}
            made.append(
                PartAgreement(
                    part=" and ".join(two), coders=two, agreement=tuple(agree_counts.listed(part, options, NAMES)),
                    compared=tuple(both), apart=_apart(both, code_key),
                )
            )  # fmt: skip
    return made


def over_time(
    votes: Votes,
    *,
    when: Mapping[str, str],
    code_keys: Sequence[str],
    options: Options,
    transcript_of: Mapping[str, str],
    n_parts: int = 4,
) -> list[PartAgreement]:
    """Agreement, all codes pooled, in parts of as many units each, from what was judged first to what was judged last.

    `when` says by unit when the last of those compared judged it, as text that sorts by time (ISO 8601). What coders do after
    they have talked, or as they tire, shows as drift. Raises `StudyError` for less than one part.
    """
    if n_parts < 1:
        raise StudyError(f"Time is cut into 1 part or more, not into {n_parts}.")
    ordered = sorted((unit for unit, said in votes.items() if len(said) > 1 and unit in when), key=lambda unit: when[unit])
    given = {key for unit in ordered for codes in votes[unit].values() for key in codes}
    made = []
    for n, part in enumerate(np.array_split(np.array(ordered, dtype=object), min(n_parts, max(1, len(ordered))))):
        own = {unit: votes[unit] for unit in part.tolist()}
        found = _tallied(agree.marks_by_transcript(own, transcript_of), code_keys, options, pooled=given)
        whole = replace(found, counts=found.counts[:, :1], keys=(None,))
        coders = tuple(sorted({who for said in own.values() for who in said}))
        made.append(
            PartAgreement(
                part=f"part {n + 1}", coders=coders, agreement=tuple(agree_counts.listed(whole, options, NAMES)),
                compared=tuple(own), apart=_apart(own, None),
            )
        )  # fmt: skip
    return made


def with_machine(
    votes: Votes,
    *,
    machine: str,
    suggested: Mapping[str, Collection[str]],
    code_keys: Sequence[str],
    options: Options,
    transcript_of: Mapping[str, str],
    code_key: str | None = None,
) -> tuple[PartAgreement, PartAgreement]:
    """People among themselves, and people with a machine, on the same units: all codes pooled, or one code.

    `suggested` has the codes that the machine gave by itself to each unit that it has read, none where it gave none. Units are
    those that it read and that two or more people looked at, so that both figures rest on the same talk; presence is compared.
    """
    joined = {
        unit: {**said, machine: dict.fromkeys(suggested[unit], PRESENT)}
        for unit, said in votes.items()
        if len(said) > 1 and unit in suggested
    }
    marks = agree.marks_by_transcript(joined, transcript_of)
    found = _tallied(marks, code_keys, replace(options, valence=False))
    listed = list(combinations(found.coders, 2))
    people = tuple(who for who in found.coders if who != machine)
    among = [n for n, two in enumerate(listed) if machine not in two]
    beside = [n for n, two in enumerate(listed) if machine in two]
    compared = tuple(joined)
    return (
        PartAgreement(
            part="people", coders=people, agreement=_means(found, among, code_key, options, people),
            compared=compared, apart=_apart({unit: votes[unit] for unit in joined}, code_key),
        ),
        PartAgreement(
            part=machine, coders=found.coders, agreement=_means(found, beside, code_key, options, found.coders),
            compared=compared, apart=_apart(joined, code_key, beside=machine),
        ),
    )  # fmt: skip


def _apart(votes: Votes, code_key: str | None, beside: str = "") -> tuple[str, ...]:
    """Units to which not all gave the same codes, or the same answer about one; told `beside`, not the same as that coder."""

    def differ(said: Mapping[str, Mapping[str, str | None]]) -> bool:
        given = {who: code_key in codes if code_key else frozenset(codes) for who, codes in said.items()}
        other = given[beside] if beside else next(iter(given.values()))
        return any(one != other for one in given.values())

    return tuple(unit for unit, said in votes.items() if differ(said))


def _tallied(
    marks: Mapping[str, Mapping[Mark, int]], code_keys: Sequence[str], options: Options, pooled: Collection[str] | None = None
) -> Tallied:
    labels = (ABSENT,) if options.valence else (ABSENT, PRESENT)
    return agree_counts.tallied(marks, code_keys=code_keys, labels=labels, by_valence=options.valence, pooled=pooled)


def _means(
    found: Tallied, chosen: Sequence[int], code_key: str | None, options: Options, coders: Collection[str]
) -> tuple[Agreement, ...]:
    """Each coefficient's mean over some pairs of `coders`."""
    own = found.counts.of_pairs()[:, found.keys.index(code_key)][:, list(chosen)]
    n = len(own.units)
    whole = own.over()
    basis = agree_counts.basis(found.counts[:, found.keys.index(code_key)].over(), found, coders)
    weights = intervals.draws(n, options.n_draws, options.seed) if n and options.n_draws else np.ones((0, n))
    made = []
    for name in NAMES:
        value = float(_mean(name, whole))
        if np.isnan(value):
            why = coefficients.undefined_because(name, basis["n_units"])
            made.append(Agreement(measure=name, code_key=code_key, value=None, undefined_because=why, **basis))
            continue
        interval, why = agree_counts.drawn_interval(
            value, _mean(name, own.drawn(weights)), n, options, lowest=coefficients.LOWEST.get(name, -1.0)
        )
        made.append(
            Agreement(measure=name, code_key=code_key, value=value, interval=interval, no_interval_because=why, **basis)
        )
    return tuple(made)


def _mean(name: str, counts: Counts) -> Floats:
    return coefficients.mean_defined(coefficients.MEASURES[name](counts))
