"""The server's half of the coding panel: what it sends to the browser, and what it makes of what comes back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("streamlit")

from qualkit.errors import BlindnessError, StoreError, StudyError
from qualkit.model import Assignment, Choice, Event, Evidence, Turn, Valence
from qualkit.study import Order, Seat, Study, desk
from qualkit.ui import coding, reading
from tests.conftest import choices, in_folder, refusal, reopened


@pytest.fixture
def study(small_study: Study) -> Study:
    settings = small_study.folder.config_file
    settings.write_text(settings.read_text() + 'coders = ["Ana", "Ben"]\nadjudicators = ["Cara"]\n')
    return reopened(small_study)


@pytest.fixture
def ana(study: Study) -> Seat:
    return study.seat("Ana")


def act(
    seat: Seat, client_id: str, segment_id: str, *codes: Mapping[str, Any], verb: str = "judge", **more: Any
) -> dict[str, Any]:
    """An act as the panel sends it."""
    made = {"client_id": client_id, "verb": verb, "coder": seat.coder.id, "round": seat.round.id, "segment_id": segment_id}
    return {**made, "codes": list(codes), "memo": "", "base_version": 0, **more}


def sent(seat: Seat) -> str:
    """Everything about segments that a coder's panel is sent."""
    items = [coding.item_for(view, {}, coding.offered_by(seat)) for view in seat.views(seat.queue())]
    return json.dumps(coding.data_for(desk="d", seat=seat, items=items, codes=[], progress={}))


# ---------------------------------------------------------------- what comes back


def test_an_act_that_comes_twice_is_done_once(study: Study, ana: Seat) -> None:
    segment_id = ana.queue()[0]
    said = act(ana, "c1", segment_id, {"key": "stigma", "valence": "barrier"}, memo="shame")
    answers = [coding.apply_outbox(ana, [said]) for _ in range(2)]
    assert answers[0] == answers[1] == [{"client_id": "c1", "segment_id": segment_id, "version": 1}]
    view = ana.view(segment_id)
    assert (view.version, view.memo, view.choices) == (1, "shame", (Choice(code_key="stigma", valence=Valence.BARRIER),))
    with study.store.read() as tx:
        assert len(tx.all(Event, verb="judged")) == 1


def test_a_whole_outbox_of_judging_undoing_and_judging_again_is_kept_in_order_and_may_come_again(
    study: Study, ana: Seat
) -> None:
    first, second = ana.queue()[:2]
    outbox = [
        act(ana, "c1", first, {"key": "trust"}),
        act(ana, "c2", first, verb="withdraw", base_version=None, after="c1"),
        act(ana, "c3", second),
        act(ana, "c4", first, {"key": "stigma", "valence": "mixed"}, base_version=None, after="c2"),
    ]
    answers = coding.apply_outbox(ana, outbox)
    assert [answer["version"] for answer in answers] == [1, 0, 1, 2]
    assert coding.apply_outbox(study.seat("Ana"), outbox) == answers
    assert [choice.code_key for choice in ana.view(first).choices] == ["stigma"]
    assert set(ana.judged()) == {first, second}
    assert study.verify() is None


def test_a_stale_act_is_answered_with_the_newer_judgement_and_an_act_upon_it_is_refused(ana: Seat) -> None:
    segment_id = ana.queue()[0]
    ana.judge(segment_id, choices(trust=None))
    stale = act(ana, "c1", segment_id, {"key": "stigma", "valence": "barrier"})
    upon = act(ana, "c2", segment_id, verb="withdraw", base_version=None, after="c1")
    conflict, refused = coding.apply_outbox(ana, [stale, upon])
    assert "judged again in another window" in conflict["trouble"]
    assert conflict["conflict"]["version"] == 1
    assert [code["key"] for code in conflict["conflict"]["codes"]] == ["trust"]
    assert "was not kept" in refused["trouble"]
    assert ana.view(segment_id).version == 1


def test_an_act_that_is_refused_says_why_and_does_not_hold_up_the_others(ana: Seat) -> None:
    first, second = ana.queue()[:2]
    answers = coding.apply_outbox(ana, [act(ana, "c1", first, {"key": "nothing"}), act(ana, "c2", second)])
    assert answers[0]["trouble"] == "The codebook has no code 'nothing'." and "version" not in answers[0]
    assert answers[1]["version"] == 1


def test_what_another_coder_left_in_the_outbox_is_not_kept_under_the_name_of_who_sits_here(study: Study, ana: Seat) -> None:
    segment_id = ana.queue()[0]
    assert coding.apply_outbox(study.seat("Ben"), [act(ana, "c1", segment_id)]) == []
    assert not study.seat("Ben").judged() and not ana.judged()


