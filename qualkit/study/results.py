"""What follows from everybody's judgements, shown to a person once they may see it: each answers as the `Study` would."""

from __future__ import annotations

from collections.abc import Sequence

from qualkit.model import (
    Agreement,
    Coder,
    Crosstab,
    Exposure,
    Landscape,
    Place,
    Table,
    Theme,
    ThemeRow,
    Topic,
    Uptake,
)
from qualkit.stages.debt import Debt
from qualkit.stages.gaps import GapReport
from qualkit.study.authoring import Authoring
from qualkit.study.candidates import Candidates
from qualkit.study.intruders import Intruders
from qualkit.study.standing import TranscriptStanding
from qualkit.study.study import Study


class Results:
    """The part of a `Seat` that is withheld from blind coders: each method raises `BlindnessError` while they are."""

    _study: Study
    coder: Coder

    @property
    def name(self) -> str:
        """The person's name."""
        return self.coder.name

    @property
    def is_adjudicator(self) -> bool:
        """Whether `study.toml` names this person as one who decides and does not code."""
        return self.name in self._study.config.adjudicators

    def _need_results(self) -> None:
        """Raise `BlindnessError` while this person is blind, and note in the log what a coder is shown."""
        raise NotImplementedError

    def standing(self, *, wait: bool = True) -> list[TranscriptStanding]:
        """As `Study.standing`; while this person is blind, without what follows from codes: see `TranscriptStanding`."""
        if self.may_see_results():
            self._need_results()
            return self._study.standing(wait=wait)
        return self._study.standing(is_blind=True)

    def may_see_results(self) -> bool:
        """Whether this person may see what all coders together said."""
        raise NotImplementedError

    def agreement(self) -> list[Agreement]:
        """As `Study.agreement`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.agreement()

    def topics(self) -> list[Topic]:
        """As `Study.topics`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.topics()

    def landscape(self) -> Landscape | None:
        """As `Study.landscape`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.landscape()

    def places(self) -> dict[str, Place]:
        """As `Study.places`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.places()

    def across(self, by: str = "group") -> Crosstab:
        """As `Study.across`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.across(by)

    def strata(self) -> tuple[str, ...]:
        """As `Study.strata`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.strata()

    @property
    def intruders(self) -> Intruders:
        """Where this person checks topics by finding intruders. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return Intruders(self._study, self.coder, is_adjudicator=self.is_adjudicator)

    @property
    def candidates(self) -> Candidates:
        """What this person may make of topics. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return Candidates(self._study, self.coder)

    def gaps(self) -> GapReport:
        """As `Study.gaps`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.gaps()

    def debt(self) -> tuple[Debt, ...]:
        """As `Study.debt`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.debt()

    def theme_rows(self) -> list[ThemeRow]:
        """As `Study.theme_rows`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.theme_rows()

    def evaluated(self) -> tuple[str, list[str]]:
        """As `Study.evaluated`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.evaluated()

    def has_uptake(self) -> bool:
        """As `Study.has_uptake`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.has_uptake()

    def uptake(self) -> list[Uptake]:
        """As `Study.uptake`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.uptake()

    def exposure(self) -> list[Exposure]:
        """As `Study.exposure`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.exposure()

    def tables(self) -> dict[str, Table]:
        """As `Study.tables`, without intrusion tasks while this person is yet to answer some.

        Raises `BlindnessError` while this person is blind.
        """
        self._need_results()
        intruders = self.intruders
        is_rating = intruders.left() and not intruders.has_seen_scores()
        return {stem: table for stem, table in self._study.tables().items() if stem != "intrusion" or not is_rating}

    def basis_note(self) -> str:
        """As `Study.basis_note`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.basis_note()

    def themes(self) -> list[Theme]:
        """As `Study.themes`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.themes()

    def written_themes(self) -> list[Theme]:
        """As `Study.written_themes`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.written_themes()

    @property
    def authoring(self) -> Authoring:
        """What this person may do with themes. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return Authoring(self._study, self.coder)

    def save_themes(self, written: Sequence[Theme]) -> None:
        """As `Study.save_themes`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        self._study.save_themes(written, author=self.name)
