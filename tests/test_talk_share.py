"""Talk share: words, turns and seconds by speaker, Gini's coefficient, and who carries a theme."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from qualkit.errors import StudyError
from qualkit.exporters.printed import in_words
from qualkit.model import Carried, Participant, Role, Segment, Table, Transcript
from qualkit.stages import carriers, talk_share
from qualkit.stages.tables import Options
from qualkit.stages.talk_share import Spoken, gini
from qualkit.stages.themes import Corpus
from qualkit.study import Study
from tests.conftest import choices, in_folder, outcomes, refusal, reopened
from tests.fakes import FakeLanguage, a_segment
from tests.os_focus_group import BY_TURN, make_os_study


def person(key: str, role: Role = Role.PARTICIPANT, name: str = "") -> Participant:
    return Participant(id=key, transcript_id="t", pseudonym=name or key.upper(), role=role)


def corpus(*people: Participant, segments: tuple[Segment, ...] = ()) -> Corpus:
    meeting = Transcript(id="t", label="t", title="Group T", source="t", source_sha256="0")
    return Corpus(
        segments={item.id: item for item in segments},
        transcripts={"t": meeting},
        participants={item.id: item for item in people},
    )


def spoken(who: str | None, n_words: int, start_s: float | None = None, end_s: float | None = None) -> Spoken:
    return Spoken(transcript_id="t", participant_id=who, text="word " * n_words, start_s=start_s, end_s=end_s)


# ---------------------------------------------------------------- Gini


@pytest.mark.parametrize(
    ("amounts", "value"),
    [
        ([5, 5, 5, 5], 0.0),
        ([0, 0, 0, 12], 0.75),  # (n - 1) / n
        ([1, 2, 3, 4], (-3 * 1 - 1 * 2 + 1 * 3 + 3 * 4) / (4 * 10)),  # .25
        ([4, 1, 3, 2], 0.25),
        ([10, 30], 20 * 2 / (2 * 4 * 20)),  # all absolute differences, by 2 n² times the mean
    ],
)
def test_gini_is_that_of_the_textbook(amounts: list[float], value: float) -> None:
    assert gini(amounts) == pytest.approx(value)


@pytest.mark.parametrize("amounts", [[], [7], [0, 0]])
def test_of_one_person_or_of_no_talk_there_is_no_gini(amounts: list[float]) -> None:
    assert gini(amounts) is None


# ---------------------------------------------------------------- the talk of a group


def test_shares_are_of_all_words_for_the_moderator_and_of_participants_words_for_the_largest_voice() -> None:
    people = corpus(person("m", Role.MODERATOR), person("p"), person("q"), person("s"))
    (group,) = talk_share.run([spoken("m", 10), spoken("p", 20), spoken("q", 5), spoken("q", 5), spoken(None, 10)], people)
    assert (group.n_words, group.n_participant_words, group.n_spoke, group.n_silent) == (50, 30, 2, 1)
    assert group.moderator_share == pytest.approx(10 / 50)
    assert group.largest is not None
    assert (group.largest.name, group.largest_share) == ("P", pytest.approx(20 / 30))
    assert [(item.name, item.n_words, item.n_turns) for item in group.participants] == [("P", 20, 1), ("Q", 10, 2), ("S", 0, 0)]
    assert [item.name for item in group.others] == ["M", talk_share.UNKNOWN]


def test_gini_is_told_over_those_who_spoke_and_with_the_silent_as_zero() -> None:
    (group,) = talk_share.run([spoken("p", 20), spoken("q", 10)], corpus(person("p"), person("q"), person("s")))
    assert group.gini == pytest.approx(10 / 60)
    assert group.gini_with_silent == pytest.approx((-2 * 0 + 0 * 10 + 2 * 20) / (3 * 30))


@pytest.mark.parametrize("name", ["Unknown", "multiple speakers", "Several voices", "Everyone"])
def test_unknown_and_several_speakers_count_for_the_group_and_for_no_participant(name: str) -> None:
    said = (replace(a_segment(1, "word", "u"), transcript_id="t"), replace(a_segment(2, "word", None), transcript_id="t"))
    people = corpus(person("p"), person("u", name=name), segments=said)
    (group,) = talk_share.run([spoken("p", 3), spoken("u", 2), spoken(None, 1)], people)
    assert [item.name for item in group.participants] == ["P"]
    assert group.unknown is not None
    assert (group.unknown.n_words, group.unknown.n_turns, group.unknown.segment_ids) == (3, 2, ("s1", "s2"))
    table = talk_share.balance_table([group])
    assert table.rows[0][table.columns.index("Unknown (% of words)")] == 0.5
    assert "2 turns of unknown speakers, or of several at once, count for their group" in table.notes[-1]


def test_seconds_are_told_only_where_every_turn_of_the_group_has_times() -> None:
    people = corpus(person("p"), person("q"))
    (timed,) = talk_share.run([spoken("p", 3, 0, 30), spoken("q", 3, 30, 40), spoken("p", 3, 40, 70)], people)
    assert [item.seconds for item in timed.participants] == [60, 10]
    table = talk_share.people_table([timed])
    assert [row[-2:] for row in table.rows] == [("1:00", pytest.approx(60 / 70)), ("0:10", pytest.approx(10 / 70))]
    (untimed,) = talk_share.run([spoken("p", 3, 0, 30), spoken("q", 3)], people)
    assert [item.seconds for item in untimed.participants] == [None, None]
    assert "Talk (time)" not in talk_share.people_table([untimed]).columns


def test_a_group_in_which_nothing_was_said_has_no_shares() -> None:
    (group,) = talk_share.run([], corpus(person("p"), person("q")))
    assert (group.moderator_share, group.largest, group.largest_share, group.gini) == (None, None, None, None)


# ---------------------------------------------------------------- as tables


def test_the_column_of_silent_people_is_there_only_where_somebody_was_silent() -> None:
    turns = [spoken("p", 2), spoken("q", 1)]
    with_silent = talk_share.balance_table(talk_share.run(turns, corpus(person("p"), person("q"), person("s"))))
    without = talk_share.balance_table(talk_share.run(turns, corpus(person("p"), person("q"))))
    assert with_silent.columns[-1] == "Gini, silent as zero"
    assert "1 participant who said nothing as zero" in with_silent.notes[1]
    assert without.columns[-1] == "Gini"
    assert in_words(without).rows[0][-1] == ".17"
    assert in_words(without).is_figure[-1]


def carried(name: str, n: int, share: float) -> tuple[str, str, Carried]:
    told = Carried(
        n_groups=1, of_groups=4, n_participants=2, of_participants=12, participant="P1", participant_share=share, group="G",
        group_share=0.5, n_segments=n,
    )  # fmt: skip
    return "Domain", name, told


def table_of(limits: carriers.Options, printing: Options, *themes: tuple[str, str, Carried]) -> Table:
    return carriers.table([(*item[:2], carriers.held_to(item[2], limits)) for item in themes], printing, limits)


def test_a_theme_is_flagged_when_one_person_has_more_of_it_than_the_limit() -> None:
    themes = (carried("at", 10, 0.4), carried("above", 10, 0.41), carried("few", 2, 1.0), carried("none", 0, 0.0))
    rows = table_of(carriers.Options(), Options(), *themes).rows
    assert [(row[1], bool(row[-1])) for row in rows] == [("at", False), ("above", True), ("few", False)]
    rows = table_of(carriers.Options(one_voice=0.3), Options(), *themes).rows
    assert [bool(row[-1]) for row in rows] == [True, True, False]


def test_where_few_people_are_hidden_the_largest_voice_is_hidden_too() -> None:
    (row,) = table_of(carriers.Options(), Options(suppress_below=3), carried("above", 10, 0.6)).rows
    assert row[4:7] == ("< 3 of 12", "hidden", "hidden")
    assert row[-1] == "hidden"


# ---------------------------------------------------------------- a study


@pytest.fixture
def study(empty_study: Study) -> Study:
    """P9 of fg1 said nothing; three of four segments on shame are of P1."""
    in_folder(empty_study, "transcripts/participants.csv", "transcript,speaker,pseudonym,role\nfg1,P9,P9,participant\n")
    for stage in ("ingest", "segment"):
        outcomes(empty_study, stage)
    ana = empty_study.seat("Ana")
    for segment in empty_study.coded_segments():
        ana.judge(segment.id, choices(stigma="barrier"))
    empty_study.reveal()
    return empty_study


def test_a_study_tells_its_talk_from_the_transcripts_as_they_stand(study: Study) -> None:
    first, second = study.talk_shares()
    assert [(item.name, item.n_words) for item in first.participants] == [("P2", 21), ("P1", 13), ("P9", 0)]
    assert (first.gini, first.gini_with_silent) == (pytest.approx(8 / (2 * 34)), pytest.approx(2 * 21 / (3 * 34)))
    assert second.n_silent == 0
    turn = study.turn_order(first.transcript_id)[1][0]
    study.seat("Ana").corrections.edit(turn, "Shame.")
    assert [(item.name, item.n_words) for item in study.talk_shares()[0].participants][1] == ("P1", 2)  # and "Mm-hmm."


def test_the_limit_is_an_option_of_the_study_and_of_the_question(study: Study) -> None:
    assert all(not row[-1] for row in study.theme_carriers({"one_voice": 0.9}).rows)
    assert "from one person" in str(study.theme_carriers({"one_voice": 0.2}).rows[0][-1])
    settings = study.folder.config_file
    settings.write_text(settings.read_text(encoding="utf-8") + "\n[options.carriers]\none_voice = 0.2\n", encoding="utf-8")
    again = reopened(study)
    assert "more than 20% of its segments" in again.tables()["theme_carriers"].notes[0]
    assert again.theme_standings()[0].carried.flags
    assert "one_voice" in refusal(lambda: study.theme_carriers({"one_voice": "much"}), StudyError)


def test_the_tables_of_voices_are_among_the_tables(study: Study) -> None:
    assert {"voice_balance", "voice_people", "theme_carriers", "consensus_matrix", "consensus_in_fg1"} <= set(study.tables())


@pytest.mark.real_data
def test_the_shares_of_four_real_groups_are_those_that_were_computed_by_hand(real_data: Path, tmp_path: Path) -> None:
    study = make_os_study(tmp_path / "os", real_data, BY_TURN)
    study.tools.language = FakeLanguage()
    for stage in ("ingest", "segment"):
        list(study.run(stage))
    labels = {meeting.id: meeting.label for meeting in study.transcripts()}
    groups = {labels[item.transcript_id]: item for item in study.talk_shares()}
    shares = {key: round(100 * (item.moderator_share or 0), 1) for key, item in groups.items()}
    assert shares == {"R1_1": 18.6, "R1_2": 11.8, "nonR1_1": 17.2, "nonR1_2": 15.1}
    ginis = {key: round(item.gini or 0, 3) for key, item in groups.items()}
    assert ginis == {"R1_1": 0.247, "R1_2": 0.149, "nonR1_1": 0.236, "nonR1_2": 0.307}
    largest = [round(100 * (item.largest_share or 0)) for item in groups.values()]
    assert (min(largest), max(largest)) == (16, 23)
    assert [item.n_spoke for item in groups.values()] == [8, 8, 8, 9]
