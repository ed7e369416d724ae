"""Local voices of a whole recording to people: how many there are, who is who, and when each of them spoke."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt

from qualkit.engines.voiceprint import unit
from qualkit.model import LocalVoice, Mark, SpeakerCount, Voices, VoiceTurn, grouped
from qualkit.plugs import Vectors, need
from qualkit.wording import counted

SAME_VOICE = 0.5
"""Mean cosine distance up to which two groups of local voices are one person.

The number of speakers rests on it. Chosen on AMI clips 2, 4, 6, 8 and 10 in name order and three synthetic mixes of four
voices; 0.45 finds the same people in them, at 0.55 two of the synthetic voices are one.
"""

_SURE_S = 0.8
"""Local voices with less speech make no person of their own; they go to the nearest, if there is any longer one."""

_GHOST_SHARE, _GHOST_TURN_S = 0.02, 2.0
"""A person with a smaller share of all speech and no longer turn is a ghost: elsewhere, 69 to 83 % of such were errors."""

_PAUSE_S = 0.1  # a shorter gap between two spans is no pause

_EVEN, _STEEP = -2.5, 15.0
"""Confidence from the margin of cosines between a voice's own person and the next: a logistic curve.

Fitted on 70 local voices of AMI clips 2, 4, 6, 8 and 10 in name order and three synthetic mixes. Of all 182, 96 % were given
to the right person; nearly all that were not had a margin under 0.2.
"""

_GUESSED = 0.4
"""Confidence where a voice spoke only over others, and the person was guessed by who else spoke nearest; not measured."""

Labels: TypeAlias = npt.NDArray[np.intp]
Seconds: TypeAlias = npt.NDArray[np.float64]


def tell_apart(voices: Sequence[LocalVoice], count: SpeakerCount) -> Voices:
    """See `Diarizer.tell_apart`. With no voice that has a vector, all are one person's.

    A turn's confidence is the share of voices that are given to the right person when they lie by such a margin nearer to
    it than to the next: a logistic curve of the difference of cosines.
    """
    voices = [voice for voice in voices if voice.spans]
    if not voices:
        return Voices(turns=())
    known = [i for i, voice in enumerate(voices) if voice.vector]
    lengths = alone_s(voices)
    marks: list[Mark] = []
    labels = np.zeros(len(voices), dtype=np.intp)
    sure = np.ones(len(voices))
    centres = np.zeros((1, 0), dtype=np.float32)
    if known:
        vectors = np.array([voices[i].vector for i in known], dtype=np.float32)
        own = people(vectors, lengths[known], count)
        own, marks = _without_ghosts([voices[i] for i in known], vectors, lengths[known], own, count)
        centres = _centres(vectors, lengths[known], own)
        labels, sure = _all_given(voices, known, own, vectors @ centres.T)
    return _in_order(voices, labels, sure, centres, marks)


def alone_s(voices: Sequence[LocalVoice]) -> Seconds:
    """Seconds in which each voice with a vector, and no other such, is heard: about what its vector was made from."""
    spans = sorted((*span, n) for n, voice in enumerate(voices) for span in voice.spans if voice.vector)
    alone = np.zeros(len(voices))
    for place, (start_s, end_s, n) in enumerate(spans):
        alone[n] += end_s - start_s
        for other_start_s, other_end_s, other in spans[place + 1 :]:
            if other_start_s >= end_s:
                break
            shared_s = min(end_s, other_end_s) - other_start_s
            alone[n] -= shared_s
            alone[other] -= shared_s
    return cast("Seconds", np.maximum(alone, 1e-3))


def named(vectors: Sequence[Sequence[float]], known: Mapping[str, Sequence[float]]) -> dict[int, str]:
    """See `Diarizer.names_of`: the nearest pairs first, none further apart than `SAME_VOICE`."""
    if not vectors or not known:
        return {}
    names = list(known)
    near = np.array(vectors) @ np.array([known[name] for name in names]).T
    found: dict[int, str] = {}
    for place in np.argsort(-near, axis=None):
        person, name = divmod(int(place), len(names))
        if near[person, name] >= 1 - SAME_VOICE and person not in found and names[name] not in found.values():
            found[person] = names[name]
    return found


def people(vectors: Vectors, lengths_s: Seconds, count: SpeakerCount) -> Labels:
    """A person for each vector: average linkage on cosine distance, cut at `SAME_VOICE`, or where `count` asks for it."""
    is_sure = lengths_s >= min(_SURE_S, lengths_s.max())
    labels = np.zeros(len(vectors), dtype=np.intp)
    labels[is_sure] = _linked(vectors[is_sure], lengths_s[is_sure], count)
    near = vectors @ _centres(vectors[is_sure], lengths_s[is_sure], labels[is_sure]).T
    return cast("Labels", np.where(is_sure, labels, near.argmax(axis=1)))


def _linked(vectors: Vectors, lengths_s: Seconds, count: SpeakerCount) -> Labels:
    if len(vectors) < 2:
        return np.zeros(len(vectors), dtype=np.intp)
    hierarchy = need("scipy.cluster.hierarchy", "voices")
    tree = hierarchy.linkage(vectors, "average", metric="cosine")
    labels = cast("Labels", hierarchy.fcluster(tree, SAME_VOICE, "distance").astype(np.intp) - 1)
    if labels.max() + 1 < count.least:
        labels = cast("Labels", hierarchy.fcluster(tree, count.least, "maxclust").astype(np.intp) - 1)
    return _at_most(labels, vectors, lengths_s, count.most or len(vectors))


def _at_most(labels: Labels, vectors: Vectors, lengths_s: Seconds, most: int) -> Labels:
    """`labels` with the cheapest pairs merged until `most` are left: near each other, or little to lose by it (Ward)."""
    while labels.max() + 1 > most:
        speech = np.bincount(labels, weights=lengths_s)
        centres = _centres(vectors, lengths_s, labels)
        cost = (1 - centres @ centres.T) * (speech[:, None] * speech / (speech[:, None] + speech))
        np.fill_diagonal(cost, np.inf)
        one, other = sorted(divmod(int(cost.argmin()), len(centres)))
        labels = np.where(labels == other, one, labels)
        labels = np.where(labels > other, labels - 1, labels)
    return labels


def _centres(vectors: Vectors, lengths_s: Seconds, labels: Labels) -> Vectors:
    """The mean voice of each person, weighted by seconds."""
    centres = np.zeros((labels.max() + 1, vectors.shape[1]))
    np.add.at(centres, labels, vectors * lengths_s[:, None])
    return unit(centres.astype(np.float32))


def _without_ghosts(
    voices: Sequence[LocalVoice], vectors: Vectors, lengths_s: Seconds, labels: Labels, count: SpeakerCount
) -> tuple[Labels, list[Mark]]:
    """`labels` with each ghost's voices given to the nearest person, and a mark for each; never fewer than `count.least`."""
    speech = np.bincount(labels, weights=lengths_s)
    longest = np.zeros(len(speech))
    for voice, label in zip(voices, labels, strict=True):
        longest[label] = max(longest[label], *(end_s - start_s for start_s, end_s in voice.spans))
    is_ghost = (speech < _GHOST_SHARE * speech.sum()) & (longest <= _GHOST_TURN_S)
    ghosts = sorted(np.flatnonzero(is_ghost), key=lambda label: speech[label])[: max(0, len(speech) - count.least)]
    if not ghosts:
        return labels, []
    stay = np.setdiff1d(np.arange(len(speech)), ghosts)
    nearest = stay[(vectors @ _centres(vectors, lengths_s, labels)[stay].T).argmax(axis=1)]
    marks = [_ghost_mark([voice for voice, label in zip(voices, labels, strict=True) if label == ghost]) for ghost in ghosts]
    moved = np.where(np.isin(labels, ghosts), nearest, labels)
    return np.searchsorted(stay, moved), marks


