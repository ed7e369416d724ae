"""Machine coders: what they propose, why, and that nothing about one code depends on another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from qualkit.model import Brief, Code, Codebook, Lesson, Segment, Suggestion, Valence
from qualkit.plugs import Ratings, Suggester, load, names, ratings_of
from qualkit.stages import suggest
from qualkit.suggesters.keywords import Keywords
from qualkit.suggesters.reading import Space
from qualkit.suggesters.similarity import Similarity, best_lines, likeness, standardised
from tests.fakes import FakeEmbedder, FakeTools, a_segment


def segments_of(*texts: str) -> list[Segment]:
    return [a_segment(n, text) for n, text in enumerate(texts)]


def a_brief(segments: Sequence[Segment], book: Codebook) -> Brief:
    return Brief(segments=tuple(segments), codebook=book)


def a_book(*codes: Code) -> Codebook:
    return Codebook(name="test", version="1", codes=codes)


STIGMA = Code(key="stigma", name="Stigma", definition="Shame and blame", cues=("shame", "blame", "looked down on"))
MONEY = Code(key="money", name="Money", definition="Funding and grants", cues=("grant",), valences=(Valence.BARRIER,))


# ---------------------------------------------------------------- similarity


TOPICS = ("bus road car drive", "grant money fund pay", "shame blame stigma judge", "nurse clinic doctor bed")


def a_study(n: int = 40) -> list[Segment]:
    """Segments on four subjects in turn; each also has a sentence of its own."""
    return segments_of(*(f"We said {TOPICS[i % 4]}. Then number{i} word{i}." for i in range(n)))


def codes_of(*texts: str) -> list[Code]:
    return [Code(key=f"c{n}", name=text.split()[0], definition=text) for n, text in enumerate(texts)]


def test_similarity_names_each_subject_by_its_code_and_shows_the_sentence():
    found = Similarity().suggest(a_brief(a_study(), a_book(*codes_of(*TOPICS))), FakeTools())
    best = {item.segment_id: item for item in sorted(found, key=lambda item: item.score)}
    assert [best[f"s{n}"].code_key for n in range(8)] == ["c0", "c1", "c2", "c3"] * 2
    assert best["s0"].evidence[0].text == "We said bus road car drive."
    assert "resembles the definition “bus: bus road car drive”" in best["s0"].rationale


def test_similarity_does_not_let_a_code_in_everybodys_words_take_everything():
    generic = Code(key="generic", name="We", definition="We said then")
    segments = a_study()
    found = Similarity().suggest(a_brief(segments, a_book(generic, *codes_of(*TOPICS))), FakeTools())
    space_of_raw_cosine = FakeEmbedder().embed(["We: We said then", "bus: bus road car drive"])
    raw = FakeEmbedder().embed([segment.text for segment in segments]) @ space_of_raw_cosine.T
    assert (raw[:, 0] > raw[:, 1]).mean() > 0.7, "by raw cosine the generic code would beat a special one nearly everywhere"
    best = {item.segment_id: item for item in sorted(found, key=lambda item: item.score)}
    assert sum(item.code_key == "generic" for item in best.values()) < len(segments) / 4


def test_similarity_names_the_line_of_the_codebook_that_fits():
    code = Code(key="c", name="Travel", definition="getting there", include=("bus road",), examples=("shame blame stigma",))
    found = Similarity(min_score=0.1).suggest(a_brief(a_study(), a_book(code)), FakeTools())
    rationales = {item.segment_id: item.rationale for item in found}
    assert "include line “bus road”" in rationales["s0"]
    assert "example “shame blame stigma”" in rationales["s2"]


def test_similarity_ignores_what_to_exclude():
    code = Code(key="c", name="Travel", definition="bus road", exclude=("nurse clinic doctor bed",))
    found = Similarity().suggest(a_brief(a_study(), a_book(code)), FakeTools())
    assert {item.segment_id for item in found} <= {f"s{n}" for n in range(0, 40, 4)}


def test_similarity_works_on_a_handful_of_segments():
    found = Similarity().suggest(a_brief(a_study(3), a_book(*codes_of(*TOPICS))), FakeTools())
    assert {item.segment_id: item.code_key for item in found} == {"s0": "c0", "s1": "c1", "s2": "c2"}


def test_similarity_says_nothing_of_nothing():
    assert Similarity().suggest(a_brief([], a_book(STIGMA)), FakeTools()) == []
    assert Similarity().suggest(a_brief(a_study(), a_book()), FakeTools()) == []
    alike = segments_of(*["the same words"] * 40)
    assert Similarity().suggest(a_brief(alike, a_book(STIGMA)), FakeTools()) == []


def test_likeness_is_the_mean_of_the_whole_and_its_best_part():
    # Two segments, in a plane, too few to be centred. Against the line (1, 0): the first has cosine 0.6 as a whole and
    # parts with 0 and 1, so (0.6 + 1) / 2 = 0.8; the second 0 as a whole and one part with 0.
    wholes = np.array([[0.6, 0.8], [0, 1]], dtype=np.float32)
    parts = np.array([[0, 1], [1, 0], [0, 1]], dtype=np.float32)
    space, line = Space(wholes, parts, [2, 1]), np.array([[1, 0]], dtype=np.float32)
    assert likeness(space, line, space.parts @ line.T) == pytest.approx(np.array([[0.8], [0.0]]))
    assert [space.best_part(row, (space.parts @ line.T)[:, 0]) for row in range(2)] == [1, 0]


def test_a_code_is_judged_by_the_two_lines_that_fit_best_and_in_standard_deviations():
    # Means of the best two lines: (0.4 + 0.2) / 2 = 0.3 and (0.8 + 0.6) / 2 = 0.7; mean 0.5, deviation 0.2: z -1 and 1.
    fits = best_lines(np.array([[0.4, 0.2, 0.0], [0.6, 0.8, -0.5]]))
    assert standardised(fits) == pytest.approx([-1, 1])
    assert standardised(np.full((3, 2), 0.4)) == pytest.approx(np.zeros((3, 2)))
    assert standardised(np.array([[0.41]]), (0.3, 0.11)) == pytest.approx(np.array([[1.0]]))


# ---------------------------------------------------------------- the stage


class Loud:
    """Suggests every code for every segment, each with its place in the book as its score."""

    name = "loud"
    learns = False

    def revision(self, tools):
        return "1"

    def rate(self, brief: Brief, tools) -> Ratings:
        return ratings_of(self.suggest(brief, tools), brief)

    def suggest(self, brief: Brief, tools) -> list[Suggestion]:
        scores = {code.key: n / 10 for n, code in enumerate(brief.codebook.codes)}
        return [
            Suggestion(segment_id=segment.id, code_key=key, score=score, rationale="", evidence=())
            for segment in brief.segments
            for key, score in scores.items()
        ]


def test_the_stage_keeps_each_coders_best_for_each_segment():
    found = suggest.run(
        brief=a_brief([a_segment(1, "grant"), a_segment(2, "shame")], a_book(*codes_of("a", "b", "c"), STIGMA)),
        options=suggest.Options(top_k=2),
        suggesters=[Loud(), Keywords()],
        tools=FakeTools(),
    )
    assert [(item.segment_id, item.code_key) for item in found["loud"]] == [
        ("s1", "stigma"),
        ("s1", "c2"),
        ("s2", "stigma"),
        ("s2", "c2"),
    ]
    assert [(item.segment_id, item.code_key) for item in found["keywords"]] == [("s2", "stigma")]


@pytest.mark.parametrize("name", [name for name in names("suggesters") if name != "llm"])  # it needs a server: test_llm.py
def test_every_installed_suggester_keeps_the_contract(name):
    suggester = load("suggesters", name)()
    assert isinstance(suggester, Suggester)
    assert suggester.name == name
    segments = a_study()
    lessons = {segment.id: Lesson(codes={f"c{n % 4}": None}) for n, segment in enumerate(segments) if n < 30}
    brief = replace(a_brief(segments, a_book(STIGMA, MONEY, *codes_of(*TOPICS))), lessons=lessons)
    found = suggester.suggest(brief, FakeTools())
    assert found, "a study this plain should get some suggestion"
    assert found == load("suggesters", name)().suggest(brief, FakeTools())
    ratings = suggester.rate(brief, FakeTools())
    assert ratings.scores.shape == ratings.is_given.shape == (len(segments), 6)
    assert ((ratings.scores >= 0) & (ratings.scores <= 1)).all()
    texts = {segment.id: segment.text for segment in segments}
    for item in found:
        assert item.rationale
        assert all(texts[item.segment_id][piece.start_char : piece.end_char] == piece.text for piece in item.evidence)
    assert suggester.revision(FakeTools())
