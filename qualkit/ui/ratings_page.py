"""Ratings: how strongly each construct helped or hindered in each group, by raters who do not see each other's.

A grid of constructs by groups, in which a cell is chosen to be rated (`rating_cell.py`), and all ratings for who may see them.
"""

from __future__ import annotations

from functools import partial

import streamlit as st

from qualkit.model import Construct, RatedCase, RatingBasis, Table, new_id
from qualkit.stages import rating_matrix
from qualkit.study import Seat
from qualkit.study.rating import Rater
from qualkit.study.rating_views import Standing
from qualkit.ui import behind, context, rating_cell, style
from qualkit.wording import counted

OPEN = "rating-open"
"""Where the construct and the case are kept that are open."""
_GRID, _ALL, _LOOK = "rating-grid", "rating-all", "rating-look"

ABOUT = (
    "Rate what each construct did in each group, on the talk that is coded with it. You see neither the others' ratings nor "
    "what the rule proposes before you have rated a cell yourself and ask to compare; from then on your rating of it stands."
)

ABOUT_ALL = (
    "What each construct did in each group, as raters see it. You rate nothing here and see everything: open a cell for who "
    "rated it how, on what talk, and why, or to record what they agreed on."
)
NOTE = (
    "○ 5: you have not rated it; five segments. +1: your rating. +1 ≠ −1: the others' differ. +1 → +2: what you agreed on. "
    "+1 =: the others said the same, or you agreed on your rating."
)
NOTE_ALL = "○ 5: nobody has rated it; five segments. +1: what stands. [−1 / X]: raters differ. [+1]: one rater only."


def draw() -> None:
    """The page: the grid, or one cell of it."""
    seat = context.need_seat()
    rater = seat.rater
    constructs, cases = rater.constructs(), rater.cases()
    chosen = context.value(OPEN)
    construct = next((item for item in constructs if chosen and item.key == chosen[0]), None)
    case = next((item for item in cases if chosen and item.id == chosen[1]), None)
    if construct is not None and case is not None:
        rating_cell.draw(seat, rater, construct, case, go=_go)
        return
    st.title("Ratings")
    if not constructs or not cases:
        st.info("There is nothing to rate yet: ratings rest on codes that people agreed on or an adjudicator decided.")
        return
    st.html(style.lead(ABOUT if rater.may_rate() else ABOUT_ALL))
    _next(rater)
    _grid(rater, constructs, cases)
    _all(seat, rater)


def _go(key: tuple[str, str] | None) -> None:
    context.put(OPEN, key)


def _next(rater: Rater) -> None:
    """How far the raters are, and the way to the next cell."""
    n_all = len(rater.constructs()) * len(rater.cases())
    said = ", ".join(f"{name} {n}" for name, n in rater.progress().items())
    st.html(style.block(style.grey(f"Of {counted(n_all, 'cell')} rated so far: {said or 'none'}.")))
    with st.container(horizontal=True):
        todo, open_ = rater.to_rate(), rater.to_compare()
        if todo:
            st.button(f"Rate the next of {len(todo)}", key="rating-next", type="primary", icon=":material/exposure:",
                      on_click=_go, args=(todo[0],))  # fmt: skip
        if open_:
            st.button(f"Compare and agree on the next of {len(open_)}", key="rating-compare", icon=":material/balance:",
                      on_click=_go, args=(open_[0],))  # fmt: skip


# ---------------------------------------------------------------- the grid


def _grid(rater: Rater, constructs: list[Construct], cases: list[RatedCase]) -> None:
    standings, sizes = rater.standings(), rater.sizes()
    keys = [(one.key, case.id) for one in constructs for case in cases]
    marks = {key: _mark(standings.get(key), sizes.get(key, 0)) for key in keys}
    table = Table(
        title="Your ratings" if rater.may_rate() else "Ratings",
        columns=("Domain", "Construct", *(case.name for case in cases)),
        rows=tuple((one.domain, one.name, *(marks[one.key, case.id] for case in cases)) for one in constructs),
        notes=(NOTE if rater.may_rate() else NOTE_ALL,),
        n_stub=2,
    )
    opens = {
        (row, column): f"{one.name}, {case.name}"
        for row, one in enumerate(constructs)
        for column, case in enumerate(cases, start=2)
    }
    places = [[(one.key, case.id) for case in cases] for one in constructs]
    behind.choices(table, opens, key=_GRID, asks="Open it", on_choose=lambda row, column: _go(places[row][column - 2]))


def _mark(standing: Standing | None, n_segments: int) -> str:
    """What this person may know of a cell, in a few signs."""
    own, cell = (standing.own, standing.cell) if standing else (None, None)
    if own is None:
        return rating_matrix.mark(cell) if cell else f"○ {n_segments}"
    if cell is None or cell.basis is RatingBasis.SINGLE:
        return own.sign
    if cell.value is None:
        others = sorted({value.sign for value in cell.ratings.values()} - {own.sign})
        return f"{own.sign} ≠ {'/'.join(others)}"
    return f"{own.sign} =" if own is cell.value else f"{own.sign} → {cell.value.sign}"


# ---------------------------------------------------------------- everybody's


def _all(seat: Seat, rater: Rater) -> None:
    with st.expander("All ratings", icon=":material/grid_on:", key=_ALL, on_change="rerun") as box:
        if not box.open:
            return
        if not rater.progress():
            st.info("Nothing is rated yet.")
        elif not rater.may_see_all():
            _look(rater)
        elif (n := rater.n_to_settle()) and not context.value(_LOOK):
            st.html(style.block(style.grey(f"Others rated {counted(n, 'cell')} that you have rated, too. Once you see theirs, "
                                           "your ratings of these stand.")))  # fmt: skip
            st.button("Show all ratings", key="rating-show", on_click=context.put, args=(_LOOK, True))
        else:
            from qualkit.ui import rating_all

            rating_all.draw(seat, rater)


def _look(rater: Rater) -> None:
    """Where somebody who is not through may choose to see everything."""
    st.info("Others have rated cells that you have not. All ratings show once you have rated these as well.")
    act = context.kept("rating-look-act", new_id)
    with st.popover("Look now, and rate no more", icon=":material/visibility:", type="tertiary"):
        st.write(
            "You would see how the others rated, so no rating of yours would be independent after that. It stays in the log."
        )
        st.button(
            "Look at all ratings",
            key="rating-look-all",
            on_click=partial(context.attempt, partial(rater.look_at_all, client_id=act)),
        )
