"""Codings made elsewhere land on the segments they cover, and on none where they cannot be found."""

from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualkit.model import Segment, Turn
from qualkit.readers.sheet import Coding
from qualkit.stages.place import find_quote, locate

TEXT = "0123456789" * 4


@dataclass(frozen=True)
class At:
    """An anchor with nothing but an anchor."""

    turn: int | None = None
    start_char: int | None = None
    end_char: int | None = None
    quote: str | None = None
    start_s: float | None = None
    end_s: float | None = None


def turn(position: int = 1, text: str = TEXT) -> Turn:
    return Turn(id=f"t{position}", transcript_id="fg", position=position, participant_id="p", text=text)


def segment(name: str, start: int, end: int, *, turn_id: str = "t1", is_coded: bool = True, seconds=(None, None)) -> Segment:
    return Segment(
        id=name,
        transcript_id="fg",
        turn_id=turn_id,
        turn_revision=1,
        position=start + 1,
        start_char=start,
        end_char=end,
        text="x",
        participant_id="p",
        is_coded=is_coded,
        start_s=seconds[0],
        end_s=seconds[1],
    )


TENS = [segment("a", 0, 10), segment("b", 10, 20), segment("c", 20, 40)]


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ((0, 10), ["a"]),  # exactly one segment
        ((0, 40), ["a", "b", "c"]),  # all of each
        ((2, 5), ["a"]),  # 3/10 of the segment, but 3/3 of the coding
        ((5, 20), ["a", "b"]),  # 5/10 of a is enough, 10/10 of b
        ((6, 20), ["b"]),  # 4/10 of a and 4/14 of the coding are not
        ((8, 12), ["a", "b"]),  # 2/4 of the coding in each
        ((19, 31), ["c"]),  # 1/10 of b; 11/20 of c
        ((38, 60), ["c"]),  # 2/20 of c and 2/22 of the coding: not enough, but the most there is
        ((40, 60), []),  # beyond the turn
    ],
)
def test_a_coding_falls_on_segments_it_half_covers_or_that_half_cover_it(span, expected):
    assert locate(At(turn=1, start_char=span[0], end_char=span[1]), [turn()], TENS) == expected


def test_where_nothing_is_half_covered_the_most_touched_segment_is_taken():
    gaps = [segment("a", 0, 10), segment("b", 25, 37)]
    # 7..28 is 21 long: 3 of it in a (10 long), 3 in b (12 long); then 7..29: 3 and 4
    assert locate(At(turn=1, start_char=7, end_char=28), [turn()], gaps) == ["a"]
    assert locate(At(turn=1, start_char=7, end_char=29), [turn()], gaps) == ["b"]


def test_a_turn_alone_means_all_its_coded_segments_and_no_others():
    segments = [*TENS, segment("other", 0, 10, turn_id="t2")]
    assert locate(At(turn=1), [turn(), turn(2)], segments) == ["a", "b", "c"]
    assert locate(At(turn=2), [turn(), turn(2)], segments) == ["other"]


def test_an_unknown_turn_is_nowhere():
    assert locate(At(turn=9), [turn()], TENS) == []


def test_context_is_never_coded():
    segments = [segment("m", 0, 10, is_coded=False), segment("b", 10, 20)]
    assert locate(At(turn=1, start_char=0, end_char=10), [turn()], segments) == []
    assert locate(At(turn=1), [turn()], segments) == ["b"]


def test_segments_come_in_the_order_of_the_transcript():
    assert locate(At(turn=1), [turn()], TENS[::-1]) == ["a", "b", "c"]


# ---------------------------------------------------------------- seconds


def test_by_time_the_same_rule_holds_and_segments_without_times_are_passed_over():
    timed = [
        segment("a", 0, 10, seconds=(0.0, 4.0)),
        segment("b", 10, 20, turn_id="t2", seconds=(4.0, 8.0)),
        segment("c", 20, 40),
        segment("m", 40, 50, is_coded=False, seconds=(8.0, 9.0)),
    ]
    assert locate(At(start_s=2.0, end_s=8.5), [], timed) == ["a", "b"]  # 2/4 of a, 4/4 of b
    assert locate(At(start_s=2.1, end_s=8.0), [], timed) == ["b"]  # 1.9/4 of a and 1.9/5.9 of the coding
    assert locate(At(start_s=8.0, end_s=9.0), [], timed) == []
    assert locate(At(start_s=3.0), [], timed) == []


def test_a_turn_goes_before_seconds():
    timed = [segment("a", 0, 10, seconds=(0.0, 4.0)), segment("b", 0, 10, turn_id="t2", seconds=(4.0, 8.0))]
    assert locate(At(turn=2, start_s=0.0, end_s=4.0), [turn(), turn(2)], timed) == ["b"]


# ---------------------------------------------------------------- quotes

SAID = "Well,  it’s far. They said “no way”\nto me. It's far."


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("It's far.", "It's far."),  # exact goes before folded, which stands earlier
        ("WELL, it's", "Well,  it’s"),
        ('said "no way" to', "said “no way”\nto"),
        ("  to me.\n", "to me."),
    ],
)
def test_a_quote_is_found_exactly_or_without_regard_to_blanks_case_and_typography(quote, found):
    span = find_quote(SAID, quote)
    assert span is not None
    assert SAID[slice(*span)] == found


@pytest.mark.parametrize("quote", ["never said", "", "   "])
def test_a_quote_that_was_not_said_is_not_found(quote):
    assert find_quote(SAID, quote) is None


def test_signs_that_fold_to_several_keep_the_offsets_right():
    assert find_quote("Straße… ja", "STRASSE... JA") == (0, 10)
    assert find_quote("… Straße", "straße") == (2, 8)


def test_of_several_occurrences_the_one_nearest_to_the_offsets_counts():
    assert find_quote("no no no", "no") == (0, 2)
    assert find_quote("no no no", "no", near_char=5) == (6, 8)


def test_a_quote_leads_to_its_segment():
    text = "It is far away. Nobody told us."
    segments = [segment("far", 0, 15), segment("told", 16, 31)]
    assert locate(At(turn=1, quote="nobody told"), [turn(text=text)], segments) == ["told"]


def test_a_quote_that_is_not_in_the_turn_is_nowhere_unless_offsets_say_where():
    assert locate(At(turn=1, quote="never said"), [turn()], TENS) == []
    assert locate(At(turn=1, quote="never said", start_char=10, end_char=20), [turn()], TENS) == ["b"]


def test_a_quote_corrects_offsets_that_have_slipped():
    text = "aaaa bbbb aaaa cccc"
    segments = [segment("one", 0, 9), segment("two", 10, 19)]
    assert locate(At(turn=1, quote="aaaa", start_char=8, end_char=12), [turn(text=text)], segments) == ["two"]


def test_a_coding_read_from_a_table_is_an_anchor():
    coding = Coding(transcript="fg", coder="Ada", code_key="stigma", turn=1, quote="0123456789012", row=2)
    assert locate(coding, [turn()], TENS) == ["a"]


@given(start=st.integers(0, 39), length=st.integers(1, 40), cuts=st.sets(st.integers(1, 39)))
def test_a_coding_inside_a_fully_segmented_turn_always_lands_and_only_where_it_touches(start, length, cuts):
    edges = [0, *sorted(cuts), 40]
    segments = [segment(f"s{low}", low, high) for low, high in pairwise(edges)]
    span = (start, min(40, start + length))
    touched = {item.id for item in segments if item.start_char < span[1] and span[0] < item.end_char}
    hit = locate(At(turn=1, start_char=span[0], end_char=span[1]), [turn()], segments)
    assert hit
    assert set(hit) <= touched
