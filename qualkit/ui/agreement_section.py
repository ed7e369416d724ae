"""Agreement in pages: all codes pooled, and why it is what it is for one code."""

from __future__ import annotations

from html import escape

import streamlit as st

from qualkit.model import Agreement, Diagnosis, Divergence, TwoByTwo
from qualkit.study import Seat, Study, agreement_wording
from qualkit.ui import context, parts, style
from qualkit.wording import counted, two_decimals

SHOWN = ("alpha", "kappa", "ac1", "pabak", "percent")


def pooled(seat: Seat) -> None:
    """Coefficients over all codes, with their intervals and what they rest on."""
    found = {item.measure: item for item in seat.blind_agreement() if item.code_key is None}
    percent = found["percent"]
    st.header("Agreement, judged blind")
    if percent.value is None:
        st.html(style.block(style.grey(f"None to report: {percent.undefined_because}.")))
        return
    rows = [(agreement_wording.NAMES[name], _figure(found[name]), _between(found[name])) for name in SHOWN]
    about = f"{counted(percent.n_units, 'pair')} of segment and code, {counted(percent.n_coders, 'coder')}"
    notes = [f"Presence of codes, over {about}.", *agreement_wording.interval_notes(found.values())]
    st.html(style.table(("All codes, pooled", "", "95 % interval"), rows) + style.block(style.grey(" ".join(notes))))


def _between(item: Agreement) -> str:
    """The ends of the interval of a figure, or why there is none."""
    return agreement_wording.ends(item.interval) or item.undefined_because or item.no_interval_because


def _figure(item: Agreement) -> str:
    return "none" if item.value is None else two_decimals(item.value)


# ---------------------------------------------------------------- why


def why(seat: Seat, *, is_now: bool = False) -> None:
    """A choice of code, and what explains the agreement on it, blind or with `is_now` as it stands."""
    study = context.study()
    names = {key: code.name for key, code in seat.codebook.by_key.items() if key in study.counted_keys()}
    key = st.selectbox(
        "Why is it what it is?",
        list(names),
        format_func=names.__getitem__,
        index=None,
        placeholder="Choose a code",
        key="why",
        width=420,
    )
    if key is not None:
        _why(study, seat, seat.diagnosis(key, is_now=is_now))


def _why(study: Study, seat: Seat, found: Diagnosis) -> None:
    for table in found.tables:
        st.html(_two_by_two(table))
    said = "; ".join(f"{agreement_wording.NAMES[item.measure]} {agreement_wording.told(item)}" for item in found.agreement)
    st.html(style.block(style.grey(f"{said}."), *(f"<p>{escape(sentence)}</p>" for sentence in found.reasons)))
    if found.worst:
        st.html(style.label(f"Coders differ on {counted(found.n_apart, 'segment')}"))
    for item in found.worst:
        _divergence(study, seat, item)


def _two_by_two(table: TwoByTwo) -> str:
    one, other = table.coders
    rows = [(f"{one} gave it", table.both, table.only_first), (f"{one} did not", table.only_second, table.neither)]
    return style.table(("", f"{other} gave it", f"{other} did not"), rows)


def _divergence(study: Study, seat: Seat, item: Divergence) -> None:
    corpus = study.corpus()
    segment = corpus.segments[item.unit_id]
    person = corpus.participants.get(segment.participant_id or "")
    transcript = corpus.transcripts[segment.transcript_id]
    said = (f"{who}: {label}" + (f" (“{item.words[who]}”)" if who in item.words else "") for who, label in item.said.items())
    source = parts.whereabouts(segment, transcript, person.pseudonym if person else "")
    st.html(style.quote(segment.text, source) + style.block(style.grey("; ".join(said))))
    if segment.transcript_id in corpus.heard and segment.start_s is not None:
        parts.hear(seat, segment.id, "why")
