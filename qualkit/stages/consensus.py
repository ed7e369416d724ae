"""Which clusters are topics, which segments stay with theirs, and how much of a topic comes back when talk is drawn anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import cast

import numpy as np

from qualkit.model import OUTLIERS, Merge
from qualkit.plugs import Clusters, Draw
from qualkit.stages.stability import Numbers, adjusted_rand, jaccard

STAYS = 1 / 3
"""A segment that lies with its topic in a smaller share of the draws is an outlier."""


def settled(clusters: Clusters, min_size: int) -> tuple[Numbers, list[int]]:
    """Numbers of topics from the largest, -1 for outliers, and which cluster each topic was."""
    numbers = np.where(_stays(clusters), clusters.numbers, OUTLIERS)
    sizes = Counter(numbers[numbers >= 0].tolist())
    order = [number for number, n in sorted(sizes.items(), key=lambda item: (-item[1], item[0])) if n >= min_size]
    told = np.full(int(clusters.numbers.max(initial=-1)) + 2, OUTLIERS)
    told[order] = np.arange(len(order))
    return told[numbers], order


def _stays(clusters: Clusters) -> Numbers:
    """Whether each text lies with its topic in at least a third of the draws that it is in: shape (n,)."""
    n_in, n_with = np.zeros(len(clusters.numbers)), np.zeros(len(clusters.numbers))
    for draw in clusters.draws:
        mine = clusters.numbers[draw.rows]
        if len(mine):
            _, best = jaccard(mine, draw.numbers)
            n_in[draw.rows] += 1
            n_with[draw.rows] += best[np.unique(mine, return_inverse=True)[1]] == draw.numbers
    return cast("Numbers", n_with >= STAYS * n_in)


def returns_in(numbers: Numbers, draws: Sequence[Draw]) -> dict[int, float]:
    """For each topic the mean Jaccard index of its best match in the draws that it is in, outliers left out on both sides."""
    found: dict[int, list[float]] = {}
    for draw in draws:
        is_in = numbers[draw.rows] != OUTLIERS
        mine, theirs = numbers[draw.rows][is_in], draw.numbers[is_in]
        for number, share in zip(np.unique(mine).tolist(), jaccard(mine, theirs)[0] if len(mine) else (), strict=True):
            found.setdefault(number, []).append(float(share))
    return {number: sum(shares) / len(shares) for number, shares in found.items()}


def renumbered(merges: Sequence[Merge], order: Sequence[int]) -> tuple[Merge, ...]:
    """The steps in the numbers of the topics; a cluster that is no topic takes no part."""
    n_clusters, n_topics = len(merges) + 1, len(order)
    names: dict[int, int | None] = {cluster: number for number, cluster in enumerate(order)}
    told: list[Merge] = []
    for at, step in enumerate(merges):
        left, right = names.get(step.left), names.get(step.right)
        if left is None or right is None:
            names[n_clusters + at] = right if left is None else left
        else:
            names[n_clusters + at] = n_topics + len(told)
            told.append(Merge(left=left, right=right, distance=step.distance))
    return tuple(told)


def agreement(clusters: Clusters, draws: Sequence[Draw]) -> float | None:
    """The mean adjusted Rand index between the topics of all and those of each draw; None where nothing was drawn."""
    found = [adjusted_rand(clusters.numbers[draw.rows], draw.numbers) for draw in draws if len(draw.rows)]
    return sum(found) / len(found) if found else None
