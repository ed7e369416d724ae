"""The methods of a study in paragraphs for a paper: each sentence is made of what is known; what is not known is left out."""

from __future__ import annotations

from collections.abc import Iterable

from qualkit.model import Passage, Proof, Statement
from qualkit.model.facts import Facts
from qualkit.stages.checklist import statements
from qualkit.stages.conduct import listed
from qualkit.wording import counted

PARTS = (
    ("Data", ("meetings", "sample_size", "setting", "duration", "guide", "voices")),
    ("From sound to segments", ("recording", "transcribed", "corrected", "units")),
    ("Codebook", ("coding_tree", "derivation", "framework")),
    ("Coding", ("coders", "rounds", "drawn", "rulings", "counted")),
    ("Agreement", ("agreement", "agreement_notes")),
    ("Saturation", ("saturation",)),
    ("Topics", ("topics",)),
    ("Ratings", ("ratings",)),
    ("Themes and quotations", ("major", "quotes", "consistency")),
    ("Record and software", ("audit_trail", "software")),
)
"""Headings, and the statements that stand under each."""


def run(facts: Facts) -> tuple[Passage, ...]:
    """The paragraphs that there is something to write in."""
    known = {**statements(facts), **_more(facts)}
    passages = (passage(heading, [known[key] for key in keys if key in known]) for heading, keys in PARTS)
    return tuple(item for item in passages if item.text)


def passage(heading: str, said: Iterable[Statement]) -> Passage:
    """Statements one after the other, with everything they can be seen in, once."""
    listed_ = list(said)
    proofs: list[Proof] = [proof for statement in listed_ for proof in statement.proofs]
    text = " ".join(statement.text for statement in listed_)
    return Passage(heading=heading, text=text, proofs=tuple(dict.fromkeys(proofs)))


def _more(facts: Facts) -> dict[str, Statement]:
    """What a methods section tells and no checklist asks for."""
    found = {}
    if facts.agreement and facts.agreement.value.notes:
        text = " ".join(facts.agreement.value.notes)
        found["agreement_notes"] = Statement(text=text, proofs=facts.agreement.proofs)
    if "topics" in facts.runs:
        known = facts.runs["topics"]
        run = known.value
        named = (f"{name.replace('_', ' ')} = {value}" for name, value in run.options.items() if name != "engine")
        text = (
            f"Topics were computed as candidates for codes, not as findings ({run.engine} {run.revision}; set: "
            f"{listed(named, 20)}): {run.summary}."
        )
        if run.n_earlier:
            text += f" The log has {counted(run.n_earlier, 'earlier run')} of this stage, made otherwise and not used."
        found["topics"] = Statement(text=text, proofs=known.proofs)
    return found
