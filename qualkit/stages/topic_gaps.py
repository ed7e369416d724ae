"""A topic held against the codebook: how much of its talk carries a code, which codes, and what that leaves open.

What is counted is *talk*: the words of a segment beyond its first ten. A short remark ("Yeah, exactly.") is seldom given a
code by anybody, so that topics of chatter would head every list. On the sample study 7 in 100 segments of up to five words
carry a code and 87 in 100 of those over 25. With each of its 19
larger themes left out in turn, under nine clusterings, a topic rich in the missing theme came first 40 times of the 85 in which
there was one, among the first three 60 times (by chance 8 and 24); on real focus groups, 14 themes, 77 and 93 times of 95 (by
chance 9 and 25). Ranked by segments instead, the sample gives 0 and 12. Thresholds from 8 to 25 words do about as well.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import log

from qualkit.model import Codebook, FinalCode, Segment, Topic, grouped
from qualkit.stages.chance import at_most
from qualkit.stages.code_gaps import parts_of, segments_by_code
from qualkit.wording import counted

FIRST_WORDS = 10
"""Words of a segment that do not count as talk."""

MIN_JUDGED = 5
"""From fewer judged segments with talk, nothing is concluded about a topic."""

FEW = 0.5
"""A topic is not covered where the share of its talk with a code is at most this times the share of the other talk..."""

LEVEL = 0.05
"""... and so few segments with a code would come about by chance no more often than this; ..."""

MORE = 1.25
"""... and partly covered where it holds this many times as much talk without a code as if it were like the rest, ..."""

MIN_BARE = 3
"""... in at least so many segments."""

N_CODES = 3
N_QUOTES = 3
N_WORDS = 8

_WORD = re.compile(r"[^\W\d_]{4,}")
_COMMON = 0.08
"""A word in more than this share of the judged segments, and in more than ten, tells nothing..."""

_SMALL = """about again been being came come could does doing don't even from gets goes going have here into just know like made
make more much only over said says same should some something than that their them then there these they thing things think this
those very want well were what when where which while will with would yeah your"""
"""... nor does one of these."""


class Coverage(StrEnum):
    """How far the codebook covers a topic."""

    NOT = "not covered"
    PARTLY = "partly covered"
    COVERED = "covered"
    TOO_FEW = "too little to say"


class Concern(StrEnum):
    """What may be amiss with a topic whose segments do carry codes."""

    HIDDEN = "hides in a broad code"
    SCATTERED = "cut up by the codebook"
    UNLIKE = "coded by what it does not resemble"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeShare:
    """How many judged segments of a topic carry a code, as a share of those that carry any, and times as many as by chance."""

    code_key: str
    n: int
    share: float
    lift: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicGap:
    """A topic held against the codebook.

    `n_coded` of its `n_judged` segments carry a code that counts, `n_waiting` of the others one that is disputed. `talk` is
    how many words it has beyond the first ten of each judged segment, `bare` how many of these have no code, `lacking` how many
    more than if it were coded like the rest of the study (negative: fewer), and `held` its share of all talk without a code.
    `elsewhere` is the share of talk with a code in the rest of the study. `words` set its talk without a code apart;
    `quote_segment_ids` are from there, of a covered topic its own. `nearest` is the code it is most like, with the cosine.
    """

    topic: Topic
    n_segments: int
    n_participants: int
    n_groups: int
    n_judged: int
    n_coded: int
    n_waiting: int
    talk: int
    bare: int
    lacking: float
    held: float
    elsewhere: float
    codes: tuple[CodeShare, ...]
    nearest: tuple[str, float] | None
    coverage: Coverage
    why: str
    concerns: Mapping[Concern, str]
    words: tuple[str, ...]
    quote_segment_ids: tuple[str, ...]

    @property
    def is_uncovered(self) -> bool:
        """Whether it belongs on the list of what the codebook misses."""
        return self.coverage in (Coverage.NOT, Coverage.PARTLY)


class View:
    """What every topic is held against, looked up once."""

    def __init__(
        self,
        *,
        topics: Sequence[Topic],
        codes: Sequence[FinalCode],
        segments: Sequence[Segment],
        judged: Collection[str],
        codebook: Codebook,
        waiting: Collection[str],
    ) -> None:
        self.segments = {segment.id: segment for segment in segments}
        self.codebook = codebook
        known = codebook.by_key
        counted_codes = [code for code in codes if code.segment_id in self.segments and code.code_key in known]
        self.carried = {
            segment_id: frozenset(code.code_key for code in mine)
            for segment_id, mine in grouped(counted_codes, lambda code: code.segment_id).items()
        }
        self.judged = frozenset(judged) & self.segments.keys()
        self.waiting = frozenset(waiting) & self.judged - self.carried.keys()
        self.looked_at = self.judged or frozenset(self.segments)
        self.talk = {key: max(0, len(self.segments[key].text.split()) - FIRST_WORDS) for key in self.judged}
        self.all_talk = sum(self.talk.values())
        self.n_spoken = sum(n > 0 for n in self.talk.values())
        self.n_spoken_coded = sum(n > 0 and key in self.carried for key, n in self.talk.items())
        self.all_bare = sum(n for key, n in self.talk.items() if key not in self.carried)
        self.n_with = Counter(word for key in self.judged for word in self.words(key))
        self.by_code = segments_by_code(self.carried)
        self.among = {topic.id: frozenset(topic.segment_ids) & self.looked_at for topic in topics if topic.number >= 0}
        self.parts = {key: parts_of(own, self.among, len(self.looked_at)) for key, own in self.by_code.items()}
        self.part_in = {key: {part.topic_id: part for part in parts} for key, parts in self.parts.items()}

    def words(self, segment_id: str) -> set[str]:
        """The longer words of a segment, in lower case."""
        return {word.lower() for word in _WORD.findall(self.segments[segment_id].text)}


def topic_gap(view: View, topic: Topic) -> TopicGap:
    """What there is to say of one topic, or of the outliers."""
    members = [view.segments[key] for key in topic.segment_ids if key in view.segments]
    judged = [item.id for item in members if item.id in view.judged]
    bare_ids = [key for key in judged if key not in view.carried]
    talk, bare = sum(view.talk[key] for key in judged), sum(view.talk[key] for key in bare_ids)
    other = view.all_talk - talk
    elsewhere = 1 - (view.all_bare - bare) / other if other else 0.0
    codes = _codes_in(view, [item.id for item in members])
    coverage, why = _ruled(view, judged, talk, bare, elsewhere)
    words = _telling(view, bare_ids)
    is_missed = coverage in (Coverage.NOT, Coverage.PARTLY) or topic.number < 0
    quotes = _quotes(view, bare_ids, topic, words) if is_missed else ()
    return TopicGap(
        topic=topic,
        n_segments=len(members),
        n_participants=len({item.participant_id for item in members if item.participant_id}),
        n_groups=len({item.transcript_id for item in members}),
        n_judged=len(judged),
        n_coded=len(judged) - len(bare_ids),
        n_waiting=sum(key in view.waiting for key in bare_ids),
        talk=talk,
        bare=bare,
        lacking=bare - (1 - elsewhere) * talk,
        held=bare / view.all_bare if view.all_bare else 0.0,
        elsewhere=elsewhere,
        codes=codes[:N_CODES],
        nearest=max(topic.likeness.items(), key=lambda item: item[1], default=None),
        coverage=coverage,
        why=why,
        concerns=_concerns(view, topic, codes, len(judged) - len(bare_ids)) if topic.number >= 0 else {},
        words=words,
        quote_segment_ids=quotes or topic.quote_segment_ids[:N_QUOTES],
    )


def _codes_in(view: View, member_ids: Sequence[str]) -> tuple[CodeShare, ...]:
    """Codes on segments of a topic, the most frequent first."""
    own = [key for key in member_ids if key in view.looked_at]
    coded = [key for key in own if key in view.carried]
    counts = Counter(code for key in coded for code in view.carried[key])
    return tuple(
        CodeShare(code_key=code, n=n, share=n / len(coded), lift=n * len(view.looked_at) / (len(own) * len(view.by_code[code])))
        for code, n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )


def _ruled(view: View, judged: Sequence[str], talk: int, bare: int, elsewhere: float) -> tuple[Coverage, str]:
    """Whether a topic is covered, by what people judged, and why."""
    spoken = [key for key in judged if view.talk[key]]
    coded = [key for key in spoken if key in view.carried]
    if len(spoken) < MIN_JUDGED or not view.all_talk - talk:
        few = f"{counted(len(spoken), 'judged segment')} of more than {FIRST_WORDS} words"
        against = f": under {MIN_JUDGED} nothing is concluded" if len(spoken) < MIN_JUDGED else ", and none outside it"
        return Coverage.TOO_FEW, f"{few}{against}."
    share = 1 - bare / talk
    n_coded_elsewhere = view.n_spoken_coded - len(coded)
    usual = n_coded_elsewhere / max(view.n_spoken - len(spoken), 1)
    chance = at_most(len(coded), n=len(spoken), p=usual)
    why = (
        f"{len(coded)} of {len(spoken)} judged segments of more than {FIRST_WORDS} words carry a code, which is {share:.0%} of "
        f"their talk, against {elsewhere:.0%} of the talk elsewhere"
    )
    if not n_coded_elsewhere:
        return Coverage.TOO_FEW, f"{why}: where nothing else is coded, there is nothing to hold it against."
    if share <= FEW * elsewhere and chance <= LEVEL:
        return Coverage.NOT, f"{why}: half or less, and too few for chance."
    if not coded:
        return Coverage.TOO_FEW, f"{why}: none at all, but with so few coded elsewhere that may be chance."
    if bare >= MORE * (1 - elsewhere) * talk and len(spoken) - len(coded) >= MIN_BARE:
        return Coverage.PARTLY, f"{why}."
    return Coverage.COVERED, f"{why}."


def _concerns(view: View, topic: Topic, codes: Sequence[CodeShare], n_coded: int) -> dict[Concern, str]:
    """What may be amiss though the segments carry codes; nothing is said of fewer than `MIN_JUDGED`."""
    if n_coded < MIN_JUDGED or not codes:
        return {}
    top, names = codes[0], {key: code.name for key, code in view.codebook.by_key.items()}
    found: dict[Concern, str] = {}
    part = view.part_in[top.code_key].get(topic.id)
    others = [other for other in view.parts[top.code_key] if other.is_met and other.topic_id != topic.id]
    if part is not None and part.is_met and top.share >= 0.5 and part.share <= 0.5 and others:
        found[Concern.HIDDEN] = (
            f"{top.n} of its {n_coded} coded segments carry {names[top.code_key]}, but are only {part.share:.0%} of that code, "
            "which has another stronghold elsewhere: a theme of its own may hide in it."
        )
    met = [code for code in codes if (own := view.part_in[code.code_key].get(topic.id)) is not None and own.is_met]
    if topic.is_stable and not met and top.share < 1 / 3:
        found[Concern.SCATTERED] = (
            f"Its {n_coded} coded segments carry {counted(len(codes), 'different code')}, none on a third of them and none "
            "more often than by chance: what holds the topic together has no code."
        )
    near = topic.nearest_code_keys
    if met and near and met[0].code_key not in near:
        like = ", ".join(names.get(key, key) for key in near)
        found[Concern.UNLIKE] = f"It is mostly coded {names[met[0].code_key]}, but reads more like {like}."
    return found


def _telling(view: View, bare_ids: Sequence[str]) -> tuple[str, ...]:
    """Words in two or more segments without a code that others have less often, by count times pointwise mutual information."""
    counts = Counter(word for key in bare_ids for word in view.words(key))
    n_all, n_here, small = len(view.judged), len(bare_ids), frozenset(_SMALL.split())
    scored = {
        word: n * log(n * n_all / (view.n_with[word] * n_here))
        for word, n in counts.items()
        if n > 1
        and word not in small
        and view.n_with[word] <= max(10, _COMMON * n_all)
        and n * n_all > view.n_with[word] * n_here
    }
    return tuple(sorted(scored, key=lambda word: (-scored[word], word))[:N_WORDS])


def _quotes(view: View, bare_ids: Sequence[str], topic: Topic, words: Sequence[str]) -> tuple[str, ...]:
    """Segments without a code to read first: rich in telling words, not too long, each by another person if possible."""
    wanted = {*words, *(word for phrase in (*topic.words, *topic.phrases) for word in phrase.lower().split())}

    def worth(key: str) -> tuple[float, str]:
        said = view.words(key)
        return -len(said & wanted) * min(1.0, view.talk[key] / 10) / (1 + max(0, view.talk[key] - 35) / 35), key

    left = sorted((key for key in bare_ids if view.talk[key]), key=worth) or list(bare_ids)
    chosen: list[str] = []
    while left and len(chosen) < N_QUOTES:
        people = {view.segments[key].participant_id for key in chosen}
        best = next((key for key in left if view.segments[key].participant_id not in people), left[0])
        chosen.append(best)
        left.remove(best)
    return tuple(chosen)
