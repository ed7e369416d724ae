"""What came of evaluating machine coders, as tables, as a figure, and in plain words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from qualkit.exporters.forest import Forest, Mark, Row
from qualkit.model import Codebook, NumberFormat, Ruling, Table, Verdict, grouped
from qualkit.stages.evaluate import MEASURES, Evaluation, Figure, Options, Report
from qualkit.stages.verdicts import told
from qualkit.wording import counted, first_line, two_decimals

Cell = str | int | float | None

_COUNTS = ("segments", "given_by_people", "in_transcripts", "given_by_machine", "valences_compared")
_MOST_NAMES = 6


def _ends(measures: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{measure}{end}" for measure in measures for end in ("", "_low", "_high"))


COLUMNS = ("machine", "code", "name", *_COUNTS, *_ends(MEASURES))
"""The first columns of `evaluation_table`, whatever is evaluated."""


def evaluation_table(found: Sequence[Evaluation], book: Codebook, labels: Mapping[str, str]) -> Table:
    """For each machine coder a row for all codes pooled, one for their mean, and one a code: every figure with its interval.

    `labels` has the labels of transcripts by id.
    """
    lists = tuple(figure.measure for figure in (found[0].lists if found else ()))
    measures = (*MEASURES, *lists)
    rows = tuple(row for evaluation in found for row in _rows(evaluation, book, measures))
    return Table(
        title="Machine coders against people",
        columns=(*COLUMNS, *_ends(lists), "remark"),
        rows=rows,
        notes=(*(rests_on(evaluation, labels) for evaluation in found), *_NOTES),
        is_data=True,
    )


_NOTES = (
    "Pairs of segment and code on which people differ and nobody has decided yet are left out.",
    "Pooled: every pair of segment and code that people have settled is one judgement. Mean: over codes with enough "
    "positives for a verdict. Intervals: 95 %, from transcripts drawn with replacement, by Student's t. Calibration error: "
    "ten bins of equal width. Recall at k: of the codes that people gave to segments, the share among the k surest "
    "suggestions for their segment. Without a person: sure_wrong is the share of wrong codes among those that the machine "
    "is sure of, ruled_out_wrong the share of people's codes that it rules out, coverage the share of pairs on which it "
    "does not abstain.",
)


def _rows(evaluation: Evaluation, book: Codebook, measures: Sequence[str]) -> Iterator[tuple[Cell, ...]]:
    names = names_of(book)
    mean = f"mean of {counted(evaluation.n_averaged, 'code')}"
    yield evaluation.machine, "all codes, pooled", "", *_cells(evaluation.pooled, evaluation.lists, measures)
    yield evaluation.machine, mean, "", *_cells(evaluation.mean, (), measures)
    for report in evaluation.codes:
        key = report.code_key or ""
        yield evaluation.machine, key, names.get(key, ""), *_cells(report, (), measures)


def _cells(report: Report, lists: Sequence[Figure], measures: Sequence[str]) -> tuple[Cell, ...]:
    figures = {figure.measure: figure for figure in (*report.figures, *lists)}
    counts = (report.n_segments, report.n_positive, report.n_transcripts, report.n_given, report.n_valences)
    numbers = [_rounded(number) for measure in measures for number in _numbers(figures.get(measure))]
    reasons = [(figure.measure, figure.undefined_because or figure.no_interval_because) for figure in figures.values()]
    by_reason = grouped(((measure, why) for measure, why in reasons if why), lambda item: item[1])
    remark = "; ".join(f"{', '.join(measure for measure, _ in own)}: {why}" for why, own in by_reason.items())
    return (*counts, *numbers, remark)


def _numbers(figure: Figure | None) -> tuple[float | None, float | None, float | None]:
    return (figure.value, figure.low, figure.high) if figure else (None, None, None)


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 4)


def rests_on(evaluation: Evaluation, labels: Mapping[str, str]) -> str:
    """A paragraph on what the figures of one machine coder rest on."""
    folds = "; ".join(", ".join(labels.get(key, key) for key in fold) for fold in evaluation.folds)
    left = counted(evaluation.n_examples_left_out, "example") + " that came from a transcript left out, not shown then"
    return (
        f"{evaluation.machine} ({evaluation.revision}) against {whom(evaluation)}: "
        f"{counted(evaluation.n_segments, 'segment')}. Transcripts left out together: {folds}. Seed {evaluation.seed}, "
        f"{evaluation.resamples} draws of transcripts. "
        f"Codebook {evaluation.codebook_sha256[:12]}{f', {left}' if evaluation.n_examples_left_out else ''}."
    )


def whom(evaluation: Evaluation) -> str:
    """Whom a machine was held against."""
    return evaluation.against or "the codes that count"


def outcomes_table(found: Sequence[Evaluation], book: Codebook) -> Table:
    """For each machine coder what it found, code by code, those that people gave most often first: counts, and three figures.

    The row of all codes counts pairs of segment and code.
    """
    names = names_of(book)
    rows = tuple(
        (item.machine, _name(report, names), *_counted(report), *(report[measure].value for measure in _FIGURES))
        for item in found
        for report in (item.pooled, *by_frequency(item))
    )
    return Table(
        title="What machine coders found and missed",
        columns=("Machine coder", "Code", "Given by people", "Given by it", "Right", "Wrong", "Missed", "Precision", "Recall",
                 "Cohen's kappa"),
        rows=rows,
        notes=("In segments, of all codes in pairs of segment and code that people have settled, on transcripts not "
               "learned from. Right: both gave the code; wrong: the machine alone; missed: people alone.",),
        n_stub=2,
        formats=(None, None, *(NumberFormat.COUNT,) * 5, *(NumberFormat.COEFFICIENT,) * 3),
    )  # fmt: skip


_FIGURES = ("precision", "recall", "kappa")


def by_frequency(evaluation: Evaluation) -> list[Report]:
    """The codes that people or the machine gave, those that people gave most often first."""
    used = [report for report in evaluation.codes if report.n_positive or report.n_given]
    return sorted(used, key=lambda report: -report.n_positive)


def _name(report: Report, names: Mapping[str, str]) -> str:
    return names.get(report.code_key, report.code_key) if report.code_key else "All codes, pooled"


def _counted(report: Report) -> tuple[int, ...]:
    """Given by people and by the machine, right, wrong and missed; recall times what people gave is what both gave."""
    n_right = round((report["recall"].value or 0.0) * report.n_positive)
    return report.n_positive, report.n_given, n_right, report.n_given - n_right, report.n_positive - n_right


def verdicts_table(verdicts: Sequence[Verdict], book: Codebook) -> Table:
    """What may be left to each machine coder, best agreement first."""
    names, ordered = names_of(book), by_ruling(verdicts)
    return Table(
        title="What may be left to a machine coder",
        columns=("Machine coder", "Code", "Verdict", "Segments given by people", "Transcripts", "Cohen's kappa",
                 "95 % interval", "People among themselves", "Why"),
        rows=tuple(
            (
                item.machine,
                names.get(item.code_key, item.code_key),
                item.ruling.value,
                item.n_positive,
                item.n_transcripts,
                None if item.kappa is None else round(item.kappa, 3),
                _interval(item.low, item.high),
                None if item.human_kappa is None else round(item.human_kappa, 3),
                item.why,
            )
            for item in ordered
        ),
        notes=("Kappa on transcripts that the machine coder had not learned from; the interval is resampled by transcript.",),
    )  # fmt: skip


def by_ruling(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """By machine coder and ruling, best agreement first."""
    order = list(Ruling)
    return sorted(verdicts, key=lambda item: (item.machine, order.index(item.ruling), -_kappa(item), -item.n_positive))


def names_of(book: Codebook) -> dict[str, str]:
    """Names of codes by their key."""
    return {code.key: code.name for code in book.codes}


def _kappa(verdict: Verdict) -> float:
    return -1.0 if verdict.kappa is None else verdict.kappa


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{two_decimals(low)} to {two_decimals(high)}"


# ---------------------------------------------------------------- in plain words


def in_words(verdicts: Sequence[Verdict], book: Codebook, disputed: Collection[str]) -> list[str]:
    """What may be done with the codes, machine coder by machine coder; `disputed` are keys of codes that people disagree on."""
    names, said = names_of(book), []
    ordered = sorted(verdicts, key=lambda item: (-_kappa(item), -item.n_positive))
    for machine, own in sorted(grouped(ordered, lambda item: item.machine).items()):
        by_ruling = grouped(own, lambda item: item.ruling)
        usable, not_, few = (by_ruling.get(ruling, []) for ruling in (Ruling.USABLE, Ruling.DO_NOT_AUTOMATE, Ruling.TOO_FEW))
        said.append(f"{machine} may be left alone with {_named(usable, names) or 'no code'}.")
        if not_:
            said.append(f"Leave to people: {_named(not_, names)}.")
        if few:
            said.append(f"Too few positives to tell: {counted(len(few), 'code')}.")
    unclear = [own[0] for own in grouped(verdicts, lambda item: item.code_key).values() if own[0].code_key in disputed]
    if unclear:
        said.append(f"People disagree among themselves on {_named(unclear, names)}: mend the codebook first.")
    return said


def alone_in_words(found: Sequence[Evaluation]) -> list[str]:
    """What machine coders that know when to abstain do without a person."""
    said = []
    for evaluation in found:
        shares = {figure.measure: figure.value for figure in evaluation.lists}
        if shares.get("coverage") is None:
            continue
        wrong, ruled_out = shares["sure_wrong"], shares["ruled_out_wrong"]
        given = "it is sure of no code" if wrong is None else f"of the codes that it is sure of {wrong:.0%} are wrong"
        missed = "" if ruled_out is None else f", of the codes that people gave it rules out {ruled_out:.0%}"
        covered = f"{evaluation.machine} does not abstain on {shares['coverage']:.0%} of all pairs of segment and code"
        said.append(f"{covered}: {given}{missed}.")
    return said


def _named(verdicts: Sequence[Verdict], names: Mapping[str, str]) -> str:
    first = [names.get(item.code_key, item.code_key) for item in verdicts[:_MOST_NAMES]]
    more = f" and {len(verdicts) - _MOST_NAMES} more" if len(verdicts) > _MOST_NAMES else ""
    return f"{counted(len(verdicts), 'code')}: {'; '.join(first)}{more}" if verdicts else ""


# ---------------------------------------------------------------- as a figure


def forest_of(found: Sequence[Evaluation], verdicts: Sequence[Verdict], book: Codebook, options: Options) -> Forest:
    """The forest plot: codes with enough positives, those first that some machine coder agrees on best, and summaries."""
    names, ruled = names_of(book), {(item.machine, item.code_key): item for item in verdicts}
    solid = [item for item in found[0].codes if ruled[found[0].machine, item.code_key or ""].ruling is not Ruling.TOO_FEW]
    rows = [
        Row(
            label=names.get(report.code_key or "", ""),
            n=report.n_positive,
            marks=tuple(_mark(ruled[item.machine, report.code_key or ""]) for item in found),
        )
        for report in solid
    ]
    rows.sort(key=lambda row: -max(-1.0 if mark.value is None else mark.value for mark in row.marks))
    summaries = [("All codes, pooled", [item.pooled for item in found])]
    if solid:
        summaries.insert(0, (f"Mean of {counted(len(solid), 'code')}", [item.mean for item in found]))
    rows += [
        Row(label=label, n=reports[0].n_positive, marks=tuple(_mark(report["kappa"]) for report in reports), is_summary=True)
        for label, reports in summaries
    ]
    people = options.against or "people"
    return Forest(
        title="Which codes may be left to a machine?",
        subtitle=f"Its agreement with {people} on transcripts that it had not learned from",
        axis="Cohen’s kappa",
        counts="given",
        figures="kappa [95 %]",
        panels=tuple(item.machine for item in found),
        rows=tuple(rows),
        threshold=options.min_kappa,
        below="leave to people",
        above="may be left to it",
        mark=f"machine and {people}",
        others="people among themselves",
        notes=tuple(_figure_notes(found[0], len(solid), options)),
    )


def _mark(item: Verdict | Figure) -> Mark:
    if isinstance(item, Verdict):
        return Mark(value=item.kappa, low=item.low, high=item.high, others=item.human_kappa)
    return Mark(value=item.value, low=item.low, high=item.high)


def _figure_notes(evaluation: Evaluation, n_shown: int, options: Options) -> Iterator[str]:
    n_folds, n = len(evaluation.folds), sum(map(len, evaluation.folds))
    how = "each left out in turn" if n == n_folds else f"left out in {n_folds} folds"
    yield (
        f"{counted(evaluation.n_segments, 'segment')} of {counted(n, 'transcript')}, {how}. Lines are 95 % intervals, "
        f"resampled by transcript ({evaluation.resamples:,} draws, seed {evaluation.seed})."
    )
    few = len(evaluation.codes) - n_shown
    if few:
        yield (
            f"Not shown: {counted(few, 'code')} that people gave to fewer than {options.min_positives} segments or in fewer "
            f"than {options.min_transcripts} transcripts; they are in the pooled row."
        )


# ---------------------------------------------------------------- in a terminal

_COLUMNS = ("given", "by it", "precision", "recall", "F1", "AUC", "kappa [95 %]", "people", "verdict")
_WHERE_NARROW = (0, 4, 6, 7, 8)
_WIDE = 104
"""Columns after the first, which names the code; those for a narrow window; how many letters all of them take."""


def for_a_terminal(
    found: Sequence[Evaluation], verdicts: Mapping[tuple[str, str], Verdict], book: Codebook, *, width: int
) -> list[list[tuple[str, ...]]]:
    """A table for each machine coder, as rows of text that fit `width` letters, the first of them its columns.

    Codes with enough positives, best agreement first, then their mean and all codes pooled.
    """
    names, tables = names_of(book), []
    columns, letters = (range(len(_COLUMNS)), 36) if width >= _WIDE else (_WHERE_NARROW, 26)
    for item in found:
        ruled = [(report, verdicts[item.machine, report.code_key or ""]) for report in item.codes]
        solid = sorted((pair for pair in ruled if pair[1].ruling is not Ruling.TOO_FEW), key=lambda pair: -_kappa(pair[1]))
        rows = [
            (item.machine, *_COLUMNS),
            *(
                (names.get(verdict.code_key, verdict.code_key), *_said(report), _two(verdict.human_kappa), verdict.ruling.value)
                for report, verdict in solid
            ),
            (f"mean of {counted(item.n_averaged, 'code')}", *_said(item.mean), "", ""),
            ("all codes, pooled", *_said(item.pooled), "", ""),
        ]
        tables.append([(first_line(first, letters), *(rest[n] for n in columns)) for first, *rest in rows])
    return tables


def _said(report: Report) -> tuple[str, ...]:
    numbers = (_two(report[measure].value) for measure in ("precision", "recall", "f1", "auc"))
    return (str(report.n_positive), str(report.n_given), *numbers, told(report["kappa"]))


def _two(number: float | None) -> str:
    return "" if number is None else two_decimals(number)
