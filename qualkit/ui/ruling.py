"""A ruling on a case: what the coders said, what was decided, and the controls for deciding.

"Absent" against every vote means that nobody was right; a code that nobody gave can be ruled present.
"""

from __future__ import annotations

from html import escape

import streamlit as st

from qualkit.model import REASONS, Case, Code, Codebook, Decision, Valence, new_id
from qualkit.study import Seat
from qualkit.ui import context, style
from qualkit.wording import first_line

ABSENT = "absent"


def votes(case: Case, book: Codebook) -> str:
    """The code in question and what each coder said of it, side by side."""
    code = book.by_key.get(case.code_key)
    hidden = context.value("hide-names")
    said = [
        f'<div class="q-vote">{style.label(f"Coder {number}" if hidden else name)}{style.chip(vote)}</div>'
        for number, (name, vote) in enumerate(case.votes.items(), start=1)
    ]
    about = f"<p>{escape(first_line(code.definition, 240))}</p>" if code else ""
    head = f'<p style="margin:.4rem 0 .2rem"><span class="q-name">{escape(code.name if code else case.code_key)}</span></p>'
    return style.block(head, f'<div class="q-small">{about}</div>', f'<div class="q-votes">{"".join(said)}</div>')


def verdict(decision: Decision, known: dict[str, str]) -> str:
    """A decision with who took it, when and why."""
    who = known.get(decision.adjudicator_id, "somebody")
    note = f"<p>“{escape(decision.note)}”</p>" if decision.note else ""
    said = f"{escape(who)}, {decision.decided_at.astimezone():%d %b %Y %H:%M}: {escape(decision.reason)}"
    return style.block(f'<p style="margin:.2rem 0">{_outcome(decision)} <span class="q-small">{said}</span></p>{note}')


def _outcome(decision: Decision) -> str:
    return style.chip((decision.valence.value if decision.valence else "present") if decision.present else None)


def names() -> dict[str, str]:
    """Names of all coders by id."""
    return {coder.id: coder.name for coder in context.study().coders()}


def _ways(code: Code | None) -> list[str]:
    """What a code can be decided to be; "absent" against every vote means that nobody was right."""
    if code is None:
        return [ABSENT]
    return [*([item.value for item in code.valences] or ["present"]), ABSENT]


def _way(said: str) -> str:
    if said == ABSENT:
        return "Absent: no such code here"
    return "Present" if said == "present" else f"Present as {said}"


def form(seat: Seat, case: Case, code: Code | None) -> str:
    """Let a decision, its reason and a note be given; the prefix of the widgets' keys, new for each decision on show."""
    prefix = f"decide-{seat.coder.id}-{case.segment_id}-{case.code_key}-{case.decision.id if case.decision else 'open'}"
    st.radio("Decision", _ways(code), index=None, format_func=_way, key=f"{prefix}-way")
    st.pills("Why did they differ?", REASONS, key=f"{prefix}-reason", wrap=True)
    st.text_area("Note", key=f"{prefix}-note", height=68, placeholder="What settles it; becomes part of the record")
    return prefix


def keep(seat: Seat, segment_id: str, code_key: str, prefix: str, seen: Decision | None) -> bool:
    """Decide as the widgets of `prefix` say; a newer decision by somebody else is shown instead."""
    way, reason = context.value(f"{prefix}-way"), context.value(f"{prefix}-reason")
    if way is None or reason is None:
        context.notify("Choose a decision and a reason.", is_error=True)
        return False

    def decide() -> None:
        seat.decide(
            segment_id,
            code_key,
            present=way != ABSENT,
            valence=Valence(way) if way in set(Valence) else None,
            reason=reason,
            note=context.value(f"{prefix}-note", ""),
            seen=seen.id if seen else None,
            client_id=context.kept(f"{prefix}-act", new_id),
        )

    return context.attempt(decide)


def another(seat: Seat, case: Case, book: Codebook) -> None:
    """A code that no coder gave, or a further one: decided present for the same segment."""
    others = {code.key: code.name for code in book.codes if code.key != case.code_key}
    code_key = st.selectbox("Code", others, index=None, format_func=others.__getitem__, key=f"another-{case.segment_id}")
    if code_key is None:
        return
    known = {item.code_key: item for item in seat.cases() if item.segment_id == case.segment_id}
    seen = known[code_key].decision if code_key in known else None
    prefix = f"another-{seat.coder.id}-{case.segment_id}-{code_key}-{seen.id if seen else 'open'}"
    ways = [way for way in _ways(book.by_key[code_key]) if way != ABSENT]
    st.radio("Decision", ways, index=None, format_func=_way, key=f"{prefix}-way", horizontal=True)
    st.pills("Why was it missed?", REASONS, key=f"{prefix}-reason", wrap=True)
    st.button("Add this code", key=f"{prefix}-save", on_click=_add, args=(seat, case, code_key, prefix, seen))


def _add(seat: Seat, case: Case, code_key: str, prefix: str, seen: Decision | None) -> None:
    context.put("case", (case.segment_id, case.code_key))
    if keep(seat, case.segment_id, code_key, prefix, seen):
        context.notify("The code was added to this segment.")
