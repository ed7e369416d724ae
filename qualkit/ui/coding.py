"""The panel in which people code, as one component: what it is given, and what comes back from it.

The panel has the next segments before they are asked for and paints the next one at once. What was judged goes into its
outbox, which comes here whole, as state, until everything in it is answered; `apply_outbox` is all that the server does with
it. An act carries an id and the version that it stands on, so that one which comes twice is done once and a stale one is
refused. The sound of a segment travels in a second component: no address serves a recording.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import streamlit as st

from qualkit.errors import QualkitError, StaleError, StoreError, StudyError
from qualkit.model import Choice, Codebook, Evidence, Segment, Valence
from qualkit.study import Line, Seat, View
from qualkit.ui.component import component, packed
from qualkit.wording import clock

KEYS = "123456789aghijklopqtvwyz"
"""Keys of the first codes; the other letters are acts, and c and r are Streamlit's own."""

SURENESS = 5
"""A confidence is given in steps from 1 to this."""

MARGIN_S = 6.0
"""So much is heard before and after a segment's own seconds."""

SCRIPTS = ("coding_frame.js", "coding_codes.js", "coding_words.js", "coding_outbox.js", "coding_sound.js", "coding.js")
"""The component's code, in the order in which it is joined."""

_LOG = logging.getLogger(__name__)
_CLIPS_JS = """
export default function ({ data: [data] }) {
  window.qualkitClips = data.clips;
  document.dispatchEvent(new CustomEvent("qualkit-clips"));
}
"""


@cache
def _components() -> tuple[Any, Any]:
    panel = component("coding", scripts=SCRIPTS, style="coding.css")
    return panel, st.components.v2.component("qualkit.clips", js=_CLIPS_JS, isolate_styles=False)


def mount(data: Mapping[str, Any], *, key: str) -> None:
    """Put the panel into the page; its states `outbox` and `at` lie under `key`."""
    _components()[0](key=key, data=packed(data), on_outbox_change=_read_later, on_at_change=_read_later)


def _read_later() -> None:
    """States are read when the page is drawn, which also finds those that came before the server was started anew."""


def mount_clips(clips: Mapping[str, bytes | None], starts: Mapping[str, float]) -> None:
    """Put the sound of some segments into the page, None where there is none any more.

    `starts` has the second of the recording at which each begins.
    """
    listed = [
        {"id": key, "start": starts[key], "ogg": base64.b64encode(sound).decode("ascii") if sound else None}
        for key, sound in clips.items()
    ]
    _components()[1](key="coding-clips", data=packed({"clips": listed}))


def clip_start(item: Mapping[str, Any]) -> float:
    """The second of the recording at which the clip of a segment begins."""
    return max(0.0, float(item["start"]) - MARGIN_S)


# ---------------------------------------------------------------- to the browser


def codes_for(book: Codebook) -> list[dict[str, Any]]:
    """The codes that may be given, with the keys that toggle the first of them."""
    return [
        {
            "key": code.key,
            "name": code.name,
            "domain": book.domain_of(code.key),
            "press": KEYS[n] if n < len(KEYS) else "",
            "definition": code.definition,
            "include": list(code.include),
            "exclude": list(code.exclude),
            "examples": list(code.examples),
            "valences": [valence.value for valence in code.valences],
        }
        for n, code in enumerate(book.in_use)
    ]


def item_for(view: View, place: Mapping[str, Any], offered: Collection[str]) -> dict[str, Any]:
    """A segment as the panel draws it, with its viewer's own judgement and nobody else's; `place` is added to it.

    `offered` are the codes that may be given: others that the viewer gave once are left out.
    """
    return {
        "id": view.segment.id,
        "revision": view.segment.turn_revision,
        "transcript": view.transcript.title,
        "transcript_id": view.transcript.id,
        "speaker": view.speaker,
        "role": view.role.value if view.role else "",
        "attributes": [f"{name}: {said}" for name, said in view.attributes.items()],
        "when": clock(view.segment.start_s),
        "start": view.segment.start_s,
        "end": view.segment.end_s,
        "text": view.segment.text,
        "lead": view.lead,
        "rest": view.rest,
        "question": view.question if all(line.text != view.question for line in view.before) else None,
        "before": [_line(line) for line in view.before],
        "after": [_line(line) for line in view.after],
        "has_audio": view.has_audio,
        "is_sample": view.is_in_sample,
        "is_doubtful": view.is_speaker_doubtful,
        "why": view.why,
        "own": own_of(view, offered),
        **place,
    }


def _line(line: Line) -> dict[str, Any]:
    return {"speaker": line.speaker, "is_moderator": line.is_moderator, "text": line.text}


