"""Machine coders against people: figures, what is left out, verdicts, and how all of it is told."""

from __future__ import annotations

import csv
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from sklearn import metrics as sk

from qualkit import plugs
from qualkit.agreement import coefficients
from qualkit.errors import PlugError, StudyError
from qualkit.exporters import forest
from qualkit.model import Agreement, Brief, Code, Codebook, Lesson, Ruling, Suggestion, Valence
from qualkit.plain import as_plain, from_plain
from qualkit.plugs import Ratings
from qualkit.stages import agree, evaluate, folds, metrics, verdicts
from qualkit.stages.evaluate import Evaluation, Options
from qualkit.stages.metrics import Judged, Pairs
from qualkit.study import Study, coding, evaluating, evaluation_tables
from qualkit.suggesters.keywords import Keywords
from qualkit.suggesters.similarity import Similarity
from tests.conftest import choices, outcomes, refusal
from tests.fakes import FakeTools, a_segment, words_of
from tests.os_focus_group import BY_TURN, make_os_study, write_codings
from tests.test_cli import Qualkit, qualkit  # noqa: F401

N_TRANSCRIPTS = 5


# ---------------------------------------------------------------- figures


def some_pairs(seed: int, n: int = 120) -> Pairs:
    """Pairs whose scores are often equal and rise with the truth."""
    rng = np.random.default_rng(seed)
    is_true = rng.random(n) < 0.3
    return Pairs(is_true, np.round(rng.beta(2, 3, n) * 0.8 + 0.2 * is_true, 1), rng.integers(0, N_TRANSCRIPTS, n))


