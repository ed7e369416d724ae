"""Quotations say what the transcript says, but for cuts and brackets that are marked."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualkit.stages.verbatim import Edits, check

SAID = "So they gave my sister the keys, you know, right there and then. It's going well… [laughs]"


@pytest.mark.parametrize(
    "printed", [SAID, "they gave my sister the keys", "It’s going well", "right  there\nand then", "well… [laughs]"]
)
def test_words_as_they_stand_are_verbatim_whatever_their_blanks_and_quotation_marks(printed: str) -> None:
    assert check(printed, SAID) == Edits()


@pytest.mark.parametrize(
    ("printed", "n_cuts", "n_brackets"),
    [
        ("[T]hey gave [her] the keys […] right there", 1, 2),
        ("they gave my sister the keys ... right there", 1, 0),
        ("…right there and then…", 2, 0),
        ("It's go[es] well", 0, 1),
        ("[They] gave my sister [the narrator] the keys", 0, 2),
        ("they gave my sister the keys […] [on a Friday] It's going well", 1, 1),
    ],
)
def test_marked_cuts_and_brackets_are_counted(printed: str, n_cuts: int, n_brackets: int) -> None:
    assert check(printed, SAID) == Edits(n_cuts=n_cuts, n_brackets=n_brackets)


@pytest.mark.parametrize(
    "printed",
    [
        "they gave her the keys",  # another word
        "they gave my sis",  # half a word
        "the keys […] my sister",  # in another order
        "they gave the keys",  # a cut that is not marked
        "the […] eys",  # half a word after a cut
        "They gave my sister the keys",  # a capital that is not marked
        "[…]",
        "[they gave my sister the keys]",  # nothing but the author's own words
        "",
        "they gave my sister […] they gave my sister",  # said once
    ],
)
def test_anything_else_is_no_quotation(printed: str) -> None:
    assert check(printed, SAID) is None


WORDS = st.lists(st.from_regex(r"[a-z]{1,6}", fullmatch=True), min_size=2, max_size=20)


@given(WORDS, st.data())
def test_any_words_left_out_behind_a_mark_are_found_again(words: list[str], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    kept = [*words[:first], "[…]", *words[last:]]
    assert check(" ".join(kept), " ".join(words)) == Edits(n_cuts=1)


@given(WORDS, st.from_regex(r"[A-Z]{3,6}", fullmatch=True), st.data())
def test_a_word_that_was_not_said_is_always_found_out(words: list[str], foreign: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(words)))
    assert check(" ".join([*words[:at], foreign, *words[at:]]), " ".join(words)) is None


def test_many_cuts_take_no_time_even_where_nothing_fits() -> None:
    text = "a " * 2_000
    assert check(re.sub(r"a (?=(?:.{8})+$)", "a […] ", text)[:1_500] + " z", text) is None
