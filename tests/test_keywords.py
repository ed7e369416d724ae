"""Cue words: what is a hit, what a negation makes of it, and which near misses are shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qualkit.model import Brief, Code, Codebook, Suggestion, Valence
from qualkit.suggesters.keywords import NEAR, Keywords, is_slip
from tests.fakes import FakeTools, a_segment

FACILITATOR, BARRIER, MIXED = Valence

STIGMA = Code(key="stigma", name="Stigma", definition="Shame and blame", cues=("shame", "blame", "looked down on"))
MONEY = Code(key="money", name="Money", definition="Funding and grants", cues=("grant",), valences=(BARRIER,))


def said(*texts: str, codes: tuple[Code, ...] = (STIGMA, MONEY)) -> list[Suggestion]:
    """What the machine makes of segments with these texts."""
    segments = tuple(a_segment(n, text) for n, text in enumerate(texts))
    return Keywords().suggest(Brief(segments=segments, codebook=Codebook(name="test", version="1", codes=codes)), FakeTools())


def a_code(*cues: str, valences: tuple[Valence, ...] = ()) -> Code:
    return Code(key="c", name="C", definition="", cues=cues, valences=valences)


def why(text: str, *cues: str, valences: tuple[Valence, ...] = ()) -> list[tuple[bool, str]]:
    """For one text and one code: whether a cue was hit, and the rationale; empty for no suggestion."""
    found = said(text, codes=(a_code(*cues, valences=valences),))
    return [(item.score > NEAR, item.rationale) for item in found]


# ---------------------------------------------------------------- hits


def test_finds_cues_by_lemma_and_says_which() -> None:
    found = said("The blame and the shame.", "Grants ended.")
    assert [(item.segment_id, item.code_key) for item in found] == [("s0", "stigma"), ("s1", "money")]
    assert found[0].rationale == "cues: blame, shame"
    assert [piece.text for piece in found[0].evidence] == ["blame", "shame"]
    assert found[1].evidence[0].text == "Grants"


def test_finds_a_phrase_across_punctuation_but_not_its_words_apart() -> None:
    found = said("They looked down, on us.", "Down they looked on.")
    assert [(item.segment_id, item.evidence[0].text) for item in found] == [("s0", "looked down, on")]


def test_the_score_follows_the_stated_formula() -> None:
    # Two segments. "shame" is in both: rarity log(3/2)/log 3 = 0.3691, weight 0.3 + 0.4 * 0.3691 = 0.4476.
    # "blame" is in one: rarity 1, weight 0.7. Together 1 - 0.5524 * 0.3 = 0.8343.
    assert [round(item.score, 4) for item in said("shame and blame", "shame")] == [0.8343, 0.4476]


def test_a_cue_counts_once_however_often_it_is_said() -> None:
    (once,), (often,) = said("shame"), said("shame shame")
    assert once.score == often.score
    assert len(often.evidence) == 2


def test_the_evidence_of_cues_that_overlap_is_merged() -> None:
    found = said("A public shame.", codes=(a_code("public shame", "shame"),))
    assert [piece.text for piece in found[0].evidence] == ["public shame"]


def test_only_a_code_with_one_valence_is_given_one() -> None:
    found = said("shame, grant", codes=(replace(STIGMA, valences=(BARRIER, FACILITATOR)), MONEY))
    assert {item.code_key: item.valence for item in found} == {"stigma": None, "money": BARRIER}


# ---------------------------------------------------------------- negation

DENIED = [
    "There is no shame here.",
    "We did not have any real shame.",
    "We came without shame.",
    "There was never any kind of shame.",
    "We had no blame or shame.",
    "Nobody felt shame.",
    "It was nothing like shame.",
    "A lack of shame, that was it.",
    "We cannot call it shame.",
    "We had no blame and shame.",
]

NOT_DENIED = [
    "No, shame is all there is.",
    "No I think shame is all there is.",
    "It is not the money, it is shame.",
    "It was not easy but shame was worse.",
    "We did not come because shame kept us.",
    "We had no car and there was shame.",
    "It is not only shame.",
    "There is no doubt shame is there.",
    "I do not know about shame.",
    "Nothing but shame.",
    "It was not without shame.",
    "Shame, not love.",
    "We had no bus to get us all there; shame kept us.",
    "There is no bus that goes as far out as shame.",
]


@pytest.mark.parametrize("text", DENIED)
def test_a_negated_cue_is_a_near_miss(text: str) -> None:
    assert why(text, "shame") == [(False, "near: shame (negated)")]


@pytest.mark.parametrize("text", NOT_DENIED)
def test_a_negation_that_does_not_reach_the_cue_leaves_it_a_hit(text: str) -> None:
    assert why(text, "shame") == [(True, "cues: shame")]


@pytest.mark.parametrize("valences", [(), (FACILITATOR,)])
def test_what_is_not_there_is_no_facilitator_and_no_plain_code(valences: tuple[Valence, ...]) -> None:
    assert why("There was no bus.", "bus", valences=valences) == [(False, "near: bus (negated)")]


@pytest.mark.parametrize("valences", [(BARRIER,), (FACILITATOR, BARRIER, MIXED), (FACILITATOR, MIXED)])
def test_what_is_not_there_is_a_barrier_and_speaks_of_a_code_whose_valence_is_chosen(valences: tuple[Valence, ...]) -> None:
    assert why("There was no bus.", "bus", valences=valences) == [(True, "cues: bus (negated)")]


def test_a_cue_that_negates_counts_as_it_is_written() -> None:
    assert why("There is not enough staff.", "not enough") == [(True, "cues: not enough")]
    assert why("We have no private room.", "no private room", "private room") == [(True, "cues: no private room")]


def test_a_cue_that_is_hit_elsewhere_counts_and_the_denial_is_shown() -> None:
    assert why("No shame here, but shame there.", "shame") == [(True, "cues: shame; near: shame (negated)")]
    assert why("No bus here, but a bus there.", "bus", valences=(BARRIER,)) == [(True, "cues: bus")]


# ---------------------------------------------------------------- near misses


@pytest.mark.parametrize(
    ("text", "cue", "near"),
    [
        ("The stigmma is bad.", "stigma", "stigmma"),
        ("The stima is bad.", "stigma", None),  # five letters
        ("The trasport is bad.", "transport", "trasport"),
        ("Others came.", "mother", None),
        ("He blamez us.", "blame", None),
        ("The waiting long list.", "waiting list", "waiting long list"),
        ("The waiting very long list.", "waiting list", None),
        ("The list.", "waiting list", None),
        ("They looked down at us.", "looked down on", "looked down"),
        ("They looked on.", "looked down on", None),
        ("Use of open practices.", "open science practices", "open practices"),
        ("We like open science.", "open science practices", None),
    ],
)
def test_what_almost_matches_is_shown_with_what_it_is_near_to(text: str, cue: str, near: str | None) -> None:
    assert why(text, cue) == ([(False, f"near: {near} (for {cue})")] if near else [])


def test_a_near_miss_never_adds_to_the_score() -> None:
    (alone,) = said("shame")
    (both,) = said("shame, and they looked right down on us")
    assert both.score == alone.score
    assert both.rationale == "cues: shame; near: looked right down on (for looked down on)"
    assert [piece.text for piece in both.evidence] == ["shame"]


def test_a_code_with_near_misses_alone_is_shown_last_and_not_given() -> None:
    segments = (a_segment(0, "no shame"), a_segment(1, "shame"))
    brief = Brief(segments=segments, codebook=Codebook(name="test", version="1", codes=(STIGMA,)))
    found = Keywords().suggest(brief, FakeTools())
    assert [(item.score == NEAR, [piece.text for piece in item.evidence]) for item in found] == [
        (True, ["shame"]),
        (False, ["shame"]),
    ]
    ratings = Keywords().rate(brief, FakeTools())
    assert ratings.is_given.tolist() == [[False], [True]]
    assert ratings.scores[0, 0] == NEAR < ratings.scores[1, 0]


def test_a_place_that_is_a_hit_is_no_near_miss_of_its_code_as_well() -> None:
    assert why("a transport", "transport", "transports away", "transpord") == [(True, "cues: transport")]


def test_a_near_miss_does_not_make_a_cue_less_rare() -> None:
    (hit, _) = said("shame", "no shame")
    (alone, _) = said("shame", "nothing of the kind, no grant")
    assert hit.score == alone.score


@pytest.mark.parametrize(
    ("word", "other", "expected"),
    [
        ("clinic", "clinics", True),
        ("clinic", "clinik", True),
        ("clinic", "clnic", True),
        ("clinic", "clinic", False),
        ("clinic", "clinical", False),
        ("clinic", "klinic", False),
        ("policy", "polite", False),
    ],
)
def test_a_slip_is_one_letter(word: str, other: str, expected: bool) -> None:
    assert is_slip(word, other) is is_slip(other, word) is expected


# ---------------------------------------------------------------- the real tagger


@pytest.mark.engine
def test_negation_is_heard_in_real_speech() -> None:
    from qualkit.engines.language import Spacy

    texts = (
        "We didn't have funding for it.",
        "There isn’t any funding, honestly.",
        "They can't get funding.",
        "Funding isn't the problem, people are.",
        "I don't know, funding maybe.",
        "It's not just funding.",
    )
    segments = tuple(a_segment(n, text) for n, text in enumerate(texts))
    code = a_code("funding", valences=(FACILITATOR,))
    tools = FakeTools(language=Spacy())  # type: ignore[arg-type]
    found = Keywords().suggest(Brief(segments=segments, codebook=Codebook(name="t", version="1", codes=(code,))), tools)
    assert [item.rationale for item in found] == ["near: funding (negated)"] * 3 + ["cues: funding"] * 3
