"""Correcting a transcript: words keep their times, codes their words, and nothing that was there is lost."""

from __future__ import annotations

import csv
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualkit.errors import StaleError, StudyError
from qualkit.model import Correction, Event, Mark, Participant, Segment, Transcript, Turn, Word
from qualkit.stages import correct
from qualkit.store import Store, rows
from qualkit.study import Study
from qualkit.study import words as word_list
from qualkit.study.corrections import Corrections
from tests.conftest import choices

# ---------------------------------------------------------------- pure: words and their times


def a_turn(text: str, *, gap_s: float = 0.1, **fields: object) -> Turn:
    """A turn from 10 s on; each word lasts 0.4 s and is heard with confidence 0.6."""
    words = tuple(
        Word(text=word, start_s=10 + n * (0.4 + gap_s), end_s=10.4 + n * (0.4 + gap_s), confidence=0.6, speaker_confidence=0.7)
        for n, word in enumerate(text.split())
    )
    given = {"id": "t", "transcript_id": "fg", "position": 1, "participant_id": "p", "text": text, "words": words}
    times = {"start_s": 10.0, "end_s": words[-1].end_s if words else 20.0}
    return Turn(**{**given, **times, **fields})  # type: ignore[arg-type]


def a_segment(turn: Turn, words: str, name: str) -> Segment:
    start = turn.text.index(words)
    return Segment(
        id=name, transcript_id="fg", turn_id=turn.id, turn_revision=turn.revision, position=1, start_char=start,
        end_char=start + len(words), text=words, participant_id=turn.participant_id, is_coded=True,
    )  # fmt: skip


def times(words: tuple[Word, ...]) -> dict[str, tuple[float, float]]:
    return {word.text: (round(word.start_s, 2), round(word.end_s, 2)) for word in words}


def test_words_that_stay_keep_time_confidence_and_flags() -> None:
    turn = a_turn("no bus runs on sundays")
    turn = replace(turn, words=(*turn.words[:4], replace(turn.words[4], is_overlapped=True)))
    edited = correct.edit(turn, "no bus runs on  Sundays.", ()).turns[0]
    assert edited.text == "no bus runs on Sundays."
    assert edited.words[:4] == turn.words[:4]
    assert edited.words[4] == replace(turn.words[4], text="Sundays.", confidence=1.0)
    assert (edited.id, edited.revision, edited.start_s, edited.end_s) == ("t", 2, 10.0, turn.end_s)


def test_changed_words_share_the_time_of_those_they_replace() -> None:
    edited = correct.edit(a_turn("the cline ick is open"), "the clinic is open", ()).turns[0]
    assert times(edited.words)["clinic"] == (10.5, 11.4)
    edited = correct.edit(a_turn("the clinic is open"), "the new place is open", ()).turns[0]
    assert times(edited.words)["new"] == (10.5, 10.65)  # 3 of 8 letters of 0.4 s
    assert times(edited.words)["place"] == (10.65, 10.9)
    assert [word.confidence for word in edited.words] == [0.6, 1.0, 1.0, 0.6, 0.6]


def test_inserted_words_are_fitted_into_the_pause_between_their_neighbours() -> None:
    edited = correct.edit(a_turn("no runs", gap_s=1.0), "no bus runs", ()).turns[0]
    assert times(edited.words) == {"no": (10.0, 10.4), "bus": (10.4, 11.4), "runs": (11.4, 11.8)}
    assert edited.words[1].confidence == 1.0
    assert edited.words[1].speaker_confidence == 0.7


def test_an_inserted_word_never_goes_back_in_time_where_words_overlap() -> None:
    turn = a_turn("no runs", gap_s=-0.2)
    edited = correct.edit(turn, "no bus runs today", ()).turns[0]
    starts = [word.start_s for word in edited.words]
    assert starts == sorted(starts)
    assert edited.words[0] == turn.words[0]
    assert edited.words[2] == turn.words[1]


def test_a_turn_without_words_is_edited_without_inventing_times() -> None:
    edited = correct.edit(a_turn("no bus", words=()), "no bus at all", ()).turns[0]
    assert edited.words == ()
    assert edited.text == "no bus at all"


WORDS = st.lists(st.sampled_from(["a", "b", "bus", "Bus.", "no", "und", "x-y", "…"]), min_size=1, max_size=12)