def test_what_was_judged_in_a_round_that_is_over_does_not_count_in_the_next(ana: Seat) -> None:
    segment_id = ana.queue()[0]
    (answer,) = coding.apply_outbox(ana, [act(ana, "c1", segment_id, round="another")])
    assert "Another round was opened meanwhile" in answer["trouble"]
    assert not ana.judged()


def test_what_cannot_be_kept_now_is_not_answered_so_that_it_comes_again(ana: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
    segment_id = ana.queue()[0]

    def full(*_: object, **__: object) -> None:
        raise StoreError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(Seat, "judge", full)
        assert coding.apply_outbox(ana, [act(ana, "c1", segment_id)]) == []
    assert coding.apply_outbox(ana, [act(ana, "c1", segment_id)])[0]["version"] == 1


def test_evidence_comes_as_offsets_and_is_refused_when_the_words_were_corrected_meanwhile(ana: Seat) -> None:
    view = ana.view(ana.queue()[0])
    start = view.segment.text.index("shame")
    code = {"key": "stigma", "valence": "barrier", "confidence": 4, "spans": [[start, start + 5]]}
    said = act(ana, "c1", view.segment.id, code, revision=view.segment.turn_revision)
    assert coding.apply_outbox(ana, [said])[0]["version"] == 1
    (choice,) = ana.view(view.segment.id).choices
    assert (choice.evidence[0].text, choice.confidence) == ("shame", 0.8)
    assert coding.item_for(ana.view(view.segment.id), {}, coding.offered_by(ana))["own"]["codes"] == [code]
    (answer,) = coding.apply_outbox(ana, [{**said, "client_id": "c2", "base_version": 1, "revision": 0}])
    assert "corrected meanwhile" in answer["trouble"] and answer["conflict"]["version"] == 1


def test_a_memo_that_did_not_outlive_a_reload_leaves_the_one_before(ana: Seat) -> None:
    segment_id = ana.queue()[0]
    ana.judge(segment_id, [], memo="kept")
    coding.apply_outbox(ana, [act(ana, "c1", segment_id, {"key": "trust"}, memo=None, base_version=1)])
    assert (ana.view(segment_id).memo, ana.view(segment_id).version) == ("kept", 2)


# ---------------------------------------------------------------- what is sent


def test_what_a_blind_coder_is_sent_holds_no_judgement_of_others_and_no_suggestion(study: Study, ana: Seat) -> None:
    list(study.run("suggest", suggesters=("keywords",)))
    before = sent(ana)
    assert study.suggestions()
    for segment_id in ana.queue():
        study.seat("Ben").judge(segment_id, choices(stigma="mixed"), memo="Ben's thought")
    assert sent(ana) == before
    assert "mixed" not in before and "stigma" not in before
    assert not any(item.rationale in before for item in study.suggestions())


def test_a_segment_comes_with_the_talk_around_it_and_only_the_attributes_that_the_study_shows(study: Study, ana: Seat) -> None:
    in_folder(
        study, "transcripts/participants.csv", "transcript,speaker,pseudonym,role,town,job\nfg1,P1,P1,participant,Ayr,nurse\n"
    )
    list(study.run("ingest"))
    list(study.run("segment"))
    first = ana.queue()[0]
    assert coding.item_for(ana.view(first), {}, coding.offered_by(ana))["attributes"] == []
    settings = study.folder.config_file
    settings.write_text(settings.read_text() + 'show_attributes = ["town"]\n')
    item = coding.item_for(reopened(study).seat("Ana").view(first), {"place": "Segment 1 of 5"}, coding.offered_by(ana))
    assert (item["speaker"], item["attributes"], item["place"]) == ("P1", ["town: Ayr"], "Segment 1 of 5")
    assert [line["text"] for line in item["before"]] == ["What gets in the way?"] and item["question"] is None


def test_many_segments_are_read_in_as_many_queries_as_one(study: Study, ana: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlalchemy as sa

    ids = ana.queue()
    assert ana.views(ids) == [ana.view(segment_id) for segment_id in ids]
    asked: list[str] = []
    sa.event.listen(study.store._engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    counts = []
    for wanted in (ids[:1], ids):
        asked.clear()
        ana.views(wanted)
        counts.append(sum(line.startswith("SELECT") and "FROM head" not in line for line in asked))
    assert counts[0] == counts[1] <= 12


def test_the_next_segments_are_those_after_then_those_before_then_other_transcripts(study: Study, ana: Seat) -> None:
    first = study.transcripts()[0].id
    mine, everything = ana.queue(first), ana.queue()
    ana.judge(mine[1], [])
    assert ana.next_ids(Order.AS_SAID, first, mine[1], 9) == (*mine[2:], mine[0], *everything[len(mine) :])
    assert ana.next_ids(Order.AS_SAID, first, None, 2, {mine[0]}) == (mine[2], everything[len(mine)])
    assert tuple(desk.ahead("abcd", "b", {"d"})) == ("c", "a", "b")


def test_codes_have_keys_as_long_as_there_are_some_and_retired_ones_are_not_offered(study: Study) -> None:
    book = study.codebook()
    many = replace(book, codes=tuple(replace(book.codes[0], key=f"k{n}") for n in range(60)))
    pressed = [code["press"] for code in coding.codes_for(many)]
    assert pressed[:10] == [*"123456789a"] and pressed[len(coding.KEYS) :] == [""] * (60 - len(coding.KEYS))
    assert not set(coding.KEYS) & set("nsuemdfbxcr")  # acts, valences, and what Streamlit takes for itself
    fewer = replace(book, codes=(replace(book.codes[0], retired="2026-03-01: nobody used it"), *book.codes[1:]))
    assert [code["key"] for code in coding.codes_for(fewer)] == ["transport", "trust"]


# ---------------------------------------------------------------- reading through


def test_a_blind_coder_reads_through_with_their_own_codes_and_others_only_when_results_may_be_seen(
    study: Study, ana: Seat
) -> None:
    transcript = study.transcripts()[0].id
    first, second = ana.queue(transcript)[:2]
    ana.judge(first, choices(stigma="barrier"))
    ana.judge(second, [])
    study.seat("Ben").judge(second, choices(transport="barrier"))
    pieces = {piece.segment_id: piece for passage in ana.read_through(transcript) for piece in passage.pieces}
    assert (pieces[first].codes, pieces[second].codes) == ((("stigma", Valence.BARRIER),), ())
    assert pieces[second].is_judged and pieces[None].codes == ()
    with pytest.raises(BlindnessError):
        ana.read_through(transcript, everything=True)
    seen = study.seat("Cara").read_through(transcript, everything=True)
    data = reading.data_for(seen, study.codebook(), title="fg1")
    assert data["turns"][0]["is_moderator"]
    both = [piece["codes"] for turn in data["turns"][1:3] for piece in turn["pieces"]]
    assert both == [["− Stigma"], []]  # the second is disputed


# ---------------------------------------------------------------- what is kept


def test_evidence_that_is_not_in_the_words_and_a_confidence_that_is_no_share_are_refused(ana: Seat) -> None:
    segment_id = ana.queue()[0]

    def judged(**given: Any) -> Any:
        return lambda: ana.judge(segment_id, [Choice(code_key="trust", **given)])

    wrong = Evidence(start_char=0, end_char=5, text="Never")
    beyond = Evidence(start_char=0, end_char=9999, text="There")
    for evidence in (wrong, beyond):
        assert "the evidence is not in the segment's words any more" in refusal(judged(evidence=(evidence,)), StudyError)
    assert "a confidence lies between 0 and 1, not at 4" in refusal(judged(confidence=4), StudyError)
    assert not ana.judged()


def test_the_log_covers_confidence_and_marked_words_without_holding_them(study: Study, ana: Seat) -> None:
    segment_id = ana.queue()[0]
    text = ana.view(segment_id).segment.text
    span = Evidence(start_char=0, end_char=5, text=text[:5])
    ana.judge(segment_id, [Choice(code_key="trust", confidence=0.6, evidence=(span,))])
    with study.store.read() as tx:
        (event,), (item,) = tx.all(Event, verb="judged"), tx.all(Assignment, segment_id=segment_id)
    assert study.verify() is None and text[:5] not in json.dumps(event.payload)
    for changed in (replace(item, confidence=1.0), replace(item, evidence=(replace(span, end_char=4),))):
        with study.store.write() as tx:
            tx.replace([changed])
        assert f"what was marked on segment {segment_id} is not what it says" in (study.verify() or "")


def test_marked_words_follow_a_correction_and_are_left_out_once_they_are_gone(study: Study, ana: Seat) -> None:
    view = ana.view(ana.queue()[0])
    at = view.segment.text.index("shame")
    ana.judge(view.segment.id, [Choice(code_key="trust", evidence=(Evidence(start_char=at, end_char=at + 5, text="shame"),))])
    with study.store.read() as tx:
        turn = tx.all(Turn, id=view.segment.turn_id)[0]
    ana.corrections.edit(turn.id, turn.text.replace("There is", "In truth there is"))
    (span,) = ana.view(view.segment.id).choices[0].evidence
    assert ana.view(view.segment.id).segment.text[span.start_char : span.end_char] == "shame"
    ana.corrections.edit(turn.id, turn.text.replace("shame", "pride"))
    assert ana.view(view.segment.id).choices[0].evidence == ()
