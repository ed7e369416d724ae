"""Topics made by hand, with all that a run of `topics` fills in."""

from __future__ import annotations

from qualkit.model import Landscape, Merge, Place, Topic
from qualkit.study import Study

NUMBERS = (0, 0, 1, 1, -1)
"""The topics of the five segments of the small study, in order."""


def topics_of(segment_ids: list[str], run_id: str) -> list[Topic]:
    """Two topics and the outliers: the first is stable, the second is not and holds one placed outlier, the third segment."""
    of = {number: tuple(key for key, own in zip(segment_ids, NUMBERS, strict=True) if own == number) for number in (0, 1, -1)}
    return [
        Topic(
            id="t0", run_id=run_id, number=0, words=("shame", "blame", "town", "person"), segment_ids=of[0],
            phrases=("so much shame",), quote_segment_ids=of[0], likeness={"stigma": 0.71, "transport": 0.2, "trust": -0.1},
            returns=0.9, returns_without=0.66,
        ),
        Topic(
            id="t1", run_id=run_id, number=1, words=("bus", "car", "door"), segment_ids=of[1], quote_segment_ids=of[1][:1],
            placed_segment_ids=of[1][:1], likeness={"transport": 0.8}, returns=0.6, returns_without=0.31,
            label="Getting <there>",
        ),
        Topic(id="t-1", run_id=run_id, number=-1, words=(), segment_ids=of[-1]),
    ]  # fmt: skip


def landscape_of(run_id: str) -> Landscape:
    return Landscape(
        id="l", run_id=run_id, n_segments=5, n_outliers=1, n_placed=1, n_draws=100, n_group_draws=25, draw_ari=0.6,
        draw_nmi=0.8, kept_ari=0.79, group_ari=0.55, diversity=1.0, likeness=((1.0, 0.3), (0.3, 1.0)),
        merges=(Merge(left=0, right=1, distance=0.7),),
    )  # fmt: skip


def places_of(segment_ids: list[str], run_id: str) -> dict[str, Place]:
    """A place each, well apart from one another."""
    corners = ((0.0, 0.0), (1.0, 0.4), (6.0, 6.0), (7.0, 5.2), (3.0, 8.0))
    return {key: Place(segment_id=key, x=x, y=y, run_id=run_id) for key, (x, y) in zip(segment_ids, corners, strict=True)}


def lay_out(study: Study) -> Study:
    """The small study with those topics on file."""
    run_id, ids = study.runs()["segment"].id, [segment.id for segment in study.coded_segments()]
    with study.store.write() as tx:
        tx.replace(topics_of(ids, run_id))
        tx.replace([landscape_of(run_id)])
        tx.replace(places_of(ids, run_id).values())
        tx.log("qualkit", "ran topics", {"run_id": run_id, "inputs_sha256": ""})
    return study
