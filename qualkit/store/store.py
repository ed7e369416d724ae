"""Transactions over the study's database, and the log that everything else can be checked against.

Reading and writing are two kinds of transaction. A writer takes the lock at once (`BEGIN IMMEDIATE` on SQLite): a
transaction that reads first and asks for the lock later is refused as soon as two people work at the same time. Every act
appends one event, chained to the one before it by SHA-256, and carries a client id that is unique, so an act that is sent
twice happens once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from qualkit.errors import StoreError
from qualkit.model import Code, Codebook, Event, Segment, Turn, grouped, new_id, utc_now
from qualkit.plain import as_plain
from qualkit.store import rows
from qualkit.store.tables import TABLES, codebook, head, memo

T = TypeVar("T")
_GENESIS = "0" * 64

BATCH = 2_000
"""So many rows are fetched at a time where not all are to be held in memory."""

MOST_KEYS = 300
"""So many primary keys are looked up at once: databases take a limited number of values in one statement."""


_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode
"""Plain data as text, always the same for the same data."""


def _hash_of(previous: str, said: Sequence[Any]) -> str:
    """The hash an event must have: SHA-256 over the previous hash and all that an event says, its payload, plain data, last."""
    *told, payload = said
    return hashlib.sha256("\x1f".join((previous, *map(str, told), _canonical(payload))).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Above:
    """A condition on a column: numbers greater than this one."""

    number: float


@dataclass(frozen=True, slots=True)
class Below:
    """A condition on a column: numbers less than this one."""

    number: float


@dataclass(frozen=True, slots=True)
class Holding:
    """A condition on a column of JSON: these characters stand in it as it is written down."""

    text: str


class Reading:
    """A consistent view of the database."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def all(self, kind: type[T], /, *, past: bool = False, **where: Any) -> list[T]:
        """Things of `kind` whose columns equal `where` (a list or tuple: are among), in their natural order.

        Rows that are no longer current or were superseded are left out unless `past`.
        """
        return self._things(kind, past, where)

    def first(self, kind: type[T], /, *, past: bool = False, **where: Any) -> T | None:
        """The first of `all`, or None."""
        found = self._things(kind, past, where, at_most=1)
        return found[0] if found else None

    def _things(self, kind: type[T], past: bool, where: Mapping[str, Any], at_most: int | None = None) -> list[T]:
        table = TABLES[kind]
        query = sa.select(table).where(*_conditions(dict(table.c), where))
        if not past:
            query = query.where(*_still_valid(table))
        found = self._connection.execute(query.order_by(*_natural_order(table)).limit(at_most)).mappings()
        return [rows.from_row(kind, dict(row)) for row in found]

    def count(self, kind: type, /, **where: Any) -> int:
        """How many current things of `kind` match."""
        table = TABLES[kind]
        conditions = (*_conditions(dict(table.c), where), *_still_valid(table))
        return int(self._connection.execute(sa.select(sa.func.count()).select_from(table).where(*conditions)).scalar_one())

    def values(self, kind: type, column: str, /, **where: Any) -> frozenset[Any]:
        """What stands in a column of the things of `kind`, past ones too."""
        table = TABLES[kind]
        found = self._connection.execute(sa.select(table.c[column]).where(*_conditions(dict(table.c), where)).distinct())
        return frozenset(found.scalars())

    def columns(self, kind: type, /, *names: str, **where: Any) -> list[Any]:
        """Some columns of the current things of `kind`, as tuples in their natural order: quicker than the things."""
        return [tuple(row) for row in self.rows(kind, *names, **where)]

    def rows(self, kind: type, /, *names: str, by: Sequence[str] = (), past: bool = False, **where: Any) -> Iterator[Any]:
        """As `columns`, but a batch at a time, for what is large; `by` names the columns that give the order.

        To be gone through before the transaction ends. With `past`, superseded rows are among them.
        """
        table = TABLES[kind]
        valid = () if past else _still_valid(table)
        query = sa.select(*(table.c[name] for name in names)).where(*_conditions(dict(table.c), where), *valid)
        order = [table.c[name] for name in by] or _natural_order(table)
        for batch in self._connection.execute(query.order_by(*order).execution_options(yield_per=BATCH)).partitions():
            yield from batch

    def since(self, seq: int, *names: str) -> list[Any]:
        """Some columns of the events after the one with that number, in their order."""
        table = TABLES[Event]
        query = sa.select(*(table.c[name] for name in names)).where(table.c.seq > seq).order_by(table.c.seq)
        return [tuple(row) for row in self._connection.execute(query)]

    def verbs_between(self, after: int, until: int) -> frozenset[str]:
        """The verbs of the events after one and up to another, by their numbers."""
        table = TABLES[Event]
        query = sa.select(table.c.verb).where(table.c.seq > after, table.c.seq <= until).distinct()
        return frozenset(self._connection.execute(query).scalars())

    def counts(
        self, kind: type, /, *by: str, through: type | None = None, distinct: str = "", **where: Any
    ) -> dict[tuple[Any, ...], int]:
        """How many current things of `kind` there are by what stands in the columns `by`; with `distinct`, how many different
        values that column has.

        `through` names the type of current things that the column `KIND_id` of `kind` points at; `by` and `where` may then name
        columns of either.
        """
        table = TABLES[kind]
        source: sa.FromClause = table
        columns: dict[str, sa.Column[Any]] = dict(table.c)
        valid = list(_still_valid(table))
        if through is not None:
            other = TABLES[through]
            source = table.join(other, table.c[f"{other.name}_id"] == other.c.id)
            columns = {**dict(other.c), **columns}
            valid += _still_valid(other)
        conditions = (*_conditions(columns, where), *valid)
        what = sa.func.count(columns[distinct].distinct()) if distinct else sa.func.count()
        named = [columns[name] for name in by]
        found = self._connection.execute(sa.select(*named, what).select_from(source).where(*conditions).group_by(*named))
        return {tuple(row[:-1]): int(row[-1]) for row in found}

    def codebook(self, sha256: str | None = None) -> Codebook | None:
        """The codebook version with that checksum, or the newest."""
        query = sa.select(codebook).order_by(codebook.c.number.desc()).limit(1)
        if sha256 is not None:
            query = query.where(codebook.c.sha256 == sha256)
        row = self._connection.execute(query).mappings().first()
        return _codebook_of(dict(row)) if row else None

    def codebooks(self) -> dict[str, Codebook]:
        """Every version of the codebook that was ever in force, by its checksum."""
        found = self._connection.execute(sa.select(codebook)).mappings()
        return {str(row["sha256"]): _codebook_of(dict(row)) for row in found}

    def codebook_number(self, sha256: str) -> int:
        """The running number of a codebook version in this study, from 1."""
        query = sa.select(codebook.c.number).where(codebook.c.sha256 == sha256)
        return int(self._connection.execute(query).scalar_one())

    def memo(self, segment_id: str, coder_id: str, round_id: str | None = None) -> str:
        """The coder's present memo on a segment, in a round or the newest of all; empty if there is none."""
        query = sa.select(memo.c.text).where(memo.c.segment_id == segment_id, memo.c.coder_id == coder_id)
        if round_id is not None:
            query = query.where(memo.c.round_id == round_id)
        return (
            self._connection.execute(query.where(memo.c.superseded_at.is_(None)).order_by(memo.c.made_at.desc())).scalar() or ""
        )

    def memos(self, segment_ids: Iterable[str], *, round_id: str, coder_id: str | None = None) -> dict[str, str]:
        """Present memos of a round on some segments, of one coder or, in a round of consensus, of the group, by segment id."""
        theirs = [memo.c.segment_id.in_(list(segment_ids)), memo.c.round_id == round_id, memo.c.superseded_at.is_(None)]
        if coder_id is not None:
            theirs.append(memo.c.coder_id == coder_id)
        rows_ = self._connection.execute(sa.select(memo.c.segment_id, memo.c.text).where(*theirs))
        return {segment_id: text for segment_id, text in rows_ if text}

    def has_happened(self, client_id: str) -> bool:
        """Whether the act with that client id is in the log."""
        return bool(self._known(TABLES[Event], [(client_id,)], by=("client_id",)))

    def _known(self, table: sa.Table, keys: Sequence[tuple[Any, ...]], by: Sequence[str] = ()) -> set[tuple[Any, ...]]:
        """Those of the keys that stand in the table: primary keys, or what stands in the columns `by`."""
        columns = [table.c[name] for name in by] or list(table.primary_key)
        found: set[tuple[Any, ...]] = set()
        for start in range(0, len(keys), MOST_KEYS):
            some = keys[start : start + MOST_KEYS]
            wanted = columns[0].in_([key for (key,) in some]) if len(columns) == 1 else sa.tuple_(*columns).in_(some)
            found |= {tuple(row) for row in self._connection.execute(sa.select(*columns).where(wanted))}
        return found

    def head(self) -> tuple[int, str]:
        """Sequence number and hash of the last event."""
        row = self._connection.execute(sa.select(head.c.seq, head.c.hash)).first()
        return (int(row[0]), str(row[1])) if row else (0, _GENESIS)

    def verify(self, after: tuple[int, str] = (0, _GENESIS)) -> str | None:
        """None when the log is whole, else a sentence that says at which event it is not.

        `after` is a head, as `head` gives it, up to which the log was found whole before: only what came later is looked at.
        """
        seq, previous = after
        names = ("seq", "client_id", "happened_at", "actor_id", "verb", "payload", "previous_hash", "hash")
        for row in self.rows(Event, *names, by=("seq",), seq=Above(seq)):
            seq += 1
            if (row[0], row[6], row[7]) != (seq, previous, _hash_of(previous, row[:6])):
                return f"The log was altered at event {row[0]}: its hash does not follow from what it says."
            previous = row[7]
        if (seq, previous) != self.head():
            return f"The log ends at event {seq}, but {self.head()[0]} events were written: its tail is missing."
        return None


