"""Barriers and facilitators by construct: on which segments each domain, construct and code is, for and against.

A construct counts what stands below it in the codebook, a domain all of its constructs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from qualkit.model import (
    KINDS,
    Codebook,
    ConstructCount,
    FinalCode,
    NumberFormat,
    Segment,
    Spanner,
    Table,
    TableCell,
    grouped,
    kinds_in,
)
from qualkit.stages.tables import Said, coded, levels, members
from qualkit.stages.themes import VALENCE_ORDER, Corpus, in_order
from qualkit.wording import counted


class _Node(NamedTuple):
    """A domain, construct or code; see `ConstructCount`."""

    key: str | None
    name: str
    domain: str
    level: int


def run(*, codes: Sequence[FinalCode], corpus: Corpus, book: Codebook, suppress_below: int = 0) -> tuple[ConstructCount, ...]:
    """Domains in the order of the codebook, under each its constructs and codes; none that no segment has.

    What fewer people than `suppress_below` said is left out.
    """
    said = coded(codes, corpus)
    below = _below(book)
    keys = [key for key in book.by_key if any(key_below in said for key_below in below[key])]
    found: list[ConstructCount] = []
    for domain, mine in grouped(keys, book.domain_of).items():
        tops = [key for key in mine if _above(book, key, domain) is None]
        whole = [one for top in tops for key in below[top] for one in said.get(key, ())]
        if domain:
            found.append(_count(_Node(None, domain, domain, 0), whole, corpus))
        for key, level in _walk(tops, mine, book, 1):
            own = [one for key_below in below[key] for one in said.get(key_below, ())]
            found.append(_count(_Node(key, book.by_key[key].name, domain, level), own, corpus))
    return tuple(count for count in found if not 0 < count.n_participants < suppress_below)


def _below(book: Codebook) -> dict[str, list[str]]:
    """Each code with all codes below it that have its domain, itself first."""
    found: dict[str, list[str]] = {key: [key] for key in book.by_key}
    for key, code in book.by_key.items():
        above = code.parent_key
        while above is not None and book.domain_of(above) in (book.domain_of(key), ""):
            found[above].append(key)
            above = book.by_key[above].parent_key
    return found


def _above(book: Codebook, key: str, domain: str) -> str | None:
    """The code that `key` stands under in the same domain."""
    above = book.by_key[key].parent_key
    return above if above is not None and book.domain_of(above) == domain else None


def _walk(keys: Sequence[str], among: Sequence[str], book: Codebook, level: int) -> Iterable[tuple[str, int]]:
    """Keys with their level, what stands under a code right after it."""
    for key in keys:
        yield key, level
        yield from _walk([one for one in among if book.by_key[one].parent_key == key], among, book, level + 1)


def _count(node: _Node, said: Sequence[Said], corpus: Corpus) -> ConstructCount:
    by_valence = grouped(said, lambda one: one[1])
    n = levels({segment.id: segment for segment, _ in said}.values())
    return ConstructCount(
        key=node.key, name=node.name, domain=node.domain, level=node.level,
        by_valence={
            valence: _ids((segment for segment, _ in by_valence[valence]), corpus)
            for valence in VALENCE_ORDER if valence in by_valence
        },
        n_turns=n.turns, n_participants=n.participants, n_groups=n.groups,
    )  # fmt: skip


def _ids(segments: Iterable[Segment], corpus: Corpus) -> tuple[str, ...]:
    return tuple(segment.id for segment in in_order({segment.id: segment for segment in segments}.values(), corpus))


# ---------------------------------------------------------------- as a table

STUB = 2


def table(counts: Sequence[ConstructCount], corpus: Corpus, suppress_below: int = 0) -> Table:
    """A row for each domain and each construct or code under it: segments by valence, and the same talk at four levels."""
    kinds, n_people, n_groups = kinds_in(counts), len(members(corpus)), len(corpus.transcripts)

    def row(count: ConstructCount) -> tuple[TableCell, ...]:
        sides = [len(count.by_valence.get(valence, ())) for valence in kinds]
        whole = (
            len(count.segment_ids),
            count.n_turns,
            f"{count.n_participants} of {n_people}",
            f"{count.n_groups} of {n_groups}",
        )
        name = "All of the domain" if count.level == 0 else "– " * (count.level - 1) + count.name
        return (count.domain or "Codes", name, *sides, *whole)

    return Table(
        title="Barriers and facilitators by construct",
        columns=("Domain", "Construct or code", *(KINDS[valence] for valence in kinds), "Segments (n)", "Turns (n)",
                 "Participants (n of N)", "Groups (n of N)"),
        rows=tuple(map(row, counts)),
        notes=notes(counts, corpus, suppress_below),
        n_stub=STUB,
        spanners=(Spanner(text="Segments", first=STUB, last=STUB + len(kinds) - 1),) if kinds else (),
        formats=(None, None, *(NumberFormat.COUNT,) * (len(kinds) + 2), None, None),
    )  # fmt: skip


def notes(counts: Sequence[ConstructCount], corpus: Corpus, suppress_below: int = 0) -> tuple[str, ...]:
    """What is counted, out of how much, and what is left out."""
    few = (f"Rows of fewer than {suppress_below} people are left out.",) if suppress_below > 1 else ()
    n_segments = len({key for count in counts for key in count.segment_ids})
    return (
        f"Segments with a code that counts: {n_segments}, of {counted(len(members(corpus)), 'participant')} in "
        f"{counted(len(corpus.transcripts), 'group')}, silent ones too. A segment counts once for each valence of a row; a "
        "construct counts what stands below it, so rows of a domain add up to more than the domain where a segment has several "
        "codes. Frequency is not importance, and what was not raised is not thereby absent.",
        *few,
    )
