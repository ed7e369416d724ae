"""What a study comes to: themes, the tables and files that hold them, and what all of it rests on."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from qualkit import plugs
from qualkit.errors import StudyError
from qualkit.model import Checklist, FinalCode, Passage, StudyInfo, Table, Theme, ThemeRow
from qualkit.model.facts import Facts
from qualkit.plain import sha256_of
from qualkit.plugs import Progress, no_progress
from qualkit.stages import themes
from qualkit.store import Store
from qualkit.study import authoring, candidates, figures, transcripts
from qualkit.study import manifest as manifests
from qualkit.study.artifacts import write_atomically, write_text_atomically
from qualkit.study.authoring import BY_AUTHORS, ThemeStanding
from qualkit.study.basis import Bases
from qualkit.study.folder import Folder
from qualkit.study.headed import Kept
from qualkit.study.transcripts import Written

if TYPE_CHECKING:
    import pandas as pd

    from qualkit.study.matching import Exports
    from qualkit.study.study import Study


class Reporting:
    """The part of a `Study` that is about themes and tables."""

    folder: Folder
    info: StudyInfo
    store: Store
    _kept: Kept
    _bases: Bases

    @property
    def _told(self) -> Study:
        return cast("Study", self)

    def themes(self) -> list[Theme]:
        """The author's themes, and one for each code in use that none of them covers."""
        written = self.written_themes()
        covered = {key for theme in written for key in theme.code_keys}
        return written + themes.propose(self._told.codebook(), {code.code_key for code in self._told.final_codes()} - covered)

    def written_themes(self) -> list[Theme]:
        """The themes that an author wrote down, in their order; topics found anew stand for those that they are the same as."""
        with self.store.read() as tx:
            written = tx.all(Theme)
            same = candidates.same_topics(tx, {key for theme in written for key in theme.topic_ids})
        return [
            replace(theme, topic_ids=tuple(dict.fromkeys(same.get(key, key) for key in theme.topic_ids))) for theme in written
        ]

    def topic_members(self) -> dict[str, tuple[str, ...]]:
        """The segments of each topic, by its id."""
        return {topic.id: topic.segment_ids for topic in self._told.topics()}

    def save_themes(self, written: Sequence[Theme], *, author: str) -> None:
        """Make `written` the author's themes; what was there before stays on file."""
        from qualkit.study.judgements import coder_named

        with self.store.write() as tx:
            authoring.write_all(tx, coder_named(tx, author), written, sha256_of(written))

    def theme_standings(self) -> tuple[ThemeStanding, ...]:
        """Every theme, written or proposed, with its rows and who carries it, in the order of the table: domain by domain."""
        self._told.codebook()  # a codebook that has changed is a new event, and with it a new head
        return self._kept.at_head("theme standings", lambda: authoring.standings(self._told))

    def theme_rows(self, given: Mapping[str, Any] | None = None) -> list[ThemeRow]:
        """Rows of the theme table as it stands now."""
        options: themes.Options = self._told.options(themes, given or {})
        return self._kept.at_head(f"theme rows {options}", lambda: self._theme_rows(options))

    def _theme_rows(self, options: Any) -> list[ThemeRow]:
        written = self.themes()
        return themes.run(
            themes=written,
            codes=self._told.final_codes(options.min_score),
            corpus=self._told.corpus(),
            options=options,
            topics=self.topic_members() if any(theme.topic_ids for theme in written) else {},
        )

    def tables(self, given: Mapping[str, Any] | None = None) -> dict[str, Table]:
        """Every table there is something to put in, by the stem of its file; `given` are options of `stages/tables.py`."""
        from qualkit.study import tables

        return tables.all_tables(self._told, given or {})

    def paper_tables(self, given: Mapping[str, Any] | None = None) -> dict[str, Table]:
        """The tables of themes and people, the theme table left out, kept until something changes that they rest on."""
        from qualkit.study import paper_tables

        options = paper_tables.options_of(self._told, given or {})
        self._told.codebook()  # a codebook that has changed is a new event, and with it a new head
        name = f"tables for the paper {sha256_of([options, paper_tables.prints(self._told)])}"
        return dict(self._kept.at_head(name, lambda: paper_tables.tables(self._told, options)))

    def write_paper(self, names: Sequence[str], path: Path, given: Mapping[str, Any] | None = None) -> None:
        """Write some of `tables` into one file, in the format that its suffix names, whole or not at all.

        `given` are options of `stages/tables.py`. Raises `StudyError` for a table that is not there, and `WriteError` for a
        format that is not installed or cannot hold several tables.
        """
        from qualkit.study import paper_files

        paper_files.write(self.tables(given), names, path, paper_files.reference(self._told, given or {}))

    def table_text(self, names: Sequence[str], given: Mapping[str, Any] | None = None) -> str:
        """Some of `tables` in Markdown. Raises `StudyError` for a table that is not there."""
        from qualkit.study import paper_files

        return paper_files.in_memory(self.tables(given), names, ".md", None).decode("utf-8")

    def frame(self, name: str) -> pd.DataFrame:
        """A table of `tables` as a pandas data frame. Raises `StudyError` if there is no such table yet."""
        import pandas

        tables = self.tables()
        if name not in tables:
            raise StudyError(f"There is no table {name!r}; there are {', '.join(tables) or 'none yet'}.")
        return pandas.DataFrame(tables[name].rows, columns=list(tables[name].columns))

    def write_tables(self, paths: Mapping[Path, tuple[plugs.Exporter, Table]], progress: Progress = no_progress) -> None:
        """Write tables, each whole or not at all."""
        from qualkit.study import paper_files

        reference = paper_files.reference(self._told, {})
        for index, (path, (exporter, table)) in enumerate(paths.items()):
            progress(index / len(paths), path.name)
            write_atomically(path, paper_files.writing([table], exporter, reference))

    def write_manifest(self, paths: Collection[Path], tables: Mapping[str, Table]) -> None:
        """Write `manifest.json`, which says what the files `paths` in `exports/`, with these tables in them, rest on."""
        said = json.dumps(self.manifest(paths, tables), indent=2, ensure_ascii=False)
        write_text_atomically(self.folder.exports / manifests.NAME, said + "\n")

    def write_transcripts(self, formats: Sequence[str] = (), labels: Sequence[str] | None = None) -> Written:
        """Write what was said into `exports/transcripts/`, to be read, corrected or taken to other programs.

        Without `formats`, every one that is installed, and a note for each transcript that lacks the times a format needs;
        such a format asked for by name raises `WriteError` instead. `labels` names transcripts, None means all.
        """
        return transcripts.write(self._told, formats, labels)

    def manifest(self, paths: Collection[Path], tables: Mapping[str, Table]) -> dict[str, Any]:
        """What files in `exports/` rest on, and checksums of what the tables say and of the files; see `study/manifest.py`."""
        return manifests.make(self._told, paths, tables)

    def exports(self) -> Exports | None:
        """Whether the files of the last export still match the data; None if there was none."""
        from qualkit.study import matching

        return matching.compare(self._told)

    def facts(self) -> Facts:
        """What is known of how the study was done, each thing with where it can be seen."""
        from qualkit.study import reports, tables

        self._told.codebook()  # a codebook that has changed is a new event, and with it a new head
        name = f"all facts {reports.files_print(self._told)}"
        return self._kept.at_head(name, lambda: reports.gather(self._told, tables.findings(self._told, {})))

    def checklists(self) -> dict[str, Checklist]:
        """Reporting checklists by name, `coreq` and `srqr`, each item as far as the record answers it, and no further."""
        from qualkit.study import reports

        return reports.checklists(self.facts())

    def report_texts(self) -> dict[str, tuple[Passage, ...]]:
        """Paragraphs for a paper by their heading: the methods, and what machines had to do with it."""
        from qualkit.study import reports

        return dict(reports.parts(self.facts()))

    def write_report(self, path: Path, progress: Progress = no_progress) -> None:
        """Write everything the study reports into one page, or the methods alone into a `.md` or `.docx` file.

        Raises `WriteError` for a path that ends otherwise.
        """
        from qualkit.study import report_files

        name = report_files.name_for(path)
        drawings = report_files.drawn(figures.all_figures(self._told), progress) if name == report_files.PAGE else ()
        report_files.write(self._told, name, path, self.tables(), drawings)

    def basis_note(self, codes: Sequence[FinalCode] | None = None) -> str:
        """What the counted codes rest on, how many cases still wait, and how many segments have a doubtful speaker.

        Of the codes that count now if `codes` is None.
        """
        if codes is not None:
            return self._bases.note(codes)
        return self._kept.at_head("basis note", lambda: self._bases.note(self._told.final_codes()), but_for=BY_AUTHORS)
