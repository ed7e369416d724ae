"""How a study was analysed, in statements for checklists and methods: codebook, coders, agreement, decisions, themes, quotes.

As in `conduct.py`, every statement is made of one thing that is known.
"""

from __future__ import annotations

from qualkit.model import Statement
from qualkit.model.facts import (
    BookFacts,
    CodingFacts,
    Facts,
    Known,
    MachineFacts,
    QuoteFacts,
    RoundFacts,
    RulingFacts,
    RunFacts,
    ThemeFacts,
)
from qualkit.stages.conduct import Statements, engine_of, listed
from qualkit.wording import counted


def run(facts: Facts) -> Statements:
    """The statements that the facts bear out, by key."""
    return {**_of_codebook(facts), **_of_coding(facts), **_of_findings(facts), **_of_software(facts)}


# ---------------------------------------------------------------- codebook


def _of_codebook(facts: Facts) -> Statements:
    if facts.codebook is None:
        return {}
    book, proofs = facts.codebook.value, facts.codebook.proofs
    found = {
        "orientation": Statement(text=_orientation(book), proofs=proofs),
        "coding_tree": Statement(text=_tree(book), proofs=proofs, is_whole=True),
        "derivation": Statement(text=_derivation(book, facts.themes), proofs=proofs, is_whole=True),
    }
    if facts.framework:
        text = f"Codes could be linked to the constructs of the framework {facts.framework.value}."
        found["framework"] = Statement(text=text, proofs=facts.framework.proofs)
    return found


def _orientation(book: BookFacts) -> str:
    if not book.n_inductive:
        return f"Deductive: of {counted(book.n_codes, 'code')} in use, the codebook marks none as drawn from the data."
    if book.n_inductive == book.n_codes:
        return f"Inductive: of {counted(book.n_codes, 'code')} in use, the codebook marks every one as drawn from the data."
    return f"Hybrid: of {counted(book.n_codes, 'code')} in use, the codebook marks {book.n_inductive} as drawn from the data."


def _tree(book: BookFacts) -> str:
    under = f" under {counted(book.n_domains, 'heading')}" if book.n_domains else ""
    return (
        f"The codebook {book.name}, version {book.version} (SHA-256 {book.sha256[:12]}), has {counted(book.n_codes, 'code')} "
        f"in use{under}. In the table of the codebook: {book.n_defined} with a definition, {book.n_ruled} with what to include "
        f"or exclude, {book.n_shown} with an example."
    )


def _derivation(book: BookFacts, themes: Known[ThemeFacts] | None) -> str:
    text = (
        f"Codes that the codebook marks as drawn from the data: {book.n_inductive} of {book.n_codes}; a code that it says "
        f"nothing of counts as set beforehand. The log holds {counted(book.n_versions, 'version')} of the codebook"
    )
    changed = listed(f"{n} {kind}" for kind, n in book.changes.items())
    text += f" (codes: {changed})." if changed else "."
    if themes:
        n, written = themes.value.n_themes, themes.value.n_written
        text += (
            f" Of {counted(n, 'theme')}, the authors wrote {written}; every other code that counts is a theme of its own."
            if written
            else f" {'The' if n == 1 else f'Each of the {n}'} theme{'' if n == 1 else 's'} is one code."
        )
    return text


# ---------------------------------------------------------------- coding


def _of_coding(facts: Facts) -> Statements:
    found: Statements = {}
    if facts.coding:
        found["coders"] = Statement(text=_coders(facts.coding.value), proofs=facts.coding.proofs, is_whole=True)
    if facts.rounds:
        found["rounds"] = Statement(text=rounds_told(facts.rounds.value), proofs=facts.rounds.proofs, is_whole=True)
    if facts.drawn:
        found["drawn"] = Statement(text=facts.drawn.value, proofs=facts.drawn.proofs, is_whole=True)
    if facts.agreement:
        known = facts.agreement.value
        text = (
            f"Agreement before adjudication on the presence of codes, over {counted(known.n_pairs, 'pair')} of segment and "
            f"code and {counted(known.n_coders, 'coder')}: {', '.join(known.coefficients)}"
            f"{' (95 % intervals in brackets)' if known.has_intervals else ''}."
            + (" Cohen's kappa is the mean over pairs of coders." if known.n_coders > 2 else "")
        )
        found["agreement"] = Statement(text=text, proofs=facts.agreement.proofs, is_whole=True)
    if facts.rulings:
        found["rulings"] = Statement(text=_rulings(facts.rulings.value), proofs=facts.rulings.proofs, is_whole=True)
    if facts.counted:
        found["counted"] = Statement(text=facts.counted.value, proofs=facts.counted.proofs)
    if facts.log:
        text = (
            f"All {counted(facts.log.value, 'judgement and decision', 'judgements and decisions')} are kept in a log in which "
            "nothing is overwritten and each entry is chained to the one before."
        )
        found["audit_trail"] = Statement(text=text, proofs=facts.log.proofs)
    return found


def _coders(coding: CodingFacts) -> str:
    judged = listed((f"{name} ({n} judged)" for name, n in coding.judged.items()), at_most=12)
    text = (
        f"{counted(len(coding.judged), 'person', 'people')} coded: {judged}, of {counted(coding.n_segments, 'segment')}; "
        f"{_were(coding.n_twice)} judged by two or more."
    )
    return text + (f" Of these judgements {coding.n_imported} were imported from files." if coding.n_imported else "")


def _were(n: int) -> str:
    return f"{n} {'was' if n == 1 else 'were'}"