@given(WORDS, WORDS)
def test_after_any_edit_words_spell_the_text_inside_the_turn_in_order_and_segments_lie_on_it(
    old: list[str], new: list[str]
) -> None:
    turn = a_turn(" ".join(old))
    half = len(" ".join(old[: len(old) // 2]))
    spans = [span for span in ((0, half), (half + 1 if half else 0, len(turn.text))) if span[0] < span[1]]
    segments = [replace(a_segment(turn, turn.text[a:b], f"s{n}"), start_char=a, end_char=b) for n, (a, b) in enumerate(spans)]
    change = correct.edit(turn, " ".join(new), segments)
    edited = change.turns[0]
    assert [word.text for word in edited.words] == new
    for before, after in zip(edited.words, edited.words[1:], strict=False):
        assert before.start_s <= before.end_s
        assert before.start_s <= after.start_s
    assert edited.words[0].start_s >= 10.0
    assert edited.words[-1].end_s <= (turn.end_s or 0) + 0.001
    at = 0
    for segment in change.segments:
        assert segment.text == edited.text[segment.start_char : segment.end_char] == segment.text.strip() != ""
        assert segment.start_char >= at
        at = segment.end_char
    assert len(change.segments) + len(change.emptied) == len(segments)
    assert "".join(segment.text for segment in change.segments).replace(" ", "") == "".join(new)


# ---------------------------------------------------------------- pure: segments


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("The bus is late. I walked home.", "The bus is late.", "I walked home."),
        ("The bus is very late. I walk home.", "The bus is very late.", "I walk home."),
        ("The bus is late, mostly. I walk home.", "The bus is late, mostly.", "I walk home."),
        ("The bus is late. So I walk home.", "The bus is late.", "So I walk home."),
        ("The bus is late. Really. I walk home.", "The bus is late. Really.", "I walk home."),
        ("Well, the bus is late. I walk home.", "Well, the bus is late.", "I walk home."),
        ("The bus is late. I walk home now.", "The bus is late.", "I walk home now."),
    ],
)
def test_segments_follow_their_words(text: str, first: str, second: str) -> None:
    turn = a_turn("The bus is late. I walk home.")
    segments = [a_segment(turn, "The bus is late.", "one"), a_segment(turn, "I walk home.", "two")]
    change = correct.edit(turn, text, segments)
    assert [(item.id, item.text, item.turn_revision) for item in change.segments] == [("one", first, 2), ("two", second, 2)]


def test_a_segment_all_of_whose_words_went_is_said_to_be_empty() -> None:
    turn = a_turn("The bus is late. I walk home.")
    segments = [a_segment(turn, "The bus is late.", "one"), a_segment(turn, "I walk home.", "two")]
    change = correct.edit(turn, "I walk home.", segments)
    assert [item.id for item in change.segments] == ["two"]
    assert [item.id for item in change.emptied] == ["one"]
    assert change.segments[0].start_s == pytest.approx(12.0)
    assert correct.edit(turn, "  ", segments) == correct.Change(turns=(), segments=(), emptied=tuple(segments))


def test_a_segment_that_begins_inside_a_word_still_does() -> None:
    turn = a_turn("late.Then we left.")
    segments = [a_segment(turn, "late.", "one"), a_segment(turn, "Then we left.", "two")]
    change = correct.edit(turn, "late.Then they left.", segments)
    assert [item.text for item in change.segments] == ["late.", "Then they left."]


def test_a_split_divides_words_times_and_segments_and_more_words_keep_the_id() -> None:
    turn = a_turn("The bus is late. Oh yes it is always late here.")
    segments = [a_segment(turn, "The bus is late.", "one"), a_segment(turn, "Oh yes it is always late here.", "two")]
    change = correct.split(turn, turn.text.index("it is"), segments, new_turn_id="new")
    first, second = change.turns
    assert (first.text, second.text) == ("The bus is late. Oh yes", "it is always late here.")
    assert (first.id, first.revision, second.id, second.revision) == ("t", 2, "new", 1)
    assert first.words + second.words == turn.words
    assert first.end_s == turn.words[5].end_s
    assert second.start_s == turn.words[6].start_s
    assert [(item.turn_id, item.text) for item in change.segments] == [
        ("t", "The bus is late."), ("t", "Oh yes"), ("new", "it is always late here."),
    ]  # fmt: skip
    assert [item.id for item in change.segments][::2] == ["one", "two"]
    assert change.segments[1].id not in ("one", "two")


def test_a_split_inside_a_word_is_made_before_it_and_none_before_the_first() -> None:
    turn = a_turn("one two three")
    assert [item.text for item in correct.split(turn, 5, (), new_turn_id="n").turns] == ["one", "two three"]
    for at in (0, 2, len(turn.text)):
        with pytest.raises(StudyError, match="between two of its words"):
            correct.split(turn, at, (), new_turn_id="n")


def test_a_split_of_a_turn_without_words_shares_its_time_by_characters() -> None:
    first, second = correct.split(a_turn("abcd efghi", words=(), end_s=20.0), 5, (), new_turn_id="n").turns
    assert (first.start_s, first.end_s, second.start_s, second.end_s) == (10.0, 15.0, 15.0, 20.0)
    first, second = correct.split(a_turn("abcd efghi", words=(), end_s=None), 5, (), new_turn_id="n").turns
    assert (first.end_s, second.start_s, second.end_s) == (None, 10.0, None)


def test_a_merge_joins_words_and_segments_under_the_first_speaker() -> None:
    one, two = a_turn("The bus", speaker_confidence=0.9), a_turn("is late.", id="u", position=2, participant_id="q")
    change = correct.merge(one, two, [a_segment(one, "The bus", "one"), a_segment(two, "is late.", "two")])
    merged = change.turns[0]
    assert (merged.text, merged.participant_id, merged.speaker_confidence) == ("The bus is late.", "p", 0.9)
    assert [word.text for word in merged.words] == ["The", "bus", "is", "late."]
    assert [word.speaker_confidence for word in merged.words] == [0.7, 0.7, 1.0, 1.0]
    assert [(item.id, item.turn_id, item.text, item.participant_id) for item in change.segments] == [
        ("one", "t", "The bus", "p"), ("two", "t", "is late.", "p"),
    ]  # fmt: skip
    assert change.segments[1].start_char == 8


def test_a_split_and_a_merge_give_the_turn_back() -> None:
    turn = a_turn("The bus is late. I walk home.")
    segments = [a_segment(turn, "The bus is late.", "one"), a_segment(turn, "I walk home.", "two")]
    halves = correct.split(turn, 17, segments, new_turn_id="n")
    merged = correct.merge(*halves.turns, halves.segments)
    assert replace(merged.turns[0], revision=1) == turn
    assert [(item.id, item.text) for item in merged.segments] == [("one", "The bus is late."), ("two", "I walk home.")]


# ---------------------------------------------------------------- pure: find, doubt


@pytest.mark.parametrize(
    ("what", "options", "spans"),
    [
        ("bus", {}, [(4, 7), (9, 12), (20, 23)]),
        ("bus", {"whole_words": True}, [(4, 7), (9, 12)]),
        ("bus", {"match_case": True}, [(4, 7), (20, 23)]),
        ("the  bus", {}, [(0, 7)]),
        ("(bus", {}, []),
        (" ", {}, []),
    ],
)
def test_words_are_found(what: str, options: dict[str, bool], spans: list[tuple[int, int]]) -> None:
    assert correct.occurrences("The bus, Bus? And a busy day", what, **options) == spans


def test_what_was_found_is_replaced_everywhere() -> None:
    text = "The bus, Bus? And a busy day"
    assert correct.replaced(text, correct.occurrences(text, "bus"), "tram") == "The tram, tram? And a tramy day"


@pytest.mark.parametrize(
    ("confidence", "n_overlapped", "is_doubtful"),
    [(None, 0, False), (0.49, 0, True), (0.5, 0, False), (0.9, 1, False), (0.9, 2, True), (None, 2, True), (1.0, 3, False)],
)
def test_a_speaker_is_doubtful_for_low_confidence_or_much_overlap_unless_a_person_said_it(
    confidence: float | None, n_overlapped: int, is_doubtful: bool
) -> None:
    words = [replace(word, is_overlapped=n < n_overlapped) for n, word in enumerate(a_turn("a b c").words)]
    assert a_turn("a b c", words=tuple(words), speaker_confidence=confidence).is_doubtful is is_doubtful


def test_words_kept_by_an_older_program_have_the_new_fields_by_default() -> None:
    row = rows.to_row(a_turn("a"))
    for name in ("speaker_confidence", "is_overlapped"):
        del row["words"][0][name]
    assert rows.from_row(Turn, row).words[0] == replace(a_turn("a").words[0], speaker_confidence=None)
    del row["text"]
    with pytest.raises(KeyError, match="text"):
        rows.from_row(Turn, row)


# ---------------------------------------------------------------- a study


@pytest.fixture
def ana(small_study: Study) -> Corrections:
    return small_study.seat("Ana").corrections


def turns_of(study: Study, label: str = "fg1") -> list[Turn]:
    with study.store.read() as tx:
        return tx.all(Turn, transcript_id=tx.all(Transcript, label=label)[0].id)


def turn_with(study: Study, words: str) -> Turn:
    return next(turn for label in ("fg1", "fg2") for turn in turns_of(study, label) if words in turn.text)


def segments_of(study: Study, label: str = "fg1") -> list[Segment]:
    with study.store.read() as tx:
        return tx.all(Segment, transcript_id=tx.all(Transcript, label=label)[0].id)


def speakers(study: Study, label: str = "fg1") -> list[str]:
    with study.store.read() as tx:
        names = {person.id: person.pseudonym for person in tx.all(Participant)}
    return [names[turn.participant_id or ""] for turn in turns_of(study, label)]


def check(study: Study, label: str = "fg1") -> None:
    """The log is whole, places count from 1, and every segment is the words of its turn."""
    assert study.verify() is None
    turns, segments = turns_of(study, label), segments_of(study, label)
    assert [turn.position for turn in turns] == list(range(1, len(turns) + 1))
    assert [item.position for item in segments] == list(range(1, len(segments) + 1))
    by_id = {turn.id: turn for turn in turns}
    for item in segments:
        turn = by_id[item.turn_id]
        assert item.text == turn.text[item.start_char : item.end_char]
        assert (item.turn_revision, item.participant_id) == (turn.revision, turn.participant_id)
    order = [(by_id[item.turn_id].position, item.start_char) for item in segments]
    assert order == sorted(order)


def test_an_edit_is_a_new_revision_and_the_old_one_stays(small_study: Study, ana: Corrections) -> None:
    turn = turn_with(small_study, "No bus")
    ana.edit(turn.id, "No bus runs on Sundays. You need a truck for everything.", base_revision=1)
    edited = turn_with(small_study, "truck")
    assert (edited.id, edited.revision) == (turn.id, 2)
    with small_study.store.read() as tx:
        assert [item.text for item in tx.all(Turn, past=True, id=turn.id)] == [turn.text, edited.text]
        event = tx.all(Event)[-1]
    assert (event.verb, event.actor_id) == ("edited a turn", small_study.seat("Ana").coder.id)
    assert "truck" not in str(event.payload)
    check(small_study)


def test_codes_stay_on_their_words_through_an_edit(small_study: Study, ana: Corrections, segment_ids: dict[str, str]) -> None:
    seat = small_study.seat("Ana")
    seat.judge(segment_ids["No bus"], choices(transport="barrier"))
    ana.edit(turn_with(small_study, "No bus").id, "No buses run on Sundays. You need a car.")
    view = seat.view(segment_ids["No bus"])
    assert view.segment.text == "No buses run on Sundays. You need a car."
    assert [choice.code_key for choice in view.choices] == ["transport"]
    check(small_study)


def test_an_edit_that_leaves_nothing_of_a_judged_segment_is_refused_and_of_another_retires_it(
    small_study: Study, ana: Corrections, segment_ids: dict[str, str]
) -> None:
    ana.edit(turn_with(small_study, "Mm-hmm").id, "")
    assert [turn.position for turn in turns_of(small_study)] == [1, 2, 3, 4]
    check(small_study)
    small_study.seat("Ben").judge(segment_ids["No bus"], [])
    with pytest.raises(StudyError, match="Nothing would be left of “No bus runs"):
        ana.edit(turn_with(small_study, "No bus").id, "")
    assert turn_with(small_study, "No bus").revision == 1


def test_a_stale_act_is_refused_and_a_repeated_one_is_one(small_study: Study, ana: Corrections) -> None:
    turn = turn_with(small_study, "No bus")
    for _ in range(2):
        ana.edit(turn.id, "No bus at all.", base_revision=1, client_id="act")
    assert turn_with(small_study, "No bus").revision == 2
    with pytest.raises(StaleError, match="corrected in another window"):
        ana.edit(turn.id, "No trams.", base_revision=1)
    ana.edit(turn.id, "No bus at all.")
    assert turn_with(small_study, "No bus").revision == 2, "an edit that changes nothing is none"
    ana.edit(turn.id, "")
    with pytest.raises(StaleError, match="turn is gone"):
        ana.set_speaker(turn.id, name="P1")


def test_a_split_makes_room_and_a_merge_closes_the_gap(
    small_study: Study, ana: Corrections, segment_ids: dict[str, str]
) -> None:
    small_study.seat("Ben").judge(segment_ids["No bus"], choices(transport="barrier"))
    turn = turn_with(small_study, "No bus")
    ana.split(turn.id, turn.text.index("car"), base_revision=1)
    assert [item.text for item in turns_of(small_study)][2:4] == [
        "No bus runs on Sundays here. You need a",
        "car for everything.",
    ]
    check(small_study)
    coded = next(item for item in segments_of(small_study) if item.id == segment_ids["No bus"])
    assert coded.text == "No bus runs on Sundays here. You need a"
    rest = next(item for item in segments_of(small_study) if item.text == "car for everything.")
    assert small_study.seat("Ben").view(rest.id).version == 0
    second = turn_with(small_study, "car for")
    ana.merge(turn.id, next_id=second.id)
    assert turn_with(small_study, "No bus").text == turn.text
    check(small_study)
    with pytest.raises(StaleError, match="Another turn follows"):
        ana.merge(turn.id, next_id=second.id)
    with pytest.raises(StudyError, match="this is the last"):
        ana.merge(turns_of(small_study)[-1].id)


def test_a_split_may_edit_first(small_study: Study, ana: Corrections) -> None:
    turn = turn_with(small_study, "No bus")
    text = "No bus  runs. You need a truck."
    ana.split(turn.id, text.index("You"), text=text)
    assert [item.text for item in turns_of(small_study)][2:4] == ["No bus runs.", "You need a truck."]
    assert turns_of(small_study)[2].revision == 2
    check(small_study)


def test_the_speaker_of_a_turn_is_set_and_a_new_name_makes_a_participant(small_study: Study, ana: Corrections) -> None:
    turn = turn_with(small_study, "No bus")
    ana.set_speaker(turn.id, name="P9")
    assert speakers(small_study) == ["Moderator", "P1", "P9", "P1", "P2"]
    assert turn_with(small_study, "No bus").speaker_confidence == 1.0
    moderator = turns_of(small_study)[0].participant_id
    ana.set_speaker(turn.id, participant_id=moderator)
    assert [item.is_coded for item in segments_of(small_study)] == [False, True, False, False, True]
    with small_study.store.read() as tx:
        names = [person.pseudonym for person in tx.all(Participant) if person.transcript_id == turn.transcript_id]
    assert names == ["Moderator", "P1", "P2"], "who says nothing any more was not there"
    check(small_study)
    with pytest.raises(StudyError, match="needs a name"):
        ana.set_speaker(turn.id, name="  ")
    with pytest.raises(StudyError, match="no such speaker"):
        ana.set_speaker(turn.id, participant_id=turns_of(small_study, "fg2")[1].participant_id)


def test_everything_is_undone_step_by_step(small_study: Study, ana: Corrections, segment_ids: dict[str, str]) -> None:
    small_study.seat("Ben").judge(segment_ids["No bus"], choices(transport="barrier"))

    def state() -> list[tuple[object, ...]]:
        texts = [(turn.id, turn.position, turn.text) for turn in turns_of(small_study)]
        units = [(item.id, item.position, item.text, item.is_coded) for item in segments_of(small_study)]
        return [*texts, *units, *speakers(small_study)]

    turn = turn_with(small_study, "No bus")
    states = [state()]
    for act in (
        lambda: ana.edit(turn.id, "No bus runs. You need a truck, really."),
        lambda: ana.split(turn.id, 13),
        lambda: ana.set_speaker(turn.id, name="P9"),
        lambda: ana.merge(turns_of(small_study)[0].id),
        lambda: ana.edit(turn_with(small_study, "Mm-hmm").id, ""),
        lambda: ana.merge(turn_with(small_study, "No bus").id),
    ):
        act()
        check(small_study)
        states.append(state())
    said = []
    for before in reversed(states[:-1]):
        said.append(ana.undo(turn.transcript_id))
        assert state() == before
        check(small_study)
    assert said == ["merged turns", "removed a turn", "merged turns", "set a speaker", "split a turn", "edited a turn"]
    with pytest.raises(StudyError, match="no correction of this transcript to undo"):
        ana.undo(turn.transcript_id)


def test_only_who_made_the_last_correction_undoes_it(small_study: Study, ana: Corrections) -> None:
    turn = turn_with(small_study, "No bus")
    ana.edit(turn.id, "No bus.")
    small_study.seat("Ben").corrections.edit(turn.id, "No tram.")
    with pytest.raises(StaleError, match="Somebody else"):
        ana.undo(turn.transcript_id)
    small_study.seat("Ben").corrections.undo(turn.transcript_id)
    ana.undo(turn.transcript_id)
    assert turn_with(small_study, "No bus").text == turn.text


def test_a_correction_is_not_undone_over_segments_cut_anew_or_judged_since(small_study: Study, ana: Corrections) -> None:
    turn = turn_with(small_study, "No bus")
    ana.split(turn.id, turn.text.index("You"))
    rest = next(item for item in segments_of(small_study) if item.text.startswith("You need"))
    small_study.seat("Ben").judge(rest.id, [])
    with pytest.raises(StudyError, match="Nothing would be left of “You need"):
        ana.undo(turn.transcript_id)
    other = turn_with(small_study, "The bus stops")
    ana.split(other.id, other.text.index("right"))
    list(small_study.run("segment"))
    with pytest.raises(StudyError, match="cut anew since"):
        ana.undo(other.transcript_id)
    check(small_study)


# ---------------------------------------------------------------- speakers


def test_a_renamed_speaker_stays_renamed_when_everything_runs_again(small_study: Study, ana: Corrections) -> None:
    roster = small_study.roster_file
    roster.write_text("speaker,transcript,age\nP2,fg1,44\n", encoding="utf-8-sig")
    list(small_study.run("ingest"))
    person = turn_with(small_study, "No bus").participant_id
    ana.rename_speaker(person or "", "Dana Ré")
    assert speakers(small_study) == ["Moderator", "P1", "Dana Ré", "P1", "Dana Ré"]
    with roster.open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.DictReader(file)) == [
            {"speaker": "P2", "transcript": "fg1", "age": "44", "pseudonym": "Dana Ré", "role": ""}
        ]
    before = turns_of(small_study), segments_of(small_study)
    for stage in ("ingest", "segment"):
        list(small_study.run(stage))
    assert ([replace(turn, run_id=None) for turn in turns_of(small_study)], [item.id for item in segments_of(small_study)]) == (
        [replace(turn, run_id=None) for turn in before[0]], [item.id for item in before[1]],
    )  # fmt: skip
    with small_study.store.read() as tx:
        dana = tx.first(Participant, pseudonym="Dana Ré")
    assert dana is not None
    assert dict(dana.attributes) == {"age": "44"}
    check(small_study)


