"""Transcript: what was heard, with the sound in step, to be corrected; blind coders may, for no code is shown here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from html import escape

import streamlit as st

from qualkit.model import Participant, Transcript, new_id
from qualkit.study import Seat, vault
from qualkit.study.corrections import Found
from qualkit.study.windows import Window
from qualkit.ui import context, style, talk
from qualkit.wording import clock, counted

_KEY = "talk"
MAX_PREVIEW = 200
"""Turns shown of what was found; all of them are counted."""


def draw() -> None:
    """The page."""
    seat = context.need_seat()
    transcripts = {item.id: item for item in context.study().transcripts()}
    if not transcripts:
        st.info("No transcript yet. Put files into recordings/ or transcripts/ and run  qualkit run")
        return
    left, right = st.columns([14, 6], gap="large")
    with left:
        transcript, windows, at = _place(seat, transcripts)
        if not windows:
            st.info("Nothing was said in this transcript.")
            return
        _talk(seat, transcript, windows[at])
    with right:
        _tools(seat, transcript, transcripts)
    with left:
        _sound(seat, transcript, windows[at])


# ---------------------------------------------------------------- where


def _place(seat: Seat, transcripts: dict[str, Transcript]) -> tuple[Transcript, list[Window], int]:
    """Draw the choice of a transcript and of a stretch of it."""
    if context.value("transcript") not in transcripts:
        context.put("transcript", next(iter(transcripts)))
    with st.container(horizontal=True, vertical_alignment="center"):
        transcript_id = st.selectbox(
            "Transcript",
            list(transcripts),
            format_func=lambda key: transcripts[key].title,
            key="transcript",
            label_visibility="collapsed",
        )
        windows = seat.corrections.windows(transcript_id)
        slot = f"stretch-{transcript_id}"
        at = min(context.value(slot) or 0, max(0, len(windows) - 1))
        if len(windows) > 1:
            context.put(slot, at)
            _step("Earlier", "chevron_left", slot, at - 1, len(windows))
            st.selectbox(
                "Stretch",
                range(len(windows)),
                format_func=lambda n: _stretch(windows[n]),
                key=slot,
                label_visibility="collapsed",
                width=170,
            )
            _step("Later", "chevron_right", slot, at + 1, len(windows))
    return transcripts[transcript_id], windows, at


def _step(name: str, icon: str, slot: str, to: int, n: int) -> None:
    st.button(
        name, icon=f":material/{icon}:", key=f"{slot}-{name}", on_click=context.put, args=(slot, to), disabled=not 0 <= to < n
    )


def _stretch(window: Window) -> str:
    if window.start_s is None:
        return f"Turns {window.first} to {window.last}"
    return f"{clock(window.start_s)} to {clock(window.end_s)}"


# ---------------------------------------------------------------- talk and sound


def _talk(seat: Seat, transcript: Transcript, window: Window) -> None:
    corrections = seat.corrections
    data = talk.data_for(
        transcript,
        window,
        corrections.turns(window),
        corrections.people(transcript.id),
        language=context.study().config.language,
        sound_key=_sound_key(seat, transcript, window),
        answer=context.value(f"{_KEY}-answer"),
    )
    talk.mount(data, key=_KEY, on_act=partial(_act, seat))


def _act(seat: Seat) -> None:
    act = (context.value(_KEY) or {}).get("act")
    if act:
        transcript_id = str(act["place"]).split(" ", maxsplit=1)[0]
        context.put(f"{_KEY}-answer", talk.apply(seat.corrections, transcript_id, act))


def _span(window: Window) -> tuple[float, float]:
    """The seconds of sound that go with a window, in whole seconds, so that they stay the same through small changes."""
    start_s = float(int(window.start_s or 0.0))
    return start_s, min(float(int(window.end_s or start_s) + 2), start_s + talk.MAX_SOUND_S)


def _sound_key(seat: Seat, transcript: Transcript, window: Window) -> str:
    """What the sound of a window is called; empty where there is none."""
    recording = seat.corrections.recording(transcript.id)
    if recording is None or window.start_s is None:
        return ""
    start_s, end_s = _span(window)
    return f"{recording.sha256[:16]} {start_s:.0f} {end_s:.0f}"


def _sound(seat: Seat, transcript: Transcript, window: Window) -> None:
    recording, key = seat.corrections.recording(transcript.id), _sound_key(seat, transcript, window)
    if recording is None or not key:
        if window.start_s is not None:
            st.html(style.block(style.grey("There is no recording of this transcript in recordings/.")))
        return
    start_s, end_s = _span(window)
    with context.telling_errors():
        sound = context.stretch_of_sound(lambda: seat.corrections.sound(recording, start_s, end_s), key)
        talk.mount_sound(sound, key=key, start_s=start_s)


# ---------------------------------------------------------------- tools


def _tools(seat: Seat, transcript: Transcript, transcripts: dict[str, Transcript]) -> None:
    st.html(
        style.block(
            style.label("Correct"),
            '<p class="q-small q-grey">Click a word to hear it, double-click a turn to edit it. Every correction is kept with '
            "your name, and the last can be undone. Codes stay on their words.</p>",
        )
    )
    with st.expander("Find and replace", icon=":material/find_replace:", key="find-box", on_change="rerun") as box:
        if box.open:
            _find(seat, transcript, transcripts)
    with st.expander("Rename a speaker", icon=":material/badge:", key="rename-box", on_change="rerun") as box:
        if box.open:
            _rename(seat, transcript)
    with st.expander("Voices", icon=":material/record_voice_over:", key="voices-box", on_change="rerun") as box:
        if box.open:
            _voices(seat, transcript)
    with st.expander("Names and terms", icon=":material/list_alt:", key="words-box", on_change="rerun") as box:
        if box.open:
            _words(seat)


def _find(seat: Seat, transcript: Transcript, transcripts: dict[str, Transcript]) -> None:
    what = st.text_input("Find", key="find-what")
    by = st.text_input("Replace with", key="find-by")
    how = {
        "whole_words": st.checkbox("Whole words only", value=True, key="find-whole"),
        "match_case": st.checkbox("Match upper and lower case", key="find-case"),
    }
    everywhere = st.radio(
        "Where", ("This transcript", "All transcripts"), key="find-where", horizontal=True, label_visibility="collapsed"
    )
    if not what.strip():
        return
    where = transcript.id if everywhere == "This transcript" else None
    found = seat.corrections.find(what, transcript_id=where, **how)
    n = sum(item.n for item in found)
    st.html(style.block(style.grey(f"{counted(n, 'place')} in {counted(len(found), 'turn')}" if n else "Found nowhere.")))
    if not found:
        return
    st.button(
        f"Replace in {counted(len(found), 'turn')}", type="primary", key="find-replace", disabled=by == what,
        on_click=_replace, args=(seat, found, what, by, how),
    )  # fmt: skip
    with st.container(height=260, border=False):
        st.html(style.block(*(_preview(item, by, transcripts) for item in found[:MAX_PREVIEW])))


def _preview(item: Found, by: str, transcripts: dict[str, Transcript]) -> str:
    places = f" · {item.n} places" if item.n > 1 else ""
    source = ", ".join(part for part in (transcripts[item.transcript_id].title, item.speaker, clock(item.start_s)) if part)
    change = f"<del>{escape(item.match)}</del> <ins>{escape(by)}</ins>" if by else f"<mark>{escape(item.match)}</mark>"
    return (
        f'<p class="q-small" style="margin:0 0 .6rem">{escape(item.before)}{change}{escape(item.after)}<br>'
        f"{style.aside(source + places)}</p>"
    )


def _replace(seat: Seat, found: Sequence[Found], what: str, by: str, how: dict[str, bool]) -> None:
    def act() -> None:
        done = seat.corrections.replace_all(found, what, by, **how, client_id=new_id())
        left = f" Left as they were: {' '.join(done.refused)}" if done.refused else ""
        context.notify(f"Replaced in {counted(done.n_turns, 'turn')}.{left}", is_error=bool(left))

    context.attempt(act)


def _rename(seat: Seat, transcript: Transcript) -> None:
    people = {person.id: person for person in seat.corrections.people(transcript.id)}
    chosen = st.selectbox("Speaker", list(people), format_func=lambda key: people[key].pseudonym, key="rename-who")
    with st.form("rename", border=False, clear_on_submit=True):
        st.text_input("New name in this transcript", key="rename-name", placeholder="A pseudonym")
        st.html(
            style.block(
                style.grey(
                    "It is also written into transcripts/participants.csv. The name of another speaker makes the two one."
                )
            )
        )
        st.form_submit_button("Rename", type="primary", on_click=_do_rename, args=(seat, people.get(chosen)))


def _do_rename(seat: Seat, person: Participant | None) -> None:
    if person is not None:
        name = context.value("rename-name") or ""
        context.attempt(lambda: seat.corrections.rename_speaker(person.id, name))


def _voices(seat: Seat, transcript: Transcript) -> None:
    """Remember a speaker's voice, or forget one: only ever because somebody asked for it."""
    study = context.study()
    kept = study.vault.speakers(transcript.label)
    people = {person.label: person.pseudonym for person in seat.corrections.people(transcript.id) if person.label in kept}
    st.html(
        style.block(
            style.grey(
                "A voice that is remembered is named in the study's other recordings by  qualkit transcribe --name-voices."
                " It identifies a person. Voices are kept in vault/ only and never exported;  qualkit voices forget  removes"
                " them all."
            )
        )
    )
    if people:
        who = st.selectbox("Speaker", list(people), format_func=people.__getitem__, key="voice-who")
        remember = partial(vault.enrol_speaker, study, people[who], transcript.label, who)
        st.button("Remember this voice", key="voice-keep", on_click=context.attempt, args=(remember,))
    for voice in study.vault.enrolled():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.html(style.block(style.grey(f"{voice.name}, from {voice.source}")))
            forget = partial(study.vault.forget, voice.name)
            st.button("Forget", key=f"forget-{voice.name}", type="tertiary", on_click=context.attempt, args=(forget,))


def _words(seat: Seat) -> None:
    known = context.study().word_list()
    st.html(
        style.block(
            style.grey(
                "Names of people, places, medicines, in words.txt. The next run hears with them in mind what nobody has coded"
                " or corrected yet."
            ),
            f'<p class="q-small">{escape(" · ".join(known)) or style.aside("None yet.")}</p>',
        )
    )
    with st.form("words", border=False, clear_on_submit=True):
        st.text_area("Add, one a line", key="words-new", height=90)
        st.form_submit_button("Add", type="primary", on_click=_add_words, args=(seat,))


def _add_words(seat: Seat) -> None:
    lines = str(context.value("words-new") or "").splitlines()
    context.attempt(lambda: seat.corrections.add_words(lines))
