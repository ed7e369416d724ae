"""The codebook as papers print it: each code with its definition, what is in and out, an example, and how often it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qualkit.model import Code, Codebook, FinalCode, Table, TableCell
from qualkit.stages.tables import Options, coded, groups_of, levels, members, people_said, told_of
from qualkit.stages.themes import Corpus
from qualkit.wording import counted


def run(*, book: Codebook, codes: Sequence[FinalCode], corpus: Corpus, options: Options, added: Mapping[str, str]) -> Table:
    """A row for each code that may be given, in the order of the book, domain by domain.

    `added` says of codes that came later since when they are there.
    """
    found, of_groups, of_people = coded(codes, corpus), len(corpus.transcripts), len(members(corpus))

    def row(code: Code) -> tuple[TableCell, ...]:
        n = levels(segment for segment, _ in found.get(code.key, ()))
        turns, segments = (told_of(item, n.participants, options) for item in (n.turns, n.segments))
        return (
            book.domain_of(code.key), code.name, code.definition, _borders(code),
            "\n".join(f"“{text}”" for text in code.examples[:1]),
            code.origin.value + (f", since {added[code.key]}" if code.key in added else ""),
            groups_of(n.groups, of_groups, n.participants, options), people_said(n.participants, of_people, options), turns,
            segments,
        )  # fmt: skip

    return Table(
        title=f"Codebook: {book.name}",
        columns=("Domain", "Code", "Definition", "Include / exclude", "Example", "Origin", "Groups (n of N)",
                 "Participants (n of N)", "Turns (n)", "Segments (n)"),
        rows=tuple(map(row, ordered(book))),
        notes=_notes(book, corpus),
        n_stub=2,
    )  # fmt: skip


def ordered(book: Codebook) -> list[Code]:
    """The codes in use, domain by domain, as they come in the codebook."""
    domains = list(dict.fromkeys(book.domain_of(code.key) for code in book.in_use))
    return sorted(book.in_use, key=lambda code: domains.index(book.domain_of(code.key)))


def _borders(code: Code) -> str:
    valences = ", ".join(valence.value for valence in code.valences)
    lines = [("Include", "; ".join(code.include)), ("Exclude", "; ".join(code.exclude)), ("Valence", valences)]
    return "\n".join(f"{name}: {text}" for name, text in lines if text)


def _notes(book: Codebook, corpus: Corpus) -> tuple[str, ...]:
    n_segments = sum(segment.is_coded for segment in corpus.segments.values())
    notes = [
        f"Version {book.version} ({book.sha256[:12]}), {counted(len(book.in_use), 'code')}. Examples are the codebook's own. "
        f"Use is counted on the codes that count, over {counted(n_segments, 'segment')} to be coded in "
        f"{counted(len(corpus.transcripts), 'group')}; N of participants: all who took part, moderators left out.",
    ]
    if book.source:
        notes.append(f"Source: {book.source.rstrip('.')}." + (f" Licence: {book.licence}." if book.licence else ""))
    retired = [f"{code.name} ({code.retired})" for code in book.codes if code.retired is not None]
    if retired:
        notes.append(f"Retired codes: {'; '.join(retired)}.")
    return tuple(notes)