def test_the_name_of_another_speaker_makes_two_one_and_that_is_undone_at_one_stroke(
    small_study: Study, ana: Corrections
) -> None:
    person = turn_with(small_study, "No bus").participant_id or ""
    ana.rename_speaker(person, "P1", client_id="once")
    ana.rename_speaker(person, "P1", client_id="once")
    assert speakers(small_study) == ["Moderator", "P1", "P1", "P1", "P1"]
    assert not small_study.roster_file.exists()
    ana.undo(turns_of(small_study)[0].transcript_id)
    assert speakers(small_study) == ["Moderator", "P1", "P2", "P1", "P2"]
    check(small_study)


# ---------------------------------------------------------------- find and replace, word list


def test_find_and_replace_over_the_study_previews_counts_and_undoes(
    small_study: Study, ana: Corrections, segment_ids: dict[str, str]
) -> None:
    assert [(item.n, item.match, item.speaker) for item in ana.find("bus", whole_words=True)] == [
        (1, "bus", "P2"), (1, "bus", "P3"),
    ]  # fmt: skip
    assert len(ana.find("trust")) == 2
    assert ana.find("Bus", match_case=True) == []
    found = ana.find("bus")
    ana.edit(found[0].turn_id, "No bus here at all.")
    done = ana.replace_all(found, "bus", "tram", client_id="stroke")
    assert done.n_turns == 1
    assert "corrected in another window" in done.refused[0]
    assert turn_with(small_study, "tram stops").text == "The tram stops right at the clinic door now."
    found = ana.find("clinic")
    done = ana.replace_all(found, "clinic", "Clinic", client_id="second")
    assert ana.replace_all(found, "clinic", "Clinic", client_id="second").n_turns == 0
    ana.undo(found[0].transcript_id)
    ana.undo(found[0].transcript_id)
    assert turn_with(small_study, "The bus stops")
    check(small_study)
    check(small_study, "fg2")


