"""Saturation: base, run and threshold by hand, accumulation over orders, levels of a codebook, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from qualkit.errors import StudyError
from qualkit.model import Basis, Code, Codebook, FinalCode, Origin, Saturation, Transcript, Valence
from qualkit.stages import codebook_levels, saturation, saturation_tables
from qualkit.stages.saturation import Options, accumulate, assess, sizes
from qualkit.stages.themes import Corpus
from tests.conftest import refusal
from tests.fakes import a_segment

INTERVIEWS = (10, 6, 4, 3, 2, 1, 0, 1, 0, 0)
"""New codes in each of ten interviews: 23 in a base of four."""


# ---------------------------------------------------------------- base, run and threshold


def test_new_codes_of_overlapping_runs_are_divided_by_the_codes_of_the_base() -> None:
    found = assess(INTERVIEWS, base=4, run=2)
    assert found.n_in_base == 23
    # interviews 5-6, 6-7, 7-8, 8-9, 9-10: 2 + 1, 1 + 0, 0 + 1, 1 + 0, 0 + 0
    assert [(item.after, item.n_new) for item in found.runs] == [(4, 3), (5, 1), (6, 1), (7, 1), (8, 0)]
    assert [item.share for item in found.runs] == [3 / 23, 1 / 23, 1 / 23, 1 / 23, 0]


def test_saturation_is_reached_at_the_first_run_that_brings_no_more_than_the_threshold() -> None:
    found = assess(INTERVIEWS, base=4, run=2)
    assert (found.told(0.05), found.told(0.0), found.told(0.2)) == ("5+2", "8+2", "4+2")  # 1/23 = 4 %, 0, 3/23 = 13 %
    assert assess(INTERVIEWS, base=4, run=3).told(0.05) == "6+3"  # 1 + 0 + 1 after 5 is 9 %, 0 + 1 + 0 after 6 is 4 %
    assert assess((5, 5, 5), base=2, run=1).told(0.05) == ""


def test_a_share_that_equals_the_threshold_reaches_it() -> None:
    assert assess((12, 8, 1), base=2, run=1).reached(0.05) == 2  # 1 of 20


def test_too_few_groups_for_a_run_or_a_base_without_a_code_reach_nothing() -> None:
    assert assess((3, 2), base=2, run=1).runs == ()
    empty = assess((0, 0, 0), base=2, run=1)
    assert (empty.runs[0].share, empty.reached(0.05)) == (None, None)


@pytest.mark.parametrize(
    ("n", "wanted"),
    [
        (2, []),
        (3, [(2, 1)]),
        (4, [(2, 1), (2, 2), (3, 1)]),
        (8, [(2, 1), (2, 2), (3, 1), (3, 2)]),
        (9, [(4, 2), (4, 3), (5, 2), (5, 3), (6, 2), (6, 3)]),
    ],
)
def test_sizes_are_the_published_ones_and_smaller_ones_for_few_groups(n: int, wanted: list[tuple[int, int]]) -> None:
    assert sizes(n, Options()) == wanted


def test_few_interviews_are_not_taken_for_groups_of_people() -> None:
    assert sizes(7, Options(), are_interviews=True) == [(4, 2), (4, 3), (5, 2)]
    assert sizes(5, Options(), are_interviews=True) == []


def test_sizes_that_are_asked_for_are_tried_as_far_as_there_are_groups() -> None:
    assert sizes(6, Options(bases=(4, 5), runs=(2,))) == [(4, 2)]


@pytest.mark.parametrize("wrong", [{"bases": (0,)}, {"runs": ("2",)}, {"thresholds": (5.0,)}, {"n_orders": 0}])
def test_sizes_and_thresholds_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    assert "1 on" in refusal(lambda: Options(**wrong), StudyError) or "between 0 and 1" in refusal(lambda: Options(**wrong))


# ---------------------------------------------------------------- over orders


def test_accumulation_of_three_groups_over_their_six_orders_by_hand() -> None:
    found, n, is_every = accumulate([{"a", "b"}, {"b", "c"}, {"c"}], Options())
    assert (n, is_every) == (6, True)
    # first groups have 2, 2, 1; pairs have abc, abc, bc; all have abc
    assert [(item.least, item.median, item.most) for item in found] == [(1, 2, 2), (2, 3, 3), (3, 3, 3)]
    assert [item.mean for item in found] == pytest.approx([5 / 3, 8 / 3, 3])


def test_many_groups_are_tried_in_a_thousand_orders_that_a_seed_draws_again() -> None:
    groups = [{n, n + 1, n % 3} for n in range(7)]
    found, n, is_every = accumulate(groups, Options())
    assert (n, is_every) == (1000, False)
    assert accumulate(groups, Options()) == (found, n, is_every)
    other, _, _ = accumulate(groups, Options(seed=8))
    assert other != found and (other[0].least, other[0].most, other[-1]) == (found[0].least, found[0].most, found[-1])
    exact, n, is_every = accumulate(groups, Options(n_orders=5040))
    assert (n, is_every) == (5040, True)
    assert [item.mean for item in found] == pytest.approx([item.mean for item in exact], abs=0.1)


def test_groups_without_codes_and_no_groups_at_all_accumulate_nothing() -> None:
    assert [item.most for item in accumulate([set(), set()], Options())[0]] == [0, 0]
    assert accumulate([], Options())[0] == ()


# ---------------------------------------------------------------- levels of a codebook


def a_code(key: str, parent: str | None = None, **about: Any) -> Code:
    return Code(key=key, name=key.capitalize(), definition="", parent_key=parent, **about)


TREE = Codebook(
    name="Tree",
    version="1",
    codes=(
        a_code("inner", domain="Inside"), a_code("structure", "inner"), a_code("space", "structure"),
        a_code("staff", "structure"), a_code("culture", "inner"), a_code("outer", domain="Outside"),
        a_code("policy", "outer"), a_code("alone"),
    ),
)  # fmt: skip


def test_a_code_counts_as_what_it_stands_under_and_one_under_nothing_is_left_out() -> None:
    found = {level.key: level for level in codebook_levels.levels(TREE)}
    assert list(found) == ["code", "level-2", "domain"]  # the top level has the same parts as the domains
    assert found["level-2"].head_of == {"structure": "structure", "space": "structure", "staff": "structure",
                                        "culture": "culture", "policy": "policy"}  # fmt: skip
    assert found["domain"].head_of["space"] == "Inside" and "alone" not in found["domain"].head_of
    assert list(found["code"].names) == ["space", "staff", "culture", "policy", "alone"]


def test_a_flat_codebook_has_one_level() -> None:
    flat = Codebook(name="Flat", version="1", codes=(a_code("a"), a_code("b")))
    assert [level.key for level in codebook_levels.levels(flat)] == ["code"]


# ---------------------------------------------------------------- of a study


def a_meeting(key: str, held_on: str | None) -> Transcript:
    return Transcript(id=key, label=key, title=key.upper(), source="", source_sha256="", held_on=held_on)


def a_corpus(talk: Mapping[str, int], days: Mapping[str, str | None]) -> Corpus:
    """So many segments in each group, `g1 0`, `g1 1` ..."""
    segments = {
        f"{group} {n}": replace(a_segment(n, "words", None), id=f"{group} {n}", transcript_id=group, position=n)
        for group, n_segments in talk.items()
        for n in range(n_segments)
    }
    return Corpus(segments=segments, transcripts={key: a_meeting(key, days.get(key)) for key in talk}, participants={})


def given(said: Mapping[str, str], basis: Basis = Basis.SINGLE) -> list[FinalCode]:
    """Final codes from `segment: code code:barrier`."""
    return [
        FinalCode(segment_id=segment_id, code_key=key, valence=Valence(valence) if valence else None, basis=basis)
        for segment_id, codes in said.items()
        for key, _, valence in (code.partition(":") for code in codes.split())
    ]


TALK = {"g1": 3, "g2": 2, "g3": 2, "g4": 2}
DAYS = {"g1": "2026-03-03", "g2": "2026-03-01", "g3": "2026-03-02", "g4": "2026-03-04"}
SAID = {"g1 0": "space", "g1 2": "space:barrier policy", "g2 1": "space alone", "g3 0": "staff culture"}


def looked_at(
    said: Mapping[str, str] = SAID, level: str = "code", days: Mapping[str, str | None] = DAYS, **more: Any
) -> Saturation:
    corpus = more.pop("corpus", None) or a_corpus(TALK, days)
    codes = more.pop("codes", None) or given(said)
    judged = more.pop("judged", {key for key in corpus.segments if not key.startswith("g4")})
    levels = {item.key: item for item in codebook_levels.levels(TREE)}
    return saturation.run(codes=codes, corpus=corpus, book=TREE, level=levels[level], judged=judged, options=Options(), **more)


def new(item: Saturation) -> dict[str, list[str]]:
    return {group.transcript_id: sorted(met.key for met in group.new) for group in item.groups}


def test_groups_come_in_the_order_of_their_days_and_bring_what_those_before_did_not_have() -> None:
    item = looked_at()
    assert item.is_by_day
    assert new(item) == {"g2": ["alone", "space"], "g3": ["culture", "staff"], "g1": ["policy"]}
    assert [group.n_so_far for group in item.groups] == [2, 4, 5]
    assert [(sizes.base, sizes.run, sizes.n_in_base, sizes.runs[0].share) for sizes in item.assessments] == [(2, 1, 4, 0.25)]


def test_interviews_are_called_that_and_have_the_published_sizes() -> None:
    corpus = a_corpus({f"g{n}": 1 for n in range(6)}, {})
    talks = {key: replace(meeting, kind="Interview") for key, meeting in corpus.transcripts.items()}
    item = looked_at({"g0 0": "space"}, corpus=replace(corpus, transcripts=talks), judged=set(corpus.segments))
    assert [(found.base, found.run, found.told(0.0)) for found in item.assessments] == [(4, 2, "4+2")]
    assert saturation_tables.assumptions([item])[0].startswith("Units are interviews (6, with 6 segments to be coded)")


def test_where_a_day_is_not_known_groups_come_by_label() -> None:
    item = looked_at(days={**DAYS, "g2": None})
    assert not item.is_by_day
    assert list(new(item)) == ["g1", "g2", "g3"]
    assert "in the order of their labels" in saturation_tables.assumptions([item])[0]


def test_a_new_code_leads_to_the_first_segment_of_its_group_that_has_it() -> None:
    met = {item.key: item.segment_id for item in looked_at(days={}).groups[0].met}
    assert met == {"space": "g1 0", "policy": "g1 2"}


def test_with_valence_a_code_is_counted_once_for_and_once_against() -> None:
    item = looked_at(with_valence=True, days={})
    assert sorted((met.key, met.valence or "") for met in item.groups[0].new) == [
        ("policy", ""), ("space", ""), ("space", "barrier")
    ]  # fmt: skip
    assert item.n_found == looked_at(days={}).n_found + 1


def test_a_higher_level_has_fewer_to_meet_and_says_what_it_leaves_out() -> None:
    item = looked_at(level="domain", days={})
    assert [len(group.new) for group in item.groups] == [2, 0, 0]
    assert (item.n_given, item.n_above) == (5, 1)
    assert any("1 of 5 under domains" in note for note in saturation_tables.assumptions([item]))


def test_a_group_that_nobody_judged_is_no_unit_and_is_named() -> None:
    item = looked_at()
    assert item.unjudged == ("G4",)
    assert any(
        "Left out, as nobody has judged a segment of them: G4." in note for note in saturation_tables.assumptions([item])
    )


def test_a_group_that_was_judged_and_has_no_code_is_one_that_brings_nothing() -> None:
    corpus = a_corpus(TALK, DAYS)
    item = looked_at(corpus=corpus, judged=set(corpus.segments))
    assert new(item)["g4"] == [] and item.unjudged == ()


def test_segments_that_nobody_judged_are_counted() -> None:
    item = looked_at(judged={"g1 0", "g2 0", "g2 1", "g3 0", "g3 1"})
    assert {group.transcript_id: group.n_unjudged for group in item.groups} == {"g2": 0, "g3": 0, "g1": 2}
    assert any("judged 2 of 7 segments" in note for note in saturation_tables.assumptions([item]))


def test_a_stratum_has_its_own_segments_and_groups() -> None:
    item = looked_at(scope={"g1 0", "g1 1", "g2 0"}, by="town", stratum="Tilden")
    assert new(item) == {"g2": [], "g1": ["space"]}
    assert [len(group.segment_ids) for group in item.groups] == [1, 2]
    assert item.name == "Codes, Tilden"


def test_codes_never_met_are_named_and_are_in_no_denominator() -> None:
    item = looked_at({"g1 0": "space", "g2 0": "policy"})
    assert item.never_met == ("Staff", "Culture", "Alone")
    assert item.over_orders[-1].mean == item.n_found == 2
    assert any("in no denominator (3): Staff, Culture, Alone." in note for note in saturation_tables.assumptions([item]))


def test_suggestions_count_only_where_nobody_has_coded_and_are_called_that() -> None:
    suggested = looked_at(codes=given(SAID, Basis.SUGGESTED), judged=())
    assert suggested.is_suggested and len(suggested.groups) == 4
    assert any("do not publish them as findings" in note for note in saturation_tables.assumptions([suggested]))
    assert "Suggestions of machine coders are not counted." in saturation_tables.assumptions([looked_at()])


def test_what_a_codebook_had_beforehand_is_told_apart_from_inductive_codes() -> None:
    inductive = replace(TREE, codes=tuple(replace(code, origin=Origin.INDUCTIVE) for code in TREE.codes))
    level = codebook_levels.levels(inductive)[0]
    corpus = a_corpus(TALK, DAYS)
    item = saturation.run(codes=given(SAID), corpus=corpus, book=inductive, level=level, judged=(), options=Options())
    assert any("All codes given are marked as inductive" in note for note in saturation_tables.assumptions([item]))
    assert any(
        "none of the 5 codes given is marked as inductive" in note for note in saturation_tables.assumptions([looked_at()])
    )


# ---------------------------------------------------------------- in words and tables


def a_saturation(codes_of: Sequence[str]) -> Saturation:
    """From the codes of each group, all of it judged."""
    talk = {f"g{n}": 1 for n in range(len(codes_of))}
    corpus = a_corpus(talk, {})
    said = {f"g{n} 0": codes for n, codes in enumerate(codes_of) if codes}
    return looked_at(said, corpus=corpus, judged=set(corpus.segments))


def test_the_verdict_says_for_each_threshold_in_how_many_combinations_it_was_reached() -> None:
    reached = a_saturation(["space staff", "space", "staff policy", ""])
    # new 2 0 1 0, base 2: 1 of 2 after 2, 0 after 3; run 2: 1 of 2; base 3: 0 of 3
    assert saturation_tables.verdict(reached) == (
        "At ≤ 5% new codes saturation was reached in 2 of 3 combinations of base and run: 3+1.",
        "At 0% new codes saturation was reached in 2 of 3 combinations of base and run: 3+1.",
        "The last of 4 groups brought 0 new, 0% of the 3 met before it.",
    )
    growing = a_saturation(["space", "staff", "policy"])
    assert saturation_tables.verdict(growing) == (
        "At ≤ 5% new codes saturation was not reached in the one combination of base and run that fits.",
        "At 0% new codes saturation was not reached in the one combination of base and run that fits.",
        "The last of 3 groups brought 1 new, 50% of the 2 met before it.",
    )


def test_the_verdict_of_too_few_groups_is_that_they_are_too_few() -> None:
    assert saturation_tables.verdict(a_saturation(["space", "space"]))[0].startswith("Too few groups")
    assert saturation_tables.verdict(a_saturation(["space"])) == ("Nothing to compare: 1 group so far.",)


def test_the_table_of_groups_tells_what_each_brought_and_what_any_so_many_have() -> None:
    table = saturation_tables.accumulation([a_saturation(["space staff", "space", "staff policy"])])
    assert [row[1:] for row in table.rows] == [
        ("G0", 1, 2, 2, 2, 1, 2, 2, pytest.approx(5 / 9)),
        ("G1", 1, 1, 0, 2, 2, 3, 3, pytest.approx(8 / 9)),
        ("G2", 1, 2, 1, 3, 3, 3, 3, 1),
    ]
    assert "all 6 orders of the 3 groups" in table.notes[0]


def test_the_table_of_sizes_has_a_row_for_each_base_and_run_and_names_what_is_too_small() -> None:
    items = [a_saturation(["space staff", "space", "policy"]), a_saturation(["space"])]
    table = saturation_tables.assessments(items)
    assert table.columns[-2:] == ("≤ 5%", "0%")
    assert table.rows == (("Codes", 2, 1, 2, 1, 0.5, "not reached", "not reached"),)
    assert any(note == "Too few groups for any base and run: Codes." for note in table.notes)


def test_a_table_says_where_each_code_was_met_first() -> None:
    table = saturation_tables.codes_met(a_saturation(["space", "space policy:barrier"]))
    assert table.rows == (("Space", "", "G0", 2), ("Policy", "", "G1", 1))
