"""Attacks on blindness: two studies that differ only in what Ben and the machines said of segments that Ana has not judged.

Whatever Ana can get hold of, by whatever door, must be the same in both; and the marks that Ben and the machines left must not
turn up in anything that reaches her browser.
"""

from __future__ import annotations

import inspect
import json
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from benchmarks.room_contract import NO_CODE, PANEL
from benchmarks.served import Server
from qualkit import ui
from qualkit.errors import QualkitError
from qualkit.model import Assignment, Choice, Coder, Valence
from qualkit.plain import as_plain
from qualkit.stages.disputes import Proposal
from qualkit.study import Order, Seat, Study
from tests.conftest import a_recording, in_folder
from tests.overheard import Overheard
from tests.pages import go_to, opened, path_of, window_of
from tests.worlds import ONE, OTHER, a_world, without_accidents

SHOWINGS = ("never", "after")

ACTS: dict[str, Callable[[Seat, str, list[Proposal]], Any]] = {
    "accept": lambda seat, _, proposals: seat.accept(proposals, client_id="all of them"),
    "decide": lambda seat, segment_id, _: seat.decide(segment_id, "stigma", present=True, reason="slip", client_id="d"),
    "note": lambda seat, segment_id, _: seat.note(1, "Who said what?", segment_id=segment_id),
    "save_themes": lambda seat, *_: seat.save_themes([]),
    "make_plan": lambda seat, *_: seat.make_plan(),
    "close_round": lambda seat, *_: seat.close_round(),
    "open_round": lambda seat, *_: seat.open_round(on="disputed"),
    "reveal": lambda seat, *_: seat.reveal(),
    "withdraw": lambda seat, segment_id, _: seat.withdraw(segment_id, base_version=1),
    "judge": lambda seat, segment_id, _: seat.judge(segment_id, []),
}
"""What a seat does instead of telling, and how a blind coder would try it on a segment not judged, or on guessed proposals."""

ASIDE: dict[str, Any] = {
    "everything": True,
    "at_least": 2,
    "by": "role",
    "order": Order.TEACHING,
    "with_valence": True,
    "is_now": True,
}
"""What a verb may be asked for on top of what it needs, and what more it could tell then."""


@pytest.fixture(params=SHOWINGS)
def worlds(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Study, Study]:
    one, other = (a_world(tmp_path / name, said, showing=request.param) for name, said in (("one", ONE), ("other", OTHER)))
    return one, other


def asked(seat: Seat, name: str) -> Iterator[Callable[[], Any]]:
    """Ways to ask a seat for what `name` tells; where it wants a segment, each of those not judged yet."""
    if isinstance(inspect.getattr_static(Seat, name), property):
        yield lambda: told_by(getattr(seat, name))
        return
    there = inspect.signature(getattr(seat, name)).parameters.values()
    wanted = {item.name for item in there if item.default is item.empty}
    more = {item.name: ASIDE[item.name] for item in there if item.name in ASIDE and item.name not in wanted}
    for segment_id in seat.queue()[1:] if wanted - {"number"} else ["none"]:
        given = {"segment_id": segment_id, "segment_ids": [segment_id], "after": segment_id, "n": 3, "code_key": "stigma"}
        given |= {"order": Order.AS_SAID, "client_id": f"ben {segment_id}", "number": 1}
        given |= {"names": ["theme_table"], "suffix": ".md", "machine": "keywords", "items": [], "name": "methods.md"}
        given |= {"stem": "agreement_forest", "about": "codes", "parts": []}
        if "transcript_id" in wanted:
            given["transcript_id"] = seat.view(segment_id).transcript.id
        assert wanted <= set(given), f"say in ACTS, or here, how the attack is to call {name}"
        yield partial(getattr(seat, name), **{key: given[key] for key in wanted})
        if more:
            yield partial(getattr(seat, name), **{key: given[key] for key in wanted}, **more)


def told_by(part: Any) -> Any:
    """A property's value, or, of an object with verbs of its own, what those tell that need nothing to be told."""
    if not type(part).__module__.startswith("qualkit.study."):
        return part
    return {name: answer(partial(told, part, name)) for name in dir(part) if not name.startswith("_")}


def told(part: Any, name: str) -> Any:
    """What a verb of an object tells; its name alone where it wants to be told something."""
    found = getattr(part, name)
    if not callable(found):
        return found
    needs = [item for item in inspect.signature(found).parameters.values() if item.default is item.empty]
    return name if needs else found()


def answer(ask: Callable[[], Any]) -> str:
    try:
        found = ask()
    except QualkitError as error:
        return without_accidents(f"refused: {error}")
    return without_accidents(json.dumps(as_plain(found), default=repr))


