"""Where every transcript stands in every stage: counts by transcript, of judgements only how many there are.

Everything is counted by the database or once over ids, so that a study of 50,000 segments is told as quickly as a small one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from qualkit.model import Assignment, Coder, CoderKind, Role, Round, Segment, Turn, Visit
from qualkit.study import plans
from qualkit.study.folder import label_of
from qualkit.wording import clock

if TYPE_CHECKING:
    from qualkit.study.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """So many of so many."""

    n: int
    of: int

    @property
    def part(self) -> float:
        """Of 1; 0 of nothing is 0."""
        return min(1.0, self.n / self.of) if self.of else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptStanding:
    """A transcript, or a file that is yet to become one, in every stage.

    `heard` says where its words come from. `judged` has, by coder, how many of their segments they have judged in the round.
    What follows from codes is None for who may not see it: `suggested`, segments with a suggestion of a machine; `in_topics`,
    segments in a topic; `adjudicated`, disputed cases that are decided; `in_themes`, segments that a theme rests on.
    """

    label: str
    title: str
    heard: str
    site: str | None = None
    held_on: str | None = None
    n_people: int = 0
    n_turns: int = 0
    n_segments: int = 0
    judged: Mapping[str, Share] = field(default_factory=dict)
    suggested: Share | None = None
    in_topics: Share | None = None
    adjudicated: Share | None = None
    in_themes: Share | None = None
    is_waiting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counts:
    """What is counted by transcript id; judged by transcript id and coder's name."""

    turns: Mapping[str, int]
    segments: Mapping[str, int]
    judged: Mapping[tuple[str, str], int]


def of_study(study: Study, *, is_blind: bool = False) -> list[TranscriptStanding]:
    """See `Study.standing`."""
    rows = study._kept.at_head("standing of the blind", lambda: _rows(study))
    told = rows if is_blind else study._kept.at_head(FINDINGS, lambda: _with_findings(study, rows))
    return [*told.values(), *_waiting(study, {row.label for row in rows.values()})]


FINDINGS = "standing with findings"
"""Under which name a study keeps it."""


def _rows(study: Study) -> dict[str, TranscriptStanding]:
    """All transcripts, by id, without what follows from codes."""
    counts, coders, round_ = _counted(study)
    people = Counter(item.transcript_id for item in study.people().values() if item.role is Role.PARTICIPANT)
    heard = {item.transcript_id for item in study.recordings()}
    of_coder = {name: _part(study, name, round_, counts.segments) for name in coders}
    return {
        item.id: TranscriptStanding(
            label=item.label,
            title=item.title,
            heard=_heard(item.id in heard, item.heard_s),
            site=item.site,
            held_on=item.held_on,
            n_people=people[item.id],
            n_turns=counts.turns.get(item.id, 0),
            n_segments=counts.segments.get(item.id, 0),
            judged={
                name: Share(n=counts.judged.get((item.id, name), 0), of=of.get(item.id, 0)) for name, of in of_coder.items()
            },
        )
        for item in study.transcripts()
    }


def _counted(study: Study) -> tuple[_Counts, list[str], Round | None]:
    with study.store.read() as tx:
        names = {coder.id: coder.name for coder in tx.all(Coder, kind=CoderKind.HUMAN)}
        rounds = tx.all(Round)
        turns = tx.counts(Turn, "transcript_id")
        segments = tx.counts(Segment, "transcript_id", is_coded=True)
        visits = (
            tx.counts(Visit, "transcript_id", "coder_id", through=Segment, is_coded=True, round_id=rounds[-1].id)
            if rounds
            else {}
        )
    judged = {(key, names[coder]): n for (key, coder), n in visits.items() if coder in names}
    known = dict.fromkeys((*study.config.coders, *sorted({name for _, name in judged})))
    coders = [name for name in known if name not in study.config.adjudicators]
    counts = _Counts(turns=_first(turns), segments=_first(segments), judged=judged)
    return counts, coders, rounds[-1] if rounds else None


def _first(counts: Mapping[tuple[str, ...], int]) -> dict[str, int]:
    return {key: n for (key,), n in counts.items()}


def _part(study: Study, name: str, round_: Round | None, segments: Mapping[str, int]) -> Mapping[str, int]:
    """How many segments a coder has before them, by transcript."""
    part = plans.part_of(study, name, round_) if round_ else None
    return segments if part is None else _by_transcript(study, part)


def _by_transcript(study: Study, segment_ids: Collection[str]) -> Counter[str]:
    places = study.outline().places
    return Counter(places[key] for key in segment_ids if key in places)


def _heard(has_audio: bool, heard_s: float | None) -> str:
    if heard_s is not None:
        return f"to {clock(heard_s)}"
    return "audio" if has_audio else "text"


def _with_findings(study: Study, rows: Mapping[str, TranscriptStanding]) -> dict[str, TranscriptStanding]:
    disputed, decided = Counter[str](), Counter[str]()
    with study.store.read() as tx:
        machines = [coder.id for coder in tx.all(Coder, kind=CoderKind.MACHINE)]
        suggested = _first(
            tx.counts(Assignment, "transcript_id", through=Segment, distinct="segment_id", coder_id=machines)
            if machines
            else {}
        )
    in_topics = {key for topic in study.topics() if topic.number >= 0 for key in topic.segment_ids}
    topics = _by_transcript(study, in_topics)
    cases = study.cases_by_segment()
    for segment_id, where in study.outline().places.items():
        for case in cases.get(segment_id, ()):
            if case.is_disputed:
                disputed[where] += 1
                decided[where] += case.decision is not None
    themes = _by_transcript(study, {key for item in study.theme_standings() for key in item.segment_ids})
    return {
        key: replace(
            row,
            suggested=Share(n=suggested.get(key, 0), of=row.n_segments) if machines else None,
            in_topics=Share(n=topics[key], of=row.n_segments) if in_topics else None,
            adjudicated=Share(n=decided[key], of=disputed[key]) if disputed[key] else None,
            in_themes=Share(n=themes[key], of=row.n_segments) if themes else None,
        )
        for key, row in rows.items()
    }


def _waiting(study: Study, known: Collection[str]) -> list[TranscriptStanding]:
    """Files that no stage has made a transcript of yet."""
    files = {label_of(path): path for path in (*study.transcript_files(), *study.folder.recordings())}
    return [
        TranscriptStanding(label=label, title=study.meeting(label).title or label, heard="not yet", is_waiting=True)
        for label in sorted(files)
        if label not in known
    ]
