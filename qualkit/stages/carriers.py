"""Who some segments rest on: how many groups and people said them, and who said most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from qualkit.model import Carried, Role, Segment
from qualkit.stages.themes import Corpus

UNKNOWN = "not known"


def carriers(coded: Sequence[Segment], corpus: Corpus) -> Callable[[Sequence[Segment]], Carried]:
    """What says of some of the `coded` segments how many people and groups said them, and who said most."""
    of_groups = len({segment.transcript_id for segment in coded})
    of_participants = sum(person.role is Role.PARTICIPANT for person in corpus.participants.values())

    def carried(segments: Sequence[Segment]) -> Carried:
        people = Counter(segment.participant_id for segment in segments if segment.participant_id)
        groups = Counter(segment.transcript_id for segment in segments)
        person, group = (_most(counts) for counts in (people, groups))
        total = max(len(segments), 1)
        return Carried(
            n_groups=len(groups),
            of_groups=of_groups,
            n_participants=len(people),
            of_participants=of_participants,
            participant=_pseudonym(corpus, person[0]) if person else None,
            participant_share=person[1] / total if person else 0.0,
            group=corpus.transcripts[group[0]].title if group else None,
            group_share=group[1] / total if group else 0.0,
            n_segments=len(segments),
        )

    return carried


def _most(counts: Counter[str]) -> tuple[str, int] | None:
    """The key counted most often, the first of equals by key."""
    return min(counts.items(), key=lambda item: (-item[1], item[0]), default=None)


def _pseudonym(corpus: Corpus, participant_id: str) -> str:
    person = corpus.participants.get(participant_id)
    return person.pseudonym if person else UNKNOWN
