"""Speech in a piece of a recording, cut into bits by one voice each, and bits that lie near and sound alike put together.

A network says for each window of ten seconds which of three nameless voices speaks when (`speech_regions`). It hears
changes of speaker and overlaps well, but mistakes one voice for another across a window, synthetic voices above all. So
here it only says where a bit begins and ends; whether two bits are one person is left to their vectors, with a word from
the network where it heard both in one window.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt

from qualkit.engines.speech_regions import FRAME_S, Activity
from qualkit.engines.voiceprint import unit
from qualkit.plugs import Vectors, need

Frames: TypeAlias = tuple[int, int]
"""A stretch of frames of a piece, half-open."""

Curve: TypeAlias = npt.NDArray[np.float64]

_SPEECH, _VOICE, _OVERLAP = 0.5, 0.5, 0.5  # likelihood from which anybody, one voice of a window, and two speak
_SAME = 0.5  # likeness under which a voice has changed
_ASIDE_S = 0.3  # how far before and after a moment the voices are compared
_LEAST_S = 0.2  # no bit is cut shorter
LONGEST_S = 2.5
"""The longest bit: long enough to know a voice by, short enough that little is lost where a change went unheard."""

SAME_NEARBY = 0.55
"""Cosine distance up to which all bits of a local voice lie from each other, after the network has had its say.

Chosen, with `SAY`, on AMI clips 2, 4, 6, 8 and 10 in name order and three synthetic mixes of four voices.
"""

SAY = 0.1
"""How much nearer two bits come if the network took them for one voice, or further if it took them for two."""

_UNKNOWN_S = 0.8
"""An overlap by somebody who is not heard alone nearby is kept from this length; chosen as `SAME_NEARBY`."""

_LEAST_FRAMES = 8  # clear frames by which a bit is known for one of a window's voices


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What the network heard in a piece: window by window, and frame by frame as the mean over the windows that hold it.

    `firsts` are the windows' first frames in the piece; `speech` and `overlap` the likelihood that anybody, and that at
    least two, speak; `same` that the voices just before and just after a frame are one, 1 where nobody speaks.
    """

    firsts: tuple[int, ...]
    activity: Activity
    speech: Curve
    overlap: Curve
    same: Curve


def scene(activity: Activity, starts_s: Sequence[float], n_frames: int) -> Scene:
    """Windows put together to a piece of `n_frames`; none of this needs voices to be matched between windows."""
    aside = round(_ASIDE_S / FRAME_S)
    firsts = tuple(round(start_s / FRAME_S) for start_s in starts_s)
    speech, overlap, n_heard, same, weight = (np.zeros(n_frames) for _ in range(5))
    for first, window in zip(firsts, activity, strict=True):
        voices = window[: n_frames - first]
        own = slice(first, first + len(voices))
        ranked = np.sort(voices, axis=1)
        speech[own] += ranked[:, -1]
        overlap[own] += ranked[:, -2]
        n_heard[own] += 1
        before, after = voices[: -2 * aside], voices[2 * aside :]
        inner = slice(first + aside, first + aside + len(before))
        both = before.max(axis=1) * after.max(axis=1)
        same[inner] += np.minimum((before * after).sum(axis=1), both)
        weight[inner] += both
    n_heard = np.maximum(n_heard, 1)
    alike = np.where(weight > 0.05, same / np.maximum(weight, 1e-6), 1.0)
    return Scene(firsts=firsts, activity=activity, speech=speech / n_heard, overlap=overlap / n_heard, same=alike)


def bits(heard: Scene) -> list[Frames]:
    """Speech cut where the voice changes, and into equal parts of at most `LONGEST_S`."""
    found: list[Frames] = []
    for start, end in runs(heard.speech > _SPEECH):
        changes = {*_changes(heard.same[start:end], start), *_handovers(heard, start, end)}
        cuts = [start, *sorted(changes), end]
        for begin, stop in pairwise(cuts):
            n = max(1, int(np.ceil((stop - begin) * FRAME_S / LONGEST_S)))
            edges = np.linspace(begin, stop, n + 1).round().astype(int)
            found += [(int(a), int(b)) for a, b in pairwise(edges)]
    return found


def _changes(same: Curve, start: int) -> Iterator[int]:
    """Frames, counted from `start`, where the voice changes: the middle of where likeness is least in each run below a half."""
    least = round(_LEAST_S / FRAME_S)
    last = 0
    for begin, stop in runs(same < _SAME):
        at = begin + round(float(np.flatnonzero(same[begin:stop] <= same[begin:stop].min() + 0.05).mean()))
        if at - last > least and len(same) - at > least:
            last = at
            yield start + at


def _handovers(heard: Scene, start: int, end: int) -> Iterator[int]:
    """Middles of overlaps from which another voice comes out than went in: one broke in on the other."""
    aside, least = round(_ASIDE_S / FRAME_S), round(_LEAST_S / FRAME_S)
    for begin, stop in runs(heard.overlap[start:end] > _OVERLAP):
        first, window = _around(heard, start + begin, start + stop)
        before = window[max(0, start + begin - aside - first) : max(0, start + begin - first)]
        after = window[max(0, start + stop - first) : max(0, start + stop + aside - first)]
        middle = start + (begin + stop) // 2
        if len(before) and len(after) and middle - start > least and end - middle > least:
            one, other = unit(before.mean(axis=0)), unit(after.mean(axis=0))
            if one @ other < _SAME:
                yield middle


