"""Recordings to turns: a queue that outlives an error, pieces that are not heard twice, parts that can be coded early."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from qualkit.errors import StudyError
from qualkit.model import Heard, Mark, Participant, SpeakerCount, Turn
from qualkit.study import Study, ears, vault
from qualkit.study.listening import Pace, about
from tests.conftest import HEARD, Engines, a_recording, choices, in_folder, outcomes, refusal, reopened


@pytest.fixture
def study(empty_study: Study, fake_engines: Engines) -> Study:
    """The small study with fakes for all engines; the transcriber hears `HEARD` in every piece."""
    fake_engines.transcriber.runs = HEARD
    return empty_study


@pytest.fixture
def short_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of 14 seconds: a recording of 42 seconds has three."""
    monkeypatch.setattr(ears, "PIECE_S", 14.0)


def turns(study: Study, label: str = "fg3") -> list[Turn]:
    with study.store.read() as tx:
        ids = [item.id for item in study.transcripts() if item.label == label]
        return tx.all(Turn, transcript_id=ids)


def labels(study: Study) -> list[str]:
    with study.store.read() as tx:
        return sorted(person.label for person in tx.all(Participant))


def texts(study: Study, label: str = "fg3") -> list[str]:
    return [turn.text for turn in turns(study, label)]


@contextmanager
def while_hearing(engines: Engines, number: int, act: Callable[[], Any]) -> Iterator[None]:
    """Have `act` done when the piece of that number is about to be heard."""
    hear = engines.transcriber.transcribe

    def heard(*args: Any, **kwargs: Any) -> Heard:
        if engines.transcriber.n_calls == number - 1:
            act()
        return hear(*args, **kwargs)

    engines.transcriber.transcribe = heard  # type: ignore[method-assign]
    yield
    engines.transcriber.transcribe = hear  # type: ignore[method-assign]


def killed() -> None:
    raise RuntimeError("killed")


def code_a_part_and_die(study: Study, engines: Engines) -> None:
    """Have somebody code a segment of the first piece, and the run killed at the second."""

    def code_and_die() -> None:
        segment = next(item for item in study.coded_segments() if item.text == "I need a car.")
        study.seat("Ana").judge(segment.id, choices(trust=None))
        killed()

    with while_hearing(engines, 2, code_and_die), pytest.raises(RuntimeError, match="killed"):
        outcomes(study, "transcribe")


# ---------------------------------------------------------------- one recording


def test_a_recording_becomes_turns_with_words_times_and_voices(study: Study, fake_engines: Engines) -> None:
    a_recording(study)
    run = outcomes(study, "transcribe")["transcribe"].run
    assert run is not None
    assert run.summary == "1 recording, 11 words"
    outcomes(study, "segment")
    heard = [segment for segment in study.segments() if segment.start_s is not None]
    # the fake diarizer has one voice to 2.2 s and from 9 s on, another between: three turns. A word lasts 0.3 s.
    assert [(segment.text, segment.start_s) for segment in heard] == [
        ("No bus runs here.", 1.0),
        ("None at all.", pytest.approx(1.0 + 4 * 0.3)),
        ("I need a car.", 10.0),
    ]
    assert study.recordings()[0].duration_s == pytest.approx(14.0)


def test_a_run_that_dies_while_telling_voices_apart_keeps_the_words(study: Study, fake_engines: Engines) -> None:
    a_recording(study)
    fake_engines.diarizer.n_failures = 1
    with pytest.raises(RuntimeError, match="killed"):
        outcomes(study, "transcribe")
    assert study.transcripts() == []
    assert outcomes(study, "transcribe")["transcribe"].is_fresh
    assert (fake_engines.transcriber.n_calls, fake_engines.diarizer.n_calls) == (1, 2)
    assert [transcript.label for transcript in study.transcripts()] == ["fg3"]


