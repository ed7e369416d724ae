"""The consolidated criteria for reporting qualitative research (COREQ), 32 items, as far as a study's record answers them.

Items after Tong, Sainsbury and Craig 2007, in words of our own.
"""

from __future__ import annotations

from qualkit.model import Checklist
from qualkit.model.facts import Facts
from qualkit.stages.checklist import Ask, fill

TEAM = "Research team and reflexivity"
DESIGN = "Study design"
FINDINGS = "Analysis and findings"

SOURCE = (
    "Tong A, Sainsbury P, Craig J. Consolidated criteria for reporting qualitative research (COREQ): a 32-item checklist for "
    "interviews and focus groups. Int J Qual Health Care 2007;19(6):349-357."
)

ITEMS = (
    Ask(number="1", domain=TEAM, topic="Facilitator",
        question="Who led the conversations, and which of the authors was it?", says=("facilitator",),
        authors=("facilitator",), rest="who the moderators were, and which of the authors"),
    Ask(number="2", domain=TEAM, topic="Credentials", question="Which degrees did they hold?", says=("leader_credentials",),
        authors=("credentials",)),
    Ask(number="3", domain=TEAM, topic="Occupation", question="What was their work when the study was done?",
        says=("leader_occupation",), authors=("occupation",)),
    Ask(number="4", domain=TEAM, topic="Gender", question="Which gender were they?", says=("leader_gender",),
        authors=("gender",)),
    Ask(number="5", domain=TEAM, topic="Experience and training",
        question="What had they learned or done that prepared them?", says=("leader_training",), authors=("training",)),
    Ask(number="6", domain=TEAM, topic="Relationship before the study",
        question="Did they and the participants know each other?", authors=("relationship",)),
    Ask(number="7", domain=TEAM, topic="What participants knew",
        question="What had participants been told of them and their aims?", authors=("participant_knowledge",)),
    Ask(number="8", domain=TEAM, topic="What the team brought with it",
        question="Which interests, reasons or leanings of theirs are disclosed?", authors=("interviewer_characteristics",)),
    Ask(number="9", domain=DESIGN, topic="Methodological orientation",
        question="Which approach and theory did the study follow?", says=("orientation", "framework"),
        authors=("orientation",), rest="the methodological approach and theory"),
    Ask(number="10", domain=DESIGN, topic="Sampling", question="In what way were people chosen?", authors=("sampling",)),
    Ask(number="11", domain=DESIGN, topic="Way of approach", question="By which route were they asked to take part?",
        authors=("approach",)),
    Ask(number="12", domain=DESIGN, topic="Sample size", question="How many took part?", says=("sample_size",)),
    Ask(number="13", domain=DESIGN, topic="Who did not take part",
        question="How many declined or left, and for which reasons?", authors=("non_participation",)),
    Ask(number="14", domain=DESIGN, topic="Setting", question="In which place, or over which platform, did people meet?",
        says=("setting",), authors=("setting",), rest="the kind of place or the platform"),
    Ask(number="15", domain=DESIGN, topic="Others present",
        question="Was anybody there beside participants and researchers?", says=("presence",), authors=("presence",),
        rest="whether somebody was there who did not speak"),
    Ask(number="16", domain=DESIGN, topic="Description of the sample",
        question="What matters to know of those who took part?", says=("sample",)),
    Ask(number="17", domain=DESIGN, topic="Guide",
        question="Which questions and prompts were set, and were they tried out before?", says=("guide",),
        authors=("pilot_testing",), rest="whether the guide was tried out beforehand"),
    Ask(number="18", domain=DESIGN, topic="Repeat conversations",
        question="Did anybody take part more than once, and how often?", says=("repeat",), authors=("repeat_interviews",),
        rest="whether one pseudonym always means one person, so that nobody came twice under two"),
    Ask(number="19", domain=DESIGN, topic="Recording", question="Was sound or picture recorded?", says=("recording",),
        authors=("recording",), rest="how the other conversations were recorded"),
    Ask(number="20", domain=DESIGN, topic="Field notes", question="Were notes taken during or after the conversations?",
        authors=("field_notes",)),
    Ask(number="21", domain=DESIGN, topic="Duration", question="How long did the conversations last?", says=("duration",),
        authors=("duration",), rest="how long the others lasted"),
    Ask(number="22", domain=DESIGN, topic="Saturation",
        question="Was it considered whether more data would bring anything new?", says=("saturation",),
        authors=("saturation",), rest="what was concluded from it"),
    Ask(number="23", domain=DESIGN, topic="Transcripts returned",
        question="Could people comment on or correct their transcripts?", authors=("transcripts_returned",)),
    Ask(number="24", domain=FINDINGS, topic="Number of coders", question="How many people coded the data?",
        says=("coders", "rounds", "rulings")),
    Ask(number="25", domain=FINDINGS, topic="Coding tree", question="Is the set of codes laid open?",
        says=("coding_tree",)),
    Ask(number="26", domain=FINDINGS, topic="Origin of themes",
        question="Were themes set beforehand, or did they come from the data?", says=("derivation",)),
    Ask(number="27", domain=FINDINGS, topic="Software", question="Which programs handled the data?", says=("software",)),
    Ask(number="28", domain=FINDINGS, topic="Participants' feedback", question="Did participants respond to the findings?",
        authors=("participant_checking",)),
    Ask(number="29", domain=FINDINGS, topic="Quotations",
        question="Do quotations bear out the themes, each with its speaker?", says=("quotes",)),
    Ask(number="30", domain=FINDINGS, topic="Data and findings agree",
        question="Do the findings follow from the data shown?", says=("consistency", "counted"),
        rest="whether the text of the paper says no more than the table"),
    Ask(number="31", domain=FINDINGS, topic="Major themes", question="Are the main themes set out clearly?",
        says=("major",), rest="which of them the paper takes for the major ones"),
    Ask(number="32", domain=FINDINGS, topic="Minor themes and other voices",
        question="Are lesser themes and deviant cases described?", says=("minor",), rest="what the paper makes of them"),
)  # fmt: skip
"""The items in their order."""


def run(facts: Facts) -> Checklist:
    """The checklist as the facts fill it."""
    return Checklist(name="coreq", title="COREQ checklist", source=SOURCE, items=fill(ITEMS, facts))