def repeated(pairs: Pairs, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Truth and scores of a draw, each pair as often as its transcript was drawn."""
    times = weights[pairs.transcripts].astype(int)
    return np.repeat(pairs.is_true, times), np.repeat(pairs.scores, times)


@pytest.mark.parametrize("seed", range(4))
def test_auc_and_average_precision_are_those_of_scikit_learn_in_every_draw(seed: int) -> None:
    pairs, weights = some_pairs(seed), metrics.draws(N_TRANSCRIPTS, 30, seed)
    drawn = [repeated(pairs, row) for row in weights]
    assert metrics.auc(pairs, weights) == pytest.approx([sk.roc_auc_score(*draw) for draw in drawn])
    assert metrics.average_precision(pairs, weights) == pytest.approx([sk.average_precision_score(*draw) for draw in drawn])


def test_figures_from_yes_and_no_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    true, given = rng.random((90, 3)) < 0.4, rng.random((90, 3)) < 0.5
    judged = Judged(true, np.ones_like(true), given.astype(float), given, rng.integers(0, N_TRANSCRIPTS, 90))
    counts = metrics.tables(judged, N_TRANSCRIPTS).sum(axis=0)
    for measure, theirs in (
        (metrics.precision, sk.precision_score),
        (metrics.recall, sk.recall_score),
        (metrics.f1, sk.f1_score),
        (coefficients.kappa_of_tables, sk.cohen_kappa_score),
    ):
        assert measure(counts) == pytest.approx([theirs(true[:, n], given[:, n]) for n in range(3)])


def test_kappa_of_tables_is_kappa_of_units() -> None:
    said = [("a", "a")] * 5 + [("a", "b")] * 2 + [("b", "b")] * 3 + [("c", "a")]
    table = np.array([[said.count((one, other)) for other in "abc"] for one in "abc"])
    units = [{"Ana": one, "Ben": other} for one, other in said]
    assert coefficients.kappa_of_tables(table) == pytest.approx(agree.kappa(units))
    assert np.isnan(coefficients.kappa_of_tables(np.array([[7, 0], [0, 0]])))


def test_calibration_error_weighs_the_gap_of_each_bin_by_its_size() -> None:
    # bin .2: two pairs, mean score .25, half of them true: gap .25; bin .9: one pair, .95, true: gap .05
    pairs = Pairs(np.array([True, False, True]), np.array([0.2, 0.3 - 1e-9, 0.95]), np.array([0, 0, 0]))
    assert metrics.calibration_error(pairs, np.ones((1, 1))) == pytest.approx([2 / 3 * 0.25 + 1 / 3 * 0.05])
    sure = Pairs(np.array([True, False]), np.array([1.0, 0.0]), np.array([0, 1]))
    assert metrics.calibration_error(sure, np.ones((1, 2))) == pytest.approx([0.0])


def test_recall_at_k_is_the_share_of_peoples_codes_on_the_list_of_their_segment() -> None:
    # first segment: codes 0 and 1 of which the first is on top; second: code 2, never scored; third has no code
    true = np.array([[1, 1, 0], [0, 0, 1], [0, 0, 0]], dtype=bool)
    scores = np.array([[0.9, 0.1, 0.5], [0.3, 0.2, 0.0], [0.9, 0.9, 0.9]])
    judged = Judged(true, np.ones_like(true), scores, scores > 0.5, np.array([0, 1, 1]))
    weights = np.array([[1, 1], [2, 0], [0, 2]])
    assert metrics.recall_at(judged, 1, weights) == pytest.approx([1 / 3, 1 / 2, 0])
    assert metrics.recall_at(judged, 3, weights) == pytest.approx([2 / 3, 1, 0])


def test_a_code_that_people_have_not_settled_takes_no_place_on_the_list() -> None:
    scores = np.array([[0.9, 0.8]])
    true, known = np.array([[False, True]]), np.array([[False, True]])
    judged = Judged(true, known, scores, scores > 0, np.array([0]))
    assert metrics.recall_at(judged, 1, np.ones((1, 1))) == pytest.approx([1.0])
    assert len(judged.of_code(0).scores) == 0


def test_precision_of_the_surest_takes_equal_scores_in_equal_shares() -> None:
    pairs = Pairs(np.array([True, True, False, True, False]), np.array([0.9, 0.5, 0.5, 0.5, 0.0]), np.zeros(5, dtype=int))
    once = np.ones((1, 1))
    assert metrics.precision_of_surest(pairs, 1, once) == pytest.approx([1.0])
    assert metrics.precision_of_surest(pairs, 2, once) == pytest.approx([(1 + 2 / 3) / 2])
    assert metrics.precision_of_surest(pairs, 50, once) == pytest.approx([3 / 4])  # what scores 0 was not said
    assert metrics.precision_of_surest(pairs, 2, 2 * once) == pytest.approx([1.0])


def test_precision_of_the_surest_is_right_in_every_draw() -> None:
    pairs, weights = some_pairs(3), metrics.draws(N_TRANSCRIPTS, 40, 3)
    found = metrics.precision_of_surest(pairs, 10, weights)
    for row, value in zip(weights, found, strict=True):
        true, scores = repeated(pairs, row)
        edge = np.sort(scores)[-10]
        above, at = scores > edge, scores == edge
        assert value == pytest.approx((true[above].sum() + true[at].mean() * (10 - above.sum())) / 10)


def test_an_interval_is_drawn_from_transcripts_and_is_the_same_for_the_same_seed() -> None:
    first, again = (metrics.draws(4, 500, seed) for seed in (7, 7))
    assert (first == again).all()
    assert (first[0] == 1).all()
    assert (first.sum(axis=1) == 4).all()
    values = first @ np.array([0.1, 0.2, 0.3, 0.4]) / 4
    found = metrics.interval(values, 4)
    assert isinstance(found, tuple)
    # the mean of four numbers: Student's t at 3 degrees of freedom times their standard error, with n - 1 in both
    reach = 3.182 * np.std([0.1, 0.2, 0.3, 0.4], ddof=1) / 2
    assert found == pytest.approx((0.25 - reach, 0.25 + reach), abs=0.01)


def test_a_figure_that_is_undefined_in_too_many_draws_has_no_interval() -> None:
    assert "undefined in 20% of the draws" in metrics.interval(np.array([0.5, *[0.4] * 8, *[np.nan] * 2]), 4)
    assert "the same in every draw" in metrics.interval(np.array([0.5, *[0.4] * 19, np.nan]), 4)
    assert isinstance(metrics.interval(np.array([0.5, *[0.3, 0.5] * 10, np.nan]), 4), tuple)


# ---------------------------------------------------------------- leaving out


@dataclass
class Learner:
    """Gives a code to every segment that shares a word with one that people gave it; remembers what it was shown."""

    name: str = "learner"
    learns: bool = True
    briefs: list[Brief] = field(default_factory=list)

    def revision(self, tools: object) -> str:
        return "1"

    def rate(self, brief: Brief, tools: object) -> Ratings:
        return plugs.ratings_of(self.suggest(brief, tools), brief)

    def suggest(self, brief: Brief, tools: object) -> list[Suggestion]:
        self.briefs.append(brief)
        texts = {segment.id: set(words_of(segment.text)) for segment in brief.segments}
        return [
            Suggestion(segment_id=segment.id, code_key=code.key, score=0.8, rationale="", evidence=(), valence=Valence.BARRIER)
            for code in brief.codebook.codes
            for segment in brief.segments
            if any(code.key in said.codes and texts[key] & texts[segment.id] for key, said in brief.lessons.items())
        ]


BOTH = (Valence.FACILITATOR, Valence.BARRIER)
BOOK = Codebook(
    name="b",
    version="1",
    codes=(
        Code(key="bus", name="Bus & car", definition="bus", cues=("bus",), valences=BOTH),
        Code(key="shame", name="Shame", definition="shame", cues=("shame",)),
        Code(key="never", name="Never", definition="never", cues=("nonesuch",)),
    ),
)


def a_brief(n_transcripts: int = 4, n_segments: int = 40, book: Codebook = BOOK) -> Brief:
    """Half of the segments speak of the bus, a quarter of shame; people coded all of them, and erred on every tenth."""
    said = [("bus", "shame", "bus", "clinic")[n % 4] for n in range(n_segments)]
    segments = [replace(a_segment(n, f"{word} w{n}"), transcript_id=f"t{n % n_transcripts}") for n, word in enumerate(said)]
    # by fours would give a transcript one word only
    segments = [replace(item, transcript_id=f"t{n // 4 % n_transcripts}") for n, item in enumerate(segments)]
    lessons = {
        item.id: Lesson(codes={} if word == "clinic" or n % 10 == 4 else {word: Valence.BARRIER if word == "bus" else None})
        for n, (item, word) in enumerate(zip(segments, said, strict=True))
    }
    return Brief(segments=tuple(segments), codebook=book, lessons=lessons)


def evaluated(brief: Brief, machine: object, **given: object) -> Evaluation:
    options = Options(**{"resamples": 50, **given})  # type: ignore[arg-type]
    return evaluate.run(brief=brief, truth=brief.lessons, machine=machine, options=options, tools=FakeTools())  # type: ignore[arg-type]


def test_few_transcripts_are_left_out_one_by_one_and_many_in_ten_folds() -> None:
    few, many = [f"t{n}" for n in range(4)], [f"t{n}" for n in range(23)]
    assert sorted(folds.deal(few, n_folds=0, seed=7)) == [[key] for key in few]
    dealt = folds.deal(many, n_folds=0, seed=7)
    assert sorted(len(fold) for fold in dealt) == [2] * 7 + [3] * 3
    assert sorted(key for fold in dealt for key in fold) == sorted(many)
    assert dealt == folds.deal(many, n_folds=0, seed=7) != folds.deal(many, n_folds=0, seed=8)
    assert len(folds.deal(many, n_folds=3, seed=7)) == 3
    assert len(folds.deal(few, n_folds=9, seed=7)) == 4


def test_a_machine_is_shown_all_segments_and_no_lesson_of_the_transcripts_left_out() -> None:
    machine, brief = Learner(), a_brief()
    found = evaluated(brief, machine, valence=False)
    whence = {segment.id: segment.transcript_id for segment in brief.segments}
    assert len(machine.briefs) == 4
    for fold, shown in zip(found.folds, machine.briefs, strict=True):
        assert shown.segments == brief.segments
        assert {whence[key] for key in shown.lessons} == {"t0", "t1", "t2", "t3"} - set(fold)


def test_what_a_machine_only_knows_of_the_transcript_left_out_does_not_help_it() -> None:
    # each transcript has a word of its own, and people gave the code for that
    segments = [replace(a_segment(n, f"word{n // 10} same"), transcript_id=f"t{n // 10}") for n in range(40)]
    lessons = {item.id: Lesson(codes={"shame": None} if n % 2 else {}) for n, item in enumerate(segments)}
    brief = Brief(segments=tuple(segments), codebook=BOOK, lessons=lessons)
    assert evaluated(brief, Learner()).codes[1]["kappa"].value == 0


def test_a_machine_that_does_not_learn_is_asked_once() -> None:
    machine = Learner(learns=False)
    evaluated(a_brief(), machine, valence=False)
    assert len(machine.briefs) == 1


@pytest.mark.parametrize(
    ("example", "is_kept"),
    [
        ("There's no bus on Sundays.", False),
        ("… there is no bus … you need a car …", False),
        ("they said you NEED a car, for everything", False),
        ("no bus", False),
        ("There is no bus on Mondays.", True),
        ("bus on Sunday", True),
    ],
)
def test_an_example_taken_from_a_transcript_left_out_is_not_shown(example: str, is_kept: bool) -> None:
    text = "Well, theres no bus on Sundays; there is no bus at all. They said you need a car for everything."
    book = Codebook(name="b", version="1", codes=(Code(key="c", name="C", definition="", examples=(example,)),))
    assert bool(folds.without_quoted(book, [a_segment(0, text)]).codes[0].examples) == is_kept


def test_examples_left_out_are_counted_and_shown_to_the_other_folds() -> None:
    plain = a_brief()
    quoting = replace(BOOK, codes=(replace(BOOK.codes[0], examples=("bus w0", "somewhere else")), *BOOK.codes[1:]))
    machine = Learner(learns=False)
    found = evaluated(replace(plain, codebook=quoting), machine, valence=False)
    assert found.n_examples_left_out == 1
    shown = [brief.codebook.codes[0].examples for brief in machine.briefs]
    assert sorted(shown) == [("bus w0", "somewhere else"), ("somewhere else",)]
    assert found.codebook_sha256 == quoting.sha256


# ---------------------------------------------------------------- an evaluation


def test_counts_and_figures_of_a_code_follow_from_what_was_said() -> None:
    # 20 of 40 segments say bus; people gave it to 16 of them, since they erred on 4, 14, 24 and 34, of which 4, 14, 24
    # and 34 say bus all: precision 16 / 20, recall 1
    found = evaluated(a_brief(), Keywords())
    bus = found.codes[0]
    assert (bus.n_segments, bus.n_positive, bus.n_given, bus.n_transcripts) == (40, 16, 20, 4)
    assert (bus["precision"].value, bus["recall"].value) == (pytest.approx(0.8), 1.0)
    assert bus["kappa"].value == pytest.approx(0.8)
    assert bus["kappa"].low <= 0.8 <= bus["kappa"].high  # type: ignore[operator]
    assert found.n_averaged == 1
    assert found.mean["kappa"].value == bus["kappa"].value
    assert {figure.measure for figure in found.lists} == {"recall_at_1", "recall_at_3", "recall_at_5", "precision_of_50_surest"}


def test_what_is_undefined_is_none_and_says_why() -> None:
    never = evaluated(a_brief(), Keywords()).codes[2]
    for measure in ("precision", "recall", "f1", "kappa", "auc", "average_precision"):
        assert never[measure].value is None
        assert never[measure].undefined_because == evaluate.MEASURES[measure]
    assert never["calibration_error"].value == 0


def test_with_fewer_than_three_transcripts_there_is_no_interval_but_a_reason() -> None:
    kappa = evaluated(a_brief(n_transcripts=2), Keywords()).codes[0]["kappa"]
    assert (kappa.low, kappa.high) == (None, None)
    assert kappa.no_interval_because == "it takes 3 transcripts to draw from"


def test_pairs_that_people_have_not_settled_do_not_count() -> None:
    brief = a_brief()
    open_ = {"s0": replace(brief.lessons["s0"], codes={}, unsettled=frozenset({"bus"}))}
    found = evaluated(replace(brief, lessons={**brief.lessons, **open_}), Keywords())
    assert (found.codes[0].n_segments, found.codes[0].n_positive) == (39, 15)
    assert found.codes[1].n_segments == 40
    assert found.pooled.n_segments == 119


def test_valences_are_compared_where_both_gave_the_code() -> None:
    brief = a_brief()
    helps = {key: Lesson(codes={"bus": Valence.FACILITATOR}) for key in ("s0", "s2")}
    found = evaluated(replace(brief, lessons={**brief.lessons, **helps}), Learner())
    assert found.codes[0].n_valences == 16
    assert found.codes[0]["valence_kappa"].value == 0  # the machine says barrier every time
    assert evaluated(brief, Keywords()).codes[0]["valence_kappa"].undefined_because == evaluate.MEASURES["valence_kappa"]
    with pytest.raises(KeyError):
        found.codes[1]["valence_kappa"]


@pytest.mark.parametrize("machine", [Keywords(), Similarity(), Learner()], ids=lambda machine: machine.name)
def test_an_evaluation_is_the_same_every_time_and_can_be_kept(machine: object) -> None:
    found = evaluated(a_brief(), machine)
    assert found == evaluated(a_brief(), machine)
    assert from_plain(Evaluation, as_plain(found)) == found


def test_a_brief_has_the_same_checksum_in_every_process() -> None:
    """A set has another order in another process, and lessons hold sets."""
    codes = frozenset(f"code {n}" for n in range(30))
    assert as_plain(Lesson(codes={}, unsettled=codes))["unsettled"] == sorted(codes)


# ---------------------------------------------------------------- verdicts


def ruled(brief: Brief, human: Mapping[str, Agreement] | None = None, **given: object) -> dict[str, verdicts.Verdict]:
    found = verdicts.of(evaluated(brief, Keywords(), **given), human or {}, Options(**given))  # type: ignore[arg-type]
    return {item.code_key: item for item in found}


def among_people(value: float | None, n: int) -> dict[str, Agreement]:
    why = "all coders gave one and the same label throughout" if value is None else None
    one = Agreement(measure="kappa", code_key="bus", value=value, n_units=n, n_coders=2, counts={}, undefined_because=why)
    return {"bus": one}


def test_a_code_is_usable_where_machine_and_people_agree() -> None:
    verdict = ruled(a_brief())["bus"]
    assert verdict.ruling is Ruling.USABLE
    assert verdict.why.startswith("Agreement with people: kappa .80 [")
    assert verdict.why.endswith("] on 4 transcripts not learned from.")
    assert (verdict.n_segments, verdict.n_positive, verdict.n_transcripts) == (40, 16, 4)


def test_a_code_is_left_to_people_where_kappa_is_too_low_or_undefined() -> None:
    verdict = ruled(a_brief(), min_kappa=0.9)["bus"]
    assert verdict.ruling is Ruling.DO_NOT_AUTOMATE
    assert verdict.why.endswith("on 4 transcripts not learned from, less than the .90 it takes.")
    undefined = ruled(a_brief(), min_positives=0, min_transcripts=0)["never"]
    assert (undefined.ruling, undefined.kappa) == (Ruling.DO_NOT_AUTOMATE, None)
    assert undefined.why == "There is no kappa: people and the machine gave one and the same answer throughout."


def test_too_few_positives_or_transcripts_allow_no_verdict() -> None:
    verdict = ruled(a_brief())["shame"]
    assert verdict.ruling is Ruling.TOO_FEW
    assert verdict.why == "People gave this code to 10 segments in 4 transcripts; it takes 15 in 2 to tell."
    assert ruled(a_brief(), min_transcripts=5)["bus"].ruling is Ruling.TOO_FEW


def test_low_agreement_among_people_is_a_problem_of_the_codebook() -> None:
    low = ruled(a_brief(), among_people(0.31, 30))["bus"]
    assert low.human_kappa == 0.31
    assert low.why.endswith("People themselves agree at .31 on 30 segments: look at the definition before anything else.")
    few = ruled(a_brief(), among_people(0.31, 29))["bus"]
    assert few.why.endswith("People among themselves: .31 on 29 segments.")
    assert ruled(a_brief(), among_people(None, 30))["bus"].human_kappa is None


def test_an_interval_that_reaches_below_is_told() -> None:
    assert "though the interval reaches below .79" in ruled(a_brief(), min_kappa=0.79)["bus"].why


# ---------------------------------------------------------------- the figure


def a_forest(*rows: forest.Row) -> forest.Forest:
    return forest.Forest(
        title="T", subtitle="S", axis="Cohen’s kappa", counts="given", panels=("keywords", "blend"), rows=rows, threshold=0.4,
        below="leave", above="may", figures="kappa", mark="machine", others="people", notes=("One <note>.",),
    )  # fmt: skip


def test_the_figure_shows_every_mark_and_fills_what_reaches_the_threshold() -> None:
    good, bad = forest.Mark(value=0.6, low=0.5, high=0.7, others=0.8), forest.Mark(value=0.3)
    drawn = forest.svg(a_forest(forest.Row(label="Bus & car", n=1200, marks=(good, bad))))
    root = ET.fromstring(drawn)
    circles = [item.get("fill") for item in root.iter("{http://www.w3.org/2000/svg}circle")]
    assert circles == ["#0072b2", "#ffffff", "#0072b2", "#ffffff"]  # a panel each, and two in the legend
    texts = [item.text for item in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Bus & car", "1,200", ".60 [.50, .70]", ".30", "One <note>.", "keywords", "blend"} <= set(texts)
    assert drawn == forest.svg(a_forest(forest.Row(label="Bus & car", n=1200, marks=(good, bad))))


def test_a_mark_off_the_axis_stands_at_its_end_and_no_mark_is_a_dash() -> None:
    low = forest.Mark(value=-0.9, low=-1.0, high=-0.8)
    root = ET.fromstring(forest.svg(a_forest(forest.Row(label="x" * 60, n=1, marks=(low, forest.Mark())))))
    left = float(next(item for item in root.iter("{http://www.w3.org/2000/svg}rect") if item.get("x")).get("x") or 0)
    first = next(root.iter("{http://www.w3.org/2000/svg}circle"))
    assert float(first.get("cx") or 0) == left
    texts = [item.text or "" for item in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "–" in texts
    assert "−.90 [−1.00, −.80]" in texts
    assert ET.fromstring(forest.svg(a_forest())).tag.endswith("svg")


# ---------------------------------------------------------------- in a study


@pytest.fixture
def coded(small_study: Study) -> Study:
    """The small study; Ana judged all of both groups, Ben the first. The rules are loose, for five segments."""
    with small_study.folder.config_file.open("a") as file:
        file.write(
            '[options.suggest]\nsuggesters = ["keywords", "similarity"]\n'
            "[options.evaluate]\nmin_positives = 2\nresamples = 20\n"
        )
    study = Study.open(small_study.folder.path)
    study.tools = small_study.tools
    said = {"There is": {"stigma": "barrier"}, "No bus": {"transport": "barrier"}, "The bus": {"transport": "facilitator"}}
    for segment in study.coded_segments():
        start = " ".join(segment.text.split()[:2])
        study.seat("Ana").judge(segment.id, choices(**said.get(start, {})))
        if start in ("There is", "No bus"):
            study.seat("Ben").judge(segment.id, choices(**said[start]))
    return study


def test_evaluating_needs_codes_in_two_transcripts(small_study: Study, segment_ids: dict[str, str]) -> None:
    small_study.seat("Ana").judge(segment_ids["There is"], choices(stigma="barrier"))
    outcome = outcomes(small_study, "evaluate")["evaluate"]
    assert (outcome.run, outcome.why) == (None, "people have coded in fewer than two transcripts")
    assert "evaluation" not in small_study.tables()


def test_verdicts_are_kept_and_stand_in_the_tables(coded: Study) -> None:
    outcome = outcomes(coded, "evaluate")["evaluate"]
    assert outcome.run is not None
    assert outcome.run.summary == "2 machine coders, 5 segments that people judged; 1 of 6 verdicts usable"
    assert outcome.run.seed == 7
    found = coded.verdicts()
    assert set(found) == {(machine, key) for machine in ("keywords", "similarity") for key in ("stigma", "transport", "trust")}
    transport = found["keywords", "transport"]
    assert (transport.ruling, transport.kappa, transport.run_id) == (Ruling.USABLE, 1.0, outcome.run.id)
    assert transport.human_kappa == 1.0
    tables = coded.tables()
    assert tables["verdicts"].rows[0][:3] == ("keywords", "Transport", "usable")
    evaluation = tables["evaluation"]
    assert len(evaluation.rows) == 2 * (2 + 3)
    assert "Seed 7, 20 draws of transcripts" in evaluation.notes[0]
    assert "fg1; fg2" in evaluation.notes[0] or "fg2; fg1" in evaluation.notes[0]
    assert coded.codebook().sha256[:12] in evaluation.notes[0]
    assert not coded.verify()


def test_the_table_and_the_figure_are_written_and_made_again_if_they_are_gone(coded: Study) -> None:
    assert outcomes(coded, "evaluate")["evaluate"].is_fresh
    assert not outcomes(coded, "evaluate")["evaluate"].is_fresh
    with (coded.folder.exports / "evaluation.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {(row["machine"], row["code"]): row for row in csv.DictReader(file)}
    assert rows["keywords", "transport"]["kappa"] == "1.0"
    assert "it takes 3 transcripts to draw from" in rows["keywords", "transport"]["remark"]
    figure = coded.folder.exports / "evaluation.svg"
    assert "Transport" in figure.read_text(encoding="utf-8")
    figure.unlink()
    assert outcomes(coded, "evaluate")["evaluate"].is_fresh
    assert figure.is_file()


def test_a_machine_that_was_evaluated_is_not_asked_again_when_another_one_is(
    coded: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    run = evaluate.run
    monkeypatch.setattr(evaluate, "run", lambda **given: asked.append(given["machine"].name) or run(**given))
    outcomes(coded, "evaluate", machines=("keywords",))
    assert {machine for machine, _ in coded.verdicts()} == {"keywords"}
    outcomes(coded, "evaluate")
    assert asked == ["keywords", "similarity"]


def test_a_machine_is_held_against_one_person(coded: Study) -> None:
    ben = coded.seat("Ben")
    other = next(segment for segment in coded.coded_segments() if segment.text.startswith("The bus"))
    ben.judge(other.id, [])
    (found,) = coded.evaluation(machines=("keywords",), against="Ben")
    assert (found.n_segments, found.pooled.n_positive) == (3, 2)
    (counting,) = coded.evaluation(machines=("keywords",))
    assert counting.pooled.n_segments == 5 * 3 - 1  # Ana and Ben differ on one pair


def test_who_has_not_coded_is_asked_for_in_vain(coded: Study) -> None:
    said = refusal(lambda: coded.evaluation(against="Zoe"), StudyError)
    assert said == "There is nobody to compare with: nobody called 'Zoe' has coded; there are Ana, Ben."
    assert "1 folds leave nothing to learn from" in refusal(lambda: coded.evaluation(folds=1), StudyError)
    assert "magic" in refusal(lambda: coded.evaluation(machines=("magic",)), PlugError)


def test_a_person_in_study_toml_who_has_yet_to_code_does_not_stop_a_run(coded: Study) -> None:
    with coded.folder.config_file.open("a") as file:
        file.write('against = "Zoe"\n')
    outcome = outcomes(Study.open(coded.folder.path), "evaluate")["evaluate"]
    assert outcome.why == "nobody called 'Zoe' has coded; there are Ana, Ben"


def test_the_command_shows_the_table_and_says_what_may_be_automated(coded: Study, qualkit: Qualkit) -> None:  # noqa: F811
    said = qualkit("evaluate", "keywords", "-s", coded.folder.path, "--seed", 3)
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == "  evaluate   1 machine coder, 5 segments that people judged; 1 of 3 verdicts usable"
    assert lines[1].split() == ["keywords", "given", "F1", "kappa", "[95", "%]", "people", "verdict"]
    assert lines[2].split() == ["Transport", "2", "1.00", "1.00", "1.00", "usable"]
    assert "keywords may be left alone with 1 code: Transport." in lines
    assert "Too few positives to tell: 2 codes." in lines
    assert lines[-2:] == ["  exports/evaluation.csv", "  exports/evaluation.svg"]
    assert max(map(len, lines[1:6])) <= 80
    wide = evaluation_tables.for_a_terminal(evaluating.last(coded), coded.verdicts(), coded.codebook(), width=120)
    assert wide[0][1] == ("Transport", "2", "2", "1.00", "1.00", "1.00", "1.00", "1.00", "1.00", "usable")


def test_codes_that_people_disagree_on_are_a_matter_of_the_codebook(coded: Study) -> None:
    outcomes(coded, "evaluate")
    found, book = list(coded.verdicts().values()), coded.codebook()
    said = evaluation_tables.in_words(found, book, ["stigma"])
    assert said[-1] == "People disagree among themselves on 1 code: Stigma: mend the codebook first."


# ---------------------------------------------------------------- real groups


@pytest.mark.real_data
@pytest.mark.engine
def test_on_real_groups_the_figures_of_similarity_are_those_of_scikit_learn(
    real_data: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("groups") / "os"
    study = make_os_study(path, real_data, BY_TURN)  # type: ignore[arg-type]
    outcomes(study, "ingest")
    outcomes(study, "segment")
    coding.read_codings(study, write_codings(path / "codings.csv", real_data))  # type: ignore[arg-type]
    (found,) = study.evaluation(machines=("similarity",))
    brief = study.brief()
    rated = Similarity().rate(brief, study.tools)
    truth = np.array([[code.key in brief.lessons[item.id].codes for code in brief.codebook.codes] for item in brief.segments])
    assert found.n_segments == len(truth) == 524
    assert found.n_averaged == 13
    for n, report in enumerate(found.codes):
        if report.n_positive >= 15:
            mine = [report[measure].value for measure in ("precision", "recall", "f1", "kappa", "auc", "average_precision")]
            assert mine == pytest.approx(theirs(truth[:, n], rated.is_given[:, n], rated.scores[:, n]))
            assert report["kappa"].low is not None
    pooled = [found.pooled[measure].value for measure in ("precision", "recall", "f1", "kappa", "auc", "average_precision")]
    assert pooled == pytest.approx(theirs(truth.ravel(), rated.is_given.ravel(), rated.scores.ravel()))


def theirs(true: np.ndarray, given: np.ndarray, scores: np.ndarray) -> Sequence[float]:
    yes_or_no = (sk.precision_score, sk.recall_score, sk.f1_score, sk.cohen_kappa_score)
    ranked = (sk.roc_auc_score, sk.average_precision_score)
    return [*(measure(true, given) for measure in yes_or_no), *(measure(true, scores) for measure in ranked)]
