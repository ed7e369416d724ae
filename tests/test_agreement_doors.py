"""Agreement looked at closer: why it is low, in parts of the data, how much more to code twice; by Python and by command."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from qualkit.agreement import coefficients, planning
from qualkit.cli import app
from qualkit.errors import StudyError
from qualkit.model import Choice, Evidence, Valence
from qualkit.stages import agree, agree_by, diagnose, double_coding
from qualkit.study import Study
from tests.conftest import choices

PLACES = {f"s{n}": f"t{n // 10}" for n in range(100)}


def votes_of(both: int, first: int, second: int, neither: int) -> dict[str, dict[str, dict[str, str | None]]]:
    """Segments by Ana and Ben, so many for each cell of the table of code `a`."""
    yes: dict[str, str | None] = {"a": "present"}
    cells = [(yes, yes)] * both + [(yes, {})] * first + [({}, yes)] * second + [({}, {})] * neither
    return {f"s{n}": {"Ana": dict(one), "Ben": dict(other)} for n, (one, other) in enumerate(cells)}


def why(votes: agree.Votes) -> str:
    words: diagnose.Words = {}
    found = diagnose.run(code_key="a", votes=votes, words=words, options=agree.Options(), transcript_of=PLACES)
    return " ".join(found.reasons)


# ---------------------------------------------------------------- why is kappa low


def test_the_table_has_the_four_cells_of_each_pair() -> None:
    found = diagnose.run(code_key="a", votes=votes_of(4, 3, 2, 1), words={}, options=agree.Options(), transcript_of=PLACES)
    (table,) = found.tables
    assert (table.coders, table.both, table.only_first, table.only_second, table.neither) == (("Ana", "Ben"), 4, 3, 2, 1)
    assert {item.measure for item in found.agreement} == set(coefficients.MEASURES)


def test_a_rare_code_is_said_to_be_rare() -> None:
    said = why(votes_of(5, 3, 6, 86))
    # |5 - 86| / 100; PABAK 2 * .91 - 1
    assert "prevalence index .81" in said and "PABAK is .82" in said
    assert "Ana and Ben both gave it on 5 of the 14 segments that either did." in said
    assert "more readily" not in said


def test_a_code_that_one_gives_more_readily_is_a_matter_of_bias() -> None:
    said = why(votes_of(20, 30, 2, 48))
    assert "Ana gave it on 50 and Ben on 22 of 100 segments (bias index .28): one gives it more readily." in said
    assert "prevalence index" not in said


def test_too_few_of_a_code_are_shown_by_what_one_more_would_change() -> None:
    said = why(votes_of(1, 1, 0, 38))
    # now (40 * 39 - (2 * 1 + 38 * 39)) / (1600 - 1484) = .66; with one more by both 1.00
    assert "It was given 2 times by Ana, 1 times by Ben: too seldom for any figure." in said
    assert "kappa would be 1.00" in said


def test_a_coder_who_never_gives_a_code_is_named() -> None:
    assert "Ben never gave it" in why(votes_of(0, 12, 0, 30))
    assert why(votes_of(0, 0, 0, 30)).startswith("No coder gave this code")
    assert why({"s1": {"Ana": {}}}) == "No segment was looked at by two coders, so there is nothing to compare."


def test_the_worst_segments_are_those_with_most_pairs_apart_one_of_each_transcript_first() -> None:
    yes: dict[str, str | None] = {"a": "present"}
    votes = {
        "s0": {"Ana": yes, "Ben": {}, "Cara": {}, "Dan": {}},  # 3 of 6 pairs apart
        "s1": {"Ana": yes, "Ben": yes, "Cara": {}, "Dan": {}},  # 4 of 6
        "s2": {"Ana": yes, "Ben": {}, "Cara": yes, "Dan": {}},
        "s10": {"Ana": {}, "Ben": {}, "Cara": yes, "Dan": yes},
        "s11": {"Ana": yes, "Ben": yes, "Cara": yes, "Dan": yes},
    }
    words = {"s10": {"Cara": "no bus"}}
    found = diagnose.run(code_key="a", votes=votes, words=words, options=agree.Options(), transcript_of=PLACES, n_worst=3)
    assert [item.unit_id for item in found.worst] == ["s1", "s10", "s2"]
    assert found.n_apart == 4
    assert found.worst[1].said == {"Ana": "absent", "Ben": "absent", "Cara": "present", "Dan": "present"}
    assert found.worst[1].words == {"Cara": "no bus"}


# ---------------------------------------------------------------- parts


def test_each_two_coders_have_agreement_of_their_own() -> None:
    votes = {key: {**said, "Cara": said["Ana"]} for key, said in votes_of(20, 5, 10, 15).items()}
    marks = agree.marks_by_transcript(votes, PLACES)
    found = agree_by.pairs(votes, marks=marks, code_keys=["a"], options=agree.Options(), code_key="a")
    kappas = {part.part: next(item.value for item in part.agreement if item.measure == "kappa") for part in found}
    # 35 of 50 alike, expected .50: .40; Cara says what Ana says
    assert kappas == pytest.approx({"Ana and Ben": 0.4, "Ana and Cara": 1.0, "Ben and Cara": 0.4})
    assert {part.coders for part in found} == {("Ana", "Ben"), ("Ana", "Cara"), ("Ben", "Cara")}
    assert [(len(part.compared), len(part.apart)) for part in found] == [(50, 15), (50, 0), (50, 15)]


def test_drift_shows_in_parts_by_when_segments_were_judged() -> None:
    votes = votes_of(10, 0, 0, 40) | {f"s{n}": {"Ana": {"a": "present"} if n % 2 else {}, "Ben": {}} for n in range(50, 100)}
    when = {key: f"2026-01-{1 + n // 10:02}" for n, key in enumerate(votes)}
    found = agree_by.over_time(votes, when=when, code_keys=["a"], options=agree.Options(), transcript_of=PLACES, n_parts=2)
    early, late = (next(item for item in part.agreement if item.measure == "percent") for part in found)
    assert (early.value, late.value) == (1.0, 0.5)
    assert (early.n_units, late.n_units) == (50, 50)
    assert [(len(part.compared), len(part.apart)) for part in found] == [(50, 0), (50, 25)]


def test_people_and_a_machine_are_measured_on_the_same_segments_as_people_alone() -> None:
    votes = votes_of(20, 5, 10, 15) | {"s60": {"Ana": {"a": "present"}}}
    # the machine gives what Ana gave, and has not read the last five
    read = [key for key in votes if int(key[1:]) < 45 or key == "s60"]
    suggested = {key: set(votes[key]["Ana"]) for key in read}
    people, machine = agree_by.with_machine(
        votes, machine="blend", suggested=suggested, code_keys=["a"], options=agree.Options(), transcript_of=PLACES
    )
    kappas = [next(item for item in part.agreement if item.measure == "kappa") for part in (people, machine)]
    assert [item.n_units for item in kappas] == [45, 45]
    # people: both 20, only Ana 5, only Ben 10, neither 10: 30 of 45, expected (25 * 30 + 20 * 15) / 45^2
    expected = (25 * 30 + 20 * 15) / 45**2
    alone = (30 / 45 - expected) / (1 - expected)
    # the machine with Ana 1, with Ben as Ana with Ben
    assert [item.value for item in kappas] == pytest.approx([alone, (1 + alone) / 2])
    # where people differ, the machine differs from one of them
    assert people.compared == machine.compared
    assert len(people.apart) == len(machine.apart) == 15
    assert (dict(kappas[0].positives), kappas[1].n_coders) == ({"Ana": 25, "Ben": 30}, 3)
    assert all(item.interval is not None for item in kappas)


# ---------------------------------------------------------------- how much to code twice


@pytest.mark.parametrize(("kappa", "prevalence"), [(0.6, 0.3), (0.6, 0.05), (0.8, 0.1), (0.4, 0.2)])
def test_with_as_many_units_as_planned_the_interval_is_as_wide_as_planned(kappa: float, prevalence: float) -> None:
    n = round(planning.units_for(0.1, kappa=kappa, prevalence=prevalence))
    apart = prevalence * (1 - prevalence) * (1 - kappa)
    cells = [(1 - prevalence) - apart, apart, apart, prevalence - apart]
    drawn = np.random.default_rng(1).multinomial(n, cells, size=4000).reshape(-1, 2, 2).astype(float)
    reach = 1.96 * np.std(coefficients.kappa_of_tables(drawn))
    assert reach == pytest.approx(0.1, abs=0.006)
    assert planning.margin_of(n, kappa=kappa, prevalence=prevalence) == pytest.approx(0.1, abs=0.001)


def test_a_rare_code_takes_many_units_and_their_number_grows_with_likeness_in_transcripts() -> None:
    common, rare = (planning.units_for(0.1, kappa=0.6, prevalence=share) for share in (0.3, 0.03))
    assert rare > 5 * common
    assert planning.units_for(0.1, kappa=0.6, prevalence=0.3, design_effect=2) == pytest.approx(2 * common, abs=1)
    assert planning.units_for(0.1, kappa=0.6, prevalence=0.0) == float("inf")


def test_the_plan_rests_on_what_was_coded_and_says_where_it_guesses() -> None:
    votes = votes_of(20, 5, 10, 15)
    marks = agree.marks_by_transcript(votes, {key: f"t{n % 5}" for n, key in enumerate(votes)})
    plan = double_coding.run(
        marks=marks, given={"a": (55, 100), "b": (0, 100)}, code_keys=["a", "b"], n_there=1000,
        options=double_coding.Options(design_effect=1.0),
    )  # fmt: skip
    a, b = plan.needs
    assert (a.kappa, a.prevalence) == (pytest.approx(0.4), 0.55)
    assert a.basis.startswith("given in 55 of 100 judgements; kappa so far .40")
    assert b.basis.startswith("nobody gave it yet: its share is a guess; its kappa is a guess")
    assert a.is_reachable and not b.is_reachable
    assert b.margin_of_all > 0.1
    assert (plan.share, plan.n_done) == (a.n_units / 1000, 50)
    assert a.n_positives == round(a.n_units * 0.55)


def test_the_design_effect_is_that_of_transcripts_that_differ() -> None:
    dice = np.random.default_rng(2)
    shape = (12, 40)
    has = dice.random(shape) < 0.3
    sure = np.repeat(dice.choice([0.55, 0.99], 12), 40).reshape(shape)  # coders see it well in some transcripts only
    for keeps, low, high in ((0.8, 1.0, 2.0), (sure, 2.0, planning.MOST_DESIGN)):
        votes, places = {}, {}
        given = [np.where(dice.random(shape) < keeps, has, ~has) for _ in range(2)]
        for n in range(480):
            said = [{"a": "present"} if coder.flat[n] else {} for coder in given]
            votes[f"s{n}"] = dict(zip(("Ana", "Ben"), said, strict=True))
            places[f"s{n}"] = f"t{n // 40}"
        marks = agree.marks_by_transcript(votes, places)
        plan = double_coding.run(
            marks=marks, given={"a": (1, 2)}, code_keys=["a"], n_there=1000, options=double_coding.Options()
        )
        assert low <= plan.needs[0].design_effect <= high


# ---------------------------------------------------------------- a study, and commands


@pytest.fixture
def coded(small_study: Study) -> Study:
    """Ana and Ben agree on trust, and differ on shame, for which Ana marked a word."""
    shame, bus, *rest = small_study.seat("Ana").queue()
    text = small_study.seat("Ana").view(shame).segment.text
    at = text.index("shame")
    spot = Evidence(start_char=at, end_char=at + 5, text="shame")
    small_study.seat("Ana").judge(shame, [Choice(code_key="stigma", valence=Valence.BARRIER, evidence=(spot,))])
    small_study.seat("Ben").judge(shame, [])
    for name in ("Ana", "Ben"):
        small_study.seat(name).judge(bus, choices(transport="barrier"))
        for key in rest:
            small_study.seat(name).judge(key, [])
    return small_study


def test_a_study_says_why_and_shows_the_words_of_both(coded: Study) -> None:
    found = coded.diagnosis("stigma")
    (worst,) = found.worst
    assert worst.said == {"Ana": "barrier", "Ben": "absent"}
    assert worst.words == {"Ana": "shame"}
    with pytest.raises(StudyError, match="There is no code nonsense in use"):
        coded.diagnosis("nonsense")


def test_a_study_has_agreement_on_sets_and_on_words(coded: Study) -> None:
    exact = coded.set_agreement()[0]
    assert exact.value == pytest.approx((exact.n_units - 1) / exact.n_units)
    by_code = {item.code_key: item for item in coded.cut_agreement()}
    assert by_code["stigma"].agreement[0].positives == {"Ana": 5, "Ben": 0}
    transport = {item.measure: item.value for item in by_code["transport"].agreement}
    assert transport["u_alpha_binary"] == 1.0


def test_tables_have_every_coefficient_and_say_what_intervals_rest_on(coded: Study) -> None:
    tables = coded.tables()
    table = tables["agreement"]
    assert [item.text for item in table.spanners] == ["Given by", "Cohen's kappa", "Gwet's AC1", "Krippendorff's alpha"]
    assert {"Ana", "Ben", "n", "Agreement", "PABAK", "PI", "BI"} <= set(table.columns)
    pooled = dict(zip(table.columns, table.rows[-1], strict=True))
    assert (table.rows[-1][0], pooled["Ana"], pooled["Ben"]) == ("All codes, pooled", 2, 1)
    assert "Without intervals: it takes 3 transcripts to draw from." in table.notes
    assert {"agreement_valence", "agreement_sets", "agreement_words", "agreement_numbers"} <= set(tables)


def test_numbers_for_a_script_are_as_exact_as_they_were_computed(coded: Study) -> None:
    table = coded.tables()["agreement_numbers"]
    assert table.is_data
    told = {(row[0], row[1], row[3]): row[4] for row in table.rows}
    for item in coded.agreement():
        assert told["presence", item.code_key, item.measure] == item.value
    assert {row[0] for row in table.rows} == {"presence", "valence", "sets", "words"}


def test_why_a_figure_is_not_there_stands_under_the_table_with_the_codes_it_holds_for(coded: Study) -> None:
    notes = coded.tables()["agreement"].notes
    said = next(note for note in notes if note.startswith("Undefined for"))
    assert "Trust" in said and "Stigma" not in said


def test_behind_the_agreement_on_a_code_are_the_segments_that_each_gave_it_to_and_those_that_divide_them(coded: Study) -> None:
    shame, bus, *_ = coded.outline().coded
    found = coded.judged_by_two()
    assert found["stigma"].by == {"Ana": (shame,)} and found["stigma"].apart == (shame,)
    assert found["transport"].by == {"Ana": (bus,), "Ben": (bus,)} and found["transport"].apart == ()
    assert found["trust"].by == {}
    assert found["stigma"].said[shame] == "Ana: barrier; Ben: absent"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["agree"], ["Kappa", "AC1", "PABAK", "by Ana, Ben"]),
        (["why", "stigma"], ["Ben yes", "There is so much shame", "Ana: barrier (“shame”); Ben: absent"]),
        (["agree-by", "coder"], ["Ana and Ben"]),
        (["agree-by", "time", "--parts", "2"], ["part 1", "part 2"]),
        (["double", "--margin", "0.2"], ["Stigma", "segments there are"]),
    ],
)
def test_commands_show_it(coded: Study, arguments: list[str], said: list[str]) -> None:
    done = CliRunner().invoke(app, [*arguments, "--study", str(coded.folder.path)], env={"COLUMNS": "140"})
    assert done.exit_code == 0, done.output
    for words in said:
        assert words in done.output


def test_a_machine_that_suggested_nothing_is_refused_in_words(coded: Study) -> None:
    with pytest.raises(StudyError, match="No machine coder nobody has suggested anything here; those that have: none"):
        coded.agreement_with_machine("nobody")


# ---------------------------------------------------------------- figures that others computed


@pytest.mark.real_data
def test_every_golden_figure_is_met_and_published_counts_are_found_again(real_data: Path) -> None:
    from benchmarks import agreement as bench

    differences, n_rows = bench.golden(real_data / "coded")
    assert n_rows == 38 + 5 + 28
    assert max(differences.values()) < 0.001
    assert bench.published(real_data / "coded") == (182, 17)
