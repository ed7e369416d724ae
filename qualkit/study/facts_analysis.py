"""What is known of how a study was analysed: codebook, coders, rounds, agreement, decisions, themes and quotations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from qualkit.model import Decision, Event, FinalCode, Quote, Table, ThemeRow, Valence, grouped
from qualkit.model.facts import (
    AgreementFacts,
    BookFacts,
    CodingFacts,
    Known,
    QuoteFacts,
    RoundFacts,
    RulingFacts,
    SaturationFacts,
    ThemeFacts,
)
from qualkit.stages import saturation_tables
from qualkit.stages.conduct import listed
from qualkit.stages.ratings import AGREED, RATED
from qualkit.stages.uptake import JUDGED
from qualkit.stages.verbatim import check
from qualkit.study import agreement_wording, codebook_changes, ledger, paper_tables, proving, rating_tables
from qualkit.study.judgements import DECIDED, DECIDED_MANY, OPENED, REVEALED
from qualkit.study.rulings import CONSENSUS
from qualkit.study.samples import DREW
from qualkit.wording import counted, percent, two_decimals

if TYPE_CHECKING:
    from qualkit.study.study import Study

IMPORTED = "imported codes"
COEFFICIENTS = ("alpha", "kappa", "ac1", "percent")


def gather(study: Study, tables: Mapping[str, Table]) -> dict[str, Any]:
    """The fields of `Facts` that are about analysis."""
    rows, codes = study.theme_rows(), study.final_codes()
    return {
        "codebook": _codebook(study, tables),
        "coding": _coding(study),
        "rounds": _rounds(study, tables),
        "drawn": _drawn(study, tables),
        "agreement": _agreement(study, tables),
        "rulings": _rulings(study),
        "counted": _counted(study, tables, codes),
        "themes": _themes(study, tables, rows),
        "quotes": _quotes(study, tables, rows),
        "saturation": _saturation(study, tables),
        "voices": _voices(study, tables),
        "ratings": _ratings(study, tables),
        "log": _log(study),
    }


def _codebook(study: Study, tables: Mapping[str, Table]) -> Known[BookFacts] | None:
    book = study.codebook()
    if not book.in_use:
        return None
    with study.store.read() as tx:
        n_versions = len(tx.codebooks())
    steps = (step for step in codebook_changes.steps(study) if not step.is_first)
    value = BookFacts(
        name=book.name,
        version=book.version,
        sha256=book.sha256,
        source=book.source or "",
        n_codes=len(book.in_use),
        n_inductive=sum(code.origin == "inductive" for code in book.in_use),
        n_defined=sum(bool(code.definition.strip()) for code in book.in_use),
        n_ruled=sum(bool(code.include or code.exclude) for code in book.in_use),
        n_shown=sum(bool(code.examples) for code in book.in_use),
        n_domains=len({book.domain_of(code.key) for code in book.in_use} - {""}),
        n_versions=n_versions,
        changes=dict(Counter(step.kind.value for step in steps)),
    )
    file = proving.of_file(study, study.folder.path / study.config.codebook)
    events = proving.of_log(study, codebook_changes.READ, codebook_changes.CHANGED)
    return Known(value=value, proofs=(*proving.of_tables(tables, "codebook"), *file, *events))


def _coding(study: Study) -> Known[CodingFacts] | None:
    votes = study.votes()
    if not votes:
        return None
    with study.store.read() as tx:
        n_imported = sum(int(said["n_segments"]) for (said,) in tx.columns(Event, "payload", verb=IMPORTED))
    value = CodingFacts(
        judged=dict(sorted(votes.n_judged().items())),
        n_segments=len(study.outline().coded),
        n_twice=sum(n > 1 for n in votes.n_people().values()),
        n_imported=n_imported,
    )
    return Known(value=value, proofs=proving.of_log(study, JUDGED, IMPORTED))


def _rounds(study: Study, tables: Mapping[str, Table]) -> Known[tuple[RoundFacts, ...]] | None:
    if not study.votes():
        return None
    found = tuple(
        RoundFacts(
            number=item.round.number,
            purpose=item.round.purpose.value,
            state=item.round.state,
            codebook_number=item.codebook_number,
            n_segments=item.n_segments,
            n_blind=item.n_blind,
        )
        for item in study.ledger()
    )
    proofs = (*proving.of_tables(tables, "agreement_rounds"), *proving.of_log(study, OPENED, REVEALED))
    return Known(value=found, proofs=proofs) if found and proofs else None


def _drawn(study: Study, tables: Mapping[str, Table]) -> Known[str] | None:
    sample = study.sample()
    if sample is None:
        return None
    said = (
        f"{counted(len(sample.segment_ids), 'segment')}, {sample.share:.0%} of every transcript, were drawn at random (seed "
        f"{sample.seed}) to measure reliability on."
    )
    return Known(value=said, proofs=(*proving.of_tables(tables, "agreement_sample"), *proving.of_log(study, DREW)))


def _agreement(study: Study, tables: Mapping[str, Table]) -> Known[AgreementFacts] | None:
    proofs = proving.of_tables(
        tables, "agreement", "agreement_now", "agreement_valence", "agreement_sets", "agreement_words", "agreement_rounds",
        "agreement_sample",
    )  # fmt: skip
    found = {item.measure: item for item in study.blind_agreement() if item.code_key is None} if proofs else {}
    if not found or found["percent"].value is None:
        return None
    blind = ledger.reliability_note(study.ledger())
    value = AgreementFacts(
        coefficients=tuple(f"{agreement_wording.NAMES[name]} {agreement_wording.told(found[name])}" for name in COEFFICIENTS),
        has_intervals=any(found[name].interval is not None for name in COEFFICIENTS),
        n_pairs=found["percent"].n_units,
        n_coders=found["percent"].n_coders,
        notes=(*agreement_wording.interval_notes(found.values()), *([blind] if blind else [])),
    )
    return Known(value=value, proofs=proofs)


def _rulings(study: Study) -> Known[RulingFacts] | None:
    decisions: Sequence[Decision] = list(study.decisions().values())
    if not decisions:
        return None
    names = {coder.id: coder.name for coder in study.coders()}
    own = [item for item in decisions if item.note != CONSENSUS]
    by = sorted({names.get(item.adjudicator_id, "") for item in own})
    n_open = sum(case.decision is None and case.is_disputed for case in study.cases())
    n_agreed = len(decisions) - len(own)
    value = RulingFacts(by=tuple(by), n_decisions=len(decisions), n_agreed=n_agreed, n_open=n_open)
    return Known(value=value, proofs=proving.of_log(study, DECIDED, DECIDED_MANY, JUDGED))


def _counted(study: Study, tables: Mapping[str, Table], codes: Sequence[FinalCode]) -> Known[str] | None:
    proofs = proving.of_tables(tables, "theme_numbers", "coded_segments")
    return Known(value=study.basis_note(list(codes)), proofs=proofs) if codes and proofs else None


def _saturation(study: Study, tables: Mapping[str, Table]) -> Known[SaturationFacts] | None:
    stems = [stem for stem in tables if stem.startswith("saturation")]
    if not stems:
        return None
    verdict = saturation_tables.verdict(study.saturation()[0])
    value = SaturationFacts(tables=tuple(tables[stem].title for stem in stems), verdict=verdict)
    return Known(value=value, proofs=proving.of_tables(tables, *stems))


def _voices(study: Study, tables: Mapping[str, Table]) -> Known[str] | None:
    proofs = proving.of_tables(tables, "voice_balance")
    groups = [group for group in study.talk_shares() if group.gini is not None]
    if not groups or not proofs:
        return None
    shares = {
        "Moderators had {} of the words of a meeting": [group.moderator_share for group in groups],
        "the participant who said most {} of those of participants": [group.largest_share for group in groups],
    }
    said = [text.format(_range([item for item in own if item is not None], percent)) for text, own in shares.items()]
    unevenness = _range([group.gini for group in groups if group.gini is not None], two_decimals)
    return Known(value=f"{'; '.join(said)}; Gini coefficient of participants' words {unevenness}.", proofs=proofs)


def _range(values: Sequence[float], shown: Callable[[float], str]) -> str:
    ends = dict.fromkeys(shown(item) for item in (min(values), max(values)))
    return " to ".join(ends)


def _ratings(study: Study, tables: Mapping[str, Table]) -> Known[str] | None:
    cells = study.rating_cells().values()
    if not cells:
        return None
    raters, by = sorted({name for cell in cells for name in cell.ratings}), study.rating_options().by
    n_twice = sum(len(cell.ratings) > 1 for cell in cells)
    said = (
        f"{counted(len({cell.construct_key for cell in cells}), 'construct')} in "
        f"{counted(len({cell.case_id for cell in cells}), by)} were rated from −2 to +2, mixed or missing by {listed(raters)}: "
        f"{counted(len(cells), 'cell')}, {n_twice} of them by two or more, each before seeing the others' ratings of it; "
        f"consensus was recorded on {sum(cell.consensus is not None for cell in cells)}.{_rated_alike(study)}"
    )
    proofs = (*proving.of_log(study, RATED, AGREED), *proving.of_tables(tables, "rating_matrix", "rating_agreement"))
    return Known(value=said, proofs=proofs)


def _rated_alike(study: Study) -> str:
    """How far raters agreed before they had talked, where that can be said."""
    for part in study.rating_agreement()[:1]:
        for item in part.agreement:
            if item.measure == "weighted_kappa" and item.value is not None:
                return f" Quadratic weighted kappa before consensus: {rating_tables.told(item)}."
    return ""


def _log(study: Study) -> Known[int] | None:
    """How many judgements and decisions are in the log; not its head, which every export moves."""
    verbs = (JUDGED, DECIDED, DECIDED_MANY)
    with study.store.read() as tx:
        n = tx.count(Event, verb=list(verbs))
    return Known(value=n, proofs=proving.of_log(study, *verbs)) if n else None


# ---------------------------------------------------------------- themes and quotations


def _themes(study: Study, tables: Mapping[str, Table], rows: Sequence[ThemeRow]) -> Known[ThemeFacts] | None:
    if not rows:
        return None
    by_theme = grouped(rows, lambda row: row.theme_id or row.theme)
    corpus = study.corpus()
    groups = {
        key: {corpus.segments[item].transcript_id for row in mine for item in row.segment_ids} for key, mine in by_theme.items()
    }
    n_groups = len(corpus.transcripts)
    names = {key: mine[0].theme for key, mine in by_theme.items()}
    valences = {key: {row.valence for row in mine} for key, mine in by_theme.items()}
    value = ThemeFacts(
        n_themes=len(by_theme),
        n_written=len(study.written_themes()),
        n_domains=len({row.domain for row in rows} - {""}),
        n_groups=n_groups,
        n_rows=len(rows),
        n_backed=sum(len(row.segment_ids) == row.n_segments > 0 for row in rows),
        in_all=tuple(names[key] for key, found in groups.items() if len(found) == n_groups > 1),
        in_one=tuple(names[key] for key, found in groups.items() if len(found) == 1 < n_groups),
        two_sided=tuple(names[key] for key, found in valences.items() if found >= {Valence.FACILITATOR, Valence.BARRIER}),
    )
    rare = [item for key, mine in by_theme.items() if len(groups[key]) == 1 for row in mine for item in row.segment_ids]
    every = list(dict.fromkeys(item for row in rows for item in row.segment_ids))
    proofs = (
        *proving.of_tables(tables, "theme_table", "theme_numbers", "coded_segments", segment_ids=every),
        *proving.of_segments("themes that one group raised", rare if n_groups > 1 else ()),
    )
    return Known(value=value, proofs=proofs)


def _quotes(study: Study, tables: Mapping[str, Table], rows: Sequence[ThemeRow]) -> Known[QuoteFacts] | None:
    quotes = [(quote, row) for row in rows for quote in row.quotes]
    if not quotes:
        return None
    turns = paper_tables.turns_of(study, [quote for quote, _ in quotes])
    checked = [check(quote.edited or quote.text, turns.get(quote.segment_id, "")) for quote, _ in quotes]
    value = QuoteFacts(
        n_quotes=len(quotes),
        n_verbatim=sum(edits is not None for edits in checked),
        n_placed=sum(quote.segment_id in row.segment_ids for quote, row in quotes),
        n_named=sum(bool(quote.participant and quote.transcript_label) for quote, _ in quotes),
        n_people=len({(quote.transcript_label, quote.participant) for quote, _ in quotes if quote.participant}),
        n_contrary=sum(quote.is_contrary for quote, _ in quotes),
        n_edited=sum(quote.edited is not None for quote, _ in quotes),
        n_heard=sum(quote.has_audio for quote, _ in quotes),
    )
    said = [quote.segment_id for quote, _ in quotes]
    contrary: list[Quote] = [quote for quote, _ in quotes if quote.is_contrary]
    proofs = (
        *proving.of_tables(tables, "theme_table", segment_ids=list(dict.fromkeys(said))),
        *proving.of_segments("voices for the other side", [quote.segment_id for quote in contrary]),
    )
    return Known(value=value, proofs=proofs) if proofs else None
