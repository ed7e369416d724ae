"""What is behind the ledger of rounds: the segments that two or more people judged in a round, and where they differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from qualkit.model import Behind, Opens, Round
from qualkit.study import blind, judged
from qualkit.study.authoring import BY_AUTHORS
from qualkit.study.judgements import BY_CODERS
from qualkit.wording import counted

if TYPE_CHECKING:
    from qualkit.stages.adjudicate import Votes
    from qualkit.study.study import Study

BLIND, NOW = "judged blind", "as it stands now"

COLUMNS = {BLIND: 6, NOW: 12}
"""The first of the columns of `ledger.table` that are about these judgements: how many segments, then percent agreement."""


def of_study(study: Study) -> Opens:
    """What opens in the table `agreement_rounds`."""
    return {
        (row, COLUMNS[which] + n): item
        for row, round_ in enumerate(study.rounds())
        for which, pair in of_round(study, round_).items()
        for n, item in enumerate(pair)
        if item.segment_ids
    }


def of_round(study: Study, round_: Round) -> Mapping[str, tuple[Behind, Behind]]:
    """Of the blind judgements of a round, and of all of them: the segments judged by two or more, and where these differ."""
    study.codebook()  # a codebook that has changed is a new event, and with it a new head

    def found() -> Mapping[str, tuple[Behind, Behind]]:
        judged = {BLIND: blind.votes_in(study, round_), NOW: study.votes(round_.id)}
        return {which: _behind(study, votes, f"Round {round_.number}, {which}") for which, votes in judged.items()}

    settled = BY_AUTHORS | (BY_CODERS if round_.closed_at is not None else frozenset())
    return study._kept.at_head(f"behind the ledger of {round_.id}", found, but_for=settled)


def _behind(study: Study, votes: Votes, title: str) -> tuple[Behind, Behind]:
    names = {key: code.name for key, code in study.codebook().by_key.items()}
    both = {key: votes[key] for key in study.outline().places if len(votes.get(key, ())) > 1}
    found = judged.of_all_codes(both, names)
    differ = f"{title}: coders differ on {counted(len(found.apart), 'segment')}"
    return (
        Behind(title=f"{title}: judged by two or more", segment_ids=found.judged, said=found.said),
        Behind(title=differ, segment_ids=found.apart, said=found.said),
    )
