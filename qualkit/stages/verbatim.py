"""Whether a quotation says what the transcript says: every word of it, but for cuts and brackets that are marked.

An author may leave words out, marked `[…]`, `[...]` or an ellipsis, and put words of their own into square brackets, in the
place of others or beside them: `[T]hey gave [her] the keys […] at once`. Everything else has to stand in the transcript, in
that order. Quotation marks and apostrophes may be typographic, and blanks of any number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_EDIT = re.compile(r"(\[[^\[\]]*\]|…|\.\.\.)")
_CUTS = frozenset({"[…]", "[...]", "[ … ]", "[ ... ]", "…", "..."})
_ALIKE = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "\xa0": " "})
_PART = r"[\w']*?"
"""Letters of the word that a bracket stands in: `[T]hey`, `go[ing]`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """How often words were left out of a quotation, and how often the author put some into brackets."""

    n_cuts: int = 0
    n_brackets: int = 0

    @property
    def is_verbatim(self) -> bool:
        """Whether there are none."""
        return not self.n_cuts and not self.n_brackets


def check(printed: str, source: str) -> Edits | None:
    """The edits by which a quotation differs from the words it comes from; None if it is not made of these words."""
    said, words = _plain(source), _plain(printed)
    if not words:
        return None
    if _stands_in(words, said):
        return Edits()
    pieces = [piece for piece in _EDIT.split(words) if piece]
    if not any(not _EDIT.fullmatch(piece) and re.search(r"\w", piece) for piece in pieces):
        return None
    at = 0
    for run in _runs(pieces):
        found = run.search(said, at)
        if found is None:
            return None
        at = found.end()
    edits = [piece for piece in pieces if _EDIT.fullmatch(piece)]
    n_cuts = sum(piece in _CUTS for piece in edits)
    return Edits(n_cuts=n_cuts, n_brackets=len(edits) - n_cuts)


def _plain(text: str) -> str:
    return " ".join(text.translate(_ALIKE).split())


def _stands_in(words: str, said: str) -> bool:
    return re.search(_edge(words[0], before=True) + re.escape(words) + _edge(words[-1], before=False), said) is not None


def _runs(pieces: list[str]) -> Iterator[re.Pattern[str]]:
    """What has to stand in the source one after the other, with anything between.

    A bracket inside a word stands for letters of that word; any other edit for as many words as one likes.
    """
    pattern = ""
    for n, piece in enumerate(pieces):
        before, after = (pieces[m] if 0 <= m < len(pieces) else " " for m in (n - 1, n + 1))
        is_edit = _EDIT.fullmatch(piece) is not None
        if is_edit and piece not in _CUTS and (before[-1].isalnum() or after[0].isalnum()):
            pattern += _PART
        elif is_edit:
            yield from _compiled(pattern)
            pattern = ""
        else:
            pattern += _literal(piece, opens=not pattern, closes=n + 1 == len(pieces) or not _is_inside(pieces, n + 1))
    yield from _compiled(pattern)


def _is_inside(pieces: list[str], n: int) -> bool:
    """Whether the edit `n` is a bracket that stands in a word."""
    after = pieces[n + 1][0] if n + 1 < len(pieces) else " "
    return pieces[n] not in _CUTS and (pieces[n - 1][-1].isalnum() or after.isalnum())


def _literal(piece: str, *, opens: bool, closes: bool) -> str:
    words = piece.strip() if opens and closes else piece.lstrip() if opens else piece.rstrip() if closes else piece
    if not words:
        return ""
    start = _edge(words[0], before=True) if opens else ""
    return start + re.escape(words) + (_edge(words[-1], before=False) if closes else "")


def _compiled(pattern: str) -> Iterator[re.Pattern[str]]:
    if pattern:
        yield re.compile(pattern)


def _edge(char: str, *, before: bool) -> str:
    """A word is not cut in the middle."""
    return (r"(?<!\w)" if before else r"(?!\w)") if char.isalnum() else ""
