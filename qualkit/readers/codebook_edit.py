"""Adding a code to a codebook that people edit by hand, without touching anything they wrote.

The new entry is put in as lines of text: comments, blank lines, order and quotation marks of the rest stay to the letter.
"""

from __future__ import annotations

import codecs
import io
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from qualkit.errors import CodebookError
from qualkit.model import Code, Codebook
from qualkit.readers.codebook import entry_text, read_codebook, write_text


def add_code(path: Path, code: Code) -> Codebook:
    """Write `code` behind the last one of the codebook in `path`; the book as it is then.

    Raises `CodebookError` where the file is not sound, has the key already, lacks the parent, where a field of the code cannot
    stand in a codebook, or where the codes are kept in a way that lines cannot be added to. Then nothing is written.
    """
    before = read_codebook(path)
    if code.key in before.by_key:
        raise CodebookError(f"{path.name}: there is a code {code.key!r} already; choose another key.")
    if code.parent_key is not None and code.parent_key not in before.by_key:
        raise CodebookError(f"{path.name}: there is no code {code.parent_key!r} to put the new one under.")
    held = path.read_bytes()
    text = _with_entry(held.decode("utf-8-sig"), entry_text(code), path.name)
    after = _checked(text, path.name)
    if after.codes[:-1] != before.codes or after.codes[-1].key != code.key:
        raise CodebookError(f"{path.name}: the new code would not be read back as it is; add it by hand.")
    write_text(path, "\ufeff" + text if held.startswith(codecs.BOM_UTF8) else text)
    return after


def _checked(text: str, name: str) -> Codebook:
    """What `text` is read as; a mistake in it names the file by `name`."""
    with tempfile.TemporaryDirectory() as folder:
        tried = Path(folder) / name
        tried.write_text(text, encoding="utf-8", newline="")
        return read_codebook(tried)


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
