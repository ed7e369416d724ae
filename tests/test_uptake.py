"""What people did with suggestions is read from the log: what they had, what they were shown, and what they then said."""

from __future__ import annotations

from typing import Any

import pytest

from qualkit.model import Event, Exposure, Uptake
from qualkit.stages import uptake
from qualkit.study import Study
from tests.conftest import choices

NAMES = {"a": "Ana", "b": "Ben"}


def judged(segment: str = "s1", by: str = "a", **codes: str | None) -> tuple[str, str, dict[str, Any]]:
    said = [{"code_key": key, "valence": valence} for key, valence in codes.items()]
    return by, uptake.JUDGED, {"segment_id": segment, "round_id": "r", "codes": said}


def shown(segment: str = "s1", by: str = "a", machine: str = "m", **codes: str | None) -> tuple[str, str, dict[str, Any]]:
    said = [{"code_key": key, "valence": valence} for key, valence in codes.items()]
    return by, uptake.SHOWN, {"segment_id": segment, "round_id": "r", "machines": {machine: said}}


def log(*acts: tuple[str, str, dict[str, Any]]) -> list[Event]:
    return [
        Event(
            seq=n, client_id=str(n), happened_at="", actor_id=actor, verb=verb, payload=payload, previous_hash="", hash=""
        )
        for n, (actor, verb, payload) in enumerate(acts, start=1)
    ]  # fmt: skip


def fate(*acts: tuple[str, str, dict[str, Any]]) -> str:
    """What the only suggestion is counted as."""
    (found,) = uptake.run(log(*acts), NAMES)
    counts = {name: getattr(found, f"n_{name}") for name in ("already", "accepted", "changed", "rejected")}
    assert found.n_shown == 1 and sum(counts.values()) <= 1
    return next((name for name, n in counts.items() if n), "open")


@pytest.mark.parametrize(
    ("acts", "counted"),
    [
        ([shown(x="barrier")], "open"),
        ([shown(x="barrier"), judged(x="barrier")], "accepted"),
        ([shown(x=None), judged(x="barrier")], "accepted"),
        ([shown(x="barrier"), judged(x="mixed")], "changed"),
        ([shown(x="barrier"), judged(y="barrier")], "changed"),
        ([shown(x="barrier"), judged()], "rejected"),
        ([judged(x="barrier"), shown(x="barrier")], "already"),
        ([judged(x="mixed"), shown(x="barrier"), judged(x="barrier")], "already"),
        ([judged(x="barrier"), shown(x="barrier"), judged()], "already"),
        ([judged(), shown(x="barrier")], "rejected"),
        ([judged(y=None), shown(x="barrier")], "rejected"),
        ([judged(y=None), shown(x="barrier"), judged(y=None, x="barrier")], "accepted"),
        ([judged(), shown(x="barrier"), judged(x="barrier"), judged()], "rejected"),
        ([judged(), shown(x="barrier"), shown(x="mixed"), judged(x="barrier")], "accepted"),
    ],
)
def test_a_suggestion_is_counted_once_by_the_judgement_in_force(
    acts: list[tuple[str, str, dict[str, Any]]], counted: str
) -> None:
    assert fate(*acts) == counted


def test_a_code_that_another_machine_had_suggested_takes_no_suggestions_place() -> None:
    found = uptake.run(log(shown(x=None), shown(machine="n", y=None), judged(y=None)), NAMES)
    assert [(item.machine, item.n_accepted, item.n_changed, item.n_rejected) for item in found] == [
        ("m", 0, 0, 1),
        ("n", 1, 0, 0),
    ]


def test_counts_are_by_coder_machine_and_code_and_say_what_was_shown_before() -> None:
    events = log(
        shown(x=None), judged(x=None), judged("s2"), shown("s2", x=None), shown("s1", "b", x=None),
        shown("s3", "stranger", x=None)
    )  # fmt: skip
    assert uptake.run(events, NAMES) == [
        Uptake(coder="Ana", machine="m", code_key="x", n_shown=2, n_shown_before=1, n_already=0, n_accepted=1, n_changed=0,
               n_rejected=1),
        Uptake(coder="Ben", machine="m", code_key="x", n_shown=1, n_shown_before=1, n_already=0, n_accepted=0, n_changed=0,
               n_rejected=0),
    ]  # fmt: skip


def test_a_judgement_is_blind_if_its_codes_were_given_before_any_suggestion_was_shown() -> None:
    events = log(
        judged("s1", x="barrier"), shown("s1", x="mixed"),
        judged("s2", x="barrier"), shown("s2", x="mixed"), judged("s2", x="mixed"),
        judged("s3", x="barrier"), shown("s3", x="mixed"), judged("s3", x="barrier"),
        shown("s4"), judged("s4"),
        shown("s5"),
        judged("s1", "b"),
    )  # fmt: skip
    assert uptake.exposure(uptake.made_blind(events, NAMES)) == [
        Exposure(coder="Ana", n_judgements=4, n_blind=2),
        Exposure(coder="Ben", n_judgements=1, n_blind=1),
    ]


@pytest.fixture
def compared(small_study: Study, segment_ids: dict[str, str]) -> Study:
    """Ana judged two segments blind, saw what a machine suggested for them, and then took one suggestion."""
    list(small_study.run("suggest", suggesters=("keywords",)))
    ana = small_study.seat("Ana")
    for start in ("There is", "No bus"):
        ana.judge(segment_ids[start], [])
        ana.cards(segment_ids[start])
    ana.judge(segment_ids["There is"], choices(stigma="barrier"))
    return small_study


def test_a_study_counts_what_its_coders_took_and_how_much_was_blind(compared: Study) -> None:
    taken = {(item.coder, item.machine, item.code_key): (item.n_accepted, item.n_rejected) for item in compared.uptake()}
    assert taken == {("Ana", "keywords", "stigma"): (1, 0), ("Ana", "keywords", "transport"): (0, 1)}
    assert compared.exposure() == [Exposure(coder="Ana", n_judgements=2, n_blind=1)]


def test_the_counts_are_exported_with_their_meaning_and_what_was_blind(compared: Study) -> None:
    table = compared.tables()["suggestion_uptake"]
    assert table.columns[:5] == ("Coder", "Machine", "Code", "Shown", "Shown before judging")
    assert [row[:4] for row in table.rows] == [("Ana", "keywords", "Stigma", 1), ("Ana", "keywords", "Transport", 1)]
    assert any("Of 2 judgements in force, 1 (50%) have the codes that were given before" in note for note in table.notes)


def test_a_study_in_which_nobody_was_shown_a_suggestion_has_no_such_table(small_study: Study) -> None:
    small_study.seat("Ana").judge(small_study.coded_segments()[0].id, choices(stigma="barrier"))
    assert "suggestion_uptake" not in small_study.tables()
