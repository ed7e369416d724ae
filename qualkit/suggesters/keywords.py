"""Codes whose cue words a segment contains.

The plainest of machine coders, and the one whose every answer can be checked at a glance. Cues and text are compared by every
lemma that a word may have and by the word as written, so that `clinics` meets the cue `clinic`, and `funding` both `funding`
and `fund`. A cue of several words matches when its words follow one another; punctuation is not looked at.

How sure: every cue that is hit leaves a share of doubt, and the doubts multiply,

    score = 1 - product over distinct cues hit of (1 - weight),     weight = 0.3 + 0.4 * rarity,
    rarity = log((n + 1) / df) / log(n + 1),

where the cue is hit in df of the n segments. So a cue that is everywhere counts 0.3, one found once 0.7, and no number of
cues reaches 1.

Negation, for English: `no`, `not`, `never`, `without`, `lack` and their like reach the next five words of their clause, as in
NegEx (Chapman et al. 2001, J Biomed Inform 34:301-310); a clause ends at punctuation, at `but`, `because` and their like, and
at `and` before a new subject. `Not only`, `don't know` and `No, I ...` deny nothing; `not without` affirms. What follows
depends on the code:

- A cue that is itself a negation, such as `not enough`, counts as it is written.
- A code that may be a barrier, or whose valence the coder chooses, is also about what is not there: `no bus` is a transport
  barrier, `no shame here` speaks of stigma as a facilitator. The cue counts, and is shown as negated.
- For any other code, a facilitator or one without valence, a negated cue is a near miss.

Near misses are shown beside the cues that were hit, and never add to the score: a negated cue; a cue with another word in it;
one that lacks a word, while two that tell remain; one with a word of six letters or more that is a letter off. A code with near
misses alone is shown with the score 0.1, less than any hit has, and `rate` does not count it as given.

Measured on four real focus groups, with the names of their 188 codes for cues (nobody's chosen cues, so that only comparisons
tell): rules were chosen on two groups, the figures are for the other two, by turn. Of subjects hit, 39 % (of 330) were on a
turn that people gave some code on that subject; of those only ever negated 37 % (of 19): whether a subject comes up does not
hang on negation. Among barriers it was 25 % (of 206) and 10 % (of 10; in the groups chosen on 40 % of 5), among facilitators
13 % (of 205) and 9 % (of 11). So the rules above rest on what negation means more than on these few. Of other near misses alone
it was 31 % (of 26).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import log, prod
from typing import TypeAlias

from qualkit.model import Brief, Code, Codebook, Evidence, Segment, Suggestion, Valence, grouped
from qualkit.plugs import Language, Ratings, Tools, ratings_of

NEAR = 0.1
"""The score of a near miss alone, under that of any hit."""

_REACH = 5
"""How many words a negation reaches, as in NegEx."""

_NEGATIONS = frozenset(
    "no not n't never without nobody none nothing neither nor cannot lack lacking absence".split()  # noqa: SIM905
)
_REVERSERS = frozenset({"without", "lack", "lacking", "absence"})
_ENDS = frozenset(
    "but however although though because since so unless if when while which who except until then yet".split()  # noqa: SIM905
)
_BEGINNINGS = frozenset("i we you they he she it there the this that then".split())  # noqa: SIM905
_HARMLESS = frozenset("only just sure know mean remember doubt matter wonder question necessarily mention".split())  # noqa: SIM905
_INSIDE = frozenset("'’‘\"“”-–/")

_LEAST_LETTERS = 6  # of a word that may be misspelt
_TELLING_LETTERS = 4  # of a word that says something


class _How(IntEnum):
    """How a cue was found, the surest first."""

    HIT = 0
    NEGATED = 1
    SLIP = 2
    BETWEEN = 3
    MISSING = 4


@dataclass(frozen=True, slots=True)
class _Token:
    """A word: its text in lower case and its lemma, and behind a `~` each cue word that is one letter away; and its span."""

    forms: frozenset[str]
    start: int
    end: int
    is_negated: bool


_Pattern: TypeAlias = tuple[frozenset[str] | None, ...]
"""Forms that each word must have one of; None for any word."""


@dataclass(frozen=True, slots=True)
class _Cue:
    code_key: str
    text: str
    words: tuple[frozenset[str], ...]

    @property
    def negates(self) -> bool:
        """Whether the cue is itself a negation, such as `not enough`."""
        return any(word & _NEGATIONS for word in self.words)


@dataclass(frozen=True, slots=True)
class _Match:
    cue: _Cue
    how: _How
    span: tuple[int, int]
    is_negated: bool


_Index: TypeAlias = Mapping[str, Sequence[tuple[_Cue, _How, _Pattern]]]
"""Patterns by every form of their first word."""


class Keywords:
    """A `Suggester` that looks for the codebook's cues. Suggests a valence for a code that has exactly one."""

    name = "keywords"
    learns = False

    def revision(self, tools: Tools) -> str:
        """See `Suggester.revision`."""
        return f"keywords 3, {tools.language.name} {tools.language.revision}"

    def rate(self, brief: Brief, tools: Tools) -> Ratings:
        """See `Suggester.rate`; a near miss alone is not given."""
        ratings = ratings_of(self.suggest(brief, tools), brief)
        return Ratings(ratings.scores, ratings.scores > NEAR)

    def suggest(self, brief: Brief, tools: Tools) -> list[Suggestion]:
        """See `Suggester.suggest`; rarity of cues is counted over the brief's segments."""
        codes = brief.codebook.by_key
        cues = list(_cues(brief.codebook, tools.language))
        found = list(matches([segment.text for segment in brief.segments], cues, codes, tools.language))
        n_found = Counter(cue for matched in found for cue in {item.cue for item in matched if item.how is _How.HIT})
        weights = {cue: _weight(df, len(brief.segments)) for cue, df in n_found.items()}
        places = {key: place for place, key in enumerate(codes)}
        return [
            _suggestion(segment, codes[key], own, weights)
            for segment, matched in zip(brief.segments, found, strict=True)
            for key, own in sorted(grouped(matched, lambda item: item.cue.code_key).items(), key=lambda item: places[item[0]])
        ]


