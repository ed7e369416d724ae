"""The colours of pages and figures.

Facilitator and barrier are blue and orange, told apart by all common kinds of colour blindness; every two of the four valences
differ by at least .08 in OKLab for everybody. They are always also a word and a sign.
"""

from __future__ import annotations

COLOURS = {"facilitator": "#2b7bba", "barrier": "#d9730d", "mixed": "#9b4b87", "present": "#7d8488"}

GREY = COLOURS["present"]

TOPICS = (
    "#0094a3", "#f38b12", "#a01e52", "#3f67a2", "#9764d6", "#9ba877", "#b17b00", "#4ce1b4", "#696b00", "#d68edf",
    "#6140b0", "#c6c925", "#7e4278", "#2abdaa", "#f3b47f", "#608268", "#aec2ff", "#c5403e", "#8a8aff", "#d9588c",
)  # fmt: skip
"""Colours of topics by number, the most different first.

Found by search: every two differ by at least .06 in OKLab as people see them with protanopia and deuteranopia (simulated after
Machado, Oliveira & Fernandes 2009), by .077 with tritanopia and by .09 with full colour vision; all are seen on white and
black.
"""


def topic_colour(number: int) -> str:
    """The colour of a topic; they begin again after the last, and outliers are grey."""
    return GREY if number < 0 else TOPICS[number % len(TOPICS)]
