"""What the events of a log come to, replayed one after the other: what its tables must say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from qualkit.model import Event, Purpose
from qualkit.stages import responses as interaction
from qualkit.stages.ratings import RATED
from qualkit.stages.uptake import JUDGED
from qualkit.study import authoring, candidates
from qualkit.study.judgements import CLOSED, DECIDED, DECIDED_MANY, NOTED, OPENED, WITHDREW
from qualkit.study.plans import PLANNED

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

Rated = dict[tuple[str, str, str], Mapping[str, Any]]
"""(construct, case, rater) -> the rating in force."""

Settled = dict[tuple[str, str], Said]
"""(construct, case) -> what raters agreed on."""


def judgements(events: Iterable[Event]) -> tuple[Judged, Decided]:
    """The judgements and decisions in force after `events`, in their order."""
    judged: Judged = {}
    decided: Decided = {}
    of_groups: set[str] = set()
    for event in events:
        said: Any = event.payload
        if event.verb == OPENED and said.get("purpose") == Purpose.CONSENSUS:
            of_groups.add(said["round_id"])
        elif event.verb == JUDGED:
            if said["round_id"] in of_groups:
                _drop_others(judged, said)
            codes = frozenset((code["code_key"], code["valence"]) for code in said["codes"])
            judged[said["segment_id"], event.actor_id, said["round_id"]] = (said["version"], codes)
        elif event.verb == WITHDREW:
            judged.pop((said["segment_id"], event.actor_id, said["round_id"]), None)
        elif event.verb == DECIDED:
            for key in said.get("in_place_of", ()):
                decided.pop((said["segment_id"], key), None)
            decided[said["segment_id"], said["code_key"]] = (event.actor_id, ruling(said, said["round_id"]))
        elif event.verb == DECIDED_MANY:
            for one in said["decisions"]:
                decided[one["segment_id"], one["code_key"]] = (event.actor_id, ruling(one, said["round_id"]))
    return judged, decided


def _drop_others(judged: Judged, said: Mapping[str, Any]) -> None:
    """In a round of consensus a newer judgement stands for all, whoever recorded the one before."""
    for key in [key for key in judged if (key[0], key[2]) == (said["segment_id"], said["round_id"])]:
        del judged[key]


def ruling(said: Mapping[str, Any], round_id: str) -> dict[str, Any]:
    """What both the log and the table say of a decision; earlier logs have no word of votes and evidence."""
    names = ("id", "present", "valence", "reason", "evidence_sha256", "votes")
    return {**{name: said.get(name) for name in names}, "round_id": round_id}


def corrections(events: Iterable[Event]) -> Corrected:
    """Every turn that was ever corrected, as it stands after `events`."""
    corrected: Corrected = {}
    for event in events:
        said: Any = event.payload
        if "turns" in said and "gone" in said:
            corrected |= {turn["id"]: (turn["revision"], turn["text_sha256"]) for turn in said["turns"]}
            corrected |= dict.fromkeys(said["gone"])
    return corrected


def rounds(events: Iterable[Event]) -> tuple[dict[str, Told], dict[str, Told], dict[str, Said]]:
    """Rounds by id, the plan in force of each, and notes by id, after `events`."""
    opened: dict[str, Told] = {}
    planned: dict[str, Told] = {}
    noted: dict[str, Said] = {}
    for event in events:
        said: Any = event.payload
        if event.verb == OPENED:
            opened[said["round_id"]] = {**said, "is_closed": False, "is_revealed": False}
        elif event.verb == PLANNED:
            planned[said["round_id"]] = dict(said)
        elif event.verb == NOTED:
            noted[said["id"]] = (event.actor_id, said)
        else:
            opened[said["round_id"]]["is_closed" if event.verb == CLOSED else "is_revealed"] = True
    return opened, planned, noted


def codebook_changes(events: Iterable[Event]) -> dict[str, Said]:
    """The changes of the codebook that people made, by id."""
    return {str(event.payload["id"]): (event.actor_id, event.payload) for event in events}


def themes(events: Iterable[Event]) -> authoring.Written:
    """The themes that stand written after `events`."""
    written: authoring.Written = {}
    for event in events:
        written = authoring.replayed(event.verb, event.payload, written)
    return written


def on_topics(events: Iterable[Event]) -> tuple[Ruled, Linked]:
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


def responses(events: Iterable[Event]) -> dict[str, Said]:
    """The responses in force after `events`, by id."""
    found: dict[str, Said] = {}
    for event in events:
        said: Any = event.payload
        if event.verb == interaction.RECORDED:
            found.pop(said["supersedes"], None)
            found[said["id"]] = (event.actor_id, _without(said, "supersedes"))
        else:
            found.pop(said["id"], None)
    return found


def _without(said: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in said.items() if key != name}


def answers(events: Iterable[Event]) -> Answered:
    """The answers to intrusion tasks in force after `events`."""
    return {(event.payload["topic_id"], event.payload["kind"], event.actor_id): event.payload for event in events}


def decision_notes(events: Iterable[Event]) -> dict[str, tuple[str, str | None]]:
    """Of each decision, by id, what the digest of its note is salted with, and the digest."""
    found: dict[str, tuple[str, str | None]] = {}
    for event in events:
        said: Any = event.payload
        if event.verb == DECIDED_MANY:
            found |= {one["id"]: (event.client_id, said["note_sha256"]) for one in said["decisions"]}
        else:
            found[said["id"]] = (said["id"], said["note_sha256"])
    return found


def ratings(events: Iterable[Event]) -> tuple[Rated, Settled]:
    """The ratings and the consensus in force after `events`."""
    rated: Rated = {}
    settled: Settled = {}
    for event in events:
        said: Any = event.payload
        told = _without(said, "supersedes")
        if event.verb == RATED:
            rated[said["construct_key"], said["case_id"], event.actor_id] = told
        else:
            settled[said["construct_key"], said["case_id"]] = (event.actor_id, told)
    return rated, settled
