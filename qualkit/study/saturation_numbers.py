"""What is behind the numbers of saturation: the segments where codes were met first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from qualkit.model import Behind, GroupMet, Met, Opens, Saturation
from qualkit.stages import saturation_tables as tables
from qualkit.study import saturating
from qualkit.wording import counted, first_line

if TYPE_CHECKING:
    from qualkit.study.study import Study

NAMES_WIDTH = 240
"""So many characters of the names of codes stand over the segments behind a number."""


def of_study(study: Study) -> Opens:
    """What opens in the table `saturation`."""
    return accumulation(saturating.at_all_levels(study))


def of_thresholds(study: Study) -> Opens:
    """What opens in the table `saturation_thresholds`."""
    return assessments(saturating.at_all_levels(study))


def of_strata(study: Study) -> Opens:
    """What opens in the table `saturation_by_stratum`."""
    return summary(saturating.in_strata(study))


def accumulation(items: Iterable[Saturation]) -> Opens:
    """Behind what a group brought, the segments where each code was met first in it."""
    found: Opens = {}
    rows = ((item, n) for item in items for n in range(len(item.groups)))
    for row, (item, n) in enumerate(rows):
        group, so_far = item.groups[n], [met for earlier in item.groups[: n + 1] for met in earlier.new]
        found[row, tables.N_SEGMENTS] = Behind(
            title=f"{group.title}: {counted(len(group.segment_ids), 'segment')} to be coded", segment_ids=group.segment_ids
        )
        found[row, tables.N_MET] = _where(f"Met in {group.title}", group.met)
        found[row, tables.N_NEW] = _where(f"New in {group.title}", group.new)
        found[row, tables.N_SO_FAR] = _where(f"Met up to {group.title}", so_far)
    return _filled(found)


def picked(items: Iterable[Saturation]) -> dict[str, Behind]:
    """Behind the points of a curve, by what the figure calls them: what their groups brought."""
    return {item.mark_of(group): _where(f"New in {group.title}", group.new) for item in items for group in item.groups}


def assessments(items: Iterable[Saturation]) -> Opens:
    """Behind the codes of a base and of the last run, the segments where they were met first."""
    found: Opens = {}
    rows = ((item, sizes) for item in items for sizes in item.assessments)
    for row, (item, sizes) in enumerate(rows):
        found[row, tables.IN_BASE] = _where(f"In the first {counted(sizes.base, 'group')}", _new(item.groups[: sizes.base]))
        found[row, tables.IN_LAST_RUN] = _where(
            f"New in the last {counted(sizes.run, 'group')}", _new(item.groups[-sizes.run :])
        )
    return _filled(found)


def summary(items: Iterable[Saturation]) -> Opens:
    """Behind the codes of a stratum, and those that its last group brought, the segments where they were met first."""
    found: Opens = {}
    for row, item in enumerate(items):
        talk = tuple(key for group in item.groups for key in group.segment_ids)
        title = f"{item.stratum}: {counted(len(talk), 'segment')} to be coded in {counted(len(item.groups), 'group')}"
        found[row, tables.GROUPS_OF] = Behind(title=title, segment_ids=talk, what="groups")
        found[row, tables.OF_STRATUM] = _where(f"Met: {item.stratum}", _new(item.groups))
        if len(item.groups) > 1:
            found[row, tables.OF_STRATUM_NEW] = _where(f"New in {item.groups[-1].title}: {item.stratum}", item.groups[-1].new)
    return _filled(found)


def _new(groups: Iterable[GroupMet]) -> list[Met]:
    return [met for group in groups for met in group.new]


def _where(what: str, met: Sequence[Met]) -> Behind:
    """Codes by their names, and the first segment of each; a segment that is the first of several comes once."""
    names = "; ".join(f"{item.name} ({item.valence.value})" if item.valence else item.name for item in met)
    return Behind(
        title=f"{what}, {len(met)}: {first_line(names, NAMES_WIDTH)}" if met else f"{what}: nothing",
        segment_ids=tuple(dict.fromkeys(item.segment_id for item in met)),
    )


def _filled(found: Opens) -> Opens:
    return {place: item for place, item in found.items() if item.segment_ids}
