"""The whole app in a real browser: two coders, a dispute, a decision, and the theme table that follows from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from qualkit.model import Evidence, Place, Run, Suggestion, Topic, Turn, Word
from qualkit.study import Study
from qualkit.study.steps import keep_suggestions
from tests.conftest import a_tone
from tests.pages import window_of

pytestmark = pytest.mark.browser


@pytest.fixture
def study(small_study: Study) -> Study:
    settings = small_study.folder.config_file
    settings.write_text(settings.read_text() + 'coders = ["Ana", "Ben"]\nadjudicators = ["Cara"]\n')
    return Study.open(small_study.folder.path)


VTT = """WEBVTT

00:00.000 --> 00:04.000
<v Moderator>What gets in the way?

00:04.000 --> 00:12.000
<v P1>No bus runs on Sundays here. You need a car.

00:12.000 --> 00:20.000
<v P2>They trust the peer coach who comes by.
"""


@pytest.fixture
def heard(study: Study) -> Study:
    """The study with a third group that can be heard: 20 s of a tone, its words evenly spread over each turn."""
    folder = study.folder.path
    (folder / "transcripts" / "a1.vtt").write_text(VTT)
    a_tone(study, "a1.wav", 20)
    list(study.run("ingest"))
    with study.store.write() as tx:
        tx.replace(replace(turn, words=_evenly(turn)) for turn in tx.all(Turn) if turn.start_s is not None)
    return study


def _evenly(turn: Turn) -> tuple[Word, ...]:
    words, start_s = turn.text.split(), turn.start_s or 0.0
    each_s = ((turn.end_s or 0.0) - start_s) / len(words)
    return tuple(
        Word(text=word, start_s=start_s + n * each_s, end_s=start_s + (n + 1) * each_s, confidence=0.3 if n == 1 else 0.9)
        for n, word in enumerate(words)
    )


def sit_down(browser: Any, address: str, page: str, name: str, asked: list[str]) -> Any:
    """Open a page in a window of one's own; every address it asks for is added to `asked`."""
    window = window_of(browser)
    window.on("request", lambda request: asked.append(request.url))
    window.goto(f"{address}/{page}?coder={name}")
    return window


def code(window: Any, number: int, code_name: str | None, valence: str | None = None) -> None:
    """Judge the segment on the screen, the `number`th of its transcript, with the mouse."""
    window.locator(".qk-about", has_text=f"Segment {number} of").wait_for()
    if code_name is None:
        window.get_by_role("button", name="No code fits").click()
        return
    window.get_by_role("checkbox", name=code_name, exact=True).click()
    if valence:
        window.get_by_role("radio", name=valence).click()
    window.get_by_role("button", name="Save and next").click()


def test_two_coders_disagree_a_third_decides_and_the_theme_table_follows(browser: Any, address: str, study: Study) -> None:
    asked: list[str] = []
    ana, ben = (sit_down(browser, address, "code", name, asked) for name in ("Ana", "Ben"))
    code(ana, 1, "Stigma", "− barrier")
    code(ben, 1, "Stigma", "± mixed")
    for window in (ana, ben):
        code(window, 2, "Transport", "− barrier")
        code(window, 3, "Trust")
        window.locator(".qk-coding[data-saved='3'][data-outbox='0']").wait_for()

    themes = sit_down(browser, address, "themes", "Cara", asked)
    themes.get_by_text("1 disputed case not yet adjudicated").wait_for()
    themes.locator(".qth-name", has_text="Transport").wait_for()
    assert themes.locator(".qth-name", has_text="Stigma").count() == 0

    bench = sit_down(browser, address, "adjudicate", "Cara", asked)
    bench.get_by_text("Case 1 of 1 waiting").wait_for()
    said = [text.split("\n")[:2] for text in bench.locator(".q-vote").all_inner_texts()]
    assert sorted(said) == [["ANA", "− barrier"], ["BEN", "± mixed"]]
    bench.get_by_label("Barrier").check(force=True)
    bench.get_by_label("slip").check(force=True)
    bench.get_by_role("button", name="Save and next").click()
    bench.get_by_text("No disputed case is waiting.").wait_for()

    themes.reload()
    themes.locator(".qth-name", has_text="Stigma").wait_for()
    assert "1 adjudicated" in themes.get_by_text("Codes counted:").inner_text()
    row = next(row for row in study.theme_rows() if row.theme == "Stigma")
    assert (row.valence, row.n_segments, dict(row.basis)) == ("barrier", 1, {"adjudicated": 1})

    outside = [url for url in asked if not url.startswith((address, "data:", "blob:"))]
    assert outside == [], "the app asked the network for something"
    assert study.verify() is None