def rounds_told(rounds: tuple[RoundFacts, ...]) -> str:
    """The rounds of coding, one after the other."""
    said = (
        f"round {item.number} ({item.purpose}; {item.state}"
        + (f"; codebook version no. {item.codebook_number}" if item.codebook_number else "")
        + f"; {counted(item.n_segments, 'segment')} by two or more, {item.n_blind} of them blind)"
        for item in rounds
    )
    return f"Coding went in {counted(len(rounds), 'round')}: {listed(said, at_most=20)}."


def _rulings(rulings: RulingFacts) -> str:
    still = f" {counted(rulings.n_open, 'disputed case')} still open." if rulings.n_open else " No disputed case is open."
    by, n_own = listed(rulings.by), rulings.n_decisions - rulings.n_agreed
    if rulings.n_agreed:
        group = "the group in consensus"
        by = f"{by} ({n_own:,}) and by {group} ({rulings.n_agreed:,})" if n_own else group
    return f"{counted(rulings.n_decisions, 'decision')} on codes of segments by {by}.{still}"


# ---------------------------------------------------------------- findings


def _of_findings(facts: Facts) -> Statements:
    found: Statements = {}
    if facts.quotes:
        found["quotes"] = Statement(
            text=_quotes(facts.quotes.value), proofs=facts.quotes.proofs, is_whole=_all_named(facts.quotes.value)
        )
    if facts.themes:
        known = facts.themes
        found["consistency"] = Statement(text=_consistency(known.value, facts.quotes), proofs=known.proofs)
        found["major"] = Statement(text=_major(known.value), proofs=known.proofs)
        found["minor"] = Statement(text=_minor(known.value, facts.quotes), proofs=known.proofs)
    if facts.saturation:
        known_tables = listed(f"“{title}”" for title in facts.saturation.value.tables)
        text = " ".join((*facts.saturation.value.verdict, f"Saturation was computed; see {known_tables}."))
        found["saturation"] = Statement(text=text, proofs=facts.saturation.proofs)
    if facts.voices:
        found["voices"] = Statement(text=facts.voices.value, proofs=facts.voices.proofs)
    if facts.ratings:
        found["ratings"] = Statement(text=facts.ratings.value, proofs=facts.ratings.proofs)
    return found


def _all_named(quotes: QuoteFacts) -> bool:
    return quotes.n_named == quotes.n_quotes == quotes.n_verbatim


def _quotes(quotes: QuoteFacts) -> str:
    text = (
        f"The theme table has {counted(quotes.n_quotes, 'quotation')} by {counted(quotes.n_people, 'person', 'people')}; "
        f"{quotes.n_named} {'is' if quotes.n_named == 1 else 'are'} given with group and participant, and "
        f"{_were(quotes.n_verbatim)} found word for word in the transcripts"
    )
    text += f" ({quotes.n_edited} with cuts or brackets that are marked)" if quotes.n_edited else ""
    return text + (f". {quotes.n_heard} can be heard in a recording." if quotes.n_heard else ".")


def _consistency(themes: ThemeFacts, quotes: Known[QuoteFacts] | None) -> str:
    text = f"Rows of the theme table of which every segment that they count is on record: {themes.n_backed} of {themes.n_rows}"
    if quotes is None:
        return f"{text}."
    return f"{text}; quotations from a segment that their row counts: {quotes.value.n_placed} of {quotes.value.n_quotes}."


def _major(themes: ThemeFacts) -> str:
    text = f"The theme table sets out {counted(themes.n_themes, 'theme')}"
    text += f" in {counted(themes.n_domains, 'domain')}" if themes.n_domains else ""
    if themes.n_groups > 1:
        shared = f": {listed(themes.in_all)}" if themes.in_all else ""
        text += f"; {len(themes.in_all)} came up in all {themes.n_groups} groups{shared}"
    return f"{text}."


def _minor(themes: ThemeFacts, quotes: Known[QuoteFacts] | None) -> str:
    n, names = len(themes.two_sided), listed(themes.two_sided)
    text = f"{counted(n, 'theme') if n else 'No theme'} {'are' if n > 1 else 'is'} told as a facilitator and as a barrier"
    text += f" ({names})" if names else ""
    if themes.n_groups > 1:
        text += f"; {len(themes.in_one) or 'none'} came up in one group only" + (
            f" ({listed(themes.in_one)})" if themes.in_one else ""
        )
    if quotes and quotes.value.n_contrary:
        text += f"; {counted(quotes.value.n_contrary, 'quotation')} marked as contrary speak for the other side"
    return f"{text}."


# ---------------------------------------------------------------- software


def _of_software(facts: Facts) -> Statements:
    """What data were managed with: each stage in which an engine ran, with its revision and seed."""
    if not facts.runs and facts.coding is None:
        return {}
    ran = [f"{what}: {told_run(facts.runs[stage])}" for stage, what in RAN.items() if stage in facts.runs]
    proofs = tuple(proof for known in facts.runs.values() for proof in known.proofs)
    proofs += facts.coding.proofs if facts.coding else ()
    packages = listed((f"{name} {version}" for name, version in facts.packages.items()), at_most=12)
    text = f"qualkit {facts.version}" + (f" ({packages})" if packages else "")
    return {"software": Statement(text="; ".join([text, *ran]) + ".", proofs=proofs, is_whole=True)}


RAN = {"transcribe": "transcription", "segment": "sentences", "suggest": "suggestions of codes", "topics": "topics"}
"""Stages in which an engine runs, and what it does there."""


def told_run(known: Known[RunFacts]) -> str:
    """The engine of a run with its revision and seed."""
    run = known.value
    return engine_of(run) + (f", seed {run.seed}" if run.seed is not None else "")


def machine_told(machine: MachineFacts) -> str:
    """A machine coder with its revision."""
    return f"{machine.name} ({machine.revision})" if machine.revision else machine.name
