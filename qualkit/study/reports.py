"""What a study says of itself: checklists, methods, and what machines had to do with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from textwrap import wrap
from typing import TYPE_CHECKING

from qualkit.errors import StudyError, nearest
from qualkit.model import Checklist, ItemStatus, Passage, Table
from qualkit.model.facts import Facts
from qualkit.plain import sha256_of
from qualkit.stages import ai_disclosure, checklist, coreq, methods_text, srqr
from qualkit.study import facts, paper_tables
from qualkit.wording import counted

if TYPE_CHECKING:
    from qualkit.study.study import Study

CHECKLISTS: Mapping[str, Callable[[Facts], Checklist]] = {"coreq": coreq.run, "srqr": srqr.run}
"""By name, which is the stem of their tables as well; to add one is to add it here."""


def gather(study: Study, tables: Mapping[str, Table]) -> Facts:
    """What is known of the study, kept until something happens or a file changes; `tables` are all but those of checklists."""
    state = [files_print(study), [(stem, table.title) for stem, table in tables.items()]]
    study.codebook()  # a codebook that has changed is a new event, and with it a new head
    return study._kept.at_head(f"facts {sha256_of(state)}", lambda: facts.gather(study, tables))


def files_print(study: Study) -> str:
    """What tells one state of the files from another that facts, and the tables they point at, are read from."""
    return sha256_of([facts.print_of(study), paper_tables.prints(study)])


def checklists(known: Facts) -> dict[str, Checklist]:
    """Every checklist, as far as the record answers it."""
    return {name: make(known) for name, make in CHECKLISTS.items()}


def tables(known: Facts) -> dict[str, Table]:
    """The checklists as tables, by the stem of their files."""
    return {name: checklist.table(item) for name, item in checklists(known).items()}


def parts(known: Facts) -> tuple[tuple[str, tuple[Passage, ...]], ...]:
    """The texts for a paper, with their headings."""
    return ("Methods", methods_text.run(known)), ("Use of machines", ai_disclosure.run(known))


def print_of(study: Study, found: Mapping[str, Table]) -> str:
    """Checksum of the texts; `found` are all tables, those of checklists too."""
    return sha256_of(parts(gather(study, findings_in(found))))


def findings_in(found: Mapping[str, Table]) -> dict[str, Table]:
    """All tables but those of checklists."""
    return {stem: table for stem, table in found.items() if stem not in CHECKLISTS}


def need_checklist(name: str) -> None:
    """Raise `StudyError` for a checklist that is not there."""
    if name not in CHECKLISTS:
        near = nearest(name, CHECKLISTS)
        hint = f"Did you mean {near!r}?" if near else f"There are {', '.join(CHECKLISTS)}."
        raise StudyError(f"There is no checklist {name!r}. {hint}")


# ---------------------------------------------------------------- as told


def progress_told(item: Checklist) -> str:
    """How far a checklist is, in a sentence."""
    counts = item.counts
    n = len(item.items)
    return (
        f"{item.title}: of {counted(n, 'item')} {counts[ItemStatus.FILLED]} filled, {counts[ItemStatus.CHECKED]} checked, "
        f"{counts[ItemStatus.OPEN]} for the author to complete."
    )


def lines(made: Checklist) -> Iterator[str]:
    """A checklist for a terminal: each item with its sign, what the record says and where, or where an author is to say it."""
    for item in made.items:
        yield f"{checklist.SIGNS[item.status]} {item.number:>3}  {item.topic} ({item.status.value})"
        if item.status is not ItemStatus.OPEN:
            yield from wrap(item.text, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)
            seen_in = "; ".join(proof.told for proof in item.evidence)
            yield from wrap(f"[{seen_in}]", WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)
        if item.author_keys:
            keys = ", ".join(item.author_keys)
            yield from wrap(f"study.toml, [report]: {keys}", WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)


WIDTH, INDENT = 118, " " * 7
