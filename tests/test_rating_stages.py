"""What can be rated, what the published rule proposes, and the matrix with what distinguishes strata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from qualkit.errors import StudyError
from qualkit.model import (
    Code,
    Codebook,
    Construct,
    ConstructLink,
    Distinguishes,
    RatedCase,
    RatingBasis,
    RatingCell,
    RatingValue,
    Segment,
    Transcript,
    Valence,
)
from qualkit.stages import rating_matrix, ratings
from qualkit.stages.ratings import Options
from qualkit.stages.tables import Said
from qualkit.stages.themes import Corpus
from tests.conftest import refusal
from tests.test_contrast import contrast, rgb

FOR, AGAINST, MIXED = Valence.FACILITATOR, Valence.BARRIER, Valence.MIXED


def said(*spoken: str) -> list[Said]:
    """Segments as "P1+": who spoke (`?` for nobody known), and the valence: + - ~, or nothing."""
    valences = {"+": FOR, "-": AGAINST, "~": MIXED}

    def segment(n: int, spoke: str) -> Said:
        who, valence = (spoke[:-1], valences[spoke[-1]]) if spoke[-1] in valences else (spoke, None)
        return a_segment(f"s{n}", None if who == "?" else who), valence

    return [segment(n, spoke) for n, spoke in enumerate(spoken)]


def a_segment(key: str, who: str | None, transcript: str = "g1") -> Segment:
    return Segment(
        id=key, transcript_id=transcript, turn_id=f"turn {key}", turn_revision=1, position=0, start_char=0, end_char=3,
        text="yes", participant_id=who, is_coded=True,
    )  # fmt: skip


# ---------------------------------------------------------------- the rule


@pytest.mark.parametrize(
    ("spoken", "concrete", "value"),
    [
        ((), "", "M"),
        (("P1", "P2"), "", "0"),
        (("P1+",), "", "+1"),
        (("P1+", "P2+", "P3+"), "", "+1"),
        (("P1+", "P2+", "P3+"), "s0", "+1"),
        (("P1+", "P1+", "P3+"), "s0 s1", "+1"),
        (("P1+", "P2+", "P3+"), "s0 s1", "+2"),
        (("P1-", "P2-", "P3"), "s0 s1", "-2"),
        (("P1-", "P2-", "P3"), "s0 s2", "-1"),
        (("?-", "?-"), "s0 s1", "-1"),
        (("P1+", "P2+", "P3+", "P4-"), "s0 s1 s2", "+1"),
        (("P1+", "P2-"), "s0 s1", "X"),
        (("P1+", "P2+", "P3-"), "", "+1"),
        (("P1+", "P2+", "P3+", "P4-", "P5-"), "", "X"),
        (("P1~",), "", "X"),
        (("P1~", "P2+"), "s1", "+1"),
    ],
)
def test_the_rule_proposes_on_balance_people_and_concrete_examples(spoken: Sequence[str], concrete: str, value: str) -> None:
    assert ratings.propose(said(*spoken), concrete.split(), Options()).value == RatingValue(value)


@pytest.mark.parametrize("n", range(1, 12))
def test_without_marked_examples_no_proposal_goes_beyond_one(n: int) -> None:
    for sign in "+-~":
        found = ratings.propose(said(*(f"P{i}{sign}" for i in range(n))), (), Options())
        assert abs(found.value.number or 0) <= 1


def test_a_proposal_says_what_it_rests_on_and_what_a_two_would_take() -> None:
    found = ratings.propose(said("P1+", "P2+", "P3"), ["s0"], Options())
    assert found.why == "2 segments for, none for the other side; concrete examples were marked of 1 person."
    assert found.wanting == "It would be +2 if raters had marked concrete examples of 2 people."
    assert (found.for_ids, found.neutral_ids) == (("s0", "s1"), ("s2",))
    assert "1 spoke here" in ratings.propose(said("P1-"), [], Options()).wanting
    assert ratings.propose(said("P1-", "P2+"), [], Options()).wanting == ""


def test_a_segment_with_two_codes_of_a_construct_counts_once_and_coded_both_ways_is_mixed() -> None:
    segment = a_segment("s1", "P1")
    elsewhere = a_segment("s2", "P1", "g2")
    construct = Construct(key="c", name="C", domain="", definition="", code_keys=("a", "b", "gone"))
    talk = {"a": [(segment, FOR), (elsewhere, FOR)], "b": [(segment, AGAINST)]}
    assert ratings.evidence(construct, CASES[0], talk) == [(segment, MIXED)]
    assert ratings.evidence(construct, CASES[0], {"a": [(segment, FOR)], "b": [(segment, None)]}) == [(segment, FOR)]


# ---------------------------------------------------------------- what is rated


def a_book(name: str, *keys: str) -> Codebook:
    codes = tuple(Code(key=key, name=key.title(), definition=f"About {key}.", domain=key[0].upper()) for key in keys)
    return Codebook(name=name, version="1", codes=codes)


def a_link(code: str, construct: str, framework: str = "CFIR") -> ConstructLink:
    return ConstructLink(
        id=f"{code}-{construct}", code_key=code, framework=framework, construct_key=construct, rationale="so", coder_id="Ana",
        made_at=datetime(2026, 3, 3, tzinfo=UTC),
    )  # fmt: skip


def test_codes_that_are_tied_to_a_construct_are_rated_as_it_and_others_by_themselves() -> None:
    own, cfir = a_book("Own", "bus", "car", "stigma", "unused"), a_book("CFIR", "access", "culture")
    every = ratings.constructs(own, cfir, [a_link("bus", "access"), a_link("car", "access"), a_link("stigma", "x", "Other")])
    found = ratings.to_rate(every, {"bus", "car", "stigma"}, ())
    assert {item.key: item.code_keys for item in found} == {"access": ("bus", "car"), "stigma": ("stigma",)}


def test_a_code_that_was_rated_before_it_was_tied_stays_in_the_matrix() -> None:
    every = ratings.constructs(a_book("Own", "bus"), a_book("CFIR", "access"), [a_link("bus", "access")])
    assert [item.key for item in ratings.to_rate(every, {"bus"}, {"bus"})] == ["access", "bus"]


def test_where_the_codebook_is_the_framework_a_construct_has_its_own_talk_and_that_of_what_is_tied_to_it() -> None:
    cfir = a_book("CFIR", "access", "bus")
    every = ratings.constructs(cfir, cfir, [a_link("bus", "access")])
    found = ratings.to_rate(every, {"bus", "access"}, ())
    assert {item.key: item.code_keys for item in found} == {"access": ("access", "bus")}


def test_a_construct_and_a_code_of_the_same_key_are_kept_apart() -> None:
    every = ratings.constructs(a_book("Own", "culture", "bus"), a_book("CFIR", "culture"), [a_link("bus", "culture")])
    assert [item.key for item in ratings.to_rate(every, {"bus", "culture"}, ())] == ["CFIR/culture", "culture"]


def a_corpus() -> Corpus:
    meetings = [
        Transcript(
            id=f"id {label}",
            label=label,
            title=label.upper(),
            source="",
            source_sha256="",
            site=site,
            attributes={"uptake": uptake},
        )
        for label, site, uptake in (("g1", "North", "low"), ("g2", "South", "high"), ("g3", "North", "low"))
    ]
    return Corpus(segments={}, transcripts={meeting.id: meeting for meeting in meetings}, participants={})


def test_cases_are_groups_or_sites_and_stand_by_stratum() -> None:
    groups = ratings.cases(a_corpus(), Options(high=("g2",), low=("g3",)))
    assert [(case.label, case.stratum) for case in groups] == [("g2", "High"), ("g3", "Low"), ("g1", "")]
    named = ratings.cases(a_corpus(), Options(high=("g3",), low=("g1", "g2"), names=("Deliverers", "Leaders")))
    assert [(case.label, case.stratum) for case in named] == [("g3", "Deliverers"), ("g1", "Leaders"), ("g2", "Leaders")]
    sites = ratings.cases(a_corpus(), Options(by="site", strata="uptake"))
    assert [(case.label, case.stratum, len(case.transcript_ids)) for case in sites] == [
        ("South", "high", 1),
        ("North", "low", 2),
    ]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (Options(by="town"), "by must be group or site"),
        (Options(high=("g9",)), "no group is called 'g9'"),
        (Options(high=("g1",), low=("g1",)), "cannot be high and low"),
        (Options(names=("Early", "Early")), "names must be two different names"),
        (Options(names=("Early",)), "names must be two different names"),
    ],
)
def test_options_that_do_not_fit_the_study_are_refused(options: Options, sentence: str) -> None:
    assert sentence in refusal(lambda: ratings.cases(a_corpus(), options), StudyError)


# ---------------------------------------------------------------- the matrix

STIGMA = Construct(key="stigma", name="Stigma", domain="People", definition="", code_keys=("stigma",))
CASES = [
    RatedCase(id=f"g{n}", label=f"g{n}", name=f"Group {n}", transcript_ids=(f"g{n}",), stratum="High" if n < 3 else "Low")
    for n in range(1, 5)
]


def a_cell(case: str, *values: str, consensus: str = "") -> RatingCell:
    given = {who: RatingValue(value) for who, value in zip("AB", values, strict=False)}
    return RatingCell(
        construct_key="stigma", case_id=case, ratings=given, consensus=RatingValue(consensus) if consensus else None
    )


@pytest.mark.parametrize(
    ("cell", "basis", "printed"),
    [
        (a_cell("g1"), RatingBasis.NOBODY, "–"),
        (a_cell("g1", "+1"), RatingBasis.SINGLE, "[+1]"),
        (a_cell("g1", "+1", "-2"), RatingBasis.OPEN, "[−2 / +1]"),
        (a_cell("g1", "-2", "-2"), RatingBasis.ALIKE, "−2"),
        (a_cell("g1", "X", "M", consensus="0"), RatingBasis.CONSENSUS, "0"),
    ],
)
def test_a_cell_says_what_stands_and_brackets_what_does_not(cell: RatingCell, basis: RatingBasis, printed: str) -> None:
    assert (cell.basis, rating_matrix.mark(cell)) == (basis, printed)


@pytest.mark.parametrize(
    ("values", "verdict", "gap"),
    [
        (("+1", "+2", "-1", "-1"), Distinguishes.STRONGLY, 2.5),
        (("-1", "-2", "+1", "+1"), Distinguishes.STRONGLY, -2.5),
        (("+1", "+1", "0", "X"), Distinguishes.WEAKLY, 1.0),
        (("+1", "+2", "+1", "-2"), Distinguishes.NOT, 2.0),
        (("+1", "+2", "M", "-2"), Distinguishes.UNKNOWN, 3.5),
    ],
)
def test_a_construct_distinguishes_where_no_rating_of_one_stratum_reaches_the_other(
    values: Sequence[str], verdict: Distinguishes, gap: float
) -> None:
    cells = {("stigma", case.id): a_cell(case.id, value, value) for case, value in zip(CASES, values, strict=True)}
    (found,) = rating_matrix.distinctions([STIGMA], CASES, cells, Options())
    assert (found.verdict, found.gap) == (verdict, gap)


def test_what_one_rater_said_or_raters_differ_on_distinguishes_nothing() -> None:
    cells = {("stigma", case.id): a_cell(case.id, "+2") for case in CASES}
    (found,) = rating_matrix.distinctions([STIGMA], CASES, cells, Options())
    assert (found.verdict, found.high, found.gap) == (Distinguishes.UNKNOWN, (), None)


def test_the_matrix_stands_under_its_strata_and_says_what_it_rests_on() -> None:
    values = ("+1", "+2", "-1", "-1")
    cells = {("stigma", case.id): a_cell(case.id, value, value) for case, value in zip(CASES, values, strict=True)}
    table = rating_matrix.table([STIGMA], CASES, cells, Options())
    assert table.rows == (("People", "Stigma", "+1", "+2", "−1", "−1", "strongly (+2.5)"),)
    assert [(item.text, item.first, item.last) for item in table.spanners] == [("High", 2, 3), ("Low", 4, 5)]
    assert "4 on raters who said the same" in table.notes[1] and "0 are not rated" in table.notes[1]
    assert "High (N = 2 groups) from Low (N = 2)" in table.notes[2] and "up to 33% of constructs" in table.notes[2]


def test_without_two_strata_nothing_is_said_to_distinguish() -> None:
    alone = [RatedCase(id="g1", label="g1", name="Group 1", transcript_ids=("g1",))]
    table = rating_matrix.table([STIGMA], alone, {}, Options())
    assert table.columns == ("Domain", "Construct", "Group 1") and len(table.notes) == 2
    assert table.rows == (("People", "Stigma", "–"),)


@pytest.mark.parametrize("is_dark", [False, True])
def test_what_is_written_into_a_cell_of_the_heat_map_stands_out_from_its_colour(is_dark: bool) -> None:
    pytest.importorskip("altair")
    from qualkit.figures.looks import DARK, LIGHT
    from qualkit.figures.ratings import matrix

    cells = {(value.value, case.id): a_cell(case.id, value, value) for value in RatingValue for case in CASES}
    constructs = [Construct(key=value.value, name=value.name, domain="", definition="", code_keys=()) for value in RatingValue]
    drawn = matrix(constructs, CASES, cells, {}, DARK if is_dark else LIGHT).to_dict()["data"]["values"]
    assert len(drawn) == len(RatingValue) * len(CASES)
    assert min(contrast(rgb(box["fill"]), rgb(box["ink"])) for box in drawn) >= 4.5
    assert len({box["fill"] for box in drawn}) == len(RatingValue)


def test_names_of_groups_and_strata_stay_over_their_columns_in_the_heat_map() -> None:
    pytest.importorskip("altair")
    from qualkit.figures.ratings import LINE_CHARS, matrix

    cases = [replace(case, name="FG3 Recovery community", stratum="Recipients and leaders") for case in CASES]
    drawn = matrix([STIGMA], cases, {}, {}).to_dict()["data"]["values"]
    lines = [line for box in drawn for line in box["case"].split("\n")]
    assert "and leaders)" in lines[-1]
    assert max(len(line.rstrip("\u200b")) for line in lines) <= LINE_CHARS
