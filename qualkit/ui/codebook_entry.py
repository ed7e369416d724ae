"""A code of the codebook to read: what it says, what is owed to it, and how it became what it is."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import streamlit as st

from qualkit.model import ChangeKind, Code, Codebook
from qualkit.stages.codebook_history import Piece, Step, difference
from qualkit.stages.debt import told
from qualkit.study.codebook_changes import Book
from qualkit.ui import ruling, style
from qualkit.wording import counted

KINDS = {ChangeKind.MEANING: "bad", ChangeKind.ADDED: "good", ChangeKind.RESTORED: "good", ChangeKind.WORDING: "open"}


def head(code: Code, book: Codebook, n_uses: int, *, is_own: bool) -> str:
    """The name of a code with what there is to say of it in short."""
    valences = " ".join(style.chip(item.value) for item in code.valences)
    by = "by you" if is_own else "by coders"
    facts = " · ".join(
        part for part in (book.domain_of(code.key), code.key, f"given to {counted(n_uses, 'segment')} {by}") if part
    )
    retired = f" {style.tag('retired', 'bad')}" if code.retired is not None else ""
    return style.block(
        f'<p style="margin:0"><span class="q-name" style="font-size:1.3rem">{escape(code.name)}</span>{retired}</p>',
        f'<p class="q-small" style="margin:.1rem 0 .3rem">{style.aside(facts)}</p>',
        f'<p style="margin:0">{valences}</p>' if valences else "",
    )


def draw(desk: Book, book: Codebook, code: Code) -> None:
    """A code as the codebook defines it, and what is to be read again because of it."""
    if code.retired is not None:
        st.html(_retired(desk, code, book))
    _owed(desk, code)
    lists = (("Include", code.include), ("Exclude", code.exclude), ("Examples", code.examples))
    texts = [_listed(name, items) for name, items in lists if items]
    cues = " ".join(f'<span class="q-chip q-word">{escape(cue)}</span>' for cue in code.cues)
    st.html(
        style.block(
            f'<p style="max-width:70ch;margin-top:.3rem">{escape(code.definition) or style.aside("No definition yet.")}</p>',
            f'<div style="max-width:74ch">{"".join(texts)}</div>',
            f'{style.label("Cues")}<p style="line-height:1.9">{cues}</p>' if cues else "",
            style.grey(f"Source: {code.source}") if code.source else "",
        )
    )


def _owed(desk: Book, code: Code) -> None:
    names = ruling.names()
    for debt in desk.debt():
        if debt.code_key == code.key:
            said = told(debt, name=code.name, coders=names)
            st.info(f"{style.literal(said)} They wait on the page Code, in an order of their own.", icon=":material/replay:")


def _listed(name: str, items: Iterable[str]) -> str:
    said = "".join(f"<li>{escape(text)}</li>" for text in items)
    return f'{style.label(name)}<ul class="q-small" style="margin:.1rem 0 .6rem">{said}</ul>'


def _retired(desk: Book, code: Code, book: Codebook) -> str:
    last = next((step.change for step in reversed(desk.history(code.key)) if step.change is not None), None)
    why = f": “{escape(last.why)}”" if last is not None and last.why else ""
    names = [book.by_key[key].name for key in code.replaced_by]
    counts = f"Counts as {names[0]}." if len(names) == 1 else "What it was given for stays on file, under this code."
    instead = f" Instead: {', '.join(names)}." if len(names) > 1 else ""
    said = f"{escape(code.retired or '')}{why}<br>{style.aside(counts + instead)}"
    return style.block(f'<div class="q-vote" style="max-width:70ch;margin:.3rem 0 .5rem">{said}</div>')


# ---------------------------------------------------------------- history


def history(desk: Book, _book: Codebook, code: Code) -> None:
    """What became of a code, the newest first, each time with what was taken out and put in."""
    names = ruling.names()
    for step in reversed(desk.history(code.key)):
        st.html(_step(step, names))


def _step(step: Step, names: dict[str, str]) -> str:
    who = names.get(step.change.coder_id, "somebody") if step.change else "in the file"
    why = f'<p style="margin:.1rem 0">“{escape(step.change.why)}”</p>' if step.change and step.change.why else ""
    when = style.aside(f"version {step.number} · {step.at.astimezone():%d %b %Y %H:%M} · {who}")
    kind = "there from the start" if step.is_first else step.kind.value
    shown = {} if step.is_first else difference(step.before, step.after)
    rows = "".join(f'<div style="margin:.25rem 0">{style.label(name)}{inline(pieces)}</div>' for name, pieces in shown.items())
    return style.block(
        '<div class="q-vote" style="max-width:74ch;margin:.2rem 0">'
        f'<p style="margin:0 0 .2rem">{style.tag(kind, KINDS.get(step.kind, "plain"))} <span class="q-small">{when}</span></p>'
        f"{why}{rows}</div>"
    )


def inline(pieces: Iterable[Piece]) -> str:
    """What stayed, went and came of a text, as HTML."""
    marks = {" ": "{}", "-": "<del>{}</del>", "+": "<ins>{}</ins>"}
    said = "".join(marks[piece.sign].format(escape(piece.text)) for piece in pieces)
    return f'<div class="q-small" style="white-space:pre-line">{said.strip()}</div>'
