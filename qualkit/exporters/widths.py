"""How wide the columns of a printed table are: figures as wide as their longest word, text shares what is left."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qualkit.exporters.printed import Printed, lines_of

PADDING_CM = 0.12
"""Left and right of a cell's words."""
_CHAR_CM_PER_PT = 0.0172
"""A generous mean width of a character, so that no word breaks inside: 0.155 cm at 9 pt."""
_CAPITAL_MORE = 0.4
"""How much wider a capital is than a mean character."""
_LONGEST_WORD = 24
_FEW_WORDS_CM = 3.5
_MOST_MORE_CM = 1.0
"""What a column gets of room that no column needs."""


def column_widths(printed: Printed, *, room_cm: float, size_pt: float = 9) -> list[float]:
    """Widths in cm within the room: each column gets its longest word, and columns of text share the rest.

    They share by their mean length, which makes the cells of a row about equally high. None gets more than its longest line
    takes and a little more, so that a table of few words does not lie scattered over the page.
    """
    texts = [[row[i] for row in printed.rows] for i in range(len(printed.headers))]
    needs = [_need([name, *column], size_pt) for name, column in zip(printed.headers, texts, strict=True)]
    if sum(needs) >= room_cm:
        return [need * room_cm / sum(needs) for need in needs]
    wishes = [0.0 if slim else mean_length(column) for column, slim in zip(texts, printed.is_figure, strict=True)]
    most = [
        max(need, _longest_line([name, *column], size_pt))
        for name, column, need in zip(printed.headers, texts, needs, strict=True)
    ]
    widths = shared(needs, wishes, most, room_cm)
    over = min(_MOST_MORE_CM, (room_cm - sum(widths)) / max(len(widths), 1))
    return [width + over for width in widths]


def least_width(printed: Printed, *, size_pt: float = 9) -> float:
    """What a table needs in cm to be read well: figures in one line, and text in lines of a few words."""
    texts = [[name, *(row[i] for row in printed.rows)] for i, name in enumerate(printed.headers)]
    lines = [
        _need(column, size_pt) if slim else max(_need(column, size_pt), min(_longest_line(column, size_pt), _FEW_WORDS_CM))
        for column, slim in zip(texts, printed.is_figure, strict=True)
    ]
    return sum(lines)


def chars_in(width_cm: float, size_pt: float = 9) -> float:
    """How many mean characters stand in a line of a column."""
    return (width_cm - 2 * PADDING_CM) / (_CHAR_CM_PER_PT * size_pt)


def shared(needs: Sequence[float], wishes: Sequence[float], most: Sequence[float], room: float) -> list[float]:
    """The room shared by the wishes, beyond the needs and up to what each takes at most."""
    widths, open_ = list(needs), [i for i, wish in enumerate(wishes) if wish]
    while open_ and (left := room - sum(widths)) > 1e-6:
        total = sum(wishes[i] for i in open_)
        for i in open_:
            widths[i] = min(most[i], widths[i] + left * wishes[i] / total)
        open_ = [i for i in open_ if widths[i] < most[i]]
    return widths


def _longest_line(texts: Sequence[str], size_pt: float) -> float:
    return max(len(line) for text in texts for line in lines_of(text)) * _CHAR_CM_PER_PT * size_pt + 2 * PADDING_CM


def _need(texts: Sequence[str], size_pt: float) -> float:
    longest = max((_length(word) for text in texts for word in re.split(r"[ \n\t]", text)), default=1)
    return min(longest, _LONGEST_WORD) * _CHAR_CM_PER_PT * size_pt + 2 * PADDING_CM


def _length(word: str) -> float:
    """In mean characters: capitals are wide."""
    return len(word) + _CAPITAL_MORE * sum(letter.isupper() for letter in word)


def mean_length(texts: Sequence[str]) -> float:
    """Of the texts of a column that say something, in characters; 1 if none does."""
    lengths = [len(text) for text in texts if text]
    return sum(lengths) / len(lengths) if lengths else 1.0
