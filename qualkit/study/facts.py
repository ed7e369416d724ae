"""What is known of how a study was done, gathered once, each thing with where it can be seen.

Nothing that export itself changes is among it, such as the head of the log: exported tables rest on it, and would never be up
to date. How it was analysed is in `facts_analysis.py`, what machines had to do with it in `facts_machines.py`.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from importlib import metadata
from typing import TYPE_CHECKING

import qualkit
from qualkit.errors import ReadError
from qualkit.model import Correction, Participant, Proof, ProofKind, Role, Run, Table, Transcript, Turn, grouped
from qualkit.model.facts import Facts, GuideFacts, Known, MeetingFacts, RunFacts, SampleFacts
from qualkit.plain import sha256_of
from qualkit.stages.tables import members
from qualkit.stages.talk_share import is_nobody
from qualkit.study import facts_analysis, facts_machines, guides, proving, quote_edits
from qualkit.wording import counted

if TYPE_CHECKING:
    from qualkit.study.study import Study

STAGES = ("transcribe", "ingest", "segment", "suggest", "topics", "evaluate")
"""Stages that made something findings rest on; the others only count."""

PACKAGES = ("numpy", "python-docx", "XlsxWriter", "altair", "vl-convert-python")
"""Packages that count and write; those that models run on stand with their runs."""

LEADERS = ("credentials", "occupation", "gender", "training")
"""Columns of `participants.csv` that say of who led a conversation what a checklist asks for."""

MOST_FILES = 8
_CORRECTED = ("edited a turn", "removed a turn", "split a turn", "merged turns", "set a speaker")


def gather(study: Study, tables: Mapping[str, Table]) -> Facts:
    """Everything that is known; `tables` are those that a statement may be seen in, by stem."""
    runs = dict(_runs(study))
    return Facts(
        version=qualkit.__version__,
        packages=_packages(),
        author=dict(study.config.report),
        title=_setting(study.config.title, "[study] title"),
        question=_setting(study.config.question, "[study] question"),
        framework=_setting(study.config.framework, "[study] framework"),
        meetings=_meetings(study),
        led=_led(study),
        sites=_sites(study),
        leaders=_leaders(study),
        sample=_sample(study, tables),
        met_twice=_met_twice(study),
        guide=_guide(study, tables),
        runs=runs,
        corrections=_corrections(study),
        **facts_analysis.gather(study, tables),
        **facts_machines.gather(study, tables, runs),
    )


def print_of(study: Study) -> str:
    """What tells one state of the files that only these facts are read from from another."""
    files = (study.roster_file, study.folder.path / quote_edits.FILE)
    states = [[path.stat().st_mtime_ns, path.stat().st_size] for path in files if path.is_file()]
    return sha256_of([states, guides.print_of(study)])


def _setting(value: str, where: str) -> Known[str] | None:
    return Known(value=value, proofs=(Proof(kind=ProofKind.SETTING, where=where),)) if value else None


# ---------------------------------------------------------------- meetings and people


def _meetings(study: Study) -> Known[tuple[MeetingFacts, ...]] | None:
    meetings = study.transcripts()
    if not meetings:
        return None
    with study.store.read() as tx:
        turns = grouped(tx.columns(Turn, "transcript_id", "participant_id", "end_s"), lambda row: row[0])
    people = grouped(study.people().values(), lambda person: person.transcript_id)
    recorded = {item.transcript_id: item.duration_s for item in study.recordings()}
    listed = _roster_keys(study)
    found = tuple(
        _meeting(item, people.get(item.id, []), turns.get(item.id, []), recorded.get(item.id), listed) for item in meetings
    )
    return Known(value=found, proofs=(*_sources(study, meetings), *proving.of_file(study, study.roster_file)))


def _roster_keys(study: Study) -> Collection[tuple[str, str]]:
    """Transcript and label of everybody whom `participants.csv` lists; of a list that cannot be read, nobody."""
    try:
        return study.roster().keys()
    except ReadError:
        return ()


def _led(study: Study) -> Known[int] | None:
    """What moderators said."""
    moderators = {person.id for person in study.people().values() if person.role is Role.MODERATOR}
    ids = [item.id for item in study.segments() if item.participant_id in moderators]
    return Known(value=len(ids), proofs=proving.of_segments("what moderators said", ids)) if ids else None


def _sites(study: Study) -> Known[dict[str, int]] | None:
    named = [item for item in study.transcripts() if item.site]
    if not named:
        return None
    own = [item for item in named if study.meeting(item.label).site == item.site]
    proofs = tuple(Proof(kind=ProofKind.SETTING, where=f"[meetings.{item.label}] site") for item in own[:MOST_FILES])
    others = [item for item in named if item not in own]
    return Known(value=dict(Counter(str(item.site) for item in named)), proofs=(*proofs, *_sources(study, others)))


def _sources(study: Study, meetings: Sequence[Transcript]) -> Iterator[Proof]:
    heard = study.corpus().heard
    if len(meetings) > MOST_FILES:
        yield Proof(kind=ProofKind.FILE, where="transcripts/ and recordings/", detail=counted(len(meetings), "meeting"))
        return
    for item in meetings:
        folder = (
            "recordings" if item.id in heard and (study.folder.path / "recordings" / item.source).exists() else "transcripts"
        )
        yield Proof(kind=ProofKind.FILE, where=f"{folder}/{item.source}", detail=f"SHA-256 {item.source_sha256[:12]}")


def _meeting(
    item: Transcript,
    people: Sequence[Participant],
    turns: Sequence[tuple[str, str | None, float | None]],
    recorded_s: float | None,
    listed: Collection[tuple[str, str]],
) -> MeetingFacts:
    ends = [end for _, _, end in turns if end is not None]
    known = {person.id: person for person in people if not is_nobody(person)}
    roles = grouped(known.values(), lambda person: person.role)
    names = ({person.label.casefold(), person.pseudonym.casefold()} for person in known.values())
    return MeetingFacts(
        title=item.title,
        kind=item.kind,
        held_on=item.held_on,
        moderators=tuple(sorted(person.pseudonym for person in roles.get(Role.MODERATOR, []))),
        observers=tuple(sorted(person.pseudonym for person in roles.get(Role.OBSERVER, []))),
        n_turns=len(turns),
        n_unknown=sum(who not in known for _, who, _ in turns),
        n_unlisted=sum(not any((item.label.casefold(), name) in listed for name in own) for own in names),
        length_s=recorded_s if recorded_s is not None else max(ends, default=None),
        is_recorded=recorded_s is not None,
    )


def _leaders(study: Study) -> dict[str, Known[str]]:
    """What `participants.csv` says of moderators under the names that checklists have for it."""
    moderators = [person for person in study.people().values() if person.role is Role.MODERATOR]
    proofs = proving.of_file(study, study.roster_file)
    found = {}
    for name in LEADERS:
        said = {person.pseudonym: person.attributes[name] for person in moderators if person.attributes.get(name)}
        if said and proofs:
            found[name] = Known(value="; ".join(f"{who}: {what}" for who, what in sorted(said.items())), proofs=proofs)
    return found


def _sample(study: Study, tables: Mapping[str, Table]) -> Known[SampleFacts] | None:
    corpus = study.corpus()
    people = members(corpus)
    if not people:
        return None
    spoke = {segment.participant_id for segment in corpus.segments.values()}
    proofs = (*proving.of_tables(tables, "participants", "participant_list"), *proving.of_file(study, study.roster_file))
    return Known(
        value=SampleFacts(
            n_people=len(people),
            n_silent=sum(key not in spoke for key in people),
            n_meetings=len(corpus.transcripts),
            attributes=tuple(dict.fromkeys(name for person in people.values() for name in person.attributes)),
        ),
        proofs=proofs or tuple(_sources(study, study.transcripts())),
    )


def _met_twice(study: Study) -> Known[int] | None:
    """How many participants' pseudonyms stand in several meetings; None without a list that says who is who."""
    try:
        roster = study.roster()
    except ReadError:
        return None
    there = {item.label.casefold() for item in study.transcripts()}
    people = {
        (label, person.pseudonym) for (label, _), person in roster.items() if person.role is Role.PARTICIPANT and label in there
    }
    proofs = proving.of_file(study, study.roster_file)
    if len({label for label, _ in people}) < 2 or not proofs:
        return None
    return Known(value=sum(n > 1 for n in Counter(name for _, name in people).values()), proofs=proofs)


