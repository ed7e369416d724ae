"""The tables that an author takes home, each with notes on what its numbers count and rest on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from qualkit.model import Basis, Codebook, Exposure, FinalCode, Landscape, Segment, Table, Topic, Uptake, grouped
from qualkit.stages import themes
from qualkit.stages.tables import members
from qualkit.stages.themes import Corpus
from qualkit.study import (
    across_tables,
    agreement_tables,
    agreement_wording,
    evaluating,
    evaluation_tables,
    intrusion_tables,
    ledger,
    paper_tables,
    rating_tables,
    reports,
    saturating,
)
from qualkit.study.topic_tables import topic_tables
from qualkit.wording import counted, first_line

if TYPE_CHECKING:
    from qualkit.study.study import Study


def all_tables(study: Study, given: Mapping[str, Any]) -> dict[str, Table]:
    """Tables by the stem of their file; a table with nothing to say is left out. `given` says how they are printed.

    Checklists are among them once there is a theme table.
    """
    found = findings(study, given)
    return found | (reports.tables(reports.gather(study, found)) if "theme_table" in found else {})


def findings(study: Study, given: Mapping[str, Any]) -> dict[str, Table]:
    """All tables but the checklists, which point at them."""
    found: dict[str, Table] = {}
    rows, options = study.theme_rows(), paper_tables.options_of(study, given)
    if rows:
        found["theme_table"] = paper_tables.theme_table(study, theme_notes(study), options)
        found["theme_numbers"] = themes.numbers_table(rows, options.suppress_below)
    if any(len(said) > 1 for said in study.votes().values()):
        found |= agreement_tables.tables(study, notes=(exposure_note(study.exposure()),))
        found |= _agreement_on_sample(study)
        found["agreement_rounds"] = ledger.table(study.ledger())
    evaluations = evaluating.last(study)
    if evaluations:
        labels = {item.id: item.label for item in study.transcripts()}
        found["verdicts"] = evaluation_tables.verdicts_table(list(study.verdicts().values()), study.codebook())
        found["evaluation"] = evaluation_tables.evaluation_table(evaluations, study.codebook(), labels)
    if study.uptake():
        found["suggestion_uptake"] = uptake_table(study.uptake(), study.exposure(), study.codebook())
    if study.topics():
        found["topics"] = topics_table(study)
        found |= across_tables.tables(study)
        found |= intrusion_tables.tables(study)
    found |= topic_tables(study)
    found |= study.paper_tables(given)
    found |= saturating.tables(study)
    found |= rating_tables.tables(study)
    if rows:
        found["coded_segments"] = segments_table(study)
    return found


def theme_notes(study: Study) -> tuple[str, ...]:
    """What N counts, what the codes rest on, who coded, and which codebook was used."""
    corpus, codes, book = study.corpus(), study.final_codes(), study.codebook()
    agreement = next((item for item in study.blind_agreement() if item.measure == "alpha"), None)
    notes = [
        "Groups: transcripts with at least one segment. Participants: people who spoke, out of all who took part"
        f"{_silent(corpus)}; moderators left out, people told apart within a group. Turns: uninterrupted talk of one person, "
        "in which the segments lie. A segment counts once in a row. A theme that a group did not raise is not thereby absent "
        "from it.",
        study.basis_note(codes) + _warning(codes),
        f"Codebook: {book.name}, version {book.version} ({book.sha256[:12]}). "
        f"Text: {counted(sum(item.is_coded for item in corpus.segments.values()), 'segment')} to be coded, in "
        f"{counted(len(corpus.transcripts), 'transcript')}.",
    ]
    if agreement is not None and agreement.value is not None:
        notes.append(
            f"Agreement judged blind, presence of codes: Krippendorff's alpha {agreement_wording.told(agreement)} over "
            f"{counted(agreement.n_units, 'pair')} of segment and code, {counted(agreement.n_coders, 'coder')}."
        )
        notes += [note for note in (ledger.reliability_note(study.ledger()),) if note]
    n_in_topics = sum(row.basis.get(Basis.TOPIC, 0) for row in study.theme_rows())
    if n_in_topics:
        notes.append(
            f"Rows without facilitator or barrier count {counted(n_in_topics, 'segment')} that no code of the theme is on: "
            "they lie in a topic that its author built it from, and a machine put them there."
        )
    if corpus.heard:
        notes.append("Quotes marked audio can be heard at that time of the recording.")
    return tuple(notes)


def _silent(corpus: Corpus) -> str:
    """Whether there are people among them who said nothing: of those, only participants.csv tells."""
    spoke = {segment.participant_id for segment in corpus.segments.values()}
    n = sum(key not in spoke for key in members(corpus))
    return f", including those who said nothing ({n}, from participants.csv)" if n else ", as far as they are on record"


def _warning(codes: list[FinalCode]) -> str:
    suggested = any(code.basis is Basis.SUGGESTED for code in codes)
    return (
        " These are suggestions of machine coders that nobody has reviewed; do not publish them as findings."
        if suggested
        else ""
    )


def _agreement_on_sample(study: Study) -> dict[str, Table]:
    """The same on the reliability sample alone, once two people have coded some of it."""
    sample, results = study.sample(), study.sample_agreement()
    if sample is None or not results:
        return {}
    n_done = len(study.compared_in_sample())
    note = (
        f"Reliability sample: {counted(len(sample.segment_ids), 'segment')} drawn at random on {sample.drawn_at:%Y-%m-%d}, "
        f"{sample.share:.0%} of every transcript (seed {sample.seed}); two or more people have coded {n_done} of them. "
        "Since then, what machines suggest for them shows only after a coder's own judgement."
    )
    notes = (note, *agreement_wording.told_notes(study), exposure_note(study.exposure(frozenset(sample.segment_ids))))
    title = "Intercoder agreement on the reliability sample"
    return {"agreement_sample": agreement_tables.agreement_table(results, study.codebook(), title=title, notes=notes)}


def exposure_note(found: list[Exposure]) -> str:
    """How many judgements were made blind to suggestions: what a reviewer asks of agreement between people."""
    n, n_blind = sum(item.n_judgements for item in found), sum(item.n_blind for item in found)
    return (
        f"Of {counted(n, 'judgement')} in force, {n_blind} ({n_blind / max(n, 1):.0%}) have the codes that were given before "
        "the coder was shown any suggestion of a machine on the segment"
        + (f" ({', '.join(f'{item.coder} {item.n_blind} of {item.n_judgements}' for item in found)})." if n else ".")
    )


UPTAKE = {
    "n_shown": "Shown",
    "n_shown_before": "Shown before judging",
    "n_already": "Had it already",
    "n_accepted": "Accepted",
    "n_changed": "Changed",
    "n_rejected": "Rejected",
}
"""The counts of an `Uptake`, and what their columns are called."""


def uptake_table(found: list[Uptake], exposure: list[Exposure], book: Codebook) -> Table:
    """One row for each coder, machine and code: how many suggestions were shown, and what became of them."""
    columns = ("Coder", "Machine", "Code", *UPTAKE.values())
    names = {key: code.name for key, code in book.by_key.items()}
    rows = tuple(
        (item.coder, item.machine, names.get(item.code_key, item.code_key), *(getattr(item, name) for name in UPTAKE))
        for item in found
    )
    notes = (
        "Counted in segments, from the log. Had it already: the coder had given the code when they first saw it suggested. "
        "Of the others, as the judgement in force has it: accepted, the code as suggested; changed, the code with another "
        "valence, or in its place another one, taken after the suggestions were shown, that no machine had suggested; "
        "rejected, neither. What is still to be judged is in none of these.",
        exposure_note(exposure),
    )
    return Table(title="What coders did with suggestions", columns=columns, rows=rows, notes=notes, n_stub=2)


def segments_table(study: Study) -> Table:
    """Every segment to be coded, with its whereabouts and the codes that count: for a script or a statistics program."""
    corpus = study.corpus()
    codes = grouped(study.final_codes(), lambda code: code.segment_id)

    def row(segment: Segment) -> tuple[str | int | float | None, ...]:
        person = corpus.participants.get(segment.participant_id or "")
        label = corpus.transcripts[segment.transcript_id].label
        mine = codes.get(segment.id, [])
        said = "; ".join(code.code_key + (f":{code.valence}" if code.valence else "") for code in mine)
        basis = "; ".join(sorted({code.basis.value for code in mine}))
        return (
            segment.id,
            label,
            segment.position,
            person.pseudonym if person else "",
            segment.start_s,
            segment.end_s,
            segment.text,
            said,
            basis,
        )

    columns = ("segment_id", "transcript", "position", "speaker", "start_s", "end_s", "text", "codes", "basis")
    return Table(title="Coded segments", columns=columns, rows=tuple(map(row, study.coded_segments())), is_data=True)


def topics_table(study: Study) -> Table:
    """Topics by size: words, how much of each comes back, and a central quote; outliers are a row like any other."""
    segments, book, landscape = study.corpus().segments, study.codebook().by_key, study.landscape()

    def row(topic: Topic) -> tuple[str | int | float | None, ...]:
        quotes = [segments[key].text for key in topic.quote_segment_ids if key in segments]
        near = [book[key].name for key in topic.nearest_code_keys if key in book]
        name = "Outliers" if topic.number < 0 else f"Topic {topic.number + 1}" + (f": {topic.label}" if topic.label else "")
        shares = (None if share is None else round(share, 2) for share in (topic.returns, topic.returns_without))
        return (
            name,
            len(topic.segment_ids),
            ", ".join(topic.words),
            "; ".join(topic.phrases),
            *shares,
            ", ".join(near),
            first_line(quotes[0], 300) if quotes else "",
        )

    ordered = sorted(study.topics(), key=lambda topic: (topic.number < 0, topic.number))
    return Table(
        title="Topics",
        columns=("Topic", "Segments (n)", "Telling words", "Phrases", "Comes back in parts", "Comes back in groups",
                 "Nearest codes", "Most central segment"),
        rows=tuple(row(topic) for topic in ordered),
        notes=(
            "Topics are candidates for codes: a person names, joins or rejects them. Outliers belong to no topic.",
            *(_drawn(landscape) if landscape else ()),
        ),
    )  # fmt: skip


def _drawn(landscape: Landscape) -> tuple[str, ...]:
    if not landscape.n_draws:
        return ("It was not tried whether topics come back.",)
    placed = (
        f" {landscape.n_placed} of the outliers were placed in the topic they are nearest to." if landscape.n_placed else ""
    )
    return (
        f"Comes back: mean Jaccard index of the best match when topics are found again in four fifths of the segments "
        f"({landscape.n_draws} times), and when transcripts are drawn with replacement ({landscape.n_group_draws} times). "
        f"{landscape.n_outliers} of {counted(landscape.n_segments, 'segment')} are outliers.{placed}",
    )
