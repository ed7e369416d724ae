"""Codes that are met together as a matrix: the darker a cell, the more segments have both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import altair as alt

from qualkit.figures.looks import LIGHT, Look, data_of, dressed, names_axis
from qualkit.model import CodeAlone, CodePair, Cooccurrence
from qualkit.wording import counted, first_line

PICKED = "picked"
"""Name of the selection that says which cell was clicked; its field `opens` is that of `opens_at`."""

CELL_PX = 27
LONGEST_NAME = 40


def opens_at(one: str, other: str) -> str:
    """How the cell of two codes, or of one with itself, is known to whoever asks what is behind it."""
    return f"{one}\n{other}"


def matrix(found: Cooccurrence, look: Look = LIGHT) -> alt.LayerChart:
    """The lower half of the matrix of codes, in the order of the codebook, lines between its domains.

    On the diagonal, framed, stands on how many segments a code is at all; colour tells of pairs alone.
    """
    labels = {code.key: f"{n + 1}  {first_line(code.name, LONGEST_NAME)}" for n, code in enumerate(found.codes)}
    cells = [*(_pair(pair, labels) for pair in found.pairs if pair.segment_ids), *(_own(code, labels) for code in found.codes)]
    most = max((len(pair.segment_ids) for pair in found.pairs), default=0) or 1
    picked = alt.selection_point(name=PICKED, fields=["opens"], empty=False)
    base = alt.Chart(data_of(cells)).encode(x=_column(labels), y=_row(labels), tooltip=_hover())
    legend = alt.Legend(title="Segments with both", orient="top-right", gradientLength=150, gradientThickness=10, format="d",
                        tickMinStep=1, tickCount=min(most, 5))  # fmt: skip
    colour = alt.Color("n:Q", legend=legend, scale=alt.Scale(domain=[0, most], range=list(look.scale), interpolate="lab"))
    edge = alt.when(picked).then(alt.value(look.ink)).otherwise(alt.value("transparent"))
    box: dict[str, Any] = {"cornerRadius": 2, "cursor": "pointer"}
    pairs = base.transform_filter("!datum.is_own").mark_rect(**box, strokeWidth=2).encode(color=colour, stroke=edge)
    own = base.transform_filter("datum.is_own").mark_rect(**box, fill="transparent", stroke=look.line, strokeWidth=1.4)
    ink = (
        alt.when(f"!datum.is_own && datum.n > {look.strong * most}").then(alt.value(look.paper)).otherwise(alt.value(look.ink))
    )
    numbers = base.mark_text(fontSize=11, tooltip=None).encode(text="n:Q", color=ink)
    size = CELL_PX * max(len(labels), 1)
    layers = [*_rules(found.codes, labels, look), pairs.add_params(picked), own, numbers]
    return dressed(alt.layer(*layers).properties(width=size, height=size), look)


def _row(labels: Mapping[str, str], **options: Any) -> alt.Y:
    axis = names_axis(labelPadding=8, labelLimit=0)
    return alt.Y("row:N", sort=None, title=None, axis=axis, scale=_scale(labels), **options)


def _column(labels: Mapping[str, str], **options: Any) -> alt.X:
    """Under the columns stand the numbers of the codes."""
    axis = names_axis(orient="bottom", labelExpr="split(datum.label, ' ')[0]", labelAngle=0, labelPadding=6)
    return alt.X("column:N", sort=None, title=None, axis=axis, scale=_scale(labels), **options)


def _scale(labels: Mapping[str, str]) -> alt.Scale:
    return alt.Scale(padding=0.04, domain=list(labels.values()))


def _pair(pair: CodePair, labels: Mapping[str, str]) -> dict[str, Any]:
    one, other = pair.keys
    people, groups = counted(pair.n_participants, "participant"), counted(pair.n_groups, "group")
    return {
        "row": labels[other], "column": labels[one], "n": len(pair.segment_ids), "is_own": False, "opens": opens_at(one, other),
        "what": f"{labels[one]} and {labels[other]}",
        "said": f"{counted(len(pair.segment_ids), 'segment')} by {people} in {groups}",
        "turns": str(pair.n_turns), "jaccard": f"{pair.jaccard:.2f}", "lift": f"{pair.lift:.2f}",
    }  # fmt: skip


def _own(code: CodeAlone, labels: Mapping[str, str]) -> dict[str, Any]:
    own = labels[code.key]
    return {
        "row": own, "column": own, "n": len(code.segment_ids), "is_own": True, "opens": opens_at(code.key, code.key),
        "what": own, "said": counted(len(code.segment_ids), "segment"), "turns": str(code.n_turns), "jaccard": "–", "lift": "–",
    }  # fmt: skip


def _hover() -> list[alt.Tooltip]:
    titles = {"what": "Codes", "said": "Segments", "turns": "Turns", "jaccard": "Jaccard", "lift": "Lift"}
    return [alt.Tooltip(f"{name}:N", title=title) for name, title in titles.items()]


def _rules(codes: Sequence[CodeAlone], labels: Mapping[str, str], look: Look) -> list[alt.Chart]:
    """A line above and left of the first code of each domain but the first."""
    firsts = [labels[next(mine).key] for _, mine in groupby(codes, key=lambda code: code.domain)][1:]
    data = data_of([{"row": label, "column": label} for label in firsts])
    lines = alt.Chart(data).mark_rule(color=look.line, strokeWidth=1)
    return [lines.encode(y=_row(labels, bandPosition=0)), lines.encode(x=_column(labels, bandPosition=0))] if firsts else []
