"""The section Agreement of the page Report: each way of looking, what its numbers open, and who may look."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("streamlit")

from streamlit.testing.v1 import AppTest

from qualkit.study import Study, agreement_tables
from qualkit.ui import launch
from tests.conftest import choices, outcomes
from tests.drawn import page_of, sent

Open = Callable[[str], AppTest]
ON_JUDGEMENTS = ("By code", "Facilitator or barrier", "Sets and words", "Coders", "Over time")
LOOKS = (*ON_JUDGEMENTS, "Rounds", "Plan double coding")


@pytest.fixture
def study(small_study: Study) -> Study:
    """Ana and Ben differ on the first segment and agree on the second; Cara adjudicates."""
    settings = small_study.folder.config_file
    settings.write_text(settings.read_text() + 'coders = ["Ana", "Ben"]\nadjudicators = ["Cara"]\n')
    opened = Study.open(small_study.folder.path)
    first, second, *rest = opened.seat("Ana").queue()
    opened.seat("Ana").judge(first, choices(stigma="barrier"))
    opened.seat("Ben").judge(first, choices(trust=None))
    for name in ("Ana", "Ben"):
        opened.seat(name).judge(second, choices(stigma="barrier"))
        for segment_id in rest:
            opened.seat(name).judge(segment_id, [])
    return opened


@pytest.fixture
def open_page(study: Study, monkeypatch: pytest.MonkeyPatch) -> Open:
    monkeypatch.setenv(launch.STUDY_VARIABLE, str(study.folder.path))
    return lambda name: page_of("report", name).run()


def told(app: AppTest) -> str:
    return "".join(element.proto.body for element in app.get("html"))


def opened(study: Study) -> dict[tuple[str, str], tuple[str, ...]]:
    """What opens in the table by code, by the names of row and column."""
    table, found = agreement_tables.agreement_table(study.agreement(), study.codebook()), study.agreement_opens("codes")
    return {(str(table.rows[row][0]), table.columns[column]): item.segment_ids for (row, column), item in found.items()}


def test_numbers_open_what_each_coder_gave_and_where_they_differ(study: Study) -> None:
    first, second, *_ = study.outline().coded
    found = opened(study)
    assert found["Stigma", "Ana"] == (first, second)
    assert found["Stigma", "Ben"] == (second,)
    assert found["Stigma", "Agreement"] == (first,)
    assert found["Trust", "Ben"] == found["Trust", "Agreement"] == (first,)
    assert ("Trust", "Ana") not in found


def test_a_segment_that_divides_coders_comes_with_what_each_said(study: Study) -> None:
    (differ,) = (item for item in study.agreement_opens("codes").values() if item.title == "Stigma: coders differ on 1 segment")
    assert list(differ.said.values()) == ["Ana: barrier; Ben: absent"]


def test_what_opens_where_sets_of_codes_differ_is_as_much_as_the_figure_says(study: Study) -> None:
    (item,) = study.agreement_opens("sets").values()
    same = study.set_agreement()[0]
    assert len(item.segment_ids) == round((1 - (same.value or 0.0)) * same.n_units) == 1
    assert list(item.said.values()) == ["Ana: Stigma; Ben: Trust"]


def test_a_machine_coder_beside_people_opens_where_it_says_other_than_one_of_them(study: Study) -> None:
    assert outcomes(study, "suggest", suggesters=("keywords",))["suggest"].is_fresh
    first = study.outline().coded[0]
    parts = study.agreement_with_machine("keywords", "stigma")
    opens = study.parts_open(parts, "stigma")
    differ = {item.title.split(":")[0]: item for item in opens.values() if "differ" in item.title}
    assert differ["people"].segment_ids == (first,)
    assert differ["people"].said[first] == "Ana: barrier; Ben: absent"
    assert set(differ["keywords"].segment_ids) >= {first}
    assert differ["keywords"].said[first].startswith("Ana: barrier; Ben: absent; keywords: ")


@pytest.mark.parametrize("look", LOOKS)
def test_each_way_of_looking_is_drawn(open_page: Open, look: str) -> None:
    page = open_page("Cara")
    page.session_state["agreement-view"] = look
    page.run()
    assert not page.exception and not page.error


def test_after_discussion_what_was_judged_blind_is_shown_first(open_page: Open, study: Study) -> None:
    study.reveal()
    first = study.outline().coded[0]
    study.seat("Ben").judge(first, choices(stigma="barrier"))
    page = open_page("Cara")
    for look in ON_JUDGEMENTS:
        page.session_state["agreement-view"] = look
        page.session_state["agreement-blind"] = "Judged blind"
        assert "Judged blind: in a round" in sent(page.run()), look
        page.session_state["agreement-blind"] = "As they stand now"
        assert "does not speak of reliability" in sent(page.run()), look


def test_before_two_have_judged_the_same_there_is_nothing_to_tell(small_study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(launch.STUDY_VARIABLE, str(small_study.folder.path))
    small_study.seat("Ana").judge(small_study.outline().coded[0], [])
    small_study.reveal()
    page = page_of("report", "Ana").run()
    assert "Two people must have judged the same segments" in page.info[0].value


def test_who_is_still_blind_sees_none_of_it(small_study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(launch.STUDY_VARIABLE, str(small_study.folder.path))
    small_study.seat("Ana").judge(small_study.outline().coded[0], choices(stigma="barrier"))
    page = page_of("report", "Ben").run()
    assert page.info and "stigma" not in told(page).casefold()
