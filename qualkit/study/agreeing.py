"""How far coders agree, beyond the coefficients of `Study.agreement`: on sets of codes, on where passages begin and end, two by
two, as time goes by, with machines; why it is low; and how much more to code twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from qualkit.errors import StudyError
from qualkit.model import (
    Agreement,
    Assignment,
    CoderKind,
    CutAgreement,
    Diagnosis,
    DoublePlan,
    Opens,
    PartAgreement,
    Visit,
)
from qualkit.stages import agree, agree_by, agree_sets, cut_alike, diagnose, double_coding, mergers
from qualkit.study import agreement_numbers, blind
from qualkit.study.authoring import BY_AUTHORS

if TYPE_CHECKING:
    from qualkit.study.study import Study

Looked: TypeAlias = Literal["codes", "sets", "valence", "words"]
"""What the agreement in a table is about."""

GIVEN_FROM = 0.5
"""A machine counts as giving a code that it suggests with this probability."""


class Agreeing:
    """The part of a `Study` that looks closer at agreement."""

    @property
    def _own(self) -> Study:
        return cast("Study", self)

    def _agree_options(self, given: Mapping[str, Any]) -> agree.Options:
        options: agree.Options = self._own.options(agree, given)
        return options

    # ------------------------------------------------------------ which judgements

    def blind_apart(self) -> agree.Votes | None:
        """What was said blind, and so speaks of reliability, None where it is all that counts: see `blind.apart`."""
        return self._own._kept.at_head("blind votes", lambda: blind.apart(self._own), but_for=BY_AUTHORS)

    def is_told_blind(self) -> bool:
        """Whether agreement is told over what was said blind: that is not what stands now, and two people said some of it."""
        return bool(self.blind_apart())

    def compared(self, *, is_now: bool = False) -> agree.Votes:
        """The votes whose agreement is told: what was said blind where `is_told_blind`, else, or with `is_now`, what stands."""
        return (None if is_now else self.blind_apart()) or self._own.votes()

    def _compared_marks(self, is_now: bool) -> tuple[Mapping[str, Counter[agree.Mark]], Sequence[str]]:
        """As `agreement_marks`, of the votes that are compared."""
        if is_now or not self.is_told_blind():
            return self._own.agreement_marks()
        return self._blind_marks(), self._own.counted_keys()

    def _blind_marks(self) -> Mapping[str, Counter[agree.Mark]]:
        study = self._own
        return study._kept.at_head(
            "blind marks",
            lambda: agree.marks_by_transcript(self.blind_apart() or {}, study.outline().places),
            but_for=BY_AUTHORS,
        )

    # ------------------------------------------------------------ all codes, and one by one

    def blind_agreement(self, **given: Any) -> list[Agreement]:
        """As `agreement`, over what was said blind: the only agreement that speaks of reliability."""
        study, options = self._own, self._agree_options(given)
        if self.blind_apart() is None:
            return study.agreement(**given)
        return study._kept.at_head(
            f"blind agreement {options}",
            lambda: agree.of_marks(self._blind_marks(), code_keys=study.counted_keys(), options=options),
            but_for=BY_AUTHORS,
        )

    def told_agreement(self, *, is_now: bool = False, **given: Any) -> list[Agreement]:
        """The agreement that is told: `blind_agreement` where `is_told_blind`, else, or with `is_now`, `agreement`."""
        is_blind = not is_now and self.is_told_blind()
        return self.blind_agreement(**given) if is_blind else self._own.agreement(**given)

    def valence_agreement(self, *, is_now: bool = False, **given: Any) -> list[Agreement]:
        """As `told_agreement`, on valence alone: where two or more coders gave a code with one."""
        marks, keys = self._compared_marks(is_now)
        return agree.of_valence(marks, code_keys=keys, options=self._agree_options(given))

    def set_agreement(self, *, is_now: bool = False, **given: Any) -> list[Agreement]:
        """On all codes of a segment as one set: exact matches, and alpha by MASI and by Jaccard's distance."""
        study, options = self._own, self._agree_options(given)
        return study._kept.at_head(
            f"agreement on sets {is_now} {options}",
            lambda: agree_sets.run(
                votes=self.compared(is_now=is_now), code_keys=study.counted_keys(), options=options,
                transcript_of=study.outline().places,
            ),
            but_for=BY_AUTHORS,
        )  # fmt: skip

    def cut_agreement(self, *, is_now: bool = False, **given: Any) -> list[CutAgreement]:
        """Whether coders marked the same words: all codes together, then code by code."""
        study, options = self._own, self._agree_options(given)
        is_blind = not is_now and self.is_told_blind()
        return study._kept.at_head(
            f"agreement on words {is_now} {options}",
            lambda: cut_alike.run(
                segments=study.coded_segments(), votes=self.compared(is_now=is_now),
                marks=blind.marked(study) if is_blind else study.marked(), code_keys=study.counted_keys(), options=options,
            ),
            but_for=BY_AUTHORS,
        )  # fmt: skip

    def compared_in_sample(self) -> agree.Votes:
        """Those of `compared` that are of segments of the reliability sample which two or more people judged."""
        sample = self._own.sample()
        drawn = frozenset(sample.segment_ids) if sample else frozenset[str]()
        return {key: said for key, said in self.compared().items() if key in drawn and len(said) > 1}

    def sample_agreement(self, **given: Any) -> list[Agreement]:
        """As `told_agreement`, on the reliability sample alone; empty while no two people have judged any of it."""
        study, options, votes = self._own, self._agree_options(given), self.compared_in_sample()
        places = study.outline().places
        return agree.run(votes=votes, code_keys=study.counted_keys(), options=options, transcript_of=places) if votes else []

    # ------------------------------------------------------------ in parts

    def agreement_by_pair(self, code_key: str | None = None, *, is_now: bool = False, **given: Any) -> list[PartAgreement]:
        """Of each two coders: all codes pooled, or one code."""
        study, options = self._own, self._agree_options(given)
        marks, keys = self._compared_marks(is_now)
        known = self._known(code_key, keys)
        return study._kept.at_head(
            f"agreement by pair {code_key} {is_now} {options}",
            lambda: agree_by.pairs(
                self.compared(is_now=is_now), marks=marks, code_keys=known, options=options, code_key=code_key
            ),
            but_for=BY_AUTHORS,
        )  # fmt: skip

    def agreement_over_time(self, n_parts: int = 4, *, is_now: bool = False, **given: Any) -> list[PartAgreement]:
        """From the segments that were judged by two first to those judged last, in so many parts of equal size."""
        study = self._own
        is_blind = not is_now and self.is_told_blind()
        return agree_by.over_time(
            self.compared(is_now=is_now), when=blind.behind(study).judged_at if is_blind else self._judged_at(),
            code_keys=study.counted_keys(), options=self._agree_options(given), transcript_of=study.outline().places,
            n_parts=n_parts,
        )  # fmt: skip

    def _judged_at(self) -> dict[str, str]:
        """When each segment was judged last, by anybody."""
        names = {coder.id for coder in self._own.coders() if coder.kind is CoderKind.HUMAN}
        when: dict[str, str] = {}
        with self._own.store.read() as tx:
            for segment_id, coder_id, seen_at in tx.rows(Visit, "segment_id", "coder_id", "seen_at"):
                if coder_id in names:
                    when[segment_id] = max(when.get(segment_id, ""), seen_at)
        return when

    def agreement_with_machine(
        self, machine: str, code_key: str | None = None, *, is_now: bool = False, **given: Any
    ) -> tuple[PartAgreement, PartAgreement]:
        """People among themselves, and people with a machine coder, on the same segments.

        What a machine suggests for a segment that somebody has judged rests on no lesson of that transcript.
        """
        study = self._own
        return agree_by.with_machine(
            self.compared(is_now=is_now), machine=machine, suggested=self.given_by_machine(machine),
            code_keys=self._known(code_key, study.counted_keys()), options=self._agree_options(given),
            transcript_of=study.outline().places, code_key=code_key,
        )  # fmt: skip

    def machine_names(self) -> list[str]:
        """Machine coders that suggested something."""
        return sorted(coder.name for coder in self._own.coders() if coder.kind is CoderKind.MACHINE)

    def given_by_machine(self, machine: str) -> dict[str, set[str]]:
        """By segment the codes that a machine coder counts as giving. Raises `StudyError` for one that suggested nothing."""
        study = self._own
        own = [item for item in study.suggestions() if item.machine == machine]
        if not own:
            there = ", ".join(self.machine_names()) or "none"
            raise StudyError(
                f"No machine coder {machine} has suggested anything here; those that have: {there}. Run  qualkit suggest NAME"
            )
        given: dict[str, set[str]] = {key: set() for key in study.outline().coded}
        for item in own:
            if item.score >= GIVEN_FROM and item.segment_id in given:
                given[item.segment_id].add(item.code_key)
        return given

    def agreement_opens(self, about: Looked, *, is_now: bool = False) -> Opens:
        """What opens in the table of agreement `about` one of these, by row and column."""
        of: Mapping[Looked, Callable[..., Opens]] = {
            "codes": agreement_numbers.on_codes,
            "sets": agreement_numbers.on_sets,
            "valence": agreement_numbers.on_valence,
            "words": agreement_numbers.on_words,
        }
        return of[about](self._own, is_now=is_now)

    def parts_open(self, parts: Sequence[PartAgreement], code_key: str | None = None, *, is_now: bool = False) -> Opens:
        """What opens in the table of such parts, made with the same `code_key` and `is_now`."""
        return agreement_numbers.in_parts(self._own, parts, code_key, is_now=is_now)

    # ------------------------------------------------------------ why, and how much more

    def diagnosis(self, code_key: str, *, is_now: bool = False, **given: Any) -> Diagnosis:
        """Why the kappa of a code is what it is, with the segments on which coders differ most."""
        study = self._own
        self._known(code_key, study.counted_keys())
        return diagnose.run(
            code_key=code_key, votes=self.compared(is_now=is_now), words=self._words(code_key, is_now),
            options=self._agree_options(given), transcript_of=study.outline().places,
        )  # fmt: skip

    def double_plan(self, **given: Any) -> DoublePlan:
        """How much two people must code for agreement on each code to be known to within a margin."""
        study = self._own
        marks, keys = self._compared_marks(False)
        said = [codes for by_coder in study.votes().values() for codes in by_coder.values()]
        given_in = Counter(key for codes in said for key in codes)
        return double_coding.run(
            marks=marks, given={key: (given_in[key], len(said)) for key in keys}, code_keys=keys,
            n_there=len(study.outline().coded), options=study.options(double_coding, given),
        )  # fmt: skip

    def _known(self, code_key: str | None, keys: Sequence[str]) -> Sequence[str]:
        if code_key is not None and code_key not in keys:
            raise StudyError(f"There is no code {code_key} in use; the codebook has: {', '.join(keys)}")
        return keys

    def _words(self, code_key: str, is_now: bool) -> dict[str, dict[str, str]]:
        """Segment -> coder -> the words they marked for a code, else their reason for it, in the judgements compared."""
        study = self._own
        names = {coder.id: coder.name for coder in study.coders() if coder.kind is CoderKind.HUMAN}
        is_blind = not is_now and self.is_told_blind()
        counted = blind.behind(study).assignment_ids if is_blind else None
        with study.store.read() as tx:
            given = tx.all(
                Assignment, past=is_blind, code_key=list(mergers.joined(study.codebook(), code_key)), coder_id=list(names)
            )
        found: dict[str, dict[str, str]] = {}
        for item in given:
            said = " … ".join(span.text for span in item.evidence) or item.rationale
            if said and (item.id in counted if counted is not None else study.is_newest(item)):
                found.setdefault(item.segment_id, {})[names[item.coder_id]] = said
        return found
