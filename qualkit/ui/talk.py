"""The component in which a transcript is read, heard and corrected: what it is given, and what comes back from it.

Two components, one for the talk and one for the sound, so that the sound, some megabytes, is sent once for a stretch and not
with every correction. The sound travels inside the page: no address serves a recording. What the person does comes back as
one act at a time, with an id, until it is answered; `apply` is all that the server does with it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import streamlit as st

from qualkit.errors import QualkitError, StudyError
from qualkit.model import Mark, Participant, Role, Transcript, Turn
from qualkit.stages.correct import word_starts
from qualkit.study.corrections import Corrections
from qualkit.study.windows import Window
from qualkit.ui.component import component, packed

COLOURS = ("#2b7bba", "#d9730d", "#4d8b31", "#8a6fae", "#b8336a", "#2f8f8f", "#9a7b1c", "#5563c1", "#a0522d")
"""Of the speakers, in order of their first turn, over and over; their names always stand beside."""

MODERATOR = "#7d8488"

SAID = {"edit": "words saved", "speaker": "speaker saved", "split": "turn split", "merge": "turns merged"}

SCRIPTS = ("transcript_frame.js", "transcript_sound.js", "transcript.js")
"""The component's code, in the order in which it is joined."""

_SOUND_JS = """
export default function ({ data: [data] }) {
  window.qualkitSound = data;
  document.dispatchEvent(new CustomEvent("qualkit-sound"));
  return () => { window.qualkitSound = null; document.dispatchEvent(new CustomEvent("qualkit-sound")); };
}
"""

MAX_SOUND_S = 1800.0
"""No more sound than this is sent for one stretch, which only a turn of half an hour needs."""


@cache
def _components() -> tuple[Any, Any]:
    talk = component("talk", scripts=SCRIPTS, style="transcript.css")
    return talk, st.components.v2.component("qualkit.sound", js=_SOUND_JS, isolate_styles=False)


def mount(data: Mapping[str, Any], *, key: str, on_act: Callable[[], None]) -> None:
    """Put the talk into the page; `on_act` is called when an act has come back under `key`."""
    _components()[0](key=key, data=packed(data), on_act_change=on_act)


def mount_sound(sound: bytes, *, key: str, start_s: float) -> None:
    """Put the sound of a stretch into the page; `key` is what the talk calls it."""
    said = {"key": key, "start": start_s, "ogg": base64.b64encode(sound).decode("ascii")}
    _components()[1](key="talk-sound", data=packed(said))


# ---------------------------------------------------------------- to the browser


def data_for(
    transcript: Transcript,
    window: Window,
    turns: Sequence[Turn],
    people: Sequence[Participant],
    *,
    language: str = "",
    sound_key: str = "",
    answer: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """All that the component draws, JSON-ready."""
    return {
        "place": f"{transcript.id} {window.number}",
        "language": language,
        "people": [{"id": person.id, "name": person.pseudonym, "colour": colour} for person, colour in coloured(people)],
        "turns": [_turn(turn) for turn in turns],
        "marks": [{"start": mark.start_s, "text": mark.text} for mark in marks_in(transcript.marks, window)],
        "sound_key": sound_key,
        "answer": answer,
    }


def coloured(people: Sequence[Participant]) -> list[tuple[Participant, str]]:
    """Everybody with a colour; moderators are grey."""
    others = [person for person in people if person.role is not Role.MODERATOR]
    colours = {person.id: COLOURS[n % len(COLOURS)] for n, person in enumerate(others)}
    return [(person, colours.get(person.id, MODERATOR)) for person in people]


def marks_in(marks: Sequence[Mark], window: Window) -> list[Mark]:
    """The marks that fall into a window, by time."""
    if window.start_s is None or window.end_s is None:
        return []
    inside = [mark for mark in marks if mark.end_s >= window.start_s and mark.start_s <= window.end_s]
    return sorted(inside, key=lambda mark: mark.start_s)


def _turn(turn: Turn) -> dict[str, Any]:
    return {
        "id": turn.id,
        "revision": turn.revision,
        "person": turn.participant_id,
        "text": turn.text,
        "start": turn.start_s,
        "end": turn.end_s,
        "is_doubtful": turn.is_doubtful,
        "words": tokens(turn),
    }


def tokens(turn: Turn) -> list[list[Any]]:
    """The turn's words as they are printed: text, offset, start and end in seconds, confidence, whether spoken over.

    Times are None where the turn has none for its words.
    """
    starts = word_starts(turn.text, turn.words) if turn.words else None
    if starts is None:
        return _bare(turn.text, 0)
    found: list[list[Any]] = []
    at = 0
    for word, start in zip(turn.words, starts, strict=True):
        found += _bare(turn.text[at:start], at)
        at = start + len(word.text.strip())
        found.append([word.text.strip(), start, word.start_s, word.end_s, round(word.confidence, 3), word.is_overlapped])
    return found + _bare(turn.text[at:], at)


def _bare(text: str, offset: int) -> list[list[Any]]:
    found, at = [], 0
    for piece in text.split():
        at = text.index(piece, at)
        found.append([piece, offset + at, None, None, None, False])
        at += len(piece)
    return found


# ---------------------------------------------------------------- from the browser


def apply(corrections: Corrections, transcript_id: str, act: Mapping[str, Any]) -> dict[str, Any]:
    """Do one act, which may have come before; the answer says what was saved, or why nothing was."""
    answer: dict[str, Any] = {"id": act["id"], "said": "", "trouble": "", "here": act.get("turn")}
    try:
        answer["said"] = _done(corrections, transcript_id, act)
    except QualkitError as error:
        answer["trouble"] = str(error)
    return answer


def _done(corrections: Corrections, transcript_id: str, act: Mapping[str, Any]) -> str:
    verb, client_id = act["verb"], str(act["id"])
    about: dict[str, Any] = {"base_revision": act.get("revision"), "client_id": client_id}
    if verb == "undo":
        undone = corrections.undo(transcript_id, client_id=client_id)
        return f"undone: {undone}" if undone else "undone"
    if verb == "edit":
        corrections.edit(act["turn"], act["text"], **about)
    elif verb == "speaker":
        corrections.set_speaker(act["turn"], participant_id=act["person"], name=act["name"], **about)
    elif verb == "split":
        corrections.split(act["turn"], int(act["at"]), text=act["text"], **about)
    elif verb == "merge":
        corrections.merge(act["turn"], next_id=act["next"], **about)
    else:
        raise StudyError(f"There is no act {verb!r}; reload the page.")
    return SAID[verb]
