"""The theme table: what is counted, out of how many, and in whose words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualkit.model import (
    Basis,
    Code,
    Codebook,
    FinalCode,
    Participant,
    Quote,
    Role,
    Segment,
    Theme,
    ThemeRow,
    Transcript,
    Valence,
)
from qualkit.stages import themes
from qualkit.stages.themes import Corpus, Options

LONG = "We drove for two hours and when we came the door of the clinic was shut again"  # 17 words: readable as a quote


def transcript(label: str) -> Transcript:
    return Transcript(id=label, label=label, title=label, source=f"{label}.vtt", source_sha256="0")


def person(name: str, group: str, role: Role = Role.PARTICIPANT) -> Participant:
    return Participant(id=name, transcript_id=group, pseudonym=name.upper(), role=role)


def segment(name: str, group: str, speaker: str | None, text: str = LONG, start_s: float | None = None) -> Segment:
    return Segment(
        id=name, transcript_id=group, turn_id=name, turn_revision=1, position=1, start_char=0, end_char=len(text), text=text,
        participant_id=speaker, is_coded=True, start_s=start_s,
    )  # fmt: skip


PEOPLE = [
    person("m1", "fg1", Role.MODERATOR), person("p1", "fg1"), person("p2", "fg1"), person("o1", "fg2", Role.OBSERVER),
    person("p3", "fg2"), person("p4", "fg2"), person("p5", "fg3"),
]  # fmt: skip
SEGMENTS = [
    segment("a", "fg1", "p1"), segment("b", "fg1", "p1"), segment("c", "fg1", "p2"), segment("d", "fg2", "p3"),
    segment("e", "fg2", None), segment("f", "fg3", "p5"),
]  # fmt: skip


def corpus(segments: list[Segment] = SEGMENTS, heard: frozenset[str] = frozenset()) -> Corpus:
    return Corpus(
        segments={item.id: item for item in segments},
        transcripts={label: transcript(label) for label in ("fg1", "fg2", "fg3")},
        participants={item.id: item for item in PEOPLE},
        heard=heard,
    )


def final(segment_id: str, code_key: str = "stigma", valence: Valence | None = None, basis: Basis = Basis.AGREED) -> FinalCode:
    return FinalCode(segment_id=segment_id, code_key=code_key, valence=valence, basis=basis)


def theme(*code_keys: str, name: str = "Stigma", domain: str = "People", quotes: tuple[str, ...] = ()) -> Theme:
    return Theme(id=name, name=name, claim="Shame.", domain=domain, code_keys=code_keys, quote_segment_ids=quotes)


def rows(codes: list[FinalCode], *written: Theme, **options: int) -> list[ThemeRow]:
    return themes.run(themes=written or (theme("stigma"),), codes=codes, corpus=corpus(), options=Options(**options))


# ---------------------------------------------------------------- counts


def test_every_count_has_its_denominator() -> None:
    (row,) = rows([final("a"), final("b"), final("c"), final("d")])
    assert (row.n_groups, row.of_groups) == (2, 3)  # fg1 and fg2 of three groups
    # p1 (twice), p2 and p3; of p1 to p5: the moderator and the observer are no participants
    assert (row.n_participants, row.of_participants) == (3, 5)
    assert row.n_segments == 4


def test_an_unknown_speaker_counts_for_the_group_but_is_no_participant() -> None:
    (row,) = rows([final("e")])
    assert (row.n_groups, row.n_participants, row.n_segments) == (1, 0, 1)


def test_a_segment_with_two_codes_of_a_theme_counts_once() -> None:
    (row,) = rows([final("a", "stigma"), final("a", "shame"), final("d", "shame")], theme("stigma", "shame"))
    assert (row.n_segments, row.n_participants) == (2, 2)
    assert row.basis == {"agreed": 3}  # what it rests on is three codes


def test_a_row_says_what_its_codes_rest_on() -> None:
    (row,) = rows([final("a"), final("b", basis=Basis.ADJUDICATED), final("c", basis=Basis.SINGLE), final("d")])
    assert row.basis == {"agreed": 2, "adjudicated": 1, "single coder": 1}


def test_rows_with_too_few_segments_and_codes_of_no_theme_are_left_out() -> None:
    codes = [final("a", valence=Valence.BARRIER), final("b", valence=Valence.BARRIER), final("c", valence=Valence.MIXED)]
    assert [row.valence for row in rows(codes, min_segments=2)] == [Valence.BARRIER]
    assert rows([final("a", "transport")]) == []


def test_a_code_on_a_segment_that_is_gone_counts_nowhere() -> None:
    assert rows([final("gone")]) == []


# ---------------------------------------------------------------- order


def test_valences_stand_in_one_order_with_none_last() -> None:
    codes = [
        final("a"),
        final("b", valence=Valence.MIXED),
        final("c", valence=Valence.BARRIER),
        final("d", valence=Valence.FACILITATOR),
    ]
    assert [row.valence for row in rows(codes)] == [Valence.FACILITATOR, Valence.BARRIER, Valence.MIXED, None]


def test_rows_of_a_domain_stand_together_in_the_authors_order() -> None:
    written = [theme("a", name="A", domain="X"), theme("b", name="B", domain="Y"), theme("c", name="C", domain="X")]
    found = rows([final("a", "a"), final("b", "b"), final("c", "c")], *written)
    assert [(row.domain, row.theme) for row in found] == [("X", "A"), ("X", "C"), ("Y", "B")]


def test_until_an_author_writes_themes_each_code_in_use_is_one() -> None:
    book = Codebook(
        name="b", version="1",
        codes=(
            Code(key="top", name="Top", definition="t", domain="Reach"),
            Code(key="sub", name="Sub", definition="s", parent_key="top"),
            Code(key="lone", name="Lone", definition="l"),
        ),
    )  # fmt: skip
    found = themes.propose(book, {"lone", "sub"})
    assert [(item.name, item.domain, item.code_keys) for item in found] == [("Sub", "Reach", ("sub",)), ("Lone", "", ("lone",))]


# ---------------------------------------------------------------- quotes


def quoted(segments: list[Segment], n_quotes: int = 3, picked: tuple[str, ...] = ()) -> list[str]:
    chosen = themes.choose_quotes(segments, theme("stigma", quotes=picked), corpus(segments), n_quotes)
    return [item.id for item in chosen]


def test_quotes_are_spread_over_groups_before_people_and_over_people_before_length() -> None:
    group_of = {item.id: item.transcript_id for item in SEGMENTS}
    assert [group_of[name] for name in quoted(SEGMENTS, 3)] == ["fg1", "fg2", "fg3"]
    fg1 = [segment("a", "fg1", "p1"), segment("b", "fg1", "p1"), segment("c", "fg1", "p2", "Too short.")]
    assert len(set(quoted(fg1, 2)) & {"a", "b"}) == 1  # one of p1, and c because p2 has not been heard
    assert "c" in quoted(fg1, 2)


def test_quotes_of_a_readable_length_are_preferred() -> None:
    short, readable = segment("a", "fg1", "p1", "Yes, shame."), segment("b", "fg1", "p1", LONG)
    endless = segment("c", "fg1", "p1", "word " * 80)
    assert quoted([short, readable, endless], 1) == ["b"]


def test_the_authors_own_picks_come_first() -> None:
    assert quoted(SEGMENTS, 2, picked=("b", "c")) == ["b", "c"]


@given(
    st.lists(st.tuples(st.sampled_from("123"), st.sampled_from("123"), st.integers(1, 60)), min_size=1, max_size=20),
    st.integers(0, 6),
)
def test_quotes_are_segments_of_the_row_none_twice_and_every_group_is_heard_if_there_is_room(
    said: list[tuple[str, str, int]], n_quotes: int
) -> None:
    segments = [segment(f"s{n}", f"fg{group}", f"{group}/{who}", "w " * size) for n, (group, who, size) in enumerate(said)]
    chosen = quoted(segments, n_quotes)
    groups = {item.id: item.transcript_id for item in segments}
    assert len(chosen) == len(set(chosen)) == min(n_quotes, len(segments))
    assert len({groups[name] for name in chosen}) == min(n_quotes, len(set(groups.values())))


def test_a_quote_is_verbatim_and_can_be_found_again() -> None:
    text = "  So — “never again”,\nshe said…  "
    codes = [final("a")]
    segments = [segment("a", "fg1", "p1", text, start_s=83.4)]
    (row,) = themes.run(
        themes=[theme("stigma")], codes=codes, corpus=corpus(segments, heard=frozenset(["fg1"])), options=Options()
    )
    assert row.quotes == (
        Quote(segment_id="a", text=text, transcript_label="fg1", participant="P1", start_s=83.4, has_audio=True),
    )


# ---------------------------------------------------------------- on paper


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ({}, "“No bus.” (fg1, P1)"),
        ({"start_s": 83.4}, "“No bus.” (fg1, P1, 1:23)"),
        ({"start_s": 3683.0, "has_audio": True}, "“No bus.” (fg1, P1, 1:01:23 audio)"),
        ({"participant": None, "has_audio": True}, "“No bus.” (fg1, unknown speaker)"),  # no time: cannot be heard
    ],
)
def test_a_printed_quote_says_who_and_when(quote: dict[str, object], expected: str) -> None:
    fields: dict[str, object] = {
        "segment_id": "a",
        "transcript_label": "fg1",
        "participant": "P1",
        "start_s": None,
        "has_audio": False,
    }
    assert themes.printed(Quote(text="No bus.", **{**fields, **quote})) == expected  # type: ignore[arg-type]


def test_the_table_prints_counts_with_denominators_and_the_numbers_stand_alone() -> None:
    found = rows([final("a", valence=Valence.BARRIER), final("d", valence=Valence.BARRIER)])
    printed = themes.table(found, title="Themes", notes=["A note."])
    assert printed.rows[0][:7] == ("People", "Stigma", "Barrier", "Shame.", "2 of 3", "2 of 5", 2)
    numbers = themes.numbers_table(found)
    cells = dict(zip(numbers.columns, numbers.rows[0], strict=True))
    assert [cells[name] for name in ("valence", "n_groups", "of_groups", "n_participants", "of_participants")] == [
        "barrier",
        2,
        3,
        2,
        5,
    ]
    assert (cells["n_segments"], cells["agreed"], cells["adjudicated"], cells["quote_segment_ids"]) == (2, 2, 0, "a d")


def test_numbers_of_too_few_people_are_told_neither_for_paper_nor_for_a_script() -> None:
    (row,) = rows([final("a", valence=Valence.BARRIER), final("d", valence=Valence.BARRIER)])
    numbers = themes.numbers_table([row], suppress_below=3)
    told = dict(zip(numbers.columns, numbers.rows[0], strict=True))
    assert {name for name, n in told.items() if n == "hidden"} == {
        "n_groups", "n_participants", "n_segments", "n_turns", *(basis.value for basis in Basis),
    }  # fmt: skip
    assert (told["of_groups"], told["of_participants"]) == (3, 5)
