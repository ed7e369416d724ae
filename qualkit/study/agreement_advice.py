"""What explains agreement on one code, line by line, and how much more to code twice: a table and what to do about it."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from qualkit.model import Codebook, Diagnosis, DoublePlan, Need, NumberFormat, Table, TwoByTwo
from qualkit.stages import columns
from qualkit.stages.columns import Column
from qualkit.study.agreement_wording import NAMES, interval_notes, told
from qualkit.wording import counted, two_decimals

if TYPE_CHECKING:
    from qualkit.study.study import Study


COLUMNS: tuple[Column[Need], ...] = (
    Column(name="Code twice", cell=lambda need: "–" if need.n_units is None else need.n_units, format=NumberFormat.COUNT),
    Column(name="With it", cell=lambda need: "–" if need.n_positives is None else need.n_positives, format=NumberFormat.COUNT),
    Column(name="Are there", cell=lambda need: "yes" if need.is_reachable else "no"),
    Column(
        name="All coded twice", cell=lambda need: "–" if need.margin_of_all is None else f"± {two_decimals(need.margin_of_all)}"
    ),
    Column(name="Kappa", over="Expected", cell=lambda need: need.kappa, format=NumberFormat.COEFFICIENT),
    Column(name="Share", over="Expected", cell=lambda need: need.prevalence, format=NumberFormat.PERCENT),
    Column(name="Design effect", over="Expected", cell=lambda need: need.design_effect, format=NumberFormat.DECIMAL),
    Column(name="Rests on", cell=lambda need: need.basis),
)


def diagnosis_lines(study: Study, found: Diagnosis) -> list[str]:
    """A diagnosis as it is told: the tables, the coefficients, the reasons, and the worst segments with what was said."""
    measures = {item.measure: item for item in found.agreement}
    lines = [line for table in found.tables for line in _two_by_two(table)]
    lines.append("; ".join(f"{NAMES[name]} {told(item)}" for name, item in measures.items()) + ".")
    lines += [*interval_notes(found.agreement), *found.reasons]
    if found.worst:
        lines.append(f"Coders differ on {counted(found.n_apart, 'segment')}" + (", such as:" if found.n_apart > 1 else ":"))
    corpus = study.corpus()
    for item in found.worst:
        segment = corpus.segments[item.unit_id]
        said = "; ".join(
            f"{who}: {label}" + (f" (“{item.words[who]}”)" if who in item.words else "") for who, label in item.said.items()
        )
        lines.append(f"  {corpus.transcripts[segment.transcript_id].label} {segment.position}: “{segment.text}”")
        lines.append(f"    {said}")
    return lines


def _two_by_two(table: TwoByTwo) -> list[str]:
    one, other = table.coders
    width = max(len(one) + 4, 10)
    head = f"{other} yes", f"{other} no"
    space = max(map(len, head)) + 2
    return [
        " " * width + "".join(f"{cell:>{space}}" for cell in head),
        f"{one + ' yes':<{width}}{table.both:>{space}}{table.only_first:>{space}}",
        f"{one + ' no':<{width}}{table.only_second:>{space}}{table.neither:>{space}}",
    ]


def double_plan_table(plan: DoublePlan, book: Codebook) -> Table:
    """What each code needs, a row each, the least demanding first."""
    rows = [(book.by_key[need.code_key].name, need) for need in sorted(plan.needs, key=lambda need: need.n_units or inf)]
    notes = (
        f"For a 95 % interval of kappa that reaches {two_decimals(plan.margin)} to either side, by two coders (Bloch & Kraemer "
        f"1989), widened by the design effect. There are {counted(plan.n_there, 'segment')} to be coded, {plan.n_done} of them "
        "coded by two. With it: so many of those to code twice have the code. All coded twice: how far the interval then "
        "reaches. Segments are drawn at random, those without any code included, so a rare code takes many. –: no number is "
        "enough, as everybody gave the code to all they judged.",
    )
    return columns.table(COLUMNS, rows, stub="Code", title="How much to code twice", notes=notes)


def double_plan_advice(plan: DoublePlan) -> str:
    """What to do about it, in a sentence."""
    n = sum(need.is_reachable for need in plan.needs)
    if not n:
        return (
            f"No code's interval can be as narrow as ± {two_decimals(plan.margin)} with the segments there are: code all of "
            "them twice, ask for a wider margin, or report these codes together with those above them in the codebook."
        )
    out_of_reach = f"; {len(plan.needs) - n} would take more segments than there are" if n < len(plan.needs) else ""
    enough = f"A share of {plan.share:.2f} is enough for {counted(n, 'code')}{out_of_reach}."
    return f"{enough} Draw it with  qualkit sample --share {plan.share:.2f}"
