"""The moderator's guide: how it is read, and which question the talk is on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from qualkit.errors import ReadError
from qualkit.model import GuideQuestion, Participant, Role, Turn, by_id
from qualkit.readers.guide import questions_in, read_guide
from qualkit.stages import guide as guides
from qualkit.study import Study
from qualkit.study import guides as followed
from tests.conftest import REPO, refusal

GUIDE = """# Guide

**Opening.** No names, please. 1 rule.

1. **The way there.** How do you get to the clinic,
   by car or by bus?
   - What about the *winter*?
     And the mud?
   - Who drives?
2) What does it cost to come?
Q3. Whom do you trust?

Not a probe.
   - Nor this.
"""

QUESTIONS = (
    GuideQuestion(number=1, text="How do you get to the clinic?", probes=("Is there a bus?",)),
    GuideQuestion(number=2, text="What does the medication cost?"),
    GuideQuestion(number=3, text="Whom do you trust in the county?"),
)


def asked(*said: str, guide: tuple[GuideQuestion, ...] = QUESTIONS) -> list[int | None]:
    return [item.question for item in guides.run(guide=guide, said={"fg1": said})["fg1"]]


def test_numbered_questions_are_read_with_title_and_probes_and_all_else_is_passed_over() -> None:
    first, second, third = questions_in(GUIDE)
    assert (first.number, first.title, first.name) == (1, "The way there", "1. The way there")
    assert first.text == "How do you get to the clinic, by car or by bus?"
    assert first.probes == ("What about the winter? And the mud?", "Who drives?")
    assert (second.text, second.probes, second.name) == ("What does it cost to come?", (), "2. What does it cost to come?")
    assert (third.number, third.text, third.probes) == (3, "Whom do you trust?", ())


def test_the_sample_guide_has_seven_questions_with_thirteen_probes() -> None:
    found = read_guide(REPO / "transcripts" / "guide.md")
    assert [question.number for question in found] == [1, 2, 3, 4, 5, 6, 7]
    assert [len(question.probes) for question in found] == [0, 3, 2, 3, 1, 2, 2]
    assert found[3].title == "What care is like"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"Just talk.\n", "no numbered question"),
        (b"1. One?\n1. Two?\n", "two questions have the number 1"),
        (b"1. Caf\xe9?\n", "not UTF-8"),
    ],
)
def test_a_guide_that_cannot_be_used_is_refused_with_what_to_do(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "guide.md"
    path.write_bytes(content)
    assert says in refusal(lambda: read_guide(path), ReadError)


def test_a_question_is_known_by_its_words_or_those_of_a_probe_in_any_of_their_forms() -> None:
    assert asked("So how are people getting to the clinic?", "And does it run, the bus?") == [1, 1]
    assert asked("How do you get to clinics?", "What did the medications cost you?", "Trusting whom?") == [1, 2, 3]


def test_a_follow_up_that_is_like_nothing_keeps_the_question_before_it_and_small_talk_before_the_first_has_none() -> None:
    assert asked("Can you hear me?", "What does medication cost?", "Say more about that.", "Mm-hmm.") == [None, 2, 2, 2]


def test_talk_may_go_back_to_an_earlier_question_where_it_is_plainly_meant() -> None:
    assert asked("Whom do you trust?", "Say more.", "Is there a bus to the clinic?") == [3, 3, 1]


def test_each_meeting_begins_before_the_first_question() -> None:
    found = guides.run(guide=QUESTIONS, said={"a": ["Whom do you trust?"], "b": ["Hello."], "c": []})
    assert [[item.question for item in mine] for mine in found.values()] == [[3], [None], []]


def test_without_a_guide_or_without_content_words_no_question_is_known() -> None:
    assert asked("Whom do you trust?", guide=()) == [None]
    assert asked("And then?", guide=(GuideQuestion(number=1, text="And you?"),)) == [None]


def test_a_guide_as_text_is_not_taken_for_a_transcript_and_every_turn_knows_its_question(small_study: Study) -> None:
    folder = small_study.folder.path / "transcripts"
    assert followed.follow(small_study) == followed.Followed()
    (folder / "guide.txt").write_text("1. What gets in the way?\n2. What helps people to come?\n")
    assert [path.stem for path in small_study.transcript_files()] == ["fg1", "fg2"]
    found = followed.follow(small_study)
    with small_study.store.read() as tx:
        turns = tx.all(Turn)
    assert (len(found.guide), found.n_asked) == (2, 2)
    labels = {item.id: item.label for item in small_study.transcripts()}
    assert {(labels[turn.transcript_id], found.questions.get(turn.id)) for turn in turns} == {("fg1", None), ("fg2", 2)}


def test_only_what_is_read_as_a_guide_is_left_out_of_the_transcripts_in_capitals_or_not(small_study: Study) -> None:
    folder = small_study.folder.path / "transcripts"
    (folder / "GUIDE.MD").write_text("1. What gets in the way?\n")
    (folder / "Guide.txt").write_text("P1: Not a transcript.\n")
    for name in ("guide.vtt", "Guide.docx"):
        (folder / name).write_bytes(b"")
    (folder / "README.txt").write_text("About.\n")
    assert {path.name for path in small_study.transcript_files()} == {"fg1.txt", "fg2.txt", "guide.vtt", "Guide.docx"}
    assert [question.text for question in followed.read(small_study)] == ["What gets in the way?"]
    assert "question" in small_study.strata()


BY_HAND = {
    "fg1_outreach_team": "0 0 2 2 2 2 2 2 2 3 3 4 4 7 7 7",
    "fg2_treatment_providers": "1 3 3 3 4 4 4 4 4 4 4 4 6 6 5 7 7 7",
    "fg3_recovery_community": "0 0 1 1 1 2 2 2 3 3 5 5 3 4 4 4 4 4 5 6 7 7",
    "fg4_agency_leaders": "1 2 2 3 3 6 6 4 5 4 7 4 4 6 7 7 7",
}
"""The question after each turn of the sample's moderators, as a reader of the transcripts has it; 0 before the first."""


def test_on_the_sample_four_in_five_of_the_moderators_turns_get_the_question_that_a_reader_gives_them(tmp_path: Path) -> None:
    study = Study.init(tmp_path / "sample", title="Sample")
    for path in (REPO / "transcripts").iterdir():
        if path.suffix in {".vtt", ".txt", ".docx", ".srt", ".csv"} or path.name == "guide.md":
            shutil.copyfile(path, study.folder.path / "transcripts" / path.name)
    list(study.run("ingest"))
    found = followed.follow(study)
    labels = {item.id: item.label for item in study.transcripts()}
    with study.store.read() as tx:
        moderators = {key for key, person in by_id(tx.all(Participant)).items() if person.role is Role.MODERATOR}
        turns = [turn for turn in tx.all(Turn) if turn.participant_id in moderators]
    mine = {
        label: [found.questions.get(turn.id, 0) for turn in turns if labels[turn.transcript_id] == label] for label in BY_HAND
    }
    by_hand = {label: [int(number) for number in said.split()] for label, said in BY_HAND.items()}
    assert {label: len(said) for label, said in mine.items()} == {label: len(said) for label, said in by_hand.items()}
    same = [one == other for label in BY_HAND for one, other in zip(mine[label], by_hand[label], strict=True)]
    assert len(same) == 73
    assert sum(same) >= 58
