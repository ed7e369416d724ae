"""The default machine coder: whatever there is to go by, codebook, cues and lessons, in one probability.

Until people have coded, it weighs the signals of the codebook (`similarity.py`) and its cues (`keywords.py`) as they stand
there. From then on it is `learned`, with the cues as one more signal.
"""

from __future__ import annotations

from collections.abc import Sequence

from qualkit.model import Brief
from qualkit.plugs import Tools
from qualkit.suggesters.classroom import Signal
from qualkit.suggesters.keywords import Keywords
from qualkit.suggesters.learned import Learned

CUES_WEIGHT = 2.5
"""What a cue that is certain to be telling adds to the log odds: as much as an average segment lacks."""


class Blend(Learned):
    """A `Suggester` that can always say something."""

    name = "blend"

    def more_signals(self, brief: Brief, tools: Tools) -> Sequence[Signal]:
        """The cues, if the codebook has any."""
        if not any(code.cues for code in brief.codebook.codes):
            return ()
        return ((Keywords().rate(brief, tools).scores, CUES_WEIGHT),)

    def _can_say(self, brief: Brief) -> bool:
        return bool(brief.segments) and bool(brief.codebook.codes)
