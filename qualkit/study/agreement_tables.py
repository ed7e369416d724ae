"""Agreement in tables: coefficients with their intervals, and, one by one, what each rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING

from qualkit.model import (
    Agreement,
    Codebook,
    CutAgreement,
    Interval,
    NumberFormat,
    PartAgreement,
    Table,
    TableCell,
)
from qualkit.stages import columns as columns_
from qualkit.stages.columns import Column, Row
from qualkit.study.agreement_wording import (
    BLIND,
    NAMES,
    NOT_BLIND,
    POOLED,
    brackets,
    gaps,
    interval_notes,
    measure_named,
    told,
    told_notes,
)
from qualkit.wording import counted, first_line, two_decimals

if TYPE_CHECKING:
    from qualkit.study.study import Study

WITH_INTERVAL = ("kappa", "ac1", "alpha")
MOST_CODERS = 4
"""So many coders have a column each for how often they gave a code; of more it is told from the least to the most often."""

Measures = Mapping[str, Agreement]
"""The coefficients of one code, or of all pooled, by name."""


# ---------------------------------------------------------------- columns


def coefficient(name: str, of: Callable[[Row], Agreement], *, over: str = "", has_interval: bool = False) -> list[Column[Row]]:
    """A coefficient, and beside it its interval if it may have one; a dash stands for what is not there."""

    def value(row: Row) -> TableCell:
        known = of(row).value
        return "–" if known is None else known

    def interval(row: Row) -> TableCell:
        return brackets(of(row).interval)

    columns = [Column(name=name, cell=value, over=over, format=NumberFormat.COEFFICIENT)]
    return [*columns, Column(name="95% CI", cell=interval, over=over)] if has_interval else columns


def measure(key: str, name: str = "") -> list[Column[Measures]]:
    """A coefficient of `NAMES`, with its interval where it is one of `WITH_INTERVAL`."""
    of: Callable[[Measures], Agreement] = itemgetter(key)
    if key not in WITH_INTERVAL:
        return coefficient(name or NAMES[key], of)
    return coefficient("Value", of, over=NAMES[key], has_interval=True)


def n_units() -> list[Column[Measures]]:
    """On how many units coders were compared, and on which share of them they agree."""
    return [
        Column(name="n", cell=lambda found: found["percent"].n_units, format=NumberFormat.COUNT),
        Column(name="Agreement", cell=lambda found: found["percent"].value, format=NumberFormat.PERCENT),
    ]


def counts(names: Sequence[str], of: Callable[[Row], Mapping[str, int]], *, over: str) -> list[Column[Row]]:
    """How often each of `names` is counted in a row; of more than `MOST_CODERS` from the least to the most often."""

    def one(name: str) -> Column[Row]:
        return Column(name=name, cell=lambda row: of(row).get(name, 0), over=over, format=NumberFormat.COUNT)

    def between(row: Row) -> TableCell:
        found = [of(row).get(name, 0) for name in names]
        return f"{min(found)} to {max(found)}"

    return list(map(one, names)) if len(names) <= MOST_CODERS else [Column(name=over, cell=between)]


# ---------------------------------------------------------------- tables


def by_code(results: Iterable[Agreement]) -> dict[str | None, dict[str, Agreement]]:
    """Coefficients by code and name; None stands for all codes pooled."""
    found: dict[str | None, dict[str, Agreement]] = {}
    for item in results:
        found.setdefault(item.code_key, {})[item.measure] = item
    return found


def _named(key: str | None, book: Codebook) -> str:
    return POOLED if key is None else book.by_key[key].name


def _rows(found: Mapping[str | None, Measures], book: Codebook) -> list[tuple[str, Measures]]:
    """Codes in their order, and last all of them pooled."""
    return [(_named(key, book), found[key]) for key in (*(key for key in found if key is not None), None)]


def agreement_table(
    results: Sequence[Agreement], book: Codebook, *, title: str = "Intercoder agreement", notes: tuple[str, ...] = ()
) -> Table:
    """One row a code, the last for all codes pooled, with the counts that each coefficient rests on."""
    found = by_code(results)
    rows, coders = _rows(found, book), list(found[None]["percent"].positives)
    given: list[Column[Measures]] = counts(coders, lambda own: own["percent"].positives, over="Given by")
    fleiss = measure("fleiss") if len(coders) > 2 else []
    columns = [
        *given, *n_units(), *(column for key in WITH_INTERVAL for column in measure(key)), *fleiss, *measure("pabak"),
        *measure("prevalence_index", "PI"), *measure("bias_index", "BI"),
    ]  # fmt: skip
    many = (
        " With more than two coders, kappa and the indices are means over pairs, the others take all at once." if fleiss else ""
    )
    counting = (
        "n: segments that two or more people looked at, of all codes pooled pairs of segment and code; no others count. PABAK: "
        f"prevalence-adjusted and bias-adjusted kappa. PI, BI: prevalence and bias index.{many} CI: confidence interval."
    )
    return columns_.table(
        columns, rows, stub="Code", title=title, notes=(counting, *notes, *_never_given(found), *_remarks(rows))
    )


def _never_given(found: Mapping[str | None, Measures]) -> tuple[str, ...]:
    """How many codes are not among those pooled, as nobody gave them."""
    n = sum(not any(own["percent"].positives.values()) for key, own in found.items() if key is not None)
    if n in (0, len(found) - 1):
        return ()
    return (f"Pooled: codes that anybody gave. Coders agree on nothing but the absence of the other {n}.",)


def _remarks(rows: Sequence[tuple[str, Measures]]) -> list[str]:
    """Why figures are not there, and what those that are rest on."""
    listed = [(name, [own[key] for key in WITH_INTERVAL]) for name, own in rows]
    return [*gaps(listed), *interval_notes(item for _, items in listed for item in items)]


def numbers_table(parts: Mapping[str, Iterable[Agreement]], book: Codebook) -> Table:
    """Every coefficient as exact as it was computed, for a script or a spreadsheet; `parts` by what was compared."""
    columns = ("Compared", "Code key", "Code", "Measure", "Value", "Low", "High", "Level", "Units", "Coders", "Labels given",
               "Given by", "Remark")  # fmt: skip
    rows = tuple(
        (
            compared, item.code_key, _named(item.code_key, book), item.measure, item.value, *_ends(item.interval), item.n_units,
            item.n_coders, _counted(item.counts), _counted(item.positives), item.undefined_because or item.no_interval_because,
        )
        for compared, items in parts.items()
        for item in items
    )  # fmt: skip
    return Table(title="Intercoder agreement, numbers", columns=columns, rows=rows, is_data=True)


def _ends(interval: Interval | None) -> tuple[float | None, float | None, float | None]:
    return (interval.low, interval.high, interval.level) if interval else (None, None, None)


def _counted(times: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {n}" for name, n in times.items())


def short_table(results: Sequence[Agreement], book: Codebook, *, is_narrow: bool = False) -> Table:
    """One row a code, in few columns; what all codes come to stands in the notes.

    "Given" is on how many segments by each coder, in the order of their names. A narrow table has intervals under their values.
    """
    grouped = by_code(results)
    pooled = grouped.pop(None)
    rows: list[tuple[TableCell, ...]] = []
    for key, found in grouped.items():
        if key is not None:
            given = "/".join(str(n) for n in found["kappa"].positives.values())
            cells = (
                _stacked(found[name]) if is_narrow else _inline(found[name])
                for name in ("percent", "kappa", "ac1", "pabak", "prevalence_index", "bias_index")
            )
            name = book.by_key[key].name
            rows.append((first_line(name, 24) if is_narrow else name, found["kappa"].n_units, given, *cells))
    notes = (
        f"Given: on how many segments by {', '.join(pooled['kappa'].positives)}. PI, BI: prevalence and bias index.",
        *_never_given({None: pooled, **grouped}),
        f"All codes, pooled, {counted(pooled['kappa'].n_units, 'pair')} of segment and code: "
        + ", ".join(f"{NAMES[name]} {told(pooled[name])}" for name in ("percent", "kappa", "alpha", "ac1", "pabak"))
        + ".",
        *interval_notes(results),
    )
    columns = ("Code", "n", "Given", "%", "Kappa", "AC1", "PABAK", "PI", "BI")
    return Table(title="Intercoder agreement", columns=columns, rows=tuple(rows), notes=notes)


def _inline(item: Agreement) -> str:
    """`.68 [.47, .89]`, of kappa and AC1; a dash for an undefined coefficient."""
    if item.value is None:
        return "–"
    return told(item) if item.measure in ("kappa", "ac1") else two_decimals(item.value)


def _stacked(item: Agreement) -> str:
    """`.68` and under it `.47–.89`, of kappa and AC1; a dash for an undefined coefficient."""
    if item.value is None:
        return "–"
    value = two_decimals(item.value)
    if item.interval is None or item.measure not in ("kappa", "ac1"):
        return value
    return f"{value}\n{two_decimals(item.interval.low)}–{two_decimals(item.interval.high)}"


# ---------------------------------------------------------------- what a study's tables have


def tables(study: Study, notes: tuple[str, ...]) -> dict[str, Table]:
    """Agreement on presence, on valence where two gave one, on sets of codes and on where passages begin and end."""
    book, presence, valence = study.codebook(), study.told_agreement(), study.valence_agreement()
    on_sets, on_words, pairs = study.set_agreement(), study.cut_agreement(), study.agreement_by_pair()
    also = {"agreement_valence": valence_table(valence, book)} if valence[0].n_units else {}
    also |= {"agreement_sets": sets_table(on_sets), "agreement_words": words_table(on_words, book)}
    if len(pairs) > 1:
        title = "Agreement of each two coders, all codes pooled"
        also["agreement_pairs"] = parts_table(pairs, title=title, stub="Coders")
    also = {stem: replace(table, notes=(*told_notes(study), *table.notes)) for stem, table in also.items()}
    compared = {
        "presence": presence,
        **({"presence, as it stands now": study.agreement()} if study.is_told_blind() else {}),
        "valence": valence,
        "sets": on_sets,
        "words": [item for part in on_words for item in part.agreement],
    }
    return {**_blind_and_now(study, notes), **also, "agreement_numbers": numbers_table(compared, book)}


def _blind_and_now(study: Study, notes: tuple[str, ...]) -> dict[str, Table]:
    """Agreement on presence as it was before anybody saw others' codes, and as it stands now where that is another."""
    book, now = study.codebook(), study.agreement()
    if study.blind_apart() is None:
        return {"agreement": agreement_table(now, book, notes=notes)}
    table = agreement_table(now, book, title="Intercoder agreement as it stands now", notes=(NOT_BLIND, *notes))
    if not study.is_told_blind():
        return {"agreement": table}
    title = "Intercoder agreement before discussion"
    before = agreement_table(study.told_agreement(), book, title=title, notes=(BLIND, *notes))
    return {"agreement": before, "agreement_now": table}


