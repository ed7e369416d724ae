"""Topics: what is clustered, what is quoted, and that outliers stay in sight."""

from __future__ import annotations

import numpy as np

from qualkit.model import Code, Codebook, Segment, derived_id
from qualkit.stages import topics
from tests.fakes import FakeClusterer, FakeEmbedder, a_segment

BOOK = Codebook(
    name="test",
    version="1",
    codes=tuple(Code(key=key, name=key, definition=key) for key in ("bus", "money", "shame", "nurse")),
)


def found_in(segments: list[Segment], **options: int) -> list[topics.Topic]:
    embedder = FakeEmbedder()
    return topics.run(
        segments=segments,
        vectors=embedder.embed([segment.text for segment in segments]),
        codebook=BOOK,
        code_vectors=embedder.embed([code.definition for code in BOOK.codes]),
        options=topics.Options(**options),
        clusterer=FakeClusterer(),
        run_id="run",
    )


BUSES = [a_segment(n, f"bus late {word}") for n, word in enumerate(["again", "today", "always", "now"])]
MONEYS = [a_segment(n, f"money short {word}") for n, word in enumerate(["here", "there", "soon"], start=10)]
ALONE = [a_segment(20, "hello there")]


def test_topics_come_from_the_largest_with_the_outliers_last():
    found = found_in([*ALONE, *MONEYS, *BUSES])
    assert [(topic.number, len(topic.segment_ids), topic.words) for topic in found] == [
        (0, 4, ("bus",)),
        (1, 3, ("money",)),
        (-1, 1, ("rest",)),
    ]
    assert found[0].id == derived_id("run", 0)
    assert [topic.id for topic in found] == [topic.id for topic in found_in([*ALONE, *MONEYS, *BUSES])]


def test_every_coded_segment_is_in_exactly_one_topic_and_no_other_segment_is():
    asked = a_segment(30, "bus or not?", is_coded=False)
    found = found_in([asked, *ALONE, *MONEYS, *BUSES])
    ids = sorted(segment_id for topic in found for segment_id in topic.segment_ids)
    assert ids == sorted(segment.id for segment in [*ALONE, *MONEYS, *BUSES])


def test_a_topic_names_the_codes_that_lie_nearest_and_outliers_none():
    found = found_in([*ALONE, *MONEYS, *BUSES])
    assert [topic.nearest_code_keys[:1] for topic in found] == [("bus",), ("money",), ()]
    assert len(found[0].nearest_code_keys) == 3


def test_quotes_are_the_most_central_and_prefer_different_people():
    plain, same, other = (
        a_segment(1, "bus late", "p1"),
        a_segment(2, "bus late", "p1"),
        a_segment(3, "bus late today oddly", "p2"),
    )
    assert [segment.id for segment in topics.quotes([plain, same, other])] == ["s1", "s3", "s2"]
    found = found_in([other, plain, same])
    assert found[0].quote_segment_ids == ("s1", "s3", "s2")


def test_the_smallest_topic_grows_with_the_root_of_the_study():
    # sqrt(100) / 2 = 5; sqrt(340) / 2 = 9.2; sqrt(1233) / 2 = 17.6
    assert [topics.min_size_for(n) for n in (0, 20, 100, 340, 1233)] == [3, 3, 5, 9, 18]


def test_a_chosen_smallest_size_is_kept_to():
    assert [topic.number for topic in found_in([*MONEYS, *BUSES], min_size=4)] == [0, -1]


def test_no_segment_is_no_topic():
    empty = topics.run(
        segments=[],
        vectors=np.zeros((0, 64), dtype=np.float32),
        codebook=BOOK,
        code_vectors=FakeEmbedder().embed([code.name for code in BOOK.codes]),
        options=topics.Options(),
        clusterer=FakeClusterer(),
        run_id="run",
    )
    assert empty == []
