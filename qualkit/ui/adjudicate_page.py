"""Adjudicate: one case at a time, most disputed first, what the coders said side by side, and a decision with its reason."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from qualkit.errors import QualkitError
from qualkit.model import Codebook
from qualkit.stages.disputes import Dispute, Kind
from qualkit.study import Seat
from qualkit.ui import adjudicate_many, context, ruling, style
from qualkit.wording import counted

_KEY = "ruling"
AHEAD, BEHIND = 4, 2
"""Cases sent with the one on the screen: so many that follow it and that come before."""

MOST_ANSWERS = 100
AGAIN = "votes changed"
KINDS = {AGAIN: "Votes changed since", Kind.PRESENCE: "Presence", Kind.VALENCE: "Valence", Kind.WORDS: "Only the words"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Docket:
    """What a person has before them: the waiting cases they asked for, and how many there are of each sort in all."""

    keys: tuple[tuple[str, str], ...]
    known: frozenset[str]
    n_waiting: int
    n_words: int
    n_again: int
    n_decided: int
    n_agreed: int


def draw() -> None:
    """The page."""
    if context.value("go") == "codebook":
        context.put("go", None)
        _to_codebook()
    seat = context.need_seat()
    _gate(seat)
    docket = context.kept_for_all("docket", _docket_key(seat), lambda: _docket(seat))
    _head(seat, docket)
    at = _at(docket)
    if at is None:
        st.info(_nothing(seat, docket), icon=":material/done_all:")
    else:
        _mount(seat, docket, at)
    adjudicate_many.draw(seat, docket.n_agreed, _chosen_filters())


# ---------------------------------------------------------------- what is shown


def _gate(seat: Seat) -> None:
    """Let a blind coder say of which transcript to be shown the others' codes: from then on their own stand."""
    waiting = seat.yet_to_compare()
    if not waiting:
        return
    titles = {item.id: item.title for item in context.study().transcripts()}
    st.info(
        "You code blind. Comparing shows you what the others said of segments that you have judged, and your own judgements of "
        "those segments can then no longer be changed.",
        icon=":material/visibility_off:",
    )
    with st.container(horizontal=True):
        for transcript_id, n in waiting.items():
            told = f"Compare {titles.get(transcript_id, 'a transcript')} ({counted(n, 'segment')} judged)"
            st.button(told, key=f"compare-{transcript_id}-{n}", on_click=_compare, args=(seat, transcript_id))


def _compare(seat: Seat, transcript_id: str) -> None:
    context.attempt(lambda: seat.cases(transcript_id))


def _head(seat: Seat, docket: Docket) -> None:
    titles = {item.id: item.title for item in context.study().transcripts()}
    names = {code.key: code.name for code in seat.codebook.codes}
    asked = (("Code", "case-code", names), ("Transcript", "case-talk", titles), ("They differ on", "case-kind", KINDS))
    chosen = [_named(options, context.value(key)) for _, key, options in asked if context.value(key)]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        _progress(docket)
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            with st.popover(", ".join(chosen) or "All cases", icon=":material/filter_list:"):
                for label, key, options in asked:
                    st.selectbox(
                        label, list(options), index=None, format_func=partial(_named, options), key=key, placeholder="All"
                    )
                st.html(style.block(style.grey(ORDER)))
            st.toggle("Hide who said it", key="hide-names")


def _named(options: dict[Any, str], key: Any) -> str:
    return options.get(key, str(key))


def _chosen_filters() -> tuple[str | None, str | None, str | None]:
    code, talk, kind = (context.value(key) for key in ("case-code", "case-talk", "case-kind"))
    return code, talk, kind


def _docket_key(seat: Seat) -> str:
    return repr((context.study().head(), seat.coder.id, _chosen_filters()))


def _docket(seat: Seat) -> Docket:
    found = seat.disputes_shown()
    code, talk, kind = _chosen_filters()
    places = context.study().outline().places
    waiting = [item for item in found if item.is_waiting]
    wanted = [
        item
        for item in waiting
        if code in (None, item.case.code_key)
        and (talk is None or places.get(item.case.segment_id) == talk)
        and (kind is None or (item.is_again if kind == AGAIN else kind in item.kinds))
    ]
    decided = [item for item in found if item.case.decision is not None]
    return Docket(
        keys=tuple((item.case.segment_id, item.case.code_key) for item in wanted),
        known=frozenset(item.case.segment_id for item in found),
        n_waiting=len(waiting),
        n_words=sum(Kind.WORDS in item.kinds and not item.is_again for item in waiting),
        n_again=sum(item.is_again for item in waiting),
        n_decided=sum(item.case.is_disputed for item in decided),
        n_agreed=sum(_is_agreed(item) for item in found),
    )


def _is_agreed(item: Dispute) -> bool:
    return item.case.decision is None and not item.case.is_disputed