class Writing(Reading):
    """A transaction that holds the write lock. Whatever it does happens as a whole or not at all."""

    def insert(self, things: Iterable[Any], **extra: Any) -> None:
        """Add things, all of one type; `extra` gives columns that are no field of theirs."""
        listed = list(things)
        if listed:
            table = TABLES[type(listed[0])]
            self._connection.execute(sa.insert(table), [{**rows.to_row(thing), **extra} for thing in listed])

    def replace(self, things: Iterable[Any]) -> None:
        """Add things, taking the place of those with the same primary key; for projections only."""
        for kind, listed in grouped(things, type).items():
            table = TABLES[kind]
            current = {"is_current": True} if "is_current" in table.c else {}
            keyed = {_key_of(table, row): row for row in ({**rows.to_row(thing), **current} for thing in listed)}
            known = self._known(table, list(keyed))
            fresh = [row for key, row in keyed.items() if key not in known]
            if fresh:
                self._connection.execute(sa.insert(table), fresh)
            if known:
                named = {f"the_{column.name}": column for column in table.primary_key}
                statement = sa.update(table).where(*(column == sa.bindparam(name) for name, column in named.items()))
                rest = [{**keyed[key], **dict(zip(named, key, strict=True))} for key in known]
                self._connection.execute(statement, rest)

    def retire(self, kind: type, /, **where: Any) -> int:
        """Mark current things as no longer current, or superseded now; returns how many."""
        table = TABLES[kind]
        mark: dict[str, Any] = {"is_current": False} if "is_current" in table.c else {"superseded_at": utc_now().isoformat()}
        conditions = (*_conditions(dict(table.c), where), *_still_valid(table))
        return int(self._connection.execute(sa.update(table).where(*conditions).values(mark)).rowcount)

    def shift(self, kind: type, /, *, by: int, after: int, **where: Any) -> None:
        """Move the places of current things that stand behind place `after`, to make room or to close a gap."""
        table = TABLES[kind]
        conditions = (*_conditions(dict(table.c), where), *_still_valid(table), table.c.position > after)
        if by:
            self._connection.execute(sa.update(table).where(*conditions).values(position=table.c.position + by))

    def reassign(self, people: Mapping[str, str]) -> None:
        """Have participants stand for others, by id, in every turn and segment, past ones too; all at once."""
        moved = {old: new for old, new in people.items() if old != new}
        if not moved:
            return
        for table in (TABLES[Turn], TABLES[Segment]):
            who = table.c.participant_id
            self._connection.execute(sa.update(table).where(who.in_(moved)).values(participant_id=sa.case(moved, value=who)))

    def set_memo(self, segment_id: str, coder_id: str, round_id: str, text: str, *, for_all: bool = False) -> None:
        """Make `text` the coder's memo on a segment in a round, or everybody's; what was there before is kept as superseded."""
        now = utc_now().isoformat()
        theirs = [memo.c.segment_id == segment_id, memo.c.round_id == round_id]
        if not for_all:
            theirs.append(memo.c.coder_id == coder_id)
        self._connection.execute(sa.update(memo).where(*theirs, memo.c.superseded_at.is_(None)).values(superseded_at=now))
        row = {"segment_id": segment_id, "coder_id": coder_id, "round_id": round_id, "text": text, "made_at": now}
        self._connection.execute(sa.insert(memo).values(id=new_id(), **row))

    def add_codebook(self, book: Codebook) -> int:
        """Keep a codebook version; the number of that version, which is an old one if the book is known and newest."""
        newest = self.codebook()
        if newest is not None and newest.sha256 == book.sha256:
            return self.codebook_number(book.sha256)
        number = 1 + int(self._connection.execute(sa.select(sa.func.coalesce(sa.func.max(codebook.c.number), 0))).scalar_one())
        row = {**as_plain(book), "sha256": book.sha256, "number": number, "added_at": utc_now().isoformat()}
        known = self._connection.execute(sa.select(codebook.c.number).where(codebook.c.sha256 == book.sha256)).first()
        statement = (
            sa.update(codebook).where(codebook.c.sha256 == book.sha256).values(number=number)
            if known
            else sa.insert(codebook).values(row)
        )
        self._connection.execute(statement)
        return number

    def log(self, actor_id: str, verb: str, payload: Mapping[str, Any], client_id: str | None = None) -> Event:
        """Append one act to the log.

        `payload` holds ids and codes, never what was said: a participant may withdraw, and the log only grows.
        Raises `StoreError` when `client_id` is in the log already; ask `has_happened` first.
        """
        return self.log_all([(actor_id, verb, payload, client_id or new_id())])[0]

    def log_all(self, acts: Iterable[tuple[str, str, Mapping[str, Any], str]]) -> list[Event]:
        """Append acts to the log, each (actor, verb, payload, client id), in their order; see `log`."""
        self._connection.execute(sa.select(head.c.seq).with_for_update())
        seq, previous = self.head()
        entries: list[Event] = []
        for actor_id, verb, payload, client_id in acts:
            said = (seq + len(entries) + 1, client_id, utc_now().isoformat(), actor_id, verb, as_plain(payload))
            named = dict(zip(("seq", "client_id", "happened_at", "actor_id", "verb", "payload"), said, strict=True))
            entries.append(Event(**named, previous_hash=previous, hash=_hash_of(previous, said)))
            previous = entries[-1].hash
        self._refuse_repeated([entry.client_id for entry in entries])
        if entries:
            self.insert(entries)
            self._connection.execute(sa.update(head).values(seq=entries[-1].seq, hash=previous))
        return entries

    def _refuse_repeated(self, client_ids: Sequence[str]) -> None:
        twice = client_ids if len(set(client_ids)) < len(client_ids) else []
        known = self._known(TABLES[Event], [(client_id,) for client_id in client_ids], by=("client_id",))
        for client_id in [*twice, *(key for (key,) in known)]:
            raise StoreError(f"The act {client_id} is in the log already.")


