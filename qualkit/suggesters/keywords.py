"""Codes whose cue words a segment contains.

The plainest of machine coders, and the one whose every answer can be checked at a glance. Cues and text are compared by lemma
and by the word as written, so that `clinics` meets the cue `clinic`, and `funding` meets `funding` whatever its lemma is in
either place. A cue of several words matches when its words follow one another; punctuation is not looked at.

How sure: every cue that is hit leaves a share of doubt, and the doubts multiply,

    score = 1 - product over distinct cues hit of (1 - weight),     weight = 0.3 + 0.4 * rarity,
    rarity = log((n + 1) / df) / log(n + 1),

where the cue is found in df of the n segments. So a cue that is everywhere counts 0.3, one found once 0.7, and no number of
cues reaches 1.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log, prod
from typing import TypeAlias

from qualkit.model import Brief, Code, Codebook, Evidence, Segment, Suggestion
from qualkit.plugs import Language, Ratings, Tools, ratings_of

_Token: TypeAlias = tuple[frozenset[str], int, int]
"""The forms of a word, and its span."""

_Hits: TypeAlias = Mapping[str, Mapping[str, list[tuple[int, int]]]]
"""Spans by code key and cue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cue:
    code_key: str
    text: str
    words: tuple[frozenset[str], ...]


class Keywords:
    """A `Suggester` that looks for the codebook's cues. Suggests a valence for a code that has exactly one."""

    name = "keywords"
    needs: tuple[str, ...] = ("languages",)
    learns = False

    def revision(self, tools: Tools) -> str:
        """See `Suggester.revision`."""
        return f"keywords 1, {tools.language.name} {tools.language.revision}"

    def rate(self, brief: Brief, tools: Tools) -> Ratings:
        """See `Suggester.rate`."""
        return ratings_of(self.suggest(brief, tools), brief)

    def suggest(self, brief: Brief, tools: Tools) -> list[Suggestion]:
        """See `Suggester.suggest`; rarity of cues is counted over the brief's segments."""
        segments, codebook = brief.segments, brief.codebook
        index = _index(_cues(codebook, tools.language))
        texts = [segment.text for segment in segments]
        found = [_hits(tokens, index) for tokens in _tokens(texts, tools.language)]
        n_found = Counter((key, cue) for hits in found for key, cues in hits.items() for cue in cues)
        weights = {where: _weight(df, len(segments)) for where, df in n_found.items()}
        codes = codebook.by_key
        return [
            _suggestion(segment, codes[key], cues, [weights[key, cue] for cue in cues])
            for segment, hits in zip(segments, found, strict=True)
            for key, cues in sorted(hits.items(), key=lambda item: list(codes).index(item[0]))
        ]


def _cues(codebook: Codebook, language: Language) -> Iterator[_Cue]:
    pairs = [(code.key, cue) for code in codebook.codes for cue in dict.fromkeys(code.cues)]
    for (key, cue), tokens in zip(pairs, _tokens([cue for _, cue in pairs], language), strict=True):
        if tokens:
            yield _Cue(code_key=key, text=cue, words=tuple(forms for forms, _, _ in tokens))


def _tokens(texts: Sequence[str], language: Language) -> Iterator[list[_Token]]:
    for text, words in zip(texts, language.lemmas(texts), strict=True):
        yield [
            (frozenset({lemma, text[start:end].lower()}), start, end)
            for lemma, start, end in words
            if any(map(str.isalnum, text[start:end]))
        ]


def _index(cues: Iterable[_Cue]) -> Mapping[str, list[_Cue]]:
    """Cues by every form of their first word."""
    index: dict[str, list[_Cue]] = defaultdict(list)
    for cue in cues:
        for form in cue.words[0]:
            index[form].append(cue)
    return index


def _hits(tokens: Sequence[_Token], index: Mapping[str, list[_Cue]]) -> _Hits:
    hits: dict[str, dict[str, list[tuple[int, int]]]] = {}
    for first, (forms, start, _) in enumerate(tokens):
        for cue in {cue for form in forms for cue in index.get(form, ())}:
            following = tokens[first : first + len(cue.words)]
            if len(following) == len(cue.words) and all(a & b for a, (b, _, _) in zip(cue.words, following, strict=True)):
                hits.setdefault(cue.code_key, {}).setdefault(cue.text, []).append((start, following[-1][2]))
    return hits


def _weight(df: int, n: int) -> float:
    return 0.3 + 0.4 * log((n + 1) / df) / log(n + 1)


def _suggestion(
    segment: Segment, code: Code, cues: Mapping[str, list[tuple[int, int]]], weights: Sequence[float]
) -> Suggestion:
    spans = _merged(span for spans in cues.values() for span in spans)
    by_place = sorted(cues, key=lambda cue: (cues[cue][0], cue))
    return Suggestion(
        segment_id=segment.id,
        code_key=code.key,
        score=1 - prod(1 - weight for weight in weights),
        rationale=f"cues: {', '.join(by_place)}",
        evidence=tuple(Evidence(start_char=start, end_char=end, text=segment.text[start:end]) for start, end in spans),
        valence=code.valences[0] if len(code.valences) == 1 else None,
    )


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, those that overlap as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