def telling(worlds: tuple[Study, Study], name: str) -> list[str]:
    """What the seat of that person tells differently in the two studies."""
    verbs = [verb for verb in dir(Seat) if not verb.startswith("_") and verb not in ACTS]
    one, other = ([[answer(ask) for ask in asked(study.seat(name), verb)] for verb in verbs] for study in worlds)
    return [verb for verb, here, there in zip(verbs, one, other, strict=True) if here != there]


def test_nothing_that_a_seat_tells_a_blind_coder_rests_on_what_others_said(worlds: tuple[Study, Study]) -> None:
    assert telling(worlds, "Ana") == []
    assert {"cases", "tables", "theme_rows"} <= set(telling(worlds, "Cara")), (
        "the studies do not differ, so the attack shows nothing"
    )


def test_nothing_that_a_blind_coder_does_tells_what_others_said(worlds: tuple[Study, Study]) -> None:
    """Also not to somebody who guesses: who accepts what others might have said decides nothing, and learns nothing."""
    assert tried(worlds, "Ana") == []
    for study in worlds:
        assert study.decisions() == {}
        assert study.rounds()[-1].is_hidden
    assert "accept" in tried(worlds, "Cara"), "the studies do not differ, so the attack shows nothing"


def tried(worlds: tuple[Study, Study], name: str) -> list[str]:
    """What that person's acts are answered differently in the two studies, on the next segment; judging comes last.

    The proposals are those of the first study, which in the other would decide nothing.
    """
    proposals = worlds[0].seat("Cara").proposals()
    assert proposals
    one, other = (
        [answer(partial(act, seat, seat.queue()[1], proposals)) for act in ACTS.values()]
        for seat in (study.seat(name) for study in worlds)
    )
    return [verb for verb, here, there in zip(ACTS, one, other, strict=True) if here != there]


def test_a_blind_coder_who_leads_cannot_ask_whether_anything_is_disputed(small_study: Study) -> None:
    ana, ben = small_study.seat("Ana"), small_study.seat("Ben")
    ana.judge(ana.queue()[0], [])
    before = answer(partial(ana.open_round, on="disputed"))
    ben.judge(ben.queue()[0], [Choice(code_key="stigma", valence=Valence.BARRIER)])
    assert small_study.disputes()
    assert answer(partial(ana.open_round, on="disputed")) == before
    assert before.startswith("refused")


# ---------------------------------------------------------------- what the server sends


@pytest.mark.browser
def test_no_page_is_sent_anything_to_a_blind_coder_that_rests_on_what_others_said(tmp_path: Path) -> None:
    one, other = (sent(a_world(tmp_path / name, said), tmp_path) for name, said in (("one", ONE), ("other", OTHER)))
    assert one.keys() == other.keys() == set(ui.PAGES) | {"to Cara"}
    for page in one.keys() - {"to Cara"}:
        assert one[page] == other[page], f"the page {page} tells Ana what others said"
        assert one[page]
    assert one["to Cara"] != other["to Cara"], "the studies do not differ, so the attack shows nothing"


def sent(study: Study, logs: Path) -> dict[str, list[str]]:
    """By page all that the server sends to Ana's browser, and, to compare, the themes that it sends Cara."""
    with Server(study.folder.path, log=logs / "server.log") as server:
        to_ana = {page: _messages(server.port, path_of(page), "Ana") for page in ui.PAGES}
        return {**to_ana, "to Cara": _messages(server.port, path_of("Themes"), "Cara")}


def _messages(port: int, page: str, name: str) -> list[str]:
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from websockets.sync.client import connect

    ask = BackMsg()
    ask.rerun_script.query_string, ask.rerun_script.page_name = f"coder={name}", page
    found = []
    with connect(f"ws://127.0.0.1:{port}/_stcore/stream", subprotocols=["streamlit"], max_size=None) as socket:  # type: ignore[list-item]
        socket.send(ask.SerializeToString())
        while True:
            said = ForwardMsg.FromString(socket.recv(timeout=20, decode=False))
            if said.WhichOneof("type") == "delta" and said.delta.new_element.WhichOneof("type") != "empty":
                found.append(without_accidents(str(said.delta)))  # a place kept free is sent only if it is not filled in time
            if said.WhichOneof("type") == "script_finished":
                return found


# ---------------------------------------------------------------- what reaches the browser


