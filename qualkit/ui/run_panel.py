"""Bring the study up to date from the browser: start the machine stages, watch how far they are, stop them.

The work is done by a process of its own, so it goes on when the page is closed, and the app itself loads no model.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from html import escape

import streamlit as st

from qualkit.stages import STAGES
from qualkit.study import Study, running
from qualkit.study.running import Running
from qualkit.ui import context, style

_EVERY = timedelta(seconds=2)
_GAPS = 3
"""For how many looks nothing may be heard of a run, as between two stages, before it is taken to be over."""


def draw(study: Study) -> None:
    """The panel; it draws itself anew while something is being done."""
    if running.running(study.folder) is None and not context.value("started"):
        _begin(study)
    else:
        _watch(study)


def _begin(study: Study) -> None:
    st.button(
        "Bring everything up to date",
        icon=":material/play_arrow:",
        key="run",
        on_click=lambda: context.attempt(lambda: _start(study)),
        help="Runs what  qualkit run  runs: recordings become transcripts, transcripts segments, and so on. What has not"
        " changed is not done again.",
    )
    if said := running.last_words(study.folder):
        with st.expander("What the last run said", icon=":material/terminal:"):
            st.code(said, language=None, wrap_lines=True)


def _start(study: Study) -> None:
    running.start(study.folder)
    context.put("started", _GAPS)


@st.fragment(run_every=_EVERY)  # type: ignore[untyped-decorator]
def _watch(study: Study) -> None:
    now = running.running(study.folder)
    if now is not None:
        context.put("started", _GAPS)
        st.html(style.block(told(now, time.time())))
        is_stopping = running.is_stopping(study.folder)
        st.button(
            "Stopping ..." if is_stopping else "Stop",
            icon=":material/stop:",
            key="stop",
            disabled=is_stopping,
            on_click=lambda: running.stop(study.folder),
            help="What is finished is kept, and the next run goes on from there. It also goes on when this page is closed.",
        )
        return
    left = context.value("started", 0) - (0 if running.is_starting(study.folder) else 1)
    context.put("started", left)
    if left > 0:
        st.html(style.block(style.grey("Working ...")))
    else:
        st.rerun()


def told(now: Running, at_s: float) -> str:
    """What a stage is doing, how far it is and since when; `at_s` is now, in seconds since 1970."""
    share = min(1.0, max(0.0, now.share))
    which = f"Stage {STAGES.index(now.stage) + 1} of {len(STAGES)}: " if now.stage in STAGES else ""
    since = f"since {datetime.fromtimestamp(now.since):%H:%M} ({_length(at_s - now.since)})" if now.since else ""
    return (
        '<div class="q-run"><div class="q-run-head">'
        f'<span><span class="q-grey">{which}</span><b class="q-name">{escape(now.stage)}</b></span>'
        f'<span class="q-small q-grey">{since}</span></div>'
        f"{style.bar(share, f'{now.stage}: {share:.0%} done')}"
        f'<div class="q-run-head q-small"><span>{escape(now.doing)}</span><b>{share:.0%}</b></div></div>'
    )


def _length(seconds: float) -> str:
    minutes = int(max(0.0, seconds) // 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