def test_a_replacement_that_would_empty_a_judged_segment_is_passed_over_and_said(
    small_study: Study, ana: Corrections, segment_ids: dict[str, str]
) -> None:
    small_study.seat("Ben").judge(segment_ids["There is"], [])
    turn = turn_with(small_study, "There is so much")
    done = ana.replace_all(ana.find(turn.text), turn.text, "")
    assert done.n_turns == 0
    assert "Nothing would be left" in done.refused[0]
    assert turn_with(small_study, "There is so much").revision == 1


def test_the_word_list_grows_by_new_words_and_keeps_comments(small_study: Study, ana: Corrections) -> None:
    assert small_study.word_list() == ()
    assert ana.add_words(["Tilden", " Five  Rivers ", "Tilden", ""]) == ("Tilden", "Five Rivers")
    path = small_study.folder.path / word_list.FILE
    path.write_text(path.read_text() + "# drugs\nnaltrexone", encoding="utf-8")
    assert ana.add_words(["Suboxone", "naltrexone"]) == ("Suboxone",)
    assert small_study.word_list() == ("Tilden", "Five Rivers", "naltrexone", "Suboxone")
    assert "# drugs\nnaltrexone\nSuboxone\n" in path.read_text()
    with small_study.store.read() as tx:
        assert "Suboxone" not in str([event.payload for event in tx.all(Event)])


