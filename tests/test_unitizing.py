"""Unitizing alphas: worked by hand, and against their definition character by character."""

from __future__ import annotations

import random
from itertools import permutations

import numpy as np
import pytest

from qualkit.agreement import unitizing
from qualkit.agreement.unitizing import Overlaps, Passage, Stretch
from qualkit.model import Evidence, Segment
from qualkit.stages import cut_alike
from qualkit.stages.agree import Options

LABELS = ("b", "f")


def overlaps(*stretches: Stretch) -> Overlaps:
    return unitizing.overlaps(stretches, LABELS)


def test_the_same_passages_are_full_agreement() -> None:
    same: list[Passage] = [(2, 5, "b"), (8, 10, "f")]
    found = overlaps(Stretch(length=20, passages={"Ana": same, "Ben": same, "Cara": same}))
    for measure in (unitizing.u_alpha, unitizing.u_alpha_binary, unitizing.cu_alpha):
        assert float(measure(found)) == pytest.approx(1)
    assert unitizing.ku_alpha(found) == pytest.approx([1, 1])


def test_two_passages_that_overlap_by_half_worked_by_hand() -> None:
    # ten characters: Ana marks the first four, Ben the third to the sixth
    found = overlaps(Stretch(length=10, passages={"Ana": [(0, 4, "b")], "Ben": [(2, 6, "b")]}))
    # of 20 characters of two coders, 2 * 4 lie where only one marked: unlike 8; 8 are marked, 12 are not
    assert found.together[:2, :2] == pytest.approx(np.array([[8, 4], [4, 4]]))
    # expected: 8 * 8 - 2 * 4^2 pairs of marked ones, 12 * 12 - 12 of others, 2 * 8 * 12 unlike; 20^2 - 32 - 12 in all
    expected = 20 * (2 * 8 * 12) / (400 - 44)
    assert float(unitizing.u_alpha(found)) == pytest.approx(1 - 8 / expected)
    assert float(unitizing.u_alpha_binary(found)) == pytest.approx(1 - 8 / expected)
    assert float(unitizing.coverage(found)) == pytest.approx(4 / 20)


def test_with_the_same_places_and_other_labels_only_the_labels_are_wrong() -> None:
    one: list[Passage] = [(0, 3, "b"), (5, 8, "f"), (12, 15, "b")]
    other: list[Passage] = [(0, 3, "f"), (5, 8, "f"), (12, 15, "b")]
    found = overlaps(Stretch(length=20, passages={"Ana": one, "Ben": other}))
    assert float(unitizing.u_alpha_binary(found)) == pytest.approx(1)
    # 18 characters where both marked, 6 unlike; b 9, f 9; passages of 3: pairs b-f 2 * 81 of 18^2 - 6 * 9
    assert float(unitizing.cu_alpha(found)) == pytest.approx(1 - 6 / (18 * 162 / (324 - 54)))
    assert float(unitizing.u_alpha(found)) < 1


def _by_definition(stretch: Stretch) -> dict[str, float]:
    """Every character of every coder is listed with its label and the passage it is of; pairs are gone through one by one."""
    at: dict[str, list[tuple[str, object]]] = {}
    for who, passages in stretch.passages.items():
        at[who] = [("gap", (who, "gap", n)) for n in range(stretch.length)]
        for number, (start, end, label) in enumerate(passages):
            at[who][start:end] = [(label, (who, number))] * (end - start)
    n_others = len(at) - 1

    def alpha(cells: list[tuple[str, str]], pool: list[tuple[str, object]]) -> float:
        """From labels that coincide, and the pool out of which chance pairs those that are not of one passage."""
        pairs = [(one, other) for (one, mine), (other, theirs) in permutations(pool, 2) if mine != theirs]
        unlike = sum(one != other for one, other in cells) / len(cells)
        return 1 - unlike / (sum(one != other for one, other in pairs) / len(pairs))

    cells = [(at[one][n][0], at[two][n][0]) for one, two in permutations(at, 2) for n in range(stretch.length)]
    pool = [item for own in at.values() for item in own]
    found = {"u_alpha": alpha(cells, pool)}
    if n_others == 1:  # with two coders the pool of what both marked is a plain list
        both = [(one, other) for one, other in cells if "gap" not in (one, other)]
        marked = [at[one][n] for one, two in permutations(at, 2) for n in range(stretch.length)
                  if "gap" not in (at[one][n][0], at[two][n][0])]  # fmt: skip
        if len({label for label, _ in marked}) > 1:
            found["cu_alpha"] = alpha(both, marked)
    return found


