"""Whether coders cut alike: unitizing alphas (Krippendorff, Mathet, Bouvry & Widlöcher 2016, *Quality & Quantity* 50(6)).

Coders mark *passages* of a text and label them; what lies between is a *gap*. Every coder thereby cuts the same characters into
passages and gaps, and agreement is that of the characters: how long passages of two coders with these and those labels overlap.
A passage is one thing, so chance does not pair its characters with each other; a gap is none, and only a character of it is not
paired with itself. Of the family,

- `u_alpha` asks for the same places and the same labels,
- `u_alpha_binary` only whether something was marked, whatever its label,
- `cu_alpha` for the same labels where two coders both marked something,
- `ku_alpha` that for one label at a time.

Everything is summed over *stretches*, parts of the text that some coders, two or more, looked at; a passage lies in one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import permutations
from typing import TypeAlias

import numpy as np

from qualkit.agreement.coefficients import ratio
from qualkit.agreement.counts import Floats

Passage: TypeAlias = tuple[int, int, str]
"""Start, end (half-open) and label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A text of `length` characters, and what each coder who looked at it marked: passages that do not overlap."""

    length: int
    passages: Mapping[str, Sequence[Passage]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlaps:
    """Sums over stretches; arrays share their leading axes, the last ones are labels, of which the first is the gap.

    - `together`, shape (..., labels, labels): characters with these two labels by two coders, over one less than the coders;
    - `alone` (..., labels): squared lengths of passages, and plain lengths of gaps;
    - `marked_alone` (..., labels): of every passage and other coder the square of what that coder marked of it, over one less
      than the coders; nothing for gaps.
    """

    together: Floats
    alone: Floats
    marked_alone: Floats

    def over(self, axis: int = 0) -> Overlaps:
        """The sum over one of the leading axes."""
        return Overlaps(**{item.name: getattr(self, item.name).sum(axis=axis) for item in fields(self)})

    def drawn(self, weights: Floats) -> Overlaps:
        """Weighted sums over the first axis: `weights` of shape (draws, first axis) put draws in its place."""
        return Overlaps(**{item.name: np.tensordot(weights, getattr(self, item.name), axes=1) for item in fields(self)})


def overlaps(stretches: Sequence[Stretch], labels: Sequence[str]) -> Overlaps:
    """Sums over some stretches; arrays without leading axes. Stretches that fewer than two coders looked at count nothing."""
    number = {label: n + 1 for n, label in enumerate(labels)}
    found = Overlaps(
        together=np.zeros((len(labels) + 1,) * 2), alone=np.zeros(len(labels) + 1), marked_alone=np.zeros(len(labels) + 1)
    )
    for stretch in stretches:
        if len(stretch.passages) > 1:
            _add(found, stretch, number)
    return found


def _add(found: Overlaps, stretch: Stretch, number: Mapping[str, int]) -> None:
    n_others = len(stretch.passages) - 1
    for mine in stretch.passages.values():
        for start, end, label in mine:
            found.alone[number[label]] += (end - start) ** 2
        found.alone[0] += stretch.length - _length(mine)
    for mine, theirs in permutations(stretch.passages.values(), 2):
        both = 0
        for start, end, label in mine:
            shared = 0
            for other_start, other_end, other_label in theirs:
                overlap = max(0, min(end, other_end) - max(start, other_start))
                found.together[number[label], number[other_label]] += overlap / n_others
                shared += overlap
            found.together[number[label], 0] += (end - start - shared) / n_others
            found.together[0, number[label]] += (end - start - shared) / n_others
            found.marked_alone[number[label]] += shared**2 / n_others
            both += shared
        found.together[0, 0] += (stretch.length - _length(mine) - _length(theirs) + both) / n_others


def _length(passages: Sequence[Passage]) -> int:
    return sum(end - start for start, end, _ in passages)


def u_alpha(found: Overlaps) -> Floats:
    """Same places and same labels."""
    expected = _expected(found)
    return 1 - ratio(_total(found) - _diagonal(found.together), _total(found) - _diagonal(expected))


def u_alpha_binary(found: Overlaps) -> Floats:
    """Marked or not, whatever the label."""
    expected = _expected(found)
    apart = found.together[..., 0, :].sum(axis=-1) - found.together[..., 0, 0]
    return 1 - ratio(apart, expected[..., 0, :].sum(axis=-1) - expected[..., 0, 0])


def cu_alpha(found: Overlaps) -> Floats:
    """Same labels where both marked."""
    marked = found.together[..., 1:, 1:]
    total = marked.sum(axis=(-2, -1))
    return 1 - ratio(total - _diagonal(marked), total - _diagonal(_expected_where_marked(found)))


def ku_alpha(found: Overlaps) -> Floats:
    """As `cu_alpha`, for each label: shape (..., labels), the gap left out."""
    marked, expected = found.together[..., 1:, 1:], _expected_where_marked(found)
    lengths, by_chance = marked.sum(axis=-1), expected.sum(axis=-1)
    same, same_by_chance = (np.diagonal(table, axis1=-2, axis2=-1) for table in (marked, expected))
    return 1 - ratio(by_chance * (lengths - same), lengths * (by_chance - same_by_chance))


def coverage(found: Overlaps) -> Floats:
    """The share of the characters that `cu_alpha` speaks of."""
    return ratio(found.together[..., 1:, 1:].sum(axis=(-2, -1)), _total(found))


def _expected(found: Overlaps) -> Floats:
    """Characters with each two labels if passages were where they are by chance (eq. 4)."""
    total, lengths = _total(found)[..., None, None], found.together.sum(axis=-1)
    pairs = lengths[..., :, None] * lengths[..., None, :] - _on_diagonal(found.alone)
    return np.asarray(total * ratio(pairs, total**2 - found.alone.sum(axis=-1)[..., None, None]))


def _expected_where_marked(found: Overlaps) -> Floats:
    """The same among the characters that both marked (eq. 10)."""
    lengths = found.together[..., 1:, 1:].sum(axis=-1)
    total = lengths.sum(axis=-1)[..., None, None]
    alone = found.marked_alone[..., 1:]
    pairs = lengths[..., :, None] * lengths[..., None, :] - _on_diagonal(alone)
    return np.asarray(total * ratio(pairs, total**2 - alone.sum(axis=-1)[..., None, None]))


def _total(found: Overlaps) -> Floats:
    return np.asarray(found.together.sum(axis=(-2, -1)))


def _diagonal(table: Floats) -> Floats:
    return np.asarray(np.trace(table, axis1=-2, axis2=-1))


def _on_diagonal(values: Floats) -> Floats:
    return values[..., None] * np.eye(values.shape[-1])
