"""Charts of topics: what they hold, and the files that are made of them."""

from __future__ import annotations

import json
import re
import struct
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest

pytest.importorskip("altair")

from qualkit.figures import palette, topics
from qualkit.figures.labels import Label, broken, spread
from qualkit.figures.looks import DARK, LIGHT
from qualkit.figures.topic_map import Plan, Said, topic_map
from qualkit.model import Merge, Place, Topic
from qualkit.study import Study, figures, topic_figures
from tests.landscapes import landscape_of, lay_out, places_of, topics_of

IDS = ["a", "b", "c", "d", "e"]
FOUND, LANDSCAPE, PLACES = topics_of(IDS, "r"), landscape_of("r"), places_of(IDS, "r")
SAID = {key: Said(text=f"words of {key} <b>", who="P1, 0:10", group="FG 1") for key in IDS}


def rows_with(chart: Any, field: str) -> list[dict[str, Any]]:
    """The first rows of a chart's data that have a field."""
    spec = chart.to_dict(validate=False)
    data = [part["data"]["values"] for part in (spec, *layers(spec)) if "data" in part]
    return next(rows for rows in data if rows and field in rows[0])


def layers(spec: Any) -> list[Any]:
    """The views of a spec that draw something."""
    return [leaf for part in spec["layer"] for leaf in (layers(part) if "layer" in part else [part])]


# ---------------------------------------------------------------- the map


def test_a_map_has_a_dot_for_each_segment_with_a_place_and_outliers_lie_under_the_others() -> None:
    dots = rows_with(topic_map(FOUND, PLACES, SAID), "id")
    assert [(dot["id"], dot["n"]) for dot in dots] == [("e", -1), ("a", 0), ("b", 0), ("c", 1), ("d", 1)]
    assert [dot["id"] for dot in dots if dot.get("p")] == ["c"]
    assert dots[1] == {"x": 0.0, "y": 0.0, "n": 0, "g": 0, "id": "a", "who": "P1, 0:10", "quote": "words of a <b>"}
    without = {key: place for key, place in PLACES.items() if key != "a"}
    assert len(rows_with(topic_map(FOUND, without, SAID), "id")) == 4


def test_a_dot_is_coloured_by_topic_tells_the_quote_and_can_be_clicked() -> None:
    spec = topic_map(FOUND, PLACES, SAID).to_dict()
    dots = next(layer for layer in layers(spec) if layer.get("name") == "dots")
    scale = dots["encoding"]["color"]["scale"]
    titles = ["1 · shame, blame, town", "2 · Getting <there>", "No topic"]
    assert dict(zip(scale["domain"], scale["range"], strict=True)) == {
        title: palette.topic_colour(number) for title, number in zip(titles, (0, 1, -1), strict=True)
    }
    assert [item["field"] for item in dots["encoding"]["tooltip"]] == ["quote", "who", "group", "topic"]
    assert {param["name"]: param["select"]["type"] for param in spec["params"]} == {
        "dot": "point", "view": "interval", "shown": "point"
    }  # fmt: skip
    assert spec["usermeta"]["embedOptions"]["renderer"] == "canvas"


def test_topics_that_are_singled_out_are_chosen_from_the_start() -> None:
    params = {param["name"]: param for param in topic_map(FOUND, PLACES, SAID, singled=[1]).to_dict()["params"]}
    assert params["shown"]["value"] == [{"topic": "2 · Getting <there>"}]


