"""The gap report: what the codebook misses and what to make of it, how codes lie in the topics, what is to be read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import streamlit as st

from qualkit.model import NumberFormat, Table, TopicDecision
from qualkit.stages.code_gaps import CodeFinding, CodeGap, Merging
from qualkit.stages.gaps import GapReport, Measure
from qualkit.stages.topic_gaps import Coverage, TopicGap
from qualkit.study import Seat
from qualkit.study.candidates import Candidates
from qualkit.study.topic_tables import rests_on
from qualkit.ui import behind, parts, style, topic_decide, topic_links
from qualkit.wording import counted

CSS = Path(__file__).with_suffix(".css")

TAGS = {Coverage.NOT: "miss", Coverage.PARTLY: "miss", Coverage.COVERED: "good", Coverage.TOO_FEW: "open"}

FINDINGS = {
    CodeFinding.SPLITS: ("Codes that split", "Their segments lie in two or more topics, each time more than by chance."),
    CodeFinding.UNMET: ("Codes that no topic meets", "Their segments are spread over the topics about as by chance."),
    CodeFinding.UNUSED: ("Codes used nowhere", ""),
    CodeFinding.TOO_FEW: ("Codes with too few segments to say", ""),
}

N_BARS = 12
"""So many topics are drawn as bars; the rest fold up."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What every card is drawn from."""

    seat: Seat
    hand: Candidates
    report: GapReport
    decisions: Mapping[str, TopicDecision]
    names: Mapping[str, str]
    by_code: Mapping[str, tuple[str, ...]]
    coded: frozenset[str]


def draw(seat: Seat) -> None:
    """The report, for somebody who may see results; nothing where there are no topics."""
    report = seat.gaps()
    if not report.topics:
        return
    hand = seat.candidates
    names = {key: code.name for key, code in seat.codebook.by_key.items()}
    by_code = seat.code_segments()
    coded = frozenset(key for ids in by_code.values() for key in ids)
    sheet = _Sheet(seat, hand, report, hand.decisions(), names, by_code, coded)
    st.html(CSS)
    st.header("What the codebook misses")
    st.html(style.lead(rests_on(report)))
    st.html(_bars(sheet))
    _topics(sheet)
    st.header("How the codes lie in the topics")
    _codes(sheet)
    st.header("Codes and constructs")
    topic_links.draw(seat, hand)
    st.header("To be read again")
    topic_links.debt(seat)


def _topics(sheet: _Sheet) -> None:
    """A card for each topic: those without a code that nobody has decided on, then the others, folded up."""
    undecided = [gap for gap in sheet.report.topics if gap.topic.id not in sheet.decisions]
    missed = [gap for gap in undecided if gap.is_uncovered]
    if not sheet.report.uncovered and sheet.report.measure is Measure.JUDGED:
        st.success("Every topic is covered about as well as the rest of the study.", icon=":material/check:")
    for gap in missed:
        with st.container(border=True, key=f"gap-{gap.topic.number}"):
            _card(sheet, gap)
    folds = {
        "Decided": [gap for gap in sheet.report.topics if gap.topic.id in sheet.decisions],
        "Covered, but worth a look": [gap for gap in undecided if gap.concerns and not gap.is_uncovered],
        "Covered, or too little to say": [gap for gap in undecided if not gap.concerns and not gap.is_uncovered],
    }
    for title, gaps in folds.items():
        _folded(sheet, title, gaps)


def _folded(sheet: _Sheet, title: str, gaps: Sequence[TopicGap]) -> None:
    if not gaps:
        return
    with st.expander(f"{title} ({len(gaps)})", key=f"fold-{title}", on_change="rerun") as box:
        if box.open:
            for gap in gaps:
                with st.container(border=True):
                    _card(sheet, gap)


# ---------------------------------------------------------------- all topics at a glance


def _bars(sheet: _Sheet) -> str:
    """A row for each topic, in the order of the report: its talk with and without a code."""
    report = sheet.report
    largest = max((gap.talk for gap in report.topics), default=0)
    if report.measure is Measure.TOO_FEW or not largest:
        rows = [
            (
                gap.topic.name, ", ".join(gap.topic.words[:5]), gap.n_segments,
                sheet.names.get(gap.nearest[0], "") if gap.nearest else "", gap.nearest[1] if gap.nearest else None,
            )
            for gap in report.topics
        ]  # fmt: skip
        return style.table(("Topic", "Words", "Segments", "Reads most like", "Cosine"), rows)
    keys = (
        '<p class="q-small q-grey"><span class="q-key q-with"></span>words with a code'
        '<span class="q-key q-without"></span>words without one, the first ten of each segment left out. Lacking: how many '
        "more of these than if the topic were coded like the rest.</p>"
    )
    head = "".join(f'<div class="q-gaps-head">{name}</div>' for name in ("Topic", "Talk", "Lacking", "Ruling"))
    shown = [_bar(gap, largest, sheet.decisions.get(gap.topic.id)) for gap in report.topics]
    grid = f'<div class="q-gaps">{head}{"".join(shown[:N_BARS])}</div>'
    more = shown[N_BARS:]
    if more:
        rest = f'<div class="q-gaps">{"".join(more)}</div>'
        grid += f'<details class="q-fold"><summary>{counted(len(more), "more topic")}</summary>{rest}</details>'
    return style.block(keys, grid)


