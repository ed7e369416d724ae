"""What a study's database has of what was pressed: nothing here trusts what a page or a client says of itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qualkit.model import Coder, Event, Segment, Visit
from qualkit.stages.uptake import JUDGED
from qualkit.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What became of decisions that were pressed under known client ids."""

    n_pressed: int
    n_lost: int
    """Pressed and not in the log."""
    n_double: int
    """Acts in the log beyond one for a press, and judgements that count more than one version for one press."""
    fault: str | None
    """What `Study.verify` finds."""


def judged_by(study: Path, name: str) -> list[str]:
    """The words of each segment that a person judged, once for each judgement, from the log."""
    opened = Study.open(study)
    try:
        with opened.store.read() as tx:
            who = tx.first(Coder, name=name)
            events = tx.all(Event, actor_id=who.id, verb=JUDGED) if who else []
            keys = [str(event.payload["segment_id"]) for event in events]
            words = {segment.id: segment.text for segment in tx.all(Segment, id=keys)}
        return [words[key] for key in keys]
    finally:
        opened.store.close()


def unseen(recorded: Sequence[str], painted: set[str]) -> int:
    """How many of the recorded judgements are on a segment whose words were never painted."""
    return sum(words not in painted for words in recorded)


def audit(study: Path, pressed: Mapping[str, Mapping[str, str]]) -> Audit:
    """Look up what each coder pressed: by name, the segment by client id. Each segment was judged once by each."""
    opened = Study.open(study)
    try:
        with opened.store.read() as tx:
            ids = {coder.name: coder.id for coder in tx.all(Coder)}
            kept, versions = [], []
            for name, acts in pressed.items():
                events = tx.all(Event, actor_id=ids.get(name, ""), verb=JUDGED)
                kept += [event.client_id for event in events]
                mine = set(acts.values())
                visits = tx.all(Visit, coder_id=ids.get(name, ""))
                versions += [visit.version for visit in visits if visit.segment_id in mine]
        wanted = [client_id for acts in pressed.values() for client_id in acts]
        return Audit(
            n_pressed=len(wanted),
            n_lost=lost(wanted, kept),
            n_double=extra(wanted, kept) + sum(version - 1 for version in versions),
            fault=opened.verify(),
        )
    finally:
        opened.store.close()


def lost(wanted: Iterable[str], kept: Iterable[str]) -> int:
    """How many of the wanted ids are not among the kept."""
    return len(set(wanted) - set(kept))


def extra(wanted: Iterable[str], kept: Sequence[str]) -> int:
    """How many of the kept are there beyond one for each that is wanted."""
    return len(kept) - len(set(wanted) & set(kept))
