"""What people make of topics: a new code, part of a code that is there, or nothing; and where a code stands in a framework.

A word on a topic is kept with who, when and why, and with the words and the run of the topic, so that it can be traced when the
topics have been found anew. Then it goes over to the topic that has most of the same segments.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qualkit.errors import StaleError, StudyError, nearest
from qualkit.model import (
    Code,
    Codebook,
    Coder,
    ConstructLink,
    Event,
    Segment,
    Topic,
    TopicDecision,
    TopicVerdict,
    Valence,
    new_id,
    utc_now,
)
from qualkit.readers.codebook import read_codebook
from qualkit.readers.codebook_edit import add_code
from qualkit.stages import candidates as drafts
from qualkit.stages.candidates import Near
from qualkit.stages.constructs import Likely, likely
from qualkit.store import Reading
from qualkit.study import codebook_changes
from qualkit.study.folder import sample_folder
from qualkit.study.judgements import digest

if TYPE_CHECKING:
    from qualkit.study.study import Study

DECIDED = "decided on a topic"
NAMED = "named a topic"
LINKED = "linked a code to a construct"
UNLINKED = "withdrew a link to a construct"

FRAMEWORK = Path("codebooks") / "cfir2.yaml"
"""The framework of a study that names none: in its own folder, else the one that comes with the sample."""


class Candidates:
    """What one person may make of topics. Get one from `Seat.candidates`.

    An act whose `client_id` is in the log already changes nothing. `seen` is the id of the decision that was on the screen,
    None for none; `StaleError` is raised if there is another by now; "" asks nothing. `StudyError` is raised for a topic that
    is gone.
    """

    def __init__(self, study: Study, coder: Coder) -> None:
        self._study = study
        self._coder = coder

    # ------------------------------------------------------------ what there is

    @property
    def may_promote(self) -> bool:
        """Whether this person may make codes of topics: who may change the codebook."""
        return codebook_changes.may_edit(self._study, self._coder)

    def decisions(self) -> dict[str, TopicDecision]:
        """The decision in force on each topic that has one, by id of the topic of now."""
        return decisions(self._study)

    def draft(self, topic_id: str, name: str = "") -> Code:
        """A code drafted from a topic's words, phrases and quotes, of its talk without a code where there is some.

        It is named by `name`, else by what the topic says.
        """
        gap = next((gap for gap in self._study.gaps().topics if gap.topic.id == topic_id), None)
        with self._study.store.read() as tx:
            topic = _topic(tx, topic_id)
            ids = gap.quote_segment_ids if gap else topic.quote_segment_ids
            quotes = {item.id: item.text for item in tx.all(Segment, id=list(ids))}
        said = [quotes[key] for key in ids if key in quotes]
        words = gap.words if gap is not None and gap.is_uncovered else ()
        return drafts.draft(topic, said, self._study.codebook(), words=words, name=name)

    def near_duplicates(self, topic_id: str, name: str) -> tuple[Near, ...]:
        """Codes of the codebook that a code of that name, made of the topic, may duplicate."""
        with self._study.store.read() as tx:
            return drafts.near_duplicates(name, _topic(tx, topic_id), self._study.codebook())

    def framework(self) -> Codebook | None:
        """The framework whose constructs codes are tied to; None where there is none."""
        return framework(self._study)

    def links(self, code_key: str | None = None) -> list[ConstructLink]:
        """Links in force, of one code or of all, in the order in which they were made."""
        with self._study.store.read() as tx:
            found = tx.all(ConstructLink)
        return [link for link in found if code_key in (None, link.code_key)]

    def likely_constructs(self, code_key: str) -> tuple[Likely, ...]:
        """Constructs whose entry shares words with the code's, as a list to choose from."""
        book, code = self.framework(), self._study.codebook().by_key.get(code_key)
        return likely(code, book) if book and code else ()

    # ------------------------------------------------------------ a word on a topic

    def promote(
        self,
        topic_id: str,
        *,
        name: str,
        definition: str,
        key: str = "",
        parent: str | None = None,
        valences: Sequence[Valence] = (),
        include: Sequence[str] | None = None,
        examples: Sequence[str] | None = None,
        note: str = "",
        seen: str | None = "",
        client_id: str | None = None,
    ) -> TopicDecision:
        """Make a code of a topic: write it into the codebook's file and keep who did so.

        The key is made from the name unless one is given; `include` and `examples` are those of the draft unless others are
        given. Nobody's judgements change: what was judged before is recode debt. Raises `StudyError` for who may not change
        the codebook and without a name or a definition, `CodebookError` where the file cannot take the code.
        """
        codebook_changes.need_right(self._study, self._coder)
        if not name.strip() or not definition.strip():
            raise StudyError("A new code needs a name and a definition.")
        drafted, book = self.draft(topic_id), self._study.codebook()
        code = replace(
            drafted,
            key=key.strip() or drafts.key_for(name, book),
            name=name.strip(),
            definition=definition.strip(),
            include=drafted.include if include is None else _filled(include),
            examples=drafted.examples if examples is None else _filled(examples),
            parent_key=parent,
            valences=tuple(valences),
        )

        def write(topic: Topic) -> str:
            path = self._study.folder.path / self._study.config.codebook
            add_code(path, replace(code, source=self._source(topic)))
            return code.key

        return self._decide(topic_id, TopicVerdict.CODE, write, note=note, seen=seen, client_id=client_id)

    def _source(self, topic: Topic) -> str:
        return f"{topic.name} of run {topic.run_id}, {utc_now():%Y-%m-%d}; made a code by {self._coder.name}"

    def join(
        self, topic_id: str, code_key: str, *, note: str = "", seen: str | None = "", client_id: str | None = None
    ) -> TopicDecision:
        """Say that a topic belongs to a code that is there. Raises `StudyError` for a code that is not."""
        self._need_code(code_key)
        return self._decide(topic_id, TopicVerdict.JOINED, lambda _topic: code_key, note=note, seen=seen, client_id=client_id)

    def reject(self, topic_id: str, *, note: str = "", seen: str | None = "", client_id: str | None = None) -> TopicDecision:
        """Say that nothing is to be made of a topic."""
        return self._decide(topic_id, TopicVerdict.REJECTED, lambda _topic: None, note=note, seen=seen, client_id=client_id)

    def rename(self, topic_id: str, label: str, *, client_id: str | None = None) -> None:
        """Give a topic a name of a person's own; a blank one takes it away. The log keeps it: say nothing private in it."""
        with self._study.store.write() as tx:
            if client_id is None or not tx.has_happened(client_id):
                topic = _topic(tx, topic_id)
                tx.log(self._coder.id, NAMED, {"topic_id": topic.id, "label": " ".join(label.split())}, client_id)

    def _decide(
        self,
        topic_id: str,
        verdict: TopicVerdict,
        key_for: Callable[[Topic], str | None],
        *,
        note: str,
        seen: str | None,
        client_id: str | None,
    ) -> TopicDecision:
        with self._study.store.write() as tx:
            latest = in_force(tx).get(topic_id)
            if client_id is not None and latest is not None and tx.has_happened(client_id):
                return latest
            if seen not in ("", latest.id if latest else None):
                raise StaleError("Somebody decided on this topic meanwhile; look at the newer decision first.")
            topic = _topic(tx, topic_id)
            made = TopicDecision(
                id=new_id(), topic_id=topic.id, run_id=topic.run_id, words=topic.words, coder_id=self._coder.id,
                verdict=verdict, code_key=key_for(topic), note=note.strip(), decided_at=utc_now(),
            )  # fmt: skip
            tx.retire(TopicDecision, topic_id=topic.id)
            tx.insert([made])
            tx.log(self._coder.id, DECIDED, {**said_of(made), "supersedes": latest.id if latest else None}, client_id)
        self._study.codebook()  # a new code is a new version, which is kept at once
        return made

    # ------------------------------------------------------------ links to a framework

    def link(self, code_key: str, construct_key: str, *, rationale: str, client_id: str | None = None) -> ConstructLink:
        """Tie a code to a construct, with the reason; a new reason for the same tie supersedes the one before.

        Raises `StudyError` for a code or construct that is not there and without a reason.
        """
        self._need_code(code_key)
        book = self.framework()
        if book is None:
            raise StudyError('This study has no framework; name one in study.toml:  framework = "codebooks/NAME.yaml"')
        if construct_key not in book.by_key:
            raise StudyError(f"{book.name} has no construct {construct_key!r}.{_meant(construct_key, book)}")
        if not rationale.strip():
            raise StudyError("Say why the code belongs to the construct.")
        made = ConstructLink(
            id=new_id(), code_key=code_key, framework=book.name, construct_key=construct_key, rationale=rationale.strip(),
            coder_id=self._coder.id, made_at=utc_now(),
        )  # fmt: skip
        tie: dict[str, Any] = {"code_key": code_key, "framework": book.name, "construct_key": construct_key}
        with self._study.store.write() as tx:
            known = tx.first(ConstructLink, **tie)
            if client_id is not None and known is not None and tx.has_happened(client_id):
                return known
            tx.retire(ConstructLink, **tie)
            tx.insert([made])
            tx.log(self._coder.id, LINKED, {**tie_of(made), "supersedes": known.id if known else None}, client_id)
        return made

    def unlink(self, link_id: str, *, client_id: str | None = None) -> None:
        """Withdraw a link, which stays on file. Raises `StudyError` if it was withdrawn or superseded meanwhile."""
        with self._study.store.write() as tx:
            if client_id is not None and tx.has_happened(client_id):
                return
            if not tx.retire(ConstructLink, id=link_id):
                raise StudyError("This link is not in force any more; open the page again.")
            tx.log(self._coder.id, UNLINKED, {"id": link_id}, client_id)

    def _need_code(self, code_key: str) -> None:
        book = self._study.codebook()
        if code_key not in book.by_key:
            raise StudyError(f"The codebook has no code {code_key!r}.{_meant(code_key, book)}")


