"""What studies at the edge of the usual are told: small counts, unused codes, long rows, options out of range."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualkit.errors import StudyError
from qualkit.exporters import latex
from qualkit.exporters.heights import cut, row_lines
from qualkit.exporters.printed import shown
from qualkit.model import DoublePlan, NumberFormat, Participant, Role, Table, Transcript, told_apart
from qualkit.stages import agree, diagnose, double_coding, sample_table
from qualkit.stages.disclosure import hidden
from qualkit.stages.tables import Options, groups_of, told_of
from qualkit.stages.themes import Corpus
from qualkit.study import Study
from qualkit.wording import percent, rounded, two_decimals
from tests.conftest import choices, in_folder, outcomes, refusal, reopened

A_MEETING = Transcript(id="fg1", label="fg1", title="fg1", source="fg1.txt", source_sha256="")


@pytest.fixture
def coded(small_study: Study) -> Study:
    """Two groups coded by two people who differ on one segment; the round is revealed."""
    for name in ("Ana", "Ben"):
        seat = small_study.seat(name)
        for n, segment_id in enumerate(seat.queue()):
            differs = name == "Ben" and n == 1
            seat.judge(segment_id, choices(stigma="barrier") if n % 2 == 0 or differs else choices(trust=None))
    small_study.reveal()
    return small_study


def a_plan(votes: Mapping[str, Mapping[str, Mapping[str, str | None]]]) -> DoublePlan:
    """What to code twice for the code `a`, after these votes of one transcript."""
    marks = agree.marks_by_transcript(votes, None)
    given = sum("a" in codes for said in votes.values() for codes in said.values())
    n_judged = sum(map(len, votes.values()))
    return double_coding.run(
        marks=marks, given={"a": (given, n_judged)}, code_keys=["a"], n_there=len(votes), options=double_coding.Options()
    )


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("share", "told"), [(0.625, "63%"), (0.125, "13%"), (0.285, "29%"), (0.004, "0%"), (1.0, "100%"), (1 / 3, "33%")]
)
def test_halves_are_rounded_up_as_spreadsheets_round_them(share: float, told: str) -> None:
    assert percent(share) == told == shown(share, NumberFormat.PERCENT)


def test_coefficients_are_rounded_the_same_way_on_both_sides_of_zero() -> None:
    assert (two_decimals(0.125), two_decimals(-0.125), two_decimals(-0.004)) == (".13", "-.13", ".00")
    assert (rounded(0.045, 2), rounded(float("nan"), 2)) == ("0.05", "nan")


# ---------------------------------------------------------------- small counts


def test_two_hidden_counts_of_one_person_each_do_not_follow_from_their_total() -> None:
    assert hidden([[1, 1, 10, 12]], 3) == {(0, 0), (0, 1), (0, 2)}  # 12 - 10 is 2, and neither of two is nobody


def test_who_is_the_only_one_of_a_group_is_not_told_by_the_zeros_beside_it() -> None:
    nurse, judge = [1, 4, 5], [0, 3, 3]  # a group of one, and one of seven
    gone = hidden([nurse, judge], 2, whole_columns=True)
    assert {(0, 0), (1, 0)} <= gone


COUNTS = st.integers(2, 4).flatmap(
    lambda n: st.lists(st.lists(st.integers(0, 9), min_size=n, max_size=n), min_size=1, max_size=5)
)


@given(COUNTS, st.integers(2, 6))
def test_hidden_counts_of_a_row_never_follow_from_its_total(counts: list[list[int]], below: int) -> None:
    gone = hidden([[*row, sum(row)] for row in counts], below)
    for i, row in enumerate(counts):
        mine = [n for j, n in enumerate(row) if (i, j) in gone]
        if mine and (i, len(row)) not in gone:
            assert len(mine) > 1
            assert sum(mine) != len(mine)  # else each is one person


def test_of_few_people_neither_segments_nor_groups_give_away_how_many_they_are() -> None:
    options = Options(suppress_below=3)
    assert (told_of(2, 2, options), told_of(7, 2, options), told_of(2, 5, options)) == ("< 3", 7, 2)
    assert (groups_of(2, 4, 2, options), groups_of(2, 4, 5, options)) == ("≥ 1 of 4", "2 of 4")


def test_the_list_of_participants_tells_no_more_than_is_safe_beside_what_quotations_tell() -> None:
    towns, jobs = ["Tilden", "Tilden", "Harlow", "Harlow"], ["nurse", "judge", "nurse", "judge"]
    people = {
        f"p{i}": Participant(
            id=f"p{i}", transcript_id="fg1", pseudonym=f"P{i}", role=Role.PARTICIPANT, attributes={"town": town, "job": job}
        )
        for i, (town, job) in enumerate(zip(towns, jobs, strict=True))
    }
    corpus = Corpus(segments={}, transcripts={"fg1": A_MEETING}, participants=people)
    plain = sample_table.people(corpus, Options(k=2))
    assert plain.rows[0][2:4] == ("Tilden", sample_table.WITHHELD)
    with_job = sample_table.people(corpus, Options(k=2, attributes=("job",)))
    assert with_job.rows[0][2:4] == (sample_table.WITHHELD, "nurse")


# ---------------------------------------------------------------- meetings


def test_meetings_that_share_a_title_are_told_apart_by_their_labels() -> None:
    titles = {"a": "Tilden", "b": "Harlow", "c": "Tilden"}
    meetings = [replace(A_MEETING, id=key, label=key, title=title) for key, title in titles.items()]
    assert [item.title for item in told_apart(meetings)] == ["Tilden (a)", "Harlow", "Tilden (c)"]


def test_a_table_by_group_has_a_column_of_its_own_for_each_meeting(small_study: Study) -> None:
    settings = small_study.folder.config_file
    titled = "".join(f'[meetings.{item.label}]\ntitle = "Coalition"\n' for item in small_study.transcripts())
    settings.write_text(settings.read_text() + titled)
    again = reopened(small_study)
    assert all(outcome.stage for outcome in again.run("ingest"))
    assert {item.title for item in again.corpus().transcripts.values()} == {
        f"Coalition ({item.label})" for item in again.transcripts()
    }


# ---------------------------------------------------------------- agreement


def test_a_code_that_everybody_gave_everywhere_needs_no_number_of_segments_and_has_no_kappa_so_far() -> None:
    always = {f"s{i}": {who: {"a": agree.PRESENT} for who in ("Ana", "Ben")} for i in range(30)}
    need = a_plan(always).needs[0]
    assert (need.n_units, need.n_positives, need.margin_of_all, need.is_reachable) == (None, None, None, False)
    assert "its kappa is a guess" in need.basis


def test_a_kappa_below_zero_is_told_as_it_is() -> None:
    yes, no = {"a": agree.PRESENT}, dict[str, str]()
    apart = {f"s{i}": {"Ana": yes, "Ben": no} if i % 2 else {"Ana": no, "Ben": yes} for i in range(30)}
    need = a_plan(apart).needs[0]
    assert (need.kappa, "kappa so far -1.00" in need.basis) == (0.0, True)


def test_why_says_nothing_of_costly_disagreements_where_there_are_none() -> None:
    votes = {f"s{i}": {who: {"a": agree.PRESENT} for who in ("Ana", "Ben")} for i in range(9)}
    found = diagnose.run(
        code_key="a", votes=votes, words={}, options=agree.Options(), transcript_of=dict.fromkeys(votes, "fg1")
    )
    assert found.reasons == (
        "Every coder gave this code to every segment compared, so there is nothing to agree on but its presence.",
    )


# ---------------------------------------------------------------- options


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda study: study.double_plan(margin=0.0), "margin must be from 0.01 to 1"),
        (lambda study: study.double_plan(margin=float("nan")), "margin must be"),
        (lambda study: study.double_plan(kappa=1.5), "kappa must be from 0 to 0.95"),
        (lambda study: study.agreement(resamples=-5), "resamples must be 0 or more"),
        (lambda study: study.agreement_over_time(0), "1 part or more"),
        (lambda study: study.tables({"k": 0}), "k must be 1 or more"),
        (lambda study: study.tables({"suppress_below": -1}), "suppress below must be 0 or more"),
        (lambda study: study.theme_carriers({"one_voice": 7.0}), "one voice must be from 0 to 1"),
        (lambda study: study.need_cell("zzz", study.rated_cases()[0].id), "There are stigma"),
    ],
)
def test_an_option_out_of_range_is_refused_in_a_sentence(coded: Study, act: Callable[[Study], object], told: str) -> None:
    assert told in refusal(lambda: act(coded), StudyError)


# ---------------------------------------------------------------- what is claimed


def test_nothing_is_claimed_of_the_codebook_that_is_not_in_it(coded: Study) -> None:
    items = {item.number: item.text for item in coded.checklists()["coreq"].items}
    assert "3 with a definition, 0 with what to include or exclude, 0 with an example" in items["25"]
    assert "marks none as drawn from the data" in items["9"]
    assert "a code that it says nothing of counts as set beforehand" in items["26"]


def test_intervals_are_spoken_of_only_where_there_are_some(coded: Study) -> None:
    methods = " ".join(passage.text for passage in coded.report_texts()["Methods"])
    assert "Krippendorff's alpha" in methods
    assert "in brackets" not in methods


def test_themes_of_retired_codes_are_named_under_the_theme_table(coded: Study) -> None:
    coded.seat("Cara").book.retire("stigma", why="not used")
    table = reopened(coded).tables()["theme_table"]
    assert "Given before the code was retired: Stigma." in table.notes


def test_the_run_tells_the_kappa_of_what_was_judged_blind(coded: Study) -> None:
    blind = {item.measure: item for item in coded.told_agreement() if item.code_key is None}["kappa"].value
    coded.open_round(on="disputed")
    for name in ("Ana", "Ben"):
        seat = coded.seat(name)
        for segment_id in seat.queue():
            seat.judge(segment_id, [])
    run = outcomes(coded, "agree")["agree"].run
    assert run is not None
    assert run.summary.endswith(f"coded blind by two or more, pooled kappa {blind:.2f}")


# ---------------------------------------------------------------- pages


def test_a_row_that_no_page_has_room_for_is_cut_between_words_and_nothing_is_lost() -> None:
    words = [f"word{n}" for n in range(900)]
    row = ("Theme", " ".join(words), "“a”\n“b”")
    parts = cut(row, [3.0, 4.0, 3.0], 9.0, len, 20)
    assert len(parts) > 1
    assert " ".join(part[1] for part in parts).split() == words
    assert [part[0] for part in parts] == ["Theme", *[""] * (len(parts) - 1)]
    assert all(row_lines(part, [3.0, 4.0, 3.0], 9.0, len) <= 20 for part in parts)


def test_rows_that_fill_more_than_a_page_together_may_be_parted_and_long_words_be_broken() -> None:
    said = "It is a long way to the clinic and back. " * 90
    rows = tuple(("Transport", side, said) for side in ("Facilitator", "Barrier", "Mixed"))
    table = Table(title="t", columns=("Theme", "Side", "Quotes"), rows=rows, n_stub=1)
    assert r" \\*" not in latex.fragment(table)
    short = replace(table, rows=tuple((*row[:2], "Short.") for row in rows))
    assert latex.fragment(short).count(r" \\*") == 2
    assert r"xxxxxxxx\allowbreak{}xxxxxxxx" in latex.fragment(replace(table, rows=(("x" * 60, "", ""),)))


# ---------------------------------------------------------------- who is counted


def test_several_at_once_and_nobody_knows_who_are_no_participants(empty_study: Study) -> None:
    turns = ("Multiple: The bus is what we all need.", "P9: I trust the bus and I take it.", "Multiple: A bus would do.")
    said = "\n\n".join((*turns, "P9: It would be there on Sundays."))
    in_folder(empty_study, "transcripts/fg3.txt", said)
    for stage in ("ingest", "segment"):
        outcomes(empty_study, stage)
    seat = empty_study.seat("Ana")
    for segment_id in seat.queue():
        seat.judge(segment_id, choices(trust=None))
    (row,) = empty_study.theme_rows()
    assert (row.n_participants, row.of_participants, row.n_groups) == (5, 5, 3)  # P1 to P4, and P9
    assert [row[0] for row in empty_study.tables()["participant_list"].rows] == ["P1", "P2", "P3", "P4", "P9"]
    group = next(item for item in empty_study.talk_shares() if item.title == "fg3")
    assert group.unknown is not None
    assert (group.unknown.n_turns, len(group.unknown.segment_ids)) == (2, 2)
    presence = {item.number: item.text for item in empty_study.checklists()["coreq"].items}["15"]
    assert "Of 2 turns it is not known who speaks." in presence


def test_what_nobody_has_judged_yet_stands_under_the_themes(small_study: Study) -> None:
    seat = small_study.seat("Ana")
    first = seat.queue()[0]
    seat.judge(first, choices(stigma="barrier"))
    small_study.reveal()
    notes = " ".join(small_study.tables()["themes_by_group"].notes)
    assert "Nobody has judged 4 of 5 segments yet, none of fg2: what they raise is not counted." in notes
