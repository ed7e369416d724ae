"""Changing the codebook people code with: the file, its versions, what is to be read again, and what merged codes count as."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from qualkit.cli import app
from qualkit.errors import CodebookError, StaleError, StudyError
from qualkit.model import Basis, ChangeKind, Code, Codebook, Decision, Origin, Segment, Valence, Visit
from qualkit.plain import as_plain, sha256_of
from qualkit.readers.codebook import read_codebook
from qualkit.readers.codebook_edit import rewrite
from qualkit.stages import candidates, codebook_history, debt, mergers
from qualkit.stages.codebook_history import Piece, Version
from qualkit.stages.debt import Cause, Change, Given
from qualkit.study import Order, Study
from tests.conftest import REPO, choices, refusal

T0 = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def study(small_study: Study) -> Study:
    """The small study, coded by Ana and Ben; Cara adjudicates."""
    settings = small_study.folder.config_file
    settings.write_text(settings.read_text() + 'coders = ["Ana", "Ben"]\nadjudicators = ["Cara"]\n')
    opened = Study.open(small_study.folder.path)
    for name, codes in (("Ana", [{"stigma": "barrier"}, {"trust": None}]), ("Ben", [{"stigma": "barrier"}, {}])):
        seat = opened.seat(name)
        for number, segment_id in enumerate(seat.queue()):
            seat.judge(segment_id, choices(**codes[min(number, 1)]))
    return opened


def file_of(study: Study) -> Path:
    return study.folder.path / study.config.codebook


# ---------------------------------------------------------------- the file


@pytest.mark.parametrize("name", ["mat_implementation", "cfir2", "heif"])
def test_changing_one_entry_leaves_every_other_line_to_the_letter(tmp_path: Path, name: str) -> None:
    path = tmp_path / "book.yaml"
    path.write_bytes((REPO / "codebooks" / f"{name}.yaml").read_bytes())
    before, old = read_codebook(path), path.read_text(encoding="utf-8").splitlines()
    for at in (0, len(before.codes) // 2, len(before.codes) - 1):
        code = before.codes[at]
        wanted = replace(
            code, name=code.name + ": two", definition=f"{code.definition} # and: more", include=(*code.include, "a: b"),
            exclude=(), valences=(Valence.BARRIER,), retired="2026-01-01: why", origin=Origin.INDUCTIVE,
        )  # fmt: skip
        path.write_bytes((REPO / "codebooks" / f"{name}.yaml").read_bytes())
        assert rewrite(path, changed=[wanted]).by_key[code.key] == wanted
        assert [item for item in read_codebook(path).codes if item.key != code.key] == [
            item for item in before.codes if item.key != code.key
        ]
        new = path.read_text(encoding="utf-8").splitlines()
        own = next(n for n, line in enumerate(old) if line.strip() == f"- key: {code.key}")
        assert new[: own + 1] == old[: own + 1]
        rest = next((n for n in range(own + 1, len(old)) if old[n].strip().startswith("- key:")), len(old))
        assert new[len(new) - (len(old) - rest) :] == old[rest:]


FILE = """# mine
name: B
version: "1"
codes:
  - key: a  # the first
    name: "A"   # named
    include:
      # what people say
      - "one: 1"  # kept
      - two
    definition: >-
      Some words
      that go on.
    valence: [barrier]  # for now

  # between
  - name: 'B'
    key: b
    definition: ""
