"""Tables for the paper: counts at four levels out of everybody, quotations by a rule, and nobody given away."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qualkit.errors import ReadError, StudyError
from qualkit.model import (
    Basis,
    Code,
    Codebook,
    FinalCode,
    Fit,
    Indicator,
    Participant,
    Quote,
    Role,
    Segment,
    Table,
    Theme,
    ThemeRow,
    Transcript,
    Valence,
)
from qualkit.readers.joint import read_joint
from qualkit.stages import codebook_table, framework, joint, quotations, sample_table, tables, theme_strata, themes
from qualkit.stages.tables import Levels, Options
from qualkit.stages.themes import Corpus
from tests.conftest import refusal

FOR, AGAINST = Valence.FACILITATOR, Valence.BARRIER
READABLE = "We drove for two hours and when we came the door of the clinic was shut again, {}."


def segment(name: str, group: str, speaker: str | None, *, turn: str = "", is_coded: bool = True) -> Segment:
    text = READABLE.format(name)
    return Segment(
        id=name, transcript_id=group, turn_id=turn or name, turn_revision=1, position=ord(name[0]), start_char=0,
        end_char=len(text), text=text, participant_id=speaker, is_coded=is_coded, start_s=60.0 * ord(name[0]) - 5_820,
    )  # fmt: skip


def person(name: str, group: str, role: Role = Role.PARTICIPANT, **attributes: str) -> Participant:
    return Participant(id=name, transcript_id=group, pseudonym=name.upper(), role=role, attributes=attributes)


PEOPLE = [
    person("m1", "fg1", Role.MODERATOR), person("p1", "fg1", town="Tilden"), person("p2", "fg1", town="Tilden"),
    person("p3", "fg2", town="Harlow"), person("p4", "fg2", town="Tilden"), person("p5", "fg2", town="Harlow"),
]  # fmt: skip
"""P5 says nothing."""
SEGMENTS = [
    segment("a", "fg1", "p1", turn="t"), segment("b", "fg1", "p1", turn="t"), segment("c", "fg1", "p2"),
    segment("d", "fg2", "p3"), segment("e", "fg2", "p4"), segment("f", "fg2", None), segment("m", "fg1", "m1", is_coded=False),
]  # fmt: skip
BOOK = Codebook(
    name="Small book", version="2", source="Somebody.",
    codes=(
        Code(key="people", name="People", definition="Of people."),
        Code(key="stigma", name="Stigma", definition="Shame.", include=("Blame",), examples=("They look away.",),
             parent_key="people"),
        Code(key="bus", name="Bus", definition="Rides.", domain="Places", valences=(FOR, AGAINST)),
        Code(key="old", name="Old", definition="Gone.", retired="2026-03-01: not used"),
    ),
)  # fmt: skip


def corpus(**changes: object) -> Corpus:
    meetings = [Transcript(id=key, label=key, title=key.upper(), source=key, source_sha256="0") for key in ("fg1", "fg2")]
    whole = Corpus(
        segments={item.id: item for item in SEGMENTS},
        transcripts={item.id: item for item in meetings},
        participants={item.id: item for item in PEOPLE},
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def final(segment_id: str, key: str = "stigma", valence: Valence | None = None) -> FinalCode:
    return FinalCode(segment_id=segment_id, code_key=key, valence=valence, basis=Basis.AGREED)


CODES = [final("a", "bus", AGAINST), final("b", "bus", AGAINST), final("d", "bus", FOR), final("e"), final("f")]
THEMES = [
    Theme(id="1", name="Getting there", claim="Rides.", domain="Places", code_keys=("bus",)),
    Theme(id="2", name="Stigma", claim="Shame.", domain="People", code_keys=("stigma",)),
]
PLAIN = Options(percent_from=1)


def rows(codes: list[FinalCode] = CODES, **options: int) -> list[ThemeRow]:
    return themes.run(themes=THEMES, codes=codes, corpus=corpus(), options=themes.Options(**options))


def column(table: Table, name: str) -> list[object]:
    return [row[table.columns.index(name)] for row in table.rows]


def say(quote: Quote) -> str:
    return f"“{quote.segment_id}”" + (" contrary" if quote.is_contrary else "")


# ---------------------------------------------------------------- counts


def test_the_same_talk_is_counted_in_segments_turns_people_and_groups() -> None:
    assert tables.levels(SEGMENTS[:6]) == Levels(segments=6, turns=5, participants=4, groups=2)  # a and b are one turn
    assert tables.levels([]) == Levels(segments=0, turns=0, participants=0, groups=0)


def test_everybody_who_took_part_is_in_the_denominator_and_no_moderator() -> None:
    assert set(tables.members(corpus())) == {"p1", "p2", "p3", "p4", "p5"}
    table = themes.table(rows(), title="t", notes=())
    assert column(table, "Participants (n of N)") == ["1 of 5", "1 of 5", "1 of 5"]
    assert (column(table, "Turns (n)"), column(table, "Segments (n)")) == ([1, 1, 2], [1, 2, 2])


def test_shares_are_printed_where_there_are_enough_people() -> None:
    assert tables.people_said(5, 12, Options(percent_from=10)) == "5 of 12 (42%)"
    assert tables.people_said(5, 9, Options(percent_from=10)) == "5 of 9"
    assert tables.people_said(2, 12, Options(suppress_below=3)) == "< 3 of 12"
    assert tables.people_said(0, 12, Options(suppress_below=3)) == "0 of 12 (0%)"


def test_of_few_people_neither_segments_nor_turns_are_told() -> None:
    table = themes.table(rows(), title="t", notes=(), suppress_below=3)
    assert table.rows[0][4:8] == ("≥ 1 of 2", "< 3 of 5", "< 3", "< 3")


# ---------------------------------------------------------------- quotations


def test_nobody_is_quoted_more_than_so_often_in_a_row() -> None:
    codes = [final(key, "bus", AGAINST) for key in "abc"]
    (row,) = rows(codes, most_per_person=1)
    assert [quote.participant for quote in row.quotes] == ["P1", "P2"]
    (row,) = rows(codes, most_per_person=2)
    assert [quote.participant for quote in row.quotes] == ["P1", "P1", "P2"]


def test_the_other_side_is_heard_where_it_is_too_small_for_a_row() -> None:
    (row,) = rows(CODES[:3], min_segments=2)
    assert [(quote.segment_id, quote.is_contrary) for quote in row.quotes] == [("a", False), ("b", False), ("d", True)]
    assert themes.printed(row.quotes[-1]).startswith("Contrary: “We drove")
    assert row.n_segments == 2  # it is heard, and not counted here


def test_a_quotation_is_printed_with_group_participant_what_may_be_told_and_time() -> None:
    together = corpus(edits={"d": "We drove […] when we came"})
    (quote,) = [
        quote
        for row in themes.run(themes=THEMES, codes=CODES[2:3], corpus=together, options=themes.Options())
        for quote in row.quotes
    ]
    say = quotations.sayer(together, Options(attributes=("town",), k=1))
    assert say(quote) == "“We drove […] when we came” (FG2, P3, Harlow, 3:00)"
    assert quotations.sayer(together, Options(attributes=("town",), k=2))(quote).endswith("(FG2, P3, 3:00)")  # of Tilden is one


def test_the_note_says_the_rule_what_was_checked_and_who_speaks_most() -> None:
    quotes = [quote for row in rows() for quote in row.quotes]
    turns = {key: item.text for key, item in corpus().segments.items()}
    rule, most = quotations.quote_notes(quotes, corpus(), turns, 2)
    assert "at most 2 of one person" in rule
    assert "All 5 were found word for word" in rule
    assert most == "4 people are quoted, of 5 participants; most often P1 (FG1), with 2 of 5 quotations (40%)."
    edited = [replace(quotes[0], edited="We drove […] when we came"), *quotes[1:]]
    assert "1 of them with cuts" in quotations.quote_notes(edited, corpus(), turns, 2)[0]
    assert "1 could not be found there: do not print" in quotations.quote_notes(quotes, corpus(), {**turns, "d": "Else."}, 2)[0]


def test_each_quotation_can_be_found_again() -> None:
    quotes = [quote for row in rows() for quote in row.quotes]
    turns = {key: item.text for key, item in corpus().segments.items()}
    table = quotations.sources(quotes, corpus(), {**turns, "f": "other words"})
    assert table.is_data
    assert dict(zip(column(table, "segment_id"), column(table, "check"), strict=True)) == {
        "d": "verbatim", "a": "verbatim", "b": "verbatim", "e": "verbatim", "f": "not found",
    }  # fmt: skip
    assert {"transcript", "segment", "start_char", "participant", "time"} <= set(table.columns)


# ---------------------------------------------------------------- matrices


def matrix(**changes: object) -> Table:
    given: dict[str, object] = {"codes": CODES, "corpus": corpus(), "book": BOOK, "say": say, "options": PLAIN, **changes}
    return framework.run(**given)  # type: ignore[arg-type]


def test_the_framework_matrix_has_cases_in_rows_and_codes_under_their_domains() -> None:
    table = matrix()
    assert [name.partition(" (")[0] for name in table.columns] == ["Group", "Stigma", "Bus"]
    assert [(item.text, item.first, item.last) for item in table.spanners] == [("People", 1, 1), ("Places", 2, 2)]
    assert [row[0] for row in table.rows] == ["FG1 (N = 2 participants, 3 segments)", "FG2 (N = 3 participants, 3 segments)"]
    assert table.rows[0][1] == framework.NOT_RAISED
    assert table.rows[0][2] == "2 segments, 1 person, 2 against\n“a”"
    assert table.rows[1][1] == "2 segments, 1 person\n“e”"  # who spoke f is not known
    assert any("People" in note for note in table.notes)  # a code that no segment has


def test_the_matrix_turned_over_is_the_same_matrix() -> None:
    turned = framework.by_code(codes=CODES, corpus=corpus(), book=BOOK, say=say, options=PLAIN)
    straight = matrix()
    assert [row[2:] for row in turned.rows] == [tuple(row[n] for row in straight.rows) for n in (1, 2)]
    assert [row[:2] for row in turned.rows] == [("People", "Stigma (n = 2 segments)"), ("Places", "Bus (n = 3 segments)")]


def test_silent_people_are_cases_too_and_one_that_was_quoted_is_not_quoted_again() -> None:
    table = matrix(by_participant=True, codes=[*CODES, final("a"), final("b")])
    assert [row[0] for row in table.rows][-1] == "P5, FG2 (N = 0 segments)"
    assert set(table.rows[-1][1:]) == {framework.NOT_RAISED}
    assert table.rows[0][1:] == ("2 segments\n“a”", "2 segments, 2 against\n“b”")


def test_small_counts_of_the_matrix_are_hidden() -> None:
    assert "fewer than 2 people" in str(matrix(options=Options(suppress_below=2)).rows[0][2])


# ---------------------------------------------------------------- strata


def by_group(options: Options = PLAIN) -> Table:
    whole = corpus()
    placed = {item.id: item.transcript_id for item in SEGMENTS if item.is_coded}
    people = {item.id: item.transcript_id for item in PEOPLE}
    strata = theme_strata.parts(whole, placed, {"fg1": "One", "fg2": "Two"}, people)
    return theme_strata.table(rows=rows(), corpus=whole, placed=placed, strata=strata, by="group", options=options)


def test_themes_by_stratum_count_people_of_all_who_belong_to_it() -> None:
    table = by_group()
    assert [item.text for item in table.spanners] == ["One (N = 2; 3)", "Two (N = 3; 3)", "All (N = 5; 6)"]
    assert table.rows == (
        ("Getting there", "Facilitator", 0, 0, "1 (33%)", 1, "1 (20%)", 1),
        ("Getting there", "Barrier", "1 (50%)", 2, 0, 0, "1 (20%)", 2),
        ("Stigma", "", 0, 0, "1 (33%)", 2, "1 (20%)", 2),
    )


def test_a_small_stratum_is_hidden_with_what_would_give_it_away() -> None:
    assert by_group(Options(suppress_below=2)).rows[1] == (
        "Getting there",
        "Barrier",
        "hidden",
        "hidden",
        0,
        0,
        "hidden",
        "hidden",
    )


def test_segments_of_nowhere_and_people_of_nowhere_are_a_stratum_of_their_own() -> None:
    strata = theme_strata.parts(corpus(), {"a": "x"}, {"x": "X"}, {"p1": "x"})
    assert [(part.name, part.n_people, part.n_segments) for part in strata] == [("X", 1, 1), ("Not known", 4, 5)]


def test_a_theme_is_within_a_response_or_across_responses() -> None:
    placed = {"a": "1", "b": "2", "c": "2", "d": "2", "e": "1", "f": "1"}
    questions = theme_strata.parts(corpus(), placed, {"1": "Q1", "2": "Q2"})
    table = theme_strata.within_and_across(rows=rows(), corpus=corpus(), placed=placed, questions=questions, options=PLAIN)
    assert table.columns[:3] == ("Theme", "Q1 (N = 3)", "Q2 (N = 3)")
    assert table.rows == (
        ("Getting there", "1 [1]", "2 [2]", "2 of 2", "2 of 2", "across 2"),
        ("Stigma", "2 [1]", 0, "1 of 2", "1 of 2", "within Q1"),
    )
    first = theme_strata.within_and_across(
        rows=rows(), corpus=corpus(), placed=placed, questions=questions, options=PLAIN, before="1"
    )  # what was said before the first question answers none
    assert [row[3:] for row in first.rows] == [("1 of 1", "2 of 2", "within Q2"), ("0 of 1", "1 of 2", "no question")]


# ---------------------------------------------------------------- codebook, joint display, people


def test_the_codebook_says_how_often_each_code_is_used_and_names_retired_ones() -> None:
    table = codebook_table.run(book=BOOK, codes=CODES, corpus=corpus(), options=PLAIN, added={"bus": "2026-04-01"})
    assert column(table, "Code") == ["People", "Stigma", "Bus"]
    bus = table.rows[2]
    assert bus[3] == "Valence: facilitator, barrier"
    assert bus[5:] == ("deductive, since 2026-04-01", "2 of 2", "2 of 5 (40%)", 2, 3)
    assert table.rows[1][3:5] == ("Include: Blame", "“They look away.”")
    assert "Retired codes: Old (2026-03-01: not used)." in table.notes


def an_indicator(theme: str = "Getting there", **more: object) -> Indicator:
    return Indicator(theme=theme, name="Minutes by bus", values={"One": "80", "Two": "15"}, **more)  # type: ignore[arg-type]


def display(*indicators: Indicator) -> Table:
    keys = {"1": ("bus",), "2": ("stigma",)}
    return joint.run(indicators=indicators, rows=rows(), keys=keys, say=say, options=PLAIN)


def test_a_joint_display_sets_numbers_beside_talk_and_makes_nothing_up() -> None:
    table = display(an_indicator(fit=Fit.EXPAND, inference="Far is far."), an_indicator("stigma"))
    assert table.columns == (
        "Theme",
        "Indicator",
        "One",
        "Two",
        "Segments (n)",
        "Participants (n of N)",
        "Quotations",
        "Fit",
        "Meta-inference",
    )
    assert table.rows[0] == (
        "Getting there", "Minutes by bus", "80", "15", "facilitator 1; barrier 2", "2 of 5 (40%)", "“a”\n“d” contrary",
        "expand", "Far is far.",
    )  # fmt: skip
    assert table.rows[1][-2:] == (joint.MISSING, joint.MISSING)


def test_a_joint_display_of_an_unknown_theme_is_refused() -> None:
    assert "Did you mean 'getting there'" in refusal(lambda: display(an_indicator("Geting there")), StudyError)


def test_the_numbers_of_a_joint_display_are_read_as_they_stand(tmp_path: object) -> None:
    from pathlib import Path

    file = Path(str(tmp_path)) / "joint_display.csv"
    assert read_joint(file) == []
    file.write_text('theme,indicator,One,Two,fit,inference\nbus,Minutes,80,"15, or less",Confirm,So.\n', encoding="utf-8")
    assert read_joint(file) == [
        Indicator(theme="bus", name="Minutes", values={"One": "80", "Two": "15, or less"}, fit=Fit.CONFIRM, inference="So.")
    ]
    file.write_text("theme,indicator,fit\nbus,Minutes,perhaps\n", encoding="utf-8")
    assert "row 2: 'perhaps' is no fit" in refusal(lambda: read_joint(file), ReadError)
    file.write_text("theme\nbus\n", encoding="utf-8")
    assert "'indicator' is missing" in refusal(lambda: read_joint(file), ReadError)


def test_characteristics_count_everybody_by_group_and_say_who_said_nothing() -> None:
    table = sample_table.characteristics(corpus(), PLAIN)
    assert table.columns == ("Characteristic", "Value", "FG1 (N = 2)", "FG2 (N = 3)", "All (N = 5)")
    assert table.rows == (
        ("Participants", "all", 2, 3, 5),
        ("Participants", "who said nothing", 0, 1, 1),
        ("Town", "Harlow", 0, "2 (67%)", "2 (40%)"),
        ("Town", "Tilden", "2 (100%)", "1 (33%)", "3 (60%)"),
    )
    small = sample_table.characteristics(corpus(), replace(PLAIN, suppress_below=2))
    assert [row[2:] for row in small.rows] == [
        (2, 3, 5), (0, "hidden", "hidden"), ("hidden", "hidden", "hidden"), ("hidden", "hidden", "hidden"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("k", "towns"), [(1, ["Tilden", "Tilden", "Harlow", "Tilden", "Harlow"]), (2, ["Tilden", "Tilden", *["withheld"] * 3])]
)
def test_the_list_of_participants_withholds_what_sets_one_apart(k: int, towns: list[str]) -> None:
    table = sample_table.people(corpus(), Options(k=k))
    assert column(table, "Participant") == ["P1", "P2", "P3", "P4", "P5"]
    assert column(table, "Town") == towns
    assert column(table, "Segments (n)") == [2, 1, 1, 1, 0]