def background(window: Any, selector: str) -> str:
    """The colour behind what `selector` finds, once it has come to rest."""
    window.wait_for_timeout(400)
    return str(window.locator(selector).first.evaluate("element => getComputedStyle(element).backgroundColor"))


def test_a_card_opens_without_the_server_and_singles_out_its_words_in_the_talk(
    browser: Any, address: str, study: Study
) -> None:
    first = study.seat("Ana").queue()[0]
    words = {"trust": "There is so much", "stigma": "shame"}
    suggested = [
        Suggestion(
            segment_id=first, code_key=key, score=score, rationale="made up", lines=("A line of the codebook.",),
            evidence=(Evidence(start_char=at, end_char=at + len(text), text=text),),
        )
        for (key, text), score, at in zip(words.items(), (0.9, 0.4), (0, 17), strict=True)
    ]  # fmt: skip
    with study.store.write() as tx:
        keep_suggestions(tx, "keywords", "1", suggested, tx.all(Run)[0])
    window = sit_down(browser, address, "code", "Ana", [])
    window.get_by_text("Compare").click()
    window.locator(".qk-coding[data-stays='true']").wait_for()
    code(window, 1, None)
    window.get_by_text("Machines suggest 2 codes").wait_for()
    window.mouse.move(0, 0)  # the cards came up under it
    shared = background(window, "mark.q-e1")
    assert background(window, "mark.q-e2") == shared
    assert not window.get_by_text("A line of the codebook.").first.is_visible()
    window.locator(".q-card summary", has_text="Trust").click()
    window.mouse.move(0, 0)
    assert window.get_by_text("A line of the codebook.").first.is_visible()
    assert background(window, "mark.q-e1") != background(window, "mark.q-e2")

    window.get_by_role("checkbox", name="Trust", exact=True).click()
    window.get_by_role("button", name="Save and next").click()
    window.get_by_text("you chose it, too").wait_for()
    (taken,) = [item for item in study.uptake() if item.code_key == "trust"]
    assert (taken.coder, taken.n_shown, taken.n_shown_before, taken.n_accepted) == ("Ana", 1, 0, 1)
    assert [(item.n_judgements, item.n_blind) for item in study.exposure()] == [(1, 0)]


def said(window: Any) -> list[str]:
    """The turns on the screen: name and words."""
    names, texts = (window.locator(f".qt-{what}").all_inner_texts() for what in ("name", "text"))
    return [f"{name}: {' '.join(text.split())}" for name, text in zip(names, texts, strict=True)]


def current_time(window: Any) -> float:
    return float(window.evaluate("document.querySelector('.qt audio').currentTime"))


def test_a_transcript_is_heard_word_by_word_and_corrected_by_keyboard(heard: Study, browser: Any, address: str) -> None:
    asked: list[str] = []
    window = sit_down(browser, address, "transcript", "Ana", asked)
    window.wait_for_function("document.querySelector('.qt audio')?.duration > 19")
    assert window.locator(".qt-word.qt-low").all_inner_texts() == ["gets", "bus", "trust"]

    window.locator(".qt-word", has_text="Sundays").click()
    window.wait_for_function("document.querySelector('.qt audio').currentTime > 7.3")
    assert current_time(window) < 12
    window.locator(".qt-now").wait_for()
    window.keyboard.press("Space")
    before = current_time(window)
    window.keyboard.press("[")
    assert current_time(window) == pytest.approx(before - 2, abs=0.01)

    window.locator(".qt-turn").nth(1).dblclick(position={"x": 5, "y": 5})
    window.keyboard.press("End")
    window.keyboard.type(" Or a friend.")
    window.keyboard.press("Control+Enter")
    window.get_by_text("words saved").wait_for()
    assert said(window)[1] == "P1: No bus runs on Sundays here. You need a car. Or a friend."

    window.locator(".qt-word", has_text="You").click()
    window.keyboard.press("s")
    window.get_by_text("turn split").wait_for()
    window.keyboard.press("Space")
    window.locator(".qt-turn").nth(1).click(position={"x": 5, "y": 5})
    window.keyboard.press("ArrowDown")
    window.keyboard.press("3")
    window.get_by_text("speaker saved").wait_for()
    assert said(window)[1:3] == ["P1: No bus runs on Sundays here.", "P2: You need a car. Or a friend."]
    window.keyboard.press("m")
    window.get_by_text("turns merged").wait_for()
    window.keyboard.press("Enter")
    window.keyboard.press("Home")
    for _ in range(5):
        window.keyboard.press("Control+Delete")
    window.keyboard.press("Escape")
    corrected = [
        "Moderator: What gets in the way?",
        "P1: No bus runs on Sundays here.",
        "P2: You need a car. Or a friend. They trust the peer coach who comes by.",
    ]
    assert said(window) == corrected

    window.reload()
    window.locator(".qt-turn").nth(2).wait_for()
    assert said(window) == corrected
    window.locator(".qt-turn").nth(2).click(position={"x": 5, "y": 5})
    window.keyboard.press("u")
    window.get_by_text("undone: merged turns").wait_for()
    assert len(said(window)) == 4
    outside = [url for url in asked if not url.startswith((address, "data:", "blob:"))]
    assert outside == [], "the page asked the network for something"
    assert [url for url in asked if url.startswith(f"{address}/media")] == [], "an address serves the recording"
    assert heard.verify() is None


