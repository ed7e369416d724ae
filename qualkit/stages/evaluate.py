"""Hold a machine coder against people, on transcripts that it has not learned from.

Whatever is measured comes with an interval resampled by transcript, or with the reason why there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isnan
from typing import TYPE_CHECKING

from qualkit.model import Brief, Lesson, Valence
from qualkit.plugs import Progress, Ratings, Suggester, Tools, no_progress
from qualkit.stages import outcomes
from qualkit.stages.folds import HeldOut, deal
from qualkit.stages.outcomes import Outcomes

if TYPE_CHECKING:
    from qualkit.stages.metrics import Floats, Judged, Pairs

METHOD = "evaluate 4"
"""Whatever is kept rests on this: another number where a figure is computed in another way."""
LIST_LENGTHS = (1, 3, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Who is held against whom, how transcripts are left out, and what a code must reach to be automated."""

    machines: tuple[str, ...] = field(
        default=(), metadata={"help": "Machine coders to evaluate, by name; those of `suggest` if none.", "is_argument": True}
    )
    against: str = field(default="", metadata={"help": "The person to compare with; the codes that count if nobody."})
    folds: int = field(
        default=0, metadata={"help": "Folds of whole transcripts; 0 leaves out one at a time, of more than 10 a tenth."}
    )
    seed: int = field(default=7, metadata={"help": "Start of all random numbers: how folds are dealt, what is resampled."})
    resamples: int = field(default=1000, metadata={"help": "Draws of transcripts that an interval is made from."})
    valence: bool = field(
        default=True, metadata={"help": "Compare facilitator, barrier and mixed too, where both gave the code."}
    )
    surest: int = field(default=50, metadata={"help": "How many of the surest suggestions are looked at by themselves."})
    min_positives: int = field(default=15, metadata={"help": "Fewest segments with a code for a verdict on it."})
    min_transcripts: int = field(default=2, metadata={"help": "Fewest transcripts with a code for a verdict on it."})
    min_kappa: float = field(default=0.4, metadata={"help": "Least agreement with people for a code to be automated."})
    min_human_kappa: float = field(
        default=0.4, metadata={"help": "Agreement among people below which a code's definition is the trouble."}
    )
    min_double: int = field(
        default=30, metadata={"help": "Fewest segments judged by two or more people to speak of their agreement."}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number with its 95 % interval. `value` is None exactly when `undefined_because` says why, and so is the interval."""

    measure: str
    value: float | None
    undefined_because: str | None = None
    low: float | None = None
    high: float | None = None
    no_interval_because: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a machine does on one code, or on all of them (`code_key` None).

    Counts are of pairs of segment and code that people have settled; `n_transcripts` of those in which people gave the code,
    `n_valences` of pairs on which both gave it and named its valence. `outcomes` has the segments of one code.
    """

    code_key: str | None
    n_segments: int
    n_positive: int
    n_given: int
    n_transcripts: int
    n_valences: int
    figures: tuple[Figure, ...]
    outcomes: Outcomes = field(default_factory=Outcomes)

    def __getitem__(self, measure: str) -> Figure:
        """The figure of that name. Raises `KeyError` if it was not measured."""
        return {figure.measure: figure for figure in self.figures}[measure]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What became of one machine coder, and what that rests on.

    `mean` averages over the codes that have enough positives for a verdict, `n_averaged` of them; `lists` looks at what it
    says as suggestions, best first. `folds` are ids of the transcripts left out together.
    """

    machine: str
    revision: str
    against: str
    codebook_sha256: str
    folds: tuple[tuple[str, ...], ...]
    seed: int
    resamples: int
    n_segments: int
    n_examples_left_out: int
    n_averaged: int
    pooled: Report
    mean: Report
    lists: tuple[Figure, ...]
    codes: tuple[Report, ...]


MEASURES = {
    "precision": "the machine never gave it",
    "recall": "people never gave it",
    "f1": "neither people nor the machine gave it",
    "kappa": "people and the machine gave one and the same answer throughout",
    "auc": "people gave it nowhere or everywhere",
    "average_precision": "people never gave it",
    "calibration_error": "nobody has settled where it holds",
    "valence_kappa": "there are no two valences to agree on where both gave it",
}
"""Measures of a code, in their order, and why one may be undefined."""
KAPPAS = frozenset({"kappa", "valence_kappa"})
NO_LIST = "people gave no code, or the machine said nothing"
NOTHING_ALONE = "the machine was sure of nothing, or people gave nothing"
NO_MEAN = "no code with enough positives has this figure"


def run(
    *,
    brief: Brief,
    truth: Mapping[str, Lesson],
    machine: Suggester,
    options: Options,
    tools: Tools,
    progress: Progress = no_progress,
) -> Evaluation:
    """How `machine` agrees with `truth`, what people made of segments by id, on the segments of `brief` that are in it.

    `truth` must lie in two transcripts or more.
    """
    from qualkit.stages import metrics

    transcripts = sorted({segment.transcript_id for segment in brief.segments if segment.id in truth})
    folds = deal(transcripts, n_folds=options.folds, seed=options.seed)
    has_choice = any(len(code.valences) > 1 for code in brief.codebook.codes)
    held = HeldOut(
        brief=brief, folds=folds, machine=machine, tools=tools, progress=progress, with_valences=options.valence and has_choice
    )
    judged = _judged(brief, truth, held.ratings(), transcripts)
    weights = metrics.draws(len(transcripts), options.resamples, options.seed)
    valences = _valence_tables(brief, truth, held, transcripts) if held.with_valences else {}
    keys = [code.key for code in brief.codebook.codes]
    samples = _samples(judged, keys, metrics.tables(judged, len(transcripts)), valences)
    measured = [_measured(sample, weights) for sample in samples]
    met = outcomes.of(judged, [segment.id for segment in brief.segments if segment.id in truth])
    reports = [_report(*about) for about in zip(keys, samples, measured, strict=True)]
    codes = [replace(report, outcomes=own) for report, own in zip(reports, met, strict=True)]
    enough = [n for n, report in enumerate(codes) if has_enough(report, options)]
    everything, solid = (_pooled(some, len(transcripts)) for some in (samples, [samples[n] for n in enough]))
    return Evaluation(
        machine=machine.name,
        revision=machine.revision(tools),
        against=options.against,
        codebook_sha256=brief.codebook.sha256,
        folds=tuple(tuple(fold) for fold in folds),
        seed=options.seed,
        resamples=options.resamples,
        n_segments=len(judged.transcripts),
        n_examples_left_out=held.n_examples_left_out(),
        n_averaged=len(enough),
        pooled=_report(None, everything, _measured(everything, weights)),
        mean=_report(None, solid, _mean([measured[n] for n in enough], len(weights)), NO_MEAN),
        lists=_lists(judged, everything, weights, options.surest),
        codes=tuple(codes),
    )


def has_enough(report: Report, options: Options) -> bool:
    """Whether people gave a code often enough, and in enough transcripts, to judge a machine by it."""
    return report.n_positive >= options.min_positives and report.n_transcripts >= options.min_transcripts


# ---------------------------------------------------------------- from ratings to figures


@dataclass(frozen=True, slots=True)
class _Sample:
    """What one code, or several pooled, is measured on.

    `tables` are counts by transcript as in `metrics.tables`, shape (transcripts, 2, 2); `valences` likewise, shape
    (transcripts, 3, 3), the machine's first, None where there is no choice of valence.
    """

    pairs: Pairs
    tables: Floats
    valences: Floats | None


def _judged(brief: Brief, truth: Mapping[str, Lesson], ratings: Ratings, transcripts: Sequence[str]) -> Judged:
    import numpy as np

    from qualkit.stages.metrics import Judged

    rows = [n for n, segment in enumerate(brief.segments) if segment.id in truth]
    segments, keys = [brief.segments[n] for n in rows], [code.key for code in brief.codebook.codes]
    lessons = [truth[segment.id] for segment in segments]
    shape = (len(rows), len(keys))
    return Judged(
        is_true=np.array([[key in lesson.codes for key in keys] for lesson in lessons], dtype=bool).reshape(shape),
        is_known=np.array([[key not in lesson.unsettled for key in keys] for lesson in lessons], dtype=bool).reshape(shape),
        scores=np.asarray(ratings.scores, dtype=float)[rows],
        is_given=ratings.is_given[rows],
        transcripts=np.array([transcripts.index(segment.transcript_id) for segment in segments]),
        is_sure=None if ratings.is_sure is None else ratings.is_sure[rows],
        is_ruled_out=None if ratings.is_ruled_out is None else ratings.is_ruled_out[rows],
    )


def _valence_tables(
    brief: Brief, truth: Mapping[str, Lesson], held: HeldOut, transcripts: Sequence[str]
) -> Mapping[str, Floats]:
    """By key of each code with several valences, how often the machine said one and people another, by transcript."""
    import numpy as np

    order, n = list(Valence), len(transcripts)
    found = {code.key: np.zeros((n, 3, 3)) for code in brief.codebook.codes if len(code.valences) > 1}
    whence = {segment.id: transcripts.index(segment.transcript_id) for segment in brief.segments if segment.id in truth}
    for (segment_id, key), machines in held.valences().items() if found else ():
        peoples = truth[segment_id].codes.get(key) if segment_id in truth else None
        if key in found and peoples is not None:
            found[key][whence[segment_id], order.index(machines), order.index(peoples)] += 1
    return found


def _samples(judged: Judged, keys: Sequence[str], tables: Floats, valences: Mapping[str, Floats]) -> list[_Sample]:
    return [_Sample(judged.of_code(n), tables[:, n], valences.get(key)) for n, key in enumerate(keys)]


def _pooled(samples: Sequence[_Sample], n_transcripts: int) -> _Sample:
    import numpy as np

    from qualkit.stages.metrics import Pairs

    parts = [sample.pairs for sample in samples]
    whose = [sample.valences for sample in samples if sample.valences is not None]
    return _Sample(
        Pairs(
            np.concatenate([np.zeros(0, dtype=bool), *(pairs.is_true for pairs in parts)]),
            np.concatenate([np.zeros(0), *(pairs.scores for pairs in parts)]),
            np.concatenate([np.zeros(0, dtype=int), *(pairs.transcripts for pairs in parts)]),
        ),
        sum((sample.tables for sample in samples), start=np.zeros((n_transcripts, 2, 2))),
        sum(whose, start=np.zeros((n_transcripts, 3, 3))) if whose else None,
    )


def _measured(sample: _Sample, weights: Floats) -> dict[str, Floats]:
    """Each measure in each draw, by its name."""
    import numpy as np

    from qualkit.agreement import coefficients
    from qualkit.stages import metrics

    counts = np.tensordot(weights, sample.tables, axes=1)
    found = {
        "precision": metrics.precision(counts),
        "recall": metrics.recall(counts),
        "f1": metrics.f1(counts),
        "kappa": coefficients.kappa_of_tables(counts),
        "auc": metrics.auc(sample.pairs, weights),
        "average_precision": metrics.average_precision(sample.pairs, weights),
        "calibration_error": metrics.calibration_error(sample.pairs, weights),
    }
    if sample.valences is not None:
        found["valence_kappa"] = coefficients.kappa_of_tables(np.tensordot(weights, sample.valences, axes=1))
    return found


def _mean(measured: Sequence[Mapping[str, Floats]], n_draws: int) -> dict[str, Floats]:
    """The mean over codes of each measure in each draw, codes for which it is undefined left out."""
    import numpy as np

    from qualkit.stages.metrics import ratio

    found = {}
    for measure in MEASURES:
        values = np.array([mine[measure] for mine in measured if measure in mine]).reshape(-1, n_draws)
        found[measure] = ratio(np.nansum(values, axis=0), (~np.isnan(values)).sum(axis=0))
    return found


def _report(code_key: str | None, sample: _Sample, values: Mapping[str, Floats], because: str = "") -> Report:
    """`because` says why a figure is undefined, where the reasons that hold for one code do not."""
    peoples = sample.tables[:, :, 1].sum(axis=1)
    return Report(
        code_key=code_key,
        n_segments=int(sample.tables.sum()),
        n_positive=int(peoples.sum()),
        n_given=int(sample.tables[:, 1].sum()),
        n_transcripts=int((peoples > 0).sum()),
        n_valences=0 if sample.valences is None else int(sample.valences.sum()),
        figures=tuple(
            _figure(measure, draws, len(sample.tables), because or MEASURES[measure]) for measure, draws in values.items()
        ),
    )


def _lists(judged: Judged, everything: _Sample, weights: Floats, n_surest: int) -> tuple[Figure, ...]:
    from qualkit.stages import metrics

    found = {f"recall_at_{k}": metrics.recall_at(judged, k, weights) for k in LIST_LENGTHS}
    found[f"precision_of_{n_surest}_surest"] = metrics.precision_of_surest(everything.pairs, n_surest, weights)
    lists = tuple(_figure(measure, draws, weights.shape[1], NO_LIST) for measure, draws in found.items())
    alone = metrics.abstention(judged, weights)
    return lists + tuple(_figure(measure, draws, weights.shape[1], NOTHING_ALONE) for measure, draws in alone.items())


def _figure(measure: str, values: Floats, n_transcripts: int, because: str) -> Figure:
    """A figure from its value in the data as they are, and then in each draw of transcripts."""
    from qualkit.stages import metrics

    if isnan(values[0]):
        return Figure(measure=measure, value=None, undefined_because=because)
    ends = metrics.interval(values, n_transcripts, lowest=-1.0 if measure in KAPPAS else 0.0)
    if isinstance(ends, str):
        return Figure(measure=measure, value=float(values[0]), no_interval_because=ends)
    return Figure(measure=measure, value=float(values[0]), low=ends[0], high=ends[1])