@pytest.mark.parametrize("seed", range(25))
def test_they_are_what_their_definition_gives_character_by_character(seed: int) -> None:
    dice = random.Random(seed)

    def passages() -> list[Passage]:
        cuts = sorted(dice.sample(range(31), 2 * dice.randint(1, 3)))
        return [(start, end, dice.choice(LABELS)) for start, end in zip(cuts[::2], cuts[1::2], strict=True)]

    stretch = Stretch(length=30, passages={who: passages() for who in ("Ana", "Ben", "Cara")[: 2 + seed % 2]})
    found = overlaps(stretch)
    for name, expected in _by_definition(stretch).items():
        assert float(getattr(unitizing, name)(found)) == pytest.approx(expected), name


def test_sums_over_transcripts_are_those_of_all_their_stretches() -> None:
    one = Stretch(length=10, passages={"Ana": [(0, 4, "b")], "Ben": [(2, 6, "f")]})
    two = Stretch(length=12, passages={"Ana": [(1, 3, "f")], "Ben": []})
    alone = Stretch(length=50, passages={"Ana": [(0, 9, "b")]})
    parts = [overlaps(one), overlaps(two)]
    whole = overlaps(one, two, alone)  # what one coder alone looked at counts nothing
    for name in ("together", "alone", "marked_alone"):
        assert getattr(whole, name) == pytest.approx(sum(getattr(part, name) for part in parts))


# ---------------------------------------------------------------- from what coders marked


def segment(n: int, start: int, end: int, *, turn: str = "turn 1") -> Segment:
    return Segment(
        id=f"s{n}", transcript_id="t", turn_id=turn, turn_revision=1, position=n, start_char=start, end_char=end,
        text="x" * (end - start), participant_id=None, is_coded=True,
    )  # fmt: skip


def test_marked_words_are_a_passage_and_a_segment_without_is_one_whole() -> None:
    segments = [segment(1, 0, 10), segment(2, 10, 30), segment(3, 0, 8, turn="turn 2")]
    votes = {
        "s1": {"Ana": {"a": "present"}, "Ben": {"a": "present"}},
        "s2": {"Ana": {"a": "present"}, "Ben": {}},
        "s3": {"Ana": {"a": "present"}},  # Ben has not looked
    }
    marks = {"s1": {"a": {"Ben": (Evidence(start_char=2, end_char=5, text="xxx"),)}}}
    pooled, found = cut_alike.run(segments=segments, votes=votes, marks=marks, code_keys=["a"], options=Options())
    # Ana's two segments touch in one turn and are one passage of 30; Ben marked 3 characters
    assert (found.n_passages, found.agreement[0].positives) == ({"Ana": 1, "Ben": 1}, {"Ana": 30, "Ben": 3})
    assert {item.n_units for item in found.agreement} == {30}
    by_hand = overlaps(Stretch(length=30, passages={"Ana": [(0, 30, "b")], "Ben": [(2, 5, "b")]}))
    binary = next(item for item in found.agreement if item.measure == "u_alpha_binary")
    assert binary.value == pytest.approx(float(unitizing.u_alpha_binary(by_hand)))
    assert next(item.value for item in pooled.agreement if item.measure == "u_alpha_binary") == pytest.approx(binary.value)
    assert "no two labels" in (next(item for item in found.agreement if item.measure == "cu_alpha").undefined_because or "")


def test_where_nobody_marked_anything_it_is_said() -> None:
    votes = {"s1": {"Ana": {}, "Ben": {}}}
    pooled, _ = cut_alike.run(segments=[segment(1, 0, 10)], votes=votes, marks={}, code_keys=["a"], options=Options())
    assert pooled.agreement[0].undefined_because == "nothing was marked, or all of it"
