"""A study: its folder, its database, the stages over it, and the seats of the people who work in it."""

from qualkit.stages.themes import new_theme
from qualkit.study.cards import Card
from qualkit.study.folder import Config, Folder, Showing, make_sample
from qualkit.study.order import Order
from qualkit.study.runner import Outcome
from qualkit.study.seat import Line, Seat, View
from qualkit.study.study import Study
from qualkit.study.transcripts import Written

__all__ = [
    "Card",
    "Config",
    "Folder",
    "Line",
    "Order",
    "Outcome",
    "Seat",
    "Showing",
    "Study",
    "View",
    "Written",
    "make_sample",
    "new_theme",
]