# ---------------------------------------------------------------- cues and words


def _cues(codebook: Codebook, language: Language) -> Iterator[_Cue]:
    pairs = [(code.key, cue) for code in codebook.codes for cue in dict.fromkeys(code.cues)]
    for (key, cue), words in zip(pairs, language.lemmas([cue for _, cue in pairs]), strict=True):
        forms = tuple(_forms(lemmas, cue[start:end]) for lemmas, start, end in words if _is_word(cue[start:end]))
        if forms:
            yield _Cue(key, cue, forms)


def _forms(lemmas: frozenset[str], text: str) -> frozenset[str]:
    return lemmas | frozenset({text.lower().replace("’", "'")})


def _is_word(text: str) -> bool:
    return any(map(str.isalnum, text))


def _tokens(texts: Sequence[str], slips: Slips, language: Language) -> Iterator[list[_Token]]:
    for text, said in zip(texts, language.lemmas(texts), strict=True):
        words = [(_forms(lemmas, text[start:end]), start, end) for lemmas, start, end in said]
        negated = _negated([(forms, _is_word(text[start:end])) for forms, start, end in words])
        yield [
            _Token(forms | slips.of(forms), start, end, is_negated)
            for (forms, start, end), is_negated in zip(words, negated, strict=True)
            if _is_word(text[start:end])
        ]


def _negated(tokens: Sequence[tuple[frozenset[str], bool]]) -> list[bool]:
    """Whether each of a text's tokens, (forms, whether it is a word), is under a negation."""
    found: list[bool] = []
    left = 0
    for n, (forms, is_word) in enumerate(tokens):
        following = tokens[n + 1][0] if n + 1 < len(tokens) else frozenset()
        if _ends(forms, following, is_word=is_word):
            left = 0
        found.append(left > 0 and is_word)
        if is_word and _negates(forms, following):
            left = 0 if left and forms & _REVERSERS else _REACH
        elif is_word and left:
            left -= 1
    return found


def _ends(forms: frozenset[str], following: frozenset[str], *, is_word: bool) -> bool:
    """Whether a clause ends here: at punctuation, at `but` and its like, and at `and` where a new subject follows."""
    if not is_word:
        return not forms & _INSIDE
    return bool(forms & _ENDS) or ("and" in forms and bool(following & _BEGINNINGS))


def _negates(forms: frozenset[str], following: frozenset[str]) -> bool:
    is_negation = bool(forms & _NEGATIONS) or any(form.endswith("n't") for form in forms)
    is_answer = "no" in forms and bool(following & _BEGINNINGS)
    return is_negation and not is_answer and not following & _HARMLESS


class Slips:
    """Which words of cues are slips of a word; both have six letters or more."""

    def __init__(self, cues: Iterable[_Cue]) -> None:
        self._by_rest: dict[str, set[str]] = defaultdict(set)
        self._known: dict[frozenset[str], frozenset[str]] = {}
        for word in {form for cue in cues for forms in cue.words for form in forms if len(form) >= _LEAST_LETTERS}:
            for rest in _rests(word):
                self._by_rest[rest].add(word)

    def of(self, forms: frozenset[str]) -> frozenset[str]:
        """The cue words near to a word of these forms, each behind a `~`; none that it is itself a form of."""
        if forms not in self._known:
            long = [form for form in forms if len(form) >= _LEAST_LETTERS]
            near = {
                word for form in long for rest in _rests(form) for word in self._by_rest.get(rest, ()) if is_slip(form, word)
            }
            self._known[forms] = frozenset(f"~{word}" for word in near - forms)
        return self._known[forms]


def _rests(word: str) -> set[str]:
    """A word, and what is left of it without each of its letters."""
    return {word} | {word[:n] + word[n + 1 :] for n in range(len(word))}


