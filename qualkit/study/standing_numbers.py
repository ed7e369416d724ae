"""What is behind the counts of where every transcript stands: what each coder judged in the round, and what was found."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from qualkit.model import Assignment, Behind, Coder, CoderKind, NumberFormat, Numbers, Opens, Table, Visit, grouped
from qualkit.stages.agree import PRESENT

if TYPE_CHECKING:
    from qualkit.study.study import Study

FINDINGS = {
    "suggested": "Suggested",
    "in_topics": "In topics",
    "adjudicated": "Adjudicated",
    "in_themes": "In themes",
}
"""What follows from codes, in the order of the stages, by field of `TranscriptStanding`."""

EVERY = "All transcripts"


def of_study(study: Study) -> Numbers:
    """A row for each transcript, and one for all of several: segments to be coded, judged by each coder, and found."""
    judged, found = _judged(study), _found(study)
    columns: dict[str, Collection[str]] = {
        "Segments": study.outline().is_coded,
        **{f"{name} judged": ids for name, ids in judged.items()},
        **{FINDINGS[name]: ids for name, ids in found.items() if ids},
    }
    rows = _rows(study, columns)
    said = {f"{name} judged": _said(study, name, ids) for name, ids in judged.items()}
    opens: Opens = {
        (row, column): Behind(title=f"{title}: {_title(name)}", segment_ids=ids[name], said=said.get(name, {}))
        for row, (title, ids) in enumerate(rows)
        for column, name in enumerate(columns, start=1)
        if ids[name]
    }
    table = Table(
        title="Segments in what was judged and found",
        columns=("Transcript", *columns),
        rows=tuple((title, *map(len, ids.values())) for title, ids in rows),
        notes=("In segments. Judged: in this round. Adjudicated: those on which a disputed code is decided.",),
        formats=(None, *(NumberFormat.COUNT,) * len(columns)),
    )
    return Numbers(table=table, opens=opens)


def _title(name: str) -> str:
    return "to be coded" if name == "Segments" else name if name.endswith(" judged") else name.lower()


def _rows(study: Study, columns: Mapping[str, Collection[str]]) -> list[tuple[str, dict[str, tuple[str, ...]]]]:
    """By title of a transcript the segments of each column, in the order of the talk."""
    places, titles = study.outline().places, {item.id: item.title for item in study.transcripts()}
    ordered = {name: [key for key in places if key in ids] for name, ids in columns.items()}
    by_place = {name: grouped(ids, places.__getitem__) for name, ids in ordered.items()}
    rows = [(title, {name: tuple(mine.get(place, ())) for name, mine in by_place.items()}) for place, title in titles.items()]
    return rows if len(rows) < 2 else [*rows, (EVERY, {name: tuple(ids) for name, ids in ordered.items()})]


# ---------------------------------------------------------------- what was judged


def _judged(study: Study) -> dict[str, Collection[str]]:
    """By coder, those whom `study.toml` names first, the segments to be coded that they have judged in the newest round."""
    rounds, to_code = study.rounds(), study.outline().is_coded
    with study.store.read() as tx:
        names = {coder.id: coder.name for coder in tx.all(Coder, kind=CoderKind.HUMAN)}
        visits = tx.columns(Visit, "coder_id", "segment_id", round_id=rounds[-1].id) if rounds else []
    pairs = ((names[coder], key) for coder, key in visits if coder in names and key in to_code)
    found = {name: frozenset(key for _, key in mine) for name, mine in grouped(pairs, lambda pair: pair[0]).items()}
    known = dict.fromkeys((*study.config.coders, *sorted(found)))
    return {name: found[name] for name in known if name in found and name not in study.config.adjudicators}


def _said(study: Study, name: str, segment_ids: Collection[str]) -> dict[str, str]:
    """What a coder said of each of these segments in the newest round."""
    votes = study.votes(study.rounds()[-1].id)
    names = {key: code.name for key, code in study.codebook().by_key.items()}
    return {key: _listed(votes.get(key, {}).get(name, {}), names) for key in segment_ids}


def _listed(codes: Mapping[str, str | None], names: Mapping[str, str]) -> str:
    given = (names.get(key, key) + (f" ({said})" if said and said != PRESENT else "") for key, said in codes.items())
    return "; ".join(given) or "no code"


# ---------------------------------------------------------------- what was found


def _found(study: Study) -> dict[str, Collection[str]]:
    """The segments behind what `standing.of_study` counts; of cases that are decided, those they are on."""
    with study.store.read() as tx:
        machines = [coder.id for coder in tx.all(Coder, kind=CoderKind.MACHINE)]
        suggested = {key for (key,) in tx.rows(Assignment, "segment_id", coder_id=machines)} if machines else set()
    decided = {
        key
        for key, cases in study.cases_by_segment().items()
        if any(case.is_disputed and case.decision is not None for case in cases)
    }
    return {
        "suggested": suggested,
        "in_topics": {key for topic in study.topics() if topic.number >= 0 for key in topic.segment_ids},
        "adjudicated": decided,
        "in_themes": {key for item in study.theme_standings() for key in item.segment_ids},
    }
