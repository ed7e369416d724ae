"""What was rated: constructs and cases, cells with everybody's ratings, how far raters agree. For who may see all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from qualkit.errors import StudyError, nearest
from qualkit.model import (
    Coder,
    CoderKind,
    Construct,
    ConstructLink,
    PartAgreement,
    RatedCase,
    Rating,
    RatingCell,
    RatingConsensus,
    by_id,
    grouped,
)
from qualkit.stages import agree, ratings
from qualkit.stages.tables import Said
from qualkit.study import candidates
from qualkit.study.authoring import BY_AUTHORS
from qualkit.study.rating_views import Comparison, Key

if TYPE_CHECKING:
    from qualkit.study.study import Study


class Rated:
    """The part of a `Study` that is about ratings."""

    @property
    def _there(self) -> Study:
        return cast("Study", self)

    def rating_options(self) -> ratings.Options:
        """What is rated in this study: `[options.ratings]` of `study.toml`."""
        options: ratings.Options = self._there.options(ratings, {})
        return options

    def constructs(self) -> list[Construct]:
        """What can be rated: constructs of the framework and codes of the codebook that are met or were rated."""
        every, used = self._every_construct(), self._there.coded_talk()
        with self._there.store.read() as tx:
            return ratings.to_rate(every, used, tx.values(Rating, "construct_key"))

    def _every_construct(self) -> list[Construct]:
        study = self._there
        book = study.codebook()  # a codebook that has changed is a new event, and with it a new head

        def found() -> list[Construct]:
            with study.store.read() as tx:
                links = tx.all(ConstructLink)
            return ratings.constructs(book, candidates.framework(study) if links else None, links)

        return study._kept.at_head("constructs", found, but_for=BY_AUTHORS)

    def rated_cases(self) -> list[RatedCase]:
        """Groups or sites, in the order of the matrix. Raises `StudyError` for options that do not fit the study."""
        return ratings.cases(self._there.corpus(), self.rating_options())

    def rated_talk(self) -> dict[Key, list[Said]]:
        """The segments of each cell that has any, with their valence there, in the order of the talk."""
        options = self.rating_options()
        return self._there._kept.at_head(f"talk that is rated {options}", self._talk, but_for=BY_AUTHORS)

    def _talk(self) -> dict[Key, list[Said]]:
        said, cases = self._there.coded_talk(), self.rated_cases()
        found = {
            (construct.key, case.id): ratings.evidence(construct, case, said)
            for construct in self._every_construct()
            if any(key in said for key in construct.code_keys)
            for case in cases
        }
        return {key: mine for key, mine in found.items() if mine}

    def need_cell(self, construct_key: str, case_id: str) -> Key:
        """The cell of that construct and case. Raises `StudyError` if either is not there."""
        if case_id not in {case.id for case in self.rated_cases()}:
            raise StudyError("There is no such group or site to rate; open the page again.")
        known = tuple(item.key for item in self._every_construct())
        if construct_key not in known:
            near = nearest(construct_key, known)
            hint = f"Did you mean {near!r}?" if near else f"There are {', '.join(known) or 'none, as no code counts yet'}."
            raise StudyError(f"There is no construct {construct_key!r}. {hint}")
        return construct_key, case_id

    def rating_cells(self) -> dict[Key, RatingCell]:
        """Every cell that anybody has rated, by construct and case; those of what is no longer there are left out."""

        def found() -> dict[Key, RatingCell]:
            with self._there.store.read() as tx:
                rated, agreed, names = tx.all(Rating), tx.all(RatingConsensus), by_id(tx.all(Coder, kind=CoderKind.HUMAN))
            settled = {(item.construct_key, item.case_id): item.value for item in agreed}
            return {
                key: RatingCell(
                    construct_key=key[0], case_id=key[1], consensus=settled.get(key),
                    ratings={names[item.coder_id].name: item.value for item in mine},
                )
                for key, mine in grouped(rated, lambda item: (item.construct_key, item.case_id)).items()
            }  # fmt: skip

        cells = self._there._kept.at_head("rating cells", found)
        if not cells:
            return {}
        there = {(construct.key, case.id) for construct in self.constructs() for case in self.rated_cases()}
        return {key: cell for key, cell in cells.items() if key in there}

    def rating_comparison(self, construct_key: str, case_id: str) -> Comparison:
        """All that is known of a cell; the proposal rests on what any rater marked as concrete."""
        where: dict[str, Any] = {"construct_key": construct_key, "case_id": case_id}
        with self._there.store.read() as tx:
            rated, agreed = tx.all(Rating, **where), tx.first(RatingConsensus, **where)
            names = {key: coder.name for key, coder in by_id(tx.all(Coder, kind=CoderKind.HUMAN)).items()}
        concrete = {key for item in rated for key in item.concrete_segment_ids}
        said = self.rated_talk().get((construct_key, case_id), [])
        return Comparison(
            ratings=tuple(rated),
            consensus=agreed,
            proposal=ratings.propose(said, concrete, self.rating_options()),
            raters=names,
            marked_by=tuple(sorted(names[item.coder_id] for item in rated if item.concrete_segment_ids)),
        )

    def rating_history(self) -> list[Rating | RatingConsensus]:
        """Every rating and every consensus there ever was, superseded ones too, in the order in which they were made."""
        with self._there.store.read() as tx:
            made: list[Rating | RatingConsensus] = [*tx.all(Rating, past=True), *tx.all(RatingConsensus, past=True)]
        return sorted(made, key=lambda item: item.made_at)

    def rating_agreement(self, **given: Any) -> list[PartAgreement]:
        """How far raters agree who rated the same cells: all of them, then, of more than two, each pair; empty for one."""
        from qualkit.stages import rating_agreement

        cells = self.rating_cells().values()
        rated = {case: [cell.ratings for cell in mine] for case, mine in grouped(cells, lambda cell: cell.case_id).items()}
        return rating_agreement.run(rated, self._there.options(agree, given))
