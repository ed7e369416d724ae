"""What the benchmark of topics counts, and on real talk that the figures it is judged by hold."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import topics as bench
from qualkit.study.workbench import Workbench
from tests.fakes import FakeEmbedder, FakeLanguage


def test_purity_counts_those_with_the_commonest_label_of_their_topic() -> None:
    # topic 0: labels a, a, b; no topic: b and both; the last has no label at all
    marks = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [1, 1], [0, 0]], dtype=bool)
    assert bench.purity(np.array([0, 0, 0, -1, -1, -1]), marks) == (2 + 2) / 5


def test_diversity_is_the_share_of_different_words() -> None:
    assert bench.diversity([["bus", "car"], ["bus", "nurse"]]) == 3 / 4


def test_a_sentence_has_the_label_that_covers_most_of_it(tmp_path: Path) -> None:
    (tmp_path / "turns.csv").write_text(
        "group,stratum,turn,speaker,role,text\n"
        'g,x,1,M,moderator,"What gets in the way of it all?"\n'
        'g,x,2,P,participant,"No bus runs here on Sundays. Yes. And nobody pays for the fare."\n',
        encoding="utf-8",
    )
    (tmp_path / "codebook.csv").write_text("code,subcategory\nB,bus\nM,money\nN,\n", encoding="utf-8")
    (tmp_path / "codings.csv").write_text(
        "group,turn,code,start,end\ng,2,B,0,27\ng,2,N,0,60\ng,2,M,33,64\ng,2,B,33,36\n", encoding="utf-8"
    )
    tools = Workbench(tmp_path / "artifacts")
    tools.language, tools.embedder = FakeLanguage(), FakeEmbedder()
    talk = bench.focus_groups(tmp_path, tools)
    assert [segment.text for segment in talk.segments] == ["No bus runs here on Sundays.", "And nobody pays for the fare."]
    assert talk.labels.tolist() == [0, 1]  # bus, money: "Yes." is too short, the moderator is left out


@pytest.mark.parametrize("are_copies", [False, True])
def test_segments_for_the_curve_are_made_of_comments_with_one_label(tmp_path: Path, are_copies: bool) -> None:
    tools = Workbench(tmp_path / "artifacts")
    tools.embedder = FakeEmbedder()
    said = ["apple", "ample", "nothing", "berry", "bear"]
    talk = bench._talk(
        [bench._segment(n, word, "g", str(n), "") for n, word in enumerate(said)], ["a", "a", "", "b", "b"], tools
    )
    made = bench.drawn(talk, 50, tmp_path, are_copies=are_copies)
    vectors = np.load(made / "vectors.npy")
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0)
    assert len(np.unique(vectors, axis=0)) == (50 if are_copies else 6)  # aa, ab, bb of either label
    for text, label in zip(json.loads((made / "texts.json").read_text()), np.load(made / "labels.npy"), strict=True):
        assert {word[0] for word in text.split()} == {"ab"[label]}
        assert len(text.split()) == (1 if are_copies else 2)


@pytest.mark.engine
@pytest.mark.real_data
def test_on_real_focus_groups_topics_are_like_what_people_coded_and_leave_few_out(real_data: Path, tmp_path: Path) -> None:
    tools = Workbench(tmp_path)
    talk = bench.focus_groups(real_data / "coded" / "os_focus_group", tools)
    found = bench.ours(tools)(talk, 7)
    assert (found.numbers < 0).mean() <= 0.25
    assert bench.likeness_to_people([found.numbers], talk.labels)["nmi"] >= 0.27
    assert bench.diversity(found.words) >= 0.8
