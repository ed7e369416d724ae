"""Ratings as tables: the matrix, how far raters agree, and every rating with by whom, when and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qualkit.model import (
    Agreement,
    NumberFormat,
    PartAgreement,
    RatedCase,
    Rating,
    RatingConsensus,
    RatingValue,
    Table,
    TableCell,
    by_id,
    grouped,
)
from qualkit.stages import rating_matrix
from qualkit.stages.ratings import EVERYBODY, RULE, SAME
from qualkit.study.agreement_wording import ends
from qualkit.wording import counted, two_decimals

if TYPE_CHECKING:
    from qualkit.study.study import Study

NAMES = {
    "weighted_kappa": "Weighted kappa (quadratic)",
    "alpha_ordinal": "Krippendorff's alpha, ordinal",
    "percent": "Same grade, −2 to +2",
    SAME: "Same rating, X and M as well",
}


def tables(study: Study) -> dict[str, Table]:
    """The tables of ratings by the stem of their file; none before anything was rated."""
    if not study.rating_cells():
        return {}
    found = {"rating_matrix": matrix(study)}
    if parts := study.rating_agreement():
        found["rating_agreement"] = agreement_table(parts, study.rating_options().by)
    return {**found, "ratings": history(study)}


def matrix(study: Study) -> Table:
    """Constructs by groups or sites, with what stands."""
    return rating_matrix.table(study.constructs(), study.rated_cases(), study.rating_cells(), study.rating_options())


def agreement_table(parts: list[PartAgreement], by: str) -> Table:
    """A row for each coefficient, of all raters and of each pair; a column of remarks only where there are any."""
    rows = tuple(
        (part.part if part.part != EVERYBODY else f"{EVERYBODY} ({', '.join(part.coders)})", NAMES[item.measure],
         None if item.value is None else round(item.value, 3), ends(item.interval), item.n_units,
         item.undefined_because or item.no_interval_because)
        for part in parts
        for item in sorted(part.agreement, key=lambda item: list(NAMES).index(item.measure))
    )  # fmt: skip
    columns = ("Raters", "Coefficient", "Value", "95 % interval", "Cells (n)", "Remark")
    formats = (None, None, NumberFormat.COEFFICIENT, None, NumberFormat.COUNT, None)
    n = len(columns) if any(row[-1] for row in rows) else len(columns) - 1
    return Table(
        title="Agreement of raters before consensus",
        columns=columns[:n],
        rows=tuple(row[:n] for row in rows),
        notes=agreement_notes(parts, by),
        n_stub=2,
        formats=formats[:n],
    )


def agreement_notes(parts: list[PartAgreement], by: str) -> tuple[str, ...]:
    """What was compared, what was left out, and what the intervals rest on."""
    by_measure = {item.measure: item for item in parts[0].agreement}
    graded, same = by_measure["percent"], by_measure[SAME]
    n_out, given = same.n_units - graded.n_units, same.counts
    n_mixed, n_missing = (counted(given[value], "time") for value in (RatingValue.MIXED, RatingValue.MISSING))
    interval = next((item.interval for item in parts[0].agreement if item.interval), None)
    sure = (
        f" Intervals: {counted(interval.n_draws, 'draw')} of {counted(interval.n_transcripts, by)} with replacement "
        f"(seed {interval.seed}), Student's t."
        if interval
        else ""
    )
    return (
        f"Independent ratings of {counted(same.n_units, 'cell')} that two or more raters rated, none of whom had seen "
        "another's rating of it; a consensus is no rating. Kappa and alpha are over −2 to +2; left out: "
        f"{counted(n_out, 'cell')} with fewer than two grades, since mixed (X, given {n_mixed}) and missing (M, given "
        f"{n_missing}) have no place on the scale." + sure,
    )


def told(item: Agreement) -> str:
    """`.68 [.47, .89]`, or why there is none."""
    if item.value is None:
        return f"undefined: {item.undefined_because}"
    inside = f" [{two_decimals(item.interval.low)}, {two_decimals(item.interval.high)}]" if item.interval else ""
    return two_decimals(item.value) + inside


def history(study: Study) -> Table:
    """Every rating, every consensus and every proposal, a row each; superseded ones too."""
    constructs = {item.key: item for item in study.constructs()}
    cases, names = by_id(study.rated_cases()), {coder.id: coder.name for coder in study.coders()}
    made = study.rating_history()
    with study.store.read() as tx:
        stand = {item.id for item in tx.all(Rating)} | {item.id for item in tx.all(RatingConsensus)}

    def row(item: Rating | RatingConsensus) -> tuple[TableCell, ...]:
        construct, case = constructs.get(item.construct_key), cases.get(item.case_id)
        what = "rating" if isinstance(item, Rating) else "consensus"
        n_concrete = len(item.concrete_segment_ids) if isinstance(item, Rating) else None
        return (
            *_where(item.construct_key, construct.name if construct else "", case),
            what, names.get(item.coder_id, ""), item.value.value, item.value.number, item.reason, n_concrete,
            f"{item.made_at:%Y-%m-%d %H:%M}", "yes" if item.id in stand else "superseded",
        )  # fmt: skip

    def proposed(key: tuple[str, str]) -> tuple[TableCell, ...]:
        construct, proposal = constructs.get(key[0]), study.rating_comparison(*key).proposal
        return (
            *_where(key[0], construct.name if construct else "", cases.get(key[1])),
            "proposal, not counted", "rule", proposal.value.value, proposal.value.number, proposal.why, None, None, None,
        )  # fmt: skip

    by_cell = grouped(made, lambda item: (item.construct_key, item.case_id))
    return Table(
        title="Every rating",
        columns=("construct_key", "construct", "case", "stratum", "what", "by", "rating", "grade", "why", "concrete_examples",
                 "made_at_utc", "in_force"),
        rows=tuple(line for key, mine in by_cell.items() for line in (*map(row, mine), proposed(key))),
        notes=(f"Rule of the proposals, which nobody has to follow: {RULE}",),
        is_data=True,
        n_stub=3,
    )  # fmt: skip


def _where(key: str, name: str, case: RatedCase | None) -> tuple[TableCell, ...]:
    return key, name, case.label if case else "no longer there", case.stratum if case else ""