def test_what_was_typed_over_another_persons_newer_words_is_not_lost(heard: Study, browser: Any, address: str) -> None:
    window = sit_down(browser, address, "transcript", "Ana", [])
    window.locator(".qt-turn").nth(1).dblclick(position={"x": 5, "y": 5})
    window.keyboard.type(" And mine.")
    with heard.store.read() as tx:
        turn = next(turn for turn in tx.all(Turn) if turn.text.startswith("No bus runs on Sundays here. You need a car."))
    heard.seat("Ben").corrections.edit(turn.id, "No bus, says Ben.")
    window.keyboard.press("Control+Enter")
    window.get_by_text("corrected in another window").wait_for()
    assert window.locator(".qt-edit").input_value() == "No bus runs on Sundays here. You need a car. And mine."
    window.keyboard.press("Escape")
    assert said(window)[1] == "P1: No bus, says Ben."


def test_what_was_typed_is_there_again_after_another_page(heard: Study, browser: Any, address: str) -> None:
    window = sit_down(browser, address, "transcript", "Ana", [])
    window.locator(".qt-turn").nth(1).dblclick(position={"x": 5, "y": 5})
    window.keyboard.type(" And more.")
    window.get_by_role("link", name="Study").click()
    window.get_by_text("Stages").wait_for()
    window.get_by_role("link", name="Transcript").click()
    assert window.locator(".qt-edit").input_value().endswith("You need a car. And more.")
    window.locator(".qt-edit").press("Control+Enter")
    window.get_by_text("words saved").wait_for()
    assert said(window)[1].endswith("You need a car. And more.")


def test_a_transcript_without_sound_is_corrected_without_a_player(browser: Any, address: str, study: Study) -> None:
    window = sit_down(browser, address, "transcript", "Ana", [])
    window.locator(".qt-turn").nth(1).wait_for()
    assert not window.locator(".qt-player").is_visible()
    window.locator(".qt-turn").nth(1).click(position={"x": 5, "y": 5})
    window.keyboard.press("n")
    window.keyboard.type("Dana")
    window.keyboard.press("Enter")
    window.get_by_text("speaker saved").wait_for()
    assert said(window)[1].startswith("Dana: There is so much shame")


# ---------------------------------------------------------------- the map of topics


def test_a_dot_that_is_clicked_shows_and_plays_its_quote_and_nothing_is_fetched_from_elsewhere(
    browser: Any, address: str, heard: Study
) -> None:
    list(heard.run("segment"))
    run_id = heard.runs()["segment"].id
    spoken = next(item for item in heard.coded_segments() if item.start_s is not None)
    topic = Topic(id="t", run_id=run_id, number=0, words=("bus", "car", "clinic"), segment_ids=(spoken.id,))
    with heard.store.write() as tx:
        tx.replace([topic, Place(segment_id=spoken.id, x=1.0, y=1.0, run_id=run_id)])
        tx.log("qualkit", "ran topics", {"run_id": run_id, "inputs_sha256": ""})
    asked: list[str] = []
    window = sit_down(browser, address, "topics", "Cara", asked)
    window.get_by_text("1 · bus, car, clinic").wait_for()
    canvas = window.locator("[data-testid=stVegaLiteChart] canvas")
    canvas.wait_for()
    window.wait_for_timeout(1000)  # draws
    box = canvas.bounding_box()
    x, middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    told = window.locator("#vg-tooltip-element.visible").get_by_text(spoken.text)
    for dy in range(-30, 31, 3):  # the only dot lies in the middle, under its label
        window.mouse.move(x, middle + dy)
        window.wait_for_timeout(100)
        if told.count():
            window.mouse.click(x, middle + dy)
            break
    window.locator(".q-here").get_by_text(spoken.text).wait_for()
    window.locator("audio").wait_for()
    assert window.locator("audio").get_attribute("src").startswith("data:audio/ogg")
    assert all(url.startswith((address, "data:", "blob:")) for url in asked)
