"""What became of topics, as tables: the gap report, decisions, links to a framework, and recode debt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qualkit.model import Basis, Coder, ConstructLink, Event, Table, Topic, TopicDecision, by_id
from qualkit.stages import candidates as drafts
from qualkit.stages.gaps import GapReport, Measure
from qualkit.stages.topic_gaps import FIRST_WORDS, TopicGap
from qualkit.study import candidates
from qualkit.wording import counted, first_line

if TYPE_CHECKING:
    from qualkit.study.study import Study

Cell = str | int | float | None

QUOTE_CHARS = 300


def topic_tables(study: Study) -> dict[str, Table]:
    """Tables by the stem of their file; one with nothing to say is left out."""
    found: dict[str, Table] = {}
    if study.topics():
        found["gap_topics"] = gap_topics_table(study)
        found["gap_codes"] = gap_codes_table(study)
    made = {"candidate_codes": candidates_table(study), "construct_links": links_table(study), "recode_debt": debt_table(study)}
    return found | {stem: table for stem, table in made.items() if table.rows}


def rests_on(report: GapReport) -> str:
    """What the gap report rests on, in a sentence or two."""
    bases = ", ".join(f"{report.bases[basis]} {basis.value}" for basis in Basis if report.bases.get(basis))
    if report.measure is Measure.TOO_FEW:
        return (
            f"People have judged {report.n_judged} of {counted(report.n_segments, 'segment')}: too few to say what the "
            "codebook misses. Likeness to its codes is no substitute: it finds a missing theme no better than chance."
        )
    return (
        f"{report.n_judged} of {counted(report.n_segments, 'segment')} judged, {report.n_coded} of them carry a code that "
        f"counts ({bases or 'none'}). Disputed codes that nobody has decided yet do not count."
    )


def gap_topics_table(study: Study) -> Table:
    """Topics by how much talk they lack codes for, the outliers last."""
    report, standing = study.gaps(), candidates.decisions(study)
    names = {key: code.name for key, code in study.codebook().by_key.items()}
    segments = study.corpus().segments
    coded = {code.segment_id for code in study.final_codes() if code.code_key in names}

    def row(gap: TopicGap) -> tuple[Cell, ...]:
        decision = standing.get(gap.topic.id)
        bare = next((key for key in gap.quote_segment_ids if key in segments and key not in coded), None)
        codes = "; ".join(f"{names.get(item.code_key, item.code_key)} {item.n} (× {item.lift:.1f})" for item in gap.codes)
        near = gap.nearest
        return (
            gap.topic.name, gap.coverage.value, ", ".join(gap.topic.words), gap.n_segments, gap.n_participants, gap.n_groups,
            _stable(gap.topic), gap.n_judged, gap.n_coded, gap.n_waiting, gap.talk, gap.bare,
            round(gap.lacking), round(gap.held, 3), codes, names.get(near[0], near[0]) if near else "",
            round(near[1], 2) if near else None, gap.why, " ".join(gap.concerns.values()), ", ".join(gap.words),
            first_line(segments[bare].text, QUOTE_CHARS) if bare else "", told(decision, names) if decision else "",
        )  # fmt: skip

    rows = [*report.topics, *([report.outliers] if report.outliers else [])]
    columns = ("Topic", "Coverage", "Telling words", "Segments (n)", "Participants (n)", "Groups (n)", "Stable", "Judged",
               "With a code", "Disputed only", "Talk (words)", "Talk without a code", "More than elsewhere",
               "Share of all talk without a code", "Most frequent codes (times chance)", "Nearest code", "Likeness", "Why",
               "To look at", "Words of what has no code", "Quote without a code", "Decision")  # fmt: skip
    notes = (
        rests_on(report),
        f"Talk: the words of a judged segment beyond its first {FIRST_WORDS}, as short remarks are seldom coded. More than "
        "elsewhere: words without a code beyond what the topic would have if it were coded like the rest of the study. "
        "Stable: at least half of the topic comes back in parts of the segments (four fifths drawn) and when transcripts are "
        "drawn anew, as far as either was asked. Quote without a code: blank where all that was quoted carries one. A topic is "
        "a candidate for a person to judge, not a finding.",
    )
    return Table(title="Topics against the codebook", columns=columns, rows=tuple(map(row, rows)), notes=notes, is_data=True)


def _stable(topic: Topic) -> str:
    if topic.returns is None and topic.returns_without is None:
        return "not asked"
    return "yes" if topic.is_stable else "no"


def gap_codes_table(study: Study) -> Table:
    """How each code lies in the topics, and the pairs that merge."""
    report = study.gaps()
    names = {key: code.name for key, code in study.codebook().by_key.items()}
    topics = {gap.topic.id: gap.topic.name for gap in report.topics}
    rows: list[tuple[Cell, ...]] = [
        (
            names[gap.code_key],
            gap.finding.value,
            gap.n_segments,
            "; ".join(
                f"{topics[part.topic_id]}: {part.n} ({part.share:.0%}, × {part.lift:.1f}{', met' if part.is_met else ''})"
                for part in gap.parts
            ),
            gap.why,
        )
        for gap in report.codes
    ]
    rows += [(f"{names[pair.left_key]} + {names[pair.right_key]}", "merge", pair.n_both, topics[pair.topic_id], pair.why)
             for pair in report.merging]  # fmt: skip
    notes = (
        rests_on(report),
        "A code meets a topic where it lies there more often than by chance (binomial, 5 % divided by the number of topics) "
        "and in 3 segments or more; it splits where it meets two or more that hold a fifth of its segments each. Codes merge "
        "where they share a third or more of all segments that carry either, most of all in the same topic. Under 5 segments "
        "nothing is concluded.",
    )
    columns = ("Code", "Finding", "Segments (n)", "Lies in (share of its segments, times chance)", "Why")
    return Table(title="Codes against the topics", columns=columns, rows=tuple(rows), notes=notes, is_data=True)


def told(decision: TopicDecision, names: dict[str, str]) -> str:
    """A decision in words: what was made of the topic."""
    key = decision.code_key
    return decision.verdict.value + (f": {names.get(key, key)}" if key else "")


def candidates_table(study: Study) -> Table:
    """Every decision on a topic, superseded ones too, with what it was about and who made it."""
    with study.store.read() as tx:
        everything = tx.all(TopicDecision, past=True)
        overruled = {event.payload["supersedes"] for event in tx.all(Event, verb=candidates.DECIDED)}
        standing = {item.id for item in candidates.in_force(tx).values()}
        people, topics, found = by_id(tx.all(Coder)), by_id(tx.all(Topic, past=True)), tx.all(Topic)
    now = {topic.id for topic in found}
    same = drafts.same_topics([topics[key] for key in {item.topic_id for item in everything} if key in topics], found)

    def stands(item: TopicDecision) -> str:
        if item.id in standing:
            return "in force"
        return "superseded" if item.id in overruled or item.topic_id in same else "topic is gone"

    def row(item: TopicDecision) -> tuple[Cell, ...]:
        topic = topics.get(item.topic_id)
        return (
            topic.number + 1 if topic else None, ", ".join(item.words), len(topic.segment_ids) if topic else None,
            item.verdict.value, item.code_key or "", people[item.coder_id].name, item.decided_at.isoformat(timespec="seconds"),
            item.note, stands(item), "yes" if item.topic_id in now else "no",
            item.topic_id, item.run_id,
        )  # fmt: skip

    columns = ("topic", "words", "n_segments", "verdict", "code_key", "by", "decided_at", "note", "standing",
               "topic_still_there", "topic_id", "run_id")  # fmt: skip
    notes = (
        "A later decision supersedes an earlier one on the same topic, also on what it was before topics were found anew; none "
        "is removed. Topics are numbered within a run.",
    )
    return Table(title="What became of topics", columns=columns, rows=tuple(map(row, everything)), notes=notes, is_data=True)


def links_table(study: Study) -> Table:
    """Which codes are tied to which constructs of a framework, and why."""
    with study.store.read() as tx:
        links, people = tx.all(ConstructLink), by_id(tx.all(Coder))
    if not links:
        return Table(title="Codes and constructs", columns=(), rows=())
    names = {key: code.name for key, code in study.codebook().by_key.items()}
    book = candidates.framework(study)
    constructs = book.by_key if book else {}

    def row(item: ConstructLink) -> tuple[Cell, ...]:
        known = constructs.get(item.construct_key)
        domain = book.domain_of(item.construct_key) if book and known else ""
        return (
            item.framework, domain, known.name if known else item.construct_key, names.get(item.code_key, item.code_key),
            item.rationale, people[item.coder_id].name, f"{item.made_at:%Y-%m-%d}",
        )  # fmt: skip

    columns = ("Framework", "Domain", "Construct", "Code", "Rationale", "By", "Date")
    ordered = sorted(links, key=lambda item: (item.framework, item.construct_key, item.code_key))
    notes = ("A code may belong to several constructs, and a construct may have several codes.",)
    return Table(title="Codes and constructs", columns=columns, rows=tuple(map(row, ordered)), notes=notes, n_stub=2)


def debt_table(study: Study) -> Table:
    """For each code that was added or changed later and each coder: what they have not judged again since."""
    with study.store.read() as tx:
        people = by_id(tx.all(Coder))
    labels = {item.id: item.label for item in study.transcripts()}
    where = {item.id: item.transcript_id for item in study.coded_segments()}
    names = {key: code.name for key, code in study.codebook().by_key.items()}
    rows = tuple(
        (
            names[debt.code_key], debt.cause.value, f"{debt.since:%Y-%m-%d}", people[coder_id].name,
            len(met), ", ".join(labels[key] for key in met), len(ids),
        )
        for debt in study.debt()
        for coder_id, ids in debt.owed.items()
        for met in [dict.fromkeys(where[key] for key in ids)]
    )  # fmt: skip
    columns = ("Code", "Why", "Since", "Coder", "Earlier transcripts (n)", "Transcripts", "Segments not re-read (n)")
    notes = (
        "Judged before the codebook had the code, or by its older text, and not judged again since: a code that was added is "
        "missing there, not absent.",
    )
    return Table(title="Recode debt", columns=columns, rows=rows, notes=notes, n_stub=2)
