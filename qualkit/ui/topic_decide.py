"""What a person makes of a topic: a new code drafted for them, part of a code, or nothing; and what was decided before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

import streamlit as st

from qualkit.model import Code, Codebook, TopicDecision, TopicVerdict, Valence, new_id
from qualkit.stages.topic_gaps import TopicGap
from qualkit.study import Seat
from qualkit.study.candidates import Candidates
from qualkit.ui import context, ruling, style

WAYS = {
    TopicVerdict.CODE: "A new code",
    TopicVerdict.JOINED: "Part of a code",
    TopicVerdict.REJECTED: "Nothing",
}


@dataclass(frozen=True, slots=True)
class _Desk:
    """A topic in front of a person: the decision that is on the screen, and the prefix of the widgets' keys, new for each."""

    hand: Candidates
    gap: TopicGap
    book: Codebook
    decision: TopicDecision | None
    coder_id: str

    @property
    def topic_id(self) -> str:
        return self.gap.topic.id

    @property
    def prefix(self) -> str:
        return f"topic-{self.coder_id}-{self.topic_id}-{self.decision.id if self.decision else 'open'}"

    def said(self, field: str) -> str:
        """What stands in a text field now."""
        return context.value(f"{self.prefix}-{field}") or ""

    def act(self) -> dict[str, Any]:
        """What every decision is made with: the note, what was on the screen, and an id that makes a double press one act."""
        return {
            "note": self.said("note"),
            "seen": self.decision.id if self.decision else None,
            "client_id": context.kept(f"{self.prefix}-act", new_id),
        }


def draw(seat: Seat, hand: Candidates, gap: TopicGap, decision: TopicDecision | None) -> None:
    """The decision in force on a topic, None for none, and the controls for making one."""
    desk = _Desk(hand, gap, seat.codebook, decision, seat.coder.id)
    if desk.decision is not None:
        st.html(_decided(desk.decision, desk.book))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        question = "What is it instead?" if desk.decision else "What is it?"
        ways = [way for way in WAYS if way is not TopicVerdict.CODE or desk.hand.may_promote]
        way = st.segmented_control(question, ways, format_func=WAYS.__getitem__, key=f"{desk.prefix}-way", width="content")
        with st.popover("Rename", icon=":material/edit:", type="tertiary", width="content"):
            st.text_input("What to call the topic", gap.topic.label or "", key=f"{desk.prefix}-label")
            st.button("Save name", key=f"{desk.prefix}-rename", on_click=_renamed, args=(desk,))
    if way is TopicVerdict.CODE:
        _new_code(desk)
    elif way is TopicVerdict.JOINED:
        _join(desk)
    elif way is TopicVerdict.REJECTED:
        _close(desk, "Reject the topic", "block", _rejected)


def _decided(decision: TopicDecision, book: Codebook) -> str:
    key = decision.code_key
    name = book.by_key[key].name if key in book.by_key else key
    who = ruling.names().get(decision.coder_id, "somebody")
    what = escape(decision.verdict.value.capitalize()) + (f": <b>{escape(name)}</b>" if name else "")
    note = f"<p>“{escape(decision.note)}”</p>" if decision.note else ""
    when = style.aside(f"{who}, {decision.decided_at.astimezone():%d %b %Y %H:%M}")
    return style.block(f'<div class="q-decided"><p style="margin:0">{what} <span class="q-small">{when}</span></p>{note}</div>')


def _new_code(desk: _Desk) -> None:
    drafted: Code = context.kept(f"{desk.prefix}-draft", lambda: desk.hand.draft(desk.topic_id))
    prefix, names = desk.prefix, {key: code.name for key, code in desk.book.by_key.items()}
    left, right = st.columns([10, 11], gap="large")
    name = left.text_input("Name", drafted.name, key=f"{prefix}-name")
    left.text_area("Definition", drafted.definition, key=f"{prefix}-definition", height=110)
    under, valences = left.columns(2)
    under.selectbox(
        "Under", list(names), index=None, format_func=names.__getitem__, key=f"{prefix}-parent", placeholder="On its own"
    )
    valences.multiselect(
        "May be a", list(Valence), format_func=style.valence_label, key=f"{prefix}-valences", placeholder="No valence"
    )
    right.text_area("Include, one a line", "\n".join(drafted.include), key=f"{prefix}-include", height=96)
    right.text_area("Examples, one a line", "\n".join(drafted.examples), key=f"{prefix}-examples", height=170)
    near = desk.hand.near_duplicates(desk.topic_id, name)
    if near:
        said = "; ".join(f"**{names[item.code_key]}**: {item.why}" for item in near)
        st.warning(f"Mind what is there already. {said}.", icon=":material/content_copy:")
    _close(desk, "Make it a code", "add", _promoted)
    st.html(style.block(style.grey("It goes into the codebook's file. Nobody's judgements change; they are to be made again.")))


def _join(desk: _Desk) -> None:
    near = [*desk.gap.topic.nearest_code_keys, *(item.code_key for item in desk.gap.codes)]
    names = {key: code.name for key, code in desk.book.by_key.items()}
    keys = [key for key in dict.fromkeys((*near, *names)) if key in names]
    st.selectbox(
        "Which one?", keys, index=None, format_func=names.__getitem__, key=f"{desk.prefix}-join",
        placeholder="The likeliest come first",
    )  # fmt: skip
    _close(desk, "Join it", "merge", _joined)


def _close(desk: _Desk, name: str, icon: str, act: Callable[[_Desk], None]) -> None:
    """Why, and the button that keeps the decision."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Why?", key=f"{desk.prefix}-note", placeholder="Becomes part of the record")
        key = f"{desk.prefix}-{act.__name__}"
        st.button(name, type="primary", icon=f":material/{icon}:", key=key, on_click=act, args=(desk,))


# ---------------------------------------------------------------- callbacks


def _promoted(desk: _Desk) -> None:
    name = desk.said("name")
    done = context.attempt(
        lambda: desk.hand.promote(
            desk.topic_id, name=name, definition=desk.said("definition"), include=desk.said("include").splitlines(),
            examples=desk.said("examples").splitlines(), parent=context.value(f"{desk.prefix}-parent"),
            valences=context.value(f"{desk.prefix}-valences") or (), **desk.act(),
        )
    )  # fmt: skip
    if done:
        context.notify(f"{name} is in the codebook now.")


def _joined(desk: _Desk) -> None:
    key = desk.said("join")
    if not key:
        context.notify("Choose the code that the topic belongs to.", is_error=True)
        return
    context.attempt(lambda: desk.hand.join(desk.topic_id, key, **desk.act()))


def _rejected(desk: _Desk) -> None:
    context.attempt(lambda: desk.hand.reject(desk.topic_id, **desk.act()))


def _renamed(desk: _Desk) -> None:
    context.attempt(lambda: desk.hand.rename(desk.topic_id, desk.said("label")))
