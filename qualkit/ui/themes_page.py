"""Themes: the table that the study is for, from a cell down to the voice, and where an author makes it their own."""

from __future__ import annotations

import tempfile
from html import escape
from pathlib import Path

import streamlit as st

from qualkit import plugs
from qualkit.figures import themes as charts
from qualkit.model import Codebook, Theme, ThemeRow, grouped
from qualkit.study import Seat, new_theme
from qualkit.ui import context, parts, style
from qualkit.wording import clock


def draw() -> None:
    """The page."""
    seat = context.need_seat()
    rows, book = seat.theme_rows(), seat.codebook
    title, files = st.columns([1, 1], vertical_alignment="center")
    title.title("Themes")
    if not rows:
        st.info("No theme yet: themes rest on codes that people agreed on or an adjudicator decided.")
        return
    st.html(style.block(style.grey(seat.basis_note())))
    with files:
        _downloads(seat)
    st.altair_chart(charts.diverging(rows), width="stretch", alt="Segments for and against, theme by theme")
    for domain, mine in grouped(rows, lambda row: row.domain).items():
        st.html(style.block(f'<div class="q-domain">{escape(domain or "Themes")}</div>'))
        for theme, by_valence in grouped(mine, lambda row: row.theme).items():
            _theme(seat, theme, by_valence)
    _editor(seat, book)


def _theme(seat: Seat, name: str, rows: list[ThemeRow]) -> None:
    with st.container(gap="xsmall"):
        what, numbers = st.columns([9, 11], gap="medium")
        about = f'<p class="q-small q-grey">{escape(rows[0].definition)}</p>'
        what.html(style.block(f'<p class="q-theme"><span class="q-name">{escape(name)}</span></p>{about}'))
        numbers.html(style.block('<div class="q-theme"></div>', *(_line(row) for row in rows)))
        n_quotes = sum(len(row.quotes) for row in rows)
        key = f"quotes-{rows[0].domain}-{name}"
        with st.expander(f"Quotes ({n_quotes})", key=key, on_change="rerun", type="compact") as box:
            if box.open:
                for row in rows:
                    _quotes(seat, row, key)


def _line(row: ThemeRow) -> str:
    said = style.chip(row.valence.value if row.valence else "present")
    counts = (
        f"<b>{row.n_groups}</b> of {row.of_groups} groups, <b>{row.n_participants}</b> of {row.of_participants} participants, "
        f"<b>{row.n_segments}</b> {'segment' if row.n_segments == 1 else 'segments'}"
    )
    return f'<p class="q-count"><span>{said}</span><span class="q-small">{counts}</span></p>'


def _quotes(seat: Seat, row: ThemeRow, where: str) -> None:
    for quote in row.quotes:
        when = clock(quote.start_s)
        source = ", ".join(part for part in (quote.transcript_label, quote.participant or "unknown speaker", when) if part)
        said, words, hear = st.columns([2, 12, 4], gap="small")
        said.html(style.block(style.chip(row.valence.value if row.valence else "present")))
        words.html(style.quote(quote.text, source))
        if quote.has_audio and quote.start_s is not None:
            with hear:
                parts.hear(seat, quote.segment_id, f"{where}-{row.valence}")


def _downloads(seat: Seat) -> None:
    with st.container(horizontal=True, horizontal_alignment="right"):
        for name in plugs.names("exporters"):
            exporter = plugs.load("exporters", name)
            st.download_button(
                f"{name.upper()}",
                data=lambda exporter=exporter: _written(exporter, seat),
                file_name=f"theme_table{exporter.suffix}",
                icon=":material/download:",
                key=f"download-{name}",
                on_click="ignore",
            )


def _written(exporter: plugs.Exporter, seat: Seat) -> bytes:
    """The theme table as a file; made only when somebody asks for it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"theme_table{exporter.suffix}"
        exporter.write(seat.tables()["theme_table"], path)
        return path.read_bytes()


# ---------------------------------------------------------------- the author's own themes


def _editor(seat: Seat, book: Codebook) -> None:
    with st.expander("Make a theme", icon=":material/add:"), st.form("new-theme", border=False, clear_on_submit=True):
        domains = list(dict.fromkeys([*(theme.domain for theme in seat.themes() if theme.domain), *parts.by_domain(book)]))
        left, right = st.columns(2, gap="large")
        left.text_input("Name", key="theme-name", placeholder="Trust opens the door")
        left.text_area("Claim", key="theme-claim", height=100, placeholder="What you found, in a sentence or two")
        right.selectbox(
            "Domain", domains, index=None, accept_new_options=True, key="theme-domain", placeholder="Choose or type"
        )
        right.multiselect("Codes", list(book.by_key), format_func=lambda key: book.by_key[key].name, key="theme-codes")
        st.form_submit_button("Save theme", type="primary", on_click=_save, args=(seat,))


def _save(seat: Seat) -> None:
    codes = context.value("theme-codes", [])
    context.attempt(lambda: seat.save_themes([*_staying(seat, codes), _written_down(codes)]))


def _staying(seat: Seat, codes: list[str]) -> list[Theme]:
    """Themes written before, but for those that rest on some of these codes alone: the new one takes their place."""
    return [theme for theme in seat.written_themes() if not set(theme.code_keys) <= set(codes)]


def _written_down(codes: list[str]) -> Theme:
    name, claim, domain = (context.value(f"theme-{field}") or "" for field in ("name", "claim", "domain"))
    return new_theme(name, claim, domain, codes)
