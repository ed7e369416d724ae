"""No table sets a person apart: attributes that enough people share, and counts that do not follow from others."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualkit.model import Participant, Role
from qualkit.stages.disclosure import attributes_of, hidden, safe_attributes


def person(name: str, group: str, **attributes: str) -> Participant:
    return Participant(id=name, transcript_id=group, pseudonym=name, role=Role.PARTICIPANT, attributes=attributes)


def test_an_attribute_is_printed_only_where_every_value_is_shared_in_the_group() -> None:
    nurses = [person(f"n{i}", "fg1", job="nurse") for i in range(3)]
    others = [person(f"o{i}", "fg2", job="nurse") for i in range(3)] + [person("sheriff", "fg2", job="sheriff")]
    assert safe_attributes([*nurses, *others], ["job"], 3) == {"fg1": ("job",), "fg2": ()}


def test_what_is_left_out_for_one_is_left_out_for_all_of_the_group() -> None:
    people = {
        item.id: item for item in [*(person(f"n{i}", "fg1", job="nurse") for i in range(5)), person("x", "fg1", job="judge")]
    }
    assert set(attributes_of(people, ["job"], 3).values()) == {()}


def test_attributes_are_looked_at_together() -> None:
    towns = ["Tilden", "Tilden", "Harlow", "Harlow"]
    jobs = ["nurse", "judge", "nurse", "judge"]
    people = [person(f"p{i}", "fg1", town=town, job=job) for i, (town, job) in enumerate(zip(towns, jobs, strict=True))]
    assert safe_attributes(people, ["town", "job"], 2) == {"fg1": ("town",)}  # each alone is shared by two, both by one
    assert safe_attributes(people, ["job", "town"], 2) == {"fg1": ("job",)}


def test_a_missing_value_is_a_value() -> None:
    people = [*(person(f"p{i}", "fg1", town="Tilden") for i in range(3)), person("q", "fg1")]
    assert safe_attributes(people, ["town"], 2) == {"fg1": ()}


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.sampled_from("12")), min_size=1), st.integers(1, 4))
def test_whatever_is_printed_is_shared_by_k(said: list[tuple[str, str, str]], k: int) -> None:
    people = {f"p{i}": person(f"p{i}", group, one=one, two=two) for i, (group, one, two) in enumerate(said)}
    told = attributes_of(people, ["one", "two"], k)
    sizes = Counter((people[key].transcript_id, values) for key, values in told.items())
    assert all(n >= k for (_, values), n in sizes.items() if values)


def test_a_small_count_goes_with_another_that_would_give_it_away() -> None:
    assert hidden([[1, 5, 0, 6]], 3) == {(0, 0), (0, 1)}  # 6 - 5 would be 1; what is 0 tells nothing
    assert hidden([[0, 5, 7, 12]], 3) == frozenset()
    assert hidden([[1, 5, 6]], 0) == frozenset()


COUNTS = st.integers(2, 4).flatmap(
    lambda n: st.lists(st.lists(st.integers(0, 9), min_size=n, max_size=n), min_size=1, max_size=5)
)


@given(COUNTS, st.integers(2, 6))
def test_no_hidden_count_stands_alone_in_its_row_or_column(counts: list[list[int]], below: int) -> None:
    table = [[*row, sum(row)] for row in counts]
    gone = hidden(table, below, whole_columns=True)
    assert {(i, j) for i, row in enumerate(table) for j, n in enumerate(row) if 0 < n < below} <= gone
    for i, row in enumerate(table):
        alone = [j for j in range(len(row)) if (i, j) in gone]
        assert len(alone) != 1 or not [n for j, n in enumerate(row) if n and j not in alone]


@pytest.mark.parametrize("below", [0, 1])
def test_without_a_wish_nothing_is_hidden(below: int) -> None:
    assert hidden([[1, 1, 2]], below, whole_columns=True) == frozenset()
