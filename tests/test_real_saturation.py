"""Saturation of four real focus groups, against numbers counted from the published codings by other means."""

from __future__ import annotations

from pathlib import Path

import pytest

from qualkit.model import Saturation
from qualkit.stages import saturation_tables
from qualkit.study import Study, coding
from tests.fakes import FakeLanguage
from tests.os_focus_group import BY_TURN, make_os_study, write_codings

pytestmark = pytest.mark.real_data

ORDER = ("R1_1", "nonR1_2", "R1_2", "nonR1_1")
"""The order for which the new codes of each group are known."""

DAYS = "".join(f"\n[meetings.{group}]\nheld_on = 2022-05-0{day}\n" for day, group in enumerate(ORDER, start=1))


@pytest.fixture(scope="module")
def study(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The four groups with one segment a turn, the published codes, and days on which groups might have been held."""
    path = tmp_path_factory.mktemp("saturation") / "os"
    study = make_os_study(path, real_data, BY_TURN + DAYS)
    study.tools.language = FakeLanguage()
    for stage in ("ingest", "segment"):
        list(study.run(stage))
    coding.read_codings(study, write_codings(path / "codings.csv", real_data))
    return study


def shares(item: Saturation) -> list[int]:
    """The mean share of all codes after 1, 2, ... groups, in percent."""
    return [round(100 * over.mean / item.n_found) for over in item.over_orders]


def test_initial_codes_are_not_saturated(study: Study) -> None:
    (item,) = study.saturation()
    assert [group.title for group in item.groups] == list(ORDER)
    assert [len(group.new) for group in item.groups] == [101, 41, 29, 21]
    assert (item.n_found, item.n_orders, item.is_every_order) == (192, 24, True)
    assert shares(item) == [57, 79, 91, 100]
    sizes = {(found.base, found.run): found for found in item.assessments}
    last = sizes[3, 1].runs[-1]
    assert (last.n_new, sizes[3, 1].n_in_base, round(100 * (last.share or 0))) == (21, 171, 12)
    assert all(saturation_tables.reached_at(item, threshold) == [] for threshold in (0.05, 0.0))


def test_subcategories_are_saturated(study: Study) -> None:
    """They are the top level of the codebook; the twenty initial codes that stand under none are left out of it."""
    (item,) = study.saturation("level-1")
    assert (item.n_found, item.n_above) == (18, 20)
    assert [len(group.new) for group in item.groups] == [16, 2, 0, 0]
    assert shares(item) == [97, 100, 100, 100]
    assert saturation_tables.reached_at(item, 0.0) == ["2+1", "2+2", "3+1"]


def test_within_each_kind_of_university_two_groups_are_too_few(study: Study) -> None:
    found = {item.stratum: item for item in study.saturation(by="stratum")}
    # codes on the two groups of each: 101 and 118 with 152 in all; 120 and 100 with 151 in all
    assert {name: (item.n_found, len(item.groups[-1].new)) for name, item in found.items()} == {
        "R1": (152, 51),
        "nonR1": (151, 51),
    }
    assert all(item.assessments == () for item in found.values())


def test_all_orders_of_four_groups_have_these_ends(study: Study) -> None:
    (item,) = study.saturation()
    assert [(over.least, over.median, over.most) for over in item.over_orders] == [
        (100, 109.5, 120), (142, 151.5, 160), (171, 175, 180), (192, 192, 192)
    ]  # fmt: skip
