"""The default machine coder: whatever there is to go by, codebook, cues and lessons, in one probability.

Until people have coded, it weighs the signals of the codebook (`similarity.py`) and its cues (`keywords.py`) as they stand
there. From then on it is `learned`, with the cues as one more signal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from qualkit.model import Brief
from qualkit.plain import sha256_of
from qualkit.plugs import Keeper, Tools
from qualkit.suggesters.classroom import Signal
from qualkit.suggesters.keywords import Keywords
from qualkit.suggesters.learned import Learned

CUES_WEIGHT = 2.5
"""What a cue that is certain to be telling adds to the log odds: as much as an average segment lacks."""


class Blend(Learned):
    """A `Suggester` that can always say something. `keep` remembers where cues were found."""

    name = "blend"

    def __init__(self, error: float = 0.1, min_score: float = 0.15, *, most: int = 5, keep: Keeper | None = None) -> None:
        super().__init__(error, min_score, most=most)
        self._keep = keep

    def revision(self, tools: Tools) -> str:
        """See `Suggester.revision`."""
        return f"{super().revision(tools)}, {Keywords().revision(tools)}"

    def more_signals(self, brief: Brief, tools: Tools) -> Sequence[Signal]:
        """The cues, if the codebook has any."""
        cued = replace(brief.codebook, codes=tuple(code for code in brief.codebook.codes if code.cues))
        if not cued.codes:
            return ()
        scores = np.zeros((len(brief.segments), len(brief.codebook.codes)))
        columns = {code.key: column for column, code in enumerate(brief.codebook.codes)}
        rows = {segment.id: row for row, segment in enumerate(brief.segments)}
        for segment_id, code_key, score in self._cues_found(replace(brief, codebook=cued, lessons={}), tools):
            scores[rows[segment_id], columns[code_key]] = score
        return ((scores, CUES_WEIGHT),)

    def _cues_found(self, brief: Brief, tools: Tools) -> Sequence[tuple[str, str, float]]:
        """Segment, code and score wherever a cue was found."""
        machine = Keywords()

        def find() -> list[tuple[str, str, float]]:
            return [(item.segment_id, item.code_key, item.score) for item in machine.suggest(brief, tools)]

        if self._keep is None:
            return find()
        cues = [(code.key, code.cues, code.valences) for code in brief.codebook.codes]
        texts = sha256_of([(segment.id, segment.text) for segment in brief.segments])
        found: Sequence[tuple[str, str, float]] = self._keep.get_or_make([machine.revision(tools), texts, cues], find)
        return found

    def _can_say(self, brief: Brief) -> bool:
        return bool(brief.segments) and bool(brief.codebook.codes)
