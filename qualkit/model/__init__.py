"""Every kind of thing qualkit keeps, and the rules that make one valid. Import them from here.

Standard library only (and `plain`), so that any floor may use it. All types are frozen, slotted and keyword-only. Conventions:

- seconds end in `_s`; character offsets end in `_char`, count Unicode code points and are half-open;
- confidence and score lie in 0 to 1; instants end in `_at` and are aware UTC;
- ids are UUID text. What people make gets a random id; what a machine derives from something gets an id computed from
  it (`derived_id`), so that the same input always yields the same ids and two teams' files can be merged.
"""

from qualkit.model.across import Carried, Cell, CrossRow, Crosstab, GuideQuestion, Stratum
from qualkit.model.base import by_id, derived_id, grouped, new_id, utc_now
from qualkit.model.codebook import Code, Codebook, Origin, Valence
from qualkit.model.coding import (
    REASONS,
    Assignment,
    Basis,
    Case,
    Choice,
    Coder,
    CoderKind,
    Decision,
    Evidence,
    FinalCode,
    Neighbour,
    Round,
    Sample,
    Visit,
)
from qualkit.model.findings import Agreement, Quote, Table, Theme, ThemeRow
from qualkit.model.heard import Heard, LocalVoice, Mark, SpeakerCount, Utterance, Voices, VoiceTurn, Word
from qualkit.model.machines import Brief, Exposure, Lesson, Ruling, Suggestion, Uptake, Verdict, Worth
from qualkit.model.records import Event, Run
from qualkit.model.talk import (
    Correction,
    Participant,
    Recording,
    Role,
    Segment,
    SpokenTranscript,
    SpokenTurn,
    StudyInfo,
    Transcript,
    Turn,
    TurnAt,
)
from qualkit.model.topics import (
    OUTLIERS,
    ConstructLink,
    IntrusionAnswer,
    IntrusionKind,
    Landscape,
    Merge,
    Place,
    Topic,
    TopicDecision,
    TopicVerdict,
)

__all__ = [
    "OUTLIERS",
    "REASONS",
    "Agreement",
    "Assignment",
    "Basis",
    "Brief",
    "Carried",
    "Case",
    "Cell",
    "Choice",
    "Code",
    "Codebook",
    "Coder",
    "CoderKind",
    "ConstructLink",
    "Correction",
    "CrossRow",
    "Crosstab",
    "Decision",
    "Event",
    "Evidence",
    "Exposure",
    "FinalCode",
    "GuideQuestion",
    "Heard",
    "IntrusionAnswer",
    "IntrusionKind",
    "Landscape",
    "Lesson",
    "LocalVoice",
    "Mark",
    "Merge",
    "Neighbour",
    "Origin",
    "Participant",
    "Place",
    "Quote",
    "Recording",
    "Role",
    "Round",
    "Ruling",
    "Run",
    "Sample",
    "Segment",
    "SpeakerCount",
    "SpokenTranscript",
    "SpokenTurn",
    "Stratum",
    "StudyInfo",
    "Suggestion",
    "Table",
    "Theme",
    "ThemeRow",
    "Topic",
    "TopicDecision",
    "TopicVerdict",
    "Transcript",
    "Turn",
    "TurnAt",
    "Uptake",
    "Utterance",
    "Valence",
    "Verdict",
    "Visit",
    "VoiceTurn",
    "Voices",
    "Word",
    "Worth",
    "by_id",
    "derived_id",
    "grouped",
    "new_id",
    "utc_now",
]
