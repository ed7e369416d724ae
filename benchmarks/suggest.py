"""How well machine coders agree with people on text they had not learned from: `python -m benchmarks.suggest`.

Four real focus groups, one left out at a time; counselling sessions, left out by tenths; patients' comments, by quarters of
respondents (`benchmarks.coded`). Nothing people made of what is left out is used, and all settings are the same for every set.
`--data FOLDER` does the same for a folder of your own, whose form stands in `benchmarks.coded`; its figures go by the names of
those of the focus groups (`osfg_kappa` and so on), and have no goals.

- *kappa, F1, AUC*: means over codes; *barrier, facilitator*: whether any code of that valence is on a turn;
- a code is given to as many turns as its probabilities add up to; *matched*: to as many as its share of the other groups says;
- *recall@3*: of all codes that people gave to turns, the share that is among its turn's three of highest score;
- *zero-shot*: `similarity`, with the codebook alone; a code is given to as many turns as its share of the other groups says;
- *ece*: expected calibration error over all pairs of segment and code, ten bins of equal width;
- *conformal*: of the codes that the machine gave by itself the share that is wrong, and of the codes that people gave the share
  that it ruled out by itself, the larger of the two; coverage is the share of pairs on which it did not abstain.

Intervals are 95 %, resampled by transcript. Prints a table, and as the last line JSON; a figure that cannot be had is null.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks import coded
from benchmarks.coded import Coded
from qualkit.agreement import coefficients
from qualkit.errors import QualkitError
from qualkit.model import Brief, Codebook
from qualkit.plugs import Tools
from qualkit.stages import metrics
from qualkit.stages.folds import HeldOut, deal
from qualkit.stages.metrics import Judged, Pairs
from qualkit.study.workbench import Workbench
from qualkit.suggesters.blend import Blend
from qualkit.suggesters.scoring import surest
from qualkit.suggesters.similarity import Similarity
from qualkit.suggesters.valences import valences_as_codes, with_valences

ERROR = 0.1
SEED = 7
RESAMPLES = 1000
SURE = 50

GOALS = {
    "osfg_kappa": 0.52,
    "osfg_f1": 0.58,
    "osfg_auc": 0.90,
    "barrier_kappa": 0.58,
    "facilitator_kappa": 0.42,
    "recall_at_3": 0.75,
    "precision_top50": 0.88,
    "zero_kappa": 0.38,
    "zero_recall_at_3": 0.60,
    "annomi_therapist_f1": 0.72,
    "annomi_client_f1": 0.53,
    "patient_f1": 0.56,
    "ece": 0.05,
    "conformal_error": 0.12,
    "conformal_coverage": None,
}
"""Figures in the order of the table, with what they must reach; `ece` and `conformal_error` must stay below."""
AT_MOST = {"ece", "conformal_error"}

Draws = npt.NDArray[np.floating]
"""A figure on the data as they are, and on each resample."""


@dataclass(frozen=True, kw_only=True)
class HeldOutAnswers:
    """What a machine made of every segment while its transcript was left out."""

    judged: Judged
    n_transcripts: int

    @property
    def weights(self) -> Draws:
        """The data and resamples of its transcripts."""
        return metrics.draws(self.n_transcripts, RESAMPLES, SEED)


def answers(data: Coded, brief: Brief, tools: Tools, *, zero_shot: bool = False) -> HeldOutAnswers:
    """Ask the default machine, or with `zero_shot` the one that knows the codebook only, about each fold in turn."""
    transcripts = list(dict.fromkeys(item.transcript_id for item in brief.segments))
    folds = deal(transcripts, n_folds=data.folds, seed=SEED)
    held = HeldOut(brief=brief, folds=folds, machine=Blend(), tools=tools)
    keys = [code.key for code in brief.codebook.codes]
    lessons = [brief.lessons.get(item.id) for item in brief.segments]
    is_true = np.array([[lesson is not None and key in lesson.codes for key in keys] for lesson in lessons])
    is_known = np.array([[lesson is not None and key not in lesson.unsettled for key in keys] for lesson in lessons])
    scores, is_given, is_sure, is_ruled_out = (np.zeros(is_true.shape, dtype=kind) for kind in (float, bool, bool, bool))
    for fold in folds:
        rows = np.array([item.transcript_id in set(fold) for item in brief.segments])
        mine = held.without(fold)
        if zero_shot:
            scores[rows] = Similarity().rate(mine, tools).scores[rows]
            is_given[rows] = surest(scores[rows], rows.sum() * (is_true & is_known)[~rows].mean(axis=0))
            continue
        ratings = Blend(ERROR).rate(mine, tools)
        scores[rows], is_given[rows] = ratings.scores[rows], ratings.is_given[rows]
        if ratings.is_sure is not None and ratings.is_ruled_out is not None:
            is_sure[rows], is_ruled_out[rows] = ratings.is_sure[rows], ratings.is_ruled_out[rows]
    places = np.array([transcripts.index(item.transcript_id) for item in brief.segments])
    judged = Judged(is_true, is_known, scores, is_given, places, is_sure, is_ruled_out)
    return HeldOutAnswers(judged=judged, n_transcripts=len(transcripts))


# ---------------------------------------------------------------- figures


def kappa(found: HeldOutAnswers) -> Draws:
    """Cohen's kappa of each code: shape (draws, codes)."""
    return coefficients.kappa_of_tables(_counts(found))


