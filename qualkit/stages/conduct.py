"""How a study was done, in statements for checklists and methods: who led, who took part, where, when, and what was asked.

Every statement is made of one thing that is known, and can be seen where that can; what is not known makes none.
"""

from __future__ import annotations

from collections.abc import Iterable

from qualkit.model import Statement
from qualkit.model.facts import Facts, Known, MeetingFacts, RunFacts, SampleFacts
from qualkit.wording import counted

Statements = dict[str, Statement]
"""By key."""


def run(facts: Facts) -> Statements:
    """The statements that the facts bear out, by key."""
    return {**_of_study(facts), **_of_meetings(facts), **_of_people(facts), **_of_talk(facts)}


def listed(names: Iterable[str], at_most: int = 6) -> str:
    """`a, b and c`; of many names the first."""
    all_ = list(names)
    if len(all_) > at_most:
        return f"{', '.join(all_[:at_most])} and {len(all_) - at_most} more"
    return " and ".join(part for part in (", ".join(all_[:-1]), *all_[-1:]) if part)


def share_of(n: int, of: int, noun: str) -> str:
    """`all 4 focus groups`, `2 of 4 focus groups`; for one, `the focus group`."""
    if of == 1 and n == 1:
        return f"the {noun}"
    return f"all {of} {noun}s" if n == of else f"{n} of {of} {noun}s"


def kind_of(meetings: tuple[MeetingFacts, ...]) -> str:
    """What the conversations are called: `focus group`, `interview`, or, of several kinds, `conversation`."""
    kinds = {meeting.kind for meeting in meetings}
    return kinds.pop() if len(kinds) == 1 else "conversation"


def _of_study(facts: Facts) -> Statements:
    found = {}
    if facts.title:
        found["title"] = Statement(text=f"The study has the title “{facts.title.value}”.", proofs=facts.title.proofs)
    if facts.question:
        text = f"The research question: “{facts.question.value}”"
        found["question"] = Statement(text=text, proofs=facts.question.proofs, is_whole=True)
    for name, known in facts.leaders.items():
        text = f"Of who led the conversations, participants.csv says: {known.value}."
        found[f"leader_{name}"] = Statement(text=text, proofs=known.proofs, is_whole=True)
    return found


# ---------------------------------------------------------------- meetings


def _of_meetings(facts: Facts) -> Statements:
    known = facts.meetings
    if known is None:
        return {}
    made = {
        "facilitator": _facilitator(known, facts.led),
        "meetings": _held(known),
        "setting": _sites(facts, kind_of(known.value)),
        "presence": _presence(known),
        "recording": _recordings(known),
        "duration": _lengths(known),
    }
    return {key: statement for key, statement in made.items() if statement is not None}


def _facilitator(known: Known[tuple[MeetingFacts, ...]], said: Known[int] | None) -> Statement | None:
    led = [meeting for meeting in known.value if meeting.moderators]
    if not led:
        return None
    names = sorted({name for meeting in led for name in meeting.moderators})
    where = share_of(len(led), len(known.value), kind_of(known.value))
    text = f"A moderator speaks in {where}, in the transcripts as {listed(names)}."
    return Statement(text=text, proofs=(*known.proofs, *(said.proofs if said else ())))


def _held(known: Known[tuple[MeetingFacts, ...]]) -> Statement:
    meetings = known.value
    dates = sorted(meeting.held_on for meeting in meetings if meeting.held_on)
    text = f"The data are {counted(len(meetings), kind_of(meetings))} ({listed(meeting.title for meeting in meetings)})"
    if dates:
        when = f"on {dates[0]}" if dates[0] == dates[-1] else f"from {dates[0]} to {dates[-1]}"
        undated = len(meetings) - len(dates)
        text += f", held {when}" + (f"; of {undated} the day is not recorded" if undated else "")
    return Statement(text=f"{text}.", proofs=known.proofs, is_whole=len(dates) == len(meetings))


def _sites(facts: Facts, noun: str) -> Statement | None:
    if facts.sites is None:
        return None
    said = listed(f"{site} ({counted(n, noun)})" for site, n in sorted(facts.sites.value.items()))
    return Statement(text=f"Site: {said}.", proofs=facts.sites.proofs)


