"""What a rater may do and see: rate a construct in a case, compare with others afterwards, and record what was agreed on.

Raters are blind to each other, cell by cell. Of a cell a person sees neither anybody's rating, nor what was agreed on, nor what
the rule proposes, before they have rated it themselves and asked to compare. That is in the log, and from then on their rating
of the cell stands; until then they may change it. Tables of ratings open to them once they have rated every cell that anybody
else has, which settles their ratings, too. Adjudicators do not rate and see everything. So does who chooses to look at all
ratings before they are through; their own rating ends with that.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from qualkit.errors import BlindnessError, StaleError, StudyError
from qualkit.model import (
    Coder,
    Construct,
    RatedCase,
    Rating,
    RatingBasis,
    RatingConsensus,
    RatingValue,
    Valence,
    derived_id,
    new_id,
    utc_now,
)
from qualkit.stages import rating_matrix
from qualkit.stages.ratings import AGREED, COMPARED, LOOKED, RATED, Options
from qualkit.stages.tables import Said
from qualkit.store import Writing
from qualkit.study.rating_views import (
    ENOUGH_RATERS,
    Comparison,
    Everything,
    Key,
    Standing,
    compared,
    has_looked,
    key_of,
    said_of,
)

if TYPE_CHECKING:
    from qualkit.study.study import Study


class Rater:
    """The place of one person who rates. Get one from `Seat.rater`.

    An act whose `client_id` is in the log already changes nothing. `seen` is the id of what was on the screen, None for none;
    `StaleError` is raised if there is another by now; "" asks nothing. `StudyError` is raised for a construct or a case that
    there is not.
    """

    def __init__(self, study: Study, coder: Coder, *, is_adjudicator: bool = False) -> None:
        self._study = study
        self._coder = coder
        self._is_adjudicator = is_adjudicator

    # ------------------------------------------------------------ what there is to rate

    def constructs(self) -> list[Construct]:
        """As `Study.constructs`."""
        return self._study.constructs()

    def cases(self) -> list[RatedCase]:
        """As `Study.rated_cases`."""
        return self._study.rated_cases()

    def options(self) -> Options:
        """As `Study.rating_options`."""
        return self._study.rating_options()

    def evidence(self, construct_key: str, case_id: str) -> dict[Valence | None, tuple[str, ...]]:
        """Ids of the segments of a cell by valence, in the order of the talk."""
        found: dict[Valence | None, tuple[str, ...]] = dict.fromkeys((*Valence, None), ())
        for segment, valence in self._said((construct_key, case_id)):
            found[valence] += (segment.id,)
        return found

    def sizes(self) -> dict[Key, int]:
        """How many segments each cell has that has any."""
        return {key: len(said) for key, said in self._study.rated_talk().items()}

    def _said(self, key: Key) -> Sequence[Said]:
        return self._study.rated_talk().get(key, ())

    # ------------------------------------------------------------ what this person has rated and may see

    def mine(self) -> dict[Key, Rating]:
        """This person's own ratings in force."""
        with self._study.store.read() as tx:
            return {key_of(item): item for item in tx.all(Rating, coder_id=self._coder.id)}

    def progress(self) -> dict[str, int]:
        """How many cells each rater has rated, by name; not how."""
        cells = self._study.rating_cells().values()
        names = sorted({name for cell in cells for name in cell.ratings})
        return {name: sum(name in cell.ratings for cell in cells) for name in names}

    def to_rate(self) -> list[Key]:
        """Cells that this person has yet to rate, construct by construct."""
        mine = self.mine()
        return [key for key in self._keys() if key not in mine] if self.may_rate() else []

    def to_compare(self) -> list[Key]:
        """Cells that others rated, too, and that this person has yet to compare, or to agree on where raters differ."""
        cells, mine = self._study.rating_cells(), self.mine()
        open_ = self._open(cells)
        return [
            key
            for key in self._keys()
            if key in cells and len(cells[key].ratings) >= ENOUGH_RATERS
            if (key in open_ and cells[key].basis is RatingBasis.OPEN) or (key in mine and key not in open_)
        ]

    def _keys(self) -> list[Key]:
        return [(construct.key, case.id) for construct in self.constructs() for case in self.cases()]

    def may_rate(self) -> bool:
        """Whether this person rates: not an adjudicator, and nobody who looked at all ratings."""
        return not self._is_free()

    def has_compared(self, construct_key: str, case_id: str) -> bool:
        """Whether this person's view of a cell is open, and their rating of it settled."""
        return (construct_key, case_id) in self._open([(construct_key, case_id)])

    def _open(self, keys: Collection[Key]) -> Collection[Key]:
        """Cells, of `keys` and perhaps others, that this person sees with everybody's ratings."""
        if self._is_free():
            return keys
        with self._study.store.read() as tx:
            return compared(tx, self._coder)

    def standings(self) -> dict[Key, Standing]:
        """Every cell that anybody has rated, as this person may see it."""
        cells, mine = self._study.rating_cells(), self.mine()
        open_ = self._open(cells)
        return {
            key: Standing(own=mine[key].value if key in mine else None, cell=cell if key in open_ else None)
            for key, cell in cells.items()
            if key in mine or key in open_
        }

    def may_see_all(self) -> bool:
        """Whether tables of ratings are open to this person: nobody has rated a cell that they have not."""
        if self._is_free():
            return True
        mine = self.mine()
        return all(key in mine for key in self._study.rating_cells())

    def everything(self) -> Everything:
        """All ratings at once, as `need_all` allows."""
        self.need_all()
        study = self._study
        cells = study.rating_cells()
        return Everything(
            constructs=tuple(self.constructs()),
            cases=tuple(self.cases()),
            cells=cells,
            marks={key: rating_matrix.mark(cell) for key, cell in cells.items()},
            agreement=tuple(study.rating_agreement()),
            options=self.options(),
        )

    def n_to_settle(self) -> int:
        """How many of this person's ratings would be settled by looking at all."""
        met = self._met()
        return len(set(met) - set(self._open(met)))

    def _met(self) -> list[Key]:
        """Cells that this person has rated, and somebody else as well."""
        cells = self._study.rating_cells()
        return [key for key in self.mine() if key in cells and cells[key].ratings.keys() - {self._coder.name}]

    def need_all(self) -> None:
        """Raise `BlindnessError` unless this person may see all ratings; seeing others' settles theirs, and is in the log."""
        cells, mine = self._study.rating_cells(), self.mine()
        if not self.may_see_all():
            raise BlindnessError(
                f"{self._coder.name} has yet to rate {sum(key not in mine for key in cells)} of the cells that others have "
                "rated: all ratings show after that."
            )
        self._settle(self._met())

    def _settle(self, keys: Collection[Key]) -> None:
        """Note that this person sees everybody's ratings of these cells, once."""
        if self._is_free():
            return
        with self._study.store.read() as tx:
            new = sorted(set(keys) - compared(tx, self._coder))
        if new:
            with self._study.store.write() as tx:
                tx.log(self._coder.id, COMPARED, {"cells": [list(key) for key in new]})

    def _is_free(self) -> bool:
        """Whether everything is open to this person, who does not rate, or not any more."""
        if self._is_adjudicator:
            return True
        with self._study.store.read() as tx:
            return has_looked(tx, self._coder)

    # ------------------------------------------------------------ rating

    def rate(
        self,
        construct_key: str,
        case_id: str,
        value: RatingValue,
        reason: str = "",
        *,
        concrete: Sequence[str] = (),
        seen: str | None = "",
        client_id: str | None = None,
    ) -> Rating:
        """Keep this person's own rating of a cell; a newer one supersedes it. `concrete` are ids of segments with an example.

        Raises `StudyError` without a reason for anything but missing, for a segment that is not of the cell, for somebody who
        does not rate, and where a consensus rests on their rating; `BlindnessError` once they have seen others' ratings.
        """
        self._study.need_cell(construct_key, case_id)
        if value is not RatingValue.MISSING and not reason.strip():
            raise StudyError("Say why: a rating needs a reason, unless it is missing (M).")
        there = {segment.id for segment, _ in self._said((construct_key, case_id))}
        if any(key not in there for key in concrete):
            raise StudyError("A segment that was marked as a concrete example is not of this cell any more; open it again.")
        if self._is_adjudicator:
            raise StudyError(f"{self._coder.name} adjudicates in this study and so does not rate.")
        mine: dict[str, Any] = {"construct_key": construct_key, "case_id": case_id, "coder_id": self._coder.id}
        with self._study.store.write() as tx:
            before = tx.first(Rating, **mine)
            if client_id is not None and before is not None and tx.has_happened(client_id):
                return before
            self._need_blind(tx, (construct_key, case_id), before)
            if seen not in ("", before.id if before else None):
                raise StaleError("You rated this in another window meanwhile; look at the newer rating first.")
            made = Rating(
                id=new_id(), **mine, value=value, reason=reason.strip(), concrete_segment_ids=tuple(dict.fromkeys(concrete)),
                made_at=utc_now(),
            )  # fmt: skip
            tx.retire(Rating, **mine)
            tx.insert([made])
            tx.log(self._coder.id, RATED, {**said_of(made), "supersedes": before.id if before else None}, client_id)
        return made

    def _need_blind(self, tx: Writing, key: Key, before: Rating | None) -> None:
        who = self._coder.name
        if has_looked(tx, self._coder):
            raise BlindnessError(f"{who} chose to look at all ratings, so a rating would not be independent any more.")
        if key in compared(tx, self._coder):
            raise BlindnessError(f"{who} has seen the others' ratings of this, so theirs stands; record what you agree on.")
        agreed = tx.first(RatingConsensus, construct_key=key[0], case_id=key[1])
        if agreed is not None and before is not None and before.id in agreed.rating_ids:
            raise StudyError("A consensus was recorded that rests on this rating, so it stays as it is.")

    # ------------------------------------------------------------ comparing and agreeing

    def compare(self, construct_key: str, case_id: str) -> Comparison:
        """Everybody's ratings of a cell and what the rule proposes; from now on this person's rating of it stands.

        What was shown is in the log, once. Raises `BlindnessError` while this person has yet to rate the cell.
        """
        key = self._study.need_cell(construct_key, case_id)
        if not self._is_free() and key not in self.mine():
            raise BlindnessError(f"{self._coder.name} has yet to rate this: others' ratings and the proposal show after that.")
        found = self._study.rating_comparison(construct_key, case_id)
        self._note_comparing(key, found)
        return found

    def _note_comparing(self, key: Key, found: Comparison) -> None:
        """Log what this person is shown of a cell, once for each state of it."""
        if self._is_adjudicator:
            return
        ids = [item.id for item in found.ratings]
        agreed = found.consensus.id if found.consensus else None
        client_id = derived_id("compared", self._coder.id, *key, found.proposal.value, *ids, agreed)
        with self._study.store.read() as tx:
            is_known = tx.has_happened(client_id)
        if not is_known:
            shown = {"cells": [list(key)], "rating_ids": ids, "consensus_id": agreed, "proposed": found.proposal.value}
            with self._study.store.write() as tx:
                if not tx.has_happened(client_id):
                    tx.log(self._coder.id, COMPARED, shown, client_id)

    def agree(
        self,
        construct_key: str,
        case_id: str,
        value: RatingValue,
        reason: str,
        *,
        seen: str | None = "",
        client_id: str | None = None,
    ) -> RatingConsensus:
        """Keep what the raters of a cell agreed on; their ratings stay as they are.

        Raises `StudyError` without a reason or before two people have rated, `BlindnessError` for somebody who has not
        compared.
        """
        key = self._study.need_cell(construct_key, case_id)
        if not reason.strip():
            raise StudyError("Say why you agreed on this.")
        if not self.has_compared(*key):
            raise BlindnessError(f"{self._coder.name} has yet to rate and compare this before agreeing on it.")
        where: dict[str, Any] = {"construct_key": construct_key, "case_id": case_id}
        with self._study.store.write() as tx:
            before = tx.first(RatingConsensus, **where)
            if client_id is not None and before is not None and tx.has_happened(client_id):
                return before
            rated = tx.all(Rating, **where)
            if len(rated) < ENOUGH_RATERS:
                raise StudyError("A consensus takes two people who have rated by themselves.")
            if seen not in ("", before.id if before else None):
                raise StaleError("Somebody recorded a consensus meanwhile; look at it first.")
            made = RatingConsensus(
                id=new_id(), **where, coder_id=self._coder.id, value=value, reason=reason.strip(),
                rating_ids=tuple(item.id for item in rated), made_at=utc_now(),
            )  # fmt: skip
            tx.retire(RatingConsensus, **where)
            tx.insert([made])
            tx.log(self._coder.id, AGREED, {**said_of(made), "supersedes": before.id if before else None}, client_id)
        return made

    def look_at_all(self, *, client_id: str | None = None) -> None:
        """Open all ratings to this person, whose own rating ends with that; in the log."""
        if self._is_free():
            return
        with self._study.store.write() as tx:
            if client_id is None or not tx.has_happened(client_id):
                tx.log(self._coder.id, LOOKED, {}, client_id)
