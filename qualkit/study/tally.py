"""What people have judged and decided so far, kept in memory: counted once, then led on by the acts of the log.

A `Tally` is read from the tables when it is first asked. After that it looks at the events since, and reads anew from the
tables only the segments that they are about; so what it costs to be up to date depends on what was done meanwhile, not on how
large the study is. What it gives out, a `Standing`, never changes: many pages in many threads may hold one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from sys import intern
from threading import RLock
from typing import Any, Generic, TypeVar

from qualkit.model import Assignment, Coder, CoderKind, Decision, Event, Visit
from qualkit.stages.uptake import JUDGED
from qualkit.stages.uptake import SHOWN as SUGGESTED
from qualkit.store import Reading, Store
from qualkit.study.judgements import SHOWN

T = TypeVar("T")

Said = tuple[tuple[str, str], ...]
"""The codes of one judgement, each with its valence, or "present" for a code without one; sorted."""

Codes = Mapping[str, str | None]
"""Code -> valence, or "present" for a code without one."""

Book = Mapping[str, Said]
"""What one person said in one round, by segment, in the order of judging."""

MOST_AT_ONCE = 300
"""So many segments are looked up in one statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What stands after event `seq`.

    `books` has what each person said in each round, by ids of round and coder; `decisions` those in force, the newest of each
    segment and code; `names` the people's names and `shown` which segments they were shown others' codes of, in which round,
    by the coder's id. `n_acts` counts the acts on segments since the tally began.
    """

    seq: int
    names: Mapping[str, str]
    books: Mapping[tuple[str, str], Book]
    decisions: Mapping[tuple[str, str], Decision]
    decided: Mapping[str, Collection[str]]
    shown: Mapping[str, Mapping[str, frozenset[str]]]
    n_acts: int
    _journal: Sequence[str] = field(repr=False)

    def touched_since(self, n_acts: int) -> set[str]:
        """Segments that somebody judged or decided on after so many acts."""
        return set(self._journal[n_acts : self.n_acts])

    def judged(self, round_id: str, coder_ids: Collection[str]) -> Book:
        """What some people said in a round; of one person, in the order of judging."""
        books = [self.books[round_id, who] for who in coder_ids if (round_id, who) in self.books]
        return books[0] if len(books) == 1 else {key: said for book in books for key, said in book.items()}

    def votes(self, round_ids: Sequence[str], among: Mapping[str, str]) -> Ballots:
        """What was said of the segments `among` in some rounds, in their order; of each coder and segment the newest."""
        books = {
            name: [self.books[round_id, who] for round_id in reversed(round_ids) if (round_id, who) in self.books]
            for who, name in self.names.items()
        }
        return Ballots({name: mine for name, mine in books.items() if mine}, among)

    def newest(self, segment_id: str, round_ids: Sequence[str]) -> dict[str, str]:
        """The newest of some rounds in which each person judged a segment, by name."""
        found: dict[str, str] = {}
        for round_id in round_ids:
            found |= {name: round_id for who, name in self.names.items() if segment_id in self.books.get((round_id, who), ())}
        return found

    def decisions_on(self, segment_id: str) -> dict[str, Decision]:
        """Decisions in force on a segment, by code."""
        return {key: self.decisions[segment_id, key] for key in self.decided.get(segment_id, ())}


class Ballots(Mapping[str, Mapping[str, Mapping[str, str | None]]]):
    """Votes as `stages.adjudicate` has them, put together from what is kept when they are asked for.

    `books` has each coder's books, the newest first; `among` holds the segments that there are, in their order.
    """

    __slots__ = ("_among", "_books", "_codes", "_keys", "_read_as")

    def __init__(
        self, books: Mapping[str, Sequence[Book]], among: Mapping[str, str], read_as: Callable[[Codes], Codes] = dict
    ) -> None:
        self._books = list(books.items())
        self._among = among
        self._read_as = read_as
        self._codes: dict[Said, Codes] = {}
        self._keys: list[str] | None = None

    def __getitem__(self, segment_id: str) -> dict[str, Mapping[str, str | None]]:
        found: dict[str, Mapping[str, str | None]] = {}
        for name, books in self._books:
            for book in books:
                if segment_id in book:
                    found[name] = self._codes_of(book[segment_id])
                    break
        if not found or segment_id not in self._among:
            raise KeyError(segment_id)
        return found

    def _codes_of(self, said: Said) -> Codes:
        """One mapping for all who said the same."""
        if (known := self._codes.get(said)) is None:
            known = self._codes[said] = self._read_as(dict(said))
        return known

    def read_as(self, read_as: Callable[[Codes], Codes]) -> Ballots:
        """The same votes, the codes of each read as others."""
        return Ballots(dict(self._books), self._among, read_as)

    def __contains__(self, segment_id: object) -> bool:
        return segment_id in self._among and any(segment_id in book for _, books in self._books for book in books)

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed())

    def __len__(self) -> int:
        return len(self._listed())

    def _listed(self) -> list[str]:
        if self._keys is None:
            judged = _keys_of([book for _, books in self._books for book in books])
            self._keys = [key for key in self._among if key in judged]
        return self._keys

    def n_people(self) -> Counter[str]:
        """How many people judged each segment."""
        counts: Counter[str] = Counter()
        for _, books in self._books:
            counts.update(key for key in _keys_of(books) if key in self._among)
        return counts

    def code_keys(self) -> set[str]:
        """Keys of all codes that somebody gave."""
        if any(len(books) > 1 for _, books in self._books):
            return {key for by_coder in self.values() for said in by_coder.values() for key in said}
        said = {said for _, (book,) in self._books for key, said in book.items() if key in self._among}
        return {key for codes in said for key in self._codes_of(codes)}

    def n_judged(self) -> dict[str, int]:
        """How many of the segments each coder has judged, by name, of those who have judged any."""
        counts = {}
        for name, books in self._books:
            counts[name] = sum(key in self._among for key in _keys_of(books))
        return {name: n for name, n in counts.items() if n}


class Tally:
    """What has been judged and decided in a store, always up to its last event."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = RLock()
        self._now: Standing | None = None
        self._journal: list[str] = []
        self._same: dict[Any, Any] = {}

    @property
    def is_made(self) -> bool:
        """Whether it was read from the tables already."""
        return self._now is not None

    def now(self) -> Standing:
        """What stands now."""
        with self._store.read() as tx:
            return self.at(tx)

    def at(self, tx: Reading) -> Standing:
        """What stands in a transaction, which must not have written anything yet."""
        seq = tx.head()[0]
        known = self._now
        if known is not None and known.seq == seq:
            return known
        with self._lock:
            known = self._now
            if known is None:
                self._now = self._counted(tx, seq)
            elif known.seq < seq:  # else others have gone on since this transaction began
                self._now = self._led_on(tx, known, seq)
            return self._now or self._counted(tx, seq)

    # ------------------------------------------------------------ the first time

    def _counted(self, tx: Reading, seq: int) -> Standing:
        names, same = _names(tx), self._same.setdefault
        books: dict[tuple[str, str], dict[str, Said]] = {}
        for key, coder_id, round_id in tx.rows(Visit, "segment_id", "coder_id", "round_id", by=("seen_at", "segment_id")):
            if coder_id in names:
                books.setdefault((round_id, coder_id), {})[intern(key)] = ()
        for coder_id in names:
            given = tx.rows(Assignment, "segment_id", "round_id", "code_key", "valence", by=("segment_id",), coder_id=coder_id)
            for key, round_id, code_key, valence in given:
                book = books.get((round_id, coder_id), {})
                if key in book:
                    code = (code_key, valence or "present")
                    said = _with(book[key], same(code, code))
                    book[key] = same(said, said)
        decisions = {(self._one(item.segment_id), item.code_key): item for item in tx.all(Decision)}
        return Standing(
            seq=seq, names=names, books=books, decisions=decisions, decided=_by_segment(decisions),
            shown=_shown({}, tx.rows(Event, "actor_id", "payload", verb=SHOWN)), n_acts=len(self._journal),
            _journal=self._journal,
        )  # fmt: skip

    def _one(self, thing: T) -> T:
        """The one copy that is kept of equal things."""
        found: T = self._same.setdefault(thing, thing)
        return found

    # ------------------------------------------------------------ every time after

    def _led_on(self, tx: Reading, known: Standing, seq: int) -> Standing:
        acts = tx.since(known.seq, "verb", "actor_id", "payload")
        touched = list(dict.fromkeys(self._one(key) for verb, _, said in acts for key in _segments_of(verb, said)))
        names, books, decisions, decided = _names(tx), known.books, known.decisions, known.decided
        if touched:
            fresh = {(said["segment_id"], who, said["round_id"]) for verb, who, said in acts if verb == JUDGED}
            books = self._judged_anew(tx, known, touched, fresh, names)
            decisions, decided = self._decided_anew(tx, known, touched)
        self._journal += touched
        return Standing(
            seq=seq, names=names, books=books, decisions=decisions, decided=decided,
            shown=_shown(known.shown, ((who, said) for verb, who, said in acts if verb == SHOWN)),
            n_acts=len(self._journal), _journal=self._journal,
        )  # fmt: skip

    def _judged_anew(
        self, tx: Reading, known: Standing, segment_ids: Sequence[str], fresh: Collection[tuple[str, str, str]],
        names: Mapping[str, str],
    ) -> Mapping[tuple[str, str], Book]:  # fmt: skip
        """The books with what now stands on some segments in place of what stood there.

        `fresh` are the segments that were judged again, with the coder and the round: they come last in the order of judging.
        """
        seen: dict[tuple[str, str, str], str] = {}
        said: dict[tuple[str, str, str], Said] = {}
        for some in _batches(segment_ids):
            for *key, at in tx.rows(Visit, "segment_id", "coder_id", "round_id", "seen_at", segment_id=some):
                seen[key[0], key[1], key[2]] = at
            for *key, code_key, valence in tx.rows(
                Assignment, "segment_id", "coder_id", "round_id", "code_key", "valence", segment_id=some, coder_id=list(names)
            ):
                place = (key[0], key[1], key[2])
                said[place] = _with(said.get(place, ()), self._one((code_key, valence or "present")))
        stands: dict[tuple[str, str], list[str]] = {}
        for segment_id, coder_id, round_id in sorted(seen, key=lambda key: (seen[key], key)):
            if coder_id in names:
                stands.setdefault((round_id, coder_id), []).append(self._one(segment_id))
        books, moved = dict(known.books), (segment_ids, fresh)
        for key in {*books, *stands}:
            if stands.get(key) or not books.get(key, {}).keys().isdisjoint(segment_ids):
                books[key] = self._led_book(key, books.get(key, {}), stands.get(key, []), moved, said)
        return books

    def _led_book(
        self, whose: tuple[str, str], book: Book, stands: Sequence[str],
        moved: tuple[Sequence[str], Collection[tuple[str, str, str]]], said: Mapping[tuple[str, str, str], Said],
    ) -> dict[str, Said]:  # fmt: skip
        """A book without what it said of the segments touched, but with what now `stands` there, what is fresh at its end.

        `moved` are the segments that were touched, and those that are fresh.
        """
        touched, fresh = moved
        led, there, (round_id, coder_id) = dict(book), set(stands), whose
        for segment_id in touched:
            if segment_id not in there or (segment_id, coder_id, round_id) in fresh:
                led.pop(segment_id, None)
        for segment_id in stands:
            led[segment_id] = self._one(said.get((segment_id, coder_id, round_id), ()))
        return led

    def _decided_anew(
        self, tx: Reading, known: Standing, segment_ids: Sequence[str]
    ) -> tuple[Mapping[tuple[str, str], Decision], Mapping[str, Collection[str]]]:
        fresh: dict[tuple[str, str], Decision] = {}
        for some in _batches(segment_ids):
            fresh |= {(self._one(item.segment_id), item.code_key): item for item in tx.all(Decision, segment_id=some)}
        if not fresh and known.decided.keys().isdisjoint(segment_ids):
            return known.decisions, known.decided
        decisions, decided = dict(known.decisions), dict(known.decided)
        for segment_id in segment_ids:
            for code_key in decided.pop(segment_id, ()):
                decisions.pop((segment_id, code_key), None)
        return decisions | fresh, decided | _by_segment(fresh)


