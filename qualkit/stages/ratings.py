"""What can be rated, on what talk, and what the published rule would make of it.

The rule is that of Damschroder & Lowery (Implementation Science 2013;8:51, table of rating criteria), as used with CFIR since.
What coded segments can show of it, for a construct in one group or at one site:

- M (missing): no segment has the construct.
- 0: there are segments, and none is coded as facilitator, barrier or mixed: the talk describes.
- X (mixed): facilitators and barriers balance. A mixed segment counts on both sides; the sides balance where the lesser is more
  than `comparable`, a half, of the greater.
- +1 or -1: one side outweighs the other: general statements, too few people with examples, or some talk to the other side.
- +2 or -2: nothing is said for the other side, and two or more people gave concrete examples for this one.

Whether an example is concrete is for people to say: without segments that raters marked as such no proposal goes beyond 1. A
proposal is a help; only what people rate is counted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from qualkit.errors import StudyError
from qualkit.model import (
    Code,
    Codebook,
    Construct,
    ConstructLink,
    RatedCase,
    RatingProposal,
    RatingValue,
    Transcript,
    Valence,
    derived_id,
    grouped,
)
from qualkit.stages.tables import Said
from qualkit.stages.themes import Corpus
from qualkit.wording import counted

RATED = "rated a construct"
AGREED = "agreed on a rating"
COMPARED = "compared ratings"
LOOKED = "looked at all ratings"
"""Verbs of the events of raters."""

BY_RATERS = frozenset({RATED, AGREED, COMPARED, LOOKED})
"""Acts that leave codes, themes and all that is counted of them as they were."""

GROUP, SITE = "group", "site"

SAME = "same"
"""The share of pairs of ratings that are the same, mixed and missing being ratings like any other."""

EVERYBODY = "All raters"
"""The part of agreement that is of all of them together."""

HIGH_AND_LOW = ("High", "Low")
"""What the strata of `high` and `low` are called unless `names` says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is rated, and what is made of ratings."""

    by: str = field(default=GROUP, metadata={"help": "Rate constructs by group or by site."})
    high: tuple[str, ...] = field(default=(), metadata={"help": "Groups or sites, by label, where implementation went well."})
    low: tuple[str, ...] = field(default=(), metadata={"help": "Groups or sites, by label, where it did not."})
    names: tuple[str, ...] = field(
        default=HIGH_AND_LOW, metadata={"help": "What the groups of high and those of low are called in tables."}
    )
    strata: str = field(default="", metadata={"help": "Instead of high and low: site, or an attribute of meetings."})
    comparable: float = field(
        default=0.5, metadata={"help": "Propose mixed where the lesser side is more than this part of the greater."}
    )
    people: int = field(default=2, metadata={"help": "People with concrete examples that a proposal of 2 takes."})
    strongly: float = field(
        default=2.0, metadata={"help": "Points that means must lie apart for a construct to distinguish strata strongly."}
    )


# ---------------------------------------------------------------- what is rated


def constructs(book: Codebook, framework: Codebook | None, links: Iterable[ConstructLink]) -> list[Construct]:
    """Constructs of the framework that codes are tied to, then every code by itself.

    A construct has the talk of the codes tied to it, and not that of what stands under it. Where the codebook is the framework
    itself, a construct also has its own.
    """
    own = book.by_key
    found: dict[str, Construct] = {}
    if framework is not None:
        known = (link for link in links if link.framework == framework.name)
        tied = grouped(known, lambda link: link.construct_key)
        is_same = framework.name == book.name
        for code in framework.codes:
            if code.key in tied:
                keys = [*([code.key] if is_same else []), *(link.code_key for link in tied[code.key])]
                key = f"{framework.name}/{code.key}" if code.key in own and not is_same else code.key
                found[key] = _construct(code, framework, key, keys)
    for code in book.codes:
        found.setdefault(code.key, _construct(code, book, code.key, [code.key]))
    return list(found.values())


def _construct(code: Code, book: Codebook, key: str, code_keys: Iterable[str]) -> Construct:
    return Construct(
        key=key, name=code.name, domain=book.domain_of(code.key), definition=code.definition,
        code_keys=tuple(dict.fromkeys(code_keys)),
    )  # fmt: skip


def to_rate(found: Sequence[Construct], used: Collection[str], rated: Collection[str]) -> list[Construct]:
    """Those of `constructs` that are rated in a study, by domain.

    Left out are, unless they were rated already, those whose codes no segment has, and codes that are tied to a construct.
    """
    tied = {key for item in found for key in item.code_keys if key != item.key}

    def is_in(item: Construct) -> bool:
        is_tied = item.code_keys == (item.key,) and item.key in tied
        return item.key in rated or (not is_tied and any(key in used for key in item.code_keys))

    kept = [item for item in found if is_in(item)]
    domains = list(dict.fromkeys(item.domain for item in kept))
    return sorted(kept, key=lambda item: domains.index(item.domain))


def cases(corpus: Corpus, options: Options) -> list[RatedCase]:
    """Groups, or sites, by stratum: those of `high` first, then those of `low`, then the others; else by name of the stratum.

    Raises `StudyError` for a way of rating that there is not, for a label in `high` or `low` that no group or site has, and for
    `names` that are not two.
    """
    if options.by not in (GROUP, SITE):
        raise StudyError(f"study.toml [options.ratings]: by must be group or site, not {options.by!r}.")
    if len(set(options.names) - {""}) != len(options.names) or len(options.names) != len(HIGH_AND_LOW):
        raise StudyError(
            'study.toml [options.ratings]: names must be two different names, as in  names = ["Early sites", "Late sites"].'
        )
    meetings = sorted(corpus.transcripts.values(), key=lambda meeting: meeting.label)
    if options.by == SITE:
        places = grouped((meeting for meeting in meetings if meeting.site), lambda meeting: str(meeting.site))
        if not places:
            raise StudyError('No meeting has a site to be rated by; say it in study.toml:  [meetings.LABEL]  site = "..."')
        found = [
            RatedCase(id=derived_id("site", site), label=site, name=site, transcript_ids=tuple(item.id for item in mine),
                      stratum=_stratum(site, mine, options))
            for site, mine in sorted(places.items())
        ]  # fmt: skip
    else:
        found = [
            RatedCase(id=meeting.id, label=meeting.label, name=meeting.title, transcript_ids=(meeting.id,),
                      stratum=_stratum(meeting.label, [meeting], options))
            for meeting in meetings
        ]  # fmt: skip
    _need_known([*options.high, *options.low], {case.label for case in found}, options.by)
    names = list(options.names) if options.high or options.low else sorted({case.stratum for case in found} - {""})
    return sorted(found, key=lambda case: names.index(case.stratum) if case.stratum in names else len(names))


def _stratum(label: str, meetings: Sequence[Transcript], options: Options) -> str:
    """The stratum of a case, empty where it is not known or its meetings differ in it."""
    if options.high or options.low:
        high, low = options.names
        return high if label in options.high else low if label in options.low else ""
    if not options.strata:
        return ""
    values = {str(item.site if options.strata == SITE else item.attributes.get(options.strata) or "") for item in meetings}
    return values.pop() if len(values) == 1 else ""


def _need_known(named: Sequence[str], known: Collection[str], by: str) -> None:
    for label in named:
        if label not in known:
            raise StudyError(
                f"study.toml [options.ratings]: no {by} is called {label!r}; there are {', '.join(sorted(known))}."
            )
        if named.count(label) > 1:
            raise StudyError(f"study.toml [options.ratings]: {label!r} cannot be high and low at the same time.")


def evidence(construct: Construct, case: RatedCase, said: Mapping[str, Sequence[Said]]) -> list[Said]:
    """The segments of a case that have the construct, in the order of the talk; coded both ways by two codes, one is mixed.

    `said` has the segments of each code, with their valence there.
    """
    found: dict[str, list[Said]] = {}
    for key in construct.code_keys:
        for segment, valence in said.get(key, ()):
            if segment.transcript_id in case.transcript_ids:
                found.setdefault(segment.id, []).append((segment, valence))
    ordered = sorted(
        found.values(), key=lambda mine: (case.transcript_ids.index(mine[0][0].transcript_id), mine[0][0].position)
    )
    return [(mine[0][0], _together([valence for _, valence in mine])) for mine in ordered]


def _together(valences: Sequence[Valence | None]) -> Valence | None:
    known = {valence for valence in valences if valence is not None}
    return None if not known else known.pop() if len(known) == 1 else Valence.MIXED


# ---------------------------------------------------------------- the rule


def propose(said: Sequence[Said], concrete: Collection[str], options: Options) -> RatingProposal:
    """What the rule makes of the segments of a cell, `concrete` being ids of segments that people marked as such examples."""
    ids = {
        valence: tuple(segment.id for segment, own in said if own is valence)
        for valence in (Valence.FACILITATOR, Valence.BARRIER, Valence.MIXED, None)
    }
    value, why, wanting = _ruled(said, {key: len(mine) for key, mine in ids.items()}, concrete, options)
    return RatingProposal(
        value=value, why=why, wanting=wanting, for_ids=ids[Valence.FACILITATOR], against_ids=ids[Valence.BARRIER],
        mixed_ids=ids[Valence.MIXED], neutral_ids=ids[None],
    )  # fmt: skip


def _ruled(
    said: Sequence[Said], n: Mapping[Valence | None, int], concrete: Collection[str], options: Options
) -> tuple[RatingValue, str, str]:
    """The value, why it is that, and what a 2 would take."""
    if not said:
        return RatingValue.MISSING, "No coded segment has the construct here.", ""
    n_for, n_against = n[Valence.FACILITATOR] + n[Valence.MIXED], n[Valence.BARRIER] + n[Valence.MIXED]
    less, more = sorted((n_for, n_against))
    if not more:
        return RatingValue.NEUTRAL, f"{counted(len(said), 'segment')}, none of them coded as facilitator or barrier.", ""
    if less > options.comparable * more:
        return RatingValue.MIXED, f"{_balance(n)}: the two sides balance.", ""
    side, weak, strong = (
        (Valence.FACILITATOR, RatingValue.FACILITATOR, RatingValue.STRONG_FACILITATOR)
        if n_for > n_against
        else (Valence.BARRIER, RatingValue.BARRIER, RatingValue.STRONG_BARRIER)
    )
    if less:
        return weak, f"{_balance(n)}: one side outweighs the other, which was raised as well.", ""
    spoke = {segment.participant_id for segment, own in said if own is side and segment.participant_id}
    gave = {segment.participant_id for segment, own in said if own is side and segment.id in concrete} & spoke
    why = f"{_balance(n)}, none for the other side; concrete examples were marked of {counted(len(gave), 'person', 'people')}."
    if len(gave) >= options.people:
        return strong, why, ""
    return weak, why, _wanting(strong, len(spoke), options)


def _wanting(strong: RatingValue, n_spoke: int, options: Options) -> str:
    """What it would take to be a 2."""
    if n_spoke < options.people:
        return f"{strong.sign} takes {options.people} people with concrete examples; {n_spoke or 'nobody known'} spoke here."
    return f"It would be {strong.sign} if raters had marked concrete examples of {options.people} people."


def _balance(n: Mapping[Valence | None, int]) -> str:
    """`3 segments for, 1 against, 1 mixed`."""
    names = {Valence.FACILITATOR: "for", Valence.BARRIER: "against", Valence.MIXED: "mixed"}
    (first, *rest) = [(n[valence], name) for valence, name in names.items() if n[valence]]
    return ", ".join([f"{counted(first[0], 'segment')} {first[1]}", *(f"{number} {name}" for number, name in rest)])


RULE = (
    "M: no segment has the construct. 0: segments, but none coded as facilitator or barrier. X: both sides balance; a mixed "
    "segment counts on both, and the lesser side is more than half of the greater. +1 or −1: one side outweighs the other. "
    "+2 or −2: nothing is said for the other side, and two or more people gave concrete examples, which only a rater can tell: "
    "segments have to be marked as such."
)
"""The rule as pages and tables say it."""
