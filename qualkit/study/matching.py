"""Whether exported files still match the data: table by table, and why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import qualkit
from qualkit.model import Event
from qualkit.plain import file_sha256
from qualkit.stages import STAGES
from qualkit.store import Above
from qualkit.study import figures, manifest, report_files
from qualkit.wording import counted

if TYPE_CHECKING:
    from qualkit.study.study import Study

COUNTING = frozenset(f"ran {stage}" for stage in ("agree", "themes", "export"))
"""Acts after which every table says what it said before."""


class Match(StrEnum):
    """What became of an exported file since it was written."""

    SAME = "still as exported"
    EDITED = "edited after export"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was exported under one stem: whether the data still say it, and what became of its files, by suffix.

    `is_current` is None where an older program exported it and did not say what it held.
    """

    stem: str
    title: str
    is_current: bool | None
    files: Mapping[str, Match]

    @property
    def is_sound(self) -> bool:
        """Whether its files are as they were exported and match the data."""
        return self.is_current is True and all(match is Match.SAME for match in self.files.values())

    @property
    def told(self) -> str:
        """What is to be said of it, in a line."""
        suffixes: dict[Match, list[str]] = {}
        for suffix, match in self.files.items():
            suffixes.setdefault(match, []).append(suffix.lstrip("."))
        parts = [f"{match.value}: {', '.join(suffixes[match])}" for match in (Match.EDITED, Match.MISSING) if match in suffixes]
        if self.is_current is False:
            parts.insert(0, "the data have changed since")
        return "; ".join(parts) or "matches the data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exports:
    """All that the last export wrote, what happened in the study since then, in a few words, and stems of `new` tables."""

    found: tuple[Exported, ...]
    since: str
    new: tuple[str, ...] = ()

    @property
    def told(self) -> list[str]:
        """A line for all that is sound, and one for each that is not."""
        odd = [item for item in self.found if not item.is_sound]
        if all(item.is_current is None for item in self.found):
            old = (
                "Exports: written by an older qualkit that kept no checksums of their content; write them anew:  qualkit export"
            )
            return [old, *(f"  {item.stem}: {item.told}" for item in odd if set(item.files.values()) != {Match.SAME})]
        n = len(self.found) - len(odd)
        lines = [
            f"Exports: {n} of {counted(len(self.found), 'table, figure or text', 'tables, figures and texts')} match the data."
        ]
        lines += [f"  {item.stem}: {item.told}" for item in odd]
        lines += [f"  {stem}: not exported yet" for stem in self.new]
        if (self.new or any(item.is_current is False for item in odd)) and self.since:
            lines.append(f"  Since the export: {self.since}. To write them anew:  qualkit export")
        return lines


def compare(study: Study) -> Exports | None:
    """How the files of the last export stand; None if there was none.

    Tables are computed only if something happened since that could have changed them.
    """
    said = manifest.read(study)
    if said is None:
        return None
    since = list(_since(study, said))
    now = said if not since else _now(study, said)
    by_stem: dict[str, dict[str, Match]] = {}
    for name, sha256 in said["files"].items():
        path = Path(name)
        by_stem.setdefault(path.with_suffix("").as_posix(), {})[path.suffix] = _match(study, name, sha256, now)
    found = (_exported(stem, files, said, now) for stem, files in by_stem.items())
    new = sorted(_tables(now).keys() - by_stem.keys()) if _tables(said) else ()
    return Exports(found=tuple(found), since=", ".join(since), new=tuple(new))


def _now(study: Study, said: Mapping[str, Any]) -> Mapping[str, Any]:
    return manifest.rests_on(study, study.tables(), has_figures=said.get("figures_sha256") is not None)


def _since(study: Study, said: Mapping[str, Any]) -> Iterator[str]:
    """What happened since the export that tables could rest on."""
    log = said.get("log", {})
    n, head = int(log.get("n_events", 0)), log.get("head_sha256")
    with study.store.read() as tx:
        last = tx.first(Event, seq=n)
        verbs = Counter(row[0] for row in tx.columns(Event, "verb", seq=Above(n)))
    if last is None or last.hash != head:
        yield "the log is another one"
    acts = {verb: n for verb, n in verbs.items() if verb not in COUNTING}
    stages = [verb.removeprefix("ran ") for verb in acts if verb.removeprefix("ran ") in STAGES]
    others = {verb: n for verb, n in acts.items() if verb.removeprefix("ran ") not in STAGES}
    if others:
        named = sorted(others, key=lambda verb: -others[verb])[:3]
        yield f"{counted(sum(others.values()), 'act')} ({', '.join(named)}{' …' if len(others) > len(named) else ''})"
    if stages:
        yield f"ran {', '.join(stages)}"
    changed = _changed(said.get("inputs", {}), manifest.inputs(study))
    if changed:
        yield f"changed {', '.join(changed)}"
    if said.get("qualkit") != qualkit.__version__:
        yield f"qualkit {qualkit.__version__} in place of {said.get('qualkit', 'an older one')}"


def _changed(before: Mapping[str, str], now: Mapping[str, str]) -> Sequence[str]:
    return sorted(name for name in {*before, *now} if before.get(name) != now.get(name))


def _match(study: Study, name: str, sha256: str, now: Mapping[str, Any]) -> Match:
    path = study.folder.exports / name
    if not path.is_file():
        return Match.MISSING
    if file_sha256(path) == sha256:
        return Match.SAME
    is_anew = name == report_files.PAGE and str(now.get("sha256")) in path.read_text(encoding="utf-8", errors="replace")
    return Match.SAME if is_anew else Match.EDITED


def _exported(stem: str, files: Mapping[str, Match], said: Mapping[str, Any], now: Mapping[str, Any]) -> Exported:
    before, today = _content(stem, said), _content(stem, now)
    title = str(_tables(said).get(stem, {}).get("title", stem))
    return Exported(stem=stem, title=title, is_current=None if before is None else before == today, files=files)


def _content(stem: str, said: Mapping[str, Any]) -> str | None:
    """The checksum of what a table, a figure, the methods or the whole report says; None where a manifest has none."""
    if stem.startswith(f"{figures.FOLDER}/"):
        key = "figures_sha256"
    elif stem in TEXTS:
        key = TEXTS[stem]
    else:
        return _tables(said).get(stem, {}).get("sha256")
    found: str | None = said.get(key)
    return found


TEXTS = {"report": "sha256", "methods": "texts_sha256"}
"""Stems of the files that hold no single table, and where a manifest has the checksum of what they say."""


def _tables(said: Mapping[str, Any]) -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = said.get("tables", {})
    return found
