"""Codes counted for figures and tables: for and against by construct, codes together, agreement, themes by strata."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from qualkit.errors import StudyError
from qualkit.model import (
    Basis,
    Code,
    Codebook,
    FinalCode,
    Participant,
    Role,
    Segment,
    Transcript,
    Valence,
)
from qualkit.stages import agree, construct_counts, cooccurrence
from qualkit.stages.themes import Corpus
from qualkit.study import Study, figures
from tests.conftest import choices

BARRIER, FACILITATOR = Valence.BARRIER, Valence.FACILITATOR

BOOK = Codebook(
    name="A framework",
    version="1",
    codes=(
        Code(key="available-resources", name="Available resources", definition="", domain="Inner setting"),
        Code(key="funding", name="Funding", definition="", parent_key="available-resources"),
        Code(key="space", name="Space", definition="", parent_key="available-resources"),
        Code(key="cost", name="Cost", definition="", domain="Innovation"),
        Code(key="unused", name="Unused", definition="", domain="Innovation"),
    ),
)


def a_corpus(*turns: tuple[str, str, int]) -> Corpus:
    """Segments of group, speaker and turn, called s0, s1 ..."""
    segments = [
        Segment(
            id=f"s{n}", transcript_id=group, turn_id=f"{group} {turn}", turn_revision=0, position=n, start_char=0, end_char=4,
            text="said", participant_id=who or None, is_coded=True,
        )
        for n, (group, who, turn) in enumerate(turns)
    ]  # fmt: skip
    groups = sorted({group for group, _, _ in turns})
    people = sorted({(who, group) for group, who, _ in turns if who})
    return Corpus(
        segments={segment.id: segment for segment in segments},
        transcripts={key: _transcript(key) for key in groups},
        participants={
            who: Participant(id=who, transcript_id=group, pseudonym=who, role=Role.PARTICIPANT) for who, group in people
        },
    )


def _transcript(key: str) -> Transcript:
    return Transcript(id=key, label=key, title=key, source="", source_sha256="")


def final(*codes: tuple[str, str, Valence | None]) -> list[FinalCode]:
    return [FinalCode(segment_id=at, code_key=key, valence=valence, basis=Basis.AGREED) for at, key, valence in codes]


CORPUS = a_corpus(("g1", "A", 1), ("g1", "A", 1), ("g1", "B", 2), ("g2", "C", 1), ("g2", "", 2))
CODES = final(
    ("s0", "funding", BARRIER), ("s0", "space", FACILITATOR), ("s1", "cost", BARRIER), ("s2", "funding", BARRIER),
    ("s2", "cost", BARRIER), ("s3", "available-resources", None), ("s4", "cost", FACILITATOR),
)  # fmt: skip


# ---------------------------------------------------------------- for and against by construct


def test_a_construct_counts_what_stands_below_it_and_a_domain_all_of_its_constructs() -> None:
    counts = construct_counts.run(codes=CODES, corpus=CORPUS, book=BOOK)
    assert [(count.name, count.level) for count in counts] == [
        ("Inner setting", 0), ("Available resources", 1), ("Funding", 2), ("Space", 2), ("Innovation", 0), ("Cost", 1),
    ]  # fmt: skip
    resources = counts[1]
    assert resources.by_valence == {FACILITATOR: ("s0",), BARRIER: ("s0", "s2"), None: ("s3",)}
    assert (len(resources.segment_ids), resources.n_turns, resources.n_participants, resources.n_groups) == (3, 3, 3, 2)
    assert counts[0].by_valence == resources.by_valence


def test_a_segment_whose_speaker_is_unknown_counts_for_its_group_and_no_participant() -> None:
    cost = construct_counts.run(codes=CODES, corpus=CORPUS, book=BOOK)[-1]
    assert (len(cost.segment_ids), cost.n_participants, cost.n_groups) == (3, 2, 2)


def test_the_table_has_a_column_for_each_valence_that_is_met_and_says_its_denominators() -> None:
    table = construct_counts.table(construct_counts.run(codes=CODES, corpus=CORPUS, book=BOOK), CORPUS)
    assert table.columns[2:] == (
        "Barrier", "No valence", "Facilitator", "Segments (n)", "Turns (n)", "Participants (n of N)", "Groups (n of N)",
    )  # fmt: skip
    assert table.rows[2] == ("Inner setting", "– Funding", 2, 0, 0, 2, 2, "2 of 3", "1 of 2")
    assert "3 participants in 2 groups" in table.notes[0]


def test_what_too_few_people_said_is_left_out_and_the_notes_say_so() -> None:
    counts = construct_counts.run(codes=CODES, corpus=CORPUS, book=BOOK, suppress_below=2)
    assert "Space" not in {count.name for count in counts} and "Funding" in {count.name for count in counts}
    assert "fewer than 2 people" in construct_counts.notes(counts, CORPUS, 2)[-1]


# ---------------------------------------------------------------- codes together


def together(codes: Sequence[FinalCode] = CODES, **about: Any) -> Any:
    options = cooccurrence.Options(min_segments=about.pop("min_segments", 1))
    return cooccurrence.run(codes=codes, corpus=CORPUS, book=BOOK, options=options, **about)


def test_two_codes_meet_on_a_segment_and_in_a_turn() -> None:
    found = together()
    pairs = {pair.keys: pair for pair in found.pairs}
    both = pairs["funding", "cost"]
    assert both.segment_ids == ("s2",) and both.n_turns == 2 and set(both.in_turns) == {"s0", "s1", "s2"}
    assert pairs["space", "cost"].segment_ids == () and pairs["space", "cost"].n_turns == 1
    assert ("available-resources", "cost") not in pairs


def test_jaccard_and_lift_are_those_of_the_counts() -> None:
    """Funding on 2 of 5 segments, cost on 3, both on 1: Jaccard 1 / (2 + 3 - 1), lift 1 * 5 / (2 * 3)."""
    both = next(pair for pair in together().pairs if pair.keys == ("funding", "cost"))
    assert both.jaccard == pytest.approx(1 / 4) and both.lift == pytest.approx(5 / 6)


def test_rare_codes_are_left_out_and_counted_and_so_is_what_few_people_said() -> None:
    found = together(min_segments=2)
    assert [code.key for code in found.codes] == ["funding", "cost"] and found.n_rare == 2
    assert "2 codes on fewer than 2 segments left out" in cooccurrence.notes(found)[0]
    assert together(suppress_below=2).pairs == ()


def test_a_segment_that_has_a_code_twice_is_one_segment() -> None:
    doubled = together([*CODES, *final(("s2", "funding", FACILITATOR))])
    assert next(code for code in doubled.codes if code.key == "funding").segment_ids == ("s0", "s2")


# ---------------------------------------------------------------- in a study


@pytest.fixture
def study(small_study: Study, segment_ids: dict[str, str]) -> Study:
    """A study without topics that Ana and Ben have coded in part, and that Cara adjudicates."""
    settings = small_study.folder.config_file
    settings.write_text(settings.read_text() + 'coders = ["Ana", "Ben"]\nadjudicators = ["Cara"]\n')
    opened = Study.open(small_study.folder.path)
    for name in ("Ana", "Ben"):
        opened.seat(name).judge(segment_ids["There is"], choices(stigma="barrier", trust=None))
        opened.seat(name).judge(segment_ids["No bus"], choices(transport="barrier"))
        opened.seat(name).judge(segment_ids["But they"], choices(trust=None))
        opened.seat(name).judge(segment_ids["Nobody will"], choices(stigma="facilitator", trust=None))
    opened.seat("Ana").judge(segment_ids["The bus"], choices(transport="facilitator"))
    opened.seat("Ben").judge(segment_ids["The bus"], [])
    return opened


OWN = {"constructs_diverging", "code_cooccurrence", "agreement_forest", "themes_by_group"}


def test_a_study_without_topics_has_the_figures_of_its_codes(study: Study) -> None:
    assert set(study.figures()) == {*OWN, "saturation", "talk_share"}
    assert {"constructs", "code_cooccurrence"} <= set(study.tables())


def test_every_figure_is_drawn_in_both_looks_and_its_marks_are_those_that_open(study: Study) -> None:
    pytest.importorskip("altair")
    from qualkit.figures.looks import DARK, LIGHT

    for stem, draw in study.figures().items():
        numbers = study.figure_numbers(stem)
        assert numbers is not None
        for look in (LIGHT, DARK):
            spec = json.dumps(draw(look).chart.to_dict(validate=False))
            assert look.ink in spec
            marks = {mark for mark in _opens(json.loads(spec)) if mark}
            assert marks <= set(numbers.picked), stem
            assert marks or stem not in OWN, stem


def _opens(spec: Any) -> set[str]:
    if isinstance(spec, list):
        return {found for item in spec for found in _opens(item)}
    if not isinstance(spec, dict):
        return set()
    own = {spec["opens"]} if isinstance(spec.get("opens"), str) else set()
    return own | {found for item in spec.values() for found in _opens(item)}


def test_every_count_of_segments_in_a_figures_numbers_and_in_tables_is_that_of_what_opens(study: Study) -> None:
    for stem in study.figures():
        numbers = study.figure_numbers(stem)
        assert numbers is not None and numbers.opens
        for (row, column), number in numbers.opens.items():
            is_counted = stem in OWN and numbers.table.columns[column] not in ("Turns (n)", "Turns with both")
            if number.what == "segments" and is_counted:
                assert numbers.table.rows[row][column] == len(number.segment_ids), (stem, row, column)
    tables = study.tables()
    for stem in ("theme_table", "themes_by_group", "constructs", "code_cooccurrence", "codebook", "agreement"):
        opens = study.table_opens(stem)
        assert opens and all(row < len(tables[stem].rows) and key < len(tables[stem].columns) for row, key in opens), stem
    assert study.table_opens("coded_segments") == {}
    themes = tables["theme_table"]
    assert all(
        themes.rows[row][7] == len(item.segment_ids)
        for (row, key), item in study.table_opens("theme_table").items()
        if key == 7
    )


def test_where_coders_differ_is_told_with_what_each_said(study: Study, segment_ids: dict[str, str]) -> None:
    judged = study.judged_by_two()
    bus = segment_ids["The bus"]
    assert judged["transport"].apart == (bus,) and judged["transport"].given == (segment_ids["No bus"],)
    assert judged["transport"].said[bus] == "Ana: facilitator; Ben: absent"
    assert judged[None].apart == (bus,) and judged[None].said[bus] == "Ana: Transport; Ben: no code"
    assert study.given("trust")[segment_ids["But they"]] == "Ana: present; Ben: present"


def test_small_counts_are_hidden_in_figures_as_in_tables(study: Study) -> None:
    pytest.importorskip("altair")
    settings = study.folder.config_file
    settings.write_text(settings.read_text() + "\n[options.tables]\nsuppress_below = 3\n")
    careful = Study.open(study.folder.path)
    drawn = json.dumps(careful.figures()["themes_by_group"]().chart.to_dict(validate=False))
    assert '"said": "hidden"' in drawn
    numbers = careful.figure_numbers("themes_by_group")
    assert numbers is not None and {item.title for item in numbers.opens.values()} == {"Trust"}  # three people, in all groups
    assert [item.title for item in numbers.picked.values()] == ["Trust"]
    assert careful.construct_counts() == () or all(count.n_participants >= 3 for count in careful.construct_counts())


def test_figures_have_the_same_bytes_twice_and_one_that_stays_the_same_is_not_drawn_anew(study: Study) -> None:
    pytest.importorskip("vl_convert")
    list(study.run("export"))
    folder = study.folder.exports / "figures"
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    assert {stem + suffix for stem in OWN for suffix in figures.SUFFIXES} < set(before)
    (bus,) = study.judged_by_two()["transport"].apart
    study.seat("Cara").decide(bus, "transport", present=True, valence=FACILITATOR, reason="slip")
    assert next(iter(study.run("export"))).is_fresh
    after = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    assert after["agreement_forest.svg"] == before["agreement_forest.svg"]
    assert after["constructs_diverging.svg"][0] != before["constructs_diverging.svg"][0]
    kept = {path.name: path.read_bytes() for path in folder.iterdir()}
    for path in folder.iterdir():
        path.unlink()
    assert study.figure_file("constructs_diverging", ".png") == kept["constructs_diverging.png"]
    list(study.run("export"))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == kept


def test_a_forest_says_what_is_undefined_and_how_often_a_code_was_given(study: Study) -> None:
    pytest.importorskip("altair")
    spec = json.dumps(study.figures()["agreement_forest"]().chart.to_dict(validate=False), ensure_ascii=False)
    assert "All codes, pooled" in spec and "Present: Ana / Ben" in spec
    assert "2 / 1 of 5 · 30%" in spec  # transport
    assert "0.667" in spec and "reliable" not in spec


def test_a_forest_of_three_coders_has_alpha_and_an_axis_that_holds_what_lies_below_nought() -> None:
    """One of three gives the code on each unit: alpha is 1 - (2/3) / (2 * 9 * 18 / (27 * 26)) = -4/9."""
    pytest.importorskip("altair")
    from qualkit.figures.forest import LOWEST, NAMES, forest

    votes = {
        f"u{n}": {who: ({"a": "present"} if n % 3 == place else {}) for place, who in enumerate(("Ana", "Ben", "Dan"))}
        for n in range(9)
    }
    results = agree.run(votes=votes, code_keys=["a"], options=agree.Options())
    assert next(item for item in results if item.measure == "alpha").value == pytest.approx(-4 / 9)
    spec = json.dumps(forest(results, {"a": "A code"}).to_dict(), ensure_ascii=False)
    assert NAMES["alpha"] in spec and NAMES["kappa"] not in spec
    assert f'"domain": [{LOWEST}, 1]' in spec and "−.44" in spec


def test_a_figure_that_is_not_there_is_refused_with_the_names_of_those_that_are(study: Study) -> None:
    with pytest.raises(StudyError, match="constructs_diverging"):
        study.figure_file("nothing", ".svg")
    with pytest.raises(StudyError, match=r"\.png"):
        study.figure_file("constructs_diverging", ".gif")


def test_the_command_line_lists_figures_and_writes_one(study: Study, tmp_path: Path) -> None:
    pytest.importorskip("vl_convert")
    from typer.testing import CliRunner

    from qualkit.cli import app

    listed = CliRunner().invoke(app, ["figure", "--study", str(study.folder.path)])
    assert "agreement_forest" in listed.output and "Barriers and facilitators by construct" in listed.output
    path = tmp_path / "constructs.svg"
    told = CliRunner().invoke(app, ["figure", "constructs_diverging", "--to", str(path), "--study", str(study.folder.path)])
    assert told.exit_code == 0 and path.read_text().startswith("<svg")