# ---------------------------------------------------------------- running again


def test_a_corrected_transcript_is_not_made_anew_when_the_roster_changes(small_study: Study, ana: Corrections) -> None:
    ana.edit(turn_with(small_study, "No bus").id, "No tram.")
    small_study.roster_file.write_text(
        "transcript,speaker,pseudonym,role\nfg1,P1,Ben,\nfg1,P2,P1,\nfg1,Moderator,Mod,moderator\n"
    )
    outcome = next(iter(small_study.run("ingest")))
    assert outcome.is_fresh
    assert speakers(small_study) == ["Mod", "Ben", "P1", "Ben", "P1"]
    assert turn_with(small_study, "No tram").revision == 2
    list(small_study.run("segment"))
    check(small_study)


def test_a_corrected_transcript_is_settled_for_the_stages_and_others_are_not(small_study: Study, ana: Corrections) -> None:
    from qualkit.study import meetings

    ana.edit(turn_with(small_study, "No bus").id, "No tram.")
    prints = {path: small_study.print_of(path) for path in small_study.transcript_files()}
    with small_study.store.read() as tx:
        settled = meetings.settled(tx, prints)
    assert [path.name for path in settled] == ["fg1.txt"]
    assert [said.text for said in next(iter(settled.values()))] == [turn.text for turn in turns_of(small_study)]


