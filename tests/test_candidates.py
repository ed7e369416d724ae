"""What people make of topics: codes in the codebook's file, decisions that outlive the topics, links to a framework, debt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from qualkit.cli import app
from qualkit.errors import BlindnessError, CodebookError, StaleError, StudyError
from qualkit.model import (
    Code,
    Codebook,
    ConstructLink,
    Event,
    Origin,
    Run,
    Topic,
    TopicDecision,
    TopicVerdict,
    Valence,
    Visit,
    utc_now,
)
from qualkit.readers.codebook import read_codebook
from qualkit.readers.codebook_edit import add_code
from qualkit.stages import candidates as drafts
from qualkit.stages import debt
from qualkit.stages.constructs import likely
from qualkit.stages.debt import Change
from qualkit.study import Order, Study
from tests.conftest import REPO, choices, refusal
from tests.fakes import a_segment

# ---------------------------------------------------------------- drafts


def a_topic(number: int = 0, **more: object) -> Topic:
    given = {"words": ("kids", "sitter", "evening"), "segment_ids": ("s1", "s2"), **more}
    return Topic(id=f"t{number}", run_id="run1", number=number, **given)  # type: ignore[arg-type]


BOOK = Codebook(name="b", version="1", codes=(Code(key="child-care", name="Child care", definition=""),))


def test_a_draft_is_named_by_the_best_phrase_and_says_only_what_the_topic_says() -> None:
    topic = a_topic(phrases=("evening meetings", "child minders"))
    code = drafts.draft(topic, ["I had  no sitter.", "I had no sitter."], BOOK, words=("minders",))
    assert (code.name, code.key, code.origin) == ("Child minders", "child-minders", Origin.INDUCTIVE)
    assert code.include == ("Mentions of child minders",)
    assert code.examples == ("I had no sitter.",)
    assert "sitter" in code.definition


def test_a_draft_under_another_name_is_defined_by_that_name() -> None:
    code = drafts.draft(a_topic(), [], BOOK, name="Sunday  supper")
    assert (code.name, code.key) == ("Sunday supper", "sunday-supper")
    assert code.definition == "Talk about sunday supper: kids, sitter, evening."


def test_a_draft_without_phrases_takes_words_and_a_key_that_is_free() -> None:
    assert drafts.draft(a_topic(), [], BOOK).name == "Kids, sitter, evening"
    assert drafts.key_for("Child care!", BOOK) == "child-care-2"
    assert drafts.key_for("None", BOOK) == "none-2"
    assert drafts.key_for("???", BOOK) == "code"


def test_a_like_name_and_a_high_likeness_warn_of_a_duplicate() -> None:
    assert [near.code_key for near in drafts.near_duplicates("care, child", a_topic(), BOOK)] == ["child-care"]
    assert not drafts.near_duplicates("Courts", a_topic(likeness={"child-care": 0.49}), BOOK)
    assert "0.70" in drafts.near_duplicates("Courts", a_topic(likeness={"child-care": 0.7}), BOOK)[0].why


def test_a_decision_goes_over_to_the_topic_that_has_half_of_the_segments_or_more() -> None:
    old = [a_topic(0, segment_ids=("a", "b", "c", "d")), a_topic(1, segment_ids=("e", "f", "g", "h"))]
    new = [replace(a_topic(5, segment_ids=("a", "b", "c", "x"))), a_topic(6, segment_ids=("e", "x", "y", "z"))]
    assert drafts.same_topics(old, new) == {"t0": "t5"}
    assert drafts.same_topics(old, old) == {"t0": "t0", "t1": "t1"}
    assert drafts.same_topics(old, []) == {}


def test_constructs_are_ranked_by_shared_words() -> None:
    cfir = read_codebook(REPO / "codebooks" / "cfir2.yaml")
    code = Code(
        key="stigma", name="Stigma", definition="Shame, blame and prejudice in the community towards people who use drugs."
    )
    assert "outer-setting.local-attitudes" in [item.construct_key for item in likely(code, cfir)]
    assert likely(Code(key="x", name="Zzyzx", definition=""), cfir) == ()


# ---------------------------------------------------------------- writing into a codebook that people edit

NEW = Code(
    key="court", name='Courts: "orders"', definition="Talk about # courts.", valences=(Valence.BARRIER,), examples=("No.",)
)


@pytest.mark.parametrize("name", ["mat_implementation", "cfir2", "heif"])
def test_a_code_is_added_without_touching_another_character(tmp_path: Path, name: str) -> None:
    source = (REPO / "codebooks" / f"{name}.yaml").read_text(encoding="utf-8")
    path = tmp_path / "book.yaml"
    path.write_text(source, encoding="utf-8")
    add_code(path, NEW)
    after = path.read_text(encoding="utf-8")
    assert after.startswith(source.rstrip("\n"))
    assert read_codebook(path).codes == (*read_codebook(REPO / "codebooks" / f"{name}.yaml").codes, NEW)


def test_fields_and_comments_behind_the_codes_stay_behind_them(tmp_path: Path) -> None:
    path = tmp_path / "book.yaml"
    path.write_bytes(b'codes:\r\n- key: a # one\r\n  name: A\r\n  definition: ""\r\n\r\n# about\r\nname: B\r\nversion: "1"\r\n')
    add_code(path, replace(NEW, parent_key="a"))
    lines = path.read_bytes().decode().split("\r\n")
    assert lines[:4] == ["codes:", "- key: a # one", "  name: A", '  definition: ""']
    assert lines[-4:] == ["# about", "name: B", 'version: "1"', ""]
    assert read_codebook(path).codes[-1].parent_key == "a"


@pytest.mark.parametrize("odd", ["\u2028", "\u2029", "\x85"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_odd_characters_and_a_byte_order_mark_stay_where_they_are(tmp_path: Path, odd: str, mark: str) -> None:
    path = tmp_path / "book.yaml"
    head = f'{mark}codes:\n  - key: a\n    name: "A{odd}a"\n    definition: "one{odd}two"\n'
    tail = f'# behind\nname: "B{odd}b"\nversion: "1"\n'
    path.write_bytes((head + tail).encode())
    before = read_codebook(path)
    add_code(path, NEW)
    after = path.read_bytes().decode()
    assert after.startswith(head)
    assert after.endswith(tail)
    assert read_codebook(path).codes == (*before.codes, NEW)


@pytest.mark.parametrize(
    ("text", "code", "what"),
    [
        ('codes: [{key: a, name: A, definition: ""}]\nname: B\nversion: "1"\n', NEW, "by hand"),
        ('name: B\nversion: "1"\ncodes:\n  - {key: court, name: A, definition: ""}\n', NEW, "already"),
        ('name: B\nversion: "1"\ncodes:\n  - {key: a, name: A, definition: ""}\n', replace(NEW, parent_key="b"), "'b'"),
        ('name: B\nversion: "1"\ncodes:\n  - {key: a, name: A, definition: ""}\n', replace(NEW, key="x;y"), "key"),
    ],
)  # fmt: skip
def test_what_cannot_be_added_is_refused_and_the_file_stays_as_it_is(tmp_path: Path, text: str, code: Code, what: str) -> None:
    path = tmp_path / "book.yaml"
    path.write_text(text)
    assert what in refusal(lambda: add_code(path, code), CodebookError)
    assert path.read_text() == text
    assert list(tmp_path.iterdir()) == [path]


# ---------------------------------------------------------------- in a study


@pytest.fixture
def study(small_study: Study) -> Study:
    return topical(small_study)


def topical(small_study: Study) -> Study:
    """The small study with Cara as adjudicator and two topics: the first two segments, and the others."""
    settings = small_study.folder.config_file
    settings.write_text(settings.read_text() + 'coders = ["Ana", "Ben"]\nadjudicators = ["Cara"]\n')
    study = Study.open(small_study.folder.path)
    with_topics(study, "r1", 2)
    return study


def with_topics(study: Study, run_id: str, cut: int) -> None:
    keys = [segment.id for segment in study.coded_segments()]
    made = [
        Topic(id=f"{run_id}-{n}", run_id=run_id, number=n, words=(f"word{n}", "shame"), segment_ids=tuple(mine),
              quote_segment_ids=tuple(mine[:1]))
        for n, mine in enumerate((keys[:cut], keys[cut:]))
    ]  # fmt: skip
    run = Run(
        id=run_id, stage="topics", options={}, inputs_sha256="", engine="", model_revision="", seed=1, started_at=utc_now(),
        ended_at=utc_now(), summary="",
    )  # fmt: skip
    with study.store.write() as tx:
        tx.retire(Run, stage="topics")
        tx.insert([run])
        tx.retire(Topic)
        tx.replace(made)
        tx.log("qualkit", "ran", {"run_id": run_id})


def judge_all(study: Study, name: str) -> None:
    seat = study.seat(name)
    for segment_id in seat.queue():
        seat.judge(segment_id, choices(stigma="barrier"))


def test_a_blind_coder_makes_nothing_of_topics_and_an_adjudicator_does(study: Study) -> None:
    with pytest.raises(BlindnessError):
        _ = study.seat("Ana").candidates
    for look in (study.seat("Ana").gaps, study.seat("Ana").debt):
        refusal(look, BlindnessError)
    assert study.seat("Cara").candidates.decisions() == {}


def test_a_topic_made_a_code_is_in_the_file_with_its_provenance_and_in_a_new_version(study: Study) -> None:
    before = study.codebook()
    made = study.seat("Cara").candidates.promote(
        "r1-0", name="Public shame", definition="What is said aloud.", parent="stigma", valences=[Valence.BARRIER], note="new"
    )
    code = study.codebook().by_key["public-shame"]
    assert (code.origin, code.parent_key, code.valences) == (Origin.INDUCTIVE, "stigma", (Valence.BARRIER,))
    assert code.source is not None
    assert all(part in code.source for part in ("Topic 1", "r1", f"{utc_now():%Y-%m-%d}", "Cara"))
    assert code.examples == (study.coded_segments()[0].text,)
    assert study.codebook().codes[:-1] == before.codes
    assert (made.verdict, made.code_key, made.words) == (TopicVerdict.CODE, "public-shame", ("word0", "shame"))
    assert study.verify() is None


def test_only_who_may_change_the_codebook_makes_a_code_of_a_topic(study: Study) -> None:
    ana = study.seat("Ana")
    study.reveal()
    hand = ana.candidates
    assert not hand.may_promote
    assert "only Cara" in refusal(lambda: hand.promote("r1-0", name="Shame", definition="What is said."), StudyError)
    assert hand.reject("r1-0").verdict is TopicVerdict.REJECTED


def test_an_act_sent_twice_is_one_act_and_a_decision_made_meanwhile_is_not_overruled(study: Study) -> None:
    hand = study.seat("Cara").candidates
    act = {"name": "Public shame", "definition": "What is said aloud.", "seen": None, "client_id": "once"}
    assert hand.promote("r1-0", **act) == hand.promote("r1-0", **act)
    assert len(study.codebook().codes) == 4
    refusal(lambda: hand.reject("r1-0", seen=None), StaleError)
    standing = hand.decisions()["r1-0"]
    later = hand.reject("r1-0", note="on reflection", seen=standing.id)
    assert hand.decisions()["r1-0"] == later
    with study.store.read() as tx:
        assert [item.id for item in tx.all(TopicDecision, past=True)] == [standing.id, later.id]
        notes = [event.payload for event in tx.all(Event, verb="decided on a topic")]
    assert "reflection" not in str(notes)
    assert study.verify() is None


@pytest.mark.parametrize(
    ("act", "what"),
    [
        (lambda hand: hand.promote("r1-0", name=" ", definition="x"), "name"),
        (lambda hand: hand.promote("r1-0", name="Stigma", definition="x", key="stigma"), "already"),
        (lambda hand: hand.join("r1-0", "stigmas"), "'stigma'"),
        (lambda hand: hand.reject("r9-0"), "anew"),
        (lambda hand: hand.link("stigma", "no-such", rationale="x"), "no-such"),
        (lambda hand: hand.link("stigma", "innovation.source", rationale=" "), "why"),
        (lambda hand: hand.unlink("none"), "not in force"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence_and_nothing_is_kept(study: Study, act: Callable, what: str) -> None:
    hand = study.seat("Cara").candidates
    study.codebook()
    head = study.head()
    assert what in refusal(lambda: act(hand))
    assert study.head() == head
    assert len(study.codebook().codes) == 3


def test_decisions_and_names_go_over_to_topics_found_anew_where_they_are_the_same(study: Study) -> None:
    hand = study.seat("Cara").candidates
    hand.join("r1-1", "trust", note="same talk")
    hand.rename("r1-1", "  Everything   else ")
    hand.reject("r1-0")
    with_topics(study, "r2", 1)
    assert {key: item.verdict for key, item in hand.decisions().items()} == {
        "r2-1": TopicVerdict.JOINED, "r2-0": TopicVerdict.REJECTED,
    }  # fmt: skip
    assert [topic.name for topic in study.topics()] == ["Topic 1", "Everything else"]
    hand.rename("r2-1", "")
    assert [topic.label for topic in study.topics()] == [None, None]


def test_a_code_is_tied_to_several_constructs_and_a_tie_can_be_withdrawn(study: Study) -> None:
    hand = study.seat("Cara").candidates
    hand.link("stigma", "outer-setting.local-attitudes", rationale="what people think", client_id="one")
    hand.link("stigma", "outer-setting.local-attitudes", rationale="what people think", client_id="one")
    first = hand.link("stigma", "outer-setting.local-attitudes", rationale="better said")
    second = hand.link("stigma", "inner-setting.culture", rationale="also within")
    assert [link.rationale for link in hand.links("stigma")] == ["better said", "also within"]
    hand.unlink(second.id)
    assert hand.links() == [first]
    with study.store.read() as tx:
        assert len(tx.all(ConstructLink, past=True)) == 3
    assert study.verify() is None


def test_a_framework_that_is_named_but_not_there_is_told(study: Study) -> None:
    settings = study.folder.config_file
    settings.write_text(settings.read_text() + 'framework = "codebooks/none.yaml"\n')
    assert "none.yaml" in refusal(Study.open(study.folder.path).seat("Cara").candidates.framework, StudyError)


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE topic_decision SET verdict = 'rejected', code_key = NULL", "decisions on topics"),
        ("DELETE FROM topic_decision", "decisions on topics"),
        ("UPDATE construct_link SET construct_key = 'process'", "links to constructs"),
        ("UPDATE construct_link SET superseded_at = 'x'", "links to constructs"),
        ("UPDATE topic_decision SET note = 'other'", "decisions on topics"),
        ("UPDATE topic_decision SET words = '[\"other\"]'", "decisions on topics"),
        ("UPDATE topic_decision SET run_id = 'other'", "decisions on topics"),
        ("UPDATE topic_decision SET id = 'other'", "decisions on topics"),
        ("UPDATE construct_link SET rationale = 'other'", "links to constructs"),
    ],
)
def test_a_decision_or_link_changed_by_hand_is_found(study: Study, statement: str, what: str) -> None:
    hand = study.seat("Cara").candidates
    hand.join("r1-0", "stigma", note="same talk")
    hand.link("stigma", "outer-setting.local-attitudes", rationale="why")
    assert study.verify() is None
    with sa.create_engine(study.store.url).begin() as connection:
        connection.execute(sa.text(statement))
    assert what in (study.verify() or "")


# ---------------------------------------------------------------- recode debt

T0 = datetime(2026, 3, 1, tzinfo=UTC)


def a_visit(segment_id: str, coder_id: str, day: int, round_id: str = "r") -> Visit:
    return Visit(segment_id=segment_id, coder_id=coder_id, round_id=round_id, version=1, seen_at=T0 + timedelta(days=day))


def test_what_was_judged_before_a_code_was_there_is_owed_until_it_is_judged_again() -> None:
    segments = [replace(a_segment(n, "words"), transcript_id=f"g{n // 2}") for n in range(4)]
    changes = [Change(at=T0, added=("child-care",)), Change(at=T0 + timedelta(days=5), added=("court",))]
    both = Codebook(name="b", version="2", codes=(*BOOK.codes, NEW))
    visits = [a_visit("s0", "ana", 1), a_visit("s2", "ana", 1), a_visit("s3", "ana", 6), a_visit("s0", "ben", 1),
              a_visit("s0", "ben", 7, "r2"), a_visit("gone", "ana", 1)]  # fmt: skip
    (owed,) = debt.run(changes=changes, codebook=both, visits=visits, segments=segments)
    assert (owed.code_key, owed.owed, owed.transcript_ids) == ("court", {"ana": ("s0", "s2")}, ("g0", "g1"))
    assert "2 earlier transcripts, 2 segments not yet re-read for it by Ana" in debt.told(
        owed, name="Courts", coders={"ana": "Ana"}
    )
    assert debt.run(changes=changes[:1], codebook=both, visits=visits, segments=segments) == ()
    assert debt.run(changes=changes, codebook=BOOK, visits=visits, segments=segments) == ()


def test_a_code_that_was_away_counts_from_its_return() -> None:
    days = [T0 + timedelta(days=n) for n in range(4)]
    changes = [
        Change(at=days[0], added=("a", "b")),
        Change(at=days[1], added=(), removed=("a",)),
        Change(at=days[2], added=("a",)),
    ]
    assert debt.added_at(changes) == {"a": days[2]}


def test_debt_is_raised_by_a_new_code_worked_off_in_its_own_order_and_then_gone(study: Study) -> None:
    judge_all(study, "Ana")
    study.seat("Cara").candidates.promote("r1-0", name="Public shame", definition="What is said aloud.")
    (owed,) = study.debt()
    ana = study.seat("Ana")
    assert owed.owed == {ana.coder.id: tuple(ana.queue())}
    assert Order.DEBT in ana.orders()
    assert ana.queue(order=Order.DEBT) == ana.queue()
    first, *rest = ana.queue()
    ana.judge(first, choices(stigma="barrier"))
    assert ana.queue(order=Order.DEBT) == rest
    for segment_id in rest:
        ana.judge(segment_id, choices(stigma="barrier", **{"public-shame": None}))
    assert study.debt() == ()
    assert Order.DEBT not in ana.orders()
    assert study.seat("Ben").queue(order=Order.DEBT) == []


# ---------------------------------------------------------------- doors


def test_the_tables_say_what_became_of_topics_and_leave_out_what_is_empty(study: Study) -> None:
    judge_all(study, "Ana")
    assert {"gap_topics", "gap_codes"} <= study.tables().keys()
    assert not {"candidate_codes", "construct_links", "recode_debt"} & study.tables().keys()
    hand = study.seat("Cara").candidates
    hand.reject("r1-0", note="chatter")
    hand.promote("r1-0", name="Public shame", definition="What is said aloud.")
    hand.link("stigma", "outer-setting.local-attitudes", rationale="why")
    tables = study.tables()
    assert [row[3] for row in tables["candidate_codes"].rows] == ["rejected", "made a code"]
    assert [row[8] for row in tables["candidate_codes"].rows] == ["superseded", "in force"]
    assert tables["construct_links"].rows[0][:4] == ("CFIR 2.0", "Outer setting", "Local attitudes", "Stigma")
    assert tables["recode_debt"].rows[0][1::2][:2] == ("added", "Ana")
    assert tables["recode_debt"].rows[0][4] == 2
    assert tables["gap_topics"].rows[0][-1] in {"made a code: Public shame", ""}


def test_a_decision_that_was_overruled_on_a_topic_found_anew_is_not_in_force(study: Study) -> None:
    hand = study.seat("Cara").candidates
    hand.reject("r1-0")
    hand.reject("r1-1")
    with_topics(study, "r2", 1)
    hand.join("r2-1", "trust")
    assert [row[8] for row in study.tables()["candidate_codes"].rows] == ["in force", "superseded", "in force"]
    with study.store.write() as tx:
        tx.retire(Topic)
    assert [row[8] for row in study.tables()["candidate_codes"].rows] == ["topic is gone", "superseded", "topic is gone"]


def test_the_table_of_topics_quotes_only_what_has_no_code_and_owns_to_what_was_not_asked(study: Study) -> None:
    def cells() -> list[tuple[object, object]]:
        table = study.tables()["gap_topics"]
        at = [table.columns.index(name) for name in ("Quote without a code", "Stable")]
        return [(row[at[0]], row[at[1]]) for row in table.rows]

    first = {segment.text for segment in study.coded_segments()}
    assert all(quote in first and stable == "not asked" for quote, stable in cells())
    judge_all(study, "Ana")
    judge_all(study, "Ben")
    assert cells() == [("", "not asked")] * 2
    with study.store.write() as tx:
        tx.replace([replace(topic, returns=0.8 - topic.number / 2) for topic in tx.all(Topic)])
        tx.log("qualkit", "ran", {})
    assert {stable for _, stable in cells()} == {"yes", "no"}


def test_a_topic_that_was_decided_on_is_decided_anew_only_where_that_is_said(study: Study) -> None:
    def candidate(*words: str) -> str:
        given = ["candidate", "1", *words, "--as", "Cara", "--study", str(study.folder.path)]
        return CliRunner().invoke(app, given, catch_exceptions=False).output

    candidate("--name", "Sunday supper")
    assert study.codebook().by_key["sunday-supper"].definition.startswith("Talk about sunday supper")
    said = refusal(lambda: candidate("--name", "Sunday supper"), StudyError)
    assert "made a code: sunday-supper" in said
    assert "--again" in said
    assert "sunday-supper-2" not in study.codebook().by_key
    assert "rejected" in candidate("--reject", "--again")


def test_the_commands_decide_tie_and_tell(study: Study) -> None:
    def qualkit(*words: str) -> str:
        found = CliRunner().invoke(app, [*words, "--study", str(study.folder.path)], catch_exceptions=False)
        assert found.exit_code == 0
        return " ".join(found.output.split())

    judge_all(study, "Ana")
    assert "Topic 1" in qualkit("gaps")
    assert "No recode debt" in qualkit("debt")
    assert "made a code: public-shame" in qualkit(
        "candidate", "1", "--name", "Public shame", "--valence", "barrier", "--as", "Cara"
    )
    assert "Public shame was added on" in qualkit("debt")
    assert "joined to a code: trust" in qualkit("candidate", "2", "--join", "trust", "--as", "Cara")
    assert "local-attitudes" in qualkit("link", "stigma", "outer-setting.local-attitudes", "--why", "because", "--as", "Cara")
    assert "withdrawn" in qualkit("link", "stigma", "outer-setting.local-attitudes", "--withdraw", "--as", "Cara")
    assert "shares" in qualkit("link", "stigma", "--as", "Cara")
    assert "whole" in qualkit("verify")


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("candidate", "9", "--reject", "--as", "Cara"), "no topic 9"),
        (("candidate", "1", "--as", "Cara"), "--join"),
        (("candidate", "1", "--name", "X", "--reject", "--as", "Cara"), "--join"),
        (("candidate", "1", "--name", "X", "--valence", "bad", "--as", "Cara"), "facilitator"),
        (("link", "stigma", "innovation"), "--as"),
    ],
)
def test_a_command_that_makes_no_sense_says_so(study: Study, words: tuple[str, ...], what: str) -> None:
    assert what in refusal(
        lambda: CliRunner().invoke(app, [*words, "--study", str(study.folder.path)], catch_exceptions=False), StudyError
    )
