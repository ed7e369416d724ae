"""What is behind the tables of voices: what was said by whom, who carries each theme, who agreed and who dissented."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from qualkit.model import Behind, ConsensusCell, ConsensusRow, GroupTalk, Opens, Stance, Table
from qualkit.stages import talk_share
from qualkit.study import paper_tables

if TYPE_CHECKING:
    from qualkit.study.study import Study

CARRIED: Mapping[str, str] = {
    "Segments (n)": "segments",
    "Groups (n of N)": "groups",
    "Participants (n of N)": "people",
    "Largest voice (% of segments)": "people",
    "Largest group (% of segments)": "groups",
}
"""What is counted in the columns of the table of who carries each theme."""


def of_groups(study: Study) -> Opens:
    """What opens in the table `voice_balance`."""
    groups = study.talk_shares()
    return balance(talk_share.balance_table(groups), groups)


def of_people(study: Study) -> Opens:
    """What opens in the table `voice_people`."""
    groups = study.talk_shares()
    return people(talk_share.people_table(groups), groups)


def balance(table: Table, groups: Sequence[GroupTalk]) -> Opens:
    """What the numbers of the table of groups open: the group's talk, the moderators', the unknown, the largest voice's."""
    found: Opens = {}
    for at, group in enumerate(groups):
        everything, participants = ("Everything said", group.speakers, "people"), ("Participants", group.participants, "people")
        said = {
            "Spoke (n of N)": participants,
            "Talk (time)": everything,
            "Words (n)": everything,
            "Moderator (% of words)": ("The moderator", group.moderators, "segments"),
            "Unknown (% of words)": ("Unknown speakers", [group.unknown] if group.unknown else [], "segments"),
            "Largest voice (% of participants' words)": ("Who said most", [group.largest] if group.largest else [], "segments"),
            "Gini": participants,
            "Gini, silent as zero": participants,
        }
        for name, (title, speakers, what) in said.items():
            ids = tuple(key for speaker in speakers for key in speaker.segment_ids)
            if name in table.columns and ids and table.rows[at][table.columns.index(name)] not in ("", None):
                behind_it = Behind(title=f"{title}, {group.title}", segment_ids=ids, what=what)
                found[at, table.columns.index(name)] = behind_it
    return found


def people(table: Table, groups: Sequence[GroupTalk]) -> Opens:
    """What the numbers of the table of people open: what each of them said."""
    said = [(group, item) for group in groups for item in group.speakers]
    return {
        (at, table.columns.index(name)): Behind(title=f"{item.name}, {group.title}", segment_ids=item.segment_ids)
        for at, (group, item) in enumerate(said)
        for name in ("Words (n)", "Turns (n)")
        if item.segment_ids
    }


def picked(groups: Sequence[GroupTalk]) -> dict[str, Behind]:
    """What the parts of the bars open, by what the figure calls them: what each speaker said."""
    return {
        group.mark_of(item): Behind(title=f"{item.name}, {group.title}", segment_ids=item.segment_ids)
        for group in groups
        for item in group.speakers
    }


def of_carriers(study: Study) -> Opens:
    """What opens in the table `theme_carriers`: a theme's segments, by group, by person; none where people are too few."""
    table, below = study.theme_carriers(), paper_tables.options_of(study, {}).suppress_below
    standings = [item for item in study.theme_standings() if item.carried.n_segments]
    return {
        (at, table.columns.index(name)): Behind(title=item.theme.name, segment_ids=item.segment_ids, what=what)
        for at, item in enumerate(standings)
        if not 0 < item.carried.n_participants < below
        for name, what in CARRIED.items()
    }


def of_consensus(study: Study) -> Opens:
    """What opens in the table `consensus_matrix`: what those said who agreed, dissented, did both, or took no side."""
    return {
        (at, column): Behind(title=f"{row.matter}, {row.group}: {name}", segment_ids=ids)
        for at, row in enumerate(study.consensus())
        for column, (name, has_said) in enumerate(SIDES.items(), start=3)
        if (ids := _said_by(filter(has_said, row.cells)))
    }


SIDES: Mapping[str, Callable[[ConsensusCell], bool]] = {
    "agreed": lambda cell: cell.agrees and not cell.is_both_ways,
    "dissented": lambda cell: cell.dissents and not cell.is_both_ways,
    "both ways": lambda cell: cell.is_both_ways,
    "took no side": lambda cell: cell.stances == (Stance.SAID,),
}
"""Whom the columns of `consensus_matrix.summary` list, in their order."""


def _said_by(cells: Iterable[ConsensusCell]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for cell in cells for key in cell.segment_ids))


def consensus(rows: Sequence[ConsensusRow]) -> Opens:
    """What the symbols of a matrix open: what the participant said to it."""
    return {
        (at, column): Behind(title=f"{row.matter}: {cell.name}, {cell.symbol}", segment_ids=cell.segment_ids)
        for at, row in enumerate(rows)
        for column, cell in enumerate(row.cells, start=2)
        if cell.segment_ids
    }
