"""A study as large as they come, made up: `python -m benchmarks.big_study FOLDER`.

Transcripts of synthetic talk cut into segments, a codebook, people who have judged some or all of the segments blind, an
adjudicator, a machine coder, a reliability sample and topics. Everything is written through the store, every judgement and
decision is an act in the log, and `Study.verify` finds nothing. Nothing in it is anybody's words: sentences are put together
from phrases, and codes are given by chance around a "true" code for each segment, so that coders agree as people do.

What was made is kept in a cache folder, so that making the same study again is a copy.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from qualkit.model import (
    OUTLIERS,
    Assignment,
    Code,
    Codebook,
    Coder,
    CoderKind,
    Decision,
    Landscape,
    Merge,
    Participant,
    Place,
    Role,
    Round,
    Run,
    Segment,
    Topic,
    Transcript,
    Turn,
    Valence,
    Visit,
    Worth,
    derived_id,
)
from qualkit.plain import sha256_of
from qualkit.readers.codebook import write_codebook
from qualkit.store import Writing
from qualkit.store.tables import metadata
from qualkit.study import Study

METHOD = 2
"""To be raised when the same numbers give another study."""

CACHE = Path(tempfile.gettempdir()) / "qualkit-big-studies"

ADJUDICATOR, MACHINE = "Cara", "similarity"
SHARES = (1.0, 0.8, 1 / 3)
"""How much of the segments the first, second, ... coder has judged, if nothing else is said; the last is for all others."""

N_TOPICS, MOST_PLACES = 40, 20_000
BEGAN = datetime(2026, 3, 2, 8, tzinfo=UTC)

WHO = (
    "our nurses", "the pharmacy", "the peer workers", "families here", "the county", "my supervisor",
    "people coming out of jail",
    "the clinic downtown", "the new doctor", "the front desk", "the church", "the night shift", "folks on the waiting list",
    "the van team", "the insurance", "the board", "our volunteers", "the sheriff's office",
)  # fmt: skip
DID = (
    "trusted", "refused", "never heard of", "kept asking about", "paid for", "got trained in", "ran out of", "was afraid of",
    "made room for", "could not explain", "finally supported", "argued about", "waited months for", "put money into",
)  # fmt: skip
WHAT = (
    "the medication", "the intake form", "the home visits", "the harm reduction kits", "the telehealth visits",
    "the weekend hours", "the transport vouchers", "the training day", "the referral line", "the follow-up calls",
    "the stigma around it", "the prior authorisation", "the data sheet", "the group meetings",
)  # fmt: skip
WHY = (
    "because nobody had asked us first", "and that changed how people talk about it", "so we lost three of them in one month",
    "even though the money was there", "since the roads are closed half the winter", "and I would do it again tomorrow",
    "because someone they knew had been through it", "so now they come back on their own", "but only when somebody pushed",
    "and the paperwork took longer than the visit", "because it was one more thing on the list",
)  # fmt: skip
ASKED = (
    "What has helped you most so far?", "What got in the way?", "Who else should be at the table?",
    "How did people in your agency take it?", "What would you change if you could start again?",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """All that a study is made from."""

    segments: int
    transcripts: int
    codes: int
    judged: Mapping[str, float]
    seed: int


def make(
    path: Path,
    *,
    segments: int = 50_000,
    transcripts: int = 40,
    codes: int = 60,
    coders: Sequence[str] = ("Ana", "Ben", "Dan"),
    judged: Mapping[str, float] | None = None,
    seed: int = 1,
    cache: Path = CACHE,
) -> Path:
    """Make a study with so many segments to be coded in the folder `path`, which must not be there yet; returns `path`.

    `judged` says which share of the segments each coder has judged, from the first transcript on: `SHARES` if it is None.
    Raises `FileExistsError` if there is something at `path`.
    """
    shares = {name: SHARES[min(n, len(SHARES) - 1)] for n, name in enumerate(coders)}
    plan = _Plan(
        segments=segments, transcripts=transcripts, codes=codes, judged={**shares, **(judged or {})}, seed=seed
    )  # fmt: skip
    kept = cache / sha256_of([METHOD, _schema(), plan])[:16]
    if not kept.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as draft:
            _write(Path(draft) / "study", plan)
            (Path(draft) / "study").rename(kept)
    shutil.copytree(kept, path)
    return path


def _schema() -> list[str]:
    """The database's columns: a study of another schema is made anew."""
    return [f"{column} {column.type}" for table in metadata.sorted_tables for column in table.columns]


