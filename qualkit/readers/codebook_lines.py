"""Writing some fields of one entry of a codebook anew, line by line.

An entry is a YAML mapping in block style; each of its fields begins in a line of its own. Rows and columns count from 0.
"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq
from ruamel.yaml.error import YAMLError

from qualkit.errors import CodebookError
from qualkit.model import Code
from qualkit.readers.codebook import entry_fields, field_text

WIDTH = 120
"""Folded texts are broken before this column, as in the codebooks that come with qualkit."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """The entry of a code in a file's lines: where each field begins, in the order of the lines, and where the entry ends."""

    lines: Sequence[str]
    tree: Any
    rows: dict[str, int]
    column: int
    end: int

    def span(self, field: str) -> tuple[int, int]:
        """The rows of a field, from its first to the one behind its last; blank lines and comments behind it are not in it."""
        start = self.rows[field]
        stop = min((row for row in self.rows.values() if row > start), default=self.end)
        return start, _trimmed(self.lines, start + 1, stop)


def with_fields(text: str, before: Code, after: Code, name: str) -> str:
    """`text` with the fields of an entry that differ between `before` and `after` written anew, the others as they are.

    `name` is the file's, for errors. Raises `CodebookError` for an entry that is not written with a line for each field.
    """
    old, new = entry_fields(before), entry_fields(after)
    for field in [field for field in new if (new[field] or None) != (old[field] or None)]:
        entry = _entry(text, before.key, name)
        text = _with_field(entry, field, new[field], list(new), "\r\n" if "\r\n" in text else "\n")
    return text


def _entry(text: str, key: str, name: str) -> _Entry:
    lines, codes = io.StringIO(text, newline="").readlines(), YAML().load(text)["codes"]
    number = next(n for n, code in enumerate(codes) if str(code["key"]).strip() == key)
    tree = codes[number]
    places = sorted((place[0], place[1], str(field)) for field, place in tree.lc.data.items())
    rows = {field: row for row, _, field in places}
    column = places[0][1]
    is_block = len(set(rows.values())) == len(rows) and {place[1] for place in places} == {column}
    if tree.fa.flow_style() or not is_block or not re.fullmatch(r"\s*-\s+", lines[places[0][0]][:column]):
        raise CodebookError(f"{name}: the code {key!r} is not written with a line for each field; edit it by hand.")
    after = codes.lc.data[number + 1][0] if number + 1 < len(codes) else len(lines)
    return _Entry(lines, tree, rows, column, _end(lines, places[-1][0] + 1, after, column))


def _end(lines: Sequence[str], start: int, stop: int, column: int) -> int:
    """The row behind an entry: the first one that is indented less than its fields, of those from `start` to `stop`."""
    for row in range(start, stop):
        line = lines[row]
        if line.strip() and len(line) - len(line.lstrip(" ")) < column and not line.lstrip().startswith("#"):
            return row
    return stop


def _trimmed(lines: Sequence[str], start: int, stop: int) -> int:
    """`stop` without the blank lines and comments right before it."""
    while stop > start and (not lines[stop - 1].strip() or lines[stop - 1].lstrip().startswith("#")):
        stop -= 1
    return stop


# ---------------------------------------------------------------- putting a field in


def _with_field(entry: _Entry, field: str, value: Any, order: Sequence[str], end: str) -> str:
    lines = [line if line.endswith(("\n", "\r")) else line + end for line in entry.lines]
    is_there = field in entry.rows
    if is_there:
        start, stop = entry.span(field)
        is_kept = bool(value) or field == "definition" or "-" in lines[start][: entry.column]
        made = _kept_comment(lines[start:stop], _written(entry, field, value, lines[start:stop])) if is_kept else []
    else:
        known = [name for name in order[: order.index(field)] if name in entry.rows]
        start = stop = entry.span(known[-1])[1] if known else min(entry.rows.values())
        made = _written(entry, field, value, [])
    put = [f"{' ' * entry.column}{line}{end}" if line.strip() else end for line in made]
    if is_there and put:
        put[0] = lines[start][: entry.column] + put[0][entry.column :]
    return "".join([*lines[:start], *put, *lines[stop:]])


