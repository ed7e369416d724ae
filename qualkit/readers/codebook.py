"""Codebooks in YAML: a text file that coders edit by hand, so every mistake in it is told by line.

Three passes, each over what the one before let through: YAML to plain data, its fields against the two models below, and
the rules that tie codes together (a key used twice, an unknown parent, a circle of parents). YAML 1.2 keeps a key such as
`NO` a text. The models are this file's own; everything outside works with `qualkit.model.Codebook`.
"""

from __future__ import annotations

import io
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from qualkit.errors import CodebookError, nearest
from qualkit.model import Code, Codebook, Origin, Valence
from qualkit.wording import counted

_RESERVED = "none"
"""What a coding sheet says for "looked at, no code"; so no code may be called that."""

_SEPARATORS = ":;,\n"
"""What separates codes and valences in a coding sheet; so no key may contain it."""


# ---------------------------------------------------------------- the fields


def _listed(value: Any) -> Any:
    """A field left empty is an empty list, and a single text a list of one."""
    if value is None:
        return []
    return [value] if isinstance(value, str) else value


def _usable_key(key: str) -> str:
    if key.lower() == _RESERVED or any(sign in key for sign in _SEPARATORS):
        raise PydanticCustomError("key", "a key")
    return key


_Texts: TypeAlias = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_listed)]
_Valences: TypeAlias = Annotated[tuple[Valence, ...], BeforeValidator(_listed)]
_Named: TypeAlias = Annotated[str, Field(min_length=1)]


class _Entry(BaseModel):
    """A code as written in the file."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    key: Annotated[_Named, AfterValidator(_usable_key)]
    name: _Named
    definition: str
    include: _Texts = ()
    exclude: _Texts = ()
    examples: _Texts = ()
    cues: _Texts = ()
    parent: str | None = None
    domain: str | None = None
    valence: _Valences = ()
    source: str | None = None
    origin: Origin = Origin.DEDUCTIVE
    retired: str | None = None
    replaced_by: _Texts = ()

    def as_code(self) -> Code:
        return Code(
            **self.model_dump(exclude={"parent", "valence", "retired", "replaced_by"}),
            parent_key=self.parent or None,
            valences=tuple(dict.fromkeys(self.valence)),
            retired=self.retired or None,
            replaced_by=tuple(dict.fromkeys(self.replaced_by)),
        )


class _Book(BaseModel):
    """A codebook as written in the file."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: _Named
    version: _Named
    codes: Annotated[list[_Entry], Field(min_length=1)]
    source: str | None = None
    licence: str | None = None
    language: str | None = None
    note: str | None = None

    def as_codebook(self) -> Codebook:
        codes = tuple(entry.as_code() for entry in self.codes)
        return Codebook(name=self.name, version=self.version, codes=codes, source=self.source, licence=self.licence)


# ---------------------------------------------------------------- reading


class _Mistake(NamedTuple):
    line: int
    sentence: str


def read_codebook(path: Path) -> Codebook:
    """The codebook in the YAML file `path`; codebooks/README.md describes the fields.

    `language` and `note` are for people and are not kept. Raises `CodebookError`: one sentence with file, line and remedy
    for the first mistake in the file, and the number of further ones.
    """
    tree = _parse(path)
    try:
        book = _Book.model_validate(_plain(tree))
    except ValidationError as error:
        _refuse(path, [_misfit(tree, details) for details in error.errors()])
        raise AssertionError("a validation error has details") from error
    rules = (_repeated_keys, _unknown_parents, _circles, _unknown_replacements, _replaced_in_use, _circles_of_replacements)
    _refuse(path, [mistake for rule in rules for mistake in rule(tree, book)])
    return book.as_codebook()


def _refuse(path: Path, mistakes: Iterable[_Mistake]) -> None:
    ordered = sorted(mistakes)
    if ordered:
        more = f" (and {counted(len(ordered) - 1, 'more mistake')})" if len(ordered) > 1 else ""
        raise CodebookError(f"{path.name}, line {ordered[0].line}: {ordered[0].sentence}{more}.")


def _parse(path: Path) -> Any:
    """The file as ruamel's tree, which knows the line of everything."""
    text = _text(path)
    try:
        tree = YAML().load(text)
    except DuplicateKeyError as error:
        raise CodebookError(f"{path.name}{_place(error)}: this field stands twice in one entry; keep one of them.") from error
    except (YAMLError, ValueError, RecursionError) as error:
        problem = getattr(error, "problem", None) or "it cannot be understood"
        hint = "check indentation, colons and quotation marks there and in the line above"
        raise CodebookError(f"{path.name}{_place(error)}: this is not valid YAML ({problem}); {hint}.") from error
    if tree is None:
        raise CodebookError(f"{path.name}: the file is empty; write at least name, version and codes.")
    if not isinstance(tree, dict):
        raise CodebookError(f"{path.name}, line 1: a codebook starts with fields such as `name: ...`, not with a list or text.")
    return tree


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise CodebookError(f"{path}: there is no such file; check the name and the folder.") from error
    except UnicodeDecodeError as error:
        raise CodebookError(f"{path.name}: this is not UTF-8 text; save it again with the encoding UTF-8.") from error
    except OSError as error:
        raise CodebookError(f"{path}: it cannot be read ({error.strerror}); check that it is a file you may open.") from error


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f", line {mark.line + 1}" if mark is not None else ""


