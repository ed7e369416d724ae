"""What several people said of the same segments: by code who gave it, where they differ, and in a line who said what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qualkit.stages.agree import ABSENT, PRESENT, Votes

if TYPE_CHECKING:
    from qualkit.study.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Of a code the segments that two or more people judged: `given` by all of them, `apart` by some and not by others.

    `by` has by coder those that got it, `said` who said what of a segment that somebody gave the code; of all codes together,
    who gave which.
    """

    judged: tuple[str, ...]
    given: tuple[str, ...]
    apart: tuple[str, ...]
    by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)


def in_study(study: Study, votes: Votes) -> dict[str | None, Judged]:
    """By code, of the segments that are to be coded and that two or more people judged; under None all codes together."""
    names = {key: code.name for key, code in study.codebook().by_key.items()}
    both = {key: votes[key] for key in study.outline().coded if len(votes.get(key, ())) > 1}
    keys, judged = study.counted_keys(), tuple(both)
    given, apart = ({code: list[str]() for code in keys} for _ in range(2))
    by = {code: dict[str, list[str]]() for code in keys}
    said = {code: dict[str, str]() for code in keys}
    for key, by_coder in both.items():
        for code in {code for codes in by_coder.values() for code in codes}.intersection(by):
            gave = [who for who, codes in by_coder.items() if code in codes]
            (given if len(gave) == len(by_coder) else apart)[code].append(key)
            said[code][key] = of_code(by_coder, code)
            for who in gave:
                by[code].setdefault(who, []).append(key)
    return {
        None: of_all_codes(both, names),
        **{
            code: Judged(
                judged=judged,
                given=tuple(given[code]),
                apart=tuple(apart[code]),
                by={who: tuple(mine) for who, mine in by[code].items()},
                said=said[code],
            )
            for code in keys
        },
    }


def of_all_codes(both: Votes, names: Mapping[str, str]) -> Judged:
    """All codes together, of segments that two or more people judged; `names` are those of codes by key."""
    same = {key: all(set(said) == set(next(iter(votes.values()))) for said in votes.values()) for key, votes in both.items()}
    return Judged(
        judged=tuple(both),
        given=tuple(key for key, by_coder in both.items() if same[key] and any(by_coder.values())),
        apart=tuple(key for key in both if not same[key]),
        said={key: of_all(by_coder, names) for key, by_coder in both.items()},
    )


def of_code(by_coder: Mapping[str, Mapping[str, str | None]], code: str) -> str:
    """Who said what of a segment about one code: `Ana: barrier; Ben: absent`."""
    return "; ".join(f"{who}: {(said[code] or PRESENT) if code in said else ABSENT}" for who, said in by_coder.items())


def of_all(by_coder: Mapping[str, Iterable[str]], names: Mapping[str, str]) -> str:
    """Who gave which codes to a segment: `Ana: Stigma, Trust; Ben: no code`."""
    given = {who: ", ".join(names.get(code, code) for code in codes) for who, codes in by_coder.items()}
    return "; ".join(f"{who}: {codes or 'no code'}" for who, codes in given.items())
