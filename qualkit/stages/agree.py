"""Intercoder agreement, per code and pooled, with the counts behind every coefficient and an interval by transcript.

Only units that a coder looked at count, and only units that at least two looked at can agree. A code's presence on a unit
is a yes-or-no judgement; pooled figures take every pair of unit and code as one. Coefficients and intervals are those of
`qualkit/agreement/`, where their sources are named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from qualkit.model import Agreement

Labels = Mapping[str, str]
"""For one unit, coder name -> label; a coder who did not look is not in it."""

Votes = Mapping[str, Mapping[str, Mapping[str, str | None]]]
"""Unit -> coder -> code -> what the coder said of it (a valence, or "present"), codes left out being absent."""

Pattern = tuple[tuple[str, str], ...]
"""The labels of one unit with their coders, sorted by name. Units with the same pattern are counted, not listed."""

Mark = tuple[str | None, Pattern]
"""A code and its pattern on a unit; without a code, who looked at the unit."""

ABSENT, PRESENT = "absent", "present"
"""The label of a code that a coder who looked did not give, and of one that was given without a valence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is compared, and how intervals are drawn."""

    valence: bool = field(default=False, metadata={"help": "Compare facilitator, barrier and mixed, not presence alone."})
    seed: int = field(default=7, metadata={"help": "Start of the random numbers by which transcripts are drawn.", "least": 0})
    resamples: int = field(
        default=1000, metadata={"help": "Draws of transcripts that an interval is made from; 0 for none.", "least": 0}
    )

    @property
    def n_draws(self) -> int:
        """Draws that are made: none where there are too few for an interval."""
        return self.resamples if self.resamples > 1 else 0


# ---------------------------------------------------------------- from votes


def run(
    *, votes: Votes, code_keys: Sequence[str], options: Options, transcript_of: Mapping[str, str] | None = None
) -> list[Agreement]:
    """All coefficients of `coefficients.MEASURES`, pooled over the codes that anybody gave (`code_key` None) and for each code.

    `transcript_of` says which transcript each unit is of; without it there are no intervals.
    """
    marks = marks_by_transcript(votes, transcript_of)
    return of_marks(marks, code_keys=code_keys, options=options, is_drawn=transcript_of is not None)


def run_valence(
    *, votes: Votes, code_keys: Sequence[str], options: Options, transcript_of: Mapping[str, str] | None = None
) -> list[Agreement]:
    """As `run`, but on valence alone: units are those on which two or more coders gave the code with a valence."""
    marks = marks_by_transcript(votes, transcript_of)
    return of_valence(marks, code_keys=code_keys, options=options, is_drawn=transcript_of is not None)


def marks_by_transcript(votes: Votes, transcript_of: Mapping[str, str] | None) -> dict[str, Counter[Mark]]:
    """How often each mark of `marks_of` was made, by transcript; all under one where it is not known which."""
    found: dict[str, Counter[Mark]] = {}
    for unit, by_coder in votes.items():
        if made := marks_of(by_coder):
            found.setdefault(transcript_of[unit] if transcript_of is not None else "", Counter()).update(made)
    return found


def marks_of(by_coder: Mapping[str, Mapping[str, str | None]]) -> tuple[Mark, ...]:
    """What agreement needs of a unit: that these coders looked at it, and of each code that anybody gave, what each said.

    The codes that nobody gave, by far the most, are left out; `of_marks` counts them as the rest. Empty for under two coders.
    """
    if len(by_coder) < 2:
        return ()
    people = sorted(by_coder)
    keys = sorted({key for codes in by_coder.values() for key in codes})
    given = [(key, tuple((coder, by_coder[coder].get(key) or ABSENT) for coder in people)) for key in keys]
    return ((None, tuple((coder, ABSENT) for coder in people)), *given)


def given_alone(marks: Mapping[str, Mapping[Mark, int]]) -> dict[str, Counter[Mark]]:
    """Marks of those who gave a code with a valence, where two or more did; nobody is down as absent."""
    found: dict[str, Counter[Mark]] = {}
    for transcript, made in marks.items():
        for (key, pattern), n in made.items():
            given = tuple((who, said) for who, said in pattern if said not in (ABSENT, PRESENT))
            if key is not None and len(given) > 1:
                found.setdefault(transcript, Counter())[key, given] += n
    return found


def of_marks(
    marks: Mapping[str, Mapping[Mark, int]], *, code_keys: Sequence[str], options: Options, is_drawn: bool = True
) -> list[Agreement]:
    """As `run`, from how often each mark was made in each transcript."""
    from qualkit.stages import agree_counts

    labels = (ABSENT,) if options.valence else (ABSENT, PRESENT)
    found = agree_counts.tallied(marks, code_keys=code_keys, labels=labels, by_valence=options.valence)
    return agree_counts.listed(found, options if is_drawn else None)


def of_valence(
    marks: Mapping[str, Mapping[Mark, int]], *, code_keys: Sequence[str], options: Options, is_drawn: bool = True
) -> list[Agreement]:
    """As `run_valence`, from how often each mark was made in each transcript."""
    from qualkit.stages import agree_counts

    found = agree_counts.tallied(given_alone(marks), code_keys=code_keys, labels=(), by_valence=True)
    return agree_counts.listed(found, options if is_drawn else None)


# ---------------------------------------------------------------- from labels


def measures(units: Sequence[Labels], *, code_key: str | None, labels: Sequence[str] = ()) -> list[Agreement]:
    """All coefficients over `units`, without intervals; `labels` are those that there are beside the ones that occur."""
    from qualkit.stages import agree_counts

    return agree_counts.listed(agree_counts.of_labels(units, code_key, labels), None)


def percent(units: Sequence[Labels]) -> float | str:
    """Share of coder pairs, over all units, that gave the same label; or why there is none."""
    return _one(units, "percent")


def kappa(units: Sequence[Labels]) -> float | str:
    """Cohen's kappa; with more than two coders the mean over pairs of coders that share units; or why there is none."""
    return _one(units, "kappa")


def alpha(units: Sequence[Labels]) -> float | str:
    """Krippendorff's alpha, nominal; or why there is none."""
    return _one(units, "alpha")


def _one(units: Sequence[Labels], measure: str) -> float | str:
    found = next(item for item in measures(units, code_key=None) if item.measure == measure)
    return found.undefined_because or found.value or 0.0