def test_a_corrected_transcript_whose_file_changes_or_goes_is_kept_and_said(small_study: Study, ana: Corrections) -> None:
    ana.edit(turn_with(small_study, "No bus").id, "No tram.")
    path = small_study.folder.path / "transcripts" / "fg1.txt"
    path.write_text(path.read_text() + "\n\nP1: And more.\n")
    with pytest.raises(StudyError, match=r"fg1.txt has changed, but people have corrected"):
        list(small_study.run("ingest"))
    path.unlink()
    with pytest.raises(StudyError, match=r"fg1.txt is gone, but people have corrected"):
        list(small_study.run("ingest"))
    assert turn_with(small_study, "No tram")


def test_segments_of_an_uncoded_transcript_are_cut_anew_from_corrected_turns(small_study: Study, ana: Corrections) -> None:
    turn = turn_with(small_study, "No bus")
    ana.edit(turn.id, "No bus runs. " + "You need a car for everything here in town, and I have none at all now. " * 6)
    assert sum(item.turn_id == turn.id for item in segments_of(small_study)) == 1
    list(small_study.run("segment"))
    assert sum(item.turn_id == turn.id for item in segments_of(small_study)) == 2
    check(small_study)


def test_segments_of_a_coded_transcript_stay_as_corrected_when_cut_again(
    small_study: Study, ana: Corrections, segment_ids: dict[str, str]
) -> None:
    small_study.seat("Ben").judge(segment_ids["No bus"], [])
    turn = turn_with(small_study, "No bus")
    ana.split(turn.id, turn.text.index("You"))
    before = [(item.id, item.text, item.position) for item in segments_of(small_study)]
    list(small_study.run("segment"))
    assert [(item.id, item.text, item.position) for item in segments_of(small_study)] == before
    check(small_study)


