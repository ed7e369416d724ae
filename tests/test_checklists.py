"""Checklists say what the record bears out and nothing else; each filled item leads to its evidence, and falls with it."""

from __future__ import annotations

import contextlib
import shutil
import tomllib
from collections.abc import Callable, Collection
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from qualkit.__main__ import main
from qualkit.errors import StudyError
from qualkit.model import (
    AUTHOR_KEYS,
    NOT_RECORDED,
    Checklist,
    ChecklistItem,
    Event,
    ItemStatus,
    Proof,
    ProofKind,
    Purpose,
    Statement,
    Transcript,
    Turn,
    Valence,
)
from qualkit.model.facts import Facts, Known, SaturationFacts
from qualkit.stages import ai_disclosure, checklist, coreq, methods_text, srqr
from qualkit.study import Study, make_sample
from qualkit.study.coding import read_codings
from tests.conftest import REPO, a_recording, choices, in_folder, outcomes, refusal, reopened, with_fakes

CHECKLISTS: dict[str, Callable[[Facts], Checklist]] = {"coreq": coreq.run, "srqr": srqr.run}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The sample study with its recording heard by nobody: its transcript is read; fakes for engines."""
    path = tmp_path_factory.mktemp("sample") / "study"
    make_sample(path)
    shutil.copyfile(REPO / "transcripts" / "fg1_outreach_team.vtt", path / "transcripts" / "fg1_outreach_team.vtt")
    study = with_fakes(Study.open(path))
    for stage in ("ingest", "segment"):
        outcomes(study, stage)
    for file in sorted((path / "transcripts" / "codings").glob("*.csv")):
        list(read_codings(study, file))
    return study


@pytest.fixture(scope="module")
def facts(sample: Study) -> Facts:
    return sample.facts()


# ---------------------------------------------------------------- the sample study


def test_coreq_on_the_sample_study_has_18_items_from_data_and_none_invented(sample: Study) -> None:
    made, tables = sample.checklists()["coreq"], sample.tables()
    said = [item for item in made.items if item.status is not ItemStatus.OPEN]
    assert len(made.items) == 32
    assert len(said) >= 18
    assert sample.config.report == {}, "nothing here comes from an author"
    for item in said:
        assert item.evidence
        for proof in item.evidence:
            assert is_there(sample, proof, tables), f"item {item.number} points at {proof.told}, which is not there"
    for item in made.items:
        if item.status is ItemStatus.OPEN:
            assert (item.text, item.evidence) == (NOT_RECORDED, ())


def is_there(study: Study, proof: Proof, tables: Collection[str]) -> bool:
    """Whether what a proof points at is really in the study."""
    assert set(proof.segment_ids) <= set(study.corpus().segments)
    if proof.kind is ProofKind.TABLE:
        return proof.where in tables
    if proof.kind is ProofKind.FILE:
        return (study.folder.path / proof.where).is_file()
    if proof.kind is ProofKind.LOG:
        numbers = [int(word) for word in proof.detail.replace("event ", "").replace("events, ", "").replace("to ", "").split()]
        with study.store.read() as tx:
            return all(tx.first(Event, seq=seq, verb=proof.where) is not None for seq in numbers[-2:])
    if proof.kind is ProofKind.SETTING:
        table, _, name = proof.where.partition("] ")
        said: Any = tomllib.loads(study.folder.config_file.read_text(encoding="utf-8"))
        for part in table.strip("[").split("."):
            said = said[part]
        return name in said
    if proof.kind is ProofKind.RUN:
        return study.runs()[proof.where].id.startswith(proof.detail.removeprefix("run "))
    return bool(proof.segment_ids)


def test_the_numbers_in_the_checklist_are_those_of_the_study(sample: Study) -> None:
    items = {item.number: item for item in sample.checklists()["coreq"].items}
    assert items["12"].text == "30 participants in 4 focus groups."
    n_judged = sample.votes().n_judged()
    assert f"Ana ({n_judged['Ana']} judged) and Ben ({n_judged['Ben']} judged)" in items["24"].text
    assert f"{len(sample.codebook().in_use)} codes in use" in items["25"].text
    quotes = [quote for row in sample.theme_rows() for quote in row.quotes]
    assert f"has {len(quotes)} quotations" in items["29"].text


# ---------------------------------------------------------------- no evidence, no statement


def without(facts: Facts, proof: Proof) -> Facts:
    """The facts as they would be had nobody recorded what that proof points at: whatever can be seen there is not known."""
    gone = {}
    for item in fields(facts):
        value = getattr(facts, item.name)
        if isinstance(value, Known) and proof in value.proofs:
            gone[item.name] = None
        elif isinstance(value, dict):
            gone[item.name] = {
                key: held for key, held in value.items() if not (isinstance(held, Known) and proof in held.proofs)
            }
    if proof.kind is ProofKind.SETTING and proof.where.startswith("[report] "):
        gone["author"] = {key: text for key, text in facts.author.items() if key != proof.where.removeprefix("[report] ")}
    return replace(facts, **gone)


@pytest.mark.parametrize("name", CHECKLISTS)
def test_an_item_whose_evidence_is_taken_away_is_not_recorded(name: str, facts: Facts) -> None:
    told = replace(facts, author={key: f"About {key}." for key in AUTHOR_KEYS})
    for known in (facts, told):
        for item in CHECKLISTS[name](known).items:
            left = known
            for proof in item.evidence:
                left = without(left, proof)
            now = next(other for other in CHECKLISTS[name](left).items if other.number == item.number)
            assert (now.status, now.text, now.evidence) == (ItemStatus.OPEN, NOT_RECORDED, ()), item.number


@pytest.mark.parametrize("name", CHECKLISTS)
def test_of_a_study_of_which_nothing_is_known_nothing_is_said(name: str) -> None:
    assert {item.status for item in CHECKLISTS[name](Facts(version="1")).items} == {ItemStatus.OPEN}
    assert methods_text.run(Facts(version="1")) == ai_disclosure.run(Facts(version="1")) == ()


def test_a_statement_without_proof_and_an_item_without_evidence_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="seen in"):
        Statement(text="There were two coders.", proofs=())
    with pytest.raises(ValueError, match="evidence"):
        ChecklistItem(number="1", domain="", topic="", question="", status=ItemStatus.FILLED, text="Somebody.")


ROSTER = """transcript,speaker,pseudonym,role,town
fg1,Moderator,Moderator,moderator,
fg1,P1,P1,participant,Tilden
fg2,P3,P3,participant,Harlow
"""
SETTINGS = """
[meetings.fg1]
site = "Tilden"
"""
GUIDE = "1. **Ways.** What gets in the way?\n2. **Help.** What helps people to come?\n"
TIMED = """WEBVTT

