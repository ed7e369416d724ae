"""Codes and the versions of a codebook."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from qualkit.model.base import require
from qualkit.plain import as_plain, sha256_of


class Valence(StrEnum):
    """Whether what was said helps the programme, hinders it, or does both."""

    FACILITATOR = "facilitator"
    BARRIER = "barrier"
    MIXED = "mixed"


class Origin(StrEnum):
    """Where a code comes from: the codebook written beforehand, or the data."""

    DEDUCTIVE = "deductive"
    INDUCTIVE = "inductive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One entry of a codebook.

    `valences` are the valences the code may take: none for a code without valence, one for a code that is itself a barrier
    or a facilitator, several where the coder chooses. `domain` is the heading under which the code's theme is printed.
    `retired` says since when a code is not given any more, and by whom; `replaced_by` are the keys of those that took its
    place: one for a code that was merged into another, several for one that was split.
    """

    key: str
    name: str
    definition: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    cues: tuple[str, ...] = ()
    parent_key: str | None = None
    domain: str | None = None
    valences: tuple[Valence, ...] = ()
    source: str | None = None
    origin: Origin = Origin.DEDUCTIVE
    retired: str | None = None
    replaced_by: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require(bool(self.key) and self.key == self.key.strip(), f"a code needs a key without blanks around it: {self.key!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Codebook:
    """A version of a codebook; a change is a new version, known by its checksum.

    Raises `ValueError` for a key used twice or a parent that is not in the book.
    """

    name: str
    version: str
    codes: tuple[Code, ...]
    source: str | None = None
    licence: str | None = None

    def __post_init__(self) -> None:
        keys = [code.key for code in self.codes]
        require(len(set(keys)) == len(keys), f"code keys used twice: {sorted({key for key in keys if keys.count(key) > 1})}")
        for code in self.codes:
            require(code.parent_key is None or code.parent_key in keys, f"{code.key}: unknown parent {code.parent_key}")

    @property
    def sha256(self) -> str:
        """Checksum of everything in the book; a book without retired codes keeps the one it had before there were any."""
        said = as_plain(self)
        for code in said["codes"]:
            for name in ("retired", "replaced_by"):
                if not code[name]:
                    del code[name]
        return sha256_of(said)

    @property
    def by_key(self) -> dict[str, Code]:
        """Codes by their key, in the book's order."""
        return {code.key: code for code in self.codes}

    @property
    def in_use(self) -> tuple[Code, ...]:
        """Codes that may be given: those that are not retired."""
        return tuple(code for code in self.codes if code.retired is None)

    @property
    def offered(self) -> Codebook:
        """The book without its retired codes: what stood under one of them stands under what that stood under."""
        codes = self.by_key

        def parent_of(code: Code) -> str | None:
            above = code.parent_key
            while above is not None and codes[above].retired is not None:
                above = codes[above].parent_key
            return above

        def settled(code: Code) -> Code:
            parent = parent_of(code)
            domain = code.domain if parent == code.parent_key else self.domain_of(code.key) or None
            return replace(code, parent_key=parent, domain=domain)

        return replace(self, codes=tuple(map(settled, self.in_use)))

    @property
    def counts_as(self) -> dict[str, str]:
        """The key that each code counts as: its own, or that of the code it was merged into, and that one into, and so on."""
        codes = self.by_key
        found = {}
        for key in codes:
            at, passed = key, {key}
            while len(codes[at].replaced_by) == 1 and (into := codes[at].replaced_by[0]) in codes and into not in passed:
                at = into
                passed.add(at)
            found[key] = at
        return found

    def domain_of(self, key: str) -> str:
        """The heading for `key`: its own domain, else that of the nearest ancestor, else its topmost ancestor's name."""
        codes = self.by_key
        code = codes[key]
        while code.domain is None and code.parent_key is not None:
            code = codes[code.parent_key]
        return code.domain or (code.name if code.key != key else "")

    def diff(self, other: Codebook) -> dict[str, tuple[str, ...]]:
        """What `other`, a later version, `added`, `removed` and `changed`, as keys."""
        mine, theirs = self.by_key, other.by_key
        return {
            "added": tuple(key for key in theirs if key not in mine),
            "removed": tuple(key for key in mine if key not in theirs),
            "changed": tuple(key for key in mine if key in theirs and mine[key] != theirs[key]),
        }


class ChangeKind(StrEnum):
    """What a change of a codebook did to a code.

    A change of meaning is one after which the code is given to other segments; one of wording leaves them the same.
    """

    ADDED = "added"
    MEANING = "meaning changed"
    WORDING = "reworded"
    RETIRED = "retired"
    MERGED = "merged"
    SPLIT = "split"
    RESTORED = "restored"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodebookChange:
    """An act by which a person changed a codebook, with the reason.

    `code_keys` are the codes it was done to, `new_keys` those that took their place. `before_sha256` and `after_sha256` are
    the versions of the codebook before and after.
    """

    id: str
    kind: ChangeKind
    code_keys: tuple[str, ...]
    new_keys: tuple[str, ...] = ()
    why: str
    coder_id: str
    before_sha256: str
    after_sha256: str
    made_at: datetime
