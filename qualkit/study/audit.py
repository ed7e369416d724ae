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
    Rating,
    RatingConsensus,
    Response,
    Round,
    RoundNote,
    Sample,
    Theme,
    TopicDecision,
    Turn,
    Visit,
)
from qualkit.plain import as_plain
from qualkit.stages import intrusion, uptake
from qualkit.stages.ratings import AGREED, RATED
from qualkit.stages.responses import BY_INTERLOCUTORS
from qualkit.store import Reading
from qualkit.study import (
    authoring,
    candidates,
    codebook_changes,
    intruders,
    plans,
    rating_views,
    replays,
    responses,
    rounds,
    rulings,
    samples,
)
from qualkit.study.judgements import CLOSED, DECIDED, DECIDED_MANY, NOTED, OPENED, REVEALED, digest, marks_of
from qualkit.study.plans import PLANNED
from qualkit.study.revisions import text_digest

K = TypeVar("K")


def fault(tx: Reading) -> str | None:
    """None when the log is whole and the tables follow from it, else a sentence that says where they do not."""
    broken = tx.verify()
    if broken:
        return broken
    checks = (
        _wrong_in_judgements, _wrong_in_marks, _wrong_in_decision_notes, _wrong_in_rounds, _wrong_in_sample, _wrong_in_codebook,
        _wrong_in_topics, _wrong_in_themes, _wrong_in_turns, _wrong_in_responses, _wrong_in_ratings,
    )  # fmt: skip
    try:
        wrong = next((found for check in checks if (found := check(tx))), None)
    except (KeyError, TypeError, ValueError) as error:
        return f"The log is whole, but a table holds what nobody can have said ({error}): it was changed by hand."
    return f"The log is whole, but {wrong} not what it says: a table was changed by hand." if wrong else None


def _wrong_in_judgements(tx: Reading) -> str | None:
    judged, decided = replays.judgements(tx.all(Event))
    for wrong, what in ((_differing(judged, _judged(tx)), "judgements"), (_differing(decided, _decided(tx)), "decisions")):
        if wrong is not None:
            return f"the {what} on segment {wrong[0]} are"
    return None


def _wrong_in_decision_notes(tx: Reading) -> str | None:
    """Where a note that is there is not the one that was made; one that was erased is none."""
    noted = replays.decision_notes(tx.all(Event, verb=[DECIDED, DECIDED_MANY]))
    for item in tx.all(Decision):
        salt, proof = noted[item.id]
        if item.note and digest(item.note, salt) != proof:
            return f"the note of a decision on segment {item.segment_id} is"
    return None


def _wrong_in_codebook(tx: Reading) -> str | None:
    changed = {item.id: (item.coder_id, as_plain(codebook_changes.said_of(item))) for item in tx.all(CodebookChange)}
    if changed != replays.codebook_changes(tx.all(Event, verb=codebook_changes.CHANGED)):
        return "the changes of the codebook are"
    read = {event.payload["sha256"] for event in tx.all(Event, verb=codebook_changes.READ)}
    books = tx.codebooks()
    is_so = books.keys() == read and all(book.sha256 == sha256 for sha256, book in books.items())
    return None if is_so else "the versions of the codebook are"


def _wrong_in_sample(tx: Reading) -> str | None:
    drawn = [event.payload for event in tx.all(Event, verb=samples.DREW)][-1:]
    is_so = drawn == [as_plain(samples.said_of(item)) for item in tx.all(Sample)]
    return None if is_so else "the reliability sample is"


def _wrong_in_themes(tx: Reading) -> str | None:
    written = replays.themes(tx.all(Event, verb=sorted(authoring.ON_THEMES)))
    themes = {theme.id: authoring.said_of(theme) for theme in tx.all(Theme)}
    is_so = themes.keys() == written.keys() and not any(said and said != themes[key] for key, said in written.items())
    return None if is_so else "the themes are"


def _wrong_in_turns(tx: Reading) -> str | None:
    corrected = replays.corrections(tx.all(Event))
    stands = {turn.id: (turn.revision, text_digest(turn)) for turn in tx.all(Turn, id=list(corrected))} if corrected else {}
    turned = next((key for key in corrected if corrected[key] != stands.get(key)), None)
    return f"the corrected turn {turned} is" if turned is not None else None


