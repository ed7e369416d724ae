"""All ratings on the page Ratings: the matrix, how far raters agree, each number opening its talk, and the heat map."""

from __future__ import annotations

import streamlit as st

from qualkit.study import Seat, rating_tables
from qualkit.study.rating import Rater
from qualkit.ui import behind, marks, parts


def draw(seat: Seat, rater: Rater) -> None:
    """The section, for somebody who may see all ratings."""
    found = rater.everything()
    behind.table(seat, found.matrix, seat.table_opens("rating_matrix"), key="rating-matrix")
    if found.agreement:
        st.subheader("Agreement before consensus")
        table = rating_tables.agreement_table(list(found.agreement), found.options.by)
        behind.table(seat, table, seat.table_opens("rating_agreement"), key="rating-agreement")
    with st.expander("As a heat map", icon=":material/gradient:", key="rating-heat", on_change="rerun") as box:
        if box.open:
            from qualkit.figures.ratings import matrix

            chart = matrix(found.constructs, found.cases, found.cells, found.marks, parts.look())
            numbers = seat.figure_numbers("rating_matrix")
            picked, said = numbers.picked if numbers else {}, "Ratings of constructs by groups, as in the table above"
            marks.chart(seat, chart, picked, key="rating-drawn", alt=said, width="content")