def _written(entry: _Entry, field: str, value: Any, old: Sequence[str]) -> list[str]:
    """A field's lines, indented from its own column, in the style that it has in the file."""
    if isinstance(value, list):
        return _listed(entry, field, value, old)
    folded = _folded(field, value, entry.column) if re.match(r"[^:]*:\s*>-?\s*$", old[0] if old else "") else None
    return folded or field_text(field, value).removesuffix("\n").split("\n")


def _folded(field: str, text: str, column: int) -> list[str] | None:
    """A text over several lines that YAML folds into one again; None for one that it would not."""
    wrapped = textwrap.wrap(text, WIDTH - column - 2, break_long_words=False, break_on_hyphens=False)
    is_safe = " ".join(wrapped) == text and text.isprintable()
    return [f"{field}: >-", *(f"  {line}" for line in wrapped)] if is_safe else None


def _listed(entry: _Entry, field: str, items: Sequence[str], old: Sequence[str]) -> list[str]:
    """A list of texts: those that are there already keep their lines; short ones between brackets stay there."""
    held: Any = entry.tree.get(field)
    is_flow = isinstance(held, CommentedSeq) and bool(held.fa.flow_style())
    if field == "valence" and (is_flow or not isinstance(held, list)):
        return [f"{field}: [{', '.join(items)}]"]
    chunks = _chunks(entry, field, len(old)) if isinstance(held, list) and not is_flow else {}
    made = field_text(field, ["\ufffc"]).split("\n")[1]
    indent = len(made) - len(made.lstrip()) if not chunks else None
    found = [f"{field}:"]
    for item in items:
        if item in chunks:
            found += chunks[item]
        else:
            found += _item(item, _indent_of(chunks) if indent is None else indent)
    return found


def _item(text: str, indent: int) -> list[str]:
    lines = field_text("x", [text]).removesuffix("\n").split("\n")[1:]
    own = len(lines[0]) - len(lines[0].lstrip())
    return [" " * indent + line[own:] if line.strip() else "" for line in lines]


def _indent_of(chunks: dict[str, list[str]]) -> int:
    first = next(iter(chunks.values()))[0]
    return len(first) - len(first.lstrip())


def _chunks(entry: _Entry, field: str, n_lines: int) -> dict[str, list[str]]:
    """The lines of each text of a list, with the comments behind it, as they stand from the entry's column on."""
    held, start = entry.tree[field], entry.rows[field]
    rows = [held.lc.data[n][0] for n in range(len(held))]
    stops = [*rows[1:], start + n_lines]
    lines = [line.rstrip("\r\n") for line in entry.lines]
    if rows[0] == start:
        return {}
    return {
        str(text).strip(): [line[entry.column :] for line in lines[row:stop]]
        for text, row, stop in zip(held, rows, stops, strict=True)
    }


def _kept_comment(old: Sequence[str], made: list[str]) -> list[str]:
    """`made` with the comment that stood behind the field: in its line if it has one only, else in a line above."""
    comment = _comment(old[0].strip()) if len(old) == 1 else ""
    if not comment:
        return made
    return [f"{made[0]}  {comment}"] if len(made) == 1 else [comment, *made]


def _comment(line: str) -> str:
    """The comment at the end of a line that holds one field; empty if there is none."""
    line = line.removeprefix("- ").strip()
    for place in re.finditer(r"\s#", line):
        if _means(line[: place.start()]) == _means(line):
            return line[place.start() :].strip()
    return ""


def _means(line: str) -> Iterable[Any] | None:
    try:
        return dict(YAML().load(line))
    except (YAMLError, TypeError, ValueError):
        return None
