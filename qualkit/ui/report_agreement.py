"""The section Agreement of the page Report: code by code and why, in parts of the data, and how much more to code twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import streamlit as st

from qualkit.model import Opens, PartAgreement, Table
from qualkit.study import Seat, agreement_advice, agreement_tables, agreement_wording, ledger
from qualkit.ui import agreement_section, behind, context, style

MARGINS = (0.05, 0.1, 0.15, 0.2, 0.3)
"""How far an interval of kappa may reach to either side."""


View = Callable[[Seat, bool], None]
"""What draws a part of the section, of judgements as they were made blind, or, told True, as they stand now."""


def draw(seat: Seat) -> None:
    """The section."""
    pooled = next(item for item in seat.agreement() if item.code_key is None)
    if not pooled.n_units:
        st.info("Two people must have judged the same segments before their agreement can be told.")
        return
    views: Mapping[str, View] = {
        "By code": _by_code,
        "Facilitator or barrier": _by_valence,
        "Sets and words": _whole,
        "Coders": _coders,
        "Over time": _over_time,
        "Rounds": _rounds,
        **({"Machines": _machines} if seat.machines() else {}),
        "Plan double coding": _plan,
    }
    chosen = st.pills("Looked at", list(views), default="By code", key="agreement-view", required=True) or "By code"
    is_now = chosen not in ("Rounds", "Plan double coding") and seat.is_told_blind() and _asks_for_now()
    views[chosen](seat, is_now)


def _asks_for_now() -> bool:
    chosen: str | None = st.segmented_control(
        "Judgements", ["Judged blind", "As they stand now"], default="Judged blind", key="agreement-blind", required=True
    )
    return chosen == "As they stand now"


def _by_code(seat: Seat, is_now: bool) -> None:
    table = agreement_tables.agreement_table(seat.told_agreement(is_now=is_now), seat.codebook)
    _show(seat, table, "agreement-codes", is_now, seat.agreement_opens("codes", is_now=is_now))
    agreement_section.why(seat, is_now=is_now)


def _by_valence(seat: Seat, is_now: bool) -> None:
    results = seat.valence_agreement(is_now=is_now)
    if not results[0].n_units:
        st.info("No two people have given the same code with a valence to a segment yet.")
        return
    opens = seat.agreement_opens("valence", is_now=is_now)
    _show(seat, agreement_tables.valence_table(results, seat.codebook), "agreement-valence", is_now, opens)


def _whole(seat: Seat, is_now: bool) -> None:
    st.subheader("All codes of a segment as one set")
    table = agreement_tables.sets_table(seat.set_agreement(is_now=is_now))
    _show(seat, table, "agreement-sets", is_now, seat.agreement_opens("sets", is_now=is_now))
    st.subheader("Did coders mark the same words?")
    on_words = seat.cut_agreement(is_now=is_now)
    opens = seat.agreement_opens("words", is_now=is_now)
    _show(seat, agreement_tables.words_table(on_words, seat.codebook), "agreement-words", is_now, opens)


def _coders(seat: Seat, is_now: bool) -> None:
    key = _code(seat, "agreement-pair-code")
    _parts(seat, seat.agreement_by_pair(key, is_now=is_now), ("Agreement of each two coders", "Coders"), is_now, key)


def _over_time(seat: Seat, is_now: bool) -> None:
    n = st.slider("Parts", 2, 10, 4, key="agreement-parts", width=320)
    parts = seat.agreement_over_time(int(n), is_now=is_now)
    _parts(seat, parts, ("Agreement from the segments judged first to those judged last", "Part"), is_now)
    st.html(
        style.block(style.grey("Agreement that falls, or rises after a talk, is drift: look at what changed, and code again."))
    )


def _rounds(seat: Seat, _is_now: bool) -> None:
    table = ledger.table(seat.ledger())
    behind.table(seat, table, seat.table_opens("agreement_rounds"), key="agreement-rounds")


def _machines(seat: Seat, is_now: bool) -> None:
    key = _code(seat, "agreement-machine-code")
    parts = []
    for machine in seat.machines():
        people, beside = seat.agreement_with_machine(machine, key, is_now=is_now)
        parts += [replace(people, part=f"People, on what {machine} read"), replace(beside, part=f"People with {machine}")]
    _parts(seat, parts, ("People among themselves, and people with machine coders", "Who"), is_now, key)


def _code(seat: Seat, key: str) -> str | None:
    """The code that is looked at, None for all of them."""
    names = {item.code_key: seat.codebook.by_key[item.code_key].name for item in seat.agreement() if item.code_key}
    chosen: str | None = st.selectbox(
        "Code", list(names), format_func=names.__getitem__, index=None, placeholder="All codes, pooled", key=key, width=420
    )
    return chosen


def _parts(
    seat: Seat, parts: Sequence[PartAgreement], named: tuple[str, str], is_now: bool, code_key: str | None = None
) -> None:
    title, stub = named
    opens = seat.parts_open(parts, code_key, is_now=is_now)
    _show(seat, agreement_tables.parts_table(parts, title=title, stub=stub), f"agreement-{stub.lower()}", is_now, opens)


def _plan(seat: Seat, _is_now: bool) -> None:
    margin = st.select_slider(
        "How far the interval of kappa may reach to either side", MARGINS, value=0.1, key="agreement-margin", width=420
    )
    plan = seat.double_plan(float(margin))
    st.html(style.block(f"<p>{agreement_advice.double_plan_advice(plan)}</p>"))
    behind.table(seat, agreement_advice.double_plan_table(plan, seat.codebook), {}, key="agreement-plan")


def _show(seat: Seat, table: Table, key: str, is_now: bool, opens: Opens) -> None:
    """A table, and under it which judgements it is about."""
    notes = agreement_wording.told_notes(context.study(), is_now=is_now)
    behind.table(seat, replace(table, notes=(*notes, *table.notes)), opens, key=key)