def valence_table(results: Sequence[Agreement], book: Codebook) -> Table:
    """As `agreement_table`, on valence alone; codes that no two gave are left out."""
    found = {key: own for key, own in by_code(results).items() if own["percent"].n_units or key is None}
    rows, labels = _rows(found, book), list(found[None]["percent"].counts)
    columns = [
        *counts(labels, lambda own: own["percent"].counts, over="Times given"), *n_units(),
        *(column for key in WITH_INTERVAL for column in measure(key)),
    ]  # fmt: skip
    counting = (
        "n: segments to which two or more people gave the code with a valence; no others count. Times given: by all of them "
        "together. CI: confidence interval."
    )
    title = "Intercoder agreement on facilitator and barrier"
    return columns_.table(columns, rows, stub="Code", title=title, notes=(counting, *_remarks(rows)))


def sets_table(results: Sequence[Agreement]) -> Table:
    """Coefficients on all codes of a segment as one label, a row each."""
    rows = [(NAMES[item.measure], item) for item in results]
    notes = (
        f"Compared: {counted(results[0].n_units, 'segment')}. All codes of a segment are one label; sets that have much in "
        "common are near (MASI: Passonneau, 2006). CI: confidence interval.",
        *gaps([(name, [item]) for name, item in rows]),
        *interval_notes(results),
    )
    columns = coefficient("Value", lambda item: item, has_interval=True)
    return columns_.table(columns, rows, stub="Measure", title="Agreement on sets of codes", notes=notes)


