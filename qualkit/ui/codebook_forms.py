"""The forms by which a person changes the codebook. Each says beforehand what the change does to what was judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from qualkit.model import ChangeKind, Code, Codebook, Valence, new_id
from qualkit.plain import sha256_of
from qualkit.stages.codebook_history import kind_of
from qualkit.study.codebook_changes import Book
from qualkit.ui import context, style
from qualkit.wording import counted

MAX_PARTS = 6
LISTS = {"include": "Include, one a line", "exclude": "Exclude, one a line", "examples": "Examples, one a line"}


def _prefix(book: Codebook, way: str, key: str) -> str:
    """Start of the keys of a form's widgets: new for each version of the code, so that it speaks of what is on the screen.

    A change of another code leaves what was typed where it is.
    """
    version = sha256_of(book.by_key.get(key, len(book.codes)))
    return f"codebook-{way}-{key}-{version[:12]}"


def _act(book: Codebook, prefix: str) -> dict[str, Any]:
    """What every act is made with: why, the version on the screen, and an id that makes a double press one act."""
    return {
        "why": context.value(f"{prefix}-why") or "",
        "seen": book.sha256,
        "client_id": context.kept(f"{prefix}-act", new_id),
    }


def _close(prefix: str, name: str, icon: str, act: Callable[[], None], hint: str = "Becomes part of its history") -> None:
    """Why, and the button that makes the change."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Why?", key=f"{prefix}-why", placeholder=hint)
        st.button(name, type="primary", icon=f":material/{icon}:", key=f"{prefix}-save", on_click=act)


def _done(verb: Callable[[], Any], sentence: str, open_key: str) -> None:
    """Make a change; if it went well, say so and show the code."""
    if context.attempt(verb):
        context.notify(sentence)
        context.put("codebook-code", open_key)
        context.put("codebook-new", False)
        context.put("codebook-section", "Read")


# ---------------------------------------------------------------- fields


def _fields(prefix: str, book: Codebook, code: Code | None) -> None:
    left, right = st.columns(2, gap="medium")
    left.text_input("Name", code.name if code else "", key=f"{prefix}-name")
    left.text_area("Definition", code.definition if code else "", key=f"{prefix}-definition", height="content")
    left.pills(
        "May be a", list(Valence), default=list(code.valences) if code else [], selection_mode="multi",
        format_func=style.valence_label, key=f"{prefix}-valences",
    )  # fmt: skip
    for field, label in LISTS.items():
        right.text_area(label, "\n".join(getattr(code, field)) if code else "", key=f"{prefix}-{field}", height=108)
    with left.expander("Place and cues"):
        names = {item.key: item.name for item in book.in_use if code is None or item.key != code.key}
        under = list(names).index(code.parent_key) if code and code.parent_key in names else None
        st.selectbox(
            "Under", list(names), under, format_func=names.__getitem__, key=f"{prefix}-parent", placeholder="On its own"
        )
        st.text_input("Domain", (code.domain or "") if code else "", key=f"{prefix}-domain")
        st.text_area("Cues, one a line", "\n".join(code.cues) if code else "", key=f"{prefix}-cues", height=108)


def _said(prefix: str) -> dict[str, Any]:
    """What stands in the fields now, as a `Code` has it."""

    def text(field: str) -> str:
        return str(context.value(f"{prefix}-{field}") or "").strip()

    def lines(field: str) -> tuple[str, ...]:
        return tuple(line.strip() for line in text(field).splitlines() if line.strip())

    chosen = context.value(f"{prefix}-valences") or ()
    return {
        "name": text("name"), "definition": text("definition"), "domain": text("domain") or None,
        "parent_key": context.value(f"{prefix}-parent"), "valences": tuple(chosen),
        **{field: lines(field) for field in (*LISTS, "cues")},
    }  # fmt: skip


def _near(desk: Book, book: Codebook, name: str, definition: str, but_for: str | None = None) -> None:
    found = desk.near(name, definition, but_for=but_for)
    if found:
        said = "; ".join(f"**{style.literal(book.by_key[item.code_key].name)}**: {style.literal(item.why)}" for item in found)
        st.warning(f"Mind what is there already. {said}.", icon=":material/content_copy:")


# ---------------------------------------------------------------- forms


def edit(desk: Book, book: Codebook, code: Code) -> None:
    """Change the entry of a code; whether its meaning changes, and how much would be read again then."""
    prefix = _prefix(book, "edit", code.key)
    _fields(prefix, book, code)
    wanted = _edited(code, prefix)
    if wanted.name != code.name or wanted.definition != code.definition:
        _near(desk, book, wanted.name, wanted.definition, code.key)
    if wanted == code:
        st.html(style.block(style.grey("Nothing is changed yet.")))
        return
    guess = kind_of(code, wanted)
    kinds = {ChangeKind.MEANING: "Its meaning", ChangeKind.WORDING: "Only its wording"}
    kind = st.segmented_control(
        "What changes?",
        list(kinds),
        default=guess,
        format_func=kinds.__getitem__,
        key=f"{prefix}-kind-{guess.name}",
        required=True,
    )
    st.html(style.block(f"<p>{_effect(desk, code, kind or guess)}</p>"))
    hint = "Becomes part of its history" if kind is ChangeKind.MEANING else "Not needed for a change of wording"
    _close(prefix, "Save", "check", lambda: _save(desk, book, code, prefix, kind or guess), hint)


def _edited(code: Code, prefix: str) -> Code:
    """The code as the fields have it; order of valences that are the same is kept."""
    said = _said(prefix)
    if set(said["valences"]) == set(code.valences):
        said["valences"] = code.valences
    return replace(code, **said)


