"""What there is to ask of a study's topics: themselves, against the codebook, across the talk, and whether people see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from qualkit.model import Codebook, Crosstab, Landscape, Place, Topic
from qualkit.stages.debt import Debt
from qualkit.stages.gaps import GapReport
from qualkit.stages.intrusion import Tasks
from qualkit.stages.intrusion_scores import Scores
from qualkit.store import Store
from qualkit.study import candidates, gap_report, guides
from qualkit.study.headed import Kept
from qualkit.study.judgements import BY_CODERS

if TYPE_CHECKING:
    from qualkit.study.study import Study


class Topical:
    """The part of a `Study` that is about topics."""

    store: Store
    _kept: Kept
    codebook: Callable[[], Codebook]

    @property
    def _study(self) -> Study:
        return cast("Study", self)

    def topics(self) -> list[Topic]:
        """Topics of the last run, outliers (-1) first, with the names that people gave them."""

        def found() -> list[Topic]:
            with self.store.read() as tx:
                return sorted(tx.all(Topic), key=lambda topic: topic.number)

        return candidates.labelled(self._study, self._kept.at_head("topics", found, but_for=BY_CODERS))

    def gaps(self) -> GapReport:
        """The topics of the last run against the codes that count: what no code covers, and how the codes lie in them."""
        self.codebook()  # a codebook that has changed is a new event, and with it a new head
        return self._kept.at_head("gaps", lambda: gap_report.report(self._study))

    def debt(self) -> tuple[Debt, ...]:
        """What people have yet to judge again, as a code was added or changed its meaning after they did; the newest first."""
        self.codebook()
        return self._kept.at_head("debt", lambda: gap_report.debts(self._study))

    def landscape(self) -> Landscape | None:
        """What holds for the topics of the last run together, None if there was none."""
        with self.store.read() as tx:
            return tx.first(Landscape)

    def places(self) -> dict[str, Place]:
        """Where segments lie on the map of topics, by id; of a large study a part of them."""

        def found() -> dict[str, Place]:
            with self.store.read() as tx:
                rows = tx.rows(Place, "segment_id", "x", "y", "run_id")
                return {key: Place(segment_id=key, x=x, y=y, run_id=run_id) for key, x, y, run_id in rows}

        return self._kept.at_head("places", found, but_for=BY_CODERS)

    def across(self, by: str = "group") -> Crosstab:
        """Topics by group, site, role, guide question, course of the meeting, or any attribute of `participants.csv`.

        `by` is one of `strata`. Raises `StudyError` for a kind of which the study knows nothing, and without topics, and
        `ReadError` for `question` if the guide cannot be used.
        """
        from qualkit.study import across_tables

        name = f"topics by {by}, {guides.print_of(self._study)}"
        return self._kept.at_head(name, lambda: across_tables.crosstab(self._study, by), but_for=BY_CODERS)

    def strata(self) -> tuple[str, ...]:
        """What `across` can be asked for: `group`, `course` and so on, as far as it tells segments of this study apart."""
        from qualkit.study import across_tables

        return across_tables.kinds(self._study)

    def intrusion(self) -> Scores:
        """How well people find the intruder among a topic's words and segments, and how far they agree."""
        from qualkit.study import intruders

        return intruders.scores(self._study)

    def intrusion_tasks(self) -> Tasks:
        """The tasks of `intrusion`, which stand as long as the topics do."""
        from qualkit.study import intruders

        return self._kept.at_head("intrusion tasks", lambda: intruders.make(self._study), but_for=BY_CODERS)
