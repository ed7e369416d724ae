"""Facilitator or barrier: suggested apart from the codes, as if each were a code of its own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from qualkit.model import Code, Codebook, Lesson, Valence
from qualkit.suggesters.reading import Scores

DEFINITIONS: Mapping[Valence, str] = {
    Valence.BARRIER: "something that hinders, prevents, delays or makes difficult; a problem, lack, fear or obstacle",
    Valence.FACILITATOR: "something that helps, enables, supports or makes easier, or would if it were there",
}


def valences_as_codes(codebook: Codebook) -> Codebook:
    """A codebook of two codes, `barrier` and `facilitator`, that includes whatever codes have this as their only valence."""
    return Codebook(name="Valence", version="1", codes=tuple(_as_code(valence, codebook) for valence in DEFINITIONS))


def _as_code(valence: Valence, codebook: Codebook) -> Code:
    own = [item for item in codebook.codes if item.valences == (valence,)]
    include = tuple(f"{item.name}: {item.definition}" if item.definition else item.name for item in own)
    return Code(key=valence.value, name=valence.value.capitalize(), definition=DEFINITIONS[valence], include=include)


def with_valences(lesson: Lesson) -> Lesson:
    """A lesson on the codes of `valences_as_codes`: which valences the codes of a segment have; mixed is both.

    Where a code of the segment is unsettled, so are the valences that no other code has.
    """
    said = set(lesson.codes.values())
    codes: dict[str, Valence | None] = {key.value: None for key in DEFINITIONS if said & {key, Valence.MIXED}}
    open_ = frozenset(key.value for key in DEFINITIONS) if lesson.unsettled else frozenset()
    return Lesson(codes=codes, unsettled=open_ - frozenset(codes))


def valences_of(code: Code, scores: Scores | None) -> list[Valence | None] | None:
    """The valence of a code on every segment, from `scores` of the codes of `valences_as_codes`: shape (segments, 2).

    None where the code cannot take several, or people have given no valences yet (`scores` None).
    """
    possible = [valence for valence in DEFINITIONS if valence in code.valences]
    if scores is None or len(code.valences) < 2 or not possible:
        return None
    column = {valence: scores[:, n] for n, valence in enumerate(DEFINITIONS)}
    best = np.argmax([column[valence] for valence in possible], axis=0)
    both = (np.min(scores, axis=1) >= 0.5) & (Valence.MIXED in code.valences)
    return [Valence.MIXED if mixed else possible[n] for n, mixed in zip(best, both, strict=True)]