def _differing(said: Mapping[K, Any], kept: Mapping[K, Any]) -> K | None:
    """A key of which the log and the tables say different things."""
    return next((key for key in [*said, *kept] if said.get(key) != kept.get(key)), None)


def _wrong_in_rounds(tx: Reading) -> str | None:
    events = tx.all(Event, verb=[OPENED, CLOSED, REVEALED, PLANNED, NOTED])
    opened, planned, noted = replays.rounds(events)
    if opened != {item.id: _standing(item, opened.get(item.id)) for item in tx.all(Round)}:
        return "the rounds are"
    if planned != {item.round_id: plans.said_of(item) for item in tx.all(Plan)}:
        return "the plans of who codes what are"
    if any(noted.get(item.id) != (item.coder_id, rounds.said_of_note(item)) for item in tx.all(RoundNote)):
        return "the notes of discussions are"
    return None


def _standing(round_: Round, said: replays.Told | None) -> replays.Told:
    """A round as its table has it, in what the log says of it: older logs say less."""
    stands = {
        **rounds.said_of(round_),
        "is_closed": round_.closed_at is not None,
        "is_revealed": round_.revealed_at is not None,
    }
    return {key: value for key, value in stands.items() if key in (said or ())}


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
    ruled, linked = replays.on_topics(tx.all(Event, verb=[candidates.DECIDED, candidates.LINKED, candidates.UNLINKED]))
    stand = {item.topic_id: (item.coder_id, candidates.said_of(item)) for item in tx.all(TopicDecision)}
    ties = {item.id: (item.coder_id, candidates.tie_of(item)) for item in tx.all(ConstructLink)}
    if ruled != stand:
        return "the decisions on topics are"
    if linked != ties:
        return "the links to constructs are"
    given = {(item.topic_id, item.kind, item.coder_id): intruders.said_of(item) for item in tx.all(IntrusionAnswer)}
    if replays.answers(tx.all(Event, verb=intrusion.ANSWERED)) != given:
        return "the answers to intrusion tasks are"
    return None


def _wrong_in_responses(tx: Reading) -> str | None:
    said = replays.responses(tx.all(Event, verb=sorted(BY_INTERLOCUTORS)))
    stand = {item.id: (item.coder_id, as_plain(responses.said_of(item))) for item in tx.all(Response)}
    return None if said == stand else "the responses of participants to each other are"


def _wrong_in_ratings(tx: Reading) -> str | None:
    """Where a rating or a consensus in force is not what was said; a reason that was erased is none."""
    rated, settled = replays.ratings(tx.all(Event, verb=[RATED, AGREED]))
    ratings = {(item.construct_key, item.case_id, item.coder_id): item for item in tx.all(Rating)}
    agreed = {(item.construct_key, item.case_id): item for item in tx.all(RatingConsensus)}
    if rated != {key: _told_of(item, rated.get(key)) for key, item in ratings.items()}:
        return "the ratings are"
    if settled != {key: (item.coder_id, _told_of(item, settled.get(key, ("", {}))[1])) for key, item in agreed.items()}:
        return "what raters agreed on is"
    return None


def _told_of(item: Rating | RatingConsensus, said: Mapping[str, Any] | None) -> dict[str, Any]:
    """A rating as its table has it, in what the log says of it."""
    stands: dict[str, Any] = as_plain(rating_views.said_of(item))
    return stands if item.reason or not said else {**stands, "reason_sha256": said["reason_sha256"]}


def _judged(tx: Reading) -> replays.Judged:
    people = {coder.id for coder in tx.all(Coder, kind=CoderKind.HUMAN)}
    codes: dict[tuple[str, str, str], set[tuple[str, str | None]]] = {}
    for item in tx.all(Assignment):
        if item.coder_id in people:
            codes.setdefault((item.segment_id, item.coder_id, item.round_id), set()).add((item.code_key, item.valence))
    visits = {(visit.segment_id, visit.coder_id, visit.round_id): visit.version for visit in tx.all(Visit)}
    return {key: (visits.get(key, 0), frozenset(codes.get(key, ()))) for key in {**visits, **codes}}


def _decided(tx: Reading) -> replays.Decided:
    ids = rulings.ids_of(tx)
    return {
        (item.segment_id, item.code_key): (item.adjudicator_id, replays.ruling(rulings.said_of(item, ids), item.round_id))
        for item in tx.all(Decision)
    }