"""


def test_comments_quotation_marks_and_lines_that_stay_are_kept_also_in_the_entry_that_changes(tmp_path: Path) -> None:
    path = tmp_path / "book.yaml"
    path.write_text(FILE)
    code = read_codebook(path).by_key["a"]
    wanted = replace(code, include=("one: 1", "three"), valences=(Valence.BARRIER, Valence.MIXED), domain="D")
    rewrite(path, changed=[wanted])
    text = path.read_text()
    for kept in ("- key: a  # the first\n", 'name: "A"   # named\n', '- "one: 1"  # kept\n', "Some words\n      that go on.\n"):
        assert kept in text
    assert "valence: [barrier, mixed]  # for now\n\n  # between\n  - name: 'B'" in text
    assert "two" not in text


def test_an_entry_that_is_not_written_line_by_line_is_left_for_a_hand(tmp_path: Path) -> None:
    path = tmp_path / "book.yaml"
    text = 'name: B\nversion: "1"\ncodes:\n  - {key: a, name: A, definition: ""}\n'
    path.write_text(text)
    assert "by hand" in refusal(lambda: rewrite(path, changed=[Code(key="a", name="New", definition="")]), CodebookError)
    assert path.read_text() == text


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ("replaced_by: [b]", "line 8: a is replaced but not retired"),
        ("retired: old\n    replaced_by: [c]", "line 9: no code has the key 'c'"),
        ("retired: old\n    replaced_by: [a]", "line 9: a is replaced in the end by itself"),
        ("retired: true", "line 8: 'True' in 'retired' was read as"),
    ],
)
def test_what_is_wrong_with_a_retired_code_is_told_by_line(tmp_path: Path, lines: str, what: str) -> None:
    path = tmp_path / "book.yaml"
    path.write_text(
        'name: B\nversion: "1"\ncodes:\n  - {key: b, name: B, definition: ""}\n  - key: a\n    name: A\n'
        f'    definition: ""\n    {lines}\n'
    )
    assert what in refusal(lambda: read_codebook(path), CodebookError)


# ---------------------------------------------------------------- pure functions


def a_code(key: str, **more: object) -> Code:
    return Code(**{"key": key, "name": key, "definition": f"Talk of {key}.", **more})  # type: ignore[arg-type]


def a_book(*codes: Code) -> Codebook:
    return Codebook(name="b", version="1", codes=codes)


def test_a_merged_code_counts_as_the_last_one_in_the_chain_and_is_not_offered() -> None:
    book = a_book(
        a_code("a", retired="x", replaced_by=("b",)), a_code("b", retired="x", replaced_by=("c",)), a_code("c"),
        a_code("d", retired="x", replaced_by=("c", "e")), a_code("e", parent_key="a"),
    )  # fmt: skip
    assert book.counts_as == {"a": "c", "b": "c", "c": "c", "d": "d", "e": "e"}
    assert [(code.key, code.parent_key, code.domain) for code in book.offered.codes] == [("c", None, None), ("e", None, "a")]


def test_a_book_without_retired_codes_has_the_checksum_that_it_had_before_codes_could_retire() -> None:
    book = a_book(a_code("a"))
    code = {name: value for name, value in as_plain(book)["codes"][0].items() if name not in ("retired", "replaced_by")}
    assert book.sha256 == sha256_of({**as_plain(book), "codes": [code]})
    assert book.sha256 != a_book(a_code("a", retired="x")).sha256


MERGED = a_book(a_code("a", retired="x", replaced_by=("c",)), a_code("c", valences=tuple(Valence)))


def test_votes_on_merged_codes_are_one_vote_and_for_and_against_is_mixed() -> None:
    said = {"Ana": {"a": "barrier"}, "Ben": {"c": "barrier"}, "Cy": {"a": "barrier", "c": "facilitator"}, "Di": {}}
    moved = mergers.moved(MERGED)
    assert {name: mergers.merged_codes(codes, moved, MERGED) for name, codes in said.items()} == {
        "Ana": {"c": "barrier"}, "Ben": {"c": "barrier"}, "Cy": {"c": "mixed"}, "Di": {}
    }  # fmt: skip
    assert mergers.moved(a_book(a_code("a"), a_code("c"))) == {}
    assert mergers.counted_keys(MERGED, {}) == ["c"]


def a_decision(key: str, present: bool) -> Decision:
    return Decision(
        id=f"d-{key}", segment_id="s", code_key=key, round_id="r", present=present, valence=None, adjudicator_id="cara",
        reason="slip", decided_at=T0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("decided", "given", "wanted"),
    [
        ({"a": True}, ["a"], "d-a"),
        ({"a": False}, ["a"], "d-a"),
        ({"a": False}, ["a", "c"], None),
        ({"a": True, "c": False}, ["a", "c"], "d-a"),
        ({"a": True, "c": True}, ["a", "c"], "d-c"),
        ({"a": False, "c": False}, ["a", "c"], "d-c"),
    ],
)
def test_an_absence_decided_on_a_merged_code_does_not_undo_what_the_other_was_given_for(
    decided: dict[str, bool], given: list[str], wanted: str | None
) -> None:
    decisions = {("s", key): a_decision(key, present) for key, present in decided.items()}
    votes = {"s": {"Ana": dict.fromkeys(given, "present")}}
    found = mergers.merged_decisions(decisions, votes, MERGED, {"a": T0 + timedelta(days=1)})
    assert [item.id for item in found.values()] == ([wanted] if wanted else [])


def test_an_absence_decided_after_the_merger_is_one_of_all_that_was_merged() -> None:
    votes = {"s": {"Ana": {"a": "present"}}}
    decisions = {("s", "c"): a_decision("c", False)}
    assert mergers.merged_decisions(decisions, votes, MERGED, {"a": T0 + timedelta(days=1)}) == {}
    assert mergers.merged_decisions(decisions, votes, MERGED, {"a": T0 - timedelta(days=1)}) == decisions


def test_a_hand_edit_is_of_meaning_where_it_says_to_what_a_code_is_given() -> None:
    old = a_code("a", include=("x",))
    kinds = [codebook_history.kind_of(old, replace(old, **change)) for change in (
        {"name": "B"}, {"examples": ("x",)}, {"definition": " Talk  of a. "}, {"definition": "Else."}, {"exclude": ("y",)},
        {"valences": (Valence.MIXED,)}, {"retired": "x"}, {"retired": "x", "replaced_by": ("b",)},
        {"retired": "x", "replaced_by": ("b", "c")},
    )]  # fmt: skip
    wording, meaning = ChangeKind.WORDING, ChangeKind.MEANING
    assert kinds == [wording] * 3 + [meaning] * 3 + [ChangeKind.RETIRED, ChangeKind.MERGED, ChangeKind.SPLIT]


def test_the_history_of_a_code_says_what_went_and_what_came() -> None:
    old, new = a_code("a", include=("x y", "z")), a_code("a", include=("x w", "z"))
    first, second = codebook_history.run(
        [Version(at=T0, book=a_book(old)), Version(at=T0 + timedelta(days=1), book=a_book(new))]
    )
    assert (first.is_first, second.kind, second.number) == (True, ChangeKind.MEANING, 2)
    (pieces,) = codebook_history.difference(second.before, second.after).values()
    assert [item for item in pieces if item.sign != " "] == [Piece("-", "y"), Piece("+", "w")]
    assert codebook_history.plain(pieces) == "x [-y-]{+w+}\nz"


def owed(changes: list[Change], book: Codebook, given: list[str]) -> list[tuple[str, Cause, tuple[str, ...]]]:
    """What is owed by Ana, who judged segment n on day n."""
    segments = [
        Segment(
            id=f"s{n}",
            transcript_id="t",
            turn_id="t",
            turn_revision=1,
            position=n,
            start_char=0,
            end_char=1,
            text="x",
            is_coded=True,
            participant_id=None,
        )
        for n in range(4)
    ]
    visits = [
        Visit(segment_id=f"s{n}", coder_id="ana", round_id="r", version=1, seen_at=T0 + timedelta(days=n)) for n in range(4)
    ]
    said = [Given(segment_id=f"s{n}", coder_id="ana", round_id="r", code_key=key) for n, key in enumerate(given) if key]
    found = debt.run(changes=changes, codebook=book, visits=visits, segments=segments, given=said)
    return [(item.code_key, item.cause, item.owed["ana"]) for item in found]


START, DAY2 = Change(at=T0 - timedelta(days=1), added=("a", "b")), T0 + timedelta(days=1, hours=12)


def test_a_change_of_meaning_re_flags_only_what_was_given_the_code_before_it() -> None:
    book = a_book(a_code("a"), a_code("b"))
    assert owed([START, Change(at=DAY2, meaning=("a",))], book, ["a", "b", "a", "a"]) == [("a", Cause.MEANING, ("s0",))]
    assert owed([START, Change(at=DAY2)], book, ["a", "a", "a", "a"]) == []


def test_a_change_of_meaning_re_flags_what_was_given_a_code_that_was_merged_into_it() -> None:
    book = a_book(a_code("a"), a_code("b", retired="x", replaced_by=("a",)))
    assert owed([START, Change(at=DAY2, meaning=("a",))], book, ["b", "", "b", ""]) == [("a", Cause.MEANING, ("s0",))]


def test_a_split_re_flags_what_the_old_code_was_given_for_and_nothing_for_its_parts() -> None:
    book = a_book(a_code("a", retired="x", replaced_by=("c", "d")), a_code("b"), a_code("c"), a_code("d"))
    change = Change(at=DAY2, added=("c", "d"), retired=("a",), split={"a": ("c", "d")})
    assert owed([START, change], book, ["a", "b", "b", "b"]) == [("a", Cause.SPLIT, ("s0",))]


def test_a_code_that_is_restored_is_owed_what_was_judged_while_it_was_retired() -> None:
    changes = [START, Change(at=T0 + timedelta(hours=12), retired=("a",)), Change(at=DAY2, restored=("a",))]
    assert owed(changes, a_book(a_code("a"), a_code("b")), ["", "", "", ""]) == [("a", Cause.RESTORED, ("s1",))]


def test_a_new_code_is_warned_of_one_with_its_name_or_its_words() -> None:
    book = read_codebook(REPO / "codebooks" / "mat_implementation.yaml")
    assert "stigma" in [item.code_key for item in candidates.near_codes("Stigmas", "", book)]
    shame = "People are judged and treated as lesser for using drugs, shame and blame"
    assert "stigma" in [item.code_key for item in candidates.near_codes("Looks", shame, book)]
    assert candidates.near_codes("Weather", "Rain and snow.", book) == ()
    assert candidates.near_codes("Stigma", "", book, but_for="stigma") == ()


# ---------------------------------------------------------------- acts


def test_a_change_of_meaning_is_a_version_with_a_reason_and_debt_and_one_of_wording_is_none(study: Study) -> None:
    book = study.seat("Cara").book
    code = book.now().by_key["stigma"]
    book.edit(replace(code, name="Stigma and shame"))
    assert study.debt() == ()
    made = book.edit(replace(book.now().by_key["stigma"], definition="Shame only."), why="too wide")
    assert (made.kind, made.why) == (ChangeKind.MEANING, "too wide")
    (item,) = study.debt()
    ana = study.seat("Ana")
    assert item.segment_ids == (ana.queue()[0],)
    assert ana.queue(order=Order.DEBT) == [ana.queue()[0]]
    ana.judge(ana.queue()[0], choices(stigma="barrier"))
    study.seat("Ben").judge(ana.queue()[0], ())
    assert study.debt() == ()
    assert study.verify() is None


def test_a_change_of_the_definition_that_somebody_calls_wording_raises_no_debt_and_a_hand_edit_does(study: Study) -> None:
    book = study.seat("Cara").book
    book.edit(replace(book.now().by_key["stigma"], definition="Shame, and blame."), kind=ChangeKind.WORDING)
    assert study.debt() == ()
    path = file_of(study)
    path.write_text(path.read_text().replace("Shame, and blame.", "By hand."))
    assert [item.cause for item in study.debt()] == [Cause.MEANING]
    steps = book.history("stigma")
    assert [(step.kind, step.change is None) for step in steps[1:]] == [(ChangeKind.WORDING, False), (ChangeKind.MEANING, True)]


def test_a_merged_code_counts_as_the_other_in_votes_and_final_codes_and_is_refused(study: Study) -> None:
    cara = study.seat("Cara")
    cara.book.edit(replace(cara.codebook.by_key["transport"], valences=()), why="simpler")
    refused = refusal(lambda: cara.book.merge(["stigma"], "transport", why="same"), StudyError)
    assert "cannot be" in refused
    made = cara.book.merge(["trust"], "stigma", why="one thing")
    assert made.code_keys == ("trust",)
    assert "trust" not in {code.code_key for code in study.final_codes()}
    assert {code.code_key: code.basis for code in study.final_codes()} == {"stigma": Basis.AGREED}
    first, second, *_ = study.seat("Ana").queue()
    assert study.votes()[second]["Ana"] == {"stigma": "present"}
    assert [choice.code_key for choice in study.seat("Ana").view(second).choices] == ["stigma"]
    said = refusal(lambda: study.seat("Ana").judge(first, choices(trust=None)), StudyError)
    assert "give stigma instead" in said
    assert "trust" not in {item.code_key for item in study.agreement()}
    assert study.verify() is None


def test_a_decision_on_a_merged_code_is_superseded_by_one_on_what_it_counts_as(study: Study) -> None:
    cara, segment_id = study.seat("Cara"), study.seat("Ana").queue()[1]
    cara.decide(segment_id, "trust", present=True, reason="slip")
    cara.book.merge(["trust"], "stigma", why="one thing")
    case = next(case for case in cara.cases() if case.segment_id == segment_id)
    assert case.decision is not None
    cara.decide(segment_id, "stigma", present=False, reason="slip", seen=case.decision.id)
    assert not study.decisions()[segment_id, "stigma"].present
    assert study.verify() is None


def test_a_retired_code_keeps_what_it_was_given_for_and_can_be_restored(study: Study) -> None:
    book = study.seat("Cara").book
    book.retire("stigma", why="too thin")
    assert "by Cara" in (study.codebook().by_key["stigma"].retired or "")
    assert "stigma" in {code.code_key for code in study.final_codes()}
    assert "stigma" not in study.brief().codebook.by_key
    assert "retired" in refusal(lambda: book.retire("stigma", why="again"), StudyError)
    book.restore("stigma", why="needed")
    assert study.codebook().by_key["stigma"].retired is None
    assert study.debt() == ()


def test_a_split_makes_new_codes_in_the_place_of_the_old_and_debt_of_what_it_was_given_for(study: Study) -> None:
    book = study.seat("Cara").book
    parts = [book.draft("Shame", "Felt by people.", like="stigma"), book.draft("Blame", "Said by others.", like="stigma")]
    book.split("stigma", parts, why="two things")
    codes = study.codebook().by_key
    assert codes["stigma"].replaced_by == ("shame", "blame")
    assert codes["shame"].valences == codes["stigma"].valences
    assert [(item.code_key, item.cause, len(item.segment_ids)) for item in study.debt()] == [("stigma", Cause.SPLIT, 1)]


def test_an_act_on_an_older_version_of_the_code_is_refused_and_one_beside_it_is_not(study: Study) -> None:
    book = study.seat("Cara").book
    seen, old = book.now().sha256, book.now().by_key
    book.edit(replace(old["stigma"], name="Stigma now"), seen=seen)
    assert "newer entry" in refusal(lambda: book.edit(replace(old["stigma"], name="Other"), seen=seen), StaleError)
    book.edit(replace(old["trust"], name="Trusting"), seen=seen)
    assert {study.codebook().by_key[key].name for key in ("stigma", "trust")} == {"Stigma now", "Trusting"}


def test_an_act_sent_twice_happens_once_and_without_a_reason_not_at_all(study: Study) -> None:
    book = study.seat("Cara").book
    changed = replace(book.now().by_key["stigma"], definition="Else.")
    assert "why" in refusal(lambda: book.edit(changed), StudyError)
    first = book.edit(changed, why="because", client_id="one")
    assert book.edit(changed, why="because", client_id="one") == first
    assert len(book.history("stigma")) == 2
    assert "Nothing" in refusal(lambda: book.edit(changed, why="because"), StudyError)


def test_coders_read_the_codebook_where_adjudicators_are_named_and_blind_ones_see_no_others_counts_or_reasons(
    study: Study,
) -> None:
    cara, ana = study.seat("Cara").book, study.seat("Ana").book
    assert "Cara" in refusal(lambda: ana.retire("stigma", why="x"), StudyError)
    cara.edit(replace(cara.now().by_key["stigma"], definition="Else."), why="Ben gave it to all")
    assert ana.history("stigma")[-1].change.why == ""  # type: ignore[union-attr]
    assert (cara.uses()["stigma"], ana.uses()["stigma"], study.seat("Ben").book.uses()["trust"]) == (1, 1, 0)
    assert {coder for item in ana.debt() for coder in item.owed} == {study.seat("Ana").coder.id}


def test_without_adjudicators_everybody_may_change_the_codebook(small_study: Study) -> None:
    book = small_study.seat("Ana").book
    book.add(book.draft("Money", "What it costs."))
    assert small_study.codebook().by_key["money"].name == "Money"


@pytest.mark.parametrize("column", ["why", "kind", "code_keys", "coder_id"])
def test_a_change_that_was_altered_in_the_table_is_found(study: Study, column: str) -> None:
    book = study.seat("Cara").book
    book.retire("stigma", why="too thin")
    value = {"code_keys": '["trust"]', "coder_id": study.seat("Ana").coder.id, "kind": "split"}.get(column, "other")
    with sa.create_engine(study.store.url).begin() as connection:
        connection.execute(sa.text(f"UPDATE codebook_change SET {column} = :value"), {"value": value})
    assert "changes of the codebook" in (study.verify() or "")


def test_the_commands_change_the_codebook_and_show_its_history(study: Study) -> None:
    def qualkit(*words: str) -> str:
        found = CliRunner().invoke(app, ["codebook", *words, "--study", str(study.folder.path)], catch_exceptions=False)
        assert found.exit_code == 0
        return found.output

    by = ("--as", "Cara", "--why", "because")
    assert "1 segment to be read again" in qualkit("edit", "stigma", "--definition", "Else, now.", *by)
    assert "reworded" in qualkit("edit", "stigma", "--definition", "Else, then.", "--wording", *by)
    assert "retired" in qualkit("retire", "transport", *by)
    assert "in use" in qualkit("restore", "transport", *by)
    assert "counts as stigma" in qualkit("merge", "trust", "--into", "stigma", *by)
    assert "shame, blame" in qualkit("split", "stigma", "--part", "Shame: Felt.", "--part", "Blame: Said.", *by)
    told = qualkit("history", "stigma")
    assert "[-now.-]" in told
    assert "{+then.+}" in told
    assert "Cara: because" in told
