"""Codes whose definition, include lines or examples a segment resembles.

A raw cosine cannot be compared between codes: a code in general words resembles everything, and a list ranked by cosine
names it on every segment. So each code is judged by its own standard. Its score on a segment is how far that segment stands
out among all segments of the study, in standard deviations (z), and depends on this code and the segments alone, so that
after a change of one code only that code has to be judged again.

Steps, each of which was kept because it raised agreement with human coders on real focus groups (14 codes, 340 turns):

1. The mean of all segment and sentence vectors is taken off everything, which removes what the whole study is about.
2. A segment resembles a line of the codebook by the mean of two cosines: of the whole segment, and of its best sentence. The
   whole carries the subject, the sentence finds a point made in passing.
3. A segment resembles a code by the mean over the two lines it resembles most. One line alone rewards chance, the mean over
   all lines punishes a code that is described from many sides.
4. z over segments; what reaches `min_z` is suggested, with score = 1 / (1 + exp(2.5 - 1.1 z)): the share of such suggestions
   that the human coders had made as well (z 1: .20, z 2: .43, z 3: .69).

Measured there, definitions only: mean kappa .37 at matched prevalence (raw cosine .32), recall in the first three .56 (the
three commonest codes: .44), and no code takes more than a tenth of all suggestions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt

from qualkit.model import Brief, Code, Evidence, Segment, Suggestion
from qualkit.plugs import Language, Ratings, Tools, Vectors, ratings_of
from qualkit.wording import first_line

Scores: TypeAlias = npt.NDArray[np.floating]

_Span: TypeAlias = tuple[int, int]

MIN_SEGMENTS = 30
"""With fewer, a mean and a spread cannot be estimated and `REFERENCE` stands in for them."""

REFERENCE = (0.30, 0.11)
"""Mean and standard deviation of the resemblance of a segment to a code, not centred, for all-MiniLM-L6-v2 on focus groups."""

_N_LINES = 2


class Similarity:
    """A `Suggester` that compares meanings. Suggests a valence for a code that has exactly one.

    `min_z`: how many standard deviations above a code's mean a segment must stand; 1 suggests each code on about a sixth
    of the segments, which is meant to be cut to the best few per segment afterwards.
    """

    name = "similarity"
    needs: tuple[str, ...] = ("languages", "embedders")
    learns = False

    def __init__(self, min_z: float = 1.0) -> None:
        self.min_z = min_z

    def revision(self, tools: Tools) -> str:
        """See `Suggester.revision`."""
        engines = f"{tools.embedder.name} {tools.embedder.revision}, {tools.language.name} {tools.language.revision}"
        return f"similarity 1, min_z {self.min_z:g}, {engines}"

    def rate(self, brief: Brief, tools: Tools) -> Ratings:
        """See `Suggester.rate`."""
        return ratings_of(self.suggest(brief, tools), brief)

    def suggest(self, brief: Brief, tools: Tools) -> list[Suggestion]:
        """See `Suggester.suggest`; by code, in the codebook's order."""
        segments, codebook = brief.segments, brief.codebook
        if not segments:
            return []
        spans = [_sentences(segment.text, tools.language) for segment in segments]
        space = _embedded(segments, spans, tools)
        return [item for code in codebook.codes for item in self._of_code(code, segments, spans, space, tools)]

    def _of_code(
        self, code: Code, segments: Sequence[Segment], spans: Sequence[list[_Span]], space: Space, tools: Tools
    ) -> Iterator[Suggestion]:
        lines = _lines(code)
        vectors = tools.embedder.embed([line.text for line in lines])
        fits = resemblance(space, vectors)
        z = standardised(fits, is_centred=space.is_centred)
        for n in map(int, np.flatnonzero(z >= self.min_z)):
            best = int(np.argmax(fits[n]))
            yield Suggestion(
                segment_id=segments[n].id,
                code_key=code.key,
                score=probability(float(z[n])),
                rationale=f"{lines[best].words}, more than {np.mean(z < z[n]):.0%} of segments do",
                evidence=(_evidence(segments[n].text, spans[n][space.best_part(n, vectors[best])]),),
                valence=code.valences[0] if len(code.valences) == 1 else None,
            )


class Space:
    """Segments and their sentences as vectors, less what they have in common.

    `wholes` has a row per segment, `parts` a row per sentence, in order, and `counts` says how many sentences each segment
    has (at least one). Below `MIN_SEGMENTS` nothing is taken off.
    """

    def __init__(self, wholes: Vectors, parts: Vectors, counts: Sequence[int]) -> None:
        self.is_centred = len(wholes) >= MIN_SEGMENTS
        everything = np.concatenate([wholes, parts])
        self._common = everything.mean(axis=0) if self.is_centred else np.zeros(wholes.shape[1], dtype=np.float32)
        self.wholes, self.parts = self.place(wholes), self.place(parts)
        self.first = np.concatenate([[0], np.cumsum(counts)])

    def place(self, vectors: Vectors) -> Vectors:
        """`vectors` in this space, rows of length 1."""
        moved = vectors - self._common
        return cast("Vectors", moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9))

    def best_part(self, segment: int, line: Vectors) -> int:
        """Which sentence of a segment is nearest to one line of a codebook."""
        return int(np.argmax(self.parts[self.first[segment] : self.first[segment + 1]] @ self.place(line[None])[0]))


def resemblance(space: Space, lines: Vectors) -> Scores:
    """How much each segment resembles each line of one code, as a cosine: shape (segments, lines)."""
    placed = space.place(lines)
    best_parts = np.maximum.reduceat(space.parts @ placed.T, space.first[:-1], axis=0)
    return cast("Scores", (space.wholes @ placed.T + best_parts) / 2)


def standardised(fits: Scores, *, is_centred: bool) -> Scores:
    """z of each segment for one code, from its resemblance to the code's lines; 0 where all segments are alike."""
    raw = np.sort(fits, axis=1)[:, -_N_LINES:].mean(axis=1)
    mean, spread = (raw.mean(), raw.std()) if is_centred else REFERENCE
    return cast("Scores", (raw - mean) / spread if spread > 1e-6 else np.zeros_like(raw))


def probability(z: float) -> float:
    """The share of suggestions at `z` that human coders had made too; see the module's text for the source."""
    return float(1 / (1 + np.exp(2.5 - 1.1 * z)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    kind: str
    text: str

    @property
    def words(self) -> str:
        return f"resembles the {self.kind} “{first_line(self.text, 90)}”"


def _lines(code: Code) -> list[_Line]:
    """What a codebook says of a code, as texts to compare with. What to exclude is not among them: it resembles too."""
    definition = f"{code.name}: {code.definition}" if code.definition else code.name
    return [
        _Line(kind="definition", text=definition),
        *(_Line(kind="include line", text=text) for text in code.include),
        *(_Line(kind="example", text=text) for text in code.examples),
    ]


def _sentences(text: str, language: Language) -> list[_Span]:
    return language.sentences(text) or [(0, len(text))]


def _embedded(segments: Sequence[Segment], spans: Sequence[list[_Span]], tools: Tools) -> Space:
    wholes = [segment.text for segment in segments]
    parts = [text[start:end] for text, own in zip(wholes, spans, strict=True) for start, end in own]
    vectors = tools.embedder.embed([*wholes, *parts], tools.progress)
    return Space(vectors[: len(wholes)], vectors[len(wholes) :], [len(own) for own in spans])


def _evidence(text: str, span: _Span) -> Evidence:
    return Evidence(start_char=span[0], end_char=span[1], text=text[span[0] : span[1]])
