"""Which of a coder's judgements counts where there are several rounds, and which of them were blind.

Of each coder and segment the newest judgement counts. What a group agreed on in a round of consensus is no vote of any coder:
it is decided.

A judgement speaks of reliability only if no other coder's code of the segment could have shaped it: it was made in a blind
round of independent coding, before that was revealed; the coder was not shown others' codes of the segment in an earlier
round; and no earlier round in which the segment was judged had been revealed when this one was opened. What is coded again
after a discussion agrees because of the discussion.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from qualkit.model import Event, Purpose, Round
from qualkit.stages.uptake import JUDGED

Said = Mapping[tuple[str, str], Mapping[str, str | None]]
"""(segment id, coder id) -> code -> valence, or "present" for a code without one; {} for "looked, and no code fits"."""


def numbers(rounds: Iterable[Round]) -> dict[str, int]:
    """Numbers of the rounds in which coders vote, by id: all but those of consensus."""
    return {item.id: item.number for item in rounds if item.purpose is not Purpose.CONSENSUS}


def newest(visits: Iterable[tuple[str, str, str]], number_of: Mapping[str, int]) -> dict[tuple[str, str], str]:
    """The round of the newest judgement of each segment and coder, by (segment id, coder id).

    `visits` are (segment id, coder id, round id); those in a round without a number are passed over.
    """
    found: dict[tuple[str, str], str] = {}
    for segment_id, coder_id, round_id in visits:
        key = (segment_id, coder_id)
        if round_id in number_of and (key not in found or number_of[round_id] > number_of[found[key]]):
            found[key] = round_id
    return found


def in_force(events: Iterable[Event], *, round_id: str, before: int | None) -> dict[tuple[str, str], Event]:
    """The judgements in force in a round before the event numbered `before`, at its end for None, by (segment id, coder id).

    `events` are judgements and withdrawals, in order.
    """
    found: dict[tuple[str, str], Event] = {}
    for event in events:
        if event.payload["round_id"] == round_id and (before is None or event.seq < before):
            key = (event.payload["segment_id"], event.actor_id)
            if event.verb == JUDGED:
                found[key] = event
            else:
                found.pop(key, None)
    return found


def said(judgements: Mapping[tuple[str, str], Event]) -> Said:
    """What judgements of the log say."""
    return {
        key: {code["code_key"]: code["valence"] or "present" for code in event.payload["codes"]}
        for key, event in judgements.items()
    }


def told_before(round_: Round, rounds: Sequence[Round]) -> frozenset[str]:
    """Ids of the rounds whose codes everybody could see when `round_` was opened."""
    return frozenset(
        item.id
        for item in rounds
        if item.number < round_.number
        and (not item.blind or (item.revealed_at is not None and item.revealed_at <= round_.opened_at))
    )


def blind(said: Said, *, told: Collection[str], shown: Collection[tuple[str, str]]) -> dict[tuple[str, str], Any]:
    """Of what coders said, that which no other's code of the segment could have shaped.

    `told` are the segments that were judged in a round whose codes everybody could see, `shown` the segments and coders of
    whom the log says that they were shown others' codes of an earlier round.
    """
    return {key: codes for key, codes in said.items() if key[0] not in told and key not in shown}
