"""From what coders said to coefficients with their intervals: what `stages/agree.py` and its like are made of.

Marks are put into arrays once (`tallied`), the coefficients of `qualkit/agreement/` are taken of these, and each becomes an
`Agreement` that says what it rests on (`listed`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qualkit.agreement import coefficients, counts, intervals
from qualkit.agreement.counts import Counts, Floats
from qualkit.agreement.intervals import Ends
from qualkit.model import Agreement, Interval
from qualkit.stages.agree import ABSENT, PRESENT, Labels, Mark, Options, Pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class Tallied:
    """Counts of shape (transcripts, codes): `keys` names the codes, None all of them pooled."""

    counts: Counts
    keys: tuple[str | None, ...]
    coders: tuple[str, ...]
    labels: tuple[str, ...]


def tallied(
    marks: Mapping[str, Mapping[Mark, int]],
    *,
    code_keys: Sequence[str],
    labels: Sequence[str],
    by_valence: bool,
    pooled: Collection[str] | None = None,
) -> Tallied:
    """What was marked, as counts: by transcript, all codes pooled and then one by one.

    `pooled` are for None the codes that anybody gave: of the others there is only agreement on their absence, and more of it
    the longer the codebook. `labels` come first among the labels, the others that occur after them. Transcripts are in
    the order of their ids.
    """
    number = {key: n for n, key in enumerate(code_keys)}
    cells: Counter[tuple[int, Pattern]] = Counter()
    for row, (_, made) in enumerate(sorted((where, made) for where, made in marks.items() if made)):
        for (key, pattern), n in made.items():
            if key is None:
                for at in range(len(number)):
                    cells[row * len(number) + at, pattern] += n
            elif key in number:
                at = row * len(number) + number[key]
                cells[at, pattern if by_valence else _presence(pattern)] += n
                if labels:  # else nobody was counted as absent before
                    cells[at, tuple((who, ABSENT) for who, _ in pattern)] -= n
    n_rows = sum(1 for made in marks.values() if made)
    patterns = sorted({pattern for _, pattern in cells})
    rows, coders, all_labels = _rows(patterns, labels)
    place = {pattern: n for n, pattern in enumerate(patterns)}
    ordered = np.array(sorted((at, place[pattern], n) for (at, pattern), n in cells.items()), dtype=np.int64).reshape(-1, 3)
    shape = (n_rows, len(number))
    # added up in one order, whichever the marks came in, so that equal marks give equal figures to the last digit
    by_code = counts.summed(rows, cells=ordered[:, 0], which=ordered[:, 1], times=ordered[:, 2].astype(float), shape=shape)
    given = {key for made in marks.values() for key, _ in made} if pooled is None else pooled
    columns = [n for key, n in number.items() if key in given]
    whole = by_code[:, columns or slice(None)].over(1)[:, None]
    return Tallied(counts=counts.joined([whole, by_code]), keys=(None, *code_keys), coders=coders, labels=all_labels)


def _presence(pattern: Pattern) -> Pattern:
    return tuple((who, said if said == ABSENT else PRESENT) for who, said in pattern)


def _rows(patterns: Sequence[Pattern], first: Sequence[str]) -> tuple[Counts, tuple[str, ...], tuple[str, ...]]:
    """Counts of each pattern by itself, the coders, and the labels, of which there are two at least."""
    coders = tuple(sorted({who for pattern in patterns for who, _ in pattern}))
    others = sorted({said for pattern in patterns for _, said in pattern} - set(first))
    labels = (*first, *others)
    columns, values = {who: n for n, who in enumerate(coders)}, {said: n for n, said in enumerate(labels)}
    table = np.full((len(patterns), max(2, len(coders))), counts.NO_LABEL)
    for n, pattern in enumerate(patterns):
        for who, said in pattern:
            table[n, columns[who]] = values[said]
    return counts.of_units(table, max(2, len(labels))), coders, labels


def of_labels(units: Iterable[Labels], code_key: str | None, labels: Sequence[str] = ()) -> Tallied:
    """Counts of `units`, each judged by two or more coders, in one transcript; `labels` as for `tallied`."""
    found = Counter(tuple(sorted(unit.items())) for unit in units)
    patterns = sorted(found)
    rows, coders, all_labels = _rows(patterns, labels)
    whole = rows.drawn(np.array([[found[pattern] for pattern in patterns]], dtype=float))
    return Tallied(counts=whole[:, None], keys=(code_key,), coders=coders, labels=all_labels)


# ---------------------------------------------------------------- to coefficients


def listed(found: Tallied, options: Options | None, names: Sequence[str] = tuple(coefficients.MEASURES)) -> list[Agreement]:
    """The coefficients `names` of each code; with `options`, with their intervals."""
    whole = found.counts.over()
    drawn = tuple(name for name in names if name not in coefficients.INDICES)
    n_draws = options.n_draws if options else 0
    ends = intervals.of_measures(found.counts, drawn, n_draws=n_draws, seed=options.seed) if options and n_draws else {}
    values = {name: coefficients.MEASURES[name](whole) for name in names}
    n_transcripts = len(found.counts.units)
    made = []
    for at, key in enumerate(found.keys):
        rests_on = basis(whole[at], found)
        for name in names:
            value = float(values[name][at])
            if np.isnan(value):
                why = coefficients.undefined_because(name, rests_on["n_units"])
                made.append(Agreement(measure=name, code_key=key, value=None, undefined_because=why, **rests_on))
                continue
            interval, why = _interval(ends[name], at, n_transcripts, options) if options and name in ends else (None, "")
            made.append(
                Agreement(measure=name, code_key=key, value=value, interval=interval, no_interval_because=why, **rests_on)
            )
    return made


def drawn_interval(
    value: float, drawn: Floats, n_transcripts: int, options: Options, *, lowest: float = -1.0
) -> tuple[Interval | None, str]:
    """The interval of one coefficient from its values in draws of transcripts, or why there is none."""
    if not len(drawn):
        return None, ""
    if n_transcripts < intervals.MIN_TRANSCRIPTS:
        return None, intervals.none_because(n_transcripts, 1.0)
    found = intervals.ends(np.array([value]), drawn[:, None], n_transcripts, lowest=lowest)
    return _interval(found, 0, n_transcripts, options)


def _interval(ends: Ends, at: int, n_transcripts: int, options: Options) -> tuple[Interval | None, str]:
    if np.isnan(ends.low[at]):
        return None, intervals.none_because(n_transcripts, float(ends.share_defined[at]))
    interval = Interval(
        low=float(ends.low[at]), high=float(ends.high[at]), level=intervals.LEVEL, method=intervals.METHOD,
        n_draws=options.n_draws, n_transcripts=n_transcripts, seed=options.seed,
    )  # fmt: skip
    return interval, ""


def basis(whole: Counts, found: Tallied, coders: Collection[str] | None = None) -> dict[str, Any]:
    """How many units and coders a coefficient rests on, how often each label was given, and by coder how many not absent.

    Of `coders` only, if they are named.
    """
    given = {
        who: dict(zip(found.labels, own, strict=False))
        for who, own in zip(found.coders, whole.by_coder, strict=False)
        if own.sum() > 0 and (coders is None or who in coders)
    }
    said = {label: round(sum(own[label] for own in given.values())) for label in sorted(found.labels)}
    return {
        "n_units": round(float(whole.units)),
        "n_coders": len(given),
        "counts": {label: n for label, n in said.items() if n},
        "positives": {who: round(sum(own.values()) - own.get(ABSENT, 0)) for who, own in given.items()},
    }
