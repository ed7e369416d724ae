"""Bring the study up to date from the browser: start the machine stages, watch how far they are, stop them.

The work is done by a process of its own, so it goes on when the page is closed, and the app itself loads no model.
"""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from qualkit.study import Study, running
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
        st.progress(min(1.0, now.share), text=f"{now.stage.capitalize()}: {now.doing}")
        st.button("Stop", icon=":material/stop:", key="stop", on_click=lambda: running.stop(study.folder))
        return
    left = context.value("started", 0) - (0 if running.is_starting(study.folder) else 1)
    context.put("started", left)
    if left > 0:
        st.html(style.block(style.grey("Working ...")))
    else:
        st.rerun()