def _effect(desk: Book, code: Code, kind: ChangeKind) -> str:
    if kind is ChangeKind.WORDING:
        return "No segment is to be read again."
    n = desk.uses()[code.key]
    whose = "you gave it" if desk.is_blind else "it was given"
    return f"<b>{counted(n, 'segment')}</b> that {whose} by the older text {'is' if n == 1 else 'are'} to be read again."


def _save(desk: Book, book: Codebook, code: Code, prefix: str, kind: ChangeKind) -> None:
    wanted = _edited(code, prefix)
    _done(lambda: desk.edit(wanted, kind=kind, **_act(book, prefix)), f"{wanted.name} is changed.", code.key)


def new(desk: Book, book: Codebook) -> None:
    """Write a new code."""
    prefix = _prefix(book, "new", "code")
    st.subheader("A new code")
    _fields(prefix, book, None)
    said = _said(prefix)
    _near(desk, book, said["name"], said["definition"])
    n = desk.n_judged()
    told = f"{counted(n, 'segment')} judged so far {'is' if n == 1 else 'are'} to be read again for it." if n else ""
    st.html(style.block(style.grey(f"Codes that come out of topics are made on the page Topics, section Gaps. {told}")))
    _close(prefix, "Add it", "add", lambda: _add(desk, book, prefix), "Not needed for a new code")
    st.button("Cancel", key=f"{prefix}-cancel", type="tertiary", on_click=context.put, args=("codebook-new", False))


def _add(desk: Book, book: Codebook, prefix: str) -> None:
    said = _said(prefix)
    made: list[Code] = []

    def add() -> None:
        made.append(desk.draft(**said))
        desk.add(made[0], **_act(book, prefix))

    if context.attempt(add):
        context.notify(f"{said['name']} is in the codebook now.")
        context.put("codebook-code", made[0].key)
        context.put("codebook-new", False)


def retire(desk: Book, book: Codebook, code: Code) -> None:
    """Have a code offered no more."""
    prefix = _prefix(book, "retire", code.key)
    n = desk.uses()[code.key]
    st.html(
        style.lead(
            f"It is not offered any more. The {counted(n, 'segment')} it was given to keep it, under a retired code, and "
            "count. Everybody who codes can read the reason."
        )
    )
    act = lambda: _done(lambda: desk.retire(code.key, **_act(book, prefix)), f"{code.name} is retired.", code.key)  # noqa: E731
    _close(prefix, "Retire it", "archive", act)


def restore(desk: Book, book: Codebook, code: Code) -> None:
    """Have a retired code offered again."""
    prefix = _prefix(book, "restore", code.key)
    st.html(style.lead("It is offered again. What was judged while it was retired is to be read again for it."))
    act = lambda: _done(lambda: desk.restore(code.key, **_act(book, prefix)), f"{code.name} is in use.", code.key)  # noqa: E731
    _close(prefix, "Restore it", "unarchive", act)


def merge(desk: Book, book: Codebook, code: Code) -> None:
    """Have a code and others count as another one."""
    prefix = _prefix(book, "merge", code.key)
    names = {item.key: item.name for item in book.in_use if item.key != code.key}
    into = st.selectbox(
        f"Merge {code.name} into", list(names), None, format_func=names.__getitem__, key=f"{prefix}-into",
        placeholder="The code that stays",
    )  # fmt: skip
    others = [key for key in names if key != into]
    st.multiselect("Together with", others, format_func=names.__getitem__, key=f"{prefix}-with", placeholder="No other code")
    st.html(
        style.lead(
            f"It is not offered any more, and its {counted(desk.uses()[code.key], 'segment')} will count as the code "
            "that stays, in votes, agreement and tables. No judgement is changed, and nothing is to be read again."
        )
    )
    _close(prefix, "Merge", "merge", lambda: _merge(desk, book, code, prefix))


def _merge(desk: Book, book: Codebook, code: Code, prefix: str) -> None:
    into, others = context.value(f"{prefix}-into"), context.value(f"{prefix}-with") or ()
    if into is None:
        context.notify("Choose the code that stays.", is_error=True)
        return
    keys = [code.key, *(key for key in others if key != into)]
    _done(lambda: desk.merge(keys, into, **_act(book, prefix)), f"{code.name} counts as {book.by_key[into].name} now.", into)


def split(desk: Book, book: Codebook, code: Code) -> None:
    """Have new codes take the place of one."""
    prefix = _prefix(book, "split", code.key)
    n = int(st.number_input("Into how many?", 2, MAX_PARTS, 2, key=f"{prefix}-n", width=140))
    for number, box in enumerate(st.columns(min(n, 3), gap="medium") * 2, start=1):
        if number <= n:
            name = box.text_input(f"Name of part {number}", key=f"{prefix}-name-{number}")
            definition = box.text_area(f"Definition of part {number}", key=f"{prefix}-definition-{number}", height=110)
            with box:
                _near(desk, book, name, definition, code.key)
    st.html(
        style.lead(
            f"{code.name} is retired; the {counted(desk.uses()[code.key], 'segment')} it was given to keep it until their "
            "coders have read them again. The parts take over its place and valences."
        )
    )
    _close(prefix, "Split it", "call_split", lambda: _split(desk, book, code, prefix, n))


def _split(desk: Book, book: Codebook, code: Code, prefix: str, n: int) -> None:
    def act() -> None:
        parts = [
            desk.draft(
                context.value(f"{prefix}-name-{number}") or "",
                context.value(f"{prefix}-definition-{number}") or "",
                like=code.key,
            )
            for number in range(1, n + 1)
        ]
        desk.split(code.key, parts, **_act(book, prefix))

    _done(act, f"{code.name} is split.", code.key)
