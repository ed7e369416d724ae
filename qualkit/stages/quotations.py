"""Quotations in tables: chosen by a rule that is stated, checked against the transcript, and printed with who said them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from qualkit.model import Quote, Table, Theme, Valence, grouped
from qualkit.stages import themes
from qualkit.stages.disclosure import attributes_of
from qualkit.stages.tables import Options, Said, members
from qualkit.stages.themes import Corpus, choose_quotes, quote_of
from qualkit.stages.verbatim import Edits, check
from qualkit.wording import clock, counted, percent

Say = Callable[[Quote], str]
"""Prints a quote with where it comes from."""

Turns = Mapping[str, str]
"""The words of the turn that a segment lies in, by the id of the segment."""


def sayer(corpus: Corpus, options: Options) -> Say:
    """Prints quotes, with what may be told of the speaker; see `disclosure`."""
    told = attributes_of(members(corpus), options.attributes, options.k)

    def say(quote: Quote) -> str:
        segment = corpus.segments.get(quote.segment_id)
        return themes.printed(quote, told.get((segment.participant_id or "") if segment else "", ()))

    return say


def attribute_note(corpus: Corpus, options: Options) -> tuple[str, ...]:
    """Which of the attributes that were asked for are printed, and where they are withheld."""
    if not options.attributes:
        return ()
    people = members(corpus)
    told = attributes_of(people, options.attributes, options.k)
    n = sum(
        bool(said) and len(said) == sum(name in people[key].attributes for name in options.attributes)
        for key, said in told.items()
    )
    return (
        f"Of a speaker {', '.join(options.attributes)} is printed where every combination in the group is shared by at least "
        f"{options.k} participants of it (k-anonymity): all of it for {n} of {counted(len(people), 'participant')}.",
    )


def best_quotes(said: Sequence[Said], corpus: Corpus, *, n: int, but_for: Collection[str] = ()) -> list[Quote]:
    """Up to `n` quotes by the rule of the theme table, of the side that most segments take.

    Segments `but_for` are quoted only where there are no others.
    """
    if not said:
        return []
    sides = [valence for _, valence in said]
    leading = max((Valence.FACILITATOR, Valence.BARRIER), key=sides.count)
    against = themes.AGAINST[leading]
    main = [segment for segment, valence in said if valence is not against]
    fresh = [segment for segment in main if segment.id not in but_for]
    nobody = Theme(id="", name="", claim="", domain="", code_keys=())
    return [quote_of(segment, corpus) for segment in choose_quotes(fresh or main, nobody, corpus, n, 1)]


QUOTE_RULE = (
    "Quotations: those that the author chose, then one from each group not yet heard, by a person not yet quoted, of 12 to 45 "
    "words where there are such, at most {most} of one person in a row; a voice for the other side is marked Contrary where it "
    "has no row of its own."
)


def quote_notes(quotes: Sequence[Quote], corpus: Corpus, turns: Turns, most: int) -> tuple[str, ...]:
    """The rule by which quotes were chosen, what the check against the transcript found, and who is quoted most."""
    if not quotes:
        return ()
    checked = [check(quote.edited or quote.text, turns.get(quote.segment_id, "")) for quote in quotes]
    n_edited = sum(edits is not None and not edits.is_verbatim for edits in checked)
    n_false = sum(edits is None for edits in checked)
    said = f"All {len(quotes)} were" if not n_false else f"Of {len(quotes)}, {len(quotes) - n_false} were"
    notes = QUOTE_RULE.format(most=most) + f" {said} found word for word in the transcripts"
    notes += f", {n_edited} of them with cuts […] or [insertions] that are marked." if n_edited else "."
    if n_false:
        notes += f" {n_false} could not be found there: do not print them before you have looked."
    return (notes, _most_quoted(quotes, corpus))


def _most_quoted(quotes: Sequence[Quote], corpus: Corpus) -> str:
    people = grouped(quotes, lambda quote: (quote.transcript_label, quote.participant))
    (group, person), most = max(people.items(), key=lambda item: len(item[1]))
    return (
        f"{counted(len(people), 'person is', 'people are')} quoted, of {counted(len(members(corpus)), 'participant')}; most "
        f"often {person or 'an unknown speaker'} ({group}), with {len(most)} of {counted(len(quotes), 'quotation')} "
        f"({percent(len(most) / len(quotes))})."
    )


def _found(edits: Edits | None) -> str:
    if edits is None:
        return "not found"
    return "verbatim" if edits.is_verbatim else f"{edits.n_cuts} cuts, {edits.n_brackets} brackets"


def sources(quotes: Sequence[Quote], corpus: Corpus, turns: Turns) -> Table:
    """Where each quotation stands, as it was said and as it is printed: a sheet of a workbook."""
    columns = ("segment_id", "transcript", "segment", "start_char", "end_char", "time", "participant", "check",
               "in the transcript", "as printed")  # fmt: skip
    rows = []
    for quote in {quote.segment_id: quote for quote in quotes}.values():
        segment = corpus.segments[quote.segment_id]
        edits = check(quote.edited or quote.text, turns.get(quote.segment_id, ""))
        rows.append(
            (segment.id, corpus.transcripts[segment.transcript_id].label, segment.position, segment.start_char,
             segment.end_char, clock(segment.start_s), quote.participant or "", _found(edits), segment.text,
             quote.edited or quote.text)
        )  # fmt: skip
    return Table(title="Quotations", columns=columns, rows=tuple(rows), is_data=True)
