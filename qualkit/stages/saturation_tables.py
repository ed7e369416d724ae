"""Saturation as tables for the paper, and the assumptions that are printed under each of them and under the plot."""

from __future__ import annotations

from collections.abc import Sequence

from qualkit.model import Accumulated, Assessment, GroupMet, Met, NumberFormat, Saturation, Spanner, Table, TableCell
from qualkit.wording import counted, percent

NOT_REACHED = "not reached"
MOST_NAMES = 15
"""So many names of codes that were never met are told."""

N_SEGMENTS, N_MET, N_NEW, N_SO_FAR = 2, 3, 4, 5
"""Columns of `accumulation` whose numbers rest on segments."""
IN_BASE, IN_LAST_RUN = 3, 4
"""Columns of `assessments` whose numbers rest on segments."""
GROUPS_OF, OF_STRATUM, OF_STRATUM_NEW = 2, 3, 4
"""Columns of `summary` whose numbers rest on segments."""


def accumulation(items: Sequence[Saturation], notes: Sequence[str] = (), appendix: Sequence[Table] = ()) -> Table:
    """A row for each group of each item, in order: what it brought, and what any so many groups have, over orders."""
    return Table(
        title="Accumulation of codes over groups",
        columns=(
            "Counted",
            "Group",
            "Segments (n)",
            "Met (n)",
            "New (n)",
            "So far (n)",
            "Least",
            "Median",
            "Most",
            "Mean share",
        ),
        rows=tuple(
            (item.name, *_of_group(group), *_over_orders(over, item.n_found))
            for item in items
            for group, over in zip(item.groups, item.over_orders, strict=True)
        ),
        notes=(
            "Met: codes on segments of the group; new: those that no group above it has. Least to mean share: codes that any "
            f"1, 2, … groups have, over {orders(items)}; the share is of all that were met.",
            *notes,
        ),
        n_stub=2,
        spanners=(
            Spanner(text="In the order of the groups", first=N_MET, last=N_SO_FAR),
            Spanner(text="Any so many groups", first=N_SO_FAR + 1, last=N_SO_FAR + 4),
        ),
        formats=(None, None, *[NumberFormat.COUNT] * 5, NumberFormat.GENERAL, NumberFormat.COUNT, NumberFormat.PERCENT),
        appendix=tuple(appendix),
    )


def _of_group(group: GroupMet) -> tuple[TableCell, ...]:
    return (group.title, len(group.segment_ids), len(group.met), len(group.new), group.n_so_far)


def _over_orders(over: Accumulated, n_found: int) -> tuple[TableCell, ...]:
    return (over.least, over.median, over.most, over.mean / n_found if n_found else None)


def assessments(items: Sequence[Saturation], notes: Sequence[str] = ()) -> Table:
    """A row for each base size and run length of each item; a column for each threshold says where it was reached."""
    thresholds = items[0].thresholds if items else ()
    few = [item.name for item in items if not item.assessments]
    lacking = f"Too few groups for any base and run: {'; '.join(few)}." if few else ""
    return Table(
        title="Saturation by base size, run length and threshold",
        columns=("Counted", "Base", "Run", "In base (n)", "New in last run (n)", "Of base", *map(at_most, thresholds)),
        rows=tuple((item.name, *_assessed(found, thresholds)) for item in items for found in item.assessments),
        notes=(
            "Base and run are numbers of groups. 3+1: reached after 3 groups, as the 1 that followed brought no more new codes "
            "than the threshold allows, as a share of the codes in the base. It is the first run that did; what the last one "
            "brought stands beside it.",
            *([lacking] if lacking else []),
            METHOD,
            *notes,
        ),
        n_stub=3,
        formats=(None, *[NumberFormat.COUNT] * 4, NumberFormat.TENTHS, *[None] * len(thresholds)),
    )


def _assessed(found: Assessment, thresholds: Sequence[float]) -> tuple[TableCell, ...]:
    last = found.runs[-1]
    reached = (found.told(threshold) or NOT_REACHED for threshold in thresholds)
    return (found.base, found.run, found.n_in_base, last.n_new, last.share, *reached)


def at_most(threshold: float) -> str:
    """A threshold as a heading: `≤ 5%`, `0%`."""
    return f"≤ {100 * threshold:g}%" if threshold else "0%"