@pytest.mark.browser
@pytest.mark.parametrize("showing", SHOWINGS)
def test_nothing_that_reaches_a_blind_coders_browser_has_a_mark_of_others(tmp_path: Path, browser: Any, showing: str) -> None:
    study = a_world(tmp_path / "world", ONE, showing=showing)
    ana = study.seat("Ana")
    queue = ana.queue()

    def n_seen(n_judged: int) -> int:
        return n_judged if showing == "after" else 0

    with Server(study.folder.path, log=tmp_path / "server.log") as server:
        window = window_of(browser)
        overheard = Overheard(window)
        window.goto(f"{server.address}/code?coder=Ana")
        for n, segment_id in enumerate(queue[1:4], start=2):
            window.locator(f"{PANEL}[data-segment='{segment_id}']").wait_for()
            overheard.look_around()
            assert found(study, overheard, n_suggested=n_seen(n - 1)) == {}
            window.wait_for_timeout(300)  # reads
            window.keyboard.press(NO_CODE)
        window.locator(".qk-coding[data-outbox='0'][data-saved='3']").wait_for()
        for page in (name for name in ui.PAGES if name != "Adjudicate"):
            go_to(window, page)
            overheard.look_around()
        assert found(study, overheard, n_suggested=n_seen(4)) == {}
        go_to(window, "Adjudicate")
        overheard.look_around()
        assert found(study, overheard, n_suggested=n_seen(4), n_of_ben=4) == {}
    assert len(ana.judged()) == 4
    assert overheard.n_frames > 20


def found(study: Study, overheard: Overheard, *, n_suggested: int, n_of_ben: int = 0) -> dict[str, list[str]]:
    """Marks of what Ana must not have, and where they turned up.

    She may have seen suggestions for the first `n_suggested` segments, and what Ben said of the first `n_of_ben`.
    """
    queue = [segment.id for segment in study.coded_segments()]
    with study.store.read() as tx:
        ben = tx.first(Coder, name="Ben")
        theirs = tx.all(Assignment, coder_id=ben.id if ben else "", segment_id=queue[n_of_ben:])
    suggested = (ONE.of_machine(n) for n in range(n_suggested, len(queue)))
    of_ben = (mark for n in range(n_of_ben, len(queue)) for mark in ONE.of_ben(n))
    turned_up = {mark: overheard.where(mark) for mark in (*suggested, *of_ben, *(item.id for item in theirs))}
    return {mark: where for mark, where in turned_up.items() if where}


# ---------------------------------------------------------------- addresses


@pytest.mark.browser
def test_no_address_that_the_app_asks_for_gives_a_stranger_sound_or_words(tmp_path: Path, browser: Any) -> None:
    study = heard(a_world(tmp_path / "world", ONE))
    with Server(study.folder.path, log=tmp_path / "server.log") as server:
        window = window_of(browser)
        overheard = Overheard(window)
        opened(window, server.address, "Code", "Ana")
        window.locator(".qk-coding[data-segment]").wait_for()
        window.keyboard.press(" ")
        go_to(window, "Transcript")
        window.locator(".qt-turn").first.wait_for()
        for _ in range(100):
            if overheard.where(OGG):
                break
            window.wait_for_timeout(100)
        overheard.look_around()
        asked_for = {url for url in overheard.urls if url.startswith(server.address)}
        told = {url: fetched(url) for url in asked_for | {server.address + path for path in GUESSED}}
    words = [segment.text.encode() for segment in study.coded_segments()]
    assert overheard.where(words[-1].decode()), "the talk never came, so the attack shows nothing"
    assert overheard.where(OGG), "the sound never came, so the attack shows nothing"
    for url, said in told.items():
        assert not any(spoken in said for spoken in words), f"{url} gives what was said to anybody"
        assert not said.startswith((b"OggS", b"RIFF", b"SQLite")), f"{url} gives a recording or the database to anybody"
    served = [path for path in (urlsplit(url).path for url in asked_for) if path.startswith("/media/")]
    assert all(path.endswith(".svg") for path in served), "an address serves more than the icon of the app"


OGG = "T2dnUw"
"""How a recording begins, in base64, as it is sent inside the page."""

GUESSED = (
    "/media/a1.wav",
    "/component/qualkit.coding/coding.js",
    "/app/static/study.sqlite",
    "/recordings/a1.wav",
    "/study.sqlite",
    "/_stcore/bidi-components/qualkit.coding/study.toml",
    "/component/qualkit.coding/..%2f..%2f..%2fstudy.toml",
)


def fetched(url: str) -> bytes:
    """What somebody without cookies gets there; nothing where they are turned away."""
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            return bytes(response.read())
    except OSError:
        return b""


def heard(study: Study) -> Study:
    """The study with a group more, that can be heard."""
    in_folder(study, "transcripts/a1.vtt", VTT)
    a_recording(study, "a1.wav")
    for stage in ("ingest", "segment"):
        list(study.run(stage))
    return study


VTT = """WEBVTT

00:00.000 --> 00:04.000
<v Moderator>What gets in the way?

00:04.000 --> 00:12.000
<v P8>No ferry runs on holidays here. You need a boat.
"""
