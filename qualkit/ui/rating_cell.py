"""One cell on the page Ratings: the construct, the talk behind it, one's own rating, and then the others' and a consensus."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from html import escape

import streamlit as st

from qualkit.model import Construct, RatedCase, Rating, RatingValue, Valence, new_id
from qualkit.stages.ratings import RULE
from qualkit.study import Seat
from qualkit.study.rating import Rater
from qualkit.study.rating_views import ENOUGH_RATERS, Comparison
from qualkit.ui import behind, context, style
from qualkit.ui.behind import Behind
from qualkit.wording import counted

LABELS = {
    RatingValue.STRONG_FACILITATOR: "**+2** helped strongly",
    RatingValue.FACILITATOR: "**+1** helped",
    RatingValue.NEUTRAL: "**0** neutral: described only",
    RatingValue.BARRIER: "**−1** hindered",
    RatingValue.STRONG_BARRIER: "**−2** hindered strongly",
    RatingValue.MIXED: "**X** mixed: both in balance",
    RatingValue.MISSING: "**M** missing: nothing to rate it on",
}
"""Ratings as they are offered, from helped to hindered."""

TALK_PX = 560
"""How high the talk is before it scrolls by itself, so that the rating stays in sight."""

Go = Callable[[tuple[str, str] | None], None]


def draw(seat: Seat, rater: Rater, construct: Construct, case: RatedCase, *, go: Go) -> None:
    """The page of a cell; `go` opens another one, or with None the grid."""
    own = rater.mine().get((construct.key, case.id))
    shown = rater.compare(construct.key, case.id) if rater.has_compared(construct.key, case.id) else None
    key = f"rating-{construct.key}-{case.id}-{own.id if own else 'new'}"
    _ways(rater, (construct.key, case.id), go)
    st.title(style.literal(f"{construct.name}, {case.name}"))
    left, right = st.columns([5, 7], gap="large")
    with left:
        st.html(
            style.block(style.label(construct.domain) if construct.domain else "", f"<p>{escape(construct.definition)}</p>")
        )
        if shown is None:
            _form(rater, construct, case, own, key)
            _ask_to_compare(rater, construct, case, own)
        else:
            _others(rater, construct, case, shown)
    with right:
        beside = partial(_mark, own, key) if shown is None else partial(_marked_by, shown)
        _talk(seat, rater.evidence(construct.key, case.id), key, beside)


def _ways(rater: Rater, here: tuple[str, str], go: Go) -> None:
    """Back to the grid, and on to the next cell."""
    with st.container(horizontal=True):
        st.button("All cells", key="rating-back", icon=":material/arrow_back:", type="tertiary", on_click=go, args=(None,))
        todo, open_ = ([key for key in keys if key != here] for keys in (rater.to_rate(), rater.to_compare()))
        if todo:
            st.button(f"Next to rate ({len(todo)})", key="rating-on", icon=":material/skip_next:", type="tertiary",
                      on_click=go, args=(_after(todo, here, rater),))  # fmt: skip
        if open_:
            st.button(f"Next to agree on ({len(open_)})", key="rating-on-agree", icon=":material/balance:", type="tertiary",
                      on_click=go, args=(_after(open_, here, rater),))  # fmt: skip


def _after(keys: list[tuple[str, str]], here: tuple[str, str], rater: Rater) -> tuple[str, str]:
    """The first of `keys` that comes after `here` in the grid, else the first."""
    order = [(construct.key, case.id) for construct in rater.constructs() for case in rater.cases()]
    at = order.index(here) if here in order else -1
    return next((key for key in keys if order.index(key) > at), keys[0])


# ---------------------------------------------------------------- the talk


def _talk(seat: Seat, found: Mapping[Valence | None, tuple[str, ...]], key: str, beside: Callable[[str], None]) -> None:
    """The segments of the cell by valence, each to read and to hear, with what `beside` draws."""
    n = sum(map(len, found.values()))
    if not n:
        st.info("No segment here has the construct: that is missing (M), unless you know better.")
        return
    with st.container(height=TALK_PX if n > 2 else "content", border=False, key="rating-talk"):
        for valence, ids in found.items():
            if ids:
                st.html(style.block(style.chip(valence.value if valence else "present", _n(valence, len(ids)))))
                listed = Behind(title=_title(valence), segment_ids=ids)
                behind.listed(seat, listed, f"{key}-{valence or 'none'}", beside=beside)


def _n(valence: Valence | None, n: int) -> str:
    return counted(n, "segment") if valence else f"without valence, {counted(n, 'segment')}"


def _title(valence: Valence | None) -> str:
    return valence.value.capitalize() if valence else "Without valence"


def _mark(own: Rating | None, key: str, segment_id: str) -> None:
    """Where a segment is marked as a concrete example."""
    marked = own is not None and segment_id in own.concrete_segment_ids
    st.checkbox("Concrete example", value=marked, key=f"{key}-concrete-{segment_id}")


def _marked_by(shown: Comparison, segment_id: str) -> None:
    """Who marked a segment as one."""
    names = [shown.raters[item.coder_id] for item in shown.ratings if segment_id in item.concrete_segment_ids]
    if names:
        st.html(style.block(style.tag(f"Concrete example: {', '.join(names)}", "good")))


def _marked(rater: Rater, construct_key: str, case_id: str, own: Rating | None, key: str) -> list[str]:
    """Segments that are marked on the screen, and those that are not shown and were marked before."""
    before = frozenset(own.concrete_segment_ids if own else ())
    ids = [one for mine in rater.evidence(construct_key, case_id).values() for one in mine]
    return [one for one in ids if context.value(f"{key}-concrete-{one}", one in before)]


# ---------------------------------------------------------------- one's own rating


def _form(rater: Rater, construct: Construct, case: RatedCase, own: Rating | None, key: str) -> None:
    with st.form(f"{key}-form", border=False):
        values = list(LABELS)
        st.radio(
            "Your rating", values, index=values.index(own.value) if own else None, format_func=LABELS.__getitem__,
            key=f"{key}-value",
        )  # fmt: skip
        st.text_area(
            "Why", own.reason if own else "", key=f"{key}-why", height=90, placeholder="What in the talk makes it so",
            help="Kept with your rating, and seen by others once they compare. Mark concrete examples in the talk first.",
        )  # fmt: skip
        label, kind = ("Change my rating", "secondary") if own else ("Keep my rating", "primary")
        st.form_submit_button(label, type=kind, on_click=_keep, args=(rater, construct.key, case.id, own, key))


def _keep(rater: Rater, construct_key: str, case_id: str, own: Rating | None, key: str) -> None:
    value = context.value(f"{key}-value")
    if value is None:
        context.notify("Choose a rating first.", is_error=True)
        return
    act = context.kept(f"{key}-act", new_id)
    marked = _marked(rater, construct_key, case_id, own, key)
    seen = own.id if own else None

    def rate() -> None:
        rater.rate(construct_key, case_id, value, context.value(f"{key}-why") or "", concrete=marked, seen=seen, client_id=act)

    if context.attempt(rate):
        context.notify("Kept. You may change it until you compare.")


# ---------------------------------------------------------------- the others, and what is agreed on


def _ask_to_compare(rater: Rater, construct: Construct, case: RatedCase, own: Rating | None) -> None:
    if own is not None:
        st.button(
            "Compare: the others' ratings and the proposal", key="rating-open-others", icon=":material/visibility:",
            help="From then on your rating stands; what you agree on is recorded beside it.",
            on_click=partial(context.attempt, partial(rater.compare, construct.key, case.id)),
        )  # fmt: skip


def _others(rater: Rater, construct: Construct, case: RatedCase, found: Comparison) -> None:
    st.html(_ratings(found))
    st.html(_proposal(found))
    if len(found.ratings) >= ENOUGH_RATERS:
        _consensus(rater, construct, case, found)
    else:
        st.html(style.block(style.grey("A consensus takes two people who have rated by themselves.")))


def _ratings(found: Comparison) -> str:
    rows = [(found.raters[item.coder_id], item.value.sign, item.reason) for item in found.ratings]
    if found.consensus is not None:
        agreed = found.consensus
        by = f"Agreed on ({found.raters[agreed.coder_id]}, {agreed.made_at:%d %b %Y})"
        rows.append((by, agreed.value.sign, agreed.reason))
    return style.table(("Rater", "Rating", "Why"), rows)


def _proposal(found: Comparison) -> str:
    """What the rule proposes, on what, and the rule itself."""
    proposal = found.proposal
    marks = f"Marked by {', '.join(found.marked_by)}." if found.marked_by else ""
    said = " ".join(part for part in (proposal.why, marks, proposal.wanting) if part)
    return style.block(
        style.label("The rule proposes, and nobody has to follow"),
        f'<p><span class="q-name">{escape(proposal.value.sign)}</span>: {escape(said)}</p>',
        f'<details class="q-fold q-small"><summary>The rule</summary><p>{escape(RULE)}</p></details>',
    )


def _consensus(rater: Rater, construct: Construct, case: RatedCase, found: Comparison) -> None:
    """Where what was agreed on is recorded; it stands beside the ratings."""
    agreed = found.consensus
    key = f"rating-agree-{construct.key}-{case.id}-{agreed.id if agreed else 'new'}"
    values = list(LABELS)
    with st.form(f"{key}-form", border=False):
        st.radio(
            "Agreed on", values, index=values.index(agreed.value) if agreed else None, horizontal=True,
            format_func=lambda value: value.sign, key=f"{key}-value",
        )  # fmt: skip
        st.text_area("Why you agreed on it", key=f"{key}-why", height=70)
        label = "Record another consensus" if agreed else "Record the consensus"
        seen = agreed.id if agreed else None
        st.form_submit_button(label, type="primary", on_click=_agree, args=(rater, construct.key, case.id, seen, key))


def _agree(rater: Rater, construct_key: str, case_id: str, seen: str | None, key: str) -> None:
    value = context.value(f"{key}-value")
    if value is None:
        context.notify("Choose what you agreed on first.", is_error=True)
        return
    act = context.kept(f"{key}-act", new_id)

    def agree() -> None:
        rater.agree(construct_key, case_id, value, context.value(f"{key}-why") or "", seen=seen, client_id=act)

    if context.attempt(agree):
        context.notify("Recorded. The independent ratings stay as they were.")
