"""What a reviewer asks of machines: which ran, on what, where, what people did with what they suggested, and what was not used.

What was not used is said of what would have left a trace: the kinds of machine that qualkit runs and records.
"""

from __future__ import annotations

from collections.abc import Iterator

from qualkit.model import Passage, Statement
from qualkit.model.facts import ExposureFacts, Facts, Known, MachineFacts
from qualkit.stages.analysis import machine_told, told_run
from qualkit.stages.conduct import listed
from qualkit.stages.methods_text import passage
from qualkit.wording import counted

USES = {
    "transcribe": "Speech in recordings was turned into words and voices were told apart",
    "segment": "Sentences were found, to cut turns into segments",
    "topics": "Segments were clustered into topics, which are candidates for codes",
}
"""What a model did in each stage that uses one, but for suggesting codes."""

SHOWS = {
    "never": "Coders were set never to see suggestions.",
    "after": "Coders were set to see suggestions of a segment only after their own judgement of it.",
    "before": "Coders were set to see suggestions before their own judgement.",
}


def run(facts: Facts) -> tuple[Passage, ...]:
    """The paragraphs of the disclosure that there is something to write in."""
    parts = (
        ("Models, and what they did", list(_models(facts))),
        ("Where they ran", list(_where(facts))),
        ("What people did with suggestions", list(_uptake(facts))),
        ("How far machines were tested", list(_tested(facts))),
        ("What was not used", list(_unused(facts))),
    )
    return tuple(passage(heading, said) for heading, said in parts if said)


def _models(facts: Facts) -> Iterator[Statement]:
    for stage, what in USES.items():
        if stage in facts.runs:
            known = facts.runs[stage]
            yield Statement(text=f"{what}: {told_run(known)} ({known.value.summary}).", proofs=known.proofs)
    if facts.machines:
        for machine in facts.machines.value:
            now = f"{counted(machine.n_suggestions, 'suggestion')} stand" if machine.n_suggestions else "no suggestion stands"
            text = f"Codes were suggested for segments, from the codebook, by {machine_told(machine)}; {now}."
            yield Statement(text=text, proofs=facts.machines.proofs)


def _where(facts: Facts) -> Iterator[Statement]:
    proofs = tuple(proof for known in facts.runs.values() for proof in known.proofs)
    machines = facts.machines.value if facts.machines else ()
    remote = [machine for machine in machines if machine.server]
    proofs += facts.machines.proofs if facts.machines else ()
    if not proofs:
        return
    if remote:
        said = listed(f"{machine.name}, on {machine.server}" for machine in remote)
        text = f"Segments and codebook were sent to a server: {said}. All other models ran on the study's own machine."
    else:
        text = "All models ran on the study's own machine: no run on record names a server."
    yield Statement(text=text, proofs=tuple(dict.fromkeys(proofs)))


def _uptake(facts: Facts) -> Iterator[Statement]:
    if facts.machines:
        shown = [machine for machine in facts.machines.value if machine.n_shown]
        for machine in shown:
            yield Statement(text=_taken(machine), proofs=facts.machines.proofs)
        if not shown:
            yield Statement(text="The log shows nobody being shown a suggestion.", proofs=facts.machines.proofs)
    if facts.exposure:
        yield from _exposure(facts.exposure, has_machines=facts.machines is not None)


def _taken(machine: MachineFacts) -> str:
    left = machine.n_shown - machine.n_already - machine.n_accepted - machine.n_changed - machine.n_rejected
    text = (
        f"Coders were shown {counted(machine.n_shown, 'suggestion')} of {machine.name}, {machine.n_shown_before} of them "
        f"before their own judgement: {machine.n_already} they had given already, {machine.n_accepted} they took, "
        f"{machine.n_changed} they took in another form, and {machine.n_rejected} they did not take"
    )
    return text + (f"; {left} wait for a judgement." if left else ".")


def _exposure(known: Known[ExposureFacts], *, has_machines: bool) -> Iterator[Statement]:
    seen = known.value
    text = SHOWS[seen.shows] if has_machines else ""
    text += (
        f" {seen.n_blind} of {counted(seen.n_judgements, 'judgement')} in force have the codes that were given before the "
        "coder was shown any suggestion for the segment."
    )
    if seen.n_counted:
        text += (
            f" Of {counted(seen.n_counted, 'code')} that count in the tables, {seen.n_counted_by_people} rest on people's "
            "judgements and decisions."
        )
    yield Statement(text=text.strip(), proofs=known.proofs)


def _tested(facts: Facts) -> Iterator[Statement]:
    if facts.evaluation:
        yield Statement(text=facts.evaluation.value, proofs=facts.evaluation.proofs)


def _unused(facts: Facts) -> Iterator[Statement]:
    """What left no trace in a record where it would have left one."""
    proofs = tuple(dict.fromkeys(proof for known in facts.runs.values() for proof in known.proofs))
    names = {machine.name for machine in facts.machines.value} if facts.machines else set()
    unused = [
        what
        for what, is_used in (
            ("speech recognition", "transcribe" in facts.runs),
            ("suggested codes", bool(names)),
            ("a generative language model", "llm" in names),
            ("topic models", "topics" in facts.runs),
        )
        if not is_used
    ]
    if proofs and unused:
        text = f"Nothing on record says that these were used: {listed(unused)}. What was done outside qualkit is not on record."
        yield Statement(text=text, proofs=proofs)
