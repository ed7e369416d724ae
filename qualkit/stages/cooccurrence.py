"""Codes that are met together: on the same segments, and in the same turns.

Jaccard's index is symmetric and looks at no segment that has neither code; lift sets the number against what independent codes
would give, and is large by chance where codes are rare. Neither is tested: segments of one person hang together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from qualkit.model import CodeAlone, Codebook, CodePair, Cooccurrence, FinalCode, NumberFormat, Segment, Table
from qualkit.stages.tables import coded, levels
from qualkit.stages.themes import Corpus
from qualkit.wording import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How codes are held against each other."""

    min_segments: int = field(default=2, metadata={"help": "Leave out codes that fewer segments have."})


def run(
    *, codes: Sequence[FinalCode], corpus: Corpus, book: Codebook, options: Options, suppress_below: int = 0
) -> Cooccurrence:
    """Every two codes that some segment or turn has together; see `Cooccurrence`.

    Codes of fewer people than `suppress_below`, and pairs on whose segments fewer spoke, are left out.
    """
    said = {key: [segment for segment, _ in mine] for key, mine in coded(codes, corpus).items() if key in book.by_key}
    domains = list(dict.fromkeys(book.domain_of(key) for key in book.by_key))
    n_people = {key: levels(mine).participants for key, mine in said.items()}
    often = [key for key in book.by_key if len(said.get(key, ())) >= max(1, options.min_segments)]
    often = [key for key in often if not _is_few(n_people[key], suppress_below)]
    keys = sorted(often, key=lambda key: domains.index(book.domain_of(key)))
    n_segments = len({segment.id for mine in said.values() for segment in mine})
    pairs = (_pair((one, other), said, n_segments) for one, other in combinations(keys, 2))
    return Cooccurrence(
        codes=tuple(_alone(key, said[key], book) for key in keys),
        pairs=tuple(
            pair for pair in pairs if (pair.segment_ids or pair.n_turns) and not _is_few(pair.n_participants, suppress_below)
        ),
        n_segments=n_segments,
        min_segments=options.min_segments,
        n_rare=len(said) - len(keys),
        suppress_below=suppress_below,
    )


def _is_few(n_people: int, below: int) -> bool:
    return 0 < n_people < below


def _alone(key: str, segments: Sequence[Segment], book: Codebook) -> CodeAlone:
    return CodeAlone(
        key=key, name=book.by_key[key].name, domain=book.domain_of(key), segment_ids=tuple(segment.id for segment in segments),
        n_turns=levels(segments).turns,
    )  # fmt: skip


def _pair(keys: tuple[str, str], said: Mapping[str, Sequence[Segment]], n_segments: int) -> CodePair:
    one, other = (said[key] for key in keys)
    others = {segment.id for segment in other}
    both = [segment for segment in one if segment.id in others]
    n = levels(both)
    turns = {segment.turn_id for segment in one} & {segment.turn_id for segment in other}
    in_turns = {segment.id: None for mine in (one, other) for segment in mine if segment.turn_id in turns}
    return CodePair(
        keys=keys,
        segment_ids=tuple(segment.id for segment in both),
        n_turns=len(turns),
        in_turns=tuple(in_turns),
        n_participants=n.participants,
        n_groups=n.groups,
        jaccard=len(both) / (len(one) + len(other) - len(both)),
        lift=len(both) * n_segments / (len(one) * len(other)),
    )


def table(found: Cooccurrence) -> Table:
    """A row for every two codes that are met together, those on most segments first."""
    names = {code.key: code for code in found.codes}
    rows = [
        (names[one].name, names[other].name, len(pair.segment_ids), pair.n_turns, pair.n_participants, pair.n_groups,
         len(names[one].segment_ids), len(names[other].segment_ids), pair.jaccard, pair.lift)
        for pair in ordered(found)
        for one, other in [pair.keys]
    ]  # fmt: skip
    count = NumberFormat.COUNT
    return Table(
        title="Codes that are met together",
        columns=("Code", "With", "Segments with both", "Turns with both", "Participants", "Groups", "Segments with the first",
                 "Segments with the other", "Jaccard", "Lift"),
        rows=tuple(rows),
        notes=notes(found),
        n_stub=2,
        formats=(None, None, *(count,) * 6, NumberFormat.COEFFICIENT, NumberFormat.DECIMAL),
    )  # fmt: skip


def ordered(found: Cooccurrence) -> list[CodePair]:
    """Pairs with most segments in common first, then most turns; ties in the order of the codebook."""
    return sorted(found.pairs, key=lambda pair: (-len(pair.segment_ids), -pair.n_turns))


def notes(found: Cooccurrence) -> tuple[str, ...]:
    """What is counted, out of how much, and which codes are left out."""
    together = sum(bool(pair.segment_ids) for pair in found.pairs)
    rare = f" {counted(found.n_rare, 'code')} on fewer than {found.min_segments} segments left out." if found.n_rare else ""
    if found.suppress_below > 1:
        rare = f"{rare} Codes and pairs of fewer than {found.suppress_below} people are left out."
    return (
        f"Of {counted(found.n_segments, 'segment')} that have a code. {counted(len(found.codes), 'code')}, of which "
        f"{counted(together, 'pair')} {'shares' if together == 1 else 'share'} a segment.{rare} Turns with both: each code on "
        "some segment of the turn. Jaccard: segments with both out of those with either. Lift: segments with both, against "
        "what codes independent of each other would give (1); large by chance where codes are rare. Participants and groups "
        "are those of the segments with both. Nothing was tested: segments of one person hang together.",
    )