def _ghost_mark(voices: Sequence[LocalVoice]) -> Mark:
    spans = [span for voice in voices for span in voice.spans]
    seconds = sum(end_s - start_s for start_s, end_s in spans)
    return Mark(
        start_s=min(start_s for start_s, _ in spans),
        end_s=max(end_s for _, end_s in spans),
        text=f"A voice heard for {seconds:.1f} s in all ({counted(len(spans), 'time')}) went to the speaker it is most like.",
    )


def _all_given(voices: Sequence[LocalVoice], known: list[int], own: Labels, near: Vectors) -> tuple[Labels, Seconds]:
    """A person for every voice and how sure that is.

    A voice without a vector goes to the person heard nearest in time who is none of its window's; -1 where there is none.
    """
    rows = np.arange(len(known))
    others = near.copy()
    others[rows, own] = -1.0
    margin = near[rows, own] - others.max(axis=1)
    labels, sure = np.full(len(voices), -1, dtype=np.intp), np.full(len(voices), _GUESSED)
    labels[known] = own
    sure[known] = 1 / (1 + np.exp(-(_EVEN + _STEEP * margin)))
    taken = grouped(known, lambda i: voices[i].window)
    spans = sorted((*span, int(label)) for i, label in zip(known, own, strict=True) for span in voices[i].spans)
    starts, ends = np.array([span[0] for span in spans]), np.array([span[1] for span in spans])
    whose = np.array([span[2] for span in spans])
    for i in set(range(len(voices))) - set(known):
        start_s, end_s = voices[i].spans[0]
        far = np.maximum(np.maximum(starts - end_s, start_s - ends), 0.0)
        far[np.isin(whose, labels[taken.get(voices[i].window, [])])] = np.inf
        nearest = int(far.argmin())
        if np.isfinite(far[nearest]):
            labels[i] = whose[nearest]
    return labels, sure