def test_another_number_of_speakers_does_not_recognise_the_words_again(study: Study, fake_engines: Engines) -> None:
    a_recording(study)
    outcomes(study, "transcribe")
    with study.folder.config_file.open("a") as file:
        file.write("\n[meetings.fg3]\nspeakers = 2\n")
    assert outcomes(reopened(study), "transcribe")["transcribe"].is_fresh
    assert (fake_engines.transcriber.n_calls, fake_engines.diarizer.n_calls) == (1, 2)


def test_silence_is_a_meeting_without_turns(study: Study, fake_engines: Engines) -> None:
    fake_engines.transcriber.runs = ()
    a_recording(study)
    run = outcomes(study, "transcribe")["transcribe"].run
    assert run is not None
    assert run.summary == "1 recording, 0 words"


def test_a_long_recording_is_heard_piece_by_piece_and_its_times_go_on(
    study: Study, fake_engines: Engines, short_pieces: None
) -> None:
    a_recording(study, seconds=42.0)
    outcomes(study, "transcribe")
    assert fake_engines.transcriber.n_calls == 3
    starts = [word.start_s for turn in turns(study) for word in turn.words]
    assert starts == sorted(starts)
    assert len(starts) == 3 * 11
    assert starts[0] == 1.0
    assert starts[-1] > 28 + 10


def test_a_run_that_is_killed_goes_on_at_the_piece_it_was_at(study: Study, fake_engines: Engines, short_pieces: None) -> None:
    a_recording(study, seconds=42.0)
    with while_hearing(fake_engines, 3, killed), pytest.raises(RuntimeError, match="killed"):
        outcomes(study, "transcribe")
    assert fake_engines.transcriber.n_calls == 2
    outcomes(study, "transcribe")
    assert fake_engines.transcriber.n_calls == 3
    assert len(texts(study)) > 3


def test_the_working_copy_of_a_recording_is_gone_when_it_is_heard(study: Study) -> None:
    a_recording(study)
    outcomes(study, "transcribe")
    assert not [path for path in (study.folder.artifacts / "sound").rglob("*") if path.is_file()]


# ---------------------------------------------------------------- parts


def test_the_first_minutes_can_be_read_and_coded_while_the_rest_is_heard(
    study: Study, fake_engines: Engines, short_pieces: None
) -> None:
    a_recording(study, seconds=42.0)
    seen: list[str] = []

    def code() -> None:
        other = reopened(study)
        seen.extend(texts(other))
        assert any("is not transcribed yet" in mark.text for item in other.transcripts() for mark in item.marks)
        segment = next(item for item in other.coded_segments() if item.text == "I need a car.")
        other.seat("Ana").judge(segment.id, choices(trust=None))

    with while_hearing(fake_engines, 2, code):
        run = outcomes(study, "transcribe")["transcribe"].run
    assert run is not None
    assert run.problems == ()
    assert seen == ["No bus runs here.", "None at all.", "I need a car."]
    assert texts(study)[:3] == seen
    assert len(texts(study)) > 3
    assert not [mark for item in study.transcripts() for mark in item.marks]
    outcomes(study, "segment")
    assert [segment.text for segment in study.coded_segments() if segment.id in study.votes()] == ["I need a car."]
    assert study.verify() is None


def test_a_part_that_was_left_and_coded_is_completed_by_the_next_run(
    study: Study, fake_engines: Engines, short_pieces: None
) -> None:
    a_recording(study, seconds=42.0)
    code_a_part_and_die(study, fake_engines)
    outcomes(study, "transcribe")
    assert len([word for turn in turns(study) for word in turn.words]) == 33
    outcomes(study, "segment")
    assert [segment.text for segment in study.coded_segments() if segment.id in study.votes()] == ["I need a car."]


def test_a_roster_learned_later_names_the_people_of_a_coded_recording_and_keeps_its_words(study: Study) -> None:
    a_recording(study)
    outcomes(study, "transcribe"), outcomes(study, "segment")
    segment = next(item for item in study.coded_segments() if item.text == "I need a car.")
    study.seat("Ana").judge(segment.id, choices(trust=None))
    in_folder(study, "transcripts/participants.csv", "transcript,speaker,pseudonym\nfg3,Speaker 1,Maple\n")
    run = outcomes(study, "transcribe", model="another")["transcribe"].run
    assert run is not None
    assert run.summary == "1 recording, 1 left as coded or corrected, 11 words"
    assert "Maple" in {person.pseudonym for person in study.corpus().participants.values()}
    assert study.coded_segments() and segment.id in study.votes()


