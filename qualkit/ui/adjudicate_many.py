"""Below the case: what all coders agree on, rules for many cases at once, what was decided, and gaps of the codebook."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from html import escape

import streamlit as st

from qualkit.model import Codebook, Decision, new_id
from qualkit.stages.codebook_gaps import CodebookGap
from qualkit.stages.disputes import Proposal
from qualkit.study import Seat
from qualkit.ui import behind, context, ruling, style
from qualkit.wording import counted, first_line

MOST_LISTED = 100
Filters = tuple[str | None, str | None, str | None]


def draw(seat: Seat, n_agreed: int, filters: Filters) -> None:
    """The boxes; each works out what is in it only while it is open."""
    if n_agreed:
        with st.expander(f"All coders agree ({n_agreed} undecided)", key="agreed", on_change="rerun") as box:
            if box.open:
                _unanimous(seat, filters)
    if _most_coders() > 2:
        with st.expander("Decide by a rule", key="by-rule", on_change="rerun") as box:
            if box.open:
                _rule(seat, filters)
    if not seat.may_see_results():
        return
    gaps = seat.codebook_gaps()
    if gaps:
        with st.expander(
            f"Gaps of the codebook ({sum(len(gap.decisions) for gap in gaps)})", key="gaps", on_change="rerun"
        ) as box:
            if box.open:
                _gaps(seat, gaps)
    with st.expander("Decided cases", key="decided", on_change="rerun") as box:
        if box.open:
            _decided(seat)


def _narrowed(found: list[Proposal], filters: Filters) -> list[Proposal]:
    code, talk, _ = filters
    places = context.study().outline().places
    return [item for item in found if code in (None, item.case.code_key) and talk in (None, places.get(item.case.segment_id))]


def _most_coders() -> int:
    """How many people judged the segment that most did."""
    return max(context.study().votes().n_people().values(), default=0)


def _unanimous(seat: Seat, filters: Filters) -> None:
    st.html(
        style.lead(
            "These codes count already, because all who looked gave them. Accepting makes them decisions: a coder who judges "
            "again later can then not change a table unseen, the case comes back to be looked at instead."
        )
    )
    _offer(seat, _narrowed(seat.proposals(), filters), None)


def _rule(seat: Seat, filters: Filters) -> None:
    most = _most_coders()
    at_least = st.number_input(
        "What at least so many coders say, absence included, counts for disputed cases",
        2,
        most,
        2,
        key="rule-number",
        width=420,
    )
    _offer(seat, _narrowed(seat.proposals(int(at_least)), filters), int(at_least))


def _offer(seat: Seat, proposals: list[Proposal], at_least: int | None) -> None:
    if not proposals:
        st.html(style.block(style.grey("There is no such case.")))
        return
    n, seq = len(proposals), context.study().head()[0]
    _list(seat, proposals, seat.codebook)
    if seat.may_see_results():
        ids = tuple(dict.fromkeys(item.case.segment_id for item in proposals))
        number = behind.Behind(title="Cases that may be decided together", segment_ids=ids)
        behind.button(seat, f"Read and hear {counted(len(ids), 'segment')}", number, key=f"said-{at_least}")
    key = f"accept-{seat.coder.id}-{at_least}-{seq}-{n}"
    st.button(
        f"Accept {counted(n, 'case')}", key=key, type="primary", icon=":material/done_all:",
        on_click=_accept, args=(seat, proposals, at_least, context.kept(f"{key}-act", new_id)),
    )  # fmt: skip


def _accept(seat: Seat, proposals: list[Proposal], at_least: int | None, client_id: str) -> None:
    def accept() -> None:
        n = seat.accept(proposals, at_least=at_least, client_id=client_id)
        left = len(proposals) - n
        changed = (
            f" {counted(left, 'case')} had changed meanwhile and {'was' if left == 1 else 'were'} left as before."
            if left
            else ""
        )
        context.notify(f"{counted(n, 'case')} decided.{changed}")

    context.attempt(accept)


def _list(seat: Seat, proposals: Sequence[Proposal], book: Codebook) -> None:
    segments = seat.segments([item.case.segment_id for item in proposals[:MOST_LISTED]])
    codes = book.by_key
    rows = [
        (
            codes[item.case.code_key].name if item.case.code_key in codes else item.case.code_key,
            style.chip(item.vote),
            ", ".join(item.case.votes) if not context.value("hide-names") else len(item.case.votes),
            first_line(segments[item.case.segment_id].text, 110),
        )
        for item in proposals[:MOST_LISTED]
    ]
    table = style.table(("Code", "Decision", "Coders", "Segment"), rows, raw=(1,))
    st.html(style.block(f'<div class="q-many" tabindex="0" role="group" aria-label="Cases">{table}</div>'))
    if len(proposals) > MOST_LISTED:
        st.html(style.block(style.grey(f"and {len(proposals) - MOST_LISTED} more")))


# ---------------------------------------------------------------- what was decided


def _gaps(seat: Seat, gaps: Sequence[CodebookGap]) -> None:
    codes = seat.codebook.by_key
    segments = seat.segments([key for gap in gaps for key in gap.segment_ids])
    for gap in gaps:
        name = codes[gap.code_key].name if gap.code_key in codes else gap.code_key
        words, act = st.columns([8, 2], vertical_alignment="center")
        items = "".join(
            f"<li>{escape(first_line(segments[item.segment_id].text, 140))}"
            + (f' <span class="q-grey">“{escape(item.note)}”</span></li>' if item.note else "</li>")
            for item in gap.decisions
            if item.segment_id in segments
        )
        words.html(
            style.block(
                f'<b>{escape(name)}</b> {style.aside(counted(len(gap.decisions), "decision"))}<ul class="q-small">{items}</ul>'
            )
        )
        ids = tuple(dict.fromkeys(item.segment_id for item in gap.decisions))
        with act:
            number = behind.Behind(title=f"{name}: named as a gap", segment_ids=ids)
            behind.button(seat, counted(len(ids), "segment"), number, key=f"gap-said-{gap.code_key}")
        act.button(
            "Change this code",
            help=f"Open {name} on the page Codebook",
            key=f"gap-{gap.code_key}",
            on_click=_propose,
            args=(gap.code_key,),
        )


def _propose(code_key: str) -> None:
    context.put("codebook-code", code_key)
    context.put("go", "codebook")


def _decided(seat: Seat) -> None:
    from qualkit.ui.adjudicate_page import show

    known = ((item.case, item.case.decision) for item in seat.disputes_shown())
    found = [(case, decision) for case, decision in known if decision is not None]
    found.sort(key=lambda item: item[1].decided_at, reverse=True)
    if not found:
        st.html(style.block(style.grey("Nothing is decided yet.")))
        return
    n_pages = -(-len(found) // MOST_LISTED)
    page = int(st.number_input("Page", 1, n_pages, 1, key="decided-page", width=160)) if n_pages > 1 else 1
    shown = found[(page - 1) * MOST_LISTED : page * MOST_LISTED]
    names, codes = ruling.names(), seat.codebook.by_key
    segments = seat.segments([case.segment_id for case, _ in shown])
    for case, decision in shown:
        if case.segment_id not in segments:
            continue
        words, act = st.columns([8, 1], vertical_alignment="center")
        code = codes[case.code_key].name if case.code_key in codes else case.code_key
        text = first_line(segments[case.segment_id].text, 120)
        words.html(style.block(f"<b>{escape(code)}</b> {style.aside(text)}", verdict(decision, names)))
        act.button("Revisit", key=f"open-{decision.id}", on_click=partial(show, case.segment_id, case.code_key))


def verdict(decision: Decision, known: dict[str, str]) -> str:
    """A decision with who took it, when and why."""
    who = known.get(decision.adjudicator_id, "somebody")
    outcome = (decision.valence.value if decision.valence else "present") if decision.present else None
    note = f" “{escape(decision.note)}”" if decision.note else ""
    said = f"{escape(who)}, {decision.decided_at.astimezone():%d %b %Y %H:%M}: {escape(decision.reason)}{note}"
    return f'<p style="margin:.2rem 0">{style.chip(outcome)} <span class="q-small">{said}</span></p>'
