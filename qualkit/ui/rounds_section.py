"""Rounds on the page Study: which there were and how far coders agreed, ending one and opening the next, and discussing."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import streamlit as st

from qualkit.model import Agreement, Case, Purpose, Round, RoundAgreement, RoundNote, Table, TableCell, new_id
from qualkit.study import Seat, Study, ledger
from qualkit.study.ledger_numbers import BLIND, NOW
from qualkit.study.ledger_numbers import COLUMNS as COLUMNS_OF
from qualkit.study.rounds import SCOPES
from qualkit.ui import behind, context, parts, plan_section, ruling, style
from qualkit.wording import counted, first_line

ON = dict(zip(SCOPES, ("All segments", "What is disputed", "The reliability sample"), strict=True))

MOST_CASES = 100
"""So many disputed cases of a round are listed for discussion at once."""


def draw(study: Study, seat: Seat | None) -> None:
    """The section; `seat` is None while nobody has said who they are."""
    st.subheader("Rounds")
    rounds = study.rounds()
    if rounds:
        _table(seat, rounds)
    else:
        st.html(style.block(style.grey("The first round opens, blind, when somebody codes.")))
    if seat is None:
        return
    if seat.may_lead():
        _lead(seat, rounds)
    plan_section.draw(study, seat)
    _discussion(seat)


COLUMNS = ("Round", "For", "State", "Opened", "Coders", "Judged by two or more", "Alpha", "Of them blind", "Alpha, blind")
OPENS = {5: COLUMNS_OF[NOW], 6: COLUMNS_OF[NOW] + 1, 7: COLUMNS_OF[BLIND], 8: COLUMNS_OF[BLIND] + 1}
"""By column, that of the ledger in full which opens the same: what was judged by two or more, and where they differ."""


def _table(seat: Seat | None, rounds: list[Round]) -> None:
    """A line for each round; its numbers open for who may see results."""
    found = {item.round.id: item for item in (seat.ledger() if seat else [])}
    rows = tuple(_row(item, found.get(item.id)) for item in rounds)
    note = ledger.RELIABILITY if any(item.agreement for item in found.values()) else ""
    if seat is None or not seat.may_see_results():
        st.html(style.table(COLUMNS, rows) + style.block(style.grey(note)))
        return
    whole = seat.table_opens("agreement_rounds")
    opens = {(row, column): whole[row, at] for row in range(len(rows)) for column, at in OPENS.items() if (row, at) in whole}
    table = Table(title="Rounds", columns=COLUMNS, rows=rows, notes=(note,) if note else ())
    behind.table(seat, table, opens, key="rounds-table")


def _row(round_: Round, line: RoundAgreement | None) -> tuple[TableCell, ...]:
    about = f", {counted(len(round_.segment_ids), 'segment')}" if round_.segment_ids else ""
    is_open = line is not None and bool(line.agreement)
    return (
        round_.number, parts.PURPOSES[round_.purpose] + about, round_.state, f"{round_.opened_at.astimezone():%d %b %Y}",
        ", ".join(line.coders) if line else None, line.n_segments if line else None,
        _alpha(line.agreement) if line and is_open else "withheld", str(line.n_blind) if line and is_open else "withheld",
        _alpha(line.blind) if line and is_open else "withheld",
    )  # fmt: skip


def _alpha(found: tuple[Agreement, ...]) -> str | None:
    value = next((item.value for item in found if item.measure == "alpha"), None)
    return None if value is None else f"{value:.2f}"


# ---------------------------------------------------------------- leading


def _lead(seat: Seat, rounds: list[Round]) -> None:
    newest = rounds[-1]
    with st.container(horizontal=True, vertical_alignment="center"):
        if newest.is_hidden:
            with st.popover("Reveal", icon=":material/visibility:", width="content"):
                st.markdown(f"Everybody sees all codes of round {newest.number} from then on. It cannot be taken back.")
                also = st.checkbox("Close the round, too", key="reveal-close")
                _button("Reveal it", "reveal", lambda: seat.reveal(close=also), f"Round {newest.number} is revealed.")
        if newest.closed_at is None:
            with st.popover("Close", icon=":material/lock:", width="content"):
                st.markdown(f"Nobody judges in round {newest.number} any more. It cannot be taken back.")
                _button("Close it", "close", seat.close_round, f"Round {newest.number} is closed.")
        with st.popover("Open the next round", icon=":material/add:", width="content"):
            _next(seat, newest)


def _next(seat: Seat, newest: Round) -> None:
    if newest.is_hidden and newest.closed_at is None:
        st.markdown(f"Round {newest.number} is open and blind: reveal it first, or close it unseen.")
        return
    purpose = st.selectbox("What for?", list(parts.PURPOSES), format_func=parts.PURPOSES.__getitem__, key="round-for")
    on = st.selectbox("About what?", list(ON), format_func=ON.__getitem__, key="round-on")
    is_consensus = purpose is Purpose.CONSENSUS
    blind = st.checkbox("Blind", value=True, key="round-blind", disabled=is_consensus) and not is_consensus
    if is_consensus:
        st.html(style.block(style.grey("One judgement of a segment stands for the group, and decides.")))
    said = f"Round {newest.number + 1} is open."
    _button("Open it", "open", lambda: seat.open_round(purpose=purpose, on=on, blind=blind), said)


def _button(label: str, key: str, verb: Callable[[], Any], said: str) -> None:
    st.button(label, key=f"round-{key}", type="primary", on_click=_act, args=(verb, said))


def _act(verb: Callable[[], Any], said: str) -> None:
    if context.attempt(verb):
        context.notify(said)


# ---------------------------------------------------------------- discussing


def _discussion(seat: Seat) -> None:
    """Disputed cases of a revealed round as its coders left them, and what was noted on them."""
    numbers = [item.round.number for item in seat.ledger() if item.n_segments and not item.round.is_hidden]
    if not numbers:
        return
    with st.expander(
        "Look at a revealed round, and discuss it", icon=":material/forum:", key="discuss", on_change="rerun"
    ) as box:
        if not box.open:
            return
        number = st.selectbox("Round", numbers, index=len(numbers) - 1, key="discuss-round", width=160) or numbers[-1]
        disputed = [case for case in seat.look_back(number) if case.is_disputed]
        shown, notes = disputed[:MOST_CASES], seat.notes(number)
        more = f", of which {MOST_CASES} are listed" if len(disputed) > MOST_CASES else ""
        st.html(style.block(style.grey(f"{counted(len(disputed), 'disputed case')} when it was left{more}.")))
        if shown or notes:
            st.html(_cases(seat, shown, notes))
        if seat.round.is_hidden and not seat.is_adjudicator:
            st.html(style.block(style.grey(f"Notes can be made again once round {seat.round.number} is revealed.")))
        else:
            _note(seat, number, shown)


def _cases(seat: Seat, shown: list[Case], notes: list[RoundNote]) -> str:
    words = seat.segments([case.segment_id for case in shown])
    rows = []
    for case in shown:
        votes = "".join(
            f'<div style="white-space:nowrap">{escape(name)} {style.chip(said)}</div>' for name, said in case.votes.items()
        )
        said = [note for note in notes if (note.segment_id, note.code_key) == (case.segment_id, case.code_key)]
        text = words[case.segment_id].text if case.segment_id in words else ""
        rows.append((_code(seat, case.code_key), first_line(text, 120), votes, _said(said)))
    table = style.table(("Code", "Segment", "What they said", "Notes"), rows, raw=(2, 3)) if rows else ""
    general = _said([note for note in notes if not note.segment_id])
    return table + (style.block(style.label("Of the round"), general) if general else "")


def _said(notes: list[RoundNote]) -> str:
    names = ruling.names()
    return "".join(
        f'<p class="q-small" style="margin:0">{escape(note.text)} {style.aside(names.get(note.coder_id, "somebody"))}</p>'
        for note in notes
    )


def _code(seat: Seat, key: str) -> str:
    book = seat.codebook.by_key
    return book[key].name if key in book else key


def _note(seat: Seat, number: int, shown: list[Case]) -> None:
    words = seat.segments([case.segment_id for case in shown])
    about = {"": "The round"} | {
        f"{case.segment_id} {case.code_key}": f"{_code(seat, case.code_key)}: {first_line(words[case.segment_id].text, 60)}"
        for case in shown
        if case.segment_id in words
    }
    st.selectbox("About", list(about), format_func=about.__getitem__, key="note-about")
    st.text_area("Note", key="note-text", height=80)
    st.button("Keep the note", key="note-keep", icon=":material/add_comment:", on_click=_keep, args=(seat, number))


def _keep(seat: Seat, number: int) -> None:
    segment_id, _, code_key = str(context.value("note-about") or "").partition(" ")
    text = str(context.value("note-text") or "")
    act = str(context.kept("note-act", new_id))
    if context.attempt(lambda: seat.note(number, text, segment_id=segment_id, code_key=code_key, client_id=act)):
        context.put("note-text", "")
        context.put("note-act", new_id())
