"""Topics within and across groups: what is counted, who carries a topic, and how uneven a spread is."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest

pytest.importorskip("altair")

from qualkit.errors import BlindnessError, ReadError, StudyError
from qualkit.figures import across as figures
from qualkit.figures.looks import DARK, LIGHT
from qualkit.model import Crosstab, Participant, Role, Run, Segment, Topic, Transcript
from qualkit.stages import across, spread
from qualkit.stages.themes import Corpus
from qualkit.study import Study, across_tables
from qualkit.study import figures as drawn
from tests.conftest import refusal
from tests.fakes import a_segment


def a_meeting(key: str, site: str | None = None, **attributes: str) -> Transcript:
    return Transcript(id=key, label=key, title=key.upper(), source="", source_sha256="", site=site, attributes=attributes)


def a_person(key: str, meeting: str, role: Role = Role.PARTICIPANT, **attributes: str) -> Participant:
    return Participant(id=key, transcript_id=meeting, pseudonym=key.upper(), role=role, attributes=attributes)


def said(n: int, meeting: str, person: str | None, at: float | None = None, *, is_coded: bool = True) -> Segment:
    segment = a_segment(n, f"segment {n}", person, is_coded=is_coded)
    return replace(segment, transcript_id=meeting, start_s=at, end_s=None if at is None else at + 2)


def a_topic(number: int, *ids: int, words: tuple[str, ...] = ("one", "two")) -> Topic:
    return Topic(id=f"topic {number}", run_id="run", number=number, words=words, segment_ids=tuple(f"s{n}" for n in ids))


def a_corpus(segments: list[Segment], meetings: list[Transcript], people: list[Participant]) -> Corpus:
    return Corpus(
        segments={item.id: item for item in segments},
        transcripts={item.id: item for item in meetings},
        participants={item.id: item for item in people},
    )


PEOPLE = [
    a_person("m", "g1", Role.MODERATOR), a_person("p1", "g1", sector="jail"), a_person("p2", "g1", sector="court"),
    a_person("p3", "g2", sector="court"), a_person("p4", "g2"),
]  # fmt: skip
SEGMENTS = [
    said(1, "g1", "p1"), said(2, "g1", "p1"), said(3, "g1", "p1"), said(4, "g1", "p2"), said(5, "g1", None),
    said(6, "g2", "p3"), said(7, "g2", "p3"), said(8, "g2", "p4"), said(9, "g1", "m", is_coded=False),
]  # fmt: skip
CORPUS = a_corpus(SEGMENTS, [a_meeting("g1", "North"), a_meeting("g2")], PEOPLE)
TOPICS = [a_topic(-1, 5, 8), a_topic(0, 1, 2, 3, 6), a_topic(1, 4, 7)]


def by(kind: str, topics: list[Topic] = TOPICS, corpus: Corpus = CORPUS) -> Crosstab:
    placed = across.by_attribute(corpus, kind)
    return across.run(
        topics=topics, corpus=corpus, kind=kind, placed=placed, names={key: key for key in sorted(placed.values())}
    )


def numbers(crosstab: Crosstab) -> list[list[int]]:
    return [[cell.n_segments for cell in row.cells] for row in crosstab.rows]


# ---------------------------------------------------------------- counts


def test_cells_count_segments_and_people_and_shares_are_of_all_the_columns_segments() -> None:
    found = by("group")
    assert [(column.name, column.n_segments, column.n_participants) for column in found.columns] == [("g1", 5, 2), ("g2", 3, 2)]
    assert [row.number for row in found.rows] == [0, 1, -1]
    assert numbers(found) == [[3, 1], [1, 1], [1, 1]]
    first = found.rows[0].cells[0]
    assert (first.segment_ids, first.n_participants, first.share) == (("s1", "s2", "s3"), 1, 3 / 5)
    assert [sum(column) for column in zip(*numbers(found), strict=True)] == [column.n_segments for column in found.columns]
    assert (found.n_segments, found.n_participants) == (8, 4)


def test_segments_of_which_the_stratum_is_not_known_have_a_last_column_that_no_measure_looks_at() -> None:
    found = by("sector")
    assert [(column.name, column.n_segments, column.is_known) for column in found.columns] == [
        ("court", 3, True),
        ("jail", 3, True),
        ("Not known", 2, False),
    ]
    assert [row.cells[2].residual for row in found.rows] == [None, None, None]
    # without the last column: topics 1 x 3 and 2 x 0
    assert found.cramers_v == spread.cramers_v([[1, 3], [2, 0]])
    assert "Of 2 segments it is not known" in found.notes[0]


def test_people_who_say_that_they_do_not_know_and_people_of_whom_nothing_is_known_are_counted_once_each() -> None:
    people = [replace(person, attributes={"sector": across.UNKNOWN}) if person.id == "p1" else person for person in PEOPLE]
    found = by("sector", corpus=a_corpus(SEGMENTS, list(CORPUS.transcripts.values()), people))
    assert [(column.name, column.n_segments, column.is_known) for column in found.columns] == [
        ("court", 3, True),
        ("not known", 3, True),
        ("Not known", 2, False),
    ]
    assert len({column.key for column in found.columns}) == 3
    assert numbers(found) == [[1, 3, 0], [2, 0, 0], [0, 0, 2]]
    assert all(sum(cell.n_segments for cell in row.cells) == row.n_segments for row in found.rows)
    shown = figures.heat(found).to_dict()["data"]["values"]
    assert {cell["of"] for cell in shown if cell["n"]} >= {"3 of 3 segments (100%)", "2 of 2 segments (100%)"}


def test_a_meeting_without_a_site_and_a_speaker_without_a_role_are_not_known() -> None:
    assert set(across.by_attribute(CORPUS, "site").values()) == {"North"}
    assert [column.name for column in by("site").columns] == ["North", "Not known"]
    assert by("site").cramers_v is None
    assert "s5" not in across.by_attribute(CORPUS, "role")


def test_a_speakers_own_attribute_comes_before_the_meetings() -> None:
    meeting = a_meeting("g1", "North", wave="first")
    corpus = a_corpus([said(1, "g1", "p1"), said(2, "g1", "p2")], [meeting], [a_person("p1", "g1", wave="second"), PEOPLE[2]])
    assert across.by_attribute(corpus, "wave") == {"s1": "second", "s2": "first"}


def test_only_what_tells_segments_apart_is_offered_and_nothing_that_names_every_person() -> None:
    assert across.kinds(CORPUS, has_guide=False) == ("group", "sector", "course")
    assert across.kinds(CORPUS, has_guide=True) == ("group", "sector", "question", "course")
    named = [replace(person, attributes={"badge": person.id}) for person in PEOPLE if person.id != "m"]
    everybody = [said(n, "g1", f"p{n}") for n in range(1, 5)]
    assert across.kinds(a_corpus(everybody, [a_meeting("g1")], named), has_guide=False) == ("course",)
    assert across.kinds(a_corpus([], [], []), has_guide=False) == ()


def test_a_stratum_in_which_nothing_was_said_is_shown_without_a_share() -> None:
    placed = {item.id: "a" for item in SEGMENTS}
    found = across.run(topics=TOPICS, corpus=CORPUS, kind="site", placed=placed, names={"a": "A", "b": "B"})
    assert [(column.name, column.n_segments) for column in found.columns] == [("A", 8), ("B", 0)]
    assert [row.cells[1].share for row in found.rows] == [None, None, None]
    assert found.undefined_because is not None and "fewer than two strata" in found.undefined_because


def test_a_segment_that_is_gone_is_not_counted() -> None:
    assert numbers(by("group", [a_topic(0, 1, 99)])) == [[1, 0]]


# ---------------------------------------------------------------- the course of a meeting


def test_the_course_goes_by_seconds_where_all_are_known_and_by_place_elsewhere() -> None:
    timed = [said(n, "g1", "p1", at) for n, at in enumerate((0.0, 48.0, 98.0))]
    untimed = [said(n, "g2", "p3", 5.0 if n == 10 else None) for n in range(10, 14)]
    corpus = a_corpus([*timed, *untimed], [a_meeting("g1"), a_meeting("g2")], PEOPLE)
    placed, n_timed = across.by_course(corpus)
    # middles at 1, 49, 99 of 100 s; places 1/8, 3/8, 5/8, 7/8
    assert [placed[f"s{n}"] for n in (0, 1, 2)] == ["0", "4", "9"]
    assert [placed[f"s{n}"] for n in (10, 11, 12, 13)] == ["1", "3", "6", "8"]
    assert n_timed == 1


def test_questions_count_for_the_length_of_a_meeting_but_are_in_no_tenth() -> None:
    corpus = a_corpus([said(1, "g1", "m", 0.0, is_coded=False), said(2, "g1", "p1", 8.0)], [a_meeting("g1")], PEOPLE)
    assert across.by_course(corpus)[0] == {"s2": "9"}


def test_a_meeting_in_which_all_is_said_at_one_second_goes_by_place() -> None:
    one = [replace(said(n, "g1", "p1", 3.0), end_s=3.0) for n in (1, 2)]
    assert across.by_course(a_corpus(one, [a_meeting("g1")], PEOPLE))[0] == {"s1": "2", "s2": "7"}


def test_tenths_are_called_by_their_ends() -> None:
    assert [across.tenth(key) for key in ("0", "9")] == ["0–10 %", "90–100 %"]


# ---------------------------------------------------------------- who carries a topic


def test_a_topic_that_one_person_or_one_group_carries_says_so_with_its_share() -> None:
    row = by("group").rows[0]
    assert row.carried.flags == ("75% of its segments from one person (P1)",)
    assert (row.carried.n_groups, row.carried.of_groups) == (2, 2)
    assert (row.carried.n_participants, row.carried.of_participants) == (2, 4)
    only = by("group", [a_topic(0, 1, 2, 3)]).rows[0].carried.flags
    assert only == ("100% of its segments from one person (P1)", "100% of its segments from one group (G1)")


def test_segments_of_unknown_speakers_count_for_the_group_and_for_nobody() -> None:
    carried = by("group", [a_topic(0, 1, 5, 4)]).rows[0].carried
    assert (carried.n_participants, carried.participant_share, carried.group_share) == (2, 1 / 3, 1.0)


def test_of_a_tiny_topic_and_of_a_single_group_nothing_is_said() -> None:
    assert by("group", [a_topic(0, 1, 2)]).rows[0].carried.flags == ()
    single = a_corpus(
        [said(n, "g1", f"p{n}") for n in range(1, 5)], [a_meeting("g1")], [a_person(f"p{n}", "g1") for n in range(1, 5)]
    )
    assert by("group", [a_topic(0, 1, 2, 3, 4)], single).rows[0].carried.flags == ()


def test_a_topic_of_no_segment_is_carried_by_nobody() -> None:
    carried = by("group", [a_topic(0)]).rows[0].carried
    assert (carried.participant, carried.group, carried.participant_share, carried.flags) == (None, None, 0.0, ())


# ---------------------------------------------------------------- how uneven


def test_cramers_v_follows_bergsmas_formula() -> None:
    table = [[20, 5, 3], [4, 18, 6]]
    n, r, c = 56, 2, 3
    counts = np.array(table)
    expected = counts.sum(1, keepdims=True) * counts.sum(0, keepdims=True) / n
    phi2 = float(((counts - expected) ** 2 / expected).sum()) / n - (r - 1) * (c - 1) / (n - 1)
    room = min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1
    assert spread.cramers_v(table) == pytest.approx(sqrt(phi2 / room))


def test_an_even_spread_is_nought_and_one_place_each_is_one() -> None:
    assert spread.cramers_v([[10, 10], [10, 10]]) == 0.0
    assert spread.cramers_v([[50, 0], [0, 50]]) == pytest.approx(1.0, abs=0.02)


def test_the_correction_takes_away_what_chance_alone_gives_to_a_small_table() -> None:
    drawn = np.random.default_rng(1).multinomial(30, np.full(24, 1 / 24)).reshape(6, 4).tolist()
    assert spread.cramers_v(drawn) < 0.3 < uncorrected(drawn)


def uncorrected(table: list[list[int]]) -> float:
    counts = np.array(table)
    counts = counts[counts.sum(1) > 0][:, counts.sum(0) > 0]
    expected = counts.sum(1, keepdims=True) * counts.sum(0, keepdims=True) / counts.sum()
    return sqrt(((counts - expected) ** 2 / expected).sum() / counts.sum() / (min(counts.shape) - 1))


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ([], "fewer than two topics"), ([[3, 4]], "fewer than two topics"), ([[3, 0], [2, 0]], "fewer than two strata"),
        ([[1, 0], [0, 1]], "2 segments are too few"),
    ],
)  # fmt: skip
def test_where_there_is_no_measure_of_spread_it_says_why(table: list[list[int]], why: str) -> None:
    found = spread.cramers_v(table)
    assert isinstance(found, str) and why in found


def test_residuals_are_adjusted_and_add_up_to_nothing_where_columns_are_alike() -> None:
    # e = 15, (20 - 15) / sqrt(15 * .5 * .5)
    (first, second), below = spread.adjusted_residuals([[20, 10], [10, 20]])
    assert first == pytest.approx(5 / sqrt(15 / 4)) and second == pytest.approx(-5 / sqrt(15 / 4))
    assert below == [second, first]
    assert spread.adjusted_residuals([[0, 0], [2, 3]]) == [[None, None], [None, None]]


# ---------------------------------------------------------------- in a study


@pytest.fixture
def study(small_study: Study) -> Study:
    """The small study with two topics made by hand and one outlier; times, sites and roles are not known."""
    ids = [segment.id for segment in small_study.coded_segments()]
    with small_study.store.write() as tx:
        run = tx.all(Run)[-1]
        for number, mine in ((0, ids[:2]), (1, ids[2:4]), (-1, ids[4:])):
            topic = Topic(id=f"t{number}", run_id=run.id, number=number, words=("bus", "car", "way"), segment_ids=tuple(mine))
            tx.replace([topic])
        tx.log("qualkit", "found topics", {})
    return small_study


def test_a_study_without_times_sites_roles_or_guide_still_has_groups_and_courses(study: Study) -> None:
    assert study.strata() == ("group", "course")
    found = study.across()
    assert [(column.name, column.n_segments) for column in found.columns] == [("fg1", 3), ("fg2", 2)]
    assert numbers(found) == [[2, 0], [1, 1], [0, 1]]
    course = study.across("course")
    assert len(course.columns) == 10 and "by seconds in 0 of 2 meetings, by place" in course.notes[0]


def test_with_a_guide_segments_follow_its_questions_and_an_edited_guide_is_read_again(study: Study) -> None:
    path = study.folder.path / "transcripts" / "guide.md"
    assert "no guide to see topics by" in refusal(lambda: study.across("question"), StudyError)
    path.write_text("1. What gets in the way?\n2. What helps people to come?\n")
    assert "question" in study.strata()
    found = study.across("question")
    assert [(column.name, column.n_segments) for column in found.columns] == [
        ("Before the first", 3),
        ("1. What gets in the way?", 0),
        ("2. What helps people to come?", 2),
    ]
    path.write_text("1. What helps?\n")
    assert [(column.key, column.n_segments) for column in study.across("question").columns] == [("before", 3), ("1", 2)]


def test_a_guide_that_cannot_be_used_stops_nothing_but_the_question_about_it(study: Study) -> None:
    (study.folder.path / "transcripts" / "guide.md").write_text("Welcome. Ask about the clinic.\n")
    assert study.strata() == ("group", "course")
    assert {"topics_by_group", "topics_by_course"} <= set(study.tables())
    assert "topics_by_question" not in study.tables()
    assert set(drawn.all_figures(study)) >= {"topic_sizes", "topics_by_group"}
    assert "the guide has no numbered question" in refusal(lambda: study.across("question"), ReadError)


def test_kinds_whose_names_are_alike_have_files_of_their_own_and_the_known_kinds_keep_theirs() -> None:
    found = across_tables.stems(["group", "Age group", "Course", "age_group", "age group 2", "course"])
    assert found == {
        "group": "topics_by_group",
        "Age group": "topics_by_age_group",
        "Course": "topics_by_course_2",
        "age_group": "topics_by_age_group_2",
        "age group 2": "topics_by_age_group_2_2",
        "course": "topics_by_course",
    }
    assert list(found)[:2] == ["group", "Age group"]


def test_two_attributes_whose_names_are_alike_are_two_tables_and_two_figures(study: Study) -> None:
    with study.store.write() as tx:
        people = tx.all(Participant)
        for n, person in enumerate(people):
            tx.replace([replace(person, attributes={"Age group": f"a{n % 2}", "age_group": f"b{n // 2 % 2}"})])
        tx.log("qualkit", "read attributes", {})
    assert {"Age group", "age_group"} <= set(study.strata())
    tables = study.tables()
    titles = {tables[stem].title for stem in ("topics_by_age_group", "topics_by_age_group_2")}
    assert len({tables[stem].columns for stem in ("topics_by_age_group", "topics_by_age_group_2")}) == 2
    assert titles <= {"Topics by Age group", "Topics by age group"} and len(titles) == 2
    charts = drawn.all_figures(study)
    assert {charts[stem]().title for stem in ("topics_by_age_group", "topics_by_age_group_2")} == titles


def test_what_nobody_knows_is_refused_with_what_there_is(study: Study) -> None:
    assert "talk can be seen by group, course" in refusal(lambda: study.across("shoe size"), StudyError)


def test_without_topics_there_is_nothing_to_see(small_study: Study) -> None:
    assert "qualkit run topics" in refusal(small_study.across, StudyError)
    assert across_tables.tables(small_study) == {}


def test_there_is_a_table_for_each_kind_with_the_columns_totals_first_and_what_n_counts(study: Study) -> None:
    found = study.tables()
    assert {"topics_by_group", "topics_by_course"} <= set(found)
    table = found["topics_by_group"]
    assert table.columns[:4] == ("Topic", "Segments (n)", "fg1 (N = 3)", "fg2 (N = 2)")
    assert table.rows[0][:4] == ("All segments", 5, "3 by 2 people", "2 by 2 people")
    assert table.rows[1][:4] == ("Topic 1: bus, car, way", 2, "2 (67%) [2]", 0)
    assert table.rows[-1][0] == "No topic"
    assert "share of all segments of the column" in table.notes[0] and "no test" in table.notes[1]
    assert (table.is_data, found["topics_by_course"].is_data) == (False, True)
    assert "2 columns (fg1, fg2) rest on fewer than 3 people" in table.notes[2]


def test_a_blind_coder_sees_no_crosstab(study: Study) -> None:
    for ask in (lambda: study.seat("Ana").across("group"), lambda: study.seat("Ana").strata()):
        refusal(ask, BlindnessError)


# ---------------------------------------------------------------- figures


@pytest.mark.parametrize("look", [LIGHT, DARK])
def test_the_heat_map_has_a_cell_for_each_topic_and_stratum_and_says_what_it_rests_on(look: object) -> None:
    chart = figures.heat(by("group"), look).to_dict()  # type: ignore[arg-type]
    cells = chart["data"]["values"]
    assert [(cell["topic"], cell["where"], cell["n"]) for cell in cells][:3] == [
        ("1 · one, two", "g1", 3),
        ("1 · one, two", "g2", 1),
        ("2 · one, two", "g1", 1),
    ]
    assert (cells[0]["of"], cells[0]["people"]) == ("3 of 5 segments (60%)", "1 of 2 people")
    assert "75% of its segments from one person (P1)" in cells[0]["carried"]
    assert [cell["topic"] for cell in cells][-1] == "No topic"
    assert look.scale[0] in str(chart)  # type: ignore[attr-defined]


def test_strata_and_topics_of_one_name_stay_apart() -> None:
    placed = {"s1": "a", "s6": "b"}
    found = across.run(topics=[a_topic(0, 1), replace(a_topic(1, 6), label="Topic 1")], corpus=CORPUS, kind="ward",
                       placed=placed, names={"a": "Same", "b": "Same"})  # fmt: skip
    found = replace(found, rows=tuple(replace(row, name="Same") for row in found.rows))
    axes = figures.heat(found).to_dict()["layer"][0]["encoding"]
    assert len(set(axes["x"]["sort"])) == 3 and len(set(axes["y"]["sort"])) == 2


def test_the_course_has_a_bar_for_each_topic_and_tenth_on_one_scale() -> None:
    placed, _ = across.by_course(CORPUS)
    names = {str(n): across.tenth(str(n)) for n in range(10)}
    found = across.run(topics=TOPICS, corpus=CORPUS, kind="course", placed=placed, names=names)
    bars = figures.course(found).to_dict()["layer"][1]["data"]["values"]
    assert len(bars) == 30
    heights = {(bar["topic"], bar["part"]): bar["to"] - bar["base"] for bar in bars}
    assert max(heights.values()) <= 1
    shares = {(bar["topic"], bar["part"]): bar["share"] for bar in bars}
    tallest = max(shares.values())
    assert all(heights[key] == pytest.approx(figures.TALLEST * share / tallest) for key, share in shares.items())


def test_a_crosstab_without_a_segment_still_draws() -> None:
    empty = across.run(topics=[], corpus=a_corpus([], [], []), kind="group", placed={}, names={})
    assert figures.heat(empty).to_dict() and figures.course(empty).to_dict()
