"""Machine coders that learn: what they learn, what they hold out, when they are sure, and what they say for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qualkit.model import Brief, Code, Codebook, Lesson, Valence
from qualkit.plugs import Ratings
from qualkit.stages import suggest
from qualkit.suggesters.blend import Blend
from qualkit.suggesters.learned import Learned
from qualkit.suggesters.reading import Letters, read
from qualkit.suggesters.ridge import PENALTY, Ridge
from qualkit.suggesters.scoring import Conformal, calibrated, expected
from qualkit.suggesters.valences import valences_as_codes, valences_of, with_valences
from tests.fakes import FakeTools, a_segment

WORDS = {"bus": "bus road car drive", "money": "grant fund pay bill", "shame": "shame blame judge look"}
BOTH = (Valence.BARRIER, Valence.FACILITATOR)
BOOK = Codebook(
    name="test",
    version="1",
    codes=tuple(Code(key=key, name=f"Code {n}", definition="") for n, key in enumerate(WORDS, start=1)),
)
"""Names that say nothing: whatever is known of these codes was learned."""


def a_study(n_transcripts: int = 4, each: int = 15) -> Brief:
    """Every segment is on one of three subjects, and judged so."""
    segments, lessons = [], {}
    for transcript in range(n_transcripts):
        for n in range(each):
            key = list(WORDS)[n % 3]
            number = transcript * each + n
            text = f"We said {WORDS[key]} number{number}. Then other{number} things{number}."
            item = replace(a_segment(number, text), transcript_id=f"t{transcript}")
            segments.append(item)
            lessons[item.id] = Lesson(codes={key: None})
    return Brief(segments=tuple(segments), codebook=BOOK, lessons=lessons)


def without_lessons(brief: Brief, transcript_id: str) -> Brief:
    held = {item.id for item in brief.segments if item.transcript_id == transcript_id}
    return replace(brief, lessons={key: lesson for key, lesson in brief.lessons.items() if key not in held})


def truth_of(brief: Brief) -> np.ndarray:
    keys = list(brief.codebook.by_key)
    return np.array([[keys[n % 15 % 3] == key for key in keys] for n in range(len(brief.segments))])


# ---------------------------------------------------------------- learning


def test_what_is_held_out_is_learned_from_as_if_it_had_never_been_there():
    rng = np.random.default_rng(1)
    features, labels, folds = rng.normal(size=(12, 4)), rng.integers(0, 2, size=(12, 3)).astype(float), np.arange(12) // 4
    likeness = features @ features.T
    ridge = Ridge(likeness, folds)
    for fold in range(3):
        there = folds != fold
        means = labels[there].mean(axis=0)
        duals = np.linalg.solve(likeness[np.ix_(there, there)] + PENALTY * np.eye(8), labels[there] - means)
        without = ridge.fit_without(labels, fold)
        assert without.means == pytest.approx(means)
        assert without.duals[there] == pytest.approx(duals)
        assert not without.duals[~there].any()


def test_it_learns_codes_that_the_codebook_does_not_describe():
    brief = without_lessons(a_study(), "t3")
    ratings = Learned().rate(brief, FakeTools())
    new = [n for n, item in enumerate(brief.segments) if item.transcript_id == "t3"]
    assert (ratings.is_given[new] == truth_of(brief)[new]).all()


def test_without_enough_lessons_it_says_nothing_and_the_blend_goes_by_the_codebook():
    brief = replace(a_study(), lessons={})
    assert Learned().suggest(brief, FakeTools()) == []
    assert not Learned().rate(brief, FakeTools()).scores.any()
    described = tuple(replace(code, definition=WORDS[code.key]) for code in BOOK.codes)
    brief = replace(brief, codebook=replace(BOOK, codes=described))
    best = Blend().rate(brief, FakeTools()).scores.argmax(axis=1)
    assert np.mean(best == truth_of(brief).argmax(axis=1)) > 0.9
    assert not any(item.is_sure for item in Blend().suggest(brief, FakeTools())), "there is nothing to be sure by"


def test_a_judged_segment_is_spoken_of_without_any_lesson_of_its_transcript():
    brief = a_study()
    turned = {item.id: Lesson(codes={}) for item in brief.segments if item.transcript_id == "t0"}
    before, after = (
        Learned().judge(item, FakeTools()) for item in (brief, replace(brief, lessons={**brief.lessons, **turned}))
    )
    mine = [n for n, item in enumerate(brief.segments) if item.transcript_id == "t0"]
    others = [n for n, item in enumerate(brief.segments) if item.transcript_id != "t0"]
    odds = [np.log(said.ratings.scores / (1 - said.ratings.scores)) for said in (before, after)]
    shift = np.abs(odds[0] - odds[1])
    assert shift[mine].mean() < 0.4 * shift[others].mean(), "no more than the weights that all codes share"
    assert (odds[0][mine].argmax(axis=1) == odds[1][mine].argmax(axis=1)).all()
    assert shift[others].max() > 1


def test_no_judgement_comes_back_by_way_of_the_talk_around_it():
    # Labels that nothing can tell, half of each transcript judged: what is said of a judged segment must not know its own.
    rng = np.random.default_rng(5)
    brief, known, truth = a_study(4, 30), [], []
    noise = {item.id: Lesson(codes={"bus": None} if rng.random() < 0.4 else {}) for item in brief.segments}
    brief = replace(brief, lessons={key: noise[key] for key in noise if rng.random() < 0.5})
    scores = Learned().rate(brief, FakeTools()).scores[:, 0]
    for score, item in zip(scores, brief.segments, strict=True):
        if item.id in brief.lessons:
            known.append(score)
            truth.append(bool(noise[item.id].codes))
    with_code, without = np.array(known)[truth], np.array(known)[~np.array(truth)]
    assert (with_code[:, None] > without[None, :]).mean() < 0.55


def test_neighbours_of_a_judged_segment_are_of_other_transcripts():
    brief = a_study()
    whence = {item.id: item.transcript_id for item in brief.segments}
    found = Learned().suggest(brief, FakeTools())
    assert any(item.neighbours for item in found)
    assert all(whence[near.segment_id] != whence[item.segment_id] for item in found for near in item.neighbours)


def test_what_is_unsettled_is_neither_a_yes_nor_a_no():
    brief = a_study()
    open_ = {key: replace(lesson, unsettled=frozenset({"bus"})) for key, lesson in brief.lessons.items()}
    said = Learned().judge(replace(brief, lessons=open_), FakeTools())
    assert not len(said.examples[0])
    assert len(said.examples[1]) == 20


def test_a_single_transcript_is_held_out_in_stretches():
    brief = a_study(1, 30)
    scores = Learned().rate(brief, FakeTools()).scores
    truth = np.array([[n % 3 == column for column in range(3)] for n in range(30)])
    assert scores[truth].mean() > scores[~truth].mean() + 0.3


def test_cues_speak_for_a_code_from_the_start():
    brief = replace(a_study(), lessons={})
    cued = replace(BOOK, codes=(replace(BOOK.codes[0], cues=("bus",)), *BOOK.codes[1:]))
    plain, with_cues = (Blend().rate(replace(brief, codebook=book), FakeTools()).scores[:, 0] for book in (BOOK, cued))
    is_bus = truth_of(brief)[:, 0]
    assert (with_cues[is_bus] > 1.5 * plain[is_bus]).all()
    assert with_cues[~is_bus] == pytest.approx(plain[~is_bus])


# ---------------------------------------------------------------- saying why


def test_a_suggestion_shows_its_sentence_and_its_neighbours():
    brief = without_lessons(a_study(), "t3")
    best = max(Learned().suggest(brief, FakeTools()), key=lambda item: item.score if item.code_key == "bus" else 0)
    segment = next(item for item in brief.segments if item.id == best.segment_id)
    assert best.evidence[0].text == segment.text.split(" Then")[0]
    assert len(best.neighbours) == 3
    assert all("bus" in brief.lessons[item.segment_id].codes for item in best.neighbours)
    assert best.neighbours[0].likeness >= best.neighbours[-1].likeness
    assert best.segment_id not in {item.segment_id for item in best.neighbours}
    assert "segment" not in best.rationale, "a blind coder reads it, and is told of no code by anybody"


def test_a_valence_is_learned_apart_from_the_codes():
    brief = a_study()
    book = replace(BOOK, codes=tuple(replace(code, valences=BOTH) for code in BOOK.codes))
    texts = [f"{item.text} It {'hinders us sorely' if n % 2 else 'helps us greatly'}." for n, item in enumerate(brief.segments)]
    segments = tuple(replace(item, text=text, end_char=len(text)) for item, text in zip(brief.segments, texts, strict=True))
    lessons = {
        item.id: Lesson(codes=dict.fromkeys(brief.lessons[item.id].codes, BOTH[0] if n % 2 else BOTH[1]))
        for n, item in enumerate(segments)
    }
    brief = without_lessons(replace(brief, segments=segments, codebook=book, lessons=lessons), "t3")
    right = {item.id: BOTH[0] if n % 2 else BOTH[1] for n, item in enumerate(segments)}
    found = [item for item in Learned().suggest(brief, FakeTools()) if item.segment_id not in brief.lessons]
    assert found
    assert np.mean([item.valence is right[item.segment_id] for item in found]) > 0.9


def test_what_is_both_is_mixed_where_the_code_can_be():
    scores = np.array([[0.9, 0.8], [0.9, 0.1], [0.2, 0.3]])
    both, mixed = (Code(key="c", name="C", definition="", valences=valences) for valences in (BOTH, (*BOTH, Valence.MIXED)))
    assert valences_of(mixed, scores) == [Valence.MIXED, Valence.BARRIER, Valence.FACILITATOR]
    assert valences_of(both, scores) == [Valence.BARRIER, Valence.BARRIER, Valence.FACILITATOR]
    assert valences_of(replace(both, valences=(Valence.BARRIER,)), scores) is None
    assert set(with_valences(Lesson(codes={"a": Valence.MIXED})).codes) == {"barrier", "facilitator"}
    disputed = with_valences(Lesson(codes={"a": Valence.BARRIER}, unsettled=frozenset({"b"})))
    assert (set(disputed.codes), disputed.unsettled) == ({"barrier"}, {"facilitator"})


def test_a_code_that_is_by_itself_a_barrier_says_what_a_barrier_is():
    own = Code(key="cost", name="Cost", definition="Too dear", valences=(Valence.BARRIER,))
    barrier, facilitator = valences_as_codes(replace(BOOK, codes=(*BOOK.codes, own))).codes
    assert barrier.include == ("Cost: Too dear",)
    assert facilitator.include == ()


# ---------------------------------------------------------------- reading


def test_letters_match_forms_of_a_word_and_say_which_words_tell():
    letters = Letters(["They funded us.", "Funding ended", "A bus came"])
    likeness = (letters.rows @ letters.rows.T).toarray()
    assert likeness[0, 1] > 0.2 > likeness[0, 2]
    assert np.diag(likeness) == pytest.approx([1, 1, 1])
    weights = letters.of(["fund"]).toarray()[0]
    assert letters.telling(0, letters.of_words(weights), 3) == ["funded"]
    assert Letters(["...", ""]).rows.shape[0] == 2


def test_what_is_nearby_is_of_the_same_transcript_and_counts_less_the_farther_it_is():
    brief = a_study(2, 15)
    scores = np.zeros(30)
    scores[7] = 1.0
    nearby = read(brief, FakeTools()).nearby(scores)
    assert nearby[7] == 0
    assert nearby[6] > nearby[4] > 0
    assert not nearby[15:].any()


# ---------------------------------------------------------------- probabilities, decisions, abstention


def test_a_code_is_given_to_as_many_segments_as_expected():
    scores = np.array([[0.9, 0.1], [0.6, 0.1], [0.4, 0.2], [0.1, 0.2]])
    assert expected(scores).tolist() == [[True, False], [True, False], [False, True], [False, False]]


def test_calibration_keeps_to_where_it_starts_without_lessons_and_finds_what_tells_with_them():
    rng = np.random.default_rng(2)
    signals = rng.normal(size=(500, 2, 2))
    labels = (rng.random((500, 2)) < 1 / (1 + np.exp(-(2 * signals[..., 0] - 1)))).astype(float)
    known, towards = np.ones_like(labels, dtype=bool), np.array([0.0, 0.5])
    few = calibrated(signals[:1], labels[:1], known[:1], towards)
    assert few.weights == pytest.approx(towards, abs=0.3)
    many = calibrated(signals, labels, known, towards)
    assert many.weights == pytest.approx([2, 0], abs=0.3)
    assert many.probabilities(signals).mean() == pytest.approx(labels.mean(), abs=0.01)


def test_conformal_errors_stay_under_the_level_and_it_abstains_from_the_rest():
    rng = np.random.default_rng(3)
    wrong, missed, decided = [], [], []
    for _ in range(40):
        labels = (rng.random((600, 2)) < 0.2).astype(float)
        scores = rng.normal(size=labels.shape) + 2.5 * labels
        known, folds = np.ones((300, 2), dtype=bool), np.arange(300) % 5
        conformal = Conformal.on(scores[:300], labels[:300], known, folds)
        given, out = conformal.given(scores[300:], 0.1), conformal.ruled_out(scores[300:], 0.1)
        true = labels[300:] == 1
        wrong.append((given & ~true).sum() / max(given.sum(), 1))
        missed.append((out & true).sum() / true.sum())
        decided.append((given | out).mean())
        assert not (given & out).any()
    assert np.mean(wrong) <= 0.1
    assert np.mean(missed) <= 0.1
    assert 0.5 < np.mean(decided) < 1


def test_it_is_sure_only_where_it_has_something_to_go_by():
    brief = without_lessons(a_study(8), "t3")
    new = [n for n, item in enumerate(brief.segments) if item.transcript_id == "t3"]
    sure, bold = (Learned(error).rate(brief, FakeTools()).is_sure for error in (0.0001, 0.1))
    assert sure is not None
    assert bold is not None
    assert bold[new].any()
    assert truth_of(brief)[new][bold[new]].all()
    assert not sure.any()


# ---------------------------------------------------------------- what would teach most


def test_what_the_machine_can_tell_least_teaches_most():
    brief = a_study(1, 3)
    scores = np.array([[0.05, 0.06, 0.05], [0.01, 0.99, 0.01], [0.6, 0.02, 0.4]])
    found = suggest.worth(brief, Ratings(scores, scores > 0.5))
    assert [item.segment_id for item in found] == ["s2", "s0", "s1"]
    assert found[0].why == "The machine cannot tell whether this is Code 1 or Code 3."
    assert found[0].value == pytest.approx(0.971, abs=1e-3)
    assert found[1].why == "", "it can tell well enough"
    assert suggest.worth(brief, Ratings(np.zeros((3, 3)), scores > 1)) == [], "it has nothing to say yet"
