"""Codes and themes as they are counted for tables and figures, and the segments behind what coders said of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from qualkit.model import Behind, ConstructCount, Cooccurrence, Numbers, ThemeGrid
from qualkit.stages import across, construct_counts, cooccurrence, theme_strata
from qualkit.stages.tables import Said, coded
from qualkit.study import figure_numbers, figures, guides, judged, paper_tables, table_numbers
from qualkit.study.authoring import BY_AUTHORS
from qualkit.study.judged import Judged

if TYPE_CHECKING:
    from qualkit.study.study import Study


class Counted:
    """The part of a `Study` that counts codes and themes, each count with its segments."""

    @property
    def _here(self) -> Study:
        return cast("Study", self)

    def construct_counts(self, suppress_below: int | None = None) -> tuple[ConstructCount, ...]:
        """Segments for and against by domain, construct and code, in the order of the codebook.

        What fewer people than `suppress_below` said is left out; None takes what `study.toml` says of tables.
        """
        study, below = self._here, self._below(suppress_below)
        study.codebook()  # a codebook that has changed is a new event, and with it a new head

        def found() -> tuple[ConstructCount, ...]:
            return construct_counts.run(
                codes=study.final_codes(), corpus=study.corpus(), book=study.codebook(), suppress_below=below
            )

        return study._kept.at_head(f"construct counts {below}", found, but_for=BY_AUTHORS)

    def cooccurrence(self, suppress_below: int | None = None, **given: Any) -> Cooccurrence:
        """Codes that are met together; `suppress_below` as above, `given` are options of `stages/cooccurrence.py`."""
        study, below = self._here, self._below(suppress_below)
        options: cooccurrence.Options = study.options(cooccurrence, given)
        study.codebook()

        def found() -> Cooccurrence:
            codes, corpus, book = study.final_codes(), study.corpus(), study.codebook()
            return cooccurrence.run(codes=codes, corpus=corpus, book=book, options=options, suppress_below=below)

        return study._kept.at_head(f"codes together {options} {below}", found, but_for=BY_AUTHORS)

    def _below(self, given: int | None) -> int:
        return paper_tables.options_of(self._here, {}).suppress_below if given is None else given

    def theme_kinds(self) -> tuple[str, ...]:
        """What `theme_grid` can be asked for: `group`, `site`, `question`, an attribute of `participants.csv`."""
        return tuple(kind for kind in self._here.strata() if kind != across.COURSE)

    def theme_grid(self, by: str = across.GROUP) -> ThemeGrid:
        """Rows of the theme table by the strata of a kind. Raises as `Study.across` does for a kind that is not there."""
        study = self._here
        options = paper_tables.options_of(study, {})

        def found() -> ThemeGrid:
            strata, placed, notes = paper_tables.strata_of_themes(study, by)
            return theme_strata.grid(
                rows=study.theme_rows(), corpus=study.corpus(), placed=placed, strata=strata, by=by, title=across.title_of(by),
                options=options, notes=notes,
            )  # fmt: skip

        return study._kept.at_head(f"themes by {by}, {options}, {guides.print_of(study)}", found)

    def judged_by_two(self, *, is_blind: bool = False) -> dict[str | None, Judged]:
        """By code what several people judged, and how; under None all segments that several judged, whatever the code.

        As it stands now, or as it was said blind.
        """
        study = self._here
        study.codebook()

        def found() -> dict[str | None, Judged]:
            apart = study.blind_apart() if is_blind else None
            return judged.in_study(study, study.votes() if apart is None else apart)

        return study._kept.at_head(f"judged by two {is_blind}", found, but_for=BY_AUTHORS)

    def coded_talk(self) -> dict[str, list[Said]]:
        """The segments that each code is on, of the codes that count, with their valence, in the order of the talk."""
        study = self._here
        study.codebook()
        return study._kept.at_head("coded talk", lambda: coded(study.final_codes(), study.corpus()), but_for=BY_AUTHORS)

    def code_segments(self) -> dict[str, tuple[str, ...]]:
        """The ids of the segments of `coded_talk`."""
        return {key: tuple(segment.id for segment, _ in mine) for key, mine in self.coded_talk().items()}

    def given(self, code_key: str) -> dict[str, str]:
        """Of the segments that anybody gave a code, whether it counts or not, who said what of them."""
        votes = self._here.votes()
        return {
            key: judged.of_code(by_coder, code_key)
            for key, by_coder in votes.items()
            if any(code_key in said for said in by_coder.values())
        }

    def standing_numbers(self) -> Numbers:
        """By transcript what each coder judged in the round, and what `standing` counts that follows from codes."""
        from qualkit.study import standing_numbers

        return standing_numbers.of_study(self._here)

    def figures(self) -> dict[str, figures.Draw]:
        """What draws each figure there is something for, by the stem of its files."""
        return figures.all_figures(self._here)

    def figure_numbers(self, stem: str) -> Numbers | None:
        """The numbers of a figure with the segments behind them; None for a figure that shows no counts of segments."""
        return figure_numbers.of_figure(self._here, stem)

    def table_opens(self, stem: str) -> Mapping[tuple[int, int], Behind]:
        """What is behind the numbers of a table of `tables`, by row and column; nothing for what counts no segments."""
        return table_numbers.of_table(self._here, stem)

    def figure_file(self, stem: str, suffix: str) -> bytes:
        """A figure as a file, HTML, SVG or PNG. Raises `StudyError` for a figure that is not there."""
        return figures.in_memory(self._here, stem, suffix)
