"""What follows from everybody's judgements, shown to a person once they may see it: each answers as the `Study` would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from qualkit.model import (
    Agreement,
    Behind,
    Checklist,
    Coder,
    ConsensusRow,
    ConstructCount,
    Cooccurrence,
    Crosstab,
    CutAgreement,
    Diagnosis,
    DoublePlan,
    Exposure,
    GroupTalk,
    Landscape,
    Level,
    Numbers,
    Opens,
    PartAgreement,
    Passage,
    Place,
    Saturation,
    Table,
    Theme,
    ThemeGrid,
    ThemeRow,
    Topic,
    Uptake,
)
from qualkit.stages.debt import Debt
from qualkit.stages.gaps import GapReport
from qualkit.study.agreeing import Looked
from qualkit.study.authoring import Authoring
from qualkit.study.candidates import Candidates
from qualkit.study.figures import Draw
from qualkit.study.intruders import Intruders
from qualkit.study.rating import Rater
from qualkit.study.rating_views import STEMS
from qualkit.study.responses import Responses
from qualkit.study.standing import TranscriptStanding
from qualkit.study.study import Study

Made = TypeVar("Made")


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

    def told_agreement(self, *, is_now: bool = False) -> list[Agreement]:
        """As `Study.told_agreement`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.told_agreement(is_now=is_now)

    def is_told_blind(self) -> bool:
        """As `Study.is_told_blind`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.is_told_blind()

    def valence_agreement(self, *, is_now: bool = False) -> list[Agreement]:
        """As `Study.valence_agreement`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.valence_agreement(is_now=is_now)

    def agreement_by_pair(self, code_key: str | None = None, *, is_now: bool = False) -> list[PartAgreement]:
        """As `Study.agreement_by_pair`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.agreement_by_pair(code_key, is_now=is_now)

    def agreement_over_time(self, n_parts: int = 4, *, is_now: bool = False) -> list[PartAgreement]:
        """As `Study.agreement_over_time`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.agreement_over_time(n_parts, is_now=is_now)

    def agreement_with_machine(
        self, machine: str, code_key: str | None = None, *, is_now: bool = False
    ) -> tuple[PartAgreement, PartAgreement]:
        """As `Study.agreement_with_machine`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.agreement_with_machine(machine, code_key, is_now=is_now)

    def set_agreement(self, *, is_now: bool = False) -> list[Agreement]:
        """As `Study.set_agreement`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.set_agreement(is_now=is_now)

    def cut_agreement(self, *, is_now: bool = False) -> list[CutAgreement]:
        """As `Study.cut_agreement`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.cut_agreement(is_now=is_now)

    def blind_agreement(self) -> list[Agreement]:
        """As `Study.blind_agreement`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.blind_agreement()

    def machines(self) -> list[str]:
        """Machine coders that suggested something. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.machine_names()

    def diagnosis(self, code_key: str, *, is_now: bool = False) -> Diagnosis:
        """As `Study.diagnosis`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.diagnosis(code_key, is_now=is_now)

    def construct_counts(self) -> tuple[ConstructCount, ...]:
        """As `Study.construct_counts`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.construct_counts()

    def cooccurrence(self) -> Cooccurrence:
        """As `Study.cooccurrence`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.cooccurrence()

    def theme_kinds(self) -> tuple[str, ...]:
        """As `Study.theme_kinds`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.theme_kinds()

    def theme_grid(self, by: str = "group") -> ThemeGrid:
        """As `Study.theme_grid`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.theme_grid(by)

    def agreement_opens(self, about: Looked, *, is_now: bool = False) -> Opens:
        """As `Study.agreement_opens`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.agreement_opens(about, is_now=is_now)

    def parts_open(self, parts: Sequence[PartAgreement], code_key: str | None = None, *, is_now: bool = False) -> Opens:
        """As `Study.parts_open`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.parts_open(parts, code_key, is_now=is_now)

    def figures(self) -> dict[str, Draw]:
        """As `Study.figures`, without those that are `withheld`. Raises `BlindnessError` while this person is blind."""
        return self._but_withheld(self._study.figures())

    def figure_numbers(self, stem: str) -> Numbers | None:
        """As `Study.figure_numbers`, of one of `figures`. Raises `BlindnessError` while this person is blind."""
        self._need_shown(stem)
        return self._study.figure_numbers(stem)

    def table_opens(self, stem: str) -> Mapping[tuple[int, int], Behind]:
        """As `Study.table_opens`, of one of `tables`. Raises `BlindnessError` while this person is blind."""
        self._need_shown(stem)
        return self._study.table_opens(stem)

    def figure_file(self, stem: str, suffix: str) -> bytes:
        """As `Study.figure_file`, of one of `figures`. Raises `BlindnessError` while this person is blind."""
        self._need_shown(stem)
        return self._study.figure_file(stem, suffix)

    def _need_shown(self, stem: str) -> None:
        """Raise `BlindnessError` for who may not see that table or figure; who sees ratings by it is noted to have done so."""
        self._need_results()
        if stem in STEMS:
            self.rater.need_all()

    def double_plan(self, margin: float = 0.1) -> DoublePlan:
        """As `Study.double_plan`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.double_plan(margin=margin)

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

    def saturation(self, level: str = "code", *, with_valence: bool = False, by: str | None = None) -> list[Saturation]:
        """As `Study.saturation`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.saturation(level, with_valence=with_valence, by=by)

    def saturation_levels(self) -> tuple[Level, ...]:
        """As `Study.saturation_levels`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.saturation_levels()

    def saturation_strata(self) -> tuple[str, ...]:
        """As `Study.saturation_strata`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.saturation_strata()

    def saturation_notes(self, items: Sequence[Saturation]) -> tuple[str, ...]:
        """As `Study.saturation_notes`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.saturation_notes(items)

    @property
    def intruders(self) -> Intruders:
        """Where this person checks topics by finding intruders. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return Intruders(self._study, self.coder, is_adjudicator=self.is_adjudicator)

    def talk_shares(self) -> list[GroupTalk]:
        """As `Study.talk_shares`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.talk_shares()

    def theme_carriers(self, one_voice: float | None = None) -> Table:
        """As `Study.theme_carriers`, with themes flagged that one person has more of than the share `one_voice`.

        Raises `BlindnessError` while this person is blind.
        """
        self._need_results()
        return self._study.theme_carriers({"one_voice": one_voice})

    def consensus(self) -> list[ConsensusRow]:
        """As `Study.consensus`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.consensus()

    @property
    def responses(self) -> Responses:
        """Where this person records who answered whom. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return Responses(self._study, self.coder)

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

    def machine_outcomes(self) -> tuple[Table, Mapping[tuple[int, int], Behind]] | None:
        """As `Study.machine_outcomes`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.machine_outcomes()

    def has_uptake(self) -> bool:
        """As `Study.has_uptake`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.has_uptake()

    def uptake(self) -> list[Uptake]:
        """As `Study.uptake`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.uptake()

    def standing_numbers(self) -> Numbers:
        """As `Study.standing_numbers`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.standing_numbers()

    def code_segments(self) -> dict[str, tuple[str, ...]]:
        """As `Study.code_segments`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.code_segments()

    def given(self, code_key: str) -> dict[str, str]:
        """As `Study.given`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.given(code_key)

    def exposure(self) -> list[Exposure]:
        """As `Study.exposure`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.exposure()

    def table_file(self, names: Sequence[str], suffix: str) -> bytes:
        """Some of `tables` as one file; see `Study.write_paper`. Raises `BlindnessError` while this person is blind."""
        from qualkit.study import paper_files

        return paper_files.in_memory(self.tables(), names, suffix, paper_files.reference(self._study, {}))

    def checklists(self) -> dict[str, Checklist]:
        """As `Study.checklists`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.checklists()

    def report_texts(self) -> dict[str, tuple[Passage, ...]]:
        """As `Study.report_texts`. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return self._study.report_texts()

    def report_file(self, name: str) -> bytes:
        """`report.html`, `methods.docx` or `methods.md`; see `Study.write_report`. Raises `BlindnessError` while blind."""
        from qualkit.study import report_files

        return report_files.in_memory(self._study, name, self.tables(), self.figures())

    def tables(self) -> dict[str, Table]:
        """As `Study.tables`, without those that are `withheld` from this person.

        Raises `BlindnessError` while this person is blind.
        """
        return self._but_withheld(self._study.tables())

    def _but_withheld(self, made: Mapping[str, Made]) -> dict[str, Made]:
        """What is made by stem, less what is `withheld`; who sees ratings by it is noted to have seen them."""
        withheld = self.withheld()
        if not withheld & STEMS and made.keys() & STEMS:
            self.rater.need_all()
        return {stem: item for stem, item in made.items() if stem not in withheld}

    def withheld(self) -> frozenset[str]:
        """Stems of tables and figures that this person may not see yet: of tasks and of ratings that are theirs to do first.

        Who shows ratings that are not withheld calls `Rater.need_all`. Raises `BlindnessError` while this person is blind.
        """
        self._need_results()
        intruders = self.intruders
        of_tasks = {"intrusion"} if intruders.left() and not intruders.has_seen_scores() else set[str]()
        return STEMS | of_tasks if not self.rater.may_see_all() else frozenset(of_tasks)

    @property
    def rater(self) -> Rater:
        """Where this person rates constructs. Raises `BlindnessError` while this person is blind."""
        self._need_results()
        return Rater(self._study, self.coder, is_adjudicator=self.is_adjudicator)

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
