"""The codebook as a person may change it: edited, split, merged and retired, each time with who, when and why.

A change is written into the codebook's file, the rest of which stays to the letter, and is a new version of the codebook. No
judgement is touched: what a code was given for stays on file. A change of meaning makes recode debt of the segments that were
given the code by its older text; one of wording does not. A code that was merged counts as the one it was merged into; one
that was retired or split is not offered any more.

Where `study.toml` names adjudicators, they change the codebook; else everybody may. A blind coder reads the codebook, but of
how it is used sees their own judgements only, and of changes what was changed, not why: a reason may speak of others' codes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qualkit.errors import StaleError, StudyError, nearest
from qualkit.model import ChangeKind, Code, Codebook, CodebookChange, Coder, Event, Origin, Valence, new_id, utc_now
from qualkit.readers.codebook import read_codebook
from qualkit.readers.codebook_edit import rewrite
from qualkit.stages import candidates as drafts
from qualkit.stages import codebook_history as history
from qualkit.stages.candidates import Near
from qualkit.stages.codebook_history import Step, Version
from qualkit.stages.debt import Debt
from qualkit.store import Reading, Writing
from qualkit.study.authoring import BY_AUTHORS
from qualkit.study.judgements import BY_CODERS, digest

if TYPE_CHECKING:
    from qualkit.study.study import Study

READ = "read a codebook"
"""The verb of the event that says which codes a version of the codebook brought and took away."""

CHANGED = "changed the codebook"
"""The verb of the event that follows it where a person made that version in qualkit."""


class Book:
    """What one person may see of the codebook and do to it. Get one from `Seat.book`.

    An act whose `client_id` is in the log already changes nothing. `seen` is the checksum of the version that was on the
    screen, None for the one of now: `StaleError` is raised if a code that the act is about has been changed since.
    Every act raises `StudyError` for who may not change the codebook, for a code that is not there, for one that is retired and
    without a reason, and `CodebookError` where the file cannot take the change.
    """

    def __init__(self, study: Study, coder: Coder, *, is_blind: bool) -> None:
        self._study = study
        self._coder = coder
        self.is_blind = is_blind

    # ------------------------------------------------------------ what there is

    @property
    def may_edit(self) -> bool:
        """Whether this person may change the codebook."""
        return may_edit(self._study, self._coder)

    def now(self) -> Codebook:
        """The codebook in force, with its retired codes."""
        return self._study.codebook()

    def code(self, code_key: str) -> Code:
        """The entry of a code. Raises `StudyError` for one that is not there."""
        book = self._study.codebook()
        if code_key not in book.by_key:
            near = nearest(code_key, book.by_key)
            raise StudyError(f"The codebook has no code {code_key!r}." + (f" Did you mean {near!r}?" if near else ""))
        return book.by_key[code_key]

    def uses(self) -> Counter[str]:
        """How many segments were given each code by anybody; by this person alone while they are blind."""
        whose = self._coder.name if self.is_blind else None
        return self._study._kept.at_head(f"uses of codes {whose}", lambda: _uses(self._study, whose))

    def n_judged(self) -> int:
        """How many segments somebody has judged; this person alone while they are blind."""
        votes = self._study.votes()
        return sum(self._coder.name in by for by in votes.values()) if self.is_blind else len(votes)

    def debt(self) -> tuple[Debt, ...]:
        """What is to be judged again; by this person alone while they are blind."""
        owed = self._study.debt()
        if not self.is_blind:
            return owed
        mine = self._coder.id
        return tuple(replace(item, owed={mine: item.owed[mine]}) for item in owed if mine in item.owed)

    def history(self, code_key: str | None = None) -> tuple[Step, ...]:
        """What became of one code or of all, in the order of the versions; without others' reasons while blind."""
        self._study.codebook()
        return tuple(self._readable(step) for step in steps(self._study) if code_key in (None, step.key))

    def _readable(self, step: Step) -> Step:
        if step.change is None or not self.is_blind or step.change.coder_id == self._coder.id:
            return step
        return replace(step, change=replace(step.change, why=""))

    def near(self, name: str, definition: str, *, but_for: str | None = None) -> tuple[Near, ...]:
        """Codes that one of that name and definition may duplicate, by their words; the likest first."""
        return drafts.near_codes(name, definition, self._study.codebook(), but_for=but_for)

    def draft(self, name: str, definition: str, *, key: str = "", like: str | None = None, **more: Any) -> Code:
        """A new code with a key made from its name unless one is given; in the place and with the valences of the code `like`.

        Raises `StudyError` without a name or a definition.
        """
        if not name.strip() or not definition.strip():
            raise StudyError("A new code needs a name and a definition.")
        book = self._study.codebook()
        old = book.by_key.get(like or "")
        about = {"parent_key": old.parent_key, "domain": old.domain, "valences": old.valences} if old else {}
        return Code(
            key=key.strip() or drafts.key_for(name, book), name=name.strip(), definition=definition.strip(),
            **{**about, "origin": Origin.INDUCTIVE, "source": self._source(old), **more},
        )  # fmt: skip

    def _source(self, old: Code | None) -> str:
        return f"{f'split from {old.key}' if old else 'added'} on {utc_now():%Y-%m-%d} by {self._coder.name}"

    # ------------------------------------------------------------ changes

    def edit(
        self,
        code: Code,
        *,
        kind: ChangeKind | None = None,
        why: str = "",
        seen: str | None = None,
        client_id: str | None = None,
    ) -> CodebookChange:
        """Have the entry of a code be as `code`.

        `kind` says whether its meaning or only its wording changes; if it is None, the fields that differ decide, as in
        `codebook_history.kind_of`. A change of wording needs no reason. Raises `StudyError` where nothing differs.
        """
        before = self.code(code.key)
        if (code.retired, code.replaced_by) != (before.retired, before.replaced_by):
            raise StudyError(f"To retire {code.key}, or to use it again, retire or restore it.")
        if code == before and (client_id is None or not self._has_happened(client_id)):
            raise StudyError(f"Nothing of {code.key} was changed.")
        found = kind or history.kind_of(before, code)
        if found not in (ChangeKind.MEANING, ChangeKind.WORDING):
            raise StudyError("An edit changes the meaning of a code or its wording; say which.")
        needs_why = found is ChangeKind.MEANING
        return self._act(found, [code], why=why, needs_why=needs_why, seen=seen, client_id=client_id)

    def add(self, code: Code, *, why: str = "", seen: str | None = None, client_id: str | None = None) -> CodebookChange:
        """Put a new code behind the last one; what was judged before is recode debt. It needs no reason."""
        return self._act(ChangeKind.ADDED, [], added=[code], why=why, needs_why=False, seen=seen, client_id=client_id)

    def retire(self, code_key: str, *, why: str, seen: str | None = None, client_id: str | None = None) -> CodebookChange:
        """Have a code offered no more. What it was given for stays, and counts, under a retired code."""
        code = replace(self.code(code_key), retired=self._retired_now())
        return self._act(ChangeKind.RETIRED, [code], why=why, seen=seen, client_id=client_id)

    def restore(self, code_key: str, *, why: str, seen: str | None = None, client_id: str | None = None) -> CodebookChange:
        """Have a retired code offered again; what was judged while it was retired is recode debt."""
        code = replace(self.code(code_key), retired=None, replaced_by=())
        return self._act(ChangeKind.RESTORED, [code], why=why, seen=seen, client_id=client_id, is_retired=True)

    def merge(
        self, code_keys: Sequence[str], into: str, *, why: str, seen: str | None = None, client_id: str | None = None
    ) -> CodebookChange:
        """Retire codes in favour of another that is there: from now on what they were given for counts as that one.

        Raises `StudyError` where that one cannot take a valence which they can: what was said would be lost.
        """
        kept = self.code(into)
        if not code_keys or into in code_keys:
            raise StudyError("Name the codes to merge, and another one to merge them into.")
        if kept.retired is not None:
            raise StudyError(f"{into} is retired ({kept.retired}); merge into a code in use.")
        for key in code_keys:
            lost = [valence.value for valence in self.code(key).valences if valence not in kept.valences]
            if lost:
                raise StudyError(f"{into} cannot be {' or '.join(lost)}, as {key} can: let it take that first, then merge.")
        codes = [
            replace(self.code(key), retired=self._retired_now(f"merged into {into}"), replaced_by=(into,))
            for key in dict.fromkeys(code_keys)
        ]
        return self._act(ChangeKind.MERGED, codes, new_keys=(into,), why=why, seen=seen, client_id=client_id)

    def split(
        self, code_key: str, parts: Sequence[Code], *, why: str, seen: str | None = None, client_id: str | None = None
    ) -> CodebookChange:
        """Retire a code in favour of two or more new ones: what it was given for is debt until it is judged again."""
        keys = tuple(code.key for code in parts)
        if len(keys) < 2:
            raise StudyError("A code is split into two new ones or more; to change one code, edit it.")
        code = replace(self.code(code_key), retired=self._retired_now(f"split into {', '.join(keys)}"), replaced_by=keys)
        return self._act(ChangeKind.SPLIT, [code], added=parts, why=why, seen=seen, client_id=client_id)

    # ------------------------------------------------------------ how a change is made

    def _retired_now(self, what: str = "") -> str:
        """When, by whom and for what a code is retired, as the codebook's file says it: blind coders read that, so not why."""
        return f"{utc_now():%Y-%m-%d} by {self._coder.name}" + (f", {what}" if what else "")

    def _has_happened(self, client_id: str) -> bool:
        with self._study.store.read() as tx:
            return tx.has_happened(client_id)

    def _act(
        self,
        kind: ChangeKind,
        changed: Sequence[Code],
        *,
        added: Sequence[Code] = (),
        new_keys: tuple[str, ...] = (),
        why: str,
        needs_why: bool = True,
        seen: str | None,
        client_id: str | None,
        is_retired: bool = False,
    ) -> CodebookChange:
        need_right(self._study, self._coder)
        book = self._study.codebook()  # what was changed by hand is a version of its own, kept first
        with self._study.store.write() as tx:
            known = _made(tx, client_id)
            if known is not None:
                return known
            if needs_why and not why.strip():
                raise StudyError("Say why: the reason becomes part of the codebook's history.")
            for code in changed:
                _need_state(book.by_key[code.key], is_retired=is_retired, may_be_either=kind is ChangeKind.WORDING)
            path = self._study.folder.path / self._study.config.codebook
            _need_newest(tx, seen or book.sha256, [code.key for code in changed], path)
            after = rewrite(path, changed=changed, added=added)
            made = CodebookChange(
                id=new_id(), kind=kind, code_keys=tuple(code.key for code in changed),
                new_keys=new_keys or tuple(code.key for code in added), why=why.strip(), coder_id=self._coder.id,
                before_sha256=book.sha256, after_sha256=after.sha256, made_at=utc_now(),
            )  # fmt: skip
            keep_version(tx, book, after, by=self._coder.id)
            tx.insert([made])
            tx.log(self._coder.id, CHANGED, said_of(made), client_id)
        return made