class BySegment(Generic[T]):
    """What follows for each segment from what was said of it, made anew only where somebody acted."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._made: tuple[int, object, dict[str, T]] | None = None

    def at(
        self, standing: Standing, rests_on: object, keys: Callable[[], Iterable[str]], make: Callable[[str], T]
    ) -> dict[str, T]:
        """What `make` gives for each of the segments `keys`, as of `standing`; nothing is kept of a segment where it is falsy.

        `rests_on` is all else that it follows from: where that is another thing than the last time, all is made anew. What
        is given out never changes.
        """
        with self._lock:
            known = self._made
            if known is not None and known[0] == standing.n_acts and known[1] == rests_on:
                return known[2]
            if known is None or known[1] != rests_on or known[0] > standing.n_acts:
                found = {key: made for key in keys() if (made := make(key))}
            else:
                found = dict(known[2])
                for key in standing.touched_since(known[0]):
                    if made := make(key):
                        found[key] = made
                    else:
                        found.pop(key, None)
            self._made = (standing.n_acts, rests_on, found)
            return found


def _keys_of(books: Sequence[Book]) -> Collection[str]:
    """The segments that are in any of some books."""
    return books[0].keys() if len(books) == 1 else set[str]().union(*(book.keys() for book in books))


def _segments_of(verb: str, said: Mapping[str, Any]) -> list[str]:
    """Segments that something may have been said of or decided on, by what an event's payload names."""
    if verb in (SHOWN, SUGGESTED):
        return []
    many = said.get("decisions")
    listed = [said, *(many if isinstance(many, list) else ())]
    return [item["segment_id"] for item in listed if isinstance(item.get("segment_id"), str)]


def _names(tx: Reading) -> dict[str, str]:
    return dict(tx.columns(Coder, "id", "name", kind=CoderKind.HUMAN))


def _with(said: Said, code: tuple[str, str]) -> Said:
    return (code,) if not said else tuple(sorted((*said, code)))


def _by_segment(keys: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for segment_id, code_key in keys:
        found[segment_id] = (*found.get(segment_id, ()), code_key)
    return found


def _shown(
    known: Mapping[str, Mapping[str, frozenset[str]]], acts: Iterable[tuple[str, Mapping[str, Any]]]
) -> Mapping[str, Mapping[str, frozenset[str]]]:
    fresh: dict[str, dict[str, set[str]]] = {}
    for coder_id, said in acts:
        fresh.setdefault(coder_id, {}).setdefault(said["round_id"], set()).update(said["segment_ids"])
    if not fresh:
        return known
    found = {who: dict(mine) for who, mine in known.items()}
    for who, mine in fresh.items():
        for round_id, keys in mine.items():
            before = found.setdefault(who, {})
            before[round_id] = before.get(round_id, frozenset()) | keys
    return found


def _batches(keys: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(keys), MOST_AT_ONCE):
        yield list(keys[start : start + MOST_AT_ONCE])
