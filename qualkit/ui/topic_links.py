"""Codes tied to constructs of a framework, each with its reason; and what is to be read again for codes that came later."""

from __future__ import annotations

from html import escape

import streamlit as st

from qualkit.model import Codebook, ConstructLink, Origin, new_id
from qualkit.stages.debt import told
from qualkit.study import Seat
from qualkit.study.candidates import Candidates
from qualkit.ui import context, ruling, style

N_CHOICES = 5


def draw(seat: Seat, hand: Candidates) -> None:
    """What codes are tied to, and the controls for tying one."""
    framework, book = hand.framework(), seat.codebook
    if framework is None:
        st.html(style.lead('No framework: name one in study.toml with  framework = "codebooks/NAME.yaml"'))
        return
    links = [link for link in hand.links() if link.code_key in book.by_key]
    st.html(style.lead(f"{framework.name}: a code may belong to several constructs, and a construct may have several codes."))
    left, right = st.columns([11, 9], gap="large")
    with left:
        if not links:
            st.html(style.block(style.grey("No code is tied to a construct yet.")))
        for link in links:
            _link(hand, link, book, framework)
    with right:
        _form(seat, hand, book, framework)


def _link(hand: Candidates, link: ConstructLink, book: Codebook, framework: Codebook) -> None:
    construct = framework.by_key.get(link.construct_key)
    domain = framework.domain_of(link.construct_key) if construct else link.framework
    said = f"{ruling.names().get(link.coder_id, 'somebody')}, {link.made_at.astimezone():%d %b %Y}"
    words, act = st.columns([9, 2], vertical_alignment="center")
    words.html(
        style.block(
            f'<p style="margin:0"><b>{escape(book.by_key[link.code_key].name)}</b> → '
            f"{escape(construct.name if construct else link.construct_key)} {style.aside(domain)}</p>",
            f'<p class="q-small" style="margin:0">“{escape(link.rationale)}” {style.aside(said)}</p>',
        )
    )
    act.button("Withdraw", key=f"unlink-{link.id}", type="tertiary", on_click=_unlink, args=(hand, link.id))


def _form(seat: Seat, hand: Candidates, book: Codebook, framework: Codebook) -> None:
    inductive_first = sorted(book.codes, key=lambda code: code.origin is not Origin.INDUCTIVE)
    code_key = st.selectbox(
        "Code", [code.key for code in inductive_first], index=None, format_func=lambda key: book.by_key[key].name,
        key="link-code", placeholder="Choose a code",
    )  # fmt: skip
    if code_key is None:
        return
    likely = {item.construct_key: item for item in hand.likely_constructs(code_key)[:N_CHOICES]}
    keys = list(dict.fromkeys((*likely, *framework.by_key)))
    prefix = f"link-{seat.coder.id}-{code_key}-{len(hand.links(code_key))}"
    st.selectbox(
        "Construct", keys, index=None, key=f"{prefix}-construct", placeholder="Those that share its words come first",
        format_func=lambda key: _named(key, framework, tuple(likely[key].words) if key in likely else ()),
    )  # fmt: skip
    st.text_input("Why does it belong there?", key=f"{prefix}-why", placeholder="Becomes part of the record")
    st.button("Tie them", icon=":material/link:", key=f"{prefix}-save", on_click=_tie, args=(hand, code_key, prefix))


def _named(key: str, framework: Codebook, shared: tuple[str, ...]) -> str:
    domain = framework.domain_of(key)
    name = framework.by_key[key].name
    return name + (f" · {domain}" if domain and domain != name else "") + (f" (shares {', '.join(shared)})" if shared else "")


def _tie(hand: Candidates, code_key: str, prefix: str) -> None:
    construct, why = context.value(f"{prefix}-construct"), context.value(f"{prefix}-why") or ""
    if construct is None:
        context.notify("Choose a construct.", is_error=True)
        return
    act_id = context.kept(f"{prefix}-act", new_id)
    context.attempt(lambda: hand.link(code_key, construct, rationale=why, client_id=act_id))


def _unlink(hand: Candidates, link_id: str) -> None:
    context.attempt(lambda: hand.unlink(link_id))


def debt(seat: Seat) -> None:
    """For each code that came or changed later, what has not been judged again since, and by whom."""
    owed, book, names = seat.debt(), seat.codebook, ruling.names()
    if not owed:
        st.html(style.lead("Nothing: every judgement was made under a codebook that had all its codes as they are now."))
        return
    for item in owed:
        sentence = told(item, name=book.by_key[item.code_key].name, coders=names)
        st.html(style.block(f'<p style="margin:.3rem 0">{escape(sentence)}</p>'))
    rows = [
        (
            book.by_key[item.code_key].name, item.cause.value, f"{item.since.astimezone():%d %b %Y}",
            names.get(coder_id, "somebody"), len(ids),
        )
        for item in owed
        for coder_id, ids in sorted(item.owed.items(), key=lambda owed: names.get(owed[0], ""))
    ]  # fmt: skip
    st.html(style.table(("Code", "Why", "Since", "Coder", "Segments to read again"), rows))
    st.html(
        style.block(
            style.grey(
                "On the page Code they come in the order “not re-read for a changed or new code”; saving a segment again "
                "settles it, also where nothing changes. While the round is blind, who has seen others' codes cannot: reveal "
                "it first."
            )
        )
    )