def f1(found: HeldOutAnswers) -> Draws:
    """F1 of each code: shape (draws, codes)."""
    return metrics.f1(_counts(found))


def _counts(found: HeldOutAnswers) -> Draws:
    return np.einsum("dt,tcgh->dcgh", found.weights, metrics.tables(found.judged, found.n_transcripts))


def auc(found: HeldOutAnswers) -> Draws:
    """AUC of each code within the transcripts held out, over all of them: shape (draws, codes)."""
    n_codes = found.judged.scores.shape[1]
    return np.column_stack([metrics.auc(found.judged.of_code(column), found.weights) for column in range(n_codes)])


def pairs(found: HeldOutAnswers) -> Pairs:
    """All pairs of segment and code, as far as people have settled them."""
    judged = found.judged
    places = np.broadcast_to(judged.transcripts[:, None], judged.scores.shape)[judged.is_known]
    return Pairs(judged.is_true[judged.is_known], judged.scores[judged.is_known], places)


def conformal(found: HeldOutAnswers) -> dict[str, Draws]:
    """The larger of both errors, coverage, and what they are made of."""
    alone = metrics.abstention(found.judged, found.weights)
    return {
        "conformal_error": np.fmax(alone["sure_wrong"], alone["ruled_out_wrong"]),
        "conformal_coverage": alone.pop("coverage"),
        **alone,
    }


def figures_of(found: HeldOutAnswers) -> dict[str, Draws]:
    """Every figure of one set."""
    return {
        "kappa": _mean(kappa(found)),
        "f1": _mean(f1(found)),
        "auc": _mean(auc(found)),
        "recall_at_3": metrics.recall_at(found.judged, 3, found.weights),
        "precision_top50": metrics.precision_of_surest(pairs(found), SURE, found.weights),
        "ece": metrics.calibration_error(pairs(found), found.weights),
        **conformal(found),
    }


def matched(found: HeldOutAnswers) -> HeldOutAnswers:
    """The same, but each code given to as many segments as its share of the other transcripts says."""
    judged = found.judged
    is_given = np.zeros_like(judged.is_given)
    for transcript in range(found.n_transcripts):
        rows = judged.transcripts == transcript
        is_given[rows] = surest(judged.scores[rows], rows.sum() * (judged.is_true & judged.is_known)[~rows].mean(axis=0))
    return replace(found, judged=replace(judged, is_given=is_given))


def _mean(values: Draws) -> Draws:
    """Over codes, those left out that are undefined."""
    return metrics.ratio(np.nansum(values, axis=1), (~np.isnan(values)).sum(axis=1))


# ---------------------------------------------------------------- sets


def focus_groups(folder: Path, tools: Tools) -> dict[str, Draws]:
    """All figures of the four focus groups."""
    return everything(coded.os_focus_group(folder), coded.valence_book(folder), tools)


