"""Four real focus groups about open science, with their published codes, as a study.

People coded in pairs until they agreed, so there is one coder, `consensus`. A code that is by its name a barrier or a
facilitator has that valence. Nothing here is shipped: the data come from the folder of real material.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from qualkit.model import Code, Codebook, Valence, grouped
from qualkit.readers.codebook import write_codebook
from qualkit.study import Study

Row = Mapping[str, str]

BY_TURN = """
[options.segment]
code_moderators = true
min_words = 1
max_words = 100000
"""
"""A turn is one segment, so that what was coded on a turn is counted on it."""


def rows_of(real_data: Path, name: str) -> list[Row]:
    """A table of the data, cells without blanks around them."""
    path = real_data / "coded" / "os_focus_group" / f"{name}.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [{title: cell.strip() for title, cell in row.items()} for row in csv.DictReader(file)]


def make_os_study(path: Path, real_data: Path, settings: str = "") -> Study:
    """Make the study in `path`, with transcripts, roster and codebook; nothing has run yet."""
    path.mkdir(parents=True)
    book = path / "open_science.yaml"
    write_codebook(codebook_of(rows_of(real_data, "codebook"), rows_of(real_data, "codings")), book)
    study = Study.init(path / "study", title="Open science", codebook=book)
    turns = rows_of(real_data, "turns")
    for group, own in grouped(turns, lambda row: row["group"]).items():
        said = "\n".join(f"{row['speaker']}: {row['text']}" for row in own)
        (study.folder.path / "transcripts" / f"{group}.txt").write_text(said + "\n", encoding="utf-8")
    people = dict.fromkeys((row["group"], row["speaker"], row["role"], row["stratum"]) for row in turns)
    _write(study.folder.path / "transcripts" / "participants.csv", ("transcript", "speaker", "role", "stratum"), people)
    with study.folder.config_file.open("a", encoding="utf-8") as file:
        file.write(settings)
    return Study.open(study.folder.path)


def write_codings(path: Path, real_data: Path) -> Path:
    """The codings as a CSV that qualkit reads, all by the one coder `consensus`."""
    turns = grouped(rows_of(real_data, "turns"), lambda row: row["group"])
    rows = [
        (row["group"], *_place(row, turns[row["group"]]), "consensus", key_of(row["code"]))
        for row in rows_of(real_data, "codings")
    ]
    return _write(path, ("transcript", "turn", "start_char", "end_char", "coder", "code"), rows)


def _place(row: Row, turns: Sequence[Row]) -> tuple[str, str, str]:
    """Turn and offsets; for the two excerpts that were not found, since a name in them is masked, the turn that holds most."""
    if row["turn"]:
        return row["turn"], row["start"], row["end"]
    sentences = re.split(r"[.!?]+ ", row["excerpt"])
    best = max(turns, key=lambda turn: sum(sentence in turn["text"] for sentence in sentences))
    return best["turn"], "", ""


def codebook_of(entries: Sequence[Row], codings: Sequence[Row]) -> Codebook:
    """Code under axial code under subcategory; the category is the domain. Codes in use that the book lacks come last."""
    codes = {row["code"]: _code(row) for row in entries if row["code"]}
    above = {row["axial"]: row["subcategory"] for row in entries if row["axial"]}
    headings = {name: _heading(name) for name in dict.fromkeys([*above.values(), *above]) if name and name not in codes}
    headings = {name: _heading(name, above.get(name)) for name in headings}
    unlisted = {row["code"]: _heading(row["code"]) for row in codings if row["code"] not in codes | headings}
    return Codebook(name="Open science", version="1", codes=tuple({**headings, **codes, **unlisted}.values()))


def _heading(name: str, parent: str | None = None) -> Code:
    return Code(key=key_of(name), name=name, definition="", parent_key=key_of(parent) if parent else None)


def _code(row: Row) -> Code:
    parent = row["axial"] if row["axial"] != row["code"] else row["subcategory"]
    return Code(
        key=key_of(row["code"]),
        name=row["name"] or row["code"],
        definition=row["definition"],
        parent_key=key_of(parent) if parent else None,
        domain=f"Category {row['category']}" if row["category"] else None,
        valences=(Valence(row["valence"]),) if row["valence"] else (),
    )


def key_of(name: str) -> str:
    """A name as a key, which may hold no comma."""
    return name.replace(",", "")


def _write(path: Path, titles: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([titles, *rows])
    return path
