"""What may be left to a machine coder, code by code, and why.

A code that people hardly gave tells nothing; one on which the machine and people do not agree is not automated. Where people
do not agree among themselves either, it is the codebook that needs work, and the verdict says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from qualkit.model import Agreement, Ruling, Verdict, derived_id
from qualkit.stages.evaluate import Evaluation, Figure, Options, Report, has_enough
from qualkit.wording import counted, two_decimals


def of(evaluation: Evaluation, human: Mapping[str, Agreement], options: Options) -> list[Verdict]:
    """A verdict for each code; `human` has, by code key, Cohen's kappa of people among themselves where two judged the same."""
    return [_verdict(evaluation, report, human.get(report.code_key or ""), options) for report in evaluation.codes]


def among_people(agreements: Iterable[Agreement]) -> dict[str, Agreement]:
    """Cohen's kappa of people among themselves, by code key."""
    return {item.code_key: item for item in agreements if item.measure == "kappa" and item.code_key is not None}


def is_codebook_problem(human: Agreement | None, options: Options) -> bool:
    """Whether people disagree on a code, on enough segments to say so."""
    if human is None or human.value is None:
        return False
    return human.n_units >= options.min_double and human.value < options.min_human_kappa


def _verdict(evaluation: Evaluation, report: Report, human: Agreement | None, options: Options) -> Verdict:
    kappa = report["kappa"]
    ruling = _ruling(report, options)
    said = [_why(ruling, report, evaluation, options), _about_people(human, options)]
    return Verdict(
        id=derived_id("verdict", evaluation.machine, report.code_key),
        machine=evaluation.machine,
        code_key=report.code_key or "",
        ruling=ruling,
        n_segments=report.n_segments,
        n_positive=report.n_positive,
        n_transcripts=report.n_transcripts,
        kappa=kappa.value,
        low=kappa.low,
        high=kappa.high,
        human_kappa=human.value if human else None,
        why=" ".join(filter(None, said)),
    )


def _ruling(report: Report, options: Options) -> Ruling:
    if not has_enough(report, options):
        return Ruling.TOO_FEW
    kappa = report["kappa"].value
    return Ruling.USABLE if kappa is not None and kappa >= options.min_kappa else Ruling.DO_NOT_AUTOMATE


def _why(ruling: Ruling, report: Report, evaluation: Evaluation, options: Options) -> str:
    if ruling is Ruling.TOO_FEW:
        return (
            f"{evaluation.against or 'People'} gave this code to {counted(report.n_positive, 'segment')} in "
            f"{counted(report.n_transcripts, 'transcript')}; it takes {options.min_positives} in {options.min_transcripts} "
            "to tell."
        )
    kappa, n = report["kappa"], sum(map(len, evaluation.folds))
    if kappa.value is None:
        return f"There is no kappa: {kappa.undefined_because}."
    whom = evaluation.against or "people"
    found = f"Agreement with {whom}: kappa {told(kappa)} on {counted(n, 'transcript')} not learned from"
    if ruling is Ruling.DO_NOT_AUTOMATE:
        return f"{found}, less than the {two_decimals(options.min_kappa)} it takes."
    doubt = f", though the interval reaches below {two_decimals(options.min_kappa)}"
    return f"{found}{doubt if kappa.low is not None and kappa.low < options.min_kappa else ''}."


def _about_people(human: Agreement | None, options: Options) -> str:
    if human is None or human.value is None:
        return ""
    if is_codebook_problem(human, options):
        return (
            f"People themselves agree at {two_decimals(human.value)} on {counted(human.n_units, 'segment')}: look at the "
            "definition before anything else."
        )
    return f"People among themselves: {two_decimals(human.value)} on {counted(human.n_units, 'segment')}."


def told(figure: Figure) -> str:
    """A figure as it is printed, `.33 [.12, .51]`, without an interval where it has none; empty if it is undefined."""
    if figure.value is None:
        return ""
    ends = "" if figure.low is None or figure.high is None else f" [{two_decimals(figure.low)}, {two_decimals(figure.high)}]"
    return two_decimals(figure.value) + ends
