"""What is behind the numbers of the tables that a study prints: by row and column, the segments that were counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from qualkit.model import Behind, Opens, ThemeRow, grouped
from qualkit.stages import across, codebook_table, framework, sample_table, theme_strata
from qualkit.stages.tables import levels
from qualkit.study import (
    agreement_numbers,
    evaluation_numbers,
    figure_numbers,
    ledger_numbers,
    paper_tables,
    rating_numbers,
    saturation_numbers,
    voice_balance,
    voice_numbers,
)

if TYPE_CHECKING:
    from qualkit.study.study import Study

THEMES = {4: "groups", 5: "people", 6: "segments", 7: "segments"}
NUMBERS = {3: "groups", 5: "people", 7: "segments", 8: "segments"}
"""What is counted in which columns of the theme table and of its numbers."""

UPTAKE_FROM = 3
"""The first column of a count in the table of what coders did with suggestions."""


def of_table(study: Study, stem: str) -> Opens:
    """See `Study.table_opens`."""
    own: Mapping[str, Callable[[Study], Opens]] = {
        "theme_table": partial(themes, columns=THEMES),
        "theme_numbers": partial(themes, columns=NUMBERS),
        "agreement": agreement_numbers.on_codes,
        "agreement_now": partial(agreement_numbers.on_codes, is_now=True),
        "agreement_sample": agreement_numbers.on_sample,
        "agreement_sets": agreement_numbers.on_sets,
        "agreement_valence": agreement_numbers.on_valence,
        "agreement_words": agreement_numbers.on_words,
        "agreement_pairs": agreement_numbers.of_pairs,
        "agreement_rounds": ledger_numbers.of_study,
        "saturation": saturation_numbers.of_study,
        "saturation_thresholds": saturation_numbers.of_thresholds,
        "saturation_by_stratum": saturation_numbers.of_strata,
        "voice_balance": voice_numbers.of_groups,
        "voice_people": voice_numbers.of_people,
        "theme_carriers": voice_numbers.of_carriers,
        "consensus_matrix": voice_numbers.of_consensus,
        "framework_matrix": partial(framework_matrix, by_participant=False),
        "framework_participants": partial(framework_matrix, by_participant=True),
        "framework_codes": framework_codes,
        "participant_list": participants,
        "evaluation": evaluation_numbers.of_evaluation,
        "verdicts": evaluation_numbers.of_verdicts,
        "rating_matrix": rating_numbers.matrix,
        "rating_agreement": rating_numbers.agreement,
        "codebook": codebook,
        "suggestion_uptake": uptake,
        "topics": topics,
        "gap_topics": gap_topics,
        "gap_codes": gap_codes,
        "within_across": within_across,
    }
    if stem in own:
        return own[stem](study)
    kinds = {name: kind for kind, name in paper_tables.theme_stems(study).items()}
    if stem in kinds:
        return themes_by(study, kinds[stem])
    if stem.startswith(voice_balance.IN_GROUP):
        return voice_numbers.consensus(voice_balance.by_group(study, study.consensus()).get(stem, []))
    figure = {"constructs": "constructs_diverging"}.get(stem, stem)
    numbers = figure_numbers.of_figure(study, figure)
    return dict(numbers.opens) if numbers else {}


def themes(study: Study, *, columns: Mapping[int, str]) -> Opens:
    """The counts of the theme table, which stand in `columns`; none of a row whose people are too few to be told."""
    below = paper_tables.options_of(study, {}).suppress_below
    return {
        (n, column): Behind(title=_name(row), segment_ids=row.segment_ids, what=what)
        for n, row in enumerate(study.theme_rows())
        if not 0 < row.n_participants < below
        for column, what in columns.items()
    }


def _name(row: ThemeRow) -> str:
    return f"{row.theme}, {row.valence.value}" if row.valence else row.theme


def codebook(study: Study) -> Opens:
    """Groups, people, turns and segments of each code; none of a code whose people are too few to be told."""
    segments, corpus = study.code_segments(), study.corpus()
    below = paper_tables.options_of(study, {}).suppress_below
    opens: Opens = {}
    for n, code in enumerate(codebook_table.ordered(study.codebook())):
        ids = segments.get(code.key, ())
        if not ids or 0 < levels(corpus.segments[key] for key in ids).participants < below:
            continue
        for column, what in enumerate(("groups", "people", "segments", "segments"), start=6):
            opens[n, column] = Behind(title=code.name, segment_ids=ids, what=what)
    return opens


def themes_by(study: Study, kind: str) -> Opens:
    """People and segments by strata, which have a column each or share one."""
    grid = study.theme_grid(kind)
    is_spanned = len(grid.columns) - 1 <= theme_strata.MOST_SPANNED
    opens: Opens = {}
    for i, row in enumerate(grid.rows):
        for j, (cell, part) in enumerate(zip(row.cells, grid.columns, strict=True)):
            if not cell.segment_ids or cell.is_hidden:
                continue
            valence = row.valence.value if row.valence else ""
            title = ", ".join(text for text in (row.theme, valence, part.name if part.key else "") if text)
            at = 2 + (2 * j if is_spanned else j)
            opens[i, at] = Behind(title=title, segment_ids=cell.segment_ids, what="people")
            if is_spanned:
                opens[i, at + 1] = Behind(title=title, segment_ids=cell.segment_ids)
    return opens


def within_across(study: Study) -> Opens:
    """Segments of a theme after each guide question; none where small counts are hidden."""
    if paper_tables.options_of(study, {}).suppress_below > 1:
        return {}
    grid = study.theme_grid(across.QUESTION)
    opens: Opens = {}
    for i, rows in enumerate(grouped(grid.rows, lambda row: row.theme_id).values()):
        for j, part in enumerate(grid.columns[:-1]):
            if ids := tuple(dict.fromkeys(key for row in rows for key in row.cells[j].segment_ids)):
                opens[i, 1 + j] = Behind(title=f"{rows[0].theme}, {part.name}", segment_ids=ids)
    return opens


def framework_matrix(study: Study, *, by_participant: bool) -> Opens:
    """What each case said of each code, and all that was said there."""
    codes, corpus, book = study.final_codes(), study.corpus(), study.codebook()
    options = paper_tables.options_of(study, {})
    return framework.opens(codes=codes, corpus=corpus, book=book, options=options, by_participant=by_participant)


def framework_codes(study: Study) -> Opens:
    """The same of groups, turned over."""
    options = paper_tables.options_of(study, {})
    return framework.opens_by_code(codes=study.final_codes(), corpus=study.corpus(), book=study.codebook(), options=options)


def participants(study: Study) -> Opens:
    """Turns, segments and words of each participant."""
    return sample_table.opens(study.corpus())


def uptake(study: Study) -> Opens:
    """What coders did with suggestions."""
    from qualkit.study.tables import UPTAKE

    segments, book = study.uptake_segments(), study.codebook().by_key
    opens: Opens = {}
    for row, item in enumerate(study.uptake()):
        mine = segments.get((item.coder, item.machine, item.code_key), {})
        code = book[item.code_key].name if item.code_key in book else item.code_key
        for column, (name, said) in enumerate(UPTAKE.items(), start=UPTAKE_FROM):
            if ids := mine.get(name):
                title = f"{code}, {item.coder} and {item.machine}: {said.lower()}"
                opens[row, column] = Behind(title=title, segment_ids=ids)
    return opens


def gap_topics(study: Study) -> Opens:
    """Segments, people and groups of each topic of the gap report."""
    report = study.gaps()
    return {
        (row, column): Behind(title=gap.topic.name, segment_ids=gap.topic.segment_ids, what=what)
        for row, gap in enumerate((*report.topics, *([report.outliers] if report.outliers else [])))
        for column, what in enumerate(("segments", "people", "groups"), start=3)
        if gap.topic.segment_ids
    }


def gap_codes(study: Study) -> Opens:
    """Segments of each code, and of two codes that might be one those with both."""
    report, on, book = study.gaps(), study.code_segments(), study.codebook().by_key
    found = [(book[gap.code_key].name, on.get(gap.code_key, ())) for gap in report.codes]
    for pair in report.merging:
        other = frozenset(on.get(pair.right_key, ()))
        both = tuple(key for key in on.get(pair.left_key, ()) if key in other)
        found.append((f"{book[pair.left_key].name} and {book[pair.right_key].name}", both))
    return {(row, 2): Behind(title=title, segment_ids=ids) for row, (title, ids) in enumerate(found) if ids}


def topics(study: Study) -> Opens:
    """Segments of each topic."""
    ordered = sorted(study.topics(), key=lambda topic: (topic.number < 0, topic.number))
    return {(n, 1): Behind(title=topic.name, segment_ids=topic.segment_ids) for n, topic in enumerate(ordered)}
