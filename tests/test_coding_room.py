"""The coding panel in a real browser: nothing unseen is judged, nothing is lost, and hands stay on the keyboard."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.served import Server
from qualkit.model import Segment
from qualkit.study import Study
from tests.conftest import a_tone, choices, reopened
from tests.pages import window_of

pytestmark = pytest.mark.browser

N_TURNS = 44
HEARD = """WEBVTT

00:00.000 --> 00:04.000
<v Moderator>What gets in the way?

00:12.000 --> 00:15.000
<v P9>No bus runs on Sundays here. You need a car 🚗 for it.

00:15.000 --> 00:20.000
<v P9>They trust the peer coach who comes by.
"""


@pytest.fixture
def study(empty_study: Study) -> Study:
    """Two groups: one that can be heard, with signs beyond the basic plane, and one of many short turns."""
    folder = empty_study.folder.path
    turns = (f"P{n % 3}: This is what was said as number {n} of them." for n in range(N_TURNS))
    (folder / "transcripts" / "fg1.txt").write_text("Moderator: What gets in the way?\n\n" + "\n\n".join(turns))
    (folder / "transcripts" / "fg2.txt").unlink()
    (folder / "transcripts" / "a1.vtt").write_text(HEARD)
    a_tone(empty_study, "a1.wav", 24)
    settings = empty_study.folder.config_file
    settings.write_text(settings.read_text() + 'coders = ["Ana", "Ben"]\nadjudicators = ["Cara"]\n')
    made = reopened(empty_study)
    for stage in ("ingest", "segment"):
        list(made.run(stage))
    return made


def sit_down(browser: Any, server: Server, *, transcript: str = "", width: int = 1280, height: int = 720) -> Any:
    window = window_of(browser, width=width, height=height)
    window.goto(f"{server.address}/code?coder=Ana")
    window.locator(".qk-coding[data-segment]").wait_for()
    if transcript:
        window.get_by_role("combobox", name="Transcript").click()
        window.get_by_role("option", name=transcript).click()
        window.locator(".qk-about", has_text=transcript).wait_for()
        window.locator(".qk-context").click(position={"x": 3, "y": 3})
    return window


def transcript_id(study: Study, label: str) -> str:
    return next(item.id for item in study.transcripts() if item.label == label)


def here(window: Any) -> str:
    return str(window.locator(".qk-coding").get_attribute("data-segment"))


def settle(window: Any) -> None:
    """Wait until everything is kept."""
    window.locator(".qk-coding[data-outbox='0']").wait_for()


def said(study: Study, segment_id: str) -> dict[str, Any]:
    return {choice.code_key: choice for choice in study.seat("Ana").view(segment_id).choices}


def painted(window: Any) -> None:
    """Have the browser note every segment that a frame showed."""
    window.evaluate(
        """() => { window.shown = new Set();
        const look = () => { const at = document.querySelector('.qk-coding')?.dataset.segment; if (at) window.shown.add(at);
          requestAnimationFrame(look); }; look(); }"""
    )


def press_at_once(window: Any, *keys: str) -> None:
    """Faster than any frame is drawn."""
    window.evaluate(
        """keys => keys.forEach(key => document.querySelector('.qk-coding').dispatchEvent(
          new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true})))""",
        list(keys),
    )


def press_fast(window: Any, key: str, times: int, gap_ms: int) -> None:
    window.evaluate(
        """([key, times, gap]) => new Promise(done => { let n = 0;
        const timer = setInterval(() => { document.querySelector('.qk-coding').dispatchEvent(
          new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
          if (++n === times) { clearInterval(timer); done(); } }, gap); })""",
        [key, times, gap_ms],
    )


def a_minute_passes(window: Any) -> None:
    """For the page's own clock."""
    window.evaluate(
        """() => { const now = performance.now.bind(performance), date = Date.now;
        performance.now = () => now() + 60000; Date.now = () => date() + 60000; }"""
    )


def test_forty_fast_presses_are_forty_judgements_of_segments_that_were_all_on_the_screen_though_the_server_stalls(
    browser: Any, server: Server, study: Study
) -> None:
    window = sit_down(browser, server, transcript="a1")
    painted(window)
    with server.stalled():
        press_fast(window, "n", 40, 30)
        window.locator(".qk-hint", has_text="keys wait for them").wait_for()
        a_minute_passes(window)
    window.locator(".qk-coding[data-saved='40'][data-outbox='0']").wait_for()
    judged = study.seat("Ana").judged()
    assert len(judged) == 40
    assert set(judged) <= set(window.evaluate("[...window.shown]"))
    assert study.verify() is None


def test_fast_presses_over_the_end_of_a_transcript_after_a_transcript_are_all_judgements(
    browser: Any, server: Server, study: Study
) -> None:
    for n in range(8):
        (study.folder.path / "transcripts" / f"s{n}.txt").write_text(f"P1: One thing, said in {n}.\n\nP2: Another one in {n}.")
    for stage in ("ingest", "segment"):
        list(study.run(stage))
    window = sit_down(browser, server, transcript="s0")
    painted(window)
    press_fast(window, "n", 16, 30)
    window.locator(".qk-coding[data-saved='16'][data-outbox='0'][data-waiting='0']").wait_for()
    judged = study.seat("Ana").judged()
    assert len(judged) == 16
    assert set(judged) <= set(window.evaluate("[...window.shown]"))


def test_held_keys_are_done_in_their_order_after_a_step_and_are_let_go_of_by_escape(
    browser: Any, server: Server, study: Study
) -> None:
    window = sit_down(browser, server, transcript="fg1")
    first, _, third = study.seat("Ana").queue(transcript_id(study, "fg1"))[:3]
    press_at_once(window, "n", "ArrowRight", "n")
    window.locator(".qk-coding[data-saved='2'][data-outbox='0']").wait_for()
    assert set(study.seat("Ana").judged()) == {first, third}
    with server.stalled():
        press_fast(window, "n", 30, 20)
        window.locator(".qk-hint", has_text="wait for them").wait_for()
        kept = 2 + int(window.locator(".qk-coding").get_attribute("data-outbox"))
        press_at_once(window, "Escape")
        window.locator(".qk-hint", has_text="let go of").wait_for()
    window.locator(f".qk-coding[data-saved='{kept}'][data-outbox='0'][data-waiting='0']").wait_for()
    assert len(study.seat("Ana").judged()) == kept < 32


def test_at_twice_the_size_a_new_segment_comes_into_sight_under_the_pages_header(browser: Any, server: Server) -> None:
    window = sit_down(browser, server, width=640, height=360)
    window.keyboard.press("/")
    window.keyboard.type("trust")
    window.keyboard.press("Enter")
    header = window.locator("[data-testid=stHeader]").bounding_box()
    assert window.locator(".qk-here").bounding_box()["y"] < header["height"]
    first = here(window)
    window.keyboard.press("Enter")
    window.locator(f".qk-coding:not([data-segment='{first}'])").wait_for()
    about, words, acts = (window.locator(part).bounding_box() for part in (".qk-about", ".qk-here", ".qk-acts"))
    assert header["height"] <= about["y"]
    assert words["y"] + words["height"] <= acts["y"]


def test_a_server_that_is_killed_and_started_again_loses_nothing_and_neither_does_a_reload(
    browser: Any, server: Server, study: Study
) -> None:
    window = sit_down(browser, server, transcript="fg1")
    server.kill()
    for _ in range(5):
        window.keyboard.press("n")
        window.wait_for_timeout(60)
    assert window.locator(".qk-coding").get_attribute("data-outbox") == "5"
    window.locator(".qk-status", has_text="offline 5").wait_for()
    kept = window.evaluate(
        "Object.keys(localStorage).filter(k => k.startsWith('qualkit-outbox')).map(k => localStorage.getItem(k)).join()"
    )
    assert "was said" not in kept
    server.start()
    window.on("dialog", lambda dialog: dialog.accept())
    window.reload()
    window.locator(".qk-coding[data-saved='5'][data-outbox='0']").wait_for()
    assert len(study.seat("Ana").judged()) == 5
    server.kill()
    window.keyboard.press("n")
    window.keyboard.press("n")
    server.start()
    window.locator(".qk-coding[data-saved='7'][data-outbox='0']").wait_for()
    assert len(study.seat("Ana").judged()) == 7


def test_codes_are_given_by_key_and_by_name_with_valence_confidence_evidence_and_memo_and_undone(
    browser: Any, server: Server, study: Study
) -> None:
    window = sit_down(browser, server, transcript="a1")
    first = here(window)
    press = window.keyboard.press
    press("1")
    press("Enter")
    assert "say facilitator (f)" in window.locator(".qk-hint").inner_text()
    press("b")
    press("Shift+Digit4")
    press("/")
    window.keyboard.type("tru")
    press("Enter")
    press("e")
    press("m")
    window.keyboard.type("Ask her again")
    press("Escape")
    press("Enter")
    window.wait_for_function("first => document.querySelector('.qk-coding').dataset.segment !== first", arg=first)
    settle(window)
    found = said(study, first)
    assert (found["stigma"].valence, found["stigma"].confidence) == ("barrier", 0.8)
    assert [span.text for span in found["trust"].evidence] == ["No bus runs on Sundays here."]
    assert study.seat("Ana").view(first).memo == "Ask her again"
    press("u")
    settle(window)
    assert here(window) == first
    assert not study.seat("Ana").judged()
    press("Enter")  # what was undone stands there to be mended
    settle(window)
    assert said(study, first) == found
    assert study.verify() is None


def test_a_judgement_made_in_another_window_meanwhile_is_shown_and_not_overruled(
    browser: Any, server: Server, study: Study
) -> None:
    window = sit_down(browser, server, transcript="a1")
    first = here(window)
    study.seat("Ana").judge(first, choices(trust=None))
    window.keyboard.press("n")
    window.locator(".qk-status", has_text="conflict").wait_for()
    assert said(study, first).keys() == {"trust"}
    window.get_by_role("button", name="Look at it").click()
    assert here(window) == first
    window.keyboard.press("1")
    window.keyboard.press("f")
    window.keyboard.press("Enter")
    settle(window)
    assert said(study, first).keys() == {"stigma"}


def test_from_a_whole_transcript_one_goes_to_a_segment_and_codes_it(browser: Any, server: Server, study: Study) -> None:
    window = sit_down(browser, server, transcript="fg1")
    window.get_by_text("Read through").click()
    window.locator(".qd-open").nth(3).focus()
    window.keyboard.press("ArrowDown")
    window.keyboard.press("Enter")
    fifth = study.seat("Ana").queue(transcript_id(study, "fg1"))[4]
    window.locator(f".qk-coding[data-segment='{fifth}']").wait_for()
    window.keyboard.press("3")
    window.keyboard.press("Enter")
    settle(window)
    assert said(study, fifth).keys() == {"trust"}
    window.get_by_text("Read through").click()
    assert window.locator(".qd-open").nth(4).locator(".qd-code").text_content() == "Trust"


def test_words_selected_with_the_mouse_are_evidence_by_code_points(browser: Any, server: Server, study: Study) -> None:
    window = sit_down(browser, server, transcript="a1")
    first = here(window)
    window.locator(".qk-code", has_text="Transport").click()
    window.get_by_role("radio", name="− barrier").click()
    window.evaluate(
        """() => { const node = document.querySelector('.qk-text').firstChild, at = node.data.indexOf('for it.');
        const range = document.createRange(); range.setStart(node, at); range.setEnd(node, at + 7);
        document.getSelection().removeAllRanges(); document.getSelection().addRange(range); }"""
    )
    window.locator(".qk-offer").get_by_role("button", name="Transport").click()
    window.get_by_role("button", name="Save and next").click()
    settle(window)
    with study.store.read() as tx:
        text = tx.all(Segment, id=first)[0].text
    (span,) = said(study, first)["transport"].evidence
    assert span.text == "for it." == text[span.start_char : span.end_char]


def test_the_segments_own_seconds_are_one_key_away_and_no_address_serves_them(
    browser: Any, server: Server, study: Study
) -> None:
    window = window_of(browser)
    asked: list[str] = []
    window.on("request", lambda request: asked.append(request.url))
    window.goto(f"{server.address}/code?coder=Ana")
    window.locator(".qk-coding[data-sound]:not([data-sound=''])").wait_for()
    window.keyboard.press("Space")
    window.wait_for_function("document.querySelector('.qk-coding audio').currentTime > 5.9")
    window.keyboard.press("[")
    assert window.evaluate("document.querySelector('.qk-coding audio').currentTime") < 5.5
    outside = [url for url in asked if not url.startswith((server.address, "data:", "blob:"))]
    assert outside == [] and not any(url.startswith(f"{server.address}/media") for url in asked)


def test_who_goes_to_another_page_gets_there_however_late_the_server_answers(
    browser: Any, server: Server, study: Study
) -> None:
    window = sit_down(browser, server)
    first = here(window)
    window.wait_for_timeout(300)  # reads
    with server.stalled():
        window.keyboard.press("n")
        window.keyboard.press("ArrowRight")  # whatever is sent by itself after the press on the link would call this page back
        window.get_by_test_id("stSidebarNavLink").get_by_text("Transcript", exact=True).click()
        window.wait_for_timeout(2700)
    window.locator(".qt-turn").first.wait_for()
    assert window.url.startswith(f"{server.address}/transcript")
    window.get_by_test_id("stSidebarNavLink").get_by_text("Code", exact=True).click()
    settle(window)
    assert first in study.seat("Ana").judged()
