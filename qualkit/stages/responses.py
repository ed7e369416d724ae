"""Responses: which segment may be said to answer which, and the list of those that people recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qualkit.model import Participant, Response, Role, Segment, Table, TableCell
from qualkit.stages.themes import Corpus
from qualkit.wording import clock, counted

RECORDED = "recorded a response"
WITHDREW = "withdrew a response"

BY_INTERLOCUTORS = frozenset({RECORDED, WITHDREW})
"""Acts that change responses and nothing else: no judgement, no case and no code that counts."""


def may_answer(segment: Segment, corpus: Corpus) -> bool:
    """Whether a segment can answer another: somebody's who is neither moderator nor observer."""
    person = corpus.participants.get(segment.participant_id or "")
    return person is None or person.role is Role.PARTICIPANT


def earlier(segment: Segment, corpus: Corpus) -> list[Segment]:
    """What a segment may answer: all that others said before it in its group, the nearest first."""
    before = [
        item
        for item in corpus.segments.values()
        if item.transcript_id == segment.transcript_id and item.position < segment.position and not _is_own(item, segment)
    ]
    return sorted(before, key=lambda item: -item.position)


def _is_own(item: Segment, segment: Segment) -> bool:
    return item.turn_id == segment.turn_id or (
        item.participant_id is not None and item.participant_id == segment.participant_id
    )


def fault(segment: Segment, to: Segment, corpus: Corpus) -> str | None:
    """Why the one segment cannot be said to answer the other, None if it can."""
    if segment.transcript_id != to.transcript_id:
        return "The two segments are of different groups: people answer what was said in their own."
    if to.position >= segment.position:
        return "A segment answers an earlier one: give the later segment first."
    if _is_own(to, segment):
        return "Both segments are of the same speaker: a response is to somebody else."
    if not may_answer(segment, corpus):
        return "A moderator asks and does not agree or dissent: the segment that answers must be a participant's."
    return None


# ---------------------------------------------------------------- as a table


def table(responses: Sequence[Response], corpus: Corpus, names: Mapping[str, str]) -> Table:
    """A row for each response in force, group by group in the order of the talk; `names` has the coders' names by id."""
    there = [item for item in responses if item.segment_id in corpus.segments and item.to_segment_id in corpus.segments]

    def place(item: Response) -> tuple[str, int, int]:
        segment = corpus.segments[item.segment_id]
        label = corpus.transcripts[segment.transcript_id].label
        return label, segment.position, corpus.segments[item.to_segment_id].position

    def row(item: Response) -> tuple[TableCell, ...]:
        segment, to = corpus.segments[item.segment_id], corpus.segments[item.to_segment_id]
        return (
            corpus.transcripts[segment.transcript_id].title, speaker_of(segment, corpus), item.kind.value,
            speaker_of(to, corpus), clock(segment.start_s), segment.text, to.text, names.get(item.coder_id, ""), segment.id,
            to.id,
        )  # fmt: skip

    lost = len(responses) - len(there)
    return Table(
        title="Who answered whom",
        columns=("Group", "Speaker", "Response", "To", "Time", "Said", "In answer to", "Recorded by", "segment_id",
                 "to_segment_id"),
        rows=tuple(map(row, sorted(there, key=place))),
        notes=(
            f"{counted(len(there), 'response')} that people recorded as they read; what nobody recorded may still have been "
            "one.",
            *((f"Not shown: {counted(lost, 'response')} of segments that corrections took out.",) if lost else ()),
        ),
        is_data=True,
    )  # fmt: skip


def speaker_of(segment: Segment, corpus: Corpus) -> str:
    """Who said a segment, as it is printed."""
    person: Participant | None = corpus.participants.get(segment.participant_id or "")
    return person.pseudonym if person else "unknown speaker"
