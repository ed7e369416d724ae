"""Whether the database still says what the log says.

The log is the truth: every judgement, decision and correction is an event, chained by hash. The tables that pages and counts
read are projections of it. Replaying the events must give those tables; where it does not, somebody changed a table by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from qualkit.model import (
    Assignment,
    CodebookChange,
    Coder,
    CoderKind,
    ConstructLink,
    Decision,
    Event,
    IntrusionAnswer,
    Plan,
    Purpose,
    Round,
    RoundNote,
    Theme,
    TopicDecision,
    Turn,
    Visit,
)
from qualkit.plain import as_plain
from qualkit.stages import intrusion, uptake
from qualkit.store import Reading
from qualkit.study import authoring, candidates, codebook_changes, intruders, plans, rounds, rulings
from qualkit.study.judgements import CLOSED, DECIDED, DECIDED_MANY, NOTED, OPENED, REVEALED, WITHDREW, digest, marks_of
from qualkit.study.plans import PLANNED
from qualkit.study.revisions import text_digest

K = TypeVar("K")

Judged = dict[tuple[str, str, str], tuple[int, frozenset[tuple[str, str | None]]]]
"""(segment, coder, round) -> version of the judgement, and its codes with their valences."""

Said = tuple[str, Mapping[str, Any]]
"""Who acted, and what the log says of it; what nobody may read there is a digest."""

Decided = dict[tuple[str, str], Said]
"""(segment, code) -> the decision in force."""

Corrected = dict[str, tuple[int, str | None] | None]
"""turn -> its newest revision and the digest of its text; None for a turn that is gone."""


Told = dict[str, Any]
"""What the log says of a round or a plan."""

Ruled = dict[str, Said]
"""topic -> the decision on it."""

Linked = dict[str, Said]
"""link -> what it ties to what, and why."""

Answered = dict[tuple[str, str, str], Mapping[str, Any]]
"""(topic, kind, rater) -> the answer and the digest of what it said."""


def fault(tx: Reading) -> str | None:
    """None when the log is whole and the tables follow from it, else a sentence that says where they do not."""
    broken = tx.verify()
    if broken:
        return broken
    checks = (
        _wrong_in_judgements, _wrong_in_marks, _wrong_in_rounds, _wrong_in_codebook, _wrong_in_topics, _wrong_in_themes,
        _wrong_in_turns,
    )  # fmt: skip
    wrong = next((found for check in checks if (found := check(tx))), None)
    return f"The log is whole, but {wrong} not what it says: a table was changed by hand." if wrong else None


def _wrong_in_judgements(tx: Reading) -> str | None:
    judged, decided = replay(tx.all(Event))
    for wrong, what in ((_differing(judged, _judged(tx)), "judgements"), (_differing(decided, _decided(tx)), "decisions")):
        if wrong is not None:
            return f"the {what} on segment {wrong[0]} are"
    return None


def _wrong_in_codebook(tx: Reading) -> str | None:
    changed = {item.id: (item.coder_id, as_plain(codebook_changes.said_of(item))) for item in tx.all(CodebookChange)}
    is_so = changed == replay_codebook_changes(tx.all(Event, verb=codebook_changes.CHANGED))
    return None if is_so else "the changes of the codebook are"


def _wrong_in_themes(tx: Reading) -> str | None:
    written = replay_themes(tx.all(Event, verb=sorted(authoring.BY_AUTHORS)))
    themes = {theme.id: authoring.said_of(theme) for theme in tx.all(Theme)}
    is_so = themes.keys() == written.keys() and not any(said and said != themes[key] for key, said in written.items())
    return None if is_so else "the themes are"


def _wrong_in_turns(tx: Reading) -> str | None:
    corrected = replay_corrections(tx.all(Event))
    stands = {turn.id: (turn.revision, text_digest(turn)) for turn in tx.all(Turn, id=list(corrected))} if corrected else {}
    turned = next((key for key in corrected if corrected[key] != stands.get(key)), None)
    return f"the corrected turn {turned} is" if turned is not None else None


def _differing(said: Mapping[K, Any], kept: Mapping[K, Any]) -> K | None:
    """A key of which the log and the tables say different things."""
    return next((key for key in [*said, *kept] if said.get(key) != kept.get(key)), None)


def _wrong_in_rounds(tx: Reading) -> str | None:
    events = tx.all(Event, verb=[OPENED, CLOSED, REVEALED, PLANNED, NOTED])
    opened, planned, noted = replay_rounds(events)
    if opened != {item.id: _standing(item, opened.get(item.id)) for item in tx.all(Round)}:
        return "the rounds are"
    if planned != {item.round_id: plans.said_of(item) for item in tx.all(Plan)}:
        return "the plans of who codes what are"
    if any(noted.get(item.id) != digest(item.text, item.id) for item in tx.all(RoundNote)):
        return "the notes of discussions are"
    return None


def _standing(round_: Round, said: Told | None) -> Told:
    """A round as its table has it, in what the log says of it: older logs say less."""
    stands = {
        **rounds.said_of(round_),
        "is_closed": round_.closed_at is not None,
        "is_revealed": round_.revealed_at is not None,
    }
    return {key: value for key, value in stands.items() if key in (said or ())}


def replay_rounds(events: Iterable[Event]) -> tuple[dict[str, Told], dict[str, Told], dict[str, str]]:
    """Rounds by id, the plan in force of each, and digests of notes by id, after `events`."""
    opened: dict[str, Told] = {}
    planned: dict[str, Told] = {}
    noted: dict[str, str] = {}
    for event in events:
        said: Any = event.payload
        if event.verb == OPENED:
            opened[said["round_id"]] = {**said, "is_closed": False, "is_revealed": False}
        elif event.verb == PLANNED:
            planned[said["round_id"]] = dict(said)
        elif event.verb == NOTED:
            noted[said["id"]] = said["text_sha256"]
        else:
            opened[said["round_id"]]["is_closed" if event.verb == CLOSED else "is_revealed"] = True
    return opened, planned, noted


def _wrong_in_marks(tx: Reading) -> str | None:
    """Where the confidence or the marked words of a code in force are not what the log says; old events do not say."""
    stand = {item.id: item for item in tx.all(Assignment)}
    codes: Iterable[Any] = (code for event in tx.all(Event, verb=uptake.JUDGED) for code in _codes_of(event))
    for code in codes:
        item = stand.get(code["id"])
        if item is not None and "evidence_sha256" in code and marks_of(item).items() - code.items():
            return f"what was marked on segment {item.segment_id} is"
    return None


def _codes_of(event: Event) -> list[dict[str, Any]]:
    said: Any = event.payload
    return list(said["codes"])


def _wrong_in_topics(tx: Reading) -> str | None:
    ruled, linked = replay_on_topics(tx.all(Event, verb=[candidates.DECIDED, candidates.LINKED, candidates.UNLINKED]))
    stand = {item.topic_id: (item.coder_id, candidates.said_of(item)) for item in tx.all(TopicDecision)}
    ties = {item.id: (item.coder_id, candidates.tie_of(item)) for item in tx.all(ConstructLink)}
    if ruled != stand:
        return "the decisions on topics are"
    if linked != ties:
        return "the links to constructs are"
    given = {(item.topic_id, item.kind, item.coder_id): intruders.said_of(item) for item in tx.all(IntrusionAnswer)}
    if replay_answers(tx.all(Event, verb=intrusion.ANSWERED)) != given:
        return "the answers to intrusion tasks are"
    return None


def replay_answers(events: Iterable[Event]) -> Answered:
    """The answers to intrusion tasks in force after `events`."""
    return {(event.payload["topic_id"], event.payload["kind"], event.actor_id): event.payload for event in events}


def replay_codebook_changes(events: Iterable[Event]) -> dict[str, Said]:
    """The changes of the codebook that people made, by id."""
    return {str(event.payload["id"]): (event.actor_id, event.payload) for event in events}


def replay_themes(events: Iterable[Event]) -> authoring.Written:
    """The themes that stand written after `events`."""
    written: authoring.Written = {}
    for event in events:
        written = authoring.replayed(event.verb, event.payload, written)
    return written


def replay_on_topics(events: Iterable[Event]) -> tuple[Ruled, Linked]:
    """The decisions on topics and the links to constructs in force after `events`."""
    ruled: Ruled = {}
    linked: Linked = {}
    for event in events:
        said: Any = event.payload
        if event.verb == candidates.DECIDED:
            ruled[said["topic_id"]] = (event.actor_id, _without(said, "supersedes"))
        elif event.verb == candidates.LINKED:
            linked.pop(said["supersedes"], None)
            linked[said["id"]] = (event.actor_id, _without(said, "supersedes"))
        elif event.verb == candidates.UNLINKED:
            linked.pop(said["id"], None)
    return ruled, linked


def _without(said: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in said.items() if key != name}


def replay_corrections(events: Iterable[Event]) -> Corrected:
    """Every turn that was ever corrected, as it stands after `events`."""
    corrected: Corrected = {}
    for event in events:
        said: Any = event.payload
        if "turns" in said and "gone" in said:
            corrected |= {turn["id"]: (turn["revision"], turn["text_sha256"]) for turn in said["turns"]}
            corrected |= dict.fromkeys(said["gone"])
    return corrected


def replay(events: Iterable[Event]) -> tuple[Judged, Decided]:
    """The judgements and decisions in force after `events`, in their order."""
    judged: Judged = {}
    decided: Decided = {}
    of_groups: set[str] = set()
    for event in events:
        said: Any = event.payload
        if event.verb == OPENED and said.get("purpose") == Purpose.CONSENSUS:
            of_groups.add(said["round_id"])
        elif event.verb == "judged":
            if said["round_id"] in of_groups:
                _drop_others(judged, said)
            codes = frozenset((code["code_key"], code["valence"]) for code in said["codes"])
            judged[said["segment_id"], event.actor_id, said["round_id"]] = (said["version"], codes)
        elif event.verb == WITHDREW:
            judged.pop((said["segment_id"], event.actor_id, said["round_id"]), None)
        elif event.verb == DECIDED:
            for key in said.get("in_place_of", ()):
                decided.pop((said["segment_id"], key), None)
            decided[said["segment_id"], said["code_key"]] = (event.actor_id, _ruling(said))
        elif event.verb == DECIDED_MANY:
            decided |= {(one["segment_id"], one["code_key"]): (event.actor_id, _ruling(one)) for one in said["decisions"]}
    return judged, decided


def _drop_others(judged: Judged, said: Mapping[str, Any]) -> None:
    """In a round of consensus a newer judgement stands for all, whoever recorded the one before."""
    for key in [key for key in judged if (key[0], key[2]) == (said["segment_id"], said["round_id"])]:
        del judged[key]


def _judged(tx: Reading) -> Judged:
    people = {coder.id for coder in tx.all(Coder, kind=CoderKind.HUMAN)}
    codes: dict[tuple[str, str, str], set[tuple[str, str | None]]] = {}
    for item in tx.all(Assignment):
        if item.coder_id in people:
            codes.setdefault((item.segment_id, item.coder_id, item.round_id), set()).add((item.code_key, item.valence))
    visits = {(visit.segment_id, visit.coder_id, visit.round_id): visit.version for visit in tx.all(Visit)}
    return {key: (visits.get(key, 0), frozenset(codes.get(key, ()))) for key in {**visits, **codes}}


def _ruling(said: Mapping[str, Any]) -> dict[str, Any]:
    """What both the log and the table say of a decision; earlier logs have no word of votes and evidence."""
    names = ("id", "present", "valence", "reason", "evidence_sha256", "votes")
    return {name: said.get(name) for name in names}


def _decided(tx: Reading) -> Decided:
    ids = rulings.ids_of(tx)
    return {
        (item.segment_id, item.code_key): (item.adjudicator_id, _ruling(rulings.said_of(item, ids)))
        for item in tx.all(Decision)
    }