def test_a_correction_that_was_undone_does_not_end_the_transcript(
    study: Study, fake_engines: Engines, short_pieces: None
) -> None:
    a_recording(study, seconds=42.0)

    def correct_and_undo() -> None:
        other = reopened(study)
        turn = turns(other)[0]
        corrections = other.seat("Ana").corrections
        corrections.edit(turn.id, "No tram runs here.")
        corrections.undo(turn.transcript_id)

    with while_hearing(fake_engines, 2, correct_and_undo):
        outcomes(study, "transcribe")
    assert sum(len(turn.words) for turn in turns(study)) == 33
    first = turns(study)[0]
    study.seat("Ana").corrections.edit(first.id, "No train runs here.")
    assert texts(study)[0] == "No train runs here."
    assert study.verify() is None


@pytest.mark.parametrize("text", ["I need a", "I need a car today."])
def test_words_taken_away_or_added_at_the_end_of_a_part_change_nothing_that_follows(
    study: Study, fake_engines: Engines, short_pieces: None, text: str
) -> None:
    a_recording(study, seconds=28.0)

    def correct() -> None:
        other = reopened(study)
        other.seat("Ana").corrections.edit(turns(other)[-1].id, text)

    with while_hearing(fake_engines, 2, correct):
        outcomes(study, "transcribe")
    said = texts(study)
    assert said[2] == text
    assert " ".join(said[3:]) == "No bus runs here. None at all. I need a car."


def test_a_whole_transcript_stays_until_it_is_heard_anew_and_what_is_corrected_meanwhile_stays_for_good(
    study: Study, fake_engines: Engines, short_pieces: None
) -> None:
    a_recording(study, seconds=42.0)
    outcomes(study, "transcribe")
    before = texts(study)
    seen: list[list[str]] = []

    def look_and_correct() -> None:
        seen.append(texts(reopened(study)))
        other = reopened(study)
        other.seat("Ana").corrections.edit(turns(other)[-1].id, "I need a bus.")

    with while_hearing(fake_engines, 3 + 3, look_and_correct):
        outcomes(study, "transcribe", verbatim=True)
    assert seen == [before]
    assert texts(study) == [*before[:-1], "I need a bus."]
    assert not [mark for item in study.transcripts() for mark in item.marks]


def test_another_file_does_not_go_on_where_a_coded_part_ended(study: Study, fake_engines: Engines, short_pieces: None) -> None:
    path = a_recording(study, seconds=42.0)
    code_a_part_and_die(study, fake_engines)
    before = texts(study)
    path.unlink()
    in_folder(study, "transcripts/fg3.txt", "P1: Something else was said.\n")
    assert "fg3.txt has changed, but people have coded" in refusal(lambda: outcomes(study, "ingest"), StudyError)
    assert texts(study) == before


def test_a_correction_made_while_segments_are_cut_stays(study: Study, fake_engines: Engines) -> None:
    a_recording(study)
    outcomes(study, "transcribe")
    outcomes(study, "segment")
    cut = study.tools.language.sentences
    done: list[str] = []

    def cut_slowly(text: str) -> list[tuple[int, int]]:
        if not done:
            done.append(text)
            study.seat("Ana").corrections.edit(turns(study)[0].id, "No tram runs here.")
        return cut(text)

    study.tools.language.sentences = cut_slowly  # type: ignore[method-assign]
    outcomes(study, "segment", max_words=7)
    assert "No tram runs here." in [segment.text for segment in study.segments()]
    assert "No bus runs here." not in [segment.text for segment in study.segments()]


