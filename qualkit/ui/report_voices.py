"""The section Voices of the page Report: who said how much, who carries each theme, who agreed, dissented, answered whom.

Only the part that is open is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from qualkit.model import ConsensusRow
from qualkit.stages import consensus_matrix, talk_share
from qualkit.study import Seat, voice_numbers
from qualkit.ui import behind, marks, parts, response_desk, style
from qualkit.wording import counted

TALK, CARRIERS, CONSENSUS, RESPONSES = "Talk share", "Who carries a theme", "Agreement and dissent", "Who answered whom"
DRAWERS = (TALK, CARRIERS, CONSENSUS, RESPONSES)

ABOUT_TALK = "Whose words the study rests on. A loud voice is no fault of a group, but readers should know of it."
ABOUT_CARRIERS = "A theme that one person or one group brought up most may be true and still be theirs: say so in the paper."
ABOUT_CONSENSUS = (
    "Where each participant stood on what their group spoke of. Codes tell who spoke for and who against; agreement without a "
    "statement of one's own shows once somebody has recorded who answered whom."
)


def draw(seat: Seat) -> None:
    """The section."""
    part = st.segmented_control(
        "Part", DRAWERS, default=TALK, key="voices-part", required=True, label_visibility="collapsed", bind="query-params"
    )
    if part == CARRIERS:
        _carriers(seat)
    elif part == CONSENSUS:
        _consensus(seat)
    elif part == RESPONSES:
        response_desk.draw(seat)
    else:
        _talk(seat)


# ---------------------------------------------------------------- who said how much


def _talk(seat: Seat) -> None:
    groups = [group for group in seat.talk_shares() if group.n_words]
    if not groups:
        st.info("Nothing was said yet: there are no transcripts.")
        return
    st.html(style.lead(ABOUT_TALK))
    from qualkit.figures import talk_share as figure

    drawn = figure.talk_share(groups, parts.look())
    marks.chart(seat, drawn, voice_numbers.picked(groups), key="voices-share", alt="Share of words, group by group")
    balance = talk_share.balance_table(groups)
    behind.table(seat, balance, voice_numbers.balance(balance, groups), key="voices-balance")
    with st.expander("Participant by participant", icon=":material/group:", key="voices-people-box", on_change="rerun") as box:
        if box.open:
            people = talk_share.people_table(groups)
            behind.table(seat, people, voice_numbers.people(people, groups), key="voices-people")


# ---------------------------------------------------------------- who carries a theme


def _carriers(seat: Seat) -> None:
    standings = [item for item in seat.authoring.standings() if item.carried.n_segments]
    if not standings:
        st.info("No theme yet: themes rest on codes that people agreed on or an adjudicator decided.")
        return
    st.html(style.lead(ABOUT_CARRIERS))
    limit = st.slider(
        "Remark on a theme of which one person has more than", 0, 100, min(100, round(100 * standings[0].carried.one_voice)),
        format="%d%%", key="voices-limit", width=420,
    )  # fmt: skip
    table = seat.theme_carriers(one_voice=limit / 100)
    behind.table(seat, table, seat.table_opens("theme_carriers"), key="voices-carriers")


# ---------------------------------------------------------------- who agreed and who dissented


def _consensus(seat: Seat) -> None:
    rows = seat.consensus()
    if not rows:
        st.info("No group of two or more participants has a theme yet: themes rest on codes that count.")
        return
    st.html(style.lead(ABOUT_CONSENSUS))
    groups = {row.transcript_id: row.group for row in rows}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        chosen = st.selectbox("Group", list(groups), format_func=groups.__getitem__, key="voices-group", width=360)
        is_divided = st.toggle("Only where somebody dissented", key="voices-divided")
    mine = [row for row in rows if row.transcript_id == chosen]
    shown = [row for row in mine if row.is_divided or not is_divided]
    st.html(style.block(style.grey(_divided(mine))))
    if shown:
        matrix = consensus_matrix.matrix(shown, (seat.basis_note(),))
        behind.table(seat, matrix, voice_numbers.consensus(shown), key=f"voices-matrix-{chosen}")
    else:
        st.caption("Nobody in this group spoke against a view, as far as codes and recorded responses tell.")


def _divided(rows: Sequence[ConsensusRow]) -> str:
    themes = [row for row in rows if not row.is_question]
    n, n_both = sum(row.is_divided for row in themes), sum(bool(row.n_both_ways) for row in themes)
    return (
        f"Of {counted(len(themes), 'theme')} that the group raised, somebody spoke against the view in {n}; in {n_both} "
        "somebody spoke both ways."
    )