def summary(items: Sequence[Saturation], notes: Sequence[str] = ()) -> Table:
    """A row for each stratum: its groups, what was met in them, what the last of them brought, and the verdicts."""
    thresholds = items[0].thresholds if items else ()
    return Table(
        title="Saturation by stratum",
        columns=("By", "Stratum", "Groups (n)", "Met (n)", "New in last (n)", "Of those before", *map(at_most, thresholds)),
        rows=tuple(
            (item.by.capitalize(), item.stratum, *_last(item), *(_in_how_many(item, threshold) for threshold in thresholds))
            for item in items
        ),
        notes=(
            "Groups: those with talk of the stratum that somebody judged; met: codes on it. Under each threshold: in how many "
            "combinations of base and run it was reached.",
            METHOD,
            *notes,
        ),
        n_stub=2,
        formats=(None, None, *[NumberFormat.COUNT] * 3, NumberFormat.TENTHS, *[None] * len(thresholds)),
    )


def _last(item: Saturation) -> tuple[TableCell, ...]:
    n_new = len(item.groups[-1].new) if len(item.groups) > 1 else None
    return (len(item.groups), item.n_found, n_new, item.last_share)


def _in_how_many(item: Saturation, threshold: float) -> str:
    n = len(reached_at(item, threshold))
    return f"{n} of {len(item.assessments)}" if item.assessments else "too few groups"


def codes_met(item: Saturation) -> Table:
    """A row for each code that was met: where first, and in how many groups."""
    groups_of: dict[tuple[str, str | None], list[str]] = {}
    names: dict[tuple[str, str | None], Met] = {}
    for group in item.groups:
        for met in group.met:
            names.setdefault((met.key, met.valence), met)
            groups_of.setdefault((met.key, met.valence), []).append(group.title)
    return Table(
        title=f"Where codes were first met: {item.name}",
        columns=("Code", "Facilitator / barrier", "First met in", "Groups (n)"),
        rows=tuple(
            (met.name, met.valence.value if met.valence else "", groups_of[key][0], len(groups_of[key]))
            for key, met in names.items()
        ),
        is_data=True,
    )


# ---------------------------------------------------------------- in words


def reached_at(item: Saturation, threshold: float) -> list[str]:
    """Where saturation was reached, for each combination of base and run in which it was: `3+1`."""
    return [told for found in item.assessments if (told := found.told(threshold))]


def verdict(item: Saturation) -> tuple[str, ...]:
    """What it comes to: a sentence for each threshold, and, never left out, what the last group brought."""
    if len(item.groups) < 2:
        return (f"Nothing to compare: {counted(len(item.groups), 'group')} so far.",)
    n_new, before = len(item.groups[-1].new), item.groups[-2].n_so_far
    share = f", {percent(item.last_share)} of the {before} met before it" if item.last_share is not None else ""
    last = f"The last of {len(item.groups)} groups brought {n_new} new{share}."
    if not item.assessments:
        return ("Too few groups to say whether saturation was reached.", last)
    return (*(_reached(item, threshold) for threshold in item.thresholds), last)


def _reached(item: Saturation, threshold: float) -> str:
    found, n = reached_at(item, threshold), len(item.assessments)
    where = f": {', '.join(dict.fromkeys(found))}" if found else ""
    if n == 1:
        said = f"{'' if found else 'not '}reached in the one combination of base and run that fits{where}"
    elif found:
        said = f"reached in {len(found)} of {n} combinations of base and run{where}"
    else:
        said = f"not reached in any of {n} combinations of base and run"
    return f"At {at_most(threshold)} new codes saturation was {said}."


METHOD = (
    "Base, run and threshold after Guest, Namey and Chen (2020): codes that a run of groups brings, divided by the codes in "
    "the base; runs overlap. The method was tried on interviews, with bases of 4 to 6 and runs of 2 or 3; with fewer than "
    "9 groups smaller ones are tried here unless others are asked for, and one group more may overturn what they show."
)
_MEANING = (
    "This is code saturation, not meaning saturation: that no new code is met does not say that those met are understood. "
    "Shares are of the codes met here, so they reach 100% by construction, and say nothing of what further groups would bring."
)


