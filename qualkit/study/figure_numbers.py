"""The numbers of figures as tables, each count with the segments behind it: what a reader of a figure asks to hear."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from qualkit.model import HIDDEN, KINDS, Behind, ConstructCount, Crosstab, NumberFormat, Numbers, Opens, Table, kinds_in
from qualkit.stages import construct_counts, cooccurrence, saturation_tables, talk_share
from qualkit.stages.across import COURSE
from qualkit.study import (
    across_tables,
    agreement_wording,
    paper_tables,
    rating_numbers,
    rating_tables,
    saturating,
    saturation_numbers,
    voice_numbers,
)

if TYPE_CHECKING:
    from qualkit.study.judged import Judged
    from qualkit.study.study import Study


def of_figure(study: Study, stem: str) -> Numbers | None:
    """See `Study.figure_numbers`."""
    own: Mapping[str, Callable[[Study], Numbers | None]] = {
        "constructs_diverging": constructs,
        "code_cooccurrence": together,
        "agreement_forest": agreement,
        "topic_sizes": topics,
        "rating_matrix": ratings,
        "saturation": saturation,
        "talk_share": voices,
    }
    if stem in own:
        return own[stem](study)
    themes = {name: kind for kind, name in across_tables.stems(study.theme_kinds(), "themes_by_").items()}
    if stem in themes:
        return theme_grid(study, themes[stem])
    strata = {name: kind for kind, name in across_tables.stems(study.strata()).items()}
    return topics_across(study.across(strata[stem])) if stem in strata and study.topics() else None


def constructs(study: Study) -> Numbers:
    """Segments for and against by construct."""
    counts, below = study.construct_counts(), paper_tables.options_of(study, {}).suppress_below
    kinds = kinds_in(counts)
    opens: Opens = {}
    for row, count in enumerate(counts):
        for n, valence in enumerate(kinds):
            if ids := count.by_valence.get(valence):
                opens[row, construct_counts.STUB + n] = Behind(title=f"{count.name}: {KINDS[valence].lower()}", segment_ids=ids)
        whole = construct_counts.STUB + len(kinds)
        for n, what in enumerate(("segments", "segments", "people", "groups")):
            opens[row, whole + n] = Behind(title=count.name, segment_ids=count.segment_ids, what=what)
    picked = {
        key_of(count, valence.value if valence else ""): Behind(
            title=f"{count.name}: {KINDS[valence].lower()}", segment_ids=ids
        )
        for count in counts
        for valence, ids in count.by_valence.items()
    }  # fmt: skip
    return Numbers(table=construct_counts.table(counts, study.corpus(), below), opens=opens, picked=picked)


def key_of(count: ConstructCount, valence: str) -> str:
    """How the figure calls a bar."""
    return "\n".join((count.key or "", count.domain, valence))


def together(study: Study) -> Numbers:
    """Codes that are met together."""
    found = study.cooccurrence()
    codes = {code.key: code for code in found.codes}
    opens: Opens = {}
    picked = {f"{key}\n{key}": Behind(title=code.name, segment_ids=code.segment_ids) for key, code in codes.items()}
    for row, pair in enumerate(cooccurrence.ordered(found)):
        one, other = (codes[key] for key in pair.keys)
        both = Behind(title=f"{one.name} and {other.name}", segment_ids=pair.segment_ids)
        in_turns = Behind(title=f"Turns with {one.name} and {other.name}", segment_ids=pair.in_turns)
        alone = (Behind(title=code.name, segment_ids=code.segment_ids) for code in (one, other))
        spoken = (
            Behind(title=both.title, segment_ids=both.segment_ids, what="people"),
            Behind(title=both.title, segment_ids=both.segment_ids, what="groups"),
        )
        for column, item in enumerate((both, in_turns, *spoken, *alone), start=2):
            if item.segment_ids:
                opens[row, column] = item
        picked["\n".join(pair.keys)] = both
    return Numbers(table=cooccurrence.table(found), opens=opens, picked=picked)


def agreement(study: Study) -> Numbers:
    """Agreement by code, with the segments on which coders differ."""
    judged, book = study.judged_by_two(is_blind=study.is_told_blind()), study.codebook().by_key
    by_code: dict[str | None, dict[str, float | None]] = {}
    for item in study.told_agreement():
        by_code.setdefault(item.code_key, {})[item.measure] = item.value
    keys = [*(key for key in by_code if key is not None), None]
    measures = ("percent", "kappa", "alpha", "ac1")
    rows, opens, picked = [], {}, {}
    for row, key in enumerate(keys):
        name = book[key].name if key is not None else agreement_wording.POOLED
        counts = judged[key]
        rows.append((name, *(len(ids) for _, ids in _parts(name, counts)), *(by_code[key].get(name) for name in measures)))
        for column, (title, ids) in enumerate(_parts(name, counts), start=1):
            if ids:
                opens[row, column] = Behind(title=title, segment_ids=ids, said=counts.said)
        picked[key or ""] = Behind(title=f"{name}: where coders differ", segment_ids=counts.apart, said=counts.said)
    coefficient = NumberFormat.COEFFICIENT
    table = Table(
        title="Agreement by code, and the segments behind it",
        columns=("Code", "Judged by two or more", "Given by all of them", "Coders differ",
                 *(agreement_wording.NAMES[name] for name in measures)),
        rows=tuple(rows),
        notes=("In segments. Of all codes: given by all, where they gave the same codes; coders differ, where one gave a code "
               "that another did not.",),
        formats=(None, *(NumberFormat.COUNT,) * 3, *(coefficient,) * len(measures)),
    )  # fmt: skip
    return Numbers(table=table, opens=opens, picked=picked)


def ratings(study: Study) -> Numbers:
    """Ratings of constructs, each with the talk that was rated."""
    return Numbers(table=rating_tables.matrix(study), opens=rating_numbers.matrix(study), picked=rating_numbers.picked(study))


def saturation(study: Study) -> Numbers | None:
    """Codes by group, each with the segment where it was met first."""
    items = saturating.at_all_levels(study)
    if not items:
        return None
    opens, picked = saturation_numbers.accumulation(items), saturation_numbers.picked(items)
    return Numbers(table=saturation_tables.accumulation(items), opens=opens, picked=picked)


def voices(study: Study) -> Numbers:
    """Words by meeting."""
    groups = study.talk_shares()
    table = talk_share.balance_table(groups)
    return Numbers(table=table, opens=voice_numbers.balance(table, groups), picked=voice_numbers.picked(groups))


def _parts(name: str, counts: Judged) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield f"{name}: judged by two or more", counts.judged
    yield f"{name}: given by all who judged", counts.given
    yield f"{name}: where coders differ", counts.apart


def theme_grid(study: Study, kind: str) -> Numbers:
    """Themes by the strata of a kind, in people."""
    grid = study.theme_grid(kind)
    rows, opens, picked = [], {}, {}
    for i, row in enumerate(grid.rows):
        valence = row.valence.value if row.valence else ""
        people = (HIDDEN if cell.is_hidden else cell.n_participants for cell in row.cells)
        rows.append((row.theme, valence.capitalize(), *people))
        for j, (cell, column) in enumerate(zip(row.cells, grid.columns, strict=True)):
            if cell.segment_ids and not cell.is_hidden:
                title = ", ".join(part for part in (row.theme, valence, column.name if column.key else "") if part)
                opens[i, 2 + j] = Behind(title=title, segment_ids=cell.segment_ids, what="people")
                picked["\n".join((row.theme_id, valence, column.key))] = opens[i, 2 + j]
    table = Table(
        title=f"Themes by {grid.title}, people who raised them",
        columns=("Theme", "Facilitator / barrier", *(f"{column.name} (N = {column.n_people})" for column in grid.columns)),
        rows=tuple(rows),
        notes=grid.notes,
        n_stub=2,
    )
    return Numbers(table=table, opens=opens, picked=picked)


def topics(study: Study) -> Numbers:
    """Topics by size."""
    ordered = sorted(study.topics(), key=lambda topic: (topic.number < 0, -len(topic.segment_ids)))
    rows = tuple((topic.name, ", ".join(topic.words), len(topic.segment_ids)) for topic in ordered)
    opens = {(n, 2): Behind(title=topic.name, segment_ids=topic.segment_ids) for n, topic in enumerate(ordered)}
    table = Table(
        title="Topics by size",
        columns=("Topic", "Telling words", "Segments (n)"),
        rows=rows,
        formats=(None, None, NumberFormat.COUNT),
    )
    picked = {topic.id: item for topic, item in zip(ordered, opens.values(), strict=True)}
    return Numbers(table=table, opens=opens, picked=picked)


def topics_across(crosstab: Crosstab) -> Numbers:
    """Topics by strata; of the course of a meeting no mark can be clicked."""
    opens: Opens = {}
    picked = {}
    for i, row in enumerate(crosstab.rows, start=1):
        opens[i, 1] = Behind(title=row.name, segment_ids=tuple(key for cell in row.cells for key in cell.segment_ids))
        for j, (cell, column) in enumerate(zip(row.cells, crosstab.columns, strict=True), start=2):
            if cell.segment_ids:
                opens[i, j] = Behind(title=f"{row.name}, {column.name}", segment_ids=cell.segment_ids)
                picked[f"{row.topic_id}\n{column.key}"] = opens[i, j]
    return Numbers(table=across_tables.table(crosstab), opens=opens, picked={} if crosstab.by == COURSE else picked)
