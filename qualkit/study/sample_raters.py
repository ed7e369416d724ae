"""What the sample study's synthetic raters recorded beside their codes, each from their own seat, as people would.

They rate by themselves, then compare where they differ, record what they agreed on, and look at all ratings. Who answered whom
they record as they read. Files name a segment by who spoke and when, since a recording may be heard a little differently.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from qualkit.model import RatingValue, ResponseKind, Segment, derived_id
from qualkit.readers.turns import seconds
from qualkit.stages.responses import speaker_of
from qualkit.stages.themes import Corpus
from qualkit.study.rating import Rater
from qualkit.study.study import Study

NEAR_S = 5.0
"""So far from the time in a file a segment may start."""


def rate(study: Study) -> tuple[int, int]:
    """Have the raters rate and agree, as `transcripts/ratings/` says: how many ratings, and how many consensuses.

    Done again, nothing is recorded twice.
    """
    folder = study.folder.path / "transcripts" / "ratings"
    cases = {case.label: case.id for case in study.rated_cases()}
    agreed = _rows(folder / "agreed.csv")
    rated = [row for path in sorted(folder.glob("*.csv")) if path.stem != "agreed" for row in _rows(path)]
    raters = {name: study.seat(name).rater for name in dict.fromkeys(row["rater"] for row in rated)}
    corpus = study.corpus()
    for row in rated:
        cell, rater = (row["code"], cases[row["transcript"]]), raters[row["rater"]]
        rater.rate(
            *cell, RatingValue(row["rating"]), row["why"], concrete=_concrete(rater, cell, row["concrete"], corpus),
            client_id=derived_id("sample rating", row["rater"], *cell),
        )  # fmt: skip
    settled = {key for key, cell in study.rating_cells().items() if cell.consensus is not None}
    for row in agreed:
        cell = (row["code"], cases[row["transcript"]])
        if cell in settled:
            continue
        for rater in raters.values():
            rater.compare(*cell)
        act = derived_id("sample consensus", *cell)
        raters[row["recorded_by"]].agree(*cell, RatingValue(row["rating"]), row["why"], client_id=act)
    for rater in raters.values():
        rater.everything()
    return len(rated), len(agreed)


def _concrete(rater: Rater, cell: tuple[str, str], said: str, corpus: Corpus) -> list[str]:
    """Segments of a cell that a rater marked as concrete examples: `P12 2:34; P13 4:47`."""
    there = [corpus.segments[key] for key in chain.from_iterable(rater.evidence(*cell).values())]
    places = [place.split() for place in said.split(";") if place.strip()]
    found = [_spoken(there, speaker, at, corpus) for speaker, at in places]
    return [segment.id for segment in found if segment is not None]


def respond(study: Study) -> int:
    """Have the readers record who answered whom, as `transcripts/responses.csv` says: how many responses.

    Done again, nothing is recorded twice.
    """
    corpus, n = study.corpus(), 0
    for row in _rows(study.folder.path / "transcripts" / "responses.csv"):
        there = [item for item in corpus.segments.values() if corpus.transcripts[item.transcript_id].label == row["transcript"]]
        segment = _spoken(there, row["speaker"], row["at"], corpus)
        to = _spoken(there, row["to_speaker"], row["to_at"], corpus)
        if segment is not None and to is not None:
            act = derived_id("sample response", segment.id, to.id)
            study.seat(row["recorded_by"]).responses.record(segment.id, to.id, ResponseKind(row["response"]), client_id=act)
            n += 1
    return n


def _spoken(segments: Iterable[Segment], speaker: str, at: str, corpus: Corpus) -> Segment | None:
    """What somebody said at a time; None if nobody of that name spoke about then."""
    near = [
        (abs(item.start_s - seconds(at)), item.position, item)
        for item in segments
        if item.start_s is not None and speaker_of(item, corpus) == speaker
    ]
    away_s, _, found = min(near, default=(NEAR_S + 1, 0, None))
    return found if away_s <= NEAR_S else None


def _rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file; none of a file that is not there, as in samples made before there were any."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