def _bar(gap: TopicGap, largest: int, decision: TopicDecision | None) -> str:
    without, all_of_it = 100 * gap.bare / largest, 100 * gap.talk / largest
    bar = (
        f'<div class="q-talkbar" title="{gap.bare} of {gap.talk} words without a code">'
        f'<div class="q-without" style="width:{without:.1f}%"></div>'
        f'<div class="q-with" style="width:{all_of_it - without:.1f}%"></div></div>'
    )
    told = style.tag(decision.verdict.value, "good") if decision else style.tag(gap.coverage.value, TAGS[gap.coverage])
    words, lacking = escape(", ".join(gap.topic.words[:5])), f"{round(gap.lacking):+d}" if round(gap.lacking) else "0"
    name = f'<div class="q-gaps-words"><b>{escape(gap.topic.name)}</b> {style.aside("·")} {words}</div>'
    return f'{name}{bar}<div class="q-gaps-n">{lacking}</div><div>{told}</div>'


# ---------------------------------------------------------------- one topic


def _card(sheet: _Sheet, gap: TopicGap) -> None:
    left, right = st.columns([10, 11], gap="large")
    with left:
        st.html(_about(sheet, gap))
        _counts(sheet, gap)
    with right:
        views = [sheet.seat.view(key) for key in gap.quote_segment_ids]
        if views:
            is_bare = gap.is_uncovered and gap.n_judged > gap.n_coded
            st.html(style.block(style.label("Without a code" if is_bare else "From the middle of it")))
        for view in views:
            st.html(style.quote(view.segment.text, parts.whereabouts(view.segment, view.transcript, view.speaker)))
            if view.has_audio:
                parts.hear(sheet.seat, view.segment.id, f"gaps-{gap.topic.number}")
    topic_decide.draw(sheet.seat, sheet.hand, gap, sheet.decisions.get(gap.topic.id))


def _counts(sheet: _Sheet, gap: TopicGap) -> None:
    """Segments, people and groups of a topic, and which of its segments carry a code: buttons that open them."""
    name, ids = gap.topic.name, gap.topic.segment_ids
    numbers = [
        (counted(gap.n_segments, "segment"), behind.Behind(title=name, segment_ids=ids)),
        (counted(gap.n_participants, "person", "people"), behind.Behind(title=name, segment_ids=ids, what="people")),
        (counted(gap.n_groups, "group"), behind.Behind(title=name, segment_ids=ids, what="groups")),
    ]
    if sheet.report.measure is Measure.JUDGED:
        bare = tuple(key for key in ids if key not in sheet.coded)
        numbers.append((f"{len(bare)} without a code", behind.Behind(title=f"{name}: without a code", segment_ids=bare)))
    with st.container(horizontal=True):
        for n, (label, number) in enumerate(numbers):
            behind.button(sheet.seat, label, number, key=f"gap-said-{gap.topic.number}-{n}")


def _about(sheet: _Sheet, gap: TopicGap) -> str:
    topic = gap.topic
    stable = style.tag("stable", "good") if topic.is_stable else style.tag("not stable", "open", _stability(gap))
    if topic.returns is None and topic.returns_without is None:
        stable = style.tag("stability unknown", "open")
    head = f'<span class="q-name">{escape(topic.name)}</span>{style.tag(gap.coverage.value, TAGS[gap.coverage])}{stable}'
    facts: list[tuple[str, str]] = []
    if sheet.report.measure is Measure.JUDGED:
        facts += [(f"{gap.n_coded} of {gap.n_judged}", "carry a code"), (f"{gap.held:.0%}", "of all talk without one")]
    told = "".join(f"<span><b>{number}</b>{escape(what)}</span>" for number, what in facts)
    chips = " ".join(f'<span class="q-chip q-word">{escape(word)}</span>' for word in (*topic.phrases[:4], *topic.words[:8]))
    concerns = "".join(
        f'<div class="q-concern"><b>{escape(str(concern).capitalize())}.</b> {escape(why)}</div>'
        for concern, why in gap.concerns.items()
    )
    return style.block(
        f'<div class="q-gap-head">{head}</div>',
        f'<div class="q-gap-facts">{told}</div>',
        f'<p class="q-gap-words">{chips}</p>',
        f'<p class="q-small">{escape(gap.why)}{_waiting(gap)}</p>',
        f'<p class="q-small">{style.aside("What has no code says:")} {escape(", ".join(gap.words))}</p>' if gap.words else "",
        f'<p class="q-small">{style.aside("Coded here:")} {_shares(gap, sheet.names)}</p>' if gap.codes else "",
        f'<p class="q-small">{style.aside("Reads most like:")} {_near(gap, sheet.names)}</p>' if gap.nearest else "",
        concerns,
    )