def orders(items: Sequence[Saturation]) -> str:
    """Over which orders of the groups codes accumulate."""
    drawn = max((item.n_orders for item in items if not item.is_every_order), default=0)
    told = f"{drawn:,} orders drawn at random (seed {items[0].seed})" if drawn else ""
    sizes = {len(item.groups) for item in items}
    if len(sizes) > 1:
        return f"all orders of the groups, where those are too many over {told}" if drawn else "all orders of the groups"
    return f"{told or f'all {items[0].n_orders:,} orders'} of the {counted(sizes.pop(), 'group')}"


def curve_note(items: Sequence[Saturation]) -> str:
    """How the curve is read."""
    held = "as they were held" if all(item.is_by_day for item in items if item.groups) else "in the order of their labels"
    return (
        f"Codes met in any 1, 2, … groups, over {orders(items)}: the band from the least to the most, the line at the median. "
        f"Points: groups {held}, with the new codes of each. All {'curves end' if len(items) > 1 else 'orders end'} where all "
        "groups are in."
    )


def assumptions(items: Sequence[Saturation]) -> tuple[str, ...]:
    """What the numbers of these items rest on and do not say, for under each table and plot."""
    if not items:
        return ()
    found = (_order(items), _a_priori(items), _MEANING, _machines(items), _unjudged(items), _never_met(items), _above(items))
    return tuple(note for note in found if note)


def _order(items: Sequence[Saturation]) -> str:
    units = "interviews" if all(item.are_interviews for item in items if item.groups) else "groups"
    n, n_segments = len(items[0].groups), sum(len(group.segment_ids) for group in items[0].groups)
    of = "" if items[0].stratum else f" ({n}, with {counted(n_segments, 'segment')} to be coded)"
    if all(item.is_by_day for item in items if item.groups):
        return f"Units are {units}{of}, in the order of the days on which they were held."
    return f"Units are {units}{of}, in the order of their labels, as the day on which one or more were held is not recorded."


def _a_priori(items: Sequence[Saturation]) -> str:
    n = max(item.n_a_priori for item in items)
    if not n:
        return "All codes given are marked as inductive, as saturation supposes."
    item = items[0]
    if item.stratum:
        told = "none of these is" if all(one.n_a_priori == one.n_given for one in items) else "some of these are not"
    elif n == item.n_given:
        told = f"none of the {counted(n, 'code')} given is"
    else:
        told = f"{n} of the {item.n_given} codes given {'is' if n == 1 else 'are'} not"
    return (
        f"Saturation is asked of inductive codes; {told} marked as inductive, and a codebook written beforehand bounds what "
        "can be new."
    )


def _machines(items: Sequence[Saturation]) -> str:
    if any(item.is_suggested for item in items):
        return "All codes here are suggestions of machine coders that nobody has reviewed; do not publish them as findings."
    return "Suggestions of machine coders are not counted."


def _unjudged(items: Sequence[Saturation]) -> str:
    alike = [item for item in items if item.by == items[0].by]
    groups = {(item.stratum, group.transcript_id): group for item in alike for group in item.groups}.values()
    n, of = sum(group.n_unjudged for group in groups), sum(len(group.segment_ids) for group in groups)
    left_out = dict.fromkeys(title for item in items if not item.stratum for title in item.unjudged)
    told = (
        [f"Nobody has judged {n} of {counted(of, 'segment')} of these groups, which may hold codes that are new."] if n else []
    )
    gone = [f"Left out, as nobody has judged a segment of them: {', '.join(left_out)}."] if left_out else []
    return " ".join((*told, *gone))


def _never_met(items: Sequence[Saturation]) -> str:
    item = items[0]
    if not item.never_met or item.stratum:
        return ""
    shown, n = item.never_met[:MOST_NAMES], len(item.never_met)
    more = f" and {n - len(shown)} more" if n > len(shown) else ""
    return (
        f"{item.level.name} of the codebook that none of these groups has, in no denominator ({n}): {', '.join(shown)}{more}."
    )


def _above(items: Sequence[Saturation]) -> str:
    levels = {item.level.name: item for item in items if item.n_above}
    told = (f"{item.n_above} of {item.n_given} under {name.lower()}" for name, item in levels.items())
    return f"Codes given that stand under nothing at a level, and are left out of it: {'; '.join(told)}." if levels else ""
