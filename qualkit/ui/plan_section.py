"""Who codes what, on the page Study: how far everybody has come with their part, and dealing the parts out."""

from __future__ import annotations

import streamlit as st

from qualkit.model import Purpose
from qualkit.study import Seat, Study, plans
from qualkit.ui import context, style


def draw(study: Study, seat: Seat) -> None:
    """The section; empty where there is no plan and this person may make none."""
    plan, round_ = study.plan(), seat.round
    may_plan = seat.may_lead() and round_.closed_at is None and round_.purpose is not Purpose.CONSENSUS
    if plan is None and not may_plan:
        return
    st.subheader("Who codes what")
    if plan is None:
        st.html(style.block(style.grey(f"There is no plan for round {round_.number}: everybody codes all that it is about.")))
    else:
        columns, rows = plans.shares(study, plan)
        st.html(style.table(columns, rows))
        st.html(style.block(*(style.grey(sentence) for sentence in plans.in_words(study, plan))))
    if may_plan:
        with st.popover(
            "Deal the segments out" + (" anew" if plan else ""), icon=":material/playlist_add_check:", width="content"
        ):
            _make(study, seat)


def _make(study: Study, seat: Seat) -> None:
    names = plans.everybody(study)
    st.html(
        style.block(
            '<p class="q-small" style="max-width:46ch">A share of every transcript, drawn at random, goes to everybody, so '
            "that agreement can be measured on it; the rest is dealt out in stretches of the talk, in even numbers. What "
            "somebody has judged stays theirs.</p>"
        )
    )
    st.slider("Coded by everybody, in %", 0, 100, 20, step=5, key="plan-share")
    st.text_input("Seed", key="plan-seed", placeholder="By chance, and kept")
    st.multiselect("Coders", names, default=names, key="plan-coders", accept_new_options=True, placeholder="Names")
    st.button("Deal out", key="plan-make", type="primary", on_click=_deal, args=(seat,))


def _deal(seat: Seat) -> None:
    seed = str(context.value("plan-seed") or "").strip()
    if seed and not seed.isdecimal():
        context.notify("A seed is a whole number.", is_error=True)
        return
    share, coders = int(context.value("plan-share", 20)) / 100, list(context.value("plan-coders") or [])
    if context.attempt(lambda: seat.make_plan(share, int(seed) if seed else None, coders or [""])):
        context.notify("The segments are dealt out.")
