"""Machine coders on real, human-coded focus groups: with real engines, each group held out in turn. Bounds lie below what was
measured (`python -m benchmarks.suggest`), so that they fail when something breaks and not when something is retuned.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import coded
from benchmarks.coded import Coded
from benchmarks.suggest import answers, figures_of, main
from qualkit.study.workbench import Workbench

pytestmark = [pytest.mark.engine, pytest.mark.real_data]


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    return Workbench(tmp_path_factory.mktemp("vectors"))


@pytest.fixture(scope="module")
def groups(real_data: Path) -> Coded:
    return coded.os_focus_group(real_data / "coded" / "os_focus_group")


def test_the_codebook_alone_finds_more_than_the_commonest_codes(groups: Coded, tools: Workbench) -> None:
    found = answers(groups, groups.brief, tools, zero_shot=True)
    truth, scores = found.judged.is_true, found.judged.scores
    figures = {name: float(values[0]) for name, values in figures_of(found).items()}
    commonest = np.argsort(-truth.sum(axis=0))[:3]
    assert figures["kappa"] >= 0.42
    assert figures["recall_at_3"] >= truth[:, commonest].sum() / truth.sum() + 0.08
    best = np.argsort(-scores, axis=1)[:, :3]
    assert np.bincount(best.ravel()).max() / best.size <= 0.2, "no code is named on everything"
    between = (scores >= 0.3) & (scores < 0.5)
    assert truth[between].mean() == pytest.approx(0.4, abs=0.12), "a score is about the share that people agree with"


def test_lessons_of_three_groups_make_a_coder_of_the_fourth(groups: Coded, tools: Workbench) -> None:
    figures = {name: float(values[0]) for name, values in figures_of(answers(groups, groups.brief, tools)).items()}
    assert figures["kappa"] >= 0.52
    assert figures["auc"] >= 0.89
    assert figures["precision_top50"] >= 0.84
    assert figures["ece"] <= 0.05
    assert figures["conformal_error"] <= 0.12
    assert figures["conformal_coverage"] >= 0.4


def test_a_folder_of_ones_own_is_evaluated_by_the_same_settings(
    tmp_path: Path, groups: Coded, capsys: pytest.CaptureFixture[str]
) -> None:
    coded.write_folder(tmp_path / "own", groups)
    again = coded.from_folder(tmp_path / "own")
    assert [item.text for item in again.brief.segments] == [item.text for item in groups.brief.segments]
    assert again.brief.lessons == groups.brief.lessons
    assert main(["--data", str(tmp_path / "own"), "--cache", str(tmp_path / "cache")]) == 0
    assert '"osfg_kappa": 0.5' in capsys.readouterr().out.splitlines()[-1]