def _write(path: Path, plan: _Plan) -> None:
    book = codebook(plan.codes)
    path.mkdir()
    write_codebook(book, path / "big.yaml")
    study = Study.init(
        path, title="A study made up to be large", codebook=path / "big.yaml", coders=list(plan.judged),
        adjudicators=[ADJUDICATOR],
    )  # fmt: skip
    (path / "big.yaml").unlink()
    book = study.codebook()
    dice = random.Random(plan.seed)
    with study.store.write() as tx:
        talk = _talk(tx, plan, dice)
        truth = {segment.id: _true_codes(book, dice) for segment in talk}
        round_ = Round(id=derived_id("round", 1), number=1, codebook_sha256=book.sha256, blind=True, opened_at=BEGAN)
        tx.insert([round_])
        tx.log("qualkit", "opened a round", {"round_id": round_.id, "number": 1, "blind": True})
        people = [Coder(id=derived_id("coder", name), name=name) for name in [*plan.judged, ADJUDICATOR]]
        tx.insert(people)
        for coder in people:
            tx.log(coder.id, "joined", {"coder_id": coder.id})
        for coder, share in zip(people, plan.judged.values(), strict=False):
            _judge(tx, coder, round_, talk[: round(share * len(talk))], truth, book, dice)
        _decide(tx, people[-1], round_, talk[: plan.segments // 100], truth, dice)
        _suggest(tx, round_, talk, truth, dice)
        _cluster(tx, talk, dice)
    study.draw_sample(0.1, plan.seed)
    study.store.close()


def codebook(n: int) -> Codebook:
    """A codebook of `n` codes in six domains, most of which take a valence."""
    every = (Valence.FACILITATOR, Valence.BARRIER, Valence.MIXED)
    codes = [
        Code(
            key=f"d{number % 6 + 1}.c{number + 1:02}",
            name=f"{WHAT[number % len(WHAT)].removeprefix('the ').capitalize()} {number + 1}",
            definition=f"How {WHO[number % len(WHO)]} {DID[number % len(DID)]} {WHAT[(number * 5) % len(WHAT)]}.",
            include=("Said of this place", "Said of others, where it is meant for this place"),
            exclude=("Said of another programme",),
            domain=f"Domain {number % 6 + 1}",
            valences=every if number % 5 else (),
        )
        for number in range(n)
    ]
    return Codebook(name="A large codebook", version="1", codes=tuple(sorted(codes, key=lambda code: code.key)))


# ---------------------------------------------------------------- talk


def sentence(dice: random.Random) -> str:
    """One sentence, put together by chance."""
    said = f"{dice.choice(WHO)} {dice.choice(DID)} {dice.choice(WHAT)}, {dice.choice(WHY)}."
    return said[0].upper() + said[1:]


def _talk(tx: Writing, plan: _Plan, dice: random.Random) -> list[Segment]:
    """Write all transcripts; the segments to be coded, in the order of the talk."""
    run = _run(tx, "segment")
    sizes = [plan.segments // plan.transcripts + (n < plan.segments % plan.transcripts) for n in range(plan.transcripts)]
    found: list[Segment] = []
    for number, size in enumerate(sizes, start=1):
        label = f"group_{number:03}"
        transcript = Transcript(
            id=derived_id("transcript", "big", label), label=label, title=f"Group {number}", source=f"{label}.txt",
            source_sha256=sha256_of(label), held_on=f"2026-01-{number % 28 + 1:02}",
            site=("North", "South", "East")[number % 3],
        )  # fmt: skip
        people = [_person(transcript, n) for n in range(9)]
        turns, segments = _meeting(transcript, people, size, run, dice)
        tx.insert([transcript])
        tx.insert(people)
        tx.insert(turns)
        tx.insert(segments)
        tx.log("qualkit", "kept a transcript", {"transcript_id": transcript.id, "n_turns": len(turns)})
        found += [segment for segment in segments if segment.is_coded]
    tx.log("qualkit", "ran segment", {"run_id": run, "inputs_sha256": sha256_of("segment")})
    return found


def _person(transcript: Transcript, n: int) -> Participant:
    name, role = (f"P{n}", Role.PARTICIPANT) if n else ("Moderator", Role.MODERATOR)
    key = derived_id("participant", transcript.id, name)
    return Participant(id=key, transcript_id=transcript.id, pseudonym=name, role=role, label=name)


def _meeting(
    transcript: Transcript, people: Sequence[Participant], size: int, run: str, dice: random.Random
) -> tuple[list[Turn], list[Segment]]:
    turns: list[Turn] = []
    segments: list[Segment] = []
    start_s, left = 0.0, size
    while left:
        is_question = len(turns) % 7 == 0
        person = people[0] if is_question else dice.choice(people[1:])
        n_units = 1 if is_question else min(left, dice.randint(1, 3))
        units = [
            dice.choice(ASKED) if is_question else " ".join(sentence(dice) for _ in range(dice.randint(1, 2)))
            for _ in range(n_units)
        ]
        turn = Turn(
            id=derived_id("turn", transcript.id, len(turns) + 1), transcript_id=transcript.id, position=len(turns) + 1,
            participant_id=person.id, text=" ".join(units), start_s=start_s, end_s=start_s + len(" ".join(units)) / 15,
            speaker_confidence=0.4 if dice.random() < 0.02 else 0.9, run_id=run,
        )  # fmt: skip
        turns.append(turn)
        segments += _cut(turn, units, len(segments), run, is_coded=not is_question)
        start_s, left = turn.end_s or 0.0, left - (0 if is_question else n_units)
    return turns, segments


def _cut(turn: Turn, units: Sequence[str], before: int, run: str, *, is_coded: bool) -> Iterable[Segment]:
    at = 0
    for n, text in enumerate(units, start=1):
        start_s = (turn.start_s or 0.0) + at / 15
        yield Segment(
            id=derived_id("segment", turn.id, n), transcript_id=turn.transcript_id, turn_id=turn.id, turn_revision=1,
            position=before + n, start_char=at, end_char=at + len(text), text=text, participant_id=turn.participant_id,
            is_coded=is_coded, start_s=start_s, end_s=start_s + len(text) / 15, run_id=run,
        )  # fmt: skip
        at += len(text) + 1


# ---------------------------------------------------------------- judgements

_Said = tuple[tuple[str, Valence | None], ...]


def _any_code(book: Codebook, dice: random.Random) -> tuple[str, Valence | None]:
    """A code by chance, the first ones of the book far oftener than the last."""
    code = book.codes[min(int(dice.expovariate(4 / len(book.codes))), len(book.codes) - 1)]
    return code.key, dice.choice(code.valences) if code.valences else None


def _true_codes(book: Codebook, dice: random.Random) -> _Said:
    return tuple(dict(_any_code(book, dice) for _ in range(dice.choice((0, 1, 1, 2, 2, 3)))).items())


def _seen(truth: _Said, book: Codebook, dice: random.Random) -> _Said:
    """What a coder makes of a segment: most of what is there, sometimes another valence or another code."""
    said = {key: valence for key, valence in truth if dice.random() < 0.85}
    for key, valence in said.items():
        if valence is not None and dice.random() < 0.05:
            said[key] = Valence.MIXED
    if dice.random() < 0.25:
        said.setdefault(*_any_code(book, dice))
    return tuple(said.items())


def _judge(  # noqa: PLR0917
    tx: Writing, coder: Coder, round_: Round, segments: Sequence[Segment], truth: Mapping[str, _Said], book: Codebook,
    dice: random.Random,
) -> None:  # fmt: skip
    visits, given, acts = [], [], []
    for n, segment in enumerate(segments):
        at = BEGAN + timedelta(seconds=9 * n)
        mine: dict[str, Any] = {"segment_id": segment.id, "coder_id": coder.id, "round_id": round_.id}
        said = [
            Assignment(id=derived_id(segment.id, coder.id, key), code_key=key, valence=valence, made_at=at, **mine)
            for key, valence in _seen(truth[segment.id], book, dice)
        ]
        visits.append(Visit(version=1, seen_at=at, **mine))
        given += said
        codes = [{"id": item.id, "code_key": item.code_key, "valence": item.valence} for item in said]
        told = {"segment_id": segment.id, "round_id": round_.id, "version": 1, "codes": codes, "memo_sha256": None}
        acts.append((coder.id, "judged", told, derived_id("judged", segment.id, coder.id)))
    tx.insert(visits)
    tx.insert(given)
    tx.log_all(acts)


def _decide(  # noqa: PLR0917
    tx: Writing, coder: Coder, round_: Round, segments: Sequence[Segment], truth: Mapping[str, _Said], dice: random.Random
) -> None:
    made, acts = [], []
    for segment in segments:
        for key, valence in truth[segment.id]:
            decision = Decision(
                id=derived_id("decision", segment.id, key), segment_id=segment.id, code_key=key, round_id=round_.id,
                present=True, valence=valence, adjudicator_id=coder.id, reason=dice.choice(("slip", "judgement", "edge case")),
                decided_at=BEGAN + timedelta(days=60),
            )  # fmt: skip
            made.append(decision)
            told = {
                "id": decision.id, "segment_id": segment.id, "code_key": key, "round_id": round_.id, "present": True,
                "valence": valence, "reason": decision.reason, "supersedes": None, "note_sha256": None,
            }  # fmt: skip
            acts.append((coder.id, "decided", told, derived_id("decided", decision.id)))
    tx.insert(made)
    tx.log_all(acts)


# ---------------------------------------------------------------- what machines made of it


def _run(tx: Writing, stage: str) -> str:
    run = Run(
        id=derived_id("run", "big", stage), stage=stage, options={}, inputs_sha256=sha256_of(stage), engine="made up",
        model_revision="1", seed=1, started_at=BEGAN, ended_at=BEGAN + timedelta(minutes=3), summary="Made up.",
    )  # fmt: skip
    tx.insert([run])
    return run.id


def _suggest(tx: Writing, round_: Round, segments: Sequence[Segment], truth: Mapping[str, _Said], dice: random.Random) -> None:
    """One machine coder that suggests the first true code of each segment, and says what each would teach."""
    run, machine = _run(tx, "suggest"), Coder(id=derived_id("coder", MACHINE), name=MACHINE, kind=CoderKind.MACHINE)
    tx.insert([machine])
    tx.insert(
        Assignment(
            id=derived_id(segment.id, machine.id), segment_id=segment.id, code_key=key, coder_id=machine.id, round_id=round_.id,
            valence=valence, confidence=round(dice.random(), 3), run_id=run, made_at=BEGAN,
        )
        for segment in segments for key, valence in truth[segment.id][:1]
    )  # fmt: skip
    tx.insert(Worth(segment_id=segment.id, value=round(dice.random(), 4), why="") for segment in segments)
    tx.log(machine.id, "suggested", {"run_id": run, "n": len(segments)})


def _cluster(tx: Writing, segments: Sequence[Segment], dice: random.Random) -> None:
    """Topics of segments dealt out by chance, each around a place of its own on the map."""
    run = _run(tx, "topics")
    middles = {number: (dice.uniform(-10, 10), dice.uniform(-10, 10)) for number in range(OUTLIERS, N_TOPICS)}
    dealt: dict[int, list[str]] = {number: [] for number in middles}
    for segment in segments:
        dealt[dice.choice([*middles, OUTLIERS, OUTLIERS])].append(segment.id)
    likeness = tuple(tuple(1.0 if a == b else 0.2 for b in range(N_TOPICS)) for a in range(N_TOPICS))
    tx.insert(
        Topic(
            id=derived_id("topic", "big", number), run_id=run, number=number, segment_ids=tuple(mine), phrases=(),
            words=tuple(f"word{number}{letter}" for letter in "abcdefgh"), quote_segment_ids=tuple(mine[:3]), returns=0.7,
            returns_without=0.6,
        )
        for number, mine in dealt.items()
    )  # fmt: skip
    places = [
        Place(segment_id=key, x=dice.gauss(middles[number][0], 1), y=dice.gauss(middles[number][1], 1), run_id=run)
        for number, mine in dealt.items() for key in mine
    ]  # fmt: skip
    tx.insert(dice.sample(places, min(MOST_PLACES, len(places))))
    merges = [
        Merge(left=0 if not n else N_TOPICS + n - 1, right=n + 1, distance=0.1 + n / N_TOPICS) for n in range(N_TOPICS - 1)
    ]
    tx.insert(
        [
            Landscape(
                id=derived_id("landscape", "big"), run_id=run, n_segments=len(segments), n_outliers=len(dealt[OUTLIERS]),
                n_placed=0, n_draws=5, n_group_draws=5, draw_ari=0.7, draw_nmi=0.7, kept_ari=0.7, group_ari=0.6, diversity=1.0,
                likeness=likeness, merges=tuple(merges),
            )
        ]
    )  # fmt: skip
    tx.log("qualkit", "ran topics", {"run_id": run, "inputs_sha256": sha256_of("topics")})


def main() -> None:
    """Make a study from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    for name, number in (("segments", 50_000), ("transcripts", 40), ("codes", 60), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=number)
    given = vars(parser.parse_args())
    print(make(given.pop("folder"), **given))


if __name__ == "__main__":
    main()
