"""A topic as a draft of a code, what it may duplicate, and how decisions on topics outlive the topics.

A draft is what a person starts from: it says nothing that the topic's words and quotes do not say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from qualkit.model import Code, Codebook, Origin, Topic, TopicDecision
from qualkit.stages.constructs import likely

N_TERMS = 6
N_PHRASES = 4
MAX_KEY = 40

LIKE_NAME = 0.8
"""Names this alike, by the share of letters that match in order, may be one and the same."""

LIKE_TOPIC = 0.5
"""A topic with at least this cosine to a code lies within 60 degrees of it, nearer to the code than to what is unrelated."""

N_NEAR = 3
"""At most so many codes are said to share the words of a new one."""

LIKE_WORDS = 0.3
"""Entries at least this like in their weighed words (cosine) may mean the same."""

SAME_TOPIC = 0.5
"""A topic found anew is the old one where at least half of the segments that either has are in both (Jaccard index)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A code that a new one may duplicate, and why."""

    code_key: str
    why: str


def draft(topic: Topic, quotes: Sequence[str], codebook: Codebook, *, words: Sequence[str] = (), name: str = "") -> Code:
    """A code drafted from a topic's words and phrases, and `quotes` as its examples; for a person to rewrite.

    `words` tell what in the topic the code is wanted for, such as its talk without a code; else all of it. The code
    is called `name`, if there is one, else as `name_of` has it.
    """
    name = " ".join(name.split()) or name_of(topic, words)
    wanted = [phrase for phrase in topic.phrases if _has_any(phrase, words)] or list(topic.phrases)
    terms = [term for term in dict.fromkeys((*wanted[:N_PHRASES], *words, *topic.words)) if term.lower() not in name.lower()]
    about = ", ".join(terms[:N_TERMS])
    return Code(
        key=key_for(name, codebook),
        name=name,
        definition=f"Talk about {name.lower()}" + (f": {about}." if about else "."),
        include=tuple(f"Mentions of {phrase}" for phrase in wanted[:N_PHRASES]),
        examples=tuple(dict.fromkeys(" ".join(quote.split()) for quote in quotes)),
        origin=Origin.INDUCTIVE,
    )


def name_of(topic: Topic, words: Sequence[str] = ()) -> str:
    """What people call the topic, else its first phrase with one of `words`, else its first phrase or three words."""
    phrases = [phrase for phrase in topic.phrases if _has_any(phrase, words)] or list(topic.phrases)
    both = [word for word in topic.words if word in words]
    said = topic.label or next(iter(phrases), "") or ", ".join((both or words or topic.words)[:3]) or topic.name
    return said[:1].upper() + said[1:]


def _has_any(phrase: str, words: Sequence[str]) -> bool:
    return bool(set(phrase.lower().split()) & set(words))


def key_for(name: str, codebook: Codebook) -> str:
    """A key that the codebook does not have yet: the name's words in lower case, tied by hyphens."""
    words = re.findall(r"[^\W_]+", name.lower())
    stem = "-".join(words)[:MAX_KEY].strip("-") or "code"
    taken = {key.lower() for key in codebook.by_key} | {"none"}
    return next(key for n in range(1, len(taken) + 2) if (key := stem if n == 1 else f"{stem}-{n}") not in taken)


def near_duplicates(name: str, topic: Topic, codebook: Codebook) -> tuple[Near, ...]:
    """Codes with a like name, and codes that the topic is very like, the likest first."""
    found: dict[str, Near] = {}
    for code in codebook.codes:
        if _alike(name, code.name) >= LIKE_NAME:
            found[code.key] = Near(code_key=code.key, why=f"its name is {code.name!r}")
    for key, cosine in sorted(topic.likeness.items(), key=lambda item: -item[1]):
        if cosine >= LIKE_TOPIC and key in codebook.by_key:
            found.setdefault(key, Near(code_key=key, why=f"the topic is very like it (cosine {cosine:.2f})"))
    return tuple(found.values())


def near_codes(name: str, definition: str, codebook: Codebook, *, but_for: str | None = None) -> tuple[Near, ...]:
    """Codes that a new one of that name and definition may duplicate, by their words alone, the likest first.

    Those with a like name, then those whose entry shares the words that tell entries of the book apart, weighed as in
    `constructs.likely`. `but_for` is the key of the code itself, where there is one. Retired codes are no duplicates.
    """
    others = [code for code in codebook.in_use if code.key != but_for]
    found: dict[str, Near] = {}
    for code in sorted(others, key=lambda code: -_alike(name, code.name)):
        if name.strip() and _alike(name, code.name) >= LIKE_NAME:
            found[code.key] = Near(code_key=code.key, why=f"its name is {code.name!r}")
    draft_ = Code(key="new", name=name, definition=definition)
    book = Codebook(name="", version="", codes=tuple(replace(code, parent_key=None) for code in others))
    for item in likely(draft_, book, N_NEAR):
        if item.likeness >= LIKE_WORDS and len(item.words) >= 2:
            found.setdefault(item.construct_key, Near(code_key=item.construct_key, why=f"it shares {', '.join(item.words)}"))
    return tuple(found.values())


def _alike(left: str, right: str) -> float:
    """Share of letters that match in order, whichever way round their words stand."""
    one, other = left.casefold(), right.casefold()
    in_order, turned = (" ".join(sorted(re.findall(r"\w+", text))) for text in (one, other))
    return max(SequenceMatcher(None, one, other).ratio(), SequenceMatcher(None, in_order, turned).ratio())


# ---------------------------------------------------------------- topics found anew


def same_topics(old: Iterable[Topic], new: Sequence[Topic]) -> dict[str, str]:
    """Ids of topics of now, by those of old ones that are the same: the best match by Jaccard index, if `SAME_TOPIC` or more.

    Outliers match nothing. Two old topics may have become one.
    """
    sets = {topic.id: frozenset(topic.segment_ids) for topic in new if topic.number >= 0}
    found = {}
    for topic in old:
        own = frozenset(topic.segment_ids)
        if topic.id in sets:
            found[topic.id] = topic.id
        elif topic.number >= 0 and sets:
            best = max(sets, key=lambda key: jaccard(own, sets[key]))
            if jaccard(own, sets[best]) >= SAME_TOPIC:
                found[topic.id] = best
    return found


def jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    """The share of what either has that both have; 0 for two empty sets."""
    return len(left & right) / len(left | right) if left or right else 0.0


def in_force(decisions: Iterable[TopicDecision], same: Mapping[str, str]) -> dict[str, TopicDecision]:
    """The latest decision on each topic of now, by its id; `same` as `same_topics` gives it."""
    return {
        same[decision.topic_id]: decision
        for decision in sorted(decisions, key=lambda item: item.decided_at)
        if decision.topic_id in same
    }