def _presence(known: Known[tuple[MeetingFacts, ...]]) -> Statement:
    observers = [f"{name} ({meeting.title})" for meeting in known.value for name in meeting.observers]
    n_unknown, n_unlisted = (
        sum(meeting.n_unknown for meeting in known.value), sum(meeting.n_unlisted for meeting in known.value),
    )  # fmt: skip
    text = (
        f"Beside participants and moderators, {listed(observers)} spoke."
        if observers
        else "Nobody is heard in the transcripts but participants and moderators."
    )
    if n_unlisted:
        them = (
            "is taken for a participant or, by name, a moderator"
            if n_unlisted == 1
            else "are taken for participants or, by name, moderators"
        )
        text += f" {counted(n_unlisted, 'speaker')} whom no participants.csv lists {them}."
    if n_unknown:
        text += f" Of {counted(n_unknown, 'turn')} it is not known who speaks."
    return Statement(text=text, proofs=known.proofs)


def _recordings(known: Known[tuple[MeetingFacts, ...]]) -> Statement | None:
    meetings = known.value
    recorded = [meeting for meeting in meetings if meeting.is_recorded]
    if not recorded:
        return None
    others = len(meetings) - len(recorded)
    text = f"Recordings of {share_of(len(recorded), len(meetings), kind_of(meetings))} are in the study"
    text += f"; {others} came in as {'a transcript' if others == 1 else 'transcripts'}." if others else "."
    return Statement(text=text, proofs=known.proofs, is_whole=not others)


def _lengths(known: Known[tuple[MeetingFacts, ...]]) -> Statement | None:
    meetings = known.value
    minutes = [meeting.length_s / 60 for meeting in meetings if meeting.length_s]
    if not minutes:
        return None
    span = f"{minutes[0]:.0f}" if len(minutes) == 1 else f"{min(minutes):.0f} to {max(minutes):.0f}"
    total = f" ({sum(minutes):.0f} in all)" if len(minutes) > 1 else ""
    where = share_of(len(minutes), len(meetings), kind_of(meetings))
    others = len(meetings) - len(minutes)
    text = f"By recording or by the times in the transcript, {where} lasted {span} minutes{total}."
    text += " The others have no times." if others else ""
    return Statement(text=text, proofs=known.proofs, is_whole=not others)


# ---------------------------------------------------------------- people, and what they were asked


def _of_people(facts: Facts) -> Statements:
    found = {}
    if facts.sample:
        noun = kind_of(facts.meetings.value) if facts.meetings else "conversation"
        found["sample_size"] = _size(facts.sample, noun)
        if facts.sample.value.attributes:
            said = listed((name.replace("_", " ") for name in facts.sample.value.attributes), at_most=12)
            text = f"participants.csv describes participants by {said}; the table of characteristics has them by group."
            found["sample"] = Statement(text=text, proofs=facts.sample.proofs, is_whole=True)
    if facts.met_twice:
        n = facts.met_twice.value
        text = (
            f"{counted(n, 'pseudonym')} of participants.csv {'stands' if n == 1 else 'stand'} in more than one meeting."
            if n
            else "No participant's pseudonym in participants.csv stands in more than one meeting."
        )
        found["repeat"] = Statement(text=text, proofs=facts.met_twice.proofs)
    return found


def _size(known: Known[SampleFacts], noun: str) -> Statement:
    size = known.value
    text = f"{counted(size.n_people, 'participant')} in {counted(size.n_meetings, noun)}"
    silent = f", {size.n_silent} of whom said nothing" if size.n_silent else ""
    return Statement(text=f"{text}{silent}.", proofs=known.proofs, is_whole=True)


def _of_talk(facts: Facts) -> Statements:
    found = {}
    if facts.guide:
        guide = facts.guide.value
        text = (
            f"A guide of {counted(guide.n_questions, 'question')} is on file; by likeness of words, what moderators said was "
            f"matched with {guide.n_followed} of them."
        )
        found["guide"] = Statement(text=text, proofs=facts.guide.proofs)
    if "transcribe" in facts.runs:
        known = facts.runs["transcribe"]
        text = f"Recordings were transcribed by a speech engine on the study's own machine ({engine_of(known.value)})."
        found["transcribed"] = Statement(text=text, proofs=known.proofs)
    if facts.corrections:
        text = f"People corrected the transcripts; {counted(facts.corrections.value, 'correction')} stand."
        found["corrected"] = Statement(text=text, proofs=facts.corrections.proofs)
    if "segment" in facts.runs:
        known = facts.runs["segment"]
        text = (
            f"Turns were cut into meaning units of whole sentences, which never cross a speaker ({known.value.summary}"
            f"{f'; {known.value.engine}' if known.value.engine else ''})."
        )
        found["units"] = Statement(text=text, proofs=known.proofs)
    return found


def engine_of(run: RunFacts) -> str:
    """What ran, with its revision."""
    revision = run.revision.removeprefix(f"{run.engine}=")
    return revision if revision.startswith(run.engine) else " ".join(part for part in (run.engine, revision) if part)
