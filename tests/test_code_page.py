"""The page Code around its panel: what lies ready, where it goes, and what shows beside it. The browser is played here."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("streamlit")


from qualkit.model import Codebook, Neighbour, Purpose, Ruling, Run, Suggestion, Valence, Verdict, Worth
from qualkit.readers.codebook import read_codebook
from qualkit.study import Order, Study
from qualkit.study.steps import keep_suggestions
from qualkit.ui import coding, launch, shelf
from tests.conftest import choices, reopened
from tests.drawn import page_of
from tests.test_coding_panel import act


class Window:
    """A person at the page: what their panel was sent last, and acts that it sends back."""

    def __init__(self, study: Study, name: str, sent: list[dict[str, Any]]) -> None:
        self.study, self.seat, self._sent = study, study.seat(name), sent
        self.app = page_of("code", name)
        self.outbox: list[dict[str, Any]] = []
        self.n = 0
        self.app.run()

    @property
    def data(self) -> dict[str, Any]:
        return self._sent[-1]

    @property
    def here(self) -> str:
        """The segment that the panel is to show."""
        return str(self.data["queue"][0]["id"])

    @property
    def told(self) -> str:
        """Everything that the page sends to the browser."""
        return (
            repr(self.app)
            + "".join(item.proto.body for item in self.app.get("html"))
            + json.dumps(self.data, ensure_ascii=False)
        )

    @property
    def transcript(self) -> Any:
        """The choice of a transcript above the panel."""
        return next(box for box in self.app.selectbox if box.label == "Transcript")

    @property
    def gone(self) -> dict[str, Any]:
        """What the panel followed last."""
        return {"gone": self.data["goto"]["token"]} if self.data["goto"] else {}

    def judge(self, *codes: dict[str, Any], at: str | None = None, **more: Any) -> dict[str, Any]:
        """Judge what is shown and go on to `at`; the server's answer."""
        self.n += 1
        version = self.data["queue"][0]["own"]["version"]
        said = act(
            self.seat,
            f"c{self.n}",
            self.here,
            *codes,
            base_version=version,
            at=at,
            n=self.n,
            gain=int(not version),
            **self.gone,
            **more,
        )
        self.outbox.append(said)
        self._send({"outbox": self.outbox})
        self.outbox = [
            item for item in self.outbox if item["client_id"] not in {one["client_id"] for one in self.data["answers"]}
        ]
        return next(one for one in self.data["answers"] if one["client_id"] == said["client_id"])

    def go(self, segment_id: str, skipped: tuple[str, ...] = ()) -> None:
        self.n += 1
        self._send({"at": {"id": segment_id, "n": self.n, "skipped": list(skipped), **self.gone}})

    def _send(self, state: dict[str, Any]) -> None:
        self.app.session_state[f"coding-{self.seat.coder.id}"] = state
        self.app.run()
        assert not self.app.exception


Sit = Callable[..., Window]


@pytest.fixture
def study(small_study: Study) -> Study:
    settings = small_study.folder.config_file
    settings.write_text(settings.read_text() + 'coders = ["Ana", "Ben"]\nadjudicators = ["Cara"]\n')
    list(small_study.run("suggest", suggesters=("keywords",)))
    return Study.open(small_study.folder.path)


@pytest.fixture
def sit(study: Study, monkeypatch: pytest.MonkeyPatch) -> Sit:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(coding, "mount", lambda data, *, key: sent.append(data))  # noqa: PLW0108 - the key is not kept
    monkeypatch.setenv(launch.STUDY_VARIABLE, str(study.folder.path))
    return lambda name="Ana": Window(study, name, sent)


def judge_all(study: Study, name: str, code_key: str, valence: str | None) -> None:
    seat = study.seat(name)
    for segment_id in seat.queue():
        seat.judge(segment_id, choices(**{code_key: valence}))


# ---------------------------------------------------------------- what may be seen


def test_a_blind_coder_sees_no_code_of_others_and_no_suggestion_before_judging(sit: Sit, study: Study) -> None:
    assert study.suggestions()
    judge_all(study, "Ben", "stigma", "mixed")
    window = sit()
    assert "Ben" not in window.told.replace("'Ben'", "")  # only as a name to choose in the side bar
    assert "Machines suggest" not in window.told and window.data["mode"]["shown"] is None
    assert not any(item.rationale in window.told for item in study.suggestions())
    assert all(item["own"] == {"version": 0, "memo": "", "codes": []} for item in window.data["queue"])


def test_an_adjudicator_is_told_that_they_do_not_code(sit: Sit, study: Study) -> None:
    with pytest.raises(IndexError):
        sit("Cara").data  # noqa: B018 - nothing is sent
    assert study.seat("Cara").is_adjudicator