def test_a_large_map_has_shorter_quotes_and_smaller_dots_and_no_glow() -> None:
    n = 20_000
    many = [f"s{number}" for number in range(n)]
    places = {key: Place(segment_id=key, x=number % 140, y=number // 140) for number, key in enumerate(many)}
    said = {key: Said(text="word " * 200, who="P1", group="FG 1") for key in many}
    topic = Topic(id="t", run_id="r", number=0, words=("word",), segment_ids=tuple(many))
    spec = topic_map([topic], places, said).to_dict(validate=False)
    dots = spec["data"]["values"]
    assert len(dots) == n
    assert max(len(dot["quote"]) for dot in dots) == 120
    assert len(json.dumps(spec)) < 6_000_000
    assert [layer["mark"]["type"] for layer in layers(spec)] == ["point", "text", "text"]


def test_colours_of_topics_differ_and_begin_again_and_outliers_are_grey() -> None:
    assert len(set(palette.TOPICS)) == 20
    assert palette.topic_colour(20) == palette.topic_colour(0)
    assert palette.topic_colour(-1) == palette.GREY


def test_labels_keep_apart_and_inside_and_near_their_points() -> None:
    crowd = {number: Label(f"topic {number}", 100 + 3 * number, 100.0) for number in range(6)} | {
        9: Label("at the edge", 398, 2)
    }
    placed = spread(crowd, 400, 300)
    for one, other in combinations(placed.values(), 2):
        apart_x = abs(one.x - other.x) >= one.half_width + other.half_width - 1
        assert apart_x or abs(one.y - other.y) >= one.half_height + other.half_height - 1
    assert all(label.half_width <= label.x <= 400 - label.half_width for label in placed.values())
    assert all(abs(placed[key].x - crowd[key].x) < 60 for key in placed)


def test_a_label_with_no_room_near_its_point_is_left_out() -> None:
    crowd = {number: Label("a rather long name", 100.0, 100.0) for number in range(60)}
    placed = spread(crowd, 300, 300)
    assert 0 in placed
    assert len(placed) < 60


def test_a_label_is_broken_between_words_into_two_lines() -> None:
    assert broken("bus, car, road") == "bus, car, road"
    assert broken("self-archiving, website, journals") == "self-archiving,\nwebsite, journals"
    assert broken("something, education, institution, library").endswith("…")


# ---------------------------------------------------------------- hierarchy, likeness, sizes

MERGES = (Merge(left=1, right=3, distance=0.1), Merge(left=0, right=4, distance=0.3), Merge(left=5, right=2, distance=0.6))
"""Of four topics: 1 with 3; then 0 with these; then these with 2."""


def test_leaves_are_ordered_so_that_no_branches_cross() -> None:
    assert topics.leaf_order(4, MERGES) == [0, 1, 3, 2]
    assert topics.leaf_order(3, ()) == [0, 1, 2]


def test_a_fork_lies_in_the_middle_of_its_branches_and_starts_where_they_joined() -> None:
    first, second, third = topics.forks(4, MERGES)
    assert (first.low, first.high, first.low_distance) == (1.0, 2.0, 0.0)
    assert (second.low, second.high, second.low_distance, second.high_distance) == (0.0, 1.5, 0.0, 0.1)
    assert (third.low, third.high, third.distance, third.of) == (0.75, 3.0, 0.6, (0, 1, 3, 2))


def test_a_hierarchy_draws_every_merge_and_names_every_leaf() -> None:
    chart = topics.hierarchy(FOUND, LANDSCAPE)
    assert len(rows_with(chart, "fork")) == 4 * len(LANDSCAPE.merges)
    assert {row["topic"]: row["segments"] for row in rows_with(chart, "segments")} == {
        "1 · shame, blame, town": 2, "2 · Getting <there>": 2
    }  # fmt: skip


def test_likeness_is_drawn_between_every_two_topics_in_the_order_of_the_hierarchy() -> None:
    spec = topics.likeness(FOUND, LANDSCAPE).to_dict()
    cells = rows_with(topics.likeness(FOUND, LANDSCAPE), "likeness")
    assert [(cell["row"][0], cell["column"], cell["likeness"]) for cell in cells] == [("1", "2", 0.3), ("2", "1", 0.3)]
    assert layers(spec)[0]["encoding"]["x"]["sort"] == [str(number + 1) for number in topics.leaf_order(2, LANDSCAPE.merges)]


def test_sizes_say_what_is_unstable_in_words_and_mark_it_without_colour() -> None:
    chart = topics.sizes(FOUND)
    rows = {row["topic"]: row for row in rows_with(chart, "said")}
    assert [row["said"] for row in rows.values()] == ["2 · 66% comes back", "2 · 31% comes back · unstable", "1"]
    assert [row["is_lasting"] for row in rows.values()] == [True, False, True]
    assert {"strokeDash", "fillOpacity"} <= set(layers(chart.to_dict())[0]["encoding"])


def test_sizes_of_topics_whose_stability_was_not_asked_call_nothing_unstable() -> None:
    unasked = [replace(topic, returns=None, returns_without=None) for topic in FOUND]
    assert [row["said"] for row in rows_with(topics.sizes(unasked), "said")] == ["2", "2", "1"]


@pytest.mark.parametrize("look", [LIGHT, DARK])
def test_every_chart_is_drawn_in_both_looks(look: Any) -> None:
    drawn = [
        topic_map(FOUND, PLACES, SAID, look=look, plan=Plan(has_legend=False)),
        topics.sizes(FOUND, look),
        topics.hierarchy(FOUND, LANDSCAPE, look),
        topics.likeness(FOUND, LANDSCAPE, look),
    ]
    assert all(look.ink in json.dumps(chart.to_dict()) for chart in drawn)


# ---------------------------------------------------------------- files


@pytest.fixture
def study(small_study: Study) -> Study:
    return lay_out(small_study)


STEMS = {"topic_map", "topic_hierarchy", "topic_likeness", "topic_sizes", "topics_by_group", "topics_by_course", "talk_share"}


def test_an_export_writes_each_figure_three_ways_and_lists_it_with_its_checksum(study: Study) -> None:
    pytest.importorskip("vl_convert")
    (outcome,) = study.run("export")
    assert outcome.run is not None
    folder = study.folder.exports / "figures"
    assert {path.name for path in folder.iterdir()} == {stem + suffix for stem in STEMS for suffix in figures.SUFFIXES}
    manifest = json.loads((study.folder.exports / "manifest.json").read_text())
    assert {f"figures/{path.name}" for path in folder.iterdir()} <= set(manifest["files"])
    (again,) = study.run("export")
    assert not again.is_fresh


def test_equal_figures_give_equal_bytes(study: Study) -> None:
    pytest.importorskip("vl_convert")
    list(study.run("export"))
    folder = study.folder.exports / "figures"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for path in folder.iterdir():
        path.unlink()
    (again,) = study.run("export")
    assert again.is_fresh
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_page_loads_nothing_and_offers_no_web_service_and_holds_quotes_escaped(study: Study) -> None:
    pytest.importorskip("vl_convert")
    from qualkit.figures import files

    page = files.html(figures.all_figures(study)["topic_map"]())
    assert not re.search(r"""(?:src|href)\s*=\s*["']?https?:""", page)
    assert "default-src 'none'" in page and "editor: false" in page
    spec = page[page.index('vegaEmbed("#figure"') :]
    assert "There is so much shame in this town." in spec
    assert "Getting \\u003cthere>" in spec and "<there>" not in page


def test_svg_and_png_are_whole_and_the_png_is_twice_as_fine(study: Study) -> None:
    pytest.importorskip("vl_convert")
    list(study.run("export"))
    folder = study.folder.exports / "figures"
    drawn = (folder / "topic_sizes.svg").read_text()
    assert drawn.startswith("<svg") and "31% comes back · unstable" in drawn
    width = int(re.search(r'<svg[^>]* width="(\d+)', drawn)[1])  # type: ignore[index]
    data = (folder / "topic_sizes.png").read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">I", data[16:20])[0] == pytest.approx(2 * width, abs=2)


def test_ids_in_an_svg_do_not_depend_on_what_was_drawn_before(study: Study) -> None:
    pytest.importorskip("vl_convert")
    from qualkit.figures import files

    draw = figures.all_figures(study)["topic_map"]
    assert files.svg(draw()) == files.svg(draw())


def test_a_changed_topic_has_figures_drawn_anew(study: Study) -> None:
    pytest.importorskip("vl_convert")
    list(study.run("export"))
    with study.store.write() as tx:
        tx.replace([replace(study.topics()[1], label="Shame")])
        tx.log("qualkit", "named a topic", {"topic_id": "", "label": ""})
    (again,) = study.run("export")
    assert again.is_fresh
    assert "1 · Shame" in (study.folder.exports / "figures" / "topic_sizes.svg").read_text()


def test_a_renamed_study_has_its_map_drawn_anew(study: Study) -> None:
    before = figures.print_of(study)
    study.info = replace(study.info, title="Another name")
    assert figures.print_of(study) != before


def in_figures(study: Study) -> set[str]:
    return {path.name for path in (study.folder.exports / "figures").iterdir()}


def of_stems(*stems: str) -> set[str]:
    return {stem + suffix for stem in stems for suffix in figures.SUFFIXES}


def test_files_of_figures_that_are_not_drawn_any_more_go_and_what_somebody_else_put_there_stays(study: Study) -> None:
    pytest.importorskip("vl_convert")
    list(study.run("export"))
    folder = study.folder.exports / "figures"
    for name in ("topics_by_hand.png", "topic_map.txt", "poster.svg"):
        (folder / name).write_text("mine")
    manifest = study.folder.exports / "manifest.json"
    said = json.loads(manifest.read_text())
    for name in of_stems("topics_by_ward"):  # of an attribute that is gone
        (folder / name).write_text("qualkit's")
        said["files"][f"figures/{name}"] = "0"
    manifest.write_text(json.dumps(said))
    with study.store.write() as tx:
        tx.replace([replace(landscape_of(study.runs()["segment"].id), merges=(), likeness=())])
    (again,) = study.run("export")
    assert again.is_fresh
    drawn = of_stems("topic_map", "topic_sizes", "topics_by_group", "topics_by_course", "talk_share")
    assert in_figures(study) == drawn | {"topics_by_hand.png", "topic_map.txt", "poster.svg"}
    listed = {name for name in json.loads(manifest.read_text())["files"] if name.startswith("figures/")}
    assert listed == {f"figures/{name}" for name in drawn}


@pytest.mark.parametrize("has_manifest", [True, False])
def test_without_topics_no_word_of_anybody_stays_on_an_exported_map(study: Study, has_manifest: bool) -> None:
    pytest.importorskip("vl_convert")
    list(study.run("export"))
    if not has_manifest:
        (study.folder.exports / "manifest.json").write_text("[")
    with study.store.write() as tx:
        tx.retire(Topic)
        tx.log("qualkit", "found no topics", {})
    (outcome,) = study.run("export")
    assert outcome.is_fresh
    assert not in_figures(study) & of_stems("topic_map", "topic_sizes", "topic_hierarchy", "topic_likeness")
    assert bool(in_figures(study) - of_stems("talk_share")) == (not has_manifest)


def test_every_figure_of_topics_is_one_that_an_export_knows_to_take_away(study: Study) -> None:
    own = {stem for stem in figures.all_figures(study) if not stem.startswith(("topics_by_", "talk_"))}
    assert own == set(topic_figures.NAMES)


def test_without_the_packages_that_draw_an_export_says_what_to_install(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    list(study.run("suggest", suggesters=("keywords",)))
    monkeypatch.setattr(figures, "can_draw", lambda: False)
    (outcome,) = study.run("export")
    assert outcome.run is not None
    assert "pip install -e '.[figures]'" in outcome.run.summary
    assert (study.folder.exports / "theme_table.csv").exists()
    assert not (study.folder.exports / "figures").exists()


def test_a_study_without_topics_has_the_figures_of_its_talk_alone(small_study: Study) -> None:
    assert set(figures.all_figures(small_study)) == {"talk_share"}


def test_topics_without_a_hierarchy_have_the_other_figures(study: Study) -> None:
    with study.store.write() as tx:
        tx.replace([replace(landscape_of(study.runs()["segment"].id), merges=(), likeness=())])
    assert set(figures.all_figures(study)) == STEMS - {"topic_hierarchy", "topic_likeness"}