def _progress(docket: Docket) -> None:
    of = docket.n_waiting + docket.n_decided
    parts = [f"{docket.n_decided} decided"]
    if docket.n_again:
        parts.append(f"{docket.n_again} to look at again, first")
    if docket.n_words:
        parts.append(f"{docket.n_words} differ only in the words, last")
    st.html(
        style.block(
            f'<p class="q-small" style="margin:0 0 .25rem"><b>{docket.n_waiting} waiting</b>, most disputed first '
            f"{style.aside('· ' + ' · '.join(parts))}</p>",
            style.bar(docket.n_decided / of if of else 0.0),
        ),
        width=440,
    )


ORDER = (
    "The order: cases whose votes changed since the decision; then codes that some gave and some did not, a split in halves "
    "before one against many; then other valences; then other words; of equals, as it was said."
)


def _nothing(seat: Seat, docket: Docket) -> str:
    if docket.n_waiting:
        return "No case of this kind is waiting; choose All above to see the others."
    if docket.known:
        return "No disputed case is waiting."
    if not seat.may_see_results():
        return "Cases show here for segments that you and somebody else have judged, once you compare. There are none yet."
    return "There is no case yet: a case needs a segment that two people have judged."


# ---------------------------------------------------------------- the case on the screen


def _at(docket: Docket) -> tuple[str, str] | None:
    """The case to be shown: the one asked for, else the one that is now where the last one was."""
    filters = _chosen_filters()
    if context.value("case-filters", filters) != filters:
        context.put("case", None)
        context.put("case-index", 0)
        _jump()
    context.put("case-filters", filters)
    asked = context.value("case")
    key = ruling.key_of(asked) if asked else None
    if key is not None and (key in docket.keys or key[0] in docket.known):
        return key
    if not docket.keys:
        return None
    return docket.keys[min(context.value("case-index") or 0, len(docket.keys) - 1)]


def _jump() -> None:
    """Have the component show what the page says, wherever it is."""
    context.put("case-turn", (context.value("case-turn") or 0) + 1)


def show(segment_id: str, code_key: str) -> None:
    """For callbacks: show a case, decided or not."""
    context.put("case", ruling.case_id(segment_id, code_key))
    _jump()


def _mount(seat: Seat, docket: Docket, at: tuple[str, str]) -> None:
    index = docket.keys.index(at) if at in docket.keys else None
    if index is not None:
        context.put("case-index", index)
    keys = list(docket.keys[max(0, index - BEHIND) : index + 1 + AHEAD]) if index is not None else [at, *docket.keys[:AHEAD]]
    book = seat.codebook
    drawn = [_case(seat, key, book, docket) for key in keys]
    clip = context.value("case-clip") or {}
    ruling.mount(
        {
            "turn": context.value("case-turn") or 0,
            "at": ruling.case_id(*at),
            "window": [item for item in drawn if item is not None],
            "answers": list((context.value("ruling-answers") or {}).values()),
            "reasons": ruling.reasons(),
            "names": {code.key: code.name for code in book.in_use},
            "clip": clip if clip.get("segment") == at[0] else None,
        },
        key=_KEY,
        on_said_change=partial(_said, seat),
        on_hear_change=partial(_hear, seat),
        on_propose_change=_propose,
    )


def _case(seat: Seat, key: tuple[str, str], book: Codebook, docket: Docket) -> dict[str, Any] | None:
    place = f"Case {docket.keys.index(key) + 1} of {len(docket.keys)} waiting" if key in docket.keys else "A case of its own"
    try:
        file, view = seat.case_file(*key), seat.view(key[0])
    except QualkitError as error:
        context.notify(str(error), is_error=True)
        return None
    if key not in docket.keys and file.case.decision is not None:
        place = "A decided case"
    return ruling.case_data(file, view, book, where=place, hide_names=bool(context.value("hide-names")))


def _said(seat: Seat) -> None:
    said = (context.value(_KEY) or {}).get("said") or {}
    answers: dict[str, Any] = dict(context.value("ruling-answers") or {})
    for act in said.get("outbox") or ():
        if str(act.get("id")) not in answers:
            answer = ruling.apply(seat, act)
            answers[answer["id"]] = answer
    context.put("ruling-answers", dict(list(answers.items())[-MOST_ANSWERS:]))
    context.put("case", said.get("at"))


def _hear(seat: Seat) -> None:
    asked = (context.value(_KEY) or {}).get("hear") or {}
    segment_id = str(asked.get("segment"))
    with context.telling_errors():
        clip = context.kept_one("clip", segment_id, lambda: seat.clip(segment_id))
        if clip is None:
            context.notify("The recording is not in recordings/ any more.", is_error=True)
            return
        ogg = base64.b64encode(clip).decode("ascii")
        context.put("case-clip", {"segment": segment_id, "n": asked.get("n"), "ogg": ogg})


def _propose() -> None:
    asked = (context.value(_KEY) or {}).get("propose")
    if asked:
        context.put("codebook-code", str(asked))
        context.put("go", "codebook")


def _to_codebook() -> None:
    from qualkit import ui

    if "Codebook" not in ui.PAGES:
        st.info("Change the codebook's file, or open the page Codebook where there is one.")
        return
    from importlib import import_module

    st.switch_page(st.Page(import_module("qualkit.ui.codebook_page").draw, title="Codebook", url_path="codebook"))
