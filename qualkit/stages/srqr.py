"""The standards for reporting qualitative research (SRQR), 21 items, as far as a study's record answers them.

Items after O'Brien, Harris, Beckman, Reed and Cook 2014, in words of our own.
"""

from __future__ import annotations

from qualkit.model import Checklist
from qualkit.model.facts import Facts
from qualkit.stages.checklist import Ask, fill

HEAD, INTRODUCTION, METHODS, RESULTS, DISCUSSION, OTHER = (
    "Title and abstract", "Introduction", "Methods", "Results", "Discussion", "Other",
)  # fmt: skip

SOURCE = (
    "O'Brien BC, Harris IB, Beckman TJ, Reed DA, Cook DA. Standards for reporting qualitative research: a synthesis of "
    "recommendations. Acad Med 2014;89(9):1245-1251."
)

ITEMS = (
    Ask(number="S1", domain=HEAD, topic="Title",
        question="Does the title say what the study is about, and that it is qualitative?", says=("title",),
        rest="a title that names the approach or the way in which data were gathered"),
    Ask(number="S2", domain=HEAD, topic="Abstract", question="Does the abstract sum up background, aim, methods, results?",
        authors=("abstract",)),
    Ask(number="S3", domain=INTRODUCTION, topic="Problem",
        question="Why does the matter count, and what is known and open?", authors=("problem",)),
    Ask(number="S4", domain=INTRODUCTION, topic="Purpose", question="What did the study want to find out?",
        says=("question",)),
    Ask(number="S5", domain=METHODS, topic="Approach and paradigm",
        question="Which approach, theory and paradigm, and why?", says=("orientation", "framework"),
        authors=("orientation",), rest="the approach, the paradigm, and the reasons for them"),
    Ask(number="S6", domain=METHODS, topic="Researchers and reflexivity",
        question="What in the researchers could have shaped the study, from training to ties with participants?",
        says=("facilitator", "leader_credentials", "leader_occupation", "leader_gender", "leader_training"),
        authors=("credentials", "occupation", "training", "relationship", "interviewer_characteristics"),
        rest="who the researchers are, and what they brought with them"),
    Ask(number="S7", domain=METHODS, topic="Context",
        question="In which setting was the study done, and what of it matters?", says=("setting",), authors=("context",),
        rest="what of the setting matters to the findings"),
    Ask(number="S8", domain=METHODS, topic="Sampling", question="How and why were people chosen, and when was it enough?",
        says=("saturation",), authors=("sampling",), rest="how people were chosen"),
    Ask(number="S9", domain=METHODS, topic="Ethics",
        question="Which board approved, how did people consent, how are they protected?", authors=("ethics", "consent")),
    Ask(number="S10", domain=METHODS, topic="Data collection", question="Which data were gathered, how and when?",
        says=("meetings",), rest="how the data were gathered, and on which days"),
    Ask(number="S11", domain=METHODS, topic="Instruments and devices", question="Which guides and devices were used?",
        says=("guide", "recording"), authors=("recording",),
        rest="whether the guide changed, and what recorded the conversations"),
    Ask(number="S12", domain=METHODS, topic="Units of study",
        question="How many people, events or documents, and of which kind?", says=("sample_size", "sample")),
    Ask(number="S13", domain=METHODS, topic="Data processing",
        question="How were data transcribed, checked, kept and made anonymous?",
        says=("transcribed", "corrected", "units", "audit_trail"), authors=("data_protection",),
        rest="how identities were protected and data kept safe"),
    Ask(number="S14", domain=METHODS, topic="Analysis", question="How, and by whom, were codes and themes made?",
        says=("coders", "rounds", "rulings", "derivation")),
    Ask(number="S15", domain=METHODS, topic="Trustworthiness",
        question="What was done so that the analysis can be trusted?", says=("agreement", "drawn", "audit_trail"),
        authors=("trustworthiness",)),
    Ask(number="S16", domain=RESULTS, topic="Synthesis", question="What are the main findings, and what do they add up to?",
        says=("major", "minor"), authors=("synthesis",), rest="what the themes add up to"),
    Ask(number="S17", domain=RESULTS, topic="Links to the data",
        question="Do quotations or other evidence bear out the findings?", says=("quotes",)),
    Ask(number="S18", domain=DISCUSSION, topic="Prior work and transfer",
        question="How do findings fit earlier work, and where do they hold?", authors=("prior_work",)),
    Ask(number="S19", domain=DISCUSSION, topic="Limitations", question="What limits trust in the findings and their reach?",
        authors=("limitations",)),
    Ask(number="S20", domain=OTHER, topic="Conflicts of interest",
        question="What could have swayed the study, and how was it handled?", authors=("conflicts",)),
    Ask(number="S21", domain=OTHER, topic="Funding", question="Who paid, and what part did they have?",
        authors=("funding",)),
)  # fmt: skip
"""The items in their order."""


def run(facts: Facts) -> Checklist:
    """The checklist as the facts fill it."""
    return Checklist(name="srqr", title="SRQR checklist", source=SOURCE, items=fill(ITEMS, facts))
