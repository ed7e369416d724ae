"""What follows from people's judgements and decisions: votes, cases and how they differ, agreement, the codes that count.

Everything here rests on the tally, and is made anew only for segments on which somebody acted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

from qualkit.model import Agreement, Assignment, Case, Codebook, Coder, Decision, Evidence, FinalCode, Round, Segment
from qualkit.stages import adjudicate, agree, disputes, mergers
from qualkit.stages import rounds as voting
from qualkit.stages.codebook_gaps import CodebookGap
from qualkit.stages.disputes import Dispute, Marked
from qualkit.store import Reading, Store
from qualkit.study import codebook_changes, codebook_gaps, judgements
from qualkit.study.authoring import BY_AUTHORS
from qualkit.study.headed import Kept
from qualkit.study.judgements import BY_CODERS
from qualkit.study.marks import Marks
from qualkit.study.outline import Outline
from qualkit.study.tally import Ballots, BySegment, Standing, Tally

if TYPE_CHECKING:
    from qualkit.study.study import Study


_Weighed = dict[str, tuple[tuple[Case, ...], Mapping[str, Marked], tuple[Dispute, ...]]]
"""Segment -> its cases, the words marked by code, and what came of them."""


class Counters:
    """What is kept between one count and the next."""

    def __init__(self, store: Store) -> None:
        self.tally = Tally(store)
        self.marks = Marks(store)
        self.cases: BySegment[tuple[Case, ...]] = BySegment()
        self.final: BySegment[tuple[FinalCode, ...]] = BySegment()
        self.agreed: BySegment[tuple[agree.Mark, ...]] = BySegment()
        self.marked: BySegment[Mapping[str, Marked]] = BySegment()
        self.same_marks: dict[agree.Mark, agree.Mark] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """Everything that was said, as it is read now: which rounds vote, and which codes were merged into which.

    `merged_at` says when each merged code was; `book` is the codebook in which they are.
    """

    standing: Standing
    round_ids: tuple[str, ...]
    there: Outline
    book: Codebook
    merged_at: Mapping[str, datetime]
    moved: Mapping[str, str] = field(default_factory=dict)

    @property
    def rests_on(self) -> object:
        """What, beside the acts on a segment, all that is said of it follows from."""
        into = {key: self.book.by_key[key].valences for key in self.moved.values()}
        return self.round_ids, self.there, self.moved, into, self.merged_at

    def given(self) -> Ballots:
        """Votes under the codes that were given."""
        return self.standing.votes(self.round_ids, self.there.places)

    def votes(self) -> Ballots:
        """Votes, merged codes as what they count as."""
        given = self.given()
        return given.read_as(lambda said: mergers.merged_codes(said, self.moved, self.book)) if self.moved else given

    def decisions_on(self, segment_id: str, given: Ballots) -> Mapping[str, Decision]:
        """Decisions in force on a segment, by the code that theirs counts as."""
        found = self.standing.decisions_on(segment_id)
        if not self.moved:
            return found
        votes = {segment_id: given.get(segment_id, {})}
        keyed = {(segment_id, key): decision for key, decision in found.items()}
        return {key: item for (_, key), item in mergers.merged_decisions(keyed, votes, self.book, self.merged_at).items()}


class Counts:
    """The part of a `Study` that counts what people said."""

    store: Store
    _kept: Kept
    _counters: Counters

    @property
    def _whole(self) -> Study:
        return cast("Study", self)

    # ------------------------------------------------------------ what was said

    def tallied(self) -> Standing:
        """What people have judged and decided so far."""
        return self._counters.tally.now()

    def votes(self, round_id: str | None = None) -> Ballots:
        """What each person who looked at a segment said of it, in one round, or else newest over all rounds.

        What a group agreed on in a round of consensus is decided, and nobody's vote; codes that were merged stand as what they
        count as. In the order of the talk.
        """
        return self._read((round_id,) if round_id is not None else None).votes()

    def shown_to(self, tx: Reading, coder: Coder, round_: Round) -> frozenset[str]:
        """As `judgements.shown_to`, from what is kept; to be asked before the transaction writes."""
        if not round_.is_hidden:
            return frozenset()
        tally = self._counters.tally
        if not tally.is_made:  # to count a whole study would hold up everybody who waits to write
            return judgements.shown_to(tx, coder, round_)
        return tally.at(tx).shown.get(coder.id, {}).get(round_.id, frozenset())

    def decisions(self) -> Mapping[tuple[str, str], Decision]:
        """Decisions in force, by segment and the code that theirs counts as."""
        read = self._read()
        if not read.moved:
            return read.standing.decisions
        return mergers.merged_decisions(read.standing.decisions, read.given(), read.book, read.merged_at)

    def cases_of(self, round_id: str, decisions: Mapping[tuple[str, str], Decision]) -> list[Case]:
        """The cases of one round by the votes in it and some decisions, merged codes as what they count as."""
        read = self._read((round_id,))
        return adjudicate.cases(read.votes(), mergers.merged_decisions(decisions, read.given(), read.book, read.merged_at))

    def read_as_merged(self, said: Mapping[str, str | None]) -> Mapping[str, str | None]:
        """What one person said of a segment, merged codes as what they count as."""
        read = self._read()
        return mergers.merged_codes(said, read.moved, read.book)

    def _read(self, round_ids: tuple[str, ...] | None = None) -> _Read:
        book, merged_at, moved = self._kept.at_head("counted by", self._counted_by, but_for=BY_CODERS | BY_AUTHORS)
        return _Read(
            standing=self.tallied(),
            round_ids=tuple(voting.numbers(self._whole.rounds())) if round_ids is None else round_ids,
            there=self._whole.outline(),
            book=book,
            merged_at=merged_at,
            moved=moved,
        )

    def _counted_by(self) -> tuple[Codebook, Mapping[str, datetime], Mapping[str, str]]:
        """The version of the codebook by which codes are counted, the newest that is kept, and what was merged in it."""
        with self.store.read() as tx:
            book = tx.codebook() or Codebook(name="", version="", codes=())
        merged_at = codebook_changes.merged_at(self._whole) if any(code.replaced_by for code in book.codes) else {}
        return book, merged_at, mergers.moved(book)

    # ------------------------------------------------------------ cases

    def cases(self) -> list[Case]:
        """Everything two or more people judged, disputed or not, and everything decided, in the order of the talk."""
        found = self.cases_by_segment()
        return [case for key in self._whole.outline().places if key in found for case in found[key]]

    def cases_by_segment(self) -> Mapping[str, tuple[Case, ...]]:
        """As `cases`, by segment."""
        read = self._read()
        votes, given = read.votes(), read.given()

        def make(key: str) -> tuple[Case, ...]:
            return adjudicate.cases_on(key, votes.get(key, {}), read.decisions_on(key, given))

        return self._counters.cases.at(read.standing, read.rests_on, lambda: votes, make)

    def disputes(self) -> list[Dispute]:
        """Cases as they are settled, with how their coders differ: to be looked at again first, then most disputed first."""
        return self._kept.at_head("disputes", self._disputes, but_for=BY_AUTHORS)

    def _disputes(self) -> list[Dispute]:
        weigh, cases = self._weigher(), self.cases_by_segment()
        found = (weigh(key, cases[key]) for key in self._whole.outline().places if key in cases)
        return disputes.in_order(chain.from_iterable(found), self._places())

    def _places(self) -> Mapping[str, int]:
        """The place of each segment in the talk."""
        return self._kept.at_head("places in the talk", self._numbered, but_for=BY_CODERS | BY_AUTHORS)

    def _numbered(self) -> dict[str, int]:
        return {key: n for n, key in enumerate(self._whole.outline().places)}

    def _weigher(self) -> Callable[[str, tuple[Case, ...]], tuple[Dispute, ...]]:
        """What weighs a segment's cases; anew if a vote, a decision, marked words, a word of the talk or a code has changed."""
        known: _Weighed = self._kept.at_head("weighed cases", dict, but_for=BY_CODERS | BY_AUTHORS)
        marked = self.marked()

        def weigh(segment_id: str, cases: tuple[Case, ...]) -> tuple[Dispute, ...]:
            on_segment = marked.get(segment_id, {})
            if segment_id not in known or known[segment_id][:2] != (cases, on_segment):
                known[segment_id] = (cases, on_segment, tuple(self._weighed(case, on_segment) for case in cases))
            return known[segment_id][2]

        return weigh

    def _weighed(self, case: Case, on_segment: Mapping[str, Marked]) -> Dispute:
        marked = on_segment.get(case.code_key)
        return disputes.weigh(case, marked, self._text_of(case.segment_id) if marked else "")

    def _text_of(self, segment_id: str) -> str:
        with self.store.read() as tx:
            segment = tx.first(Segment, id=segment_id)
        return segment.text if segment else ""

    def dispute(self, segment_id: str, code_key: str) -> Dispute:
        """One case with how its coders differ, also where nobody gave the code: then all who looked are down as absent."""
        read = self._read()
        votes = {name: codes.get(code_key) for name, codes in sorted(read.votes().get(segment_id, {}).items())}
        decision = read.decisions_on(segment_id, read.given()).get(code_key)
        case = Case(segment_id=segment_id, code_key=code_key, votes=votes, decision=decision)
        return self._weighed(case, self.marked().get(segment_id, {}))

    def codebook_gaps(self) -> tuple[CodebookGap, ...]:
        """Codes that decisions found wanting, those with most decisions first, until their entry in the codebook is changed."""
        return codebook_gaps.open_gaps(self._whole)

    # ------------------------------------------------------------ agreement, and the codes that count

    def agreement(self, **given: Any) -> list[Agreement]:
        """All coefficients with their intervals: pooled first, then code by code."""
        options = self._whole.options(agree, given)
        return self._kept.at_head(f"agreement {options}", lambda: self._agreement(options), but_for=BY_AUTHORS)

    def _agreement(self, options: agree.Options) -> list[Agreement]:
        marks, keys = self.agreement_marks()
        return agree.of_marks(marks, code_keys=keys, options=options)

    def agreement_marks(self) -> tuple[Mapping[str, Counter[agree.Mark]], Sequence[str]]:
        """What agreement needs of the segments that two or more looked at, by transcript, and the codes to be counted."""
        read = self._read()
        return self._marks(read), self._counted_keys(self._whole.codebook(), read.votes())

    def agreement_in(self, round_id: str, code_keys: Sequence[str]) -> list[Agreement]:
        """As `agreement`, over some codes, of what was said in one round."""
        read = self._read((round_id,))
        is_all = read.rests_on == self._read().rests_on
        made = {key: agree.marks_of(by_coder) for key, by_coder in read.votes().items()} if not is_all else {}
        marks = self._marks(read) if is_all else _by_transcript(made, read.there)
        return agree.of_marks(marks, code_keys=code_keys, options=self._whole.options(agree, {}))

    def _marks(self, read: _Read) -> Mapping[str, Counter[agree.Mark]]:
        """By transcript, how often each mark was made; of equal ones, of which there are many, one is kept."""
        votes, same = read.votes(), self._counters.same_marks

        def make(key: str) -> tuple[agree.Mark, ...]:
            return tuple(same.setdefault(mark, mark) for mark in agree.marks_of(votes.get(key, {})))

        return _by_transcript(self._counters.agreed.at(read.standing, read.rests_on, lambda: votes, make), read.there)

    def counted_keys(self) -> Sequence[str]:
        """Keys of the codes that are counted: those in use, and those that somebody gave before they were retired."""
        return self._counted_keys(self._whole.codebook(), self._read().votes())

    def marked(self) -> Mapping[str, Mapping[str, Marked]]:
        """The words that coders marked for what they now say: segment -> code -> coder's name -> spans.

        Of each coder and segment those of the newest round that votes; merged codes stand as what they count as.
        """
        read = self._read()
        rows = self._counters.marks.now()

        def make(key: str) -> dict[str, Marked]:
            newest = read.standing.newest(key, read.round_ids)
            found: dict[str, dict[str, tuple[Evidence, ...]]] = {}
            for row in rows.get(key, ()):
                if newest.get(row.coder) == row.round_id:
                    found.setdefault(row.code_key, {})[row.coder] = row.words
            return disputes.as_merged(found, read.moved)

        return self._counters.marked.at(read.standing, read.rests_on, lambda: rows, make)

    def is_newest(self, item: Assignment) -> bool:
        """Whether a person's assignment is of the newest round that votes in which they judged the segment."""
        read = self._read()
        newest = read.standing.newest(item.segment_id, read.round_ids)
        return newest.get(read.standing.names.get(item.coder_id, "")) == item.round_id

    def _counted_keys(self, book: Codebook, votes: Ballots) -> Sequence[str]:
        if len(book.in_use) == len(book.codes):
            return list(book.by_key)
        return mergers.counted_keys(book, votes)

    def final_codes(self, min_score: float = 0.5) -> list[FinalCode]:
        """The codes that count: people's, or, while nobody has coded, suggestions of at least `min_score`."""
        return self._kept.at_head(f"final codes {min_score}", lambda: self._final_codes(min_score), but_for=BY_AUTHORS)

    def _final_codes(self, min_score: float) -> list[FinalCode]:
        read, options = self._read(), self._whole.options(adjudicate, {})
        votes, given = read.votes(), read.given()
        if not votes:
            return adjudicate.from_suggestions(self._whole.suggestions(), min_score=min_score)

        def make(key: str) -> tuple[FinalCode, ...]:
            return adjudicate.final_on(key, votes.get(key, {}), read.decisions_on(key, given), options)

        keys = {*votes, *read.standing.decided}
        found = self._counters.final.at(read.standing, (read.rests_on, options), lambda: keys, make)
        return [code for key in sorted(found) for code in found[key]]


def _by_transcript(made: Mapping[str, tuple[agree.Mark, ...]], there: Outline) -> dict[str, Counter[agree.Mark]]:
    """How often each mark was made in each transcript, from the marks of each segment."""
    found: dict[str, Counter[agree.Mark]] = {}
    for key, marks in made.items():
        found.setdefault(there.places[key], Counter()).update(marks)
    return found