def _plain(node: Any) -> Any:
    """ruamel's tree as plain dicts, lists and strings."""
    if isinstance(node, dict):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    return str(node) if isinstance(node, str) else node


def _line(tree: Any, steps: Iterable[int | str]) -> int:
    """The line, from 1, of the deepest of `steps` into the tree that exists."""
    line, node = 1, tree
    for step in steps:
        try:
            line = node.lc.data[step][0] + 1
            node = node[step]
        except (AttributeError, KeyError, IndexError, TypeError):
            break
    return int(line)


# ---------------------------------------------------------------- mistakes in fields


def _misfit(tree: Any, details: ErrorDetails) -> _Mistake:
    """What pydantic found, in a sentence for a coder."""
    steps, kind = details["loc"], details["type"]
    field = next((step for step in reversed(steps) if isinstance(step, str)), "")
    owner = _Entry if len(steps) > 1 else _Book
    if kind == "extra_forbidden":
        sentence = f"there is no field {field!r}{_meant(field, owner.model_fields) or '; remove it or put it into `note`'}"
    elif kind == "missing":
        sentence = f"{_owner_name(tree, steps)} has no {field!r}; add a line `{field}: ...`"
    else:
        sentence = _bad_value(field, steps, kind, details["input"])
    return _Mistake(_line(tree, steps), sentence)


def _owner_name(tree: Any, steps: tuple[int | str, ...]) -> str:
    """The thing that lacks a field: `the codebook`, or the code by its key, its name or its number."""
    if len(steps) < 2:
        return "the codebook"
    number = int(steps[1])
    entry = tree["codes"][number]
    return f"code {entry.get('key') or entry.get('name') or f'number {number + 1}'}"


def _bad_value(field: str, steps: tuple[int | str, ...], kind: str, value: Any) -> str:
    if kind == "enum":
        known = [item.value for item in (Valence if field == "valence" else Origin)]
        return f"{value!r} is no {field}; write {' or '.join(known)}{_meant(str(value), known)}"
    if kind == "key":
        return f"{value!r} cannot be a key; choose one without : ; , or line break that is not `{_RESERVED}`"
    if kind in {"string_too_short", "too_short"} or value is None:
        return f"{field!r} is empty; write something there or remove the line"
    return _wrong_type(field, steps, kind, value)


def _wrong_type(field: str, steps: tuple[int | str, ...], kind: str, value: Any) -> str:
    if field == "codes":
        return "'codes' is a list of codes; start each with `- key: ...`"
    if isinstance(value, dict) and isinstance(steps[-1], int):
        return f"an entry of {field!r} was read as a field because of its colon; put the entry in quotation marks"
    if kind == "tuple_type":
        return f"{field!r} must be a list; start each entry with `- `"
    if isinstance(value, dict | list):
        return f"{field!r} must be a text; write it behind the colon"
    return f"{str(value)!r} in {field!r} was read as a number, a date or a yes or no; put it in quotation marks"


def _meant(word: str, known: Iterable[str]) -> str:
    near = nearest(word.lower(), known)
    return f"; did you mean {near!r}?" if near else ""


# ---------------------------------------------------------------- mistakes between codes


def _repeated_keys(tree: Any, book: _Book) -> Iterator[_Mistake]:
    first: dict[str, int] = {}
    for number, entry in enumerate(book.codes):
        line = _line(tree, ("codes", number, "key"))
        if entry.key in first:
            yield _Mistake(line, f"the key {entry.key!r} was used in line {first[entry.key]} already; change one of them")
        first.setdefault(entry.key, line)


def _unknown_parents(tree: Any, book: _Book) -> Iterator[_Mistake]:
    keys = [entry.key for entry in book.codes]
    for number, entry in enumerate(book.codes):
        if entry.parent and entry.parent not in keys:
            remedy = _meant(entry.parent, keys) or "; add that code or remove the line"
            yield _Mistake(_line(tree, ("codes", number, "parent")), f"no code has the key {entry.parent!r}{remedy}")