def _guide(study: Study, tables: Mapping[str, Table]) -> Known[GuideFacts] | None:
    path = study.folder.guide()
    if path is None or not guides.has_questions(study):
        return None
    followed = guides.follow(study)
    value = GuideFacts(n_questions=len(followed.guide), n_followed=len(set(followed.questions.values())))
    seen_in = proving.of_tables(tables, "within_across", "topics_by_question")
    return Known(value=value, proofs=(*proving.of_file(study, path), *seen_in))


# ---------------------------------------------------------------- what was run


def _runs(study: Study) -> Iterator[tuple[str, Known[RunFacts]]]:
    with study.store.read() as tx:
        every = grouped(tx.all(Run, past=True, stage=list(STAGES)), lambda run: run.stage)
        last = {run.stage: run for run in tx.all(Run, stage=list(STAGES))}
    for stage in STAGES:
        if stage in last:
            yield stage, run_known(last[stage], every[stage])


def run_known(run: Run, every: Iterable[Run]) -> Known[RunFacts]:
    """A run with how often its stage was run with another engine, other settings, or on something else."""
    value = RunFacts(
        stage=run.stage,
        summary=run.summary,
        engine=run.engine,
        revision=run.model_revision,
        seed=run.seed,
        options=dict(run.options),
        n_earlier=sum(item.id != run.id for item in every),
    )
    return Known(value=value, proofs=(Proof(kind=ProofKind.RUN, where=run.stage, detail=f"run {run.id[:8]}"),))


def _corrections(study: Study) -> Known[int] | None:
    """How many corrections of transcripts stand; those taken back are in the log as well."""
    with study.store.read() as tx:
        n = tx.count(Correction)
    return Known(value=n, proofs=proving.of_log(study, *_CORRECTED)) if n else None


def _packages() -> dict[str, str]:
    """Versions of Python and of the packages that are installed, by name."""
    found = {"Python": ".".join(map(str, sys.version_info[:3]))}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
