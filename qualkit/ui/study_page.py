"""Study: what it is about, what is in it, how far everybody has come, and whether the log is whole."""

from __future__ import annotations

import base64
from collections import Counter
from html import escape

import streamlit as st

from qualkit import plugs
from qualkit.model import Agreement, Role
from qualkit.stages import STAGES
from qualkit.study import Seat, Study, tables, transcripts
from qualkit.ui import context, rounds_section, run_panel, style
from qualkit.wording import counted

TELLING = frozenset({"agree", "evaluate", "themes", "export"})
"""Stages whose summary would tell a blind coder what others said."""


def draw() -> None:
    """The page."""
    study, seat = context.study(), context.seat()
    may_see = seat is not None and seat.may_see_results()
    st.title(study.info.title)
    if study.info.question:
        st.html(style.lead(study.info.question))
    st.subheader("Transcripts")
    _transcripts(study)
    _take_along(study)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Coders")
        _coders(study)
        if seat is not None and may_see:
            _agreement(seat)
    with right:
        st.subheader("Stages")
        _stages(study, may_see)
        run_panel.draw(study)
    rounds_section.draw(study, seat)
    if seat is not None and may_see:
        with st.expander("Agreement code by code", key="by-code", on_change="rerun") as box:
            if box.open:
                by_code = tables.agreement_table(seat.agreement(), seat.codebook)
                st.html(style.table(by_code.columns, by_code.rows))
        _machines(seat)
        _uptake(seat)
    _log()


def _transcripts(study: Study) -> None:
    there, people, heard = study.outline(), study.people(), {item.transcript_id for item in study.recordings()}
    counts = Counter(item.transcript_id for item in people.values() if item.role is Role.PARTICIPANT)
    rows = [
        (
            item.title, item.site, item.held_on, counts[item.id], there.n_turns[item.id], len(there.to_code[item.id]),
            "yes" if item.id in heard else "no",
        )
        for item in study.transcripts()
    ]  # fmt: skip
    if not rows:
        st.info("No transcript yet. Put files into recordings/ or transcripts/ and run  qualkit run")
        return
    columns = ("Transcript", "Site", "Date", "Participants", "Turns", "Segments to code", "Audio")
    st.html(style.table(columns, rows))


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


def _coders(study: Study) -> None:
    """How many segments each person has judged: a number, never a code."""
    n_all, judged = len(study.outline().is_coded), Counter(study.votes().n_judged())
    names = [name for name in dict.fromkeys([*study.config.coders, *sorted(judged)]) if name not in study.config.adjudicators]
    if not names or not n_all:
        st.html(
            style.block(
                style.grey("Nobody has coded yet. Name coders in study.toml, or open the page Code and give your name.")
            )
        )
        return
    rows = [(name, style.bar(judged[name] / n_all), f"{judged[name]} of {n_all}") for name in names]
    st.html(style.table(("Name", "Judged", ""), rows, raw=(1,)))
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


def _agreement(seat: Seat) -> None:
    found = seat.agreement()
    pooled = {item.measure: item for item in found if item.code_key is None}
    st.subheader("Agreement before adjudication")
    if pooled["percent"].value is None:
        st.html(style.block(style.grey(f"None to report: {pooled['percent'].undefined_because}.")))
        return
    for column, (name, measure) in zip(
        st.columns(3),
        (("Krippendorff's alpha", "alpha"), ("Cohen's kappa", "kappa"), ("Percent agreement", "percent")),
        strict=True,
    ):
        column.metric(name, _figure(pooled[measure]), help=pooled[measure].undefined_because)
    n_coders, n_units = pooled["percent"].n_coders, pooled["percent"].n_units
    st.html(
        style.block(
            style.grey(f"Presence of codes, over {counted(n_units, 'pair')} of segment and code, {counted(n_coders, 'coder')}.")
        )
    )


def _figure(item: Agreement) -> str:
    if item.value is None:
        return "none"
    return f"{item.value:.1%}" if item.measure == "percent" else f"{item.value:.2f}"


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


def _uptake(seat: Seat) -> None:
    """What people did with suggestions, once somebody was shown any."""
    found = seat.uptake()
    if not found:
        return
    with st.expander("What coders did with suggestions", key="uptake", on_change="rerun") as box:
        if box.open:
            taken = tables.uptake_table(found, seat.exposure(), seat.codebook)
            st.html(style.table(taken.columns, taken.rows))
            for note in taken.notes:
                st.html(style.block(style.grey(note)))


def _log() -> None:
    found = context.checked_log()
    if found.fault:
        st.error(found.fault, icon=":material/gpp_maybe:")
    elif found.n_checked:
        st.html(style.block(style.grey("✓ The log of all judgements is whole: every act follows from the one before it.")))
    else:
        st.html(style.block(style.grey(f"The log of all judgements, {found.n_events:,} acts, is being checked.")))
