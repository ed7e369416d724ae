"""All agreement is told over what was said blind, whatever was changed afterwards; as it stands now is asked for."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from qualkit.cli import app
from qualkit.model import Agreement, Choice, Evidence, Purpose, Valence
from qualkit.study import Study
from tests.conftest import choices, reopened


@pytest.fixture
def study(small_study: Study) -> Study:
    """The small study of Ana and Ben."""
    settings = small_study.folder.config_file
    settings.write_text(settings.read_text() + 'coders = ["Ana", "Ben"]\n')
    return reopened(small_study)


@pytest.fixture
def changed(study: Study, shame: str, bus: str) -> Study:
    """Blind, Ana marked a word for shame as a barrier, Ben the whole of it as a facilitator; then Ben came round to Ana."""
    study.seat("Ana").judge(shame, [stigma(study, shame, Valence.BARRIER)])
    study.seat("Ben").judge(shame, choices(stigma="facilitator"))
    for name in ("Ana", "Ben"):
        study.seat(name).judge(bus, choices(transport="barrier"))
    study.reveal()
    study.seat("Ben").judge(shame, [stigma(study, shame, Valence.BARRIER)])
    return study


def stigma(study: Study, segment_id: str, valence: Valence) -> Choice:
    at = study.corpus().segments[segment_id].text.index("shame")
    return Choice(code_key="stigma", valence=valence, evidence=(Evidence(start_char=at, end_char=at + 5, text="shame"),))


def value(found: list[Agreement], measure: str, code_key: str | None) -> float | None:
    return next(item.value for item in found if (item.measure, item.code_key) == (measure, code_key))


def test_on_valence_before_discussion_and_after(changed: Study) -> None:
    assert value(changed.valence_agreement(), "percent", "stigma") == 0.0
    assert value(changed.valence_agreement(is_now=True), "percent", "stigma") == 1.0


def test_on_presence_of_codes_and_on_sets(changed: Study, shame: str) -> None:
    changed.seat("Ben").judge(shame, choices(trust=None))
    assert changed.set_agreement()[0].value == 1.0
    assert changed.set_agreement(is_now=True)[0].value == 0.5
    assert value(changed.told_agreement(), "percent", "stigma") == 1.0
    assert value(changed.told_agreement(is_now=True), "percent", "stigma") == 0.5


def test_on_words_as_they_were_marked_then(changed: Study, shame: str) -> None:
    text = changed.corpus().segments[shame].text
    before = {item.code_key: item for item in changed.cut_agreement()}["stigma"].agreement[0]
    now = {item.code_key: item for item in changed.cut_agreement(is_now=True)}["stigma"].agreement[0]
    assert before.positives == {"Ana": 5, "Ben": len(text)}
    assert now.positives == {"Ana": 5, "Ben": 5}


def test_of_each_two_coders_and_as_time_goes_by(changed: Study, shame: str, bus: str) -> None:
    changed.seat("Ben").judge(shame, [])
    (pair,) = changed.agreement_by_pair("stigma")
    assert value(list(pair.agreement), "percent", "stigma") == 1.0
    (pair,) = changed.agreement_by_pair("stigma", is_now=True)
    assert value(list(pair.agreement), "percent", "stigma") == 0.5
    first, last = changed.agreement_over_time(2)
    assert [value(list(part.agreement), "percent", None) for part in (first, last)] == [1.0, 1.0]
    bus_first, shame_last = changed.agreement_over_time(2, is_now=True)
    assert value(list(bus_first.agreement), "percent", None) == 1.0
    assert (value(list(shame_last.agreement), "percent", None) or 0.0) < 1.0


def test_on_the_reliability_sample(changed: Study, shame: str) -> None:
    changed.draw_sample(1.0, seed=1)
    changed.seat("Ben").judge(shame, [])
    assert value(changed.sample_agreement(), "percent", "stigma") == 1.0
    table = changed.tables()["agreement_sample"]
    assert any(note.startswith("Judged blind:") for note in table.notes)
    opens = changed.table_opens("agreement_sample")
    assert {item.title for item in opens.values() if item.segment_ids == (shame,)} == {
        "Stigma, given by Ana", "Stigma, given by Ben",
    }  # fmt: skip


def test_what_opens_is_what_was_said_blind(changed: Study, shame: str) -> None:
    (item,) = (item for item in changed.agreement_opens("valence").values() if "differ" in item.title)
    assert (item.segment_ids, item.said) == ((shame,), {shame: "Ana: barrier; Ben: facilitator"})
    assert not any("differ" in item.title for item in changed.agreement_opens("valence", is_now=True).values())
    changed.seat("Ben").judge(shame, [])
    for code, is_now, apart in (("stigma", False, []), ("stigma", True, [(shame,)]), (None, True, [(shame,)])):
        opens = changed.parts_open(changed.agreement_by_pair(code, is_now=is_now), code, is_now=is_now)
        assert [item.segment_ids for item in opens.values() if "differ" in item.title] == apart, (code, is_now)


def test_why_it_is_low_shows_what_was_said_blind(changed: Study, shame: str) -> None:
    changed.seat("Ana").judge(shame, [])
    found = changed.diagnosis("stigma", valence=True)
    assert found.worst[0].said == {"Ana": "barrier", "Ben": "facilitator"}
    assert found.worst[0].words == {"Ana": "shame"}
    now = changed.diagnosis("stigma", is_now=True)
    assert now.worst[0].said == {"Ana": "absent", "Ben": "barrier"}
    assert now.worst[0].words == {"Ben": "shame"}


def test_tables_and_commands_say_which_judgements_they_are_over(changed: Study) -> None:
    tables = changed.tables()
    for stem in ("agreement", "agreement_valence", "agreement_sets", "agreement_words"):
        assert any(note.startswith("Judged blind:") for note in tables[stem].notes), stem
    assert {row[0] for row in tables["agreement_numbers"].rows} == {
        "presence", "presence, as it stands now", "valence", "sets", "words",
    }  # fmt: skip
    where = ["--study", str(changed.folder.path)]
    told = CliRunner().invoke(app, ["why", "stigma", *where]).output
    assert "Judged blind:" in told
    assert "does not speak of reliability" in CliRunner().invoke(app, ["agree-by", "coder", "--now", *where]).output
    assert "coded blind by two or more" in CliRunner().invoke(app, ["agree", *where]).output


def test_words_marked_in_an_earlier_round_do_not_stand_for_a_newer_judgement_without_any(study: Study, shame: str) -> None:
    for name in ("Ana", "Ben"):
        study.seat(name).judge(shame, [stigma(study, shame, Valence.BARRIER)])
    study.reveal()
    study.open_round(purpose=Purpose.RECODE, on=[shame])
    study.seat("Ben").judge(shame, choices(stigma="barrier"))
    marked = study.marked()[shame]["stigma"]
    assert {name: [span.text for span in spans] for name, spans in marked.items()} == {"Ana": ["shame"]}