# ---------------------------------------------------------------- what holds for everybody


def said_of(decision: TopicDecision) -> dict[str, Any]:
    """What the log says of a decision: ids, and digests of the note and of the topic's words."""
    said = {name: getattr(decision, name) for name in ("id", "topic_id", "run_id", "verdict", "code_key")}
    words = digest("\x1f".join(decision.words), decision.id)
    return {**said, "words_sha256": words, "note_sha256": digest(decision.note, decision.id)}


def tie_of(link: ConstructLink) -> dict[str, Any]:
    """What the log says of a link: ids, and a digest of the reason."""
    said = {name: getattr(link, name) for name in ("id", "code_key", "framework", "construct_key")}
    return {**said, "rationale_sha256": digest(link.rationale, link.id)}


def decisions(study: Study) -> dict[str, TopicDecision]:
    """The decision in force on each topic that has one, by id of the topic of now."""
    with study.store.read() as tx:
        return in_force(tx)


def in_force(tx: Reading) -> dict[str, TopicDecision]:
    """As `decisions`; those on topics of earlier runs go over to the topics of now that are the same."""
    found = tx.all(TopicDecision)
    return drafts.in_force(found, same_topics(tx, {item.topic_id for item in found}))


def labelled(study: Study, topics: Sequence[Topic]) -> list[Topic]:
    """Topics with the names that people gave them last, or gave those that they were before."""
    with study.store.read() as tx:
        return _labelled(tx, topics)