def test_after_judging_own_codes_and_the_machines_suggestions_show(sit: Sit, study: Study) -> None:
    judge_all(study, "Ana", "stigma", "barrier")
    window = sit()
    assert window.data["queue"][0]["own"]["codes"][0]["valence"] == "barrier"
    assert "Machines suggest 1 code" in window.told
    start = window.data["queue"][0]["text"].index("shame")
    assert [1, start, start + 5] in window.data["mode"]["shown"]["spans"]


def test_a_card_says_what_speaks_for_a_code_and_what_became_of_it(sit: Sit, study: Study) -> None:
    judge_all(study, "Ana", "stigma", "barrier")
    first, second = study.seat("Ana").queue()[:2]
    said = Suggestion(
        segment_id=first, code_key="stigma", score=0.87, rationale="<like> others", evidence=(), valence=Valence.MIXED,
        lines=("Shame & blame",), neighbours=(Neighbour(segment_id=second, likeness=0.81),), is_sure=True,
    )  # fmt: skip
    with study.store.write() as tx:
        keep_suggestions(tx, "learned", "1", [said], tx.all(Run)[-1])
        tx.replace(
            [
                Verdict(
                    id="v", machine="learned", code_key="stigma", ruling=Ruling.USABLE, n_segments=40, n_positive=9,
                    n_transcripts=2, kappa=0.712, low=0.6, high=0.8, human_kappa=0.655, why="as good as people",
                )
            ]
        )  # fmt: skip
    seen = sit().told
    for words in ("87\u202f%", "sure", "you said − barrier", "&lt;like&gt; others", "Shame &amp; blame", "0.81", "✓ usable"):
        assert words in seen
    assert "0.71" in seen and "0.66" in seen and "9 times given in 40 segments of 2 transcripts" in seen


def test_who_wants_to_compare_stays_on_what_was_judged_and_sees_the_cards(sit: Sit, study: Study) -> None:
    window = sit()
    window.app.toggle(key="compare").set_value(True).run()
    first = window.here
    assert window.data["mode"]["stays"]
    assert window.judge(at=first)["version"] == 1
    assert window.here == first and "Machines suggest" in window.told
    assert [(item.n_judgements, item.n_blind) for item in study.exposure()] == [(1, 1)]
    window.go(study.seat("Ana").queue()[1])
    assert "Machines suggest" not in window.told


# ---------------------------------------------------------------- what comes next


def test_what_is_judged_is_kept_and_the_next_segments_lie_ready(
    sit: Sit, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "N_AHEAD", 3)
    window = sit()
    queue = study.seat("Ana").queue()
    assert [item["id"] for item in window.data["queue"]][:3] == queue[:3]
    assert window.judge({"key": "stigma", "valence": "barrier"}, at=queue[1])["version"] == 1
    assert window.here == queue[1]
    assert (window.data["progress"]["mine"], window.data["progress"]["all"]) == (1, len(queue))
    assert [choice.code_key for choice in study.seat("Ana").view(queue[0]).choices] == ["stigma"]


def test_what_is_skipped_is_passed_over_until_somebody_goes_back(sit: Sit, study: Study) -> None:
    window = sit()
    queue = study.seat("Ana").queue()
    window.go(queue[1], skipped=(queue[0],))
    assert window.here == queue[1]
    window.judge(at=None)
    assert window.here == queue[2]
    window.go(queue[0])
    assert window.here == queue[0]


def test_after_a_transcript_comes_the_next_one_and_the_choice_above_follows(sit: Sit, study: Study) -> None:
    window = sit()
    first, second = study.transcripts()
    for _ in study.seat("Ana").queue(first.id):
        assert window.transcript.value == first.id
        window.judge(at=None)
    assert window.transcript.value == second.id
    assert window.data["queue"][0]["place"] == f"Segment 1 of {len(study.seat('Ana').queue(second.id))}"
    for _ in study.seat("Ana").queue(second.id):
        window.judge(at=None)
    assert window.data["mode"]["is_end"] and "judged every segment" in window.data["mode"]["end"]


def test_a_browser_that_does_not_know_yet_of_the_next_transcript_does_not_take_the_panel_back(sit: Sit, study: Study) -> None:
    window = sit()
    first, second = study.transcripts()
    *_, last = study.seat("Ana").queue(first.id)
    while window.here != last:
        window.judge(at=None)
    before = window.app._tree.get_widget_states()
    window.judge(at=None)
    assert window.transcript.value == second.id
    window.app._run(before)
    window.judge(at=None)
    assert window.transcript.value == second.id and window.data["goto"] is None
    assert window.here == study.seat("Ana").queue(second.id)[1]