def words_table(on_words: Sequence[CutAgreement], book: Codebook) -> Table:
    """Whether coders marked the same words: a row for each code for which any were marked, the last for all codes together."""
    whole = on_words[0]
    rows = [(_named(part.code_key, book), part) for part in marked_parts(on_words)]

    def of(key: str) -> Callable[[CutAgreement], Agreement]:
        return lambda part: next(item for item in part.agreement if item.measure == key)

    shown = {"u_alpha_binary": "Same words", "u_alpha": "Same words, same valence"}
    columns = [
        *counts(list(whole.n_passages), lambda part: part.n_passages, over="Passages by"),
        *(column for key, over in shown.items() for column in coefficient("Alpha", of(key), over=over, has_interval=True)),
    ]
    others = [item for item in whole.agreement if item.measure not in shown]
    notes = (
        "Unitizing alpha over characters (Krippendorff, Mathet, Bouvry, & Widlöcher, 2016) of what coders marked for a code, "
        f"the whole segment where they marked no words; {whole.agreement[0].n_units:,} characters. CI: confidence interval.",
        f"In {whole.coverage:.1%} of the text two coders both marked something. Over all codes: "
        + "; ".join(f"{measure_named(item.measure)} {told(item)}" for item in others)
        + ".",
        *gaps([(name, [of(key)(part) for key in shown]) for name, part in rows]),
        *interval_notes(whole.agreement),
    )
    return columns_.table(columns, rows, stub="Code", title="Agreement on words", notes=notes)


def marked_parts(on_words: Sequence[CutAgreement]) -> list[CutAgreement]:
    """Those that have a row: codes for which anything was marked, and last all codes together."""
    whole, *parts = on_words
    return [*(part for part in parts if any(part.n_passages.values())), whole]


def parts_table(parts: Sequence[PartAgreement], *, title: str, notes: tuple[str, ...] = (), stub: str = "Part") -> Table:
    """Agreement in parts of the data, a row each."""
    rows = [(part.part, {item.measure: item for item in part.agreement}) for part in parts]
    columns = [*n_units(), *(column for key in WITH_INTERVAL for column in measure(key))]
    counting = (
        "n: pairs of segment and code that were compared, or segments where it is about one code. CI: confidence interval."
    )
    return columns_.table(columns, rows, stub=stub, title=title, notes=(counting, *_remarks(rows), *notes))