def test_exports_hold_the_corrected_words(small_study: Study, ana: Corrections) -> None:
    ana.edit(turn_with(small_study, "No bus").id, "No tram runs.")
    ana.rename_speaker(turn_with(small_study, "No tram").participant_id or "", "Dana")
    written = small_study.write_transcripts(["txt"], ["fg1"]).paths[0].read_text()
    assert "No tram runs." in written
    assert "No bus" not in written
    assert "Dana" in written


def test_marks_are_kept_until_others_come(small_study: Study) -> None:
    from qualkit.study import meetings

    mark = Mark(start_s=1.0, end_s=2.0, text="A loop was cut.")
    path = small_study.folder.path / "transcripts" / "fg1.txt"
    sha = small_study.print_of(path)
    for given_marks, kept in (((mark,), (mark,)), (None, (mark,)), ((), ())):
        with small_study.store.write() as tx:
            meetings.save(tx, small_study, path, sha, [], run_id="", marks=given_marks)
        assert small_study.transcripts()[0].marks == kept


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE turn SET text = 'No car.' WHERE text = 'No tram.'",
        "UPDATE turn SET is_current = 1 WHERE text LIKE 'Mm-hmm%'",
        "DELETE FROM turn WHERE text = 'No tram.'",
    ],
)
def test_a_corrected_turn_changed_by_hand_is_found(small_study: Study, ana: Corrections, statement: str) -> None:
    ana.edit(turn_with(small_study, "No bus").id, "No tram.")
    ana.edit(turn_with(small_study, "Mm-hmm").id, "")
    with sqlite3.connect(small_study.folder.database) as connection:
        connection.execute(statement)
    assert "the corrected turn" in (small_study.verify() or "")


