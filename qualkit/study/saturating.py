"""Whether further groups still bring new codes: fetched from what counts in a study, as tables, and what they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from qualkit.errors import StudyError, nearest
from qualkit.model import Level, Saturation, Table
from qualkit.stages import across, saturation_tables
from qualkit.stages import saturation as stage
from qualkit.stages.codebook_levels import CODE, levels
from qualkit.study import across_tables, guides
from qualkit.study.authoring import BY_AUTHORS
from qualkit.study.headed import Kept
from qualkit.wording import counted

if TYPE_CHECKING:
    from qualkit.study.study import Study

NO_CODES = "No code counts yet: code some segments, or run  qualkit run suggest , and saturation can be looked at."


class Saturating:
    """The part of a `Study` that is about saturation."""

    _kept: Kept

    @property
    def _here(self) -> Study:
        return cast("Study", self)

    def saturation_levels(self) -> tuple[Level, ...]:
        """The levels of the codebook at which saturation can be looked at, from codes up; none while no code counts."""
        return levels(self._here.codebook()) if self._here.final_codes() else ()

    def saturation_strata(self) -> tuple[str, ...]:
        """The kinds of strata in which saturation can be looked at."""
        kinds = across.kinds(self._here.corpus(), has_guide=guides.has_questions(self._here))
        return tuple(kind for kind in kinds if kind not in (across.GROUP, across.COURSE))

    def saturation(
        self, level: str = CODE, *, with_valence: bool = False, by: str | None = None, **given: Any
    ) -> list[Saturation]:
        """Of all groups, one item; of the strata of a kind, one each. `given` are options of `stages/saturation.py`.

        Raises `StudyError` while no code counts, and for a level or a kind of strata that this study does not have.
        """
        options: stage.Options = self._here.options(stage, given)
        chosen = self._level(level)
        name = f"saturation {level} {with_valence} {by} {guides.print_of(self._here)} {options}"
        return list(self._kept.at_head(name, lambda: self._saturation(chosen, with_valence, by, options), but_for=BY_AUTHORS))

    def _level(self, key: str) -> Level:
        found = {item.key: item for item in self.saturation_levels()}
        if not found:
            raise StudyError(NO_CODES)
        if key not in found:
            near = nearest(key, found)
            hint = f"Did you mean {near!r}?" if near else f"There are {', '.join(found)}."
            raise StudyError(f"This codebook has no level {key!r}. {hint}")
        return found[key]

    def _saturation(self, level: Level, with_valence: bool, by: str | None, options: stage.Options) -> list[Saturation]:
        study = self._here
        codes, corpus, book = study.final_codes(), study.corpus(), study.codebook()
        judged = frozenset((*study.votes(), *(segment_id for segment_id, _ in study.decisions())))
        scopes: list[tuple[str, frozenset[str] | None]] = [("", None)]
        if by is not None:
            placed, names, _ = across_tables.strata_of(study, corpus, by)
            scopes = [(name, frozenset(item for item, own in placed.items() if own == key)) for key, name in names.items()]
        return [
            stage.run(
                codes=codes, corpus=corpus, book=book, level=level, judged=judged, options=options, with_valence=with_valence,
                by=across.title_of(by) if by else "", stratum=name, scope=scope,
            )
            for name, scope in scopes
        ]  # fmt: skip

    def saturation_notes(self, items: Sequence[Saturation]) -> tuple[str, ...]:
        """What the numbers of these items rest on and do not say, for under a table or plot."""
        owed = {key for debt in self._here.debt() for key in debt.segment_ids}
        debt = (
            f"{counted(len(owed), 'segment')} {'was' if len(owed) == 1 else 'were'} judged before a code was added or changed, "
            "and not again since; a code may seem to come late for that."
        )
        return (*saturation_tables.assumptions(items), self._here.basis_note(), *([debt] if owed else []))


# ---------------------------------------------------------------- as tables


def at_all_levels(study: Study) -> list[Saturation]:
    """At every level of the codebook without valence, then at every level at which counts with valence are others."""
    keys = [level.key for level in study.saturation_levels()]
    plain = [study.saturation(key)[0] for key in keys]
    with_valence = [study.saturation(key, with_valence=True)[0] for key in keys]
    pairs = zip(plain, with_valence, strict=True)
    return [*plain, *(item for other, item in pairs if item.over_orders != other.over_orders)]


def in_strata(study: Study) -> list[Saturation]:
    """At the level of codes, in the strata of every kind in which a code is met."""
    return [item for kind in study.saturation_strata() for item in study.saturation(by=kind) if item.n_found]


def tables(study: Study) -> dict[str, Table]:
    """What there is to say about saturation, by the stem of its file; nothing with fewer than two groups with codes."""
    items = at_all_levels(study)
    if not items or len(items[0].groups) < 2:
        return {}
    notes = study.saturation_notes(items)
    found = {"saturation": saturation_tables.accumulation(items, notes, appendix=(saturation_tables.codes_met(items[0]),))}
    if any(item.assessments for item in items):
        found["saturation_thresholds"] = saturation_tables.assessments(items, notes)
    if strata := in_strata(study):
        found["saturation_by_stratum"] = saturation_tables.summary(strata, study.saturation_notes(strata))
    return found