def test_a_transcript_that_is_chosen_begins_with_what_is_still_to_be_judged_in_it(sit: Sit, study: Study) -> None:
    second = study.transcripts()[1].id
    queue = study.seat("Ana").queue(second)
    study.seat("Ana").judge(queue[0], [])
    window = sit()
    window.transcript.set_value(second).run()
    assert (window.here, window.data["goto"]["id"]) == (queue[1], queue[1])
    for segment_id in queue[1:]:
        study.seat("Ana").judge(segment_id, [])
    window.transcript.set_value(study.transcripts()[0].id).run()
    window.transcript.set_value(second).run()
    assert window.here == queue[0] and window.transcript.value == second


def test_what_the_panel_said_before_it_knew_of_another_choice_does_not_undo_the_choice(sit: Sit, study: Study) -> None:
    window = sit()
    first, second = study.transcripts()
    window.transcript.set_value(second.id).run()
    window.n += 1
    window._send({"at": {"id": study.seat("Ana").queue(first.id)[1], "n": window.n, "skipped": []}})
    assert window.transcript.value == second.id
    assert window.here == study.seat("Ana").queue(second.id)[0]


def test_the_page_says_what_the_round_is_for_and_on_how_many_segments_if_not_on_all(sit: Sit, study: Study) -> None:
    assert "Round 1: independent coding, blind<" in sit().told
    judge_all(study, "Ana", "stigma", "barrier")
    judge_all(study, "Ben", "trust", None)
    cara = study.seat("Cara")
    cara.reveal(close=True)
    opened = cara.open_round(purpose=Purpose.RECODE, on="disputed", blind=False)
    assert f"Round 2: coding again, not blind, only {len(opened.segment_ids)} segments<" in sit().told


def test_who_takes_over_the_seat_gets_a_panel_of_their_own(sit: Sit, study: Study) -> None:
    window = sit()
    desk = window.data["desk"]
    window.judge({"key": "trust"}, at=study.seat("Ana").queue()[1])
    window.app.selectbox(key="coder").set_value("Ben").run()
    assert window.data["desk"] != desk and window.data["coder"] == study.seat("Ben").coder.id
    assert window.here == study.seat("Ben").queue()[0] and not window.data["answers"]
    assert not study.seat("Ben").judged()


def test_the_order_of_segments_is_a_choice_only_where_there_is_something_to_order_by(sit: Sit, study: Study) -> None:
    assert "order" not in {box.key for box in sit().app.selectbox}
    study.draw_sample(0.4, seed=3)
    assert sit().app.selectbox(key="order").options == ["As it was said", "Reliability sample"]


def test_by_what_teaches_most_the_sample_comes_first_and_says_so_and_why_is_told_of_the_rest(sit: Sit, study: Study) -> None:
    why, queue = "The machine cannot tell whether this is Stigma or Trust.", study.seat("Ana").queue()
    with study.store.write() as tx:
        tx.replace(Worth(segment_id=key, value=n, why=why) for n, key in enumerate(queue))
        tx.log("qualkit", "told what teaches", {})
    sampled = study.draw_sample(0.2, seed=3).segment_ids
    window = sit()
    window.app.selectbox(key="order").set_value(Order.TEACHING).run()
    for segment_id in sampled:
        assert window.here == segment_id and window.data["queue"][0]["is_sample"]
        window.judge(at=None)
    assert window.here == next(key for key in reversed(queue) if key not in sampled)
    assert why not in window.told  # it would give a suggestion away
    settings = study.folder.config_file
    settings.write_text(settings.read_text() + 'show_suggestions = "before"\n')
    assert why in sit_again(window)


def sit_again(window: Window) -> str:
    """What the same person is sent when they come back."""
    again = Window(window.study, "Ana", window._sent)
    again.app.selectbox(key="order").set_value(Order.TEACHING).run()
    return again.told


def test_an_unchanged_judgement_settles_the_debt_of_a_code_that_was_added(sit: Sit, study: Study) -> None:
    judge_all(study, "Ana", "stigma", "barrier")
    book = study.folder.path / study.config.codebook
    book.write_text(book.read_text() + "  - key: pay\n    name: Pay\n    definition: What work is paid.\n")
    assert isinstance(read_codebook(book), Codebook)
    again = reopened(study)
    owed = again.seat("Ana").queue(order=Order.DEBT)
    assert owed
    window = sit()
    window.app.selectbox(key="order").set_value(Order.DEBT).run()
    assert window.data["mode"]["is_debt"]
    for segment_id in owed:
        assert window.here == segment_id
        window.judge(*window.data["queue"][0]["own"]["codes"], at=None)
    assert again.seat("Ana").queue(order=Order.DEBT) == []
    assert [visit.version for visit in again.seat("Ana").judged().values()] == [2] * len(owed)
