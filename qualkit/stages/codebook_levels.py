"""The levels of a codebook at which codes can be counted: codes as they are given, what they stand under, their domains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from qualkit.model import Code, Codebook, Level, grouped

CODE, DOMAIN = "code", "domain"

_ORDINALS = {1: "Top-level codes", 2: "Second-level codes", 3: "Third-level codes"}


def levels(book: Codebook) -> tuple[Level, ...]:
    """From codes up to domains; a level with one head, or with the same heads over the same codes as another, is left out.

    Levels between are numbered from the top. On each a code counts as what it stands under there, or as itself if it stands
    there itself. A code above the level is left out, and on the top level one that stands under nothing and over nothing.
    """
    codes = book.by_key
    found = [Level(key=CODE, name="Codes", head_of={key: key for key in codes}, names=_leaves(book))]
    candidates = (*_between(book), _domains(book))
    by_parts = {_parts(level.head_of): level for level in candidates}
    known = _parts(found[0].head_of)
    return (*found, *(level for parts, level in by_parts.items() if len(level.names) > 1 and parts != known))


def _leaves(book: Codebook) -> dict[str, str]:
    """Names of the codes in use that stand over no other: those that one may expect to meet."""
    over = {code.parent_key for code in book.in_use}
    return {code.key: code.name for code in book.in_use if code.key not in over}


def _domains(book: Codebook) -> Level:
    domain_of = {key: domain for key in book.by_key if (domain := book.domain_of(key))}
    names = {domain_of[code.key]: domain_of[code.key] for code in book.in_use if code.key in domain_of}
    return Level(key=DOMAIN, name="Domains", head_of=domain_of, names=names)


def _between(book: Codebook) -> Iterator[Level]:
    """The levels over the codes, the lowest first."""
    codes = book.by_key
    paths = {key: _path(code, codes) for key, code in codes.items()}
    over = {code.parent_key for code in book.codes}
    for depth in reversed(range(1, max(map(len, paths.values()), default=1))):
        placed = {key: path for key, path in paths.items() if len(path) >= depth and (len(path) > 1 or key in over)}
        head_of = {key: path[depth - 1] for key, path in placed.items()}
        name = _ORDINALS.get(depth, f"Codes of level {depth}")
        heads = {head_of[code.key]: None for code in book.in_use if code.key in head_of}
        yield Level(key=f"level-{depth}", name=name, head_of=head_of, names={head: codes[head].name for head in heads})


def _path(code: Code, codes: Mapping[str, Code]) -> tuple[str, ...]:
    """Keys from the topmost ancestor down to the code itself."""
    path = [code.key]
    while (above := codes[path[0]].parent_key) is not None and above not in path:
        path.insert(0, above)
    return tuple(path)


def _parts(head_of: Mapping[str, str]) -> frozenset[frozenset[str]]:
    """The codes by what they count as, without its name."""
    return frozenset(frozenset(keys) for keys in grouped(head_of, head_of.__getitem__).values())