def own_of(view: View, offered: Collection[str]) -> dict[str, Any]:
    """The viewer's own judgement of a segment, in codes that are offered."""
    codes = [_said(choice) for choice in view.choices if choice.code_key in offered]
    return {"version": view.version, "memo": view.memo, "codes": codes}


def offered_by(seat: Seat) -> frozenset[str]:
    """Keys of the codes that may be given."""
    return frozenset(code.key for code in seat.codebook.in_use)


def _said(choice: Choice) -> dict[str, Any]:
    return {
        "key": choice.code_key,
        "valence": choice.valence.value if choice.valence else None,
        "confidence": round(choice.confidence * SURENESS) if choice.confidence else None,
        "spans": [[span.start_char, span.end_char] for span in choice.evidence],
    }


def data_for(
    *,
    desk: str,
    seat: Seat,
    items: Sequence[Mapping[str, Any]],
    codes: Sequence[Mapping[str, Any]],
    progress: Mapping[str, Any],
    answers: Sequence[Mapping[str, Any]] = (),
    goto: Mapping[str, Any] | None = None,
    mode: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """All that the panel draws, JSON-ready. `desk` names study, coder and round: whose the outbox is.

    `items` begin with the segment to show and go on with what comes next; `goto` says which one to show now, if the person
    chose it outside the panel; `mode` has the order, whether to stay for a comparison, and what cards point at.
    """
    return {
        "desk": desk,
        "coder": seat.coder.id,
        "round": seat.round.id,
        "queue": list(items),
        "codes": list(codes),
        "progress": dict(progress),
        "answers": list(answers),
        "goto": dict(goto) if goto else None,
        "mode": dict(mode or {}),
    }


# ---------------------------------------------------------------- from the browser


def apply_outbox(seat: Seat, items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Do what is in an outbox, in its order; an answer for each act, save those to be sent again.

    An act may have come before. An answer names it and its segment and has the `version` that it left behind; or a
    `conflict`, the newer judgement of the same person; or the `trouble` for which it was refused, in words.
    """
    answers: dict[str, dict[str, Any]] = {}
    for item in items:
        if item.get("coder") != seat.coder.id:
            continue
        client_id = str(item["client_id"])
        about = {"client_id": client_id, "segment_id": str(item["segment_id"])}
        try:
            answers[client_id] = {**about, "version": _done(seat, item, answers)}
        except StaleError as error:
            answers[client_id] = {
                **about,
                "trouble": str(error),
                "conflict": own_of(seat.view(about["segment_id"]), offered_by(seat)),
            }
        except StoreError:
            _LOG.exception("a judgement could not be kept yet")
        except QualkitError as error:
            answers[client_id] = {**about, "trouble": str(error)}
        except Exception:  # such as a disk that is full: the panel must stay, and send it again
            _LOG.exception("a judgement could not be kept yet")
    return list(answers.values())


def _done(seat: Seat, item: Mapping[str, Any], answers: Mapping[str, Mapping[str, Any]]) -> int:
    segment_id, client_id = str(item["segment_id"]), str(item["client_id"])
    if (known := seat.version_after(client_id)) is not None:
        return known
    if item.get("round") != seat.round.id:
        raise StudyError("Another round was opened meanwhile, so this judgement was not kept. Judge the segment anew.")
    base = _base(seat, item, answers)
    if item["verb"] == "withdraw":
        seat.withdraw(segment_id, base_version=base, client_id=client_id, round_id=item["round"])
        return 0
    segment = seat.segments([segment_id]).get(segment_id)
    if segment is None or segment.turn_revision != item.get("revision", segment.turn_revision):
        raise StaleError("What was said here has been corrected meanwhile. Read it again, and judge it as it reads now.")
    memo = item.get("memo")
    return seat.judge(
        segment_id,
        [_choice(said, segment) for said in item["codes"]],
        memo=str(memo) if memo is not None else seat.view(segment_id).memo,
        base_version=base,
        client_id=client_id,
        round_id=item["round"],
    ).version


def _base(seat: Seat, item: Mapping[str, Any], answers: Mapping[str, Mapping[str, Any]]) -> int:
    """The version that an act stands on: a number, or what another act left behind."""
    after = item.get("after")
    if not after:
        return int(item.get("base_version") or 0)
    known = answers.get(str(after), {}).get("version")
    base: int | None = known if known is not None else seat.version_after(str(after))
    if base is None:
        raise StaleError("What this rests on was not kept; look at the judgement as it stands first.")
    return base


def _choice(said: Mapping[str, Any], segment: Segment) -> Choice:
    text = segment.text
    return Choice(
        code_key=str(said["key"]),
        valence=Valence(said["valence"]) if said.get("valence") else None,
        confidence=int(said["confidence"]) / SURENESS if said.get("confidence") else None,
        evidence=tuple(
            Evidence(start_char=start, end_char=end, text=text[start:end]) for start, end in said.get("spans") or ()
        ),
    )
