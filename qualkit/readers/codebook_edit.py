"""Changing a codebook that people edit by hand, without touching anything else they wrote.

What is new is put in as lines of text: comments, blank lines, order and quotation marks of the rest stay to the letter. What
comes of it is read back before it is written, and has to be the book that was meant.
"""

from __future__ import annotations

import codecs
import io
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from qualkit.errors import CodebookError
from qualkit.model import Code, Codebook
from qualkit.readers.codebook import entry_text, read_codebook, write_text
from qualkit.readers.codebook_lines import with_fields


def add_code(path: Path, code: Code) -> Codebook:
    """Write `code` behind the last one of the codebook in `path`; the book as it is then. Raises as `rewrite` does."""
    return rewrite(path, added=(code,))


def rewrite(path: Path, *, changed: Sequence[Code] = (), added: Sequence[Code] = ()) -> Codebook:
    """Have the codes of those keys be as in `changed`, and put `added` behind the last code; the book as it is then.

    Of a changed code only the fields that differ are written anew. Raises `CodebookError` where the file is not sound, has a
    new key already or lacks one that is named, where a field of a code cannot stand in a codebook, where lines cannot be put
    in as the file is kept, or where it was changed meanwhile. Then nothing is written.
    """
    held = path.read_bytes() if path.is_file() else b""
    before = read_codebook(path)
    _check(before, changed, added, path.name)
    text = held.decode("utf-8-sig")
    for code in changed:
        text = with_fields(text, before.by_key[code.key], code, path.name)
    for code in added:
        text = _with_entry(text, entry_text(code), path.name)
    after = _checked(text, path.name)
    wanted = {code.key: code for code in (*before.codes, *changed, *added)}
    if after != replace(before, codes=tuple(wanted.values())):
        raise CodebookError(f"{path.name}: the change would not be read back as it is meant; edit the file by hand.")
    if path.read_bytes() != held:
        raise CodebookError(f"{path.name} was changed by hand just now; look at it and try again.")
    write_text(path, "\ufeff" + text if held.startswith(codecs.BOM_UTF8) else text)
    return after


def _check(book: Codebook, changed: Sequence[Code], added: Sequence[Code], name: str) -> None:
    keys = {*book.by_key, *(code.key for code in added)}
    for code in changed:
        if code.key not in book.by_key:
            raise CodebookError(f"{name}: there is no code {code.key!r} to change.")
    for number, code in enumerate(added):
        if code.key in book.by_key or code.key in {other.key for other in added[:number]}:
            raise CodebookError(f"{name}: there is a code {code.key!r} already; choose another key.")
    for code in (*changed, *added):
        if code.parent_key is not None and code.parent_key not in keys:
            raise CodebookError(f"{name}: there is no code {code.parent_key!r} to put {code.key!r} under.")


def _checked(text: str, name: str) -> Codebook:
    """What `text` is read as; a mistake in it names the file by `name`."""
    with tempfile.TemporaryDirectory() as folder:
        tried = Path(folder) / name
        tried.write_text(text, encoding="utf-8", newline="")
        return read_codebook(tried)


# ---------------------------------------------------------------- a new entry


def _with_entry(text: str, entry: str, name: str) -> str:
    """`text` with an entry behind the last code, indented as that is.

    Lines end where they do for YAML: not at U+2028 and its like, which may stand in a text.
    """
    lines, tree = io.StringIO(text, newline="").readlines(), YAML().load(text)
    at, indent = _end_of_codes(tree, lines), _indent_of_codes(tree, lines)
    if indent is None:
        raise CodebookError(f"{name}: its codes are not a list with a dash before each; add the new code by hand.")
    end = "\r\n" if "\r\n" in text else "\n"
    head = [line if line.endswith(("\n", "\r")) else line + end for line in lines[:at]]
    return "".join([*head, end, *_indented(entry, indent, end), *([end] if at < len(lines) else []), *lines[at:]])


def _indent_of_codes(tree: Any, lines: Sequence[str]) -> int | None:
    """How many blanks stand before the dash of the last code; None where there is no dash."""
    row, column = tree["codes"].lc.data[len(tree["codes"]) - 1][:2]
    dash = lines[row].find("-")
    return dash if 0 <= dash < column and not lines[row][:dash].strip() else None


def _end_of_codes(tree: Any, lines: Sequence[str]) -> int:
    """The number of the line behind the last code, before the next field of the book and the comments above that."""
    first = tree.lc.data["codes"][0]
    end = min((row for row, *_ in tree.lc.data.values() if row > first), default=len(lines))
    while end > 0 and (not lines[end - 1].strip() or lines[end - 1].startswith(("#", "...", "---"))):
        end -= 1
    return int(end)


def _indented(entry: str, indent: int, end: str) -> list[str]:
    lines = entry.removesuffix("\n").split("\n")
    own = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    return [f"{' ' * indent}{line[own:]}{end}" if line.strip() else end for line in lines]
