"""Filling a reporting checklist: each item from what is known of the study, from what its author wrote, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qualkit.model import NOT_RECORDED, Checklist, ChecklistItem, ItemStatus, Proof, ProofKind, Statement, Table
from qualkit.model.facts import Facts
from qualkit.stages import analysis, conduct
from qualkit.wording import counted

SIGNS = {ItemStatus.FILLED: "✓", ItemStatus.CHECKED: "½", ItemStatus.OPEN: "○"}
"""A sign for each status, to stand beside its word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """An item as a checklist asks it.

    `says` are the keys of the statements that answer it, `authors` the entries of `[report]` where an author does; `rest` is
    what no statement can say. Where only `says` are there and none of them is whole, the author adds the rest.
    """

    number: str
    domain: str
    topic: str
    question: str
    says: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    rest: str = ""


def statements(facts: Facts) -> Mapping[str, Statement]:
    """All that can be said of the study, by key."""
    return {**conduct.run(facts), **analysis.run(facts)}


def fill(asks: Sequence[Ask], facts: Facts) -> tuple[ChecklistItem, ...]:
    """The items, each as far as the record answers it. Nothing is said that no statement and no author says."""
    known = statements(facts)
    return tuple(_filled(ask, [known[key] for key in ask.says if key in known], facts.author) for ask in asks)


def _filled(ask: Ask, said: Sequence[Statement], author: Mapping[str, str]) -> ChecklistItem:
    written = {key: author[key] for key in ask.authors if key in author}
    status = _status(ask, said, written)
    left = [key for key in ask.authors if key not in written]
    parts = [statement.text for statement in said] + list(written.values())
    if status is ItemStatus.CHECKED and ask.rest:
        parts.append(f"Author to add: {ask.rest}.")
    proofs = [proof for statement in said for proof in statement.proofs] + [_setting(key) for key in written]
    return ChecklistItem(
        number=ask.number,
        domain=ask.domain,
        topic=ask.topic,
        question=ask.question,
        status=status,
        text=" ".join(parts) or NOT_RECORDED,
        evidence=tuple(dict.fromkeys(proofs)),
        author_keys=tuple(left) if status is not ItemStatus.FILLED else (),
    )


def _status(ask: Ask, said: Sequence[Statement], written: Mapping[str, str]) -> ItemStatus:
    if not said and not written:
        return ItemStatus.OPEN
    is_written = bool(written) and len(written) == len(ask.authors)
    return ItemStatus.FILLED if is_written or any(statement.is_whole for statement in said) else ItemStatus.CHECKED


def _setting(key: str) -> Proof:
    return Proof(kind=ProofKind.SETTING, where=f"[report] {key}")


def table(checklist: Checklist) -> Table:
    """The checklist as journals ask for it: an item a row, what the study says, and where that can be seen."""
    counts = checklist.counts
    return Table(
        title=checklist.title,
        columns=("Domain", "No", "Item", "What is asked", "Status", "What the record says", "Where it can be seen"),
        rows=tuple(
            (item.domain, item.number, item.topic, item.question, item.status.value, item.text,
             "\n".join(proof.told for proof in item.evidence))
            for item in checklist.items
        ),
        notes=(
            f"Of {counted(len(checklist.items), 'item')} {counts[ItemStatus.FILLED]} are filled, {counts[ItemStatus.CHECKED]} "
            f"checked, and {counts[ItemStatus.OPEN]} for the author to complete. Filled: the record, or the author in "
            "study.toml, answers the item. Checked: the record shows part of it. Nothing is said that cannot be seen where the "
            "last column points.",
            f"Items after {checklist.source} What is asked is worded anew here.",
        ),
        n_stub=2,
    )  # fmt: skip
