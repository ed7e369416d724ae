"""Why the kappa of a code is low: its tables, what they show in words, and the units on which coders differ most.

A low kappa has four common reasons: hardly any unit has the code, so that chance explains nearly all agreement (Feinstein &
Cicchetti 1990); too few units have it for any figure; one coder gives it more readily than another (bias: Byrt, Bishop &
Carlin 1993); or coders really see it in different places. Only the last two are a matter of the codebook.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import combinations

from qualkit.model import Agreement, Diagnosis, Divergence, TwoByTwo
from qualkit.stages import agree
from qualkit.stages.agree import ABSENT, Options, Votes
from qualkit.wording import counted, two_decimals

N_WORST = 5
FEW_POSITIVES = 10
HIGH_PREVALENCE = 0.8
"""A prevalence index from which chance explains most of the agreement there is."""
HIGH_BIAS = 0.1
WIDE_GAP = 0.2
"""How far PABAK must lie above kappa for rareness to be named as the reason."""

Words = Mapping[str, Mapping[str, str]]
"""Unit -> coder -> the words that the coder marked for the code, or their reason for it."""


def run(
    *,
    code_key: str,
    votes: Votes,
    words: Words,
    options: Options,
    transcript_of: Mapping[str, str],
    n_worst: int = N_WORST,
) -> Diagnosis:
    """What explains the agreement on one code; `votes` in the order of the talk."""
    judged = {unit: by_coder for unit, by_coder in votes.items() if len(by_coder) > 1}
    found = agree.run(votes=judged, code_keys=[code_key], options=options, transcript_of=transcript_of)
    own = tuple(item for item in found if item.code_key == code_key)
    tables = _tables(judged, code_key)
    apart = _apart(judged, code_key, words, by_valence=options.valence)
    return Diagnosis(
        code_key=code_key,
        tables=tables,
        agreement=own,
        reasons=tuple(_reasons(tables, {item.measure: item for item in own})),
        worst=_worst(apart, transcript_of, n_worst),
        n_apart=len(apart),
    )


# ---------------------------------------------------------------- tables


def _tables(judged: Votes, code_key: str) -> tuple[TwoByTwo, ...]:
    cells: Counter[tuple[str, str, bool, bool]] = Counter()
    for by_coder in judged.values():
        gave = {who: bool(codes.get(code_key)) for who, codes in sorted(by_coder.items())}
        cells.update((one, other, gave[one], gave[other]) for one, other in combinations(gave, 2))
    pairs = sorted({(one, other) for one, other, _, _ in cells})
    return tuple(
        TwoByTwo(
            coders=pair,
            both=cells[(*pair, True, True)],
            only_first=cells[(*pair, True, False)],
            only_second=cells[(*pair, False, True)],
            neither=cells[(*pair, False, False)],
        )
        for pair in pairs
    )


# ---------------------------------------------------------------- in words


def _reasons(tables: tuple[TwoByTwo, ...], figures: Mapping[str, Agreement]) -> list[str]:
    kappa = figures["kappa"]
    if not kappa.n_units:
        return ["No segment was looked at by two coders, so there is nothing to compare."]
    most = max(kappa.positives.values(), default=0)
    if figures["percent"].value == 1 and not any(table.n - table.both for table in tables):
        return ["Every coder gave this code to every segment compared, so there is nothing to agree on but its presence."]
    said = [_silent(kappa), _few(tables, kappa, most), _rare(figures), *(_biased(table) for table in tables)]
    found = [sentence for sentence in said if sentence]
    return found + ([_elsewhere(tables)] if any(table.only_first + table.only_second for table in tables) else [])


def _silent(kappa: Agreement) -> str:
    never = [who for who, n in kappa.positives.items() if not n]
    if not any(kappa.positives.values()):
        return "No coder gave this code, so there is nothing to agree on but its absence."
    return f"{' and '.join(never)} never gave it, and kappa is 0 or undefined wherever one coder never does." if never else ""


def _few(tables: tuple[TwoByTwo, ...], kappa: Agreement, most: int) -> str:
    if not 0 < most < FEW_POSITIVES:
        return ""
    given = f"It was given {', '.join(f'{n} times by {who}' for who, n in kappa.positives.items())}: too seldom for any figure."
    table = max(tables, key=lambda item: item.only_first + item.only_second)
    if len(tables) > 1 or kappa.value is None or not table.only_first + table.only_second:
        return given
    other = _kappa(table.both + 1, max(0, table.only_first - 1), table.only_second - (not table.only_first), table.neither)
    return f"{given} Had one more segment been given it by both, kappa would be {two_decimals(other)}."


def _rare(figures: Mapping[str, Agreement]) -> str:
    index, kappa, pabak, ac1 = (figures[name].value for name in ("prevalence_index", "kappa", "pabak", "ac1"))
    if figures["percent"].value == 1:
        return ""  # no disagreement that could have cost anything
    if index is None or index < HIGH_PREVALENCE or pabak is None or ac1 is None or pabak - (kappa or 0.0) < WIDE_GAP:
        return ""
    return (
        f"Nearly all segments are alike in this code (prevalence index {two_decimals(index)}), so that chance alone explains "
        f"most of the agreement and each disagreement costs much kappa. PABAK is {two_decimals(pabak)} and AC1 "
        f"{two_decimals(ac1)}: report them beside kappa, with the counts, not instead of it."
    )


def _biased(table: TwoByTwo) -> str:
    bias = abs(table.only_first - table.only_second) / table.n
    if bias < HIGH_BIAS:
        return ""
    first, second = table.both + table.only_first, table.both + table.only_second
    return (
        f"{table.coders[0]} gave it on {first} and {table.coders[1]} on {second} of {counted(table.n, 'segment')} (bias index "
        f"{two_decimals(bias)}): one gives it more readily. Look at what the codebook says of when not to use it."
    )


def _elsewhere(tables: tuple[TwoByTwo, ...]) -> str:
    said = "; ".join(
        f"{' and '.join(table.coders)} both gave it on {table.both} of the {counted(table.n - table.neither, 'segment')} that "
        "either did"
        for table in tables
    )
    return f"{said}."


def _kappa(both: int, first: int, second: int, neither: int) -> float:
    n = both + first + second + neither
    by_chance = (both + first) * (both + second) + (neither + first) * (neither + second)
    return (n * (both + neither) - by_chance) / (n * n - by_chance) if n * n > by_chance else 1.0


# ---------------------------------------------------------------- the worst units


def _apart(judged: Votes, code_key: str, words: Words, *, by_valence: bool) -> list[Divergence]:
    found = []
    for unit, by_coder in judged.items():
        said = {who: codes.get(code_key) or ABSENT for who, codes in sorted(by_coder.items())}
        compared = list(said.values()) if by_valence else [label == ABSENT for label in said.values()]
        pairs = list(combinations(compared, 2))
        share = sum(one != other for one, other in pairs) / len(pairs)
        if share:
            found.append(Divergence(unit_id=unit, said=said, words=dict(words.get(unit, {})), share=share))
    return found


def _worst(apart: list[Divergence], transcript_of: Mapping[str, str], n_worst: int) -> tuple[Divergence, ...]:
    """Those with most pairs apart; among equals one of every transcript before a second of any, in the order of the talk."""
    turn: Counter[tuple[float, str]] = Counter()
    ranked = []
    for place, item in enumerate(apart):
        group = (item.share, transcript_of.get(item.unit_id, ""))
        ranked.append((-item.share, turn[group], place, item))
        turn[group] += 1
    return tuple(item for *_, item in sorted(ranked, key=lambda row: row[:3])[:n_worst])
