"""Tables for the paper, from what counts in a study: themes, codebook, matrices, joint display, and who took part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from qualkit.errors import StudyError, nearest
from qualkit.model import ChangeKind, Part, Quote, Table, ThemeRow, Turn
from qualkit.readers.joint import FILE as JOINT
from qualkit.readers.joint import read_joint
from qualkit.stages import (
    across,
    codebook_table,
    construct_counts,
    cooccurrence,
    framework,
    joint,
    quotations,
    sample_table,
    theme_strata,
    themes,
)
from qualkit.stages import tables as stage
from qualkit.stages.quotations import Turns
from qualkit.stages.tables import Options
from qualkit.study import across_tables, codebook_changes, guides, quote_edits, voice_balance

if TYPE_CHECKING:
    from qualkit.study.study import Study


def options_of(study: Study, given: Mapping[str, Any]) -> Options:
    """How tables are printed in this study: `[options.tables]` of `study.toml`, and what is `given`.

    Raises `StudyError` for an attribute that nobody has.
    """
    options: Options = study.options(stage, given)
    known = sample_table.attribute_names(list(study.corpus().participants.values()))
    for name in options.attributes:
        if name not in known:
            near = nearest(name, known)
            hint = f"Did you mean {near!r}?" if near else f"There are {', '.join(known) or 'none'}."
            raise StudyError(f"No participant has an attribute {name!r} in participants.csv. {hint}")
    return options


def prints(study: Study) -> list[object]:
    """What tells one state of the files that only these tables read from another."""
    path = study.folder.path / JOINT
    return [guides.print_of(study), *([path.stat().st_mtime_ns, path.stat().st_size] if path.is_file() else [])]


def theme_table(study: Study, notes: tuple[str, ...], options: Options) -> Table:
    """The theme table with its quotations, where each of them stands, and what is told of their speakers."""
    rows, corpus = study.theme_rows(), study.corpus()
    quotes = [quote for row in rows for quote in row.quotes]
    turns, most = turns_of(study, quotes), study.options(themes, {}).most_per_person
    about = (
        *_retired(study, rows),
        *quotations.quote_notes(quotes, corpus, turns, most),
        *quotations.attribute_note(corpus, options),
    )
    return themes.table(
        rows,
        title=f"Themes: {study.info.title}",
        notes=(*notes, *about, *quote_edits.passed_over(study)),
        say=quotations.sayer(corpus, options),
        suppress_below=options.suppress_below,
        appendix=(quotations.sources(quotes, corpus, turns),) if quotes else (),
    )


def _retired(study: Study, rows: Iterable[ThemeRow]) -> tuple[str, ...]:
    """Which themes rest on codes that are not offered any more, and so are not in the table of the codebook."""
    shown, by_key = {row.theme_id for row in rows}, study.codebook().by_key
    mine = [theme for theme in study.themes() if theme.id in shown and theme.code_keys]
    gone = [theme.name for theme in mine if all(key in by_key and by_key[key].retired is not None for key in theme.code_keys)]
    return (f"Given before the code was retired: {', '.join(gone)}.",) if gone else ()


def tables(study: Study, options: Options) -> dict[str, Table]:
    """All other tables of themes and people, by the stem of their file."""
    corpus, codes, book = study.corpus(), study.final_codes(), study.codebook()
    say, rows = quotations.sayer(corpus, options), study.theme_rows()
    found = {"codebook": codebook_table.run(book=book, codes=codes, corpus=corpus, options=options, added=_added(study))}
    if codes:
        found["framework_matrix"] = framework.run(codes=codes, corpus=corpus, book=book, say=say, options=options)
        found["framework_participants"] = framework.run(
            codes=codes, corpus=corpus, book=book, say=say, options=options, by_participant=True
        )
        found["framework_codes"] = framework.by_code(codes=codes, corpus=corpus, book=book, say=say, options=options)
        below = options.suppress_below
        found["constructs"] = construct_counts.table(study.construct_counts(below), corpus, below)
        together = cooccurrence.table(study.cooccurrence(below))
        found |= {"code_cooccurrence": together} if together.rows else {}
    if rows:
        found |= _by_strata(study, rows, options)
        found |= _joint(study, rows, options)
    if stage.members(corpus):
        found["participants"] = sample_table.characteristics(corpus, options)
        found["participant_list"] = sample_table.people(corpus, options)
    return found | voice_balance.tables(study, options)


def _by_strata(study: Study, rows: list[ThemeRow], options: Options) -> dict[str, Table]:
    """Themes by each kind of strata; by guide question as themes within and across responses."""
    found = {}
    for kind, stem in theme_stems(study).items():
        strata, placed, notes = strata_of_themes(study, kind)
        corpus = study.corpus()
        if kind == across.QUESTION:
            found[stem] = theme_strata.within_and_across(
                rows=rows,
                corpus=corpus,
                placed=placed,
                questions=strata,
                options=options,
                notes=(*notes, study.basis_note()),
                before=across_tables.BEFORE,
            )
            continue
        found[stem] = theme_strata.table(
            rows=rows,
            corpus=corpus,
            placed=placed,
            strata=strata,
            by=across.title_of(kind),
            options=options,
            notes=(*notes, study.basis_note()),
        )
    return found


def theme_stems(study: Study) -> dict[str, str]:
    """The stem of the table, and of the figure, of themes by each kind of strata there is."""
    kinds = [kind for kind in across_tables.kinds(study) if kind != across.COURSE]
    stems = across_tables.stems(kinds, "themes_by_")
    return stems | ({across.QUESTION: "within_across"} if across.QUESTION in stems else {})


def strata_of_themes(study: Study, kind: str) -> tuple[list[Part], Mapping[str, str], tuple[str, ...]]:
    """The strata of a kind, silent people in them too; the stratum of each segment; and what there is to say about them."""
    corpus = study.corpus()
    placed, names, notes = across_tables.strata_of(study, corpus, kind)
    if kind == across.QUESTION:
        return theme_strata.parts(corpus, placed, names), placed, notes
    people = across.people_by(corpus, kind)
    also = sorted({people[person] for person in stage.members(corpus) if person in people} - set(names))
    return (
        theme_strata.parts(corpus, placed, {**names, **({} if kind == across.GROUP else {key: key for key in also})}, people),
        placed,
        notes,
    )


def _joint(study: Study, rows: list[ThemeRow], options: Options) -> dict[str, Table]:
    indicators = read_joint(study.folder.path / JOINT)
    if not indicators:
        return {}
    keys = {theme.id: theme.code_keys for theme in study.themes()}
    say = quotations.sayer(study.corpus(), options)
    return {"joint_display": joint.run(indicators=indicators, rows=rows, keys=keys, say=say, options=options)}


def _added(study: Study) -> dict[str, str]:
    """Since when codes are in the codebook that were not there from the start, by key."""
    steps = codebook_changes.steps(study)
    return {step.key: f"{step.at:%Y-%m-%d}" for step in steps if step.kind is ChangeKind.ADDED and not step.is_first}


def turns_of(study: Study, quotes: Iterable[Quote]) -> Turns:
    """The words that quoted segments have in their turns as these stand now, by the id of the segment."""
    segments = [study.corpus().segments[key] for key in dict.fromkeys(quote.segment_id for quote in quotes)]
    with study.store.read() as tx:
        turns = (
            {turn.id: turn for turn in tx.all(Turn, id=sorted({segment.turn_id for segment in segments}))} if segments else {}
        )
    return {
        segment.id: turns[segment.turn_id].text[segment.start_char : segment.end_char]
        for segment in segments
        if segment.turn_id in turns
    }