def may_edit(study: Study, coder: Coder) -> bool:
    """Whether a person may change the codebook of a study."""
    return not study.config.adjudicators or coder.name in study.config.adjudicators


def need_right(study: Study, coder: Coder) -> None:
    """Raise `StudyError` for who may not change the codebook of a study."""
    if not may_edit(study, coder):
        whose = " and ".join(study.config.adjudicators)
        raise StudyError(f"In this study only {whose} may change the codebook; say what it lacks to them.")


def _made(tx: Reading, client_id: str | None) -> CodebookChange | None:
    event = tx.first(Event, client_id=client_id, verb=CHANGED) if client_id is not None else None
    return tx.first(CodebookChange, id=event.payload["id"]) if event else None


def _need_state(code: Code, *, is_retired: bool, may_be_either: bool) -> None:
    if code.retired is not None and not is_retired and not may_be_either:
        raise StudyError(f"{code.key} is retired ({code.retired}); restore it first.")
    if code.retired is None and is_retired:
        raise StudyError(f"{code.key} is in use; there is nothing to restore.")


def _need_newest(tx: Reading, seen: str, keys: Sequence[str], path: Path) -> None:
    """Raise `StaleError` where one of the codes is another in the newest version, or in the file, than in the one seen."""
    shown, newest, on_disk = tx.codebooks().get(seen) or tx.codebook(), tx.codebook(), read_codebook(path)
    for key in keys:
        entries = [book.by_key.get(key) for book in (shown, newest, on_disk) if book is not None]
        if any(entry != entries[0] for entry in entries):
            raise StaleError(f"The code {key!r} was changed meanwhile; look at the newer entry first.")
    if newest is not None and newest.sha256 != on_disk.sha256:
        raise StaleError(f"{path.name} was changed by hand meanwhile; look at the newer version first.")


