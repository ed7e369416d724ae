"""Study: what it is about, what is in it, how far everybody has come, and whether the log is whole."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

import streamlit as st

from qualkit import plugs
from qualkit.stages import STAGES
from qualkit.study import Seat, Study, storage, tables, transcripts
from qualkit.study.standing import Share, TranscriptStanding
from qualkit.study.standing_numbers import FINDINGS
from qualkit.ui import agreement_section, behind, context, launch, rounds_section, run_panel, style
from qualkit.wording import counted, sized

HEARD = {"audio": "● audio", "text": "text only", "not yet": "○ not yet"}

WHAT_COLUMNS_COUNT = "Segments: those that are there to be coded; judged: how many of theirs a coder has judged in this round."
WHAT_FINDINGS_COUNT = (
    " Suggested: a machine suggests a code. Adjudicated: disputed codes that are decided. In themes: a theme rests on it."
)

EVALUATE_AGAIN = "Evaluate again, with  qualkit evaluate , and these numbers open the segments behind them."

TELLING = frozenset({"agree", "evaluate", "themes", "export"})
"""Stages whose summary would tell a blind coder what others said."""


def draw() -> None:
    """The page."""
    study, seat = context.study(), context.seat()
    may_see = seat is not None and seat.may_see_results()
    st.title(study.info.title)
    if study.info.question:
        st.html(style.lead(study.info.question))
    st.header("Transcripts")
    table = st.empty()
    rows = seat.standing(wait=False) if seat is not None else study.standing(is_blind=True)
    with table.container():
        _transcripts(rows)
    if seat is not None and may_see and any(row.n_segments for row in rows):
        _numbers(seat)
    _take_along(study)
    left, right = st.columns(2, gap="large")
    with left:
        st.header("Coders")
        _coders(study, rows)
        if seat is not None and may_see:
            agreement_section.pooled(seat)
    with right:
        st.header("Stages")
        _stages(study, may_see)
        run_panel.draw(study)
    rounds_section.draw(study, seat)
    if seat is not None and may_see:
        _machines(seat)
        _uptake(seat)
    _storage(study)
    _log()
    if seat is not None and may_see:  # what follows from codes takes longest, so it comes when all else is there
        counted_all = seat.standing()
        if counted_all != rows:
            with table.container():
                _transcripts(counted_all)


def _transcripts(rows: Sequence[TranscriptStanding]) -> None:
    if not rows:
        st.info("No transcript yet. Put files into recordings/ or transcripts/ and run  qualkit run")
        return
    coders = list(dict.fromkeys(name for row in rows for name in row.judged))
    findings = [name for name in FINDINGS if any(getattr(row, name) is not None for row in rows)]
    head = ("Transcript", "Heard", "People", "Turns", "Segments", *(f"{name} judged" for name in coders))
    columns = (*head, *(FINDINGS[name] for name in findings))
    raw = [0, 1, *range(len(head) - len(coders), len(columns))]
    st.html(style.table(columns, [_standing(row, coders, findings) for row in rows], raw=raw))
    st.html(style.block(style.grey(WHAT_COLUMNS_COUNT + (WHAT_FINDINGS_COUNT if findings else ""))))


def _standing(row: TranscriptStanding, coders: Sequence[str], findings: Sequence[str]) -> tuple[object, ...]:
    about = " · ".join(part for part in (row.site, row.held_on) if part)
    title = f'<b class="q-title">{escape(row.title)}</b>' + (f"<br>{style.aside(about)}" if about else "")
    heard = style.tag(HEARD.get(row.heard, row.heard), "open" if row.is_waiting else "plain")
    shares = (*(row.judged.get(name) for name in coders), *(getattr(row, name) for name in findings))
    return (title, heard, row.n_people, row.n_turns, row.n_segments, *(_share(item) for item in shares))


def _share(item: Share | None) -> str:
    return style.aside("–") if item is None else style.share(item.n, item.of)


def _take_along(study: Study) -> None:
    """Transcripts for other programs; they hold what was said and no code, so blind coders may have them too."""
    if not study.transcripts():
        return
    with st.expander("Take transcripts along", icon=":material/download:", key="take-along", on_change="rerun") as box:
        if not box.open:
            return
        chosen = st.segmented_control(
            "Format", plugs.names("writers"), default="docx", format_func=str.upper, required=True, key="take-format"
        )
        planned = transcripts.plan(transcripts.spoken(study), [chosen])
        for note in planned.notes:
            st.html(style.block(style.grey(note)))
        if planned.files:
            st.download_button(
                f"{counted(len(planned.files), 'transcript')} (ZIP)",
                data=lambda: transcripts.zipped(planned),
                file_name=f"transcripts_{chosen}.zip",
                icon=":material/download:",
                key=f"take-{chosen}",
                on_click="ignore",
            )


def _coders(study: Study, rows: Sequence[TranscriptStanding]) -> None:
    """How many segments each person has judged: a number, never a code."""
    names = list(dict.fromkeys(name for row in rows for name in row.judged))
    if not names or not any(row.n_segments for row in rows):
        st.html(
            style.block(
                style.grey("Nobody has coded yet. Name coders in study.toml, or open the page Code and give your name.")
            )
        )
        return
    mine = {name: [row.judged[name] for row in rows if name in row.judged] for name in names}
    told = [(name, style.share(sum(item.n for item in had), sum(item.of for item in had))) for name, had in mine.items()]
    st.html(style.table(("Name", "Judged"), told, raw=(1,)))
    if study.config.adjudicators:
        st.html(style.block(style.grey(f"Adjudicating: {', '.join(study.config.adjudicators)}")))


def _stages(study: Study, may_see: bool) -> None:
    runs = study.runs()
    rows = []
    for stage in STAGES:
        run = runs.get(stage)
        hidden = stage in TELLING and not may_see
        summary = "" if run is None else "done; its result shows when you have judged all" if hidden else run.summary
        rows.append((stage, summary, f"{run.ended_at.astimezone():%d %b, %H:%M}".replace(" ", "\u00a0") if run else None))
    st.html(style.table(("Stage", "Result", "When"), rows))
    for run in runs.values():
        for problem in run.problems:
            st.warning(problem, icon=":material/warning:")


def _machines(seat: Seat) -> None:
    """What may be left to machine coders, once they were held against people."""
    if "evaluate" not in context.study().runs():
        return
    with st.expander("May a machine code alone?", key="machines", on_change="rerun") as box:
        if box.open:
            figure, words = seat.evaluated()
            for sentence in words:
                st.html(style.block(f"<p>{escape(sentence)}</p>"))
            if figure:
                source = base64.b64encode(figure.encode("utf-8")).decode("ascii")
                st.html(
                    style.block(f'<img alt="Agreement of machine coders with people" src="data:image/svg+xml;base64,{source}">')
                )
            if found := seat.machine_outcomes():
                st.html(style.block(style.label(found[0].title)))
                behind.table(seat, *found, key="machines-table")
                if not found[1]:
                    st.html(style.block(style.grey(EVALUATE_AGAIN)))


def _uptake(seat: Seat) -> None:
    """What people did with suggestions, once somebody was shown any."""
    if not seat.has_uptake():
        return
    with st.expander("What coders did with suggestions", key="uptake", on_change="rerun") as box:
        if box.open:
            taken = tables.uptake_table(seat.uptake(), seat.exposure(), seat.codebook)
            behind.table(seat, taken, seat.table_opens("suggestion_uptake"), key="uptake-table")


def _numbers(seat: Seat) -> None:
    """The numbers of the table of transcripts, with the way to the segments."""
    with st.expander(
        "Read and hear what was judged and found", icon=":material/format_quote:", key="found", on_change="rerun"
    ) as box:
        if box.open:
            numbers = seat.standing_numbers()
            behind.table(seat, numbers.table, numbers.opens, key="found-table")


def _storage(study: Study) -> None:
    with st.expander("Storage and privacy", icon=":material/shield:", key="storage", on_change="rerun") as box:
        if not box.open:
            return
        found = storage.remarks(study, log_fault=context.checked_log().fault, app=launch.reach())
        kinds = {storage.Finding.GOOD: "good", storage.Finding.BAD: "bad", storage.Finding.UNKNOWN: "open"}
        rows = [(style.tag(item.finding.value, kinds[item.finding]), item.about, item.said) for item in found]
        st.html(style.table(("Finding", "About", "What was found"), rows, raw=(0,)))
        sizes = storage.sizes(study).items()
        st.html(style.block(style.grey("On disk: " + ", ".join(f"{name} {sized(size)}" for name, size in sizes) + ".")))


def _log() -> None:
    found = context.checked_log()
    if found.fault:
        st.error(found.fault, icon=":material/gpp_maybe:")
    elif found.n_checked:
        st.html(style.block(style.grey("✓ The log of all judgements is whole: every act follows from the one before it.")))
    else:
        st.html(style.block(style.grey(f"The log of all judgements, {found.n_events:,} acts, is being checked.")))