def is_slip(word: str, other: str) -> bool:
    """Whether two words that begin alike are one letter apart: changed, left out or put in. `other` is no slip of `mother`."""
    if len(word) > len(other):
        word, other = other, word
    if len(other) - len(word) > 1 or word == other or word[:1] != other[:1]:
        return False
    first = next((n for n, sign in enumerate(word) if sign != other[n]), len(word))
    return word[first:] == other[first + 1 :] or word[first + 1 :] == other[first + 1 :]


# ---------------------------------------------------------------- where a cue is found


def matches(
    texts: Sequence[str], cues: Sequence[_Cue], codes: Mapping[str, Code], language: Language
) -> Iterator[list[_Match]]:
    """For each text the cues in it, hits and near misses, in the order of their places."""
    index = _index(cues)
    for tokens in _tokens(texts, Slips(cues), language):
        yield _settled(_found(tokens, index, codes))


def _index(cues: Iterable[_Cue]) -> _Index:
    index: dict[str, list[tuple[_Cue, _How, _Pattern]]] = defaultdict(list)
    for cue in cues:
        for how, pattern in _patterns(cue.words):
            for form in pattern[0] or ():
                index[form].append((cue, how, pattern))
    return index


def _patterns(words: tuple[frozenset[str], ...]) -> Iterator[tuple[_How, _Pattern]]:
    """The cue as it is; with another word in it; without one that is not its longest, if two that tell remain; misspelt."""
    yield _How.HIT, words
    lengths = [max(map(len, word)) for word in words]
    for n, word in enumerate(words):
        if n:
            yield _How.BETWEEN, (*words[:n], None, *words[n:])
        rest = (*lengths[:n], *lengths[n + 1 :])
        if n != lengths.index(max(lengths)) and sum(length >= _TELLING_LETTERS for length in rest) > 1:
            yield _How.MISSING, (*words[:n], *words[n + 1 :])
        if lengths[n] >= _LEAST_LETTERS:
            yield _How.SLIP, (*words[:n], frozenset(f"~{form}" for form in word), *words[n + 1 :])


def _found(tokens: Sequence[_Token], index: _Index, codes: Mapping[str, Code]) -> Iterator[_Match]:
    for first, token in enumerate(tokens):
        for form in token.forms:
            for cue, how, pattern in index.get(form, ()):
                here = tokens[first : first + len(pattern)]
                if len(here) == len(pattern) and all(a is None or a & b.forms for a, b in zip(pattern, here, strict=True)):
                    is_negated = how is _How.HIT and here[0].is_negated and not cue.negates
                    is_denied = is_negated and not _is_met_by_absence(codes[cue.code_key])
                    yield _Match(cue, _How.NEGATED if is_denied else how, (here[0].start, here[-1].end), is_negated)


def _is_met_by_absence(code: Code) -> bool:
    """Whether a code is also about what is not there: a barrier, or a code whose valence the coder chooses."""
    return Valence.BARRIER in code.valences or len(code.valences) > 1


def _settled(found: Iterable[_Match]) -> list[_Match]:
    """Each place once for each cue, and no near miss where its code has something surer; in the order of their places."""
    settled: list[_Match] = []
    spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for item in sorted(set(found), key=lambda item: (item.how, item.span, item.cue.text)):
        taken = spans[item.cue.code_key]
        if item.how is _How.HIT or not any(start < item.span[1] and item.span[0] < end for start, end in taken):
            settled.append(item)
            taken.append(item.span)
    return sorted(settled, key=lambda item: (item.span, item.cue.text))


# ---------------------------------------------------------------- suggestions


def _weight(df: int, n: int) -> float:
    return 0.3 + 0.4 * log((n + 1) / df) / log(n + 1)


def _suggestion(segment: Segment, code: Code, found: Sequence[_Match], weights: Mapping[_Cue, float]) -> Suggestion:
    hits = [item for item in found if item.how is _How.HIT]
    near = [item for item in found if item.how is not _How.HIT]
    cues = list(dict.fromkeys(item.cue for item in hits))
    spans = _merged(item.span for item in hits or near)
    return Suggestion(
        segment_id=segment.id,
        code_key=code.key,
        score=1 - prod(1 - weights[cue] for cue in cues) if cues else NEAR,
        rationale="; ".join(
            f"{title}: {', '.join(said)}"
            for title, said in (
                ("cues", [_cue(cue, hits) for cue in cues]),
                ("near", list(dict.fromkeys(_near(item, segment.text) for item in near))),
            )
            if said
        ),
        evidence=tuple(Evidence(start_char=start, end_char=end, text=segment.text[start:end]) for start, end in spans),
        valence=code.valences[0] if len(code.valences) == 1 else None,
    )


def _cue(cue: _Cue, hits: Iterable[_Match]) -> str:
    """A cue that was hit, and whether everywhere under a negation."""
    return f"{cue.text} (negated)" if all(item.is_negated for item in hits if item.cue == cue) else cue.text


def _near(item: _Match, text: str) -> str:
    """A near miss as it is said, and what it is near to."""
    words = " ".join(text[item.span[0] : item.span[1]].split())
    return f"{words} (negated)" if item.how is _How.NEGATED else f"{words} (for {item.cue.text})"


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, those that overlap as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