def _uses(study: Study, whose: str | None) -> Counter[str]:
    found: Counter[str] = Counter()
    for by in study.votes().values():
        found.update({key for coder, said in by.items() if whose in (None, coder) for key in said})
    return found


# ---------------------------------------------------------------- versions


def keep_version(tx: Writing, before: Codebook | None, book: Codebook, *, by: str = "qualkit") -> None:
    """Keep a version of the codebook, and log which codes it brought, took away and changed."""
    number = tx.add_codebook(book)
    changes = before.diff(book) if before else {"added": tuple(book.by_key)}
    tx.log(by, READ, {"sha256": book.sha256, "number": number, **changes})


def versions(tx: Reading) -> list[Version]:
    """The versions of the codebook in the order in which they came into force."""
    books, changes = tx.codebooks(), {item.id: item for item in tx.all(CodebookChange)}
    found: list[Version] = []
    for event in tx.all(Event, verb=[READ, CHANGED]):
        said: Any = event.payload
        if event.verb == CHANGED and found:
            found[-1] = replace(found[-1], change=changes.get(said["id"]))
        elif event.verb == READ and said["sha256"] in books:
            found.append(Version(at=datetime.fromisoformat(event.happened_at), book=books[said["sha256"]]))
    return found


def steps(study: Study) -> tuple[Step, ...]:
    """What became of every code from version to version."""
    return study._kept.at_head("history of the codebook", lambda: _steps(study), but_for=BY_CODERS | BY_AUTHORS)


def _steps(study: Study) -> tuple[Step, ...]:
    with study.store.read() as tx:
        return history.run(versions(tx))


def merged_at(study: Study) -> dict[str, datetime]:
    """When each code was last merged into another, by its key."""
    return {step.key: step.at for step in steps(study) if step.kind is ChangeKind.MERGED}


def said_of(change: CodebookChange) -> dict[str, Any]:
    """What the log says of a change: keys and checksums, and a digest of the reason."""
    named = ("id", "kind", "code_keys", "new_keys", "before_sha256", "after_sha256")
    return {**{name: getattr(change, name) for name in named}, "why_sha256": digest(change.why, change.id)}


def valences_of(words: Sequence[str]) -> tuple[Valence, ...]:
    """Valences by their words. Raises `StudyError` for one that is none."""
    known = {item.value: item for item in Valence}
    for word in words:
        if word not in known:
            raise StudyError(f"{word!r} is no valence; there are {', '.join(known)}.")
    return tuple(known[word] for word in words)
