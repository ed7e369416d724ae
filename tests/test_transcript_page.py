"""The transcript page: what the component is given, what its acts do, and the pages around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("streamlit")

from streamlit.testing.v1 import AppTest

from qualkit.model import Mark, Participant, Role, Turn, Word
from qualkit.study import Seat, Study
from qualkit.study.windows import Window, windows_of
from qualkit.ui import coding, launch, talk
from tests.conftest import choices
from tests.drawn import page_of, told
from tests.test_corrections import a_turn, speakers, turn_with, turns_of

# ---------------------------------------------------------------- stretches


def row(name: str, start_s: float | None, end_s: float | None = None) -> tuple[str, float | None, float | None]:
    return name, start_s, end_s


def test_a_transcript_is_cut_into_stretches_of_time_and_a_turn_without_a_time_goes_with_the_one_before() -> None:
    rows = [row("a", 0.0, 9.0), row("b", 299.0, 310.0), row("c", None), row("d", 301.0, 302.0), row("e", 1000.0, None)]
    assert windows_of(rows) == [
        Window(number=0, turn_ids=("a", "b", "c"), first=1, last=3, start_s=0.0, end_s=310.0),
        Window(number=1, turn_ids=("d",), first=4, last=4, start_s=301.0, end_s=302.0),
        Window(number=3, turn_ids=("e",), first=5, last=5, start_s=1000.0, end_s=1000.0),
    ]


def test_turns_out_of_order_of_time_stay_in_their_own_order() -> None:
    found = windows_of([row("a", 302.0), row("b", 298.0), row("c", 303.0)])
    assert [window.turn_ids for window in found] == [("a", "b", "c")]


def test_without_times_a_stretch_is_a_number_of_turns() -> None:
    found = windows_of([row(str(n), None) for n in range(130)])
    assert [(window.first, window.last, window.start_s) for window in found] == [
        (1, 60, None),
        (61, 120, None),
        (121, 130, None),
    ]
    assert windows_of([]) == []


# ---------------------------------------------------------------- what the component is given


def test_words_are_given_with_offset_time_confidence_and_overlap() -> None:
    turn = a_turn("no bus")
    turn = replace(turn, text="no – bus!", words=(turn.words[0], replace(turn.words[1], is_overlapped=True)))
    assert talk.tokens(turn) == [
        ["no", 0, 10.0, 10.4, 0.6, False],
        ["–", 3, None, None, None, False],
        ["bus", 5, 10.5, 10.9, 0.6, True],
        ["!", 8, None, None, None, False],
    ]


@pytest.mark.parametrize("words", [(), (Word(text="tram", start_s=0, end_s=1, confidence=1),)])
def test_a_text_that_its_words_do_not_spell_is_given_without_times(words: tuple[Word, ...]) -> None:
    assert talk.tokens(a_turn("no  bus no", words=words)) == [
        ["no", 0, None, None, None, False], ["bus", 4, None, None, None, False], ["no", 8, None, None, None, False],
    ]  # fmt: skip


def test_offsets_count_code_points() -> None:
    assert [token[:2] for token in talk.tokens(a_turn("\U0001f600 bus", words=()))] == [["\U0001f600", 0], ["bus", 2]]


def test_moderators_are_grey_and_everybody_else_has_a_colour() -> None:
    people = [
        Participant(id=name, transcript_id="t", pseudonym=name, role=Role.MODERATOR if name == "m" else Role.PARTICIPANT)
        for name in "amb"
    ]
    assert [colour for _, colour in talk.coloured(people)] == [talk.COLOURS[0], talk.MODERATOR, talk.COLOURS[1]]


def test_marks_are_shown_in_the_stretch_they_fall_into() -> None:
    marks = [Mark(start_s=start, end_s=start + 1, text=str(start)) for start in (400.0, 5.0, 299.5)]
    inside = Window(number=0, turn_ids=(), first=1, last=1, start_s=0.0, end_s=300.0)
    assert [mark.text for mark in talk.marks_in(marks, inside)] == ["5.0", "299.5"]
    assert talk.marks_in(marks, replace(inside, start_s=None)) == []


# ---------------------------------------------------------------- what its acts do


@pytest.fixture
def ana(small_study: Study) -> Seat:
    return small_study.seat("Ana")


def act(seat: Seat, turn: Turn, verb: str, **said: object) -> dict[str, object]:
    about = {"id": f"{verb}-{turn.id}-{turn.revision}", "verb": verb, "turn": turn.id, "revision": turn.revision}
    return talk.apply(seat.corrections, turn.transcript_id, {**about, **said})


def test_every_act_of_the_page_is_done_and_answered(small_study: Study, ana: Seat) -> None:
    def turn() -> Turn:
        return next(item for item in turns_of(small_study) if item.position == 3)

    assert act(ana, turn(), "edit", text="No tram. You need a car.")["said"] == "words saved"
    assert act(ana, turn(), "speaker", person=None, name="Dana")["said"] == "speaker saved"
    assert act(ana, turn(), "split", at=9, text=None)["said"] == "turn split"
    assert [item.text for item in turns_of(small_study)][2:4] == ["No tram.", "You need a car."]
    assert act(ana, turn(), "merge", next=turns_of(small_study)[3].id)["said"] == "turns merged"
    assert (turn().text, speakers(small_study)[2]) == ("No tram. You need a car.", "Dana")
    assert act(ana, turn(), "undo")["said"] == "undone: merged turns"
    assert len(turns_of(small_study)) == 6
    assert small_study.verify() is None


def test_an_act_sent_twice_is_done_once_and_answered_twice(small_study: Study, ana: Seat) -> None:
    turn = turn_with(small_study, "No bus")
    for _ in range(2):
        assert act(ana, turn, "edit", text="No tram.")["said"] == "words saved"
    assert turn_with(small_study, "No tram").revision == 2


def test_an_act_on_an_older_text_is_answered_with_a_sentence(small_study: Study, ana: Seat) -> None:
    turn = turn_with(small_study, "No bus")
    act(ana, turn, "edit", text="No tram.")
    answer = talk.apply(
        ana.corrections, turn.transcript_id, {"id": "2", "verb": "edit", "turn": turn.id, "revision": 1, "text": "No car."}
    )
    assert "corrected in another window" in str(answer["trouble"])
    assert answer["said"] == ""
    assert "no act 'burn'" in str(act(ana, turn, "burn")["trouble"])


# ---------------------------------------------------------------- the page itself


@pytest.fixture
def open_page(small_study: Study, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], AppTest]:
    monkeypatch.setenv(launch.STUDY_VARIABLE, str(small_study.folder.path))

    return lambda page="transcript": page_of(page, "Ana").run()


def component(app: AppTest) -> str:
    return next(item.proto.json for item in app.get("bidi_component") if item.proto.component_name == "qualkit.talk")


def test_the_page_shows_what_was_said_and_no_code_to_a_blind_coder(
    small_study: Study, segment_ids: dict[str, str], open_page: Callable[..., AppTest]
) -> None:
    small_study.seat("Ben").judge(segment_ids["No bus"], choices(transport="barrier"))
    app = open_page()
    assert not app.exception
    assert "No bus runs on Sundays here" in component(app)
    assert "transport" not in component(app) + told(app)


def test_find_and_replace_previews_and_replaces(small_study: Study, open_page: Callable[..., AppTest]) -> None:
    from qualkit.ui import transcript_page

    def find_only() -> None:
        from qualkit.ui import context, transcript_page

        seat = context.need_seat()
        context.show_notice()
        transcripts = {item.id: item for item in context.study().transcripts()}
        transcript_page._find(seat, next(iter(transcripts.values())), transcripts)

    app = AppTest.from_function(find_only, default_timeout=60)
    app.session_state["coder"] = "Ana"
    app.run()
    app.radio(key="find-where").set_value("All transcripts")
    app.text_input(key="find-what").set_value("bus").run()
    app.text_input(key="find-by").set_value("tram").run()
    assert "2 places in 2 turns" in told(app)
    assert "<del>bus</del> <ins>tram</ins>" in told(app)
    app.button(key="find-replace").click().run()
    assert "Found nowhere." in told(app)
    assert turn_with(small_study, "The tram stops right")
    assert transcript_page.MAX_PREVIEW


def test_a_voice_is_remembered_and_forgotten_when_asked(small_study: Study, open_page: Callable[..., AppTest]) -> None:
    small_study.vault.keep_speakers("fg1", "an engine", {"P1": (1.0, 0.0)})

    def voices_only() -> None:
        from qualkit.ui import context, transcript_page

        context.show_notice()
        transcript_page._voices(context.need_seat(), context.study().transcripts()[0])

    app = AppTest.from_function(voices_only, default_timeout=60)
    app.session_state["coder"] = "Ana"
    app.run()
    assert app.selectbox(key="voice-who").options == ["P1"]
    app.button(key="voice-keep").click().run()
    assert [(voice.name, voice.source) for voice in small_study.vault.enrolled()] == [("P1", "fg1, P1")]
    app.button(key="forget-P1").click().run()
    assert small_study.vault.enrolled() == []
    assert not app.exception


def test_the_coding_panel_is_told_that_a_speaker_is_doubtful(small_study: Study, segment_ids: dict[str, str]) -> None:
    ana = small_study.seat("Ana")

    def is_doubtful() -> bool:
        view = ana.view(ana.queue()[0])
        return bool(coding.item_for(view, {}, coding.offered_by(ana))["is_doubtful"])

    assert not is_doubtful()
    with small_study.store.write() as tx:
        tx.replace(replace(turn, speaker_confidence=0.2) for turn in turns_of(small_study))
    assert is_doubtful()


def test_the_look_and_the_script_are_part_of_the_package() -> None:
    for name in (*talk.SCRIPTS, "transcript.css"):
        assert "\n" in (Path(talk.__file__).parent / name).read_text(encoding="utf-8")
