"""Talk share as a chart: one bar a meeting, cut where one speaker's words end and the next one's begin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from qualkit.figures.across import ZERO_WIDTH
from qualkit.figures.looks import LIGHT, Look, data_of, dressed, names_axis
from qualkit.model import GroupTalk, Role, SpeakerTalk
from qualkit.wording import counted, first_line, two_decimals

ROW_PX = 34
WIDTH_PX, LETTER_PX = 520, 6.6
"""How wide a bar is in a file, and about how wide a letter of a name on it."""
LONGEST_NAME = 34
"""Characters of a meeting's title beside its bar."""

PICKED = "picked"
"""Name of the selection that says which part of a bar was clicked; its field `opens` is that of `GroupTalk.mark_of`."""

MODERATOR, LARGEST, PARTICIPANT, OTHER = "Moderator", "Who said most", "Other participants", "Observer or unknown"
KINDS = (MODERATOR, LARGEST, PARTICIPANT, OTHER)


def talk_share(groups: Sequence[GroupTalk], look: Look = LIGHT) -> alt.LayerChart:
    """One row a meeting: each speaker's share of all its words, moderators first, then participants by what they said.

    Participants' names stand in the parts that have room for one; Gini's coefficient stands at the end of the bar.
    """
    titles = [first_line(group.title, LONGEST_NAME) for group in groups]
    names = [title + ZERO_WIDTH * titles[:n].count(title) for n, title in enumerate(titles)]
    parts = [part for name, group in zip(names, groups, strict=True) for part in _parts(name, group)]
    kinds = [kind for kind in KINDS if any(part["kind"] == kind for part in parts)]
    grounds = {MODERATOR: look.line, LARGEST: look.scale[3], PARTICIPANT: look.scale[1], OTHER: look.paper}
    y = alt.Y("group:N", sort=names, title=None, axis=names_axis(labelPadding=10))
    x = alt.X("from:Q", title="Share of all words", scale=alt.Scale(domain=[0, 1], nice=False),
              axis=alt.Axis(format=".0%", tickCount=5, grid=False))  # fmt: skip
    base = alt.Chart(data_of(parts)).encode(y=y, tooltip=_hover())
    colour = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=kinds, range=[grounds[kind] for kind in kinds]),
        legend=alt.Legend(orient="top", title=None, symbolType="square", symbolStrokeColor=look.grey, symbolStrokeWidth=0.6),
    )
    picked = alt.selection_point(name=PICKED, fields=["opens"], empty=False)
    bars = (
        base.mark_bar(height={"band": 0.66}, strokeWidth=0.6, cursor="pointer")
        .encode(x=x, x2="to:Q", color=colour, stroke=alt.when(picked).then(alt.value(look.ink)).otherwise(alt.value(look.grey)))
        .add_params(picked)
    )
    ink = alt.condition(f"datum.kind === '{LARGEST}'", alt.value(look.paper), alt.value(look.ink))
    labels = (
        base.transform_calculate(middle="(datum.from + datum.to) / 2")
        .mark_text(fontSize=11, cursor="pointer")
        .encode(x=alt.X("middle:Q", title="Share of all words"), text="label:N", color=ink)
    )
    ends = [{"group": name, "at": 1, "said": _end(group)} for name, group in zip(names, groups, strict=True)]
    gini = (
        alt.Chart(data_of(ends))
        .mark_text(align="left", dx=8, fontSize=12, color=look.ink, clip=False)
        .encode(y=y, x=alt.X("at:Q", title="Share of all words"), text="said:N")
    )
    return dressed((bars + labels + gini).properties(width=WIDTH_PX, height=alt.Step(ROW_PX)), look)


def _parts(name: str, group: GroupTalk) -> list[dict[str, Any]]:
    """The parts of a meeting's bar from left to right, as shares of its words; none where nothing was said."""
    others = [item for item in group.others if item not in group.moderators]
    speakers = [item for item in (*group.moderators, *group.participants, *others) if item.n_words]
    at, found = 0.0, []
    for item in speakers:
        share = item.n_words / group.n_words
        told = {"speaker": item.name, "kind": _kind(item, group), "share": share, "from": at, "to": at + share}
        said = f"{item.n_words:,} words in {counted(item.n_turns, 'turn')}"
        label = item.name if item not in group.moderators and len(item.name) * LETTER_PX < share * WIDTH_PX else ""
        found.append({"group": name, **told, "label": label, "said": said, "opens": group.mark_of(item)})
        at += share
    return found


def _kind(item: SpeakerTalk, group: GroupTalk) -> str:
    if item.role is Role.MODERATOR:
        return MODERATOR
    if item.role is not Role.PARTICIPANT:
        return OTHER
    return LARGEST if item == group.largest else PARTICIPANT


def _end(group: GroupTalk) -> str:
    """What stands at the end of a bar: Gini's coefficient, and how many said nothing."""
    gini = f"Gini {two_decimals(group.gini)}" if group.gini is not None else ""
    return gini + (f", {group.n_silent} silent" if group.n_silent else "")


def _hover() -> list[alt.Tooltip]:
    titles = {"group": "Group", "speaker": "Speaker", "kind": "Who", "said": "Said"}
    return [*(alt.Tooltip(f"{name}:N", title=title) for name, title in titles.items()),
            alt.Tooltip("share:Q", title="Of all words", format=".1%")]  # fmt: skip