def _waiting(gap: TopicGap) -> str:
    return f" On {gap.n_waiting} of the others a code is disputed and waits for a decision." if gap.n_waiting else ""


def _stability(gap: TopicGap) -> str:
    asked = [f"{share:.0%} of it {what}" for share, what in _returns(gap) if share is not None]
    return "Comes back: " + ", ".join(asked)


def _returns(gap: TopicGap) -> tuple[tuple[float | None, str], ...]:
    return (gap.topic.returns, "under other seeds"), (gap.topic.returns_without, "when transcripts are drawn anew")


def _shares(gap: TopicGap, names: Mapping[str, str]) -> str:
    said = (f"{names.get(item.code_key, item.code_key)} {item.n} ({item.lift:.1f} × chance)" for item in gap.codes)
    return escape(" · ".join(said))


def _near(gap: TopicGap, names: Mapping[str, str]) -> str:
    likeness = gap.topic.likeness
    return escape(" · ".join(f"{names.get(key, key)} ({likeness[key]:.2f})" for key in gap.topic.nearest_code_keys))


# ---------------------------------------------------------------- codes


def _codes(sheet: _Sheet) -> None:
    report, names = sheet.report, sheet.names
    topics = {gap.topic.id: gap.topic.name for gap in report.topics}
    splitting = [gap for gap in report.codes if gap.finding is CodeFinding.SPLITS]
    if splitting:
        _found(sheet, CodeFinding.SPLITS, splitting)
    if report.merging:
        st.html(style.block(style.label("Codes that merge"), style.grey("They were given to the same segments, in one topic.")))
        rows = tuple(
            (f"{names[pair.left_key]} + {names[pair.right_key]}", topics[pair.topic_id], pair.n_both, pair.jaccard, pair.why)
            for pair in report.merging
        )
        table = Table(
            title="Codes that merge",
            columns=("Codes", "Topic", "On both", "Jaccard", "Why"),
            rows=rows,
            formats=(None, None, NumberFormat.COUNT, NumberFormat.COEFFICIENT, None),
        )
        opens = {(n, 2): _both(sheet, pair) for n, pair in enumerate(report.merging)}
        behind.table(sheet.seat, table, opens, key="gaps-merging")
    for finding in (CodeFinding.UNMET, CodeFinding.UNUSED, CodeFinding.TOO_FEW):
        found = [gap for gap in report.codes if gap.finding is finding]
        if found:
            _found(sheet, finding, found)
    if all(gap.finding is CodeFinding.MET for gap in report.codes) and not report.merging:
        st.html(style.lead("Every code is met by a topic, none splits, and no two merge."))


def _both(sheet: _Sheet, pair: Merging) -> behind.Behind:
    others = set(sheet.by_code.get(pair.right_key, ()))
    ids = tuple(key for key in sheet.by_code.get(pair.left_key, ()) if key in others)
    return behind.Behind(title=f"{sheet.names[pair.left_key]} and {sheet.names[pair.right_key]}", segment_ids=ids)


def _found(sheet: _Sheet, finding: CodeFinding, gaps: Sequence[CodeGap]) -> None:
    title, about = FINDINGS[finding]
    with st.expander(f"{title} ({len(gaps)})", key=f"codes-{finding.name}", expanded=finding is CodeFinding.SPLITS):
        if about:
            st.html(style.block(style.grey(about)))
        rows = tuple((sheet.names[gap.code_key], gap.n_segments, gap.why) for gap in gaps)
        opens = {
            (n, 1): behind.Behind(title=sheet.names[gap.code_key], segment_ids=sheet.by_code.get(gap.code_key, ()))
            for n, gap in enumerate(gaps)
            if gap.n_segments
        }
        table = Table(title=title, columns=("Code", "Segments", "Where they lie"), rows=rows)
        behind.table(sheet.seat, table, opens, key=f"gaps-codes-{finding.name}")
