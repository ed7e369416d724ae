"""Adjudicate: one case at a time, what the coders said side by side, and a decision with its reason."""

from __future__ import annotations

from html import escape

import streamlit as st

from qualkit.model import Case, Codebook, Decision
from qualkit.study import Seat
from qualkit.ui import context, parts, ruling, style
from qualkit.wording import first_line


def draw() -> None:
    """The page."""
    seat = context.need_seat()
    cases = {(case.segment_id, case.code_key): case for case in seat.cases()}
    waiting = [key for key, case in cases.items() if case.is_disputed and case.decision is None]
    decided = [(case, case.decision) for case in cases.values() if case.decision is not None]
    book = seat.codebook
    key = context.value("case") if context.value("case") in cases else next(iter(waiting), None)
    _head(len(waiting), len(decided), waiting, key)
    if key is not None:
        _case(seat, cases[key], book, waiting)
    else:
        st.info(_nothing(seat, cases), icon=":material/done_all:")
    if decided:
        _decided(seat, decided, book)


def _nothing(seat: Seat, cases: dict[tuple[str, str], Case]) -> str:
    if cases:
        return "No disputed case is waiting."
    if not seat.may_see_results():
        return "Cases show here for segments that you and somebody else have judged. There are none yet."
    return "There is no case yet: a case needs a segment that two people have judged."


def _head(n_waiting: int, n_decided: int, waiting: list[tuple[str, str]], key: tuple[str, str] | None) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        place = f"Case {waiting.index(key) + 1} of {n_waiting} waiting" if key in waiting else f"{n_waiting} waiting"
        st.html(
            style.block(f'<span class="q-name">{place}</span> <span class="q-grey">· {n_decided} decided</span>'),
            width="content",
        )
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            st.toggle("Hide who said it", key="hide-names")
            at = waiting.index(key) if key in waiting else 0
            for name, to in (("Previous case", at - 1), ("Next case", at + 1)):
                st.button(name, key=name, on_click=_go, args=(waiting, to), disabled=not 0 <= to < n_waiting)


def _go(waiting: list[tuple[str, str]], to: int) -> None:
    context.put("case", waiting[to])


def _case(seat: Seat, case: Case, book: Codebook, waiting: list[tuple[str, str]]) -> None:
    view = seat.view(case.segment_id)
    left, right = st.columns([11, 9], gap="large")
    with left:
        st.html(style.block(style.label(view.transcript.title)) + style.talk(view))
        if view.has_audio:
            parts.hear(seat, case.segment_id, "adjudicate")
        with st.expander("Another code fits here", icon=":material/add:"):
            ruling.another(seat, case, book)
    with right:
        code = book.by_key.get(case.code_key)
        if code is None:
            st.warning(f"The codebook no longer has the code {case.code_key!r}; it can only be decided absent.")
        st.html(ruling.votes(case, book))
        if case.decision is not None:
            st.html(style.block(style.label("Decided")) + ruling.verdict(case.decision, ruling.names()))
        prefix = ruling.form(seat, case, code)
        st.button(
            "Save decision", type="primary", icon=":material/check:", key=f"{prefix}-save",
            on_click=_save, args=(seat, case, prefix, waiting),
        )  # fmt: skip
        if code is not None:
            with st.expander("How the codebook defines it", icon=":material/menu_book:"):
                st.html(parts.code_entry(code, book.domain_of(code.key)))


def _save(seat: Seat, case: Case, prefix: str, waiting: list[tuple[str, str]]) -> None:
    key = (case.segment_id, case.code_key)
    context.put("case", key)
    if ruling.keep(seat, case.segment_id, case.code_key, prefix, case.decision):
        at = waiting.index(key) if key in waiting else -1
        left = [*waiting[at + 1 :], *waiting[: max(at, 0)]]
        context.put("case", left[0] if left else None)


def _decided(seat: Seat, decided: list[tuple[Case, Decision]], book: Codebook) -> None:
    with st.expander(f"Decided cases ({len(decided)})", key="decided", on_change="rerun") as box:
        if not box.open:
            return
        names, codes = ruling.names(), book.by_key
        segments = seat.segments([case.segment_id for case, _ in decided])
        for case, decision in sorted(decided, key=lambda item: item[1].decided_at, reverse=True):
            words, act = st.columns([8, 1], vertical_alignment="center")
            code = codes[case.code_key].name if case.code_key in codes else case.code_key
            words.html(
                style.block(
                    f"<b>{escape(code)}</b> {style.aside(first_line(segments[case.segment_id].text, 140))}",
                    ruling.verdict(decision, names),
                )
            )
            act.button(
                "Revisit", key=f"open-{decision.id}", on_click=context.put, args=("case", (case.segment_id, case.code_key))
            )