def everything(data: Coded, book: Codebook, tools: Tools) -> dict[str, Draws]:
    """All figures of a set; `book` says what barriers and facilitators are."""
    asked = answers(data, data.brief, tools)
    own = figures_of(asked)
    zero = figures_of(answers(data, data.brief, tools, zero_shot=True))
    by_valence = valences(data, book, tools) if data.valences else {}
    return {
        **{f"osfg_{name}": own[name] for name in ("kappa", "f1", "auc")},
        **by_valence,
        **{name: own[name] for name in own if name not in {"kappa", "f1", "auc"}},
        **{f"zero_{name}": zero[name] for name in ("kappa", "f1", "auc", "recall_at_3", "precision_top50")},
        **({"matched_kappa": _mean(kappa(matched(asked))), "matched_f1": _mean(f1(matched(asked)))} if not data.folds else {}),
    }


def valences(data: Coded, book: Codebook, tools: Tools) -> dict[str, Draws]:
    """Kappa of the two valences, each as a code."""
    lessons = {key: with_valences(lesson) for key, lesson in data.brief.lessons.items()}
    brief = replace(data.brief, codebook=valences_as_codes(book), lessons=lessons)
    found = answers(data, brief, tools)
    by_rule = {"": kappa(found), "_matched": kappa(matched(found))}
    return {
        f"{code.key}_kappa{rule}": values[:, column]
        for rule, values in by_rule.items()
        for column, code in enumerate(brief.codebook.codes)
    }


def sessions(folder: Path, tools: Tools) -> dict[str, Draws]:
    """Macro-F1 of both sides of the counselling sessions."""
    sets = {who: coded.annomi(folder, who) for who in coded.TALK}
    return {f"annomi_{who}_f1": _mean(f1(answers(data, data.brief, tools))) for who, data in sets.items()}


def comments(folder: Path, tools: Tools) -> dict[str, Draws]:
    """Macro-F1 of the labels of patients' comments."""
    data = coded.patient_feedback(folder)
    return {"patient_f1": _mean(f1(answers(data, data.brief, tools)))}


def any_folder(folder: Path, tools: Tools) -> dict[str, Draws]:
    """All figures of a folder of one's own, under the names that they have for the focus groups."""
    data = coded.from_folder(folder)
    return everything(data, data.brief.codebook, tools)


SETS: dict[str, Callable[[Path, Tools], dict[str, Draws]]] = {
    "os_focus_group": focus_groups,
    "annomi": sessions,
    "patient_feedback": comments,
}


# ---------------------------------------------------------------- the command


def report(found: dict[str, Draws], goals: Mapping[str, float | None]) -> dict[str, float | None]:
    """Print a table of the figures, those with a goal first; their values, None where undefined."""
    order = [name for name in GOALS if name in found] + [name for name in found if name not in GOALS]
    print(f"{'figure':22s} {'value':>7s}  {'middle of draws':15s} goal")
    values: dict[str, float | None] = {}
    for name in order:
        value, goal = float(found[name][0]), goals.get(name)
        values[name] = None if np.isnan(value) else round(value, 4)
        low, high = np.nanpercentile(found[name][1:], [2.5, 97.5])
        spread = "none" if np.isnan(low) else f"{low:.3f} to {high:.3f}"
        print(f"{name:22s} {value:7.3f}  {spread:15s} {_against(name, value, goal)}")
    return values


def _against(name: str, value: float, goal: float | None) -> str:
    if goal is None:
        return ""
    reached = value <= goal if name in AT_MOST else value >= goal
    return f"{'<=' if name in AT_MOST else '>='} {goal:g} {'reached' if reached else 'MISSED'}"


def main(given: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.suggest", description=__doc__.splitlines()[0])
    parser.add_argument("--coded", type=Path, default=Path("../shared/data/coded"), help="folder of the three sets")
    parser.add_argument("--data", type=Path, help="a folder of your own to evaluate instead")
    parser.add_argument("--only", choices=tuple(SETS), nargs="*", help="some of the sets")
    parser.add_argument("--cache", type=Path, help="where vectors are kept for the next time")
    asked = parser.parse_args(given)
    with tempfile.TemporaryDirectory() as scratch:
        tools = Workbench(asked.cache or Path(scratch))
        try:
            if asked.data:
                values = {**dict.fromkeys(GOALS), **report(any_folder(asked.data, tools), {})}
            else:
                found = {}
                for name in asked.only or SETS:
                    found |= SETS[name](asked.coded / name, tools)
                values = {**dict.fromkeys(GOALS), **report(found, GOALS)}
        except (QualkitError, OSError) as error:
            print(error, file=sys.stderr)
            return 1
    print(json.dumps(values))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
