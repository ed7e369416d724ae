"""The component in which a case is read and decided: what it is given, and what is done with what comes back.

A case comes with a few that follow it, so that the next one is there at once; decisions come back in a list that holds each
until it is answered, so that a slow or restarted server loses none. A decision names the case, the decision and the votes
that were on the screen. "Absent" against every vote means that nobody was right; a code that nobody gave can be ruled present.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from qualkit.errors import QualkitError, StaleError
from qualkit.model import REASONS, UNANIMOUS, Code, Codebook, Decision, Evidence, Segment, Valence
from qualkit.stages import codebook_gaps, disputes
from qualkit.stages.disputes import Dispute, Kind
from qualkit.study import Line, Seat, View
from qualkit.study.case_files import CaseFile, Coding
from qualkit.ui import context
from qualkit.ui.component import component, packed
from qualkit.wording import clock

ABSENT = "absent"
SPLIT = "|"
"""Between the segment's id and the code's key in the id of a case."""


@cache
def _component() -> Any:
    return component("ruling", scripts=("ruling_case.js", "ruling.js"), style="ruling.css")


def mount(data: Mapping[str, Any], *, key: str, **on: Callable[[], None]) -> None:
    """Put the case into the page; `on` has what is called when it says, asks to hear, or proposes something."""
    _component()(key=key, data=packed(data), **on)


def names() -> dict[str, str]:
    """Names of all coders by id."""
    return {coder.id: coder.name for coder in context.study().coders()}


# ---------------------------------------------------------------- to the browser


def case_id(segment_id: str, code_key: str) -> str:
    """A case as the browser names it."""
    return f"{segment_id}{SPLIT}{code_key}"


def key_of(named: str) -> tuple[str, str]:
    """Segment and code of a case that the browser named."""
    segment_id, _, code_key = named.partition(SPLIT)
    return segment_id, code_key


def case_data(file: CaseFile, view: View, book: Codebook, *, where: str, hide_names: bool) -> dict[str, Any]:
    """A case as the component draws it, JSON-ready; without names where they are hidden."""
    case, code = file.case, book.by_key.get(file.case.code_key)
    spans = {coding.number: coding.evidence for coding in file.codings if coding.evidence}
    names = {coding.number: f"Coder {coding.number}" if hide_names else coding.coder for coding in file.codings}
    shown = {coding.coder: names[coding.number] for coding in file.codings}
    return {
        "id": case_id(case.segment_id, case.code_key),
        "segment": case.segment_id,
        "code": case.code_key,
        "where": where,
        "how": told(file.dispute),
        "entry": _entry(code, book, case.code_key),
        "ways": [[way, way_label(way, file)] for way in ways(code, file)],
        "talk": _talk(view),
        "pieces": pieces(view.segment.text, spans),
        "coders": [_coder(coding, names[coding.number], book) for coding in file.codings],
        "spans": _span_choices(spans, names),
        "seen": case.decision.id if case.decision else None,
        "decided": _decided(case.decision, file) if case.decision else None,
        "earlier": [_decided(item, file) for item in file.earlier],
        "changed": [[shown[name], then, now] for name, (then, now) in disputes.changed_votes(case).items()],
        "is_again": file.dispute.is_again,
        "votes": {str(coding.number): coding.vote for coding in file.codings},
    }


def told(dispute: Dispute) -> str:
    """How coders differ, in words."""
    votes, kinds = dispute.case.votes, dispute.kinds
    n_given = sum(said is not None for said in votes.values())
    if not votes:
        return "nobody has judged this segment"
    if Kind.PRESENCE in kinds:
        also = ", and not on the same valence" if Kind.VALENCE in kinds else ""
        return f"{n_given} of {len(votes)} coders gave it{also}"
    if Kind.VALENCE in kinds:
        return "all gave it, the valence differs" if n_given == len(votes) else "the valence differs"
    if Kind.WORDS in kinds:
        return "all agree, only the marked words differ"
    return "all agree" if n_given else "no coder gave it"


def ways(code: Code | None, file: CaseFile) -> list[str]:
    """What a case can be decided to be; a code that is retired can only stay where coders gave it, one that is gone nowhere."""
    present = [] if code is None else [item.value for item in code.valences] or ["present"]
    is_new = file.case.decision is None and not any(file.case.votes.values())
    return present if is_new and present else [*present, ABSENT]


def way_label(way: str, file: CaseFile) -> str:
    """A decision as the page says it."""
    if way == ABSENT:
        given = [said for said in file.case.votes.values() if said is not None]
        return "Absent: nobody was right" if given and len(given) == len(file.case.votes) else "Absent"
    return way.capitalize()


def pieces(text: str, spans: Mapping[int, Sequence[Evidence]]) -> list[list[Any]]:
    """`text` cut where words and marked spans begin and end: words, start, end, number of the word or -1, who marked it.

    Offsets count code points, as Python's do.
    """
    words = [(word.start(), word.end()) for word in re.finditer(r"\S+", text)]
    cuts = {0, len(text), *(at for word in words for at in word)}
    cuts |= {at for said in spans.values() for span in said for at in (span.start_char, span.end_char) if at <= len(text)}
    found: list[list[Any]] = []
    number = 0
    ordered = sorted(cuts)
    for start, end in pairwise(ordered):
        while number < len(words) and words[number][1] <= start:
            number += 1
        is_word = number < len(words) and words[number][0] <= start
        who = [n for n, said in sorted(spans.items()) if any(s.start_char <= start < s.end_char for s in said)]
        found.append([text[start:end], start, end, number if is_word else -1, who])
    return found


def _span_choices(spans: Mapping[int, Sequence[Evidence]], names: Mapping[int, str]) -> list[list[Any]]:
    """Words that a decision may rest on, by one press: label and spans."""
    said = {number: _joined([(span.start_char, span.end_char) for span in own]) for number, own in spans.items()}
    found: list[list[Any]] = [["Whole segment", []]]
    found += [[f"As {names[number]}", own] for number, own in said.items()]
    if len({str(own) for own in said.values()}) > 1:
        found.append(["All that was marked", _joined([span for own in said.values() for span in own])])
    return found


def _joined(spans: Sequence[Sequence[int]]) -> list[list[int]]:
    found: list[list[int]] = []
    for start, end in sorted((start, end) for start, end in spans):
        if found and start <= found[-1][1]:
            found[-1][1] = max(end, found[-1][1])
        else:
            found.append([start, end])
    return found


def _entry(code: Code | None, book: Codebook, key: str) -> dict[str, Any]:
    if code is None:
        gone = "The codebook no longer has this code; it can only be decided absent."
        return {"name": key, "domain": "", "definition": gone, "lists": []}
    lists = (("Include", code.include), ("Exclude", code.exclude), ("Examples", code.examples))
    retired = f" Retired: {code.retired}" if code.retired else ""
    return {
        "name": code.name,
        "domain": book.domain_of(code.key),
        "definition": code.definition + retired,
        "lists": [[name, list(items)] for name, items in lists if items],
    }


def _talk(view: View) -> dict[str, Any]:
    asked = view.question if view.question and all(item.text != view.question for item in view.before) else None
    return {
        "title": view.transcript.title,
        "who": " · ".join(part for part in (view.speaker, clock(view.segment.start_s)) if part),
        "question": asked,
        "before": [_line(item) for item in view.before],
        "after": [_line(item) for item in view.after],
        "lead": view.lead,
        "rest": view.rest,
        "is_heard": view.has_audio,
        "is_doubtful": view.is_speaker_doubtful,
    }


def _line(said: Line) -> list[str]:
    return [said.speaker, said.text]


def _coder(coding: Coding, name: str, book: Codebook) -> dict[str, Any]:
    codes = book.by_key
    return {
        "name": name,
        "number": coding.number,
        "vote": coding.vote,
        "confidence": coding.confidence,
        "rationale": coding.rationale,
        "memo": coding.memo,
        "is_marked": bool(coding.evidence),
        "others": [[codes[key].name if key in codes else key, vote] for key, vote in coding.others],
    }


def _decided(decision: Decision, file: CaseFile) -> dict[str, Any]:
    outcome = (decision.valence.value if decision.valence else "present") if decision.present else None
    return {
        "outcome": outcome,
        "who": file.names.get(decision.adjudicator_id, "somebody"),
        "when": f"{decision.decided_at.astimezone():%d %b %Y %H:%M}",
        "reason": "all coders agreed" if decision.reason == UNANIMOUS else decision.reason,
        "note": decision.note,
        "words": " … ".join(span.text for span in decision.evidence),
    }


def reasons() -> list[list[str]]:
    """Why coders may have differed, each with its key."""
    return [[reason, "G" if reason == codebook_gaps.REASON else reason[0].upper()] for reason in REASONS]


# ---------------------------------------------------------------- from the browser


def apply(seat: Seat, act: Mapping[str, Any]) -> dict[str, Any]:
    """Decide as one act says, which may have come before; the answer says what was saved, or why nothing was."""
    answer: dict[str, Any] = {"id": str(act.get("id")), "case": str(act.get("case")), "trouble": "", "is_stale": False}
    try:
        decision = _decide(seat, act)
    except StaleError as error:
        answer |= {"trouble": str(error), "is_stale": True}
    except (QualkitError, KeyError, TypeError, ValueError) as error:
        sentence = str(error) if isinstance(error, QualkitError) else "This decision cannot be read; decide anew."
        answer |= {"trouble": sentence}
    else:
        is_gap = decision.reason == codebook_gaps.REASON
        answer |= {"gap": decision.code_key if is_gap else None, "seen": decision.id}
    return answer


def _decide(seat: Seat, act: Mapping[str, Any]) -> Decision:
    segment_id, code_key = key_of(str(act["case"]))
    way = str(act["way"])
    segment = seat.segments([segment_id]).get(segment_id)
    return seat.decide(
        segment_id,
        code_key,
        present=way != ABSENT,
        valence=Valence(way) if way in set(Valence) else None,
        reason=str(act["reason"]),
        note=str(act.get("note") or "").strip(),
        evidence=_evidence(act.get("spans") or (), segment),
        votes=_votes(seat, act.get("votes") or {}),
        seen=act.get("seen"),
        client_id=str(act["id"]),
    )


def _evidence(spans: Sequence[Sequence[int]], segment: Segment | None) -> list[Evidence]:
    text = segment.text if segment else ""
    return [Evidence(start_char=int(s), end_char=int(e), text=text[int(s) : int(e)]) for s, e in spans]


def _votes(seat: Seat, said: Mapping[str, str | None]) -> dict[str, str | None]:
    names = seat.coders_by_number()
    return {names[int(number)]: vote for number, vote in said.items() if int(number) in names}