def _around(heard: Scene, begin: int, stop: int) -> tuple[int, npt.NDArray[np.float32]]:
    """The first frame and the activity of the window whose middle is nearest to that of a stretch."""
    middles = np.array(heard.firsts) + heard.activity.shape[1] / 2
    nearest = int(np.argmin(np.abs(middles - (begin + stop) / 2)))
    return heard.firsts[nearest], heard.activity[nearest]


def runs(mask: npt.NDArray[np.bool_]) -> list[Frames]:
    """Stretches in which `mask` holds."""
    edges = np.flatnonzero(np.diff(np.r_[0, mask.astype(np.int8), 0]))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def said_same(heard: Scene, cut: Sequence[Frames]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """For each two bits, how far the network took them for one voice, 0 to 1, and whether it heard both in one window."""
    n = len(cut)
    alike, n_windows = np.zeros((n, n)), np.zeros((n, n))
    size = heard.activity.shape[1]
    for first, window in zip(heard.firsts, heard.activity, strict=True):
        inside = [i for i, (start, end) in enumerate(cut) if start >= first and end <= first + size]
        if len(inside) < 2:
            continue
        who = unit(np.stack([window[cut[i][0] - first : cut[i][1] - first].mean(axis=0) for i in inside]))
        alike[np.ix_(inside, inside)] += who @ who.T
        n_windows[np.ix_(inside, inside)] += 1
    return alike / np.maximum(n_windows, 1), n_windows > 0


def together(vectors: Vectors, alike: npt.NDArray[np.float64], is_near: npt.NDArray[np.bool_]) -> list[list[int]]:
    """Bits in groups of one voice: complete linkage, so that all of a group were heard in one window with each other."""
    if len(vectors) < 2:
        return [[i] for i in range(len(vectors))]
    hierarchy = need("scipy.cluster.hierarchy", "voices")
    distance = np.where(is_near, 1 - vectors @ vectors.T - SAY * (2 * alike - 1), 2.0)
    upper = np.triu_indices(len(vectors), 1)
    tree = hierarchy.linkage(np.maximum(distance[upper], 0), "complete")
    labels = hierarchy.fcluster(tree, SAME_NEARBY, "distance")
    return [list(map(int, np.flatnonzero(labels == label))) for label in dict.fromkeys(labels.tolist())]


def overlaps(heard: Scene, cut: Sequence[Frames]) -> list[tuple[int | None, Frames]]:
    """Second speakers: frames in which a bit's voice also speaks, although they lie in another bit; None: nobody's bit.

    In the window around an overlap, whoever of its two voices is not that of the bit it lies in, is the voice of the
    nearest bit which is mostly theirs. A short overlap that is nobody's is left to the first speaker alone.
    """
    bit_at = np.full(len(heard.overlap), -1)
    for i, (start, end) in enumerate(cut):
        bit_at[start:end] = i
    found: list[tuple[int | None, Frames]] = []
    for start, end in runs((heard.overlap > _OVERLAP) & (bit_at >= 0)):
        edges = [start, *(p for p in range(start + 1, end) if bit_at[p] != bit_at[p - 1]), end]
        for begin, stop in pairwise(edges):
            first, window = _around(heard, begin, stop)
            if stop <= first or begin >= first + len(window):
                continue
            owner = _second(window, first, cut, int(bit_at[begin]), (begin, stop))
            if owner is not None or (stop - begin) * FRAME_S >= _UNKNOWN_S:
                found.append((owner, (begin, stop)))
    return found


def _second(window: Activity, first: int, cut: Sequence[Frames], own: int, overlap: Frames) -> int | None:
    """The bit whose voice joins in at `overlap`, which lies in the bit `own`."""
    begin, stop = max(0, overlap[0] - first), min(len(window), overlap[1] - first)
    loudest = np.argsort(-window[begin:stop].mean(axis=0))[:2]
    speaks = window > _VOICE
    clear = speaks & (speaks.sum(axis=1, keepdims=True) == 1)

    def heard_in(i: int) -> npt.NDArray[np.intp]:
        start, end = max(0, cut[i][0] - first), max(0, min(len(window), cut[i][1] - first))
        return cast("npt.NDArray[np.intp]", clear[start:end].sum(axis=0))

    mine = heard_in(own)
    other = int(loudest[1] if mine[loudest[0]] >= mine[loudest[1]] else loudest[0])
    best: tuple[int, int] | None = None
    for i, (start, end) in enumerate(cut):
        if i == own or end < first or start > first + len(window):
            continue
        clear_frames = heard_in(i)
        if clear_frames[other] >= _LEAST_FRAMES and clear_frames[other] == clear_frames.max():
            far = max(0, start - overlap[1], overlap[0] - end)
            best = min(best or (far, i), (far, i))
    return best[1] if best else None
