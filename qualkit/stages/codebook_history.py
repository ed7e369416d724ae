"""What became of the codes of a codebook from version to version, and in which words.

A version that came by an act of a person says of what kind the change was. Of one that came by hand, what the text says
decides: another definition, include or exclude line or valence is a change of meaning, everything else is wording.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from itertools import pairwise

from qualkit.model import ChangeKind, Code, Codebook, CodebookChange

FIELDS = {
    "name": "Name",
    "definition": "Definition",
    "include": "Include",
    "exclude": "Exclude",
    "valences": "Valence",
    "examples": "Examples",
    "cues": "Cues",
    "domain": "Domain",
    "parent_key": "Under",
    "source": "Source",
    "origin": "Origin",
    "retired": "Retired",
    "replaced_by": "Replaced by",
}
"""The fields of a code that may change, and what they are called."""

OF_MEANING = ("definition", "include", "exclude", "valences")
"""Fields that say to which segments a code is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A codebook as it came into force; `change` is the act that made it, None where it came by hand."""

    at: datetime
    book: Codebook
    change: CodebookChange | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one version did to one code. `before` is None for a code that is new, `after` for one that was taken out.

    `number` counts versions from 1; `is_first` says that the code was there from the start.
    """

    number: int
    at: datetime
    key: str
    kind: ChangeKind
    before: Code | None
    after: Code | None
    change: CodebookChange | None = None

    @property
    def is_first(self) -> bool:
        """Whether the code was there from the start."""
        return self.number == 1


def run(versions: Sequence[Version]) -> tuple[Step, ...]:
    """Every step of every code, in the order of the versions and of the codes in them."""
    if not versions:
        return ()
    start = versions[0]
    first = (
        Step(number=1, at=start.at, key=code.key, kind=ChangeKind.ADDED, before=None, after=code) for code in start.book.codes
    )
    return (*first, *(step for n, pair in enumerate(pairwise(versions), start=2) for step in _steps(n, *pair)))


def _steps(number: int, old: Version, new: Version) -> Iterator[Step]:
    was, is_ = old.book.by_key, new.book.by_key
    for key in dict.fromkeys((*is_, *was)):
        before, after = was.get(key), is_.get(key)
        if before == after:
            continue
        yield Step(
            number=number, at=new.at, key=key, kind=_kind(key, before, after, new.change), before=before, after=after,
            change=new.change,
        )  # fmt: skip


def _kind(key: str, before: Code | None, after: Code | None, change: CodebookChange | None) -> ChangeKind:
    if before is None or after is None:
        return ChangeKind.ADDED if before is None else ChangeKind.REMOVED
    return change.kind if change is not None and key in change.code_keys else kind_of(before, after)


def kind_of(before: Code, after: Code) -> ChangeKind:
    """What became of a code, by what its entry says."""
    if after.retired is not None and (before.retired is None or before.replaced_by != after.replaced_by):
        return (ChangeKind.RETIRED, ChangeKind.MERGED, ChangeKind.SPLIT)[min(len(after.replaced_by), 2)]
    if after.retired is None and before.retired is not None:
        return ChangeKind.RESTORED
    means_another = any(_said(getattr(before, name)) != _said(getattr(after, name)) for name in OF_MEANING)
    return ChangeKind.MEANING if means_another else ChangeKind.WORDING


def _said(value: object) -> list[str]:
    """What a field says, whatever its blanks and, in a list, its order."""
    texts = value if isinstance(value, tuple) else (value,)
    return sorted(" ".join(str(text).split()) for text in texts)


# ---------------------------------------------------------------- in words


@dataclass(frozen=True, slots=True)
class Piece:
    """Words that stayed (sign " "), went ("-") or came ("+")."""

    sign: str
    text: str


def difference(before: Code | None, after: Code | None) -> dict[str, tuple[Piece, ...]]:
    """What two versions of a code say differently, by the name of the field; of a new or removed code everything."""
    found = {}
    for field, name in FIELDS.items():
        old, new = (_lines(getattr(code, field)) if code else () for code in (before, after))
        if old != new:
            found[name] = tuple(_pieces(old, new))
    return found


def _lines(value: object) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    return tuple(map(str, value)) if isinstance(value, tuple) else (str(value),)


def _pieces(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    """Lines that stayed, went and came; a line that stands where another stood is compared with it word by word."""
    for tag, start, stop, from_, to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, come = old[start:stop], new[from_:to]
        if tag == "equal":
            yield from (Piece(" ", line + "\n") for line in gone)
            continue
        for left, right in zip(gone, come, strict=False):
            yield from compared(left, right)
            yield Piece(" ", "\n")
        yield from (Piece("-", line + "\n") for line in gone[len(come) :])
        yield from (Piece("+", line + "\n") for line in come[len(gone) :])


def compared(before: str, after: str) -> Iterator[Piece]:
    """Two texts word by word."""
    old, new = (re.findall(r"\S+\s*|\s+", text) for text in (before, after))
    bare = [[word.strip() for word in words] for words in (old, new)]
    for tag, start, stop, from_, to in SequenceMatcher(None, bare[0], bare[1], autojunk=False).get_opcodes():
        if tag == "equal":
            yield Piece(" ", "".join(new[from_:to]))
            continue
        if start < stop:
            yield Piece("-", "".join(old[start:stop]))
        if from_ < to:
            yield Piece("+", "".join(new[from_:to]))


def plain(pieces: Iterable[Piece]) -> str:
    """A difference for a terminal: `[-gone-]` and `{+come+}`, as `git diff --word-diff` has it."""
    marks = {" ": ("", ""), "-": ("[-", "-]"), "+": ("{+", "+}")}
    return "".join(_marked(piece.text, *marks[piece.sign]) for piece in pieces).strip()


def _marked(text: str, before: str, after: str) -> str:
    words = text.rstrip()
    return f"{before}{words}{after}{text[len(words) :]}" if words else text