def _circles(tree: Any, book: _Book) -> Iterator[_Mistake]:
    """Each circle of parents once, told at the first of its codes in the file."""
    parents = {entry.key: entry.parent for entry in book.codes}
    told: set[str] = set()
    for number, entry in enumerate(book.codes):
        chain = [entry.key]
        while (above := parents.get(chain[-1])) and above not in chain:
            chain.append(above)
        if above == entry.key and entry.key not in told:
            told.update(chain)
            circle = " > ".join([*chain, above])
            line = _line(tree, ("codes", number, "parent"))
            yield _Mistake(line, f"these codes are each other's parents: {circle}; remove one `parent`")


def _unknown_replacements(tree: Any, book: _Book) -> Iterator[_Mistake]:
    keys = [entry.key for entry in book.codes]
    for number, entry in enumerate(book.codes):
        for at, key in enumerate(entry.replaced_by):
            if key not in keys:
                remedy = _meant(key, keys) or "; add that code or take the key out of `replaced_by`"
                yield _Mistake(_line(tree, ("codes", number, "replaced_by", at)), f"no code has the key {key!r}{remedy}")


def _replaced_in_use(tree: Any, book: _Book) -> Iterator[_Mistake]:
    for number, entry in enumerate(book.codes):
        if entry.replaced_by and not entry.retired:
            line = _line(tree, ("codes", number, "replaced_by"))
            yield _Mistake(line, f"{entry.key} is replaced but not retired; add a line `retired: ...` that says since when")


def _circles_of_replacements(tree: Any, book: _Book) -> Iterator[_Mistake]:
    """Each code that is replaced in the end by itself, told once for each circle, at its first code in the file."""
    after = {entry.key: entry.replaced_by for entry in book.codes}
    told: set[str] = set()
    for number, entry in enumerate(book.codes):
        reached = _reached(entry.key, after)
        if entry.key in reached and entry.key not in told:
            told |= {key for key in reached if entry.key in _reached(key, after)}
            line = _line(tree, ("codes", number, "replaced_by"))
            yield _Mistake(line, f"{entry.key} is replaced in the end by itself; take one key out of a `replaced_by`")


def _reached(key: str, after: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Keys that one comes to from `key`, one step or more away."""
    found: set[str] = set()
    open_ = list(after.get(key, ()))
    while open_:
        at = open_.pop()
        if at not in found:
            found.add(at)
            open_.extend(after.get(at, ()))
    return found


# ---------------------------------------------------------------- writing


def write_codebook(codebook: Codebook, path: Path) -> None:
    """Write `codebook` as YAML that `read_codebook` reads back as an equal book.

    The file appears whole or not at all; one that is there is replaced. Raises `CodebookError` where it cannot be written.
    """
    write_text(path, _dumped(_as_fields(codebook)))


def entry_text(code: Code) -> str:
    """`code` as it stands in a file's list of codes, in a list of its own."""
    return _dumped([_filled(entry_fields(code))])


def field_text(name: str, value: Any) -> str:
    """A field of an entry as it stands in a file, not indented."""
    return _dumped({name: value})


def write_text(path: Path, text: str) -> None:
    """Have `path` hold `text`, whole or not at all. Raises `CodebookError` where it cannot be written."""
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        beside.write_text(text, encoding="utf-8", newline="")
        os.replace(beside, path)  # noqa: PTH105  (named as the atomic step it is)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise CodebookError(f"{path}: it cannot be written ({error.strerror}); check the folder and its rights.") from error


def _dumped(fields: Any) -> str:
    buffer = io.StringIO()
    yaml = YAML()
    yaml.width = 118
    yaml.allow_unicode = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(_quoted(fields), buffer)
    return buffer.getvalue()


def _as_fields(codebook: Codebook) -> dict[str, Any]:
    book = {"name": codebook.name, "version": codebook.version, "source": codebook.source, "licence": codebook.licence}
    return {**_filled(book), "codes": [_filled(entry_fields(code)) for code in codebook.codes]}


def entry_fields(code: Code) -> dict[str, Any]:
    """The fields of `code` as a file has them, in the order in which they are written; empty ones too."""
    return {
        "key": code.key,
        "name": code.name,
        "parent": code.parent_key,
        "domain": code.domain,
        "definition": code.definition,
        "include": list(code.include),
        "exclude": list(code.exclude),
        "examples": list(code.examples),
        "cues": list(code.cues),
        "valence": [valence.value for valence in code.valences],
        "source": code.source,
        "origin": None if code.origin is Origin.DEDUCTIVE else code.origin.value,
        "retired": code.retired,
        "replaced_by": list(code.replaced_by),
    }


def _quoted(value: Any) -> Any:
    """`value` with every text in quotation marks that would not survive without them, such as one with a line break."""
    if isinstance(value, dict):
        return {name: _quoted(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_quoted(item) for item in value]
    return value if value is None or value.isprintable() else DoubleQuotedScalarString(value)


def _filled(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields that say something; a definition still to be written stays visible as an empty text."""
    return {name: value for name, value in fields.items() if value or name == "definition"}
