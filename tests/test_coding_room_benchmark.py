"""The pure parts of the benchmark of the coding room: what is counted as lost, double or unseen, and what a coder sends."""

from __future__ import annotations

import json

import pytest

from benchmarks import page_loads, room_contract, room_record, room_table
from benchmarks.room_load import Panel
from qualkit import ui


def data(*segments: str, judged: tuple[str, ...] = (), answers: tuple[dict[str, str], ...] = ()) -> dict[str, object]:
    """What the server says to the panel: these segments to come, and answers."""
    return {
        "coder": "ana",
        "round": "first",
        "codes": [{"key": "stigma", "valences": ["facilitator", "barrier"]}],
        "queue": [{"id": key, "revision": 2, "own": {"version": int(key in judged)}} for key in segments],
        "answers": list(answers),
    }


def outbox(panel: Panel) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(panel.state())["outbox"]
    return found


# ---------------------------------------------------------------- a coder without a browser


def test_a_coder_judges_each_segment_of_the_queue_once_and_none_that_was_judged_before() -> None:
    panel = Panel("Ana")
    panel.take(data("a", "b", "c", judged=("b",)), 0.0)
    assert [panel.press(1.0) for _ in range(3)] == [True, True, False]
    assert [act["segment_id"] for act in outbox(panel)] == ["a", "c"]
    assert list(panel.deeds.pressed.values()) == ["a", "c"]


def test_the_whole_outbox_is_sent_until_it_is_answered_and_an_answer_that_comes_twice_counts_once() -> None:
    panel = Panel("Ana")
    panel.take(data("a", "b"), 0.0)
    panel.press(1.0)
    panel.press(2.0)
    first, second = (str(act["client_id"]) for act in outbox(panel))
    kept = {"client_id": first, "segment_id": "a", "version": "1"}
    panel.take(data("b", answers=(kept,)), 1.5)
    panel.take(data("b", answers=(kept, {"client_id": second, "trouble": "The round is closed."})), 3.0)
    assert outbox(panel) == []
    assert (panel.deeds.acked, panel.deeds.refused) == ([first], [second])
    assert panel.deeds.ack_ms == pytest.approx([500.0])


def test_an_act_names_its_coder_round_and_revision_and_every_other_one_gives_a_code() -> None:
    panel = Panel("Ana")
    panel.take(data("a", "b"), 0.0)
    panel.press(0.0)
    panel.press(0.0)
    one, other = outbox(panel)
    assert [one[name] for name in ("verb", "coder", "round", "revision", "base_version")] == ["judge", "ana", "first", 2, 0]
    assert one["codes"] == [{"key": "stigma", "valence": "facilitator", "confidence": None, "spans": []}]
    assert other["codes"] == []
    assert one["client_id"] != other["client_id"]


# ---------------------------------------------------------------- what is counted


def test_what_was_pressed_and_is_not_there_is_lost_and_what_is_there_beyond_it_is_double() -> None:
    assert room_record.lost(["a", "b", "c"], ["a", "c"]) == 1
    assert room_record.extra(["a", "b"], ["a", "b"]) == 0
    assert room_record.extra(["a", "b"], ["a", "a", "stranger"]) == 2


def test_a_judgement_on_words_that_were_never_painted_is_unseen_each_time() -> None:
    assert room_record.unseen(["so", "it goes", "it goes"], {"so"}) == 2


def test_figures_come_in_the_order_of_the_goals_and_what_was_not_measured_is_null() -> None:
    found = room_table.ordered({"more": 1, "p95_ms": 7.25, "median_ms": 5.04})
    assert list(found)[:2] == ["median_ms", "p95_ms"]
    assert list(found)[-1] == "more"
    assert found["soak_lost"] is None
    assert room_table.rounded({"a": 1.26, "b": [{"c": 2.34}], "d": None, "e": 3}) == {
        "a": 1.3,
        "b": [{"c": 2.3}],
        "d": None,
        "e": 3,
    }
    lines = room_table.table(found)
    assert len(lines) == 1 + len(found)
    assert lines[1].split() == ["median_ms", "5.0", "<=", "40"]
    assert lines[3].split() == ["p95_ms_24_coders", "–", "<=", "120"]


def test_the_last_line_has_the_figures_that_are_asked_for() -> None:
    wanted = {"median_ms", "p95_ms", "p95_ms_24_coders", "native_p95_ms", "fast_presses_recorded", "fast_presses_unseen"}
    assert wanted | {"restart_lost", "soak_lost"} <= set(room_table.ordered({}))


def test_every_page_has_something_by_which_it_is_known_to_be_of_use() -> None:
    assert {page.lower() for page in ui.PAGES} <= set(page_loads.USEFUL)


def test_the_contract_with_the_panel_holds_for_what_the_app_sends(small_study: object) -> None:
    from qualkit.study import Study
    from qualkit.ui import coding

    assert isinstance(small_study, Study)
    seat = small_study.seat("Ana")
    items = [coding.item_for(view, {}, coding.offered_by(seat)) for view in seat.views(seat.queue()[:2])]
    sent = coding.data_for(
        desk="d", seat=seat, items=items, codes=coding.codes_for(seat.codebook), progress={}, answers=[], goto=None, mode={}
    )
    acts = [room_contract.verdict(sent, item, n=n) for n, item in enumerate(room_contract.queued(sent), start=1)]
    answers = coding.apply_outbox(seat, acts)
    assert room_contract.answered({"answers": answers}) == {act["client_id"]: True for act in acts}
    assert list(seat.judged_ids()) == [item["id"] for item in items]
