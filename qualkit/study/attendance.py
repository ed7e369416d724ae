"""Who took part in the meetings and said nothing: people that `participants.csv` lists and no turn belongs to.

They are counted in every "of N". A row that gives a name to a voice that was never heard, `Speaker 9`, is nobody.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from qualkit.errors import ReadError
from qualkit.model import Participant, Role, Transcript, derived_id

if TYPE_CHECKING:
    from qualkit.study.study import Study

_VOICE = re.compile(r"speaker[ _]?\d+", re.IGNORECASE)


def silent(study: Study, transcripts: Mapping[str, Transcript], heard: Collection[str]) -> list[Participant]:
    """People of the meetings who are not among those `heard`, by their ids, in the order of the list.

    A list that cannot be read is as none: `Study.roster` says what is wrong with it.
    """
    try:
        roster = study.roster()
    except ReadError:
        return []
    meetings = {meeting.label.casefold(): meeting for meeting in transcripts.values()}
    found: dict[str, Participant] = {}
    for (label, _), person in roster.items():
        meeting = meetings.get(label)
        if meeting is None or person.role is not Role.PARTICIPANT or _VOICE.fullmatch(person.pseudonym):
            continue
        identity = derived_id("participant", meeting.id, person.pseudonym)
        if identity not in heard and identity not in found:
            found[identity] = Participant(
                id=identity,
                transcript_id=meeting.id,
                pseudonym=person.pseudonym,
                role=person.role,
                label=person.speaker,
                attributes=person.attributes,
            )
    return list(found.values())
