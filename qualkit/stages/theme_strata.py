"""Themes by strata: who raised each in each group, site, sector or any other part of the talk, and after which question.

A row counts people and segments in each stratum, out of all people of the stratum, silent ones too. Within and across
responses: a theme that stands under one guide question only is an answer to it, one that comes back under others is its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from qualkit.model import (
    HIDDEN,
    Part,
    Segment,
    Spanner,
    Table,
    TableCell,
    ThemeCell,
    ThemeGrid,
    ThemeGridRow,
    ThemeRow,
    grouped,
)
from qualkit.stages.disclosure import hidden
from qualkit.stages.tables import Options, levels, members, number_notes, told_of, with_share
from qualkit.stages.themes import Corpus

MOST_SPANNED = 5
"""Up to so many strata people and segments have a column each; of more they share one."""
MOST_ON_PAPER = 12


def parts(
    corpus: Corpus, placed: Mapping[str, str], names: Mapping[str, str], people: Mapping[str, str] | None = None
) -> list[Part]:
    """Strata in the order of `names`, and one of segments of which nobody knows where they belong, if there are any.

    `placed` has the stratum of each coded segment; `people` the stratum of each person who took part, None where people belong
    to none, as to a guide question: then whoever spoke in it counts.
    """
    segments = [segment for segment in corpus.segments.values() if segment.is_coded]
    mine = grouped(segments, lambda segment: placed.get(segment.id, ""))
    known = members(corpus)
    belongs = grouped(known, lambda key: (people or {}).get(key, ""))
    found = []
    is_unknown = "" in mine or (people is not None and "" in belongs)
    for key in [*names, *([""] if is_unknown else [])]:
        said = mine.get(key, [])
        spoke = len({segment.participant_id for segment in said if segment.participant_id in known})
        n_people = spoke if people is None else len(belongs.get(key, []))
        found.append(Part(key=key, name=names.get(key, "Not known"), n_people=n_people, n_segments=len(said)))
    return found


def table(
    *,
    rows: Sequence[ThemeRow],
    corpus: Corpus,
    placed: Mapping[str, str],
    strata: Sequence[Part],
    by: str,
    options: Options,
    notes: Sequence[str] = (),
) -> Table:
    """A row for each row of the theme table: people and segments in each stratum, and in all."""
    said, cells, small = _cells(rows, corpus, placed, strata, options)
    is_spanned = len(strata) <= MOST_SPANNED

    def row(i: int) -> tuple[TableCell, ...]:
        told = zip([*cells[i], said[i]], [*(part.n_people for part in strata), rows[i].of_participants], strict=True)
        pairs = [_told(cell, of, (i, j) in small, options) for j, (cell, of) in enumerate(told)]
        split = [cell for pair in pairs for cell in pair] if is_spanned else [_joined(*pair) for pair in pairs]
        valence = rows[i].valence
        return (rows[i].theme, valence.value.capitalize() if valence else "", *split)

    every = [*strata, _total(corpus)]
    return Table(
        title=f"Themes by {by}",
        columns=("Theme", "Facilitator / barrier", *(_split_heads(every) if is_spanned else map(_head, every))),
        rows=tuple(row(i) for i in range(len(rows))),
        notes=(_counted(by, is_spanned), *number_notes(options), *notes),
        spanners=tuple(_spanner(n, part) for n, part in enumerate(every)) if is_spanned else (),
        is_data=len(strata) > MOST_ON_PAPER,
    )


def grid(
    *,
    rows: Sequence[ThemeRow],
    corpus: Corpus,
    placed: Mapping[str, str],
    strata: Sequence[Part],
    by: str,
    title: str,
    options: Options,
    notes: Sequence[str] = (),
) -> ThemeGrid:
    """The same counts with the segments behind them, all people as the last column; what is hidden in the table is so here."""
    said, cells, small = _cells(rows, corpus, placed, strata, options)

    def cell(i: int, j: int, segments: Sequence[Segment]) -> ThemeCell:
        ids = tuple(segment.id for segment in segments)
        return ThemeCell(segment_ids=ids, n_participants=levels(segments).participants, is_hidden=(i, j) in small)

    return ThemeGrid(
        by=by,
        title=title,
        columns=(*strata, _total(corpus)),
        rows=tuple(
            ThemeGridRow(
                theme_id=row.theme_id,
                theme=row.theme,
                valence=row.valence,
                cells=tuple(cell(i, j, mine) for j, mine in enumerate([*cells[i], said[i]])),
            )
            for i, row in enumerate(rows)
        ),
        notes=(_counted(title, is_spanned=True), *number_notes(replace(options, percent_from=0)), *notes),
    )


def _cells(
    rows: Sequence[ThemeRow], corpus: Corpus, placed: Mapping[str, str], strata: Sequence[Part], options: Options
) -> tuple[list[list[Segment]], list[list[list[Segment]]], frozenset[tuple[int, int]]]:
    """The segments of each row, the same in each stratum, and which cells are hidden, the row's total being the last."""
    said = [[corpus.segments[key] for key in row.segment_ids] for row in rows]
    cells = [[_within(mine, part, placed) for part in strata] for mine in said]
    counts = [
        [*(levels(cell).participants for cell in mine), row.n_participants] for mine, row in zip(cells, rows, strict=True)
    ]
    return said, cells, hidden(counts, options.suppress_below)


