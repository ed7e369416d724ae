"""Whether coders mark the same words, beside whether they give the same codes: unitizing alphas over characters of turns.

A coder's *passage* is the words that they marked for a code, or the whole segment where they marked none; passages of one code
that touch within a turn are one, unless they differ in valence. The text compared is that of segments that two or more people
looked at. All codes together are one code's text after another's. Coefficients are those of `qualkit/agreement/unitizing.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import groupby
from typing import Any

import numpy as np

from qualkit.agreement import coefficients, intervals, unitizing
from qualkit.agreement.counts import Floats
from qualkit.agreement.unitizing import Overlaps, Passage, Stretch
from qualkit.model import Agreement, CutAgreement, Segment
from qualkit.stages import agree_counts
from qualkit.stages.agree import Options, Votes
from qualkit.stages.disputes import Marked

Marks = Mapping[str, Mapping[str, Marked]]
"""Segment -> code -> coder -> the words that the coder marked for it."""


def run(
    *, segments: Sequence[Segment], votes: Votes, marks: Marks, code_keys: Sequence[str], options: Options
) -> list[CutAgreement]:
    """All codes together (`code_key` None), then code by code; `segments` in the order of the talk."""
    said = {item.id: own for item in segments if len(own := votes.get(item.id, {})) > 1}
    looked = [segment for segment in segments if segment.id in said]
    labels = sorted({label for own in said.values() for codes in own.values() for label in codes.values() if label})
    talks = [_texts(list(own), said) for _, own in groupby(looked, key=lambda item: item.transcript_id)]
    parts = []
    for key in code_keys:
        cut = [_stretches(texts, key, marks) for texts in talks]
        overlaps = _stacked([unitizing.overlaps(own, labels) for own in cut], len(labels))
        parts.append(_Part(key, overlaps, [stretch for own in cut for stretch in own]))
    found = _summed([part.found for part in parts], len(talks), len(labels))
    pooled = _Part(None, found, [stretch for part in parts for stretch in part.cut])
    coders = sorted({who for own in said.values() for who in own})
    return [_measured(part, labels, coders, options) for part in (pooled, *parts)]


@dataclass(frozen=True, slots=True)
class _Part:
    """What was marked for a code, or for all (`key` None): overlaps by transcript, and the stretches they come from."""

    key: str | None
    found: Overlaps
    cut: Sequence[Stretch]


# ---------------------------------------------------------------- who marked what


@dataclass(frozen=True, slots=True)
class _Text:
    """Neighbouring segments of a turn that the same people looked at, what these said of each, and all codes given in it."""

    segments: Sequence[Segment]
    people: tuple[str, ...]
    said: Sequence[Mapping[str, Mapping[str, str | None]]]
    given: frozenset[str]
    length: int


def _texts(own: Sequence[Segment], said: Votes) -> list[_Text]:
    """The segments of a transcript, joined."""
    numbered = enumerate(own)
    joined = groupby(numbered, key=lambda pair: (pair[1].turn_id, pair[1].position - pair[0], tuple(sorted(said[pair[1].id]))))
    texts = []
    for (_, _, people), some in joined:
        segments = [item for _, item in some]
        by_segment = [said[item.id] for item in segments]
        given = frozenset(key for by_coder in by_segment for codes in by_coder.values() for key in codes)
        length = sum(item.end_char - item.start_char for item in segments)
        texts.append(_Text(segments, people, by_segment, given, length))
    return texts


def _stretches(texts: Sequence[_Text], key: str, marks: Marks) -> list[Stretch]:
    """What a transcript says of one code; the texts in which nobody gave it are one stretch for those who looked at them."""
    silent = Counter[tuple[str, ...]]()
    for text in texts:
        if key not in text.given:
            silent[text.people] += text.length
    nothing: list[Passage] = []
    empty = [Stretch(length=n, passages=dict.fromkeys(people, nothing)) for people, n in silent.items()]
    return [_stretch(text, key, marks) for text in texts if key in text.given] + empty


def _stretch(text: _Text, key: str, marks: Marks) -> Stretch:
    passages: dict[str, list[Passage]] = {who: [] for who in text.people}
    at = 0
    for segment, by_coder in zip(text.segments, text.said, strict=True):
        length = segment.end_char - segment.start_char
        for who, codes in by_coder.items():
            if label := codes.get(key):
                spans = marks.get(segment.id, {}).get(key, {}).get(who, ())
                places = [(span.start_char, min(span.end_char, length)) for span in spans] or [(0, length)]
                passages[who] += [(at + start, at + end, label) for start, end in places]
        at += length
    return Stretch(length=at, passages={who: _joined(own) for who, own in passages.items()})


def _joined(passages: Iterable[Passage]) -> list[Passage]:
    """Passages in their order, those that touch and say the same as one; of those that overlap the later gives way."""
    found: list[Passage] = []
    for start, end, label in sorted(passages):
        last = found[-1] if found else (0, 0, "")
        begin = max(start, last[1])
        if found and label == last[2] and start <= last[1]:
            found[-1] = (last[0], max(last[1], end), label)
        elif begin < end:
            found.append((begin, end, label))
    return found


# ---------------------------------------------------------------- coefficients


def _stacked(parts: Sequence[Overlaps], n_labels: int) -> Overlaps:
    """Overlaps of transcripts, one above the other."""
    n = n_labels + 1
    if not parts:
        return Overlaps(together=np.zeros((0, n, n)), alone=np.zeros((0, n)), marked_alone=np.zeros((0, n)))
    return Overlaps(**{item.name: np.stack([getattr(part, item.name) for part in parts]) for item in fields(Overlaps)})


def _summed(parts: Sequence[Overlaps], n_transcripts: int, n_labels: int) -> Overlaps:
    n = n_labels + 1
    nothing = {"together": np.zeros((n_transcripts, n, n)), "alone": np.zeros((n_transcripts, n))}
    start = Overlaps(**nothing, marked_alone=np.zeros((n_transcripts, n)))
    return Overlaps(
        **{
            item.name: sum((getattr(part, item.name) for part in parts), start=getattr(start, item.name))
            for item in fields(Overlaps)
        }
    )


def _values(found: Overlaps, labels: Sequence[str]) -> dict[str, Floats]:
    by_label = unitizing.ku_alpha(found)
    return {
        "u_alpha": unitizing.u_alpha(found),
        "u_alpha_binary": unitizing.u_alpha_binary(found),
        "cu_alpha": unitizing.cu_alpha(found),
        **{f"ku_alpha {label}": by_label[..., n] for n, label in enumerate(labels)},
    }


def _measured(part: _Part, labels: Sequence[str], coders: Sequence[str], options: Options) -> CutAgreement:
    key, found, cut = part.key, part.found, part.cut
    whole, n = found.over(), len(found.alone)
    n_marked = {who: sum(end - start for item in cut for start, end, _ in item.passages.get(who, ())) for who in coders}
    lengths = whole.together.sum(axis=-1)
    counts = {label: round(lengths[at]) for at, label in enumerate(("unmarked", *labels)) if lengths[at]}
    n_units = sum(item.length for item in cut)
    weights = intervals.draws(n, options.n_draws, options.seed) if n else None
    draws = _values(found.drawn(weights), labels) if weights is not None else {}
    about: Any = {"n_units": n_units, "n_coders": len(coders), "counts": counts, "positives": n_marked}
    made = []
    for name, values in _values(whole, labels).items():
        value = float(values)
        if np.isnan(value):
            why = _why(name, n_units)
            made.append(Agreement(measure=name, code_key=key, value=None, undefined_because=why, **about))
            continue
        interval, why = agree_counts.drawn_interval(value, draws[name], n, options)
        made.append(Agreement(measure=name, code_key=key, value=value, interval=interval, no_interval_because=why, **about))
    return CutAgreement(
        code_key=key,
        agreement=tuple(made),
        n_passages={who: sum(len(item.passages.get(who, ())) for item in cut) for who in coders},
        coverage=float(np.nan_to_num(unitizing.coverage(whole))),
    )


def _why(name: str, n_units: int) -> str:
    if not n_units:
        return coefficients.undefined_because("percent", 0)
    if name.startswith(("cu", "ku")):
        return "where two coders both marked something, there are no two labels to tell apart"
    return "nothing was marked, or all of it"