00:00.000 --> 00:04.000
<v Moderator>What gets in the way?

00:04.000 --> 00:12.000
<v P1>There is so much shame in this town. People blame the person.

00:12.000 --> 00:14.000
<v P2>But they trust the peer coach who comes by.
"""


@pytest.fixture
def small(empty_study: Study) -> Study:
    """Two small groups, one of them recorded, with a guide, a roster and a site; Ana has coded every segment."""
    (empty_study.folder.path / "transcripts" / "fg1.txt").unlink()
    in_folder(empty_study, "transcripts/fg1.vtt", TIMED)
    a_recording(empty_study, "fg1.wav")
    in_folder(empty_study, "transcripts/guide.md", GUIDE)
    in_folder(empty_study, "transcripts/participants.csv", ROSTER)
    add_settings(empty_study, SETTINGS)
    study = read_anew(empty_study)
    ana = study.seat("Ana")
    for segment in study.coded_segments():
        ana.judge(segment.id, choices(stigma="barrier") if "shame" in segment.text else choices(trust=None))
    return study


def read_anew(study: Study) -> Study:
    again = reopened(study)
    for stage in ("ingest", "segment"):
        outcomes(again, stage)
    return again


def add_settings(study: Study, text: str) -> None:
    settings = study.folder.config_file
    settings.write_text(settings.read_text(encoding="utf-8") + text, encoding="utf-8")


def before_anything(study: Study) -> Study:
    """A study with the same codebook, of which nothing has been read."""
    book = study.folder.path / study.config.codebook
    return Study.init(study.folder.path.parent / "nothing", title="Nothing yet", codebook=book)


def without_sites(study: Study) -> Study:
    settings = study.folder.config_file
    settings.write_text(settings.read_text(encoding="utf-8").replace('site = "Tilden"', ""), encoding="utf-8")
    return read_anew(study)


def without_guide(study: Study) -> Study:
    (study.folder.path / "transcripts" / "guide.md").unlink()
    return read_anew(study)


def without_roster(study: Study) -> Study:
    (study.folder.path / "transcripts" / "participants.csv").unlink()
    return read_anew(study)


def without_attributes(study: Study) -> Study:
    in_folder(study, "transcripts/participants.csv", ROSTER.replace(",town", "").replace(",Tilden", "").replace(",Harlow", ""))
    return read_anew(study)


def without_moderators(study: Study) -> Study:
    nobody = ROSTER.replace("moderator,", "participant,") + "fg2,Moderator,M,participant,\n"
    in_folder(study, "transcripts/participants.csv", nobody)
    return read_anew(study)


def without_codes(study: Study) -> Study:
    ana = study.seat("Ana")
    for segment_id in ana.judged():
        ana.withdraw(segment_id, base_version=1)
    return study


def without_codebook(study: Study) -> Study:
    """Every code of it is retired: an empty one is refused."""
    book = study.folder.path / study.config.codebook
    text = without_codes(study).folder.path.joinpath(study.config.codebook).read_text(encoding="utf-8")
    book.write_text(text.replace("    definition:", '    retired: "2026-11-23"\n    definition:'), encoding="utf-8")
    return reopened(study)


REMOVALS: dict[str, Callable[[Study], Study]] = {
    "1": without_moderators,
    "9": without_codebook,
    "12": before_anything,
    "14": without_sites,
    "15": before_anything,
    "16": without_attributes,
    "17": without_guide,
    "18": without_roster,
    "19": before_anything,
    "21": before_anything,
    "22": without_codes,
    "24": without_codes,
    "25": without_codebook,
    "26": without_codebook,
    "27": before_anything,
    "29": without_codes,
    "30": without_codes,
    "31": without_codes,
    "32": without_codes,
}
"""Items of COREQ that data can answer, and what takes that which they rest on out of a study, or was before it was in it."""


def coreq_of(study: Study) -> dict[str, ChecklistItem]:
    return {item.number: item for item in study.checklists()["coreq"].items}


@pytest.mark.parametrize("number", REMOVALS)
def test_what_is_taken_out_of_a_study_is_not_in_its_checklist_any_more(number: str, small: Study) -> None:
    assert coreq_of(small)[number].status is not ItemStatus.OPEN
    item = coreq_of(REMOVALS[number](small))[number]
    assert (item.status, item.text, item.evidence) == (ItemStatus.OPEN, NOT_RECORDED, ())


def test_every_item_that_the_sample_study_fills_has_its_removal_tried(sample: Study) -> None:
    assert {number for number, item in coreq_of(sample).items() if item.status is not ItemStatus.OPEN} <= set(REMOVALS)


# ---------------------------------------------------------------- what an author says


def test_what_only_an_author_knows_is_filled_from_study_toml_word_for_word(small: Study) -> None:
    add_settings(small, '\n[report]\ncredentials = "MPH (C.D.)"\npilot_testing = "Tried out with two nurses."\nethics = ""\n')
    items = coreq_of(reopened(small))
    assert (items["2"].status, items["2"].text) == (ItemStatus.FILLED, "MPH (C.D.)")
    assert [proof.told for proof in items["2"].evidence] == ["study.toml, [report] credentials"]
    assert items["17"].status is ItemStatus.FILLED
    assert items["17"].text.endswith("Tried out with two nurses.")
    assert items["3"].status is ItemStatus.OPEN


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [('credental = "MD"', "Did you mean 'credentials'?"), ("credentials = 3", "credentials must be a text in quotes")],
)
def test_an_entry_that_no_checklist_asks_for_is_refused(entry: str, sentence: str, small: Study) -> None:
    add_settings(small, f"\n[report]\n{entry}\n")
    assert sentence in refusal(lambda: reopened(small), StudyError)


def test_every_entry_of_an_author_answers_an_item() -> None:
    asked = {key for ask in (*coreq.ITEMS, *srqr.ITEMS) for key in ask.authors}
    assert asked == set(AUTHOR_KEYS)
    assert [ask.number for ask in coreq.ITEMS] == [str(n) for n in range(1, 33)]
    assert [ask.number for ask in srqr.ITEMS] == [f"S{n}" for n in range(1, 22)]


def test_what_participants_csv_says_of_moderators_fills_their_items_and_their_sector_does_not(small: Study) -> None:
    roster = "transcript,speaker,pseudonym,role,gender,sector\nfg1,Moderator,Moderator,moderator,woman,research\n"
    in_folder(small, "transcripts/participants.csv", roster)
    items = coreq_of(read_anew(small))
    assert items["4"].text == "Of who led the conversations, participants.csv says: Moderator: woman."
    assert items["3"].status is ItemStatus.OPEN


# ---------------------------------------------------------------- saturation, texts


def test_saturation_is_checked_as_soon_as_a_table_of_it_is_there(facts: Facts) -> None:
    proof = Proof(kind=ProofKind.TABLE, where="saturation")
    known = replace(facts, saturation=Known(value=SaturationFacts(tables=("Code accumulation",)), proofs=(proof,)))
    item = next(item for item in coreq.run(known).items if item.number == "22")
    assert (item.status, item.evidence) == (ItemStatus.CHECKED, (proof,))
    assert "“Code accumulation”" in item.text


def test_methods_name_versions_codebook_coders_and_agreement_with_its_interval(sample: Study) -> None:
    text = " ".join(passage.text for passage in sample.report_texts()["Methods"])
    book = sample.codebook()
    about_people = ("Ana (", "round 1 (independent", "alpha .", "seed 7")
    for words in ("qualkit 0.", "Python 3.", book.version, book.sha256[:12], *about_people):
        assert words in text, words


def test_the_disclosure_says_what_ran_where_and_what_left_no_trace(sample: Study) -> None:
    passages = {passage.heading: passage for passage in sample.report_texts()["Use of machines"]}
    assert "no run on record names a server" in passages["Where they ran"].text
    unused = "these were used: speech recognition, suggested codes, a generative language model and topic models."
    assert unused in passages["What was not used"].text
    assert all(passage.proofs for passage in passages.values())


def test_a_server_that_segments_were_sent_to_is_named(facts: Facts) -> None:
    from qualkit.model.facts import MachineFacts

    machine = MachineFacts(
        name="llm", revision="gemma temperature 0", server="http://far.example:1", n_suggestions=9, n_shown=8, n_shown_before=2,
        n_accepted=3, n_changed=1, n_rejected=2, n_already=1,
    )  # fmt: skip
    proofs = (Proof(kind=ProofKind.LOG, where="suggested", detail="event 9"),)
    known = replace(facts, machines=Known(value=(machine,), proofs=proofs))
    passages = {item.heading: item.text for item in ai_disclosure.run(known)}
    assert "sent to a server: llm, on http://far.example:1." in passages["Where they ran"]
    assert "8 suggestions of llm, 2 of them before" in passages["What people did with suggestions"]
    assert "1 wait for a judgement" in passages["What people did with suggestions"]
    assert "language model" not in passages["What was not used"]


def test_decisions_are_told_with_who_made_them_and_what_is_still_open(small: Study) -> None:
    ben, first = small.seat("Ben"), small.coded_segments()[0].id
    ben.judge(first, choices(trust=None))
    small.reveal()
    small.seat("Cara").decide(first, "stigma", present=True, valence=Valence.BARRIER, reason="slip")
    text = coreq_of(small)["24"].text
    assert "1 decision on codes of segments by Cara. 1 disputed case still open." in text


def test_what_a_group_agreed_on_is_not_told_as_a_decision_of_who_recorded_it(small: Study) -> None:
    first, second, *_ = (segment.id for segment in small.coded_segments())
    small.reveal()
    small.open_round(purpose=Purpose.CONSENSUS, on=[second])
    small.seat("Ana").judge(second, choices(stigma="barrier"))  # she had given it another code, which is decided, too
    assert "2 decisions on codes of segments by the group in consensus." in coreq_of(small)["24"].text
    small.seat("Cara").decide(first, "stigma", present=True, valence=Valence.BARRIER, reason="slip")
    assert "3 decisions on codes of segments by Cara (1) and by the group in consensus (2)." in coreq_of(small)["24"].text


# ---------------------------------------------------------------- the doors


def test_the_command_shows_a_checklist_and_writes_it(
    small: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def qualkit(*words: str) -> tuple[str, str]:
        monkeypatch.setattr("sys.argv", ["qualkit", *words, "--study", str(small.folder.path)])
        with contextlib.suppress(SystemExit):
            main()
        return capsys.readouterr()

    shown, _ = qualkit("checklist", "coreq")
    assert "○   2  Credentials (to complete)" in shown
    assert "study.toml, [report]: credentials" in shown
    qualkit("checklist", "srqr", "--to", str(tmp_path / "srqr.docx"))
    assert (tmp_path / "srqr.docx").stat().st_size > 10_000
    assert "Did you mean 'coreq'?" in qualkit("checklist", "corek")[1]


def test_checklists_are_tables_like_any_other(small: Study) -> None:
    assert {"coreq", "srqr"} <= set(small.tables())
    table = small.tables()["coreq"]
    assert len(table.rows) == 32
    assert checklist.table(small.checklists()["coreq"]) == table


def test_every_meeting_and_turn_is_told_of_once(small: Study) -> None:
    known = small.facts().meetings
    assert known is not None
    with small.store.read() as tx:
        assert len(known.value) == len(tx.all(Transcript))
        assert sum(meeting.n_turns for meeting in known.value) == len(tx.all(Turn))
