"""Draw the segments on which reliability is measured: at random, the same share of every transcript.

Units come from what there is to be coded and never from what somebody has coded, so that a code that everybody missed
counts; and never by what a machine finds interesting, so that agreement on them speaks for the whole.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from qualkit.model import Segment, grouped


def run(*, segments: Sequence[Segment], share: float, seed: int) -> list[str]:
    """Ids of the drawn segments, in a random order through all transcripts.

    Of each transcript the nearest whole number to `share` of its segments to be coded, at least one. What is drawn from a
    transcript depends on its own segments alone: further transcripts leave it as it is.
    """
    by_transcript = grouped((item for item in segments if item.is_coded), lambda item: item.transcript_id)
    drawn: list[str] = []
    for transcript_id, own in by_transcript.items():
        ids = sorted(item.id for item in own)
        drawn += random.Random(f"{seed} {transcript_id}").sample(ids, max(1, round(share * len(ids))))
    drawn.sort()
    random.Random(seed).shuffle(drawn)
    return drawn