def test_a_recording_that_is_taken_out_leaves_the_study(study: Study) -> None:
    for file in (study.folder.path / "transcripts").iterdir():
        file.unlink()
    path = a_recording(study)
    outcomes(study)
    path.unlink()
    outcomes(study)
    assert study.transcripts() == []
    assert study.vault.speakers("fg3") == ()


# ---------------------------------------------------------------- the queue


def test_an_error_in_one_recording_is_named_and_the_others_become_transcripts(study: Study, fake_engines: Engines) -> None:
    for number in (3, 4, 5, 7, 8):
        a_recording(study, f"fg{number}.wav", seconds=12.0 + number)
    bad = in_folder(study, "recordings/fg6.wav", "Bring the recorder.\n")
    run = outcomes(study, "transcribe")["transcribe"].run
    assert run is not None
    assert run.summary == "5 recordings, 1 could not be read, 55 words"
    (problem,) = run.problems
    assert problem.startswith("fg6.wav is not a sound file")
    assert [item.label for item in study.transcripts()] == ["fg3", "fg4", "fg5", "fg7", "fg8"]
    again = outcomes(study, "transcribe")["transcribe"]
    assert again.is_fresh, "a problem is looked at again"
    assert fake_engines.transcriber.n_calls == 5, "what was heard is not heard again"
    bad.unlink()
    mended = outcomes(study, "transcribe")["transcribe"]
    assert mended.run is not None
    assert mended.run.problems == ()
    assert not outcomes(study, "transcribe")["transcribe"].is_fresh


def test_when_nothing_can_be_read_the_stage_fails(study: Study) -> None:
    in_folder(study, "recordings/fg6.wav", "Bring the recorder.\n")
    assert refusal(lambda: outcomes(study, "transcribe"), StudyError).startswith("fg6.wav is not a sound file")


# ---------------------------------------------------------------- options


@pytest.mark.parametrize(
    ("config", "given", "count"),
    [
        ("", {}, SpeakerCount()),
        ("speakers = 3", {}, SpeakerCount(least=3, most=3)),
        ("min_speakers = 2\nmax_speakers = 5", {}, SpeakerCount(least=2, most=5)),
        ("", {"max_speakers": 4}, SpeakerCount(most=4)),
        ("speakers = 3", {"max_speakers": 2}, SpeakerCount(least=3, most=3)),
    ],
)
def test_the_number_of_speakers_is_what_the_meeting_says_else_the_options(
    study: Study, fake_engines: Engines, config: str, given: dict[str, int], count: SpeakerCount
) -> None:
    a_recording(study)
    with study.folder.config_file.open("a") as file:
        file.write(f"\n[meetings.fg3]\n{config}\n")
    outcomes(reopened(study), "transcribe", **given)
    assert fake_engines.diarizer.counts == [count]


def test_the_word_list_is_a_hint_to_the_recogniser(study: Study, fake_engines: Engines) -> None:
    a_recording(study)
    in_folder(study, "words.txt", "# places\nAlder County\nNaloxone\n")
    outcomes(study, "transcribe")
    assert fake_engines.transcriber.was_hinted == [("Alder County", "Naloxone")]


def test_the_language_is_detected_when_asked_and_only_once(study: Study, fake_engines: Engines) -> None:
    a_recording(study)
    fake_engines.transcriber.speaks = "es"
    outcomes(study, "transcribe", language="auto")
    outcomes(study, "transcribe", language="auto", verbatim=True)
    assert fake_engines.transcriber.languages == ["es", "es"]


def test_what_a_recogniser_mended_is_marked_in_the_transcript(study: Study, fake_engines: Engines, short_pieces: None) -> None:
    a_recording(study, seconds=28.0)
    fake_engines.transcriber.marks = [Mark(start_s=5.0, end_s=6.0, text="A loop was cut.")]
    outcomes(study, "transcribe")
    (transcript,) = (item for item in study.transcripts() if item.label == "fg3")
    first, second = transcript.marks
    assert (first.start_s, first.text) == (5.0, "A loop was cut.")
    assert second.start_s == pytest.approx(14.0 + 5.0, abs=3.0)