def _total(corpus: Corpus) -> Part:
    n_segments = sum(segment.is_coded for segment in corpus.segments.values())
    return Part(key="", name="All", n_people=len(members(corpus)), n_segments=n_segments)


def _within(segments: Sequence[Segment], part: Part, placed: Mapping[str, str]) -> list[Segment]:
    return [segment for segment in segments if placed.get(segment.id, "") == part.key]


def _told(segments: Sequence[Segment], of: int, is_hidden: bool, options: Options) -> tuple[int | str, int | str]:
    """People with their share, and segments; both hidden where the people are."""
    n = levels(segments)
    if is_hidden:
        return HIDDEN, HIDDEN
    return with_share(n.participants, of, options), n.segments


def _joined(people: int | str, segments: int | str) -> int | str:
    return people if people == HIDDEN or not segments else f"{people}; {segments}"


def _head(part: Part) -> str:
    return f"{part.name} (N = {part.n_people}; {part.n_segments})"


def _spanner(n: int, part: Part) -> Spanner:
    return Spanner(text=_head(part), first=2 + 2 * n, last=3 + 2 * n)


def _split_heads(every: Sequence[Part]) -> list[str]:
    return [name for _ in every for name in ("People", "Segments")]


def _counted(by: str, is_spanned: bool) -> str:
    cell = "" if is_spanned else "A cell has people; segments. "
    return (
        f"{cell}N: participants who belong to the {by}, those who said nothing too where participants.csv lists them; segments "
        "to be coded in it. A segment counts once in a row. What was not raised is not thereby absent. Segments of one person "
        "hang together: these are counts, and no test was made of them."
    )


# ---------------------------------------------------------------- within and across responses


def within_and_across(
    *,
    rows: Sequence[ThemeRow],
    corpus: Corpus,
    placed: Mapping[str, str],
    questions: Sequence[Part],
    options: Options,
    notes: Sequence[str] = (),
    before: str = "",
) -> Table:
    """A row for each theme, for and against together: segments and people after each question, and how far it reaches.

    What was said `before` the first question, the key of one of `questions`, has a column and is an answer to none.
    """
    n_asked = sum(part.key != before for part in questions)
    themes, fewer = grouped(rows, lambda row: row.theme_id), f"< {options.suppress_below}"
    found = []
    for mine in themes.values():
        ids = dict.fromkeys(key for row in mine for key in row.segment_ids)
        said = [corpus.segments[key] for key in ids]
        cells = [levels(_within(said, part, placed)) for part in questions]
        met = [part.name for part, cell in zip(questions, cells, strict=True) if cell.segments and part.key != before]
        n = levels(said)
        told = (
            f"{told_of(cell.segments, cell.participants, options)} "
            f"[{fewer if cell.participants < options.suppress_below else cell.participants}]"
            if cell.segments
            else 0
            for cell in cells
        )
        found.append((mine[0].theme, *told, f"{len(met)} of {n_asked}", f"{n.groups} of {mine[0].of_groups}", _reach(met)))
    return Table(
        title="Themes within and across responses",
        columns=("Theme", *(f"{part.name} (N = {part.n_segments})" for part in questions), "Questions (n of N)",
                 "Groups (n of N)", "Reach"),
        rows=tuple(found),
        notes=(
            "A cell has segments after the question and, in brackets, the people who spoke them; N: all segments to be coded "
            "after it. Within: raised after one question only, in answer to it. Across: raised after several.",
            *notes,
        ),
        is_data=len(questions) > MOST_ON_PAPER,
    )  # fmt: skip


def _reach(met: Sequence[str]) -> str:
    if not met:
        return "no question"
    return f"within {met[0]}" if len(met) == 1 else f"across {len(met)}"
