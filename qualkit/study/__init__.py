"""A study: its folder, its database, the stages over it, and the seats of the people who work in it."""

from qualkit.stages.themes import new_theme
from qualkit.study.cards import Card
from qualkit.study.desk import Line, Passage, Piece, View
from qualkit.study.folder import Config, Folder, Showing, make_sample
from qualkit.study.order import Order
from qualkit.study.runner import Outcome
from qualkit.study.seat import Seat
from qualkit.study.study import Study
from qualkit.study.transcripts import Written

__all__ = [
    "Card",
    "Config",
    "Folder",
    "Line",
    "Order",
    "Outcome",
    "Passage",
    "Piece",
    "Seat",
    "Showing",
    "Study",
    "View",
    "Written",
    "make_sample",
    "new_theme",
]
