"""Studies that differ only in what a blind coder must not learn, and the marks by which it would be found.

In all of them Ana, Ben and Dan code blind and Cara adjudicates; Ana has judged the first segment, the others every one. What
they said of the rest, and in what words, is up to `Secrets`; so is what a machine suggests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from qualkit.model import Choice, Evidence, Place, Run, Suggestion, Topic, Valence, utc_now
from qualkit.study import Study
from qualkit.study.steps import keep_suggestions
from tests.conftest import BOOK, FG1, FG2, with_fakes


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What Ben said, and why, and what a machine suggests: marked, so that any of it is known wherever it turns up."""

    code_key: str
    valence: Valence | None
    memo: str
    rationale: str
    suggested: str

    def of_ben(self, n: int) -> tuple[str, str, str]:
        """The marks of Ben's memo, rationale and confidence on the `n`th segment."""
        return f"{self.memo}{n}x", f"{self.rationale}{n}x", f"0.73{17 + n}"

    def of_machine(self, n: int) -> str:
        """The mark of what the machine suggests for the `n`th segment."""
        return f"{self.suggested}{n}x"


ONE = Secrets(code_key="stigma", valence=Valence.BARRIER, memo="zebramemo", rationale="quaggawhy", suggested="okapisays")
OTHER = Secrets(code_key="trust", valence=None, memo="tapirmemos", rationale="ocelotwhy", suggested="lemursaid")
"""As long as the first, so that not even a length tells them apart."""


def a_world(folder: Path, secrets: Secrets, *, showing: str = "after") -> Study:
    """The small study as these secrets make it, in the new folder `folder`."""
    folder.mkdir()
    (folder / "book.yaml").write_text(BOOK, encoding="utf-8")
    study = Study.init(
        folder / "study",
        title="A small study",
        codebook=folder / "book.yaml",
        coders=["Ana", "Ben", "Dan"],
        adjudicators=["Cara"],
    )
    with study.folder.config_file.open("a", encoding="utf-8") as settings:
        settings.write(f'show_suggestions = "{showing}"\n')
    for name, text in (("fg1.txt", FG1), ("fg2.txt", FG2)):
        (study.folder.path / "transcripts" / name).write_text(text, encoding="utf-8")
    study = with_fakes(Study.open(study.folder.path))
    for stage in ("ingest", "segment"):
        list(study.run(stage))
    _suggest(study, secrets)
    queue = study.seat("Ana").queue()
    study.seat("Ana").judge(queue[0], [])
    for n, segment_id in enumerate(queue):
        _judge(study, segment_id, n, secrets if n else ONE)
        said = secrets if n else ONE
        study.seat("Dan").judge(segment_id, [Choice(code_key=said.code_key, valence=said.valence)])
    return study


def _judge(study: Study, segment_id: str, n: int, secrets: Secrets) -> None:
    memo, why, confidence = secrets.of_ben(n)
    span = Evidence(start_char=3, end_char=8, text=study.seat("Ben").view(segment_id).segment.text[3:8])
    choice = Choice(
        code_key=secrets.code_key, valence=secrets.valence, confidence=float(confidence), rationale=why, evidence=(span,)
    )
    study.seat("Ben").judge(segment_id, [choice], memo=memo, client_id=f"ben {segment_id}")


def _suggest(study: Study, secrets: Secrets) -> None:
    run = _run("suggest")
    suggestions = [
        Suggestion(
            segment_id=segment.id, code_key=secrets.code_key, valence=secrets.valence, score=0.8,
            rationale=secrets.of_machine(n),
            evidence=(Evidence(start_char=0, end_char=4, text=segment.text[:4]),),
        )
        for n, segment in enumerate(study.coded_segments())
    ]  # fmt: skip
    with study.store.write() as tx:
        tx.insert([run])
        keep_suggestions(tx, "keywords", "1", suggestions, run)


def _run(stage: str) -> Run:
    return Run(
        id=f"run of {stage}", stage=stage, options={}, inputs_sha256="", engine="", model_revision="", seed=1,
        started_at=utc_now(), ended_at=utc_now(), summary="",
    )  # fmt: skip


def with_topics(study: Study) -> Study:
    """The study with two topics, by transcript."""
    segments, run = study.coded_segments(), _run("topics")
    topics = [
        Topic(id=f"topic {n}", run_id=run.id, number=n, words=(f"word{n}", "shame"), segment_ids=tuple(mine),
              quote_segment_ids=tuple(mine[:1]))
        for n, mine in enumerate(([item.id for item in segments[:3]], [item.id for item in segments[3:]]))
    ]  # fmt: skip
    places = [Place(segment_id=item.id, x=float(n), y=float(n % 3), run_id=run.id) for n, item in enumerate(segments)]
    with study.store.write() as tx:
        tx.insert([run])
        tx.replace([*topics, *places])
        tx.log("qualkit", "ran topics", {"run_id": run.id, "inputs_sha256": ""})
    return study


def without_accidents(told: str) -> str:
    """What was told without what differs between any two studies: random ids, checksums, times."""
    told = re.sub(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}|[0-9a-f]{12,}", "ID", told)
    told = re.sub(r"\d{1,2}\s[A-Z][a-z]{2},\s\d\d:\d\d", "TIME", told)
    return re.sub(r"\d{4}-\d\d-\d\d[T ][\d:.]+(\+00:00|Z)?", "TIME", told)