def _in_order(voices: Sequence[LocalVoice], labels: Labels, sure: Seconds, centres: Vectors, marks: Sequence[Mark]) -> Voices:
    """Turns by start, and people numbered by their first."""
    spans = sorted(
        (start_s, end_s, int(label), float(how_sure))
        for voice, label, how_sure in zip(voices, labels, sure, strict=True)
        for start_s, end_s in voice.spans
        if label >= 0
    )
    numbers: dict[int, int] = {}
    for _, _, label, _ in spans:
        numbers.setdefault(label, len(numbers))
    turns = [turn for label, own in grouped(spans, lambda span: span[2]).items() for turn in _joined(own, numbers[label])]
    return Voices(
        turns=tuple(sorted(turns, key=lambda turn: (turn.start_s, turn.speaker))),
        vectors=tuple(tuple(round(float(x), 4) for x in centres[label]) for label in numbers) if centres.shape[1] else (),
        marks=tuple(sorted(marks, key=lambda mark: mark.start_s)),
    )


def _joined(spans: Sequence[tuple[float, float, int, float]], speaker: int) -> list[VoiceTurn]:
    """One person's spans, in order, as turns; confidence is the mean over seconds."""
    turns: list[list[tuple[float, float, int, float]]] = []
    until_s = -1.0
    for span in spans:
        if turns and span[0] - until_s <= _PAUSE_S:
            turns[-1].append(span)
        else:
            turns.append([span])
        until_s = max(until_s, span[1]) if len(turns[-1]) > 1 else span[1]
    return [
        VoiceTurn(
            start_s=own[0][0],
            end_s=max(span[1] for span in own),
            speaker=speaker,
            confidence=round(
                float(np.average([span[3] for span in own], weights=[span[1] - span[0] + 1e-6 for span in own])), 3
            ),
        )
        for own in turns
    ]