def test_a_track_for_each_speaker_needs_no_diarizer(study: Study, fake_engines: Engines) -> None:
    folder = study.folder.path / "recordings" / "fg3"
    folder.mkdir()
    for name in ("Ana", "Ben"):
        a_recording(study, f"fg3/{name}.wav")
    outcomes(study, "transcribe"), outcomes(study, "segment")
    assert fake_engines.diarizer.counts == []
    (transcript,) = (item for item in study.transcripts() if item.label == "fg3")
    ana = study.seat("Ana")
    recording = ana.corrections.recording(transcript.id)
    assert recording is not None
    assert ana.corrections.sound(recording, 1.0, 2.0).startswith(b"OggS")
    heard = next(item for item in study.coded_segments() if item.transcript_id == transcript.id)
    assert (ana.clip(heard.id) or b"").startswith(b"OggS"), "the tracks are heard together"
    assert labels(study) == ["Ana", "Ben"]


# ---------------------------------------------------------------- voices that are known


def test_a_speaker_is_enrolled_and_named_in_another_recording_only_when_asked(study: Study, fake_engines: Engines) -> None:
    a_recording(study)
    outcomes(study, "transcribe")
    assert labels(study) == ["Speaker 1", "Speaker 2"]
    vault.enrol_speaker(study, "Maple", "fg3", "Speaker 2")
    assert not outcomes(study, "transcribe")["transcribe"].is_fresh
    outcomes(study, "transcribe", name_voices=True)
    assert labels(study) == ["Maple", "Speaker 1"]
    assert fake_engines.transcriber.n_calls == 1


def test_a_voice_of_nobody_cannot_be_enrolled_and_a_forgotten_one_is_gone(study: Study) -> None:
    a_recording(study)
    outcomes(study, "transcribe")
    assert "voices are kept of: Speaker 1, Speaker 2" in refusal(
        lambda: vault.enrol_speaker(study, "Maple", "fg3", "Speaker 9"), StudyError
    )
    vault.enrol_speaker(study, "Maple", "fg3", "Speaker 1")
    assert "Did you mean 'Maple'?" in refusal(lambda: study.vault.forget("Mapple"), StudyError)
    study.vault.forget("Maple")
    assert study.vault.enrolled() == []
    assert study.vault.speakers("fg3") == ("Speaker 2",), "whom Maple was enrolled from is gone, too"


def test_a_voice_is_enrolled_from_a_sample(study: Study) -> None:
    voice = vault.enrol_sample(study, " Maple  Leaf ", a_recording(study, "sample.wav"))
    assert voice.name == "Maple Leaf"
    assert study.vault.names(voice.engine) == {"Maple Leaf": voice.vector}
    assert study.vault.names("another engine") == {}


def test_voices_lie_where_only_their_owner_may_read_and_never_in_exports(study: Study) -> None:
    a_recording(study)
    for _ in study.run():
        pass
    study.write_transcripts()
    assert stat.S_IMODE(study.vault.path.stat().st_mode) == 0o700
    assert [path for path in study.vault.path.rglob("*.json") if "vector" in path.read_text()]
    for path in (path for folder in (study.folder.exports, study.folder.artifacts) for path in folder.rglob("*")):
        assert not path.is_file() or b'"vector"' not in path.read_bytes(), path


# ---------------------------------------------------------------- time left


def test_a_pace_tells_the_time_left_by_what_was_done_since_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    at = iter([100.0, 100.0, 110.0])
    monkeypatch.setattr("qualkit.study.listening.monotonic", lambda: next(at))
    pace = Pace()
    assert pace.left_s(0.5) is None
    # a tenth in ten seconds, four tenths left
    assert pace.left_s(0.6) == pytest.approx(40.0)


@pytest.mark.parametrize(("left_s", "said"), [(None, ""), (20.0, "under a minute left"), (100.0, "2 min left")])
def test_a_time_left_is_told_without_false_exactness(left_s: float | None, said: str) -> None:
    assert about(left_s) == said