def test_a_database_of_the_first_schema_opens_with_its_transcripts(small_study: Study) -> None:
    from alembic import command
    from alembic.config import Config

    from qualkit.store import migrate

    before = small_study.transcripts()
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    with small_study.store._engine.connect().execution_options(qualkit_writes=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
    small_study.store.close()
    with Store.at(small_study.folder.database).read() as tx:
        assert tx.all(Transcript) == before
        assert tx.all(Correction) == []
    assert list(small_study.folder.path.glob("*.0001.*.backup"))


# ---------------------------------------------------------------- doubt travels on


def test_a_doubtful_speaker_is_said_to_the_coder_and_under_the_theme_table(
    small_study: Study, segment_ids: dict[str, str]
) -> None:
    seat = small_study.seat("Ana")
    seat.judge(segment_ids["No bus"], choices(transport="barrier"))
    seat.judge(segment_ids["There is"], choices(stigma="barrier"))
    assert not seat.view(segment_ids["No bus"]).is_speaker_doubtful
    assert "doubtful" not in small_study.basis_note(small_study.final_codes())
    with sqlite3.connect(small_study.folder.database) as connection:
        connection.execute("UPDATE turn SET speaker_confidence = 0.3 WHERE text LIKE 'No bus%'")
    again = Study.open(small_study.folder.path)
    assert seat.view(segment_ids["No bus"]).is_speaker_doubtful
    note = again.basis_note(again.final_codes())
    assert note.endswith("Of 2 coded segments, 1 comes from a turn whose speaker is doubtful.")
    seat.corrections.set_speaker(turn_with(small_study, "No bus").id, name="P2")
    assert "doubtful" not in again.basis_note(again.final_codes())


def test_evidence_follows_the_words_of_a_corrected_segment(small_study: Study, segment_ids: dict[str, str]) -> None:
    list(small_study.run("suggest", suggesters=("keywords",)))
    seat = small_study.seat("Ana")
    seat.judge(segment_ids["No bus"], [])
    seat.corrections.edit(turn_with(small_study, "No bus").id, "Well, no bus runs on Sundays here. You need a truck.")
    text = seat.view(segment_ids["No bus"]).segment.text
    pointed_at = [words for card in seat.cards(segment_ids["No bus"]) for words in card.evidence]
    for words in pointed_at:
        assert text[words.start_char : words.end_char].casefold() == words.text.casefold()
    assert {words.text for words in pointed_at} == {"bus"}