def _labelled(tx: Reading, topics: Sequence[Topic]) -> list[Topic]:
    named = {str(event.payload["topic_id"]): str(event.payload["label"]) for event in tx.all(Event, verb=NAMED)}
    same = same_topics(tx, set(named)) if named else {}
    now = {same[old]: label for old, label in named.items() if old in same}
    return [replace(topic, label=now[topic.id] or None) if topic.id in now else topic for topic in topics]


def framework(study: Study) -> Codebook | None:
    """The framework that `study.toml` names, else CFIR 2.0; None where that is not there either.

    Raises `StudyError` if the one that is named is not there.
    """
    named = study.config.framework
    if named and not (study.folder.path / named).is_file():
        raise StudyError(f"{study.folder.config_file}: there is no framework {named}; put the file there or take the line out.")
    tried = [study.folder.path / named] if named else [study.folder.path / FRAMEWORK, sample_folder() / FRAMEWORK]
    path = next((path for path in tried if path.is_file()), None)
    return _read(path, path.stat().st_mtime_ns) if path else None


@lru_cache(maxsize=4)
def _read(path: Path, _changed_at: int) -> Codebook:
    return read_codebook(path)


def same_topics(tx: Reading, topic_ids: set[str]) -> dict[str, str]:
    """The topics of now that earlier ones have become, by id; only those that are the same."""
    old = tx.all(Topic, past=True, id=sorted(topic_ids)) if topic_ids else []
    return drafts.same_topics(old, tx.all(Topic)) if old else {}


def _topic(tx: Reading, topic_id: str) -> Topic:
    topic = tx.first(Topic, id=topic_id)
    if topic is None:
        raise StudyError("There is no such topic any more: topics were found anew. Look at the new ones.")
    if topic.number < 0:
        raise StudyError("What belongs to no topic is no candidate for a code.")
    return _labelled(tx, [topic])[0]


def _filled(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(text.strip() for text in texts if text.strip())


def _meant(word: str, book: Codebook) -> str:
    near = nearest(word, book.by_key)
    return f" Did you mean {near!r}?" if near else ""