class Store:
    """The database of one study, by SQLAlchemy URL; made and migrated when opened.

    Raises `StoreError` when the database was written by a newer program or is no database.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = _engine(url)
        from qualkit.store.migrate import bring_up_to_date

        try:
            bring_up_to_date(self._engine, url)
        except sa.exc.DatabaseError as error:
            name = url.rsplit("/", maxsplit=1)[-1]
            raise StoreError(f"{name} cannot be opened as a study's database: {error.orig}.") from error

    @classmethod
    def at(cls, path: Path) -> Store:
        """The SQLite database in a file."""
        return cls(f"sqlite:///{path}")

    @contextmanager
    def read(self) -> Iterator[Reading]:
        """A transaction that only reads."""
        with self._engine.connect() as connection, connection.begin():
            yield Reading(connection)

    @contextmanager
    def write(self) -> Iterator[Writing]:
        """A transaction that holds the write lock from its start; rolled back if the block raises."""
        with self._engine.connect().execution_options(qualkit_writes=True) as connection, connection.begin():
            yield Writing(connection)

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()


def _engine(url: str) -> sa.Engine:
    engine = sa.create_engine(url)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "busy_timeout=30000", "foreign_keys=ON", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("qualkit_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _conditions(columns: Mapping[str, Any], where: Mapping[str, Any]) -> list[sa.ColumnElement[bool]]:
    return [_condition(columns[name], value) for name, value in where.items()]


def _condition(column: sa.Column[Any], value: Any) -> sa.ColumnElement[bool]:
    if isinstance(value, Below):
        return column < value.number
    if isinstance(value, Above):
        return column > value.number
    if isinstance(value, Holding):
        return sa.cast(column, sa.Text).contains(value.text, autoescape=True)
    return column.in_(as_plain(list(value))) if isinstance(value, list | tuple | set) else column == as_plain(value)


def _key_of(table: sa.Table, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in table.primary_key)


def _still_valid(table: sa.Table) -> list[sa.ColumnElement[bool]]:
    if "is_current" in table.c:
        return [table.c.is_current.is_(True)]
    return [table.c.superseded_at.is_(None)] if "superseded_at" in table.c else []


def _natural_order(table: sa.Table) -> list[Any]:
    wanted = (
        "label",
        "transcript_id",
        "position",
        "seq",
        "number",
        "made_at",
        "decided_at",
        "drawn_at",
        "code_key",
        "started_at",
        "name",
        "pseudonym",
        "id",
    )
    return [table.c[name] for name in wanted if name in table.c]


def _codebook_of(row: dict[str, Any]) -> Codebook:
    bare = rows.from_row(Codebook, {**row, "codes": ()})
    return replace(bare, codes=tuple(rows.from_row(Code, item) for item in row["codes"]))
